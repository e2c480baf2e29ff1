//! A function of Lambda that writes each event of a FIFO queue into a ledger
//! once: valid ones as ready, others as invalid with their reasons. What is no
//! event at all goes back to the queue, and so to its dead-letter queue.
//!
//! Here is what the outside gives: the environment, the clock, the clients.

mod dynamo;
mod processor;
mod record;
mod settings;
mod storable;
mod store;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use events::{Level, Line, Moment, Schemas, Variables};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

use crate::dynamo::Dynamo;
use crate::processor::Processor;
use crate::settings::Settings;

/// About what DynamoDB takes to answer: a call that was throttled is tried twice more within
/// a quarter of a second.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Lambda tells only that the process ended; the log says why.
            log(&Line::new(now(), Level::Error, "cannot start").because(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Error> {
    let settings = Settings::read(&Variables(&variable))?;
    let store = Dynamo::new(&aws().await, settings.tables);
    let schemas = Schemas::new()?;
    let processor = &Processor { schemas, store, keep: settings.keep, clock: now, log };
    let handle = async |event: LambdaEvent<SqsEvent>| -> Result<SqsBatchResponse, Error> {
        let deadline = Moment::from_millis(event.context.deadline);
        Ok(processor.process(event.payload, deadline).await)
    };
    run(service_fn(handle)).await
}

/// Region, credentials and, on an emulator, the endpoint are in the environment.
async fn aws() -> aws_config::SdkConfig {
    let https = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    // The SDK would wait up to a second before it tries again: that is a message's whole share.
    let again = RetryConfig::standard().with_initial_backoff(FIRST_BACKOFF);
    let config = aws_config::defaults(BehaviorVersion::latest());
    config.http_client(https).retry_config(again).load().await
}

#[expect(clippy::disallowed_methods, reason = "a function is configured by its environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the function")]
fn now() -> Moment {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since_1970.unwrap_or(Duration::ZERO).as_millis();
    Moment::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// Lambda takes what is written to standard output, line by line.
fn log(line: &Line<'_>) {
    // Whom nobody can hear has nothing better to do than to go on.
    let _unheard = writeln!(std::io::stdout().lock(), "{}", line.to_json());
}
