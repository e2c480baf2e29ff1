//! What is the same of alarms of every sort: one space of names, one ARN, one way
//! to look for them, to tag them and to delete them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm, MetricAlarm, Tag};

use crate::aws::error::{Attempt, OrAbsent, told};
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, LIFECYCLE_FIELD, OWNER_FIELD};
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::{CloudError, Facts, Owner, Place, Sought};

/// What has a name.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) metric: Option<MetricAlarm>,
    pub(super) composite: Option<CompositeAlarm>,
    pub(super) tags: Tags,
    pub(super) owner: Option<Owner>,
    /// Whether an index told of it, which does not know of what sort it is.
    is_hint: bool,
}

impl Named {
    /// Of what is of another sort than was sought: nothing of what an index told, and of
    /// what is declared no word that it is absent, or it would be written over.
    pub(super) fn of_another_sort<T>(&self) -> Answer<Option<T>> {
        if self.is_hint {
            return Ok(None);
        }
        let message = "there is an alarm of another sort under this name";
        Err(told("cloudwatch:DescribeAlarms", reading(&self.name), "OtherAlarm", message))
    }
}

/// Looks for what has the name, or the ARN, that is sought.
pub(super) async fn look(aws: &Aws, sought: &Sought) -> Answer<Option<Named>> {
    let identity = sought.identity.as_str();
    let (name, is_hint) = match name_of(identity) {
        Some(name) => (name, true),
        None => (identity, false),
    };
    let cloudwatch = &aws.session.clients.cloudwatch;
    let call = cloudwatch.describe_alarms().alarm_names(name);
    // Without these it is silent of those that have the name and are of another type.
    let call = call.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm);
    let found = call.send().await.attempting("cloudwatch:DescribeAlarms", || reading(name))?;
    let metric = found.metric_alarms.unwrap_or_default().pop();
    let composite = found.composite_alarms.unwrap_or_default().pop();
    if metric.is_none() && composite.is_none() {
        return Ok(None);
    }
    let call = cloudwatch.list_tags_for_resource().resource_arn(arn(&aws.place, name));
    let answer = call.send().await;
    let tags = answer
        .attempting("cloudwatch:ListTagsForResource", || format!("read the tags of alarm {name}"));
    let Some(tags) = tags.or_absent()? else { return Ok(None) };
    let pairs = tags.tags.unwrap_or_default().into_iter();
    let (tags, owner) = Tags::seen(pairs.filter_map(|tag| Some((tag.key?, tag.value?))));
    Ok(Some(Named { name: name.to_owned(), metric, composite, tags, owner, is_hint }))
}

/// Those of some ARNs that are composite alarms.
pub(super) async fn composites(aws: &Aws, arns: &[&str]) -> Answer<BTreeSet<String>> {
    let names: Vec<String> =
        arns.iter().filter_map(|arn| name_of(arn)).map(str::to_owned).collect();
    let mut found = BTreeSet::new();
    for names in names.chunks(NAMED) {
        let call = aws.session.clients.cloudwatch.describe_alarms();
        let call = call.set_alarm_names(Some(names.to_vec()));
        let answer = call.alarm_types(AlarmType::CompositeAlarm).send().await;
        let answer = answer.attempting("cloudwatch:DescribeAlarms", || {
            "find out which alarms are composite ones".into()
        })?;
        let composites = answer.composite_alarms.unwrap_or_default().into_iter();
        found.extend(composites.filter_map(|alarm| alarm.alarm_arn));
    }
    Ok(found)
}

/// The most names that one call takes (API Reference, `DescribeAlarms`).
const NAMED: usize = 100;

fn reading(name: &str) -> String {
    format!("read alarm {name}")
}

/// The ARN, of an alarm of whatever sort; `None` for any other ARN. Of what sort it is, a
/// look tells.
pub(super) fn identify(arn: &str) -> Option<String> {
    name_of(arn).map(|_| arn.to_owned())
}

/// The name of an alarm, from its ARN.
pub(super) fn name_of(arn: &str) -> Option<&str> {
    let (before, name) = arn.split_once(":alarm:")?;
    (before.starts_with("arn:") && before.contains(":cloudwatch:")).then_some(name)
}

pub(super) fn facts(place: &Place, name: &str) -> Facts {
    [("arn", arn(place, name)), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

pub(super) fn arn(place: &Place, name: &str) -> String {
    place.arn("cloudwatch", &format!("alarm:{name}"))
}

pub(super) fn tags(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Whether anything but its tags is to be written: all of it then goes with one call.
pub(super) fn is_made_over<S>(change: &Changing<'_, S>) -> bool {
    let beside = ["tags", OWNER_FIELD, LIFECYCLE_FIELD];
    change.diff.iter().any(|diff| !beside.contains(&diff.path.top()))
}

pub(super) async fn write_tags<S>(
    aws: &Aws,
    change: &Changing<'_, S>,
    told: impl Fn(&S) -> &Tags,
) -> Answer<()> {
    let Some(turn) = change.tag_change(told) else { return Ok(()) };
    let name = &change.want.identity;
    let (cloudwatch, arn) = (&aws.session.clients.cloudwatch, &arn(&aws.place, name));
    let put = |all: BTreeMap<_, _>| async move {
        let call = cloudwatch.tag_resource().resource_arn(arn);
        let answer = call.set_tags(Some(tags(all))).send().await;
        answer.attempting("cloudwatch:TagResource", || format!("tag alarm {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = cloudwatch.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("cloudwatch:UntagResource", || format!("untag alarm {name}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}

/// One at a time: of composite alarms a call deletes no more.
pub(super) async fn delete(aws: &Aws, name: &str) -> Answer<()> {
    let answer = aws.session.clients.cloudwatch.delete_alarms().alarm_names(name).send().await;
    let deleted =
        answer.attempting("cloudwatch:DeleteAlarms", || format!("delete alarm {name}")).or_absent();
    deleted.map(|_| ()).map_err(hinted)
}

/// What to try, where another alarm needs it.
fn hinted(error: CloudError) -> CloudError {
    let is_needed = matches!(error.class, crate::model::ErrorClass::NotYet(_));
    let hint = "take it out of the rule of the composite alarm first";
    CloudError { hint: error.hint.or_else(|| is_needed.then(|| hint.to_owned())), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_known_by_its_arn() {
        let arn = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:an alarm:of/its own";
        assert_eq!(name_of(arn), Some("an alarm:of/its own"));
        assert_eq!(identify(arn).as_deref(), Some(arn));
        assert_eq!(name_of("arn:aws:sns:eu-central-1:111122223333:alarm:x"), None);
        assert_eq!(name_of("a name:alarm:x"), None);
    }
}
