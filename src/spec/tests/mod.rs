//! Whole files through the whole room, over a handful of made-up kinds.
//!
//! Every test is data: files in, one text out. The text of a sound stack lists
//! its resources with their documents and edges; the text of an unsound one
//! its problems, `file:line:column: summary -- detail [hint]`.

mod artifacts;
mod costs;
mod editor;
mod existing;
mod expressions;
mod files;
mod language;
mod mistakes;
mod moved;
mod patterns;
mod probes;
mod references;
mod scalars;
mod uses;
mod variables;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use serde_json::{Value, json};

use super::{BuiltIn, Checked, Inputs, Learned, StackFile, check_knowing, evaluate};
use crate::model::{
    Address, Catalog, Diagnostic, Document, FactInfo, Facts, Identity, KeptName, KindInfo,
    Lifecycle, Mask, Naming, Patience, Place, Prepared, Problem, Sight, Succession, document,
};

/// One run: files, the first of which is the stack file, and what surrounds
/// them.
struct Case<'a> {
    files: &'a [(&'a str, &'a str)],
    vars: &'a [(&'a str, &'a str)],
    env: &'a [(&'a str, &'a str)],
    /// Variables of the environment that are meant for some stack.
    ambient: &'a [(&'a str, &'a str)],
    /// Which of the files are variable files of the command line.
    var_files: &'a [&'a str],
    built_in: &'a [BuiltIn],
    /// Names that are to be kept.
    names: &'a [(&'a str, &'a str)],
    /// Facts that were learned: what stands before it, the fact, the text.
    facts: &'a [(&'a str, &'a str, &'a str)],
}

impl<'a> Case<'a> {
    fn of(files: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            files,
            vars: &[],
            env: &[],
            ambient: &[],
            var_files: &[],
            built_in: &[],
            names: &[],
            facts: &[],
        }
    }

    /// What comes of it, as text.
    fn told(&self) -> String {
        self.on_disk(|root| match self.checked(root) {
            Ok(checked) => sound(&checked),
            Err(problems) => unsound(&problems),
        })
    }

    /// What an expression comes to in it, and what is wrong beside it.
    fn evaluated(&self, expression: &str) -> String {
        let evaluate = |file: &StackFile, place: &Place, inputs: &Inputs<'_>| {
            evaluate(file, place, &MadeUp::new(), inputs, expression)
        };
        self.on_disk(|root| match self.with(root, evaluate) {
            Ok(found) => format!("{}\n{}", found.value, unsound(&found.elsewhere)),
            Err(problems) => unsound(&problems),
        })
    }

    /// What is told of it while its files are there.
    fn on_disk(&self, tell: impl FnOnce(&std::path::Path) -> String) -> String {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("repo");
        for (name, text) in self.files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tell(&root).replace(&format!("{}/", root.display()), "")
    }

    fn checked(&self, root: &std::path::Path) -> Result<Checked, Vec<Diagnostic>> {
        let name = |(address, name): &(&str, &str)| {
            (Address::new(*address), KeptName::Whole((*name).to_owned()))
        };
        let mut learned =
            Learned { names: self.names.iter().map(name).collect(), ..Learned::default() };
        for (of, fact, text) in self.facts {
            let facts = learned.facts.entry(Address::new(*of)).or_default();
            facts.insert((*fact).to_owned(), (*text).to_owned());
        }
        self.with(root, |file, place, inputs| {
            check_knowing(file, place, &MadeUp::new(), inputs, &learned)
        })
    }

    fn with<T>(
        &self,
        root: &std::path::Path,
        work: impl FnOnce(&StackFile, &Place, &Inputs<'_>) -> Result<T, Vec<Diagnostic>>,
    ) -> Result<T, Vec<Diagnostic>> {
        let path = &root.join(self.files[0].0);
        let var_files: Vec<_> = self.var_files.iter().map(|name| root.join(name)).collect();
        let owned = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let env = owned(self.env);
        let inputs = Inputs {
            vars: owned(self.vars),
            ambient: owned(self.ambient),
            files: &var_files,
            env: &|name| Ok(env.get(name).cloned()),
            checks: &["tls_only"],
            mask: &Mask::default(),
        };
        let file = super::load::load_with(path, &inputs, (&[], self.built_in))?;
        let place = Place {
            partition: "aws".to_owned(),
            account: file.account().unwrap_or("123456789012").to_owned(),
            region: file.region().unwrap_or("eu-central-1").to_owned(),
            endpoint: None,
        };
        work(&file, &place, &inputs)
    }
}

/// [`Case::told`] for one stack file with nothing around it. A header is put
/// before it, in one line so that line numbers are those of the text plus one.
fn told(text: &str) -> String {
    Case::of(&[("stacks/dev.yaml", &format!("stack: dev\n{text}"))]).told()
}

/// Several cases as one text to look at: the golden tables.
fn table(cases: &[(&str, &str)]) -> String {
    let mut table = String::new();
    for (title, text) in cases {
        writeln!(table, "## {title}").unwrap();
        for line in text.lines() {
            writeln!(table, "    {line}").unwrap();
        }
        writeln!(table, "{}", told(text)).unwrap();
    }
    table
}

/// A golden text: reviewed as a file, without the call that made it.
macro_rules! golden {
    ($text:expr) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($text) })
    };
}
use golden;

fn unsound(problems: &[Diagnostic]) -> String {
    let mut text = String::new();
    for problem in problems {
        match &problem.location {
            Some(at) => write!(text, "{}:{}:{}+{}: ", at.file, at.line, at.column, at.width),
            None => write!(text, "nowhere: "),
        }
        .unwrap();
        write!(text, "{}", problem.summary).unwrap();
        if let Some(detail) = &problem.detail {
            write!(text, " -- {detail}").unwrap();
        }
        for hint in &problem.hints {
            write!(text, " [{hint}]").unwrap();
        }
        text.push('\n');
    }
    text
}

fn sound(checked: &Checked) -> String {
    let mut text = unsound(&checked.warnings).replace('\n', " (warning)\n");
    for (address, resource) in &checked.stack.resources {
        let document = document::shown_value(&Value::Object(resource.document.clone()));
        let identity = document::shown(resource.identity.as_str());
        writeln!(text, "{address}: {} {identity} {document}", resource.kind).unwrap();
        for before in &resource.formerly {
            writeln!(text, "  was {before}").unwrap();
        }
        for (other, edge) in &resource.edges {
            writeln!(text, "  after {other} ({edge:?})").unwrap();
        }
        for other in resource.mentions.iter().filter(|m| !resource.edges.contains_key(m)) {
            writeln!(text, "  mentions {other}").unwrap();
        }
        let Lifecycle { uses, .. } = &resource.lifecycle;
        let beside = Lifecycle { uses: uses.clone(), ..Lifecycle::default() };
        if resource.lifecycle != beside {
            writeln!(text, "  {:?}", resource.lifecycle).unwrap();
        }
        if !uses.is_empty() {
            writeln!(text, "  holds outputs of {uses:?}").unwrap();
        }
    }
    for skip in &checked.stack.skips {
        writeln!(text, "skips {} of {:?}: {}", skip.check, skip.resources, skip.reason).unwrap();
    }
    for probe in &checked.stack.probes {
        let value = document::shown_value(&json!(probe));
        writeln!(text, "probe {} = {value}", probe.name).unwrap();
    }
    if let Some(role) = &checked.stack.role {
        let told = role.external_id.as_ref().map(|id| format!(", told {id}"));
        writeln!(text, "role {}{}", role.arn, told.unwrap_or_default()).unwrap();
    }
    if let Some(lock) = &checked.stack.lock {
        writeln!(text, "lock {lock}").unwrap();
    }
    for (name, used) in &checked.stack.uses {
        let outputs = document::shown_value(&json!(used.outputs));
        let (stack, region) = (&used.stack, &used.place.region);
        writeln!(text, "uses {stack} in {region} as {name}: {outputs}").unwrap();
    }
    for (address, referred) in &checked.existing {
        let facts: Vec<&str> = referred.lookup.facts.iter().map(String::as_str).collect();
        let waits = if referred.lookup.is_pending() { " (waits)" } else { "" };
        writeln!(text, "{address}: {}{waits} for {}", referred.lookup, facts.join(", ")).unwrap();
    }
    for (name, value) in &checked.stack.outputs {
        writeln!(text, "output {name} = {}", document::shown_value(value)).unwrap();
    }
    text
}

/// Five kinds that have, between them, every trait that the spec cares about.
struct MadeUp(Vec<KindInfo>, Vec<Sight>);

impl MadeUp {
    fn new() -> Self {
        let mut kinds =
            vec![bucket_kind(), key_kind(), queue_kind(), subscription_kind(), topic_kind()];
        kinds.sort_by(|a, b| a.name.cmp(&b.name));
        let mut sights: Vec<Sight> = kinds.iter().map(sight).collect();
        sights.push(net_sight());
        Self(kinds, sights)
    }
}

impl Catalog for MadeUp {
    fn kinds(&self) -> &[KindInfo] {
        &self.0
    }

    fn sights(&self) -> &[Sight] {
        &self.1
    }

    fn is_arn_of(&self, _kind: &str, arn: &str) -> bool {
        !arn.contains(":sns:")
    }

    fn regions(&self) -> Vec<&str> {
        vec!["eu-central-1", "eu-west-1", "us-east-1"]
    }

    fn prepare(
        &self,
        kind: &str,
        naming: &Naming,
        document: &Document,
    ) -> Option<Result<Prepared, Vec<Problem>>> {
        let text = |field: &str| document.get(field).and_then(Value::as_str).map(str::to_owned);
        let name = text("name").unwrap_or_else(|| naming.default_name());
        if name.contains("--") {
            return Some(Err(vec![Problem::of("name", "a name cannot hold two dashes in a row")]));
        }
        let arn = |service: &str, rest: &str| naming.place.arn(service, rest);
        let facts = |facts: &[(&str, String)]| -> Facts {
            facts.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect()
        };
        let (identity, predicted) = match kind {
            "bucket" => (name.clone(), facts(&[("arn", format!("arn:aws:s3:::{name}"))])),
            "key" => {
                let alias = format!("alias/{name}");
                (alias.clone(), facts(&[("alias_arn", arn("kms", &alias))]))
            }
            "queue" => {
                let url = format!("https://sqs/{name}");
                (name.clone(), facts(&[("arn", arn("sqs", &name)), ("url", url)]))
            }
            "subscription" => (format!("{}|{}", text("topic")?, text("endpoint")?), facts(&[])),
            "topic" => (name.clone(), facts(&[("arn", arn("sns", &name)), ("name", name.clone())])),
            _ => return None,
        };
        let identity = Identity(identity);
        Some(Ok(Prepared { identity, document: document.clone(), predicted }))
    }
}

fn kind(name: &str, properties: &Value, required: &[&str]) -> KindInfo {
    KindInfo {
        name: name.to_owned(),
        summary: format!("A {name}."),
        notes: String::new(),
        examples: Vec::new(),
        schema: json!({
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
            "required": required,
            "$defs": {
                "Redrive": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "dead_letter_queue": { "type": "string" },
                        "max_receive_count": { "type": "integer", "minimum": 1, "maximum": 1000 },
                    },
                    "required": ["dead_letter_queue"],
                },
            },
        }),
        fixed: Vec::new(),
        must_exist: Vec::new(),
        facts: Vec::new(),
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
        stages: crate::model::Stages::default(),
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

/// A queue is named within another thing; tags tell one, unless it has none.
fn sight(kind: &KindInfo) -> Sight {
    let within = (kind.name == "subscription").then(|| ("topic".to_owned(), None));
    let name = (kind.named_by.clone().unwrap_or_default(), None);
    Sight {
        kind: kind.name.clone(),
        name: within.into_iter().chain([name]).collect(),
        between: "|".into(),
        by_arn: kind.tagged,
        signs: kind.tagged.then(|| "tags".to_owned()).into_iter().collect(),
        facts: kind.facts.clone(),
    }
}

/// Looked up only.
fn net_sight() -> Sight {
    Sight {
        kind: "net".into(),
        name: vec![("id".into(), None)],
        between: String::new(),
        by_arn: false,
        signs: vec!["tags".into(), "around".into()],
        facts: vec![fact("id", false), fact("range", false)],
    }
}

fn fact(name: &str, predicted: bool) -> FactInfo {
    FactInfo {
        name: name.to_owned(),
        summary: String::new(),
        predicted,
        moves_with: Vec::new(),
        late: false,
    }
}

fn tags() -> Value {
    json!({ "type": "object", "additionalProperties": { "type": "string" } })
}

fn policy() -> Value {
    json!({ "anyOf": [{ "type": "string" }, { "type": "object" }, { "type": "null" }] })
}

fn bucket_kind() -> KindInfo {
    let name = json!({ "type": "string", "pattern": "^[a-z0-9-]*$" });
    let properties = json!({ "name": name, "policy": policy(), "tags": tags() });
    KindInfo { facts: vec![fact("arn", true)], ..kind("bucket", &properties, &[]) }
}

fn key_kind() -> KindInfo {
    let name = json!({ "type": "string" });
    let properties = json!({ "name": name, "policy": policy(), "tags": tags() });
    KindInfo {
        facts: vec![fact("alias_arn", true), fact("arn", false)],
        ..kind("key", &properties, &[])
    }
}

fn queue_kind() -> KindInfo {
    let properties = json!({
        "name": { "type": "string", "maxLength": 80 },
        "delay_seconds": { "type": "integer", "minimum": 0, "maximum": 900 },
        "fifo_queue": { "type": "boolean" },
        "key": { "type": ["string", "null"] },
        "mode": { "enum": ["standard", "fast"] },
        "level": { "oneOf": [{ "const": "low" }, { "const": "high" }] },
        "size": { "type": "integer", "deprecated": true, "description": "use `delay_seconds`" },
        "redrive": { "anyOf": [{ "$ref": "#/$defs/Redrive" }, { "type": "null" }] },
        "sources": { "type": "array", "items": { "type": "string" }, "uniqueItems": true },
        "policy": policy(),
        "tags": tags(),
    });
    KindInfo {
        facts: vec![fact("arn", true), fact("url", true)],
        must_exist: vec!["redrive.dead_letter_queue".to_owned()],
        ..kind("queue", &properties, &[])
    }
}

fn subscription_kind() -> KindInfo {
    let text = json!({ "type": "string" });
    let properties = json!({ "topic": text, "endpoint": text });
    KindInfo {
        facts: vec![fact("arn", false)],
        must_exist: vec!["topic".to_owned(), "endpoint".to_owned()],
        tagged: false,
        ..kind("subscription", &properties, &["endpoint", "topic"])
    }
}

fn topic_kind() -> KindInfo {
    let text = json!({ "type": "string" });
    let properties = json!({ "name": text, "key": text, "policy": policy(), "tags": tags() });
    KindInfo { facts: vec![fact("arn", true)], ..kind("topic", &properties, &[]) }
}
