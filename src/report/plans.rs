//! The plans of several stacks, told together.

use serde::Serialize;

use crate::plan::{Plan, Totals};

use super::json;
use super::markdown::write_within;
use super::page::Page;
use super::pane::told;
use super::phrases::count;
use super::plan_json::{PlanRecord, TellPlan};
use super::plan_md::plan_md;
use super::style::{STRONG, paint};

/// The version of the form.
pub(super) const PLANS_FORMAT: &str = "ccprov.plans/1";

/// How long the plans may be as Markdown, in bytes: as one, they fit into a comment.
const MOST: usize = 60_000;

/// The last line of all: what the plans come to together.
///
/// `Plan for 3 stacks: N to add, N to change, N to destroy.` or `No changes in 3 stacks.`
pub fn plans_conclusion(plans: &[&Plan]) -> String {
    let stacks = count(plans.len(), "stack");
    let text = if plans.iter().all(|plan| plan.is_empty()) {
        format!("No changes in {stacks}.")
    } else {
        format!("Plan for {stacks}: {}.", totals(plans.iter().copied()))
    };
    format!("{}\n", paint(STRONG, text))
}

/// The plans as Markdown, one after the other, with a mark for all of them before those of each;
/// one alone as it is.
pub fn plans_md(records: &[PlanRecord<'_>]) -> String {
    if let [one] = records {
        return plan_md(*one);
    }
    let plans: Vec<&Plan> = records.iter().map(|record| record.plan).collect();
    let mut page = Page::default();
    let stacks = Plan::told_apart(plans.iter().copied());
    page.line(0, format!("<!-- ccprov:plans:{} -->", stacks.join(",")));
    page.gap();
    page.line(0, format!("**{}**", told(&plans_conclusion(&plans), false).trim_end()));
    let parts = records.iter().map(|record| format!("\n{}", plan_md(*record).trim_end()));
    write_within(&mut page, MOST, parts, "\nFurther plans");
    page.into_text()
}

/// The plans as indented JSON, with a line feed at the end.
pub fn plans_json(records: &[PlanRecord<'_>]) -> String {
    let plans: Vec<&Plan> = records.iter().map(|record| record.plan).collect();
    json::indented(&TellPlans {
        format: PLANS_FORMAT,
        has_changes: plans.iter().any(|plan| !plan.is_empty()),
        totals: totals(plans.iter().copied()),
        plans: records.iter().copied().map(TellPlan::from).collect(),
    })
}

#[derive(Serialize)]
struct TellPlans<'a> {
    format: &'static str,
    has_changes: bool,
    totals: Totals,
    plans: Vec<TellPlan<'a>>,
}

fn totals<'a>(plans: impl Iterator<Item = &'a Plan>) -> Totals {
    plans.map(Plan::totals).fold(Totals::default(), Totals::and)
}
