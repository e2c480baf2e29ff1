//! What follows the calls of a step: reading until the cloud shows what was
//! asked.

use super::looking::{APPEARED, STEADY, failed, not_ours};
use super::waiting::Clock;
use super::{StepRun, Trouble};
use crate::engine::event::Outcome;
use crate::model::{CloudError, Desired, ErrorClass, Facts, Live, Status, Until};

impl StepRun<'_> {
    /// Reads until the object is what was asked.
    pub(super) async fn confirm(&mut self, want: &Desired, facts: Facts) -> Outcome {
        match self.seen_through(want, facts).await {
            Ok(facts) => Outcome::Done { facts },
            Err(trouble) => trouble.outcome(),
        }
    }

    async fn seen_through(&mut self, want: &Desired, mut facts: Facts) -> Result<Facts, Trouble> {
        let enough = self.patience().steady;
        let mut clock = Clock::new(self.limit(), self.seed());
        let (mut steady, mut unowned) = (0, 0);
        loop {
            let observed = self.look(want).await;
            unowned = if matches!(observed, Observed::Unowned(_)) { unowned + 1 } else { 0 };
            let seen = match observed {
                Observed::AsAsked(live) => {
                    facts.extend(live.facts);
                    steady += 1;
                    if steady >= enough {
                        return Ok(facts);
                    }
                    "as asked, waiting for it to hold".to_owned()
                }
                Observed::NotYet(seen) => {
                    steady = 0;
                    seen
                }
                // Tags may show later than the object that was made with them.
                Observed::Unowned(_) if self.is_proven || unowned < STEADY => {
                    steady = 0;
                    "no owner is visible yet".to_owned()
                }
                Observed::Unowned(live) | Observed::Foreign(live) => {
                    return Err(Trouble::Refused(not_ours(&live, APPEARED)));
                }
                Observed::Never(error) => return Err(Trouble::Cloud { error, attempts: 1 }),
            };
            self.wait(&mut clock, seen).await?;
        }
    }

    async fn look(&mut self, want: &Desired) -> Observed {
        let live = match self.site.writer.find(&want.sought()).await {
            Ok(Some(live)) => live,
            Ok(None) => return Observed::NotYet("not visible yet".into()),
            Err(error) => {
                return match error.class {
                    ErrorClass::Throttled
                    | ErrorClass::Transient
                    | ErrorClass::Absent
                    | ErrorClass::NotYet(_) => Observed::NotYet(error.to_string()),
                    ErrorClass::Exists
                    | ErrorClass::Denied
                    | ErrorClass::Quota
                    | ErrorClass::Invalid
                    | ErrorClass::Credentials
                    | ErrorClass::Unexpected => Observed::Never(error),
                };
            }
        };
        if !self.prover().claimant.owns(&live, self.site.catalog) {
            return if live.owner.is_some() {
                Observed::Foreign(live)
            } else {
                Observed::Unowned(live)
            };
        }
        self.be_proven();
        if want.comes_instead_of(&live) {
            return Observed::NotYet("what was there before is seen".into());
        }
        if matches!(live.status, Status::Awaiting(_)) {
            return Observed::AsAsked(live); // Nobody can wait for another's act.
        }
        if let Some(first) = self.differences(want, &live).first() {
            return Observed::NotYet(format!("{} is not as asked yet", first.path));
        }
        match &live.status {
            Status::Current | Status::Awaiting(_) => Observed::AsAsked(live),
            Status::InProgress(_) | Status::Deleting(_) if self.until() < Until::Ready => {
                Observed::AsAsked(live)
            }
            Status::InProgress(why) | Status::Deleting(why) => Observed::NotYet(why.clone()),
            Status::Failed(why) => Observed::Never(failed(want, why)),
        }
    }
}

/// What a confirming read showed.
enum Observed {
    AsAsked(Live),
    NotYet(String),
    /// It is another stack's.
    Foreign(Live),
    /// It carries no owner.
    Unowned(Live),
    Never(CloudError),
}
