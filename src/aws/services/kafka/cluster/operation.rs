//! What MSK is at: the operations that change a cluster.
//!
//! A cluster shows that it is changed, and not what came of it: one that could not be
//! changed is as it was. So the operation that a change began is remembered for as long as
//! the process lives, and looked at with the cluster. Operations that others began, or an
//! earlier run, are told while they run; whoever begins anew sees what there is.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_kafka::types::{Cluster, ClusterOperationV2};

use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::engine::port::Answer;

/// The last operation that this process began, for each cluster.
#[derive(Debug, Default)]
struct Begun(Mutex<BTreeMap<String, String>>);

/// Remembers the operation that a change of a cluster began.
pub(super) fn remember(aws: &Aws, cluster: &str, operation: Option<String>) {
    let begun = aws.memory::<Begun>();
    let mut begun = begun.0.lock().unwrap_or_else(PoisonError::into_inner);
    begun.extend(operation.map(|operation| (cluster.to_owned(), operation)));
}

fn begun(aws: &Aws, cluster: &str) -> Option<String> {
    let begun = aws.memory::<Begun>();
    let begun = begun.0.lock().unwrap_or_else(PoisonError::into_inner);
    begun.get(cluster).cloned()
}

/// What is known of the last change of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// None that concerns us, or it is over.
    None,
    /// It runs: what it is, and how far.
    Runs(String),
    /// It came to nothing, and we began it: why.
    Failed(String),
}

impl Change {
    /// The operation that runs, or that we began.
    pub(super) async fn of(aws: &Aws, cluster: &Cluster) -> Answer<Self> {
        let arn = cluster.cluster_arn().unwrap_or_default();
        let ours = begun(aws, arn);
        let running = cluster.active_operation_arn.clone().filter(|arn| !arn.is_empty());
        let Some(operation) = running.or_else(|| ours.clone()) else { return Ok(Self::None) };
        let call = aws.session.clients.kafka.describe_cluster_operation_v2();
        let answer = call.cluster_operation_arn(&operation).send().await;
        let answer = answer.attempting("kafka:DescribeClusterOperationV2", || {
            format!("read operation {operation}")
        });
        let seen = answer.or_absent()?.and_then(|answer| answer.cluster_operation_info);
        let is_ours = ours.as_ref() == Some(&operation);
        Ok(seen.map_or(Self::None, |seen| Self::told(&seen, is_ours)))
    }

    fn told(operation: &ClusterOperationV2, is_ours: bool) -> Self {
        let kind = words(operation.operation_type().unwrap_or("an operation"));
        match operation.operation_state().unwrap_or_default() {
            "UPDATE_FAILED" | "FAILED" if is_ours => {
                Self::Failed(format!("{kind} failed{}", why(operation)))
            }
            "UPDATE_FAILED" | "FAILED" | "UPDATE_COMPLETE" | "COMPLETE" => Self::None,
            state => {
                let step = step(operation).map(|step| format!(", at {step}")).unwrap_or_default();
                Self::Runs(format!("{kind}: {}{step}", words(state)))
            }
        }
    }
}

fn why(operation: &ClusterOperationV2) -> String {
    let Some(info) = operation.error_info() else { return String::new() };
    let told = [info.error_code(), info.error_string()];
    let told: Vec<&str> = told.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(": ")) }
}

/// The step that is not over yet.
fn step(operation: &ClusterOperationV2) -> Option<String> {
    let steps = operation.provisioned()?.operation_steps();
    let is_over = |status: &str| ["COMPLETE", "COMPLETED", "SUCCEEDED"].contains(&status);
    let mut open = steps.iter().filter(|step| {
        step.step_info().and_then(|info| info.step_status()).is_some_and(|it| !is_over(it))
    });
    open.next()?.step_name().map(words)
}

/// `UPDATE_BROKER_COUNT`, as people read it.
fn words(name: &str) -> String {
    name.to_lowercase().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_kafka::types::{
        ClusterOperationStep, ClusterOperationStepInfo, ClusterOperationV2Provisioned, ErrorInfo,
    };

    use super::*;

    fn operation(state: &str) -> aws_sdk_kafka::types::builders::ClusterOperationV2Builder {
        ClusterOperationV2::builder().operation_type("UPDATE_BROKER_COUNT").operation_state(state)
    }

    #[test]
    fn what_runs_and_what_failed_is_told() {
        let runs = |text: &str| Change::Runs(text.to_owned());
        let seen = |state: &str, is_ours| Change::told(&operation(state).build(), is_ours);
        assert_eq!(seen("PENDING", false), runs("update broker count: pending"));
        assert_eq!(
            seen("UPDATE_IN_PROGRESS", true),
            runs("update broker count: update in progress")
        );
        assert_eq!(seen("UPDATE_COMPLETE", true), Change::None);
        assert_eq!(
            seen("UPDATE_FAILED", true),
            Change::Failed("update broker count failed".into())
        );
        // Whoever comes later finds the cluster as it was, and what differs.
        assert_eq!(seen("UPDATE_FAILED", false), Change::None);
        let info = ErrorInfo::builder().error_code("LIMIT").error_string("no room").build();
        let failed = Change::told(&operation("UPDATE_FAILED").error_info(info).build(), true);
        assert_eq!(failed, Change::Failed("update broker count failed: LIMIT: no room".into()));
    }

    #[test]
    fn the_step_that_is_open_is_told() {
        let step = |name: &str, status: &str| {
            let info = ClusterOperationStepInfo::builder().step_status(status).build();
            ClusterOperationStep::builder().step_name(name).step_info(info).build()
        };
        let steps = ClusterOperationV2Provisioned::builder()
            .operation_steps(step("INITIALIZE_UPDATE", "COMPLETED"))
            .operation_steps(step("ADD_BROKERS", "IN_PROGRESS"))
            .build();
        let told = Change::told(&operation("UPDATE_IN_PROGRESS").provisioned(steps).build(), true);
        let expected = "update broker count: update in progress, at add brokers";
        assert_eq!(told, Change::Runs(expected.into()));
    }
}
