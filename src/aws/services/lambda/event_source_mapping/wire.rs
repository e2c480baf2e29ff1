//! A mapping in the SDK's types, both ways.

use std::collections::BTreeMap;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::create_event_source_mapping::builders::CreateEventSourceMappingFluentBuilder;
use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingFluentBuilder;
use aws_sdk_lambda::types::{
    self as sdk, AmazonManagedKafkaEventSourceConfig, EventSourceMappingMetric,
    EventSourceMappingMetricsConfig, EventSourcePosition, FunctionResponseType,
    ProvisionedPollerConfig, SourceAccessConfiguration, SourceAccessType,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::source::FOREVER;
use super::{
    AccessType, DestinationConfig, Filter, FilterCriteria, KafkaConfig, Metric, MetricsConfig,
    OnFailure, Pattern, PollerConfig, ResponseType, ScalingConfig, SourceAccess, Spec,
    StartingPosition,
};
use crate::aws::kind::Changing;

/// The call that makes a mapping. What has its default is left out: AWS refuses some of it
/// for some sources, though it says no more than the default.
pub(super) fn creation(
    lambda: &Client,
    spec: &Spec,
    tags: BTreeMap<String, String>,
) -> CreateEventSourceMappingFluentBuilder {
    let unlike = |stated: Option<i32>, plain: i32| stated.filter(|stated| *stated != plain);
    let call = lambda.create_event_source_mapping();
    call.event_source_arn(&spec.event_source_arn)
        .function_name(&spec.function_name)
        .enabled(spec.enabled)
        .set_batch_size(spec.batch_size)
        .set_maximum_batching_window_in_seconds(unlike(spec.maximum_batching_window_in_seconds, 0))
        .set_function_response_types(some(responses(spec)))
        .set_starting_position(spec.starting_position.map(StartingPosition::sdk))
        .set_starting_position_timestamp(spec.starting_position_timestamp.as_deref().and_then(time))
        .set_scaling_config(spec.scaling_config.as_ref().map(ScalingConfig::sdk))
        .set_filter_criteria(spec.filter_criteria.as_ref().map(FilterCriteria::sdk))
        .set_destination_config(spec.destination_config.as_ref().map(DestinationConfig::sdk))
        .set_maximum_retry_attempts(unlike(spec.maximum_retry_attempts, FOREVER))
        .set_maximum_record_age_in_seconds(unlike(spec.maximum_record_age_in_seconds, FOREVER))
        .set_bisect_batch_on_function_error(spec.bisect_batch_on_function_error.filter(|it| *it))
        .set_parallelization_factor(unlike(spec.parallelization_factor, 1))
        .set_tumbling_window_in_seconds(unlike(spec.tumbling_window_in_seconds, 0))
        .set_topics(some(spec.topics.iter().cloned().collect()))
        .set_queues(some(spec.queues.iter().cloned().collect()))
        .set_source_access_configurations(some(accesses(spec)))
        .set_amazon_managed_kafka_event_source_config(
            spec.amazon_managed_kafka_event_source_config.as_ref().map(KafkaConfig::sdk),
        )
        .set_provisioned_poller_config(
            spec.provisioned_poller_config.as_ref().map(PollerConfig::sdk),
        )
        .set_metrics_config(spec.metrics_config.as_ref().map(MetricsConfig::sdk))
        .set_kms_key_arn(spec.kms_key_arn.clone())
        .set_tags(Some(tags.into_iter().collect()))
}

/// The call with what is to change; `None` if nothing is. What is not mentioned stays as it
/// is, so that an empty object is sent for what goes.
pub(super) fn change(
    call: UpdateEventSourceMappingFluentBuilder,
    change: &Changing<'_, Spec>,
) -> Option<UpdateEventSourceMappingFluentBuilder> {
    let is_ours = |field: &str| field != "tags";
    let is_touched = serde_json::to_value(&change.want.spec).ok().is_some_and(|spec| {
        let fields = spec.as_object().into_iter().flatten();
        fields.map(|(field, _)| field.as_str()).any(|field| is_ours(field) && change.touches(field))
    });
    if !is_touched {
        return None;
    }
    let spec = &change.want.spec;
    let number = |field: &str, value: Option<i32>| value.filter(|_| change.touches(field));
    let touched = |field: &str| change.touches(field).then_some(());
    let call = call
        .set_function_name(touched("function_name").map(|()| spec.function_name.clone()))
        .set_enabled(touched("enabled").map(|()| spec.enabled))
        .set_batch_size(number("batch_size", spec.batch_size).or_else(|| with_window(change)))
        .set_maximum_batching_window_in_seconds(number(
            "maximum_batching_window_in_seconds",
            spec.maximum_batching_window_in_seconds,
        ))
        .set_function_response_types(touched("function_response_types").map(|()| responses(spec)))
        .set_scaling_config(touched("scaling_config").map(|()| {
            spec.scaling_config
                .as_ref()
                .map_or_else(|| sdk::ScalingConfig::builder().build(), ScalingConfig::sdk)
        }))
        .set_filter_criteria(touched("filter_criteria").map(|()| {
            spec.filter_criteria
                .as_ref()
                .map_or_else(|| sdk::FilterCriteria::builder().build(), FilterCriteria::sdk)
        }))
        .set_destination_config(touched("destination_config").map(|()| {
            spec.destination_config
                .as_ref()
                .map_or_else(|| sdk::DestinationConfig::builder().build(), DestinationConfig::sdk)
        }));
    let call = call
        .set_maximum_retry_attempts(number("maximum_retry_attempts", spec.maximum_retry_attempts))
        .set_maximum_record_age_in_seconds(number(
            "maximum_record_age_in_seconds",
            spec.maximum_record_age_in_seconds,
        ))
        .set_bisect_batch_on_function_error(
            touched("bisect_batch_on_function_error").and(spec.bisect_batch_on_function_error),
        )
        .set_parallelization_factor(number("parallelization_factor", spec.parallelization_factor))
        .set_tumbling_window_in_seconds(number(
            "tumbling_window_in_seconds",
            spec.tumbling_window_in_seconds,
        ));
    Some(
        call.set_source_access_configurations(
            touched("source_access_configuration").map(|()| accesses(spec)),
        )
        .set_provisioned_poller_config(touched("provisioned_poller_config").map(|()| {
            spec.provisioned_poller_config
                .as_ref()
                .map_or_else(|| ProvisionedPollerConfig::builder().build(), PollerConfig::sdk)
        }))
        .set_metrics_config(touched("metrics_config").map(|()| {
            spec.metrics_config.as_ref().map_or_else(
                || EventSourceMappingMetricsConfig::builder().set_metrics(Some(vec![])).build(),
                MetricsConfig::sdk,
            )
        }))
        .set_kms_key_arn(
            touched("kms_key_arn").map(|()| spec.kms_key_arn.clone().unwrap_or_default()),
        ),
    )
}

/// AWS judges window and size of a batch together, and of what a call does not mention it
/// may take the default.
fn with_window(change: &Changing<'_, Spec>) -> Option<i32> {
    change.want.spec.batch_size.filter(|_| change.touches("maximum_batching_window_in_seconds"))
}

/// What a mapping says; `None` of one without source or function, which is none of ours.
pub(super) fn seen(mapping: &GetEventSourceMappingOutput) -> Option<Spec> {
    let on_failure = mapping.destination_config().and_then(|config| config.on_failure());
    let destination = on_failure.and_then(|it| it.destination()).filter(|it| !it.is_empty());
    let group = mapping.amazon_managed_kafka_event_source_config();
    let group = group.and_then(|config| config.consumer_group_id());
    let concurrency = mapping.scaling_config().and_then(|config| config.maximum_concurrency());
    let function = mapping.function_arn()?;
    Some(Spec {
        event_source_arn: mapping.event_source_arn()?.to_owned(),
        function_name: function.strip_suffix(":$LATEST").unwrap_or(function).to_owned(),
        // A mapping that is being made will read, unless it is being disabled by then.
        enabled: !matches!(mapping.state(), Some("Disabling" | "Disabled")),
        batch_size: mapping.batch_size(),
        maximum_batching_window_in_seconds: mapping.maximum_batching_window_in_seconds(),
        function_response_types: mapping
            .function_response_types()
            .iter()
            .filter_map(ResponseType::seen)
            .collect(),
        starting_position: mapping.starting_position().and_then(StartingPosition::seen),
        starting_position_timestamp: mapping.starting_position_timestamp().and_then(told),
        scaling_config: concurrency
            .map(|maximum_concurrency| ScalingConfig { maximum_concurrency }),
        filter_criteria: mapping.filter_criteria().map(FilterCriteria::seen),
        destination_config: destination.map(|destination| DestinationConfig {
            on_failure: OnFailure { destination: destination.to_owned() },
        }),
        maximum_retry_attempts: mapping.maximum_retry_attempts(),
        maximum_record_age_in_seconds: mapping.maximum_record_age_in_seconds(),
        bisect_batch_on_function_error: mapping.bisect_batch_on_function_error(),
        parallelization_factor: mapping.parallelization_factor(),
        tumbling_window_in_seconds: mapping.tumbling_window_in_seconds(),
        topics: mapping.topics().iter().cloned().collect(),
        queues: mapping.queues().iter().cloned().collect(),
        source_access_configuration: mapping
            .source_access_configurations()
            .iter()
            .filter_map(SourceAccess::seen)
            .collect(),
        amazon_managed_kafka_event_source_config: group
            .map(|group| KafkaConfig { consumer_group_id: group.to_owned() }),
        provisioned_poller_config: mapping.provisioned_poller_config().and_then(PollerConfig::seen),
        metrics_config: mapping.metrics_config().map(MetricsConfig::seen),
        kms_key_arn: mapping.kms_key_arn().filter(|key| !key.is_empty()).map(str::to_owned),
        tags: crate::aws::tags::Tags::default(),
    })
}

/// Lists that say nothing are left out: Kafka refuses an empty one.
fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

fn responses(spec: &Spec) -> Vec<FunctionResponseType> {
    spec.function_response_types.iter().map(|it| it.sdk()).collect()
}

fn accesses(spec: &Spec) -> Vec<SourceAccessConfiguration> {
    spec.source_access_configuration.iter().map(SourceAccess::sdk).collect()
}

fn time(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, Format::DateTime).ok()
}

fn told(time: &DateTime) -> Option<String> {
    time.fmt(Format::DateTime).ok()
}

/// A time as AWS's own comes to be told. What is none stays.
pub(super) fn normal_time(text: &str) -> String {
    time(text).and_then(|time| told(&time)).unwrap_or_else(|| text.to_owned())
}

impl ResponseType {
    fn sdk(self) -> FunctionResponseType {
        match self {
            Self::ReportBatchItemFailures => FunctionResponseType::ReportBatchItemFailures,
        }
    }

    fn seen(it: &FunctionResponseType) -> Option<Self> {
        (*it == FunctionResponseType::ReportBatchItemFailures)
            .then_some(Self::ReportBatchItemFailures)
    }
}

impl StartingPosition {
    fn sdk(self) -> EventSourcePosition {
        match self {
            Self::TrimHorizon => EventSourcePosition::TrimHorizon,
            Self::Latest => EventSourcePosition::Latest,
            Self::AtTimestamp => EventSourcePosition::AtTimestamp,
        }
    }

    fn seen(position: &EventSourcePosition) -> Option<Self> {
        match position {
            EventSourcePosition::TrimHorizon => Some(Self::TrimHorizon),
            EventSourcePosition::Latest => Some(Self::Latest),
            EventSourcePosition::AtTimestamp => Some(Self::AtTimestamp),
            _ => None,
        }
    }
}

impl ScalingConfig {
    fn sdk(&self) -> sdk::ScalingConfig {
        sdk::ScalingConfig::builder().maximum_concurrency(self.maximum_concurrency).build()
    }
}

impl FilterCriteria {
    fn sdk(&self) -> sdk::FilterCriteria {
        let filters = self.filters.iter();
        let filters =
            filters.map(|filter| sdk::Filter::builder().pattern(filter.pattern.text()).build());
        sdk::FilterCriteria::builder().set_filters(Some(filters.collect())).build()
    }

    fn seen(criteria: &sdk::FilterCriteria) -> Self {
        let filters = criteria.filters().iter().filter_map(sdk::Filter::pattern);
        let filter = |text| Some(Filter { pattern: Pattern::seen(text)? });
        Self { filters: filters.filter_map(filter).collect() }
    }
}

impl DestinationConfig {
    fn sdk(&self) -> sdk::DestinationConfig {
        let on_failure = sdk::OnFailure::builder().destination(&self.on_failure.destination);
        sdk::DestinationConfig::builder().on_failure(on_failure.build()).build()
    }
}

impl SourceAccess {
    fn sdk(&self) -> SourceAccessConfiguration {
        SourceAccessConfiguration::builder().r#type(self.r#type.sdk()).uri(&self.uri).build()
    }

    fn seen(access: &SourceAccessConfiguration) -> Option<Self> {
        let r#type = access.r#type().and_then(AccessType::seen)?;
        Some(Self { r#type, uri: access.uri()?.to_owned() })
    }
}

impl AccessType {
    fn sdk(self) -> SourceAccessType {
        match self {
            Self::BasicAuth => SourceAccessType::BasicAuth,
            Self::ClientCertificateTlsAuth => SourceAccessType::ClientCertificateTlsAuth,
            Self::SaslScram512Auth => SourceAccessType::SaslScram512Auth,
            Self::VirtualHost => SourceAccessType::VirtualHost,
        }
    }

    fn seen(access: &SourceAccessType) -> Option<Self> {
        match access {
            SourceAccessType::BasicAuth => Some(Self::BasicAuth),
            SourceAccessType::ClientCertificateTlsAuth => Some(Self::ClientCertificateTlsAuth),
            SourceAccessType::SaslScram512Auth => Some(Self::SaslScram512Auth),
            SourceAccessType::VirtualHost => Some(Self::VirtualHost),
            _ => None,
        }
    }
}

impl KafkaConfig {
    fn sdk(&self) -> AmazonManagedKafkaEventSourceConfig {
        let config = AmazonManagedKafkaEventSourceConfig::builder();
        config.consumer_group_id(&self.consumer_group_id).build()
    }
}

impl PollerConfig {
    fn sdk(&self) -> ProvisionedPollerConfig {
        ProvisionedPollerConfig::builder()
            .set_minimum_pollers(self.minimum_pollers)
            .set_maximum_pollers(self.maximum_pollers)
            .set_poller_group_name(self.poller_group_name.clone())
            .build()
    }

    fn seen(config: &ProvisionedPollerConfig) -> Option<Self> {
        let seen = Self {
            minimum_pollers: config.minimum_pollers(),
            maximum_pollers: config.maximum_pollers(),
            poller_group_name: config.poller_group_name().map(str::to_owned),
        };
        let is_one = seen.minimum_pollers.is_some() || seen.maximum_pollers.is_some();
        is_one.then_some(seen)
    }
}

impl MetricsConfig {
    fn sdk(&self) -> EventSourceMappingMetricsConfig {
        let metrics = self.metrics.iter().map(|metric| metric.sdk()).collect();
        EventSourceMappingMetricsConfig::builder().set_metrics(Some(metrics)).build()
    }

    fn seen(config: &EventSourceMappingMetricsConfig) -> Self {
        Self { metrics: config.metrics().iter().filter_map(Metric::seen).collect() }
    }
}

impl Metric {
    fn sdk(self) -> EventSourceMappingMetric {
        match self {
            Self::EventCount => EventSourceMappingMetric::EventCount,
            Self::ErrorCount => EventSourceMappingMetric::ErrorCount,
            Self::KafkaMetrics => EventSourceMappingMetric::KafkaMetrics,
        }
    }

    fn seen(metric: &EventSourceMappingMetric) -> Option<Self> {
        match metric {
            EventSourceMappingMetric::EventCount => Some(Self::EventCount),
            EventSourceMappingMetric::ErrorCount => Some(Self::ErrorCount),
            EventSourceMappingMetric::KafkaMetrics => Some(Self::KafkaMetrics),
            _ => None,
        }
    }
}
