//! Stacks of 10 to 1000 resources on an emulator that is near: the whole
//! program, as users have it, with its signatures, its XML and its connections.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::delay_proxy::DelayProxy;
use super::emulator::Emulator;
use super::process::ccprov;
use super::spread::{each, megabytes};

/// 5000 would take minutes: the emulator answers one call at a time.
const SIZES: [usize; 3] = [10, 100, 1000];
/// The life of a stack: what it is called here, and the command.
const LIFE: [(&str, &str); 4] = [
    ("plan, all new", "plan"),
    ("apply", "apply -y"),
    ("plan without changes", "plan --detailed-exitcode"),
    ("destroy", "destroy -y"),
];

pub(crate) fn measure() {
    let emulator = Emulator::start();
    // Counts calls without asking ccprov to remember them.
    let proxy = DelayProxy::start(emulator.url(), Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    println!("\n| command | resources | calls | calls a resource | time | peak memory |");
    println!("|---|---:|---:|---:|---:|---:|");
    let mut rows = Vec::new();
    for size in SIZES {
        let file = written(folder.path(), size);
        let account = emulator.account();
        for (name, command) in LIFE {
            let before = proxy.exchanges();
            let mut arguments: Vec<&str> = command.split(' ').collect();
            arguments.push(&file);
            let done = ccprov(&account, &proxy.url(), &arguments);
            let calls = proxy.exchanges() - before;
            rows.push((
                name,
                format!(
                    "| {name} | {size} | {calls} | {} | {:.2} s | {} |",
                    each(calls, size),
                    done.wall.as_secs_f64(),
                    megabytes(done.peak),
                ),
            ));
        }
    }
    for (name, _) in LIFE {
        for (_, row) in rows.iter().filter(|(of, _)| *of == name) {
            println!("{row}");
        }
    }
}

/// A stack file of so many resources. JSON is YAML.
fn written(folder: &Path, size: usize) -> String {
    let path = folder.join(format!("of-{size}.yaml"));
    let stack = json!({
        "stack": format!("of-{size}"),
        "region": "us-east-1",
        "tags": { "Environment": "bench" },
        "resources": resources(size),
    });
    fs::write(&path, stack.to_string()).unwrap();
    path.display().to_string()
}

/// Groups of ten: a bucket that tells a topic, two queues that are subscribed
/// to it, their dead-letter queue, and a queue under the stack's key, which
/// waits for what AWS chooses. The key stands in the first group's last place;
/// in the others there is one more queue.
fn resources(count: usize) -> Map<String, Value> {
    (0..count)
        .map(|number| (name(number / 10, number % 10), resource(number / 10, number % 10)))
        .collect()
}

fn name(group: usize, place: usize) -> String {
    if (group, place) == (0, 9) { "key".to_owned() } else { format!("g{group}_{place}") }
}

fn resource(group: usize, place: usize) -> Value {
    let fact = |place: usize, fact: &str| format!("${{g{group}_{place}.{fact}}}");
    let [bucket, topic, dlq] = [0, 1, 3].map(|place| fact(place, "arn"));
    match place {
        0 => json!({ "kind": "s3_bucket", "force_destroy": true, "versioning": "enabled" }),
        1 => json!({
            "kind": "sns_topic",
            "policy": allow("s3", "sns:Publish", &topic, &bucket),
        }),
        2 => json!({
            "kind": "s3_bucket_notification",
            "bucket": fact(0, "name"),
            "topic": [{ "topic_arn": topic, "events": ["s3:ObjectCreated:*"] }],
        }),
        3 => json!({ "kind": "sqs_queue", "message_retention_seconds": 1_209_600 }),
        4 | 5 => json!({
            "kind": "sqs_queue",
            "redrive_policy": { "dead_letter_queue": dlq, "max_receive_count": 5 },
            "policy": allow("sns", "sqs:SendMessage", &fact(place, "arn"), &topic),
        }),
        6 | 7 => json!({
            "kind": "sns_subscription",
            "topic_arn": topic,
            "protocol": "sqs",
            "endpoint": fact(place - 2, "arn"),
        }),
        8 => json!({ "kind": "sqs_queue", "kms_master_key_id": "${key.arn}" }),
        _ if group == 0 => {
            json!({ "kind": "kms_key", "alias": "alias/${stack}", "deletion_window_in_days": 7 })
        }
        _ => json!({ "kind": "sqs_queue" }),
    }
}

/// Lets a service do something for one source.
fn allow(service: &str, action: &str, resource: &str, source: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Service": format!("{service}.amazonaws.com") },
        "Action": action,
        "Resource": resource,
        "Condition": {
            "StringEquals": { "aws:SourceAccount": "${account}" },
            "ArnLike": { "aws:SourceArn": source },
        },
    }] })
}
