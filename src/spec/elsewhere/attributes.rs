//! Attributes of Terraform's resources and properties of CloudFormation's, by
//! the kind that has none of that name. A word that is a field by another name
//! alone stands in `FIELDS`; here is what takes a sentence.

use super::Said;

/// Of one kind, at the top of an entry.
pub(super) const OF_KINDS: &[(&str, &[Said])] = &[
    ("sqs_queue", QUEUE),
    ("sns_topic", TOPIC),
    ("sns_subscription", SUBSCRIPTION),
    ("s3_bucket", BUCKET),
    ("s3_bucket_notification", NOTIFICATION),
    ("kms_key", KEY),
    ("iam_role", ROLE),
    ("iam_policy", POLICY),
    ("lambda_event_source_mapping", MAPPING),
    ("cloudwatch_event_rule", RULE),
    ("cloudwatch_log_group", LOG_GROUP),
    ("lambda_function", FUNCTION),
    ("cloudwatch_metric_alarm", ALARM),
    ("cloudwatch_composite_alarm", COMPOSITE),
    ("security_group", GROUP),
    ("dynamodb_table", TABLE),
    ("sfn_state_machine", STATE_MACHINE),
];

const RULE: &[Said] = &[
    (&["is_enabled", "enabled"], "write `state: DISABLED`, or nothing where it is enabled"),
    (
        &["target", "arn", "target_id", "rule"],
        "write `targets: { NAME: { arn: \"${NAME.arn}\" } }`: they stand in the rule",
    ),
];

const QUEUE: &[Said] = &[
    (&["queue_url", "queues"], "take it out: a `policy:` stands in the queue that it is about"),
    (
        &["max_receive_count", "dead_letter_queue", "dlq"],
        "write `redrive_policy: { dead_letter_queue: \"${NAME.arn}\", max_receive_count: 5 }`",
    ),
];

const TOPIC: &[Said] = &[
    (&["topics"], "take it out: a `policy:` stands in the topic that it is about"),
    (
        &["delivery_status_logging"],
        "each role is a field of its own: `sqs_failure_feedback_role_arn: \"${NAME.arn}\"`",
    ),
    (
        &["data_protection_policy"],
        "take it out: ccprov leaves the data protection of a topic as it is; SNS takes no new \
         customers for it",
    ),
];

const SUBSCRIPTION: &[Said] = &[
    (
        &["endpoint_auto_confirms", "confirmation_timeout_in_minutes"],
        "take it out: an apply does not wait for a confirmation; the subscription is shown as \
         awaiting it until it is there",
    ),
    (&["topic_name"], "write `topic_arn: \"${NAME.arn}\"`"),
];

const BUCKET: &[Said] = &[
    (
        &["lifecycle_rule", "lifecycle_configuration"],
        "write `lifecycle_rules:`, a list of rules with an `id` each",
    ),
    (
        &["server_side_encryption_configuration", "bucket_encryption"],
        "write `server_side_encryption: { sse_algorithm: \"aws:kms\", kms_master_key_id: \"${NAME.arn}\" }`",
    ),
    (
        &["logging_configuration"],
        "write `logging: { target_bucket: \"${NAME.name}\", target_prefix: logs/ }`",
    ),
    (
        &["ownership_controls"],
        "write `object_ownership: BucketOwnerEnforced`, which is the default",
    ),
    (
        &["object_lock_configuration"],
        "write `object_lock_enabled: true`; a default retention is left as it is",
    ),
    (
        &["notification_configuration", "notification", "event_notifications"],
        "it is a resource of its own: `kind: s3_bucket_notification`",
    ),
    (
        &[
            "cors_rule",
            "cors_configuration",
            "website",
            "website_configuration",
            "replication_configuration",
            "acceleration_status",
            "accelerate_configuration",
            "request_payer",
            "intelligent_tiering_configurations",
            "inventory_configurations",
            "analytics_configurations",
            "metrics_configurations",
        ],
        "take it out: ccprov has no field for it, and leaves what the bucket has as it is",
    ),
];

const NOTIFICATION: &[Said] = &[
    (&["queue_configurations", "queues"], "write `queue: [{ queue_arn: ..., events: [...] }]`"),
    (&["topic_configurations", "topics"], "write `topic: [{ topic_arn: ..., events: [...] }]`"),
    (
        &["lambda_configurations", "lambda", "lambda_function_configurations"],
        "write `lambda_function: [{ lambda_function_arn: ..., events: [...] }]`",
    ),
    (&["event_bridge_configuration"], "write `eventbridge: true`"),
];

const KEY: &[Said] = &[
    (&["enabled"], "write `is_enabled: false` for a key that is switched off"),
    (&["name", "key_alias", "aliases"], "write `alias: NAME`: a key has no other name"),
    (
        &["custom_key_store_id", "xks_key_id", "origin"],
        "take it out: keys are made in KMS itself; name another one by its ARN where it is used",
    ),
    (
        &["bypass_policy_lockout_safety_check", "bypass_policy_lockout_check"],
        "take it out: a policy that would lock everybody out is refused",
    ),
    (&["target_key_id"], "take it out: `alias:` stands in the key that it is for"),
];

const ROLE: &[Said] = &[
    (
        &["force_detach_policies"],
        "take it out: a role that goes lets go of its policies first, whoever attached them",
    ),
    (
        &["policies", "inline_policy"],
        "write `inline_policies: { NAME: { Statement: [...] } }`, a map by name",
    ),
    (&["policy_arn", "policy_arns"], "write `managed_policy_arns: [\"${NAME.arn}\"]`"),
    (
        &["policy"],
        "a policy of a role has a name: `inline_policies: { NAME: { Statement: [...] } }`",
    ),
];

const POLICY: &[Said] = &[
    (
        &["roles", "role"],
        "the role says which policies it has: `managed_policy_arns: [\"${NAME.arn}\"]`",
    ),
    (
        &["users", "user", "groups", "group"],
        "attach it there to users and groups: `ccprov output` hands its ARN on",
    ),
    (
        &["delay_after_policy_creation_in_ms"],
        "take it out: a call that IAM refuses for some seconds is repeated",
    ),
];

const LOG_GROUP: &[Said] = &[
    (
        &["skip_destroy"],
        "write `lifecycle: { prevent_destroy: true }`: a plan that would delete it is refused",
    ),
    (
        &[
            "data_protection_policy",
            "field_index_policies",
            "resource_policy_document",
            "bearer_token_authentication_enabled",
        ],
        "take it out: ccprov has no field for it, and leaves what the log group has as it is",
    ),
];

const FUNCTION: &[Said] = &[
    (&["filename", "zip_file", "local_existing_package"], "write `code: { file: PATH }`"),
    (
        &["source_dir", "source_path", "code_uri"],
        "write `code: { folder: PATH }`, which packs the folder",
    ),
    (
        &["s3_bucket", "s3_key", "s3_object_version"],
        "write `code: { bucket: NAME, key: KEY, sha256: HASH }`",
    ),
    (
        &["source_code_hash", "code_sha256"],
        "take it out: code is compared by the hash of what would be sent",
    ),
    (&["architecture"], "write `architectures: [arm64]`"),
    (
        &["allowed_triggers", "permission"],
        "write `permissions: { NAME: { principal: s3.amazonaws.com, source_arn: \"${bucket.arn}\" } }`",
    ),
    (
        &[
            "maximum_retry_attempts",
            "maximum_event_age_in_seconds",
            "destination_config",
            "destinations",
        ],
        "it stands under `event_invoke_config:`",
    ),
    (
        &["event_source_mapping", "event_sources"],
        "a mapping is a resource of its own: `kind: lambda_event_source_mapping`",
    ),
    (&["dead_letter_queue", "dlq"], "write `dead_letter_config: { target_arn: \"${NAME.arn}\" }`"),
    (&["tracing", "tracing_mode"], "write `tracing_config: { mode: Active }`"),
    (
        &["file_system_configs"],
        "write `file_system_config: { arn: ..., local_mount_path: /mnt/NAME }`, one",
    ),
    (
        &["alias", "provisioned_concurrency", "auto_publish_alias"],
        "write `publish: true` and `aliases: { NAME: {} }`",
    ),
    (
        &["update_runtime_on", "runtime_version_arn", "runtime_management"],
        "write `runtime_management_config: { update_runtime_on: Auto }`",
    ),
    (&["recursion_config"], "write `recursive_loop: Terminate`"),
    (&["code_signing", "code_signing_config"], "write `code_signing_config_arn: ARN`"),
    (
        &[
            "skip_destroy",
            "publish_to",
            "source_kms_key_arn",
            "durable_config",
            "tenancy_config",
            "capacity_provider_config",
            "replace_security_groups_on_destroy",
            "replacement_security_group_ids",
        ],
        "take it out: ccprov has no field for it, and leaves what the function has as it is",
    ),
    (
        &["log_group", "log_group_name", "log_format"],
        "it stands under `logging_config:`, and is a resource of its own: `kind: cloudwatch_log_group`",
    ),
];

const ALARM: &[Said] = &[
    (
        &["evaluate_low_sample_count_percentiles", "evaluate_low_sample_count_percentile"],
        "take it out: few samples are evaluated, as is AWS's default",
    ),
    (
        &["threshold_metric_id"],
        "take it out: an alarm has a `threshold:`, and no band that AWS has learnt",
    ),
];

const COMPOSITE: &[Said] = &[(
    &["actions_suppressor_wait_period", "actions_suppressor_extension_period"],
    "write `actions_suppressor: { alarm: \"${NAME.name}\", wait_period: 60, extension_period: 60 }`",
)];

const GROUP: &[Said] = &[
    (
        &["revoke_rules_on_delete"],
        "take it out: a group that is deleted takes back its rules that name others",
    ),
    (
        &["security_group_ingress"],
        "write `ingress:`, a list of rules with `protocol`, `from_port`, `to_port` and sources",
    ),
    (
        &["security_group_egress"],
        "write `egress:`, a list of rules with `protocol`, `from_port`, `to_port` and destinations",
    ),
];

const TABLE: &[Said] = &[
    (
        &["attribute", "attributes", "attribute_definitions"],
        "take it out: each key says its own type, `hash_key: { name: pk, type: S }`",
    ),
    (
        &["key_schema"],
        "write `hash_key: { name: pk, type: S }`, and `range_key:` where there is one",
    ),
    (
        &["global_secondary_index", "gsi"],
        "write `global_secondary_indexes: { NAME: { hash_key: { name: owner, type: S } } }`, a map by name",
    ),
    (
        &["local_secondary_index", "lsi"],
        "write `local_secondary_indexes: { NAME: { range_key: { name: at, type: N } } }`, a map by name",
    ),
    (
        &["provisioned_throughput"],
        "write `billing_mode: PROVISIONED` with `read_capacity:` and `write_capacity:`",
    ),
    (&["on_demand_throughput"], "write `max_read_request_units:` and `max_write_request_units:`"),
    (
        &["ttl", "time_to_live_specification"],
        "write `ttl_attribute: expires`; left out, there is none",
    ),
    (
        &["stream_enabled", "stream_specification"],
        "write `stream_view_type: NEW_IMAGE`; left out, there is no stream",
    ),
    (
        &["server_side_encryption", "sse_specification", "sse_enabled"],
        "write `kms_key_id: \"${NAME.arn}\"`, or `alias/aws/dynamodb` for AWS's key of the account",
    ),
    (
        &["point_in_time_recovery_specification", "point_in_time_recovery_enabled"],
        "write `point_in_time_recovery: true`",
    ),
    (
        &["autoscaling", "auto_scaling", "autoscaled"],
        "leave to the autoscaler what it sets: `lifecycle: { ignore_changes: [read_capacity, write_capacity] }`",
    ),
    (
        &["replica", "replicas", "global_table_witness", "global_table_settings_replication_mode"],
        "a table lives in the region of its stack: ccprov makes no global tables",
    ),
    (
        &["import_table", "import_source_specification"],
        "a table begins empty: import items with `aws dynamodb import-table`, into a table that \
         `lifecycle: { adopt: true }` takes over",
    ),
    (
        &[
            "restore_source_name",
            "restore_source_table_arn",
            "restore_date_time",
            "restore_to_latest_time",
            "restore_backup_arn",
        ],
        "a table begins empty: restore it with `aws dynamodb restore-table-to-point-in-time`, and take \
         it over with `lifecycle: { adopt: true }`",
    ),
    (
        &[
            "contributor_insights",
            "contributor_insights_specification",
            "kinesis_stream_specification",
            "kinesis_streaming_destination",
            "warm_throughput",
            "vector_indexes",
        ],
        "take it out: ccprov has no field for it, and leaves what the table has as it is",
    ),
];

const STATE_MACHINE: &[Said] = &[
    (
        &["definition_string", "definition_uri", "definition_s3_location", "definition_body"],
        "write `definition:` as YAML, or `definition: { file: workflow.asl.json }`",
    ),
    (
        &["definition_substitutions"],
        "take it out: references stand in the definition itself, `${NAME.arn}`",
    ),
    (
        &["logging", "log_destination", "log_group"],
        "write `logging_configuration: { level: ERROR, log_destination: \"${NAME.arn}\" }`",
    ),
    (&["tracing", "tracing_enabled"], "write `tracing_configuration: { enabled: true }`"),
    (
        &["kms_key", "kms_key_arn", "kms_key_id", "encryption_key"],
        "write `encryption_configuration: { kms_key_id: \"${NAME.arn}\" }`",
    ),
    (
        &["auto_publish_alias", "deployment_preference"],
        "write `publish: true`, and a name for what was published last under `aliases:`",
    ),
    (
        &["version_description"],
        "take it out: a version has a number, and an alias its `description:`",
    ),
    (
        &["policies", "permissions_boundary", "role_path"],
        "the role is a resource of its own: `kind: iam_role`, and `role_arn: \"${NAME.arn}\"`",
    ),
];

const MAPPING: &[Said] = &[
    (
        &[
            "self_managed_event_source",
            "self_managed_kafka_event_source_config",
            "document_db_event_source_config",
        ],
        "take it out: ccprov maps queues, streams, Amazon MSK and Amazon MQ, and nothing else",
    ),
    (
        &["on_failure", "destination_arn", "dead_letter_config"],
        "write `destination_config: { on_failure: { destination: \"${NAME.arn}\" } }`",
    ),
    (
        &["maximum_concurrency", "max_concurrency"],
        "write `scaling_config: { maximum_concurrency: 5 }`",
    ),
    (&["filters"], "write `filter_criteria: { filters: [{ pattern: ... }] }`"),
    (&["report_batch_item_failures"], "write `function_response_types: [ReportBatchItemFailures]`"),
    (
        &["consumer_group_id"],
        "write `amazon_managed_kafka_event_source_config: { consumer_group_id: NAME }`",
    ),
];

/// Within a field, which is named first. Those of [`super::FIELDS`] are known at any depth.
pub(super) const WITHIN: &[(&str, &[Said])] = &[
    (
        "environment",
        &[(
            &["variables"],
            "its entries stand here, with nothing around them: `environment: { NAME: VALUE }`",
        )],
    ),
    ("filter_criteria", &[(&["filter"], "write `filters: [{ pattern: ... }]`, a list")]),
    (
        "lifecycle_rules",
        &[
            (
                &["prefix", "tags", "tag", "and", "object_size_greater_than"],
                "write `filter: { prefix: logs/ }`",
            ),
            (&["enabled"], "write `status: Enabled`, which is the default"),
            (
                &[
                    "abort_incomplete_multipart_upload",
                    "abort_incomplete_multipart_upload_days_after_initiation",
                ],
                "write `abort_incomplete_multipart_upload_days: 7`",
            ),
            (&["expiration_in_days", "expiration_days"], "write `expiration: { days: 30 }`"),
            (&["transition"], "write `transitions:`, a list"),
            (&["noncurrent_version_transition"], "write `noncurrent_version_transitions:`, a list"),
        ],
    ),
    (
        "server_side_encryption",
        &[(
            &["rule", "apply_server_side_encryption_by_default", "rules"],
            "its fields stand here, with nothing around them: `sse_algorithm`, `kms_master_key_id`",
        )],
    ),
    (
        "logging",
        &[
            (&["destination_bucket_name", "bucket"], "write `target_bucket: \"${NAME.name}\"`"),
            (&["log_file_prefix", "prefix"], "write `target_prefix: logs/`"),
        ],
    ),
    (
        "versioning",
        &[(
            &["enabled", "status", "mfa_delete"],
            "write `versioning: enabled`, or `versioning: suspended`",
        )],
    ),
    (
        "logging_configuration",
        &[(
            &["destinations", "cloud_watch_logs_log_group", "log_group_arn"],
            "write `log_destination: \"${NAME.arn}\"`",
        )],
    ),
    ("archive_policy", &[(&["message_retention_period"], "write `message_retention_days: 30`")]),
    ("vpc_config", &[(&["vpc_id"], "take it out: the subnets say which VPC it is")]),
    (
        "event_invoke_config",
        &[
            (&["qualifier"], "take it out: it is for the function, and for no alias of it"),
            (
                &["on_failure", "on_success"],
                "write `destination_config: { on_failure: { destination: \"${NAME.arn}\" } }`",
            ),
        ],
    ),
    ("metrics", &[(&["metric"], "write `metric_stat:`, with the same in it")]),
];
