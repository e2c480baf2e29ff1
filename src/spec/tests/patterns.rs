//! Patterns, conditions and repetitions.

use super::{BuiltIn, Case, golden, table};

const MAIL: &str = "description: A queue with its topic.
parameters:
  queue_name: { type: string, description: what the queue is called, pattern: '^[a-z-]+$' }
  key: { type: string, nullable: true }
  retries: { type: integer, default: 5, minimum: 1, maximum: 10 }
  readers: { type: map, default: {} }
  mode: { type: string, default: standard, enum: [standard, fast] }
values:
  key_arn:
    - { when: \"${param.key}\", value: \"${param.key}\" }
    - { value: \"${key.arn}\" }
resources:
  key: { kind: key, unless: \"${param.key}\", policy: { For: \"${topic.arn}\" } }
  topic: { kind: topic, key: \"${value.key_arn}\" }
  dlq: { kind: queue, when: \"${param.retries}\" }
  queue:
    kind: queue
    name: \"${param.queue_name}\"
    mode: \"${param.mode}\"
    key: \"${value.key_arn}\"
    redrive: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: \"${param.retries}\" }
    sources:
      - always
      - { when: \"${param.key}\", item: keyed }
      - { unless: \"${param.key}\", item: free }
      - { for_each: \"${param.readers}\", item: \"${each.key}=${each.value.role}\" }
  reader:
    for_each: \"${param.readers}\"
    kind: bucket
    policy: { who: \"${each.value.role}\", reads: \"${queue.arn}\" }
outputs:
  queue_url: \"${queue.url}\"
  all: { topic: \"${topic.arn}\", retries: \"${param.retries}\" }
";

const BUILT_IN: &[BuiltIn] = &[BuiltIn { name: "mail", text: MAIL, example: "" }];

fn told(text: &str) -> String {
    let text = format!("stack: dev\n{text}");
    let files = [("stacks/dev.yaml", text.as_str())];
    Case { built_in: BUILT_IN, ..Case::of(&files) }.told()
}

#[test]
fn expand_before_planning() {
    golden!(told(
        "resources:
  mail: { pattern: mail, with: { queue_name: letters, key: ~ } }
outputs: { url: \"${mail.queue_url}\", topic: \"${mail.all.topic}\", dlq: \"${mail.dlq.arn}\" }
"
    ));
}

#[test]
fn take_parameters_of_any_type() {
    golden!(told(
        "vars: { tries: 3 }
resources:
  own: { kind: key }
  mail:
    pattern: mail
    with:
      queue_name: letters
      key: \"${own.arn}\"
      retries: \"${var.tries}\"
      readers: { batch: { role: b }, web: { role: w } }
  other: { kind: queue, depends_on: [mail], policy: \"${mail.reader.web.arn} ${mail.all.retries}\" }
outputs: { all: \"${mail.all}\" }
"
    ));
}

#[test]
fn repeat() {
    golden!(told(
        "vars: { names: [a, b] }
resources:
  mail:
    for_each: \"${var.names}\"
    pattern: mail
    with: { queue_name: \"q-${each.value}\", key: x }
  q:
    for_each: { x: { delay: 1 }, y: { delay: 2, off: true } }
    unless: \"${each.value.off}\"
    kind: queue
    delay_seconds: \"${each.value.delay}\"
outputs: { one: \"${mail.a.queue_url} ${q.x.url}\" }
"
    ));
}

#[test]
fn are_used_wrongly() {
    let uses = [
        ("no parameters", "{ pattern: mail }"),
        (
            "a parameter that does not exist",
            "{ pattern: mail, with: { queue_nam: x, queue_name: y } }",
        ),
        ("a required parameter that is null", "{ pattern: mail, with: { queue_name: ~ } }"),
        (
            "a parameter of the wrong type",
            "{ pattern: mail, with: { queue_name: a, retries: \"3\" } }",
        ),
        ("a parameter out of bounds", "{ pattern: mail, with: { queue_name: a, retries: 11 } }"),
        ("a parameter of the wrong form", "{ pattern: mail, with: { queue_name: A1 } }"),
        (
            "a parameter that is no option",
            "{ pattern: mail, with: { queue_name: a, mode: fasst } }",
        ),
        ("lifecycle", "{ pattern: mail, with: { queue_name: a }, lifecycle: { adopt: true } }"),
        ("a parameter in the wrong place", "{ pattern: mail, queue_name: a }"),
        ("parameters that are no map", "{ pattern: mail, with: [a] }"),
        (
            "a parameter whose reference means nothing",
            "{ pattern: mail, with: { queue_name: \"${var.x}\" } }",
        ),
        (
            "a mistake in the values that a parameter brings",
            "{ pattern: mail, with: { queue_name: a, readers: { x: { rol: y } } } }",
        ),
    ];
    let told: Vec<String> = uses
        .iter()
        .map(|(title, text)| {
            let text = format!("resources:\n  mail: {text}");
            format!("## {title}\n    {text}\n{}", told(&text))
        })
        .collect();
    golden!(told.join("\n"));
}

#[test]
fn are_referred_to_wrongly() {
    let texts = [
        "${mail}",
        "${mail.queue_ulr}",
        "${mail.que.arn}",
        "${mail.key.arn}",
        "${mail.reader}",
        "${mail.reader.web.arn}",
        "${mail.all.topc}",
    ];
    let told: Vec<String> = texts
        .iter()
        .map(|text| {
            let with = "{ queue_name: a, key: k, readers: { batch: { role: r } } }";
            told(&format!(
                "resources: {{ mail: {{ pattern: mail, with: {with} }} }}\noutputs: {{ x: \"{text}\" }}"
            ))
        })
        .collect();
    golden!(told.join("\n"));
}

#[test]
fn of_the_users_own_live_in_files() {
    let stack = "stack: dev
resources:
  a: { pattern: ./parts/pair.yaml, with: { name: x } }
  b: { pattern: ../shared/one.yaml }
";
    let pair = "parameters: { name: { type: string } }
resources:
  left: { kind: queue, name: \"${param.name}-left\", delay_seconds: 9000 }
  right: { pattern: ../../shared/one.yaml }
outputs: { right: \"${right.it.arn}\", own: \"${var.x} ${env.Y}\" }
";
    let one = "resources: { it: { kind: topic } }";
    let files =
        [("stacks/dev.yaml", stack), ("stacks/parts/pair.yaml", pair), ("shared/one.yaml", one)];
    golden!(Case::of(&files).told());
}

#[test]
fn are_written_wrongly() {
    let pattern = "descripton: x
parameters:
  a: { type: float }
  b: { description: no type }
  c: { type: string, patern: x }
  d: { type: string, pattern: '[' }
  Bad: { type: string }
  e: text
values:
  v: x
  w: [{ wen: 1 }]
resources:
  q: { kind: queue }
outputs:
  q: x
";
    let files = [
        ("stacks/dev.yaml", "stack: dev\nresources: { a: { pattern: ./p.yaml } }"),
        ("stacks/p.yaml", pattern),
    ];
    golden!(Case::of(&files).told());
    let files = [
        ("dev.yaml", "stack: dev\nresources: { a: { pattern: ./p.yaml } }"),
        ("p.yaml", "outputs: {}"),
    ];
    golden!(Case::of(&files).told());
}

#[test]
fn that_use_themselves_end() {
    let files = [
        ("dev.yaml", "stack: dev\nresources: { a: { pattern: ./p.yaml } }"),
        ("p.yaml", "resources: { a: { pattern: ./p.yaml } }"),
    ];
    golden!(Case::of(&files).told());
}

#[test]
fn that_need_each_other_are_refused_only_for_what_is_a_circle() {
    let pass = "parameters: { in: { type: string } }
resources: { q: { kind: queue, name: \"${param.in}-q\" } }
outputs: { out: \"${param.in}-out\", queue: \"${q.url}\" }
";
    let sound = "stack: dev\nresources:\n  a: { pattern: ./p.yaml, with: { in: \"${b.out}\" } }\n  b: { pattern: ./p.yaml, with: { in: x } }\n";
    let circle = "stack: dev\nresources:\n  a: { pattern: ./p.yaml, with: { in: \"${b.out}\" } }\n  b: { pattern: ./p.yaml, with: { in: \"${a.out}\" } }\n";
    golden!(
        [sound, circle].map(|s| Case::of(&[("dev.yaml", s), ("p.yaml", pass)]).told()).join("\n")
    );
}

/// Which elements there are needs nothing of what the elements say.
#[test]
fn repetitions_may_name_each_other() {
    let stack = |queue: &str, rule: &str| {
        format!(
            "resources:
  queue:
    for_each: {{ orders: {{ from: \"{rule}\" }} }}
    kind: queue
    policy: \"${{each.value.from}}\"
  rule:
    for_each: {{ paid: {{ to: \"{queue}\" }} }}
    kind: bucket
    policy: {{ to: \"${{each.value.to}}\" }}
"
        )
    };
    let cases = [
        ("two", "${queue.orders.arn}", "${rule.paid.arn}"),
        ("an element that is not there", "${queue.order.arn}", "${rule.paid.arn}"),
        ("a fact that is not there", "${queue.orders.anr}", "${rule.paid.arn}"),
        ("without a fact", "${queue.orders}", "${rule.paid.arn}"),
        ("all of them", "${queue.*.arn}", "${rule.*.arn}"),
        ("what may be missing", "${queue.orders.arn | null}", "${rule.paid.arn | null}"),
    ];
    let cases = cases.map(|(name, queue, rule)| (name, stack(queue, rule)));
    golden!(table(&cases.each_ref().map(|(name, text)| (*name, text.as_str()))));
}

#[test]
fn repetitions_of_two_patterns_may_name_each_other() {
    let set = "parameters: { all: { entries: { keys: { names: { type: string }, delay: { type: integer, default: 3 } } } } }
resources:
  one: { for_each: \"${param.all}\", kind: queue, delay_seconds: \"${each.value.delay}\", policy: \"${each.value.names}\" }
  other: { for_each: \"${param.all}\", kind: queue, policy: \"${one.${each.key}.arn}\" }
";
    let stack = "stack: dev
resources:
  left: { pattern: ./p.yaml, with: { all: { a: { names: \"${right.one.b.arn}\" } } } }
  right: { pattern: ./p.yaml, with: { all: { b: { names: \"${left.other.a.arn}\" } } } }
";
    golden!(Case::of(&[("dev.yaml", stack), ("p.yaml", set)]).told());
}

#[test]
fn conditions() {
    golden!(table(&[
        (
            "what is true",
            "vars: { n: { type: string, nullable: true }, f: false, e: '', l: [], m: {}, z: 0, t: x }\nresources:\n  a: { kind: queue, when: \"${var.n}\" }\n  b: { kind: queue, when: \"${var.f}\" }\n  c: { kind: queue, when: \"${var.e}\" }\n  d: { kind: queue, when: \"${var.l}\" }\n  e: { kind: queue, when: \"${var.m}\" }\n  f: { kind: queue, when: \"${var.z}\" }\n  g: { kind: queue, when: \"${var.t}\", unless: \"${var.f}\" }\n  h: { kind: queue, when: \"${g.arn}\" }",
        ),
        (
            "what is switched off cannot be referred to",
            "resources:\n  a: { kind: queue, when: false }\n  b: { kind: queue, key: \"${a.arn}\", depends_on: [a] }",
        ),
        (
            "a condition that depends on itself",
            "resources:\n  a: { kind: queue, when: \"${a.arn}\" }",
        ),
    ]));
}

#[test]
fn repetitions_meet_a_limit() {
    let many: Vec<String> = (0..1001).map(|n| format!("k{n}")).collect();
    let told =
        told(&format!("resources: {{ q: {{ kind: queue, for_each: [{}] }} }}", many.join(", ")));
    assert!(told.contains("`for_each` has more than 1000 elements"), "{told}");
}

#[test]
fn resources_meet_a_limit() {
    let many: Vec<String> = (0..1000).map(|n| format!("k{n}")).collect();
    let entries: Vec<String> = (0..11)
        .map(|n| format!("  q{n}: {{ kind: queue, for_each: \"${{var.many}}\" }}\n"))
        .collect();
    let told =
        told(&format!("vars: {{ many: [{}] }}\nresources:\n{}", many.join(", "), entries.concat()));
    assert!(told.contains("the stack has more than 10000 resources"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}
