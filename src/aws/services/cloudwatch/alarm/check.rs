//! What CloudWatch refuses of an alarm: one field against another.

use super::{Query, Spec};
use crate::model::{Path, Problem};

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = if spec.metrics.is_empty() { of_one(spec) } else { of_several(spec) };
    if spec.datapoints_to_alarm.is_some_and(|points| points > spec.evaluation_periods) {
        let message = "there are no more data points than evaluation_periods";
        problems.push(Problem::of("datapoints_to_alarm", message));
    }
    problems
}

/// An alarm on one metric.
fn of_one(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let needed = [
        ("metric_name", spec.metric_name.is_some()),
        ("namespace", spec.namespace.is_some()),
        ("period", spec.period.is_some()),
    ];
    for (field, _) in needed.into_iter().filter(|(_, stated)| !stated) {
        problems.push(Problem::of(field, format!("an alarm without `metrics` needs a {field}")));
    }
    if spec.statistic.is_some() == spec.extended_statistic.is_some() {
        let message = "an alarm on one metric needs a statistic or an extended_statistic, not both";
        problems.push(Problem::of("statistic", message));
    }
    if let Some(period) = spec.period.filter(|period| !is_period(*period)) {
        problems.push(Problem::of("period", wrong(period)));
    }
    problems.extend(spec.period.and_then(|period| of_window(period, spec.evaluation_periods)));
    problems
}

/// As the API Reference has it (`PutMetricAlarm`, `EvaluationPeriods`).
fn of_window(period: i32, periods: i32) -> Option<Problem> {
    let (most, named) = if period >= 3_600 { (604_800, "a week") } else { (86_400, "a day") };
    let seconds = i64::from(period) * i64::from(periods);
    let message = format!(
        "with a period of {period} s CloudWatch looks back {named} at most, and this is {seconds} s"
    );
    (seconds > most).then(|| Problem::of("evaluation_periods", message))
}

/// An alarm on an expression.
fn of_several(spec: &Spec) -> Vec<Problem> {
    let stated = [
        ("dimensions", !spec.dimensions.is_empty()),
        ("extended_statistic", spec.extended_statistic.is_some()),
        ("metric_name", spec.metric_name.is_some()),
        ("namespace", spec.namespace.is_some()),
        ("period", spec.period.is_some()),
        ("statistic", spec.statistic.is_some()),
        ("unit", spec.unit.is_some()),
    ];
    let stated = stated.into_iter().filter(|(_, stated)| *stated);
    let mut problems: Vec<Problem> = stated
        .map(|(field, _)| Problem::of(field, "an alarm with `metrics` states this there"))
        .collect();
    if spec.metrics.iter().filter(|query| query.return_data).count() != 1 {
        let message = "one of the metrics is watched, and all others state return_data: false";
        problems.push(Problem::of("metrics", message));
    }
    problems.extend(spec.metrics.iter().filter_map(of_query));
    problems
}

fn of_query(query: &Query) -> Option<Problem> {
    let at = Path::field("metrics").with_field(&query.id);
    if query.expression.is_some() == query.metric_stat.is_some() {
        let message = "is either an expression or a metric_stat";
        return Some(Problem::of("", message).at(at));
    }
    let period = query.metric_stat.as_ref()?.period;
    (!is_period(period)).then(|| Problem::of("", wrong(period)).at(at))
}

/// As the API Reference has it (`PutMetricAlarm`).
fn is_period(seconds: i32) -> bool {
    [10, 20, 30].contains(&seconds) || seconds % 60 == 0
}

fn wrong(period: i32) -> String {
    format!("a period is 10, 20 or 30 seconds, or whole minutes, and {period} is none")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(fields: &Value) -> Vec<String> {
        let mut alarm = json!({
            "threshold": 1, "comparison_operator": "LessThanThreshold", "evaluation_periods": 2,
        });
        let all = alarm.as_object_mut().unwrap();
        all.extend(fields.as_object().unwrap().clone());
        let spec = serde_json::from_value(alarm).unwrap();
        check(&spec).iter().map(|problem| problem.path.to_string()).collect()
    }

    #[test]
    fn an_alarm_on_one_metric_states_it_whole() {
        let whole =
            json!({ "namespace": "n", "metric_name": "m", "period": 60, "statistic": "Sum" });
        let with = |field: &str, value: Value| {
            let mut fields = whole.clone();
            fields[field] = value;
            told(&fields)
        };
        assert_eq!(told(&whole), [""; 0]);
        assert_eq!(told(&json!({})), ["metric_name", "namespace", "period", "statistic"]);
        assert_eq!(with("extended_statistic", json!("p9")), ["statistic"]);
        assert_eq!(with("period", json!(90)), ["period"]);
        assert_eq!(with("period", json!(20)), [""; 0]);
        assert_eq!(with("datapoints_to_alarm", json!(3)), ["datapoints_to_alarm"]);
        assert_eq!(with("evaluation_periods", json!(1_440)), [""; 0]);
        assert_eq!(with("evaluation_periods", json!(1_441)), ["evaluation_periods"]);
        let hours = |periods: i32| {
            let mut fields = whole.clone();
            fields["period"] = json!(3_600);
            fields["evaluation_periods"] = json!(periods);
            told(&fields)
        };
        assert_eq!(hours(168), [""; 0]);
        assert_eq!(hours(169), ["evaluation_periods"]);
    }

    #[test]
    fn an_alarm_on_an_expression_watches_one() {
        let one = json!({ "id": "a", "expression": "1" });
        assert_eq!(told(&json!({ "metrics": [one] })), [""; 0]);
        let other = json!({ "id": "b", "expression": "2" });
        assert_eq!(told(&json!({ "metrics": [one, other] })), ["metrics"]);
        assert_eq!(told(&json!({ "metrics": [{ "id": "a" }] })), ["metrics.a"]);
        assert_eq!(told(&json!({ "metrics": [one], "period": 60 })), ["period"]);
    }
}
