//! What CloudWatch counts of a resource: the last points of one metric.

use std::time::Duration;

use aws_sdk_cloudwatch::types::{Datapoint, Dimension, Statistic};
use aws_smithy_types::DateTime;

use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;

/// SQS and Lambda tell CloudWatch once a minute (their guides, "CloudWatch metrics").
const PERIOD: i32 = 60;

/// One metric of one resource.
pub(super) struct Metric<'a> {
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    /// What it is of: `QueueName`, and the name.
    pub(super) of: (&'a str, &'a str),
    pub(super) statistic: Statistic,
}

impl Metric<'_> {
    /// Its points of the last so many minutes, oldest first. CloudWatch has none of a
    /// minute in which nothing happened, nor of one that has just passed.
    pub(super) async fn points(&self, session: &Session, window: Duration) -> Answer<Vec<f64>> {
        let now = session.now().await?;
        let seconds = i64::try_from(window.as_secs()).unwrap_or(i64::MAX);
        let dimension = Dimension::builder().name(self.of.0).value(self.of.1).build();
        let call = session.clients.cloudwatch.get_metric_statistics();
        let call = call.namespace(self.namespace).metric_name(self.name).dimensions(dimension);
        // The end is exclusive, and this minute is not over.
        let end = DateTime::from_secs(now.secs() + i64::from(PERIOD));
        let call = call.start_time(DateTime::from_secs(now.secs() - seconds)).end_time(end);
        let call = call.period(PERIOD).statistics(self.statistic.clone());
        let answer = call.send().await;
        let answer = answer.attempting("cloudwatch:GetMetricStatistics", || {
            format!("read the metric {} of {}", self.name, self.of.1)
        })?;
        let mut points = answer.datapoints.unwrap_or_default();
        points.sort_by_key(|point| point.timestamp.map(|at| at.secs()));
        Ok(points.iter().filter_map(|point| self.value(point)).collect())
    }

    fn value(&self, point: &Datapoint) -> Option<f64> {
        match self.statistic {
            Statistic::Sum => point.sum,
            _ => point.maximum,
        }
    }
}
