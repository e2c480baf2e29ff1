//! The stack as one file with nothing left to work out, and one expression worked
//! out by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::check::{Checked, Sheet, check_and};
use super::existing::{self, Referred};
use super::expand::{Env, Expansion};
use super::inputs::Inputs;
use super::learned::Learned;
use super::load::{StackFile, Used};
use super::lookup::NONCE;
use super::predict::Known;
use super::reference::{self, Part};
use super::source::{Mark, Source};
use super::spelling;
use super::told::in_order;
use super::tree::{Map, Node, Value};
use super::written::Written;
use super::yaml;
use crate::model::document::{self, fill, fill_text};
use crate::model::{
    Address, Artifact, Catalog, Diagnostic, FactRef, Lifecycle, Path, Place, Probe, Rendered,
    RenderedShape, Role, Skip, Stack,
};

/// The stack as a stack file would say it with every pattern, repetition,
/// condition and reference worked out. A fact that AWS chooses stays a reference.
/// What is not known of the place is left out.
///
/// # Errors
///
/// As of [`check`](super::check()).
pub fn render(
    file: &StackFile,
    place: &Place,
    catalog: &dyn Catalog,
    inputs: &Inputs<'_>,
) -> Result<(Checked, Rendered), Vec<Diagnostic>> {
    let none = Learned::default();
    let rendered = |sheet: Sheet<'_, '_>| {
        let checked = sheet.checked?;
        let (stack, known) = (&checked.stack, sheet.known);
        let header_of = |key: &str, value: Json| Rendered {
            from: file.root.get(key).and_then(|entry| away(&entry.node.at, &entry.key_at)),
            ..Rendered::of(&value)
        };
        let header = |key: &str, text: &str| header_of(key, text.into());
        let mut parts = vec![("stack", header("stack", &stack.name))];
        if !stack.was.is_empty() {
            parts.push(("was", header_of("was", json!(stack.was))));
        }
        if place.knows_account() {
            parts.push(("account", header("account", &place.account)));
        }
        if place.knows_region() {
            parts.push(("region", header("region", &place.region)));
        }
        if let Some(Role { arn, external_id }) = file.role() {
            let said = stated(json!({ "arn": arn, "external_id": external_id }));
            parts.push(("role", Rendered::of(&said)));
        }
        if !sheet.tags.own.is_empty() {
            parts.push(("tags", map_of(&sheet.tags.own, None, known, Nulls::LeftOut)));
        }
        if !sheet.tags.ignored.is_empty() {
            parts.push(("ignore_tags", Rendered::of(&json!(sheet.tags.ignored))));
        }
        if !file.uses().is_empty() {
            parts.push(("uses", plain(RenderedShape::Map(uses(file, known)))));
        }
        if !checked.existing.is_empty() {
            let existing =
                checked.existing.iter().map(|(address, it)| of_others(address, it, known));
            parts.push(("existing", plain(RenderedShape::Map(existing.collect()))));
        }
        let resources = sheet.resources.iter();
        let mut resources: Vec<(String, Rendered)> =
            resources.map(|it| (it.address.to_string(), resource(it, known))).collect();
        resources.sort_by(|one, other| one.0.cmp(&other.0));
        parts.push(("resources", plain(RenderedShape::Map(resources))));
        let moved: BTreeMap<&Address, &Address> = sheet.resources.iter().flat_map(moves).collect();
        if !moved.is_empty() {
            parts.push(("moved", Rendered::of(&json!(moved))));
        }
        if !sheet.outputs.is_empty() {
            let output = |(name, node): (&String, &Node)| {
                let at = file.section("outputs").and_then(|section| section.get(name));
                let key_at = at.map_or(&node.at, |entry| &entry.key_at);
                (
                    name.clone(),
                    Rendered { from: away(&node.at, key_at), ..value(node, known, Nulls::LeftOut) },
                )
            };
            let outputs = sheet.outputs.iter().map(output).collect();
            parts.push(("outputs", plain(RenderedShape::Map(outputs))));
        }
        parts.extend(beside(stack));
        let all = stack.probes.iter().map(|it| (it.name.clone(), Rendered::of(&probe(it))));
        let all: Vec<(String, Rendered)> = all.collect();
        if !all.is_empty() {
            parts.push(("probes", plain(RenderedShape::Map(all))));
        }
        let parts = parts.into_iter().map(|(key, part)| (key.to_owned(), part)).collect();
        Ok((checked, plain(RenderedShape::Map(parts))))
    };
    check_and(file, place, catalog, (inputs, &none), rendered)?
}

/// The stacks that are used, each with what is said of it.
fn uses(file: &StackFile, known: &Known) -> Vec<(String, Rendered)> {
    let said = |used: &Used| value(&used.node, known, Nulls::LeftOut);
    file.uses().iter().map(|(alias, used)| (alias.clone(), said(used))).collect()
}

/// The moves of one resource, each from one address to the next.
fn moves<'a>(resource: &'a Written<'_>) -> impl Iterator<Item = (&'a Address, &'a Address)> {
    let next = resource.formerly.iter().skip(1).chain([&resource.address]);
    resource.formerly.iter().zip(next)
}

/// What belongs to others, as a stack file says by what it is found.
fn of_others(address: &Address, referred: &Referred, known: &Known) -> (String, Rendered) {
    let name = address.as_str().split_once('.').map_or("", |(_, name)| name);
    let said = Json::Object(referred.said.clone());
    (name.to_owned(), Rendered::of(&texts(&said, &|text| escaped(text, known))))
}

/// What the stack says of itself besides its resources.
fn beside(stack: &Stack) -> Vec<(&'static str, Rendered)> {
    let mut parts = Vec::new();
    let item = |skip: &Skip| {
        let resources = (!skip.resources.is_empty()).then_some(&skip.resources);
        match &skip.who {
            Some(who) => {
                json!({ "who": written(who), "resources": resources, "reason": skip.reason })
            }
            None => json!({ "check": skip.check, "resources": resources, "reason": skip.reason }),
        }
    };
    let (welcome, skip): (Vec<&Skip>, Vec<&Skip>) =
        stack.skips.iter().partition(|skip| skip.who.is_some());
    let mut checks = serde_json::Map::new();
    for (key, skips) in [("skip", skip), ("welcome", welcome)] {
        if !skips.is_empty() {
            checks.insert(key.to_owned(), skips.into_iter().map(item).collect());
        }
    }
    if !checks.is_empty() {
        parts.push(("checks", Rendered::of(&stated(Json::Object(checks)))));
    }
    if let Some(lock) = &stack.lock {
        let lock = json!({ "bucket": lock.bucket, "key": lock.key, "account": lock.account });
        parts.push(("lock", Rendered::of(&stated(lock))));
    }
    parts
}

/// A probe as a stack file says it.
fn probe(probe: &Probe) -> Json {
    let Probe { name: _, script, after, within, level, keeps } = probe;
    let list =
        |items: Json| Some(items).filter(|it| it.as_array().is_some_and(|it| !it.is_empty()));
    let said = stated(json!({
        "send": list(json!(script.send)),
        "expect": list(json!(script.expect)),
        "expect_not": list(json!(script.expect_not)),
        "after": after,
        "within": humantime::format_duration(*within).to_string(),
        "level": level,
        "cleanup": keeps.then_some("keep"),
    }));
    let nonce = Probe::nonce();
    let reference =
        |fact: &FactRef| Some(if *fact == nonce { NONCE.to_owned() } else { fact.to_string() });
    fill(&texts(&said, &written), &reference)
}

/// A value with every text replaced, keys included.
pub(super) fn texts(value: &Json, replace: &dyn Fn(&str) -> String) -> Json {
    match value {
        Json::String(text) => replace(text).into(),
        Json::Array(items) => items.iter().map(|item| texts(item, replace)).collect(),
        Json::Object(fields) => {
            let fields = fields.iter().map(|(key, item)| (replace(key), texts(item, replace)));
            Json::Object(fields.collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
    }
}

/// A value without the fields that are null.
fn stated(value: Json) -> Json {
    match value {
        Json::Object(fields) => fields
            .into_iter()
            .filter(|(_, field)| !field.is_null())
            .map(|(key, field)| (key, stated(field)))
            .collect(),
        Json::Array(items) => items.into_iter().map(stated).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value,
    }
}

/// One resource, where its entry stands beside it.
fn resource(resource: &Written<'_>, known: &Known) -> Rendered {
    let kind = Rendered::of(&resource.kind.name.as_str().into());
    let mut fields = vec![("kind".to_owned(), kind)];
    if let Value::Map(map) = &resource.fields.value {
        let verbatim: Vec<&str> = resource.kind.verbatim_fields().collect();
        let nulls = |field: &str| {
            if verbatim.contains(&field) { Nulls::AsSaid } else { Nulls::LeftOut }
        };
        fields.extend(entries_of(map, Some(&resource.at), known, &nulls));
    }
    for artifact in &resource.artifacts {
        put_artifact(&mut fields, artifact);
    }
    if !resource.after.is_empty() {
        let after: Vec<&Address> = resource.after.keys().collect();
        fields.push(("depends_on".to_owned(), Rendered::of(&json!(after))));
    }
    let lifecycle = lifecycle(&resource.lifecycle);
    if !lifecycle.is_empty() {
        fields.push(("lifecycle".to_owned(), Rendered::of(&Json::Object(lifecycle))));
    }
    let from = if resource.at.place() == resource.top.place() {
        resource.at.place()
    } else {
        format!("{}, by {}", resource.at.place(), resource.top.place())
    };
    Rendered { shape: RenderedShape::Map(fields), from: Some(from) }
}

/// In the place of a hash, what it is the hash of.
fn put_artifact(fields: &mut Vec<(String, Rendered)>, artifact: &Artifact) {
    let mut at = RenderedShape::Map(std::mem::take(fields));
    let mut node = Some(&mut at);
    for segment in artifact.at.segments() {
        let inner = match (node.take(), segment) {
            (Some(RenderedShape::Map(fields)), document::Segment::Field(name)) => {
                fields.iter_mut().find(|(field, _)| field == name).map(|(_, inner)| inner)
            }
            (Some(RenderedShape::List(items)), document::Segment::Index(index)) => {
                items.get_mut(*index)
            }
            (Some(_) | None, document::Segment::Field(_) | document::Segment::Index(_)) => None,
        };
        node = inner.map(|inner| &mut inner.shape);
    }
    if let Some(node) = node {
        let path = format!("./{}", artifact.path);
        *node = Rendered::of(&json!({ artifact.sort.key(): path })).shape;
    }
    if let RenderedShape::Map(whole) = at {
        *fields = whole;
    }
}

fn lifecycle(lifecycle: &Lifecycle) -> serde_json::Map<String, Json> {
    let Lifecycle { prevent_destroy, ignore_changes, ignore_tags: _, adopt, patience, uses: _ } =
        lifecycle;
    let mut fields = serde_json::Map::new();
    if *prevent_destroy {
        fields.insert("prevent_destroy".to_owned(), true.into());
    }
    if *adopt {
        fields.insert("adopt".to_owned(), true.into());
    }
    if !ignore_changes.is_empty() {
        fields.insert("ignore_changes".to_owned(), json!(ignore_changes));
    }
    let deadlines =
        [("create", patience.create), ("update", patience.update), ("delete", patience.delete)];
    let deadlines: serde_json::Map<String, Json> = deadlines
        .into_iter()
        .filter_map(|(key, length)| {
            Some((key.to_owned(), humantime::format_duration(length?).to_string().into()))
        })
        .collect();
    if !deadlines.is_empty() {
        fields.insert("patience".to_owned(), deadlines.into());
    }
    fields
}

fn plain(shape: RenderedShape) -> Rendered {
    Rendered { shape, from: None }
}

/// Where a value was written, if that is not behind its key.
fn away(at: &Mark, key_at: &Mark) -> Option<String> {
    (!at.follows(key_at)).then(|| at.place())
}

/// What becomes of nulls within a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nulls {
    /// They say that there is nothing.
    LeftOut,
    /// They stay where they are written.
    AsSaid,
}

/// A map's entries. `around` is where what they belong to is declared: keys that do
/// not stand below it were brought from elsewhere.
fn entries_of(
    map: &Map,
    around: Option<&Mark>,
    known: &Known,
    nulls: &dyn Fn(&str) -> Nulls,
) -> Vec<(String, Rendered)> {
    let entries = map.iter().filter(|(_, entry)| !entry.node.is_null());
    entries.map(|(key, entry)| entry_of((key, entry), around, known, nulls(key))).collect()
}

fn entry_of(
    (key, entry): (&String, &super::tree::Entry),
    around: Option<&Mark>,
    known: &Known,
    nulls: Nulls,
) -> (String, Rendered) {
    let own = value(&entry.node, known, nulls);
    let key_from = around.filter(|at| !entry.key_at.is_below(at)).map(|_| entry.key_at.place());
    let from = away(&entry.node.at, &entry.key_at).or(key_from);
    (escaped(key, known), Rendered { from, ..own })
}

fn map_of(map: &Map, around: Option<&Mark>, known: &Known, nulls: Nulls) -> Rendered {
    let is_told = |entry: &super::tree::Entry| match nulls {
        Nulls::LeftOut => !entry.node.is_null(),
        Nulls::AsSaid => entry.node.is_said(),
    };
    let entries = map.iter().filter(|(_, entry)| is_told(entry));
    let entries = entries.map(|entry| entry_of(entry, around, known, nulls));
    plain(RenderedShape::Map(entries.collect()))
}

fn value(node: &Node, known: &Known, nulls: Nulls) -> Rendered {
    match &node.value {
        Value::Text(text) => Rendered::of(&escaped(text, known).into()),
        Value::Null | Value::Bool(_) | Value::Number(_) => Rendered::of(&node.to_json()),
        Value::List(items) => {
            let item = |item: &Node| {
                let from = (!item.at.is_below(&node.at)).then(|| item.at.place());
                Rendered { from, ..value(item, known, nulls) }
            };
            plain(RenderedShape::List(items.iter().map(item).collect()))
        }
        Value::Map(map) => map_of(map, Some(&node.at), known, nulls),
    }
}

/// A text with the facts that are known in place, the others as references, and
/// what only looks like one written so that it is none.
fn escaped(text: &str, known: &Known) -> String {
    let filled = written(&fill_text(text, &|fact| known.get(fact)));
    fill_text(&filled, &|fact| Some(fact.to_string()))
}

/// A text as a stack file says it.
pub(super) fn written(text: &str) -> String {
    match reference::parse(text).as_deref() {
        Ok([]) => text.to_owned(),
        Ok([Part::Literal(literal)]) if literal == text => text.to_owned(),
        Ok(_) | Err(_) => text.replace("${", "$${"),
    }
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// What it is; a fact that AWS chooses is pending in it.
    pub value: Json,
    /// What it is, in the words of messages.
    pub type_name: &'static str,
    /// Every reference in it with where that leads.
    pub from: Vec<(String, String)>,
    /// What is wrong with the stack, and does not touch it.
    pub elsewhere: Vec<Diagnostic>,
}

/// Works out a text with references as if it stood among the stack's outputs. What
/// begins with a brace or a bracket is YAML.
///
/// # Errors
///
/// What the expression refers to, if it is nothing; and as of [`check`](super::check()), if
/// it needs anything with which something is wrong.
pub fn evaluate(
    file: &StackFile,
    place: &Place,
    catalog: &dyn Catalog,
    inputs: &Inputs<'_>,
    text: &str,
) -> Result<Evaluated, Vec<Diagnostic>> {
    let source = Source::text("the expression", text);
    let none = Learned::default();
    check_and(file, place, catalog, (inputs, &none), |sheet| worked_out(sheet, &source, text))?
}

fn worked_out(
    sheet: Sheet<'_, '_>,
    source: &Arc<Source>,
    text: &str,
) -> Result<Evaluated, Vec<Diagnostic>> {
    let Sheet { expansion, resources, known, sound, checked, .. } = sheet;
    let elsewhere = checked.err().unwrap_or_default();
    let at = source.mark(1, 1, usize::MAX);
    let node = if text.trim_start().starts_with(['{', '[']) {
        yaml::parse(source, text).map_err(|problem| vec![problem])?
    } else if text.chars().any(yaml::is_unprintable) {
        let summary = "the expression holds a control character";
        return Err(vec![Diagnostic::error(summary).at(Some(at.location()))]);
    } else {
        Node::text(text, &at)
    };
    let Some(found) = expansion.evaluate(&node, &Env::of(0)) else {
        let own = std::mem::take(&mut expansion.problems);
        // What only follows from another problem is told by that one.
        return Err(if own.is_empty() { elsewhere } else { in_order(own) });
    };
    let found = spelling::as_read(&found);
    let needs = document::pending_facts(&found.to_json());
    let is_others = |fact: &FactRef| existing::entry_of(fact).is_some();
    if !needs.iter().all(|fact| sound.contains(&fact.address) || is_others(fact)) {
        return Err(elsewhere);
    }
    let from = led_to(expansion, &node, resources);
    // Nobody is asked here: what belongs to others stays what refers to it.
    let theirs = |fact: &FactRef| existing::entry_of(fact).map(|_| fact.to_string());
    let value = fill(&found.to_json(), &|fact| known.get(fact).or_else(|| theirs(fact)));
    Ok(Evaluated { value, type_name: found.type_name(), from, elsewhere })
}

/// Where the references of a value lead, each once.
fn led_to(
    expansion: &mut Expansion<'_>,
    node: &Node,
    resources: &[Written<'_>],
) -> Vec<(String, String)> {
    let mut references = Vec::new();
    node.each_text(&mut |_: &Path, text, at| {
        for part in reference::parse(text).unwrap_or_default() {
            if let Part::Reference(reference) = part {
                references.push((reference.written, at.clone()));
            }
        }
    });
    let mut told = Vec::new();
    for (reference, at) in references {
        let Some(node) = expansion.evaluate(&Node::text(&*reference, &at), &Env::of(0)) else {
            continue;
        };
        let mut places = BTreeSet::new();
        for fact in document::pending_facts(&node.to_json()) {
            let of = resources.iter().find(|resource| resource.address == fact.address);
            places.extend(of.map(|resource| resource.at.place()));
        }
        if node.at.source.name != at.source.name {
            places.insert(node.at.place());
        }
        told.extend(places.into_iter().map(|place| (reference.clone(), place)));
    }
    told.sort();
    told.dedup();
    told
}
