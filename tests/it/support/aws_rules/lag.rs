//! A read soon after a write may tell how things were before it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::queue_of;
use crate::support::request::Request;

/// What the reads that follow a write get, one after another; those after
/// them get what is true.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lag(&'static [Age]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Old,
    New,
}

impl Lag {
    /// Every read is up to date.
    pub(crate) const NONE: Self = Self(&[]);
    /// The first read is late.
    pub(crate) const ONCE: Self = Self(&[Age::Old]);
    /// Replicas answer in turn, and one of them is late.
    pub(crate) const FLIPS: Self = Self(&[Age::Old, Age::New, Age::Old]);
}

/// What was answered to whom.
#[derive(Debug)]
pub(super) struct Memory {
    lag: Lag,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last true answer to each question, and about what it was asked.
    answers: BTreeMap<String, (String, Vec<u8>)>,
    /// Questions whose answers lag: the old answer, and when it is given.
    late: BTreeMap<String, (Vec<u8>, VecDeque<Age>)>,
}

impl Memory {
    pub(super) fn new(lag: Lag) -> Self {
        Self { lag, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn old_answer(&self, request: &Request) -> Option<Vec<u8>> {
        let mut state = self.state();
        let (old, ages) = state.late.get_mut(&request.question())?;
        (ages.pop_front()? == Age::Old).then(|| old.clone())
    }

    pub(super) fn note(&self, request: &Request, answer: &[u8], is_well: bool) {
        let Some(subject) = subject(request) else { return };
        let mut state = self.state();
        if is_read(request) {
            state.answers.insert(request.question(), (subject, answer.to_vec()));
        } else if is_well {
            let State { answers, late } = &mut *state;
            let overtaken = answers.iter().filter(|(_, (about, _))| *about == subject);
            late.extend(overtaken.map(|(question, (_, old))| {
                (question.clone(), (old.clone(), self.lag.0.iter().copied().collect()))
            }));
        }
    }

    pub(super) fn settle(&self) {
        self.state().late.clear();
    }
}

fn is_read(request: &Request) -> bool {
    let operation = request.call().operation;
    ["Get", "List", "Describe", "GET ", "HEAD "].iter().any(|verb| operation.starts_with(verb))
}

/// Whose configuration is read or written; nobody's for messages and
/// for what is in buckets, which AWS reads as it wrote them.
fn subject(request: &Request) -> Option<String> {
    let call = request.call();
    let name = match call.service.as_str() {
        "iam" => request.form("RoleName").or_else(|| request.form("PolicyArn"))?,
        // By whatever name: a key is called by its id, its ARN and its alias, a log group by the
        // beginning of its name, an alarm in CBOR.
        "kms" | "logs" | "monitoring" => String::new(),
        "s3" => match request.bucket_and_key() {
            (_, Some(_)) => return None,
            _ if LISTINGS.iter().any(|listing| call.operation.contains(listing)) => return None,
            (bucket, None) => bucket,
        },
        "sns" if call.operation.starts_with("Publish") => return None,
        // A topic with its subscriptions, whose ARNs go on where the topic's ends.
        "sns" => {
            let arn = ["TopicArn", "ResourceArn", "SubscriptionArn", "Name"];
            let arn = arn.iter().find_map(|field| request.form(field))?;
            arn.split(':').nth(5).unwrap_or(&arn).to_owned()
        }
        "sqs" if call.operation.contains("Message") => return None,
        "sqs" => queue_of(request).or_else(|| request.json("QueueName"))?,
        _ => return None,
    };
    Some(format!("{} {name}", call.service))
}

/// What S3 lists as it is (S3 User Guide, "Amazon S3 data consistency model").
const LISTINGS: &[&str] = &["list-type", "versions", "uploads", "delete"];
