//! Tasks: what they call, with what, and for how long (Developer Guide, "Task workflow state"
//! and "Integrating services with Step Functions").

use super::super::MachineType;
use super::ground::Ground;
use super::json_path;
use super::language::Language;
use super::part::{Part, Walk, is_expression};
use super::template;
use super::time::{MOST_SECONDS, within_time};
use crate::aws::arn::Arn;

pub(super) fn check(state: &Part<'_>, ground: Ground, walk: &mut Walk) {
    check_times(state, ground, walk);
    if let Some(value) = state.get("Credentials") {
        template::check(value, &state.at("Credentials"), ground.language, walk);
    }
    if !state.needs("Resource", "the ARN of what it calls", walk) {
        return;
    }
    if let Some(resource) = state.text("Resource", walk) {
        check_resource(state, resource, ground, walk);
    }
}

fn check_times(state: &Part<'_>, ground: Ground, walk: &mut Walk) {
    let mut seconds = |field: &str, path: &str| {
        state.one_of(&[field, path], walk);
        if let Some(message) = state.text(path, walk).and_then(json_path::fault) {
            walk.tell(state.at(path), message);
        }
        state.whole(field, 1..=MOST_SECONDS, ground.language, walk)
    };
    let timeout = seconds("TimeoutSeconds", "TimeoutSecondsPath");
    let heartbeat = seconds("HeartbeatSeconds", "HeartbeatSecondsPath");
    within_time(timeout, &state.at("TimeoutSeconds"), ground.runs, walk);
    if let (Some(timeout), Some(heartbeat)) = (timeout, heartbeat)
        && heartbeat >= timeout
    {
        let message = format!("a sign of life is due before the {timeout} seconds are over");
        walk.advise(state.at("HeartbeatSeconds"), message, "state less than `TimeoutSeconds`");
    }
}

/// How calls end that wait for more than an answer.
const WAITING: [&str; 3] = [".sync", ".sync:2", ".waitForTaskToken"];

fn check_resource(state: &Part<'_>, resource: &str, ground: Ground, walk: &mut Walk) {
    let at = state.at("Resource");
    let Some(arn) = Arn::read(resource) else {
        let message = format!("takes an ARN, and `{resource}` is none");
        let hint = "\"${NAME.arn}\" of a function, or `arn:${partition}:states:::SERVICE:ACTION`";
        walk.advise(at, message, hint);
        return;
    };
    let is_express = ground.runs == MachineType::Express;
    match (arn.service, arn.resource) {
        ("lambda", function) if is_function(function) => {}
        ("states", activity) if activity.starts_with("activity:") => {
            if is_express {
                let message = "no worker is waited for in an EXPRESS execution";
                walk.advise(at, message, "`type: STANDARD`, or call a function");
            }
        }
        ("states", integration) if arn.region.is_empty() && integration.contains(':') => {
            let waits = WAITING.iter().find(|end| integration.ends_with(*end));
            if let Some(end) = waits.filter(|_| is_express) {
                let message = format!("`{end}` waits for longer than an EXPRESS execution may");
                walk.advise(at, message, "`type: STANDARD`, or call without it");
            }
            let action = waits.and_then(|end| integration.strip_suffix(end));
            check_call(state, action.unwrap_or(integration), ground.language, walk);
        }
        (_, _) => {
            let message = format!("a task calls no `{resource}`");
            let hint = "it calls a function by its ARN, an activity, or \
                        `arn:${partition}:states:::SERVICE:ACTION`";
            walk.advise(at, message, hint);
        }
    }
}

/// `function:NAME`, perhaps of a version or an alias.
fn is_function(resource: &str) -> bool {
    let is_name = |name: &str| {
        let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign);
        !name.is_empty() && name.chars().all(is_sign)
    };
    match resource.split(':').collect::<Vec<_>>()[..] {
        ["function", name] => is_name(name),
        ["function", name, qualifier] => {
            is_name(name) && (qualifier == "$LATEST" || is_name(qualifier))
        }
        _ => false,
    }
}

/// What calls cannot do without (Developer Guide, the page of each service): each of several,
/// or one of those with `|` between them.
const NEEDED: &[(&str, &[&str])] = &[
    ("dynamodb:deleteItem", &["TableName", "Key"]),
    ("dynamodb:getItem", &["TableName", "Key"]),
    ("dynamodb:putItem", &["TableName", "Item"]),
    ("dynamodb:updateItem", &["TableName", "Key"]),
    ("events:putEvents", &["Entries"]),
    ("lambda:invoke", &["FunctionName"]),
    ("sns:publish", &["Message", "TopicArn|TargetArn|PhoneNumber"]),
    ("sqs:sendMessage", &["QueueUrl", "MessageBody"]),
    ("states:startExecution", &["StateMachineArn"]),
];

fn check_call(state: &Part<'_>, action: &str, language: Language, walk: &mut Walk) {
    let Some((_, needed)) = NEEDED.iter().find(|(known, _)| *known == action) else { return };
    let field = match language {
        Language::JsonPath => "Parameters",
        Language::Jsonata => "Arguments",
    };
    let Some(value) = state.get(field) else {
        let all = needed.join(", ").replace('|', " or ");
        walk.tell(state.path.clone(), format!("{action} takes {all}: state `{field}:`"));
        return;
    };
    if is_expression(value, language, &state.at(field), &mut Walk::default()) {
        return;
    }
    let Some(given) = state.part(field, walk) else { return };
    for names in *needed {
        let mut names = names.split('|');
        if !names.clone().any(|name| given.has(name) || given.has(&format!("{name}.$"))) {
            let first = names.next().unwrap_or_default();
            walk.tell(given.path.clone(), format!("lacks `{first}`, which {action} needs"));
        }
    }
}
