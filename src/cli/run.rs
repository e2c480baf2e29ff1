//! A run: the second half of the way, for the commands that change AWS. In its
//! turn what is planned is approved, carried out and told; the command says how it comes to
//! its plans.

use super::approved::Approved;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::options::Run;
use super::screen::Screen;
use super::several::Several;
use super::turn::Turns;
use crate::engine::Until;

/// What to run, and how to speak of it.
pub(crate) struct Task<'a> {
    pub(crate) until: Until,
    pub(crate) options: &'a Run,
    /// The command that goes on from where this one stopped.
    pub(crate) command: String,
}

/// Takes the turn of each stack, looks, plans and asks as the command says, carries out
/// what was approved, and ends the turns, however it went.
pub(crate) async fn run(
    several: Several,
    task: Task<'_>,
    approve: impl AsyncFnOnce(Several) -> Result<Option<Approved>, Failure>,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let Task { until, options, command } = task;
    let turns = Turns::take(&several.members, options, environment, screen).await?;
    let trace = several.trace();
    // On the heap, because what is on the way fills a stack.
    match turns.look(Box::pin(approve(several))).await {
        Ok(Some(approved)) => {
            let carried_out = approved.carry_out(until, options, &turns, screen);
            let carried_out = Box::pin(carried_out).await;
            Ok(carried_out.tell(&command, options, screen).end(turns, screen).await)
        }
        Ok(None) => {
            turns.end(screen).await;
            screen.talk("Nothing was changed.");
            trace.write(screen);
            Ok(Exit::Failed)
        }
        Err(failure) => {
            turns.end(screen).await;
            Err(failure)
        }
    }
}
