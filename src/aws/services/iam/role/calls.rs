//! The calls that a role is read, completed and taken apart with. Each may be
//! repeated: what is there already, or gone already, is no error.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AttachedPolicy, InstanceProfile, Role};
use futures::future::{try_join_all, try_join3};
use serde_json::Value;

use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::policy::Policy;
use crate::aws::services::iam::paths as iam;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, InFlight, Live};

/// What IAM wants gone before a role.
pub(super) struct Attachments {
    attached: BTreeSet<String>,
    inline: Vec<String>,
    profiles: Vec<InstanceProfile>,
}

impl Attachments {
    /// Those that the plan saw, at the price of no call.
    pub(super) fn seen(have: &Live) -> Self {
        let attached = have.document.get("managed_policy_arns").and_then(Value::as_array);
        let inline = have.document.get("inline_policies").and_then(Value::as_object);
        Self {
            attached: attached
                .into_iter()
                .flatten()
                .filter_map(|arn| arn.as_str().map(str::to_owned))
                .collect(),
            inline: inline.into_iter().flat_map(|policies| policies.keys().cloned()).collect(),
            profiles: Vec::new(),
        }
    }

    /// All that there are.
    pub(super) async fn listed(aws: &Aws, name: &str) -> Answer<Self> {
        let lists = try_join3(attached(aws, name), inline_names(aws, name), profiles(aws, name));
        let (attached, inline, profiles) = lists.await?;
        Ok(Self { attached, inline, profiles })
    }

    /// Removes them, then the role.
    pub(super) async fn detach_and_delete(&self, aws: &Aws, name: &str) -> Answer<()> {
        try_join3(
            try_join_all(self.attached.iter().map(|arn| detach(aws, name, arn))),
            try_join_all(self.inline.iter().map(|policy| remove(aws, name, policy))),
            try_join_all(self.profiles.iter().map(|profile| leave(aws, name, profile))),
        )
        .await?;
        let answer = aws.session.clients.iam.delete_role().role_name(name).send().await;
        answer.attempting("iam:DeleteRole", || format!("delete role {name}"))?;
        Ok(())
    }
}

pub(super) async fn get(aws: &Aws, name: &str) -> Answer<Option<Role>> {
    let answer = aws.session.clients.iam.get_role().role_name(name).send().await;
    Ok(answer.attempting("iam:GetRole", || format!("read role {name}"))?.role)
}

pub(super) async fn attached(aws: &Aws, name: &str) -> Answer<BTreeSet<String>> {
    let call = aws.session.clients.iam.list_attached_role_policies().role_name(name);
    let attached: Vec<AttachedPolicy> = call
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .attempting("iam:ListAttachedRolePolicies", || {
            format!("list the managed policies of role {name}")
        })?;
    Ok(attached.into_iter().filter_map(|policy| policy.policy_arn).collect())
}

pub(super) async fn inline_names(aws: &Aws, name: &str) -> Answer<Vec<String>> {
    let call = aws.session.clients.iam.list_role_policies().role_name(name);
    call.into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .attempting("iam:ListRolePolicies", || format!("list the inline policies of role {name}"))
}

pub(super) async fn inline(aws: &Aws, name: &str) -> Answer<BTreeMap<String, Policy>> {
    let names = inline_names(aws, name).await?;
    let read = async |policy: String| {
        let call = aws.session.clients.iam.get_role_policy().role_name(name).policy_name(&policy);
        let answer = call.send().await;
        let answer = answer.attempting("iam:GetRolePolicy", || {
            format!("read inline policy {policy} of role {name}")
        })?;
        let document = iam::document(Some(&answer.policy_document), &aws.place.partition);
        Ok(document.map(|document| (policy, document)))
    };
    let policies = try_join_all(names.into_iter().map(read)).await?;
    Ok(policies.into_iter().flatten().collect())
}

pub(super) async fn attach(aws: &Aws, name: &str, arn: &str) -> Answer<()> {
    let answer =
        aws.session.clients.iam.attach_role_policy().role_name(name).policy_arn(arn).send().await;
    let answer =
        answer.attempting("iam:AttachRolePolicy", || format!("attach {arn} to role {name}"));
    match answer {
        // Either it was made in this run and is on its way, or it is missing.
        Err(error) if error.class == ErrorClass::Absent => {
            Err(CloudError { class: ErrorClass::NotYet(InFlight::Dependency), ..error })
        }
        other => other.map(drop),
    }
}

pub(super) async fn detach(aws: &Aws, name: &str, arn: &str) -> Answer<()> {
    let answer =
        aws.session.clients.iam.detach_role_policy().role_name(name).policy_arn(arn).send().await;
    answer
        .attempting("iam:DetachRolePolicy", || format!("detach {arn} from role {name}"))
        .or_absent()?;
    Ok(())
}

pub(super) async fn put(aws: &Aws, name: &str, policy: &str, document: &Policy) -> Answer<()> {
    let call = aws.session.clients.iam.put_role_policy().role_name(name).policy_name(policy);
    let answer = call.policy_document(document.text()).send().await;
    answer.attempting("iam:PutRolePolicy", || {
        format!("write inline policy {policy} of role {name}")
    })?;
    Ok(())
}

pub(super) async fn remove(aws: &Aws, name: &str, policy: &str) -> Answer<()> {
    let call = aws.session.clients.iam.delete_role_policy().role_name(name).policy_name(policy);
    let answer = call.send().await;
    answer
        .attempting("iam:DeleteRolePolicy", || {
            format!("remove inline policy {policy} of role {name}")
        })
        .or_absent()?;
    Ok(())
}

async fn profiles(aws: &Aws, name: &str) -> Answer<Vec<InstanceProfile>> {
    let call = aws.session.clients.iam.list_instance_profiles_for_role().role_name(name);
    call.into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .attempting("iam:ListInstanceProfilesForRole", || {
            format!("list the instance profiles of role {name}")
        })
}

async fn leave(aws: &Aws, name: &str, profile: &InstanceProfile) -> Answer<()> {
    let profile = profile.instance_profile_name();
    let call = aws.session.clients.iam.remove_role_from_instance_profile().role_name(name);
    let answer = call.instance_profile_name(profile).send().await;
    answer
        .attempting("iam:RemoveRoleFromInstanceProfile", || {
            format!("take role {name} out of instance profile {profile}")
        })
        .or_absent()?;
    Ok(())
}
