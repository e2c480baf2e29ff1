//! The services of AWS that ccprov calls. Each is a folder: in front its entry
//! ([`Service`]: names, limits, actions, codes), behind it its kinds.
//!
//! A kind reads top-down: what it is, its spec, its identity and facts, then
//! read, create, update, delete.

use std::sync::LazyLock;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::call_log::CallLog;
use super::kind::AnyKind;
use super::pacing::Pacing;
use super::service::Service;
use crate::engine::pace::RateLimit;

/// Makes of one line for each service its module, its client and its entry. The
/// operation is any one of it: a test asks the SDK what it calls the service.
macro_rules! services {
    ($($name:ident: $sdk:ident, $module:ident::$operation:ident;)*) => {
        $(pub(crate) mod $name;)*

        /// Every service, once.
        pub static SERVICES: &[&Service] = &[$(&$name::SERVICE),*];

        /// One client for each service, all on one pool of connections.
        #[derive(Clone, Debug)]
        pub(crate) struct Clients {
            $(pub(crate) $name: $sdk::Client,)*
        }

        impl Clients {
            /// Whose calls are written down, and stand in line.
            pub(super) fn new(config: &SdkConfig, calls: &CallLog, pacing: &Pacing) -> Self {
                Self {
                    $($name: $sdk::Client::from_conf(
                        $name::settings($sdk::config::Builder::from(config), config)
                            .interceptor(calls.clone())
                            .interceptor(pacing.clone())
                            .build(),
                    ),)*
                }
            }

            /// The same, with other credentials.
            pub(super) fn with(&self, lent: &SharedCredentialsProvider) -> Self {
                Self {
                    $($name: $sdk::Client::from_conf(
                        self.$name.config().to_builder().credentials_provider(lent.clone()).build(),
                    ),)*
                }
            }
        }

        /// By the SDK itself: how it calls each service, in what it gives a call.
        #[cfg(test)]
        fn said_by_the_sdk() -> Vec<(&'static Service, String)> {
            use aws_smithy_runtime_api::client::orchestrator::Metadata;
            use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;
            vec![$({
                let layer = $sdk::operation::$module::$operation::new().config();
                let said = layer.and_then(|it| it.load::<Metadata>().map(|it| it.service().to_owned()));
                (&$name::SERVICE, said.unwrap_or_default())
            },)*]
        }
    };
}

/// What a client needs beyond what all need: nothing.
macro_rules! no_settings {
    ($sdk:ident) => {
        pub(super) fn settings(
            builder: $sdk::config::Builder,
            _: &aws_config::SdkConfig,
        ) -> $sdk::config::Builder {
            builder
        }
    };
}
pub(crate) use no_settings;

services! {
    cloudwatch: aws_sdk_cloudwatch, describe_alarms::DescribeAlarms;
    dynamodb: aws_sdk_dynamodb, describe_table::DescribeTable;
    iam: aws_sdk_iam, list_roles::ListRoles;
    kms: aws_sdk_kms, list_keys::ListKeys;
    logs: aws_sdk_cloudwatchlogs, describe_log_groups::DescribeLogGroups;
    s3: aws_sdk_s3, list_buckets::ListBuckets;
    sns: aws_sdk_sns, list_topics::ListTopics;
    sqs: aws_sdk_sqs, list_queues::ListQueues;
    sts: aws_sdk_sts, get_caller_identity::GetCallerIdentity;
    tagging: aws_sdk_resourcegroupstagging, get_resources::GetResources;
}

/// Every kind, by name.
pub(crate) static KINDS: LazyLock<Vec<&dyn AnyKind>> = LazyLock::new(|| {
    let mut all: Vec<&dyn AnyKind> =
        SERVICES.iter().flat_map(|service| service.kinds).copied().collect();
    all.sort_by_key(|kind| kind.name());
    all
});

/// How often AWS admits each call, of every service. All limits are those of one
/// account in one region (IAM: of one account), so that others who call use them
/// up as well; the engine's pacer goes on from there by what AWS answers.
pub fn rate_limits() -> impl Iterator<Item = &'static RateLimit> {
    SERVICES.iter().flat_map(|service| service.limits)
}

/// The service that the SDK calls so.
pub(super) fn named(name: &str) -> Option<&'static Service> {
    SERVICES.iter().copied().find(|service| service.name == name)
}

/// The service of a call, and the call: `sqs:CreateQueue`.
pub(super) fn of_call(call: &str) -> Option<(&'static Service, &str)> {
    let (prefix, operation) = call.split_once(':')?;
    let service = SERVICES.iter().copied().find(|service| service.prefix == prefix)?;
    Some((service, operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else its calls would go unpaced, and under another name in every trace.
    #[test]
    fn services_are_called_as_the_sdk_calls_them() {
        for (service, said) in said_by_the_sdk() {
            assert_eq!(service.name, said);
        }
    }

    #[test]
    fn what_a_service_tells_is_its_own() {
        for service in SERVICES {
            let prefix = service.prefix;
            let strange = service.limits.iter().filter(|limit| limit.service != prefix);
            assert_eq!(strange.count(), 0, "{prefix} has limits of others");
            let operations: Vec<&str> =
                service.limits.iter().flat_map(RateLimit::operations).copied().collect();
            let told = service.actions.iter().map(|(name, _)| name);
            let told = told.chain(service.contents.iter().map(|(name, _)| name));
            for name in told.chain(service.codes.iter().flat_map(|code| code.operations)) {
                assert!(operations.contains(name), "nobody calls {prefix}:{name}");
            }
        }
    }
}
