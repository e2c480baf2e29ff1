//! What is told of S3: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

/// Emulators and proxies have one host name for all buckets.
pub(in crate::aws::services) fn settings(
    builder: aws_sdk_s3::config::Builder,
    config: &aws_config::SdkConfig,
) -> aws_sdk_s3::config::Builder {
    builder.force_path_style(config.endpoint_url().is_some())
}

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "S3",
    prefix: "s3",
    speaks: Speech::XmlOrJson,
    limits: &[
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
    ],
    actions: &[
        ("CompleteMultipartUpload", &["s3:PutObject"]),
        ("CreateBucket", &["s3:CreateBucket", "s3:TagResource", "s3:PutBucketOwnershipControls"]),
        ("CreateMultipartUpload", &["s3:PutObject"]),
        ("DeleteBucketLifecycle", &["s3:PutLifecycleConfiguration"]),
        ("DeleteObjects", &["s3:DeleteObject", "s3:DeleteObjectVersion"]),
        ("GetBucketEncryption", &["s3:GetEncryptionConfiguration"]),
        ("GetBucketLifecycleConfiguration", &["s3:GetLifecycleConfiguration"]),
        ("GetBucketNotificationConfiguration", &["s3:GetBucketNotification"]),
        ("GetBucketReplication", &["s3:GetReplicationConfiguration"]),
        // An exercise asks for the very version that it put.
        ("GetObject", &["s3:GetObject", "s3:GetObjectVersion"]),
        ("GetObjectLockConfiguration", &["s3:GetBucketObjectLockConfiguration"]),
        ("GetPublicAccessBlock", &["s3:GetBucketPublicAccessBlock"]),
        ("HeadBucket", &["s3:ListBucket"]),
        ("ListMultipartUploads", &["s3:ListBucketMultipartUploads"]),
        ("ListObjectVersions", &["s3:ListBucketVersions"]),
        ("ListObjectsV2", &["s3:ListBucket"]),
        ("PutBucketEncryption", &["s3:PutEncryptionConfiguration"]),
        ("PutBucketLifecycleConfiguration", &["s3:PutLifecycleConfiguration"]),
        ("PutBucketNotificationConfiguration", &["s3:PutBucketNotification"]),
        ("PutPublicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
        ("UploadPart", &["s3:PutObject"]),
    ],
    codes: &[
        Code::of(
            ErrorClass::Absent,
            &[
                "NoSuchBucket",
                "NoSuchBucketPolicy",
                "NoSuchKey",
                "NoSuchLifecycleConfiguration",
                "NoSuchPublicAccessBlockConfiguration",
                "NoSuchTagSet",
                "NoSuchUpload",
                "ObjectLockConfigurationNotFoundError",
                "OwnershipControlsNotFoundError",
                "ReplicationConfigurationNotFoundError",
                "ServerSideEncryptionConfigurationNotFoundError",
            ],
        ),
        Code::of(ErrorClass::Exists, &["BucketAlreadyOwnedByYou"]),
        Code::of(ErrorClass::Transient, &["OperationAborted"]),
        Code::of(ErrorClass::Throttled, &["SlowDown"]),
        Code::of(ErrorClass::Quota, &["TooManyBuckets"]),
        Code::of(ErrorClass::Denied, &["AllAccessDisabled"]),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["MalformedPolicy"])
            .saying("invalid principal"),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidArgument"])
            .saying("unable to validate"),
        Code::of(
            ErrorClass::Invalid,
            &[
                "BucketAlreadyExists",
                "BucketNotEmpty",
                "InvalidArgument",
                "InvalidBucketAclWithObjectOwnership",
                "InvalidBucketName",
                "InvalidRequest",
                "InvalidTag",
                "MalformedPolicy",
                "MalformedXML",
            ],
        ),
    ],
    // Sources: the service model (what is required, and lists that are written though they are
    // empty), and answers recorded from AWS.
    contents: &[
        // What somebody stored, if anything.
        ("GetObject", &[]),
        // An answer to HEAD has no body.
        ("HeadBucket", &[]),
        ("DeleteObjects", &["<DeleteResult"]),
        ("GetBucketEncryption", &["<SSEAlgorithm>"]),
        ("GetBucketLifecycleConfiguration", &["<LifecycleConfiguration", "<Rule>"]),
        ("GetBucketLogging", &["<BucketLoggingStatus"]),
        ("GetBucketNotificationConfiguration", &["<NotificationConfiguration"]),
        ("GetBucketOwnershipControls", &["<ObjectOwnership>"]),
        ("GetBucketPolicy", &["\"Statement\""]),
        ("GetBucketReplication", &["<ReplicationConfiguration", "<Rule>"]),
        ("GetBucketTagging", &["<TagSet"]),
        ("GetBucketVersioning", &["<VersioningConfiguration"]),
        ("GetObjectLockConfiguration", &["<ObjectLockConfiguration"]),
        ("GetPublicAccessBlock", &["<PublicAccessBlockConfiguration"]),
        ("ListMultipartUploads", &["<ListMultipartUploadsResult"]),
        ("ListObjectVersions", &["<ListVersionsResult"]),
        ("ListObjectsV2", &["<ListBucketResult"]),
    ],
};

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
