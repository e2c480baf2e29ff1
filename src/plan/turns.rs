//! Changes that take more than one step, because something goes meanwhile.
//!
//! Two sorts. What holds an object that makes room for its successor lets it go
//! first, and takes it up again afterwards: a role, and a policy of the same
//! name. And what admits an object that goes does so until it is gone: a queue,
//! and the old topic whose messages are still on their way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bonds::{Bonds, Place};
use super::canon::Canon;
use super::change::ReplaceOrder;
use super::differences::differences;
use super::fate::{Fate, Verdict};
use crate::model::{
    Address, Desired, Diagnostic, Document, FieldDiff, KindInfo, Lifecycle, Live, Names, Path,
    document,
};

/// What the change of one address takes besides its own step.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn {
    pub(super) lets_go: Option<LettingGo>,
    /// What can make room only when the change itself is done.
    pub(super) frees: BTreeSet<Place>,
    pub(super) wide: Option<Wide>,
}

/// A step that takes away for a moment what is made anew.
#[derive(Clone, Debug)]
pub(super) struct LettingGo {
    /// The object without it.
    pub(super) want: Desired,
    pub(super) diff: Vec<FieldDiff>,
    /// What is let go.
    pub(super) of: BTreeSet<Place>,
}

/// A form in between, which admits the old objects as well as the new ones.
#[derive(Clone, Debug)]
pub(super) struct Wide {
    pub(super) want: Desired,
    /// The old ones. When they are gone, the rest is done.
    pub(super) until: BTreeSet<Place>,
}

/// The turns by position, or every reason why the plan cannot be carried out.
pub(super) fn of(
    fates: &[Fate<'_>],
    bonds: &Bonds,
    canon: Canon<'_>,
) -> (BTreeMap<Place, Turn>, Vec<Diagnostic>) {
    let mut turns: BTreeMap<Place, Turn> = BTreeMap::new();
    let mut problems = Vec::new();
    let clearing = clearing(fates);
    if !clearing.is_empty() {
        for (place, fate) in fates.iter().enumerate() {
            let Some((live, kind)) = held_by(fate, canon) else { continue };
            let held = held(kind, &live.document, &clearing);
            let (lent, kept) = held.into_iter().partition(|(field, _)| lets_go(kind, field));
            problems.extend(cannot_let_go(fate, fates, kind, &kept, &clearing));
            let turn = turns.entry(place).or_default();
            turn.lets_go = letting_go(live, &fate.address, lent, &clearing);
            turn.frees = kept.into_values().flatten().collect();
        }
    }
    if !bonds.going.is_empty() {
        for (place, fate) in fates.iter().enumerate() {
            if let Some(wide) = wide(place, fate, bonds, canon) {
                turns.entry(place).or_default().wide = Some(wide);
            }
        }
    }
    (turns, problems)
}

/// By which names the objects are known that make room for their successors.
fn clearing(fates: &[Fate<'_>]) -> Names<Place> {
    let mut names = Names::default();
    for (place, fate) in fates.iter().enumerate() {
        if let Verdict::Replace { live, order: ReplaceOrder::DeleteFirst, .. } = &fate.verdict {
            for name in live.facts.values() {
                names.insert(name.clone(), place);
            }
        }
    }
    names
}

fn held_by<'a>(fate: &'a Fate<'_>, canon: Canon<'a>) -> Option<(&'a Live, &'a KindInfo)> {
    let live = fate.verdict.live()?;
    Some((live, canon.catalog.kind(&live.kind)?))
}

/// What makes room and is held meanwhile, by field.
type Held = BTreeMap<String, BTreeSet<Place>>;

fn held(kind: &KindInfo, document: &Document, clearing: &Names<Place>) -> Held {
    let mut held = Held::new();
    document::each_text(document, &mut |path, text| {
        if kind.succession.holds.iter().any(|pattern| path.is_within(pattern)) {
            for place in clearing.called(text) {
                held.entry(path.top().to_owned()).or_default().insert(*place);
            }
        }
    });
    held
}

fn letting_go(
    live: &Live,
    address: &Address,
    held: Held,
    clearing: &Names<Place>,
) -> Option<LettingGo> {
    if held.is_empty() {
        return None;
    }
    let mut document = live.document.clone();
    for field in held.keys() {
        without(&mut document, field, clearing);
    }
    let diff = held.keys().map(|field| {
        let side = |document: &Document| document.get(field).cloned();
        FieldDiff::new(Path::field(field), side(&live.document), side(&document))
    });
    let diff = diff.collect();
    let want = as_it_is(live, address, document);
    Some(LettingGo { want, diff, of: held.into_values().flatten().collect() })
}

fn lets_go(kind: &KindInfo, field: &str) -> bool {
    kind.succession.lets_go.iter().any(|pattern| Path::field(field).is_within(pattern))
}

/// Takes everything out of a field that names what makes room.
fn without(document: &mut Document, field: &str, clearing: &Names<Place>) {
    let names = |value: &Value| value.as_str().is_some_and(|it| !clearing.called(it).is_empty());
    match document.get_mut(field) {
        Some(Value::Array(items)) => items.retain(|item| !names(item)),
        Some(_) => {
            document.remove(field);
        }
        None => {}
    }
}

/// An object, wanted as it is but for its document.
fn as_it_is(live: &Live, address: &Address, document: Document) -> Desired {
    Desired {
        address: address.clone(),
        formerly: Vec::new(),
        named_in: None,
        kind: live.kind.clone(),
        identity: live.identity.clone(),
        document,
        stated: BTreeSet::new(),
        predicted: live.facts.clone(),
        edges: BTreeMap::new(),
        mentions: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
        artifacts: Vec::new(),
        instead_of: None,
    }
}

/// The problem of what is to be made anew while another neither lets it go nor
/// does without it.
fn cannot_let_go(
    fate: &Fate<'_>,
    fates: &[Fate<'_>],
    kind: &KindInfo,
    kept: &Held,
    clearing: &Names<Place>,
) -> Option<Diagnostic> {
    let wanted = held(kind, &fate.verdict.want()?.document, clearing);
    let is_wanted = |place: &Place| wanted.values().any(|places| places.contains(place));
    let (field, place) = kept
        .iter()
        .find_map(|(field, places)| Some((field, places.iter().find(|it| is_wanted(it))?)))?;
    let (it, holder) = (&fates[*place].address, &fate.address);
    Some(
        Diagnostic::error(format!("{it} cannot be made anew while it is the {field} of {holder}"))
            .because(format!(
                "the old one has to go before the new one takes its name, and without it \
                 {holder} could do more than it may"
            ))
            .hint(format!("give {it} another name: then the new one comes before the old one goes"))
            .hint("or leave what cannot change in place as it is"),
    )
}

/// The form of a change that admits what goes until it is gone, if what is wanted
/// does not.
fn wide(place: Place, fate: &Fate<'_>, bonds: &Bonds, canon: Canon<'_>) -> Option<Wide> {
    let Verdict::Update { want, live, diff } = &fate.verdict else { return None };
    let mut document = want.document.clone();
    let mut until = BTreeSet::new();
    for (field, value) in &mut document {
        if let Some(have) = live.document.get(field)
            && diff.iter().any(|diff| diff.path.top() == field)
        {
            until.extend(widen(value, have, bonds));
        }
    }
    until.remove(&place);
    if until.is_empty() {
        return None;
    }
    // A policy has its limits, and may have no room for both.
    let want = canon.canonical(&Desired { document, ..want.clone().into_owned() }).ok()?;
    Some(Wide { want, until })
}

/// Adds to the policies within a value what those of another allow to objects
/// that go. Tells which.
fn widen(want: &mut Value, have: &Value, bonds: &Bonds) -> BTreeSet<Place> {
    let mut kept = BTreeSet::new();
    let (Value::Object(want), Value::Object(have)) = (want, have) else { return kept };
    let statements = (want.get_mut("Statement"), have.get("Statement"));
    let (Some(Value::Array(wanted)), Some(Value::Array(had))) = statements else {
        for (key, want) in want {
            if let Some(have) = have.get(key) {
                kept.extend(widen(want, have, bonds));
            }
        }
        return kept;
    };
    let allowing = had.iter().filter(|statement| statement["Effect"] == "Allow");
    for statement in allowing {
        let going = bonds.going_in(statement);
        if going.is_empty() || wanted.contains(statement) {
            continue;
        }
        kept.extend(going);
        let mut statement = statement.clone();
        let sid = statement.get("Sid").cloned();
        if let Some(fields) = statement.as_object_mut()
            && sid.is_some_and(|sid| wanted.iter().any(|other| other.get("Sid") == Some(&sid)))
        {
            fields.remove("Sid"); // No two may have one.
        }
        wanted.push(statement);
    }
    kept
}

/// Tells people of the turns, and of whose change they are all.
pub(super) fn tell(fates: &mut [Fate<'_>], turns: &BTreeMap<Place, Turn>) {
    let named = |places: &BTreeSet<Place>, fates: &[Fate<'_>]| {
        let each = places.iter().map(|it| fates[*it].address.as_str());
        each.collect::<Vec<_>>().join(", ")
    };
    let old = |places: &BTreeSet<Place>, fates: &[Fate<'_>]| {
        let objects = places.iter().filter_map(|it| fates[*it].verdict.live());
        let each = objects.map(|live| format!("{} {}", live.kind, live.identity));
        each.collect::<Vec<_>>().join(", ")
    };
    for (place, turn) in turns {
        if let Some(LettingGo { diff, of, .. }) = &turn.lets_go {
            let note = format!("lacks {} while that is made anew", named(of, fates));
            let fate = &mut fates[*place];
            match &mut fate.verdict {
                Verdict::Keep { want, live } => {
                    let diff = diff.iter().map(taken_up_again).collect();
                    let (want, live) = (want.clone(), *live);
                    fate.verdict = Verdict::Update { want, live, diff };
                    fate.notes.push(note);
                }
                Verdict::Update { .. } | Verdict::Replace { .. } => fate.notes.push(note),
                Verdict::Create { .. } | Verdict::Delete { .. } => {}
            }
        }
        if let Some(Wide { until, .. }) = &turn.wide {
            let note = format!("goes on admitting {} until that is gone", old(until, fates));
            fates[*place].notes.push(note);
        }
    }
}

/// What is let go comes back, and is new.
fn taken_up_again(diff: &FieldDiff) -> FieldDiff {
    let gone = match (&diff.have, &diff.want) {
        (Some(Value::Array(had)), Some(Value::Array(left))) => {
            had.iter().filter(|item| !left.contains(item)).cloned().collect()
        }
        (have, _) => have.clone().unwrap_or_default(),
    };
    FieldDiff::new(diff.path.clone(), Some(gone), Some("made anew".into()))
}

/// An object when a step has made of it what it wants.
pub(super) fn after(live: &Live, step: &Desired, diff: &[FieldDiff]) -> Live {
    let mut live = live.clone();
    for field in diff.iter().map(|diff| diff.path.top()) {
        match step.document.get(field) {
            Some(value) => live.document.insert(field.to_owned(), value.clone()),
            None => live.document.remove(field),
        };
    }
    live
}

/// What is left to do of a change when others of its steps are done.
pub(super) fn rest(kind: Option<&KindInfo>, want: &Desired, have: &Live) -> Vec<FieldDiff> {
    kind.map(|kind| differences(kind, want, have)).unwrap_or_default()
}
