//! No bucket can be opened to the public.

use serde_json::{Value, json};

use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "public_access",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Every bucket blocks all four ways to public access.",
        risk: "One careless policy or ACL shows everything in the bucket to everybody.",
        remedy: "Leave `public_access_block` out: all four are on by default.",
    },
    stops_messages: false,
    because: "A warning: nothing is public yet, and one more mistake makes it so.",
    judge,
};

const SWITCHES: [&str; 4] =
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

fn judge(scene: &Scene) -> Judgement {
    Judgement::of(scene.of_kind("s3_bucket"), judge_bucket)
}

fn judge_bucket(bucket: &Exhibit) -> Option<Finding> {
    let field = Path::field("public_access_block");
    let is_on = |switch: &&str| {
        field.with_field(*switch).get(&bucket.document).and_then(Value::as_bool) == Some(true)
    };
    let off: Vec<&str> = SWITCHES.into_iter().filter(|switch| !is_on(switch)).collect();
    if off.is_empty() {
        return None;
    }
    let message = format!("public access is not blocked: {} off", off.join(", "));
    let all = SWITCHES.map(|switch| (switch.to_owned(), json!(true)));
    let patch = patch::field(field.top(), &Value::Object(all.into_iter().collect()));
    Some(Finding::new(&bucket.address, message).at(field).hint("block all of it").patch(patch))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    #[test]
    fn nobody_gets_in() {
        golden!(told(
            &RULE,
            &[
                ("by default", "bucket: { kind: s3_bucket }"),
                (
                    "partly",
                    "bucket: { kind: s3_bucket, public_access_block: { block_public_policy: false, ignore_public_acls: false } }"
                ),
            ]
        ));
    }
}
