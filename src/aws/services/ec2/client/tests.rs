//! Calls of EC2 as they go out, and what is read of their answers.

use aws_credential_types::Credentials;

use super::super::answers::Groups;
use super::*;
use crate::aws::error::Attempt;
use crate::aws::services::by_hand::recorded::{Asked, Recorded};
use crate::model::{CloudError, ErrorClass};

/// A client of an EC2 that answers like this, in a region of AWS's or at an address of one's own.
fn client(
    answers: &'static [(u16, &'static str)],
    endpoint: Option<&str>,
) -> (Client, Recorded, CallLog) {
    let (ec2, calls) = (Recorded::of(answers), CallLog::new());
    let (config, pacing) = ec2.config(endpoint);
    (Client::new(&config, &calls, &pacing), ec2, calls)
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
    let asked = ec2.asked();
    let [Asked { url, body, signed, .. }] = &asked[..] else { panic!("{asked:?}") };
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
    assert_eq!(ec2.asked()[0].url, "http://127.0.0.1:4566/");
}

#[tokio::test]
async fn lent_credentials_sign() {
    let (client, ec2, _) = client(NONE, None);
    let lent = Credentials::new("AKIDLENT", "secret", None, None, "test");
    look(&client.with(&SharedCredentialsProvider::new(lent))).await.unwrap();
    look(&client).await.unwrap();
    let signed = ec2.asked().into_iter().map(|asked| asked.signed).collect::<Vec<_>>();
    assert!(signed[0].contains("Credential=AKIDLENT/"), "{signed:?}");
    assert!(!signed[1].contains("AKIDLENT"), "{signed:?}");
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
    assert_eq!(ec2.asked().len(), 1, "a refusal is an answer");
}

const BUSY: &[(u16, &str)] =
    &[(503, "<Response><Errors/></Response>"), (200, "<R><securityGroupInfo/></R>")];

#[tokio::test(start_paused = true)]
async fn what_got_no_good_answer_is_asked_again() {
    let (client, ec2, calls) = client(BUSY, None);
    look(&client).await.unwrap();
    assert_eq!(ec2.asked().len(), 2);
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
