//! Events that a file gives as examples, and what its pattern makes of them.

use serde_json::Value;

use super::{ENVELOPE, EventPattern, Taken};
use crate::model::near::nearest;
use crate::model::{Path, Problem};

/// What an example is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The pattern takes it.
    Taken,
    /// The pattern leaves it.
    Left,
}

/// What is wrong with the examples in a list of a document, each at its place. Fields of the envelope may be
/// left out where the pattern does not ask for them.
pub(crate) fn problems(
    pattern: &EventPattern,
    list: &Path,
    examples: &[Value],
    wanted: Wanted,
) -> Vec<Problem> {
    let places = examples.iter().enumerate().map(|(index, it)| (list.with_index(index), it));
    places.flat_map(|(at, example)| judge(pattern, &at, example, wanted)).collect()
}

fn judge(pattern: &EventPattern, at: &Path, example: &Value, wanted: Wanted) -> Vec<Problem> {
    let strays: Vec<Problem> = strays(example, at);
    if !strays.is_empty() {
        return strays;
    }
    let problem = match (pattern.judge(example), wanted) {
        (Taken::Unclear, _) | (Taken::Yes, Wanted::Taken) | (Taken::No(_), Wanted::Left) => None,
        (Taken::Yes, Wanted::Left) => {
            let message = "the pattern takes this event, which it is to leave";
            Some(Problem::of("", message).at(at.clone()).hint("narrow `event_pattern`"))
        }
        (Taken::No(miss), Wanted::Taken) => {
            let place = miss.field.iter().fold(at.clone(), |at, field| at.with_field(field));
            let message = format!("the pattern does not take this event: {}", miss.why);
            let hint = "correct the example, or `event_pattern`";
            Some(Problem::of("", message).at(place).hint(hint))
        }
    };
    problem.into_iter().collect()
}

/// Fields at the top of an example that no event has.
fn strays(example: &Value, at: &Path) -> Vec<Problem> {
    let Some(fields) = example.as_object() else {
        return vec![Problem::of("", "an event is an object").at(at.clone())];
    };
    let strays = fields.keys().filter(|name| !ENVELOPE.contains(&name.as_str()));
    let told = |name: &String| {
        let message = format!("no event has a field `{name}` at its top");
        let hint = nearest(name, ENVELOPE).map_or_else(
            || "what an event is about stands in its `detail`".to_owned(),
            |right| format!("did you mean `{right}`?"),
        );
        Problem::of("", message).at(at.with_field(name)).hint(hint)
    };
    strays.map(told).collect()
}
