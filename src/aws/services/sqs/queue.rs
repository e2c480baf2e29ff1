//! `sqs_queue`: a queue, standard or FIFO, with its policy and redrive.
//!
//! One `CreateQueue` carries everything; one `SetQueueAttributes` changes
//! everything. Neither needs waiting for: nothing in the control plane depends
//! on the minute that attributes take to reach every data-plane node.

mod grants;
pub(in crate::aws::services) mod redrive;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures::future::try_join;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::wire::{Attributes, attributes};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::names::{ear_prefix, too_long};
use crate::aws::policy::{self, Policy, Use};
use crate::aws::tags::{TagTexts, Tags, is_forced};
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Live, NameOrigin, Naming, Place, Problem, Sought};

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
    /// Let a destroy by this file delete the queue with the messages in it. Kept
    /// at the queue in the tag `ccprov:force-destroy`.
    #[serde(default)]
    force_destroy: bool,
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
    #[schemars(length(min = 1))]
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
    #[schemars(length(max = 10), inner(length(min = 1)))]
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
- A dead-letter queue is of the account, region and type of its queue.
- The policy takes 20 statements, 50 principals, 7 actions in a statement, and 8,192 bytes; nobody gets more.
- A queue with messages in it, as far as SQS's approximate count tells, is deleted only by the \
`destroy` of a file that states `force_destroy: true`, or with `--allow-data-loss`. S3 puts a \
message into a queue to test it when the queue gets the events of a bucket; the refusal says so, and ccprov removes no message that \
it did not send.
- Clearing `kms_master_key_id` turns SQS's own encryption on in the same call, so that the queue \
is never left unencrypted.
- New attribute values reach every node of SQS within 60 seconds, a new retention within 15 minutes.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("queue/minimal.yaml"), include_str!("queue/production.yaml")];
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
    /// A mapping whose queue is gone goes on failing, and what a rule sends to one is lost.
    const DELETE_AFTER: &'static [&'static str] =
        &["cloudwatch_event_rule", "lambda_event_source_mapping"];
    const POLICIES: &'static [(&'static str, &'static Use)] = &[("policy", &policy::QUEUE)];
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("redrive_policy.dead_letter_queue", takes::QUEUE),
        ("redrive_allow_policy.source_queues.*", takes::QUEUE),
        ("kms_master_key_id", Takes::Key),
    ];
    const TAG_TEXTS: TagTexts = TagTexts::Any;
    const LOST: &'static str = "\
messages that are in the old queue when it goes are lost, and who uses its URL outside of the stack has to \
turn to the new one";
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    const GRANTS: &'static [Grant] = grants::GRANTS;

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

    fn check(spec: &Spec, naming: &Naming) -> Vec<Problem> {
        let mut problems = check(spec);
        problems.extend(redrive::check(spec, naming));
        problems
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    /// What an exercise made says so in its name.
    fn name_origin(identity: &str, default: &str, naming: &Naming) -> NameOrigin {
        let is_probe =
            naming.address.is_passing() && identity.starts_with(&ear_prefix(&naming.stack));
        if identity == default || is_probe { NameOrigin::Default } else { NameOrigin::Stated }
    }

    fn identify(arn: &str) -> Option<String> {
        let name = arn.split_once(":sqs:")?.1.rsplit(':').next()?;
        Some(name.to_owned())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let attributes = async {
            let call =
                aws.session.clients.sqs.get_queue_attributes().queue_url(url(&aws.place, name));
            let answer = call.attribute_names(Name::All).send().await;
            answer.attempting("sqs:GetQueueAttributes", || format!("read queue {name}"))
        };
        let tags = async {
            let answer = aws
                .session
                .clients
                .sqs
                .list_queue_tags()
                .queue_url(url(&aws.place, name))
                .send()
                .await;
            answer.attempting("sqs:ListQueueTags", || format!("read the tags of queue {name}"))
        };
        let Some((attributes, tags)) = try_join(attributes, tags).await.or_absent()? else {
            return Ok(None);
        };
        let tags = tags.tags.unwrap_or_default();
        let force_destroy = is_forced(&tags);
        let (tags, owner) = Tags::seen(tags);
        let attributes = Attributes(attributes.attributes.unwrap_or_default());
        let spec = attributes.spec(name, tags, &aws.place.partition);
        let spec = Spec { force_destroy, ..spec };
        let mut seen = Seen::current(spec, facts(&aws.place, name), owner);
        seen.holdings = attributes.holdings();
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let name = &want.identity;
        let mut attributes = attributes(&want.spec, &|_| true);
        if want.spec.fifo_queue {
            attributes.insert(Name::FifoQueue, "true".into());
        }
        // At creation a reset is a no-op, and AWS rejects some of them.
        attributes.retain(|_, value| !value.is_empty());
        let tags = want.spec.tags.of_holder(&want.owner, want.spec.force_destroy);
        let tags = tags.into_iter().collect();
        let call = aws.session.clients.sqs.create_queue().queue_name(name);
        let answer = call.set_attributes(Some(attributes)).set_tags(Some(tags)).send().await;
        let made = answer.attempting("sqs:CreateQueue", || format!("create queue {name}"))?;
        let url = made.queue_url.map(|url| ("url".to_owned(), url));
        // A queue of equal attributes is answered alike, whatever its tags.
        Ok(Made::whole(url.into_iter().collect()).or_found())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let name = &change.want.identity;
        let url = url(&aws.place, name);
        let attributes = attributes(&change.want.spec, &|field| change.touches(field));
        let set = async {
            if attributes.is_empty() {
                return Ok(());
            }
            let call = aws.session.clients.sqs.set_queue_attributes().queue_url(&url);
            let answer = call.set_attributes(Some(attributes)).send().await;
            answer.attempting("sqs:SetQueueAttributes", || format!("change queue {name}"))?;
            Ok(())
        };
        try_join(set, write_tags(aws, change, &url)).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let answer =
            aws.session.clients.sqs.delete_queue().queue_url(url(&aws.place, name)).send().await;
        answer.attempting("sqs:DeleteQueue", || format!("delete queue {name}"))?;
        Ok(())
    }
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", place.arn("sqs", name)), ("name", name.to_owned()), ("url", url(place, name))]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

/// Where SQS answers for a queue of this place.
pub(crate) fn url(place: &Place, name: &str) -> String {
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
        problems.extend(too_long("name", name, 80, "SQS"));
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

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>, url: &str) -> Answer<()> {
    let turn = change.holder_tags(|spec| (&spec.tags, spec.force_destroy));
    let Some(turn) = turn else { return Ok(()) };
    let name = &change.want.identity;
    let put = |tags: BTreeMap<_, _>| async move {
        let tags = tags.into_iter().collect();
        let answer =
            aws.session.clients.sqs.tag_queue().queue_url(url).set_tags(Some(tags)).send().await;
        answer.attempting("sqs:TagQueue", || format!("tag queue {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = aws.session.clients.sqs.untag_queue().queue_url(url).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("sqs:UntagQueue", || format!("untag queue {name}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}
