//! Data lies encrypted with a key that its owner controls.

use serde_json::{Value, json};

use super::function::{FUNCTION, MAPPING};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "encryption_at_rest",
        kind: CheckKind::Rule,
        level: Level::Note,
        summary: "What holds data is encrypted with a KMS key of the customer's.",
        risk: "Nobody can see, limit or end the use of the key that protects the data; topics have none at all.",
        remedy: "Name a `kms_key` of the stack in `kms_master_key_id`, and let its policy admit the services that send.",
    },
    stops_messages: false,
    because: "A note: AWS's own keys encrypt buckets and queues at the least.",
    judge,
};

/// Every field that may name a key, with its resource.
fn fields(scene: &Scene) -> impl Iterator<Item = (&Exhibit, &Path)> {
    let exhibits = scene.exhibits.values();
    exhibits.flat_map(|exhibit| scene.keys_of(exhibit).iter().map(move |field| (exhibit, field)))
}

/// Every key that a resource names, with the resource and the field.
pub(super) fn keys(scene: &Scene) -> impl Iterator<Item = (&Exhibit, Path, &str)> {
    fields(scene).filter_map(|(exhibit, field)| {
        let key = field.get(&exhibit.document)?.as_str().filter(|key| !key.is_empty())?;
        Some((exhibit, field.clone(), key))
    })
}

fn judge(scene: &Scene) -> Judgement {
    let things = fields(scene).map(|(exhibit, field)| (exhibit, (exhibit, field.clone())));
    Judgement::over(things, |(exhibit, path)| judge_exhibit(scene, exhibit, path))
}

/// Kinds that may hold nothing which a key encrypts: it is in this field.
const HELD: &[(&str, &str)] = &[(FUNCTION, "environment"), (MAPPING, "filter_criteria")];

fn judge_exhibit(scene: &Scene, exhibit: &Exhibit, path: Path) -> Option<Finding> {
    let lacks = |field: &str| match exhibit.document.get(field) {
        Some(Value::Object(held)) => held.is_empty(),
        Some(Value::Null) | None => true,
        Some(_) => false,
    };
    if HELD.iter().any(|(kind, field)| *kind == exhibit.kind && lacks(field)) {
        return None;
    }
    let key = path.get(&exhibit.document).and_then(Value::as_str).unwrap_or_default();
    if !key.is_empty() && !is_aws_managed(key) {
        return None;
    }
    let finding = Finding::new(&exhibit.address, "no key of the customer's encrypts it").at(path);
    Some(with_key(finding, scene, exhibit))
}

/// Whether a key is one that AWS makes, by alias or the alias's ARN. Its policy
/// cannot be changed.
pub(super) fn is_aws_managed(key: &str) -> bool {
    key.rsplit(':').next().is_some_and(|alias| alias.starts_with("alias/aws/"))
}

/// The finding with a key to use instead.
pub(super) fn with_key(finding: Finding, scene: &Scene, exhibit: &Exhibit) -> Finding {
    let Some(field) = scene.keys_of(exhibit).first() else { return finding };
    let Some(key) = scene.of_kind("kms_key").next() else {
        return finding.hint(format!("declare a kms_key, and name it in {field}"));
    };
    let arn = patch::arn_of(key);
    let patch = match exhibit.kind.as_str() {
        "s3_bucket" => {
            let encryption = json!({ "sse_algorithm": "aws:kms", "kms_master_key_id": arn });
            patch::field("server_side_encryption", &encryption)
        }
        "ecr_repository" => {
            let encryption = json!({ "encryption_type": "KMS", "kms_key": arn });
            patch::field("encryption_configuration", &encryption)
        }
        _ => patch::at(field, arn.into()),
    };
    finding.hint(format!("encrypt it with {}", key.address)).patch(patch)
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told, told_of};
    use super::{FUNCTION, MAPPING, Path, RULE};

    /// Those of functions and mappings.
    #[test]
    fn what_holds_nothing_needs_no_key() {
        let text = "
function: { kind: lambda_function ENVIRONMENT }
mapping: { kind: lambda_event_source_mapping, event_source_arn: \"arn:aws:sqs:us-east-1:123456789012:q\", function_name: \"${function.name}\" }";
        let scene = |environment: &str| {
            let mut scene = system(&text.replace("ENVIRONMENT", environment));
            for kind in [FUNCTION, MAPPING] {
                scene.keys.insert(kind.to_owned(), vec![Path::field("kms_key_arn")]);
            }
            scene
        };
        golden!(told_of(
            &RULE,
            &[
                ("nothing", scene("")),
                ("an empty environment", scene(", environment: {}")),
                ("an environment", scene(", environment: { TABLE: ledger }")),
            ]
        ));
    }

    #[test]
    fn data_is_under_its_owners_key() {
        golden!(told(
            &RULE,
            &[
                (
                    "all of it",
                    "
key: { kind: kms_key }
bucket: { kind: s3_bucket, server_side_encryption: { sse_algorithm: \"aws:kms\", kms_master_key_id: \"${key.arn}\" } }
topic: { kind: sns_topic, kms_master_key_id: \"${key.arn}\" }
queue: { kind: sqs_queue, kms_master_key_id: \"${key.alias_name}\" }"
                ),
                (
                    "by AWS's keys",
                    "
key: { kind: kms_key }
bucket: { kind: s3_bucket, server_side_encryption: { sse_algorithm: \"aws:kms\" } }
topic: { kind: sns_topic, kms_master_key_id: alias/aws/sns }
queue: { kind: sqs_queue, kms_master_key_id: \"arn:aws:kms:us-east-1:123456789012:alias/aws/sqs\" }"
                ),
                ("not at all", "topic: { kind: sns_topic }"),
            ]
        ));
    }
}
