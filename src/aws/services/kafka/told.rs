//! What is told of MSK (Managed Streaming for Apache Kafka): limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_kafka);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "Kafka",
    prefix: "kafka",
    speaks: Speech::Json,
    limits: &[
        // Not published.
        RateLimit::each(
            "kafka",
            5,
            &[
                "CreateClusterV2",
                "DeleteCluster",
                "DescribeClusterV2",
                "GetBootstrapBrokers",
                "ListClustersV2",
                "TagResource",
                "UntagResource",
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
        // Names are taken.
        Code::of(ErrorClass::Exists, &["ConflictException"]).at(&["CreateClusterV2"]),
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ConflictException"])
            .at(&["CreateTopic", "GetBootstrapBrokers"]),
        Code::of(ErrorClass::Denied, &["ForbiddenException", "UnauthorizedException"]),
        Code::of(ErrorClass::Transient, &["InternalServerErrorException"]),
        Code::of(ErrorClass::Invalid, &["BadRequestException"]),
    ],
    // Sources: the service model, which requires none of these, and the answers of the API
    // Reference. What a list without entries says is not documented.
    contents: &[
        ("DescribeClusterV2", &["\"clusterInfo\"", "\"state\""]),
        ("DescribeTopic", &["\"topicName\"", "\"partitionCount\"", "\"status\""]),
        ("DescribeTopicPartitions", &["\"partitions\""]),
        // Of a cluster with one way alone, the others are left out.
        ("GetBootstrapBrokers", &[]),
        ("ListClustersV2", &[]),
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
