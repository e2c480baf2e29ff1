//! What a stack has tried of it, as far as paper knows.

use super::{Case, golden, table};

const QUEUE: &str = "resources:\n  a: { kind: queue }\n  k: { kind: key }\n";

#[test]
fn are_worked_out_like_everything_else() {
    let probe = |rest: &str| format!("{QUEUE}probes:\n  works:\n{rest}");
    golden!(table(&[
        (
            "facts that are known and facts that are not",
            &probe(
                "    send: { queue: \"${a.url}\", body: { id: \"${nonce}#1\", key: \"${k.arn}\" } }\n    \
                 expect: { queue: \"${a.url}\", body: { id: \"${nonce}#1\" }, count: 1 }"
            )
        ),
        (
            "lists, conditions and values",
            &format!(
                "vars: {{ strict: false }}\nvalues: {{ slow: 2m }}\n{}",
                probe(
                    "    send:\n      - { queue: \"${a.url}\", body: [\"${nonce}\"], times: 3 }\n      \
                     - { when: \"${var.strict}\", item: { queue: \"${a.url}\", body: \"${nonce} 2\" } }\n    \
                     expect: { queue: \"${a.url}\" }\n    within: ${value.slow}\n    level: warning\n    cleanup: keep"
                )
            )
        ),
        (
            "switched off",
            &format!(
                "vars: {{ strict: false }}\n{}",
                probe(
                    "    when: ${var.strict}\n    send: { queue: \"${a.url}\", body: \"${nonce}\" }\n    expect: { queue: \"${a.url}\" }"
                )
            )
        ),
        (
            "what must not come",
            &probe(
                "    send: { queue: \"${a.url}\", body: \"${nonce}\" }\n    \
                 expect_not: { queue: \"${a.url}\", body: bad }\n    \
                 after: { send: { queue: \"${a.url}\", body: \"${nonce} end\" }, expect: { queue: \"${a.url}\", body: \"${nonce} end\" } }"
            )
        ),
    ]));
}

#[test]
fn are_brought_by_patterns_and_read_from_files() {
    let pattern = "resources:\n  q: { kind: queue }\nprobes:\n  works:\n    \
                   send: { queue: \"${q.url}\", body: { file: ./event.json } }\n    \
                   expect: { queue: \"${q.url}\", body: { within: [{ file: ./event.json }] } }\n";
    let stack = "stack: dev\nresources:\n  claims: { pattern: ./p.yaml }\n  \
                 no: { pattern: ./p.yaml, when: false }\n";
    golden!(
        Case::of(&[
            ("stacks/dev.yaml", stack),
            ("stacks/p.yaml", pattern),
            ("stacks/event.json", "{ \"id\": \"${nonce}\", \"kind\": \"created\" }"),
        ])
        .told()
    );
}
