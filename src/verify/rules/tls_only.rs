//! Nothing goes over the wire in plain text.

use serde_json::{Value, json};

use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};
use crate::verify::policy::{Context, Decision, Known, Policy, Request, Who};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "tls_only",
        kind: CheckKind::Rule,
        level: Level::Note,
        summary: "Buckets, topics and queues refuse requests without TLS.",
        risk: "A client that is set up wrongly sends payloads and messages in plain text, and nobody notices.",
        remedy: "Deny everybody what is asked with `aws:SecureTransport` false.",
    },
    stops_messages: false,
    because: "A note: every AWS SDK uses TLS unless it is told otherwise.",
    judge,
};

/// What must be denied, and what a statement that does so denies and names
/// after the ARN.
struct Refusal {
    kind: &'static str,
    calls: &'static [(&'static str, &'static str)],
    action: &'static str,
    resources: &'static [&'static str],
}

/// SNS takes no wildcard for all its actions in a policy of a topic.
static REFUSALS: &[Refusal] = &[
    Refusal {
        kind: "s3_bucket",
        calls: &[("s3:ListBucket", ""), ("s3:GetObject", "/key"), ("s3:PutObject", "/key")],
        action: "s3:*",
        resources: &["", "/*"],
    },
    Refusal {
        kind: "sns_topic",
        calls: &[("sns:Publish", "")],
        action: "sns:Publish",
        resources: &[""],
    },
    Refusal {
        kind: "sqs_queue",
        calls: &[("sqs:SendMessage", ""), ("sqs:ReceiveMessage", "")],
        action: "sqs:*",
        resources: &[""],
    },
];

fn judge(scene: &Scene) -> Judgement {
    let things = REFUSALS.iter().flat_map(|refusal| {
        scene.of_kind(refusal.kind).map(move |exhibit| (exhibit, (exhibit, refusal)))
    });
    Judgement::over(things, |(exhibit, refusal)| judge_exhibit(exhibit, refusal))
}

fn judge_exhibit(exhibit: &Exhibit, refusal: &Refusal) -> Option<Finding> {
    let policy = Policy::of(exhibit, &Path::field("policy"));
    let context = Context::of([
        ("aws:SecureTransport", Known::Is("false")),
        ("aws:PrincipalIsAWSService", Known::Is("false")),
    ]);
    let is_denied = |(action, rest): &&(&str, &str)| {
        let resource = format!("{}{rest}", exhibit.fact("arn"));
        let request =
            Request { who: Who::Everyone, action, resource: &resource, context: &context };
        let decision = policy.as_ref().map(|policy| policy.decide(&request));
        matches!(decision, Some(Decision::Denied(_)))
    };
    let open: Vec<&str> =
        refusal.calls.iter().filter(|call| !is_denied(call)).map(|(action, _)| *action).collect();
    if open.is_empty() {
        return None;
    }
    let message = format!("it takes {} without TLS", open.join(", "));
    let finding = Finding::new(&exhibit.address, message);
    Some(patch::with_statement(finding, exhibit, "TlsOnly", deny(exhibit, refusal)))
}

fn deny(exhibit: &Exhibit, refusal: &Refusal) -> Value {
    let arn = patch::arn_of(exhibit);
    let resources: Vec<String> =
        refusal.resources.iter().map(|rest| format!("{arn}{rest}")).collect();
    json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": refusal.action,
        "Resource": patch::one_or_several(resources),
        "Condition": { "Bool": { "aws:SecureTransport": "false" } }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    /// A queue whose policy denies this to those.
    fn queue(action: &str, principal: &str, secure: &str) -> String {
        format!(
            "
queue:
  kind: sqs_queue
  policy:
    Statement:
      - Sid: Deny
        Effect: Deny
        Principal: {principal}
        Action: \"{action}\"
        Resource: \"${{queue.arn}}\"
        Condition: {{ Bool: {{ \"aws:SecureTransport\": {secure} }} }}"
        )
    }

    #[test]
    fn plain_text_is_refused() {
        golden!(told(
            &RULE,
            &[
                ("refused", &queue("sqs:*", "\"*\"", "false")),
                ("only some of it", &queue("sqs:SendMessage", "\"*\"", "false")),
                ("only from some", &queue("sqs:*", "{ AWS: \"123456789012\" }", "false")),
                ("the wrong way round", &queue("sqs:*", "\"*\"", "true")),
                (
                    "no policy at all",
                    "{ bucket: { kind: s3_bucket }, topic: { kind: sns_topic }, queue: { kind: sqs_queue } }"
                ),
            ]
        ));
    }
}
