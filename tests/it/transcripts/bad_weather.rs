//! AWS as it should not be: the wrong account, the wrong line, no permission,
//! and objects that are somebody else's.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::{Desk, check};
use crate::support::aws;
use crate::support::delay_proxy::DelayProxy;
use crate::support::emulator::{self, Account};

const QUEUE: &str = "stack: claims\nregion: us-east-1\nresources:\n  queue: { kind: sqs_queue }\n";

fn desk(stack: &str) -> Desk {
    Desk::with(emulator::ministack().account(), stack)
}

fn enforcing(stack: &str) -> Desk {
    Desk::with(emulator::ministack_enforcing_tls().account(), stack)
}

#[test]
fn credentials_of_another_account_see_nothing() {
    let emulator = emulator::ministack();
    let proxy = DelayProxy::start(emulator.url(), Duration::ZERO);
    let account = emulator.account().through(&proxy.url());
    let pinned = format!("account: \"123456789012\"\n{QUEUE}");
    let desk = Desk::with(account, &pinned);
    let session = [
        desk.run("plan stack.yaml"),
        desk.run("apply -y stack.yaml"),
        desk.run("destroy -y stack.yaml"),
        desk.run("output stack.yaml"),
    ];
    assert_eq!(proxy.exchanges(), session.len(), "each asked who it was, and no more");
    check("wrong_account", &session);
}

#[test]
fn the_region_is_stated_once() {
    let desk = desk(QUEUE);
    let nowhere = Desk::with(emulator::ministack().account(), "stack: a\nresources: {}\n")
        .env("AWS_REGION", "")
        .env("AWS_CONFIG_FILE", "/dev/null");
    check(
        "region",
        &[
            desk.run("plan stack.yaml --region eu-central-1"),
            desk.run("plan stack.yaml --region us-east-1 --detailed-exitcode"),
            nowhere.run("plan stack.yaml"),
            nowhere.run("list"),
        ],
    );
}

#[test]
fn without_credentials_there_is_nothing_to_do() {
    let desk = desk(QUEUE).env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "");
    let config = "[profile work]\nregion = us-east-1\n";
    desk.write("config", config);
    let path = desk.path("config").display().to_string();
    let mistyped = Desk::with(desk.account.clone(), QUEUE).env("AWS_CONFIG_FILE", &path);
    check(
        "no_credentials",
        &[
            desk.run("plan stack.yaml"),
            desk.run("list --profile nobody"),
            mistyped.run("list --profile wrok"),
            desk.run("list --json"),
        ],
    );
}

/// Else whoever asks for one account acts in another.
#[test]
fn a_named_profile_wins_over_keys_of_the_environment() {
    let named = emulator::ministack().account();
    let desk = desk(QUEUE);
    let keys = format!("aws_access_key_id = {}\naws_secret_access_key = x\n", named.access_key);
    desk.write("credentials", &format!("[other]\n{keys}"));
    let path = desk.path("credentials").display().to_string();
    let desk = desk.env("AWS_SHARED_CREDENTIALS_FILE", &path);
    let told = desk.must("plan stack.yaml --profile other", 0).stdout;
    assert!(told.contains(&named.id), "{told}");
}

#[test]
fn a_dead_line_is_told_as_such() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("a port"));
    drop(listener);
    let account = emulator::ministack().account().through(&address);
    let untrusted = Account { certificate: None, ..emulator::ministack_enforcing_tls().account() };
    check(
        "dead_line",
        &[
            Desk::with(account, QUEUE).run("plan stack.yaml"),
            Desk::with(untrusted, QUEUE).run("plan stack.yaml"),
        ],
    );
}

/// A user with these permissions and no others.
async fn user(root: &Account, actions: &[&str]) -> Account {
    let iam = aws_sdk_iam::Client::new(&aws::config(root));
    iam.create_user().user_name("u").send().await.unwrap();
    if !actions.is_empty() {
        let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": actions, "Resource": "*",
        }});
        let put = iam.put_user_policy().user_name("u").policy_name("u");
        put.policy_document(policy.to_string()).send().await.unwrap();
    }
    let key = iam.create_access_key().user_name("u").send().await.unwrap();
    let key = key.access_key().unwrap();
    Account {
        access_key: key.access_key_id().to_owned(),
        secret_key: key.secret_access_key().to_owned(),
        ..root.clone()
    }
}

const READING: &[&str] = &[
    "sqs:GetQueueUrl",
    "sqs:GetQueueAttributes",
    "sqs:ListQueueTags",
    "tag:GetResources",
    "iam:List*",
];

#[tokio::test]
async fn a_missing_permission_is_named() {
    let nothing = user(&emulator::ministack_enforcing_tls().account(), &[]).await;
    let reader = user(&emulator::ministack_enforcing_tls().account(), READING).await;
    let two = format!("{QUEUE}  topic: {{ kind: sns_topic }}\n");
    let (nothing, reader) = (Desk::with(nothing, &two), Desk::with(reader, QUEUE));
    check(
        "permissions",
        &[
            nothing.run("plan stack.yaml"),
            nothing.run("list"),
            reader.run("plan stack.yaml --detailed-exitcode"),
            reader.run("apply -y stack.yaml"),
        ],
    );
}

#[tokio::test]
async fn what_is_not_ours_stays_as_it_is() {
    let desk = enforcing(QUEUE);
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let made = sqs.create_queue().queue_name("claims-queue").attributes(Name::DelaySeconds, "7");
    made.send().await.unwrap();
    let mut session = vec![desk.run("plan stack.yaml"), desk.run("apply -y stack.yaml")];
    session.push(desk.run("destroy -y stack.yaml"));
    desk.write("stack.yaml", &QUEUE.replace("sqs_queue", "sqs_queue, lifecycle: { adopt: true }"));
    session.push(desk.run("plan stack.yaml"));
    session.push(desk.run("apply -y stack.yaml"));
    session.push(desk.run("plan stack.yaml --detailed-exitcode"));
    check("adopt", &session);
}

#[test]
fn what_another_stack_owns_is_never_touched() {
    let desk = enforcing(QUEUE);
    desk.must("apply -y stack.yaml", 0);
    let thief = QUEUE
        .replace("stack: claims", "stack: thief")
        .replace("sqs_queue", "sqs_queue, name: claims-queue, lifecycle: { adopt: true }");
    desk.write("thief.yaml", &thief);
    check(
        "thief",
        &[
            desk.run("plan thief.yaml"),
            desk.run("plan thief.yaml --json"),
            desk.run("apply -y thief.yaml"),
            desk.run("destroy -y thief.yaml"),
            desk.run("plan stack.yaml --detailed-exitcode"),
        ],
    );
}
