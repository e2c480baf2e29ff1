//! One file per kind. Each reads top-down: what the kind is, its spec, its
//! identity and facts, then read, create, update, delete.

pub(crate) mod s3_bucket;
pub(crate) mod s3_bucket_notification;
pub(crate) mod sns_subscription;
pub(crate) mod sns_topic;
pub(crate) mod sqs_queue;
