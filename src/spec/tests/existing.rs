//! What is there already and belongs to others.

use super::{Case, golden, table, told};

const RESOURCES: &str = "resources: {}";

#[test]
fn is_referred_to_and_not_owned() {
    golden!(table(&[
        (
            "a fact of it waits until somebody looked, and orders nothing",
            "existing:\n  shared: { kind: key, name: alias/shared }\nresources:\n  q: { kind: queue, key: \"${existing.shared.arn}\" }\noutputs: { key: \"${existing.shared.arn}\" }",
        ),
        (
            "by its ARN, by its tags, and by what variables say",
            "vars: { team: blue, many: 2 }\nregion: us-east-1\nexisting:\n  one: { kind: queue, arn: \"arn:aws:sqs:${region}:${account}:orders\" }\n  two: { kind: queue, tags: { Team: \"${var.team}\", Level: 5 }, count: \"${var.many}\" }\nresources: {}\noutputs: { one: \"${existing.one.url}\", two: \"${existing.two.*.url}\", first: \"${existing.two.0.arn}\" }",
        ),
        (
            "by what another one is, where all facts are in order",
            "existing:\n  around: { kind: net, tags: { Name: main } }\n  within: { kind: net, around: \"${existing.around.id}\", count: 2 }\nresources: {}\noutputs: { nets: \"${existing.within.*.id}\" }",
        ),
        (
            "a name may have a fact of it",
            "existing: { net: { kind: net, id: net-1 } }\nresources:\n  q: { kind: queue, name: \"q-${existing.net.range}\" }",
        ),
        (
            "a pattern is handed a fact, and the name of another is within something",
            "existing:\n  s: { kind: subscription, topic: t, name: n }\nresources: {}\noutputs: { x: \"${existing.s.arn}\" }",
        ),
    ]));
}

#[test]
fn is_known_once_somebody_looked() {
    let text = "stack: dev\nexisting:\n  around: { kind: net, tags: { Name: main } }\n  within: { kind: net, around: \"${existing.around.id}\", count: 2 }\nresources:\n  q: { kind: queue, name: \"q-${existing.around.id}\", policy: { Nets: \"${existing.within.*.id}\" } }\n  s: { kind: subscription, topic: \"${existing.around.id}\", endpoint: \"${q.arn}\" }";
    let facts = &[
        ("existing.around", "id", "net-1"),
        ("existing.within.0", "id", "net-2"),
        ("existing.within.1", "id", "net-3"),
    ];
    golden!(Case { facts, ..Case::of(&[("stacks/dev.yaml", text)]) }.told());
}

#[test]
fn is_refused_where_it_is_not_said_which() {
    let in_section = |entry: &str| told(&format!("existing:\n  {entry}\n{RESOURCES}"));
    let cases = [
        "a: { kind: queue }",
        "a: { kind: queue, name: x, tags: { a: b } }",
        "a: { kind: queue, name: x, count: 2 }",
        "a: { kind: queue, tags: {} }",
        "a: { kind: queue, tags: { a: [b] } }",
        "a: { kind: queue, tags: { a: b }, count: 0 }",
        "a: { kind: queue, tags: { a: b }, count: \"${existing.a.arn}\" }",
        "a: { kind: queue, name: x, delay_seconds: 5 }",
        "a: { kind: queue, nam: x }",
        "a: { kind: queue, name: \"\" }",
        "a: { kind: subscription, name: x }",
        "a: { kind: subscription, topic: t, name: x, arn: y }",
        "a: { kind: quue, name: x }",
        "a: { kind: aws_vpc, id: x }",
        "a: { name: x }",
        "a: [x]",
        "A: { kind: queue, name: x }",
        "a: { kind: queue, arn: x }",
        "a: { kind: queue, arn: \"arn:aws:sqs:us-west-2:123456789012:x\" }",
        "a: { kind: queue, arn: \"arn:aws:sqs:eu-central-1:210987654321:x\" }",
        "a: { kind: queue, arn: \"arn:aws:sns:eu-central-1:123456789012:x\" }",
        "a: { kind: net, id: \"${existing.a.id}\" }",
    ];
    let all = cases.map(|case| format!("## {case}\n{}\n", in_section(case)));
    golden!(all.concat());
}

#[test]
fn is_refused_where_a_reference_leads_nowhere() {
    let refer = |reference: &str| {
        let entries =
            "one: { kind: queue, name: x }\n  two: { kind: net, tags: { a: b }, count: 2 }";
        told(&format!("existing:\n  {entries}\n{RESOURCES}\noutputs: {{ x: \"{reference}\" }}"))
    };
    let cases = [
        "${existing.onne.arn}",
        "${existing.one}",
        "${existing.one.aarn}",
        "${existing.one.*.arn}",
        "${existing.one.arn.x}",
        "${existing.two.id}",
        "${existing.two.2.id}",
        "${existing.two.*}",
        "${existing.two.*.arn}",
        "${existing}",
    ];
    let all = cases.map(|case| format!("## {case}\n{}\n", refer(case)));
    golden!(all.concat());
}

#[test]
fn is_refused_where_it_is_the_stacks_own() {
    golden!(table(&[
        (
            "by its name",
            "existing: { a: { kind: queue, name: dev-q } }\nresources:\n  q: { kind: queue }",
        ),
        (
            "what waits for a resource",
            "existing: { a: { kind: queue, arn: \"${q.arn}\" } }\nresources:\n  q: { kind: queue }",
        ),
        (
            "a circle",
            "existing:\n  a: { kind: net, around: \"${existing.b.id}\" }\n  b: { kind: net, around: \"${existing.c.id}\", tags: { d: \"${existing.d.id}\" } }\n  c: { kind: net, around: \"${existing.a.id}\" }\n  d: { kind: net, id: x }\nresources: {}",
        ),
        (
            "under resources, where nothing is looked up",
            "resources:\n  n: { kind: net, id: x }\n  existing: { kind: queue }",
        ),
        ("before the stack is known", "region: \"${existing.a.id}\"\nresources: {}"),
        (
            "what is written in words of others",
            "data: { x: 1 }\nresources: {}\noutputs: { x: \"${data.aws_vpc.main.id}\" }",
        ),
    ]));
}
