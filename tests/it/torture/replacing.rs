//! Replacements by the real binary, with somebody who uses what is replaced: what
//! comes is there before what goes, and nothing is lost on the way.

#![expect(clippy::unwrap_used, reason = "an emulator that does not answer ends the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_kms::types::KeyState;
use futures::future::join_all;
use serde_json::Value;

use crate::support::aws;
use crate::support::binary::{Ccprov, Transcript};
use crate::support::delay_proxy::DelayProxy;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};

/// As far away as AWS in another region: on an emulator nearby, the moments
/// between two calls are too short for anything to be lost.
const DELAY: Duration = Duration::from_millis(120);

/// How many objects are written side by side: enough that one falls into any moment.
const AT_ONCE: usize = 8;

/// How often a new subscription is refused before it is made: as often as the SDK tries again.
const REFUSED: usize = 3;

/// A stack file in an account of its own.
struct Stage {
    account: Account,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new(stack: &str) -> Self {
        let account = emulator::ministack().account();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stack.yaml");
        fs::write(&file, stack.replace("ACCOUNT", &account.id)).unwrap();
        Self { account, file, _folder: folder }
    }

    fn run(&self, endpoint: &str, command: &str) -> Transcript {
        let file = self.file.display().to_string();
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push(&file);
        Ccprov::on(&self.account.through(endpoint)).run(&arguments)
    }

    fn succeeds(&self, command: &str) {
        self.succeeds_through(&self.account.endpoint, command);
    }

    fn succeeds_through(&self, endpoint: &str, command: &str) {
        let transcript = self.run(endpoint, command);
        assert_eq!(transcript.code, Some(0), "{transcript}");
    }

    /// Nothing is left to do.
    fn is_done(&self, with: &str) {
        let command = format!("plan --detailed-exitcode {with}");
        self.succeeds(command.trim_end());
    }
}

/// A bucket, a topic and a queue, which can get other names.
const CHAIN: &str = r#"
stack: chain
vars: { topic: one, queue: one, to: queue }
resources:
  bucket: { kind: s3_bucket, force_destroy: true }
  topic:
    kind: sns_topic
    name: "chain-${var.topic}"
    policy: { Statement: [{ Sid: S3, Effect: Allow, Principal: { Service: s3.amazonaws.com }, Action: "sns:Publish", Resource: "${topic.arn}", Condition: { ArnEquals: { "aws:SourceArn": "${bucket.arn}" } } }] }
  queue:
    kind: sqs_queue
    name: "chain-${var.queue}"
    policy: { Statement: [{ Sid: Sns, Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: "sqs:SendMessage", Resource: "${queue.arn}", Condition: { ArnEquals: { "aws:SourceArn": "${topic.arn}" } } }] }
  spare:
    kind: sqs_queue
    policy: { Statement: [{ Sid: Sns, Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: "sqs:SendMessage", Resource: "${spare.arn}", Condition: { ArnEquals: { "aws:SourceArn": "${topic.arn}" } } }] }
  subscription: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:ACCOUNT:chain-${var.to}", raw_message_delivery: true }
  notification: { kind: s3_bucket_notification, bucket: "${bucket.name}", topic: [{ topic_arn: "${topic.arn}", events: ["s3:ObjectCreated:*"] }] }
"#;

/// Somebody writes objects while the chain changes, and reads what its queues tell.
/// Tells how many were written, and which of them nobody told.
async fn untold(change: &'static str) -> (usize, Vec<String>) {
    let stage = Arc::new(Stage::new(CHAIN));
    stage.succeeds("apply -y --var to=one");
    let s3 = aws::s3(&stage.account);
    let buckets = s3.list_buckets().send().await.unwrap();
    let bucket = buckets.buckets()[0].name().unwrap().to_owned();
    let (mut written, mut told) = (BTreeSet::new(), BTreeSet::new());
    let changing = tokio::task::spawn_blocking({
        let stage = Arc::clone(&stage);
        let command = format!("apply -y --allow-data-loss {change}");
        move || {
            // What is new comes late, so that whatever does not wait for it is seen to.
            let refused = AtomicUsize::new(0);
            let late = FaultProxy::start(&stage.account.endpoint, move |_, call| {
                let is_early = || refused.fetch_add(1, Ordering::Relaxed) < REFUSED;
                (call.operation == "Subscribe" && is_early()).then_some(Fault::Throttle)
            });
            let proxy = DelayProxy::start(&late.url(), DELAY);
            stage.succeeds_through(&proxy.url(), &command);
        }
    });
    while !changing.is_finished() {
        let put = async |nth: usize| {
            let key = format!("object-{nth}");
            s3.put_object().bucket(&bucket).key(&key).send().await.unwrap();
            key
        };
        let many = written.len()..written.len() + AT_ONCE;
        written.extend(join_all(many.map(put)).await);
        // A queue that is to go is read until then, as its consumers would.
        told.extend(read(&stage.account).await);
    }
    changing.await.unwrap();
    loop {
        let more = read(&stage.account).await;
        if more.is_empty() {
            break;
        }
        told.extend(more);
    }
    stage.is_done(change);
    (written.len(), written.difference(&told).cloned().collect())
}

/// What all queues tell of now: the keys of objects.
async fn read(account: &Account) -> Vec<String> {
    let sqs = aws_sdk_sqs::Client::new(&aws::config(account));
    let queues = sqs.list_queues().send().await.unwrap();
    let mut keys = Vec::new();
    for queue in queues.queue_urls() {
        let receive = sqs.receive_message().queue_url(queue).max_number_of_messages(10);
        // It may have gone since it was listed.
        let Ok(answer) = receive.send().await else { continue };
        for message in answer.messages() {
            let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            let records = body["Records"].as_array().into_iter().flatten();
            let told = records.filter_map(|record| record["s3"]["object"]["key"].as_str());
            keys.extend(told.map(str::to_owned));
            let receipt = message.receipt_handle().unwrap();
            let delete = sqs.delete_message().queue_url(queue).receipt_handle(receipt);
            delete.send().await.ok();
        }
    }
    keys
}

async fn check(change: &'static str) {
    let (written, lost) = untold(change).await;
    assert!(written > 10, "there was some traffic");
    assert_eq!(lost, [""; 0], "of {written} objects, while {change}");
}

#[tokio::test]
async fn nothing_is_lost_when_the_topic_between_gets_another_name() {
    check("--var to=one --var topic=two").await;
}

#[tokio::test]
#[ignore = "a part of `make torture`"]
async fn nothing_is_lost_when_the_subscription_gets_another_endpoint() {
    check("--var to=spare").await;
}

#[tokio::test]
#[ignore = "a part of `make torture`"]
async fn nothing_is_lost_when_the_queue_gets_another_name() {
    check("--var queue=two --var to=two").await;
}

const KEYED: &str = r#"
stack: keyed
vars: { mrk: false, spec: SYMMETRIC_DEFAULT }
resources:
  key: { kind: kms_key, multi_region: "${var.mrk}" }
  queue: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
"#;

/// How the keys are doing, and which one the queue and the alias name.
async fn keys(account: &Account) -> (Vec<KeyState>, bool) {
    let config = aws::config(account);
    let (kms, sqs) = (aws_sdk_kms::Client::new(&config), aws_sdk_sqs::Client::new(&config));
    let mut states = Vec::new();
    for key in kms.list_keys().send().await.unwrap().keys() {
        let key = kms.describe_key().key_id(key.key_id().unwrap()).send().await.unwrap();
        states.push(key.key_metadata().unwrap().key_state().unwrap().clone());
    }
    states.sort_by_key(|state| state.as_str().to_owned());
    let alias = kms.describe_key().key_id("alias/keyed-key").send().await.unwrap();
    let queues = sqs.list_queues().send().await.unwrap();
    let queue = sqs.get_queue_attributes().queue_url(&queues.queue_urls()[0]);
    let queue = queue.attribute_names("KmsMasterKeyId".into()).send().await.unwrap();
    let used = queue.attributes().unwrap()[&"KmsMasterKeyId".into()].clone();
    let alias = alias.key_metadata().unwrap();
    let is_one = alias.arn() == Some(&used) && alias.key_state() == Some(&KeyState::Enabled);
    (states, is_one)
}

const REPLACES: &str = "apply -y --allow-data-loss --var mrk=true";

#[tokio::test]
async fn a_key_stays_in_service_until_its_successor_serves() {
    let stage = Stage::new(KEYED);
    stage.succeeds("apply -y");
    // As for a policy that names somebody whom nobody knows.
    let refusal = Fault::Says(400, "UnsupportedOperationException", "not with this key");
    let refusing = FaultProxy::start(&stage.account.endpoint, move |_, call| {
        (call.operation == "CreateKey").then_some(refusal)
    });
    let failed = stage.run(&refusing.url(), REPLACES);
    assert_ne!(failed.code, Some(0), "{failed}");
    assert_eq!(keys(&stage.account).await, (vec![KeyState::Enabled], true));

    let watching = FaultProxy::start(&stage.account.endpoint, |_, _| None);
    stage.succeeds_through(&watching.url(), REPLACES);
    let states = vec![KeyState::Enabled, KeyState::PendingDeletion];
    assert_eq!(keys(&stage.account).await, (states, true));
    let calls = watching.to_string();
    let place = |call: &str| calls.find(call).unwrap_or_else(|| panic!("no {call}:{calls}"));
    let last = ["CreateKey", "UpdateAlias", "SetQueueAttributes"].map(place).into_iter().max();
    assert!(last < Some(place("ScheduleKeyDeletion")), "{calls}");
    stage.is_done("--var mrk=true");
}

/// Wherever a run dies, the next one goes on with the key that is there already.
#[tokio::test]
async fn a_key_that_was_half_replaced_is_replaced_once() {
    let dies = |operation: &'static str, fault| async move {
        let stage = Stage::new(KEYED);
        stage.succeeds("apply -y");
        let killing = FaultProxy::first(&stage.account.endpoint, operation, fault);
        let file = stage.file.display().to_string();
        let arguments: Vec<&str> = REPLACES.split(' ').chain([file.as_str()]).collect();
        let ccprov = Ccprov::on(&stage.account.through(&killing.url()));
        let died = ccprov.run_told(&arguments, |process| killing.hunt(process));
        assert_eq!(died.code, None, "{died}");
        stage.succeeds(REPLACES);
        let states = vec![KeyState::Enabled, KeyState::PendingDeletion];
        assert_eq!(keys(&stage.account).await, (states, true), "{operation} {fault:?}");
        stage.is_done("--var mrk=true");
    };
    dies("UpdateAlias", Fault::KillBefore).await;
    dies("UpdateAlias", Fault::KillAfter).await;
    dies("ScheduleKeyDeletion", Fault::KillBefore).await;
}

/// Every name is written out, as in files that were converted from elsewhere.
#[test]
fn what_is_named_without_references_is_made_in_order() {
    let stage = Stage::new(
        r#"
stack: lit
resources:
  b: { kind: s3_bucket, bucket: "lit-b-ACCOUNT", force_destroy: true }
  n: { kind: s3_bucket_notification, bucket: "lit-b-ACCOUNT", eventbridge: true }
  d: { kind: sqs_queue, name: lit-dlq }
  q: { kind: sqs_queue, redrive_policy: { dead_letter_queue: "arn:aws:sqs:us-east-1:ACCOUNT:lit-dlq", max_receive_count: 3 } }
  t: { kind: sns_topic, name: lit-t }
  s: { kind: sns_subscription, topic_arn: "arn:aws:sns:us-east-1:ACCOUNT:lit-t", protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:ACCOUNT:lit-q" }
  r: { kind: iam_role, name: lit-r, managed_policy_arns: ["arn:aws:iam::ACCOUNT:policy/ccprov/lit/lit-p"], assume_role_policy: { Statement: [{ Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: "sts:AssumeRole" }] } }
  p: { kind: iam_policy, name: lit-p, policy: { Statement: [{ Effect: Allow, Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:ACCOUNT:lit-q" }] } }
"#,
    );
    let proxy = DelayProxy::start(&stage.account.endpoint, DELAY);
    stage.succeeds_through(&proxy.url(), "apply -y");
    stage.is_done("");
}

const DESCRIBED: &str = r#"
stack: desc
vars: { text: Old, bound: Old }
resources:
  p: { kind: iam_policy, description: "${var.text}", policy: { Statement: [{ Effect: Allow, Action: "sqs:ReceiveMessage", Resource: "*" }] } }
  bound: { kind: iam_policy, description: "${var.bound}", policy: { Statement: [{ Effect: Allow, Action: "sqs:*", Resource: "*" }] } }
  r:
    kind: iam_role
    permissions_boundary: "${bound.arn}"
    managed_policy_arns: ["${p.arn}"]
    assume_role_policy: { Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }] }
"#;

#[tokio::test]
async fn a_policy_that_is_held_is_made_anew_or_the_plan_says_why_not() {
    let stage = Stage::new(DESCRIBED);
    stage.succeeds("apply -y");
    stage.succeeds("apply -y --var text=New");
    stage.is_done("--var text=New");
    // A plan that was kept goes the same way.
    let kept = stage.file.with_extension("plan").display().to_string();
    stage.succeeds(&format!("plan --var text=Kept --out {kept}"));
    let applied = Ccprov::on(&stage.account).run(&["apply", "-y", "--plan", &kept]);
    assert_eq!(applied.code, Some(0), "{applied}");
    stage.is_done("--var text=Kept");
    let told = |command: &str| {
        let transcript = stage.run(&stage.account.endpoint, command);
        assert_eq!(transcript.code, Some(5), "{transcript}");
        transcript.stderr
    };
    let bound = told("plan --var text=New --var bound=New");
    assert!(
        bound.contains("bound cannot be made anew while it is the permissions_boundary of r"),
        "{bound}"
    );

    let iam = aws_sdk_iam::Client::new(&aws::config(&stage.account));
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let role = iam.create_role().role_name("theirs").assume_role_policy_document(trust);
    role.send().await.unwrap();
    let arn = format!("arn:aws:iam::{}:policy/ccprov/desc/desc-p-us-east-1", stage.account.id);
    let attach = iam.attach_role_policy().role_name("theirs").policy_arn(&arn);
    attach.send().await.unwrap();
    let held = told("plan --var text=Newer");
    assert!(held.contains("p cannot go: one other holds iam_policy"), "{held}");
}
