//! What a function fails at is set aside, and holds up nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::function::{self, FUNCTION, Mapping, Source};
use super::hop::{self, End, Transfer};
use super::{Judgement, Rule, patch};
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "failure_destination",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "What a function fails at again and again goes somewhere: to the dead-letter queue of the queue, or to a destination on failure.",
        risk: "A message that the function cannot process is tried until it expires, and holds up its group or its whole shard; or it is gone, and nobody knows what it was.",
        remedy: "State `redrive_policy` at the queue; retries and `destination_config.on_failure` at the mapping of a stream; `dead_letter_config` or `event_invoke_config` at the function.",
    },
    stops_messages: false,
    because: "A warning: it works until the first message that the function cannot process.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for mapping in function::mappings(scene) {
        let finding = match mapping.source {
            Source::Queue(End::Here(queue)) => of_queue(queue, &mapping),
            Source::Stream(_) => of_stream(&mapping),
            Source::Queue(End::Elsewhere(_)) | Source::Other => continue,
        };
        judgement.add(mapping.name(), finding);
    }
    for (function, source) in invoked(scene) {
        judgement.add(function.address.to_string(), of_function(function, &source));
    }
    judgement
}

/// Queues that a function reads, of which more is wanted than of others.
pub(super) fn read_by_functions(scene: &Scene) -> BTreeSet<&Address> {
    function::mappings(scene).filter_map(|it| Some(&it.queue()?.address)).collect()
}

fn of_queue(queue: &Exhibit, mapping: &Mapping<'_>) -> Option<Finding> {
    let field = Path::field("redrive_policy");
    if field.get(&queue.document).is_some_and(|policy| !policy.is_null()) {
        return None;
    }
    let is_fifo = queue.document.get("fifo_queue") == Some(&Value::Bool(true));
    let holds_up = if is_fifo { ", and holds up its group" } else { "" };
    let function = mapping.function.name();
    let message = format!(
        "it has no dead-letter queue: a message that {function} fails at comes again until it expires{holds_up}"
    );
    let finding = Finding::new(&queue.address, message).at(field);
    Some(
        finding.hint("declare a queue for what cannot be processed, and name it in redrive_policy"),
    )
}

/// AWS tells what has no bound as -1.
fn of_stream(mapping: &Mapping<'_>) -> Option<Finding> {
    let (retries, age) = ("maximum_retry_attempts", "maximum_record_age_in_seconds");
    let bound = |field: &str| mapping.exhibit.document.get(field).and_then(Value::as_u64);
    let (address, function) = (&mapping.exhibit.address, mapping.function.name());
    if bound(retries).is_none() && bound(age).is_none() {
        let message = format!(
            "a record that {function} fails at is tried until it expires, and holds up all that is behind it"
        );
        let finding = Finding::new(address, message).at(Path::field(retries));
        let finding =
            finding.hint("give up some time, and name a destination for what was given up");
        return Some(finding.patch(patch::field(retries, &json!(3))));
    }
    let path = Path::field("destination_config").with_field("on_failure").with_field("destination");
    if path.get(&mapping.exhibit.document).is_some_and(|it| !it.is_null()) {
        return None;
    }
    let message = format!("what {function} fails at is given up, and nobody is told");
    let finding = Finding::new(address, message).at(path);
    Some(finding.hint("name a queue or a topic that is told of it"))
}

/// Functions that are invoked by who waits for no answer, each with one of those.
fn invoked(scene: &Scene) -> Vec<(&Exhibit, String)> {
    let mut found: Vec<(&Exhibit, String)> = Vec::new();
    for edge in hop::edges(scene) {
        let invokes = match edge.hop.transfer {
            Transfer::Invokes { .. } => true,
            // Destinations invoke a function likewise, and so do rules.
            Transfer::Sends { .. } | Transfer::Event { .. } => edge.hop.target_kind() == FUNCTION,
            Transfer::Service { .. } | Transfer::Polls { .. } | Transfer::Redrive => false,
        };
        let End::Here(function) = edge.target else { continue };
        if invokes && !found.iter().any(|(known, _)| known.address == function.address) {
            found.push((function, edge.source.name()));
        }
    }
    found
}

fn of_function(function: &Exhibit, source: &str) -> Option<Finding> {
    let (letters, invocations) = ("dead_letter_config", "event_invoke_config");
    let letters = Path::field(letters).with_field("target_arn");
    let destination = Path::field(invocations)
        .with_field("destination_config")
        .with_field("on_failure")
        .with_field("destination");
    let has = |path: &Path| path.get(&function.document).is_some_and(|it| !it.is_null());
    if has(&letters) || has(&destination) {
        return None;
    }
    let message =
        format!("an event of {source} that it fails at is tried again twice, and then lost");
    let finding = Finding::new(&function.address, message).at(destination);
    Some(finding.hint("name a standard queue or topic for it"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::RULE;

    const LOST: &str = r#"
queue: { kind: sqs_queue, fifo_queue: true }
dead: { kind: sqs_queue, fifo_queue: true }
failed: { kind: sqs_queue }
topic: { kind: sns_topic }
table: { kind: dynamodb_table, hash_key: { name: id, type: S }, stream_view_type: NEW_IMAGE }
function: { kind: lambda_function }
of_queue: { kind: lambda_event_source_mapping, event_source_arn: "${queue.arn}", function_name: "${function.name}" }
of_stream: { kind: lambda_event_source_mapping, event_source_arn: "${table.stream_arn}", function_name: "${function.name}", maximum_retry_attempts: -1 }
of_topic: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: lambda, endpoint: "${function.arn}" }
"#;

    #[test]
    fn what_fails_goes_somewhere() {
        let kept = LOST
            .replace("fifo_queue: true }\ndead", "fifo_queue: true, redrive_policy: { dead_letter_queue: \"${dead.arn}\", max_receive_count: 3 } }\ndead")
            .replace("maximum_retry_attempts: -1", "maximum_retry_attempts: 3, destination_config: { on_failure: { destination: \"${failed.arn}\" } }")
            .replace("function: { kind: lambda_function }", "function: { kind: lambda_function, dead_letter_config: { target_arn: \"${failed.arn}\" } }");
        let given_up =
            LOST.replace("maximum_retry_attempts: -1", "maximum_record_age_in_seconds: 60");
        let invoked = LOST.replace("function: { kind: lambda_function }", "function: { kind: lambda_function, event_invoke_config: { destination_config: { on_failure: { destination: \"${topic.arn}\" } } } }");
        let scenes = [
            ("lost", system(LOST)),
            ("kept", system(&kept)),
            ("given up", system(&given_up)),
            ("told to a topic", system(&invoked)),
        ];
        let left = pasted(&RULE, &scenes[0].1);
        assert!(left.iter().any(|it| it.message.contains("given up")), "{left:#?}");
        golden!(told_of(&RULE, &scenes));
    }
}
