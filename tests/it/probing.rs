//! Probes of functions, their logs, and state machines: each passes on what does what it
//! is for, and says what became of what does not.

use std::fs;

use serde_json::Value;

use crate::support::aws;
use crate::support::emulator;
use crate::transcripts::Desk;

const FUNCTION: &str = r#"
stack: probed
region: us-east-1
resources:
  lines: { kind: cloudwatch_log_group, name: /aws/lambda/probed-echo }
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
  echo:
    kind: lambda_function
    role: "${role.arn}"
    runtime: python3.12
    handler: handler.handle
    code: { folder: ./code }
    timeout: 5
"#;

const HANDLER: &str = r#"
def handle(event, context):
    print("heard", event.get("id"))
    if event.get("kind") == "fail":
        raise ValueError("no such event")
    return {"heard": event, "kind": "answer"}
"#;

/// Where each probe is well.
const ANSWERS: &str = r#"
probes:
  it_answers:
    send: { function: "${echo.name}", payload: { id: "${nonce}" } }
    expect: { result: { heard: { id: "${nonce}" } } }
  it_fails:
    send: { function: "${echo.arn}", payload: { kind: fail } }
    expect: { error: no such event }
  it_says_so:
    send: { function: "${echo.name}", payload: { id: "one ${nonce}" }, times: 2 }
    expect: { log: "${lines.name}", contains: "heard one ${nonce}", count: 2 }
  it_says_nothing_else:
    send: { function: "${echo.name}", payload: { id: "two ${nonce}" } }
    expect: { log: "${lines.name}", contains: "two ${nonce}" }
    expect_not:
      - { log: "${lines.name}", contains: "three ${nonce}" }
      - { error: no such event }
      - { result: { heard: { id: other } } }
"#;

/// What is wrong with each.
const FAULTS: &str = r#"
probes:
  another_answer:
    send: { function: "${echo.name}", payload: { id: "${nonce}" } }
    expect: { result: { heard: { id: other } } }
    within: 5m
  another_error:
    send: { function: "${echo.name}", payload: { kind: fail } }
    expect: { error: out of memory }
    within: 5m
  no_error:
    send: { function: "${echo.name}" }
    expect: { error: no such event }
    within: 5m
  another_line:
    send: { function: "${echo.name}", payload: { id: "${nonce}" } }
    expect: { log: "${lines.name}", contains: "${nonce} and more" }
    within: 1s
  one_line_too_many:
    send: { function: "${echo.name}", payload: { id: "${nonce}" }, times: 2 }
    expect: { log: "${lines.name}", contains: "${nonce}", count: 1 }
"#;

fn desk(resources: &str, probes: &str) -> Desk {
    let desk = Desk::with(emulator::ministack().account(), &format!("{resources}{probes}"));
    desk.write("code/handler.py", HANDLER);
    desk.must("apply -y stack.yaml", 0);
    desk
}

/// What came of each probe: its name, its verdict, and what was found.
fn verified(desk: &Desk, line: &str, code: i32) -> Vec<(String, String, String)> {
    let told =
        desk.must(&format!("verify stack.yaml --only probe --report-dir reports {line}"), code);
    let report = fs::read_to_string(desk.path("reports/results.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let text = |it: &Value| it.as_str().expect("a text").to_owned();
    let all = report["results"].as_array().unwrap_or_else(|| panic!("a list: {told}"));
    let one = |it: &Value| {
        let findings = it["findings"].as_array().into_iter().flatten();
        let findings = findings.map(|it| text(&it["message"])).collect::<Vec<_>>();
        (text(&it["subject"]), text(&it["verdict"]), findings.join("; "))
    };
    all.iter().map(one).collect()
}

/// That each probe fails, and what it says.
fn all_fail(desk: &Desk, expected: &[(&str, &str)]) {
    let results = verified(desk, "", 4);
    assert_eq!(results.len(), expected.len(), "{results:#?}");
    for (name, message) in expected {
        let one = results.iter().find(|(subject, _, _)| subject == name).expect(name);
        assert_eq!(one.1, "failed", "{one:?}");
        assert!(one.2.contains(message), "{one:?}");
    }
}

/// What is settled is told at once, however long the probe would wait.
#[test]
fn functions_answer_fail_and_log() {
    let desk = desk(FUNCTION, ANSWERS);
    desk.must("verify stack.yaml --only probe", 0);
    desk.write("stack.yaml", &format!("{FUNCTION}{FAULTS}"));
    let expected = [
        ("another_answer", "one of the such answers of the function differs at `result.heard.id`"),
        ("another_error", "there are no errors of the function with `out of memory`"),
        ("no_error", "there are no errors of the function with `no such event`"),
        ("another_line", "there are no lines of lines with `ccprov-"),
        ("one_line_too_many", "the number of lines of lines with `ccprov-"),
    ];
    all_fail(&desk, &expected);
}

const MACHINES: &str = r#"
stack: probed
region: us-east-1
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sts:AssumeRole" }
  quick: &machine
    kind: sfn_state_machine
    type: EXPRESS
    role_arn: "${role.arn}"
    definition:
      StartAt: Which
      States:
        Which:
          Type: Choice
          Choices:
            - { Variable: "$.kind", StringEquals: bad, Next: Refused }
            - { Variable: "$.kind", StringEquals: slow, Next: Slow }
          Default: Done
        Slow: { Type: Wait, Seconds: 300, Next: Done }
        Refused: { Type: Fail, Error: NotValid, Cause: it has no amount }
        Done: { Type: Pass, Parameters: { "id.$": "$.id", status: READY }, End: true }
  lasting: { <<: *machine, type: STANDARD }
"#;

/// Where each probe is well.
const ENDS: &str = r#"
probes:
  quick_succeeds:
    send: { state_machine: "${quick.arn}", input: { kind: good, id: "${nonce}" } }
    expect: { execution: "${quick.arn}", status: SUCCEEDED, output: { id: "${nonce}" } }
  quick_refuses:
    send: { state_machine: "${quick.arn}", input: { kind: bad }, name: "bad-${nonce}" }
    expect: { execution: "${quick.arn}", name: "bad-${nonce}", status: FAILED, error: NotValid, cause: no amount }
  lasting_succeeds:
    send: { state_machine: "${lasting.arn}", input: { kind: good, id: "${nonce}" } }
    expect: { execution: "${lasting.arn}", output: { status: READY } }
    expect_not: { execution: "${lasting.arn}", status: FAILED }
  lasting_refuses:
    send:
      - { state_machine: "${lasting.arn}", input: { kind: bad } }
      - { state_machine: "${lasting.arn}", input: { kind: good, id: 2 }, name: "two-${nonce}" }
    expect:
      - { execution: "${lasting.arn}", error: NotValid }
      - { execution: "${lasting.arn}", name: "two-${nonce}", output: { id: 2 } }
"#;

/// What is wrong with each.
const OTHER_ENDS: &str = r#"
probes:
  quick_fails:
    send: { state_machine: "${quick.arn}", input: { kind: bad } }
    expect: { execution: "${quick.arn}", status: SUCCEEDED }
    within: 5m
  quick_answers_otherwise:
    send: { state_machine: "${quick.arn}", input: { kind: good, id: 1 } }
    expect: { execution: "${quick.arn}", output: { id: 2 } }
    within: 5m
  lasting_fails:
    send: { state_machine: "${lasting.arn}", input: { kind: bad } }
    expect: { execution: "${lasting.arn}", status: SUCCEEDED }
    within: 5m
  lasting_takes_long:
    send: { state_machine: "${lasting.arn}", input: { kind: slow, id: 1 } }
    expect: { execution: "${lasting.arn}", status: SUCCEEDED }
    within: 1s
  nobody_starts_it:
    send: { state_machine: "${quick.arn}", input: { kind: good, id: 1 } }
    expect: { execution: "${lasting.arn}", status: SUCCEEDED }
    within: 1s
"#;

#[test]
fn state_machines_end_as_is_expected() {
    let desk = desk(MACHINES, ENDS);
    let told = desk.must("verify stack.yaml --only probe", 0);
    assert!(told.stdout.contains("4 passed"), "{told}");
}

#[tokio::test]
async fn what_became_of_an_execution_is_told_and_what_still_runs_is_stopped() {
    let desk = desk(MACHINES, OTHER_ENDS);
    let expected = [
        ("quick_fails", "of quick differs at `status`: NotValid: it has no amount"),
        ("quick_answers_otherwise", "of quick differs at `output.id`"),
        ("lasting_fails", "of lasting differs at `status`: NotValid: it has no amount"),
        ("lasting_takes_long", "of lasting differs at `status` ("),
        ("nobody_starts_it", "there are no executions of lasting"),
    ];
    all_fail(&desk, &expected);
    let sfn = aws_sdk_sfn::Client::new(&aws::config(&desk.account));
    let machine =
        format!("arn:aws:states:us-east-1:{}:stateMachine:probed-lasting", desk.account.id);
    let all = sfn.list_executions().state_machine_arn(machine).send().await.expect("an answer");
    let states: Vec<&str> = all.executions().iter().map(|it| it.status.as_str()).collect();
    assert!(states.contains(&"ABORTED") && !states.contains(&"RUNNING"), "{states:?}");
}

/// What stays says so.
#[tokio::test]
async fn what_is_to_stay_runs_on() {
    let probes = OTHER_ENDS.split("  nobody_starts_it").next().expect("the rest");
    let (_, slow) = probes.split_once("  lasting_takes_long:").expect("the last");
    let desk = desk(MACHINES, &format!("probes:\n  lasting_takes_long:{slow}    cleanup: keep\n"));
    desk.must("verify stack.yaml --only probe", 4);
    let sfn = aws_sdk_sfn::Client::new(&aws::config(&desk.account));
    let machine =
        format!("arn:aws:states:us-east-1:{}:stateMachine:probed-lasting", desk.account.id);
    let all = sfn.list_executions().state_machine_arn(machine).send().await.expect("an answer");
    let states: Vec<&str> = all.executions().iter().map(|it| it.status.as_str()).collect();
    assert_eq!(states, ["RUNNING"]);
}

/// Each does what it was given, and the caller the rest.
#[tokio::test]
async fn roles_start_what_they_were_given() {
    let role = r#"
  starter:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { AWS: "${account}" }, Action: "sts:AssumeRole" }
    inline_policies:
      start:
        Statement: { Effect: Allow, Action: ["states:StartSyncExecution", "states:DescribeExecution"], Resource: "*" }
"#;
    let probes = ENDS.split("  lasting_refuses").next().expect("the first");
    let desk = desk(&format!("{MACHINES}{role}"), probes);
    let results = verified(&desk, "--as starter", 0);
    let subjects: Vec<&str> = results.iter().map(|(subject, _, _)| subject.as_str()).collect();
    assert!(subjects.contains(&"quick_succeeds as starter"), "{subjects:?}");
}
