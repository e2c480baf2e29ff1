//! Rules: what can be said of a system by reading its documents. Pure, and the
//! same before an apply as after it. One file per rule, one line below.
//!
//! What plans show is of level warning and above, so a rule that most small
//! stacks would offend on purpose is a note.

mod confused_deputy;
mod dead_letter_queue;
mod dead_letter_retention;
mod delivery_path;
mod encryption_at_rest;
mod fifo_pairing;
mod hop;
mod key_rotation;
mod least_privilege;
mod max_receive_count;
mod patch;
mod policies;
mod public_access;
mod redrive;
mod tls_only;
mod visibility_timeout;
mod wildcard_principal;

use crate::model::{CheckInfo, Exhibit, Finding, Scene};

/// One rule.
pub struct Rule {
    /// What it says of itself.
    pub info: CheckInfo,
    /// Judges a scene.
    pub judge: fn(&Scene) -> Judgement,
}

/// What a rule found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// What it looked at, for people. Empty where nothing concerns the rule.
    pub subjects: Vec<String>,
    /// What is wrong with some of them.
    pub findings: Vec<Finding>,
}

/// Every rule, sorted by id. A new one is a file in `rules/` and a line here.
pub static RULES: &[Rule] = &[
    confused_deputy::RULE,
    dead_letter_queue::RULE,
    dead_letter_retention::RULE,
    delivery_path::RULE,
    encryption_at_rest::RULE,
    fifo_pairing::RULE,
    key_rotation::RULE,
    least_privilege::RULE,
    max_receive_count::RULE,
    public_access::RULE,
    tls_only::RULE,
    visibility_timeout::RULE,
    wildcard_principal::RULE,
];

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
            let subject = exhibit.address.to_string();
            if judgement.subjects.last() != Some(&subject) {
                judgement.subjects.push(subject);
            }
            judgement.findings.extend(judge(thing));
        }
        judgement
    }
}

#[cfg(test)]
mod tests;
