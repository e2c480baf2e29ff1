//! What AWS must allow: the policies of `ccprov iam` hold what a command needs
//! and nothing else, and name every action behind every call.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ccprov::aws::access::{EXERCISES, PROBED};
use ccprov::aws::grant::{DISCOVERY, Grant, differing};
use ccprov::aws::registry::grants;
use serde_json::{Value, json};

use crate::contract::lies::MISJUDGED;
use crate::contract::rights::{User, forgiving};
use crate::support::aws;
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account};
use crate::transcripts::Desk;

/// Verbs that change nothing.
const READING: [&str; 4] = ["Describe", "Get", "Head", "List"];
const STACK: &str = "stacks/dev.yaml";

#[test]
fn a_policy_to_plan_only_reads() {
    let policy = policy(&emulator::ministack().account(), "plan");
    let actions = actions(&policy);
    assert!(actions.contains("sqs:GetQueueAttributes"), "{policy:#}");
    let writing: Vec<&String> = actions
        .iter()
        .filter(|action| {
            let (_, verb) = action.split_once(':').expect("a service and a verb");
            !READING.iter().any(|reading| verb.starts_with(reading))
        })
        .collect();
    assert_eq!(writing, [""; 0], "a plan reads");
}

#[test]
fn each_policy_holds_what_its_command_does() {
    let account = emulator::ministack().account();
    let of = |command: &str| actions(&policy(&account, command));
    let (plan, apply, destroy, verify) = (of("plan"), of("apply"), of("destroy"), of("verify"));
    for (name, more) in [("apply", &apply), ("destroy", &destroy), ("verify", &verify)] {
        assert!(plan.is_subset(more), "{name} reads what plan reads");
    }
    assert!(destroy.is_subset(&apply), "apply also removes what the file no longer declares");
    let create = "sqs:CreateQueue".to_owned();
    assert!(apply.contains(&create) && !destroy.contains(&create));
    assert!(destroy.contains("kms:ScheduleKeyDeletion") && !verify.contains("kms:PutKeyPolicy"));
    assert!(verify.contains("sns:Subscribe") && !verify.contains("sns:SetTopicAttributes"));
}

/// So that it can be a managed policy, which has at most 6144 characters
/// without white space (IAM quotas).
#[test]
fn a_policy_is_one_that_iam_takes() {
    let account = emulator::ministack().account();
    for command in ["plan", "apply", "verify", "destroy"] {
        let policy = policy(&account, command);
        let size = policy.to_string().len();
        assert!(size <= 6144, "the policy to {command} has {size} characters");
        let sids: Vec<&str> =
            statements(&policy).map(|it| it["Sid"].as_str().expect("a name")).collect();
        assert_eq!(sids.len(), BTreeSet::from_iter(&sids).len(), "{sids:?}");
        let is_plain = |sid: &&str| sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
        assert!(sids.iter().all(is_plain), "{sids:?}");
    }
}

#[test]
fn a_bucket_that_keeps_its_objects_is_not_emptied() {
    let account = emulator::ministack().account();
    let empties = |stack: &str| {
        let policy = policy_of(&account, "destroy", stack);
        actions(&policy).contains("s3:DeleteObjectVersion")
    };
    assert!(empties("stacks/dev.yaml"), "it has force_destroy");
    assert!(!empties("stacks/prod.yaml"), "it has not");
}

#[test]
fn every_call_of_a_kind_is_granted_and_no_other() {
    let everywhere = called_in("");
    for (kind, grants) in grants() {
        let granted: BTreeSet<String> =
            grants.iter().flat_map(|it| it.actions).map(ToString::to_string).collect();
        let called = called_in(&file_of(kind));
        assert!(!called.is_empty(), "{kind} makes calls");
        let missing: Vec<_> = called.difference(&granted).collect();
        assert_eq!(missing, [""; 0], "{kind} makes calls that its grants leave out");
        // What a field alone brings about has no call of its own.
        let plain = grants.iter().filter(|it| it.only_with.is_none() && !is_passing(it));
        let idle: Vec<_> = plain
            .flat_map(|it| it.actions)
            .filter(|action| !everywhere.contains(**action))
            .collect();
        assert_eq!(idle, [&""; 0], "{kind} grants what no call needs");
    }
    let found = DISCOVERY.iter().flat_map(|it| it.actions);
    let idle: Vec<_> = found.filter(|action| !everywhere.contains(**action)).collect();
    assert_eq!(idle, [&""; 0], "no call needs it to find a stack");
}

/// What a replay looks at besides, the kind reads with every archive.
#[test]
fn every_call_of_a_replay_is_granted_and_no_other() {
    let stack = "stack: replays\nregion: us-east-1\nresources:\n  bus: { kind: cloudwatch_event_bus }\n  \
                 archive: { kind: cloudwatch_event_archive, event_source_arn: \"${bus.arn}\" }\n";
    let desk = Desk::with(emulator::ministack().account(), stack);
    let policy = desk.must("iam --for replay stack.yaml", 0).stdout;
    let mut granted = actions(&serde_json::from_str(&policy).expect("JSON"));
    assert!(granted.remove("events:ListArchives"), "{policy}");
    assert_eq!(called_in("replay"), granted);
}

#[test]
fn every_call_of_an_exercise_is_granted_and_no_other() {
    let account = emulator::ministack().account();
    let stacks = [STACK, "stacks/examples/alarms.yaml"];
    let granted = stacks.map(|stack| actions(&policy_of(&account, "verify", stack)));
    let mapping = "stack: reader\nregion: us-east-1\nresources:\n  mapping: { kind: lambda_event_source_mapping, \
                   event_source_arn: \"arn:aws:sqs:us-east-1:${account}:events\", function_name: reader }\n  \
                   rule: { kind: cloudwatch_event_rule, event_pattern: { source: [shop] }, matches: [{ source: shop }] }\n";
    let desk = Desk::with(account.clone(), mapping);
    let mapping = desk.must("iam --for verify stack.yaml", 0).stdout;
    let mapping = actions(&serde_json::from_str(&mapping).expect("JSON"));
    let mut granted: BTreeSet<String> = granted.into_iter().flatten().chain(mapping).collect();
    let of_kafka = EXERCISES.iter().filter(|(kind, _)| kind.starts_with("msk_"));
    let probed = PROBED.iter().chain(of_kafka).flat_map(|(_, grants)| *grants);
    let probed = probed.flat_map(|it| it.actions);
    granted.extend(probed.map(ToString::to_string));
    let mut called = called_in("behaviours");
    assert!(!called.is_empty(), "exercises make calls");
    // Probes call functions as `invoke` does, and brokers ask IAM themselves.
    called.extend(called_in("invocation"));
    called.extend(called_in("brokers"));
    let texts = sources("brokers");
    let asked = texts.iter().flat_map(|text| text.split('"'));
    let asked = asked.filter(|it| it.starts_with("kafka-cluster:") && !it.contains(' '));
    called.extend(asked.map(str::to_owned));
    // The one goes out unsigned, to see it refused, and the other in the name of a role.
    let not_ours = ["sns:ListTopics", "sns:Publish"];
    let missing: Vec<_> =
        called.difference(&granted).filter(|action| !not_ours.contains(&action.as_str())).collect();
    assert_eq!(missing, [""; 0], "exercises make calls that the policy leaves out");
    let exercises = EXERCISES.iter().chain(PROBED).flat_map(|(_, grants)| *grants);
    let exercises = exercises.flat_map(|it| it.actions);
    // S3 and SQS ask for a key in the caller's name, and a session takes a role on.
    let by_session = called_in("client");
    let idle: Vec<_> = exercises
        .filter(|action| !action.starts_with("kms:"))
        .filter(|action| !called.contains(**action) && !by_session.contains(**action))
        .collect();
    assert_eq!(idle, [&""; 0], "the policy grants what no exercise needs");
}

#[tokio::test]
async fn whoever_has_no_more_than_the_policy_can_do_it_and_nothing_else() {
    let root = emulator::ministack_enforcing_tls().account();
    let planner = user(&root, "planner", &policy(&root, "plan")).await;
    let builder = user(&root, "builder", &policy(&root, "apply")).await;
    let verifier = user(&root, "verifier", &policy(&root, "verify")).await;
    let remover = user(&root, "remover", &policy(&root, "destroy")).await;

    let run = |account: &Account, line: &[&str]| Ccprov::on(account).run(line);
    must(&run(&planner, &["plan", STACK, "--detailed-exitcode"]), 2);
    must(&run(&planner, &["apply", "-y", STACK]), 7);
    must(&run(&remover, &["apply", "-y", STACK]), 7);
    assert_eq!(run(&root, &["list"]).stdout, "", "nothing was made");

    must(&run(&builder, &["apply", "-y", STACK]), 0);
    must(&run(&builder, &["apply", "-y", "stacks/prod.yaml"]), 7);
    must(&run(&planner, &["plan", STACK, "--detailed-exitcode"]), 0);
    must(&run(&planner, &["output", STACK]), 0);
    // The emulator does not tell a bucket's policy the key that an object is
    // put with, so that the policy refuses it to all but the root user.
    must(&run(&verifier, &["verify", "--skip", "claim_roundtrip", "--exclusive", STACK]), 0);
    let bucket = run(&root, &["output", STACK, "--name", "bucket", "--format", "json"]);
    let bucket: Value = serde_json::from_str(&bucket.stdout).expect("JSON");
    let unprotected = aws::s3(&root).delete_bucket_policy();
    let name = bucket["bucket"]["name"].as_str().expect("a name");
    unprotected.bucket(name).send().await.expect("a bucket with a policy");
    must(&run(&verifier, &["verify", "--only", "claim_roundtrip", STACK]), 0);
    must(&run(&verifier, &["verify", "--only", "claim_roundtrip", "--exclusive", STACK]), 0);
    must(&run(&verifier, &["apply", "-y", STACK]), 7);
    let changed = ["apply", "-y", STACK, "--var", "max_receives=4"];
    must(&run(&planner, &changed), 7);
    must(&run(&builder, &changed), 0);

    must(&run(&planner, &["destroy", "-y", "--allow-data-loss", STACK]), 7);
    must(&run(&planner, &["plan", STACK, "--var", "max_receives=4", "--detailed-exitcode"]), 0);
    must(&run(&remover, &["destroy", "-y", "--allow-data-loss", STACK]), 0);
    must(&run(&root, &["plan", "--destroy", STACK, "--detailed-exitcode"]), 0);
}

/// Becoming a role is part of it, and no other role's.
#[tokio::test]
async fn the_policy_to_verify_covers_the_roles_of_the_stack() {
    let root = emulator::ministack_enforcing_tls().account();
    // Of that name, because the emulator mistakes the names of roles.
    let text = crate::behaviours::PLAIN_STACK;
    let text = text.replace("stack: verified", "stack: claimcheck-dev\nregion: us-east-1");
    let desk = |account: &Account| Desk::with(account.clone(), &text);
    desk(&root).must("apply -y stack.yaml", 0);
    let policy = desk(&root).must("iam --for verify stack.yaml", 0).stdout;
    let policy: Value = serde_json::from_str(&policy.replace("[ACCOUNT]", &root.id)).unwrap();
    let roles = statements(&policy).find(|it| it["Sid"] == "PlayedRoles").expect("a statement");
    assert_eq!(roles["Action"], json!(["sts:AssumeRole"]));
    assert_eq!(roles["Resource"].as_array().expect("a list").len(), 3, "{roles:#}");
    let verifier = user(&root, "verifier", &policy).await;
    let told = desk(&verifier)
        .must("verify --only plain_consumer,plain_producer --exclusive stack.yaml", 0);
    assert!(told.stdout.contains("5 passed"), "{told}");
    let told = desk(&verifier).must("verify --as nobody stack.yaml", 1);
    assert!(told.stderr.contains("`nobody` is no role of the stack"), "{told}");
}

/// And no other table's.
#[test]
fn the_policy_to_verify_covers_what_probes_name() {
    let text = r#"
stack: claims
region: us-east-1
resources:
  events: { kind: sqs_queue }
  ledger: { kind: dynamodb_table, hash_key: { name: id, type: S } }
  other: { kind: dynamodb_table, hash_key: { name: id, type: S } }
probes:
  recorded:
    send: { queue: "${events.url}", body: { id: "${nonce}" } }
    expect: { table: "${ledger.name}", where: { id: "${nonce}" } }
"#;
    let desk = Desk::with(emulator::ministack().account(), text);
    let told = desk.must("iam --for verify stack.yaml", 0).stdout;
    let policy: Value = serde_json::from_str(&told).expect("JSON");
    let tables = statements(&policy).find(|it| it["Sid"] == "ProbedTables").expect("a statement");
    assert_eq!(tables["Action"], json!(["dynamodb:DeleteItem", "dynamodb:Query"]));
    let arn = "arn:aws:dynamodb:us-east-1:[ACCOUNT]:table/claims-ledger";
    assert_eq!(tables["Resource"], json!([arn, format!("{arn}/index/*")]));
    let plan = desk.must("iam --for plan stack.yaml", 0).stdout;
    assert!(!plan.contains("dynamodb:Query"), "a plan reads no items");
}

/// The executions of the one that is named, and of no other.
#[test]
fn the_policy_to_verify_covers_executions_that_probes_start() {
    let text = r#"
stack: claims
region: us-east-1
resources:
  role: { kind: iam_role, assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sts:AssumeRole" } } }
  workflow: &machine
    kind: sfn_state_machine
    role_arn: "${role.arn}"
    definition: { StartAt: Done, States: { Done: { Type: Succeed } } }
  other: { <<: *machine }
probes:
  it_ends:
    send: { state_machine: "${workflow.arn}" }
    expect: { execution: "${workflow.arn}", status: SUCCEEDED }
"#;
    let desk = Desk::with(emulator::ministack().account(), text);
    let told = desk.must("iam --for verify stack.yaml", 0).stdout;
    let policy: Value = serde_json::from_str(&told).expect("JSON");
    let of = |sid: &str| {
        let statement = statements(&policy).find(|it| it["Sid"] == sid).expect(sid);
        (statement["Action"].clone(), statement["Resource"].clone())
    };
    let arn = |what: &str| json!([format!("arn:aws:states:us-east-1:[ACCOUNT]:{what}")]);
    assert_eq!(
        of("ProbedMachines"),
        (
            json!(["states:StartExecution", "states:StartSyncExecution"]),
            arn("stateMachine:claims-workflow")
        )
    );
    assert_eq!(
        of("ProbedExecutions"),
        (
            json!(["states:DescribeExecution", "states:StopExecution"]),
            arn("execution:claims-workflow:*")
        )
    );
}

/// Without the right to list, S3 would say of a lease that is not there that
/// it is forbidden.
#[tokio::test]
async fn the_policy_covers_the_lease_and_nothing_beside_it() {
    let root = emulator::ministack_enforcing_tls().account();
    aws::s3(&root).create_bucket().bucket(format!("locks-{}", root.id)).send().await.unwrap();
    let text = "stack: claims\nregion: us-east-1\nlock: { bucket: \"locks-${account}\" }\n\
                resources: {}\n";
    let desk = |account: &Account, text: &str| Desk::with(account.clone(), text);
    let policy = desk(&root, text).must("iam --for apply stack.yaml", 0).stdout;
    let policy: Value = serde_json::from_str(&policy.replace("[ACCOUNT]", &root.id)).unwrap();
    let holder = user(&root, "holder", &policy).await;
    desk(&holder, text).must("unlock -y stack.yaml", 0);
    desk(&holder, text).must("apply -y stack.yaml", 0);
    let elsewhere = text.replace("\" }", "\", key: elsewhere }");
    desk(&holder, &elsewhere).must("apply -y stack.yaml", 7);
    let plan = desk(&root, text).must("iam --for plan stack.yaml", 0);
    assert!(!plan.stdout.contains("locks-"), "a plan takes no lease: {plan}");
}

fn must(transcript: &Transcript, code: i32) {
    assert_eq!(transcript.code, Some(code), "{transcript}");
}

fn policy(account: &Account, command: &str) -> Value {
    policy_of(account, command, STACK)
}

fn policy_of(account: &Account, command: &str, stack: &str) -> Value {
    let told = Ccprov::on(account).run(&["iam", "--for", command, stack]);
    must(&told, 0);
    // A transcript does not show the account.
    let text = told.stdout.replace("[ACCOUNT]", &account.id);
    serde_json::from_str(&text).expect("JSON")
}

fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    policy["Statement"].as_array().expect("statements").iter()
}

fn actions(policy: &Value) -> BTreeSet<String> {
    let actions = statements(policy).flat_map(|it| it["Action"].as_array().expect("actions"));
    actions.map(|action| action.as_str().expect("an action").to_owned()).collect()
}

/// Calls for which the emulator asks for an action that IAM does not have: on
/// AWS, that of one message is that of several.
const MISNAMED: &[(&str, &str)] = &[
    ("sqs:ChangeMessageVisibility", "sqs:ChangeMessageVisibilityBatch"),
    ("sqs:DeleteMessage", "sqs:DeleteMessageBatch"),
];

/// A user with a policy of the stack of the demonstration and no other, where the
/// emulator's own ideas of permissions are forgiven.
async fn user(root: &Account, name: &str, policy: &Value) -> Account {
    let mut policy = forgiving(policy, &root.id, "claimcheck-dev", MISJUDGED);
    for statement in policy["Statement"].as_array_mut().expect("statements") {
        let granted = statement["Action"].as_array_mut().expect("actions");
        let misnamed = MISNAMED.iter().filter(|(action, _)| granted.contains(&json!(action)));
        let names: Vec<Value> = misnamed.map(|(_, name)| json!(name)).collect();
        granted.extend(names);
    }
    let user = User::new(root, name).await;
    user.may(&policy).await;
    user.account
}

/// A grant to hand on a role, which is checked with another call.
fn is_passing(grant: &Grant) -> bool {
    grant.actions == ["iam:PassRole"]
}

/// Where a kind is told: `services/sqs/queue`, without what its file ends in.
fn file_of(kind: &str) -> String {
    let name = format!("const NAME: &'static str = \"{kind}\";");
    let room = emulator::root().join("src/aws");
    let services = fs::read_dir(room.join("services")).expect("a folder");
    let folders = services.map(|entry| entry.expect("an entry of a folder").path());
    let mut files = folders.filter(|path| path.is_dir()).flat_map(|folder| {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry of a folder").path())
    });
    let file = files.find(|file| {
        file.is_file() && fs::read_to_string(file).is_ok_and(|text| text.contains(&name))
    });
    let file = file.unwrap_or_else(|| panic!("no file tells {kind}")).with_extension("");
    file.strip_prefix(room).expect("within the room").display().to_string()
}

/// The text of `src/aws/PART.rs` and all below `PART/`; of the whole room, if
/// the part is empty.
pub(crate) fn sources(part: &str) -> Vec<String> {
    let folder = emulator::root().join("src/aws").join(part);
    let mut texts = texts(&folder);
    texts.extend(fs::read_to_string(folder.with_extension("rs")));
    texts
}

fn texts(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    // A kind may have no folder.
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry of a folder").path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else {
            found.extend(fs::read_to_string(path));
        }
    }
    found
}

/// The actions that the calls of a part of the room need.
fn called_in(part: &str) -> BTreeSet<String> {
    let texts = sources(part);
    let actions = texts.iter().flat_map(|text| calls(text)).flat_map(needed);
    actions.map(str::to_owned).collect()
}

/// The calls that a text makes, which say their names as they are attempted.
pub(crate) fn calls(text: &str) -> impl Iterator<Item = &str> {
    let attempts = text.split("attempting(").skip(1);
    let names = attempts.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split_once('"'));
    names.map(|(name, _)| name).filter(|name| name.contains(':'))
}

fn needed(call: &str) -> Vec<&str> {
    let differing = differing().find(|(name, _)| *name == call);
    differing.map_or_else(|| vec![call], |(_, actions)| actions.to_vec())
}
