//! One object as it is: as YAML that a stack file takes, with what else there is to say of
//! it as comments; and as JSON.

use serde_json::{Value, json};

use super::json::indented;
use super::rendered::rendered_yaml;
use crate::model::{
    Address, Holdings, KindInfo, Live, Owner, Parent, Place, Rendered, RenderedShape, Restated,
    Segment, Status,
};

/// The version of the form.
const OBJECT_FORMAT: &str = "ccprov.object/1";

/// An object, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct ObjectRecord<'a> {
    /// Where it is.
    pub place: &'a Place,
    /// What sort of object it is.
    pub kind: &'a KindInfo,
    /// As it was seen, without what must not be shown.
    pub live: &'a Live,
    /// The same as a stack file states it.
    pub restated: &'a Restated,
    /// The resource of the stack file that was asked about, if one was.
    pub address: Option<&'a Address>,
}

/// As YAML. With `all`, also what a stack file need not state.
pub fn object_yaml(record: ObjectRecord<'_>, all: bool) -> String {
    let notes = notes(record, all);
    let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
    let mut fields = vec![("kind".to_owned(), plain(&record.kind.name.as_str().into()))];
    let Restated { fields: stated, defaults, artifacts } = record.restated;
    let told = stated.iter().chain(defaults.iter().filter(|_| all));
    fields.extend(told.map(|(field, value)| (field.clone(), plain(value))));
    for path in artifacts {
        mark_bytes(&mut fields, path.segments());
    }
    fields.extend(lifecycle(record).map(|said| ("lifecycle".to_owned(), plain(&said))));
    let resource = map(vec![(name_of(record), map(fields))]);
    rendered_yaml(&map(vec![("resources".to_owned(), resource)]), &notes)
}

/// As `ccprov.object/1`.
pub fn object_json(record: ObjectRecord<'_>) -> String {
    let ObjectRecord { place, kind, live, restated, address } = record;
    let defaults: Vec<&str> = restated.defaults.iter().map(|(field, _)| field.as_str()).collect();
    let (status, why) = status(&live.status);
    indented(&json!({
        "format": OBJECT_FORMAT,
        "account": place.account,
        "region": place.region,
        "address": address,
        "kind": kind.name,
        "identity": live.identity,
        "owner": live.owner.as_ref().map(|owner| json!({
            "stack": owner.stack,
            "address": owner.address,
            "region": owner.region,
            "protected": owner.prevent_destroy,
        })),
        "status": { "is": status, "why": why },
        "remark": live.remark,
        "holdings": live.holdings,
        "parent": live.parent,
        "held_by": live.held,
        "facts": live.facts,
        "document": live.document,
        "defaults": defaults,
    }))
}

/// What there is to say of it besides its fields.
fn notes(record: ObjectRecord<'_>, all: bool) -> Vec<String> {
    let ObjectRecord { place, kind, live, restated, .. } = record;
    let mut notes = vec![
        format!(
            "{} {}, in account {}, region {}",
            kind.name, live.identity, place.account, place.region
        ),
        format!("owner: {}", owner(live.owner.as_ref(), kind)),
        match status(&live.status) {
            (word, Some(why)) => format!("status: {}: {why}", word.replace('_', " ")),
            (word, None) => format!("status: {word}"),
        },
    ];
    notes.extend(live.remark.as_ref().map(|remark| format!("remark: {remark}")));
    notes.extend(live.holdings.as_ref().map(holds));
    let goes_with = |Parent { kind, identity }: &Parent| format!("goes with: {kind} {identity}");
    notes.extend(live.parent.as_ref().map(goes_with));
    notes.extend(live.held.filter(|held| *held > 0).map(|held| format!("held by: {held}")));
    if !live.facts.is_empty() {
        notes.push("facts:".to_owned());
        notes.extend(live.facts.iter().map(|(fact, value)| format!("  {fact}: {value}")));
    }
    if !restated.defaults.is_empty() && !all {
        let defaults: Vec<&str> =
            restated.defaults.iter().map(|(field, _)| field.as_str()).collect();
        notes.push(format!(
            "left out, being the defaults (--all states them): {}",
            defaults.join(", ")
        ));
    }
    // Whatever is in them, each is a comment.
    notes.into_iter().map(|note| note.replace(char::is_control, "?")).collect()
}

fn owner(owner: Option<&Owner>, kind: &KindInfo) -> String {
    match owner {
        Some(owner) => {
            let protected = if owner.prevent_destroy { ", protected" } else { "" };
            format!("stack {}, {}{protected}", owner.stack_in_region(), owner.address)
        }
        None if kind.tagged => "nobody; a stack file that declares it so adopts it".to_owned(),
        None => "it carries no tags, and is whose file declares it".to_owned(),
    }
}

fn holds(Holdings { what, blocks_delete, revivable }: &Holdings) -> String {
    let more = match (blocks_delete, revivable) {
        (true, _) => ", which keeps it from being deleted",
        (false, true) => ", which can be brought back for a while",
        (false, false) => "",
    };
    format!("holds: {what}{more}")
}

/// The word for a status, and why.
fn status(status: &Status) -> (&'static str, Option<&str>) {
    match status {
        Status::Current => ("current", None),
        Status::InProgress(why) => ("in_progress", Some(why)),
        Status::Awaiting(why) => ("awaiting", Some(why)),
        Status::Failed(why) => ("failed", Some(why)),
        Status::Deleting(why) => ("deleting", Some(why)),
    }
}

/// What a stack file says of its life, as far as the object tells.
fn lifecycle(record: ObjectRecord<'_>) -> Option<Value> {
    match &record.live.owner {
        Some(owner) => owner.prevent_destroy.then(|| json!({ "prevent_destroy": true })),
        None => record.kind.tagged.then(|| json!({ "adopt": true })),
    }
}

/// What a stack file could call it: its address, or else its name, as far as keys admit it.
fn name_of(ObjectRecord { kind, live, address, .. }: ObjectRecord<'_>) -> String {
    let owned = live.owner.as_ref().map(|owner| &owner.address);
    if let Some(known) = address.or(owned).filter(|known| !known.as_str().is_empty()) {
        return known.to_string();
    }
    let named = live.facts.get("name").map(|name| name.to_lowercase()).unwrap_or_default();
    let key: String =
        named.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let key = key.trim_matches('_');
    if key.starts_with(|c: char| c.is_ascii_alphabetic()) {
        key.to_owned()
    } else {
        kind.name.clone()
    }
}

/// Says of a hash what it is instead of.
fn mark_bytes(fields: &mut [(String, Rendered)], path: &[Segment]) {
    let [Segment::Field(name), rest @ ..] = path else { return };
    let Some((_, value)) = fields.iter_mut().find(|(field, _)| field == name) else { return };
    match &mut value.shape {
        RenderedShape::Map(inner) if !rest.is_empty() => mark_bytes(inner, rest),
        RenderedShape::Map(_) | RenderedShape::List(_) | RenderedShape::Scalar(_) => {
            value.from = Some("a hash: state the file or folder in its place".to_owned());
        }
    }
}

fn plain(value: &Value) -> Rendered {
    Rendered::of(value)
}

fn map(fields: Vec<(String, Rendered)>) -> Rendered {
    Rendered { shape: RenderedShape::Map(fields), from: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_stack_file_is_made_of_any_name() {
        let path = [Segment::Field("code".to_owned())];
        let mut fields = vec![("code".to_owned(), plain(&"abc".into()))];
        mark_bytes(&mut fields, &path);
        let text = rendered_yaml(&map(fields), &[]);
        assert_eq!(text, "code: abc  # a hash: state the file or folder in its place\n");
    }
}
