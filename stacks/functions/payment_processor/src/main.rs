//! A function of Lambda that works out what a payment costs, what the merchant gets
//! by it, and what of it is kept.

mod process;

use std::process::ExitCode;

use events::{Level, Line};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use outside::{log, now};
use payments::{EventId, Judged, Processed, Unreadable};
use serde_json::Value;

use crate::process::process;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    outside::ended(serve().await)
}

async fn serve() -> Result<(), Error> {
    let handle = async |input: LambdaEvent<Value>| -> Result<Processed, Refused> {
        let processed = process(Judged::read(input.payload).map_err(Refused)?);
        let id = EventId::new(&processed.event_id);
        let line = Line::new(now(), Level::Info, "processed");
        log(&id.iter().fold(line, |line, id| line.about(id.id())));
        Ok(processed)
    };
    run(service_fn(handle)).await
}

/// The machine gave something else than a payment.
#[derive(Debug)]
struct Refused(Unreadable);

impl From<Refused> for Diagnostic {
    fn from(Refused(why): Refused) -> Self {
        Self { error_type: "Unreadable".to_owned(), error_message: why.to_string() }
    }
}
