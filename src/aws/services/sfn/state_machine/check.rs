//! What Step Functions would refuse of a state machine.

use super::settings::{KeyType, Level};
use super::{Spec, definition, versions};
use crate::aws::arn::Arn;
use crate::aws::names::too_long;
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let name = spec.name.as_deref().unwrap_or_default();
    let name = (!is_pending(name)).then(|| too_long("name", name, 80, "Step Functions")).flatten();
    let mut problems: Vec<Problem> = name.into_iter().collect();
    if spec.role_arn.is_empty() {
        problems.push(Problem::of("role_arn", "a state machine needs a role"));
    }
    problems.extend(check_logging(spec));
    problems.extend(check_encryption(spec));
    problems.extend(versions::check(spec));
    problems.extend(definition::check(&spec.definition, spec.machine_type));
    problems
}

fn check_logging(spec: &Spec) -> Option<Problem> {
    let logging = &spec.logging_configuration;
    let is_missing = logging.level != Level::Off && logging.log_destination.is_none();
    is_missing.then(|| {
        let message = "names no log group, which every level but OFF needs";
        let hint = "log_destination: \"${NAME.arn}\", of a cloudwatch_log_group";
        Problem::of("logging_configuration", message).hint(hint)
    })
}

fn check_encryption(spec: &Spec) -> Option<Problem> {
    let encryption = &spec.encryption_configuration;
    let problem = |field: &str, message: String| {
        let path = Path::field("encryption_configuration").with_field(field);
        Problem::of("", message).at(path)
    };
    match (&encryption.kms_key_id, encryption.key_type) {
        (None, Some(KeyType::CustomerManagedKmsKey)) => {
            let message = "a key of yours is named by `kms_key_id`, which is missing".to_owned();
            Some(problem("type", message).hint("kms_key_id: \"${NAME.arn}\", of a kms_key"))
        }
        (None, Some(KeyType::AwsOwnedKey) | None) => {
            encryption.kms_data_key_reuse_period_seconds.map(|_| {
                let message = "AWS's own key has no such period".to_owned();
                problem("kms_data_key_reuse_period_seconds", message)
                    .hint("leave it out, or name a key: `kms_key_id:`")
            })
        }
        (Some(_), Some(KeyType::AwsOwnedKey)) => {
            let message = "AWS's own key has no ARN, and one is stated".to_owned();
            Some(problem("type", message).hint("leave `type` out: it follows from `kms_key_id`"))
        }
        // It takes other names of a key as well; which of them it then tells is said nowhere.
        (Some(key), Some(KeyType::CustomerManagedKmsKey) | None) => {
            let is_arn = Arn::read(key).is_some_and(|arn| arn.resource.starts_with("key/"));
            let message = format!("takes the ARN of a key, and `{key}` is none");
            (!is_pending(key) && !is_arn).then(|| problem("kms_key_id", message).meaning("arn"))
        }
    }
}
