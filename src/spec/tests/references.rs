//! What references mean, which facts are known, and which edges follow.

use std::fmt::Write;

use super::{Case, golden, table, told};

#[test]
fn mean_values() {
    golden!(table(&[
        (
            "a text that is one reference takes the value's type",
            "vars: { wait: 30, on: true, list: [a, b], map: { x: { y: 7 } } }\nresources:\n  q:\n    kind: queue\n    delay_seconds: \"${var.wait}\"\n    fifo_queue: \"${var.on}\"\n    sources: \"${var.list}\"\n    name: \"q-${var.wait}-${var.on}-${var.map.x.y}\"",
        ),
        (
            "what the stack is",
            "account: \"000000000000\"\nregion: us-east-1\nresources:\n  b: { kind: bucket, name: \"${stack}-${account}-${region}-${partition}\" }",
        ),
        (
            "literals and the policy variables of IAM",
            "resources:\n  b: { kind: bucket, policy: \"$${stack} ${aws:username} ${*} $5\" }",
        ),
        (
            "variables refer to each other",
            "vars: { a: \"${var.b}-a\", b: \"${stack}-b\" }\nresources: {}\noutputs: { x: \"${var.a}\" }",
        ),
        (
            "a field that is null is not stated",
            "vars: { none: { type: string, nullable: true } }\nresources:\n  q: { kind: queue, name: \"${var.none}\", policy: { a: ~, b: 1 } }",
        ),
        (
            "keys are texts too",
            "resources:\n  t: { kind: topic }\n  b: { kind: bucket, policy: { \"x ${t.arn}\": 1 } }",
        ),
    ]));
}

/// A name that is kept is as good as stated: what follows from it follows. One
/// that is stated stays as it is.
#[test]
fn follow_a_name_that_is_kept() {
    let text = "stack: dev\nresources:\n  t: { kind: topic }\n  q: { kind: queue, name: mine, policy: { Source: \"${t.arn}\" } }\n  n: { kind: queue, name: ~ }\noutputs: { topic: \"${t.arn}\" }";
    let names = &[("t", "kept"), ("q", "other"), ("n", "kept-too")];
    golden!(Case { names, ..Case::of(&[("stacks/dev.yaml", text)]) }.told());
}

#[test]
fn mean_facts() {
    golden!(table(&[
        (
            "a predicted fact is text and orders nothing",
            "resources:\n  t: { kind: topic }\n  q: { kind: queue, policy: { Source: \"${t.arn}\" } }",
        ),
        (
            "a fact that AWS chooses is awaited",
            "resources:\n  k: { kind: key }\n  t: { kind: topic, key: \"${k.arn}\" }\noutputs: { key: \"${k.arn}\", topic: \"${t.arn}\" }",
        ),
        (
            "a field whose target must exist is awaited even if its name is known",
            "resources:\n  dlq: { kind: queue }\n  q: { kind: queue, redrive: { dead_letter_queue: \"${dlq.arn}\" }, policy: \"${dlq.url}\" }",
        ),
        (
            "a key and a topic may name each other",
            "resources:\n  k: { kind: key, policy: { For: \"${t.arn}\" } }\n  t: { kind: topic, key: \"${k.arn}\" }",
        ),
        (
            "a name may follow from another's fact",
            "resources:\n  s: { kind: subscription, topic: \"${t.arn}\", endpoint: \"${q.arn}\" }\n  t: { kind: topic, name: \"for-${b.arn}\" }\n  q: { kind: queue }\n  b: { kind: bucket }",
        ),
        (
            "and that one's from a third's",
            "resources:\n  a: { kind: queue, name: \"a-${b.url}\" }\n  b: { kind: queue, name: \"b-${c.url}\" }\n  c: { kind: queue }",
        ),
        (
            "a resource may name itself",
            "resources:\n  q: { kind: queue, policy: { Resource: \"${q.arn}\" } }",
        ),
        (
            "what depends_on names comes before",
            "resources:\n  a: { kind: queue, depends_on: [b, c] }\n  b: { kind: queue }\n  c: { kind: queue, for_each: [x, y] }",
        ),
        (
            "what is put in place must fit as well",
            "resources:\n  a: { kind: bucket, name: \"${b.url}\" }\n  b: { kind: queue }",
        ),
    ]));
}

/// How a name is spelled changes neither order nor mentions.
#[test]
fn may_be_spelled_out() {
    let arn =
        |service: &str, name: &str| format!("arn:aws:{service}:eu-central-1:123456789012:{name}");
    let dlq =
        |name: &str| format!("{{ kind: queue, redrive: {{ dead_letter_queue: \"{name}\" }} }}");
    let check = |reference: &str, literal: &str| {
        let spelled =
            |name: &str| told(&format!("resources:\n  dlq: {{ kind: queue }}\n  q: {}", dlq(name)));
        assert_eq!(spelled(reference), spelled(literal));
        assert!(spelled(literal).contains("after dlq (Existence)"), "{}", spelled(literal));
    };
    check("${dlq.arn}", &arn("sqs", "dev-dlq"));
    check("${dlq.url}", "https://sqs/dev-dlq");
    let topic = arn("sns", "dev-t");
    golden!(table(&[
        (
            "a bare name counts whole, where a target must exist and elsewhere, and not in a tag",
            "resources:\n  t: { kind: topic }\n  a: { kind: subscription, topic: dev-t, endpoint: x }\n  b: { kind: queue, key: dev-t }\n  c: { kind: queue, tags: { For: dev-t } }\n  d: { kind: queue, key: \"about dev-t\" }",
        ),
        (
            "an ARN counts within a policy, with what lies beneath it, and in a tag",
            &format!(
                "resources:\n  t: {{ kind: topic }}\n  a: {{ kind: bucket, policy: {{ Resource: [\"{topic}/*\"] }} }}\n  b: {{ kind: bucket, policy: '{{\"Resource\": \"{topic}\"}}' }}\n  c: {{ kind: bucket, tags: {{ For: \"{topic}\" }} }}\n  d: {{ kind: bucket, policy: {{ Resource: \"{topic}-2\" }} }}"
            ),
        ),
        (
            "whoever names itself waits for nobody",
            "resources:\n  q: { kind: queue, redrive: { dead_letter_queue: https://sqs/dev-q } }",
        ),
        (
            "a circle of what is spelled out is no circle, and orders nothing",
            "resources:\n  a: { kind: queue, redrive: { dead_letter_queue: https://sqs/dev-b } }\n  b: { kind: queue, redrive: { dead_letter_queue: https://sqs/dev-a } }\n  c: { kind: queue, redrive: { dead_letter_queue: https://sqs/dev-a } }",
        ),
        (
            "nor is one that a reference closes",
            "resources:\n  a: { kind: queue, redrive: { dead_letter_queue: https://sqs/dev-b } }\n  b: { kind: queue, redrive: { dead_letter_queue: \"${a.arn}\" } }",
        ),
    ]));
}

#[test]
fn mean_the_environment() {
    let text = "stack: \"s-${env.NAME}\"\nregion: \"${var.where}\"\nvars: { where: eu-west-1 }\nresources: { q: { kind: queue, name: \"${stack}-${env.NAME}\" } }";
    let files = [("dev.yaml", text)];
    let case = Case { env: &[("NAME", "green")], ..Case::of(&files) };
    golden!(case.told());
    let hostile = Case { env: &[("NAME", "a\u{1}b\u{2}")], ..Case::of(&files) };
    golden!(hostile.told());
}

#[test]
fn tags_of_the_stack_reach_every_tagged_kind() {
    golden!(told(
        "vars: { env: dev }
tags: { Environment: \"${var.env}\", Owner: John Doe }
resources:
  q: { kind: queue, tags: { Owner: Jane Doe, Team: a } }
  t: { kind: topic, tags: ~ }
  s: { kind: subscription, topic: x, endpoint: y }
"
    ));
}

#[test]
fn lifecycles_are_kept() {
    golden!(told(
        "vars: { protect: true }
resources:
  q:
    kind: queue
    lifecycle: { prevent_destroy: \"${var.protect}\", adopt: false, ignore_changes: [tags.Seen], patience: { create: 20m, delete: 1h 30m } }
"
    ));
}

#[test]
fn tags_of_others_are_left_by_every_resource_that_carries_tags() {
    golden!(told(
        "vars: { bot: c7n }
ignore_tags: [\"kubernetes.io/*\", \"${var.bot}\"]
resources:
  q: { kind: queue }
  s: { kind: subscription, topic: x, endpoint: y }
"
    ));
}

#[test]
fn an_entry_may_go_by_a_whole_address() {
    golden!(table(&[
        (
            "as what is within a pattern or a for_each",
            "resources:
  a.q: { kind: queue }
  a.US_2.q: { kind: queue, key: \"${a.q.arn}\", depends_on: [a.q] }
outputs: { arn: \"${a.US_2.q.arn}\" }
",
        ),
        (
            "which nothing else may be around",
            "resources:
  a: { kind: queue, for_each: [q] }
  a.q: { kind: queue }
",
        ),
        (
            "and which begins with a name",
            "resources:
  A.q: { kind: queue }
  var.q: { kind: queue }
  a..q: { kind: queue }
outputs: { arn: \"${b.q.arn}\" }
",
        ),
    ]));
}

#[test]
fn texts_that_double_meet_a_limit() {
    let mut text =
        "vars:\n  v0: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".to_owned();
    for level in 1..40 {
        let below = level - 1;
        writeln!(text, "  v{level}: \"${{var.v{below}}}${{var.v{below}}}\"").unwrap();
    }
    text.push_str("resources: {}\n");
    let told = told(&text);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("the stack expands to more than can be handled"), "{told}");
}

#[test]
fn chains_meet_a_limit() {
    let mut text = "vars:\n  v0: x\n".to_owned();
    for level in 1..1000 {
        writeln!(text, "  v{level}: \"${{var.v{}}}\"", level - 1).unwrap();
    }
    text.push_str("resources: {}\noutputs: { last: \"${var.v999}\" }\n");
    // In the order of their names, `v10` is asked for before `v2`: from the
    // first whose chain is too long on, every other one falls with it.
    let told = told(&text);
    assert!(told.contains("a chain of references is too long"), "{told}");
}

#[test]
fn nests_meet_a_limit() {
    let (open, close) = ("[".repeat(25), "]".repeat(25));
    let mut text = format!("vars:\n  v000: {open}{close}\n");
    for level in 1..100 {
        writeln!(text, "  v{level:03}: {open}\"${{var.v{:03}}}\"{close}", level - 1).unwrap();
    }
    text.push_str("resources: {}\n");
    let upwards = told(&text);
    assert_eq!(upwards.lines().count(), 1, "{upwards}");
    assert!(upwards.contains("references nest values more than 32 deep"), "{upwards}");
    // The other way round every value waits for the next one, down the stack.
    let mut text = format!("vars:\n  v100: {open}{close}\n");
    for level in 0..100 {
        writeln!(text, "  v{level:03}: {open}\"${{var.v{:03}}}\"{close}", level + 1).unwrap();
    }
    text.push_str("resources: {}\n");
    let downwards = told(&text);
    assert!(downwards.contains("a chain of references is too long"), "{downwards}");
}
