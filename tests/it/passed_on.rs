//! What one stack passes on to another of what AWS chose and of what it looked up itself: alone,
//! beside it in one command, and when both go.

use serde_json::Value;

use crate::existing::{network, put_parameter};
use crate::stand_in::StandIn;
use crate::support::emulator::{self, Account};
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

/// What the app looks up waits for what the network does.
#[test]
fn what_waits_for_a_stack_of_the_command_is_looked_up_when_that_is_planned() {
    let (desk, _) = desk();
    let app = r#"
stack: app
region: us-east-1
uses: { network: network.yaml }
existing:
  nets: { kind: subnet, vpc: "${network.vpc_id}", tags: { tier: passed }, count: 2 }
resources:
  queue: { kind: sqs_queue, tags: { nets: "${existing.nets.0.id} ${existing.nets.1.id}" } }
"#;
    desk.write("app.yaml", app);
    let planned = desk.must("plan network.yaml app.yaml", 0).stdout;
    assert!(planned.contains("existing.nets.0: subnet subnet-"), "{planned}");
    assert!(!planned.contains("known after apply"), "{planned}");
    desk.must("apply -y network.yaml app.yaml", 0);
    desk.must("plan --detailed-exitcode network.yaml app.yaml", 0);
    desk.must("plan --detailed-exitcode app.yaml", 0);
}

/// AWS chooses what the platform lends.
const PLATFORM: &str = r#"
stack: platform
region: us-east-1
resources: { key: { kind: kms_key } }
outputs: { key_arn: "${key.arn}", key_id: "${key.key_id}" }
"#;

fn beside_platform(account: Account, app: &str) -> Desk {
    let desk = Desk::with(account, "");
    desk.write("platform.yaml", PLATFORM);
    let head = "stack: app\nregion: us-east-1\nuses: { platform: platform.yaml }\n";
    desk.write("app.yaml", &[head, app].concat());
    desk
}

/// Nothing is looked up by what is yet to be made.
#[test]
fn what_is_looked_up_by_what_the_command_is_to_make_is_told() {
    let app = "existing: { key: { kind: kms_key, arn: \"${platform.key_arn}\" } }\n\
               resources: { queue: { kind: sqs_queue, kms_master_key_id: \"${existing.key.key_id}\" } }\n";
    let desk = beside_platform(emulator::ministack().account(), app);
    let told = desk.must("apply -y platform.yaml app.yaml", 5).stderr;
    assert!(told.contains("`existing.key` waits for ${platform.key_arn}"), "{told}");
    assert!(told.contains("`ccprov apply platform.yaml`"), "{told}");
    desk.must("apply -y platform.yaml", 0);
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.must("plan --detailed-exitcode platform.yaml app.yaml", 0);
    desk.must("plan --detailed-exitcode app.yaml", 0);
}

/// Nobody looks for an object by a name that is not known, nor makes it.
#[test]
fn a_name_does_not_wait_for_what_the_command_is_to_make() {
    let app = "resources:\n  queue: { kind: sqs_queue, name: \"q-${platform.key_id}\" }\n  \
               copy: { kind: sqs_queue, name: \"copy-of-${queue.name}\" }\n";
    let desk = beside_platform(emulator::ministack().account(), app);
    let told = desk.must("apply -y platform.yaml app.yaml", 5).stderr;
    for name in ["queue", "copy"] {
        let expected = format!("the name of `{name}` is not known in advance");
        assert!(told.contains(&expected), "{told}");
    }
    assert!(told.contains("it waits for ${platform.key_id}"), "{told}");
    desk.must("apply -y platform.yaml", 0);
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.must("plan --detailed-exitcode platform.yaml app.yaml", 0);
    // By its tags it is found when nobody tells its name any more.
    desk.must("destroy -y --despite-users platform.yaml", 0);
    let gone = desk.must("destroy -y app.yaml", 0).to_string();
    assert!(gone.contains("2 destroyed"), "{gone}");
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

/// A topic carries no tags: it is found by the ARN that AWS chose for another stack's cluster,
/// as long as that is there.
#[test]
fn what_is_found_by_what_another_stack_made_goes_before_that() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    stand_in.with(|services| services.kafka.take_looks(1));
    let desk = Desk::with(account.through(&stand_in.url()), "");
    desk.write("platform.yaml", &[CLUSTER, "outputs: { arn: \"${stream.arn}\" }\n"].concat());
    let app = "stack: app\nregion: us-east-1\nuses: { platform: platform.yaml }\nresources:";
    desk.write("app.yaml", &[app, &TOPIC.replace("stream.arn", "platform.arn")].concat());
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.must("plan --detailed-exitcode platform.yaml app.yaml", 0);
    stand_in.changes();
    let refused = desk.must("destroy -y platform.yaml app.yaml", 5).to_string();
    assert!(refused.contains("stack app: "), "{refused}");
    let kept =
        TOPIC.replace("stream.arn", "platform.arn") + "    lifecycle: { prevent_destroy: true }\n";
    desk.write("app.yaml", &[app, &kept].concat());
    desk.must("destroy -y --allow-data-loss platform.yaml app.yaml", 5);
    assert_eq!(stand_in.changes(), [""; 0]);
    desk.write("app.yaml", &[app, &TOPIC.replace("stream.arn", "platform.arn")].concat());
    desk.must("destroy -y --allow-data-loss platform.yaml app.yaml", 0);
    assert_eq!(stand_in.changes(), ["DeleteTopic", "DeleteCluster"]);
}
