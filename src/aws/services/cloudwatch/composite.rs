//! `cloudwatch_composite_alarm`: what CloudWatch tells whom when other alarms are in
//! certain states together.
//!
//! One `PutCompositeAlarm` carries everything, and replaces everything but the tags.

mod grants;
pub(crate) mod rule;

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::operation::put_composite_alarm::builders::PutCompositeAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::CompositeAlarm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::rule::{Rule, Wrong};
use super::alarms;
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Ours, Seen, Wanted};
use crate::aws::tags::Tags;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{Emptying, Facts, Live, Naming, Place, Problem, Sought};

pub(crate) struct CloudwatchCompositeAlarm;

/// An alarm on the states of other alarms.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 255 characters. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 255))]
    name: Option<String>,
    /// What it means, and what to do.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    description: String,
    /// When it goes off: `ALARM("${depth.name}") AND NOT OK("${age.name}")`, with
    /// `INSUFFICIENT_DATA(...)`, `AT_LEAST(2, ALARM, ("a", "b", "c"))`, OR, parentheses, TRUE and
    /// FALSE. Alarms by name or by ARN.
    #[schemars(length(min = 1, max = 10_240))]
    alarm_rule: String,
    /// Whether the actions are carried out.
    #[serde(default = "yes")]
    actions_enabled: bool,
    /// ARNs of what is told when it goes off, such as a topic's.
    #[serde(default)]
    #[schemars(length(max = 5), inner(length(min = 1, max = 1024)))]
    alarm_actions: BTreeSet<String>,
    /// ARNs of what is told when all is well again.
    #[serde(default)]
    #[schemars(length(max = 5), inner(length(min = 1, max = 1024)))]
    ok_actions: BTreeSet<String>,
    /// ARNs of what is told while nothing is known.
    #[serde(default)]
    #[schemars(length(max = 5), inner(length(min = 1, max = 1024)))]
    insufficient_data_actions: BTreeSet<String>,
    /// An alarm that keeps it from telling anybody.
    actions_suppressor: Option<Suppressor>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// What keeps an alarm from telling anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suppressor {
    /// The alarm, by name or by ARN: while it is in ALARM, nobody is told.
    #[schemars(length(min = 1, max = 1600))]
    alarm: String,
    /// Seconds to wait for it, before somebody is told.
    #[schemars(range(min = 0))]
    wait_period: i32,
    /// Seconds to wait after it, before somebody is told.
    #[schemars(range(min = 0))]
    extension_period: i32,
}

fn yes() -> bool {
    true
}

impl Kind for CloudwatchCompositeAlarm {
    const NAME: &'static str = "cloudwatch_composite_alarm";
    const SUMMARY: &'static str = "A CloudWatch alarm on the states of other alarms.";
    const NOTES: &'static str = "\
The alarm's name is its identity, of which metric alarms have none besides; its ARN follows from it.

- The alarms that the rule names, and the suppressor, are made first and deleted last: CloudWatch refuses an alarm on \
what is not there, and to delete what another needs. They live in the same account and region.
- A rule may name an alarm by name or by ARN, and its blanks and quotation marks mean nothing: a plan shows all in one \
form, by ARN.
- Its actions are topics, functions and what Systems Manager does; `alarm_path` reads whether topics and functions can be told.
- Of 100 alarms that it may name, and 150 that may name one, AWS alone counts.
- To tell people once and not once for each alarm, leave the actions of the alarms below it out.
- A change replaces the alarm's settings as a whole, its state excepted. What its notifications look like \
(`ActionConfiguration`), for which ccprov has no field, is read and written again.
- AWS makes an alarm over one of the same name without a word. ccprov looks before it creates, and by the tags after it.
- `TRUE` and `FALSE` serve to try the actions: an alarm on `TRUE` goes off at once.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("composite/minimal.yaml"), include_str!("composite/production.yaml")];
    const FIXED: &'static [&'static str] = &["name"];
    const MUST_EXIST: &'static [&'static str] = &["alarm_rule", "actions_suppressor.alarm"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the alarm's ARN", true), ("name", "its name", true)];
    /// The index tells alarms of every sort by their ARNs alone.
    const HANGS_ON: Option<&'static str> = Some("cloudwatch_metric_alarm");
    const LOST: &'static str = "the alarm's state and its history";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        if let Ok(rule) = Rule::read(&spec.alarm_rule) {
            spec.alarm_rule = rule.canonical(&naming.place);
        }
        if let Some(suppressor) = &mut spec.actions_suppressor {
            suppressor.alarm = arn_of(&suppressor.alarm, &naming.place);
        }
        spec
    }

    fn check(spec: &Spec, naming: &Naming) -> Vec<Problem> {
        match Rule::read(&spec.alarm_rule) {
            Err(Wrong { at, message }) => {
                vec![Problem::of("alarm_rule", format!("at character {at}: {message}"))]
            }
            Ok(rule) => of_itself(&rule, spec, &naming.place),
        }
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        alarms::facts(&naming.place, &Self::identity(spec, naming))
    }

    async fn hanging(_aws: &Aws, on: &Sought, _ours: Ours<'_>) -> Answer<Vec<String>> {
        Ok(on.arn.iter().cloned().collect())
    }

    async fn named(_aws: &Aws, arn: &str) -> Answer<Option<String>> {
        Ok(alarms::identify(arn))
    }

    async fn among(aws: &Aws, arns: &[&str]) -> Answer<BTreeSet<String>> {
        alarms::composites(aws, arns).await
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let Some(mut named) = alarms::look(aws, sought).await? else { return Ok(None) };
        let Some(alarm) = named.composite.take() else { return named.of_another_sort() };
        let facts = alarms::facts(&aws.place, &named.name);
        let spec = shown(&named.name, alarm, named.tags, &aws.place);
        Ok(Some(Seen { identity: Some(named.name), ..Seen::current(spec, facts, named.owner) }))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let tags = alarms::tags(want.spec.tags.with_owner(&want.owner));
        let answer = put(aws, &want.identity, &want.spec).set_tags(Some(tags)).send().await;
        answer.attempting("cloudwatch:PutCompositeAlarm", || {
            format!("create alarm {}", want.identity)
        })?;
        // One that was there is answered alike, and keeps its tags.
        Ok(Made::whole(Facts::new()).or_found())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let name = &change.want.identity;
        if alarms::is_made_over(change) {
            // What ccprov has no field for would be cleared.
            let call = aws.session.clients.cloudwatch.describe_alarms().alarm_names(name);
            let call = call.alarm_types(aws_sdk_cloudwatch::types::AlarmType::CompositeAlarm);
            let found = call.send().await;
            let found =
                found.attempting("cloudwatch:DescribeAlarms", || format!("read alarm {name}"))?;
            let had = found.composite_alarms.unwrap_or_default().pop();
            let call = put(aws, name, &change.want.spec);
            let call =
                call.set_action_configuration(had.and_then(|alarm| alarm.action_configuration));
            let answer = call.send().await;
            answer.attempting("cloudwatch:PutCompositeAlarm", || format!("change alarm {name}"))?;
        }
        alarms::write_tags(aws, change, |spec| &spec.tags).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        alarms::delete(aws, have.identity.as_str()).await
    }
}

/// An alarm by its ARN, whichever way it is named.
fn arn_of(alarm: &str, place: &Place) -> String {
    match alarms::name_of(alarm) {
        Some(_) => alarm.to_owned(),
        None => alarms::arn(place, alarm),
    }
}

/// The problem of an alarm that needs itself.
fn of_itself(rule: &Rule, spec: &Spec, place: &Place) -> Vec<Problem> {
    let own = alarms::arn(place, spec.name.as_deref().unwrap_or_default());
    let mut problems = Vec::new();
    if rule.alarms().any(|alarm| arn_of(alarm, place) == own) {
        problems.push(Problem::of("alarm_rule", "the alarm stands in its own rule"));
    }
    if spec.actions_suppressor.as_ref().is_some_and(|it| it.alarm == own) {
        let at = crate::model::Path::field("actions_suppressor").with_field("alarm");
        problems.push(Problem::of("", "the alarm would suppress itself").at(at));
    }
    problems
}

/// The call that makes it, or makes it over.
fn put(aws: &Aws, name: &str, spec: &Spec) -> PutCompositeAlarmFluentBuilder {
    let actions = |arns: &BTreeSet<String>| Some(arns.iter().cloned().collect());
    let rule = Rule::read(&spec.alarm_rule).map(|rule| rule.short(&aws.place));
    let suppressor = spec.actions_suppressor.as_ref();
    aws.session
        .clients
        .cloudwatch
        .put_composite_alarm()
        .alarm_name(name)
        .alarm_description(&spec.description)
        .alarm_rule(rule.unwrap_or_else(|_| spec.alarm_rule.clone()))
        .actions_enabled(spec.actions_enabled)
        .set_alarm_actions(actions(&spec.alarm_actions))
        .set_ok_actions(actions(&spec.ok_actions))
        .set_insufficient_data_actions(actions(&spec.insufficient_data_actions))
        .set_actions_suppressor(suppressor.map(|it| it.alarm.clone()))
        .set_actions_suppressor_wait_period(suppressor.map(|it| it.wait_period))
        .set_actions_suppressor_extension_period(suppressor.map(|it| it.extension_period))
}

/// What CloudWatch shows.
fn shown(name: &str, alarm: CompositeAlarm, tags: Tags, place: &Place) -> Spec {
    let actions = |arns: Option<Vec<String>>| arns.unwrap_or_default().into_iter().collect();
    let rule = alarm.alarm_rule.unwrap_or_default();
    let (wait, extension) =
        (alarm.actions_suppressor_wait_period, alarm.actions_suppressor_extension_period);
    let suppressor = alarm.actions_suppressor.filter(|alarm| !alarm.is_empty());
    Spec {
        name: Some(name.to_owned()),
        description: alarm.alarm_description.unwrap_or_default(),
        // A rule of a form that is newer than ccprov is shown as it is.
        alarm_rule: Rule::read(&rule).map_or(rule, |rule| rule.canonical(place)),
        actions_enabled: alarm.actions_enabled.unwrap_or(true),
        alarm_actions: actions(alarm.alarm_actions),
        ok_actions: actions(alarm.ok_actions),
        insufficient_data_actions: actions(alarm.insufficient_data_actions),
        actions_suppressor: suppressor.map(|alarm| Suppressor {
            alarm: arn_of(&alarm, place),
            wait_period: wait.unwrap_or_default(),
            extension_period: extension.unwrap_or_default(),
        }),
        tags,
    }
}
