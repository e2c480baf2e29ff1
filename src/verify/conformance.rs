//! Conformance: AWS still is what the stack file says, field by field.
//!
//! The same comparison that draws plans: a stack conforms where its plan is
//! empty, and a finding is what an apply would do about it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::choice::Choice;
use crate::model::{
    Address, Catalog, CheckInfo, CheckKind, FieldDiff, Finding, Inspected, Level, Live, Stack,
    Verdict,
};
use crate::plan::differences::STATUS;
use crate::plan::{Change, Plan, PlannedChange, World};

/// The one check of this kind.
pub const CONFORMANCE: CheckInfo = CheckInfo {
    id: "conformance",
    kind: CheckKind::Conformance,
    level: Level::Error,
    summary: "Every resource lives, and each of its fields has the value that the stack file states.",
    risk: "Somebody changed the system behind the stack file's back, and what was reviewed is not what runs.",
    remedy: "Run `ccprov apply` to bring it back, or change the stack file if the change was meant.",
};

/// An object that lives in the place of a resource and is not the stack's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What is wrong: a phrase.
    pub message: String,
}

/// The objects of others in a world that a stack declares, which no plan could
/// be drawn with. They are taken out of it: nobody looks further at them, and
/// nobody exercises them.
pub fn set_apart(
    stack: &Stack,
    world: &mut World,
    catalog: &dyn Catalog,
) -> BTreeMap<Address, Foreign> {
    let is_foreign = |address: &Address, live: &Live| {
        let want = stack.resources.get(address)?;
        let tagged = catalog.kind(&live.kind).is_none_or(|kind| kind.tagged);
        let name = format!("{} {}", live.kind, live.identity);
        match &live.owner {
            _ if !tagged => None,
            Some(owner) if stack.claimant().goes_by(&owner.stack) => None,
            Some(owner) => Some(format!("{name} belongs to stack {}", owner.stack)),
            None if want.lifecycle.adopt => None,
            None => Some(format!("{name} carries no owner tag: it is not this stack's")),
        }
    };
    let foreign: BTreeMap<Address, Foreign> = world
        .found
        .iter()
        .filter_map(|(address, live)| {
            Some((address.clone(), Foreign { message: is_foreign(address, live)? }))
        })
        .collect();
    world.found.retain(|address, _| !foreign.contains_key(address));
    foreign
}

/// One result for each resource.
pub(super) fn of(
    plan: &Plan,
    foreign: &BTreeMap<Address, Foreign>,
    choice: &Choice,
) -> Vec<Inspected> {
    let results = plan.changes.iter().map(|planned| {
        let findings = match foreign.get(&planned.address) {
            Some(Foreign { message }) => vec![Finding::new(&planned.address, message.clone())],
            None => findings(planned),
        };
        inspected(planned, choice.verdict(CONFORMANCE.level, findings))
    });
    results.collect()
}

fn inspected(planned: &PlannedChange, verdict: Verdict) -> Inspected {
    Inspected {
        check: CONFORMANCE.id.into(),
        kind: CONFORMANCE.kind,
        level: CONFORMANCE.level,
        subject: planned.address.to_string(),
        verdict,
        took: Duration::ZERO,
        observations: Vec::new(),
    }
}

fn findings(planned: &PlannedChange) -> Vec<Finding> {
    let name = format!("{} {}", planned.kind, planned.identity);
    match &planned.change {
        Change::NoOp => Vec::new(),
        Change::Create { .. } => {
            vec![Finding::new(&planned.address, format!("{name} does not exist"))]
        }
        Change::Update { diff } | Change::Replace { diff, .. } => {
            diff.iter().map(|diff| differs(planned, diff)).collect()
        }
        Change::Delete { .. } => {
            let message = format!("{name} belongs to the stack, which does not declare it");
            vec![Finding::new(&planned.address, message)]
        }
    }
}

fn differs(planned: &PlannedChange, diff: &FieldDiff) -> Finding {
    let message = match unready(diff) {
        Some(why) => format!("{} {} is not in service: {why}", planned.kind, planned.identity),
        None => format!("{} is not as declared", diff.path),
    };
    Finding {
        expected: diff.want.clone(),
        actual: diff.have.clone(),
        ..Finding::new(&planned.address, message).at(diff.path.clone())
    }
}

/// Why an object is not in service, if that is what differs.
fn unready(diff: &FieldDiff) -> Option<&str> {
    let is_it = diff.path.top() == STATUS && diff.want.as_ref()? == "in service";
    diff.have.as_ref()?.as_str().filter(|_| is_it)
}
