//! What a probe sends to and looks into, among the resources of a stack. Pure.

use crate::model::{Document, Exhibit, Expectation, Probe, Scene, Sending};

pub(super) const BUCKET: &str = "s3_bucket";
pub(super) const BUS: &str = "cloudwatch_event_bus";
pub(super) const CLUSTER: &str = "msk_cluster";
const SERVERLESS: &str = "msk_serverless_cluster";
pub(super) const FUNCTION: &str = "lambda_function";
pub(super) const LOG_GROUP: &str = "cloudwatch_log_group";
pub(super) const MACHINE: &str = "sfn_state_machine";
pub(super) const QUEUE: &str = "sqs_queue";
pub(super) const TABLE: &str = "dynamodb_table";
pub(super) const TOPIC: &str = "sns_topic";

/// The kinds that a probe can have to do with.
pub(super) const KINDS: &[&str] =
    &[BUCKET, BUS, CLUSTER, FUNCTION, LOG_GROUP, MACHINE, QUEUE, TABLE, TOPIC];

/// The targets in a scene.
#[derive(Clone, Copy)]
pub(super) struct Targets<'a>(pub(super) &'a Scene);

impl<'a> Targets<'a> {
    /// The resource that a target names.
    pub(super) fn named(self, kind: &str, target: &str) -> Option<&'a Exhibit> {
        let (kind, other) = of_kind(kind);
        self.0.named(kind, target).or_else(|| self.0.named(other?, target))
    }

    /// What people call a target: its address, if it is the stack's.
    pub(super) fn called(self, target: &str) -> String {
        let known = KINDS.iter().find_map(|kind| self.named(kind, target));
        known.map_or_else(|| target.to_owned(), |part| part.address.to_string())
    }

    /// Every resource that a probe names, the one first whose fault it is soonest.
    pub(super) fn of(self, probe: &Probe) -> impl Iterator<Item = &'a Exhibit> {
        let expected = probe.script.expect.iter().chain(&probe.script.expect_not);
        let expected = expected.filter_map(|one| self.named(kind_of(one)?, one.target()?));
        let sent = probe.script.send.iter();
        let sent = sent.filter_map(|one| self.named(kind_to(one), one.target()));
        let mut all: Vec<&Exhibit> = Vec::new();
        for part in expected.chain(sent) {
            if !all.iter().any(|known| known.address == part.address) {
                all.push(part);
            }
        }
        all.into_iter()
    }
}

/// A kind, and another whose resources are named likewise.
pub(super) fn of_kind(kind: &str) -> (&str, Option<&'static str>) {
    (kind, (kind == CLUSTER).then_some(SERVERLESS))
}

/// What kind takes what is sent.
pub(super) fn kind_to(sending: &Sending) -> &'static str {
    match sending {
        Sending::Queue(_) => QUEUE,
        Sending::Topic(_) => TOPIC,
        Sending::Bucket(_) => BUCKET,
        Sending::Function(_) => FUNCTION,
        Sending::Machine(_) => MACHINE,
        Sending::Bus(_) => BUS,
        Sending::Kafka(_) => CLUSTER,
    }
}

/// In what kind something is looked for.
pub(super) fn kind_of(expectation: &Expectation) -> Option<&'static str> {
    match expectation {
        Expectation::Table(_) => Some(TABLE),
        Expectation::Queue(_) => Some(QUEUE),
        Expectation::Bucket(_) => Some(BUCKET),
        Expectation::Log(_) => Some(LOG_GROUP),
        Expectation::Execution(_) => Some(MACHINE),
        Expectation::Kafka(_) => Some(CLUSTER),
        Expectation::Result(_) | Expectation::Error(_) => None,
    }
}

/// Whether a state machine is of the type whose executions AWS forgets as they end.
pub(super) fn is_express(machine: &Document) -> bool {
    machine.get("type").and_then(serde_json::Value::as_str) == Some("EXPRESS")
}

/// The ARN of an execution, by that of its state machine (Service Authorization
/// Reference, "Resource types defined by AWS Step Functions").
pub(super) fn execution_arn(machine: &str, name: &str) -> String {
    format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1))
}

/// The ARN of a topic, by that of its cluster (Service Authorization Reference, "Resource
/// types defined by Apache Kafka APIs for Amazon MSK clusters").
pub(super) fn topic_arn(cluster: &str, topic: &str) -> String {
    format!("{}/{topic}", cluster.replacen(":cluster/", ":topic/", 1))
}

/// The log group that a state machine writes into: its ARN, without the `:*` that stands
/// behind it there.
pub(super) fn log_group(machine: &Document) -> Option<&str> {
    let destination = machine.get("logging_configuration")?.get("log_destination")?.as_str()?;
    Some(destination.strip_suffix(":*").unwrap_or(destination))
}
