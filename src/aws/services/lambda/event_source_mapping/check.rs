//! What Lambda would refuse of a mapping: its fields against its source.

use super::source::Source;
use super::{AccessType, Metric, Spec, StartingPosition};
use crate::aws::arn::Arn;
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems: Vec<Problem> = check_function(spec).into_iter().collect();
    problems.extend(check_numbers(spec));
    problems.extend(check_filters(spec));
    match Source::of(&spec.event_source_arn) {
        Some(source) => problems.extend(check_against(spec, source)),
        None if is_pending(&spec.event_source_arn) => {}
        None => problems.push(no_source(&spec.event_source_arn)),
    }
    problems
}

/// API Reference, `CreateEventSourceMapping`: the forms of `FunctionName`, without that of an
/// account and a name.
fn check_function(spec: &Spec) -> Option<Problem> {
    let function = spec.function_name.as_str();
    let is_function = |arn: Arn<'_>| {
        arn.service == "lambda" && arn.resource.strip_prefix("function:").is_some_and(is_name)
    };
    let is_right = is_pending(function) || Arn::read(function).map_or(false, is_function);
    let message = format!("takes the name or the ARN of a function, and `{function}` is neither");
    (!is_right).then(|| Problem::of("function_name", message).meaning("arn"))
}

/// 1 to 64 letters, digits, `-` and `_`, and what may follow: an alias or a version.
pub(super) fn is_name(text: &str) -> bool {
    let (name, qualifier) = text.split_once(':').unwrap_or((text, "1"));
    let is_plain = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let qualifier = qualifier.strip_prefix('$').unwrap_or(qualifier);
    (1..=64).contains(&name.len()) && is_plain(name) && !qualifier.is_empty() && is_plain(qualifier)
}

fn no_source(arn: &str) -> Problem {
    let is_table = Arn::read(arn).is_some_and(|arn| arn.service == "dynamodb");
    if is_table {
        let message =
            format!("takes the ARN of the table's stream, and `{arn}` is the table's own");
        return Problem::of("event_source_arn", message).meaning("stream_arn");
    }
    let message = format!(
        "takes the ARN of a queue, of a stream of DynamoDB or Kinesis, of a Kafka cluster or of a broker, and \
         `{arn}` is none"
    );
    Problem::of("event_source_arn", message).meaning("arn")
}

fn check_numbers(spec: &Spec) -> Vec<Problem> {
    let age = spec.maximum_record_age_in_seconds.filter(|age| (0..60).contains(age));
    let age = age.map(|age| {
        let message = format!("a record is given up after 60 seconds at the earliest, not {age}");
        Problem::of("maximum_record_age_in_seconds", message)
            .hint("maximum_record_age_in_seconds: -1   # for never")
    });
    let pollers = spec.provisioned_poller_config.as_ref().filter(|config| {
        config.minimum_pollers.zip(config.maximum_pollers).is_some_and(|(min, max)| min > max)
    });
    let pollers = pollers.map(|_| {
        Problem::of("provisioned_poller_config", "the minimum is above the maximum")
            .at(Path::field("provisioned_poller_config").with_field("minimum_pollers"))
    });
    let both = spec.scaling_config.as_ref().zip(spec.provisioned_poller_config.as_ref());
    let both = both.map(|_| {
        let message = "pollers that are provisioned scale by themselves: state one or the other";
        Problem::of("scaling_config", message)
    });
    age.into_iter().chain(pollers).chain(both).collect()
}

fn check_filters(spec: &Spec) -> Vec<Problem> {
    let filters = spec.filter_criteria.iter().flat_map(|criteria| &criteria.filters);
    let told = filters.enumerate().flat_map(|(at, filter)| {
        let path = Path::field("filter_criteria").with_field("filters").with_index(at);
        let problems = filter.pattern.problems().into_iter();
        let path = path.with_field("pattern");
        problems.map(move |told| Problem::of("filter_criteria", told).at(path.clone()))
    });
    told.collect()
}

/// A field that some sources alone have: its name, whether it is stated, which have it.
type Limited = (&'static str, fn(&Spec) -> bool, fn(Source) -> bool, &'static str);

/// API Reference, `CreateEventSourceMapping`: "for stream sources", "SQS only" and the like.
const LIMITED: &[Limited] = &[
    ("starting_position", |it| it.starting_position.is_some(), Source::has_positions, POSITIONS),
    (
        "starting_position_timestamp",
        |it| it.starting_position_timestamp.is_some(),
        Source::has_positions,
        POSITIONS,
    ),
    ("scaling_config", |it| it.scaling_config.is_some(), Source::is_queue, "queues"),
    ("destination_config", |it| it.destination_config.is_some(), Source::has_positions, POSITIONS),
    (
        "maximum_retry_attempts",
        |it| it.maximum_retry_attempts.is_some(),
        Source::has_positions,
        POSITIONS,
    ),
    (
        "maximum_record_age_in_seconds",
        |it| it.maximum_record_age_in_seconds.is_some(),
        Source::has_positions,
        POSITIONS,
    ),
    (
        "bisect_batch_on_function_error",
        |it| it.bisect_batch_on_function_error.is_some(),
        Source::has_positions,
        POSITIONS,
    ),
    (
        "parallelization_factor",
        |it| it.parallelization_factor.is_some(),
        Source::is_stream,
        "streams",
    ),
    (
        "tumbling_window_in_seconds",
        |it| it.tumbling_window_in_seconds.is_some(),
        Source::is_stream,
        "streams",
    ),
    ("topics", |it| !it.topics.is_empty(), Source::is_kafka, "Kafka"),
    ("queues", |it| !it.queues.is_empty(), |it| it == Source::Broker, "Amazon MQ"),
    (
        "source_access_configuration",
        |it| !it.source_access_configuration.is_empty(),
        |it| matches!(it, Source::Cluster | Source::Broker),
        "Kafka and Amazon MQ",
    ),
    (
        "amazon_managed_kafka_event_source_config",
        |it| it.amazon_managed_kafka_event_source_config.is_some(),
        Source::is_kafka,
        "Kafka",
    ),
    (
        "provisioned_poller_config",
        |it| it.provisioned_poller_config.is_some(),
        |it| it.is_queue() || it.is_kafka(),
        "queues and Kafka",
    ),
    (
        "function_response_types",
        |it| !it.function_response_types.is_empty(),
        |it| it != Source::Broker,
        "queues, streams and Kafka",
    ),
];

const POSITIONS: &str = "streams and Kafka";

fn check_against(spec: &Spec, source: Source) -> Vec<Problem> {
    let limited = LIMITED.iter().filter(|(_, stated, fits, _)| stated(spec) && !fits(source));
    let mut problems: Vec<Problem> = limited
        .map(|(field, _, _, who)| {
            let message = format!("is for {who}, and the source is {}", source.name());
            Problem::of(field, message).hint(format!("leave `{field}` out"))
        })
        .collect();
    problems.extend(check_position(spec, source));
    problems.extend(check_batch(spec, source));
    problems.extend(check_within(spec, source));
    problems
}

fn check_position(spec: &Spec, source: Source) -> Option<Problem> {
    if !source.has_positions() {
        return None;
    }
    let Some(position) = spec.starting_position else {
        let message = format!("a mapping of {} says where to begin", source.name());
        let hint = "starting_position: TRIM_HORIZON   # with all that is there, or LATEST";
        return Some(Problem::of("starting_position", message).hint(hint));
    };
    let has_time = spec.starting_position_timestamp.is_some();
    match position {
        StartingPosition::AtTimestamp if source == Source::TableStream => {
            let message = "the stream of a table is read from its beginning or its end";
            let hint = "starting_position: TRIM_HORIZON   # or LATEST";
            Some(Problem::of("starting_position", message).hint(hint))
        }
        StartingPosition::AtTimestamp if !has_time => {
            let message = "says no time to begin at";
            let hint = "starting_position_timestamp: \"2026-11-01T00:00:00Z\"";
            Some(Problem::of("starting_position", message).hint(hint))
        }
        StartingPosition::TrimHorizon | StartingPosition::Latest if has_time => {
            let message = "goes with the position AT_TIMESTAMP alone";
            let hint = "starting_position: AT_TIMESTAMP";
            Some(Problem::of("starting_position_timestamp", message).hint(hint))
        }
        StartingPosition::AtTimestamp
        | StartingPosition::TrimHorizon
        | StartingPosition::Latest => None,
    }
}

/// Of a queue (Developer Guide, "Using Lambda with Amazon SQS").
const MOST_AT_ONCE: i32 = 10;

fn check_batch(spec: &Spec, source: Source) -> Option<Problem> {
    let Source::Queue { is_fifo } = source else { return None };
    let batch = spec.batch_size.unwrap_or_default();
    let window = spec.maximum_batching_window_in_seconds.unwrap_or_default();
    if is_fifo && window > 0 {
        let message = "a FIFO queue has no window: its batches go as they come";
        let problem = Problem::of("maximum_batching_window_in_seconds", message);
        Some(problem.hint("leave `maximum_batching_window_in_seconds` out"))
    } else if is_fifo && batch > MOST_AT_ONCE {
        let message = format!("batches of a FIFO queue have {MOST_AT_ONCE} messages at most");
        Some(Problem::of("batch_size", message).hint(format!("batch_size: {MOST_AT_ONCE}")))
    } else if batch > MOST_AT_ONCE && window == 0 {
        let message =
            format!("batches of more than {MOST_AT_ONCE} messages take a window to gather them");
        let hint = "maximum_batching_window_in_seconds: 1";
        Some(Problem::of("batch_size", message).hint(hint))
    } else {
        None
    }
}

/// What to read in a cluster or a broker, and metrics that Kafka alone has.
fn check_within(spec: &Spec, source: Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    if source.is_kafka() && spec.topics.is_empty() {
        let message = "a mapping of a Kafka cluster names the topic to read";
        problems.push(Problem::of("topics", message).hint("topics: [NAME]"));
    }
    if source == Source::Broker {
        if spec.queues.is_empty() {
            let message = "a mapping of a broker names the queue to read";
            problems.push(Problem::of("queues", message).hint("queues: [NAME]"));
        }
        let mut accesses = spec.source_access_configuration.iter();
        if !accesses.any(|access| access.r#type == AccessType::BasicAuth) {
            let message = "a mapping of a broker names the secret to log in with";
            let hint = "source_access_configuration: [{ type: BASIC_AUTH, uri: ARN-OF-SECRET }]";
            problems.push(Problem::of("source_access_configuration", message).hint(hint));
        }
    }
    let metrics = spec.metrics_config.iter().flat_map(|config| &config.metrics);
    if !source.is_kafka() && metrics.into_iter().any(|metric| *metric == Metric::KafkaMetrics) {
        let message = format!("KafkaMetrics is for Kafka, and the source is {}", source.name());
        problems.push(Problem::of("metrics_config", message));
    }
    problems
}
