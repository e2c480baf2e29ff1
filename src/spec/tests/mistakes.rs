//! What people get wrong, and what they are told.

use super::{Case, golden, table, told};

#[test]
fn in_the_file() {
    golden!(table(&[
        ("an unknown key at the top", "resource: {}\nresources: {}"),
        ("no resources", "region: eu-central-1"),
        ("a section of the wrong type", "resources: [a]\ntags: text\nvars: 3\noutputs: []"),
        ("an account that is a number", "account: 012345678901\nresources: {}"),
        ("an account that is too short", "account: \"1234\"\nresources: {}"),
        ("a zone for a region", "region: eu-central-1a\nresources: {}"),
        ("something for a region", "region: Frankfurt\nresources: {}"),
        ("a duplicate key", "resources:\n  a: { kind: queue }\n  a: { kind: topic }"),
        ("bad indentation", "resources:\n  a:\n    kind: queue\n   name: x"),
        ("tags that are no texts", "tags: { Cost: 12, On: true, List: [a] }\nresources: {}"),
        ("tags of others", "tags: { 'aws:x': a, 'ccprov:stack': b }\nresources: {}"),
        ("two documents", "resources: {}\n---\nstack: b"),
    ]));
}

#[test]
fn in_a_skip() {
    let skip =
        |items: &str| format!("resources:\n  a: {{ kind: queue }}\nchecks:\n  skip: {items}");
    let welcome = |items: &str| skip("~").replace("  skip: ~", &format!("  welcome: {items}"));
    golden!(table(&[
        ("an unknown key", "resources: {}\nchecks: { skp: [] }"),
        ("no list", &skip("tls_only")),
        ("no such check", &skip("[{ check: tls_onl, reason: r }]")),
        ("no reason", &skip("[{ check: tls_only }]")),
        ("an empty reason", &skip("[{ check: tls_only, reason: ' ' }]")),
        ("of nothing", &skip("[{ check: tls_only, reason: r, resources: [] }]")),
        (
            "of a resource that is not there",
            &skip("[{ check: tls_only, reason: r, resources: [b] }]")
        ),
        ("well said", &skip("[{ check: tls_only, reason: r, resources: [a] }]")),
        ("nobody is welcome", &welcome("[{ reason: r }]")),
        ("welcome for no reason", &welcome("[{ who: somebody }]")),
        ("welcome at what is not there", &welcome("[{ who: '*', reason: r, resources: [b] }]")),
        ("welcome", &welcome("[{ who: 'arn:${partition}:*', reason: r, resources: [a] }]")),
    ]));
}

#[test]
fn in_a_lock() {
    let lock = |lock: &str| format!("resources:\n  a: {{ kind: queue }}\nlock: {lock}");
    golden!(table(&[
        ("no map", &lock("ops-locks")),
        ("an unknown key", &lock("{ bucket: ops-locks, kye: a }")),
        ("no bucket", &lock("{ key: a }")),
        ("no name of a bucket", &lock("{ bucket: Ops_Locks }")),
        ("no text", &lock("{ bucket: 123 }")),
        ("no key for a lease", &lock("{ bucket: ops-locks, key: /a* }")),
        ("a reference to a resource", &lock("{ bucket: '${a.arn}' }")),
        (
            "a reference to what others have",
            &lock(
                "{ bucket: '${existing.b.bucket}' }\nexisting: { b: { kind: bucket, name: locks } }"
            ),
        ),
        ("no account", &lock("{ bucket: ops-locks, account: \"123\" }")),
        ("an account that is a number", &lock("{ bucket: ops-locks, account: 123456789012 }")),
        ("none", &lock("~")),
        ("well said", &lock("{ bucket: 'locks-${account}' }")),
        ("with a key", &lock("{ bucket: ops-locks, key: 'teams/${stack}/${region}' }")),
    ]));
}

#[test]
fn in_a_role() {
    let arn = "arn:aws:iam::123456789012:role/teams/deployer";
    let role = |role: &str| {
        format!(
            "vars: {{ id: claims-prod, none: {{ type: string, nullable: true }} }}\nrole: {role}\nresources: {{}}"
        )
    };
    golden!(table(&[
        ("its ARN", &role(arn)),
        (
            "with what its trust policy wants to hear",
            &role(&format!("{{ arn: '{arn}', external_id: 'x-${{var.id}}' }}"))
        ),
        (
            "with an external id that is none",
            &role(&format!("{{ arn: '{arn}', external_id: '${{var.none}}' }}"))
        ),
        ("none", &role("'${var.none}'")),
        ("no ARN", &role("deployer")),
        ("no ARN of a role", &role("arn:aws:iam::123456789012:user/deployer")),
        ("no `arn`", &role("{ external_id: x1 }")),
        ("an external id of one letter", &role(&format!("{{ arn: '{arn}', external_id: x }}"))),
        ("an external id with blanks", &role(&format!("{{ arn: '{arn}', external_id: a b }}"))),
        ("an unknown key", &role(&format!("{{ arn: '{arn}', session_name: ci }}"))),
        ("a reference to what others have", &role("'${existing.r.arn}'")),
        ("in another account than the stack", &format!("account: '210987654321'\n{}", role(arn))),
    ]));
}

#[test]
fn in_an_entry() {
    golden!(table(&[
        ("a name with capitals", "resources:\n  Audit: { kind: queue }"),
        ("a name with nothing between its dots", "resources:\n  a..b: { kind: queue }"),
        ("a reserved name", "resources:\n  var: { kind: queue }"),
        ("not a map", "resources:\n  audit: queue"),
        ("neither kind nor pattern", "resources:\n  audit: { knd: queue }"),
        ("both", "resources:\n  audit: { kind: queue, pattern: ./x.yaml }"),
        ("an unknown kind", "resources:\n  audit: { kind: qeue }"),
        ("a kind that is no text", "resources:\n  audit: { kind: 3 }"),
        ("an unknown pattern", "resources:\n  audit: { pattern: claim_chek }"),
        ("a pattern's file is missing", "resources:\n  audit: { pattern: ./nothing.yaml }"),
        ("a pattern by an absolute path", "resources:\n  audit: { pattern: /etc/passwd.yaml }"),
        (
            "an unknown key of lifecycle",
            "resources:\n  a: { kind: queue, lifecycle: { prevent_destory: true } }",
        ),
        (
            "lifecycle of the wrong types",
            "resources:\n  a:\n    kind: queue\n    lifecycle: { adopt: yes, ignore_changes: tags }",
        ),
        (
            "patience that is no length of time, or of nothing",
            "resources:\n  a:\n    kind: queue\n    lifecycle: { patience: { create: soon, update: 2d, delete: 0s, read: 1m } }",
        ),
        (
            "an ignored field that is none",
            "resources:\n  a:\n    kind: queue\n    lifecycle: { ignore_changes: [tag, tags.X] }",
        ),
        (
            "ignored fields within others that are none",
            "resources:\n  a:\n    kind: queue\n    lifecycle:\n      ignore_changes:\n        - redrive.max_receives\n        - tags.kubernetes.io/cluster/x\n        - tags[kubernetes.io/cluster/x]\n        - name.x\n        - policy.Statement.A.Condition\n        - sources.*\n        - tags..x\n        - tags[x\n        - '*'\n",
        ),
        (
            "dependencies that are none",
            "resources:\n  a: { kind: queue, depends_on: [b, a.x, 'a b', 3] }",
        ),
        ("a for_each over nothing of the kind", "resources:\n  a: { kind: queue, for_each: 3 }"),
        (
            "a for_each over a list of maps",
            "resources:\n  a: { kind: queue, for_each: [{ x: 1 }] }",
        ),
        ("a key that is no address", "resources:\n  a: { kind: queue, for_each: ['x y'] }"),
    ]));
}

#[test]
fn in_a_field() {
    golden!(table(&[
        ("an unknown field", "resources:\n  a: { kind: queue, delay_second: 5 }"),
        ("text for a number", "resources:\n  a: { kind: queue, delay_seconds: \"30\" }"),
        ("text for a boolean", "resources:\n  a: { kind: queue, fifo_queue: yes }"),
        ("a number for text", "resources:\n  a: { kind: queue, name: 0815 }"),
        ("a list for text", "resources:\n  a: { kind: queue, name: [x] }"),
        ("too large", "resources:\n  a: { kind: queue, delay_seconds: 901 }"),
        ("not whole", "resources:\n  a: { kind: queue, delay_seconds: 1.5 }"),
        ("not among the options", "resources:\n  a: { kind: queue, mode: fasst }"),
        ("not among the constants", "resources:\n  a: { kind: queue, level: hihg }"),
        ("too long", &format!("resources:\n  a: {{ kind: queue, name: {} }}", "x".repeat(81))),
        ("repeated", "resources:\n  a: { kind: queue, sources: [x, x] }"),
        ("an item of the wrong type", "resources:\n  a:\n    kind: queue\n    sources: [x, 5]"),
        ("not of the form", "resources:\n  a: { kind: bucket, name: Big_Bucket }"),
        ("no alternative", "resources:\n  a: { kind: queue, policy: 5 }"),
        (
            "deep inside of an alternative",
            "resources:\n  a:\n    kind: queue\n    redrive:\n      max_receive_count: 0\n      dead: x",
        ),
        ("missing fields", "resources:\n  a: { kind: subscription, topic: x }"),
        ("null is missing", "resources:\n  a: { kind: subscription, topic: x, endpoint: ~ }"),
        ("a kind's own complaint", "resources:\n  a: { kind: queue, name: a--b }"),
        (
            "a complaint without a field",
            "resources:\n  a-: { kind: queue }\n  a--b: { kind: queue }"
        ),
        ("a deprecated field", "resources:\n  a: { kind: queue, size: 3 }"),
        ("reserved tags", "resources:\n  a: { kind: queue, tags: { 'AWS:x': y } }"),
        (
            "the same object twice",
            "resources:\n  a: { kind: queue, name: x }\n  b: { kind: queue, name: x }\n  c: { kind: topic, name: x }",
        ),
    ]));
}

#[test]
fn in_a_reference() {
    let queue = |text: &str| {
        format!(
            "vars: {{ timeout: 5 }}\nresources:\n  dlq: {{ kind: queue }}\n  a: {{ kind: queue, name: \"{text}\" }}"
        )
    };
    let texts = [
        "${dql.arn}",
        "${dlq.am}",
        "${dlq}",
        "${dlq.arn.x}",
        "${var.timeot}",
        "${timeout}",
        "${var}",
        "${env.MISSING}",
        "${param.x}",
        "${value.x}",
        "${each.key}",
        "${dlq.arn",
        "${dlq.arn | upper}",
        "${}",
        "x-${var.timeout.y}",
        "${regoin}",
    ];
    let texts = texts.map(|text| (text, queue(text)));
    let cases: Vec<(&str, &str)> = texts.iter().map(|(t, case)| (*t, case.as_str())).collect();
    golden!(table(&cases));
}

#[test]
fn among_names_and_edges() {
    golden!(table(&[
        (
            "a name that AWS chooses",
            "resources:\n  k: { kind: key }\n  q: { kind: queue, name: \"q-${k.arn}\" }",
        ),
        (
            "names that wait for each other",
            "resources:\n  a: { kind: queue, name: \"${b.url}\" }\n  b: { kind: queue, name: \"${a.url}\" }",
        ),
        (
            "a circle of dead letter queues",
            "resources:\n  a: { kind: queue, redrive: { dead_letter_queue: \"${b.arn}\" } }\n  b: { kind: queue, redrive: { dead_letter_queue: \"${c.arn}\" } }\n  c: { kind: queue, depends_on: [a] }\n  d: { kind: queue, depends_on: [a] }",
        ),
        ("after itself", "resources:\n  a: { kind: queue, depends_on: [a] }"),
        ("its own fact", "resources:\n  a: { kind: key, policy: \"${a.arn}\" }"),
        (
            "a fact for a number",
            "resources:\n  a: { kind: queue, delay_seconds: \"${b.arn}\" }\n  b: { kind: key }"
        ),
        (
            "a variable that needs itself",
            "vars: { a: \"${var.b}\", b: \"${var.a}\" }\nresources: {}",
        ),
        (
            "a list within a text",
            "vars: { a: [1], b: { type: string, nullable: true } }\nresources:\n  a: { kind: queue, name: \"x${var.a}${var.b}\" }",
        ),
        (
            "echoes are not told",
            "resources:\n  a: { kind: queue, delay_seconds: x }\n  b: { kind: queue, name: \"${a.url}\", key: \"${c.arn}\" }\n  c: { kind: kie }",
        ),
    ]));
}

#[test]
fn all_at_once() {
    golden!(told(
        "
regoin: eu-central-1
resources:
  a: { kind: queue, delay: 5, fifo_queue: maybe }
  b: { kind: quue }
  c: { kind: topic, key: \"${d.arn}\" }
outputs: { x: \"${a.urn}\" }
"
    ));
}

#[test]
fn variables_from_outside() {
    let files = [(
        "dev.yaml",
        "stack: dev\nvars: { count: 3, on: true, list: [a], name: x }\nresources: {}",
    )];
    let vars = [
        ("count", "many"),
        ("on", "yes"),
        ("list", "{ a: 1 }"),
        ("nmae", "y"),
        ("name", "a\u{1}b"),
    ];
    golden!(Case { vars: &vars, ..Case::of(&files) }.told());
}

#[test]
fn a_stack_without_a_name() {
    golden!(
        [
            "resources: {}\nregion: nowhere",
            "stack: Dev\nresources: {}",
            "",
            "- a",
            "stack: \"${stack}\"",
            "stack: [a"
        ]
        .map(|text| Case::of(&[("dev.yaml", text)]).told())
        .join("")
    );
}

#[test]
fn a_region_that_may_be_new_or_mistyped() {
    golden!(
        ["us-est-1", "mars-north-1", "eu-central-1", "eu-central-1a", "frankfurt"]
            .map(|region| told(&format!("region: {region}\nresources: {{}}")))
            .join("")
    );
}
