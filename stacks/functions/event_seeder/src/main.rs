//! A function of Lambda that puts one sample of each type of event into a FIFO
//! queue, when somebody asks it to: `{}`, or `{ "tenant_id": "acme" }`.

mod failure;
mod samples;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use events::{Id, Level, Line, Moment, Variables};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::samples::{Sample, samples, tenant};

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
    let queue_url = Variables(&variable).text("QUEUE_URL")?;
    let https = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(https).load().await;
    let client = Client::new(&config);
    let handle = async |request: LambdaEvent<Value>| -> Result<Value, Failure> {
        let tenant = tenant(&request.payload)?;
        let samples = samples(&tenant, &request.context.request_id, now())?;
        send(&client, &queue_url, &tenant, &samples).await
    };
    run(service_fn(handle)).await
}

/// Sends one after the other, so that they are in order and stop at the first
/// that is refused.
async fn send(
    client: &Client,
    queue_url: &str,
    tenant: &Id,
    samples: &[Sample],
) -> Result<Value, Failure> {
    let mut published = Vec::new();
    for sample in samples {
        let message = client
            .send_message()
            .queue_url(queue_url)
            .message_body(&sample.body)
            .message_group_id(tenant.as_str())
            .message_deduplication_id(sample.event_id.as_str());
        let sent = message.send().await.map_err(|error| {
            let code = error.code().unwrap_or("nothing that can be read");
            Failure::Queue { code: code.to_owned() }
        })?;
        let (event_id, message_id) = (&sample.event_id, sent.message_id().unwrap_or_default());
        let line = Line::new(now(), Level::Info, "published").of_message(message_id);
        log(&line.of_event(tenant, event_id));
        let event_type = sample.event_type.name();
        published.push(
            json!({ "event_type": event_type, "event_id": event_id, "message_id": message_id }),
        );
    }
    Ok(json!({ "tenant_id": tenant, "published": published }))
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
