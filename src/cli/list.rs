//! `ccprov list`: the stacks that live in this account and region, or the objects
//! of one of them, whose file nobody needs.

use std::collections::BTreeMap;
use std::fmt::Write;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::connected::{Connected, Connections};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::Where;
use super::screen::Screen;
use crate::engine::Look;
use crate::engine::port::{Read, StackSummary};
use crate::model::{Live, Place};
use crate::report::pane::tame;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// List the objects of the stack of this name; needs no file
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,

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
    if let Some(name) = &arguments.stack {
        return Box::pin(objects(name, arguments, environment, screen)).await;
    }
    let connected = Connected::connect(&arguments.place, None, environment, screen).await?;
    let here = connected.provider.place();
    let stacks = connected.provider.stacks().await;
    connected.trace.write(screen);
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

/// The objects of one stack.
async fn objects(
    name: &str,
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let connections = Connections::begin(&arguments.place, environment, screen)?;
    let opened = Opened::named(name, &connections, environment).await?;
    let trace = opened.trace.clone();
    let looked = opened.look(Look::ToDestroy, environment).await;
    trace.write(screen);
    let (opened, world) = looked?.into_parts();
    let mut objects: Vec<Object> =
        world.orphans.iter().map(|live| Object::new(live, name)).collect();
    if objects.is_empty() {
        return Err(opened.nothing_by_name().await.into());
    }
    objects.sort();
    if arguments.json {
        let Place { account, region, .. } = &opened.stack.place;
        let list = json!({
            "format": "ccprov.objects/1",
            "stack": name,
            "account": account,
            "region": region,
            "objects": objects,
        });
        screen.data(&format!("{list:#}"));
    } else {
        screen.data(&objects_text(&objects));
    }
    Ok(Exit::Done)
}

/// One line of `ccprov list --stack`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Object {
    /// As its tags say; a kind without tags has none.
    address: Option<String>,
    kind: String,
    identity: String,
    arn: Option<String>,
    /// That of its stack, on what is the same in all regions.
    region: Option<String>,
    /// Whether its tags say whose it is.
    owned: bool,
    protected: bool,
    /// What would be lost with it.
    holdings: Option<String>,
}

impl Object {
    fn new(live: &Live, stack: &str) -> Self {
        let owner = live.owner.as_ref().filter(|owner| owner.stack == stack);
        let address = owner.map(|owner| owner.address.to_string());
        Self {
            address: address.filter(|address| !address.is_empty()),
            kind: live.kind.clone(),
            identity: live.identity.to_string(),
            arn: live.arn().map(str::to_owned),
            region: owner.and_then(|owner| owner.region.clone()),
            owned: owner.is_some(),
            protected: owner.is_some_and(|owner| owner.prevent_destroy),
            holdings: live.holdings.as_ref().map(|holdings| holdings.what.clone()),
        }
    }

    fn remarks(&self) -> String {
        let holds = self.holdings.as_ref().map(|what| format!("holds {what}"));
        let protected = self.protected.then(|| "protected".to_owned());
        let told: Vec<String> = [protected, holds].into_iter().flatten().collect();
        if told.is_empty() { String::new() } else { format!("({})", told.join(", ")) }
    }
}

fn objects_text(objects: &[Object]) -> String {
    // What somebody wrote into a tag, and what has none.
    let addresses: Vec<String> =
        objects.iter().map(|object| tame(object.address.as_deref().unwrap_or("-"))).collect();
    let longest = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or_default();
    let address_width = longest(&mut addresses.iter().map(|address| address.chars().count()));
    let kind_width = longest(&mut objects.iter().map(|object| object.kind.len()));
    let mut text = String::new();
    for (object, address) in objects.iter().zip(addresses) {
        let name = tame(object.arn.as_deref().unwrap_or(&object.identity));
        let (kind, remarks) = (&object.kind, tame(&object.remarks()));
        let line = format!("{address:address_width$}  {kind:kind_width$}  {name}  {remarks}");
        let _infallible = writeln!(text, "{}", line.trim_end());
    }
    text
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
