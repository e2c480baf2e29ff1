//! Changes behind ccprov's back: a plan shows each, and no more than it; an
//! apply takes it back.

use aws_sdk_iam::types::Tag as IamTag;
use aws_sdk_kms::types::Tag as KmsTag;
use aws_sdk_s3::types::{
    BucketVersioningStatus, NotificationConfiguration, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, VersioningConfiguration,
};
use aws_sdk_sns::types::Tag as SnsTag;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::json;

use super::{Desk, check};
use crate::support::aws;
use crate::support::binary::Transcript;
use crate::support::emulator;

const STACK: &str = r#"
stack: claims
region: us-east-1
tags: { Environment: dev }
resources:
  key:
    kind: kms_key
    alias: alias/claims
    description: Encrypts claims
    enable_key_rotation: true
    policy:
      Statement:
        - { Sid: Root, Effect: Allow, Principal: { AWS: "arn:aws:iam::${account}:root" }, Action: "kms:*", Resource: "*" }
        - { Sid: Topic, Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: ["kms:GenerateDataKey*", "kms:Decrypt"], Resource: "*", Condition: { ArnLike: { "aws:SourceArn": "${topic.arn}" } } }
  bucket:
    kind: s3_bucket
    bucket: "claims-${account}"
    versioning: enabled
    server_side_encryption: { sse_algorithm: "aws:kms", kms_master_key_id: "${key.arn}", bucket_key_enabled: true }
    lifecycle_rules: [ { id: old, expiration: { days: 90 } } ]
    policy:
      Statement: { Sid: TlsOnly, Effect: Deny, Principal: "*", Action: "s3:*", Resource: "${bucket.arn}/*", Condition: { Bool: { "aws:SecureTransport": "false" } } }
  notification: { kind: s3_bucket_notification, bucket: "${bucket.name}", topic: [ { topic_arn: "${topic.arn}", events: ["s3:ObjectCreated:*"] } ] }
  topic:
    kind: sns_topic
    name: claims
    display_name: Claims
    policy: { Statement: { Sid: Bucket, Effect: Allow, Principal: { Service: s3.amazonaws.com }, Action: "sns:Publish", Resource: "${topic.arn}", Condition: { ArnLike: { "aws:SourceArn": "${bucket.arn}" } } } }
  subscription: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "${queue.arn}", raw_message_delivery: true }
  dlq: { kind: sqs_queue, name: claims-dlq }
  queue:
    kind: sqs_queue
    name: claims
    visibility_timeout_seconds: 600
    message_retention_seconds: 86400
    delay_seconds: 5
    kms_master_key_id: "${key.arn}"
    redrive_policy: { dead_letter_queue: "${dlq.arn}", max_receive_count: 3 }
    policy: { Statement: { Sid: Topic, Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: "sqs:SendMessage", Resource: "${queue.arn}", Condition: { ArnLike: { "aws:SourceArn": "${topic.arn}" } } } }
  consumers:
    kind: iam_policy
    name: consumers
    policy: { Statement: { Sid: Receive, Effect: Allow, Action: "sqs:ReceiveMessage", Resource: "${queue.arn}" } }
  consumer:
    kind: iam_role
    name: consumer
    description: Consumes claims
    max_session_duration: 7200
    assume_role_policy: { Statement: { Sid: Trust, Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: ec2.amazonaws.com } } }
    inline_policies: { logs: { Statement: { Sid: Logs, Effect: Allow, Action: "logs:DescribeLogGroups", Resource: "*" } } }
    managed_policy_arns: ["${consumers.arn}"]
"#;

/// A stack that was applied, and its plans since.
struct House {
    desk: Desk,
    plans: Vec<Transcript>,
}

impl House {
    fn built() -> Self {
        let desk = Desk::with(emulator::ministack().account(), STACK);
        desk.must("apply -y stack.yaml", 0);
        Self { desk, plans: Vec::new() }
    }

    fn config(&self) -> aws_config::SdkConfig {
        aws::config(&self.desk.account)
    }

    fn arn(&self, service: &str, name: &str) -> String {
        format!("arn:aws:{service}:us-east-1:{}:{name}", self.desk.account.id)
    }

    /// These fields of one resource differ now, by the plan's word. That no
    /// other does shows that the change before was taken back.
    fn differs(&mut self, address: &str, fields: &[&str]) {
        let plan = self.desk.must("plan --detailed-exitcode stack.yaml", 2);
        let expected: Vec<String> =
            fields.iter().map(|field| format!("{address} {field}")).collect();
        assert_eq!(differences(&plan), expected, "{plan}");
        self.desk.must("apply -y stack.yaml", 0);
        self.plans.push(plan);
    }

    fn stands(self, name: &str) {
        self.desk.must("plan --detailed-exitcode stack.yaml", 0);
        check(name, &self.plans);
    }
}

/// A policy that admits anybody.
fn open(action: &str, resource: &str) -> String {
    let statement = json!({
        "Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource,
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// `ADDRESS FIELD` of everything that a plan would change; `ADDRESS` alone of
/// what it would create or delete.
fn differences(plan: &Transcript) -> Vec<String> {
    let mut found = Vec::new();
    let mut address = "";
    for line in plan.stdout.lines() {
        let sign = line.trim_start().chars().next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        match line.len() - line.trim_start().len() {
            0 if sign == '~' => address = words[1],
            0 if "+-±".contains(sign) => found.push(words[1].to_owned()),
            4 if "+~-".contains(sign) => found.push(format!("{address} {}", words[1])),
            _ => {}
        }
    }
    found
}

#[tokio::test]
async fn of_queues() {
    let mut house = House::built();
    let sqs = aws_sdk_sqs::Client::new(&house.config());
    let url = format!("{}/{}/claims", house.desk.account.endpoint, house.desk.account.id);
    let redrive =
        json!({ "deadLetterTargetArn": house.arn("sqs", "claims-dlq"), "maxReceiveCount": 9 });
    let open = open("sqs:*", &house.arn("sqs", "claims"));
    for (name, value, field) in [
        (Name::VisibilityTimeout, "60", "visibility_timeout_seconds"),
        (Name::MessageRetentionPeriod, "3600", "message_retention_seconds"),
        (Name::DelaySeconds, "0", "delay_seconds"),
        // Not stated, but with a default that AWS documents.
        (Name::ReceiveMessageWaitTimeSeconds, "20", "receive_wait_time_seconds"),
        (Name::KmsMasterKeyId, "alias/aws/sqs", "kms_master_key_id"),
        (Name::RedrivePolicy, &redrive.to_string(), "redrive_policy.max_receive_count"),
        (Name::Policy, &open, "policy"),
    ] {
        sqs.set_queue_attributes().queue_url(&url).attributes(name, value).send().await.unwrap();
        house.differs("queue", &[field]);
    }
    sqs.tag_queue().queue_url(&url).tags("Environment", "prod").send().await.unwrap();
    house.differs("queue", &["tags.Environment"]);
    sqs.untag_queue().queue_url(&url).tag_keys("ccprov:address").send().await.unwrap();
    house.differs("queue", &["owner"]);
    sqs.delete_queue().queue_url(&url).send().await.unwrap();
    let plan = house.desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert_eq!(differences(&plan), ["queue"], "{plan}");
    house.desk.must("apply -y stack.yaml", 0);
    house.stands("drift_of_queues");
}

#[tokio::test]
async fn of_topics_and_subscriptions() {
    let mut house = House::built();
    let sns = aws_sdk_sns::Client::new(&house.config());
    let topic = house.arn("sns", "claims");
    let open = open("sns:Publish", &topic);
    for (name, value, field) in [
        ("DisplayName", "Receipts", "display_name"),
        ("Policy", &open, "policy"),
        ("KmsMasterKeyId", "alias/aws/sns", "kms_master_key_id"),
    ] {
        let set = sns.set_topic_attributes().topic_arn(&topic).attribute_name(name);
        set.attribute_value(value).send().await.unwrap();
        house.differs("topic", &[field]);
    }
    let tag = SnsTag::builder().key("Owner").value("a stranger").build().unwrap();
    sns.tag_resource().resource_arn(&topic).tags(tag).send().await.unwrap();
    house.differs("topic", &["tags.Owner"]);

    let listed = sns.list_subscriptions_by_topic().topic_arn(&topic).send().await.unwrap();
    let subscription = listed.subscriptions()[0].subscription_arn().unwrap();
    for (name, value, field) in [
        ("RawMessageDelivery", "false", "raw_message_delivery"),
        ("FilterPolicy", r#"{"type":["claim"]}"#, "filter_policy"),
    ] {
        let set = sns.set_subscription_attributes().subscription_arn(subscription);
        set.attribute_name(name).attribute_value(value).send().await.unwrap();
        house.differs("subscription", &[field]);
    }
    house.stands("drift_of_topics_and_subscriptions");
}

#[tokio::test]
async fn of_buckets() {
    let mut house = House::built();
    let s3 = aws::s3(&house.desk.account);
    let bucket = format!("claims-{}", house.desk.account.id);

    let suspended =
        VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    s3.put_bucket_versioning()
        .bucket(&bucket)
        .versioning_configuration(suspended)
        .send()
        .await
        .unwrap();
    house.differs("bucket", &["versioning"]);

    let aes = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256);
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(aes.build().unwrap());
    let weaker = ServerSideEncryptionConfiguration::builder().rules(rule.build());
    s3.put_bucket_encryption()
        .bucket(&bucket)
        .server_side_encryption_configuration(weaker.build().unwrap())
        .send()
        .await
        .unwrap();
    house.differs("bucket", &["server_side_encryption"]);

    let public = PublicAccessBlockConfiguration::builder().block_public_policy(false).build();
    s3.put_public_access_block()
        .bucket(&bucket)
        .public_access_block_configuration(public)
        .send()
        .await
        .unwrap();
    house.differs("bucket", &["public_access_block"]);

    s3.delete_bucket_lifecycle().bucket(&bucket).send().await.unwrap();
    house.differs("bucket", &["lifecycle_rules.old"]);
    s3.delete_bucket_policy().bucket(&bucket).send().await.unwrap();
    house.differs("bucket", &["policy"]);
    let nothing = NotificationConfiguration::builder().build();
    s3.put_bucket_notification_configuration()
        .bucket(&bucket)
        .notification_configuration(nothing)
        .send()
        .await
        .unwrap();
    let plan = house.desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(
        differences(&plan).iter().all(|difference| difference.starts_with("notification")),
        "{plan}"
    );
    house.desk.must("apply -y stack.yaml", 0);
    house.plans.push(plan);
    house.stands("drift_of_buckets");
}

#[tokio::test]
async fn of_keys() {
    let mut house = House::built();
    let kms = aws_sdk_kms::Client::new(&house.config());
    let key = kms.describe_key().key_id("alias/claims").send().await.unwrap();
    let key = key.key_metadata.unwrap().key_id;
    kms.update_key_description().key_id(&key).description("nothing").send().await.unwrap();
    house.differs("key", &["description"]);
    kms.disable_key_rotation().key_id(&key).send().await.unwrap();
    house.differs("key", &["enable_key_rotation", "rotation_period_in_days"]);
    kms.disable_key().key_id(&key).send().await.unwrap();
    house.differs("key", &["is_enabled"]);
    let open = open("kms:*", "*");
    kms.put_key_policy().key_id(&key).policy_name("default").policy(open).send().await.unwrap();
    house.differs("key", &["policy"]);
    let tag = KmsTag::builder().tag_key("Environment").tag_value("prod").build().unwrap();
    kms.tag_resource().key_id(&key).tags(tag).send().await.unwrap();
    house.differs("key", &["tags.Environment"]);
    kms.delete_alias().alias_name("alias/claims").send().await.unwrap();
    house.differs("key", &["alias"]);
    kms.schedule_key_deletion().key_id(&key).send().await.unwrap();
    house.differs("key", &["is_enabled", "status"]);
    house.stands("drift_of_keys");
}

#[tokio::test]
async fn of_roles_and_policies() {
    let mut house = House::built();
    let iam = aws_sdk_iam::Client::new(&house.config());
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "Trust", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" },
    }]});
    iam.update_assume_role_policy()
        .role_name("consumer")
        .policy_document(trust.to_string())
        .send()
        .await
        .unwrap();
    house.differs("consumer", &["assume_role_policy"]);
    iam.update_role()
        .role_name("consumer")
        .description("?")
        .max_session_duration(7200)
        .send()
        .await
        .unwrap();
    house.differs("consumer", &["description"]);
    iam.delete_role_policy().role_name("consumer").policy_name("logs").send().await.unwrap();
    house.differs("consumer", &["inline_policies.logs"]);
    let tag = IamTag::builder().key("Environment").value("prod").build().unwrap();
    iam.tag_role().role_name("consumer").tags(tag).send().await.unwrap();
    house.differs("consumer", &["tags.Environment"]);
    let policies = iam.list_attached_role_policies().role_name("consumer").send().await.unwrap();
    let arn = policies.attached_policies()[0].policy_arn().unwrap();
    iam.detach_role_policy().role_name("consumer").policy_arn(arn).send().await.unwrap();
    house.differs("consumer", &["managed_policy_arns"]);
    let other = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "Receive", "Effect": "Allow", "Action": "sqs:*", "Resource": "*" },
    ]});
    iam.create_policy_version()
        .policy_arn(arn)
        .policy_document(other.to_string())
        .set_as_default(true)
        .send()
        .await
        .unwrap();
    house.differs("consumers", &["policy"]);
    house.stands("drift_of_roles_and_policies");
}
