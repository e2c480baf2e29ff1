//! A function of Lambda that adds to a payment what the table keeps beside it: how
//! much of a risk it is, when it is settled, when it may be forgotten.

mod enrich;

use std::process::ExitCode;

use events::{Level, Line, Variables};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use outside::{log, now, variable};
use payments::{EventId, Processed, Unreadable};
use serde_json::Value;

use crate::enrich::{Record, enrich};

/// Days for which the table keeps a payment if nobody says: longer than a year, so that
/// a year can be closed.
const KEEP_DAYS: u32 = 400;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    outside::ended(serve().await)
}

async fn serve() -> Result<(), Error> {
    // An item always has its end, because the machine takes it from here by its path.
    let days = Variables(&variable).days("KEEP_DAYS", KEEP_DAYS)?;
    let days = days.ok_or("KEEP_DAYS is 0: an item needs a day on which it may go")?;
    let handle = async |input: LambdaEvent<Value>| -> Result<Record, Refused> {
        let now = now();
        let record = enrich(Processed::read(input.payload).map_err(Refused)?, now, days);
        let id = EventId::new(&record.event_id);
        let line = Line::new(now, Level::Info, "enriched");
        log(&id.iter().fold(line, |line, id| line.about(id.id())));
        Ok(record)
    };
    run(service_fn(handle)).await
}

/// The machine gave something else than a processed payment.
#[derive(Debug)]
struct Refused(Unreadable);

impl From<Refused> for Diagnostic {
    fn from(Refused(why): Refused) -> Self {
        Self { error_type: "Unreadable".to_owned(), error_message: why.to_string() }
    }
}
