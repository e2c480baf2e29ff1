//! Data lies encrypted with a key that its owner controls.

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

/// Where each kind names its key.
pub const KEYS: &[(&str, &[&str])] = &[
    ("cloudwatch_log_group", &["kms_key_id"]),
    ("dynamodb_table", &["kms_key_id"]),
    ("s3_bucket", &["server_side_encryption", "kms_master_key_id"]),
    ("sns_topic", &["kms_master_key_id"]),
    ("sqs_queue", &["kms_master_key_id"]),
];

/// Every key that a resource names, with the resource and the field.
pub(super) fn keys(scene: &Scene) -> impl Iterator<Item = (&Exhibit, Path, &str)> {
    KEYS.iter().flat_map(move |(kind, field)| {
        scene.of_kind(kind).filter_map(move |exhibit| {
            let key = path(field).get(&exhibit.document)?.as_str().filter(|key| !key.is_empty())?;
            Some((exhibit, path(field), key))
        })
    })
}

fn judge(scene: &Scene) -> Judgement {
    let things = KEYS.iter().flat_map(|(kind, field)| {
        let exhibits = scene.of_kind(kind);
        exhibits.map(move |exhibit| (exhibit, (exhibit, path(field))))
    });
    Judgement::over(things, |(exhibit, path)| judge_exhibit(scene, exhibit, path))
}

fn path(field: &[&str]) -> Path {
    field.iter().fold(Path::default(), |path, name| path.with_field(*name))
}

fn judge_exhibit(scene: &Scene, exhibit: &Exhibit, path: Path) -> Option<Finding> {
    let key = path.get(&exhibit.document).and_then(serde_json::Value::as_str).unwrap_or_default();
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
    let Some(key) = scene.of_kind("kms_key").next() else {
        return finding.hint(format!("declare a kms_key, and name it in {}", field(exhibit)));
    };
    let arn = patch::arn_of(key);
    let patch = if exhibit.kind == "s3_bucket" {
        let encryption =
            serde_json::json!({ "sse_algorithm": "aws:kms", "kms_master_key_id": arn });
        patch::field("server_side_encryption", &encryption)
    } else {
        patch::field(field(exhibit), &arn.into())
    };
    finding.hint(format!("encrypt it with {}", key.address)).patch(patch)
}

/// The field that takes the key.
fn field(exhibit: &Exhibit) -> &'static str {
    let told = KEYS.iter().find(|(kind, _)| *kind == exhibit.kind);
    told.and_then(|(_, field)| field.last()).copied().unwrap_or("kms_master_key_id")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

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
