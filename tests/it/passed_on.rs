//! What one stack passes on to another of what it looked up itself.

use serde_json::Value;

use crate::existing::{network, put_parameter};
use crate::support::emulator;
use crate::transcripts::Desk;

/// It looks up what it promises, and names an object after that.
const NETWORK: &str = r#"
stack: network
region: us-east-1
existing:
  vpc: { kind: vpc, tags: { Name: passed } }
  nets: { kind: subnet, vpc: "${existing.vpc.id}", tags: { tier: passed }, count: 2 }
  limit: { kind: ssm_parameter, name: /passed/limit }
resources:
  box: { kind: sqs_queue, name: "box-${existing.limit.value}" }
outputs:
  vpc_id: "${existing.vpc.id}"
  net: "${existing.nets.0.id}"
  limit: "${existing.limit.value}"
  box_url: "${box.url}"
"#;
const APP: &str = r#"
stack: app
region: us-east-1
uses: { network: network.yaml }
resources:
  queue:
    kind: sqs_queue
    tags: { vpc: "${network.vpc_id}", net: "${network.net}", limit: "${network.limit}" }
  inbox: { kind: sqs_queue, tags: { of: "${network.box_url}" } }
"#;

/// Both, with what they look up, and the network's id.
fn desk() -> (Desk, String) {
    let account = emulator::ministack().account();
    let vpc = network(&account, "passed");
    put_parameter(&account, "/passed/limit", "String", "7");
    let desk = Desk::with(account, "");
    desk.write("network.yaml", NETWORK);
    desk.write("app.yaml", APP);
    (desk, vpc)
}

#[test]
fn what_a_stack_looked_up_is_known_to_who_uses_it() {
    let (desk, vpc) = desk();
    desk.must("apply -y network.yaml", 0);
    let planned = desk.must("plan app.yaml", 0).stdout;
    assert_eq!(planned.matches(&vpc).count(), 2, "as an output, and as a tag: {planned}");
    assert!(!planned.contains("known after apply"), "{planned}");
    desk.must("apply -y app.yaml", 0);
    desk.must("plan --detailed-exitcode app.yaml", 0);
    desk.must("plan --detailed-exitcode network.yaml app.yaml", 0);
}

/// A plan file relies on what was found, whoever looked it up.
#[test]
fn a_plan_is_stale_when_what_is_passed_on_is_another() {
    let (desk, _) = desk();
    desk.must("apply -y network.yaml", 0);
    desk.must("plan --out plan.json app.yaml", 0);
    put_parameter(&desk.account, "/passed/limit", "String", "8");
    let stale = desk.must("apply -y --plan plan.json", 5).stderr;
    let expected = "the plan is stale: network/existing.limit is not what it was";
    assert!(stale.contains(expected), "{stale}");
    put_parameter(&desk.account, "/passed/limit", "String", "7");
    desk.must("apply -y --plan plan.json", 0);
}

#[test]
fn what_a_stack_passes_on_and_is_not_there_is_told() {
    let (desk, _) = desk();
    desk.write("network.yaml", &NETWORK.replace("/passed/limit", "/passed/nothing"));
    let told = desk.must("plan app.yaml", 5).stderr;
    assert!(told.contains("existing.limit: there is no ssm_parameter /passed/nothing"), "{told}");
    assert!(told.contains("network.yaml:7:3"), "{told}");
    // Who does not ask for that is not kept from anything.
    let app = "stack: app\nregion: us-east-1\nuses: { network: network.yaml }\nresources:\n  \
               queue: { kind: sqs_queue, tags: { vpc: \"${network.vpc_id}\" } }\n";
    desk.write("app.yaml", app);
    desk.must("plan app.yaml", 0);
}

/// Every call of a plan is among those that it is said to make.
#[test]
fn what_is_looked_up_for_another_is_in_the_policy() {
    let (desk, _) = desk();
    desk.must("apply -y network.yaml", 0);
    let allowed = actions(&desk, "app.yaml");
    for action in ["ec2:DescribeVpcs", "ec2:DescribeSubnets", "ssm:GetParameter"] {
        assert!(allowed.contains(&action.to_owned()), "{action}: {allowed:?}");
    }
    // A topic is found by its cluster, so that both are looked at.
    desk.write(
        "platform.yaml",
        &[CLUSTER, TOPIC, "outputs: { topic: \"${topic.arn}\" }\n"].concat(),
    );
    let app = "stack: app\nregion: us-east-1\nuses: { platform: platform.yaml }\nresources:\n  \
               queue: { kind: sqs_queue, tags: { of: \"${platform.topic}\" } }\n";
    desk.write("app.yaml", app);
    let allowed = actions(&desk, "app.yaml");
    assert!(allowed.contains(&"kafka:DescribeClusterV2".to_owned()), "{allowed:?}");
}

/// What somebody is allowed to plan a stack.
fn actions(desk: &Desk, stack: &str) -> Vec<String> {
    let told = desk.must(&format!("iam --for plan {stack}"), 0).stdout;
    let policy: Value = serde_json::from_str(&told).expect("a policy");
    let statements = policy["Statement"].as_array().expect("statements").iter();
    let actions = statements.flat_map(|it| it["Action"].as_array().expect("actions"));
    actions.map(|it| it.as_str().expect("an action").to_owned()).collect()
}

const CLUSTER: &str = r"
stack: platform
region: us-east-1
resources:
  stream:
    kind: msk_cluster
    client_authentication: { sasl: { scram: true } }
    kafka_version: 3.8.x
    number_of_broker_nodes: 3
    broker_node_group_info:
      instance_type: kafka.m7g.large
      client_subnets: [subnet-1, subnet-2, subnet-3]
      security_groups: [sg-1]
      storage_info: { ebs_storage_info: { volume_size: 100 } }
";
const TOPIC: &str = r#"
  topic:
    kind: msk_topic
    cluster_arn: "${stream.arn}"
    partition_count: 3
    replication_factor: 3
"#;
