//! The partitions of AWS: which regions are in which, and what names in one
//! mean nothing in another.
//!
//! Nothing reaches from one partition into another: an ARN that begins with
//! `arn:aws:` names nobody and nothing in China. The table is that of the AWS
//! General Reference, "Regions and endpoints", of November 2026; a region that
//! opened since is in the partition that its name tells.

use serde_json::Value;

use crate::model::document::{Document, is_pending};
use crate::model::{Path, Place, Problem};

/// Every region by its partition, but for those that are secret.
const REGIONS: &[(&str, &[&str])] = &[
    (
        "aws",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-eusc", &["eusc-de-east-1"]),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
];

/// How the names of regions begin outside of `aws`, the longest first.
const BEGINNINGS: &[(&str, &str)] = &[
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("eusc-", "aws-eusc"),
    ("cn-", "aws-cn"),
];

/// Every region that is known.
pub(super) fn regions() -> Vec<&'static str> {
    REGIONS.iter().flat_map(|(_, regions)| regions.iter().copied()).collect()
}

/// The partition of a region, known or not.
pub fn of_region(region: &str) -> &'static str {
    let found = BEGINNINGS.iter().find(|(beginning, _)| region.starts_with(beginning));
    found.map_or("aws", |(_, partition)| *partition)
}

/// What ARNs name as their partition.
const PARTITIONS: &[&str] =
    &["aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"];

/// Services whose principal is the same in every partition, China's too.
const EVERYWHERE: &[&str] = &[
    "cloudtrail",
    "cloudwatch",
    "config",
    "delivery.logs",
    "events",
    "firehose",
    "kms",
    "lambda",
    "logging.s3",
    "pipes",
    "s3",
    "scheduler",
    "sns",
    "sqs",
];

/// The principal of a service, where it is written as another partition would.
pub(super) fn service_elsewhere(principal: &str, place: &Place) -> Option<String> {
    let service = principal.strip_suffix(".amazonaws.com.cn")?;
    let is_wrong = place.partition != "aws-cn" || EVERYWHERE.contains(&service);
    is_wrong.then(|| format!("{service}.amazonaws.com"))
}

/// Fields whose texts AWS does not read: what stands there may name anything.
const FREE: &[&str] = &["description", "display_name", "filter_policy", "tags"];

/// Every ARN of a document that names another partition than the one in which
/// its object is to live.
pub(super) fn strays(document: &Document, place: &Place) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (field, value) in document.iter().filter(|(field, _)| !FREE.contains(&field.as_str())) {
        find(value, &Path::field(field), place, &mut problems);
    }
    problems
}

/// The same of one value that stands at a path.
pub(super) fn find(value: &Value, path: &Path, place: &Place, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) => problems.extend(stray(text, path, place)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find(item, &path.with_index(index), place, problems);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                find(item, &path.with_field(key), place, problems);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn stray(text: &str, path: &Path, place: &Place) -> Option<Problem> {
    let named = text.strip_prefix("arn:")?.split(':').next()?;
    if is_pending(named) || named == place.partition || !PARTITIONS.contains(&named) {
        return None;
    }
    let message =
        format!("`{text}` is in partition {named}, and this stack in {}", place.partition);
    let problem = Problem::of("", message).at(path.clone());
    Some(problem.hint("write `arn:${partition}:`, which is right in each"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(partition: &str) -> Place {
        Place {
            partition: partition.into(),
            account: "123456789012".into(),
            region: "cn-north-1".into(),
            endpoint: None,
        }
    }

    #[test]
    fn an_arn_of_another_partition_is_found_wherever_it_stands() {
        let document = json!({
            "policy": { "Statement": [{ "Resource": ["arn:aws:s3:::a", "arn:aws-cn:s3:::b", "*"] }] },
            "managed_policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "description": "see arn:aws:s3:::a",
            "tags": { "Of": "arn:aws:s3:::a" },
        });
        let strays = |partition| -> Vec<String> {
            let problems = strays(document.as_object().unwrap(), &place(partition));
            problems.into_iter().map(|problem| problem.path.to_string()).collect()
        };
        let expected = ["managed_policy_arns[0]", "policy.Statement[0].Resource[0]"];
        assert_eq!(strays("aws-cn"), expected);
        assert_eq!(strays("aws"), ["policy.Statement[0].Resource[1]"]);
    }

    #[test]
    fn a_region_tells_its_partition() {
        for (partition, regions) in REGIONS {
            assert!(regions.iter().all(|region| of_region(region) == *partition), "{partition}");
            assert!(PARTITIONS.contains(partition), "{partition}");
        }
        assert!(BEGINNINGS.iter().all(|(_, partition)| PARTITIONS.contains(partition)));
        assert_eq!(of_region("xx-new-1"), "aws");
    }

    #[test]
    fn some_services_are_named_alike_everywhere() {
        let check = |service: &str, partition: &str, right: Option<&str>| {
            assert_eq!(service_elsewhere(service, &place(partition)).as_deref(), right);
        };
        check("events.amazonaws.com.cn", "aws-cn", Some("events.amazonaws.com"));
        check("ec2.amazonaws.com.cn", "aws-cn", None);
        check("ec2.amazonaws.com.cn", "aws", Some("ec2.amazonaws.com"));
        check("events.amazonaws.com", "aws-cn", None);
    }
}
