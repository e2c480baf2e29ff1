//! Where a stack lives, and who is asking.

use serde::{Deserialize, Serialize};

/// One account in one region: everything that predicting an ARN needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
