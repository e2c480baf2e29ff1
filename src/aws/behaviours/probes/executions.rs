//! Executions of state machines that a probe starts, and what becomes of them.
//!
//! Of a STANDARD execution AWS says for 90 days what became of it, to whoever knows its
//! name. An EXPRESS one is forgotten as it ends: whoever starts it waits for its end, and
//! keeps that.

use std::sync::PoisonError;
use std::time::Duration;

use aws_sdk_sfn::config::Config;
use aws_sdk_sfn::config::retry::RetryConfig;
use aws_sdk_sfn::config::timeout::TimeoutConfig;
use serde_json::{Map, Value};

use super::company::Company;
use super::targets::{MACHINE, execution_arn, is_express};
use crate::aws::behaviours::bench::Rubbish;
use crate::aws::behaviours::execution::{Execution, describe};
use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::ErrorClass;
use crate::model::probe::{Executed, ToMachine};
use crate::verify::probe::Sent;

/// The longest that an EXPRESS execution takes (Step Functions Developer Guide, "Service
/// quotas": 5 minutes), and the same grace that a call of a function has.
const LONGEST: Duration = Duration::from_secs(5 * 60 + 10);

/// Starts an execution; of an EXPRESS state machine, waits for its end.
pub(super) async fn start(
    (company, session): (&Company<'_>, &Session),
    to: &ToMachine,
    nonce: &str,
) -> Answer<Sent> {
    let machine = company.targets().named(MACHINE, &to.state_machine);
    // What is started may be an alias of it.
    let of = machine.map_or(to.state_machine.as_str(), |machine| machine.fact("arn"));
    let name = to.called(nonce);
    if machine.is_some_and(|machine| is_express(&machine.document)) {
        let end = company.watch.once(|| run(session, to, name)).await?;
        let status = end["status"].as_str().unwrap_or_default();
        let called = format!("ran execution {name} ({status})");
        let mut ended = company.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.insert(execution_arn(of, name), end);
        return Ok(Sent { called, answer: None });
    }
    let execution = Execution { arn: execution_arn(of, name) };
    company.note(Rubbish::Execution(execution));
    let call = session.clients.sfn.start_execution().state_machine_arn(&to.state_machine);
    let answer = call.name(name).input(to.input.to_string()).send().await;
    let attempted = || format!("start execution {name} of {}", to.state_machine);
    match answer.attempting("states:StartExecution", attempted) {
        // Nobody else has this name: it is the one that an attempt began whose answer was lost.
        Err(error) if error.class == ErrorClass::Exists => {}
        answer => drop(answer?),
    }
    Ok(Sent { called: format!("started execution {name}"), answer: None })
}

/// Runs an EXPRESS execution, once: whoever lost the answer does not know whether it ran.
async fn run(session: &Session, to: &ToMachine, name: &str) -> Answer<Value> {
    let patience = TimeoutConfig::builder().read_timeout(LONGEST).build();
    let once = Config::builder().retry_config(RetryConfig::disabled()).timeout_config(patience);
    let call = session.clients.sfn.start_sync_execution().state_machine_arn(&to.state_machine);
    let call = call.name(name).input(to.input.to_string());
    let answer = call.customize().config_override(once).send().await;
    let attempted = || format!("run execution {name} of {}", to.state_machine);
    // It was taken, however it ended.
    let end = answer.attempting("states:StartSyncExecution", attempted)?;
    Ok(told([
        ("status", Some(end.status.as_str())),
        ("output", end.output.as_deref()),
        ("error", end.error.as_deref()),
        ("cause", end.cause.as_deref()),
    ]))
}

/// What became of an execution so far, if there is one.
pub(super) async fn look(
    (company, session): (&Company<'_>, &Session),
    one: &Executed,
    nonce: &str,
) -> Answer<Vec<Value>> {
    let machine = company.targets().named(MACHINE, &one.execution);
    let of = machine.map_or(one.execution.as_str(), |machine| machine.fact("arn"));
    let arn = execution_arn(of, one.called(nonce));
    if machine.is_some_and(|machine| is_express(&machine.document)) {
        let ended = company.ended.lock().unwrap_or_else(PoisonError::into_inner);
        return Ok(ended.get(&arn).cloned().into_iter().collect());
    }
    let execution = Execution { arn };
    company.note(Rubbish::Execution(execution.clone()));
    let Some(seen) = describe(session, &execution).await? else { return Ok(Vec::new()) };
    Ok(vec![told([
        ("status", Some(seen.status.as_str())),
        ("output", seen.output.as_deref()),
        ("error", seen.error.as_deref()),
        ("cause", seen.cause.as_deref()),
    ])])
}

/// What there is to tell. An output is JSON text.
fn told(fields: [(&str, Option<&str>); 4]) -> Value {
    let fields = fields.into_iter().filter_map(|(field, text)| {
        let value = match field {
            "output" => serde_json::from_str(text?).unwrap_or_else(|_| text.into()),
            _ => Value::from(text?),
        };
        Some((field.to_owned(), value))
    });
    Value::Object(fields.collect::<Map<String, Value>>())
}
