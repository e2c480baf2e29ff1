//! What runs has a role of its own.

use std::collections::BTreeMap;

use super::errand::role_of;
use super::function::FUNCTION;
use super::machine::MACHINE;
use super::{Judgement, Rule};
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "shared_role",
        kind: CheckKind::Rule,
        level: Level::Note,
        summary: "Each function and each state machine has a role of its own.",
        risk: "Each of them may do what all of them need: who takes one over has the rights of the others, and nobody can tell from a trail which of them it was.",
        remedy: "Declare a role for each, and give it the statements that this one needs.",
    },
    stops_messages: false,
    because: "A note: it works, and the same rights may be meant.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let mut goers: BTreeMap<&Address, (&Exhibit, Vec<&Exhibit>)> = BTreeMap::new();
    for goer in [FUNCTION, MACHINE].into_iter().flat_map(|kind| scene.of_kind(kind)) {
        // Of a role of others nobody here knows whom else it serves.
        let Some(role) = role_of(scene, goer) else { continue };
        goers.entry(&role.address).or_insert((role, Vec::new())).1.push(goer);
    }
    let roles = goers.into_values().map(|(role, goers)| (role, (role, goers)));
    Judgement::over(roles, |(role, goers)| shared(role, &goers))
}

fn shared(role: &Exhibit, goers: &[&Exhibit]) -> Option<Finding> {
    let [first @ .., last] = goers else { return None };
    let [_, ..] = first else { return None };
    let first: Vec<&str> = first.iter().map(|goer| goer.address.as_str()).collect();
    let (first, last) = (first.join(", "), &last.address);
    let message = format!("{first} and {last} go by it: each may do what the others need");
    Some(Finding::new(&role.address, message).hint("give each of them a role of its own"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::RULE;

    const ROLES: &str = r#"
role: { kind: iam_role, assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } } }
other: { kind: iam_role, assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } } }
one: { kind: lambda_function, role: "${role.arn}" }
two: { kind: lambda_function, role: "${other.arn}" }
three: { kind: lambda_function, role: "arn:aws:iam::123456789012:role/theirs" }
four: { kind: lambda_function, role: "arn:aws:iam::123456789012:role/theirs" }
"#;

    #[test]
    fn each_has_a_role_of_its_own() {
        let machine = "five: { kind: sfn_state_machine, role_arn: \"${role.arn}\", definition: { StartAt: Done, States: { Done: { Type: Succeed } } } }";
        golden!(told_of(
            &RULE,
            &[
                ("each its own, or one of others", system(ROLES)),
                ("two functions", system(&ROLES.replace("${other.arn}", "${role.arn}"))),
                ("a function and a state machine", system(&format!("{ROLES}{machine}\n"))),
            ]
        ));
    }
}
