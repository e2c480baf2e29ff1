//! Rules of AWS that no emulator has, between a caller and an emulator.
//!
//! Each rule decides from a request and from how things really are: from what
//! passed before it, or from the emulator itself, asked behind the caller's
//! back. So a refusal ends when its cause does. What they say is told in
//! `docs/RELIABILITY.md`, "Rules that no emulator has".
//!
//! What happens within the emulator passes no proxy: messages that SNS cannot
//! deliver, because of a key, arrive here all the same.

mod cool_down;
mod destinations;
mod keys;
mod lag;
mod lock_out;
mod policy;
mod quotas;

use self::cool_down::CoolDown;
use self::keys::Keys;
pub(crate) use self::lag::Lag;
use self::lag::Memory;
use self::quotas::Quotas;
use super::emulator::Account;
use super::fault_proxy::Fault;
use super::request::Request;

/// All rules, for the calls to one account.
#[derive(Debug)]
pub(crate) struct AwsRules {
    account: Account,
    cool_down: CoolDown,
    keys: Keys,
    memory: Memory,
    quotas: Quotas,
}

impl AwsRules {
    /// For an account as the emulator has it.
    pub(crate) fn new(account: &Account, lag: Lag) -> Self {
        Self {
            account: account.clone(),
            cool_down: CoolDown::default(),
            keys: Keys::of(account),
            memory: Memory::new(lag),
            quotas: Quotas::of(account),
        }
    }

    /// Where the emulator is.
    pub(crate) fn endpoint(&self) -> &str {
        &self.account.endpoint
    }

    /// What AWS says to a request instead of doing what it asks for.
    pub(crate) async fn refusal(&self, request: &Request) -> Option<Fault> {
        if let Some(fault) = self.cool_down.refusal(request) {
            return Some(fault);
        }
        if let Some(fault) = lock_out::refusal(request, &self.account.id) {
            return Some(fault);
        }
        if let Some(fault) = self.keys.refusal(request).await {
            return Some(fault);
        }
        if let Some(fault) = self.quotas.refusal(request).await {
            return Some(fault);
        }
        self.quotas.fold_tag_keys(request).await;
        destinations::refusal(request, &self.keys, &self.account.id).await
    }

    /// What AWS still says to a read, although it was overtaken by a write.
    pub(crate) fn old_answer(&self, request: &Request) -> Option<Vec<u8>> {
        self.memory.old_answer(request)
    }

    /// Remembers what passed, and what came of it.
    pub(crate) fn note(&self, request: &Request, answer: &[u8]) {
        let is_well = answer.split(|byte| *byte == b' ').nth(1).is_some_and(|it| it[0] == b'2');
        if is_well {
            self.cool_down.note(request);
        }
        self.memory.note(request, answer, is_well);
    }

    /// Seconds pass: what was written is seen everywhere.
    pub(crate) fn settle(&self) {
        self.memory.settle();
    }

    /// A minute passes: the names of deleted queues are free.
    pub(crate) fn cool_down(&self) {
        self.cool_down.end();
    }
}

/// The last part of a queue's URL.
fn queue_of(request: &Request) -> Option<String> {
    let url = request.json("QueueUrl")?;
    url.rsplit('/').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::types::KeyState;
    use aws_smithy_types::error::metadata::ProvideErrorMetadata;
    use serde_json::{Value, json};

    use super::super::fault_proxy::FaultProxy;
    use super::super::{aws, emulator};
    use super::*;

    /// A proxy with rules, and the account behind it through it.
    fn ruled(lag: Lag) -> (FaultProxy, Account) {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::under(AwsRules::new(&account, lag));
        let through = account.through(&proxy.url());
        (proxy, through)
    }

    /// The code of a refusal, or nothing.
    fn code<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> String {
        answer.err().and_then(|error| error.code().map(str::to_owned)).unwrap_or_default()
    }

    fn policy(statements: &Value) -> String {
        json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
    }

    fn allow(principal: &Value, action: &str) -> Value {
        json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*" })
    }

    #[tokio::test]
    async fn the_name_of_a_deleted_queue_cools_down() {
        let (proxy, account) = ruled(Lag::NONE);
        let sqs = aws_sdk_sqs::Client::new(&aws::config(&account));
        let create = async |name: &str| sqs.create_queue().queue_name(name).send().await;
        let made = create("claims").await.unwrap();
        sqs.delete_queue().queue_url(made.queue_url().unwrap()).send().await.unwrap();
        let refused = "AWS.SimpleQueueService.QueueDeletedRecently";
        assert_eq!(code(create("claims").await), refused);
        assert_eq!(code(create("others").await), "");
        assert_eq!(code(create("claims").await), refused);
        proxy.rules().unwrap().cool_down();
        assert_eq!(code(create("claims").await), "");
    }

    #[tokio::test]
    async fn what_needs_a_useless_key_fails_in_its_service_s_words() {
        let (_proxy, account) = ruled(Lag::NONE);
        let config = aws::config(&account);
        let kms = aws_sdk_kms::Client::new(&config);
        let key = kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
        let sqs = aws_sdk_sqs::Client::new(&config);
        let attribute = aws_sdk_sqs::types::QueueAttributeName::KmsMasterKeyId;
        let queue = sqs.create_queue().queue_name("claims").attributes(attribute, &key);
        let queue = queue.send().await.unwrap().queue_url.unwrap();
        let sns = aws_sdk_sns::Client::new(&config);
        let topic = sns.create_topic().name("claims").attributes("KmsMasterKeyId", &key);
        let topic = topic.send().await.unwrap().topic_arn.unwrap();
        let s3 = aws::s3(&account);
        let bucket = format!("claims-{}", account.id);
        s3.create_bucket().bucket(&bucket).send().await.unwrap();
        let put = async |name: &str| {
            let put = s3.put_object().bucket(&bucket).key(name);
            put.server_side_encryption("aws:kms".into()).ssekms_key_id(&key).send().await
        };
        put("before").await.unwrap();
        let codes = async || {
            [
                code(sqs.send_message().queue_url(&queue).message_body("a").send().await),
                code(sqs.receive_message().queue_url(&queue).send().await),
                code(sns.publish().topic_arn(&topic).message("a").send().await),
                code(put("after").await),
                code(s3.get_object().bucket(&bucket).key("before").send().await),
                code(kms.enable_key_rotation().key_id(&key).send().await),
                code(kms.update_key_description().key_id(&key).description("a").send().await),
                code(kms.get_key_policy().key_id(&key).send().await),
            ]
        };
        assert_eq!(codes().await, [""; 8]);
        kms.disable_key().key_id(&key).send().await.unwrap();
        let disabled = "KMS.DisabledException";
        let kms_says = "DisabledException";
        assert_eq!(
            codes().await,
            [disabled, disabled, "KMSDisabled", disabled, disabled, kms_says, "", ""]
        );
        kms.schedule_key_deletion().key_id(&key).send().await.unwrap();
        let (queue_says, topic_says) = ("KMS.InvalidStateException", "KMSInvalidState");
        let (bucket_says, kms_says) = ("KMS.KMSInvalidStateException", "KMSInvalidStateException");
        assert_eq!(
            codes().await,
            [queue_says, queue_says, topic_says, bucket_says, bucket_says, kms_says, kms_says, ""]
        );
        assert_eq!(code(kms.enable_key().key_id(&key).send().await), kms_says);
        kms.cancel_key_deletion().key_id(&key).send().await.unwrap();
        kms.enable_key().key_id(&key).send().await.unwrap();
        let state = kms.describe_key().key_id(&key).send().await.unwrap().key_metadata.unwrap();
        assert_eq!(state.key_state, Some(KeyState::Enabled));
        assert_eq!(codes().await, [""; 8]);
    }

    #[tokio::test]
    async fn a_destination_is_tried_with_its_key() {
        let (_proxy, account) = ruled(Lag::NONE);
        let (s3, config) = (aws::s3(&account), aws::config(&account));
        let bucket = format!("claims-{}", account.id);
        s3.create_bucket().bucket(&bucket).send().await.unwrap();
        let kms = aws_sdk_kms::Client::new(&config);
        let key = kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
        let sns = aws_sdk_sns::Client::new(&config);
        let topic = sns.create_topic().name("claims").attributes("KmsMasterKeyId", &key);
        let topic = topic.send().await.unwrap().topic_arn.unwrap();
        assert_eq!(code(aws::notify(&s3, &bucket, &topic).await), "InvalidArgument");
        let root = json!({ "AWS": format!("arn:aws:iam::{}:root", account.id) });
        let admit = async |condition: Value| {
            let mut admits = allow(&json!({ "Service": "s3.amazonaws.com" }), "kms:*");
            admits["Condition"] = json!({ "ArnLike": { "aws:SourceArn": condition } });
            let text = policy(&json!([allow(&root, "kms:*"), admits]));
            kms.put_key_policy().key_id(&key).policy(text).send().await.unwrap();
            code(aws::notify(&s3, &bucket, &topic).await)
        };
        assert_eq!(admit(json!("arn:aws:s3:::others")).await, "InvalidArgument");
        assert_eq!(admit(json!(format!("arn:aws:s3:::{bucket}"))).await, "");
        kms.disable_key().key_id(&key).send().await.unwrap();
        assert_eq!(code(aws::notify(&s3, &bucket, &topic).await), "InvalidArgument");
    }

    #[tokio::test]
    async fn nobody_locks_himself_out_of_a_key() {
        let (_proxy, account) = ruled(Lag::NONE);
        let kms = aws_sdk_kms::Client::new(&aws::config(&account));
        let key = kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
        let root = || json!({ "AWS": format!("arn:aws:iam::{}:root", account.id) });
        let mut deny = allow(&root(), "kms:Put*");
        deny["Effect"] = json!("Deny");
        let malformed = "MalformedPolicyDocumentException";
        for (statements, expected) in [
            (json!([allow(&root(), "kms:*")]), ""),
            (json!(allow(&json!("*"), "kms:PutKeyPolicy")), ""),
            (json!([allow(&root(), "kms:Describe*")]), malformed),
            (json!([allow(&json!({ "Service": "s3.amazonaws.com" }), "kms:*")]), malformed),
            (json!([allow(&root(), "kms:*"), deny]), malformed),
        ] {
            let text = policy(&statements);
            assert_eq!(code(kms.create_key().policy(&text).send().await), expected, "{text}");
            let put = kms.put_key_policy().key_id(&key).policy(&text);
            assert_eq!(code(put.clone().send().await), expected, "{text}");
            let bypass = put.bypass_policy_lockout_safety_check(true).send().await;
            assert_eq!(code(bypass), "", "{text}");
        }
        assert_eq!(code(kms.create_key().policy("{").send().await), malformed);
    }

    #[tokio::test]
    async fn an_object_holds_so_much_and_no_more() {
        let (_proxy, account) = ruled(Lag::NONE);
        let iam = aws_sdk_iam::Client::new(&aws::config(&account));
        let trust = policy(&allow(&json!({ "Service": "sqs.amazonaws.com" }), "sts:AssumeRole"));
        let role = iam.create_role().role_name("full").assume_role_policy_document(trust);
        role.send().await.unwrap();
        let managed = |number: usize| format!("p{number}");
        let statement = json!({ "Effect": "Allow", "Action": "sqs:*", "Resource": "*" });
        for number in 0..11 {
            let made = iam.create_policy().policy_name(managed(number));
            let made = made.policy_document(policy(&statement)).send().await.unwrap();
            let arn = made.policy.unwrap().arn.unwrap();
            let attached = iam.attach_role_policy().role_name("full").policy_arn(arn).send().await;
            assert_eq!(code(attached), if number < 10 { "" } else { "LimitExceeded" });
        }
        let large = |name: &'static str| {
            let mut large = statement.clone();
            large["Sid"] = json!("a".repeat(6000));
            let put = iam.put_role_policy().role_name("full").policy_name(name);
            put.policy_document(policy(&large)).send()
        };
        assert_eq!(code(large("one").await), "");
        assert_eq!(code(large("one").await), "");
        assert_eq!(code(large("two").await), "LimitExceeded");
    }

    #[tokio::test]
    async fn a_role_s_tag_keys_are_not_told_apart_by_case() {
        let (_proxy, account) = ruled(Lag::NONE);
        let iam = aws_sdk_iam::Client::new(&aws::config(&account));
        let trust = policy(&allow(&json!({ "Service": "sqs.amazonaws.com" }), "sts:AssumeRole"));
        let role = iam.create_role().role_name("cased").assume_role_policy_document(trust);
        role.send().await.unwrap();
        let tag = async |key: &str| {
            let tag = aws_sdk_iam::types::Tag::builder().key(key).value("a").build().unwrap();
            iam.tag_role().role_name("cased").tags(tag).send().await.unwrap();
            let seen = iam.list_role_tags().role_name("cased").send().await.unwrap();
            seen.tags.into_iter().map(|tag| tag.key).collect::<Vec<_>>()
        };
        assert_eq!(tag("Team").await, ["Team"]);
        assert_eq!(tag("team").await, ["team"]);
        iam.untag_role().role_name("cased").tag_keys("TEAM").send().await.unwrap();
        assert_eq!(tag("Owner").await, ["Owner"]);
    }

    #[tokio::test]
    async fn reads_see_what_was_before_a_write() {
        let (proxy, account) = ruled(Lag::FLIPS);
        let sqs = aws_sdk_sqs::Client::new(&aws::config(&account));
        let made = sqs.create_queue().queue_name("claims").send().await.unwrap();
        let url = made.queue_url().unwrap();
        let seen = async || {
            let answer = sqs.list_queue_tags().queue_url(url).send().await.unwrap();
            answer.tags.and_then(|tags| tags.get("Team").cloned()).unwrap_or_default()
        };
        let tag = async |team: &str| {
            sqs.tag_queue().queue_url(url).tags("Team", team).send().await.unwrap();
        };
        assert_eq!(seen().await, "");
        tag("a").await;
        assert_eq!([seen().await, seen().await, seen().await, seen().await], ["", "a", "", "a"]);
        tag("b").await;
        assert_eq!(seen().await, "a");
        proxy.rules().unwrap().settle();
        assert_eq!(seen().await, "b");
        assert_eq!(proxy.lagged(), 3);
    }
}
