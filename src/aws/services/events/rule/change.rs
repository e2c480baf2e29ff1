//! Writing a rule: one call for what it is, others for its targets and tags.
//!
//! The tag that names our targets is written before those that come and after those that
//! go, so that a run which dies in between leaves none of ours that looks like another's.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eventbridge::operation::put_rule::builders::PutRuleFluentBuilder;
use aws_sdk_eventbridge::types::{self as sdk, Tag};
use futures::future::FutureExt;
use serde_json::Value;

use super::target::{MARK, Target, mark};
use super::{Spec, State, arn, look, parts};
use crate::aws::error::{Attempt, OrAbsent, told};
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::aws::turnover::{Room, Turnover, turn_over};
use crate::engine::port::{Accepted, Answer};
use crate::model::{CloudError, Emptying, ErrorClass, Facts, Live};

/// Targets that one call puts or removes: EventBridge names 10 in its answer to more (API
/// Reference, `PutTargets`).
const MOST_AT_ONCE: usize = 10;

/// Targets of a rule (User Guide, "EventBridge quotas").
const MOST_TARGETS: usize = 5;

/// The fields that one call says together.
const SETTINGS: &[&str] =
    &["description", "event_pattern", "role_arn", "schedule_expression", "state"];

pub(super) async fn change(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
    let (identity, spec) = (&change.want.identity, &change.want.spec);
    write_tags(aws, change).await?;
    if SETTINGS.iter().any(|field| change.touches(field)) {
        let answer = put_rule(aws, identity, spec).send().await;
        answer.attempting("events:PutRule", || format!("change rule {identity}"))?;
    }
    if change.touches("targets") {
        change_targets(aws, identity, &change.have.targets, &spec.targets).await?;
    }
    Ok(Accepted::Done(Facts::new()))
}

/// All that a rule is. What the call leaves out is cleared; targets and tags stay.
pub(super) fn put_rule(aws: &Aws, identity: &str, spec: &Spec) -> PutRuleFluentBuilder {
    let (bus, name) = parts(identity);
    let described = (!spec.description.is_empty()).then(|| spec.description.clone());
    let call = aws.session.clients.events.put_rule().event_bus_name(bus).name(name);
    call.set_event_pattern(spec.event_pattern.as_ref().map(super::EventPattern::text))
        .set_schedule_expression(spec.schedule_expression.clone())
        .state(spec.state.sdk())
        .set_description(described)
        .set_role_arn(spec.role_arn.clone())
}

impl State {
    fn sdk(self) -> sdk::RuleState {
        match self {
            Self::Enabled => sdk::RuleState::Enabled,
            Self::Disabled => sdk::RuleState::Disabled,
            Self::EnabledWithAllCloudtrailManagementEvents => {
                sdk::RuleState::EnabledWithAllCloudtrailManagementEvents
            }
        }
    }
}

type Targets = BTreeMap<String, Target>;

async fn change_targets(aws: &Aws, identity: &str, had: &Targets, want: &Targets) -> Answer<()> {
    let come = want.iter().filter(|(id, target)| had.get(*id) != Some(*target));
    let gone: Vec<String> = had.keys().filter(|id| !want.contains_key(*id)).cloned().collect();
    let both: BTreeSet<&String> = had.keys().chain(want.keys()).collect();
    if both.len() > had.len() {
        write_mark(aws, identity, both.iter().copied()).await?;
    }
    let turn = Turnover {
        room: Room::of(both.len(), want.len(), MOST_TARGETS),
        comes: put_targets(aws, identity, come).boxed(),
        goes: remove_targets(aws, identity, &gone).boxed(),
    };
    turn_over([turn]).await?;
    if gone.is_empty() { Ok(()) } else { write_mark(aws, identity, want.keys()).await }
}

/// Puts targets, each whole. Those that the answer says have failed are told, each with its
/// code.
pub(super) async fn put_targets(
    aws: &Aws,
    identity: &str,
    targets: impl Iterator<Item = (&String, &Target)>,
) -> Answer<()> {
    let (bus, name) = parts(identity);
    let targets: Vec<sdk::Target> = targets.filter_map(|(id, target)| target.sdk(id)).collect();
    for some in targets.chunks(MOST_AT_ONCE) {
        let call = aws.session.clients.events.put_targets().event_bus_name(bus).rule(name);
        let attempted = || format!("put the targets of rule {identity}");
        let answer = call.set_targets(Some(some.to_vec())).send().await;
        let answer = answer.attempting("events:PutTargets", attempted)?;
        let failed = answer.failed_entries().iter().map(|it| Failed {
            target: it.target_id(),
            code: it.error_code(),
            message: it.error_message(),
        });
        refuse("events:PutTargets", attempted, answer.failed_entry_count, failed)?;
    }
    Ok(())
}

async fn remove_targets(aws: &Aws, identity: &str, ids: &[String]) -> Answer<()> {
    let (bus, name) = parts(identity);
    for some in ids.chunks(MOST_AT_ONCE) {
        let call = aws.session.clients.events.remove_targets().event_bus_name(bus).rule(name);
        let attempted = || format!("remove targets of rule {identity}");
        let answer = call.set_ids(Some(some.to_vec())).send().await;
        let answer = answer.attempting("events:RemoveTargets", attempted)?;
        let failed = answer.failed_entries().iter().map(|it| Failed {
            target: it.target_id(),
            code: it.error_code(),
            message: it.error_message(),
        });
        refuse("events:RemoveTargets", attempted, answer.failed_entry_count, failed)?;
    }
    Ok(())
}

/// A target of which an answer of success says that it failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed<'a> {
    pub(super) target: Option<&'a str>,
    pub(super) code: Option<&'a str>,
    pub(super) message: Option<&'a str>,
}

/// That some targets failed, each with its code. What is refused for good is no better for
/// trying again, so it says what class the whole is.
pub(super) fn refuse<'a>(
    operation: &str,
    attempted: impl Fn() -> String,
    count: i32,
    failed: impl Iterator<Item = Failed<'a>>,
) -> Answer<()> {
    let errors = failed.map(|Failed { target, code, message }| {
        let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
        let error = told(operation, attempted(), code, message);
        let target = target.unwrap_or_default();
        CloudError { message: format!("target `{target}`: {code}: {message}"), ..error }
    });
    let errors: Vec<CloudError> = errors.collect();
    let is_final = |error: &&CloudError| match error.class {
        ErrorClass::Throttled | ErrorClass::Transient | ErrorClass::NotYet(_) => false,
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::Denied
        | ErrorClass::Quota
        | ErrorClass::Invalid
        | ErrorClass::Credentials
        | ErrorClass::Unexpected => true,
    };
    let Some(first) = errors.iter().find(is_final).or_else(|| errors.first()) else {
        let message = format!("{count} targets failed, and none was named");
        return if count == 0 {
            Ok(())
        } else {
            Err(told(operation, attempted(), "InternalException", &message))
        };
    };
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    Err(CloudError { message: messages.join("; "), ..first.clone() })
}

/// Removes the rule with its targets. Those of others only where that is wanted: without
/// them EventBridge deletes no rule.
pub(super) async fn delete(aws: &Aws, have: &Live, emptying: Emptying) -> Answer<()> {
    let identity = have.identity.as_str();
    let (bus, name) = parts(identity);
    // A rule that was just made may not be seen everywhere.
    let targets = look::targets(aws, identity).await.or_absent()?.unwrap_or_default();
    let ids: Vec<String> = targets.into_iter().map(|target| target.id).collect();
    if emptying == Emptying::Keep {
        keep_others(have, &ids)?;
    }
    remove_targets(aws, identity, &ids).await?;
    let call = aws.session.clients.events.delete_rule().event_bus_name(bus).name(name);
    let answer = call.send().await;
    answer.attempting("events:DeleteRule", || format!("delete rule {identity}"))?;
    Ok(())
}

/// Refuses where others have put targets there, be it since the object was seen.
pub(super) fn keep_others(have: &Live, ids: &[String]) -> Answer<()> {
    let ours = have.document.get("targets").and_then(Value::as_object);
    let is_ours = |id: &str| ours.is_some_and(|it| it.contains_key(id));
    let others = ids.iter().map(String::as_str).filter(|id| !is_ours(id));
    let Some(others) = look::of_others(others) else { return Ok(()) };
    let attempted = format!("delete rule {}", have.identity);
    let error =
        told("events:DeleteRule", attempted, "TargetsOfOthers", &format!("it has {others}"));
    let hint = "remove them, or pass --allow-data-loss if they are to go as well".to_owned();
    Err(CloudError { class: ErrorClass::Invalid, hint: Some(hint), ..error })
}

pub(super) fn sdk_tags(tags: BTreeMap<String, String>) -> Vec<Tag> {
    // Nothing is missing that a builder could miss.
    tags.into_iter()
        .filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok())
        .collect()
}

/// Says which targets are ours.
async fn write_mark<'a>(
    aws: &Aws,
    identity: &str,
    ids: impl IntoIterator<Item = &'a String>,
) -> Answer<()> {
    match mark(ids) {
        Some(tag) => put_tags(aws, identity, [tag].into()).await,
        None => remove_tags(aws, identity, vec![MARK.to_owned()]).await,
    }
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let turn = change.holder_tags(|spec| (&spec.tags, spec.force_destroy));
    let Some(turn) = turn else { return Ok(()) };
    let identity = &change.want.identity;
    let put = |tags| put_tags(aws, identity, tags);
    let remove = |gone| remove_tags(aws, identity, gone);
    turn.make(put, remove).await
}

async fn put_tags(aws: &Aws, identity: &str, tags: BTreeMap<String, String>) -> Answer<()> {
    let call = aws.session.clients.events.tag_resource().resource_arn(arn(&aws.place, identity));
    let answer = call.set_tags(Some(sdk_tags(tags))).send().await;
    answer.attempting("events:TagResource", || format!("tag rule {identity}"))?;
    Ok(())
}

async fn remove_tags(aws: &Aws, identity: &str, gone: Vec<String>) -> Answer<()> {
    let call = aws.session.clients.events.untag_resource().resource_arn(arn(&aws.place, identity));
    let answer = call.set_tag_keys(Some(gone)).send().await;
    answer.attempting("events:UntagResource", || format!("untag rule {identity}"))?;
    Ok(())
}
