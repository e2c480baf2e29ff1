//! Compares a stack with the world and decides what happens to every address.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::canon::Canon;
use super::change::{
    Cause, Change, DeleteReason, Left, Plan, PlannedChange, ReplaceOrder, Step, StepNode, WhyLeft,
};
use super::ownership::ownership;
use super::world::World;
use super::{graph, orphans};
use crate::model::{
    Address, Catalog, Desired, Diagnostic, Document, FactRef, FieldDiff, KindInfo, Live, Parent,
    Path, Stack, Status, Whose, compare, document,
};

/// The path of a diff that brings an object back that was on its way out.
pub const STATUS: &str = "status";

/// The path of a diff that says that an object goes with the one it is bound to.
pub const PARENT: &str = "parent";

/// What the user permits beyond the ordinary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// `--allow-data-loss`: objects that hold data may be deleted or replaced,
    /// and buckets emptied.
    pub allow_data_loss: bool,
}

/// The plan that makes the world what the stack states; or every reason why it
/// cannot be drawn. Safety is another matter: see [`guard`](super::guard()).
pub fn plan(
    stack: &Stack,
    world: &World,
    catalog: &dyn Catalog,
    permissions: Permissions,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut desk = Desk::new(stack, world, catalog);
    let mut problems = Vec::new();
    for address in graph::ordered(stack)? {
        let resolved = desk.resolve(&stack.resources[&address]);
        match resolved.and_then(|want| desk.decide(want).map_err(|problem| vec![problem])) {
            Ok(fate) => desk.record(fate),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    desk.let_orphans_go(DeleteReason::NotDeclared);
    Ok(desk.finish(permissions))
}

/// The plan that removes everything that the stack owns. What the stack
/// declares but does not own stays.
///
/// The stack may be empty, when there is no file: everything is found by its
/// owner tag.
pub fn plan_destroy(
    stack: &Stack,
    world: &World,
    catalog: &dyn Catalog,
    permissions: Permissions,
) -> Plan {
    let mut desk = Desk::new(stack, world, catalog);
    for (address, live) in world.found.iter().filter(|(_, live)| !is_going(live)) {
        match stack.claimant().whose(live, catalog) {
            Whose::Ours => {
                // Only a file permits to empty it, and this one is what was read.
                let declared = stack.resources.get(address);
                let force = declared.is_some_and(|want| graph::may_empty(&want.document));
                let verdict = Verdict::Delete { live, why: DeleteReason::Destroy, force };
                desk.fates.push(Fate { address: address.clone(), verdict, notes: Vec::new() });
            }
            Whose::OfNoRegion(_) => {
                desk.left.push(Left::new(live, Some(address), WhyLeft::NoRegion));
            }
            Whose::Nobodys => desk.left.push(Left::new(live, Some(address), WhyLeft::NoOwner)),
            Whose::Anothers(_) => {}
        }
    }
    desk.let_orphans_go(DeleteReason::Destroy);
    let mut plan = desk.finish(permissions);
    plan.outputs.clear();
    plan
}

/// What was decided for one address.
#[derive(Clone, Debug)]
pub(super) struct Fate<'a> {
    pub(super) address: Address,
    pub(super) verdict: Verdict<'a>,
    pub(super) notes: Vec<String>,
}

/// The decision, with all that the steps need: what is wanted (every fact
/// filled in that is known by now) and what there is. Only what becomes a step
/// is copied: most of a large stack stays as it is, most of the time.
#[derive(Clone, Debug)]
pub(super) enum Verdict<'a> {
    Keep {
        want: Cow<'a, Desired>,
        live: &'a Live,
    },
    Create {
        want: Cow<'a, Desired>,
    },
    Update {
        want: Cow<'a, Desired>,
        live: &'a Live,
        diff: Vec<FieldDiff>,
    },
    Replace {
        want: Cow<'a, Desired>,
        live: &'a Live,
        diff: Vec<FieldDiff>,
        because: Cause,
        order: ReplaceOrder,
        /// The old object goes with its parent, and needs no call of its own.
        goes_along: bool,
    },
    Delete {
        live: &'a Live,
        why: DeleteReason,
        force: bool,
    },
}

struct Desk<'a> {
    stack: &'a Stack,
    world: &'a World,
    catalog: &'a dyn Catalog,
    fates: Vec<Fate<'a>>,
    /// Where in `fates` a declared resource's is.
    decided: BTreeMap<Address, usize>,
    /// What is deleted to make room for another of its name.
    making_room: BTreeSet<Parent>,
    left: Vec<Left>,
}

impl<'a> Desk<'a> {
    fn new(stack: &'a Stack, world: &'a World, catalog: &'a dyn Catalog) -> Self {
        let (fates, decided, making_room) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        Self { stack, world, catalog, fates, decided, making_room, left: Vec::new() }
    }

    /// The resource with the facts filled in that earlier decisions settled.
    fn resolve(&self, want: &'a Desired) -> Result<Cow<'a, Desired>, Vec<Diagnostic>> {
        let filled = self.canon().with_facts(want, &|fact| self.known(fact))?;
        Ok(filled.map_or(Cow::Borrowed(want), Cow::Owned))
    }

    /// A fact that is known now, and will still hold after the plan: of an object
    /// that stays, or predicted of any.
    fn known(&self, fact: &FactRef) -> Option<String> {
        let fate = &self.fates[*self.decided.get(&fact.address)?];
        let (seen, want) = match &fate.verdict {
            Verdict::Keep { want, live } | Verdict::Update { want, live, .. } => {
                (live.facts.get(&fact.fact), want)
            }
            Verdict::Create { want } | Verdict::Replace { want, .. } => (None, want),
            Verdict::Delete { .. } => return None,
        };
        seen.or_else(|| want.predicted.get(&fact.fact)).cloned()
    }

    fn canon(&self) -> Canon<'_> {
        Canon { catalog: self.catalog, stack: &self.stack.name, place: &self.stack.place }
    }

    fn decide(&self, want: Cow<'a, Desired>) -> Result<Fate<'a>, Diagnostic> {
        let kind = self.kind(&want.kind)?;
        let live = self.world.found.get(&want.address);
        let live = live.filter(|live| kind.revivable || !is_going(live));
        let address = want.address.clone();
        let Some(live) = live else {
            return Ok(Fate { address, verdict: Verdict::Create { want }, notes: Vec::new() });
        };
        let claimant = self.stack.claimant();
        let (ownership, note) = ownership(claimant, self.catalog, kind, &want, live)?;
        let awaited = match &live.status {
            Status::Awaiting(what) => Some(what.clone()),
            Status::Current | Status::InProgress(_) | Status::Failed(_) | Status::Deleting(_) => {
                None
            }
        };
        let notes = note.into_iter().chain(awaited).collect();
        Ok(Fate { address, verdict: self.judge(kind, want, live, ownership), notes })
    }

    fn judge(
        &self,
        kind: &KindInfo,
        want: Cow<'a, Desired>,
        live: &'a Live,
        ownership: Vec<FieldDiff>,
    ) -> Verdict<'a> {
        let left_alone = self.canon().with_ignored(&want, live);
        let mut diff = differences(kind, left_alone.as_ref().unwrap_or(&want), live);
        diff.extend(ownership);
        if let Status::Deleting(why) = &live.status {
            diff.push(FieldDiff::new(Path::field(STATUS), Some(json!(why)), Some(json!("kept"))));
        }
        let lost_parent = self.lost_parent(live);
        let goes_along = lost_parent.is_some();
        diff.extend(lost_parent);
        let mut causes =
            diff.iter().filter(|diff| diff.forces_replace).map(|diff| diff.path.clone());
        match causes.next() {
            None => {
                let want = left_alone.map_or(want, Cow::Owned);
                if diff.is_empty() {
                    Verdict::Keep { want, live }
                } else {
                    Verdict::Update { want, live, diff }
                }
            }
            Some(first) => {
                let because = Cause { first, others: causes.collect() };
                // A new object under the old name can only come after the old one.
                let order = if want.identity == live.identity {
                    ReplaceOrder::DeleteFirst
                } else {
                    ReplaceOrder::CreateFirst
                };
                // As stated: a new object has nothing that could be left alone.
                Verdict::Replace { want, live, diff, because, order, goes_along }
            }
        }
    }

    /// The diff that makes an object anew because the one that it lives and dies
    /// with is deleted to make room for another of its name.
    fn lost_parent(&self, live: &Live) -> Option<FieldDiff> {
        let parent = live.parent.as_ref()?;
        let had = json!(format!("{} {}", parent.kind, parent.identity));
        let diff = FieldDiff::new(Path::field(PARENT), Some(had), Some(json!("made anew")));
        self.making_room.contains(parent).then_some(FieldDiff { forces_replace: true, ..diff })
    }

    /// Keeps what later decisions may rely on.
    fn record(&mut self, fate: Fate<'a>) {
        if let Verdict::Replace { live, order: ReplaceOrder::DeleteFirst, .. } = &fate.verdict {
            self.making_room.insert(as_parent(live));
        }
        self.decided.insert(fate.address.clone(), self.fates.len());
        self.fates.push(fate);
    }

    fn let_orphans_go(&mut self, why: DeleteReason) {
        let (fates, left) = orphans::let_go(self.stack, self.world, self.catalog, why);
        self.fates.extend(fates);
        self.left.extend(left);
    }

    fn finish(mut self, permissions: Permissions) -> Plan {
        let known = |fact: &FactRef| self.known(fact);
        let outputs = self.stack.outputs.iter();
        let outputs = outputs.map(|(name, value)| (name.clone(), document::fill(value, &known)));
        let outputs = outputs.collect();
        self.spare_children();
        self.remark();
        self.fates.sort_by(|a, b| a.address.cmp(&b.address));
        let mut steps = graph::steps(&self.fates, self.catalog, permissions);
        self.delete_as_stated(&mut steps);
        Plan {
            stack: self.stack.name.clone(),
            place: self.stack.place.clone(),
            outputs,
            steps,
            left: self.left,
            changes: self.fates.into_iter().map(Fate::into_change).collect(),
        }
    }

    /// Says what becomes of what goes, beyond that it does.
    fn remark(&mut self) {
        for fate in &mut self.fates {
            let (live, is_replaced) = match &fate.verdict {
                Verdict::Delete { live, .. } => (live, false),
                Verdict::Replace { live, .. } => (live, true),
                Verdict::Keep { .. } | Verdict::Create { .. } | Verdict::Update { .. } => continue,
            };
            let Some(kind) = self.catalog.kind(&live.kind) else { continue };
            let want = self.stack.resources.get(&fate.address);
            let stated = want.filter(|want| want.kind == live.kind).map(|want| &want.document);
            fate.notes.extend(waiting(kind, stated, &live.document, is_replaced));
            if let Verdict::Replace { order: ReplaceOrder::CreateFirst, .. } = &fate.verdict
                && kind.holds_data
            {
                let note = "what the old object holds is not moved to the new one, and whoever \
                            uses the old name is cut off";
                fate.notes.push(note.to_owned());
            }
        }
    }

    /// How something is deleted, the file says first, and then what the last apply
    /// wrote to the object.
    fn delete_as_stated(&self, steps: &mut [StepNode]) {
        for node in steps {
            let (Step::Delete { have, .. }, Some(want)) =
                (&mut node.step, self.stack.resources.get(&node.address))
            else {
                continue;
            };
            if let Some(kind) = self.catalog.kind(&have.kind).filter(|_| have.kind == want.kind) {
                have.document.extend(kind.how_deleted(&want.document));
            }
        }
    }

    /// What goes with its parent needs no call of its own.
    fn spare_children(&mut self) {
        let leaving: BTreeSet<Parent> = self.fates.iter().filter_map(Fate::leaving).collect();
        for fate in &mut self.fates {
            if let Verdict::Delete { live, why, .. } = &mut fate.verdict
                && live.parent.as_ref().is_some_and(|parent| leaving.contains(parent))
            {
                *why = DeleteReason::WithParent;
            }
        }
    }

    fn kind(&self, name: &str) -> Result<&KindInfo, Diagnostic> {
        self.catalog.kind(name).ok_or_else(|| {
            Diagnostic::error(format!("there is no kind {name}")).hint("`ccprov kinds` lists all")
        })
    }
}

/// What differs of what is ours to state, and what of it cannot change in place.
pub fn differences(kind: &KindInfo, want: &Desired, live: &Live) -> Vec<FieldDiff> {
    let mut diff = match live.status {
        // Nothing but its existence can be seen.
        Status::Awaiting(_) => Vec::new(),
        Status::Current | Status::InProgress(_) | Status::Failed(_) | Status::Deleting(_) => {
            compare(&want.document, &live.document)
        }
    };
    diff.retain(|diff| !want.lifecycle.leaves(diff));
    for difference in &mut diff {
        difference.forces_replace = kind.fixed.iter().any(|field| difference.path.is_within(field));
    }
    diff
}

/// How long what goes can still be brought back, as its file says, or else the
/// object.
fn waiting(
    kind: &KindInfo,
    stated: Option<&Document>,
    seen: &Document,
    is_replaced: bool,
) -> Option<String> {
    let value = |field: &String| stated.and_then(|it| it.get(field)).or_else(|| seen.get(field));
    let days = kind.deleted_by.iter().find_map(|field| value(field)?.as_i64());
    let days = days.filter(|_| kind.revivable)?;
    Some(if is_replaced {
        format!("the old one is disabled at once, and gone for good after {days} days")
    } else {
        format!("it is gone for good {days} days later; until then, to declare it brings it back")
    })
}

/// An object, as its children know it.
fn as_parent(live: &Live) -> Parent {
    Parent { kind: live.kind.clone(), identity: live.identity.clone() }
}

pub(super) fn is_going(live: &Live) -> bool {
    matches!(live.status, Status::Deleting(_))
}

impl Verdict<'_> {
    /// The resource, unless it only goes.
    pub(super) fn want(&self) -> Option<&Desired> {
        match self {
            Self::Keep { want, .. }
            | Self::Create { want }
            | Self::Update { want, .. }
            | Self::Replace { want, .. } => Some(want),
            Self::Delete { .. } => None,
        }
    }
}

impl Fate<'_> {
    /// The object that goes, as its children know it.
    fn leaving(&self) -> Option<Parent> {
        match &self.verdict {
            Verdict::Delete { live, .. } => Some(as_parent(live)),
            Verdict::Keep { .. }
            | Verdict::Create { .. }
            | Verdict::Update { .. }
            | Verdict::Replace { .. } => None,
        }
    }

    fn into_change(self) -> PlannedChange {
        let Self { address, verdict, notes } = self;
        let (kind, identity) = match &verdict {
            Verdict::Keep { want, .. }
            | Verdict::Create { want }
            | Verdict::Update { want, .. }
            | Verdict::Replace { want, .. } => (want.kind.clone(), want.identity.clone()),
            Verdict::Delete { live, .. } => (live.kind.clone(), live.identity.clone()),
        };
        let change = match verdict {
            Verdict::Keep { .. } => Change::NoOp,
            Verdict::Create { want } => Change::Create { document: want.document.clone() },
            Verdict::Update { diff, .. } => Change::Update { diff },
            Verdict::Replace { live, diff, because, order, .. } => {
                Change::Replace { because, diff, order, holdings: live.holdings.clone() }
            }
            Verdict::Delete { live, why, .. } => Change::Delete {
                why,
                document: live.document.clone(),
                holdings: live.holdings.clone(),
            },
        };
        PlannedChange { address, kind, identity, change, notes }
    }
}
