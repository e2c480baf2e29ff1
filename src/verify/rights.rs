//! What an identity may do to the resources of a scene, and who may take a role
//! on: on paper, by what the stack's own policies say. Pure.
//!
//! What anybody denies is left out where exercises are to find it: who was
//! given something, and may not use it, is what they look for.

use super::holder::Holder;
use super::policy::{Context, Decision, Known, Policy, Request, Statement, Who};
use crate::model::{Caller, Exhibit, Path, Scene};

/// Conditions that hold in some networks alone (IAM User Guide, "AWS global
/// condition context keys").
const NETWORKS: &[&str] = &["aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"];
const ASSUME: &str = "sts:AssumeRole";

/// Somebody of whom policies speak, and what the stack says of them.
pub(crate) struct Identity<'a> {
    arn: &'a str,
    policies: Vec<Policy<'a>>,
}

impl<'a> Identity<'a> {
    /// A role of the scene: its inline policies, and those of the scene that are
    /// attached to it.
    pub(crate) fn of_role(scene: &'a Scene, role: &'a Exhibit) -> Self {
        let policies = Holder::of(scene, role).into_stated();
        Self { arn: role.fact("arn"), policies }
    }

    /// Somebody of whom the scene knows no more than the name.
    pub(crate) fn stranger(arn: &'a str) -> Self {
        Self { arn, policies: Vec::new() }
    }

    /// Whether it was given an action on something of a resource: by a policy of
    /// its own that may hold, or by one of the resource that does.
    pub(crate) fn may(&self, part: &Exhibit, action: &str, resource: &str) -> bool {
        let context = Context::of([
            ("aws:PrincipalArn", Known::Is(self.arn)),
            ("aws:PrincipalIsAWSService", Known::Is("false")),
            ("aws:SecureTransport", Known::Is("true")),
            ("aws:SourceArn", Known::Absent),
            ("aws:SourceAccount", Known::Absent),
        ]);
        let own = Request { who: Who::Everyone, action, resource, context: &context };
        let denies = |policy: &Policy<'_>| matches!(policy.decide(&own), Decision::Denied(_));
        if self.policies.iter().any(denies) {
            return false;
        }
        let given = self.policies.iter().flat_map(Policy::statements);
        let asked = Request { who: Who::Identity(self.arn), ..own };
        given.into_iter().any(|statement| statement.grants(&own) != Some(false))
            || of_part(part).is_some_and(|policy| {
                policy.statements().iter().any(|it| it.grants(&asked) == Some(true))
            })
    }

    /// The resources for which statements allow it an action, as they spell them.
    pub(crate) fn patterns(&self, part: &'a Exhibit, action: &str) -> Vec<&'a str> {
        let theirs = of_part(part);
        let statements = self.policies.iter().chain(&theirs).flat_map(Policy::statements);
        let allowing = statements.filter(|it| it.allows() && it.covers_action(action));
        allowing.flat_map(|statement| statement.list("Resource")).collect()
    }

    /// The condition of some policy between it and a resource that holds in
    /// certain networks alone.
    pub(crate) fn network(&self, part: &'a Exhibit) -> Option<&'a str> {
        let theirs = of_part(part);
        let statements = self.policies.iter().chain(&theirs).flat_map(Policy::statements);
        let mut keys = statements.flat_map(Statement::conditions).map(|(_, key, _)| key);
        keys.find(|key| NETWORKS.iter().any(|one| one.eq_ignore_ascii_case(key)))
    }
}

/// Whether somebody of an account, whom no document names, is given an action by
/// a resource's own policy.
pub(crate) fn admits_identities(part: &Exhibit, action: &str) -> bool {
    let statements = of_part(part);
    statements.iter().flat_map(Policy::statements).any(|statement| {
        statement.allows()
            && statement.covers_action(action)
            && !statement.principals("AWS").is_empty()
    })
}

/// Why a caller cannot take a role on by what its trust policy says: whom it
/// admits instead. `None` where it admits the caller.
pub(crate) fn distrust(role: &Exhibit, caller: &Caller) -> Option<String> {
    let policy = Policy::of(role, &Path::field("assume_role_policy"))?;
    let speaking = || policy.statements().iter().filter(|it| it.covers_action(ASSUME));
    let names = |principal: &&str| is_of(principal, caller);
    let admits = speaking().any(|it| it.allows() && it.principals("AWS").iter().any(names));
    // A denial under a condition may not hold: AWS will tell.
    let denies = speaking().any(|it| {
        !it.allows() && it.conditions().next().is_none() && it.principals("AWS").iter().any(names)
    });
    if admits && !denies {
        return None;
    }
    let whom =
        policy.statements().iter().filter(|it| it.allows()).flat_map(|it| {
            ["AWS", "Federated", "Service"].iter().flat_map(|sort| it.principals(sort))
        });
    let whom: Vec<&str> = whom.collect();
    Some(match &whom[..] {
        [] => "nobody".to_owned(),
        _ if denies => "everybody but the caller".to_owned(),
        whom => format!("{} alone", whom.join(", ")),
    })
}

/// Whether a principal is the caller, or the account that the caller is of. The
/// ARN of a session names its role without the path.
fn is_of(principal: &str, caller: &Caller) -> bool {
    let Caller { account, arn, partition } = caller;
    let of_account = format!("arn:{partition}:iam::{account}:");
    let named = principal.strip_prefix(&of_account);
    let session = arn.strip_prefix(&format!("arn:{partition}:sts::{account}:assumed-role/"));
    let role = session.and_then(|session| session.split('/').next());
    let is_role = |named: &str| {
        named.strip_prefix("role/").and_then(|path| path.rsplit('/').next()) == role
            && role.is_some()
    };
    principal == "*"
        || principal == arn
        || principal == account
        || named.is_some_and(|named| named == "root" || is_role(named))
}

fn of_part(part: &Exhibit) -> Option<Policy<'_>> {
    Policy::of(part, &Path::field("policy"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use crate::verify::rules::tests::scene;

    const ROLE: &str = r#"
bucket:
  kind: s3_bucket
  policy: { Statement: [BUCKET] }
more:
  kind: iam_policy
  policy: { Statement: { Effect: Allow, Action: "sqs:SendMessage", Resource: "*" } }
role:
  kind: iam_role
  assume_role_policy: { Statement: { Effect: Allow, Principal: TRUST, Action: "sts:AssumeRole" } }
  managed_policy_arns: ["${more.arn}"]
  inline_policies: { one: { Statement: [OWN] } }
"#;
    const ALLOWED: &str = r#"{ Effect: Allow, Action: "s3:Put*", Resource: "${bucket.arn}/in/*" }"#;

    const OPEN: &str = r#"{ Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } }"#;

    fn check(own: &str, bucket: &str, action: &str, name: &str, expected: bool) {
        let text = ROLE.replace("TRUST", "{ Service: lambda.amazonaws.com }");
        let scene = scene(&text.replace("OWN", own).replace("BUCKET", bucket));
        let part = &scene.exhibits[&Address::new("bucket")];
        let role = Identity::of_role(&scene, &scene.exhibits[&Address::new("role")]);
        let resource = format!("{}/{name}", part.fact("arn"));
        let told = role.may(part, action, &resource);
        assert_eq!(told, expected, "{own} {bucket} {action} {name}");
    }

    #[test]
    fn a_role_may_what_it_was_given() {
        check(ALLOWED, OPEN, "s3:PutObject", "in/a", true);
        check(ALLOWED, OPEN, "s3:PutObject", "a", false);
        check(ALLOWED, OPEN, "s3:GetObject", "in/a", false);
        check(ALLOWED, OPEN, "sqs:SendMessage", "", true);
        let under =
            ALLOWED.replace(" }", ", Condition: { IpAddress: { \"aws:SourceIp\": 10.0.0.0/8 } } }");
        check(&under, OPEN, "s3:PutObject", "in/a", true);
        let but = format!("{ALLOWED}, {{ Effect: Deny, Action: \"s3:*\", Resource: \"*\" }}");
        check(&but, OPEN, "s3:PutObject", "in/a", false);
        // Another's denial is what exercises look for.
        let shut = r#"{ Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*" }"#;
        check(ALLOWED, shut, "s3:PutObject", "in/a", true);
        let own = r#"{ Effect: Allow, Action: "s3:List*", Resource: "*" }"#;
        let named = r#"{ Effect: Allow, Principal: { AWS: "${role.arn}" }, Action: "s3:PutObject", Resource: "${bucket.arn}/*" }"#;
        check(own, named, "s3:PutObject", "a", true);
        check(own, &named.replace("${role.arn}", "${account}"), "s3:PutObject", "a", false);
    }

    #[test]
    fn a_trust_policy_tells_whom_it_admits() {
        let caller = |arn: &str| Caller {
            account: "123456789012".into(),
            arn: format!("arn:aws:{arn}"),
            partition: "aws".into(),
        };
        let check = |trust: &str, arn: &str, expected: Option<&str>| {
            let text = ROLE.replace("OWN", ALLOWED).replace("BUCKET", OPEN);
            let scene = scene(&text.replace("TRUST", trust));
            let told = distrust(&scene.exhibits[&Address::new("role")], &caller(arn));
            assert_eq!(told.as_deref(), expected, "{trust} {arn}");
        };
        let (user, session) =
            ("iam::123456789012:user/dev", "sts::123456789012:assumed-role/builder/me");
        check("{ AWS: \"${account}\" }", user, None);
        check("{ AWS: \"arn:aws:iam::${account}:root\" }", session, None);
        check("{ AWS: \"arn:aws:iam::${account}:user/dev\" }", user, None);
        check("{ AWS: \"arn:aws:iam::${account}:role/ci/builder\" }", session, None);
        let other = "arn:aws:iam::123456789012:role/other";
        let told = format!("{other} alone");
        check(&format!("{{ AWS: \"{other}\" }}"), session, Some(&told));
        check(&format!("{{ AWS: \"{other}\" }}"), user, Some(&told));
        check("{ AWS: \"210987654321\" }", user, Some("arn:aws:iam::210987654321:root alone"));
        let service = "lambda.amazonaws.com alone";
        check("{ Service: lambda.amazonaws.com }", user, Some(service));
    }
}
