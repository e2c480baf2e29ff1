//! What a state machine is at. Executions of EXPRESS are not listed, and end by themselves.

use aws_sdk_sfn::types::ExecutionStatus;

use super::arn;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::turnover::all;
use crate::engine::port::Answer;
use crate::model::Holdings;

/// Those of one page, and where the next begins.
async fn page(
    aws: &Aws,
    name: &str,
    next: Option<String>,
) -> Answer<(Vec<String>, Option<String>)> {
    let call = aws.session.clients.sfn.list_executions();
    let call = call.state_machine_arn(arn(&aws.place, name));
    let call = call.status_filter(ExecutionStatus::Running).set_next_token(next);
    let answer = call.send().await.attempting("states:ListExecutions", || {
        format!("look for running executions of state machine {name}")
    });
    let Some(page) = answer.or_absent()? else { return Ok((Vec::new(), None)) };
    let running = page.executions.into_iter().map(|execution| execution.execution_arn).collect();
    Ok((running, page.next_token.filter(|token| !token.is_empty())))
}

/// How many are running.
pub(super) async fn held(aws: &Aws, name: &str) -> Answer<Option<Holdings>> {
    let (running, next) = page(aws, name, None).await?;
    Ok(match (running.len(), next) {
        (0, None) => None,
        (1, None) => Some(Holdings::lost("1 running execution")),
        (number, None) => Some(Holdings::lost(format!("{number} running executions"))),
        (number, Some(_)) => Some(Holdings::lost(format!("{number} running executions and more"))),
    })
}

/// All that are running.
pub(super) async fn running(aws: &Aws, name: &str) -> Answer<Vec<String>> {
    let (mut running, mut next) = page(aws, name, None).await?;
    while next.is_some() {
        let (more, after) = page(aws, name, next).await?;
        running.extend(more);
        next = after;
    }
    Ok(running)
}

/// Stops them. One that has ended by itself meanwhile is left as it ended.
pub(super) async fn stop(aws: &Aws, running: &[String]) -> Answer<()> {
    let stop = |execution: &String| {
        let call = aws.session.clients.sfn.stop_execution().execution_arn(execution);
        let call = call.error("Destroyed").cause("ccprov deletes the state machine");
        let attempted = format!("stop execution {execution}");
        async move {
            let answer = call.send().await;
            answer.attempting("states:StopExecution", || attempted).or_absent().map(drop)
        }
    };
    all(running.iter().map(stop)).await
}
