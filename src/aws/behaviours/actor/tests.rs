//! Roles that may not use a key, as AWS tells it. No emulator does: each stores
//! and hands out what somebody may not encrypt or decrypt.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;
use crate::aws::behaviours::bench::Options;
use crate::aws::behaviours::plain_consumer::PlainConsumer;
use crate::aws::behaviours::plain_producer::PlainProducer;
use crate::aws::{AccessKey, Connection};
use crate::verify::Behaviour;
use crate::verify::rules::tests::scene;

const STACK: &str = r#"
key: { kind: kms_key }
bucket:
  kind: s3_bucket
  server_side_encryption: { sse_algorithm: "aws:kms", kms_master_key_id: "${key.arn}" }
queue: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
role:
  kind: iam_role
  assume_role_policy:
    Statement: { Effect: Allow, Principal: { AWS: "${account}" }, Action: "sts:AssumeRole" }
  inline_policies:
    all: { Statement: { Effect: Allow, Action: ["s3:*Object", "sqs:*Message"], Resource: "*" } }
"#;
/// What STS lends begins so (IAM User Guide, "IAM identifiers").
const LENT: &str = "ASIAIOSFODNN7EXAMPLE";
const ROLE: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
    <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
    <SessionToken>t</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration>\
    </Credentials></AssumeRoleResult></AssumeRoleResponse>";
/// As S3 hands on what KMS says.
const NO_KEY: &str = "<Error><Code>AccessDenied</Code><Message>User: \
    arn:aws:sts::123456789012:assumed-role/role/ccprov-verify is not authorized to perform: \
    kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:123456789012:key/1 because no \
    identity-based policy allows the kms:GenerateDataKey action</Message></Error>";
/// As SQS does.
const NO_KEY_OF_QUEUE: &str = "{\"__type\":\"com.amazonaws.sqs#KmsAccessDenied\",\"message\":\
    \"The ciphertext refers to a customer master key that you may not access.\"}";

/// AWS, where everybody may do everything but use a key in the role's name.
async fn answer(mut client: TcpStream) -> io::Result<()> {
    loop {
        let Some(request) = read(&mut client).await? else { return Ok(()) };
        let (is_lent, is) = (request.contains(LENT), |text: &str| request.contains(text));
        let (status, more, body) = if is("Action=AssumeRole") {
            (200, "", ROLE)
        } else if is("AmazonSQS.") && is_lent {
            let code = "x-amzn-query-error: KMS.AccessDeniedException;Sender\r\n";
            (400, code, NO_KEY_OF_QUEUE)
        } else if is("AmazonSQS.") {
            (200, "", "{}")
        } else if is("?versions") {
            (200, "", "<ListVersionsResult></ListVersionsResult>")
        } else if is_lent {
            (403, "", NO_KEY)
        } else {
            (200, "", "")
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\n{more}content-length: {length}\r\n\r\n{body}");
        client.write_all(head.as_bytes()).await?;
    }
}

/// A request, if there is another one.
async fn read(client: &mut TcpStream) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.split("\r\ncontent-length: ").nth(1).and_then(|it| it.lines().next());
            let length: usize = length.and_then(|it| it.parse().ok()).unwrap_or_default();
            if body.len() >= length {
                return Ok(Some(text));
            }
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

/// What every trial of a behaviour finds.
async fn found(behaviour: impl Fn(Bench) -> Box<dyn Behaviour>) -> Vec<(String, Finding)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(answer(client));
        }
    });
    let session = Session::connect(&Connection {
        region: Some("us-east-1".into()),
        endpoint_url: Some(endpoint),
        access_key: Some(AccessKey { id: "AKIA".into(), secret: "secret".into() }),
        ..Connection::default()
    })
    .await
    .unwrap();
    let patience = Duration::from_millis(100);
    let options = Options { exclusive: true, patience, ..Options::default() };
    let behaviour = behaviour(Bench::new(session, options));
    // It enforces, as AWS does: the scene names no endpoint.
    let scene = scene(STACK);
    let mut found = Vec::new();
    for trial in behaviour.trials(&scene) {
        let (notices, _nobody) = mpsc::unbounded_channel();
        let watch = Watch::of_test(&trial, notices);
        let findings = behaviour.exercise(&scene, &trial, &watch).await.unwrap();
        found.extend(findings.into_iter().map(|finding| (trial.subject.clone(), finding)));
    }
    found
}

fn check(found: &[(String, Finding)], expected: &[(&str, &str)]) {
    let told: Vec<(&str, &str)> =
        found.iter().map(|(subject, it)| (subject.as_str(), it.address.as_str())).collect();
    assert_eq!(told, expected, "{found:#?}");
    for (_, finding) in found {
        let hint = finding.hint.as_deref().unwrap_or_default();
        assert!(hint.starts_with("let role use the key that encrypts "), "{finding:#?}");
    }
}

#[tokio::test]
async fn a_producer_that_may_not_use_the_key_is_seen() {
    let found = found(|bench| Box::new(PlainProducer(bench))).await;
    check(&found, &[("role -> bucket", "role"), ("role -> queue", "role")]);
    assert!(found[0].1.message.contains("kms:GenerateDataKey"), "{found:#?}");
    assert!(found[1].1.message.contains("KMS.AccessDeniedException"), "{found:#?}");
}

#[tokio::test]
async fn a_consumer_that_may_not_use_the_key_is_seen() {
    let found = found(|bench| Box::new(PlainConsumer(bench))).await;
    check(&found, &[("bucket -> role", "role"), ("queue -> role", "role")]);
}

#[test]
fn objects_of_ours_lie_where_a_role_may_look() {
    let scene = scene(STACK);
    let bucket = &scene.exhibits[&Address::new("bucket")];
    let check = |pattern: &str, expected: Option<Reach>| {
        let mut scene = scene.clone();
        let role = scene.exhibits.get_mut(&Address::new("role")).unwrap();
        let pattern = pattern.replace("BUCKET", bucket.fact("arn"));
        let statement = serde_json::json!([
            { "Effect": "Allow", "Action": ["s3:putobject"], "Resource": [pattern] }
        ]);
        role.document["inline_policies"]["all"]["Statement"] = statement;
        let identity = Identity::of_role(&scene, &scene.exhibits[&Address::new("role")]);
        assert_eq!(reach(&identity, bucket, "s3:PutObject"), expected, "{pattern}");
    };
    let keys = |before: &str, after: &str| {
        Some(Reach::Keys { before: before.into(), after: after.into() })
    };
    check("*", keys("", ""));
    check("BUCKET/*", keys("", ""));
    check("BUCKET/in/*", keys("in/", ""));
    check("BUCKET/in/*.json", keys("in/", ".json"));
    check("arn:aws:s3:::*/in/*", keys("in/", ""));
    check("BUCKET/in/one.json", Some(Reach::Others));
    check("arn:aws:s3:::another/*", None);
    check("BUCKET", None);
}
