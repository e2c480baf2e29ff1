//! MSK: clusters whose states move on with each look, one operation at a time,
//! configurations with their revisions, topics and secrets. As the API Reference and the
//! Developer Guide of MSK have it; what is refused in words that a report of such a refusal
//! quotes is refused so.

mod clusters;
mod configurations;
mod secrets;
mod topics;
mod updates;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::clusters::Cluster;
use self::configurations::Configuration;
use self::topics::Topic;
use super::route::{Refusal, Route, Tags};

/// All calls, by what they are about.
pub(crate) const ROUTES: &[&[Route<Kafka>]] =
    &[clusters::ROUTES, updates::ROUTES, configurations::ROUTES, topics::ROUTES, secrets::ROUTES];

/// What MSK keeps in an account.
#[derive(Debug)]
pub(crate) struct Kafka {
    account: String,
    /// By ARN.
    clusters: BTreeMap<String, Cluster>,
    configurations: BTreeMap<String, Configuration>,
    topics: BTreeMap<topics::Key, Topic>,
    /// Of each cluster.
    secrets: BTreeMap<String, BTreeSet<String>>,
    /// Secrets that are deleted.
    lost: BTreeSet<String>,
    /// Where clients begin, if something speaks Kafka for the clusters.
    broker: Option<String>,
    /// So many looks find at work what was asked for.
    looks: usize,
    /// How many things were named so far.
    named: usize,
    /// Why the next cluster that is made comes to nothing.
    failing_creation: Option<Reason>,
    /// Why the next operation comes to nothing.
    failing_operation: Option<Reason>,
}

/// A code, and a text for people.
#[derive(Clone, Debug)]
struct Reason {
    code: &'static str,
    text: &'static str,
}

/// AWS's key of the account, under which clusters are that name no other.
pub(crate) const KEY: &str = "alias/aws/kafka";

/// When everything here was made.
const THEN: &str = "2026-01-02T03:04:05.000Z";

impl Kafka {
    /// An empty account.
    pub(super) fn of(account: &str) -> Self {
        Self {
            account: account.to_owned(),
            clusters: BTreeMap::new(),
            configurations: BTreeMap::new(),
            topics: BTreeMap::new(),
            secrets: BTreeMap::new(),
            lost: BTreeSet::new(),
            broker: None,
            looks: 2,
            named: 0,
            failing_creation: None,
            failing_operation: None,
        }
    }

    /// So many looks find at work what is asked for from now on.
    pub(crate) fn take_looks(&mut self, looks: usize) {
        self.looks = looks;
    }

    /// The next cluster that is made ends as FAILED.
    pub(crate) fn fail_creation(&mut self, code: &'static str, text: &'static str) {
        self.failing_creation = Some(Reason { code, text });
    }

    /// The next operation ends as `UPDATE_FAILED`, and changes nothing.
    pub(crate) fn fail_operation(&mut self, code: &'static str, text: &'static str) {
        self.failing_operation = Some(Reason { code, text });
    }

    /// What the index knows.
    pub(super) fn tagged(&self) -> impl Iterator<Item = (String, Tags)> {
        let clusters = self.clusters.iter().filter(|(_, cluster)| !cluster.is_going());
        clusters.map(|(arn, cluster)| (arn.clone(), cluster.tags()))
    }

    /// What KMS tells of that key.
    pub(super) fn managed_key(&self) -> Value {
        let arn = self.key_arn();
        json!({ "KeyMetadata": { "KeyId": arn, "Arn": arn, "KeyManager": "AWS", "KeyState": "Enabled" } })
    }

    fn key_arn(&self) -> String {
        format!("arn:aws:kms:us-east-1:{}:key/5e1d0000-0000-4000-8000-aaaaaaaaaaaa", self.account)
    }

    /// An ARN that ends as MSK's do: nobody can tell it beforehand.
    fn arn(&mut self, what: &str, end: &str) -> String {
        self.named += 1;
        let (account, number) = (&self.account, self.named);
        format!(
            "arn:aws:kafka:us-east-1:{account}:{what}/5e1d0000-0000-4000-8000-{number:012x}-{end}"
        )
    }

    /// A version of a cluster, unlike all before.
    fn version(&mut self) -> String {
        self.named += 1;
        format!("K{:X}", 0x3F00_0000 + self.named)
    }
}

fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "BadRequestException", message)
}

fn not_found(what: &str) -> Refusal {
    Refusal::new(404, "NotFoundException", format!("{what} does not exist."))
}

fn taken() -> Refusal {
    Refusal::new(409, "ConflictException", "A resource with this name already exists.")
}

/// All on one page: `nextToken` is left out.
fn page(name: &str, items: impl Iterator<Item = Value>) -> Value {
    json!({ name: items.collect::<Vec<Value>>() })
}
