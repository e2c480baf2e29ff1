//! `function_errors`: what was run in the last minutes did not fail.
//!
//! CloudWatch counts; nobody is called. It counts minutes late and forgets nothing, so
//! that it has what an earlier exercise failed with on purpose, and not what this one
//! does: some failures are worth knowing, and only a function that does nothing but fail
//! is at fault. Where CloudWatch knows of no call, there is nothing to see.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::Statistic;
use futures::future::try_join;

use super::bench::Bench;
use super::metric::Metric;
use crate::aws::invocation::FUNCTION;
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path as Field, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "function_errors",
    kind: CheckKind::Behaviour,
    level: Level::Warning,
    summary: "A function that ran in the last quarter of an hour did not fail each time; that it failed sometimes is a note. \
              CloudWatch is asked, minutes late.",
    risk: "What the function is given is tried again until it expires or is a dead letter.",
    remedy: "Read the function's log, and mend what it fails with.",
};

/// Long enough for CloudWatch to have heard of it, short enough for what is so now.
const WINDOW: Duration = Duration::from_mins(15);

pub(super) struct FunctionErrors(pub(super) Bench);

#[async_trait]
impl Behaviour for FunctionErrors {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        scene.of_kind(FUNCTION).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let function = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(function) = function else { return Ok(Vec::new()) };
        let counts = try_join(self.sum(function, "Invocations"), self.sum(function, "Errors"));
        let (calls, errors) = counts.await?;
        let minutes = WINDOW.as_secs() / 60;
        if calls == 0 {
            watch.sees_nothing(format!("CloudWatch knows of no call of the last {minutes} min"));
            return Ok(Vec::new());
        }
        watch.saw(format!("{errors} of {calls} calls of the last {minutes} min failed"));
        Ok(judged(function, calls, errors, minutes).into_iter().collect())
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }
}

impl FunctionErrors {
    /// How many of the window. Counts are whole, and a negative one is none.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sum of whole numbers below 2^53"
    )]
    async fn sum(&self, function: &Exhibit, name: &'static str) -> Answer<u64> {
        let metric = Metric {
            namespace: "AWS/Lambda",
            name,
            of: ("FunctionName", function.identity.as_str()),
            statistic: Statistic::Sum,
        };
        let points = metric.points(self.0.session(), WINDOW).await?;
        Ok(points.iter().sum::<f64>().max(0.0) as u64)
    }
}

fn judged(function: &Exhibit, calls: u64, errors: u64, minutes: u64) -> Option<Finding> {
    if errors == 0 {
        return None;
    }
    let message = if errors >= calls {
        format!("each of its {calls} calls of the last {minutes} min failed")
    } else {
        format!("{errors} of its {calls} calls of the last {minutes} min failed")
    };
    let group = Field::field("logging_config").with_field("log_group");
    let group = group.get(&function.document).and_then(serde_json::Value::as_str);
    let group =
        group.map_or_else(|| format!("/aws/lambda/{}", function.identity), ToOwned::to_owned);
    let hint = format!("`aws logs tail {group} --since {minutes}m` shows what it said");
    let finding = Finding::new(&function.address, message).hint(hint);
    Some(if errors >= calls { finding } else { finding.as_note() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Document, Facts, Identity};

    #[test]
    fn who_does_nothing_but_fail_is_at_fault() {
        let function = Exhibit {
            address: Address::new("processor"),
            kind: FUNCTION.into(),
            identity: Identity("events-processor".into()),
            document: Document::new(),
            facts: Facts::new(),
        };
        let told = |calls, errors| judged(&function, calls, errors, 15);
        assert_eq!(told(3, 0), None);
        let some = told(3, 1).unwrap();
        assert_eq!(
            (some.level, &*some.message),
            (Some(Level::Note), "1 of its 3 calls of the last 15 min failed")
        );
        let all = told(3, 3).unwrap();
        assert_eq!(
            (all.level, &*all.message),
            (None, "each of its 3 calls of the last 15 min failed")
        );
        assert!(all.hint.unwrap().contains("/aws/lambda/events-processor"));
    }
}
