//! What ECR would refuse of a repository: one field against another.

use super::policy::OF_LAMBDA;
use super::{AWS_MANAGED, EncryptionType, Spec};
use crate::aws::arn::Arn;
use crate::aws::policy::Policy;
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

/// Of one repository (API Reference, `PutImageTagMutability`).
const MOST_EXCLUSIONS: usize = 5;

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = spec.name.as_deref().unwrap_or_default();
    if !is_pending(name) && name.len() > 256 {
        let message = format!("the name has {} characters, ECR takes 256", name.len());
        problems.push(Problem::of("name", message).hint("state a shorter `name`"));
    } else if !is_pending(name) && name.chars().any(|it| it.is_ascii_uppercase()) {
        let message = format!("ECR takes small letters alone, and the name is `{name}`");
        let hint = format!("name: {}", name.to_ascii_lowercase());
        problems.push(Problem::of("name", message).hint(hint));
    }
    problems.extend(check_exclusions(spec));
    problems.extend(check_encryption(spec));
    problems.extend(spec.lifecycle_policy.iter().flat_map(super::Lifecycle::check));
    let sids = spec.policy.iter().flat_map(Policy::statements);
    if sids.filter_map(|it| it.get("Sid")?.as_str()).any(|sid| sid == OF_LAMBDA) {
        let message = format!("Lambda writes the statement `{OF_LAMBDA}` itself");
        let hint = "leave it out, or give yours another `Sid`";
        problems.push(Problem::of("policy", message).hint(hint));
    }
    problems
}

fn check_exclusions(spec: &Spec) -> Vec<Problem> {
    const FIELD: &str = "image_tag_mutability_exclusion_filter";
    let (filters, mutability) =
        (&spec.image_tag_mutability_exclusion_filter, spec.image_tag_mutability);
    let mut problems = Vec::new();
    match (mutability.has_exclusions(), filters.len()) {
        (true, 0) => {
            let message = "an exclusion excludes something";
            let hint = format!("{FIELD}: [{{ filter: \"latest*\" }}]");
            problems.push(Problem::of(FIELD, message).at(Path::default()).hint(hint));
        }
        (false, 1..) => {
            let message = "goes with a mutability that has exclusions";
            let hint = "image_tag_mutability: IMMUTABLE_WITH_EXCLUSION";
            problems.push(Problem::of(FIELD, message).hint(hint));
        }
        (true, count) if count > MOST_EXCLUSIONS => {
            let message = format!("ECR takes {MOST_EXCLUSIONS} of them, and there are {count}");
            problems.push(Problem::of(FIELD, message));
        }
        (true | false, _) => {}
    }
    for (index, exclusion) in filters.iter().enumerate() {
        if exclusion.filter.matches('*').count() > 2 {
            let message = format!("`{}` has more than two `*`", exclusion.filter);
            let path = Path::field(FIELD).with_index(index).with_field("filter");
            problems.push(Problem::of(FIELD, message).at(path));
        }
    }
    problems
}

fn check_encryption(spec: &Spec) -> Option<Problem> {
    let encryption = spec.encryption_configuration.as_ref()?;
    let key = encryption.kms_key.as_deref()?;
    let problem = |message: String| {
        let path = Path::field("encryption_configuration").with_field("kms_key");
        Problem::of("encryption_configuration", message).at(path)
    };
    if encryption.encryption_type == EncryptionType::Aes256 {
        let message = "with AES256 S3 has a key of its own, and takes none";
        return Some(problem(message.to_owned()).hint("encryption_type: KMS"));
    }
    let is_arn = Arn::read(key).is_some_and(|arn| arn.resource.starts_with("key/"));
    let message = format!("takes the ARN of a key or {AWS_MANAGED}, and `{key}` is neither");
    (!is_pending(key) && !is_arn && key != AWS_MANAGED).then(|| problem(message).meaning("arn"))
}
