//! What files may cost that nobody would write.

use std::fmt::Write;

use super::{Case, told};

#[test]
fn whoever_mistypes_much_is_helped_within_a_budget() {
    let (mut text, names, mistyped) = ("vars:\n".to_owned(), 2_000, 300);
    (0..names).for_each(|n| writeln!(text, "  name{n:04}: x").unwrap());
    text.push_str("resources:\n");
    for n in 0..mistyped {
        writeln!(text, "  q{n:03}: {{ kind: queue, name: \"${{var.nama{n:04}}}\" }}").unwrap();
    }
    let told = told(&text);
    assert_eq!(told.lines().count(), 101, "as many as are told, and how many more");
    let helped = told.matches("did you mean").count();
    assert_eq!(helped, crate::spec::expand::MAX_GUESSES / names);
}

/// Each of many that depends on each of many.
#[test]
fn what_depends_on_much_meets_a_limit() {
    let keys: Vec<String> = (0..600).map(|n| format!("k{n}")).collect();
    let mut text = "resources:\n  many:\n    kind: queue\n    for_each: [".to_owned();
    writeln!(text, "{}]", keys.join(", ")).unwrap();
    for n in 0..600 {
        writeln!(text, "  q{n}: {{ kind: queue, depends_on: [many] }}").unwrap();
    }
    limited(&text);
}

#[test]
fn tags_of_many_meet_a_limit() {
    let mut text = "tags:\n".to_owned();
    (0..50).for_each(|n| writeln!(text, "  t{n}: x").unwrap());
    text.push_str("resources:\n");
    (0..9_000).for_each(|n| writeln!(text, "  q{n}: {{ kind: queue }}").unwrap());
    limited(&text);
}

fn limited(text: &str) {
    let told = told(text);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("the stack expands to more than can be handled"), "{told}");
}

#[test]
fn a_pattern_of_a_parameter_cannot_look_around() {
    let told = |pattern: &str| {
        let stack = "stack: dev\nresources: { p: { pattern: ./p.yaml, with: { a: aab } } }\n";
        let parameter = format!("parameters: {{ a: {{ type: string, pattern: '{pattern}' }} }}\n");
        let pattern = format!("{parameter}resources: {{ q: {{ kind: queue }} }}\n");
        Case::of(&[("dev.yaml", stack), ("p.yaml", &pattern)]).told()
    };
    for pattern in ["(?=(a+)+$)b", "(?!b)a", r"(a)\1"] {
        assert!(told(pattern).contains("no look-around and no back-references"), "{pattern}");
    }
    assert!(told("^(a+)+b$").contains("p.q: queue"), "{}", told("^(a+)+b$"));
}
