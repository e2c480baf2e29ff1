//! What a mapping reads: which sort of source an ARN names, and what AWS makes of a
//! mapping of that sort where nothing is stated.

use serde_json::Value;

use super::Spec;
use crate::aws::arn::Arn;
use crate::model::document::{is_pending, pending_facts};

/// A sort of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A queue of SQS.
    Queue { is_fifo: bool },
    /// The stream of a table of DynamoDB.
    TableStream,
    /// A stream of Kinesis, or a consumer of one.
    DataStream,
    /// A cluster of Kafka.
    Cluster,
    /// A broker of Amazon MQ.
    Broker,
}

/// API Reference, `CreateEventSourceMapping`, of each.
const BATCH_OF_QUEUE: i32 = 10;
const BATCH_OF_OTHERS: i32 = 100;
/// A number of tries, or of seconds, that has no end.
pub(super) const FOREVER: i32 = -1;

impl Source {
    /// That of an ARN; `None` for what is no source, or not known yet.
    pub(super) fn of(text: &str) -> Option<Self> {
        if is_pending(text) {
            // Of what is known late, one fact says what it will be.
            let facts = pending_facts(&Value::from(text));
            return facts.iter().all(|it| it.fact == "stream_arn").then_some(Self::TableStream);
        }
        let arn = Arn::read(text)?;
        match (arn.service, arn.resource) {
            ("sqs", name) => Some(Self::Queue { is_fifo: name.strip_suffix(".fifo").is_some() }),
            ("dynamodb", stream) if stream.contains("/stream/") => Some(Self::TableStream),
            ("kinesis", stream) if stream.starts_with("stream/") => Some(Self::DataStream),
            ("kafka", cluster) if cluster.starts_with("cluster/") => Some(Self::Cluster),
            ("mq", broker) if broker.starts_with("broker:") => Some(Self::Broker),
            _ => None,
        }
    }

    pub(super) fn is_queue(self) -> bool {
        match self {
            Self::Queue { .. } => true,
            Self::TableStream | Self::DataStream | Self::Cluster | Self::Broker => false,
        }
    }

    /// Whether its records stay where they are, in shards.
    pub(super) fn is_stream(self) -> bool {
        match self {
            Self::TableStream | Self::DataStream => true,
            Self::Queue { .. } | Self::Cluster | Self::Broker => false,
        }
    }

    pub(super) fn is_kafka(self) -> bool {
        self == Self::Cluster
    }

    /// Whether a reader has a place in it.
    pub(super) fn has_positions(self) -> bool {
        self.is_stream() || self.is_kafka()
    }

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Queue { is_fifo: true } => "a FIFO queue",
            Self::Queue { is_fifo: false } => "a queue",
            Self::TableStream => "the stream of a table",
            Self::DataStream => "a Kinesis stream",
            Self::Cluster => "a Kafka cluster",
            Self::Broker => "a broker",
        }
    }

    /// Puts the defaults in place of what is not stated. Kafka's and a broker's window, which
    /// is half a second and cannot be stated, is none.
    pub(super) fn fill(self, spec: &mut Spec) {
        let batch = if self.is_queue() { BATCH_OF_QUEUE } else { BATCH_OF_OTHERS };
        spec.batch_size.get_or_insert(batch);
        if self.is_queue() || self.is_stream() {
            spec.maximum_batching_window_in_seconds.get_or_insert(0);
        }
        if self.is_stream() {
            spec.maximum_retry_attempts.get_or_insert(FOREVER);
            spec.maximum_record_age_in_seconds.get_or_insert(FOREVER);
            spec.bisect_batch_on_function_error.get_or_insert(false);
            spec.parallelization_factor.get_or_insert(1);
            spec.tumbling_window_in_seconds.get_or_insert(0);
        }
    }
}
