//! State machines: what their definitions call, and on what.
//!
//! A definition names what it calls in one of three ways (Step Functions Developer
//! Guide, "Integrating services"): a function by its ARN, a service that Step Functions
//! knows by itself (`arn:aws:states:::sqs:sendMessage`), or any call of AWS's SDK
//! (`arn:aws:states:::aws-sdk:sqs:sendMessage`). What a state hands on while it runs is
//! known to nobody before.

mod integration;
mod states;

use serde_json::{Map, Value};

use super::errand::Object;
use crate::model::{Exhibit, Scene};

/// What runs definitions.
pub(super) const MACHINE: &str = "sfn_state_machine";

/// One thing that a definition calls.
pub(super) struct Call<'a> {
    /// The state that calls it.
    pub(super) state: &'a str,
    /// As IAM has it: `sqs:SendMessage`.
    pub(super) action: String,
    /// What it is called on; or why nobody can tell.
    pub(super) on: Result<Object<'a>, String>,
    /// The resource of the stack that this is, or is within.
    pub(super) part: Option<&'a Exhibit>,
}

impl Call<'_> {
    /// Whether it is known what it takes beside this action.
    pub(super) fn is_known(&self) -> bool {
        integration::is_known(self)
    }
}

/// Everything that the definition of a state machine calls, state by state.
pub(super) fn calls<'a>(scene: &'a Scene, machine: &'a Exhibit) -> Vec<Call<'a>> {
    let definition = setting(machine, "definition");
    let states = definition.map(states::of);
    let tasks = states.into_iter().flatten().flat_map(|state| state.tasks());
    tasks.flat_map(|task| integration::calls(scene, machine, &task)).collect()
}

/// Whether its executions are EXPRESS.
pub(super) fn is_express(machine: &Exhibit) -> bool {
    machine.text("type") == Some("EXPRESS")
}

/// A part of its settings.
pub(super) fn setting<'a>(machine: &'a Exhibit, field: &str) -> Option<&'a Map<String, Value>> {
    machine.document.get(field).and_then(Value::as_object)
}

/// The ARN of the log group that it writes to, if it does: `:*` stands behind it there.
pub(super) fn log_group(machine: &Exhibit) -> Option<&str> {
    let logging = setting(machine, "logging_configuration")?;
    let level = logging.get("level").and_then(Value::as_str).unwrap_or("OFF");
    let group = logging.get("log_destination")?.as_str()?;
    (level != "OFF").then(|| group.strip_suffix(":*").unwrap_or(group))
}
