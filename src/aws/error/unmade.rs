//! Calls that the SDK refuses by itself, told from those whose line failed.

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::RetryConfig;

use super::*;

/// A line that always fails.
#[derive(Debug)]
struct Dead;

impl HttpConnector for Dead {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into())))
    }
}

#[tokio::test]
async fn what_the_sdk_refuses_by_itself_is_not_tried_again() {
    let dead = http_client_fn(|_, _| SharedHttpConnector::new(Dead));
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::for_tests())
        .http_client(dead)
        .retry_config(RetryConfig::disabled())
        .force_path_style(true)
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let class = async |bucket: &str| {
        let answer = s3.head_bucket().bucket(bucket).send().await;
        answer.attempting("s3:HeadBucket", || "look".into()).unwrap_err().class
    };
    assert_eq!(class("arn:aws:s3:::claims").await, ErrorClass::Invalid);
    assert_eq!(class("").await, ErrorClass::Invalid);
    assert_eq!(class("claims").await, ErrorClass::Transient);
}
