//! What is there against what was expected. Pure.

use serde_json::{Map, Value};

use crate::model::probe::{Ending, Executed};
use crate::model::{Expectation, Path, document};

/// What a look comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Judged {
    /// It is as expected, as far as anybody can see now.
    Met,
    /// Not yet.
    Lacking(Shortfall),
    /// It is not, and nothing that comes makes that good: there is more than there may be,
    /// or what there is has ended.
    Lost(Shortfall),
}

/// What is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shortfall {
    /// A lowercase sentence.
    pub(super) message: String,
    pub(super) expected: Option<Value>,
    pub(super) actual: Option<Value>,
}

/// What is asked of the things that are found, whatever they are.
struct Asked<'a> {
    /// Where they are, and how they are found: `items of ledger where tenant_id is a`.
    of: String,
    /// Which of them are meant: those that hold this.
    meant: Option<Value>,
    /// What each that is meant holds.
    each: Option<&'a Value>,
    /// What stands in its texts.
    texts: Vec<(&'static str, &'a str)>,
    /// Which of its fields say why it is not so.
    why: &'static [&'static str],
    in_order: Option<&'a [Value]>,
    count: Option<usize>,
}

const ERROR: &str = "error";
const CAUSE: &str = "cause";
/// Letters of what somebody wrote about a failure that are told in one line.
const MOST_WORDS: usize = 300;

/// What comes of an expectation. `place` is what people call its target.
pub(super) fn judge(expectation: &Expectation, place: &str, things: &[Value]) -> Judged {
    match judged(&Asked::of(expectation, place), things) {
        Judged::Lacking(shortfall) if is_settled(expectation, things) => Judged::Lost(shortfall),
        judged => judged,
    }
}

/// Whether what was looked at stays as it is: functions have answered, an execution has
/// ended.
fn is_settled(expectation: &Expectation, things: &[Value]) -> bool {
    match expectation {
        Expectation::Result(_) | Expectation::Error(_) => true,
        Expectation::Execution(_) => things
            .iter()
            .any(|thing| Ending::ALL.iter().any(|ending| thing["status"] == ending.word())),
        Expectation::Table(_)
        | Expectation::Queue(_)
        | Expectation::Bucket(_)
        | Expectation::Log(_)
        | Expectation::Kafka(_) => false,
    }
}

fn judged(asked: &Asked<'_>, things: &[Value]) -> Judged {
    let meant: Vec<&Value> = things.iter().filter(|thing| asked.means(thing)).collect();
    if let Some(wanted) = asked.in_order {
        return asked.ordered(wanted, &meant);
    }
    match asked.count {
        Some(count) if meant.len() > count => Judged::Lost(asked.counted(count, meant.len())),
        Some(count) if meant.len() < count && (meant.is_empty() || asked.meant.is_none()) => {
            asked.lacking(count, &meant, things)
        }
        Some(count) if meant.len() < count => Judged::Lacking(asked.counted(count, meant.len())),
        Some(_) => match meant.iter().find_map(|thing| asked.differs(thing)) {
            Some(shortfall) => Judged::Lacking(shortfall),
            None => Judged::Met,
        },
        None if meant.iter().any(|thing| asked.differs(thing).is_none()) => Judged::Met,
        None => asked.lacking(1, &meant, things),
    }
}

/// What is there and must not be.
pub(super) fn unwanted(
    expectation: &Expectation,
    place: &str,
    things: &[Value],
) -> Option<Shortfall> {
    let asked = Asked::of(expectation, place);
    let is_unwanted = |thing: &&Value| asked.means(thing) && asked.differs(thing).is_none();
    let found = things.iter().find(is_unwanted)?;
    let message = format!("there are {}, and there must be none", asked.of);
    Some(Shortfall { message, expected: None, actual: Some(found.clone()) })
}

impl<'a> Asked<'a> {
    fn of(expectation: &'a Expectation, place: &str) -> Self {
        let plain = |of: String| Self {
            of,
            meant: None,
            each: None,
            texts: Vec::new(),
            why: &[],
            in_order: None,
            count: None,
        };
        match expectation {
            Expectation::Table(table) => {
                let keys = table.keys.iter();
                let keys: Vec<String> = keys.map(|(key, value)| said(key, value)).collect();
                Self {
                    each: table.item.as_ref(),
                    in_order: table.items.as_deref(),
                    count: table.count,
                    ..plain(format!("items of {place} where {}", keys.join(" and ")))
                }
            }
            Expectation::Queue(queue) => {
                let parts =
                    [("body", queue.body.clone()), ("attributes", queue.attributes.clone())];
                let meant = holding(parts);
                Self { meant, count: queue.count, ..plain(format!("messages of ours in {place}")) }
            }
            Expectation::Kafka(records) => {
                let key = records.key.clone().map(Value::from);
                let parts = [
                    ("key", key),
                    ("value", records.value.clone()),
                    ("headers", records.headers.clone()),
                ];
                let texts = records.contains.as_deref().map(|text| ("value", text));
                // A text alone is asked of a record, too.
                let meant = holding(parts).or(texts.map(|_| Value::Object(Map::new())));
                let topic = document::shown(&records.topic);
                Self {
                    meant,
                    texts: texts.into_iter().collect(),
                    count: records.count,
                    ..plain(format!("records of ours in topic {topic} of {place}"))
                }
            }
            Expectation::Bucket(bucket) => {
                let meant = bucket.content.clone();
                let meant = meant.map(|content| serde_json::json!({ "content": content }));
                Self {
                    meant,
                    ..plain(format!("objects {} in {place}", document::shown(&bucket.key)))
                }
            }
            Expectation::Result(result) => {
                let meant = Some(serde_json::json!({ "result": result.result }));
                Self { meant, ..plain("such answers of the function".to_owned()) }
            }
            Expectation::Error(failed) => {
                plain(format!("errors of the function with `{}`", document::shown(&failed.error)))
            }
            Expectation::Log(log) => Self {
                count: log.count,
                ..plain(format!("lines of {place} with `{}`", document::shown(&log.contains)))
            },
            Expectation::Execution(one) => Self::of_execution(one, place),
        }
    }

    fn of_execution(one: &'a Executed, place: &str) -> Self {
        let name =
            one.name.as_deref().map_or_else(String::new, |it| format!(" {}", document::shown(it)));
        let ending = one.status.map(|ending| Value::from(ending.word()));
        let fields = [("status", ending), ("output", one.output.clone())];
        let fields = fields.into_iter().filter_map(|(key, field)| Some((key.to_owned(), field?)));
        let texts = [(ERROR, &one.error), (CAUSE, &one.cause)];
        let texts = texts.into_iter().filter_map(|(key, text)| Some((key, text.as_deref()?)));
        Self {
            of: format!("executions{name} of {place}"),
            meant: Some(Value::Object(fields.collect())),
            each: None,
            texts: texts.collect(),
            why: &[ERROR, CAUSE],
            in_order: None,
            count: None,
        }
    }

    fn means(&self, thing: &Value) -> bool {
        self.meant.as_ref().is_none_or(|meant| self.differences(meant, thing).is_empty())
    }

    /// How a thing that is meant differs from what each is to be.
    fn differs(&self, thing: &Value) -> Option<Shortfall> {
        self.apart(self.each?, thing)
    }

    /// What a thing is to hold and does not, its texts among it.
    fn differences(&self, wanted: &Value, thing: &Value) -> Vec<Difference> {
        let lacks = |(field, text): &&(&'static str, &str)| {
            !thing[*field].as_str().is_some_and(|it| it.contains(text))
        };
        let texts = self.texts.iter().filter(lacks).map(|(field, text)| Difference {
            path: Path::field(*field),
            expected: (*text).into(),
            actual: thing.get(field).cloned(),
        });
        differences(wanted, thing).into_iter().chain(texts).collect()
    }

    /// What sets a thing apart from what it is to hold.
    fn apart(&self, wanted: &Value, thing: &Value) -> Option<Shortfall> {
        let found = self.differences(wanted, thing);
        if found.is_empty() {
            return None;
        }
        let paths: Vec<String> = found.iter().map(|it| format!("`{}`", it.path)).collect();
        let why = self.said_why(&found, thing);
        let message = format!("one of the {} differs at {}{why}", self.of, paths.join(", "));
        let (expected, actual) = match &found[..] {
            [one] => (one.expected.clone(), one.actual.clone().unwrap_or_default()),
            several => {
                let side = |value: &dyn Fn(&Difference) -> Value| {
                    let fields = several.iter().map(|it| (it.path.to_string(), value(it)));
                    Value::Object(fields.collect())
                };
                (side(&|it| it.expected.clone()), side(&|it| it.actual.clone().unwrap_or_default()))
            }
        };
        Some(Shortfall { message, expected: Some(expected), actual: Some(actual) })
    }

    /// What a thing says of why it is not as it is to be, where that is not told anyway.
    fn said_why(&self, found: &[Difference], thing: &Value) -> String {
        let is_told = |field: &str| found.iter().any(|it| it.path == Path::field(field));
        let said = self.why.iter().filter(|field| !is_told(field));
        let said = said.filter_map(|field| thing[*field].as_str().filter(|text| !text.is_empty()));
        let said = said.map(|text| match text.char_indices().nth(MOST_WORDS) {
            Some((end, _)) => format!(": {}...", &text[..end]),
            None => format!(": {text}"),
        });
        said.collect()
    }

    /// Too few, with the nearest of what there is.
    fn lacking(&self, count: usize, meant: &[&Value], things: &[Value]) -> Judged {
        let wanted = self.each.or(self.meant.as_ref());
        let candidates = || {
            things
                .iter()
                .map(|thing| (wanted.map_or(0, |it| self.differences(it, thing).len()), thing))
        };
        let nearest = candidates().min_by_key(|(distance, _)| *distance).map(|(_, thing)| thing);
        let apart = nearest.and_then(|thing| self.apart(wanted?, thing));
        Judged::Lacking(match (apart, meant.len()) {
            (Some(apart), _) => apart,
            (None, 0) => Shortfall {
                message: format!("there are no {}", self.of),
                expected: None,
                actual: None,
            },
            (None, have) => self.counted(count, have),
        })
    }

    fn counted(&self, count: usize, have: usize) -> Shortfall {
        Shortfall {
            message: format!("the number of {} is another", self.of),
            expected: Some(count.into()),
            actual: Some(have.into()),
        }
    }

    fn ordered(&self, wanted: &[Value], things: &[&Value]) -> Judged {
        if things.len() > wanted.len() {
            return Judged::Lost(self.counted(wanted.len(), things.len()));
        }
        let apart = wanted.iter().zip(things).enumerate().find_map(|(at, (wanted, thing))| {
            let apart = self.apart(wanted, thing)?;
            let message = apart.message.replacen("one", &format!("number {}", at + 1), 1);
            Some(Shortfall { message, ..apart })
        });
        match apart {
            Some(apart) => Judged::Lacking(apart),
            None if things.len() < wanted.len() => {
                Judged::Lacking(self.counted(wanted.len(), things.len()))
            }
            None => Judged::Met,
        }
    }
}

/// What holds these parts, as far as they are stated; `None` where none is.
fn holding<const N: usize>(parts: [(&str, Option<Value>); N]) -> Option<Value> {
    let stated = parts.into_iter().filter_map(|(key, part)| Some((key.to_owned(), part?)));
    let stated: Map<String, Value> = stated.collect();
    (!stated.is_empty()).then_some(Value::Object(stated))
}

/// `tenant_id is a`.
fn said(key: &str, value: &Value) -> String {
    let value = value.as_str().map_or_else(|| value.to_string(), document::shown);
    format!("{} is {value}", document::shown(key))
}

/// Where something is not what was expected in part.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) path: Path,
    pub(super) expected: Value,
    /// `None` where there is nothing.
    pub(super) actual: Option<Value>,
}

/// Everything that is expected and not so. Of a map only the stated fields count, a
/// list counts whole. A text that is JSON is taken as what it says, where a map or a
/// list is expected.
pub(super) fn differences(expected: &Value, actual: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&Path::default(), expected, Some(actual), &mut found);
    found
}

fn compare(path: &Path, expected: &Value, actual: Option<&Value>, found: &mut Vec<Difference>) {
    let said = match (expected, actual) {
        (Value::Object(_) | Value::Array(_), Some(Value::String(text))) => {
            serde_json::from_str::<Value>(text).ok()
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_)
            | Value::Array(_),
            _,
        ) => None,
    };
    let actual = said.as_ref().or(actual);
    match (expected, actual) {
        (Value::Object(fields), Some(Value::Object(have))) => {
            for (name, wanted) in fields {
                compare(&path.with_field(name), wanted, have.get(name), found);
            }
        }
        (Value::Array(items), Some(Value::Array(have))) if items.len() == have.len() => {
            for (index, (wanted, have)) in items.iter().zip(have).enumerate() {
                compare(&path.with_index(index), wanted, Some(have), found);
            }
        }
        (expected, Some(actual)) if is_same(expected, actual) => {}
        (expected, actual) => found.push(Difference {
            path: path.clone(),
            expected: expected.clone(),
            actual: actual.cloned(),
        }),
    }
}

/// Numbers are what they are worth, however they are written.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (one, other) => one == other,
    }
}
