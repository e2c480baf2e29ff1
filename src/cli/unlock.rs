//! `ccprov unlock`: shows the lease of a stack, and removes it on request.

use clap::Args;

use super::environment::Environment;
use super::existing::Needs;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{What, Where};
use super::screen::Screen;
use super::signals::Signals;
use crate::engine::lease::{find, remove};
use crate::model::{Diagnostic, Lock};
use crate::report;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    /// Do not ask
    #[arg(short = 'y', long)]
    auto_approve: bool,
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (what, place) = (&arguments.what, &arguments.place);
    let opened = Opened::needing(Needs::Nothing, what, place, environment, screen).await?;
    let lock = opened.stack.lock.as_ref().ok_or_else(no_lock)?;
    let done = unlock(arguments, &opened, lock, screen).await;
    opened.trace.write(screen);
    done
}

async fn unlock(
    arguments: &Arguments,
    opened: &Opened,
    lock: &Lock,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let store = opened.provider.lease(lock);
    let Some(found) = find(&store).await? else {
        screen.talk(&format!("Nobody holds the lease {lock}."));
        return Ok(Exit::Done);
    };
    screen.data(&report::lease_text(&found, lock));
    if !arguments.auto_approve {
        if !screen.can_ask {
            return Err(nobody_to_ask().into());
        }
        let question = "Remove it? A run that is alive stops where it is. Type yes to go on: ";
        if !screen.confirms(&format!("\n{question}")).await {
            screen.talk("The lease is where it was.");
            return Ok(Exit::Failed);
        }
    }
    // Whether it is gone is known when the answer is there.
    let _a_signal_waits = Signals::catch();
    if remove(&store, &found).await? {
        screen.talk("The lease is removed.");
        Ok(Exit::Done)
    } else {
        Err(Failure::refused(vec![anothers(lock)]))
    }
}

fn no_lock() -> Diagnostic {
    Diagnostic::error("the stack has no lease: its file states no `lock`")
        .hint("docs/STACK_FILE.md says how to keep two runs apart")
}

fn nobody_to_ask() -> Diagnostic {
    Diagnostic::error("nobody is there to say that the lease may go")
        .because("this is not a terminal; nothing was removed")
        .hint("make sure that its run is dead, then pass --auto-approve (-y)")
}

fn anothers(lock: &Lock) -> Diagnostic {
    Diagnostic::error(format!("the lease {lock} is not the one that was shown any more"))
        .because("it was given back or taken over meanwhile; nothing was removed")
        .hint("run the same command again to see whose it is")
}
