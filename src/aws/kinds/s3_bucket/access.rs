//! Who gets at a bucket: public access block and ownership.

use aws_sdk_s3::types::{
    ObjectOwnership as S3Ownership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Bucket;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;

/// What public access is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "S3 has these four switches")]
pub(crate) struct PublicAccessBlock {
    /// Refuse ACLs that open the bucket or an object to the public. Default: true.
    block_public_acls: bool,
    /// Ignore such ACLs where they exist. Default: true.
    ignore_public_acls: bool,
    /// Refuse policies that open the bucket to the public. Default: true.
    block_public_policy: bool,
    /// Where such a policy exists, let in only AWS services and the account.
    /// Default: true.
    restrict_public_buckets: bool,
}

impl Default for PublicAccessBlock {
    fn default() -> Self {
        Self {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        }
    }
}

impl PublicAccessBlock {
    /// A bucket without the sub-resource blocks nothing.
    pub(super) async fn read(bucket: Bucket<'_>) -> Answer<Self> {
        let Bucket { s3, account, name, .. } = bucket;
        let call = s3.get_public_access_block().bucket(name).expected_bucket_owner(account);
        let answer = call.send().await;
        let answer = answer
            .attempting("s3:GetPublicAccessBlock", || {
                format!("read the public access block of bucket {name}")
            })
            .or_absent()?;
        let seen = answer.and_then(|answer| answer.public_access_block_configuration);
        let is = |switch: fn(&PublicAccessBlockConfiguration) -> Option<bool>| {
            seen.as_ref().and_then(switch).unwrap_or(false)
        };
        Ok(Self {
            block_public_acls: is(|seen| seen.block_public_acls),
            ignore_public_acls: is(|seen| seen.ignore_public_acls),
            block_public_policy: is(|seen| seen.block_public_policy),
            restrict_public_buckets: is(|seen| seen.restrict_public_buckets),
        })
    }

    pub(super) async fn put(self, bucket: Bucket<'_>) -> Answer<()> {
        let Bucket { s3, account, name, .. } = bucket;
        let block = PublicAccessBlockConfiguration::builder()
            .block_public_acls(self.block_public_acls)
            .ignore_public_acls(self.ignore_public_acls)
            .block_public_policy(self.block_public_policy)
            .restrict_public_buckets(self.restrict_public_buckets)
            .build();
        let call = s3.put_public_access_block().bucket(name).expected_bucket_owner(account);
        let answer = call.public_access_block_configuration(block).send().await;
        answer.attempting("s3:PutPublicAccessBlock", || {
            format!("block public access to bucket {name}")
        })?;
        Ok(())
    }
}

/// Who owns what others upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ObjectOwnership {
    /// The bucket's owner; ACLs are off.
    #[default]
    BucketOwnerEnforced,
    /// The bucket's owner, if the upload says so in its ACL.
    BucketOwnerPreferred,
    /// Whoever uploads.
    ObjectWriter,
}

impl ObjectOwnership {
    /// A bucket without the sub-resource dates from before it: the writer owns.
    pub(super) async fn read(bucket: Bucket<'_>) -> Answer<Option<Self>> {
        let Bucket { s3, account, name, .. } = bucket;
        let call = s3.get_bucket_ownership_controls().bucket(name).expected_bucket_owner(account);
        let answer = call.send().await;
        let answer = answer
            .attempting("s3:GetBucketOwnershipControls", || {
                format!("read who owns the objects of bucket {name}")
            })
            .or_absent()?;
        let Some(controls) = answer.and_then(|answer| answer.ownership_controls) else {
            return Ok(Some(Self::ObjectWriter));
        };
        Ok(match controls.rules().first().map(OwnershipControlsRule::object_ownership) {
            Some(S3Ownership::BucketOwnerEnforced) => Some(Self::BucketOwnerEnforced),
            Some(S3Ownership::BucketOwnerPreferred) => Some(Self::BucketOwnerPreferred),
            Some(S3Ownership::ObjectWriter) => Some(Self::ObjectWriter),
            // One that is newer than this ccprov differs from all that it can want.
            Some(_) | None => None,
        })
    }

    pub(super) async fn put(self, bucket: Bucket<'_>) -> Answer<()> {
        let Bucket { s3, account, name, .. } = bucket;
        let rule = OwnershipControlsRule::builder().object_ownership(self.into()).build();
        let controls = rule.and_then(|rule| OwnershipControls::builder().rules(rule).build());
        let call = s3.put_bucket_ownership_controls().bucket(name).expected_bucket_owner(account);
        let answer = call.set_ownership_controls(controls.ok()).send().await;
        answer.attempting("s3:PutBucketOwnershipControls", || {
            format!("set who owns the objects of bucket {name}")
        })?;
        Ok(())
    }
}

impl From<ObjectOwnership> for S3Ownership {
    fn from(ours: ObjectOwnership) -> Self {
        match ours {
            ObjectOwnership::BucketOwnerEnforced => Self::BucketOwnerEnforced,
            ObjectOwnership::BucketOwnerPreferred => Self::BucketOwnerPreferred,
            ObjectOwnership::ObjectWriter => Self::ObjectWriter,
        }
    }
}
