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

/// What the last apply said of `force_destroy` stands in a tag, which anybody can
/// write: without the file, it permits nothing.
#[tokio::test]
async fn only_a_file_says_that_a_bucket_may_be_emptied() {
    let desk = desk();
    fill(&desk, 2).await;
    let forced = STACK.replace("s3_bucket", "s3_bucket, force_destroy: true");
    desk.write("stack.yaml", &forced);
    let allowed = desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("stack.yaml", STACK);
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
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let url = sqs.get_queue_url().queue_name("claims").send().await.unwrap();
    let message = sqs.send_message().queue_url(url.queue_url().unwrap());
    message.message_body("payload").send().await.unwrap();
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
