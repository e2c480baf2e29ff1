//! What is told of SQS: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_sqs);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "SQS",
    prefix: "sqs",
    speaks: Speech::Json,
    limits: &[
        // Amazon SQS quotas: so many for a FIFO queue; standard queues have nearly none.
        RateLimit::each(
            "sqs",
            300,
            &[
                "ChangeMessageVisibility",
                "ChangeMessageVisibilityBatch",
                "DeleteMessage",
                "DeleteMessageBatch",
                "ReceiveMessage",
                "SendMessage",
            ],
        ),
        // SQS publishes none for queues themselves.
        RateLimit::each(
            "sqs",
            30,
            &["CreateQueue", "DeleteQueue", "SetQueueAttributes", "TagQueue", "UntagQueue"],
        ),
        RateLimit::each("sqs", 50, &["GetQueueAttributes", "ListQueueTags", "ListQueues"]),
    ],
    actions: &[("CreateQueue", &["sqs:CreateQueue", "sqs:TagQueue"])],
    codes: &[
        Code::of(ErrorClass::Absent, &["NonExistentQueue", "QueueDoesNotExist"]),
        Code::of(ErrorClass::Exists, &["QueueAlreadyExists", "QueueNameExists"]),
        Code::of(ErrorClass::NotYet(InFlight::Cooldown), &["QueueDeletedRecently"]),
        Code::of(ErrorClass::Quota, &["OverLimit"]),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidAttributeValue"])
            .saying("invalid value for the parameter policy"),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterValue"])
            .saying("dead letter target"),
        Code::of(ErrorClass::Invalid, &["InvalidAttributeName", "InvalidAttributeValue"]),
    ],
    // Sources: the service model (what is required, and lists that are written though they are
    // empty), and answers recorded from AWS.
    contents: &[
        // No queue, or no tag, is no list.
        ("ListQueueTags", &[]),
        ("ListQueues", &[]),
        ("CreateQueue", &["\"QueueUrl\""]),
        ("GetQueueAttributes", &["\"Attributes\""]),
    ],
};
