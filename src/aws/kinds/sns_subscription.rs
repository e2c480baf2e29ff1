//! `sns_subscription`: placeholder
use crate::aws::provider::Aws;
use crate::engine::port::Answer;
pub(crate) async fn of_topic(
    _aws: &Aws,
    _topic: &str,
) -> Answer<Vec<aws_sdk_sns::types::Subscription>> {
    Ok(vec![])
}
pub(crate) fn identity_of(_s: &aws_sdk_sns::types::Subscription) -> Option<String> {
    None
}
