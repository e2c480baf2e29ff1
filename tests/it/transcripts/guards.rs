//! What is refused before anything is deleted: losses, protected resources,
//! and plans that nobody approved.

use aws_sdk_s3::primitives::ByteStream;

use super::{Desk, check};
use crate::support::{aws, emulator};

const STACK: &str = r#"
stack: claims
region: us-east-1
resources:
  bucket: { kind: s3_bucket }
  queue: { kind: sqs_queue, name: claims }
  key: { kind: kms_key }
outputs:
  bucket: "${bucket.name}"
"#;

fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    desk
}

async fn fill(desk: &Desk, objects: usize) {
    let bucket = desk.must("output stack.yaml --name bucket --format raw", 0).stdout;
    let s3 = aws::s3(&desk.account);
    for number in 0..objects {
        let put = s3.put_object().bucket(bucket.trim()).key(number.to_string());
        put.body(ByteStream::from_static(b"payload")).send().await.unwrap();
    }
}

/// A message in the queue.
async fn send(desk: &Desk) {
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let url = sqs.get_queue_url().queue_name("claims").send().await.unwrap();
    let send = sqs.send_message().queue_url(url.queue_url().unwrap());
    send.message_body("a claim").send().await.unwrap();
}

#[tokio::test]
async fn a_bucket_that_holds_something_stops_a_destroy() {
    let desk = desk();
    fill(&desk, 3).await;
    let forced = STACK.replace("s3_bucket", "s3_bucket, force_destroy: true");
    let mut session = vec![
        desk.run("plan --destroy stack.yaml"),
        desk.run("destroy -y stack.yaml"),
        desk.run("destroy -y --stack claims --region us-east-1"),
        desk.run("plan --detailed-exitcode stack.yaml"),
    ];
    desk.write("stack.yaml", &forced);
    session.push(desk.run("destroy -y stack.yaml"));
    session.push(desk.run("list"));
    check("full_bucket", &session);
}

/// A removal that was reviewed empties no bucket that nobody spoke of, and takes
/// nothing that has come into other hands.
#[tokio::test]
async fn a_kept_removal_guards_what_is_stored() {
    let desk = desk();
    fill(&desk, 2).await;
    let planned = desk.must("plan --destroy --out gone.json stack.yaml", 0);
    let needs = "ccprov apply --plan gone.json --allow-data-loss";
    assert!(planned.stderr.contains(needs), "{planned}");
    let refused = desk.must("apply -y --plan gone.json", 5);
    assert!(refused.stderr.contains("bucket would be deleted, and holds 2 objects"), "{refused}");
    desk.must("apply -y --plan gone.json --allow-data-loss", 0);
    // The key is there for another month.
    let left = desk.must("list --stack claims --region us-east-1", 0).stdout;
    assert!(!left.contains("s3_bucket") && !left.contains("sqs_queue"), "{left}");

    desk.write("other.yaml", &STACK.replace("stack: claims", "stack: other"));
    desk.must("apply -y other.yaml", 0);
    let refused = desk.must("apply -y --plan gone.json --allow-data-loss", 5);
    assert!(refused.stderr.contains("belongs to stack other"), "{refused}");
    desk.must("plan --detailed-exitcode other.yaml", 0);
}

/// What the last apply said of `force_destroy` stands in a tag, which anybody can
/// write: without the file, it permits nothing.
#[tokio::test]
async fn only_a_file_says_that_a_bucket_may_be_emptied() {
    // A queue by a name of its own would be another reason to refuse.
    let stack = STACK.replace(", name: claims", "");
    let desk = Desk::with(emulator::ministack().account(), &stack);
    desk.must("apply -y stack.yaml", 0);
    fill(&desk, 2).await;
    let forced = stack.replace("s3_bucket", "s3_bucket, force_destroy: true");
    desk.write("stack.yaml", &forced);
    let allowed = desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("stack.yaml", &stack);
    let refused = desk.must("destroy -y --stack claims", 5);
    let unstated = desk.must("destroy -y stack.yaml", 5);
    desk.write("stack.yaml", &forced);
    let done = desk.must("destroy -y stack.yaml", 0);
    check("force_destroy", &[allowed, refused, unstated, done]);
}

#[tokio::test]
async fn data_is_lost_on_request_alone() {
    let desk = desk();
    let queue = "queue: { kind: sqs_queue, name: claims }";
    let fifo =
        STACK.replace(queue, "queue: { kind: sqs_queue, name: claims.fifo, fifo_queue: true }");
    desk.write("fifo.yaml", &fifo);
    let none = "stack: claims\nregion: us-east-1\nresources: {}\n";
    desk.write("none.yaml", none);
    fill(&desk, 1).await;
    send(&desk).await;
    check(
        "data_loss",
        &[
            desk.run("plan fifo.yaml"),
            desk.run("apply -y fifo.yaml"),
            desk.run("apply -y none.yaml"),
            desk.run("plan --detailed-exitcode stack.yaml"),
            desk.run("apply -y --allow-data-loss fifo.yaml"),
            desk.run("apply -y --allow-data-loss none.yaml"),
            desk.run("list"),
        ],
    );
}

#[test]
fn what_is_protected_stays_whatever_is_permitted() {
    let protected =
        STACK.replace("name: claims", "name: claims, lifecycle: { prevent_destroy: true }");
    let desk = Desk::with(emulator::ministack().account(), &protected);
    desk.must("apply -y stack.yaml", 0);
    desk.write("renamed.yaml", &protected.replace("name: claims", "name: receipts"));
    check(
        "protected",
        &[
            desk.run("destroy -y --allow-data-loss stack.yaml"),
            desk.run("apply -y --allow-data-loss renamed.yaml"),
            desk.run("plan --detailed-exitcode stack.yaml"),
        ],
    );
}

#[test]
fn nothing_is_asked_where_nobody_can_answer() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    let piped = Desk::with(desk.account.clone(), STACK).stdin("yes\n");
    let session = [
        desk.run("apply stack.yaml"),
        piped.run("apply stack.yaml"),
        desk.run("apply --json stack.yaml"),
        desk.run("list"),
    ];
    check("unattended", &session);
    desk.must("apply -y stack.yaml", 0);
    // With nothing to do there is nothing to approve.
    desk.must("apply stack.yaml", 0);
    check("unattended_destroy", &[desk.run("destroy stack.yaml")]);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}
