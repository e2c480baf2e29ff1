//! What AWS publishes of the kinds that there are: metrics, and the sets of dimensions
//! by which it tells them apart.
//!
//! A namespace more is an entry of [`NAMESPACES`].

mod events;
mod kafka;

use crate::model::near::nearest;

/// What one service publishes.
pub(super) struct Namespace {
    pub(super) name: &'static str,
    /// Its metrics, by how they are told apart. Every combination is listed that the
    /// service documents; a metric has data by no other.
    groups: &'static [Group],
    /// Dimensions that name an object.
    pub(super) objects: &'static [Object],
    /// Metrics that only FIFO queues have.
    pub(super) of_fifo: &'static [&'static str],
    /// Whether all of it is counted or measured, and so never negative.
    pub(super) is_counted: bool,
}

/// Metrics that are published by the same dimensions.
struct Group {
    metrics: &'static [&'static str],
    sets: &'static [&'static [&'static str]],
}

/// A dimension whose value is the name of an object.
pub(super) struct Object {
    pub(super) dimension: &'static str,
    /// Of one of these kinds.
    pub(super) kinds: &'static [&'static str],
    /// The fact that is the value of the dimension.
    pub(super) fact: &'static str,
    /// For people.
    pub(super) noun: &'static str,
}

/// Sorted by name.
pub(super) static NAMESPACES: &[Namespace] = &[
    events::NAMESPACE,
    kafka::NAMESPACE,
    // CloudWatch Logs User Guide, "Monitoring usage with CloudWatch metrics".
    Namespace {
        name: "AWS/Logs",
        groups: &[
            Group {
                metrics: &["IncomingBytes", "IncomingLogEvents"],
                sets: &[&["LogGroupName"], &[]],
            },
            Group {
                metrics: &[
                    "DeliveryErrors",
                    "DeliveryThrottling",
                    "ForwardedBytes",
                    "ForwardedLogEvents",
                ],
                sets: &[&["LogGroupName", "DestinationType", "FilterName"]],
            },
            // By dimensions that depend on what is told.
            Group {
                metrics: &[
                    "EMFParsingErrors",
                    "EMFValidationErrors",
                    "ErrorCount",
                    "LogEventsWithFindings",
                    "ThrottleCount",
                    "TransformationErrors",
                    "TransformedBytes",
                    "TransformedLogEvents",
                ],
                sets: &[],
            },
        ],
        objects: &[Object {
            dimension: "LogGroupName",
            kinds: &["cloudwatch_log_group"],
            fact: "name",
            noun: "log group",
        }],
        of_fifo: &[],
        is_counted: true,
    },
    // S3 User Guide, "Metrics and dimensions".
    Namespace {
        name: "AWS/S3",
        groups: &[
            Group {
                metrics: &["BucketSizeBytes", "NumberOfObjects"],
                sets: &[&["BucketName", "StorageType"]],
            },
            Group {
                metrics: &[
                    "4xxErrors",
                    "5xxErrors",
                    "AllRequests",
                    "BytesDownloaded",
                    "BytesUploaded",
                    "DeleteRequests",
                    "FirstByteLatency",
                    "GetRequests",
                    "HeadRequests",
                    "ListRequests",
                    "PostRequests",
                    "PutRequests",
                    "SelectBytesReturned",
                    "SelectBytesScanned",
                    "SelectRequests",
                    "TotalRequestLatency",
                ],
                sets: &[&["BucketName", "FilterId"]],
            },
            Group {
                metrics: &[
                    "BytesPendingReplication",
                    "OperationsFailedReplication",
                    "OperationsPendingReplication",
                    "ReplicationLatency",
                ],
                sets: &[&["SourceBucket", "DestinationBucket", "RuleId"]],
            },
        ],
        objects: &[
            Object { dimension: "BucketName", kinds: &["s3_bucket"], fact: "name", noun: "bucket" },
            Object {
                dimension: "SourceBucket",
                kinds: &["s3_bucket"],
                fact: "name",
                noun: "bucket",
            },
        ],
        of_fifo: &[],
        is_counted: true,
    },
    // SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch".
    Namespace {
        name: "AWS/SNS",
        groups: &[
            Group {
                metrics: &[
                    "NumberOfMessagesPublished",
                    "NumberOfNotificationsDelivered",
                    "NumberOfNotificationsFailed",
                    "PublishSize",
                    "SMSSuccessRate",
                ],
                sets: &[
                    &["TopicName"],
                    &["Application"],
                    &["Application", "Platform"],
                    &["Platform"],
                    &["Country"],
                    &["Country", "SMSType"],
                    &["SMSType"],
                    &["PhoneNumber"],
                    &[],
                ],
            },
            Group {
                metrics: &[
                    "NumberOfNotificationsFailedToRedriveToDlq",
                    "NumberOfNotificationsFilteredOut",
                    "NumberOfNotificationsFilteredOut-InvalidAttributes",
                    "NumberOfNotificationsFilteredOut-InvalidMessageBody",
                    "NumberOfNotificationsFilteredOut-MessageAttributes",
                    "NumberOfNotificationsFilteredOut-MessageBody",
                    "NumberOfNotificationsFilteredOut-NoMessageAttributes",
                    "NumberOfNotificationsRedrivenToDlq",
                ],
                sets: &[&["TopicName"]],
            },
            Group { metrics: &["SMSMonthToDateSpentUSD"], sets: &[] },
        ],
        objects: &[Object {
            dimension: "TopicName",
            kinds: &["sns_topic"],
            fact: "name",
            noun: "topic",
        }],
        of_fifo: &[],
        is_counted: true,
    },
    // SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS".
    Namespace {
        name: "AWS/SQS",
        groups: &[Group {
            metrics: &[
                "ApproximateAgeOfOldestMessage",
                "ApproximateNumberOfGroupsWithInflightMessages",
                "ApproximateNumberOfMessagesDelayed",
                "ApproximateNumberOfMessagesDelayedInQuietGroups",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesNotVisibleInQuietGroups",
                "ApproximateNumberOfMessagesVisible",
                "ApproximateNumberOfMessagesVisibleInQuietGroups",
                "ApproximateNumberOfNoisyGroups",
                "ApproximateAgeOfOldestMessageInQuietGroups",
                "NumberOfDeduplicatedSentMessages",
                "NumberOfEmptyReceives",
                "NumberOfMessagesDeleted",
                "NumberOfMessagesReceived",
                "NumberOfMessagesSent",
                "SentMessageSize",
            ],
            sets: &[&["QueueName"]],
        }],
        objects: &[Object {
            dimension: "QueueName",
            kinds: &["sqs_queue"],
            fact: "name",
            noun: "queue",
        }],
        of_fifo: &[
            "ApproximateNumberOfGroupsWithInflightMessages",
            "NumberOfDeduplicatedSentMessages",
        ],
        is_counted: true,
    },
];

/// Dimensions that services of these namespaces document besides, of metrics whose
/// combinations are not listed.
const BESIDES: &[(&str, &[&str])] =
    &[("AWS/Logs", &["DataProtectionOperation", "PolicyLevel", "Resource", "Service", "Type"])];

impl Namespace {
    /// Every metric.
    pub(super) fn metrics(&self) -> Vec<&'static str> {
        self.groups.iter().flat_map(|group| group.metrics).copied().collect()
    }

    /// Every dimension.
    pub(super) fn dimensions(&self) -> Vec<&'static str> {
        let sets = self.groups.iter().flat_map(|group| group.sets).copied().flatten();
        let besides = BESIDES.iter().filter(|(name, _)| *name == self.name);
        let all = sets.chain(besides.flat_map(|(_, more)| *more)).copied();
        let mut dimensions: Vec<&'static str> = Vec::new();
        for name in all {
            if !dimensions.contains(&name) {
                dimensions.push(name);
            }
        }
        dimensions
    }

    /// By which dimensions a metric is published; `None` where that is not known.
    pub(super) fn sets(&self, metric: &str) -> Option<&'static [&'static [&'static str]]> {
        let group = self.groups.iter().find(|group| group.metrics.contains(&metric))?;
        Some(group.sets).filter(|sets| !sets.is_empty())
    }

    /// The dimension that somebody meant: `queue_name`, `QueueUrl` and `Queue` are `QueueName`.
    pub(super) fn meant_by(&self, wrong: &str) -> Option<&'static str> {
        let plain = wrong.replace(['_', '-', ' '], "");
        let known = self.dimensions();
        let of_object = self.objects.iter().map(|object| object.dimension).find(|dimension| {
            let noun = dimension.strip_suffix("Name").unwrap_or(dimension);
            let rest = plain.to_ascii_lowercase();
            let rest = rest.strip_prefix(&noun.to_ascii_lowercase()).map(str::to_owned);
            rest.is_some_and(|rest| ["", "arn", "id", "name", "url"].contains(&&*rest))
        });
        of_object.or_else(|| nearest(&plain, known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_known_once() {
        for namespace in NAMESPACES {
            let metrics = namespace.metrics();
            for metric in &metrics {
                let named = metrics.iter().filter(|it| *it == metric).count();
                assert_eq!(named, 1, "{metric} of {}", namespace.name);
            }
            for object in namespace.objects {
                let known = namespace.dimensions();
                assert!(
                    known.contains(&object.dimension),
                    "{} of {}",
                    object.dimension,
                    namespace.name
                );
            }
            assert!(namespace.of_fifo.iter().all(|metric| metrics.contains(metric)));
        }
        assert!(NAMESPACES.is_sorted_by_key(|namespace| namespace.name));
    }
}
