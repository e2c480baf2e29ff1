//! What one object can hold, and what AWS says to whoever wants more: 50 tags,
//! 10 managed policies of a role, 10,240 characters of inline policies.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::queue_of;
use crate::support::aws;
use crate::support::emulator::Account;
use crate::support::fault_proxy::Fault;
use crate::support::request::Request;

/// "Tag naming limits and requirements" of the AWS General Reference.
const MOST_TAGS: usize = 50;
/// "IAM and AWS STS quotas" of the IAM User Guide: its defaults.
const MOST_ATTACHED: usize = 10;
const LARGEST_INLINE: usize = 10_240;

const TOO_MANY_ATTACHED: Fault =
    Fault::Says(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10");
const TOO_MUCH_INLINE: Fault =
    Fault::Says(409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role");

#[derive(Debug)]
pub(super) struct Quotas {
    iam: aws_sdk_iam::Client,
    kms: aws_sdk_kms::Client,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
}

impl Quotas {
    pub(super) fn of(account: &Account) -> Self {
        let config = aws::config(account);
        Self {
            iam: aws_sdk_iam::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
        }
    }

    pub(super) async fn refusal(&self, request: &Request) -> Option<Fault> {
        let call = request.call();
        match (call.service.as_str(), call.operation.as_str()) {
            ("iam", "AttachRolePolicy") => {
                let mut all = self.attached(&request.form("RoleName")?).await;
                all.insert(request.form("PolicyArn")?);
                (all.len() > MOST_ATTACHED).then_some(TOO_MANY_ATTACHED)
            }
            ("iam", "PutRolePolicy") => {
                let (role, policy) = (request.form("RoleName")?, request.form("PolicyName")?);
                let others = self.inline_besides(&role, &policy).await;
                let size = others + size(&request.form("PolicyDocument")?);
                (size > LARGEST_INLINE).then_some(TOO_MUCH_INLINE)
            }
            _ => self.of_tags(request, &call.service, &call.operation).await,
        }
    }

    async fn attached(&self, role: &str) -> BTreeSet<String> {
        let answer = self.iam.list_attached_role_policies().role_name(role).send().await;
        let attached = answer.ok().and_then(|answer| answer.attached_policies);
        attached.into_iter().flatten().filter_map(|policy| policy.policy_arn).collect()
    }

    async fn inline_besides(&self, role: &str, policy: &str) -> usize {
        let names = self.iam.list_role_policies().role_name(role).send().await;
        let names = names.map(|answer| answer.policy_names).unwrap_or_default();
        let mut sum = 0;
        for name in names.iter().filter(|name| *name != policy) {
            let call = self.iam.get_role_policy().role_name(role).policy_name(name);
            sum += call.send().await.map_or(0, |answer| {
                size(&percent_decode_str(&answer.policy_document).decode_utf8_lossy())
            });
        }
        sum
    }

    async fn of_tags(&self, request: &Request, service: &str, operation: &str) -> Option<Fault> {
        let (before, added, error, message) = match (service, operation) {
            ("iam", "TagRole") => (
                self.of_role(&request.form("RoleName")?).await,
                request.forms("Tags.member.#.Key"),
                "LimitExceeded",
                "The number of tags has reached the maximum limit.",
            ),
            ("kms", "TagResource") => (
                self.of_key(&request.json("KeyId")?).await,
                texts(&request.value("Tags"), "TagKey"),
                "TagException",
                "Too many tags",
            ),
            ("sns", "TagResource") => (
                self.of_topic(&request.form("ResourceArn")?).await,
                request.forms("Tags.member.#.Key"),
                "TagLimitExceeded",
                "Could not complete request: tag quota of per resource exceeded",
            ),
            ("sqs", "TagQueue") => (
                self.of_queue(&queue_of(request)?).await,
                request.value("Tags").as_object()?.keys().cloned().collect(),
                "InvalidParameterValue",
                "Too many tags added for queue.",
            ),
            _ => return None,
        };
        // Of a role, keys that differ in case alone are one.
        let fold = |key: String| if service == "iam" { key.to_lowercase() } else { key };
        let all: BTreeSet<String> = before.into_iter().chain(added).map(fold).collect();
        (all.len() > MOST_TAGS).then_some(Fault::Says(400, error, message))
    }

    async fn of_role(&self, role: &str) -> Vec<String> {
        let answer = self.iam.list_role_tags().role_name(role).send().await;
        let tags = answer.map(|answer| answer.tags).unwrap_or_default();
        tags.into_iter().map(|tag| tag.key).collect()
    }

    async fn of_key(&self, key: &str) -> Vec<String> {
        let answer = self.kms.list_resource_tags().key_id(key).send().await;
        let tags = answer.ok().and_then(|answer| answer.tags);
        tags.into_iter().flatten().map(|tag| tag.tag_key).collect()
    }

    async fn of_topic(&self, arn: &str) -> Vec<String> {
        let answer = self.sns.list_tags_for_resource().resource_arn(arn).send().await;
        let tags = answer.ok().and_then(|answer| answer.tags);
        tags.into_iter().flatten().map(|tag| tag.key).collect()
    }

    async fn of_queue(&self, name: &str) -> Vec<String> {
        let url = self.sqs.get_queue_url().queue_name(name).send().await;
        let url = url.ok().and_then(|answer| answer.queue_url).unwrap_or_default();
        let answer = self.sqs.list_queue_tags().queue_url(url).send().await;
        let tags = answer.ok().and_then(|answer| answer.tags);
        tags.into_iter().flatten().map(|(key, _)| key).collect()
    }

    /// A role's tag keys keep their case, and are not told apart by it ("Tagging
    /// IAM resources"): a key that comes in another case replaces the old one,
    /// and one that goes takes it along.
    pub(super) async fn fold_tag_keys(&self, request: &Request) {
        let call = request.call();
        let (fields, takes_itself) = match (call.service.as_str(), call.operation.as_str()) {
            ("iam", "TagRole") => ("Tags.member.#.Key", false),
            ("iam", "UntagRole") => ("TagKeys.member.#", true),
            _ => return,
        };
        let Some(role) = request.form("RoleName") else { return };
        let named = request.forms(fields);
        let is_meant = |key: &String| {
            named.iter().any(|name| {
                name.to_lowercase() == key.to_lowercase() && (takes_itself || name != key)
            })
        };
        let gone: Vec<String> = self.of_role(&role).await.into_iter().filter(is_meant).collect();
        if !gone.is_empty() {
            let call = self.iam.untag_role().role_name(role).set_tag_keys(Some(gone));
            drop(call.send().await);
        }
    }
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item[field].as_str().map(str::to_owned)).collect()
}

/// White space does not count.
fn size(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}
