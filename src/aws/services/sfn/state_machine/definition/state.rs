//! One state: its type, its fields, and where it leads to.

use serde_json::Value;

use super::fields::{self, StateType, TYPES};
use super::ground::{Ground, Inner, stated_language};
use super::language::Language;
use super::lead::{Lead, lead};
use super::part::{Part, Walk, is_expression};
use super::time::{MOST_SECONDS, is_timestamp, within_time};
use super::{assign, choice, failures, json_path, nested, task, template};
use crate::aws::near::nearest;

/// What is wrong with a state. Tells where it leads to, and which machines are within it.
pub(super) fn check<'a>(
    state: &Part<'a>,
    ground: Ground,
    walk: &mut Walk,
) -> (Vec<Lead>, Vec<Inner<'a>>) {
    let somewhere = || (vec![Lead::unknown(state.path.clone())], Vec::new());
    if !state.needs("Type", "Task, Pass, Choice, Wait, Succeed, Fail, Parallel or Map", walk) {
        return somewhere();
    }
    let Some(name) = state.text("Type", walk) else { return somewhere() };
    let Some((_, of)) = TYPES.iter().find(|(known, _)| *known == name) else {
        let message = format!("there are no states of type `{name}`");
        let hint = match nearest(name, TYPES.iter().map(|(known, _)| *known)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "there are Task, Pass, Choice, Wait, Succeed, Fail, Parallel and Map".into(),
        };
        walk.advise(state.at("Type"), message, hint);
        return somewhere();
    };
    let language = stated_language(state, ground, walk);
    let language = language.unwrap_or_else(|| unsaid_language(state, ground));
    let ground = Ground { language, ..ground };
    fields::check(state, *of, ground.language, walk);
    state.text("Comment", walk);
    check_data(state, ground.language, walk);
    let mut within = Vec::new();
    let mut leads = match of {
        StateType::Task => {
            task::check(state, ground, walk);
            next(state, walk)
        }
        StateType::Pass => next(state, walk),
        StateType::Choice => choice::check(state, ground.language, walk),
        StateType::Wait => {
            check_wait(state, ground, walk);
            next(state, walk)
        }
        StateType::Succeed => Vec::new(),
        StateType::Fail => {
            check_fail(state, ground.language, walk);
            Vec::new()
        }
        StateType::Parallel => {
            within = nested::branches(state, ground, walk);
            next(state, walk)
        }
        StateType::Map => {
            within.extend(nested::items(state, ground, walk));
            next(state, walk)
        }
    };
    failures::check_retry(state, walk);
    leads.extend(failures::check_catch(state, ground.language, walk));
    (leads, within)
}

/// The language of a state that says none. Where what it stands in has another than the
/// definition, no page says which of the two it is: it is taken at its fields' word.
fn unsaid_language(state: &Part<'_>, ground: Ground) -> Language {
    if ground.language == ground.of_all {
        return ground.language;
    }
    fields::spoken(state).unwrap_or(ground.of_all)
}

/// Where a state leads to, which is somewhere or nowhere.
fn next(state: &Part<'_>, walk: &mut Walk) -> Vec<Lead> {
    let ends = state.flag("End", walk);
    if ends == Some(false) {
        walk.advise(state.at("End"), "takes `true` alone", "leave it out where `Next` is stated");
    }
    match (state.has("Next"), state.has("End")) {
        (true, true) => {
            walk.advise(state.at("End"), "`Next` leads on already", "take one of them out");
        }
        (false, false) => walk.advise(
            state.path.clone(),
            "leads nowhere, and does not end",
            "state `Next: NAME` or `End: true`",
        ),
        (true, false) | (false, true) => {}
    }
    lead(state, "Next", walk).into_iter().collect()
}

/// What a state makes of what comes in, and of what comes of it.
fn check_data(state: &Part<'_>, language: Language, walk: &mut Walk) {
    for field in ["InputPath", "OutputPath"] {
        check_path(state, field, json_path::fault, walk);
    }
    check_path(state, "ResultPath", json_path::reference_fault, walk);
    let of_paths = ["Parameters", "ResultSelector"];
    let of_both = ["Assign", "ItemSelector"];
    let of_data = ["Arguments", "Output"];
    let fields = match language {
        Language::JsonPath => of_paths.iter().chain(&of_both),
        Language::Jsonata => of_data.iter().chain(&of_both),
    };
    for field in fields {
        if let Some(value) = state.get(field) {
            template::check(value, &state.at(field), language, walk);
        }
    }
    assign::check(state, walk);
}

/// A path, or null for nothing.
fn check_path(state: &Part<'_>, field: &str, fault: fn(&str) -> Option<String>, walk: &mut Walk) {
    if state.get(field).is_none_or(Value::is_null) {
        return;
    }
    if let Some(message) = state.text(field, walk).and_then(fault) {
        walk.tell(state.at(field), message);
    }
}

/// The ways to say how long.
const UNTIL: [&str; 4] = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];

fn check_wait(state: &Part<'_>, ground: Ground, walk: &mut Walk) {
    state.one_of(&UNTIL, walk);
    if state.those_of(&UNTIL).is_empty() {
        walk.advise(state.path.clone(), "does not say how long it waits", "state `Seconds: 60`");
    }
    let seconds = state.whole("Seconds", 0..=MOST_SECONDS, ground.language, walk);
    within_time(seconds, &state.at("Seconds"), ground.runs, walk);
    for field in ["SecondsPath", "TimestampPath"] {
        check_path(state, field, json_path::fault, walk);
    }
    let Some(value) = state.get("Timestamp") else { return };
    if !is_expression(value, ground.language, &state.at("Timestamp"), walk)
        && let Some(text) = state.text("Timestamp", walk)
        && !is_timestamp(text)
    {
        let message = format!("takes a time, and `{text}` is none");
        walk.advise(state.at("Timestamp"), message, "as `2026-11-29T07:00:00Z`");
    }
}

fn check_fail(state: &Part<'_>, language: Language, walk: &mut Walk) {
    for (field, path) in [("Error", "ErrorPath"), ("Cause", "CausePath")] {
        state.one_of(&[field, path], walk);
        if let Some(value) = state.get(field)
            && !is_expression(value, language, &state.at(field), walk)
        {
            state.text(field, walk);
        }
        let fault = state.text(path, walk).and_then(template::path_or_call_fault);
        if let Some(message) = fault {
            walk.tell(state.at(path), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_whole() {
        for time in ["2016-03-14T01:59:00Z", "2016-03-14T01:59:00.123+02:00"] {
            assert!(is_timestamp(time), "{time}");
        }
        for other in ["2016-03-14", "2016-03-14t01:59:00z", "2016-03-14T01:59Z", "tomorrow", "T"] {
            assert!(!is_timestamp(other), "{other}");
        }
    }
}
