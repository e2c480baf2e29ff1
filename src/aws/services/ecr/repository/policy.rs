//! A repository's policy, in which Lambda writes a statement of its own.

use serde_json::{Map, Value, json};

use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::policy::Policy;
use crate::engine::port::Answer;

/// What Lambda writes there when it is given an image of the repository, so that it can
/// fetch it again later (Lambda Developer Guide, "Create a Lambda function using a
/// container image").
pub(super) const OF_LAMBDA: &str = "LambdaECRImageRetrievalPolicy";
/// What it allows itself there.
const ITS_ACTIONS: &[&str] = &[
    "ecr:BatchGetImage",
    "ecr:DeleteRepositoryPolicy",
    "ecr:GetDownloadUrlForLayer",
    "ecr:GetRepositoryPolicy",
    "ecr:SetRepositoryPolicy",
];

/// Whether a statement is the one that Lambda writes. Its name alone is no proof: what
/// lets others in, or does more, is shown like anything else.
pub(super) fn is_of_lambda(statement: &Map<String, Value>) -> bool {
    let is_its = |action: &Value| action.as_str().is_some_and(|it| ITS_ACTIONS.contains(&it));
    let does_no_more = match statement.get("Action") {
        Some(Value::Array(actions)) => actions.iter().all(is_its),
        Some(action) => is_its(action),
        None => false,
    };
    does_no_more
        && statement.get("Sid") == Some(&OF_LAMBDA.into())
        && statement.get("Effect") == Some(&"Allow".into())
        && statement.get("Principal") == Some(&json!({ "Service": "lambda.amazonaws.com" }))
}

/// The document as AWS keeps it, if there is one.
pub(super) async fn read(aws: &Aws, name: &str) -> Answer<Option<String>> {
    let answer = aws.session.clients.ecr.get_repository_policy().repository_name(name).send().await;
    let attempted = || format!("read the policy of repository {name}");
    let found = answer.attempting("ecr:GetRepositoryPolicy", attempted).or_absent()?;
    Ok(found.and_then(|found| found.policy_text))
}

/// What users say there, without what Lambda does.
pub(super) fn shown(text: &str, partition: &str) -> Option<Policy> {
    Policy::seen(text, partition).and_then(|policy| policy.parted(is_of_lambda).0)
}

/// Writes the document, and leaves what is Lambda's in it.
pub(super) async fn write(aws: &Aws, name: &str, policy: Option<&Policy>) -> Answer<()> {
    let there = read(aws, name).await?;
    let there = there.and_then(|text| Policy::seen(&text, &aws.place.partition));
    let of_lambda = there.and_then(|policy| policy.parted(is_of_lambda).1);
    let policy = match (policy.cloned(), of_lambda) {
        (Some(policy), Some(of_lambda)) => Some(policy.joined(&of_lambda)),
        (Some(policy), None) | (None, Some(policy)) => Some(policy),
        (None, None) => None,
    };
    let ecr = &aws.session.clients.ecr;
    if let Some(policy) = policy {
        let call = ecr.set_repository_policy().repository_name(name).policy_text(policy.text());
        let attempted = || format!("set the policy of repository {name}");
        call.send().await.attempting("ecr:SetRepositoryPolicy", attempted)?;
    } else {
        let answer = ecr.delete_repository_policy().repository_name(name).send().await;
        let attempted = || format!("remove the policy of repository {name}");
        answer.attempting("ecr:DeleteRepositoryPolicy", attempted).or_absent()?;
    }
    Ok(())
}
