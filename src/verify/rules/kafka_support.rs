//! A cluster supports what the stack asks of it: AWS's calls for topics, and secrets.

use serde_json::Value;

use super::kafka::{Cluster, SERVERLESS, TOPIC, version};
use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "kafka_support",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "A Kafka cluster supports what the stack asks of it: calls for topics, and log-in with secrets.",
        risk: "AWS refuses the topic or the secrets, after the half hour that the cluster takes to be made.",
        remedy: "State a `kafka_version` of 3.6.0 or later, and `sasl: { scram: true }` where clients log in with secrets.",
    },
    stops_messages: false,
    because: "An error: the call is refused.",
    judge,
};

const SECRETS: &str = "msk_scram_secret_association";
/// The first version with calls for topics: Developer Guide, "Topic operations".
const WITH_TOPICS: (u32, u32) = (3, 6);

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for topic in scene.of_kind(TOPIC) {
        judgement.add(topic.address.to_string(), of_topic(scene, topic));
    }
    for secrets in scene.of_kind(SECRETS) {
        judgement.add(secrets.address.to_string(), of_secrets(scene, secrets));
    }
    judgement
}

fn of_topic(scene: &Scene, topic: &Exhibit) -> Option<Finding> {
    let cluster = topic.text("cluster_arn")?;
    if let Some(serverless) = scene.named(SERVERLESS, cluster) {
        let message =
            format!("{} is serverless, and AWS has no calls for its topics", serverless.address);
        return Some(wrong(topic, message).hint("let a client make the topic"));
    }
    let cluster = Cluster::named(scene, cluster)?;
    let stated = cluster.exhibit.text("kafka_version")?;
    let is_old = version(stated).is_some_and(|version| version < WITH_TOPICS);
    is_old.then(|| {
        let address = &cluster.exhibit.address;
        let message =
            format!("{address} has Kafka {stated}, and AWS has calls for topics from 3.6.0 on");
        wrong(topic, message).hint(format!("raise the `kafka_version` of {address}"))
    })
}

fn of_secrets(scene: &Scene, secrets: &Exhibit) -> Option<Finding> {
    let cluster = secrets.text("cluster_arn")?;
    if let Some(serverless) = scene.named(SERVERLESS, cluster) {
        let message =
            format!("{} is serverless, and admits clients by IAM alone", serverless.address);
        return Some(wrong(secrets, message).hint("leave the association out"));
    }
    let cluster = Cluster::named(scene, cluster)?;
    let scram = cluster.field(&["client_authentication", "sasl", "scram"]);
    (scram != Some(&Value::Bool(true))).then(|| {
        let address = &cluster.exhibit.address;
        let message = format!("{address} does not let clients log in with secrets");
        let hint =
            format!("state `client_authentication: {{ sasl: {{ scram: true }} }}` of {address}");
        wrong(secrets, message).hint(hint)
    })
}

fn wrong(exhibit: &Exhibit, message: String) -> Finding {
    Finding::new(&exhibit.address, message).at(Path::field("cluster_arn"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::RULE;

    #[test]
    fn a_cluster_has_what_is_asked_of_it() {
        let with = |cluster: &str, users: &str| {
            system(&format!(
                "
cluster: {{ {cluster} }}
topic: {{ kind: msk_topic, cluster_arn: \"${{cluster.arn}}\", partition_count: 1, replication_factor: 3 }}
{users}"
            ))
        };
        let users = "users:
  kind: msk_scram_secret_association
  cluster_arn: \"${cluster.arn}\"
  secret_arn_list: [\"arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_a-a1B2c3\"]";
        let scram = "client_authentication: { sasl: { scram: true } }";
        let of = |version: &str, scram: &str| {
            with(&format!("kind: msk_cluster, kafka_version: {version}, {scram}"), users)
        };
        let mut theirs = of("3.5.1", "");
        theirs.exhibits.retain(|address, _| address.as_str() != "cluster");
        golden!(told_of(
            &RULE,
            &[
                ("both", of("3.6.0", scram)),
                ("a version without a patch", of("4.0.x.kraft", scram)),
                ("too old", of("3.5.1", scram)),
                ("without SCRAM", of("3.8.x", "client_authentication: { sasl: { iam: true } }")),
                ("serverless", with("kind: msk_serverless_cluster", "")),
                ("somebody else's", theirs),
            ]
        ));
    }
}
