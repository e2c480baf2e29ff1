//! The versions of a function, and the aliases that lead to one.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::types::{AliasConfiguration, AliasRoutingConfiguration, FunctionConfiguration};

use super::Spec;
use super::shown::shown;
use crate::aws::aliases::{self, Alias, Aliases, Names};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::Answer;
use crate::model::Problem;

/// What Lambda takes as the name of an alias (API Reference, `CreateAlias`).
const NAMES: Names = Names { longest: 128, signs: "-_", service: "Lambda" };

/// How its parts are told.
fn routing(alias: &Alias) -> AliasRoutingConfiguration {
    let weights = alias.routing_config.clone().unwrap_or_default().additional_version_weights;
    AliasRoutingConfiguration::builder()
        .set_additional_version_weights(Some(weights.into_iter().collect()))
        .build()
}

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = aliases::check(spec.aliases.as_ref(), spec.publish, &NAMES);
    if spec.keep_versions.is_some() && !spec.publish {
        let message = "there are versions of what is published, and none else";
        problems.push(Problem::of("keep_versions", message).hint("publish: true"));
    }
    problems
}

/// What was published, by its number.
async fn published(aws: &Aws, name: &str) -> Answer<BTreeMap<u64, FunctionConfiguration>> {
    let (mut all, mut next) = (BTreeMap::new(), None);
    loop {
        let call = aws.session.clients.lambda.list_versions_by_function().function_name(name);
        let answer = call.set_marker(next).send().await;
        let answer = answer.attempting("lambda:ListVersionsByFunction", || {
            format!("read the versions of function {name}")
        });
        let Some(page) = answer.or_absent()? else { return Ok(all) };
        // What is not published is called `$LATEST`.
        let number = |version: &FunctionConfiguration| version.version()?.parse().ok();
        let versions = page.versions.unwrap_or_default().into_iter();
        all.extend(versions.filter_map(|version| Some((number(&version)?, version))));
        next = page.next_marker.filter(|marker| !marker.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

async fn listed(aws: &Aws, name: &str) -> Answer<Vec<AliasConfiguration>> {
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

/// Whether what runs now was published, and the aliases as they lead to that; those that
/// are `pinned` as they lead to whatever they do.
pub(super) async fn read(
    aws: &Aws,
    name: &str,
    now: &FunctionConfiguration,
    pinned: &BTreeSet<String>,
) -> Answer<(bool, Aliases)> {
    let published = published(aws, name).await?;
    let last = published.last_key_value();
    let is_published = last.is_some_and(|(_, last)| is_same(name, now, last));
    let number = last.map(|(number, _)| number.to_string());
    let aliases = listed(aws, name).await?.into_iter().filter_map(|alias| {
        let name = alias.name?;
        let weights = alias.routing_config.and_then(|it| it.additional_version_weights);
        let weights = weights.unwrap_or_default().into_iter().collect();
        let stays = |to: &String| pinned.contains(&name) || Some(to) != number.as_ref();
        let to = alias.function_version.filter(stays);
        Some((name, Alias::seen(alias.description, to, weights)))
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

/// Makes all aliases lead to the version that they name, or to the one that was published
/// last, and removes others.
pub(super) async fn write_aliases(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let name = change.want.identity.as_str();
    let none = Aliases::new();
    let have = change.have.aliases.as_ref().unwrap_or(&none);
    let want = change.want.spec.aliases.as_ref().unwrap_or(&none);
    let lambda = &aws.session.clients.lambda;
    let last = published(aws, name).await?.into_keys().next_back();
    for (alias, wanted) in want.iter().filter(|(alias, wanted)| have.get(*alias) != Some(wanted)) {
        // One that follows what is published, where nothing is, was refused by the check.
        let number = wanted.version.clone().or_else(|| last.map(|last| last.to_string()));
        let Some(number) = number else { continue };
        let description = wanted.description.clone();
        let made = if have.contains_key(alias) {
            let call = lambda.update_alias().function_name(name).name(alias);
            let call = call.function_version(number).routing_config(routing(wanted));
            let answer = call.description(description.unwrap_or_default()).send().await;
            let attempted = || format!("change alias {alias} of function {name}");
            answer.attempting("lambda:UpdateAlias", attempted).map(drop)
        } else {
            let call = lambda.create_alias().function_name(name).name(alias);
            let routing = wanted.routing_config.is_some().then(|| routing(wanted));
            let call = call.function_version(number).set_routing_config(routing);
            let answer = call.set_description(description).send().await;
            let attempted = || format!("make alias {alias} of function {name}");
            answer.attempting("lambda:CreateAlias", attempted).map(drop)
        };
        made.map_err(|error| wanted.unknown_version(error, UNKNOWN))?;
    }
    for alias in have.keys().filter(|alias| !want.contains_key(*alias)) {
        let answer = lambda.delete_alias().function_name(name).name(alias).send().await;
        answer.attempting("lambda:DeleteAlias", || {
            format!("remove alias {alias} of function {name}")
        })?;
    }
    Ok(())
}

/// Where a stack file names a version that there is not.
const UNKNOWN: &str =
    "name a version that there is; `aws lambda list-versions-by-function` lists them";

/// Removes versions but for the last, as many as the stack keeps, and those that somebody
/// names: an alias, or a mapping.
pub(super) async fn prune(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let Some(keep) = change.want.spec.keep_versions else { return Ok(()) };
    let name = change.want.identity.as_str();
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let older: Vec<u64> = published(aws, name).await?.into_keys().rev().skip(keep).collect();
    if older.is_empty() {
        return Ok(());
    }
    let mut named = BTreeSet::new();
    for alias in listed(aws, name).await? {
        let weights = alias.routing_config.and_then(|it| it.additional_version_weights);
        named.extend(weights.into_iter().flatten().map(|(version, _)| version));
        named.extend(alias.function_version);
    }
    for version in older.into_iter().map(|number| number.to_string()) {
        if named.contains(&version) || is_mapped(aws, name, &version).await? {
            continue;
        }
        remove(aws, name, &version).await?;
    }
    Ok(())
}

/// Whether a queue or a stream is mapped to a version.
async fn is_mapped(aws: &Aws, name: &str, version: &str) -> Answer<bool> {
    let call = aws.session.clients.lambda.list_event_source_mappings();
    let answer = call.function_name(format!("{name}:{version}")).send().await;
    let answer = answer.attempting("lambda:ListEventSourceMappings", || {
        format!("read what is mapped to version {version} of function {name}")
    })?;
    let end = format!(":{name}:{version}");
    let is_its = |arn: &str| arn.ends_with(&end);
    Ok(answer.event_source_mappings().iter().any(|it| it.function_arn().is_some_and(is_its)))
}

async fn remove(aws: &Aws, name: &str, version: &str) -> Answer<()> {
    let call = aws.session.clients.lambda.delete_function().function_name(name);
    let answer = call.qualifier(version).send().await;
    let gone = answer.attempting("lambda:DeleteFunction", || {
        format!("remove version {version} of function {name}")
    });
    match gone {
        // CloudFront runs copies of it (Lambda@Edge), of which it tells nobody.
        Err(error) if error.message.contains("replicated function") => Ok(()),
        other => other.or_absent().map(drop),
    }
}
