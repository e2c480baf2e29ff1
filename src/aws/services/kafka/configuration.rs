//! `msk_configuration`: settings of brokers, of which every change is a revision.
//!
//! A configuration that is changed changes no cluster: one goes on with the revision that it
//! names, until it is told of another.

mod grants;
mod properties;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_kafka::primitives::Blob;
use aws_sdk_kafka::types::{Configuration, ConfigurationState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::properties::Properties;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Ours, Seen, Wanted};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Limit, Live, Naming, Patience, Problem, Sought, Status};

pub(crate) struct MskConfiguration;

/// Settings of brokers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Letters, digits and dashes. Default: STACK-ADDRESS.
    #[schemars(length(min = 1), regex(pattern = r"^[0-9A-Za-z][0-9A-Za-z-]*$"))]
    name: Option<String>,
    /// The properties of brokers, as a map or as the text of a properties file.
    server_properties: Properties,
    /// The versions of Kafka that it is for. Left out: all. Not compared when left out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(inner(length(min = 1)))]
    kafka_versions: BTreeSet<String>,
    /// What it is for. Each revision keeps its own.
    description: Option<String>,
}

impl Kind for MskConfiguration {
    const NAME: &'static str = "msk_configuration";
    const SUMMARY: &'static str = "Settings of the brokers of MSK clusters, in revisions.";
    const NOTES: &'static str = "\
The name is its identity; its ARN has an id of AWS's own, and is known after creation.

- A change makes a revision, and brings it to no cluster. Let the cluster name the revision, \
`configuration_info: { arn: \"${config.arn}\", revision: \"${config.latest_revision}\" }`: a change of the properties is then a change of \
the cluster too, in the plan and in the same apply, which restarts its brokers one after the other.
- `server_properties` is compared as a map: order, comments and blanks mean nothing. Which properties there are depends on \
the version of Kafka, and AWS looks at them when a cluster takes the revision.
- Leave `kafka_versions` out. It cannot change in place, so that a cluster that goes to another version needs another \
configuration, and AWS deletes none that a cluster has: state another `name` with it, and let the cluster name the new one first.
- It carries no tags, so that nothing but its name says whose it is: the default begins with the stack's. One that the file no longer \
declares is found through a cluster of the stack that has it; else it stays, and costs nothing.
- It is deleted with all its revisions, after the clusters that have it.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("configuration/minimal.yaml"), include_str!("configuration/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "kafka_versions"];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "its ARN", false),
        ("latest_revision", "the number of its latest revision", false),
    ];
    /// It is there when AWS answers. Terraform's provider waits 5 minutes for a deletion.
    const PATIENCE: Patience = Patience {
        delete: Some(Limit::of(Duration::from_mins(5))),
        blocks: false,
        ..Patience::PROMPT
    };
    const MOVING: &'static [(&'static str, &'static [&'static str])] =
        &[("latest_revision", &["server_properties", "description"])];
    const TAGGED: bool = false;
    const HANGS_ON: Option<&'static str> = Some("msk_cluster");
    /// AWS deletes none that a cluster has.
    const DELETE_AFTER: &'static [&'static str] = &["msk_cluster"];
    const GAP: &'static str =
        "clusters that have it keep it from going: state another `name` instead";
    const BY_ARN: bool = false;
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        let name = spec.name.as_deref().unwrap_or_default();
        let is_sound = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let odd = (!is_sound && !is_pending(name)).then(|| {
            let message = format!("`{name}` has more than letters, digits and dashes");
            Problem::of("name", message).hint("state a `name`")
        });
        odd.into_iter().chain(spec.server_properties.problem()).collect()
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(_spec: &Spec, _naming: &Naming) -> Facts {
        Facts::new()
    }

    async fn hanging(aws: &Aws, on: &Sought, ours: Ours<'_>) -> Answer<Vec<String>> {
        let Some(cluster) = super::cluster::describe(aws, on).await? else { return Ok(Vec::new()) };
        let software = cluster.provisioned.and_then(|it| it.current_broker_software_info);
        let arn = software.and_then(|it| it.configuration_arn);
        let name = arn.as_deref().and_then(name_in).filter(|name| ours.named(name));
        Ok(name.map(str::to_owned).into_iter().collect())
    }

    async fn named(_aws: &Aws, arn: &str) -> Answer<Option<String>> {
        Ok(name_in(arn).map(str::to_owned))
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let Some(found) = find(aws, name).await? else { return Ok(None) };
        let latest = found.latest_revision.as_ref();
        let revision = latest.and_then(|latest| latest.revision).unwrap_or_default();
        let arn = found.arn.clone().unwrap_or_default();
        let Some(properties) = properties(aws, &arn, revision).await? else { return Ok(None) };
        let description = latest.and_then(|latest| latest.description.clone());
        let spec = Spec {
            name: Some(name.to_owned()),
            server_properties: properties,
            kafka_versions: found.kafka_versions().iter().cloned().collect(),
            description: description.filter(|text| !text.is_empty()),
        };
        let mut seen = Seen::current(spec, facts(Some(arn), Some(revision)), None);
        seen.status = match found.state {
            Some(ConfigurationState::Deleting) => Status::Deleting("being deleted".into()),
            Some(ConfigurationState::DeleteFailed) => {
                Status::Failed("AWS could not delete it: delete it again".into())
            }
            Some(_) | None => Status::Current,
        };
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let spec = &want.spec;
        let versions: Vec<String> = spec.kafka_versions.iter().cloned().collect();
        let call = aws.session.clients.kafka.create_configuration().name(&want.identity);
        let call = call
            .server_properties(Blob::new(spec.server_properties.text()))
            .set_kafka_versions((!versions.is_empty()).then_some(versions))
            .set_description(spec.description.clone());
        let made = call.send().await.attempting("kafka:CreateConfiguration", || {
            format!("create configuration {}", want.identity)
        })?;
        let revision = made.latest_revision.and_then(|latest| latest.revision);
        Ok(Made::whole(facts(made.arn, revision)))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        if !["server_properties", "description"].iter().any(|field| change.touches(field)) {
            return Ok(Accepted::Done(Facts::new()));
        }
        let (name, spec) = (&change.want.identity, &change.want.spec);
        let call = aws.session.clients.kafka.update_configuration();
        let call = call
            .set_arn(change.live.arn().map(str::to_owned))
            // A revision has all properties, and its own description.
            .server_properties(Blob::new(spec.server_properties.text()))
            .set_description(spec.description.clone());
        let changed = call.send().await.attempting("kafka:UpdateConfiguration", || {
            format!("make a revision of configuration {name}")
        })?;
        let revision = changed.latest_revision.and_then(|latest| latest.revision);
        Ok(Accepted::Done(facts(changed.arn, revision)))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let Some(arn) = have.arn() else { return Ok(()) };
        let answer = aws.session.clients.kafka.delete_configuration().arn(arn).send().await;
        answer.attempting("kafka:DeleteConfiguration", || {
            format!("delete configuration {}", have.identity)
        })?;
        Ok(())
    }
}

/// The configuration of a name: no call asks for one by its name. One that is going may have
/// a successor.
async fn find(aws: &Aws, name: &str) -> Answer<Option<Configuration>> {
    let call = aws.session.clients.kafka.list_configurations().max_results(LISTED);
    let all = call.into_paginator().items().send().try_collect().await;
    let all: Vec<Configuration> =
        all.attempting("kafka:ListConfigurations", || format!("look for configuration {name}"))?;
    let named = all.into_iter().filter(|it| it.name.as_deref() == Some(name));
    Ok(named.min_by_key(|it| it.state == Some(ConfigurationState::Deleting)))
}

/// `MaxResults` of the API Reference: the most.
const LISTED: i32 = 100;

async fn properties(aws: &Aws, arn: &str, revision: i64) -> Answer<Option<Properties>> {
    let call = aws.session.clients.kafka.describe_configuration_revision();
    let answer = call.arn(arn).revision(revision).send().await;
    let answer = answer.attempting("kafka:DescribeConfigurationRevision", || {
        format!("read revision {revision} of {arn}")
    });
    let seen = answer.or_absent()?;
    Ok(seen.map(|seen| {
        let bytes = seen.server_properties.map(Blob::into_inner).unwrap_or_default();
        Properties::seen(&String::from_utf8_lossy(&bytes))
    }))
}

fn facts(arn: Option<String>, revision: Option<i64>) -> Facts {
    let arn = arn.map(|arn| ("arn".to_owned(), arn));
    let revision = revision.map(|number| ("latest_revision".to_owned(), number.to_string()));
    arn.into_iter().chain(revision).collect()
}

/// The name in `arn:...:configuration/NAME/UUID-N`.
fn name_in(arn: &str) -> Option<&str> {
    arn.split(":configuration/").nth(1)?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_the_stacks_by_its_name() {
        let arn = "arn:aws:kafka:eu-central-1:123456789012:configuration/orders-config/5e1d-2";
        assert_eq!(name_in(arn), Some("orders-config"));
        assert_eq!(name_in("arn:aws:kafka:eu-central-1:123456789012:cluster/orders/5e1d-2"), None);
        let named = |stacks: &[&str], name| Ours { stacks, arns: &[] }.named(name);
        assert!(named(&["orders"], "orders-config"));
        assert!(!named(&["orders"], "ordersconfig"));
        assert!(!named(&["order"], "orders-config"));
        assert!(named(&["order", "orders"], "orders-config"));
    }
}
