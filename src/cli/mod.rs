//! Reception: what the user typed, what it means, and how it ended.
//!
//! The only room that reads the environment, chooses between stdout (data) and
//! stderr (talk), asks questions and hears signals. One file per command; a
//! new command is a file, a variant of `Command` and an arm of `run`.

mod admission;
mod advice;
mod apply;
mod approved;
mod asked;
mod beat;
mod carried_out;
mod certificates;
mod checkout;
mod checks;
mod clashes;
mod clock;
mod completions;
mod connected;
mod destroy;
mod elsewhere;
mod endurance;
mod environment;
mod eval;
mod event;
mod examined;
mod existing;
mod exit;
mod file;
mod fmt;
mod iam;
mod invoke;
mod journal;
mod kinds;
mod lenders;
mod list;
mod loan;
mod looked;
mod manual;
mod opened;
mod options;
mod order;
mod others;
mod output;
mod patterns;
mod plan;
mod plan_file;
mod planned;
mod presence;
mod pulse;
mod relied;
mod renamed;
mod render;
mod replay;
mod repository;
mod run;
mod schema;
mod screen;
mod several;
mod show;
mod signals;
mod speaker;
mod stack_path;
mod telemetry;
mod together;
mod told;
mod trace;
mod turn;
mod unlock;
mod users;
mod validate;
mod verify;
mod voice;
mod watched;
mod written;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{FromArgMatches as _, Parser, Subcommand};
use tracing::Instrument;

use environment::Environment;
use exit::{Exit, Failure, Manner};
use screen::Screen;
use signals::Signals;
use telemetry::Telemetry;
use voice::Voice;

pub use checks::checks;
pub use manual::commands_page;

/// Provisions and verifies messaging and event systems on AWS, without a state file.
#[derive(Debug, Parser)]
#[command(name = "ccprov", version, max_term_width = 100)]
#[command(after_help = exit::TABLE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    voice: Voice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check stack files; calls nobody
    Validate(validate::Arguments),
    /// Lay out stack files and patterns anew; keeps comments, order, and what they mean
    Fmt(fmt::Arguments),
    /// Print a stack with everything worked out, and where it came from; calls nobody
    Render(render::Arguments),
    /// Tell what one expression comes to in a stack; calls nobody
    Eval(eval::Arguments),
    /// Show what an apply would change; changes nothing
    Plan(plan::Arguments),
    /// Make AWS what the stack file states
    Apply(apply::Arguments),
    /// Prove that the system is as stated, sound, and delivers
    Verify(verify::Arguments),
    /// Call a function of the stack, once
    Invoke(invoke::Arguments),
    /// Put the events of an archive on their bus once more
    Replay(replay::Arguments),
    /// Remove everything that the stack owns
    Destroy(destroy::Arguments),
    /// Tell the outputs of a stack that was applied
    Output(output::Arguments),
    /// List the stacks that live in this account and region
    List(list::Arguments),
    /// Show one object as it lives, as YAML that a stack file takes
    Show(show::Arguments),
    /// Show who holds the lease of a stack, and remove it
    Unlock(unlock::Arguments),
    /// Print the IAM policy that a command needs on a stack
    Iam(iam::Arguments),
    /// Say what may be stated of a kind
    Kinds(kinds::Arguments),
    /// Say what may be said to a pattern, and what comes of it
    Patterns(patterns::Arguments),
    /// Print the JSON Schema of a stack file, for editors
    Schema(schema::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
    /// Say which variables of the environment count
    Environment(manual::Arguments),
}

/// How much stack a command has, wherever it runs. A stack file nests 32 deep,
/// which takes some 1.2 MiB to read in a debug build (`MAX_DEPTH` in
/// `src/spec/yaml.rs`); the main thread has what `ulimit -s` leaves it.
const STACK: usize = 8 * 1024 * 1024;

/// Runs the command line that `arguments` spell, the program's name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let command_line: Vec<OsString> = arguments.into_iter().collect();
    let thread = std::thread::Builder::new().name("ccprov".into()).stack_size(STACK);
    let line = command_line.clone();
    let command = thread.spawn(move || command(&line));
    match command.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => exit::of_system(&error, &command_line),
    }
}

fn command(command_line: &[OsString]) -> ExitCode {
    let parsed = manual::command_line()
        .try_get_matches_from(command_line)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => return exit::of_usage(error, command_line),
    };
    let environment = Environment { voice: arguments.voice, ..Environment::read(command_line) };
    let screen = Screen::new(&environment);
    let _silence = arguments.voice.quiet.then(|| environment.pulse.hush());
    // One thread is enough: all work is waiting for the network.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let problem = format!("the asynchronous runtime does not start: {error}");
            return exit::of(Err(Failure::plain(problem)), &screen, Manner::default()).into();
        }
    };
    let manner = arguments.command.manner();
    let telemetry = Telemetry::start(&environment, runtime.handle(), &screen);
    let span = telemetry::command(arguments.command.name());
    let work = run(arguments.command, &environment, &screen).instrument(span.clone());
    let work = async {
        tokio::select! {
            biased;
            done = work => done,
            never = beat::beat(&screen) => match never {},
            () = Signals::unminded() => {
                Err(Failure::interrupted("interrupted before anything was changed"))
            }
        }
    };
    let exit = exit::of(runtime.block_on(work), &screen, manner);
    environment.pulse.make_room();
    telemetry::ended(span, exit);
    runtime.block_on(telemetry.end(&screen));
    exit.into()
}

async fn run(
    command: Command,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    match command {
        Command::Validate(arguments) => validate::run(&arguments, environment, screen),
        Command::Fmt(arguments) => fmt::run(&arguments, environment, screen),
        Command::Render(arguments) => render::run(&arguments, environment, screen),
        Command::Eval(arguments) => eval::run(&arguments, environment, screen),
        Command::Plan(arguments) => Box::pin(plan::run(&arguments, environment, screen)).await,
        Command::Apply(arguments) => Box::pin(apply::run(&arguments, environment, screen)).await,
        Command::Verify(arguments) => Box::pin(verify::run(&arguments, environment, screen)).await,
        Command::Invoke(arguments) => Box::pin(invoke::run(&arguments, environment, screen)).await,
        Command::Replay(arguments) => replay::run(&arguments, environment, screen).await,
        Command::Destroy(arguments) => destroy::run(&arguments, environment, screen).await,
        Command::Output(arguments) => output::run(&arguments, environment, screen).await,
        Command::List(arguments) => Box::pin(list::run(&arguments, environment, screen)).await,
        Command::Show(arguments) => show::run(&arguments, environment, screen).await,
        Command::Unlock(arguments) => unlock::run(&arguments, environment, screen).await,
        Command::Iam(arguments) => iam::run(&arguments, environment, screen).await,
        Command::Kinds(arguments) => kinds::run(&arguments, screen),
        Command::Patterns(arguments) => patterns::run(&arguments, screen),
        Command::Schema(arguments) => Ok(schema::run(arguments, screen)),
        Command::Completions(arguments) => Ok(completions::run(&arguments, screen)),
        Command::Environment(arguments) => Ok(manual::run(arguments, screen)),
    }
}

impl Command {
    /// As it is typed.
    fn name(&self) -> &'static str {
        match self {
            Self::Validate(_) => "validate",
            Self::Fmt(_) => "fmt",
            Self::Render(_) => "render",
            Self::Eval(_) => "eval",
            Self::Plan(_) => "plan",
            Self::Apply(_) => "apply",
            Self::Verify(_) => "verify",
            Self::Invoke(_) => "invoke",
            Self::Replay(_) => "replay",
            Self::Destroy(_) => "destroy",
            Self::Output(_) => "output",
            Self::List(_) => "list",
            Self::Show(_) => "show",
            Self::Unlock(_) => "unlock",
            Self::Iam(_) => "iam",
            Self::Kinds(_) => "kinds",
            Self::Patterns(_) => "patterns",
            Self::Schema(_) => "schema",
            Self::Completions(_) => "completions",
            Self::Environment(_) => "environment",
        }
    }

    fn manner(&self) -> Manner {
        let runs = match self {
            Self::Apply(_) | Self::Destroy(_) | Self::Unlock(_) => true,
            Self::Validate(_)
            | Self::Fmt(_)
            | Self::Render(_)
            | Self::Eval(_)
            | Self::Plan(_)
            | Self::Verify(_)
            | Self::Invoke(_)
            | Self::Replay(_)
            | Self::Output(_)
            | Self::List(_)
            | Self::Show(_)
            | Self::Iam(_)
            | Self::Kinds(_)
            | Self::Patterns(_)
            | Self::Schema(_)
            | Self::Completions(_)
            | Self::Environment(_) => false,
        };
        Manner { json: self.wants_json(), runs }
    }

    /// Whether errors are wanted as JSON too.
    fn wants_json(&self) -> bool {
        match self {
            Self::Validate(arguments) => arguments.json,
            Self::Render(arguments) => arguments.json,
            Self::Eval(arguments) => arguments.json,
            Self::Plan(arguments) => arguments.json,
            Self::Apply(arguments) => arguments.run.json,
            Self::Verify(arguments) => arguments.json,
            Self::Invoke(arguments) => arguments.wants_json(),
            Self::Replay(arguments) => arguments.json,
            Self::Destroy(arguments) => arguments.run.json,
            Self::List(arguments) => arguments.json,
            Self::Show(arguments) => arguments.json,
            Self::Kinds(arguments) => arguments.json,
            Self::Output(arguments) => arguments.wants_json(),
            Self::Iam(arguments) => arguments.json,
            Self::Fmt(_)
            | Self::Unlock(_)
            | Self::Patterns(_)
            | Self::Schema(_)
            | Self::Completions(_)
            | Self::Environment(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_command_line_holds_together() {
        Arguments::command().debug_assert();
    }
}
