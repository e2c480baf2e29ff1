//! What a role may do, by everything that is attached to it: on paper, as far as
//! the stack and this file's relatives know it. Pure.

use serde_json::Value;

use super::managed;
use super::policy::{Context, Decision, NearMiss, Obstacle, Policy, Request, Statement, Who};
use crate::model::{Exhibit, Path, Scene};

/// A role, and what is known of its policies.
pub(crate) struct Holder<'a> {
    /// The role.
    pub(crate) role: &'a Exhibit,
    policies: Vec<Held<'a>>,
    /// ARNs of attached policies of which nothing is known.
    unknown: Vec<&'a str>,
    boundary: Boundary<'a>,
}

/// A policy that a role has.
struct Held<'a> {
    /// The resource that states it; none for those of AWS.
    of: Option<&'a Exhibit>,
    policy: Policy<'a>,
}

/// What bounds a role, whatever its policies allow.
enum Boundary<'a> {
    Nothing,
    Known(&'a str, Policy<'a>),
    Unknown(&'a str),
}

/// What the policies of a role say to one call.
pub(crate) enum Right<'a> {
    Allowed,
    /// This statement says no; of this resource, unless the policy is AWS's own.
    Denied(Option<&'a Exhibit>, Statement<'a>),
    /// They allow it, and the boundary with this ARN does not.
    OutOfBounds(&'a str),
    /// It depends on this: a phrase.
    Unclear(String),
    /// None says yes. One nearly did.
    Missing(Option<(&'a Exhibit, NearMiss<'a>)>),
}

impl<'a> Holder<'a> {
    /// A role of the scene.
    pub(crate) fn of(scene: &'a Scene, role: &'a Exhibit) -> Self {
        let inline = role.document.get("inline_policies").and_then(Value::as_object);
        let inline = inline.into_iter().flatten().filter_map(|(name, _)| {
            let policy = Policy::of(role, &Path::field("inline_policies").with_field(name))?;
            Some(Held { of: Some(role), policy })
        });
        let mut holder = Self {
            role,
            policies: inline.collect(),
            unknown: Vec::new(),
            boundary: Boundary::Nothing,
        };
        let attached = role.document.get("managed_policy_arns").and_then(Value::as_array);
        for arn in attached.into_iter().flatten().filter_map(Value::as_str) {
            match known(scene, arn) {
                Some(held) => holder.policies.push(held),
                None => holder.unknown.push(arn),
            }
        }
        if let Some(arn) = role.text("permissions_boundary") {
            let held = known(scene, arn);
            holder.boundary = held
                .map_or(Boundary::Unknown(arn), |Held { policy, .. }| Boundary::Known(arn, policy));
        }
        holder
    }

    /// What it says to a call.
    pub(crate) fn may(&self, action: &str, resource: &str, context: &Context<'_>) -> Right<'a> {
        let request = Request { who: Who::Everyone, action, resource, context };
        let (mut allowed, mut near) = (false, None);
        let (mut may_allow, mut may_deny) = (None, None);
        for Held { of, policy } in &self.policies {
            let denial = policy.may_deny(&request);
            may_deny = may_deny.or(denial.map(|(statement, why)| unclear(&statement, &why)));
            match policy.decide(&request) {
                Decision::Allowed => allowed = true,
                Decision::Denied(statement) => return Right::Denied(*of, statement),
                Decision::Unclear(statement, why) => may_allow = Some(unclear(&statement, &why)),
                Decision::Silent(misses) => {
                    near = near.or(of.zip(misses.into_iter().next()));
                }
            }
        }
        if let Some(why) = may_deny {
            return Right::Unclear(why);
        }
        if allowed {
            return self.bounded(&request);
        }
        let unknown = || {
            let arn = self.unknown.first()?;
            Some(format!("what {arn} allows is not known here"))
        };
        may_allow.or_else(unknown).map_or(Right::Missing(near), Right::Unclear)
    }

    fn bounded(&self, request: &Request<'_>) -> Right<'a> {
        match &self.boundary {
            Boundary::Nothing => Right::Allowed,
            Boundary::Unknown(arn) => {
                Right::Unclear(format!("what the boundary {arn} allows is not known here"))
            }
            Boundary::Known(arn, policy) => match policy.decide(request) {
                Decision::Allowed => Right::Allowed,
                Decision::Denied(_) | Decision::Silent(_) => Right::OutOfBounds(arn),
                Decision::Unclear(statement, why) => {
                    Right::Unclear(format!("{} of its boundary", unclear(&statement, &why)))
                }
            },
        }
    }

    /// What statements that allow something are about, as they spell it.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &'a str> {
        let statements = self.policies.iter().flat_map(|held| held.policy.statements());
        let allowing = statements.filter(|statement| statement.allows());
        allowing.flat_map(|statement| statement.list("Resource"))
    }

    /// The policies of the role that are stated in the scene.
    #[cfg(feature = "aws")]
    pub(crate) fn into_stated(self) -> Vec<Policy<'a>> {
        let stated = self.policies.into_iter().filter(|held| held.of.is_some());
        stated.map(|held| held.policy).collect()
    }
}

/// What a statement depends on.
pub(crate) fn unclear(statement: &Statement<'_>, why: &Obstacle) -> String {
    format!("{} of {}", why.what, statement.name())
}

fn known<'a>(scene: &'a Scene, arn: &'a str) -> Option<Held<'a>> {
    if let Some(policy) = managed::policy(arn) {
        return Some(Held { of: None, policy });
    }
    let exhibit = scene.named("iam_policy", arn)?;
    let policy = Policy::of(exhibit, &Path::field("policy"))?;
    Some(Held { of: Some(exhibit), policy })
}
