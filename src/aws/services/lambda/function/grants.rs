//! What AWS must allow of functions.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Functions", FUNCTION, READING),
    Grant::read("FormerFunctions", ALL_FUNCTIONS, READING).bound(Bound::Owned),
    Grant::read("LoopsOfFunctions", FUNCTION, &["lambda:GetFunctionRecursionConfig"])
        .only_with("recursive_loop"),
    Grant::read("SigningOfFunctions", FUNCTION, &["lambda:GetFunctionCodeSigningConfig"])
        .only_with("code_signing_config_arn"),
    Grant::read("RuntimesOfFunctions", FUNCTION, &["lambda:GetRuntimeManagementConfig"])
        .only_with("runtime_management_config"),
    // Mappings of the stack are found through its functions.
    Grant::read("MappingLists", ANY, &["lambda:ListEventSourceMappings"]),
    Grant::write(
        "Functions",
        FUNCTION,
        &[
            "lambda:AddPermission",
            "lambda:CreateAlias",
            "lambda:CreateFunction",
            "lambda:DeleteAlias",
            "lambda:DeleteFunctionEventInvokeConfig",
            "lambda:DeleteFunctionConcurrency",
            "lambda:PublishVersion",
            "lambda:PutFunctionConcurrency",
            "lambda:PutFunctionEventInvokeConfig",
            "lambda:RemovePermission",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateAlias",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ],
    ),
    Grant::write("LoopsOfFunctions", FUNCTION, &["lambda:PutFunctionRecursionConfig"])
        .only_with("recursive_loop"),
    Grant::write("SigningOfFunctions", FUNCTION, SIGNING).only_with("code_signing_config_arn"),
    Grant::write("ConfigsOfSigning", SIGNERS, &["lambda:PutFunctionCodeSigningConfig"])
        .only_with("code_signing_config_arn"),
    Grant::write("RuntimesOfFunctions", FUNCTION, &["lambda:PutRuntimeManagementConfig"])
        .only_with("runtime_management_config"),
    // IAM asks about a version by its own ARN.
    Grant::write("VersionsOfFunctions", &["${arn}:*"], &["lambda:DeleteFunction"])
        .only_with("keep_versions"),
    Grant::write("RolesOfFunctions", &["${role}"], &["iam:PassRole"])
        .bound(Bound::Where("iam:PassedToService", "lambda.amazonaws.com")),
    // IAM asks about these without a resource.
    Grant::write("NetworksOfFunctions", &["*"], NETWORKS).only_with("vpc_config"),
    Grant::write("ImagesOfFunctions", ALL_IMAGES, IMAGES).only_with("image_uri"),
    Grant::write("CodeOfFunctions", CODE, &["s3:GetObject", "s3:GetObjectVersion"])
        .only_with("code.bucket"),
    // Lambda reads in the name of whoever hands it the code.
    Grant::write("UploadsOfFunctions", UPLOADS, UPLOADING).only_with("upload_through"),
    Grant::write("KeysOfUploads", ALL_KEYS, &["kms:Decrypt", "kms:GenerateDataKey"])
        .bound(Bound::Via("s3"))
        .only_with("upload_through"),
    // Lambda asks in the name of whoever gives the function its layers or its key.
    Grant::write("LayersOfFunctions", ALL_LAYERS, &["lambda:GetLayerVersion"]).only_with("layers"),
    Grant::write("KeysOfFunctions", ALL_KEYS, &["kms:CreateGrant", "kms:Encrypt"])
        .bound(Bound::Via("lambda"))
        .only_with("kms_key_arn"),
    // Without it, Lambda does not show the environment of a function with such a key.
    Grant::read("KeysOfFunctions", ALL_KEYS, &["kms:Decrypt"])
        .bound(Bound::Via("lambda"))
        .only_with("kms_key_arn"),
    Grant::remove("Functions", FUNCTION, &["lambda:DeleteFunction"]),
    Grant::remove("FormerFunctions", ALL_FUNCTIONS, &["lambda:DeleteFunction"]).bound(Bound::Owned),
];

const FUNCTION: &[&str] = &["${arn}"];
const ANY: &[&str] = &["*"];
/// For those that the stack owns and the file no longer declares.
const ALL_FUNCTIONS: &[&str] = &["arn:${partition}:lambda:${region}:${account}:function:*"];
/// They may be those of other accounts.
const ALL_LAYERS: &[&str] = &["arn:${partition}:lambda:${region}:*:layer:*:*"];
const NETWORKS: &[&str] =
    &["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"];
const ALL_IMAGES: &[&str] = &["arn:${partition}:ecr:${region}:*:repository/*"];
const IMAGES: &[&str] = &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
const CODE: &[&str] = &["arn:${partition}:s3:::${code.bucket}/${code.key}"];
const SIGNING: &[&str] =
    &["lambda:DeleteFunctionCodeSigningConfig", "lambda:PutFunctionCodeSigningConfig"];
const SIGNERS: &[&str] = &["${code_signing_config_arn}"];
const UPLOADS: &[&str] = &["arn:${partition}:s3:::${upload_through}/ccprov-code/${name}/*"];
const UPLOADING: &[&str] =
    &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"];
const READING: &[&str] = &[
    "lambda:GetFunction",
    "lambda:GetFunctionEventInvokeConfig",
    "lambda:GetPolicy",
    "lambda:ListAliases",
    "lambda:ListTags",
    "lambda:ListVersionsByFunction",
];
const ALL_KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
