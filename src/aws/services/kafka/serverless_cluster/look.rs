//! Looking for a serverless cluster: by its ARN, or in what is listed of its name.

use aws_sdk_kafka::types::{Cluster, ClusterState, ClusterType};

use super::{BOOTSTRAP, ClientAuthentication, Iam, Sasl, Spec, VpcConfig};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Facts, Holdings, Sought, Status};

pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let name = sought.identity.as_str();
    let arn = match &sought.arn {
        Some(arn) => Some(arn.clone()),
        None => find(aws, name).await?,
    };
    let Some(arn) = arn else { return Ok(None) };
    let Some(cluster) = describe(aws, &arn).await? else { return Ok(None) };
    let Some(mut spec) = shown(&cluster) else { return Ok(None) };
    let tags = cluster.tags.clone().unwrap_or_default();
    let (tags, owner) = Tags::seen(tags);
    spec.tags = tags;
    let mut facts: Facts = [("arn".to_owned(), arn.clone())].into();
    facts.extend(spec.cluster_name.clone().map(|name| ("cluster_name".to_owned(), name)));
    let status = status(&cluster);
    if status == Status::Current {
        let told = bootstrap(aws, &arn).await?;
        facts.extend(told.map(|brokers| (BOOTSTRAP.to_owned(), brokers)));
    }
    let mut seen = Seen::current(spec, facts, owner);
    // AWS counts neither topics nor records.
    seen.holdings = sought.holdings.then(|| Holdings::lost("whatever records its topics hold"));
    seen.status = status;
    Ok(Some(seen))
}

/// The ARN of the cluster of a name. One that is on its way out counts only where no other
/// has its name.
async fn find(aws: &Aws, name: &str) -> Answer<Option<String>> {
    let call = aws.session.clients.kafka.list_clusters_v2().cluster_name_filter(name);
    let listed = call.into_paginator().items().send().try_collect().await;
    let listed: Vec<Cluster> =
        listed.attempting("kafka:ListClustersV2", || format!("look for cluster {name}"))?;
    // The filter takes the beginning of a name.
    let mut named: Vec<&Cluster> =
        listed.iter().filter(|cluster| cluster.cluster_name() == Some(name)).collect();
    named.sort_by_key(|cluster| cluster.state() == Some(&ClusterState::Deleting));
    let Some(first) = named.first() else { return Ok(None) };
    if first.cluster_type() == Some(&ClusterType::Provisioned) {
        // On its way out it makes room for ours, as far as AWS admits that.
        let is_going = first.state() == Some(&ClusterState::Deleting);
        return if is_going { Ok(None) } else { Err(another(name)) };
    }
    Ok(first.cluster_arn().map(str::to_owned))
}

/// Both sorts of clusters share their names.
fn another(name: &str) -> CloudError {
    CloudError {
        attempted: format!("look for serverless cluster {name}"),
        operation: "kafka:ListClustersV2".into(),
        class: ErrorClass::Invalid,
        code: "OtherClusterType".into(),
        message: "a provisioned cluster has that name".into(),
        request_id: None,
        hint: Some("state another `cluster_name`".into()),
    }
}

async fn describe(aws: &Aws, arn: &str) -> Answer<Option<Cluster>> {
    let answer = aws.session.clients.kafka.describe_cluster_v2().cluster_arn(arn).send().await;
    let answer = answer.attempting("kafka:DescribeClusterV2", || format!("read cluster {arn}"));
    Ok(answer.or_absent()?.and_then(|answer| answer.cluster_info))
}

/// Where clients begin. AWS may say of a cluster that just came into service that it
/// does not know yet.
async fn bootstrap(aws: &Aws, arn: &str) -> Answer<Option<String>> {
    let answer = aws.session.clients.kafka.get_bootstrap_brokers().cluster_arn(arn).send().await;
    let answer =
        answer.attempting("kafka:GetBootstrapBrokers", || format!("ask for the brokers of {arn}"));
    let brokers = answer.or_absent()?.and_then(|answer| answer.bootstrap_broker_string_sasl_iam);
    Ok(brokers.as_deref().map(sorted))
}

/// AWS lists brokers in another order each time.
pub(super) fn sorted(brokers: &str) -> String {
    let mut brokers: Vec<&str> = brokers.split(',').map(str::trim).collect();
    brokers.sort_unstable();
    brokers.join(",")
}

/// The cluster as its description shows it, without its tags; `None` for a provisioned one.
pub(super) fn shown(cluster: &Cluster) -> Option<Spec> {
    let serverless = cluster.serverless()?;
    let networks = serverless.vpc_configs().iter().map(|network| VpcConfig {
        subnet_ids: network.subnet_ids().iter().cloned().collect(),
        security_group_ids: network.security_group_ids().iter().cloned().collect(),
    });
    let mut vpc_config: Vec<VpcConfig> = networks.collect();
    vpc_config.sort();
    let sasl = serverless.client_authentication().and_then(|it| it.sasl());
    let enabled = sasl.and_then(|sasl| sasl.iam()).and_then(aws_sdk_kafka::types::Iam::enabled);
    Some(Spec {
        cluster_name: cluster.cluster_name.clone(),
        vpc_config,
        client_authentication: ClientAuthentication {
            sasl: Sasl { iam: Iam { enabled: enabled.unwrap_or(true) } },
        },
        tags: Tags::default(),
    })
}

pub(super) fn status(cluster: &Cluster) -> Status {
    let doing = match cluster.state() {
        None | Some(ClusterState::Active) => return Status::Current,
        Some(ClusterState::Creating) => "being created",
        Some(ClusterState::Deleting) => return Status::Deleting("being deleted".into()),
        Some(ClusterState::Failed) => {
            let info = cluster.state_info();
            let code = info.and_then(|info| info.code());
            let message = info.and_then(|info| info.message());
            let why: Vec<&str> = code.into_iter().chain(message).collect();
            let why = if why.is_empty() { "AWS does not say why".into() } else { why.join(": ") };
            return Status::Failed(format!("it failed: {why}"));
        }
        Some(ClusterState::Healing) => "AWS heals it",
        Some(ClusterState::Maintenance) => "AWS is at its maintenance",
        Some(ClusterState::RebootingBroker) => "a broker is being started again",
        Some(_) => "being updated",
    };
    Status::InProgress(doing.into())
}
