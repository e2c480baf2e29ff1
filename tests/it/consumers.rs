//! Who reads a queue for a function, and how the function does: what `verify` sees of it,
//! on functions that an emulator runs as processes of this machine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::Value;

use crate::support::aws;
use crate::support::emulator;
use crate::transcripts::Desk;

const STACK: &str = r#"
stack: consumers
region: us-east-1
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
  dead: { kind: sqs_queue, message_retention_seconds: 1209600 }
  events:
    kind: sqs_queue
    visibility_timeout_seconds: 5
    redrive_policy: { dead_letter_queue: "${dead.arn}", max_receive_count: 1 }
  consumer:
    kind: lambda_function
    role: "${role.arn}"
    runtime: python3.12
    handler: handler.handle
    code: { folder: ./code }
    timeout: 5
  mapping: { kind: lambda_event_source_mapping, event_source_arn: "${events.arn}", function_name: "${consumer.name}" }
"#;
const HANDLER: &str = r#"
def handle(event, context):
    for record in event["Records"]:
        if record["body"] == "bad":
            raise ValueError("bad")
"#;
const GOOD: &str = "{\"Records\":[]}";
const VERIFY: &str = "verify stack.yaml --only mapping_polls,function_errors --report-dir reports";

fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.write("code/handler.py", HANDLER);
    desk.must("apply -y stack.yaml", 0);
    desk
}

/// What a check came to, with the messages of what it found.
fn came(desk: &Desk, check: &str) -> (String, Vec<String>) {
    let text = std::fs::read_to_string(desk.path("reports/results.json")).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    let result = told["results"].as_array().unwrap().iter().find(|it| it["check"] == check);
    let result = result.unwrap_or_else(|| panic!("no {check} in {told:#}"));
    let findings = result["findings"].as_array().into_iter().flatten();
    let messages = findings.map(|it| it["message"].as_str().unwrap().to_owned()).collect();
    (result["verdict"].as_str().unwrap().to_owned(), messages)
}

fn passed() -> (String, Vec<String>) {
    ("passed".to_owned(), Vec::new())
}

/// What nobody counted is not passed, and what fails sometimes fails nothing.
#[test]
fn a_function_is_judged_by_what_was_counted_of_it() {
    let desk = desk();
    desk.must(VERIFY, 0);
    assert_eq!(came(&desk, "mapping_polls"), passed());
    assert_eq!(came(&desk, "function_errors").0, "not_exercised");
    desk.must("invoke consumer stack.yaml --data {}", 4);
    desk.must(VERIFY, 4);
    let (verdict, messages) = came(&desk, "function_errors");
    assert_eq!(
        (&*verdict, &*messages),
        ("failed", &["each of its 1 calls of the last 15 min failed".to_owned()][..])
    );
    desk.must(&format!("invoke consumer stack.yaml --data {GOOD}"), 0);
    desk.must(VERIFY, 0);
    let (verdict, messages) = came(&desk, "function_errors");
    assert_eq!(
        (&*verdict, &*messages),
        ("noted", &["1 of its 2 calls of the last 15 min failed".to_owned()][..])
    );
}

/// That a function fails with what it is given is no fault of who reads for it. The
/// emulator says `FAILED`, where AWS says `PROBLEM: Function call failed`.
#[tokio::test]
async fn a_mapping_is_judged_by_its_last_attempt() {
    let desk = desk();
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let url =
        |queue: &str| format!("{}/{}/consumers-{queue}", desk.account.endpoint, desk.account.id);
    sqs.send_message().queue_url(url("events")).message_body("bad").send().await.unwrap();
    // It comes here once the function has failed with it.
    let dead =
        sqs.receive_message().queue_url(url("dead")).wait_time_seconds(20).visibility_timeout(0);
    assert_eq!(dead.send().await.unwrap().messages().len(), 1);
    desk.must("verify stack.yaml --only mapping_polls,dead_letters_empty --report-dir reports", 4);
    let (verdict, messages) = came(&desk, "mapping_polls");
    assert_eq!(
        (&*verdict, &*messages),
        ("noted", &["its last attempt failed: FAILED".to_owned()][..])
    );
    let (verdict, messages) = came(&desk, "dead_letters_empty");
    assert!(
        verdict == "failed" && messages[0].starts_with("1 message that nobody"),
        "{messages:?}"
    );

    let lambda = aws_sdk_lambda::Client::new(&aws::config(&desk.account));
    let found = lambda.list_event_source_mappings().send().await.unwrap();
    let uuid = found.event_source_mappings()[0].uuid().unwrap();
    lambda.update_event_source_mapping().uuid(uuid).enabled(false).send().await.unwrap();
    desk.must("verify stack.yaml --only mapping_polls,conformance --report-dir reports", 4);
    assert_eq!(came(&desk, "mapping_polls").0, "not_exercised");
}
