//! An alarm as CloudWatch's calls have it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{self as sdk, Dimension, MetricAlarm, MetricDataQuery};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{MetricStat, Query, Spec};
use crate::aws::tags::Tags;

/// The call that makes it, or makes it over.
pub(super) fn put(client: &Client, name: &str, spec: &Spec) -> PutMetricAlarmFluentBuilder {
    let actions = |arns: &BTreeSet<String>| Some(arns.iter().cloned().collect());
    let metrics: Vec<MetricDataQuery> = spec.metrics.iter().map(query).collect();
    client
        .put_metric_alarm()
        .alarm_name(name)
        .alarm_description(&spec.description)
        .set_namespace(spec.namespace.clone())
        .set_metric_name(spec.metric_name.clone())
        .set_dimensions(Some(dimensions(&spec.dimensions)).filter(|some| !some.is_empty()))
        .set_statistic(spec.statistic.map(|it| word(&it).as_str().into()))
        .set_extended_statistic(spec.extended_statistic.clone())
        .set_period(spec.period)
        .set_unit(spec.unit.as_deref().map(sdk::StandardUnit::from))
        .set_metrics(Some(metrics).filter(|some| !some.is_empty()))
        .threshold(spec.threshold)
        .comparison_operator(word(&spec.comparison_operator).as_str().into())
        .evaluation_periods(spec.evaluation_periods)
        .set_datapoints_to_alarm(spec.datapoints_to_alarm)
        .treat_missing_data(word(&spec.treat_missing_data))
        .actions_enabled(spec.actions_enabled)
        .set_alarm_actions(actions(&spec.alarm_actions))
        .set_ok_actions(actions(&spec.ok_actions))
        .set_insufficient_data_actions(actions(&spec.insufficient_data_actions))
}

/// What CloudWatch shows; `None` for an alarm of a sort that ccprov has no words for,
/// such as one on a band of anomalies.
pub(super) fn shown(name: &str, alarm: MetricAlarm, tags: Tags) -> Option<Spec> {
    let evaluation_periods = alarm.evaluation_periods.unwrap_or(1);
    let actions = |arns: Option<Vec<String>>| arns.unwrap_or_default().into_iter().collect();
    let mut metrics: Vec<Query> =
        alarm.metrics.unwrap_or_default().into_iter().filter_map(of_query).collect();
    metrics.sort_by(|a, b| a.id.cmp(&b.id));
    Some(Spec {
        name: Some(name.to_owned()),
        description: alarm.alarm_description.unwrap_or_default(),
        namespace: alarm.namespace,
        metric_name: alarm.metric_name,
        dimensions: pairs(alarm.dimensions),
        statistic: alarm.statistic.and_then(|it| told(it.as_str())),
        extended_statistic: alarm.extended_statistic,
        period: alarm.period,
        unit: alarm.unit.map(|unit| unit.as_str().to_owned()),
        metrics,
        threshold: alarm.threshold.unwrap_or_default(),
        comparison_operator: told(alarm.comparison_operator?.as_str())?,
        evaluation_periods,
        datapoints_to_alarm: alarm.datapoints_to_alarm.or(Some(evaluation_periods)),
        treat_missing_data: alarm.treat_missing_data.and_then(|it| told(&it)).unwrap_or_default(),
        actions_enabled: alarm.actions_enabled.unwrap_or(true),
        alarm_actions: actions(alarm.alarm_actions),
        ok_actions: actions(alarm.ok_actions),
        insufficient_data_actions: actions(alarm.insufficient_data_actions),
        tags,
    })
}

fn query(query: &Query) -> MetricDataQuery {
    MetricDataQuery::builder()
        .id(&query.id)
        .set_expression(query.expression.clone())
        .set_metric_stat(query.metric_stat.as_ref().map(metric_stat))
        .set_label(query.label.clone())
        .set_period(query.period)
        .return_data(query.return_data)
        .build()
}

fn metric_stat(stat: &MetricStat) -> sdk::MetricStat {
    let metric = sdk::Metric::builder()
        .namespace(&stat.namespace)
        .metric_name(&stat.metric_name)
        .set_dimensions(Some(dimensions(&stat.dimensions)).filter(|some| !some.is_empty()));
    sdk::MetricStat::builder()
        .metric(metric.build())
        .period(stat.period)
        .stat(&stat.stat)
        .set_unit(stat.unit.as_deref().map(sdk::StandardUnit::from))
        .build()
}

fn of_query(query: MetricDataQuery) -> Option<Query> {
    Some(Query {
        id: query.id?,
        expression: query.expression,
        metric_stat: query.metric_stat.and_then(of_metric_stat),
        label: query.label,
        period: query.period,
        // "The default of this field is true" (API Reference, `MetricDataQuery`).
        return_data: query.return_data.unwrap_or(true),
    })
}

fn of_metric_stat(stat: sdk::MetricStat) -> Option<MetricStat> {
    let metric = stat.metric?;
    Some(MetricStat {
        namespace: metric.namespace?,
        metric_name: metric.metric_name?,
        dimensions: pairs(metric.dimensions),
        period: stat.period?,
        stat: stat.stat?,
        unit: stat.unit.map(|unit| unit.as_str().to_owned()),
    })
}

fn dimensions(pairs: &BTreeMap<String, String>) -> Vec<Dimension> {
    let one = |(name, value)| Dimension::builder().name(name).value(value).build();
    pairs.iter().map(one).collect()
}

fn pairs(dimensions: Option<Vec<Dimension>>) -> BTreeMap<String, String> {
    let all = dimensions.unwrap_or_default().into_iter();
    all.filter_map(|one| Some((one.name?, one.value?))).collect()
}

/// How AWS spells a word of ours: as the stack file does.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|it| it.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// And the other way round; `None` for one that is new.
fn told<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(Value::from(word)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_reckoned_is_shown_as_it_was_put() {
        let all: Vec<Query> = serde_json::from_value(json!([
            { "id": "a", "expression": "b * 2", "label": "Twice", "period": 60 },
            { "id": "b", "return_data": false, "metric_stat": {
                "namespace": "AWS/SNS", "metric_name": "NumberOfMessagesPublished",
                "dimensions": { "TopicName": "t" }, "period": 60, "stat": "p99", "unit": "Count" } },
        ]))
        .unwrap();
        let put: Vec<MetricDataQuery> = all.iter().map(query).collect();
        let alarm = MetricAlarm::builder()
            .set_metrics(Some(put.into_iter().rev().collect()))
            .comparison_operator("LessThanThreshold".into());
        let spec = shown("a", alarm.build(), Tags::default()).unwrap();
        assert_eq!(spec.metrics, all);
    }

    /// AWS leaves out what nobody set.
    #[test]
    fn what_is_left_out_has_its_default() {
        let alarm = MetricAlarm::builder()
            .comparison_operator("LessThanThreshold".into())
            .extended_statistic("p99.9")
            .evaluation_periods(3);
        let spec = shown("a", alarm.build(), Tags::default()).unwrap();
        assert_eq!((spec.statistic.is_none(), spec.datapoints_to_alarm), (true, Some(3)));
        assert_eq!(spec.extended_statistic.as_deref(), Some("p99.9"));
        assert!(spec.actions_enabled);
    }

    #[test]
    fn an_alarm_of_another_sort_is_not_taken_for_one() {
        let band = MetricAlarm::builder().comparison_operator("GreaterThanUpperThreshold".into());
        assert!(shown("a", band.build(), Tags::default()).is_none());
    }
}
