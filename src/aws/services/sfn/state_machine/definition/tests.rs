//! Definitions that are sound, and what is told of those that are not.

use serde_json::json;

use super::*;

/// What is wrong with a text, in part; or nothing.
#[track_caller]
pub(super) fn check_fault(
    fault: impl Fn(&str) -> Option<String>,
    text: &str,
    expected: Option<&str>,
) {
    let found = fault(text);
    let is_told = match (&found, expected) {
        (None, None) => true,
        (Some(found), Some(part)) => found.contains(part),
        (_, _) => false,
    };
    assert!(is_told, "{text}: {found:?}");
}

/// What is told of a definition: where, and what.
fn told(definition: &Value, runs: MachineType) -> Vec<String> {
    let definition: Definition = serde_json::from_value(definition.clone()).unwrap();
    let told = check(&definition, runs).into_iter();
    told.map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

/// The problems begin so, in this order and no others.
#[track_caller]
fn check_in(runs: MachineType, definition: &Value, expected: &[&str]) {
    let told = told(definition, runs);
    let begin = |(told, begin): (&String, &&str)| told.starts_with(&format!("definition{begin}"));
    let all = told.len() == expected.len() && told.iter().zip(expected).all(begin);
    assert!(all, "{definition:#}\n{told:#?}");
}

#[track_caller]
fn check_whole(definition: &Value, expected: &[&str]) {
    check_in(MachineType::Standard, definition, expected);
}

/// A definition of one state `A`, and what is told of it.
#[track_caller]
fn check_state(state: &Value, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|it| format!(".States.A{it}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check_whole(&json!({ "StartAt": "A", "States": { "A": state } }), &expected);
}

/// The same of a state of a type, which is the last one.
#[track_caller]
fn check_last(of: &str, fields: &Value, expected: &[&str]) {
    let mut state = json!({ "Type": of, "End": true });
    for (field, value) in fields.as_object().unwrap() {
        state[field] = value.clone();
    }
    check_state(&state, expected);
}

#[test]
fn what_it_says_is_compared() {
    let same = |one: Value, other: Value| {
        let read = |value: Value| serde_json::from_value::<Definition>(value).unwrap();
        read(one) == read(other)
    };
    assert!(same(json!({ "b": 2.0, "a": [1] }), json!("{\"a\": [1.0],\n \"b\": 2}")));
    assert!(!same(json!({ "a": null }), json!({})));
    assert!(!same(json!({ "a": [1, 2] }), json!({ "a": [2, 1] })));
    assert!(!same(json!({ "a": 1.5 }), json!({ "a": 1 })));
    assert_eq!(Definition::seen("no JSON"), Definition::default());
}

#[test]
fn a_machine_has_states_and_begins_with_one() {
    let states = json!({ "A": { "Type": "Succeed" } });
    check_whole(&json!({ "StartAt": "A", "States": states }), &[]);
    check_whole(&json!({}), &[": lacks `StartAt`", ": lacks `States`"]);
    check_whole(&json!({ "StartAt": "A", "States": {} }), &[".States: a state machine has one"]);
    check_whole(
        &json!({ "StartAt": "a", "States": states }),
        &[".StartAt: leads to `a`, and there is no such state"],
    );
    check_whole(
        &json!({ "StartsAt": "A", "States": states }),
        &[".StartsAt: there is no `StartsAt` here", ": lacks `StartAt`"],
    );
    check_whole(
        &json!({ "StartAt": 1, "States": [], "Version": "2.0", "TimeoutSeconds": 0 }),
        &[
            ".Version: takes 1.0, and `2.0` is none",
            ".TimeoutSeconds: takes a whole number from 1",
            ".StartAt: takes a text, and this is a number",
            ".States: takes a map, and this is a list",
        ],
    );
}

#[test]
fn every_way_leads_to_a_state_and_a_way_to_every_state() {
    let pass = |next: &str| json!({ "Type": "Pass", "Next": next });
    let last = json!({ "Type": "Pass", "End": true });
    check_whole(&json!({ "StartAt": "A", "States": { "A": pass("B"), "B": last } }), &[]);
    check_whole(
        &json!({ "StartAt": "Validate", "States": { "Validate": pass("Procss"), "Process": last } }),
        &[".States.Validate.Next: leads to `Procss`"],
    );
    check_whole(
        &json!({ "StartAt": "A", "States": { "A": last, "B": pass("C"), "C": pass("B") } }),
        &[".States.B: nothing leads to `B`", ".States.C: nothing leads to `C`"],
    );
    check_whole(
        &json!({ "StartAt": "A", "States": { "A": pass("B"), "B": pass("A") } }),
        &[".States: none of the states is the last one"],
    );
    check_state(&json!({ "Type": "Pass" }), &[": leads nowhere, and does not end"]);
    check_last("Pass", &json!({ "Next": "A" }), &[".End: `Next` leads on already"]);
    check_last("Pass", &json!({ "End": false }), &[".End: takes `true` alone"]);
    // A fact that is waited for may be any name.
    let fact = "\u{1}stack\u{3}name\u{2}";
    check_whole(&json!({ "StartAt": fact, "States": { "A": last, "B": last } }), &[]);
    check_state(&json!({ "Type": fact, "Next": "nowhere" }), &[]);
}

#[test]
fn names_are_unique_and_short() {
    let last = json!({ "Type": "Pass", "End": true });
    let long = "n".repeat(81);
    check_whole(
        &json!({ "StartAt": long, "States": { long.as_str(): last } }),
        &[&format!(".States.{long}: the name has 81 characters")],
    );
    check_last(
        "Parallel",
        &json!({ "Branches": [{ "StartAt": "A", "States": { "A": last } }] }),
        &[".Branches[0].States.A: another state is called `A`"],
    );
}

#[test]
fn states_have_the_fields_of_their_type_and_language() {
    check_state(&json!({ "Type": "Psas", "End": true }), &[".Type: there are no states of type"]);
    check_state(&json!({ "End": true }), &[": lacks `Type`"]);
    check_state(&json!("Pass"), &[": takes a map, and this is a text"]);
    check_last("Pass", &json!({ "Coment": "x" }), &[".Coment: a state has no `Coment`"]);
    check_last("Pass", &json!({ "Retry": [] }), &[".Retry: a state of type Pass has no `Retry`"]);
    check_state(
        &json!({ "Type": "Succeed", "End": true }),
        &[".End: a state of type Succeed has no `End`"],
    );
    check_last(
        "Pass",
        &json!({ "QueryLanguage": "JSONata", "Parameters": {}, "ResultPath": "$.a" }),
        &[".Parameters: `Parameters` is of JSONPath", ".ResultPath: `ResultPath` is of JSONPath"],
    );
    check_last("Pass", &json!({ "Output": 1 }), &[".Output: `Output` is of JSONata"]);
    let back = json!({ "Type": "Pass", "QueryLanguage": "JSONPath", "End": true });
    check_whole(
        &json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": back } }),
        &[".States.A.QueryLanguage: what is within JSONata does not go back"],
    );
}

#[test]
fn data_is_well_formed() {
    check_last("Pass", &json!({ "InputPath": null, "OutputPath": "$.a", "ResultPath": null }), &[]);
    check_last("Pass", &json!({ "InputPath": "a" }), &[".InputPath: takes a path"]);
    check_last("Pass", &json!({ "ResultPath": "$.a[*]" }), &[".ResultPath: takes a path to one"]);
    check_last(
        "Pass",
        &json!({ "Parameters": { "a.$": "$.b", "c": { "d.$": "States.UUID()" }, "e": "$.f" } }),
        &[],
    );
    check_last(
        "Pass",
        &json!({ "Parameters": { "a.$": "b", "c": [{ "d.$": 1, "d": 2 }] } }),
        &[
            ".Parameters[a.$]: takes a path",
            ".Parameters.c[0][d.$]: `d` is there as well",
            ".Parameters.c[0][d.$]: takes a path or a call, and this is a number",
        ],
    );
    check_last(
        "Pass",
        &json!({ "Parameters": { "a": "{% $states.input %}" } }),
        &[".Parameters.a: is an expression of JSONata"],
    );
    let data = |output: Value| json!({ "QueryLanguage": "JSONata", "Output": output });
    check_last("Pass", &data(json!({ "a": "{% $states.input.a %}", "b": "50 %" })), &[]);
    check_last("Pass", &data(json!("{% (1 %}")), &[".Output: a `(` is never closed"]);
    check_last("Pass", &data(json!({ "a.$": "$.b" })), &[".Output[a.$]: `.$` is JSONPath"]);
    check_last("Pass", &json!({ "Assign": { "a_1": 1, "b.$": "$.b" } }), &[]);
    check_last("Pass", &json!({ "Assign": { "a-b": 1 } }), &[".Assign.a-b: `a-b` is no name"]);
}

#[test]
fn a_wait_says_how_long() {
    check_last("Wait", &json!({ "Seconds": 10 }), &[]);
    check_last("Wait", &json!({ "TimestampPath": "$.at" }), &[]);
    check_last("Wait", &json!({ "Timestamp": "2030-01-01T00:00:00Z" }), &[]);
    let data = json!({ "QueryLanguage": "JSONata", "Seconds": "{% $states.input.seconds %}" });
    check_last("Wait", &data, &[]);
    check_last("Wait", &json!({}), &[": does not say how long it waits"]);
    check_last(
        "Wait",
        &json!({ "Seconds": 1, "SecondsPath": "$.a" }),
        &[".SecondsPath: `Seconds`"],
    );
    check_last("Wait", &json!({ "Seconds": "10" }), &[".Seconds: takes a whole number"]);
    check_last("Wait", &json!({ "Timestamp": "tomorrow" }), &[".Timestamp: takes a time"]);
}

#[test]
fn failures_are_tried_again_and_caught() {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let check_task = |fields: Value, expected: &[&str]| {
        let mut fields = fields;
        fields["Resource"] = function.into();
        check_last("Task", &fields, expected);
    };
    check_task(
        json!({ "Retry": [
            { "ErrorEquals": ["Lambda.TooManyRequestsException", "Mine"], "IntervalSeconds": 1, "MaxAttempts": 0 },
            { "ErrorEquals": ["States.ALL"], "BackoffRate": 1.5, "MaxDelaySeconds": 60, "JitterStrategy": "FULL" },
        ] }),
        &[],
    );
    check_task(
        json!({ "Retry": [
            { "ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "BackoffRate": 0.5 },
            { "ErrorEquals": ["States.Timeot", "States.ALL"], "JitterStrategy": "HALF", "MaxTries": 1 },
            { "ErrorEquals": [] },
            { "MaxAttempts": -1 },
        ] }),
        &[
            ".Retry[0].ErrorEquals: `States.ALL` comes last",
            ".Retry[0].IntervalSeconds: takes a whole number from 1",
            ".Retry[0].BackoffRate: takes a number from 1",
            ".Retry[1].MaxTries: there is no `MaxTries` here",
            ".Retry[1].ErrorEquals[0]: Step Functions knows no error `States.Timeot`",
            ".Retry[1].ErrorEquals: `States.ALL` stands alone",
            ".Retry[1].JitterStrategy: takes FULL, NONE",
            ".Retry[2].ErrorEquals: names no error",
            ".Retry[3]: lacks `ErrorEquals`",
            ".Retry[3].MaxAttempts: takes a whole number from 0",
        ],
    );
    check_task(
        json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "B", "ResultPath": "$.a" }] }),
        &[".Catch[0].Next: leads to `B`"],
    );
    check_task(
        json!({ "Catch": [{ "ErrorEquals": [1], "Output": {}, "ResultPath": "a" }] }),
        &[
            ".Catch[0].ErrorEquals[0]: takes the name of an error",
            ".Catch[0]: does not say where it leads to",
            ".Catch[0].Output: `Output` is of the other language",
        ],
    );
}

/// A Choice with one rule, which leads to `B`.
#[track_caller]
fn check_rule(language: &str, mut rule: Value, expected: &[&str]) {
    rule["Next"] = "B".into();
    let expected: Vec<String> =
        expected.iter().map(|it| format!(".States.A.Choices[0]{it}")).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    let choice = json!({ "Type": "Choice", "Choices": [rule], "Default": "B" });
    let states = json!({ "A": choice, "B": { "Type": "Succeed" } });
    let whole = json!({ "QueryLanguage": language, "StartAt": "A", "States": states });
    check_whole(&whole, &expected);
}

#[test]
fn rules_of_choices_ask_one_thing() {
    let check = |rule: Value, expected: &[&str]| check_rule("JSONPath", rule, expected);
    let above = |value: Value| json!({ "Variable": "$.a", "NumericGreaterThan": value });
    check(above(json!(1.5)), &[]);
    check(above(json!("1")), &[".NumericGreaterThan: takes a number, and this is a text"]);
    check(json!({ "Variable": "$$.Execution.Id", "StringMatches": "a*" }), &[]);
    check(json!({ "Variable": "$.a", "NumericLessThanEqualsPath": "$.b" }), &[]);
    let now = json!({ "Variable": "$.a", "TimestampEquals": "now" });
    check(now, &[".TimestampEquals: takes a time"]);
    check(json!({ "Variable": "$.a", "IsPresent": 1 }), &[".IsPresent: takes `true` or `false`"]);
    let misspelt = json!({ "Variable": "$.a", "StringEqual": "x" });
    check(misspelt, &[".StringEqual: there is no operator"]);
    check(json!({ "StringEquals": "x" }), &[": lacks `Variable`"]);
    check(json!({ "Variable": "$.a" }), &[": asks nothing"]);
    check(
        json!({ "Variable": "$.a", "IsString": true, "IsNull": false }),
        &[": asks several things at once: IsNull, IsString"],
    );
    check(json!({ "And": [above(json!(1)), { "Not": { "Or": [above(json!(2))] } }] }), &[]);
    check(json!({ "And": [] }), &[".And: takes one rule at least"]);
    check(json!({ "Not": [] }), &[".Not: takes a map"]);
    check(
        json!({ "Or": [{ "Variable": "$.a", "IsNull": true, "Next": "B" }] }),
        &[".Or[0].Next: a rule within a rule leads nowhere"],
    );
    check(json!({ "Condition": "{% true %}" }), &[".Condition: `Condition` is of JSONata"]);
}

#[test]
fn conditions_are_expressions() {
    let check = |rule: Value, expected: &[&str]| check_rule("JSONata", rule, expected);
    check(json!({ "Condition": "{% $states.input.a > 1 %}", "Assign": { "a": 1 } }), &[]);
    check(json!({ "Condition": "$a > 1" }), &[".Condition: takes an expression"]);
    check(json!({ "Condition": "{% ) %}" }), &[".Condition: a `)` closes nothing"]);
    let path = json!({ "Variable": "$.a", "IsNull": true });
    check(path, &[".IsNull: `IsNull` is of JSONPath"]);
    check(json!({}), &[": lacks `Condition`"]);
}

#[test]
fn tasks_call_what_there_is() {
    let check = |resource: &str, fields: Value, expected: &[&str]| {
        let mut fields = fields;
        fields["Resource"] = resource.into();
        check_last("Task", &fields, expected);
    };
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    check(function, json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 10 }), &[]);
    check(&format!("{function}:live"), json!({}), &[]);
    check(&format!("{function}:$LATEST"), json!({}), &[]);
    check("arn:aws:states:us-east-1:123456789012:activity:a", json!({}), &[]);
    check("arn:aws:states:::aws-sdk:s3:getObject", json!({}), &[]);
    let sent = json!({ "Parameters": { "QueueUrl": "u", "MessageBody.$": "$" } });
    check("arn:aws:states:::sqs:sendMessage.waitForTaskToken", sent, &[]);
    check(
        "arn:aws:states:::states:startExecution.sync:2",
        json!({ "Parameters": { "StateMachineArn": "a" } }),
        &[],
    );
    check_last("Task", &json!({}), &[": lacks `Resource`"]);
    check("f", json!({}), &[".Resource: takes an ARN"]);
    check(&format!("{function}:"), json!({}), &[".Resource: a task calls no"]);
    check("arn:aws:sqs:us-east-1:123456789012:q", json!({}), &[".Resource: a task calls no"]);
    check(
        "arn:aws:states:::lambda:invoke",
        json!({ "Parameters": { "Function": "f" } }),
        &[".Parameters: lacks `FunctionName`"],
    );
    check("arn:aws:states:::sns:publish", json!({}), &[": sns:publish takes Message, TopicArn or"]);
    check(
        "arn:aws:states:::dynamodb:putItem",
        json!({ "QueryLanguage": "JSONata", "Arguments": "{% $states.input %}" }),
        &[],
    );
    check(
        function,
        json!({ "TimeoutSeconds": 10, "HeartbeatSeconds": 10, "TimeoutSecondsPath": "$.a" }),
        &[".TimeoutSecondsPath: `TimeoutSeconds` says", ".HeartbeatSeconds: a sign of life"],
    );
}

#[test]
fn an_express_execution_neither_lasts_nor_waits_for_others() {
    let check = |state: Value, expected: &[&str]| {
        let mut state = state;
        state["End"] = true.into();
        let expected: Vec<String> = expected.iter().map(|it| format!(".States.A{it}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let whole = json!({ "StartAt": "A", "States": { "A": state } });
        check_in(MachineType::Express, &whole, &expected);
        check_whole(&whole, &[]);
    };
    let task = |resource: &str| json!({ "Type": "Task", "Resource": resource });
    check(task("arn:aws:states:::batch:submitJob.sync"), &[".Resource: `.sync` waits"]);
    check(
        task("arn:aws:states:::ecs:runTask.waitForTaskToken"),
        &[".Resource: `.waitForTaskToken`"],
    );
    check(task("arn:aws:states:us-east-1:123456789012:activity:a"), &[".Resource: no worker"]);
    check(json!({ "Type": "Wait", "Seconds": 301 }), &[".Seconds: executions of EXPRESS"]);
    let inner = json!({ "B": { "Type": "Pass", "End": true } });
    let config = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    check(
        json!({ "Type": "Map", "ItemProcessor": { "ProcessorConfig": config, "StartAt": "B", "States": inner } }),
        &[".ItemProcessor.ProcessorConfig.Mode: an EXPRESS execution starts no others"],
    );
    let whole = json!({ "TimeoutSeconds": 301, "StartAt": "B", "States": inner });
    check_in(MachineType::Express, &whole, &[".TimeoutSeconds: executions of EXPRESS"]);
}

#[test]
fn what_stands_within_is_checked_alike() {
    let inner = json!({ "StartAt": "B", "States": { "B": { "Type": "Pass", "Next": "C" } } });
    check_last("Parallel", &json!({ "Branches": [] }), &[".Branches: a Parallel has one branch"]);
    check_last("Parallel", &json!({}), &[": lacks `Branches`"]);
    check_last(
        "Parallel",
        &json!({ "Branches": [inner] }),
        &[".Branches[0].States.B.Next: leads to `C`", ".Branches[0].States: none of the states"],
    );
    check_last(
        "Map",
        &json!({ "ItemProcessor": inner, "MaxConcurrency": -1, "ItemsPath": "items" }),
        &[
            ".MaxConcurrency: takes a whole number from 0",
            ".ItemsPath: takes a path",
            ".ItemProcessor.States.B.Next: leads to `C`",
            ".ItemProcessor.States: none of the states",
        ],
    );
    check_last("Map", &json!({}), &[": lacks `ItemProcessor`"]);
    let last = json!({ "StartAt": "B", "States": { "B": { "Type": "Succeed" } } });
    check_last(
        "Map",
        &json!({ "ItemProcessor": last, "ItemReader": { "Parameters": {} }, "Label": "l" }),
        &[
            ".ItemReader: lacks `Resource`",
            ".ItemReader: only a distributed Map has `ItemReader`",
            ".Label: only a distributed Map has `Label`",
        ],
    );
    let mut distributed = last.clone();
    distributed["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED" });
    check_last(
        "Map",
        &json!({ "ItemProcessor": distributed, "ToleratedFailurePercentage": 101 }),
        &[
            ".ToleratedFailurePercentage: takes a whole number from 0 to 100",
            ".ItemProcessor.ProcessorConfig: a distributed Map says as what",
        ],
    );
    // What runs as executions of its own is bound by what these are.
    distributed["ProcessorConfig"]["ExecutionType"] = "EXPRESS".into();
    distributed["States"]["B"] = json!({ "Type": "Wait", "Seconds": 400, "End": true });
    check_last(
        "Map",
        &json!({ "ItemProcessor": distributed }),
        &[".ItemProcessor.States.B.Seconds: executions of EXPRESS"],
    );
}

#[test]
fn what_is_too_large_is_told() {
    let comment = "x".repeat(MOST_BYTES);
    let last = json!({ "A": { "Type": "Succeed" } });
    let whole = json!({ "Comment": comment, "StartAt": "A", "States": last });
    check_whole(&whole, &[": has 10486"]);
}

/// Definitions as people write them, of every type of state and both languages.
#[test]
fn what_is_sound_passes() {
    let sound: Map<String, Value> = serde_json::from_str(include_str!("sound.json")).unwrap();
    assert!(sound.len() >= 12);
    for (name, definition) in sound {
        let runs =
            if name.starts_with("express") { MachineType::Express } else { MachineType::Standard };
        assert_eq!(told(&definition, runs), Vec::<String>::new(), "{name}");
    }
}
