//! A record on a topic of the stack's own cluster, as `verify --exclusive` writes and reads it:
//! a broker that speaks Kafka behind a stand-in for MSK, over TLS, by a secret of the stack or
//! by IAM; and what is told where nobody comes through.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;

use super::records::{WRONG, kept};
use crate::stand_in::StandIn;
use crate::support::emulator::{Account, ministack, root};
use crate::support::kafka::{Kafka, PASSWORD};
use crate::transcripts::Desk;

/// What the stack says of its clients, of their secrets, and of a probe, in their places.
const STACK: &str = r#"
stack: verified
region: us-east-1
resources:
  cluster:
    kind: msk_cluster
    cluster_name: events
    kafka_version: 3.8.x
    number_of_broker_nodes: 3
    broker_node_group_info:
      instance_type: kafka.m7g.large
      client_subnets: [subnet-a, subnet-b, subnet-c]
      security_groups: [sg-a]
      storage_info: { ebs_storage_info: { volume_size: 100 } }
    client_authentication: CLIENTS
    force_destroy: true
  topic:
    kind: msk_topic
    cluster_arn: "${cluster.arn}"
    name: orders
    partition_count: 3
    replication_factor: 3
"#;
const BY_SECRET: &str = r#"
  users: { kind: msk_scram_secret_association, cluster_arn: "${cluster.arn}", secret_arn_list: ["SECRET"] }
"#;
const SCRAM: &str = "{ sasl: { scram: true }, unauthenticated: false }";
const IAM: &str = "{ sasl: { iam: true }, unauthenticated: false }";
const NOBODY: &str = "{ unauthenticated: true }";

/// A cluster of MSK, with a broker behind it, and who trusts that broker's certificate.
struct Site {
    account: Account,
    stand_in: StandIn,
    kafka: Kafka,
}

impl Site {
    async fn new() -> Self {
        let account = ministack().account();
        let (stand_in, kafka) = (StandIn::before(&account), Kafka::start());
        kafka.topic("orders", 3).await;
        kafka.write("orders", 0, "of somebody else").await;
        let site = Self { account, stand_in, kafka };
        site.begin_at(site.kafka.address());
        site
    }

    fn begin_at(&self, broker: &str) {
        self.stand_in.with(|services| services.kafka.begin_at(broker));
    }

    async fn secret(&self, name: &str, password: &str) -> String {
        BY_SECRET.replace("SECRET", &kept(&self.account, name, password).await)
    }

    /// A desk with the stack, which is applied.
    fn desk(&self, clients: &str, rest: &str) -> Desk {
        let certificate = Some(root().join(".tools/tls/certificate.pem"));
        let account = Account { certificate, ..self.account.through(&self.stand_in.url()) };
        let desk = Desk::with(account, &format!("{}{rest}", STACK.replace("CLIENTS", clients)));
        desk.must("apply -y stack.yaml", 0);
        desk
    }
}

/// Runs the exercise, and answers what it came to, as its report says.
fn exercised(desk: &Desk, options: &str, code: i32) -> Value {
    let line = format!("verify stack.yaml --only kafka_roundtrip --json {options}");
    let told = desk.must(&line, code);
    let lines = told.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut ends = lines.filter(|it: &Value| it["event"] == "check_finished");
    ends.find(|it| it["check"] == "kafka_roundtrip").unwrap_or_else(|| panic!("{told}"))
}

#[tokio::test]
async fn a_record_comes_back_by_scram() {
    let site = Site::new().await;
    let secret = site.secret("right", PASSWORD).await;
    let desk = site.desk(SCRAM, &secret);
    // Nobody can take a record back.
    let beside = exercised(&desk, "", 0);
    assert_eq!(beside["verdict"], "not_exercised", "{beside:#}");
    comes_back(&desk);
}

#[tokio::test]
async fn a_record_comes_back_by_iam() {
    let site = Site::new().await;
    comes_back(&site.desk(IAM, ""));
}

fn comes_back(desk: &Desk) {
    let result = exercised(desk, "--exclusive", 0);
    assert_eq!(result["verdict"], "passed", "{result:#}");
    let text = result.to_string();
    assert!(text.contains("reached the brokers 127.0.0.1:"), "{result:#}");
    assert!(text.contains("wrote record"), "{result:#}");
}

/// Which step did not go well is told, as one who could not look.
#[tokio::test]
async fn who_does_not_come_through_is_told_why() {
    let site = Site::new().await;
    let secret = site.secret("wrong", WRONG).await;
    let desk = site.desk(SCRAM, &secret);
    let check = |code: &str, hint: &str| {
        let result = exercised(&desk, "--exclusive", 1);
        assert_eq!(result["verdict"], "could_not_look", "{result:#}");
        assert_eq!(result["error"]["code"], code, "{result:#}");
        let text = result["error"].to_string();
        assert!(text.contains(hint) && text.contains("reach the brokers"), "{result:#}");
        assert!(![PASSWORD, WRONG].iter().any(|it| text.contains(it)), "{result:#}");
    };
    check("NotAuthenticated", "is associated with the cluster");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    site.begin_at(&closed.to_string());
    check("Unreachable", "security group");
    site.begin_at("nowhere.invalid:9096");
    check("UnknownHost", "resolver");
}

/// A topic that MSK knows and the brokers do not, and brokers that want to know who it is
/// though the cluster says that anybody may come.
#[tokio::test]
async fn what_the_brokers_refuse_is_told() {
    let site = Site::new().await;
    let desk = site.desk(NOBODY, "");
    let result = exercised(&desk, "--exclusive", 1);
    assert_eq!(result["verdict"], "could_not_look", "{result:#}");
    assert!(result["error"].to_string().contains("say who we are"), "{result:#}");

    let site = Site::new().await;
    let desk = site.desk(IAM, "");
    let elsewhere = Kafka::start();
    site.begin_at(elsewhere.address());
    let result = exercised(&desk, "--exclusive", 1);
    assert_eq!(result["error"]["code"], "UnknownTopicOrPartition", "{result:#}");
}
