//! How often AWS admits each call, as far as it says; where it does not say, how
//! fast we begin.
//!
//! Every number has its source. What is not documented begins where it is known
//! to go well, or generously where nothing is known: the engine's pacer goes on
//! from there by what AWS answers. All limits are those of one account in one
//! region (IAM: of one account), so that others who call use them up as well.

use crate::engine::pace::RateLimit;

/// Every limit, by service.
pub static RATE_LIMITS: &[RateLimit] = &[
    // IAM publishes no rates; it has token buckets that fill every second, several for a call (AWS
    // Security Blog, "How to monitor and query IAM resources at scale", part 2).
    RateLimit::together("iam", 10, IAM_WRITES).with_burst(20),
    RateLimit::each("iam", 25, IAM_READS).with_burst(50),
    // AWS KMS Developer Guide, "Request quotas": each call has its own.
    RateLimit::each(
        "kms",
        5,
        &[
            "CancelKeyDeletion",
            "CreateAlias",
            "CreateKey",
            "DisableKey",
            "DisableKeyRotation",
            "EnableKey",
            "UntagResource",
            "UpdateAlias",
            "UpdateKeyDescription",
        ],
    ),
    RateLimit::each("kms", 10, &["TagResource"]),
    RateLimit::each(
        "kms",
        15,
        &["DeleteAlias", "EnableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion"],
    ),
    RateLimit::each("kms", 500, &["ListAliases", "ListKeys"]),
    RateLimit::each("kms", 100, &["ListGrants"]),
    RateLimit::each("kms", 1000, &["GetKeyPolicy", "GetKeyRotationStatus"]),
    RateLimit::each("kms", 2000, &["DescribeKey", "ListResourceTags"]),
    // S3 publishes none for buckets and their configuration. It advises against calling these on a
    // frequent path.
    RateLimit::together("s3", 20, S3_BUCKET_WRITES).with_burst(40),
    RateLimit::together("s3", 50, S3_BUCKET_READS).with_burst(100),
    // Amazon S3 User Guide, "Best practices design patterns": for each prefix 3500 writes and
    // deletions, and 5500 reads.
    RateLimit::each(
        "s3",
        3500,
        &[
            "AbortMultipartUpload",
            "CompleteMultipartUpload",
            "CreateMultipartUpload",
            "DeleteObject",
            "PutObject",
            "UploadPart",
        ],
    ),
    RateLimit::each(
        "s3",
        5500,
        &["GetObject", "ListMultipartUploads", "ListObjectVersions", "ListObjectsV2"],
    ),
    // Up to 1000 deletions each: 3.5 of them would be what one prefix admits, but objects are spread
    // over prefixes.
    RateLimit::each("s3", 10, &["DeleteObjects"]).with_burst(20),
    // Amazon SNS endpoints and quotas: calls that cannot be raised.
    RateLimit::each("sns", 100, &["Subscribe", "Unsubscribe"]),
    // Where the quota is lowest, and a FIFO topic's.
    RateLimit::each("sns", 300, &["Publish"]),
    RateLimit::each("sns", 30, &["ListSubscriptionsByTopic", "ListTopics"]),
    RateLimit::together("sns", 10, &["ListTagsForResource", "TagResource", "UntagResource"]),
    // Not published.
    RateLimit::each(
        "sns",
        30,
        &["CreateTopic", "DeleteTopic", "SetSubscriptionAttributes", "SetTopicAttributes"],
    ),
    RateLimit::each("sns", 50, &["GetSubscriptionAttributes", "GetTopicAttributes"]),
    // Amazon SQS quotas: so many for a FIFO queue; standard queues have nearly none.
    RateLimit::each(
        "sqs",
        300,
        &[
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "DeleteMessageBatch",
            "ReceiveMessage",
            "SendMessage",
        ],
    ),
    // SQS publishes none for queues themselves.
    RateLimit::each(
        "sqs",
        30,
        &["CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue", "UntagQueue"],
    ),
    RateLimit::each("sqs", 50, &["GetQueueAttributes", "ListQueueTags", "ListQueues"]),
    // Not published; once for each run, and once for each exercise in a role's name.
    RateLimit::each("sts", 50, &["AssumeRole", "GetCallerIdentity"]),
    // Not published; pages of 100 objects.
    RateLimit::each("tag", 10, &["GetResources"]),
];

const IAM_WRITES: &[&str] = &[
    "AttachRolePolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateRole",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "RemoveRoleFromInstanceProfile",
    "TagPolicy",
    "TagRole",
    "UntagPolicy",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
];

const IAM_READS: &[&str] = &[
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListEntitiesForPolicy",
    "ListInstanceProfilesForRole",
    "ListPolicies",
    "ListPolicyVersions",
    "ListRolePolicies",
    "ListRoles",
];

const S3_BUCKET_WRITES: &[&str] = &[
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketLifecycle",
    "DeleteBucketPolicy",
    "PutBucketEncryption",
    "PutBucketLifecycleConfiguration",
    "PutBucketLogging",
    "PutBucketNotificationConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutPublicAccessBlock",
];

const S3_BUCKET_READS: &[&str] = &[
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketLogging",
    "GetBucketNotificationConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketReplication",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetObjectLockConfiguration",
    "GetPublicAccessBlock",
    "HeadBucket",
];
