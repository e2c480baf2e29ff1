//! A plan as people read it, on a terminal and in a review.
//!
//! Does not depend on the terminal's width or on the time, so that the same
//! plan quoted twice is the same text. Reads without colour. Nothing is cut.
//! The last line is a promise to tools that parse it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{Diagnostic, Document, Emptying, FieldDiff, Holdings, Place};
use crate::plan::{Cause, Change, DeleteReason, Plan, PlannedChange, ReplaceOrder, Step};

use super::forecast::stage_text;
use super::page::Page;
use super::phrases::enumeration;
use super::plan_detail::PlanDetail;
use super::plan_shared::{Entry, Shared};
use super::style::{self, BAD, FAINT, HINT, STRONG, paint};
use super::value;
use super::{artifacts, difference, excerpt, existing, used};

/// The plan as text, with colour codes.
///
/// Its last line is `Plan: N to add, N to change, N to destroy.` or
/// `No changes. Your infrastructure matches the configuration.`
pub fn plan_text(plan: &Plan, detail: PlanDetail) -> String {
    format!("{}{}", plan_steps(plan, detail), plan_conclusion(plan))
}

/// That last line.
pub fn plan_conclusion(plan: &Plan) -> String {
    let text = if plan.is_empty() {
        match plan.excerpt {
            None => "No changes. Your infrastructure matches the configuration.".to_owned(),
            Some(_) => "No changes. What was looked at matches the configuration.".to_owned(),
        }
    } else {
        format!("Plan: {}.", plan.totals())
    };
    format!("{}\n", paint(STRONG, text))
}

/// All that stands before the last line, with an empty one at its end.
pub fn plan_steps(plan: &Plan, detail: PlanDetail) -> String {
    let mut page = Page::default();
    let (stack, place) = (paint(STRONG, &plan.stack), &plan.place);
    let endpoint = place.endpoint.as_ref().map_or_else(String::new, |url| format!(", at {url}"));
    let (account, region) = (&place.account, &place.region);
    page.line(0, format!("Stack {stack} in account {account}, region {region}{endpoint}"));
    for said in excerpt::told(plan) {
        page.line(0, said);
    }
    let used = used::block(plan);
    if !used.is_empty() {
        page.gap();
        page.lines(0, &used);
        page.gap();
    }
    let shared = Shared::of(plan, detail);
    page.lines(0, &shared.head());
    existing::write_text(&mut page, plan);
    page.gap();
    write_changes(&mut page, plan, &shared, detail);
    write_unchanged(&mut page, plan, detail);
    write_hidden(&mut page, plan, detail);
    write_left(&mut page, plan);
    if !plan.is_empty() && !plan.outputs.is_empty() {
        page.gap();
        page.line(0, "Outputs");
        value::write_fields(&mut page, 2, &plan.outputs.clone().into_iter().collect());
    }
    page.gap();
    page.into_text()
}

/// A block for each entry, apart from its neighbours unless both are of one
/// line.
fn write_changes(page: &mut Page, plan: &Plan, shared: &Shared, detail: PlanDetail) {
    let mut was_one_line = true;
    for entry in shared.entries(plan) {
        let block = entry_block(plan, shared, &entry, detail);
        if block.is_empty() {
            continue;
        }
        let is_one_line = block.lines().count() == 1;
        if !(is_one_line && was_one_line) {
            page.gap();
        }
        page.lines(0, &block);
        was_one_line = is_one_line;
    }
}

/// The block of an entry, its head first; nothing where there is nothing to tell.
pub(super) fn entry_block(
    plan: &Plan,
    shared: &Shared,
    entry: &Entry<'_>,
    detail: PlanDetail,
) -> String {
    let mut page = Page::default();
    match entry {
        Entry::One(planned) => write_change(&mut page, plan, shared, planned, detail),
        Entry::Alike(all) => write_alike(&mut page, plan, all),
    }
    page.into_text()
}

/// Resources whose changes are the same: what changes, and then which.
fn write_alike(page: &mut Page, plan: &Plan, all: &[&PlannedChange]) {
    let Some(first @ PlannedChange { kind, change, .. }) = all.first() else { return };
    let sign = paint(style::of_change(change), change.symbol());
    let is_one_kind = all.iter().all(|planned| planned.kind == *kind);
    let what = if is_one_kind { format!("of kind {kind}") } else { "resources".to_owned() };
    let what = format!("{} {what} change alike", all.len());
    page.line(0, format!("{sign} {}", paint(STRONG, what)));
    if let Change::Update { diff } = change {
        write_difference(page, plan, first, diff);
    }
    let mut line = String::new();
    for planned in all {
        let address = planned.address.as_str();
        if !line.is_empty() && line.chars().count() + address.chars().count() > value::SHORT {
            page.line(2, format!("{line},"));
            line.clear();
        }
        let comma = if line.is_empty() { "" } else { ", " };
        line = format!("{line}{comma}{address}");
    }
    page.line(2, line);
}

/// The block of one address.
fn write_change(
    page: &mut Page,
    plan: &Plan,
    shared: &Shared,
    planned: &PlannedChange,
    detail: PlanDetail,
) {
    match &planned.change {
        Change::NoOp if planned.notes.is_empty() => return,
        Change::NoOp => write_head(page, plan, planned, ""),
        Change::Create { document } => {
            write_head(page, plan, planned, "");
            let shown = shown(plan, planned, document, detail);
            let shown = artifacts::named(shown, &plan.sent_to(&planned.address));
            value::write_fields(page, 2, &shared.without(shown, &planned.identity));
        }
        Change::Update { diff } => {
            write_head(page, plan, planned, "");
            write_difference(page, plan, planned, diff);
        }
        Change::Replace { because, diff, order, holdings } => {
            write_head(page, plan, planned, "");
            page.line(2, why_replaced(because));
            page.line(2, which_first(*order));
            write_holdings(page, plan, planned, holdings.as_ref());
            write_difference(page, plan, planned, diff);
        }
        Change::Delete { why, document, holdings } => {
            let why = if shared.says(*why) { "" } else { why_deleted(*why) };
            write_head(page, plan, planned, why);
            write_holdings(page, plan, planned, holdings.as_ref());
            if detail.deleted_fields {
                value::write_fields(page, 2, document);
            }
        }
    }
    for note in &planned.notes {
        page.line(2, format!("{}: {note}", paint(HINT, "note")));
    }
    for (number, stage) in (1..).zip(&planned.stages) {
        page.line(4, format!("{number}. {}", stage_text(stage)));
    }
}

fn write_difference(page: &mut Page, plan: &Plan, planned: &PlannedChange, diff: &[FieldDiff]) {
    let others = artifacts::write(page, 2, diff, &plan.sent_to(&planned.address));
    difference::write(page, 2, &others);
}

/// What there is to tell of a new object: what the stack file says of it.
fn shown(
    plan: &Plan,
    planned: &PlannedChange,
    document: &Document,
    detail: PlanDetail,
) -> Document {
    let Some(stated) = stated(plan, planned).filter(|_| !detail.defaults) else {
        return document.clone();
    };
    let said = document.iter().filter(|(field, _)| stated.contains(*field));
    said.filter_map(|(field, value)| Some((field.clone(), substance(value)?))).collect()
}

/// The fields of a new object that the stack file mentions.
fn stated<'a>(plan: &'a Plan, planned: &PlannedChange) -> Option<&'a BTreeSet<String>> {
    let mut steps = plan.steps.iter().filter(|node| node.address == planned.address);
    steps.find_map(|node| match &node.step {
        Step::Create { want } => Some(&want.stated),
        Step::Update { .. } | Step::Delete { .. } => None,
    })
}

/// A value without the parts that only say that there is nothing; `None` if
/// nothing else is left.
fn substance(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) => (!text.is_empty()).then(|| value.clone()),
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().filter_map(substance).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(fields) => {
            let said = fields.iter();
            let fields: Document =
                said.filter_map(|(name, value)| Some((name.clone(), substance(value)?))).collect();
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        Value::Bool(_) | Value::Number(_) => Some(value.clone()),
    }
}

/// `+ claimcheck.queue  sqs_queue claimcheck-dev-queue`.
fn write_head(page: &mut Page, plan: &Plan, planned: &PlannedChange, why: &str) {
    let sign = paint(style::of_change(&planned.change), planned.change.symbol());
    let identity = value::bare(&Value::from(short_identity(&plan.place, planned)));
    let object = paint(FAINT, format!("{} {identity}", planned.kind));
    // Who carries no tag has no address of our own once it is not declared.
    let address = planned.address.as_str();
    let is_nameless = address == format!("{}({})", planned.kind, planned.identity);
    let name = if is_nameless { String::new() } else { format!("{}  ", paint(STRONG, address)) };
    let why = if why.is_empty() { String::new() } else { format!("  ({why})") };
    page.line(0, format!("{sign} {name}{object}{why}"));
}

/// An identity of several parts without what the head of the plan says of each:
/// `orders|sqs|order_queue` for a subscription whose topic and queue are here.
fn short_identity(place: &Place, planned: &PlannedChange) -> String {
    let short = |part: &str| {
        let of_arn: Vec<&str> = part.splitn(6, ':').collect();
        match of_arn.as_slice() {
            ["arn", partition, _, region, account, name]
                if *partition == place.partition
                    && *region == place.region
                    && *account == place.account =>
            {
                (*name).to_owned()
            }
            _ => part.to_owned(),
        }
    };
    let parts: Vec<&str> = planned.identity.as_str().split('|').collect();
    match parts.as_slice() {
        [whole] => (*whole).to_owned(),
        _ => parts.into_iter().map(short).collect::<Vec<String>>().join("|"),
    }
}

fn why_replaced(cause: &Cause) -> String {
    if cause.is_asked() {
        return "Is replaced, because --replace asks for it.".to_owned();
    }
    let fields = std::iter::once(&cause.first).chain(&cause.others);
    format!("Must be replaced, because {} cannot change in place.", enumeration(fields))
}

fn which_first(order: ReplaceOrder) -> &'static str {
    match order {
        ReplaceOrder::CreateFirst => {
            "The new object is created first. Then the stack turns to it, and last the old one is deleted."
        }
        ReplaceOrder::DeleteFirst => {
            "The old object is deleted first, because the new one takes its name: expect a gap."
        }
    }
}

fn why_deleted(why: DeleteReason) -> &'static str {
    match why {
        DeleteReason::NotDeclared => "not declared any more",
        DeleteReason::Destroy => "the stack is being destroyed",
        DeleteReason::Replaced => "an earlier run has made its successor",
        DeleteReason::WithParent => "goes with its parent",
    }
}

/// What a deletion loses, or what stands in its way.
fn write_holdings(
    page: &mut Page,
    plan: &Plan,
    planned: &PlannedChange,
    holdings: Option<&Holdings>,
) {
    let Some(Holdings { what, blocks_delete, revivable }) = holdings else { return };
    let fate = match (emptying(plan, planned), blocks_delete) {
        _ if *revivable => "",
        (Emptying::Empty, true) => ", which will be removed first, and lost",
        (Emptying::Keep, true) => "; AWS refuses to delete it until it is empty",
        (Emptying::Empty | Emptying::Keep, false) => ", which will be lost",
    };
    page.line(2, format!("{} holds {what}{fate}", paint(BAD, "!")));
}

/// What the address's delete step does with the contents.
fn emptying(plan: &Plan, planned: &PlannedChange) -> Emptying {
    let steps = plan.steps.iter().filter(|node| node.address == planned.address);
    let mut told = steps.filter_map(|node| match &node.step {
        Step::Delete { emptying, .. } => Some(*emptying),
        Step::Create { .. } | Step::Update { .. } => None,
    });
    told.next().unwrap_or(Emptying::Keep)
}

/// What is not touched, though it may be the stack's.
fn write_left(page: &mut Page, plan: &Plan) {
    if plan.left.is_empty() {
        return;
    }
    page.gap();
    page.line(0, "Left alone");
    for left in &plan.left {
        let Diagnostic { summary, detail, hints, .. } = left.diagnostic();
        page.line(2, summary);
        for more in detail.into_iter().chain(hints) {
            page.line(4, paint(FAINT, more));
        }
    }
}

/// That new objects have more fields than their blocks show.
fn write_hidden(page: &mut Page, plan: &Plan, detail: PlanDetail) {
    let hides = plan.changes.iter().any(|planned| match &planned.change {
        Change::Create { document } => shown(plan, planned, document, detail) != *document,
        Change::NoOp | Change::Update { .. } | Change::Replace { .. } | Change::Delete { .. } => {
            false
        }
    });
    if hides {
        page.gap();
        let remark = "Defaults of new objects are not shown; `ccprov plan --all` shows them.";
        page.line(0, paint(FAINT, remark));
    }
}

/// What does not change: a count, or a line each.
fn write_unchanged(page: &mut Page, plan: &Plan, detail: PlanDetail) {
    let unchanged: Vec<&PlannedChange> =
        plan.changes.iter().filter(|planned| matches!(planned.change, Change::NoOp)).collect();
    if unchanged.is_empty() {
        return;
    }
    page.gap();
    if !detail.unchanged {
        return page.line(0, paint(FAINT, format!("= {} unchanged", unchanged.len())));
    }
    // Those with notes have a block of their own already.
    for planned in unchanged.into_iter().filter(|planned| planned.notes.is_empty()) {
        write_head(page, plan, planned, "");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::{Identity, compare};
    use crate::report::fixtures::{self, document, plain, plan_of, planned};

    use super::*;

    fn check(name: &str, plan: &Plan, detail: PlanDetail) {
        insta::assert_snapshot!(name, plain(&plan_text(plan, detail)));
    }

    #[test]
    fn plans_read_well() {
        check("plan_all_new", &fixtures::all_new(), PlanDetail::CHANGES);
        check("plan_mixed", &fixtures::mixed(), PlanDetail::CHANGES);
        check("plan_mixed_in_full", &fixtures::mixed(), PlanDetail::FULL);
        check("plan_all_gone", &fixtures::all_gone(), PlanDetail::CHANGES);
        check("plan_nothing_to_do", &fixtures::nothing_to_do(), PlanDetail::CHANGES);
    }

    #[test]
    fn difficult_differences_read_well() {
        let statement = |action: &str| json!({ "Effect": "Allow", "Action": action });
        let long = |name: &str| format!("arn:aws:sqs:us-east-1:123456789012:claimcheck-dev-{name}");
        let want = json!({
            "definition": "{\n  \"StartAt\": \"New\",\n  \"States\": {}\n}\n",
            "events": [{ "id": "a", "prefix": "new/" }, { "id": "b", "prefix": "b/" }],
            "policy": { "Statement": [statement("sqs:SendMessage"), statement("sqs:Purge")] },
            "order": ["b", "a"],
            "sources": [long("one"), long("two"), long("three")],
            "tags": { "a.b": "new" },
            "trigger": { "cron": "1 * * * *", "zone": "UTC" },
        });
        let have = json!({
            "definition": "{\n  \"StartAt\": \"Old\",\n  \"States\": {}\n}\n",
            "events": [{ "id": "a", "prefix": "old/" }, { "id": "c", "prefix": "c/" }],
            "policy": { "Statement": [statement("sqs:SendMessage"), statement("sqs:*")] },
            "order": ["a", "b"],
            "sources": [long("one"), long("two"), long("four")],
            "tags": { "a.b": "old" },
            "trigger": "daily",
        });
        let diff = compare(&document(&want), &document(&have));
        let plan = plan_of(vec![planned("x", "kind", Change::Update { diff })]);
        check("plan_difficult_differences", &plan, PlanDetail::CHANGES);
    }

    #[test]
    fn what_many_have_in_common_is_told_once() {
        let new = |name: &str, tags: Value| {
            let document = document(&json!({ "delay_seconds": 5, "tags": tags }));
            planned(name, "sqs_queue", Change::Create { document })
        };
        let kept_for = |name: &str, days: u32| {
            let (want, have) = (json!({ "retention": days }), json!({ "retention": 4 }));
            let diff = compare(&document(&want), &document(&have));
            planned(name, "sqs_queue", Change::Update { diff })
        };
        let mut changes = vec![
            new("a", json!({ "Team": "orders", "Stage": "dev" })),
            new("b", json!({ "Team": "orders", "Stage": "dev", "Own": "1" })),
            new("c", json!({ "Team": "orders", "Stage": "dev" })),
            new("d", json!({})),
            kept_for("pair.a", 9),
            kept_for("pair.b", 9),
        ];
        changes.extend((1..=20).map(|n| kept_for(&format!("queue.number_{n:02}"), 14)));
        let mut noted = kept_for("queue.other", 14);
        noted.notes.push("what has a note stands alone".into());
        changes.push(noted);
        let plan = plan_of(changes);
        check("plan_in_common", &plan, PlanDetail::CHANGES);
        let full = plain(&plan_text(&plan, PlanDetail::FULL));
        assert!(full.contains("Stage  dev") && full.contains("~ queue.number_07"), "{full}");
    }

    #[test]
    fn a_head_names_an_object_once_and_in_short() {
        let arn = |service: &str, account: &str, name: &str| {
            format!("arn:aws:{service}:us-east-1:{account}:{name}")
        };
        let of_subscription = |account: &str| {
            let topic = arn("sns", "123456789012", "orders");
            let identity = format!("{topic}|sqs|{}", arn("sqs", account, "order_queue"));
            let change = Change::Create { document: document(&json!({ "protocol": "sqs" })) };
            PlannedChange {
                identity: Identity(identity),
                ..planned("s", "sns_subscription", change)
            }
        };
        let queue = json!({ "name": "claimcheck-dev-q", "delay_seconds": 5 });
        let queue = planned("q", "sqs_queue", Change::Create { document: document(&queue) });
        let all = vec![queue, of_subscription("123456789012"), of_subscription("210987654321")];
        let text = plain(&plan_text(&plan_of(all), PlanDetail::CHANGES));
        assert!(text.contains("sns_subscription orders|sqs|order_queue\n"), "{text}");
        assert!(
            text.contains("orders|sqs|arn:aws:sqs:us-east-1:210987654321:order_queue"),
            "{text}"
        );
        assert_eq!(text.matches("claimcheck-dev-q").count(), 1, "{text}");
    }

    #[test]
    fn colours_are_on_until_the_pane_takes_them_out() {
        let text = plan_text(&fixtures::mixed(), PlanDetail::CHANGES);
        assert!(text.contains("\u{1b}[33m~"), "a yellow sign for an update");
        assert!(!text.contains(['\u{1}', '\u{2}', '\u{3}']), "no marker of a pending fact");
    }

    #[test]
    fn the_last_line_is_what_tools_parse() {
        let last =
            |plan| plain(&plan_text(&plan, PlanDetail::FULL)).lines().last().map(str::to_owned);
        assert_eq!(
            last(fixtures::mixed()).as_deref(),
            Some("Plan: 2 to add, 2 to change, 4 to destroy.")
        );
        assert_eq!(
            last(fixtures::nothing_to_do()).as_deref(),
            Some("No changes. Your infrastructure matches the configuration.")
        );
    }
}
