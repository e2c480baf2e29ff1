//! The end of a run: what came about, what did not and why, and what to do.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::engine::event::{Event, EventKind, Outcome, Summary};
use crate::model::{Address, CloudError};
use crate::plan::{Action, StepId};

use super::outputs::outputs_text;
use super::page::Page;
use super::phrases::{count, duration, tame};
use super::progress::View;
use super::style::{ADD, BAD, CHANGE, FAINT, HINT, STRONG, paint, sign_of};

/// What is remembered of a run: fill it with its events, like any view.
#[derive(Clone, Debug, Default)]
pub struct RunRecord {
    started: BTreeMap<StepId, Duration>,
    told: BTreeMap<StepId, Duration>,
    accepted: BTreeMap<StepId, Duration>,
    ended: Vec<EndedStep>,
    summary: Option<Summary>,
    was_interrupted: bool,
}

/// A step that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedStep {
    /// Which.
    pub step: StepId,
    /// Whose.
    pub address: Address,
    /// Which kind.
    pub kind: String,
    /// The verb.
    pub action: Action,
    /// When its calls began, since the run did; `None` if they never did.
    pub started: Option<Duration>,
    /// When it told its facts, if that was before it was accepted.
    pub told: Option<Duration>,
    /// When the cloud had accepted all of them.
    pub accepted: Option<Duration>,
    /// When it ended.
    pub ended: Duration,
    /// How.
    pub outcome: Outcome,
}

/// What a run was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOf {
    /// `ccprov apply`.
    Apply,
    /// `ccprov destroy`.
    Destroy,
}

impl RunRecord {
    /// Every step, in the order in which they ended.
    pub fn ended(&self) -> &[EndedStep] {
        &self.ended
    }

    /// The totals; `None` if the run was cut off before it could tell them.
    pub fn summary(&self) -> Option<Summary> {
        self.summary
    }

    /// Whether somebody asked to stop.
    pub fn was_interrupted(&self) -> bool {
        self.was_interrupted
    }
}

impl View for RunRecord {
    fn show(&mut self, event: &Event) {
        match &event.kind {
            EventKind::StepStarted { step, .. } => {
                self.started.insert(*step, event.elapsed);
            }
            EventKind::FactsKnown { step, .. } => {
                self.told.entry(*step).or_insert(event.elapsed);
            }
            EventKind::StepAccepted { step, .. } => {
                self.accepted.insert(*step, event.elapsed);
            }
            EventKind::StepFinished { step, address, kind, action, outcome, .. } => {
                self.ended.push(EndedStep {
                    step: *step,
                    address: address.clone(),
                    kind: kind.clone(),
                    action: *action,
                    started: self.started.remove(step),
                    told: self.told.remove(step),
                    accepted: self.accepted.remove(step),
                    ended: event.elapsed,
                    outcome: outcome.clone(),
                });
            }
            EventKind::Interrupted { .. } => self.was_interrupted = true,
            EventKind::RunFinished { summary } => self.summary = Some(*summary),
            EventKind::RunStarted { .. }
            | EventKind::StepSending { .. }
            | EventKind::StepRetrying { .. }
            | EventKind::StepWaiting { .. } => {}
        }
    }

    fn finish(&mut self) {}
}

/// The end of a run as text with colour codes.
///
/// A success begins with `Apply complete! Resources: N added, N changed, N
/// destroyed.` or `Destroy complete! Resources: N destroyed.`; the outputs
/// follow. What AWS is still at, because nobody was to wait for it, is told with either.
/// Anything else says what is missing, why, and that `command`, run again, goes on from there.
pub fn summary_text(
    record: &RunRecord,
    run: RunOf,
    outputs: &BTreeMap<String, Value>,
    command: &str,
) -> String {
    let mut page = Page::default();
    if let Some(summary) = record.summary.filter(Summary::is_success) {
        page.line(0, paint(ADD, complete(run, summary)));
        if summary.at_work > 0 {
            write_at_work(&mut page, record);
            page.gap();
            page.line(0, "The same command without `--until accepted` waits for it, and for what may follow.");
        }
        if !outputs.is_empty() {
            page.gap();
            page.line(0, "Outputs");
            page.lines(1, &outputs_text(outputs));
        }
        return page.into_text();
    }
    page.line(0, incomplete(record, run));
    write_failures(&mut page, record);
    write_skipped(&mut page, record);
    write_at_work(&mut page, record);
    write_postponed(&mut page, record);
    write_left(&mut page, record);
    page.gap();
    page.line(0, "Nothing is rolled back: what is done stays done.");
    let failed = record.summary.is_some_and(|summary| summary.failed > 0);
    let waits = record.summary.is_some_and(|summary| summary.at_work > 0);
    let when = match (failed, waits) {
        (true, _) => "When the cause is gone, run",
        (false, true) => "When AWS is done, or to wait for it there, run",
        (false, false) => "Run",
    };
    page.line(0, format!("{when} the same command again; it goes on from here:"));
    page.line(2, paint(STRONG, command));
    page.into_text()
}

fn complete(run: RunOf, Summary { added, changed, destroyed, .. }: Summary) -> String {
    match run {
        RunOf::Apply => format!(
            "Apply complete! Resources: {added} added, {changed} changed, {destroyed} destroyed."
        ),
        RunOf::Destroy => format!("Destroy complete! Resources: {destroyed} destroyed."),
    }
}

/// `Apply failed: 3 of 6 steps done (1 added), 2 failed, 1 skipped.`
fn incomplete(record: &RunRecord, run: RunOf) -> String {
    let what = match run {
        RunOf::Apply => "Apply",
        RunOf::Destroy => "Destroy",
    };
    let Some(summary) = record.summary else {
        return paint(BAD, format!("{what} was cut off before its end."));
    };
    let Summary { added, changed, destroyed, failed, skipped, left, at_work: _ } = summary;
    let how = match (failed, record.was_interrupted) {
        (0, false) => paint(CHANGE, format!("{what} is not over")),
        (0, true) => paint(CHANGE, format!("{what} interrupted")),
        (_, true) => paint(BAD, format!("{what} failed and was interrupted")),
        (_, false) => paint(BAD, format!("{what} failed")),
    };
    let done = added + changed + destroyed;
    let steps = count(done + failed + skipped + left, "step");
    let nonzero = |counts: &[(usize, &str)]| {
        let told = counts.iter().filter(|(number, _)| *number > 0);
        told.map(|(number, word)| format!("{number} {word}")).collect::<Vec<String>>()
    };
    let kinds = nonzero(&[(added, "added"), (changed, "changed"), (destroyed, "destroyed")]);
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let missing = nonzero(&[(failed, "failed"), (skipped, "skipped"), (left, "left")]);
    format!("{how}: {done} of {steps} done{kinds}, {}.", missing.join(", "))
}

/// Each failed step: what was attempted, what came back, what to try.
fn write_failures(page: &mut Page, record: &RunRecord) {
    for step in &record.ended {
        match &step.outcome {
            Outcome::Failed { error, attempts } => {
                let attempted = &error.attempted;
                write_head(page, step, &format!("failed to {attempted}"));
                write_error(page, error, *attempts);
            }
            Outcome::TimedOut { waited, seen } => {
                write_head(page, step, &format!("not ready after {}", duration(*waited)));
                page.line(2, "AWS accepted every call, but a read does not show it yet.");
                page.line(2, format!("last seen: {}", tame(seen)));
            }
            Outcome::Refused { reason } => {
                write_head(page, step, &reason.summary);
                reason.detail.iter().for_each(|detail| page.lines(2, detail));
                reason.hints.iter().for_each(|hint| write_hint(page, hint));
            }
            Outcome::Done { .. }
            | Outcome::Begun { .. }
            | Outcome::Gone
            | Outcome::Skipped { .. }
            | Outcome::Postponed { .. }
            | Outcome::NotStarted
            | Outcome::Unconfirmed => {}
        }
    }
}

fn write_head(page: &mut Page, step: &EndedStep, what: &str) {
    let (address, kind) = (paint(STRONG, &step.address), paint(FAINT, &step.kind));
    page.gap();
    page.line(0, format!("{} {address}  {kind}: {what}", paint(BAD, "x")));
}

fn write_error(page: &mut Page, error: &CloudError, attempts: u32) {
    let CloudError { operation, code, request_id, hint, .. } = error;
    let message = tame(&error.message);
    if code.is_empty() {
        page.line(2, format!("{operation} got no answer: {message}"));
    } else {
        page.line(2, format!("{operation} answered {}", paint(STRONG, code)));
        page.lines(2, &message);
    }
    if attempts > 1 {
        page.line(2, format!("tried {attempts} times"));
    }
    if let Some(id) = request_id {
        page.line(2, format!("request id {id}"));
    }
    if let Some(hint) = hint {
        write_hint(page, hint);
    }
}

fn write_hint(page: &mut Page, hint: &str) {
    page.line(2, format!("{}: {hint}", paint(HINT, "hint")));
}

/// Skipped steps below the one that stands in their way.
fn write_skipped(page: &mut Page, record: &RunRecord) {
    let mut groups: BTreeMap<&Address, Vec<&EndedStep>> = BTreeMap::new();
    for step in &record.ended {
        if let Outcome::Skipped { because } = &step.outcome {
            groups.entry(because).or_default().push(step);
        }
    }
    for (because, steps) in groups {
        write_list(page, &format!("Skipped because of {because}"), steps);
    }
}

/// What AWS is still at, with the last that was seen of it.
fn write_at_work(page: &mut Page, record: &RunRecord) {
    if record.summary.is_none_or(|summary| summary.at_work == 0) {
        return;
    }
    page.gap();
    page.line(0, "AWS is at it, and was not waited for:");
    for step in &record.ended {
        let Outcome::Begun { seen, rest, .. } = &step.outcome else { continue };
        let then = if *rest > 0 {
            format!(", and {} to follow", count(*rest, "change"))
        } else {
            String::new()
        };
        let (sign, kind) = (sign_of(step.action), paint(FAINT, &step.kind));
        page.line(2, format!("{sign} {}  {kind}: {}{then}", step.address, tame(seen)));
    }
}

/// What waits for that, below it.
fn write_postponed(page: &mut Page, record: &RunRecord) {
    let because = |step: &EndedStep| match &step.outcome {
        Outcome::Postponed { because } => Some(because.clone()),
        Outcome::Done { .. }
        | Outcome::Begun { .. }
        | Outcome::Gone
        | Outcome::Failed { .. }
        | Outcome::TimedOut { .. }
        | Outcome::Refused { .. }
        | Outcome::Skipped { .. }
        | Outcome::NotStarted
        | Outcome::Unconfirmed => None,
    };
    let mut groups: BTreeMap<Address, Vec<&EndedStep>> = BTreeMap::new();
    for step in &record.ended {
        if let Some(because) = because(step) {
            groups.entry(because).or_default().push(step);
        }
    }
    for (because, steps) in groups {
        write_list(page, &format!("Left for the next run, because they need {because}"), steps);
    }
}

/// What an interruption left undone.
fn write_left(page: &mut Page, record: &RunRecord) {
    let ended_as = |outcome: Outcome| {
        record.ended.iter().filter(move |step| step.outcome == outcome).collect::<Vec<_>>()
    };
    write_list(page, "Accepted by AWS, but not confirmed", ended_as(Outcome::Unconfirmed));
    write_list(page, "Not started", ended_as(Outcome::NotStarted));
}

fn write_list(page: &mut Page, title: &str, steps: Vec<&EndedStep>) {
    if steps.is_empty() {
        return;
    }
    page.gap();
    page.line(0, format!("{title}:"));
    for step in steps {
        page.line(
            2,
            format!("{} {}  {}", sign_of(step.action), step.address, paint(FAINT, &step.kind)),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::report::fixtures::{self, plain};

    use super::*;

    fn check(name: &str, events: &[Event], run: RunOf) {
        let mut record = RunRecord::default();
        fixtures::watch(&mut record, events);
        let outputs = match run {
            RunOf::Apply => BTreeMap::from([
                ("bucket".to_owned(), json!({ "arn": "arn:aws:s3:::claims", "name": "claims" })),
                ("queue_url".to_owned(), json!("https://sqs.us-east-1.amazonaws.com/1/claims")),
            ]),
            RunOf::Destroy => BTreeMap::new(),
        };
        let text = summary_text(&record, run, &outputs, "ccprov apply stacks/dev.yaml");
        insta::assert_snapshot!(name, plain(&text));
    }

    #[test]
    fn runs_end_in_words() {
        check("summary_smooth", &fixtures::smooth(), RunOf::Apply);
        check("summary_destroyed", &fixtures::destroyed(), RunOf::Destroy);
        check("summary_failing", &fixtures::failing(), RunOf::Apply);
        check("summary_crashing", &fixtures::crashing(), RunOf::Apply);
        let cut_off = &fixtures::failing()[..8];
        check("summary_cut_off", cut_off, RunOf::Apply);
        check("summary_interrupted", &fixtures::interrupted(), RunOf::Apply);
        check("summary_leaving", &fixtures::leaving(), RunOf::Apply);
        check("summary_accepted", &fixtures::accepted(), RunOf::Apply);
    }

    #[test]
    fn a_failure_and_an_interruption_are_both_told() {
        let mut events = fixtures::failing();
        let kind = EventKind::Interrupted { in_flight: 1, abandon_waits: false };
        events.insert(8, Event { kind, ..events[8].clone() });
        let mut record = RunRecord::default();
        fixtures::watch(&mut record, &events);
        let text = plain(&summary_text(&record, RunOf::Destroy, &BTreeMap::new(), ""));
        assert!(
            text.starts_with("Destroy failed and was interrupted: 1 of 6 steps done"),
            "{text}"
        );
    }

    #[test]
    fn the_promised_lines_are_verbatim() {
        let first = |events: &[Event], run| {
            let mut record = RunRecord::default();
            fixtures::watch(&mut record, events);
            plain(&summary_text(&record, run, &BTreeMap::new(), ""))
        };
        assert_eq!(
            first(&fixtures::smooth(), RunOf::Apply),
            "Apply complete! Resources: 2 added, 1 changed, 1 destroyed.\n"
        );
        assert_eq!(
            first(&fixtures::destroyed(), RunOf::Destroy),
            "Destroy complete! Resources: 2 destroyed.\n"
        );
    }
}
