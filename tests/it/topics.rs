//! The lives of topics, of the secrets of a cluster, and of serverless clusters, on a stand-in
//! for MSK whose looks at topics lag behind.

use std::collections::BTreeSet;

use aws_sdk_kafka::Client;
use aws_sdk_kafka::types::{
    BrokerNodeGroupInfo, ClientAuthentication, ProvisionedRequest, Sasl, Scram,
};

use crate::stand_in::StandIn;
use crate::stand_in::route::Refusal;
use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

/// A provisioned cluster that is there already, in service, with three brokers.
async fn cluster(account: &Account, stand_in: &StandIn) -> String {
    let client = Client::new(&aws::config(&account.through(&stand_in.url())));
    let group = BrokerNodeGroupInfo::builder()
        .instance_type("kafka.m7g.large")
        .set_client_subnets(Some(["a", "b", "c"].map(|zone| format!("subnet-{zone}")).to_vec()));
    let scram = Scram::builder().enabled(true).build();
    let authentication =
        ClientAuthentication::builder().sasl(Sasl::builder().scram(scram).build()).build();
    let provisioned = ProvisionedRequest::builder()
        .broker_node_group_info(group.build())
        .client_authentication(authentication)
        .kafka_version("3.8.x")
        .number_of_broker_nodes(3)
        .build();
    let call = client.create_cluster_v2().cluster_name("events").provisioned(provisioned);
    let made = call.send().await.expect("a cluster");
    let arn = made.cluster_arn.expect("its ARN");
    while stand_in.with(|services| services.kafka.seen("events")["state"] != "ACTIVE") {
        client.describe_cluster_v2().cluster_arn(&arn).send().await.expect("a look");
    }
    stand_in.changes();
    arn
}

fn topic(cluster: &str) -> String {
    format!(
        "
stack: orders
region: us-east-1
resources:
  orders:
    kind: msk_topic
    cluster_arn: \"{cluster}\"
    partition_count: 3
    replication_factor: 3
    configs: {{ retention.ms: \"86400000\" }}
"
    )
}

fn desk(account: &Account, url: &str, stack: &str) -> Desk {
    Desk::with(account.through(url), stack)
}

#[tokio::test]
async fn a_topic_is_called_for_once_though_looks_lag_behind() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let cluster = cluster(&account, &stand_in).await;
    let stack = topic(&cluster);
    let desk = desk(&account, &stand_in.url(), &stack);
    desk.applied();
    assert_eq!(stand_in.changes(), ["CreateTopic"]);
    desk.must("plan --detailed-exitcode stack.yaml", 0);

    // Settings and partitions each have a call, the second when AWS has done with the first.
    let changed =
        stack.replace("86400000", "3600000").replace("partition_count: 3", "partition_count: 6");
    desk.write("stack.yaml", &changed);
    desk.applied();
    assert_eq!(stand_in.changes(), ["UpdateTopic", "UpdateTopic"]);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    let set = stand_in.with(|services| services.kafka.settings("orders-orders")).expect("a topic");
    assert_eq!(set.get("retention.ms").map(String::as_str), Some("3600000"));

    // None goes: fewer are another topic, whose records are lost.
    desk.write("stack.yaml", &changed.replace("partition_count: 6", "partition_count: 2"));
    desk.must("apply -y stack.yaml", 5);
    assert_eq!(stand_in.changes(), [""; 0]);

    // Its records go with it.
    desk.write("stack.yaml", &changed);
    desk.must("destroy -y stack.yaml", 5);
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
    assert_eq!(stand_in.changes(), ["DeleteTopic"]);
    assert_eq!(stand_in.refused().iter().filter(|it| !it.starts_with("DescribeTopic:")).count(), 0);
}

#[tokio::test]
async fn a_topic_that_is_made_anew_goes_first() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let cluster = cluster(&account, &stand_in).await;
    let desk = desk(&account, &stand_in.url(), &topic(&cluster));
    desk.applied();
    desk.write(
        "stack.yaml",
        &topic(&cluster).replace("replication_factor: 3", "replication_factor: 2"),
    );
    desk.must("apply -y --allow-data-loss stack.yaml", 0);
    assert_eq!(stand_in.changes(), ["CreateTopic", "DeleteTopic", "CreateTopic"]);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}

/// What this process has made is there: no look of before is taken for another answer.
#[tokio::test]
async fn a_topic_that_looks_do_not_show_yet_is_there() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let cluster = cluster(&account, &stand_in).await;
    let desk = desk(&account, &stand_in.url(), &topic(&cluster));
    let told = desk.must("apply -y --json stack.yaml", 0);
    assert!(!told.stdout.contains("\"step_retrying\""), "{told}");
    assert!(stand_in.refused().iter().any(|it| it.starts_with("DescribeTopic:")), "{told}");
}

/// A deletion that AWS has accepted is none yet: looks show the topic for a while.
#[tokio::test]
async fn a_destroy_ends_when_the_topic_is_gone() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let cluster = cluster(&account, &stand_in).await;
    let desk = desk(&account, &stand_in.url(), &topic(&cluster));
    desk.applied();
    stand_in.with(|services| services.kafka.take_looks(4));
    stand_in.changes();
    let told = desk.must("destroy -y --allow-data-loss stack.yaml", 0);
    assert_eq!(stand_in.changes(), ["DeleteTopic"]);
    assert!(!stand_in.with(|services| services.kafka.shows("orders-orders")), "{told}");
}

/// What Kafka says while it is about something else passes.
#[tokio::test]
async fn what_passes_is_waited_for() {
    let busy = |code| Refusal::new(409, code, "The cluster is busy.");
    let moved = || busy("ControllerMovedException");
    let cases = [
        ("CreateTopic", busy("ClusterConnectivityException")),
        ("CreateTopic", busy("KafkaTimeoutException")),
        ("CreateTopic", Refusal::new(429, "TooManyRequestsException", "Too Many Requests")),
        ("UpdateTopic", busy("NotControllerException")),
        ("UpdateTopic", busy("ReassignmentInProgressException")),
        ("DeleteTopic", moved()),
        ("DeleteTopic", Refusal::new(400, "BadRequestException", "It has an associated Channel.")),
        ("DescribeTopic", Refusal::new(500, "InternalServerErrorException", "Again.")),
    ];
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let cluster = cluster(&account, &stand_in).await;
    for (number, (operation, refusal)) in cases.into_iter().enumerate() {
        let told = format!("{operation}: {}", refusal.code);
        stand_in.refuse_next(operation, refusal);
        // Looks go on to show a topic that was deleted moments ago.
        let named = format!("name: orders-{number}\n    partition_count: 3");
        let stack = topic(&cluster).replace("partition_count: 3", &named);
        let desk = desk(&account, &stand_in.url(), &stack);
        desk.applied();
        desk.write("stack.yaml", &stack.replace("partition_count: 3", "partition_count: 6"));
        desk.applied();
        desk.must("destroy -y --allow-data-loss stack.yaml", 0);
        assert_eq!(stand_in.changes(), ["CreateTopic", "UpdateTopic", "DeleteTopic"], "{told}");
        let refused = stand_in.refused();
        assert_eq!(refused.iter().filter(|it| **it == told).count(), 1, "{refused:?}");
    }
}

/// Whoever made it died, or did not hear of it: its refusal of a second one leads to it.
#[tokio::test]
async fn a_topic_that_was_left_behind_is_taken_up() {
    for fault in [Fault::ResetAfter, Fault::Cut, Fault::KillAfter] {
        let account = emulator::ministack().account();
        let stand_in = StandIn::before(&account);
        let cluster = cluster(&account, &stand_in).await;
        let proxy = FaultProxy::first(&stand_in.url(), "CreateTopic", fault);
        let desk = desk(&account, &proxy.url(), &topic(&cluster));
        let told = desk.run("apply -y stack.yaml");
        if told.code != Some(0) {
            desk.applied();
        }
        assert_eq!(stand_in.changes(), ["CreateTopic"], "{fault:?} {told}");
        desk.must("plan --detailed-exitcode stack.yaml", 0);
    }
}

#[tokio::test]
async fn replicas_that_are_behind_are_waited_for() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let cluster = cluster(&account, &stand_in).await;
    let desk = desk(&account, &stand_in.url(), &topic(&cluster));
    desk.applied();
    desk.must("verify --only topic_replicated stack.yaml", 0);
    stand_in.with(|services| services.kafka.hold_back("orders-orders", 3));
    let told = desk.must("verify --only topic_replicated stack.yaml", 0);
    assert_eq!(stand_in.with(|services| services.kafka.behind("orders-orders")), 0, "{told}");
}

fn secret(account: &Account, number: usize) -> String {
    format!("arn:aws:secretsmanager:us-east-1:{}:secret:AmazonMSK_{number:02}-a1B2c3", account.id)
}

fn associated(cluster: &str, secrets: &BTreeSet<String>) -> String {
    format!(
        "
stack: users
region: us-east-1
resources:
  users:
    kind: msk_scram_secret_association
    cluster_arn: \"{cluster}\"
    secret_arn_list: {secrets:?}
"
    )
    .replace('{', "[")
    .replace('}', "]")
}

#[tokio::test]
async fn secrets_of_others_stay() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let cluster = cluster(&account, &stand_in).await;
    let theirs = secret(&account, 99);
    stand_in.with(|services| services.kafka.lend(&cluster, &theirs));
    // Ten in a call.
    let ours: BTreeSet<String> = (0..12).map(|number| secret(&account, number)).collect();
    let desk = desk(&account, &stand_in.url(), &associated(&cluster, &ours));
    desk.applied();
    let twice = ["BatchAssociateScramSecret"; 2];
    assert_eq!(stand_in.changes(), twice);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    let there = stand_in.with(|services| services.kafka.secrets(&cluster));
    assert_eq!(there.len(), 13);

    // One more, and what is not stated stays.
    let more: BTreeSet<String> = (5..13).map(|number| secret(&account, number)).collect();
    desk.write("stack.yaml", &associated(&cluster, &more));
    let told = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(told.stdout.contains("entries of secret_arn_list that are not stated stay"), "{told}");
    desk.applied();
    assert_eq!(stand_in.changes(), twice[..1]);

    // What the file states is taken off, and one of these is deleted already.
    stand_in.with(|services| services.kafka.lose(&secret(&account, 12)));
    desk.must("destroy -y stack.yaml", 0);
    let there = stand_in.with(|services| services.kafka.secrets(&cluster));
    assert!(there.contains(&theirs), "{there:?}");
    assert!(!there.contains(&secret(&account, 7)), "{there:?}");
    assert!(there.contains(&secret(&account, 1)), "no longer stated: {there:?}");
    assert_eq!(stand_in.refused(), [""; 0]);
}

/// AWS says so in an answer of success.
#[tokio::test]
async fn a_secret_that_is_not_taken_is_told() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let cluster = cluster(&account, &stand_in).await;
    let two: BTreeSet<String> = (1..3).map(|number| secret(&account, number)).collect();
    stand_in.with(|services| services.kafka.lose(&secret(&account, 2)));
    let desk = desk(&account, &stand_in.url(), &associated(&cluster, &two));
    let told = desk.run("apply -y stack.yaml");
    assert_eq!(told.code, Some(6), "{told}");
    let all = [told.stdout.as_str(), told.stderr.as_str()].concat();
    let refusal = "AmazonMSK_02-a1B2c3: InvalidSecretArn: The provided secret ARN is invalid.";
    assert!(all.split_whitespace().collect::<Vec<_>>().join(" ").contains(refusal), "{told}");
    let there = stand_in.with(|services| services.kafka.secrets(&cluster));
    assert_eq!(there, BTreeSet::from([secret(&account, 1)]));
}

const SERVERLESS: &str = "
stack: events
region: us-east-1
resources:
  events:
    kind: msk_serverless_cluster
    vpc_config:
      - { subnet_ids: [subnet-2, subnet-1], security_group_ids: [sg-1] }
    tags: { team: a }
outputs:
  brokers: \"${events.bootstrap_brokers_sasl_iam}\"
";

#[test]
fn a_serverless_cluster_comes_and_goes_by_and_by() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let desk = desk(&account, &stand_in.url(), SERVERLESS);
    desk.applied();
    assert_eq!(stand_in.changes(), ["CreateClusterV2"]);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("verify --only kafka_brokers stack.yaml", 0);
    desk.write("stack.yaml", &SERVERLESS.replace("team: a", "cost: \"1\""));
    desk.applied();
    let changes = stand_in.changes();
    assert!(
        changes.iter().all(|call| call == "TagResource" || call == "UntagResource"),
        "{changes:?}"
    );
    // Everything else is another cluster, which has the name when the old one is gone.
    desk.write("stack.yaml", &SERVERLESS.replace("subnet-2", "subnet-3"));
    desk.must("apply -y --allow-data-loss stack.yaml", 0);
    assert_eq!(stand_in.changes(), ["DeleteCluster", "CreateClusterV2"]);
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
    assert_eq!(stand_in.changes(), ["DeleteCluster"]);
}

/// AWS makes a provisioned one of the same name no second time.
#[tokio::test]
async fn a_name_is_one_for_both_sorts_of_clusters() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    cluster(&account, &stand_in).await;
    let named = SERVERLESS.replace("    vpc_config:", "    cluster_name: events\n    vpc_config:");
    let told = desk(&account, &stand_in.url(), &named).run("plan stack.yaml");
    assert_eq!(told.code, Some(1), "{told}");
    assert!(told.stderr.contains("a provisioned cluster has that name"), "{told}");
}

/// Somebody who was killed left it half made: AWS refuses another, which leads to it.
#[test]
fn a_serverless_cluster_that_was_left_behind_is_taken_up() {
    for fault in [Fault::ResetAfter, Fault::KillAfter] {
        let account = emulator::ministack().account();
        let stand_in = StandIn::before(&account);
        let proxy = FaultProxy::first(&stand_in.url(), "CreateClusterV2", fault);
        let desk = desk(&account, &proxy.url(), SERVERLESS);
        let told = desk.run("apply -y stack.yaml");
        if told.code != Some(0) {
            desk.applied();
        }
        assert_eq!(stand_in.changes(), ["CreateClusterV2"], "{fault:?} {told}");
        desk.must("plan --detailed-exitcode stack.yaml", 0);
    }
}
