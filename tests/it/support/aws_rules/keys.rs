//! What needs a key that is disabled, or pending deletion, fails.

use aws_sdk_kms::types::KeyState;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use super::queue_of;
use crate::support::aws;
use crate::support::emulator::Account;
use crate::support::fault_proxy::Fault;
use crate::support::request::Request;

/// What KMS refuses while deletion is pending (KMS Developer Guide, "Key states
/// of AWS KMS keys"). It does answer, and take another policy.
const NOT_WHILE_PENDING: &[&str] = &[
    "CreateAlias",
    "Decrypt",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "Encrypt",
    "GenerateDataKey",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateKeyDescription",
];
/// What it refuses of a disabled key.
const NOT_WHILE_DISABLED: &[&str] =
    &["Decrypt", "DisableKeyRotation", "EnableKeyRotation", "Encrypt", "GenerateDataKey"];

/// The emulator's keys and what is encrypted with them.
#[derive(Debug)]
pub(super) struct Keys {
    kms: aws_sdk_kms::Client,
    s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
}

/// Why a key is of no use.
#[derive(Clone, Copy)]
enum Useless {
    Disabled,
    Pending,
}

impl Keys {
    pub(super) fn of(account: &Account) -> Self {
        let config = aws::config(account);
        Self {
            kms: aws_sdk_kms::Client::new(&config),
            s3: aws::s3(account),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
        }
    }

    pub(super) async fn refusal(&self, request: &Request) -> Option<Fault> {
        let call = request.call();
        let key = match call.service.as_str() {
            "kms" => return self.of_kms(request, &call.operation).await,
            "s3" => self.of_object(request).await?,
            "sns" if call.operation.starts_with("Publish") => {
                self.of_topic(&request.form("TopicArn")?).await?
            }
            "sqs"
                if ["SendMessage", "SendMessageBatch", "ReceiveMessage"]
                    .contains(&call.operation.as_str()) =>
            {
                self.of_queue(&queue_of(request)?).await?
            }
            _ => return None,
        };
        let useless = self.useless(&key).await?;
        Some(useless.told_by(&call.service))
    }

    async fn of_kms(&self, request: &Request, operation: &str) -> Option<Fault> {
        let key = request.json("KeyId").or_else(|| request.json("TargetKeyId"))?;
        match self.useless(&key).await {
            Some(Useless::Pending) if NOT_WHILE_PENDING.contains(&operation) => {
                Some(Useless::Pending.told_by("kms"))
            }
            Some(Useless::Disabled) if NOT_WHILE_DISABLED.contains(&operation) => {
                Some(Useless::Disabled.told_by("kms"))
            }
            None | Some(Useless::Disabled) if operation == "CancelKeyDeletion" => Some(
                Fault::Says(400, "KMSInvalidStateException", "The key is not pending deletion."),
            ),
            None | Some(Useless::Disabled | Useless::Pending) => None,
        }
    }

    /// The key of a new object, or of one that is asked for.
    async fn of_object(&self, request: &Request) -> Option<String> {
        let (bucket, Some(object)) = request.bucket_and_key() else { return None };
        match request.call().operation.split(' ').next() {
            Some("PUT" | "POST") => {
                let stated = request.header("x-amz-server-side-encryption-aws-kms-key-id");
                match (stated, request.header("x-amz-server-side-encryption")) {
                    (Some(key), _) => Some(key.to_owned()),
                    (None, Some("AES256")) => None,
                    (None, _) => self.of_bucket(&bucket).await,
                }
            }
            Some("GET") => {
                let head = self.s3.head_object().bucket(bucket).key(object).send().await.ok()?;
                head.ssekms_key_id
            }
            _ => None,
        }
    }

    async fn of_bucket(&self, bucket: &str) -> Option<String> {
        let answer = self.s3.get_bucket_encryption().bucket(bucket).send().await.ok()?;
        let rules = answer.server_side_encryption_configuration?.rules;
        let default = rules.into_iter().next()?.apply_server_side_encryption_by_default?;
        default.kms_master_key_id
    }

    /// The key that a topic states.
    pub(super) async fn of_topic(&self, arn: &str) -> Option<String> {
        let answer = self.sns.get_topic_attributes().topic_arn(arn).send().await.ok()?;
        let key = answer.attributes()?.get("KmsMasterKeyId")?;
        (!key.is_empty()).then(|| key.clone())
    }

    /// The key that a queue states.
    pub(super) async fn of_queue(&self, name: &str) -> Option<String> {
        let url = self.sqs.get_queue_url().queue_name(name).send().await.ok()?.queue_url?;
        let attribute = QueueAttributeName::KmsMasterKeyId;
        let ask = self.sqs.get_queue_attributes().queue_url(url);
        let answer = ask.attribute_names(attribute.clone()).send().await.ok()?;
        let key = answer.attributes()?.get(&attribute)?;
        (!key.is_empty()).then(|| key.clone())
    }

    /// The policy of a key that can be used and whose policy can be read: AWS's
    /// own keys admit no other service.
    pub(super) async fn policy_if_usable(&self, key: &str) -> Option<Value> {
        let described = self.kms.describe_key().key_id(key).send().await.ok()?;
        let metadata = described.key_metadata?;
        if metadata.key_state != Some(KeyState::Enabled) {
            return None;
        }
        let answer = self.kms.get_key_policy().key_id(metadata.key_id).send().await.ok()?;
        serde_json::from_str(answer.policy()?).ok()
    }

    async fn useless(&self, key: &str) -> Option<Useless> {
        let described = self.kms.describe_key().key_id(key).send().await.ok()?;
        match described.key_metadata?.key_state? {
            KeyState::Disabled => Some(Useless::Disabled),
            KeyState::PendingDeletion => Some(Useless::Pending),
            _ => None,
        }
    }
}

impl Useless {
    /// In a service's own words: the errors of its model; for S3, whose model
    /// has none, as it hands on those of KMS.
    fn told_by(self, service: &str) -> Fault {
        let code = match (self, service) {
            (Self::Disabled, "s3" | "sqs") => "KMS.DisabledException",
            (Self::Disabled, "sns") => "KMSDisabled",
            (Self::Disabled, _) => "DisabledException",
            (Self::Pending, "s3") => "KMS.KMSInvalidStateException",
            (Self::Pending, "sns") => "KMSInvalidState",
            (Self::Pending, "sqs") => "KMS.InvalidStateException",
            (Self::Pending, _) => "KMSInvalidStateException",
        };
        let message = match self {
            Self::Disabled => "The key is disabled.",
            Self::Pending => "The key is pending deletion.",
        };
        Fault::Says(400, code, message)
    }
}
