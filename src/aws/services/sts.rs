//! STS: who we are, and roles that are taken on. It has no kinds.

use crate::aws::service::Service;
use crate::engine::pace::RateLimit;

super::no_settings!(aws_sdk_sts);

/// All that is told of it.
pub(super) static SERVICE: Service = Service {
    name: "STS",
    prefix: "sts",
    kinds: &[],
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
