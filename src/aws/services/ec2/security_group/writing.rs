//! Making the rules of a group those that are wanted.
//!
//! The rules are looked up anew, because they are known by ids, and because another
//! may have changed them. What comes is authorised in one call, all or nothing; then
//! what is described otherwise is modified, and what is not wanted is revoked.

use super::look::{self, Known};
use super::rule::{Rule, Rules};
use super::{Spec, wire};
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, InFlight};

/// What is to be done about the rules of one direction.
#[derive(Debug, Default, PartialEq, Eq)]
struct Turn {
    comes: Vec<Rule>,
    /// By the ids of those that there are.
    modified: Vec<(String, Rule)>,
    /// Ids.
    goes: Vec<String>,
}

impl Turn {
    fn between(have: &[Known], want: &Rules) -> Self {
        let mut turn = Self::default();
        let mut wanted = want.by_meaning();
        for known in have {
            let meaning = Rule { description: String::new(), ..known.rule.clone() };
            match wanted.remove(&meaning) {
                Some(rule) if rule == known.rule => {}
                Some(rule) => turn.modified.push((known.id.clone(), rule)),
                None => turn.goes.push(known.id.clone()),
            }
        }
        turn.comes = wanted.into_values().collect();
        turn
    }
}

pub(super) async fn write(aws: &Aws, change: &Changing<'_, Spec>, id: &str) -> Answer<()> {
    let Spec { ingress, egress, .. } = &change.want.spec;
    let ingress = ingress.as_ref().filter(|_| change.touches("ingress"));
    let egress = egress.as_ref().filter(|_| change.touches("egress"));
    if ingress.is_none() && egress.is_none() {
        return Ok(());
    }
    let have = look::rules(aws, id).await?;
    let between = |have: &[Known], want: Option<&Rules>| {
        want.map(|want| Turn::between(have, want)).unwrap_or_default()
    };
    let ingress = between(&have.ingress, ingress);
    let egress = between(&have.egress, egress);
    let ec2 = &aws.session.clients.ec2;
    if !ingress.comes.is_empty() {
        let call = ec2.authorize_security_group_ingress().with("GroupId", id);
        let call = call.with_all(wire::permissions(&ingress.comes, id));
        let answer =
            call.send::<()>().await.attempting("ec2:AuthorizeSecurityGroupIngress", || {
                format!("admit who may connect to security group {id}")
            });
        answer.map_err(|error| of_itself(error, id))?;
    }
    if !egress.comes.is_empty() {
        let call = ec2.authorize_security_group_egress().with("GroupId", id);
        let call = call.with_all(wire::permissions(&egress.comes, id));
        let answer = call.send::<()>().await.attempting("ec2:AuthorizeSecurityGroupEgress", || {
            format!("admit where security group {id} may connect to")
        });
        answer.map_err(|error| of_itself(error, id))?;
    }
    let modified: Vec<_> = ingress.modified.iter().chain(&egress.modified).collect();
    if !modified.is_empty() {
        let modified = modified.into_iter().map(|(id, rule)| (id.as_str(), rule));
        let call = ec2.modify_security_group_rules().with("GroupId", id);
        let answer = call.with_all(wire::modified(modified, id)).send::<()>().await;
        answer.attempting("ec2:ModifySecurityGroupRules", || {
            format!("describe the rules of security group {id}")
        })?;
    }
    revoke(aws, id, ingress.goes, egress.goes).await
}

/// Takes rules back, by their ids.
pub(super) async fn revoke(
    aws: &Aws,
    id: &str,
    ingress: Vec<String>,
    egress: Vec<String>,
) -> Answer<()> {
    let ec2 = &aws.session.clients.ec2;
    let named = |rules: Vec<String>| {
        rules.into_iter().zip(1..).map(|(rule, at)| (format!("SecurityGroupRuleId.{at}"), rule))
    };
    if !ingress.is_empty() {
        let call = ec2.revoke_security_group_ingress().with("GroupId", id);
        let answer = call.with_all(named(ingress)).send::<()>().await;
        answer.attempting("ec2:RevokeSecurityGroupIngress", || {
            format!("revoke who may connect to security group {id}")
        })?;
    }
    if !egress.is_empty() {
        let call = ec2.revoke_security_group_egress().with("GroupId", id);
        let answer = call.with_all(named(egress)).send::<()>().await;
        answer.attempting("ec2:RevokeSecurityGroupEgress", || {
            format!("revoke where security group {id} may connect to")
        })?;
    }
    Ok(())
}

/// That the group itself is not seen, which was seen a moment ago, passes.
fn of_itself(error: CloudError, id: &str) -> CloudError {
    let is_unseen = error.class == ErrorClass::NotYet(InFlight::Dependency);
    if is_unseen && error.message.contains(id) {
        return CloudError { class: ErrorClass::Transient, ..error };
    }
    error
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rules(rules: &[Value]) -> Rules {
        serde_json::from_value(rules.into()).unwrap()
    }

    fn known(id: &str, rule: &Value) -> Known {
        Known { id: id.into(), rule: serde_json::from_value(rule.clone()).unwrap() }
    }

    /// What stays is neither revoked nor authorised again, EC2's own rule least of all.
    #[test]
    fn only_what_differs_comes_and_goes() {
        let all = json!({ "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"] });
        let web = json!({ "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"] });
        let mut described = web.clone();
        described["description"] = json!("web");
        let turn = |have: &[Known], want: &[Value]| Turn::between(have, &rules(want));
        let own = [known("sgr-1", &all)];
        assert_eq!(turn(&own, std::slice::from_ref(&all)), Turn::default());
        assert_eq!(turn(&own, &[]), Turn { goes: vec!["sgr-1".into()], ..Turn::default() });
        let Turn { comes, modified, goes } = turn(&own, std::slice::from_ref(&web));
        assert_eq!((comes.len(), modified.len(), goes.len()), (1, 0, 1));
        let have = [known("sgr-2", &web)];
        let Turn { comes, modified, goes } = turn(&have, &[described]);
        assert_eq!((comes.len(), goes.len()), (0, 0));
        assert_eq!((modified[0].0.as_str(), modified[0].1.description.as_str()), ("sgr-2", "web"));
    }
}
