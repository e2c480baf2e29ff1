//! `delivery`: what is sent arrives, on every way that a stack declares; or the
//! report says why a way was not tried.
//!
//! Beside traffic a message to a topic is awaited on an [`ear`](super::ear).
//! With `--exclusive` it is awaited on the queue itself, and so is what a
//! bucket tells a queue, and what is sent to a queue that nothing else feeds.
//! What a subscription must keep back is seen with `--exclusive` alone: SNS may
//! take a quarter of an hour until a new filter works, and an ear's is new.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sns::types::MessageAttributeValue;
use serde_json::Value;
use tokio::time::Instant;

use super::bench::{Bench, Rubbish};
use super::claim_roundtrip;
use super::ear::Ear;
use super::inbox::{self, Inbox, Readers};
use super::letter::{Letter, run_of};
use super::link::Link;
use super::mark::Mark;
use super::messages::{self, Message, Whose};
use super::parcel::{Parcel, unwrapped};
use super::path::admits;
use super::payload::{self, Encryption, Object, Payload};
use super::queue;
use super::route::{Route, Told, Way, routes};
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path as Field, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "delivery",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "What is published to a topic arrives in the queues that subscribe to it, what their filters stop does \
              not; a bucket's events, and what is sent, arrive in their queue. Ways that cannot be tried are named.",
    risk: "Messages are dropped, or reach whom they are not for; no call fails, so no alarm rings.",
    remedy: "Follow the hint to the link that is broken, and bring it back with `ccprov apply`.",
};

/// How long the first try on an ear may take: a subscription that was made a
/// moment ago may miss a message.
const FIRST_TRY: Duration = Duration::from_secs(2);
/// How long what a filter must stop is looked for, once what was published
/// after it is there. SNS keeps no order, but is rarely so far apart.
const STRAGGLERS: Duration = Duration::from_secs(1);
/// For the calls that make and remove what is needed.
const CALLS: Duration = Duration::from_mins(1);

/// Bytes of an object by which its event is told from a forged one: as long as a
/// SHA-256.
const SECRET: u64 = 32;

pub(super) struct Delivery(pub(super) Bench);

#[async_trait]
impl Behaviour for Delivery {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        let is_exclusive = self.0.options().exclusive;
        routes(scene, is_exclusive).iter().map(|route| route.trial(is_exclusive)).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let is_exclusive = self.0.options().exclusive;
        let routes = routes(scene, is_exclusive);
        let route = routes.into_iter().find(|route| route.subject == trial.subject);
        let Some(Route { way, .. }) = route else { return Ok(Vec::new()) };
        let mark = Mark::new(self.deadline() + trial.delay);
        let patience = watch.patience(self.0.options().patience) + trial.delay;
        let round = Round { bench: &self.0, scene, mark: &mark, watch, patience };
        if let Way::Untried(why) = way {
            watch.sees_nothing(why);
            return Ok(Vec::new());
        }
        let _turn = if is_exclusive { Some(watch.in_line(self.0.turn()).await) } else { None };
        self.0.tidily(&mark, Box::pin(round.go(way))).await
    }

    fn deadline(&self) -> Duration {
        self.0.options().patience + CALLS
    }
}

/// One message on its way.
struct Round<'a> {
    bench: &'a Bench,
    scene: &'a Scene,
    mark: &'a Mark,
    watch: &'a Watch,
    patience: Duration,
}

impl Round<'_> {
    async fn go(&self, way: Way<'_>) -> Answer<Vec<Finding>> {
        match way {
            Way::Published(link) => self.publish(&link).await,
            Way::Told(told) => self.tell(&told).await,
            Way::Sent(queue) => self.send(queue).await,
            Way::Untried(_) => Ok(Vec::new()),
        }
    }

    async fn publish(&self, link: &Link<'_>) -> Answer<Vec<Finding>> {
        let (stack, is_exclusive) = (&self.scene.stack, self.bench.options().exclusive);
        let Some(taken) = Parcel::taken_by(link, stack, self.mark) else {
            self.watch.sees_nothing("no message is known that its filter lets through");
            return Ok(Vec::new());
        };
        if is_exclusive {
            self.on_the_queue(link, &taken).await
        } else {
            self.on_an_ear(link, &taken).await
        }
    }

    async fn on_an_ear(&self, link: &Link<'_>, taken: &Parcel) -> Answer<Vec<Finding>> {
        let (bench, session) = (self.bench, self.bench.session());
        let ear = Ear::new(self.scene, link, self.mark);
        bench.note(self.mark, Rubbish::Ear(ear.clone()));
        ear.create(session, link).await?;
        let ear = ear.subscribe(session, self.scene, link, None).await?;
        bench.note(self.mark, Rubbish::Ear(ear.clone()));
        let inbox = self.inbox(&ear.url, Readers::We);
        let awaited = format!("our message on an ear beside {}", link.queue.address);
        self.watch.awaits(&awaited);
        let whose = |message: &Message| whose(message, taken);
        let first = FIRST_TRY.min(self.patience / 2);
        self.hand_in(link, taken).await?;
        let mut found = inbox.wait(Instant::now() + first, whose).await?;
        if found.is_none() {
            self.hand_in(link, taken).await?;
            let rest = self.patience.saturating_sub(first);
            found = inbox.wait(Instant::now() + rest, whose).await?;
        }
        Ok(match found {
            Some((_, is_wrapped)) => self.judge(link, is_wrapped).into_iter().collect(),
            None => vec![self.nothing_came(link, &awaited)],
        })
    }

    async fn on_the_queue(&self, link: &Link<'_>, taken: &Parcel) -> Answer<Vec<Finding>> {
        let (session, queue) = (self.bench.session(), link.queue);
        let (url, tries) = (queue.fact("url"), queue::tries(queue));
        inbox::check_others_are_safe(session, url, tries).await?;
        self.note_letters(link, taken);
        let inbox = self.inbox(url, Readers::Others(tries));
        let stopped = Parcel::stopped_by(link, &self.scene.stack, self.mark);
        let leaked = AtomicBool::new(false);
        let whose = |message: &Message| {
            if stopped.as_ref().is_some_and(|it| unwrapped(&message.body).text == it.text) {
                leaked.store(true, Ordering::Relaxed);
            }
            whose(message, taken)
        };
        let awaited = format!("our message on {}", queue.address);
        self.watch.awaits(&awaited);
        if let Some(stopped) = &stopped {
            self.hand_in(link, stopped).await?;
        }
        self.hand_in(link, taken).await?;
        let mut findings = Vec::new();
        match inbox.wait(Instant::now() + self.patience, whose).await? {
            Some((message, is_wrapped)) => {
                messages::delete(session, std::slice::from_ref(&message.held)).await?;
                findings.extend(self.judge(link, is_wrapped));
                if stopped.is_some() {
                    let _a_copy = inbox.look(STRAGGLERS, whose).await?;
                }
            }
            None => findings.push(self.nothing_came(link, &awaited)),
        }
        findings.extend(leaked.into_inner().then(|| leak(link)));
        Ok(findings)
    }

    /// Every queue of the stack that hears the topic may get a copy.
    fn note_letters(&self, link: &Link<'_>, taken: &Parcel) {
        let topic = link.topic.fact("arn");
        let of_topic = self.scene.of_kind("sns_subscription");
        let of_topic = of_topic.filter(|it| it.text("topic_arn") == Some(topic));
        for queue in of_topic.filter_map(|it| self.scene.named("sqs_queue", it.text("endpoint")?)) {
            let letter = Letter::to(&[queue], self.mark, taken.text.clone());
            self.bench.note(self.mark, Rubbish::Letter(letter));
        }
    }

    async fn hand_in(&self, link: &Link<'_>, parcel: &Parcel) -> Answer<()> {
        let arn = link.topic.fact("arn");
        let mut call =
            self.bench.session().clients.sns.publish().topic_arn(arn).message(&parcel.text);
        for (name, value) in &parcel.attributes {
            let value = match value {
                Value::String(text) => ("String", text.clone()),
                Value::Number(number) => ("Number", number.to_string()),
                other => ("String.Array", format!("[{other}]")),
            };
            let attribute =
                MessageAttributeValue::builder().data_type(value.0).string_value(value.1);
            if let Ok(attribute) = attribute.build() {
                call = call.message_attributes(name, attribute);
            }
        }
        if link.topic.document.get("fifo_topic") == Some(&Value::Bool(true)) {
            let number = format!("{}-{:x}", self.mark.as_str(), fastrand::u64(..));
            call = call.message_group_id(self.mark.as_str()).message_deduplication_id(number);
        }
        call.send().await.attempting("sns:Publish", || format!("publish a message to {arn}"))?;
        Ok(())
    }

    async fn tell(&self, told: &Told<'_>) -> Answer<Vec<Finding>> {
        let (session, queue) = (self.bench.session(), told.queue);
        let (url, tries) = (queue.fact("url"), queue::tries(queue));
        inbox::check_others_are_safe(session, url, tries).await?;
        // What the event tells of is not asked for: a few bytes that nobody guesses will do.
        let payload = Payload { seed: fastrand::u64(..), size: SECRET };
        let key = told.key(&self.mark.object_name());
        let mut object = Object::new(told.bucket, &self.scene.place.account, key);
        object.in_parts = payload.goes_in_parts(told.upload());
        self.bench.note(self.mark, Rubbish::Object(object.clone()));
        let put = payload::put(session, &object, payload, &Encryption::of(told.bucket)).await?;
        let awaited = format!("our event on {}", queue.address);
        self.watch.awaits(&awaited);
        let inbox = self.inbox(url, Readers::Others(tries));
        let whose = |message: &Message| {
            claim_roundtrip::whose(message, &object, std::slice::from_ref(&put))
        };
        let Some((message, event)) = inbox.wait(Instant::now() + self.patience, whose).await?
        else {
            let (bucket, seconds) = (&told.bucket.address, self.patience.as_secs());
            let what =
                format!("{bucket} took an object, but {awaited} did not come in {seconds} s");
            return Ok(vec![if admits(queue, told.bucket.fact("arn")) {
                Finding::new(&told.notification.address, what)
            } else {
                let hint = format!("its policy does not let {bucket} send");
                Finding::new(&queue.address, what).at(Field::field("policy")).hint(hint)
            }]);
        };
        messages::delete(session, std::slice::from_ref(&message.held)).await?;
        self.watch.saw(format!("{} of {}", event.name, event.key));
        Ok(Vec::new())
    }

    async fn send(&self, queue: &Exhibit) -> Answer<Vec<Finding>> {
        let (session, url) = (self.bench.session(), queue.fact("url"));
        let letter = Letter::to(&[queue], self.mark, Letter::body(&self.scene.stack, self.mark));
        self.bench.note(self.mark, Rubbish::Letter(letter.clone()));
        letter.send(session).await?;
        let awaited = format!("our message on {}", queue.address);
        self.watch.awaits(&awaited);
        let inbox = self.inbox(url, Readers::Others(None));
        let until = Instant::now() + self.patience;
        let Some((message, ())) = inbox.wait(until, |it| letter.whose(it)).await? else {
            let message = format!("{awaited} did not come in {} s", self.patience.as_secs());
            let hint = "whoever else reads it may have taken it: with --exclusive nobody may";
            return Ok(vec![Finding::new(&queue.address, message).hint(hint)]);
        };
        messages::delete(session, std::slice::from_ref(&message.held)).await?;
        self.bench.forget(self.mark, &Rubbish::Letter(letter));
        Ok(Vec::new())
    }

    fn inbox<'a>(&'a self, url: &'a str, readers: Readers) -> Inbox<'a> {
        let Self { bench, mark, watch, .. } = *self;
        Inbox { bench, mark, watch, url, readers }
    }

    /// What is wrong with a message that came.
    fn judge(&self, link: &Link<'_>, is_wrapped: bool) -> Option<Finding> {
        if is_wrapped == link.is_raw() {
            let (came, meant) = if is_wrapped { ("wrapped", "raw") } else { ("raw", "wrapped") };
            let finding = Finding::new(
                &link.subscription.address,
                format!("a message came {came}, not {meant}"),
            );
            return Some(finding.at(Field::field("raw_message_delivery")));
        }
        self.watch.saw("our message, unchanged");
        None
    }

    /// The likeliest reason that the documents show, and whose it is.
    fn nothing_came(&self, link: &Link<'_>, awaited: &str) -> Finding {
        let (topic, seconds) = (&link.topic.address, self.patience.as_secs());
        let message = format!("{topic} took a message, but {awaited} did not come in {seconds} s");
        if !admits(link.queue, link.topic.fact("arn")) {
            let hint = format!("its policy does not let {topic} send");
            return Finding::new(&link.queue.address, message)
                .at(Field::field("policy"))
                .hint(hint);
        }
        let finding = Finding::new(&link.subscription.address, message);
        if link.filter().is_some() {
            let hint = "its filter may be another one by now; `ccprov apply` brings it back";
            return finding.at(Field::field("filter_policy")).hint(hint);
        }
        finding.hint("see what `delivery_path` says, and whether somebody else reads the queue")
    }
}

/// A message came that must not.
fn leak(link: &Link<'_>) -> Finding {
    let message = format!("{} got a message that the filter must stop", link.queue.address);
    let hint = "SNS may take 15 minutes until a filter works; if it is older, `ccprov apply` brings \
                it back";
    let finding = Finding::new(&link.subscription.address, message);
    finding.at(Field::field("filter_policy")).hint(hint)
}

/// Whose a message is, and whether it is wrapped: ours alone has our text, to
/// the last byte.
fn whose(message: &Message, taken: &Parcel) -> Whose<bool> {
    let came = unwrapped(&message.body);
    if came.text == taken.text {
        Whose::Ours(came.is_wrapped)
    } else if run_of(&message.body).is_some() {
        Whose::LeftBehind
    } else {
        Whose::Theirs
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::behaviours::mark::MARK;

    #[test]
    fn who_knows_the_mark_forges_no_message() {
        let mark = Mark::new(Duration::from_mins(1));
        let body = |secret: &str| {
            json!({ MARK: { "stack": "dev", "run": mark.as_str(), "secret": secret } }).to_string()
        };
        let ours = Parcel { text: body("ours"), attributes: serde_json::Map::new() };
        let told = |text: &str| whose(&Message::of(text), &ours);
        assert!(matches!(told(&ours.text), Whose::Ours(false)));
        let wrapped = json!({ "Type": "Notification", "TopicArn": "t", "Message": ours.text });
        assert!(matches!(told(&wrapped.to_string()), Whose::Ours(true)));
        assert!(matches!(told(&body("guessed")), Whose::LeftBehind));
        assert!(matches!(told("hello"), Whose::Theirs));
    }
}
