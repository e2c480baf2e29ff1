//! Tags of a cluster, which MSK takes at any time.

use std::collections::BTreeMap;

use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::turnover::TagChange;
use crate::engine::port::Answer;

/// What becomes of the tags of the cluster `name`.
pub(super) async fn write(aws: &Aws, turn: TagChange, arn: &str, name: &str) -> Answer<()> {
    let kafka = &aws.session.clients.kafka;
    let put = |tags: BTreeMap<_, _>| async move {
        let call = kafka.tag_resource().resource_arn(arn);
        let answer = call.set_tags(Some(tags.into_iter().collect())).send().await;
        answer.attempting("kafka:TagResource", || format!("tag cluster {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = kafka.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("kafka:UntagResource", || format!("untag cluster {name}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}
