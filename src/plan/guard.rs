//! Refuses plans that would lose what cannot be brought back.

use super::change::{Change, DeleteReason, Plan, PlannedChange, Step};
use super::planner::Permissions;
use crate::model::{Catalog, Diagnostic, Emptying, Stack};

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make the world what the stack states.
    Apply,
    /// To remove everything: deleting is the point, but not what is in it.
    Destroy,
}

/// Every reason not to carry out a plan. Empty for a plan that is safe, or
/// whose losses the user permits.
pub fn guard(
    plan: &Plan,
    stack: &Stack,
    catalog: &dyn Catalog,
    purpose: Purpose,
    permissions: Permissions,
) -> Vec<Diagnostic> {
    let protected = plan.changes.iter().filter(|planned| loses(planned)).filter_map(|planned| {
        let want = stack.resources.get(&planned.address)?;
        want.lifecycle.prevent_destroy.then(|| is_protected(planned))
    });
    let full = plan.steps.iter().filter_map(|node| match &node.step {
        Step::Delete { have, emptying: Emptying::Keep, .. } => {
            let holdings = have.holdings.as_ref().filter(|holdings| holdings.blocks_delete)?;
            Some(is_full(&format!("{} {}", have.kind, have.identity), &holdings.what))
        }
        Step::Delete { .. } | Step::Create { .. } | Step::Update { .. } => None,
    });
    let holds_data =
        |planned: &&PlannedChange| catalog.kind(&planned.kind).is_some_and(|kind| kind.holds_data);
    let permitted = permissions.allow_data_loss || purpose == Purpose::Destroy;
    let losing = plan
        .changes
        .iter()
        .filter(|planned| !permitted && loses(planned))
        .filter(holds_data)
        .map(would_lose);
    protected.chain(full).chain(losing).collect()
}

fn loses(planned: &PlannedChange) -> bool {
    matches!(planned.change, Change::Delete { .. } | Change::Replace { .. })
}

fn is_protected(planned: &PlannedChange) -> Diagnostic {
    Diagnostic::error(format!("{} is protected from being {}", planned.address, verb(planned)))
        .because("its `lifecycle.prevent_destroy` is true")
        .hint("remove `prevent_destroy` from the stack file first, if this is meant")
}

fn is_full(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(format!("{name} is not empty: it holds {what}"))
        .because("deleting it would lose them; nothing was deleted")
        .hint("empty it yourself, state `force_destroy: true`, or pass --allow-data-loss")
}

fn would_lose(planned: &PlannedChange) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!(
        "{} would be {}, and holds data",
        planned.address,
        verb(planned)
    ))
    .hint("pass --allow-data-loss, if this is meant");
    match &planned.change {
        Change::Replace { because, .. } => {
            diagnostic.because(format!("`{}` cannot change in place", because.first))
        }
        Change::Delete { why: DeleteReason::NotDeclared, .. } => {
            diagnostic.because("the stack file no longer declares it")
        }
        Change::Delete { why: DeleteReason::Replaced, .. } => {
            diagnostic.because("an earlier run has made its successor")
        }
        Change::Delete { .. } | Change::NoOp | Change::Create { .. } | Change::Update { .. } => {
            diagnostic
        }
    }
}

fn verb(planned: &PlannedChange) -> &'static str {
    if matches!(planned.change, Change::Replace { .. }) { "replaced" } else { "deleted" }
}
