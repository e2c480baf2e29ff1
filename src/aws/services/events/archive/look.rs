//! Looking at one archive, and for those of a bus.

use aws_sdk_eventbridge::operation::describe_archive::DescribeArchiveOutput;
use aws_sdk_eventbridge::types::ArchiveState;

use super::{EventPattern, Spec, facts};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::engine::port::Answer;
use crate::model::{Holdings, Sought, Status};

/// The archive of that name.
pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let name = sought.identity.as_str();
    let answer = aws.session.clients.events.describe_archive().archive_name(name).send().await;
    let attempted = || format!("read archive {name}");
    let Some(archive) = answer.attempting("events:DescribeArchive", attempted).or_absent()? else {
        return Ok(None);
    };
    let mut seen = Seen::current(shown(name, &archive), facts(&aws.place, name), None);
    seen.status = status(&archive);
    seen.holdings = held(&archive).filter(|_| sought.holdings);
    seen.remark = (archive.state == Some(ArchiveState::Disabled))
        .then(|| format!("AWS has it disabled, so that it keeps nothing{}", because(&archive)));
    Ok(Some(seen))
}

/// The names of the archives of a bus.
pub(super) async fn of_bus(aws: &Aws, bus: &str) -> Answer<Vec<String>> {
    let (mut names, mut next) = (Vec::new(), None);
    loop {
        let call = aws.session.clients.events.list_archives().event_source_arn(bus);
        let answer = call.set_next_token(next).send().await;
        let page =
            answer.attempting("events:ListArchives", || format!("list the archives of {bus}"))?;
        let found = page.archives.unwrap_or_default().into_iter();
        names.extend(found.filter_map(|archive| archive.archive_name));
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(names);
        }
    }
}

fn shown(name: &str, archive: &DescribeArchiveOutput) -> Spec {
    let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Spec {
        name: Some(name.to_owned()),
        event_source_arn: archive.event_source_arn.clone().unwrap_or_default(),
        event_pattern: archive.event_pattern().and_then(EventPattern::seen),
        retention_days: archive.retention_days.unwrap_or_default(),
        description: archive.description.clone().unwrap_or_default(),
        kms_key_identifier: filled(archive.kms_key_identifier()),
        force_destroy: false,
    }
}

/// API Reference, `DescribeArchive`: the states that there are.
fn status(archive: &DescribeArchiveOutput) -> Status {
    match archive.state {
        Some(ArchiveState::Creating) => Status::InProgress("it is being made".to_owned()),
        Some(ArchiveState::Updating) => Status::InProgress("it is being changed".to_owned()),
        Some(ArchiveState::CreateFailed) => {
            Status::Failed(format!("it could not be made{}", because(archive)))
        }
        Some(ArchiveState::UpdateFailed) => {
            Status::Failed(format!("it could not be changed{}", because(archive)))
        }
        _ => Status::Current,
    }
}

fn because(archive: &DescribeArchiveOutput) -> String {
    let reason = archive.state_reason().filter(|reason| !reason.is_empty());
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// What AWS counted within the last day. That it counted nothing does not say that nothing is
/// there.
fn held(archive: &DescribeArchiveOutput) -> Option<Holdings> {
    let is_never_there =
        matches!(archive.state, Some(ArchiveState::Creating | ArchiveState::CreateFailed));
    Some(Holdings::lost(match archive.event_count {
        _ if is_never_there => return None,
        1 => "about 1 event".to_owned(),
        events if events > 1 => format!("about {events} events"),
        _ => "whatever events AWS has not counted yet".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(state: ArchiveState, events: i64) -> DescribeArchiveOutput {
        let archive = DescribeArchiveOutput::builder().state(state).event_count(events);
        archive.state_reason("the key is disabled").build()
    }

    #[test]
    fn states_are_told_apart_and_reasons_told() {
        let check = |state: ArchiveState, expected: Status| {
            assert_eq!(status(&archive(state, 0)), expected);
        };
        check(ArchiveState::Enabled, Status::Current);
        check(ArchiveState::Disabled, Status::Current);
        check(ArchiveState::Creating, Status::InProgress("it is being made".into()));
        check(ArchiveState::Updating, Status::InProgress("it is being changed".into()));
        let made = "it could not be made: the key is disabled";
        check(ArchiveState::CreateFailed, Status::Failed(made.into()));
        let changed = "it could not be changed: the key is disabled";
        check(ArchiveState::UpdateFailed, Status::Failed(changed.into()));
    }

    #[test]
    fn what_was_not_counted_may_be_there() {
        let check = |state: ArchiveState, events: i64, expected: Option<&str>| {
            let held = held(&archive(state, events)).map(|held| held.what);
            assert_eq!(held.as_deref(), expected);
        };
        check(ArchiveState::Enabled, 0, Some("whatever events AWS has not counted yet"));
        check(ArchiveState::Enabled, 1, Some("about 1 event"));
        check(ArchiveState::UpdateFailed, 70, Some("about 70 events"));
        check(ArchiveState::Creating, 0, None);
        check(ArchiveState::CreateFailed, 0, None);
    }
}
