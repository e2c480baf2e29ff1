//! An inspection as people read it. Does not depend on the terminal's width;
//! reads without colour.

use crate::model::{CheckKind, Inspected, Verdict};
use crate::report::page::Page;
use crate::report::phrases::{count, duration, tame};
use crate::report::style::{ADD, BAD, CHANGE, FAINT, HINT, STRONG, paint};

use super::blocks::{Block, blocks};
use super::{InspectionRecord, details};

/// The whole inspection as text with colour codes.
///
/// First every check in a line; then what stands in need of a reader, the
/// failures last; below a line what is worth knowing and fails nothing. One
/// line begins with `Verify: N passed, N failed, N skipped, N not looked at
/// in`; what follows says what to do.
pub fn verify_text(record: &InspectionRecord<'_>) -> String {
    let mut page = Page::default();
    let (stack, place) = (paint(STRONG, record.stack), record.place);
    let endpoint = place.endpoint.as_ref().map_or_else(String::new, |url| format!(", at {url}"));
    let (account, region) = (&place.account, &place.region);
    page.line(0, format!("Stack {stack} in account {account}, region {region}{endpoint}"));
    for kind in [CheckKind::Conformance, CheckKind::Rule, CheckKind::Behaviour] {
        write_group(&mut page, record, kind);
    }
    write_findings(&mut page, record);
    let totals = record.totals();
    let style = if totals.is_success() { ADD } else { BAD };
    page.gap();
    let untried = details::not_exercised(record);
    let took = duration(record.took);
    page.line(0, format!("{} {totals} in {took}{untried}.", paint(style, "Verify:")));
    for step in details::next_steps(record) {
        page.line(0, step);
    }
    for error in record.left_behind {
        page.line(0, format!("{}: {}", paint(CHANGE, "warning"), details::left_behind(error)));
    }
    page.into_text()
}

/// What the rules alone say of a stack, as text with colour codes, where nobody
/// was asked: of no account, and in no time worth telling. The last line of
/// results begins with `Rules: N passed`.
pub fn rules_text(record: &InspectionRecord<'_>) -> String {
    let mut page = Page::default();
    write_group(&mut page, record, CheckKind::Rule);
    write_findings(&mut page, record);
    let totals = record.totals();
    let style = if totals.is_success() { ADD } else { BAD };
    page.gap();
    page.line(0, format!("{} {totals}.", paint(style, "Rules:")));
    // A stack that no rule concerns has nothing wrong with it.
    let steps = if record.results.is_empty() { Vec::new() } else { details::next_steps(record) };
    for step in steps {
        page.line(0, step);
    }
    page.into_text()
}

/// What stands in need of a reader.
fn write_findings(page: &mut Page, record: &InspectionRecord<'_>) {
    let could_not_look = |it: &&Inspected| matches!(it.verdict, Verdict::CouldNotLook { .. });
    write_details(page, record, ("Not looked at", &could_not_look));
    let failed = |it: &&Inspected| matches!(it.verdict, Verdict::Failed { .. });
    write_details(page, record, ("Failures", &failed));
    let noted = |it: &&Inspected| matches!(it.verdict, Verdict::Noted { .. });
    if record.results.iter().any(|it| noted(&it)) {
        page.gap();
        page.line(0, paint(FAINT, "-".repeat(LINE)));
    }
    write_details(page, record, ("Notes, which fail nothing", &noted));
}

/// How long the line is below which notes stand.
const LINE: usize = 72;

fn write_group(page: &mut Page, record: &InspectionRecord<'_>, kind: CheckKind) {
    let of_kind = |result: &&Inspected| result.kind == kind;
    let results: Vec<&Inspected> = record.results.iter().filter(of_kind).collect();
    if results.is_empty() {
        return;
    }
    page.gap();
    page.line(0, paint(STRONG, details::title(kind)));
    let (folded, told) = fold(kind, results);
    if let Some(first) = folded.first() {
        let subjects = count(folded.len(), "resource");
        page.line(1, format!("{} {}  {subjects} as declared", sign(first), first.check));
    }
    for block in blocks(told) {
        page.line(1, head(&block));
    }
}

/// The results of a verdict with all that is known of them.
fn write_details(
    page: &mut Page,
    record: &InspectionRecord<'_>,
    (title, is_meant): (&str, &dyn Fn(&&Inspected) -> bool),
) {
    for (at, block) in blocks(record.results.iter().filter(is_meant)).iter().enumerate() {
        page.gap();
        if at == 0 {
            page.line(0, paint(STRONG, title));
            page.line(0, "");
        }
        page.line(1, head(block));
        details::write(page, 3, record, block);
    }
}

/// What conforms is counted, everything else told.
fn fold(kind: CheckKind, results: Vec<&Inspected>) -> (Vec<&Inspected>, Vec<&Inspected>) {
    let is_folded =
        |result: &&Inspected| kind == CheckKind::Conformance && result.verdict == Verdict::Passed;
    results.into_iter().partition(is_folded)
}

/// `✓ message_flow  claimcheck.topic to claimcheck.queue  1.2s`.
pub(super) fn head(block: &Block<'_>) -> String {
    let result = block.first();
    let (check, subject) = (paint(STRONG, &result.check), tame(&block.subject()));
    let took = if result.took.is_zero() { String::new() } else { duration(result.took) };
    let remark = match &result.verdict {
        Verdict::Passed | Verdict::Noted { .. } | Verdict::Failed { .. } => took,
        Verdict::Skipped { reason } => format!("skipped: {}", tame(reason)),
        Verdict::NotExercised { reason } => format!("not exercised: {}", tame(reason)),
        Verdict::CouldNotLook { .. } if took.is_empty() => "could not look".to_owned(),
        Verdict::CouldNotLook { .. } => format!("could not look  {took}"),
    };
    let remark = if remark.is_empty() { remark } else { format!("  {}", paint(FAINT, remark)) };
    format!("{} {check}  {subject}{remark}", sign(result))
}

/// A sign that is told apart without colours, too.
fn sign(result: &Inspected) -> String {
    match &result.verdict {
        Verdict::Passed => paint(ADD, "✓"),
        Verdict::Failed { .. } => paint(BAD, "✗"),
        Verdict::Noted { .. } => paint(HINT, "i"),
        Verdict::Skipped { .. } | Verdict::NotExercised { .. } => paint(FAINT, "-"),
        Verdict::CouldNotLook { .. } => paint(CHANGE, "?"),
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::{inspections, plain};

    use super::*;

    #[test]
    fn inspections_read_like_the_end_of_a_test_run() {
        for (name, sample) in [
            ("verify_mixed", inspections::mixed()),
            ("verify_well", inspections::well()),
            ("verify_nothing", inspections::nothing()),
        ] {
            insta::assert_snapshot!(name, plain(&verify_text(&sample.record())));
        }
    }

    #[test]
    fn the_promised_line_is_verbatim() {
        let text = plain(&verify_text(&inspections::well().record()));
        let last = text.lines().last();
        assert_eq!(last, Some("Verify: 13 passed, 0 failed, 0 skipped, 0 not looked at in 42s."));
    }
}
