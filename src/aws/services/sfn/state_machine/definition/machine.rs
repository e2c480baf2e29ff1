//! States and how they follow one another: of the whole definition, of each branch of a
//! Parallel, and of what a Map does with each item.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ground::{Ground, Within, stated_language};
use super::language::Language;
use super::lead::Lead;
use super::part::{Part, Walk, waits};
use super::state;
use super::time::{MOST_SECONDS, within_time};
use crate::aws::near::nearest;
use crate::model::Path;
use crate::model::document::is_pending;

/// The longest name of a state (the same page of quotas).
const LONGEST_NAME: usize = 80;

pub(super) fn check(machine: &Part<'_>, ground: Ground, walk: &mut Walk) {
    machine.no_others(ground.within.fields(), walk);
    machine.text("Comment", walk);
    if machine.has("Version") {
        machine.word("Version", &["1.0"], walk);
    }
    let own = stated_language(machine, ground, walk);
    let ground = match ground.within {
        Within::Definition => {
            let of_all = own.unwrap_or(Language::JsonPath);
            Ground { of_all, language: of_all, ..ground }
        }
        Within::Branch | Within::Processor => {
            Ground { language: own.unwrap_or(ground.language), ..ground }
        }
    };
    let seconds = machine.whole("TimeoutSeconds", 1..=MOST_SECONDS, Language::JsonPath, walk);
    within_time(seconds, &machine.at("TimeoutSeconds"), ground.runs, walk);
    machine.needs("StartAt", "the state with which it begins", walk);
    let start = machine.text("StartAt", walk).map(str::to_owned);
    if !machine.needs("States", "its states", walk) {
        return;
    }
    let Some(states) = machine.part("States", walk) else { return };
    if states.fields.is_empty() {
        walk.tell(states.path, "a state machine has one state at least");
        return;
    }
    let mut ways: BTreeMap<&str, Vec<Lead>> = BTreeMap::new();
    for (name, value) in states.fields {
        check_name(name, &states.at(name), walk);
        let found = match Part::of(value, states.at(name), walk) {
            Some(state) => {
                let (leads, within) = state::check(&state, ground, walk);
                for (machine, ground) in within {
                    check(&machine, ground, walk);
                }
                leads
            }
            None => vec![Lead::unknown(states.at(name))],
        };
        ways.insert(name, found);
    }
    let begins = Lead { to: start, at: machine.at("StartAt") };
    check_ways(machine, &states, &begins, &ways, walk);
    check_ends(&states, walk);
}

fn check_name(name: &str, at: &Path, walk: &mut Walk) {
    if is_pending(name) {
        return;
    }
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME {
        let message =
            format!("the name has {length} characters, a state's has 1 to {LONGEST_NAME}");
        walk.tell(at.clone(), message);
    }
    if let Some(other) = walk.names.get(name) {
        let message = format!("another state is called `{name}`: {other}");
        walk.advise(at.clone(), message, "names are unique in the whole definition");
    } else {
        walk.names.insert(name.to_owned(), at.clone());
    }
}

/// After so many problems nobody is asked what was meant: of every name, each other is tried.
const MOST_GUESSES: usize = 100;

/// That every way leads to a state, and a way to every state.
fn check_ways(
    machine: &Part<'_>,
    states: &Part<'_>,
    begins: &Lead,
    leads: &BTreeMap<&str, Vec<Lead>>,
    walk: &mut Walk,
) {
    let every = || std::iter::once(begins).chain(leads.values().flatten());
    let names = || leads.keys().copied();
    for lead in every() {
        let Some(to) = lead.to.as_deref().filter(|to| !leads.contains_key(to)) else { continue };
        let message = format!("leads to `{to}`, and there is no such state beside it");
        let is_much = walk.told.len() >= MOST_GUESSES;
        match (!is_much).then(|| nearest(to, names())).flatten() {
            Some(meant) => {
                walk.advise(lead.at.clone(), message, format!("did you mean `{meant}`?"));
            }
            None => walk.tell(lead.at.clone(), message),
        }
    }
    // What follows from another mistake is left out.
    let is_known = |lead: &Lead| lead.to.as_deref().is_some_and(|to| leads.contains_key(to));
    if !machine.has("StartAt") || !every().all(is_known) || names().any(is_pending) {
        return;
    }
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut next: Vec<&str> = begins.to.as_deref().into_iter().collect();
    while let Some(name) = next.pop() {
        if reached.insert(name) {
            let further = leads.get(name).into_iter().flatten();
            next.extend(further.filter_map(|lead| lead.to.as_deref()));
        }
    }
    for name in names().filter(|name| !reached.contains(name)) {
        walk.advise(
            states.at(name),
            format!("nothing leads to `{name}`"),
            "lead to it by `Next`, `Default` or `Catch`, or take it out",
        );
    }
}

/// That it comes to an end. What leads nowhere was told.
fn check_ends(states: &Part<'_>, walk: &mut Walk) {
    let goes_on = |state: &Value| {
        let leads = ["Choices", "Default", "Next"].iter().any(|field| state.get(field).is_some());
        leads && state.get("End").is_none() && !state.get("Type").is_some_and(waits)
    };
    if states.fields.values().all(goes_on) {
        walk.advise(
            states.path.clone(),
            "none of the states is the last one",
            "state `End: true` of one, or have a Succeed or a Fail",
        );
    }
}
