//! The forms of what a probe sends and expects, one for each target: what fits, for
//! [`check`](crate::spec::check()) and for editors alike.

mod records;

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use super::super::conform::Schema;
use super::super::suggest::{did_you_mean, listed};
use super::super::tree::Map;
use crate::model::Diagnostic;
use crate::model::probe::Ending;

/// Something that a probe can send to, or look into.
pub(super) struct Target {
    /// The key that says so.
    pub(super) key: &'static str,
    /// What may stand beside it.
    pub(super) form: Json,
    /// The same, ready to be used many times.
    pub(super) schema: Result<Schema, String>,
    /// Where the nonce must stand.
    pub(super) nonce: Nonce,
}

/// Where the nonce must stand.
#[derive(Clone, Copy)]
pub(super) enum Nonce {
    /// Nowhere.
    Free,
    /// In any field.
    Anywhere,
    /// In this one.
    In(&'static str),
    /// In this one, if it is stated: without it the nonce is taken.
    InIfStated(&'static str),
}

impl Target {
    fn new(key: &'static str, form: Json, nonce: Nonce) -> Self {
        let schema = Schema::new(&form);
        Self { key, form, schema, nonce }
    }

    /// Whether a key may stand in its form.
    fn has_field(&self, key: &str) -> bool {
        self.form["properties"].get(key).is_some()
    }
}

/// What can be sent to.
pub(super) static SENT: LazyLock<Vec<Target>> = LazyLock::new(|| {
    vec![
        Target::new("queue", to_queue(), Nonce::Anywhere),
        Target::new("topic", to_topic(), Nonce::Anywhere),
        Target::new("bucket", to_bucket(), Nonce::In("key")),
        Target::new("function", to_function(), Nonce::Free),
        Target::new("state_machine", to_machine(), Nonce::InIfStated("name")),
        Target::new("event_bus", to_bus(), Nonce::In("detail")),
        Target::new("kafka", records::to_kafka(), Nonce::Anywhere),
    ]
});

/// What can be looked into.
pub(super) static EXPECTED: LazyLock<Vec<Target>> = LazyLock::new(|| {
    vec![
        Target::new("table", in_table(), Nonce::In("where")),
        // What was sent holds it, and so does what comes of that.
        Target::new("queue", in_queue(), Nonce::Free),
        Target::new("bucket", in_bucket(), Nonce::In("key")),
        Target::new("result", result(), Nonce::Free),
        Target::new("error", error(), Nonce::Free),
        Target::new("log", in_log(), Nonce::In("contains")),
        Target::new("execution", execution(), Nonce::InIfStated("name")),
        Target::new("kafka", records::in_kafka(), Nonce::Free),
    ]
});

/// The target that a map names.
pub(super) fn target_of<'a>(map: &Map, targets: &'a [Target]) -> Result<&'a Target, Diagnostic> {
    let mut named: Vec<&Target> = targets.iter().filter(|it| map.contains_key(it.key)).collect();
    // An execution has an error of its own, and a record goes to a topic of its cluster.
    let is_field = |key: &str| named.iter().any(|it| it.key != key && it.has_field(key));
    let fields: Vec<&str> = named.iter().map(|it| it.key).filter(|key| is_field(key)).collect();
    named.retain(|it| !fields.contains(&it.key));
    let all = || targets.iter().map(|target| target.key);
    match named.as_slice() {
        [one] => Ok(one),
        [] => {
            let problem = Diagnostic::error("it does not say where")
                .because(format!("one of these keys does: {}", listed(all())));
            let near = map.keys().find(|key| super::super::suggest::closest(key, all()).is_some());
            Err(near.map_or(problem.clone(), |key| did_you_mean(problem, key, all())))
        }
        [one, other, ..] => {
            let summary = format!("it names two places, `{}` and `{}`", one.key, other.key);
            Err(Diagnostic::error(summary).hint("write a list with one item for each"))
        }
    }
}

fn to_queue() -> Json {
    form(
        "A message to a queue.",
        &["queue", "body"],
        &[
            ("queue", text("The queue's URL: `${NAME.url}`.")),
            ("body", anything("The message: a text, or a map that is sent as JSON.")),
            ("attributes", texts("Message attributes.")),
            (
                "group",
                text(
                    "The message group, in a FIFO queue: what is sent to one group keeps its order.",
                ),
            ),
            (
                "deduplication_id",
                text(
                    "By what a FIFO queue knows a repetition. Default: each message is one of its own.",
                ),
            ),
            ("times", times()),
        ],
    )
}

fn to_topic() -> Json {
    form(
        "A message to a topic.",
        &["topic", "message"],
        &[
            ("topic", text("The topic's ARN: `${NAME.arn}`.")),
            ("message", anything("The message: a text, or a map that is sent as JSON.")),
            ("attributes", texts("Message attributes, which filters may ask for.")),
            ("group", text("The message group, in a FIFO topic.")),
            (
                "deduplication_id",
                text(
                    "By what a FIFO topic knows a repetition. Default: each message is one of its own.",
                ),
            ),
            ("times", times()),
        ],
    )
}

fn to_bucket() -> Json {
    form(
        "An object that is put into a bucket.",
        &["bucket", "key", "content"],
        &[
            ("bucket", text("The bucket's name: `${NAME.name}`.")),
            ("key", text("The object's key.")),
            ("content", anything("What it holds: a text, or a map that is put as JSON.")),
        ],
    )
}

fn to_function() -> Json {
    form(
        "A function that is invoked, and whose answer is awaited.",
        &["function"],
        &[
            ("function", text("The function's name or ARN.")),
            ("payload", anything("What it is handed.")),
            ("times", times()),
        ],
    )
}

fn to_machine() -> Json {
    form(
        "An execution of a state machine that is started. If it is EXPRESS, its end is awaited.",
        &["state_machine"],
        &[
            ("state_machine", text("The state machine's ARN: `${NAME.arn}`.")),
            ("input", anything("What it is handed. Default: `{}`.")),
            ("name", text("What the execution is called. Default: `${nonce}`.")),
        ],
    )
}

fn to_bus() -> Json {
    form(
        "An event that is put on a bus.",
        &["event_bus", "source", "detail_type", "detail"],
        &[
            ("event_bus", text("The bus's name or ARN: `${NAME.name}`.")),
            ("source", text("Who puts it. What begins with `aws.` is AWS's own.")),
            ("detail_type", text("What sort of event it is.")),
            (
                "detail",
                json!({ "type": "object", "description": "What it says; `${nonce}` is in it." }),
            ),
            (
                "resources",
                json!({
                    "type": "array",
                    "maxItems": 10,
                    "description": "ARNs that it is about.",
                    "items": { "type": "string" },
                }),
            ),
            ("times", times()),
        ],
    )
}

fn in_table() -> Json {
    form(
        "Items of a table.",
        &["table", "where"],
        &[
            ("table", text("The table's name: `${NAME.name}`.")),
            (
                "where",
                json!({
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 20,
                    "description": "What finds them: attributes with their values, the hash key of the table or the index among them.",
                    "additionalProperties": { "type": ["string", "number", "boolean"] },
                }),
            ),
            ("index", text("The index by which they are found.")),
            ("count", count()),
            (
                "item",
                part("What each of them holds in part; one of them, where `count` is left out."),
            ),
            (
                "items",
                json!({
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 100,
                    "description": "What each of them holds in part, in the order of the range key; and that there are no more.",
                    "items": { "type": "object" },
                }),
            ),
        ],
    )
}

fn in_queue() -> Json {
    form(
        "Messages in a queue.",
        &["queue"],
        &[
            ("queue", text("The queue's URL: `${NAME.url}`.")),
            ("body", anything("What the body holds in part.")),
            ("attributes", texts("What is among the message attributes.")),
            ("count", count()),
        ],
    )
}

fn in_bucket() -> Json {
    form(
        "An object in a bucket.",
        &["bucket", "key"],
        &[
            ("bucket", text("The bucket's name: `${NAME.name}`.")),
            ("key", text("The object's key.")),
            ("content", anything("What it holds in part.")),
        ],
    )
}

fn result() -> Json {
    form(
        "What the function answered.",
        &["result"],
        &[("result", anything("What the answer holds in part."))],
    )
}

fn error() -> Json {
    form(
        "The error that the function ended with.",
        &["error"],
        &[("error", text("What stands in it."))],
    )
}

fn in_log() -> Json {
    form(
        "Lines of a log group.",
        &["log", "contains"],
        &[
            ("log", text("The log group's name: `${NAME.name}`.")),
            ("contains", text("What stands in the line.")),
            ("count", count()),
        ],
    )
}

fn execution() -> Json {
    let endings = Ending::ALL.map(Ending::word);
    form(
        "What became of an execution of a state machine.",
        &["execution"],
        &[
            ("execution", text("The state machine's ARN: `${NAME.arn}`.")),
            ("name", text("What the execution is called. Default: `${nonce}`.")),
            ("status", json!({ "enum": endings, "description": "How it ended." })),
            ("output", anything("What its output holds in part.")),
            ("error", text("What stands in the name of its error.")),
            ("cause", text("What stands in what it says of the error.")),
        ],
    )
}

fn form(description: &str, required: &[&str], fields: &[(&str, Json)]) -> Json {
    let properties: serde_json::Map<String, Json> =
        fields.iter().map(|(name, field)| ((*name).to_owned(), field.clone())).collect();
    json!({
        "type": "object",
        "description": description,
        "required": required,
        "additionalProperties": false,
        "properties": properties,
        "$defs": { ANY: any() },
    })
}

/// The definition of what may be anything. Said of what lies within as well, so that
/// `{ file: ... }` may stand there.
const ANY: &str = "any";

fn any() -> Json {
    let within = json!({ "$ref": format!("#/$defs/{ANY}") });
    json!({
        "type": ["string", "object", "array", "number", "boolean", "null"],
        "additionalProperties": within,
        "items": within,
    })
}

fn text(description: &str) -> Json {
    json!({ "type": "string", "minLength": 1, "description": description })
}

fn texts(description: &str) -> Json {
    json!({
        "type": "object",
        // SQS takes so many.
        "maxProperties": 10,
        "description": description,
        "additionalProperties": { "type": "string", "minLength": 1 },
    })
}

fn anything(description: &str) -> Json {
    json!({ "description": description, "$ref": format!("#/$defs/{ANY}") })
}

fn part(description: &str) -> Json {
    json!({ "type": "object", "description": description })
}

fn count() -> Json {
    json!({
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "description": "How many there are, and no more. Default: at least one.",
    })
}

fn times() -> Json {
    json!({
        "type": "integer",
        "minimum": 1,
        "maximum": 10,
        "description": "How often it is sent. Default: once.",
    })
}

/// The forms, by the names that the schema of an editor has for them.
pub(in super::super) fn editor_definitions() -> Vec<(String, Json)> {
    let of = |way: &str, targets: &[Target]| -> Vec<(String, Json)> {
        let form = |it: &Target| {
            let mut form = it.form.clone();
            form.as_object_mut().map(|form| form.remove("$defs"));
            (format!("{way}:{}", it.key), form)
        };
        targets.iter().map(form).collect()
    };
    [of("send", &SENT), of("expect", &EXPECTED), vec![(ANY.to_owned(), any())]].concat()
}

/// What stands under `probes`, over these definitions.
pub(in super::super) fn editor_probes(names: &str) -> Json {
    let any_of = |way: &str, targets: &[Target]| -> Vec<Json> {
        let one = |it: &Target| json!({ "$ref": format!("#/$defs/{way}:{}", it.key) });
        targets.iter().map(one).chain([json!({ "$ref": "#/$defs/reference" })]).collect()
    };
    let several = |way: &str, targets: &[Target], description: &str| {
        json!({
            "description": description,
            "anyOf": [
                { "anyOf": any_of(way, targets) },
                { "type": "array", "minItems": 1, "items": { "anyOf": [
                    { "anyOf": any_of(way, targets) },
                    { "$ref": "#/$defs/instruction" },
                ] } },
            ],
        })
    };
    let send = several("send", &SENT, "What is sent: one thing, or a list in its order.");
    let expect = |description: &str| several("expect", &EXPECTED, description);
    json!({
        "type": ["object", "null"],
        "description": "What `ccprov verify` tries of the stack, by name: something is sent, and \
                        something is to come of it. `${nonce}` is a text that nobody else has.",
        "propertyNames": { "pattern": names },
        "additionalProperties": {
            "type": "object",
            "additionalProperties": false,
            "required": ["send"],
            "properties": {
                "send": send,
                "expect": expect("What is to be there, within the time."),
                "expect_not": expect("What must not be there when a message sent later has arrived."),
                "after": {
                    "description": "What is sent later, and what shows that it arrived.",
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["send", "expect"],
                    "properties": {
                        "send": several("send", &SENT, "What is sent."),
                        "expect": expect("What shows that it arrived."),
                    },
                },
                "within": { "type": "string", "description": "How long it may take, from 1s to 15m. Default: 30s." },
                "level": { "description": "How bad it is. Default: error.", "anyOf": [
                    { "enum": ["note", "warning", "error"] },
                    { "$ref": "#/$defs/reference" },
                ] },
                "cleanup": { "description": "Whether what it made is removed. Default: automatic.", "anyOf": [
                    { "enum": ["automatic", "keep"] },
                    { "$ref": "#/$defs/reference" },
                ] },
                "when": { "description": "Only if this holds." },
                "unless": { "description": "Not if this holds." },
            },
        },
    })
}
