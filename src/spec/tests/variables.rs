//! Variables: declared, given from outside, and what is told where they are not
//! as declared.

use std::fmt::Write as _;

use super::{Case, golden, table};

const DEV: &str = "stacks/dev.yaml";

/// Runs of one stack file with different values from outside.
fn runs(stack: &str, runs: &[(&str, Case<'_>)]) -> String {
    let mut told = format!("{stack}\n");
    for (title, case) in runs {
        let mut files = vec![(DEV, stack)];
        files.extend(case.files);
        writeln!(told, "## {title}\n{}", Case { files: &files, ..*case }.told()).unwrap();
    }
    told
}

const TYPED: &str = "stack: \"app-${var.team}\"
vars:
  team: { type: text, description: who answers at night, pattern: '^[a-z]+$' }
  size: { type: integer, default: 5, minimum: 1, maximum: 900 }
  account: { type: text, nullable: true }
  fifo: { type: boolean, default: false }
  ratio: { type: number, nullable: true }
resources:
  q: { kind: queue, delay_seconds: \"${var.size}\", key: \"${var.account}\", fifo_queue: \"${var.fifo}\" }
outputs: { team: \"${var.team}\", account: \"${var.account}\", ratio: \"${var.ratio}\" }";

#[test]
fn take_the_types_that_are_declared() {
    let case = |vars| Case { vars, ..Case::of(&[]) };
    golden!(runs(
        TYPED,
        &[
            ("nothing given", case(&[])),
            ("what must be given", case(&[("team", "red")])),
            (
                "all of it, and digits that stay a text",
                case(&[
                    ("team", "red"),
                    ("account", "012345678901"),
                    ("size", "900"),
                    ("fifo", "true"),
                    ("ratio", "0.5")
                ])
            ),
            (
                "nothing of it as declared",
                case(&[("team", "Red"), ("size", "many"), ("fifo", "yes"), ("ratio", "[1]")])
            ),
            ("beyond the bounds", case(&[("team", "red"), ("size", "901")])),
            ("no YAML", case(&[("team", "red"), ("size", "{")])),
            ("no name of a variable", case(&[("team", "red"), ("siz", "9")])),
            (
                "of the environment, and so noted alone",
                Case { ambient: &[("team", "red"), ("siz", "9"), ("size", "x")], ..Case::of(&[]) }
            ),
        ]
    ));
}

#[test]
fn come_from_files() {
    const BESIDE: (&str, &str) = ("stacks/vars/dev.yaml", "team: beside\nsize: 2\n");
    const MORE: (&str, &str) = ("elsewhere/more.yaml", "size: 3\naccount: 012345678901\n");
    const LAST: (&str, &str) = ("elsewhere/last.yaml", "size: 4\nratio: ~\n");
    const WRONG: (&str, &str) =
        ("stacks/vars/dev.yaml", "team: [a]\nsize: 901\nfifi: true\nratio: { type: number }\n");
    golden!(runs(
        TYPED,
        &[
            (
                "the file beside the stack, over the environment",
                Case { ambient: &[("team", "env")], ..Case::of(&[BESIDE]) }
            ),
            (
                "files of the command line over it, the last over the first",
                Case {
                    var_files: &["elsewhere/more.yaml", "elsewhere/last.yaml"],
                    ..Case::of(&[BESIDE, MORE, LAST])
                }
            ),
            (
                "--var over all",
                Case {
                    vars: &[("size", "9"), ("team", "line")],
                    var_files: &["elsewhere/more.yaml"],
                    ..Case::of(&[BESIDE, MORE])
                }
            ),
            ("wrong values, each at its place", Case::of(&[WRONG])),
            ("an empty file", Case::of(&[("stacks/vars/dev.yaml", "")])),
            ("a list", Case::of(&[("stacks/vars/dev.yaml", "[team]")])),
            (
                "no YAML, whose line may be secret",
                Case::of(&[("stacks/vars/dev.yaml", "a: 'hunter2")])
            ),
            (
                "the form of a stack file",
                Case::of(&[("stacks/vars/dev.yaml", "vars: { team: a }")])
            ),
            ("a file that is not there", Case { var_files: &["no.yaml"], ..Case::of(&[BESIDE]) }),
            (
                "a file that is no YAML by its name",
                Case { var_files: &[".env"], ..Case::of(&[BESIDE, (".env", "PASSWORD=hunter2")]) }
            ),
        ]
    ));
}

#[test]
fn that_have_no_value_are_told_together() {
    golden!(table(&[
        (
            "with whatever else is wrong",
            "region: \"${var.where}\"\nvars: { team: ~, where: { type: text }, size: { type: integer } }\n\
             tags: { Team: \"${var.team}\" }\nresources:\n  q: { kind: queue, delay_seconds: \
             \"${var.size}\", nmae: x }\n  r: { kind: queue, name: \"r-${var.team}\", dely: 3 }\n  \
             s: { kind: quee, key: \"${q.arn}\" }",
        ),
        (
            "a default that comes to nothing",
            "vars: { none: { type: text, nullable: true }, team: { type: text, default: \
             \"${var.none}\" } }\nresources: {}",
        ),
    ]));
}

#[test]
fn are_declared_wrongly() {
    let vars = |vars: &str| format!("vars: {{ x: {vars} }}\nresources: {{}}");
    let cases = [
        ("no type", "{ description: a size, default: 5 }"),
        ("an unknown type", "{ type: strnig }"),
        ("a map that was meant as the value", "{ type: fifo, size: 5 }"),
        ("a slip in the one key that counts", "{ tpye: string, default: a }"),
        ("a default of nothing", "{ type: string, default: ~ }"),
        ("required", "{ type: string, required: true }"),
        ("optional", "{ type: string, optional: true }"),
        ("a minimum of a text", "{ type: string, minimum: 3 }"),
        ("a pattern of a number", "{ type: integer, pattern: '^5$' }"),
        ("items of a map", "{ type: map, items: { type: string } }"),
        ("keys and entries", "{ keys: { a: { type: string } }, entries: { type: string } }"),
        ("keys without types", "{ keys: { name: string } }"),
        ("a secret within", "{ keys: { token: { type: string, sensitive: true } } }"),
        ("a default that is not as declared", "{ type: integer, default: five }"),
        ("a default out of bounds", "{ type: integer, default: 0, minimum: 1 }"),
        ("no regular expression", "{ type: string, pattern: '(' }"),
        ("a flag that is none", "{ type: string, nullable: perhaps }"),
        ("a validation of Terraform", "{ type: string, validation: { condition: x } }"),
    ];
    let texts: Vec<(&str, String)> =
        cases.iter().map(|(title, declared)| (*title, vars(declared))).collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(title, text)| (*title, &**text)).collect();
    golden!(table(&texts));
}

#[test]
fn keep_their_declaration_where_a_file_is_laid_over() {
    let base = "vars:
  size: { type: integer, minimum: 1, maximum: 900 }
  sizes: { type: map, entries: { type: integer }, default: { small: 1, large: 2 } }
  team: ~
  gone: { type: string }
resources:
  q: { kind: queue, delay_seconds: \"${var.size}\" }
outputs: { sizes: \"${var.sizes}\", team: \"${var.team}\" }
";
    let dev = |size: &str| {
        format!(
            "stack: dev\nextends: base.yaml\nvars: {{ size: {size}, sizes: {{ small: 3 }}, team: \
             red, gone: ~ }}\n"
        )
    };
    let told = |dev: &str| Case::of(&[(DEV, dev), ("stacks/base.yaml", base)]).told();
    golden!(
        ["30", "901", "{ default: 5 }", "{ minimum: 31, default: 30 }"]
            .map(|size| told(&dev(size)))
            .join("\n")
    );
}

const SHAPED: &str = "vars:
  consumers:
    type: map
    default: { audit: ~ }
    entries:
      keys:
        name: { type: text, default: plain }
        fifo: { type: boolean, default: false }
        key: { type: text, nullable: true }
  sizes: { type: list, items: { type: integer, maximum: 9 }, default: [] }
";

#[test]
fn have_a_shape() {
    let stack = |more: &str| {
        format!(
            "{SHAPED}resources:\n  q:\n    for_each: \"${{var.consumers}}\"\n    kind: queue\n    \
             delay_seconds: 5\n    fifo_queue: \"${{each.value.fifo}}\"\n    key: \
             \"${{each.value.key}}\"\n    name: \"n-${{each.value.name}}\"\n{more}"
        )
    };
    let whole = stack("");
    let case = |vars| Case { vars, ..Case::of(&[]) };
    golden!(runs(
        &format!("stack: dev\n{whole}"),
        &[
            ("defaults are filled in", case(&[])),
            (
                "some are stated",
                case(&[("consumers", "{ a: { fifo: true }, b: { name: 012, key: k } }")])
            ),
            ("a slip", case(&[("consumers", "{ a: { fifi: true }, b: { name: [x] } }")])),
            ("no map", case(&[("consumers", "[a]"), ("sizes", "[1, 10, x]")])),
        ]
    ));
}

#[test]
fn that_are_empty_are_repeated_over_all_the_same() {
    let over = |declared: &str, fields: &str| {
        format!(
            "vars: {{ all: {{ {declared} }} }}\nresources:\n  q: {{ for_each: \"${{var.all}}\", kind: \
             queue, {fields} }}"
        )
    };
    let keys =
        "entries: { keys: { fifo: { type: boolean }, deep: { keys: { a: { type: text } } } } }";
    let fields = "fifo_queue: '${each.value.fifi}', key: '${each.value.deep.b}', name: \
                  'x-${each.value.fifo}', policy: { for_each: [a], item: '${each.value.c}' }";
    golden!(table(&[
        ("an empty map", &over(&format!("{keys}, default: {{}}"), fields)),
        ("what nobody gave", &over(keys, fields)),
        ("items", &over("default: [], items: { keys: { a: { type: text } } }", fields)),
        ("of no shape", &over("type: map, default: {}", fields)),
    ]));
}
