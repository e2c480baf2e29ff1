//! What AWS must allow of configurations.

use crate::aws::grant::Grant;

pub(super) const GRANTS: &[Grant] = &[
    // No call asks for one by its name, and MSK defines no resource for either of these.
    Grant::read("ConfigurationLists", ANY, &["kafka:ListConfigurations"]),
    Grant::read("Configurations", CONFIGURATION, &["kafka:DescribeConfigurationRevision"]),
    Grant::write("NewConfigurations", ANY, &["kafka:CreateConfiguration"]),
    Grant::write("Configurations", CONFIGURATION, &["kafka:UpdateConfiguration"]),
    Grant::remove("Configurations", CONFIGURATION, &["kafka:DeleteConfiguration"]),
    Grant::remove("FormerConfigurations", OF_STACK, &["kafka:DeleteConfiguration"]),
    Grant::read("FormerConfigurations", OF_STACK, &["kafka:DescribeConfigurationRevision"]),
];

const ANY: &[&str] = &["*"];
const CONFIGURATION: &[&str] =
    &["arn:${partition}:kafka:${region}:${account}:configuration/${name}/*"];
/// For those that the file no longer declares.
const OF_STACK: &[&str] =
    &["arn:${partition}:kafka:${region}:${account}:configuration/${stack}-*/*"];
