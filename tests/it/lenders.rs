//! Stacks that others use, on bad days: renamed, moved, taken, or gone under their users; and
//! stacks of one name, which one command tells apart.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;

use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::transcripts::Desk;

const PLATFORM: &str = r#"
stack: platform
region: us-east-1
resources:
  key: { kind: kms_key }
  topic: { kind: sns_topic }
outputs: { key_arn: "${key.arn}", topic_arn: "${topic.arn}" }
"#;
const APP: &str = r#"
stack: app
region: us-east-1
uses: { platform: platform.yaml }
resources:
  queue: { kind: sqs_queue, kms_master_key_id: "${platform.key_arn}", tags: { of: "${platform.topic_arn}" } }
"#;

/// Both, made.
fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), "");
    desk.write("platform.yaml", PLATFORM);
    desk.write("app.yaml", APP);
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk
}

/// What the tags of the app's queue say of whom it uses.
async fn uses(account: &Account) -> String {
    let sqs = aws_sdk_sqs::Client::new(&aws::config(account));
    let queue = sqs.get_queue_url().queue_name("app-queue").send().await.unwrap();
    let tags = sqs.list_queue_tags().queue_url(queue.queue_url.unwrap()).send().await.unwrap();
    tags.tags().unwrap()["ccprov:uses"].clone()
}

#[tokio::test]
async fn who_uses_a_stack_that_was_renamed_says_so_and_changes_nothing_else() {
    let desk = desk();
    let renamed = PLATFORM.replace("stack: platform", "stack: base\nwas: platform");
    desk.write("platform.yaml", &renamed);
    desk.must("apply -y platform.yaml", 0);
    // Until it is applied, the user goes by the former name, and is known by it.
    let refused = desk.must("destroy -y platform.yaml", 5).to_string();
    assert!(refused.contains("queue of stack app uses outputs of base"), "{refused}");
    let plan = desk.must("plan --detailed-exitcode app.yaml", 2).to_string();
    assert!(plan.contains("0 to add, 1 to change, 0 to destroy"), "{plan}");
    assert_eq!(uses(&desk.account).await, "platform");
    desk.must("apply -y app.yaml", 0);
    desk.must("plan --detailed-exitcode platform.yaml app.yaml", 0);
    assert_eq!(uses(&desk.account).await, "base");
    desk.must("destroy -y platform.yaml", 5);
    desk.must("destroy -y platform.yaml app.yaml", 0);
}

/// Its objects carry the former name until it is applied, and hold all the same.
#[tokio::test]
async fn who_uses_a_stack_that_is_to_be_renamed_waits_for_nothing() {
    let desk = desk();
    desk.write("platform.yaml", &PLATFORM.replace("stack: platform", "stack: base\nwas: platform"));
    desk.must("plan --out plan.json app.yaml", 0);
    desk.must("apply -y --plan plan.json", 0);
    desk.write("app.yaml", &APP.replace("sqs_queue,", "sqs_queue, delay_seconds: 3,"));
    let applied = desk.answered("apply app.yaml", "", "yes\n").await;
    assert_eq!(applied.code, Some(0), "{applied}");
    desk.write("app.yaml", APP);
    desk.must("plan --out plan.json app.yaml", 0);
    let arn = format!("arn:aws:sns:us-east-1:{}:platform-topic", desk.account.id);
    let sns = aws_sdk_sns::Client::new(&aws::config(&desk.account));
    let theirs = aws_sdk_sns::types::Tag::builder().key("ccprov:stack").value("theirs");
    let call = sns.tag_resource().resource_arn(arn).tags(theirs.build().unwrap());
    call.send().await.unwrap();
    let stale = desk.must("apply -y --plan plan.json", 5).stderr;
    assert!(stale.contains("topic of stack platform is not as the plan saw it"), "{stale}");
}

#[test]
fn who_uses_what_was_moved_has_nothing_to_do() {
    let desk = desk();
    let moved = PLATFORM.replace("  key:", "  master:").replace("  topic:", "  news:");
    let moved = moved.replace("${key.", "${master.").replace("${topic.", "${news.");
    desk.write("platform.yaml", &format!("{moved}moved: {{ key: master, topic: news }}\n"));
    desk.must("plan --detailed-exitcode app.yaml", 0);
    desk.must("plan --detailed-exitcode platform.yaml", 2);
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.must("plan --detailed-exitcode platform.yaml app.yaml", 0);
}

/// Its objects go by the former name until it is applied, and it goes along all the same.
#[test]
fn a_user_that_was_renamed_goes_with_what_it_uses() {
    let desk = desk();
    desk.write("app.yaml", &APP.replace("stack: app", "stack: shop\nwas: app"));
    desk.must("destroy -y platform.yaml", 5);
    desk.must("destroy -y platform.yaml app.yaml", 0);
}

/// What AWS chose is known to whoever verifies both, where no plan tells it.
#[test]
fn stacks_that_hold_what_aws_chose_for_others_are_verified_together() {
    let desk = desk();
    let verified = desk.must("verify --only conformance platform.yaml app.yaml", 0).stdout;
    assert_eq!(verified.matches("as declared").count(), 2, "{verified}");
}

/// A warning is not due of what the same command makes.
#[test]
fn what_another_stack_of_the_command_is_to_make_is_not_missed() {
    let desk = Desk::with(emulator::ministack().account(), "");
    let news = r#"
stack: news
region: us-east-1
resources:
  topic: { kind: sns_topic }
  to_inbox: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "arn:aws:sqs:us-east-1:${account}:inbox-queue" }
"#;
    desk.write("news.yaml", news);
    let missed = |other: &str| {
        let text = format!("stack: {other}\nresources: {{ queue: {{ kind: sqs_queue }} }}\n");
        desk.write("other.yaml", &text);
        let plan = desk.must("plan news.yaml other.yaml", 0).to_string();
        plan.contains("inbox-queue, which is not of this stack: is not there")
    };
    assert!(missed("outbox"));
    assert!(!missed("inbox"));
}

/// What each bad day of the platform is for whoever uses it: nothing is changed.
#[tokio::test]
async fn what_is_used_and_was_taken_or_went_is_told() {
    let desk = desk();
    let told = |expected: &str| {
        let plan = desk.must("apply -y app.yaml", 5);
        assert!(plan.stderr.contains(expected), "{plan}");
    };
    let arn = format!("arn:aws:sns:us-east-1:{}:platform-topic", desk.account.id);
    let sns = aws_sdk_sns::Client::new(&aws::config(&desk.account));
    let tag = |value: &str| {
        aws_sdk_sns::types::Tag::builder().key("ccprov:stack").value(value).build().unwrap()
    };
    sns.tag_resource().resource_arn(&arn).tags(tag("theirs")).send().await.unwrap();
    told("topic of `platform` belongs to stack theirs");
    sns.untag_resource().resource_arn(&arn).tag_keys("ccprov:stack").send().await.unwrap();
    told("topic of `platform` carries no owner tag");
    sns.delete_topic().topic_arn(&arn).send().await.unwrap();
    told("`platform` has no topic yet");
    desk.must("apply -y platform.yaml app.yaml", 0);
    let kms = aws_sdk_kms::Client::new(&aws::config(&desk.account));
    kms.schedule_key_deletion().key_id(key(&kms).await).send().await.unwrap();
    told("key of `platform` is on its way out");
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.must("plan --detailed-exitcode platform.yaml app.yaml", 0);
}

async fn key(kms: &aws_sdk_kms::Client) -> String {
    let keys = kms.list_keys().send().await.unwrap();
    keys.keys()[0].key_id().unwrap().to_owned()
}

#[test]
fn stacks_that_use_each_other_are_told_of_before_anybody_is_asked() {
    let desk = Desk::with(emulator::ministack().account(), "");
    let stack = |name: &str, of: &str| {
        format!(
            "stack: {name}\nuses: {{ other: {of}.yaml }}\nresources:\n  q: {{ kind: sqs_queue, \
             tags: {{ of: \"${{other.q}}\" }} }}\noutputs: {{ q: \"${{q.arn}}\" }}\n"
        )
    };
    for (name, of) in [("a", "b"), ("b", "c"), ("c", "a")] {
        desk.write(&format!("{name}.yaml"), &stack(name, of));
    }
    let told = desk.must("apply -y a.yaml b.yaml c.yaml", 1);
    assert!(told.stderr.contains("stacks use each other: a.yaml -> b.yaml -> c.yaml"), "{told}");
    assert_eq!(desk.must("list --region us-east-1", 0).stdout, "");
}

/// One stack file for every region, and one command for all of them.
#[test]
fn stacks_of_one_name_are_told_apart_by_their_regions() {
    let desk = Desk::with(emulator::ministack().account(), "");
    let shared =
        "stack: keys\nresources: { key: { kind: kms_key } }\noutputs: { key: \"${key.arn}\" }\n";
    desk.write("shared/keys.yaml", shared);
    let places = [("west.yaml", "us-west-2"), ("east.yaml", "us-east-1")];
    for (file, region) in places {
        desk.write(file, &format!("extends: shared/keys.yaml\nregion: {region}\n"));
    }
    let applied = desk.must("apply -y --json west.yaml east.yaml", 0).stdout;
    let end: Value = serde_json::from_str(applied.lines().last().unwrap()).unwrap();
    for (_, region) in places {
        let arn = end["outputs"][format!("keys@{region}")]["key"].as_str().unwrap_or_default();
        assert!(arn.starts_with(&format!("arn:aws:kms:{region}:")), "{end}");
        assert!(applied.contains(&format!("\"address\":\"keys@{region}/key\"")), "{applied}");
    }
    desk.must("verify --only conformance --report-dir reports west.yaml east.yaml", 0);
    for (_, region) in places {
        assert!(desk.path(&format!("reports/keys@{region}/junit.xml")).exists(), "{region}");
    }
    let told = desk.must("apply -y west.yaml east.yaml", 0).stdout;
    assert!(told.contains("keys@us-west-2"), "{told}");
    desk.must("destroy -y west.yaml east.yaml", 0);
}

/// That two files are of one stack may follow from where the command is carried out.
#[test]
fn two_files_of_one_stack_are_refused_wherever_its_region_is_stated() {
    let desk = Desk::with(emulator::ministack().account(), "");
    desk.write("one.yaml", "stack: twice\nresources: { one: { kind: sqs_queue } }\n");
    let other = "stack: twice\nregion: us-east-1\nresources: { other: { kind: sqs_queue } }\n";
    desk.write("other.yaml", other);
    let told = desk.must("apply -y one.yaml other.yaml", 1);
    assert!(told.stderr.contains("other.yaml and one.yaml are both stack `twice`"), "{told}");
    // One that was renamed would take what the other declares.
    desk.write("other.yaml", &other.replace("stack: twice", "stack: again\nwas: twice"));
    let told = desk.must("apply -y one.yaml other.yaml", 1);
    assert!(told.stderr.contains("other.yaml was stack `twice`, and one.yaml is"), "{told}");
    assert_eq!(desk.must("list", 0).stdout, "");
}
