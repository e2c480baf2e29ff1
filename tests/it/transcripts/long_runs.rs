//! What takes long, as people see it: a cluster of Kafka, and a table that gets two indexes.
//! Behind tables that take their time, and on a stand-in for MSK, which does.

use super::{Desk, check};
use crate::stand_in::StandIn;
use crate::support::busy_tables::BusyTables;
use crate::support::emulator;

const TABLE: &str = "
stack: orders
region: us-east-1
resources:
  events:
    kind: dynamodb_table
    hash_key: { name: pk, type: S }
";
const INDEXES: &str = "
    global_secondary_indexes:
      by_owner: { hash_key: { name: owner, type: S } }
      by_status: { hash_key: { name: status, type: S } }
";

/// A cluster, what needs its addresses, and what needs nothing of it.
const CLUSTER: &str = "
stack: orders
region: us-east-1
resources:
  stream:
    kind: msk_cluster
    client_authentication: { sasl: { iam: true } }
    kafka_version: 3.6.0
    number_of_broker_nodes: 2
    broker_node_group_info:
      instance_type: kafka.m5.large
      client_subnets: [subnet-1, subnet-2]
      security_groups: [sg-1]
      storage_info: { ebs_storage_info: { volume_size: 100 } }
  client: { kind: kms_key, description: \"for ${stream.bootstrap_brokers_sasl_iam}\" }
  dlq: { kind: sqs_queue }
";

#[test]
fn a_cluster_is_left_to_aws_and_seen_through_later() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    stand_in.with(|services| services.kafka.take_looks(6));
    let desk = Desk::with(account.through(&stand_in.url()), CLUSTER);
    let session = [
        desk.must("plan stack.yaml", 0),
        desk.must("apply -y --until accepted stack.yaml", 6),
        desk.must("plan stack.yaml", 0),
        desk.must("verify --only conformance stack.yaml", 4),
        desk.must("apply -y stack.yaml", 0),
        desk.must("plan --detailed-exitcode stack.yaml", 0),
    ];
    assert_eq!(stand_in.changes(), ["CreateClusterV2"]);
    check("a_cluster_is_left_to_aws", &session);
}

fn desk() -> (Desk, BusyTables) {
    let account = emulator::ministack().account();
    let tables = BusyTables::start(&account.endpoint);
    (Desk::with(account.through(&tables.url()), TABLE), tables)
}

#[test]
fn what_takes_long_is_left_to_aws_part_by_part() {
    let (desk, tables) = desk();
    desk.applied();
    desk.write("stack.yaml", &format!("{TABLE}{INDEXES}"));
    let mut session = vec![
        desk.must("plan stack.yaml", 0),
        desk.must("apply -y --until accepted stack.yaml", 6),
        desk.must("plan stack.yaml", 0),
        desk.must("apply -y --until accepted stack.yaml", 0),
    ];
    assert_eq!(tables.calls(), ["CreateTable", "UpdateTable", "UpdateTable"]);
    session.push(desk.must("apply -y stack.yaml", 0));
    session.push(desk.must("plan stack.yaml", 0));
    assert_eq!(tables.calls(), [""; 0], "nothing is called for twice");
    check("what_takes_long_is_left_to_aws", &session);
}

#[test]
fn what_is_not_in_service_does_not_conform() {
    let account = emulator::ministack().account();
    Desk::with(account.clone(), TABLE).applied();
    let tables = BusyTables::stuck(&account.endpoint, "UPDATING");
    let desk = Desk::with(account.through(&tables.url()), TABLE);
    check(
        "what_is_not_in_service_does_not_conform",
        &[desk.must("verify --only conformance stack.yaml", 4)],
    );
}

#[test]
fn credentials_that_end_before_are_told_before() {
    let (desk, _tables) = desk();
    desk.applied();
    desk.write("stack.yaml", &format!("{TABLE}{INDEXES}"));
    let warns = |desk: &Desk, line: &str| {
        let told = desk.must(line, 0).stderr;
        told.contains("these credentials end in 0ms, and this is expected to take about 10m")
    };
    let ended = "2020-01-31T10:00:00Z";
    let desk = desk.env("AWS_CREDENTIAL_EXPIRATION", ended);
    assert!(!warns(&desk, "plan stack.yaml"), "keys without a token have no end");
    let desk = desk.env("AWS_SESSION_TOKEN", "a-token-for-a-while");
    assert!(warns(&desk, "plan stack.yaml"));
    assert!(warns(&desk, "plan --json stack.yaml"));
    let desk = desk.env("AWS_CREDENTIAL_EXPIRATION", "2999-01-31T10:00:00Z");
    assert!(!warns(&desk, "plan stack.yaml"));
}
