//! What stands without quotes reaches a text as it was written.

use proptest::prelude::*;

use super::{Case, golden, table};
use crate::model::{Diagnostic, document};

#[test]
fn are_taken_as_written_where_a_text_is_wanted() {
    let vars = "vars: { account: 012345678901, version: 1.10, mode: 0755, exponent: 1e3, \
                hex: 0x10, yes: yes, on: True, date: 2026-11-28, big: 12345678901234567890123 }\n";
    let everywhere = |text: &str| format!("{vars}{text}");
    golden!(table(&[
        (
            "tags of the stack and of a resource",
            &everywhere(
                "tags: { Version: 1.10, Account: \"${var.account}\" }\nresources:\n  q: { kind: queue, \
                 tags: { Mode: 0755, Hex: \"${var.hex}\", On: \"${var.on}\", Big: \"${var.big}\" } }"
            ),
        ),
        (
            "names and the insides of texts",
            &everywhere(
                "resources:\n  q: { kind: queue, name: 0815, sources: [1.10, \"${var.date}\"], \
                 key: \"arn:aws:iam::${var.account}:root ${var.exponent} ${var.yes}\" }"
            ),
        ),
        (
            "keys of maps and elements of a for_each",
            &everywhere(
                "resources:\n  t: { kind: topic, for_each: [007, 1e3], name: \"t-${each.key}\", \
                 tags: { \"${var.version}\": x } }"
            ),
        ),
        (
            "a number where a number is wanted",
            "vars: { wait: 010 }\nresources:\n  q: { kind: queue, delay_seconds: \"${var.wait}\", \
             redrive: { dead_letter_queue: x, max_receive_count: 1e1 } }",
        ),
        (
            "outputs, of which nobody says what they are",
            &everywhere(
                "resources: {}\noutputs: { a: \"${var.account}\", b: \"${var.version}\", c: 5, d: 1.5, \
                 e: true, f: \"${var.on}\", g: [0x10, -0], h: \"${var.big}\", i: ~ }"
            ),
        ),
        (
            "a place that takes texts and numbers",
            "resources:\n  q: { kind: queue, policy: { a: [012, 1, 1.50, 0x10, +1, 1e3], b: \
             12345678901234567890123 } }",
        ),
    ]));
}

#[test]
fn keep_their_spelling_in_the_parameters_of_a_pattern() {
    let pattern = "parameters:\n  release: { type: string, enum: [1.10, 2.0] }\n  waits: { type: \
                   integer }\n  tags: { type: map }\nresources:\n  q: { kind: queue, name: \
                   \"q-${param.release}\", delay_seconds: \"${param.waits}\", tags: \
                   \"${param.tags}\" }\n";
    let stack = "stack: dev\nresources:\n  p: { pattern: ./p.yaml, with: { release: 1.10, waits: 5, \
                 tags: { Zip: 01234 } } }\n";
    golden!(Case::of(&[("stacks/dev.yaml", stack), ("stacks/p.yaml", pattern)]).told());
}

#[test]
fn keep_their_spelling_from_outside() {
    let stack = "stack: dev\nvars: { number: 1, text: x, none: { type: string, nullable: true }, list: [1] }\nresources:\n  q: { \
                 kind: queue, name: \"${var.number}-${var.text}-${var.none}\", tags: { N: \
                 \"${var.number}\" }, sources: \"${var.list}\" }\n";
    let files = [("stacks/dev.yaml", stack)];
    let vars =
        [("number", "012345678901"), ("text", "1.10"), ("none", "0x10"), ("list", "[007, 1.10]")];
    golden!(Case { vars: &vars, ..Case::of(&files) }.told());
}

/// The tag, the text with a reference and the output that a scalar comes to;
/// nothing if the file is refused, or if the scalar is null.
fn reached(scalar: &str) -> Option<[String; 3]> {
    let text = format!(
        "stack: dev\nvars:\n  x: {scalar}\nresources:\n  q:\n    kind: queue\n    key: \"<${{var.x}}>\"\n    \
         tags:\n      T: {scalar}\noutputs: {{ o: \"${{var.x}}\" }}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::write(root.join("dev.yaml"), &text).unwrap();
    let files = [("dev.yaml", text.as_str())];
    let checked: Result<_, Vec<Diagnostic>> = Case::of(&files).checked(&root);
    let stack = checked.ok()?.stack;
    let fields =
        document::shown_value(&serde_json::json!(stack.resources.values().next()?.document));
    let output = match stack.outputs.get("o")? {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some([
        fields.pointer("/tags/T")?.as_str()?.to_owned(),
        fields.pointer("/key")?.as_str()?.to_owned(),
        output,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn reach_a_text_unchanged(
        scalar in prop_oneof![
            "[-+]?0?[0-9]{1,24}(\\.[0-9]{0,12})?([eE][-+]?[0-9]{1,3})?",
            "0[xob][0-9a-fA-F_]{1,12}",
            "[0-9_]{1,12}(:[0-9]{2}){0,2}",
            "[0-9]{4}-[0-9]{2}-[0-9]{2}",
            "(?i)(true|false|yes|no|on|off|null)",
            "[-+.0-9eExo_]{1,12}",
            "[A-Za-z0-9+./_=@-]{1,12}",
        ]
    ) {
        if let Some(reached) = reached(&scalar) {
            let bracketed = format!("<{scalar}>");
            prop_assert_eq!(reached, [scalar.clone(), bracketed, scalar]);
        }
    }
}
