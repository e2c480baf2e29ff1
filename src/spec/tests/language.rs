//! What a stack file can say beyond plain references: values, choices, elements that
//! refer to each other, fallbacks, lists and maps that merge, and texts that are made.

use std::fmt::Write;

use super::{Case, golden, table};

#[test]
fn values_are_named() {
    golden!(table(&[
        (
            "values hold facts, variables and each other, in any order of writing",
            "vars: { team: a }
values:
  all: { arns: ['${value.own}', '${dlq.arn}'], team: '${var.team}' }
  own: ${q.arn}
  list: [x, y]
resources:
  dlq: { kind: queue }
  q: { kind: queue, policy: '${value.all}', sources: '${value.list}', tags: { Team: '${value.all.team}' } }",
        ),
        (
            "a value that is a list of cases is the first that holds",
            "vars: { big: true }
values:
  delay: [{ when: '${var.big}', value: 9 }, { value: 1 }]
  none: [{ unless: '${var.big}', value: 9 }]
resources:
  q: { kind: queue, delay_seconds: '${value.delay}', key: '${value.none}' }",
        ),
        (
            "the name of the stack may be one",
            "region: '${value.region}'\nvalues: { region: 'eu-${value.rest}', rest: west-1 }\nresources: {}\noutputs: { r: '${region}' }",
        ),
        (
            "circles, names that are none, and what only a resource has",
            "values: { a: '${value.b}', b: '${value.a}', c: '${self.arn}', d: '${each.key}', e: '${value.f.x}', f: { y: 1 } }
resources:
  q: { kind: queue, key: '${value.g}', name: '${value.e}' }",
        ),
        (
            "forms that are none",
            "values:\n  Bad: 1\n  a: [{ when: true }]\n  b: [{ if: true, value: 1 }]\n  c: [{ wen: true, value: 1 }]\nresources: {}",
        ),
        ("values that are no map", "values: [a]\nresources: {}"),
    ]));
}

#[test]
fn a_value_may_be_chosen_anywhere() {
    golden!(table(&[
        (
            "in a field, an item, an entry, one within another, and with an else",
            "vars: { on: true, off: false }
resources:
  q:
    kind: queue
    delay_seconds: { when: '${var.off}', value: 1, else: 2 }
    key: { when: '${var.off}', value: k }
    mode: { unless: '${var.off}', value: fast }
    sources:
      - { when: '${var.on}', item: a, else: b }
      - { when: '${var.off}', item: c, else: d }
      - { when: '${var.off}', value: e }
      - { for_each: [x, y], when: '${var.off}', item: '${each.key}1', else: '${each.key}2' }
    policy:
      kept: { when: '${var.on}', unless: '${var.off}', value: { when: '${var.off}', value: 1, else: [2] } }
      gone: { when: '${var.off}', value: 1 }
    tags: { A: { when: '${var.on}', value: x }, B: { when: '${var.off}', value: x } }
outputs: { one: { when: '${var.off}', value: a, else: b } }",
        ),
        (
            "an edge is made only if it is taken",
            "vars: { with_dlq: false }
resources:
  dlq: { kind: queue, when: '${var.with_dlq}' }
  other: { kind: queue }
  a: { kind: queue, redrive: { when: '${dlq.arn}', value: { dead_letter_queue: '${dlq.arn}' } } }
  b: { kind: queue, redrive: { when: '${dlq.arn}', value: { dead_letter_queue: '${dlq.arn}' }, else: { dead_letter_queue: '${other.arn}' } } }
  c: { kind: queue, when: '${dlq.arn}' }",
        ),
        (
            "within for_each",
            "resources:
  q:
    for_each: { a: { fast: true }, b: {} }
    kind: queue
    mode: { when: '${each.value.fast}', value: fast }
    delay_seconds: { unless: '${each.value.fast}', value: 5 }",
        ),
        (
            "what is half of one",
            "resources:
  a: { kind: queue, key: { when: true, then: x } }
  b: { kind: queue, redrive: { if: true, value: { dead_letter_queue: x } } }
  c: { kind: queue, key: { when: true, item: x } }
  d: { kind: queue, delay_seconds: { when: true, value: [a] } }
  e: { kind: queue, key: { when: '${var.x} == 1', value: x } }",
        ),
    ]));
}

#[test]
fn elements_refer_to_themselves_and_each_other() {
    golden!(table(&[
        (
            "itself, its sibling, and all of them",
            "resources:
  dlq: { kind: queue, for_each: [a, b] }
  q:
    kind: queue
    for_each: { b: ~, a: ~ }
    redrive: { dead_letter_queue: '${dlq.${each.key}.arn}' }
    policy: { own: '${self.arn}', all: '${dlq.*.arn}', more: [x, '${q.*.url}'] }
    depends_on: ['dlq.${each.key}']
outputs: { all: '${q.*.url}' }",
        ),
        (
            "a key that is chosen may be of a map, and of a pattern's resource or output",
            "vars: { sizes: { eu-central-1: 5 } }\nresources: { q: { kind: queue, delay_seconds: '${var.sizes.${region}}' } }",
        ),
        (
            "of all of them those that are switched on",
            "resources:
  q: { kind: queue, for_each: { a: { on: true }, b: {} }, when: '${each.value.on}' }
  none: { kind: queue, for_each: [] }
  k: { kind: key, for_each: [a, b] }
  t: { kind: topic, policy: { all: '${k.*.arn}' } }
outputs: { on: '${q.*.arn}', none: '${none.*.arn}', b: '${q.${var.which}.arn | null}' }
vars: { which: b }",
        ),
        (
            "itself: what AWS chooses, what it does not have, and where there is none",
            "resources:
  k: { kind: key, policy: '${self.arn}', tags: { A: '${self.alias_arn}' } }
  q: { kind: queue, key: '${self.am}', when: '${self.arn}' }
  s: { kind: queue, redrive: { dead_letter_queue: '${self.arn}' } }
outputs: { x: '${self.arn}' }",
        ),
        (
            "without a key, with a wrong one, and all of what is one",
            "vars: { m: { a: 1 } }
resources:
  q: { kind: queue, for_each: [orders, returns] }
  one: { kind: queue }
  a: { kind: queue, key: '${q.arn}' }
  b: { kind: queue, key: '${q.order.arn}' }
  c: { kind: queue, key: '${q.*}' }
  d: { kind: queue, key: '${one.*.arn}' }
  e: { kind: queue, key: '${var.m.*}' }
  f: { kind: queue, depends_on: ['q.*'] }
  g: { kind: queue, key: '${q.*.arn}-x' }
  h: { kind: queue, for_each: [orders, lost], key: '${q.${each.key}.arn}' }
  i: { kind: queue, key: '${q.${var.m}.arn}' }
  j: { kind: queue, key: '${q.${one.arn}.arn}' }",
        ),
        (
            "facts as keys",
            "resources:\n  t: { kind: topic }\n  a: { kind: queue, for_each: ['${t.arn}'] }\n  b: { kind: queue, for_each: { t: '${t.arn}' }, key: '${each.value}' }",
        ),
    ]));
}

#[test]
fn what_is_missing_may_have_a_fallback() {
    golden!(table(&[
        (
            "for a missing key, for null, for what is switched off",
            "vars: { none: { type: string, nullable: true }, some: x, flag: false }
resources:
  off: { kind: queue, when: false }
  t: { kind: topic }
  q:
    for_each: { a: { delay: 1, tags: { b: x } }, b: {} }
    kind: queue
    delay_seconds: '${each.value.delay | 5}'
    fifo_queue: '${var.none | true}'
    key: '${off.arn | ${t.arn}}'
    mode: \"${var.none | 'fast'}\"
    name: 'x-${each.key}-${each.value.tags.b | \"none\"}-${var.some | 5}-${env.NOTHING | 1.50}'
    policy: '${each.value.policy | null}'
    sources: ['${var.none | null}', a]
    level: '${var.none}'
  f: { kind: queue, fifo_queue: '${var.flag | true}', when: '${var.none | true}' }",
        ),
        (
            "names that are none have none",
            "vars: { m: { a: 1 } }
resources:
  a: { kind: queue, key: '${var.x | 5}' }
  b: { kind: queue, key: '${var.m.a.b | 5}' }
  c: { kind: queue, key: '${qq.arn | 5}' }
  d: { kind: queue, key: '${a.am | 5}' }
  e: { kind: queue, key: 'x${var.m.b | null}' }
  f: { kind: queue, key: '${var.m.b | ${var.y}}' }
  g: { kind: queue, key: '${var.m.b}' }",
        ),
        (
            "fallbacks that are none",
            "vars: { m: {} }
resources:
  a: { kind: queue, key: '${var.m.b | none}' }
  b: { kind: queue, key: '${var.m.b | t.arn}' }
  c: { kind: queue, key: '${var.m.b | }' }
  d: { kind: queue, key: '${var.m.b || 5}' }
  e: { kind: queue, key: '${var.m.b ?? 5}' }
  f: { kind: queue, key: '${var.m.b | ${var.m.c | 5}}' }
  g: { kind: queue, key: '${env.X:-x}' }
  h: { kind: queue, depends_on: ['a | b'] }",
        ),
    ]));
}

#[test]
fn lists_and_maps_merge() {
    golden!(table(&[
        (
            "an item that is a list stands for its items",
            "vars: { more: [b, c], none: { type: string, nullable: true }, empty: [] }
resources:
  q:
    kind: queue
    sources: [a, '${var.more}', '${var.none}', '${var.empty}', { when: true, item: '${value.last}' }]
    policy: { lists: { for_each: '${value.lists}', item: x }, flat: [{ for_each: '${value.lists}', item: '${each.value}' }] }
values: { last: [d], lists: { a: [1, 2], b: [3] } }",
        ),
        (
            "a list that is written in a list is one",
            "resources: { q: { kind: queue, sources: [a, [b]] } }",
        ),
        (
            "a map merges an alias, several, and what a reference stands for",
            "values: { common: { Team: a, Stage: x }, fields: { delay_seconds: 7, key: merged } }
resources:
  a: &a { kind: queue, delay_seconds: 5, tags: { <<: '${value.common}', Stage: y } }
  b: { <<: *a, delay_seconds: 6 }
  c: { <<: [{ kind: queue, key: k }, *a], mode: fast }
  d: { kind: queue, <<: '${value.fields}', key: own }
outputs: { m: { <<: '${var.none}', x: 1 } }
vars: { none: { type: string, nullable: true } }",
        ),
        (
            "what does not merge",
            "values: { text: x, list: [a], fields: { kind: topic, when: false } }
resources:
  a: { kind: queue, tags: { <<: '${value.text}' } }
  b: { kind: queue, <<: '${value.list}' }
  c: { kind: queue, <<: '${value.fields}' }
  d: { kind: queue, <<: 'x ${value.text}' }",
        ),
        ("nor what is no map", "resources: { q: { kind: queue, <<: [a] } }"),
        (
            "nor where entries are declared",
            "values: { v: {} }\nvars: { <<: '${value.v}' }\ntags: { <<: '${value.v}' }\noutputs: { <<: '${value.v}' }\nresources: { <<: '${value.v}', p: { pattern: p, with: { <<: '${value.v}' } } }",
        ),
    ]));
}

#[test]
fn texts_are_made() {
    golden!(table(&[
        (
            "of a list, and of any value",
            "vars: { n: 012, list: [a, 5, true] }
resources:
  k: { kind: key }
  q: { kind: queue, for_each: [a, b], name: { join: [x, '${each.key}'], with: '-' } }
  b:
    kind: bucket
    policy: { to_json: { z: ['${q.*.arn}', '${k.arn}'], a: 'say \"${q.a.arn}\"', n: '${var.n}', none: ~, '${k.arn}': 1.5 } }
outputs: { all: { join: '${q.*.url}', with: ', ' }, list: { join: '${var.list}', with: '' }, json: { to_json: '${var.list}' } }",
        ),
        (
            "of what is none",
            "vars: { m: { a: 1 } }
resources:
  a: { kind: queue, key: { join: x, with: ',' } }
  b: { kind: queue, key: { join: ['${var.m}'], with: ',' } }
  c: { kind: queue, key: { join: [a], with: [b] } }
  d: { kind: queue, key: { join: [a] } }
  e: { kind: queue, key: { to_json: '${var.x}' } }",
        ),
        (
            "of several lines, with a place for what is wrong in each",
            "resources:
  q: { kind: queue }
  b:
    kind: bucket
    policy: |
      { \"Statement\": [
        { \"Resource\": \"${q.arn}\" },
        { \"Resource\": \"${q.am}\" },
        { \"Resource\": \"${var.x | nothing}\" } ] }",
        ),
    ]));
}

#[test]
fn an_instruction_is_laid_over_whole() {
    let base = "vars: { on: false }
values: { a: { when: '${var.on}', value: 1, else: 2 } }
resources: { q: { kind: queue, redrive: { when: '${var.on}', value: { dead_letter_queue: x } }, delay_seconds: '${value.a}' } }";
    let over = "stack: dev
extends: base.yaml
values: { a: { unless: '${var.on}', value: 3 } }
resources: { q: { redrive: { dead_letter_queue: y } } }";
    golden!(Case::of(&[("dev.yaml", over), ("base.yaml", base)]).told());
}

#[test]
fn patterns_say_all_of_it_too() {
    let stack = "stack: dev
values: { key: '${k.arn}' }
resources:
  k: { kind: key }
  mail: { pattern: ./p.yaml, for_each: { a: { key: '${value.key}' }, b: {} }, with: { key: '${each.value.key | null}' } }
  t: { kind: topic, policy: { urls: '${mail.*.url}' } }
outputs: { keys: '${mail.*.own.arn | null}' }
";
    let pattern = "parameters: { key: { type: string, nullable: true } }
values: { key: '${param.key | ${own.arn}}' }
resources:
  own: { kind: key, unless: '${param.key}' }
  q: { kind: queue, key: '${value.key}', policy: { own: '${self.arn}' } }
outputs: { url: '${q.url}' }
";
    golden!(Case::of(&[("dev.yaml", stack), ("p.yaml", pattern)]).told());
}

/// Each of many that names each of many.
#[test]
fn all_of_many_meet_a_limit() {
    let keys: Vec<String> = (0..600).map(|n| format!("k{n}")).collect();
    let mut text = format!("resources:\n  q: {{ kind: queue, for_each: [{}] }}\n", keys.join(", "));
    for n in 0..600 {
        writeln!(text, "  b{n}: {{ kind: bucket, policy: '${{q.*.arn}}' }}").unwrap();
    }
    let told = super::told(&text);
    assert!(told.contains("the stack expands to more than can be handled"), "{told}");
}

#[test]
fn texts_stand_in_files() {
    let stack = "stack: dev
vars: { team: a, on: true }
resources:
  k: { kind: key, policy: { file: ../k.json } }
  q:
    kind: queue
    for_each: [x]
    key: { file: ./key.txt }
    policy: { when: '${var.on}', value: { file: policy.yaml } }
    tags: { file: key.txt }
  mail: { pattern: ./parts/p.yaml, for_each: { one: 1 }, with: { body: { file: ./body.txt }, policy: { file: ./each.json } } }
";
    let pattern = "parameters: { body: { type: string }, policy: { type: map } }
resources:
  q: { kind: queue, key: '${param.body}', policy: '${param.policy}', name: { file: name.txt } }
";
    golden!(
        Case::of(&[
            ("stacks/dev.yaml", stack),
            (
                "k.json",
                "{\n\t\"For\": [ \"${q.x.arn}\", \"${aws:username}\", \"$${x}\" ],\n\t\"n\": 1\n}\n"
            ),
            ("stacks/key.txt", "two\r\nlines of ${var.team}, $5 and $${this}"),
            ("stacks/policy.yaml", "own: '${self.arn}'\nelement: '${each.key}'\n"),
            ("stacks/body.txt", "of ${var.team}"),
            ("stacks/each.json", "{ \"key\": \"${each.key}\" }"),
            ("stacks/parts/name.txt", "${stack}-mail"),
            ("stacks/parts/p.yaml", pattern),
        ])
        .told()
    );
}

#[test]
fn files_that_are_wrong_are_told_where_they_are_wrong() {
    let field = |written: &str| {
        let stack = format!(
            "stack: dev\nvars: {{ path: ./ok.json }}\nresources:\n  q: {{ kind: queue, {written} }}\n"
        );
        let told = Case::of(&[
            ("stacks/dev.yaml", &stack),
            ("stacks/ok.json", "{}"),
            ("stacks/broken.json", "{\n  \"a\": [1, 2\n}\n"),
            ("stacks/wrong.json", "{\n  \"a\": \"${q.am}\",\n  \"b\": \"${nobody.arn}\"\n}\n"),
            ("stacks/list.json", "[1]"),
            ("stacks/controls.txt", "a\u{1}b"),
            ("stacks/name.txt", "a\n${var.x}\n"),
            ("stacks/long.txt", &"x".repeat(90)),
            ("stacks/.env", "SECRET=hunter2"),
            ("stacks/.git/config", "SECRET=hunter2"),
            ("stacks/large.txt", &"x".repeat(1024 * 1024 + 1)),
        ])
        .told();
        format!("## {written}\n{told}")
    };
    golden!(
        [
            "policy: { file: ./broken.json }",
            "policy: { file: ./wrong.json }",
            "policy: { file: ./list.json }",
            "policy: { file: ./none.json }",
            "policy: { file: '${var.path}' }",
            "policy: { file: './${var.path}' }",
            "policy: { file: /etc/passwd }",
            "policy: { file: ../../x.json }",
            "policy: { file: '' }",
            "policy: { file: parts/../. }",
            "key: { file: ./controls.txt }",
            "key: { file: ./name.txt }",
            "name: { file: ./long.txt }",
            "key: { file: ./.env }",
            "key: { file: .git/config }",
            "key: { file: ./large.txt }",
            "key: { file: [a] }",
            "key: { file: ./ok.json, x: 1 }",
            "delay_seconds: { file: ./ok.json }",
            "redrive: { file: ./ok.json }",
            "tags: { file: ./none.json }",
        ]
        .map(field)
        .join("\n")
    );
}
