//! What a command is waiting for, whatever command it is: told on a terminal
//! soon, and in a log whenever nothing else was told for a while.
//!
//! Knows calls and looks, and nothing of the command that makes them: so a
//! command of tomorrow is not silent either. Times are those of whoever tells.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::engine::event::LookEvent;
use crate::model::CallRecord;
use crate::report::phrases::{duration, tame};

use super::refusal;

/// A call that takes longer is worth a word: nearly all are answered within 1 s.
const LONG: Duration = Duration::from_secs(5);
/// So long after its last attempt failed, nobody is at it any more: no pause
/// between two attempts is longer (`src/engine/wait.rs`).
const OVER: Duration = Duration::from_secs(5);
/// A refusal older than this was told already, or has passed.
const NEWS: Duration = Duration::from_secs(10);

/// Keeps an eye on a command.
#[derive(Debug, Default)]
pub struct Vigil {
    looks: usize,
    looked: usize,
    /// By operation and object.
    calls: BTreeMap<(String, String), Asked>,
    refused: Option<(Duration, String)>,
    /// What the command itself says that it is at.
    at: Option<String>,
}

/// A call, with all of its attempts.
#[derive(Debug)]
struct Asked {
    since: Duration,
    attempts: u32,
    in_flight: u32,
    /// How the last attempt failed, and when.
    failed: Option<(Duration, String)>,
}

impl Asked {
    fn is_over(&self, now: Duration) -> bool {
        let failed = self.failed.as_ref().map_or(now, |(when, _)| *when);
        self.in_flight == 0 && now.saturating_sub(failed) > OVER
    }
}

impl Vigil {
    /// Something came of looking.
    pub fn look(&mut self, now: Duration, event: &LookEvent) {
        match event {
            LookEvent::Begun { looks } if self.looked == self.looks => {
                (self.looks, self.looked) = (*looks, 0);
            }
            LookEvent::Begun { looks } => self.looks += looks,
            LookEvent::Ended => self.looked += 1,
            LookEvent::Again { attempt, error } => {
                let again = format!("{}; trying again (after try {attempt})", refusal(error));
                self.refused = Some((now, again));
            }
        }
    }

    /// The command is at this from now on, and says better than its calls how far it is.
    pub fn is_at(&mut self, what: Option<String>) {
        self.at = what;
    }

    /// An attempt of a call is on its way.
    pub fn sent(&mut self, now: Duration, call: &CallRecord) {
        self.calls.retain(|_, asked| !asked.is_over(now));
        let new = Asked { since: now, attempts: 0, in_flight: 0, failed: None };
        let asked = self.calls.entry(key(call)).or_insert(new);
        asked.attempts += 1;
        asked.in_flight += 1;
    }

    /// It is over.
    pub fn answered(&mut self, now: Duration, call: &CallRecord) {
        let Some(asked) = self.calls.get_mut(&key(call)) else { return };
        asked.in_flight = asked.in_flight.saturating_sub(1);
        let failed = match call.status {
            None if call.given_up => None,
            None => Some("got no answer".to_owned()),
            Some(status @ (429 | 500..)) => Some(format!("answered {status}")),
            Some(_) => None,
        };
        asked.failed = failed.map(|how| (now, how));
        if asked.failed.is_none() && asked.in_flight == 0 {
            self.calls.remove(&key(call));
        }
    }

    /// In one line, what the command is at.
    pub fn tell(&self, now: Duration) -> String {
        let waiting = self.refusal(now).or_else(|| self.waiting(now));
        let reading = (self.looked < self.looks)
            .then(|| format!("Reading AWS: {} of {}", self.looked, self.looks));
        let reading = self.at.clone().or(reading);
        match (reading, waiting) {
            (Some(reading), Some(waiting)) => format!("{reading}; {waiting}"),
            (Some(reading), None) => reading,
            (None, Some(waiting)) => format!("Still at it: {waiting}"),
            (None, None) if self.calls.is_empty() => "Still at it".to_owned(),
            (None, None) => "Asking AWS".to_owned(),
        }
    }

    /// The last look that was refused, while it is news.
    fn refusal(&self, now: Duration) -> Option<String> {
        let (when, text) = self.refused.as_ref()?;
        (now.saturating_sub(*when) <= NEWS && self.looked < self.looks).then(|| text.clone())
    }

    /// The call that is waited for longest, if that is long.
    fn waiting(&self, now: Duration) -> Option<String> {
        let asked = self.calls.iter().filter(|(_, asked)| !asked.is_over(now));
        let ((operation, object), asked) = asked.min_by_key(|(_, asked)| asked.since)?;
        let since = now.saturating_sub(asked.since);
        if since < LONG {
            return None;
        }
        let object = if object.is_empty() { String::new() } else { format!(" ({})", tame(object)) };
        let tries = match &asked.failed {
            None if asked.attempts < 2 => String::new(),
            None => format!(", try {}", asked.attempts),
            Some((_, how)) => format!(", try {}; it {how} before", asked.attempts),
        };
        Some(format!("waiting for {operation}{object} for {}{tries}", duration(since)))
    }
}

fn key(call: &CallRecord) -> (String, String) {
    let operation = format!("{}:{}", call.service, call.operation);
    (operation, call.object.clone().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CloudError, ErrorClass};

    fn call(operation: &str, object: Option<&str>, status: Option<u16>) -> CallRecord {
        CallRecord {
            service: "sqs".into(),
            operation: operation.into(),
            queued: Duration::ZERO,
            start: Duration::ZERO,
            end: Duration::ZERO,
            status,
            given_up: false,
            request_id: None,
            attempt: 1,
            object: object.map(str::to_owned),
        }
    }

    fn check(vigil: &Vigil, seconds: u64, expected: &str) {
        assert_eq!(vigil.tell(at(seconds)), expected);
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn looks_are_counted() {
        let mut vigil = Vigil::default();
        check(&vigil, 0, "Still at it");
        vigil.look(at(0), &LookEvent::Begun { looks: 60 });
        vigil.look(at(0), &LookEvent::Begun { looks: 1 });
        (0..12).for_each(|_| vigil.look(at(1), &LookEvent::Ended));
        check(&vigil, 1, "Reading AWS: 12 of 61");
        (12..61).for_each(|_| vigil.look(at(1), &LookEvent::Ended));
        check(&vigil, 2, "Still at it");
        vigil.look(at(2), &LookEvent::Begun { looks: 3 });
        check(&vigil, 2, "Reading AWS: 0 of 3");
        vigil.is_at(Some("Replaying".to_owned()));
        check(&vigil, 2, "Replaying");
        vigil.is_at(None);
        check(&vigil, 2, "Reading AWS: 0 of 3");
    }

    #[test]
    fn the_call_that_takes_longest_is_named() {
        let mut vigil = Vigil::default();
        let (orders, other) = (Some("sqs_queue orders"), Some("sqs_queue other"));
        vigil.sent(at(0), &call("GetQueueAttributes", orders, None));
        vigil.sent(at(3), &call("GetQueueAttributes", other, None));
        check(&vigil, 4, "Asking AWS");
        let waiting = "Still at it: waiting for sqs:GetQueueAttributes (sqs_queue orders) for ";
        check(&vigil, 6, &format!("{waiting}6.0s"));
        vigil.answered(at(10), &call("GetQueueAttributes", orders, None));
        check(&vigil, 10, &format!("{waiting}10s, try 1; it got no answer before"));
        vigil.sent(at(11), &call("GetQueueAttributes", orders, None));
        vigil.answered(at(12), &call("GetQueueAttributes", orders, Some(500)));
        check(&vigil, 12, &format!("{waiting}12s, try 2; it answered 500 before"));
        vigil.sent(at(13), &call("GetQueueAttributes", orders, None));
        vigil.answered(at(14), &call("GetQueueAttributes", orders, Some(404)));
        check(&vigil, 14, &format!("{}11s", waiting.replace("orders", "other")));
    }

    #[test]
    fn what_was_given_up_is_waited_for_no_more() {
        let mut vigil = Vigil::default();
        vigil.sent(at(0), &call("GetQueueUrl", None, None));
        vigil.answered(at(10), &call("GetQueueUrl", None, Some(503)));
        check(
            &vigil,
            14,
            "Still at it: waiting for sqs:GetQueueUrl for 14s, try 1; it answered 503 before",
        );
        check(&vigil, 16, "Asking AWS");
        vigil.sent(at(20), &call("ListQueueTags", None, None));
        let given_up = CallRecord { given_up: true, ..call("ListQueueTags", None, None) };
        vigil.answered(at(30), &given_up);
        check(&vigil, 30, "Still at it");
    }

    #[test]
    fn a_look_that_is_refused_says_why_while_that_is_news() {
        let mut vigil = Vigil::default();
        let error = CloudError {
            attempted: "read queue orders".into(),
            operation: "sqs:GetQueueAttributes".into(),
            class: ErrorClass::Transient,
            code: "InternalFailure".into(),
            message: "try\nlater".into(),
            request_id: None,
            hint: None,
        };
        vigil.look(at(0), &LookEvent::Begun { looks: 2 });
        vigil.look(at(9), &LookEvent::Again { attempt: 4, error });
        check(
            &vigil,
            10,
            "Reading AWS: 0 of 2; sqs:GetQueueAttributes answered InternalFailure: try later; trying again (after try 4)",
        );
        check(&vigil, 20, "Reading AWS: 0 of 2");
    }
}
