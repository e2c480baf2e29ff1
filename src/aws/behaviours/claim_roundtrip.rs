//! `claim_roundtrip`: a payload that is put into a bucket can be claimed by
//! whoever reads the queue.
//!
//! By default nobody's messages are touched: the event is awaited on a
//! [`ear`](super::ear), a twin of the queue. With `--exclusive` it is
//! awaited on the queue itself. Either way an `s3:TestEvent` on the way is
//! known for what it is, and is no claim.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::bench::{Bench, Rubbish};
use super::ear::{self, Ear};
use super::event::{self, Content, ObjectEvent};
use super::inbox::{self, Inbox, Readers};
use super::letter::are_ours;
use super::mark::Mark;
use super::messages::{self, Message, Whose};
use super::path::{Wired, paths};
use super::payload::{self, Encryption, Fetched, Object, Payload, Receipt};
use super::queue;
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Finding, Level, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "claim_roundtrip",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "An object that is put into the bucket becomes an event on the queue's side of the \
              topic, and what the event names can be fetched, byte for byte.",
    risk: "Payloads arrive and nobody is told, or nobody can fetch what they were told of; no \
           call fails, so no alarm rings.",
    remedy: "Follow the hint to the link that is broken, and bring it back with `ccprov apply`.",
};

/// How long the first try on an ear may take. S3 tells of an object within a
/// second, mostly; a subscription that was made a moment ago may miss it, and
/// its filter may need a quarter of an hour to take effect, says SNS. The
/// second try has no filter, and all the time that there is.
const FIRST_TRY: Duration = Duration::from_secs(2);
/// No line that anybody works on is slower, in bytes per second.
const SLOWEST_LINE: u64 = 1024 * 1024;
/// For the calls that make and remove what is needed.
const CALLS: Duration = Duration::from_secs(30);

pub(super) struct ClaimRoundtrip(pub(super) Bench);

#[async_trait]
impl Behaviour for ClaimRoundtrip {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        let is_exclusive = self.0.options().exclusive;
        paths(scene).iter().map(|path| path.trial(scene, is_exclusive)).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let paths = paths(scene);
        let Some(path) = paths.iter().find(|path| path.subject() == trial.subject) else {
            return Ok(Vec::new());
        };
        let wired = match path.wired() {
            Ok(wired) => wired,
            Err(findings) => return Ok(findings),
        };
        let mark = Mark::new(self.deadline() + trial.delay);
        let patience = watch.patience(self.0.options().patience) + trial.delay;
        let round = Round { bench: &self.0, scene, wired: &wired, mark: &mark, watch, patience };
        if self.0.options().exclusive {
            let _turn = watch.in_line(self.0.turn()).await;
            return self.0.tidily(&mark, Box::pin(round.on_the_queue())).await;
        }
        self.0.tidily(&mark, Box::pin(round.on_an_ear())).await
    }

    fn deadline(&self) -> Duration {
        let options = self.0.options();
        // Two uploads and one download.
        let transfers = 3 * Duration::from_secs(options.payload_bytes / SLOWEST_LINE);
        options.patience + transfers + CALLS
    }
}

/// One round from the bucket to the queue and back.
struct Round<'a> {
    bench: &'a Bench,
    scene: &'a Scene,
    wired: &'a Wired<'a>,
    mark: &'a Mark,
    watch: &'a Watch,
    patience: Duration,
}

impl Round<'_> {
    async fn on_the_queue(&self) -> Answer<Vec<Finding>> {
        let queue = self.wired.queue;
        let (url, tries) = (queue.fact("url"), queue::tries(queue));
        inbox::check_others_are_safe(self.bench.session(), url, tries).await?;
        let inbox = self.inbox(url, Readers::Others(tries));
        let (object, payload) = self.payload();
        let awaited = format!("our event on {}", queue.address);
        let (digest, put) = self.put(&object, payload).await?;
        let found = self.wait(&inbox, (&object, &[put]), &awaited, self.patience).await?;
        let Some((message, event)) = found else {
            self.sweep(&object).await;
            return Ok(vec![self.no_event(&awaited)]);
        };
        self.judge(&message, &event, &object, &Fetched { size: payload.size, digest }).await
    }

    async fn on_an_ear(&self) -> Answer<Vec<Finding>> {
        let (session, wired) = (self.bench.session(), self.wired);
        let link = &wired.link();
        let (object, payload) = self.payload();
        let ear = Ear::new(self.scene, link, self.mark);
        self.bench.note(self.mark, Rubbish::Ear(ear.clone()));
        ear.create(session, link).await?;
        let ear = ear.subscribe(session, self.scene, link, Some(&object.key)).await?;
        self.bench.note(self.mark, Rubbish::Ear(ear.clone()));
        let queue = &wired.queue.address;
        self.watch.saw(format!("an ear beside {queue}: {}", ear.name));
        let inbox = self.inbox(&ear.url, Readers::We);
        let awaited = format!("our event on an ear beside {queue}");
        let patience = self.patience;
        let first = FIRST_TRY.min(patience / 2);
        let (digest, put) = self.put(&object, payload).await?;
        let mut puts = vec![put];
        let mut found = self.wait(&inbox, (&object, &puts), &awaited, first).await?;
        if found.is_none() {
            ear.take_everything(session, link).await?;
            puts.push(self.put(&object, payload).await?.1);
            let rest = patience.saturating_sub(first);
            found = self.wait(&inbox, (&object, &puts), &awaited, rest).await?;
        }
        let Some((message, event)) = found else {
            self.sweep(&object).await;
            return Ok(vec![self.no_event(&awaited)]);
        };
        self.judge(&message, &event, &object, &Fetched { size: payload.size, digest }).await
    }

    fn inbox<'a>(&'a self, url: &'a str, readers: Readers) -> Inbox<'a> {
        let Self { bench, mark, watch, .. } = *self;
        Inbox { bench, mark, watch, url, readers }
    }

    /// What to put, and where.
    fn payload(&self) -> (Object, Payload) {
        let size = self.bench.options().payload_bytes;
        let payload = Payload { seed: fastrand::u64(..), size };
        let key = self.wired.key(&self.mark.object_name());
        let mut object = Object::new(self.wired.bucket, &self.scene.place.account, key);
        object.in_parts = payload.goes_in_parts(self.wired.upload());
        (object, payload)
    }

    /// Answers the payload's SHA-256, which is taken while the event is under way,
    /// and what S3 answered.
    async fn put(&self, object: &Object, payload: Payload) -> Answer<(String, Receipt)> {
        let bucket = self.wired.bucket;
        self.watch.awaits(format!("{} to take {} bytes", bucket.address, payload.size));
        self.bench.note(self.mark, Rubbish::Object(object.clone()));
        let encryption = Encryption::of(bucket);
        let put = payload::put(self.bench.session(), object, payload, &encryption).await?;
        Ok((payload.digest(), put))
    }

    async fn wait(
        &self,
        inbox: &Inbox<'_>,
        (object, puts): (&Object, &[Receipt]),
        awaited: &str,
        at_most: Duration,
    ) -> Answer<Option<(Message, ObjectEvent)>> {
        self.watch.awaits(awaited);
        inbox.wait(Instant::now() + at_most, |message| whose(message, object, puts)).await
    }

    /// Compares what the event says, and what it names, with what was put.
    async fn judge(
        &self,
        message: &Message,
        event: &ObjectEvent,
        object: &Object,
        put: &Fetched,
    ) -> Answer<Vec<Finding>> {
        let (session, watch) = (self.bench.session(), self.watch);
        messages::delete(session, std::slice::from_ref(&message.held)).await?;
        watch.saw(format!("{} of {}", event.name, event.key));
        let mut findings = self.differences(event, object, put.size);
        let claim = (event.bucket.as_str(), event.key.as_str(), event.version.as_deref());
        let fetch = payload::fetch(session, &object.account, claim);
        let (fetched, ()) = futures::join!(fetch, self.sweep(object));
        let wrong = match fetched? {
            Some(fetched) if fetched == *put => {
                watch.saw(format!("{} bytes, the same SHA-256 {}", put.size, put.digest));
                None
            }
            Some(Fetched { size, digest }) => Some(format!(
                "the object that the event names is not what was put: {size} bytes of SHA-256 {digest}"
            )),
            None => Some(format!("the event names {}, which is not there", event.key)),
        };
        let bucket = &self.wired.bucket.address;
        findings.extend(wrong.map(|message| Finding::new(bucket, message)));
        Ok(findings)
    }

    fn differences(&self, event: &ObjectEvent, object: &Object, put: u64) -> Vec<Finding> {
        let notification = &self.wired.notification.address;
        let is_created = event.name.starts_with("ObjectCreated:");
        let name = (!is_created)
            .then(|| format!("the event says {}, though the object was created", event.name));
        let bucket = (event.bucket != object.bucket)
            .then(|| format!("the event names bucket {}, not {}", event.bucket, object.bucket));
        let size = event.size.filter(|size| *size != put);
        let size = size.map(|size| format!("the event says {size} bytes, not {put}"));
        let all = [name, bucket, size].into_iter().flatten();
        all.map(|message| Finding::new(notification, message)).collect()
    }

    fn no_event(&self, awaited: &str) -> Finding {
        let seconds = self.patience.as_secs();
        let bucket = &self.wired.bucket.address;
        let suspect = self.wired.suspect();
        let message = format!("{bucket} took an object, but {awaited} did not come in {seconds} s");
        Finding { message, ..suspect }
    }

    /// Removes what killed runs left. That it cannot is no fault of the stack.
    async fn sweep(&self, object: &Object) {
        let (session, topic) = (self.bench.session(), self.wired.topic.fact("arn"));
        let swept = async {
            match payload::sweep(session, object).await? {
                Some(now) => ear::sweep(session, self.scene, topic, now).await,
                None => Ok(()),
            }
        };
        if let Err(error) = swept.await {
            self.watch.saw(format!("what earlier runs left, if any, stays: {error}"));
        }
    }
}

/// Whose a message is, where an event of one of these puts of an object is
/// awaited. The key alone is no proof: names are seen by others.
pub(super) fn whose(message: &Message, object: &Object, puts: &[Receipt]) -> Whose<ObjectEvent> {
    match event::read(&message.body) {
        Content::TestEvent => Whose::Test,
        Content::Objects(events) => {
            let is_left = are_ours(&events);
            let is_of = |event: &ObjectEvent| puts.iter().any(|put| put.is_of(event));
            let mut events = events.into_iter();
            match events.find(|event| event.key == object.key && is_of(event)) {
                Some(event) => Whose::Ours(event),
                None if is_left => Whose::LeftBehind,
                None => Whose::Theirs,
            }
        }
        Content::Other => Whose::Theirs,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &str, expected: &str) {
        let object = Object {
            bucket: "b".into(),
            account: "123456789012".into(),
            key: "in/ccprov-verify/0123456789abcdef-1".into(),
            in_parts: false,
        };
        let message = Message::of(body);
        let put = Receipt { etag: Some("0f".into()), version: Some("v1".into()) };
        let found = match whose(&message, &object, &[put]) {
            Whose::Ours(_) => "ours",
            Whose::LeftBehind => "left behind",
            Whose::Test => "test",
            Whose::Theirs => "theirs",
        };
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn a_message_is_told_by_the_keys_that_it_names() {
        let of = |key: &str, more: serde_json::Value| {
            let mut object = json!({ "key": key });
            object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "Records": [{ "eventName": "ObjectCreated:Put",
                "s3": { "bucket": { "name": "b" }, "object": object } }] })
            .to_string()
        };
        let event = |key: &str| of(key, json!({ "eTag": "0f", "versionId": "v1" }));
        let ours = "in/ccprov-verify/0123456789abcdef-1";
        check(&event(ours), "ours");
        // Whoever sees the key can say that something happened to it.
        for forged in [
            json!({}),
            json!({ "versionId": "v1" }),
            json!({ "eTag": "0f" }),
            json!({ "eTag": "0e", "versionId": "v1" }),
            json!({ "eTag": "0f", "versionId": "v2" }),
        ] {
            check(&of(ours, forged), "left behind");
        }
        check(&event("in/ccprov-verify/fedcba9876543210-1"), "left behind");
        check(&event("in/claims.json"), "theirs");
        check(&event("in/ccprov-verify/claims.json"), "theirs");
        check(r#"{ "Event": "s3:TestEvent" }"#, "test");
        check("{ \"Records\": [] }", "theirs");
        check("hello", "theirs");
    }
}
