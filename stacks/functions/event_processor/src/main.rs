//! A function of Lambda that writes each event of a FIFO queue into a ledger
//! once: valid ones as ready, others as invalid with their reasons. What is no
//! event at all goes back to the queue, and so to its dead-letter queue.

mod dynamo;
mod processor;
mod record;
mod settings;
mod storable;
mod store;

use std::process::ExitCode;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use events::{Moment, Schemas, Variables};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outside::{log, now, variable};

use crate::dynamo::Dynamo;
use crate::processor::Processor;
use crate::settings::Settings;

/// About what DynamoDB takes to answer: a call that was throttled is tried twice more within
/// a quarter of a second.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    outside::ended(serve().await)
}

async fn serve() -> Result<(), Error> {
    let settings = Settings::read(&Variables(&variable))?;
    // The SDK would wait up to a second before it tries again: that is a message's whole share.
    let again = RetryConfig::standard().with_initial_backoff(FIRST_BACKOFF);
    let store = Dynamo::new(&outside::aws().retry_config(again).load().await, settings.tables);
    let schemas = Schemas::new()?;
    let processor = &Processor { schemas, store, keep: settings.keep, clock: now, log };
    let handle = async |event: LambdaEvent<SqsEvent>| -> Result<SqsBatchResponse, Error> {
        let deadline = Moment::from_millis(event.context.deadline);
        Ok(processor.process(event.payload, deadline).await)
    };
    run(service_fn(handle)).await
}
