//! What one call tells of a state machine, or of a version of it.

use aws_sdk_sfn::operation::describe_state_machine::DescribeStateMachineOutput;
use aws_sdk_sfn::types as sdk;

use super::definition::Definition;
use super::settings::{EncryptionConfiguration, LoggingConfiguration, TracingConfiguration};
use super::{MachineType, Spec};
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::tags::Tags;
use crate::engine::port::Answer;

/// A state machine, or a version of one.
pub(super) async fn describe(
    aws: &Aws,
    name: &str,
    arn: &str,
) -> Answer<DescribeStateMachineOutput> {
    let call = aws.session.clients.sfn.describe_state_machine().state_machine_arn(arn);
    let attempted = || format!("read state machine {name}");
    call.send().await.attempting("states:DescribeStateMachine", attempted)
}

/// As its description shows it: the rest is told elsewhere.
pub(super) fn shown(name: &str, machine: &DescribeStateMachineOutput) -> Spec {
    let machine_type = match machine.r#type {
        sdk::StateMachineType::Express => MachineType::Express,
        _ => MachineType::Standard,
    };
    let logging = machine.logging_configuration().map(LoggingConfiguration::seen);
    let tracing = machine.tracing_configuration().map(TracingConfiguration::seen);
    let encryption = machine.encryption_configuration().map(EncryptionConfiguration::seen);
    Spec {
        name: Some(name.to_owned()),
        machine_type,
        definition: Definition::seen(&machine.definition),
        role_arn: machine.role_arn.clone(),
        logging_configuration: logging.unwrap_or_default(),
        tracing_configuration: tracing.unwrap_or_default(),
        encryption_configuration: encryption.unwrap_or_default().settled(),
        publish: false,
        aliases: None,
        force_destroy: false,
        tags: Tags::default(),
    }
}
