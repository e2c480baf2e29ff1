//! Of a batch, only what failed comes again.

use serde_json::{Value, json};

use super::function::{self, Mapping, Source};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "partial_failures",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A function that gets several messages at once says which of them failed.",
        risk: "One message that cannot be processed sends the whole batch back, and all of it to the dead-letter queue in the end.",
        remedy: "State `function_response_types: [ReportBatchItemFailures]`, and have the function answer `batchItemFailures`; or let `batch_size` be 1.",
    },
    stops_messages: false,
    because: "A warning: it works until the first message fails. Of a stream it is a note: the batch is tried again from its beginning either way, and nothing is set aside wrongly.",
    judge,
};

const FIELD: &str = "function_response_types";
const REPORTS: &str = "ReportBatchItemFailures";
/// Lambda's defaults (Lambda API Reference, `CreateEventSourceMapping`).
const OF_QUEUE: u64 = 10;
const OF_STREAM: u64 = 100;

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for mapping in function::mappings(scene) {
        let finding = match mapping.source {
            Source::Queue(queue) => {
                let is_fifo = queue.arn(&scene.place).strip_suffix(".fifo").is_some();
                judge_batch(&mapping, OF_QUEUE, |batch| {
                    let rest = if is_fifo { ", also of groups in which none failed" } else { "" };
                    format!(
                        "one message that fails sends back all {batch} of its batch{rest}, since the function does not say which"
                    )
                })
            }
            Source::Stream(_) if divides(&mapping) => None,
            Source::Stream(_) => judge_batch(&mapping, OF_STREAM, |batch| {
                format!("one record that fails has all {batch} of its batch processed again")
            })
            .map(Finding::as_note),
            Source::Other => continue,
        };
        judgement.add(mapping.name(), finding);
    }
    judgement
}

fn judge_batch(mapping: &Mapping<'_>, usual: u64, told: impl Fn(u64) -> String) -> Option<Finding> {
    let batch = function::number(mapping.exhibit, "batch_size", usual);
    let types = mapping.exhibit.document.get(FIELD).and_then(Value::as_array);
    let mut types = types.into_iter().flatten();
    if batch <= 1 || types.any(|one| one.as_str() == Some(REPORTS)) {
        return None;
    }
    let finding = Finding::new(&mapping.exhibit.address, told(batch)).at(Path::field(FIELD));
    // Who is asked for a report and gives none is taken to have processed everything.
    let hint = "have the function answer batchItemFailures first: without an answer, all counts as processed";
    Some(finding.hint(hint).patch(patch::field(FIELD, &json!([REPORTS]))))
}

/// Whether a batch that fails is tried again in halves.
fn divides(mapping: &Mapping<'_>) -> bool {
    mapping.exhibit.document.get("bisect_batch_on_function_error") == Some(&Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::{RULE, Scene};

    fn read(fifo: bool, of: &str, more: &str) -> Scene {
        system(&format!(
            "
queue: {{ kind: sqs_queue, fifo_queue: {fifo} }}
table: {{ kind: dynamodb_table, hash_key: {{ name: id, type: S }}, stream_view_type: NEW_IMAGE }}
function: {{ kind: lambda_function }}
mapping: {{ kind: lambda_event_source_mapping, event_source_arn: \"${{{of}}}\", function_name: \"${{function.name}}\" {more} }}"
        ))
    }

    #[test]
    fn who_fails_is_named() {
        let reports = ", function_response_types: [ReportBatchItemFailures]";
        let halves = ", bisect_batch_on_function_error: true";
        let scenes = [
            ("of a queue", read(false, "queue.arn", "")),
            ("of a FIFO queue", read(true, "queue.arn", ", batch_size: 5")),
            ("of a stream", read(false, "table.stream_arn", "")),
            ("reported", read(true, "queue.arn", reports)),
            ("one by one", read(true, "queue.arn", ", batch_size: 1")),
            ("in halves", read(false, "table.stream_arn", halves)),
        ];
        for (title, scene) in &scenes {
            assert_eq!(pasted(&RULE, scene), [], "{title}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}
