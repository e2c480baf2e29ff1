//! Choices, and the rules by which they are made (Developer Guide, "Choice workflow state").

use serde_json::Value;

use super::language::{self, Language};
use super::lead::{Lead, lead};
use super::part::{Part, Walk, is_expression, waits, words_of};
use super::time::is_timestamp;
use super::{assign, json_path, template};
use crate::aws::near::nearest;
use crate::model::document::is_pending;

/// What a comparison is with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    Flag,
    Number,
    Text,
    Time,
    Path,
}

/// What can be asked of a value.
const OPERATORS: &[(&str, With)] = &[
    ("BooleanEquals", With::Flag),
    ("BooleanEqualsPath", With::Path),
    ("IsBoolean", With::Flag),
    ("IsNull", With::Flag),
    ("IsNumeric", With::Flag),
    ("IsPresent", With::Flag),
    ("IsString", With::Flag),
    ("IsTimestamp", With::Flag),
    ("NumericEquals", With::Number),
    ("NumericEqualsPath", With::Path),
    ("NumericGreaterThan", With::Number),
    ("NumericGreaterThanEquals", With::Number),
    ("NumericGreaterThanEqualsPath", With::Path),
    ("NumericGreaterThanPath", With::Path),
    ("NumericLessThan", With::Number),
    ("NumericLessThanEquals", With::Number),
    ("NumericLessThanEqualsPath", With::Path),
    ("NumericLessThanPath", With::Path),
    ("StringEquals", With::Text),
    ("StringEqualsPath", With::Path),
    ("StringGreaterThan", With::Text),
    ("StringGreaterThanEquals", With::Text),
    ("StringGreaterThanEqualsPath", With::Path),
    ("StringGreaterThanPath", With::Path),
    ("StringLessThan", With::Text),
    ("StringLessThanEquals", With::Text),
    ("StringLessThanEqualsPath", With::Path),
    ("StringLessThanPath", With::Path),
    ("StringMatches", With::Text),
    ("TimestampEquals", With::Time),
    ("TimestampEqualsPath", With::Path),
    ("TimestampGreaterThan", With::Time),
    ("TimestampGreaterThanEquals", With::Time),
    ("TimestampGreaterThanEqualsPath", With::Path),
    ("TimestampGreaterThanPath", With::Path),
    ("TimestampLessThan", With::Time),
    ("TimestampLessThanEquals", With::Time),
    ("TimestampLessThanEqualsPath", With::Path),
    ("TimestampLessThanPath", With::Path),
];

/// What rules are made of that hold further ones.
const JOINTS: [&str; 3] = ["And", "Not", "Or"];

/// What a rule may say beside what it asks.
const BESIDE: [&str; 4] = ["Assign", "Comment", "Next", "Output"];

/// What is wrong with a Choice. Tells where it leads to.
pub(super) fn check(state: &Part<'_>, language: Language, walk: &mut Walk) -> Vec<Lead> {
    let mut leads: Vec<Lead> = lead(state, "Default", walk).into_iter().collect();
    if !state.needs("Choices", "the rules by which it chooses", walk) {
        leads.push(Lead::unknown(state.path.clone()));
        return leads;
    }
    let Some(rules) = state.list("Choices", walk) else {
        leads.push(Lead::unknown(state.at("Choices")));
        return leads;
    };
    if rules.is_empty() {
        walk.tell(state.at("Choices"), "a Choice has one rule at least");
    }
    for (index, rule) in rules.iter().enumerate() {
        let at = state.at("Choices").with_index(index);
        let Some(rule) = Part::of(rule, at.clone(), walk) else {
            leads.push(Lead::unknown(at));
            continue;
        };
        if !rule.has("Next") {
            walk.tell(rule.path.clone(), "does not say where it leads to: `Next: NAME`");
        }
        leads.extend(lead(&rule, "Next", walk));
        check_beside(&rule, language, walk);
        match language {
            Language::JsonPath => check_rule(&rule, &BESIDE, walk),
            Language::Jsonata => check_condition(&rule, walk),
        }
    }
    leads
}

/// What a rule of the first level says beside what it asks.
fn check_beside(rule: &Part<'_>, language: Language, walk: &mut Walk) {
    rule.text("Comment", walk);
    for field in ["Assign", "Output"] {
        if let Some(value) = rule.get(field) {
            template::check(value, &rule.at(field), language, walk);
        }
    }
    assign::check(rule, walk);
    if rule.has("Output") && language == Language::JsonPath {
        let message = "`Output` is of JSONata, and this state speaks JSONPath";
        walk.advise(rule.at("Output"), message, language::instead("Output"));
    }
}

fn check_condition(rule: &Part<'_>, walk: &mut Walk) {
    let asks = |field: &&String| {
        JOINTS.contains(&field.as_str())
            || OPERATORS.iter().any(|(operator, _)| operator == field)
            || *field == "Variable"
    };
    if let Some(field) = rule.fields.keys().find(asks) {
        let message = format!("`{field}` is of JSONPath, and this state speaks JSONata");
        walk.advise(rule.at(field), message, language::instead("Variable"));
        return;
    }
    rule.no_others(&["Assign", "Comment", "Condition", "Next", "Output"], walk);
    if !rule.needs("Condition", "what it asks, as `{% … %}`", walk) {
        return;
    }
    let Some(value) = rule.get("Condition") else { return };
    let at = rule.at("Condition");
    let is_fine = matches!(value, Value::Bool(_))
        || waits(value)
        || is_expression(value, Language::Jsonata, &at, walk);
    if !is_fine {
        walk.advise(at, format!("takes an expression, and this is {}", words_of(value)), "{% … %}");
    }
}

/// A rule of JSONPath: further rules, or one question about one value.
fn check_rule(rule: &Part<'_>, beside: &[&str], walk: &mut Walk) {
    let operators = OPERATORS.iter().filter(|(operator, _)| rule.has(operator));
    let operators: Vec<&(&str, With)> = operators.collect();
    let joints = rule.those_of(&JOINTS);
    check_words(rule, beside, walk);
    match (&joints[..], &operators[..]) {
        ([], []) => {
            let is_misspelt = rule.fields.keys().any(|field| {
                !beside.contains(&field.as_str())
                    && !["Comment", "Variable"].contains(&field.as_str())
            });
            // What was misspelt is told.
            if !is_misspelt {
                let hint = "state an operator, as `StringEquals:`, or `And:`, `Or:`, `Not:`";
                walk.advise(rule.path.clone(), "asks nothing", hint);
            }
        }
        ([], [(operator, with)]) => {
            if rule.needs("Variable", "the path to what is asked about", walk)
                && let Some(message) = rule.text("Variable", walk).and_then(json_path::fault)
            {
                walk.tell(rule.at("Variable"), message);
            }
            check_operand(rule, operator, *with, walk);
        }
        ([joint], []) => check_joint(rule, joint, walk),
        (joints, operators) => {
            let asked = joints.iter().chain(operators.iter().map(|(operator, _)| operator));
            let asked: Vec<&str> = asked.copied().collect();
            let message = format!("asks several things at once: {}", asked.join(", "));
            walk.advise(rule.path.clone(), message, "join them: `And: [{ … }, { … }]`");
        }
    }
}

/// That a rule holds no words but those of rules.
fn check_words(rule: &Part<'_>, beside: &[&str], walk: &mut Walk) {
    for field in rule.fields.keys().filter(|field| !is_pending(field)) {
        let name = field.as_str();
        let known = || {
            let operators = OPERATORS.iter().map(|(operator, _)| *operator);
            operators.chain(JOINTS).chain(["Comment", "Variable"]).chain(beside.iter().copied())
        };
        if known().any(|known| known == name) {
            continue;
        }
        let at = rule.at(field);
        if name == "Next" {
            walk.advise(
                at,
                "a rule within a rule leads nowhere",
                "`Next` stands beside `And`, `Or` and `Not`",
            );
        } else if name == "Condition" {
            let message = "`Condition` is of JSONata, and this state speaks JSONPath";
            walk.advise(at, message, language::instead("Condition"));
        } else {
            let message = format!("there is no operator `{name}`");
            match nearest(name, known()) {
                Some(meant) => walk.advise(at, message, format!("did you mean `{meant}`?")),
                None => walk.tell(at, message),
            }
        }
    }
}

fn check_joint(rule: &Part<'_>, joint: &str, walk: &mut Walk) {
    const WITHIN: [&str; 0] = [];
    if rule.has("Variable") {
        let message = format!("`{joint}` asks about no value of its own");
        walk.advise(rule.at("Variable"), message, "`Variable` stands in each rule within");
    }
    if joint == "Not" {
        if let Some(inner) = rule.part(joint, walk) {
            check_rule(&inner, &WITHIN, walk);
        }
        return;
    }
    let Some(rules) = rule.list(joint, walk) else { return };
    if rules.is_empty() {
        walk.tell(rule.at(joint), "takes one rule at least");
    }
    for (index, inner) in rules.iter().enumerate() {
        if let Some(inner) = Part::of(inner, rule.at(joint).with_index(index), walk) {
            check_rule(&inner, &WITHIN, walk);
        }
    }
}

fn check_operand(rule: &Part<'_>, operator: &str, with: With, walk: &mut Walk) {
    match with {
        With::Flag => {
            rule.flag(operator, walk);
        }
        With::Number => match rule.get(operator) {
            None | Some(Value::Number(_)) => {}
            Some(value) if waits(value) => {}
            Some(value) => {
                let message = format!("takes a number, and this is {}", words_of(value));
                walk.tell(rule.at(operator), message);
            }
        },
        With::Text => {
            rule.text(operator, walk);
        }
        With::Time => {
            if let Some(text) = rule.text(operator, walk).filter(|text| !is_timestamp(text)) {
                let message = format!("takes a time, and `{text}` is none");
                walk.advise(rule.at(operator), message, "as `2026-11-29T07:00:00Z`");
            }
        }
        With::Path => {
            if let Some(message) = rule.text(operator, walk).and_then(json_path::fault) {
                walk.tell(rule.at(operator), message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_sorted() {
        assert!(OPERATORS.is_sorted_by_key(|(operator, _)| *operator));
    }
}
