//! Runs checks side by side and hands over each result as it comes.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::behaviour::{Behaviour, Trial, Watch};
use super::choice::Choice;
use super::conformance::{self, CONFORMANCE, Foreign};
use super::interlude::{Interlude, Part};
use super::notice::Notice;
use super::rules::{Judged, RULES, Rule};
use crate::engine::wait::elapse;
use crate::model::{
    Address, CheckInfo, CheckKind, CloudError, ErrorClass, Finding, Inspected, Level, Scene, Skip,
    Verdict,
};
use crate::plan::Plan;

/// From one sign of life to the next: as often as any command gives one.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What an inspection is made of.
pub struct Inspection<'a> {
    /// What an apply would do.
    pub plan: &'a Plan,
    /// Objects of others in the place of resources: they are no part of the
    /// plan, nor of the scene.
    pub foreign: &'a BTreeMap<Address, Foreign>,
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

/// Runs every chosen check. Results come in the order in which they end as
/// [`Notice::Ended`], and sorted as the answer.
///
/// # Guarantees
/// A check that was named and has no subject could not look. What a rule knows
/// of a path ends the wait for its messages early. Who looks around the others has
/// looked before the first of them begins, and looks again after the last.
pub async fn inspect(
    inspection: Inspection<'_>,
    notices: mpsc::UnboundedSender<Notice>,
) -> Vec<Inspected> {
    let Inspection { plan, foreign, scene, behaviours, choice, skips, timeout } = inspection;
    let mut results = Vec::new();
    if choice.takes(&CONFORMANCE) {
        results.extend(conformance::of(plan, foreign, choice));
    }
    results.extend(judge(scene, choice));
    for result in &mut results {
        excuse(result, skips);
    }
    let known = stopped(scene, skips);
    let chosen: Vec<&dyn Behaviour> =
        behaviours.iter().map(AsRef::as_ref).filter(|it| choice.takes(it.info())).collect();
    let trials: Vec<(&dyn Behaviour, Trial)> = chosen
        .iter()
        .flat_map(|behaviour| behaviour.trials(scene).into_iter().map(|trial| (*behaviour, trial)))
        .collect();
    let infos: Vec<&CheckInfo> = chosen.iter().map(|behaviour| behaviour.info()).collect();
    let tried: Vec<&str> = trials.iter().map(|(behaviour, _)| behaviour.info().id).collect();
    results.extend(without_subject(choice, &infos, |id| tried.contains(&id), &results));
    for result in &results {
        let _nobody_looks_on = notices.send(Notice::Ended(Box::new(result.clone())));
    }
    let (end, interlude) = (Instant::now() + timeout, Interlude::new());
    let mut running: FuturesUnordered<_> = trials
        .into_iter()
        .map(|(behaviour, trial)| {
            let known = known_of(&trial, &known);
            let turn = Turn { part: interlude.part(behaviour.looks_around()), known, end };
            exercise(&inspection, (behaviour, trial), turn, &notices)
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
        .flat_map(|rule| (rule.judge)(scene).0.into_iter().map(move |judged| (rule, judged)))
        .flat_map(|(rule, judged)| by_level(&rule.info, judged, choice))
        .collect()
}

/// What was found at a subject, findings of each level by themselves, as far as
/// they are bad enough.
fn by_level(info: &CheckInfo, judged: Judged, choice: &Choice) -> Vec<Inspected> {
    let Judged { subject, findings } = judged;
    let mut levels: BTreeMap<Level, Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        levels.entry(finding.level.unwrap_or(info.level)).or_default().push(finding);
    }
    levels.retain(|level, _| *level >= choice.least);
    if levels.is_empty() {
        levels.insert(info.level, Vec::new());
    }
    let of_level = |(level, findings)| {
        let verdict = choice.verdict(level, findings);
        Inspected { level, ..done(info, subject.clone(), verdict) }
    };
    levels.into_iter().rev().map(of_level).collect()
}

/// What rules know to keep messages from arriving, and nobody excuses.
fn stopped(scene: &Scene, skips: &[Skip]) -> Vec<(&'static Rule, Finding)> {
    let rules = RULES.iter().filter(|rule| rule.stops_messages);
    let found = rules.flat_map(|rule| {
        let judged = (rule.judge)(scene).0.into_iter();
        judged.flat_map(|judged| judged.findings).map(move |finding| (rule, finding))
    });
    let is_excused = |rule: &Rule, finding: &Finding| {
        skips.iter().any(|skip| skip.covers(rule.info.id, &finding.address))
    };
    found.filter(|(rule, finding)| !is_excused(rule, finding)).collect()
}

/// The same, as far as it concerns a trial, in words.
fn known_of(trial: &Trial, known: &[(&'static Rule, Finding)]) -> Option<String> {
    let (rule, finding) =
        known.iter().find(|(_, finding)| trial.addresses.contains(&finding.address))?;
    let Finding { address, message, .. } = finding;
    Some(format!("the rule {} knows why nothing can come: {address}: {message}", rule.info.id))
}

/// What was named and concerns nothing of the stack.
fn without_subject(
    choice: &Choice,
    behaviours: &[&CheckInfo],
    is_tried: impl Fn(&str) -> bool,
    results: &[Inspected],
) -> Vec<Inspected> {
    let infos = std::iter::once(&CONFORMANCE).chain(RULES.iter().map(|rule| &rule.info));
    let named =
        infos.chain(behaviours.iter().copied()).filter(|info| choice.only.contains(info.id));
    let idle = named.filter(|info| {
        choice.takes(info) && !is_tried(info.id) && results.iter().all(|it| it.check != info.id)
    });
    idle.map(|info| {
        let hint = match info.kind {
            CheckKind::Conformance | CheckKind::Rule => "leave it out of --only",
            CheckKind::Behaviour => {
                "leave it out of --only; some behaviours need --exclusive, and some a target \
                 that enforces policies"
            }
        };
        let error = CloudError {
            attempted: format!("find something for {} to look at", info.id),
            operation: "the inspection".into(),
            class: ErrorClass::Unexpected,
            code: "NothingToCheck".into(),
            message: "nothing of this stack concerns it, as it is run here".into(),
            request_id: None,
            hint: Some(hint.into()),
        };
        done(info, "the stack".into(), Verdict::CouldNotLook { error: Box::new(error) })
    })
    .collect()
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
    let check = result.check.clone();
    let Some(findings) = result.verdict.findings_mut() else { return };
    let skip_of = |finding: &Finding| skips.iter().find(|skip| skip.excuses(&check, finding));
    let reason = findings.iter().find_map(skip_of).map(|skip| skip.reason.clone());
    findings.retain(|finding| skip_of(finding).is_none());
    if let (true, Some(reason)) = (findings.is_empty(), reason) {
        result.verdict = Verdict::Skipped { reason };
    }
}

/// When a trial has its turn, and what it is told before.
struct Turn {
    part: Part,
    /// What a rule knows against it.
    known: Option<String>,
    /// When everything ends.
    end: Instant,
}

async fn exercise(
    inspection: &Inspection<'_>,
    (behaviour, trial): (&dyn Behaviour, Trial),
    Turn { part, known, end }: Turn,
    notices: &mpsc::UnboundedSender<Notice>,
) -> Inspected {
    let Inspection { scene, skips, choice, .. } = *inspection;
    let info = behaviour.info();
    let skip = skips.iter().find(|skip| trial.addresses.iter().any(|it| skip.covers(info.id, it)));
    if let Some(skip) = skip {
        return done(info, trial.subject, Verdict::Skipped { reason: skip.reason.clone() });
    }
    // Who is one of the others ends when its part is dropped, with this trial.
    let (around, other) = match part {
        Part::Around(around) => (Some(around), None),
        Part::Within(other) => (None, Some(other)),
    };
    if let Some(other) = &other {
        other.begins().await;
    }
    let limit = (behaviour.deadline() + trial.delay).min(end.duration_since(Instant::now()));
    let watch = Watch::new(info.id, &trial.subject, known, limit, notices.clone()).around(around);
    watch.starts();
    let run = with_signs_of_life(behaviour.exercise(scene, &trial, &watch), &watch);
    let run = within(behaviour.deadline() + trial.delay, &watch, run);
    let (level, verdict) = match timeout_at(end, run).await {
        Ok(Some(Ok(findings))) => match watch.blind().filter(|_| findings.is_empty()) {
            Some(reason) => (info.level, Verdict::NotExercised { reason }),
            None => at_worst(info, findings, choice),
        },
        Ok(Some(Err(error))) => (info.level, Verdict::CouldNotLook { error: Box::new(error) }),
        Ok(None) => at_worst(info, out_of_time(&trial, &watch), choice),
        Err(_) => (info.level, Verdict::CouldNotLook { error: Box::new(cut_off(&trial, &watch)) }),
    };
    let (took, observations) = (watch.elapsed(), watch.observations());
    let mut result = Inspected { level, took, observations, ..done(info, trial.subject, verdict) };
    excuse(&mut result, skips);
    result
}

/// What an exercise found, as far as it is bad enough, and how bad the worst of it is:
/// what was seen on the way is told once, so that all of it stays together.
fn at_worst(info: &CheckInfo, mut findings: Vec<Finding>, choice: &Choice) -> (Level, Verdict) {
    let level = |finding: &Finding| finding.level.unwrap_or(info.level);
    findings.retain(|finding| level(finding) >= choice.least);
    let worst = findings.iter().map(level).max().unwrap_or(info.level);
    (worst, choice.verdict(worst, findings))
}

/// `None` if it takes longer than that of its own time.
async fn within<T>(limit: Duration, watch: &Watch, run: impl Future<Output = T>) -> Option<T> {
    let mut run = pin!(run);
    loop {
        let left = limit.saturating_sub(watch.own_time());
        match timeout(left, &mut run).await {
            Ok(done) => return Some(done),
            Err(_) if watch.own_time() >= limit => return None,
            // It stood in line meanwhile.
            Err(_) => {}
        }
    }
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
fn out_of_time(trial: &Trial, watch: &Watch) -> Vec<Finding> {
    let last = watch.observations().pop().map(|last| last.seen).unwrap_or_default();
    let message = format!("nothing came of it within {} s: {last}", watch.own_time().as_secs());
    trial.addresses.first().map(|address| Finding::new(address, message)).into_iter().collect()
}

fn cut_off(trial: &Trial, watch: &Watch) -> CloudError {
    let (code, message) = if watch.is_all_in_line() {
        ("TurnNeverCame", "the time for the whole inspection was over before its turn came")
    } else {
        ("OutOfTime", "the time for the whole inspection was over")
    };
    CloudError {
        attempted: format!("exercise {}", trial.subject),
        operation: "the inspection".into(),
        class: ErrorClass::Unexpected,
        code: code.into(),
        message: message.into(),
        request_id: None,
        hint: Some("raise --timeout".into()),
    }
}

#[cfg(test)]
mod tests;
