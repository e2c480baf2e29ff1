//! `msk_serverless_cluster`: a cluster of Kafka without brokers to choose.
//!
//! One call makes it with all that it can have, and nothing but its tags changes
//! afterwards. AWS chooses its id, so that it is known by its name.

mod grants;
mod look;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_kafka::types as sdk;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tags;
use crate::aws::arn::Arn;
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::tags::Tags;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Limit, Live, Naming, Path, Patience, Problem, Sought};

pub(crate) struct MskServerlessCluster;

/// A serverless cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 64 letters, digits and `-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9-]*$"))]
    cluster_name: Option<String>,
    /// Where clients reach it: for each VPC, up to 5, its subnets and security groups.
    #[schemars(length(min = 1, max = 5))]
    vpc_config: Vec<VpcConfig>,
    /// How clients say who they are: by IAM, and no other way.
    #[serde(default)]
    client_authentication: ClientAuthentication,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// Where clients of one VPC reach it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VpcConfig {
    /// Subnets in two availability zones at least.
    #[schemars(length(min = 2), inner(length(min = 1)))]
    subnet_ids: BTreeSet<String>,
    /// Security groups, up to 5, which admit clients to port 9098.
    #[schemars(length(min = 1, max = 5), inner(length(min = 1)))]
    security_group_ids: BTreeSet<String>,
}

/// How clients say who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientAuthentication {
    /// By SASL.
    #[serde(default)]
    sasl: Sasl,
}

/// The mechanisms of SASL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sasl {
    /// With the credentials of AWS.
    #[serde(default)]
    iam: Iam,
}

/// Whether IAM decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Iam {
    /// Always true: a serverless cluster has no other way.
    #[serde(default = "yes")]
    enabled: bool,
}

impl Default for Iam {
    fn default() -> Self {
        Self { enabled: true }
    }
}

fn yes() -> bool {
    true
}

impl Kind for MskServerlessCluster {
    const NAME: &'static str = "msk_serverless_cluster";
    const SUMMARY: &'static str = "A serverless cluster of Kafka, to which IAM admits clients.";
    const NOTES: &'static str = "\
The cluster's name is its identity; AWS adds an id of its own to its ARN, so that `arn` is known when it is made. \
Policies may say `arn:${partition}:kafka:${region}:${account}:cluster/NAME/*` before that.

- AWS makes one within minutes, and takes as long to delete it. Nothing but its tags changes in place: with another network \
it is made anew, under another name or after the old one.
- Clients come with IAM on port 9098 and on no other, and the security groups must admit them. There are no passwords (SCRAM), \
no certificates and no configuration.
- Brokers, storage and replication are AWS's: each record lies in three availability zones.
- AWS's own calls for topics know provisioned clusters only: an `msk_topic` is none of a serverless cluster. A client makes its topics.
- A security group may not be left out: AWS would take the default one of the VPC, which admits nobody but its own members.";
    const EXAMPLES: [&'static str; 2] = [
        include_str!("serverless_cluster/minimal.yaml"),
        include_str!("serverless_cluster/production.yaml"),
    ];
    const FIXED: &'static [&'static str] = &["cluster_name", "vpc_config", "client_authentication"];
    const MUST_EXIST: &'static [&'static str] = &["vpc_config"];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "the cluster's ARN", false),
        (BOOTSTRAP, "where clients begin that come with IAM: `HOST:9098`", false),
        ("cluster_name", "its name", true),
    ];
    /// A test of Terraform's provider makes and deletes one in 7 minutes. Deadlines: those
    /// of `AWS::MSK::ServerlessCluster`, 120 minutes to come and 75 to go.
    const PATIENCE: Patience = Patience::slow(
        Limit::of(Duration::from_hours(2))
            .every(Duration::from_secs(10))
            .usually(Duration::from_mins(5)),
        Limit::of(Duration::from_mins(10)),
        Limit::of(Duration::from_mins(75))
            .every(Duration::from_secs(10))
            .usually(Duration::from_mins(2)),
    );
    /// MSK has no address to name before it has made it.
    const LATE: &'static [&'static str] = &[BOOTSTRAP];
    const NAMED_BY: Option<&'static str> = Some("cluster_name");
    const HOLDS_DATA: bool = true;
    /// What reads a cluster that is gone goes on failing.
    const DELETE_AFTER: &'static [&'static str] = &["lambda_event_source_mapping"];
    const GAP: &'static str = "there is no cluster until the new one is made, and that is empty";
    const LOST: &'static str = "the topics of the old cluster are lost, with their records";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.cluster_name.get_or_insert_with(|| naming.default_name());
        // Their order means nothing.
        spec.vpc_config.sort();
        spec.vpc_config.dedup();
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.cluster_name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        [("cluster_name".to_owned(), Self::identity(spec, naming))].into()
    }

    fn identify(arn: &str) -> Option<String> {
        let (name, id) = name_and_id(arn)?;
        is_serverless(id).then(|| name.to_owned())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        Box::pin(look::read(aws, sought)).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let call = aws.session.clients.kafka.create_cluster_v2().cluster_name(&want.identity);
        let call =
            call.set_tags(Some(want.spec.tags.with_owner(&want.owner).into_iter().collect()));
        let answer = call.serverless(request(&want.spec)).send().await;
        let made = answer.attempting("kafka:CreateClusterV2", || {
            format!("create serverless cluster {}", want.identity)
        })?;
        let arn = made.cluster_arn.map(|arn| ("arn".to_owned(), arn));
        Ok(Made::begun(arn.into_iter().collect()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let turn = change.tag_change(|spec| &spec.tags);
        if let (Some(arn), Some(turn)) = (change.live.arn(), turn) {
            tags::write(aws, turn, arn, change.want.identity.as_str()).await?;
        }
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let Some(arn) = have.arn() else { return Ok(()) };
        let answer = aws.session.clients.kafka.delete_cluster().cluster_arn(arn).send().await;
        answer.attempting("kafka:DeleteCluster", || {
            format!("delete serverless cluster {}", have.identity)
        })?;
        Ok(())
    }
}

/// The fact that says where clients begin.
const BOOTSTRAP: &str = "bootstrap_brokers_sasl_iam";

/// Name and id of a cluster, from its ARN; `None` for any other ARN.
pub(super) fn name_and_id(arn: &str) -> Option<(&str, &str)> {
    let arn = Arn::read(arn).filter(|arn| arn.service == "kafka")?;
    arn.resource.strip_prefix("cluster/")?.split_once('/')
}

/// Whether an id is one of a serverless cluster: `UUID-s1`, where those of provisioned
/// clusters end in a number alone.
pub(super) fn is_serverless(id: &str) -> bool {
    id.rsplit('-').next().is_some_and(|last| last.starts_with('s'))
}

fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = spec.cluster_name.as_deref().unwrap_or_default();
    if !is_pending(name) && name.len() > 64 {
        let message = format!("the name has {} characters, MSK takes 64", name.len());
        problems.push(Problem::of("cluster_name", message).hint("state a shorter `cluster_name`"));
    }
    if !spec.client_authentication.sasl.iam.enabled {
        let message = "a serverless cluster admits clients by IAM, and knows no other way";
        let path = ["client_authentication", "sasl", "iam", "enabled"].iter();
        let path = path.fold(Path::default(), |path, step| path.with_field(*step));
        problems.push(Problem::of("", message).at(path).hint("leave it out"));
    }
    problems
}

fn request(spec: &Spec) -> sdk::ServerlessRequest {
    let networks = spec.vpc_config.iter().map(|network| {
        sdk::VpcConfig::builder()
            .set_subnet_ids(Some(network.subnet_ids.iter().cloned().collect()))
            .set_security_group_ids(Some(network.security_group_ids.iter().cloned().collect()))
            .build()
    });
    let iam = sdk::Iam::builder().enabled(spec.client_authentication.sasl.iam.enabled).build();
    let sasl = sdk::ServerlessSasl::builder().iam(iam).build();
    let authentication = sdk::ServerlessClientAuthentication::builder().sasl(sasl).build();
    let request = sdk::ServerlessRequest::builder().set_vpc_configs(Some(networks.collect()));
    request.client_authentication(authentication).build()
}

#[cfg(test)]
mod tests;
