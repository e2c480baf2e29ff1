//! Tags of a registry or a schema, by its ARN.

use std::collections::BTreeMap;

use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::turnover::TagChange;
use crate::engine::port::Answer;

/// What becomes of them; `what` is theirs, for people.
pub(super) async fn write(aws: &Aws, turn: TagChange, arn: &str, what: &str) -> Answer<()> {
    let schemas = &aws.session.clients.schemas;
    let put = |tags: BTreeMap<_, _>| async move {
        let tags = Some(tags.into_iter().collect());
        let answer = schemas.tag_resource().resource_arn(arn).set_tags(tags).send().await;
        answer.attempting("schemas:TagResource", || format!("tag {what}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = schemas.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("schemas:UntagResource", || format!("untag {what}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}
