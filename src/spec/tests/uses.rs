//! Stacks that use the outputs of others.

use super::{Case, MadeUp, golden};
use crate::model::Address;

const PLATFORM: &str = "stack: platform
region: eu-west-1
vars: { stage: { type: string, default: dev } }
resources:
  topic: { kind: topic, name: \"events-${var.stage}\" }
  key: { kind: key }
  orders: { kind: queue }
outputs:
  topic_arn: ${topic.arn}
  key_arn: ${key.arn}
  stage: ${var.stage}
  retries: 3
  queues: { orders: \"${orders.arn}\", both: [\"${orders.arn}\", \"${topic.arn}\"] }
";

/// What comes of a stack that uses the platform.
fn told(app: &str) -> String {
    let by_parameter = "parameters: { topic: { type: string } }
resources: { q: { kind: queue, sources: [\"${param.topic}\"] } }";
    let by_itself = "resources: { q: { kind: queue, sources: [\"${platform.topic_arn}\"] } }";
    let patterns = [("stacks/p.yaml", by_parameter), ("stacks/q.yaml", by_itself)];
    with(app, &[&[("platform/prod.yaml", PLATFORM)], patterns.as_slice()].concat())
}

fn with(app: &str, others: &[(&str, &str)]) -> String {
    let app = format!("stack: app\n{app}");
    let mut files = vec![("stacks/app.yaml", app.as_str())];
    files.extend(others);
    Case::of(&files).told()
}

fn table(cases: &[(&str, &str)]) -> String {
    let told = |(title, text): &(&str, &str)| format!("## {title}\n{text}\n\n{}\n", told(text));
    cases.iter().map(told).collect()
}

#[test]
fn are_told_what_others_promise() {
    golden!(table(&[
        (
            "what is predicted, in the place of the other",
            "uses: { platform: ../platform/prod.yaml }
resources:
  sub: { kind: subscription, topic: \"${platform.topic_arn}\", endpoint: \"${platform.queues.orders}\" }
  q: { kind: queue, sources: \"${platform.queues.both}\", delay_seconds: \"${platform.retries}\" }",
        ),
        (
            "what AWS chooses",
            "uses: { platform: ../platform/prod.yaml }
resources: { t: { kind: topic, key: \"${platform.key_arn}\" } }
outputs: { key: \"${platform.key_arn}\", both: \"${platform.key_arn} ${t.arn}\" }",
        ),
        (
            "with variables of the other",
            "uses: { platform: { file: ../platform/prod.yaml, vars: { stage: \"${var.stage}\" } } }
vars: { stage: prod }
resources: { q: { kind: queue, name: \"q-${platform.stage}\", sources: [\"${platform.topic_arn}\"] } }",
        ),
        (
            "where a name must be known",
            "uses: { platform: ../platform/prod.yaml }
values: { delays: { dev: 5 } }
resources:
  all: { kind: queue, for_each: \"${platform.queues}\", name: \"a-${each.key}\" }
  one: { kind: queue, for_each: [\"${platform.stage}\"], delay_seconds: \"${value.delays.${platform.stage}}\" }
  on: { when: \"${platform.stage}\", kind: queue }",
        ),
        (
            "in a pattern, by a parameter",
            "uses: { platform: ../platform/prod.yaml }
resources: { p: { pattern: ./p.yaml, with: { topic: \"${platform.topic_arn}\" } } }",
        ),
        ("unused", "uses: { platform: ../platform/prod.yaml }\nresources: {}"),
    ]));
}

#[test]
fn are_told_what_is_wrong() {
    golden!(table(&[
        ("no map", "uses: [a]\nresources: {}"),
        ("no file", "uses: { platform: ../platform/pord.yaml }\nresources: {}"),
        ("a list", "uses: { platform: [a] }\nresources: {}"),
        ("no `file`", "uses: { platform: { vars: {} } }\nresources: {}"),
        ("an unknown key", "uses: { p: { file: ../platform/prod.yaml, var: {} } }\nresources: {}"),
        (
            "an unknown variable",
            "uses: { p: { file: ../platform/prod.yaml, vars: { satge: a } } }\nresources: {}",
        ),
        (
            "a reference to a resource",
            "uses: { p: { file: ../platform/prod.yaml, vars: { stage: \"${q.arn}\" } } }\nresources: { q: { kind: queue } }",
        ),
        ("a reserved name", "uses: { var: ../platform/prod.yaml }\nresources: {}"),
        ("no name", "uses: { Platform: ../platform/prod.yaml }\nresources: {}"),
        (
            "the name of a resource",
            "uses: { platform: ../platform/prod.yaml }\nresources: { platform: { kind: queue } }",
        ),
        ("an absolute path", "uses: { platform: /etc/prod.yaml }\nresources: {}"),
        (
            "unknown outputs",
            "uses: { platform: ../platform/prod.yaml }
resources:
  a: { kind: queue, name: \"${platform.topic_anr}\" }
  b: { kind: queue, name: \"${platform.other}\" }
  c: { kind: queue, name: \"${platform.topic.arn}\" }
  d: { kind: queue, name: \"${platform}\" }
  e: { kind: queue, name: \"${platform.queues.ordres}\" }
  f: { kind: queue, name: \"${platfrom.stage}\" }
  g: { kind: queue, depends_on: [platform] }
  h: { kind: queue, delay_seconds: \"${platform.stage}\" }",
        ),
        (
            "in a pattern",
            "uses: { platform: ../platform/prod.yaml }\nresources: { p: { pattern: ./q.yaml } }",
        ),
        (
            "a name that AWS chooses",
            "uses: { platform: ../platform/prod.yaml }
resources: { a: { kind: queue, for_each: [\"${platform.key_arn}\"] } }",
        ),
        (
            "a lease in a bucket of another",
            "uses: { platform: ../platform/prod.yaml }\nresources: {}\nlock: { bucket: \"${platform.stage}\" }",
        ),
    ]));
}

#[test]
fn find_others_in_the_account_of_their_role() {
    let app = "uses: { platform: ../platform/prod.yaml }
resources: { q: { kind: queue, sources: [\"${platform.topic_arn}\"] } }";
    let role = "role: arn:aws:iam::210987654321:role/deployer\n";
    golden!(with(app, &[("platform/prod.yaml", &format!("{role}{PLATFORM}"))]));
}

#[test]
fn show_what_is_wrong_with_others_where_it_stands() {
    let app = "uses: { platform: ../platform/prod.yaml }
resources: { q: { kind: queue, name: \"${platform.a}\" } }";
    let other = |text: &str| with(app, &[("platform/prod.yaml", text)]);
    golden!(
        [
            other("stack: platform\nresources: { q: { kind: quue } }\noutputs: { a: b }"),
            other("stack: platform\nresources: {}\noutputs: { a: \"${q.arn}\" }"),
            other("stack: platform\nvars: { a: { type: string } }\nresources: {}"),
            other("resources: {}"),
            other("stack: app\nresources: {}\noutputs: { a: b }"),
            other("- a"),
        ]
        .join("\n")
    );
}

#[test]
fn use_each_other_in_rows_and_never_in_circles() {
    let app = "uses: { b: ../b.yaml }\nresources: { q: { kind: queue, name: \"${b.x}\" } }";
    let b = "stack: b\nuses: { c: ./c.yaml }\nresources: { t: { kind: topic } }
outputs: { x: \"${c.y}\", t: \"${t.arn}\" }";
    let c = "stack: c\nresources: { k: { kind: key } }\noutputs: { y: \"${k.alias_arn}\" }";
    let back = "stack: c\nuses: { app: stacks/app.yaml }\nresources: {}\noutputs: { y: a }";
    let itself = "stack: b\nuses: { b: b.yaml }\nresources: {}\noutputs: { x: a }";
    let row: Vec<(String, String)> = (1..=10)
        .map(|n| {
            let text = format!("stack: s{n}\nuses: {{ a: s{}.yaml }}\nresources: {{}}", n + 1);
            (format!("s{n}.yaml"), text)
        })
        .collect();
    let row: Vec<(&str, &str)> =
        row.iter().map(|(name, it)| (name.as_str(), it.as_str())).collect();
    golden!(
        [
            with(app, &[("b.yaml", b), ("c.yaml", c)]),
            with(app, &[("b.yaml", b), ("c.yaml", back)]),
            with(app, &[("b.yaml", itself)]),
            with("uses: { a: ../s1.yaml }\nresources: {}", &row),
        ]
        .join("\n")
    );
}

#[test]
fn take_what_was_learned_over_what_is_predicted() {
    let app = "stack: app\nuses: { platform: ../platform/prod.yaml }
resources: { q: { kind: queue, name: \"${platform.key_arn}\", sources: [\"${platform.topic_arn}\"] } }";
    let files = [("stacks/app.yaml", app), ("platform/prod.yaml", PLATFORM)];
    let facts: &[_] = &[("platform", "key_arn", "key-1"), ("platform", "topic_arn", "topic-1")];
    golden!(Case { facts, ..Case::of(&files) }.told());
}

#[test]
fn hear_of_the_environment_and_of_no_command_line() {
    let app = "stack: app\nuses: { platform: ../platform/prod.yaml }\nvars: { stage: mine }
resources: { q: { kind: queue, name: \"${platform.stage}-${var.stage}\" } }";
    let files = [
        ("stacks/app.yaml", app),
        ("platform/prod.yaml", PLATFORM),
        ("platform/vars/prod.yaml", "stage: beside"),
    ];
    let (vars, ambient): (&[_], &[_]) = (&[("stage", "line")], &[("stage", "around")]);
    golden!(
        [
            Case { vars, ..Case::of(&files) }.told(),
            Case { ambient, ..Case::of(&files[..2]) }.told(),
        ]
        .join("\n")
    );
    assert!(Case::of(&files).evaluated("${platform.topic_arn}").contains("events-beside"));
    assert!(Case::of(&files).evaluated("${platform.key_arn}").contains("platform"));
}

/// The networks that others own, one within the other.
const NETS: &str = "existing:
  around: { kind: net, tags: { Name: main } }
  within: { kind: net, around: \"${existing.around.id}\" }
";

#[test]
fn wait_for_others_until_these_have_told() {
    let nets = NETS.replace("main", "\"${platform.key_arn}\"");
    let app = format!(
        "stack: app\nuses: {{ platform: ../platform/prod.yaml }}\n{nets}resources:
  q: {{ kind: queue, name: \"q-${{platform.key_arn}}\" }}
  r: {{ kind: queue, name: \"r-${{q.arn}}\" }}
  s: {{ kind: queue, name: \"s-${{existing.within.id}}\" }}
  t: {{ kind: queue, name: \"t-${{platform.topic_arn}}\" }}"
    );
    let files = [("stacks/app.yaml", app.as_str()), ("platform/prod.yaml", PLATFORM)];
    let waiting = |facts: &[(&str, &str, &str)], yet_to_tell: &[&str]| {
        let case = Case { facts, ..Case::of(&files) };
        let yet_to_tell = yet_to_tell.iter().map(|it| (*it).to_owned()).collect();
        case.on_disk(|root| {
            let checked = case.checked(root).expect("a sound stack");
            let problems = checked.waiting(&yet_to_tell, &MadeUp::new());
            problems.into_iter().map(|problem| problem.summary + "\n").collect()
        })
    };
    assert_eq!(waiting(&[], &["platform"]), "");
    let name = |of: &str| format!("the name of `{of}` is not known in advance\n");
    let around = "`existing.around` waits for ${platform.key_arn}\n";
    assert_eq!(waiting(&[], &[]), [around, &name("q"), &name("r")].concat());
    // What was looked up and has no such fact is waited for by nobody.
    let told = ("platform", "key_arn", "key");
    let around = ("existing.around", "id", "net-1");
    assert_eq!(waiting(&[told, around], &[]), name("s"));
    assert_eq!(waiting(&[told, around, ("existing.within", "id", "net-2")], &[]), "");
}

#[test]
fn find_out_of_what_an_output_speaks() {
    let text = format!(
        "stack: dev\n{NETS}resources:
  q: {{ kind: queue, name: \"q-${{existing.within.id}}\" }}
  k: {{ kind: key }}
outputs: {{ q: \"${{q.arn}}\", net: \"${{existing.around.id}}\", key: \"${{k.arn}}\" }}"
    );
    let spoken_of = |output: &str| {
        let files = [("stacks/dev.yaml", text.as_str())];
        let case = Case::of(&files);
        case.on_disk(|root| {
            let checked = case.checked(root).expect("a sound stack");
            let spoken = checked.spoken_of(&[output.to_owned()].into());
            let names = spoken.resources.iter().chain(&spoken.others.existing);
            names.map(Address::as_str).collect::<Vec<&str>>().join(", ")
        })
    };
    // A queue is found by its name, and that by both networks.
    assert_eq!(spoken_of("q"), "q, existing.around, existing.within");
    assert_eq!(spoken_of("net"), "existing.around");
    assert_eq!(spoken_of("key"), "k");
}
