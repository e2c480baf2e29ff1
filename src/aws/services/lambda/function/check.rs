//! What Lambda would refuse of a function.

use std::collections::BTreeSet;

use super::{
    Code, LogFormat, LoggingConfig, PackageType, Spec, apart, origin, permissions, versions,
};
use crate::aws::arn::Arn;
use crate::aws::names::too_long;
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let name = spec.name.as_deref().unwrap_or_default();
    let name = (!is_pending(name)).then(|| too_long("name", name, 64, "Lambda")).flatten();
    let mut problems: Vec<Problem> = name.into_iter().collect();
    problems.extend(permissions::check(&spec.permissions));
    if spec.role.is_empty() {
        problems.push(Problem::of("role", "a function needs a role"));
    }
    problems.extend(check_code(spec));
    problems.extend(versions::check(spec));
    problems.extend(apart::check(spec));
    problems.extend(check_environment(spec));
    problems.extend(check_dead_letters(spec));
    problems.extend(spec.kms_key_arn.as_deref().and_then(check_key));
    problems.extend(check_logging(&spec.logging_config));
    problems.extend(check_layers(&spec.layers));
    problems
}

/// Code or an image, and what belongs to it.
fn check_code(spec: &Spec) -> Vec<Problem> {
    let form = match (&spec.code, &spec.image_uri) {
        (Some(_), Some(_)) => {
            let message = "a function runs code or an image, not both";
            return vec![Problem::of("image_uri", message).hint("take one of them out")];
        }
        (None, None) => {
            let hint = "write `code: { folder: PATH }`, `code: { file: PATH }` or `image_uri:`";
            return vec![Problem::of("code", "a function needs code").hint(hint)];
        }
        (Some(_), None) => PackageType::Zip,
        (None, Some(_)) => PackageType::Image,
    };
    let mut problems: Vec<Problem> =
        spec.code.as_ref().and_then(check_stored).into_iter().collect();
    if spec.upload_through.is_some() && !matches!(spec.code, Some(Code::Sent(_))) {
        let message = "what is sent of the checkout goes this way, and nothing else";
        problems.push(Problem::of("upload_through", message).hint("take it out"));
    }
    if spec.package_type.is_some_and(|stated| stated != form) {
        let message = "it follows from `code` and `image_uri`, and is another";
        problems.push(Problem::of("package_type", message).hint("take it out"));
    }
    for (field, is_stated, example) in [
        ("runtime", spec.runtime.is_some(), "runtime: provided.al2023"),
        ("handler", spec.handler.is_some(), "handler: bootstrap"),
    ] {
        match form {
            PackageType::Zip if !is_stated => {
                let message = format!("a function of a zip file needs a {field}");
                problems.push(Problem::of(field, message).hint(example));
            }
            PackageType::Image if is_stated => {
                let message =
                    format!("an image has its own, and Lambda takes no {field} beside it");
                problems.push(Problem::of(field, message).hint("take it out"));
            }
            PackageType::Zip | PackageType::Image => {}
        }
    }
    if form == PackageType::Zip && spec.image_config.is_some() {
        let message = "only a function of an image has this";
        problems.push(Problem::of("image_config", message).hint("take it out"));
    }
    if form == PackageType::Image && !spec.layers.is_empty() {
        let message = "an image has its own, and Lambda takes no layers beside it";
        problems.push(Problem::of("layers", message).hint("put them into the image"));
    }
    let empty = spec.vpc_config.iter().flat_map(|vpc| {
        let of = |field, ids: &BTreeSet<String>| ids.contains("").then_some(field);
        [of("subnet_ids", &vpc.subnet_ids), of("security_group_ids", &vpc.security_group_ids)]
    });
    problems.extend(empty.flatten().map(|field| {
        Problem::of("", "holds an empty text, which names nothing")
            .at(Path::field("vpc_config").with_field(field))
    }));
    if spec.file_system_config.is_some() && spec.vpc_config.is_none() {
        let message = "a file system is reached within a VPC alone";
        problems.push(Problem::of("file_system_config", message).hint("state `vpc_config`"));
    }
    problems
}

/// Where code came from is kept in a tag, which has room for so much.
fn check_stored(code: &Code) -> Option<Problem> {
    let Code::Stored(stored) = code else { return None };
    let problem = |field: &str, message: &str| {
        Problem::of("", message).at(Path::field("code").with_field(field))
    };
    let parts = [("bucket", &stored.bucket), ("key", &stored.key), ("sha256", &stored.sha256)];
    if let Some((field, _)) = parts.into_iter().find(|(_, text)| text.is_empty()) {
        return Some(problem(field, "an object has all of bucket, key and sha256"));
    }
    let place = origin::told(stored);
    if is_pending(&place) || origin::read(&place).is_some_and(|read| read == origin::place(stored))
    {
        return None;
    }
    let message = "bucket, key and version are kept in a tag, which has room for 256 letters, digits, blanks and \
                   `_.:/=+-`";
    Some(problem("key", message).hint("give the object a shorter key, of plain characters"))
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
    (target.rsplit('.').next() == Some("fifo")).then(|| {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Where a function with these fields beside the least is wrong.
    fn problems(fields: &Value) -> Vec<String> {
        let mut whole = json!({
            "role": "arn:aws:iam::123456789012:role/r",
            "code": "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "runtime": "provided.al2023",
            "handler": "bootstrap",
        });
        for (field, value) in fields.as_object().unwrap() {
            whole[field] = value.clone();
        }
        let spec = serde_json::from_value(whole).unwrap();
        let told = check(&spec).into_iter();
        told.map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
    }

    #[test]
    fn what_lambda_would_refuse_is_told() {
        let check = |fields: Value, expected: &[&str]| {
            let told = problems(&fields);
            let is_told = |(told, begin): (&String, &&str)| told.starts_with(*begin);
            let all = told.len() == expected.len() && told.iter().zip(expected).all(is_told);
            assert!(all, "{fields}: {told:#?}");
        };
        let image = format!("1.dkr.ecr.us-east-1.amazonaws.com/w@sha256:{}", "0".repeat(64));
        let hash = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        check(json!({}), &[]);
        check(json!({ "name": "n".repeat(65) }), &["name: the name has 65 characters"]);
        check(json!({ "runtime": null }), &["runtime: a function of a zip file needs a runtime"]);
        check(json!({ "code": null }), &["code: a function needs code"]);
        check(json!({ "image_uri": image }), &["image_uri: a function runs code or an image"]);
        check(
            json!({ "image_uri": image, "code": null, "layers": ["arn:aws:lambda:us-east-1:1:layer:l:1"] }),
            &["runtime: an image has its own", "handler: an image has its own", "layers: an image"],
        );
        check(json!({ "package_type": "Image" }), &["package_type: it follows"]);
        check(json!({ "image_config": { "command": ["a"] } }), &["image_config: only a function"]);
        check(json!({ "code": { "bucket": "b", "key": "k.zip", "sha256": hash } }), &[]);
        check(
            json!({ "code": { "bucket": "b", "key": "k(1).zip", "sha256": hash } }),
            &["code.key: bucket, key and version are kept in a tag"],
        );
        check(json!({ "layers": ["arn:aws:lambda:us-east-1:1:layer:l"] }), &["layers[0]: takes"]);
        let fifo = "arn:aws:sqs:us-east-1:123456789012:q.fifo";
        check(
            json!({ "dead_letter_config": { "target_arn": fifo } }),
            &["dead_letter_config.target_arn: Lambda sends dead letters to no FIFO queue"],
        );
        check(
            json!({ "logging_config": { "system_log_level": "INFO" } }),
            &["logging_config.system_log_level: lines of text have no levels"],
        );
        check(
            json!({ "upload_through": "b", "code": { "bucket": "b", "key": "k.zip", "sha256": hash } }),
            &["upload_through: what is sent of the checkout goes this way"],
        );
        check(json!({ "upload_through": "b" }), &[]);
        let alias = |alias: Value| json!({ "aliases": { "live": alias } });
        check(alias(json!({})), &["aliases.live: an alias leads to what was published"]);
        check(alias(json!({ "version": "3" })), &[]);
        let part = |version: &str, part: f64| {
            let weights = json!({ "additional_version_weights": { version: part } });
            alias(json!({ "version": "3", "routing_config": weights }))
        };
        check(part("4", 0.1), &[]);
        check(part("3", 0.1), &["aliases.live.routing_config: the other version is the one"]);
        check(part("$LATEST", 0.1), &["aliases.live.routing_config: `$LATEST` is no number"]);
        check(part("4", 10.0), &["aliases.live.routing_config: a part is from 0 to 1"]);
        check(json!({ "keep_versions": 3 }), &["keep_versions: there are versions of what is"]);
        let many: Value =
            (0..30).map(|at| (format!("alias-{at}"), json!({ "version": "1" }))).collect();
        check(json!({ "aliases": many }), &["aliases: the names of aliases with a `version`"]);
        check(json!({ "code_signing_config_arn": "none" }), &[]);
        check(json!({ "code_signing_config_arn": "csc" }), &["code_signing_config_arn: takes the"]);
        let runtime = |config: Value| json!({ "runtime_management_config": config });
        check(runtime(json!({})), &[]);
        check(
            runtime(json!({ "update_runtime_on": "Manual" })),
            &["runtime_management_config.runtime_version_arn: a runtime that stays is named"],
        );
        check(
            runtime(json!({ "runtime_version_arn": "arn:aws:lambda:us-east-1::runtime:1" })),
            &["runtime_management_config.runtime_version_arn: Lambda chooses it"],
        );
        check(json!({ "kms_key_arn": "alias/k" }), &["kms_key_arn: takes the ARN of a key"]);
    }

    #[test]
    fn a_file_system_is_reached_within_a_vpc() {
        let arn = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1";
        let mounted = json!({ "file_system_config": { "arn": arn, "local_mount_path": "/mnt/a" } });
        let told = problems(&mounted);
        assert_eq!(told, ["file_system_config: a file system is reached within a VPC alone"]);
    }

    #[test]
    fn an_environment_has_names_and_a_size_that_lambda_takes() {
        let check = |key: &str, size: usize, expected: Option<&str>| {
            let told = problems(&json!({ "environment": { key: "x".repeat(size) } }));
            let is_told = match (told.as_slice(), expected) {
                ([], None) => true,
                ([told], Some(begin)) => told.starts_with(begin),
                (_, _) => false,
            };
            assert!(is_told, "{key} {size}: {told:#?}");
        };
        check("RUST_LOG", 0, None);
        check("AWS_LAMBDA_EXEC_WRAPPER", 9, None);
        check("TABLE", 4091, None);
        check("TABLE", 4092, Some("environment: has 4097 bytes, Lambda takes 4096 in all"));
        check("AWS_REGION", 1, Some("environment.AWS_REGION: Lambda sets `AWS_REGION` itself"));
        check("_X_AMZN_TRACE_ID", 1, Some("environment._X_AMZN_TRACE_ID: Lambda sets"));
        check("A-B", 1, Some("environment.A-B: `A-B` is no name"));
        check("1A", 1, Some("environment.1A: `1A` is no name"));
        check("A", 1, Some("environment.A: `A` is no name"));
    }
}
