//! A service as tests have it: what it is asked is kept, and what it answers was recorded.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;

use crate::aws::pacing::{Pace, Pacing};

/// What it is asked, and what it answers, one after the other; the last again and again.
#[derive(Clone, Debug)]
pub(in crate::aws::services) struct Recorded {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: &'static [(u16, &'static str)],
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws::services) struct Asked {
    pub(in crate::aws::services) url: String,
    pub(in crate::aws::services) body: String,
    /// Which call it is, where a header says so.
    pub(in crate::aws::services) target: String,
    pub(in crate::aws::services) signed: String,
}

impl Recorded {
    /// Who answers like this.
    pub(in crate::aws::services) fn of(answers: &'static [(u16, &'static str)]) -> Self {
        Self { asked: Arc::default(), answers }
    }

    /// What was asked so far.
    pub(in crate::aws::services) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What a client needs to speak to it, in a region of AWS's or at an address of one's own.
    pub(in crate::aws::services) fn config(&self, endpoint: Option<&str>) -> (SdkConfig, Pacing) {
        let connector = SharedHttpConnector::new(self.clone());
        let pacing = Pacing::at(Pace::Unlimited);
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .http_client(pacing.around(http_client_fn(move |_, _| connector.clone())));
        config.set_endpoint_url(endpoint.map(str::to_owned));
        (config.build(), pacing)
    }
}

impl HttpConnector for Recorded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name| request.headers().get(name).unwrap_or_default().to_owned();
        let mut asked = self.asked.lock().unwrap();
        asked.push(Asked {
            url: request.uri().to_owned(),
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
            target: header("x-amz-target"),
            signed: header("authorization"),
        });
        let at = (asked.len() - 1).min(self.answers.len() - 1);
        let (status, body) = self.answers[at];
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        answer.headers_mut().insert("x-amzn-requestid", "r-1");
        HttpConnectorFuture::ready(Ok(answer))
    }
}
