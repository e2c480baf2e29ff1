//! `ccprov show`: one object, by its address or its ARN.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Desk, check};
use crate::support::busy::answer;
use crate::support::emulator::Account;
use crate::support::local_server::{LocalServer, address_of};
use crate::support::request::Request;
use crate::support::{aws, emulator};

const STACK: &str = "stack: claims
region: us-east-1
vars: { word: { type: string, default: s3cret-word, sensitive: true } }
resources:
  queue:
    kind: sqs_queue
    delay_seconds: 5
    tags: { team: \"012\", word: \"${var.word}\", literal: \"$${stack}\" }
    policy:
      Statement: { Sid: Own, Effect: Allow, Principal: { AWS: \"${account}\" }, Action: \"sqs:SendMessage\", Resource: \"${queue.arn}\" }
    redrive_policy: { dead_letter_queue: \"${inbox.dlq.arn}\", max_receive_count: 3 }
    lifecycle: { prevent_destroy: true }
  inbox.dlq: { kind: sqs_queue }
  topic: { kind: sns_topic, name: claims }
  sub: { kind: sns_subscription, topic_arn: \"${topic.arn}\", protocol: sqs, endpoint: \"${queue.arn}\" }
  bucket: { kind: s3_bucket }
  table: { kind: dynamodb_table, hash_key: { name: id, type: S } }
  key: { kind: kms_key }
  role:
    kind: iam_role
    assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: \"sts:AssumeRole\" } }
    inline_policies:
      a: { Statement: { Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::x/${aws:username}/*\" } }
  alarm:
    kind: cloudwatch_metric_alarm
    namespace: AWS/SQS
    metric_name: ApproximateAgeOfOldestMessage
    dimensions: { QueueName: \"${queue.name}\" }
    statistic: Maximum
    period: 60
    evaluation_periods: 5
    comparison_operator: GreaterThanThreshold
    threshold: 300
";

const ADDRESSES: [&str; 9] =
    ["queue", "inbox.dlq", "topic", "sub", "bucket", "table", "key", "role", "alarm"];

fn desk() -> Desk {
    Desk::with(emulator::ministack().account(), STACK)
}

#[test]
fn an_object_is_told_with_all_that_is_known_of_it() {
    let desk = desk();
    let absent = desk.run("show queue");
    desk.must("apply -y stack.yaml", 0);
    check(
        "shown",
        &[
            absent,
            desk.run("show queue"),
            desk.run("show sub stack.yaml"),
            desk.run("show table --all"),
            desk.run("show inbox"),
            desk.run("show queu"),
            desk.run("show queue --json"),
        ],
    );
}

/// What is shown, put together, is the stack: nothing is left to do.
#[test]
fn what_is_shown_is_a_stack_file() {
    let desk = desk();
    desk.write("stack.yaml", &STACK.replace(", word: \"${var.word}\"", ""));
    desk.applied();
    for options in ["", " --all"] {
        let mut whole = "stack: claims\nregion: us-east-1\nresources:\n".to_owned();
        for address in ADDRESSES {
            let shown = desk.must(&format!("show {address} stack.yaml{options}"), 0).stdout;
            let (_, resource) = shown.split_once("\nresources:\n").unwrap();
            whole.push_str(resource);
        }
        desk.write("again.yaml", &whole.replace("[ACCOUNT]", &desk.account.id));
        desk.must("plan --detailed-exitcode again.yaml", 0);
    }
}

/// Whatever has an ARN is found by it, in the region that it names.
#[test]
fn an_arn_needs_no_stack_file() {
    let desk = desk();
    desk.must("apply -y stack.yaml", 0);
    let desk = desk.env("AWS_REGION", "eu-west-1");
    for address in ADDRESSES {
        let told = desk.must(&format!("show {address} stack.yaml --json"), 0).stdout;
        let told: Value = serde_json::from_str(&told).unwrap();
        let arn = told["facts"]["arn"].as_str().unwrap().replace("[ACCOUNT]", &desk.account.id);
        let regional = if arn.contains(":us-east-1:") { "" } else { " --region us-east-1" };
        let by_arn = desk.must(&format!("show {arn} --json{regional}"), 0).stdout;
        let by_arn: Value = serde_json::from_str(&by_arn).unwrap();
        for part in ["kind", "identity", "owner", "facts"] {
            assert_eq!(by_arn[part], told[part], "{address}: {part}");
        }
    }
}

#[test]
fn what_is_not_here_is_not_looked_for() {
    let desk = desk();
    let account = desk.account.id.clone();
    let show = |arn: &str| desk.run(&format!("show {}", arn.replace("ACCOUNT", &account)));
    check(
        "shown_by_arn",
        &[
            show("arn:aws:sqs:us-east-1:ACCOUNT:nobody"),
            show("arn:aws:sns:us-east-1:ACCOUNT:nobody:1b4e28ba-2fa1-11d2-883f-0016d3cca427"),
            show("arn:aws:ec2:us-east-1:ACCOUNT:vpc/vpc-1"),
            show("arn:aws:sqs:us-east-1:123456789012:others"),
            show("arn:aws:sqs:us-east-1:ACCOUNT:nobody --region eu-west-1"),
        ],
    );
}

/// Nobody says of a variable of a function whether it is a secret: the stack file does.
#[tokio::test]
async fn secrets_are_not_shown() {
    let desk = desk();
    desk.must("apply -y stack.yaml", 0);
    let shown = desk.must("show queue stack.yaml", 0).to_string();
    assert!(!shown.contains("s3cret-word") && shown.contains("word: (sensitive)"), "{shown}");
    let json = desk.must("show queue stack.yaml --json", 0).to_string();
    assert!(!json.contains("s3cret-word"), "{json}");
    // An older secret is one, too.
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let url = sqs.get_queue_url().queue_name("claims-queue").send().await.unwrap();
    let call = sqs.tag_queue().queue_url(url.queue_url().unwrap());
    call.tags("word", "former-secret").send().await.unwrap();
    let shown = desk.must("show queue stack.yaml", 0).to_string();
    assert!(!shown.contains("former-secret"), "{shown}");
}

/// By their ARNs alarms of both sorts look alike.
#[test]
fn an_alarm_is_of_its_own_sort() {
    let stack = "stack: alarms
region: us-east-1
resources:
  late:
    kind: cloudwatch_metric_alarm
    namespace: AWS/SQS
    metric_name: ApproximateAgeOfOldestMessage
    statistic: Maximum
    period: 60
    evaluation_periods: 5
    comparison_operator: GreaterThanThreshold
    threshold: 300
  either: { kind: cloudwatch_composite_alarm, alarm_rule: 'ALARM(\"${late.name}\")' }
";
    let account = emulator::ministack().account();
    let index = index_of_alarms(&account);
    let desk = Desk::with(account, stack);
    desk.must("apply -y stack.yaml", 0);
    let listed = desk.must(&format!("list --endpoint-url {}", index.url()), 0).stdout;
    assert!(
        listed.contains("2 objects: 1 cloudwatch_composite_alarm, 1 cloudwatch_metric_alarm"),
        "{listed}"
    );
    for (address, kind) in
        [("late", "cloudwatch_metric_alarm"), ("either", "cloudwatch_composite_alarm")]
    {
        let arn =
            format!("arn:aws:cloudwatch:us-east-1:{}:alarm:alarms-{address}", desk.account.id);
        let shown = desk.must(&format!("show {arn}"), 0).stdout;
        assert!(shown.contains(&format!("kind: {kind}\n")), "{shown}");
    }
}

/// The index of an emulator, which knows no alarms, with these two.
fn index_of_alarms(account: &Account) -> LocalServer {
    let (id, emulator) = (account.id.clone(), address_of(&account.endpoint));
    LocalServer::start(move |mut client: TcpStream| {
        let id = id.clone();
        async move {
            let Some(request) = Request::read(&mut client).await? else { return Ok(()) };
            let said = if request.call().is("tagging", "GetResources") {
                let alarm = |name: &str| {
                    json!({
                        "ResourceARN": format!("arn:aws:cloudwatch:us-east-1:{id}:alarm:alarms-{name}"),
                        "Tags": [
                            { "Key": "ccprov:stack", "Value": "alarms" },
                            { "Key": "ccprov:address", "Value": name },
                        ],
                    })
                };
                let page = json!({ "ResourceTagMappingList": [alarm("late"), alarm("either")] });
                answer("200 OK", &page.to_string())
            } else {
                request.answer(emulator).await?
            };
            client.write_all(&said).await
        }
    })
}
