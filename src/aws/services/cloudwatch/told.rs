//! What is told of CloudWatch: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_cloudwatch);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "CloudWatch",
    prefix: "cloudwatch",
    speaks: Speech::Cbor,
    limits: &[
        // CloudWatch User Guide, "CloudWatch service quotas".
        RateLimit::each(
            "cloudwatch",
            3,
            &["DeleteAlarms", "PutCompositeAlarm", "PutMetricAlarm", "SetAlarmState"],
        ),
        RateLimit::each("cloudwatch", 9, &["DescribeAlarms"]),
        RateLimit::each("cloudwatch", 10, &["ListTagsForResource"]),
        RateLimit::each(
            "cloudwatch",
            20,
            &["DescribeAlarmHistory", "TagResource", "UntagResource"],
        ),
        RateLimit::each("cloudwatch", 400, &["GetMetricStatistics"]),
    ],
    actions: &[
        ("PutCompositeAlarm", &["cloudwatch:PutCompositeAlarm", "cloudwatch:TagResource"]),
        ("PutMetricAlarm", &["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"]),
    ],
    codes: &[
        // A child that was just made is not seen everywhere.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), REFUSED)
            .at(&["PutCompositeAlarm"])
            .saying("exist"),
        // A composite alarm that needs it is on its way out, or should be.
        Code::of(ErrorClass::NotYet(InFlight::Busy), REFUSED)
            .at(&["DeleteAlarms"])
            .saying("composite alarm"),
        Code::of(ErrorClass::Transient, &["ConcurrentModificationException", "ResourceConflict"]),
        Code::of(ErrorClass::Quota, &["LimitExceeded", "LimitExceededFault"]),
    ],
    // Source: the service model, and answers recorded from AWS, which writes lists though they
    // are empty.
    contents: &[
        ("DescribeAlarmHistory", &["AlarmHistoryItems"]),
        ("DescribeAlarms", &["MetricAlarms"]),
        ("GetMetricStatistics", &["Datapoints"]),
        ("ListTagsForResource", &["Tags"]),
    ],
};

/// What it says of a call that it refuses, in CBOR and before that.
const REFUSED: &[&str] = &["ValidationError", "ValidationException"];
