//! The lease of a stack, as runs of the binary meet it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ccprov::engine::lease::LIFETIME;
use ccprov::model::{Holder, Lease};

use crate::support::aws;
use crate::support::binary::{Ccprov, Transcript};
use crate::support::delay_proxy::DelayProxy;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::killed;
use crate::support::request::Call;
use crate::transcripts::{Desk, check};

const STACK: &str = r#"
stack: claims
region: us-east-1
lock: { bucket: "locks-${account}" }
resources:
  a: { kind: sqs_queue }
  b: { kind: sqs_queue, depends_on: [a] }
"#;
const KEY: &str = "ccprov/claims.lease";
const APPLY: &str = "apply -y stack.yaml";
const UNLOCK: &str = "unlock -y stack.yaml";

/// Somebody with the stack, in an account with a bucket for leases.
async fn desk() -> Desk {
    let account = emulator::ministack().account();
    aws::s3(&account).create_bucket().bucket(bucket(&account)).send().await.unwrap();
    at(&account)
}

fn at(account: &Account) -> Desk {
    Desk::with(account.clone(), STACK)
}

fn bucket(account: &Account) -> String {
    format!("locks-{}", account.id)
}

/// Writes what another run would.
async fn another_holds(account: &Account, lifetime_seconds: u64) {
    let lease = Lease {
        format: Lease::FORMAT.to_owned(),
        stack: "claims".to_owned(),
        holder: Holder {
            process: "ada@build-7 pid 4711".to_owned(),
            caller: format!("arn:aws:iam::{}:user/ada", account.id),
        },
        command: "ccprov apply claims.yaml".to_owned(),
        since: "2026-01-31T10:00:00.123Z".to_owned(),
        lifetime_seconds,
        nonce: "of another".to_owned(),
        renewals: 0,
    };
    put(account, &serde_json::to_string(&lease).unwrap()).await;
}

async fn put(account: &Account, text: &str) {
    put_at(account, KEY, text).await;
}

async fn put_at(account: &Account, key: &str, text: &str) {
    let put = aws::s3(account).put_object().bucket(bucket(account)).key(key);
    put.body(text.as_bytes().to_vec().into()).send().await.unwrap();
}

async fn lying(account: &Account) -> Option<String> {
    let object = aws::s3(account).get_object().bucket(bucket(account)).key(KEY).send().await;
    let bytes = object.ok()?.body.collect().await.unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

/// Applies, and acts when the first queue is about to be made: then the run
/// has the lease.
fn amid_an_apply<T: Send + 'static>(
    account: &Account,
    act: impl Fn() -> T + Send + Sync + 'static,
) -> (Transcript, T) {
    let said = Arc::new(Mutex::new(None));
    let says = Arc::clone(&said);
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        let mut says = says.lock().unwrap();
        if call.operation == "CreateQueue" && says.is_none() {
            *says = Some(act());
        }
        None
    });
    let applied = at(&account.through(&proxy.url())).run(APPLY);
    let said = said.lock().unwrap().take();
    (applied, said.expect("it made a queue"))
}

fn must(transcript: &Transcript, code: i32) {
    assert_eq!(transcript.code, Some(code), "{transcript}");
}

#[tokio::test]
async fn while_one_run_changes_a_stack_another_is_refused() {
    let desk = desk().await;
    let beside = at(&desk.account);
    let lines = ["apply -y stack.yaml", "destroy -y stack.yaml", "unlock stack.yaml"];
    let (applied, mut session) = amid_an_apply(&desk.account, move || {
        let session: Vec<Transcript> = lines.iter().map(|line| beside.run(line)).collect();
        // Whoever only looks needs no lease.
        must(&beside.run("validate stack.yaml"), 0);
        must(&beside.run("plan --detailed-exitcode stack.yaml"), 2);
        session
    });
    session.insert(0, applied);
    session.push(desk.run("unlock stack.yaml"));
    check("refused_for_the_lease", &session);
    assert_eq!(lying(&desk.account).await, None, "it was given back");
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("destroy -y stack.yaml", 0);
    assert_eq!(lying(&desk.account).await, None, "it was given back");
}

#[tokio::test]
async fn stacks_that_share_a_lease_take_it_once() {
    let desk = desk().await;
    let alarms = STACK.replace("stack: claims", "stack: alarms");
    desk.write(
        "alarms.yaml",
        &alarms.replace("${account}\"", &format!("${{account}}\", key: {KEY}")),
    );
    let both = "alarms.yaml stack.yaml";
    desk.must(&format!("apply -y {both}"), 0);
    assert_eq!(lying(&desk.account).await, None, "it was given back");
    let unlocked = desk.must(&format!("apply -y --no-lock {both}"), 0);
    assert_eq!(unlocked.stderr.matches("goes without the lease").count(), 1, "{unlocked}");
    another_holds(&desk.account, LIFETIME.as_secs()).await;
    desk.must(&format!("destroy -y {both}"), 5);
    desk.must(&format!("destroy -y --no-lock {both}"), 0);
}

/// Two commands that name the same stacks never hold what the other waits for.
#[tokio::test]
async fn leases_of_several_stacks_are_taken_in_one_order() {
    let desk = desk().await;
    another_holds(&desk.account, LIFETIME.as_secs()).await;
    let held = lying(&desk.account).await.unwrap();
    put_at(&desk.account, "ccprov/alarms.lease", &held.replace("claims", "alarms")).await;
    desk.write("alarms.yaml", &STACK.replace("stack: claims", "stack: alarms"));
    for files in ["stack.yaml alarms.yaml", "alarms.yaml stack.yaml"] {
        let refused = desk.must(&format!("apply -y {files}"), 5);
        assert!(refused.stderr.contains("/ccprov/alarms.lease; nothing was changed"), "{refused}");
    }
}

#[tokio::test]
async fn whoever_waits_goes_on_when_the_other_is_done() {
    let desk = desk().await;
    let account = desk.account.clone();
    let (applied, waiting): (_, JoinHandle<Transcript>) = amid_an_apply(&desk.account, move || {
        let beside = at(&account);
        let line = "apply -y stack.yaml --lock-timeout 5m";
        // Not before it waits: the apply goes on when this has returned.
        thread::spawn(move || beside.run(line))
    });
    must(&applied, 0);
    let waited = waiting.join().unwrap();
    must(&waited, 0);
    assert!(waited.stdout.contains("0 added, 0 changed, 0 destroyed"), "{waited}");
    assert_eq!(lying(&desk.account).await, None, "both gave it back");
}

#[tokio::test]
async fn the_lease_of_a_killed_run_is_shown_and_removed() {
    let desk = desk().await;
    let is_it = |_, call: &Call| (call.operation == "CreateQueue").then_some(Fault::KillBefore);
    let proxy = FaultProxy::start(&desk.account.endpoint, is_it);
    killed::apply(&desk.account, &proxy, STACK);
    let session = [APPLY, "unlock stack.yaml", UNLOCK, UNLOCK].map(|line| desk.run(line));
    check("unlocked", &session);
    desk.must(APPLY, 0);
}

#[tokio::test]
async fn the_lease_of_a_dead_run_is_taken_over() {
    let desk = desk().await;
    another_holds(&desk.account, 0).await;
    // S3 counts in whole seconds.
    desk.must("apply -y stack.yaml --lock-timeout 10s", 0);
    assert_eq!(lying(&desk.account).await, None);
}

#[tokio::test]
async fn a_plan_file_takes_the_lease_and_a_name_does_not() {
    let desk = desk().await;
    desk.must("plan stack.yaml --out plan.json", 0);
    another_holds(&desk.account, LIFETIME.as_secs()).await;
    let held = lying(&desk.account).await;
    desk.must("apply -y --plan plan.json", 5);
    desk.must("apply -y --until verified stack.yaml", 5);
    desk.must("destroy -y stack.yaml", 5);
    let unlocked = desk.must("apply -y --plan plan.json --no-lock", 0);
    assert!(unlocked.stderr.contains("goes without the lease"), "{unlocked}");
    desk.must("destroy -y --stack claims", 0);
    assert_eq!(lying(&desk.account).await, held, "it is another's");
}

#[tokio::test]
async fn a_signal_gives_the_lease_back() {
    let desk = desk().await;
    let far = DelayProxy::start(&desk.account.endpoint, Duration::from_millis(300));
    let far = at(&desk.account.through(&far.url()));
    for signal in ["INT", "TERM"] {
        let run = far.run_until(APPLY, &[("a: ", signal)]);
        must(&run, 130);
        assert_eq!(lying(&desk.account).await, None, "{run}");
        desk.must("destroy -y --stack claims", 0);
    }
    another_holds(&desk.account, LIFETIME.as_secs()).await;
    let held = lying(&desk.account).await;
    let waits = "apply -y stack.yaml --lock-timeout 5m";
    let run = desk.run_until(waits, &[("Waiting for the lease", "INT")]);
    must(&run, 130);
    assert!(run.stderr.contains("before anything was changed"), "{run}");
    assert_eq!(lying(&desk.account).await, held, "it is another's");
}

#[tokio::test]
async fn a_run_that_was_not_alone_to_the_end_says_so() {
    let desk = desk().await;
    let beside = at(&desk.account);
    let (applied, unlocked) = amid_an_apply(&desk.account, move || beside.run(UNLOCK));
    must(&unlocked, 0);
    check("lost_the_lease", &[applied]);
}

#[tokio::test]
async fn a_store_whose_deletions_know_no_conditions_will_do() {
    let desk = desk().await;
    let deletions = Mutex::new(0);
    let proxy = FaultProxy::start(&desk.account.endpoint, move |_, call| {
        let is_deletion = call.service == "s3" && call.operation.starts_with("DELETE");
        let mut count = deletions.lock().unwrap();
        *count += usize::from(is_deletion);
        (is_deletion && *count == 1).then_some(Fault::Unknown)
    });
    at(&desk.account.through(&proxy.url())).must(APPLY, 0);
    assert_eq!(proxy.befallen().len(), 1);
    assert_eq!(lying(&desk.account).await, None);
}

#[tokio::test]
async fn what_is_no_lease_stays_where_it_is() {
    let desk = desk().await;
    for text in ["{}", "a novel", r#"{"format":"ccprov.lease/9"}"#] {
        put(&desk.account, text).await;
        for line in [APPLY, UNLOCK] {
            let run = desk.must(line, 1);
            assert!(run.stderr.contains("failed to understand the lease"), "{run}");
        }
        assert_eq!(lying(&desk.account).await.as_deref(), Some(text));
    }
}

#[tokio::test]
async fn a_lease_tells_no_secrets() {
    let desk = desk().await;
    let secret = "vars: { token: ~ }\nsensitive: [token]\n";
    let proxy = FaultProxy::start(&desk.account.endpoint, |_, call: &Call| {
        (call.operation == "CreateQueue").then_some(Fault::KillBefore)
    });
    let doomed = Ccprov::on(&desk.account.through(&proxy.url())).at_home();
    std::fs::write(doomed.home().join("stack.yaml"), format!("{secret}{STACK}")).unwrap();
    let line = ["apply", "-y", "stack.yaml", "--var", "token=hunter2hunter2"];
    doomed.run_told(&line, |process| proxy.hunt(process));
    let lease = lying(&desk.account).await.expect("the lease of a dead run");
    assert!(lease.contains("token=(sensitive)") && !lease.contains("hunter2"), "{lease}");
}

#[test]
fn a_lock_needs_a_bucket_of_others() {
    let desk = at(&emulator::ministack().account());
    let missing = desk.run(APPLY);
    desk.write("none.yaml", "stack: claims\nregion: us-east-1\nresources: {}\n");
    let none = desk.run("unlock none.yaml");
    let own = "  mine: { kind: s3_bucket, bucket: \"locks-${account}\" }\n";
    desk.write("own.yaml", &format!("{STACK}{own}"));
    check("a_lock_needs_a_bucket", &[missing, none, desk.run("validate own.yaml")]);
}
