//! Two runs of one stack at the same time, with no lease to keep them apart.

use std::time::Duration;

use ccprov::engine::wait::elapse;
use proptest::test_runner::TestCaseError;

use super::super::site::{Run, planned};
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
        let told = |run: Option<Run>| run.map(|run| run.told());
        let told = [told(first), told(second)];
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
