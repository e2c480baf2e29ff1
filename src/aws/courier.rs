//! Carries requests that are no calls of AWS, such as spans for a collector,
//! over the same HTTP, TLS and proxies as those that are.

use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;

use super::client::{connector, tls};

/// OTLP's own default for one export (`OTEL_EXPORTER_OTLP_TIMEOUT`).
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends one request at a time, and never tries again.
#[derive(Clone, Debug)]
pub struct Courier {
    connector: SharedHttpConnector,
    runtime: Handle,
}

impl Courier {
    /// Trusts `certificates` (PEM) in place of the system's. Works on `runtime`,
    /// whichever thread asks.
    ///
    /// # Errors
    /// When the certificates cannot be used.
    pub fn new(certificates: Option<&[u8]>, runtime: Handle) -> Result<Self, HttpError> {
        let connector = SharedHttpConnector::new(connector(&tls(certificates)?, None, None));
        Ok(Self { connector, runtime })
    }
}

#[async_trait]
impl HttpClient for Courier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let connector = self.connector.clone();
        let answer = async move { tokio::time::timeout(PATIENCE, send(&connector, request)).await };
        self.runtime.spawn(answer).await??
    }
}

async fn send(
    connector: &SharedHttpConnector,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let answer = connector.call(request.map(SdkBody::from).try_into()?).await?;
    let (head, body) = answer.try_into_http1x()?.into_parts();
    let body = ByteStream::new(body).collect().await?.into_bytes();
    Ok(Response::from_parts(head, body))
}
