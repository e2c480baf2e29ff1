//! Compares a stack with the world and decides what happens to every address.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::canon::Canon;
use super::change::{Cause, Change, DeleteReason, Plan, PlannedChange, ReplaceOrder};
use super::graph;
use super::world::World;
use crate::model::{
    Address, Catalog, Desired, Diagnostic, FactRef, FieldDiff, KindInfo, Live, Owner, Parent, Path,
    Stack, Status, Whose, compare, document,
};

/// The path of a diff that says whose an object is to be.
pub const OWNER: &str = "owner";
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
    for (address, live) in &world.found {
        if desk.is_ours(live) && !is_going(live) {
            // What the file says now goes before what the last apply wrote.
            let declared = stack.resources.get(address);
            let document = declared.map_or(&live.document, |want| &want.document);
            let force = graph::may_empty(document);
            let verdict = Verdict::Delete { live, why: DeleteReason::Destroy, force };
            desk.fates.push(Fate { address: address.clone(), verdict, notes: Vec::new() });
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
}

impl<'a> Desk<'a> {
    fn new(stack: &'a Stack, world: &'a World, catalog: &'a dyn Catalog) -> Self {
        let (fates, decided, making_room) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        Self { stack, world, catalog, fates, decided, making_room }
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
        let (ownership, note) = self.ownership(kind, &want, live)?;
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
        ownership: Option<FieldDiff>,
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

    /// Whether the object may be touched, and the diff that makes it ours.
    fn ownership(
        &self,
        kind: &KindInfo,
        want: &Desired,
        live: &Live,
    ) -> Result<(Option<FieldDiff>, Option<String>), Diagnostic> {
        let claimant = self.stack.claimant();
        let told = |owner: &Owner| match owner.address.as_str() {
            "" => owner.stack_in_region(),
            address => format!("{}/{address}", owner.stack_in_region()),
        };
        let ours = claimant.owner(kind, want.address.clone());
        let claim = |had: Value| {
            Some(FieldDiff::new(Path::field(OWNER), Some(had), Some(json!(told(&ours)))))
        };
        match claimant.whose(live, self.catalog) {
            Whose::Ours => {
                let Some(owner) = live.owner.as_ref().filter(|_| kind.tagged) else {
                    return Ok((None, None));
                };
                let note = match owner.address.as_str() {
                    _ if owner.address == want.address => return Ok((None, None)),
                    "" => "somebody took the tag away that says which resource it is".to_owned(),
                    before => format!("was {before} until now"),
                };
                Ok((claim(json!(told(owner))), Some(note)))
            }
            Whose::OfNoRegion(owner) => {
                let note = format!(
                    "an earlier ccprov made it, and did not say for which region: it is claimed \
                     for {}",
                    claimant.place.region
                );
                Ok((claim(json!(told(owner))), Some(note)))
            }
            Whose::Anothers(owner) => Err(anothers(want, owner, claimant.stack)),
            Whose::Nobodys if want.lifecycle.adopt => {
                let note = "exists already and is taken over (`adopt: true`)".to_owned();
                Ok((claim(json!("nobody")), Some(note)))
            }
            Whose::Nobodys => Err(Diagnostic::error(format!(
                "{} {} exists already and carries no owner tag",
                want.kind, want.identity
            ))
            .because(format!("{} would change an object that ccprov did not create", want.address))
            .hint("to take it over, state `lifecycle: { adopt: true }`")
            .hint("to leave it alone, give this resource another name")),
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

    /// What passes by itself is no orphan: a verify may be using it.
    fn let_orphans_go(&mut self, why: DeleteReason) {
        let is_passing = |live: &Live| {
            why != DeleteReason::Destroy
                && live.owner.as_ref().is_some_and(|owner| owner.address.is_passing())
        };
        let declared: BTreeSet<Address> = self.stack.resources.keys().cloned().collect();
        let world = self.world;
        let orphans: Vec<&Live> = world
            .orphans
            .iter()
            .filter(|live| self.is_ours(live) && !is_going(live) && !is_passing(live))
            .collect();
        let mut taken = declared;
        for live in orphans {
            let address = free_address(live, &taken);
            taken.insert(address.clone());
            let force = graph::may_empty(&live.document);
            let verdict = Verdict::Delete { live, why, force };
            self.fates.push(Fate { address, verdict, notes: Vec::new() });
        }
    }

    fn is_ours(&self, live: &Live) -> bool {
        self.stack.claimant().owns(live, self.catalog)
    }

    fn finish(mut self, permissions: Permissions) -> Plan {
        let known = |fact: &FactRef| self.known(fact);
        let outputs = self.stack.outputs.iter();
        let outputs = outputs.map(|(name, value)| (name.clone(), document::fill(value, &known)));
        let outputs = outputs.collect();
        self.spare_children();
        self.fates.sort_by(|a, b| a.address.cmp(&b.address));
        let steps = graph::steps(&self.fates, self.catalog, permissions);
        Plan {
            stack: self.stack.name.clone(),
            place: self.stack.place.clone(),
            outputs,
            steps,
            changes: self.fates.into_iter().map(Fate::into_change).collect(),
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
    let ignored = |diff: &FieldDiff| {
        want.lifecycle.ignore_changes.iter().any(|field| diff.path.is_within(field))
    };
    let mut diff = match live.status {
        // Nothing but its existence can be seen.
        Status::Awaiting(_) => Vec::new(),
        Status::Current | Status::InProgress(_) | Status::Failed(_) | Status::Deleting(_) => {
            compare(&want.document, &live.document)
        }
    };
    diff.retain(|diff| !ignored(diff));
    for difference in &mut diff {
        difference.forces_replace = kind.fixed.iter().any(|field| difference.path.is_within(field));
    }
    diff
}

/// The refusal to touch what belongs to another stack, or to the stack of this
/// name in another region.
fn anothers(want: &Desired, owner: &Owner, stack: &str) -> Diagnostic {
    let whose = owner.stack_in_region();
    let refusal =
        Diagnostic::error(format!("{} {} belongs to stack {whose}", want.kind, want.identity))
            .because(format!(
                "{} declares it too, and two stacks cannot own one object",
                want.address
            ));
    if owner.stack == stack {
        refusal.hint("give it a name of its own in each region, with `${region}` in it")
    } else {
        refusal.hint("give this one another name, or remove it from the other stack first")
    }
}

/// An object, as its children know it.
fn as_parent(live: &Live) -> Parent {
    Parent { kind: live.kind.clone(), identity: live.identity.clone() }
}

fn is_going(live: &Live) -> bool {
    matches!(live.status, Status::Deleting(_))
}

/// An orphan keeps the address in its owner tag, unless something else has it
/// now (a resource that was renamed): then AWS's name tells them apart.
fn free_address(live: &Live, taken: &BTreeSet<Address>) -> Address {
    let named = || Address::new(format!("{}({})", live.kind, live.identity));
    let address = live.owner.as_ref().map(|owner| owner.address.clone());
    address
        .filter(|address| !address.as_str().is_empty() && !taken.contains(address))
        .unwrap_or_else(named)
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
