//! A state machine's role may do what the definition does, and no more.
//!
//! A definition says what is called, so that it can be told what is not: of no other
//! role is that so. Judged are the role's inline policies, as far as Step Functions alone
//! takes the role on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::environment_access::asks_of_key;
use super::errand::{Object, role_of};
use super::function::FUNCTION;
use super::keys::{self, KeyOf};
use super::machine::{self, MACHINE};
use super::machine_role::{KEY, LOGS, TRACES, is_traced};
use super::{Judgement, Rule, patch};
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene, document};
use crate::verify::policy::matches;
use crate::verify::policy::{Policy, Statement};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "machine_surplus",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A state machine's role may do what the definition does, where it does it, and nothing else.",
        risk: "Whoever can start the state machine with a crafted input, or change its definition, has what the work never needed.",
        remedy: "Put the narrower statement in the place of the one that allows too much.",
    },
    stops_messages: false,
    because: "A warning: it works. Roles that others take on as well, and policies that are attached, are not judged: what those need no definition says.",
    judge,
};

const STATES: &str = "states.amazonaws.com";
/// What AWS's example for logging allows besides, and nothing asks for.
const OF_EXAMPLES: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents"];

/// Something that is done in the role's name.
struct Need<'a> {
    action: String,
    /// What it is done on; `None` where nobody knows.
    on: Option<Object<'a>>,
    /// Whether it is. Else AWS's examples allow it, and nothing asks for it.
    is_done: bool,
}

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    let mut roles: BTreeMap<&Address, (&Exhibit, Vec<&Exhibit>)> = BTreeMap::new();
    for machine in scene.of_kind(MACHINE) {
        if let Some(role) = role_of(scene, machine) {
            roles.entry(&role.address).or_insert((role, Vec::new())).1.push(machine);
        } else {
            let why = format!("{} (not judged: its role is not of this stack)", machine.address);
            judgement.add(why, None);
        }
    }
    for (address, (role, machines)) in roles {
        let shared = shared(scene, role).map(|by| format!("{by} takes it on, too"));
        match shared.or_else(|| unknown(scene, &machines)) {
            Some(why) => judgement.add(format!("{address} (not judged: {why})"), None),
            None => judgement.add(address.to_string(), judge_role(scene, role, &machines)),
        }
    }
    judgement
}

/// Who takes a role on besides Step Functions.
fn shared(scene: &Scene, role: &Exhibit) -> Option<String> {
    let goes_by_it =
        |function: &&Exhibit| role_of(scene, function).is_some_and(|it| it.address == role.address);
    if let Some(function) = scene.of_kind(FUNCTION).find(goes_by_it) {
        return Some(function.address.to_string());
    }
    let policy = Policy::of(role, &Path::field("assume_role_policy"))?;
    let allowing = policy.statements().iter().filter(|statement| statement.allows());
    let admitted = allowing
        .flat_map(|it| ["AWS", "Federated", "Service"].iter().flat_map(|sort| it.principals(sort)));
    admitted.into_iter().find(|one| *one != STATES).map(str::to_owned)
}

/// Why nobody can tell what a definition takes.
fn unknown(scene: &Scene, machines: &[&Exhibit]) -> Option<String> {
    let calls = machines.iter().flat_map(|machine| machine::calls(scene, machine));
    let unknown = calls.into_iter().find(|call| !call.is_known())?;
    Some(format!("what {} takes, in {}, is not known here", unknown.action, unknown.state))
}

fn judge_role(scene: &Scene, role: &Exhibit, machines: &[&Exhibit]) -> Vec<Finding> {
    let needs: Vec<Need<'_>> = machines.iter().flat_map(|machine| needs(scene, machine)).collect();
    let of_whom: Vec<&str> = machines.iter().map(|machine| machine.address.as_str()).collect();
    let of_whom = of_whom.join(" and ");
    let policies = role.document.get("inline_policies").and_then(Value::as_object);
    let policies = policies
        .into_iter()
        .flatten()
        .filter_map(|(name, _)| Policy::of(role, &Path::field("inline_policies").with_field(name)));
    let statements = policies.flat_map(|policy| policy.statements().to_vec());
    // What names all but a few is told as that.
    let plain =
        statements.filter(|it| it.allows() && !it.has("NotAction") && !it.has("NotResource"));
    plain.filter_map(|statement| judge_statement(role, &statement, &needs, &of_whom)).collect()
}

/// Everything that is done in the name of a state machine's role.
fn needs<'a>(scene: &'a Scene, machine: &'a Exhibit) -> Vec<Need<'a>> {
    let everything = || Some(Object::by_arn("*", "*".to_owned(), "everything".to_owned()));
    let mut needs = of_key(scene, machine, KEY);
    for call in machine::calls(scene, machine) {
        let asked = asks_of_key(&call.action);
        match call.part {
            Some(part) => needs.extend(of_key(scene, part, asked)),
            None => needs.extend(asked.iter().map(|action| Need::of(action, None))),
        }
        needs.push(Need::of(&call.action, call.on.ok()));
    }
    if machine::log_group(machine).is_some() {
        needs.extend(LOGS.iter().map(|action| Need::of(action, everything())));
        needs.extend(OF_EXAMPLES.iter().map(|it| Need { is_done: false, ..Need::of(it, None) }));
    }
    if is_traced(machine) {
        needs.extend(TRACES.iter().map(|action| Need::of(action, everything())));
    }
    needs
}

/// What is asked of the key that encrypts something, if one does.
fn of_key<'a>(scene: &'a Scene, encrypted: &'a Exhibit, actions: &[&str]) -> Vec<Need<'a>> {
    let on = match keys::key_of(scene, encrypted).0 {
        KeyOf::Nobody | KeyOf::Aws => return Vec::new(),
        KeyOf::Open(_) => None,
        KeyOf::Here(key) | KeyOf::There(key) => Some(Object::of(key, &scene.place)),
    };
    actions.iter().map(|action| Need::of(action, on.clone())).collect()
}

impl<'a> Need<'a> {
    fn of(action: &str, on: Option<Object<'a>>) -> Self {
        Self { action: action.to_owned(), on, is_done: true }
    }

    /// Whether an action of a statement is this one. IAM does not tell letters by their case.
    fn is_action(&self, action: &str) -> bool {
        matches(&action.to_ascii_lowercase(), &self.action.to_ascii_lowercase())
    }

    /// Whether a resource of a statement reaches what it is done on.
    fn is_on(&self, resource: &str) -> bool {
        self.on.as_ref().is_none_or(|on| on.arns().iter().any(|arn| matches(resource, arn)))
    }

    /// Whether a resource of a statement is what it is done on, or lies within that.
    fn is_exactly(&self, resource: &str) -> bool {
        let is = |arn: &String| {
            let behind = resource.strip_prefix(arn.as_str());
            let any = arn.strip_suffix("any");
            behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
                // Any execution.
                || any.is_some_and(|it| resource.strip_suffix('*') == Some(it))
        };
        self.on.as_ref().is_none_or(|on| on.arns().iter().any(is))
    }
}

fn judge_statement(
    role: &Exhibit,
    statement: &Statement<'_>,
    needs: &[Need<'_>],
    of_whom: &str,
) -> Option<Finding> {
    let (actions, resources) = (statement.list("Action"), statement.list("Resource"));
    let is_allowed = |need: &&Need<'_>| {
        actions.iter().any(|it| need.is_action(it)) && resources.iter().any(|it| need.is_on(it))
    };
    let allowed: Vec<&Need<'_>> = needs.iter().filter(is_allowed).collect();
    let done: Vec<&Need<'_>> = allowed.iter().copied().filter(|need| need.is_done).collect();
    let name = statement.name();
    if allowed.is_empty() {
        let (what, on) = (statement.actions(), shown(&resources));
        let message =
            format!("{name} allows {what} on {on}, and nothing that {of_whom} does takes it");
        let finding = Finding::new(&role.address, message).at(statement.path.clone());
        return Some(finding.hint(format!("take {name} away")));
    }
    let is_too_much = |action: &&str| {
        action.contains(['*', '?']) || !allowed.iter().any(|need| need.is_action(action))
    };
    let is_too_far = |resource: &&str| !allowed.iter().any(|need| need.is_exactly(resource));
    let too_much: Vec<&str> = actions.iter().copied().filter(is_too_much).collect();
    let too_far: Vec<&str> = resources.iter().copied().filter(is_too_far).collect();
    if done.is_empty() || (too_much.is_empty() && too_far.is_empty()) {
        return None;
    }
    let calls: BTreeSet<&str> = done.iter().map(|need| need.action.as_str()).collect();
    let calls = calls.into_iter().collect::<Vec<_>>().join(", ");
    let (element, what) = if too_much.is_empty() {
        ("Resource", statement.actions())
    } else {
        ("Action", too_much.join(", "))
    };
    let message = if too_far.is_empty() {
        format!("{name} allows {what}, of which {of_whom} needs {calls} alone")
    } else {
        let (far, near) = (shown(&too_far), objects(&done));
        format!("{name} allows {what} on {far}: {of_whom} needs {calls} on {near} alone")
    };
    let finding = Finding::new(&role.address, message).at(statement.path.with_field(element));
    let finding = finding.hint(format!("put this in the place of {name}"));
    Some(finding.patch(patch::yaml(&narrower(statement, &done))))
}

/// Resources of a statement, for people.
fn shown(resources: &[&str]) -> String {
    let shown: Vec<String> = resources.iter().map(|it| document::shown(it)).collect();
    shown.join(", ")
}

/// What is called on, for people.
fn objects(used: &[&Need<'_>]) -> String {
    let names: BTreeSet<&str> =
        used.iter().filter_map(|need| Some(need.on.as_ref()?.name())).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The same statement, for what is done alone: one for each set of actions.
fn narrower(statement: &Statement<'_>, used: &[&Need<'_>]) -> Value {
    let all: Vec<String> = statement.list("Resource").into_iter().map(str::to_owned).collect();
    let mut actions_on: BTreeMap<Vec<String>, BTreeSet<&str>> = BTreeMap::new();
    for need in used {
        let on = need.on.as_ref().map_or_else(|| all.clone(), |on| vec![on.stated().to_owned()]);
        actions_on.entry(on).or_default().insert(&need.action);
    }
    let mut alike: BTreeMap<BTreeSet<&str>, Vec<String>> = BTreeMap::new();
    for (on, actions) in actions_on {
        alike.entry(actions).or_default().extend(on);
    }
    let sid = statement.sid().unwrap_or("Work");
    let statements = alike.into_iter().enumerate().map(|(index, (actions, on))| {
        let sid = if index == 0 { sid.to_owned() } else { format!("{sid}{}", index + 1) };
        let actions = actions.into_iter().map(str::to_owned).collect();
        let mut narrow = json!({
            "Sid": sid, "Effect": "Allow",
            "Action": patch::one_or_several(actions), "Resource": patch::one_or_several(on),
        });
        let condition = statement.condition();
        if !condition.is_empty() {
            narrow["Condition"] = Value::Object(condition);
        }
        narrow
    });
    statements.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{paste, system};
    use super::super::tests::{golden, told_of};
    use super::{RULE, Scene};

    const EXACT: &str = r#"
key: { kind: kms_key }
ledger: { kind: dynamodb_table, hash_key: { name: id, type: S } }
dead: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
logs: { kind: cloudwatch_log_group, name: /aws/vendedlogs/states/workflow }
validator: { kind: lambda_function }
role:
  kind: iam_role
  assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sts:AssumeRole" } }
  inline_policies:
    work:
      Statement:
        - { Sid: Function, Effect: Allow, Action: "lambda:InvokeFunction", Resource: ["${validator.arn}", "${validator.arn}:*"] }
        - { Sid: Table, Effect: Allow, Action: "dynamodb:PutItem", Resource: "${ledger.arn}" }
        - { Sid: Queue, Effect: Allow, Action: "sqs:SendMessage", Resource: "${dead.arn}" }
        - { Sid: Key, Effect: Allow, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "${key.arn}" }
        - { Sid: Logs, Effect: Allow, Action: ["logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"], Resource: "*" }
        - { Sid: Streams, Effect: Allow, Action: "logs:CreateLogStream", Resource: "${logs.arn}:*" }
        - { Sid: OnlyTls, Effect: Deny, Action: "*", Resource: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } }
workflow:
  kind: sfn_state_machine
  role_arn: "${role.arn}"
  definition:
    StartAt: Validate
    States:
      Validate: { Type: Task, Resource: "${validator.arn}", Next: Record }
      Record: { Type: Task, Resource: "arn:aws:states:::dynamodb:putItem", Parameters: { TableName: "${ledger.name}", Item: { id: { S: a } } }, Catch: [{ ErrorEquals: [States.ALL], Next: Keep }], End: true }
      Keep: { Type: Task, Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl: "${dead.url}", MessageBody: a }, End: true }
  logging_configuration: { level: ALL, log_destination: "${logs.arn}" }
"#;

    /// Every statement that is too wide replaced by the one that it says.
    fn narrowed(scene: &Scene) -> Scene {
        let mut mended = scene.clone();
        for finding in (RULE.judge)(scene).findings() {
            if finding.patch.is_some() {
                let name = finding.message.split('`').nth(1).unwrap();
                mended = mended.without(name);
                paste(&mut mended, finding);
            }
        }
        mended
    }

    #[test]
    fn a_role_may_do_no_more_than_the_definition() {
        let changed = |from: &str, to: &str| {
            assert!(EXACT.contains(from), "{from}");
            system(&EXACT.replace(from, to))
        };
        let table = "Action: \"dynamodb:PutItem\", Resource: \"${ledger.arn}\"";
        let scenes = [
            ("exact", system(EXACT)),
            (
                "another action, too",
                changed(
                    "Action: \"dynamodb:PutItem\"",
                    "Action: [\"dynamodb:PutItem\", \"dynamodb:DeleteItem\"]",
                ),
            ),
            (
                "all of a table",
                changed(table, "Action: \"dynamodb:*\", Resource: \"${ledger.arn}\""),
            ),
            (
                "all tables",
                changed(
                    table,
                    "Action: \"dynamodb:PutItem\", Resource: \"arn:aws:dynamodb:us-east-1:${account}:table/*\"",
                ),
            ),
            ("everything", changed(table, "Action: \"*\", Resource: \"*\"")),
            (
                "another table, too",
                changed(
                    table,
                    "Action: \"dynamodb:PutItem\", Resource: [\"${ledger.arn}\", \"${ledger.arn}-old\"]",
                ),
            ),
            (
                "several in one",
                changed(
                    table,
                    "Action: [\"dynamodb:*\", \"sqs:*\"], Resource: [\"${ledger.arn}\", \"${dead.arn}\"]",
                ),
            ),
            (
                "under a condition",
                changed(
                    table,
                    "Action: \"dynamodb:*\", Resource: \"${ledger.arn}\", Condition: { Bool: { \"aws:SecureTransport\": \"true\" } }",
                ),
            ),
            (
                "what nothing does",
                changed(table, "Action: \"dynamodb:DeleteItem\", Resource: \"${ledger.arn}\""),
            ),
            (
                "traces that are none",
                changed(
                    "Action: \"logs:CreateLogStream\", Resource: \"${logs.arn}:*\"",
                    "Action: [\"xray:PutTraceSegments\"], Resource: \"*\"",
                ),
            ),
            (
                "known when it runs",
                changed("QueueUrl: \"${dead.url}\"", "\"QueueUrl.$\": \"$.queue\""),
            ),
            (
                "taken on by others",
                changed(
                    "Service: states.amazonaws.com }",
                    "Service: [states.amazonaws.com, lambda.amazonaws.com] }",
                ),
            ),
            (
                "taken on by a function",
                changed(
                    "validator: { kind: lambda_function }",
                    "validator: { kind: lambda_function, role: \"${role.arn}\" }",
                ),
            ),
            (
                "a role of others",
                changed(
                    "role_arn: \"${role.arn}\"",
                    "role_arn: \"arn:aws:iam::123456789012:role/x\"",
                ),
            ),
        ];
        for (title, scene) in &scenes {
            let mended = narrowed(scene);
            let left = (RULE.judge)(&mended);
            let left: Vec<_> =
                left.findings().into_iter().filter(|it| it.patch.is_some()).collect();
            assert!(left.is_empty(), "{title}: {left:#?}");
            let broken = (super::super::machine_access::RULE.judge)(&mended);
            // There the right is missing from the beginning.
            if !["what nothing does", "traces that are none"].contains(title) {
                assert!(broken.findings().is_empty(), "{title}: {broken:#?}");
            }
        }
        golden!(told_of(&RULE, &scenes));
    }
}
