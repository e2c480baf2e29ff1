//! What is there already and belongs to others: looked up in each form, told where it is
//! absent, ambiguous or not to be seen, and never written to.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

/// A call that no client of ours makes, unsigned: emulators read the account out of the key.
fn call(account: &Account, service: &str, headers: &str, body: &str) -> String {
    let host = account.endpoint.trim_start_matches("http://").to_owned();
    let key = &account.access_key;
    let mut line = TcpStream::connect(&host).unwrap();
    let length = body.len();
    write!(
        line,
        "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0\r\n{headers}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{service} {body}: {answer}");
    answer
}

pub(crate) fn put_parameter(account: &Account, name: &str, sort: &str, value: &str) {
    let headers =
        "content-type: application/x-amz-json-1.1\r\nx-amz-target: AmazonSSM.PutParameter";
    let body = serde_json::json!({ "Name": name, "Type": sort, "Value": value, "Overwrite": true });
    call(account, "ssm", headers, &body.to_string());
}

fn ec2(account: &Account, form: &str) -> String {
    let headers = "content-type: application/x-www-form-urlencoded";
    call(account, "ec2", headers, &format!("{form}&Version=2016-11-15"))
}

/// What stands in an element of an answer.
fn element(answer: &str, name: &str) -> String {
    let after = answer.split(&format!("<{name}>")).nth(1).unwrap_or_else(|| panic!("{answer}"));
    after.split('<').next().unwrap().to_owned()
}

/// A network with two parts, tagged `Name = net` and `tier = net`.
pub(crate) fn network(account: &Account, name: &str) -> String {
    let vpc = element(&ec2(account, "Action=CreateVpc&CidrBlock=10.7.0.0/16"), "vpcId");
    tag(account, &vpc, "Name", name);
    for (cidr, zone) in [("10.7.1.0/24", "us-east-1a"), ("10.7.2.0/24", "us-east-1b")] {
        let form =
            format!("Action=CreateSubnet&VpcId={vpc}&CidrBlock={cidr}&AvailabilityZone={zone}");
        let subnet = element(&ec2(account, &form), "subnetId");
        tag(account, &subnet, "tier", name);
    }
    vpc
}

fn tag(account: &Account, id: &str, key: &str, value: &str) {
    let form = format!("Action=CreateTags&ResourceId.1={id}&Tag.1.Key={key}&Tag.1.Value={value}");
    ec2(account, &form);
}

/// `own` tells apart what shares an account.
fn stack(own: &str) -> String {
    format!(
        r#"stack: {own}
region: us-east-1
existing:
  key: {{ kind: kms_key, alias: alias/{own}-shared }}
  alerts: {{ kind: sns_topic, name: {own}-alerts }}
  theirs: {{ kind: sqs_queue, arn: "arn:aws:sqs:us-east-1:${{account}}:{own}-orders" }}
  tagged: {{ kind: sqs_queue, tags: {{ Team: {own}, Level: 5 }} }}
  vpc: {{ kind: vpc, tags: {{ Name: {own} }} }}
  subnets: {{ kind: subnet, vpc: "${{existing.vpc.id}}", tags: {{ tier: {own} }}, count: 2 }}
  limit: {{ kind: ssm_parameter, name: /{own}/limit }}
resources:
  queue:
    kind: sqs_queue
    kms_master_key_id: "${{existing.key.arn}}"
    tags: {{ Limit: "${{existing.limit.value}}", Net: "${{existing.vpc.cidr_block}}" }}
  heard:
    kind: sns_subscription
    topic_arn: "${{existing.alerts.arn}}"
    protocol: sqs
    endpoint: "${{queue.arn}}"
outputs:
  subnets: "${{existing.subnets.*.id}}"
  zone: "${{existing.subnets.0.availability_zone}}"
  theirs: "${{existing.theirs.url}}"
  tagged: "${{existing.tagged.arn}}"
"#
    )
}

/// Makes all that the stack refers to.
async fn prepare(account: &Account, own: &str) -> String {
    let config = aws::config(account);
    let (kms, sns, sqs) = (
        aws_sdk_kms::Client::new(&config),
        aws_sdk_sns::Client::new(&config),
        aws_sdk_sqs::Client::new(&config),
    );
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap();
    let alias = format!("alias/{own}-shared");
    kms.create_alias().alias_name(alias).target_key_id(key.key_id()).send().await.unwrap();
    sns.create_topic().name(format!("{own}-alerts")).send().await.unwrap();
    for name in ["orders", "tagged"] {
        let call = sqs.create_queue().queue_name(format!("{own}-{name}"));
        let call = if name == "tagged" { call.tags("Team", own).tags("Level", "5") } else { call };
        call.send().await.unwrap();
    }
    put_parameter(account, &format!("/{own}/limit"), "String", "7");
    network(account, own)
}

/// The calls that change nothing.
fn reads(operation: &str) -> bool {
    ["Get", "List", "Describe"].iter().any(|verb| operation.starts_with(verb))
}

async fn in_each_form(account: Account, own: &str) {
    let vpc = prepare(&account, own).await;
    let written = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&written);
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        if !reads(&call.operation) {
            seen.lock().unwrap().insert(call.to_string());
        }
        None
    });
    let desk = Desk::with(account.through(&proxy.url()), &stack(own));
    desk.must("validate stack.yaml", 0);
    let planned = desk.must("plan stack.yaml --out plan.json --json", 0);
    assert_eq!(written.lock().unwrap().len(), 0, "a plan writes nothing");
    let plan: Value = serde_json::from_str(&planned.stdout).unwrap();
    let told: Vec<&str> = plan["existing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["address"].as_str().unwrap())
        .collect();
    let expected = ["alerts", "key", "limit", "subnets", "tagged", "theirs", "vpc"];
    assert_eq!(told, expected.map(|name| format!("existing.{name}")));
    assert_eq!(plan["existing"][6]["objects"][0]["identity"], vpc);
    assert_eq!(plan["outputs"]["subnets"].as_array().unwrap().len(), 2, "{plan}");
    let text = desk.must("plan stack.yaml", 0).to_string();
    assert!(text.contains(&format!("existing.vpc: vpc {vpc}")), "{text}");

    // Somebody changes what the plan was drawn with.
    put_parameter(&account, &format!("/{own}/limit"), "String", "8");
    let stale = desk.must("apply --plan plan.json -y", 5).to_string();
    assert!(stale.contains("the plan is stale: existing.limit is not what it was"), "{stale}");
    desk.must("apply -y stack.yaml", 0);
    let again = desk.must("plan stack.yaml", 0).to_string();
    assert!(again.contains("No changes"), "{again}");
    desk.must("destroy -y stack.yaml", 0);
    let left = desk.must("plan stack.yaml", 0).to_string();
    assert!(left.contains("2 to add"), "{left}");

    let written = written.lock().unwrap();
    let foreign: Vec<&String> = written
        .iter()
        .filter(|call| ["ec2:", "kms:", "ssm:"].iter().any(|it| call.starts_with(it)))
        .collect();
    assert!(foreign.is_empty(), "somebody else's was written to: {written:?}");
}

#[tokio::test]
async fn each_form_is_found_on_ministack() {
    in_each_form(emulator::ministack().account(), "forms").await;
}

#[tokio::test]
async fn each_form_is_found_on_moto() {
    in_each_form(emulator::moto().account(), "existing-forms").await;
}

#[tokio::test]
async fn what_is_not_as_it_is_meant_is_told_at_once_and_at_its_place() {
    let account = emulator::ministack().account();
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&account));
    for name in ["one", "two"] {
        sqs.create_queue().queue_name(name).tags("Team", "blue").send().await.unwrap();
    }
    let owner = [("ccprov:stack", "dev"), ("ccprov:address", "old")];
    let owner = owner.map(|(key, text)| (key.to_owned(), text.to_owned()));
    sqs.create_queue().queue_name("ours").set_tags(Some(owner.into())).send().await.unwrap();
    put_parameter(&account, "/shared/secret", "SecureString", "hidden");
    let proxy = FaultProxy::start(&account.endpoint, |_, call| {
        call.is("sns", "GetTopicAttributes").then_some(Fault::Says(
            403,
            "AuthorizationError",
            "not authorized to perform: SNS:GetTopicAttributes",
        ))
    });
    let stack = r"stack: dev
region: us-east-1
existing:
  absent: { kind: sqs_queue, name: nowhere }
  ambiguous: { kind: sqs_queue, tags: { Team: blue } }
  barred: { kind: sns_topic, name: alerts }
  few: { kind: sqs_queue, tags: { Team: blue }, count: 3 }
  ours: { kind: sqs_queue, name: ours }
  secret: { kind: ssm_parameter, name: /shared/secret }
  gone: { kind: ssm_parameter, name: /shared/nothing }
resources: {}
";
    let desk = Desk::with(account.through(&proxy.url()), stack);
    let told = desk.run("apply -y stack.yaml").to_string();
    for expected in [
        "existing.absent: there is no sqs_queue nowhere",
        "existing.ambiguous: there are 2 sqs_queue with the tag Team = blue, and one is meant",
        "one, two",
        "SNS:GetTopicAttributes",
        "existing.few: there are 2 sqs_queue with the tag Team = blue, and 3 are meant",
        "existing.ours: sqs_queue ours belongs to this very stack",
        "it is a SecureString",
        "existing.gone: there is no ssm_parameter /shared/nothing",
        "stack.yaml:4:3",
        "stack.yaml:9:3",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(!told.contains("hidden"), "{told}");
}

/// A subscription carries no tags: without its topic it cannot be found, and is gone with it.
#[tokio::test]
async fn what_is_gone_keeps_nothing_from_going() {
    let account = emulator::ministack().account();
    let sns = aws_sdk_sns::Client::new(&aws::config(&account));
    let topic = sns.create_topic().name("alerts").send().await.unwrap().topic_arn.unwrap();
    let stack = r#"stack: dev
region: us-east-1
existing:
  alerts: { kind: sns_topic, name: alerts }
  key: { kind: kms_key, alias: alias/nowhere }
resources:
  queue: { kind: sqs_queue }
  heard: { kind: sns_subscription, topic_arn: "${existing.alerts.arn}", protocol: sqs, endpoint: "${queue.arn}" }
"#;
    let desk =
        Desk::with(account, &stack.replace("  key: { kind: kms_key, alias: alias/nowhere }\n", ""));
    desk.must("apply -y stack.yaml", 0);
    // Nothing of the stack has its name of the key: nobody looks for it.
    desk.write("stack.yaml", stack);
    let planned = desk.must("plan --destroy stack.yaml", 0).to_string();
    assert!(planned.contains("2 to destroy") && !planned.contains("existing.key"), "{planned}");
    desk.must("plan stack.yaml", 1);
    sns.delete_topic().topic_arn(topic).send().await.unwrap();
    let gone = desk.must("destroy -y stack.yaml", 0).to_string();
    assert!(gone.contains("warning: existing.alerts: there is no sns_topic alerts"), "{gone}");
    assert!(gone.contains("1 destroyed"), "{gone}");
}

#[test]
fn an_expression_stays_a_reference_where_nobody_looks() {
    let stack = "stack: dev\nregion: us-east-1\nexisting: { vpc: { kind: vpc, is_default: true } }\nresources: {}\n";
    let desk = Desk::with(emulator::ministack().account(), stack);
    let told = desk.run_exactly(&["eval", "id ${existing.vpc.id}", "stack.yaml"]);
    assert!(told.stdout.contains("id ${existing.vpc.id}"), "{told}");
    let rendered = desk.must("render stack.yaml", 0);
    desk.write("rendered.yaml", &rendered.stdout);
    desk.must("validate rendered.yaml", 0);
}
