//! What AWS must allow of serverless clusters.
//!
//! AWS chooses the id in a cluster's ARN, and gives its name to nothing else: so the ARN
//! holds the name, and anything for the id.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    // MSK defines no resource for a list.
    Grant::read("ClusterLists", ANY, &["kafka:ListClustersV2"]),
    Grant::read("Clusters", CLUSTER, READING),
    Grant::read("FormerClusters", ALL_CLUSTERS, READING).bound(Bound::Owned),
    // Nor for a creation, whose caller puts interfaces into the VPC.
    Grant::write("NewClusters", ANY, &["kafka:CreateClusterV2"]).bound(Bound::Tagging),
    Grant::write(
        "NetworksOfClusters",
        ANY,
        &[
            "ec2:CreateVpcEndpoint",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcAttribute",
            "ec2:DescribeVpcs",
        ],
    )
    .only_with("vpc_config"),
    // What the endpoints are marked with, by which MSK knows its own.
    Grant::write("EndpointsOfClusters", ENDPOINTS, &["ec2:CreateTags"])
        .bound(Bound::Where("ec2:CreateAction", "CreateVpcEndpoint"))
        .only_with("vpc_config"),
    Grant::write("Clusters", CLUSTER, &["kafka:TagResource", "kafka:UntagResource"]),
    Grant::remove("Clusters", CLUSTER, &["kafka:DeleteCluster"]),
    Grant::remove("FormerClusters", ALL_CLUSTERS, &["kafka:DeleteCluster"]).bound(Bound::Owned),
    Grant::remove(
        "NetworksOfClusters",
        ANY,
        &["ec2:DeleteVpcEndpoints", "ec2:DescribeVpcEndpoints"],
    )
    .only_with("vpc_config"),
];

const ANY: &[&str] = &["*"];
const CLUSTER: &[&str] = &["arn:${partition}:kafka:${region}:${account}:cluster/${cluster_name}/*"];
/// For those that the stack owns and the file no longer declares.
const ALL_CLUSTERS: &[&str] = &["arn:${partition}:kafka:${region}:${account}:cluster/*"];
const ENDPOINTS: &[&str] = &["arn:${partition}:ec2:${region}:${account}:vpc-endpoint/*"];
const READING: &[&str] = &["kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"];
