//! One stack name in two regions; and what a stack's objects say of themselves:
//! their region, their protection, how long they stay.

use aws_sdk_iam::types::Tag;

use super::Desk;
use crate::support::{aws, emulator};

const TRUST: &str = r#"{ Statement: [ { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } ] }"#;

/// A queue, a role and a policy that the role has; the role may have a name.
fn stack(region: &str, name: &str) -> String {
    format!(
        r#"
stack: claims
region: {region}
resources:
  q: {{ kind: sqs_queue }}
  r: {{ kind: iam_role, {name} assume_role_policy: {TRUST}, managed_policy_arns: ["${{p.arn}}"] }}
  p: {{ kind: iam_policy, policy: {{ Statement: [ {{ Effect: Allow, Action: "sqs:*", Resource: "${{q.arn}}" }} ] }} }}
outputs: {{ role: "${{r.arn}}" }}
"#
    )
}

fn without_role(region: &str) -> String {
    stack(region, "")
        .lines()
        .filter(|line| !line.contains("  r:") && !line.contains("outputs"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), "");
    desk.write("here.yaml", &stack("us-east-1", ""));
    desk.write("there.yaml", &stack("eu-west-1", ""));
    desk
}

fn iam(desk: &Desk) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&aws::config(&desk.account))
}

/// The names of the roles under the stack's path.
async fn roles(desk: &Desk) -> Vec<String> {
    let roles = iam(desk).list_roles().path_prefix("/ccprov/claims/").send().await.unwrap();
    let roles = roles.roles().iter().filter(|role| role.path() == "/ccprov/claims/");
    let mut names: Vec<String> = roles.map(|role| role.role_name().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn two_regions_share_nothing_but_the_stacks_name() {
    let desk = desk();
    desk.must("apply -y here.yaml", 0);
    desk.must("apply -y there.yaml", 0);
    assert_eq!(roles(&desk).await, ["claims-r-eu-west-1", "claims-r-us-east-1"]);
    for region in ["us-east-1", "eu-west-1"] {
        let list = desk.must(&format!("list --region {region}"), 0).stdout;
        assert_eq!(list, "claims     3 objects: 1 iam_policy, 1 iam_role, 1 sqs_queue\n");
    }
    desk.must("plan --detailed-exitcode here.yaml", 0);
    desk.write("less.yaml", &without_role("eu-west-1"));
    let plan = desk.must("plan less.yaml", 0).stdout;
    assert!(plan.contains("- r  iam_role /ccprov/claims/claims-r-eu-west-1"), "{plan}");
    assert!(plan.contains("Plan: 0 to add, 0 to change, 1 to destroy."), "{plan}");
    desk.must("apply -y less.yaml", 0);
    assert_eq!(roles(&desk).await, ["claims-r-us-east-1"]);
    // Where it never lived, there is nothing to destroy.
    let nowhere = desk.must("destroy -y --stack claims --region ap-south-1", 1);
    assert!(nowhere.stderr.contains("nothing belongs to a stack `claims`"), "{nowhere}");
    assert_eq!(desk.must("list --region ap-south-1", 0).stdout, "");
    desk.must("destroy -y there.yaml", 0);
    desk.must("plan --detailed-exitcode here.yaml", 0);
    desk.must("destroy -y --stack claims --region us-east-1", 0);
    assert_eq!(roles(&desk).await, [""; 0]);
    let typo = desk.must("list --region nowhere-1", 1);
    assert!(typo.stderr.contains("`nowhere-1` is not a region"), "{typo}");
}

#[tokio::test]
async fn a_stated_name_belongs_to_one_region() {
    let desk = desk();
    desk.write("here.yaml", &stack("us-east-1", "name: shared,"));
    desk.write("there.yaml", &stack("eu-west-1", "name: shared,"));
    desk.must("apply -y here.yaml", 0);
    for command in ["plan", "apply -y"] {
        let refused = desk.must(&format!("{command} there.yaml"), 5);
        let told = "iam_role /ccprov/claims/shared belongs to stack claims in us-east-1";
        assert!(refused.stderr.contains(told), "{refused}");
        assert!(refused.stderr.contains("${region}"), "{refused}");
    }
    desk.must("destroy -y there.yaml", 0);
    assert_eq!(roles(&desk).await, ["shared"]);
}

/// As a ccprov made it that knew of no regions.
async fn made_before(desk: &Desk, name: &str) {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let call = iam(desk).create_role().path("/ccprov/claims/").role_name(name);
    let call = call.assume_role_policy_document(trust);
    let call = call.tags(tag("ccprov:stack", "claims")).tags(tag("ccprov:address", "r"));
    call.send().await.unwrap();
}

#[tokio::test]
async fn what_an_earlier_ccprov_made_keeps_its_name_and_gets_a_region() {
    let desk = desk();
    made_before(&desk, "claims-r").await;
    // Nobody has claimed it: nobody deletes it.
    let listed = desk.must("list", 0).stdout;
    assert!(listed.contains("claims     0 objects; of no region: 1 iam_role"), "{listed}");
    let nothing = desk.must("destroy -y here.yaml", 5);
    assert!(nothing.stderr.contains("claims-r carries no region, and is left"), "{nothing}");
    assert!(nothing.stderr.contains("apply the stack once to claim it"), "{nothing}");
    let by_name = desk.must("destroy -y --stack claims", 5);
    assert!(by_name.stderr.contains("claims-r carries no region, and is left"), "{by_name}");
    // Its declaration claims it, by a tag alone; all that is predicted follows.
    let plan = desk.must("plan here.yaml", 0).stdout;
    assert!(plan.contains("~ owner                claims/r -> claims in us-east-1/r"), "{plan}");
    assert!(plan.contains("role/ccprov/claims/claims-r\n"), "{plan}");
    desk.must("apply -y here.yaml", 0);
    desk.must("plan --detailed-exitcode here.yaml", 0);
    let told = desk.must("output --name role --format raw here.yaml", 0).stdout;
    assert!(told.ends_with("role/ccprov/claims/claims-r\n"), "{told}");
    desk.must("apply -y there.yaml", 0);
    assert_eq!(roles(&desk).await, ["claims-r", "claims-r-eu-west-1"]);
    desk.must("plan --detailed-exitcode here.yaml", 0);
    desk.must("destroy -y there.yaml", 0);
    desk.must("destroy -y here.yaml", 0);
    assert_eq!(roles(&desk).await, [""; 0]);
}

/// A stated name is claimed in place.
#[tokio::test]
async fn what_an_earlier_ccprov_made_under_a_stated_name_is_claimed() {
    let desk = desk();
    made_before(&desk, "shared").await;
    desk.write("here.yaml", &stack("us-east-1", "name: shared,"));
    desk.must("apply -y here.yaml", 0);
    assert_eq!(roles(&desk).await, ["shared"]);
    desk.must("plan --detailed-exitcode here.yaml", 0);
    // Under a name that this stack would not give, it may be another region's.
    made_before(&desk, "elsewhere").await;
    let plan = desk.must("plan --detailed-exitcode here.yaml", 0).stdout;
    assert!(plan.contains("/ccprov/claims/elsewhere carries no region, and is left"), "{plan}");
    let some = desk.must("destroy -y here.yaml", 6);
    assert!(some.stderr.contains("/ccprov/claims/elsewhere carries no region"), "{some}");
    assert_eq!(roles(&desk).await, ["elsewhere"]);
}

/// A tidy soul takes away all tags that it does not know.
#[tokio::test]
async fn what_lost_its_tags_is_told_and_not_called_destroyed() {
    let desk = desk();
    desk.must("apply -y here.yaml", 0);
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let url = sqs.get_queue_url().queue_name("claims-q").send().await.unwrap();
    let keys = || ["ccprov:stack", "ccprov:address", "ccprov:region"].map(str::to_owned).to_vec();
    let call = sqs.untag_queue().queue_url(url.queue_url().unwrap());
    call.set_tag_keys(Some(keys())).send().await.unwrap();
    let some = desk.must("destroy -y here.yaml", 6);
    assert!(some.stderr.contains("sqs_queue claims-q carries no owner tag, and is left"), "{some}");
    let none = desk.must("destroy -y here.yaml", 5);
    assert!(none.stderr.contains("sqs_queue claims-q carries no owner tag, and is left"), "{none}");
    desk.must("apply -y here.yaml", 5);
    let file =
        stack("us-east-1", "").replace("sqs_queue }", "sqs_queue, lifecycle: { adopt: true } }");
    desk.write("here.yaml", &file);
    desk.must("apply -y here.yaml", 0);
    let name = "claims-r-us-east-1";
    iam(&desk).untag_role().role_name(name).set_tag_keys(Some(keys())).send().await.unwrap();
    let by_name = desk.must("destroy -y --stack claims", 6);
    assert!(by_name.stderr.contains(&format!("{name} carries no owner tag")), "{by_name}");
    let listed = desk.must("list", 0).stdout;
    assert!(
        listed.contains("claims     1 object: 1 iam_policy; of no region: 1 iam_role"),
        "{listed}"
    );
}

#[test]
fn what_is_protected_is_so_without_its_file() {
    let desk = desk();
    let kept = "stack: claims\nregion: us-east-1\nresources:\n  q: { kind: sqs_queue, lifecycle: { prevent_destroy: true } }\n";
    desk.write("kept.yaml", kept);
    desk.write("none.yaml", "stack: claims\nregion: us-east-1\nresources: {}\n");
    desk.must("apply -y kept.yaml", 0);
    desk.must("plan --detailed-exitcode kept.yaml", 0);
    for command in [
        "destroy -y --stack claims --allow-data-loss",
        "apply -y none.yaml",
        "destroy -y kept.yaml",
    ] {
        let refused = desk.must(command, 5);
        assert!(refused.stderr.contains("q is protected from being deleted"), "{refused}");
    }
    let free = kept.replace(", lifecycle: { prevent_destroy: true }", "");
    desk.write("free.yaml", &free);
    desk.must("apply -y free.yaml", 0);
    desk.must("plan --detailed-exitcode free.yaml", 0);
    desk.must("destroy -y --stack claims", 0);
}

/// What is in a queue is lost alike, whichever command deletes it.
#[tokio::test]
async fn destroy_and_removal_ask_for_the_same() {
    let desk = desk();
    desk.write("none.yaml", "stack: claims\nregion: us-east-1\nresources: {}\n");
    let queue = "stack: claims\nregion: us-east-1\nresources:\n  q: { kind: sqs_queue, delay_seconds: DELAY }\n";
    // One that can be received, and one that is still delayed.
    for (delay, told) in [("0", "about 1 message"), ("900", "about 2 messages")] {
        desk.write("queue.yaml", &queue.replace("DELAY", delay));
        desk.must("apply -y queue.yaml", 0);
        let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
        let url = sqs.get_queue_url().queue_name("claims-q").send().await.unwrap();
        let url = url.queue_url().unwrap();
        sqs.send_message().queue_url(url).message_body("one").send().await.unwrap();
        for command in ["apply -y none.yaml", "destroy -y queue.yaml", "destroy -y --stack claims"]
        {
            let refused = desk.must(command, 5);
            let told = format!("q would be deleted, and holds {told}");
            assert!(refused.stderr.contains(&told), "{refused}");
            assert!(refused.stderr.contains("--allow-data-loss"), "{refused}");
        }
    }
    desk.must("apply -y --allow-data-loss none.yaml", 0);
    // Another queue, that holds nothing now.
    let empty = queue.replace("  q:", "  e:").replace("DELAY", "0");
    desk.write("queue.yaml", &empty);
    desk.must("apply -y queue.yaml", 0);
    desk.must("apply -y none.yaml", 0);
}

/// The file goes before what the last apply wrote to the key.
#[tokio::test]
async fn a_key_waits_as_long_as_the_file_says() {
    const DAY: i64 = 24 * 60 * 60;
    for (applied, stated) in [(7, 30), (30, 7)] {
        let desk = desk();
        let key = |days: i32| {
            format!(
                "stack: claims\nregion: us-east-1\nresources:\n  k: {{ kind: kms_key, deletion_window_in_days: {days} }}\n"
            )
        };
        desk.write("key.yaml", &key(applied));
        desk.must("apply -y key.yaml", 0);
        desk.write("key.yaml", &key(stated));
        let plan = desk.must("plan --destroy key.yaml", 0).stdout;
        assert!(plan.contains(&format!("it is gone for good {stated} days later")), "{plan}");
        desk.must("destroy -y key.yaml", 0);
        let kms = aws_sdk_kms::Client::new(&aws::config(&desk.account));
        let key =
            kms.describe_key().key_id("alias/claims-k").send().await.unwrap().key_metadata.unwrap();
        let wait = key.deletion_date().unwrap().secs() - key.creation_date().unwrap().secs();
        assert_eq!((wait + DAY / 2) / DAY, i64::from(stated), "{applied} days were applied");
    }
}

/// A tag that anybody may write neither empties nor deletes what has a name of
/// its own.
#[tokio::test]
async fn a_tag_is_no_permission() {
    use aws_sdk_s3::primitives::ByteStream;
    use aws_sdk_s3::types::{Tag, Tagging};

    let desk = desk();
    let s3 = aws::s3(&desk.account);
    s3.create_bucket().bucket("payroll").send().await.unwrap();
    s3.put_object()
        .bucket("payroll")
        .key("k")
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let tags = Tagging::builder()
        .tag_set(tag("ccprov:stack", "claims"))
        .tag_set(tag("ccprov:address", "bucket"))
        .tag_set(tag("ccprov:force-destroy", "true"));
    s3.put_bucket_tagging().bucket("payroll").tagging(tags.build().unwrap()).send().await.unwrap();
    let sns = aws_sdk_sns::Client::new(&aws::config(&desk.account));
    let sns_tag = |key: &str, value: &str| {
        aws_sdk_sns::types::Tag::builder().key(key).value(value).build().unwrap()
    };
    let call = sns.create_topic().name("alarms").tags(sns_tag("ccprov:stack", "claims"));
    call.tags(sns_tag("ccprov:address", "topic")).send().await.unwrap();
    for command in ["apply -y here.yaml", "destroy -y --stack claims --region us-east-1"] {
        let refused = desk.must(command, 5);
        assert!(
            refused.stderr.contains("bucket would be deleted, and holds 1 object"),
            "{refused}"
        );
        let told = "topic would be deleted, and its name is not one that this stack gives";
        assert!(refused.stderr.contains(told), "{refused}");
        assert!(refused.stderr.contains("take its tag `ccprov:stack` away"), "{refused}");
    }
    assert!(s3.head_object().bucket("payroll").key("k").send().await.is_ok());
}

#[test]
fn a_stacks_name_is_checked_on_the_command_line() {
    let desk = desk();
    for name in ["", "x*", "X", "a b"] {
        let refused =
            desk.run_exactly(&["destroy", "-y", "--stack", name, "--region", "us-east-1"]);
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("cannot be a stack's name"), "{refused}");
    }
}
