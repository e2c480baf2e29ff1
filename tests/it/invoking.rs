//! `ccprov invoke`, on functions that an emulator runs as processes of this machine: what
//! it tells whom, how it ends, and that nothing is run twice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;

use serde_json::{Value, json};

use crate::contract::rights::User;
use crate::support::binary::Transcript;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::trace;
use crate::transcripts::{Desk, check};

const STACK: &str = r#"
stack: callers
region: us-east-1
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
  echo: &function
    kind: lambda_function
    role: "${role.arn}"
    runtime: python3.12
    handler: handler.handle
    code: { folder: ./code }
    timeout: 5
  other: { <<: *function, handler: handler.other }
  queue: { kind: sqs_queue }
"#;

/// Says what it hears, in its log with letters that a terminal would obey.
const HANDLER: &str = r#"
import time

def handle(event, context):
    print("heard \x1b[2J a", event.get("kind"))
    if event.get("kind") == "sleep":
        time.sleep(3)
    if event.get("kind") == "fail":
        raise ValueError("no such \u202e event")
    return {"heard": event}

def other(event, context):
    return "\x1b[2J::error::other"
"#;

fn desk(account: Account) -> Desk {
    let desk = Desk::with(account, STACK);
    desk.write("code/handler.py", HANDLER);
    desk
}

/// A stack that is there.
fn applied() -> Desk {
    let desk = desk(emulator::ministack().account());
    desk.must("apply -y stack.yaml", 0);
    desk
}

/// The same, where something befalls what is posted to Lambda, which is calls of functions
/// alone: others only look.
fn befallen(
    desk: &Desk,
    fault: impl Fn(usize) -> Option<Fault> + Send + Sync + 'static,
) -> (Desk, FaultProxy) {
    let posts = std::sync::atomic::AtomicUsize::new(0);
    let proxy = FaultProxy::start(emulator::ministack().url(), move |_, call| {
        let is_call = call.service == "lambda" && call.operation.starts_with("POST");
        let number = is_call.then(|| posts.fetch_add(1, std::sync::atomic::Ordering::Relaxed))?;
        fault(number)
    });
    let far = self::desk(desk.account.clone().through(&proxy.url()));
    (far, proxy)
}

#[test]
fn the_answer_stands_alone_and_everything_else_beside_it() {
    let desk = applied();
    desk.write("event.json", "{ \"kind\": \"file\" }\n");
    let quiet = |line: &str| without_log(desk.run(line));
    let session = [
        quiet("invoke echo stack.yaml"),
        quiet("invoke echo stack.yaml --payload event.json"),
        quiet("invoke other"),
        quiet("invoke echo --data {\"kind\":\"fail\"}"),
        quiet("invoke echo --async"),
    ];
    check("invoking", &session);
    assert_eq!(session[1].stdout, "{\"heard\": {\"kind\": \"file\"}}\n");
    // To a parser it is the same text; to a terminal and to a CI system it is none of theirs.
    assert_eq!(
        serde_json::from_str::<Value>(&session[2].stdout).unwrap(),
        "\u{1b}[2J::error::other"
    );
    assert!(!session[2].stdout.contains('\u{1b}'));
    let told = desk.stdin("{\"kind\":\"stdin\"}").run("invoke echo --payload -");
    assert_eq!(told.stdout, "{\"heard\": {\"kind\": \"stdin\"}}\n", "{told}");
    assert!(told.stderr.contains(r"heard \u001b[2J a stdin"), "{told}");
}

#[test]
fn programs_get_all_of_it_as_json() {
    let desk = applied();
    let told = desk.must("invoke echo --json --data {\"kind\":\"json\"}", 0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["format"], "ccprov.invocation/1");
    assert_eq!(told["answer"], json!({ "heard": { "kind": "json" } }));
    assert_eq!((&told["outcome"], &told["version"]), (&json!("answered"), &json!("$LATEST")));
    assert!(told["log"].as_str().unwrap().contains("heard"), "{told:#}");
    let told = desk.must("invoke echo --format json --data {\"kind\":\"fail\"}", 4);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["error"]["kind"], "Unhandled");
    // The emulator knows no ValueError, as AWS does.
    let message = told["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(": no such \u{202e} event"), "{message}");
    let told = desk.must("invoke nobody --json", 1);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["format"], "ccprov.diagnostics/1");
}

/// Whoever cannot be called is told of in words, before anything is called.
#[test]
fn what_cannot_be_called_is_told() {
    let desk = desk(emulator::ministack().account());
    let early = desk.run("invoke echo");
    desk.must("apply -y stack.yaml", 0);
    desk.write("large.json", &format!("\"{}\"", "x".repeat(6 * 1024 * 1024)));
    desk.write("broken.json", "{\n  \"a\": secret\n}\n");
    // Another stack, whose function is named as this one's.
    let others = STACK.replace("stack: callers", "stack: others");
    let others = others.replace("handler.handle", "handler.handle\n    name: callers-echo");
    desk.write("others.yaml", &others.replace("handler.other }", "handler.other, name: other }"));
    let session = [
        early,
        desk.run("invoke queue stack.yaml"),
        desk.run("invoke nobody stack.yaml"),
        desk.run("invoke echo stack.yaml --payload broken.json"),
        desk.run("invoke echo stack.yaml --payload large.json"),
        desk.run("invoke echo stack.yaml --payload missing.json"),
        desk.run("invoke echo stack.yaml --data broken"),
        desk.run("invoke echo stack.yaml --qualifier nobody"),
        desk.run("invoke echo others.yaml"),
    ];
    let codes: Vec<i32> = session.iter().filter_map(|told| told.code).collect();
    assert_eq!(codes, [1, 1, 1, 1, 1, 1, 1, 1, 5]);
    check("not_invoked", &session);
}

/// Only what says that nothing was run is tried again.
#[test]
fn nothing_is_run_twice() {
    let desk = applied();
    let check = |fault: Fault, code: i32, calls: usize| {
        let (far, proxy) = befallen(&desk, move |number| (number == 0).then_some(fault));
        let told = far.run("invoke echo stack.yaml --trace trace.json");
        assert_eq!(told.code, Some(code), "{fault:?}: {told}");
        assert_eq!(proxy.befallen().len(), 1);
        let trace = fs::read_to_string(far.path("trace.json")).unwrap();
        let made = trace::calls(&trace).iter().filter(|call| call.operation == "Invoke").count();
        assert_eq!(made, calls, "{fault:?}: {trace}");
        told
    };
    check(Fault::Throttle, 0, 2);
    let busy = "The operation cannot be performed at this time. The function is currently in the following state: Pending";
    check(Fault::Says(409, "ResourceConflictException", busy), 0, 2);
    check(Fault::Says(502, "ResourceNotReadyException", ""), 0, 2);
    for fault in [Fault::ResetAfter, Fault::Cut, Fault::Error500, Fault::Error503] {
        let told = check(fault, 6, 1);
        assert!(told.stderr.contains("nobody knows whether echo ran"), "{told}");
    }
    check(Fault::Says(502, "KMSDisabledException", "the key is disabled"), 1, 1);
    check(Fault::Says(403, "AccessDeniedException", "not authorized"), 7, 1);
}

/// Neither what goes in nor what comes out gets anywhere but to whoever asked.
#[test]
fn nothing_of_an_event_or_an_answer_is_kept() {
    let desk = applied();
    let line = "invoke echo stack.yaml --trace trace.json --journal journal.jsonl";
    let event = ["--data", "{\"kind\":\"canary-of-yours\"}"];
    let words: Vec<&str> = line.split(' ').chain(event).collect();
    let told = desk.run_exactly(&words);
    assert!(told.stdout.contains("canary-of-yours"), "{told}");
    for file in ["trace.json", "journal.jsonl"] {
        let text = fs::read_to_string(desk.path(file)).unwrap();
        assert!(text.contains("Invoke"), "{file}: {text}");
        assert!(!text.contains("canary"), "{file}: {text}");
    }
    let journal = fs::read_to_string(desk.path("journal.jsonl")).unwrap();
    assert!(journal.contains("--data ..."), "{journal}");
}

/// A secret of the stack is hidden in the log, and not in the answer: that would be another.
#[test]
fn the_answer_is_told_as_it_is_and_the_log_under_the_mask() {
    let desk = desk(emulator::ministack().account());
    let secret = "vars: { word: { type: string, sensitive: true } }\nresources:";
    desk.write("stack.yaml", &STACK.replace("resources:", secret));
    let desk = desk.env("CCPROV_VAR_word", "open-sesame");
    desk.must("apply -y stack.yaml", 0);
    let event = "{\"kind\":\"open-sesame\"}";
    let told = desk.must(&format!("invoke echo --data {event}"), 0);
    assert!(told.stdout.contains("open-sesame"), "{told}");
    assert!(!told.stderr.contains("open-sesame"), "{told}");
    let told = desk.must(&format!("invoke echo --json --data {event}"), 0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["answer"]["heard"]["kind"], "open-sesame");
    assert!(told["log"].as_str().unwrap().contains("(sensitive)"), "{told:#}");
}

#[test]
fn whoever_is_interrupted_hears_that_it_may_run_on() {
    let desk = applied();
    let (far, _proxy) = befallen(&desk, |number| (number == 0).then_some(Fault::Throttle));
    let event = "{\"kind\":\"sleep\"}";
    let line = format!("invoke echo stack.yaml --data {event}");
    let told = far.run_until(&line, &[("cannot be called yet; trying again", "INT")]);
    assert_eq!(told.code, Some(130), "{told}");
    assert!(told.stderr.contains("interrupted while echo was called: it may run on"), "{told}");
}

#[tokio::test]
async fn the_policy_to_invoke_is_enough_and_does_nothing_else() {
    let root = emulator::ministack_enforcing_tls().account();
    let desk = |account: &Account| desk(account.clone());
    desk(&root).must("apply -y stack.yaml", 0);
    let policy = desk(&root).must("iam --for invoke stack.yaml", 0).stdout;
    let policy: Value = serde_json::from_str(&policy.replace("[ACCOUNT]", &root.id)).unwrap();
    let caller = User::new(&root, "caller").await;
    caller.may(&policy).await;
    desk(&caller.account).must("invoke echo stack.yaml", 0);
    desk(&caller.account).must("plan stack.yaml", 7);
    let planner = desk(&root).must("iam --for plan stack.yaml", 0).stdout;
    let planner: Value = serde_json::from_str(&planner.replace("[ACCOUNT]", &root.id)).unwrap();
    caller.may(&planner).await;
    desk(&caller.account).must("invoke echo stack.yaml", 7);
}

/// The lines of the log vary: who they are of, and how long it took.
fn without_log(told: Transcript) -> Transcript {
    let stderr: Vec<&str> = told.stderr.lines().filter(|line| !line.starts_with("  ")).collect();
    Transcript { stderr: stderr.join("\n"), ..told.clone() }
}
