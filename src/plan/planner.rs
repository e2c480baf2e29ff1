//! Compares a stack with the world and decides what happens to every address.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::asked::Asked;
use super::beside::beside;
use super::bonds::Bonds;
use super::canon::Canon;
use super::change::{Cause, DeleteReason, Left, Plan, ReplaceOrder, Step, StepNode, WhyLeft};
use super::circle::Circles;
use super::differences::{PARENT, STATUS, differences};
use super::fate::{Fate, Verdict};
use super::ownership::{OWNER, ownership};
use super::permissions::{Permissions, may_empty};
use super::remarks::{detours, waiting};
use super::staged::{by_stages, in_rounds};
use super::world::World;
use super::{graph, orphans, renamed, turns};
use crate::model::{
    Address, Catalog, Desired, Diagnostic, FactRef, FieldDiff, KindInfo, Live, Owner, Parent, Path,
    Stack, Status, Whose, document,
};

/// The plan that makes the world what the stack states; or every reason why it
/// cannot be drawn. Safety is another matter: see [`guard`](super::guard()).
pub fn plan(
    stack: &Stack,
    world: &World,
    catalog: &dyn Catalog,
    permissions: Permissions,
) -> Result<Plan, Vec<Diagnostic>> {
    plan_asked(stack, world, catalog, permissions, &Asked::default())
}

/// The same, where somebody asks for less than the whole stack, or for more than it
/// states. Of an excerpt `stack` holds no more than that.
pub fn plan_asked(
    stack: &Stack,
    world: &World,
    catalog: &dyn Catalog,
    permissions: Permissions,
    asked: &Asked,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut desk = Desk::new(stack, world, catalog, asked);
    let mut problems = Vec::new();
    let order = graph::ordered(stack, &desk.circles)?;
    desk.foresee();
    for address in order {
        let resolved = desk.resolve(&stack.resources[&address]);
        match resolved.and_then(|want| desk.decide(want).map_err(|problem| vec![problem])) {
            Ok(fate) => desk.record(fate),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if asked.excerpt.is_none() {
        desk.let_orphans_go(DeleteReason::NotDeclared);
        problems.extend(orphans::of_another_kind(stack, world, catalog));
    }
    renamed::note(&mut desk.fates, stack, catalog);
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
    plan_destroy_asked(stack, world, catalog, permissions, &Asked::default())
}

/// The same, where somebody asks for less than the whole stack.
pub fn plan_destroy_asked(
    stack: &Stack,
    world: &World,
    catalog: &dyn Catalog,
    permissions: Permissions,
    asked: &Asked,
) -> Plan {
    let mut desk = Desk::new(stack, world, catalog, asked);
    for (address, live) in world.found.iter().filter(|(_, live)| !live.is_going()) {
        match stack.claimant().whose(live, catalog) {
            Whose::Ours => {
                // Only a file permits to empty it, and this one is what was read.
                let declared = stack.resources.get(address);
                let force = declared.is_some_and(|want| may_empty(&want.document));
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
    if asked.excerpt.is_none() {
        desk.let_orphans_go(DeleteReason::Destroy);
    }
    // Nothing is made anew, so that nothing can stand in the way of that.
    let (mut plan, _none) = desk.finish(permissions);
    plan.outputs.clear();
    plan.uses.clear();
    plan
}

struct Desk<'a> {
    stack: &'a Stack,
    world: &'a World,
    catalog: &'a dyn Catalog,
    asked: &'a Asked,
    fates: Vec<Fate<'a>>,
    circles: Circles,
    /// What is decided of who waits in a circle, by what is known of the others without it.
    foreseen: BTreeMap<Address, Fate<'a>>,
    /// Where in `fates` a declared resource's is.
    decided: BTreeMap<Address, usize>,
    /// What is deleted to make room for another of its name.
    making_room: BTreeSet<Parent>,
    left: Vec<Left>,
    /// What an earlier run has half made, and this one completes.
    half_made: BTreeSet<Parent>,
}

impl<'a> Desk<'a> {
    fn new(stack: &'a Stack, world: &'a World, catalog: &'a dyn Catalog, asked: &'a Asked) -> Self {
        Self {
            stack,
            world,
            catalog,
            asked,
            fates: Vec::new(),
            circles: Circles::of(stack),
            foreseen: BTreeMap::new(),
            decided: BTreeMap::new(),
            making_room: BTreeSet::new(),
            half_made: BTreeSet::new(),
            left: Vec::new(),
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
        let decided = self.decided.get(&fact.address).map(|at| &self.fates[*at]);
        let fate = decided.or_else(|| self.foreseen.get(&fact.address))?;
        let (seen, want) = match &fate.verdict {
            // What the change makes of it is known when it is made.
            Verdict::Update { live, diff, .. } if self.moves(live, &fact.fact, diff) => {
                return None;
            }
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

    /// Finds out which objects of a circle stay, whose facts the others then know. What
    /// names others decides of none whether it is made anew.
    fn foresee(&mut self) {
        let members: Vec<&Address> = self.circles.members().collect();
        let foreseen = members.into_iter().filter_map(|address| {
            let want = &self.stack.resources.get(address)?;
            // What is wrong is told when it is decided.
            Some((address.clone(), self.decide(Cow::Borrowed(*want)).ok()?))
        });
        self.foreseen = foreseen.collect();
    }

    fn moves(&self, live: &Live, fact: &str, diff: &[FieldDiff]) -> bool {
        self.catalog.kind(&live.kind).is_some_and(|kind| kind.moves(fact, diff))
    }

    fn canon(&self) -> Canon<'_> {
        Canon { catalog: self.catalog, claimant: self.stack.claimant() }
    }

    fn decide(&self, want: Cow<'a, Desired>) -> Result<Fate<'a>, Diagnostic> {
        let kind = self.kind(&want.kind)?;
        let live = self.world.found.get(&want.address);
        let live = live.filter(|live| kind.revivable || !live.is_going());
        let address = want.address.clone();
        let Some(live) = live else {
            let note = self.is_asked(&address).then(|| "--replace: there is none yet".to_owned());
            let notes = note.into_iter().collect();
            return Ok(Fate { address, verdict: Verdict::Create { want }, notes });
        };
        let claimant = self.stack.claimant();
        let (ownership, note) = ownership(claimant, self.catalog, kind, &want, live)?;
        let awaited = match &live.status {
            Status::Awaiting(what) => Some(what.clone()),
            Status::InProgress(what) => Some(format!("it is not ready yet: {what}")),
            Status::Failed(why) => Some(format!("AWS says that it failed: {why}")),
            Status::Current | Status::Deleting(_) => None,
        };
        let waits = self.is_asked(&address) && ownership.iter().any(is_of_owner);
        let waits = waits.then(|| "--replace: not before it is the stack's".to_owned());
        let verdict = self.judge(kind, want, live, ownership);
        let said = awaited.into_iter().chain(live.remark.clone());
        let notes = note.into_iter().chain(waits).chain(said).chain(succession(kind, &verdict));
        let notes = notes.chain(beside(kind, &verdict)).collect();
        Ok(Fate { address, verdict, notes })
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
        let becomes = match &live.status {
            Status::Deleting(why) => Some((why, "kept")),
            Status::InProgress(why) | Status::Failed(why) => Some((why, "in service")),
            Status::Current | Status::Awaiting(_) => None,
        };
        diff.extend(becomes.map(|(why, becomes)| {
            FieldDiff::new(Path::field(STATUS), Some(json!(why)), Some(json!(becomes)))
        }));
        let lost_parent = self.lost_parent(live);
        let goes_along = lost_parent.is_some();
        diff.extend(lost_parent);
        match self.cause(&want, live, &diff) {
            None => {
                let want = left_alone.map_or(want, Cow::Owned);
                if diff.is_empty() {
                    Verdict::Keep { want, live }
                } else {
                    Verdict::Update { want, live, diff }
                }
            }
            Some(because) => {
                // A new object under the old name can only come after the old one,
                // unless the name can move from one to the other.
                let (old, new) = (live.identity.as_str(), want.identity.as_str());
                let same = old == new || kind.succession.blind_to_case && are_one_name(old, new);
                let order = if same && !kind.succession.name_moves {
                    ReplaceOrder::DeleteFirst
                } else {
                    ReplaceOrder::CreateFirst
                };
                // Where nothing but the wish tells the two apart, nobody knows which is new.
                let half_made = if because.is_asked() { None } else { self.half_made(kind, &want) };
                // As stated: a new object has nothing that could be left alone.
                Verdict::Replace { want, live, diff, because, order, goes_along, half_made }
            }
        }
    }

    fn is_asked(&self, address: &Address) -> bool {
        self.asked.replace.contains(address)
    }

    /// Why an object must be made anew, if it must. What is not ours yet, or on its way
    /// out, is not taken away because somebody asks for another.
    fn cause(&self, want: &Desired, live: &Live, diff: &[FieldDiff]) -> Option<Cause> {
        let mut causes =
            diff.iter().filter(|diff| diff.forces_replace).map(|diff| diff.path.clone());
        if let Some(first) = causes.next() {
            return Some(Cause { first, others: causes.collect() });
        }
        let becomes_ours = diff.iter().any(is_of_owner);
        let can_go = !live.is_going() && !becomes_ours;
        (can_go && self.is_asked(&want.address)).then(Cause::asked)
    }

    /// The object that an earlier run made to take the place of another, and did
    /// not come to give it the name.
    fn half_made(&self, kind: &KindInfo, want: &Desired) -> Option<&'a Live> {
        let claimant = self.stack.claimant();
        let is_its = |owner: &Owner| claimant.is(owner) && want.goes_by(&owner.address);
        let is_it = |live: &&Live| {
            let mut diff = differences(kind, want, live).into_iter();
            live.kind == want.kind
                && live.owner.as_ref().is_some_and(is_its)
                && !live.is_going()
                && !diff.any(|diff| diff.forces_replace)
        };
        let orphans = self.world.orphans.iter().filter(|_| kind.succession.name_moves);
        orphans.filter(is_it).min_by_key(|live| &live.identity)
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

    fn let_orphans_go(&mut self, why: DeleteReason) {
        let (fates, left) =
            orphans::let_go(self.stack, self.world, self.catalog, &self.half_made, why);
        self.fates.extend(fates);
        self.left.extend(left);
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
        // Who is left out may be who holds it; the guard refuses that.
        let is_used_elsewhere = |fate: &Fate<'_>| {
            let excerpt = self.asked.excerpt.as_ref();
            excerpt.is_some_and(|excerpt| excerpt.users(&fate.address).next().is_some())
        };
        let fates = self.fates.iter().filter(|fate| !is_used_elsewhere(fate));
        let going = fates.filter_map(|fate| match &fate.verdict {
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

    /// The plan, with every reason why it cannot be carried out.
    fn finish(mut self, permissions: Permissions) -> (Plan, Vec<Diagnostic>) {
        let known = |fact: &FactRef| self.known(fact);
        let outputs = self.stack.outputs.iter();
        let outputs = outputs.map(|(name, value)| (name.clone(), document::fill(value, &known)));
        let outputs = outputs.collect();
        self.spare_children();
        self.remark();
        self.fates.sort_by(|a, b| a.address.cmp(&b.address));
        let bonds = Bonds::of(&self.fates, self.catalog);
        let (turns, problems) = turns::of(&self.fates, &bonds, self.canon());
        turns::tell(&mut self.fates, &turns);
        let constraints =
            graph::Constraints { bonds: &bonds, turns: &turns, circles: &self.circles };
        let mut steps = graph::steps(&self.fates, constraints, self.catalog, permissions);
        self.delete_as_stated(&mut steps);
        let plan = Plan {
            stack: self.stack.name.clone(),
            was: self.stack.was.clone(),
            place: self.stack.place.clone(),
            outputs,
            steps,
            left: self.left,
            excerpt: self.asked.excerpt.clone(),
            existing: Vec::new(),
            uses: self.stack.uses.clone(),
            changes: self
                .fates
                .into_iter()
                .map(|fate| by_stages(fate.into_change(), self.catalog))
                .collect(),
        };
        (plan, problems)
    }

    /// Says what becomes of what goes, beyond that it does, and what takes its time to
    /// change.
    fn remark(&mut self) {
        for fate in &mut self.fates {
            fate.notes.extend(detours(&fate.verdict, self.catalog));
            let (live, is_replaced) = match &fate.verdict {
                Verdict::Delete { live, .. } => (live, false),
                Verdict::Replace { live, .. } => (live, true),
                Verdict::Update { live, diff, .. } => {
                    let kind = self.catalog.kind(&live.kind);
                    fate.notes.extend(kind.into_iter().flat_map(|kind| in_rounds(kind, diff)));
                    continue;
                }
                Verdict::Keep { .. } | Verdict::Create { .. } => continue,
            };
            let Some(kind) = self.catalog.kind(&live.kind) else { continue };
            let want = self.stack.resources.get(&fate.address);
            let stated = want.filter(|want| want.kind == live.kind).map(|want| &want.document);
            fate.notes.extend(waiting(kind, stated, &live.document, is_replaced));
        }
    }

    /// How something is deleted, the file says first, and then what the last apply
    /// wrote to the object.
    fn delete_as_stated(&self, steps: &mut [StepNode]) {
        for node in steps {
            let (Step::Delete { have, deadline, .. }, Some(want)) =
                (&mut node.step, self.stack.resources.get(&node.address))
            else {
                continue;
            };
            if let Some(kind) = self.catalog.kind(&have.kind).filter(|_| have.kind == want.kind) {
                have.document.extend(kind.how_deleted(&want.document));
                *deadline = want.lifecycle.patience.delete;
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

fn is_of_owner(diff: &FieldDiff) -> bool {
    diff.path.top() == OWNER
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

/// Whether two identities have one name, whatever its case and the path before it.
fn are_one_name(old: &str, new: &str) -> bool {
    let name = |identity: &str| identity.rsplit('/').next().unwrap_or_default().to_lowercase();
    name(old) == name(new)
}
