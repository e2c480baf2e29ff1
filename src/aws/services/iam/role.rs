//! `iam_role`: a role with its trust policy, its inline policies and the
//! managed policies attached to it.
//!
//! The role owns the whole of all three: what the stack does not state is
//! detached and removed. Whoever uses a fresh role may be refused for some
//! seconds; it is the user's call that is repeated, not the role's waited for.

mod calls;
mod grants;
mod rights;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{BoxFuture, try_join, try_join_all, try_join3};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::calls::{Attachments, attach, attached, get, inline, put};
use super::paths as iam;
use super::policy::PATIENCE;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::policy::{self, Measure, Policy, Size, Use};
use crate::aws::tags::Tags;
use crate::aws::takes::{self, Takes};
use crate::aws::turnover::{KeyCase, TagChange};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{
    CloudError, Emptying, ErrorClass, Facts, Live, NameOrigin, Naming, Path, Patience, Place,
    Problem, Sought,
};

pub(crate) struct IamRole;

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 64 characters, unique in the account. Default: STACK-ADDRESS-REGION.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_+=,.@-]+$"))]
    name: Option<String>,
    /// What the path begins with, before `/ccprov/STACK/`: for accounts that
    /// prescribe one.
    #[serde(default = "iam::no_path")]
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^/([!-.0-~]+/)*$"))]
    path: String,
    /// Who may take the role on.
    assume_role_policy: Policy,
    /// What the role is for.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    description: String,
    /// Seconds that a session of the role may last.
    #[serde(default = "an_hour")]
    #[schemars(range(min = 3600, max = 43_200))]
    max_session_duration: i32,
    /// ARN of the managed policy that bounds what the role can be allowed.
    permissions_boundary: Option<String>,
    /// Policies that live and die with the role, by name. Others are removed.
    #[serde(default)]
    inline_policies: BTreeMap<String, Policy>,
    /// ARNs of the managed policies that the role has. Others are detached.
    #[serde(default)]
    #[schemars(length(max = 20), inner(length(min = 1)))]
    managed_policy_arns: BTreeSet<String>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

fn an_hour() -> i32 {
    3600
}

/// Characters of a role's name, and of an inline policy's (IAM quotas).
const LONGEST_NAME: usize = 64;
const LONGEST_INLINE_NAME: usize = 128;
/// Characters without white space of all inline policies together (IAM quotas).
const LARGEST_INLINE: usize = 10_240;

impl Kind for IamRole {
    const NAME: &'static str = "iam_role";
    const SUMMARY: &'static str =
        "An IAM role with its trust policy, inline policies and attached managed policies.";
    const NOTES: &'static str = "\
The role lives under the path `/ccprov/STACK/`, by which ccprov finds it without a state file; \
path and name are its identity. A stated `path` comes before that: `path: /team/` makes it `/team/ccprov/STACK/`.

- Another `path` makes another role, and as no two have one name, the old one goes first. One that somebody else made \
stands under another path, which IAM never changes: it cannot be adopted, so name it by its ARN.
- IAM names are unique in the account, whatever their path, region and case. A default name holds \
the region; a stated one belongs to the region that made it, so state one with `${region}` in it where \
a stack lives in several. One that is too long is cut, and ends with 8 hex digits.
- The tag `ccprov:region` says which region's stack has the role: it is the same in all.
- `inline_policies` and `managed_policy_arns` are owned whole: what the stack does not state is \
removed from the role.
- A role that was made moments ago may be refused as a principal for a few seconds. ccprov repeats \
the call that was refused.
- A trust policy may name AWS principals only if they exist; services need not.
- A trust policy takes actions of `sts`, and 2,048 characters without blanks (4,096 if AWS raised that); the \
inline policies 10,240 together. A `Sid` has letters and digits, and is there once.
- 10 managed policies can be attached, or up to 20 if AWS raised the account's quota.
- A right that moves from one policy to another is given before it is taken. Only where both would exceed \
10 managed policies or 10,240 characters of inline ones is room made first; what the role keeps is never \
taken from it.
- IAM keeps the case of a role's tag keys and does not tell them apart by it: `Team` and `team`, the \
stack's `tags` among them, are refused. A key that changes its case alone is renamed by one call.
- Deleting the role takes it out of instance profiles first.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("role/minimal.yaml"), include_str!("role/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "path"];
    const MUST_EXIST: &'static [&'static str] = &[
        "assume_role_policy.Statement.*.Principal",
        "assume_role_policy.Statement.Principal",
        "managed_policy_arns",
        "permissions_boundary",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the role's ARN", true), ("name", "its name, without the path", true)];
    const POLICIES: &'static [(&'static str, &'static Use)] =
        &[("assume_role_policy", &policy::TRUST), ("inline_policies.*", &policy::INLINE)];
    const TAKES: &'static [(&'static str, Takes)] =
        &[("permissions_boundary", takes::POLICY), ("managed_policy_arns.*", takes::POLICY)];
    const GLOBAL: bool = true;
    const PATIENCE: Patience = PATIENCE;
    const BLIND_TO_CASE: bool = true;
    const HOLDS: &'static [&'static str] = &["managed_policy_arns", "permissions_boundary"];
    /// Never the boundary: without it the role could do more than it may.
    const LETS_GO: &'static [&'static str] = &["managed_policy_arns"];
    const GAP: &'static str = "whoever takes the role on meanwhile is refused: seconds, as a rule";
    const LOST: &'static str = "\
who has taken the old role on loses it, and what names it outside of the stack has to name the new one";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| iam::default_name(naming, LONGEST_NAME));
        spec.assume_role_policy = spec.assume_role_policy.in_partition(&naming.place.partition);
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
        iam::identify(arn, "role")
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let identity = sought.identity.as_str();
        let name = iam::name(identity);
        let reads = try_join3(get(aws, name), inline(aws, name), attached(aws, name));
        let Some((role, inline_policies, managed_policy_arns)) = reads.await.or_absent()? else {
            return Ok(None);
        };
        let Some(role) = role else { return Ok(None) };
        let found = format!("{}{}", role.path(), role.role_name());
        // Who refers to somebody else's may know its name alone: that is one in the account.
        if found != identity && identity.contains('/') {
            // Under another path of this stack it is found by the listing, and gives way.
            let is_of_stack = own_path(&found) == own_path(identity);
            return if is_of_stack { Ok(None) } else { Err(elsewhere(identity, &found)) };
        }
        let trust = role.assume_role_policy_document();
        let Some(trust) = iam::document(trust, &aws.place.partition) else { return Ok(None) };
        let (tags, owner) = iam::seen(role.tags);
        let spec = Spec {
            name: Some(role.role_name),
            path: iam::stated(&found),
            assume_role_policy: trust,
            description: role.description.unwrap_or_default(),
            max_session_duration: role.max_session_duration.unwrap_or_else(an_hour),
            permissions_boundary: role
                .permissions_boundary
                .and_then(|boundary| boundary.permissions_boundary_arn),
            inline_policies,
            managed_policy_arns,
            tags,
        };
        let facts = facts(&aws.place, &found);
        Ok(Some(Seen { identity: Some(found), ..Seen::current(spec, facts, owner) }))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        create(aws, want).await?;
        let Spec { inline_policies, managed_policy_arns, .. } = &want.spec;
        let is_whole = inline_policies.is_empty() && managed_policy_arns.is_empty();
        Ok(if is_whole { Made::whole(Facts::new()) } else { Made::in_part(Facts::new()) })
    }

    async fn complete(aws: &Aws, want: &Wanted<Spec>, _made: &Live) -> Answer<Facts> {
        let name = iam::name(&want.identity);
        let spec = &want.spec;
        let attach =
            try_join_all(spec.managed_policy_arns.iter().map(|arn| attach(aws, name, arn)));
        let put = spec.inline_policies.iter().map(|(policy, text)| put(aws, name, policy, text));
        try_join(attach, try_join_all(put)).await?;
        Ok(Facts::new())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let changes: [BoxFuture<'_, Answer<()>>; 5] = [
            Box::pin(write_trust(aws, change)),
            Box::pin(write_settings(aws, change)),
            Box::pin(write_boundary(aws, change)),
            Box::pin(rights::write(aws, change)),
            Box::pin(write_tags(aws, change)),
        ];
        try_join_all(changes).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = iam::name(have.identity.as_str());
        match Attachments::seen(have).detach_and_delete(aws, name).await {
            // Something came since the plan, or the role is in an instance profile.
            Err(error) if error.code == "DeleteConflict" => {
                Attachments::listed(aws, name).await?.detach_and_delete(aws, name).await
            }
            other => other,
        }
    }
}

fn facts(place: &Place, identity: &str) -> Facts {
    let arn = place.global_arn("iam", &format!("role{identity}"));
    [("arn", arn), ("name", iam::name(identity).to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

/// The end of a path, which is the stack's.
fn own_path(identity: &str) -> Option<&str> {
    let path = iam::path_of(identity);
    path.get(path.rfind(iam::ROOT)?..)
}

/// A role of this name under another path: neither this one nor no one.
fn elsewhere(identity: &str, found: &str) -> CloudError {
    CloudError {
        attempted: format!("read role {identity}"),
        operation: "iam:GetRole".into(),
        class: ErrorClass::Invalid,
        code: "OtherPath".into(),
        message: format!("the account has {found}, and no two roles may have one name"),
        request_id: None,
        hint: Some("state another `name`".into()),
    }
}

fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::from_iter(iam::check_name(spec.name.as_deref(), LONGEST_NAME));
    problems.extend(check_description(&spec.description));
    problems.extend(check_tags(&spec.tags));
    for name in spec.inline_policies.keys() {
        let length = name.chars().count();
        if length > LONGEST_INLINE_NAME {
            let message =
                format!("the name {name} has {length} characters, IAM takes {LONGEST_INLINE_NAME}");
            problems.push(Problem::of("inline_policies", message));
        }
    }
    let sizes = spec.inline_policies.values().map(|one| Size::of(one, Measure::WithoutBlanks));
    let size = sizes.fold(Size::default(), Size::and);
    if size.count > LARGEST_INLINE {
        let words = size.words();
        let message = format!(
            "the inline policies have {words} characters together, IAM takes {LARGEST_INLINE}"
        );
        problems.push(Problem::of("inline_policies", message).hint("use an iam_policy"));
    }
    problems
}

/// IAM's pattern of a role's description: line breaks, tabs, and the printable
/// characters of Latin-1 (API Reference, `CreateRole`).
fn check_description(text: &str) -> Option<Problem> {
    let is_admitted = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    let wrong = text.chars().find(|c| !is_admitted(*c)).filter(|_| !is_pending(text))?;
    let message = format!("IAM takes no `{}` in a description", wrong.escape_debug());
    Some(
        Problem::of("description", message).hint("it takes the characters of Western Europe alone"),
    )
}

/// IAM keeps the case of a role's tag keys, and does not tell them apart by it.
fn check_tags(tags: &Tags) -> Vec<Problem> {
    let mut first: BTreeMap<String, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for key in tags.0.keys() {
        if let Some(other) = first.insert(KeyCase::Folded.fold(key), key) {
            let message = format!("the tags {other} and {key} of a role are one to IAM");
            let path = Path::field("tags").with_field(key);
            let hint = "it does not tell keys apart by their case: spell both alike";
            problems.push(Problem::of("tags", message).at(path).hint(hint));
        }
    }
    problems
}

async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<()> {
    let spec = &want.spec;
    let name = iam::name(&want.identity);
    let answer = aws
        .session
        .clients
        .iam
        .create_role()
        .path(iam::path_of(&want.identity))
        .role_name(name)
        .assume_role_policy_document(spec.assume_role_policy.text())
        .description(&spec.description)
        .max_session_duration(spec.max_session_duration)
        .set_permissions_boundary(spec.permissions_boundary.clone())
        .set_tags(Some(iam::tags(&spec.tags, &want.owner)))
        .send()
        .await;
    answer.attempting("iam:CreateRole", || format!("create role {name}"))?;
    Ok(())
}

async fn write_trust(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    if !change.touches("assume_role_policy") {
        return Ok(());
    }
    let trust = &change.want.spec.assume_role_policy;
    let name = iam::name(&change.want.identity);
    let call = aws.session.clients.iam.update_assume_role_policy().role_name(name);
    let answer = call.policy_document(trust.text()).send().await;
    answer.attempting("iam:UpdateAssumeRolePolicy", || {
        format!("write the trust policy of role {name}")
    })?;
    Ok(())
}

/// IAM leaves alone what the call does not state.
async fn write_settings(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let spec = &change.want.spec;
    let description = change.touches("description").then(|| spec.description.clone());
    let duration = change.touches("max_session_duration").then_some(spec.max_session_duration);
    if description.is_none() && duration.is_none() {
        return Ok(());
    }
    let name = iam::name(&change.want.identity);
    let call = aws.session.clients.iam.update_role().role_name(name).set_description(description);
    let answer = call.set_max_session_duration(duration).send().await;
    answer.attempting("iam:UpdateRole", || format!("change role {name}"))?;
    Ok(())
}

async fn write_boundary(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    if !change.touches("permissions_boundary") {
        return Ok(());
    }
    let name = iam::name(&change.want.identity);
    if let Some(arn) = &change.want.spec.permissions_boundary {
        let call = aws.session.clients.iam.put_role_permissions_boundary().role_name(name);
        let answer = call.permissions_boundary(arn).send().await;
        answer.attempting("iam:PutRolePermissionsBoundary", || {
            format!("bound role {name} by {arn}")
        })?;
    } else {
        let call = aws.session.clients.iam.delete_role_permissions_boundary().role_name(name);
        let answer = call.send().await;
        answer
            .attempting("iam:DeleteRolePermissionsBoundary", || {
                format!("take the boundary of role {name} away")
            })
            .or_absent()?;
    }
    Ok(())
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    if !change.touches_tags() {
        return Ok(());
    }
    let (want, have) = (&change.want, &change.have);
    let name = iam::name(&want.identity);
    let before = change.tags_had(&have.tags);
    let after = want.spec.tags.with_owner(&want.owner);
    let put = |tags| async move {
        let call = aws.session.clients.iam.tag_role().role_name(name);
        let answer = call.set_tags(Some(iam::sdk_tags(tags))).send().await;
        answer.attempting("iam:TagRole", || format!("tag role {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = aws.session.clients.iam.untag_role().role_name(name).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("iam:UntagRole", || format!("untag role {name}"))?;
        Ok(())
    };
    TagChange::between(&before, &after, KeyCase::Folded).make(put, remove).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn role(fields: Value) -> Vec<String> {
        let mut document = json!({
            "assume_role_policy": { "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": { "Service": "lambda.amazonaws.com" }
            }] }
        });
        let Value::Object(fields) = fields else { panic!("no object") };
        document.as_object_mut().unwrap().extend(fields);
        let spec: Spec = serde_json::from_value(document).unwrap();
        check(&spec).into_iter().map(|problem| problem.message).collect()
    }

    fn inline(action: &str) -> Value {
        json!({ "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
    }

    #[test]
    fn names_are_counted() {
        assert_eq!(role(json!({ "name": "n".repeat(64) })), Vec::<String>::new());
        let problems = role(json!({ "name": "n".repeat(65) }));
        assert_eq!(problems, ["the name has 65 characters, IAM takes 64"]);
    }

    #[test]
    fn inline_policies_are_counted_together() {
        let half = inline(&"a".repeat(5_200));
        assert_eq!(role(json!({ "inline_policies": { "a": half } })), Vec::<String>::new());
        let problems = role(json!({ "inline_policies": { "a": half, "b": half } }));
        assert!(problems[0].ends_with("together, IAM takes 10240"), "{problems:?}");
    }

    #[test]
    fn a_description_holds_what_iam_takes() {
        let of = |text: &str| role(json!({ "description": text }));
        assert_eq!(of("Reads caf\u{e9}s,\nand writes"), Vec::<String>::new());
        assert_eq!(of("reads \u{2014} and writes"), ["IAM takes no `\u{2014}` in a description"]);
    }

    #[test]
    fn tag_keys_that_differ_in_case_alone_are_one() {
        let tags = json!({ "tags": { "Environment": "a", "environment": "b", "Owner": "c" } });
        let problems = role(tags);
        assert_eq!(problems, ["the tags Environment and environment of a role are one to IAM"]);
    }
}
