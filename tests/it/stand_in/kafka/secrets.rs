//! The secrets with which clients log in to a cluster.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Kafka, bad_request};
use crate::stand_in::route::{Asked, Refusal, Route, Said, route};

pub(super) const ROUTES: &[Route<Kafka>] = &[
    route("ListScramSecrets", "GET", PATH, list),
    route("BatchAssociateScramSecret", "POST", PATH, associate),
    route("BatchDisassociateScramSecret", "PATCH", PATH, disassociate),
];

const PATH: &str = "/v1/clusters/{ClusterArn}/scram-secrets";
/// How many one call takes.
const BATCH: usize = 10;

impl Kafka {
    /// The secrets of a cluster.
    pub(crate) fn secrets(&self, cluster: &str) -> BTreeSet<String> {
        self.secrets.get(cluster).cloned().unwrap_or_default()
    }

    /// Somebody else associates one.
    pub(crate) fn lend(&mut self, cluster: &str, secret: &str) {
        self.secrets.entry(cluster.to_owned()).or_default().insert(secret.to_owned());
    }

    /// A secret is deleted, and nobody took it off before: AWS does not find it any more.
    pub(crate) fn lose(&mut self, secret: &str) {
        self.lost.insert(secret.to_owned());
    }

    /// The secrets of a call, to a cluster that takes them.
    fn asked(&mut self, asked: &Asked) -> Result<(String, Vec<String>), Refusal> {
        let arn = asked.segment("ClusterArn").to_owned();
        let info = &self.cluster(&arn)?.info;
        if info["state"] != "ACTIVE" {
            return Err(bad_request("The cluster isn't in the ACTIVE state."));
        }
        if info["provisioned"]["clientAuthentication"]["sasl"]["scram"]["enabled"] != true {
            return Err(bad_request("The cluster does not use SASL/SCRAM authentication."));
        }
        let secrets = asked.body["secretArnList"].as_array().into_iter().flatten();
        let secrets: Vec<String> = secrets.filter_map(Value::as_str).map(str::to_owned).collect();
        if secrets.is_empty() || secrets.len() > BATCH {
            return Err(bad_request("The number of secrets must be between 1 and 10."));
        }
        Ok((arn, secrets))
    }
}

fn list(kafka: &mut Kafka, asked: &Asked) -> Said {
    let arn = asked.segment("ClusterArn").to_owned();
    kafka.cluster(&arn)?;
    Ok(json!({ "secretArnList": kafka.secrets(&arn) }))
}

fn unprocessed(secret: &str, code: &str, message: &str) -> Value {
    json!({ "secretArn": secret, "errorCode": code, "errorMessage": message })
}

fn associate(kafka: &mut Kafka, asked: &Asked) -> Said {
    let (arn, secrets) = kafka.asked(asked)?;
    let mut refused = Vec::new();
    for secret in secrets {
        if kafka.lost.contains(&secret) {
            let message = "The provided secret ARN is invalid.";
            refused.push(unprocessed(&secret, "InvalidSecretArn", message));
        } else {
            kafka.lend(&arn, &secret);
        }
    }
    Ok(json!({ "clusterArn": arn, "unprocessedScramSecrets": refused }))
}

fn disassociate(kafka: &mut Kafka, asked: &Asked) -> Said {
    let (arn, secrets) = kafka.asked(asked)?;
    let mut refused = Vec::new();
    for secret in secrets {
        let known = kafka.secrets.entry(arn.clone()).or_default();
        if !known.remove(&secret) || kafka.lost.contains(&secret) {
            let message = "The provided secret ARN is invalid.";
            refused.push(unprocessed(&secret, "InvalidSecretArn", message));
        }
    }
    Ok(json!({ "clusterArn": arn, "unprocessedScramSecrets": refused }))
}
