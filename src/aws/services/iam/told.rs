//! What is told of IAM: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_iam);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "IAM",
    prefix: "iam",
    speaks: Speech::Xml,
    limits: &[
        // IAM publishes no rates; it has token buckets that fill every second, several for a call (AWS
        // Security Blog, "How to monitor and query IAM resources at scale", part 2).
        RateLimit::together("iam", 10, IAM_WRITES).with_burst(20),
        RateLimit::each("iam", 25, IAM_READS).with_burst(50),
    ],
    actions: &[
        // What creates with tags needs the right to tag, too.
        ("CreatePolicy", &["iam:CreatePolicy", "iam:TagPolicy"]),
        ("CreateRole", &["iam:CreateRole", "iam:TagRole"]),
    ],
    codes: &[
        Code::of(ErrorClass::Absent, &["NoSuchEntity"]),
        Code::of(ErrorClass::Exists, &["EntityAlreadyExists"]),
        Code::of(
            ErrorClass::Transient,
            &[
                "ConcurrentModification",
                "DeleteConflict",
                "EntityTemporarilyUnmodifiable",
                "ServiceFailure",
            ],
        ),
        Code::of(ErrorClass::Quota, &["LimitExceeded"]),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["MalformedPolicyDocument"])
            .saying("invalid principal"),
        Code::of(ErrorClass::Invalid, &["InvalidInput", "MalformedPolicyDocument"]),
    ],
    // Sources: the service model (what is required, and lists that are written though they are
    // empty), and answers recorded from AWS.
    contents: &[
        ("GetPolicy", &["<PolicyName>", "<DefaultVersionId>"]),
        ("GetPolicyVersion", &["<Document>"]),
        ("GetRole", &["<RoleName>", "<AssumeRolePolicyDocument>"]),
        ("GetRolePolicy", &["<PolicyDocument>"]),
        ("ListAttachedRolePolicies", &["<AttachedPolicies"]),
        ("ListEntitiesForPolicy", &["<PolicyRoles"]),
        ("ListInstanceProfilesForRole", &["<InstanceProfiles"]),
        ("ListPolicies", &["<Policies"]),
        ("ListPolicyVersions", &["<Versions"]),
        ("ListRolePolicies", &["<PolicyNames"]),
        ("ListRoles", &["<Roles"]),
    ],
};

const IAM_WRITES: &[&str] = &[
    "AttachRolePolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateRole",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "RemoveRoleFromInstanceProfile",
    "TagPolicy",
    "TagRole",
    "UntagPolicy",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
];

const IAM_READS: &[&str] = &[
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListEntitiesForPolicy",
    "ListInstanceProfilesForRole",
    "ListPolicies",
    "ListPolicyVersions",
    "ListRolePolicies",
    "ListRoles",
];
