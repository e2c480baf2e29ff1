//! `sqs_queue`: a queue, standard or FIFO, with its policy and redrive.
//!
//! One `CreateQueue` carries everything; one `SetQueueAttributes` changes
//! everything. Neither needs waiting for: nothing in the control plane depends
//! on the minute that attributes take to reach every data-plane node.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures::future::try_join;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::policy::Policy;
use crate::aws::provider::Aws;
use crate::aws::tags::Tags;
use crate::engine::port::{Answer, FactSink};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Holdings, Live, Naming, Place, Problem, Sought};

pub(crate) struct SqsQueue;

/// A queue. Everything left out has AWS's documented default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 80 characters; FIFO names end with `.fifo`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 80), regex(pattern = r"^[A-Za-z0-9_-]+(\.fifo)?$"))]
    name: Option<String>,
    /// First in, first out, exactly once.
    #[serde(default)]
    fifo_queue: bool,
    /// FIFO only: take the SHA-256 of the body as deduplication id. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_based_deduplication: Option<bool>,
    /// FIFO only: where a deduplication id is unique. Default: queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    deduplication_scope: Option<DeduplicationScope>,
    /// FIFO only: what the throughput quota counts. `perMessageGroupId` needs
    /// `deduplication_scope: messageGroup`. Default: perQueue.
    #[serde(skip_serializing_if = "Option::is_none")]
    fifo_throughput_limit: Option<FifoThroughputLimit>,
    /// Seconds for which every message is hidden at first.
    #[serde(default)]
    #[schemars(range(min = 0, max = 900))]
    delay_seconds: u32,
    /// Largest message in bytes. Not compared when left out, because AWS raised
    /// its default (262144 before 2025, 1048576 since).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1024, max = 1_048_576))]
    max_message_size: Option<u32>,
    /// Seconds for which an undeleted message is kept (4 days by default, at most 14).
    #[serde(default = "four_days")]
    #[schemars(range(min = 60, max = 1_209_600))]
    message_retention_seconds: u32,
    /// Seconds that a receive waits for a message: long polling above 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 20))]
    receive_wait_time_seconds: u32,
    /// Seconds for which a received message is hidden from others.
    #[serde(default = "half_a_minute")]
    #[schemars(range(min = 0, max = 43_200))]
    visibility_timeout_seconds: u32,
    /// Who may do what with the queue. Left out: nobody but the account.
    policy: Option<Policy>,
    /// Where messages go that nobody could process.
    redrive_policy: Option<RedrivePolicy>,
    /// Which queues may use this one as their dead-letter queue. Left out: all
    /// of the account and region.
    redrive_allow_policy: Option<RedriveAllowPolicy>,
    /// Encrypt with this KMS key (id, ARN or alias). Left out: with SQS's own key.
    kms_master_key_id: Option<String>,
    /// Seconds for which SQS reuses a data key. Only with `kms_master_key_id`. Default: 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 60, max = 86_400))]
    kms_data_key_reuse_period_seconds: Option<u32>,
    /// Encrypt with SQS's own key. Only without `kms_master_key_id`. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    sqs_managed_sse_enabled: Option<bool>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

fn four_days() -> u32 {
    345_600
}

fn half_a_minute() -> u32 {
    30
}

/// Where a deduplication id is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DeduplicationScope {
    Queue,
    MessageGroup,
}

/// What the throughput quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FifoThroughputLimit {
    PerQueue,
    PerMessageGroupId,
}

/// Where messages go that nobody could process.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedrivePolicy {
    /// ARN of the dead-letter queue: same account, region and type.
    dead_letter_queue: String,
    /// How often a message may be received before it goes there.
    #[schemars(range(min = 1, max = 1000))]
    max_receive_count: u32,
}

/// Which queues may use this one as their dead-letter queue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedriveAllowPolicy {
    /// All, none, or those listed.
    permission: RedrivePermission,
    /// ARNs of up to 10 queues; only with `byQueue`.
    #[serde(default)]
    #[schemars(length(max = 10))]
    source_queues: BTreeSet<String>,
}

/// All, none, or those listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RedrivePermission {
    AllowAll,
    DenyAll,
    ByQueue,
}

impl Kind for SqsQueue {
    const NAME: &'static str = "sqs_queue";
    const SUMMARY: &'static str = "An SQS queue, standard or FIFO, with its policy and redrive.";
    const NOTES: &'static str = "\
The queue's name is its identity; ARN and URL follow from it.

- A name can be used again only 60 seconds after its queue was deleted. ccprov waits that out.
- A dead-letter queue must exist before a queue may name it: that orders the two. Nothing else \
does; in particular a policy or `redrive_allow_policy` may name objects that do not exist yet.
- Clearing `kms_master_key_id` turns SQS's own encryption on in the same call, so that the queue \
is never left unencrypted.
- New attribute values reach every node of SQS within 60 seconds, a new retention within 15 minutes.";
    const FIXED: &'static [&'static str] = &["name", "fifo_queue"];
    const MUST_EXIST: &'static [&'static str] = &[
        "redrive_policy.dead_letter_queue",
        "policy.Statement.*.Principal",
        "policy.Statement.Principal",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "the queue's ARN", true),
        ("name", "its name", true),
        ("url", "the URL that clients send to and receive from", true),
    ];
    const HOLDS_DATA: bool = true;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        let suffix = if spec.fifo_queue { ".fifo" } else { "" };
        spec.name.get_or_insert_with(|| naming.default_name() + suffix);
        spec.policy = spec.policy.map(|policy| policy.in_partition(&naming.place.partition));
        if spec.fifo_queue {
            spec.content_based_deduplication.get_or_insert(false);
            spec.deduplication_scope.get_or_insert(DeduplicationScope::Queue);
            spec.fifo_throughput_limit.get_or_insert(FifoThroughputLimit::PerQueue);
        }
        if spec.kms_master_key_id.is_some() {
            spec.kms_data_key_reuse_period_seconds.get_or_insert(300);
        } else {
            spec.sqs_managed_sse_enabled.get_or_insert(true);
        }
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        let name = arn.split_once(":sqs:")?.1.rsplit(':').next()?;
        Some(name.to_owned())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let attributes = async {
            let call = aws.session.sqs.get_queue_attributes().queue_url(url(&aws.place, name));
            let answer = call.attribute_names(Name::All).send().await;
            answer.attempting("sqs:GetQueueAttributes", || format!("read queue {name}"))
        };
        let tags = async {
            let answer =
                aws.session.sqs.list_queue_tags().queue_url(url(&aws.place, name)).send().await;
            answer.attempting("sqs:ListQueueTags", || format!("read the tags of queue {name}"))
        };
        let Some((attributes, tags)) = try_join(attributes, tags).await.or_absent()? else {
            return Ok(None);
        };
        let (tags, owner) = Tags::seen(tags.tags.unwrap_or_default());
        let attributes = Attributes(attributes.attributes.unwrap_or_default());
        let spec = attributes.spec(name, tags, &aws.place.partition);
        let mut seen = Seen::current(spec, facts(&aws.place, name), owner);
        seen.holdings = attributes.holdings();
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>, _known: &FactSink) -> Answer<Facts> {
        let name = &want.identity;
        let mut attributes = attributes(&want.spec, &|_| true);
        if want.spec.fifo_queue {
            attributes.insert(Name::FifoQueue, "true".into());
        }
        // At creation a reset is a no-op, and AWS rejects some of them.
        attributes.retain(|_, value| !value.is_empty());
        let tags = want.spec.tags.with_owner(&want.owner).into_iter().collect();
        let call = aws.session.sqs.create_queue().queue_name(name);
        let answer = call.set_attributes(Some(attributes)).set_tags(Some(tags)).send().await;
        let made = answer.attempting("sqs:CreateQueue", || format!("create queue {name}"))?;
        Ok(made.queue_url.map(|url| ("url".to_owned(), url)).into_iter().collect())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Facts> {
        let name = &change.want.identity;
        let url = url(&aws.place, name);
        let attributes = attributes(&change.want.spec, &|field| change.touches(field));
        let set = async {
            if attributes.is_empty() {
                return Ok(());
            }
            let call = aws.session.sqs.set_queue_attributes().queue_url(&url);
            let answer = call.set_attributes(Some(attributes)).send().await;
            answer.attempting("sqs:SetQueueAttributes", || format!("change queue {name}"))?;
            Ok(())
        };
        try_join(set, write_tags(aws, change, &url)).await?;
        Ok(Facts::new())
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let answer = aws.session.sqs.delete_queue().queue_url(url(&aws.place, name)).send().await;
        answer.attempting("sqs:DeleteQueue", || format!("delete queue {name}"))?;
        Ok(())
    }
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", place.arn("sqs", name)), ("name", name.to_owned()), ("url", url(place, name))]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

fn url(place: &Place, name: &str) -> String {
    let base = place
        .endpoint
        .clone()
        .unwrap_or_else(|| format!("https://sqs.{}.{}", place.region, place.dns_suffix()));
    format!("{base}/{}/{name}", place.account)
}

fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = spec.name.as_deref().unwrap_or_default();
    if !is_pending(name) {
        if name.len() > 80 {
            let message = format!("the name has {} characters, SQS takes 80", name.len());
            problems.push(Problem::of("name", message).hint("state a shorter `name`"));
        }
        match (spec.fifo_queue, name.strip_suffix(".fifo").is_some()) {
            (true, false) => problems.push(
                Problem::of("name", "the name of a FIFO queue must end with .fifo")
                    .hint(format!("name: {name}.fifo")),
            ),
            (false, true) => problems.push(
                Problem::of("name", "only a FIFO queue's name may end with .fifo")
                    .hint("fifo_queue: true"),
            ),
            (true, true) | (false, false) => {}
        }
    }
    let fifo_only = [
        ("content_based_deduplication", spec.content_based_deduplication.is_some()),
        ("deduplication_scope", spec.deduplication_scope.is_some()),
        ("fifo_throughput_limit", spec.fifo_throughput_limit.is_some()),
    ];
    for (field, stated) in fifo_only {
        if stated && !spec.fifo_queue {
            problems
                .push(Problem::of(field, "only FIFO queues have this").hint("fifo_queue: true"));
        }
    }
    if spec.fifo_throughput_limit == Some(FifoThroughputLimit::PerMessageGroupId)
        && spec.deduplication_scope != Some(DeduplicationScope::MessageGroup)
    {
        problems.push(
            Problem::of("fifo_throughput_limit", "perMessageGroupId needs deduplication per group")
                .hint("deduplication_scope: messageGroup"),
        );
    }
    problems.extend(check_encryption(spec));
    if let Some(allow) = &spec.redrive_allow_policy {
        let by_queue = allow.permission == RedrivePermission::ByQueue;
        if by_queue == allow.source_queues.is_empty() {
            let message = "source_queues goes with permission byQueue, and only with it";
            problems.push(Problem::of("redrive_allow_policy", message));
        }
    }
    problems
}

fn check_encryption(spec: &Spec) -> Option<Problem> {
    let with_key = spec.kms_master_key_id.is_some();
    if with_key && spec.sqs_managed_sse_enabled == Some(true) {
        let message = "a queue is encrypted with a KMS key or with SQS's own, not both";
        Some(Problem::of("sqs_managed_sse_enabled", message))
    } else if !with_key && spec.kms_data_key_reuse_period_seconds.is_some() {
        let message = "only queues with a kms_master_key_id have this";
        Some(Problem::of("kms_data_key_reuse_period_seconds", message))
    } else {
        None
    }
}

/// The word that AWS writes for one of our enums.
fn word(value: impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| Some(value.as_str()?.to_owned()))
        .unwrap_or_default()
}

/// The wire form of the fields that `is_wanted` picks. AWS merges: what is
/// left out stays as it is.
fn attributes(spec: &Spec, is_wanted: &dyn Fn(&str) -> bool) -> HashMap<Name, String> {
    let mut picked: HashMap<Name, String> = settings(spec)
        .into_iter()
        .chain(documents(spec))
        .filter(|(field, _, _)| is_wanted(field))
        .filter_map(|(_, name, value)| Some((name, value?)))
        .collect();
    if picked.get(&Name::KmsMasterKeyId).is_some_and(String::is_empty) {
        // Clearing the key alone would leave the queue unencrypted.
        let managed = spec.sqs_managed_sse_enabled.unwrap_or(true);
        picked.insert(Name::SqsManagedSseEnabled, managed.to_string());
    }
    picked
}

type Attribute = (&'static str, Name, Option<String>);

fn settings(spec: &Spec) -> [Attribute; 10] {
    let number = |value: u32| Some(value.to_string());
    let switch = |value: Option<bool>| value.map(|on| on.to_string());
    [
        (
            "content_based_deduplication",
            Name::ContentBasedDeduplication,
            switch(spec.content_based_deduplication),
        ),
        ("deduplication_scope", Name::DeduplicationScope, spec.deduplication_scope.map(word)),
        ("fifo_throughput_limit", Name::FifoThroughputLimit, spec.fifo_throughput_limit.map(word)),
        ("delay_seconds", Name::DelaySeconds, number(spec.delay_seconds)),
        ("max_message_size", Name::MaximumMessageSize, spec.max_message_size.and_then(number)),
        (
            "message_retention_seconds",
            Name::MessageRetentionPeriod,
            number(spec.message_retention_seconds),
        ),
        (
            "receive_wait_time_seconds",
            Name::ReceiveMessageWaitTimeSeconds,
            number(spec.receive_wait_time_seconds),
        ),
        (
            "visibility_timeout_seconds",
            Name::VisibilityTimeout,
            number(spec.visibility_timeout_seconds),
        ),
        (
            "kms_data_key_reuse_period_seconds",
            Name::KmsDataKeyReusePeriodSeconds,
            spec.kms_data_key_reuse_period_seconds.and_then(number),
        ),
        (
            "sqs_managed_sse_enabled",
            Name::SqsManagedSseEnabled,
            switch(spec.sqs_managed_sse_enabled),
        ),
    ]
}

/// Where the spec states none, the empty text resets.
fn documents(spec: &Spec) -> [Attribute; 4] {
    let reset = |value: Option<String>| Some(value.unwrap_or_default());
    let redrive = spec.redrive_policy.as_ref().map(RedrivePolicy::text);
    let allow = spec.redrive_allow_policy.as_ref().map(RedriveAllowPolicy::text);
    [
        ("policy", Name::Policy, reset(spec.policy.as_ref().map(Policy::text))),
        ("redrive_policy", Name::RedrivePolicy, reset(redrive)),
        ("redrive_allow_policy", Name::RedriveAllowPolicy, reset(allow)),
        ("kms_master_key_id", Name::KmsMasterKeyId, reset(spec.kms_master_key_id.clone())),
    ]
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>, url: &str) -> Answer<()> {
    if !change.touches_tags() {
        return Ok(());
    }
    let name = &change.want.identity;
    let tags = change.want.spec.tags.with_owner(&change.want.owner).into_iter().collect();
    let gone = change.have.tags.beyond(&change.want.spec.tags);
    let add = async {
        let answer = aws.session.sqs.tag_queue().queue_url(url).set_tags(Some(tags)).send().await;
        answer.attempting("sqs:TagQueue", || format!("tag queue {name}"))
    };
    let remove = async {
        if gone.is_empty() {
            return Ok(());
        }
        let call = aws.session.sqs.untag_queue().queue_url(url).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("sqs:UntagQueue", || format!("untag queue {name}"))?;
        Ok(())
    };
    try_join(add, remove).await?;
    Ok(())
}

impl RedrivePolicy {
    fn text(&self) -> String {
        let Self { dead_letter_queue, max_receive_count } = self;
        json!({ "deadLetterTargetArn": dead_letter_queue, "maxReceiveCount": max_receive_count })
            .to_string()
    }

    /// AWS takes the count as a number or as text, and answers what it took.
    fn seen(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let count = &value["maxReceiveCount"];
        Some(Self {
            dead_letter_queue: value["deadLetterTargetArn"].as_str()?.to_owned(),
            max_receive_count: count
                .as_u64()
                .and_then(|count| u32::try_from(count).ok())
                .or_else(|| count.as_str()?.parse().ok())?,
        })
    }
}

impl RedriveAllowPolicy {
    fn text(&self) -> String {
        let mut value = json!({ "redrivePermission": self.permission });
        if self.permission == RedrivePermission::ByQueue {
            value["sourceQueueArns"] = json!(self.source_queues);
        }
        value.to_string()
    }

    fn seen(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let arns = value["sourceQueueArns"].as_array().into_iter().flatten();
        Some(Self {
            permission: serde_json::from_value(value["redrivePermission"].clone()).ok()?,
            source_queues: arns.filter_map(|arn| Some(arn.as_str()?.to_owned())).collect(),
        })
    }
}

/// What `GetQueueAttributes` answers: every value is text.
struct Attributes(HashMap<Name, String>);

impl Attributes {
    fn text(&self, name: &Name) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn number(&self, name: &Name) -> Option<u32> {
        self.text(name)?.parse().ok()
    }

    fn word<T: serde::de::DeserializeOwned>(&self, name: &Name) -> Option<T> {
        serde_json::from_value(Value::String(self.text(name)?.to_owned())).ok()
    }

    fn is(&self, name: &Name) -> Option<bool> {
        self.text(name).map(|text| text == "true")
    }

    fn spec(&self, name: &str, tags: Tags, partition: &str) -> Spec {
        let key = self.text(&Name::KmsMasterKeyId).map(str::to_owned);
        let fifo = self.is(&Name::FifoQueue).unwrap_or(false);
        Spec {
            name: Some(name.to_owned()),
            fifo_queue: fifo,
            content_based_deduplication: self.is(&Name::ContentBasedDeduplication).filter(|_| fifo),
            deduplication_scope: self.word(&Name::DeduplicationScope).filter(|_| fifo),
            fifo_throughput_limit: self.word(&Name::FifoThroughputLimit).filter(|_| fifo),
            delay_seconds: self.number(&Name::DelaySeconds).unwrap_or(0),
            max_message_size: self.number(&Name::MaximumMessageSize),
            message_retention_seconds: self
                .number(&Name::MessageRetentionPeriod)
                .unwrap_or_else(four_days),
            receive_wait_time_seconds: self
                .number(&Name::ReceiveMessageWaitTimeSeconds)
                .unwrap_or(0),
            visibility_timeout_seconds: self
                .number(&Name::VisibilityTimeout)
                .unwrap_or_else(half_a_minute),
            policy: self.text(&Name::Policy).and_then(|text| Policy::seen(text, partition)),
            redrive_policy: self.text(&Name::RedrivePolicy).and_then(RedrivePolicy::seen),
            redrive_allow_policy: self
                .text(&Name::RedriveAllowPolicy)
                .and_then(RedriveAllowPolicy::seen),
            kms_data_key_reuse_period_seconds: self
                .number(&Name::KmsDataKeyReusePeriodSeconds)
                .filter(|_| key.is_some()),
            // AWS always answers this one; where it is left out, the default holds.
            sqs_managed_sse_enabled: key
                .is_none()
                .then(|| self.is(&Name::SqsManagedSseEnabled).unwrap_or(true)),
            kms_master_key_id: key,
            tags,
        }
    }

    /// SQS counts approximately, and so do we.
    fn holdings(&self) -> Option<Holdings> {
        let counts = [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ];
        let messages: u32 = counts.iter().filter_map(|name| self.number(name)).sum();
        (messages > 0)
            .then(|| Holdings { what: format!("about {messages} messages"), blocks_delete: false })
    }
}
