//! The first word with AWS: whose credentials these are, and which place they open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::environment::Environment;
use super::exit::Failure;
use super::journal::Journal;
use super::options::Where;
use super::pulse::Audience;
use super::screen::Screen;
use super::speaker::Speaker;
use super::trace::Trace;
use super::{certificates, telemetry};
use crate::aws::call_log::Listener;
use crate::aws::{Connection, Pace, Provider, Session};
use crate::model::{Caller, Diagnostic};
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

impl Connected {
    /// Speaks to AWS for the first time, in the region that a stack states, if any.
    pub(crate) async fn connect(
        place: &Where,
        region: Option<&str>,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        check_regions(place, region)?;
        if let Some(path) = &place.trace {
            Trace::try_place(path)?;
        }
        let open = |path: &PathBuf| Journal::open(path, &environment.command_line, screen);
        let journal = place.journal.as_ref().map(open).transpose()?;
        let ca_bundle = environment.ca_bundle.as_deref().map(ca_bundle).transpose()?;
        hide_tokens(environment);
        let session = Session::connect(&Connection {
            region: place.region.clone().or_else(|| region.map(str::to_owned)),
            profile: place.profile.clone(),
            endpoint_url: place.endpoint_url.clone(),
            ca_bundle,
            access_key: None,
            listener: Some(Arc::new(audience(journal.as_ref(), environment, screen))),
            pace: Pace::OfAws,
            mask: environment.mask.clone(),
            credentials_end: environment.credentials_end.clone(),
        })
        .await?;
        let caller = session.caller().await?;
        let here = session.place(&caller);
        telemetry::note_place(&here);
        let trace = Trace::new(place.trace.as_deref(), session.calls.clone());
        Ok(Self { provider: Provider::new(session, here), caller, trace, journal })
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
    Ok(spec::region_name(asked)?)
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
