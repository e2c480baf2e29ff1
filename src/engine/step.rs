//! One step of a run, from its first call to its confirmation.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::event::Outcome;
use super::execute::{Site, Until, lookup};
use super::port::{Answer, FactSink};
use super::stop::{Stop, Urgency};
use super::wait::{Backoff, Persistence, pause};
use crate::model::{
    Address, CloudError, Desired, Diagnostic, ErrorClass, Facts, FieldDiff, Live, Status, compare,
    document,
};
use crate::plan::{Step, StepId, StepNode};

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
    pub(super) signal: mpsc::UnboundedSender<(StepId, Signal)>,
    pub(super) stop: Stop,
}

/// Why a step's calls came to no good end.
enum Trouble {
    Cloud { error: CloudError, attempts: u32 },
    Refused(Diagnostic),
}

impl StepRun<'_> {
    pub(super) async fn carry_out(mut self) -> Outcome {
        let (want, facts) = match &self.node.step {
            Step::Create { want } => {
                let want = self.filled(want);
                let made = self.create(&want).await;
                (Some(want), made)
            }
            Step::Update { want, have, diff } => {
                let want = self.filled(want);
                let made = self.update(&want, have, diff).await;
                (Some(want), made)
            }
            Step::Delete { have, emptying } => {
                let (writer, emptying) = (self.site.writer, *emptying);
                let gone = self.persist(false, async || writer.delete(have, emptying).await).await;
                (None, gone.map(|()| Facts::new()))
            }
        };
        match facts {
            Ok(facts) => {
                self.tell(Signal::Accepted(facts.clone()));
                match want {
                    Some(want) if self.site.until >= Until::Configured => {
                        self.confirm(&want, facts).await
                    }
                    Some(_) | None => Outcome::Done { facts },
                }
            }
            Err(Trouble::Cloud { error, attempts }) => Outcome::Failed { error, attempts },
            Err(Trouble::Refused(reason)) => Outcome::Refused { reason },
        }
    }

    /// The resource with the facts that became known in this run.
    fn filled(&self, want: &Desired) -> Desired {
        let mut want = want.clone();
        let fields = std::mem::take(&mut want.document);
        let filled = document::fill(&Value::Object(fields), &|fact| lookup(&self.known, fact));
        if let Value::Object(fields) = filled {
            want.document = fields;
        }
        want
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
                    made = &mut creating => break made,
                    Some(facts) = told.recv() => {
                        let _run_is_over = signal.send((id, Signal::Facts(facts)));
                    }
                }
            }
        };
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
        let writer = self.site.writer;
        let sought = want.sought();
        let found = self.persist(false, async || writer.find(&sought).await).await?;
        let Some(live) = found else {
            return Err(Trouble::Cloud { error, attempts: 1 });
        };
        let tagged = self.site.catalog.kind(&want.kind).is_none_or(|kind| kind.tagged);
        let stack = &self.site.plan.stack;
        let ours = live.owner.as_ref().is_some_and(|owner| owner.stack == *stack);
        if tagged && !ours {
            return Err(Trouble::Refused(not_ours(want, &live)));
        }
        let diff = self.differences(want, &live);
        if diff.is_empty() {
            return Ok(live.facts);
        }
        self.update(want, &live, &diff).await
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
        let written =
            |address: &Address| {
                self.site.plan.steps.iter().any(|node| {
                    node.address == *address && !matches!(node.step, Step::Delete { .. })
                })
            };
        want.mentions.iter().chain(want.edges.keys()).any(written)
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
        let patience = self.site.catalog.kind(&want.kind).map(|kind| kind.patience);
        let patience = patience.unwrap_or_default();
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
            Status::InProgress(_) | Status::Deleting(_) if self.site.until < Until::Ready => {
                Sight::AsAsked(live)
            }
            Status::InProgress(why) | Status::Deleting(why) => Sight::NotYet(why.clone()),
            Status::Failed(why) => Sight::Never(failed(want, why)),
        }
    }

    /// What differs of what is ours to state.
    fn differences(&self, want: &Desired, live: &Live) -> Vec<FieldDiff> {
        let unread = self.site.catalog.kind(&want.kind).map(|kind| kind.unread.clone());
        let mut ignored = unread.unwrap_or_default();
        ignored.extend(want.lifecycle.ignore_changes.clone());
        let mut diff = compare(&want.document, &live.document);
        diff.retain(|diff| !ignored.iter().any(|field| diff.path.is_within(field)));
        diff
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
