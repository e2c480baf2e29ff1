//! Stacks that were renamed, once and again, by the binary on an emulator: with their files,
//! without them, and with files that do not say all.

use aws_sdk_sns::types::Topic;

use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::transcripts::Desk;

const TRUST: &str = r#"{ Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } }"#;
const DOCUMENT: &str =
    r#"{ Statement: { Effect: Allow, Action: "sqs:SendMessage", Resource: "*" } }"#;

/// One that AWS's index tells by its tags, and two that only IAM tells, by their paths.
fn file(header: &str, topic: &str) -> String {
    format!(
        "{header}\nregion: us-east-1\nresources:\n{topic}  \
         role: {{ kind: iam_role, assume_role_policy: {TRUST} }}\n  \
         policy: {{ kind: iam_policy, policy: {DOCUMENT} }}\n"
    )
}

const TOPIC: &str = "  topic: { kind: sns_topic }\n";

fn whole(header: &str) -> String {
    file(header, TOPIC)
}

/// Applied by one header after another.
fn desk(headers: &[&str]) -> Desk {
    let desk = Desk::with(emulator::ministack().account(), "");
    for header in headers {
        desk.write("stack.yaml", &whole(header));
        desk.must("apply -y stack.yaml", 0);
    }
    desk
}

/// The names of all topics and of all roles and policies of stacks.
async fn names(account: &Account) -> Vec<String> {
    let (sns, iam) = (
        aws_sdk_sns::Client::new(&aws::config(account)),
        aws_sdk_iam::Client::new(&aws::config(account)),
    );
    let topics = sns.list_topics().send().await.expect("topics").topics.unwrap_or_default();
    let roles = iam.list_roles().send().await.expect("roles").roles;
    let policies = iam.list_policies().scope("Local".into()).send().await.expect("policies");
    let topics = topics.into_iter().filter_map(|Topic { topic_arn, .. }| topic_arn);
    let roles = roles.into_iter().map(|role| role.arn);
    let policies = policies.policies.unwrap_or_default().into_iter().filter_map(|it| it.arn);
    let own = |arn: String| arn.rsplit([':', '/']).next().map(str::to_owned);
    let mut names: Vec<String> = topics.chain(roles).chain(policies).filter_map(own).collect();
    names.sort();
    names
}

const OF_U1: [&str; 3] = ["u1-policy-us-east-1", "u1-role-us-east-1", "u1-topic"];

#[tokio::test]
async fn a_renamed_stack_is_listed_and_destroyed_by_its_name_alone() {
    let desk = desk(&["stack: u1", "stack: u2\nwas: u1"]);
    assert_eq!(names(&desk.account).await, OF_U1);
    let listed = desk.must("list --stack u2", 0).stdout;
    for address in ["topic", "role", "policy"] {
        assert!(
            listed.contains(&format!("\n{address} ")) || listed.starts_with(address),
            "{listed}"
        );
    }
    // What it was called is nobody's by now.
    let nothing = desk.must("destroy -y --stack u1 --allow-data-loss", 1).to_string();
    assert!(nothing.contains("nothing belongs to a stack `u1`"), "{nothing}");
    assert_eq!(names(&desk.account).await, OF_U1);
    desk.must("destroy -y --stack u2 --allow-data-loss", 0);
    assert_eq!(names(&desk.account).await, [""; 0]);
}

#[tokio::test]
async fn who_uses_a_stack_by_its_former_name_is_seen_by_its_name_alone() {
    let desk = desk(&["stack: u1"]);
    let outputs = "outputs: { topic_arn: \"${topic.arn}\" }\n";
    desk.write("stack.yaml", &(whole("stack: u1") + outputs));
    desk.write(
        "app.yaml",
        "stack: app\nregion: us-east-1\nuses: { platform: stack.yaml }\nresources:\n  \
         queue: { kind: sqs_queue, tags: { of: \"${platform.topic_arn}\" } }\n",
    );
    desk.must("apply -y app.yaml", 0);
    desk.write("stack.yaml", &(whole("stack: u2\nwas: u1") + outputs));
    desk.must("apply -y stack.yaml", 0);
    let refused = desk.must("destroy -y --stack u2 --allow-data-loss", 5).to_string();
    assert!(refused.contains("queue of stack app uses outputs of u2"), "{refused}");
    assert_eq!(names(&desk.account).await, OF_U1);
    let nothing = desk.must("destroy -y --stack u1", 1).to_string();
    assert!(nothing.contains("nothing belongs to a stack `u1`"), "{nothing}");
    desk.must("destroy -y --stack u2 --allow-data-loss --despite-users", 0);
    assert_eq!(names(&desk.account).await, [""; 0]);
}

#[tokio::test]
async fn a_stack_is_renamed_again_and_keeps_everything() {
    let desk = desk(&["stack: u1", "stack: u2\nwas: u1", "stack: u3\nwas: [u2, u1]"]);
    assert_eq!(names(&desk.account).await, OF_U1);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    // One that was never applied between goes by all of its names, too.
    desk.write("stack.yaml", &whole("stack: u5\nwas: [u4, u3, u2, u1]"));
    desk.must("apply -y stack.yaml", 0);
    assert_eq!(names(&desk.account).await, OF_U1);
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
    assert_eq!(names(&desk.account).await, [""; 0]);
}

/// What it made when it was called otherwise, and had not said what it was before.
#[tokio::test]
async fn names_are_kept_from_whichever_name_gave_them() {
    let desk = desk(&["stack: u2"]);
    let had = names(&desk.account).await;
    desk.write("stack.yaml", &whole("stack: u3\nwas: [u2, u1]"));
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2).to_string();
    assert!(plan.contains("0 to add, 3 to change, 0 to destroy"), "{plan}");
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    assert_eq!(names(&desk.account).await, had);
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
    assert_eq!(names(&desk.account).await, [""; 0]);
}

#[tokio::test]
async fn a_name_that_is_not_said_is_asked_for_and_nothing_is_lost() {
    let desk = desk(&["stack: u1", "stack: u2\nwas: u1"]);
    let check = |header: &str, topic: &str, said: &str| {
        desk.write("stack.yaml", &file(header, topic));
        let refused = desk.must("apply -y stack.yaml", 5).to_string();
        assert!(refused.contains(&format!("if this stack was `u1`, write {said}")), "{refused}");
        let objects = if topic.is_empty() { 2 } else { 3 };
        let told = refused.matches("would be replaced, to have another name").count();
        assert_eq!(told, objects, "{refused}");
    };
    // Taken out after the apply.
    check("stack: u2", TOPIC, "`was: u1`");
    // Renamed again, and only the last name is said.
    check("stack: u3\nwas: u2", TOPIC, "`was: [u2, u1]`");
    assert_eq!(names(&desk.account).await, OF_U1);
    // What says so is meant.
    desk.write("stack.yaml", &whole("stack: u2"));
    desk.must("apply -y --allow-data-loss stack.yaml", 0);
    let had = ["u2-policy-us-east-1", "u2-role-us-east-1", "u2-topic"];
    assert_eq!(names(&desk.account).await, had);
}

/// Of a stack of roles alone no index tells anything by its tags.
#[tokio::test]
async fn roles_alone_are_not_left_behind_either() {
    let desk = Desk::with(emulator::ministack().account(), "");
    for header in ["stack: u1", "stack: u2\nwas: u1"] {
        desk.write("stack.yaml", &file(header, ""));
        desk.must("apply -y stack.yaml", 0);
    }
    desk.write("stack.yaml", &file("stack: u2", ""));
    let refused = desk.must("apply -y stack.yaml", 5).to_string();
    assert!(refused.contains("if this stack was `u1`, write `was: u1`"), "{refused}");
    // Whoever has resources of the same addresses is another.
    desk.write("stack.yaml", &file("stack: other", ""));
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &file("stack: u2", ""));
    desk.must("destroy -y stack.yaml", 0);
    let left = ["other-policy-us-east-1", "other-role-us-east-1"];
    assert_eq!(names(&desk.account).await, left);
}

#[tokio::test]
async fn what_moved_and_is_declared_no_more_has_a_name_of_the_stack() {
    let desk = Desk::with(emulator::ministack().account(), "");
    let write = |header: &str, post: &str| {
        let text = format!("{header}\nregion: us-east-1\nresources:\n  {post}\n");
        desk.write("stack.yaml", &text);
    };
    write("stack: box", "inbox: { kind: sqs_queue, for_each: [a, b] }");
    desk.must("apply -y stack.yaml", 0);
    let moved = "stack: box\nmoved: { inbox: post }";
    write(moved, "post: { kind: sqs_queue, for_each: [a, b] }");
    desk.must("apply -y stack.yaml", 0);
    write(moved, "post: { kind: sqs_queue, for_each: [a] }");
    desk.must("apply -y stack.yaml", 0);
    let renamed = "stack: post\nwas: box\nmoved: { inbox: post }";
    write(renamed, "post: { kind: sqs_queue, for_each: [a, c] }");
    desk.must("apply -y stack.yaml", 0);
    // What both renamed is destroyed by its file, whatever that declares by now.
    write(renamed, "post: { kind: sqs_queue, for_each: [] }");
    desk.must("destroy -y stack.yaml", 0);
    assert_eq!(desk.must("list", 0).stdout, "");
}

#[test]
fn two_files_of_which_one_was_the_other_are_told_on_paper() {
    let desk = Desk::with(emulator::ministack().account(), "");
    let check = |a: &str, b: &str, told: &str| {
        desk.write("a.yaml", &format!("{a}\nregion: us-east-1\nresources: {{}}\n"));
        desk.write("b.yaml", &format!("{b}\nregion: us-east-1\nresources: {{}}\n"));
        for command in ["validate", "plan"] {
            let refused = desk.must(&format!("{command} a.yaml b.yaml"), 1).to_string();
            assert!(refused.contains(told), "{refused}");
        }
    };
    check(
        "stack: bills\nwas: billing",
        "stack: billing",
        "a.yaml was stack `billing`, and b.yaml is",
    );
    check(
        "stack: billing",
        "stack: bills\nwas: [invoices, billing]",
        "b.yaml was stack `billing`, and a.yaml is",
    );
    check("stack: a\nwas: billing", "stack: b\nwas: [bills, billing]", "both were stack `billing`");
    check("stack: billing", "stack: billing", "are both stack `billing`");
}
