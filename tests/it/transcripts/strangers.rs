//! Somebody else in the account, at the worst moments: between a plan file and its
//! apply, between the question and the yes, between the plan and the run. Nothing
//! of theirs changes, and it is told whose it is.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Tag as BucketTag, Tagging};
use aws_sdk_sns::types::Tag;
use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::Desk;
use crate::support::binary::Transcript;
use crate::support::emulator::Account;
use crate::support::fault_proxy::FaultProxy;
use crate::support::{aws, emulator, trace};

const TAG: &str = "ccprov:stack";

const STACK: &str = "
stack: claims
region: us-east-1
resources:
  kept: { kind: sqs_queue, name: kept, delay_seconds: 1 }
  queue: { kind: sqs_queue, name: claims, delay_seconds: 1 }
  topic: { kind: sns_topic, name: claims }
  bucket: { kind: s3_bucket, force_destroy: true }
";

const WITHOUT: &str = "
stack: claims
region: us-east-1
resources:
  kept: { kind: sqs_queue, name: kept, delay_seconds: 2 }
";

/// Somebody with the same account, and no ccprov.
struct Stranger {
    account: Account,
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    s3: aws_sdk_s3::Client,
}

impl Stranger {
    fn of(desk: &Desk) -> Self {
        let config = aws::config(&desk.account);
        Self {
            account: desk.account.clone(),
            sqs: aws_sdk_sqs::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            s3: aws::s3(&desk.account),
        }
    }

    fn url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.account.endpoint, self.account.id)
    }

    fn topic(&self, name: &str) -> String {
        format!("arn:aws:sns:us-east-1:{}:{name}", self.account.id)
    }

    async fn takes_queue(&self, name: &str) {
        let call = self.sqs.tag_queue().queue_url(self.url(name));
        call.tags(TAG, "other").send().await.unwrap();
    }

    async fn takes_topic(&self, name: &str) {
        let tag = Tag::builder().key(TAG).value("other").build().unwrap();
        let call = self.sns.tag_resource().resource_arn(self.topic(name)).tags(tag);
        call.send().await.unwrap();
    }

    async fn takes_bucket(&self, name: &str) {
        let tag = BucketTag::builder().key(TAG).value("other").build().unwrap();
        let tags = Tagging::builder().tag_set(tag).build().unwrap();
        self.s3.put_bucket_tagging().bucket(name).tagging(tags).send().await.unwrap();
    }

    /// A queue as it is by now: its attributes and tags.
    async fn queue(&self, name: &str) -> String {
        let url = self.url(name);
        let call = self.sqs.get_queue_attributes().queue_url(&url).attribute_names(Name::All);
        let seen = call.send().await.map(|seen| seen.attributes.unwrap_or_default());
        let Ok(seen) = seen else { return "gone".into() };
        let tags = self.sqs.list_queue_tags().queue_url(url).send().await.unwrap();
        let seen: BTreeMap<_, _> =
            seen.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        let tags: BTreeMap<_, _> = tags.tags.unwrap_or_default().into_iter().collect();
        format!("{seen:?} {tags:?}")
    }

    async fn topic_is_there(&self, name: &str) -> bool {
        self.sns.get_topic_attributes().topic_arn(self.topic(name)).send().await.is_ok()
    }

    async fn put(&self, bucket: &str, key: &str) {
        let call = self.s3.put_object().bucket(bucket).key(key);
        call.body(ByteStream::from_static(b"theirs")).send().await.unwrap();
    }

    async fn holds(&self, bucket: &str) -> usize {
        let listed = self.s3.list_objects_v2().bucket(bucket).send().await;
        listed.map(|listed| listed.contents().len()).unwrap_or_default()
    }
}

fn bucket_of(desk: &Desk) -> String {
    let listed = desk.must("plan --all --json stack.yaml", 0).stdout;
    let start = listed.find("claims-bucket-").expect("a bucket");
    listed[start..start + "claims-bucket-01234567".len()].to_owned()
}

fn stale(transcript: &Transcript, what: &[&str]) {
    assert_eq!(transcript.code, Some(5), "{transcript}");
    for what in what {
        assert!(transcript.stderr.contains(what), "{what} is not told\n{transcript}");
    }
}

/// A plan that deletes a topic, a queue and a bucket, and changes a queue.
fn planned() -> (Desk, Stranger, String) {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    let bucket = bucket_of(&desk);
    desk.write("stack.yaml", WITHOUT);
    desk.must("plan stack.yaml --out plan.json", 0);
    let stranger = Stranger::of(&desk);
    (desk, stranger, bucket)
}

const APPLY: &str = "apply -y --allow-data-loss --plan plan.json";

#[tokio::test]
async fn a_plan_file_takes_nothing_that_changed_hands() {
    let (desk, stranger, bucket) = planned();
    stranger.takes_topic("claims").await;
    stranger.takes_queue("kept").await;
    let before = stranger.queue("kept").await;
    let told = desk.run(APPLY);
    let topic = "sns_topic claims belonged to stack claims (topic), and belongs to stack other";
    stale(&told, &[topic, "kept belonged to stack claims (kept), and belongs to stack other"]);
    assert!(stranger.topic_is_there("claims").await);
    assert_eq!(stranger.queue("kept").await, before);
    assert_ne!(stranger.queue("claims").await, "gone", "nothing of a stale plan is done");
    assert_eq!(stranger.holds(&bucket).await, 0);
}

#[tokio::test]
async fn a_plan_file_loses_nothing_that_came_since() {
    let (desk, stranger, bucket) = planned();
    stranger.put(&bucket, "payload").await;
    let call = stranger.sqs.send_message().queue_url(stranger.url("claims"));
    call.message_body("theirs").send().await.unwrap();
    let told = desk.run(APPLY);
    stale(
        &told,
        &[
            &format!("s3_bucket {bucket} was empty, and holds 1 object"),
            "sqs_queue claims was empty, and holds about 1 message",
        ],
    );
    assert_eq!(stranger.holds(&bucket).await, 1);
}

#[tokio::test]
async fn a_plan_file_sees_what_was_changed_before_its_deletion() {
    let (desk, stranger, _) = planned();
    let call = stranger.sqs.set_queue_attributes().queue_url(stranger.url("claims"));
    call.attributes(Name::DelaySeconds, "7").send().await.unwrap();
    stale(&desk.run(APPLY), &["sqs_queue claims delay_seconds 1 -> 7"]);
    assert_ne!(stranger.queue("claims").await, "gone");
}

#[test]
fn a_plan_file_says_what_has_gone_already() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &WITHOUT.replace(": 2", ": 1"));
    desk.must("plan stack.yaml --out plan.json", 0);
    let first = desk.must(APPLY, 0);
    assert!(first.stdout.contains("0 changed, 3 destroyed."), "{first}");
    let second = desk.must(APPLY, 0);
    assert!(second.stderr.contains("sns_topic claims is gone already."), "{second}");
    assert!(second.stdout.contains("No changes."), "{second}");
}

#[test]
fn a_plan_file_holds_no_more_than_a_plan() {
    let (desk, _, _) = planned();
    let path = desk.path("plan.json");
    let plan = std::fs::read_to_string(&path).unwrap();
    for added in [
        plan.replacen("\"plan\": {", "\"plan\": { \"reviewed_by\": \"nobody\",", 1),
        plan.replacen("\"format\":", "\"note\": 1, \"format\":", 1),
    ] {
        assert_ne!(added, plan);
        desk.write("plan.json", &added);
        let told = desk.must(APPLY, 1);
        assert!(told.stderr.contains("it holds what no plan does"), "{told}");
    }
}

/// While somebody thinks about the question, all of it changes hands.
#[tokio::test]
async fn a_yes_is_to_what_was_shown() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    let (stranger, bucket) = (Stranger::of(&desk), bucket_of(&desk));
    let meanwhile = async || {
        stranger.takes_topic("claims").await;
        stranger.takes_queue("claims").await;
        stranger.put(&bucket, "payload").await;
    };
    let told = desk.asked("destroy stack.yaml", meanwhile).await;
    assert_eq!(told.code, Some(5), "{told}");
    for what in [
        "sqs_queue claims belonged to stack claims (queue), and belongs to stack other",
        "sns_topic claims belonged to stack claims (topic), and belongs to stack other",
        "was empty, and holds 1 object",
    ] {
        assert!(told.stdout.contains(what), "{what} is not told\n{told}");
    }
    assert!(stranger.topic_is_there("claims").await);
    assert_ne!(stranger.queue("claims").await, "gone");
    assert_ne!(stranger.queue("kept").await, "gone");
    assert_eq!(stranger.holds(&bucket).await, 1);
}

#[tokio::test]
async fn a_yes_to_an_apply_is_to_what_was_shown() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &STACK.replace("delay_seconds: 1", "delay_seconds: 5"));
    let stranger = Stranger::of(&desk);
    let told = desk.asked("apply stack.yaml", async || {}).await;
    assert_eq!(told.code, Some(0), "{told}");
    desk.write("stack.yaml", &STACK.replace("delay_seconds: 1", "delay_seconds: 9"));
    let told = desk.asked("apply stack.yaml", async || stranger.takes_queue("claims").await).await;
    assert_eq!(told.code, Some(5), "{told}");
    for queue in ["kept", "claims"] {
        let now = stranger.queue(queue).await;
        assert!(now.contains(r#""DelaySeconds": "5""#), "nothing of a stale plan is done: {now}");
    }
}

const SUBSCRIBED: &str = r#"
stack: claims
region: us-east-1
resources:
  queue: { kind: sqs_queue }
  topic: { kind: sns_topic }
  events: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "${queue.arn}", raw_message_delivery: true }
checks: { skip: [ { check: delivery_path, reason: nobody publishes here } ] }
"#;

/// Subscriptions are found by a listing that serves many of them: it is not one of before the
/// question.
#[tokio::test]
async fn what_was_listed_is_listed_anew_after_a_yes() {
    let desk = Desk::with(emulator::ministack().account(), SUBSCRIBED);
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &SUBSCRIBED.replace("delivery: true", "delivery: false"));
    let told = desk.asked("apply --trace trace.json stack.yaml", async || {}).await;
    assert_eq!(told.code, Some(0), "{told}");
    let mut calls = trace::calls(&fs::read_to_string(desk.path("trace.json")).expect("a trace"));
    calls.sort_by_key(|call| call.start);
    let before = calls.iter().take_while(|call| call.operation != "SetSubscriptionAttributes");
    let listed = before.filter(|call| call.operation == "ListSubscriptionsByTopic").count();
    assert_eq!(listed, 2, "for the plan, and for the yes");
}

const TAKEN: &str = r#"
stack: claims
region: us-east-1
resources:
  queue: { kind: sqs_queue, name: taken }
  topic: { kind: sns_topic, name: taken }
  events: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "${queue.arn}" }
  bucket: { kind: s3_bucket, bucket: BUCKET, versioning: enabled, tags: { Team: ours } }
checks: { skip: [ { check: delivery_path, reason: nobody publishes here } ] }
"#;

/// Names are taken after the plan has looked, and before anything is made: somebody
/// says the very same, with tags of another stack.
async fn a_taken_name_is_not_written_to(options: &str) {
    let account = emulator::ministack().account();
    let bucket = format!("taken-{}", account.id);
    let desk = Desk::with(account.clone(), &TAKEN.replace("BUCKET", &bucket));
    let stranger = Arc::new(Stranger::of(&desk));
    let (faster, name) = (Arc::clone(&stranger), bucket.clone());
    let proxy = FaultProxy::visited(
        &account.endpoint,
        Box::new(move |_, request, target| {
            let (faster, name) = (Arc::clone(&faster), name.clone());
            Box::pin(async move {
                let call = request.call();
                let makes =
                    ["CreateQueue", "CreateTopic", "PUT ?"].contains(&call.operation.as_str());
                if !makes {
                    return;
                }
                request.answer(target).await.unwrap();
                match call.operation.as_str() {
                    "CreateQueue" => faster.takes_queue("taken").await,
                    "CreateTopic" => faster.takes_topic("taken").await,
                    _ => faster.takes_bucket(&name).await,
                }
            })
        }),
    );
    let desk = desk.through(&proxy.url());
    let told = desk.must(&format!("apply -y {options} stack.yaml"), 6);
    let whose = "it belongs to stack other, and was not touched";
    for what in ["sqs_queue taken", "sns_topic taken", "s3_bucket taken-[ACCOUNT]"] {
        let what = format!("{what} appeared while we worked");
        assert!(told.stdout.contains(&what), "{what} is not told\n{told}");
    }
    assert_eq!(told.stdout.matches(whose).count(), 3, "{told}");
    assert!(told.stdout.contains("0 of 4 steps done, 3 failed, 1 skipped"), "{told}");
    let versions = stranger.s3.get_bucket_versioning().bucket(&bucket).send().await.unwrap();
    assert_eq!(versions.status, None, "{told}");
    let tags = stranger.s3.get_bucket_tagging().bucket(&bucket).send().await.unwrap();
    assert_eq!(tags.tag_set().len(), 1, "{tags:?}");
    let listed = stranger.sns.list_subscriptions_by_topic().topic_arn(stranger.topic("taken"));
    assert_eq!(listed.send().await.unwrap().subscriptions().len(), 0, "{told}");
    assert_eq!(desk.run("plan stack.yaml").code, Some(5));
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_noticed() {
    a_taken_name_is_not_written_to("").await;
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_noticed_without_a_wait() {
    a_taken_name_is_not_written_to("--until accepted").await;
}
