//! What the contract does not reach of a state machine's life: roles that are not seen yet,
//! looks that lag behind, executions that keep one from going, and a creation that finds
//! somebody else's and is answered as if it were new.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_sfn::types::{ExecutionStatus, Tag};

use crate::support::aws;
use crate::support::busy_machines::BusyMachines;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::killed;
use crate::transcripts::Desk;

const STACK: &str = "
stack: reminder
region: us-east-1
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: \"sts:AssumeRole\" }
  remind:
    kind: sfn_state_machine
    role_arn: \"${role.arn}\"
    definition:
      StartAt: Rest
      States:
        Rest: { Type: Wait, Seconds: 1000, End: true }
    tags: { team: a }
";

/// It rests for another time, and has another tag.
fn changed() -> String {
    STACK.replace("1000", "2000").replace("team: a", "team: b")
}

/// It is published, and an alias leads there.
fn published(stack: &str) -> String {
    stack.to_owned() + "    publish: true\n    aliases: { live: {} }\n"
}

fn desk(account: &Account, url: &str) -> Desk {
    Desk::with(account.through(url), STACK)
}

fn client(account: &Account) -> aws_sdk_sfn::Client {
    aws_sdk_sfn::Client::new(&aws::config(account))
}

fn arn(account: &Account) -> String {
    format!("arn:aws:states:us-east-1:{}:stateMachine:reminder-remind", account.id)
}

#[test]
fn what_looks_tell_late_is_waited_for_and_called_for_once() {
    let account = emulator::ministack().account();
    let machines = BusyMachines::start(&account.endpoint);
    let desk = desk(&account, &machines.url());
    desk.applied();
    assert_eq!(machines.calls(), ["CreateStateMachine"]);
    desk.write("stack.yaml", &changed());
    desk.applied();
    assert_eq!(machines.calls(), ["UpdateStateMachine"]);
    // What it publishes comes with the change, and the alias turns to that.
    desk.write("stack.yaml", &published(&changed()));
    desk.applied();
    assert_eq!(machines.calls(), ["CreateStateMachineAlias"]);
    desk.write("stack.yaml", &published(STACK));
    desk.applied();
    assert_eq!(machines.calls(), ["UpdateStateMachine", "UpdateStateMachineAlias"]);
    desk.must("destroy -y stack.yaml", 0);
    assert_eq!(machines.calls(), ["DeleteStateMachine"]);
    desk.must("plan --destroy --detailed-exitcode stack.yaml", 0);
}

/// What only AWS can tell of a definition is told by the plan, and stops the apply before
/// anything was made.
#[test]
fn what_aws_says_of_a_definition_comes_before_the_first_change() {
    let account = emulator::ministack().account();
    let machines = BusyMachines::start(&account.endpoint);
    let desk = desk(&account, &machines.url());
    let doubted = ["WARNING", "NO_DOLLAR", "looks like a path", "/States/Rest"];
    machines
        .say(&[["ERROR", "INVALID_RESOURCE", "no such thing", "/States/Rest/Seconds"], doubted]);
    let grave = "remind.definition.States.Rest.Seconds: Step Functions says: no such thing";
    let plan = desk.must("plan --out saved.plan stack.yaml", 0);
    assert!(plan.stderr.contains(grave), "{plan}");
    assert!(plan.stderr.contains("An apply refuses this plan"), "{plan}");
    let refused = desk.run("apply -y --allow-data-loss stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains(grave), "{refused}");
    assert_eq!(machines.calls(), [""; 0]);
    // What it only doubts stops nobody, and whoever changes nothing need not hear it again.
    machines.say(&[doubted]);
    let applied = desk.must("apply -y stack.yaml", 0);
    assert!(applied.stderr.contains("looks like a path (NO_DOLLAR)"), "{applied}");
    let again = desk.must("plan --detailed-exitcode stack.yaml", 0);
    assert!(!again.stderr.contains("NO_DOLLAR"), "{again}");
}

/// Whoever may not ask goes on, and is told so.
#[test]
fn a_definition_that_aws_may_not_be_asked_about_is_made_all_the_same() {
    let account = emulator::ministack().account();
    let denied = Fault::Says(400, "AccessDeniedException", "is not authorized to perform");
    let proxy = FaultProxy::first(&account.endpoint, "ValidateStateMachineDefinition", denied);
    let desk = desk(&account, &proxy.url());
    let applied = desk.must("apply -y stack.yaml", 0);
    assert!(applied.stderr.contains("remind: AWS could not be asked about it"), "{applied}");
    assert_eq!(proxy.befallen().len(), 1, "{proxy}");
}

/// A name is free when what had it is gone.
#[tokio::test]
async fn a_name_is_waited_for() {
    let account = emulator::ministack().account();
    let machines = BusyMachines::start(&account.endpoint);
    let desk = desk(&account, &machines.url());
    desk.applied();
    let through = client(&account.through(&machines.url()));
    let gone = through.delete_state_machine().state_machine_arn(arn(&account)).send().await;
    gone.expect("a deletion");
    machines.calls();
    desk.applied();
    assert_eq!(machines.calls(), ["CreateStateMachine"]);
}

/// A life, in which the first call of an operation fares so: nothing of it is seen by
/// whoever runs the commands.
fn passes(operation: &'static str, fault: Fault) {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::first(&account.endpoint, operation, fault);
    let desk = desk(&account, &proxy.url());
    let must = |line: &str| {
        let told = desk.run(line);
        assert_eq!(told.code, Some(0), "{operation} {fault:?}\n{told}{proxy}");
    };
    desk.write("stack.yaml", &published(STACK));
    must("apply -y stack.yaml");
    must("plan --detailed-exitcode stack.yaml");
    desk.write("stack.yaml", &published(&changed()));
    must("apply -y stack.yaml");
    must("plan --detailed-exitcode stack.yaml");
    must("destroy -y stack.yaml");
    must("plan --destroy --detailed-exitcode stack.yaml");
    assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
}

const CONFLICT: Fault = Fault::Says(400, "ConflictException", "Try again");

#[test]
fn a_lost_answer_and_a_busy_machine_are_got_over() {
    let made = ["CreateStateMachine", "UpdateStateMachine", "CreateStateMachineAlias"];
    for operation in made.into_iter().chain(["UpdateStateMachineAlias", "DeleteStateMachine"]) {
        for fault in [Fault::Throttle, Fault::ResetAfter, Fault::Cut, Fault::Error503] {
            passes(operation, fault);
        }
    }
    passes("CreateStateMachine", CONFLICT);
    passes("UpdateStateMachine", CONFLICT);
    passes("DescribeStateMachine", Fault::Throttle);
    passes("TagResource", Fault::Throttle);
}

/// What Step Functions says for some seconds after a role or a key was made.
const NOT_YET: [(&str, &str); 4] = [
    (
        "AccessDeniedException",
        "Neither the global service principal states.amazonaws.com, nor the regional one is \
         authorized to assume the provided role.",
    ),
    (
        "AccessDeniedException",
        "The state machine IAM Role is not authorized to access the Log Destination",
    ),
    (
        "AccessDeniedException",
        "'arn:aws:iam::123456789012:role/r' is not authorized to create managed-rule.",
    ),
    ("KmsAccessDeniedException", "The role is not authorized to perform kms:GenerateDataKey"),
];

#[test]
fn a_role_or_a_key_that_is_not_seen_yet_is_waited_for() {
    for (code, message) in NOT_YET {
        let account = emulator::ministack().account();
        let left = Arc::new(AtomicUsize::new(3));
        let refusals = Arc::clone(&left);
        let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
            let is_it = call.is("states", "CreateStateMachine")
                && refusals
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok();
            is_it.then_some(Fault::Says(400, code, message))
        });
        desk(&account, &proxy.url()).applied();
        assert_eq!(left.load(Ordering::Relaxed), 0, "{message}{proxy}");
    }
}

/// Refused for good: a role that no run of ours made, and a policy that is full.
#[test]
fn what_no_waiting_mends_is_refused_at_once() {
    let alone = STACK.replace("${role.arn}", "arn:aws:iam::123456789012:role/elsewhere");
    let (head, rest) = alone.split_once("  role:\n").expect("a role");
    let (_, machine) = rest.split_once("  remind:\n").expect("a state machine");
    let alone = format!("{head}  remind:\n{machine}");
    let full = "The CloudWatch Logs Resource Policy size was exceeded.";
    let (denied, unseen) = NOT_YET[0];
    for (stack, code, message, told) in [
        (alone.as_str(), denied, unseen, "authorized to assume the provided role"),
        (STACK, "InvalidLoggingConfiguration", full, "/aws/vendedlogs/"),
    ] {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
            let is_it = call.is("states", "CreateStateMachine");
            is_it.then_some(Fault::Says(400, code, message))
        });
        let desk = desk(&account, &proxy.url());
        desk.write("stack.yaml", stack);
        let refused = desk.run("apply -y stack.yaml");
        assert_ne!(refused.code, Some(0), "{refused}");
        assert!(refused.stderr.contains(told), "{refused}");
        assert_eq!(proxy.befallen().len(), 1, "{proxy}");
    }
}

/// AWS answers a creation as if it had made what somebody else made a moment ago, whatever
/// its role and tags are.
#[tokio::test]
async fn a_creation_that_finds_anothers_leaves_it_as_it_is() {
    let account = emulator::ministack().account();
    let behind = account.clone();
    let proxy = FaultProxy::visited(
        &account.endpoint,
        Box::new(move |_, request, _| {
            let is_it = request.call().is("states", "CreateStateMachine");
            let definition = request.json("definition").unwrap_or_default();
            let account = behind.clone();
            Box::pin(async move {
                if !is_it {
                    return;
                }
                let tag = Tag::builder().key("team").value("theirs").build();
                let call = client(&account).create_state_machine().name("reminder-remind");
                let call = call.definition(definition).tags(tag);
                let role = "arn:aws:iam::123456789012:role/theirs";
                call.role_arn(role).send().await.expect("a state machine");
            })
        }),
    );
    let desk = desk(&account, &proxy.url());
    let refused = desk.run("apply -y stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("reminder-remind"), "{refused}");
    let theirs = client(&account).describe_state_machine().state_machine_arn(arn(&account));
    let theirs = theirs.send().await.expect("a state machine");
    assert_eq!(theirs.role_arn, "arn:aws:iam::123456789012:role/theirs");
    let tags = client(&account).list_tags_for_resource().resource_arn(arn(&account));
    let tags = tags.send().await.expect("tags").tags.unwrap_or_default();
    let tags: Vec<_> = tags.iter().filter_map(Tag::value).collect();
    assert_eq!(tags, ["theirs"], "{refused}");
}

/// Ours, of an earlier run whose answer was lost: the role and the tags are put right.
#[tokio::test]
async fn a_creation_that_finds_ours_puts_it_right() {
    let account = emulator::ministack().account();
    let desk = desk(&account, &account.endpoint);
    desk.applied();
    let sfn = client(&account);
    let call = sfn.untag_resource().resource_arn(arn(&account)).tag_keys("team");
    call.send().await.expect("no tag");
    let call = sfn.update_state_machine().state_machine_arn(arn(&account));
    let other = "arn:aws:iam::123456789012:role/other";
    call.role_arn(other).send().await.expect("another role");
    let drift = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(drift.stdout.contains("role_arn") && drift.stdout.contains("team"), "{drift}");
    desk.applied();
}

#[test]
fn a_creation_that_was_killed_is_seen_through_by_the_next() {
    for (operation, fault) in [
        ("CreateStateMachine", Fault::KillAfter),
        ("CreateStateMachineAlias", Fault::KillBefore),
        ("CreateStateMachineAlias", Fault::KillAfter),
    ] {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::first(&account.endpoint, operation, fault);
        let stack = published(STACK);
        killed::apply(&account, &proxy, &stack);
        let desk = desk(&account, &account.endpoint);
        desk.write("stack.yaml", &stack);
        desk.applied();
        desk.must("destroy -y stack.yaml", 0);
    }
}

/// What throws a result away is not what keeps it.
#[test]
fn null_in_a_definition_is_a_value() {
    let account = emulator::ministack().account();
    let desk = desk(&account, &account.endpoint);
    let states = |go: &str| STACK.replace("{ Type: Wait, Seconds: 1000, End: true }", go);
    let keeps = states("{ Type: Pass, Result: { a: 1 }, End: true }");
    let throws = states("{ Type: Pass, Result: { a: 1 }, ResultPath: null, End: true }");
    for stack in [&keeps, &throws, &keeps] {
        desk.write("stack.yaml", stack);
        let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
        assert!(plan.stdout.contains("remind"), "{plan}");
        let is_said = desk.must("render stack.yaml", 0).stdout.contains("ResultPath: null");
        assert_eq!(is_said, stack == &throws);
        desk.applied();
    }
}

async fn running(sfn: &aws_sdk_sfn::Client, account: &Account) -> usize {
    let call = sfn.list_executions().state_machine_arn(arn(account));
    let listed = call.status_filter(ExecutionStatus::Running).send().await;
    listed.expect("executions").executions.len()
}

/// They are told before anything is deleted, and stopped where the stack's file or the user
/// says so.
#[tokio::test]
async fn what_runs_keeps_a_state_machine_from_going() {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    let desk = desk(&account, &proxy.url());
    let sfn = client(&account);
    let start = async || {
        let call = sfn.start_execution().state_machine_arn(arn(&account)).input("{}");
        call.send().await.expect("an execution").execution_arn
    };
    let forced = STACK.to_owned() + "    force_destroy: true\n";
    for (stack, command) in
        [(STACK, "destroy -y --allow-data-loss stack.yaml"), (&forced, "destroy -y stack.yaml")]
    {
        desk.write("stack.yaml", STACK);
        desk.applied();
        let first = start().await;
        let refused = desk.run("destroy -y stack.yaml");
        assert_ne!(refused.code, Some(0), "{refused}");
        assert!(refused.stderr.contains("holds 1 running execution"), "{refused}");
        start().await;
        let refused = desk.run("destroy -y stack.yaml");
        assert!(refused.stderr.contains("holds 2 running executions"), "{refused}");
        assert_eq!(running(&sfn, &account).await, 2);
        desk.write("stack.yaml", stack);
        desk.must(command, 0);
        assert!(proxy.to_string().contains("states:StopExecution"), "{first}{proxy}");
        desk.must("plan --destroy --detailed-exitcode stack.yaml", 0);
    }
}
