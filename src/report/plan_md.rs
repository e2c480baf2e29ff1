//! A plan as Markdown, for a comment on a change or a job's summary.
//!
//! What it comes to stands first, then what a reader must know, and each change
//! folded away. Where there is no room for all, what goes is told before what comes.

use crate::model::{Diagnostic, Place};
use crate::plan::Change;

use super::excerpt;
use super::existing;
use super::forecast::forecast_md;
use super::markdown::{code, fenced, within_tag, words, write_within};
use super::page::Page;
use super::pane::{tame, told};
use super::plan_detail::PlanDetail;
use super::plan_json::PlanRecord;
use super::plan_shared::Shared;
use super::plan_text::{entry_block, plan_conclusion};
use super::used;

/// How long each sort of remarks may be, and the changes, in bytes. Together, with what
/// surrounds them, they fit into a comment on GitHub, which has 65536 characters
/// at most; a job's summary has 1 MiB.
const MOST_REMARKS: usize = 6_000;
const MOST_CHANGES: usize = 42_000;

/// The whole plan as Markdown that GitHub and GitLab render. Its first line is a mark that
/// nobody sees, by which a comment is found again, the same of every plan of a stack; the next
/// is the last one of the plan as text, in bold.
pub fn plan_md(record: PlanRecord<'_>) -> String {
    let PlanRecord { plan, warnings, refusals, forecast, judged: _ } = record;
    let mut page = Page::default();
    let Place { account, region, .. } = &plan.place;
    page.line(0, format!("<!-- ccprov:plan:{}:{account}:{region} -->", plan.stack));
    page.gap();
    page.line(0, format!("**{}**", plain(&plan_conclusion(plan)).trim_end()));
    page.gap();
    let (stack, place) = (code(&plan.stack), &plan.place);
    let (account, region) = (code(&place.account), code(&place.region));
    page.line(0, format!("Stack {stack} in account {account}, region {region}."));
    for said in excerpt::told(plan) {
        page.gap();
        page.line(0, words(&tame(&said)));
    }
    for said in forecast.into_iter().flat_map(forecast_md) {
        page.gap();
        page.line(0, said);
    }
    write_remarks(&mut page, "❌ Apply would refuse this plan", refusals);
    write_remarks(&mut page, "⚠ Warnings", warnings);
    if !plan.left.is_empty() {
        let left: Vec<Diagnostic> = plan.left.iter().map(crate::plan::Left::diagnostic).collect();
        write_remarks(&mut page, "Left alone", &left);
    }
    existing::write_md(&mut page, plan);
    let shared = Shared::of(plan, PlanDetail::CHANGES);
    let mut entries = shared.entries(plan);
    // Stable: apart from that they stay in order.
    entries.sort_by_key(|entry| match entry.first().change {
        Change::Replace { .. } | Change::Delete { .. } => 0,
        Change::NoOp | Change::Create { .. } | Change::Update { .. } => 1,
    });
    let used = plain(&used::block(plan));
    if !used.is_empty() {
        page.gap();
        page.verbatim(fenced(&used));
    }
    let head = plain(&shared.head());
    if !head.is_empty() {
        page.gap();
        page.verbatim(fenced(&head));
    }
    let parts = entries.iter().filter_map(|entry| {
        let block = plain(&entry_block(plan, &shared, entry, PlanDetail::CHANGES));
        let (head, body) = block.split_once('\n')?;
        Some(if body.is_empty() {
            let (sign, rest) = head.split_once(' ').unwrap_or((head, ""));
            format!("\n- {} {}", code(sign), words(rest))
        } else {
            let summary = within_tag(head);
            format!("\n<details><summary>{summary}</summary>\n\n{}\n\n</details>", fenced(body))
        })
    });
    write_within(&mut page, MOST_CHANGES, parts, "\nFurther changes");
    page.into_text()
}

fn write_remarks(page: &mut Page, title: &str, remarks: &[Diagnostic]) {
    if remarks.is_empty() {
        return;
    }
    page.verbatim(format!("\n### {title}\n"));
    let parts = remarks.iter().map(|Diagnostic { summary, location, detail, hints, .. }| {
        let place = location.as_ref().map(|at| format!(" ({}:{})", at.file, at.line));
        let head = words(&tame(&format!("{summary}{}", place.unwrap_or_default())));
        let more = detail.iter().chain(hints).map(|text| format!("{text}\n"));
        let more = more.collect::<Vec<String>>().concat();
        if more.is_empty() {
            return format!("- {head}");
        }
        let block = fenced(&plain(&more));
        let block: Vec<String> = block.lines().map(|line| format!("  {line}")).collect();
        format!("- {head}\n\n{}", block.join("\n"))
    });
    write_within(page, MOST_REMARKS, parts, "\nFurther remarks");
}

/// Without colours, and without orders to anybody.
fn plain(text: &str) -> String {
    told(text, false)
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::{self, plan_of, planned};
    use serde_json::json;

    use super::*;

    #[test]
    fn plans_are_markdown() {
        let warnings =
            [Diagnostic::warning("q: <b> is lost").because("it expires").hint("add:\nx: 1")];
        let refusals = [Diagnostic::error("claimcheck.old would be deleted, and holds data")];
        let plan = fixtures::mixed();
        let record =
            PlanRecord { warnings: &warnings, refusals: &refusals, ..PlanRecord::of(&plan) };
        insta::assert_snapshot!("plan_md_mixed", plan_md(record));
        let plan = fixtures::nothing_to_do();
        insta::assert_snapshot!("plan_md_nothing_to_do", plan_md(PlanRecord::of(&plan)));
    }

    #[test]
    fn how_many_changes_follow_one_another_is_told_in_every_form() {
        let diff = crate::model::compare(
            &fixtures::document(&json!({ "a": 2, "b": 2 })),
            &fixtures::document(&json!({ "a": 1, "b": 1 })),
        );
        let mut slow = planned("t", "dynamodb_table", Change::Update { diff });
        slow.notes.push("2 changes one after the other".into());
        let plan = plan_of(vec![slow]);
        let record = PlanRecord::of(&plan);
        let text = plain(&crate::report::plan_text(&plan, PlanDetail::CHANGES));
        assert!(text.contains("  note: 2 changes one after the other\n"), "{text}");
        assert!(plan_md(record).contains("  note: 2 changes one after the other\n"));
        let json = crate::report::plan_json(record);
        assert!(json.contains("\"2 changes one after the other\""), "{json}");
    }

    #[test]
    fn a_thousand_changes_fit_into_a_comment_and_what_goes_is_told_first() {
        let document = fixtures::document(&json!({ "description": "x".repeat(400) }));
        let mut changes: Vec<_> = (0..1000)
            .map(|n| {
                let change = Change::Create { document: document.clone() };
                planned(&format!("a{n:04}"), "sqs_queue", change)
            })
            .collect();
        let gone = fixtures::all_gone().changes.remove(0);
        changes.push(gone);
        let plan = plan_of(changes);
        let warnings: Vec<_> = (0..500).map(|n| Diagnostic::warning("w".repeat(n))).collect();
        let record =
            PlanRecord { warnings: &warnings, refusals: &warnings, ..PlanRecord::of(&plan) };
        let text = plan_md(record);
        assert!(text.len() < 65_536, "{}", text.len());
        assert!(text.contains("\nFurther changes, for which there is no room here: "), "{text}");
        let (gone, came) = (text.find("claimcheck.bucket"), text.find("a0000"));
        assert!(gone.is_some() && gone < came, "{text}");
    }
}
