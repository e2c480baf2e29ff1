//! The schema for editors, over the same made-up kinds.

use serde_json::Value;

use super::super::editor::schema_with;
use super::super::{source::Source, yaml};
use super::{BuiltIn, MadeUp, golden};

const BUILT_IN: &[BuiltIn] = &[BuiltIn {
    name: "mail",
    text: "description: Mail.
parameters:
  name: { type: string, description: what it is called }
  size: { type: integer, default: 3, maximum: 9 }
resources: {}
",
    example: "",
}];

fn check(text: &str, expected: bool) {
    let schema = schema_with(&MadeUp::new(), BUILT_IN);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let source = Source::text("a.yaml", text);
    let document = yaml::parse(&source, text).unwrap().to_json();
    let errors: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert_eq!(errors.is_empty(), expected, "{text}\n{errors:#?}");
}

#[test]
fn accepts_what_can_be_right() {
    check("stack: a\nresources: { q: { kind: queue, delay_seconds: 5 } }", true);
    check(
        "resources: { q: { kind: queue, delay_seconds: \"${var.x}\", mode: \"${var.m}\" } }",
        true,
    );
    check("resources: { q: { kind: queue, redrive: { dead_letter_queue: \"${a.arn}\" } } }", true);
    check("resources: { q: { kind: queue, redrive: \"${var.r}\", fifo_queue: ~ } }", true);
    check("resources: { q: { kind: queue, sources: [a, { when: x, item: b }] } }", true);
    check("resources: { q: { kind: queue, depends_on: [a], lifecycle: { adopt: true } } }", true);
    check("resources: { q: { pattern: mail, with: { name: x, size: \"${var.s}\" } } }", true);
    check("resources: { q: { pattern: ./own.yaml, with: { any: thing } } }", true);
    check("extends: base.yaml\nresources: { q: { delay_seconds: 3 } }", true);
    let field =
        |written: &str| check(&format!("resources: {{ q: {{ kind: queue, {written} }} }}"), true);
    field("delay_seconds: { when: x, value: 5, else: 6 }, key: { join: [a], with: b }");
    field("key: { to_json: [a] }, policy: { file: ./p.json }, mode: { unless: x, value: fast }");
    field("redrive: { dead_letter_queue: \"${d.*.arn}\", <<: \"${value.a}\" }, <<: \"${value.b}\"");
    field("sources: [a, { when: x, item: b, else: c }, { when: x, value: b }]");
    field("delay_seconds: \"${each.value.delay | 5}\"");
    check(
        "values: { a: 1, b: [x], c: [{ when: x, value: 1 }, { value: 2 }] }\nresources: {}",
        true,
    );
}

#[test]
fn rejects_what_is_wrong() {
    check("resource: {}", false);
    check("values: { a: [{ when: x }] }", false);
    check("values: { A: 1 }", false);
    check("resources: { q: { kind: queue, delay_seconds: { when: x, valu: 5 } } }", false);
    check("resources: { q: { kind: queue, key: { join: [a] } } }", false);
    check("resources: { q: { kind: queue, delay_seconds: { value: 5 } } }", false);
    check("resources: { Q: { kind: queue } }", false);
    check("resources: { q: { kind: quue } }", false);
    check("resources: { q: { kind: queue, delay: 5 } }", false);
    check("resources: { q: { kind: queue, delay_seconds: five } }", false);
    check("resources: { q: { kind: queue, delay_seconds: 901 } }", false);
    check("resources: { q: { kind: queue, redrive: { dead: x } } }", false);
    check("resources: { q: { kind: subscription, topic: x } }", false);
    check("resources: { q: { kind: queue, pattern: mail } }", false);
    check("resources: { q: { pattern: mail } }", false);
    check("resources: { q: { pattern: mail, with: { nam: x } } }", false);
    check("resources: { q: { pattern: mail, with: { name: x, size: 10 } } }", false);
    check("resources: { q: { kind: queue, lifecycle: { adoptt: true } } }", false);
}

#[test]
fn describes_everything_at_the_top() {
    let schema = schema_with(&MadeUp::new(), BUILT_IN);
    let properties = schema["properties"].as_object().unwrap();
    for (name, property) in properties {
        assert!(property.get("description").is_some_and(Value::is_string), "{name}");
    }
    golden!(serde_json::to_string_pretty(&schema["$defs"]["pattern:mail"]).unwrap());
    golden!(serde_json::to_string_pretty(&schema["$defs"]["kind:queue"]).unwrap());
}
