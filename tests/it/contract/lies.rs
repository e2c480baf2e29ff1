//! Where emulators do not do as AWS does.
//!
//! The code is written for AWS. Where a test on an emulator would fail because
//! the emulator lies, the lie stands here and the test skips that comparison
//! and no other. Nothing else may make a test lenient. `docs/EMULATORS.md`
//! shows the table to people.

use std::fmt::Write as _;

use super::super::support::emulator::Mode;

/// One untruth.
#[derive(Debug)]
pub(crate) struct Lie {
    /// Who tells it.
    pub(crate) emulators: &'static [Mode],
    /// The kind that it concerns.
    pub(crate) kind: &'static str,
    /// The field that does not read back as on AWS, or the behaviour that is not AWS's.
    pub(crate) about: &'static str,
    /// What the emulator does.
    pub(crate) emulator_does: &'static str,
    /// What AWS does.
    pub(crate) aws_does: &'static str,
    /// The calls that show it.
    pub(crate) source: &'static str,
}

/// The lie that an emulator tells about a field or behaviour of a kind, if it tells one.
pub(crate) fn lie(emulator: Mode, kind: &str, about: &str) -> Option<&'static Lie> {
    LIES.iter()
        .find(|lie| lie.kind == kind && lie.about == about && lie.emulators.contains(&emulator))
}

const EVERY: &[Mode] = &[Mode::MiniStack, Mode::MiniStackEnforcing, Mode::Moto];
const MINISTACK: &[Mode] = &[Mode::MiniStack, Mode::MiniStackEnforcing];
const MOTO: &[Mode] = &[Mode::Moto];
/// Those that store policies and never look at them.
const NOT_ENFORCING: &[Mode] = &[Mode::MiniStack, Mode::Moto];

/// Every lie that tests know of, sorted by kind, then by what it is about.
pub(crate) static LIES: &[Lie] = &[
    Lie {
        emulators: MOTO,
        kind: "iam_policy",
        about: "deletion while attached",
        emulator_does: "the policy is deleted",
        aws_does: "DeleteConflict",
        source: "AttachRolePolicy, DeletePolicy",
    },
    Lie {
        emulators: EVERY,
        kind: "iam_role",
        about: "malformed assume_role_policy",
        emulator_does: "accepted and read back",
        aws_does: "MalformedPolicyDocument",
        source: "CreateRole with a document that is not JSON",
    },
    Lie {
        emulators: EVERY,
        kind: "iam_role",
        about: "name in other letter case",
        emulator_does: "a second role",
        aws_does: "EntityAlreadyExists: names are unique whatever their case",
        source: "CreateRole of r, then of R",
    },
    Lie {
        emulators: EVERY,
        kind: "iam_role",
        about: "principal that does not exist",
        emulator_does: "accepted",
        aws_does: "MalformedPolicyDocument: Invalid principal in policy",
        source: "CreateRole that trusts a role which is not there",
    },
    Lie {
        emulators: EVERY,
        kind: "kms_key",
        about: "changes while deletion is pending",
        emulator_does: "tags, description and enabling are accepted",
        aws_does: "KMSInvalidStateException",
        source: "ScheduleKeyDeletion, then TagResource, UpdateKeyDescription, EnableKey",
    },
    Lie {
        emulators: EVERY,
        kind: "kms_key",
        about: "malformed policy",
        emulator_does: "accepted",
        aws_does: "MalformedPolicyDocumentException",
        source: "PutKeyPolicy with a document that is not JSON",
    },
    Lie {
        emulators: EVERY,
        kind: "kms_key",
        about: "policy that locks its author out",
        emulator_does: "accepted",
        aws_does: "MalformedPolicyDocumentException, unless the safety check is bypassed",
        source: "PutKeyPolicy without a statement for the caller or the root user",
    },
    Lie {
        emulators: MOTO,
        kind: "kms_key",
        about: "rotation_period_in_days",
        emulator_does: "not read back",
        aws_does: "GetKeyRotationStatus answers RotationPeriodInDays",
        source: "EnableKeyRotation with 120 days, GetKeyRotationStatus",
    },
    Lie {
        emulators: EVERY,
        kind: "kms_key",
        about: "second scheduling of deletion",
        emulator_does: "accepted, with a new date",
        aws_does: "KMSInvalidStateException",
        source: "ScheduleKeyDeletion twice",
    },
    Lie {
        emulators: MOTO,
        kind: "kms_key",
        about: "use while disabled",
        emulator_does: "encrypts",
        aws_does: "DisabledException, or KMSInvalidStateException while deletion is pending",
        source: "DisableKey, Encrypt",
    },
    Lie {
        emulators: MOTO,
        kind: "s3_bucket",
        about: "default encryption",
        emulator_does: "a new bucket has none",
        aws_does: "SSE-S3 on every new bucket",
        source: "CreateBucket, GetBucketEncryption",
    },
    Lie {
        emulators: MOTO,
        kind: "s3_bucket",
        about: "default object_ownership",
        emulator_does: "a new bucket has no ownership controls",
        aws_does: "BucketOwnerEnforced on every new bucket",
        source: "CreateBucket, GetBucketOwnershipControls",
    },
    Lie {
        emulators: EVERY,
        kind: "s3_bucket",
        about: "default public access block",
        emulator_does: "a new bucket has none",
        aws_does: "all four settings are on for every new bucket",
        source: "CreateBucket, GetPublicAccessBlock",
    },
    Lie {
        emulators: MINISTACK,
        kind: "s3_bucket",
        about: "encryption of an object without a key id",
        emulator_does: "aws:kms is refused",
        aws_does: "takes the key that AWS manages for S3",
        source: "PutObject with aws:kms and no key id",
    },
    Lie {
        emulators: EVERY,
        kind: "s3_bucket",
        about: "malformed policy",
        emulator_does: "accepted",
        aws_does: "MalformedPolicy",
        source: "PutBucketPolicy with a document that is not JSON",
    },
    Lie {
        emulators: MINISTACK,
        kind: "s3_bucket",
        about: "object's bucket_key_enabled",
        emulator_does: "missing",
        aws_does: "HeadObject says whether the bucket's key was used",
        source: "PutObject into a bucket with a bucket key, HeadObject",
    },
    Lie {
        emulators: EVERY,
        kind: "s3_bucket",
        about: "objects while the key is disabled",
        emulator_does: "stored",
        aws_does: "KMS.DisabledException",
        source: "DisableKey, PutObject",
    },
    Lie {
        emulators: EVERY,
        kind: "s3_bucket",
        about: "objects without a permission for the key",
        emulator_does: "stored and handed out",
        aws_does: "AccessDenied without kms:GenerateDataKey or kms:Decrypt",
        source: "PutObject by a user with s3:PutObject alone",
    },
    Lie {
        emulators: MOTO,
        kind: "s3_bucket",
        about: "tags in the call that creates",
        emulator_does: "lost",
        aws_does: "the bucket has them from its birth",
        source: "CreateBucket with tags in its configuration, GetBucketTagging",
    },
    Lie {
        emulators: MOTO,
        kind: "s3_bucket_notification",
        about: "event of a deletion",
        emulator_does: "not sent",
        aws_does: "s3:ObjectRemoved:Delete, or DeleteMarkerCreated",
        source: "DeleteObject, ReceiveMessage",
    },
    Lie {
        emulators: MOTO,
        kind: "s3_bucket_notification",
        about: "event of a multipart upload",
        emulator_does: "ObjectCreated:Put",
        aws_does: "ObjectCreated:CompleteMultipartUpload",
        source: "CompleteMultipartUpload, ReceiveMessage",
    },
    Lie {
        emulators: MOTO,
        kind: "s3_bucket_notification",
        about: "event's fields",
        emulator_does: "no sequencer, versionId or Subject; slashes of the key are encoded",
        aws_does: "all of them; slashes stay",
        source: "PutObject into a versioned bucket, ReceiveMessage",
    },
    Lie {
        emulators: EVERY,
        kind: "s3_bucket_notification",
        about: "filters that overlap",
        emulator_does: "accepted",
        aws_does: "InvalidArgument",
        source: "PutBucketNotificationConfiguration with prefixes a and ab for one event",
    },
    Lie {
        emulators: MOTO,
        kind: "s3_bucket_notification",
        about: "target that does not exist",
        emulator_does: "accepted",
        aws_does: "InvalidArgument",
        source: "PutBucketNotificationConfiguration with a topic that is not there",
    },
    Lie {
        emulators: NOT_ENFORCING,
        kind: "s3_bucket_notification",
        about: "target that does not let S3 in",
        emulator_does: "accepted, and events arrive",
        aws_does: "InvalidArgument",
        source: "PutBucketNotificationConfiguration with a topic for its owner alone",
    },
    Lie {
        emulators: EVERY,
        kind: "sns_subscription",
        about: "creation with other attributes",
        emulator_does: "accepted without effect",
        aws_does: "InvalidParameter: already exists with different attributes",
        source: "Subscribe twice, raw and enveloped",
    },
    Lie {
        emulators: EVERY,
        kind: "sns_subscription",
        about: "delivery through a key that SNS may not use",
        emulator_does: "delivered",
        aws_does: "not delivered",
        source: "Publish to a queue whose key policy does not name sns.amazonaws.com",
    },
    Lie {
        emulators: NOT_ENFORCING,
        kind: "sns_subscription",
        about: "delivery to a queue that does not let SNS in",
        emulator_does: "delivered",
        aws_does: "not delivered",
        source: "Publish to a queue without a policy",
    },
    Lie {
        emulators: EVERY,
        kind: "sns_topic",
        about: "creation with other attributes",
        emulator_does: "accepted without effect",
        aws_does: "InvalidParameter: already exists with different attributes",
        source: "CreateTopic twice, with two display names",
    },
    Lie {
        emulators: EVERY,
        kind: "sns_topic",
        about: "creation with other tags",
        emulator_does: "accepted without effect",
        aws_does: "InvalidParameter: already exists with different tags",
        source: "CreateTopic twice, with two values of a tag",
    },
    Lie {
        emulators: MINISTACK,
        kind: "sns_topic",
        about: "malformed policy",
        emulator_does: "accepted",
        aws_does: "InvalidParameter",
        source: "SetTopicAttributes with a policy that is not JSON",
    },
    Lie {
        emulators: EVERY,
        kind: "sqs_queue",
        about: "creation soon after deletion",
        emulator_does: "accepted",
        aws_does: "QueueDeletedRecently for 60 s",
        source: "DeleteQueue, CreateQueue",
    },
    Lie {
        emulators: MOTO,
        kind: "sqs_queue",
        about: "dead-letter queue that does not exist",
        emulator_does: "refused, and yet stored",
        aws_does: "InvalidParameterValue, and nothing changes",
        source: "SetQueueAttributes with a RedrivePolicy, GetQueueAttributes",
    },
    Lie {
        emulators: MINISTACK,
        kind: "sqs_queue",
        about: "malformed policy",
        emulator_does: "accepted and read back",
        aws_does: "InvalidAttributeValue",
        source: "SetQueueAttributes with a policy that is not JSON",
    },
    Lie {
        emulators: EVERY,
        kind: "sqs_queue",
        about: "messages without a permission for the key",
        emulator_does: "sent and received",
        aws_does: "KMS.AccessDeniedException",
        source: "SendMessage by a user with sqs:SendMessage alone",
    },
    Lie {
        emulators: EVERY,
        kind: "sqs_queue",
        about: "redrive to the source",
        emulator_does: "not implemented",
        aws_does: "moves messages back",
        source: "StartMessageMoveTask",
    },
    Lie {
        emulators: EVERY,
        kind: "sqs_queue",
        about: "second purge within 60 s",
        emulator_does: "accepted",
        aws_does: "PurgeQueueInProgress",
        source: "PurgeQueue twice",
    },
    Lie {
        emulators: MINISTACK,
        kind: "sqs_queue",
        about: "sources of a dead-letter queue",
        emulator_does: "not implemented",
        aws_does: "lists them",
        source: "ListDeadLetterSourceQueues",
    },
    Lie {
        emulators: MINISTACK,
        kind: "sqs_queue",
        about: "sqs_managed_sse_enabled",
        emulator_does: "missing unless it was set",
        aws_does: "true on a new queue, false once a key is set",
        source: "CreateQueue, GetQueueAttributes",
    },
];

/// As a table for people.
fn table() -> String {
    let mut table = "| Kind | About | Emulators | Lie | AWS | Shown by |\n".to_owned();
    table.push_str("|---|---|---|---|---|---|\n");
    for Lie { emulators, kind, about, emulator_does, aws_does, source } in LIES {
        let who = match (emulators.contains(&Mode::MiniStackEnforcing), emulators.len()) {
            (true, 3) => "both",
            (true, _) => "MiniStack",
            (false, 2) => "both, but MiniStack not when it enforces",
            (false, _) => "moto",
        };
        writeln!(table, "| `{kind}` | {about} | {who} | {emulator_does} | {aws_does} | {source} |")
            .expect("a text takes everything");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::super::support::page;
    use super::*;

    #[test]
    fn lies_are_sorted_and_each_stands_once() {
        let keys: Vec<_> = LIES.iter().map(|lie| (lie.kind, lie.about)).collect();
        assert!(keys.is_sorted_by(|one, next| one < next), "{keys:#?}");
    }

    #[test]
    fn a_lie_is_found_for_those_who_tell_it_alone() {
        let about = |emulator| lie(emulator, "sqs_queue", "sqs_managed_sse_enabled");
        assert!(about(Mode::MiniStackEnforcing).is_some());
        assert!(about(Mode::Moto).is_none());
        assert!(lie(Mode::MiniStack, "sqs_queue", "delay_seconds").is_none());
    }

    #[test]
    fn the_page_shows_every_lie() {
        page::check_part("docs/EMULATORS.md", "lies", &table());
    }
}
