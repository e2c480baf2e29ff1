//! The ear: a queue of ours beside a queue of the stack, so that nobody's
//! messages are touched.
//!
//! It is a twin: the same key, the same policy with its own name in it, a
//! subscription with the same form and filter. What keeps messages from the
//! queue keeps them from its ear, too.
//!
//! It carries the stack's owner tags, so that `destroy` removes it with
//! everything else, and an address that no stack file can declare, so that
//! `plan` and `apply` leave it alone. A run that was killed leaves it; the next
//! run removes it as soon as the time is over that its name grants it, by the
//! clock of AWS.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::link::Link;
use super::mark::{Mark, lifetime};
use super::queue::url_of;
use super::target;
use crate::aws::client::Session;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::names::ear_prefix;
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::{Address, ErrorClass, Exhibit, Owner, Scene};
use crate::verify::matches;

/// How the name of a FIFO queue ends.
const FIFO: &str = ".fifo";
/// A minute, the shortest that SQS takes: copies of events are of no use later.
const RETENTION: &str = "60";
/// Longer than the retention: a message that was seen is not seen again.
const VISIBILITY: &str = "120";

/// A queue of ours and its subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ear {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) arn: String,
    topic: String,
    owner: Owner,
    /// Once it is known.
    subscription: Option<String>,
}

impl Ear {
    /// An ear that is to be made. Marks make its name one of a kind: SQS
    /// refuses names of queues that were deleted less than a minute ago.
    pub(super) fn new(scene: &Scene, link: &Link<'_>, mark: &Mark) -> Self {
        Self::of(scene, link.topic, mark, if is_fifo(link) { FIFO } else { "" })
    }

    /// One that is beside no queue of the stack, and hears all that a topic tells.
    pub(super) fn hearing(scene: &Scene, topic: &Exhibit, mark: &Mark) -> Self {
        Self::of(scene, topic, mark, "")
    }

    fn of(scene: &Scene, topic: &Exhibit, mark: &Mark, end: &str) -> Self {
        // 40 characters are the most that a stack's name has, 80 the most of a queue's.
        let name = format!("{}{}{end}", ear_prefix(&scene.stack), mark.as_str());
        let address = Address::passing(&format!("verify.{}", mark.as_str()));
        Self {
            owner: Owner::new(&scene.stack, address),
            url: url_of(&scene.place, &name),
            arn: scene.place.arn("sqs", &name),
            topic: topic.fact("arn").to_owned(),
            subscription: None,
            name,
        }
    }

    /// Makes the queue.
    pub(super) async fn create(&self, session: &Session, link: &Link<'_>) -> Answer<()> {
        let (queue, mut attributes) = (link.queue, HashMap::new());
        if is_fifo(link) {
            attributes.insert(Name::FifoQueue, true.to_string());
        }
        if let Some(key) = queue.text("kms_master_key_id") {
            attributes.insert(Name::KmsMasterKeyId, key.to_owned());
        }
        if let Some(policy) = queue.document.get("policy").filter(|policy| policy.is_object()) {
            let policy = policy_for(policy, queue.fact("arn"), &self.arn);
            attributes.insert(Name::Policy, policy.to_string());
        }
        self.make(session, attributes).await
    }

    /// Makes the queue of one that [hears](Self::hearing) a topic.
    pub(super) async fn create_hearing(&self, session: &Session) -> Answer<()> {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "sns.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": self.arn,
                "Condition": { "ArnEquals": { "aws:SourceArn": self.topic } }
            }]
        });
        self.make(session, HashMap::from([(Name::Policy, policy.to_string())])).await
    }

    async fn make(&self, session: &Session, mut attributes: HashMap<Name, String>) -> Answer<()> {
        attributes.insert(Name::MessageRetentionPeriod, RETENTION.to_owned());
        attributes.insert(Name::VisibilityTimeout, VISIBILITY.to_owned());
        let tags = Tags::default().with_owner(&self.owner).into_iter().collect();
        let call = session.clients.sqs.create_queue().queue_name(&self.name);
        let answer = call.set_attributes(Some(attributes)).set_tags(Some(tags)).send().await;
        answer.attempting("sqs:CreateQueue", || format!("create the ear {}", self.name))?;
        Ok(())
    }

    /// Has the topic tell it of what the queue is told of; where SNS can and
    /// takes more filters, of one key alone, if there is one.
    pub(super) async fn subscribe(
        mut self,
        session: &Session,
        scene: &Scene,
        link: &Link<'_>,
        key: Option<&str>,
    ) -> Answer<Self> {
        let raw = link.is_raw().to_string();
        let plain = HashMap::from([("RawMessageDelivery".to_owned(), raw)]);
        let filtered = |filter: &Value, scope: &str| {
            let mut attributes = plain.clone();
            attributes.insert("FilterPolicyScope".to_owned(), scope.to_owned());
            attributes.insert("FilterPolicy".to_owned(), filter.to_string());
            attributes
        };
        let scope = link.subscription.text("filter_policy_scope");
        self.subscription = match (link.filter(), key) {
            (Some(filter), _) => {
                let scope = scope.unwrap_or("MessageAttributes");
                self.ask_for(session, filtered(filter, scope)).await?
            }
            (None, Some(key)) if target::may_filter(&scene.place) => {
                let ours = filtered(&filter_of(key), "MessageBody");
                match self.ask_for(session, ours).await {
                    // A topic takes no more than 200 filters.
                    Err(error) if error.class == ErrorClass::Quota => {
                        self.ask_for(session, plain).await?
                    }
                    answer => answer?,
                }
            }
            (None, _) => self.ask_for(session, plain).await?,
        };
        Ok(self)
    }

    /// Has the topic tell it of everything.
    pub(super) async fn hear(mut self, session: &Session) -> Answer<Self> {
        self.subscription = self.ask_for(session, HashMap::new()).await?;
        Ok(self)
    }

    /// Removes what killed runs left beside it: it was made just now, which is what
    /// AWS's clock says of it.
    pub(super) async fn sweep_others(&self, session: &Session, scene: &Scene) -> Answer<()> {
        match born(session, &self.url).await? {
            Some(now) => sweep(session, scene, &self.topic, now).await,
            None => Ok(()),
        }
    }

    /// Has the topic tell it of everything that the queue is told of.
    pub(super) async fn take_everything(&self, session: &Session, link: &Link<'_>) -> Answer<()> {
        let (None, Some(arn)) = (link.filter(), &self.subscription) else { return Ok(()) };
        let set = session.clients.sns.set_subscription_attributes().subscription_arn(arn);
        let answer = set.attribute_name("FilterPolicy").attribute_value("{}").send().await;
        answer.attempting("sns:SetSubscriptionAttributes", || {
            format!("take the filter from the ear {}", self.name)
        })?;
        Ok(())
    }

    async fn ask_for(
        &self,
        session: &Session,
        attributes: HashMap<String, String>,
    ) -> Answer<Option<String>> {
        let call = session.clients.sns.subscribe().topic_arn(&self.topic).protocol("sqs");
        let call = call.endpoint(&self.arn).set_attributes(Some(attributes));
        let answer = call.return_subscription_arn(true).send().await;
        let answer = answer.attempting("sns:Subscribe", || {
            format!("subscribe the ear {} to {}", self.name, self.topic)
        })?;
        Ok(answer.subscription_arn)
    }
}

/// Whether the queue is one, and so its twin.
fn is_fifo(link: &Link<'_>) -> bool {
    link.queue.fact("arn").ends_with(FIFO)
}

/// The policy of a queue, about its twin. Whatever speaks of the queue speaks
/// of the twin instead: by name, or with wildcards that its name happens to meet.
fn policy_for(policy: &Value, queue: &str, twin: &str) -> Value {
    match policy {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let speaks = matches!(name.as_str(), "Resource" | "NotResource");
                let value = if speaks {
                    resource_for(value, queue, twin)
                } else {
                    policy_for(value, queue, twin)
                };
                (name.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| policy_for(item, queue, twin)).collect(),
        Value::String(text) if text == queue => twin.into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => policy.clone(),
    }
}

fn resource_for(resource: &Value, queue: &str, twin: &str) -> Value {
    match resource {
        Value::String(pattern) if matches(pattern, queue) => twin.into(),
        Value::Array(items) => items.iter().map(|item| resource_for(item, queue, twin)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            resource.clone()
        }
    }
}

/// For how many seconds an ear of a stack may be needed; `None` if the name
/// is not that of one. `dev` is not the stack `dev-2`.
fn lifetime_of(stack: &str, name: &str) -> Option<i64> {
    lifetime(name.strip_prefix(&ear_prefix(stack))?)
}

/// Whether an endpoint is an ear of a stack, whoever made it.
pub(super) fn is_of(stack: &str, endpoint: &str) -> bool {
    let name = endpoint.rsplit(':').next().unwrap_or_default();
    lifetime_of(stack, name).is_some()
}

/// Events of keys that begin as ours does. SNS sees the key as S3 encodes it,
/// so it is compared no further than up to the first character that S3 could
/// encode; what comes through beyond that does no harm.
fn filter_of(key: &str) -> Value {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.".contains(letter);
    let end = key.find(|letter| !is_plain(letter)).unwrap_or(key.len());
    json!({ "Records": { "s3": { "object": { "key": [{ "prefix": &key[..end] }] } } } })
}

/// Removes an ear.
pub(super) async fn remove(session: &Session, ear: &Ear) -> Answer<()> {
    let subscriptions = match &ear.subscription {
        Some(arn) => vec![arn.clone()],
        // It was never heard whether there is one.
        None => subscribed(session, &ear.topic)
            .await?
            .into_iter()
            .filter(|(endpoint, _)| *endpoint == ear.arn)
            .map(|(_, arn)| arn)
            .collect(),
    };
    // First the subscription: without its queue it would look like a leftover.
    try_join_all(subscriptions.iter().map(|arn| unsubscribe(session, arn))).await?;
    delete(session, &ear.url).await
}

/// Removes the ears that killed runs of the same stack left, and their
/// subscriptions to a topic. `now` in seconds.
pub(super) async fn sweep(session: &Session, scene: &Scene, topic: &str, now: i64) -> Answer<()> {
    let call = session.clients.sqs.list_queues().queue_name_prefix(ear_prefix(&scene.stack));
    let answer = call.send().await.attempting("sqs:ListQueues", || "look for old ears".into())?;
    let names = answer.queue_urls().iter().filter_map(|url| url.rsplit('/').next());
    let ears = names.filter_map(|name| Some((name, lifetime_of(&scene.stack, name)?)));
    let looks = ears.map(|(name, lasts)| async move {
        let url = url_of(&scene.place, name);
        let is_left = born(session, &url).await?.is_none_or(|at| at + lasts <= now);
        if is_left {
            delete(session, &url).await?;
        }
        Ok((!is_left).then(|| scene.place.arn("sqs", name)))
    });
    let alive: Vec<String> = try_join_all(looks).await?.into_iter().flatten().collect();
    let is_left = |endpoint: &String| {
        let name = endpoint.rsplit(':').next().unwrap_or_default();
        lifetime_of(&scene.stack, name).is_some() && !alive.contains(endpoint)
    };
    let subscribed = subscribed(session, topic).await?;
    let left = subscribed.iter().filter(|(endpoint, _)| is_left(endpoint));
    try_join_all(left.map(|(_, arn)| unsubscribe(session, arn))).await?;
    Ok(())
}

/// When a queue was made, in seconds; `None` if there is none.
async fn born(session: &Session, url: &str) -> Answer<Option<i64>> {
    let call = session.clients.sqs.get_queue_attributes().queue_url(url);
    let answer = call.attribute_names(Name::CreatedTimestamp).send().await;
    let answer = answer.attempting("sqs:GetQueueAttributes", || format!("look at {url}"));
    let made = answer.or_absent()?.and_then(|answer| answer.attributes);
    Ok(made.and_then(|made| made.get(&Name::CreatedTimestamp)?.parse().ok()))
}

/// Endpoint and ARN of every subscription of a topic.
async fn subscribed(session: &Session, topic: &str) -> Answer<Vec<(String, String)>> {
    let pages = session.clients.sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator();
    let all = pages.items().send().try_collect().await;
    let all =
        all.attempting("sns:ListSubscriptionsByTopic", || format!("look for old ears of {topic}"));
    let all = all.or_absent()?.unwrap_or_default();
    Ok(all.into_iter().filter_map(|it| Some((it.endpoint?, it.subscription_arn?))).collect())
}

async fn unsubscribe(session: &Session, arn: &str) -> Answer<()> {
    let answer = session.clients.sns.unsubscribe().subscription_arn(arn).send().await;
    answer
        .attempting("sns:Unsubscribe", || format!("remove the subscription {arn}"))
        .or_absent()?;
    Ok(())
}

async fn delete(session: &Session, url: &str) -> Answer<()> {
    let answer = session.clients.sqs.delete_queue().queue_url(url).send().await;
    answer.attempting("sqs:DeleteQueue", || format!("delete the ear {url}")).or_absent()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_twin_has_the_policy_of_its_queue() {
        let (queue, twin) = ("arn:aws:sqs:r:1:claims", "arn:aws:sqs:r:1:ccprov-probe");
        let check = |resource: Value, expected: Value| {
            let policy = |resource| json!({ "Statement": [{ "Sid": "A", "Resource": resource }] });
            assert_eq!(policy_for(&policy(resource), queue, twin), policy(expected));
        };
        check(json!(queue), json!(twin));
        check(json!("*"), json!(twin));
        check(json!("arn:aws:sqs:*:1:claim*"), json!(twin));
        check(json!(["arn:aws:sqs:r:1:other", "*:claims"]), json!(["arn:aws:sqs:r:1:other", twin]));
        let other =
            json!({ "Condition": { "ArnEquals": { "aws:SourceArn": "arn:aws:sns:*:*:t" } } });
        assert_eq!(policy_for(&other, queue, twin), other);
    }

    #[test]
    fn an_ear_is_known_by_its_name() {
        let mark = Mark::new(Duration::from_mins(1));
        let check = |name: &str, expected| assert_eq!(lifetime_of("dev", name), expected, "{name}");
        check(&format!("ccprov-probe-dev-{}", mark.as_str()), Some(120));
        check(&format!("ccprov-probe-dev-2-{}", mark.as_str()), None);
        check("ccprov-probe-dev-queue", None);
        check("claims", None);
    }

    #[test]
    fn a_filter_holds_nothing_that_s3_encodes() {
        let prefix =
            |key: &str| filter_of(key)["Records"]["s3"]["object"]["key"][0]["prefix"].clone();
        assert_eq!(prefix("in/ccprov-verify/0a.json"), "in/ccprov-verify/0a.json");
        assert_eq!(prefix("in box/ccprov-verify/0a"), "in");
        assert_eq!(prefix(" "), "");
    }
}
