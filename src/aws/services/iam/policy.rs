//! `iam_policy`: a managed policy, to be attached to roles.
//!
//! Nothing that its document names need exist. A new document is a new version
//! that is the default at once; IAM keeps five.

mod grants;

use aws_sdk_iam::types::PolicyVersion;
use futures::future::{try_join, try_join_all};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::paths as iam;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::policy::{self, Policy, Use};
use crate::aws::tags::Tags;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{
    CloudError, Emptying, ErrorClass, Facts, Limit, Live, NameOrigin, Naming, Patience, Place,
    Problem, Sought,
};

pub(crate) struct IamPolicy;

/// A managed policy.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 128 characters, unique in the account. Default: STACK-ADDRESS-REGION.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9_+=,.@-]+$"))]
    name: Option<String>,
    /// What the path begins with, before `/ccprov/STACK/`: for accounts that
    /// prescribe one.
    #[serde(default = "iam::no_path")]
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^/([!-.0-~]+/)*$"))]
    path: String,
    /// What the policy is for. Cannot be changed later.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    description: String,
    /// What it allows and denies. Up to 6144 characters without white space.
    policy: Policy,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// Characters of a name (IAM quota).
const LONGEST_NAME: usize = 128;

impl Kind for IamPolicy {
    const NAME: &'static str = "iam_policy";
    const SUMMARY: &'static str = "An IAM managed policy.";
    const NOTES: &'static str = "\
The policy lives under the path `/ccprov/STACK/`, by which ccprov finds it without a state file; \
path and name are its identity. A stated `path` comes before that: `path: /team/` makes it `/team/ccprov/STACK/`.

- Another `path` makes another policy, and as no two have one name, the old one goes first. One that somebody else made \
stands under another path, which IAM never changes: it cannot be adopted, so name it by its ARN.
- IAM names are unique in the account, whatever their path, region and case. A default name holds \
the region; a stated one belongs to the region that made it, so state one with `${region}` in it where \
a stack lives in several. One that is too long is cut, and ends with 8 hex digits.
- The tag `ccprov:region` says which region's stack has the policy: it is the same in all.
- A changed document becomes a new version that is the default at once. IAM keeps five versions; \
the oldest one makes room.
- The document may name anything, whether or not it exists.
- Deleting it is refused while something outside the stack has it attached, and so is a plan that would. Users, groups \
and roles count alike, and so does a permissions boundary.
- Another `description` replaces the policy under its name. Roles of the stack let go of it first and have it \
again afterwards; one that has it as its `permissions_boundary` does not, and the plan is refused.
- IAM is global: a change made here is in force everywhere within seconds, as a rule.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("policy/minimal.yaml"), include_str!("policy/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "path", "description"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the policy's ARN", true), ("name", "its name, without the path", true)];
    const GLOBAL: bool = true;
    const PATIENCE: Patience = PATIENCE;
    const POLICIES: &'static [(&'static str, &'static Use)] = &[("policy", &policy::MANAGED)];
    const DELETE_AFTER: &'static [&'static str] = &["iam_role"];
    const BLIND_TO_CASE: bool = true;
    const GAP: &'static str = "\
roles of the stack that have it attached lack what it allows while it is detached, deleted, created and \
attached again: seconds, as a rule";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] =
        &[("path", Some("/")), ("name", None)];
    const BETWEEN: &'static str = "";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| iam::default_name(naming, LONGEST_NAME));
        spec
    }

    fn check(spec: &Spec, naming: &Naming) -> Vec<Problem> {
        check(spec).into_iter().chain(iam::check_path(&spec.path, naming)).collect()
    }

    fn identity(spec: &Spec, naming: &Naming) -> String {
        iam::identity(naming, &spec.path, spec.name.as_deref())
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn name_origin(identity: &str, default: &str, naming: &Naming) -> NameOrigin {
        iam::name_origin(identity, default, naming)
    }

    fn identify(arn: &str) -> Option<String> {
        iam::identify(arn, "policy")
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let identity = sought.identity.as_str();
        let arn = arn(&aws.place, identity);
        let answer = aws.session.clients.iam.get_policy().policy_arn(&arn).send().await;
        let answer = answer.attempting("iam:GetPolicy", || format!("read policy {identity}"));
        let Some(policy) = answer.or_absent()?.and_then(|answer| answer.policy) else {
            return Ok(None);
        };
        let version = policy.default_version_id().unwrap_or_default();
        let call =
            aws.session.clients.iam.get_policy_version().policy_arn(&arn).version_id(version);
        let answer = call.send().await;
        let answer = answer
            .attempting("iam:GetPolicyVersion", || format!("read {version} of policy {identity}"));
        let Some(version) = answer.or_absent()?.and_then(|answer| answer.policy_version) else {
            return Ok(None);
        };
        let document = iam::document(version.document(), &aws.place.partition);
        let Some(document) = document else { return Ok(None) };
        let (tags, owner) = iam::seen(policy.tags);
        let spec = Spec {
            name: policy.policy_name,
            path: iam::stated(identity),
            description: policy.description.unwrap_or_default(),
            policy: document,
            tags,
        };
        let attached = policy.attachment_count.unwrap_or_default();
        let bounding = policy.permissions_boundary_usage_count.unwrap_or_default();
        let mut seen = Seen::current(spec, facts(&aws.place, identity), owner);
        seen.held = usize::try_from(attached + bounding).ok();
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let call = aws.session.clients.iam.create_policy().path(iam::path_of(&want.identity));
        let call = call.policy_name(iam::name(&want.identity)).description(&want.spec.description);
        let call = call.policy_document(want.spec.policy.text());
        let answer = call.set_tags(Some(iam::tags(&want.spec.tags, &want.owner))).send().await;
        let name = &want.identity;
        answer.attempting("iam:CreatePolicy", || format!("create policy {name}"))?;
        Ok(Made::whole(Facts::new()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let document = async {
            if change.touches("policy") { write_document(aws, &change.want).await } else { Ok(()) }
        };
        try_join(document, write_tags(aws, change)).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let identity = have.identity.as_str();
        let arn = arn(&aws.place, identity);
        match delete_policy(aws, &arn, identity).await {
            Err(error) if error.code == "DeleteConflict" => {}
            other => return other,
        }
        // Older versions keep it from going; so does whoever has it attached.
        let old = old_versions(aws, &arn).await?;
        try_join_all(old.iter().map(|version| delete_version(aws, &arn, version))).await?;
        match delete_policy(aws, &arn, identity).await {
            Err(error) if error.code == "DeleteConflict" => Err(held(aws, &arn, error).await?),
            other => other,
        }
    }
}

/// Terraform's two minutes for IAM to agree with itself.
pub(super) const PATIENCE: Patience =
    Patience::PROMPT.within(Limit::of(std::time::Duration::from_mins(2)));

fn arn(place: &Place, identity: &str) -> String {
    place.global_arn("iam", &format!("policy{identity}"))
}

fn facts(place: &Place, identity: &str) -> Facts {
    [("arn", arn(place, identity)), ("name", iam::name(identity).to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

fn check(spec: &Spec) -> Vec<Problem> {
    Vec::from_iter(iam::check_name(spec.name.as_deref(), LONGEST_NAME))
}

/// A new default version; where there are five, instead of the oldest.
async fn write_document(aws: &Aws, want: &Wanted<Spec>) -> Answer<()> {
    let arn = arn(&aws.place, &want.identity);
    match create_version(aws, &arn, want).await {
        Err(error) if error.class == ErrorClass::Quota => {
            let Some(oldest) = old_versions(aws, &arn).await?.into_iter().next() else {
                return Err(error);
            };
            delete_version(aws, &arn, &oldest).await?;
            create_version(aws, &arn, want).await
        }
        other => other,
    }
}

async fn create_version(aws: &Aws, arn: &str, want: &Wanted<Spec>) -> Answer<()> {
    let call = aws.session.clients.iam.create_policy_version().policy_arn(arn).set_as_default(true);
    let answer = call.policy_document(want.spec.policy.text()).send().await;
    let name = &want.identity;
    answer.attempting("iam:CreatePolicyVersion", || format!("change policy {name}"))?;
    Ok(())
}

/// The ids of all versions but the default one, oldest first.
async fn old_versions(aws: &Aws, arn: &str) -> Answer<Vec<String>> {
    let pages =
        aws.session.clients.iam.list_policy_versions().policy_arn(arn).into_paginator().items();
    let versions: Vec<PolicyVersion> = pages
        .send()
        .try_collect()
        .await
        .attempting("iam:ListPolicyVersions", || format!("list the versions of {arn}"))?;
    Ok(oldest_first(versions))
}

/// Ids are `v1`, `v2`, … and are never used again.
fn oldest_first(versions: Vec<PolicyVersion>) -> Vec<String> {
    let old = versions.into_iter().filter(|version| !version.is_default_version);
    let mut ids: Vec<String> = old.filter_map(|version| version.version_id).collect();
    ids.sort_by_key(|id| id.trim_start_matches('v').parse::<u32>().unwrap_or(u32::MAX));
    ids
}

async fn delete_policy(aws: &Aws, arn: &str, identity: &str) -> Answer<()> {
    let answer = aws.session.clients.iam.delete_policy().policy_arn(arn).send().await;
    answer.attempting("iam:DeletePolicy", || format!("delete policy {identity}"))?;
    Ok(())
}

async fn delete_version(aws: &Aws, arn: &str, version: &str) -> Answer<()> {
    let call = aws.session.clients.iam.delete_policy_version().policy_arn(arn).version_id(version);
    let answer = call.send().await;
    answer
        .attempting("iam:DeletePolicyVersion", || format!("delete {version} of {arn}"))
        .or_absent()?;
    Ok(())
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let Some(turn) = change.tag_change(|spec| &spec.tags) else { return Ok(()) };
    let name = &change.want.identity;
    let arn = &arn(&aws.place, name);
    let put = |tags| async move {
        let call = aws.session.clients.iam.tag_policy().policy_arn(arn);
        let answer = call.set_tags(Some(iam::sdk_tags(tags))).send().await;
        answer.attempting("iam:TagPolicy", || format!("tag policy {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = aws.session.clients.iam.untag_policy().policy_arn(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("iam:UntagPolicy", || format!("untag policy {name}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}

/// The refusal to delete a policy, with the names of who has it attached.
/// Where nobody has, a detachment is still on its way.
async fn held(aws: &Aws, arn: &str, refusal: CloudError) -> Answer<CloudError> {
    let call = aws.session.clients.iam.list_entities_for_policy().policy_arn(arn);
    let mut pages = call.into_paginator().send();
    let mut holders = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page
            .attempting("iam:ListEntitiesForPolicy", || format!("list who has {arn} attached"))?;
        let roles = page.policy_roles().iter().filter_map(|role| role.role_name());
        holders.extend(roles.map(|name| format!("role {name}")));
        let users = page.policy_users().iter().filter_map(|user| user.user_name());
        holders.extend(users.map(|name| format!("user {name}")));
        let groups = page.policy_groups().iter().filter_map(|group| group.group_name());
        holders.extend(groups.map(|name| format!("group {name}")));
    }
    if holders.is_empty() {
        return Ok(refusal);
    }
    Ok(CloudError {
        class: ErrorClass::Invalid,
        message: format!("it is attached to {}", holders.join(", ")),
        hint: Some("detach it there, then run the same command again".into()),
        ..refusal
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn problems(document: Value) -> Vec<String> {
        let spec: Spec = serde_json::from_value(document).unwrap();
        check(&spec).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn a_name_is_counted_before_aws_does() {
        let statement = json!({ "Effect": "Allow", "Action": "sqs:*", "Resource": "*" });
        let fine = json!({ "Statement": [statement] });
        assert_eq!(problems(json!({ "policy": fine })), Vec::<String>::new());
        let long = "n".repeat(129);
        let named = problems(json!({ "name": long, "policy": fine }));
        assert_eq!(named, ["the name has 129 characters, IAM takes 128"]);
    }

    #[test]
    fn the_oldest_version_makes_room() {
        let version = |id: &str, is_default| {
            PolicyVersion::builder().version_id(id).is_default_version(is_default).build()
        };
        let versions = vec![version("v11", false), version("v9", true), version("v10", false)];
        assert_eq!(oldest_first(versions), ["v10", "v11"]);
    }
}
