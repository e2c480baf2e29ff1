//! S3 tries every destination of a bucket's events before it takes them: it
//! sends a test message, and that needs the destination's key.

use super::keys::Keys;
use super::policy::{Asker, allows};
use crate::support::fault_proxy::Fault;
use crate::support::request::Request;

const UNREACHABLE: Fault = Fault::Says(
    400,
    "InvalidArgument",
    "Unable to validate the following destination configurations",
);

/// What S3 does with a destination's key (S3 User Guide, "Granting permissions
/// to publish event notification messages").
const NEEDED: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

pub(super) async fn refusal(request: &Request, keys: &Keys, account: &str) -> Option<Fault> {
    let is_meant = request.call().is("s3", "PUT ?notification");
    if !is_meant || request.header("x-amz-skip-destination-validation") == Some("true") {
        return None;
    }
    let (bucket, _) = request.bucket_and_key();
    let s3 = Asker::service("s3.amazonaws.com", &format!("arn:aws:s3:::{bucket}"), account);
    let mut named = Vec::new();
    for topic in request.elements("Topic") {
        named.push(keys.of_topic(&topic).await);
    }
    for queue in request.elements("Queue") {
        named.push(keys.of_queue(queue.rsplit(':').next().unwrap_or_default()).await);
    }
    for key in named.into_iter().flatten() {
        let policy = keys.policy_if_usable(&key).await;
        let admits = |policy| NEEDED.iter().all(|action| allows(&policy, &s3, action));
        if !policy.is_some_and(admits) {
            return Some(UNREACHABLE);
        }
    }
    None
}
