//! A queue has one reader, and a stream two at most.

use std::collections::BTreeMap;

use super::function::{self, Mapping, Source};
use super::hop::End;
use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "two_readers",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Lambda reads a queue for one function alone, and the stream of a table for two at most.",
        risk: "Each of two functions gets some of the messages, and neither of them all; the readers of a stream slow each other down.",
        remedy: "Give each function a queue of its own, subscribed to one topic.",
    },
    stops_messages: false,
    because: "A warning: every message is processed, by whichever function happens to get it.",
    judge,
};

/// Readers of a shard at once (DynamoDB Developer Guide, "Change data capture for DynamoDB
/// Streams"). Of a queue each message has one.
const OF_STREAM: usize = 2;

fn judge(scene: &Scene) -> Judgement {
    let mut readers: BTreeMap<String, Vec<Mapping<'_>>> = BTreeMap::new();
    for mapping in function::mappings(scene).filter(Mapping::is_enabled) {
        match mapping.source {
            Source::Queue(end) | Source::Stream(end) => {
                readers.entry(end.name()).or_default().push(mapping);
            }
            Source::Other => {}
        }
    }
    let mut judgement = Judgement::default();
    for (source, mappings) in readers {
        judgement.add(source.clone(), judge_source(&source, &mappings));
    }
    judgement
}

fn judge_source(source: &str, mappings: &[Mapping<'_>]) -> Option<Finding> {
    let last = mappings.last()?;
    let most = match last.source {
        Source::Queue(_) | Source::Other => 1,
        Source::Stream(End::Here(_)) => OF_STREAM,
        // Kinesis counts otherwise.
        Source::Stream(End::Elsewhere(_)) => return None,
    };
    if mappings.len() <= most {
        return None;
    }
    let functions: Vec<String> = mappings.iter().map(|it| it.function.name()).collect();
    let functions = functions.join(" and ");
    let filters = |it: &Mapping<'_>| {
        it.exhibit.document.get("filter_criteria").is_some_and(|filter| !filter.is_null())
    };
    let message = if most > 1 {
        format!("{source} is read for {functions}: more than {most} slow each other down")
    } else if mappings.iter().any(filters) {
        format!(
            "{source} is read for {functions}: each gets some of its messages, and deletes those that its filter does not take"
        )
    } else {
        format!("{source} is read for {functions}: each gets some of its messages")
    };
    let finding = Finding::new(&last.exhibit.address, message);
    Some(
        finding
            .at(Path::field("event_source_arn"))
            .hint("let one function read it, or give each a queue of its own"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::RULE;

    const TWO: &str = "
queue: { kind: sqs_queue }
table: { kind: dynamodb_table, hash_key: { name: id, type: S }, stream_view_type: NEW_IMAGE }
one: { kind: lambda_function }
two: { kind: lambda_function }
first: { kind: lambda_event_source_mapping, event_source_arn: \"${queue.arn}\", function_name: \"${one.name}\" }
second: { kind: lambda_event_source_mapping, event_source_arn: \"${queue.arn}\", function_name: \"${two.name}\" }
third: { kind: lambda_event_source_mapping, event_source_arn: \"${table.stream_arn}\", function_name: \"${one.name}\" }
fourth: { kind: lambda_event_source_mapping, event_source_arn: \"${table.stream_arn}\", function_name: \"${two.name}\" }
";

    #[test]
    fn a_queue_is_read_once() {
        let second = "event_source_arn: \"${queue.arn}\", function_name: \"${two.name}\"";
        let filter = format!("{second}, filter_criteria: {{ filters: [] }}");
        let more = "fifth: { kind: lambda_event_source_mapping, event_source_arn: \"${table.stream_arn}\", function_name: other }";
        golden!(told_of(
            &RULE,
            &[
                ("twice", system(TWO)),
                ("with a filter", system(&TWO.replace(second, &filter))),
                (
                    "switched off",
                    system(&TWO.replace(second, &format!("{second}, enabled: false")))
                ),
                ("a stream by three", system(&format!("{TWO}{more}"))),
            ]
        ));
    }
}
