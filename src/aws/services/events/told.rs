//! What is told of EventBridge: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::ErrorClass;

no_settings!(aws_sdk_eventbridge);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "EventBridge",
    prefix: "events",
    speaks: Speech::Json,
    limits: &[
        // Not published. EventBridge User Guide, "EventBridge quotas", has 50 a second for
        // calls that it does not name.
        RateLimit::each(
            "events",
            10,
            &[
                "CreateEventBus",
                "DeleteEventBus",
                "DescribeEventBus",
                "ListTagsForResource",
                "PutPermission",
                "RemovePermission",
                "TagResource",
                "UntagResource",
                "UpdateEventBus",
            ],
        ),
    ],
    actions: &[("CreateEventBus", &["events:CreateEventBus", "events:TagResource"])],
    codes: &[
        Code::of(ErrorClass::Exists, &["ResourceAlreadyExistsException"]),
        Code::of(ErrorClass::Transient, &["ConcurrentModificationException", "InternalException"]),
        Code::of(ErrorClass::Quota, &["LimitExceededException"]),
        Code::of(
            ErrorClass::Invalid,
            &["OperationDisabledException", "PolicyLengthExceededException"],
        ),
    ],
    // Sources: the service model, and answers recorded from AWS.
    contents: &[("DescribeEventBus", &["\"Arn\""]), ("ListTagsForResource", &["\"Tags\""])],
};
