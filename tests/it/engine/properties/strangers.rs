//! Strangers between any two calls: who takes names, retags, removes and makes
//! anew what we are about to touch. Nothing of theirs is ever written to.
//!
//! One moment is left out, because nobody can notice: after our look at an object
//! and before the write that follows it at once. So a stranger acts before a look,
//! or before something is made.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use ccprov::engine::port::{Accepted, Answer, Made, Read, StackSummary, Write};
use ccprov::engine::proof::Proven;
use ccprov::engine::revisit;
use ccprov::model::{
    Address, Desired, Emptying, Facts, FieldDiff, Identity, Live, Owner, Sought, Status,
};
use ccprov::plan::{Change, Plan, SavedPlan, held};
use ccprov::sim::{Cloud, Writer};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq};

use super::super::site::{
    DATA_MAY_GO, Orders, STACK, carried_out_by, catalog, planned_destroy, planned_or_refused,
};
use super::case::{Case, Other, of_nobody};
use super::{Verdict, holds, run};

/// One of so many chances is taken.
const SELDOM: u32 = 6;

/// What strangers own by now, as they left it.
type Theirs = BTreeMap<(String, Identity), Live>;

/// A writer behind whose back strangers act.
struct Watched<'a> {
    cloud: &'a Cloud<'a>,
    writer: Writer<'a>,
    strangers: Mutex<Strangers>,
}

struct Strangers {
    random: fastrand::Rng,
    theirs: Theirs,
}

impl Strangers {
    fn new(case: &Case) -> Self {
        let theirs = case.others.iter().filter(|other| !other.squats).map(Other::live);
        let theirs = theirs.map(|live| ((live.kind.clone(), live.identity.clone()), live));
        Self { random: fastrand::Rng::with_seed(case.delay.into()), theirs: theirs.collect() }
    }

    /// Perhaps does something to the object of a name, or takes the name.
    fn act(&mut self, cloud: &Cloud<'_>, kind: &str, identity: &Identity) {
        let is_tagged = !["link", "invite"].contains(&kind);
        if !is_tagged || self.random.u32(0..SELDOM) > 0 {
            return;
        }
        let there = cloud.object(kind, identity.as_str());
        let another = self.random.bool().then(|| "other".to_owned());
        let owner = another.map(|stack| Owner::new(stack, Address::new("theirs")));
        let live = match (there, self.random.u32(0..3)) {
            (Some(live), 0) if !matches!(live.status, Status::Deleting(_)) => {
                Live { owner, ..live }
            }
            (Some(_), 1) => {
                self.theirs.remove(&(kind.to_owned(), identity.clone()));
                return cloud.remove(kind, identity.as_str());
            }
            _ => Live { owner, ..of_nobody(kind, identity.as_str()) },
        };
        cloud.put(live.clone());
        self.theirs.insert((kind.to_owned(), identity.clone()), live);
    }

    /// What is theirs is as they left it.
    fn unharmed(&self, cloud: &Cloud<'_>) -> Verdict {
        for ((kind, identity), live) in &self.theirs {
            let now = cloud.object(kind, identity.as_str());
            prop_assert_eq!(now.as_ref(), Some(live), "{} {}", kind, identity);
        }
        let touched = cloud.violations().into_iter().find(|it| it.contains("was touched"));
        prop_assert_eq!(touched, None);
        Ok(())
    }
}

impl Watched<'_> {
    fn chance(&self, kind: &str, identity: &Identity) {
        let mut strangers = self.strangers.lock().expect("nobody panicked");
        strangers.act(self.cloud, kind, identity);
    }
}

#[async_trait]
impl Read for Watched<'_> {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        self.chance(&sought.kind, &sought.identity);
        self.writer.find(sought).await
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.writer.candidates(stacks).await
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        self.writer.stacks().await
    }
}

#[async_trait]
impl Write for Watched<'_> {
    async fn create(&self, want: &Desired) -> Answer<Made> {
        self.chance(&want.kind, &want.identity);
        self.writer.create(want).await
    }

    async fn complete(&self, want: &Desired, made: Proven) -> Answer<Facts> {
        self.writer.complete(want, made).await
    }

    async fn update(&self, want: &Desired, have: Proven, diff: &[FieldDiff]) -> Answer<Accepted> {
        self.writer.update(want, have, diff).await
    }

    async fn delete(&self, have: Proven, emptying: Emptying) -> Answer<()> {
        self.writer.delete(have, emptying).await
    }
}

/// A cloud that makes it hard: it answers alike whether it made a gate or a vault,
/// or there was one; and a vault gets its settings by a second call.
fn cloud(case: &Case) -> Cloud<'static> {
    case.cloud().lenient("gate").lenient("vault").bare("vault")
}

/// The plans of a life: to make, to change, to remove.
async fn plans(case: &Case, cloud: &Cloud<'_>, stage: usize) -> Option<Plan> {
    cloud.calm().await;
    match stage {
        0 => planned_or_refused(cloud, &case.stack()).await.ok(),
        1 => planned_or_refused(cloud, &case.later()).await.ok(),
        _ => planned_destroy(cloud, &case.later(), DATA_MAY_GO).await.ok(),
    }
}

#[test]
fn strangers_between_any_two_calls_lose_nothing() {
    let seen = RefCell::new(0);
    holds(async |case| {
        let cloud = cloud(case);
        let strangers = Mutex::new(Strangers::new(case));
        let watched = Watched { cloud: &cloud, writer: cloud.writer(STACK), strangers };
        for stage in 0..3 {
            let Some(plan) = plans(case, &cloud, stage).await else { continue };
            let orders = Orders { seed: case.seed(), ..Orders::new() };
            carried_out_by(&watched, &cloud, plan, orders).await;
            let strangers = watched.strangers.lock().expect("nobody panicked");
            *seen.borrow_mut() += strangers.theirs.len();
            strangers.unharmed(&cloud)?;
        }
        Ok(())
    });
    assert!(seen.into_inner() > 100, "strangers hardly acted");
}

/// A plan file lies about for any time, in which anything happens.
#[test]
fn a_plan_of_any_age_takes_nothing_of_others() {
    let (kept, stale) = (RefCell::new(0), RefCell::new(0));
    holds(async |case| {
        let cloud = cloud(case);
        let Some(plan) = plans(case, &cloud, 0).await else { return Ok(()) };
        run(case, &cloud, plan).await;
        let Some(plan) = plans(case, &cloud, 1 + usize::from(case.is_patient)).await else {
            return Ok(());
        };
        let saved = serde_json::to_string(&SavedPlan::new(
            case.later(),
            plan,
            ccprov::plan::Purpose::Apply,
        ));
        let saved = SavedPlan::read(&saved.expect("a plan is JSON")).expect("what we wrote");
        let mut strangers = Strangers::new(case);
        let mut full = Vec::new();
        for live in cloud.objects() {
            strangers.act(&cloud, &live.kind, &live.identity);
            let is_there = cloud.object(&live.kind, live.identity.as_str()).is_some();
            if is_there && strangers.random.u32(0..SELDOM) == 0 {
                cloud.fill(&live.kind, live.identity.as_str(), 1);
                full.push((live.kind, live.identity));
            }
        }
        // Our own runs go on beside it.
        if strangers.random.bool()
            && let Some(plan) = plans(case, &cloud, 1).await
        {
            run(case, &cloud, plan).await;
            full.clear();
        }
        cloud.calm().await;
        let today = revisit(&cloud, &saved.plan, &|_| {}).await;
        let (today, _) = today.map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
        match held(&saved.plan, &today, catalog()) {
            Ok(held) => {
                let is_idle = held.plan.changes.iter().all(|it| matches!(it.change, Change::NoOp));
                prop_assert_eq!(held.plan.is_empty(), is_idle);
                run(case, &cloud, held.plan).await;
                for (kind, identity) in full {
                    let there = cloud.object(&kind, identity.as_str());
                    prop_assert!(there.is_some(), "{kind} {identity} was full, and is gone");
                }
                *kept.borrow_mut() += 1;
            }
            Err(_) => *stale.borrow_mut() += 1,
        }
        strangers.unharmed(&cloud)
    });
    assert!(*kept.borrow() > 5 && *stale.borrow() > 5, "{kept:?} kept, {stale:?} stale");
}
