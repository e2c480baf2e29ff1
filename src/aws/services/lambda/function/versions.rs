//! The versions of a function, and the aliases that lead to one.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{AliasConfiguration, AliasRoutingConfiguration, FunctionConfiguration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Spec;
use super::shown::shown;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::Answer;

/// A name for the version that was published last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alias {
    /// What it is for.
    #[schemars(length(max = 256))]
    description: Option<String>,
    /// The version to which it leads, where that is not the last: nothing that a stack file states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    function_version: Option<String>,
    /// Further versions, and how much of what comes they get; likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(skip)]
    further_versions: BTreeMap<String, String>,
}

/// The version that was published last.
async fn last(aws: &Aws, name: &str) -> Answer<Option<(u64, FunctionConfiguration)>> {
    let (mut last, mut next) = (None, None);
    loop {
        let call = aws.session.clients.lambda.list_versions_by_function().function_name(name);
        let answer = call.set_marker(next).send().await;
        let answer = answer.attempting("lambda:ListVersionsByFunction", || {
            format!("read the versions of function {name}")
        });
        let Some(page) = answer.or_absent()? else { return Ok(None) };
        for version in page.versions.unwrap_or_default() {
            // What is not published is called `$LATEST`.
            let number = version.version().and_then(|number| number.parse().ok());
            let is_later = |number: &u64| last.as_ref().is_none_or(|(before, _)| number > before);
            if let Some(number) = number.filter(is_later) {
                last = Some((number, version));
            }
        }
        next = page.next_marker.filter(|marker| !marker.is_empty());
        if next.is_none() {
            return Ok(last);
        }
    }
}

async fn aliases(aws: &Aws, name: &str) -> Answer<Vec<AliasConfiguration>> {
    let (mut all, mut next) = (Vec::new(), None);
    loop {
        let call = aws.session.clients.lambda.list_aliases().function_name(name);
        let answer = call.set_marker(next).send().await;
        let answer = answer
            .attempting("lambda:ListAliases", || format!("read the aliases of function {name}"));
        let Some(page) = answer.or_absent()? else { return Ok(all) };
        all.extend(page.aliases.unwrap_or_default());
        next = page.next_marker.filter(|marker| !marker.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

/// Whether what runs now was published, and the aliases as they lead to that.
pub(super) async fn read(
    aws: &Aws,
    name: &str,
    now: &FunctionConfiguration,
) -> Answer<(bool, BTreeMap<String, Alias>)> {
    let last = last(aws, name).await?;
    let is_published = last.as_ref().is_some_and(|(_, last)| is_same(name, now, last));
    let number = last.map(|(number, _)| number.to_string());
    let aliases = aliases(aws, name).await?.into_iter().filter_map(|alias| {
        let routing = alias.routing_config.and_then(|it| it.additional_version_weights);
        let further = routing.into_iter().flatten();
        let seen = Alias {
            description: alias.description.filter(|text| !text.is_empty()),
            function_version: alias.function_version.filter(|it| Some(it) != number.as_ref()),
            further_versions: further.map(|(it, weight)| (it, weight.to_string())).collect(),
        };
        Some((alias.name?, seen))
    });
    Ok((is_published, aliases.collect()))
}

/// AWS has no version of its own for what is the same as the last.
fn is_same(name: &str, now: &FunctionConfiguration, last: &FunctionConfiguration) -> bool {
    now.code_sha256 == last.code_sha256 && shown(name, now) == shown(name, last)
}

pub(super) async fn publish(aws: &Aws, name: &str) -> Answer<()> {
    let answer = aws.session.clients.lambda.publish_version().function_name(name).send().await;
    answer.attempting("lambda:PublishVersion", || format!("publish function {name}"))?;
    Ok(())
}

/// Makes all aliases lead to the version that was published last, and removes others.
pub(super) async fn write_aliases(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let name = change.want.identity.as_str();
    let none = BTreeMap::new();
    let have = change.have.aliases.as_ref().unwrap_or(&none);
    let want = change.want.spec.aliases.as_ref().unwrap_or(&none);
    let lambda = &aws.session.clients.lambda;
    // An alias that leads to nothing published is refused by the check.
    let Some((number, _)) = last(aws, name).await? else { return Ok(()) };
    for (alias, wanted) in want.iter().filter(|(alias, wanted)| have.get(*alias) != Some(wanted)) {
        if have.contains_key(alias) {
            let call = lambda.update_alias().function_name(name).name(alias);
            let call = call.function_version(number.to_string());
            let call = call.description(wanted.description.clone().unwrap_or_default());
            let none = AliasRoutingConfiguration::builder();
            let none = none.set_additional_version_weights(Some([].into())).build();
            let answer = call.routing_config(none).send().await;
            answer.attempting("lambda:UpdateAlias", || {
                format!("change alias {alias} of function {name}")
            })?;
        } else {
            let call = lambda.create_alias().function_name(name).name(alias);
            let call = call.function_version(number.to_string());
            let answer = call.set_description(wanted.description.clone()).send().await;
            answer.attempting("lambda:CreateAlias", || {
                format!("make alias {alias} of function {name}")
            })?;
        }
    }
    for alias in have.keys().filter(|alias| !want.contains_key(*alias)) {
        let answer = lambda.delete_alias().function_name(name).name(alias).send().await;
        answer.attempting("lambda:DeleteAlias", || {
            format!("remove alias {alias} of function {name}")
        })?;
    }
    Ok(())
}
