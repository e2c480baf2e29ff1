//! Who uses a stack that is to go, where names alone would not tell: namesakes in other regions
//! and accounts, and users whose files say nothing of it any more.

use serde_json::Value;

use crate::support::emulator;
use crate::transcripts::Desk;

const PLATFORM: &str = r#"
stack: platform
region: us-east-1
resources: { topic: { kind: sns_topic } }
outputs: { topic_arn: "${topic.arn}" }
"#;
const APP: &str = r#"
stack: app
region: us-east-1
uses: { platform: platform.yaml }
resources: { queue: { kind: sqs_queue, tags: { hears: "${platform.topic_arn}" } } }
"#;
const TRUST: &str = r#"{ Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } }"#;

fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), "");
    desk.write("platform.yaml", PLATFORM);
    desk.write("app.yaml", APP);
    desk
}

/// A stack of a role, which is the same in all regions, that uses another one.
fn role_of(stack: &str, region: &str, used: &str) -> String {
    format!(
        "stack: {stack}\nregion: {region}\nuses: {{ used: {used} }}\nresources:\n  role: {{ kind: \
         iam_role, description: \"for ${{used.topic_arn}}\", assume_role_policy: {TRUST} }}\n"
    )
}

#[test]
fn of_two_namesakes_that_use_a_stack_one_does_not_go_for_the_other() {
    let desk = desk();
    for (file, region) in [("eu.yaml", "eu-west-1"), ("us.yaml", "us-east-1")] {
        desk.write(file, &role_of("app", region, "platform.yaml"));
    }
    desk.must("apply -y platform.yaml eu.yaml us.yaml", 0);
    for (goes, stays) in [("eu.yaml", "app"), ("us.yaml", "app in eu-west-1")] {
        let refused = desk.must(&format!("destroy -y platform.yaml {goes}"), 5).stderr;
        let told = format!("stack platform: role of stack {stays} uses outputs of platform\n");
        assert_eq!(refused.matches("uses outputs of").count(), 1, "{refused}");
        assert!(refused.contains(&told), "{refused}");
    }
    desk.must("destroy -y platform.yaml eu.yaml us.yaml", 0);
}

#[test]
fn a_namesake_of_a_user_in_another_region_or_account_does_not_go_for_it() {
    let desk = desk();
    desk.must("apply -y platform.yaml app.yaml", 0);
    let account = emulator::ministack().account().id;
    let elsewhere = [
        "region: eu-west-1".to_owned(),
        format!("region: us-east-1\nrole: arn:aws:iam::{account}:role/deployer"),
    ];
    for place in elsewhere {
        let namesake =
            format!("stack: app\n{place}\nresources: {{ queue: {{ kind: sqs_queue }} }}\n");
        desk.write("namesake.yaml", &namesake);
        let refused = desk.must("destroy -y platform.yaml namesake.yaml", 5).stderr;
        assert!(refused.contains("queue of stack app uses outputs of platform"), "{refused}");
    }
    desk.must("destroy -y platform.yaml app.yaml", 0);
}

/// It is found in every region, because its role is.
#[test]
fn a_namesake_that_uses_a_stack_is_not_taken_for_it() {
    let desk = desk();
    let keys = PLATFORM.replace("platform", "keys");
    desk.write("eu.yaml", &keys.replace("us-east-1", "eu-west-1"));
    desk.write("us.yaml", &role_of("keys", "us-east-1", "eu.yaml"));
    desk.must("apply -y eu.yaml us.yaml", 0);
    let refused = desk.must("destroy -y --stack keys --region eu-west-1", 5).stderr;
    let told = "error: role of stack keys in us-east-1 uses outputs of keys\n";
    assert!(refused.contains(told), "{refused}");
    desk.must("destroy -y us.yaml eu.yaml", 0);
}

/// Its file says nothing of the platform any more, and nobody has applied that.
#[test]
fn who_holds_what_it_uses_no_more_goes_before_it() {
    let desk = desk();
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.write("app.yaml", "stack: app\nregion: us-east-1\nresources: {}\n");
    let planned = desk.must("plan --destroy --out gone.json platform.yaml app.yaml", 0).stdout;
    let place = |what: &str| planned.find(what).unwrap_or_else(|| panic!("{what}: {planned}"));
    assert!(place("Stack app ") < place("Stack platform "), "{planned}");
    let told = desk.must("apply -y --json --plan gone.json", 0).stdout;
    let events = told.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let events: Vec<Value> = events.collect();
    let of = |what: &str, address: &str| {
        let is_it = |it: &Value| it["event"] == what && it["address"] == address;
        events.iter().position(is_it).unwrap_or_else(|| panic!("{what} of {address}: {told}"))
    };
    assert!(of("step_finished", "app/queue") < of("step_started", "platform/topic"), "{told}");
}

/// Who used whom was turned about in the files, and nobody has applied that.
#[test]
fn files_and_tags_that_contradict_each_other_are_told_of() {
    let desk = desk();
    desk.must("apply -y platform.yaml app.yaml", 0);
    let app = "stack: app\nregion: us-east-1\nresources: { queue: { kind: sqs_queue } }\n\
               outputs: { queue_arn: \"${queue.arn}\" }\n";
    desk.write("app.yaml", app);
    let platform = "stack: platform\nregion: us-east-1\nuses: { app: app.yaml }\nresources: \
                    { topic: { kind: sns_topic, tags: { told: \"${app.queue_arn}\" } } }\n";
    desk.write("platform.yaml", platform);
    let told = desk.must("destroy -y platform.yaml app.yaml", 5).stderr;
    assert!(told.contains("the stacks use each other"), "{told}");
    let told = desk.must("plan --destroy platform.yaml app.yaml", 5).stderr;
    assert!(told.contains("the stacks use each other"), "{told}");
    desk.must("destroy -y app.yaml", 0);
    desk.must("destroy -y platform.yaml", 0);
}
