//! From a document to a pattern: what EventBridge would refuse of it is told at its place.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::{Asked, Bound, EventPattern, Keys, Network, Range, Test, Text};
use crate::model::document::{has_pending, is_pending};
use crate::model::near::nearest;
use crate::model::{Path, Problem};

const OPERATORS: [&str; 8] = [
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
];
/// Those that `anything-but` turns round.
const WITHIN_ANYTHING_BUT: [&str; 4] = ["equals-ignore-case", "prefix", "suffix", "wildcard"];
/// Numbers that EventBridge compares lie between this and its negative.
const LARGEST: f64 = 5e9;

/// What is wrong with one condition, in words that follow a field's name.
type Parsed<T> = Result<T, String>;

impl EventPattern {
    /// A pattern that stands at a path of a document; or everything that is wrong with it.
    pub(crate) fn read(pattern: &Map<String, Value>, at: &Path) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader { problems: Vec::new() };
        let keys = reader.keys(pattern, at);
        if reader.problems.is_empty() { Ok(Self { keys }) } else { Err(reader.problems) }
    }
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn keys(&mut self, keys: &Map<String, Value>, at: &Path) -> Keys {
        if keys.is_empty() {
            self.tell(at, "it asks for nothing, which EventBridge refuses");
        }
        let mut read = Keys::default();
        for (key, value) in keys {
            let here = at.with_field(key);
            if key == "$or" {
                read.choice = self.choice(value, &here);
                continue;
            }
            let asked = match value {
                Value::Object(nested) => Asked::Within(self.keys(nested, &here)),
                Value::Array(conditions) => self.any_of(conditions, &here),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    let message = format!("`{key}` must hold a list of values or conditions");
                    let problem = Problem::of("", message).at(here);
                    self.problems.push(problem.hint(format!("write `{key}: [{value}]`")));
                    continue;
                }
            };
            read.fields.push((key.clone(), asked));
        }
        read
    }

    fn choice(&mut self, value: &Value, at: &Path) -> Option<Vec<Keys>> {
        let Some(alternatives) = value.as_array().filter(|all| all.len() > 1) else {
            self.tell(at, "`$or` must hold a list of two patterns or more");
            return None;
        };
        let mut read = Vec::new();
        for alternative in alternatives {
            match alternative {
                Value::Object(keys) => read.push(self.keys(keys, at)),
                other => self.tell(at, &format!("`$or` must hold patterns, and {other} is none")),
            }
        }
        Some(read)
    }

    fn any_of(&mut self, conditions: &[Value], at: &Path) -> Asked {
        if conditions.is_empty() {
            self.tell(at, "an empty list takes nothing, and EventBridge refuses it");
        }
        let mut tests = Vec::new();
        for condition in conditions {
            match test(condition) {
                Ok(test) => tests.push(test),
                Err(why) => self.tell(at, &why),
            }
        }
        Asked::AnyOf { tests, stated: conditions.iter().cloned().collect() }
    }

    fn tell(&mut self, at: &Path, why: &str) {
        self.problems.push(Problem::of("", why).at(at.clone()));
    }
}

fn test(condition: &Value) -> Parsed<Test> {
    let operators = match condition {
        Value::Object(operators) => operators,
        Value::Array(_) => {
            return Err(format!("{condition} is a list within a list, and takes nothing"));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Ok(Test::Equals(condition.clone()));
        }
    };
    let mut all = operators.iter();
    let (Some((operator, operand)), None) = (all.next(), all.next()) else {
        return Err(format!(
            "a condition has one operator, and {condition} has {}",
            operators.len()
        ));
    };
    match operator.as_str() {
        operator if is_pending(operator) => Ok(Test::Unknown),
        "anything-but" => anything_but(operand),
        "cidr" => network(text(operator, operand)?),
        "equals-ignore-case" => Ok(Test::Folded(text(operator, operand)?.to_owned())),
        "exists" => operand
            .as_bool()
            .map(Test::Exists)
            .ok_or_else(|| format!("`exists` takes true or false, and not {operand}")),
        "numeric" => range(operand),
        "prefix" => Ok(Test::Prefix(end(operator, operand)?)),
        "suffix" => Ok(Test::Suffix(end(operator, operand)?)),
        "wildcard" => wildcard(text(operator, operand)?),
        other => Err(no_operator(other, &OPERATORS)),
    }
}

fn no_operator(operator: &str, known: &[&'static str]) -> String {
    let right = nearest(operator, known.iter().copied());
    let instead = right.map_or_else(
        || format!("there are {}", known.join(", ")),
        |right| format!("did you mean `{right}`?"),
    );
    format!("there is no operator `{operator}` here; {instead}")
}

fn text<'a>(operator: &str, operand: &'a Value) -> Parsed<&'a str> {
    operand.as_str().ok_or_else(|| format!("`{operator}` takes a text, and not {operand}"))
}

/// What a text begins or ends with; in whatever case, where an object says so.
fn end(operator: &str, operand: &Value) -> Parsed<Text> {
    let folded = operand.as_object().filter(|it| it.len() == 1);
    let folded = folded.and_then(|it| it.get("equals-ignore-case")).and_then(Value::as_str);
    let (text, is_folded) = match (folded, operand.as_str()) {
        (Some(text), _) => (text, true),
        (None, Some(text)) => (text, false),
        (None, None) => {
            return Err(format!(
                "`{operator}` takes a text, or one under `equals-ignore-case`, and not {operand}"
            ));
        }
    };
    Ok(Text { text: text.to_owned(), is_folded })
}

fn anything_but(operand: &Value) -> Parsed<Test> {
    let Value::Object(inner) = several(operand) else {
        return values(operand).map(Test::AnythingBut);
    };
    let mut all = inner.iter();
    let (Some((operator, operand)), None) = (all.next(), all.next()) else {
        return Err(format!("`anything-but` takes one operator, and not {}", inner.len()));
    };
    if !WITHIN_ANYTHING_BUT.contains(&operator.as_str()) {
        return Err(format!(
            "under `anything-but` {}",
            no_operator(operator, &WITHIN_ANYTHING_BUT)
        ));
    }
    let list = std::slice::from_ref(operand);
    let list = operand.as_array().map_or(list, Vec::as_slice);
    if list.is_empty() || list.iter().any(|one| one.as_str() == Some("")) {
        return Err(format!("`{operator}` under `anything-but` takes texts that are not empty"));
    }
    let tests = list.iter().map(|one| match operator.as_str() {
        "prefix" => Ok(Test::Prefix(end(operator, one)?)),
        "suffix" => Ok(Test::Suffix(end(operator, one)?)),
        "wildcard" => wildcard(text(operator, one)?),
        _ => Ok(Test::Folded(text(operator, one)?.to_owned())),
    });
    tests.collect::<Parsed<_>>().map(Test::AnythingBut)
}

/// Without the list around a single condition, which is how patterns that were made canonical have it.
fn several(operand: &Value) -> &Value {
    match operand.as_array().map(Vec::as_slice) {
        Some([single @ Value::Object(_)]) => single,
        Some(_) | None => operand,
    }
}

/// Texts or numbers, one of them or a list.
fn values(operand: &Value) -> Parsed<Vec<Test>> {
    let list = std::slice::from_ref(operand);
    let list = operand.as_array().map_or(list, Vec::as_slice);
    let is_of_one_sort = list.iter().all(Value::is_string) || list.iter().all(Value::is_number);
    if list.is_empty() || !is_of_one_sort {
        return Err(format!("`anything-but` takes texts or numbers, and not {operand}"));
    }
    Ok(list.iter().cloned().map(Test::Equals).collect())
}

fn wildcard(text: &str) -> Parsed<Test> {
    if text.contains("**") {
        return Err(format!("two `*` side by side are refused: {text:?}"));
    }
    // A backslash takes a star or itself for what it is, and nothing else.
    let rest = text.replace("\\\\", "").replace("\\*", "");
    if rest.contains('\\') {
        return Err(format!("a backslash stands before `*` or another one alone: {text:?}"));
    }
    Ok(Test::Wildcard(text.to_owned()))
}

fn range(operand: &Value) -> Parsed<Test> {
    if has_pending(operand) {
        return Ok(Test::Unknown);
    }
    let wrong = || {
        format!(
            "`numeric` takes a bound, or a lower and an upper one, as [\">\", 0, \"<=\", 5], and not {operand}"
        )
    };
    let parts = operand.as_array().ok_or_else(wrong)?;
    let bound = |operator: &Value, at: &Value| Some((operator.as_str()?.to_owned(), at.as_f64()?));
    let (first, second) = match parts.as_slice() {
        [operator, at] => (bound(operator, at).ok_or_else(wrong)?, None),
        [one, low, other, high] => {
            let high = bound(other, high).ok_or_else(wrong)?;
            (bound(one, low).ok_or_else(wrong)?, Some(high))
        }
        _ => return Err(wrong()),
    };
    let read =
        |(operator, at): &(String, f64)| Bound { at: *at, is_within: operator.ends_with('=') };
    let range = match (first.0.as_str(), second.as_ref().map(|(operator, _)| operator.as_str())) {
        ("=", None) => Range { low: Some(read(&first)), high: Some(read(&first)) },
        ("<" | "<=", None) => Range { low: None, high: Some(read(&first)) },
        (">" | ">=", None) => Range { low: Some(read(&first)), high: None },
        (">" | ">=", Some("<" | "<=")) => {
            Range { low: Some(read(&first)), high: second.as_ref().map(read) }
        }
        _ => return Err(wrong()),
    };
    let bounds = [range.low, range.high];
    if let Some(bound) = bounds.into_iter().flatten().find(|bound| bound.at.abs() > LARGEST) {
        return Err(format!("`numeric` compares numbers up to 5e9, and not {}", bound.at));
    }
    match (range.low, range.high, second) {
        (Some(low), Some(high), Some(_)) if low.at >= high.at => {
            Err(format!("no number is within {operand}"))
        }
        _ => Ok(Test::Numeric(range)),
    }
}

fn network(text: &str) -> Parsed<Test> {
    if is_pending(text) {
        return Ok(Test::Unknown);
    }
    let wrong = || format!("`cidr` takes a block as 10.0.0.0/24, and not {text}");
    let (address, length) = text.split_once('/').ok_or_else(wrong)?;
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let length: u32 = length.parse().map_err(|_| wrong())?;
    let network = Network::of(address);
    let free = network.width().checked_sub(length).ok_or_else(wrong)?;
    Ok(Test::Cidr(Network { free, ..network }))
}

impl Network {
    /// One address alone.
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self { is_v6: false, bits: u32::from(address).into(), free: 0 },
            IpAddr::V6(address) => Self { is_v6: true, bits: address.into(), free: 0 },
        }
    }

    fn width(self) -> u32 {
        if self.is_v6 { 128 } else { 32 }
    }

    /// Whether all of another is within it.
    pub(super) fn holds(self, other: Self) -> bool {
        let begin = |bits: u128| bits.checked_shr(self.free).unwrap_or(0);
        self.is_v6 == other.is_v6
            && other.free <= self.free
            && begin(self.bits) == begin(other.bits)
    }
}
