//! What Amazon MSK publishes (MSK Developer Guide, "Amazon MSK metrics for monitoring" of
//! standard and of express brokers, "Monitor MSK Serverless clusters").

use super::{Group, Namespace, Object};

const CLUSTER: &str = "Cluster Name";
const BROKER: &str = "Broker ID";
const GROUP: &str = "Consumer Group";
const TOPIC: &str = "Topic";

/// Of topics: of serverless clusters without a broker.
const OF_TOPICS: &[&[&str]] = &[&[CLUSTER, BROKER], &[CLUSTER, BROKER, TOPIC], &[CLUSTER, TOPIC]];

pub(super) const NAMESPACE: Namespace = Namespace {
    name: "AWS/Kafka",
    groups: &[
        Group {
            metrics: &[
                "ActiveControllerCount",
                "GlobalPartitionCount",
                "GlobalTopicCount",
                "OfflinePartitionsCount",
            ],
            sets: &[&[CLUSTER]],
        },
        // The guide of standard brokers leaves the cluster out.
        Group {
            metrics: &["EstimatedMaxTimeLag", "MaxOffsetLag", "SumOffsetLag"],
            sets: &[&[CLUSTER, GROUP, TOPIC], &[GROUP, TOPIC]],
        },
        Group {
            metrics: &["EstimatedTimeLag", "OffsetLag"],
            sets: &[&[CLUSTER, GROUP, TOPIC, "Partition"], &[GROUP, TOPIC, "Partition"]],
        },
        Group {
            metrics: &["KafkaDataLogsDiskUsed", "StorageUsed"],
            sets: &[&[CLUSTER], &[CLUSTER, BROKER]],
        },
        Group {
            metrics: &["ClientConnectionCount"],
            sets: &[&[CLUSTER, BROKER, "Client Authentication"], &[CLUSTER, BROKER]],
        },
        Group {
            metrics: &[
                "BytesInPerSec",
                "BytesOutPerSec",
                "FetchMessageConversionsPerSec",
                "MessagesInPerSec",
                "ProduceMessageConversionsPerSec",
            ],
            sets: OF_TOPICS,
        },
        Group { metrics: OF_BROKERS, sets: &[&[CLUSTER, BROKER]] },
        // By dimensions that differ from one storage tier to another.
        Group {
            metrics: &[
                "RemoteCopyBytesPerSec",
                "RemoteCopyErrorsPerSec",
                "RemoteCopyLagBytes",
                "RemoteFetchBytesPerSec",
                "RemoteFetchErrorsPerSec",
                "RemoteFetchRequestsPerSec",
                "RemoteLogReaderAvgIdlePercent",
                "RemoteLogReaderTaskQueueSize",
                "RemoteLogSizeBytes",
            ],
            sets: &[],
        },
    ],
    objects: &[Object {
        dimension: CLUSTER,
        kinds: &["msk_cluster", "msk_serverless_cluster"],
        fact: "cluster_name",
        noun: "cluster",
    }],
    of_fifo: &[],
    is_counted: true,
};

const OF_BROKERS: &[&str] = &[
    "BurstBalance",
    "BwInAllowanceExceeded",
    "BwOutAllowanceExceeded",
    "CPUCreditBalance",
    "ConnTrackAllowanceExceeded",
    "ConnectionCloseRate",
    "ConnectionCount",
    "ConnectionCreationRate",
    "CpuCreditUsage",
    "CpuIdle",
    "CpuIoWait",
    "CpuSystem",
    "CpuUser",
    "FetchConsumerLocalTimeMsMean",
    "FetchConsumerRequestQueueTimeMsMean",
    "FetchConsumerResponseQueueTimeMsMean",
    "FetchConsumerResponseSendTimeMsMean",
    "FetchConsumerTotalTimeMsMean",
    "FetchFollowerLocalTimeMsMean",
    "FetchFollowerRequestQueueTimeMsMean",
    "FetchFollowerResponseQueueTimeMsMean",
    "FetchFollowerResponseSendTimeMsMean",
    "FetchFollowerTotalTimeMsMean",
    "FetchThrottleByteRate",
    "FetchThrottleQueueSize",
    "FetchThrottleTime",
    "HeapMemoryAfterGC",
    "IAMNumberOfConnectionRequests",
    "IAMTooManyConnections",
    "KafkaAppLogsDiskUsed",
    "LeaderCount",
    "MemoryBuffered",
    "MemoryCached",
    "MemoryFree",
    "MemoryUsed",
    "NetworkProcessorAvgIdlePercent",
    "NetworkRxDropped",
    "NetworkRxErrors",
    "NetworkRxPackets",
    "NetworkTxDropped",
    "NetworkTxErrors",
    "NetworkTxPackets",
    "PartitionCount",
    "PpsAllowanceExceeded",
    "ProduceLocalTimeMsMean",
    "ProduceMessageConversionsTimeMsMean",
    "ProduceRequestQueueTimeMsMean",
    "ProduceResponseQueueTimeMsMean",
    "ProduceResponseSendTimeMsMean",
    "ProduceThrottleByteRate",
    "ProduceThrottleQueueSize",
    "ProduceThrottleTime",
    "ProduceTotalTimeMsMean",
    "ReplicationBytesInPerSec",
    "ReplicationBytesOutPerSec",
    "RequestBytesMean",
    "RequestExemptFromThrottleTime",
    "RequestHandlerAvgIdlePercent",
    "RequestThrottleQueueSize",
    "RequestThrottleTime",
    "RequestTime",
    "RootDiskUsed",
    "SwapFree",
    "SwapUsed",
    "TcpConnections",
    "TrafficBytes",
    "TrafficShaping",
    "UnderMinIsrPartitionCount",
    "UnderReplicatedPartitions",
    "VolumeQueueLength",
    "VolumeReadBytes",
    "VolumeReadOps",
    "VolumeTotalReadTime",
    "VolumeTotalWriteTime",
    "VolumeWriteBytes",
    "VolumeWriteOps",
    "ZooKeeperRequestLatencyMsMean",
    "ZooKeeperSessionState",
];
