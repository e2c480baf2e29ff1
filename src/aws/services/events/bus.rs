//! `cloudwatch_event_bus`: where events come in, to be matched by rules.
//!
//! One call makes it with all but its policy, which a second call writes as one
//! document. Both hold at once.

mod grants;

use std::collections::BTreeMap;

use aws_sdk_eventbridge::operation::describe_event_bus::DescribeEventBusOutput;
use aws_sdk_eventbridge::types::{self as sdk, Tag};
use futures::future::try_join;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::policy::{self, Policy, Use};
use crate::aws::tags::Tags;
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Live, Naming, Place, Problem, Sought};

pub(crate) struct CloudwatchEventBus;

/// An event bus. Everything left out has AWS's documented default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 256 letters, digits and `._-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 256), regex(pattern = r"^[._A-Za-z0-9-]+$"))]
    name: Option<String>,
    /// Up to 512 characters.
    #[serde(default)]
    #[schemars(length(max = 512))]
    description: String,
    /// Encrypt events with this KMS key (id, ARN or alias). Left out: with a key of
    /// AWS's own.
    #[schemars(length(min = 1, max = 2048))]
    kms_key_identifier: Option<String>,
    /// Where events go that EventBridge cannot decrypt or deliver within the bus.
    dead_letter_config: Option<DeadLetters>,
    /// What EventBridge logs of the events on their way. Who gets the logs is said in
    /// CloudWatch Logs, as a delivery.
    log_config: Option<Logging>,
    /// Who may put events, beside the account. Left out: nobody.
    policy: Option<Policy>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// Where events go that cannot be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeadLetters {
    /// ARN of a standard queue.
    #[schemars(length(min = 1))]
    pub(super) arn: String,
}

/// What is logged.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logging {
    /// How much.
    level: Level,
    /// Whether logs hold what the events say: with personal data in events, `NONE`.
    #[serde(default)]
    include_detail: Detail,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Level {
    Off,
    Error,
    Info,
    Trace,
}

/// Whether logs hold the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Detail {
    #[default]
    None,
    Full,
}

impl Kind for CloudwatchEventBus {
    const NAME: &'static str = "cloudwatch_event_bus";
    const SUMMARY: &'static str = "An event bus of EventBridge, with its policy and key.";
    const NOTES: &'static str = "\
The bus's name is its identity; its ARN follows from it. The bus `default`, which every account has, is not made \
and not changed.

- The policy of the key must admit `events.amazonaws.com` to `kms:DescribeKey`, `kms:GenerateDataKey` and `kms:Decrypt`.
- The dead-letter queue is a standard queue whose policy admits `events.amazonaws.com` to `sqs:SendMessage`.
- Names of partner event sources, which hold a `/`, are not taken.
- AWS answers success to events for a bus that does not exist: a producer notices nothing when a bus is gone.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("bus/minimal.yaml"), include_str!("bus/production.yaml")];
    const FIXED: &'static [&'static str] = &["name"];
    const MUST_EXIST: &'static [&'static str] =
        &["kms_key_identifier", "policy.Statement.*.Principal", "policy.Statement.Principal"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the bus's ARN", true), ("name", "its name", true)];
    const POLICIES: &'static [(&'static str, &'static Use)] = &[("policy", &policy::BUS)];
    const TAKES: &'static [(&'static str, Takes)] =
        &[("kms_key_identifier", Takes::Key), ("dead_letter_config.arn", takes::QUEUE)];
    const DELETE_AFTER: &'static [&'static str] =
        &["cloudwatch_event_archive", "cloudwatch_event_rule"];
    /// One lane with the rules of the bus: EventBridge answers
    /// `ConcurrentModificationException` to two writes on one bus.
    const ONE_AT_A_TIME: Option<&'static str> = Some("name");
    const GAP: &'static str = "events that are put meanwhile are lost, and AWS tells no producer";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.policy = spec.policy.map(|policy| policy.in_partition(&naming.place.partition));
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        let name = arn.split_once(":events:")?.1.split_once(":event-bus/")?.1;
        Some(name.to_owned())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let (events, name) = (&aws.session.clients.events, sought.identity.as_str());
        let bus = async {
            let answer = events.describe_event_bus().name(name).send().await;
            answer.attempting("events:DescribeEventBus", || format!("read event bus {name}"))
        };
        let tags = async {
            let answer = events.list_tags_for_resource().resource_arn(arn(&aws.place, name));
            let attempted = || format!("read the tags of event bus {name}");
            answer.send().await.attempting("events:ListTagsForResource", attempted)
        };
        let Some((bus, tags)) = try_join(bus, tags).await.or_absent()? else { return Ok(None) };
        let tags = tags.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value));
        let (tags, owner) = Tags::seen(tags);
        let spec = shown(name, bus, tags, &aws.place.partition);
        Ok(Some(Seen::current(spec, facts(&aws.place, name), owner)))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (name, spec) = (&want.identity, &want.spec);
        let tags = spec.tags.with_owner(&want.owner);
        let call = aws.session.clients.events.create_event_bus().name(name);
        let call = call.set_description(stated(&spec.description));
        let call = call.set_kms_key_identifier(spec.kms_key_identifier.clone());
        let call = call.set_dead_letter_config(spec.dead_letter_config.as_ref().map(dead_letters));
        let call = call.set_log_config(spec.log_config.as_ref().map(logging));
        let answer = call.set_tags(Some(sdk_tags(tags))).send().await;
        answer.attempting("events:CreateEventBus", || format!("create event bus {name}"))?;
        Ok(match spec.policy {
            Some(_) => Made::in_part(Facts::new()),
            None => Made::whole(Facts::new()),
        })
    }

    async fn complete(aws: &Aws, want: &Wanted<Spec>, _made: &Live) -> Answer<Facts> {
        permit(aws, &want.identity, want.spec.policy.as_ref()).await?;
        Ok(Facts::new())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let (name, spec) = (&change.want.identity, &change.want.spec);
        let set = async {
            // One call says all four: what it leaves out is cleared.
            let together =
                ["description", "kms_key_identifier", "dead_letter_config", "log_config"];
            if !together.iter().any(|field| change.touches(field)) {
                return Ok(());
            }
            let call = aws.session.clients.events.update_event_bus().name(name);
            let call = call.description(&spec.description);
            let call = call.kms_key_identifier(spec.kms_key_identifier.as_deref().unwrap_or(""));
            let none = || sdk::DeadLetterConfig::builder().build();
            let dead_letters = spec.dead_letter_config.as_ref().map_or_else(none, dead_letters);
            let call = call.dead_letter_config(dead_letters);
            let off = Logging { level: Level::Off, include_detail: Detail::None };
            let call = call.log_config(logging(spec.log_config.as_ref().unwrap_or(&off)));
            let answer = call.send().await;
            answer.attempting("events:UpdateEventBus", || format!("change event bus {name}"))?;
            Ok(())
        };
        let permit = async {
            if change.touches("policy") {
                permit(aws, name, spec.policy.as_ref()).await?;
            }
            Ok(())
        };
        // The service refuses two changes of one bus at a time.
        set.await?;
        permit.await?;
        write_tags(aws, change).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let answer = aws.session.clients.events.delete_event_bus().name(name).send().await;
        answer.attempting("events:DeleteEventBus", || format!("delete event bus {name}"))?;
        Ok(())
    }
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", arn(place, name)), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

fn arn(place: &Place, name: &str) -> String {
    place.arn("events", &format!("event-bus/{name}"))
}

fn check(spec: &Spec) -> Vec<Problem> {
    let name = spec.name.as_deref().unwrap_or_default();
    let mut problems = Vec::new();
    if name == "default" {
        let message = "every account has a bus of this name, which nobody makes or deletes";
        problems.push(Problem::of("name", message).hint("state another `name`"));
    } else if name.len() > 256 && !is_pending(name) {
        let message = format!("the name has {} characters, EventBridge takes 256", name.len());
        problems.push(Problem::of("name", message).hint("state a shorter `name`"));
    }
    if let Some(logged) = &spec.log_config
        && logged.level == Level::Off
    {
        let message = "OFF is what holds where nothing is said";
        problems.push(Problem::of("log_config", message).hint("leave `log_config` out"));
    }
    if let Some(queue) = &spec.dead_letter_config
        && queue.arn.strip_suffix(".fifo").is_some()
    {
        let message = "EventBridge sends to standard queues, and this one is FIFO";
        problems.push(Problem::of("dead_letter_config", message));
    }
    problems
}

fn stated(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn dead_letters(config: &DeadLetters) -> sdk::DeadLetterConfig {
    sdk::DeadLetterConfig::builder().arn(&config.arn).build()
}

fn logging(config: &Logging) -> sdk::LogConfig {
    let level = match config.level {
        Level::Off => sdk::Level::Off,
        Level::Error => sdk::Level::Error,
        Level::Info => sdk::Level::Info,
        Level::Trace => sdk::Level::Trace,
    };
    let detail = match config.include_detail {
        Detail::None => sdk::IncludeDetail::None,
        Detail::Full => sdk::IncludeDetail::Full,
    };
    sdk::LogConfig::builder().level(level).include_detail(detail).build()
}

fn shown(name: &str, bus: DescribeEventBusOutput, tags: Tags, partition: &str) -> Spec {
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    Spec {
        name: Some(name.to_owned()),
        description: bus.description.unwrap_or_default(),
        kms_key_identifier: filled(bus.kms_key_identifier),
        dead_letter_config: filled(bus.dead_letter_config.and_then(|config| config.arn))
            .map(|arn| DeadLetters { arn }),
        log_config: bus.log_config.as_ref().and_then(shown_logging),
        policy: filled(bus.policy).and_then(|text| Policy::seen(&text, partition)),
        tags,
    }
}

/// `None` where nothing is logged, as where nothing was ever said.
fn shown_logging(config: &sdk::LogConfig) -> Option<Logging> {
    let level = match config.level {
        Some(sdk::Level::Error) => Level::Error,
        Some(sdk::Level::Info) => Level::Info,
        Some(sdk::Level::Trace) => Level::Trace,
        _ => return None,
    };
    let include_detail = match config.include_detail {
        Some(sdk::IncludeDetail::Full) => Detail::Full,
        _ => Detail::None,
    };
    Some(Logging { level, include_detail })
}

async fn permit(aws: &Aws, name: &str, policy: Option<&Policy>) -> Answer<()> {
    let events = &aws.session.clients.events;
    let attempted = || format!("set the policy of event bus {name}");
    if let Some(policy) = policy {
        let call = events.put_permission().event_bus_name(name).policy(policy.text());
        call.send().await.attempting("events:PutPermission", attempted)?;
    } else {
        let call = events.remove_permission().event_bus_name(name).remove_all_permissions(true);
        call.send().await.attempting("events:RemovePermission", attempted)?;
    }
    Ok(())
}

fn sdk_tags(tags: BTreeMap<String, String>) -> Vec<Tag> {
    // Nothing is missing that a builder could miss.
    tags.into_iter()
        .filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok())
        .collect()
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let Some(turn) = change.tag_change(|spec| &spec.tags) else { return Ok(()) };
    let (name, arn) = (&change.want.identity, &arn(&aws.place, &change.want.identity));
    let events = &aws.session.clients.events;
    let put = |tags: BTreeMap<_, _>| async move {
        let call = events.tag_resource().resource_arn(arn).set_tags(Some(sdk_tags(tags)));
        call.send().await.attempting("events:TagResource", || format!("tag event bus {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = events.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        let attempted = || format!("untag event bus {name}");
        call.send().await.attempting("events:UntagResource", attempted)?;
        Ok(())
    };
    turn.make(put, remove).await
}

#[cfg(test)]
mod tests;
