//! `cloudwatch_event_archive`: the events of a bus, kept to be replayed.
//!
//! It carries no tags, so it is found through its bus. EventBridge is at it for a moment
//! when it is made or changed.

mod grants;
mod look;

use std::time::Duration;

use aws_sdk_eventbridge::operation::update_archive::builders::UpdateArchiveFluentBuilder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pattern::EventPattern;
use crate::aws::arn::Arn;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Ours, Seen, Wanted};
use crate::aws::names::too_long;
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Limit, Live, Naming, Patience, Place, Problem, Sought};

pub(crate) struct CloudwatchEventArchive;

/// An archive. Everything left out has AWS's documented default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// 1 to 48 letters, digits and `._-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 48), regex(pattern = r"^[._A-Za-z0-9-]+$"))]
    name: Option<String>,
    /// ARN of the bus whose events it keeps.
    #[schemars(length(min = 1, max = 1600))]
    event_source_arn: String,
    /// Which events it keeps. Left out: all.
    #[schemars(extend("x-verbatim" = true))]
    event_pattern: Option<EventPattern>,
    /// Days after which an event is deleted; 0 for never.
    #[serde(default)]
    #[schemars(range(min = 0))]
    retention_days: i32,
    /// Up to 512 characters.
    #[serde(default)]
    #[schemars(length(max = 512))]
    description: String,
    /// Encrypt the events with this KMS key (id, ARN or alias). Left out: with a key of AWS's own.
    #[schemars(length(min = 1, max = 2048))]
    kms_key_identifier: Option<String>,
    /// Let a destroy by this file delete the archive with the events in it. On paper only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    force_destroy: bool,
}

impl Kind for CloudwatchEventArchive {
    const NAME: &'static str = "cloudwatch_event_archive";
    const SUMMARY: &'static str =
        "An archive of EventBridge: the events of a bus, kept to be replayed.";
    const NOTES: &'static str = "\
The archive's name is its identity, of which an account has one in a region; its ARN follows from it.

- It carries no tags. On a bus of the stack those are the stack's whose names begin as it gives them, `STACK-`; one \
with another name, or on the bus `default`, is found only while it is declared.
- EventBridge makes a rule `Events-Archive-NAME` on the bus, which is its own: ccprov leaves it alone.
- An event is in the archive some minutes after it was put: AWS advises to wait for ten before a replay. What is \
replayed is not archived again.
- AWS counts what an archive holds once a day. An archive is never taken for empty: it is deleted only by the `destroy` of a file \
that states `force_destroy: true`, or with `--allow-data-loss`.
- A bus with a key of yours does not lend it to its archives: state `kms_key_identifier` here too. Its policy must admit \
`events.amazonaws.com` to `kms:DescribeKey`, `kms:GenerateDataKey`, `kms:ReEncrypt*` and `kms:Decrypt`.
- Another `retention_days` holds for the events that are there as well.
- An archive goes before its bus.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("archive/minimal.yaml"), include_str!("archive/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "event_source_arn"];
    const MUST_EXIST: &'static [&'static str] = &["event_source_arn", "kms_key_identifier"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the archive's ARN", true), ("name", "its name", true)];
    /// Seconds, by what people tell; AWS names no time. Gone when the deletion is accepted: there
    /// is no state for an archive that goes.
    const PATIENCE: Patience = Patience {
        create: Limit::of(Duration::from_mins(5)),
        update: Limit::of(Duration::from_mins(5)),
        delete: None,
        steady: 1,
        blocks: false,
    };
    const TAGGED: bool = false;
    const HANGS_ON: Option<&'static str> = Some("cloudwatch_event_bus");
    const HOLDS_DATA: bool = true;
    const MENDS: bool = true;
    const MEANS: &'static [&'static str] = &["force_destroy"];
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    const TAKES: &'static [(&'static str, Takes)] =
        &[("event_source_arn", takes::BUS), ("kms_key_identifier", Takes::Key)];
    const GAP: &'static str = "events that are put meanwhile are in no archive";
    const LOST: &'static str = "the events in the old archive are lost";
    const BY_ARN: bool = false;
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        let name = spec.name.as_deref().filter(|name| !is_pending(name)).unwrap_or_default();
        let name = too_long("name", name, 48, "EventBridge");
        let pattern = spec.event_pattern.iter().flat_map(EventPattern::check);
        name.into_iter().chain(pattern).collect()
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    async fn hanging(aws: &Aws, on: &Sought, ours: Ours<'_>) -> Answer<Vec<String>> {
        let Some(bus) = on.arn.as_deref() else { return Ok(Vec::new()) };
        let mut names = look::of_bus(aws, bus).await.or_absent()?.unwrap_or_default();
        names.retain(|name| ours.named(name));
        Ok(names)
    }

    async fn named(_aws: &Aws, arn: &str) -> Answer<Option<String>> {
        let arn = Arn::read(arn).filter(|arn| arn.service == "events");
        Ok(arn.and_then(|arn| arn.resource.strip_prefix("archive/")).map(str::to_owned))
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        look::read(aws, sought).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (name, spec) = (&want.identity, &want.spec);
        let call = aws.session.clients.events.create_archive().archive_name(name);
        let described = (!spec.description.is_empty()).then(|| spec.description.clone());
        let call = call.event_source_arn(&spec.event_source_arn).set_description(described);
        let call = call.set_event_pattern(spec.event_pattern.as_ref().map(EventPattern::text));
        let call = call.set_kms_key_identifier(spec.kms_key_identifier.clone());
        let answer = call.retention_days(spec.retention_days).send().await;
        answer.attempting("events:CreateArchive", || format!("create archive {name}"))?;
        Ok(Made::begun(Facts::new()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let name = &change.want.identity;
        let call = aws.session.clients.events.update_archive().archive_name(name);
        let answer = all_of(call, change).send().await;
        answer.attempting("events:UpdateArchive", || format!("change archive {name}"))?;
        Ok(Accepted::Working(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let answer = aws.session.clients.events.delete_archive().archive_name(name).send().await;
        answer.attempting("events:DeleteArchive", || format!("delete archive {name}"))?;
        Ok(())
    }
}

/// All that an archive is. Whether the call clears what it leaves out is said nowhere: what is
/// to be cleared is said to be empty.
fn all_of(
    call: UpdateArchiveFluentBuilder,
    change: &Changing<'_, Spec>,
) -> UpdateArchiveFluentBuilder {
    let spec = &change.want.spec;
    let or_empty = |field: &str, text: Option<String>| {
        text.or_else(|| change.touches(field).then(String::new))
    };
    let described = (!spec.description.is_empty()).then(|| spec.description.clone());
    let pattern = spec.event_pattern.as_ref().map(EventPattern::text);
    call.retention_days(spec.retention_days)
        .set_description(or_empty("description", described))
        .set_event_pattern(or_empty("event_pattern", pattern))
        .set_kms_key_identifier(or_empty("kms_key_identifier", spec.kms_key_identifier.clone()))
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", place.arn("events", &format!("archive/{name}"))), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}
