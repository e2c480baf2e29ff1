//! What `EventBridge` publishes (`EventBridge` User Guide, "Monitoring Amazon `EventBridge`").

use super::{Group, Namespace, Object};

const BUS: &str = "EventBusName";
const RULE: &str = "RuleName";

/// Of rules of the default bus by their name alone, of others by both.
const OF_RULES: &[&[&str]] = &[&[RULE], &[BUS, RULE]];

pub(super) const NAMESPACE: Namespace = Namespace {
    name: "AWS/Events",
    groups: &[
        Group {
            metrics: &[
                "DeadLetterInvocations",
                "FailedInvocations",
                "InvocationsFailedToBeSentToDlq",
                "InvocationsSentToDlq",
            ],
            sets: OF_RULES,
        },
        Group { metrics: &["Invocations"], sets: &[&[RULE], &[BUS, RULE], &[]] },
        // The guide spells two of these with a small `t`.
        Group {
            metrics: &[
                "IngestionToInvocationCompleteLatency",
                "IngestionToInvocationStartLatency",
                "IngestionToInvocationSuccessLatency",
                "IngestiontoInvocationCompleteLatency",
                "IngestiontoInvocationStartLatency",
                "InvocationAttempts",
                "RetryInvocationAttempts",
                "SuccessfulInvocationAttempts",
                "ThrottledRules",
                "TriggeredRules",
            ],
            sets: &[&[RULE], &[BUS, RULE], &[BUS], &[]],
        },
        Group {
            metrics: &["MatchedEvents"],
            sets: &[&[RULE], &[BUS, RULE], &[BUS], &["EventSourceName"]],
        },
        Group { metrics: &["Events"], sets: &[&["EventSourceName"]] },
        Group {
            metrics: &[
                "EventBusEncryptionCompleted",
                "EventBusEncryptionFailed",
                "EventBusEncryptionStarted",
            ],
            sets: &[&[BUS]],
        },
        Group {
            metrics: &[
                "InvocationsCreated",
                "PutEventsApproximateCallCount",
                "PutEventsApproximateFailedCount",
                "PutEventsApproximateSuccessCount",
                "PutEventsApproximateThrottledCount",
                "PutEventsEntriesCount",
                "PutEventsFailedEntriesCount",
                "PutEventsLatency",
                "PutEventsRequestSize",
                "PutPartnerEventsApproximateCallCount",
                "PutPartnerEventsApproximateFailedCount",
                "PutPartnerEventsApproximateSuccessCount",
                "PutPartnerEventsApproximateThrottledCount",
                "PutPartnerEventsEntriesCount",
                "PutPartnerEventsFailedEntriesCount",
                "PutPartnerEventsLatency",
            ],
            sets: &[&[]],
        },
    ],
    objects: &[
        Object { dimension: BUS, kinds: &["cloudwatch_event_bus"], fact: "name", noun: "bus" },
        Object { dimension: RULE, kinds: &["cloudwatch_event_rule"], fact: "name", noun: "rule" },
    ],
    of_fifo: &[],
    is_counted: true,
};
