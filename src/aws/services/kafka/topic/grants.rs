//! What AWS must allow of topics.
//!
//! AWS carries its calls out in the caller's name, so that each needs the action of the
//! call and those of Kafka that it comes to. Which cluster it is, its id says, that AWS chooses:
//! the ARNs hold the topic's name, and anything for the cluster.

use crate::aws::grant::Grant;

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("ClustersOfTopics", CLUSTERS, &["kafka-cluster:Connect"]),
    Grant::read(
        "KafkaTopics",
        TOPIC,
        &[
            "kafka-cluster:DescribeTopic",
            "kafka-cluster:DescribeTopicDynamicConfiguration",
            "kafka:DescribeTopic",
        ],
    ),
    Grant::write(
        "KafkaTopics",
        TOPIC,
        &[
            "kafka-cluster:AlterTopic",
            "kafka-cluster:AlterTopicDynamicConfiguration",
            "kafka-cluster:CreateTopic",
            "kafka:CreateTopic",
            "kafka:UpdateTopic",
        ],
    ),
    Grant::remove("KafkaTopics", TOPIC, &["kafka-cluster:DeleteTopic", "kafka:DeleteTopic"]),
];

const CLUSTERS: &[&str] = &["arn:${partition}:kafka:${region}:${account}:cluster/*"];
const TOPIC: &[&str] = &["arn:${partition}:kafka:${region}:${account}:topic/*/*/${name}"];
