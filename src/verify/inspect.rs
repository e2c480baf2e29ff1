//! Runs checks side by side and hands over each result as it comes.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::behaviour::{Behaviour, Trial, Watch};
use super::conformance::{self, CONFORMANCE};
use super::rules::{Judgement, RULES, Rule};
use crate::engine::wait::elapse;
use crate::model::{
    CheckInfo, CloudError, ErrorClass, Finding, Inspected, Level, Scene, Skip, Verdict,
};
use crate::plan::Plan;

/// From one sign of life to the next: as often as any command gives one.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What an inspection is made of.
pub struct Inspection<'a> {
    /// What an apply would do.
    pub plan: &'a Plan,
    /// What lives.
    pub scene: &'a Scene,
    /// The exercises that the cloud brings.
    pub behaviours: &'a [Box<dyn Behaviour>],
    /// Which checks.
    pub choice: &'a Choice,
    /// What the stack file leaves out.
    pub skips: &'a [Skip],
    /// For everything together.
    pub timeout: Duration,
}

/// Which checks to run.
#[derive(Clone, Debug)]
pub struct Choice {
    /// These alone; all where it is empty.
    pub only: BTreeSet<String>,
    /// Not these.
    pub skip: BTreeSet<String>,
    /// Not those whose findings are less bad.
    pub least: Level,
}

impl Choice {
    /// All checks.
    pub const ALL: Self = Self { only: BTreeSet::new(), skip: BTreeSet::new(), least: Level::Note };

    /// Whether a check is chosen.
    pub fn takes(&self, info: &CheckInfo) -> bool {
        let named = |names: &BTreeSet<String>| names.contains(info.id);
        (self.only.is_empty() || named(&self.only))
            && !named(&self.skip)
            && info.level >= self.least
    }
}

/// What happens during an inspection, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Notice {
    /// A trial begins.
    Started {
        /// The check's id.
        check: String,
        /// Of what.
        subject: String,
        /// How long it may take.
        limit: Duration,
    },
    /// A trial waits. Said again every ten seconds while it does.
    Awaiting {
        /// The check's id.
        check: String,
        /// Of what.
        subject: String,
        /// For what.
        what: String,
        /// Since the trial began.
        waited: Duration,
        /// How long the trial may take.
        limit: Duration,
    },
    /// A check is done.
    Ended(Box<Inspected>),
}

/// Runs every chosen check. Results come in the order in which they end as
/// [`Notice::Ended`], and sorted as the answer.
pub async fn inspect(
    inspection: Inspection<'_>,
    notices: mpsc::UnboundedSender<Notice>,
) -> Vec<Inspected> {
    let Inspection { plan, scene, behaviours, choice, skips, timeout } = inspection;
    let mut results = Vec::new();
    if choice.takes(&CONFORMANCE) {
        results.extend(conformance::of(plan));
    }
    results.extend(judge(scene, choice));
    for result in &mut results {
        excuse(result, skips);
        let _nobody_looks_on = notices.send(Notice::Ended(Box::new(result.clone())));
    }
    let end = Instant::now() + timeout;
    let mut running: FuturesUnordered<_> = behaviours
        .iter()
        .filter(|behaviour| choice.takes(behaviour.info()))
        .flat_map(|behaviour| {
            let trials = behaviour.trials(scene).into_iter();
            trials.map(|trial| exercise(&inspection, behaviour.as_ref(), trial, end, &notices))
        })
        .collect();
    while let Some(result) = running.next().await {
        let _nobody_looks_on = notices.send(Notice::Ended(Box::new(result.clone())));
        results.push(result);
    }
    results.sort_by(|a, b| (a.kind, &a.check, &a.subject).cmp(&(b.kind, &b.check, &b.subject)));
    results
}

/// Every chosen rule over one scene; rules that nothing concerns are left out.
pub fn judge(scene: &Scene, choice: &Choice) -> Vec<Inspected> {
    let chosen = RULES.iter().filter(|rule| choice.takes(&rule.info));
    chosen
        .map(|rule| (rule, (rule.judge)(scene)))
        .filter(|(_, judgement)| !judgement.subjects.is_empty())
        .map(|(rule, judgement)| judged(rule, judgement))
        .collect()
}

fn judged(rule: &Rule, judgement: Judgement) -> Inspected {
    let Judgement { subjects, findings } = judgement;
    let verdict = if findings.is_empty() { Verdict::Passed } else { Verdict::Failed { findings } };
    done(&rule.info, subjects.join(", "), verdict)
}

fn done(info: &CheckInfo, subject: String, verdict: Verdict) -> Inspected {
    Inspected {
        check: info.id.into(),
        kind: info.kind,
        level: info.level,
        subject,
        verdict,
        took: Duration::ZERO,
        observations: Vec::new(),
    }
}

/// Takes out the findings that the stack file excuses. What has none left was
/// skipped.
pub fn excuse(result: &mut Inspected, skips: &[Skip]) {
    let Verdict::Failed { findings } = &mut result.verdict else { return };
    let skip_of =
        |finding: &Finding| skips.iter().find(|skip| skip.covers(&result.check, &finding.address));
    let reason = findings.iter().find_map(skip_of).map(|skip| skip.reason.clone());
    findings.retain(|finding| skip_of(finding).is_none());
    if let (true, Some(reason)) = (findings.is_empty(), reason) {
        result.verdict = Verdict::Skipped { reason };
    }
}

async fn exercise(
    inspection: &Inspection<'_>,
    behaviour: &dyn Behaviour,
    trial: Trial,
    end: Instant,
    notices: &mpsc::UnboundedSender<Notice>,
) -> Inspected {
    let Inspection { scene, skips, .. } = *inspection;
    let info = behaviour.info();
    let skip = skips.iter().find(|skip| trial.addresses.iter().any(|it| skip.covers(info.id, it)));
    if let Some(skip) = skip {
        return done(info, trial.subject, Verdict::Skipped { reason: skip.reason.clone() });
    }
    let limit = behaviour.deadline().min(end.duration_since(Instant::now()));
    let watch = Watch::new(info.id, &trial.subject, limit, notices.clone());
    watch.starts();
    let work = with_signs_of_life(behaviour.exercise(scene, &trial, &watch), &watch);
    let run = timeout(behaviour.deadline(), work);
    let verdict = match timeout_at(end, run).await {
        Ok(Ok(Ok(findings))) if findings.is_empty() => Verdict::Passed,
        Ok(Ok(Ok(findings))) => Verdict::Failed { findings },
        Ok(Ok(Err(error))) => Verdict::CouldNotLook { error: Box::new(error) },
        Ok(Err(_)) => out_of_time(&trial, &watch),
        Err(_) => Verdict::CouldNotLook { error: Box::new(cut_off(&trial)) },
    };
    let (took, observations) = (watch.elapsed(), watch.observations());
    Inspected { took, observations, ..done(info, trial.subject, verdict) }
}

/// Does some work, and says now and then what it still awaits.
async fn with_signs_of_life<T>(work: impl Future<Output = T>, watch: &Watch) -> T {
    let beats = async {
        loop {
            elapse(HEARTBEAT).await;
            watch.still_awaits();
        }
    };
    tokio::select! {
        biased;
        done = work => done,
        never = beats => never,
    }
}

/// What does not happen in time does not happen.
fn out_of_time(trial: &Trial, watch: &Watch) -> Verdict {
    let last = watch.observations().pop().map(|last| last.seen).unwrap_or_default();
    let message = format!("nothing came of it within {} s: {last}", watch.elapsed().as_secs());
    let findings = trial.addresses.first().map(|address| Finding::new(address, message));
    Verdict::Failed { findings: findings.into_iter().collect() }
}

fn cut_off(trial: &Trial) -> CloudError {
    CloudError {
        attempted: format!("exercise {}", trial.subject),
        operation: "the inspection".into(),
        class: ErrorClass::Unexpected,
        code: "OutOfTime".into(),
        message: "the time for the whole inspection was over".into(),
        request_id: None,
        hint: Some("raise --timeout".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_trial_gives_a_sign_of_life_every_ten_seconds() {
        let (notices, mut heard) = mpsc::unbounded_channel();
        let limit = Duration::from_secs(90);
        let watch = Watch::new("flow", "queue", limit, notices);
        let work = async {
            elapse(Duration::from_secs(12)).await;
            watch.awaits("our event");
            elapse(Duration::from_secs(13)).await;
        };
        with_signs_of_life(work, &watch).await;
        assert_eq!(watch.observations().len(), 1, "a sign of life is no observation");
        drop(watch);
        let mut said = Vec::new();
        while let Some(notice) = heard.recv().await {
            if let Notice::Awaiting { what, waited, limit: told, .. } = notice {
                assert_eq!(told, limit);
                said.push((waited.as_secs(), what));
            }
        }
        let said: Vec<(u64, &str)> = said.iter().map(|(at, what)| (*at, what.as_str())).collect();
        assert_eq!(said, [(10, "answers"), (12, "our event"), (20, "our event")]);
    }
}
