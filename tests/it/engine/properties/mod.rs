//! What holds for any stack in any weather, tried on random ones. What fails is
//! shrunk to a small stack, and shown as a stack file.
//!
//! Every run tries the same cases. `PROPTEST_CASES=10000` tries more of them, and
//! `PROPTEST_RNG_SEED=7` others; nothing is kept in a file, because a failure
//! follows from these two numbers, and belongs into a test of its own.

mod applying;
mod books;
mod case;
mod dying;
mod neighbours;
mod parts;
mod patience;
mod strangers;
mod together;

use ccprov::engine::proof::Seen;
use ccprov::model::{Catalog as _, Live, Stack, Status};
use ccprov::plan::Plan;
use ccprov::sim::Cloud;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use proptest::{prop_assert, prop_assert_eq};
use tokio::runtime::Builder;

pub(crate) use self::case::of_nobody;
use self::case::{Case, case};
use super::site::{
    DATA_MAY_GO, Orders, Run, carried_out, catalog, changes, planned, planned_destroy,
};

/// What a property comes to.
type Verdict = Result<(), TestCaseError>;

/// A few seconds for all properties together.
const CASES: u32 = 64;
const SEED: u64 = 1;
/// Far more than the smallest stack of any failure needed.
const SHRINKS_AT_MOST: u32 = 4_000;
/// 64 looks and the question to the index, of each run.
const CALLS_AT_A_TIME: usize = 65;

/// Tries a property on many cases, each in a virtual time of its own.
#[expect(clippy::disallowed_methods, reason = "who tests says how long it may take")]
#[expect(clippy::needless_pass_by_value, reason = "a property is written where it is tried")]
fn holds(property: impl AsyncFn(&Case) -> Verdict) {
    let asked = |name| std::env::var_os(name).is_some();
    let mut config = Config { failure_persistence: None, ..Config::default() };
    config.max_shrink_iters = SHRINKS_AT_MOST;
    if !asked("PROPTEST_CASES") {
        config.cases = CASES;
    }
    if !asked("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    let told = format!("PROPTEST_CASES={} PROPTEST_RNG_SEED={}", config.cases, config.rng_seed);
    let tried = TestRunner::new(config).run(&case(), |case| {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.map_err(|error| TestCaseError::fail(error.to_string()))?.block_on(property(&case))
    });
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => panic!("{why}\n\nwith {told}, shrunk to:\n\n{case:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Carries out a plan; `None` if it died.
async fn run(case: &Case, cloud: &Cloud<'_>, plan: Plan) -> Option<Run> {
    run_at_once(case, cloud, (plan, None)).await
}

/// The same, where its objects were seen a moment ago.
async fn run_at_once(
    case: &Case,
    cloud: &Cloud<'_>,
    (plan, seen): (Plan, Option<Seen>),
) -> Option<Run> {
    carried_out(cloud, plan, Orders { seed: case.seed(), seen, ..Orders::new() }).await
}

/// Carries out a plan, and all of it succeeds.
async fn succeeds(case: &Case, cloud: &Cloud<'_>, plan: Plan) -> Verdict {
    let run = run(case, cloud, plan).await;
    let run = run.ok_or_else(|| TestCaseError::fail("it died"))?;
    prop_assert!(run.report.summary.is_success(), "{:#?}", run.told());
    Ok(())
}

async fn destroyed(case: &Case, cloud: &Cloud<'_>, stack: &Stack) -> Verdict {
    let plan = planned_destroy(cloud, stack, DATA_MAY_GO).await;
    let plan = plan.map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
    succeeds(case, cloud, plan).await
}

/// The world is what the stack states beside the objects of others, and nothing
/// went wrong on the way.
async fn is(case: &Case, cloud: &Cloud<'_>, stack: &Stack) -> Verdict {
    prop_assert_eq!(cloud.violations(), [""; 0]);
    prop_assert_eq!(changes(&planned(cloud, stack).await), [""; 0]);
    let objects = cloud.objects();
    let there = objects.iter().filter(|live| !matches!(live.status, Status::Deleting(_))).count();
    let others = case.others.iter().filter(|other| !other.squats).count();
    prop_assert_eq!(there, stack.resources.len() + others);
    prop_assert!(cloud.most_in_flight() <= CALLS_AT_A_TIME);
    for ((_, identity), times) in cloud.births() {
        prop_assert!(times <= case.births(identity.as_str()), "{identity} was made {times} times");
    }
    Ok(())
}

/// Nobody was left with the name of an object that was gone, while its successor
/// was to come. Who looks at what lags behind cannot know who uses it.
fn nobody_was_bereft(case: &Case, cloud: &Cloud<'_>) -> Verdict {
    let address = |live: &Live| live.owner.as_ref().map(|owner| owner.address.to_string());
    let has_successor = |live: &Live| address(live).is_some_and(|it| case.has_successor(&it));
    // Who goes as well may name what its kind has to outlive: nobody uses it by then.
    let stays = |who: &Live| address(who).is_some_and(|it| case.later.contains_key(&it));
    let outlives = |who: &Live, gone: &Live| {
        catalog().kind(&who.kind).is_some_and(|kind| kind.delete_after.contains(&gone.kind))
    };
    let is_over =
        |who: &Live, gone: &Live| (has_successor(who) || !stays(who)) && outlives(who, gone);
    let bereft = cloud.bereft().into_iter();
    let bereft = bereft.filter(|(who, gone)| has_successor(gone) && !is_over(who, gone));
    let bereft = bereft.map(|(who, gone)| format!("{} lost {}", who.identity, gone.identity));
    let bereft: Vec<String> = bereft.collect();
    prop_assert_eq!(bereft, [""; 0]);
    Ok(())
}
