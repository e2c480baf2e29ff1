//! Looking at one cluster.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kafka::operation::get_bootstrap_brokers::GetBootstrapBrokersOutput;
use aws_sdk_kafka::types::{Cluster, ClusterState, ClusterType, Provisioned};

use super::operation::Change;
use super::{AWS_MANAGED, Spec, wire};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::managed_key;
use crate::aws::since::since;
use crate::aws::tags::{Tags, is_forced};
use crate::engine::port::Answer;
use crate::model::{ErrorClass, Facts, Holdings, Sought, Status};

/// The provisioned cluster of that name, as a look of its own tells it.
pub(in crate::aws::services::kafka) async fn describe(
    aws: &Aws,
    sought: &Sought,
) -> Answer<Option<Cluster>> {
    let name = sought.identity.as_str();
    let Some(listed) = find(aws, name, &ClusterType::Provisioned).await? else { return Ok(None) };
    let arn = listed.cluster_arn.unwrap_or_default();
    describe_by(aws, &arn).await
}

/// The cluster of an ARN.
pub(in crate::aws::services::kafka) async fn describe_by(
    aws: &Aws,
    arn: &str,
) -> Answer<Option<Cluster>> {
    let answer = aws.session.clients.kafka.describe_cluster_v2().cluster_arn(arn).send().await;
    let answer = answer.attempting("kafka:DescribeClusterV2", || format!("read cluster {arn}"));
    Ok(answer.or_absent()?.and_then(|answer| answer.cluster_info))
}

/// The cluster of a name: only a list leads to its ARN. One that is going may have a
/// successor.
pub(in crate::aws::services::kafka) async fn find(
    aws: &Aws,
    name: &str,
    of: &ClusterType,
) -> Answer<Option<Cluster>> {
    // The filter takes what names begin with.
    let call = aws.session.clients.kafka.list_clusters_v2().cluster_name_filter(name);
    let listed = call.into_paginator().items().send().try_collect().await;
    let listed: Vec<Cluster> =
        listed.attempting("kafka:ListClustersV2", || format!("look for cluster {name}"))?;
    let named = listed.into_iter().filter(|cluster| {
        cluster.cluster_name() == Some(name) && cluster.cluster_type.as_ref() == Some(of)
    });
    Ok(named.min_by_key(|cluster| cluster.state == Some(ClusterState::Deleting)))
}

pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let Some(cluster) = describe(aws, sought).await? else { return Ok(None) };
    let Some(provisioned) = &cluster.provisioned else { return Ok(None) };
    let change = Change::of(aws, &cluster).await?;
    let arn = cluster.cluster_arn.clone().unwrap_or_default();
    let brokers = if is_reachable(&cluster) { bootstrap(aws, &arn).await? } else { None };
    let tags: BTreeMap<_, _> = cluster.tags.clone().unwrap_or_default().into_iter().collect();
    let force_destroy = is_forced(&tags);
    let (tags, owner) = Tags::seen(tags);
    let key = key(aws, provisioned).await?;
    let name = cluster.cluster_name.clone().unwrap_or_default();
    let Some(spec) = wire::seen(provisioned, key) else { return Ok(None) };
    let spec = Spec { cluster_name: Some(name.clone()), force_destroy, tags, ..spec };
    let mut facts = Facts::from([("cluster_name".to_owned(), name), ("arn".to_owned(), arn)]);
    facts.extend(brokers.as_ref().map(bootstrap_facts).unwrap_or_default());
    let mut seen = Seen::current(spec, facts, owner);
    seen.status = status(&cluster, change);
    // Nobody wrote to one that never came into service.
    let is_empty = matches!(cluster.state, Some(ClusterState::Creating | ClusterState::Failed));
    seen.holdings =
        Some(Holdings::lost("whatever its topics keep")).filter(|_| sought.holdings && !is_empty);
    Ok(Some(seen))
}

/// The key of what brokers keep, where it is not AWS's own.
async fn key(aws: &Aws, provisioned: &Provisioned) -> Answer<Option<String>> {
    let at_rest = provisioned.encryption_info().and_then(|info| info.encryption_at_rest());
    let arn = at_rest.and_then(|it| it.data_volume_kms_key_id()).filter(|arn| !arn.is_empty());
    let Some(arn) = arn else { return Ok(None) };
    let named = managed_key::named(aws, AWS_MANAGED, arn).await?;
    Ok(Some(named).filter(|key| key != AWS_MANAGED))
}

/// Whether brokers have addresses: a cluster that is made or goes has none.
fn is_reachable(cluster: &Cluster) -> bool {
    let none = [ClusterState::Creating, ClusterState::Deleting, ClusterState::Failed];
    !cluster.state.as_ref().is_some_and(|state| none.contains(state))
}

async fn bootstrap(aws: &Aws, arn: &str) -> Answer<Option<GetBootstrapBrokersOutput>> {
    let answer = aws.session.clients.kafka.get_bootstrap_brokers().cluster_arn(arn).send().await;
    let answer = answer
        .attempting("kafka:GetBootstrapBrokers", || format!("read the brokers of cluster {arn}"));
    match answer {
        // The state that was read is of the past.
        Err(error) if matches!(error.class, ErrorClass::NotYet(_)) => Ok(None),
        answer => answer.or_absent(),
    }
}

/// Addresses of brokers by how clients say who they are, as far as there are any. AWS tells
/// them in another order each time.
pub(super) fn bootstrap_facts(brokers: &GetBootstrapBrokersOutput) -> Facts {
    let told = [
        ("bootstrap_brokers", brokers.bootstrap_broker_string()),
        ("bootstrap_brokers_tls", brokers.bootstrap_broker_string_tls()),
        ("bootstrap_brokers_sasl_iam", brokers.bootstrap_broker_string_sasl_iam()),
        ("bootstrap_brokers_sasl_scram", brokers.bootstrap_broker_string_sasl_scram()),
        ("bootstrap_brokers_public_tls", brokers.bootstrap_broker_string_public_tls()),
        ("bootstrap_brokers_public_sasl_iam", brokers.bootstrap_broker_string_public_sasl_iam()),
        (
            "bootstrap_brokers_public_sasl_scram",
            brokers.bootstrap_broker_string_public_sasl_scram(),
        ),
    ];
    let told = told.into_iter().filter_map(|(name, text)| Some((name, text?)));
    let told = told.filter(|(_, text)| !text.is_empty());
    told.map(|(name, text)| (name.to_owned(), sorted(text))).collect()
}

fn sorted(addresses: &str) -> String {
    let addresses: BTreeSet<&str> = addresses.split(',').collect();
    addresses.into_iter().collect::<Vec<_>>().join(",")
}

/// How the cluster is doing. Developer Guide, "Understand MSK Provisioned cluster states":
/// what AWS does by itself ends by itself.
pub(super) fn status(cluster: &Cluster, change: Change) -> Status {
    let with_change = |doing: &str| match change.clone() {
        Change::Runs(operation) => Status::InProgress(operation),
        Change::None | Change::Failed(_) => Status::InProgress(doing.to_owned()),
    };
    match cluster.state() {
        Some(ClusterState::Creating) => {
            Status::InProgress(since("being created", cluster.creation_time()))
        }
        Some(ClusterState::Updating) => with_change("being updated"),
        Some(ClusterState::RebootingBroker) => with_change("a broker is being restarted"),
        Some(ClusterState::Healing) => {
            Status::InProgress("MSK is healing it: it replaces what is unhealthy".into())
        }
        Some(ClusterState::Maintenance) => {
            Status::InProgress("MSK maintains it: it patches brokers, one after the other".into())
        }
        Some(ClusterState::Deleting) => Status::Deleting("being deleted".into()),
        Some(ClusterState::Failed) => Status::Failed(failure(cluster)),
        Some(ClusterState::Active) | None => match change {
            Change::None => Status::Current,
            // The cluster as it was before shows for a while.
            Change::Runs(operation) => Status::InProgress(operation),
            Change::Failed(why) => Status::Failed(why),
        },
        Some(other) => Status::InProgress(format!("its state is {other}")),
    }
}

fn failure(cluster: &Cluster) -> String {
    let info = cluster.state_info();
    let told = [info.and_then(|info| info.code()), info.and_then(|info| info.message())];
    let told: Vec<&str> = told.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    let told = if told.is_empty() { "without a reason".to_owned() } else { told.join(": ") };
    format!("{told}. MSK brings it into service no more: delete it, and apply again")
}
