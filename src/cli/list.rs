//! `ccprov list`: the stacks that live in this account and region.

use std::collections::BTreeMap;
use std::fmt::Write;

use clap::Args;
use serde_json::json;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::{Connected, connect, write_trace};
use super::options::Where;
use super::screen::Screen;
use crate::aws::Provider;
use crate::engine::port::{Read, StackSummary};
use crate::report::pane::tame;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Where,

    /// Tell the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let Connected { session, here, .. } =
        connect(&arguments.place, None, environment, screen).await?;
    let calls = session.calls.clone();
    let stacks = Provider::new(session, here.clone()).stacks().await;
    write_trace(&arguments.place, &calls, screen);
    let stacks = stacks?;
    if arguments.json {
        let list = json!({
            "format": "ccprov.list/1",
            "account": here.account,
            "region": here.region,
            "stacks": stacks,
        });
        screen.data(&format!("{list:#}"));
    } else if stacks.is_empty() {
        screen.talk(&format!("No stack lives in account {} in {}.", here.account, here.region));
    } else {
        screen.data(&text(&stacks));
    }
    Ok(Exit::Done)
}

fn text(stacks: &[StackSummary]) -> String {
    // A name is what somebody wrote into a tag.
    let names: Vec<String> = stacks.iter().map(|stack| tame(&stack.name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (StackSummary { objects, of_no_region, .. }, name) in stacks.iter().zip(names) {
        let total: usize = objects.values().sum();
        let noun = if total == 1 { "object" } else { "objects" };
        let here = if total == 0 { String::new() } else { format!(": {}", counted(objects)) };
        let _infallible = write!(text, "{name:width$}  {total:>4} {noun}{here}");
        if !of_no_region.is_empty() {
            let _infallible = write!(text, "; of no region: {}", counted(of_no_region));
        }
        text.push('\n');
    }
    text
}

fn counted(objects: &BTreeMap<String, usize>) -> String {
    let kinds = objects.iter().map(|(kind, count)| format!("{count} {kind}"));
    kinds.collect::<Vec<_>>().join(", ")
}
