//! What is told of SFN (Step Functions): limits, IAM actions, error codes, and what answers hold.

use aws_sdk_sfn::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_sfn::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sfn::error::BoxError;
use aws_smithy_runtime_api::client::endpoint::EndpointPrefix;

use crate::aws::service::{Code, Service, Speech};
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

/// At an endpoint of one's own every call goes to that host: there is no other, whose name
/// begins with `sync-`, for calls that wait for an execution.
pub(in crate::aws::services) fn settings(
    builder: aws_sdk_sfn::config::Builder,
    config: &aws_config::SdkConfig,
) -> aws_sdk_sfn::config::Builder {
    match config.endpoint_url() {
        Some(_) => builder.interceptor(AtOneHost),
        None => builder,
    }
}

/// Takes back the prefix that the SDK writes before a host.
#[derive(Debug)]
struct AtOneHost;

impl Intercept for AtOneHost {
    fn name(&self) -> &'static str {
        "AtOneHost"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().unset::<EndpointPrefix>();
        Ok(())
    }
}

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "SFN",
    prefix: "states",
    speaks: Speech::Json,
    limits: &[
        // Developer Guide, "Step Functions service quotas": a bucket, and how fast it fills
        // again. Of calls that some regions admit more often, what the others do.
        RateLimit::each(
            "states",
            1,
            &[
                "CreateStateMachine",
                "DeleteStateMachine",
                "ListTagsForResource",
                "UpdateStateMachine",
            ],
        )
        .with_burst(100),
        RateLimit::each("states", 1, &["TagResource", "UntagResource"]).with_burst(200),
        RateLimit::each("states", 20, &["DescribeStateMachine"]).with_burst(200),
        RateLimit::each("states", 2, &["ListExecutions"]).with_burst(100),
        RateLimit::each("states", 25, &["StopExecution"]).with_burst(500),
        RateLimit::each("states", 10, &["DescribeExecution"]).with_burst(250),
        RateLimit::each("states", 150, &["StartExecution"]).with_burst(800),
        // The same page names none: what is awaited counts against no quota of calls.
        RateLimit::each("states", 150, &["StartSyncExecution"]),
        // Not published.
        RateLimit::each(
            "states",
            5,
            &[
                "CreateStateMachineAlias",
                "DeleteStateMachineAlias",
                "DescribeStateMachineAlias",
                "ListStateMachineAliases",
                "ListStateMachineVersions",
                "PublishStateMachineVersion",
                "UpdateStateMachineAlias",
                "ValidateStateMachineDefinition",
            ],
        ),
    ],
    actions: &[
        // The second for the version that it publishes.
        (
            "CreateStateMachine",
            &[
                "states:CreateStateMachine",
                "states:PublishStateMachineVersion",
                "states:TagResource",
            ],
        ),
        ("UpdateStateMachine", &["states:PublishStateMachineVersion", "states:UpdateStateMachine"]),
    ],
    codes: &[
        Code::of(ErrorClass::Exists, &["ExecutionAlreadyExists", "StateMachineAlreadyExists"]),
        Code::of(ErrorClass::Throttled, &["ExecutionLimitExceeded"]),
        // An alias of that name leads elsewhere.
        Code::of(ErrorClass::Exists, &["ConflictException"])
            .at(&["CreateStateMachineAlias"])
            .saying("already exist"),
        Code::of(ErrorClass::Absent, &["ExecutionDoesNotExist", "StateMachineDoesNotExist"]),
        // The one that has the name goes when its executions have come to an end.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["StateMachineDeleting"]),
        // Two changes of one met.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ConflictException"]),
        // A role that was just made, its rights, or what opens a key to it are not seen
        // everywhere.
        not_yet("to assume the provided role"),
        not_yet("is not authorized to access the log destination"),
        not_yet("is not authorized to create managed-rule"),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["KmsAccessDeniedException"])
            .at(&["CreateStateMachine", "UpdateStateMachine"]),
        Code::of(ErrorClass::Denied, &["KmsAccessDeniedException"]),
        Code::of(ErrorClass::Throttled, &["KmsThrottlingException"]),
        // Step Functions writes into a policy of CloudWatch Logs, of which a region has ten.
        Code::of(ErrorClass::Quota, &["InvalidLoggingConfiguration"])
            .saying("resource policy size was exceeded"),
        Code::of(
            ErrorClass::Quota,
            &["ServiceQuotaExceededException", "StateMachineLimitExceeded", "TooManyTags"],
        ),
        Code::of(
            ErrorClass::Invalid,
            &[
                "InvalidArn",
                "InvalidDefinition",
                "InvalidEncryptionConfiguration",
                "InvalidExecutionInput",
                "InvalidLoggingConfiguration",
                "InvalidName",
                "InvalidTracingConfiguration",
                "KmsInvalidStateException",
                "MissingRequiredParameter",
                "StateMachineTypeNotSupported",
            ],
        ),
    ],
    // Sources: the service model, and the examples of the API Reference.
    contents: &[
        ("DescribeExecution", &["\"executionArn\"", "\"status\""]),
        ("DescribeStateMachine", &["\"stateMachineArn\"", "\"definition\"", "\"roleArn\""]),
        ("DescribeStateMachineAlias", &["\"stateMachineAliasArn\"", "\"routingConfiguration\""]),
        ("ListExecutions", &["\"executions\""]),
        ("ListStateMachineAliases", &["\"stateMachineAliases\""]),
        ("ListStateMachineVersions", &["\"stateMachineVersions\""]),
        ("ListTagsForResource", &["\"tags\""]),
    ],
};

/// What is refused for now, where the message says this.
const fn not_yet(says: &'static str) -> Code {
    Code::of(
        ErrorClass::NotYet(InFlight::Dependency),
        &["AccessDeniedException", "InvalidLoggingConfiguration"],
    )
    .at(&["CreateStateMachine", "UpdateStateMachine"])
    .saying(says)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::retry::RetryConfig;

    use super::settings;

    /// Hears where a call goes, and answers nothing.
    #[derive(Clone, Debug, Default)]
    struct Ear(Arc<Mutex<String>>);

    impl HttpConnector for Ear {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            request.uri().clone_into(&mut self.0.lock().unwrap());
            HttpConnectorFuture::ready(Err(ConnectorError::user("deaf".into())))
        }
    }

    #[tokio::test]
    async fn an_endpoint_of_ones_own_has_one_host() {
        let check = async |endpoint: Option<&str>, expected: &str| {
            let ear = Ear::default();
            let connector = SharedHttpConnector::new(ear.clone());
            let config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("eu-central-1"));
            let config = match endpoint {
                Some(endpoint) => config.endpoint_url(endpoint),
                None => config,
            };
            let config = config.build();
            let builder = aws_sdk_sfn::config::Builder::from(&config)
                .credentials_provider(Credentials::for_tests())
                .retry_config(RetryConfig::disabled())
                .http_client(http_client_fn(move |_, _| connector.clone()));
            let sfn = aws_sdk_sfn::Client::from_conf(settings(builder, &config).build());
            let call = sfn.start_sync_execution().state_machine_arn("arn");
            call.send().await.unwrap_err();
            assert_eq!(*ear.0.lock().unwrap(), expected);
        };
        check(None, "https://sync-states.eu-central-1.amazonaws.com/").await;
        check(Some("http://127.0.0.1:4566"), "http://127.0.0.1:4566/").await;
    }
}
