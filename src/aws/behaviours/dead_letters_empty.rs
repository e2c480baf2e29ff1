//! `dead_letters_empty`: nothing lies in a dead-letter queue, and nothing came into it
//! while everything else was exercised.
//!
//! Looks at what SQS counts, before the others begin and after they have ended, and
//! receives nothing: a message that is received is hidden from whoever looks for it. What
//! an exercise sends there on purpose it takes out again before it ends, so that it counts
//! for nothing. What SQS counts lags behind by up to a minute; more than before is looked
//! at for so long, in case that it is a message that was deleted already.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::Statistic;
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use serde_json::Value;
use tokio::time::Instant;

use super::bench::Bench;
use super::metric::Metric;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::engine::wait::{Backoff, elapse};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "dead_letters_empty",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "No message lies in a dead-letter queue (a warning), and none came into it while everything else was \
              exercised (an error). Only counts are read.",
    risk: "A message lies there that nobody processed, and nobody does, until it expires and is gone.",
    remedy: "Look at the messages, remove what makes them fail, and move them back. What may stay there is left out \
             under `checks: skip:`.",
};

/// In which fields dead letters are named, at any depth: of queues and subscriptions, of
/// functions and buses, of what is invoked without being waited for.
const NAMING: [&str; 3] = ["redrive_policy", "dead_letter_config", "on_failure"];
/// What SQS counts: who may be received, who was, and who is held back.
const COUNTS: [Attribute; 3] = [
    Attribute::ApproximateNumberOfMessages,
    Attribute::ApproximateNumberOfMessagesNotVisible,
    Attribute::ApproximateNumberOfMessagesDelayed,
];
/// "May not achieve consistency until at least 1 minute after the producers stop sending
/// messages" (SQS API Reference, `GetQueueAttributes`).
const LAG: Duration = Duration::from_mins(1);
/// How far back the age of the oldest message is looked for.
const WINDOW: Duration = Duration::from_mins(15);
/// For the calls.
const CALLS: Duration = Duration::from_secs(30);

pub(super) struct DeadLettersEmpty(pub(super) Bench);

#[async_trait]
impl Behaviour for DeadLettersEmpty {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        let is_one = |queue: &&Exhibit| expects(queue) || senders(scene, queue).next().is_some();
        scene.of_kind("sqs_queue").filter(is_one).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let queue = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(queue) = queue else { return Ok(Vec::new()) };
        let before = self.depth(queue).await?;
        watch.saw(format!("{} before anything was exercised", messages(before)));
        watch.awaits("the end of everything else that is exercised");
        watch.while_others_run().await;
        let after = self.settled(queue, before, watch).await?;
        watch.saw(format!("{} when it was over", messages(after)));
        let came = after.saturating_sub(before);
        let mut findings = Vec::new();
        if came > 0 {
            let message = format!("{} came into it while this ran", messages(came));
            findings.push(Finding::new(&queue.address, message).hint(hint(scene, queue)));
        }
        let old = after - came;
        if old > 0 {
            let age = self.age(queue, watch).await;
            let message = format!(
                "{} that nobody processed lay in it before this ran{}",
                messages(old),
                age.unwrap_or_default()
            );
            let finding = Finding::new(&queue.address, message).hint(hint(scene, queue));
            findings.push(Finding { level: Some(Level::Warning), ..finding });
        }
        Ok(findings)
    }

    fn deadline(&self) -> Duration {
        LAG + CALLS
    }

    fn looks_around(&self) -> bool {
        true
    }
}

impl DeadLettersEmpty {
    async fn depth(&self, queue: &Exhibit) -> Answer<u64> {
        let call = self.0.session().clients.sqs.get_queue_attributes();
        let call = call.queue_url(queue.fact("url")).set_attribute_names(Some(COUNTS.to_vec()));
        let answer = call.send().await;
        let answer = answer.attempting("sqs:GetQueueAttributes", || {
            format!("count the messages of {}", queue.address)
        })?;
        let counts = answer.attributes.unwrap_or_default();
        Ok(counts.values().filter_map(|count| count.parse::<u64>().ok()).sum())
    }

    /// How many there are once SQS has counted what was deleted.
    async fn settled(&self, queue: &Exhibit, before: u64, watch: &Watch) -> Answer<u64> {
        let until = Instant::now() + LAG.min(self.0.options().patience);
        // Nobody else waits for the same, so that any seed does.
        let mut backoff = Backoff::new(0);
        loop {
            let now = self.depth(queue).await?;
            let pause = backoff.pause();
            if now <= before || Instant::now() + pause > until {
                return Ok(now);
            }
            watch.saw(format!("{}, perhaps deleted already", messages(now)));
            elapse(pause).await;
        }
    }

    /// For how long the oldest has been there, in words; `None` if CloudWatch does not
    /// say: it counts from when a message was moved there, while messages of a standard
    /// queue expire by the time at which they were first sent.
    async fn age(&self, queue: &Exhibit, watch: &Watch) -> Option<String> {
        let metric = Metric {
            namespace: "AWS/SQS",
            name: "ApproximateAgeOfOldestMessage",
            of: ("QueueName", queue.identity.as_str()),
            statistic: Statistic::Maximum,
        };
        match metric.points(self.0.session(), WINDOW).await {
            Ok(points) => points.last().map(|seconds| {
                let age = Duration::try_from_secs_f64(*seconds).unwrap_or_default();
                format!(", the oldest for {}", in_words(age))
            }),
            Err(error) => {
                watch.saw(format!("nobody knows how old they are: {error}"));
                None
            }
        }
    }
}

/// Whose dead letters a queue takes.
fn senders<'a>(scene: &'a Scene, queue: &'a Exhibit) -> impl Iterator<Item = &'a Exhibit> {
    let sends = |it: &&Exhibit| {
        it.document.iter().any(|(field, value)| names(value, NAMING.contains(&&**field), queue))
    };
    scene.exhibits.values().filter(sends)
}

/// Whether a queue is named within a value, beneath a field in which dead letters are.
fn names(value: &Value, is_naming: bool, queue: &Exhibit) -> bool {
    match value {
        Value::String(text) => is_naming && queue.facts.values().any(|fact| fact == text),
        Value::Array(items) => items.iter().any(|item| names(item, is_naming, queue)),
        Value::Object(fields) => fields
            .iter()
            .any(|(field, value)| names(value, is_naming || NAMING.contains(&&**field), queue)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a queue says itself whose dead letters it takes, of this stack or another.
fn expects(queue: &Exhibit) -> bool {
    let policy = queue.document.get("redrive_allow_policy");
    let sources = policy.and_then(|policy| policy.get("source_queues")).and_then(Value::as_array);
    sources.is_some_and(|sources| !sources.is_empty())
}

/// How to see what lies there, and how to have it tried again.
fn hint(scene: &Scene, queue: &Exhibit) -> String {
    let (url, arn) = (queue.fact("url"), queue.fact("arn"));
    let all: Vec<&Exhibit> = senders(scene, queue).collect();
    let from: Vec<&str> = all.iter().map(|sender| sender.address.as_str()).collect();
    let whence = match from[..] {
        [] => String::new(),
        _ => format!("they come from {}; ", from.join(", ")),
    };
    // "Only supports DLQs whose sources are other SQS queues" (SQS API Reference,
    // StartMessageMoveTask).
    let is_movable = all.iter().all(|sender| sender.kind == "sqs_queue");
    let back = if is_movable {
        format!("; `aws sqs start-message-move-task --source-arn {arn}` has them tried again")
    } else {
        String::new()
    };
    format!(
        "{whence}`aws sqs receive-message --queue-url {url} --visibility-timeout 0 \
         --message-system-attribute-names All` shows some{back}"
    )
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message".into() } else { format!("{count} messages") }
}

/// At the precision that people care about.
fn in_words(age: Duration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_as_people_tell_it() {
        let told = [9, 61, 3_600, 7_500, 180_000].map(|age| in_words(Duration::from_secs(age)));
        assert_eq!(told, ["9 s", "1 min", "1 h 0 min", "2 h 5 min", "2 d 2 h"]);
    }
}
