//! A key that is named can encrypt.

use serde_json::Value;

use super::encryption_at_rest::{is_aws_managed, keys};
use super::{Judgement, Rule, others};
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Other, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "usable_key",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "The key that a resource names is there, and is a symmetric one for encryption.",
        risk: "AWS takes the name of the key, and then refuses every message and every object.",
        remedy: "Name a symmetric key that is enabled, or leave the field out.",
    },
    stops_messages: true,
    because: "An error: it does not work.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for (exhibit, at, name) in keys(scene).filter(|(_, _, name)| !is_aws_managed(name)) {
        let subject = exhibit.address.to_string();
        if let Some(key) = scene.named("kms_key", name) {
            judgement.add(subject, unfit(key).map(|why| Finding::new(&key.address, why)));
            continue;
        }
        let finding = |why: &str| {
            let finding = Finding::new(&Address::new(name), format!("the key {why}"));
            others::told(finding, &exhibit.address, &at)
        };
        match scene.others.get(name) {
            Some(Other::Seen(key)) => {
                let is_off = is_off(key).then(|| "is disabled".to_owned());
                judgement.add(subject, is_off.or_else(|| unfit(key)).map(|why| finding(&why)));
            }
            Some(Other::Gone(how)) => judgement.add(subject, [finding(how)]),
            Some(Other::Hidden(why)) => {
                judgement.add(format!("{subject} (not judged: the key is {why})"), []);
            }
            None => {
                judgement.add(format!("{subject} (not judged: the key is not of this stack)"), []);
            }
        }
    }
    judgement
}

/// S3, SNS and SQS use symmetric keys alone (KMS Developer Guide, "Asymmetric keys
/// in AWS KMS").
fn unfit(key: &Exhibit) -> Option<String> {
    let spec = key.text("key_spec").unwrap_or_default();
    let usage = key.text("key_usage").unwrap_or_default();
    if spec.is_empty() || spec == "SYMMETRIC_DEFAULT" && usage == "ENCRYPT_DECRYPT" {
        return None;
    }
    Some(format!("is {spec}, for {usage}: services encrypt with symmetric keys alone"))
}

fn is_off(key: &Exhibit) -> bool {
    Path::field("is_enabled").get(&key.document).and_then(Value::as_bool) == Some(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{golden, scene, told_of};
    use super::{Address, Exhibit, Other, RULE, Scene};
    use crate::model::Identity;

    const ARN: &str = "arn:aws:kms:us-east-1:123456789012:key/1";

    fn named(other: Option<Other>) -> Scene {
        let scene = scene(&format!("queue: {{ kind: sqs_queue, kms_master_key_id: \"{ARN}\" }}"));
        Scene { others: other.map(|other| (ARN.to_owned(), other)).into_iter().collect(), ..scene }
    }

    fn key(fields: &serde_json::Value) -> Other {
        Other::Seen(Exhibit {
            address: Address::new(ARN),
            kind: "kms_key".into(),
            identity: Identity(ARN.into()),
            document: fields.as_object().unwrap().clone(),
            facts: [("arn".to_owned(), ARN.to_owned())].into(),
        })
    }

    #[test]
    fn a_key_can_encrypt() {
        let symmetric = json!({ "key_spec": "SYMMETRIC_DEFAULT", "key_usage": "ENCRYPT_DECRYPT", "is_enabled": true });
        let mut off = symmetric.clone();
        off["is_enabled"] = false.into();
        let own = "
key: { kind: kms_key, key_spec: RSA_2048, key_usage: SIGN_VERIFY }
queue: { kind: sqs_queue, kms_master_key_id: \"${key.arn}\" }";
        golden!(told_of(
            &RULE,
            &[
                (
                    "of the stack",
                    scene(&own.replace(", key_spec: RSA_2048, key_usage: SIGN_VERIFY", ""))
                ),
                ("of the stack, asymmetric", scene(own)),
                ("of others", named(Some(key(&symmetric)))),
                ("of others, disabled", named(Some(key(&off)))),
                (
                    "of others, asymmetric",
                    named(Some(key(
                        &json!({ "key_spec": "ECC_NIST_P256", "key_usage": "SIGN_VERIFY" })
                    )))
                ),
                (
                    "of others, pending deletion",
                    named(Some(Other::Gone("is pending deletion".into())))
                ),
                ("nobody may look", named(Some(Other::Hidden("not ours to read".into())))),
                ("nobody looked", named(None)),
            ]
        ));
    }
}
