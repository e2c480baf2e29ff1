//! The key of a log group lets CloudWatch Logs encrypt.
//!
//! CloudWatch Logs tries the key when a group is given it, and later when it writes and
//! reads; it comes in its own name, and says for which group by the encryption context
//! alone (CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS").

use super::delivery_path::Seen;
use super::delivery_path::gate::{Delivery, Gate};
use super::hop::End;
use super::keys::{self, KeyOf};
use super::{Judgement, Rule, encrypted, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "log_group_key",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "The key of a log group admits CloudWatch Logs of the region, for that group.",
        risk: "AWS refuses to give the group that key; where the key's policy changes later, what is logged is lost, and what was logged cannot be read.",
        remedy: "Add the statement that is missing to the policy of the key.",
    },
    // Logs are no messages: all else works.
    stops_messages: false,
    because: "An error: the group cannot be made, or takes no logs.",
    judge,
};

const GROUP: &str = "cloudwatch_log_group";
/// What the statement of that page allows, and what of it every group needs.
const GRANTS: &[&str] =
    &["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"];
const CALLS: &[&str] = &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"];
/// How it says for which group.
const CONTEXT: &str = "kms:EncryptionContext:aws:logs:arn";
/// All groups of the stack's account and region.
const ALL_GROUPS: &str = "arn:${partition}:logs:${region}:${account}:log-group:*";

fn judge(scene: &Scene) -> Judgement {
    encrypted::judge(scene, scene.of_kind(GROUP), |exhibit, key| admits(scene, exhibit, key))
}

/// Whether a key lets CloudWatch Logs use it for a group.
fn admits(scene: &Scene, group: &Exhibit, key: &Exhibit) -> Seen {
    let place = &scene.place;
    if !place.knows_region() {
        return Seen::open("the region is not known yet");
    }
    if place.partition != "aws" {
        return Seen::open(
            "how CloudWatch Logs is called in other partitions is documented nowhere",
        );
    }
    let service = format!("logs.{}.amazonaws.com", place.region);
    let delivery = Delivery::encrypting(&service, CONTEXT, End::Here(group), place);
    let seen = delivery.pass(&Gate {
        guard: key,
        calls: CALLS,
        grants: GRANTS,
        resource: key.fact("arn"),
        sid: "LogsUseKey",
        because: "; CloudWatch Logs refuses the group without it",
    });
    let one = patch::arn_of(group);
    let is_shared = encrypted(scene, key).count() > 1;
    // One statement admits all groups that share a key.
    let told = |finding: Finding| Finding {
        patch: finding.patch.map(|it| if is_shared { it.replace(&one, ALL_GROUPS) } else { it }),
        ..finding
    };
    Seen { findings: seen.findings.into_iter().map(told).collect(), open: seen.open }
}

/// The groups of the stack that a key encrypts.
fn encrypted<'a>(scene: &'a Scene, key: &Exhibit) -> impl Iterator<Item = &'a Exhibit> {
    scene.of_kind(GROUP).filter(move |group| match keys::key_of(scene, group).0 {
        KeyOf::Here(its) | KeyOf::There(its) => its.address == key.address,
        KeyOf::Nobody | KeyOf::Aws | KeyOf::Open(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::RULE;

    const SOUND: &str = r#"
key:
  kind: kms_key
  policy:
    Statement:
      - { Sid: Account, Effect: Allow, Principal: { AWS: "${account}" }, Action: "kms:*", Resource: "*" }
      - Sid: Logs
        Effect: Allow
        Principal: { Service: logs.us-east-1.amazonaws.com }
        Action: ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource: "*"
        Condition: { ArnEquals: { "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:${account}:log-group:/orders" } }
logs: { kind: cloudwatch_log_group, name: /orders, kms_key_id: "${key.arn}" }
open: { kind: cloudwatch_log_group, name: /open }
"#;

    #[test]
    fn the_key_of_a_group_admits_who_writes_logs() {
        let changed = |from: &str, to: &str| {
            assert!(SOUND.contains(from), "{from}");
            system(&SOUND.replace(from, to))
        };
        let more = "open: { kind: cloudwatch_log_group, name: /open, kms_key_id: \"${key.arn}\" }";
        let scenes = [
            ("sound", system(SOUND)),
            ("a key without a policy", {
                let end = SOUND.find("  policy:").unwrap()..SOUND.find("logs: {").unwrap();
                let mut text = SOUND.to_owned();
                text.replace_range(end, "");
                system(&text)
            }),
            ("the service without its region", changed("logs.us-east-1.", "logs.")),
            ("another region", changed("logs.us-east-1.amazonaws", "logs.eu-west-1.amazonaws")),
            ("another group", changed("log-group:/orders", "log-group:/other")),
            ("too little", changed("\"kms:GenerateDataKey*\", ", "")),
            (
                "a condition that it never meets",
                changed("\"kms:EncryptionContext:aws:logs:arn\"", "\"aws:SourceArn\""),
            ),
            (
                "one key of several groups",
                changed("open: { kind: cloudwatch_log_group, name: /open }", more),
            ),
            (
                "a key of others",
                changed("\"${key.arn}\"", "\"arn:aws:kms:us-east-1:123456789012:key/1\""),
            ),
        ];
        for (title, scene) in &scenes {
            assert_eq!(pasted(&RULE, scene), [], "{title}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}
