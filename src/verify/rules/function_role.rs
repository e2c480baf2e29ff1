//! A function's role serves it: Lambda can take it on, and it may do what running asks.

use serde_json::{Value, json};

use super::delivery_path::Seen;
use super::errand::{Errand, Object, Wish, camel};
use super::function::{self, FUNCTION};
use super::trust::{ASSUME, Taker, admits};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Level, Place, Scene};
use crate::verify::policy::Context;

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "function_role",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "Lambda can take on a function's role, and the role may write logs and traces, and reach a network, where the function does.",
        risk: "Lambda refuses the function; or it runs, and nobody ever reads a line of it.",
        remedy: "Admit `lambda.amazonaws.com` in the role's trust policy, and add the statement that is missing.",
    },
    stops_messages: true,
    because: "An error: Lambda refuses it. Logs and traces that are lost are a warning, since all else works; a log group that nobody of the stack makes is a note, since somebody else may.",
    judge,
};

const LAMBDA: &str = "lambda.amazonaws.com";
/// Lambda Developer Guide, "Sending Lambda function logs to CloudWatch Logs".
const LOGS: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents"];
/// Lambda Developer Guide, "Visualize Lambda function invocations using AWS X-Ray".
const TRACES: &[&str] = &["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
/// Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC".
const NETWORK: &[&str] =
    &["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"];

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for function in scene.of_kind(FUNCTION) {
        let seen = Errand::of(scene, function)
            .map_or_else(Seen::open, |errand| judge_function(scene, function, &errand));
        let subject = match seen.open {
            Some(why) => format!("{} (not judged: {why})", function.address),
            None => function.address.to_string(),
        };
        judgement.add(subject, seen.findings);
    }
    judgement
}

fn judge_function<'a>(scene: &'a Scene, function: &'a Exhibit, errand: &Errand<'a>) -> Seen {
    let anywhere = |name: &str| Object::by_arn("*", "*".to_owned(), name.to_owned());
    let ask = |calls, on, sid: &str, because: &str, level| {
        errand.ask(&Wish {
            calls,
            on,
            sid: format!("{sid}{}", camel(&function.address)),
            because: because.to_owned(),
            via: None,
            level,
        })
    };
    let warning = Some(Level::Warning);
    let mut seen = trust(errand.role(), function, &scene.place);
    seen = seen.and(ask(
        LOGS,
        streams(scene, function),
        "LogsOf",
        "; without it, its logs are lost",
        warning,
    ));
    if group(scene, function).is_none() {
        let because = "; no resource of the stack makes it";
        let on = log_group(scene, function);
        seen =
            seen.and(ask(&["logs:CreateLogGroup"], on, "LogGroupOf", because, Some(Level::Note)));
    }
    let mode = function.document.get("tracing_config").and_then(|it| it.get("mode"));
    if mode.and_then(Value::as_str) == Some("Active") {
        let because = "; without it, its traces are lost";
        seen = seen.and(ask(TRACES, anywhere("X-Ray"), "TracesOf", because, warning));
    }
    let subnets = function.document.get("vpc_config").and_then(|it| it.get("subnet_ids"));
    if subnets.and_then(Value::as_array).is_some_and(|subnets| !subnets.is_empty()) {
        // A statement may name the sorts of resources that the calls concern.
        let on = anywhere("its network")
            .or(scene.place.arn("ec2", "network-interface/any"))
            .or(scene.place.arn("ec2", "subnet/any"));
        let because = "; Lambda refuses the function without it";
        seen = seen.and(ask(NETWORK, on, "NetworkOf", because, None));
    }
    seen
}

/// Whether Lambda can take a role on.
fn trust(role: &Exhibit, function: &Exhibit, place: &Place) -> Seen {
    let statement = json!({
        "Effect": "Allow", "Principal": { "Service": LAMBDA }, "Action": ASSUME
    });
    let taker = Taker {
        service: LAMBDA,
        name: "Lambda",
        sake: &function.address,
        context: &Context::default().at(place),
        statement: ("LambdaTakesOn", statement),
    };
    admits(role, &taker)
}

fn group<'a>(scene: &'a Scene, function: &Exhibit) -> Option<&'a Exhibit> {
    scene.named("cloudwatch_log_group", &function::log_group(function))
}

/// The log group of a function.
fn log_group<'a>(scene: &Scene, function: &Exhibit) -> Object<'a> {
    let name = function::log_group(function);
    let arn = scene.place.arn("logs", &format!("log-group:{name}"));
    let stated = match group(scene, function) {
        Some(group) => patch::arn_of(group),
        None => format!("arn:${{partition}}:logs:${{region}}:${{account}}:log-group:{name}"),
    };
    Object::by_arn(&arn, stated, name)
}

/// The streams of it: `:*` stands behind the group's ARN in a policy.
fn streams<'a>(scene: &Scene, function: &Exhibit) -> Object<'a> {
    log_group(scene, function).within(":log-stream:any", ":*")
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::{Level, RULE};

    const SOUND: &str = r#"
logs: { kind: cloudwatch_log_group, name: /aws/lambda/dev-function }
role:
  kind: iam_role
  assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } }
  inline_policies:
    run:
      Statement:
        - { Sid: Logs, Effect: Allow, Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "${logs.arn}:*" }
        - { Sid: Traces, Effect: Allow, Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource: "*" }
        - { Sid: Network, Effect: Allow, Action: ["ec2:*NetworkInterface*"], Resource: "*" }
function: { kind: lambda_function, role: "${role.arn}", tracing_config: { mode: Active }, vpc_config: { subnet_ids: [subnet-1] } }
"#;

    #[test]
    fn a_role_serves_its_function() {
        let changed = |from: &str, to: &str| {
            assert!(SOUND.contains(from), "{from}");
            system(&SOUND.replace(from, to))
        };
        let basic = "managed_policy_arns: [\"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole\"]\n  inline_policies:";
        let under = "Action: \"sts:AssumeRole\", Condition: { StringEquals: { \"aws:SourceAccount\": \"123456789012\" } } }";
        let scenes = [
            ("sound", system(SOUND)),
            ("not to be taken on", changed("lambda.amazonaws.com", "ec2.amazonaws.com")),
            ("under a condition that nobody knows", changed("Action: \"sts:AssumeRole\" }", under)),
            (
                "logs of another group",
                changed("Resource: \"${logs.arn}:*\"", "Resource: \"${logs.arn}x:*\""),
            ),
            (
                "logs of the group, not its streams",
                changed("Resource: \"${logs.arn}:*\"", "Resource: \"${logs.arn}\""),
            ),
            (
                "a group that nobody makes",
                changed("name: /aws/lambda/dev-function", "name: /other"),
            ),
            (
                "a group of its own",
                changed(
                    "tracing_config:",
                    "logging_config: { log_group: /other }, tracing_config:",
                ),
            ),
            ("AWS's own policy", changed("inline_policies:", basic).without("Logs")),
            ("no traces", changed("xray:PutTraceSegments", "xray:GetTraceSummaries")),
            ("no network", changed("ec2:*NetworkInterface*", "ec2:CreateNetworkInterface")),
            (
                "a role of others",
                changed("role: \"${role.arn}\"", "role: \"arn:aws:iam::123456789012:role/x\""),
            ),
        ];
        for (title, scene) in &scenes {
            let left = pasted(&RULE, scene);
            assert!(left.iter().all(|it| it.level == Some(Level::Note)), "{title}: {left:#?}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}
