//! One bucket's calls: reading all that configures it, and writing what differs.

use std::collections::BTreeMap;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types as theirs;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, BucketLocationConstraint, BucketLoggingStatus, BucketVersioningStatus,
    CreateBucketConfiguration, LoggingEnabled, ObjectLockEnabled, PartitionedPrefix, SimplePrefix,
    Tag, Tagging, TargetObjectKeyFormat, TransitionDefaultMinimumObjectSize,
    VersioningConfiguration,
};
use futures::future::{join, try_join4};

use super::access::{ObjectOwnership, PublicAccessBlock, with_block};
use super::encryption::{self, Encryption};
use super::handle::Bucket;
use super::{KeyFormat, Logging, PartitionDateSource, Spec, Versioning, lifecycle};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::kind::{Changing, Wanted};
use crate::aws::policy::Policy;
use crate::aws::tags::{Tags, is_forced};
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Owner, Sought};

impl Bucket<'_> {
    /// `None` if no account has such a bucket.
    pub(super) async fn head(self) -> Answer<Option<()>> {
        let Self { s3, account, name, place } = self;
        let answer = s3.head_bucket().bucket(name).expected_bucket_owner(account).send().await;
        let refusal = answer.as_ref().err().and_then(SdkError::raw_response);
        let home = refusal
            .and_then(|refusal| refusal.headers().get("x-amz-bucket-region"))
            .map(str::to_owned);
        let answer = answer.attempting("s3:HeadBucket", || format!("look at bucket {name}"));
        match answer.or_absent() {
            Ok(there) => Ok(there.map(|_| ())),
            Err(error) => Err(elsewhere(error, home.as_deref(), &place.region)),
        }
    }

    /// Made already by an earlier attempt counts as made. Tells whether it is new
    /// for certain: in the oldest region a bucket of the account's own is answered
    /// as if it had been made now.
    pub(super) async fn create(self, want: &Wanted<Spec>) -> Answer<bool> {
        let Self { s3, name, place, .. } = self;
        // The one region without a name for itself.
        let is_oldest = place.region == "us-east-1";
        let constraint =
            (!is_oldest).then(|| BucketLocationConstraint::from(place.region.as_str()));
        let configuration = CreateBucketConfiguration::builder()
            .set_location_constraint(constraint)
            .set_tags(Some(sdk_tags(
                want.spec.tags.of_holder(&want.owner, want.spec.force_destroy),
            )))
            .build();
        let call = s3.create_bucket().bucket(name).create_bucket_configuration(configuration);
        let answer = call
            .set_object_ownership(want.spec.object_ownership.map(Into::into))
            .set_object_lock_enabled_for_bucket(want.spec.object_lock_enabled)
            .send()
            .await;
        match answer.attempting("s3:CreateBucket", || format!("create bucket {name}")) {
            Ok(_) => Ok(!is_oldest),
            Err(error) if error.class == ErrorClass::Exists => {
                let (_, owner) = Tags::seen(self.tags().await?);
                let is_it = owner.is_some_and(|owner| want.is_its(&owner));
                if is_it { Ok(false) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn tags(self) -> Answer<Vec<(String, String)>> {
        let Self { s3, account, name, .. } = self;
        let answer =
            s3.get_bucket_tagging().bucket(name).expected_bucket_owner(account).send().await;
        let answer = answer
            .attempting("s3:GetBucketTagging", || format!("read the tags of bucket {name}"))
            .or_absent()?;
        let tags = answer.map(|answer| answer.tag_set).unwrap_or_default();
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// The whole set. System tags are not ours to write, and S3 keeps them.
    async fn put_tags(self, tags: BTreeMap<String, String>) -> Answer<()> {
        let Self { s3, account, name, .. } = self;
        let tagging = Tagging::builder().set_tag_set(Some(sdk_tags(tags))).build();
        let call = s3.put_bucket_tagging().bucket(name).expected_bucket_owner(account);
        let answer = call.set_tagging(tagging.ok()).send().await;
        answer.attempting("s3:PutBucketTagging", || format!("tag bucket {name}"))?;
        Ok(())
    }

    async fn versioning(self) -> Answer<Option<Versioning>> {
        let Self { s3, account, name, .. } = self;
        let answer =
            s3.get_bucket_versioning().bucket(name).expected_bucket_owner(account).send().await;
        let answer = answer.attempting("s3:GetBucketVersioning", || {
            format!("read the versioning of bucket {name}")
        })?;
        Ok(match answer.status {
            Some(BucketVersioningStatus::Enabled) => Some(Versioning::Enabled),
            Some(BucketVersioningStatus::Suspended) => Some(Versioning::Suspended),
            Some(_) | None => None,
        })
    }

    async fn put_versioning(self, versioning: Versioning) -> Answer<()> {
        let Self { s3, account, name, .. } = self;
        let status = match versioning {
            Versioning::Enabled => BucketVersioningStatus::Enabled,
            Versioning::Suspended => BucketVersioningStatus::Suspended,
        };
        let configuration = VersioningConfiguration::builder().status(status).build();
        let call = s3.put_bucket_versioning().bucket(name).expected_bucket_owner(account);
        let answer = call.versioning_configuration(configuration).send().await;
        answer.attempting("s3:PutBucketVersioning", || format!("version bucket {name}"))?;
        Ok(())
    }

    async fn policy(self) -> Answer<Option<Policy>> {
        let Self { s3, account, name, place } = self;
        let answer =
            s3.get_bucket_policy().bucket(name).expected_bucket_owner(account).send().await;
        let answer = answer
            .attempting("s3:GetBucketPolicy", || format!("read the policy of bucket {name}"))
            .or_absent()?;
        let text = answer.and_then(|answer| answer.policy);
        Ok(text.and_then(|text| Policy::seen(&text, &place.partition)))
    }

    async fn put_policy(self, policy: &Policy) -> Answer<()> {
        let Self { s3, account, name, .. } = self;
        let call = s3.put_bucket_policy().bucket(name).expected_bucket_owner(account);
        let answer = call.policy(policy.text()).send().await;
        let answer =
            answer.attempting("s3:PutBucketPolicy", || format!("set the policy of bucket {name}"));
        answer.map(drop).map_err(with_block)
    }

    pub(super) async fn delete_policy(self) -> Answer<()> {
        let Self { s3, account, name, .. } = self;
        let answer =
            s3.delete_bucket_policy().bucket(name).expected_bucket_owner(account).send().await;
        answer
            .attempting("s3:DeleteBucketPolicy", || format!("remove the policy of bucket {name}"))
            .or_absent()?;
        Ok(())
    }

    async fn logging(self) -> Answer<Option<LoggingEnabled>> {
        let Self { s3, account, name, .. } = self;
        let answer =
            s3.get_bucket_logging().bucket(name).expected_bucket_owner(account).send().await;
        let answer = answer
            .attempting("s3:GetBucketLogging", || format!("read the logging of bucket {name}"))?;
        Ok(answer.logging_enabled)
    }

    async fn put_logging(self, want: &Logging, kept: Option<LoggingEnabled>) -> Answer<()> {
        let Self { s3, account, name, .. } = self;
        let grants = kept.and_then(|kept| kept.target_grants);
        let logging = LoggingEnabled::builder()
            .target_bucket(&want.target_bucket)
            .target_prefix(&want.target_prefix)
            .set_target_grants(grants)
            .target_object_key_format(want.target_object_key_format.into())
            .build();
        let status = BucketLoggingStatus::builder().set_logging_enabled(logging.ok()).build();
        let call = s3.put_bucket_logging().bucket(name).expected_bucket_owner(account);
        let answer = call.bucket_logging_status(status).send().await;
        answer.attempting("s3:PutBucketLogging", || format!("log requests to bucket {name}"))?;
        Ok(())
    }

    async fn object_lock(self) -> Answer<bool> {
        let Self { s3, account, name, .. } = self;
        let call = s3.get_object_lock_configuration().bucket(name).expected_bucket_owner(account);
        let answer = call.send().await;
        let answer = answer
            .attempting("s3:GetObjectLockConfiguration", || {
                format!("read the object lock of bucket {name}")
            })
            .or_absent()?;
        let enabled = answer
            .and_then(|answer| answer.object_lock_configuration?.object_lock_enabled)
            .is_some_and(|enabled| enabled == ObjectLockEnabled::Enabled);
        Ok(enabled)
    }
}

impl KeyFormat {
    /// `None` for a format of tomorrow.
    fn seen(format: TargetObjectKeyFormat) -> Option<Self> {
        if format.simple_prefix.is_some() {
            return Some(Self::SimplePrefix {});
        }
        let partition_date_source = match format.partitioned_prefix?.partition_date_source? {
            theirs::PartitionDateSource::EventTime => PartitionDateSource::EventTime,
            theirs::PartitionDateSource::DeliveryTime => PartitionDateSource::DeliveryTime,
            _ => return None,
        };
        Some(Self::PartitionedPrefix { partition_date_source })
    }
}

impl From<KeyFormat> for TargetObjectKeyFormat {
    fn from(format: KeyFormat) -> Self {
        let builder = Self::builder();
        let builder = match format {
            KeyFormat::SimplePrefix {} => builder.simple_prefix(SimplePrefix::builder().build()),
            KeyFormat::PartitionedPrefix { partition_date_source } => {
                let source = match partition_date_source {
                    PartitionDateSource::EventTime => theirs::PartitionDateSource::EventTime,
                    PartitionDateSource::DeliveryTime => theirs::PartitionDateSource::DeliveryTime,
                };
                let prefix = PartitionedPrefix::builder().partition_date_source(source);
                builder.partitioned_prefix(prefix.build())
            }
        };
        builder.build()
    }
}

fn sdk_tags(tags: BTreeMap<String, String>) -> Vec<Tag> {
    // Building fails only without a key or a value.
    let tags = tags.into_iter();
    tags.filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}

/// What somebody else tagged since the plan was made: neither what it saw nor
/// what it wants.
fn of_others(now: Vec<(String, String)>, planned: &Changing<'_, Spec>) -> BTreeMap<String, String> {
    let known = |key: &str| {
        planned.have.tags.0.contains_key(key) || planned.want.spec.tags.0.contains_key(key)
    };
    let (now, _) = Tags::seen(now);
    now.0.into_iter().filter(|(key, _)| !known(key)).collect()
}

/// HEAD answers carry no words, so we find our own.
fn elsewhere(mut error: CloudError, home: Option<&str>, here: &str) -> CloudError {
    if let Some(home) = home.filter(|home| *home != here) {
        error.class = ErrorClass::Invalid;
        error.message = format!("the bucket is in {home}, not in {here}");
        error.hint = Some("names are shared by all regions: choose another name or region".into());
    } else if error.class == ErrorClass::Denied {
        error.message =
            "the bucket belongs to another account, or the caller may not see it".into();
        error.hint = Some(
            "names are shared by all accounts: choose another name; or, if the bucket is yours, \
             allow s3:ListBucket"
                .into(),
        );
    }
    error
}

/// All that configures a bucket, in one round, as far as it is sought.
pub(super) async fn read(bucket: Bucket<'_>, sought: &Sought) -> Answer<(Spec, Option<Owner>)> {
    let is_sought =
        |field: &str| sought.fields.as_ref().is_none_or(|fields| fields.contains(field));
    macro_rules! when {
        ($field:literal, $read:expr) => {
            async { if is_sought($field) { $read.await.map(Some) } else { Ok(None) } }
        };
    }
    let (encryption, versioning, public, ownership, policy, lifecycle, logging, lock, tags) = tokio::try_join!(
        when!("server_side_encryption", encryption::read(bucket)),
        when!("versioning", bucket.versioning()),
        when!("public_access_block", PublicAccessBlock::read(bucket)),
        when!("object_ownership", ObjectOwnership::read(bucket)),
        when!("policy", bucket.policy()),
        when!("lifecycle_rules", lifecycle::read(bucket)),
        when!("logging", bucket.logging()),
        when!("object_lock_enabled", bucket.object_lock()),
        // Always: they tell the owner.
        bucket.tags(),
    )?;
    let force_destroy = is_forced(tags.iter().map(|(key, value)| (key, value)));
    let (tags, owner) = Tags::seen(tags);
    let spec = Spec {
        bucket: Some(bucket.name.to_owned()),
        bucket_prefix: None,
        server_side_encryption: encryption.flatten().as_ref().and_then(Encryption::seen),
        versioning: versioning.flatten(),
        public_access_block: public,
        object_ownership: ownership.flatten(),
        policy: policy.flatten(),
        lifecycle_rules: lifecycle.flatten().map(lifecycle::seen).unwrap_or_default(),
        logging: logging.flatten().map(|seen| Logging {
            target_bucket: seen.target_bucket,
            target_prefix: seen.target_prefix,
            target_object_key_format: seen
                .target_object_key_format
                .and_then(KeyFormat::seen)
                .unwrap_or_default(),
        }),
        object_lock_enabled: lock,
        force_destroy,
        tags,
    };
    Ok((spec, owner))
}

/// What a put would take away because it replaces the whole, and no document
/// states.
#[derive(Debug, Default)]
pub(super) struct Kept {
    blocked_encryption: Option<BlockedEncryptionTypes>,
    smallest_transition: Option<TransitionDefaultMinimumObjectSize>,
    logging: Option<LoggingEnabled>,
    tags: BTreeMap<String, String>,
}

impl Kept {
    /// Of what is about to be put.
    pub(super) async fn read(
        bucket: Bucket<'_>,
        planned: &Changing<'_, Spec>,
        touches: &Touches<'_>,
    ) -> Answer<Self> {
        let encryption = async {
            if !touches("server_side_encryption") {
                return Ok(None);
            }
            let rule = encryption::read(bucket).await?;
            Ok(rule.and_then(|rule| rule.blocked_encryption_types))
        };
        let transition = async {
            if !touches("lifecycle_rules") {
                return Ok(None);
            }
            let rules = lifecycle::read(bucket).await?;
            Ok(rules.and_then(|rules| rules.transition_default_minimum_object_size))
        };
        let logging = async { if touches("logging") { bucket.logging().await } else { Ok(None) } };
        let tags = async {
            if !touches("tags") {
                return Ok(BTreeMap::new());
            }
            Ok(of_others(bucket.tags().await?, planned))
        };
        let (blocked_encryption, smallest_transition, logging, tags) =
            Box::pin(try_join4(encryption, transition, logging, tags)).await?;
        Ok(Self { blocked_encryption, smallest_transition, logging, tags })
    }
}

/// Whether a field of the document is to be written.
pub(super) type Touches<'a> = dyn Fn(&str) -> bool + Sync + 'a;

/// Puts the touched fields in two lanes, because S3 answers `OperationAborted`
/// when more puts meet on one bucket. Their order: what blocks public policies
/// before the policy, versions before the rules over versions.
pub(super) async fn write(
    bucket: Bucket<'_>,
    want: &Wanted<Spec>,
    kept: &Kept,
    touches: &Touches<'_>,
) -> Answer<()> {
    let spec = &want.spec;
    let access = async {
        if let Some(block) = spec.public_access_block.filter(|_| touches("public_access_block")) {
            block.put(bucket).await?;
        }
        if let Some(ownership) = spec.object_ownership.filter(|_| touches("object_ownership")) {
            ownership.put(bucket).await?;
        }
        if touches("policy") {
            match &spec.policy {
                Some(policy) => bucket.put_policy(policy).await?,
                None => bucket.delete_policy().await?,
            }
        }
        if let Some(encryption) =
            spec.server_side_encryption.as_ref().filter(|_| touches("server_side_encryption"))
        {
            encryption.put(bucket, kept.blocked_encryption.clone()).await?;
        }
        Ok(())
    };
    let contents = async {
        if let Some(versioning) = spec.versioning.filter(|_| touches("versioning")) {
            bucket.put_versioning(versioning).await?;
        }
        if touches("lifecycle_rules") {
            let smallest = kept.smallest_transition.clone();
            lifecycle::put(bucket, &spec.lifecycle_rules, smallest).await?;
        }
        if let Some(logging) = spec.logging.as_ref().filter(|_| touches("logging")) {
            bucket.put_logging(logging, kept.logging.clone()).await?;
        }
        if touches("tags") {
            let mut tags = kept.tags.clone();
            tags.extend(want.spec.tags.of_holder(&want.owner, want.spec.force_destroy));
            bucket.put_tags(tags).await?;
        }
        Ok(())
    };
    // Either lane runs to its end, or its last put would still be under way
    // when the engine tries again.
    let (access, contents) = join(access, contents).await;
    access.and(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(class: ErrorClass, home: Option<&str>, expected: (ErrorClass, &str)) {
        let error = CloudError {
            attempted: "look at bucket claims".into(),
            operation: "s3:HeadBucket".into(),
            class,
            code: String::new(),
            message: String::new(),
            request_id: None,
            hint: None,
        };
        let error = elsewhere(error, home, "eu-central-1");
        assert_eq!((error.class, error.message.as_str()), expected);
    }

    #[test]
    fn a_name_that_is_taken_elsewhere_is_told_apart() {
        use ErrorClass::{Denied, Invalid, Transient, Unexpected};
        let away = (Invalid, "the bucket is in us-west-2, not in eu-central-1");
        check(Unexpected, Some("us-west-2"), away);
        check(Denied, Some("us-west-2"), away);
        let others = "the bucket belongs to another account, or the caller may not see it";
        check(Denied, Some("eu-central-1"), (Denied, others));
        check(Denied, None, (Denied, others));
        check(Transient, None, (Transient, ""));
    }
}
