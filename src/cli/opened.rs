//! A stack file together with the AWS that it speaks of: what `plan`, `apply`,
//! `destroy` and `output` begin with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::environment::Environment;
use super::exit::Failure;
use super::journal::Journal;
use super::options::{What, Where};
use super::screen::{Screen, cannot_write};
use super::validate::anywhere;
use super::{stack_path, telemetry};
use crate::aws::call_log::{CallLog, Listener};
use crate::aws::{AwsCatalog, Connection, Provider, Session};
use crate::engine::{Look, observe};
use crate::model::{Address, Caller, Diagnostic, Mask, Origin, Place, Stack};
use crate::plan::World;
use crate::report::trace_json;
use crate::spec;

/// A stack and a reader of the place where it lives.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) stack: Stack,
    /// Whose credentials these are.
    pub(crate) caller: Caller,
    pub(crate) warnings: Vec<Diagnostic>,
    /// The stack file; empty where none was read.
    pub(crate) file: PathBuf,
    /// Where each resource is written; empty where no file was read.
    pub(crate) origins: BTreeMap<Address, Origin>,
    pub(crate) catalog: AwsCatalog,
    pub(crate) provider: Provider,
    pub(crate) calls: CallLog,
    pub(crate) journal: Option<Journal>,
    mask: Mask,
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
        let connected = connect(place, file.region(), environment).await?;
        check_pins(&file, &connected.here, &path)?;
        let checked = check(&connected.here)?;
        let opened = Self::new(checked.stack, catalog, connected, environment);
        let (warnings, origins) = (checked.warnings, checked.origins);
        Ok(Self { warnings, file: path, origins, ..opened })
    }

    /// A stack that is known by its name alone.
    pub(crate) async fn named(
        name: &str,
        place: &Where,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let connected = connect(place, None, environment).await?;
        let stack = Stack::empty(name, connected.here.clone());
        Ok(Self::new(stack, AwsCatalog::new(), connected, environment))
    }

    /// A stack as a plan file has it.
    pub(crate) async fn saved(
        stack: Stack,
        place: &Where,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let region = stack.place.region.clone();
        let connected = connect(place, Some(&region), environment).await?;
        Ok(Self::new(stack, AwsCatalog::new(), connected, environment))
    }

    fn new(
        stack: Stack,
        catalog: AwsCatalog,
        connected: Connected,
        environment: &Environment,
    ) -> Self {
        let Connected { session, caller, here, journal } = connected;
        telemetry::note_stack(&stack.name);
        let calls = session.calls.clone();
        let (warnings, file, origins) = (Vec::new(), PathBuf::new(), BTreeMap::new());
        let (provider, mask) = (Provider::new(session, here), environment.mask.clone());
        Self { stack, caller, warnings, file, origins, catalog, provider, calls, journal, mask }
    }

    /// Looks at everything that concerns the stack.
    pub(crate) async fn observe(&self, look: Look) -> Result<World, Failure> {
        let world = observe(&self.provider, &self.stack, &self.catalog, look).await?;
        for (address, want) in &self.stack.resources {
            let live = world.found.get(address);
            for (field, value) in &want.document {
                if let Some(seen) = live.and_then(|live| live.document.get(field)) {
                    hide_older(value, seen, &self.mask);
                }
            }
        }
        Ok(world)
    }
}

/// Where a secret is to be, there may be an older one.
fn hide_older(wanted: &Value, seen: &Value, mask: &Mask) {
    match (wanted, seen) {
        (Value::String(text), Value::String(older)) if mask.hides(text) => mask.hide(older),
        (Value::Object(wanted), Value::Object(seen)) => {
            for (name, value) in wanted {
                if let Some(older) = seen.get(name) {
                    hide_older(value, older, mask);
                }
            }
        }
        (Value::Array(wanted), Value::Array(seen)) => {
            wanted.iter().zip(seen).for_each(|(value, older)| hide_older(value, older, mask));
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => {}
    }
}

/// A session, and the place that its credentials open.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) session: Session,
    pub(crate) caller: Caller,
    pub(crate) here: Place,
    pub(crate) journal: Option<Journal>,
}

/// Speaks to AWS for the first time.
pub(crate) async fn connect(
    place: &Where,
    region: Option<&str>,
    environment: &Environment,
) -> Result<Connected, Failure> {
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
        std::fs::write(path, "").map_err(|error| cannot_write(path, &error))?;
    }
    let open = |path: &PathBuf| Journal::open(path, &environment.command_line, &environment.mask);
    let journal = place.journal.as_ref().map(open).transpose()?;
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
        listener: journal.clone().map(|journal| Arc::new(journal) as Arc<dyn Listener>),
    })
    .await?;
    let caller = session.caller().await?;
    let here = session.place(&caller);
    telemetry::note_place(&here);
    Ok(Connected { session, caller, here, journal })
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
pub(crate) fn write_trace(place: &Where, calls: &CallLog, screen: &Screen) -> Result<(), Failure> {
    match &place.trace {
        Some(path) => screen.file(path, &trace_json(&[], Duration::ZERO, &calls.calls())),
        None => Ok(()),
    }
}
