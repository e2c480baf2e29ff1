//! `msk_topic`: a topic of a provisioned cluster, by AWS's own calls.
//!
//! One call makes it. Configuration and partitions change by one call each, the next when
//! AWS has done with the last. Looks lag behind by a minute.

mod check;
mod configs;
mod fresh;
mod grants;
mod look;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::fresh::FreshTopics;
use self::look::Key;
use super::serverless_cluster::{is_serverless, name_and_id};
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{
    Beside, Course, Emptying, ErrorClass, Facts, Identity, Limit, Live, Naming, Parent, Patience,
    Place, Problem, Sought,
};

pub(crate) struct MskTopic;

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// ARN of the cluster: a provisioned one, with Kafka 3.6.0 or later.
    #[schemars(length(min = 1))]
    cluster_arn: String,
    /// Up to 249 letters, digits and `._-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 249), regex(pattern = r"^[A-Za-z0-9._-]+$"))]
    name: Option<String>,
    /// In how many parts its records lie. There can be more later, and never fewer.
    #[schemars(range(min = 1))]
    partition_count: i32,
    /// On how many brokers each part lies: 3 for a cluster of three zones or more.
    #[schemars(range(min = 1, max = 32_767))]
    replication_factor: i32,
    /// What is set of it, by Kafka's names: `retention.ms`, `cleanup.policy`, `min.insync.replicas`.
    /// Only what is stated is compared.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    configs: BTreeMap<String, String>,
}

/// How far looks lag behind (Developer Guide, "Topic operations").
const LAG: Duration = Duration::from_mins(1);

impl Kind for MskTopic {
    const NAME: &'static str = "msk_topic";
    const SUMMARY: &'static str = "A topic of a provisioned Kafka cluster of MSK.";
    const NOTES: &'static str = "\
Cluster and name together are its identity. It is made by AWS's own calls, so that no way into the cluster's network is needed.

- The cluster is a provisioned one with Kafka 3.6.0 or later; others have no such calls. The cluster must be in service, which \
is waited for.
- AWS's looks lag behind by up to a minute, so that a topic takes a minute or two to be seen as it was asked for, after each of \
its calls. What this run has made is taken to be there meanwhile. A topic that was deleted is shown for as long: wait a minute \
between a `destroy` and the next `apply`.
- `configs` and `partition_count` change one after the other, each by a call of its own.
- Kafka takes no partitions away: another `replication_factor`, or fewer partitions, make the topic anew, and its records are lost. With \
more of them the records of one key may lie in two.
- Of `configs` only what is stated is compared, because AWS shows all that holds, the defaults of the cluster too. A change of one \
of them sends all that are stated, and the others get the cluster's defaults again.
- A topic carries no tags. It belongs to the stack that declares it, and goes with its cluster. One that is no longer declared \
stays, because nothing tells it from those that producers made.
- Brokers of the type `express.*` keep three replicas, and `min.insync.replicas` at 2.
- The caller needs both `kafka:` and `kafka-cluster:` actions on it: `ccprov iam` prints them.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("topic/minimal.yaml"), include_str!("topic/production.yaml")];
    const FIXED: &'static [&'static str] = &["cluster_arn", "name", "replication_factor"];
    const COURSES: &'static [(&'static str, Course)] = &[("partition_count", Course::More)];
    const MUST_EXIST: &'static [&'static str] = &["cluster_arn"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the topic's ARN", false), ("name", "its name", true)];
    /// A minute or two, which is how far looks lag behind. Deadlines: more than the 5 minutes of
    /// `AWS::MSK::Topic`, less than the 30 of Terraform's provider.
    const PATIENCE: Patience = Patience::slow(
        Limit::of(Duration::from_mins(10)).every(Duration::from_secs(5)),
        Limit::of(Duration::from_mins(15)).every(Duration::from_secs(5)),
        Limit::of(Duration::from_mins(10)).every(Duration::from_secs(5)).usually(LAG),
    )
    // Terraform's provider asks for as many: looks are of old and new in turn.
    .seen(2);
    const STAGES: &'static [&'static str] = &["configs", "partition_count"];
    const TAGGED: bool = false;
    const NAME_MAY_WAIT: bool = true;
    const HOLDS_DATA: bool = true;
    const TAKES: &'static [(&'static str, Takes)] = &[("cluster_arn", takes::CLUSTER)];
    const IN_PART: &'static [(&'static str, Beside)] = &[("configs", Beside::Resets)];
    /// What reads a topic that is gone goes on failing.
    const DELETE_AFTER: &'static [&'static str] = &["lambda_event_source_mapping"];
    const BOUND_TO: Option<&'static str> = Some("cluster_arn");
    const GAP: &'static str =
        "there is no topic until the new one is made, and the new one is empty";
    const LOST: &'static str =
        "the records of the old topic are lost, and the places of its readers";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] =
        &[("cluster_arn", None), ("name", None)];
    const BETWEEN: &'static str = "|";
    const BY_ARN: bool = false;
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.configs = configs::normal(spec.configs);
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        Key::of(spec).text()
    }

    fn predict(spec: &Spec, _naming: &Naming) -> Facts {
        spec.name.clone().map(|name| ("name".to_owned(), name)).into_iter().collect()
    }

    async fn named(_aws: &Aws, arn: &str) -> Answer<Option<String>> {
        Ok(look::identity_in(arn))
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        Box::pin(look::read(aws, sought)).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (spec, key) = (&want.spec, Key::of(&want.spec));
        let call = aws.session.clients.kafka.create_topic();
        let call = call.cluster_arn(key.cluster).topic_name(key.name);
        let call = call.partition_count(spec.partition_count);
        let call = call.replication_factor(spec.replication_factor);
        let call =
            call.set_configs((!spec.configs.is_empty()).then(|| configs::sent(&spec.configs)));
        let answer = call.send().await;
        let made = answer.attempting("kafka:CreateTopic", || {
            format!("create topic {} of {}", key.name, key.cluster)
        })?;
        aws.memory::<FreshTopics>().remember(&want.identity, spec);
        let arn = made.topic_arn.or_else(|| arn(key));
        Ok(Made::begun(arn.map(|arn| ("arn".to_owned(), arn)).into_iter().collect()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let (spec, key) = (&change.want.spec, Key::of(&change.want.spec));
        let call = aws.session.clients.kafka.update_topic();
        let call = call.cluster_arn(key.cluster).topic_name(key.name);
        // AWS refuses both in one call, and the stages bring one at a time.
        let call = if change.touches("configs") {
            call.configs(configs::sent(&spec.configs))
        } else if change.touches("partition_count") {
            call.partition_count(spec.partition_count)
        } else {
            return Ok(Accepted::Done(Facts::new()));
        };
        let answer = call.send().await;
        let answer = answer.attempting("kafka:UpdateTopic", || {
            format!("change topic {} of {}", key.name, key.cluster)
        });
        let Err(error) = answer else { return Ok(Accepted::Working(Facts::new())) };
        let may_be_there = error.class == ErrorClass::Invalid && !change.touches("configs");
        if may_be_there && look::has_partitions(aws, key, spec.partition_count).await? {
            return Ok(Accepted::Working(Facts::new()));
        }
        Err(error)
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let Some(key) = Key::read(have.identity.as_str()) else { return Ok(()) };
        let call = aws.session.clients.kafka.delete_topic();
        let answer = call.cluster_arn(key.cluster).topic_name(key.name).send().await;
        aws.memory::<FreshTopics>().forget(have.identity.as_str());
        answer.attempting("kafka:DeleteTopic", || {
            format!("delete topic {} of {}", key.name, key.cluster)
        })?;
        Ok(())
    }
}

/// The ARN of a topic, which follows from that of its cluster.
fn arn(key: Key<'_>) -> Option<String> {
    let (before, cluster) = key.cluster.split_once(":cluster/")?;
    Some(format!("{before}:topic/{cluster}/{}", key.name))
}

/// The cluster, if it is of this place: only such a cluster can be declared here.
fn parent(key: Key<'_>, place: &Place) -> Option<Parent> {
    let (name, id) = name_and_id(key.cluster)?;
    let is_ours = place.arn("kafka", &format!("cluster/{name}/{id}")) == key.cluster;
    (is_ours && !is_serverless(id))
        .then(|| Parent { kind: "msk_cluster".into(), identity: Identity(name.into()) })
}

#[cfg(test)]
mod tests;
