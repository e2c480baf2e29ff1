//! STANDARD executions of state machines: what became of one, and how one that still
//! runs is stopped.

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;

use super::mark::MARK;
use crate::aws::client::Session;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;

/// An execution that carries a nonce in its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Execution {
    pub(super) arn: String,
}

/// What is known of it; `None` if nobody has started it yet.
pub(super) async fn describe(
    session: &Session,
    Execution { arn }: &Execution,
) -> Answer<Option<DescribeExecutionOutput>> {
    let answer = session.clients.sfn.describe_execution().execution_arn(arn).send().await;
    let attempted = || format!("read what became of {arn}");
    answer.attempting("states:DescribeExecution", attempted).or_absent()
}

/// Stops it, if it still runs.
pub(super) async fn stop(session: &Session, execution: &Execution) -> Answer<()> {
    let seen = describe(session, execution).await?;
    if seen.is_none_or(|seen| seen.status != ExecutionStatus::Running) {
        return Ok(());
    }
    let call = session.clients.sfn.stop_execution().execution_arn(&execution.arn);
    let answer = call.cause(format!("{MARK}: the probe that it belongs to is over")).send().await;
    let attempted = || format!("stop {}", execution.arn);
    answer.attempting("states:StopExecution", attempted).or_absent()?;
    Ok(())
}
