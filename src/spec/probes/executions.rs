//! What a probe says of executions of state machines: no two of one name, and of each
//! what can be so at once.

use super::{Map, Node};
use crate::model::Diagnostic;
use crate::model::probe::Ending;

/// The fields of an execution that came to a good end, and of one that did not.
const OF_SUCCESS: &[&str] = &["output"];
const OF_FAILURE: &[&str] = &["error", "cause"];

/// Everything that is wrong with them in the checked parts of a probe.
pub(super) fn check(parts: &Map) -> Vec<Diagnostic> {
    let after = parts.get("after").and_then(|entry| entry.node.as_map());
    let items = |key: &str| -> Vec<Node> {
        let lists = [Some(parts), after].into_iter().flatten();
        let lists = lists.filter_map(|map| map.get(key)?.node.as_list());
        lists.flatten().cloned().collect()
    };
    let asking = items("expect");
    let expected = asking.iter().chain(
        parts
            .get("expect_not")
            .into_iter()
            .flat_map(|entry| entry.node.as_list().unwrap_or_default()),
    );
    let at_odds = expected.filter_map(at_odds);
    let idle = asking.iter().filter_map(asks_nothing);
    taken_twice(&items("send")).into_iter().chain(at_odds).chain(idle).collect()
}

/// Of an execution whose name another has that was started before it.
fn taken_twice(sent: &[Node]) -> Vec<Diagnostic> {
    let name = |item: &Node| {
        let machine = item.get("state_machine")?.to_json();
        Some((machine, item.get("name").map(Node::to_json)))
    };
    let is_taken = |(index, item): &(usize, &Node)| {
        let own = name(item);
        own.is_some() && sent[..*index].iter().any(|other| name(other) == own)
    };
    let taken = sent.iter().enumerate().filter(is_taken);
    let told = |(_, item): (usize, &Node)| {
        Diagnostic::error("two executions of one state machine have the same name")
            .because("nobody could tell them apart, and AWS takes the name of a STANDARD one once")
            .at(Some(item.at.location()))
            .hint("add `name: \"${nonce}-2\"`")
    };
    taken.map(told).collect()
}

/// Of one that says an end, and what comes of another.
fn at_odds(item: &Node) -> Option<Diagnostic> {
    item.get("execution")?;
    let has = |fields: &'static [&'static str]| {
        fields.iter().find_map(|field| Some((*field, item.get(field)?)))
    };
    let status = item.get("status").and_then(Node::as_text);
    let is_success = status.map(|status| status == Ending::Succeeded.word());
    let (field, node, end) = match (is_success, has(OF_SUCCESS), has(OF_FAILURE)) {
        (Some(true), _, Some((field, node))) | (None, Some(_), Some((field, node))) => {
            (field, node, Ending::Succeeded.word())
        }
        (Some(false), Some((field, node)), _) => (field, node, status?),
        (Some(_) | None, _, _) => return None,
    };
    let problem = Diagnostic::error(format!("an execution that is {end} has no `{field}`"));
    Some(problem.at(Some(node.at.location())).because(
        "what succeeds has an output; what fails, is stopped or takes too long, an error and its cause",
    ))
}

/// Of one of which nothing is asked: it may have failed.
fn asks_nothing(item: &Node) -> Option<Diagnostic> {
    item.get("execution")?;
    let asked = ["status"].iter().chain(OF_SUCCESS).chain(OF_FAILURE);
    let asks = asked.into_iter().any(|field| item.get(field).is_some());
    let problem = Diagnostic::error("it does not say what is to become of the execution");
    (!asks).then(|| problem.at(Some(item.at.location())).hint("add `status: SUCCEEDED`"))
}
