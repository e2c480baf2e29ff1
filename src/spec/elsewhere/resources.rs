//! Types of resources of Terraform, CloudFormation and Pulumi, without `aws_`,
//! and what says the same here. One that is called as a kind of ours is not listed.

use super::Said;

/// What says the same here.
pub(super) const RESOURCES: &[Said] = &[
    (&["sns_topic_subscription"], "write `kind: sns_subscription`"),
    (&["iam_managed_policy"], "write `kind: iam_policy`"),
    (&["logs_log_group", "log_group"], "write `kind: cloudwatch_log_group`"),
    (
        &["cloud_watch_alarm", "cloudwatch_alarm", "cloud_watch_metric_alarm"],
        "write `kind: cloudwatch_metric_alarm`",
    ),
    (
        &["cloud_watch_composite_alarm", "composite_alarm"],
        "write `kind: cloudwatch_composite_alarm`",
    ),
    (&["ec2_security_group", "vpc_security_group"], "write `kind: security_group`"),
    (
        &[
            "security_group_rule",
            "vpc_security_group_ingress_rule",
            "ec2_security_group_ingress",
            "security_group_ingress",
        ],
        "it is a rule of the field `ingress` of the security_group; what goes out, of `egress`",
    ),
    (
        &["vpc_security_group_egress_rule", "ec2_security_group_egress", "security_group_egress"],
        "it is a rule of the field `egress` of the security_group",
    ),
    (&["kafka_topic"], "write `kind: msk_topic`"),
    (
        &["msk_single_scram_secret_association", "msk_batch_scram_secret"],
        "write `kind: msk_scram_secret_association`, which takes a list of secrets",
    ),
    (&["serverless_function"], "write `kind: lambda_function`"),
    (&["lambda_alias"], "it is the field `aliases` of the lambda_function"),
    (
        &["lambda_permission", "lambda_resource_policy"],
        "it is the field `permissions` of the lambda_function",
    ),
    (
        &["lambda_function_event_invoke_config", "lambda_event_invoke_config"],
        "it is the field `event_invoke_config` of the lambda_function",
    ),
    (
        &["lambda_function_recursion_config"],
        "it is the field `recursive_loop` of the lambda_function",
    ),
    (
        &["lambda_runtime_management_config"],
        "it is the field `runtime_management_config` of the lambda_function",
    ),
    (
        &["lambda_code_signing_config"],
        "there is no kind for it: name one that there is by its ARN, in `code_signing_config_arn:` of a lambda_function",
    ),
    (
        &["step_functions_state_machine", "serverless_state_machine"],
        "write `kind: sfn_state_machine`",
    ),
    (
        &["sfn_alias", "step_functions_state_machine_alias"],
        "it is the field `aliases` of the sfn_state_machine",
    ),
    (
        &["step_functions_state_machine_version"],
        "it is the field `publish` of the sfn_state_machine",
    ),
    (
        &["sfn_activity", "step_functions_activity"],
        "there is no kind for it: make it elsewhere, and name it by its ARN",
    ),
    (&["ecr_lifecycle_policy"], "it is the field `lifecycle_policy` of the ecr_repository"),
    (&["ecr_repository_policy"], "it is the field `policy` of the ecr_repository"),
    (
        &[
            "ecr_registry_policy",
            "ecr_registry_scanning_configuration",
            "ecr_replication_configuration",
            "ecr_pull_through_cache_rule",
        ],
        "there is no kind for what is of the whole registry, which no stack owns",
    ),
    (&["events_event_bus", "event_bus"], "write `kind: cloudwatch_event_bus`"),
    (&["events_rule", "event_rule"], "write `kind: cloudwatch_event_rule`"),
    (&["events_archive", "event_archive"], "write `kind: cloudwatch_event_archive`"),
    (&["event_schemas_registry"], "write `kind: schemas_registry`"),
    (&["event_schemas_schema"], "write `kind: schemas_schema`"),
    (
        &["cloudwatch_event_target", "event_target"],
        "it is an entry of `targets` of the cloudwatch_event_rule",
    ),
    (
        &[
            "cloudwatch_event_bus_policy",
            "cloudwatch_event_permission",
            "events_event_bus_policy",
            "event_bus_policy",
        ],
        "it is the field `policy` of the cloudwatch_event_bus",
    ),
    (
        &["scheduler_schedule", "scheduler_schedule_group"],
        "there is no kind for it: a cloudwatch_event_rule has a `schedule_expression`",
    ),
    (
        &[
            "cloudwatch_event_api_destination",
            "cloudwatch_event_connection",
            "cloudwatch_event_endpoint",
            "pipes_pipe",
            "schemas_discoverer",
            "schemas_registry_policy",
        ],
        "there is no kind for it: make it elsewhere, and name it by its ARN",
    ),
    (&["s3_bucket_v2"], "write `kind: s3_bucket`"),
    (&["sqs_queue_policy", "sqs_queue_inline_policy"], "it is the field `policy` of the sqs_queue"),
    (&["sqs_queue_redrive_policy"], "it is the field `redrive_policy` of the sqs_queue"),
    (
        &["sqs_queue_redrive_allow_policy"],
        "it is the field `redrive_allow_policy` of the sqs_queue",
    ),
    (&["sns_topic_policy", "sns_topic_inline_policy"], "it is the field `policy` of the sns_topic"),
    (
        &["sns_topic_data_protection_policy"],
        "there is none: ccprov leaves the data protection of a topic as it is",
    ),
    (&["s3_bucket_policy"], "it is the field `policy` of the s3_bucket"),
    (&["s3_bucket_versioning"], "it is the field `versioning` of the s3_bucket"),
    (&["s3_bucket_public_access_block"], "it is the field `public_access_block` of the s3_bucket"),
    (&["s3_bucket_ownership_controls"], "it is the field `object_ownership` of the s3_bucket"),
    (
        &["s3_bucket_server_side_encryption_configuration"],
        "it is the field `server_side_encryption` of the s3_bucket",
    ),
    (&["s3_bucket_lifecycle_configuration"], "it is the field `lifecycle_rules` of the s3_bucket"),
    (&["s3_bucket_logging"], "it is the field `logging` of the s3_bucket"),
    (
        &["s3_bucket_object_lock_configuration"],
        "it is the field `object_lock_enabled` of the s3_bucket; a default retention is left as it is",
    ),
    (
        &["s3_bucket_acl"],
        "take it out: buckets are private, and the field `policy` of the s3_bucket lets others in",
    ),
    (
        &[
            "s3_bucket_accelerate_configuration",
            "s3_bucket_analytics_configuration",
            "s3_bucket_cors_configuration",
            "s3_bucket_intelligent_tiering_configuration",
            "s3_bucket_inventory",
            "s3_bucket_metric",
            "s3_bucket_replication_configuration",
            "s3_bucket_request_payment_configuration",
            "s3_bucket_website_configuration",
        ],
        "there is none: ccprov leaves what the bucket has of it as it is",
    ),
    (
        &["s3_object", "s3_bucket_object", "s3_object_copy"],
        "there is no kind for objects: whoever writes them puts them there, after an apply",
    ),
    (&["kms_alias"], "it is the field `alias` of the kms_key"),
    (&["kms_key_policy"], "it is the field `policy` of the kms_key"),
    (
        &["kms_external_key", "kms_replica_key", "kms_replica_external_key"],
        "there is no kind for it: make it elsewhere, and name it by its ARN",
    ),
    (&["kms_grant"], "there are no grants: the field `policy` of the kms_key lets others in"),
    (
        &["iam_role_policy", "iam_inline_policy", "iam_role_policies_exclusive"],
        "it is the field `inline_policies` of the iam_role, which owns all of them",
    ),
    (
        &[
            "iam_role_policy_attachment",
            "iam_policy_attachment",
            "iam_role_policy_attachments_exclusive",
        ],
        "it is the field `managed_policy_arns` of the iam_role, which owns all of them",
    ),
    (&["iam_policy_document"], "write the policy itself, as YAML, where it is used"),
    (&["caller_identity"], "take it out: `${account}` is the account"),
    (&["region"], "take it out: `${region}` is the region of the stack"),
    (&["partition"], "take it out: `${partition}` is the partition"),
    (
        &["random_id", "random_string", "random_pet", "random_uuid", "random_password"],
        "take it out: a name follows from the stack and the address, and a bucket's ends with digits of its own",
    ),
    (
        &["lambda_invocation", "lambda_invoke"],
        "take it out: no apply calls a function; `ccprov invoke ADDRESS` does, when you want it",
    ),
    (
        &["null_resource", "terraform_data", "time_sleep", "local_file", "archive_file"],
        "take it out: nothing runs beside an apply, and what must be waited for is waited for",
    ),
];

/// What has a name of ours, and means something else, word by word.
pub(super) const FALSE_FRIENDS: &[Said] = &[(
    &["AWS::IAM::Policy", "iam:Policy"],
    "it is the field `inline_policies` of the iam_role, which owns all of them",
)];
