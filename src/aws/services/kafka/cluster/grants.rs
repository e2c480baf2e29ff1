//! What AWS must allow of clusters.
//!
//! AWS chooses the end of a cluster's ARN, and the name stands before it. What MSK sets up
//! for a cluster it sets up in the name of whoever makes it.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    // MSK defines no resource for either of these.
    Grant::read("ClusterLists", ANY, &["kafka:ListClustersV2"]),
    Grant::write("NewClusters", ANY, &["kafka:CreateClusterV2"]).bound(Bound::Tagging),
    Grant::read("Clusters", CLUSTER, READING),
    Grant::read("FormerClusters", ALL_CLUSTERS, READING).bound(Bound::Owned),
    Grant::read("ClusterOperations", OPERATIONS, &["kafka:DescribeClusterOperationV2"]),
    // Configurations of the stack are found through its clusters.
    Grant::read("ConfigurationLists", ANY, &["kafka:ListConfigurations"]),
    Grant::read("FormerConfigurations", CONFIGURATIONS, &["kafka:DescribeConfigurationRevision"]),
    // Whether the key of a cluster is AWS's own.
    Grant::read("ClusterKeys", ALL_KEYS, &["kms:DescribeKey"]),
    Grant::write(
        "Clusters",
        CLUSTER,
        &[
            "kafka:TagResource",
            "kafka:UntagResource",
            "kafka:UpdateBrokerCount",
            "kafka:UpdateBrokerStorage",
            "kafka:UpdateBrokerType",
            "kafka:UpdateClusterConfiguration",
            "kafka:UpdateClusterKafkaVersion",
            "kafka:UpdateConnectivity",
            "kafka:UpdateMonitoring",
            "kafka:UpdateRebalancing",
            "kafka:UpdateSecurity",
            "kafka:UpdateStorage",
        ],
    ),
    Grant::write("NetworksOfClusters", ANY, NETWORKS).only_with("broker_node_group_info"),
    Grant::write("ServiceRoleOfClusters", SERVICE_ROLE, &["iam:CreateServiceLinkedRole"])
        .bound(Bound::Where("iam:AWSServiceName", "kafka.amazonaws.com"))
        .only_with("broker_node_group_info"),
    Grant::write("KeysOfClusters", ALL_KEYS, &["kms:CreateGrant"])
        .bound(Bound::Where("kms:GrantIsForAWSResource", "true"))
        .only_with("encryption_info.encryption_at_rest_kms_key_arn"),
    Grant::write("LogsOfClusters", ANY, LOGS).only_with("logging_info.broker_logs.cloudwatch_logs"),
    Grant::write("LogsOfClusters", ANY, LOGS).only_with("logging_info.broker_logs.firehose"),
    Grant::write("LogsOfClusters", ANY, LOGS).only_with("logging_info.broker_logs.s3"),
    Grant::write("StreamsOfClusters", ANY, &["firehose:TagDeliveryStream"])
        .only_with("logging_info.broker_logs.firehose"),
    Grant::write("BucketsOfClusters", ANY, &["s3:GetBucketPolicy", "s3:PutBucketPolicy"])
        .only_with("logging_info.broker_logs.s3"),
    Grant::remove("Clusters", CLUSTER, &["kafka:DeleteCluster"]),
    Grant::remove("FormerClusters", ALL_CLUSTERS, &["kafka:DeleteCluster"]).bound(Bound::Owned),
    Grant::remove("FormerConfigurations", CONFIGURATIONS, &["kafka:DeleteConfiguration"]),
];

const ANY: &[&str] = &["*"];
const CLUSTER: &[&str] = &["arn:${partition}:kafka:${region}:${account}:cluster/${cluster_name}/*"];
const OPERATIONS: &[&str] =
    &["arn:${partition}:kafka:${region}:${account}:cluster-operation/${cluster_name}/*"];
/// For those that the stack owns and the file no longer declares.
const ALL_CLUSTERS: &[&str] = &["arn:${partition}:kafka:${region}:${account}:cluster/*"];
/// Those that the file no longer declares: the last of them is declared by nothing.
const CONFIGURATIONS: &[&str] =
    &["arn:${partition}:kafka:${region}:${account}:configuration/${stack}-*/*"];
const ALL_KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
const SERVICE_ROLE: &[&str] = &[
    "arn:${partition}:iam::${account}:role/aws-service-role/kafka.amazonaws.com/AWSServiceRoleForKafka*",
];
const READING: &[&str] = &["kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"];
const NETWORKS: &[&str] =
    &["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"];
/// What the brokers log is delivered by CloudWatch Logs, to whichever of the three it is.
const LOGS: &[&str] = &[
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];
