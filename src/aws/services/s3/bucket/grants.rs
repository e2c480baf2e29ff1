//! What AWS must allow of buckets.
//!
//! Tags decide nothing here: S3 judges by a bucket's tags only where somebody
//! turned that on for the bucket.

use crate::aws::grant::Grant;

pub(super) const GRANTS: &[Grant] = &[
    Grant::read(
        "Buckets",
        BUCKET,
        &[
            "s3:GetBucketLogging",
            // Whether a notification hangs on it that the file does not declare any more.
            "s3:GetBucketNotification",
            "s3:GetBucketObjectLockConfiguration",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:ListBucket",
            "s3:ListBucketVersions",
        ],
    ),
    Grant::write(
        "Buckets",
        BUCKET,
        &[
            "s3:CreateBucket",
            "s3:DeleteBucketPolicy",
            "s3:PutBucketLogging",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:TagResource",
        ],
    ),
    Grant::write("LockedBuckets", BUCKET, &["s3:PutBucketObjectLockConfiguration"])
        .only_with("object_lock_enabled"),
    Grant::remove("Buckets", BUCKET, &["s3:DeleteBucket"]),
    Grant::remove("EmptiedBuckets", BUCKET, &["s3:ListBucketMultipartUploads"])
        .only_with("force_destroy"),
    Grant::remove(
        "Objects",
        &["${arn}/*"],
        &["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"],
    )
    .only_with("force_destroy"),
];

const BUCKET: &[&str] = &["${arn}"];
