//! Who gets at a bucket: public access block and ownership.

use aws_sdk_s3::types::{
    ObjectOwnership as S3Ownership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::handle::Bucket;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

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
        let answer = answer.attempting("s3:PutBucketOwnershipControls", || {
            format!("set who owns the objects of bucket {name}")
        });
        answer.map(drop).map_err(|error| with_acl(error, name))
    }
}

/// S3 turns no ACL off that grants others anything, and ccprov writes none.
fn with_acl(mut error: CloudError, bucket: &str) -> CloudError {
    if error.code == "InvalidBucketAclWithObjectOwnership" {
        error.hint = Some(format!(
            "the bucket's ACL grants others something: give them that by `policy`, then take the \
             ACL back with `aws s3api put-bucket-acl --bucket {bucket} --acl private`, and run \
             the same command again"
        ));
    }
    error
}

/// Where S3 blocks public policies, access is denied; not every message tells
/// by what.
pub(super) fn with_block(mut error: CloudError) -> CloudError {
    const BLOCK: &str = "the public access block refuses a policy that lets everybody in: \
                         `public_access_block.block_public_policy` of the bucket, or that of \
                         the account";
    if error.class == ErrorClass::Denied {
        let permission = error.hint.filter(|_| !error.message.contains("BlockPublicPolicy"));
        error.hint = Some(match permission {
            Some(permission) => format!("{permission}; or else {BLOCK}"),
            None => BLOCK.to_owned(),
        });
    }
    error
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

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(of: fn(CloudError) -> CloudError, class: ErrorClass, code: &str) -> String {
        hint_of(of, class, code, "")
    }

    fn hint_of(
        of: fn(CloudError) -> CloudError,
        class: ErrorClass,
        code: &str,
        message: &str,
    ) -> String {
        let error = CloudError {
            attempted: String::new(),
            operation: String::new(),
            class,
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: None,
            hint: Some("as ever".into()),
        };
        of(error).hint.unwrap_or_default()
    }

    #[test]
    fn an_acl_that_grants_others_is_told() {
        let of = |error| with_acl(error, "claims");
        let refused = hint(of, ErrorClass::Invalid, "InvalidBucketAclWithObjectOwnership");
        assert!(refused.contains("put-bucket-acl --bucket claims --acl private"), "{refused}");
        assert_eq!(hint(of, ErrorClass::Invalid, "InvalidRequest"), "as ever");
    }

    #[test]
    fn a_block_of_public_policies_is_told() {
        let refused = hint(with_block, ErrorClass::Denied, "AccessDenied");
        assert!(refused.contains("public_access_block.block_public_policy"), "{refused}");
        assert!(refused.starts_with("as ever; or else"), "{refused}");
        let told = "not authorized, because public policies are prevented by BlockPublicPolicy";
        let refused = hint_of(with_block, ErrorClass::Denied, "AccessDenied", told);
        assert!(refused.starts_with("the public access block refuses"), "{refused}");
        assert_eq!(hint(with_block, ErrorClass::Invalid, "MalformedPolicy"), "as ever");
    }
}
