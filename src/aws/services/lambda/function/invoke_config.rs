//! What becomes of an event that came asynchronously: how often it is tried, for how long,
//! and where it goes then. Lambda takes it as a whole.

use aws_sdk_lambda::operation::get_function_event_invoke_config::GetFunctionEventInvokeConfigOutput;
use aws_sdk_lambda::types::{self as sdk, OnFailure, OnSuccess};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Spec;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::Answer;

/// What becomes of an event that came asynchronously.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventInvokeConfig {
    /// How often to try again: 0 to 2.
    #[serde(default = "twice")]
    #[schemars(range(min = 0, max = 2))]
    maximum_retry_attempts: i32,
    /// Seconds after which an event is given up: 60 to 21600.
    #[serde(default = "six_hours")]
    #[schemars(range(min = 60, max = 21_600))]
    maximum_event_age_in_seconds: i32,
    /// Where word of an event goes.
    destination_config: Option<Destinations>,
}

// API Reference, `PutFunctionEventInvokeConfig`: the defaults.
fn twice() -> i32 {
    2
}

fn six_hours() -> i32 {
    21_600
}

/// Where word of an event goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destinations {
    /// When it was handled.
    on_success: Option<Destination>,
    /// When it was given up.
    on_failure: Option<Destination>,
}

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destination {
    /// ARN of a standard queue, a topic, a function or an event bus, to which the role may send;
    /// of what failed, of a bucket besides.
    #[schemars(length(min = 1))]
    destination: String,
}

impl EventInvokeConfig {
    /// Destinations of nothing are none.
    pub(super) fn settled(mut self) -> Self {
        self.destination_config = self
            .destination_config
            .filter(|it| it.on_success.is_some() || it.on_failure.is_some());
        self
    }

    fn seen(config: &GetFunctionEventInvokeConfigOutput) -> Self {
        let destinations = config.destination_config();
        let to = |destination: Option<&str>| {
            let destination = destination.filter(|it| !it.is_empty())?.to_owned();
            Some(Destination { destination })
        };
        let on_success = destinations.and_then(|it| it.on_success());
        let on_failure = destinations.and_then(|it| it.on_failure());
        Self {
            maximum_retry_attempts: config.maximum_retry_attempts().unwrap_or_else(twice),
            maximum_event_age_in_seconds: config
                .maximum_event_age_in_seconds()
                .unwrap_or_else(six_hours),
            destination_config: Some(Destinations {
                on_success: to(on_success.and_then(OnSuccess::destination)),
                on_failure: to(on_failure.and_then(OnFailure::destination)),
            }),
        }
        .settled()
    }
}

impl Destinations {
    fn sdk(&self) -> sdk::DestinationConfig {
        let success = |to: &Destination| OnSuccess::builder().destination(&to.destination).build();
        let failure = |to: &Destination| OnFailure::builder().destination(&to.destination).build();
        sdk::DestinationConfig::builder()
            .set_on_success(self.on_success.as_ref().map(success))
            .set_on_failure(self.on_failure.as_ref().map(failure))
            .build()
    }
}

pub(super) async fn read(aws: &Aws, function: &str) -> Answer<Option<EventInvokeConfig>> {
    let call = aws.session.clients.lambda.get_function_event_invoke_config();
    let answer = call.function_name(function).send().await;
    let answer = answer.attempting("lambda:GetFunctionEventInvokeConfig", || {
        format!("read how function {function} is invoked asynchronously")
    });
    Ok(answer.or_absent()?.map(|config| EventInvokeConfig::seen(&config)))
}

pub(super) async fn write(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let (function, lambda) = (change.want.identity.as_str(), &aws.session.clients.lambda);
    let attempted = || format!("say how function {function} is invoked asynchronously");
    let Some(config) = &change.want.spec.event_invoke_config else {
        let call = lambda.delete_function_event_invoke_config().function_name(function);
        let answer = call.send().await;
        let gone = answer.attempting("lambda:DeleteFunctionEventInvokeConfig", attempted);
        return gone.or_absent().map(drop);
    };
    let call = lambda.put_function_event_invoke_config().function_name(function);
    let call = call
        .maximum_retry_attempts(config.maximum_retry_attempts)
        .maximum_event_age_in_seconds(config.maximum_event_age_in_seconds)
        .set_destination_config(config.destination_config.as_ref().map(Destinations::sdk));
    call.send().await.attempting("lambda:PutFunctionEventInvokeConfig", attempted)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_destinations_are_none() {
        let nowhere = sdk::DestinationConfig::builder()
            .on_success(OnSuccess::builder().build())
            .on_failure(OnFailure::builder().build())
            .build();
        let config = GetFunctionEventInvokeConfigOutput::builder().destination_config(nowhere);
        let seen = EventInvokeConfig::seen(&config.maximum_retry_attempts(0).build());
        let expected = EventInvokeConfig {
            maximum_retry_attempts: 0,
            maximum_event_age_in_seconds: 21_600,
            destination_config: None,
        };
        assert_eq!(seen, expected);
    }
}
