//! Conformance: AWS still is what the stack file says, field by field.
//!
//! The same comparison that draws plans: a stack conforms where its plan is
//! empty, and a finding is what an apply would do about it.

use std::time::Duration;

use crate::model::{CheckInfo, CheckKind, FieldDiff, Finding, Inspected, Level, Verdict};
use crate::plan::{Change, Plan, PlannedChange};

/// The one check of this kind.
pub const CONFORMANCE: CheckInfo = CheckInfo {
    id: "conformance",
    kind: CheckKind::Conformance,
    level: Level::Error,
    summary: "Every resource lives, and each of its fields has the value that the stack file states.",
    risk: "Somebody changed the system behind the stack file's back, and what was reviewed is not what runs.",
    remedy: "Run `ccprov apply` to bring it back, or change the stack file if the change was meant.",
};

/// One result for each resource.
pub(super) fn of(plan: &Plan) -> Vec<Inspected> {
    plan.changes.iter().map(|planned| inspected(planned, findings(planned))).collect()
}

fn inspected(planned: &PlannedChange, findings: Vec<Finding>) -> Inspected {
    let verdict = if findings.is_empty() { Verdict::Passed } else { Verdict::Failed { findings } };
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
    Finding {
        expected: diff.want.clone(),
        actual: diff.have.clone(),
        ..Finding::new(&planned.address, format!("{} is not as declared", diff.path))
            .at(diff.path.clone())
    }
}
