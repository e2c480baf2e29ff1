//! What the clients share whose calls are made here: all around a call is the SDK's own, as its
//! other clients have it: connections, signatures, credentials, retries, limits of time, and
//! the interceptors of `clients.rs`. What is sent and what is read is each service's.

mod endpoint;
#[cfg(test)]
pub(super) mod recorded;

use std::error::Error;
use std::fmt;

use aws_config::identity::IdentityCache;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::config_bag::{FrozenLayer, Layer};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::call_log::CallLog;
use crate::aws::pacing::Pacing;
use crate::aws::service::Service;

/// Who calls one service.
#[derive(Clone)]
pub(super) struct Line {
    service: &'static Service,
    config: SdkConfig,
    endpoint: String,
    /// What signs, and with what: made once, because credentials are kept by whom they are of.
    components: RuntimeComponentsBuilder,
    layer: FrozenLayer,
    calls: CallLog,
    pacing: Pacing,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Line {
    /// Whose calls are written down, and stand in line.
    pub(super) fn new(
        service: &'static Service,
        config: &SdkConfig,
        calls: &CallLog,
        pacing: &Pacing,
    ) -> Self {
        let mut components = RuntimeComponentsBuilder::new(service.prefix);
        components.push_auth_scheme(SigV4AuthScheme::new());
        components.set_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(
            vec![SCHEME_ID],
        )));
        let cache = config.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build());
        components.set_identity_cache(Some(cache));
        if let Some(credentials) = config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        let mut layer = Layer::new(service.prefix);
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigV4OperationSigningConfig {
            region: config.region().cloned().map(Into::into),
            name: Some(service.prefix.into()),
            ..SigV4OperationSigningConfig::default()
        });
        layer.store_put(ApiMetadata::new(service.prefix, env!("CARGO_PKG_VERSION")));
        if let Some(name) = config.app_name() {
            layer.store_put(name.clone());
        }
        Self {
            service,
            config: config.clone(),
            endpoint: endpoint::of(config, service),
            components,
            layer: layer.freeze(),
            calls: calls.clone(),
            pacing: pacing.clone(),
        }
    }

    /// The same, in another region, with these credentials.
    pub(super) fn in_region(
        &self,
        region: Region,
        credentials: Option<&SharedCredentialsProvider>,
    ) -> Self {
        let mut config = self.config.clone().into_builder().region(region);
        config.set_credentials_provider(credentials.cloned());
        Self::new(self.service, &config.build(), &self.calls, &self.pacing)
    }

    /// The same, with other credentials.
    pub(super) fn with(&self, lent: &SharedCredentialsProvider) -> Self {
        let mut line = self.clone();
        line.components.set_identity_resolver(SCHEME_ID, lent.clone());
        line
    }

    /// A call: how it is written, and how its answer is read.
    pub(super) fn operation<I, T, E>(
        &self,
        name: &'static str,
        write: impl Fn(I) -> Result<HttpRequest, BoxError> + Send + Sync + 'static,
        read: impl Fn(&HttpResponse) -> Result<T, OrchestratorError<E>> + Send + Sync + 'static,
    ) -> Operation<I, T, E>
    where
        I: fmt::Debug + Send + Sync + 'static,
        T: fmt::Debug + Send + Sync + 'static,
        E: ProvideErrorMetadata + Error + fmt::Debug + Send + Sync + 'static,
    {
        let Self { config, components, layer, .. } = self;
        let mut operation = Operation::builder()
            .service_name(self.service.name)
            .operation_name(name)
            .endpoint_url(&self.endpoint)
            .with_connection_poisoning()
            .interceptor(RequestInfoInterceptor::new())
            .interceptor(UserAgentInterceptor::new())
            .interceptor(InvocationIdInterceptor::new())
            .interceptor(self.calls.clone())
            .interceptor(self.pacing.clone())
            .retry_classifier(TransientErrorClassifier::<E>::new())
            .retry_classifier(AwsErrorCodeClassifier::<E>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .runtime_plugin(
                StaticRuntimePlugin::new()
                    .with_config(layer.clone())
                    .with_runtime_components(components.clone()),
            );
        if let Some(version) = config.behavior_version() {
            operation = operation.behavior_version(version);
        }
        if let Some(http) = config.http_client() {
            operation = operation.http_client(http);
        }
        if let Some(sleep) = config.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(time) = config.time_source() {
            operation = operation.time_source(time);
        }
        if let Some(timeouts) = config.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        if let Some(stalls) = config.stalled_stream_protection() {
            operation = operation.stalled_stream_protection(stalls);
        }
        if let Some(retries) = config.retry_config() {
            operation = operation.standard_retry(retries);
        }
        operation.serializer(write).deserializer(read).build()
    }
}
