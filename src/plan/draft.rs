//! Which steps the fates come to, before they are put in order.

use std::collections::{BTreeMap, BTreeSet};

use super::bonds::Place;
use super::change::{DeleteReason, Need, ReplaceOrder, Step, StepId, StepNode};
use super::circle::{Broken, Circles};
use super::fate::{Fate, Verdict};
use super::permissions::{Permissions, may_empty};
use super::turns::{self, Turn};
use crate::model::{Address, Catalog, Desired, Emptying, FieldDiff, Identity, Live};

/// The steps so far, and where to find those of an address.
pub(super) struct Draft<'a> {
    catalog: &'a dyn Catalog,
    permissions: Permissions,
    circles: &'a Circles,
    pub(super) nodes: Vec<StepNode>,
    /// The step after which others can rely on an address.
    pub(super) making: BTreeMap<Address, StepId>,
    /// The step that makes an object without what names others in a circle.
    pub(super) founding: BTreeMap<Address, StepId>,
    /// The delete step of an address.
    pub(super) unmaking: BTreeMap<Address, StepId>,
    /// Deletions that make room for a successor of the same name.
    pub(super) clearing: BTreeSet<StepId>,
    /// The steps that let go of what makes room.
    pub(super) letting_go: BTreeMap<Place, StepId>,
    /// The steps that admit an old object no more, and which.
    pub(super) narrowing: BTreeMap<StepId, BTreeSet<Place>>,
}

impl<'a> Draft<'a> {
    /// The steps of all fates. Those of one address need each other already.
    pub(super) fn of(
        fates: &[Fate<'_>],
        (turns, circles): (&BTreeMap<Place, Turn>, &'a Circles),
        catalog: &'a dyn Catalog,
        permissions: Permissions,
    ) -> Self {
        let mut draft = Self {
            catalog,
            permissions,
            circles,
            founding: BTreeMap::new(),
            nodes: Vec::new(),
            making: BTreeMap::new(),
            unmaking: BTreeMap::new(),
            clearing: BTreeSet::new(),
            letting_go: BTreeMap::new(),
            narrowing: BTreeMap::new(),
        };
        for (place, fate) in fates.iter().enumerate() {
            draft.add(place, fate, turns.get(&place));
        }
        draft.count_along(fates);
        draft
    }

    fn add(&mut self, place: Place, fate: &Fate<'_>, turn: Option<&Turn>) {
        let may_lose = self.permissions.allow_data_loss;
        let emptying =
            |force: bool| if force || may_lose { Emptying::Empty } else { Emptying::Keep };
        let turn = turn.zip(fate.verdict.live());
        let turn = turn.map(|(turn, live)| (turn, self.let_go(place, fate, live, turn)));
        match &fate.verdict {
            Verdict::Keep { .. } | Verdict::Delete { why: DeleteReason::WithParent, .. } => {}
            Verdict::Create { want } | Verdict::Replace { want, goes_along: true, .. } => {
                self.create(fate, want);
            }
            Verdict::Update { want, live, diff } => {
                if let Some((turn, have)) = turn {
                    // Whose it is, and that it stays, are no fields.
                    let of_no_field = |diff: &&FieldDiff| !is_of_field(want, live, diff);
                    let more = diff.iter().filter(of_no_field).cloned().collect();
                    self.change(fate, have, more, turn);
                } else {
                    let diff = diff.clone();
                    self.make(fate, Step::Update { want: boxed(want), have: boxed(live), diff });
                }
            }
            Verdict::Replace { want, live, order, half_made, .. } => {
                match half_made {
                    Some(half) => {
                        let diff = turns::rest(self.catalog.kind(&want.kind), want, half);
                        let step = Step::Update { want: boxed(want), have: boxed(half), diff };
                        self.make(fate, step);
                    }
                    None if *order == ReplaceOrder::CreateFirst => {
                        self.create(fate, &in_place_of(live, want));
                    }
                    None => self.create(fate, want),
                }
                let emptying = emptying(may_empty(&want.document));
                let id = self.unmake(
                    fate,
                    Step::Delete { have: boxed(live), emptying, along: 0, deadline: None },
                );
                if *order == ReplaceOrder::DeleteFirst {
                    self.clearing.insert(id);
                }
            }
            Verdict::Delete { live, force, .. } => {
                let emptying = emptying(*force);
                self.unmake(
                    fate,
                    Step::Delete { have: boxed(live), emptying, along: 0, deadline: None },
                );
            }
        }
    }

    /// Lets go of what makes room. Tells what the object is then.
    fn let_go(&mut self, place: Place, fate: &Fate<'_>, live: &Live, turn: &Turn) -> Live {
        let Some(lets_go) = &turn.lets_go else { return live.clone() };
        let (want, diff) = (&lets_go.want, lets_go.diff.clone());
        let step = Step::Update { want: boxed(want), have: boxed(live), diff };
        let id = self.push(fate, step);
        self.nodes[id.0].interim = true;
        self.letting_go.insert(place, id);
        self.making.insert(fate.address.clone(), id);
        turns::after(live, want, &lets_go.diff)
    }

    /// The rest of a change in turns, from what the object is by then.
    fn change(&mut self, fate: &Fate<'_>, mut have: Live, mut more: Vec<FieldDiff>, turn: &Turn) {
        let Some(want) = fate.verdict.want() else { return };
        let kind = self.catalog.kind(&want.kind);
        let mut before = self.making.get(&fate.address).copied();
        if let Some(wide) = &turn.wide {
            let mut diff = turns::rest(kind, &wide.want, &have);
            let then = turns::after(&have, &wide.want, &diff);
            diff.append(&mut more);
            if !diff.is_empty() {
                let (want, have) = (boxed(&wide.want), boxed(&have));
                let id = self.make(fate, Step::Update { want, have, diff });
                self.nodes[id.0].interim = true;
                self.follow(id, before.replace(id));
            }
            have = then;
        }
        let mut diff = turns::rest(kind, want, &have);
        diff.append(&mut more);
        if diff.is_empty() {
            // To let go was all.
            if let Some(before) = before {
                self.nodes[before.0].interim = false;
            }
            return;
        }
        let step = Step::Update { want: boxed(want), have: Box::new(have), diff };
        let id = match &turn.wide {
            Some(wide) => {
                let id = self.push(fate, step);
                self.narrowing.insert(id, wide.until.clone());
                id
            }
            None => self.make(fate, step),
        };
        self.follow(id, before);
    }

    fn follow(&mut self, step: StepId, before: Option<StepId>) {
        if let Some(before) = before {
            self.nodes[step.0].needs.insert(before, Need::End);
        }
    }

    /// Makes an object: of a circle first without what names the others.
    fn create(&mut self, fate: &Fate<'_>, want: &Desired) {
        let kind = self.catalog.kind(&want.kind);
        let Some(broken) = kind.and_then(|kind| self.circles.broken(want, kind)) else {
            self.make(fate, Step::Create { want: boxed(want) });
            return;
        };
        let Broken { first, made, later } = broken;
        let founding = self.push(fate, Step::Create { want: Box::new(first) });
        self.nodes[founding.0].interim = true;
        self.founding.insert(fate.address.clone(), founding);
        let step = Step::Update { want: boxed(want), have: Box::new(made), diff: later };
        let id = self.make(fate, step);
        self.follow(id, Some(founding));
    }

    fn make(&mut self, fate: &Fate<'_>, step: Step) -> StepId {
        let id = self.push(fate, step);
        self.making.insert(fate.address.clone(), id);
        id
    }

    fn unmake(&mut self, fate: &Fate<'_>, step: Step) -> StepId {
        let id = self.push(fate, step);
        self.unmaking.insert(fate.address.clone(), id);
        id
    }

    fn push(&mut self, fate: &Fate<'_>, step: Step) -> StepId {
        let id = StepId(self.nodes.len());
        let address = fate.address.clone();
        self.nodes.push(StepNode { id, address, step, needs: BTreeMap::new(), interim: false });
        id
    }

    /// What goes with its parent is counted there.
    fn count_along(&mut self, fates: &[Fate<'_>]) {
        let parents = fates.iter().filter_map(|fate| match &fate.verdict {
            Verdict::Delete { live, why: DeleteReason::WithParent, .. }
            | Verdict::Replace { live, goes_along: true, .. } => live.parent.as_ref(),
            Verdict::Delete { .. }
            | Verdict::Replace { .. }
            | Verdict::Keep { .. }
            | Verdict::Create { .. }
            | Verdict::Update { .. } => None,
        });
        let mut children: BTreeMap<(&str, &Identity), usize> = BTreeMap::new();
        for parent in parents {
            *children.entry((&parent.kind, &parent.identity)).or_default() += 1;
        }
        for node in &mut self.nodes {
            if let Step::Delete { have, along, .. } = &mut node.step {
                *along = children.get(&(&have.kind, &have.identity)).copied().unwrap_or_default();
            }
        }
    }
}

/// What comes while an object is there that goes after it: of one name with that, it knows who
/// has the name until then.
fn in_place_of(live: &Live, want: &Desired) -> Desired {
    let is_one_name = live.identity == want.identity;
    let instead_of = live.arn().filter(|_| is_one_name).map(str::to_owned);
    Desired { instead_of, ..want.clone() }
}

/// Whether a diff is of a field, and not of whose it is or how it is doing.
fn is_of_field(want: &Desired, live: &Live, diff: &FieldDiff) -> bool {
    let field = diff.path.top();
    want.document.contains_key(field) || live.document.contains_key(field)
}

/// A step's own: the plan outlives what it was drawn from.
fn boxed<T: Clone>(drawn_from: &T) -> Box<T> {
    Box::new(drawn_from.clone())
}
