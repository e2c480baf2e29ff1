//! AWS behind ccprov's back: SDK clients with which tests change what ccprov
//! made, and look at what it did.

use std::fs;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_bucket_notification_configuration::PutBucketNotificationConfigurationError;
use aws_sdk_s3::types::{Event, NotificationConfiguration, TopicConfiguration};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::emulator::Account;

/// For any client but that of S3: `aws_sdk_sqs::Client::new(&config(&account))`.
/// Nothing in it comes from the environment.
pub(crate) fn config(account: &Account) -> SdkConfig {
    config_in(account, Account::REGION)
}

/// The same in another region.
pub(crate) fn config_in(account: &Account, region: &'static str) -> SdkConfig {
    let key =
        Credentials::new(&account.access_key, &account.secret_key, None, None, "ccprov's tests");
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust(account))
        .build_https();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(key))
        .endpoint_url(&account.endpoint)
        .http_client(http)
        .region(Region::new(region))
        .build()
}

/// For S3, which finds buckets by path: an emulator has one host name for all.
pub(crate) fn s3(account: &Account) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&config(account)).force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// Has a bucket tell a topic about every new object.
pub(crate) async fn notify(
    s3: &aws_sdk_s3::Client,
    bucket: &str,
    topic: &str,
) -> Result<(), SdkError<PutBucketNotificationConfigurationError>> {
    let topic = TopicConfiguration::builder().topic_arn(topic).events(Event::S3ObjectCreated);
    let configuration = NotificationConfiguration::builder()
        .topic_configurations(topic.build().expect("all that it must hold is stated"))
        .build();
    let put = s3.put_bucket_notification_configuration().bucket(bucket);
    put.notification_configuration(configuration).send().await.map(|_| ())
}

/// Posts nothing to a page that is no part of AWS, and panics unless it answers well.
pub(crate) async fn post(account: &Account, url: &str) {
    let connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust(account))
        .build();
    let mut request = HttpRequest::empty();
    request.set_method("POST").expect("a method");
    request.set_uri(url).expect("an address");
    let response = connector.call(request).await.expect("the emulator answers");
    assert!(response.status().is_success(), "POST {url} answered {}", response.status());
}

fn trust(account: &Account) -> TlsContext {
    let mut trusted = TrustStore::empty();
    if let Some(path) = &account.certificate {
        trusted.add_pem_certificate(fs::read(path).expect("make tools made a certificate"));
    }
    TlsContext::builder().with_trust_store(trusted).build().expect("a certificate")
}
