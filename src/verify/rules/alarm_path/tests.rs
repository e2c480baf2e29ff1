//! Alarms that nobody hears.

use super::RULE;
use crate::model::{Address, Exhibit, Identity, Other, Scene};
use crate::verify::rules::tests::system::{pasted, system};
use crate::verify::rules::tests::{golden, scene, told, told_of};

const KEY_OWNER: &str = "{ Sid: Own, Effect: Allow, Principal: { AWS: \"arn:aws:iam::${account}:root\" }, Action: \"kms:*\", Resource: \"*\" }";

/// An alarm with these fields more.
fn alarm(more: &str) -> String {
    format!(
        "
alarm:
  kind: cloudwatch_metric_alarm
  namespace: AWS/SQS
  metric_name: ApproximateNumberOfMessagesVisible
  dimensions: {{ QueueName: orders }}
  statistic: Maximum
  period: 60
  evaluation_periods: 1
  comparison_operator: GreaterThanThreshold
  threshold: 0
  {more}"
    )
}

/// An alarm, and the topic that it tells, with these fields.
fn telling(topic: &str) -> String {
    format!("topic:\n  kind: sns_topic\n{topic}{}", alarm("alarm_actions: [\"${topic.arn}\"]"))
}

/// A policy of the topic that admits this, on this condition.
fn policy(principal: &str, condition: &str) -> String {
    format!(
        "  policy:
    Statement:
      - Sid: Alarms
        Effect: Allow
        Principal: {principal}
        Action: \"sns:Publish\"
        Resource: \"${{topic.arn}}\"
        Condition: {{ {condition} }}"
    )
}

const SERVICE: &str = "{ Service: cloudwatch.amazonaws.com }";

#[test]
fn an_alarm_is_admitted_by_the_policy_of_its_topic() {
    let of = |principal: &str, condition: &str| telling(&policy(principal, condition));
    let account = "StringEquals: { \"aws:SourceAccount\": \"${account}\" }";
    let arn =
        "ArnLike: { \"aws:SourceArn\": \"arn:aws:cloudwatch:us-east-1:123456789012:alarm:NAME\" }";
    golden!(told(
        &RULE,
        &[
            ("AWS's own policy", &telling("  display_name: Alerts")),
            ("of the account", &of(SERVICE, account)),
            ("of this alarm", &of(SERVICE, &arn.replace("NAME", "dev-alarm"))),
            ("of another alarm", &of(SERVICE, &arn.replace("NAME", "prod-*"))),
            ("of another account", &of(SERVICE, &account.replace("${account}", "210987654321"))),
            ("the owner's", &of("\"*\"", "StringEquals: { \"aws:SourceOwner\": \"${account}\" }")),
            ("another service", &of("{ Service: s3.amazonaws.com }", account)),
        ]
    ));
}

#[test]
fn an_alarm_may_use_the_key_of_its_topic() {
    let of = |key: &str, statement: &str| {
        let topic = telling(&format!("  kms_master_key_id: \"{key}\""));
        format!(
            "
key:
  kind: kms_key
  policy: {{ Statement: [{KEY_OWNER}, {statement}] }}
{topic}"
        )
    };
    let admits = |who: &str, what: &str| {
        format!(
            "{{ Sid: Alarms, Effect: Allow, Principal: {{ Service: {who} }}, Action: {what}, Resource: \"*\" }}"
        )
    };
    let both = "[\"kms:GenerateDataKey*\", \"kms:Decrypt\"]";
    golden!(told(
        &RULE,
        &[
            ("it may", &of("${key.arn}", &admits("cloudwatch.amazonaws.com", both))),
            (
                "it may only decrypt",
                &of("${key.arn}", &admits("cloudwatch.amazonaws.com", "\"kms:Decrypt\""))
            ),
            ("others may", &of("${key.arn}", &admits("s3.amazonaws.com", both))),
            ("AWS's own key", &of("alias/aws/sns", &admits("cloudwatch.amazonaws.com", both))),
        ]
    ));
}

#[test]
fn what_else_an_alarm_does() {
    let arn = |arn: &str| alarm(&format!("ok_actions: [\"{arn}\"]"));
    golden!(told(
        &RULE,
        &[
            ("nothing", &alarm("")),
            (
                "switched off",
                &telling("  display_name: Alerts")
                    .replace("alarm_actions", "actions_enabled: false\n  alarm_actions")
            ),
            ("switched off, with nothing to do", &alarm("actions_enabled: false")),
            (
                "in every state",
                &(telling("  display_name: Alerts")
                    + "\n  ok_actions: [\"${topic.arn}\"]\n  insufficient_data_actions: [\"${topic.arn}\"]")
            ),
            (
                "in every state, and never admitted",
                &(telling(&policy("{ Service: s3.amazonaws.com }", "Bool: { \"aws:SecureTransport\": \"true\" }"))
                    + "\n  ok_actions: [\"${topic.arn}\"]\n  insufficient_data_actions: [\"${topic.arn}\"]")
            ),
            ("a FIFO topic", &telling("  fifo_topic: true")),
            ("a function", &arn("arn:aws:lambda:us-east-1:123456789012:function:f")),
            (
                "a scaling policy",
                &arn(
                    "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:autoScalingGroupName/g:policyName/p"
                )
            ),
            ("an OpsItem", &arn("arn:aws:ssm:us-east-1:123456789012:opsitem:1")),
            ("an instance that it does not watch", &arn("arn:aws:automate:us-east-1:ec2:stop")),
            (
                "an instance that it watches",
                &arn("arn:aws:automate:us-east-1:ec2:stop")
                    .replace("QueueName: orders", "InstanceId: i-1")
            ),
            (
                "an instance that an expression may watch",
                "
alarm:
  kind: cloudwatch_metric_alarm
  metrics:
    - { id: load, metric_stat: { namespace: AWS/EC2, metric_name: CPUUtilization, dimensions: { InstanceId: i-1 }, period: 60, stat: Sum } }
  evaluation_periods: 1
  comparison_operator: GreaterThanThreshold
  threshold: 0
  ok_actions: [\"arn:aws:automate:us-east-1:ec2:stop\"]"
            ),
            (
                "a queue",
                &("queue: { kind: sqs_queue }".to_owned()
                    + &alarm("alarm_actions: [\"${queue.arn}\"]"))
            ),
            ("something new", &arn("arn:aws:novelty:us-east-1:123456789012:it")),
        ]
    ));
}

#[test]
fn topics_of_others_are_looked_at() {
    const ARN: &str = "arn:aws:sns:us-east-1:123456789012:alerts";
    let seen = |fields: serde_json::Value| {
        Other::Seen(Exhibit {
            address: Address::new(ARN),
            kind: "sns_topic".into(),
            identity: Identity("alerts".into()),
            document: fields.as_object().unwrap().clone(),
            facts: [("arn".to_owned(), ARN.to_owned())].into(),
        })
    };
    let named = |other: Option<Other>| {
        let scene = scene(&alarm(&format!("alarm_actions: [\"{ARN}\"]")));
        Scene { others: other.map(|other| (ARN.to_owned(), other)).into_iter().collect(), ..scene }
    };
    let closed = serde_json::json!({ "policy": { "Statement": [] } });
    golden!(told_of(
        &RULE,
        &[
            ("with AWS's own policy", named(Some(seen(serde_json::json!({}))))),
            ("closed", named(Some(seen(closed)))),
            (
                "with AWS's own key",
                named(Some(seen(serde_json::json!({ "kms_master_key_id": "alias/aws/sns" }))))
            ),
            ("gone", named(Some(Other::Gone("is not there".into())))),
            ("nobody may look", named(Some(Other::Hidden("not ours to read".into())))),
            ("nobody looked", named(None)),
            (
                "of another account",
                scene(&alarm("alarm_actions: [\"arn:aws:sns:us-east-1:210987654321:alerts\"]"))
            ),
        ]
    ));
}

/// A function says itself who may invoke it.
#[test]
fn an_alarm_invokes_a_function() {
    let of = |permissions: &str| {
        system(&format!(
            "function: {{ kind: lambda_function, permissions: {{ {permissions} }} }}{}",
            alarm("alarm_actions: [\"${function.arn}\"]")
        ))
    };
    let admitted = "Alarm: { principal: lambda.alarms.cloudwatch.amazonaws.com, source_account: \"${account}\" }";
    let scenes = [
        ("admitted", of(admitted)),
        ("not", of("")),
        ("the service of topics", of(&admitted.replace("lambda.alarms.", ""))),
    ];
    for (title, scene) in &scenes {
        assert_eq!(pasted(&RULE, scene), [], "{title}");
    }
    golden!(told_of(&RULE, &scenes));
}
