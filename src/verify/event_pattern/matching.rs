//! Whether a pattern takes an event.

use serde_json::{Map, Value};

use super::{Asked, EventPattern, Keys, Network, Range, Test, Text};
use crate::model::document::{is_pending, shown_value};

/// What a pattern does with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It takes it.
    Yes,
    /// It does not: the first field that is not as it asks.
    No(Miss),
    /// That depends on what nobody knows yet, or on how a number is spelled.
    Unclear,
}

/// Where an event is not as a pattern asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Miss {
    /// The field, from the top of the event.
    pub(crate) field: Vec<String>,
    /// What it is and what is asked: a phrase.
    pub(crate) why: String,
}

/// Of several that must all hold the least is the answer, of several of which one is
/// enough the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    No,
    Unclear,
    Yes,
}

impl EventPattern {
    /// Whether it takes an event. What the event does not have is not there.
    pub(crate) fn judge(&self, event: &Value) -> Taken {
        match self.keys.meet(Some(event)) {
            Answer::Yes => Taken::Yes,
            Answer::Unclear => Taken::Unclear,
            Answer::No => Taken::No(self.keys.missed(Some(event), &[])),
        }
    }
}

impl Keys {
    /// Of a list, one item has to meet all: fields of several items are no event
    /// (`ArrayMembership` of AWS's engine).
    fn meet(&self, value: Option<&Value>) -> Answer {
        if value.and_then(Value::as_str).is_some_and(is_pending) {
            return Answer::Unclear;
        }
        let objects = objects(value);
        let answers = objects.iter().map(|object| self.met_by(Some(object)));
        answers.max().unwrap_or_else(|| self.met_by(None))
    }

    fn met_by(&self, object: Option<&Map<String, Value>>) -> Answer {
        let fields = self.fields.iter().map(|(name, asked)| asked.meet(field(object, name)));
        let choice = self.choice.iter().map(|choice| {
            choice.iter().map(|keys| keys.met_by(object)).max().unwrap_or(Answer::No)
        });
        fields.chain(choice).min().unwrap_or(Answer::Yes)
    }

    /// The first field that is not as it is asked for.
    fn missed(&self, value: Option<&Value>, at: &[String]) -> Miss {
        let objects = objects(value);
        if objects.len() > 1 {
            let why = format!("{} has no item that is all that is asked", spelled(at));
            return Miss { field: at.to_vec(), why };
        }
        let object = objects.first().copied();
        for (name, asked) in &self.fields {
            let value = field(object, name);
            if asked.meet(value) != Answer::No {
                continue;
            }
            let at = [at, std::slice::from_ref(name)].concat();
            return match asked {
                Asked::Within(keys) => keys.missed(value, &at),
                Asked::AnyOf { stated, .. } => {
                    let is = match value {
                        None => "is not there".to_owned(),
                        Some(Value::Object(_)) => "holds further fields".to_owned(),
                        Some(value) => format!("is {}", shown_value(value)),
                    };
                    let why =
                        format!("{} {is}, and {} is asked", spelled(&at), shown_value(stated));
                    Miss { field: at, why }
                }
            };
        }
        let why = "it is none of what `$or` asks".to_owned();
        Miss { field: at.to_vec(), why }
    }
}

impl Asked {
    fn meet(&self, value: Option<&Value>) -> Answer {
        match self {
            Self::Within(keys) => keys.meet(value),
            Self::AnyOf { tests, .. } => {
                let leaves = leaves(value);
                if leaves.is_empty() {
                    let is_admitted = tests.contains(&Test::Exists(false));
                    let is_unknown = tests.contains(&Test::Unknown);
                    return answer(is_admitted).max(if is_unknown {
                        Answer::Unclear
                    } else {
                        Answer::No
                    });
                }
                let answers = leaves.iter().flat_map(|leaf| tests.iter().map(|it| it.meet(leaf)));
                answers.max().unwrap_or(Answer::No)
            }
        }
    }
}

impl Test {
    /// What it says to a value that is no list and has no fields.
    pub(super) fn meet(&self, value: &Value) -> Answer {
        if let Self::Exists(wanted) = self {
            return answer(*wanted);
        }
        if value.as_str().is_some_and(is_pending) {
            return Answer::Unclear;
        }
        match self {
            Self::Exists(_) | Self::Unknown => Answer::Unclear,
            Self::Equals(wanted) => equal(wanted, value),
            Self::Prefix(begin) => begin.meets(value, |text, begin| text.starts_with(begin)),
            Self::Suffix(end) => end.meets(value, |text, end| text.ends_with(end)),
            Self::Folded(wanted) => {
                let wanted = Text { text: wanted.clone(), is_folded: true };
                wanted.meets(value, |text, wanted| text == wanted)
            }
            Self::Wildcard(pattern) => {
                let pattern = Text { text: pattern.clone(), is_folded: false };
                pattern.meets(value, is_like)
            }
            Self::AnythingBut(tests) => {
                match tests.iter().map(|test| test.meet(value)).max().unwrap_or(Answer::No) {
                    Answer::No => Answer::Yes,
                    Answer::Unclear => Answer::Unclear,
                    Answer::Yes => Answer::No,
                }
            }
            Self::Numeric(range) => answer(value.as_f64().is_some_and(|it| range.holds(it))),
            Self::Cidr(network) => {
                let address = value.as_str().and_then(|text| text.parse().ok());
                answer(address.is_some_and(|it| network.holds(Network::of(it))))
            }
        }
    }
}

/// AWS's guide says that 300, 300.0 and 3.0e2 are not equal; its engine takes them for equal.
fn equal(wanted: &Value, value: &Value) -> Answer {
    if wanted == value {
        return Answer::Yes;
    }
    let is_open = wanted.as_str().is_some_and(is_pending)
        || wanted.as_f64().is_some() && wanted.as_f64() == value.as_f64();
    if is_open { Answer::Unclear } else { Answer::No }
}

impl Text {
    fn meets(&self, value: &Value, compare: impl Fn(&str, &str) -> bool) -> Answer {
        if is_pending(&self.text) {
            return Answer::Unclear;
        }
        let Some(text) = value.as_str() else { return Answer::No };
        answer(if self.is_folded {
            compare(&text.to_lowercase(), &self.text.to_lowercase())
        } else {
            compare(text, &self.text)
        })
    }
}

impl Range {
    pub(super) fn holds(&self, number: f64) -> bool {
        self.low.is_none_or(|low| number > low.at || low.is_within && number >= low.at)
            && self.high.is_none_or(|high| number < high.at || high.is_within && number <= high.at)
    }
}

/// Whether a text is what a pattern describes, in which `*` stands for any text, and a
/// backslash before a star or itself for what follows.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = vec![String::new()];
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => parts.push(String::new()),
            '\\' => parts.last_mut().into_iter().for_each(|part| part.extend(letters.next())),
            other => parts.last_mut().into_iter().for_each(|part| part.push(other)),
        }
    }
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        let Some((_, behind)) = text.split_once(part.as_str()) else { return false };
        text = behind;
    }
    text.ends_with(last.as_str())
}

fn answer(is: bool) -> Answer {
    if is { Answer::Yes } else { Answer::No }
}

fn field<'a>(object: Option<&'a Map<String, Value>>, name: &str) -> Option<&'a Value> {
    object?.get(name)
}

/// The objects that a value is, or holds as the items of lists.
fn objects(value: Option<&Value>) -> Vec<&Map<String, Value>> {
    match value {
        Some(Value::Object(object)) => vec![object],
        Some(Value::Array(items)) => items.iter().flat_map(|it| objects(Some(it))).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            Vec::new()
        }
    }
}

/// The values that a field has: what is within a list, and no objects, whose fields are
/// others ("Exists matching only works on leaf nodes").
fn leaves(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(items)) => items.iter().flat_map(|it| leaves(Some(it))).collect(),
        Some(Value::Object(_)) | None => Vec::new(),
        Some(leaf) => vec![leaf],
    }
}

/// A field as people write it.
fn spelled(field: &[String]) -> String {
    if field.is_empty() { "the event".to_owned() } else { format!("`{}`", field.join(".")) }
}
