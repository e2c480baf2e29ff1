//! What is told of all services. It knows no kinds, so that those below them can
//! read it.

use super::list::services;
use crate::aws::service::Service;
use crate::engine::pace::RateLimit;

macro_rules! table {
    (
        by a crate { $($name:ident: $sdk:ident, $module:ident::$operation:ident;)* }
        by hand { $($own:ident;)* }
    ) => {
        /// Every service, once.
        pub static SERVICES: &[&Service] = &[
            $(&super::$name::told::SERVICE,)*
            $(&super::$own::told::SERVICE,)*
        ];

        /// By the SDK itself: how it calls each service, in what it gives a call.
        #[cfg(test)]
        fn said_by_the_sdk() -> Vec<(&'static Service, String)> {
            use aws_smithy_runtime_api::client::orchestrator::Metadata;
            use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;
            vec![$({
                let layer = $sdk::operation::$module::$operation::new().config();
                let said = layer.and_then(|it| it.load::<Metadata>().map(|it| it.service().to_owned()));
                (&super::$name::told::SERVICE, said.unwrap_or_default())
            },)*]
        }
    };
}

services!(table);

/// How often AWS admits each call, of every service. All limits are those of one
/// account in one region (IAM: of one account), so that others who call use them
/// up as well; the engine's pacer goes on from there by what AWS answers.
pub fn rate_limits() -> impl Iterator<Item = &'static RateLimit> {
    SERVICES.iter().flat_map(|service| service.limits)
}

/// A service of the SDK as IAM's actions and our errors name it: `sqs`, not `SQS`.
/// Of one that nobody told, the SDK's own name shows that in every trace.
pub(in crate::aws) fn word_of(name: &str) -> String {
    let told = SERVICES.iter().find(|service| service.name == name);
    told.map_or(name, |service| service.prefix).to_owned()
}

/// The service of a call, and the call: `sqs:CreateQueue`.
pub(in crate::aws) fn of_call(call: &str) -> Option<(&'static Service, &str)> {
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
