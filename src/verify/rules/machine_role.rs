//! A state machine's role serves it: Step Functions can take it on, and it may do what
//! logging, tracing and encryption ask; and the keys on that way admit who delivers logs.

use serde_json::{Value, json};

use super::delivery_path::Seen;
use super::delivery_path::gate::{Delivery, Gate};
use super::errand::{Errand, Object, Wish, camel};
use super::hop::End;
use super::keys::{self, KeyOf};
use super::machine::{self, MACHINE, setting};
use super::trust::{ASSUME, Taker, admits};
use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Place, Scene};
use crate::verify::policy::{Context, Known};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "machine_role",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "Step Functions can take on a state machine's role; the role may have logs delivered, write traces and use the key, where the state machine does; and keys let logs be delivered.",
        risk: "Step Functions refuses the state machine; or it runs, and nobody ever reads a line of it.",
        remedy: "Admit `states.amazonaws.com` in the role's trust policy, and add the statement that is missing.",
    },
    stops_messages: true,
    because: "An error: Step Functions refuses it. Traces that are lost are a warning, and so are logs that the state machine's key keeps from being delivered, since all else works; that the log group's key does not name who delivers is a note, and so is a log group of another name than AWS advises.",
    judge,
};

const STATES: &str = "states.amazonaws.com";
/// Who writes the lines.
const DELIVERY: &str = "delivery.logs.amazonaws.com";
/// What a role needs on everything, since `CloudWatch` Logs knows no resources for these
/// (Step Functions Developer Guide, "Using CloudWatch Logs to log execution history").
/// That page names `logs:CreateLogStream` as well, which the delivery does by itself.
pub(super) const LOGS: &[&str] = &[
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];
/// Step Functions Developer Guide, "Trace Step Functions request data in AWS X-Ray".
pub(super) const TRACES: &[&str] = &[
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];
/// Step Functions Developer Guide, "Data at rest encryption".
pub(super) const KEY: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];
const TO_DELIVER: &[&str] = &["kms:Decrypt"];
/// Groups whose names begin so need no room in a resource policy.
const VENDED: &str = "/aws/vendedlogs/";

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for machine in scene.of_kind(MACHINE) {
        let of_role = Errand::of(scene, machine)
            .map_or_else(Seen::open, |errand| judge_role(machine, &errand, &scene.place));
        let seen = of_role.and(judge_logs(scene, machine));
        let subject = match seen.open {
            Some(why) => format!("{} (not judged: {why})", machine.address),
            None => machine.address.to_string(),
        };
        judgement.add(subject, seen.findings);
    }
    judgement
}

fn judge_role<'a>(machine: &'a Exhibit, errand: &Errand<'a>, place: &Place) -> Seen {
    let ask = |calls, on: &str, sid: &str, because: &str, level| {
        errand.ask(&Wish {
            calls,
            on: Object::by_arn("*", "*".to_owned(), on.to_owned()),
            sid: format!("{sid}{}", camel(&machine.address)),
            because: because.to_owned(),
            via: None,
            level,
        })
    };
    let mut seen = trust(errand.role(), machine, place);
    if machine::log_group(machine).is_some() {
        let because = "; Step Functions refuses the state machine without it";
        seen = seen.and(ask(LOGS, "everything", "LogsOf", because, None));
    }
    if is_traced(machine) {
        let because = "; without it, its traces are lost";
        seen = seen.and(ask(TRACES, "X-Ray", "TracesOf", because, Some(Level::Warning)));
    }
    seen.and(errand.use_key(machine, KEY, None))
}

pub(super) fn is_traced(machine: &Exhibit) -> bool {
    let tracing = setting(machine, "tracing_configuration").and_then(|it| it.get("enabled"));
    tracing == Some(&Value::Bool(true))
}

/// Whether Step Functions can take a role on. It says for which state machine (Step
/// Functions Developer Guide, "Cross-service confused deputy prevention").
fn trust(role: &Exhibit, machine: &Exhibit, place: &Place) -> Seen {
    let known = [
        ("aws:SourceArn", Known::Is(machine.fact("arn"))),
        ("aws:SourceAccount", Known::Is(&place.account)),
    ];
    let statement = json!({
        "Effect": "Allow", "Principal": { "Service": STATES }, "Action": ASSUME,
        "Condition": { "StringEquals": { "aws:SourceAccount": "${account}" } }
    });
    let taker = Taker {
        service: STATES,
        name: "Step Functions",
        sake: &machine.address,
        context: &Context::of(known).at(place),
        statement: ("StepFunctionsTakesOn", statement),
    };
    admits(role, &taker)
}

/// Whether what it logs gets to where it logs.
fn judge_logs(scene: &Scene, machine: &Exhibit) -> Seen {
    let Some(arn) = machine::log_group(machine) else { return Seen::default() };
    let of_machine = delivered(scene, machine, Level::Warning);
    let Some(group) = scene.named("cloudwatch_log_group", arn) else { return of_machine };
    // Of the group's key AWS's guide says so in passing, and others do without.
    let seen = of_machine.and(delivered(scene, group, Level::Note));
    if group.identity.as_str().starts_with(VENDED) {
        return seen;
    }
    let message = format!(
        "{} logs there, for which Step Functions adds the group to a resource policy of CloudWatch Logs: a region has ten of 5,120 characters",
        machine.address
    );
    let note = Finding::new(&group.address, message).at(Path::field("name")).as_note();
    seen.and(note.hint(format!("a name that begins with {VENDED} needs no room there")).into())
}

/// Whether who delivers logs may use what encrypts this.
fn delivered(scene: &Scene, encrypted: &Exhibit, level: Level) -> Seen {
    let (key, path) = keys::key_of(scene, encrypted);
    let of_logs = scene.place.arn("logs", "*");
    let source = End::Elsewhere(&of_logs);
    let delivery =
        Delivery::encrypting(DELIVERY, "kms:EncryptionContext:SourceArn", source, &scene.place);
    let because = format!("; it encrypts {}, and what is logged may be lost", encrypted.address);
    let gate = |guard| Gate {
        guard,
        calls: TO_DELIVER,
        grants: TO_DELIVER,
        resource: guard.fact("arn"),
        sid: "LogsAreDelivered",
        because: &because,
    };
    let seen = match key {
        // What AWS's own keys admit nobody can change, and CloudWatch Logs takes none.
        KeyOf::Nobody | KeyOf::Aws => return Seen::default(),
        KeyOf::Open(why) => return Seen::open(why),
        KeyOf::Here(key) => match keys::disabled(key) {
            // That is told of whoever uses it.
            Some(_) => return Seen::default(),
            None => delivery.pass(&gate(key)),
        },
        KeyOf::There(key) => delivery.pass(&gate(key)).told_of(&encrypted.address, &path),
    };
    let stated = "arn:${partition}:logs:${region}:${account}:*";
    let told = |finding: Finding| Finding {
        level: Some(level),
        patch: finding.patch.map(|yaml| yaml.replace(&of_logs, stated)),
        ..finding
    };
    Seen { findings: seen.findings.into_iter().map(told).collect(), open: seen.open }
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::{Level, RULE};

    const SOUND: &str = r#"
key:
  kind: kms_key
  policy:
    Version: "2012-10-17"
    Statement:
      - { Sid: Account, Effect: Allow, Principal: { AWS: "arn:aws:iam::${account}:root" }, Action: "kms:*", Resource: "*" }
      - { Sid: Logs, Effect: Allow, Principal: { Service: delivery.logs.amazonaws.com }, Action: "kms:Decrypt*", Resource: "*", Condition: { StringEquals: { "kms:EncryptionContext:SourceArn": "arn:aws:logs:us-east-1:${account}:*" } } }
logs: { kind: cloudwatch_log_group, name: /aws/vendedlogs/states/workflow, kms_key_id: "${key.arn}" }
role:
  kind: iam_role
  assume_role_policy: { Statement: { Sid: States, Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sts:AssumeRole", Condition: { StringEquals: { "aws:SourceAccount": "${account}" } } } }
  inline_policies:
    run:
      Statement:
        - { Sid: Logs, Effect: Allow, Action: ["logs:*LogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"], Resource: "*" }
        - { Sid: Traces, Effect: Allow, Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSampling*"], Resource: "*" }
        - { Sid: Key, Effect: Allow, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "${key.arn}" }
workflow:
  kind: sfn_state_machine
  type: EXPRESS
  role_arn: "${role.arn}"
  definition: { StartAt: Done, States: { Done: { Type: Succeed } } }
  logging_configuration: { level: ALL, log_destination: "${logs.arn}" }
  tracing_configuration: { enabled: true }
  encryption_configuration: { type: CUSTOMER_MANAGED_KMS_KEY, kms_key_id: "${key.arn}" }
"#;

    #[test]
    fn a_role_serves_its_state_machine() {
        let changed = |from: &str, to: &str| {
            assert!(SOUND.contains(from), "{from}");
            system(&SOUND.replace(from, to))
        };
        let quiet = "logging_configuration: { level: ALL, log_destination: \"${logs.arn}\" }";
        let scenes = [
            ("sound", system(SOUND)),
            (
                "not to be taken on",
                changed("Service: states.amazonaws.com", "Service: lambda.amazonaws.com"),
            ),
            (
                "for another account",
                changed(
                    "\"aws:SourceAccount\": \"${account}\"",
                    "\"aws:SourceAccount\": \"210987654321\"",
                ),
            ),
            (
                "for this one",
                changed(
                    "StringEquals: { \"aws:SourceAccount\": \"${account}\" }",
                    "ArnLike: { \"aws:SourceArn\": \"arn:aws:states:*:${account}:stateMachine:dev-*\" }",
                ),
            ),
            (
                "for another one",
                changed(
                    "StringEquals: { \"aws:SourceAccount\": \"${account}\" }",
                    "ArnLike: { \"aws:SourceArn\": \"arn:aws:states:*:${account}:stateMachine:other\" }",
                ),
            ),
            ("no logs", system(SOUND).without("Logs")),
            (
                "logs of one group",
                changed(
                    "\"logs:DescribeLogGroups\"], Resource: \"*\"",
                    "\"logs:DescribeLogGroups\"], Resource: \"${logs.arn}\"",
                ),
            ),
            ("nothing is logged", changed(quiet, "").without("Logs")),
            ("no traces", system(SOUND).without("Traces")),
            ("no key", system(SOUND).without("Key")),
            (
                "keys that nobody delivers with",
                changed("delivery.logs.amazonaws.com", "logs.us-east-1.amazonaws.com"),
            ),
            (
                "a group of another name",
                changed("/aws/vendedlogs/states/workflow", "/other/workflow"),
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
            let left = pasted(&RULE, scene);
            let is_told = |it: &super::Finding| it.level == Some(Level::Note) || it.patch.is_none();
            assert!(left.iter().all(is_told), "{title}: {left:#?}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}
