//! What AWS must allow of notifications.

use crate::aws::grant::Grant;

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Notifications", BUCKET, &["s3:GetBucketNotification"]),
    // A removal writes what others left in the document.
    Grant::remove("Notifications", BUCKET, &["s3:PutBucketNotification"]),
];

const BUCKET: &[&str] = &["arn:${partition}:s3:::${bucket}"];
