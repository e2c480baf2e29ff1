//! A service that invokes a function: whether the function's permissions let it.

use serde_json::{Map, Value};

use super::Seen;
use super::gate::{Delivery, Gate};
use crate::model::{Exhibit, Finding, Path, Segment};
use crate::verify::rules::{patch, permissions};

/// What the permissions of a function say.
pub(super) fn judge(delivery: &Delivery<'_>, function: &Exhibit, sid: &str) -> Seen {
    let guard = permissions::guard(function);
    let gate = Gate {
        guard: &guard,
        calls: &[permissions::INVOKE],
        grants: &[permissions::INVOKE],
        resource: function.fact("arn"),
        sid,
        because: "",
    };
    let Seen { findings, open } = delivery.pass(&gate);
    let told = |finding| as_permission(delivery, finding, sid);
    Seen { findings: findings.into_iter().map(told).collect(), open }
}

/// What was found of the policy, as it stands in the stack file.
fn as_permission(delivery: &Delivery<'_>, finding: Finding, sid: &str) -> Finding {
    let (field, nearly) = match finding.path.as_ref().map(Path::segments) {
        Some([_, _, Segment::Field(sid), ..]) if finding.actual.is_some() => {
            (permissions::path_of(sid), true)
        }
        Some(_) | None => (Path::field("permissions"), false),
    };
    let mut entry = Map::new();
    entry.insert("principal".to_owned(), delivery.sender.into());
    entry.insert("source_arn".to_owned(), delivery.stated_source().into());
    // The ARN of a bucket does not say whose it is.
    entry.insert("source_account".to_owned(), "${account}".into());
    let hint = if nearly { "correct it, or state another" } else { "state a permission" };
    let sid = Path::field("permissions").with_field(sid);
    finding.at(field).hint(hint).patch(patch::at(&sid, Value::Object(entry)))
}
