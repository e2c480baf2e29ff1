//! A run: the second half of the way, for the commands that change AWS. In its
//! turn a plan is approved, carried out and told; the command says how it comes to
//! that plan.

use super::approved::Approved;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::Run;
use super::screen::Screen;
use super::turn::Turn;
use crate::engine::Until;

/// What to run, and how to speak of it.
pub(crate) struct Task<'a> {
    pub(crate) until: Until,
    pub(crate) options: &'a Run,
    /// The command that goes on from where this one stopped.
    pub(crate) command: String,
}

/// Takes the stack's turn, looks, plans and asks as the command says, carries out
/// what was approved, and ends the turn, however it went.
pub(crate) async fn run(
    opened: Opened,
    task: Task<'_>,
    approve: impl AsyncFnOnce(Opened) -> Result<Option<Approved>, Failure>,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let Task { until, options, command } = task;
    let turn = Turn::take(&opened, options, environment, screen).await?;
    let trace = opened.trace.clone();
    // On the heap, because what is on the way fills a stack.
    match turn.look(Box::pin(approve(opened))).await {
        Ok(Some(approved)) => {
            let carried_out = approved.carry_out(until, options, &turn, screen);
            let carried_out = Box::pin(carried_out).await;
            Ok(carried_out.tell(&command, options, screen).end(turn, screen).await)
        }
        Ok(None) => {
            turn.end(screen).await;
            screen.talk("Nothing was changed.");
            trace.write(screen);
            Ok(Exit::Failed)
        }
        Err(failure) => {
            turn.end(screen).await;
            Err(failure)
        }
    }
}
