use serde_json::json;

use super::*;

/// What is told of a definition: where, and what.
fn told(definition: Value, runs: MachineType) -> Vec<String> {
    let definition: Definition = serde_json::from_value(definition).unwrap();
    let told = check(&definition, runs).into_iter();
    told.map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
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
fn the_whole_is_checked() {
    let sound = json!({ "StartAt": "Go", "States": { "Go": { "Type": "Pass", "End": true } } });
    assert_eq!(told(sound, MachineType::Standard), Vec::<String>::new());
    let wrong = json!({
        "StartAt": "Go",
        "States": {
            "Go": { "Type": "Pass", "Next": "Strp" },
            "Step": { "Type": "Wait", "Seconds": 400, "End": true },
        },
    });
    let expected = [
        "definition.States.Step.Seconds: executions of EXPRESS are broken off after 300 seconds",
        "definition.States.Go.Next: leads to `Strp`, and there is no such state beside it",
    ];
    assert_eq!(told(wrong, MachineType::Express), expected);
}
