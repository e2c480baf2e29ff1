//! What AWS must allow of repositories.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Repositories", REPOSITORY, READING),
    Grant::read("FormerRepositories", ALL_REPOSITORIES, READING).bound(Bound::Owned),
    // Whether the key of a repository is AWS's own.
    Grant::read("RepositoryKeys", ALL_KEYS, &["kms:DescribeKey"]),
    Grant::write(
        "Repositories",
        REPOSITORY,
        &[
            "ecr:CreateRepository",
            "ecr:DeleteLifecyclePolicy",
            "ecr:DeleteRepositoryPolicy",
            "ecr:PutImageScanningConfiguration",
            "ecr:PutImageTagMutability",
            "ecr:PutLifecyclePolicy",
            "ecr:SetRepositoryPolicy",
            "ecr:TagResource",
            "ecr:UntagResource",
        ],
    ),
    // ECR takes the key in the name of whoever gives it to the repository.
    Grant::write("KeysOfRepositories", ALL_KEYS, &["kms:CreateGrant", "kms:RetireGrant"])
        .bound(Bound::Where("kms:GrantIsForAWSResource", "true"))
        .only_with("encryption_configuration"),
    Grant::remove("Repositories", REPOSITORY, &["ecr:DeleteRepository"]),
    Grant::remove("FormerRepositories", ALL_REPOSITORIES, &["ecr:DeleteRepository"])
        .bound(Bound::Owned),
    // Of images that the file no longer declares: the last of them is declared by nothing.
    Grant::remove("FormerImages", ALL_REPOSITORIES, &["ecr:BatchDeleteImage"]).bound(Bound::Owned),
];

const REPOSITORY: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_REPOSITORIES: &[&str] = &["arn:${partition}:ecr:${region}:${account}:repository/*"];
const ALL_KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
const READING: &[&str] = &[
    // Which images in it the stack made.
    "ecr:BatchGetImage",
    "ecr:DescribeRepositories",
    "ecr:GetLifecyclePolicy",
    "ecr:GetRepositoryPolicy",
    "ecr:ListImages",
    "ecr:ListTagsForResource",
];
