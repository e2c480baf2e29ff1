//! The indexes of AWS: what they list, asked for once by all the stacks that look at one place.
//!
//! Their calls are paced, and most stacks ask alike. So whoever is the first to ask an index asks
//! for all that are expected to look, and each takes its own out of the answer, which is
//! remembered until somebody writes.

use aws_sdk_iam::types::PolicyScopeType;
use aws_sdk_resourcegroupstagging::types::builders::TagFilterBuilder;
use aws_sdk_resourcegroupstagging::types::{ResourceTagMapping, TagFilter};
use futures::future::{try_join, try_join_all};

use super::error::Attempt;
use super::handed::Aws;
use super::services::iam::paths as iam;
use super::tags::STACK_TAG;
use crate::engine::port::Answer;
use crate::model::CloudError;

/// Most values of a tag in one question (API Reference, `GetResources`).
const MOST_NAMES: usize = 20;
/// Roles or policies in one answer. IAM takes up to 1,000 (API Reference, `ListRoles`), the quota of
/// most accounts; each role comes with its trust policy.
const LISTED: i32 = 1_000;

/// What carries the owner tag of a stack, with any of its names.
pub(super) async fn tagged(aws: &Aws, stacks: &[&str]) -> Answer<Vec<ResourceTagMapping>> {
    let expected = aws.expected_with(stacks);
    let listed = batches(&expected, stacks).map(|names| async move {
        let Tagged(mappings) = aws.listing().get(&names.join(" "), || ask(aws, names)).await?;
        Ok(mappings)
    });
    let mut mappings = try_join_all(listed).await?.concat();
    mappings.retain(|mapping| is_of(mapping, stacks));
    Ok(mappings)
}

/// Whatever carries some tag.
pub(super) async fn carrying(
    aws: &Aws,
    filter: TagFilterBuilder,
) -> Answer<Vec<ResourceTagMapping>> {
    aws.session
        .clients
        .tagging
        .get_resources()
        .tag_filters(filter.build())
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map(of_regions)
        .attempting("tag:GetResources", || "list what carries our owner tags".into())
}

/// The ARNs of roles and policies that have one of these paths in their own, wherever: IAM lists by how
/// a path begins, and what one begins with is the document's to state, which may be gone.
pub(super) async fn identities_under(aws: &Aws, paths: &[String]) -> Answer<Vec<String>> {
    let listed = aws.listing().get(iam::ROOT, || identities(aws)).await;
    let of_paths = |error: CloudError| {
        let attempted = format!("{} under {}", error.attempted, paths.join(" or "));
        CloudError { attempted, ..error }
    };
    let Identities(mut arns) = listed.map_err(of_paths)?;
    arns.retain(|arn| paths.iter().any(|path| arn.contains(path)));
    Ok(arns)
}

/// What carries the owner tags of a batch of stacks.
#[derive(Clone)]
struct Tagged(Vec<ResourceTagMapping>);

async fn ask(aws: &Aws, names: &[String]) -> Answer<Tagged> {
    let filter = TagFilter::builder().key(STACK_TAG).set_values(Some(names.to_vec()));
    Ok(Tagged(carrying(aws, filter).await?))
}

/// Of all names, as many together as one question takes, those that have one of these among them.
fn batches<'a>(all: &'a [String], names: &'a [&str]) -> impl Iterator<Item = &'a [String]> {
    let concerns = |batch: &&[String]| batch.iter().any(|name| names.contains(&name.as_str()));
    all.chunks(MOST_NAMES).filter(concerns)
}

fn is_of(mapping: &ResourceTagMapping, stacks: &[&str]) -> bool {
    let mut tags = mapping.tags().iter();
    tags.any(|tag| tag.key() == STACK_TAG && stacks.contains(&tag.value()))
}

/// What IAM has is listed by its path. The tagging API knows some of it as well,
/// in one of the regions.
fn of_regions(mut mappings: Vec<ResourceTagMapping>) -> Vec<ResourceTagMapping> {
    mappings.retain(|mapping| mapping.resource_arn().is_some_and(|arn| !arn.contains(":iam::")));
    mappings
}

/// The ARNs of all roles and policies of stacks.
#[derive(Clone)]
struct Identities(Vec<String>);

async fn identities(aws: &Aws) -> Answer<Identities> {
    let roles = async {
        let roles = aws.session.clients.iam.list_roles().max_items(LISTED).into_paginator().items();
        roles.send().try_collect().await.attempting("iam:ListRoles", || "list the roles".into())
    };
    let policies = async {
        let policies = aws.session.clients.iam.list_policies().scope(PolicyScopeType::Local);
        let policies = policies.max_items(LISTED).into_paginator().items().send().try_collect();
        policies.await.attempting("iam:ListPolicies", || "list the policies".into())
    };
    let (roles, policies): (Vec<_>, Vec<_>) = try_join(roles, policies).await?;
    let roles = roles.into_iter().map(|role| role.arn);
    let all = roles.chain(policies.into_iter().filter_map(|policy| policy.arn));
    Ok(Identities(all.filter(|arn| arn.contains(iam::ROOT)).collect()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_resourcegroupstagging::types::Tag;

    use super::*;

    /// Stacks of two digits, in the order of their names.
    fn stacks(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("s{number:02}")).collect()
    }

    #[test]
    fn as_many_are_asked_for_together_as_one_question_takes() {
        let check = |count: usize, names: &[&str], expected: &[(&str, usize)]| {
            let all = stacks(count);
            let asked: Vec<(&str, usize)> =
                batches(&all, names).map(|batch| (batch[0].as_str(), batch.len())).collect();
            assert_eq!(asked, expected, "{count}, {names:?}");
        };
        check(1, &["s00"], &[("s00", 1)]);
        check(20, &["s07"], &[("s00", 20)]);
        check(21, &["s07"], &[("s00", 20)]);
        check(21, &["s20"], &[("s20", 1)]);
        // A former name is far from the one of today.
        check(45, &["s44", "s03"], &[("s00", 20), ("s40", 5)]);
    }

    #[test]
    fn each_takes_what_is_its_own() {
        let carries = |key: &str, value: &str| {
            let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
            let tags = [tag("team", "dev"), tag(key, value)].map(|tag| tag.expect("key and value"));
            ResourceTagMapping::builder().set_tags(Some(tags.into())).build()
        };
        let check = |key: &str, value: &str, expected: bool| {
            assert_eq!(is_of(&carries(key, value), &["dev", "old"]), expected, "{key}: {value}");
        };
        check(STACK_TAG, "dev", true);
        check(STACK_TAG, "old", true);
        check(STACK_TAG, "dev-2", false);
        check(STACK_TAG, "DEV", false);
        check("stack", "dev", false);
    }
}
