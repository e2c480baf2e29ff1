//! Whatever dies, and whenever: the same command run again goes on from there.

use std::collections::BTreeMap;

use ccprov::engine::proof::Seen;
use ccprov::engine::stop::Stopper;
use ccprov::engine::{Site, Until, execute};
use ccprov::model::Stack;
use ccprov::plan::{Change, Plan};
use ccprov::sim::Cloud;
use proptest::prop_assert;
use proptest::test_runner::TestCaseError;
use tokio::sync::mpsc;

use super::super::site::{DATA_MAY_GO, STACK, catalog, changes, planned_destroy, seen_and_planned};
use super::case::{Case, Death};
use super::{Verdict, holds, is, nobody_was_bereft, run_at_once, succeeds};

/// More than any case needs: a run that follows a death at once may be refused
/// what the dead one has just made, and then fails.
pub(super) const RUNS_AT_MOST: usize = 20;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Goal {
    Applied,
    Destroyed,
}

#[test]
fn runs_that_die_anywhere_converge() {
    holds(async |case| {
        let cloud = case.cloud();
        for stack in [case.stack(), case.later()] {
            converges(case, &cloud, &stack, Goal::Applied).await?;
            cloud.calm().await;
            is(case, &cloud, &stack).await?;
        }
        if case.is_patient {
            nobody_was_bereft(case, &cloud)?;
        }
        converges(case, &cloud, &case.later(), Goal::Destroyed).await
    });
}

/// Runs until one succeeds. The first ones die.
pub(super) async fn converges(
    case: &Case,
    cloud: &Cloud<'_>,
    stack: &Stack,
    goal: Goal,
) -> Verdict {
    let mut last = None;
    let mut deaths = case.deaths.iter();
    for _ in 0..RUNS_AT_MOST {
        if case.is_patient {
            cloud.calm().await;
        }
        let plan = drawn(cloud, stack, goal).await?;
        let plan = (plan.0, plan.1.filter(|_| case.seed().is_multiple_of(2)));
        let run = ended(case, cloud, plan, deaths.next()).await;
        match run {
            Some((true, _)) => return swept(case, cloud, stack, goal).await,
            Some((false, told)) => last = Some(told),
            None => {}
        }
    }
    prop_assert!(false, "{RUNS_AT_MOST} runs were not enough: {last:#?}");
    Ok(())
}

async fn drawn(
    cloud: &Cloud<'_>,
    stack: &Stack,
    goal: Goal,
) -> Result<(Plan, Option<Seen>), TestCaseError> {
    match goal {
        Goal::Applied => {
            let (plan, seen) = seen_and_planned(cloud, stack).await;
            Ok((plan, Some(seen)))
        }
        Goal::Destroyed => match planned_destroy(cloud, stack, DATA_MAY_GO).await {
            Ok(plan) => Ok((plan, None)),
            Err(errors) => Err(TestCaseError::fail(format!("{errors:?}"))),
        },
    }
}

/// If a run ends before it dies, whether it succeeded, and what it told.
pub(super) async fn ended(
    case: &Case,
    cloud: &Cloud<'_>,
    (plan, seen): (Plan, Option<Seen>),
    death: Option<&Death>,
) -> Option<(bool, Vec<String>)> {
    if let Some(Death::Event(nth)) = death {
        return ended_within(*nth, case, cloud, (&plan, seen)).await;
    }
    if let Some(Death::Call(nth)) = death {
        cloud.crash_at(*nth);
    }
    let run = run_at_once(case, cloud, (plan, seen)).await;
    cloud.crash_never();
    run.map(|run| (run.report.summary.is_success(), run.told()))
}

/// The same, for a run that is dropped when it has told so many events.
async fn ended_within(
    events: usize,
    case: &Case,
    cloud: &Cloud<'_>,
    (plan, seen): (&Plan, Option<Seen>),
) -> Option<(bool, Vec<String>)> {
    let (sender, mut told) = mpsc::unbounded_channel();
    let writer = cloud.writer(STACK);
    let site = Site {
        writer: &writer,
        catalog: catalog(),
        plan,
        seen,
        told: const { &BTreeMap::new() },
        is_in_wake: false,
        until: Until::Ready,
        seed: case.seed(),
    };
    let dying = async {
        for _ in 0..events {
            told.recv().await;
        }
    };
    tokio::select! {
        biased;
        () = dying => None,
        report = execute(site, Stopper::new().1, sender) => {
            Some((report.summary.is_success(), Vec::new()))
        }
    }
}

/// Who waited until all looks saw what the dead ones had done has left nothing to
/// do. Who did not may have taken an object for absent, or for what it was before:
/// then one more run puts this right.
async fn swept(case: &Case, cloud: &Cloud<'_>, stack: &Stack, goal: Goal) -> Verdict {
    cloud.calm().await;
    let (plan, _) = drawn(cloud, stack, goal).await?;
    if case.is_patient {
        // What nobody confirmed stays, however often it is removed.
        let rest = plan.changes.iter().filter(|it| goal == Goal::Applied || it.kind != "invite");
        let is_done = rest.map(|it| &it.change).all(|change| matches!(change, Change::NoOp));
        prop_assert!(is_done, "there is still to do: {:?}", changes(&plan));
    }
    succeeds(case, cloud, plan).await
}
