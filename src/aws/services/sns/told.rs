//! What is told of SNS: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_sns);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "SNS",
    prefix: "sns",
    speaks: Speech::Xml,
    limits: &[
        // Amazon SNS endpoints and quotas: calls that cannot be raised.
        RateLimit::each("sns", 100, &["Subscribe", "Unsubscribe"]),
        // Where the quota is lowest, and a FIFO topic's.
        RateLimit::each("sns", 300, &["Publish"]),
        RateLimit::each("sns", 30, &["ListSubscriptionsByTopic", "ListTopics"]),
        RateLimit::together("sns", 10, &["ListTagsForResource", "TagResource", "UntagResource"]),
        // Not published.
        RateLimit::each(
            "sns",
            30,
            &["CreateTopic", "DeleteTopic", "SetSubscriptionAttributes", "SetTopicAttributes"],
        ),
        RateLimit::each("sns", 50, &["GetSubscriptionAttributes", "GetTopicAttributes"]),
    ],
    actions: &[("CreateTopic", &["sns:CreateTopic", "sns:TagResource"])],
    codes: &[
        Code::of(ErrorClass::Transient, &["ConcurrentAccess", "StaleTag"]),
        Code::of(
            ErrorClass::Quota,
            &[
                "FilterPolicyLimitExceeded",
                "SubscriptionLimitExceeded",
                "TagLimitExceeded",
                "TopicLimitExceeded",
            ],
        ),
        Code::of(ErrorClass::Denied, &["AuthorizationError"]),
        Code::of(ErrorClass::Exists, &["InvalidParameter"]).saying("already exists with different"),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameter"])
            .saying("principalnotfound"),
        // The role of a topic's feedback, for some seconds after it was made.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameter"])
            .saying("is not a valid role"),
        // A subscription that nobody confirmed: there is nothing to remove yet, and AWS
        // drops it by itself.
        Code::of(ErrorClass::Absent, &["InvalidParameter"]).saying("pending confirmation"),
        Code::of(ErrorClass::Invalid, &["InvalidState"]),
    ],
    // Sources: the service model (what is required, and lists that are written though they are
    // empty), and answers recorded from AWS.
    contents: &[
        ("CreateTopic", &["<TopicArn>"]),
        ("GetSubscriptionAttributes", &[">SubscriptionArn<"]),
        ("GetTopicAttributes", &[">TopicArn<"]),
        ("ListSubscriptionsByTopic", &["<Subscriptions"]),
        ("ListTagsForResource", &["<Tags"]),
        ("ListTopics", &["<Topics"]),
        ("Publish", &["<MessageId>"]),
        ("Subscribe", &["<SubscriptionArn>"]),
    ],
};
