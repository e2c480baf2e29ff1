//! Looking at one state machine, its versions, and what it is at.

use std::collections::BTreeMap;

use aws_sdk_sfn::types as sdk;
use futures::future::try_join;

use super::description::{describe, shown};
use super::{Spec, arn, executions, facts, versions};
use crate::aws::aliases;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::tags::{Tags, is_forced};
use crate::engine::port::Answer;
use crate::model::{Sought, Status};

/// The state machine of that name, with all that is set on it.
pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let name = sought.identity.as_str();
    let arn = arn(&aws.place, name);
    let tags = async {
        let call = aws.session.clients.sfn.list_tags_for_resource().resource_arn(&arn);
        let attempted = || format!("read the tags of state machine {name}");
        call.send().await.attempting("states:ListTagsForResource", attempted)
    };
    let found = try_join(describe(aws, name, &arn), tags).await.or_absent()?;
    let Some((machine, tags)) = found else { return Ok(None) };
    let all_tags = tags.tags.unwrap_or_default().into_iter();
    let all_tags = all_tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())));
    let all_tags: BTreeMap<_, _> = all_tags.collect();
    // What takes calls of its own is read for who asks for it.
    let is_sought =
        |field: &str| sought.fields.as_ref().is_none_or(|fields| fields.contains(field));
    let published = async {
        if !is_sought("publish") && !is_sought("aliases") {
            return Ok((false, None));
        }
        let (publish, aliases) =
            versions::read(aws, name, &machine, &aliases::pinned(&all_tags)).await?;
        Ok((publish, Some(aliases)))
    };
    let running = async {
        if !sought.holdings || machine.r#type != sdk::StateMachineType::Standard {
            return Ok(None);
        }
        executions::held(aws, name).await
    };
    let ((publish, aliases), holdings) = try_join(published, running).await?;
    let force_destroy = is_forced(&all_tags);
    let (tags, owner) = Tags::seen(all_tags);
    let spec = Spec { publish, aliases, force_destroy, tags, ..shown(name, &machine) };
    let mut seen = Seen::current(spec, facts(&aws.place, name), owner);
    seen.holdings = holdings;
    if machine.status == Some(sdk::StateMachineStatus::Deleting) {
        seen.status = Status::Deleting("it goes when its executions have ended".to_owned());
    }
    Ok(Some(seen))
}
