//! The versions of a function, and the aliases that lead to one.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::types::{AliasConfiguration, AliasRoutingConfiguration, FunctionConfiguration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Spec;
use super::shown::shown;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Path, Problem};

/// A name for a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alias {
    /// What it is for.
    #[schemars(length(max = 256))]
    description: Option<String>,
    /// The number of the version to which it leads, and stays with. Left out: it leads to the one that was published last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[1-9][0-9]*$"))]
    version: Option<String>,
    /// Another version that gets a part of what comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    routing_config: Option<RoutingConfig>,
}

/// What goes to another version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoutingConfig {
    /// The part of invocations that another version gets, from 0 to 1, by its number: one at most.
    #[serde(default)]
    #[schemars(length(max = 1))]
    additional_version_weights: BTreeMap<String, f64>,
}

/// By their names.
pub(super) type Aliases = BTreeMap<String, Alias>;

/// Which aliases stay with their version. One that leads to the last looks like one
/// that follows it, so that a tag keeps their names, with blanks between.
pub(super) const PINNED: &str = "ccprov:pinned";
/// The most that a tag holds.
const MOST: usize = 256;

impl Alias {
    /// A part of nothing is none.
    pub(super) fn settled(mut self) -> Self {
        self.routing_config =
            self.routing_config.filter(|it| !it.additional_version_weights.is_empty());
        self
    }

    fn routing(&self) -> AliasRoutingConfiguration {
        let weights = self.routing_config.clone().unwrap_or_default().additional_version_weights;
        AliasRoutingConfiguration::builder()
            .set_additional_version_weights(Some(weights.into_iter().collect()))
            .build()
    }
}

/// The tag that keeps the names of aliases that stay; none where all follow.
pub(super) fn pinned_tag(aliases: &Aliases) -> Option<(String, String)> {
    let pinned = aliases.iter().filter(|(_, alias)| alias.version.is_some());
    let names: Vec<&str> = pinned.map(|(name, _)| name.as_str()).collect();
    (!names.is_empty()).then(|| (PINNED.to_owned(), names.join(" ")))
}

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for (name, alias) in spec.aliases.iter().flatten() {
        let at = Path::field("aliases").with_field(name);
        problems.extend(check_alias(name, alias, spec.publish).map(|it| it.at(at.clone())));
        let of_weights = alias.routing_config.as_ref().and_then(|it| check_weights(alias, it));
        problems.extend(of_weights.map(|it| it.at(at.with_field("routing_config"))));
    }
    let tag = spec.aliases.as_ref().and_then(pinned_tag);
    if tag.is_some_and(|(_, names)| names.len() > MOST) {
        let message = format!(
            "the names of aliases with a `version` are kept in a tag, which has room for {MOST} characters"
        );
        problems.push(Problem::of("aliases", message).hint("give them shorter names"));
    }
    if spec.keep_versions.is_some() && !spec.publish {
        let message = "there are versions of what is published, and none else";
        problems.push(Problem::of("keep_versions", message).hint("publish: true"));
    }
    problems
}

fn check_alias(name: &str, alias: &Alias, is_published: bool) -> Option<Problem> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign);
    let is_number = name.chars().all(|sign| sign.is_ascii_digit());
    if is_number || name.len() > 128 || !name.chars().all(is_sign) {
        let message = format!("`{name}` is no name of an alias");
        let hint = "1 to 128 letters, digits and `_-`, and not digits alone";
        return Some(Problem::of("", message).hint(hint));
    }
    let message = "an alias leads to what was published";
    (alias.version.is_none() && !is_published)
        .then(|| Problem::of("", message).hint("publish: true"))
}

fn check_weights(alias: &Alias, routing: &RoutingConfig) -> Option<Problem> {
    let weights = &routing.additional_version_weights;
    if weights.len() > 1 {
        let message = "Lambda divides what comes between two versions, and no more";
        return Some(Problem::of("", message));
    }
    let (further, weight) = weights.iter().next()?;
    if further.starts_with('0') || !further.chars().all(|sign| sign.is_ascii_digit()) {
        return Some(Problem::of("", format!("`{further}` is no number of a version")));
    }
    if !(0.0..=1.0).contains(weight) {
        return Some(Problem::of("", "a part is from 0 to 1").hint("a tenth is `0.1`"));
    }
    let message = "the other version is the one to which the alias leads";
    (alias.version.as_ref() == Some(further))
        .then(|| Problem::of("", message).hint("name another, or take it out"))
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

/// Whether what runs now was published, and the aliases as they lead to that; those that
/// are `pinned` as they lead to whatever they do.
pub(super) async fn read(
    aws: &Aws,
    name: &str,
    now: &FunctionConfiguration,
    pinned: Option<&String>,
) -> Answer<(bool, Aliases)> {
    let published = published(aws, name).await?;
    let last = published.last_key_value();
    let is_published = last.is_some_and(|(_, last)| is_same(name, now, last));
    let number = last.map(|(number, _)| number.to_string());
    let pinned: BTreeSet<&str> = pinned.iter().flat_map(|names| names.split(' ')).collect();
    let aliases = aliases(aws, name).await?.into_iter().filter_map(|alias| {
        let name = alias.name?;
        let weights = alias.routing_config.and_then(|it| it.additional_version_weights);
        let weights = weights.unwrap_or_default().into_iter().collect();
        let stays = |to: &String| pinned.contains(name.as_str()) || Some(to) != number.as_ref();
        let seen = Alias {
            description: alias.description.filter(|text| !text.is_empty()),
            version: alias.function_version.filter(stays),
            routing_config: Some(RoutingConfig { additional_version_weights: weights }),
        };
        Some((name, seen.settled()))
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
            let call = call.function_version(number).routing_config(wanted.routing());
            let answer = call.description(description.unwrap_or_default()).send().await;
            let attempted = || format!("change alias {alias} of function {name}");
            answer.attempting("lambda:UpdateAlias", attempted).map(drop)
        } else {
            let call = lambda.create_alias().function_name(name).name(alias);
            let routing = wanted.routing_config.is_some().then(|| wanted.routing());
            let call = call.function_version(number).set_routing_config(routing);
            let answer = call.set_description(description).send().await;
            let attempted = || format!("make alias {alias} of function {name}");
            answer.attempting("lambda:CreateAlias", attempted).map(drop)
        };
        made.map_err(|error| unknown_version(wanted, error))?;
    }
    for alias in have.keys().filter(|alias| !want.contains_key(*alias)) {
        let answer = lambda.delete_alias().function_name(name).name(alias).send().await;
        answer.attempting("lambda:DeleteAlias", || {
            format!("remove alias {alias} of function {name}")
        })?;
    }
    Ok(())
}

/// A version that a stack file names and that there is not will not come by waiting.
fn unknown_version(wanted: &Alias, error: CloudError) -> CloudError {
    let names_one = wanted.version.is_some() || wanted.routing_config.is_some();
    if error.class != ErrorClass::Absent || !names_one {
        return error;
    }
    let hint = "name a version that there is; `aws lambda list-versions-by-function` lists them";
    CloudError { class: ErrorClass::Invalid, hint: Some(hint.to_owned()), ..error }
}

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
    for alias in aliases(aws, name).await? {
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
