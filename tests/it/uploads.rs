//! Code that goes to Lambda through a bucket: it is there for as long as the call that
//! takes it, whatever becomes of that.

use crate::support::aws;
use crate::support::binary::Ccprov;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const STACK: &str = r#"
stack: greeter
region: us-east-1
resources:
  builds:
    kind: s3_bucket
    versioning: enabled
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
  hello:
    kind: lambda_function
    role: "${role.arn}"
    code: { folder: build }
    upload_through: "${builds.name}"
    runtime: provided.al2023
    handler: bootstrap
"#;

/// What an apply ends with that failed at a step.
const FAILED: i32 = 6;

/// Through a bucket that is there already.
fn through(bucket: &str) -> String {
    let (head, rest) = STACK.split_once("  builds:").expect("a bucket");
    let (_, tail) = rest.split_once("  role:\n").expect("a role");
    format!("{head}  role:\n{tail}").replace("${builds.name}", bucket)
}

/// Somebody with a stack and some code, whose calls go to a URL, and a bucket.
async fn desk(account: &Account, url: &str) -> (Desk, String) {
    let bucket = format!("builds-{}", account.id);
    aws::s3(account).create_bucket().bucket(&bucket).send().await.expect("a bucket");
    let desk = Desk::with(account.through(url), &through(&bucket));
    desk.write("build/bootstrap", "#!/bin/sh\n");
    (desk, bucket)
}

/// The keys of all that lies in a bucket, in whatever version.
async fn left(account: &Account, bucket: &str) -> Vec<String> {
    let listing = aws::s3(account).list_object_versions().bucket(bucket).send().await;
    let listing = listing.expect("a listing");
    let versions = listing.versions().iter().filter_map(|it| it.key.clone());
    let markers = listing.delete_markers().iter().filter_map(|it| it.key.clone());
    versions.chain(markers).collect()
}

/// The bucket is of the same stack: it comes first, keeps versions, and can go after the
/// function, because nothing is left in it.
#[test]
fn code_goes_through_a_bucket_and_nothing_stays_there() {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    let desk = Desk::with(account.through(&proxy.url()), STACK);
    desk.write("build/bootstrap", "#!/bin/sh\n");
    let plan = desk.must("plan stack.yaml", 0);
    assert!(plan.stdout.contains("note: `code` goes through bucket greeter-builds"), "{plan}");
    desk.applied();
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("build/bootstrap", "#!/bin/sh\n# changed\n");
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(plan.stdout.contains("note: `code` goes through bucket greeter-builds"), "{plan}");
    desk.applied();
    // Whether code goes through a bucket is no difference, and nor is through which.
    desk.write("stack.yaml", &STACK.replace("    upload_through: \"${builds.name}\"\n", ""));
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("destroy -y stack.yaml", 0);
    let puts = proxy.to_string().matches("s3:PUT ?\n").count();
    // Of the bucket, and of the code, twice.
    assert_eq!(puts, 3, "{proxy}");
}

#[tokio::test]
async fn what_becomes_of_the_call_leaves_nothing_in_the_bucket() {
    let refused =
        Fault::Says(400, "InvalidParameterValueException", "Unzipped size must be smaller");
    for (operation, fault, code) in [
        ("CreateFunction", Fault::ResetAfter, 0),
        ("CreateFunction", Fault::Throttle, 0),
        ("UpdateFunctionCode", Fault::ResetAfter, 0),
        ("PUT ?", Fault::ResetAfter, 0),
        ("PUT ?", Fault::Error503, 0),
        ("DELETE ?", Fault::ResetAfter, 0),
        ("CreateFunction", refused, FAILED),
        ("UpdateFunctionCode", refused, FAILED),
    ] {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::first(&account.endpoint, operation, fault);
        let (desk, bucket) = desk(&account, &proxy.url()).await;
        let mut codes = vec![desk.run("apply -y stack.yaml").code];
        desk.write("build/bootstrap", "#!/bin/sh\n# changed\n");
        codes.push(desk.run("apply -y stack.yaml").code);
        let expected = [Some(code), Some(0)];
        let expected =
            if operation == "UpdateFunctionCode" { [Some(0), Some(code)] } else { expected };
        assert_eq!(codes, expected, "{operation} {fault:?} {proxy}");
        assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
        assert_eq!(left(&account, &bucket).await, [""; 0], "{operation} {fault:?} {proxy}");
    }
}

/// A run that is killed may leave what it has put; what the next one puts is the same.
#[tokio::test]
async fn what_a_killed_run_has_put_is_taken_by_the_next() {
    for (fault, operation, is_taken) in [
        (Fault::KillAfter, "PUT ?", false),
        (Fault::KillBefore, "CreateFunction", false),
        (Fault::KillBefore, "DELETE ?", true),
    ] {
        let account = emulator::ministack().account();
        let (desk, bucket) = desk(&account, &account.endpoint).await;
        let proxy = FaultProxy::first(&account.endpoint, operation, fault);
        let doomed = Ccprov::on(&account.through(&proxy.url())).at_home();
        std::fs::create_dir_all(doomed.home().join("build")).expect("a folder");
        for file in ["stack.yaml", "build/bootstrap"] {
            std::fs::copy(desk.path(file), doomed.home().join(file)).expect("a copy");
        }
        let killed = doomed.run_told(&["apply", "-y", "stack.yaml"], |process| proxy.hunt(process));
        assert_eq!(killed.code, None, "{killed}");
        assert_eq!(left(&account, &bucket).await.len(), 1, "{operation} {fault:?}");
        desk.applied();
        desk.must("plan --detailed-exitcode stack.yaml", 0);
        // Where Lambda had the code, nobody puts it again.
        let stays = usize::from(is_taken);
        assert_eq!(left(&account, &bucket).await.len(), stays, "{operation} {fault:?}");
    }
}

/// What keeps code from getting into a bucket is told with what to write.
#[test]
fn a_bucket_that_does_not_do_is_told() {
    let account = emulator::ministack().account();
    // Nothing that the run makes is waited for.
    let stack = through("no-such-bucket");
    let (head, rest) = stack.split_once("  role:\n").expect("a role");
    let (_, function) = rest.split_once("  hello:\n").expect("a function");
    let function = function.replace("${role.arn}", "arn:aws:iam::${account}:role/elsewhere");
    let stack = format!("{head}  hello:\n{function}");
    let refused = |fault: Option<Fault>, why: &str| {
        let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
            fault.filter(|_| call.is("s3", "PUT ?"))
        });
        let desk = Desk::with(account.through(&proxy.url()), &stack);
        desk.write("build/bootstrap", "#!/bin/sh\n");
        let told = desk.run("apply -y stack.yaml");
        assert_ne!(told.code, Some(0), "{told}");
        assert!(told.stderr.contains(why), "{why}: {told}");
        assert!(!proxy.to_string().contains("CreateFunction"), "{proxy}");
    };
    refused(None, "`upload_through` names a bucket that is there");
    let message =
        "The bucket you are attempting to access must be addressed using the specified endpoint";
    let elsewhere = Fault::Says(301, "PermanentRedirect", message);
    refused(Some(elsewhere), "`upload_through` must be in the region of the stack");
    let denied = Fault::Says(403, "AccessDenied", "Access Denied");
    refused(Some(denied), "the bucket must be of the stack's account");
}

/// Fifty megabytes are the most of the straight way.
#[test]
fn what_is_too_much_for_a_call_goes_through_a_bucket() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account, STACK);
    desk.write("build/bootstrap", &"# large\n".repeat(51 * 1024 * 1024 / 8));
    desk.write("straight.yaml", &STACK.replace("    upload_through: \"${builds.name}\"\n", ""));
    let refused = desk.run("validate straight.yaml");
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("it is larger than 50 MiB when it is packed"), "{refused}");
    assert!(refused.stderr.contains("`upload_through: \"${NAME.name}\"`"), "{refused}");
    desk.applied();
    desk.must("destroy -y stack.yaml", 0);
}
