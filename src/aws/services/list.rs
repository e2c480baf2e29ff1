//! The list of services: a line for each.

/// Gives the list to a macro that makes something of it. First the services whose
/// calls a crate of the SDK makes: the module, the crate, and any one operation, by
/// which a test asks the SDK what it calls the service. Then those whose calls the
/// module makes itself: its `client` has a `Client`.
macro_rules! services {
    ($with:ident) => {
        $with! {
            by a crate {
                cloudwatch: aws_sdk_cloudwatch, describe_alarms::DescribeAlarms;
                dynamodb: aws_sdk_dynamodb, list_tables::ListTables;
                ecr: aws_sdk_ecr, describe_repositories::DescribeRepositories;
                events: aws_sdk_eventbridge, list_event_buses::ListEventBuses;
                iam: aws_sdk_iam, list_roles::ListRoles;
                kafka: aws_sdk_kafka, list_clusters_v2::ListClustersV2;
                kms: aws_sdk_kms, list_keys::ListKeys;
                lambda: aws_sdk_lambda, list_functions::ListFunctions;
                logs: aws_sdk_cloudwatchlogs, describe_log_groups::DescribeLogGroups;
                s3: aws_sdk_s3, list_buckets::ListBuckets;
                schemas: aws_sdk_schemas, list_registries::ListRegistries;
                secrets: aws_sdk_secretsmanager, list_secrets::ListSecrets;
                sfn: aws_sdk_sfn, list_state_machines::ListStateMachines;
                sns: aws_sdk_sns, list_topics::ListTopics;
                sqs: aws_sdk_sqs, list_queues::ListQueues;
                sts: aws_sdk_sts, get_caller_identity::GetCallerIdentity;
                tagging: aws_sdk_resourcegroupstagging, get_resources::GetResources;
            }
            by hand {
                ec2;
                ssm;
            }
        }
    };
}
pub(super) use services;

/// What a client needs beyond what all need: nothing.
macro_rules! no_settings {
    ($sdk:ident) => {
        pub(in crate::aws::services) fn settings(
            builder: $sdk::config::Builder,
            _: &aws_config::SdkConfig,
        ) -> $sdk::config::Builder {
            builder
        }
    };
}
pub(super) use no_settings;
