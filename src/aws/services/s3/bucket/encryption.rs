//! A bucket's default encryption.

use aws_sdk_s3::types::{
    BlockedEncryptionTypes, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::handle::Bucket;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::{Path, Problem};

/// How objects are encrypted for which the writer asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Encryption {
    /// With S3's own keys (`AES256`), with a KMS key (`aws:kms`), or twice with
    /// a KMS key (`aws:kms:dsse`).
    sse_algorithm: Algorithm,
    /// The KMS key, best as ARN: S3 looks for an alias or id in the account of
    /// whoever writes. Left out: AWS's key `aws/s3`.
    kms_master_key_id: Option<String>,
    /// Whether S3 asks KMS once per bucket instead of once per object. Only
    /// with `aws:kms`. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket_key_enabled: Option<bool>,
}

/// What encrypts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Algorithm {
    #[default]
    #[serde(rename = "AES256")]
    Aes256,
    #[serde(rename = "aws:kms")]
    Kms,
    #[serde(rename = "aws:kms:dsse")]
    DoubleKms,
}

impl Encryption {
    /// Bucket keys are on where there can be any, and not mentioned elsewhere.
    pub(super) fn settled(mut self) -> Self {
        match self.sse_algorithm {
            Algorithm::Kms => {
                self.bucket_key_enabled.get_or_insert(true);
            }
            Algorithm::Aes256 | Algorithm::DoubleKms => {
                self.bucket_key_enabled = self.bucket_key_enabled.filter(|on| *on);
            }
        }
        self
    }

    pub(super) fn check(&self) -> Option<Problem> {
        let problem = |field: &str, message: &str| {
            let path = Path::field("server_side_encryption").with_field(field);
            Problem::of("", message).at(path).hint("sse_algorithm: aws:kms")
        };
        if self.sse_algorithm == Algorithm::Aes256 && self.kms_master_key_id.is_some() {
            Some(problem("kms_master_key_id", "AES256 uses keys of S3's own"))
        } else if self.sse_algorithm != Algorithm::Kms && self.bucket_key_enabled == Some(true) {
            Some(problem("bucket_key_enabled", "there are bucket keys only with aws:kms"))
        } else {
            None
        }
    }

    /// `None` for a bucket without, and for an algorithm that is newer than
    /// this ccprov: both differ from all that can be wanted.
    pub(super) fn seen(rule: &ServerSideEncryptionRule) -> Option<Self> {
        let default = rule.apply_server_side_encryption_by_default()?;
        let sse_algorithm = match default.sse_algorithm() {
            ServerSideEncryption::Aes256 => Algorithm::Aes256,
            ServerSideEncryption::AwsKms => Algorithm::Kms,
            ServerSideEncryption::AwsKmsDsse => Algorithm::DoubleKms,
            _ => return None,
        };
        let bucket_keys = rule.bucket_key_enabled.unwrap_or(false);
        Some(Self {
            sse_algorithm,
            kms_master_key_id: default.kms_master_key_id.clone(),
            bucket_key_enabled: (sse_algorithm == Algorithm::Kms).then_some(bucket_keys),
        })
    }

    /// `blocked` is what the bucket has of it: to leave it out of the call may
    /// unblock.
    pub(super) async fn put(
        &self,
        bucket: Bucket<'_>,
        blocked: Option<BlockedEncryptionTypes>,
    ) -> Answer<()> {
        let Bucket { s3, account, name, .. } = bucket;
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(self.sse_algorithm.into())
            .set_kms_master_key_id(self.kms_master_key_id.clone())
            .build();
        let rule = ServerSideEncryptionRule::builder()
            .set_apply_server_side_encryption_by_default(default.ok())
            .bucket_key_enabled(self.bucket_key_enabled.unwrap_or(false))
            .set_blocked_encryption_types(blocked)
            .build();
        let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build();
        let call = s3.put_bucket_encryption().bucket(name).expected_bucket_owner(account);
        let answer = call.set_server_side_encryption_configuration(rules.ok()).send().await;
        answer.attempting("s3:PutBucketEncryption", || format!("encrypt bucket {name}"))?;
        Ok(())
    }
}

impl From<Algorithm> for ServerSideEncryption {
    fn from(ours: Algorithm) -> Self {
        match ours {
            Algorithm::Aes256 => Self::Aes256,
            Algorithm::Kms => Self::AwsKms,
            Algorithm::DoubleKms => Self::AwsKmsDsse,
        }
    }
}

/// The bucket's one rule.
pub(super) async fn read(bucket: Bucket<'_>) -> Answer<Option<ServerSideEncryptionRule>> {
    let Bucket { s3, account, name, .. } = bucket;
    let call = s3.get_bucket_encryption().bucket(name).expected_bucket_owner(account);
    let answer = call.send().await;
    let answer = answer
        .attempting("s3:GetBucketEncryption", || format!("read the encryption of bucket {name}"))
        .or_absent()?;
    let rules = answer.and_then(|answer| answer.server_side_encryption_configuration);
    Ok(rules.and_then(|rules| rules.rules.into_iter().next()))
}
