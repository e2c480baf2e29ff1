//! Patterns of AWS's guide, and of those who wrote them otherwise.

use serde_json::{Value, json};

use super::examples::{Wanted, problems};
use super::{EventPattern, Taken};
use crate::model::{Address, FactRef, Path};

fn pattern(value: &Value) -> EventPattern {
    EventPattern::read(value.as_object().unwrap(), &Path::field("event_pattern")).unwrap()
}

/// Whether one field of a pattern takes one value, which may be left out.
#[track_caller]
fn check(asked: &Value, value: Option<Value>, is_taken: bool) {
    let pattern = pattern(&json!({ "detail": { "a": asked } }));
    let event =
        value.map_or_else(|| json!({ "detail": {} }), |it| json!({ "detail": { "a": it } }));
    assert_eq!(pattern.judge(&event) == Taken::Yes, is_taken, "{asked} of {event}");
    assert_ne!(pattern.judge(&event), Taken::Unclear, "{asked} of {event}");
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "cases read as they are written")]
fn takes(asked: Value, values: &[Value]) {
    for value in values {
        check(&asked, Some(value.clone()), true);
    }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "cases read as they are written")]
fn leaves(asked: Value, values: &[Value]) {
    for value in values {
        check(&asked, Some(value.clone()), false);
    }
}

#[test]
fn values_are_of_one_sort() {
    takes(json!(["x", 1, null, true]), &[json!("x"), json!(1), json!(null), json!(true)]);
    leaves(json!(["x", 1, null, true]), &[json!("X"), json!("1"), json!("null"), json!(false)]);
    takes(json!([""]), &[json!("")]);
    leaves(json!([null]), &[json!("")]);
    check(&json!([null]), None, false);
}

#[test]
fn texts_begin_and_end() {
    takes(json!([{ "prefix": "or" }, { "suffix": ".png" }]), &[json!("order"), json!("a.png")]);
    leaves(json!([{ "prefix": "or" }, { "suffix": ".png" }]), &[json!("Order"), json!(5)]);
    takes(json!([{ "prefix": { "equals-ignore-case": "OR" } }]), &[json!("order")]);
    takes(json!([{ "suffix": { "equals-ignore-case": ".PNG" } }]), &[json!("a.png")]);
    takes(json!([{ "equals-ignore-case": "Straße" }]), &[json!("STRASSE".replace("SS", "ß"))]);
    takes(json!([{ "prefix": "" }]), &[json!(""), json!("x")]);
}

#[test]
fn what_is_there_is_a_value() {
    takes(json!([{ "exists": true }]), &[json!(null), json!(0), json!(["x"])]);
    // Neither an object nor an empty list is one.
    leaves(json!([{ "exists": true }]), &[json!({ "b": 1 }), json!([])]);
    takes(json!([{ "exists": false }]), &[json!({ "b": 1 }), json!([])]);
    leaves(json!([{ "exists": false }]), &[json!(null)]);
    check(&json!([{ "exists": true }]), None, false);
    check(&json!([{ "exists": false }]), None, true);
    check(&json!(["x", { "exists": false }]), None, true);
    // What is not there meets nothing else.
    check(&json!([{ "anything-but": "x" }]), None, false);
    let deep = pattern(&json!({ "detail": { "a": { "b": [{ "exists": false }] } } }));
    assert_eq!(deep.judge(&json!({})), Taken::Yes);
}

#[test]
fn anything_but_turns_round() {
    takes(json!([{ "anything-but": "x" }]), &[json!("y"), json!(1), json!(null)]);
    leaves(json!([{ "anything-but": ["x", "y"] }]), &[json!("x"), json!("y")]);
    takes(json!([{ "anything-but": [1, 2] }]), &[json!(3), json!("1")]);
    leaves(json!([{ "anything-but": 1 }]), &[json!(1)]);
    leaves(json!([{ "anything-but": { "prefix": "in" } }]), &[json!("init")]);
    leaves(json!([{ "anything-but": { "suffix": ["a", "b"] } }]), &[json!("xa"), json!("xb")]);
    leaves(
        json!([{ "anything-but": { "equals-ignore-case": ["A", "b"] } }]),
        &[json!("a"), json!("B")],
    );
    leaves(json!([{ "anything-but": { "wildcard": "*/lib/*" } }]), &[json!("/lib/x")]);
    takes(json!([{ "anything-but": { "wildcard": "*/lib/*" } }]), &[json!("/bin/x")]);
    // As patterns stand when they were made canonical.
    leaves(json!([{ "anything-but": [{ "prefix": "in" }] }]), &[json!("init")]);
    // Any value of a list may be another.
    takes(json!([{ "anything-but": "x" }]), &[json!(["x", "y"])]);
    leaves(json!([{ "anything-but": "x" }]), &[json!(["x"]), json!([])]);
}

#[test]
fn numbers_are_compared() {
    let range = json!([{ "numeric": [">", 0, "<=", 5] }]);
    takes(range.clone(), &[json!(1), json!(5), json!(0.5)]);
    leaves(range, &[json!(0), json!(5.1), json!("1"), json!(null)]);
    takes(json!([{ "numeric": ["=", 3.018e2] }]), &[json!(301.8)]);
    takes(json!([{ "numeric": ["<", 10] }]), &[json!(-1)]);
    leaves(json!([{ "numeric": [">=", 10] }]), &[json!(9)]);
    // The guide and the engine part here.
    let pattern = pattern(&json!({ "detail": { "a": [300] } }));
    assert_eq!(pattern.judge(&json!({ "detail": { "a": 300.0 } })), Taken::Unclear);
}

#[test]
fn addresses_are_within_a_block() {
    takes(json!([{ "cidr": "10.0.0.0/24" }]), &[json!("10.0.0.255")]);
    leaves(json!([{ "cidr": "10.0.0.0/24" }]), &[json!("10.0.1.0"), json!("x"), json!("::1")]);
    takes(json!([{ "cidr": "2001:db8::/32" }]), &[json!("2001:db8::1")]);
    takes(json!([{ "cidr": "0.0.0.0/0" }]), &[json!("1.2.3.4")]);
    leaves(json!([{ "cidr": "0.0.0.0/0" }]), &[json!("::1")]);
    takes(json!([{ "cidr": "::/0" }]), &[json!("ff::1")]);
}

#[test]
fn a_star_is_any_text() {
    takes(json!([{ "wildcard": "dir/*.png" }]), &[json!("dir/.png"), json!("dir/a/b.png")]);
    leaves(json!([{ "wildcard": "dir/*.png" }]), &[json!("dir.png"), json!("xdir/a.png")]);
    leaves(json!([{ "wildcard": "a*a" }]), &[json!("a")]);
    takes(json!([{ "wildcard": "a*b*c" }]), &[json!("abc"), json!("axbbxc")]);
    takes(json!([{ "wildcard": "a\\*\\\\" }]), &[json!("a*\\")]);
    leaves(json!([{ "wildcard": "a\\*" }]), &[json!("ab")]);
}

#[test]
fn lists_are_met_by_an_item() {
    takes(json!(["x", "y"]), &[json!(["a", "y"]), json!([["x"]])]);
    leaves(json!(["x"]), &[json!(["a"]), json!([{ "x": 1 }])]);
    // Fields of two items are no event.
    let both = pattern(&json!({ "detail": { "a": { "b": [1], "c": [2] } } }));
    let of = |items: Value| both.judge(&json!({ "detail": { "a": items } }));
    assert_eq!(of(json!([{ "b": 9, "c": 9 }, { "b": 1, "c": 2 }])), Taken::Yes);
    assert_ne!(of(json!([{ "b": 1, "c": 9 }, { "b": 9, "c": 2 }])), Taken::Yes);
}

#[test]
fn a_choice_stands_beside_other_fields() {
    let pattern = pattern(&json!({
        "source": ["shop"],
        "detail": { "$or": [{ "a": [1] }, { "b": [{ "numeric": [">", 5] }], "c": ["x"] }] }
    }));
    let event = |detail: Value| json!({ "source": "shop", "detail": detail });
    assert_eq!(pattern.judge(&event(json!({ "a": 1 }))), Taken::Yes);
    assert_eq!(pattern.judge(&event(json!({ "b": 6, "c": "x" }))), Taken::Yes);
    assert_ne!(pattern.judge(&event(json!({ "b": 6 }))), Taken::Yes);
    assert_ne!(pattern.judge(&json!({ "source": "other", "detail": { "a": 1 } })), Taken::Yes);
}

#[test]
fn what_is_not_known_yet_is_unclear() {
    let marker = FactRef { address: Address::new("key"), fact: "arn".into() }.marker();
    let pending = pattern(&json!({ "detail": { "a": [marker], "b": ["x"] } }));
    assert_eq!(pending.judge(&json!({ "detail": { "a": "1", "b": "x" } })), Taken::Unclear);
    assert_ne!(pending.judge(&json!({ "detail": { "a": "1", "b": "y" } })), Taken::Unclear);
    let within = pattern(&json!({ "detail": { "a": ["x"] } }));
    assert_eq!(within.judge(&json!({ "detail": marker })), Taken::Unclear);
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "cases read as they are written")]
fn refused(pattern: Value, at: &str, told: &str) {
    let read = EventPattern::read(pattern.as_object().unwrap(), &Path::field("event_pattern"));
    let problems = read.expect_err("it is refused");
    let [problem] = problems.as_slice() else { panic!("{problems:#?}") };
    assert_eq!(problem.path.to_string(), at);
    assert!(problem.message.contains(told), "{}", problem.message);
}

#[test]
fn what_eventbridge_refuses_is_told_at_its_place() {
    let source = |asked: Value| json!({ "source": asked });
    let cases = [
        (json!("shop"), "must hold a list"),
        (json!([]), "an empty list"),
        (json!([["shop"]]), "a list within a list"),
        (json!([{ "prefx": "a" }]), "did you mean `prefix`?"),
        (json!([{ "prefix": "a", "suffix": "b" }]), "one operator"),
        (json!([{ "prefix": 5 }]), "`prefix` takes a text"),
        (json!([{ "exists": "true" }]), "true or false"),
        (json!([{ "anything-but": null }]), "texts or numbers"),
        (json!([{ "anything-but": ["a", 1] }]), "texts or numbers"),
        (json!([{ "anything-but": { "numeric": ["<", 1] } }]), "no operator `numeric`"),
        (json!([{ "anything-but": { "prefix": "" } }]), "not empty"),
        (json!([{ "numeric": ["<", 5, ">", 0] }]), "a lower and an upper one"),
        (json!([{ "numeric": [">", 5, "<", 5] }]), "no number"),
        (json!([{ "numeric": ["<", 6e9] }]), "up to 5e9"),
        (json!([{ "numeric": ["!=", 5] }]), "takes a bound"),
        (json!([{ "cidr": "10.0.0.0" }]), "a block"),
        (json!([{ "cidr": "10.0.0.0/33" }]), "a block"),
        (json!([{ "wildcard": "a**" }]), "two `*`"),
        (json!([{ "wildcard": "a\\b" }]), "a backslash"),
        (json!({}), "asks for nothing"),
    ];
    for (asked, told) in cases {
        refused(source(asked), "event_pattern.source", told);
    }
    refused(json!({}), "event_pattern", "asks for nothing");
    refused(json!({ "$or": [{ "source": ["a"] }] }), "event_pattern.$or", "two patterns or more");
    refused(json!({ "$or": [{ "source": ["a"] }, 5] }), "event_pattern.$or", "5 is none");
    refused(json!({ "detail": { "a": { "b": 1 } } }), "event_pattern.detail.a.b", "`b` must hold");
}

#[track_caller]
fn example(event: Value, wanted: Wanted) -> Option<(String, String)> {
    let pattern = pattern(&json!({
        "source": ["shop"], "detail": { "status": [{ "anything-but": "new" }] }
    }));
    let told = problems(&pattern, &Path::field("matches"), &[event], wanted);
    told.into_iter().next().map(|it| (it.path.to_string(), it.message))
}

#[test]
fn examples_are_judged_at_their_place() {
    let told = |at: &str, message: &str| Some((at.to_owned(), message.to_owned()));
    let paid = json!({ "source": "shop", "detail": { "status": "paid" } });
    assert_eq!(example(paid.clone(), Wanted::Taken), None);
    assert_eq!(
        example(paid, Wanted::Left),
        told("matches[0]", "the pattern takes this event, which it is to leave")
    );
    assert_eq!(
        example(json!({ "source": "shop", "detail": { "status": "new" } }), Wanted::Taken),
        told(
            "matches[0].detail.status",
            "the pattern does not take this event: `detail.status` is \"new\", and [{\"anything-but\":\"new\"}] is asked"
        )
    );
    assert_eq!(
        example(json!({ "detail": { "status": "paid" } }), Wanted::Taken),
        told(
            "matches[0].source",
            "the pattern does not take this event: `source` is not there, and [\"shop\"] is asked"
        )
    );
    assert_eq!(example(json!({ "source": "other" }), Wanted::Left), None);
    assert_eq!(
        example(json!({ "detail_type": "paid" }), Wanted::Left),
        told("matches[0].detail_type", "no event has a field `detail_type` at its top")
    );
}

#[test]
fn patterns_exclude_each_other() {
    let check = |one: Value, other: Value, field: Option<&str>| {
        let (one, other) = (pattern(&one), pattern(&other));
        assert_eq!(one.excludes(&other).as_deref(), field, "{one:?} {other:?}");
        assert_eq!(other.excludes(&one).as_deref(), field, "{one:?} {other:?}");
    };
    let source = |asked: Value| json!({ "source": asked });
    check(source(json!(["a", "b"])), source(json!(["b"])), None);
    check(source(json!(["a"])), source(json!(["b"])), Some("source"));
    check(source(json!(["a"])), json!({ "detail-type": ["b"] }), None);
    check(source(json!([{ "prefix": "a" }])), source(json!(["b", "ab"])), None);
    check(source(json!([{ "prefix": "a" }])), source(json!([{ "prefix": "b" }])), Some("source"));
    check(source(json!([{ "prefix": "a" }])), source(json!([{ "prefix": "ab" }])), None);
    check(source(json!(["a"])), source(json!([{ "anything-but": "a" }])), Some("source"));
    check(source(json!([{ "exists": false }])), source(json!(["a"])), Some("source"));
    check(json!({ "resources": ["a"] }), json!({ "resources": ["b"] }), None);
    let total = |asked: Value| json!({ "detail": { "total": [{ "numeric": asked }] } });
    check(total(json!([">", 5])), total(json!(["<=", 5])), Some("detail.total"));
    check(total(json!([">=", 5])), total(json!(["<=", 5])), None);
    let either = json!({ "$or": [{ "source": ["a"] }, { "source": ["b"] }] });
    check(either.clone(), source(json!(["c"])), Some("source"));
    check(either, source(json!(["b"])), None);
}
