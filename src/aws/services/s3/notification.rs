//! `s3_bucket_notification`: whom a bucket tells of what happens to its objects.
//!
//! A bucket has one notification document, which every write replaces, and
//! others may have entries in it. Ours carry an id that begins with `ccprov:`;
//! a write reads the document immediately before and leaves the others alone.
//! S3 checks each destination by sending it a test message, so that an
//! accepted write proves the policies on the way.

mod entry;
mod filters;
mod grants;

use std::collections::BTreeSet;

use aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput;
use aws_sdk_s3::types::{EventBridgeConfiguration, NotificationConfiguration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Ours, Seen, Wanted};
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, ErrorClass, Facts, Identity, Live, Naming, Parent, Problem, Sought};
use entry::{Entry, LambdaFunction, Queue, Topic, is_ours};

pub(crate) struct S3BucketNotification;

/// Whom a bucket tells of what happens to its objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// The bucket's name.
    #[schemars(length(min = 1))]
    bucket: String,
    /// Topics to publish to.
    #[serde(default)]
    topic: BTreeSet<Topic>,
    /// Queues to send to.
    #[serde(default)]
    queue: BTreeSet<Queue>,
    /// Lambda functions to invoke.
    #[serde(default)]
    lambda_function: BTreeSet<LambdaFunction>,
    /// Whether every event also goes to the account's default event bus. Not
    /// compared when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    eventbridge: Option<bool>,
}

impl Kind for S3BucketNotification {
    const NAME: &'static str = "s3_bucket_notification";
    const SUMMARY: &'static str =
        "What a bucket tells topics, queues, functions and EventBridge about its objects.";
    const NOTES: &'static str = "\
The bucket's name is its identity: a bucket has one of these.

- Entries that others made stay as they are. Ours are known by their id, which begins with `ccprov:`.
- S3 sends every destination a test message (`s3:TestEvent`) and refuses the whole if one does not \
take it: the destination is missing, its policy or its key's does not admit `s3.amazonaws.com`, or \
it is FIFO. In a queue it stays until somebody receives it, and counts as a message when the queue \
is destroyed: ccprov receives none, and says where it may come from.
- S3 compares filters with the key as its events have it, encoded as in a URL: `in+box/` for \
`in box/`, `schema%3D1/` for `schema=1/`. ccprov refuses a filter that no key can fit.
- S3 refuses two entries that take the same event of the same key.
- `eventbridge` carries no mark of who turned it on. Deleting the notification turns it off, unless \
the notification was declared without it. One that states nothing else is found only while it is \
declared; it ends with its bucket.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("notification/minimal.yaml"), include_str!("notification/production.yaml")];
    const FIXED: &'static [&'static str] = &["bucket"];
    const MUST_EXIST: &'static [&'static str] = &[
        "bucket",
        "topic.*.topic_arn",
        "queue.*.queue_arn",
        "lambda_function.*.lambda_function_arn",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("bucket", "the bucket's name", true)];
    const TAGGED: bool = false;
    const HANGS_ON: Option<&'static str> = Some("s3_bucket");
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("bucket", Takes::Bucket),
        ("topic.*.topic_arn", takes::TOPIC),
        ("queue.*.queue_arn", takes::QUEUE),
        ("lambda_function.*.lambda_function_arn", takes::FUNCTION),
    ];
    const NAMED_BY: Option<&'static str> = None;
    const BOUND_TO: Option<&'static str> = Some("bucket");
    const GREETS: &'static [(&'static str, &'static str)] =
        &[("topic.*.topic_arn", TEST_EVENT), ("queue.*.queue_arn", TEST_EVENT)];
    const GAP: &'static str = "nobody is told of what is written to the bucket meanwhile";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] = &[("bucket", None)];
    const BY_ARN: bool = false;
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, _naming: &Naming) -> Spec {
        spec.topic = spec.topic.into_iter().map(Topic::canonical).collect();
        spec.queue = spec.queue.into_iter().map(Queue::canonical).collect();
        spec.lambda_function =
            spec.lambda_function.into_iter().map(LambdaFunction::canonical).collect();
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.bucket.clone()
    }

    fn predict(spec: &Spec, _naming: &Naming) -> Facts {
        facts(&spec.bucket)
    }

    /// Every bucket has one, if an empty one.
    async fn hanging(_aws: &Aws, on: &Sought, _ours: Ours<'_>) -> Answer<Vec<String>> {
        Ok(vec![on.identity.0.clone()])
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let bucket = sought.identity.as_str();
        let Some(answer) = configuration(aws, bucket).await.or_absent()? else { return Ok(None) };
        let is_stated = sought.fields.as_ref().map(|fields| fields.contains("eventbridge"));
        let spec = Spec {
            bucket: bucket.to_owned(),
            topic: answer.topic_configurations().iter().filter_map(Topic::seen).collect(),
            queue: answer.queue_configurations().iter().filter_map(Queue::seen).collect(),
            lambda_function: answer
                .lambda_function_configurations()
                .iter()
                .filter_map(LambdaFunction::seen)
                .collect(),
            // It is not known whose it is: where the declaration is silent, not ours.
            eventbridge: is_stated
                .unwrap_or(true)
                .then_some(answer.event_bridge_configuration.is_some()),
        };
        let is_on = is_stated == Some(true) && spec.eventbridge == Some(true);
        if entries(&spec).next().is_none() && !is_on {
            return Ok(None);
        }
        let mut seen = Seen::current(spec, facts(bucket), None);
        seen.parent =
            Some(Parent { kind: "s3_bucket".into(), identity: Identity(bucket.to_owned()) });
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        Ok(Made::whole(write(aws, want).await?))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        Ok(Accepted::Done(write(aws, &change.want).await?))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let bucket = have.identity.as_str();
        let mut others = others(configuration(aws, bucket).await?);
        if have.document.get("eventbridge").and_then(Value::as_bool) == Some(true) {
            others.event_bridge_configuration = None;
        }
        let call = aws.session.clients.s3.put_bucket_notification_configuration().bucket(bucket);
        let answer = call
            .expected_bucket_owner(&aws.place.account)
            .notification_configuration(others)
            // What is left was accepted once, and is not ours to prove again.
            .skip_destination_validation(true)
            .send()
            .await;
        answer.attempting("s3:PutBucketNotificationConfiguration", || {
            format!("remove the notifications of bucket {bucket}")
        })?;
        Ok(())
    }
}

/// Developer Guide, "Event message structure": sent whenever a notification is set.
const TEST_EVENT: &str = "the `s3:TestEvent` by which S3 tried whether its events arrive";

fn facts(bucket: &str) -> Facts {
    [("bucket".to_owned(), bucket.to_owned())].into()
}

fn entries(spec: &Spec) -> impl Iterator<Item = Entry<'_>> {
    let topics = spec.topic.iter().map(Topic::entry);
    let queues = spec.queue.iter().map(Queue::entry);
    let functions = spec.lambda_function.iter().map(LambdaFunction::entry);
    topics.chain(queues).chain(functions)
}

fn check(spec: &Spec) -> Vec<Problem> {
    let entries: Vec<Entry<'_>> = entries(spec).collect();
    let mut problems = Vec::new();
    if entries.is_empty() && spec.eventbridge != Some(true) {
        problems.push(
            Problem::of("bucket", "the notification tells nobody of anything")
                .hint("state a topic, a queue, a lambda_function or `eventbridge: true`"),
        );
    }
    for (at, entry) in entries.iter().enumerate() {
        if !is_pending(entry.arn) && entry.arn.strip_suffix(".fifo").is_some() {
            let message = format!("{} is FIFO, and S3 tells only standard ones", entry.arn);
            problems.push(Problem::of(entry.field, message));
        }
        problems.extend(entry.filters().into_iter().filter_map(|(name, written)| {
            let encoded = filters::encoded(written).filter(|_| !is_pending(written))?;
            let message = format!("no key fits the {name} `{written}`: S3 compares encoded keys");
            Some(Problem::of(entry.field, message).hint(format!("write `{encoded}`")))
        }));
        for other in &entries[at + 1..] {
            if let Some(event) = entry.overlap(other) {
                let message =
                    format!("{} and {} both take {event} of the same keys", entry.arn, other.arn);
                problems.push(
                    Problem::of(other.field, message)
                        .hint("keep them apart by events, filter_prefix or filter_suffix; or tell one topic, which tells both"),
                );
            }
        }
    }
    problems
}

async fn configuration(
    aws: &Aws,
    bucket: &str,
) -> Answer<GetBucketNotificationConfigurationOutput> {
    let call = aws.session.clients.s3.get_bucket_notification_configuration().bucket(bucket);
    let answer = call.expected_bucket_owner(&aws.place.account).send().await;
    answer.attempting("s3:GetBucketNotificationConfiguration", || {
        format!("read the notifications of bucket {bucket}")
    })
}

async fn write(aws: &Aws, want: &Wanted<Spec>) -> Answer<Facts> {
    let bucket = &want.identity;
    let configuration = merged(others(configuration(aws, bucket).await?), want);
    let call = aws.session.clients.s3.put_bucket_notification_configuration().bucket(bucket);
    let answer = call
        .expected_bucket_owner(&aws.place.account)
        .notification_configuration(configuration)
        .send()
        .await;
    let answer = answer.attempting("s3:PutBucketNotificationConfiguration", || {
        format!("set the notifications of bucket {bucket}")
    });
    answer.map_err(|mut error| {
        if let ErrorClass::NotYet(_) = error.class {
            error.hint = Some(
                "each destination must exist, and its policy and that of its KMS key admit \
                 s3.amazonaws.com for this bucket"
                    .into(),
            );
        }
        error
    })?;
    Ok(Facts::new())
}

/// The document without our entries.
fn others(seen: GetBucketNotificationConfigurationOutput) -> NotificationConfiguration {
    let topics = seen.topic_configurations.into_iter().flatten();
    let queues = seen.queue_configurations.into_iter().flatten();
    let functions = seen.lambda_function_configurations.into_iter().flatten();
    NotificationConfiguration::builder()
        .set_topic_configurations(Some(topics.filter(|it| !is_ours(it.id())).collect()))
        .set_queue_configurations(Some(queues.filter(|it| !is_ours(it.id())).collect()))
        .set_lambda_function_configurations(Some(
            functions.filter(|it| !is_ours(it.id())).collect(),
        ))
        .set_event_bridge_configuration(seen.event_bridge_configuration)
        .build()
}

/// The document of others with our entries.
fn merged(mut all: NotificationConfiguration, want: &Wanted<Spec>) -> NotificationConfiguration {
    let Wanted { spec, owner, .. } = want;
    all.topic_configurations
        .get_or_insert_default()
        .extend(spec.topic.iter().filter_map(|topic| topic.wire(owner)));
    all.queue_configurations
        .get_or_insert_default()
        .extend(spec.queue.iter().filter_map(|queue| queue.wire(owner)));
    all.lambda_function_configurations
        .get_or_insert_default()
        .extend(spec.lambda_function.iter().filter_map(|function| function.wire(owner)));
    match spec.eventbridge {
        Some(true) => {
            all.event_bridge_configuration = Some(EventBridgeConfiguration::builder().build());
        }
        Some(false) => all.event_bridge_configuration = None,
        None => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{Event, TopicConfiguration};
    use serde_json::json;

    use super::*;
    use crate::aws::kind::{Before, Sent};
    use crate::model::{Address, Owner, Place};

    fn spec(written: Value) -> Spec {
        let naming = Naming {
            stack: "dev".into(),
            address: Address::new("events"),
            place: Place {
                partition: "aws".into(),
                account: "123456789012".into(),
                region: "eu-central-1".into(),
                endpoint: None,
            },
        };
        S3BucketNotification::settle(serde_json::from_value(written).unwrap(), &naming)
    }

    fn arn(name: &str) -> String {
        format!("arn:aws:sns:eu-central-1:123456789012:{name}")
    }

    fn topic(name: &str, event: &str, prefix: &str, suffix: &str) -> Value {
        json!({ "topic_arn": arn(name), "events": [event],
                "filter_prefix": prefix, "filter_suffix": suffix })
    }

    fn problems(topics: &[Value]) -> Vec<String> {
        let problems = check(&spec(json!({ "bucket": "claims", "topic": topics })));
        problems.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn entries_that_take_the_same_event_of_the_same_key_are_a_problem() {
        let check = |one: [&str; 3], other: [&str; 3], event: Option<&str>| {
            let [a, b] = [one, other].map(|[event, prefix, suffix]| (event, prefix, suffix));
            let found = problems(&[topic("a", a.0, a.1, a.2), topic("b", b.0, b.1, b.2)]);
            let message =
                |event| format!("{} and {} both take {event} of the same keys", arn("a"), arn("b"));
            assert_eq!(found, event.map(message).into_iter().collect::<Vec<_>>());
        };
        let (all, put, gone) = ("s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:*");
        check([put, "", ""], [put, "", ""], Some(put));
        check([all, "", ""], [put, "", ""], Some(put));
        check([put, "", ""], [all, "raw/", ""], Some(put));
        check([all, "raw/", ".json"], [all, "raw/a/", "x.json"], Some(all));
        check([all, "", ""], [gone, "", ""], None);
        check([all, "raw/", ""], [all, "done/", ""], None);
        check([all, "raw/", ".json"], [all, "raw/", ".xml"], None);
    }

    #[test]
    fn what_s3_would_not_take_is_a_problem() {
        assert_eq!(problems(&[]), ["the notification tells nobody of anything"]);
        let fifo = topic("claims.fifo", "s3:ObjectCreated:*", "", "");
        let message = format!("{} is FIFO, and S3 tells only standard ones", arn("claims.fifo"));
        assert_eq!(problems(&[fifo]), [message]);
        assert!(check(&spec(json!({ "bucket": "claims", "eventbridge": true }))).is_empty());
    }

    fn wanted(written: Value) -> Wanted<Spec> {
        let owner = Owner::new("dev", Address::new("events"));
        let (before, sent) = (Before::default(), Sent::default());
        Wanted { identity: "claims".into(), spec: spec(written), owner, before, sent }
    }

    fn foreign() -> TopicConfiguration {
        TopicConfiguration::builder()
            .id("by hand")
            .topic_arn(arn("theirs"))
            .events(Event::S3ObjectRestorePost)
            .build()
            .unwrap()
    }

    /// As S3 answers what was put.
    fn echoed(put: NotificationConfiguration) -> GetBucketNotificationConfigurationOutput {
        GetBucketNotificationConfigurationOutput::builder()
            .set_topic_configurations(put.topic_configurations)
            .set_queue_configurations(put.queue_configurations)
            .set_lambda_function_configurations(put.lambda_function_configurations)
            .set_event_bridge_configuration(put.event_bridge_configuration)
            .build()
    }

    #[test]
    fn the_entries_of_others_stay_and_ours_are_replaced() {
        let want =
            |event| wanted(json!({ "bucket": "claims", "topic": [topic("ours", event, "", "")] }));
        let bridge = EventBridgeConfiguration::builder().build();
        let before = GetBucketNotificationConfigurationOutput::builder()
            .topic_configurations(foreign())
            .event_bridge_configuration(bridge.clone())
            .build();
        let first = merged(others(before), &want("s3:ObjectCreated:Put"));
        let second = merged(others(echoed(first)), &want("s3:ObjectCreated:Copy"));
        let topics = second.topic_configurations();
        assert_eq!(topics[0], foreign());
        assert_eq!(topics[1].events(), [Event::S3ObjectCreatedCopy]);
        assert_eq!(topics.len(), 2);
        let rest = others(echoed(second));
        assert_eq!(rest.topic_configurations(), [foreign()]);
        assert_eq!(rest.event_bridge_configuration, Some(bridge));
    }

    #[test]
    fn what_is_put_is_read_back_without_the_id_that_we_gave() {
        let written = json!({
            "bucket": "claims",
            "topic": [topic("a", "s3:ObjectCreated:*", "raw/", ".json"),
                      topic("b", "s3:ObjectRemoved:*", "", "")],
            "queue": [{ "id": "stated", "queue_arn": "q", "events": ["s3:ObjectTagging:*"] }],
            "lambda_function": [{ "lambda_function_arn": "f", "events": ["s3:ObjectAcl:Put"] }],
        });
        let want = wanted(written);
        let put = merged(NotificationConfiguration::builder().build(), &want);
        assert_eq!(put.queue_configurations()[0].id(), Some("ccprov:dev:events:id=stated"));
        let topics: BTreeSet<Topic> =
            put.topic_configurations().iter().filter_map(Topic::seen).collect();
        let queues: BTreeSet<Queue> =
            put.queue_configurations().iter().filter_map(Queue::seen).collect();
        let functions: BTreeSet<LambdaFunction> =
            put.lambda_function_configurations().iter().filter_map(LambdaFunction::seen).collect();
        assert_eq!(topics, want.spec.topic);
        assert_eq!(queues, want.spec.queue);
        assert_eq!(functions, want.spec.lambda_function);
    }
}
