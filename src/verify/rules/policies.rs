//! Where kinds keep their policies.

use serde_json::Value;

use crate::model::{Exhibit, Path, Scene};
use crate::verify::policy::Policy;

/// Kinds whose resources say in `policy` who may use them.
const USED: &[&str] = &["kms_key", "s3_bucket", "sns_topic", "sqs_queue"];

/// Policies of resources: who may use them.
pub(super) fn of_resources(scene: &Scene) -> impl Iterator<Item = (&Exhibit, Policy<'_>)> {
    let used = scene.exhibits.values().filter(|exhibit| USED.contains(&exhibit.kind.as_str()));
    used.filter_map(|exhibit| Some((exhibit, Policy::of(exhibit, &Path::field("policy"))?)))
}

/// Policies of roles about who may take them on.
pub(super) fn of_trust(scene: &Scene) -> impl Iterator<Item = (&Exhibit, Policy<'_>)> {
    let path = Path::field("assume_role_policy");
    scene
        .of_kind("iam_role")
        .filter_map(move |exhibit| Some((exhibit, Policy::of(exhibit, &path)?)))
}

/// Policies of identities: what their holders may do.
pub(super) fn of_identities(scene: &Scene) -> impl Iterator<Item = (&Exhibit, Policy<'_>)> {
    let managed = scene.of_kind("iam_policy").map(|policy| (policy, Path::field("policy")));
    let inline = scene.of_kind("iam_role").flat_map(|role| {
        let field = "inline_policies";
        let names = role.document.get(field).and_then(Value::as_object).into_iter().flatten();
        names.map(move |(name, _)| (role, Path::field(field).with_field(name)))
    });
    managed.chain(inline).filter_map(|(exhibit, path)| Some((exhibit, Policy::of(exhibit, &path)?)))
}
