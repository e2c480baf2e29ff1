//! What the contract does not reach of the life of a Kafka cluster and its configuration: MSK
//! is at it for a long time after each call, takes one at a time, and may fail. On a stand-in,
//! which says how long by looks.

use serde_json::{Value, json};

use crate::stand_in::StandIn;
use crate::stand_in::route::Refusal;
use crate::support::aws;
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::killed;
use crate::support::request::Call;
use crate::transcripts::Desk;

const HEAD: &str = "
stack: orders
region: us-east-1
resources:
  settings:
    kind: msk_configuration
    server_properties: { log.retention.hours: 72 }
  stream:
    kind: msk_cluster
    force_destroy: true
    client_authentication: { sasl: { iam: true } }
    configuration_info: { arn: \"${settings.arn}\", revision: \"${settings.latest_revision}\" }
    kafka_version: 3.6.0
    number_of_broker_nodes: 2
    broker_node_group_info:
      instance_type: kafka.m5.large
      client_subnets: [subnet-1, subnet-2]
      security_groups: [sg-1]
      storage_info: { ebs_storage_info: { volume_size: 100 } }
";
const OUTPUTS: &str = "
outputs:
  brokers: \"${stream.bootstrap_brokers_sasl_iam}\"
";

/// Every operation of MSK, each with the text that it takes the place of.
const CHANGES: &[(&str, &str, &str)] = &[
    ("UpdateBrokerType", "instance_type: kafka.m5.large", "instance_type: kafka.m5.xlarge"),
    ("UpdateBrokerStorage", "volume_size: 100", "volume_size: 200"),
    (
        "UpdateStorage",
        "    force_destroy: true",
        "    force_destroy: true\n    storage_mode: TIERED",
    ),
    ("UpdateBrokerCount", "number_of_broker_nodes: 2", "number_of_broker_nodes: 4"),
    (
        "UpdateMonitoring",
        "    kafka_version: 3.6.0",
        "    open_monitoring: { prometheus: { jmx_exporter: { enabled_in_broker: true } } }\n    enhanced_monitoring: PER_BROKER\n    kafka_version: 3.6.0",
    ),
    ("UpdateClusterKafkaVersion", "kafka_version: 3.6.0", "kafka_version: 3.8.x"),
    ("UpdateSecurity", "sasl: { iam: true }", "sasl: { iam: true, scram: true }"),
];

/// Somebody with a stack, where MSK takes its time.
fn desk(stack: &str) -> (Desk, StandIn) {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    // The pauses between looks double, over all operations of a change.
    stand_in.with(|services| services.kafka.take_looks(1));
    (Desk::with(account.through(&stand_in.url()), stack), stand_in)
}

/// With all changes.
fn changed() -> String {
    CHANGES.iter().fold(HEAD.to_owned(), |stack, (_, from, to)| {
        assert!(stack.contains(from), "{from}");
        stack.replacen(from, to, 1)
    })
}

/// With more brokers, and nothing else.
fn grown() -> String {
    HEAD.replace("number_of_broker_nodes: 2", "number_of_broker_nodes: 4")
}

const NAME: &str = "orders-stream";

fn seen(stand_in: &StandIn) -> Value {
    stand_in.with(|services| services.kafka.seen(NAME))
}

#[test]
fn a_cluster_is_made_and_removed_with_its_configuration() {
    let (desk, stand_in) = desk(&[HEAD, OUTPUTS].concat());
    stand_in.with(|services| services.kafka.take_looks(5));
    desk.applied();
    assert_eq!(stand_in.changes(), ["CreateConfiguration", "CreateClusterV2"]);
    let told = desk.must("output stack.yaml", 0).stdout;
    let brokers: Vec<&str> =
        told.split([',', ' ', '\n']).filter(|word| word.starts_with("b-")).collect();
    assert_eq!(brokers.len(), 3, "{told}");
    assert!(brokers.is_sorted(), "{told}");
    // Every look tells them in another order, and that is no change.
    assert_eq!(desk.must("output stack.yaml", 0).stdout, told);
    desk.must("destroy -y stack.yaml", 0);
    // The cluster is gone before its configuration goes.
    assert_eq!(stand_in.changes(), ["DeleteCluster", "DeleteConfiguration"]);
    // By that it is known to be gone.
    assert_eq!(stand_in.refused(), ["DescribeClusterV2: NotFoundException"]);
    desk.must("plan --detailed-exitcode stack.yaml", 2);
}

#[test]
fn every_operation_waits_for_the_one_before() {
    let (desk, stand_in) = desk(HEAD);
    desk.applied();
    stand_in.changes();
    desk.write("stack.yaml", &changed());
    let planned = desk.must("plan stack.yaml", 0).stdout;
    assert!(planned.contains("7 changes one after the other"), "{planned}");
    desk.applied();
    let expected: Vec<&str> = CHANGES.iter().map(|(operation, ..)| *operation).collect();
    assert_eq!(stand_in.changes(), expected);
    assert_eq!(stand_in.refused(), [""; 0]);
}

/// Whatever was there before the change that a call of its own brings is there after it.
#[test]
fn each_change_takes_one_operation_and_nothing_else_with_it() {
    for (operation, from, to) in CHANGES {
        let (desk, stand_in) = desk(HEAD);
        desk.applied();
        stand_in.changes();
        desk.write("stack.yaml", &HEAD.replacen(from, to, 1));
        desk.applied();
        assert_eq!(stand_in.changes(), [*operation]);
        desk.write("stack.yaml", HEAD);
        // Neither volumes nor versions nor tiers go back in place.
        if !["UpdateBrokerStorage", "UpdateStorage", "UpdateClusterKafkaVersion"]
            .contains(operation)
        {
            desk.applied();
            assert_eq!(stand_in.changes(), [*operation]);
        }
        assert_eq!(stand_in.refused(), [""; 0]);
    }
}

/// Who is let in from outside is known before, and who is known no more is let in no more.
#[test]
fn a_cluster_opens_after_it_closes_to_strangers_and_the_other_way_round() {
    let open = "client_authentication: { sasl: { iam: true }, unauthenticated: true }\n    encryption_info: { encryption_in_transit: { client_broker: TLS_PLAINTEXT } }";
    let within = HEAD.replace("client_authentication: { sasl: { iam: true } }", open);
    let public =
        [HEAD, "      connectivity_info: { public_access: { type: SERVICE_PROVIDED_EIPS } }\n"]
            .concat();
    let (desk, stand_in) = desk(&within);
    desk.applied();
    stand_in.changes();
    desk.write("stack.yaml", &public);
    desk.applied();
    assert_eq!(stand_in.changes(), ["UpdateSecurity", "UpdateConnectivity"]);
    desk.write("stack.yaml", &within);
    desk.applied();
    assert_eq!(stand_in.changes(), ["UpdateConnectivity", "UpdateSecurity"]);
    assert_eq!(stand_in.refused(), [""; 0]);
}

/// A new revision that no cluster takes would be of no use to anybody.
#[test]
fn a_changed_configuration_is_a_change_of_its_cluster() {
    let (desk, stand_in) = desk(HEAD);
    desk.applied();
    stand_in.changes();
    desk.write("stack.yaml", &HEAD.replace("hours: 72", "hours: 48"));
    let planned = desk.must("plan stack.yaml", 0).stdout;
    assert!(planned.contains("revision"), "{planned}");
    desk.applied();
    assert_eq!(stand_in.changes(), ["UpdateConfiguration", "UpdateClusterConfiguration"]);
    let software = |seen: &Value| seen["provisioned"]["currentBrokerSoftwareInfo"].clone();
    assert_eq!(software(&seen(&stand_in))["configurationRevision"], 2);
    // What says the same in other words is no revision.
    let text = "server_properties: \"# kept\\nlog.retention.hours = 48\"";
    let same = HEAD.replace("server_properties: { log.retention.hours: 72 }", text);
    desk.write("stack.yaml", &same);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    // Another version takes the revision along.
    let both = HEAD.replace("hours: 72", "hours: 24").replace("3.6.0", "3.8.x");
    desk.write("stack.yaml", &both);
    desk.applied();
    assert_eq!(stand_in.changes(), ["UpdateConfiguration", "UpdateClusterKafkaVersion"]);
    assert_eq!(software(&seen(&stand_in))["configurationRevision"], 3);
    assert_eq!(stand_in.with(|services| services.kafka.revisions("orders-settings")), 3);
}

/// Who was killed between the two finds the revision made, and not applied.
#[test]
fn a_revision_that_was_made_and_not_applied_is_applied() {
    let (desk, stand_in) = desk(HEAD);
    desk.applied();
    stand_in.changes();
    let whole = HEAD.replace("hours: 72", "hours: 48");
    killed_at(&desk, &stand_in, &whole, 0, Fault::KillAfter);
    assert_eq!(stand_in.changes(), ["UpdateConfiguration"]);
    desk.write("stack.yaml", &whole);
    desk.applied();
    assert_eq!(stand_in.changes(), ["UpdateClusterConfiguration"]);
}

#[test]
fn what_aws_or_somebody_else_does_is_waited_for() {
    for state in ["HEALING", "MAINTENANCE", "REBOOTING_BROKER", "UPDATING"] {
        let (desk, stand_in) = desk(HEAD);
        desk.applied();
        stand_in.changes();
        stand_in.with(|services| services.kafka.befall(NAME, state, 4));
        desk.write("stack.yaml", &grown());
        desk.applied();
        assert_eq!(stand_in.changes(), ["UpdateBrokerCount"], "{state}");
        assert_eq!(stand_in.refused(), [""; 0], "{state}");
    }
}

/// Somebody's operation began after the last look: MSK refuses ours, and it comes after.
#[test]
fn an_operation_that_crosses_another_is_tried_again() {
    for message in [
        "The version of the cluster isn't current. Check the current version and try again.",
        "You can't use this operation on a cluster in the UPDATING state.",
        "Another operation is in progress.",
    ] {
        let (desk, stand_in) = desk(HEAD);
        desk.applied();
        stand_in.changes();
        let refusal = Refusal::new(400, "BadRequestException", message);
        stand_in.refuse_next("UpdateBrokerCount", refusal);
        desk.write("stack.yaml", &grown());
        desk.applied();
        assert_eq!(stand_in.refused(), ["UpdateBrokerCount: BadRequestException"]);
        assert_eq!(stand_in.changes(), ["UpdateBrokerCount"], "{message}");
    }
}

#[test]
fn a_cluster_that_could_not_be_made_says_why() {
    let (desk, stand_in) = desk(HEAD);
    stand_in.with(|services| services.kafka.fail_creation("SUBNETS", "no free addresses"));
    let told = desk.run("apply -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    assert!(told.stderr.contains("SUBNETS: no free addresses"), "{told}");
    // It has nothing that could be lost.
    let careful = HEAD.replace("    force_destroy: true\n", "");
    desk.write("stack.yaml", &careful);
    desk.must("destroy -y stack.yaml", 0);
    desk.write("stack.yaml", HEAD);
    desk.applied();
}

#[test]
fn an_operation_that_failed_says_why_and_is_tried_again_by_the_next_apply() {
    let (desk, stand_in) = desk(HEAD);
    desk.applied();
    stand_in.changes();
    stand_in.with(|services| services.kafka.fail_operation("LIMIT", "no more brokers"));
    desk.write("stack.yaml", &grown());
    let told = desk.run("apply -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    assert!(told.stderr.contains("update broker count failed: LIMIT: no more brokers"), "{told}");
    assert_eq!(seen(&stand_in)["provisioned"]["numberOfBrokerNodes"], 2);
    desk.applied();
    assert_eq!(stand_in.changes(), ["UpdateBrokerCount"; 2]);
}

#[test]
fn who_may_not_lose_records_loses_none() {
    let (desk, stand_in) = desk(HEAD);
    desk.applied();
    stand_in.changes();
    let kept = HEAD.replace("    force_destroy: true\n", "");
    desk.write("stack.yaml", &kept);
    desk.applied();
    for (what, from, to) in [
        ("a version goes down", "kafka_version: 3.6.0", "kafka_version: 3.5.1"),
        ("another security group", "sg-1", "sg-2"),
    ] {
        assert!(kept.contains(from));
        desk.write("stack.yaml", &kept.replace(from, to));
        let told = desk.run("apply -y stack.yaml");
        assert_ne!(told.code, Some(0), "{what}: {told}");
        assert!(told.stderr.contains("whatever its topics keep"), "{what}: {told}");
    }
    desk.write("stack.yaml", &kept);
    let told = desk.run("destroy -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    let changes = stand_in.changes();
    assert!(changes.iter().all(|call| call == "UntagResource"), "{changes:?}");
}

#[test]
fn volumes_do_not_shrink_and_nobody_is_asked() {
    let (desk, stand_in) = desk(HEAD);
    desk.applied();
    stand_in.changes();
    desk.write("stack.yaml", &HEAD.replace("volume_size: 100", "volume_size: 50"));
    let told = desk.run("apply -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    assert!(told.stderr.contains("have 100 GiB and cannot shrink to 50"), "{told}");
    assert_eq!(stand_in.changes(), [""; 0]);
}

/// Runs an apply that dies at the call which is so many changes in.
fn killed_at(desk: &Desk, stand_in: &StandIn, stack: &str, change: usize, fault: Fault) {
    let verbs = ["Create", "Update", "Delete"];
    let is_change = move |call: &Call| {
        call.service == "kafka" && verbs.iter().any(|it| call.operation.starts_with(it))
    };
    let proxy = FaultProxy::nth(&stand_in.url(), change, is_change, fault);
    killed::apply(&desk.account, &proxy, stack);
}

/// Before and after each call that makes or changes something.
#[test]
fn a_run_that_was_killed_at_any_call_is_gone_on_with() {
    let made = ["CreateConfiguration", "CreateClusterV2"];
    for (change, fault) in
        [0, 1].into_iter().flat_map(|it| [(it, Fault::KillBefore), (it, Fault::KillAfter)])
    {
        let (desk, stand_in) = desk(HEAD);
        killed_at(&desk, &stand_in, HEAD, change, fault);
        let done = change + usize::from(fault == Fault::KillAfter);
        assert_eq!(stand_in.changes(), made[..done], "{fault:?} at change {change}");
        desk.applied();
        assert_eq!(stand_in.changes(), made[done..], "{fault:?} at change {change}");
    }
    let expected: Vec<&str> = CHANGES.iter().map(|(operation, ..)| *operation).collect();
    let whole = changed();
    for (change, fault) in
        (0..expected.len()).flat_map(|it| [(it, Fault::KillBefore), (it, Fault::KillAfter)])
    {
        let (desk, stand_in) = desk(HEAD);
        desk.must("apply -y stack.yaml", 0);
        stand_in.changes();
        killed_at(&desk, &stand_in, &whole, change, fault);
        let done = change + usize::from(fault == Fault::KillAfter);
        assert_eq!(stand_in.changes(), expected[..done], "{fault:?} at change {change}");
        desk.write("stack.yaml", &whole);
        desk.applied();
        assert_eq!(stand_in.changes(), expected[done..], "{fault:?} at change {change}");
    }
}

/// What passes is seen by nobody who runs the commands.
#[test]
fn what_passes_is_outlived() {
    for (operation, fault) in [
        ("CreateClusterV2", Fault::ResetAfter),
        ("CreateClusterV2", Fault::Throttle),
        ("UpdateBrokerCount", Fault::ResetAfter),
        ("UpdateBrokerCount", Fault::Error503),
        ("DescribeClusterV2", Fault::Cut),
        ("DescribeClusterOperationV2", Fault::Error500),
        ("ListClustersV2", Fault::Throttle),
        ("DeleteCluster", Fault::ResetAfter),
    ] {
        let (desk, stand_in) = desk(HEAD);
        let proxy = FaultProxy::first(&stand_in.url(), operation, fault);
        let desk = desk.through(&proxy.url());
        let must = |line: &str| {
            let told = desk.run(line);
            assert_eq!(told.code, Some(0), "{operation} {fault:?}\n{told}{proxy}");
        };
        must("apply -y stack.yaml");
        desk.write("stack.yaml", &grown());
        must("apply -y stack.yaml");
        must("plan --detailed-exitcode stack.yaml");
        must("destroy -y stack.yaml");
        assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?}");
    }
}

/// A cluster of that name is somebody else's.
#[tokio::test]
async fn a_cluster_of_others_is_left_alone() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let account = account.through(&stand_in.url());
    let kafka = aws_sdk_kafka::Client::new(&aws::config(&account));
    let group = aws_sdk_kafka::types::BrokerNodeGroupInfo::builder()
        .instance_type("kafka.m5.large")
        .client_subnets("subnet-1")
        .build();
    let asked = aws_sdk_kafka::types::ProvisionedRequest::builder()
        .broker_node_group_info(group)
        .kafka_version("3.8.x")
        .number_of_broker_nodes(1)
        .build();
    kafka
        .create_cluster_v2()
        .cluster_name(NAME)
        .provisioned(asked)
        .send()
        .await
        .expect("a cluster");
    stand_in.changes();
    let told = Desk::with(account, HEAD).run("apply -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    assert!(told.stderr.contains("adopt"), "{told}");
    let changes = stand_in.changes();
    assert!(!changes.iter().any(|call| call.contains("Cluster")), "{changes:?}");
    assert_eq!(seen(&stand_in)["tags"], json!({}));
}

/// Through the cluster that had it, and by its name.
#[test]
fn a_configuration_that_is_declared_no_more_goes_with_its_cluster() {
    let (desk, stand_in) = desk(HEAD);
    desk.applied();
    stand_in.changes();
    let nothing = "stack: orders\nregion: us-east-1\nresources: { q: { kind: sqs_queue } }\n";
    desk.write("stack.yaml", nothing);
    desk.must("apply -y --allow-data-loss stack.yaml", 0);
    assert_eq!(stand_in.changes(), ["DeleteCluster", "DeleteConfiguration"]);
}
