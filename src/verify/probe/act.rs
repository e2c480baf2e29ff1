//! One probe, carried out: what is sent, what is awaited, and what decides that nothing
//! more comes.

use std::time::Duration;

use futures::future::{join_all, try_join_all};
use serde_json::Value;
use tokio::time::Instant;

use super::judge::{Judged, Shortfall, judge, unwanted};
use super::{Sent, Stage};
use crate::engine::port::Answer;
use crate::engine::wait::{Backoff, elapse};
use crate::model::{CloudError, ErrorClass, Expectation, FactRef, Finding, Probe, Script, Sending};
use crate::verify::Watch;

/// A probe, and who it is tried by.
pub struct Part<'a> {
    /// With every fact in place, but for the nonce.
    pub probe: &'a Probe,
    /// What its messages are known by, and what those are known by that are sent behind
    /// them.
    pub nonces: [&'a str; 2],
    /// What sends and looks.
    pub stage: &'a dyn Stage,
    /// What was seen is told here.
    pub watch: &'a Watch,
}

/// Carries a probe out. Answers what is not as it expects.
///
/// # Errors
/// Where something could not be sent, or nobody could look.
pub async fn act(part: Part<'_>) -> Answer<Vec<Finding>> {
    let Part { probe, nonces: [nonce, later], stage, watch } = part;
    let own = named(probe, nonce);
    let patience = watch.patience(probe.within);
    let mut act = Act { probe, stage, watch, patience, number: 0 };
    let answers = act.send(&own.script.send, nonce).await?;
    watch.awaits(act.awaited(&own.script.expect));
    let short = act.wait(&own.script.expect, nonce, &answers).await?;
    if !short.is_empty() {
        return Ok(act.findings(short).await);
    }
    if !own.script.has_bounds() {
        return Ok(Vec::new());
    }
    let short = act.close(&own, nonce, later).await?;
    if !short.is_empty() {
        return Ok(act.findings(short).await);
    }
    let short = act.more_than_may_be(&own.script, nonce, &answers).await?;
    Ok(act.findings(short).await)
}

/// The probe with a nonce in place.
fn named(probe: &Probe, nonce: &str) -> Probe {
    let own = Probe::nonce();
    probe.filled(&|fact: &FactRef| (*fact == own).then(|| nonce.to_owned()))
}

struct Act<'a> {
    probe: &'a Probe,
    stage: &'a dyn Stage,
    watch: &'a Watch,
    patience: Duration,
    /// How many were sent.
    number: u32,
}

impl Act<'_> {
    /// Sends everything in its order. Answers with what functions answered.
    async fn send(&mut self, all: &[Sending], nonce: &str) -> Answer<Vec<Value>> {
        let mut answers = Vec::new();
        for sending in all {
            for _ in 0..sending.times() {
                self.number += 1;
                let Sent { called, answer } = self.stage.send(sending, nonce, self.number).await?;
                self.watch.saw(format!("{called} for {}", self.stage.called(sending.target())));
                answers.extend(answer);
            }
        }
        Ok(answers)
    }

    /// Waits until all of it is there. Answers what is not when the time is over, or
    /// when no time can make it good.
    async fn wait(
        &self,
        wanted: &[Expectation],
        nonce: &str,
        answers: &[Value],
    ) -> Answer<Vec<Shortfall>> {
        let until = Instant::now() + self.patience;
        // Nobody else waits for the same, so that any seed does.
        let mut backoff = Backoff::new(0);
        let mut open: Vec<&Expectation> = wanted.iter().collect();
        loop {
            let looks = open.iter().map(|one| self.look(one, nonce, answers));
            let looks = join_all(looks).await;
            let (mut left, mut short, mut blind) = (Vec::new(), Vec::new(), None);
            for (one, things) in open.into_iter().zip(looks) {
                match things.map(|things| judge(one, &self.place(one), &things)) {
                    Ok(Judged::Met) => {}
                    Ok(Judged::Lacking(shortfall)) => {
                        left.push(one);
                        short.push(shortfall);
                    }
                    Ok(Judged::Lost(shortfall)) => return Ok(vec![shortfall]),
                    Err(error) if may_pass(&error) => {
                        left.push(one);
                        blind = Some(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            if left.is_empty() {
                return Ok(Vec::new());
            }
            let time_left = until.saturating_duration_since(Instant::now());
            match blind {
                Some(error) if time_left.is_zero() => return Err(error),
                _ if time_left.is_zero() => return Ok(short),
                _ => elapse(backoff.pause().min(time_left)).await,
            }
            open = left;
        }
    }

    /// Sends what is to arrive later than all that was sent, and waits for it.
    async fn close(&mut self, own: &Probe, nonce: &str, later: &str) -> Answer<Vec<Shortfall>> {
        let (send, expect, nonce) = if let Some(closing) = &own.after {
            (closing.send.clone(), closing.expect.clone(), nonce)
        } else {
            let Script { send, expect, .. } = behind(self.probe, own, later);
            (send, expect, later)
        };
        let answers = self.send(&send, nonce).await?;
        let awaited = self.awaited(&expect);
        self.watch.awaits(format!("{awaited}, of a message that was sent later"));
        // As many as there may be is not asked of these: they show that it came so far.
        let short = self.wait(&expect, nonce, &answers).await?;
        let told = |shortfall: Shortfall| Shortfall {
            message: format!("of what was sent later, {}", shortfall.message),
            ..shortfall
        };
        Ok(short.into_iter().map(told).collect())
    }

    /// What is there beyond what may be, now that what was sent later is.
    async fn more_than_may_be(
        &self,
        script: &Script,
        nonce: &str,
        answers: &[Value],
    ) -> Answer<Vec<Shortfall>> {
        let looks = script.expect.iter().map(|one| async move {
            let things = self.look(one, nonce, answers).await?;
            Ok(match judge(one, &self.place(one), &things) {
                Judged::Met => None,
                Judged::Lacking(shortfall) | Judged::Lost(shortfall) => Some(shortfall),
            })
        });
        let kept = try_join_all(looks).await?;
        let looks = script.expect_not.iter().map(|one| async move {
            let things = self.look(one, nonce, answers).await?;
            Ok(unwanted(one, &self.place(one), &things))
        });
        let unwanted = try_join_all(looks).await?;
        Ok(kept.into_iter().chain(unwanted).flatten().collect())
    }

    async fn look(&self, one: &Expectation, nonce: &str, answers: &[Value]) -> Answer<Vec<Value>> {
        match one {
            Expectation::Result(_) => Ok(answers.to_vec()),
            Expectation::Error(failed) => {
                let says = |answer: &&Value| {
                    answer["error"].as_str().is_some_and(|it| it.contains(&failed.error))
                };
                Ok(answers.iter().filter(says).cloned().collect())
            }
            Expectation::Table(_)
            | Expectation::Queue(_)
            | Expectation::Bucket(_)
            | Expectation::Log(_)
            | Expectation::Execution(_)
            | Expectation::Kafka(_) => self.stage.look(one, nonce).await,
        }
    }

    /// What people call the place where something is expected.
    fn place(&self, one: &Expectation) -> String {
        one.target().map(|target| self.stage.called(target)).unwrap_or_default()
    }

    fn awaited(&self, expect: &[Expectation]) -> String {
        let mut places: Vec<String> = expect.iter().map(|one| self.place(one)).collect();
        places.dedup();
        places.retain(|place| !place.is_empty());
        if places.is_empty() {
            "an answer".to_owned()
        } else {
            format!("what comes of it in {}", places.join(", "))
        }
    }

    async fn findings(&self, short: Vec<Shortfall>) -> Vec<Finding> {
        if short.is_empty() {
            return Vec::new();
        }
        let clues = self.stage.clues().await;
        for clue in &clues {
            self.watch.saw(clue.clone());
        }
        let hint = (!clues.is_empty()).then(|| format!("look at this: {}", clues.join("; ")));
        let address = self.probe.address();
        let finding = |shortfall: Shortfall| Finding {
            expected: shortfall.expected,
            actual: shortfall.actual,
            hint: hint.clone(),
            ..Finding::new(
                &address,
                format!("{} ({} s)", shortfall.message, self.watch.elapsed().as_secs()),
            )
        };
        short.into_iter().map(finding).collect()
    }
}

/// The probe's own messages once more, under another nonce: what is known to be taken,
/// if anything is. In the groups of the first, so that queues which keep order deliver
/// them after these.
fn behind(probe: &Probe, own: &Probe, later: &str) -> Script {
    let mut script = named(probe, later).script;
    for (sending, first) in script.send.iter_mut().zip(&own.script.send) {
        sending.follow(first);
    }
    script
}

/// Whether the same look may go well in a moment.
fn may_pass(error: &CloudError) -> bool {
    match error.class {
        ErrorClass::Throttled | ErrorClass::Transient | ErrorClass::NotYet(_) => true,
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::Denied
        | ErrorClass::Credentials
        | ErrorClass::Quota
        | ErrorClass::Invalid
        | ErrorClass::Unexpected => false,
    }
}
