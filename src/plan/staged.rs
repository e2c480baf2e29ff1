//! What a change comes to that a cloud takes in parts, one after the other.

use super::change::{Change, PlannedChange};
use super::differences::{PARENT, STATUS};
use super::ownership::{LIFECYCLE, OWNER};
use crate::model::{Catalog, FieldDiff, KindInfo, Stage};

/// The stages of a change. How an object is doing is none.
pub(super) fn stages_of(kind: &KindInfo, diff: &[FieldDiff]) -> Vec<Stage> {
    let is_written = |diff: &&FieldDiff| ![STATUS, PARENT].contains(&diff.path.top());
    let written: Vec<FieldDiff> = diff.iter().filter(is_written).cloned().collect();
    // Whose it is stands in its tags, which no cloud takes long for.
    let is_tag = |diff: &FieldDiff| [OWNER, LIFECYCLE].contains(&diff.path.top());
    let update = kind.patience.update.usual;
    kind.stages.all(&written, |diff| update.filter(|_| !is_tag(diff)))
}

/// The same with the stages of its change, where there is more than one.
pub(super) fn by_stages(planned: PlannedChange, catalog: &dyn Catalog) -> PlannedChange {
    let stages = match (&planned.change, catalog.kind(&planned.kind)) {
        (Change::Update { diff }, Some(kind)) => stages_of(kind, diff),
        (
            Change::Update { .. }
            | Change::NoOp
            | Change::Create { .. }
            | Change::Replace { .. }
            | Change::Delete { .. },
            _,
        ) => Vec::new(),
    };
    let stages = if stages.len() > 1 { stages } else { Vec::new() };
    PlannedChange { stages, ..planned }
}

/// That one call does not change it all, and what is not there between two. To come
/// to rest takes none.
pub(super) fn in_rounds(kind: &KindInfo, diff: &[FieldDiff]) -> Vec<String> {
    let rounds: usize = stages_of(kind, diff).iter().map(|stage| stage.rounds).sum();
    let mut said =
        Vec::from_iter((rounds > 1).then(|| format!("{rounds} changes one after the other")));
    for anew in diff.iter().filter_map(|diff| kind.stages.anew(diff)) {
        if !said.contains(&anew.meanwhile) {
            said.push(anew.meanwhile.clone());
        }
    }
    said
}
