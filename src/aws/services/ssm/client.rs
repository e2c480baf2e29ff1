//! The calls of Systems Manager, by the protocol awsJson1.1: a call has a name, which stands in
//! a header, and JSON; so has its answer.

use std::error::Error;
use std::fmt;

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::told::SERVICE;
use crate::aws::call_log::CallLog;
use crate::aws::pacing::Pacing;
use crate::aws::services::by_hand::Line;

/// Who calls Systems Manager.
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

    /// `GetParameter`. A secret stays encrypted.
    pub(super) fn get_parameter(&self) -> GetParameter<'_> {
        GetParameter { client: self, name: String::new() }
    }
}

/// A call that is being filled in.
#[must_use]
pub(super) struct GetParameter<'a> {
    client: &'a Client,
    name: String,
}

impl GetParameter<'_> {
    /// Of a parameter.
    pub(super) fn name(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Makes it.
    pub(super) async fn send(self) -> Result<Got, SdkError<Refusal, HttpResponse>> {
        let asked = json!({ "Name": self.name, "WithDecryption": false });
        let write = |asked| request("AmazonSSM.GetParameter", &asked);
        self.client.0.operation("GetParameter", write, answer).invoke(asked).await
    }
}

/// What `GetParameter` answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Got {
    pub(super) parameter: Shown,
}

/// A parameter.
#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    #[serde(rename = "Name")]
    pub(super) name: String,
    #[serde(rename = "Type")]
    pub(super) sort: String,
    #[serde(rename = "Value")]
    pub(super) value: String,
    #[serde(rename = "Version")]
    pub(super) version: i64,
    /// Old ones have none in the answer.
    #[serde(rename = "ARN")]
    pub(super) arn: Option<String>,
}

fn request(target: &'static str, asked: &Value) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(asked.to_string()));
    request.set_method("POST")?;
    request.set_uri("/")?;
    request.headers_mut().try_insert("content-type", "application/x-amz-json-1.1")?;
    request.headers_mut().try_insert("x-amz-target", target)?;
    Ok(request)
}

fn answer<T: DeserializeOwned>(response: &HttpResponse) -> Result<T, OrchestratorError<Refusal>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        let unreadable =
            |_| OrchestratorError::operation(Refusal(ErrorMetadata::builder().build()));
        serde_json::from_slice(body).map_err(unreadable)
    } else {
        let header = response.headers().get("x-amzn-errortype");
        Err(OrchestratorError::operation(Refusal::read(header, body)))
    }
}

/// Why a call was refused.
#[derive(Debug)]
pub(super) struct Refusal(ErrorMetadata);

impl Refusal {
    /// What an answer of failure says; nothing, if it is none of the service's. The code is in
    /// a header or in the body, perhaps behind a namespace, perhaps before an address
    /// (Smithy, "AWS JSON 1.1 protocol", error renaming).
    fn read(header: Option<&str>, body: &[u8]) -> Self {
        let said: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| said.get(key).and_then(Value::as_str);
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = header.or_else(|| text("__type")).or_else(|| text("code")) {
            let code = code.split(':').next().unwrap_or_default();
            let code = code.rsplit('#').next().unwrap_or_default();
            let message = text("message").or_else(|| text("Message")).unwrap_or_default();
            metadata = metadata.code(code).message(message);
        }
        Self(metadata.build())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::error::Attempt;
    use crate::aws::services::by_hand::recorded::{Asked, Recorded};
    use crate::model::ErrorClass;

    #[test]
    fn a_refusal_has_its_code_and_its_words() {
        let check = |header: Option<&str>, body: &str, expected: Option<(&str, &str)>| {
            let refusal = Refusal::read(header, body.as_bytes());
            assert_eq!(refusal.code().zip(refusal.message()), expected, "{header:?} {body}");
        };
        let absent = Some(("ParameterNotFound", ""));
        check(None, r#"{"__type":"ParameterNotFound"}"#, absent);
        check(None, r#"{"__type":"com.amazonaws.ssm#ParameterNotFound"}"#, absent);
        check(Some("ParameterNotFound:http://x/"), "", absent);
        check(
            None,
            r#"{"__type":"AccessDeniedException","Message":"not authorized"}"#,
            Some(("AccessDeniedException", "not authorized")),
        );
        check(None, "<html>Sign in</html>", None);
        check(None, "", None);
    }

    #[test]
    fn an_answer_is_read_as_it_is_written() {
        let body = r#"{"Parameter":{"ARN":"arn:aws:ssm:eu-central-1:123456789012:parameter/a/b",
            "DataType":"text","LastModifiedDate":1.5E9,"Name":"/a/b","Type":"String",
            "Value":"5","Version":2}}"#;
        let response = |status: u16, body: &str| {
            HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
        };
        let got: Got = answer(&response(200, body)).unwrap();
        assert_eq!((got.parameter.value.as_str(), got.parameter.version), ("5", 2));
        assert!(answer::<Got>(&response(200, "{}")).is_err());
        assert!(answer::<Got>(&response(400, body)).is_err());
        let sent = request("AmazonSSM.GetParameter", &json!({ "Name": "/a" })).unwrap();
        assert_eq!(sent.headers().get("x-amz-target"), Some("AmazonSSM.GetParameter"));
        assert_eq!(sent.body().bytes(), Some(br#"{"Name":"/a"}"#.as_slice()));
    }

    /// One that there is, and one that there is not.
    const ANSWERS: &[(u16, &str)] = &[
        (
            200,
            r#"{"Parameter":{"ARN":"arn:aws:ssm:eu-central-1:123456789012:parameter/a/b","DataType":"text","LastModifiedDate":1.5E9,"Name":"/a/b","Type":"String","Value":"5","Version":2}}"#,
        ),
        (400, r#"{"__type":"ParameterNotFound"}"#),
    ];

    #[tokio::test]
    async fn a_call_is_signed_and_says_which_it_is() {
        let (ssm, calls) = (Recorded::of(ANSWERS), CallLog::new());
        let (config, pacing) = ssm.config(None);
        let client = Client::new(&config, &calls, &pacing);
        let ask = || client.get_parameter().name("/a/b").send();
        assert_eq!(ask().await.unwrap().parameter.value, "5");
        let refused = ask().await.attempting("ssm:GetParameter", || "read".into()).unwrap_err();
        assert_eq!(
            (refused.class, refused.code.as_str()),
            (ErrorClass::Absent, "ParameterNotFound")
        );
        assert_eq!(refused.request_id.as_deref(), Some("r-1"));
        let asked = ssm.asked();
        assert_eq!(asked.len(), 2, "a refusal is an answer");
        let Asked { url, body, target, signed } = &asked[0];
        assert_eq!(url, "https://ssm.eu-central-1.amazonaws.com/");
        assert_eq!(body, r#"{"Name":"/a/b","WithDecryption":false}"#);
        assert_eq!(target, "AmazonSSM.GetParameter");
        assert!(signed.contains("/eu-central-1/ssm/aws4_request"), "{signed}");
        assert_eq!(calls.calls()[0].operation, "GetParameter");
    }
}
