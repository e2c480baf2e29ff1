//! Where a stack lives, and who is asking.

use serde::{Deserialize, Serialize};

/// One account in one region: everything that predicting an ARN needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The twelve digits.
    pub account: String,
    /// For example `eu-central-1`.
    pub region: String,
    /// The endpoint that the user named (an emulator, a proxy), if any, without
    /// a slash at its end. URLs then begin with it instead of AWS's host names.
    pub endpoint: Option<String>,
}

impl Place {
    /// The account of a place where nobody has been asked yet. Emulators have
    /// it too, so that nothing may be refused for it.
    pub const NO_ACCOUNT: &str = "000000000000";
    /// The region of a place where nobody has said one yet.
    pub const NO_REGION: &str = "any-region-0";

    /// Whether the account is known, and not taken for the check of a file alone.
    /// AWS has no such account; who answers at an endpoint may have it.
    pub fn knows_account(&self) -> bool {
        self.account != Self::NO_ACCOUNT || self.endpoint.is_some()
    }

    /// Whether the region is known, likewise.
    pub fn knows_region(&self) -> bool {
        self.region != Self::NO_REGION
    }

    /// The ARN of something regional: `arn:PARTITION:SERVICE:REGION:ACCOUNT:REST`.
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition, self.region, self.account)
    }

    /// The ARN of something global to the account, such as an IAM role.
    pub fn global_arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}::{}:{rest}", self.partition, self.account)
    }

    /// The domain that this partition's host names end with.
    pub fn dns_suffix(&self) -> &'static str {
        if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
}

/// Whom AWS takes us for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The account that the credentials belong to.
    pub account: String,
    /// The caller's own ARN.
    pub arn: String,
    /// Read from the ARN.
    pub partition: String,
}
