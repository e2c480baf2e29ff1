//! A message stays hidden while a function is at it.

use serde_json::json;

use super::function::{self, Source};
use super::hop::End;
use super::redrive::seconds;
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "mapping_visibility",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "A queue that Lambda reads for a function hides a message for six times as long as the function may run, and for the batching window.",
        risk: "A message comes again while it is worked at, or goes to the dead-letter queue though nobody failed at it.",
        remedy: "Raise `visibility_timeout_seconds` of the queue, or lower `timeout` of the function.",
    },
    stops_messages: false,
    because: "An error where it is shorter than the function may run: Lambda refuses the mapping. Below six times it is a warning: when the function is throttled, batches wait and are tried again.",
    judge,
};

const FIELD: &str = "visibility_timeout_seconds";
/// Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping".
const TIMES: u64 = 6;
/// The longest that SQS hides a message: 12 hours.
const LONGEST: u64 = 43_200;

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for mapping in function::mappings(scene) {
        let Source::Queue(queue) = mapping.source else { continue };
        let (End::Here(queue), End::Here(function)) = (queue, mapping.function) else {
            let why = "the queue or the function is not of this stack";
            judgement.add(format!("{} (not judged: {why})", mapping.name()), []);
            continue;
        };
        let window = function::number(mapping.exhibit, "maximum_batching_window_in_seconds", 0);
        judgement.add(mapping.name(), judge_queue(queue, function, window));
    }
    judgement
}

fn judge_queue(queue: &Exhibit, function: &Exhibit, window: u64) -> Option<Finding> {
    let (hidden, runs) = (seconds(queue, FIELD), function::timeout(function));
    let wanted = (runs * TIMES + window).min(LONGEST);
    if hidden >= wanted {
        return None;
    }
    let function = &function.address;
    let (level, what) = if hidden < runs {
        (Level::Error, "Lambda refuses to read it")
    } else {
        (Level::Warning, "it may come again while it waits for its turn")
    };
    let batch =
        if window > 0 { format!(", and waits {window} s for a batch") } else { String::new() };
    let message = format!(
        "a message is hidden for {hidden} s, and {function} may run for {runs} s{batch}: {what}"
    );
    let finding = Finding::new(&queue.address, message).at(Path::field(FIELD));
    let finding = finding.hint(format!("hide it for {wanted} s, or let {function} take less time"));
    let finding = finding.patch(patch::field(FIELD, &json!(wanted)));
    Some(Finding { level: Some(level), ..finding })
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::{RULE, Scene};

    fn read(hidden: u32, runs: u32, window: u32) -> Scene {
        system(&format!(
            "
queue: {{ kind: sqs_queue, visibility_timeout_seconds: {hidden} }}
function: {{ kind: lambda_function, timeout: {runs} }}
mapping: {{ kind: lambda_event_source_mapping, event_source_arn: \"${{queue.arn}}\", function_name: \"${{function.name}}\", maximum_batching_window_in_seconds: {window} }}"
        ))
    }

    #[test]
    fn a_message_is_hidden_while_it_is_worked_at() {
        let mut theirs = read(30, 30, 0);
        theirs.exhibits.retain(|address, _| address.as_str() != "function");
        let scenes = [
            ("enough", read(180, 30, 0)),
            ("not for the window", read(180, 30, 5)),
            ("too little", read(30, 30, 0)),
            ("refused", read(29, 30, 0)),
            ("no more than SQS admits", read(43_200, 7_300, 0)),
            ("somebody else's function", theirs),
        ];
        for (title, scene) in &scenes {
            assert_eq!(pasted(&RULE, scene), [], "{title}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}
