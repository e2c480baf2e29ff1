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
        // Developer Guide, "Service quotas", of the regions where AWS admits least.
        RateLimit::each("states", 150, &["StartExecution"]).with_burst(800),
        RateLimit::each("states", 10, &["DescribeExecution"]).with_burst(250),
        RateLimit::each("states", 25, &["StopExecution"]).with_burst(500),
        // The same page names none: 6000 at once is what it says of what is not awaited.
        RateLimit::each("states", 150, &["StartSyncExecution"]),
    ],
    actions: &[],
    codes: &[
        Code::of(ErrorClass::Absent, &["ExecutionDoesNotExist", "StateMachineDoesNotExist"]),
        Code::of(ErrorClass::Exists, &["ExecutionAlreadyExists"]),
        Code::of(ErrorClass::Throttled, &["ExecutionLimitExceeded"]),
        Code::of(ErrorClass::NotYet(InFlight::Cooldown), &["StateMachineDeleting"]),
        Code::of(
            ErrorClass::Invalid,
            &[
                "InvalidArn",
                "InvalidExecutionInput",
                "InvalidName",
                "StateMachineTypeNotSupported",
            ],
        ),
    ],
    contents: &[("DescribeExecution", &["\"executionArn\"", "\"status\""])],
};
