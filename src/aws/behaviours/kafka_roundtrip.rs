//! `kafka_roundtrip`: a record that is written to a topic of a Kafka cluster comes back.
//!
//! Every consumer of the topic reads it, and nobody can take it back. So it is written
//! where nobody else uses the stack meanwhile, and nowhere otherwise: a stack file that
//! names a topic for it in a probe is tried beside live traffic.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::bench::Bench;
use super::mark::{MARK, Mark};
use crate::aws::brokers::{Brokers, Written};
use crate::engine::port::Answer;
use crate::model::probe::Authentication;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "kafka_roundtrip",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "A record that is written to a topic over TLS, by IAM, by SCRAM or where nobody has to log in, is read back from it.",
    risk: "The cluster is there as it is declared, and nobody can write to it or read from it.",
    remedy: "See the cluster's brokers and the topic's replicas, and what was refused; a probe that names a topic of its own tries the same beside live traffic.",
};

const TOPIC: &str = "msk_topic";
const CLUSTERS: [&str; 2] = ["msk_cluster", "msk_serverless_cluster"];
const SECRETS: &str = "msk_scram_secret_association";
/// How long brokers may not know of a user or a policy that was made moments ago.
const SETTLING: Duration = Duration::from_secs(10);
/// A record that all replicas in sync have is there to be read within milliseconds.
const COMING_BACK: Duration = Duration::from_secs(30);
/// To reach the cluster, to look up the topic and to write, each within its own time.
const CALLS: Duration = Duration::from_mins(2);

pub(super) struct KafkaRoundtrip(pub(super) Bench);

#[async_trait]
impl Behaviour for KafkaRoundtrip {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        let trial = |topic: &Exhibit| {
            let cluster = cluster_of(scene, topic).map(|it| it.address.clone());
            Trial {
                addresses: std::iter::once(topic.address.clone()).chain(cluster).collect(),
                ..Trial::of(topic)
            }
        };
        scene.of_kind(TOPIC).map(trial).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let topic = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(topic) = topic else { return Ok(Vec::new()) };
        if !self.0.options().exclusive {
            watch.sees_nothing(
                "others may read this topic, and nobody can take a record back: a probe that names a topic for it, or --exclusive, writes one",
            );
            return Ok(Vec::new());
        }
        let Some((servers, authentication)) =
            cluster_of(scene, topic).and_then(|cluster| door(scene, cluster))
        else {
            watch.sees_nothing("the stack names no brokers of its cluster that know us by IAM or by a secret of the stack, or that take anybody over TLS");
            return Ok(Vec::new());
        };
        let session = self.0.session();
        let reach = || Brokers::reach(session, servers, authentication.as_ref());
        let mut brokers = watch.settles(SETTLING, reach).await?;
        watch.saw(format!("reached the brokers {servers}"));
        let (name, nonce) = (topic.fact("name"), Mark::new(self.deadline()).nonce(false));
        let record = Written {
            key: None,
            beside: None,
            value: json!({ MARK: nonce }).to_string(),
            headers: BTreeMap::from([(MARK.to_owned(), nonce.clone())]),
            at: self.0.options().since,
        };
        let (partition, offset) = brokers.write(name, record).await?;
        watch.saw(format!("wrote record {offset} of partition {partition}"));
        watch.awaits(format!("our record on {}", topic.address));
        let brokers = Mutex::new(brokers);
        let look = || async {
            let (records, _) = brokers.lock().await.read(name, partition, offset).await?;
            Ok(records.iter().any(|it| it.headers.get(MARK) == Some(&nonce)))
        };
        let came = watch.rests(COMING_BACK, look, |came| !came).await?;
        if came {
            return Ok(Vec::new());
        }
        let message =
            format!("a record that it took does not come back ({} s)", watch.elapsed().as_secs());
        Ok(vec![Finding::new(&topic.address, message)])
    }

    fn deadline(&self) -> Duration {
        CALLS + SETTLING + COMING_BACK
    }
}

/// The cluster of a topic, if it is the stack's.
fn cluster_of<'a>(scene: &'a Scene, topic: &Exhibit) -> Option<&'a Exhibit> {
    let arn = topic.text("cluster_arn")?;
    CLUSTERS.iter().find_map(|kind| scene.named(kind, arn))
}

/// By which brokers a cluster is reached, and how they learn who we are: by IAM, else by
/// the first secret that the stack associates with it; else not at all, where anybody may come.
fn door<'a>(scene: &'a Scene, cluster: &'a Exhibit) -> Option<(&'a str, Option<Authentication>)> {
    let brokers = |fact: &str| Some(cluster.fact(fact)).filter(|servers| !servers.is_empty());
    let by_secret = || {
        let secret = secret_of(scene, cluster)?.to_owned();
        Some((brokers("bootstrap_brokers_sasl_scram")?, Some(Authentication::Scram(secret))))
    };
    let as_nobody = || {
        let clients = cluster.document.get("client_authentication")?;
        let is_open = clients.get("unauthenticated") == Some(&Value::Bool(true));
        Some((brokers("bootstrap_brokers_tls").filter(|_| is_open)?, None))
    };
    let by_iam = brokers("bootstrap_brokers_sasl_iam").map(|it| (it, Some(Authentication::Iam)));
    by_iam.or_else(by_secret).or_else(as_nobody)
}

/// The first secret that the stack associates with a cluster.
fn secret_of<'a>(scene: &'a Scene, cluster: &Exhibit) -> Option<&'a str> {
    let of_cluster =
        |it: &&Exhibit| it.text("cluster_arn").is_some_and(|arn| arn == cluster.fact("arn"));
    let secrets = scene.of_kind(SECRETS).find(of_cluster)?.document.get("secret_arn_list");
    secrets.and_then(Value::as_array)?.first()?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Identity, Place};

    fn exhibit(address: &str, kind: &str, document: &Value, facts: &[(&str, &str)]) -> Exhibit {
        Exhibit {
            address: Address::new(address),
            kind: kind.to_owned(),
            identity: Identity(address.to_owned()),
            document: document.as_object().cloned().unwrap_or_default(),
            facts: facts.iter().map(|(name, it)| ((*name).to_owned(), (*it).to_owned())).collect(),
        }
    }

    /// How a cluster with these facts, and this secret, is reached: one that takes anybody
    /// beside those whom it knows, if it says so.
    fn check(
        is_open: bool,
        facts: &[(&str, &str)],
        secret: Option<&str>,
        expected: Option<&(&str, Option<Authentication>)>,
    ) {
        let facts: Vec<(&str, &str)> = facts.iter().copied().chain([("arn", "arn:c")]).collect();
        let document = json!({ "client_authentication": { "unauthenticated": is_open } });
        let cluster = exhibit("cluster", "msk_cluster", &document, &facts);
        let secrets = secret.map(|secret| {
            let document = json!({ "cluster_arn": "arn:c", "secret_arn_list": [secret] });
            exhibit("secrets", SECRETS, &document, &[])
        });
        let topic = exhibit("topic", TOPIC, &json!({ "cluster_arn": "arn:c" }), &[]);
        let exhibits = [cluster, topic].into_iter().chain(secrets);
        let scene = Scene {
            exhibits: exhibits.map(|it| (it.address.clone(), it)).collect(),
            stack: "orders".to_owned(),
            place: Place {
                partition: "aws".to_owned(),
                account: "123456789012".to_owned(),
                region: "eu-central-1".to_owned(),
                endpoint: None,
            },
            others: BTreeMap::new(),
            keys: BTreeMap::new(),
            policies: BTreeMap::new(),
            probes: Vec::new(),
        };
        let topic = &scene.exhibits[&Address::new("topic")];
        let found = cluster_of(&scene, topic).and_then(|cluster| door(&scene, cluster));
        assert_eq!(found.as_ref(), expected, "{facts:?} {secret:?}");
    }

    #[test]
    fn a_cluster_is_reached_by_who_knows_us() {
        let iam = ("bootstrap_brokers_sasl_iam", "i:9098");
        let scram = ("bootstrap_brokers_sasl_scram", "s:9096");
        let tls = ("bootstrap_brokers_tls", "t:9094");
        let by_iam = ("i:9098", Some(Authentication::Iam));
        let by_secret = ("s:9096", Some(Authentication::Scram("arn:s".to_owned())));
        check(false, &[iam], None, Some(&by_iam));
        check(false, &[iam, scram], Some("arn:s"), Some(&by_iam));
        check(false, &[scram], Some("arn:s"), Some(&by_secret));
        check(false, &[scram], None, None);
        check(false, &[], Some("arn:s"), None);
        // Who shows a certificate is known by it, and we have none.
        check(false, &[tls], None, None);
        check(true, &[tls], None, Some(&("t:9094", None)));
        check(true, &[scram, tls], Some("arn:s"), Some(&by_secret));
        check(true, &[scram, tls], None, Some(&("t:9094", None)));
    }
}
