//! `ccprov invoke`: calls a function of the stack, once, and tells what it answered.

use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::time::Instant;

use super::environment::Environment;
use super::event;
use super::existing::Needs;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{What, Where};
use super::screen::Screen;
use super::signals::Signals;
use crate::aws::invocation::{FUNCTION, Invocation, Invoked, Manner, longest, may_have_run};
use crate::engine::event::LookEvent;
use crate::engine::wait::at_most_once;
use crate::model::{CloudError, Desired, Diagnostic, Live, Stack, Whose};
use crate::report::{InvocationRecord, Outcome, invocation_json, invocation_text};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The function: its address in the stack
    #[arg(value_name = "ADDRESS")]
    address: String,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    event: event::Arguments,

    /// Put the event in line and do not wait for an answer
    #[arg(long = "async")]
    queued: bool,

    /// Call this version or alias of the function
    #[arg(long, value_name = "NAME")]
    qualifier: Option<String>,

    /// The form
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Form,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The answer alone on standard output, to the byte
    Text,
    /// One object, with the end of the log
    Json,
}

impl Arguments {
    pub(crate) fn wants_json(&self) -> bool {
        self.json || self.format == Form::Json
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let event = arguments.event.read(arguments.queued)?;
    let (what, place) = (&arguments.what, &arguments.place);
    let opened = Opened::needing(Needs::Names, what, place, environment, screen).await?;
    let called = called(arguments, event, &opened, screen).await;
    opened.trace.write(screen);
    let Called { function, invoked, took } = called?;
    let outcome = Outcome::of(&invoked.answer, invoked.error.as_deref(), arguments.queued);
    let record = InvocationRecord {
        address: &arguments.address,
        function: &function,
        qualifier: arguments.qualifier.as_deref(),
        version: invoked.version.as_deref(),
        log: invoked.log.as_deref(),
        answer: &invoked.answer,
        outcome: &outcome,
        took,
    };
    tell(&record, arguments.wants_json(), screen);
    match outcome {
        Outcome::Failed { .. } => Ok(Exit::Unsound),
        Outcome::Answered | Outcome::Queued => Ok(Exit::Done),
    }
}

/// A function that was called.
struct Called {
    /// Its name.
    function: String,
    invoked: Invoked,
    took: Duration,
}

async fn called(
    arguments: &Arguments,
    event: Vec<u8>,
    opened: &Opened,
    screen: &Screen,
) -> Result<Called, Failure> {
    let want = function(&opened.stack, &arguments.address)?;
    let live = ours(want, opened).await?;
    if live.document.get("reserved_concurrent_executions") == Some(&0.into()) {
        return Err(Diagnostic::error(format!("{} is switched off", want.address))
            .because("it has no concurrency: `reserved_concurrent_executions: 0`")
            .into());
    }
    let manner =
        if arguments.queued { Manner::Queued } else { Manner::Awaited(longest(&live.document)) };
    let invocation = Invocation {
        function: live.identity.clone(),
        qualifier: arguments.qualifier.clone(),
        event,
        manner,
    };
    let mut signals = Signals::catch();
    let began = Instant::now();
    let again = |attempt, error: &CloudError| {
        opened.pulse.look(&LookEvent::Again { attempt, error: error.clone() });
        screen.note(&format!("{} cannot be called yet; trying again", want.address));
    };
    let invoked = tokio::select! {
        invoked = at_most_once(|| opened.provider.invoke(&invocation), again) => invoked,
        () = signals.next() => {
            let problem = format!("interrupted while {} was called: it may run on", want.address);
            return Err(Failure::interrupted(problem));
        }
    };
    let took = began.elapsed();
    let invoked = invoked.map_err(|error| not_called(error, want))?;
    Ok(Called { function: live.identity.to_string(), invoked, took })
}

/// The function behind an address.
fn function<'a>(stack: &'a Stack, address: &str) -> Result<&'a Desired, Diagnostic> {
    let named = stack.resources.values().find(|want| want.address.as_str() == address);
    let problem = match named {
        Some(want) if want.kind == FUNCTION => return Ok(want),
        Some(want) => format!("{address} is no function: it is of kind {}", want.kind),
        None => format!("the stack has no resource {address}"),
    };
    let functions = stack.resources.values().filter(|want| want.kind == FUNCTION);
    let functions: Vec<&str> = functions.map(|want| want.address.as_str()).collect();
    let problem = Diagnostic::error(problem);
    Err(match &functions[..] {
        [] => problem.because("the stack declares no function, and nothing else can be called"),
        functions => problem.hint(format!("its functions are {}", functions.join(", "))),
    })
}

/// The function as it lives, if it is the stack's.
async fn ours(want: &Desired, opened: &Opened) -> Result<Live, Failure> {
    let mut found = opened.look_at(vec![want.sought()]).await;
    let live = found.pop().map(|(_, answer)| answer).transpose()?.flatten();
    let (address, name) = (&want.address, &want.identity);
    let Some(live) = live else {
        return Err(Diagnostic::error(format!(
            "{address} does not exist: there is no function {name}"
        ))
        .hint("run `ccprov apply` first")
        .into());
    };
    let whose = match opened.stack.claimant().whose(&live, &opened.catalog) {
        Whose::Ours => return Ok(live),
        Whose::OfNoRegion(owner) | Whose::Anothers(owner) => {
            format!("belongs to stack {}", owner.stack)
        }
        Whose::Nobodys => "carries no owner tag: it is not this stack's".to_owned(),
    };
    Err(Failure::refused(vec![
        Diagnostic::error(format!("{address} is not called: the function {name} {whose}"))
            .hint("`aws lambda invoke` calls any function"),
    ]))
}

/// Whether it ran is what whoever thinks of calling it again has to know.
fn not_called(error: CloudError, want: &Desired) -> Failure {
    if !may_have_run(&error) {
        return error.into();
    }
    let problem = format!("nobody knows whether {} ran: {error}", want.address);
    let problem = Diagnostic::error(problem)
        .because("it was called once, and not again: what it did, it did not say")
        .hint("see its log, and what it writes, before you call it again");
    Failure::unsure(error.hint.into_iter().fold(problem, Diagnostic::hint))
}

/// The answer, and everything else beside it. What a function says is told as it says it:
/// no secret of the stack is hidden in it, or it would be another answer.
fn tell(record: &InvocationRecord<'_>, is_json: bool, screen: &Screen) {
    if is_json {
        let log = record.log.map(|log| screen.mask.veil(log));
        screen.unveiled(&invocation_json(&InvocationRecord { log: log.as_deref(), ..*record }));
        return;
    }
    screen.answer(record.answer);
    screen.talk(&invocation_text(record));
    if let Outcome::Failed { kind, says } = record.outcome {
        let problem = format!("{} failed: {says}", record.address);
        screen.failures(&[Diagnostic::error(problem).because(match kind.as_str() {
            "Handled" => "Handled: the function answered with an error".to_owned(),
            "Unhandled" => {
                "Unhandled: the function ended, or ran out of time or memory, before it \
                            answered, or its runtime reported an error"
                    .to_owned()
            }
            other => other.to_owned(),
        })]);
    }
}
