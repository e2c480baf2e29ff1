//! The workflow, behind a port, so that the rules are tested without it.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata as _;

use crate::notification::Start;

/// What came of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// It runs.
    Now,
    /// An execution of this name was there before.
    Before,
}

/// Why an execution was not started, by the code that the service gave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state machine answered {0}")]
pub(crate) struct NotStarted(pub(crate) String);

/// Something that executions can be started of.
pub(crate) trait Machine {
    /// Starts one, or finds that it was started.
    async fn start(&self, start: &Start) -> Result<Started, NotStarted>;
}

/// A state machine of AWS.
pub(crate) struct StepFunctions {
    client: Client,
    arn: String,
}

impl StepFunctions {
    pub(crate) fn new(config: &aws_config::SdkConfig, arn: String) -> Self {
        Self { client: Client::new(config), arn }
    }
}

impl Machine for StepFunctions {
    async fn start(&self, start: &Start) -> Result<Started, NotStarted> {
        let call = self.client.start_execution().state_machine_arn(&self.arn);
        let call = call.name(start.event_id.as_str()).input(start.input.to_string());
        match call.send().await {
            Ok(_) => Ok(Started::Now),
            Err(error) => match error.code() {
                // A standard machine keeps the names of its executions for 90 days, an express one none.
                Some("ExecutionAlreadyExists") => Ok(Started::Before),
                code => Err(NotStarted(code.unwrap_or("nothing that can be read").to_owned())),
            },
        }
    }
}
