//! What was called, when, and how much at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::CallRecord;

/// The calls that the cloud knows. A creation in two calls, as of a key and its
/// alias, is a [`Create`](Self::Create) and a [`Finish`](Self::Finish).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Looks at one object.
    Find,
    /// Asks the index for the objects of a stack.
    Candidates,
    /// Looks for what belongs to others, by its tags.
    LookUp,
    /// Asks the index for the stacks.
    Stacks,
    /// Brings an object into being.
    Create,
    /// The second half of it.
    Finish,
    /// Changes fields.
    Update,
    /// Removes an object.
    Delete,
}

impl Operation {
    /// As call records and errors spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "Find",
            Self::Candidates => "Candidates",
            Self::LookUp => "LookUp",
            Self::Stacks => "Stacks",
            Self::Create => "Create",
            Self::Finish => "Finish",
            Self::Update => "Update",
            Self::Delete => "Delete",
        }
    }

    /// Whether it changes anything.
    pub fn writes(self) -> bool {
        match self {
            Self::Create | Self::Finish | Self::Update | Self::Delete => true,
            Self::Find | Self::Candidates | Self::LookUp | Self::Stacks => false,
        }
    }
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// In the order in which they ended.
    pub(super) ended: Vec<CallRecord>,
    /// Ever begun.
    pub(super) begun: u64,
    pub(super) most_in_flight: usize,
    in_flight: usize,
    /// How often each operation was called on each object.
    times: BTreeMap<(Operation, String), u32>,
}

impl Calls {
    /// Counts a call that begins; answers how often it was made, from 1.
    pub(super) fn begin(&mut self, operation: Operation, identity: &str) -> u32 {
        self.begun += 1;
        self.in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
        let times = self.times.entry((operation, identity.to_owned())).or_default();
        *times += 1;
        *times
    }

    pub(super) fn end(&mut self, record: CallRecord) {
        self.in_flight -= 1;
        self.ended.push(record);
    }
}

/// How many calls had to come one after another: the longest chain of calls
/// each of which began when the one before it was over.
pub fn rounds<'a>(calls: impl IntoIterator<Item = &'a CallRecord>) -> usize {
    let mut spans: Vec<(Duration, Duration)> =
        calls.into_iter().map(|call| (call.end, call.start)).collect();
    spans.sort();
    let mut free = Duration::ZERO;
    let mut rounds = 0;
    for (end, start) in spans {
        if start >= free {
            rounds += 1;
            free = end;
        }
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spans: &[(u64, u64)], expected: usize) {
        let calls: Vec<CallRecord> = spans
            .iter()
            .map(|(start, end)| CallRecord {
                service: "thing".into(),
                operation: "Create".into(),
                queued: Duration::ZERO,
                start: Duration::from_millis(*start),
                end: Duration::from_millis(*end),
                status: Some(200),
                given_up: false,
                request_id: None,
                attempt: 1,
                object: None,
            })
            .collect();
        assert_eq!(rounds(&calls), expected, "{spans:?}");
    }

    #[test]
    fn rounds_are_the_longest_chain() {
        check(&[], 0);
        check(&[(0, 100), (0, 100), (0, 100)], 1);
        check(&[(0, 100), (100, 200), (0, 500)], 2);
        check(&[(0, 100), (50, 150), (100, 200), (150, 250)], 2);
    }
}
