//! What is told of STS: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;

no_settings!(aws_sdk_sts);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "STS",
    prefix: "sts",
    speaks: Speech::Xml,
    limits: &[
        // Not published; once for each run, and once for each exercise in a role's name.
        RateLimit::each("sts", 50, &["AssumeRole", "GetCallerIdentity"]),
    ],
    actions: &[],
    codes: &[],
    // Sources: the service model (what is required, and lists that are written though they are
    // empty), and answers recorded from AWS.
    contents: &[
        ("AssumeRole", &["<AccessKeyId>", "<SecretAccessKey>", "<SessionToken>"]),
        ("GetCallerIdentity", &["<Account>", "<Arn>"]),
    ],
};
