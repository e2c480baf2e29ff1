//! What is called FIFO is FIFO.

use serde_json::Value;

use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "called_fifo",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A queue or topic that a tag or its name calls FIFO is FIFO.",
        risk: "A tag makes no order: messages come twice and in any order, and whoever reads the tag relies on neither happening.",
        remedy: "State `fifo_queue: true` (`fifo_topic` of a topic), which makes another object whose name ends in `.fifo`; or call it something else.",
    },
    stops_messages: false,
    because: "A warning: nothing fails, and what is processed twice or out of order is noticed late.",
    judge,
};

/// The kinds that can be FIFO, and the field that says so.
const KINDS: [(&str, &str); 2] = [("sqs_queue", "fifo_queue"), ("sns_topic", "fifo_topic")];

/// What turns it into its opposite, as in `non-fifo`.
const NOT: [&str; 4] = ["no", "non", "not", "without"];

fn judge(scene: &Scene) -> Judgement {
    let things = KINDS.iter().flat_map(|(kind, field)| {
        scene.of_kind(kind).map(move |exhibit| (exhibit, (exhibit, *field)))
    });
    let called = things.filter(|(exhibit, _)| called(exhibit).is_some());
    Judgement::over(called, |(exhibit, field)| judge_exhibit(exhibit, field))
}

fn judge_exhibit(exhibit: &Exhibit, field: &str) -> Option<Finding> {
    if exhibit.document.get(field) == Some(&true.into()) {
        return None;
    }
    let (what, path) = called(exhibit)?;
    let message = format!("{what} calls it FIFO, and it is a standard one");
    let finding = Finding::new(&exhibit.address, message).at(path);
    Some(finding.hint("make it one, or call it otherwise").patch(patch::field(field, &true.into())))
}

/// Who calls it so, and where that stands.
fn called(exhibit: &Exhibit) -> Option<(String, Path)> {
    let tags = exhibit.document.get("tags").and_then(Value::as_object);
    let tag = tags.into_iter().flatten().find(|(_, value)| {
        value.as_str().is_some_and(|value| value.trim().eq_ignore_ascii_case("fifo"))
    });
    if let Some((key, _)) = tag {
        return Some((format!("the tag {key}"), Path::field("tags").with_field(key)));
    }
    let name = exhibit.identity.as_str().rsplit(':').next()?.to_ascii_lowercase();
    let words: Vec<&str> = name.split(|it: char| !it.is_ascii_alphanumeric()).collect();
    let at = words.iter().position(|word| *word == "fifo")?;
    let before = at.checked_sub(1).and_then(|before| words.get(before));
    let is_meant = !before.is_some_and(|word| NOT.contains(word));
    is_meant.then(|| ("its name".to_owned(), Path::field("name")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    #[test]
    fn what_is_called_so_is_so() {
        golden!(told(
            &RULE,
            &[
                ("by nobody", "queue: { kind: sqs_queue, tags: { Type: Standard } }"),
                ("by a tag", "queue: { kind: sqs_queue, tags: { Type: FIFO } }"),
                (
                    "by a tag, rightly",
                    "queue: { kind: sqs_queue, fifo_queue: true, tags: { Type: fifo } }"
                ),
                ("by its name", "queue: { kind: sqs_queue, name: orders-fifo }"),
                (
                    "by its name, rightly",
                    "queue: { kind: sqs_queue, name: orders.fifo, fifo_queue: true }"
                ),
                ("what it is not", "queue: { kind: sqs_queue, name: orders-non-fifo }"),
                ("a topic", "topic: { kind: sns_topic, tags: { Type: FIFO } }"),
            ]
        ));
    }
}
