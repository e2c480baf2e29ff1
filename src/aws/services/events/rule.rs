//! `cloudwatch_event_rule`: which events of a bus go where, with its targets.
//!
//! A rule is made and changed by one call that says all of it, and takes no word of one
//! that was there before. Its targets are put and removed by calls of their own, some at
//! a time, of which each target may fail for itself. Others may have targets there: ours are
//! known by a tag of the rule.

mod change;
mod check;
mod grants;
mod look;
mod schedule;
mod target;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::target::Target;
use super::pattern::EventPattern;
use crate::aws::arn::Arn;
use crate::aws::error::{Attempt, OrAbsent, told};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::tags::Tags;
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{Emptying, Facts, Limit, Live, Naming, Patience, Place, Problem, Sought};

pub(crate) struct CloudwatchEventRule;

/// A rule. Everything left out has AWS's documented default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// 1 to 64 letters, digits and `._-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[._A-Za-z0-9-]+$"))]
    name: Option<String>,
    /// The bus whose events it sees: its name, or its ARN.
    #[serde(default = "default_bus")]
    #[schemars(length(min = 1, max = 1600))]
    event_bus_name: String,
    /// Which events it takes.
    #[schemars(extend("x-verbatim" = true))]
    event_pattern: Option<EventPattern>,
    /// When it makes an event by itself: `rate(5 minutes)` or `cron(0 12 * * ? *)`, in UTC. On the
    /// bus `default` alone.
    #[schemars(length(min = 1, max = 256))]
    schedule_expression: Option<String>,
    /// Whether it takes events.
    #[serde(default)]
    state: State,
    /// Up to 512 characters.
    #[serde(default)]
    #[schemars(length(max = 512))]
    description: String,
    /// The role of all targets that have none of their own. ARN.
    #[schemars(length(min = 1, max = 1600))]
    role_arn: Option<String>,
    /// Where events go, by an id of 1 to 64 letters, digits and `._-`. AWS admits 5.
    #[serde(default)]
    targets: BTreeMap<String, Target>,
    /// Let a destroy by this file delete the rule with targets of others. Kept at the rule in
    /// the tag `ccprov:force-destroy`.
    #[serde(default)]
    force_destroy: bool,
    /// Examples of events that the pattern takes. On paper only: AWS does not hear of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-verbatim" = true))]
    matches: Vec<Value>,
    /// Examples of events that the pattern does not take. On paper only, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-verbatim" = true))]
    not_matches: Vec<Value>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// Whether a rule takes events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum State {
    #[default]
    Enabled,
    Disabled,
    /// Those too of which CloudTrail tells that something was read.
    EnabledWithAllCloudtrailManagementEvents,
}

/// The bus that every account has.
const DEFAULT_BUS: &str = "default";

fn default_bus() -> String {
    DEFAULT_BUS.to_owned()
}

impl Kind for CloudwatchEventRule {
    const NAME: &'static str = "cloudwatch_event_rule";
    const SUMMARY: &'static str =
        "A rule of EventBridge: which events of a bus go where, with its targets.";
    const NOTES: &'static str = "\
Bus and name together are its identity; its ARN follows from them: `rule/NAME` on the bus `default`, `rule/BUS/NAME` on \
another. So the policy of a queue or a topic can name the rule before there is one.

- A rule takes events within a minute of an apply. What was put on the bus before is not delivered later.
- EventBridge looks at no target: neither whether it is there, nor whether it may be reached. A queue or topic must admit \
`events.amazonaws.com` in its policy, a function in its `permissions`, all others by a role. What may not be delivered is \
dropped without a word, or goes to the target's `dead_letter_config`.
- `event_pattern` is compared as what it says: blanks, the order of keys and of lists are no difference. `300` and \
`300.0` are two numbers to EventBridge.
- Targets of others stay. Ours are known by the tag `ccprov:targets`; a plan tells of the others, and a rule that has some \
is deleted only by the `destroy` of a file that states `force_destroy: true`, or with `--allow-data-loss`.
- Without `retry_policy` EventBridge tries for a day, 185 times at most.
- A FIFO queue needs `sqs_target: { message_group_id: ... }`, and `content_based_deduplication`.
- `input`, `input_path` and `input_transformer` exclude each other. Without one, the target gets the event.
- Rules that AWS services made for themselves, such as `Events-Archive-NAME`, are not touched.
- AWS makes a rule over one of the same name without a word. ccprov looks before it creates, and by the tags after it.
- One rule of a bus is written at a time: EventBridge refuses two at once.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("rule/minimal.yaml"), include_str!("rule/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "event_bus_name"];
    const MUST_EXIST: &'static [&'static str] =
        &["event_bus_name", "role_arn", "targets.*.role_arn"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the rule's ARN", true), ("name", "its name", true)];
    /// It is there at once, but reads may miss it: Terraform's provider looks for two minutes.
    const PATIENCE: Patience = Patience::PROMPT.within(Limit::of(Duration::from_mins(2)));
    /// EventBridge answers `ConcurrentModificationException` to two writes on one bus.
    const ONE_AT_A_TIME: Option<&'static str> = Some("event_bus_name");
    /// Targets that others put there.
    const HOLDS_DATA: bool = true;
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    const MEANS: &'static [&'static str] = &["matches", "not_matches"];
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("role_arn", takes::ROLE),
        ("targets.*.arn", Takes::AnyArn),
        ("targets.*.dead_letter_config.arn", takes::QUEUE),
        ("targets.*.role_arn", takes::ROLE),
    ];
    const GAP: &'static str = "events that are put meanwhile go nowhere";
    const LOST: &'static str = "targets that others put there are lost";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] =
        &[("event_bus_name", Some("default")), ("name", None)];
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.event_bus_name = bus_name(&spec.event_bus_name, &naming.place);
        spec.targets = spec.targets.into_iter().map(|(id, it)| (id, it.settled())).collect();
        spec
    }

    fn check(spec: &Spec, naming: &Naming) -> Vec<Problem> {
        check::check(spec, &naming.place)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        format!("{}/{}", spec.event_bus_name, spec.name.as_deref().unwrap_or_default())
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        let arn = Arn::read(arn).filter(|arn| arn.service == "events")?;
        let rule = arn.resource.strip_prefix("rule/")?;
        Some(if rule.contains('/') { rule.to_owned() } else { format!("{DEFAULT_BUS}/{rule}") })
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        Box::pin(look::read(aws, sought)).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (identity, spec) = (&want.identity, &want.spec);
        // The call would write over it.
        if look::describe(aws, identity).await.or_absent()?.is_some() {
            let attempted = format!("create rule {identity}");
            let message = "there is a rule of this name";
            return Err(told(
                "events:PutRule",
                attempted,
                "ResourceAlreadyExistsException",
                message,
            ));
        }
        let tags = spec.tags.of_holder(&want.owner, spec.force_destroy);
        let tags = tags.into_iter().chain(target::mark(spec.targets.keys())).collect();
        let call = change::put_rule(aws, identity, spec).set_tags(Some(change::sdk_tags(tags)));
        let answer = call.send().await;
        answer.attempting("events:PutRule", || format!("create rule {identity}"))?;
        // One that came meanwhile is answered alike, and keeps its tags.
        let is_whole = spec.targets.is_empty();
        let made = if is_whole { Made::whole(Facts::new()) } else { Made::in_part(Facts::new()) };
        Ok(made.or_found())
    }

    async fn complete(aws: &Aws, want: &Wanted<Spec>, _made: &Live) -> Answer<Facts> {
        change::put_targets(aws, &want.identity, want.spec.targets.iter()).await?;
        Ok(Facts::new())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        change::change(aws, change).await
    }

    async fn delete(aws: &Aws, have: &Live, emptying: Emptying) -> Answer<()> {
        change::delete(aws, have, emptying).await
    }
}

/// A bus of this account and region by its name, as EventBridge shows it. Any other text stays.
fn bus_name(bus: &str, place: &Place) -> String {
    let ours = place.arn("events", "event-bus/");
    bus.strip_prefix(&ours).unwrap_or(bus).to_owned()
}

/// Bus and name of a rule. The names of partner's buses hold a `/`, those of rules never.
fn parts(identity: &str) -> (&str, &str) {
    identity.rsplit_once('/').unwrap_or((DEFAULT_BUS, identity))
}

fn arn(place: &Place, identity: &str) -> String {
    let rule = identity.strip_prefix("default/").unwrap_or(identity);
    place.arn("events", &format!("rule/{rule}"))
}

fn facts(place: &Place, identity: &str) -> Facts {
    let (_, name) = parts(identity);
    [("arn", arn(place, identity)), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

#[cfg(test)]
mod tests;
