//! The ways that messages take, as data: from what to what, and what each way
//! asks of its ends.
//!
//! A new way is a line of [`HOPS`].

use serde_json::Value;

pub(super) use super::end::End;
use super::event::{self, BUS as EVENT_BUS, RULE_OF_BUS};
use super::function::{FUNCTION, MAPPING};
use crate::model::document::is_pending;
use crate::model::{Document, Exhibit, Path, Scene, Segment};

/// One way in which something is handed on.
pub(super) struct Hop {
    /// The kind whose resources state the connection.
    carrier: &'static str,
    /// Only those with this value in this field.
    only: Option<(&'static str, &'static str)>,
    /// The field that names the source, and the source's kind.
    source: (&'static str, &'static str),
    /// The field that names the target (`*` for every item of a list), and the
    /// target's kind.
    target: (&'static str, &'static str),
    /// What lets messages pass.
    pub(super) transfer: Transfer,
}

/// What lets messages pass.
pub(super) enum Transfer {
    /// A service sends them: the policies of the target and of its key decide.
    Service {
        /// Its principal.
        sender: &'static str,
        /// What it calls.
        action: &'static str,
        /// Names for the statements that let it: the target's, and the key's.
        sids: (&'static str, &'static str),
        /// Whether it says whose it is in the old way, so that AWS's own policy of
        /// a topic, which admits its owner, lets it pass.
        names_owner: bool,
    },
    /// A service invokes a function: the function's own policy decides.
    Invokes {
        /// Its principal.
        sender: &'static str,
        /// A name for the statement that lets it.
        sid: &'static str,
    },
    /// Lambda reads the source for a function, in the name of its role.
    Polls {
        /// What it calls on the source.
        calls: &'static [&'static str],
    },
    /// A function's role sends them.
    Sends {
        /// What it calls on the target.
        calls: &'static [&'static str],
    },
    /// EventBridge sends them for a rule or a bus.
    Event {
        /// What it calls.
        action: &'static str,
        /// Names for the statements that let it: the target's, and the key's.
        sids: (&'static str, &'static str),
        /// In whose name it does.
        by: By,
    },
    /// SQS moves them within itself: the target's `redrive_allow_policy`
    /// decides. Neither its policy nor its key is asked.
    Redrive,
}

/// In whose name EventBridge sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// In its own: the policy of the target decides.
    Itself,
    /// In that of the target's role, where one is stated; else in its own.
    RoleOrItself,
    /// In that of the role alone.
    Role,
}

const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";
const S3: &str = "s3.amazonaws.com";
const SNS: &str = "sns.amazonaws.com";
/// Who invokes a function for an alarm (CloudWatch User Guide, "Invoke a Lambda function
/// from an alarm").
const ALARMS: &str = "lambda.alarms.cloudwatch.amazonaws.com";

/// What tells others when it changes its state, by a metric and by other alarms.
pub(super) const ALARM: &str = "cloudwatch_metric_alarm";
pub(super) const COMPOSITE: &str = "cloudwatch_composite_alarm";
/// Both.
pub(super) const ALARMING: [&str; 2] = [ALARM, COMPOSITE];

/// What Lambda calls on what it reads (Lambda Developer Guide, "Using Lambda with
/// Amazon SQS" and "Using AWS Lambda with Amazon DynamoDB": execution role permissions).
const READS_QUEUE: &[&str] = &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
const READS_STREAM: &[&str] = &[
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:DescribeStream",
    "dynamodb:ListStreams",
];

/// What is read for a function.
const fn polled(kind: &'static str, calls: &'static [&'static str]) -> Hop {
    Hop {
        carrier: MAPPING,
        only: None,
        source: ("event_source_arn", kind),
        target: ("function_name", FUNCTION),
        transfer: Transfer::Polls { calls },
    }
}

/// Who takes what a function sends, and what is called there (Lambda Developer Guide,
/// "Capturing records of asynchronous invocations").
type Taker = (&'static str, &'static [&'static str]);
const QUEUE: Taker = ("sqs_queue", &["sqs:SendMessage"]);
const TOPIC: Taker = ("sns_topic", &["sns:Publish"]);
const BUS: Taker = (EVENT_BUS, &["events:PutEvents"]);
const OTHER: Taker = (FUNCTION, &["lambda:InvokeFunction"]);
const BUCKET: Taker = ("s3_bucket", &["s3:PutObject"]);

/// Where a function's field, or that of a mapping for it, has something sent.
const fn sent(by: (&'static str, &'static str), field: &'static str, to: Taker) -> Hop {
    Hop {
        carrier: by.0,
        only: None,
        source: (by.1, FUNCTION),
        target: (field, to.0),
        transfer: Transfer::Sends { calls: to.1 },
    }
}

const BY_FUNCTION: (&str, &str) = (FUNCTION, "name");
const BY_MAPPING: (&str, &str) = (MAPPING, "function_name");
const DEAD: &str = "dead_letter_config.target_arn";
const DONE: &str = "event_invoke_config.destination_config.on_success.destination";
const FAILED: &str = "event_invoke_config.destination_config.on_failure.destination";
const NOT_READ: &str = "destination_config.on_failure.destination";

/// What an alarm does to a function, in any of its states.
const fn invoked_by_alarm(alarm: &'static str, field: &'static str) -> Hop {
    Hop {
        carrier: alarm,
        only: None,
        source: ("name", alarm),
        target: (field, FUNCTION),
        transfer: Transfer::Invokes { sender: ALARMS, sid: "AlarmInvokes" },
    }
}

/// What an alarm tells a topic. The same for each of its states.
const fn told_by_alarm(alarm: &'static str, field: &'static str) -> Hop {
    Hop {
        carrier: alarm,
        only: None,
        source: ("name", alarm),
        target: (field, "sns_topic"),
        transfer: Transfer::Service {
            sender: CLOUDWATCH,
            action: "sns:Publish",
            sids: ("AlarmsPublish", "AlarmsUseKey"),
            // SNS Developer Guide, "aws:SourceAccount versus aws:SourceOwner".
            names_owner: true,
        },
    }
}

/// Where a rule has events go.
const fn routed(kind: &'static str, action: &'static str, by: By) -> Hop {
    event_hop(RULE_OF_BUS, "targets.*.arn", kind, action, by)
}

/// Where EventBridge puts what it could not deliver.
const fn undelivered(carrier: &'static str, field: &'static str) -> Hop {
    event_hop(carrier, field, "sqs_queue", "sqs:SendMessage", By::Itself)
}

const fn event_hop(
    carrier: &'static str,
    field: &'static str,
    kind: &'static str,
    action: &'static str,
    by: By,
) -> Hop {
    Hop {
        carrier,
        only: None,
        source: ("name", carrier),
        target: (field, kind),
        transfer: Transfer::Event { action, sids: ("EventsSend", "EventsUseKey"), by },
    }
}

impl Hop {
    /// Where it leads from.
    pub(super) fn source_kind(&self) -> &'static str {
        self.source.1
    }

    /// What it leads to.
    pub(super) fn target_kind(&self) -> &'static str {
        self.target.1
    }

    /// Whether a queue is read.
    pub(super) fn reads_queue(&self) -> bool {
        matches!(self.transfer, Transfer::Polls { .. }) && self.source.1 == "sqs_queue"
    }
}

/// Every way, from the source on.
static HOPS: &[Hop] = &[
    Hop {
        carrier: "s3_bucket_notification",
        only: None,
        source: ("bucket", "s3_bucket"),
        target: ("topic.*.topic_arn", "sns_topic"),
        transfer: Transfer::Service {
            sender: S3,
            action: "sns:Publish",
            sids: ("BucketPublishes", "BucketUsesKey"),
            names_owner: false,
        },
    },
    Hop {
        carrier: "s3_bucket_notification",
        only: None,
        source: ("bucket", "s3_bucket"),
        target: ("queue.*.queue_arn", "sqs_queue"),
        transfer: Transfer::Service {
            sender: S3,
            action: "sqs:SendMessage",
            sids: ("BucketSends", "BucketUsesKey"),
            names_owner: false,
        },
    },
    Hop {
        carrier: "sns_subscription",
        only: Some(("protocol", "sqs")),
        source: ("topic_arn", "sns_topic"),
        target: ("endpoint", "sqs_queue"),
        transfer: Transfer::Service {
            sender: SNS,
            action: "sqs:SendMessage",
            sids: ("TopicSends", "TopicUsesKey"),
            names_owner: false,
        },
    },
    // What cannot be delivered is sent like anything else.
    Hop {
        carrier: "sns_subscription",
        only: None,
        source: ("topic_arn", "sns_topic"),
        target: ("redrive_policy.dead_letter_queue", "sqs_queue"),
        transfer: Transfer::Service {
            sender: SNS,
            action: "sqs:SendMessage",
            sids: ("TopicSendsUndelivered", "TopicUsesKey"),
            names_owner: false,
        },
    },
    Hop {
        carrier: "sqs_queue",
        only: None,
        source: ("name", "sqs_queue"),
        target: ("redrive_policy.dead_letter_queue", "sqs_queue"),
        transfer: Transfer::Redrive,
    },
    Hop {
        carrier: "s3_bucket_notification",
        only: None,
        source: ("bucket", "s3_bucket"),
        target: ("lambda_function.*.lambda_function_arn", FUNCTION),
        transfer: Transfer::Invokes { sender: S3, sid: "BucketInvokes" },
    },
    Hop {
        carrier: "sns_subscription",
        only: Some(("protocol", "lambda")),
        source: ("topic_arn", "sns_topic"),
        target: ("endpoint", FUNCTION),
        transfer: Transfer::Invokes { sender: SNS, sid: "TopicInvokes" },
    },
    polled("sqs_queue", READS_QUEUE),
    polled("dynamodb_table", READS_STREAM),
    sent(BY_MAPPING, NOT_READ, QUEUE),
    sent(BY_MAPPING, NOT_READ, TOPIC),
    sent(BY_MAPPING, NOT_READ, BUCKET),
    sent(BY_FUNCTION, DEAD, QUEUE),
    sent(BY_FUNCTION, DEAD, TOPIC),
    sent(BY_FUNCTION, DONE, QUEUE),
    sent(BY_FUNCTION, DONE, TOPIC),
    sent(BY_FUNCTION, DONE, BUS),
    sent(BY_FUNCTION, DONE, OTHER),
    sent(BY_FUNCTION, FAILED, QUEUE),
    sent(BY_FUNCTION, FAILED, TOPIC),
    sent(BY_FUNCTION, FAILED, BUS),
    sent(BY_FUNCTION, FAILED, OTHER),
    sent(BY_FUNCTION, FAILED, BUCKET),
    routed("sqs_queue", "sqs:SendMessage", By::RoleOrItself),
    routed("sns_topic", "sns:Publish", By::RoleOrItself),
    routed(FUNCTION, "lambda:InvokeFunction", By::RoleOrItself),
    routed("sfn_state_machine", "states:StartExecution", By::Role),
    routed(EVENT_BUS, "events:PutEvents", By::Role),
    routed(event::LOG_GROUP, "logs:PutLogEvents", By::Itself),
    undelivered(RULE_OF_BUS, "targets.*.dead_letter_config.arn"),
    undelivered(EVENT_BUS, "dead_letter_config.arn"),
    told_by_alarm(ALARM, "alarm_actions.*"),
    told_by_alarm(COMPOSITE, "alarm_actions.*"),
    told_by_alarm(ALARM, "insufficient_data_actions.*"),
    told_by_alarm(COMPOSITE, "insufficient_data_actions.*"),
    told_by_alarm(ALARM, "ok_actions.*"),
    told_by_alarm(COMPOSITE, "ok_actions.*"),
    invoked_by_alarm(ALARM, "alarm_actions.*"),
    invoked_by_alarm(COMPOSITE, "alarm_actions.*"),
    invoked_by_alarm(ALARM, "insufficient_data_actions.*"),
    invoked_by_alarm(COMPOSITE, "insufficient_data_actions.*"),
    invoked_by_alarm(ALARM, "ok_actions.*"),
    invoked_by_alarm(COMPOSITE, "ok_actions.*"),
];

/// One connection of a scene.
pub(super) struct Edge<'a> {
    /// How messages take it.
    pub(super) hop: &'static Hop,
    /// The resource that states it.
    pub(super) carrier: &'a Exhibit,
    /// Where the resource that states it names the target.
    pub(super) path: Path,
    /// Where messages come from.
    pub(super) source: End<'a>,
    /// Where they go.
    pub(super) target: End<'a>,
}

/// Every connection of a scene.
pub(super) fn edges(scene: &Scene) -> Vec<Edge<'_>> {
    HOPS.iter().flat_map(|hop| edges_by(hop, scene)).collect()
}

fn edges_by<'a>(hop: &'static Hop, scene: &'a Scene) -> impl Iterator<Item = Edge<'a>> {
    let meant = |carrier: &&Exhibit| {
        hop.only.is_none_or(|(field, value)| carrier.text(field) == Some(value))
    };
    scene.of_kind(hop.carrier).filter(meant).flat_map(move |carrier| {
        let source = source_of(hop, scene, carrier);
        let targets = values(&carrier.document, hop.target.0).into_iter();
        let targets = targets.filter(|(_, target)| may_be(scene, hop.target.1, target));
        targets.filter_map(move |(path, target)| {
            let target = End::of(scene, hop.target.1, target);
            Some(Edge { hop, carrier, path, source: source?, target })
        })
    })
}

/// Who states a connection from itself is its source: two rules of one name may be on two buses.
fn source_of<'a>(hop: &Hop, scene: &'a Scene, carrier: &'a Exhibit) -> Option<End<'a>> {
    let (field, kind) = hop.source;
    if kind == hop.carrier {
        return Some(End::Here(carrier));
    }
    let source = carrier.text(field).unwrap_or_default();
    may_be(scene, kind, source).then(|| End::of(scene, kind, source))
}

impl Edge<'_> {
    /// Whether messages come from a kind.
    pub(super) fn is_from(&self, kind: &str) -> bool {
        self.hop.source.1 == kind
    }

    /// Whether an alarm tells.
    pub(super) fn is_from_alarm(&self) -> bool {
        ALARMING.contains(&self.hop.source.1)
    }

    /// Whether they go to a resource.
    pub(super) fn ends_at(&self, exhibit: &Exhibit) -> bool {
        matches!(self.target, End::Here(target) if target.address == exhibit.address)
    }

    /// Whether it is for what could not be delivered or processed.
    pub(super) fn sets_aside(&self) -> bool {
        self.path.segments().iter().any(|segment| match segment {
            Segment::Field(name) => SET_ASIDE.contains(&name.as_str()),
            Segment::Index(_) => false,
        })
    }

    /// For people.
    pub(super) fn name(&self) -> String {
        format!("{} -> {}", self.source.name(), self.target.name())
    }
}

/// Fields that say where that goes.
const SET_ASIDE: [&str; 3] = ["redrive_policy", "dead_letter_config", "on_failure"];

/// Whether a name may be one of a kind. Some fields take several: an ARN tells by
/// its service, with which the names of the service's kinds begin. What is not known
/// yet is of the stack, and of the kind that has it.
fn may_be(scene: &Scene, kind: &str, name: &str) -> bool {
    if is_pending(name) {
        return scene.named(kind, name).is_some();
    }
    let service = match kind {
        EVENT_BUS => Some("events"),
        "sfn_state_machine" => Some("states"),
        event::LOG_GROUP => Some("logs"),
        _ => kind.split('_').next(),
    };
    let mut parts = name.split(':');
    if parts.next() != Some("arn") {
        return true;
    }
    // EventBridge has more than buses, to which rules may lead.
    parts.nth(1) == service && (kind != EVENT_BUS || name.contains(":event-bus/"))
}

/// The texts that a field names, with their places; `*` stands for every item
/// of a list, and every entry of a map.
pub(super) fn values<'a>(document: &'a Document, field: &str) -> Vec<(Path, &'a str)> {
    let text = |path: Path| {
        let text = path.get(document)?.as_str()?;
        Some((path, text))
    };
    paths(document, field).into_iter().filter_map(text).collect()
}

/// The places that a field names, likewise.
pub(super) fn paths(document: &Document, field: &str) -> Vec<Path> {
    field.split('.').fold(vec![Path::default()], |paths, part| {
        paths.into_iter().flat_map(|path| step(document, &path, part)).collect()
    })
}

fn step(document: &Document, path: &Path, part: &str) -> Vec<Path> {
    if part != "*" {
        return vec![path.with_field(part)];
    }
    match path.get(document) {
        Some(Value::Array(items)) => (0..items.len()).map(|item| path.with_index(item)).collect(),
        Some(Value::Object(entries)) => entries.keys().map(|key| path.with_field(key)).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
            Vec::new()
        }
    }
}
