//! `cloudwatch_metric_alarm`: what CloudWatch tells whom when a metric, or what is
//! reckoned from several, passes a threshold.
//!
//! One `PutMetricAlarm` carries everything, and replaces everything but the tags.

mod check;
mod grants;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::alarms;
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::tags::Tags;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{Emptying, Facts, Live, Naming, Problem, Sought};

pub(crate) struct CloudwatchMetricAlarm;

/// An alarm on one metric, or on an expression of several.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 255 characters. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 255))]
    name: Option<String>,
    /// What it means, and what to do.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    description: String,
    /// The metric's namespace, such as `AWS/SQS`. Without `metrics`.
    #[schemars(length(min = 1, max = 255))]
    namespace: Option<String>,
    /// The metric's name. Without `metrics`.
    #[schemars(length(min = 1, max = 255))]
    metric_name: Option<String>,
    /// Which of the metrics of this name: `QueueName: ${queue.name}`.
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    /// What is compared of a period. Or `extended_statistic`.
    statistic: Option<Statistic>,
    /// A percentile, such as `p99.9`, or a trimmed mean, such as `tm90`.
    #[schemars(length(min = 1))]
    extended_statistic: Option<String>,
    /// Seconds: 10, 20, 30, or whole minutes up to a week. Without `metrics`.
    #[schemars(range(min = 10, max = 604_800))]
    period: Option<i32>,
    /// Only data points of this unit. Left out: of any.
    #[schemars(length(min = 1))]
    unit: Option<String>,
    /// Metrics and expressions of them, in place of one metric. One returns data.
    #[serde(default)]
    #[schemars(length(max = 20))]
    metrics: Vec<Query>,
    /// With what it is compared.
    #[serde(serialize_with = "number")]
    threshold: f64,
    /// How it is compared.
    comparison_operator: Comparison,
    /// Periods that are looked at.
    #[schemars(range(min = 1))]
    evaluation_periods: i32,
    /// How many of these must be beyond the threshold. Default: all.
    #[schemars(range(min = 1))]
    datapoints_to_alarm: Option<i32>,
    /// What a period without data counts as.
    #[serde(default)]
    treat_missing_data: MissingData,
    /// Whether the actions are carried out.
    #[serde(default = "yes")]
    actions_enabled: bool,
    /// ARNs of what is told when it goes off, such as a topic's.
    #[serde(default)]
    #[schemars(length(max = 5), inner(length(min = 1, max = 1024)))]
    alarm_actions: BTreeSet<String>,
    /// ARNs of what is told when all is well again.
    #[serde(default)]
    #[schemars(length(max = 5), inner(length(min = 1, max = 1024)))]
    ok_actions: BTreeSet<String>,
    /// ARNs of what is told when there are too few data.
    #[serde(default)]
    #[schemars(length(max = 5), inner(length(min = 1, max = 1024)))]
    insufficient_data_actions: BTreeSet<String>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

fn yes() -> bool {
    true
}

/// Whole numbers as they are written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    // Up to 2^53 every integer has a float of its own.
    if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and not too large")]
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

/// What is compared of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::enum_variant_names, reason = "as AWS calls them")]
pub(crate) enum Comparison {
    GreaterThanOrEqualToThreshold,
    GreaterThanThreshold,
    LessThanThreshold,
    LessThanOrEqualToThreshold,
}

/// What a period without data counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum MissingData {
    #[default]
    Missing,
    Ignore,
    Breaching,
    NotBreaching,
}

/// A metric, or an expression of others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    /// What expressions call it.
    #[schemars(length(max = 255), regex(pattern = r"^[a-z][a-zA-Z0-9_]*$"))]
    id: String,
    /// Metric math, such as `errors / requests`. Or `metric_stat`.
    #[schemars(length(min = 1, max = 2048))]
    expression: Option<String>,
    /// One metric. Or `expression`.
    metric_stat: Option<MetricStat>,
    /// What graphs call it.
    #[schemars(length(min = 1))]
    label: Option<String>,
    /// Seconds of a data point of an expression.
    #[schemars(range(min = 1))]
    period: Option<i32>,
    /// Whether the alarm watches it: one does.
    #[serde(default = "yes")]
    return_data: bool,
}

/// One metric of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricStat {
    /// The metric's namespace.
    #[schemars(length(min = 1, max = 255))]
    namespace: String,
    /// The metric's name.
    #[schemars(length(min = 1, max = 255))]
    metric_name: String,
    /// Which of the metrics of this name.
    #[serde(default)]
    dimensions: BTreeMap<String, String>,
    /// Seconds: 10, 20, 30, or whole minutes.
    #[schemars(range(min = 10))]
    period: i32,
    /// A statistic or a percentile: `Sum`, `p99`.
    #[schemars(length(min = 1))]
    stat: String,
    /// Only data points of this unit.
    #[schemars(length(min = 1))]
    unit: Option<String>,
}

impl Kind for CloudwatchMetricAlarm {
    const NAME: &'static str = "cloudwatch_metric_alarm";
    const SUMMARY: &'static str = "A CloudWatch alarm on a metric, or on an expression of several.";
    const NOTES: &'static str = "\
The alarm's name is its identity, of which composite alarms have none besides; its ARN follows from it.

- CloudWatch looks at nothing that an alarm names. A dimension that is misspelt makes an alarm that never goes off, \
and an action that CloudWatch may not carry out fails without a word.
- A topic that is told must admit `cloudwatch.amazonaws.com` to `sns:Publish` if it has a policy of its own; if it is \
encrypted, its key must admit the same to `kms:GenerateDataKey*` and `kms:Decrypt`. AWS's own key `alias/aws/sns` never does.
- `verify` finds both: `alarm_path` reads the policies, `alarm_metric` the names, and with `--exclusive` `alarm_fires` sets the alarm off.
- A change replaces the alarm's settings as a whole, its state excepted: what ccprov has no field for goes with it.
- AWS makes an alarm over one of the same name without a word. ccprov looks before it creates, and by the tags after it.
- AWS admits three new alarms a second.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("alarm/minimal.yaml"), include_str!("alarm/production.yaml")];
    const FIXED: &'static [&'static str] = &["name"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the alarm's ARN", true), ("name", "its name", true)];
    /// CloudWatch refuses to delete an alarm that a composite alarm needs.
    const DELETE_AFTER: &'static [&'static str] = &["cloudwatch_composite_alarm"];
    const LOST: &'static str = "the alarm's state and its history";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.datapoints_to_alarm.get_or_insert(spec.evaluation_periods);
        spec.metrics.sort_by(|a, b| a.id.cmp(&b.id));
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        alarms::facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        alarms::identify(arn)
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let Some(mut named) = alarms::look(aws, sought).await? else { return Ok(None) };
        let (metric, tags) = (named.metric.take(), std::mem::take(&mut named.tags));
        let Some(spec) = metric.and_then(|alarm| wire::shown(&named.name, alarm, tags)) else {
            return named.of_another_sort();
        };
        let facts = alarms::facts(&aws.place, &named.name);
        Ok(Some(Seen { identity: Some(named.name), ..Seen::current(spec, facts, named.owner) }))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let tags = alarms::tags(want.spec.tags.with_owner(&want.owner));
        let call = wire::put(&aws.session.clients.cloudwatch, &want.identity, &want.spec);
        let answer = call.set_tags(Some(tags)).send().await;
        answer.attempting("cloudwatch:PutMetricAlarm", || {
            format!("create alarm {}", want.identity)
        })?;
        // One that was there is answered alike, and keeps its tags.
        Ok(Made::whole(Facts::new()).or_found())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let (name, spec) = (&change.want.identity, &change.want.spec);
        if alarms::is_made_over(change) {
            let answer = wire::put(&aws.session.clients.cloudwatch, name, spec).send().await;
            answer.attempting("cloudwatch:PutMetricAlarm", || format!("change alarm {name}"))?;
        }
        alarms::write_tags(aws, change, |spec| &spec.tags).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        alarms::delete(aws, have.identity.as_str()).await
    }
}
