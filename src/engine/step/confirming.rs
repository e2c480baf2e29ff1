//! What follows the calls of a step: reading until the cloud shows what was
//! asked.

use tokio::time::Instant;

use super::making::{APPEARED, STEADY, not_ours};
use super::{HEARTBEAT, Signal, StepRun};
use crate::engine::event::Outcome;
use crate::engine::execute::Until;
use crate::engine::stop::Urgency;
use crate::engine::wait::{Backoff, pause};
use crate::model::{CloudError, Desired, ErrorClass, Facts, Live, Status};

impl StepRun<'_> {
    /// Reads until the object is what was asked.
    pub(super) async fn confirm(&mut self, want: &Desired, mut facts: Facts) -> Outcome {
        let patience = self.kind().map(|kind| kind.patience).unwrap_or_default();
        let began = Instant::now();
        let mut backoff = Backoff::new(self.site.seed ^ self.node.id.0 as u64);
        let (mut steady, mut unowned, mut heartbeat) = (0, 0, began);
        loop {
            let sight = self.look(want).await;
            unowned = if matches!(sight, Sight::Nobodys(_)) { unowned + 1 } else { 0 };
            let seen = match sight {
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
                // Tags may show later than the object that was made with them.
                Sight::Nobodys(_) if self.is_proven || unowned < STEADY => {
                    steady = 0;
                    "no owner is visible yet".to_owned()
                }
                Sight::Nobodys(live) | Sight::Others(live) => {
                    return Outcome::Refused { reason: not_ours(&live, APPEARED) };
                }
                Sight::Never(error) => return Outcome::Failed { error, attempts: 1 },
            };
            let (waited, length) = (began.elapsed(), backoff.pause());
            if waited + length > patience.deadline {
                return Outcome::TimedOut { waited, seen };
            }
            if heartbeat.elapsed() >= HEARTBEAT {
                heartbeat = Instant::now();
                self.tell(Signal::Waiting { waited, limit: patience.deadline, seen });
            }
            if self.stop.urgency() == Urgency::Abandon || !pause(length, &mut self.stop).await {
                return Outcome::Unconfirmed;
            }
        }
    }

    async fn look(&mut self, want: &Desired) -> Sight {
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
        if !self.prover().claimant.owns(&live, self.site.catalog) {
            return if live.owner.is_some() { Sight::Others(live) } else { Sight::Nobodys(live) };
        }
        self.be_proven();
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
}

/// What a confirming read showed.
enum Sight {
    AsAsked(Live),
    NotYet(String),
    /// It is another stack's.
    Others(Live),
    /// It carries no owner.
    Nobodys(Live),
    Never(CloudError),
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
