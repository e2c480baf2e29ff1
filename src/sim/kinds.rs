//! A handful of kinds for tests of whoever works on any kinds. They share their
//! fields, and differ in what can be said of a kind as data.

use std::time::Duration;

use serde_json::{Value, json};

use crate::model::{
    ArtifactInfo, ArtifactSort, Beside, Catalog, Document, FactInfo, Facts, Greeting, HashSpelling,
    Identity, InPart, KindInfo, Length, Limit, Naming, Packing, Patience, Prepared, Problem,
    Stages, Succession,
};

/// The kinds.
///
/// | Kind | What is special |
/// |---|---|
/// | `badge` | is the same in all regions |
/// | `broker` | of its `settings` only the stated are compared, and others stay |
/// | `cluster` | takes its time like a `table`, and much of it; its `endpoint` is known when it is in service |
/// | `function` | comes into service by and by; takes bytes as its `code`, and the `color` after it, which a change of the `code` takes away; its `revision` moves with the `code` |
/// | `gate` | others wait until it is in service |
/// | `holder` | what it `holds` must exist, and is let go where it is made anew |
/// | `invite` | carries no tags; what it `holds` must exist, and is sent a letter; made to be confirmed outside |
/// | `key` | the cloud chooses its ARN, in the first of two calls; goes last, and can be brought back; its name can move to its successor |
/// | `link` | carries no tags; what it `holds` must exist; its name may hold what the cloud chooses |
/// | `table` | comes into service, changes and goes by and by, one stage after the other; its `revision` moves with its `color` |
/// | `thing` | nothing |
/// | `topic` | of its `settings` only the stated are compared, and others get their defaults again |
/// | `vault` | holds data |
///
/// Their fields: `name` and `shape`, which cannot change in place (but the name
/// of a key can); `color` and `size`; `members`, `uses` and `holds`, lists of
/// texts in no order; `rules`, objects known by their `id`; `settings`, by name;
/// `force_destroy`. Each has the facts `name`, `arn` and `id`, of which the cloud
/// chooses the last.
#[derive(Debug)]
pub struct SimCatalog(Vec<KindInfo>);

impl SimCatalog {
    /// All of them.
    pub fn new() -> Self {
        let after = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let (whole, holds) = (|| vec!["holds".to_owned()], || vec!["holds.*".to_owned()]);
        let slow = Patience::PROMPT.within(Limit::of(Duration::from_mins(5))).seen(2);
        let minutes =
            |minutes| Limit::of(Duration::from_mins(minutes)).every(Duration::from_secs(5));
        let gate = Patience { blocks: true, ..Patience::PROMPT };
        let bound = Succession { bound_to: Some("holds".into()), ..Succession::default() };
        let plain = |name| kind(name, &["name", "shape"]);
        Self(vec![
            KindInfo { global: true, ..plain("badge") },
            KindInfo { in_part: settings(Beside::Stays), ..plain("broker") },
            cluster(),
            KindInfo {
                patience: Patience::slow(minutes(10), minutes(20), minutes(5)),
                ..function()
            },
            KindInfo {
                patience: gate,
                delete_after: after(&["holder", "invite", "link"]),
                ..plain("gate")
            },
            KindInfo {
                must_exist: holds(),
                delete_after: after(&["invite", "link"]),
                succession: Succession {
                    holds: whole(),
                    lets_go: whole(),
                    ..Succession::default()
                },
                ..plain("holder")
            },
            KindInfo { must_exist: holds(), tagged: false, greets: greets(), ..plain("invite") },
            KindInfo {
                patience: slow,
                revivable: true,
                delete_after: after(&[
                    "broker", "function", "gate", "holder", "invite", "link", "table", "thing",
                    "topic", "vault",
                ]),
                facts: facts(&["name"]),
                succession: Succession { name_moves: true, ..Succession::default() },
                ..kind("key", &["shape"])
            },
            KindInfo {
                must_exist: holds(),
                tagged: false,
                name_may_wait: true,
                succession: bound,
                ..plain("link")
            },
            KindInfo {
                patience: Patience::slow(minutes(10), minutes(20), minutes(5)),
                stages: stages(&["settings.*", "uses", "color"]),
                delete_after: after(&["holder", "invite", "link"]),
                facts: with_revision("color"),
                ..plain("table")
            },
            KindInfo { delete_after: after(&["holder", "invite", "link"]), ..plain("thing") },
            KindInfo { in_part: settings(Beside::Resets), ..plain("topic") },
            KindInfo { holds_data: true, ..plain("vault") },
        ])
    }
}

impl Default for SimCatalog {
    fn default() -> Self {
        Self::new()
    }
}

impl Catalog for SimCatalog {
    fn kinds(&self) -> &[KindInfo] {
        &self.0
    }

    fn prepare(
        &self,
        kind: &str,
        naming: &Naming,
        document: &Document,
    ) -> Option<Result<Prepared, Vec<Problem>>> {
        let kind = self.kind(kind)?;
        let problems = problems(document);
        if !problems.is_empty() {
            return Some(Err(problems));
        }
        let mut document = document.clone();
        let name = document.entry("name").or_insert_with(|| naming.default_name().into()).clone();
        for value in document.values_mut() {
            if let Value::Array(items) = value {
                items.sort_by_cached_key(|item| {
                    item["id"].as_str().map_or(item.to_string(), str::to_owned)
                });
            }
        }
        let name = name.as_str().unwrap_or_default().to_owned();
        let arn = naming.place.arn("sim", &format!("{}/{name}", kind.name));
        let mut predicted =
            Facts::from([("name".to_owned(), name.clone()), ("arn".to_owned(), arn)]);
        predicted
            .retain(|name, _| kind.facts.iter().any(|fact| fact.predicted && fact.name == *name));
        Some(Ok(Prepared { identity: Identity(name), document, predicted }))
    }
}

/// A size has a limit, and so that a kind can refuse a fact that it learns late,
/// nothing may be used that the cloud chose for a key's ARN.
fn problems(document: &Document) -> Vec<Problem> {
    let too_big = document.get("size").and_then(Value::as_u64).is_some_and(|size| size > 100);
    let list = |field: &str| document.get(field).and_then(Value::as_array).into_iter().flatten();
    let refused = list("members")
        .any(|member| member.as_str().is_some_and(|member| member.contains("chosen-arn")));
    let size = too_big.then(|| Problem::of("size", "must be at most 100").hint("state less"));
    let member = refused.then(|| Problem::of("members", "a key cannot be a member"));
    size.into_iter().chain(member).collect()
}

fn kind(name: &str, fixed: &[&str]) -> KindInfo {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let rule = json!({ "type": "object", "properties": { "id": text, "text": text } });
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "name": text, "shape": text, "color": text, "size": { "type": "integer" },
            "members": texts, "uses": texts, "holds": texts,
            "rules": { "type": "array", "items": rule },
            "settings": { "type": "object", "additionalProperties": text },
            "force_destroy": { "type": "boolean" },
        },
    });
    KindInfo {
        name: name.into(),
        summary: format!("A {name} for tests."),
        notes: String::new(),
        examples: Vec::new(),
        schema,
        fixed: fixed.iter().map(|field| (*field).to_owned()).collect(),
        must_exist: Vec::new(),
        facts: facts(&["arn", "name"]),
        patience: Patience::PROMPT,
        tagged: true,
        global: false,
        named_by: Some("name".into()),
        holds_data: false,
        deleted_by: Vec::new(),
        revivable: false,
        mends: false,
        exists_early: false,
        made_without: Vec::new(),
        name_may_wait: false,
        delete_after: Vec::new(),
        keys: Vec::new(),
        policies: Vec::new(),
        stages: Stages::default(),
        one_at_a_time: None,
        succession: Succession::default(),
        artifacts: Vec::new(),
        detours: Vec::new(),
        means: Vec::new(),
        in_part: Vec::new(),
        follows: Vec::new(),
        greets: Vec::new(),
        courses: Vec::new(),
    }
}

fn stages(order: &[&str]) -> Stages {
    let order = order.iter().map(|field| (*field).to_owned()).collect();
    Stages { order, ..Stages::default() }
}

fn greets() -> Vec<Greeting> {
    vec![Greeting { field: "holds".into(), what: "a letter".into() }]
}

fn settings(beside: Beside) -> Vec<InPart> {
    vec![InPart { field: "settings".into(), beside }]
}

/// Its code is a text in documents, as of any kind.
fn function() -> KindInfo {
    let mut function = kind("function", &["name", "shape"]);
    function.schema["properties"]["code"] = json!({ "type": "string", "description": "The code." });
    let code = ArtifactInfo {
        field: "code".into(),
        sorts: vec![ArtifactSort::File, ArtifactSort::Folder].into(),
        packing: Packing::Zip,
        most_bytes: 64 * 1024,
        most_entries: 10,
        spelling: HashSpelling::Base64,
        made_by: "build it first".into(),
        elsewhere: "".into(),
    };
    KindInfo {
        artifacts: vec![code],
        stages: stages(&["color"]),
        follows: vec![("color".into(), vec!["code".into()])],
        facts: with_revision("code"),
        ..function
    }
}

/// As long as a cluster of Kafka takes, with looks as far apart.
fn cluster() -> KindInfo {
    let limit = |hours: u64, usual: u64| {
        Limit::of(Duration::from_hours(hours))
            .every(Duration::from_secs(30))
            .usually(Duration::from_mins(usual))
    };
    let length = |field: &str, minutes: u64| Length {
        field: field.into(),
        usual: Duration::from_mins(minutes),
    };
    let endpoint = FactInfo {
        name: "endpoint".into(),
        summary: "Where it answers.".into(),
        predicted: false,
        moves_with: Vec::new(),
        late: true,
    };
    let lengths = vec![length("size", 30), length("members", 0)];
    KindInfo {
        patience: Patience::slow(limit(2, 40), limit(12, 15), limit(1, 10)),
        stages: Stages { lengths, ..stages(&["size", "settings", "color"]) },
        delete_after: vec!["holder".into()],
        facts: facts(&["arn", "name"]).into_iter().chain([endpoint]).collect(),
        ..kind("cluster", &["name", "shape"])
    }
}

fn with_revision(field: &str) -> Vec<FactInfo> {
    let revision = FactInfo {
        name: "revision".into(),
        summary: "Which state of it.".into(),
        predicted: false,
        moves_with: vec![field.into()],
        late: false,
    };
    facts(&["arn", "name"]).into_iter().chain([revision]).collect()
}

fn facts(predicted: &[&str]) -> Vec<FactInfo> {
    let fact = |name: &str| FactInfo {
        name: name.into(),
        summary: format!("Its {name}."),
        predicted: predicted.contains(&name),
        moves_with: Vec::new(),
        late: false,
    };
    ["arn", "id", "name"].map(fact).into()
}
