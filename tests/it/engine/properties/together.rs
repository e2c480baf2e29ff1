//! Two runs of one stack at the same time, with no lease to keep them apart.

use std::time::Duration;

use ccprov::engine::wait::elapse;
use proptest::prop_assert_eq;
use proptest::test_runner::TestCaseError;

use super::super::site::{Run, changes, planned};
use super::{holds, is, run};

/// Either may fail. The first run after them removes what neither of them
/// needed in the end, or puts right what they took from each other.
const RUNS_AFTER: usize = 3;

#[test]
fn two_runs_at_once_converge() {
    holds(async |case| {
        let (cloud, stack) = (case.cloud(), case.stack());
        let one = async |delay| {
            elapse(Duration::from_millis(delay)).await;
            let plan = planned(&cloud, &stack).await;
            run(case, &cloud, plan).await
        };
        let (first, second) = futures::join!(one(0), one(case.delay.into()));
        let both = [first, second];
        let succeeded =
            |run: &Option<Run>| run.as_ref().is_some_and(|run| run.report.summary.is_success());
        if case.weather.is_none() && both.iter().all(succeeded) {
            // With no look that lags, who says that all is done must be right.
            prop_assert_eq!(changes(&planned(&cloud, &stack).await), [""; 0]);
        }
        let told = both.map(|run| run.map(|run| run.told()));
        for _ in 0..RUNS_AFTER {
            cloud.calm().await;
            let plan = planned(&cloud, &stack).await;
            if plan.is_empty() {
                break;
            }
            run(case, &cloud, plan).await;
        }
        is(case, &cloud, &stack)
            .await
            .map_err(|error| TestCaseError::fail(format!("{error}\nafter {told:#?}")))
    });
}
