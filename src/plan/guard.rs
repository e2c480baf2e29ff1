//! Refuses plans that would lose what cannot be brought back, or delete what may
//! never have been the stack's.

use std::collections::BTreeMap;

use super::change::{Change, DeleteReason, Plan, PlannedChange, Step};
use super::former::Names;
use super::greetings::greeting;
use super::orphans::has_a_strange_name;
use super::permissions::{FORCE, Permissions};
use super::purpose::Purpose;
use super::renamed::Ways;
use crate::model::{
    Address, Catalog, Diagnostic, Emptying, Greeting, Holdings, KindInfo, Live, Stack,
};

/// The way out where somebody else's object carries the stack's tags.
const NOT_OURS: &str = "if it is not this stack's, take its tag `ccprov:stack` away";

/// Every reason not to carry out a plan. Empty for a plan that is safe, or
/// whose losses the user permits.
///
/// What would be lost is judged by what there is, and alike whether something is
/// destroyed, replaced, or not declared any more.
pub fn guard(
    plan: &Plan,
    stack: &Stack,
    catalog: &dyn Catalog,
    purpose: Purpose,
    permissions: Permissions,
) -> Vec<Diagnostic> {
    let stated = plan.changes.iter().filter(|planned| loses(planned)).filter_map(|planned| {
        let want = stack.resources.get(&planned.address)?;
        want.lifecycle.prevent_destroy.then(|| is_protected(planned))
    });
    let deletions = deletions(plan, catalog);
    let ways = Ways { stack, catalog };
    let undeclared =
        |deletion: &&Deletion<'_>| !stack.resources.contains_key(&deletion.planned.address);
    let tagged = deletions
        .iter()
        .filter(undeclared)
        .filter(|deletion| deletion.have.owner.as_ref().is_some_and(|owner| owner.prevent_destroy));
    let tagged = tagged.map(|deletion| is_protected_by_tag(deletion.planned, deletion.have));
    let strange = |deletion: &Deletion<'_>| {
        undeclared(&deletion)
            && !permissions.allow_data_loss
            && has_a_strange_name(deletion.have, stack, catalog)
    };
    let names = Names { claimant: stack.claimant(), moved: &stack.moved, catalog };
    let unsaid = |deletion: &Deletion<'_>| {
        let is_asked = deletion.is_replaced() && !permissions.allow_data_loss;
        (is_asked || strange(deletion)).then(|| names.unsaid(deletion.have)).flatten()
    };
    let lost = deletions.iter().filter_map(|deletion| {
        let holdings = deletion.have.holdings.as_ref();
        let holdings = holdings.filter(|holdings| !deletion.is_permitted(holdings, purpose));
        let former = unsaid(deletion);
        let refusal = match holdings.filter(|_| !permissions.allow_data_loss) {
            Some(holdings) => {
                let refusal = deletion.would_lose(holdings, plan, ways);
                let refusal = match greeting(deletion.have, stack, catalog) {
                    Some((with, greeting)) => refusal.hint(among_that(with, greeting)),
                    None => refusal,
                };
                if strange(deletion) { refusal.hint(NOT_OURS) } else { refusal }
            }
            None if strange(deletion) => deletion.is_strange(plan, ways),
            None => deletion.has_a_former_name(former.as_deref()?),
        };
        Some(match former {
            Some(former) => refusal.hint(deletion.renamed_from(&former, stack, purpose)),
            None => refusal,
        })
    });
    stated.chain(tagged).chain(lost).chain(left_behind(plan)).collect()
}

/// What is to be made anew, though the plan leaves out who mentions it: nobody would have
/// them turn to the new object, nor see to what goes with the old one.
fn left_behind(plan: &Plan) -> Vec<Diagnostic> {
    let Some(excerpt) = &plan.excerpt else { return Vec::new() };
    let replaced =
        plan.changes.iter().filter(|planned| matches!(planned.change, Change::Replace { .. }));
    let refusals = replaced.filter_map(|PlannedChange { address, .. }| {
        let users: Vec<String> = excerpt.users(address).map(Address::to_string).collect();
        (!users.is_empty()).then(|| {
            let (names, add) = (users.join(", "), users.join(","));
            Diagnostic::error(format!("{address} would be replaced without who mentions it"))
                .because(format!("--only leaves out {names}, which may have to follow"))
                .hint(format!("add `--only {add}`"))
                .hint("or plan the whole stack, without --only")
        })
    });
    refusals.collect()
}

fn loses(planned: &PlannedChange) -> bool {
    matches!(planned.change, Change::Delete { .. } | Change::Replace { .. })
}

/// One object that a plan deletes.
struct Deletion<'a> {
    planned: &'a PlannedChange,
    have: &'a Live,
    emptying: Emptying,
    kind: Option<&'a KindInfo>,
}

/// What goes along with its parent has no step, carries no tags and holds nothing.
fn deletions<'a>(plan: &'a Plan, catalog: &'a dyn Catalog) -> Vec<Deletion<'a>> {
    let changes: BTreeMap<&Address, &PlannedChange> =
        plan.changes.iter().map(|planned| (&planned.address, planned)).collect();
    let deletion = |(address, step): (&Address, &'a Step)| match step {
        Step::Delete { have, emptying, .. } => Some(Deletion {
            planned: changes.get(address)?,
            have,
            emptying: *emptying,
            kind: catalog.kind(&have.kind),
        }),
        Step::Create { .. } | Step::Update { .. } => None,
    };
    plan.steps.iter().map(|node| (&node.address, &node.step)).filter_map(deletion).collect()
}

impl Deletion<'_> {
    /// Whether a destroy may lose this without being told so: the file says it, or
    /// it can be brought back, and all that needs it goes as well.
    fn is_permitted(&self, holdings: &Holdings, purpose: Purpose) -> bool {
        let is_stated = self.emptying == Emptying::Empty;
        purpose == Purpose::Destroy && (is_stated || holdings.revivable)
    }

    fn would_lose(
        &self,
        Holdings { what, .. }: &Holdings,
        plan: &Plan,
        ways: Ways<'_>,
    ) -> Diagnostic {
        let Self { planned, have, kind, .. } = self;
        let (address, verb) = (&planned.address, verb(planned));
        let diagnostic = Diagnostic::error(format!("{address} would be {verb}, and holds {what}"))
            .because(self.reason(plan));
        let diagnostic = diagnostic.hint("pass --allow-data-loss, if this is meant");
        let can_be_stated = self.is_destroyed()
            && kind.is_some_and(|kind| kind.deleted_by.iter().any(|field| field == FORCE));
        let diagnostic = if can_be_stated {
            diagnostic.hint(format!("or destroy it by a file that states `{FORCE}: true`"))
        } else {
            diagnostic
        };
        with_old_name(diagnostic, plan, (planned, have), ways)
    }

    fn is_strange(&self, plan: &Plan, ways: Ways<'_>) -> Diagnostic {
        let Self { planned, have, .. } = self;
        let diagnostic = Diagnostic::error(format!(
            "{} would be deleted, and its name is not one that this stack gives",
            planned.address
        ))
        .because(format!(
            "{} {} carries the stack's tags, which anybody may have written",
            have.kind, have.identity
        ))
        .hint("if it is this stack's, pass --allow-data-loss")
        .hint(NOT_OURS);
        with_old_name(diagnostic, plan, (planned, have), ways)
    }

    fn is_replaced(&self) -> bool {
        matches!(self.planned.change, Change::Replace { .. })
    }

    /// The refusal of what is made anew for nothing but its name, though the stack has not
    /// said that it is to have another.
    fn has_a_former_name(&self, former: &str) -> Diagnostic {
        let Self { planned, have, .. } = self;
        let address = &planned.address;
        Diagnostic::error(format!("{address} would be replaced, to have another name"))
            .because(format!(
                "{} {} is this stack's, and has the name that a stack `{former}` gives",
                have.kind, have.identity
            ))
            .hint("if it is to have another name, pass --allow-data-loss")
    }

    /// How the stack says that it had a name.
    fn renamed_from(&self, former: &str, stack: &Stack, purpose: Purpose) -> String {
        let said = stack.was.said_with(former);
        match purpose {
            Purpose::Apply if self.is_replaced() => {
                format!("if this stack was `{former}`, write {said} in its file, and it stays")
            }
            Purpose::Apply => format!("if this stack was `{former}`, write {said} in its file"),
            Purpose::Destroy => {
                format!("if this stack was `{former}`, destroy it by a file that says {said}")
            }
        }
    }

    fn is_destroyed(&self) -> bool {
        matches!(self.planned.change, Change::Delete { why: DeleteReason::Destroy, .. })
    }

    fn reason(&self, plan: &Plan) -> String {
        match &self.planned.change {
            Change::Replace { because, .. } if because.is_asked() => {
                "--replace asks for another".to_owned()
            }
            Change::Replace { because, .. } => {
                format!("`{}` cannot change in place", because.first)
            }
            Change::Delete { why: DeleteReason::NotDeclared, .. } => {
                "the stack file no longer declares it".to_owned()
            }
            Change::Delete { .. }
            | Change::NoOp
            | Change::Create { .. }
            | Change::Update { .. } => match plan.excerpt {
                Some(_) => "this part of the stack is being destroyed".to_owned(),
                None => "the stack is being destroyed".to_owned(),
            },
        }
    }
}

/// What was renamed looks like one that goes and one that comes.
fn with_old_name(
    diagnostic: Diagnostic,
    plan: &Plan,
    (gone, have): (&PlannedChange, &Live),
    ways: Ways<'_>,
) -> Diagnostic {
    let new = successor(plan, gone).and_then(|new| ways.stack.resources.get(&new.address));
    let way = new.and_then(|new| Some((new, ways.to_keep(new, &gone.address, have, "there")?)));
    match way {
        Some((new, way)) => diagnostic.hint(format!(
            "if {} is {} by another name, {way}, and nothing is lost",
            new.address, gone.address
        )),
        None => diagnostic,
    }
}

/// The only new resource of a kind of which a single one is not declared any more.
fn successor<'a>(plan: &'a Plan, gone: &PlannedChange) -> Option<&'a PlannedChange> {
    let is_gone =
        |change: &Change| matches!(change, Change::Delete { why: DeleteReason::NotDeclared, .. });
    let of_kind = || plan.changes.iter().filter(|planned| planned.kind == gone.kind);
    let mut new = of_kind().filter(|planned| matches!(planned.change, Change::Create { .. }));
    let first = new.next()?;
    let is_only = new.next().is_none() && of_kind().filter(|it| is_gone(&it.change)).count() == 1;
    (is_only && is_gone(&gone.change)).then_some(first)
}

/// That what an object holds need not be anybody's.
fn among_that(with: &Address, greeting: &Greeting) -> String {
    format!("among that may be {}, when {with} was set up: it is nobody's data", greeting.what)
}

fn is_protected(planned: &PlannedChange) -> Diagnostic {
    Diagnostic::error(format!("{} is protected from being {}", planned.address, verb(planned)))
        .because("its `lifecycle.prevent_destroy` is true")
        .hint("remove `prevent_destroy` from the stack file first, if this is meant")
}

fn is_protected_by_tag(planned: &PlannedChange, have: &Live) -> Diagnostic {
    Diagnostic::error(format!("{} is protected from being deleted", planned.address))
        .because(format!(
            "the last apply that declared it said `prevent_destroy: true`, which {} {} keeps in \
             the tag `ccprov:prevent-destroy`",
            have.kind, have.identity
        ))
        .hint("declare it without `prevent_destroy` and apply; or destroy the stack by that file")
        .hint("without a file: take the tag away from the object")
}

fn verb(planned: &PlannedChange) -> &'static str {
    if matches!(planned.change, Change::Replace { .. }) { "replaced" } else { "deleted" }
}
