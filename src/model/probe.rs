//! Probes: what the user of a stack has tried of it. Something is sent, and something
//! is expected to come of it.
//!
//! In a stack a probe may still wait for facts, and for its [nonce](Probe::nonce): a
//! text that nobody else has, by which it tells its own messages and items from those
//! of others. Both are filled in when it is run.

mod records;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::records::{Authentication, InKafka, ToKafka};
use super::document::fill;
use super::{Address, FactRef, Level};

/// One probe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// As the stack file has it, behind the address of the pattern that brought it:
    /// `claims.arrives`.
    pub name: String,
    /// What is sent and what is to come of it.
    pub script: Script,
    /// What is to be seen before `expect_not` holds. Without it the probe's own
    /// messages are sent once more, under another nonce, and awaited.
    pub after: Option<Closing>,
    /// How long what is expected may take.
    pub within: Duration,
    /// How bad it is if it does not come.
    pub level: Level,
    /// Whether what was made stays.
    pub keeps: bool,
}

/// What is sent, in order, and what is to come of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// What is sent, one after the other.
    #[serde(default)]
    pub send: Vec<Sending>,
    /// What is to be there.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// What must not be there.
    #[serde(default)]
    pub expect_not: Vec<Expectation>,
}

/// What is sent behind everything else, and what shows that it arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closing {
    /// What is sent.
    pub send: Vec<Sending>,
    /// What shows that it arrived.
    pub expect: Vec<Expectation>,
}

/// Something that is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Sending {
    /// A message to a queue.
    Queue(ToQueue),
    /// A message to a topic.
    Topic(ToTopic),
    /// An object that is put into a bucket.
    Bucket(ToBucket),
    /// A function that is invoked, and whose answer is awaited.
    Function(ToFunction),
    /// A state machine that is started.
    Machine(ToMachine),
    /// An event that is put on a bus.
    Bus(ToBus),
    /// A record to a topic of a Kafka cluster.
    Kafka(ToKafka),
}

/// A message to a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToQueue {
    /// The queue, by its URL.
    pub queue: String,
    /// A text, or what becomes JSON text.
    pub body: Value,
    /// Message attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The group of a FIFO queue, within which order is kept.
    pub group: Option<String>,
    /// By what a FIFO queue knows a repetition. Without it every message is one of its own.
    pub deduplication_id: Option<String>,
    /// How often it is sent.
    #[serde(default = "once")]
    pub times: u32,
}

/// A message to a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToTopic {
    /// The topic, by its ARN.
    pub topic: String,
    /// A text, or what becomes JSON text.
    pub message: Value,
    /// Message attributes, which filters may ask for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The group of a FIFO topic, within which order is kept.
    pub group: Option<String>,
    /// By what a FIFO topic knows a repetition. Without it every message is one of its own.
    pub deduplication_id: Option<String>,
    /// How often it is published.
    #[serde(default = "once")]
    pub times: u32,
}

/// An object that is put into a bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToBucket {
    /// The bucket, by its name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// A text, or what becomes JSON text.
    pub content: Value,
}

/// An invocation of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToFunction {
    /// The function, by its name or ARN.
    pub function: String,
    /// What it is handed: JSON.
    #[serde(default)]
    pub payload: Value,
    /// How often it is invoked.
    #[serde(default = "once")]
    pub times: u32,
}

/// An execution of a state machine that is started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToMachine {
    /// The state machine, by its ARN.
    pub state_machine: String,
    /// What it is handed: JSON.
    #[serde(default = "nothing")]
    pub input: Value,
    /// What the execution is called. Without it, by the nonce.
    pub name: Option<String>,
}

/// An event that is put on a bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToBus {
    /// The bus, by its name or ARN.
    pub event_bus: String,
    /// Who puts it, by which rules know it.
    pub source: String,
    /// What sort of event it is.
    pub detail_type: String,
    /// What it says: an object.
    pub detail: Value,
    /// ARNs that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// How often it is put.
    #[serde(default = "once")]
    pub times: u32,
}

/// What a state machine is handed where nothing is said: it takes no `null`.
fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

fn once() -> u32 {
    1
}

/// Something that is looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Expectation {
    /// Items of a table.
    Table(InTable),
    /// Messages in a queue.
    Queue(InQueue),
    /// An object in a bucket.
    Bucket(InBucket),
    /// What a function answered.
    Result(Answered),
    /// The error that a function ended with.
    Error(Failed),
    /// Lines of a log group.
    Log(InLog),
    /// What became of an execution of a state machine.
    Execution(Executed),
    /// Records of a topic of a Kafka cluster.
    Kafka(InKafka),
}

/// Items of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InTable {
    /// The table, by its name.
    pub table: String,
    /// What finds the items: attributes and their values. The keys of the table, or of
    /// the index, at least the hash key.
    #[serde(rename = "where")]
    pub keys: BTreeMap<String, Value>,
    /// The index through which they are found.
    pub index: Option<String>,
    /// How many there are. At least one, where nothing is said.
    pub count: Option<usize>,
    /// What is in part in each of them; in one of them, where `count` says nothing.
    pub item: Option<Value>,
    /// What is in part in each of them, in the order of the range key.
    pub items: Option<Vec<Value>>,
}

/// Messages in a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InQueue {
    /// The queue, by its URL.
    pub queue: String,
    /// What the body holds in part.
    pub body: Option<Value>,
    /// What is among the attributes.
    pub attributes: Option<Value>,
    /// How many there are. At least one, where nothing is said.
    pub count: Option<usize>,
}

/// An object in a bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InBucket {
    /// The bucket, by its name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// What it holds in part.
    pub content: Option<Value>,
}

/// What a function answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// What it holds in part.
    pub result: Value,
}

/// The error that a function ended with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// What stands in it.
    pub error: String,
}

/// Lines of a log group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InLog {
    /// The log group, by its name.
    pub log: String,
    /// What stands in the line.
    pub contains: String,
    /// How many there are. At least one, where nothing is said.
    pub count: Option<usize>,
}

/// What became of an execution of a state machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executed {
    /// The state machine, by its ARN.
    pub execution: String,
    /// What the execution is called. Without it, by the nonce.
    pub name: Option<String>,
    /// How it ended.
    pub status: Option<Ending>,
    /// What its output holds in part.
    pub output: Option<Value>,
    /// What stands in the name of its error.
    pub error: Option<String>,
    /// What stands in what it says of the error.
    pub cause: Option<String>,
}

/// How an execution of a state machine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Ending {
    /// It came to a state that is its end.
    Succeeded,
    /// With an error that nothing caught.
    Failed,
    /// It took longer than it may.
    TimedOut,
    /// Somebody stopped it.
    Aborted,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Succeeded, Self::Failed, Self::TimedOut, Self::Aborted];

    /// As AWS and stack files write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

impl ToMachine {
    /// What the execution is called.
    pub fn called<'a>(&'a self, nonce: &'a str) -> &'a str {
        self.name.as_deref().unwrap_or(nonce)
    }
}

impl Executed {
    /// What the execution is called.
    pub fn called<'a>(&'a self, nonce: &'a str) -> &'a str {
        self.name.as_deref().unwrap_or(nonce)
    }
}

impl Probe {
    /// In whose place the nonce is put when the probe is run.
    pub fn nonce() -> FactRef {
        FactRef { address: Address::passing("probe"), fact: "nonce".to_owned() }
    }

    /// Where findings about it point: no resource can be called so.
    pub fn address(&self) -> Address {
        Address::new(format!("probe {}", self.name))
    }

    /// The same with what is known put in the place of facts.
    #[must_use]
    pub fn filled(&self, known: &dyn Fn(&FactRef) -> Option<String>) -> Self {
        filled(self, known).unwrap_or_else(|| self.clone())
    }
}

impl Script {
    /// Whether the most that there may be is said as well, so that it is known only
    /// when nothing more can come.
    pub fn has_bounds(&self) -> bool {
        !self.expect_not.is_empty() || self.expect.iter().any(Expectation::is_exact)
    }
}

impl Sending {
    /// What it is sent to: a URL, an ARN or a name.
    pub fn target(&self) -> &str {
        match self {
            Self::Queue(to) => &to.queue,
            Self::Topic(to) => &to.topic,
            Self::Bucket(to) => &to.bucket,
            Self::Function(to) => &to.function,
            Self::Machine(to) => &to.state_machine,
            Self::Bus(to) => &to.event_bus,
            Self::Kafka(to) => &to.kafka,
        }
    }

    /// How often it is sent.
    pub fn times(&self) -> u32 {
        match self {
            Self::Queue(to) => to.times,
            Self::Topic(to) => to.times,
            Self::Bucket(_) | Self::Machine(_) => 1,
            Self::Function(to) => to.times,
            Self::Bus(to) => to.times,
            Self::Kafka(to) => to.times,
        }
    }

    /// Goes into the group or the partition of another message, and so behind it.
    pub fn follow(&mut self, first: &Self) {
        match (self, first) {
            (Self::Queue(own), Self::Queue(first)) => own.group.clone_from(&first.group),
            (Self::Topic(own), Self::Topic(first)) => own.group.clone_from(&first.group),
            (Self::Kafka(own), Self::Kafka(first)) => own.beside.clone_from(&first.key),
            (
                Self::Queue(_)
                | Self::Topic(_)
                | Self::Bucket(_)
                | Self::Function(_)
                | Self::Machine(_)
                | Self::Bus(_)
                | Self::Kafka(_),
                _,
            ) => {}
        }
    }
}

impl Expectation {
    /// Where it is looked for; `None` for what a function answers.
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Table(table) => Some(&table.table),
            Self::Queue(queue) => Some(&queue.queue),
            Self::Bucket(bucket) => Some(&bucket.bucket),
            Self::Log(log) => Some(&log.log),
            Self::Execution(one) => Some(&one.execution),
            Self::Kafka(records) => Some(&records.kafka),
            Self::Result(_) | Self::Error(_) => None,
        }
    }

    /// Whether it says how many there are.
    fn is_exact(&self) -> bool {
        match self {
            Self::Table(table) => table.count.is_some() || table.items.is_some(),
            Self::Queue(queue) => queue.count.is_some(),
            Self::Log(log) => log.count.is_some(),
            Self::Kafka(records) => records.count.is_some(),
            Self::Bucket(_) | Self::Result(_) | Self::Error(_) | Self::Execution(_) => false,
        }
    }
}

/// A value with its texts filled in. It is the same sort of value afterwards.
fn filled<T>(value: &T, known: &dyn Fn(&FactRef) -> Option<String>) -> Option<T>
where
    T: Serialize + for<'a> Deserialize<'a>,
{
    serde_json::from_value(fill(&serde_json::to_value(value).ok()?, known)).ok()
}
