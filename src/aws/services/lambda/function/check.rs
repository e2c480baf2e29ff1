//! What Lambda would refuse of a function.

use super::{LogFormat, LoggingConfig, Spec};
use crate::aws::arn::Arn;
use crate::aws::names::too_long;
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let name = spec.name.as_deref().unwrap_or_default();
    let name = (!is_pending(name)).then(|| too_long("name", name, 64, "Lambda")).flatten();
    let mut problems: Vec<Problem> = name.into_iter().collect();
    if spec.role.is_empty() {
        problems.push(Problem::of("role", "a function needs a role"));
    }
    if spec.code.is_empty() {
        let hint = "write `{ folder: PATH }` or `{ file: PATH }`";
        problems.push(Problem::of("code", "a function needs code").hint(hint));
    }
    for (field, value, example) in [
        ("runtime", &spec.runtime, "runtime: provided.al2023"),
        ("handler", &spec.handler, "handler: bootstrap"),
    ] {
        if value.is_none() {
            let message = format!("a function of a zip file needs a {field}");
            problems.push(Problem::of(field, message).hint(example));
        }
    }
    problems.extend(check_environment(spec));
    problems.extend(check_dead_letters(spec));
    problems.extend(spec.kms_key_arn.as_deref().and_then(check_key));
    problems.extend(check_logging(&spec.logging_config));
    problems.extend(check_layers(&spec.layers));
    problems
}

/// All of an environment (Developer Guide, "Lambda quotas").
const MOST_ENVIRONMENT: usize = 4 * 1024;

/// What Lambda sets, and lets nobody else set (Developer Guide, "Defined runtime
/// environment variables"). Others that it sets can be set otherwise: `PATH`, `TZ`.
const RESERVED: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

fn check_environment(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    for key in spec.environment.keys() {
        let at = |message: String| {
            Problem::of("", message).at(Path::field("environment").with_field(key))
        };
        let mut signs = key.chars();
        let begins = signs.next().is_some_and(|sign| sign.is_ascii_alphabetic());
        let goes_on = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
        if RESERVED.contains(&key.as_str()) {
            let message = format!("Lambda sets `{key}` itself, and refuses another");
            problems.push(at(message).hint("leave it out, or give it a name of your own"));
        } else if key.len() < 2 || !begins || !signs.all(goes_on) {
            let message = format!("`{key}` is no name of an environment variable to Lambda");
            let hint = "two characters at least: a letter, then letters, digits and `_`";
            problems.push(at(message).hint(hint));
        }
    }
    let size: usize = spec.environment.iter().map(|(key, value)| key.len() + value.len()).sum();
    let is_whole = spec.environment.values().all(|value| !is_pending(value));
    if is_whole && size > MOST_ENVIRONMENT {
        let message = format!("has {size} bytes, Lambda takes {MOST_ENVIRONMENT} in all");
        let hint = "put what is long into a file of the code, or into a bucket, and name it here";
        problems.push(Problem::of("environment", message).hint(hint));
    }
    problems
}

fn check_dead_letters(spec: &Spec) -> Option<Problem> {
    let target = spec.dead_letter_config.as_ref()?.target_arn.as_str();
    let path = Path::field("dead_letter_config").with_field("target_arn");
    if is_pending(target) {
        return None;
    }
    let problem = |message: String| Problem::of("", message).at(path.clone());
    let arn = Arn::read(target);
    if !arn.as_ref().is_some_and(|arn| ["sqs", "sns"].contains(&arn.service)) {
        let message = format!("takes the ARN of a queue or a topic, and `{target}` is none");
        return Some(problem(message).meaning("arn"));
    }
    // Lambda sends without a group of messages.
    target.ends_with(".fifo").then(|| {
        let message = "Lambda sends dead letters to no FIFO queue, and no FIFO topic".to_owned();
        problem(message).hint("name a standard queue")
    })
}

fn check_key(key: &str) -> Option<Problem> {
    let is_key = Arn::read(key).is_some_and(|arn| arn.service == "kms");
    let message = format!("takes the ARN of a key, and `{key}` is none");
    (!is_pending(key) && !is_key).then(|| Problem::of("kms_key_arn", message).meaning("arn"))
}

fn check_logging(logging: &LoggingConfig) -> Vec<Problem> {
    let levels = [
        ("application_log_level", logging.application_log_level.is_some()),
        ("system_log_level", logging.system_log_level.is_some()),
    ];
    let stated = levels.into_iter().filter(|(_, is_stated)| *is_stated);
    let refused = |(field, _): (&str, bool)| {
        let message = "lines of text have no levels, and Lambda refuses one";
        let path = Path::field("logging_config").with_field(field);
        Problem::of("", message).at(path).hint("log_format: JSON")
    };
    match logging.log_format {
        LogFormat::Text => stated.map(refused).collect(),
        LogFormat::Json => Vec::new(),
    }
}

fn check_layers(layers: &[String]) -> Vec<Problem> {
    let is_version = |layer: &str| {
        let arn = Arn::read(layer);
        arn.is_some_and(|arn| {
            let parts: Vec<&str> = arn.resource.split(':').collect();
            arn.service == "lambda" && matches!(parts[..], ["layer", _, _])
        })
    };
    let strange = layers.iter().enumerate();
    let strange = strange.filter(|(_, layer)| !is_pending(layer) && !is_version(layer));
    let told = |(at, layer): (usize, &String)| {
        let message = format!("takes the ARN of a layer's version, and `{layer}` is none");
        Problem::of("", message)
            .at(Path::field("layers").with_index(at))
            .hint("the version is part of it: `arn:aws:lambda:REGION:ACCOUNT:layer:NAME:1`")
    };
    strange.map(told).collect()
}
