//! What is told of EC2: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "EC2",
    prefix: "ec2",
    speaks: Speech::Xml,
    limits: &[
        // EC2 Developer Guide, "Request throttling for the Amazon EC2 API": a bucket for each
        // call, of 100 and 20 a second for what reads, of 50 and 5 a second for what changes.
        RateLimit::each(
            "ec2",
            20,
            &[
                "DescribeNetworkInterfaces",
                "DescribeSecurityGroupRules",
                "DescribeSecurityGroups",
                "DescribeSubnets",
                "DescribeVpcs",
            ],
        )
        .with_burst(100),
        RateLimit::each(
            "ec2",
            5,
            &[
                "AuthorizeSecurityGroupEgress",
                "AuthorizeSecurityGroupIngress",
                "CreateSecurityGroup",
                "CreateTags",
                "DeleteSecurityGroup",
                "DeleteTags",
                "ModifySecurityGroupRules",
                "RevokeSecurityGroupEgress",
                "RevokeSecurityGroupIngress",
            ],
        )
        .with_burst(50),
    ],
    actions: &[("CreateSecurityGroup", &["ec2:CreateSecurityGroup", "ec2:CreateTags"])],
    // EC2 API Reference, "Error codes". What stands before the last dot of a code is left out.
    codes: &[
        // `InvalidGroup.Duplicate`: the name is taken in this VPC.
        Code::of(ErrorClass::Exists, &["Duplicate"]).at(&["CreateSecurityGroup"]),
        // `InvalidPermission.Duplicate`, `.NotFound`: somebody was faster, or the look lagged
        // behind. Another look tells.
        Code::of(ErrorClass::Transient, &["Duplicate"]),
        Code::of(ErrorClass::Transient, &["NotFound"])
            .at(&["RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress"])
            .saying("rule"),
        // A group that a rule names was just made, and is not seen everywhere.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["NotFound"])
            .at(&["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"]),
        // `InvalidVpcID.NotFound`.
        Code::of(ErrorClass::Invalid, &["NotFound"]).at(&["CreateSecurityGroup"]),
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["DependencyViolation", "InUse"]),
        Code::of(
            ErrorClass::Quota,
            &[
                "RulesPerSecurityGroupLimitExceeded",
                "SecurityGroupLimitExceeded",
                "SecurityGroupsPerInterfaceLimitExceeded",
                "TagLimitExceeded",
            ],
        ),
        Code::of(ErrorClass::Transient, &["Unavailable"]),
        Code::of(
            ErrorClass::Invalid,
            &[
                "InvalidParameterCombination",
                "InvalidSecurityGroupRuleId",
                "Malformed",
                "MissingParameter",
                "Reserved",
                "UnknownParameter",
            ],
        ),
    ],
    // Source: the service model. EC2 writes sets though they are empty.
    contents: &[
        ("DescribeNetworkInterfaces", &["<networkInterfaceSet"]),
        ("DescribeSecurityGroupRules", &["<securityGroupRuleSet"]),
        ("DescribeSecurityGroups", &["<securityGroupInfo"]),
        ("DescribeSubnets", &["<subnetSet"]),
        ("DescribeVpcs", &["<vpcSet"]),
    ],
};
