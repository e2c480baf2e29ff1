//! What becomes of a failure: how it is tried again, and who catches it (Developer Guide,
//! "Handling errors in Step Functions workflows").

use serde_json::Value;

use super::language::{self, Language};
use super::lead::{Lead, lead};
use super::part::{Part, Walk, waits, words_of};
use super::time::MOST_SECONDS;
use super::{assign, json_path, template};
use crate::aws::near::nearest;
use crate::model::Path;

/// Every error, but for those that nothing catches.
const ALL: &str = "States.ALL";

/// The names that Step Functions gives errors itself.
const ERRORS: &[&str] = &[
    ALL,
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

const RETRY: [&str; 7] = [
    "BackoffRate",
    "Comment",
    "ErrorEquals",
    "IntervalSeconds",
    "JitterStrategy",
    "MaxAttempts",
    "MaxDelaySeconds",
];

/// The longest time that retries may grow to (Developer Guide, "Retrying after an error").
const MOST_DELAY: u64 = 31_622_399;

pub(super) fn check_retry(state: &Part<'_>, walk: &mut Walk) {
    let retriers = parts(state, "Retry", walk);
    for (index, retrier) in retriers.iter().enumerate() {
        retrier.no_others(&RETRY, walk);
        check_errors(retrier, index + 1 == retriers.len(), walk);
        let number = Language::JsonPath;
        retrier.whole("IntervalSeconds", 1..=MOST_SECONDS, number, walk);
        retrier.whole("MaxAttempts", 0..=MOST_SECONDS, number, walk);
        retrier.whole("MaxDelaySeconds", 1..=MOST_DELAY, number, walk);
        if retrier.has("JitterStrategy") {
            retrier.word("JitterStrategy", &["FULL", "NONE"], walk);
        }
        match retrier.get("BackoffRate") {
            Some(value) if !waits(value) && value.as_f64().is_none_or(|rate| rate < 1.0) => {
                walk.tell(retrier.at("BackoffRate"), "takes a number from 1");
            }
            Some(_) | None => {}
        }
    }
}

/// What is wrong with those who catch. Tells where they lead to.
pub(super) fn check_catch(state: &Part<'_>, language: Language, walk: &mut Walk) -> Vec<Lead> {
    let mut leads = Vec::new();
    let catchers = parts(state, "Catch", walk);
    for (index, catcher) in catchers.iter().enumerate() {
        catcher
            .no_others(&["Assign", "Comment", "ErrorEquals", "Next", "Output", "ResultPath"], walk);
        check_errors(catcher, index + 1 == catchers.len(), walk);
        if !catcher.has("Next") {
            walk.tell(catcher.path.clone(), "does not say where it leads to: `Next: NAME`");
        }
        leads.extend(lead(catcher, "Next", walk));
        for field in ["Assign", "Output"] {
            if let Some(value) = catcher.get(field) {
                template::check(value, &catcher.at(field), language, walk);
            }
        }
        assign::check(catcher, walk);
        let other = match language {
            Language::JsonPath => "Output",
            Language::Jsonata => "ResultPath",
        };
        if catcher.has(other) {
            let ours = language.name();
            let message =
                format!("`{other}` is of the other language, and this state speaks {ours}");
            walk.advise(catcher.at(other), message, language::instead(other));
        } else if catcher.get("ResultPath").is_some_and(|path| !path.is_null())
            && let Some(path) = catcher.text("ResultPath", walk)
            && let Some(message) = json_path::reference_fault(path)
        {
            walk.tell(catcher.at("ResultPath"), message);
        }
    }
    leads
}

fn parts<'a>(state: &Part<'a>, field: &str, walk: &mut Walk) -> Vec<Part<'a>> {
    let Some(items) = state.list(field, walk) else { return Vec::new() };
    let item = |(index, item)| Part::of(item, state.at(field).with_index(index), walk);
    items.iter().enumerate().filter_map(item).collect()
}

/// The errors that somebody is for. All of them stand alone, and come last.
fn check_errors(part: &Part<'_>, is_last: bool, walk: &mut Walk) {
    if !part.needs("ErrorEquals", "the names of the errors", walk) {
        return;
    }
    let at = part.at("ErrorEquals");
    let Some(errors) = part.list("ErrorEquals", walk) else { return };
    if errors.is_empty() {
        walk.advise(at, "names no error", "ErrorEquals: [States.ALL]");
        return;
    }
    for (index, error) in errors.iter().enumerate() {
        check_error(error, at.with_index(index), walk);
    }
    let holds_all = errors.iter().any(|error| error == ALL);
    if holds_all && errors.len() > 1 {
        walk.advise(at, format!("`{ALL}` stands alone"), "it is every error: take the others out");
    } else if holds_all && !is_last {
        walk.advise(at, format!("`{ALL}` comes last"), "what follows would never be asked");
    }
}

fn check_error(error: &Value, at: Path, walk: &mut Walk) {
    match error {
        Value::String(name) if name.starts_with("States.") && !ERRORS.contains(&name.as_str()) => {
            // There may be some that are newer than this list.
            if let Some(meant) = nearest(name, ERRORS.iter().copied()) {
                let message = format!("Step Functions knows no error `{name}`");
                walk.advise(at, message, format!("did you mean `{meant}`?"));
            }
        }
        Value::String(_) => {}
        other => {
            walk.tell(at, format!("takes the name of an error, and this is {}", words_of(other)));
        }
    }
}
