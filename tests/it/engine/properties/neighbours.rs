//! What is not ours stays as it is: byte for byte, whatever we do beside it.

use std::collections::BTreeMap;

use ccprov::model::Live;
use ccprov::sim::Cloud;
use proptest::prop_assert_eq;
use proptest::test_runner::TestCaseError;

use super::super::site::{DATA_MAY_GO, planned_destroy, planned_or_refused};
use super::case::{Case, Other};
use super::{Verdict, holds, run};

/// Some are there from the beginning, and some appear under our names between
/// the plan and the run. No run has to succeed beside these.
#[test]
fn what_is_not_ours_never_changes() {
    holds(async |case| {
        let (cloud, stack) = (case.cloud(), case.stack());
        let plan = planned_or_refused(&cloud, &stack).await;
        let plan = plan.map_err(|refused| TestCaseError::fail(format!("{refused:?}")))?;
        for squatter in case.others.iter().filter(|other| other.squats) {
            cloud.put(squatter.live());
        }
        run(case, &cloud, plan).await;
        unchanged(case, &cloud)?;
        cloud.calm().await;
        // Refused, where one of ours has the name of one of theirs.
        if let Ok(plan) = planned_or_refused(&cloud, &case.later()).await {
            run(case, &cloud, plan).await;
        }
        unchanged(case, &cloud)?;
        cloud.calm().await;
        let plan = planned_destroy(&cloud, &case.later(), DATA_MAY_GO).await;
        let plan = plan.map_err(|errors| TestCaseError::fail(format!("{errors:?}")))?;
        run(case, &cloud, plan).await;
        unchanged(case, &cloud)
    });
}

fn unchanged(case: &Case, cloud: &Cloud<'_>) -> Verdict {
    let texts = |lives: Vec<Live>| -> BTreeMap<String, String> {
        let named = |live: Live| (format!("{} {}", live.kind, live.identity), format!("{live:#?}"));
        lives.into_iter().map(named).collect()
    };
    let theirs = texts(case.others.iter().map(Other::live).collect());
    let mut now = texts(cloud.objects());
    now.retain(|name, _| theirs.contains_key(name));
    prop_assert_eq!(now, theirs);
    prop_assert_eq!(cloud.violations(), [""; 0]);
    Ok(())
}
