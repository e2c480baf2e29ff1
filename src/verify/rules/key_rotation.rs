//! Keys get new key material from time to time.

use serde_json::{Value, json};

use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "key_rotation",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Every symmetric key is rotated.",
        risk: "Whoever once gets hold of the key material can read everything that it ever encrypts.",
        remedy: "Set `enable_key_rotation: true`: ids and ARNs stay, and old data can still be read.",
    },
    stops_messages: false,
    because: "A warning: rotation costs little, and nobody who uses the key notices it.",
    judge,
};

const FIELD: &str = "enable_key_rotation";

fn judge(scene: &Scene) -> Judgement {
    // KMS rotates no others.
    let symmetric =
        scene.of_kind("kms_key").filter(|key| key.text("key_spec") == Some("SYMMETRIC_DEFAULT"));
    Judgement::of(symmetric, judge_key)
}

fn judge_key(key: &Exhibit) -> Option<Finding> {
    if key.document.get(FIELD).and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let finding = Finding::new(&key.address, "it is never rotated").at(Path::field(FIELD));
    Some(finding.hint("turn rotation on").patch(patch::field(FIELD, &json!(true))))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    #[test]
    fn keys_rotate_or_cannot() {
        golden!(told(
            &RULE,
            &[
                ("by default", "key: { kind: kms_key }"),
                ("not", "key: { kind: kms_key, enable_key_rotation: false }"),
                ("cannot", "key: { kind: kms_key, key_spec: RSA_2048, key_usage: SIGN_VERIFY }"),
            ]
        ));
    }
}
