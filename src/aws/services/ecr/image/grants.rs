//! What AWS must allow of images.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Images", REPOSITORY, READING),
    Grant::read("FormerImages", ALL_REPOSITORIES, READING).bound(Bound::Owned),
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
const READING: &[&str] = &["ecr:BatchGetImage", "ecr:ListImages"];
