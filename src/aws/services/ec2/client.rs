//! The calls of EC2, by its Query protocol.
//!
//! A call has a name and a form of names and values, and its answer is XML.

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_query::QueryWriter;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;

use super::answers::{self, Refusal, Shape};
use super::told::SERVICE;
use crate::aws::call_log::CallLog;
use crate::aws::pacing::Pacing;
use crate::aws::services::by_hand::Line;

/// Of EC2's calls (service model); there was none since.
const VERSION: &str = "2016-11-15";

/// Who calls EC2.
#[derive(Clone, Debug)]
pub(crate) struct Client(Line);

impl Client {
    /// Whose calls are written down, and stand in line.
    pub(in crate::aws::services) fn new(
        config: &SdkConfig,
        calls: &CallLog,
        pacing: &Pacing,
    ) -> Self {
        Self(Line::new(&SERVICE, config, calls, pacing))
    }

    /// The same, in another region, with these credentials.
    pub(in crate::aws::services) fn in_region(
        &self,
        region: Region,
        credentials: Option<&SharedCredentialsProvider>,
    ) -> Self {
        Self(self.0.in_region(region, credentials))
    }

    /// The same, with other credentials.
    pub(in crate::aws::services) fn with(&self, lent: &SharedCredentialsProvider) -> Self {
        Self(self.0.with(lent))
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
    describe_subnets: "DescribeSubnets",
    describe_vpcs: "DescribeVpcs",
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
        let name = self.name;
        let write = move |form: Form| request(name, &form);
        self.client.0.operation(name, write, answer).invoke(self.form).await
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
