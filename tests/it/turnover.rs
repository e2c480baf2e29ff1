//! What comes and what goes at one object, with the binary, where AWS's quotas
//! hold and keys of tags may be blind to case.

use std::fmt::Write as _;

use aws_sdk_s3::types::{Tag, Tagging};

use crate::support::aws;
use crate::support::aws_rules::{AwsRules, Lag};
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::FaultProxy;
use crate::transcripts::Desk;

/// A desk whose calls all pass a proxy with AWS's rules.
fn ruled(stack: &str) -> (Account, FaultProxy, Desk) {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::under(AwsRules::new(&account, Lag::NONE));
    let desk = Desk::with(account.through(&proxy.url()), stack);
    (account, proxy, desk)
}

/// Everything is full: of tags, policies and characters. The second differs
/// from the first in nearly all of it.
fn full(second: bool) -> String {
    let (letter, least) = if second { ("b", 1) } else { ("a", 0) };
    let tags: Vec<String> = (0..46).map(|n| format!("{letter}{n}: x")).collect();
    let tags = format!("{{ {} }}", tags.join(", "));
    let arns: Vec<String> = (least..least + 10).map(|n| format!("\"${{p{n}.arn}}\"")).collect();
    let mut text = "stack: full\nregion: us-east-1\nresources:\n".to_owned();
    let statement = |action: &str| {
        format!("{{ Statement: {{ Effect: Allow, Action: \"{action}\", Resource: \"*\" }} }}")
    };
    for number in 0..11 {
        let policy = statement("sqs:ReceiveMessage");
        writeln!(text, "  p{number}: {{ kind: iam_policy, policy: {policy} }}").expect("a text");
    }
    let large = statement(&format!("s3:{}", letter.repeat(5000)));
    let (grows, shrinks) = if second { (4500, 100) } else { (100, 4500) };
    let (grows, shrinks) = (
        statement(&format!("s3:{}", "c".repeat(grows))),
        statement(&format!("s3:{}", "d".repeat(shrinks))),
    );
    write!(
        text,
        "  role:
    kind: iam_role
    assume_role_policy: {{ Statement: {{ Effect: Allow, Action: \"sts:AssumeRole\", Principal: {{ Service: lambda.amazonaws.com }} }} }}
    managed_policy_arns: [{}]
    inline_policies: {{ {letter}: {large}, grows: {grows}, shrinks: {shrinks} }}
    tags: {tags}
  managed: {{ kind: iam_policy, policy: {}, tags: {tags} }}
  key: {{ kind: kms_key, tags: {tags} }}
  topic: {{ kind: sns_topic, tags: {tags} }}
  queue: {{ kind: sqs_queue, tags: {tags} }}
  bucket: {{ kind: s3_bucket, tags: {tags} }}
",
        arns.join(", "),
        statement("sqs:SendMessage"),
    )
    .expect("a text");
    text
}

#[test]
fn what_goes_makes_room_where_an_object_is_full() {
    let (_account, proxy, desk) = ruled(&full(false));
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &full(true));
    desk.must("apply -y stack.yaml", 0);
    assert_eq!(proxy.befallen(), [], "{proxy}");
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}

const ROLE: &str = r#"
stack: rights
region: us-east-1
vars: { key: Team }
resources:
  send: { kind: iam_policy, policy: { Statement: { Effect: Allow, Action: "sqs:SendMessage", Resource: "*" } } }
  role:
    kind: iam_role
    assume_role_policy: { Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: lambda.amazonaws.com } } }
    tags: { "${var.key}": a }
    RIGHTS
"#;

/// The calls since there were so many, as far as they change a role's rights.
fn rights_since(proxy: &FaultProxy, calls: usize) -> Vec<String> {
    let told = proxy.to_string();
    let lines = told.lines().filter(|line| line.starts_with("[call")).skip(calls);
    let names = lines.filter_map(|line| Some(line.split_once("iam:")?.1.to_owned()));
    let meant = ["AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy", "DeleteRolePolicy"];
    names.filter(|name| meant.contains(&name.as_str())).collect()
}

#[test]
fn a_right_that_moves_is_there_before_it_goes() {
    let attached = r#"managed_policy_arns: ["${send.arn}"]"#;
    let inline = r#"inline_policies: { send: { Statement: { Effect: Allow, Action: "sqs:SendMessage", Resource: "*" } } }"#;
    let (_account, proxy, desk) = ruled(&ROLE.replace("RIGHTS", inline));
    desk.must("apply -y stack.yaml", 0);
    for (rights, expected) in [
        (attached, ["AttachRolePolicy", "DeleteRolePolicy"]),
        (inline, ["PutRolePolicy", "DetachRolePolicy"]),
    ] {
        let before = proxy.calls();
        desk.write("stack.yaml", &ROLE.replace("RIGHTS", rights));
        desk.must("apply -y stack.yaml", 0);
        assert_eq!(rights_since(&proxy, before), expected, "{proxy}");
    }
}

#[test]
fn a_role_s_tag_changes_its_case_by_one_call() {
    let (_account, proxy, desk) = ruled(&ROLE.replace("RIGHTS", ""));
    desk.must("apply -y stack.yaml", 0);
    desk.must("apply -y stack.yaml --var key=TEAM", 0);
    desk.must("plan --detailed-exitcode stack.yaml --var key=TEAM", 0);
    let told = proxy.to_string();
    assert_eq!(told.matches("iam:TagRole").count(), 1, "{told}");
    assert_eq!(told.matches("iam:UntagRole").count(), 0, "{told}");
}

#[test]
fn an_empty_text_is_none_from_end_to_end() {
    let desk = Desk::with(
        emulator::ministack().account(),
        r#"
stack: empties
region: us-east-1
vars: { none: "" }
resources:
  queue: { kind: sqs_queue, kms_master_key_id: "${var.none}", policy: "${var.none}" }
  topic: { kind: sns_topic, kms_master_key_id: "${var.none}", sqs_failure_feedback_role_arn: "${var.none}" }
  bucket: { kind: s3_bucket, server_side_encryption: { sse_algorithm: "aws:kms", kms_master_key_id: "${var.none}" } }
  role:
    kind: iam_role
    permissions_boundary: "${var.none}"
    assume_role_policy: { Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: lambda.amazonaws.com } } }
"#,
    );
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}

const TAGGED: &str = r#"
stack: tagged
region: us-east-1
tags: { Owner: "${var.owner}" }
vars: { owner: a }
ignore_tags: ["kubernetes.io/*", c7n]
resources:
  bucket: { kind: s3_bucket, bucket: "tagged-${account}" }
  queue: { kind: sqs_queue, name: tagged }
"#;

/// What somebody else puts on the bucket and the queue besides.
async fn tag_besides(account: &Account, keys: &[&str]) {
    let (s3, bucket) = (aws::s3(account), format!("tagged-{}", account.id));
    let mut tags = s3.get_bucket_tagging().bucket(&bucket).send().await.expect("tags").tag_set;
    let tag = |key: &str| Tag::builder().key(key).value("bot").build().expect("a tag");
    tags.extend(keys.iter().map(|key| tag(key)));
    let tagging = Tagging::builder().set_tag_set(Some(tags)).build().expect("tags");
    s3.put_bucket_tagging().bucket(&bucket).tagging(tagging).send().await.expect("tagged");
    let sqs = aws_sdk_sqs::Client::new(&aws::config(account));
    let url = sqs.get_queue_url().queue_name("tagged").send().await.expect("a queue");
    let tags = keys.iter().map(|key| ((*key).to_owned(), "bot".to_owned())).collect();
    let call = sqs.tag_queue().queue_url(url.queue_url.expect("a URL")).set_tags(Some(tags));
    call.send().await.expect("tagged");
}

async fn keys_of_bucket(account: &Account) -> Vec<String> {
    let call = aws::s3(account).get_bucket_tagging().bucket(format!("tagged-{}", account.id));
    let tags = call.send().await.expect("tags").tag_set;
    let mut keys: Vec<String> = tags.into_iter().map(|tag| tag.key).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn tags_of_others_are_neither_told_nor_removed() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), TAGGED);
    desk.must("apply -y stack.yaml", 0);
    tag_besides(&account, &["kubernetes.io/cluster/x", "c7n"]).await;
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("apply -y stack.yaml --var owner=b", 0);
    let kept = ["Owner", "c7n", "ccprov:address", "ccprov:stack", "kubernetes.io/cluster/x"];
    assert_eq!(keys_of_bucket(&account).await, kept);
    // Of no pattern: shown, and in a spelling that `ignore_changes` takes.
    tag_besides(&account, &["platform:cost.center"]).await;
    let plan = desk.must("plan --detailed-exitcode stack.yaml --var owner=b", 2);
    assert!(plan.to_string().contains("tags[platform:cost.center]"), "{plan}");
    let left = "name: tagged, lifecycle: { ignore_changes: [\"tags[platform:cost.center]\"] }";
    let stack = TAGGED.replace("name: tagged", left);
    let bucket = "account}\", lifecycle: { ignore_changes: [\"tags.platform:*\"] }";
    desk.write("stack.yaml", &stack.replace("account}\"", bucket));
    desk.must("plan --detailed-exitcode stack.yaml --var owner=b", 0);
}

/// A bot is faster than the apply of a kept plan.
#[tokio::test]
async fn what_came_since_the_plan_stays_if_it_is_left_to_others() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), TAGGED);
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan stack.yaml --var owner=b --out kept.plan", 0);
    tag_besides(&account, &["c7n"]).await;
    desk.must("apply -y --plan kept.plan", 0);
    assert_eq!(keys_of_bucket(&account).await, ["Owner", "c7n", "ccprov:address", "ccprov:stack"]);
}
