//! A plan held against the world of a later day: of a file, or of one that
//! somebody took time to approve.
//!
//! Nothing is trusted about an object. For each step the object itself says
//! that it is as the plan saw it, or the plan is stale; what is to be deleted and
//! has gone already is left out, and told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::{Change, DeleteReason, Plan, Step, StepId, StepNode};
use super::differences::STATUS;
use super::ownership::OWNER;
use crate::model::document::has_pending;
use crate::model::{
    Address, Catalog, Claimant, Desired, Diagnostic, Document, FieldDiff, Identity, KindInfo, Live,
    Owner, Sought, compare,
};

/// The objects that the steps of a plan are about, as they are by now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Today(pub BTreeMap<StepId, Live>);

/// A plan that still holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// On today's objects, without what has gone.
    pub plan: Plan,
    /// What was left out, a sentence each.
    pub gone: Vec<String>,
}

/// How to look for the object of each step, with what its deletion would lose.
/// One whose name is not known yet cannot be there.
pub fn sought(plan: &Plan) -> Vec<(StepId, Sought)> {
    let of_live = |live: &Live, fields: BTreeSet<String>| Sought {
        kind: live.kind.clone(),
        identity: live.identity.clone(),
        address: None,
        formerly: Vec::new(),
        arn: live.arn().map(str::to_owned),
        fields: Some(fields),
        holdings: false,
    };
    let sought = plan.steps.iter().filter_map(|node| {
        let sought = match &node.step {
            Step::Create { want } => {
                let Identity(name) = &want.identity;
                (!has_pending(&Value::String(name.clone()))).then(|| want.sought())?
            }
            Step::Update { want, have, .. } => {
                of_live(have, want.document.keys().cloned().collect())
            }
            Step::Delete { have, .. } => {
                Sought { holdings: true, ..of_live(have, have.document.keys().cloned().collect()) }
            }
        };
        Some((node.id, sought))
    });
    sought.collect()
}

/// The plan on today's objects, if nothing that it touches has moved. What
/// moved elsewhere is left as it is: taking it back is not in the plan.
///
/// # Errors
/// Everything that is not as the plan saw it.
pub fn held(plan: &Plan, today: &Today, catalog: &dyn Catalog) -> Result<Held, Vec<Diagnostic>> {
    let (claimant, mut plan) = (plan.claimant(), plan.clone());
    let making_room = making_room(&plan);
    let (mut stale, mut gone) = (Vec::new(), BTreeMap::new());
    let mut begun = BTreeSet::new();
    for node in &mut plan.steps {
        // What goes on from another step of the plan finds what that leaves.
        let goes_on = begun.contains(&node.address);
        if node.interim {
            begun.insert(node.address.clone());
        }
        if goes_on && matches!(node.step, Step::Update { .. }) {
            continue;
        }
        let kind = catalog.kind(node.step.kind());
        let tagged = kind.is_none_or(|kind| kind.tagged);
        let now = today.0.get(&node.id);
        let is_there = now.filter(|live| !live.is_going());
        match (&mut node.step, is_there) {
            (Step::Create { want }, Some(live)) => {
                if !making_room.contains(&(want.kind.clone(), want.identity.clone())) {
                    stale.push(exists(want, live, claimant, catalog));
                }
            }
            (Step::Create { .. }, None) => {}
            (Step::Update { want, have, diff }, _) => {
                let Some(live) = now else {
                    stale.push(moved(&format!("{} is gone", want.address)));
                    continue;
                };
                stale.extend(is_another(want.address.as_str(), tagged, have, live));
                stale.extend(moves(diff, want, live, kind));
                leave_alone(want, diff, live);
                **have = live.clone();
            }
            (Step::Delete { have, .. }, Some(live)) => {
                let named = format!("{} {}", have.kind, have.identity);
                stale.extend(is_another(&named, tagged, have, live));
                let how = kind.map(|kind| kind.how_deleted(&have.document)).unwrap_or_default();
                stale.extend(differs(&named, have, live, &how));
                **have = live.clone();
                have.document.extend(how);
            }
            (Step::Delete { have, .. }, None) => {
                let what = format!("{} {} is gone already", have.kind, have.identity);
                gone.insert(node.id, what);
            }
        }
    }
    if !stale.is_empty() {
        return Err(stale);
    }
    leave_out(&mut plan, &gone);
    Ok(Held { plan, gone: gone.into_values().collect() })
}

/// The names under which something is there until the plan has removed it: old
/// halves of replacements, and what goes along with its parent.
fn making_room(plan: &Plan) -> BTreeSet<(String, Identity)> {
    let going = plan.steps.iter().filter_map(|node| match &node.step {
        Step::Delete { have, .. } => Some((have.kind.clone(), have.identity.clone())),
        Step::Create { .. } | Step::Update { .. } => None,
    });
    let deleted: BTreeSet<&Address> = (plan.steps.iter())
        .filter(|node| matches!(node.step, Step::Delete { .. }))
        .map(|node| &node.address)
        .collect();
    let along = plan.changes.iter().filter_map(|planned| match planned.change {
        Change::Replace { .. } if !deleted.contains(&planned.address) => {
            Some((planned.kind.clone(), planned.identity.clone()))
        }
        Change::Replace { .. }
        | Change::NoOp
        | Change::Create { .. }
        | Change::Update { .. }
        | Change::Delete { .. } => None,
    });
    going.chain(along).collect()
}

fn exists(
    want: &Desired,
    live: &Live,
    claimant: Claimant<'_>,
    catalog: &dyn Catalog,
) -> Diagnostic {
    let whose = match &live.owner {
        _ if claimant.owns(live, catalog) => String::new(),
        Some(owner) => format!(", and belongs to stack {}", owner.stack_in_region()),
        None => ", and belongs to nobody".to_owned(),
    };
    moved(&format!("{} exists by now{whose}", want.address))
}

/// Whether the object is another than the plan saw, or somebody else's.
fn is_another(named: &str, tagged: bool, had: &Live, live: &Live) -> Vec<Diagnostic> {
    let text = |owner: &Option<Owner>| match owner {
        Some(owner) if owner.address.as_str().is_empty() => {
            format!("stack {}", owner.stack_in_region())
        }
        Some(owner) => format!("stack {} ({})", owner.stack_in_region(), owner.address),
        None => "nobody".to_owned(),
    };
    let mut found = Vec::new();
    if had.arn().is_some() && live.arn().is_some() && had.arn() != live.arn() {
        found.push(moved(&format!("{named} is another object by now")));
    }
    let is_same = match (&had.owner, &live.owner) {
        (Some(had), Some(owner)) => had.is_same(owner),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if tagged && !is_same {
        let (was, is) = (text(&had.owner), text(&live.owner));
        found.push(moved(&format!("{named} belonged to {was}, and belongs to {is} by now")));
    }
    found
}

/// What an object that is to be deleted has and the plan did not show.
/// How it is deleted stands in the plan as the stack file has it.
fn differs(named: &str, had: &Live, live: &Live, how: &Document) -> Vec<Diagnostic> {
    let text = |value: Option<&Value>| value.unwrap_or(&Value::Null).to_string();
    let mut fields = compare(&had.document, &live.document);
    fields.retain(|diff| !how.contains_key(diff.path.top()));
    let fields = fields.into_iter().map(|diff| {
        let (was, is) = (text(diff.want.as_ref()), text(diff.have.as_ref()));
        moved(&format!("{named} {} {was} -> {is}", diff.path))
    });
    let filled = live.holdings.as_ref().filter(|_| had.holdings.is_none());
    let filled =
        filled.map(|now| moved(&format!("{named} was empty, and holds {} by now", now.what)));
    fields.chain(filled).collect()
}

/// What is not any more as the plan saw it, of the fields that it changes. A
/// field counts whole: to change one tag is to write all of them.
fn moves(
    planned: &[FieldDiff],
    want: &Desired,
    live: &Live,
    kind: Option<&KindInfo>,
) -> Vec<Diagnostic> {
    let (wanted, seen) = (&want.document, &live.document);
    let fresh = kind.map_or_else(|| compare(wanted, seen), |kind| kind.compare(wanted, seen));
    let moved_on = fresh.iter().filter(|diff| touches(planned, diff.path.top()));
    let moved_on = moved_on.filter(|diff| !want.lifecycle.leaves(diff)).filter_map(|now| {
        let before = planned.iter().find(|diff| diff.path == now.path);
        let was = before.map_or(now.want.as_ref(), |diff| diff.have.as_ref());
        (was != now.have.as_ref()).then(|| {
            let text = |value: Option<&Value>| value.unwrap_or(&Value::Null).to_string();
            let (was, is) = (text(was), text(now.have.as_ref()));
            moved(&format!("{} {} {was} -> {is}", want.address, now.path))
        })
    });
    let settled = planned.iter().filter(|diff| match diff.path.top() {
        // Whose it is was compared already.
        OWNER => false,
        STATUS => !live.is_going(),
        field => want.document.contains_key(field) && fresh.iter().all(|now| now.path != diff.path),
    });
    let settled =
        settled.map(|diff| moved(&format!("{} {} is as wanted by now", want.address, diff.path)));
    moved_on.chain(settled).collect()
}

/// Has the step want what there is, in the fields that it does not change.
fn leave_alone(want: &mut Desired, planned: &[FieldDiff], live: &Live) {
    want.document.retain(|field, _| touches(planned, field) || live.document.contains_key(field));
    for (field, value) in &mut want.document {
        if let Some(seen) = live.document.get(field).filter(|_| !touches(planned, field)) {
            *value = seen.clone();
        }
    }
}

fn touches(planned: &[FieldDiff], field: &str) -> bool {
    planned.iter().any(|diff| diff.path.top() == field)
}

/// Takes steps out, and what people are shown of them. A replacement of which the
/// old half has gone is a creation.
fn leave_out(plan: &mut Plan, gone: &BTreeMap<StepId, String>) {
    let (left_out, kept): (Vec<StepNode>, Vec<StepNode>) =
        std::mem::take(&mut plan.steps).into_iter().partition(|node| gone.contains_key(&node.id));
    let renumbered: BTreeMap<StepId, StepId> =
        kept.iter().enumerate().map(|(now, node)| (node.id, StepId(now))).collect();
    let renumber = |mut node: StepNode| {
        node.id = renumbered[&node.id];
        let needs = node.needs.into_iter();
        node.needs =
            needs.filter_map(|(step, need)| Some((*renumbered.get(&step)?, need))).collect();
        node
    };
    plan.steps = kept.into_iter().map(renumber).collect();
    for node in &left_out {
        let Step::Delete { have, .. } = &node.step else { continue };
        let made = plan.steps.iter().find_map(|other| match &other.step {
            Step::Create { want } if other.address == node.address => Some(want.document.clone()),
            Step::Create { .. } | Step::Update { .. } | Step::Delete { .. } => None,
        });
        plan.changes.retain_mut(|planned| match (&planned.change, &made) {
            (Change::Replace { .. }, Some(document)) if planned.address == node.address => {
                planned.change = Change::Create { document: document.clone() };
                true
            }
            (Change::Delete { why: DeleteReason::WithParent, document, .. }, _) => {
                !mentions(document, have)
            }
            (Change::Delete { .. }, _) => planned.address != node.address,
            (
                Change::NoOp
                | Change::Create { .. }
                | Change::Update { .. }
                | Change::Replace { .. },
                _,
            ) => true,
        });
    }
}

/// Whether a document names an object by one of its facts, as that of a child
/// does its parent's.
fn mentions(document: &Document, object: &Live) -> bool {
    fn names(value: &Value, object: &Live) -> bool {
        match value {
            Value::String(text) => object.facts.values().any(|fact| fact == text),
            Value::Array(items) => items.iter().any(|item| names(item, object)),
            Value::Object(fields) => fields.values().any(|item| names(item, object)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    document.values().any(|value| names(value, object))
}

fn moved(what: &str) -> Diagnostic {
    Diagnostic::error(format!("the plan is stale: {what}"))
        .because("AWS is no longer as it was when the plan was made; nothing was changed")
        .hint("make the plan again and review it")
}
