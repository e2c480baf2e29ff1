//! ccprov under rules that AWS has and no emulator does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_kms::types::KeyState;
use aws_sdk_s3::types::NotificationConfiguration;
use serde_json::Value;

use super::census::{Census, Deviation};
use crate::support::aws;
use crate::support::aws_rules::{AwsRules, Lag};
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::request::Call;

const APPLY: &str = "apply -y stacks/dev.yaml";
const PLAN: &str = "plan --detailed-exitcode stacks/dev.yaml";
const VERIFY: &str = "verify stacks/dev.yaml --payload-mib 1";
const DESTROY: &str = "destroy -y stacks/dev.yaml";

/// An account in which AWS's rules hold.
struct Ruled {
    account: Account,
    proxy: FaultProxy,
    ccprov: Ccprov,
}

impl Ruled {
    fn new(lag: Lag) -> Self {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::under(AwsRules::new(&account, lag));
        let ccprov = Ccprov::on(&account.through(&proxy.url()));
        Self { account, proxy, ccprov }
    }

    /// With this in `stack.yaml`.
    fn with(stack: &str) -> Self {
        let this = Self::new(Lag::NONE);
        let ccprov = this.ccprov.at_home();
        std::fs::write(ccprov.home().join("stack.yaml"), stack).unwrap();
        Self { ccprov, ..this }
    }

    /// Runs a command that must end so. What it wrote is seen everywhere
    /// before the next.
    fn must(&self, line: &str, code: i32) -> Transcript {
        self.must_while(line, code, |_| {})
    }

    /// The same, with something that happens meanwhile.
    fn must_while(&self, line: &str, code: i32, meanwhile: impl FnOnce(u32)) -> Transcript {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let told = self.ccprov.run_told(&arguments, meanwhile);
        assert_eq!(told.code, Some(code), "{told}{}", self.proxy);
        self.rules().settle();
        told
    }

    fn rules(&self) -> &AwsRules {
        self.proxy.rules().unwrap()
    }

    /// How often AWS said this.
    fn said(&self, code: &str) -> usize {
        self.proxy.to_string().matches(code).count()
    }

    fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&aws::config(&self.account))
    }

    /// The id of the demo's key, and its state.
    async fn key(&self) -> (String, KeyState) {
        let key = self.kms().describe_key().key_id("alias/claimcheck-dev-kms").send().await;
        let key = key.unwrap().key_metadata.unwrap();
        (key.key_id, key.key_state.unwrap())
    }

    /// The policy of a key loses what admits S3.
    async fn shut_out_s3(&self, key: &str) {
        let policy = self.kms().get_key_policy().key_id(key).send().await.unwrap();
        let mut policy: Value = serde_json::from_str(policy.policy().unwrap()).unwrap();
        let statements = policy["Statement"].as_array_mut().unwrap();
        statements.retain(|it| it["Principal"]["Service"] != "s3.amazonaws.com");
        self.kms().put_key_policy().key_id(key).policy(policy.to_string()).send().await.unwrap();
    }
}

/// What a transcript tells must contain this.
fn tells(told: &Transcript, text: &str) {
    let all = told.to_string();
    assert!(all.contains(text), "it does not tell {text:?}:\n{all}");
}

#[tokio::test]
async fn a_life_under_all_rules_at_once() {
    let ruled = Ruled::new(Lag::FLIPS);
    let nobody = Census::of(&ruled.account).await;
    ruled.must(APPLY, 0);
    ruled.must(PLAN, 0);
    ruled.must(&format!("{APPLY} --var max_receives=7"), 0);
    ruled.must(&format!("{PLAN} --var max_receives=7"), 0);
    ruled.must(&format!("{VERIFY} --var max_receives=7"), 0);
    assert_eq!(nobody.with_stack(&Census::of(&ruled.account).await), Deviation::NONE);
    ruled.must(DESTROY, 0);
    assert_eq!(nobody.without_stack(&Census::of(&ruled.account).await), Deviation::NONE);
    ruled.must_while(APPLY, 0, |_| {
        ruled.proxy.wait_for("QueueDeletedRecently");
        ruled.rules().cool_down();
    });
    ruled.must(PLAN, 0);
    assert_eq!(nobody.with_stack(&Census::of(&ruled.account).await), Deviation::NONE);
    assert!(ruled.said("QueueDeletedRecently") > 0, "{}", ruled.proxy);
    assert!(ruled.proxy.lagged() > 0, "{}", ruled.proxy);
}

#[tokio::test]
async fn a_read_that_lags_makes_nothing_twice() {
    let ruled = Ruled::new(Lag::ONCE);
    let nobody = Census::of(&ruled.account).await;
    ruled.must(APPLY, 0);
    assert!(ruled.proxy.lagged() > 0, "{}", ruled.proxy);
    assert_eq!(nobody.with_stack(&Census::of(&ruled.account).await), Deviation::NONE);
    ruled.must(PLAN, 0);
}

const LOCKED_OUT: &str = r#"
stack: claims
region: us-east-1
resources:
  key:
    kind: kms_key
    policy:
      Statement:
        - { Sid: Read, Effect: Allow, Principal: { AWS: "arn:aws:iam::${account}:root" }, Action: "kms:Describe*", Resource: "*" }
        - { Sid: Topics, Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: "kms:*", Resource: "*" }
"#;

#[tokio::test]
async fn a_policy_that_locks_out_is_told_and_makes_no_key() {
    let ruled = Ruled::with(LOCKED_OUT);
    let told = ruled.must("apply -y stack.yaml", 6);
    tells(&told, "MalformedPolicyDocumentException");
    tells(&told, "request id");
    assert_eq!(ruled.said("MalformedPolicyDocumentException"), 1, "{told}{}", ruled.proxy);
    let keys = ruled.kms().list_keys().send().await.unwrap();
    assert!(keys.keys().is_empty(), "{keys:?}");
}

const KEY: &str = "
stack: claims
region: us-east-1
resources:
  key: { kind: kms_key }
";

#[tokio::test]
async fn a_change_that_would_lock_out_leaves_the_policy_as_it_is() {
    let ruled = Ruled::with(KEY);
    ruled.must("apply -y stack.yaml", 0);
    std::fs::write(ruled.ccprov.home().join("stack.yaml"), LOCKED_OUT).unwrap();
    tells(&ruled.must("apply -y stack.yaml", 6), "MalformedPolicyDocumentException");
    std::fs::write(ruled.ccprov.home().join("stack.yaml"), KEY).unwrap();
    ruled.must("plan --detailed-exitcode stack.yaml", 0);
}

/// Seconds in which S3 does not see a policy that was written in this run.
#[tokio::test]
async fn a_policy_on_its_way_is_waited_for() {
    let account = emulator::ministack().account();
    let refused = AtomicUsize::new(0);
    let proxy = FaultProxy::start(&account.endpoint, move |_, call: &Call| {
        let is_due = call.is("s3", "PUT ?notification");
        (is_due && refused.fetch_add(1, Ordering::Relaxed) < 2).then_some(NOT_ADMITTED_YET)
    });
    let arguments: Vec<&str> = APPLY.split_whitespace().collect();
    let told = Ccprov::on(&account.through(&proxy.url())).run(&arguments);
    assert_eq!(told.code, Some(0), "{told}{proxy}");
    assert_eq!(proxy.befallen().len(), 2, "{told}{proxy}");
}

/// What S3 says while a policy of seconds ago has not reached it.
const NOT_ADMITTED_YET: Fault = Fault::Says(
    400,
    "InvalidArgument",
    "Unable to validate the following destination configurations",
);

#[tokio::test]
async fn a_key_that_somebody_disabled_is_seen_and_enabled() {
    let ruled = Ruled::new(Lag::NONE);
    ruled.must(APPLY, 0);
    let (key, _) = ruled.key().await;
    ruled.kms().disable_key().key_id(&key).send().await.unwrap();
    tells(&ruled.must(PLAN, 2), "is_enabled");
    let broken = ruled.must(VERIFY, 4);
    tells(&broken, "it is disabled, so what it encrypts takes no messages");
    tells(&broken, "KMS.DisabledException");
    ruled.must(APPLY, 0);
    assert_eq!(ruled.key().await, (key, KeyState::Enabled));
    ruled.must(VERIFY, 0);
}

#[tokio::test]
async fn a_key_on_its_way_out_is_seen_and_brought_back() {
    let ruled = Ruled::new(Lag::NONE);
    ruled.must(APPLY, 0);
    let (key, _) = ruled.key().await;
    ruled.kms().schedule_key_deletion().key_id(&key).send().await.unwrap();
    tells(&ruled.must(PLAN, 2), "pending deletion");
    let broken = ruled.must(VERIFY, 4);
    tells(&broken, "pending deletion");
    tells(&broken, "KMS.KMSInvalidStateException");
    ruled.must(APPLY, 0);
    assert_eq!(ruled.key().await, (key, KeyState::Enabled));
    ruled.must(PLAN, 0);
    ruled.must(VERIFY, 0);
}

#[tokio::test]
async fn a_key_that_shut_s3_out_is_seen_and_opened_before_events_are_asked_for() {
    let ruled = Ruled::new(Lag::NONE);
    ruled.must(APPLY, 0);
    let (key, _) = ruled.key().await;
    ruled.shut_out_s3(&key).await;
    let broken = ruled.must(&format!("{VERIFY} --only delivery_path"), 4);
    tells(&broken, "s3.amazonaws.com");
    tells(&broken, "claimcheck.key");
    // Both are to be repaired now, and S3 takes the events only after the key let it in.
    let s3 = aws::s3(&ruled.account);
    let bucket = s3.list_buckets().send().await.unwrap().buckets()[0].name().unwrap().to_owned();
    let nothing = NotificationConfiguration::builder().build();
    let put = s3.put_bucket_notification_configuration().bucket(bucket);
    put.notification_configuration(nothing).send().await.unwrap();
    ruled.must(APPLY, 0);
    ruled.must(PLAN, 0);
    ruled.must(VERIFY, 0);
}

const SHUT: &str = r#"
stack: claims
region: us-east-1
resources:
  key:
    kind: kms_key
    policy:
      Statement: { Sid: Root, Effect: Allow, Principal: { AWS: "arn:aws:iam::${account}:root" }, Action: "kms:*", Resource: "*" }
  bucket: { kind: s3_bucket, bucket: "claims-${account}" }
  topic:
    kind: sns_topic
    kms_master_key_id: "${key.arn}"
    policy: { Statement: { Sid: Bucket, Effect: Allow, Principal: { Service: s3.amazonaws.com }, Action: "sns:Publish", Resource: "${topic.arn}", Condition: { ArnLike: { "aws:SourceArn": "${bucket.arn}" } } } }
"#;
const EVENTS: &str = r#"
  events: { kind: s3_bucket_notification, bucket: "${bucket.name}", topic: [ { topic_arn: "${topic.arn}", events: ["s3:ObjectCreated:*"] } ] }
"#;

/// The topic admits S3, its key does not: AWS tells the two apart nowhere.
#[tokio::test]
async fn events_for_a_topic_whose_key_shuts_s3_out_fail_with_a_hint() {
    let ruled = Ruled::with(SHUT);
    ruled.must("apply -y stack.yaml", 0);
    std::fs::write(ruled.ccprov.home().join("stack.yaml"), format!("{SHUT}{EVENTS}")).unwrap();
    let told = ruled.must("apply -y stack.yaml", 6);
    tells(&told, "Unable to validate the following destination configurations");
    tells(&told, "hint:");
    tells(&told, "key");
}
