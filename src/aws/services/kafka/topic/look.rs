//! Looking for a topic.

use aws_sdk_kafka::operation::describe_topic::DescribeTopicOutput;
use aws_sdk_kafka::types::TopicState;

use super::fresh::FreshTopics;
use super::{Spec, arn, configs, parent};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::engine::port::Answer;
use crate::model::document::is_pending;
use crate::model::{Facts, Holdings, Sought, Status};

/// What a topic is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key<'a> {
    /// The ARN of its cluster.
    pub(super) cluster: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Key<'a> {
    pub(super) fn of(spec: &'a Spec) -> Self {
        Self { cluster: &spec.cluster_arn, name: spec.name.as_deref().unwrap_or_default() }
    }

    /// Neither ARNs of clusters nor names of topics hold a `|`.
    pub(super) fn text(self) -> String {
        format!("{}|{}", self.cluster, self.name)
    }

    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (cluster, name) = text.split_once('|')?;
        Some(Self { cluster, name })
    }
}

/// The identity in the ARN of a topic, `...:topic/CLUSTER/ID/NAME`: the cluster's ARN has the
/// same first two parts.
pub(super) fn identity_in(arn: &str) -> Option<String> {
    let (place, rest) = arn.split_once(":topic/")?;
    let (cluster, name) = rest.rsplit_once('/')?;
    let is_ours = place.contains(":kafka:") && cluster.contains('/');
    is_ours.then(|| Key { cluster: &format!("{place}:cluster/{cluster}"), name }.text())
}

async fn describe(aws: &Aws, key: Key<'_>) -> Answer<DescribeTopicOutput> {
    let call = aws.session.clients.kafka.describe_topic();
    let answer = call.cluster_arn(key.cluster).topic_name(key.name).send().await;
    answer
        .attempting("kafka:DescribeTopic", || format!("read topic {} of {}", key.name, key.cluster))
}

/// Whether it has so many partitions: whoever made them and heard no answer is refused.
pub(super) async fn has_partitions(aws: &Aws, key: Key<'_>, count: i32) -> Answer<bool> {
    let topic = describe(aws, key).await.or_absent()?;
    Ok(topic.is_some_and(|topic| topic.partition_count == Some(count)))
}

pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let identity = sought.identity.as_str();
    // Of a cluster whose ARN is not known yet there are no topics.
    let key = Key::read(identity).filter(|_| !is_pending(identity));
    let Some(key) = key else { return Ok(None) };
    let answer = describe(aws, key).await;
    let fresh = aws.memory::<FreshTopics>();
    let (spec, status) = match answer.or_absent()? {
        Some(topic) => {
            fresh.forget(identity);
            let status = status(topic.status());
            (shown(key, &topic)?, status)
        }
        // It was made moments ago, and this look is of before.
        None => match fresh.made(identity) {
            Some(spec) => {
                let why = "made, and AWS's looks do not show it yet";
                (spec, Status::InProgress(why.into()))
            }
            None => return Ok(None),
        },
    };
    let mut facts: Facts = [("name".to_owned(), key.name.to_owned())].into();
    facts.extend(arn(key).map(|arn| ("arn".to_owned(), arn)));
    let mut seen = Seen::current(spec, facts, None);
    seen.status = status;
    seen.parent = parent(key, &aws.place);
    // AWS counts no records.
    seen.holdings = sought.holdings.then(|| Holdings::lost("whatever records were written to it"));
    Ok(Some(seen))
}

/// The topic as its description shows it.
pub(super) fn shown(key: Key<'_>, topic: &DescribeTopicOutput) -> Answer<Spec> {
    Ok(Spec {
        cluster_arn: key.cluster.to_owned(),
        name: Some(key.name.to_owned()),
        partition_count: topic.partition_count().unwrap_or_default(),
        replication_factor: topic.replication_factor().unwrap_or_default(),
        configs: configs::seen(topic.configs().unwrap_or_default())?,
    })
}

pub(super) fn status(state: Option<&TopicState>) -> Status {
    let doing = match state {
        None | Some(TopicState::Active) => return Status::Current,
        Some(TopicState::Creating) => "being created",
        Some(TopicState::Deleting) => return Status::Deleting("being deleted".into()),
        Some(_) => "being updated",
    };
    Status::InProgress(doing.into())
}
