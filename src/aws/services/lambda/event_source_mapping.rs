//! `lambda_event_source_mapping`: what a function is invoked with, out of a queue or a
//! stream.
//!
//! AWS chooses its id, so that it is known by its source and its function, of which it
//! admits one mapping. Every change is one call, after which AWS is at it for some time.

mod check;
mod grants;
mod look;
mod pattern;
mod source;
mod wire;

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::pattern::Pattern;
use self::source::Source;
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Ours, Seen, Wanted};
use crate::aws::tags::Tags;
use crate::aws::takes::Takes;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{
    CloudError, Emptying, ErrorClass, Facts, Limit, Live, Naming, Patience, Place, Problem, Sought,
};

pub(crate) struct LambdaEventSourceMapping;

/// What invokes a function with the records of a source. Everything left out has AWS's
/// documented default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// ARN of the queue, of the stream of a table (`stream_arn`), of the Kinesis stream, of
    /// the Kafka cluster or of the broker.
    #[schemars(length(min = 1))]
    event_source_arn: String,
    /// The function: its name or its ARN, with `:ALIAS` or `:VERSION` at the end if it is
    /// one of these.
    #[schemars(length(min = 1))]
    function_name: String,
    /// Whether it reads its source. One that does not keeps its place in a stream.
    #[serde(default = "yes")]
    enabled: bool,
    /// Records that the function is invoked with at most: up to 10000, of a FIFO queue up to
    /// 10. Default: 10 for queues, 100 for all else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    batch_size: Option<i32>,
    /// Seconds to gather records before the function is invoked. A standard queue needs one
    /// for batches of more than 10, a FIFO queue has none. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 300))]
    maximum_batching_window_in_seconds: Option<i32>,
    /// What the function answers: with `ReportBatchItemFailures`, which records failed, so
    /// that the others are done with.
    #[serde(default)]
    function_response_types: BTreeSet<ResponseType>,
    /// Where to begin. For streams and Kafka, which need it, and for these alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    starting_position: Option<StartingPosition>,
    /// The time to begin at, in UTC: `2026-11-01T00:00:00Z`. With `AT_TIMESTAMP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$"))]
    starting_position_timestamp: Option<String>,
    /// How many invocations there may be at a time. For queues.
    scaling_config: Option<ScalingConfig>,
    /// Which records to invoke the function with. The others are done with: a queue deletes
    /// them. Left out: all.
    filter_criteria: Option<FilterCriteria>,
    /// Where records go, or word of them, that were given up. For streams and Kafka.
    destination_config: Option<DestinationConfig>,
    /// How often to try a batch again: up to 10000 times, or -1 until it expires. For
    /// streams and Kafka. Default for streams: -1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 10_000))]
    maximum_retry_attempts: Option<i32>,
    /// Seconds after which a record is given up: 60 to 604800, or -1 for never. For streams
    /// and Kafka. Default for streams: -1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 604_800))]
    maximum_record_age_in_seconds: Option<i32>,
    /// Split a batch that failed in two, and try these. For streams and Kafka. Default for
    /// streams: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    bisect_batch_on_function_error: Option<bool>,
    /// Batches of one shard at a time. For streams. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    parallelization_factor: Option<i32>,
    /// Seconds of records over which the function keeps a state. For streams. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 900))]
    tumbling_window_in_seconds: Option<i32>,
    /// The topic to read: one. For Kafka.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(length(max = 1))]
    topics: BTreeSet<String>,
    /// The queue of the broker to read: one. For Amazon MQ.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(length(max = 1))]
    queues: BTreeSet<String>,
    /// How to log in, and where to. For Kafka and Amazon MQ.
    #[serde(default)]
    source_access_configuration: BTreeSet<SourceAccess>,
    /// As whom to read. For Kafka.
    #[serde(skip_serializing_if = "Option::is_none")]
    amazon_managed_kafka_event_source_config: Option<KafkaConfig>,
    /// Pollers that are there whether used or not. For queues and Kafka. Left out: as many as
    /// AWS sees fit.
    provisioned_poller_config: Option<PollerConfig>,
    /// Metrics to emit besides those that cost nothing.
    metrics_config: Option<MetricsConfig>,
    /// Encrypt the filters with this KMS key (ARN). Left out: with a key of Lambda's own.
    kms_key_arn: Option<String>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// What the function answers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub(crate) enum ResponseType {
    ReportBatchItemFailures,
}

/// Where to begin in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StartingPosition {
    TrimHorizon,
    Latest,
    AtTimestamp,
}

/// How many invocations at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScalingConfig {
    /// 2 to 1000.
    #[schemars(range(min = 2, max = 1_000))]
    maximum_concurrency: i32,
}

/// Which records to take: those that fit one of the filters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterCriteria {
    /// Up to 10, of which AWS admits 5 unless asked for more.
    #[schemars(length(max = 10))]
    filters: Vec<Filter>,
}

/// One filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// What a record must be like.
    pattern: Pattern,
}

/// Where records go that were given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DestinationConfig {
    /// After the last try.
    on_failure: OnFailure,
}

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnFailure {
    /// ARN of a standard queue, a topic or a bucket; `kafka://TOPIC` for Kafka.
    #[schemars(length(min = 1))]
    destination: String,
}

/// One thing that it takes to get at a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceAccess {
    /// What it is.
    r#type: AccessType,
    /// ARN of the secret, or the name of the virtual host.
    #[schemars(length(min = 1))]
    uri: String,
}

/// What it takes to get at a source.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AccessType {
    BasicAuth,
    ClientCertificateTlsAuth,
    #[serde(rename = "SASL_SCRAM_512_AUTH")]
    SaslScram512Auth,
    VirtualHost,
}

/// As whom to read a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KafkaConfig {
    /// The consumer group.
    #[schemars(length(min = 1, max = 200))]
    consumer_group_id: String,
}

/// How many pollers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PollerConfig {
    /// 1 to 200.
    #[schemars(range(min = 1, max = 200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_pollers: Option<i32>,
    /// 1 to 10000.
    #[schemars(range(min = 1, max = 10_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_pollers: Option<i32>,
    /// Mappings of Kafka that share their pollers name one group.
    #[serde(skip_serializing_if = "Option::is_none")]
    poller_group_name: Option<String>,
}

/// Which metrics to emit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsConfig {
    /// The groups of metrics.
    metrics: BTreeSet<Metric>,
}

/// A group of metrics.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub(crate) enum Metric {
    EventCount,
    ErrorCount,
    KafkaMetrics,
}

fn yes() -> bool {
    true
}

impl Kind for LambdaEventSourceMapping {
    const NAME: &'static str = "lambda_event_source_mapping";
    const SUMMARY: &'static str =
        "A mapping that invokes a Lambda function with the records of a queue or a stream.";
    const NOTES: &'static str = "\
Source and function together are its identity, of which AWS admits one; AWS adds an id of its own, the fact `uuid`.

- Source and function must exist, and the function's role must be allowed to read the source: \
`sqs:ReceiveMessage`, `sqs:DeleteMessage` and `sqs:GetQueueAttributes`; for the stream of a table \
`dynamodb:GetRecords`, `dynamodb:GetShardIterator`, `dynamodb:DescribeStream` and `dynamodb:ListStreams`; \
`kms:Decrypt` on the key of either. AWS asks for that when the mapping is made; a right that this apply gives is waited \
for. Who loses it later is not told: the mapping stays `Enabled`, and the queue grows.
- The queue's `visibility_timeout_seconds` must be at least the function's `timeout`, or AWS refuses the mapping. AWS \
advises six times as much, and the batching window besides.
- AWS is at a mapping for some seconds after each call, and takes the next one when that is over. One that is `Enabled` \
may take a minute more to read its source.
- A mapping is deleted before its function, its queue and its table, and is waited for.
- Another function is a change in place, and loses nothing. Another source is another mapping, which comes first.
- Another `starting_position` makes the mapping anew: the place in the stream is lost. `TRIM_HORIZON` then reads again \
whatever the stream still has, `LATEST` never reads what came in between.
- The ARN of a table's stream is another whenever the table's `stream_view_type` changes: the mapping is replaced.
- Where `enabled` is false, a queue keeps its messages for `message_retention_seconds`, a stream of DynamoDB its records \
for 24 hours. What is not read by then is lost.
- Two mappings on one queue share its messages: each gets some.
- What a filter does not let through is gone, of a queue as of a stream.
- Without `ReportBatchItemFailures` one message that fails brings back all of its batch.
- If AWS says that the last batch went wrong, a plan tells so.";
    const EXAMPLES: [&'static str; 2] = [
        include_str!("event_source_mapping/minimal.yaml"),
        include_str!("event_source_mapping/production.yaml"),
    ];
    const FIXED: &'static [&'static str] = &[
        "event_source_arn",
        "starting_position",
        "starting_position_timestamp",
        "topics",
        "queues",
        "amazon_managed_kafka_event_source_config",
    ];
    const MUST_EXIST: &'static [&'static str] =
        &["event_source_arn", "function_name", "kms_key_arn"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the mapping's ARN", false), ("uuid", "the id that AWS chose", false)];
    /// 5 to 30 seconds for a queue, some minutes for Kafka. Deadlines: those of Terraform's
    /// provider.
    const PATIENCE: Patience = Patience::slow(
        Limit::of(Duration::from_mins(10)),
        Limit::of(Duration::from_mins(10)),
        Limit::of(Duration::from_mins(5)),
    );
    /// Beside the tagging API, which learns of a mapping after a while.
    const HANGS_ON: Option<&'static str> = Some("lambda_function");
    const NAMED_BY: Option<&'static str> = None;
    const NAME_MAY_WAIT: bool = true;
    const TAKES: &'static [(&'static str, Takes)] = &[("kms_key_arn", Takes::Key)];
    const GAP: &'static str = "\
nothing is read until the new mapping is there: a queue keeps what comes, and of a stream the new one reads from its \
`starting_position`";
    const LOST: &'static str = "the place in a stream is lost";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] =
        &[("event_source_arn", None), ("function_name", None)];
    const BETWEEN: &'static str = "|";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.function_name = function_arn(&spec.function_name, &naming.place);
        spec.normal()
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        look::Key::of(spec).text()
    }

    fn predict(_spec: &Spec, _naming: &Naming) -> Facts {
        Facts::new()
    }

    fn identify(arn: &str) -> Option<String> {
        uuid_of(arn).map(|_| arn.to_owned())
    }

    async fn hanging(aws: &Aws, on: &Sought, _ours: Ours<'_>) -> Answer<Vec<String>> {
        let listed = look::list(aws, None, on.arn.as_deref()).await?;
        Ok(listed.into_iter().filter_map(|mapping| mapping.event_source_mapping_arn).collect())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        Box::pin(look::read(aws, sought)).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let tags = want.spec.tags.with_owner(&want.owner);
        let call = wire::creation(&aws.session.clients.lambda, &want.spec, tags);
        let answer = call.send().await;
        let Spec { event_source_arn, function_name, .. } = &want.spec;
        let made = answer.attempting("lambda:CreateEventSourceMapping", || {
            format!("map {event_source_arn} to {function_name}")
        });
        let made = made.map_err(hinted)?;
        let arn = made.event_source_mapping_arn;
        let arn = arn.or_else(|| Some(arn_of(&aws.place, made.uuid.as_deref()?)));
        Ok(Made::begun(arn.map(|arn| facts(&arn)).unwrap_or_default()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let Some(arn) = change.live.arn() else { return Ok(Accepted::Done(Facts::new())) };
        write_tags(aws, change, arn).await?;
        let call = aws.session.clients.lambda.update_event_source_mapping();
        let Some(call) = wire::change(call.uuid(uuid_of(arn).unwrap_or_default()), change) else {
            return Ok(Accepted::Done(Facts::new()));
        };
        let answer = call.send().await;
        let changed = answer.attempting("lambda:UpdateEventSourceMapping", || {
            format!("change the mapping {}", change.want.identity)
        });
        changed.map_err(hinted)?;
        Ok(Accepted::Working(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let Some(uuid) = have.arn().and_then(uuid_of) else { return Ok(()) };
        let call = aws.session.clients.lambda.delete_event_source_mapping().uuid(uuid);
        call.send().await.attempting("lambda:DeleteEventSourceMapping", || {
            format!("delete the mapping {}", have.identity)
        })?;
        Ok(())
    }
}

impl Spec {
    /// In one form, whoever wrote it: with the defaults of its source, and without what says
    /// nothing.
    fn normal(mut self) -> Self {
        if let Some(source) = Source::of(&self.event_source_arn) {
            source.fill(&mut self);
        }
        self.filter_criteria = self.filter_criteria.and_then(FilterCriteria::normal);
        self.metrics_config = self.metrics_config.filter(|config| !config.metrics.is_empty());
        self.starting_position_timestamp =
            self.starting_position_timestamp.map(|time| wire::normal_time(&time));
        self
    }
}

impl FilterCriteria {
    /// The order of filters means nothing, and none is none.
    fn normal(mut self) -> Option<Self> {
        self.filters.sort_by_cached_key(|filter| filter.pattern.text());
        self.filters.dedup();
        (!self.filters.is_empty()).then_some(self)
    }
}

/// A function as AWS names it in a mapping. What is not known yet, or no name, stays.
fn function_arn(function: &str, place: &Place) -> String {
    if function.starts_with("arn:") {
        // What is said of no version is said of the latest.
        return function.strip_suffix(":$LATEST").unwrap_or(function).to_owned();
    }
    if is_pending(function) || !check::is_name(function) {
        return function.to_owned();
    }
    place.arn("lambda", &format!("function:{function}"))
}

/// The id of a mapping, from its ARN; `None` for any other ARN.
fn uuid_of(arn: &str) -> Option<&str> {
    let arn = crate::aws::arn::Arn::read(arn).filter(|arn| arn.service == "lambda")?;
    arn.resource.strip_prefix("event-source-mapping:")
}

fn arn_of(place: &Place, uuid: &str) -> String {
    place.arn("lambda", &format!("event-source-mapping:{uuid}"))
}

fn facts(arn: &str) -> Facts {
    let uuid = uuid_of(arn).map(|uuid| ("uuid".to_owned(), uuid.to_owned()));
    [("arn".to_owned(), arn.to_owned())].into_iter().chain(uuid).collect()
}

/// What to try, where AWS has something against source, function and role together.
fn hinted(error: CloudError) -> CloudError {
    let words = error.message.to_lowercase();
    let is_refused = matches!(error.class, ErrorClass::Invalid | ErrorClass::NotYet(_));
    let hint = if !is_refused {
        return error;
    } else if words.contains("visibility timeout") {
        "raise the queue's `visibility_timeout_seconds` to the function's `timeout` at least; AWS advises six \
         times as much"
    } else if words.contains("permission") || words.contains("assume") || words.contains("access") {
        "let the function's role read the source, with `assume_role_policy` for lambda.amazonaws.com and the \
         actions that `ccprov kinds lambda_event_source_mapping` names"
    } else {
        return error;
    };
    CloudError { hint: Some(hint.to_owned()), ..error }
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>, arn: &str) -> Answer<()> {
    let Some(turn) = change.tag_change(|spec| &spec.tags) else { return Ok(()) };
    let lambda = &aws.session.clients.lambda;
    let put = |tags: std::collections::BTreeMap<_, _>| async move {
        let call = lambda.tag_resource().resource(arn).set_tags(Some(tags.into_iter().collect()));
        call.send().await.attempting("lambda:TagResource", || format!("tag the mapping {arn}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = lambda.untag_resource().resource(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("lambda:UntagResource", || format!("untag the mapping {arn}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}

#[cfg(test)]
mod tests;
