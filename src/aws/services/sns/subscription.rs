//! `sns_subscription`: who gets a topic's messages, and which.
//!
//! One `Subscribe` carries everything; later SNS takes one attribute a call.
//! AWS has no call that finds a subscription: a topic's listing is read once
//! and serves all of its subscriptions.

mod check;
mod grants;
mod wire;

use std::borrow::Cow;

use aws_sdk_sns::types::Subscription;
use futures::future::{try_join, try_join_all};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::wire::{Attribute, Attributes, attributes};
use super::topic as sns_topic;
use crate::aws::arn::Arn;
use crate::aws::delivery_policy::SubscriptionDelivery;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::filter_policy::FilterPolicy;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Ours, Seen, Wanted};
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{
    CloudError, Emptying, ErrorClass, Facts, Identity, Live, Naming, Parent, Place, Problem,
    Sought, Status,
};

pub(crate) struct SnsSubscription;

/// A subscription of one endpoint to one topic.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// ARN of the topic.
    #[schemars(length(min = 1))]
    topic_arn: String,
    /// How messages are delivered.
    protocol: Protocol,
    /// Whom to: the ARN of a queue, function, stream or mobile endpoint, a URL,
    /// an e-mail address, or a telephone number as `+15555550100`.
    #[schemars(length(min = 1))]
    endpoint: String,
    /// Deliver the message as it was published, not wrapped in JSON. For sqs,
    /// firehose, http and https. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_message_delivery: Option<bool>,
    /// Which messages to deliver. Left out: all.
    filter_policy: Option<FilterPolicy>,
    /// What the filter looks at. Only with `filter_policy`. Default: `MessageAttributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_policy_scope: Option<FilterPolicyScope>,
    /// Where messages go that could not be delivered.
    redrive_policy: Option<RedrivePolicy>,
    /// How to try again to reach the endpoint. For http and https. Left out: as
    /// the topic says.
    delivery_policy: Option<SubscriptionDelivery>,
    /// Role by which SNS writes to the stream. For firehose, which needs it.
    subscription_role_arn: Option<String>,
    /// Deliver once more what a FIFO topic with an `archive_policy` keeps. SNS
    /// begins whenever this changes. Left out: nothing is replayed.
    replay_policy: Option<ReplayPolicy>,
}

/// Which archived messages to deliver once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayPolicy {
    /// From this time on, in UTC: `2026-11-01T00:00:00.000Z`.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$"))]
    starting_point: String,
    /// Up to this time. Left out: up to now, and then on with what is published.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    ending_point: Option<String>,
}

/// How messages are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Protocol {
    Application,
    Email,
    EmailJson,
    Firehose,
    Http,
    Https,
    Lambda,
    Sms,
    Sqs,
}

/// What the filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum FilterPolicyScope {
    MessageAttributes,
    MessageBody,
}

/// Where messages go that could not be delivered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedrivePolicy {
    /// ARN of the dead-letter queue. Its policy must let SNS send.
    #[schemars(length(min = 1))]
    dead_letter_queue: String,
}

impl Kind for SnsSubscription {
    const NAME: &'static str = "sns_subscription";
    const SUMMARY: &'static str = "A subscription of an endpoint to an SNS topic.";
    const NOTES: &'static str = "\
Topic, protocol and endpoint together are its identity; AWS adds an ARN of its own.

- The topic must exist, which orders the two. The endpoint need not: a queue may be made at the \
same time as its subscription.
- A queue's policy must let the topic send to it, a function needs a permission; SNS does not \
check either, and drops what it cannot deliver.
- Endpoints outside the account (e-mail, telephone, HTTP, queues of others) have to confirm. \
ccprov does not wait for people: the subscription is shown as awaiting its confirmation, and \
nothing else of it is compared until then. Unconfirmed ones cannot be deleted; AWS drops them \
after some days, or with the topic.
- Another topic, protocol or endpoint makes another subscription. It comes first and is seen, then the old one \
goes; what is published between reaches both.
- A subscription carries no tags. It belongs to the stack that declares it, and goes with its topic.
- Changes of a filter take effect within 15 minutes.
- A `replay_policy` is an order that is carried out once. It may stay when the replay is over: nothing is \
delivered again until it changes. `filter_policy` chooses what is replayed.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("subscription/minimal.yaml"), include_str!("subscription/production.yaml")];
    const FIXED: &'static [&'static str] = &["topic_arn", "protocol", "endpoint"];
    const MUST_EXIST: &'static [&'static str] = &["topic_arn"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the subscription's ARN", false)];
    const TAGGED: bool = false;
    const HANGS_ON: Option<&'static str> = Some("sns_topic");
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("topic_arn", takes::TOPIC),
        ("redrive_policy.dead_letter_queue", takes::QUEUE),
        ("subscription_role_arn", takes::ROLE),
    ];
    const NAMED_BY: Option<&'static str> = None;
    const BOUND_TO: Option<&'static str> = Some("topic_arn");
    const GAP: &'static str = "\
what is published before the new subscription is there does not reach its endpoint";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] =
        &[("topic_arn", None), ("protocol", None), ("endpoint", None)];
    const BETWEEN: &'static str = "|";
    const BY_ARN: bool = false;
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, _naming: &Naming) -> Spec {
        spec.raw_message_delivery.get_or_insert(false);
        spec.filter_policy = spec.filter_policy.filter(|policy| !policy.is_empty());
        if spec.filter_policy.is_some() {
            spec.filter_policy_scope.get_or_insert(FilterPolicyScope::MessageAttributes);
        }
        spec
    }

    fn check(spec: &Spec, naming: &Naming) -> Vec<Problem> {
        let mut problems = check::check(spec);
        problems.extend(check::check_redrive(spec, naming));
        problems
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        format!("{}|{}|{}", spec.topic_arn, spec.protocol.word(), spec.endpoint)
    }

    fn predict(_spec: &Spec, _naming: &Naming) -> Facts {
        Facts::new()
    }

    /// It is the stack's if both its topic and its endpoint are, and the endpoint
    /// is there to stay.
    async fn hanging(aws: &Aws, on: &Sought, ours: Ours<'_>) -> Answer<Vec<String>> {
        let Some(topic) = &on.arn else { return Ok(Vec::new()) };
        let all = of_topic(aws, topic).await.or_absent()?.unwrap_or_default();
        let is_ours = |it: &&Subscription| {
            it.endpoint().is_some_and(|endpoint| ours.arns.contains(&endpoint))
        };
        Ok(all.iter().filter(is_ours).filter_map(identity_of).collect())
    }

    async fn named(aws: &Aws, subscription: &str) -> Answer<Option<String>> {
        // `arn:aws:sns:REGION:ACCOUNT:TOPIC:ID`: a topic has no seventh part.
        let of_sns = Arn::read(subscription).filter(|it| it.service == "sns");
        let Some((topic, _)) = of_sns
            .filter(|it| it.resource.contains(':'))
            .and_then(|_| subscription.rsplit_once(':'))
        else {
            return Ok(None);
        };
        let all = of_topic(aws, topic).await.or_absent()?.unwrap_or_default();
        let found = all.iter().find(|it| it.subscription_arn() == Some(subscription));
        // One that is not there is one all the same, by the form of its ARN.
        Ok(Some(found.and_then(identity_of).unwrap_or_else(|| subscription.to_owned())))
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let Some((topic, protocol, endpoint)) = parts(sought.identity.as_str()) else {
            return Ok(None);
        };
        let listed = of_topic(aws, topic).await.or_absent()?.unwrap_or_default();
        let Some(found) = listed.iter().find(|one| is_same(one, protocol, endpoint)) else {
            return Ok(None);
        };
        let attributes = match arn(found) {
            Some(arn) => {
                let call =
                    aws.session.clients.sns.get_subscription_attributes().subscription_arn(arn);
                let answer = call.send().await;
                let read = answer.attempting("sns:GetSubscriptionAttributes", || {
                    format!("read the subscription of {}", shown(endpoint))
                });
                let Some(read) = read.or_absent()? else { return Ok(None) };
                Attributes(read.attributes.unwrap_or_default())
            }
            None => Attributes::default(),
        };
        let facts = arn(found).map(|arn| ("arn".to_owned(), arn.to_owned())).into_iter().collect();
        let mut seen = Seen::current(attributes.spec(topic, protocol, endpoint), facts, None);
        if attributes.is_unconfirmed() {
            seen.status = Status::Awaiting(format!("{} has to confirm", shown(endpoint)));
        }
        seen.parent = parent(topic, &aws.place);
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let Spec { topic_arn, protocol, endpoint, .. } = &want.spec;
        // What has its default is left out: SNS refuses it for some protocols.
        let stated = attributes(&want.spec)
            .into_iter()
            .filter_map(|attribute| Some((attribute.name.to_owned(), attribute.stated?)));
        let call =
            aws.session.clients.sns.subscribe().topic_arn(topic_arn).protocol(protocol.word());
        let call = call.endpoint(endpoint).set_attributes(Some(stated.collect()));
        let answer = call.return_subscription_arn(true).send().await;
        let made = answer.attempting("sns:Subscribe", || {
            format!("subscribe {} to {topic_arn}", shown(endpoint))
        })?;
        let arn = made.subscription_arn.filter(|arn| is_arn(arn));
        Ok(Made::whole(arn.map(|arn| ("arn".to_owned(), arn)).into_iter().collect()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let arn = change.live.arn().ok_or_else(|| unconfirmed(&change.want.spec.endpoint))?;
        let touched = attributes(&change.want.spec)
            .into_iter()
            .filter(|attribute| change.touches(attribute.field));
        let (mut filter, others): (Vec<_>, Vec<_>) =
            touched.partition(|attribute| attribute.field.starts_with("filter_policy"));
        // The body admits every filter that attributes admit, and nested ones
        // besides: so the scope is widened before the filter, and narrowed after.
        if change.want.spec.filter_policy_scope == Some(FilterPolicyScope::MessageBody) {
            filter.reverse();
        }
        let filter = async {
            for attribute in filter {
                set(aws, arn, attribute).await?;
            }
            Ok(())
        };
        let others = try_join_all(others.into_iter().map(|attribute| set(aws, arn, attribute)));
        try_join(filter, others).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        // Without an ARN it was never confirmed, and AWS drops it by itself.
        let Some(arn) = have.arn() else { return Ok(()) };
        let answer = aws.session.clients.sns.unsubscribe().subscription_arn(arn).send().await;
        answer.attempting("sns:Unsubscribe", || format!("remove the subscription {arn}"))?;
        Ok(())
    }
}

/// Every subscription of a topic, asked for once until somebody writes.
pub(crate) async fn of_topic(aws: &Aws, topic: &str) -> Answer<Vec<Subscription>> {
    let ask = || async {
        let pages = aws.session.clients.sns.list_subscriptions_by_topic().topic_arn(topic);
        let all = pages.into_paginator().items().send().try_collect().await;
        all.attempting("sns:ListSubscriptionsByTopic", || {
            format!("list the subscriptions of {topic}")
        })
    };
    aws.listing::<Vec<Subscription>>().get(topic, ask).await
}

/// The identity of a listed subscription; `None` for one on its way out.
pub(crate) fn identity_of(listed: &Subscription) -> Option<String> {
    if is_deleted(listed) {
        return None;
    }
    Some(format!("{}|{}|{}", listed.topic_arn()?, listed.protocol()?, listed.endpoint()?))
}

/// Topic, protocol and endpoint of an identity. An endpoint may hold any
/// character, the other two may not.
fn parts(identity: &str) -> Option<(&str, Protocol, &str)> {
    let mut parts = identity.splitn(3, '|');
    let (topic, protocol, endpoint) = (parts.next()?, parts.next()?, parts.next()?);
    Some((topic, Protocol::from_word(protocol)?, endpoint))
}

fn is_same(listed: &Subscription, protocol: Protocol, endpoint: &str) -> bool {
    !is_deleted(listed)
        && listed.protocol() == Some(protocol.word().as_str())
        && listed.endpoint().is_some_and(|listed| listed == endpoint || listed == shown(endpoint))
}

/// Listings go on showing what was removed, for a while.
fn is_deleted(listed: &Subscription) -> bool {
    listed.subscription_arn() == Some("Deleted")
}

/// In place of an ARN SNS lists `PendingConfirmation`.
fn arn(listed: &Subscription) -> Option<&str> {
    listed.subscription_arn().filter(|arn| is_arn(arn))
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// The endpoint as SNS lists it: a password in a URL becomes four stars.
fn shown(endpoint: &str) -> Cow<'_, str> {
    let hidden = || {
        let (scheme, rest) = endpoint.split_once("://")?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (login, host) = authority.rsplit_once('@')?;
        let (user, _password) = login.split_once(':')?;
        Some(format!("{scheme}://{user}:****@{host}{path}"))
    };
    hidden().map_or(Cow::Borrowed(endpoint), Cow::Owned)
}

/// The topic, if it is of this place: only such a topic can be declared here.
fn parent(topic: &str, place: &Place) -> Option<Parent> {
    let name = sns_topic::name_of(topic)?;
    let is_ours = place.arn("sns", name) == topic;
    is_ours.then(|| Parent { kind: "sns_topic".into(), identity: Identity(name.into()) })
}

fn unconfirmed(endpoint: &str) -> CloudError {
    let endpoint = shown(endpoint);
    CloudError {
        attempted: format!("change the subscription of {endpoint}"),
        operation: "sns:SetSubscriptionAttributes".into(),
        class: ErrorClass::Invalid,
        code: "PendingConfirmation".into(),
        message: format!("{endpoint} has not confirmed it"),
        request_id: None,
        hint: Some("confirm it, then run the same command again".into()),
    }
}

async fn set(aws: &Aws, arn: &str, attribute: Attribute) -> Answer<()> {
    let Attribute { field, name, stated, reset } = attribute;
    let value = stated.or_else(|| reset.map(str::to_owned));
    let call = aws.session.clients.sns.set_subscription_attributes().subscription_arn(arn);
    let answer = call.attribute_name(name).set_attribute_value(value).send().await;
    answer.attempting("sns:SetSubscriptionAttributes", || {
        format!("change {field} of subscription {arn}")
    })?;
    Ok(())
}

impl Protocol {
    /// The word that AWS writes.
    fn word(self) -> String {
        json!(self).as_str().unwrap_or_default().to_owned()
    }

    fn from_word(word: &str) -> Option<Self> {
        serde_json::from_value(Value::String(word.to_owned())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    pub(super) const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:t";
    pub(super) const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";

    fn place() -> Place {
        Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            endpoint: None,
        }
    }

    /// A subscription of the queue to the topic, except for what `fields` say.
    pub(super) fn settled(fields: &Value) -> Spec {
        let mut document = json!({ "topic_arn": TOPIC, "protocol": "sqs", "endpoint": QUEUE });
        document.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
        let naming = Naming { stack: "dev".into(), address: Address::new("s"), place: place() };
        SnsSubscription::settle(serde_json::from_value(document).unwrap(), &naming)
    }

    fn listed(arn: &str, protocol: &str, endpoint: &str) -> Subscription {
        let builder = Subscription::builder().subscription_arn(arn).topic_arn(TOPIC);
        builder.protocol(protocol).endpoint(endpoint).build()
    }

    fn identity(spec: &Spec) -> String {
        let naming = Naming { stack: "dev".into(), address: Address::new("s"), place: place() };
        SnsSubscription::identity(spec, &naming)
    }

    #[test]
    fn an_identity_is_taken_apart_as_it_was_made() {
        let url = "https://example.com/hook?a|b";
        let identity = identity(&settled(&json!({ "protocol": "https", "endpoint": url })));
        assert_eq!(parts(&identity), Some((TOPIC, Protocol::Https, url)));
        assert_eq!(identity_of(&listed("PendingConfirmation", "https", url)), Some(identity));
        assert_eq!(identity_of(&listed("Deleted", "https", url)), None);
    }

    #[test]
    fn a_listed_subscription_is_recognised() {
        let arn = format!("{TOPIC}:0a1b");
        assert!(is_same(&listed(&arn, "sqs", QUEUE), Protocol::Sqs, QUEUE));
        assert!(is_same(&listed("PendingConfirmation", "sqs", QUEUE), Protocol::Sqs, QUEUE));
        assert!(!is_same(&listed("Deleted", "sqs", QUEUE), Protocol::Sqs, QUEUE));
        assert!(!is_same(&listed(&arn, "lambda", QUEUE), Protocol::Sqs, QUEUE));
        let (ours, theirs) =
            ("https://me:secret@example.com/a@b", "https://me:****@example.com/a@b");
        assert!(is_same(&listed(&arn, "https", theirs), Protocol::Https, ours));
        assert_eq!(shown("https://example.com/a:b@c"), "https://example.com/a:b@c");
    }

    #[test]
    fn what_is_sent_comes_back() {
        let fields = json!({
            "raw_message_delivery": true, "filter_policy_scope": "MessageBody",
            "filter_policy": { "a": { "b": ["y", "x"] } },
            "redrive_policy": { "dead_letter_queue": QUEUE },
            "replay_policy": { "starting_point": "2026-11-01T00:00:00.000Z" },
            "subscription_role_arn": "arn:aws:iam::123456789012:role/r",
            "delivery_policy": { "throttlePolicy": { "maxReceivesPerSecond": 5 } }
        });
        let read = |pick: &dyn Fn(Attribute) -> String| {
            let all = attributes(&settled(&fields));
            let pairs = all.into_iter().map(|one| (one.name.to_owned(), pick(one)));
            json!(Attributes(pairs.collect()).spec(TOPIC, Protocol::Sqs, QUEUE))
        };
        let stated = read(&|attribute| attribute.stated.unwrap());
        assert_eq!(stated, json!(settled(&fields)));
        let reset = read(&|attribute| attribute.reset.unwrap_or_default().to_owned());
        assert_eq!(reset, json!(settled(&json!({}))));
    }

    #[test]
    fn a_new_subscription_is_sent_what_differs_from_the_default() {
        let sent = |fields: Value| -> Vec<&str> {
            attributes(&settled(&fields))
                .iter()
                .filter(|a| a.stated.is_some())
                .map(|a| a.name)
                .collect()
        };
        assert_eq!(sent(json!({ "raw_message_delivery": false, "filter_policy": {} })), [""; 0]);
        assert_eq!(sent(json!({ "filter_policy": { "a": ["x"] } })), ["FilterPolicy"]);
    }

    #[test]
    fn the_topic_is_a_parent_only_in_its_own_place() {
        let identity = Identity("t".into());
        assert_eq!(parent(TOPIC, &place()), Some(Parent { kind: "sns_topic".into(), identity }));
        assert_eq!(parent("arn:aws:sns:us-east-1:000000000000:t", &place()), None);
    }

    #[test]
    fn what_was_never_confirmed_awaits_its_owner() {
        let attribute =
            |value: &str| Attributes([("PendingConfirmation".to_owned(), value.to_owned())].into());
        assert!(Attributes::default().is_unconfirmed());
        assert!(attribute("true").is_unconfirmed());
        assert!(!attribute("false").is_unconfirmed());
    }
}
