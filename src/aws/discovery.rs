//! What an [index](super::indexes) believes to be ours: hints that the engine confirms.
//!
//! The tagging API sees most kinds, but not IAM roles; their paths end with
//! `/ccprov/STACK/`, so one listing of all finds them. A path stays when a stack is renamed: who has
//! to find all of it asks each for its tags. What hangs on a tagged object is derived from that:
//! kinds without tags, and those of which it learns late.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::types::KeyState;
use aws_sdk_resourcegroupstagging::types::{ResourceTagMapping, TagFilter};
use futures::future::{try_join, try_join_all};

use super::error::{Attempt, OrAbsent};
use super::handed::Aws;
use super::indexes;
use super::kind::Ours;
use super::services::KINDS;
use super::services::iam::paths as iam;
use super::tags::{STACK_TAG, Tags, USES_TAG};
use crate::engine::port::{Answer, StackSummary};
use crate::model::{Address, Identity, Owner, Place, Sought, UsedStack};

/// Everything that carries the stack's owner tag, with any of its names, and what hangs on it.
pub(crate) async fn tagged(aws: &Aws, stacks: &[&str]) -> Answer<Vec<Sought>> {
    let mappings = indexes::tagged(aws, stacks).await?;
    let mut found: Vec<Sought> = mappings.iter().filter_map(sought).collect();
    let lasting = mappings.iter().filter(|mapping| !is_passing(mapping));
    let ours: Vec<&str> = lasting.filter_map(ResourceTagMapping::resource_arn).collect();
    let hanging = found.iter().flat_map(|on| {
        let kinds = KINDS.iter().filter(|kind| kind.hangs_on() == Some(on.kind.as_str()));
        let ours = Ours { stacks, arns: &ours };
        kinds.map(move |kind| async move {
            let identities = kind.hanging(aws, on, ours).await?;
            Ok(identities.into_iter().map(|identity| hung(kind.name(), identity)))
        })
    });
    let hanging: Vec<_> = try_join_all(hanging).await?;
    let mut hanging: Vec<Sought> = hanging.into_iter().flatten().collect();
    // What carries tags besides may be found by these.
    hanging.retain(|one| {
        found.iter().all(|it| (&it.kind, &it.identity) != (&one.kind, &one.identity))
    });
    found.extend(hanging);
    Ok(found)
}

/// Who holds outputs of a stack, by any of its names: what is listed by its tags in this region;
/// and roles and policies of all regions. Each tells its region: where no tag does, it is this one.
pub(crate) async fn users(aws: &Aws, stacks: &[&str]) -> Answer<Vec<Owner>> {
    let Users(users) = aws.listing().get(USES_TAG, || all_users(aws)).await?;
    let users = users.into_iter().filter_map(|it| user(it, stacks, &aws.place));
    Ok(users.collect::<BTreeSet<Owner>>().into_iter().collect())
}

/// Whoever holds outputs of any stack, once.
#[derive(Clone)]
struct Users(BTreeSet<Owner>);

async fn all_users(aws: &Aws) -> Answer<Users> {
    let listed = async {
        let mappings = indexes::carrying(aws, TagFilter::builder().key(USES_TAG)).await?;
        let alive = try_join_all(mappings.iter().map(|mapping| is_alive(aws, mapping))).await?;
        let alive = mappings.iter().zip(alive).filter_map(|(it, alive)| alive.then_some(it));
        Ok(alive.filter_map(|mapping| Tags::seen(pairs(mapping)).1).collect::<Vec<Owner>>())
    };
    let (listed, identities) = try_join(listed, identities(aws)).await?;
    let owners = listed.into_iter().chain(identities.into_iter().filter_map(|(_, owner)| owner));
    Ok(Users(owners.filter(|owner| !owner.uses.is_empty()).collect()))
}

/// The owner with its region, if it holds outputs of a stack that is here and is another one.
fn user(owner: Owner, stacks: &[&str], here: &Place) -> Option<Owner> {
    let region = owner.region.unwrap_or_else(|| here.region.clone());
    let owner = Owner { region: Some(region.clone()), ..owner };
    let there = Place { region, ..here.clone() };
    let is_its_own = stacks.contains(&owner.stack.as_str()) && there.region == here.region;
    let holds = |stack: &&str| owner.uses.contains(&UsedStack::mark(stack, here, &there));
    (!is_its_own && stacks.iter().any(holds)).then_some(owner)
}

/// Roles and policies under the stack's path, of each of its names.
pub(crate) async fn roles_and_policies(aws: &Aws, stacks: &[&str]) -> Answer<Vec<Sought>> {
    let arns = indexes::identities_under(aws, &paths(stacks)).await?;
    Ok(arns.iter().filter_map(|arn| candidate(arn, None)).collect())
}

/// Roles and policies of the stack under whichever path, as their tags say; and those under
/// its own of which no tag says whose they are.
pub(crate) async fn all_roles_and_policies(aws: &Aws, stacks: &[&str]) -> Answer<Vec<Sought>> {
    let (paths, here) = (paths(stacks), &aws.place.region);
    let is_its = |(arn, owner): &(String, Option<Owner>)| match owner {
        Some(Owner { stack, region, .. }) => {
            stacks.contains(&stack.as_str()) && region.as_ref().is_none_or(|it| it == here)
        }
        None => paths.iter().any(|path| arn.contains(path)),
    };
    let identities = identities(aws).await?.into_iter().filter(is_its);
    Ok(identities.filter_map(|(arn, _)| candidate(&arn, None)).collect())
}

/// Roles and policies under the paths of other stacks, each with the name in its path.
pub(crate) async fn elsewhere(aws: &Aws, stacks: &[&str]) -> Answer<Vec<(String, Sought)>> {
    let arns = indexes::identities_under(aws, &[iam::ROOT.to_owned()]).await?;
    let named = arns.iter().filter_map(|arn| {
        let sought = candidate(arn, None)?;
        let stack = iam::stack_of(sought.identity.as_str())?.to_owned();
        (!stacks.contains(&stack.as_str())).then_some((stack, sought))
    });
    Ok(named.collect())
}

fn paths(stacks: &[&str]) -> Vec<String> {
    stacks.iter().map(|stack| iam::path(stack)).collect()
}

/// The roles and policies of all stacks by their ARNs, each with whose it is.
#[derive(Clone)]
struct Identities(Vec<(String, Option<Owner>)>);

/// Listings tell no tags of roles and policies: each is asked for its own, once.
async fn identities(aws: &Aws) -> Answer<Vec<(String, Option<Owner>)>> {
    let ask = || async {
        let arns = indexes::identities_under(aws, &[iam::ROOT.to_owned()]).await?;
        let owners = try_join_all(arns.iter().map(|arn| owner_of(aws, arn))).await?;
        Ok(Identities(arns.into_iter().zip(owners).collect()))
    };
    let Identities(identities) = aws.listing().get(iam::ROOT, ask).await?;
    Ok(identities)
}

/// Every stack of the region that an index knows of. Roles and policies are the
/// same in all regions: each is asked for the region that its tags name.
pub(crate) async fn stacks(aws: &Aws) -> Answer<Vec<StackSummary>> {
    let mappings = async {
        let mappings = indexes::carrying(aws, TagFilter::builder().key(STACK_TAG)).await?;
        let (alive, others) = try_join(
            try_join_all(mappings.iter().map(|mapping| is_alive(aws, mapping))),
            of_other_kinds(aws, &mappings),
        )
        .await?;
        Ok((mappings, alive, others))
    };
    let ((mappings, alive, others), identities) = try_join(mappings, identities(aws)).await?;
    let mut stacks = BTreeMap::<String, StackSummary>::new();
    let mut count = |stack: String, kind: String, has_region: bool| {
        let summary = stacks.entry(stack.clone()).or_insert_with(|| StackSummary::new(stack));
        let objects = if has_region { &mut summary.objects } else { &mut summary.of_no_region };
        *objects.entry(kind).or_default() += 1;
    };
    for mapping in
        mappings.iter().zip(alive).filter_map(|(mapping, alive)| alive.then_some(mapping))
    {
        let (_, owner) = Tags::seen(pairs(mapping));
        if let (Some(owner), Some(sought)) = (owner, sought(mapping)) {
            let kind = sought.arn.and_then(|arn| others.get(&arn).copied());
            count(owner.stack, kind.map_or(sought.kind, str::to_owned), true);
        }
    }
    for (arn, owner) in identities {
        let Some(Sought { kind, .. }) = candidate(&arn, None) else { continue };
        let by_path = iam::stack_of(&arn);
        match owner {
            Some(Owner { stack, region: Some(region), .. }) => {
                if region == aws.place.region {
                    count(stack, kind, true);
                }
            }
            Some(Owner { stack, region: None, .. }) => count(stack, kind, false),
            None => count(by_path.unwrap_or_default().to_owned(), kind, false),
        }
    }
    Ok(stacks.into_values().collect())
}

/// What an object is that has an ARN.
pub(crate) async fn by_arn(aws: &Aws, arn: &str) -> Answer<Vec<Sought>> {
    let named = KINDS.iter().map(|kind| async move {
        let name = kind.named(aws, arn).await?;
        Ok(name.map(|name| Sought { arn: Some(arn.to_owned()), ..hung(kind.name(), name) }))
    });
    let named: Vec<Option<Sought>> = try_join_all(named).await?;
    Ok(named.into_iter().flatten().collect())
}

/// The kinds of those that look like objects of another, by their ARNs.
async fn of_other_kinds(
    aws: &Aws,
    mappings: &[ResourceTagMapping],
) -> Answer<BTreeMap<String, &'static str>> {
    let found: Vec<Sought> = mappings.iter().filter_map(sought).collect();
    let asked = KINDS.iter().map(|kind| {
        let of_it = found.iter().filter(|it| kind.hangs_on() == Some(it.kind.as_str()));
        let arns: Vec<&str> = of_it.filter_map(|it| it.arn.as_deref()).collect();
        async move {
            let arns = if arns.is_empty() { return Ok(Vec::new()) } else { arns };
            let among = kind.among(aws, &arns).await?;
            Ok(among.into_iter().map(|arn| (arn, kind.name())).collect())
        }
    });
    let others: Vec<Vec<_>> = try_join_all(asked).await?;
    Ok(others.into_iter().flatten().collect())
}

/// Whose a role or a policy is: listings do not tell. One that went meanwhile is
/// nobody's.
async fn owner_of(aws: &Aws, arn: &str) -> Answer<Option<Owner>> {
    let attempted = || format!("look whose {arn} is");
    let tags = if iam::identify(arn, "policy").is_some() {
        let answer = aws.session.clients.iam.get_policy().policy_arn(arn).send().await;
        let policy = answer.attempting("iam:GetPolicy", attempted).or_absent()?;
        policy.and_then(|answer| answer.policy?.tags)
    } else {
        let answer = aws.session.clients.iam.get_role().role_name(iam::name(arn)).send().await;
        let role = answer.attempting("iam:GetRole", attempted).or_absent()?;
        role.and_then(|answer| answer.role?.tags)
    };
    Ok(iam::seen(tags).1)
}

/// A key in its waiting period still carries its tags, for up to 30 days.
async fn is_alive(aws: &Aws, mapping: &ResourceTagMapping) -> Answer<bool> {
    let Some(arn) = mapping.resource_arn().filter(|arn| arn.contains(":kms:")) else {
        return Ok(true);
    };
    let key = aws.session.clients.kms.describe_key().key_id(arn).send().await;
    let key = key.attempting("kms:DescribeKey", || format!("look at key {arn}")).or_absent()?;
    let state = key.and_then(|key| key.key_metadata?.key_state);
    Ok(state.is_some_and(|state| state != KeyState::PendingDeletion))
}

fn sought(mapping: &ResourceTagMapping) -> Option<Sought> {
    let (_, owner) = Tags::seen(pairs(mapping));
    candidate(mapping.resource_arn()?, owner.as_ref().map(|owner| &owner.address))
}

fn is_passing(mapping: &ResourceTagMapping) -> bool {
    let (_, owner) = Tags::seen(pairs(mapping));
    owner.is_some_and(|owner| owner.address.is_passing())
}

fn pairs(mapping: &ResourceTagMapping) -> impl Iterator<Item = (String, String)> {
    mapping.tags().iter().map(|tag| (tag.key.clone(), tag.value.clone()))
}

fn candidate(arn: &str, address: Option<&Address>) -> Option<Sought> {
    KINDS.iter().find_map(|kind| {
        Some(Sought {
            kind: kind.name().to_owned(),
            identity: Identity(kind.identify(arn)?),
            address: address.cloned(),
            formerly: Vec::new(),
            arn: Some(arn.to_owned()),
            fields: None,
            holdings: true,
        })
    })
}

/// What was found through another, by its name or its ARN.
fn hung(kind: &str, identity: String) -> Sought {
    Sought {
        kind: kind.to_owned(),
        arn: identity
            .starts_with("arn:")
            .then(|| identity.clone())
            .filter(|arn| !arn.contains('|')),
        identity: Identity(identity),
        address: None,
        formerly: Vec::new(),
        fields: None,
        // No tag says that it may go: what goes with it is told as for any other.
        holdings: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_names_the_stack_as_it_is_seen_from_there() {
        let here = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            endpoint: None,
        };
        let check = |(stack, region): (&str, Option<&str>), mark: &str, expected: bool| {
            let owner = Owner {
                region: region.map(str::to_owned),
                uses: [mark.to_owned()].into(),
                ..Owner::new(stack, Address::new("role"))
            };
            let told = user(owner, &["platform"], &here).and_then(|it| it.region);
            let region = region.unwrap_or("eu-west-1").to_owned();
            assert_eq!(told, expected.then_some(region), "{stack} {mark}");
        };
        check(("app", None), "platform", true);
        check(("app", Some("eu-west-1")), "platform", true);
        check(("app", Some("us-east-1")), "platform@eu-west-1", true);
        check(("platform", Some("us-east-1")), "platform@eu-west-1", true);
        // That of its own region, of another one, of another account.
        check(("app", Some("us-east-1")), "platform", false);
        check(("app", None), "platform@us-east-1", false);
        check(("app", None), "platform@210987654321", false);
        check(("platform", Some("eu-west-1")), "platform", false);
    }
}
