//! `msk_scram_secret_association`: the secrets with which clients log in to a cluster by
//! name and password.
//!
//! AWS keeps a list of secrets for each cluster, to which others may have added some. It takes
//! ten at a time, and says of each one that it does not take why, in an answer of success.

mod grants;

use std::collections::BTreeSet;

use aws_sdk_kafka::types::UnprocessedScramSecret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::serverless_cluster::{is_serverless, name_and_id};
use crate::aws::arn::Arn;
use crate::aws::error::{Attempt, OrAbsent, told};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{
    Beside, CloudError, Emptying, ErrorClass, Facts, Identity, Live, Naming, Parent, Path, Place,
    Problem, Sought,
};

pub(crate) struct MskScramSecretAssociation;

/// The secrets with which clients log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// ARN of the cluster: a provisioned one, with `sasl: { scram: true }`.
    #[schemars(length(min = 1))]
    cluster_arn: String,
    /// ARNs of secrets whose names begin with `AmazonMSK_`, each with a `username` and a `password`,
    /// under a key of the customer's.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    secret_arn_list: BTreeSet<String>,
}

/// How many secrets one call takes: API Reference, `BatchAssociateScramSecret`.
const BATCH: usize = 10;
/// How their names begin: Developer Guide, "Sign-in credentials authentication".
const PREFIX: &str = "AmazonMSK_";

impl Kind for MskScramSecretAssociation {
    const NAME: &'static str = "msk_scram_secret_association";
    const SUMMARY: &'static str =
        "The secrets with which clients log in to a Kafka cluster by name and password (SCRAM).";
    const NOTES: &'static str = "\
The cluster is its identity. The cluster must be in service, and admit SCRAM: `client_authentication: { sasl: { scram: true } }`.

- The name of a secret begins with `AmazonMSK_`. It is encrypted with a key of the customer's, because AWS takes none under its \
own (`aws/secretsmanager`), and holds `{ \"username\": ..., \"password\": ... }`.
- Secrets that others have associated with the cluster stay, and are no difference. A plan that adds one shows them.
- A secret that is no longer stated stays associated, because nothing tells it from those of others: its user can log in until the \
secret is deleted, or taken off with `aws kafka batch-disassociate-scram-secret`.
- `destroy` takes off those that the file states. What is deleted already is none any more.
- What AWS refuses of a secret it says of that secret alone: the others are associated, and the command fails with what it says of \
each. The same command tries those again that are left.
- AWS writes a policy on each secret that lets MSK read it. That is not part of the association.
- An association carries no tags. It belongs to the stack that declares it, and goes with its cluster.";
    const EXAMPLES: [&'static str; 2] = [
        include_str!("scram_secret_association/minimal.yaml"),
        include_str!("scram_secret_association/production.yaml"),
    ];
    const FIXED: &'static [&'static str] = &["cluster_arn"];
    const MUST_EXIST: &'static [&'static str] = &["cluster_arn", "secret_arn_list.*"];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[];
    const TAGGED: bool = false;
    const NAMED_BY: Option<&'static str> = None;
    const NAME_MAY_WAIT: bool = true;
    const TAKES: &'static [(&'static str, Takes)] =
        &[("cluster_arn", takes::CLUSTER), ("secret_arn_list.*", takes::SECRET)];
    const IN_PART: &'static [(&'static str, Beside)] = &[("secret_arn_list", Beside::Stays)];
    const DELETED_BY: &'static [&'static str] = &["secret_arn_list"];
    const BOUND_TO: Option<&'static str> = Some("cluster_arn");
    const GAP: &'static str = "nobody can log in by name and password meanwhile";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] = &[("cluster_arn", None)];
    const BY_ARN: bool = false;
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(spec: Spec, _naming: &Naming) -> Spec {
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.cluster_arn.clone()
    }

    fn predict(_spec: &Spec, _naming: &Naming) -> Facts {
        Facts::new()
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let cluster = sought.identity.as_str();
        if is_pending(cluster) {
            return Ok(None);
        }
        let secrets = listed(aws, cluster).await?;
        // None is none, whoever made or removed the list.
        if secrets.is_empty() {
            return Ok(None);
        }
        let spec = Spec { cluster_arn: cluster.to_owned(), secret_arn_list: secrets };
        let mut seen = Seen::current(spec, Facts::new(), None);
        seen.parent = parent(cluster, &aws.place);
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        associate(aws, &want.spec.cluster_arn, want.spec.secret_arn_list.iter()).await?;
        Ok(Made::whole(Facts::new()).or_found())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let want = &change.want.spec;
        let missing = want.secret_arn_list.difference(&change.have.secret_arn_list);
        associate(aws, &want.cluster_arn, missing).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let cluster = have.identity.as_str();
        let stated = have.document.get("secret_arn_list").and_then(serde_json::Value::as_array);
        let stated = stated.into_iter().flatten().filter_map(|secret| secret.as_str());
        let stated: BTreeSet<String> = stated.map(str::to_owned).collect();
        // Of those that are there: what was taken off already is no error.
        let there = listed(aws, cluster).await?;
        disassociate(aws, cluster, there.intersection(&stated)).await
    }
}

fn check(spec: &Spec) -> Vec<Problem> {
    let secrets = spec.secret_arn_list.iter().enumerate();
    let misnamed = secrets.filter(|(_, secret)| {
        let name = Arn::read(secret).and_then(|arn| arn.resource.strip_prefix("secret:"));
        !is_pending(secret) && name.is_some_and(|name| !name.starts_with(PREFIX))
    });
    let misnamed = misnamed.map(|(at, secret)| {
        let message =
            format!("MSK takes secrets whose names begin with {PREFIX}, and `{secret}` is none");
        let path = Path::field("secret_arn_list").with_index(at);
        Problem::of("", message).at(path).hint("make the secret under such a name")
    });
    let id = name_and_id(&spec.cluster_arn).map(|(_, id)| id);
    let serverless =
        id.filter(|id| !is_pending(&spec.cluster_arn) && is_serverless(id)).map(|_| {
            let message = "a serverless cluster admits clients by IAM alone, and takes no secrets";
            Problem::of("cluster_arn", message).hint("leave the association out")
        });
    misnamed.chain(serverless).collect()
}

/// The cluster, if it is of this place: only such a cluster can be declared here.
fn parent(cluster: &str, place: &Place) -> Option<Parent> {
    let (name, id) = name_and_id(cluster)?;
    let is_ours = place.arn("kafka", &format!("cluster/{name}/{id}")) == cluster;
    is_ours.then(|| Parent { kind: "msk_cluster".into(), identity: Identity(name.into()) })
}

/// The secrets of a cluster; of one that is not there, none.
async fn listed(aws: &Aws, cluster: &str) -> Answer<BTreeSet<String>> {
    let call = aws.session.clients.kafka.list_scram_secrets().cluster_arn(cluster);
    let listed = call.into_paginator().items().send().try_collect().await;
    let listed: Answer<Vec<String>> =
        listed.attempting("kafka:ListScramSecrets", || format!("list the secrets of {cluster}"));
    Ok(listed.or_absent()?.unwrap_or_default().into_iter().collect())
}

async fn associate<'a>(
    aws: &Aws,
    cluster: &str,
    secrets: impl Iterator<Item = &'a String>,
) -> Answer<()> {
    let attempted = || format!("associate secrets with {cluster}");
    let secrets: Vec<String> = secrets.cloned().collect();
    let mut refused = Vec::new();
    for batch in secrets.chunks(BATCH) {
        let call = aws.session.clients.kafka.batch_associate_scram_secret().cluster_arn(cluster);
        let answer = call.set_secret_arn_list(Some(batch.to_vec())).send().await;
        let answer = answer.attempting("kafka:BatchAssociateScramSecret", attempted)?;
        refused.extend(answer.unprocessed_scram_secrets.unwrap_or_default());
    }
    refusal("kafka:BatchAssociateScramSecret", &attempted(), &refused)
}

async fn disassociate<'a>(
    aws: &Aws,
    cluster: &str,
    secrets: impl Iterator<Item = &'a String>,
) -> Answer<()> {
    let attempted = || format!("take secrets off {cluster}");
    let secrets: Vec<String> = secrets.cloned().collect();
    let mut refused = Vec::new();
    for batch in secrets.chunks(BATCH) {
        let call = aws.session.clients.kafka.batch_disassociate_scram_secret().cluster_arn(cluster);
        let answer = call.set_secret_arn_list(Some(batch.to_vec())).send().await;
        let answer = answer.attempting("kafka:BatchDisassociateScramSecret", attempted)?;
        refused.extend(answer.unprocessed_scram_secrets.unwrap_or_default());
    }
    // Of a secret that is deleted already there is nothing to take off.
    refused.retain(|one| one.error_code() != Some("InvalidSecretArn"));
    refusal("kafka:BatchDisassociateScramSecret", &attempted(), &refused)
}

/// What AWS says of each secret that it did not take, in an answer of success. Its class is that
/// of the first that no other try will help, or else of the first.
fn refusal(operation: &str, attempted: &str, refused: &[UnprocessedScramSecret]) -> Answer<()> {
    let each = refused.iter().map(|one| {
        let code = one.error_code().unwrap_or("Unprocessed");
        let message = one.error_message().unwrap_or("AWS does not say why");
        let error = told(operation, attempted.to_owned(), code, message);
        (format!("{}: {code}: {message}", one.secret_arn().unwrap_or("a secret")), error)
    });
    let each: Vec<(String, CloudError)> = each.collect();
    let lasting = each.iter().find(|(_, error)| !may_pass(error));
    let Some((_, error)) = lasting.or(each.first()) else { return Ok(()) };
    let lines: Vec<&str> = each.iter().map(|(line, _)| line.as_str()).collect();
    Err(CloudError { message: lines.join("; "), ..error.clone() })
}

fn may_pass(error: &CloudError) -> bool {
    match error.class {
        ErrorClass::Throttled | ErrorClass::Transient | ErrorClass::NotYet(_) => true,
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::Denied
        | ErrorClass::Quota
        | ErrorClass::Invalid
        | ErrorClass::Credentials
        | ErrorClass::Unexpected => false,
    }
}

#[cfg(test)]
mod tests;
