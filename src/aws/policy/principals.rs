//! Principals: whom a statement speaks of, and how each is written.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal".

use crate::aws::near::nearest;
use crate::aws::partition;
use crate::model::Place;
use crate::model::document::is_pending;

/// The sorts of principals.
pub(super) const SORTS: &[&str] = &["AWS", "CanonicalUser", "Federated", "Service"];

/// What is wrong with a principal, and what to try.
type Fault = (String, Option<String>);

/// What AWS would refuse of one principal of a sort.
pub(super) fn fault(sort: &str, text: &str, place: &Place) -> Option<Fault> {
    if is_pending(text) || text == "*" {
        return None;
    }
    match sort {
        "AWS" => account_or_identity(text),
        "Service" => service(text, place),
        _ => None,
    }
}

/// What stands for a principal where a map must: `*` alone needs none.
pub(super) fn bare(text: &str) -> Option<Fault> {
    if text == "*" || is_pending(text) {
        return None;
    }
    let sort = if text.contains(".amazonaws.com") { "Service" } else { "AWS" };
    let message = format!("the principal `{text}` has no sort: only `*` stands alone");
    Some((message, Some(format!("write {{ {sort}: \"{text}\" }}"))))
}

/// Accounts, users, roles and sessions.
fn account_or_identity(text: &str) -> Option<Fault> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        let message = format!("`{text}` is not an account: its id has 12 digits");
        return (text.len() != 12).then_some((message, None));
    }
    if text.contains(".amazonaws.com") && !text.starts_with("arn:") {
        let hint = format!("write {{ Service: \"{text}\" }}");
        return Some((format!("`{text}` is a service, not an AWS identity"), Some(hint)));
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "iam" | "sts", _, account, resource] => {
            let is_wild = account.contains(['*', '?']) || resource.contains(['*', '?']);
            is_wild.then(|| {
                let message = format!("`{text}` stands for several, which a principal cannot");
                let hint =
                    "name the account, and compare with `ArnLike: { \"aws:PrincipalArn\": ... }`";
                (message, Some(hint.to_owned()))
            })
        }
        ["arn", _, service, ..] => {
            let message = format!("an ARN of `{service}` is not a principal");
            let hint = "what acts is an account, a user, a role or a service; \
                        name its object in `Condition: { ArnEquals: { \"aws:SourceArn\": ... } }`";
            Some((message, Some(hint.to_owned())))
        }
        _ if is_unique_id(text) => None,
        _ => {
            let hint = "write an account's 12 digits, or the ARN of a user or a role";
            Some((format!("`{text}` is not an AWS identity"), Some(hint.to_owned())))
        }
    }
}

/// What AWS shows in place of an ARN: `AROAEXAMPLE`, of 16 characters or more.
fn is_unique_id(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// What names of services end with.
const ENDINGS: &[&str] = &["amazonaws.com", "amazonaws.com.cn", "amazon.com", "aws.internal"];

fn service(text: &str, place: &Place) -> Option<Fault> {
    if let Some(right) = partition::service_elsewhere(text, place) {
        let message =
            format!("`{text}` is not the name of the service in partition {}", place.partition);
        return Some((message, Some(format!("did you mean `{right}`?"))));
    }
    let ends_well = ENDINGS.iter().any(|ending| {
        text.strip_suffix(ending).is_some_and(|before| before.len() > 1 && before.ends_with('.'))
    });
    if ends_well {
        let right = slip_of(text)?;
        return Some((
            format!("`{text}` is not a service"),
            Some(format!("did you mean `{right}`?")),
        ));
    }
    let (name, domain) = text.split_once('.').unwrap_or((text, ""));
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let ending = if domain.is_empty() {
        Some("amazonaws.com")
    } else {
        nearest(domain, ENDINGS.iter().copied())
    };
    let right = ending.filter(|_| is_name).map(|ending| format!("did you mean `{name}.{ending}`?"));
    let hint = right.unwrap_or_else(|| "services are named as `sns.amazonaws.com`".to_owned());
    Some((format!("`{text}` is not a service"), Some(hint)))
}

/// Services that systems of messages speak of, whose names are long enough for
/// one letter more or less to be a slip, and not another service.
const OFTEN: &[&str] = &[
    "apigateway.amazonaws.com",
    "backup.amazonaws.com",
    "budgets.amazonaws.com",
    "cloudformation.amazonaws.com",
    "cloudfront.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "cloudwatch.amazonaws.com",
    "codepipeline.amazonaws.com",
    "config.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "dynamodb.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "events.amazonaws.com",
    "firehose.amazonaws.com",
    "guardduty.amazonaws.com",
    "kinesis.amazonaws.com",
    "lambda.amazonaws.com",
    "logging.s3.amazonaws.com",
    "pipes.amazonaws.com",
    "scheduler.amazonaws.com",
    "states.amazonaws.com",
];

/// The service that is meant by a name one letter beside it.
fn slip_of(text: &str) -> Option<&'static str> {
    let is_slip = |right: &&&str| strsim::damerau_levenshtein(right, text) == 1;
    OFTEN.iter().find(is_slip).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sort: &str, text: &str, expected: Option<&str>) {
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            endpoint: None,
        };
        let told = fault(sort, text, &place).map(|(message, hint)| hint.unwrap_or(message));
        assert_eq!(told.as_deref(), expected, "{text}");
    }

    #[test]
    fn an_identity_is_an_account_or_an_arn() {
        check("AWS", "*", None);
        check("AWS", "012345678901", None);
        check("AWS", "12345678901", Some("`12345678901` is not an account: its id has 12 digits"));
        check("AWS", "arn:aws:iam::123456789012:root", None);
        check("AWS", "arn:aws:sts::123456789012:assumed-role/r/s", None);
        check("AWS", "AROAEXAMPLEEXAMPLE12", None);
        let several = "name the account, and compare with `ArnLike: { \"aws:PrincipalArn\": ... }`";
        check("AWS", "arn:aws:iam::123456789012:role/*", Some(several));
        let service = "write { Service: \"sns.amazonaws.com\" }";
        check("AWS", "sns.amazonaws.com", Some(service));
        let identity = "write an account's 12 digits, or the ARN of a user or a role";
        check("AWS", "jane", Some(identity));
        assert!(fault_of_queue().is_some());
    }

    fn fault_of_queue() -> Option<Fault> {
        account_or_identity("arn:aws:sqs:us-east-1:123456789012:q")
    }

    #[test]
    fn a_service_is_a_host_of_aws() {
        check("Service", "sns.amazonaws.com", None);
        check("Service", "logs.us-east-1.amazonaws.com", None);
        check("Service", "alexa-appkit.amazon.com", None);
        check("Service", "event.amazonaws.com", Some("did you mean `events.amazonaws.com`?"));
        check("Service", "sns", Some("did you mean `sns.amazonaws.com`?"));
        check("Service", "sns.amazonaw.com", Some("did you mean `sns.amazonaws.com`?"));
        check("Service", "amazonaws.com", Some("services are named as `sns.amazonaws.com`"));
        check("Service", "sns.amazonaws.com.cn", Some("did you mean `sns.amazonaws.com`?"));
        check("Federated", "cognito-identity.amazonaws.com", None);
    }

    #[test]
    fn only_everyone_stands_alone() {
        assert_eq!(bare("*"), None);
        let hint = |text| bare(text).and_then(|(_, hint)| hint);
        assert_eq!(hint("123456789012").as_deref(), Some("write { AWS: \"123456789012\" }"));
        assert_eq!(
            hint("s3.amazonaws.com").as_deref(),
            Some("write { Service: \"s3.amazonaws.com\" }")
        );
    }
}
