//! A stack file together with the AWS that it speaks of: what `plan`, `apply`,
//! `destroy` and `output` begin with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::environment::Environment;
use super::exit::Failure;
use super::journal::Journal;
use super::options::{Variables, What, Where};
use super::pulse::{Audience, Pulse};
use super::screen::{Screen, cannot_write};
use super::validate::anywhere;
use super::voice::Speaker;
use super::{checkout, file, stack_path, telemetry};
use crate::aws::call_log::{CallLog, Listener};
use crate::aws::{AwsCatalog, Connection, Pace, Provider, Session};
use crate::engine::{Look, find_all, observe_told, revisit, weigh};
use crate::model::{
    Address, Caller, Catalog as _, CloudError, Desired, Diagnostic, Document, Live, Mask, Origin,
    Place, Sought, Stack,
};
use crate::plan::{Change, Held, Plan, PlannedChange, Step, World, held};
use crate::report::{EndedStep, trace_json};
use crate::spec::{self, read_regular};

/// The bundle of Mozilla's certificates has 0.2 MiB, and some systems add as much again.
pub(crate) const MAX_CERTIFICATES: usize = 8 * 1024 * 1024;
/// A token has some kilobytes; AWS takes 20,000 characters (STS API Reference,
/// `AssumeRoleWithWebIdentity`).
const MAX_TOKEN: usize = 64 * 1024;

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
    /// Which resources each output speaks of; empty where no file was read.
    pub(crate) told_of: BTreeMap<String, BTreeSet<Address>>,
    pub(crate) catalog: AwsCatalog,
    pub(crate) provider: Provider,
    pub(crate) calls: CallLog,
    pub(crate) journal: Option<Journal>,
    mask: Mask,
    pulse: Pulse,
    /// What the stack is checked from; `None` where no file was read.
    written: Option<Written>,
}

/// A stack file, read, with all that its check needs.
#[derive(Debug)]
struct Written {
    file: spec::StackFile,
    variables: Variables,
}

impl Opened {
    /// Reads the file, connects, and checks the one against the other. Mistakes
    /// in the file are told before anybody is called, and the account pin is
    /// checked before anything else is read from AWS.
    pub(crate) async fn file(
        what: &What,
        place: &Where,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let (path, passed_over) = stack_path::find(what.stack.as_deref(), environment)?;
        let env = what.variables.env(environment);
        let inputs = what.variables.inputs(environment, &env);
        let file = spec::load(&path, &inputs).map_err(Failure::input)?;
        tell_unheard(&file, screen);
        let catalog = AwsCatalog::new();
        let check =
            |here: &Place| spec::check(&file, here, &catalog, &inputs).map_err(Failure::input);
        let before = anywhere(&file, place.region.as_deref(), environment);
        check(&before)?;
        let connected = connect(place, file.region(), environment, screen).await?;
        check_pins(&file, &connected.here, &path)?;
        let checked = check(&connected.here)?;
        let opened = Self::new(checked.stack, catalog, connected, environment);
        let warnings = [passed_over, checked.warnings].concat();
        let (origins, told_of) = (checked.origins, checked.told_of);
        let written = Some(Written { file, variables: what.variables.clone() });
        Ok(Self { warnings, file: path, origins, told_of, written, ..opened })
    }

    /// A stack that is known by its name alone.
    pub(crate) async fn named(
        name: &str,
        place: &Where,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        spec::stack_name(name)?;
        let connected = connect(place, None, environment, screen).await?;
        let stack = Stack::empty(name, connected.here.clone());
        Ok(Self::new(stack, AwsCatalog::new(), connected, environment))
    }

    /// A stack as a plan file has it.
    pub(crate) async fn saved(
        stack: Stack,
        place: &Where,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let region = stack.place.region.clone();
        let connected = connect(place, Some(&region), environment, screen).await?;
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
        Self {
            stack,
            caller,
            warnings: Vec::new(),
            file: PathBuf::new(),
            origins: BTreeMap::new(),
            told_of: BTreeMap::new(),
            catalog,
            provider: Provider::new(session, here),
            calls,
            journal,
            mask: environment.mask.clone(),
            pulse: environment.pulse.clone(),
            written: None,
        }
    }

    /// The plan as it stands today, for who did not act on it at once, and what of
    /// it has gone; refused, if anything else has moved under it.
    pub(crate) async fn held(&self, plan: &Plan) -> Result<Held, Failure> {
        let told = |event| self.pulse.look(&event);
        let today = revisit(&self.provider, plan, &told).await?;
        for node in &plan.steps {
            if let (Step::Create { want } | Step::Update { want, .. }, Some(live)) =
                (&node.step, today.0.get(&node.id))
            {
                self.hide(&want.document, live);
            }
        }
        let held = held(plan, &today, &self.catalog).map_err(Failure::refused)?;
        checkout::holds(&held.plan).map_err(Failure::refused)?;
        Ok(held)
    }

    /// Looks at everything that concerns the stack.
    ///
    /// What an earlier ccprov gave a name that would be another today keeps it:
    /// the stack is then checked again as if it stated that name, so that all
    /// that follows from it does. That costs no call, unless names of other
    /// resources follow from it: then everything is looked at once more.
    pub(crate) async fn observe(
        &mut self,
        look: Look,
        environment: &Environment,
    ) -> Result<World, Failure> {
        let mut world = self.look(look).await?;
        if let Some(written) = self.written.as_ref().filter(|_| !world.kept_names.is_empty()) {
            let env = written.variables.env(environment);
            let inputs = written.variables.inputs(environment, &env);
            let (file, place, names) = (&written.file, &self.stack.place, &world.kept_names);
            let checked = spec::check_with_names(file, place, &self.catalog, &inputs, names);
            let before = std::mem::replace(&mut self.stack, checked.map_err(Failure::input)?.stack);
            let is_elsewhere = |(address, want): (&Address, &Desired)| {
                let had = before.resources.get(address);
                !names.contains_key(address) && had.is_some_and(|had| had.identity != want.identity)
            };
            if self.stack.resources.iter().any(is_elsewhere) {
                world = self.look(look).await?;
            }
        }
        Ok(world)
    }

    /// Finds out what the replacements of a plan would lose; tells whether there
    /// was anything to look at.
    pub(crate) async fn weigh(&self, world: &mut World, plan: &Plan) -> Result<bool, Failure> {
        let may_lose = |planned: &&PlannedChange| {
            matches!(planned.change, Change::Replace { .. })
                && self.catalog.kind(&planned.kind).is_some_and(|kind| kind.holds_data)
        };
        let replaced = plan.changes.iter().filter(may_lose);
        let replaced: BTreeSet<Address> = replaced.map(|planned| planned.address.clone()).collect();
        let told = |event| self.pulse.look(&event);
        weigh(&self.provider, world, &replaced, &told).await?;
        Ok(!replaced.is_empty())
    }

    /// Looks at objects that the stack does not declare.
    pub(crate) async fn look_at(
        &self,
        looks: Vec<Sought>,
    ) -> Vec<(Sought, Result<Option<Live>, CloudError>)> {
        find_all(&self.provider, looks, &|event| self.pulse.look(&event)).await
    }

    async fn look(&self, look: Look) -> Result<World, Failure> {
        let told = |event| self.pulse.look(&event);
        let world = observe_told(&self.provider, &self.stack, &self.catalog, look, &told).await?;
        for (address, want) in &self.stack.resources {
            if let Some(live) = world.found.get(address) {
                self.hide(&want.document, live);
            }
        }
        Ok(world)
    }

    fn hide(&self, wanted: &Document, live: &Live) {
        for (field, value) in wanted {
            if let Some(seen) = live.document.get(field) {
                hide_older(value, seen, &self.mask);
            }
        }
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
    screen: &Screen,
) -> Result<Connected, Failure> {
    if let (Some(asked), Some(stated)) = (place.region.as_deref(), region)
        && asked != stated
    {
        return Err(Diagnostic::error(format!("--region says {asked}, the stack says {stated}"))
            .because("a stack lives in one region; elsewhere it would be another stack")
            .hint(format!("leave --region out, or state `region: {asked}`"))
            .into());
    }
    if let Some(asked) = &place.region {
        spec::region_name(asked)?;
    }
    // Nobody learns after an hour that there is no room for the trace.
    if let Some(path) = &place.trace {
        file::try_whole(path).map_err(|error| cannot_write(path, &error))?;
    }
    let open = |path: &PathBuf| Journal::open(path, &environment.command_line, screen);
    let journal = place.journal.as_ref().map(open).transpose()?;
    let certificates = |path: &PathBuf| {
        read_regular(path, MAX_CERTIFICATES).map_err(|why| {
            Diagnostic::error(format!("AWS_CA_BUNDLE names {}: {why}", path.display()))
                .hint("it must be a readable file of PEM certificates")
        })
    };
    let mut listeners: Vec<Arc<dyn Listener>> = vec![Arc::new(environment.pulse.clone())];
    listeners.extend(journal.clone().map(|journal| Arc::new(journal) as Arc<dyn Listener>));
    if environment.voice.verbose {
        listeners.push(Arc::new(Speaker(screen.clone())));
    }
    let ca_bundle = environment.ca_bundle.as_ref().map(certificates).transpose()?;
    for path in &environment.token_files {
        // Whether it can be read is the business of whoever exchanges it.
        if let Ok(token) = read_regular(path, MAX_TOKEN) {
            environment.mask.hide_credential(&String::from_utf8_lossy(&token));
        }
    }
    let session = Session::connect(&Connection {
        region: place.region.clone().or_else(|| region.map(str::to_owned)),
        profile: place.profile.clone(),
        endpoint_url: place.endpoint_url.clone(),
        ca_bundle,
        access_key: None,
        listener: Some(Arc::new(Audience(listeners))),
        pace: Pace::OfAws,
        mask: environment.mask.clone(),
    })
    .await?;
    let caller = session.caller().await?;
    let here = session.place(&caller);
    telemetry::note_place(&here);
    Ok(Connected { session, caller, here, journal })
}

/// Tells of variables that are set for another stack, or mistyped.
pub(crate) fn tell_unheard(file: &spec::StackFile, screen: &Screen) {
    file.unheard().iter().for_each(|sentence| screen.note(sentence));
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
pub(crate) fn write_trace(place: &Where, calls: &CallLog, screen: &Screen) {
    write_trace_of(&[], Duration::ZERO, place, calls, screen);
}

/// The same with the steps of a run, which began at that time. What came of the
/// command is told however this ends.
pub(crate) fn write_trace_of(
    steps: &[EndedStep],
    began: Duration,
    place: &Where,
    calls: &CallLog,
    screen: &Screen,
) {
    let Some(path) = &place.trace else { return };
    if let Err(problem) = screen.file(path, &trace_json(steps, began, &calls.calls())) {
        screen.lose(path.display().to_string(), problem);
    }
}
