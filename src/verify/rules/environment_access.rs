//! A function may use what its environment tells it of.
//!
//! Which calls a function makes its code alone knows. That it makes none of something
//! whose name it was given is unlikely.

use serde_json::Value;

use super::delivery_path::Seen;
use super::errand::{Errand, Object};
use super::function::FUNCTION;
use super::machine::{MACHINE, is_express};
use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "environment_access",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A function's role may do something with each table, queue, topic, bucket, bus, function and state machine of the stack that its environment names, and use its key.",
        risk: "The function is invoked, and fails at its first call: AccessDenied.",
        remedy: "Allow in the role what the code calls, on the ARN of what the variable names.",
    },
    stops_messages: false,
    because: "A warning: what the code calls is in no document. That no index of a table may be read is a note, since its key may be enough.",
    judge,
};

/// What somebody does who knows something by name.
struct Use {
    kind: &'static str,
    /// What is called on it: any of these will do.
    calls: &'static [&'static str],
    /// What such a call asks of the key that encrypts it (the developer guides of each
    /// service, on encryption at rest).
    keys: &'static [(&'static str, &'static [&'static str])],
}

const SEND: &[&str] = &["kms:GenerateDataKey", "kms:Decrypt"];
const READ: &[&str] = &["kms:Decrypt"];

/// What starts an execution; the second, of EXPRESS state machines alone.
const STARTS: &[&str] = &["states:StartExecution", "states:StartSyncExecution"];

static USES: &[Use] = &[
    Use { kind: "cloudwatch_event_bus", calls: &["events:PutEvents"], keys: &[] },
    Use {
        kind: "dynamodb_table",
        calls: &[
            "dynamodb:PutItem",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:Scan",
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:ConditionCheckItem",
            "dynamodb:PartiQLDelete",
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLSelect",
            "dynamodb:PartiQLUpdate",
        ],
        keys: &[("", READ)],
    },
    Use { kind: FUNCTION, calls: &["lambda:InvokeFunction"], keys: &[] },
    Use {
        kind: "s3_bucket",
        calls: &["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"],
        keys: &[("s3:GetObject", READ), ("s3:PutObject", &["kms:GenerateDataKey"])],
    },
    Use { kind: MACHINE, calls: STARTS, keys: &[] },
    Use { kind: "sns_topic", calls: &["sns:Publish"], keys: &[("", SEND)] },
    Use {
        kind: "sqs_queue",
        calls: &[
            "sqs:SendMessage",
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:PurgeQueue",
            "sqs:StartMessageMoveTask",
        ],
        keys: &[("sqs:SendMessage", SEND), ("sqs:ReceiveMessage", READ)],
    },
];

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for function in scene.of_kind(FUNCTION) {
        for named in named(scene, function) {
            let seen = Errand::of(scene, function)
                .map_or_else(Seen::open, |errand| judge_use(scene, &errand, function, &named));
            let name = format!("{} -> {}", function.address, named.part.address);
            let subject = match seen.open {
                Some(why) => format!("{name} (not judged: {why})"),
                None => name,
            };
            judgement.add(subject, seen.findings);
        }
    }
    judgement
}

/// What a variable of a function's environment names.
pub(super) struct Named<'a> {
    variable: String,
    /// The resource.
    pub(super) part: &'a Exhibit,
    usage: &'static Use,
}

/// What of the stack a function's environment names, and by which variable.
pub(super) fn named<'a>(scene: &'a Scene, function: &'a Exhibit) -> Vec<Named<'a>> {
    let environment = function.document.get("environment").and_then(Value::as_object);
    let texts = environment.into_iter().flatten();
    let texts = texts.filter_map(|(name, value)| Some((name, value.as_str()?)));
    texts
        .filter(|(_, value)| !value.is_empty())
        .flat_map(|(variable, value)| {
            USES.iter().filter_map(move |usage| {
                let part = scene.named(usage.kind, value)?;
                let variable = variable.clone();
                (part.address != function.address).then_some(Named { variable, part, usage })
            })
        })
        .collect()
}

fn judge_use<'a>(
    scene: &'a Scene,
    errand: &Errand<'a>,
    function: &Exhibit,
    named: &Named<'a>,
) -> Seen {
    let (variable, part, usage) = (&named.variable, named.part, named.usage);
    let whole = Object::of(part, &scene.place);
    let may = |calls: &[&str], on: &Object<'a>| errand.may_any(calls, on);
    let index = whole.clone().within("/index/any", "/index/*");
    let inside = match usage.kind {
        "dynamodb_table" => Some(index.clone()),
        "s3_bucket" => Some(errand.object_in(part)),
        _ => None,
    };
    let may_call =
        |calls: &[&str]| may(calls, &whole) || inside.as_ref().is_some_and(|on| may(calls, on));
    let role = &errand.role().address;
    let calls = match usage.calls {
        [start, _] if part.kind == MACHINE && !is_express(part) => std::slice::from_ref(start),
        calls => calls,
    };
    if !may_call(calls) {
        let (function, part) = (&function.address, &part.address);
        let message = format!(
            "{variable} tells {function} of {part}, and no policy of it allows anything that is done with one"
        );
        let finding = Finding::new(role, message).at(Path::field("inline_policies"));
        let example = calls.first().copied().unwrap_or_default();
        let hint = format!("allow what its code calls, such as {example}, on ${{{part}.arn}}");
        return finding.hint(hint).into();
    }
    let mut seen = Seen::default();
    let needed = usage.keys.iter().filter(|(call, _)| call.is_empty() || may_call(&[*call]));
    if let Some((_, calls)) = needed.max_by_key(|(_, calls)| calls.len()) {
        seen = seen.and(errand.use_key(part, calls, None));
    }
    if is_indexed(part) && may(&["dynamodb:Query"], &whole) && !may(&["dynamodb:Query"], &index) {
        let part = &part.address;
        let message = format!("it may query {part}, and none of its indexes");
        let finding = Finding::new(role, message).at(Path::field("inline_policies"));
        let finding = finding.hint(format!("allow dynamodb:Query on ${{{part}.arn}}/index/*, too"));
        seen.findings.push(finding.as_note());
    }
    seen
}

/// What a call asks of the key that encrypts what it is made on.
pub(super) fn asks_of_key(call: &str) -> &'static [&'static str] {
    let service = |call: &str| call.split(':').next().unwrap_or_default().to_owned();
    let is_of_service = |usage: &&Use| usage.calls.iter().any(|it| service(it) == service(call));
    let mut asked = USES.iter().filter(is_of_service).flat_map(|usage| usage.keys);
    asked.find(|(of, _)| of.is_empty() || *of == call).map_or(&[], |(_, calls)| calls)
}

fn is_indexed(table: &Exhibit) -> bool {
    ["global_secondary_indexes", "local_secondary_indexes"].iter().any(|field| {
        table.document.get(*field).and_then(Value::as_object).is_some_and(|it| !it.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::RULE;

    /// A function that is told of all sorts, and may use them.
    const SOUND: &str = r#"
key: { kind: kms_key }
ledger:
  kind: dynamodb_table
  hash_key: { name: id, type: S }
  kms_key_id: "${key.arn}"
  global_secondary_indexes: { by_status: { hash_key: { name: status, type: S }, projection: ALL } }
queue: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
topic: { kind: sns_topic }
bucket: { kind: s3_bucket }
quick: &machine
  kind: sfn_state_machine
  type: EXPRESS
  role_arn: "arn:aws:iam::123456789012:role/machines"
  definition: { StartAt: Done, States: { Done: { Type: Succeed } } }
lasting: { <<: *machine, type: STANDARD }
role:
  kind: iam_role
  assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } }
  inline_policies:
    work:
      Statement:
        - { Sid: Table, Effect: Allow, Action: ["dynamodb:PutItem"], Resource: "${ledger.arn}" }
        - { Sid: Queue, Effect: Allow, Action: ["sqs:SendMessage"], Resource: "${queue.arn}" }
        - { Sid: Topic, Effect: Allow, Action: ["sns:Publish"], Resource: "${topic.arn}" }
        - { Sid: Quick, Effect: Allow, Action: ["states:StartSyncExecution"], Resource: "${quick.arn}" }
        - { Sid: Lasting, Effect: Allow, Action: ["states:StartExecution"], Resource: "${lasting.arn}" }
        - { Sid: Bucket, Effect: Allow, Action: ["s3:GetObject"], Resource: "${bucket.arn}/in/*" }
        - { Sid: Key, Effect: Allow, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "${key.arn}" }
function:
  kind: lambda_function
  role: "${role.arn}"
  environment:
    TABLE: "${ledger.name}"
    QUEUE_URL: "${queue.url}"
    TOPIC: "${topic.arn}"
    BUCKET: "${bucket.name}"
    QUICK: "${quick.arn}"
    LASTING: "${lasting.arn}"
    OWN: "${function.name}"
    LOG_LEVEL: info
"#;

    #[test]
    fn what_is_named_may_be_used() {
        let changed = |from: &str, to: &str| {
            assert!(SOUND.contains(from), "{from}");
            system(&SOUND.replace(from, to))
        };
        let table = "Action: [\"dynamodb:PutItem\"], Resource: \"${ledger.arn}\"";
        golden!(told_of(
            &RULE,
            &[
                ("sound", system(SOUND)),
                ("not the table", system(SOUND).without("Table")),
                ("only what describes it", changed("dynamodb:PutItem", "dynamodb:DescribeTable")),
                ("another table", changed(table, "Action: [\"dynamodb:PutItem\"], Resource: \"${ledger.arn}-old\"")),
                ("all tables", changed(table, "Action: \"dynamodb:*\", Resource: \"arn:aws:dynamodb:*:*:table/dev-*\"")),
                ("its key alone", changed("dynamodb:PutItem", "dynamodb:Query")),
                ("its index alone", changed(table, "Action: \"dynamodb:Query\", Resource: \"${ledger.arn}/index/*\"")),
                ("no key", system(SOUND).without("Key")),
                ("not the state machine", system(SOUND).without("Quick")),
                ("EXPRESS in line", changed("states:StartSyncExecution", "states:StartExecution")),
                ("STANDARD awaited", changed("states:StartExecution", "states:StartSyncExecution")),
                ("no objects", changed("${bucket.arn}/in/*", "arn:aws:s3:::other/*")),
                ("a policy that nobody knows", system(&SOUND.replace("  inline_policies:", "  managed_policy_arns: [\"arn:aws:iam::aws:policy/Other\"]\n  inline_policies:")).without("Queue")),
            ]
        ));
    }
}
