//! Whole systems, as they may live: functions and mappings are put into the scene as
//! they are written, also where no stack file may say so.

use serde_json::{Map, Value};

use super::scene;
use crate::model::{Address, Document, Exhibit, Finding, Identity, Path, Scene};
use crate::verify::rules::patch;

/// The kinds that nobody checks here.
const UNCHECKED: [&str; 10] = [
    "cloudwatch_event_archive",
    "cloudwatch_event_rule",
    "ecr_image",
    "ecr_repository",
    "lambda_event_source_mapping",
    "lambda_function",
    "msk_cluster",
    "msk_configuration",
    "msk_serverless_cluster",
    "security_group",
];

/// A scene of these resources.
pub(in crate::verify) fn system(resources: &str) -> Scene {
    let all: Map<String, Value> = serde_saphyr::from_str(resources).unwrap();
    let is_own = |it: &Value| UNCHECKED.iter().any(|kind| it["kind"] == *kind);
    let (own, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, it)| is_own(it));
    let own: Vec<Exhibit> = own.into_iter().map(|(name, it)| exhibit(&name, &it)).collect();
    let mut rest = Value::from_iter(rest).to_string();
    for Exhibit { address, facts, .. } in &own {
        for (fact, value) in facts {
            rest = rest.replace(&format!("${{{address}.{fact}}}"), value);
        }
    }
    let mut scene = scene(&rest);
    scene.exhibits.extend(own.into_iter().map(|exhibit| (exhibit.address.clone(), exhibit)));
    let documents: Vec<(Address, Value)> = scene
        .exhibits
        .values()
        .filter(|exhibit| UNCHECKED.contains(&exhibit.kind.as_str()))
        .map(|exhibit| (exhibit.address.clone(), exhibit.document.clone().into()))
        .collect();
    for (address, document) in documents {
        let document = resolved(&scene, document);
        scene.exhibits.get_mut(&address).unwrap().document = document.as_object().unwrap().clone();
    }
    scene
}

impl Scene {
    /// Without the statements of one name in inline policies.
    pub(in crate::verify::rules) fn without(mut self, sid: &str) -> Self {
        let mut taken = 0;
        for exhibit in self.exhibits.values_mut() {
            let policies = exhibit.document.get_mut("inline_policies");
            let policies = policies.and_then(Value::as_object_mut).into_iter().flatten();
            for (_, policy) in policies {
                let list = policy["Statement"].as_array_mut().unwrap();
                let before = list.len();
                list.retain(|statement| statement["Sid"] != sid);
                taken += before - list.len();
            }
        }
        assert_eq!(taken, 1, "{sid}");
        self
    }
}

fn exhibit(name: &str, document: &Value) -> Exhibit {
    let mut document = document.as_object().unwrap().clone();
    let kind = document.remove("kind").unwrap().as_str().unwrap().to_owned();
    let named = document.get("name").and_then(Value::as_str);
    let identity = named.map_or_else(|| format!("dev-{name}"), str::to_owned);
    document.insert("name".to_owned(), identity.as_str().into());
    let facts = facts(&kind, &identity, &document);
    let facts = facts.map(|(fact, value)| (fact.to_owned(), value)).into();
    Exhibit { address: Address::new(name), kind, facts, identity: Identity(identity), document }
}

fn facts(kind: &str, identity: &str, document: &Document) -> [(&'static str, String); 2] {
    const REGISTRY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
    let arn = |service: &str, rest: &str| {
        ("arn", format!("arn:aws:{service}:us-east-1:123456789012:{rest}{identity}"))
    };
    let name = ("name", identity.to_owned());
    let of_kafka = |end: &str| {
        let sort = if kind == "msk_configuration" { "configuration" } else { "cluster" };
        let id = format!("0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-{end}");
        ("arn", format!("arn:aws:kafka:us-east-1:123456789012:{sort}/{identity}/{id}"))
    };
    match kind {
        "ecr_image" => {
            let digest = format!("sha256:{}", "0".repeat(64));
            let repository = document["repository"].as_str().unwrap();
            [("uri", format!("{REGISTRY}/{repository}@{digest}")), ("digest", digest)]
        }
        "ecr_repository" => {
            [arn("ecr", "repository/"), ("repository_url", format!("{REGISTRY}/{identity}"))]
        }
        "cloudwatch_event_archive" => [arn("events", "archive/"), name],
        "cloudwatch_event_rule" => [arn("events", &format!("rule/{}", bus(document))), name],
        "lambda_function" => [arn("lambda", "function:"), name],
        "msk_cluster" => [of_kafka("7"), ("cluster_name", identity.to_owned())],
        "msk_configuration" => [of_kafka("1"), ("latest_revision", "1".to_owned())],
        "msk_serverless_cluster" => [of_kafka("s1"), ("cluster_name", identity.to_owned())],
        "security_group" => [("id", format!("sg-{identity}")), name],
        _ => [arn("lambda", "event-source-mapping:"), ("uuid", format!("uuid-of-{identity}"))],
    }
}

/// What the ARN of a rule has of its bus, which is called as its address says.
fn bus(rule: &Document) -> String {
    match rule["event_bus_name"].as_str().unwrap() {
        "default" => String::new(),
        named => format!("dev-{}/", named.trim_start_matches("${").trim_end_matches(".name}")),
    }
}

/// With every reference replaced by what it stands for.
fn resolved(scene: &Scene, value: Value) -> Value {
    match value {
        Value::String(text) => {
            let text = text.replace("${account}", &scene.place.account);
            let mut text = text.replace("${partition}", &scene.place.partition);
            for exhibit in scene.exhibits.values() {
                for (fact, value) in &exhibit.facts {
                    text = text.replace(&patch::fact_of(exhibit, fact), value);
                }
            }
            Value::String(text)
        }
        Value::Array(items) => items.into_iter().map(|item| resolved(scene, item)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, item)| (name, resolved(scene, item))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Puts the patch of a finding into a scene, as somebody pastes it: an item joins the
/// list at its path, fields join the resource's.
pub(in crate::verify::rules) fn paste(scene: &mut Scene, finding: &Finding) {
    let patch: Value = serde_saphyr::from_str(finding.patch.as_deref().unwrap()).unwrap();
    let patch = resolved(scene, patch);
    let document = &mut scene.exhibits.get_mut(&finding.address).unwrap().document;
    match patch {
        Value::Array(added) => {
            let place = list_at(finding.path.as_ref().unwrap());
            let list = place.get_mut(document).unwrap().as_array_mut().unwrap();
            list.extend(added);
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                join(document.entry(name).or_insert(Value::Null), value);
            }
        }
        other => panic!("a patch is a list of statements, or fields: {other}"),
    }
}

/// Where a finding is told within one statement, its list is meant.
fn list_at(path: &Path) -> Path {
    let mut list = Path::default();
    for segment in path.segments() {
        let crate::model::Segment::Field(name) = segment else { break };
        list = list.with_field(name);
        if name == "Statement" {
            break;
        }
    }
    list
}

fn join(into: &mut Value, value: Value) {
    match (into, value) {
        (Value::Object(known), Value::Object(fields)) => {
            for (name, value) in fields {
                join(known.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, value) => *into = value,
    }
}

/// That what a rule finds is put right by what it says to paste, wherever it says so;
/// answers what is left of it.
pub(in crate::verify::rules) fn pasted(rule: &crate::verify::Rule, scene: &Scene) -> Vec<Finding> {
    let found = |scene: &Scene| -> Vec<Finding> {
        (rule.judge)(scene).findings().into_iter().cloned().collect()
    };
    let mut mended = scene.clone();
    for finding in found(scene).iter().filter(|finding| finding.patch.is_some()) {
        paste(&mut mended, finding);
    }
    found(&mended)
}
