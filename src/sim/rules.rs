//! What the kinds' own data says must hold, and what of it an engine broke.

use serde_json::Value;
use tokio::time::Instant;

use super::versions::Object;
use crate::model::document::{each_text, has_pending};
use crate::model::{Catalog, Desired, Document, FieldDiff, KindInfo, Live, Segment};

/// The texts at fields whose target the cloud insists on seeing.
pub(super) fn targets(kind: &KindInfo, document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    each_text(document, &mut |path, text| {
        if kind.must_exist.iter().any(|pattern| path.is_within(pattern)) {
            found.push(text.to_owned());
        }
    });
    found
}

/// Whether an object is there, and is what a text means.
pub(super) fn is_named(object: &Object, text: &str) -> bool {
    object.is_there() && object.live.facts.values().any(|fact| fact == text)
}

/// Whether others can rely on an object by now: those of some kinds must be in
/// service first.
pub(super) fn serves_others(object: &Object, now: Instant, catalog: &dyn Catalog) -> bool {
    let blocks = catalog.kind(&object.live.kind).is_some_and(|kind| kind.patience.blocks);
    !blocks || object.settled <= now
}

/// Whether objects of a kind come into service, change and go by and by, and
/// take nothing else meanwhile.
pub(super) fn is_slow(kind: &KindInfo) -> bool {
    kind.patience.delete.is_some()
}

/// Whether an object takes no call, because it is coming into service.
pub(super) fn is_busy(kind: &KindInfo, object: &Object, now: Instant) -> bool {
    is_slow(kind) && now < object.settled
}

/// What is wrong with a change that a slow object gets in one call.
pub(super) fn is_too_much(kind: &KindInfo, want: &Desired, diff: &[FieldDiff]) -> Option<String> {
    let first = kind.stages.first(diff);
    let is_one = !is_slow(kind) || first.len() == diff.len();
    (!is_one).then(|| format!("{} was sent more than one stage", want.address))
}

/// What a field becomes that changes by entries: with those of the diff alone.
pub(super) fn by_entry(
    kind: &KindInfo,
    diff: &[FieldDiff],
    had: Option<&Value>,
    wanted: &Value,
) -> Value {
    let entries = |diff: &FieldDiff| {
        let is_entry = kind
            .stages
            .order
            .iter()
            .any(|stage| stage.ends_with(".*") && diff.path.is_within(stage));
        match diff.path.segments() {
            [_, Segment::Field(entry), ..] if is_entry => Some(entry.clone()),
            _ => None,
        }
    };
    let (Some(Value::Object(had)), Value::Object(wanted)) = (had, wanted) else {
        return wanted.clone();
    };
    let entries: Vec<String> = diff.iter().filter_map(entries).collect();
    if entries.is_empty() {
        return Value::Object(wanted.clone());
    }
    let mut field = had.clone();
    for entry in entries {
        match wanted.get(&entry) {
            Some(value) => field.insert(entry, value.clone()),
            None => field.remove(&entry),
        };
    }
    Value::Object(field)
}

/// Whether an object must be gone before one of `kind` is deleted: its kind says
/// so, it mentions the other, and it does not go along with it.
pub(super) fn relies_on(object: &Object, kind: &KindInfo, gone: &Object) -> bool {
    kind.delete_after.contains(&object.live.kind) && names(object, gone)
}

/// Whether an object names another, and stays when that goes.
pub(super) fn names(object: &Object, gone: &Object) -> bool {
    let Live { kind, identity, .. } = &gone.live;
    let is_other = (&object.live.kind, &object.live.identity) != (kind, identity);
    let parent = object.live.parent.as_ref();
    let goes_along = parent.is_some_and(|it| (&it.kind, &it.identity) == (kind, identity));
    let mut mentions = false;
    each_text(&object.live.document, &mut |_, text| {
        // Things of two kinds may have one name; to have it is not to mention it.
        mentions |= is_named(gone, text) && !is_named(object, text);
    });
    // What was never confirmed is in nobody's way.
    is_other && !goes_along && object.is_there() && !object.awaits && mentions
}

/// What is wrong with a resource before any object is looked at: nothing that
/// is still pending may reach a cloud.
pub(super) fn unfit(want: &Desired) -> Option<String> {
    let document = Value::Object(want.document.clone());
    let identity = Value::String(want.identity.0.clone());
    let pending = has_pending(&document) || has_pending(&identity);
    pending.then(|| format!("{} was sent with a pending fact", want.address))
}

/// What is wrong with a change before any object is looked at.
pub(super) fn unfit_change(kind: &KindInfo, want: &Desired, diff: &[FieldDiff]) -> Option<String> {
    let fixed = |diff: &&FieldDiff| kind.fixed.iter().any(|field| diff.path.is_within(field));
    if let Some(diff) = diff.iter().find(fixed) {
        return Some(format!("{}: {} cannot change in place", want.address, diff.path));
    }
    unfit(want)
}
