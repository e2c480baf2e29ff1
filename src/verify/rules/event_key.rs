//! The key of a bus or an archive lets EventBridge encrypt (EventBridge User Guide,
//! "Encryption of events on event buses" and "Encrypting archives").

use super::delivery_path::Seen;
use super::delivery_path::gate::{Delivery, Gate};
use super::event::{ARCHIVE, BUS, EVENTS};
use super::hop::End;
use super::{Judgement, Rule, encrypted};
use crate::model::{CheckInfo, CheckKind, Exhibit, Level, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "event_key",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "The key of an event bus or an archive admits EventBridge.",
        risk: "EventBridge takes the name of the key, and then loses every event or refuses it; an archive keeps nothing.",
        remedy: "Add the statement that is missing to the policy of the key.",
    },
    stops_messages: true,
    because: "An error: no event gets through, or none is kept.",
    judge,
};

const TO_BUS: &[&str] = &["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"];
const TO_ARCHIVE: &[&str] =
    &["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:ReEncryptFrom"];
const GRANTED_TO_ARCHIVE: &[&str] =
    &["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:ReEncrypt*"];
/// How EventBridge says for which bus it encrypts, beside the usual way.
const CONTEXT: &str = "kms:EncryptionContext:aws:events:event-bus:arn";

fn judge(scene: &Scene) -> Judgement {
    encrypted::judge(scene, scene.of_kind(BUS).chain(scene.of_kind(ARCHIVE)), |exhibit, key| {
        admits(scene, exhibit, key)
    })
}

fn admits(scene: &Scene, exhibit: &Exhibit, key: &Exhibit) -> Seen {
    let (end, place) = (End::Here(exhibit), &scene.place);
    let (delivery, calls, grants) = if exhibit.kind == BUS {
        (Delivery::of(EVENTS, false, end, place).saying(CONTEXT), TO_BUS, TO_BUS)
    } else {
        // Whether it names the archive or its bus is told nowhere.
        (Delivery::unsaid(EVENTS, end, place), TO_ARCHIVE, GRANTED_TO_ARCHIVE)
    };
    let because = format!("; it encrypts {}", exhibit.address);
    delivery.pass(&Gate {
        guard: key,
        calls,
        grants,
        resource: key.fact("arn"),
        sid: "EventsUseKey",
        because: &because,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::RULE;
    use crate::model::{Path, Scene};

    const SOUND: &str = r#"
key:
  kind: kms_key
  policy:
    Version: "2012-10-17"
    Statement:
      - { Sid: Account, Effect: Allow, Principal: { AWS: "arn:aws:iam::${account}:root" }, Action: "kms:*", Resource: "*" }
      - { Sid: Events, Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:ReEncrypt*"], Resource: "*" }
bus: { kind: cloudwatch_event_bus, kms_key_identifier: "${key.arn}" }
archive: { kind: cloudwatch_event_archive, event_source_arn: "${bus.arn}", kms_key_identifier: "${key.arn}" }
"#;

    fn changed(from: &str, to: &str) -> Scene {
        assert!(SOUND.contains(from), "{from}");
        let mut scene = system(&SOUND.replace(from, to));
        let field = Path::field("kms_key_identifier");
        scene.keys.insert("cloudwatch_event_archive".to_owned(), vec![field]);
        scene
    }

    #[test]
    fn a_key_admits_eventbridge() {
        let all = "Resource: \"*\" }\nbus";
        let bound = |condition: &str| {
            changed(all, &format!("Resource: \"*\", Condition: {{ {condition} }} }}\nbus"))
        };
        let scenes = [
            ("sound", changed("Sid: Events", "Sid: Events")),
            ("another service", changed("Service: events.", "Service: sqs.")),
            (
                "only to decrypt",
                changed("\"kms:GenerateDataKey\", \"kms:ReEncrypt*\"", "\"kms:ReEncrypt*\""),
            ),
            ("for this account", bound("StringEquals: { \"aws:SourceAccount\": \"${account}\" }")),
            (
                "for another bus",
                bound(
                    "ArnLike: { \"aws:SourceArn\": \"arn:aws:events:us-east-1:${account}:event-bus/other\" }",
                ),
            ),
            (
                "for its own bus alone",
                bound(
                    "StringEquals: { \"kms:EncryptionContext:aws:events:event-bus:arn\": \"arn:aws:events:us-east-1:${account}:event-bus/dev-bus\" }",
                ),
            ),
        ];
        for (title, scene) in &scenes {
            assert_eq!(pasted(&RULE, scene), [], "{title}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}
