//! Rules: what can be said of a system by reading its documents. Pure, and the
//! same before an apply as after it. One file per rule, one line below.
//!
//! An error does not work, loses messages, or is open to everybody. A warning is
//! what a good engineer would change before production; it fails `verify` and
//! is shown by every plan. A note is worth knowing, and does neither.

mod alarm_metric;
mod alarm_path;
mod broker_access;
mod called_fifo;
mod composite_children;
mod confused_deputy;
mod consumer_lag;
mod dead_letter_queue;
mod dead_letter_retention;
mod delay;
mod delivery_path;
mod encrypted;
mod encryption_at_rest;
mod end;
mod environment_access;
mod errand;
mod event;
mod event_key;
mod event_loop;
mod event_pattern;
mod failure_destination;
mod fifo_pairing;
mod filter_policy;
mod function;
mod function_image;
mod function_role;
mod hop;
mod idle_statement;
mod kafka;
mod kafka_network;
mod kafka_support;
mod kafka_versions;
mod key_rotation;
mod keys;
mod least_privilege;
mod log_group_key;
mod machine;
mod machine_access;
mod machine_role;
mod machine_surplus;
mod mapping_concurrency;
mod mapping_visibility;
mod max_receive_count;
mod message_size;
mod open_ingress;
mod optional_header;
mod others;
mod partial_failures;
mod patch;
mod permissions;
mod policies;
mod public_access;
mod redrive;
mod redrive_allow_policy;
mod redrive_direction;
mod rules_of_group;
mod same_region;
mod shared_role;
mod tls_only;
mod topic_replication;
mod trust;
mod two_readers;
mod undelivered_events;
mod usable_key;
mod visibility_timeout;
mod way;
mod wildcard_principal;

pub use others::named_others;
pub(super) use way::between;

use crate::model::{CheckInfo, Exhibit, Finding, Scene};

/// One rule.
pub struct Rule {
    /// What it says of itself.
    pub info: CheckInfo,
    /// Whether what it finds keeps messages from arriving, so that no exercise
    /// need wait for them.
    pub stops_messages: bool,
    /// Why its findings are of its level, and which of them are milder.
    pub because: &'static str,
    /// Judges a scene.
    pub judge: fn(&Scene) -> Judgement,
}

/// What a rule found: its subjects in the order in which it looked at them.
/// None where nothing concerns the rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement(pub Vec<Judged>);

/// What a rule found at one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What it looked at, for people.
    pub subject: String,
    /// What is wrong with it. The same may be wrong with two.
    pub findings: Vec<Finding>,
}

/// Every rule, sorted by id. A new one is a file in `rules/` and a line here.
pub static RULES: &[Rule] = &[
    alarm_metric::RULE,
    alarm_path::RULE,
    broker_access::RULE,
    called_fifo::RULE,
    composite_children::RULE,
    confused_deputy::RULE,
    consumer_lag::RULE,
    dead_letter_queue::RULE,
    dead_letter_retention::RULE,
    delay::RULE,
    delivery_path::RULE,
    encryption_at_rest::RULE,
    environment_access::RULE,
    event_key::RULE,
    event_loop::RULE,
    event_pattern::RULE,
    failure_destination::RULE,
    fifo_pairing::RULE,
    filter_policy::RULE,
    function_image::RULE,
    function_role::RULE,
    idle_statement::RULE,
    kafka_network::RULE,
    kafka_support::RULE,
    kafka_versions::RULE,
    key_rotation::RULE,
    least_privilege::RULE,
    log_group_key::RULE,
    machine_access::RULE,
    machine_role::RULE,
    machine_surplus::RULE,
    mapping_concurrency::RULE,
    mapping_visibility::RULE,
    max_receive_count::RULE,
    message_size::RULE,
    open_ingress::RULE,
    optional_header::RULE,
    partial_failures::RULE,
    public_access::RULE,
    redrive_allow_policy::RULE,
    redrive_direction::RULE,
    rules_of_group::RULE,
    same_region::RULE,
    shared_role::RULE,
    tls_only::RULE,
    topic_replication::RULE,
    two_readers::RULE,
    undelivered_events::RULE,
    usable_key::RULE,
    visibility_timeout::RULE,
    wildcard_principal::RULE,
];

/// Why what a rule finds is as bad as it is; `None` for other checks.
pub fn because(check: &str) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.info.id == check).map(|rule| rule.because)
}

impl Judgement {
    /// Looks at each of these.
    fn of<'a, F: IntoIterator<Item = Finding>>(
        exhibits: impl IntoIterator<Item = &'a Exhibit>,
        judge: impl Fn(&'a Exhibit) -> F,
    ) -> Self {
        Self::over(exhibits.into_iter().map(|exhibit| (exhibit, exhibit)), judge)
    }

    /// Looks at something of each of these resources; of some at several things.
    fn over<'a, T, F: IntoIterator<Item = Finding>>(
        things: impl IntoIterator<Item = (&'a Exhibit, T)>,
        judge: impl Fn(T) -> F,
    ) -> Self {
        let mut judgement = Self::default();
        for (exhibit, thing) in things {
            judgement.add(exhibit.address.to_string(), judge(thing));
        }
        judgement
    }

    /// One more look at a subject.
    fn add(&mut self, subject: String, findings: impl IntoIterator<Item = Finding>) {
        match self.0.iter_mut().find(|judged| judged.subject == subject) {
            Some(known) => known.findings.extend(findings),
            None => self.0.push(Judged { subject, findings: findings.into_iter().collect() }),
        }
    }

    /// Everything that is wrong, once: two subjects may lack the same.
    pub fn findings(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = Vec::new();
        for finding in self.0.iter().flat_map(|judged| &judged.findings) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        findings
    }
}

#[cfg(test)]
pub(crate) mod tests;
