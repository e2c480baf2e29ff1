//! What there is to say of a result that did not pass, for people: the same
//! words on a terminal, in a log of `JUnit` and in a summary.

use serde_json::Value;

use crate::model::{
    Address, CheckKind, CloudError, Finding, Inspected, Level, Location, Observation, Path, Verdict,
};
use crate::report::page::Page;
use crate::report::pane::{foreign, told};
use crate::report::phrases::{count, duration, tame};
use crate::report::style::{BAD, CHANGE, FAINT, HINT, STRONG, paint};
use crate::report::value::{self, Label};

use super::blocks::{Alike, Block};
use super::{InspectionRecord, cause};

/// How much of what was skipped nobody could exercise, after the totals:
/// `; 2 not exercised`, or nothing.
pub(super) fn not_exercised(record: &InspectionRecord<'_>) -> String {
    let is_untried = |it: &&Inspected| matches!(it.verdict, Verdict::NotExercised { .. });
    match record.results.iter().filter(is_untried).count() {
        0 => String::new(),
        count => format!("; {count} not exercised"),
    }
}

/// How many of the last observations are shown. What was awaited, what was
/// seen instead, and a little of the way there.
const LAST: usize = 5;

/// As wide as `expected`.
const WIDTH: usize = 8;

/// How many characters of places stand in a line.
const PLACES: usize = 100;

/// Writes why a check failed, what it notes, or why it could not look. Nothing
/// for others.
pub(super) fn write(
    page: &mut Page,
    depth: usize,
    record: &InspectionRecord<'_>,
    block: &Block<'_>,
) {
    let result = block.first();
    match &result.verdict {
        Verdict::Failed { .. } | Verdict::Noted { .. } => {
            let alike = block.alike();
            for alike in &alike {
                write_finding(page, depth, record, (result, alike));
            }
            write_remedy(page, depth, record, (result, &alike));
        }
        Verdict::CouldNotLook { error } => write_error(page, depth, error),
        Verdict::Passed | Verdict::Skipped { .. } | Verdict::NotExercised { .. } => return,
    }
    write_observations(page, depth, &result.observations);
    if let Some((result, finding)) = cause::most_likely(record, result) {
        let cause = paint(HINT, "most likely cause");
        page.line(depth, format!("{cause}: {}, {}", result.check, in_a_line(finding)));
    }
}

/// The same as text of its own, without colours.
pub(super) fn plain(record: &InspectionRecord<'_>, block: &Block<'_>) -> String {
    let mut page = Page::default();
    write(&mut page, 0, record, block);
    told(&page.into_text(), false)
}

fn write_finding(
    page: &mut Page,
    depth: usize,
    record: &InspectionRecord<'_>,
    (result, alike): (&Inspected, &Alike<'_>),
) {
    let finding = alike.finding;
    page.line(depth, format!("{}: {}", painted(result.level), tame(&finding.message)));
    write_places(page, depth + 1, record, alike);
    for (name, shown) in values(result.kind, finding) {
        let label = Label { depth: depth + 1, sign: "", name, width: WIDTH, remark: "" };
        match shown {
            Some(shown) => value::write(page, &label, shown),
            None => page.line(label.depth, label.with("(nothing)")),
        }
    }
    if let Some(hint) = &finding.hint {
        write_hint(page, depth + 1, hint);
    }
    if let Some(patch) = record.patch(finding) {
        let whose = match alike.addresses.len() {
            1 => String::new(),
            _ => format!(" of {}; the others are alike", finding.address),
        };
        page.line(depth + 1, format!("{}{whose}:", paint(HINT, "patch")));
        for line in patch.lines() {
            // Not tamed: indentation means something.
            page.line(depth + 2, foreign(line).trim_end());
        }
    }
}

/// Every resource of which a finding is told, with its line; as many in a line
/// of text as there is room for.
fn write_places(page: &mut Page, depth: usize, record: &InspectionRecord<'_>, alike: &Alike<'_>) {
    let mut lines: Vec<String> = Vec::new();
    for address in &alike.addresses {
        let place = whereabouts(record, address, alike.finding.path.as_ref());
        match lines.last_mut() {
            Some(line) if line.len() + place.len() + 2 <= PLACES => line.extend([", ", &place]),
            Some(line) => {
                line.push(',');
                lines.push(place);
            }
            None => lines.push(place),
        }
    }
    for (position, line) in lines.iter().enumerate() {
        let arrow = if position == 0 { paint(HINT, "-->") } else { "   ".to_owned() };
        page.line(depth, format!("{arrow} {line}"));
    }
}

/// What to show of expected and actual. Of a field that is on one side alone,
/// conformance says so; another check just has no value to show.
fn values(kind: CheckKind, finding: &Finding) -> Vec<(&'static str, Option<&Value>)> {
    let values = [("expected", finding.expected.as_ref()), ("actual", finding.actual.as_ref())];
    let any = values.iter().any(|(_, value)| value.is_some());
    let are_sides = any && kind == CheckKind::Conformance;
    values.into_iter().filter(|(_, value)| value.is_some() || are_sides).collect()
}

/// The check's own remedy, once, if a finding has nothing nearer. That of
/// conformance is the same for every resource, and said at the end.
fn write_remedy(
    page: &mut Page,
    depth: usize,
    record: &InspectionRecord<'_>,
    (result, alike): (&Inspected, &[Alike<'_>]),
) {
    let is_wanted = alike.iter().any(|alike| alike.finding.hint.is_none());
    if let (true, Some(info)) = (is_wanted, record.info(&result.check))
        && info.kind != CheckKind::Conformance
    {
        write_hint(page, depth, info.remedy);
    }
}

fn write_error(page: &mut Page, depth: usize, error: &CloudError) {
    let CloudError { attempted, operation, code, message, request_id, hint, .. } = error;
    page.line(depth, format!("failed to {}", tame(attempted)));
    let message = tame(message);
    page.line(
        depth + 1,
        match (operation.as_str(), code.as_str()) {
            ("", _) => message,
            (operation, "") => format!("{operation} got no answer: {message}"),
            (operation, code) => {
                format!("{operation} answered {}: {message}", paint(STRONG, code))
            }
        },
    );
    if let Some(id) = request_id {
        page.line(depth + 1, format!("request id {}", tame(id)));
    }
    if let Some(hint) = hint {
        write_hint(page, depth + 1, hint);
    }
}

fn write_hint(page: &mut Page, depth: usize, hint: &str) {
    page.line(depth, format!("{}: {}", paint(HINT, "hint"), tame(hint)));
}

fn write_observations(page: &mut Page, depth: usize, observations: &[Observation]) {
    let before = observations.len().saturating_sub(LAST);
    if observations.is_empty() {
        return;
    }
    let before_that = if before > 0 { format!(", after {before} more") } else { String::new() };
    page.line(depth, format!("last seen{before_that}:"));
    for line in observed(&observations[before..]) {
        page.line(depth + 1, paint(FAINT, line));
    }
}

/// What was seen and when, a line each.
pub(super) fn observed(observations: &[Observation]) -> Vec<String> {
    let lines = observations.iter();
    lines.map(|seen| format!("{:>6}  {}", duration(seen.at), tame(&seen.seen))).collect()
}

/// `claimcheck.queue: delay_seconds (stacks/dev.yaml:12)`; in a pattern also
/// where that is used.
fn whereabouts(record: &InspectionRecord<'_>, address: &Address, path: Option<&Path>) -> String {
    let line = |location: &Location| format!("{}:{}", location.file, location.line);
    let place = record.origin_of(address).map(|origin| match &origin.used {
        Some(used) => format!(" ({}, used at {})", line(&origin.at), line(used)),
        None => format!(" ({})", line(&origin.at)),
    });
    format!("{}{}", culprit(address, path), place.unwrap_or_default())
}

/// `claimcheck.queue: delay_seconds`, or the resource alone.
fn culprit(address: &Address, path: Option<&Path>) -> String {
    match path {
        Some(path) => format!("{address}: {}", tame(&value::reference(&path.to_string()))),
        None => address.to_string(),
    }
}

/// `claimcheck.queue: delay_seconds is not as declared: expected 0, actual 900`.
/// Messages that begin with the field need not be told its name.
pub(super) fn in_a_line(finding: &Finding) -> String {
    let message = message(finding);
    let names_it = |path: &Path| message.starts_with(&value::reference(&path.to_string()));
    if finding.path.as_ref().is_some_and(names_it) {
        return format!("{}: {message}", finding.address);
    }
    format!("{}: {message}", culprit(&finding.address, finding.path.as_ref()))
}

/// A text with what to try below it, without colours.
pub(super) fn with_hint(text: String, hint: Option<&str>) -> String {
    match hint {
        Some(hint) => format!("{text}\nhint: {}", tame(hint)),
        None => text,
    }
}

/// The first finding in a line, and how many more there are.
pub(super) fn in_short(findings: &[Finding]) -> String {
    let Some(first) = findings.first() else { return String::new() };
    match findings.len() - 1 {
        0 => message(first),
        more => format!("{} (and {more} more)", message(first)),
    }
}

/// What is wrong, with the values where they fit into a line.
fn message(finding: &Finding) -> String {
    let message = tame(&finding.message);
    let inline = |value: &Option<Value>| value.as_ref().and_then(value::inline);
    match (inline(&finding.expected), inline(&finding.actual)) {
        (Some(expected), Some(actual)) => {
            format!("{message}: expected {expected}, actual {actual}")
        }
        (Some(_) | None, _) => message,
    }
}

/// Above the checks of a kind.
pub(super) fn title(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Conformance => "Conformance",
        CheckKind::Rule => "Rules",
        CheckKind::Behaviour => "Behaviours",
    }
}

/// The word of a level, which is also that of SARIF.
pub(super) fn word(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn painted(level: Level) -> String {
    let style = match level {
        Level::Note => HINT,
        Level::Warning => CHANGE,
        Level::Error => BAD,
    };
    paint(style, word(level))
}

/// What to do after an inspection, a sentence each.
pub(super) fn next_steps(record: &InspectionRecord<'_>) -> Vec<String> {
    let totals = record.totals();
    let failed = |result: &&Inspected| matches!(result.verdict, Verdict::Failed { .. });
    let failed = || record.results.iter().filter(failed);
    let drift = failed().find(|result| result.kind == CheckKind::Conformance);
    let mut steps = Vec::new();
    if totals.all() == 0 {
        let nothing = "Nothing was checked, which is not to have passed: no check that was chosen concerns this stack.";
        steps.push(nothing.to_owned());
    }
    if totals.noted > 0 {
        let (noted, least) = (count(totals.noted, "check"), word(record.fail_on));
        steps.push(format!("{noted} noted something that fails nothing, below `{least}`."));
    }
    steps.extend(drift.and_then(|it| record.info(&it.check)).map(|info| info.remedy.to_owned()));
    if failed().any(|result| result.kind != CheckKind::Conformance) {
        let skip = "If a finding does not matter here, say so with a reason under `checks: skip:` in the stack file.";
        steps.push(skip.to_owned());
    }
    if totals.not_looked_at > 0 {
        let checks = count(totals.not_looked_at, "check");
        let unknown =
            "could not look, which is neither well nor wrong: remove what stood in the way";
        steps.push(format!("{checks} {unknown}, then verify again."));
    }
    steps
}

/// That something which an exercise made could not be removed, in a sentence.
pub(super) fn left_behind(error: &CloudError) -> String {
    format!(
        "an exercise could not tidy up, and what it made may still be there: {}",
        tame(&error.to_string())
    )
}
