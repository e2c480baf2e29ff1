//! Calls of EC2 as they go out, and what is read of their answers.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_types::retry::RetryConfig;

use super::super::answers::Groups;
use super::*;
use crate::aws::error::Attempt;
use crate::aws::pacing::Pace;
use crate::model::{CloudError, ErrorClass};

/// What EC2 is asked, and what it answers, one after the other; the last again and again.
#[derive(Clone, Debug)]
struct Ec2 {
    asked: Arc<Mutex<Vec<(String, String, String)>>>,
    answers: &'static [(u16, &'static str)],
}

impl HttpConnector for Ec2 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut asked = self.asked.lock().unwrap();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let signed = request.headers().get("authorization").unwrap_or_default().to_owned();
        asked.push((request.uri().to_owned(), body, signed));
        let at = (asked.len() - 1).min(self.answers.len() - 1);
        let (status, body) = self.answers[at];
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        answer.headers_mut().insert("x-amzn-requestid", "r-1");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// A client of such an EC2, in a region of AWS's or at an address of one's own.
fn client(
    answers: &'static [(u16, &'static str)],
    endpoint: Option<&str>,
) -> (Client, Ec2, CallLog) {
    let ec2 = Ec2 { asked: Arc::default(), answers };
    let (connector, pacing) = (SharedHttpConnector::new(ec2.clone()), Pacing::at(Pace::Unlimited));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .http_client(pacing.around(http_client_fn(move |_, _| connector.clone())));
    config.set_endpoint_url(endpoint.map(str::to_owned));
    let calls = CallLog::new();
    (Client::new(&config.build(), &calls, &pacing), ec2, calls)
}

const NONE: &[(u16, &str)] = &[(200, "<R><securityGroupInfo/></R>")];

async fn look(client: &Client) -> Result<Groups, CloudError> {
    let call = client.describe_security_groups().filtered(&[("group-name", "a b&c")]);
    call.send::<Groups>().await.attempting("ec2:DescribeSecurityGroups", || "look".into())
}

#[tokio::test]
async fn a_call_is_a_signed_form() {
    let (client, ec2, calls) = client(NONE, None);
    assert!(look(&client).await.unwrap().groups.is_empty());
    let asked = ec2.asked.lock().unwrap().clone();
    let [(url, body, signed)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(url, "https://ec2.eu-central-1.amazonaws.com/");
    assert_eq!(
        body,
        "Action=DescribeSecurityGroups&Version=2016-11-15\
         &Filter.1.Name=group-name&Filter.1.Value.1=a%20b%26c"
    );
    assert!(signed.contains("/eu-central-1/ec2/aws4_request"), "{signed}");
    let told = calls.calls();
    let told: Vec<_> = told.iter().map(|it| (&*it.service, &*it.operation, it.status)).collect();
    assert_eq!(told, [("ec2", "DescribeSecurityGroups", Some(200))]);
}

#[tokio::test]
async fn an_endpoint_of_ones_own_is_called() {
    let (client, ec2, _) = client(NONE, Some("http://127.0.0.1:4566"));
    look(&client).await.unwrap();
    assert_eq!(ec2.asked.lock().unwrap()[0].0, "http://127.0.0.1:4566/");
}

#[tokio::test]
async fn lent_credentials_sign() {
    let (client, ec2, _) = client(NONE, None);
    let lent = Credentials::new("AKIDLENT", "secret", None, None, "test");
    look(&client.with(&SharedCredentialsProvider::new(lent))).await.unwrap();
    look(&client).await.unwrap();
    let asked = ec2.asked.lock().unwrap().clone();
    assert!(asked[0].2.contains("Credential=AKIDLENT/"), "{}", asked[0].2);
    assert!(!asked[1].2.contains("AKIDLENT"), "{}", asked[1].2);
}

const REFUSED: &[(u16, &str)] = &[(
    400,
    "<Response><Errors><Error><Code>DependencyViolation</Code><Message>sg-1 has a dependent \
     object</Message></Error></Errors><RequestID>r-1</RequestID></Response>",
)];

#[tokio::test]
async fn a_refusal_is_told_with_its_code_and_its_request() {
    let (client, ec2, _) = client(REFUSED, None);
    let call = client.delete_security_group().with("GroupId", "sg-1").send::<()>().await;
    let error = call.attempting("ec2:DeleteSecurityGroup", || "delete".into()).unwrap_err();
    assert_eq!(error.code, "DependencyViolation");
    assert!(matches!(error.class, ErrorClass::NotYet(_)), "{:?}", error.class);
    assert_eq!(error.message, "sg-1 has a dependent object");
    assert_eq!(error.request_id.as_deref(), Some("r-1"));
    assert_eq!(ec2.asked.lock().unwrap().len(), 1, "a refusal is an answer");
}

const BUSY: &[(u16, &str)] =
    &[(503, "<Response><Errors/></Response>"), (200, "<R><securityGroupInfo/></R>")];

#[tokio::test(start_paused = true)]
async fn what_got_no_good_answer_is_asked_again() {
    let (client, ec2, calls) = client(BUSY, None);
    look(&client).await.unwrap();
    assert_eq!(ec2.asked.lock().unwrap().len(), 2);
    assert_eq!(calls.calls().iter().map(|it| it.attempt).collect::<Vec<_>>(), [1, 2]);
}

const NO_ANSWER: &[(u16, &str)] = &[(200, "<R><securityGroupRuleSet><item><fromPort>x</fromPort>")];

#[tokio::test]
async fn an_answer_that_is_none_is_no_group() {
    let (client, _, _) = client(NO_ANSWER, None);
    let call = client.describe_security_group_rules().send::<super::super::answers::Rules>().await;
    let error = call.attempting("ec2:DescribeSecurityGroupRules", || "look".into()).unwrap_err();
    assert!(error.message.contains("securityGroupRuleSet"), "{error:?}");
}
