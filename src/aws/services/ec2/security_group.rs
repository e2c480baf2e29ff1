//! `security_group`: who may connect to what carries the group, and where that may
//! connect to.
//!
//! EC2 chooses its id, so that it is known by its VPC and its name. A group is made
//! without rules but EC2's own, and its rules are written afterwards: what comes before
//! what goes, so that nothing is cut off that stays.

mod check;
mod cidr;
mod grants;
mod leaving;
mod look;
mod rule;
mod wire;
mod writing;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::rule::Rules;
use crate::aws::arn::Arn;
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::services::ec2::answers::NewGroup;
use crate::aws::tags::{TagTexts, Tags};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{Emptying, Facts, Limit, Live, Naming, Patience, Place, Problem, Sought};

pub(crate) struct SecurityGroup;

/// A security group with its rules.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 255 characters, and not `sg-...`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 255))]
    name: Option<String>,
    /// The VPC: `vpc-...`.
    #[schemars(length(min = 1))]
    vpc_id: String,
    /// What it is for: up to 255 characters. Default: `Managed by ccprov`.
    #[serde(default = "managed")]
    #[schemars(length(min = 1, max = 255))]
    description: String,
    /// Who may connect: all rules that there are. Left out: whatever rules there are stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    ingress: Option<Rules>,
    /// Where to: all rules that there are. Left out: whatever rules there are stay, of a new
    /// group EC2's own, which admits everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    egress: Option<Rules>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

fn managed() -> String {
    "Managed by ccprov".to_owned()
}

impl Kind for SecurityGroup {
    const NAME: &'static str = "security_group";
    const SUMMARY: &'static str =
        "A security group of a VPC, with its rules: who may connect, and where to.";
    const NOTES: &'static str = "\
VPC and name together are its identity; EC2 adds an id of its own, the fact `id`, which is what clusters, functions \
and the rules of other groups take.

- The VPC is not the stack's: give its id by a variable.
- `ingress` and `egress` each state **all** rules of their direction. A rule that somebody else adds is drift: a plan \
shows it, and an apply revokes it. A direction that the file does not state is not touched; one that it states as `[]` \
has no rules. To leave a direction to others after it was made, put it into `ignore_changes`.
- A new group gets a rule of EC2's own that admits everything that goes out. It stays where `egress` is not stated, \
and where a stated rule is the same; else it is revoked after the stated ones are there.
- A rule may state several sources. EC2 has a rule for each, and so a plan shows them: in one order, `6` as `tcp`, \
`10.0.0.1/24` as `10.0.0.0/24`.
- What comes is admitted before what goes is revoked. Rules count at once; connections that are open stay.
- `self: true` admits the members of the group itself.
- Groups of one stack may name each other. They are made first, and then their rules.
- Another `name`, `vpc_id` or `description` makes a new group. With the same name in the same VPC the old one has to go \
first, and EC2 lets it go when nothing carries it any more: give the new one another name.
- EC2 deletes no group that a network interface carries, or that a rule of another group names. It is waited for; what \
holds it is told. A function in a VPC lets go of its interfaces up to 40 minutes after it is gone.
- A group that a rule names must be in the same VPC, or in one that is peered with it.
- EC2 admits 60 rules in each direction (for IPv4, and again for IPv6) unless asked for more; a prefix list counts as \
many as it may have entries.";
    const EXAMPLES: [&'static str; 2] = [
        include_str!("security_group/minimal.yaml"),
        include_str!("security_group/production.yaml"),
    ];
    const FIXED: &'static [&'static str] = &["name", "vpc_id", "description"];
    const MADE_WITHOUT: &'static [&'static str] = &["ingress", "egress"];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "the group's ARN", false),
        ("id", "the id that EC2 chose", false),
        ("name", "its name", true),
    ];
    /// Deletions wait for the interfaces of functions: Terraform's provider allows 45 minutes,
    /// by what AWS says of most of them.
    const PATIENCE: Patience =
        Patience { delete: Some(Limit::of(Duration::from_mins(45))), ..Patience::PROMPT };
    const EXISTS_EARLY: bool = true;
    /// What carries groups.
    const DELETE_AFTER: &'static [&'static str] =
        &["lambda_function", "msk_cluster", "msk_serverless_cluster"];
    const TAG_TEXTS: TagTexts = TagTexts::Any;
    const GAP: &'static str = "nothing can carry the group until the new one is there";
    const LOST: &'static str = "whatever carries the group must be given the new one";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] =
        &[("vpc_id", None), ("name", None)];
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.ingress = spec.ingress.map(|rules| rules.normal(&naming.place));
        spec.egress = spec.egress.map(|rules| rules.normal(&naming.place));
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        format!("{}/{}", spec.vpc_id, spec.name.as_deref().unwrap_or_default())
    }

    fn predict(spec: &Spec, _naming: &Naming) -> Facts {
        Facts::from([("name".to_owned(), spec.name.clone().unwrap_or_default())])
    }

    fn identify(arn: &str) -> Option<String> {
        id_of(arn).map(|_| arn.to_owned())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        look::read(aws, sought).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let Spec { name, vpc_id, description, .. } = &want.spec;
        let call = aws.session.clients.ec2.create_security_group();
        let call = call
            .with("GroupName", name.clone().unwrap_or_default())
            .with("GroupDescription", description)
            .with("VpcId", vpc_id)
            .with_all(wire::new_tags(want.spec.tags.with_owner(&want.owner)));
        let made = call.send::<NewGroup>().await;
        let made = made.attempting("ec2:CreateSecurityGroup", || {
            format!("create security group {}", want.identity)
        })?;
        let facts = facts(&aws.place, &made.id, name.as_deref().unwrap_or_default());
        let is_whole = want.spec.ingress.is_none() && want.spec.egress.is_none();
        Ok(if is_whole { Made::whole(facts) } else { Made::begun(facts) })
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let Some(id) = change.live.facts.get("id") else {
            return Ok(Accepted::Done(Facts::new()));
        };
        write_tags(aws, change, id).await?;
        writing::write(aws, change, id).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        leaving::delete(aws, have).await
    }
}

/// The id of a group, from its ARN; `None` for any other ARN.
fn id_of(arn: &str) -> Option<&str> {
    let arn = Arn::read(arn).filter(|arn| arn.service == "ec2")?;
    arn.resource.strip_prefix("security-group/")
}

fn facts(place: &Place, id: &str, name: &str) -> Facts {
    let arn = place.arn("ec2", &format!("security-group/{id}"));
    [("arn", arn), ("id", id.to_owned()), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>, id: &str) -> Answer<()> {
    let Some(turn) = change.tag_change(|spec| &spec.tags) else { return Ok(()) };
    let ec2 = &aws.session.clients.ec2;
    let put = |tags: BTreeMap<_, _>| async move {
        let call = ec2.create_tags().with("ResourceId.1", id).with_all(wire::pairs("Tag", tags));
        let answer = call.send::<()>().await;
        answer.attempting("ec2:CreateTags", || format!("tag security group {id}"))
    };
    let remove = |gone: Vec<String>| async move {
        let keys = gone.into_iter().zip(1..).map(|(key, at)| (format!("Tag.{at}.Key"), key));
        let call = ec2.delete_tags().with("ResourceId.1", id).with_all(keys);
        let answer = call.send::<()>().await;
        answer.attempting("ec2:DeleteTags", || format!("untag security group {id}"))
    };
    turn.make(put, remove).await
}
