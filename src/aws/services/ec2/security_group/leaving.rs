//! Deleting a group, and telling who holds it.
//!
//! EC2 keeps a group that a network interface carries, or that a rule of another
//! group names. Groups that name each other would keep each other for ever, so that
//! one which is to go takes back its own rules that name others: each frees the others.

use super::look::{self, Known};
use super::writing;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::services::ec2::answers::{Groups, Interfaces};
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Live};

/// How many of those that hold it are named.
const NAMED: usize = 5;

pub(super) async fn delete(aws: &Aws, have: &Live) -> Answer<()> {
    let Some(id) = have.facts.get("id") else { return Ok(()) };
    let call = aws.session.clients.ec2.delete_security_group().with("GroupId", id);
    let answer = call.send::<()>().await.attempting("ec2:DeleteSecurityGroup", || {
        format!("delete security group {}", have.identity)
    });
    let error = match answer.or_absent() {
        Ok(_) => return Ok(()),
        Err(error) if matches!(error.class, ErrorClass::NotYet(_)) => error,
        Err(error) => return Err(error),
    };
    let carriers = carriers(aws, id).await?;
    if !carriers.is_empty() {
        return Err(held(error, &format!("it is carried by {}", some_of(carriers))));
    }
    let rules = look::rules(aws, id).await?;
    let naming = |rules: Vec<Known>| {
        let naming = rules.into_iter().filter(|known| known.rule.names_others());
        naming.map(|known| known.id).collect()
    };
    writing::revoke(aws, id, naming(rules.ingress), naming(rules.egress)).await?;
    let namers = namers(aws, id).await?;
    if namers.is_empty() {
        return Err(error);
    }
    Err(held(error, &format!("it is named in rules of {}", some_of(namers))))
}

fn held(error: CloudError, by: &str) -> CloudError {
    let message = format!("{by} ({})", error.message);
    CloudError { message, ..error }
}

fn some_of(all: Vec<String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let named = all.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// The network interfaces that carry it, with what EC2 says of them.
async fn carriers(aws: &Aws, id: &str) -> Answer<Vec<String>> {
    let call = aws.session.clients.ec2.describe_network_interfaces();
    let call = call.filtered(&[("group-id", id)]);
    let found = call.send::<Interfaces>().await;
    let found = found.attempting("ec2:DescribeNetworkInterfaces", || {
        format!("look who carries security group {id}")
    })?;
    let told = found.interfaces.into_iter().map(|interface| match interface.description.as_str() {
        "" => interface.id,
        description => format!("{} ({description})", interface.id),
    });
    Ok(told.collect())
}

/// The other groups of which a rule names it.
async fn namers(aws: &Aws, id: &str) -> Answer<Vec<String>> {
    let mut namers = Vec::new();
    for filter in ["ip-permission.group-id", "egress.ip-permission.group-id"] {
        let call = aws.session.clients.ec2.describe_security_groups().filtered(&[(filter, id)]);
        let found = call.send::<Groups>().await.attempting("ec2:DescribeSecurityGroups", || {
            format!("look whose rules name security group {id}")
        })?;
        let others = found.groups.into_iter().filter(|group| group.id != *id);
        namers.extend(others.map(|group| format!("{} ({})", group.id, group.name)));
    }
    namers.sort();
    namers.dedup();
    Ok(namers)
}
