//! Routes: every way on which a stack has messages delivered and that no other
//! behaviour tries, with how it is tried, or why it is not. Pure.

use serde_json::Value;

use super::link::Link;
use super::path::{Upload, paths, upload};
use super::queue;
use crate::model::{Address, Exhibit, Scene, document};
use crate::verify::Trial;

/// What stands against reading a queue of the stack.
const OTHERS_READ: &str = "others may read this queue; with --exclusive it is tried";

/// From a bucket to a queue, with nothing between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    pub(super) bucket: &'a Exhibit,
    pub(super) notification: &'a Exhibit,
    /// What the notification says of the queue.
    pub(super) entry: &'a Value,
    pub(super) queue: &'a Exhibit,
}

/// How a route is tried.
#[derive(Clone, Debug)]
pub(super) enum Way<'a> {
    /// With a message to the topic.
    Published(Link<'a>),
    /// With an object.
    Told(Told<'a>),
    /// With a message to a queue that nothing of the stack feeds.
    Sent(&'a Exhibit),
    /// Not here: a phrase that says why.
    Untried(String),
}

/// One way on which messages are delivered.
#[derive(Clone, Debug)]
pub(super) struct Route<'a> {
    /// For people, and one of a kind.
    pub(super) subject: String,
    /// The resources that take part, the one to blame first.
    addresses: Vec<Address>,
    pub(super) way: Way<'a>,
}

impl Route<'_> {
    /// The same for the runner.
    pub(super) fn trial(&self, is_exclusive: bool) -> Trial {
        let queue = match &self.way {
            Way::Published(link) => Some(link.queue),
            Way::Told(told) => Some(told.queue),
            Way::Sent(queue) => Some(*queue),
            Way::Untried(_) => None,
        };
        // An ear holds nothing back.
        let delay = queue.filter(|_| is_exclusive).map(queue::delay).unwrap_or_default();
        Trial {
            subject: self.subject.clone(),
            addresses: self.addresses.clone(),
            delay,
            ..Trial::default()
        }
    }
}

/// Every route of a scene. Those that the claim's round trip takes are its own,
/// and so is with `--exclusive` the way of dead letters.
pub(super) fn routes(scene: &Scene, is_exclusive: bool) -> Vec<Route<'_>> {
    let mut routes: Vec<Route<'_>> =
        scene.of_kind("s3_bucket_notification").flat_map(|it| told(scene, it)).collect();
    for subscription in scene.of_kind("sns_subscription") {
        routes.extend(published(scene, subscription));
        routes.extend(undelivered(scene, subscription));
    }
    routes.extend(scene.of_kind("sqs_queue").filter_map(|queue| sent(scene, queue, is_exclusive)));
    if !is_exclusive {
        for route in &mut routes {
            if matches!(route.way, Way::Told(_) | Way::Sent(_)) {
                route.way = Way::Untried(OTHERS_READ.into());
            }
        }
    }
    routes
}

/// Whom a bucket tells.
fn told<'a>(scene: &'a Scene, notification: &'a Exhibit) -> Vec<Route<'a>> {
    let name = notification.text("bucket").unwrap_or_default();
    let bucket = scene.named("s3_bucket", name);
    let source = shown(bucket, name);
    let route = |target: &str, taking: Option<&Exhibit>, way| Route {
        subject: format!("{source} -> {target}"),
        addresses: addresses([Some(notification), taking, bucket]),
        way,
    };
    let entries = |list: &str, field: &'static str| {
        let entries = notification.document.get(list).and_then(Value::as_array);
        let entries = entries.into_iter().flatten();
        entries.filter_map(move |entry| Some((entry, entry.get(field)?.as_str()?)))
    };
    let queues = entries("queue", "queue_arn").map(|(entry, arn)| {
        let queue = scene.named("sqs_queue", arn);
        let way = match (bucket, queue, upload(entry)) {
            (None, _, _) => not_ours("bucket"),
            (_, None, _) => not_ours("queue"),
            (_, _, None) => untold(),
            (Some(bucket), Some(queue), Some(_)) => {
                Way::Told(Told { bucket, notification, entry, queue })
            }
        };
        route(&shown(queue, arn), queue, way)
    });
    let topics = entries("topic", "topic_arn").filter_map(|(entry, arn)| {
        let topic = scene.named("sns_topic", arn);
        let is_tried = paths(scene).iter().any(|path| {
            Some(&path.bucket.address) == bucket.map(|it| &it.address)
                && Some(&path.topic.address) == topic.map(|it| &it.address)
        });
        let way = match (topic, upload(entry)) {
            (None, _) => not_ours("topic"),
            (_, None) => untold(),
            (Some(_), Some(_)) => Way::Untried("no queue of the stack hears the topic".into()),
        };
        (!is_tried).then(|| route(&shown(topic, arn), topic, way))
    });
    let functions = entries("lambda_function", "lambda_function_arn")
        .map(|(_, arn)| route(&document::shown(arn), None, unseen("a function")));
    let bus = notification.document.get("eventbridge") == Some(&Value::Bool(true));
    let bus = bus.then(|| route("EventBridge", None, unseen("an event bus")));
    queues.chain(topics).chain(functions).chain(bus).collect()
}

/// What a topic hands on to a subscriber, unless a claim's round trip tries it.
fn published<'a>(scene: &'a Scene, subscription: &'a Exhibit) -> Option<Route<'a>> {
    let text = |field| subscription.text(field).unwrap_or_default();
    let (topic_arn, endpoint) = (text("topic_arn"), text("endpoint"));
    let topic = scene.named("sns_topic", topic_arn);
    let queue = scene.named("sqs_queue", endpoint);
    let is_tried = paths(scene).iter().any(|path| {
        path.notification.is_some()
            && path.subscription.is_some_and(|it| it.address == subscription.address)
    });
    let way = match (text("protocol"), topic, queue) {
        ("sqs", Some(topic), Some(queue)) => Way::Published(Link { topic, subscription, queue }),
        ("sqs", None, _) => not_ours("topic"),
        ("sqs", _, None) => not_ours("queue"),
        (other, _, _) => unseen(&format!("a subscriber by {other}")),
    };
    (!is_tried).then(|| Route {
        subject: format!("{} -> {}", shown(topic, topic_arn), shown(queue, endpoint)),
        addresses: addresses([Some(subscription), queue, topic]),
        way,
    })
}

/// Where a topic's messages go that could not be delivered.
fn undelivered<'a>(scene: &'a Scene, subscription: &'a Exhibit) -> Option<Route<'a>> {
    let arn = subscription.document.get("redrive_policy")?.get("dead_letter_queue")?.as_str()?;
    let queue = scene.named("sqs_queue", arn);
    let why = "SNS sets aside only what it cannot deliver, and nothing is broken to see that";
    Some(Route {
        subject: format!("{} -> {}", subscription.address, shown(queue, arn)),
        addresses: addresses([Some(subscription), queue, None]),
        way: Way::Untried(why.into()),
    })
}

/// Queues that only who sends to them feeds, and the way of dead letters.
fn sent<'a>(scene: &'a Scene, queue: &'a Exhibit, is_exclusive: bool) -> Option<Route<'a>> {
    let dead_letters = |it: &'a Exhibit| {
        it.document.get("redrive_policy").and_then(|it| it.get("dead_letter_queue")?.as_str())
    };
    if let Some(arn) = dead_letters(queue) {
        let target = scene.named("sqs_queue", arn);
        return (!is_exclusive).then(|| Route {
            subject: format!("{} -> {}", queue.address, shown(target, arn)),
            addresses: addresses([Some(queue), target, None]),
            way: Way::Untried(OTHERS_READ.into()),
        });
    }
    let arn = queue.fact("arn");
    let takes_dead_letters = |kind| scene.of_kind(kind).any(|it| dead_letters(it) == Some(arn));
    let is_subscribed =
        || scene.of_kind("sns_subscription").any(|it| it.text("endpoint") == Some(arn));
    let is_told = || {
        let told = |it: &Exhibit| it.document.get("queue").is_some_and(|it| names(it, arn));
        scene.of_kind("s3_bucket_notification").any(told)
    };
    let is_fed = takes_dead_letters("sqs_queue")
        || takes_dead_letters("sns_subscription")
        || is_subscribed()
        || is_told();
    (!is_fed).then(|| Route {
        subject: queue.address.to_string(),
        addresses: addresses([Some(queue), None, None]),
        way: Way::Sent(queue),
    })
}

fn names(entries: &Value, arn: &str) -> bool {
    let entries = entries.as_array().into_iter().flatten();
    entries.into_iter().any(|entry| entry.get("queue_arn").and_then(Value::as_str) == Some(arn))
}

fn not_ours(what: &str) -> Way<'static> {
    Way::Untried(format!("the {what} is not of this stack"))
}

fn untold() -> Way<'static> {
    Way::Untried("no object that is put makes such an event".into())
}

fn unseen(whom: &str) -> Way<'static> {
    Way::Untried(format!("nobody can see from here what {whom} gets"))
}

fn shown(exhibit: Option<&Exhibit>, value: &str) -> String {
    exhibit.map_or_else(|| document::shown(value), |exhibit| exhibit.address.to_string())
}

fn addresses(exhibits: [Option<&Exhibit>; 3]) -> Vec<Address> {
    exhibits.into_iter().flatten().map(|exhibit| exhibit.address.clone()).collect()
}

impl Told<'_> {
    /// A key that the notification lets through.
    pub(super) fn key(&self, name: &str) -> String {
        let filter = |field: &str| {
            let filter = self.entry.get(field).and_then(Value::as_str);
            filter.map(super::event::decoded).unwrap_or_default()
        };
        format!("{}{name}{}", filter("filter_prefix"), filter("filter_suffix"))
    }

    /// How the notification wants objects to be put.
    pub(super) fn upload(&self) -> Upload {
        upload(self.entry).unwrap_or(Upload::Either)
    }
}
