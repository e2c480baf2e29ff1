//! What SNS would refuse of a subscription, told before anything is done.

use super::super::topic as sns_topic;
use super::{FilterPolicyScope, Protocol, Spec};
use crate::aws::arn::Arn;
use crate::aws::services::sqs::queue::redrive;
use crate::model::document::is_pending;
use crate::model::{Naming, Path, Problem};

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_subscription = |arn: &str| sns_topic::name_of(arn).is_none() && arn.contains(":sns:");
    if !is_pending(&spec.topic_arn) && is_subscription(&spec.topic_arn) {
        problems.push(Problem::of("topic_arn", "this is not the ARN of a topic"));
    }
    problems.extend(check_endpoint(spec));
    let for_protocols = |field: &str, protocols: &str| {
        let message = format!("{} has none; {protocols} have", spec.protocol.word());
        Problem::of(field, message)
    };
    let is_http = matches!(spec.protocol, Protocol::Http | Protocol::Https);
    let takes_raw = is_http || matches!(spec.protocol, Protocol::Sqs | Protocol::Firehose);
    if spec.raw_message_delivery == Some(true) && !takes_raw {
        problems.push(for_protocols("raw_message_delivery", "sqs, firehose, http and https"));
    }
    if spec.delivery_policy.is_some() && !is_http {
        problems.push(for_protocols("delivery_policy", "http and https"));
    }
    match (spec.protocol == Protocol::Firehose, spec.subscription_role_arn.is_some()) {
        (true, false) => {
            let message = "SNS needs a role to write to a stream";
            problems.push(Problem::of("subscription_role_arn", message));
        }
        (false, true) => problems.push(for_protocols("subscription_role_arn", "firehose does")),
        (true, true) | (false, false) => {}
    }
    problems.extend(check_filter(spec));
    problems.extend(check_replay(spec));
    problems
}

/// The dead-letter queue is of the subscription's account, region and type
/// (SNS Developer Guide, "Amazon SNS dead-letter queues").
pub(super) fn check_redrive(spec: &Spec, naming: &Naming) -> Option<Problem> {
    let other = &spec.redrive_policy.as_ref()?.dead_letter_queue;
    // A subscription is where its topic is; what is elsewhere is not ours to know.
    let topic = Arn::read(&spec.topic_arn).filter(|_| !is_pending(&spec.topic_arn))?;
    if topic.region != naming.place.region {
        return None;
    }
    let is_fifo = spec.topic_arn.strip_suffix(".fifo").is_some();
    let why = redrive::fault(other, is_fifo, naming)?;
    let message = redrive::alike("subscription", &why);
    Some(Problem::of("", message).at(Path::field("redrive_policy").with_field("dead_letter_queue")))
}

/// Only FIFO topics have an archive. That its end is not before its beginning
/// shows in the texts: both are in UTC, and one as long as the other but for a fraction.
fn check_replay(spec: &Spec) -> Option<Problem> {
    let replay = spec.replay_policy.as_ref()?;
    let is_fifo = spec.topic_arn.strip_suffix(".fifo").is_some();
    if !is_fifo && !is_pending(&spec.topic_arn) {
        return Some(Problem::of("replay_policy", "only a FIFO topic has an archive to replay"));
    }
    let seconds = |time: &str| time.get(..19).map(str::to_owned);
    let ends_early = replay
        .ending_point
        .as_deref()
        .is_some_and(|end| seconds(end) < seconds(&replay.starting_point));
    ends_early.then(|| {
        Problem::of("replay_policy", "the `ending_point` is before the `starting_point`")
            .at(Path::field("replay_policy").with_field("ending_point"))
    })
}

fn check_filter(spec: &Spec) -> Vec<Problem> {
    let Some(policy) = &spec.filter_policy else {
        let scope = spec.filter_policy_scope.map(|_| {
            Problem::of("filter_policy_scope", "there is no filter_policy that it could apply to")
        });
        return scope.into_iter().collect();
    };
    let is_nesting = spec.filter_policy_scope == Some(FilterPolicyScope::MessageBody);
    let problems = policy.problems(is_nesting).into_iter();
    problems.map(|message| Problem::of("filter_policy", message)).collect()
}

fn check_endpoint(spec: &Spec) -> Option<Problem> {
    let Spec { topic_arn, protocol, endpoint, .. } = spec;
    if is_pending(endpoint) {
        return None;
    }
    let arn_of = |service: &str, resource: &str| {
        let parts: Vec<&str> = endpoint.splitn(6, ':').collect();
        matches!(parts[..], ["arn", _, of, _, _, rest] if of == service && rest.starts_with(resource))
    };
    let (is_right, example) = match protocol {
        Protocol::Application => (arn_of("sns", "endpoint/"), "the ARN of a mobile endpoint"),
        Protocol::Email | Protocol::EmailJson => {
            let halves = endpoint.rsplit_once('@');
            let is_right = halves.is_some_and(|(who, at)| !who.is_empty() && at.contains('.'));
            (is_right, "an e-mail address")
        }
        Protocol::Firehose => (arn_of("firehose", "deliverystream/"), "the ARN of a stream"),
        Protocol::Http => (endpoint.starts_with("http://"), "a URL that begins with http://"),
        Protocol::Https => (endpoint.starts_with("https://"), "a URL that begins with https://"),
        Protocol::Lambda => (arn_of("lambda", "function:"), "the ARN of a function"),
        Protocol::Sms => {
            let digits = endpoint.strip_prefix('+').unwrap_or_default();
            // E.164: fifteen digits at most.
            let is_right = (2..=15).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit());
            (is_right, "a telephone number as +15555550100")
        }
        Protocol::Sqs => (arn_of("sqs", ""), "the ARN of a queue"),
    };
    if !is_right {
        let message = format!("the endpoint of {} is {example}", protocol.word());
        let problem = Problem::of("endpoint", message);
        return Some(if example.contains("ARN") { problem.meaning("arn") } else { problem });
    }
    let is_fifo = |arn: &str| arn.strip_suffix(".fifo").is_some();
    let (topic_is_fifo, queue_is_fifo) = (is_fifo(topic_arn), is_fifo(endpoint));
    if topic_is_fifo && *protocol != Protocol::Sqs {
        Some(Problem::of("protocol", "a FIFO topic delivers to queues only").hint("protocol: sqs"))
    } else if *protocol == Protocol::Sqs
        && queue_is_fifo
        && !topic_is_fifo
        && !is_pending(topic_arn)
    {
        Some(Problem::of("endpoint", "a standard topic does not deliver to a FIFO queue"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{QUEUE, TOPIC, settled};
    use super::*;

    #[track_caller]
    fn check_fields(fields: &Value, expected: &[&str]) {
        let found: Vec<String> =
            check(&settled(fields)).iter().map(|problem| problem.path.to_string()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_endpoint_is_what_its_protocol_takes() {
        let lambda = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/s";
        let cases = [
            ("sqs", QUEUE, lambda),
            ("lambda", lambda, QUEUE),
            ("https", "https://example.com", "http://example.com"),
            ("http", "http://example.com", "https://example.com"),
            ("email", "jane@example.com", "jane"),
            ("email-json", "jane@example.com", "@example.com"),
            ("sms", "+15555550100", "15555550100"),
        ];
        for (protocol, right, wrong) in cases {
            check_fields(&json!({ "protocol": protocol, "endpoint": right }), &[]);
            check_fields(&json!({ "protocol": protocol, "endpoint": wrong }), &["endpoint"]);
        }
        let role = "arn:aws:iam::123456789012:role/r";
        check_fields(
            &json!({ "protocol": "firehose", "endpoint": stream, "subscription_role_arn": role }),
            &[],
        );
    }

    #[test]
    fn what_sns_refuses_is_told_before() {
        check_fields(&json!({ "topic_arn": format!("{TOPIC}:0a1b") }), &["topic_arn"]);
        check_fields(&json!({ "endpoint": format!("{QUEUE}.fifo") }), &["endpoint"]);
        check_fields(
            &json!({ "topic_arn": format!("{TOPIC}.fifo"), "endpoint": format!("{QUEUE}.fifo") }),
            &[],
        );
        let email = json!({ "protocol": "email", "endpoint": "jane@example.com" });
        let with = |field: &str, value: Value| {
            let mut fields = email.clone();
            fields[field] = value;
            fields
        };
        check_fields(&with("raw_message_delivery", json!(true)), &["raw_message_delivery"]);
        check_fields(&with("delivery_policy", json!({})), &["delivery_policy"]);
        check_fields(&with("subscription_role_arn", json!("arn:")), &["subscription_role_arn"]);
        check_fields(&with("topic_arn", json!(format!("{TOPIC}.fifo"))), &["protocol"]);
        check_fields(&json!({ "filter_policy_scope": "MessageBody" }), &["filter_policy_scope"]);
        let nested = json!({ "a": { "b": ["x"] } });
        check_fields(&json!({ "filter_policy": nested }), &["filter_policy"]);
        check_fields(
            &json!({ "filter_policy": nested, "filter_policy_scope": "MessageBody" }),
            &[],
        );
        let replay =
            |end: &str| json!({ "starting_point": "2026-11-01T00:00:00Z", "ending_point": end });
        let fifo = |end: &str| json!({ "topic_arn": format!("{TOPIC}.fifo"), "endpoint": format!("{QUEUE}.fifo"), "replay_policy": replay(end) });
        check_fields(&fifo("2026-11-02T00:00:00.000Z"), &[]);
        check_fields(&fifo("2026-10-31T00:00:00Z"), &["replay_policy.ending_point"]);
        check_fields(
            &json!({ "replay_policy": replay("2026-11-02T00:00:00Z") }),
            &["replay_policy"],
        );
        let misspelt = json!({ "price": [1, { "numerc": [">", 1] }] });
        check_fields(&json!({ "filter_policy": misspelt }), &["filter_policy"]);
        let nested = json!({ "$or": [{ "a": [{ "prefix": "x" }] }, { "b": [{ "prefx": "x" }] }] });
        check_fields(&json!({ "filter_policy": nested }), &["filter_policy"]);
    }
}
