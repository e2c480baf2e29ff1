//! Who may invoke a function: its `permissions`, as the policy that Lambda makes of
//! them.

use serde_json::{Map, Value, json};

use super::function::FUNCTION;
use super::patch;
use crate::model::{Document, Exhibit, Finding, Path, Scene, Segment};
use crate::verify::policy::{Policy, root_of};

/// What a permission allows where it says nothing.
pub(super) const INVOKE: &str = "lambda:InvokeFunction";
const FIELD: &str = "permissions";

/// The fields of a permission that say on whose behalf, with the condition that Lambda
/// makes of each (Lambda API Reference, `AddPermission`).
const CONDITIONS: &[(&str, &str, &str)] = &[
    ("event_source_token", "StringEquals", "lambda:EventSourceToken"),
    ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
    ("source_account", "StringEquals", "aws:SourceAccount"),
    ("source_arn", "ArnLike", "aws:SourceArn"),
];

/// A function with the policy that its permissions are, as any other resource has it.
pub(super) fn guard(function: &Exhibit) -> Exhibit {
    let entries = function.document.get(FIELD).and_then(Value::as_object);
    let statements: Vec<Value> = entries
        .into_iter()
        .flatten()
        .filter_map(|(sid, entry)| statement(function, sid, entry.as_object()?))
        .collect();
    let mut guard = function.clone();
    guard.document.insert("policy".to_owned(), json!({ "Statement": statements }));
    guard
}

/// Every function of a scene with that policy.
pub(super) fn guards(scene: &Scene) -> Vec<Exhibit> {
    scene.of_kind(FUNCTION).map(guard).collect()
}

/// What was found of a guard, told of its function: at `permissions.SID`, which is
/// `policy.Statement.SID` of the guard.
pub(super) fn told(finding: Finding) -> Finding {
    let path = match finding.path.as_ref().map(Path::segments) {
        Some([_, _, Segment::Field(sid), ..]) => path_of(sid),
        Some(_) | None => Path::field(FIELD),
    };
    finding.at(path)
}

/// The same of a permission that does not say on whose behalf, with how to say it.
pub(super) fn bound(finding: Finding) -> Finding {
    let finding = told(finding);
    let account = finding.path.clone().unwrap_or_default().with_field("source_account");
    finding.hint("say on whose behalf").patch(patch::at(&account, "${account}".into()))
}

/// Where a function states a permission.
pub(super) fn path_of(statement: &str) -> Path {
    Path::field(FIELD).with_field(statement)
}

/// The policy of a guard.
pub(super) fn policy(guard: &Exhibit) -> Option<Policy<'_>> {
    Policy::of(guard, &Path::field("policy"))
}

fn statement(function: &Exhibit, sid: &str, entry: &Document) -> Option<Value> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str).filter(|it| !it.is_empty());
    let principal = text("principal")?;
    let principal = if principal.contains(".amazonaws.com") {
        json!({ "Service": principal })
    } else if principal.len() == 12 && principal.bytes().all(|one| one.is_ascii_digit()) {
        let partition = function.fact("arn").split(':').nth(1).unwrap_or("aws");
        json!({ "AWS": root_of(&format!("arn:{partition}:iam::{principal}:")) })
    } else {
        json!({ "AWS": principal })
    };
    let mut condition = Map::new();
    for (field, operator, key) in CONDITIONS {
        let Some(value) = text(field) else { continue };
        let keys = condition.entry(*operator).or_insert_with(|| json!({}));
        keys[*key] = value.into();
    }
    Some(json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": text("action").unwrap_or(INVOKE),
        "Resource": function.fact("arn"),
        "Condition": condition
    }))
}
