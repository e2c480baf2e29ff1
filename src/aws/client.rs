//! Connections: from what the user said about region, profile and endpoint to
//! one SDK client per service.

mod assumed;
mod lifetime;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::future::ProvideCredentials as ProvidedCredentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider as TlsProvider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector, HttpClientError, proxy::ProxyConfig};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::retry::RetryConfig;

pub use self::lifetime::Lifetime;
use super::answer::{self, ANSWER_TIMEOUT, STALL_TIMEOUT};
use super::call_log::{CallLog, Listener};
use super::clock::Clock;
use super::endpoint;
use super::error::Attempt;
pub use super::pacing::Pace;
use super::pacing::Pacing;
use super::profiles;
use super::services::clients::Clients;
use crate::engine::port::Answer;
use crate::model::{Caller, CloudError, ErrorClass, Mask, Place, Role};

/// The SDK's own limit for connecting (behaviour version 2026-01-12).
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);
/// Attempts of one call within the SDK; the engine tries steps again above that.
const ATTEMPTS: u32 = 4;
/// What a session in a role is called, as the account's trail shows it.
const SESSION_NAME: &str = "ccprov";
/// The SDK would begin at 1 s; a lost packet is no reason to wait so long.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);

/// What the user said. Everything left out is found by the SDK's default
/// chain: environment, profile, SSO, web identity, container, instance.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// `--region`, or the stack's region.
    pub region: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
    /// The PEM certificates of `AWS_CA_BUNDLE`; they replace the system's.
    pub ca_bundle: Option<Vec<u8>>,
    /// Credentials in place of those that the chain would find. For programs
    /// that speak for several accounts; the command line leaves it to the chain.
    pub access_key: Option<AccessKey>,
    /// The role that calls are made in, taken on with these credentials and again before they
    /// end.
    pub role: Option<Role>,
    /// Who hears of calls as they happen.
    pub listener: Option<Arc<dyn Listener>>,
    /// Where calls are written down, if that is shared with other sessions.
    pub calls: Option<CallLog>,
    /// How fast calls may go out.
    pub pace: Pace,
    /// Learns the secrets that calls are signed with.
    pub mask: Mask,
    /// When the credentials of the environment end, as it says itself (RFC 3339).
    pub credentials_end: Option<String>,
}

/// A long-term access key.
#[derive(Clone)]
pub struct AccessKey {
    /// Its public half.
    pub id: String,
    /// Its secret half, which is never shown.
    pub secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One client per service, all on one pool of connections.
#[derive(Clone, Debug)]
pub struct Session {
    /// Every call so far.
    pub calls: CallLog,
    pub(crate) clients: Clients,
    region: String,
    endpoint: Option<String>,
    /// Whether the command line names the endpoint.
    is_endpoint_asked: bool,
    /// The answer to "who are we", once it was asked.
    caller: Arc<OnceLock<Caller>>,
    /// How long the credentials last, once anybody had them.
    lifetime: Arc<OnceLock<Lifetime>>,
    /// Whose calls these are, for what is signed beside them.
    credentials: Option<SharedCredentialsProvider>,
    /// Learns the secrets of roles that are taken on.
    mask: Mask,
    /// What is trusted in place of the system's certificates, by who is not AWS either.
    pub(crate) ca_bundle: Option<Vec<u8>>,
}

impl Session {
    /// Makes the clients. Calls nobody but the credential providers.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] when no region is known from anywhere, or the
    /// certificates cannot be used.
    pub async fn connect(connection: &Connection) -> Answer<Self> {
        let pacing = Pacing::at(connection.pace);
        if let Some(name) = &connection.profile {
            profiles::check(Some(name)).await?;
        }
        let lifetime = Arc::default();
        let config = Box::pin(load(connection, &pacing, &lifetime)).await?;
        if let Some(url) = config.endpoint_url() {
            endpoint::check(url, connection.endpoint_url.is_some())?;
        }
        let region = config.region().map(ToString::to_string).filter(|region| !region.is_empty());
        let region = region.ok_or_else(no_region)?;
        let endpoint = config.endpoint_url().map(|url| url.trim_end_matches('/').to_owned());
        let calls = connection.calls.clone().unwrap_or_default();
        let calls = calls.heard_by(connection.listener.clone());
        Ok(Self {
            clients: Clients::new(&config, &calls, &pacing),
            calls,
            region,
            endpoint,
            is_endpoint_asked: connection.endpoint_url.is_some(),
            caller: Arc::default(),
            lifetime,
            credentials: config.credentials_provider(),
            mask: connection.mask.clone(),
            ca_bundle: connection.ca_bundle.clone(),
        })
    }

    /// Whom AWS takes us for. Needs no permission.
    pub async fn caller(&self) -> Answer<Caller> {
        let who = self.clients.sts.get_caller_identity().send().await;
        let who = who
            .attempting("sts:GetCallerIdentity", || "find out whose credentials these are".into());
        let who = match (who, &self.endpoint) {
            (Err(error), _) if error.class == ErrorClass::Credentials => {
                // Who set AWS_PROFILE may have keys of the environment besides, and needs no profile.
                profiles::check(None).await?;
                return Err(error);
            }
            (Err(error), url) => {
                return Err(endpoint::named(error, url.as_deref(), self.is_endpoint_asked));
            }
            (Ok(who), _) => who,
        };
        let arn = who.arn().unwrap_or_default().to_owned();
        let partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
        let account = who.account().unwrap_or_default().to_owned();
        Ok(self.caller.get_or_init(|| Caller { account, arn, partition }).clone())
    }

    /// What time it is, by the clock of AWS: asked with a call that needs no permission.
    pub(crate) async fn now(&self) -> Answer<DateTime> {
        let clock = Clock::default();
        let call = self.clients.sts.get_caller_identity().customize();
        let answer = call.interceptor(clock.clone()).send().await;
        answer.attempting("sts:GetCallerIdentity", || "find out what time it is".into())?;
        let dateless = || not_usable("find out what time it is", "STS answers without one".into());
        clock.now().ok_or_else(dateless)
    }

    /// Whom AWS takes us for, as it said when it was asked; `None` if it never was.
    pub(crate) fn known_caller(&self) -> Option<&Caller> {
        self.caller.get()
    }

    /// How long the credentials last; [`Lifetime::Lasting`] while nobody has asked for them.
    pub(crate) fn lifetime(&self) -> Lifetime {
        self.lifetime.get().copied().unwrap_or(Lifetime::Lasting)
    }

    /// Whether AWS said that we are an account's root user.
    pub(crate) fn is_root(&self) -> bool {
        self.caller.get().is_some_and(|caller| caller.arn.ends_with(":root"))
    }

    /// What calls are signed with, if there is anything.
    pub(super) fn credentials(&self) -> Option<SharedCredentialsProvider> {
        self.credentials.clone()
    }

    /// Has a secret shown nowhere from now on.
    pub(super) fn hide(&self, secret: &str) {
        self.mask.hide(secret);
    }

    /// The place that this session and caller make.
    pub fn place(&self, caller: &Caller) -> Place {
        Place {
            partition: caller.partition.clone(),
            account: caller.account.clone(),
            region: self.region.clone(),
            endpoint: self.endpoint.clone(),
        }
    }

    /// The region that calls go to.
    pub fn region(&self) -> &str {
        &self.region
    }
}

async fn load(
    connection: &Connection,
    pacing: &Pacing,
    lifetime: &Arc<OnceLock<Lifetime>>,
) -> Answer<SdkConfig> {
    let http = answer::bounded(http_client(connection.ca_bundle.as_deref())?);
    let http = pacing.around(http);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http.clone())
        .retry_config(
            RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_BACKOFF),
        )
        .timeout_config(timeouts())
        .stalled_stream_protection(stalls());
    if let Some(region) = &connection.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &connection.profile {
        // By itself the chain prefers keys of the environment, even to a profile that was asked
        // for: that would be another account than the one that the user named.
        let chain = DefaultRegionChain::builder().profile_name(profile).build();
        let region = match &connection.region {
            Some(region) => Some(Region::new(region.clone())),
            None => chain.region().await,
        };
        // A profile may name a role, and whoever assumes it calls AWS: through the same client, in
        // some region.
        let calls = ProviderConfig::without_region().with_region(region).with_http_client(http);
        let named = ProfileFileCredentialsProvider::builder()
            .configure(&calls)
            .profile_name(profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(named);
    }
    if let Some(url) = &connection.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(AccessKey { id, secret }) = &connection.access_key {
        loader =
            loader.credentials_provider(Credentials::new(id, secret, None, None, "access key"));
    }
    let config = hushed(loader.load().await, connection, lifetime);
    match &connection.role {
        // On the heap: few take one on.
        Some(role) => Ok(Box::pin(in_role(config, role, connection)).await),
        None => Ok(config),
    }
}

/// The same in a role, for as long as the credentials last that it is taken on with.
async fn in_role(config: SdkConfig, role: &Role, connection: &Connection) -> SdkConfig {
    let taken_on = AssumeRoleProvider::builder(&role.arn).session_name(SESSION_NAME);
    let taken_on = match &role.external_id {
        Some(id) => taken_on.external_id(id),
        None => taken_on,
    };
    let taken_on = taken_on.configure(&config).build().await;
    let config =
        config.into_builder().credentials_provider(SharedCredentialsProvider::new(taken_on));
    // What is lent is lent again: its end is not the end of the run.
    hushed(config.build(), connection, &Arc::default())
}

/// The same, whose credentials are hidden as soon as anybody has them, and which tells how
/// long they last.
fn hushed(
    config: SdkConfig,
    connection: &Connection,
    lifetime: &Arc<OnceLock<Lifetime>>,
) -> SdkConfig {
    let Some(credentials) = config.credentials_provider() else { return config };
    let Connection { mask, credentials_end: end, .. } = connection;
    let lifetime = lifetime.clone();
    let hushed = Hushed { credentials, mask: mask.clone(), end: end.clone(), lifetime };
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(hushed)).build()
}

#[derive(Debug)]
struct Hushed {
    credentials: SharedCredentialsProvider,
    mask: Mask,
    /// What the environment says of their end.
    end: Option<String>,
    lifetime: Arc<OnceLock<Lifetime>>,
}

impl ProvideCredentials for Hushed {
    fn provide_credentials<'a>(&'a self) -> ProvidedCredentials<'a>
    where
        Self: 'a,
    {
        ProvidedCredentials::new(async move {
            let found = self.credentials.provide_credentials().await?;
            self.mask.hide_credential(found.secret_access_key());
            self.lifetime.get_or_init(|| Lifetime::of(&found, self.end.as_deref()));
            found.session_token().into_iter().for_each(|token| self.mask.hide_credential(token));
            Ok(found)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.credentials.fallback_on_interrupt()
    }
}

/// How long a call may take, once it is admitted: the SDK's limit for a whole
/// attempt would run while it is in line. `answer.rs` has more limits.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(ANSWER_TIMEOUT).build()
}

/// An answer must go on arriving. A request need not go on leaving: one in line
/// does not, and the SDK would give it up after seconds.
pub(super) fn stalls() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::enabled()
        .upload_enabled(false)
        .grace_period(STALL_TIMEOUT)
        .build()
}

/// The HTTP client honours `HTTPS_PROXY` and `NO_PROXY`, and trusts either the
/// system's certificates or the user's bundle.
fn http_client(ca_bundle: Option<&[u8]>) -> Answer<SharedHttpClient> {
    let tls = tls(ca_bundle)
        .map_err(|error| not_usable("read the certificates of AWS_CA_BUNDLE", error.to_string()))?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        connector(&tls, settings.cloned(), components)
    }))
}

/// Trust in these certificates alone, or in the system's.
pub(super) fn tls(certificates: Option<&[u8]>) -> Result<TlsContext, HttpClientError> {
    let trust = match certificates {
        Some(pem) => TrustStore::empty().with_pem_certificate(pem.to_vec()),
        None => TrustStore::default(),
    };
    TlsContext::builder().with_trust_store(trust).build()
}

/// What opens connections, and keeps them.
pub(super) fn connector(
    tls: &TlsContext,
    settings: Option<HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> Connector {
    let mut connector = Connector::builder()
        .tls_provider(TlsProvider::Rustls(CryptoMode::Ring))
        .tls_context(tls.clone())
        .proxy_config(ProxyConfig::from_env());
    connector.set_connector_settings(settings);
    connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
    connector.build()
}

fn no_region() -> CloudError {
    let mut error = not_usable("choose a region", "no region is set".into());
    error.hint = Some("set `region:` in the stack file, --region, or AWS_REGION".into());
    error
}

fn not_usable(attempted: &str, message: String) -> CloudError {
    CloudError {
        attempted: attempted.into(),
        operation: String::new(),
        class: ErrorClass::Invalid,
        code: String::new(),
        message,
        request_id: None,
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_calls_are_signed_with_is_hidden() {
        let (secret, token) = ("wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "IQoJb3JpZ2luX2VjEXAMPLETOKEN");
        let found = Credentials::new("AKIDEXAMPLE", secret, Some(token.into()), None, "test");
        let mask = Mask::default();
        let config = SdkConfig::builder()
            .credentials_provider(SharedCredentialsProvider::new(found.clone()))
            .build();
        let connection = Connection { mask: mask.clone(), ..Connection::default() };
        let lifetime = Arc::default();
        let provider = hushed(config, &connection, &lifetime).credentials_provider().unwrap();
        assert_eq!(provider.provide_credentials().await.unwrap(), found);
        assert_eq!(mask.veil(&format!("{secret} {token}")), "(sensitive) (sensitive)");
        assert_eq!(lifetime.get(), Some(&Lifetime::Unknown));
    }
}
