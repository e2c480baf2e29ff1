//! A stack file together with the AWS that it speaks of: what `plan`, `apply`,
//! `destroy` and `output` begin with.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::environment::Environment;
use super::exit::Failure;
use super::options::{What, Where};
use super::stack_path;
use super::validate::anywhere;
use crate::aws::call_log::CallLog;
use crate::aws::{AwsCatalog, Connection, Provider, Session};
use crate::engine::{Look, observe};
use crate::model::{Address, Diagnostic, Location, Place, Stack};
use crate::plan::World;
use crate::report::{EndedStep, trace_json};
use crate::spec;

/// A stack and a reader of the place where it lives.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) stack: Stack,
    pub(crate) warnings: Vec<Diagnostic>,
    /// Where each resource stands; empty where no file was read.
    pub(crate) locations: BTreeMap<Address, Location>,
    pub(crate) catalog: AwsCatalog,
    pub(crate) provider: Provider,
    pub(crate) calls: CallLog,
}

impl Opened {
    /// Reads the file, connects, and checks the one against the other. Mistakes
    /// in the file are told before anybody is called, and the account pin is
    /// checked before anything else is read from AWS.
    pub(crate) async fn file(
        what: &What,
        place: &Where,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let path = stack_path::find(what.stack.as_deref(), environment)?;
        let inputs = what.variables.inputs(environment);
        let file = spec::load(&path, &inputs).map_err(Failure::input)?;
        let catalog = AwsCatalog::new();
        let check =
            |here: &Place| spec::check(&file, here, &catalog, &inputs).map_err(Failure::input);
        check(&anywhere(&file, environment))?;
        let (session, here) = connect(place, file.region(), environment).await?;
        check_pins(&file, &here, &path)?;
        let checked = check(&here)?;
        let opened = Self::new(checked.stack, catalog, (session, here));
        Ok(Self { warnings: checked.warnings, locations: checked.locations, ..opened })
    }

    /// A stack that is known by its name alone.
    pub(crate) async fn named(
        name: &str,
        place: &Where,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let (session, here) = connect(place, None, environment).await?;
        let stack = Stack::empty(name, here.clone());
        Ok(Self::new(stack, AwsCatalog::new(), (session, here)))
    }

    /// A stack as a plan file has it.
    pub(crate) async fn saved(
        stack: Stack,
        place: &Where,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let region = stack.place.region.clone();
        let connected = connect(place, Some(&region), environment).await?;
        Ok(Self::new(stack, AwsCatalog::new(), connected))
    }

    fn new(stack: Stack, catalog: AwsCatalog, (session, place): (Session, Place)) -> Self {
        let calls = session.calls.clone();
        let (warnings, locations) = (Vec::new(), BTreeMap::new());
        Self { stack, warnings, locations, catalog, provider: Provider::new(session, place), calls }
    }

    /// Looks at everything that concerns the stack.
    pub(crate) async fn observe(&self, look: Look) -> Result<World, Failure> {
        Ok(observe(&self.provider, &self.stack, &self.catalog, look).await?)
    }
}

/// A session, and the place that its credentials open.
pub(crate) async fn connect(
    place: &Where,
    region: Option<&str>,
    environment: &Environment,
) -> Result<(Session, Place), Failure> {
    if let (Some(asked), Some(stated)) = (place.region.as_deref(), region)
        && asked != stated
    {
        return Err(Diagnostic::error(format!("--region says {asked}, the stack says {stated}"))
            .because("a stack lives in one region; elsewhere it would be another stack")
            .hint(format!("leave --region out, or state `region: {asked}`"))
            .into());
    }
    // Nobody learns after an hour that there is no room for the trace.
    if let Some(path) = &place.trace {
        write_file(path, "")?;
    }
    let ca_bundle = match &environment.ca_bundle {
        Some(path) => Some(std::fs::read(path).map_err(|error| {
            Diagnostic::error(format!("AWS_CA_BUNDLE names {}: {error}", path.display()))
                .hint("it must be a readable file of PEM certificates")
        })?),
        None => None,
    };
    let session = Session::connect(&Connection {
        region: place.region.clone().or_else(|| region.map(str::to_owned)),
        profile: place.profile.clone(),
        endpoint_url: place.endpoint_url.clone(),
        ca_bundle,
        access_key: None,
    })
    .await?;
    let caller = session.caller().await?;
    let here = session.place(&caller);
    Ok((session, here))
}

fn check_pins(file: &spec::StackFile, here: &Place, path: &Path) -> Result<(), Failure> {
    match file.account() {
        Some(pinned) if pinned != here.account => Err(Diagnostic::error(format!(
            "these are credentials of account {}, {} is for account {pinned}",
            here.account,
            path.display()
        ))
        .because("nothing was read from or changed in either account")
        .hint("choose other credentials: --profile, AWS_PROFILE")
        .into()),
        Some(_) | None => Ok(()),
    }
}

/// Writes what `--trace` asks for where nothing was run: every call.
pub(crate) fn write_trace(place: &Where, calls: &CallLog) -> Result<(), Failure> {
    write_trace_of(place, &[], Duration::ZERO, calls)
}

/// Writes what `--trace` asks for: the steps of a run that began at `began`,
/// and every call.
pub(crate) fn write_trace_of(
    place: &Where,
    steps: &[EndedStep],
    began: Duration,
    calls: &CallLog,
) -> Result<(), Failure> {
    match &place.trace {
        Some(path) => write_file(path, &trace_json(steps, began, &calls.calls())),
        None => Ok(()),
    }
}

/// Writes a file, or says why not.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .map_err(|error| Failure::plain(format!("{} cannot be written: {error}", path.display())))
}
