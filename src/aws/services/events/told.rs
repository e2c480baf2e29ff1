//! What is told of EventBridge: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_eventbridge);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "EventBridge",
    prefix: "events",
    speaks: Speech::Json,
    limits: &[
        // EventBridge User Guide, "EventBridge quotas": in the regions that admit least.
        RateLimit::each("events", 400, &["PutEvents"]),
        // The same page names none for these: 50 a second hold for what it does not name.
        RateLimit::each(
            "events",
            10,
            &["CancelReplay", "DescribeReplay", "ListRules", "StartReplay", "TestEventPattern"],
        ),
        // Not published. EventBridge User Guide, "EventBridge quotas", has 50 a second for
        // calls that it does not name.
        RateLimit::each(
            "events",
            10,
            &[
                "CreateArchive",
                "CreateEventBus",
                "DeleteArchive",
                "DeleteEventBus",
                "DeleteRule",
                "DescribeArchive",
                "DescribeEventBus",
                "DescribeRule",
                "ListArchives",
                "ListTagsForResource",
                "ListTargetsByRule",
                "PutPermission",
                "PutRule",
                "PutTargets",
                "RemovePermission",
                "RemoveTargets",
                "TagResource",
                "UntagResource",
                "UpdateArchive",
                "UpdateEventBus",
            ],
        ),
    ],
    actions: &[
        ("CreateEventBus", &["events:CreateEventBus", "events:TagResource"]),
        // Tags go with the call that makes a rule.
        ("PutRule", &["events:PutRule", "events:TagResource"]),
    ],
    codes: &[
        Code::of(ErrorClass::Exists, &["ResourceAlreadyExistsException"]),
        // Two changes on one bus met.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ConcurrentModificationException"]),
        // A rule that was just made is not seen everywhere.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ResourceNotFoundException"])
            .at(&["PutTargets"]),
        // Nor is that its targets have gone.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ValidationException"])
            .at(&["DeleteRule"])
            .saying("since it has targets"),
        // Nor a role, or what it admits.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["ValidationException"])
            .at(&["PutRule", "PutTargets"])
            .saying("cannot be assumed by principal"),
        Code::of(ErrorClass::Transient, &["InternalException"]),
        Code::of(ErrorClass::Quota, &["LimitExceededException"]),
        Code::of(
            ErrorClass::Invalid,
            &[
                "InvalidEventPatternException",
                "ManagedRuleException",
                "OperationDisabledException",
                "PolicyLengthExceededException",
            ],
        ),
    ],
    // Sources: the service model, and answers recorded from AWS.
    contents: &[
        ("DescribeArchive", &["\"ArchiveArn\""]),
        ("DescribeEventBus", &["\"Arn\""]),
        ("DescribeReplay", &["\"ReplayName\""]),
        ("DescribeRule", &["\"Arn\""]),
        ("ListArchives", &["\"Archives\""]),
        ("ListRules", &["\"Rules\""]),
        ("ListTagsForResource", &["\"Tags\""]),
        ("ListTargetsByRule", &["\"Targets\""]),
    ],
};
