//! What is told of MSK (Managed Streaming for Apache Kafka): limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_kafka);

/// The calls that change a cluster, which takes one of them at a time.
const CHANGES: &[&str] = &[
    "DeleteCluster",
    "UpdateBrokerCount",
    "UpdateBrokerStorage",
    "UpdateBrokerType",
    "UpdateClusterConfiguration",
    "UpdateClusterKafkaVersion",
    "UpdateConnectivity",
    "UpdateMonitoring",
    "UpdateRebalancing",
    "UpdateSecurity",
    "UpdateStorage",
];

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "Kafka",
    prefix: "kafka",
    speaks: Speech::Json,
    limits: &[
        // Not published. An account has tens of clusters at most (Developer Guide, "Amazon MSK
        // quota"), each of which takes one change at a time.
        RateLimit::each("kafka", 2, CHANGES),
        RateLimit::each(
            "kafka",
            2,
            &[
                "CreateClusterV2",
                "CreateConfiguration",
                "DeleteConfiguration",
                "TagResource",
                "UntagResource",
                "UpdateConfiguration",
            ],
        ),
        // Not published, of topics and secrets.
        RateLimit::each(
            "kafka",
            5,
            &[
                "BatchAssociateScramSecret",
                "BatchDisassociateScramSecret",
                "CreateTopic",
                "DeleteTopic",
                "DescribeTopic",
                "DescribeTopicPartitions",
                "ListNodes",
                "ListScramSecrets",
                "UpdateTopic",
            ],
        ),
        RateLimit::each(
            "kafka",
            5,
            &[
                "DescribeClusterOperationV2",
                "DescribeClusterV2",
                "DescribeConfigurationRevision",
                "GetBootstrapBrokers",
                "ListClustersV2",
                "ListConfigurations",
            ],
        ),
    ],
    actions: &[
        // AWS carries out in the caller's name what it asks of Kafka (Service Authorization
        // Reference, "Dependent actions"), and MSK's guide says which rights of Kafka that takes.
        ("CreateClusterV2", &["kafka:CreateClusterV2", "kafka:TagResource"]),
        (
            "CreateTopic",
            &["kafka:CreateTopic", "kafka-cluster:Connect", "kafka-cluster:CreateTopic"],
        ),
        (
            "DeleteTopic",
            &["kafka:DeleteTopic", "kafka-cluster:Connect", "kafka-cluster:DeleteTopic"],
        ),
        (
            "DescribeTopic",
            &[
                "kafka:DescribeTopic",
                "kafka-cluster:Connect",
                "kafka-cluster:DescribeTopic",
                "kafka-cluster:DescribeTopicDynamicConfiguration",
            ],
        ),
        (
            "DescribeTopicPartitions",
            &[
                "kafka:DescribeTopicPartitions",
                "kafka-cluster:Connect",
                "kafka-cluster:DescribeTopic",
            ],
        ),
        (
            "UpdateTopic",
            &[
                "kafka:UpdateTopic",
                "kafka-cluster:AlterTopic",
                "kafka-cluster:AlterTopicDynamicConfiguration",
                "kafka-cluster:Connect",
            ],
        ),
    ],
    codes: &[
        // Of topics: what Kafka says while it is about something else.
        Code::of(ErrorClass::Exists, &["TopicExistsException"]),
        Code::of(ErrorClass::Absent, &["UnknownTopicOrPartitionException"]),
        Code::of(
            ErrorClass::NotYet(InFlight::Busy),
            &[
                "ClusterConnectivityException",
                "ControllerMovedException",
                "KafkaTimeoutException",
                "NotControllerException",
                "ReassignmentInProgressException",
            ],
        ),
        // A channel goes on reading the topic for a while after it is deleted.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["BadRequestException"])
            .at(&["DeleteTopic"])
            .saying("associated channel"),
        // A cluster that AWS is at takes neither topics nor secrets.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["BadRequestException", "ConflictException"])
            .at(TOPICS_AND_SECRETS)
            .saying("active"),
        Code::of(
            ErrorClass::Invalid,
            &["GroupSubscribedToTopicException", "InvalidSecretArn", "KafkaRequestException"],
        ),
        // Of a cluster that has no brokers yet, or none any more.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ConflictException"])
            .at(&["CreateTopic", "GetBootstrapBrokers"]),
        Code::of(ErrorClass::Exists, &["ConflictException"]),
        Code::of(ErrorClass::Denied, &["ForbiddenException", "UnauthorizedException"]),
        Code::of(ErrorClass::Transient, &["InternalServerErrorException"]),
        // One code is for everything that is wrong with a request, and for much that is not.
        Code::of(ErrorClass::Absent, &["BadRequestException"]).saying("arn does not exist"),
        // A revision that was just made is not seen everywhere.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["BadRequestException"])
            .at(&["CreateClusterV2", "UpdateClusterConfiguration", "UpdateClusterKafkaVersion"])
            .saying("configuration arn"),
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["BadRequestException"])
            .at(&["DeleteConfiguration"])
            .saying("in use"),
        // The cluster is at something else, or somebody changed it since it was looked at.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["BadRequestException"])
            .at(CHANGES)
            .saying(" state"),
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["BadRequestException"])
            .at(CHANGES)
            .saying("in progress"),
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["BadRequestException"])
            .at(CHANGES)
            .saying("current version"),
        Code::of(ErrorClass::Invalid, &["BadRequestException"]),
    ],
    // Sources: the service model, which requires none of these, and the answers and examples of the API
    // Reference. What a list without entries says is not documented.
    contents: &[
        ("DescribeClusterOperationV2", &["\"clusterOperationInfo\""]),
        ("DescribeClusterV2", &["\"clusterInfo\"", "\"state\""]),
        ("DescribeConfigurationRevision", &["\"revision\""]),
        ("DescribeTopic", &["\"topicName\"", "\"partitionCount\"", "\"status\""]),
        ("DescribeTopicPartitions", &["\"partitions\""]),
        // Which addresses there are depends on how clients say who they are.
        ("GetBootstrapBrokers", &[]),
        ("ListClustersV2", &["\"clusterInfoList\""]),
        ("ListConfigurations", &["\"configurations\""]),
        ("ListNodes", &["\"nodeInfoList\""]),
        ("ListScramSecrets", &[]),
    ],
};

/// The calls that a cluster takes while it is in service.
const TOPICS_AND_SECRETS: &[&str] = &[
    "BatchAssociateScramSecret",
    "BatchDisassociateScramSecret",
    "CreateTopic",
    "DeleteTopic",
    "UpdateTopic",
];
