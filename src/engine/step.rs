//! One step of a run, from its first call to its confirmation.

mod confirming;
mod looking;
mod making;
mod updating;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};

use self::looking::unseen;
use self::making::Removal;
use self::updating::Change;
use super::event::Outcome;
use super::port::Sent;
use super::proof::Claim;
use super::site::Site;
use super::stop::{Stop, Urgency};
use crate::model::{
    Address, CloudError, Deadlines, Desired, Diagnostic, Document, FactRef, Facts, FieldDiff,
    KindInfo, Limit, Live, Patience, Until, document,
};
use crate::plan::forecast::{goes_until, is_left};
use crate::plan::{Canon, Step, StepId, StepNode, differences};

/// What a step tells while it runs.
#[derive(Clone, Debug)]
pub(super) enum Signal {
    /// Of an object that is ours for certain.
    Facts(Facts),
    Accepted {
        facts: Facts,
        is_proven: bool,
    },
    /// What was accepted is ours for certain.
    Proven,
    Sending(Sent),
    Retrying {
        attempt: u32,
        error: CloudError,
        pause: Duration,
    },
    Waiting {
        waited: Duration,
        usual: Option<Duration>,
        limit: Duration,
        seen: String,
    },
}

/// One step and all that it needs.
pub(super) struct StepRun<'a> {
    pub(super) site: Site<'a>,
    pub(super) node: &'a StepNode,
    /// Facts that became known in this run before the step started.
    pub(super) known: BTreeMap<Address, Facts>,
    /// Those of them that were told before all of their step was accepted. Who
    /// told them may lose the name to a faster one, and take that one's facts.
    pub(super) early: BTreeMap<Address, watch::Receiver<Facts>>,
    /// What this run makes or changes.
    pub(super) written: &'a BTreeSet<&'a Address>,
    /// Whether what the step wrote to is ours for certain. What was "made" may
    /// have been there before, until a look shows its owner.
    pub(super) is_proven: bool,
    /// What the cloud is at that is not waited for.
    pub(super) at_work: Option<AtWork>,
    pub(super) signal: mpsc::UnboundedSender<(StepId, Signal)>,
    pub(super) stop: Stop,
}

/// What a step leaves to the cloud.
pub(super) struct AtWork {
    /// The last observation.
    seen: String,
    /// How many calls are to follow when it is done, as far as anybody knows.
    rest: usize,
}

/// Why a step's calls came to no good end.
enum Trouble {
    Cloud { error: CloudError, attempts: u32 },
    Refused(Diagnostic),
    TimedOut { waited: Duration, seen: String },
    Abandoned,
}

impl Trouble {
    fn outcome(self) -> Outcome {
        match self {
            Self::Cloud { error, attempts } => Outcome::Failed { error, attempts },
            Self::Refused(reason) => Outcome::Refused { reason },
            Self::TimedOut { waited, seen } => Outcome::TimedOut { waited, seen },
            Self::Abandoned => Outcome::Unconfirmed,
        }
    }
}

/// What became of the facts that a step was given early.
enum Early {
    /// They are what they were.
    Holds,
    /// They are others by now.
    Moved,
    /// Nobody waits for them any more.
    Abandoned,
}

impl<'a> StepRun<'a> {
    pub(super) async fn carry_out(mut self) -> Outcome {
        match self.written().await {
            Ok((want, facts)) => {
                let is_proven = self.is_proven;
                self.tell(Signal::Accepted { facts: facts.clone(), is_proven });
                self.conclude(want, facts).await
            }
            Err(outcome) => outcome,
        }
    }

    /// The calls of a creation or a change; or how the step ended with its calls.
    async fn written(&mut self) -> Result<(Desired, Facts), Outcome> {
        let made = match &self.node.step {
            Step::Create { want } => match self.ready(want) {
                Ok(want) => self.create(&want).await.map(|facts| (want, facts)),
                Err(trouble) => Err(trouble),
            },
            Step::Update { want, have, diff } => match self.ready(want) {
                Ok(want) => {
                    let change = Change { want: &want, have, diff, written: &Document::new() };
                    let changed = self.update(change, self.recalled(have, diff)).await;
                    changed.map(|facts| (want, facts))
                }
                Err(trouble) => Err(trouble),
            },
            Step::Delete { have, emptying, .. } => {
                let removed = self.remove(have, *emptying).await;
                if removed.is_ok() {
                    self.tell(Signal::Accepted { facts: Facts::new(), is_proven: true });
                }
                return Err(match removed {
                    Ok(Removal::Removed | Removal::Going) => Outcome::Done { facts: Facts::new() },
                    Ok(Removal::GoneAlready) => Outcome::Gone,
                    Err(trouble) => trouble.outcome(),
                });
            }
        };
        made.map_err(Trouble::outcome)
    }

    /// All that follows the calls of a creation or a change. What was written with
    /// facts that have moved is written again: to wait for it would be in vain.
    async fn conclude(&mut self, mut want: Desired, mut facts: Facts) -> Outcome {
        match self.settle().await {
            Early::Holds => {}
            Early::Moved => match self.write_again(&want).await {
                Ok((again, told)) => {
                    want = again;
                    facts.extend(told);
                }
                Err(trouble) => return trouble.outcome(),
            },
            Early::Abandoned => return Outcome::Unconfirmed,
        }
        if self.until() >= Until::Configured {
            return self.confirm(&want, facts).await;
        }
        match (self.be_sure(&want).await, self.at_work.take()) {
            (Ok(()), None) => Outcome::Done { facts },
            (Ok(()), Some(AtWork { seen, rest })) => Outcome::Begun { facts, seen, rest },
            (Err(trouble), _) => trouble.outcome(),
        }
    }

    /// Waits until whoever told facts early was accepted, or is over.
    async fn settle(&mut self) -> Early {
        let mut early = Early::Holds;
        for (address, mut facts) in std::mem::take(&mut self.early) {
            let settled = async { while facts.changed().await.is_ok() {} };
            tokio::select! {
                biased;
                () = settled => {}
                () = self.stop.at_least(Urgency::Abandon) => return Early::Abandoned,
            }
            let now = facts.borrow().clone();
            let before = self.known.insert(address, now.clone()).unwrap_or_default();
            if before.iter().any(|(fact, value)| now.get(fact) != Some(value)) {
                early = Early::Moved;
            }
        }
        early
    }

    /// Writes the resource with the facts as they are by now.
    async fn write_again(&mut self, written: &Desired) -> Result<(Desired, Facts), Trouble> {
        let stated = match &self.node.step {
            Step::Create { want } | Step::Update { want, .. } => want,
            Step::Delete { .. } => return Ok((written.clone(), Facts::new())),
        };
        let want = self.ready(stated)?;
        let claim = match &self.node.step {
            Step::Update { diff, .. } => Claim::of(&want, diff),
            Step::Create { .. } | Step::Delete { .. } => Claim::Held,
        };
        let found = self.seek(&want, &want.sought(), claim, unseen(&want)).await?;
        self.be_proven();
        // A look that lags behind must not hide what this step has just written.
        let mut before = written.document.clone();
        before.retain(|field, value| want.document.get(field) != Some(value));
        let facts = self.put_right(&want, found, &before).await?;
        Ok((want, facts))
    }

    /// Tells once that what this step wrote to is ours.
    fn be_proven(&mut self) {
        if !std::mem::replace(&mut self.is_proven, true) {
            self.tell(Signal::Proven);
        }
    }

    /// The resource as it is to be written: with the facts that became known in
    /// this run.
    fn ready(&self, want: &Desired) -> Result<Desired, Trouble> {
        let filled = self.canon().with_facts(want, &|fact| lookup(&self.known, fact));
        let filled = filled.map_err(|problems| Trouble::Refused(in_one(problems)))?;
        let filled = filled.unwrap_or_else(|| want.clone());
        let pending = document::pending_facts(&Value::Object(filled.document.clone()));
        match pending.first() {
            Some(fact) => Err(Trouble::Refused(not_known(want, fact))),
            None => Ok(filled),
        }
    }

    fn canon(&self) -> Canon<'a> {
        let Site { catalog, plan, .. } = self.site;
        Canon { catalog, claimant: plan.claimant() }
    }

    /// What differs of what is ours to state. What is ignored is as the object
    /// has it.
    fn differences(&self, want: &Desired, live: &Live) -> Vec<FieldDiff> {
        let left_alone = self.canon().with_ignored(want, live);
        let want = left_alone.as_ref().unwrap_or(want);
        self.kind().map(|kind| differences(kind, want, live)).unwrap_or_default()
    }

    /// How far this step goes.
    fn until(&self) -> Until {
        let Site { catalog, plan, until, .. } = self.site;
        goes_until(plan, self.node, catalog, until)
    }

    /// Whether the cloud is left to it as soon as it has accepted it.
    fn is_left(&self) -> bool {
        is_left(&self.node.step, self.site.catalog, self.site.until)
    }

    fn kind(&self) -> Option<&'a KindInfo> {
        self.site.catalog.kind(self.node.step.kind())
    }

    fn seed(&self) -> u64 {
        self.site.seed ^ self.node.id.0 as u64
    }

    /// How long it may take: as the stack file says, or else its kind.
    fn patience(&self) -> Patience {
        let patience = self.kind().map(|kind| kind.patience).unwrap_or_default();
        match &self.node.step {
            Step::Create { want } | Step::Update { want, .. } => {
                patience.stated(want.lifecycle.patience)
            }
            Step::Delete { deadline, .. } => {
                patience.stated(Deadlines { delete: *deadline, ..Deadlines::default() })
            }
        }
    }

    /// How long an object may take to become what this step asks.
    fn limit(&self) -> Limit {
        match &self.node.step {
            Step::Create { .. } => self.patience().create,
            Step::Update { .. } => self.patience().update,
            // What is not waited for goes at once, or is tried again as a change is.
            Step::Delete { .. } => self.patience().delete.unwrap_or(self.patience().update),
        }
    }

    fn tell(&self, signal: Signal) {
        let _run_is_over = self.signal.send((self.node.id, signal));
    }
}

/// Looks up a fact among those that became known in this run.
fn lookup(known: &BTreeMap<Address, Facts>, fact: &FactRef) -> Option<String> {
    known.get(&fact.address)?.get(&fact.fact).cloned()
}

/// A step is refused for one reason; what else there is to say is kept with it.
fn in_one(problems: Vec<Diagnostic>) -> Diagnostic {
    let mut problems = problems.into_iter();
    let first = problems.next().unwrap_or_else(|| Diagnostic::error("it cannot be written"));
    problems.fold(first, |first, other| first.hint(format!("see also: {}", other.summary)))
}

fn not_known(want: &Desired, fact: &FactRef) -> Diagnostic {
    Diagnostic::error(format!("{} needs {fact}, and it is not known", want.address))
        .because(format!("neither a read nor a call of this run told the `{}`", fact.fact))
        .hint("run the same command again; if it stays so, replace what lacks it")
}
