//! Looking for a mapping: by its ARN, or in what is listed of its source and its function.

use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use futures::future::{try_join, try_join_all};

use super::{Spec, facts, uuid_of, wire};
use crate::aws::error::{Attempt, OrAbsent, told};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::document::is_pending;
use crate::model::{Owner, Sought, Status};

/// What AWS admits one mapping of. A topic and a queue tell two of one cluster or one
/// broker apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key<'a> {
    source: &'a str,
    function: &'a str,
    within: Option<&'a str>,
}

impl<'a> Key<'a> {
    pub(super) fn of(spec: &'a Spec) -> Self {
        let within = spec.topics.iter().chain(&spec.queues).next().map(String::as_str);
        Self { source: &spec.event_source_arn, function: &spec.function_name, within }
    }

    /// Neither ARNs nor the names of topics and queues hold a `|`.
    pub(super) fn text(&self) -> String {
        let within = self.within.map(|within| format!("|{within}")).unwrap_or_default();
        format!("{}|{}{within}", self.source, self.function)
    }

    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(3, '|');
        Some(Self { source: parts.next()?, function: parts.next()?, within: parts.next() })
    }

    /// Whether a mapping is of all of this that is known.
    fn fits(&self, listed: &EventSourceMappingConfiguration) -> bool {
        let is = |wanted: &str, seen: Option<&str>| is_pending(wanted) || seen == Some(wanted);
        let within = listed.topics().iter().chain(listed.queues()).next().map(String::as_str);
        is(self.source, listed.event_source_arn())
            && is(self.function, listed.function_arn())
            && self.within.is_none_or(|wanted| is(wanted, within))
    }
}

pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let identity = sought.identity.as_str();
    let arn = sought.arn.as_deref().or(Some(identity)).filter(|arn| uuid_of(arn).is_some());
    let arn = match arn {
        Some(arn) => Some(arn.to_owned()),
        None => find(aws, sought).await?,
    };
    let Some(arn) = arn else { return Ok(None) };
    let (mapping, tags) = try_join(describe(aws, &arn), tags(aws, &arn)).await?;
    let (Some(mapping), Some((tags, owner))) = (mapping, tags) else { return Ok(None) };
    if let Some(error) = mapping.filter_criteria_error() {
        let (code, message) = (error.error_code(), error.message().unwrap_or_default());
        let attempted = format!("read the filters of the mapping {arn}");
        let code = code.unwrap_or("AccessDeniedException");
        return Err(told("lambda:GetEventSourceMapping", attempted, code, message));
    }
    let Some(spec) = wire::seen(&mapping) else { return Ok(None) };
    let spec = Spec { tags, ..spec }.normal();
    let identity = Key::of(&spec).text();
    let mut seen = Seen::current(spec, facts(&arn), owner);
    seen.identity = Some(identity);
    seen.status = status(&mapping);
    seen.remark = remark(&mapping);
    Ok(Some(seen))
}

/// The ARN of the mapping of a source and a function. While one of them is not known yet,
/// that of its owner among those of the other.
async fn find(aws: &Aws, sought: &Sought) -> Answer<Option<String>> {
    let Some(key) = Key::read(sought.identity.as_str()) else { return Ok(None) };
    let source = Some(key.source).filter(|text| !is_pending(text));
    let function = Some(key.function).filter(|text| !is_pending(text));
    if source.is_none() && function.is_none() {
        return Ok(None);
    }
    let listed = list(aws, source, function.filter(|_| source.is_none())).await?;
    let fitting = listed.iter().filter(|mapping| key.fits(mapping));
    let mut fitting = fitting.filter_map(EventSourceMappingConfiguration::event_source_mapping_arn);
    if source.is_some() && function.is_some() {
        return Ok(fitting.next().map(str::to_owned));
    }
    let owned = fitting.map(|arn| async move {
        let owner = tags(aws, arn).await?.and_then(|(_, owner)| owner);
        let is_it = owner.is_some_and(|owner| {
            Some(&owner.address) == sought.address.as_ref()
                || sought.formerly.contains(&owner.address)
        });
        Ok(is_it.then(|| arn.to_owned()))
    });
    Ok(try_join_all(owned).await?.into_iter().flatten().next())
}

/// The mappings of a source, or of a function.
pub(super) async fn list(
    aws: &Aws,
    source: Option<&str>,
    function: Option<&str>,
) -> Answer<Vec<EventSourceMappingConfiguration>> {
    let call = aws.session.clients.lambda.list_event_source_mappings();
    let call = call
        .set_event_source_arn(source.map(str::to_owned))
        .set_function_name(function.map(str::to_owned));
    let listed = call.into_paginator().items().send().try_collect().await;
    let listed = listed.attempting("lambda:ListEventSourceMappings", || {
        format!("list the mappings of {}", source.or(function).unwrap_or_default())
    });
    // Of a function that is not there AWS says so.
    Ok(listed.or_absent()?.unwrap_or_default())
}

async fn describe(aws: &Aws, arn: &str) -> Answer<Option<GetEventSourceMappingOutput>> {
    let call = aws.session.clients.lambda.get_event_source_mapping();
    let answer = call.uuid(uuid_of(arn).unwrap_or_default()).send().await;
    let attempted = || format!("read the mapping {arn}");
    answer.attempting("lambda:GetEventSourceMapping", attempted).or_absent()
}

async fn tags(aws: &Aws, arn: &str) -> Answer<Option<(Tags, Option<Owner>)>> {
    let answer = aws.session.clients.lambda.list_tags().resource(arn).send().await;
    let attempted = || format!("read the tags of the mapping {arn}");
    let tags = answer.attempting("lambda:ListTags", attempted).or_absent()?;
    Ok(tags.map(|answer| Tags::seen(answer.tags.unwrap_or_default())))
}

/// API Reference, `EventSourceMappingConfiguration`: the states that there are.
pub(super) fn status(mapping: &GetEventSourceMappingOutput) -> Status {
    let with_reason = |doing: &str| {
        let reason = reason(mapping).map(|reason| format!(" ({reason})"));
        format!("it is being {doing}{}", reason.unwrap_or_default())
    };
    match mapping.state().unwrap_or_default() {
        "Enabled" | "Disabled" | "" => Status::Current,
        "Creating" => Status::InProgress(with_reason("made")),
        "Enabling" => Status::InProgress(with_reason("enabled")),
        "Disabling" => Status::InProgress(with_reason("disabled")),
        "Updating" => Status::InProgress(with_reason("changed")),
        "Deleting" => Status::Deleting(with_reason("deleted")),
        other => Status::Failed(reason(mapping).map_or_else(
            || format!("its state is {other}"),
            |reason| format!("its state is {other}: {reason}"),
        )),
    }
}

/// Why it is in its state, unless somebody asked for that.
fn reason(mapping: &GetEventSourceMappingOutput) -> Option<&str> {
    let reason = mapping.state_transition_reason().filter(|reason| !reason.is_empty())?;
    let words = reason.to_lowercase().replace('_', " ");
    (!words.starts_with("user")).then_some(reason)
}

/// What AWS says of the last batch, if that went wrong, or of why it stopped reading.
pub(super) fn remark(mapping: &GetEventSourceMappingOutput) -> Option<String> {
    let last = mapping.last_processing_result().filter(|result| result.starts_with("PROBLEM"));
    let stopped = reason(mapping).filter(|_| mapping.state() == Some("Disabled"));
    let last = last.map(|result| format!("AWS says of its last batch: {result}"));
    last.or_else(|| stopped.map(|reason| format!("AWS stopped it: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_state(state: &str, reason: &str) -> GetEventSourceMappingOutput {
        let mapping = GetEventSourceMappingOutput::builder().state(state);
        mapping.state_transition_reason(reason).build()
    }

    #[test]
    fn states_are_told_apart_and_reasons_told() {
        let seen = |state: &str, reason: &str| status(&in_state(state, reason));
        for state in ["Enabled", "Disabled"] {
            assert_eq!(seen(state, "USER_INITIATED"), Status::Current);
        }
        let going_on = |why: &str| Status::InProgress(why.to_owned());
        assert_eq!(seen("Creating", "User action"), going_on("it is being made"));
        assert_eq!(seen("Updating", ""), going_on("it is being changed"));
        assert_eq!(seen("Enabling", "waits"), going_on("it is being enabled (waits)"));
        assert_eq!(seen("Disabling", ""), going_on("it is being disabled"));
        let going = Status::Deleting("it is being deleted".to_owned());
        assert_eq!(seen("Deleting", "USER_INITIATED"), going);
        let failed = Status::Failed("its state is Broken: no network".to_owned());
        assert_eq!(seen("Broken", "no network"), failed);
    }

    #[test]
    fn what_goes_wrong_is_remarked() {
        let last = |result: &str| {
            let mapping = GetEventSourceMappingOutput::builder().state("Enabled");
            remark(&mapping.last_processing_result(result).build())
        };
        assert_eq!(last("No records processed"), None);
        assert_eq!(last("OK"), None);
        let told = "AWS says of its last batch: PROBLEM: Function call failed";
        assert_eq!(last("PROBLEM: Function call failed").as_deref(), Some(told));
        let stopped = remark(&in_state("Disabled", "The stream is gone"));
        assert_eq!(stopped.as_deref(), Some("AWS stopped it: The stream is gone"));
        assert_eq!(remark(&in_state("Disabled", "USER_INITIATED")), None);
    }

    #[test]
    fn a_mapping_is_known_by_what_is_known_of_it() {
        let listed = EventSourceMappingConfiguration::builder()
            .event_source_arn("arn:source")
            .function_arn("arn:function")
            .topics("orders")
            .build();
        let fits = |text: &str| Key::read(text).is_some_and(|key| key.fits(&listed));
        assert!(fits("arn:source|arn:function|orders"));
        assert!(fits("arn:source|arn:function"), "what names no topic");
        assert!(!fits("arn:source|arn:function|returns"));
        assert!(!fits("arn:source|arn:other"));
        let pending = crate::model::FactRef {
            address: crate::model::Address::new("table"),
            fact: "stream_arn".into(),
        };
        assert!(fits(&format!("{}|arn:function", pending.marker())));
        assert!(!fits(&format!("{}|arn:other", pending.marker())));
    }
}
