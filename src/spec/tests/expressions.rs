//! Expressions: what one comes to in a stack, of which the rest may be broken.

use super::Case;

const STACK: &str = "stack: dev
vars: { delay: 5 }
resources:
  good: { kind: queue, delay_seconds: \"${var.delay}\" }
  slow: { kind: queue, delay_seconds: 901 }
  dashed: { kind: queue, name: a--b }
  lost: { kind: queue, key: \"${nobody.arn}\" }
  key: { kind: key }
outputs: { all: \"${slow.url}\" }
";

fn check(stack: &str, expression: &str, expected: &str) {
    let files = [("stack.yaml", stack)];
    let told = Case::of(&files).evaluated(expression);
    // What it comes to, and how much is wrong beside; or what is wrong first.
    let (first, others) = told.split_once('\n').unwrap();
    let told = match first.split_once(".yaml:") {
        Some((_, problem)) => problem.split_once(": ").unwrap().1.to_owned(),
        None if first.starts_with('"') => format!("{first}, {} wrong", others.lines().count()),
        None => first.split_once(": ").unwrap().1.to_owned(),
    };
    assert!(told.starts_with(expected), "{expression}: {told}");
}

#[test]
fn what_needs_nothing_broken_is_worked_out() {
    let arn = "arn:aws:sqs:eu-central-1:123456789012";
    check(STACK, "in ${region}: ${var.delay}", "\"in eu-central-1: 5\", 3 wrong");
    check(STACK, "${good.arn}", &format!("\"{arn}:dev-good\", 3 wrong"));
    // What AWS chooses is not known, and nothing is wrong with whom it is of.
    check(STACK, "${key.arn}", "\"");
    let sound = "stack: dev\nresources: { good: { kind: queue } }\n";
    check(sound, "${good.arn}", &format!("\"{arn}:dev-good\", 0 wrong"));
}

#[test]
fn what_needs_something_broken_is_told_why() {
    check(STACK, "${slow.arn}", "`delay_seconds`");
    check(STACK, "${good.arn} ${slow.url}", "`delay_seconds`");
    check(STACK, "${dashed.arn}", "`delay_seconds`");
    check(STACK, "${lost.arn}", "`delay_seconds`");
    // What is wrong with the expression itself is all that is told.
    check(STACK, "${none.arn}", "`${none.arn}` refers to nothing");
}

#[test]
fn what_a_file_gives_takes_the_form_of_the_default() {
    let check = |default: &str, given: &str, expected: &str| {
        let stack = format!("stack: dev\nvars: {{ it: {default} }}\nresources: {{}}\n");
        let file = format!("it: {given}\n");
        let files = [("stack.yaml", &*stack), ("vars/stack.yaml", &*file)];
        let told = Case::of(&files).evaluated("${var.it}");
        assert_eq!(told.lines().next(), Some(expected), "{default} {given}");
    };
    check("a", "b", "\"b\"");
    check("a", "5", "\"5\"");
    check("5", "6", "6");
    check("5", "~", "5");
    // A reference may come to anything, and so may what is given instead.
    check("\"${region}\"", "[a, b]", "[\"a\",\"b\"]");
}
