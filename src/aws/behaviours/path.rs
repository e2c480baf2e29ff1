//! Paths: from which bucket through which topic to which queue, read off a
//! scene. Pure.
//!
//! A link is there, or it is missing where a policy still speaks of it: who
//! lets a topic send to a queue meant it to. So a subscription that somebody
//! deleted leaves a path with a hole, and not silence.

use std::time::Duration;

use serde_json::Value;

use super::event::decoded;
use super::link::Link;
use super::queue;
use crate::model::{Address, Exhibit, Finding, Path as Field, Scene};
use crate::verify::Trial;

/// From a bucket to a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    pub(super) bucket: &'a Exhibit,
    /// The notification and its entry for the topic.
    pub(super) notification: Option<(&'a Exhibit, &'a Value)>,
    pub(super) topic: &'a Exhibit,
    pub(super) subscription: Option<&'a Exhibit>,
    pub(super) queue: &'a Exhibit,
}

/// Every path of a scene.
pub(super) fn paths(scene: &Scene) -> Vec<Path<'_>> {
    let mut paths = Vec::new();
    for topic in scene.of_kind("sns_topic") {
        let queues: Vec<_> = queues(scene, topic).collect();
        for (bucket, notification) in buckets(scene, topic) {
            for &(queue, subscription) in &queues {
                paths.push(Path { bucket, notification, topic, subscription, queue });
            }
        }
    }
    paths
}

fn buckets<'a>(
    scene: &'a Scene,
    topic: &'a Exhibit,
) -> impl Iterator<Item = (&'a Exhibit, Option<(&'a Exhibit, &'a Value)>)> {
    scene.of_kind("s3_bucket").filter_map(|bucket| {
        let told = scene.of_kind("s3_bucket_notification").find_map(|notification| {
            let is_of_bucket = notification.text("bucket") == Some(bucket.identity.as_str());
            let entry = entries(notification).find(|entry| {
                text(entry, "topic_arn") == Some(topic.fact("arn")) && upload(entry).is_some()
            })?;
            is_of_bucket.then_some((notification, entry))
        });
        // A topic may also be told of deletions alone: then no object that we put makes an event.
        let is_told_else =
            scene.of_kind("s3_bucket_notification").any(|it| names(it, topic.fact("arn")));
        let is_meant = || !is_told_else && admits(topic, bucket.fact("arn"));
        (told.is_some() || is_meant()).then_some((bucket, told))
    })
}

fn queues<'a>(
    scene: &'a Scene,
    topic: &'a Exhibit,
) -> impl Iterator<Item = (&'a Exhibit, Option<&'a Exhibit>)> {
    scene.of_kind("sqs_queue").filter_map(|queue| {
        let subscription = scene.of_kind("sns_subscription").find(|subscription| {
            subscription.text("topic_arn") == Some(topic.fact("arn"))
                && subscription.text("protocol") == Some("sqs")
                && subscription.text("endpoint") == Some(queue.fact("arn"))
        });
        // Who takes what a subscription could not deliver admits the topic for that.
        let is_set_aside = || {
            let field = Field::field("redrive_policy").with_field("dead_letter_queue");
            let arn = queue.fact("arn");
            scene
                .of_kind("sns_subscription")
                .any(|it| field.get(&it.document).and_then(Value::as_str) == Some(arn))
        };
        let is_meant = || admits(queue, topic.fact("arn")) && !is_set_aside();
        (subscription.is_some() || is_meant()).then_some((queue, subscription))
    })
}

fn entries(notification: &Exhibit) -> impl Iterator<Item = &Value> {
    notification.document.get("topic").and_then(Value::as_array).into_iter().flatten()
}

fn names(notification: &Exhibit, topic: &str) -> bool {
    entries(notification).any(|entry| text(entry, "topic_arn") == Some(topic))
}

/// Whether a policy lets somebody in under a condition that names an ARN.
pub(super) fn admits(exhibit: &Exhibit, arn: &str) -> bool {
    statements(exhibit)
        .any(|statement| statement["Effect"] == "Allow" && holds(statement.get("Condition"), arn))
}

/// The statements of a resource's policy.
pub(super) fn statements(exhibit: &Exhibit) -> impl Iterator<Item = &Value> {
    let policy = exhibit.document.get("policy");
    policy.and_then(|policy| policy["Statement"].as_array()).into_iter().flatten()
}

fn holds(value: Option<&Value>, text: &str) -> bool {
    match value {
        Some(Value::String(found)) => found == text,
        Some(Value::Array(items)) => items.iter().any(|item| holds(Some(item), text)),
        Some(Value::Object(fields)) => fields.values().any(|field| holds(Some(field), text)),
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => false,
    }
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

/// How an object has to be put so that an entry tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upload {
    /// As suits its size.
    Either,
    /// In one piece, whatever its size.
    Whole,
    /// In parts, whatever its size.
    Parts,
}

/// `None` where the entry tells of no object that we could put.
pub(super) fn upload(entry: &Value) -> Option<Upload> {
    let events = entry.get("events")?.as_array()?;
    let has = |event: &str| events.iter().any(|found| found == event);
    let (all, whole, parts) = (
        has("s3:ObjectCreated:*"),
        has("s3:ObjectCreated:Put"),
        has("s3:ObjectCreated:CompleteMultipartUpload"),
    );
    match (all || whole, all || parts) {
        (true, true) => Some(Upload::Either),
        (true, false) => Some(Upload::Whole),
        (false, true) => Some(Upload::Parts),
        (false, false) => None,
    }
}

/// A path without holes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wired<'a> {
    pub(super) bucket: &'a Exhibit,
    pub(super) notification: &'a Exhibit,
    entry: &'a Value,
    pub(super) topic: &'a Exhibit,
    pub(super) subscription: &'a Exhibit,
    pub(super) queue: &'a Exhibit,
}

impl<'a> Path<'a> {
    /// The same for the runner. Whoever is likeliest to blame comes first.
    pub(super) fn trial(&self, scene: &Scene, is_exclusive: bool) -> Trial {
        let notification = self.notification.map(|(notification, _)| notification);
        let key = |exhibit: &Exhibit| scene.named("kms_key", exhibit.text("kms_master_key_id")?);
        let all = [self.subscription, Some(self.queue), Some(self.topic), notification];
        let more = [Some(self.bucket), key(self.queue), key(self.topic)];
        let addresses = all.into_iter().chain(more).flatten();
        Trial {
            subject: self.subject(),
            addresses: addresses.map(|exhibit| exhibit.address.clone()).collect(),
            // An ear holds nothing back.
            delay: if is_exclusive { queue::delay(self.queue) } else { Duration::ZERO },
            ..Trial::default()
        }
    }

    /// For people.
    pub(super) fn subject(&self) -> String {
        let [bucket, topic, queue] = [self.bucket, self.topic, self.queue].map(|it| &it.address);
        format!("{bucket} -> {topic} -> {queue}")
    }

    /// The path, or the links that are missing.
    pub(super) fn wired(&self) -> Result<Wired<'a>, Vec<Finding>> {
        let Self { bucket, notification, topic, subscription, queue } = *self;
        if let (Some((notification, entry)), Some(subscription)) = (notification, subscription) {
            return Ok(Wired { bucket, notification, entry, topic, subscription, queue });
        }
        let again = "`ccprov apply` makes it again";
        let [bucket, topic, queue] = [bucket, topic, queue].map(|it| &it.address);
        let untold = notification.is_none().then(|| {
            let message = format!("nobody tells {topic} of new objects in {bucket}, as was meant");
            Finding::new(bucket, format!("{message}: the bucket has no such notification"))
        });
        let unheard = subscription.is_none().then(|| {
            let message = format!("{queue} does not get what {topic} publishes, as was meant");
            Finding::new(queue, format!("{message}: there is no such subscription"))
        });
        Err([untold, unheard].into_iter().flatten().map(|it| it.hint(again)).collect())
    }
}

impl<'a> Wired<'a> {
    /// Its second half.
    pub(super) fn link(&self) -> Link<'a> {
        Link { topic: self.topic, subscription: self.subscription, queue: self.queue }
    }

    /// A key that the notification and the subscription let through.
    pub(super) fn key(&self, name: &str) -> String {
        // S3 compares with the encoded key, so that is how the filter is written.
        let filter = |field| text(self.entry, field).map(decoded).unwrap_or_default();
        // Whichever of two is longer is the stricter one, if they can be met together at all.
        let stricter = |field, how| {
            let own = self.filter_of_key(how).unwrap_or_default();
            if own.len() > filter(field).len() { own } else { filter(field) }
        };
        let prefix = stricter("filter_prefix", "prefix");
        format!("{prefix}{name}{}", stricter("filter_suffix", "suffix"))
    }

    /// What the subscription's filter asks of a key, which it sees encoded.
    fn filter_of_key(&self, how: &str) -> Option<String> {
        let asked = self.filter()?.pointer("/Records/s3/object/key")?.as_array()?;
        asked.iter().find_map(|condition| text(condition, how)).map(decoded)
    }

    /// The subscription's own filter.
    fn filter(&self) -> Option<&Value> {
        self.link().filter()
    }

    /// How the notification wants objects to be put.
    pub(super) fn upload(&self) -> Upload {
        upload(self.entry).unwrap_or(Upload::Either)
    }

    /// Why nothing came of an object: the likeliest reason that the documents
    /// show, and whose it is.
    pub(super) fn suspect(&self) -> Finding {
        let Self { bucket, notification, topic, subscription, queue, .. } = self;
        let [bucket_arn, topic_arn] = [bucket, topic].map(|it| it.fact("arn"));
        let blame = |address: &Address, field: &str, hint: String| {
            Finding::new(address, "").at(Field::field(field)).hint(hint)
        };
        if !admits(queue, topic_arn) {
            let hint = format!("its policy does not let {} send", topic.address);
            return blame(&queue.address, "policy", hint);
        }
        if !admits(topic, bucket_arn) {
            let hint = format!("its policy does not let {} publish", bucket.address);
            return blame(&topic.address, "policy", hint);
        }
        if self.filter().is_some() {
            let hint = "its filter may not let the event through; events of S3 carry no message \
                        attributes, so that only MessageBody filters can";
            return blame(&subscription.address, "filter_policy", hint.into());
        }
        let hint = format!(
            "see what `delivery_path` says; the key's policy must let s3.amazonaws.com and \
             sns.amazonaws.com use it, and {} must still be as declared",
            notification.address
        );
        Finding::new(&subscription.address, "").hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::model::{Identity, Place};

    const BUCKET: &str = "arn:aws:s3:::b";
    const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:t";
    const QUEUE: &str = "arn:aws:sqs:eu-central-1:123456789012:q";

    fn exhibit(address: &str, kind: &str, arn: &str, document: &Value) -> (Address, Exhibit) {
        let exhibit = Exhibit {
            address: Address::new(address),
            kind: kind.into(),
            identity: Identity(address.into()),
            document: serde_json::from_value(document.clone()).unwrap(),
            facts: [("arn".to_owned(), arn.to_owned())].into(),
        };
        (exhibit.address.clone(), exhibit)
    }

    fn policy(source: &str) -> Value {
        json!({ "Statement": [{ "Effect": "Allow",
            "Condition": { "ArnLike": { "aws:SourceArn": source } } }] })
    }

    fn scene(links: bool, entry: &Value, filter: &Value) -> Scene {
        let mut exhibits = BTreeMap::from([
            exhibit("b", "s3_bucket", BUCKET, &json!({})),
            exhibit("t", "sns_topic", TOPIC, &json!({ "policy": policy(BUCKET) })),
            exhibit("q", "sqs_queue", QUEUE, &json!({ "policy": policy(TOPIC) })),
            exhibit("other", "sqs_queue", "arn:aws:sqs:eu-central-1:123456789012:o", &json!({})),
        ]);
        if links {
            let subscription = json!({ "topic_arn": TOPIC, "protocol": "sqs", "endpoint": QUEUE,
                "filter_policy": filter });
            exhibits.extend([
                exhibit("s", "sns_subscription", "", &subscription),
                exhibit(
                    "n",
                    "s3_bucket_notification",
                    "",
                    &json!({ "bucket": "b", "topic": [entry] }),
                ),
            ]);
        }
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        };
        Scene {
            stack: "dev".into(),
            place,
            exhibits,
            others: BTreeMap::new(),
            keys: BTreeMap::new(),
            policies: BTreeMap::new(),
            probes: Vec::new(),
        }
    }

    fn entry(events: &[&str], prefix: &str) -> Value {
        json!({ "topic_arn": TOPIC, "events": events, "filter_prefix": prefix })
    }

    #[test]
    fn a_path_leads_from_bucket_to_queue() {
        let scene = scene(true, &entry(&["s3:ObjectCreated:*"], "in/"), &Value::Null);
        let [path] = paths(&scene)[..] else { panic!("one path") };
        assert_eq!(path.subject(), "b -> t -> q");
        let wired = path.wired().unwrap();
        assert_eq!((wired.key("x"), wired.upload()), ("in/x".into(), Upload::Either));
    }

    #[test]
    fn a_missing_link_is_told_by_who_waits_for_it() {
        let scene = scene(false, &Value::Null, &Value::Null);
        let [path] = paths(&scene)[..] else { panic!("one path") };
        let findings = path.wired().unwrap_err();
        let blamed: Vec<&str> = findings.iter().map(|it| it.address.as_str()).collect();
        assert_eq!(blamed, ["b", "q"]);
    }

    /// `SNS` itself sends what it cannot deliver, so that its policy names the topic.
    #[test]
    fn the_dead_letter_queue_of_a_subscription_misses_nothing() {
        let mut scene = scene(true, &entry(&["s3:ObjectCreated:*"], ""), &Value::Null);
        let arn = "arn:aws:sqs:eu-central-1:123456789012:dlq";
        scene.exhibits.extend([exhibit(
            "dlq",
            "sqs_queue",
            arn,
            &json!({ "policy": policy(TOPIC) }),
        )]);
        assert_eq!(paths(&scene).len(), 2, "it might be meant to be subscribed");
        let subscription = scene.exhibits.get_mut(&Address::new("s")).unwrap();
        subscription.document.insert("redrive_policy".into(), json!({ "dead_letter_queue": arn }));
        let [path] = paths(&scene)[..] else { panic!("one path") };
        assert_eq!(path.subject(), "b -> t -> q");
    }

    #[test]
    fn a_queue_that_holds_messages_back_has_more_time() {
        let mut scene = scene(true, &entry(&["s3:ObjectCreated:*"], ""), &Value::Null);
        let queue = scene.exhibits.get_mut(&Address::new("q")).unwrap();
        queue.document.insert("delay_seconds".into(), json!(120));
        let [path] = paths(&scene)[..] else { panic!("one path") };
        let delay = |is_exclusive| path.trial(&scene, is_exclusive).delay.as_secs();
        assert_eq!((delay(true), delay(false)), (120, 0));
    }

    #[test]
    fn what_is_never_told_is_no_path() {
        let scene = scene(true, &entry(&["s3:ObjectRemoved:*"], ""), &Value::Null);
        assert!(paths(&scene).is_empty());
    }

    #[test]
    fn a_key_meets_the_stricter_of_two_filters() {
        let filter =
            json!({ "Records": { "s3": { "object": { "key": [{ "prefix": "in/a+b/" }] } } } });
        let scene = scene(true, &entry(&["s3:ObjectCreated:Put"], "in/"), &filter);
        let wired = paths(&scene)[0].wired().unwrap();
        assert_eq!((wired.key("x"), wired.upload()), ("in/a b/x".into(), Upload::Whole));
        let encoded =
            self::scene(true, &entry(&["s3:ObjectCreated:*"], "in/a+b%3D/"), &Value::Null);
        assert_eq!(paths(&encoded)[0].wired().unwrap().key("x"), "in/a b=/x");
    }
}
