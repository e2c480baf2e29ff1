//! After an apply there is nothing to do, and after a destroy nothing is left.

use ccprov::model::Status;
use proptest::prop_assert_eq;

use super::super::site::planned;
use super::case::Other;
use super::{destroyed, holds, is, nobody_was_bereft, succeeds};

#[test]
fn after_an_apply_the_plan_is_empty() {
    holds(async |case| {
        let cloud = case.cloud();
        for stack in [case.stack(), case.later()] {
            let plan = planned(&cloud, &stack).await;
            succeeds(case, &cloud, plan).await?;
            cloud.calm().await;
            is(case, &cloud, &stack).await?;
        }
        Ok(())
    });
}

/// What is replaced goes when everybody has turned to what comes.
#[test]
fn whoever_can_reach_what_is_replaced_can_do_so_all_the_time() {
    holds(async |case| {
        let cloud = case.cloud();
        for stack in [case.stack(), case.later()] {
            let plan = planned(&cloud, &stack).await;
            succeeds(case, &cloud, plan).await?;
            cloud.calm().await;
        }
        nobody_was_bereft(case, &cloud)
    });
}

#[test]
fn a_destroy_leaves_only_what_is_not_ours() {
    holds(async |case| {
        let (cloud, stack) = (case.cloud(), case.stack());
        let plan = planned(&cloud, &stack).await;
        succeeds(case, &cloud, plan).await?;
        cloud.calm().await;
        destroyed(case, &cloud, &stack).await?;
        let mut left: Vec<String> = (cloud.objects().iter())
            // What nobody confirmed, nobody can remove.
            .filter(|live| live.kind != "invite" && !matches!(live.status, Status::Deleting(_)))
            .map(|live| format!("{} {}", live.kind, live.identity))
            .collect();
        let others = case.others.iter().filter(|other| !other.squats);
        let mut theirs: Vec<String> =
            others.map(Other::live).map(|it| format!("{} {}", it.kind, it.identity)).collect();
        left.sort();
        theirs.sort();
        prop_assert_eq!(left, theirs);
        prop_assert_eq!(cloud.violations(), [""; 0]);
        Ok(())
    });
}
