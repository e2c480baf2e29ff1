//! What the contract does not reach of a function's life: Lambda is at it for some
//! seconds after each call, refuses the next one until then, and refuses a role that it
//! has not seen yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ccprov::model::Hash;
use serde_json::{Value, json};

use crate::support::aws;
use crate::support::binary::Ccprov;
use crate::support::busy_functions::BusyFunctions;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::zip::zip;
use crate::transcripts::Desk;

const STACK: &str = "
stack: greeter
region: us-east-1
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: \"sts:AssumeRole\" }
  hello:
    kind: lambda_function
    role: \"${role.arn}\"
    code: { folder: build }
    runtime: provided.al2023
    handler: bootstrap
    tags: { team: a }
";

/// Settings and tags are others.
fn changed() -> String {
    STACK.replace("team: a", "team: b") + "    timeout: 30\n    environment: { WORD: one }\n"
}

/// Somebody with a stack and some code, whose calls go to a URL.
fn desk(account: &Account, url: &str) -> Desk {
    let desk = Desk::with(account.through(url), STACK);
    desk.write("build/bootstrap", "#!/bin/sh\n");
    desk
}

#[test]
fn settings_and_code_follow_one_another() {
    let account = emulator::ministack().account();
    let functions = BusyFunctions::start(&account.endpoint);
    let desk = desk(&account, &functions.url());
    desk.applied();
    assert_eq!(functions.calls(), ["CreateFunction"]);
    desk.write("stack.yaml", &changed());
    desk.write("build/bootstrap", "#!/bin/sh\n# changed\n");
    desk.applied();
    assert_eq!(functions.calls(), ["UpdateFunctionConfiguration", "UpdateFunctionCode"]);
    // What Lambda takes at any time is no change that it is at.
    desk.write("stack.yaml", &(changed() + "    reserved_concurrent_executions: 3\n"));
    desk.applied();
    assert_eq!(functions.calls(), [""; 0]);
    desk.must("destroy -y stack.yaml", 0);
    assert_eq!(functions.calls(), ["DeleteFunction"]);
}

#[test]
fn what_was_reserved_follows_a_creation_that_is_at_rest() {
    let account = emulator::ministack().account();
    let functions = BusyFunctions::start(&account.endpoint);
    let desk = desk(&account, &functions.url());
    desk.write("stack.yaml", &(STACK.to_owned() + "    reserved_concurrent_executions: 3\n"));
    desk.applied();
    assert_eq!(functions.calls(), ["CreateFunction"]);
}

/// What a plan shows as a change of code is a new version, too, and the alias leads to it.
#[tokio::test]
async fn what_changes_is_published_and_the_alias_follows() {
    let account = emulator::ministack().account();
    let desk = desk(&account, &account.endpoint);
    let live = |stack: String| stack + "    publish: true\n    aliases: { live: {} }\n";
    let lambda = aws_sdk_lambda::Client::new(&aws::config(&account));
    let leads_to = async || {
        let alias = lambda.get_alias().function_name("greeter-hello").name("live").send().await;
        alias.expect("an alias").function_version.expect("a version")
    };
    desk.write("stack.yaml", &live(STACK.to_owned()));
    desk.applied();
    assert_eq!(leads_to().await, "1");
    desk.write("build/bootstrap", "#!/bin/sh\n# changed\n");
    desk.write("stack.yaml", &live(changed()));
    desk.applied();
    assert_eq!(leads_to().await, "2");
    desk.write("stack.yaml", &live(changed().replace("timeout: 30", "timeout: 31")));
    desk.applied();
    assert_eq!(leads_to().await, "3");
    // Somebody goes back by hand.
    let back = lambda.update_alias().function_name("greeter-hello").name("live");
    back.function_version("1").send().await.expect("a change");
    desk.must("plan --detailed-exitcode stack.yaml", 2);
    desk.applied();
    assert_eq!(leads_to().await, "3");
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
    must("apply -y stack.yaml");
    must("plan --detailed-exitcode stack.yaml");
    desk.write("stack.yaml", &changed());
    desk.write("build/bootstrap", "#!/bin/sh\n# changed\n");
    must("apply -y stack.yaml");
    must("plan --detailed-exitcode stack.yaml");
    must("destroy -y stack.yaml");
    must("plan --destroy --detailed-exitcode stack.yaml");
    assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
}

const CONFLICT: Fault = Fault::Says(
    409,
    "ResourceConflictException",
    "The operation cannot be performed at this time. An update is in progress for resource",
);

#[test]
fn a_busy_function_is_waited_for() {
    for operation in ["UpdateFunctionConfiguration", "UpdateFunctionCode", "DeleteFunction"] {
        for fault in [CONFLICT, Fault::Throttle, Fault::ResetAfter] {
            passes(operation, fault);
        }
    }
    for fault in [Fault::Throttle, Fault::ResetAfter, Fault::Cut, Fault::Error503] {
        passes("CreateFunction", fault);
    }
    passes("GetFunction", Fault::Throttle);
    passes("TagResource", Fault::Throttle);
}

/// Some times in a row, as AWS does for some seconds after a role was made.
#[test]
fn a_role_or_a_key_that_is_not_seen_yet_is_waited_for() {
    for message in [
        "The role defined for the function cannot be assumed by Lambda.",
        "The provided execution role does not have permissions to call SendMessage on SQS",
        "Lambda was unable to configure access to your environment variables because the KMS key \
         is invalid for CreateGrant.",
        "Your request has been throttled by EC2, please make sure you have enough API rate limit.",
    ] {
        let account = emulator::ministack().account();
        let left = Arc::new(AtomicUsize::new(3));
        let refusals = Arc::clone(&left);
        let fault = Fault::Says(400, "InvalidParameterValueException", message);
        let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
            let is_it = call.is("lambda", "CreateFunction")
                && refusals
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok();
            is_it.then_some(fault)
        });
        let desk = desk(&account, &proxy.url());
        desk.applied();
        assert_eq!(left.load(Ordering::Relaxed), 0, "{proxy}");
    }
}

/// A role of somebody else's, which no run of ours made a moment ago.
#[test]
fn a_role_that_nobody_makes_is_refused_at_once() {
    let account = emulator::ministack().account();
    let role = "arn:aws:iam::123456789012:role/elsewhere";
    let message = "The role defined for the function cannot be assumed by Lambda.";
    let fault = Fault::Says(400, "InvalidParameterValueException", message);
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        call.is("lambda", "CreateFunction").then_some(fault)
    });
    let desk = desk(&account, &proxy.url());
    let (head, function) = STACK.split_once("  role:\n").expect("a role");
    let (_, function) = function.split_once("  hello:\n").expect("a function");
    let alone = format!("{head}  hello:\n{}", function.replace("${role.arn}", role));
    desk.write("stack.yaml", &alone);
    let told = desk.run("apply -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    assert!(told.stderr.contains("cannot be assumed by Lambda"), "{told}");
    assert_eq!(proxy.befallen().len(), 1, "{proxy}");
}

fn fails(state: Value, why: &str) {
    let account = emulator::ministack().account();
    let functions = BusyFunctions::telling(&account.endpoint, state);
    let desk = desk(&account, &functions.url());
    let failed = desk.run("apply -y stack.yaml");
    assert_ne!(failed.code, Some(0), "{failed}");
    assert!(failed.stderr.contains(why), "{failed}");
}

#[test]
fn a_function_that_cannot_run_says_why() {
    let reason = "The function's zip file could not be read";
    fails(
        json!({ "State": "Failed", "StateReasonCode": "InvalidZipFileException", "StateReason": reason }),
        "it cannot run (InvalidZipFileException: The function's zip file could not be read)",
    );
    fails(
        json!({
            "State": "Active",
            "Environment": {
                "Error": { "ErrorCode": "KMSDisabledException", "Message": "The key is disabled" },
            },
        }),
        "Lambda cannot use its KMS key (KMSDisabledException: The key is disabled)",
    );
    fails(
        json!({
            "State": "Active",
            "LastUpdateStatus": "Failed",
            "LastUpdateStatusReasonCode": "DisabledKMSKey",
            "LastUpdateStatusReason": "The key is disabled",
        }),
        "its last change failed (DisabledKMSKey: The key is disabled)",
    );
}

/// A function that failed when it was made, and is as the stack states it.
fn is_mended(told: Value, by: &'static str, why: &str) {
    let account = emulator::ministack().account();
    desk(&account, &account.endpoint).applied();
    let functions = BusyFunctions::failing(&account.endpoint, told, by);
    let desk = desk(&account, &functions.url());
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(plan.stdout.contains(&format!("note: AWS says that it failed: {why}")), "{plan}");
    desk.must("apply -y stack.yaml", 0);
    assert_eq!(functions.calls(), [by]);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}

#[test]
fn a_failed_function_that_differs_in_nothing_is_tried_again() {
    let reason = "The role has no right to make network interfaces";
    is_mended(
        json!({ "State": "Failed", "StateReasonCode": "InsufficientRolePermissions", "StateReason": reason }),
        "UpdateFunctionConfiguration",
        "it cannot run (InsufficientRolePermissions",
    );
    is_mended(
        json!({ "LastUpdateStatus": "Failed", "LastUpdateStatusReasonCode": "SubnetOutOfIPAddresses" }),
        "UpdateFunctionConfiguration",
        "its last change failed (SubnetOutOfIPAddresses",
    );
    // What it does not help is told, and called for once.
    let account = emulator::ministack().account();
    desk(&account, &account.endpoint).applied();
    let failed = json!({ "State": "Failed", "StateReasonCode": "InvalidSubnet" });
    let functions = BusyFunctions::telling(&account.endpoint, failed);
    let failed = desk(&account, &functions.url()).run("apply -y stack.yaml");
    assert_ne!(failed.code, Some(0), "{failed}");
    assert!(failed.stderr.contains("it cannot run (InvalidSubnet"), "{failed}");
    assert_eq!(functions.calls(), ["UpdateFunctionConfiguration"]);
}

/// No emulator knows when a runtime changes: AWS answers as the stand-in does (API Reference,
/// `PutRuntimeManagementConfig`), and takes no change of it while it is at the function.
#[test]
fn the_runtime_changes_when_the_stack_says() {
    let account = emulator::ministack().account();
    let functions = BusyFunctions::start(&account.endpoint);
    let desk = desk(&account, &functions.url());
    let with = |config: &str| format!("{STACK}    runtime_management_config: {config}\n");
    let arn = "arn:aws:lambda:us-east-1::runtime:8eeff65f6809a3ce81507fe733fe09b835899b99481ba22fd75b5a7338290ec1";
    desk.write(
        "stack.yaml",
        &with(&format!("{{ update_runtime_on: Manual, runtime_version_arn: \"{arn}\" }}")),
    );
    desk.applied();
    assert_eq!(functions.calls(), ["CreateFunction", "PutRuntimeManagementConfig"]);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("stack.yaml", &with("{ update_runtime_on: FunctionUpdate }"));
    desk.applied();
    assert_eq!(functions.calls(), ["PutRuntimeManagementConfig"]);
    // What is not stated is neither read nor written.
    desk.write("stack.yaml", STACK);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("stack.yaml", &with("{}"));
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(plan.stdout.contains("update_runtime_on"), "{plan}");
}

/// Code is held to the signatures that are stated with it: these are written first.
#[test]
fn signatures_are_asked_for_before_code_is_sent() {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    let desk = desk(&account, &proxy.url());
    desk.applied();
    let arn = "arn:aws:lambda:us-east-1:${account}:code-signing-config:csc-0a1b2c3d4e5f60718";
    desk.write("stack.yaml", &format!("{STACK}    code_signing_config_arn: \"{arn}\"\n"));
    desk.write("build/bootstrap", "#!/bin/sh\n# signed\n");
    desk.applied();
    let calls = proxy.to_string();
    let at = |call: &str| calls.find(call).unwrap_or_else(|| panic!("no {call}: {calls}"));
    assert!(at("PutFunctionCodeSigningConfig") < at("UpdateFunctionCode"), "{calls}");
}

/// Between the settings and the code, and before Lambda had done with either.
#[test]
fn what_a_killed_run_began_is_seen_through_by_the_next() {
    for (operation, fault, left) in [
        ("UpdateFunctionConfiguration", Fault::KillAfter, &["UpdateFunctionCode"][..]),
        ("UpdateFunctionCode", Fault::KillBefore, &["UpdateFunctionCode"][..]),
        ("UpdateFunctionCode", Fault::KillAfter, &[][..]),
    ] {
        let account = emulator::ministack().account();
        let functions = BusyFunctions::start(&account.endpoint);
        let desk = desk(&account, &functions.url());
        desk.applied();
        desk.write("stack.yaml", &changed());
        desk.write("build/bootstrap", "#!/bin/sh\n# changed\n");
        let proxy = FaultProxy::first(&functions.url(), operation, fault);
        let doomed = Ccprov::on(&desk.account.through(&proxy.url())).at_home();
        let copied = doomed.home().join("build");
        std::fs::create_dir_all(&copied).expect("a folder");
        for file in ["stack.yaml", "build/bootstrap"] {
            std::fs::copy(desk.path(file), doomed.home().join(file)).expect("a copy");
        }
        let killed = doomed.run_told(&["apply", "-y", "stack.yaml"], |process| proxy.hunt(process));
        assert_eq!(killed.code, None, "{killed}");
        functions.calls();
        desk.applied();
        assert_eq!(functions.calls(), left, "{operation} {fault:?}");
    }
}

/// Its tags say whose a function is; without the right to see them AWS answers all the same.
#[test]
fn who_may_not_see_the_tags_is_told() {
    let account = emulator::ministack().account();
    let error = json!({ "ErrorCode": "AccessDeniedException", "Message": "no lambda:ListTags" });
    let functions = BusyFunctions::telling(&account.endpoint, json!({ "State": "Active" }));
    let desk = desk(&account, &functions.url());
    desk.applied();
    let blind = BusyFunctions::with_beside(&account.endpoint, json!({ "TagsError": error }));
    let told = Desk::with(account.through(&blind.url()), STACK);
    told.write("build/bootstrap", "#!/bin/sh\n");
    let told = told.run("plan stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    assert!(told.stderr.contains("allow lambda:ListTags"), "{told}");
}

/// The log group that Lambda would make is made first, of the default name too, and
/// goes last.
#[tokio::test]
async fn the_log_group_of_a_function_comes_first_and_goes_last() {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    let desk = desk(&account, &proxy.url());
    let logs = "  logs: { kind: cloudwatch_log_group, name: /aws/lambda/greeter-hello, force_destroy: true }\n";
    desk.write("stack.yaml", &(STACK.to_owned() + logs));
    desk.applied();
    let lambda = aws_sdk_lambda::Client::new(&aws::config(&account));
    let invoked = lambda.invoke().function_name("greeter-hello").send().await;
    drop(invoked.expect("an answer"));
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
    let calls = proxy.to_string();
    let at = |call: &str| calls.find(call).unwrap_or_else(|| panic!("no {call}: {calls}"));
    assert!(at("CreateLogGroup") < at("CreateFunction"), "{calls}");
    assert!(at("DeleteFunction") < at("DeleteLogGroup"), "{calls}");
}

/// What AWS does not tell of code in a bucket is kept in a tag, and compared by the hash.
#[tokio::test]
async fn code_of_a_bucket_is_taken_and_compared() {
    let account = emulator::ministack().account();
    let bucket = format!("code-{}", account.id);
    let s3 = aws::s3(&account);
    s3.create_bucket().bucket(&bucket).send().await.expect("a bucket");
    let one = zip(&[("bootstrap", "one")]);
    let two = zip(&[("bootstrap", "two")]);
    for (key, bytes) in [("one.zip", &one), ("two.zip", &two), ("copy.zip", &two)] {
        let put = s3.put_object().bucket(&bucket).key(key).body(bytes.clone().into());
        put.send().await.expect("an object");
    }
    let desk = Desk::with(account.clone(), "");
    let code = |key: &str, bytes: &[u8]| {
        let hash = Hash::of(bytes).base64();
        let code = format!("{{ bucket: {bucket}, key: {key}, sha256: \"{hash}\" }}");
        STACK.replace("{ folder: build }", &code)
    };
    for (key, bytes) in [("one.zip", &one), ("two.zip", &two), ("copy.zip", &two)] {
        desk.write("stack.yaml", &code(key, bytes));
        desk.must("plan --detailed-exitcode stack.yaml", 2);
        desk.applied();
    }
    // The stack file says another hash than the object has.
    desk.write("stack.yaml", &code("one.zip", &two));
    let wrong = desk.run("apply -y stack.yaml");
    assert_ne!(wrong.code, Some(0), "{wrong}");
    let right = Hash::of(&one).base64();
    assert!(wrong.stderr.contains(&format!("write `sha256: \"{right}\"`")), "{wrong}");
    desk.write("stack.yaml", &code("copy.zip", &two));
    desk.applied();
    // Somebody puts other code there by hand.
    let lambda = aws_sdk_lambda::Client::new(&aws::config(&account));
    let call = lambda.update_function_code().function_name("greeter-hello");
    call.zip_file(aws_sdk_lambda::primitives::Blob::new(one)).send().await.expect("a change");
    let drift = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(drift.stdout.contains("~ code.sha256"), "{drift}");
    desk.applied();
    desk.write("build/bootstrap", "#!/bin/sh\n");
    desk.write("stack.yaml", STACK);
    desk.applied();
    desk.must("destroy -y stack.yaml", 0);
}
