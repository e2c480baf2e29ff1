//! A plan for programs: `--json`. The form is described in `docs/JSON.md` and
//! carries its version; fields may be added to it, never taken away.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::model::document::{has_pending, shown_value};
use crate::model::{
    Address, Artifact, ArtifactSort, Diagnostic, Document, FieldDiff, Hash, Holdings, Inspected,
    Origin, Path, UsedStack,
};
use crate::plan::{
    Cause, Change, DeleteReason, Excerpt, Forecast, Left, Plan, PlannedChange, ReplaceOrder, Step,
    Totals, WhyLeft,
};

use super::diagnostics::TellDiagnostic;
use super::existing::{self, TellExisting};
use super::forecast::{TellForecast, TellStage, tell_forecast, tell_stage};
use super::verify::{TellFound, tell_found};

/// The version of the form.
pub const PLAN_FORMAT: &str = "ccprov.plan/1";

/// A plan, and what there is to say of it.
#[derive(Clone, Copy, Debug)]
pub struct PlanRecord<'a> {
    /// What would be done.
    pub plan: &'a Plan,
    /// What is odd about the stack, and what would be lost.
    pub warnings: &'a [Diagnostic],
    /// What stands against an apply, which would refuse for it.
    pub refusals: &'a [Diagnostic],
    /// How long it takes as a rule, if somebody worked it out.
    pub forecast: Option<&'a Forecast>,
    /// What rules said of the stack, if they were asked, and where its resources are written.
    pub judged: Option<(&'a [Inspected], &'a BTreeMap<Address, Origin>)>,
}

impl<'a> PlanRecord<'a> {
    /// A plan of which there is nothing to say.
    pub fn of(plan: &'a Plan) -> Self {
        Self { plan, warnings: &[], refusals: &[], forecast: None, judged: None }
    }
}

/// The plan as indented JSON, with a line feed at the end.
pub fn plan_json(record: PlanRecord<'_>) -> String {
    super::json::indented(&TellPlan::from(record))
}

impl<'a> From<PlanRecord<'a>> for TellPlan<'a> {
    fn from(PlanRecord { plan, warnings, refusals, forecast, judged }: PlanRecord<'a>) -> Self {
        let outputs = plan.outputs.iter().map(|(name, value)| (&**name, shown_value(value)));
        Self {
            format: PLAN_FORMAT,
            stack: &plan.stack,
            account: &plan.place.account,
            region: &plan.place.region,
            partition: &plan.place.partition,
            has_changes: !plan.is_empty(),
            totals: plan.totals(),
            changes: plan.changes.iter().map(|planned| tell(plan, planned)).collect(),
            left: plan.left.iter().map(tell_left).collect(),
            excerpt: plan.excerpt.as_ref().map(tell_excerpt),
            existing: existing::tell(plan),
            outputs: outputs.collect(),
            uses: plan.uses.iter().map(|(name, used)| (&**name, tell_used(used))).collect(),
            warnings: warnings.iter().map(TellDiagnostic::from).collect(),
            refusals: refusals.iter().map(TellDiagnostic::from).collect(),
            findings: judged.map(|(results, origins)| tell_found(results, origins)),
            expected: forecast.and_then(tell_forecast),
        }
    }
}

/// A plan as it is written.
#[derive(Serialize)]
pub(super) struct TellPlan<'a> {
    format: &'static str,
    stack: &'a str,
    account: &'a str,
    region: &'a str,
    partition: &'a str,
    has_changes: bool,
    totals: Totals,
    changes: Vec<TellChange<'a>>,
    left: Vec<TellLeft<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<TellExcerpt<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    existing: Vec<TellExisting<'a>>,
    outputs: BTreeMap<&'a str, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    uses: BTreeMap<&'a str, TellUsed<'a>>,
    warnings: Vec<TellDiagnostic<'a>>,
    refusals: Vec<TellDiagnostic<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<TellFound<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<TellForecast<'a>>,
}

/// What of the stack it is about, where that is not all of it.
#[derive(Serialize)]
struct TellExcerpt<'a> {
    only: &'a [String],
    left_out: usize,
    outputs_left_out: &'a BTreeSet<String>,
}

/// A stack that is used.
#[derive(Serialize)]
struct TellUsed<'a> {
    stack: &'a str,
    file: &'a str,
    account: &'a str,
    region: &'a str,
    outputs: BTreeMap<&'a str, Value>,
}

fn tell_used(used: &UsedStack) -> TellUsed<'_> {
    let outputs = used.outputs.iter().map(|(name, value)| (&**name, shown_value(value)));
    TellUsed {
        stack: &used.stack,
        file: &used.file,
        account: &used.place.account,
        region: &used.place.region,
        outputs: outputs.collect(),
    }
}

/// What is not touched, though it may be the stack's.
#[derive(Serialize)]
struct TellLeft<'a> {
    address: Option<&'a str>,
    kind: &'a str,
    identity: &'a str,
    why: WhyLeft,
}

#[derive(Serialize)]
struct TellChange<'a> {
    address: &'a str,
    kind: &'a str,
    identity: Value,
    action: &'static str,
    #[serde(flatten)]
    sides: Sides,
    diff: Vec<TellDiff>,
    known_after_apply: Vec<String>,
    reasons: Vec<Reason>,
    holdings: Option<&'a Holdings>,
    notes: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    artifacts: Vec<TellArtifact<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stages: Vec<TellStage>,
}

/// What is sent of the checkout.
#[derive(Serialize)]
struct TellArtifact<'a> {
    path: String,
    sort: ArtifactSort,
    file: &'a str,
    bytes: u64,
    sha256: Hash,
}

/// The fields before and after, as far as the plan speaks of them.
#[derive(Default, Serialize)]
struct Sides {
    before: Option<Value>,
    after: Option<Value>,
}

#[derive(Serialize)]
struct TellDiff {
    path: String,
    before: Option<Value>,
    after: Option<Value>,
    forces_replacement: bool,
}

/// Why a change is what it is.
#[derive(Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
enum Reason {
    /// A field cannot change in place.
    CannotUpdate {
        paths: Vec<String>,
    },
    /// Nothing but `--replace`.
    Asked,
    CreateFirst,
    DeleteFirst,
    NotDeclared,
    Destroy,
    Replaced,
    WithParent,
}

fn tell_excerpt(excerpt: &Excerpt) -> TellExcerpt<'_> {
    let Excerpt { only, purpose: _, left_out, outputs_left_out, mentioned_by: _ } = excerpt;
    TellExcerpt { only, left_out: left_out.len(), outputs_left_out }
}

fn tell_left(Left { address, kind, identity, why }: &Left) -> TellLeft<'_> {
    let address = address.as_ref().map(Address::as_str);
    TellLeft { address, kind, identity: identity.as_str(), why: *why }
}

fn tell<'a>(plan: &'a Plan, planned: &'a PlannedChange) -> TellChange<'a> {
    let mut told = TellChange {
        address: planned.address.as_str(),
        kind: &planned.kind,
        identity: shown_value(&Value::from(planned.identity.as_str())),
        action: "no-op",
        sides: Sides::default(),
        diff: Vec::new(),
        known_after_apply: Vec::new(),
        reasons: Vec::new(),
        holdings: None,
        notes: &planned.notes,
        artifacts: plan.sent_to(&planned.address).into_iter().map(tell_artifact).collect(),
        stages: planned.stages.iter().map(tell_stage).collect(),
    };
    match &planned.change {
        Change::NoOp => {}
        Change::Create { document } => {
            told.action = "create";
            told.sides.after = Some(shown(document));
            told.known_after_apply = pending_paths(document);
        }
        Change::Update { diff } => {
            told.action = "update";
            told.sides = sides(plan, planned);
            tell_diff(&mut told, diff);
        }
        Change::Replace { because, diff, order, holdings } => {
            told.action = "replace";
            told.sides = sides(plan, planned);
            told.reasons = vec![why_replaced(because), first(*order)];
            told.holdings = holdings.as_ref();
            tell_diff(&mut told, diff);
        }
        Change::Delete { why, document, holdings } => {
            told.action = "delete";
            told.sides.before = Some(shown(document));
            told.reasons = vec![gone(*why)];
            told.holdings = holdings.as_ref();
        }
    }
    told
}

fn tell_artifact(
    Artifact { at, path, sort, packing: _, size, sha256 }: &Artifact,
) -> TellArtifact<'_> {
    TellArtifact { path: at.to_string(), sort: *sort, file: path, bytes: *size, sha256: *sha256 }
}

fn tell_diff(told: &mut TellChange<'_>, diffs: &[FieldDiff]) {
    for diff in diffs {
        if let Some(want) = &diff.want {
            collect_pending(&diff.path, want, &mut told.known_after_apply);
        }
    }
    told.diff = diffs
        .iter()
        .map(|diff| TellDiff {
            path: diff.path.to_string(),
            before: diff.have.as_ref().map(shown_value),
            after: diff.want.as_ref().map(shown_value),
            forces_replacement: diff.forces_replace,
        })
        .collect();
}

/// Before and after, from the address's steps: a change holds differences only.
fn sides(plan: &Plan, planned: &PlannedChange) -> Sides {
    let mut sides = Sides::default();
    for node in plan.steps.iter().filter(|node| node.address == planned.address) {
        match &node.step {
            Step::Create { want } => sides.after = Some(shown(&want.document)),
            // Where there are several, the first has what there is, and the last what is wanted.
            Step::Update { want, have, .. } => {
                // What this plan makes was not there before.
                if !plan.completes_creation(node) {
                    sides.before.get_or_insert_with(|| shown(&have.document));
                }
                sides.after = Some(shown(&want.document));
            }
            Step::Delete { have, .. } => sides.before = Some(shown(&have.document)),
        }
    }
    sides
}

fn shown(document: &Document) -> Value {
    shown_value(&Value::Object(document.clone()))
}

fn why_replaced(because: &Cause) -> Reason {
    if because.is_asked() {
        return Reason::Asked;
    }
    let paths = std::iter::once(&because.first).chain(&because.others);
    Reason::CannotUpdate { paths: paths.map(Path::to_string).collect() }
}

fn first(order: ReplaceOrder) -> Reason {
    match order {
        ReplaceOrder::CreateFirst => Reason::CreateFirst,
        ReplaceOrder::DeleteFirst => Reason::DeleteFirst,
    }
}

fn gone(why: DeleteReason) -> Reason {
    match why {
        DeleteReason::NotDeclared => Reason::NotDeclared,
        DeleteReason::Destroy => Reason::Destroy,
        DeleteReason::Replaced => Reason::Replaced,
        DeleteReason::WithParent => Reason::WithParent,
    }
}

fn pending_paths(document: &Document) -> Vec<String> {
    let mut paths = Vec::new();
    for (name, value) in document {
        collect_pending(&Path::field(name), value, &mut paths);
    }
    paths
}

/// The paths of all values within `value` that AWS has yet to choose.
fn collect_pending(path: &Path, value: &Value, paths: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect_pending(&path.with_index(index), item, paths);
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                collect_pending(&path.with_field(name), item, paths);
            }
        }
        Value::String(_) if has_pending(value) => paths.push(path.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures;

    use super::*;

    fn check(name: &str, plan: &Plan) {
        let warnings = [Diagnostic::warning("the queue is never read").because("letters expire")];
        let refusals = [Diagnostic::error("the queue would be lost").hint("keep it")];
        let record =
            PlanRecord { warnings: &warnings, refusals: &refusals, ..PlanRecord::of(plan) };
        insta::assert_snapshot!(name, plan_json(record));
    }

    #[test]
    fn plans_are_told_to_programs() {
        check("plan_json_all_new", &fixtures::all_new());
        check("plan_json_mixed", &fixtures::mixed());
        check("plan_json_nothing_to_do", &fixtures::nothing_to_do());
    }

    #[test]
    fn findings_of_rules_are_told_one_by_one() {
        let plan = fixtures::nothing_to_do();
        let sample = fixtures::inspections::mixed();
        let inspected = sample.record();
        let judged = Some((inspected.results, inspected.origins));
        let told = plan_json(PlanRecord { judged, ..PlanRecord::of(&plan) });
        let told: Value = serde_json::from_str(&told).unwrap();
        let findings = told["findings"].as_array().unwrap();
        assert!(!findings.is_empty());
        for finding in findings {
            assert!(finding["check"].is_string() && finding["level"].is_string(), "{finding}");
            assert!(finding["address"].is_string() && finding["message"].is_string(), "{finding}");
        }
        let unasked: Value = serde_json::from_str(&plan_json(PlanRecord::of(&plan))).unwrap();
        assert!(unasked.get("findings").is_none());
    }

    #[test]
    fn no_marker_of_a_pending_fact_gets_out() {
        let text = plan_json(PlanRecord::of(&fixtures::mixed()));
        assert!(!text.contains("\\u0001"), "{text}");
    }
}
