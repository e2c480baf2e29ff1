//! A subscription's filter lets through what its topic is told of by S3.
//!
//! What an event of S3 says is known before anything happens: which fields it
//! has, and what the notification demands of its name and of the object's key.
//! Where others publish to the topic as well, the filter may be meant for them,
//! and is not judged.

use serde_json::Value;

use super::{Judgement, Rule, policies};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Place, Scene};
use crate::verify::policy::Statement;

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "filter_policy",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "A filter of a topic that only S3 publishes to lets through some event of the notification.",
        risk: "SNS drops every message, and counts it among those that were filtered out on purpose.",
        remedy: "Filter by `MessageBody`, and by what the notification lets through.",
    },
    stops_messages: true,
    because: "An error: nothing arrives.",
    judge,
};

/// The fields of a record of S3 ("Event message structure", User Guide).
const RECORD: &[&str] = &[
    "awsRegion",
    "eventName",
    "eventSource",
    "eventTime",
    "eventVersion",
    "glacierEventData",
    "intelligentTieringEventData",
    "lifecycleEventData",
    "replicationEventData",
    "requestParameters",
    "responseElements",
    "s3",
    "userIdentity",
];

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for subscription in scene.of_kind("sns_subscription") {
        let filter = subscription.document.get("filter_policy").and_then(Value::as_object);
        let Some(filter) = filter.filter(|filter| !filter.is_empty()) else { continue };
        let arn = subscription.text("topic_arn").unwrap_or_default();
        let fed = notifications(scene, arn);
        let Some(topic) = scene.named("sns_topic", arn).filter(|it| only_s3_publishes(scene, it))
        else {
            continue;
        };
        if fed.is_empty() {
            continue;
        }
        let by_body = subscription.text("filter_policy_scope") == Some("MessageBody");
        let wrong = if by_body {
            let all = fed.iter().map(|entry| refused(filter, entry, &scene.place));
            // One that gets through is enough.
            all.collect::<Option<Vec<String>>>().and_then(|all| all.into_iter().next())
        } else {
            let asked = filter.iter().find(|(_, asked)| !admits_absence(asked));
            asked.map(|(name, _)| {
                format!("S3 sends no message attributes, and `{name}` is asked for")
            })
        };
        let finding = wrong.map(|why| told(subscription, topic, &why, by_body));
        judgement.add(subscription.address.to_string(), finding);
    }
    judgement
}

fn told(subscription: &Exhibit, topic: &Exhibit, why: &str, by_body: bool) -> Finding {
    let message = format!("no event of S3 that {} is told of gets through: {why}", topic.address);
    let hint = if by_body {
        "let the filter and the notification agree"
    } else {
        "filter by the body: filter_policy_scope: MessageBody, with `Records` around the fields"
    };
    Finding::new(&subscription.address, message).at(Path::field("filter_policy")).hint(hint)
}

/// What S3 is to tell a topic, and of which bucket.
struct Entry<'a> {
    bucket: &'a str,
    entry: &'a Value,
}

fn notifications<'a>(scene: &'a Scene, topic: &str) -> Vec<Entry<'a>> {
    let all = scene.of_kind("s3_bucket_notification").flat_map(|notification| {
        let bucket = notification.text("bucket").unwrap_or_default();
        let entries = notification.document.get("topic").and_then(Value::as_array);
        entries.into_iter().flatten().map(move |entry| Entry { bucket, entry })
    });
    all.filter(|it| it.entry.get("topic_arn").and_then(Value::as_str) == Some(topic)).collect()
}

/// Whether the topic's policy lets S3 publish and nobody else.
fn only_s3_publishes(scene: &Scene, topic: &Exhibit) -> bool {
    let own = policies::of_resources(scene).find(|(exhibit, _)| exhibit.address == topic.address);
    let Some((_, policy)) = own else { return false };
    let mut publishing = policy
        .statements()
        .iter()
        .filter(|it| it.allows() && it.covers_action("sns:Publish"))
        .peekable();
    publishing.peek().is_some()
        && publishing.all(|statement| {
            let (services, others) = (statement.principals("Service"), statement.principals("AWS"));
            let is_s3 = services == ["s3.amazonaws.com"] && others.is_empty();
            is_s3 || services.is_empty() && others == ["*"] && is_for_buckets(statement)
        })
}

/// Whether nobody may ask but for the sake of a bucket, whoever that is.
fn is_for_buckets(statement: &Statement<'_>) -> bool {
    let of_s3 = |arn: &&str| arn.split(':').nth(2) == Some("s3");
    statement.is_bound_by(&["aws:SourceArn"])
        && statement.conditions().any(|(_, key, values)| {
            key.eq_ignore_ascii_case("aws:SourceArn") && values.iter().all(of_s3)
        })
}

/// Why no event of an entry gets through a filter of its body.
fn refused(
    filter: &serde_json::Map<String, Value>,
    entry: &Entry<'_>,
    place: &Place,
) -> Option<String> {
    filter.iter().find_map(|(name, asked)| match (name.as_str(), asked) {
        ("$or", _) | ("Records", Value::Array(_)) => None,
        ("Records", Value::Object(fields)) => {
            fields.iter().find_map(|(name, asked)| of_record(name, asked, entry, place))
        }
        (name, _) => refusal(name, asked, &[Told::Absent]),
    })
}

fn of_record(name: &str, asked: &Value, entry: &Entry<'_>, place: &Place) -> Option<String> {
    match (name, asked) {
        ("s3", Value::Object(fields)) => fields.iter().find_map(|(part, asked)| {
            asked.as_object()?.iter().find_map(|(field, asked)| {
                let told = of_object(part, field, entry);
                refusal(&format!("s3.{part}.{field}"), asked, &[told])
            })
        }),
        ("eventName", asked) => refusal(name, asked, &events(entry)),
        ("eventSource", asked) => refusal(name, asked, &[Told::Is("aws:s3")]),
        ("awsRegion", asked) => refusal(name, asked, &[Told::Is(&place.region)]),
        (name, asked) if !RECORD.contains(&name) => refusal(name, asked, &[Told::Absent]),
        _ => None,
    }
}

fn of_object<'a>(part: &str, field: &str, entry: &Entry<'a>) -> Told<'a> {
    let text = |name: &str| entry.entry.get(name).and_then(Value::as_str).unwrap_or_default();
    match (part, field) {
        ("bucket", "name") => Told::Is(entry.bucket),
        ("object", "key") => {
            Told::Like { begin: text("filter_prefix"), end: text("filter_suffix") }
        }
        _ => Told::Anything,
    }
}

fn events<'a>(entry: &Entry<'a>) -> Vec<Told<'a>> {
    let events = entry.entry.get("events").and_then(Value::as_array).into_iter().flatten();
    // In an event the name has no `s3:` before it.
    let names = events.filter_map(Value::as_str).filter_map(|name| name.strip_prefix("s3:"));
    names
        .map(|name| match name.strip_suffix('*') {
            Some(begin) => Told::Like { begin, end: "" },
            None => Told::Is(name),
        })
        .collect()
}

/// What is known of a field of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told<'a> {
    Is(&'a str),
    Like { begin: &'a str, end: &'a str },
    Anything,
    Absent,
}

/// Why none of these values meets any of some conditions.
fn refusal(name: &str, asked: &Value, told: &[Told<'_>]) -> Option<String> {
    let conditions = asked.as_array()?;
    if told.iter().any(|told| conditions.iter().any(|condition| told.may_meet(condition))) {
        return None;
    }
    let known = match told {
        [Told::Absent] => "is in no event".to_owned(),
        told => format!("is {}", told.iter().map(Told::shown).collect::<Vec<_>>().join(" or ")),
    };
    Some(format!("`{name}` {known}, and the filter wants {asked}"))
}

fn admits_absence(asked: &Value) -> bool {
    let conditions = asked.as_array().into_iter().flatten();
    conditions.into_iter().any(|condition| Told::Absent.may_meet(condition))
}

impl Told<'_> {
    fn shown(&self) -> String {
        match self {
            Self::Is(value) => (*value).to_owned(),
            Self::Like { begin, end } => format!("{begin}*{end}"),
            Self::Anything | Self::Absent => "anything".to_owned(),
        }
    }

    /// Whether it may meet a condition: what is not understood here may be met.
    fn may_meet(self, condition: &Value) -> bool {
        let object = condition.as_object();
        let asked = |name: &str| object.and_then(|it| it.get(name));
        if let Some(exists) = asked("exists").and_then(Value::as_bool) {
            return exists == (self != Self::Absent);
        }
        let text = |name: &str| asked(name).and_then(Value::as_str);
        match self {
            Self::Absent => false,
            Self::Anything => true,
            Self::Is(value) => match (condition.as_str(), text("prefix"), text("suffix")) {
                (Some(wanted), ..) => wanted == value,
                (_, Some(begin), _) => value.starts_with(begin),
                (_, _, Some(end)) => value.ends_with(end),
                (None, None, None) => text("anything-but") != Some(value),
            },
            Self::Like { begin, end } => {
                let comparable = |one: &str| one.bytes().all(is_plain);
                // S3 encodes keys: what is not the same then is left open.
                if !comparable(begin) || !comparable(end) {
                    return true;
                }
                match (condition.as_str(), text("prefix"), text("suffix")) {
                    (Some(wanted), ..) => {
                        !comparable(wanted) || wanted.starts_with(begin) && wanted.ends_with(end)
                    }
                    (_, Some(other), _) => {
                        !comparable(other) || begin.starts_with(other) || other.starts_with(begin)
                    }
                    (_, _, Some(other)) => {
                        !comparable(other) || end.ends_with(other) || other.ends_with(end)
                    }
                    (None, None, None) => true,
                }
            }
        }
    }
}

/// What stands in a key as in its encoded form, and in the name of an event.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-_.:".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    /// A topic that S3 alone tells of new objects, and a filter.
    fn filtered(scope: &str, filter: &str) -> String {
        format!(
            "
bucket: {{ kind: s3_bucket, bucket: payloads }}
topic:
  kind: sns_topic
  policy:
    Statement: [{{ Sid: Bucket, Effect: Allow, Principal: {{ Service: s3.amazonaws.com }}, Action: \"sns:Publish\", Resource: \"${{topic.arn}}\" }}]
notification:
  kind: s3_bucket_notification
  bucket: \"${{bucket.name}}\"
  topic: [{{ topic_arn: \"${{topic.arn}}\", events: [\"s3:ObjectCreated:*\"], filter_prefix: orders/, filter_suffix: .json }}]
subscription:
  kind: sns_subscription
  topic_arn: \"${{topic.arn}}\"
  protocol: sqs
  endpoint: \"arn:aws:sqs:us-east-1:123456789012:queue\"
  filter_policy_scope: {scope}
  filter_policy: {filter}"
        )
    }

    #[test]
    fn something_gets_through() {
        let body = |filter: &str| filtered("MessageBody", filter);
        let key = |asked: &str| {
            body(&format!("{{ Records: {{ s3: {{ object: {{ key: [{asked}] }} }} }} }}"))
        };
        let name = |asked: &str| body(&format!("{{ Records: {{ eventName: [{asked}] }} }}"));
        let others = filtered("MessageAttributes", "{ kind: [order] }").replace(
            "Service: s3.amazonaws.com",
            "Service: [s3.amazonaws.com, events.amazonaws.com]",
        );
        let anybody = filtered("MessageAttributes", "{ kind: [order] }").replace(
            "Principal: { Service: s3.amazonaws.com }",
            "Principal: \"*\", Condition: { ArnLike: { \"aws:SourceArn\": \"arn:aws:s3:*:*:payloads\" } }",
        );
        golden!(told(
            &RULE,
            &[
                ("attributes", &filtered("MessageAttributes", "{ kind: [order] }")),
                ("no attributes", &filtered("MessageAttributes", "{ kind: [{ exists: false }] }")),
                ("attributes of others", &others),
                ("attributes, and anybody for the sake of a bucket", &anybody),
                ("prefix within", &key("{ prefix: orders/new/ }")),
                ("prefix around", &key("{ prefix: or }")),
                ("another prefix", &key("{ prefix: returns/ }")),
                ("another or the right one", &key("{ prefix: returns/ }, { prefix: orders/ }")),
                ("an encoded prefix", &key("{ prefix: returns+x/ }")),
                ("another suffix", &key("{ suffix: .xml }")),
                ("the whole key", &key("orders/1.json")),
                ("event", &name("{ prefix: \"ObjectCreated:\" }, x")),
                ("event as notifications spell it", &name("\"s3:ObjectCreated:Put\"")),
                ("another event", &name("{ prefix: ObjectRemoved }")),
                ("another bucket", &body("{ Records: { s3: { bucket: { name: [other] } } } }")),
                ("any record", &body("{ Records: [{ exists: true }] }")),
                ("no record", &body("{ kind: [order] }")),
                (
                    "what may be anything",
                    &body("{ Records: { userIdentity: { principalId: [x] } } }")
                ),
            ]
        ));
    }
}
