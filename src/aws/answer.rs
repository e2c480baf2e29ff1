//! What may come back as the answer to a call, however hostile whoever sends it:
//! so much, within such a time, and whole.
//!
//! Sits in the connection, beneath the gate of `pacing.rs`, so that no limit runs
//! while a call is in line, and none can be forgotten by a kind. The SDK's own
//! limits are for connecting, for the head of an answer and for a body that
//! stands still; it would take one that goes on for ever, and takes half a
//! document of XML for a whole one. So a body is read here, within bounds,
//! before the SDK gets to see it.
//!
//! Objects of S3 stream past: whoever fetches one bounds it with [`collect`], or
//! by counting.

mod contents;
mod fault;
mod form;

use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::time::timeout;

pub(super) use self::fault::{Fault, IN_ITS_PLACE, NOT_AWS, chain};
pub(super) use self::form::beginning;
use super::call_context::CallContext;

/// Control-plane calls answer within seconds; half a minute is a dead line.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// For the head of an answer to a call that only reads: to ask again is free,
/// and nearly all of them take less than one second.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// From one piece of an answer to the next: the SDK's own limit for an answer
/// that stands still.
pub(super) const STALL_TIMEOUT: Duration = Duration::from_secs(5);
/// For one transfer of a payload. The limit of other calls would cut off 100 MB
/// on a line of 27 Mbit/s.
pub(super) const TRANSFER_TIMEOUT: Duration = Duration::from_mins(5);

const MIB: usize = 1024 * 1024;
/// The largest answers about one object are a lifecycle of 1,000 rules and an
/// SQS queue with a policy of 256 KiB, escaped: below 2 MiB.
const ORDINARY_BYTES: usize = 4 * MIB;
/// A page of 1,000 roles with trust policies, percent-encoded, or of 1,000 keys
/// of S3, or ten messages of SQS, or what a function answers (6 MB): below 8 MiB.
const PAGE_BYTES: usize = 16 * MIB;
/// What answers with pages of that size.
const PAGES: &[&str] = &[
    "DeleteObjects",
    "GetResources",
    "Invoke",
    "ListMultipartUploads",
    "ListObjectVersions",
    "ListObjectsV2",
    "ListRoles",
    "ReceiveMessage",
];
/// What carries payloads.
const TRANSFERS: &[&str] = &[
    "CompleteMultipartUpload",
    // With the code of a function, up to 50 MB as Base64.
    "CreateFunction",
    "GetObject",
    "PutObject",
    "UpdateFunctionCode",
    "UploadLayerPart",
    "UploadPart",
];
/// What answers in words of the user's own, in whatever form they have.
const OTHERS_WORDS: &[&str] = &["Invoke"];
/// How the names of operations begin that only read.
const READING: &[&str] = &["Describe", "Get", "Head", "List"];

/// What one attempt of a call may take, from when it is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    /// Until the head of the answer is there.
    head: Duration,
    /// Until all of it is.
    whole: Duration,
    /// How much that may be.
    bytes: usize,
    /// Whether the body is left to whoever asked.
    streams: bool,
    /// Whether the body is in a form that the service tells.
    has_form: bool,
}

impl Limits {
    /// Those of an operation, or of a call that is none of ours, such as those of
    /// the credential providers.
    fn of(operation: Option<&str>) -> Self {
        let is = |names: &[&str]| operation.is_some_and(|name| names.contains(&name));
        let reads = operation.is_some_and(|name| READING.iter().any(|verb| name.starts_with(verb)));
        let whole = if is(TRANSFERS) { TRANSFER_TIMEOUT } else { ANSWER_TIMEOUT };
        Self {
            head: if reads && !is(TRANSFERS) { READ_TIMEOUT } else { whole },
            whole,
            bytes: if is(PAGES) { PAGE_BYTES } else { ORDINARY_BYTES },
            streams: operation == Some("GetObject"),
            has_form: !is(OTHERS_WORDS),
        }
    }

    /// The same for a call that states a longer time to answer in than others have: it
    /// knows for whom it waits.
    fn patient(self, stated: Option<Duration>) -> Self {
        let (head, whole) = (self.head, self.whole);
        match stated.filter(|stated| *stated > ANSWER_TIMEOUT) {
            Some(stated) => Self { head: head.max(stated), whole: whole.max(stated), ..self },
            None => self,
        }
    }
}

/// A client of HTTP that keeps to the limits, and is otherwise the same.
pub(super) fn bounded(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(BoundedClient(client))
}

/// A body as bytes, if it has no more of them than that, and none comes late.
pub(super) async fn collect(
    mut body: ByteStream,
    most: usize,
    whole: Duration,
) -> Result<Vec<u8>, Fault> {
    let told = usize::try_from(body.size_hint().0).unwrap_or(usize::MAX);
    if told > most {
        return Err(Fault::TooLarge { most, told: Some(told) });
    }
    let all = async {
        let mut bytes = Vec::new();
        loop {
            let next = timeout(STALL_TIMEOUT, body.next()).await;
            let Some(piece) = next.map_err(|_| Fault::Stalled { after: bytes.len() })? else {
                return Ok(bytes);
            };
            let piece = piece.map_err(|error| Fault::Broken { source: error.into() })?;
            if bytes.len() + piece.len() > most {
                return Err(Fault::TooLarge { most, told: None });
            }
            bytes.extend_from_slice(&piece);
        }
    };
    timeout(whole, all).await.unwrap_or(Err(Fault::Endless { whole }))
}

#[derive(Debug)]
struct BoundedClient(SharedHttpClient);

impl HttpClient for BoundedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let stated = settings.read_timeout();
        let connector = self.0.http_connector(settings, components);
        SharedHttpConnector::new(BoundedConnector { connector, stated })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, bag)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_final_config(components, bag)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct BoundedConnector {
    connector: SharedHttpConnector,
    /// How long a call may take until it is answered, by the settings of its client.
    stated: Option<Duration>,
}

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let passage = request.extension::<CallContext>().cloned();
        let limits = Limits::of(passage.as_ref().map(CallContext::operation)).patient(self.stated);
        let address = address_of(request.uri());
        let answer = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let head = timeout(limits.head, answer).await;
            let head =
                head.map_err(|_| Fault::Silent { address: address.clone(), head: limits.head });
            let head = head.and_then(|head| head.map_err(|error| Fault::unreached(address, error)));
            let answer = head.map_err(ConnectorError::from)?;
            if limits.streams && answer.status().is_success() {
                return Ok(answer);
            }
            let answer = read(answer, limits).await?;
            match passage {
                Some(passage) if answer.status().is_success() && limits.has_form => {
                    form::check(passage.service(), passage.operation(), &answer)?;
                    Ok(answer)
                }
                Some(_) | None => Ok(answer),
            }
        })
    }
}

/// The answer with all of its body in memory.
async fn read(mut answer: HttpResponse, limits: Limits) -> Result<HttpResponse, ConnectorError> {
    let body = ByteStream::new(answer.take_body());
    let bytes = collect(body, limits.bytes, limits.whole).await?;
    *answer.body_mut() = SdkBody::from(bytes);
    Ok(answer)
}

/// `https://sqs.eu-central-1.amazonaws.com`, without the path: what was asked
/// there is told anyway.
fn address_of(url: &str) -> String {
    let host = url.find("://").map_or(0, |scheme| scheme + "://".len());
    let end = url[host..].find('/').map_or(url.len(), |path| host + path);
    url[..end].to_owned()
}

#[cfg(test)]
mod tests;
