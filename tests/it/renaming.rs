//! What holds data is renamed, by the binary on an emulator: nothing is lost, and what is
//! sent meanwhile arrives.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::Message;

use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::transcripts::Desk;

const PATTERN: &str = "resources:\n  queue: { kind: sqs_queue }\n";

const BEFORE: &str = r#"
stack: moving
region: us-east-1
resources:
  queue: { kind: sqs_queue }
  mail: { pattern: ./mail.yaml }
  box: { kind: sqs_queue, for_each: [a, c] }
  bucket: { kind: s3_bucket }
  table:
    kind: dynamodb_table
    billing_mode: PAY_PER_REQUEST
    hash_key: { name: id, type: S }
  log: { kind: cloudwatch_log_group }
  key: { kind: kms_key }
  role:
    kind: iam_role
    assume_role_policy: { Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: lambda.amazonaws.com } } }
"#;

const MOVED: &str = r"
moved:
  queue: orders
  mail: post
  box.a: box.b
  bucket: store
  table: claims
  log: journal
  key: master
  role: worker
";

/// The same with other addresses.
fn renamed() -> String {
    let mut text = BEFORE.replace("[a, c]", "[b, c]");
    for (old, new) in [
        ("queue", "orders"),
        ("mail", "post"),
        ("bucket", "store"),
        ("table", "claims"),
        ("log", "journal"),
        ("key", "master"),
        ("role", "worker"),
    ] {
        text = text.replace(&format!("\n  {old}:"), &format!("\n  {new}:"));
    }
    text + MOVED
}

const QUEUES: [&str; 4] = ["moving-queue", "moving-mail-queue", "moving-box-a", "moving-box-c"];

struct Data {
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    tables: aws_sdk_dynamodb::Client,
    bucket: String,
}

impl Data {
    async fn of(account: &Account) -> Self {
        let s3 = aws::s3(account);
        let buckets = s3.list_buckets().send().await.expect("buckets").buckets.unwrap_or_default();
        let mut names = buckets.into_iter().filter_map(|bucket| bucket.name);
        let bucket = names.find(|name| name.starts_with("moving-")).expect("a bucket");
        let (sqs, tables) = (
            aws_sdk_sqs::Client::new(&aws::config(account)),
            aws_sdk_dynamodb::Client::new(&aws::config(account)),
        );
        Self { sqs, s3, tables, bucket }
    }

    async fn url(&self, name: &str) -> String {
        let answer = self.sqs.get_queue_url().queue_name(name).send().await.expect("a queue");
        answer.queue_url.expect("a URL")
    }

    async fn send(&self, text: &str) {
        for name in QUEUES {
            let call = self.sqs.send_message().queue_url(self.url(name).await);
            call.message_body(text).send().await.expect("sent");
        }
    }

    async fn fill(&self) {
        self.send("before").await;
        self.s3.put_object().bucket(&self.bucket).key("a").send().await.expect("an object");
        let id = AttributeValue::S("1".into());
        let call = self.tables.put_item().table_name("moving-table").item("id", id);
        call.send().await.expect("an item");
    }

    async fn is_whole(&self, sent: &[&str]) {
        for name in QUEUES {
            let url = self.url(name).await;
            let mut bodies: Vec<String> = Vec::new();
            while bodies.len() < sent.len() {
                let call = self.sqs.receive_message().queue_url(&url).max_number_of_messages(10);
                let messages = call.send().await.expect("messages").messages.unwrap_or_default();
                assert!(!messages.is_empty(), "{name} holds {bodies:?} alone");
                for Message { body, receipt_handle, .. } in messages {
                    bodies.extend(body);
                    let call = self.sqs.delete_message().queue_url(&url);
                    call.set_receipt_handle(receipt_handle).send().await.expect("deleted");
                }
            }
            bodies.sort();
            assert_eq!(bodies, sent, "{name}");
        }
        self.s3.head_object().bucket(&self.bucket).key("a").send().await.expect("the object");
        let items = self.tables.scan().table_name("moving-table").send().await.expect("items");
        assert_eq!(items.count, 1);
    }
}

#[tokio::test]
async fn nothing_is_lost_where_addresses_change() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), BEFORE);
    desk.write("mail.yaml", PATTERN);
    desk.must("apply -y stack.yaml", 0);
    let data = Data::of(&account).await;
    data.fill().await;
    desk.write("stack.yaml", &renamed());
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2).to_string();
    assert!(plan.contains("0 to add, 8 to change, 0 to destroy"), "{plan}");
    assert!(plan.contains("was mail.queue until now, and keeps its name"), "{plan}");
    data.send("meanwhile").await;
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    data.send("to the end").await;
    data.is_whole(&["before", "meanwhile", "to the end"]).await;
}

#[tokio::test]
async fn nothing_is_lost_where_the_stack_changes_its_name() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), BEFORE);
    desk.write("mail.yaml", PATTERN);
    desk.must("apply -y stack.yaml", 0);
    let data = Data::of(&account).await;
    data.fill().await;
    desk.write("stack.yaml", &renamed().replace("stack: moving", "stack: moved\nwas: moving"));
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2).to_string();
    assert!(plan.contains("0 to add, 9 to change, 0 to destroy"), "{plan}");
    assert!(plan.contains("was moving/box.c until now"), "{plan}");
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    data.send("after").await;
    data.is_whole(&["after", "before"]).await;
    let listed = desk.must("list", 0).to_string();
    assert!(listed.contains("moved") && !listed.contains("moving "), "{listed}");
    // A path cannot change, and is the former one: what is found under it is found by it.
    let iam = aws_sdk_iam::Client::new(&aws::config(&account));
    let role = iam.get_role().role_name("moving-role-us-east-1").send().await.expect("the role");
    let role = role.role.expect("the role");
    assert_eq!(role.path, "/ccprov/moving/");
    let tags = role.tags.unwrap_or_default();
    let value = |key: &str| tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str());
    assert_eq!((value("ccprov:stack"), value("ccprov:address")), (Some("moved"), Some("worker")));
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
    iam.get_role().role_name("moving-role-us-east-1").send().await.expect_err("it is gone");
    assert_eq!(desk.must("list", 0).stdout, "");
}

const TWO: &str = "stack: asked\nregion: us-east-1\nresources:\n";

#[tokio::test]
async fn who_says_that_it_was_renamed_is_told_what_to_write() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account, &format!("{TWO}  a: {{ kind: sqs_queue }}\n"));
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &format!("{TWO}  b: {{ kind: sqs_queue }}\n"));
    let asked = desk.answering("apply stack.yaml", &["yes"]).await.to_string();
    assert!(asked.contains("a would go, and b would come"), "{asked}");
    assert!(asked.contains("moved:") && asked.contains("  a: b"), "{asked}");
    assert!(asked.contains("Nothing was changed."), "{asked}");
    // Who says no, and then yes, meant it.
    let asked = desk.answering("apply stack.yaml", &["", "yes"]).await.to_string();
    assert!(asked.contains("Applied") || asked.contains("destroyed"), "{asked}");
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}
