//! A function of Lambda that puts one sample of each type of event into a FIFO
//! queue, when somebody asks it to: `{}`, or `{ "tenant_id": "acme" }`.

mod failure;
mod samples;

use std::process::ExitCode;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use events::{Id, Level, Line, Variables};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outside::{log, now, variable};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::samples::{Sample, samples, tenant};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    outside::ended(serve().await)
}

async fn serve() -> Result<(), Error> {
    let queue_url = Variables(&variable).text("QUEUE_URL")?;
    let client = Client::new(&outside::aws().load().await);
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
