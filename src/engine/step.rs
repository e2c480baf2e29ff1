//! One step of a run, from its first call to its confirmation.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::event::Outcome;
use super::execute::{Site, Until, lookup};
use super::port::{Answer, FactSink};
use super::stop::{Stop, Urgency};
use super::wait::{Backoff, Persistence, pause};
use crate::model::{
    Address, CloudError, Desired, Diagnostic, ErrorClass, FactRef, Facts, FieldDiff, InFlight,
    KindInfo, Live, Status, document,
};
use crate::plan::{Canon, Need, Step, StepId, StepNode, differences};

/// A sign of life at least this often while waiting.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What a step tells while it runs.
#[derive(Clone, Debug)]
pub(super) enum Signal {
    Facts(Facts),
    Accepted(Facts),
    Retrying { attempt: u32, error: CloudError, pause: Duration },
    Waiting { waited: Duration, seen: String },
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
    pub(super) signal: mpsc::UnboundedSender<(StepId, Signal)>,
    pub(super) stop: Stop,
}

/// Why a step's calls came to no good end.
enum Trouble {
    Cloud { error: CloudError, attempts: u32 },
    Refused(Diagnostic),
}

impl Trouble {
    fn outcome(self) -> Outcome {
        match self {
            Self::Cloud { error, attempts } => Outcome::Failed { error, attempts },
            Self::Refused(reason) => Outcome::Refused { reason },
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

impl StepRun<'_> {
    pub(super) async fn carry_out(mut self) -> Outcome {
        let (want, made) = match &self.node.step {
            Step::Create { want } => match self.ready(want, None) {
                Ok(want) => {
                    let made = self.create(&want).await;
                    (Some(want), made)
                }
                Err(trouble) => (None, Err(trouble)),
            },
            Step::Update { want, have, diff } => match self.ready(want, Some(have)) {
                Ok(want) => {
                    let made = self.update(&want, have, diff).await;
                    (Some(want), made)
                }
                Err(trouble) => (None, Err(trouble)),
            },
            Step::Delete { have, emptying, .. } => {
                let (writer, emptying) = (self.site.writer, *emptying);
                // Who is in the way may have gone moments ago, in this very run.
                let in_flight = !self.node.needs.is_empty();
                let delete = async || writer.delete(have, emptying).await;
                (None, self.persist(in_flight, delete).await.map(|()| Facts::new()))
            }
        };
        match made {
            Ok(facts) => {
                self.tell(Signal::Accepted(facts.clone()));
                match want {
                    Some(want) => self.conclude(want, facts).await,
                    None => Outcome::Done { facts },
                }
            }
            Err(trouble) => trouble.outcome(),
        }
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
            self.confirm(&want, facts).await
        } else {
            Outcome::Done { facts }
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
        let want = self.ready(stated, None)?;
        let mut live = self.seek(&want, unseen(&want)).await?;
        // A look that lags behind must not hide what this step has just written.
        for (field, value) in &written.document {
            if want.document.get(field) != Some(value) {
                live.document.insert(field.clone(), value.clone());
            }
        }
        let facts = self.put_right(&want, live).await?;
        Ok((want, facts))
    }

    /// The resource as it is to be written: with the facts that became known in
    /// this run, and what is ignored as the object has it.
    fn ready(&self, want: &Desired, have: Option<&Live>) -> Result<Desired, Trouble> {
        let canon = self.canon();
        let filled = canon.with_facts(want, &|fact| lookup(&self.known, fact));
        let filled = filled.map_err(|problems| Trouble::Refused(in_one(problems)))?;
        let filled = filled.unwrap_or_else(|| want.clone());
        let pending = document::pending_facts(&Value::Object(filled.document.clone()));
        if let Some(fact) = pending.first() {
            return Err(Trouble::Refused(not_known(want, fact)));
        }
        Ok(match have {
            Some(live) => canon.with_ignored(&filled, live).unwrap_or(filled),
            None => filled,
        })
    }

    fn canon(&self) -> Canon<'_> {
        let Site { catalog, plan, .. } = self.site;
        Canon { catalog, stack: &plan.stack, place: &plan.place }
    }

    /// How far this step goes: further than it was told, where others wait until
    /// it is ready, or seen.
    fn until(&self) -> Until {
        let blocks = self.kind().is_some_and(|kind| kind.patience.blocks);
        let needs = || self.site.plan.steps.iter().filter_map(|n| n.needs.get(&self.node.id));
        if blocks && needs().next().is_some() {
            Until::Ready
        } else if self.site.until < Until::Configured && needs().any(|need| *need == Need::Seen) {
            Until::Configured
        } else {
            self.site.until
        }
    }

    fn kind(&self) -> Option<&KindInfo> {
        self.site.catalog.kind(self.node.step.kind())
    }

    async fn create(&mut self, want: &Desired) -> Result<Facts, Trouble> {
        let (known, mut told) = FactSink::new();
        let (writer, signal, id) = (self.site.writer, self.signal.clone(), self.node.id);
        let in_flight = self.relies_on_this_run(want);
        let made = {
            let creating = self.persist(in_flight, async || writer.create(want, &known).await);
            tokio::pin!(creating);
            loop {
                tokio::select! {
                    biased;
                    Some(facts) = told.recv() => {
                        let _run_is_over = signal.send((id, Signal::Facts(facts)));
                    }
                    made = &mut creating => break made,
                }
            }
        };
        // Told in the same breath as the end.
        while let Ok(facts) = told.try_recv() {
            self.tell(Signal::Facts(facts));
        }
        match made {
            Err(Trouble::Cloud { error, .. }) if error.class == ErrorClass::Exists => {
                self.take_up(want, error).await
            }
            other => other,
        }
    }

    /// Something is there already: what an earlier run or a lost answer left
    /// behind is taken up, anything else is left alone.
    async fn take_up(&mut self, want: &Desired, error: CloudError) -> Result<Facts, Trouble> {
        let live = self.seek(want, error).await?;
        self.put_right(want, live).await
    }

    /// Looks for what is known to be there, until a look shows it. Refuses what is
    /// not ours.
    async fn seek(&mut self, want: &Desired, error: CloudError) -> Result<Live, Trouble> {
        let Site { writer, catalog, plan, .. } = self.site;
        let (sought, kind) = (want.sought(), catalog.kind(&want.kind));
        let tagged = kind.is_none_or(|kind| kind.tagged);
        let is_ours = |live: &Live| {
            !tagged || live.owner.as_ref().is_some_and(|owner| owner.stack == plan.stack)
        };
        // Reads lag: what is there may not be seen yet, and what is seen may be
        // what was there before.
        let is_past = |live: &Live| {
            let mut diff = kind.map(|kind| differences(kind, want, live)).into_iter().flatten();
            matches!(live.status, Status::Deleting(_)) || diff.any(|diff| diff.forces_replace)
        };
        let unseen =
            CloudError { class: ErrorClass::NotYet(InFlight::Dependency), ..error.clone() };
        let look = async || match writer.find(&sought).await? {
            Some(live) if !is_ours(&live) || !is_past(&live) => Ok(live),
            Some(_) | None => Err(unseen.clone()),
        };
        let live = match self.persist(true, look).await {
            Err(Trouble::Cloud { error: last, attempts }) if last == unseen => {
                return Err(Trouble::Cloud { error, attempts });
            }
            other => other?,
        };
        if is_ours(&live) { Ok(live) } else { Err(Trouble::Refused(not_ours(want, &live))) }
    }

    async fn put_right(&mut self, want: &Desired, live: Live) -> Result<Facts, Trouble> {
        let left_alone = self.canon().with_ignored(want, &live);
        let want = left_alone.as_ref().unwrap_or(want);
        let diff = self.differences(want, &live);
        let changed = match diff.as_slice() {
            [] => Facts::new(),
            diff => self.update(want, &live, diff).await?,
        };
        Ok(live.facts.into_iter().chain(changed).collect())
    }

    async fn update(
        &mut self,
        want: &Desired,
        have: &Live,
        diff: &[FieldDiff],
    ) -> Result<Facts, Trouble> {
        let writer = self.site.writer;
        let in_flight = self.relies_on_this_run(want);
        self.persist(in_flight, async || writer.update(want, have, diff).await).await
    }

    /// Whether a refusal may be a race with what this run has just written.
    fn relies_on_this_run(&self, want: &Desired) -> bool {
        want.mentions.iter().chain(want.edges.keys()).any(|it| self.written.contains(it))
    }

    /// Calls until it succeeds, fails for good, or the run is abandoned.
    async fn persist<T>(
        &mut self,
        in_flight: bool,
        call: impl AsyncFn() -> Answer<T>,
    ) -> Result<T, Trouble> {
        let mut persistence = Persistence::new(self.site.seed ^ self.node.id.0 as u64, in_flight);
        loop {
            persistence.attempt();
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let attempts = persistence.attempts();
            let Some(length) = persistence.pause_after(&error) else {
                return Err(Trouble::Cloud { error, attempts });
            };
            let again = Signal::Retrying { attempt: attempts, error: error.clone(), pause: length };
            self.tell(again);
            if !pause(length, &mut self.stop).await {
                return Err(Trouble::Cloud { error, attempts });
            }
        }
    }

    /// Reads until the object is what was asked.
    async fn confirm(&mut self, want: &Desired, mut facts: Facts) -> Outcome {
        let patience = self.kind().map(|kind| kind.patience).unwrap_or_default();
        let began = Instant::now();
        let mut backoff = Backoff::new(self.site.seed ^ self.node.id.0 as u64);
        let (mut steady, mut heartbeat) = (0, began);
        loop {
            let seen = match self.look(want).await {
                Sight::AsAsked(live) => {
                    facts.extend(live.facts);
                    steady += 1;
                    if steady >= patience.steady {
                        return Outcome::Done { facts };
                    }
                    "as asked, waiting for it to hold".to_owned()
                }
                Sight::NotYet(seen) => {
                    steady = 0;
                    seen
                }
                Sight::Never(error) => return Outcome::Failed { error, attempts: 1 },
            };
            let (waited, length) = (began.elapsed(), backoff.pause());
            if waited + length > patience.deadline {
                return Outcome::TimedOut { waited, seen };
            }
            if heartbeat.elapsed() >= HEARTBEAT {
                heartbeat = Instant::now();
                self.tell(Signal::Waiting { waited, seen });
            }
            if self.stop.urgency() == Urgency::Abandon || !pause(length, &mut self.stop).await {
                return Outcome::Unconfirmed;
            }
        }
    }

    async fn look(&self, want: &Desired) -> Sight {
        let live = match self.site.writer.find(&want.sought()).await {
            Ok(Some(live)) => live,
            Ok(None) => return Sight::NotYet("not visible yet".into()),
            Err(error) => {
                return match error.class {
                    ErrorClass::Throttled
                    | ErrorClass::Transient
                    | ErrorClass::Absent
                    | ErrorClass::NotYet(_) => Sight::NotYet(error.to_string()),
                    ErrorClass::Exists
                    | ErrorClass::Denied
                    | ErrorClass::Quota
                    | ErrorClass::Invalid
                    | ErrorClass::Credentials
                    | ErrorClass::Unexpected => Sight::Never(error),
                };
            }
        };
        if matches!(live.status, Status::Awaiting(_)) {
            return Sight::AsAsked(live); // Nobody can wait for another's act.
        }
        if let Some(first) = self.differences(want, &live).first() {
            return Sight::NotYet(format!("{} is not as asked yet", first.path));
        }
        match &live.status {
            Status::Current | Status::Awaiting(_) => Sight::AsAsked(live),
            Status::InProgress(_) | Status::Deleting(_) if self.until() < Until::Ready => {
                Sight::AsAsked(live)
            }
            Status::InProgress(why) | Status::Deleting(why) => Sight::NotYet(why.clone()),
            Status::Failed(why) => Sight::Never(failed(want, why)),
        }
    }

    /// What differs of what is ours to state.
    fn differences(&self, want: &Desired, live: &Live) -> Vec<FieldDiff> {
        self.kind().map(|kind| differences(kind, want, live)).unwrap_or_default()
    }

    fn tell(&self, signal: Signal) {
        let _run_is_over = self.signal.send((self.node.id, signal));
    }
}

/// What a confirming read showed.
enum Sight {
    AsAsked(Live),
    NotYet(String),
    Never(CloudError),
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

fn unseen(want: &Desired) -> CloudError {
    CloudError {
        attempted: format!("write {} {} again", want.kind, want.identity),
        operation: String::new(),
        class: ErrorClass::Absent,
        code: String::new(),
        message: "it was written moments ago, and no read shows it".into(),
        request_id: None,
        hint: Some("run the same command again".into()),
    }
}

fn not_ours(want: &Desired, live: &Live) -> Diagnostic {
    let whose = live
        .owner
        .as_ref()
        .map_or_else(|| "nobody".to_owned(), |owner| format!("stack {}", owner.stack));
    Diagnostic::error(format!("{} {} appeared while we worked", want.kind, want.identity))
        .because(format!("it belongs to {whose}, and was not touched"))
        .hint("run the same command again to see it in the plan")
}

fn failed(want: &Desired, why: &str) -> CloudError {
    CloudError {
        attempted: format!("bring {} {} into service", want.kind, want.identity),
        operation: "the object's status".into(),
        class: ErrorClass::Unexpected,
        code: "Failed".into(),
        message: why.to_owned(),
        request_id: None,
        hint: None,
    }
}
