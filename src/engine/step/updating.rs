//! Changing an object until nothing is left to change: look until it is at rest,
//! compare, call for what comes first, and look again. What the cloud takes at
//! once needs one call and no second look.

use std::cell::Cell;

use super::looking::{CHANGED_HANDS, Snag, failed, gone, surely_ours, unseen};
use super::waiting::Clock;
use super::{AtWork, StepRun, Trouble};
use crate::engine::port::Accepted;
use crate::engine::proof::{self, Claim, Proven, Prover, Title};
use crate::model::{
    CloudError, Desired, Diagnostic, Document, ErrorClass, Facts, FieldDiff, KindInfo, LONG, Limit,
    Live, Sought, Status, Until,
};
use crate::plan::differences::STATUS;
use crate::plan::forecast::usual;
use crate::plan::ownership::{LIFECYCLE, OWNER};
use crate::plan::{Step, differences};

/// What is there already, and is to be changed.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    /// Canonical, with every fact that is known.
    pub(super) want: &'a Desired,
    /// As it was seen before.
    pub(super) have: &'a Live,
    /// What of it is to change, and nothing else.
    pub(super) diff: &'a [FieldDiff],
    /// What this step has written before, though no look may show it yet.
    pub(super) written: &'a Document,
}

/// How far a deletion is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// Until the object is gone.
    Gone,
    /// Until looks show that it goes.
    Seen,
}

/// How a change went on.
enum Went {
    /// Nothing is left of it.
    Over(Facts),
    /// This was left, and the first part of it was called for.
    On { left: Vec<FieldDiff>, told: Facts },
    /// Nothing can be called for yet.
    Waits(Waits),
}

/// What is waited for before anything else can be called for.
struct Waits {
    /// By what was seen.
    seen: String,
    /// What is as it was before the change, by then.
    left: Vec<FieldDiff>,
    told: Facts,
}

impl StepRun<'_> {
    /// Changes an object as it is by now: what has become as wanted is left out.
    /// Of what is left the first stage is called for, and nothing twice: until a
    /// look shows what was called for, it is waited for.
    pub(super) async fn update(
        &mut self,
        change: Change<'_>,
        proof: Option<Proven>,
    ) -> Result<Facts, Trouble> {
        let mut clock = Clock::new(self.limit(), self.seed());
        let (mut proof, mut called_for, mut facts) = (proof, None, Facts::new());
        loop {
            match self.next(change, proof.take(), called_for.as_deref()).await? {
                Went::Over(told) => return Ok(self.facts_after(change.diff, facts, told)),
                Went::On { left, told } => {
                    called_for = Some(left);
                    facts.extend(told);
                }
                Went::Waits(Waits { seen, left, told }) if self.is_left() => {
                    let rest = self.rest(&left, called_for.as_deref());
                    self.at_work = Some(AtWork { seen, rest });
                    return Ok(self.facts_after(change.diff, told, facts));
                }
                Went::Waits(Waits { seen, .. }) => self.wait(&mut clock, seen).await?,
            }
        }
    }

    async fn next(
        &mut self,
        change: Change<'_>,
        proof: Option<Proven>,
        called_for: Option<&[FieldDiff]>,
    ) -> Result<Went, Trouble> {
        let (site, prover, stop) = (self.site, self.prover(), self.stop.clone());
        let Change { want, have, diff, written } = change;
        let following = self.kind().into_iter().flat_map(|kind| kind.following(diff));
        let changing = diff.iter().map(|diff| diff.path.top()).chain(following);
        let changing = changing.map(str::to_owned);
        let sought = proof::again(have, changing.chain(self.known_by(&want.document)));
        let claim = Claim::of(want, diff);
        let (canon, kind) = (self.canon(), self.kind());
        // What this step has made is there, whatever looks that lag behind show.
        let is_made = matches!(self.node.step, Step::Create { .. })
            || site.plan.completes_creation(self.node);
        let missing = || {
            let unseen = CloudError { class: ErrorClass::Transient, ..unseen(want) };
            if is_made { Snag::Cloud(unseen) } else { Snag::Refused(gone(have)) }
        };
        let proof = Cell::new(proof);
        let next = async || {
            let proof = match proof.take() {
                Some(proof) => proof,
                None => surely_ours(prover, &sought, claim, stop.clone())
                    .await?
                    .ok_or_else(missing)?
                    .remembering(written),
            };
            let want = canon.with_ignored(want, proof.live());
            let want = want.as_ref().unwrap_or(change.want);
            let left = left_to_change(Change { want, ..change }, proof.live(), kind, prover);
            let stage = match stage(want, proof.live(), &left, called_for, kind)? {
                Stage::Waits(seen) => {
                    let told = proof.live().facts.clone();
                    return Ok(Went::Waits(Waits { seen, left, told }));
                }
                Stage::Call(stage) if stage.is_empty() => {
                    return Ok(Went::Over(proof.live().facts.clone()));
                }
                Stage::Call(stage) => stage,
            };
            Ok(match site.writer.update(want, proof, &stage).await? {
                Accepted::Done(told) if stage.len() == left.len() => Went::Over(told),
                Accepted::Done(told) | Accepted::Working(told) => Went::On { left, told },
            })
        };
        let in_flight = self.relies_on_this_run(want);
        self.persist(in_flight, next).await
    }

    /// How many calls are to follow, of what is left when some of it was called for.
    fn rest(&self, left: &[FieldDiff], called_for: Option<&[FieldDiff]>) -> usize {
        let Some(KindInfo { stages, .. }) = self.kind() else { return 0 };
        let called = if called_for == Some(left) { stages.first(left) } else { Vec::new() };
        let rest: Vec<FieldDiff> =
            left.iter().filter(|diff| !called.contains(diff)).cloned().collect();
        stages.rounds(&rest)
    }

    /// The facts of an object after a change: one that moved with it, and was not told
    /// in the end, is none any more.
    pub(super) fn facts_after(&self, diff: &[FieldDiff], mut had: Facts, told: Facts) -> Facts {
        let moved = |fact: &String| self.kind().is_some_and(|kind| kind.moves(fact, diff));
        had.retain(|fact, _| !moved(fact));
        had.extend(told);
        had
    }

    /// The object that was made, once the cloud has done with it.
    pub(super) async fn at_rest(
        &mut self,
        want: &Desired,
        sought: &Sought,
    ) -> Result<Proven, Trouble> {
        let mut clock = Clock::new(self.limit(), self.seed());
        loop {
            let found = self.seek(want, sought, Claim::Held, unseen(want)).await?;
            match &found.live().status {
                Status::InProgress(why) => {
                    let seen = why.clone();
                    self.wait(&mut clock, seen).await?;
                }
                Status::Failed(why) => {
                    return Err(Trouble::Cloud { error: failed(want, why), attempts: 1 });
                }
                Status::Current | Status::Awaiting(_) | Status::Deleting(_) => return Ok(found),
            }
        }
    }

    /// Whether what a step asks for is to be seen before others go on, or the run
    /// is over.
    pub(super) fn is_to_be_seen(&self) -> bool {
        let needed = self.site.plan.steps.iter().any(|node| node.needs.contains_key(&self.node.id));
        needed || self.site.until >= Until::Configured
    }

    /// How far a deletion is waited for: to its end where others or the run wait for it, or
    /// where that is a matter of moments. Otherwise it is to be seen at least, so that
    /// nobody takes the object for one that stays.
    pub(super) fn departure(&self) -> Departure {
        let usual = usual(&self.node.step, self.site.catalog);
        let is_short = usual.is_some_and(|usual| usual <= LONG);
        if is_short || self.is_to_be_seen() { Departure::Gone } else { Departure::Seen }
    }

    /// Waits until what is on its way out is gone, or another is in its place; or until looks
    /// show that it goes, where that is enough.
    pub(super) async fn leave(
        &mut self,
        sought: &Sought,
        limit: Limit,
        departure: Departure,
    ) -> Result<(), Trouble> {
        let (prover, mut clock) = (self.prover(), Clock::new(limit, self.seed()));
        let look = async || Ok(prover.look(sought, Claim::Held).await?);
        loop {
            let seen = match self.persist(true, look).await? {
                Title::Gone | Title::Others(_) => return Ok(()),
                Title::Ours(proof) => match &proof.live().status {
                    Status::Deleting(_) if departure == Departure::Seen => return Ok(()),
                    Status::Deleting(why) => why.clone(),
                    Status::Current
                    | Status::InProgress(_)
                    | Status::Awaiting(_)
                    | Status::Failed(_) => "it is still there".to_owned(),
                },
            };
            self.wait(&mut clock, seen).await?;
        }
    }

    /// Whether what has the name of a resource is on its way out, or gone by now:
    /// then it is waited for a moment, and the resource can be tried again.
    pub(super) async fn makes_room(
        &mut self,
        want: &Desired,
        clock: &mut Clock,
    ) -> Result<bool, Trouble> {
        let (writer, sought) = (self.site.writer, Sought { fields: None, ..want.sought() });
        let look = async || Ok(writer.find(&sought).await?);
        let seen = match self.persist(true, look).await?.map(|live| live.status) {
            None => "it is gone".to_owned(),
            Some(Status::Deleting(why)) => why,
            Some(
                Status::Current | Status::InProgress(_) | Status::Awaiting(_) | Status::Failed(_),
            ) => return Ok(false),
        };
        self.wait(clock, seen).await?;
        Ok(true)
    }
}

/// What can be done about what is left.
enum Stage {
    /// This can be called for: nothing, if nothing is left.
    Call(Vec<FieldDiff>),
    /// Nothing can be called for yet, by what was seen.
    Waits(String),
}

fn stage(
    want: &Desired,
    live: &Live,
    left: &[FieldDiff],
    called_for: Option<&[FieldDiff]>,
    kind: Option<&KindInfo>,
) -> Result<Stage, Snag> {
    if let Some(fixed) = left.iter().find(|diff| diff.forces_replace) {
        return Err(Snag::Refused(replaced(live, fixed)));
    }
    match &live.status {
        Status::InProgress(why) => return Ok(Stage::Waits(why.clone())),
        // A call may mend it, unless it was the call that broke it.
        Status::Failed(why) if left.is_empty() || called_for.is_some() => {
            return Err(Snag::Cloud(failed(want, why)));
        }
        Status::Current | Status::Awaiting(_) | Status::Failed(_) | Status::Deleting(_) => {}
    }
    Ok(match left.first() {
        Some(first) if called_for == Some(left) => {
            Stage::Waits(format!("{} is not as asked yet", first.path))
        }
        Some(_) | None => {
            Stage::Call(kind.map_or_else(|| left.to_vec(), |kind| kind.stages.first(left)))
        }
    })
}

/// What a change still has to write, of that for which it was planned.
fn left_to_change(
    change: Change<'_>,
    live: &Live,
    kind: Option<&KindInfo>,
    prover: Prover<'_>,
) -> Vec<FieldDiff> {
    let Change { want, diff: planned, .. } = change;
    // What a change of these makes other than asked is written with them.
    let following = kind.into_iter().flat_map(|kind| kind.following(planned));
    let following: Vec<&str> = following.collect();
    let is_planned =
        |top: &str| planned.iter().any(|diff| diff.path.top() == top) || following.contains(&top);
    let mut left = kind.map(|kind| differences(kind, want, live)).unwrap_or_default();
    left.retain(|diff| is_planned(diff.path.top()));
    let owner = live.owner.as_ref();
    let claimed = prover.claimant.owns(live, prover.catalog)
        && owner.is_some_and(|owner| prover.claimant.is_told_by(owner, &want.address));
    let protected = owner.is_some_and(|owner| owner.prevent_destroy);
    let mends = kind.is_some_and(|kind| kind.mends);
    let may_mend = mends && matches!(live.status, Status::Failed(_));
    let beside = planned.iter().filter(|diff| match diff.path.top() {
        OWNER => !claimed,
        LIFECYCLE => {
            protected != want.lifecycle.prevent_destroy
                || owner.is_some_and(|owner| owner.uses != want.lifecycle.uses)
        }
        STATUS => live.is_going() || may_mend,
        _ => false,
    });
    left.extend(beside.cloned());
    left
}

fn replaced(have: &Live, fixed: &FieldDiff) -> Diagnostic {
    Diagnostic::error(format!("{} {} {CHANGED_HANDS}", have.kind, have.identity))
        .because(format!("its `{}` is another by now, and cannot change in place", fixed.path))
        .hint("run the same command again to see it in the plan")
}
