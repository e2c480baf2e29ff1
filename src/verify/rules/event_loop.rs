//! No rule takes what comes of what it started.
//!
//! What a function puts on a bus by itself nobody can read off a document. Known are the
//! events that AWS makes: records of what a function answered, and of executions; those
//! that a definition puts; and what buses hand on to one another.

use serde_json::{Map, Value, json};

use super::event::{self, BUS, DEFAULT, PATTERN};
use super::function::FUNCTION;
use super::machine::{self, MACHINE};
use super::{Judgement, Rule, hop};
use crate::model::{CheckInfo, CheckKind, Exhibit, FactRef, Finding, Level, Path, Scene};
use crate::verify::event_pattern::{EventPattern, Taken};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "event_loop",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "No rule takes the events that its own targets make of what it sent them.",
        risk: "One event becomes many, each of which starts the next: a bill without an end, and targets that do nothing else.",
        remedy: "Narrow the pattern: by `source`, `detail-type`, or a field that tells what came back.",
    },
    stops_messages: false,
    because: "An error: it goes round for ever. Where it depends on what an event says it is a warning.",
    judge,
};

/// An event that comes of another.
struct Echo {
    /// On which bus.
    bus: String,
    event: Value,
    /// For people.
    what: String,
}

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for rule in event::rules(scene) {
        let Some(pattern) = event::pattern(rule) else { continue };
        let findings = event::targets(rule).flat_map(|target| {
            let onward = handed_on(scene, rule, &pattern, target.arn).into_iter();
            let echoes = echoes(scene, target.arn).into_iter();
            onward.chain(
                echoes.filter_map(|echo| comes_back(rule, &pattern, &echo)).collect::<Vec<_>>(),
            )
        });
        judgement.add(rule.address.to_string(), findings.collect::<Vec<_>>());
    }
    judgement
}

fn comes_back(rule: &Exhibit, pattern: &EventPattern, echo: &Echo) -> Option<Finding> {
    if echo.bus != event::bus_of(rule) {
        return None;
    }
    let (verb, level) = match pattern.judge(&echo.event) {
        Taken::Yes => ("takes", None),
        Taken::Unclear => ("may take", Some(Level::Warning)),
        Taken::No(_) => return None,
    };
    let message = format!("it {verb} {}, which comes of what it sends", echo.what);
    let finding = Finding::new(&rule.address, message).at(Path::field(PATTERN));
    let finding = finding.hint("narrow the pattern so that it leaves what comes back");
    Some(Finding { level, ..finding })
}

/// Where a rule leads to a bus, and rules there lead back.
fn handed_on(
    scene: &Scene,
    rule: &Exhibit,
    pattern: &EventPattern,
    target: &str,
) -> Option<Finding> {
    let own = event::bus_of(rule);
    let is_bus = target.contains(":event-bus/") || scene.named(BUS, target).is_some();
    if !is_bus {
        return None;
    }
    let next = event::bus_name(target);
    let told = |by: &str| {
        let message = format!("it leads events to {next}, and {by} leads them back to {own}");
        let finding = Finding::new(&rule.address, message).at(Path::field("targets"));
        finding.hint("take out one of the two, or have their patterns exclude each other")
    };
    if next == own {
        let message = format!("it leads events of {own} to {own} again");
        let finding = Finding::new(&rule.address, message).at(Path::field("targets"));
        return Some(finding.hint("lead them to another bus"));
    }
    let back = event::rules(scene).find(|other| {
        let leads_back = event::targets(other).any(|it| event::bus_name(it.arn) == own);
        let meet = || event::pattern(other).is_some_and(|it| it.excludes(pattern).is_none());
        event::bus_of(other) == next && leads_back && meet()
    })?;
    Some(told(back.address.as_str()))
}

/// The events that come of one which a target gets.
fn echoes(scene: &Scene, target: &str) -> Vec<Echo> {
    let function = super::end::named(scene, FUNCTION, target);
    let machine = scene.named(MACHINE, target);
    let answered = function.into_iter().flat_map(|it| answers(scene, it));
    let executed = machine.into_iter().flat_map(|it| executions(it).into_iter().chain(puts(it)));
    answered.chain(executed).collect()
}

/// What Lambda tells of an invocation (Lambda Developer Guide, "Capturing records of
/// asynchronous invocations").
fn answers<'a>(scene: &'a Scene, function: &'a Exhibit) -> impl Iterator<Item = Echo> + 'a {
    let destinations = [("on_success", "Success"), ("on_failure", "Failure")];
    destinations.into_iter().flat_map(move |(field, outcome)| {
        let field = format!("event_invoke_config.destination_config.{field}.destination");
        let named = hop::values(&function.document, &field);
        let buses: Vec<String> = named
            .into_iter()
            .filter(|(_, it)| it.contains(":event-bus/") || scene.named(BUS, it).is_some())
            .map(|(_, it)| event::bus_name(it).to_owned())
            .collect();
        buses.into_iter().map(move |bus| {
            let detail_type = format!("Lambda Function Invocation Result - {outcome}");
            let what = format!("{detail_type:?} of {}", function.address);
            let event = json!({ "source": "lambda", "detail-type": detail_type, "detail": unknown(function) });
            Echo { bus, event, what }
        })
    })
}

/// What Step Functions tells of executions that are STANDARD (Step Functions Developer
/// Guide, "Automating Step Functions event delivery using EventBridge").
fn executions(machine: &Exhibit) -> Option<Echo> {
    if machine::is_express(machine) {
        return None;
    }
    let arn = machine.fact("arn");
    let of_one = unknown(machine);
    let event = json!({
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {
            "stateMachineArn": arn, "executionArn": of_one, "name": of_one, "status": of_one,
            "input": of_one, "output": of_one
        }
    });
    let what = format!("the change of state of each execution of {}", machine.address);
    Some(Echo { bus: DEFAULT.to_owned(), event, what })
}

/// What a definition puts on buses, as far as it says so itself.
fn puts(machine: &Exhibit) -> Vec<Echo> {
    let mut entries = Vec::new();
    if let Some(definition) = machine::setting(machine, "definition") {
        definition.values().for_each(|value| find_entries(value, &mut entries));
    }
    let echo = |entry: &Map<String, Value>| {
        let text = |field: &str| {
            let stated = entry.get(field).and_then(Value::as_str);
            // What JSONata or a path works out is known when it runs.
            let stated = stated.filter(|it| !it.starts_with("{%") && !it.starts_with('$'));
            stated.map_or_else(|| unknown(machine), Value::from)
        };
        let bus = entry.get("EventBusName").and_then(Value::as_str).unwrap_or(DEFAULT);
        let event = json!({ "source": text("Source"), "detail-type": text("DetailType"), "detail": unknown(machine) });
        let what = format!("what the definition of {} puts there", machine.address);
        Echo { bus: event::bus_name(bus).to_owned(), event, what }
    };
    entries.into_iter().map(echo).collect()
}

fn find_entries<'a>(value: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    match value {
        Value::Object(fields) => {
            let entries = fields.get("Entries").and_then(Value::as_array).into_iter().flatten();
            let is_event = |it: &&Map<String, Value>| {
                it.keys().any(|key| key == "DetailType" || key == "DetailType.$")
            };
            found.extend(entries.filter_map(Value::as_object).filter(is_event));
            fields.values().for_each(|value| find_entries(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| find_entries(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What nobody knows before it happens: a text that no pattern is sure of.
fn unknown(of: &Exhibit) -> Value {
    FactRef { address: of.address.clone(), fact: "event".to_owned() }.marker().into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::RULE;
    use crate::model::Scene;

    fn rule(bus: &str, pattern: &str, target: &str) -> Scene {
        system(&format!(
            r#"
bus: {{ kind: cloudwatch_event_bus }}
other: {{ kind: cloudwatch_event_bus }}
role: {{ kind: iam_role, assume_role_policy: {{ Statement: {{ Effect: Allow, Principal: {{ Service: states.amazonaws.com }}, Action: "sts:AssumeRole" }} }} }}
function: {{ kind: lambda_function, event_invoke_config: {{ destination_config: {{ on_success: {{ destination: "${{bus.arn}}" }} }} }} }}
machine:
  kind: sfn_state_machine
  role_arn: "${{role.arn}}"
  definition: {{ StartAt: Tell, States: {{ Tell: {{ Type: Task, Resource: "arn:aws:states:::events:putEvents", Parameters: {{ Entries: [{{ Source: shop, "DetailType.$": "$.type", Detail: {{ a: 1 }}, EventBusName: "${{bus.name}}" }}] }}, End: true }} }} }}
back: {{ kind: cloudwatch_event_rule, event_bus_name: "${{other.name}}", event_pattern: {{ source: [shop] }}, targets: {{ bus: {{ arn: "${{bus.arn}}" }} }} }}
rule: {{ kind: cloudwatch_event_rule, event_bus_name: "{bus}", event_pattern: {pattern}, targets: {{ it: {{ arn: "{target}" }} }} }}"#
        ))
    }

    #[test]
    fn what_comes_of_an_event_is_another() {
        let (bus, to_function, to_machine) = ("${bus.name}", "${function.arn}", "${machine.arn}");
        golden!(told_of(
            &RULE,
            &[
                ("a function that answers", rule(bus, "{ source: [shop] }", to_function)),
                ("its answers", rule(bus, "{ source: [shop, lambda] }", to_function)),
                (
                    "some of its answers",
                    rule(bus, "{ source: [{ prefix: l }], detail: { a: [1] } }", to_function)
                ),
                ("answers elsewhere", rule("default", "{ source: [lambda] }", to_function)),
                ("executions", rule("default", "{ source: [aws.states] }", to_machine)),
                (
                    "executions of others",
                    rule(
                        "default",
                        "{ source: [aws.states], detail: { stateMachineArn: [\"arn:aws:states:us-east-1:123456789012:stateMachine:other\"] } }",
                        to_machine
                    )
                ),
                ("what a definition puts", rule(bus, "{ source: [shop] }", to_machine)),
                (
                    "one sort of that",
                    rule(bus, "{ source: [shop], detail-type: [paid] }", to_machine)
                ),
                ("others", rule(bus, "{ source: [stock] }", to_machine)),
                ("there and back", rule(bus, "{ source: [{ prefix: s }] }", "${other.arn}")),
                ("there, and others back", rule(bus, "{ source: [stock] }", "${other.arn}")),
                ("to itself", rule(bus, "{ source: [stock] }", "${bus.arn}")),
            ]
        ));
    }
}
