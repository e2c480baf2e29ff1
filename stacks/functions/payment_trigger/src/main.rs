//! A function of Lambda that starts an execution of the workflow for each payment
//! event that a topic tells of.
//!
//! It judges nothing but whether there is an event at all: a message without one makes
//! it fail, so that Lambda tries again, gives up, and keeps it among the dead letters.

mod machine;
mod notification;
mod trigger;

use std::process::ExitCode;

use events::Variables;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outside::{log, now, variable};
use serde_json::Value;

use crate::machine::StepFunctions;
use crate::trigger::{Failure, Trigger};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    outside::ended(serve().await)
}

async fn serve() -> Result<(), Error> {
    let arn = Variables(&variable).text("STATE_MACHINE_ARN")?;
    let machine = StepFunctions::new(&outside::aws().load().await, arn);
    let trigger = &Trigger { machine, clock: now, log };
    // Taken as any JSON: what the runtime told of another form would repeat it.
    let handle = async |event: LambdaEvent<Value>| -> Result<(), Failure> {
        trigger.start_all(&event.payload).await
    };
    run(service_fn(handle)).await
}
