//! The plainest producer and the plainest consumer, each in its own role.
//!
//! The emulator takes a session for that of a role by the role's name, without
//! its path, and encrypts with a key whoever may use it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_sqs::types::QueueAttributeName;
use ccprov::aws::behaviours::Options;
use ccprov::model::{Address, Inspected, Verdict};
use serde_json::{Value, json};

use super::refusals::user;
use super::stand::{Stand, exclusive, impatient, patient, seen, told};
use crate::support::aws;
use crate::support::emulator::{ministack, ministack_enforcing_tls};

/// A bucket, a topic and queues, of which roles of their own speak.
pub(crate) const STACK: &str = r#"
stack: verified
resources:
  bucket:
    kind: s3_bucket
    force_destroy: true
  topic:
    kind: sns_topic
    name: claims-sns
  subscription:
    kind: sns_subscription
    topic_arn: "${topic.arn}"
    protocol: sqs
    endpoint: "${queue.arn}"
  queue:
    kind: sqs_queue
    name: claims-sqs
    force_destroy: true
    policy:
      Statement:
        Sid: TopicSends
        Effect: Allow
        Principal: { Service: sns.amazonaws.com }
        Action: "sqs:SendMessage"
        Resource: "${queue.arn}"
        Condition: { ArnEquals: { "aws:SourceArn": "${topic.arn}" } }
  producer:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { AWS: "${account}" }, Action: "sts:AssumeRole" }
    inline_policies:
      produce:
        Statement:
          - { Effect: Allow, Action: "s3:PutObject", Resource: "${bucket.arn}/in/*.json" }
          - { Effect: Allow, Action: "sns:Publish", Resource: "${topic.arn}" }
          - { Effect: Allow, Action: "sqs:SendMessage", Resource: "${queue.arn}" }
  consumer:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { AWS: "${account}" }, Action: "sts:AssumeRole" }
    inline_policies:
      consume:
        Statement:
          - { Effect: Allow, Action: "s3:GetObject", Resource: "${bucket.arn}/*" }
          - { Effect: Allow, Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage"], Resource: "${queue.arn}" }
  function:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
    inline_policies:
      produce:
        Statement: { Effect: Allow, Action: "s3:PutObject", Resource: "${bucket.arn}/*" }
"#;

async fn stand() -> Stand {
    let root = Stand::make_of(&ministack_enforcing_tls().account(), STACK).await;
    root.seen_by(&user(&root.account).await).await
}

async fn policy(stand: &Stand, statement: Value) {
    let policy = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    let bucket = stand.bucket().await;
    stand.s3().put_bucket_policy().bucket(bucket).policy(policy).send().await.unwrap();
}

/// Nobody else reads the queue, so that ours is gone if it is not there.
async fn assert_nothing_stays(stand: &Stand) {
    let attribute = QueueAttributeName::All;
    let ask = stand.sqs().get_queue_attributes().queue_url(stand.url("claims-sqs"));
    let counts = ask.attribute_names(attribute).send().await.unwrap().attributes.unwrap();
    let messages: Vec<_> =
        counts.iter().filter(|(name, _)| name.as_str().starts_with("ApproximateNumber")).collect();
    assert!(
        !messages.is_empty() && messages.iter().all(|(_, count)| *count == "0"),
        "{messages:?}"
    );
    stand.assert_tidy().await;
}

/// The messages of all findings.
fn messages(results: &[Inspected]) -> Vec<&str> {
    let findings = results.iter().flat_map(|result| result.verdict.findings());
    findings.map(|finding| finding.message.as_str()).collect()
}

#[tokio::test]
async fn roles_do_what_they_were_given() {
    let stand = stand().await;
    let results = stand.verify("plain_producer", exclusive()).await;
    let account = &stand.account.id;
    let why = format!(
        "function -> bucket: not exercised, function admits lambda.amazonaws.com alone: play a role \
         that you may take on with --as, or admit arn:aws:iam::{account}:user/verifier in development"
    );
    let well =
        ["producer -> bucket: passed", "producer -> queue: passed", "producer -> topic: passed"];
    assert_eq!(told(&results), [&[why.as_str()][..], &well[..]].concat());
    let results = stand.verify("plain_consumer", exclusive()).await;
    assert_eq!(told(&results), ["bucket -> consumer: passed", "queue -> consumer: passed"]);
    assert!(seen(&results).contains(&"our message was received"), "{results:?}");
    assert_nothing_stays(&stand).await;
}

#[tokio::test]
async fn nobody_s_messages_are_touched_unless_it_is_permitted() {
    let stand = stand().await;
    let both = [("plain_producer", "producer -> "), ("plain_consumer", "-> consumer")];
    for (check, whom) in both {
        let told = told(&stand.verify(check, patient()).await);
        for line in told.iter().filter(|line| line.contains(whom)) {
            let expected = if line.contains("bucket") { "passed" } else { "it takes --exclusive" };
            assert!(line.ends_with(expected), "{line}");
        }
    }
    stand.assert_tidy().await;
}

/// The trap: an operator with `IfExists`, or a negated one, denies whoever sends
/// no header.
#[tokio::test]
async fn a_producer_who_sends_no_header_and_is_shut_out_is_seen() {
    let stand = stand().await;
    let bucket = stand.bucket().await;
    let header = "s3:x-amz-server-side-encryption";
    let trap = |operator: &str| {
        json!({
            "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
            "Resource": format!("arn:aws:s3:::{bucket}/*"),
            "Condition": { operator: { header: "AES256" } },
        })
    };
    for operator in ["StringNotEqualsIfExists", "StringNotEquals"] {
        policy(&stand, trap(operator)).await;
        let results = stand.verify("plain_producer", impatient()).await;
        assert!(
            told(&results).contains(&"producer -> bucket: bucket policy".to_owned()),
            "{results:?}"
        );
        assert!(messages(&results)[0].contains("shut out"), "{results:?}");
    }
    let mut mended = trap("StringNotEquals");
    mended["Condition"]["Null"] = json!({ header: "false" });
    policy(&stand, mended).await;
    let results = told(&stand.verify("plain_producer", impatient()).await);
    assert!(results.contains(&"producer -> bucket: passed".to_owned()), "{results:?}");
    stand.assert_tidy().await;
}

/// Where no role can be played, the caller is the plainest producer.
#[tokio::test]
async fn the_caller_finds_the_trap_where_there_is_no_role() {
    let root = Stand::make(&ministack_enforcing_tls().account()).await;
    let stand = root.seen_by(&user(&root.account).await).await;
    let results = told(&stand.verify("plain_producer", impatient()).await);
    assert_eq!(results, ["the caller -> claims.bucket: passed"]);
    let bucket = stand.bucket().await;
    let trap = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{bucket}/*"),
        "Condition": { "StringNotEqualsIfExists": { "s3:x-amz-server-side-encryption": "aws:kms" } },
    });
    policy(&stand, trap).await;
    let results = told(&stand.verify("plain_producer", impatient()).await);
    assert_eq!(results, ["the caller -> claims.bucket: claims.bucket policy"]);
    // The emulator spares its root user, so that there is nothing to see.
    let spared = told(&root.verify("plain_producer", impatient()).await);
    assert!(spared[0].contains("NothingToCheck"), "{spared:?}");
    stand.assert_tidy().await;
}

/// A grant that another policy takes back. What a role is told that may not use
/// the key, no emulator says: that is tried where AWS's words are at hand, in
/// `src/aws/behaviours/actor/tests.rs`.
#[tokio::test]
async fn a_role_that_may_not_do_what_it_was_given_is_seen() {
    let stand = stand().await;
    let scene = stand.scene().await;
    let role = |name: &str| scene.exhibits[&Address::new(name)].fact("arn").to_owned();
    let deny = |name: &str, action: &str, resource: String| {
        json!({ "Effect": "Deny", "Principal": { "AWS": role(name) }, "Action": action,
            "Resource": resource })
    };
    let objects = format!("arn:aws:s3:::{}/*", stand.bucket().await);
    let of_bucket = json!([
        deny("producer", "s3:PutObject", objects.clone()),
        deny("consumer", "s3:GetObject", objects),
    ]);
    policy(&stand, of_bucket).await;
    let queue = stand.queue_arn("claims-sqs");
    let of_queue = |name, action| json!({ "Version": "2012-10-17", "Statement": deny(name, action, queue.clone()) });
    let set = async |policy: Value| {
        let set = stand.sqs().set_queue_attributes().queue_url(stand.url("claims-sqs"));
        set.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
    };
    let options = || Options { exclusive: true, ..impatient() };
    set(of_queue("producer", "sqs:SendMessage")).await;
    let results = told(&stand.verify("plain_producer", options()).await);
    assert_eq!(
        results[1..3],
        ["producer -> bucket: bucket policy", "producer -> queue: queue policy"]
    );
    for action in ["sqs:ReceiveMessage", "sqs:DeleteMessage"] {
        set(of_queue("consumer", action)).await;
        let results = told(&stand.verify("plain_consumer", options()).await);
        let expected = ["bucket -> consumer: bucket policy", "queue -> consumer: queue policy"];
        assert_eq!(results, expected, "{action}");
    }
    assert_nothing_stays(&stand).await;
}

/// Whom STS refuses does not tell of the role, but finds the trap in its place.
#[tokio::test]
async fn who_may_not_take_a_role_on_sees_no_more_than_the_trap() {
    let stand = stand().await;
    let iam = aws_sdk_iam::Client::new(&aws::config(&stand.account));
    let deny = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*" } });
    let put = iam.put_user_policy().user_name("verifier").policy_name("no-roles");
    put.policy_document(deny.to_string()).send().await.unwrap();
    let results = told(&stand.verify("plain_producer", impatient()).await);
    let expected =
        "producer -> bucket: not exercised, producer could not be taken on: AccessDenied";
    assert!(results[1].starts_with(expected), "{results:#?}");
    let trap = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{}/*", stand.bucket().await),
        "Condition": { "StringNotEquals": { "s3:x-amz-server-side-encryption": "AES256" } },
    });
    policy(&stand, trap).await;
    let results = told(&stand.verify("plain_producer", impatient()).await);
    assert_eq!(results[1], "producer -> bucket: bucket policy");
    stand.assert_tidy().await;
}

#[tokio::test]
async fn who_is_asked_for_is_played_or_nobody_saw_anything() {
    let stand = stand().await;
    let told_of = async |role: &str| {
        let act_as = vec![role.to_owned()];
        told(&stand.verify("plain_producer", Options { act_as, ..impatient() }).await)
    };
    let arn = format!("arn:aws:iam::{}:role/nobody", stand.account.id);
    let check = async |role: &str, expected: &[&str]| {
        let told = told_of(role).await;
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (line, expected) in told.iter().zip(expected) {
            assert!(line.replace(&arn, "NOBODY").starts_with(expected), "{line}");
        }
    };
    let exclusive = "not exercised, a message would reach whoever reads: it takes --exclusive";
    let (queue, topic) =
        (format!("producer -> queue: {exclusive}"), format!("producer -> topic: {exclusive}"));
    check("producer", &["producer -> bucket: passed", &queue, &topic]).await;
    // What it is to do is another check's.
    check("consumer", &["the stack: could not look"]).await;
    check("function", &["function -> bucket: could not look, failed to take on the role"]).await;
    check(&arn, &["NOBODY: not exercised, no policy of the stack gives NOBODY anything"]).await;
    let named = json!({ "Effect": "Allow", "Principal": { "AWS": arn }, "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{}/*", stand.bucket().await) });
    policy(&stand, named).await;
    check(&arn, &["NOBODY -> bucket: could not look, failed to take on the role NOBODY"]).await;
    stand.assert_tidy().await;
}

#[tokio::test]
async fn plain_http_is_no_place_to_try_rights() {
    let stand = Stand::make_of(&ministack().account(), STACK).await;
    for check in ["plain_consumer", "plain_producer"] {
        let results = stand.verify(check, impatient()).await;
        assert!(matches!(results[0].verdict, Verdict::CouldNotLook { .. }), "{results:?}");
    }
}
