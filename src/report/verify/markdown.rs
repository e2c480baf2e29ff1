//! An inspection as Markdown, for a job's summary or a comment on a change.
//!
//! What needs a reader stands open, everything else folded away.

use crate::model::{Inspected, Verdict};
use crate::report::markdown::{code, fenced, words, write_within};
use crate::report::page::Page;
use crate::report::phrases::{duration, tame};

use super::blocks::{Block, blocks};
use super::{InspectionRecord, details};

/// How long what needs a reader may be, and the table of everything, in bytes.
/// Together, with what surrounds them, they fit into a comment on GitHub, which
/// has 65536 characters at most.
const MOST_OPEN: usize = 45_000;
const MOST_FOLDED: usize = 15_000;

/// The whole inspection as Markdown that GitHub and GitLab render.
pub fn summary_md(record: &InspectionRecord<'_>) -> String {
    let totals = record.totals();
    let sign = if totals.is_success() { "✅" } else { "❌" };
    let InspectionRecord { stack, place, took, .. } = record;
    let mut page = Page::default();
    page.line(0, format!("## {sign} Verify {}", code(stack)));
    page.gap();
    let untried = details::not_exercised(record);
    page.line(0, format!("**{totals}** in {}{untried}.", duration(*took)));
    page.line(0, format!("Account {}, region {}.", code(&place.account), code(&place.region)));
    page.gap();
    for step in details::next_steps(record) {
        page.line(0, format!("- {step}"));
    }
    for error in record.left_behind {
        page.line(0, format!("- warning: {}", words(&details::left_behind(error))));
    }
    let blocks = blocks(record.results);
    let (mild, others): (Vec<&Block<'_>>, Vec<&Block<'_>>) =
        blocks.iter().partition(|it| matches!(it.first().verdict, Verdict::Noted { .. }));
    let told = |blocks: Vec<&Block<'_>>| -> Vec<String> {
        blocks.into_iter().filter_map(|block| open(record, block)).collect()
    };
    let mut parts = told(others);
    let mut notes = told(mild);
    if let Some(first) = notes.first_mut() {
        first.insert_str(0, "\n---\n\nNotes, which fail nothing:\n");
    }
    parts.append(&mut notes);
    let further = "\nFurther results that need a reader";
    write_within(&mut page, MOST_OPEN, parts.into_iter(), further);
    if !record.results.is_empty() {
        page.verbatim("\n<details><summary>Every check</summary>\n");
        page.verbatim("| | Check | Subject | Time | |\n| --- | --- | --- | --- | --- |");
        let rows = record.results.iter().map(row);
        write_within(&mut page, MOST_FOLDED, rows, "\nFurther rows");
        page.verbatim("\n</details>");
    }
    page.into_text()
}

/// What there is to say of a result that did not pass.
fn open(record: &InspectionRecord<'_>, block: &Block<'_>) -> Option<String> {
    let result = block.first();
    let remark = match &result.verdict {
        Verdict::Passed | Verdict::Skipped { .. } | Verdict::NotExercised { .. } => return None,
        Verdict::Noted { .. } | Verdict::Failed { .. } => "",
        Verdict::CouldNotLook { .. } => ": could not look",
    };
    let (sign, check) = (sign(result), code(&result.check));
    let text = details::plain(record, block);
    let subject = words(&tame(&block.subject()));
    Some(format!("\n### {sign} {check} {subject}{remark}\n\n{}", fenced(&text)))
}

fn row(result: &Inspected) -> String {
    let remark = match &result.verdict {
        Verdict::Passed => String::new(),
        Verdict::Noted { findings } | Verdict::Failed { findings } => {
            words(&details::in_short(findings))
        }
        Verdict::Skipped { reason } => format!("skipped: {}", words(&tame(reason))),
        Verdict::NotExercised { reason } => format!("not exercised: {}", words(&tame(reason))),
        Verdict::CouldNotLook { .. } => "could not look".to_owned(),
    };
    let took = if result.took.is_zero() { String::new() } else { duration(result.took) };
    let (sign, check) = (sign(result), code(&result.check));
    format!("| {sign} | {check} | {} | {took} | {remark} |", words(&tame(&result.subject)))
}

fn sign(result: &Inspected) -> &'static str {
    match &result.verdict {
        Verdict::Passed => "✅",
        Verdict::Failed { .. } => "❌",
        Verdict::Noted { .. } => "ℹ️",
        Verdict::Skipped { .. } | Verdict::NotExercised { .. } => "➖",
        Verdict::CouldNotLook { .. } => "❓",
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Address, Finding};
    use crate::report::fixtures::inspections;

    use super::*;

    #[test]
    fn inspections_are_markdown() {
        for (name, sample) in [
            ("summary_mixed", inspections::mixed()),
            ("summary_well", inspections::well()),
            ("summary_nothing", inspections::nothing()),
        ] {
            insta::assert_snapshot!(name, summary_md(&sample.record()));
        }
    }

    #[test]
    fn a_thousand_findings_fit_into_a_comment() {
        let mut sample = inspections::mixed();
        let found = Finding::new(&Address::new("audit"), "x".repeat(500));
        for result in &mut sample.results {
            result.verdict = Verdict::Failed { findings: vec![found.clone(); 10] };
        }
        let results = sample.results.clone();
        (0..60).for_each(|_| sample.results.extend(results.iter().cloned()));
        let text = summary_md(&sample.record());
        assert!(text.len() < 65_536, "{}", text.len());
        assert!(text.contains("\nFurther results that need a reader, for which"), "{text}");
        assert!(text.contains("\nFurther rows, for which"));
        assert!(text.ends_with("</details>\n"));
    }
}
