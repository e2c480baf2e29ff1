//! The calls of EC2, by its Query protocol.
//!
//! A call has a name and a form of names and values, and its answer is XML. All around
//! that is the SDK's own, as its other clients have it: connections, signatures,
//! credentials, retries, limits of time, and the interceptors of `clients.rs`.

use std::fmt;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_query::QueryWriter;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{FrozenLayer, Layer};

use super::answers::{self, Refusal, Shape};
use super::endpoint;
use super::told::SERVICE;
use crate::aws::call_log::CallLog;
use crate::aws::pacing::Pacing;

/// Of EC2's calls (service model); there was none since.
const VERSION: &str = "2016-11-15";

/// Who calls EC2.
#[derive(Clone)]
pub(crate) struct Client {
    config: SdkConfig,
    endpoint: String,
    /// What signs, and with what: made once, because credentials are kept by whom they are of.
    components: RuntimeComponentsBuilder,
    layer: FrozenLayer,
    calls: CallLog,
    pacing: Pacing,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Client {
    /// Whose calls are written down, and stand in line.
    pub(in crate::aws::services) fn new(
        config: &SdkConfig,
        calls: &CallLog,
        pacing: &Pacing,
    ) -> Self {
        let mut components = RuntimeComponentsBuilder::new("ec2");
        components.push_auth_scheme(SigV4AuthScheme::new());
        components.set_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(
            vec![SCHEME_ID],
        )));
        let cache = config.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build());
        components.set_identity_cache(Some(cache));
        if let Some(credentials) = config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        let mut layer = Layer::new("ec2");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigV4OperationSigningConfig {
            region: config.region().cloned().map(Into::into),
            name: Some(SERVICE.prefix.into()),
            ..SigV4OperationSigningConfig::default()
        });
        layer.store_put(ApiMetadata::new(SERVICE.prefix, env!("CARGO_PKG_VERSION")));
        if let Some(name) = config.app_name() {
            layer.store_put(name.clone());
        }
        Self {
            config: config.clone(),
            endpoint: endpoint::of(config),
            components,
            layer: layer.freeze(),
            calls: calls.clone(),
            pacing: pacing.clone(),
        }
    }

    /// The same, with other credentials.
    pub(in crate::aws::services) fn with(&self, lent: &SharedCredentialsProvider) -> Self {
        let mut client = self.clone();
        client.components.set_identity_resolver(SCHEME_ID, lent.clone());
        client
    }

    fn operation<T: Shape>(&self, name: &'static str) -> Operation<Form, T, Refusal> {
        let Self { config, components, layer, .. } = self;
        let mut operation = Operation::builder()
            .service_name(SERVICE.name)
            .operation_name(name)
            .endpoint_url(&self.endpoint)
            .with_connection_poisoning()
            .interceptor(RequestInfoInterceptor::new())
            .interceptor(UserAgentInterceptor::new())
            .interceptor(InvocationIdInterceptor::new())
            .interceptor(self.calls.clone())
            .interceptor(self.pacing.clone())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
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
        operation.serializer(move |form| request(name, &form)).deserializer(answer).build()
    }
}

/// Every call that is made, as a method of the client.
macro_rules! calls {
    ($($method:ident: $name:literal,)*) => {
        impl Client {
            $(pub(super) fn $method(&self) -> Call<'_> {
                Call { client: self, name: $name, form: Form::default() }
            })*
        }
    };
}

calls! {
    authorize_security_group_egress: "AuthorizeSecurityGroupEgress",
    authorize_security_group_ingress: "AuthorizeSecurityGroupIngress",
    create_security_group: "CreateSecurityGroup",
    create_tags: "CreateTags",
    delete_security_group: "DeleteSecurityGroup",
    delete_tags: "DeleteTags",
    describe_network_interfaces: "DescribeNetworkInterfaces",
    describe_security_group_rules: "DescribeSecurityGroupRules",
    describe_security_groups: "DescribeSecurityGroups",
    modify_security_group_rules: "ModifySecurityGroupRules",
    revoke_security_group_egress: "RevokeSecurityGroupEgress",
    revoke_security_group_ingress: "RevokeSecurityGroupIngress",
}

/// What a call is told: names of parameters (`Filter.1.Name`) and their values.
#[derive(Clone, Debug, Default)]
struct Form(Vec<(String, String)>);

/// A call that is being filled in.
#[must_use]
pub(crate) struct Call<'a> {
    client: &'a Client,
    name: &'static str,
    form: Form,
}

impl Call<'_> {
    /// With a parameter.
    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.form.0.push((name.into(), value.into()));
        self
    }

    /// With many.
    pub(super) fn with_all(self, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        pairs.into_iter().fold(self, |call, (name, value)| call.with(name, value))
    }

    /// About those of which this is so. Filters are numbered by their order.
    pub(super) fn filtered(self, filters: &[(&str, &str)]) -> Self {
        filters.iter().zip(1..).fold(self, |call, ((name, value), number)| {
            call.with(format!("Filter.{number}.Name"), *name)
                .with(format!("Filter.{number}.Value.1"), *value)
        })
    }

    /// Makes it.
    pub(super) async fn send<T: Shape>(self) -> Result<T, SdkError<Refusal, HttpResponse>> {
        self.client.operation(self.name).invoke(self.form).await
    }
}

fn request(name: &'static str, Form(form): &Form) -> Result<HttpRequest, BoxError> {
    let mut body = String::new();
    let mut writer = QueryWriter::new(&mut body, name, VERSION);
    for (name, value) in form {
        writer.prefix(name).string(value);
    }
    writer.finish();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    request.headers_mut().try_insert("content-type", "application/x-www-form-urlencoded")?;
    Ok(request)
}

fn answer<T: Shape>(response: &HttpResponse) -> Result<T, OrchestratorError<Refusal>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        answers::read(body).map_err(|_| OrchestratorError::operation(Refusal::unreadable()))
    } else {
        Err(OrchestratorError::operation(Refusal::read(body)))
    }
}

#[cfg(test)]
mod tests;
