//! A repository's policy, in which Lambda writes a statement of its own.

use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::policy::Policy;
use crate::engine::port::Answer;

/// What Lambda writes there when it is given an image of the repository, so that it can
/// fetch it again later (Lambda Developer Guide, "Create a Lambda function using a
/// container image").
pub(super) const OF_LAMBDA: &str = "LambdaECRImageRetrievalPolicy";

/// The document as AWS keeps it, if there is one.
pub(super) async fn read(aws: &Aws, name: &str) -> Answer<Option<String>> {
    let answer = aws.session.clients.ecr.get_repository_policy().repository_name(name).send().await;
    let attempted = || format!("read the policy of repository {name}");
    let found = answer.attempting("ecr:GetRepositoryPolicy", attempted).or_absent()?;
    Ok(found.and_then(|found| found.policy_text))
}

/// What users say there, without what Lambda does.
pub(super) fn shown(text: &str, partition: &str) -> Option<Policy> {
    Policy::seen(text, partition).and_then(|policy| policy.parted(OF_LAMBDA).0)
}

/// Writes the document, and leaves what is Lambda's in it.
pub(super) async fn write(aws: &Aws, name: &str, policy: Option<&Policy>) -> Answer<()> {
    let there = read(aws, name).await?;
    let there = there.and_then(|text| Policy::seen(&text, &aws.place.partition));
    let of_lambda = there.and_then(|policy| policy.parted(OF_LAMBDA).1);
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
