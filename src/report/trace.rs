//! A run on a time line: what `--trace FILE` writes, in the Trace Event Format
//! that Perfetto and `chrome://tracing` open.
//!
//! Steps are one process with a lane for each step that runs at the same time,
//! calls another. The form is public:
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.

use std::time::Duration;

use serde::Serialize;

use crate::engine::event::Outcome;
use crate::model::CallRecord;

use super::json::indented;
use super::phrases::doing;
use super::summary::EndedStep;

const STEPS: u32 = 1;
const CALLS: u32 = 2;

/// The trace of a run as JSON. Its steps began at `began` on the clock of the
/// calls.
pub fn trace_json(steps: &[EndedStep], began: Duration, calls: &[CallRecord]) -> String {
    let mut events = vec![Mark::process(STEPS, "steps"), Mark::process(CALLS, "calls to AWS")];
    let mut spans: Vec<Span> = steps.iter().filter_map(|ended| step(ended, began)).collect();
    events.extend(marks(STEPS, "step", &mut spans));
    let mut spans: Vec<Span> = calls.iter().map(call).collect();
    events.extend(marks(CALLS, "call", &mut spans));
    indented(&Trace { display_time_unit: "ms", trace_events: events })
}

/// How many round trips a run is deep: the length of the longest chain of calls
/// in which each starts at or after the end of the one before.
///
/// However many calls go out at once, this is how often somebody waited for
/// the network.
///
/// ```
/// use ccprov::report::rounds;
///
/// assert_eq!(rounds(&[]), 0);
/// ```
pub fn rounds(calls: &[CallRecord]) -> usize {
    let awaited = calls.iter().filter(|call| !call.given_up);
    let mut spans: Vec<(Duration, Duration)> = awaited.map(|call| (call.end, call.start)).collect();
    // The chain that always goes on with the call that ends first is the longest.
    spans.sort_unstable();
    let mut last_end = Duration::ZERO;
    let mut rounds = 0;
    for (end, start) in spans {
        if start >= last_end {
            last_end = end;
            rounds += 1;
        }
    }
    rounds
}

/// Something that took time.
struct Span {
    name: String,
    start: Duration,
    end: Duration,
    details: Details,
}

fn step(step: &EndedStep, began: Duration) -> Option<Span> {
    let (action, address) = (doing(step.action), &step.address);
    Some(Span {
        name: format!("{action} {address}"),
        start: began + step.started?,
        end: began + step.ended,
        details: Details {
            kind: Some(step.kind.clone()),
            outcome: Some(outcome_word(&step.outcome)),
            accepted_ms: step.accepted.map(|accepted| (began + accepted).as_secs_f64() * 1e3),
            ..Details::default()
        },
    })
}

/// How a step ended, in a word or two.
pub(super) fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done { .. } => "done",
        Outcome::Begun { .. } => "begun",
        Outcome::Gone => "gone already",
        Outcome::Failed { .. } => "failed",
        Outcome::TimedOut { .. } => "timed out",
        Outcome::Refused { .. } => "refused",
        Outcome::Skipped { .. } => "skipped",
        Outcome::Postponed { .. } => "postponed",
        Outcome::NotStarted => "not started",
        Outcome::Unconfirmed => "unconfirmed",
    }
}

fn call(call: &CallRecord) -> Span {
    Span {
        name: format!("{}:{}", call.service, call.operation),
        start: call.start,
        end: call.end,
        details: Details {
            object: call.object.clone(),
            status: call.status,
            given_up: call.given_up,
            attempt: Some(call.attempt),
            request_id: call.request_id.clone(),
            queued_ms: (!call.queued.is_zero()).then_some(call.queued.as_secs_f64() * 1e3),
            ..Details::default()
        },
    }
}

/// The spans on as few lanes as hold them without overlap: each goes to the
/// first lane that is free when it starts.
fn marks(process: u32, category: &'static str, spans: &mut [Span]) -> Vec<Mark> {
    spans.sort_by(|a, b| (a.start, a.end, &a.name).cmp(&(b.start, b.end, &b.name)));
    let mut busy_until: Vec<Duration> = Vec::new();
    let mut marks = Vec::new();
    for span in spans {
        let free = busy_until.iter().position(|end| *end <= span.start);
        let lane = free.unwrap_or_else(|| {
            busy_until.push(Duration::ZERO);
            busy_until.len() - 1
        });
        busy_until[lane] = span.end;
        marks.push(Mark {
            name: span.name.clone(),
            category: Some(category),
            phase: "X",
            start: Some(micros(span.start)),
            duration: Some(micros(span.end.saturating_sub(span.start))),
            process,
            lane: lane + 1,
            details: std::mem::take(&mut span.details),
        });
    }
    marks
}

/// The format counts in microseconds.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    display_time_unit: &'static str,
    trace_events: Vec<Mark>,
}

/// One event of the format: `X` for a span, `M` for a name.
#[derive(Serialize)]
struct Mark {
    name: String,
    #[serde(rename = "cat", skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    #[serde(rename = "ph")]
    phase: &'static str,
    #[serde(rename = "ts", skip_serializing_if = "Option::is_none")]
    start: Option<u64>,
    #[serde(rename = "dur", skip_serializing_if = "Option::is_none")]
    duration: Option<u64>,
    #[serde(rename = "pid")]
    process: u32,
    #[serde(rename = "tid")]
    lane: usize,
    #[serde(rename = "args")]
    details: Details,
}

impl Mark {
    fn process(process: u32, name: &str) -> Self {
        Self {
            name: "process_name".to_owned(),
            category: None,
            phase: "M",
            start: None,
            duration: None,
            process,
            lane: 0,
            details: Details { name: Some(name.to_owned()), ..Details::default() },
        }
    }
}

/// What the viewer shows when a span is selected.
#[derive(Default, Serialize)]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    given_up: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queued_ms: Option<f64>,
}

#[cfg(test)]
mod tests {
    use crate::report::RunRecord;
    use crate::report::fixtures;

    use super::*;

    fn call(operation: &str, start: u64, end: u64) -> CallRecord {
        CallRecord {
            service: "sqs".into(),
            operation: operation.into(),
            queued: Duration::ZERO,
            start: Duration::from_millis(start),
            end: Duration::from_millis(end),
            status: Some(200),
            given_up: false,
            request_id: Some(format!("request-{operation}")),
            attempt: 1,
            object: Some("sqs_queue claimcheck-dev-sqs".into()),
        }
    }

    fn check(spans: &[(u64, u64)], expected: usize) {
        let calls: Vec<CallRecord> =
            spans.iter().map(|(start, end)| call("Call", *start, *end)).collect();
        assert_eq!(rounds(&calls), expected, "{spans:?}");
    }

    #[test]
    fn rounds_are_the_longest_chain() {
        check(&[], 0);
        check(&[(0, 10), (0, 10), (1, 9)], 1);
        check(&[(0, 10), (10, 20), (20, 30)], 3);
        check(&[(0, 30), (1, 5), (5, 9), (9, 12), (12, 40)], 4);
        check(&[(0, 10), (9, 20), (21, 22)], 2);
        check(&[(5, 5), (0, 5), (5, 5)], 3);
    }

    #[test]
    fn a_call_that_was_given_up_held_up_nobody() {
        let mut calls = [call("Look", 0, 10), call("Look", 10, 11), call("Make", 11, 20)];
        assert_eq!(rounds(&calls), 3);
        calls[1].given_up = true;
        assert_eq!(rounds(&calls), 2);
    }

    #[test]
    fn calls_at_the_same_time_get_lanes_of_their_own() {
        let mut record = RunRecord::default();
        fixtures::watch(&mut record, &fixtures::smooth());
        let calls = [
            call("CreateQueue", 0, 40),
            call("GetQueueUrl", 10, 20),
            call("TagQueue", 20, 50),
            CallRecord { queued: Duration::from_millis(30), ..call("GetQueueAttributes", 40, 60) },
        ];
        insta::assert_snapshot!(
            "trace",
            trace_json(record.ended(), Duration::from_millis(5), &calls)
        );
    }
}
