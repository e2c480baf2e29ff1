//! Stacks that use each other, in one command and in several: in two regions, in two
//! accounts, and on bad days.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::support::aws;
use crate::support::binary::Transcript;
use crate::support::delay_proxy::DelayProxy;
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::request::Call;
use crate::transcripts::{Desk, check};

/// Of what it lends, AWS chooses the key's ARN, and the rest follows from names.
const PLATFORM: &str = r#"
stack: platform
region: us-east-1
vars: { label: first }
resources:
  key: { kind: kms_key }
  topic: { kind: sns_topic }
outputs: { key_arn: "${key.arn}", topic_arn: "${topic.arn}", label: "${var.label}" }
"#;
const APP: &str = r#"
stack: app
region: us-east-1
uses: { platform: platform.yaml }
resources:
  queue:
    kind: sqs_queue
    kms_master_key_id: "${platform.key_arn}"
    tags: { label: "${platform.label}" }
    policy:
      Statement:
        - Effect: Allow
          Principal: { Service: sns.amazonaws.com }
          Action: "sqs:SendMessage"
          Resource: "${queue.arn}"
          Condition: { ArnEquals: { "aws:SourceArn": "${platform.topic_arn}" } }
outputs: { queue_url: "${queue.url}", key_arn: "${platform.key_arn}" }
"#;
/// In another region; the key's ARN comes to it by way of the app.
const AUDIT: &str = r#"
stack: audit
region: eu-west-1
uses: { app: app.yaml }
resources:
  log: { kind: sqs_queue, tags: { of: "${app.queue_url}", key: "${app.key_arn}" } }
"#;
const OTHER: &str = r"
stack: other
region: us-east-1
resources: { topic: { kind: sns_topic } }
";
const CHAIN: &str = "audit.yaml app.yaml platform.yaml";

fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), "");
    write(&desk);
    desk
}

fn write(desk: &Desk) {
    let files = [("platform", PLATFORM), ("app", APP), ("audit", AUDIT), ("other", OTHER)];
    for (name, text) in files {
        desk.write(&format!("{name}.yaml"), text);
    }
}

#[test]
fn a_chain_is_made_and_destroyed_by_one_command() {
    let desk = desk();
    let session = [
        desk.run(&format!("plan {CHAIN}")),
        desk.run(&format!("apply -y {CHAIN}")),
        desk.run(&format!("plan --detailed-exitcode {CHAIN}")),
        desk.run("plan --detailed-exitcode app.yaml"),
        desk.run("list --region eu-west-1"),
        desk.run(&format!("destroy -y {CHAIN}")),
    ];
    check("a_chain_of_stacks", &session);
}

#[test]
fn a_change_reaches_whoever_uses_it_in_one_command() {
    let desk = desk();
    desk.must(&format!("apply -y {CHAIN}"), 0);
    desk.write("platform.yaml", &PLATFORM.replace("first", "second"));
    let plan = desk.must("plan --detailed-exitcode platform.yaml app.yaml", 2).stdout;
    assert!(plan.contains("first -> second"), "{plan}");
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.must(&format!("plan --detailed-exitcode {CHAIN}"), 0);
}

/// A file that leaves its region open is wherever it is used, and here it is another stack.
#[test]
fn what_is_used_is_worked_on_where_it_is_used() {
    let desk = desk();
    desk.write("platform.yaml", &PLATFORM.replace("region: us-east-1\n", ""));
    desk.write("app.yaml", &APP.replace("us-east-1", "us-west-2"));
    let session = [
        desk.run("plan platform.yaml app.yaml"),
        desk.run("plan --region us-west-2 platform.yaml app.yaml"),
    ];
    check("what_is_used_elsewhere", &session);
}

#[tokio::test]
async fn what_is_used_and_not_as_promised_is_told() {
    let desk = desk();
    let mut session = vec![desk.run("apply -y app.yaml")];
    let sns = aws_sdk_sns::Client::new(&aws::config(&desk.account));
    sns.create_topic().name("platform-topic").send().await.unwrap();
    session.push(desk.run("plan platform.yaml app.yaml"));
    session.push(desk.run("plan app.yaml"));
    desk.write("platform.yaml", &PLATFORM.replace("topic_arn:", "news_arn:"));
    session.push(desk.run("plan app.yaml"));
    check("what_is_used_and_not_there", &session);
}

#[test]
fn what_is_used_is_not_destroyed_under_its_users() {
    let desk = desk();
    desk.must("apply -y platform.yaml app.yaml", 0);
    let session = [
        desk.run("destroy -y platform.yaml"),
        desk.run("destroy -y platform.yaml --despite-users"),
        desk.run("plan app.yaml"),
        desk.run("destroy -y app.yaml"),
    ];
    check("destroyed_under_its_users", &session);
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.must("destroy -y platform.yaml app.yaml", 0);
}

const TRUST: &str = r#"{ Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } }"#;

/// Lists tell no tags of a role, so that each is asked for them: in whatever region its stack is.
#[test]
fn what_is_used_by_a_role_alone_is_not_destroyed_either() {
    let desk = desk();
    let app = format!(
        "stack: app\nregion: eu-west-1\nuses: {{ platform: platform.yaml }}\nresources:\n  \
         role: {{ kind: iam_role, description: \"for ${{platform.topic_arn}}\", assume_role_policy: {TRUST} }}\n"
    );
    desk.write("app.yaml", &app);
    desk.must("apply -y platform.yaml app.yaml", 0);
    let refused = desk.must("destroy -y platform.yaml", 5).stderr;
    assert!(
        refused.contains("role of stack app in eu-west-1 uses outputs of platform"),
        "{refused}"
    );
    desk.must("destroy -y platform.yaml app.yaml", 0);
}

/// Of a role that an earlier ccprov called otherwise, a stack that uses it learns the name.
#[tokio::test]
async fn what_an_earlier_ccprov_named_is_used_by_that_name() {
    let desk = desk();
    let iam = aws_sdk_iam::Client::new(&aws::config(&desk.account));
    let tag = |key: &str, value: &str| {
        aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap()
    };
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let call = iam.create_role().role_name("lender-worker").path("/ccprov/lender/");
    let call = call.tags(tag("ccprov:stack", "lender")).tags(tag("ccprov:address", "worker"));
    call.assume_role_policy_document(trust).send().await.unwrap();
    let lender = format!(
        "stack: lender\nregion: us-east-1\nresources:\n  \
         worker: {{ kind: iam_role, assume_role_policy: {TRUST} }}\n\
         outputs: {{ worker: \"${{worker.arn}}\" }}\n"
    );
    desk.write("lender.yaml", &lender);
    let user = "stack: user\nregion: us-east-1\nuses: { lender: lender.yaml }\n\
                resources: { queue: { kind: sqs_queue, tags: { worker: \"${lender.worker}\" } } }\n";
    desk.write("user.yaml", user);
    let planned = desk.must("plan user.yaml", 0).stdout;
    assert!(planned.contains(":role/ccprov/lender/lender-worker\n"), "{planned}");
    desk.must("apply -y user.yaml", 0);
    desk.must("apply -y lender.yaml", 0);
    desk.must("plan --detailed-exitcode lender.yaml user.yaml", 0);
}

/// Of the key that the platform makes, the app learns in the run; the topic's name both know.
#[test]
fn plans_of_several_are_kept_in_one_file_and_carried_out_in_their_order() {
    let desk = desk();
    let planned = desk.run(&format!("plan {CHAIN} --out plans.json"));
    // The files are not looked at again.
    desk.write("platform.yaml", "stack: elsewhere\nresources: {}\n");
    let applied = desk.run("apply -y --plan plans.json");
    let again = desk.run("apply -y --plan plans.json");
    write(&desk);
    let session = [
        planned,
        applied,
        again,
        desk.run(&format!("plan --detailed-exitcode {CHAIN}")),
        desk.run(&format!("plan --destroy {CHAIN} --out gone.json")),
        desk.run("apply -y --plan gone.json"),
    ];
    check("plans_of_several_in_a_file", &session);
}

/// The app's plan changes nothing of the platform, and holds what AWS once said of it.
#[tokio::test]
async fn a_plan_of_several_is_refused_when_one_of_them_does_not_hold() {
    let desk = desk();
    desk.must("apply -y platform.yaml app.yaml", 0);
    desk.write("app.yaml", &APP.replace("queue:\n", "queue:\n    delay_seconds: 7\n"));
    desk.must("plan platform.yaml app.yaml --out plans.json", 0);
    let text = fs::read_to_string(desk.path("plans.json")).unwrap();
    let sns = aws_sdk_sns::Client::new(&aws::config(&desk.account));
    let arn = format!("arn:aws:sns:us-east-1:{}:platform-topic", desk.account.id);
    sns.delete_topic().topic_arn(&arn).send().await.unwrap();
    let mut session = vec![desk.run("apply -y --plan plans.json")];
    desk.write(
        "plans.json",
        &text.replacen("\"after\": [\n        0", "\"after\": [\n        1", 1),
    );
    session.push(desk.run("apply -y --plan plans.json"));
    desk.write("plans.json", &text.replace("\"delay_seconds\": 7", "\"delay_seconds\": 8"));
    session.push(desk.run("apply -y --plan plans.json"));
    let stranger = Desk::with(emulator::ministack().account(), "");
    stranger.write("plans.json", &text);
    session.push(stranger.run("apply -y --plan plans.json"));
    check("plans_of_several_that_do_not_hold", &session);
    let plan = desk.must("plan --json app.yaml platform.yaml", 0).stdout;
    assert_eq!(json(&plan)["totals"]["add"], 1, "only the topic is missing: {plan}");
}

#[test]
fn stacks_without_their_files_are_destroyed_by_name() {
    let desk = desk();
    desk.must("apply -y platform.yaml app.yaml other.yaml", 0);
    let session = [
        desk.run("destroy -y --stack platform --stack other"),
        desk.run("destroy -y --stack platform --stack ap"),
        desk.run("destroy -y --stack app --stack app"),
        desk.run("destroy -y --stack platform --stack other --stack app"),
        desk.run("list"),
    ];
    check("destroyed_by_their_names", &session);
}

/// Whoever reads a report knows which stack it is of.
#[test]
fn reports_say_which_stack_they_are_of() {
    let desk = desk();
    let both = |command: &str| format!("{command} platform.yaml other.yaml");
    desk.must(&both("plan --markdown plan.md --gitlab plan.json"), 0);
    let read = |path: &str| fs::read_to_string(desk.path(path)).expect("a report");
    let page = read("plan.md");
    let mut marks = page.lines().filter(|line| line.starts_with("<!--"));
    assert_eq!(marks.next(), Some("<!-- ccprov:plans:platform,other -->"), "{page}");
    assert!(marks.next().is_some_and(|mark| mark.contains("ccprov:plan:platform:")), "{page}");
    assert!(page.starts_with("<!-- ccprov:plans:"), "a comment is found by its first line");
    let plans = json(&desk.must(&both("plan --json"), 0).stdout);
    assert_eq!(plans["format"], "ccprov.plans/1");
    let added = plans["totals"]["add"].as_u64();
    assert_eq!(json(&read("plan.json"))["create"].as_u64(), added);
    let applied = desk.must(&both("apply -y --json"), 0).stdout;
    let events: Vec<Value> = applied.lines().map(json).collect();
    assert_eq!(events[0]["plans"][1]["stack"], "other");
    let numbers: Vec<Option<u64>> = events.iter().map(|event| event["index"].as_u64()).collect();
    assert!(numbers.into_iter().eq((0..events.len() as u64).map(Some)), "{applied}");
    let end = events.last().expect("an end");
    assert_eq!(end["summary"]["added"].as_u64(), added);
    assert!(end["outputs"]["platform"]["topic_arn"].is_string(), "{end}");
    let verify = both("verify --only conformance --json --report-dir reports");
    let lines = desk.must(&verify, 0).stdout;
    let stacks: Vec<Value> = lines.lines().map(|line| json(line)["stack"].clone()).collect();
    assert!(stacks.is_sorted_by_key(|it| it != &stacks[0]), "not mixed: {lines}");
    for stack in ["platform", "other"] {
        assert!(stacks.contains(&stack.into()), "{lines}");
        for name in ["junit.xml", "results.sarif", "results.json", "summary.md"] {
            assert!(!read(&format!("reports/{stack}/{name}")).is_empty());
        }
        assert!(read(&format!("reports/{stack}/summary.md")).contains(stack));
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// What a role leads to is another account, whose objects nobody sees without it.
#[test]
fn stacks_of_two_accounts_are_done_together() {
    let desk = desk();
    let role = emulator::ministack().account().id;
    let role = format!("role: arn:aws:iam::{role}:role/deployer\n");
    desk.write("platform.yaml", &format!("{role}{}", PLATFORM.trim_start()));
    desk.must(&format!("apply -y {CHAIN}"), 0);
    desk.must(&format!("plan --detailed-exitcode {CHAIN}"), 0);
    desk.must("plan --detailed-exitcode app.yaml", 0);
    let tagged = desk.must("output --name key_arn --format raw app.yaml", 0).stdout;
    assert!(role.contains(tagged.split(':').nth(4).unwrap()), "{tagged}");
    assert_eq!(desk.must("list --stack platform", 1).stdout, "");
    // A plan file looks again, in the role.
    desk.write("app.yaml", &APP.replace("sqs_queue\n", "sqs_queue\n    delay_seconds: 3\n"));
    desk.must("plan --out plan.json app.yaml", 0);
    desk.must("apply -y --plan plan.json", 0);
    desk.must(&format!("destroy -y {CHAIN}"), 0);
}

/// Who takes a role on says what its trust policy wants to hear, and who it is.
#[test]
fn a_role_is_taken_on_with_its_external_id() {
    let desk = desk();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&asked);
    let proxy = FaultProxy::visited(
        &desk.account.endpoint,
        Box::new(move |_, request, _| {
            if request.call().is("sts", "AssumeRole") {
                let fields = ["RoleArn", "ExternalId", "RoleSessionName", "DurationSeconds"];
                let said = fields.map(|field| request.form(field).unwrap_or_default());
                heard.lock().unwrap().push(said.join(" "));
            }
            Box::pin(async {})
        }),
    );
    let arn = format!("arn:aws:iam::{}:role/deployer", desk.account.id);
    let stack = |role: &str| format!("role: {role}\n{}", OTHER.trim_start());
    desk.write("plain.yaml", &stack(&arn));
    desk.write("told.yaml", &stack(&format!("{{ arn: \"{arn}\", external_id: claims-prod }}")));
    let desk = desk.through(&proxy.url());
    desk.must("plan plain.yaml", 0);
    desk.must("plan told.yaml", 0);
    // For as long as STS lends one where nothing is said: an hour.
    let expected = [format!("{arn}  ccprov "), format!("{arn} claims-prod ccprov ")];
    assert_eq!(*asked.lock().unwrap(), expected);
}

/// The role of who uses is not that of who is used.
#[test]
fn whoever_is_used_without_a_role_is_seen_without_one() {
    let desk = desk();
    let role = emulator::ministack().account().id;
    let role = format!("role: arn:aws:iam::{role}:role/deployer\n");
    desk.write("app.yaml", &format!("{role}{}", APP.trim_start()));
    desk.must("apply -y platform.yaml", 0);
    let untold = desk.must("plan app.yaml", 5);
    assert!(
        untold.stderr.contains("platform.yaml does not say in which account it is"),
        "{untold}"
    );
    let here = format!("account: \"{}\"\n{}", desk.account.id, PLATFORM.trim_start());
    desk.write("platform.yaml", &here);
    desk.must("apply -y app.yaml", 0);
    desk.must("plan --detailed-exitcode platform.yaml app.yaml", 0);
}

#[test]
fn where_one_fails_those_that_use_it_do_not_begin() {
    let desk = desk();
    let denied = Fault::Says(403, "AccessDeniedException", "You may not do this");
    let is_it = move |_, call: &Call| (call.operation == "CreateKey").then_some(denied);
    let proxy = FaultProxy::start(&desk.account.endpoint, is_it);
    let broken = Desk::with(desk.account.through(&proxy.url()), "");
    write(&broken);
    let run = broken.run(&format!("apply -y {CHAIN} other.yaml"));
    assert!(run.stderr.contains("  audit/log: skipped, because of platform/key"), "{run}");
    // Whether others are done before that fails is anybody's guess.
    check("a_chain_of_which_one_fails", &[Transcript { stderr: String::new(), ..run }]);
    desk.must("plan --detailed-exitcode other.yaml", 0);
    desk.must(&format!("apply -y {CHAIN} other.yaml"), 0);
    desk.must(&format!("plan --detailed-exitcode {CHAIN} other.yaml"), 0);
}

#[test]
fn a_signal_stops_all_of_them() {
    let desk = desk();
    let proxy = DelayProxy::start(&desk.account.endpoint, Duration::from_millis(200));
    let slow = Desk::with(desk.account.through(&proxy.url()), "");
    write(&slow);
    let line = format!("apply -y {CHAIN}");
    let stopped = slow.run_until(&line, &[("platform/key: creating", "INT")]);
    assert_eq!(stopped.code, Some(130), "{stopped}");
    assert!(stopped.stderr.contains("platform/key: created"), "{stopped}");
    assert!(!stopped.stderr.contains("app/queue: creat"), "{stopped}");
    desk.must(&line, 0);
    desk.must(&format!("plan --detailed-exitcode {CHAIN}"), 0);
}

/// Each run is killed when its first change is made, until one has none left to make.
#[test]
fn whoever_is_killed_after_each_change_comes_to_the_same_end() {
    let desk = desk();
    let mut killed = 0;
    loop {
        let proxy = FaultProxy::nth(&desk.account.endpoint, 0, is_change, Fault::KillAfter);
        let doomed = Desk::with(desk.account.through(&proxy.url()), "");
        write(&doomed);
        let line = "apply -y app.yaml platform.yaml";
        let run = doomed.run_told(line, |process| proxy.hunt(process));
        if run.code.is_some() {
            assert_eq!(run.code, Some(0), "{run}{proxy}");
            break;
        }
        killed += 1;
        assert!(killed < 20, "it comes to no end\n{run}{proxy}");
    }
    assert!(killed >= 3, "{killed}: a key, its alias, and what is encrypted with it");
    desk.must("plan --detailed-exitcode app.yaml platform.yaml", 0);
    let listed = desk.must("list", 0).stdout;
    assert!(listed.contains("2 objects: 1 kms_key, 1 sns_topic"), "{listed}");
    desk.must("destroy -y app.yaml platform.yaml", 0);
    assert_eq!(desk.must("list", 0).stdout, "");
}

fn is_change(call: &Call) -> bool {
    ["Create", "Put", "Set", "Subscribe", "Tag", "Enable", "Update"]
        .iter()
        .any(|verb| call.operation.starts_with(verb))
}

/// One of the two regions is not to be seen, whichever that is: its stack is told of, and what
/// failed in the other one decides.
#[test]
fn a_stack_that_cannot_be_looked_at_hides_no_check_that_failed() {
    let desk = desk();
    let denied = Fault::Says(403, "AccessDeniedException", "You may not do this");
    let is_it = |call: &Call| call.operation == "GetResources";
    let proxy = FaultProxy::nth(&desk.account.endpoint, 0, is_it, denied);
    let partly = Desk::with(desk.account.through(&proxy.url()), "");
    partly.write("here.yaml", OTHER);
    partly.write("there.yaml", &OTHER.replace("us-east-1", "eu-west-1"));
    let told = partly.must("verify --only conformance here.yaml there.yaml", 4);
    assert!(told.stderr.contains("You may not do this"), "{told}");
    assert!(told.stdout.contains("topic"), "{told}");
    partly.must("verify --only conformance here.yaml there.yaml", 4);
}

/// A region that is stated and one that is left to the environment are one.
#[test]
fn stacks_of_one_region_share_their_connection_wherever_it_is_said() {
    let desk = desk();
    desk.write("open.yaml", &OTHER.replace("region: us-east-1\n", "").replace("other", "open"));
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let proxy = FaultProxy::start(&desk.account.endpoint, move |_, call| {
        *count.lock().unwrap() += i32::from(call.is("sts", "GetCallerIdentity"));
        None
    });
    let desk = desk.through(&proxy.url());
    desk.must("plan other.yaml open.yaml", 0);
    assert_eq!(*asked.lock().unwrap(), 1, "{proxy}");
}

#[test]
fn what_an_index_refuses_is_told_of_each_stack() {
    let desk = desk();
    let denied = Fault::Says(403, "AccessDenied", "You may not do this");
    let is_it = move |_, call: &Call| (call.operation == "ListRoles").then_some(denied);
    let proxy = FaultProxy::start(&desk.account.endpoint, is_it);
    let denied = Desk::with(desk.account.through(&proxy.url()), "");
    write(&denied);
    let run = denied.must("plan platform.yaml other.yaml", 7);
    for stack in ["platform", "other"] {
        let told = format!("failed to list the roles under /ccprov/{stack}/:");
        assert!(run.stderr.contains(&told), "{run}");
    }
    assert_eq!(proxy.befallen().len(), 1, "{proxy}");
}
