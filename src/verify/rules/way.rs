//! What lies between: which functions, state machines, roles and mappings a message passes from one
//! resource to another.

use std::collections::BTreeSet;

use super::environment_access;
use super::errand::role_of;
use super::event;
use super::function::FUNCTION;
use super::hop::{self, End, Transfer};
use super::machine::{self, MACHINE};
use crate::model::{Address, Exhibit, Scene};

/// One step of a message, and what has a part in it.
struct Link<'a> {
    from: &'a Address,
    to: &'a Address,
    by: Vec<&'a Address>,
}

/// These resources, and all on the ways from one of them to another.
pub(in crate::verify) fn between(scene: &Scene, addresses: &[Address]) -> BTreeSet<Address> {
    let links = links(scene);
    let ends: BTreeSet<&Address> = addresses.iter().collect();
    let after = reached(&ends, &links, |link| (link.from, link.to));
    let before = reached(&ends, &links, |link| (link.to, link.from));
    let on_way = links.iter().filter(|link| after.contains(link.from) && before.contains(link.to));
    let parts = on_way.flat_map(|link| link.by.iter().copied().chain([link.from, link.to]));
    ends.into_iter().chain(parts).cloned().collect()
}

fn reached<'a>(
    ends: &BTreeSet<&'a Address>,
    links: &[Link<'a>],
    step: impl Fn(&Link<'a>) -> (&'a Address, &'a Address),
) -> BTreeSet<&'a Address> {
    let mut reached = ends.clone();
    loop {
        let known = reached.len();
        for (from, to) in links.iter().map(&step) {
            if reached.contains(from) {
                reached.insert(to);
            }
        }
        if reached.len() == known {
            return reached;
        }
    }
}

fn links(scene: &Scene) -> Vec<Link<'_>> {
    let role = |goer: &Exhibit| role_of(scene, goer).map(|role| &role.address);
    let edges = hop::edges(scene).into_iter().filter_map(|edge| {
        let (End::Here(from), End::Here(to)) = (edge.source, edge.target) else { return None };
        let functions = [from, to].into_iter().filter(|end| end.kind == FUNCTION);
        let as_whom = event::role_arn(edge.carrier, &edge.path);
        let as_whom = as_whom.filter(|_| matches!(edge.hop.transfer, Transfer::Event { .. }));
        let as_whom = as_whom.and_then(|arn| scene.named("iam_role", arn)).map(|it| &it.address);
        let by = functions.filter_map(role).chain(as_whom).chain([&edge.carrier.address]).collect();
        Some(Link { from: &from.address, to: &to.address, by })
    });
    let named = scene.of_kind(FUNCTION).flat_map(|function| {
        environment_access::named(scene, function).into_iter().map(move |named| Link {
            from: &function.address,
            to: &named.part.address,
            by: role(function).into_iter().collect(),
        })
    });
    let called = scene.of_kind(MACHINE).flat_map(|machine| {
        machine::calls(scene, machine).into_iter().filter_map(move |call| {
            let by = role(machine).into_iter().collect();
            Some(Link { from: &machine.address, to: &call.part?.address, by })
        })
    });
    // From a bus an event comes to its rules.
    let taken = event::rules(scene).filter_map(|rule| {
        let bus = scene.named(event::BUS, event::bus_of(rule))?;
        Some(Link { from: &bus.address, to: &rule.address, by: Vec::new() })
    });
    edges.chain(named).chain(called).chain(taken).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::between;
    use crate::model::Address;

    #[test]
    fn a_function_lies_between_what_it_reads_and_what_it_writes() {
        let scene = system(
            r#"
topic: { kind: sns_topic }
events: { kind: sqs_queue }
events_dead: { kind: sqs_queue }
ledger: { kind: dynamodb_table, hash_key: { name: id, type: S } }
role: { kind: iam_role, assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } } }
processor: { kind: lambda_function, role: "${role.arn}", environment: { TABLE: "${ledger.name}" } }
bus: { kind: cloudwatch_event_bus }
rule: { kind: cloudwatch_event_rule, event_bus_name: "${bus.name}", event_pattern: { source: [shop] }, targets: { events: { arn: "${events.arn}", role_arn: "${machines.arn}" } } }
seeder: { kind: lambda_function, environment: { QUEUE: "${events.url}" } }
mapping: { kind: lambda_event_source_mapping, event_source_arn: "${events.arn}", function_name: "${processor.name}" }
subscription: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "${events.arn}" }
records: { kind: dynamodb_table, hash_key: { name: id, type: S } }
machines: { kind: iam_role, assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sts:AssumeRole" } } }
trigger: { kind: lambda_function, role: "${role.arn}", environment: { WORKFLOW: "${workflow.arn}" } }
subscription_of_trigger: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: lambda, endpoint: "${trigger.arn}" }
workflow:
  kind: sfn_state_machine
  role_arn: "${machines.arn}"
  definition:
    StartAt: Record
    States:
      Record: { Type: Task, Resource: "arn:aws:states:::dynamodb:putItem", Parameters: { TableName: "${records.name}", Item: { id: { S: a } } }, End: true }
"#,
        );
        let check = |ends: &[&str], expected: &[&str]| {
            let ends: Vec<Address> = ends.iter().map(|end| Address::new(*end)).collect();
            let way = between(&scene, &ends);
            let way: Vec<&str> = way.iter().map(Address::as_str).collect();
            assert_eq!(way, expected, "{ends:?}");
        };
        check(&["events", "ledger"], &["events", "ledger", "mapping", "processor", "role"]);
        check(&["topic", "events"], &["events", "subscription", "topic"]);
        check(
            &["topic", "records"],
            &[
                "machines",
                "records",
                "role",
                "subscription_of_trigger",
                "topic",
                "trigger",
                "workflow",
            ],
        );
        check(&["seeder", "events"], &["events", "seeder"]);
        check(&["bus", "events"], &["bus", "events", "machines", "rule"]);
        check(&["events"], &["events"]);
        check(&["ledger", "events_dead"], &["events_dead", "ledger"]);
    }
}
