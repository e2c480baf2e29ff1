//! `mapping_polls`: a mapping reads its source, and can hand on what it reads.
//!
//! AWS says of each mapping what came of its last attempt. That its function failed with
//! what it was given is told as a note: it polls, and an exercise may have meant it. What
//! keeps it from reading or from calling at all is an error. AWS says nothing of some
//! sources, and of a mapping that has not read yet: then its state is what was seen.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use tokio::time::Instant;

use super::bench::Bench;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::engine::wait::{Backoff, elapse};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "mapping_polls",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "A mapping that is enabled reads its source and can call its function, as far as AWS tells of its last attempt.",
    risk: "Messages stay in the source until they expire, and the function is never called.",
    remedy: "Bring role, key and network back to what the mapping needs with `ccprov apply`, and look at the function's log.",
};

const KIND: &str = "lambda_event_source_mapping";
/// States on the way to another.
const PASSING: [&str; 4] = ["Creating", "Enabling", "Updating", "Disabling"];
/// A mapping of SQS is there within half a minute, mostly; one of Kafka takes minutes.
const SETTLING: Duration = Duration::from_mins(5);
const CALLS: Duration = Duration::from_secs(30);

pub(super) struct MappingPolls(pub(super) Bench);

#[async_trait]
impl Behaviour for MappingPolls {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        scene.of_kind(KIND).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let mapping = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(mapping) = mapping else { return Ok(Vec::new()) };
        let now = self.settled(mapping, watch).await?;
        let state = now.state.as_deref().unwrap_or("in no state");
        let reason = now.state_transition_reason.as_deref().unwrap_or_default();
        watch.saw(format!("it is {state}"));
        match state {
            "Enabled" => {}
            // Whether the stack wants it so is for conformance to tell.
            "Disabled" => {
                watch.sees_nothing("it is disabled, so that nobody reads its source");
                return Ok(Vec::new());
            }
            _ => {
                let message = format!("it is {state}, and does not come to be Enabled");
                let finding = Finding::new(&mapping.address, message);
                return Ok(vec![if reason.is_empty() { finding } else { finding.hint(reason) }]);
            }
        }
        let Some(result) = now.last_processing_result.filter(|result| !result.is_empty()) else {
            watch.saw("AWS does not tell what came of its last attempt");
            return Ok(Vec::new());
        };
        watch.saw(format!("its last attempt: {result}"));
        Ok(judged(mapping, &result).into_iter().collect())
    }

    fn deadline(&self) -> Duration {
        SETTLING + CALLS
    }
}

impl MappingPolls {
    async fn look(&self, mapping: &Exhibit) -> Answer<GetEventSourceMappingOutput> {
        let call = self.0.session().clients.lambda.get_event_source_mapping();
        let answer = call.uuid(mapping.fact("uuid")).send().await;
        answer.attempting("lambda:GetEventSourceMapping", || {
            format!("see what {} is at", mapping.address)
        })
    }

    /// The mapping once it is on its way to no other state, or no more time is left.
    async fn settled(
        &self,
        mapping: &Exhibit,
        watch: &Watch,
    ) -> Answer<GetEventSourceMappingOutput> {
        let until = Instant::now() + SETTLING.min(self.0.options().patience);
        // Nobody else waits for the same, so that any seed does.
        let mut backoff = Backoff::new(0);
        loop {
            let now = self.look(mapping).await?;
            let pause = backoff.pause();
            let passes = now.state.as_deref().is_some_and(|state| PASSING.contains(&state));
            if !passes || Instant::now() + pause > until {
                return Ok(now);
            }
            watch.awaits(format!("the end of {}", now.state.as_deref().unwrap_or_default()));
            elapse(pause).await;
        }
    }
}

/// What AWS says of the last attempt: `OK`, `No records processed`, or `PROBLEM: ...`.
fn judged(mapping: &Exhibit, result: &str) -> Option<Finding> {
    let words = result.to_ascii_lowercase();
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    if !words.starts_with("problem") && !words.starts_with("failed") {
        return None;
    }
    let message = format!("its last attempt failed: {result}");
    let finding = Finding::new(&mapping.address, message);
    // MiniStack says no more than that it failed, and that alone can fail there.
    if says(&["function call failed"]) || words == "failed" {
        let hint = "its function failed with what it was given: see `function_errors`, and its log";
        return Some(finding.hint(hint).as_note());
    }
    let hint = if says(&["kms", "decrypt", " key"]) {
        "the key of its source, or of its function, must let the function's role decrypt"
    } else if says(&["role", "assume", "permission", "authoriz", "denied"]) {
        "the function's role must trust lambda.amazonaws.com, and may read its source: \
         sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes of a queue"
    } else if says(&["connect", "vpc", "network", "timeout", "timed out"]) {
        "its network must lead to the source, to Lambda and to STS"
    } else if says(&["throttle", "concurren"]) {
        "the function has too little concurrency: see `reserved_concurrent_executions`"
    } else {
        return Some(finding);
    };
    Some(finding.hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Document, Facts, Identity};

    #[test]
    fn what_keeps_it_from_reading_is_told_with_what_to_try() {
        let mapping = Exhibit {
            address: Address::new("mapping"),
            kind: KIND.into(),
            identity: Identity("mapping".into()),
            document: Document::new(),
            facts: Facts::new(),
        };
        let check = |result: &str, expected: Option<(Option<Level>, &str)>| {
            let found = judged(&mapping, result);
            let told = found.as_ref().map(|it| (it.level, it.hint.as_deref().unwrap_or_default()));
            match (told, expected) {
                (None, None) => {}
                (Some((level, hint)), Some((wanted, part))) => {
                    assert!(level == wanted && hint.contains(part), "{result}: {level:?} {hint}");
                }
                (told, _) => panic!("{result}: {told:?}"),
            }
        };
        check("OK", None);
        check("OK - 3 records", None);
        check("No records processed", None);
        let note = Some(Level::Note);
        check("PROBLEM: Function call failed", Some((note, "function_errors")));
        check("FAILED", Some((note, "function_errors")));
        let role = "PROBLEM: Lambda failed to assume your function execution role";
        check(role, Some((None, "trust lambda.amazonaws.com")));
        check("PROBLEM: KMS access denied", Some((None, "let the function's role decrypt")));
        let network =
            "PROBLEM: Connection error. Your VPC must be able to connect to Lambda and STS";
        check(network, Some((None, "its network")));
        check("PROBLEM: something new", Some((None, "")));
    }
}
