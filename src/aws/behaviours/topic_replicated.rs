//! `topic_replicated`: every part of a topic lies on as many brokers as it is to, and all of
//! these have what was written.
//!
//! AWS tells that by a call of its own, so that no way into the cluster's network is needed.
//! What it tells is as of up to a minute ago.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_kafka::types::TopicPartitionInfo;

use super::bench::Bench;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "topic_replicated",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "Each partition of a topic has a leader, and as many replicas in sync as the topic is to have.",
    risk: "When the next broker is started again, the partition cannot be written to, or records are lost.",
    remedy: "Wait until AWS has done with the cluster's brokers; then look at their disks and their load.",
};

const KIND: &str = "msk_topic";
/// A replica that was away catches up within minutes, and looks lag behind by one.
const CATCHING_UP: Duration = Duration::from_mins(3);
const CALLS: Duration = Duration::from_secs(30);

pub(super) struct TopicReplicated(pub(super) Bench);

#[async_trait]
impl Behaviour for TopicReplicated {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        scene.of_kind(KIND).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let topic = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(topic) = topic else { return Ok(Vec::new()) };
        let patience = CATCHING_UP.min(self.0.options().patience);
        let passes = |seen: &Option<Vec<TopicPartitionInfo>>| {
            let lacking = seen.as_deref().and_then(|seen| judged(topic, seen));
            let is_behind = seen.is_none() || lacking.is_some();
            if is_behind {
                watch.awaits("all replicas in sync");
            }
            is_behind
        };
        let Some(seen) = watch.rests(patience, || self.look(topic), passes).await? else {
            let message = "AWS shows no partitions of it";
            return Ok(vec![Finding::new(&topic.address, message)]);
        };
        watch.saw(match seen.len() {
            1 => "it has 1 partition".to_owned(),
            many => format!("it has {many} partitions"),
        });
        Ok(judged(topic, &seen).into_iter().collect())
    }

    fn deadline(&self) -> Duration {
        CATCHING_UP + CALLS
    }
}

impl TopicReplicated {
    /// Its partitions; `None` where AWS shows none yet.
    async fn look(&self, topic: &Exhibit) -> Answer<Option<Vec<TopicPartitionInfo>>> {
        let call = self.0.session().clients.kafka.describe_topic_partitions();
        let call = call
            .set_cluster_arn(topic.text("cluster_arn").map(str::to_owned))
            .topic_name(topic.fact("name"));
        let partitions = call.into_paginator().items().send().try_collect().await;
        let partitions: Answer<Vec<TopicPartitionInfo>> = partitions
            .attempting("kafka:DescribeTopicPartitions", || {
                format!("see the partitions of {}", topic.address)
            });
        Ok(partitions.or_absent()?.filter(|partitions| !partitions.is_empty()))
    }
}

/// What is wrong with the partitions of a topic, if anything is.
fn judged(topic: &Exhibit, partitions: &[TopicPartitionInfo]) -> Option<Finding> {
    let number = |field: &str| topic.document.get(field).and_then(serde_json::Value::as_u64);
    let wanted = usize::try_from(number("replication_factor")?).ok()?;
    let lacking: Vec<String> = partitions
        .iter()
        .filter_map(|partition| {
            let id = partition.partition().unwrap_or_default();
            // A partition that nobody leads has -1 there.
            if partition.leader().is_none_or(|leader| leader < 0) {
                return Some(format!("partition {id} has no leader"));
            }
            let (there, in_sync) = (partition.replicas().len(), partition.isr().len());
            if there < wanted {
                Some(format!("partition {id} has {there} replicas, not {wanted}"))
            } else if in_sync < there {
                Some(format!("partition {id} has {in_sync} of {there} replicas in sync"))
            } else {
                None
            }
        })
        .collect();
    let (first, rest) = lacking.split_first()?;
    let message = match rest.len() {
        0 => first.clone(),
        others => format!("{first}, and {others} more are not as they should be"),
    };
    Some(Finding::new(&topic.address, message).at(Path::field("replication_factor")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Address, Facts, Identity};

    #[test]
    fn a_replica_that_is_behind_is_told() {
        let document = json!({ "replication_factor": 3 });
        let topic = Exhibit {
            address: Address::new("orders"),
            kind: KIND.into(),
            identity: Identity("orders".into()),
            document: document.as_object().cloned().unwrap(),
            facts: Facts::new(),
        };
        let partition = |id: i32, leader: i32, replicas: &[i32], isr: &[i32]| {
            TopicPartitionInfo::builder()
                .partition(id)
                .leader(leader)
                .set_replicas(Some(replicas.to_vec()))
                .set_isr(Some(isr.to_vec()))
                .build()
        };
        let check = |partitions: &[TopicPartitionInfo], expected: Option<&str>| {
            let found = judged(&topic, partitions);
            assert_eq!(found.as_ref().map(|finding| finding.message.as_str()), expected);
        };
        let sound = || partition(0, 1, &[1, 2, 3], &[3, 1, 2]);
        let behind = || partition(1, 2, &[1, 2, 3], &[2]);
        check(&[sound()], None);
        check(&[sound(), behind()], Some("partition 1 has 1 of 3 replicas in sync"));
        let fewer = partition(2, 1, &[1, 2], &[1, 2]);
        check(&[fewer], Some("partition 2 has 2 replicas, not 3"));
        let headless = partition(3, -1, &[1, 2, 3], &[]);
        let both = "partition 3 has no leader, and 1 more are not as they should be";
        check(&[headless, behind()], Some(both));
    }
}
