//! The first word with AWS: whose credentials these are, and which place they open.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::environment::Environment;
use super::exit::Failure;
use super::journal::Journal;
use super::options::Where;
use super::pulse::Audience;
use super::screen::Screen;
use super::speaker::Speaker;
use super::trace::Trace;
use super::{certificates, telemetry};
use crate::aws::call_log::{CallLog, Listener};
use crate::aws::{Connection, Pace, Provider, Session};
use crate::model::{Caller, CloudError, Diagnostic, ErrorClass, Role};
use crate::spec::{self, read_regular};

/// A token has some kilobytes; AWS takes 20,000 characters (STS API Reference,
/// `AssumeRoleWithWebIdentity`).
const MAX_TOKEN: usize = 64 * 1024;

/// A reader of the place that somebody's credentials open.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) provider: Provider,
    /// Whose credentials these are.
    pub(crate) caller: Caller,
    pub(crate) trace: Trace,
    pub(crate) journal: Option<Journal>,
}

/// The connections of one command: one for each region and role, whose calls stand in one
/// list. Stacks that live in one place share one, and with it the pace of their calls and what
/// these list.
#[derive(Debug)]
pub(crate) struct Connections<'a> {
    place: &'a Where,
    environment: &'a Environment,
    ca_bundle: Option<Vec<u8>>,
    listener: Arc<dyn Listener>,
    trace: Trace,
    journal: Option<Journal>,
    made: Mutex<BTreeMap<Whither, Line>>,
}

/// Where a connection leads, and as whom.
type Whither = (Option<String>, Option<Role>);
/// The reader at the end of a connection, once somebody has made it, and who AWS says that it is.
type Line = Arc<OnceCell<(Provider, Caller)>>;

impl<'a> Connections<'a> {
    /// None yet. What the command line names of files is tried here.
    pub(crate) fn begin(
        place: &'a Where,
        environment: &'a Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        if let Some(region) = &place.region {
            spec::region_name(region)?;
        }
        if let Some(path) = &place.trace {
            Trace::try_place(path)?;
        }
        let open = |path: &PathBuf| Journal::open(path, &environment.command_line, screen);
        let journal = place.journal.as_ref().map(open).transpose()?;
        let ca_bundle = environment.ca_bundle.as_deref().map(ca_bundle).transpose()?;
        hide_tokens(environment);
        let listener = Arc::new(audience(journal.as_ref(), environment, screen));
        let trace = Trace::new(place.trace.as_deref(), CallLog::new());
        let made = Mutex::default();
        Ok(Self { place, environment, ca_bundle, listener, trace, journal, made })
    }

    /// A reader of the region that a stack states, if any, in the role that it states.
    pub(crate) async fn open(
        &self,
        region: Option<&str>,
        role: Option<&Role>,
    ) -> Result<Connected, Failure> {
        check_regions(self.place, region)?;
        let region = self.place.region.as_deref().or(region);
        // Whoever states the region of the environment shares its connection.
        self.to(region.or(self.environment.region.as_deref()), role).await
    }

    /// A reader of another stack's region, whatever the command line says of this one's.
    pub(crate) async fn elsewhere(
        &self,
        region: &str,
        role: Option<&Role>,
    ) -> Result<Connected, Failure> {
        self.to(Some(region), role).await
    }

    async fn to(&self, region: Option<&str>, role: Option<&Role>) -> Result<Connected, Failure> {
        let region = region.map(str::to_owned);
        let line = self.line((region.clone(), role.cloned()));
        let connect = || self.connect(region, role.cloned());
        let (provider, caller) = line.get_or_try_init(connect).await?.clone();
        telemetry::note_place(provider.place());
        let (trace, journal) = (self.trace.clone(), self.journal.clone());
        Ok(Connected { provider, caller, trace, journal })
    }

    /// The calls of all of them.
    pub(crate) fn trace(&self) -> &Trace {
        &self.trace
    }

    fn line(&self, whither: Whither) -> Line {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(whither).or_default().clone()
    }

    async fn connect(
        &self,
        region: Option<String>,
        role: Option<Role>,
    ) -> Result<(Provider, Caller), Failure> {
        let session = Session::connect(&Connection {
            region,
            profile: self.place.profile.clone(),
            endpoint_url: self.place.endpoint_url.clone(),
            ca_bundle: self.ca_bundle.clone(),
            access_key: None,
            role: role.clone(),
            listener: Some(self.listener.clone()),
            calls: Some(self.trace.calls.clone()),
            pace: Pace::OfAws,
            mask: self.environment.mask.clone(),
            credentials_end: self.environment.credentials_end.clone(),
        })
        .await?;
        match (session.caller().await, role) {
            (Ok(caller), _) => {
                let here = session.place(&caller);
                Ok((Provider::new(session, here), caller))
            }
            (Err(error), Some(role)) if error.class == ErrorClass::Credentials => {
                Err(not_taken_on(&role, error).into())
            }
            (Err(error), _) => Err(error.into()),
        }
    }
}

impl Connected {
    /// Speaks to AWS for the first time, in the region that a stack states, if any.
    pub(crate) async fn connect(
        place: &Where,
        region: Option<&str>,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        Connections::begin(place, environment, screen)?.open(region, None).await
    }
}

/// STS does not say which of these it is.
fn not_taken_on(role: &Role, error: CloudError) -> CloudError {
    let hint = match role.external_id {
        Some(_) => "and the external id must be the one that it wants to hear",
        None => "if it wants to hear an external id: `role: { arn: ..., external_id: ... }`",
    };
    CloudError {
        attempted: format!("take on the role {}", role.arn),
        hint: Some(format!(
            "the role must exist, its trust policy must admit you, and you need `sts:AssumeRole` \
             on it; {hint}"
        )),
        ..error
    }
}

/// The region of the command line, which a stack may not contradict.
fn check_regions(place: &Where, stated: Option<&str>) -> Result<(), Failure> {
    let Some(asked) = place.region.as_deref() else { return Ok(()) };
    if let Some(stated) = stated
        && asked != stated
    {
        return Err(Diagnostic::error(format!("--region says {asked}, the stack says {stated}"))
            .because("a stack lives in one region; elsewhere it would be another stack")
            .hint(format!("leave --region out, or state `region: {asked}`"))
            .into());
    }
    Ok(())
}

fn ca_bundle(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    certificates::read(path).map_err(|why| {
        Diagnostic::error(format!("AWS_CA_BUNDLE names {}: {why}", path.display()))
            .hint("it must be a readable file of PEM certificates")
    })
}

/// Whether a token can be read is the business of whoever exchanges it.
fn hide_tokens(environment: &Environment) {
    for path in &environment.token_files {
        if let Ok(token) = read_regular(path, MAX_TOKEN) {
            environment.mask.hide_credential(&String::from_utf8_lossy(&token));
        }
    }
}

/// Everybody who hears of calls.
fn audience(journal: Option<&Journal>, environment: &Environment, screen: &Screen) -> Audience {
    let mut listeners: Vec<Arc<dyn Listener>> = vec![Arc::new(environment.pulse.clone())];
    listeners.extend(journal.cloned().map(|journal| Arc::new(journal) as Arc<dyn Listener>));
    if environment.voice.verbose {
        listeners.push(Arc::new(Speaker(screen.clone())));
    }
    Audience(listeners)
}
