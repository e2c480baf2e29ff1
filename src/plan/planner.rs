//! Compares a stack with the world and decides what happens to every address.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::bonds::Bonds;
use super::canon::Canon;
use super::change::{Cause, DeleteReason, Plan, ReplaceOrder};
use super::fate::{Fate, Verdict};
use super::graph;
use super::turns;
use super::world::World;
use crate::model::{
    Address, Catalog, Desired, Diagnostic, FactRef, FieldDiff, KindInfo, Live, Owner, Parent, Path,
    Stack, Status, compare, document,
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
    problems.extend(desk.held_elsewhere());
    let (plan, conflicts) = desk.finish(permissions);
    problems.extend(conflicts);
    if problems.is_empty() { Ok(plan) } else { Err(problems) }
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
        let ours = desk.is_ours(live);
        if ours && !is_going(live) {
            // What the file says now goes before what the last apply wrote.
            let declared = stack.resources.get(address);
            let document = declared.map_or(&live.document, |want| &want.document);
            let force = graph::may_empty(document);
            let verdict = Verdict::Delete { live, why: DeleteReason::Destroy, force };
            desk.fates.push(Fate { address: address.clone(), verdict, notes: Vec::new() });
        }
    }
    desk.let_orphans_go(DeleteReason::Destroy);
    // Nothing is made anew, so that nothing can stand in the way of that.
    let (mut plan, _none) = desk.finish(permissions);
    plan.outputs.clear();
    plan
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
    /// What an earlier run has half made, and this one completes.
    half_made: BTreeSet<Parent>,
}

impl<'a> Desk<'a> {
    fn new(stack: &'a Stack, world: &'a World, catalog: &'a dyn Catalog) -> Self {
        Self {
            stack,
            world,
            catalog,
            fates: Vec::new(),
            decided: BTreeMap::new(),
            making_room: BTreeSet::new(),
            half_made: BTreeSet::new(),
        }
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
            Verdict::Keep { want, live }
            | Verdict::Update { want, live, .. }
            | Verdict::Replace { want, half_made: Some(live), .. } => {
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
        let verdict = self.judge(kind, want, live, ownership);
        let notes = note.into_iter().chain(awaited).chain(succession(kind, &verdict)).collect();
        Ok(Fate { address, verdict, notes })
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
                // A new object under the old name can only come after the old one,
                // unless the name can move from one to the other.
                let (old, new) = (live.identity.as_str(), want.identity.as_str());
                let same =
                    old == new || kind.succession.blind_to_case && old.eq_ignore_ascii_case(new);
                let order = if same && !kind.succession.name_moves {
                    ReplaceOrder::DeleteFirst
                } else {
                    ReplaceOrder::CreateFirst
                };
                let half_made = self.half_made(kind, &want);
                // As stated: a new object has nothing that could be left alone.
                Verdict::Replace { want, live, diff, because, order, goes_along, half_made }
            }
        }
    }

    /// The object that an earlier run made to take the place of another, and did
    /// not come to give it the name.
    fn half_made(&self, kind: &KindInfo, want: &Desired) -> Option<&'a Live> {
        let ours = Owner { stack: self.stack.name.clone(), address: want.address.clone() };
        let is_it = |live: &&Live| {
            let mut diff = differences(kind, want, live).into_iter();
            live.kind == want.kind
                && live.owner.as_ref() == Some(&ours)
                && !is_going(live)
                && !diff.any(|diff| diff.forces_replace)
        };
        let orphans = self.world.orphans.iter().filter(|_| kind.succession.name_moves);
        orphans.filter(is_it).min_by_key(|live| &live.identity)
    }

    /// Whether the object may be touched, and the diff that makes it ours.
    fn ownership(
        &self,
        kind: &KindInfo,
        want: &Desired,
        live: &Live,
    ) -> Result<(Option<FieldDiff>, Option<String>), Diagnostic> {
        if !kind.tagged {
            return Ok((None, None));
        }
        let ours = Owner { stack: self.stack.name.clone(), address: want.address.clone() };
        let claim = |had: Value| {
            let wanted = json!(format!("{}/{}", ours.stack, ours.address));
            Some(FieldDiff::new(Path::field(OWNER), Some(had), Some(wanted)))
        };
        match &live.owner {
            Some(owner) if *owner == ours => Ok((None, None)),
            Some(owner) if owner.stack == ours.stack && owner.address.as_str().is_empty() => {
                let note = "somebody took the tag away that says which resource it is".to_owned();
                Ok((claim(json!(owner.stack)), Some(note)))
            }
            Some(owner) if owner.stack == ours.stack => {
                let note = format!("was {} until now", owner.address);
                Ok((claim(json!(format!("{}/{}", owner.stack, owner.address))), Some(note)))
            }
            Some(owner) => Err(Diagnostic::error(format!(
                "{} {} belongs to stack {}",
                want.kind, want.identity, owner.stack
            ))
            .because(format!(
                "{} declares it too, and two stacks cannot own one object",
                want.address
            ))
            .hint("give this one another name, or remove it from the other stack first")),
            None if want.lifecycle.adopt => {
                let note = "exists already and is taken over (`adopt: true`)".to_owned();
                Ok((claim(json!("nobody")), Some(note)))
            }
            None => Err(Diagnostic::error(format!(
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
            self.making_room.insert(live.as_parent());
        }
        if let Verdict::Replace { half_made: Some(live), .. } = &fate.verdict {
            self.half_made.insert(live.as_parent());
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
            .filter(|live| !self.half_made.contains(&live.as_parent()))
            .collect();
        let mut taken = declared;
        for live in orphans {
            let address = free_address(live, &taken);
            taken.insert(address.clone());
            let force = graph::may_empty(&live.document);
            let verdict = Verdict::Delete { live, why: self.reason(live, why), force };
            self.fates.push(Fate { address, verdict, notes: Vec::new() });
        }
    }

    /// What is still declared, and has another object by now, was replaced.
    fn reason(&self, live: &Live, why: DeleteReason) -> DeleteReason {
        let declared = live.owner.as_ref().and_then(|it| self.stack.resources.get(&it.address));
        let is_declared = declared.is_some_and(|want| want.kind == live.kind);
        if is_declared && why == DeleteReason::NotDeclared { DeleteReason::Replaced } else { why }
    }

    /// What cannot go, because somebody outside of the stack holds it.
    fn held_elsewhere(&self) -> Vec<Diagnostic> {
        let objects = || self.world.found.values().chain(&self.world.orphans);
        let mut held: BTreeMap<String, usize> = BTreeMap::new();
        for live in objects() {
            let Some(kind) = self.catalog.kind(&live.kind) else { continue };
            document::each_text(&live.document, &mut |path, text| {
                if kind.succession.holds.iter().any(|pattern| path.is_within(pattern)) {
                    *held.entry(text.to_owned()).or_default() += 1;
                }
            });
        }
        let by_us = |live: &Live| live.arn().and_then(|arn| held.get(arn)).copied();
        let going = self.fates.iter().filter_map(|fate| match &fate.verdict {
            Verdict::Replace { live, .. } | Verdict::Delete { live, .. } => Some((fate, *live)),
            Verdict::Keep { .. } | Verdict::Create { .. } | Verdict::Update { .. } => None,
        });
        going
            .filter_map(|(fate, live)| {
                let others = live.held?.saturating_sub(by_us(live).unwrap_or_default());
                (others > 0).then(|| held_by_others(fate, live, others))
            })
            .collect()
    }

    fn is_ours(&self, live: &Live) -> bool {
        let tagged = self.catalog.kind(&live.kind).is_none_or(|kind| kind.tagged);
        !tagged || live.owner.as_ref().is_some_and(|owner| owner.stack == self.stack.name)
    }

    /// The plan, with every reason why it cannot be carried out.
    fn finish(mut self, permissions: Permissions) -> (Plan, Vec<Diagnostic>) {
        let known = |fact: &FactRef| self.known(fact);
        let outputs = self.stack.outputs.iter();
        let outputs = outputs.map(|(name, value)| (name.clone(), document::fill(value, &known)));
        let outputs = outputs.collect();
        self.spare_children();
        self.fates.sort_by(|a, b| a.address.cmp(&b.address));
        let bonds = Bonds::of(&self.fates, self.catalog);
        let (turns, problems) = turns::of(&self.fates, &bonds, self.canon());
        turns::tell(&mut self.fates, &turns);
        let ties = graph::Ties { bonds: &bonds, turns: &turns };
        let steps = graph::steps(&self.fates, ties, self.catalog, permissions);
        let plan = Plan {
            stack: self.stack.name.clone(),
            place: self.stack.place.clone(),
            outputs,
            steps,
            changes: self.fates.into_iter().map(Fate::into_change).collect(),
        };
        (plan, problems)
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

fn held_by_others(fate: &Fate<'_>, live: &Live, others: usize) -> Diagnostic {
    let who = if others == 1 { "one other holds".into() } else { format!("{others} others hold") };
    Diagnostic::error(format!("{} cannot go: {who} {} {}", fate.address, live.kind, live.identity))
        .because("who holds it is no resource of this stack, and AWS deletes nothing that is held")
        .hint("detach it there first")
        .hint("or leave it declared, and leave what cannot change in place as it is")
}

/// What people should know of how one object gives way to the next.
fn succession(kind: &KindInfo, verdict: &Verdict<'_>) -> Vec<String> {
    let Verdict::Replace { order, half_made, .. } = verdict else { return Vec::new() };
    let half_made = half_made.map(|_| "an earlier run has made the new object".to_owned());
    let gap = Some(kind.succession.gap.clone()).filter(|_| *order == ReplaceOrder::DeleteFirst);
    let lost = Some(kind.succession.lost.clone());
    let said = [gap, lost].into_iter().flatten().filter(|said| !said.is_empty());
    half_made.into_iter().chain(said).collect()
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
