//! What AWS must allow of functions.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Functions", FUNCTION, READING),
    Grant::read("FormerFunctions", ALL_FUNCTIONS, READING).bound(Bound::Owned),
    Grant::write(
        "Functions",
        FUNCTION,
        &[
            "lambda:CreateFunction",
            "lambda:DeleteFunctionConcurrency",
            "lambda:PutFunctionConcurrency",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
        ],
    ),
    Grant::write("RolesOfFunctions", &["${role}"], &["iam:PassRole"])
        .bound(Bound::Where("iam:PassedToService", "lambda.amazonaws.com")),
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
/// For those that the stack owns and the file no longer declares.
const ALL_FUNCTIONS: &[&str] = &["arn:${partition}:lambda:${region}:${account}:function:*"];
/// They may be those of other accounts.
const ALL_LAYERS: &[&str] = &["arn:${partition}:lambda:${region}:*:layer:*:*"];
const READING: &[&str] = &["lambda:GetFunction", "lambda:ListTags"];
const ALL_KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
