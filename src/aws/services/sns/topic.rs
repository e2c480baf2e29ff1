//! `sns_topic`: a topic, standard or FIFO, with its policy and its logging of
//! deliveries.
//!
//! One `CreateTopic` carries everything. Later SNS takes one attribute a call;
//! the calls go out together. Nothing needs waiting for.

mod grants;
mod wire;

use std::collections::BTreeMap;

use aws_sdk_sns::types::Tag;
use futures::future::{try_join, try_join_all, try_join3};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::{Attribute, Attributes, attributes, feedback, is_default};

use crate::aws::delivery_policy::TopicDelivery;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::names::too_long;
use crate::aws::policy::{self, Policy, Use};
use crate::aws::tags::Tags;
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Holdings, Live, Naming, Place, Problem, Sought};

pub(crate) struct SnsTopic;

/// A topic. Everything left out has AWS's documented default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 256 characters; FIFO names end with `.fifo`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 256), regex(pattern = r"^[A-Za-z0-9_-]+(\.fifo)?$"))]
    name: Option<String>,
    /// First in, first out, without duplicates.
    #[serde(default)]
    fifo_topic: bool,
    /// FIFO only: take the SHA-256 of the body as deduplication id. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_based_deduplication: Option<bool>,
    /// FIFO only: where a deduplication id is unique. Default: Topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    fifo_throughput_scope: Option<FifoThroughputScope>,
    /// FIFO only: keep published messages, for subscribers to replay. SNS
    /// deletes no topic that has an archive.
    archive_policy: Option<ArchivePolicy>,
    /// The sender's name in e-mails and text messages.
    #[serde(default)]
    #[schemars(length(max = 100))]
    display_name: String,
    /// Who may do what with the topic. Left out: AWS's own document, by which
    /// nobody but the account may.
    policy: Option<Policy>,
    /// How to try again to reach HTTP endpoints. Left out: 3 times, 20 seconds apart.
    delivery_policy: Option<TopicDelivery>,
    /// Encrypt with this KMS key (id, ARN or alias). Left out: not encrypted by KMS.
    kms_master_key_id: Option<String>,
    /// Sign messages with SHA-1 (1) or SHA-256 (2).
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 2))]
    signature_version: u8,
    /// `Active`: send traces to X-Ray. `PassThrough`: pass the publisher's
    /// trace header on. Standard topics only.
    #[serde(default)]
    tracing_config: TracingConfig,
    /// Role by which SNS logs successful deliveries to mobile applications.
    application_success_feedback_role_arn: Option<String>,
    /// Percentage of these that is logged.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    application_success_feedback_sample_rate: u8,
    /// Role by which SNS logs failed deliveries to mobile applications.
    application_failure_feedback_role_arn: Option<String>,
    /// Role by which SNS logs successful deliveries to Firehose streams.
    firehose_success_feedback_role_arn: Option<String>,
    /// Percentage of these that is logged.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    firehose_success_feedback_sample_rate: u8,
    /// Role by which SNS logs failed deliveries to Firehose streams.
    firehose_failure_feedback_role_arn: Option<String>,
    /// Role by which SNS logs successful deliveries over HTTP and HTTPS.
    http_success_feedback_role_arn: Option<String>,
    /// Percentage of these that is logged.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    http_success_feedback_sample_rate: u8,
    /// Role by which SNS logs failed deliveries over HTTP and HTTPS.
    http_failure_feedback_role_arn: Option<String>,
    /// Role by which SNS logs successful deliveries to Lambda functions.
    lambda_success_feedback_role_arn: Option<String>,
    /// Percentage of these that is logged.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    lambda_success_feedback_sample_rate: u8,
    /// Role by which SNS logs failed deliveries to Lambda functions.
    lambda_failure_feedback_role_arn: Option<String>,
    /// Role by which SNS logs successful deliveries to SQS queues.
    sqs_success_feedback_role_arn: Option<String>,
    /// Percentage of these that is logged.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    sqs_success_feedback_sample_rate: u8,
    /// Role by which SNS logs failed deliveries to SQS queues.
    sqs_failure_feedback_role_arn: Option<String>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

fn one() -> u8 {
    1
}

/// Where a deduplication id is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum FifoThroughputScope {
    Topic,
    MessageGroup,
}

/// Whether SNS sends traces of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum TracingConfig {
    #[default]
    PassThrough,
    Active,
}

/// How long published messages are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ArchivePolicy {
    /// Days for which a message can be replayed.
    #[schemars(range(min = 1, max = 365))]
    message_retention_days: u16,
}

impl Kind for SnsTopic {
    const NAME: &'static str = "sns_topic";
    const SUMMARY: &'static str = "An SNS topic, standard or FIFO, with its policy and logging.";
    const NOTES: &'static str = "\
The topic's name is its identity; its ARN follows from it.

- A topic always has a policy. Without `policy` it is AWS's own document, which ccprov recognises \
on reads and writes back when a policy is removed from the stack.
- The policy takes the actions of SNS that are about topics and no others, 100 statements, 200 principals and 30 KB.
- The key of `kms_master_key_id` is not checked by SNS: a wrong one shows when somebody publishes.
- Roles for feedback must exist before the topic may name them: that orders the two.
- Deleting a topic deletes its subscriptions. A topic with an `archive_policy` cannot be deleted \
until its archive is: AWS guards the archived messages.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("topic/minimal.yaml"), include_str!("topic/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "fifo_topic"];
    const MUST_EXIST: &'static [&'static str] = &[
        "policy.Statement.*.Principal",
        "policy.Statement.Principal",
        "application_success_feedback_role_arn",
        "application_failure_feedback_role_arn",
        "firehose_success_feedback_role_arn",
        "firehose_failure_feedback_role_arn",
        "http_success_feedback_role_arn",
        "http_failure_feedback_role_arn",
        "lambda_success_feedback_role_arn",
        "lambda_failure_feedback_role_arn",
        "sqs_success_feedback_role_arn",
        "sqs_failure_feedback_role_arn",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the topic's ARN", true), ("name", "its name", true)];
    const POLICIES: &'static [(&'static str, &'static Use)] = &[("policy", &policy::TOPIC)];
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("kms_master_key_id", Takes::Key),
        ("application_success_feedback_role_arn", takes::ROLE),
        ("application_failure_feedback_role_arn", takes::ROLE),
        ("firehose_success_feedback_role_arn", takes::ROLE),
        ("firehose_failure_feedback_role_arn", takes::ROLE),
        ("http_success_feedback_role_arn", takes::ROLE),
        ("http_failure_feedback_role_arn", takes::ROLE),
        ("lambda_success_feedback_role_arn", takes::ROLE),
        ("lambda_failure_feedback_role_arn", takes::ROLE),
        ("sqs_success_feedback_role_arn", takes::ROLE),
        ("sqs_failure_feedback_role_arn", takes::ROLE),
    ];
    const LOST: &'static str = "\
who publishes to the old topic outside of the stack, or subscribed to it there, has to turn to the new one";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        let suffix = if spec.fifo_topic { ".fifo" } else { "" };
        let name = spec.name.get_or_insert_with(|| naming.default_name() + suffix);
        let arn = naming.place.arn("sns", name);
        spec.policy = spec
            .policy
            .map(|policy| policy.in_partition(&naming.place.partition))
            .filter(|policy| !is_default(policy, &arn));
        if spec.fifo_topic {
            spec.content_based_deduplication.get_or_insert(false);
            spec.fifo_throughput_scope.get_or_insert(FifoThroughputScope::Topic);
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
        name_of(arn).map(str::to_owned)
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let arn = aws.place.arn("sns", name);
        let attributes = async {
            let answer =
                aws.session.clients.sns.get_topic_attributes().topic_arn(&arn).send().await;
            answer.attempting("sns:GetTopicAttributes", || format!("read topic {name}"))
        };
        let tags = async {
            let answer =
                aws.session.clients.sns.list_tags_for_resource().resource_arn(&arn).send().await;
            answer
                .attempting("sns:ListTagsForResource", || format!("read the tags of topic {name}"))
        };
        let Some((attributes, tags)) = try_join(attributes, tags).await.or_absent()? else {
            return Ok(None);
        };
        let pairs = tags.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
        let (tags, owner) = Tags::seen(pairs);
        let attributes = Attributes(attributes.attributes.unwrap_or_default());
        let spec = attributes.spec(name, &arn, tags);
        let holdings = spec.archive_policy.map(holdings);
        let mut seen = Seen::current(spec, facts(&aws.place, name), owner);
        seen.holdings = holdings;
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let name = &want.identity;
        let arn = aws.place.arn("sns", name);
        // What has its default is left out: SNS refuses some of these on a new topic.
        let stated = attributes(&want.spec, &arn)
            .into_iter()
            .filter_map(|attribute| Some((attribute.name, attribute.stated?)));
        let fifo = want.spec.fifo_topic.then(|| ("FifoTopic".to_owned(), "true".to_owned()));
        let call = aws.session.clients.sns.create_topic().name(name);
        let call = call.set_attributes(Some(stated.chain(fifo).collect()));
        let tags = sdk_tags(want.spec.tags.with_owner(&want.owner));
        let answer = call.set_tags(Some(tags)).send().await;
        answer.attempting("sns:CreateTopic", || format!("create topic {name}"))?;
        // A topic of equal attributes is answered alike. AWS compares tags as well;
        // that is not documented, and emulators do not.
        Ok(Made::whole(Facts::new()).or_found())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let arn = aws.place.arn("sns", &change.want.identity);
        let touched = attributes(&change.want.spec, &arn)
            .into_iter()
            .filter(|attribute| change.touches(&attribute.field));
        // SNS checks these two against each other, so they do not overtake.
        let (paired, single): (Vec<_>, Vec<_>) = touched.partition(|attribute| {
            ["content_based_deduplication", "fifo_throughput_scope"]
                .contains(&attribute.field.as_str())
        });
        let pair = async {
            for attribute in paired {
                set(aws, &arn, attribute).await?;
            }
            Ok(())
        };
        let singles = try_join_all(single.into_iter().map(|attribute| set(aws, &arn, attribute)));
        try_join3(pair, singles, write_tags(aws, change, &arn)).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let arn = aws.place.arn("sns", name);
        if emptying == Emptying::Empty && have.holdings.is_some() {
            let call = aws.session.clients.sns.set_topic_attributes().topic_arn(&arn);
            let call = call.attribute_name("ArchivePolicy").attribute_value("{}");
            let answer = call.send().await;
            answer.attempting("sns:SetTopicAttributes", || {
                format!("delete the archive of topic {name}")
            })?;
        }
        let answer = aws.session.clients.sns.delete_topic().topic_arn(arn).send().await;
        answer.attempting("sns:DeleteTopic", || format!("delete topic {name}"))?;
        Ok(())
    }
}

/// AWS deletes no topic before its archive.
fn holdings(archive: ArchivePolicy) -> Holdings {
    let days = archive.message_retention_days;
    Holdings::blocking(format!("an archive of the messages of {days} days"))
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", place.arn("sns", name)), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

/// The name in a topic's ARN; `None` for a subscription's, which has one part more.
pub(super) fn name_of(arn: &str) -> Option<&str> {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "sns", _, _, name] => Some(name),
        _ => None,
    }
}

fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = spec.name.as_deref().unwrap_or_default();
    if !is_pending(name) {
        problems.extend(too_long("name", name, 256, "SNS"));
        match (spec.fifo_topic, name.strip_suffix(".fifo").is_some()) {
            (true, false) => problems.push(
                Problem::of("name", "the name of a FIFO topic must end with .fifo")
                    .hint(format!("name: {name}.fifo")),
            ),
            (false, true) => problems.push(
                Problem::of("name", "only a FIFO topic's name may end with .fifo")
                    .hint("fifo_topic: true"),
            ),
            (true, true) | (false, false) => {}
        }
    }
    let fifo_only = [
        ("archive_policy", spec.archive_policy.is_some()),
        ("content_based_deduplication", spec.content_based_deduplication.is_some()),
        ("fifo_throughput_scope", spec.fifo_throughput_scope.is_some()),
    ];
    for (field, stated) in fifo_only {
        if stated && !spec.fifo_topic {
            problems
                .push(Problem::of(field, "only FIFO topics have this").hint("fifo_topic: true"));
        }
    }
    if spec.fifo_topic && spec.tracing_config == TracingConfig::Active {
        problems.push(Problem::of("tracing_config", "only standard topics have active tracing"));
    }
    for [role, rate, _] in feedback(spec) {
        if rate.stated.is_some() && role.stated.is_none() {
            let message = format!("nothing is logged without {}", role.field);
            problems.push(Problem::of(&rate.field, message));
        }
    }
    problems
}

async fn set(aws: &Aws, arn: &str, attribute: Attribute) -> Answer<()> {
    let Attribute { field, name, stated, reset } = attribute;
    let call = aws.session.clients.sns.set_topic_attributes().topic_arn(arn).attribute_name(name);
    let answer = call.attribute_value(stated.unwrap_or(reset)).send().await;
    answer.attempting("sns:SetTopicAttributes", || format!("change {field} of topic {arn}"))?;
    Ok(())
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>, arn: &str) -> Answer<()> {
    let Some(turn) = change.tag_change(|spec| &spec.tags) else { return Ok(()) };
    let name = &change.want.identity;
    let put = |tags: BTreeMap<_, _>| async move {
        let call = aws.session.clients.sns.tag_resource().resource_arn(arn);
        let answer = call.set_tags(Some(sdk_tags(tags))).send().await;
        answer.attempting("sns:TagResource", || format!("tag topic {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call =
            aws.session.clients.sns.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("sns:UntagResource", || format!("untag topic {name}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}

fn sdk_tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    // A builder that only fails for a missing key or value.
    tags.into_iter()
        .filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Address;

    pub(super) const ARN: &str = "arn:aws:sns:us-east-1:123456789012:dev-t";

    fn naming() -> Naming {
        Naming {
            stack: "dev".into(),
            address: Address::new("t"),
            place: Place {
                partition: "aws".into(),
                account: "123456789012".into(),
                region: "us-east-1".into(),
                endpoint: None,
            },
        }
    }

    pub(super) fn settled(document: Value) -> Spec {
        SnsTopic::settle(serde_json::from_value(document).unwrap(), &naming())
    }

    #[test]
    fn the_default_policy_may_be_stated() {
        let policy = wire::default_document(ARN, &json!(wire::DEFAULT_ACTIONS));
        assert_eq!(settled(json!({ "policy": policy })).policy, None);
    }

    #[test]
    fn what_sns_refuses_is_told_before() {
        let fields = |document: Value| -> Vec<String> {
            check(&settled(document)).iter().map(|problem| problem.path.to_string()).collect()
        };
        assert_eq!(fields(json!({})), Vec::<String>::new());
        assert_eq!(fields(json!({ "fifo_topic": true })), Vec::<String>::new());
        assert_eq!(fields(json!({ "fifo_topic": true, "name": "t" })), ["name"]);
        assert_eq!(fields(json!({ "name": "t.fifo" })), ["name"]);
        assert_eq!(
            fields(
                json!({ "archive_policy": { "message_retention_days": 1 }, "fifo_throughput_scope": "Topic" })
            ),
            ["archive_policy", "fifo_throughput_scope"]
        );
        assert_eq!(
            fields(json!({ "fifo_topic": true, "tracing_config": "Active" })),
            ["tracing_config"]
        );
        assert_eq!(
            fields(json!({ "http_success_feedback_sample_rate": 5 })),
            ["http_success_feedback_sample_rate"]
        );
    }

    #[test]
    fn a_topic_is_told_from_its_subscriptions() {
        assert_eq!(name_of(ARN), Some("dev-t"));
        assert_eq!(name_of(&format!("{ARN}:0a1b")), None);
        assert_eq!(name_of("arn:aws:sqs:us-east-1:123456789012:q"), None);
    }
}
