//! `event_examples`: EventBridge itself takes the examples of a rule, and leaves those that it is
//! to leave.
//!
//! It is asked of the pattern as it lives, and nothing is put on any bus.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::bench::Bench;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Place, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "event_examples",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "EventBridge says of the examples of a rule what its file says: its pattern takes `matches`, and leaves `not_matches`.",
    risk: "Events go where they should not, or nowhere, though the pattern reads as if it were right.",
    remedy: "Correct the pattern or the example.",
};

/// The kind that has examples, and where they stand.
pub(super) const RULE: &str = "cloudwatch_event_rule";
const LISTS: [(&str, bool); 2] = [("matches", true), ("not_matches", false)];
const CALLS: Duration = Duration::from_secs(30);

pub(super) struct EventExamples(pub(super) Bench);

#[async_trait]
impl Behaviour for EventExamples {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        scene.of_kind(RULE).filter(|rule| !examples(rule).is_empty()).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let rule = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(rule) = rule else { return Ok(Vec::new()) };
        let Some(pattern) = rule.document.get("event_pattern").filter(|it| !it.is_null()) else {
            watch.sees_nothing("it has no pattern");
            return Ok(Vec::new());
        };
        let mut findings = Vec::new();
        for Example { at, event, is_taken } in examples(rule) {
            let whole = whole(event, &scene.place);
            let takes = self.ask(rule, pattern, &whole).await?;
            let what = if takes { "takes" } else { "leaves" };
            watch.saw(format!("EventBridge {what} {at}"));
            if takes != is_taken {
                let message = format!("EventBridge {what} this event");
                let finding = Finding::new(&rule.address, message).at(at);
                findings.push(finding.hint("correct `event_pattern`, or the example"));
            }
        }
        Ok(findings)
    }

    fn deadline(&self) -> Duration {
        CALLS
    }
}

impl EventExamples {
    async fn ask(&self, rule: &Exhibit, pattern: &Value, event: &Value) -> Answer<bool> {
        let call = self.0.session().clients.events.test_event_pattern();
        let answer = call.event_pattern(pattern.to_string()).event(event.to_string()).send().await;
        let attempted = || format!("ask what the pattern of {} takes", rule.address);
        Ok(answer.attempting("events:TestEventPattern", attempted)?.result)
    }
}

/// An example of a rule.
struct Example<'a> {
    at: Path,
    event: &'a Map<String, Value>,
    is_taken: bool,
}

fn examples(rule: &Exhibit) -> Vec<Example<'_>> {
    let list = |(field, is_taken): (&'static str, bool)| {
        let items = rule.document.get(field).and_then(Value::as_array).into_iter().flatten();
        items.enumerate().filter_map(move |(index, event)| {
            let at = Path::field(field).with_index(index);
            Some(Example { at, event: event.as_object()?, is_taken })
        })
    };
    LISTS.into_iter().flat_map(list).collect()
}

/// An event with all that EventBridge wants one to have (API Reference,
/// `TestEventPattern`). Where an example leaves something out, no pattern asks for it.
pub(super) fn whole(example: &Map<String, Value>, place: &Place) -> Value {
    let mut event = json!({
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "example",
        "source": "ccprov.example",
        "account": place.account,
        "time": "1970-01-01T00:00:00Z",
        "region": place.region,
        "resources": [],
        "detail": {}
    });
    for (field, value) in example {
        event[field] = value.clone();
    }
    event
}
