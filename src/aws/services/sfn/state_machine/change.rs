//! Changing a state machine: one call for what it does and how, and the tags and aliases
//! beside it.

use std::collections::BTreeMap;

use super::{Spec, arn, settings, versions};
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::aws::turnover::{KeyCase, TagChange};
use crate::engine::port::{Accepted, Answer};
use crate::model::Facts;

pub(super) async fn change(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
    let spec = &change.want.spec;
    write_tags(aws, change).await?;
    let published = if SETTINGS.iter().any(|field| change.touches(field)) {
        write_settings(aws, change).await?
    } else if change.touches("publish") && spec.publish {
        Some(versions::publish(aws, &change.want.identity).await?)
    } else {
        None
    };
    if spec.aliases.is_some() && (published.is_some() || change.touches("aliases")) {
        versions::write_aliases(aws, change, published).await?;
    }
    Ok(Accepted::Done(Facts::new()))
}

/// What one `UpdateStateMachine` changes together: with a change of these, what was published
/// is another.
pub(super) const SETTINGS: &[&str] = &[
    "definition",
    "encryption_configuration",
    "logging_configuration",
    "role_arn",
    "tracing_configuration",
];

/// What a call does not speak of stays, and it must speak of definition or role. Tells the
/// version that it published.
async fn write_settings(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Option<String>> {
    let (name, spec) = (&change.want.identity, &change.want.spec);
    let call = aws.session.clients.sfn.update_state_machine();
    let call = call.state_machine_arn(arn(&aws.place, name));
    let call = call.definition(spec.definition.text()).role_arn(&spec.role_arn);
    let call = call
        .set_logging_configuration(
            change.touches("logging_configuration").then(|| spec.logging_configuration.sdk()),
        )
        .set_tracing_configuration(
            change.touches("tracing_configuration").then(|| spec.tracing_configuration.sdk()),
        );
    let encryption = change.touches("encryption_configuration");
    let encryption = encryption.then(|| spec.encryption_configuration.sdk()).flatten();
    let call = call.set_encryption_configuration(encryption).publish(spec.publish);
    let answer = call.send().await;
    let answer = answer
        .attempting("states:UpdateStateMachine", || format!("change state machine {name}"))?;
    Ok(answer.state_machine_version_arn.filter(|_| spec.publish))
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let is_told = ["aliases", "force_destroy"].iter().any(|field| change.touches(field));
    if !is_told && !change.touches_tags() {
        return Ok(());
    }
    let had = settings::kept_tags(&change.have);
    let before = change.tags_had(&change.have.tags).into_iter().chain(had).collect();
    let after = settings::all_tags(&change.want.spec, &change.want.owner);
    let name = &change.want.identity;
    let (sfn, arn) = (&aws.session.clients.sfn, &arn(&aws.place, name));
    let put = |tags: BTreeMap<_, _>| async move {
        let tags = Some(settings::sdk_tags(tags));
        let answer = sfn.tag_resource().resource_arn(arn).set_tags(tags).send().await;
        answer.attempting("states:TagResource", || format!("tag state machine {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = sfn.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("states:UntagResource", || format!("untag state machine {name}"))?;
        Ok(())
    };
    TagChange::between(&before, &after, KeyCase::Told).make(put, remove).await
}
