//! What is told on paper, what is made of what comes back, and what a failed target comes to.

use aws_sdk_eventbridge::types as sdk;
use serde_json::{Value, json};

use super::*;
use crate::model::{Address, ErrorClass, Facts, Identity, InFlight, Live, Status};

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";

fn naming() -> Naming {
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    };
    Naming { stack: "dev".into(), address: Address::new("r"), place }
}

fn settled(document: &Value) -> Spec {
    CloudwatchEventRule::settle(serde_json::from_value(document.clone()).unwrap(), &naming())
}

/// What is told of a rule with these fields.
#[track_caller]
fn check(document: &Value, expected: &[&str]) {
    let problems = CloudwatchEventRule::check(&settled(document), &naming());
    let told: Vec<String> =
        problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
    assert_eq!(told, expected, "{document}");
}

/// And of one with this target.
#[track_caller]
fn check_target(target: &Value, expected: &[&str]) {
    let rule = json!({ "event_pattern": { "source": ["a"] }, "targets": { "t": target } });
    check(&rule, expected);
}

#[test]
fn a_rule_is_known_by_its_bus_and_its_name() {
    let seen = |document: Value| {
        let spec = settled(&document);
        let identity = CloudwatchEventRule::identity(&spec, &naming());
        let arn = CloudwatchEventRule::predict(&spec, &naming()).remove("arn").unwrap();
        assert_eq!(CloudwatchEventRule::identify(&arn).as_ref(), Some(&identity));
        (identity, arn)
    };
    let arn = |rule: &str| format!("arn:aws:events:us-east-1:123456789012:{rule}");
    assert_eq!(seen(json!({})), ("default/dev-r".into(), arn("rule/dev-r")));
    let named = |bus: &str| seen(json!({ "name": "n", "event_bus_name": bus }));
    assert_eq!(named("b"), ("b/n".into(), arn("rule/b/n")));
    assert_eq!(named(&arn("event-bus/b")), ("b/n".into(), arn("rule/b/n")));
    let partner = "aws.partner/example.com/1";
    assert_eq!(named(partner), (format!("{partner}/n"), arn(&format!("rule/{partner}/n"))));
    assert_eq!(CloudwatchEventRule::identify(&arn("event-bus/b")), None);
}

#[test]
fn patterns_and_examples_are_judged_without_aws() {
    check(
        &json!({ "event_pattern": { "source": ["a"], "detail": { "id": "x" } } }),
        &["event_pattern.detail.id: `id` must hold a list of values or conditions"],
    );
    let rule = |taken: Value, left: Value| json!({ "event_pattern": { "source": ["a"] }, "matches": [taken], "not_matches": [left] });
    check(&rule(json!({ "source": "a" }), json!({ "source": "b" })), &[]);
    check(
        &rule(json!({ "source": "b" }), json!({ "source": "a" })),
        &[
            "matches[0].source: the pattern does not take this event: `source` is \"b\", and [\"a\"] is asked",
            "not_matches[0]: the pattern takes this event, which it is to leave",
        ],
    );
}

#[test]
fn what_eventbridge_would_refuse_is_told() {
    let pattern = json!({ "source": ["a"] });
    check(&json!({ "event_pattern": pattern }), &[]);
    check(&json!({}), &["event_pattern: a rule needs a pattern of events, or a schedule"]);
    let bus = |bus: &str| json!({ "event_pattern": pattern, "event_bus_name": bus });
    let elsewhere = "arn:aws:events:eu-west-1:123456789012:event-bus/b";
    let told = format!(
        "event_bus_name: takes a bus of the stack's account and region, and `{elsewhere}` is none"
    );
    check(&bus(elsewhere), &[&told]);
    check(&bus("a b"), &["event_bus_name: `a b` is no name of an event bus"]);
    check(&json!({ "schedule_expression": "rate(1 hour)" }), &[]);
    check(
        &json!({ "schedule_expression": "hourly" }),
        &["schedule_expression: `hourly` is no schedule"],
    );
    check(
        &json!({ "schedule_expression": "rate(1 hour)", "event_bus_name": "b" }),
        &["schedule_expression: only rules on the bus `default` have schedules"],
    );
    let targets = |ids: &[String]| {
        let targets: BTreeMap<_, _> = ids.iter().map(|id| (id, json!({ "arn": QUEUE }))).collect();
        json!({ "event_pattern": pattern, "targets": targets })
    };
    check(&targets(&["a b".into()]), &["targets[a b]: `a b` is no id of a target"]);
    let long: Vec<String> = ["a", "b", "c", "d"].map(|id| id.repeat(64)).into();
    let told = "targets: the ids have 259 characters together, the tag that keeps them takes 256";
    check(&targets(&long), &[told]);
    check(&targets(&long[..3]), &[]);
    let tagged = |count: usize| {
        let tags: BTreeMap<_, _> = (0..count).map(|tag| (tag.to_string(), "a")).collect();
        json!({ "event_pattern": pattern, "tags": tags })
    };
    check(&tagged(45), &[]);
    check(&tagged(46), &["tags: has 46 tags, and 45 fit beside those of ccprov"]);
}

#[test]
fn what_a_target_needs_follows_from_what_it_is() {
    let of = |service: &str, resource: &str| {
        format!("arn:aws:{service}:us-east-1:123456789012:{resource}")
    };
    check_target(&json!({ "arn": QUEUE }), &[]);
    let fifo = format!("{QUEUE}.fifo");
    let group = json!({ "message_group_id": "g" });
    check_target(
        &json!({ "arn": fifo }),
        &["targets.t.arn: a FIFO queue needs a group for its messages"],
    );
    check_target(&json!({ "arn": fifo, "sqs_target": group }), &[]);
    // A fair queue is a standard one with groups.
    check_target(&json!({ "arn": QUEUE, "sqs_target": group }), &[]);
    let topic = of("sns", "t");
    check_target(
        &json!({ "arn": topic, "sqs_target": group }),
        &["targets.t.sqs_target: this target is no queue"],
    );
    let key = json!({ "partition_key_path": "$.id" });
    check_target(
        &json!({ "arn": topic, "kinesis_target": key }),
        &["targets.t.kinesis_target: this target is no Kinesis stream"],
    );
    let role = "arn:aws:iam::123456789012:role/r";
    let alone = [
        (of("states", "stateMachine:m"), "a state machine"),
        (of("kinesis", "stream/s"), "a stream"),
        (of("firehose", "deliverystream/d"), "a delivery stream"),
        (of("events", "api-destination/d/1"), "an API destination"),
        (
            "arn:aws:events:eu-west-1:123456789012:event-bus/b".into(),
            "a bus of another account or region",
        ),
    ];
    for (arn, what) in alone {
        let told =
            format!("targets.t.arn: {what} is reached with a role alone, and none is stated");
        check_target(&json!({ "arn": arn }), &[&told]);
        check_target(&json!({ "arn": arn, "role_arn": role }), &[]);
        let targets = json!({ "t": { "arn": arn } });
        let of_all =
            json!({ "event_pattern": { "source": ["a"] }, "role_arn": role, "targets": targets });
        check(&of_all, &[]);
    }
    check_target(&json!({ "arn": of("events", "event-bus/b") }), &[]);
    check_target(
        &json!({ "arn": QUEUE, "dead_letter_config": { "arn": fifo } }),
        &[
            "targets.t.dead_letter_config: EventBridge sends to standard queues, and this one is FIFO",
        ],
    );
}

#[test]
fn what_a_target_gets_is_of_one_form() {
    let with = |field: &str, value: Value| json!({ "arn": QUEUE, field: value });
    check_target(&with("input", json!({ "a": null })), &[]);
    check_target(&with("input", json!("\"text\"")), &[]);
    check_target(&with("input", json!(5)), &[]);
    check_target(
        &with("input", json!("text")),
        &["targets.t.input: the text is not JSON, which targets get"],
    );
    check_target(
        &with("input_path", json!("detail")),
        &["targets.t.input_path: `detail` is no path into an event, which begins with `$`"],
    );
    check_target(
        &json!({ "arn": QUEUE, "input": {}, "input_path": "$.a", "input_transformer": { "input_template": "x" } }),
        &["targets.t.input_path: a target has one form of input, and has `input` as well"],
    );
    let transformer = |template: &str| {
        with(
            "input_transformer",
            json!({ "input_paths": { "id": "$.detail.id" }, "input_template": template }),
        )
    };
    check_target(&transformer("{\"id\": <id>, \"all\": <aws.events.event.json>}"), &[]);
    check_target(&transformer("1 < 2, <not a name>, <id>"), &[]);
    check_target(
        &transformer("<id> of <when>"),
        &[
            "targets.t.input_transformer.input_template: `<when>` stands for nothing: `input_paths` does not name it",
        ],
    );
    let paths = |name: &str, path: &str| {
        with("input_transformer", json!({ "input_paths": { name: path }, "input_template": "x" }))
    };
    check_target(
        &paths("AWSid", "$.id"),
        &[
            "targets.t.input_transformer.input_paths.AWSid: `AWSid` is no name that a template can have for a part",
        ],
    );
    check_target(
        &paths("id", "id"),
        &[
            "targets.t.input_transformer.input_paths.id: `id` is no path into an event, which begins with `$`",
        ],
    );
}

#[test]
fn what_a_target_gets_is_compared_as_what_it_says() {
    let target = |input: Value| {
        let rule = json!({ "targets": { "t": { "arn": QUEUE, "input": input } } });
        settled(&rule).targets.remove("t").unwrap()
    };
    let seen = |text: &str| {
        let target = sdk::Target::builder().id("t").arn(QUEUE).input(text).build().unwrap();
        Target::seen(&target)
    };
    assert_eq!(target(json!({ "a": 1, "b": [2.0] })), seen("{\"b\": [2.0],\n \"a\": 1}"));
    assert_eq!(target(json!("[1]")), seen("[ 1 ]"));
    assert_eq!(target(json!("\"text\"")), seen("\"text\""));
    assert_eq!(target(json!(5)), seen("5"));
    assert_ne!(target(json!({ "a": null })), seen("{}"));
}

#[test]
fn a_policy_that_is_awss_own_is_none() {
    let policy = |policy: Value| {
        let rule = json!({ "targets": { "t": { "arn": QUEUE, "retry_policy": policy } } });
        serde_json::to_value(settled(&rule).targets["t"].retry_policy).unwrap()
    };
    assert_eq!(policy(json!({})), Value::Null);
    let own = json!({ "maximum_event_age_in_seconds": 86400, "maximum_retry_attempts": 185 });
    assert_eq!(policy(own), Value::Null);
    let stated = json!({ "maximum_event_age_in_seconds": 86400, "maximum_retry_attempts": 2 });
    assert_eq!(policy(json!({ "maximum_retry_attempts": 2 })), stated);
    // EventBridge may tell either, or half of it.
    let seen = |policy: sdk::RetryPolicy| {
        let target =
            sdk::Target::builder().id("t").arn(QUEUE).retry_policy(policy).build().unwrap();
        serde_json::to_value(Target::seen(&target).retry_policy).unwrap()
    };
    assert_eq!(seen(sdk::RetryPolicy::builder().build()), Value::Null);
    assert_eq!(seen(sdk::RetryPolicy::builder().maximum_retry_attempts(2).build()), stated);
}

#[test]
fn each_target_that_failed_is_told_with_its_code() {
    let check =
        |failed: &[(&str, &str, &str)], count: i32, expected: Option<(ErrorClass, &str)>| {
            let failed = failed.iter().map(|(target, code, message)| change::Failed {
                target: Some(target),
                code: Some(code),
                message: Some(message),
            });
            let attempted = || "put the targets of rule default/r".to_owned();
            let told = change::refuse("events:PutTargets", attempted, count, failed).err();
            let told = told.as_ref().map(|error| (error.class, error.message.as_str()));
            assert_eq!(told, expected);
        };
    check(&[], 0, None);
    let busy = ("a", "ConcurrentModificationException", "two at a time");
    let is_busy = ErrorClass::NotYet(InFlight::Busy);
    let told = "target `a`: ConcurrentModificationException: two at a time";
    check(&[busy], 1, Some((is_busy, told)));
    // What is final of one is not tried again for the sake of another.
    let wrong = ("b", "ValidationException", "no such stream");
    let both = "target `a`: ConcurrentModificationException: two at a time; target `b`: \
                ValidationException: no such stream";
    check(&[busy, wrong], 2, Some((ErrorClass::Invalid, both)));
    check(&[], 3, Some((ErrorClass::Transient, "3 targets failed, and none was named")));
}

#[test]
fn our_targets_are_told_from_others() {
    let ids = ["a", "b.c"].map(str::to_owned);
    let tags: BTreeMap<_, _> = target::mark(&ids).into_iter().collect();
    assert_eq!(tags[target::MARK], "a b.c");
    for (id, is_ours) in [("a", true), ("b.c", true), ("b", false), ("", false)] {
        assert_eq!(target::is_marked(&tags, id), is_ours, "{id}");
    }
    assert_eq!(target::mark(&[]), None);
    assert!(!target::is_marked(&BTreeMap::new(), "a"));
    assert_eq!(look::of_others(["x"].into_iter()).as_deref(), Some("a target of others: `x`"));
    let two = look::of_others(["x", "y"].into_iter());
    assert_eq!(two.as_deref(), Some("2 targets of others: `x`, `y`"));
}

/// What others have put there since the object was seen stays, and so does the rule.
#[test]
fn a_rule_that_others_have_come_to_use_is_not_deleted() {
    let document = json!({ "targets": { "ours": { "arn": QUEUE } } });
    let have = Live {
        kind: "cloudwatch_event_rule".into(),
        identity: Identity("bus/paid".into()),
        document: document.as_object().cloned().unwrap(),
        facts: Facts::new(),
        owner: None,
        status: Status::Current,
        holdings: None,
        parent: None,
        held: None,
        remark: None,
    };
    let ids = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
    assert_eq!(change::keep_others(&have, &ids(&["ours"])), Ok(()));
    assert_eq!(change::keep_others(&have, &[]), Ok(()));
    let error = change::keep_others(&have, &ids(&["ours", "theirs"])).unwrap_err();
    assert_eq!((error.class, error.code.as_str()), (ErrorClass::Invalid, "TargetsOfOthers"));
    assert!(error.message.contains("`theirs`"), "{error}");
}
