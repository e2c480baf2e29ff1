//! The target: what can be tried where. AWS enforces policies; what stands at
//! an endpoint of one's own may do so, or only for some, or not at all.
//!
//! An exercise of enforcement needs a target that enforces. Where ccprov is
//! spoken to over plain http there is none: stacks that insist on TLS could not
//! even be read there if anybody enforced that. At an endpoint of one's own
//! with TLS, a call that AWS never answers tells.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::hindrance::in_the_way;
use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Place};

/// Whether what stands there may enforce policies.
pub(super) fn may_enforce(place: &Place) -> bool {
    place.endpoint.as_ref().is_none_or(|endpoint| endpoint.starts_with("https://"))
}

/// Whether what stands there may make an exception of us. A policy binds AWS's
/// root users like everybody; emulators let theirs do what they like.
pub(super) fn may_spare_us(session: &Session, place: &Place) -> bool {
    place.endpoint.is_some() && session.is_root()
}

/// Whether topics there look into lists when they filter bodies, as SNS does.
/// Emulators do not, and would drop what a filter of ours should let through.
pub(super) fn may_filter(place: &Place) -> bool {
    place.endpoint.is_none()
}

/// Where plain http would be answered, if at all.
pub(super) fn without_tls(place: &Place, service: &str) -> String {
    match &place.endpoint {
        Some(endpoint) => endpoint.replacen("https://", "http://", 1),
        None => format!("http://{service}.{}.{}", place.region, place.dns_suffix()),
    }
}

/// Makes sure that the target asks who calls.
///
/// # Errors
/// Where it answers a call that AWS never does.
pub(super) async fn check_enforces(session: &Session, place: &Place) -> Answer<()> {
    let Some(endpoint) = &place.endpoint else { return Ok(()) };
    let answer = session.clients.sns.list_topics().customize().interceptor(Unsigned).send().await;
    let answer = answer.attempting("sns:ListTopics", || "ask without a signature".into());
    match refusal(answer)? {
        Some(_) => Ok(()),
        None => Err(in_the_way(
            "see what is refused",
            "NothingEnforced",
            format!("{endpoint} answers calls that nobody signed: policies mean nothing there"),
            "have the emulator enforce policies, or verify in AWS",
        )),
    }
}

/// The refusal that an answer is, or `None` if the call was let through.
///
/// # Errors
/// Where the answer is neither.
pub(super) fn refusal<T>(answer: Answer<T>) -> Answer<Option<CloudError>> {
    match answer {
        Ok(_) => Ok(None),
        Err(error) if is_refusal(error.class) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// Whether a class is that of a refusal.
pub(super) fn is_refusal(class: ErrorClass) -> bool {
    match class {
        ErrorClass::Denied | ErrorClass::Credentials => true,
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::NotYet(_)
        | ErrorClass::Quota
        | ErrorClass::Invalid
        | ErrorClass::Unexpected => false,
    }
}

/// Takes from a call what says who calls.
#[derive(Debug)]
pub(super) struct Unsigned;

impl Intercept for Unsigned {
    fn name(&self) -> &'static str {
        "Unsigned"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        for name in ["authorization", "x-amz-date", "x-amz-security-token"] {
            headers.remove(name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(endpoint: Option<&str>) -> Place {
        Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: endpoint.map(str::to_owned),
        }
    }

    #[test]
    fn plain_http_enforces_nothing() {
        assert!(may_enforce(&place(None)));
        assert!(may_enforce(&place(Some("https://127.0.0.1:4566"))));
        assert!(!may_enforce(&place(Some("http://127.0.0.1:4566"))));
    }

    #[test]
    fn every_target_has_a_door_without_tls_or_none() {
        assert_eq!(without_tls(&place(None), "s3"), "http://s3.eu-central-1.amazonaws.com");
        let own = place(Some("https://127.0.0.1:4566"));
        assert_eq!(without_tls(&own, "s3"), "http://127.0.0.1:4566");
    }
}
