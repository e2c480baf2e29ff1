//! What AWS must allow of images.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Images", REPOSITORY, READING),
    Grant::read("FormerImages", ALL_REPOSITORIES, READING).bound(Bound::Owned),
    // A base may lie in any registry of ECR: whoever is let in reads what this allows.
    Grant::read("BaseRegistries", &["*"], &["ecr:GetAuthorizationToken"]).only_with("base"),
    Grant::read("BaseImages", ALL_REPOSITORIES, BASE).only_with("base"),
    Grant::write(
        "Images",
        REPOSITORY,
        &[
            "ecr:BatchCheckLayerAvailability",
            "ecr:CompleteLayerUpload",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
        ],
    ),
    Grant::remove("Images", REPOSITORY, &["ecr:BatchDeleteImage"]),
    Grant::remove("FormerImages", ALL_REPOSITORIES, &["ecr:BatchDeleteImage"]).bound(Bound::Owned),
];

const REPOSITORY: &[&str] = &["arn:${partition}:ecr:${region}:${account}:repository/${repository}"];
/// For those in repositories that the stack owns, and that the file no longer declares.
const ALL_REPOSITORIES: &[&str] = &["arn:${partition}:ecr:${region}:${account}:repository/*"];
/// What the protocol of registries asks of whoever pulls (User Guide, "Pushing an image", and
/// "Amazon ECR repository policies").
const BASE: &[&str] = &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
const READING: &[&str] = &["ecr:BatchGetImage", "ecr:ListImages"];
