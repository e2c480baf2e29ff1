//! Serverless clusters as they are read.

use aws_sdk_kafka::types::{Cluster, ClusterState, Serverless, ServerlessRequest, StateInfo};
use serde_json::{Value, json};

use super::look::{shown, sorted, status};
use super::*;
use crate::model::{Address, Place, Status};

fn naming(stack: &str) -> Naming {
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    };
    Naming { stack: stack.into(), address: Address::new("events"), place }
}

fn settled(fields: &Value) -> Spec {
    let mut document = json!({
        "vpc_config": [{ "subnet_ids": ["subnet-2", "subnet-1"], "security_group_ids": ["sg-1"] }]
    });
    document.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    MskServerlessCluster::settle(serde_json::from_value(document).unwrap(), &naming("dev"))
}

/// A cluster as AWS would show what was asked for.
fn made(request: &ServerlessRequest) -> Cluster {
    let serverless = Serverless::builder()
        .set_vpc_configs(request.vpc_configs.clone())
        .set_client_authentication(request.client_authentication.clone());
    Cluster::builder().cluster_name("dev-events").serverless(serverless.build()).build()
}

#[test]
fn what_is_sent_comes_back() {
    for fields in [
        json!({}),
        json!({ "client_authentication": {} }),
        json!({ "vpc_config": [
            { "subnet_ids": ["subnet-3", "subnet-4"], "security_group_ids": ["sg-2", "sg-1"] },
            { "subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"] },
        ] }),
    ] {
        let spec = settled(&fields);
        assert_eq!(shown(&made(&request(&spec))), Some(spec));
    }
}

#[test]
fn order_means_nothing() {
    let networks = |subnets: [&str; 2]| {
        settled(
            &json!({ "vpc_config": [{ "subnet_ids": subnets, "security_group_ids": ["sg-1"] }] }),
        )
    };
    assert_eq!(networks(["subnet-1", "subnet-2"]), networks(["subnet-2", "subnet-1"]));
    assert_eq!(sorted("b-2:9098,b-1:9098"), sorted("b-1:9098, b-2:9098"));
}

#[test]
fn a_cluster_is_told_by_its_arn() {
    let identify = |resource: &str| {
        MskServerlessCluster::identify(&format!("arn:aws:kafka:us-east-1:123456789012:{resource}"))
    };
    let uuid = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    assert_eq!(identify(&format!("cluster/events/{uuid}-s1")).as_deref(), Some("events"));
    assert_eq!(identify(&format!("cluster/events/{uuid}-13")), None, "a provisioned one");
    assert_eq!(identify(&format!("topic/events/{uuid}-s1/orders")), None);
    assert_eq!(MskServerlessCluster::identify("arn:aws:sqs:us-east-1:123456789012:q"), None);
}

#[test]
fn what_aws_would_refuse_is_told() {
    let told = |spec: &Spec| -> Vec<String> {
        check(spec).into_iter().map(|problem| problem.path.to_string()).collect()
    };
    assert_eq!(told(&settled(&json!({}))), [""; 0]);
    assert_eq!(told(&settled(&json!({ "cluster_name": "e".repeat(65) }))), ["cluster_name"]);
    let off = json!({ "client_authentication": { "sasl": { "iam": { "enabled": false } } } });
    assert_eq!(told(&settled(&off)), ["client_authentication.sasl.iam.enabled"]);
}

#[test]
fn states_are_told_apart() {
    let seen = |state: ClusterState| status(&Cluster::builder().state(state).build());
    assert_eq!(seen(ClusterState::Active), Status::Current);
    for state in [
        ClusterState::Creating,
        ClusterState::Updating,
        ClusterState::Healing,
        ClusterState::Maintenance,
        ClusterState::RebootingBroker,
    ] {
        assert!(matches!(seen(state.clone()), Status::InProgress(_)), "{state}");
    }
    assert!(matches!(seen(ClusterState::Deleting), Status::Deleting(_)));
    let info = StateInfo::builder().code("NoNetwork").message("no address is left").build();
    let failed = Cluster::builder().state(ClusterState::Failed).state_info(info).build();
    let why = "it failed: NoNetwork: no address is left".to_owned();
    assert_eq!(status(&failed), Status::Failed(why));
}
