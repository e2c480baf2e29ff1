//! A function of Lambda that judges whether an event is a payment. What is none is
//! refused as `InvalidPayment`, with the reasons, for the machine to catch.

use std::process::ExitCode;

use events::{Level, Line, Moment};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use outside::{log, now};
use payments::{EventId, InvalidPayment, Judge, Judged};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    outside::ended(serve().await)
}

async fn serve() -> Result<(), Error> {
    let judge = &Judge::new()?;
    // Taken as any JSON: what the runtime told of another form would repeat it.
    let handle = async |input: LambdaEvent<Value>| judged(judge, input.payload, now(), log);
    run(service_fn(handle)).await
}

/// Judges an event, and logs what is thought of it.
fn judged(
    judge: &Judge,
    input: Value,
    now: Moment,
    log: impl FnOnce(&Line<'_>),
) -> Result<Judged, Refused> {
    let id = input.pointer("/event/event_id").and_then(Value::as_str);
    let id = id.and_then(|text| EventId::new(text).ok());
    let verdict = judge.judge(input);
    let reason = verdict.as_ref().err().map(InvalidPayment::to_string);
    let line = match &reason {
        None => Line::new(now, Level::Info, "a payment"),
        Some(reason) => Line::new(now, Level::Warn, "no payment").because(reason),
    };
    log(&id.iter().fold(line, |line, id| line.about(id.id())));
    verdict.map_err(Refused)
}

/// An event that is no payment, for the machine.
#[derive(Debug, PartialEq, Eq)]
struct Refused(InvalidPayment);

/// The type is the error that the machine catches.
impl From<Refused> for Diagnostic {
    fn from(Refused(why): Refused) -> Self {
        Self { error_type: "InvalidPayment".to_owned(), error_message: why.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use payments::SAMPLE;
    use serde_json::json;

    use super::*;

    fn told(change: impl FnOnce(&mut Value)) -> (Option<Diagnostic>, String) {
        let mut event: Value = serde_json::from_str(SAMPLE).expect("JSON");
        change(&mut event);
        let input = json!({ "event": event, "received_at": "2026-01-15T09:30:01Z" });
        let lines = RefCell::new(String::new());
        let log = |line: &Line<'_>| *lines.borrow_mut() = line.to_json();
        let judge = Judge::new().expect("a schema");
        let judged = judged(&judge, input, Moment::from_millis(0), log);
        (judged.err().map(Diagnostic::from), lines.into_inner())
    }

    #[test]
    fn a_payment_goes_on() {
        let (refused, line) = told(|_| {});
        assert_eq!(refused, None);
        assert!(line.contains(r#""message":"a payment","event_id":"evt-4f1c2f6e"}"#), "{line}");
    }

    #[test]
    fn what_is_none_is_refused_with_its_reason() {
        let (refused, line) = told(|event| event["amount"]["currency"] = json!("EURO"));
        let refused = refused.expect("no payment");
        assert_eq!(refused.error_type, "InvalidPayment");
        assert_eq!(refused.error_message, "event/amount/currency breaks enum");
        assert!(line.contains(r#""reason":"event/amount/currency breaks enum""#), "{line}");
    }

    #[test]
    fn no_line_repeats_what_is_private() {
        for private in ["4111111111111111", "ada@example.com ", "Ada Lovelace"] {
            for place in ["event_id", "payment_id", "event_type", "occurred_at", "number"] {
                let (refused, line) = told(|event| event[place] = json!(private));
                let told = format!("{refused:?}{line}");
                assert!(refused.is_some() && !told.contains(private), "{told}");
            }
            let (_, line) = told(|event| event["customer"]["email"] = json!(private));
            assert!(!line.contains(private), "{line}");
        }
        let (_, line) = told(|_| {});
        assert!(!line.contains("ada") && !line.contains("4242"), "{line}");
    }
}
