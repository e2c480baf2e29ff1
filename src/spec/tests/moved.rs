//! `moved` and `was`: what keeps its name under another address, or in a stack of another
//! name.

use super::{Case, golden, table, told};

const SOUND: &[(&str, &str)] = &[
    (
        "one that was renamed, and who refers to it",
        "moved: { a: b }\nresources:\n  b: { kind: queue }\n  c: { kind: queue, key: '${b.arn}' }",
    ),
    ("twice", "moved: { a: b, b: c }\nresources:\n  c: { kind: queue }"),
    (
        "a stated name goes over it",
        "moved: { a: b }\nresources:\n  b: { kind: queue, name: orders }",
    ),
    (
        "an element of a for_each, and nothing of the others",
        "moved: { q.a: q.b }\nresources:\n  q: { kind: queue, for_each: [b, c] }",
    ),
    (
        "a resource that became a for_each of the same name, and back",
        "moved: { q: q.a, t.a: t }\nresources:\n  q: { kind: queue, for_each: [a, b] }\n  t: { kind: topic }",
    ),
    ("a whole for_each", "moved: { q: r }\nresources:\n  r: { kind: queue, for_each: [a, b] }"),
    (
        "what is switched off is declared",
        "vars: { on: false }\nmoved: { a: b, x: y.z }\nresources:\n  b: { kind: queue, when: '${var.on}' }\n  y: { kind: queue, for_each: [] }",
    ),
    (
        "two change places, by way of a third that was never applied",
        "moved: { a: c }\nresources:\n  c: { kind: queue }\n  d: { kind: queue }",
    ),
    ("nothing moved", "moved: {}\nresources: {}"),
    ("nothing said", "moved: ~\nresources:\n  a: { kind: queue }"),
];

#[test]
fn what_moved_keeps_its_name() {
    golden!(table(SOUND));
}

const PATTERN: &str = "resources:\n  queue: { kind: queue }\n  dlq: { kind: queue }\n";

#[test]
fn a_use_of_a_pattern_moves_as_a_whole() {
    let of = |stack: &str| {
        let stack = format!("stack: dev\n{stack}");
        Case::of(&[("stacks/dev.yaml", &stack), ("stacks/p.yaml", PATTERN)]).told()
    };
    let use_of = "pattern: ./p.yaml";
    golden!(
        [
            of(&format!("moved: {{ one: two }}\nresources:\n  two: {{ {use_of} }}")),
            of(&format!(
                "moved: {{ one: two, one.queue: queue }}\nresources:\n  two: {{ {use_of} }}\n  queue: {{ kind: queue }}"
            )),
            of(&format!("moved: {{ orders: two.queue }}\nresources:\n  two: {{ {use_of} }}")),
            of(&format!(
                "moved: {{ one: two.a }}\nresources:\n  two: {{ {use_of}, for_each: [a, b] }}"
            )),
            of(&format!("moved: {{ two.queu: two.queue, a: two.x }}\nresources:\n  two: {{ {use_of} }}")),
            of(&format!("moved: {{ one: two }}\nresources:\n  one: {{ {use_of} }}\n  two: {{ {use_of} }}")),
            of(&format!(
                "moved: {{ a: two.x }}\nvars: {{ on: false }}\nresources:\n  two: {{ {use_of}, when: '${{var.on}}' }}"
            )),
        ]
        .join("\n")
    );
}

/// Whoever uses a pattern that renamed its own says nothing of it.
#[test]
fn what_a_pattern_renames_moves_in_each_of_its_uses() {
    let inner =
        "moved: { dead: dlq }\nresources:\n  queue: { kind: queue }\n  dlq: { kind: queue }\n";
    let outer = "moved: { mail: post, old.queue: post.queue }\nresources:\n  post: { pattern: ./inner.yaml }\n";
    let of = |stack: &str, inner: &str| {
        let stack = format!("stack: dev\n{stack}");
        Case::of(&[
            ("stacks/dev.yaml", &stack),
            ("stacks/inner.yaml", inner),
            ("stacks/outer.yaml", outer),
        ])
        .told()
    };
    let (one, in_two) = ("pattern: ./inner.yaml", "pattern: ./outer.yaml");
    golden!(
        [
            of(&format!("resources:\n  a: {{ {one} }}\n  b: {{ {one}, for_each: [x] }}"), inner),
            // Nobody knows which was renamed first: the use or what is in it.
            of(&format!("moved: {{ a: b }}\nresources:\n  b: {{ {one} }}"), inner),
            of(&format!("moved: {{ orders: b.dead }}\nresources:\n  b: {{ {one} }}"), inner),
            of(&format!("moved: {{ a: b }}\nresources:\n  b: {{ {in_two} }}"), inner),
            of(
                &format!(
                    "vars: {{ on: false }}\nresources:\n  a: {{ {one}, when: '${{var.on}}' }}"
                ),
                inner,
            ),
            // What is wrong with it.
            of(
                &format!("resources:\n  a: {{ {one} }}"),
                &inner.replace("dead: dlq", "dead: dql, x: ''")
            ),
            of(&format!("resources:\n  a: {{ {one} }}"), &inner.replace("dead: dlq", "queue: dlq")),
            of(
                &format!("resources:\n  a: {{ {one} }}"),
                &inner.replace("dead: dlq", "a: b, b: a, c: dlq, d: dlq")
            ),
            of(&format!("moved: {{ a.queue: a.dead }}\nresources:\n  a: {{ {one} }}"), inner),
        ]
        .join("\n")
    );
}

#[test]
fn a_renamed_stack_keeps_the_names_of_the_former() {
    golden!(
        [
            told("was: old\nresources:\n  a: { kind: queue }\n  b: { kind: queue, name: '${stack}-b' }"),
            told("was: old\nlock: { bucket: leases }\nmoved: { a: b }\nresources:\n  b: { kind: key }"),
            told("was: dev\nresources: {}"),
            told("was: Old\nresources: {}"),
            told("was: [old]\nresources: {}"),
            told("was: [newer, old]\nlock: { bucket: leases }\nresources:\n  a: { kind: queue }"),
            told("was: [old, dev, old, [], Old]\nresources: {}"),
            told("was: []\nresources:\n  a: { kind: queue }"),
            told("was: ~\nresources:\n  a: { kind: queue }"),
            told("vars: { before: old }\nwas: '${var.before}'\nresources:\n  a: { kind: queue }"),
        ]
        .join("\n")
    );
}

#[test]
fn a_chain_of_moves_has_a_limit() {
    let moves: String = (0..40)
        .map(|at| ["  q", &at.to_string(), ": q", &(at + 1).to_string(), "\n"].concat())
        .collect();
    let text = told(&format!("moved:\n{moves}resources:\n  q40: {{ kind: queue }}"));
    assert!(text.contains("`q40` moved more than 32 times"), "{text}");
}
