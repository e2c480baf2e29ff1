//! The services that a definition calls: what IAM calls that, and which argument says on
//! what it is done.

use serde_json::Value;

use super::states::{Doing, Task};
use super::{Call, MACHINE};
use crate::model::document::shown;
use crate::model::{Exhibit, Place, Scene};
use crate::verify::rules::end::{self, FUNCTION};
use crate::verify::rules::errand::Object;
use crate::verify::rules::patch::arn_of;
use crate::verify::rules::trust::ASSUME;

/// A service of which it is known on what its calls are made.
struct Served {
    /// As integrations call it: by Step Functions' own name, and by the SDK's.
    services: &'static [&'static str],
    /// As IAM's actions do.
    prefix: &'static str,
    /// The kind of what it is called on, and the argument that names one.
    on: (&'static str, &'static [&'static str]),
    /// Calls whose IAM actions do not have their name (Service Authorization Reference).
    renamed: &'static [(&'static str, &'static str)],
}

const BUS: &str = "cloudwatch_event_bus";
const BUCKET: &str = "s3_bucket";
const QUEUE: &str = "sqs_queue";
const TABLE: &str = "dynamodb_table";
const TOPIC: &str = "sns_topic";

static SERVED: &[Served] = &[
    Served {
        services: &["dynamodb"],
        prefix: "dynamodb",
        on: (TABLE, &["TableName"]),
        renamed: &[],
    },
    Served {
        services: &["events", "eventbridge"],
        prefix: "events",
        on: (BUS, &["EventBusName"]),
        renamed: &[],
    },
    Served {
        services: &["lambda"],
        prefix: "lambda",
        on: (FUNCTION, &["FunctionName"]),
        renamed: &[("invoke", "InvokeFunction")],
    },
    Served {
        services: &["s3"],
        prefix: "s3",
        on: (BUCKET, &["Bucket"]),
        renamed: &[
            ("headObject", "GetObject"),
            ("listObjects", "ListBucket"),
            ("listObjectsV2", "ListBucket"),
        ],
    },
    Served {
        services: &["sns"],
        prefix: "sns",
        on: (TOPIC, &["TopicArn", "TargetArn"]),
        renamed: &[("publishBatch", "Publish")],
    },
    Served {
        services: &["sqs"],
        prefix: "sqs",
        on: (QUEUE, &["QueueUrl"]),
        renamed: &[
            ("sendMessageBatch", "SendMessage"),
            ("deleteMessageBatch", "DeleteMessage"),
            ("changeMessageVisibilityBatch", "ChangeMessageVisibility"),
        ],
    },
    Served {
        services: &["states", "sfn"],
        prefix: "states",
        on: (MACHINE, &["StateMachineArn"]),
        renamed: &[],
    },
];

/// What Step Functions does to hear of the end of an execution that it started (Developer
/// Guide, "Start a new AWS Step Functions state machine from a running execution").
const TO_HEAR: &[&str] = &["events:DescribeRule", "events:PutRule", "events:PutTargets"];
const RULE_TO_HEAR: &str = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule";
const TO_FOLLOW: &[&str] = &["states:DescribeExecution", "states:StopExecution"];

/// What a distributed map calls besides, to write its results (Developer Guide, "Creating
/// IAM policies for Distributed Map").
const TO_WRITE_RESULTS: &[&str] = &["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

/// Whether it is known what a call takes: of a service that is in no row above, others may
/// be made beside it.
pub(super) fn is_known(call: &Call<'_>) -> bool {
    let prefix = call.action.split(':').next().unwrap_or_default();
    prefix == "sts" || SERVED.iter().any(|served| served.prefix == prefix)
}

/// What a state calls.
pub(super) fn calls<'a>(scene: &'a Scene, machine: &'a Exhibit, task: &Task<'a>) -> Vec<Call<'a>> {
    let place = &scene.place;
    match &task.doing {
        Doing::Distributed => {
            let own = Call {
                state: task.state,
                action: "states:StartExecution".to_owned(),
                on: Ok(Object::of(machine, place)),
                part: Some(machine),
            };
            let follow = followed(task.state, machine, place);
            std::iter::once(own).chain(follow).collect()
        }
        Doing::AsAnother { role } => {
            let on = role.map(|arn| {
                let stated = scene.named("iam_role", arn).map_or_else(|| arn.to_owned(), arn_of);
                Object::by_arn(arn, stated, shown(arn))
            });
            let on = on.ok_or_else(|| format!("{ASSUME}: the role is known when it runs"));
            vec![Call { state: task.state, action: ASSUME.to_owned(), on, part: None }]
        }
        Doing::Called { resource, arguments } => {
            let handed = Handed { state: task.state, resource, arguments: *arguments };
            match resource.split_once(":states:::") {
                Some((_, integration)) => handed.integrated(scene, integration),
                None => handed.function(scene).into_iter().collect(),
            }
        }
    }
}

/// What a state is told to call, and with what.
struct Handed<'a> {
    state: &'a str,
    resource: &'a str,
    arguments: Option<&'a Value>,
}

/// What an argument says.
enum Said<'a> {
    Text(&'a str),
    /// Known when it runs.
    Later,
    Nothing,
}

impl<'a> Handed<'a> {
    /// A function by its ARN. What workers ask for by themselves takes no right.
    fn function(&self, scene: &'a Scene) -> Option<Call<'a>> {
        let is_function = self.resource.split(':').nth(2) == Some("lambda");
        let function = end::named(scene, FUNCTION, self.resource);
        (is_function || function.is_some()).then(|| Call {
            state: self.state,
            action: "lambda:InvokeFunction".to_owned(),
            on: Ok(object(scene, FUNCTION, self.resource, "")),
            part: function,
        })
    }

    /// A service: `sqs:sendMessage`, `aws-sdk:sqs:sendMessage`, `states:startExecution.sync:2`.
    fn integrated(&self, scene: &'a Scene, integration: &str) -> Vec<Call<'a>> {
        let plain = integration.strip_prefix("aws-sdk:").unwrap_or(integration);
        let Some((service, call)) = plain.split_once(':') else { return Vec::new() };
        let (call, way) = call.split_once('.').unwrap_or((call, ""));
        let Some(served) = SERVED.iter().find(|it| it.services.contains(&service)) else {
            let action = format!("{service}:{}", capital(call));
            let on = Err(format!("what {action} is called on is not known here"));
            return vec![Call { state: self.state, action, on, part: None }];
        };
        let renamed = served.renamed.iter().find(|(from, _)| *from == call);
        let name = renamed.map_or_else(|| capital(call), |(_, to)| (*to).to_owned());
        let action = format!("{}:{name}", served.prefix);
        let mut calls = self.on(scene, served, &action);
        if served.prefix == "states" && way.starts_with("sync") {
            let parts: Vec<&Exhibit> = calls.iter().filter_map(|call| call.part).collect();
            calls.extend(
                parts.into_iter().flat_map(|part| followed(self.state, part, &scene.place)),
            );
            let arn = scene.place.arn("events", RULE_TO_HEAR);
            let stated =
                format!("arn:${{partition}}:events:${{region}}:${{account}}:{RULE_TO_HEAR}");
            let rule = Object::by_arn(&arn, stated, "its rule of EventBridge".to_owned());
            calls.extend(TO_HEAR.iter().map(|action| Call {
                state: self.state,
                action: (*action).to_owned(),
                on: Ok(rule.clone()),
                part: None,
            }));
        }
        calls
    }

    /// One call, on each thing that it names.
    fn on(&self, scene: &'a Scene, served: &Served, action: &str) -> Vec<Call<'a>> {
        let (kind, fields) = served.on;
        let call = |said: Said<'a>| {
            let named = match said {
                Said::Text(text) => Ok(text),
                Said::Later => Err("what it is called on is known when it runs"),
                // Whoever names no bus means the account's own.
                Said::Nothing if kind == BUS => Ok("default"),
                Said::Nothing => Err("it names nothing that is called on"),
            };
            let part = named.ok().and_then(|text| end::named(scene, kind, text));
            let on = named.map_err(|why| format!("{action}: {why}")).and_then(|text| {
                let behind = self.behind(kind, action)?;
                Ok(object(scene, kind, text, &behind))
            });
            Call { state: self.state, action: action.to_owned(), on, part }
        };
        if kind == BUS {
            return self.entries().into_iter().map(call).collect();
        }
        let said = fields.iter().map(|field| self.said(field));
        let said = said.into_iter().find(|said| !matches!(said, Said::Nothing));
        let one = call(said.unwrap_or(Said::Nothing));
        // Results of a distributed map are written in parts, to keys that it makes.
        let writes_results = action == "s3:PutObject" && matches!(self.said("Key"), Said::Nothing);
        let in_parts = TO_WRITE_RESULTS.iter().filter(|_| writes_results);
        let in_parts = in_parts.map(|action| Call {
            state: self.state,
            action: (*action).to_owned(),
            on: Err(format!("{action}: the objects are known when it runs")),
            part: one.part,
        });
        let in_parts: Vec<Call<'a>> = in_parts.collect();
        std::iter::once(one).chain(in_parts).collect()
    }

    /// The buses that events go to.
    fn entries(&self) -> Vec<Said<'a>> {
        let Some(arguments) = self.arguments else { return vec![Said::Nothing] };
        match arguments.get("Entries").and_then(Value::as_array) {
            Some(entries) => entries.iter().map(|entry| said(entry, "EventBusName")).collect(),
            None => vec![Said::Later],
        }
    }

    /// What stands behind the ARN of what is called: a version, an index, an object.
    fn behind(&self, kind: &str, action: &str) -> Result<String, String> {
        let (field, sign) = match kind {
            FUNCTION => ("Qualifier", ":"),
            TABLE => ("IndexName", "/index/"),
            BUCKET if action.ends_with("Object") => ("Key", "/"),
            _ => return Ok(String::new()),
        };
        match self.said(field) {
            Said::Text(text) => Ok(format!("{sign}{text}")),
            Said::Later => Err(format!("{action}: {field} is known when it runs")),
            Said::Nothing if kind == BUCKET => {
                Err(format!("{action}: the objects are known when it runs"))
            }
            Said::Nothing => Ok(String::new()),
        }
    }

    fn said(&self, field: &str) -> Said<'a> {
        match self.arguments {
            Some(arguments) => said(arguments, field),
            None => Said::Nothing,
        }
    }
}

/// What is said under a field. `JSONPath` marks what is worked out by `.$` behind the
/// field's name, `JSONata` by `{% %}` around the value.
fn said<'a>(arguments: &'a Value, field: &str) -> Said<'a> {
    match arguments.get(field) {
        Some(Value::String(text)) if !text.starts_with("{%") => Said::Text(text),
        Some(Value::Null) => Said::Nothing,
        Some(_) => Said::Later,
        None if arguments.get(format!("{field}.$")).is_some() => Said::Later,
        // All of it is worked out.
        None if arguments.is_string() => Said::Later,
        None => Said::Nothing,
    }
}

/// What a name or ARN stands for, as a role is asked about it.
fn object<'a>(scene: &'a Scene, kind: &str, named: &str, behind: &str) -> Object<'a> {
    let place = &scene.place;
    let Some(part) = end::named(scene, kind, named) else {
        let arn = format!("{}{behind}", arn(place, kind, named));
        return Object::by_arn(&arn, arn.clone(), shown(&arn));
    };
    // An alias may stand in the name itself.
    let plain = [part.fact("arn"), part.identity.as_str()];
    let alias = plain.iter().find_map(|plain| named.strip_prefix(plain)).unwrap_or("");
    let behind = format!("{alias}{behind}");
    Object::of(part, place).within(&behind, &behind)
}

/// The ARN of something that is not of the stack.
fn arn(place: &Place, kind: &str, named: &str) -> String {
    if named.starts_with("arn:") {
        return named.to_owned();
    }
    match kind {
        BUCKET => format!("arn:{}:s3:::{named}", place.partition),
        BUS => place.arn("events", &format!("event-bus/{named}")),
        FUNCTION => place.arn("lambda", &format!("function:{named}")),
        // https://sqs.REGION.amazonaws.com/ACCOUNT/NAME
        QUEUE => place.arn("sqs", named.rsplit('/').next().unwrap_or(named)),
        TABLE => place.arn("dynamodb", &format!("table/{named}")),
        _ => named.to_owned(),
    }
}

/// What is done to executions whose end is awaited.
fn followed<'a>(state: &'a str, machine: &Exhibit, place: &Place) -> Vec<Call<'a>> {
    let name = machine.identity.as_str();
    let arn = place.arn("states", &format!("execution:{name}:any"));
    let stated = format!("arn:${{partition}}:states:${{region}}:${{account}}:execution:{name}:*");
    let name = format!("executions of {}", machine.address);
    let on = Object::by_arn(&arn, stated, name);
    let call = |action: &&str| Call {
        state,
        action: (*action).to_owned(),
        on: Ok(on.clone()),
        part: None,
    };
    TO_FOLLOW.iter().map(call).collect()
}

/// As IAM writes what integrations begin with a small letter.
fn capital(call: &str) -> String {
    let mut letters = call.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
