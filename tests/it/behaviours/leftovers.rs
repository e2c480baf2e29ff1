//! What runs leave that were cut short, and who removes it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{NotificationConfiguration, ServerSideEncryption};
use ccprov::aws::behaviours::Bench;
use ccprov::verify::Notice;
use serde_json::json;
use tokio::sync::mpsc;

use super::stand::{STACK, Stand, patient, told};
use crate::support::emulator::ministack_enforcing_tls;

const CHECK: &str = "claim_roundtrip";

/// The name says for how many seconds its run may last: none, and an hour.
const DEAD: &str = "0123456789abcdef-0";
const ALIVE: &str = "0123456789abcdef-3600";

#[tokio::test]
async fn the_next_run_removes_what_a_killed_one_left_and_no_more() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    for mark in [DEAD, ALIVE] {
        leave(&stand, mark).await;
    }
    // A queue that went without its subscription, as if killed in between.
    let gone = format!("ccprov-probe-{STACK}-fedcba9876543210-0");
    subscribe(&stand, &gone).await;
    // One of another stack, whose name begins alike.
    let foreign = format!("ccprov-probe-{STACK}-2-{DEAD}");
    stand.sqs().create_queue().queue_name(&foreign).send().await.unwrap();

    let results = stand.verify(CHECK, patient()).await;
    assert!(told(&results)[0].ends_with(": passed"), "{:?}", told(&results));

    let alive = format!("ccprov-probe-{STACK}-{ALIVE}");
    let mut ears = stand.ears().await;
    ears.sort();
    assert_eq!(ears, [alive.clone(), foreign]);
    let mut endpoints = stand.endpoints().await;
    endpoints.sort();
    assert_eq!(endpoints, [stand.queue_arn(&alive), stand.queue_arn("claims-sqs")]);
    assert_eq!(stand.keys().await, [format!("in-box/ccprov-verify/{ALIVE}.bin")]);
}

/// What a run holds when it is cut is not the stack's to change, but goes with
/// the stack; and whoever cut the run can put it away.
#[tokio::test]
async fn a_run_that_is_cut_leaves_what_others_can_remove() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let bench = Bench::new(stand.session.clone(), patient());
    cut(&stand, &bench).await;
    let [ear] = &stand.ears().await[..] else { panic!("one ear") };
    assert!(ear.starts_with(&format!("ccprov-probe-{STACK}-")), "{ear}");
    assert_eq!(stand.endpoints().await.len(), 2);
    let undeclared = stand.plan().await;
    let touched: Vec<_> = undeclared.steps.iter().map(|step| step.address.as_str()).collect();
    assert_eq!(touched, ["claims.notification"], "what the test broke, and nothing else");

    assert_eq!(bench.put_away().await, []);
    stand.assert_tidy().await;
    assert_eq!(bench.put_away().await, []);
}

#[tokio::test]
async fn destroy_removes_what_a_killed_run_left() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let bench = Bench::new(stand.session.clone(), patient());
    cut(&stand, &bench).await;
    assert_eq!(stand.ears().await.len(), 1);
    stand.destroy().await;
    let queues = stand.sqs().list_queues().send().await.unwrap();
    assert_eq!(queues.queue_urls(), [""; 0]);
}

/// Begins a run that waits for an event that never comes, and drops it there.
async fn cut(stand: &Stand, bench: &Bench) {
    let scene = stand.scene().await;
    let put = stand.s3().put_bucket_notification_configuration().bucket(stand.bucket().await);
    let nothing = NotificationConfiguration::builder().build();
    put.notification_configuration(nothing).send().await.unwrap();
    let (sender, mut notices) = mpsc::unbounded_channel();
    let event_is_awaited = async {
        while let Some(notice) = notices.recv().await {
            if matches!(&notice, Notice::Awaiting { what, .. } if what.starts_with("our event")) {
                return;
            }
        }
        panic!("the run ended");
    };
    tokio::select! {
        results = stand.inspect(bench, &scene, CHECK, sender) => panic!("{results:?}"),
        () = event_is_awaited => {}
    }
}

/// What a run of this mark has lying about.
async fn leave(stand: &Stand, mark: &str) {
    let name = format!("ccprov-probe-{STACK}-{mark}");
    stand.sqs().create_queue().queue_name(&name).send().await.unwrap();
    subscribe(stand, &name).await;
    let scene = stand.scene().await;
    let bucket = scene.of_kind("s3_bucket").next().unwrap();
    let key = bucket.document["server_side_encryption"]["kms_master_key_id"].as_str().unwrap();
    let put = stand.s3().put_object().bucket(bucket.identity.as_str());
    let put = put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key);
    let put = put.key(format!("in-box/ccprov-verify/{mark}.bin"));
    put.body(ByteStream::from_static(b"left")).send().await.unwrap();
}

async fn subscribe(stand: &Stand, queue: &str) {
    let subscribe = stand.sns().subscribe().topic_arn(stand.topic()).protocol("sqs");
    subscribe.endpoint(stand.queue_arn(queue)).send().await.unwrap();
}

/// Whoever may not tidy up still gets the verdict, and hears what stays.
#[tokio::test]
async fn a_verdict_stands_whatever_stays() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let user = stand.seen_by(&super::refusals::user(&stand.account).await).await;
    let bucket = stand.bucket().await;
    let policy = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": ["s3:DeleteObject*"],
        "Resource": format!("arn:aws:s3:::{bucket}/*"),
    }});
    let put = stand.s3().put_bucket_policy().bucket(&bucket).policy(policy.to_string());
    put.send().await.unwrap();
    let bench = Bench::new(user.session.clone(), patient());
    let (notices, _listener) = mpsc::unbounded_channel();
    let results = user.inspect(&bench, &stand.scene().await, CHECK, notices).await;
    assert!(told(&results)[0].ends_with(": passed"), "{:?}", told(&results));
    let stays = bench.put_away().await;
    assert!(stays[0].operation.starts_with("s3:Delete"), "{stays:?}");
    assert_ne!(stand.keys().await, [""; 0]);
}
