//! What clusters are made of, what is read of them, and what changes first.

use aws_sdk_kafka::operation::get_bootstrap_brokers::GetBootstrapBrokersOutput;
use aws_sdk_kafka::types as sdk;
use serde_json::{Value, json};

use super::change::Phase;
use super::operation::Change;
use super::*;
use crate::aws::kind::{Before, Sent};
use crate::model::{Address, Document, FieldDiff, Identity, Owner, Place, Status, compare};

fn naming() -> Naming {
    Naming {
        stack: "orders".into(),
        address: Address::new("stream"),
        place: Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        },
    }
}

/// A sound document with other values at some paths; null takes away.
fn written(changes: &[(&str, Value)]) -> Value {
    let mut document = json!({
        "kafka_version": "3.8.x",
        "number_of_broker_nodes": 3,
        "broker_node_group_info": {
            "instance_type": "kafka.m5.large",
            "client_subnets": ["subnet-1", "subnet-2", "subnet-3"],
            "security_groups": ["sg-1"],
            "storage_info": { "ebs_storage_info": { "volume_size": 100 } },
        },
        "client_authentication": { "sasl": { "iam": true } },
    });
    for (path, value) in changes {
        let mut place = &mut document;
        for name in path.split('.') {
            place = &mut place[name];
        }
        *place = value.clone();
    }
    without_null(document)
}

fn without_null(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_null(value)))
            .collect(),
        other => other,
    }
}

fn spec(changes: &[(&str, Value)]) -> Spec {
    MskCluster::settle(serde_json::from_value(written(changes)).expect("a spec"), &naming())
}

fn document(spec: &Spec) -> Document {
    serde_json::to_value(spec).expect("a document").as_object().cloned().expect("an object")
}

const GROUP: &str = "broker_node_group_info";

fn express() -> [(&'static str, Value); 2] {
    [
        ("broker_node_group_info.instance_type", json!("express.m7g.large")),
        ("broker_node_group_info.storage_info", json!(null)),
    ]
}

fn check(changes: &[(&str, Value)], at: &[&str]) {
    let problems = check::check(&spec(changes));
    let paths: Vec<String> = problems.iter().map(|problem| problem.path.to_string()).collect();
    assert_eq!(paths, at, "{changes:?}");
}

#[test]
fn what_msk_would_refuse_is_told_at_its_place() {
    check(&[], &[]);
    check(&[("cluster_name", json!("a".repeat(65)))], &["cluster_name"]);
    check(&[("cluster_name", json!("orders_stream"))], &["cluster_name"]);
    check(&[("number_of_broker_nodes", json!(4))], &["number_of_broker_nodes"]);
    check(&[("number_of_broker_nodes", json!(6))], &[]);
    let one = json!(["subnet-1"]);
    check(
        &[("broker_node_group_info.client_subnets", one)],
        &["broker_node_group_info.client_subnets"],
    );
    check(
        &[("broker_node_group_info.storage_info", json!(null))],
        &["broker_node_group_info.storage_info"],
    );
    check(&[("rebalancing.status", json!("PAUSED"))], &["rebalancing"]);
    check(&express(), &[]);
    let kept = [express()[0].clone()];
    check(&kept, &["broker_node_group_info.storage_info"]);
    let [kind, storage] = express();
    check(&[kind, storage, ("storage_mode", json!("TIERED"))], &["storage_mode"]);
    check(&[("client_authentication", json!({}))], &["client_authentication"]);
    check(
        &[("configuration_info", json!({ "arn": "arn", "revision": "latest" }))],
        &["configuration_info.revision"],
    );
    check(&[("configuration_info", json!({ "arn": "arn", "revision": "3" }))], &[]);
    let logs =
        json!({ "broker_logs": { "s3": { "prefix": "a" }, "firehose": { "enabled": false } } });
    check(&[("logging_info", logs)], &["logging_info.broker_logs.s3.bucket"]);
}

#[test]
fn throughput_is_for_large_brokers() {
    let at = "broker_node_group_info.storage_info.ebs_storage_info.provisioned_throughput";
    let throughput = (at, json!({ "volume_throughput": 250 }));
    let on = |kind: &str, at: &[&str]| {
        check(&[throughput.clone(), ("broker_node_group_info.instance_type", json!(kind))], at);
    };
    for small in [
        "kafka.m5.large",
        "kafka.m5.xlarge",
        "kafka.m5.2xlarge",
        "kafka.m7g.xlarge",
        "kafka.t3.small",
    ] {
        on(small, &[at]);
    }
    for large in ["kafka.m5.4xlarge", "kafka.m5.24xlarge", "kafka.m7g.2xlarge"] {
        on(large, &[]);
    }
    check(&[(at, json!({ "enabled": false }))], &[]);
    let unsized_one = (at, json!({ "enabled": true }));
    let large = ("broker_node_group_info.instance_type", json!("kafka.m5.4xlarge"));
    check(&[unsized_one, large], &[&format!("{at}.volume_throughput")]);
}

#[test]
fn tiers_are_for_later_versions() {
    let tiered = |version: &str, at: &[&str]| {
        check(&[("storage_mode", json!("TIERED")), ("kafka_version", json!(version))], at);
    };
    tiered("3.5.1", &["storage_mode"]);
    tiered("2.8.2.tiered", &[]);
    tiered("3.6.0", &[]);
    tiered("3.10.x.kraft", &[]);
    tiered("4.0.x.kraft", &[]);
}

#[test]
fn nobody_comes_in_from_outside_without_a_name_and_tls() {
    let access = "broker_node_group_info.connectivity_info.public_access.type";
    let public = (access, json!("SERVICE_PROVIDED_EIPS"));
    let transit = "encryption_info.encryption_in_transit";
    check(std::slice::from_ref(&public), &[]);
    check(&[public.clone(), ("client_authentication.unauthenticated", json!(true))], &[access]);
    let plain = format!("{transit}.client_broker");
    check(&[public.clone(), (&plain, json!("TLS_PLAINTEXT"))], &[access]);
    check(&[public, (&format!("{transit}.in_cluster"), json!(false))], &[access]);
    check(&[(&plain, json!("PLAINTEXT"))], &[&plain]);
    let anybody = json!({ "unauthenticated": true });
    check(&[(&plain, json!("PLAINTEXT")), ("client_authentication", anybody)], &[]);
    let scram =
        format!("{GROUP}.connectivity_info.vpc_connectivity.client_authentication.sasl.scram");
    check(&[(&scram, json!(true))], &[&scram]);
    check(&[(&scram, json!(true)), ("client_authentication.sasl.scram", json!(true))], &[]);
}

/// A cluster as MSK shows one that was asked for so.
fn shown(spec: &Spec) -> sdk::Provisioned {
    let asked = wire::asked(spec);
    let configuration = asked.configuration_info;
    let software = sdk::BrokerSoftwareInfo::builder()
        .set_kafka_version(asked.kafka_version)
        .set_configuration_arn(configuration.as_ref().and_then(|it| it.arn.clone()))
        .set_configuration_revision(configuration.and_then(|it| it.revision));
    sdk::Provisioned::builder()
        .set_broker_node_group_info(asked.broker_node_group_info)
        .set_rebalancing(asked.rebalancing)
        .current_broker_software_info(software.build())
        .set_client_authentication(asked.client_authentication)
        .set_encryption_info(asked.encryption_info)
        .set_enhanced_monitoring(asked.enhanced_monitoring)
        .set_open_monitoring(asked.open_monitoring)
        .set_logging_info(asked.logging_info)
        .set_number_of_broker_nodes(asked.number_of_broker_nodes)
        .set_storage_mode(asked.storage_mode)
        .build()
}

#[test]
fn what_is_shown_is_what_was_asked_for() {
    let throughput = "broker_node_group_info.storage_info.ebs_storage_info.provisioned_throughput";
    let cases: Vec<Vec<(&str, Value)>> = vec![
        vec![],
        express().to_vec(),
        vec![(
            "client_authentication",
            json!({ "unauthenticated": true, "tls": { "certificate_authority_arns": ["a", "b"] } }),
        )],
        vec![(
            "encryption_info.encryption_in_transit",
            json!({ "client_broker": "TLS_PLAINTEXT", "in_cluster": false }),
        )],
        vec![("configuration_info", json!({ "arn": "arn", "revision": "3" }))],
        vec![(
            "logging_info.broker_logs",
            json!({ "cloudwatch_logs": { "log_group": "g" }, "s3": { "bucket": "b", "prefix": "p" }, "firehose": { "delivery_stream": "s" } }),
        )],
        vec![(
            "logging_info.broker_logs",
            json!({ "cloudwatch_logs": { "enabled": false, "log_group": "g" } }),
        )],
        vec![
            ("open_monitoring.prometheus.node_exporter.enabled_in_broker", json!(true)),
            ("enhanced_monitoring", json!("PER_TOPIC_PER_PARTITION")),
        ],
        vec![("storage_mode", json!("TIERED")), (throughput, json!({ "volume_throughput": 300 }))],
        vec![(throughput, json!({ "enabled": false }))],
    ];
    for case in cases {
        let wanted = spec(&case);
        let seen = wire::seen(&shown(&wanted), None).expect("brokers");
        let diff = compare(&document(&Spec { cluster_name: None, ..wanted }), &document(&seen));
        assert_eq!(diff, [], "{case:?}");
    }
}

/// MSK answers blocks that nobody stated, turned off or with their defaults.
#[test]
fn what_nobody_stated_is_no_difference() {
    let off = sdk::CloudWatchLogs::builder().enabled(false).build();
    let logs = sdk::BrokerLogs::builder()
        .cloud_watch_logs(off)
        .firehose(sdk::Firehose::builder().enabled(false).build())
        .s3(sdk::S3::builder().enabled(false).build());
    let throughput = sdk::ProvisionedThroughput::builder().enabled(false).build();
    let mut told = shown(&spec(&[]));
    told.logging_info = Some(sdk::LoggingInfo::builder().broker_logs(logs.build()).build());
    told.zookeeper_connect_string = Some("z-1".into());
    let storage =
        told.broker_node_group_info.as_mut().and_then(|group| group.storage_info.as_mut());
    let volumes = storage.and_then(|storage| storage.ebs_storage_info.as_mut()).expect("volumes");
    volumes.provisioned_throughput = Some(throughput);
    let seen = wire::seen(&told, None).expect("brokers");
    assert_eq!(compare(&document(&Spec { cluster_name: None, ..spec(&[]) }), &document(&seen)), []);
    let mut bare = told.clone();
    bare.logging_info = None;
    bare.open_monitoring = None;
    bare.encryption_info = None;
    bare.enhanced_monitoring = None;
    let seen = wire::seen(&bare, None).expect("brokers");
    assert_eq!(compare(&document(&Spec { cluster_name: None, ..spec(&[]) }), &document(&seen)), []);
    // One that never asked anybody who they are says nothing of it, and that is a difference.
    bare.client_authentication = None;
    let seen = wire::seen(&bare, None).expect("brokers");
    assert!(seen.client_authentication.unauthenticated);
}

#[test]
fn addresses_are_sorted_and_none_is_no_fact() {
    let told = GetBootstrapBrokersOutput::builder()
        .bootstrap_broker_string_sasl_iam("b-3:9098,b-1:9098,b-2:9098")
        .bootstrap_broker_string_tls("")
        .build();
    let facts = look::bootstrap_facts(&told);
    let expected =
        ("bootstrap_brokers_sasl_iam".to_owned(), "b-1:9098,b-2:9098,b-3:9098".to_owned());
    assert_eq!(facts, Facts::from([expected]));
}

#[test]
fn what_aws_does_by_itself_is_waited_for() {
    let status = |state: sdk::ClusterState, change: Change| {
        look::status(&sdk::Cluster::builder().state(state).build(), change)
    };
    let runs = || Change::Runs("update storage: pending".into());
    for state in [
        sdk::ClusterState::Creating,
        sdk::ClusterState::Healing,
        sdk::ClusterState::Maintenance,
        sdk::ClusterState::RebootingBroker,
        sdk::ClusterState::Updating,
        sdk::ClusterState::from("RESTING"),
    ] {
        let seen = status(state.clone(), Change::None);
        assert!(matches!(seen, Status::InProgress(_)), "{state}: {seen:?}");
    }
    assert_eq!(status(sdk::ClusterState::Active, Change::None), Status::Current);
    let told = Status::InProgress("update storage: pending".into());
    assert_eq!(status(sdk::ClusterState::Updating, runs()), told);
    // A look may lag behind what was called for.
    assert_eq!(status(sdk::ClusterState::Active, runs()), told);
    let failed = Change::Failed("update storage failed".into());
    assert_eq!(
        status(sdk::ClusterState::Active, failed),
        Status::Failed("update storage failed".into())
    );
    let info = sdk::StateInfo::builder().code("LIMIT").message("no addresses").build();
    let cluster = sdk::Cluster::builder().state(sdk::ClusterState::Failed).state_info(info).build();
    let Status::Failed(why) = look::status(&cluster, Change::None) else { panic!("it failed") };
    assert!(why.starts_with("LIMIT: no addresses"), "{why}");
}

fn phase(have: &[(&str, Value)], want: &[(&str, Value)]) -> Option<Phase> {
    let (have, want) = (spec(have), spec(want));
    let diff: Vec<FieldDiff> = compare(&document(&want), &document(&have));
    let live = Live {
        kind: MskCluster::NAME.into(),
        identity: Identity("orders-stream".into()),
        document: document(&have),
        facts: Facts::new(),
        owner: None,
        status: Status::Current,
        holdings: None,
        parent: None,
        held: None,
        remark: None,
    };
    let want = Wanted {
        identity: "orders-stream".into(),
        spec: want,
        owner: Owner::new("orders", Address::new("stream")),
        before: Before::default(),
        sent: Sent::default(),
    };
    Phase::next(&Changing { want, have, live: &live, diff: &diff })
}

#[test]
fn what_is_left_comes_in_the_order_of_msk() {
    let check = |want: &[(&str, Value)], expected: Option<Phase>| {
        assert_eq!(phase(&[], want), expected, "{want:?}");
    };
    let kind = ("broker_node_group_info.instance_type", json!("kafka.m5.xlarge"));
    let count = ("number_of_broker_nodes", json!(6));
    let version = ("kafka_version", json!("3.9.x"));
    let configuration = ("configuration_info", json!({ "arn": "arn", "revision": "2" }));
    let clients = ("client_authentication.sasl.scram", json!(true));
    check(&[], None);
    check(&[kind.clone(), count.clone()], Some(Phase::BrokerType));
    check(&[count, version.clone()], Some(Phase::BrokerCount));
    check(std::slice::from_ref(&configuration), Some(Phase::Configuration));
    check(&[configuration, version.clone()], Some(Phase::Version));
    check(&[version, clients.clone()], Some(Phase::Version));
    check(&[clients], Some(Phase::Security));
    check(
        &[("encryption_info.encryption_in_transit.client_broker", json!("TLS_PLAINTEXT"))],
        Some(Phase::Security),
    );
    check(&[("storage_mode", json!("TIERED"))], Some(Phase::StorageMode));
    check(&[("logging_info.broker_logs.s3.bucket", json!("b"))], Some(Phase::Monitoring));
    let public = (
        "broker_node_group_info.connectivity_info.public_access.type",
        json!("SERVICE_PROVIDED_EIPS"),
    );
    let open = [("client_authentication.unauthenticated", json!(true))];
    assert_eq!(
        phase(&open, std::slice::from_ref(&public)),
        Some(Phase::Security),
        "nobody unknown comes in"
    );
    assert_eq!(
        phase(std::slice::from_ref(&public), &open),
        Some(Phase::Connectivity),
        "nor while it is open"
    );
    check(&[public], Some(Phase::Connectivity));
    let size = "broker_node_group_info.storage_info.ebs_storage_info.volume_size";
    check(&[(size, json!(200)), kind], Some(Phase::BrokerType));
}

#[test]
fn an_arn_tells_the_name_and_the_sort() {
    let arn = |end: &str| {
        format!("arn:aws:kafka:eu-central-1:123456789012:cluster/orders/5e1d-0000-{end}")
    };
    assert_eq!(MskCluster::identify(&arn("7")).as_deref(), Some("orders"));
    assert_eq!(MskCluster::identify(&arn("s1")), None);
    let other = "arn:aws:kafka:eu-central-1:123456789012:configuration/orders/5e1d-7";
    assert_eq!(MskCluster::identify(other), None);
}
