//! Where a service is called.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::aws::partition;
use crate::aws::service::Service;

/// The address of a service: as `--endpoint-url`, `AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL` or the
/// profile say, in this order, or AWS's own in the region.
pub(super) fn of(config: &SdkConfig, service: &Service) -> String {
    let asked = config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config()
        && let Some(asked) = asked
    {
        return asked;
    }
    let region = config.region().map(AsRef::as_ref).unwrap_or_default();
    let kinds = (config.use_fips() == Some(true), config.use_dual_stack() == Some(true));
    named(config, service).or(asked).unwrap_or_else(|| aws(service.prefix, region, kinds))
}

/// What the environment or the profile say of the service alone.
fn named(config: &SdkConfig, service: &Service) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service.name)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    config.service_config()?.load_config(key.ok()?)
}

/// AWS's own address (General Reference, "Amazon EC2 endpoints and quotas" and "AWS Systems Manager
/// endpoints and quotas", and the rules of their service models of November 2026, which are alike).
fn aws(service: &str, region: &str, (is_fips, is_dual_stack): (bool, bool)) -> String {
    let partition = partition::of_region(region);
    let (plain, dual_stack) = match partition {
        "aws-cn" => ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        "aws-eusc" => ("amazonaws.eu", "api.amazonwebservices.eu"),
        "aws-iso" => ("c2s.ic.gov", "api.aws.ic.gov"),
        "aws-iso-b" => ("sc2s.sgov.gov", "api.aws.scloud"),
        "aws-iso-e" => ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        "aws-iso-f" => ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        _ => ("amazonaws.com", "api.aws"),
    };
    // In GovCloud every endpoint keeps to FIPS, under the plain name.
    let is_named = is_fips && (is_dual_stack || partition != "aws-us-gov");
    let fips = if is_named { "-fips" } else { "" };
    let suffix = if is_dual_stack { dual_stack } else { plain };
    format!("https://{service}{fips}.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_is_called_in_its_partition() {
        let check = |region: &str, kinds: (bool, bool), expected: &str| {
            assert_eq!(aws("ec2", region, kinds), expected);
            assert_eq!(aws("ssm", region, kinds), expected.replace("//ec2", "//ssm"));
        };
        let plain = (false, false);
        check("eu-central-1", plain, "https://ec2.eu-central-1.amazonaws.com");
        check("xx-new-9", plain, "https://ec2.xx-new-9.amazonaws.com");
        check("cn-north-1", plain, "https://ec2.cn-north-1.amazonaws.com.cn");
        check("eusc-de-east-1", plain, "https://ec2.eusc-de-east-1.amazonaws.eu");
        check("us-east-1", (true, false), "https://ec2-fips.us-east-1.amazonaws.com");
        check("us-gov-west-1", (true, false), "https://ec2.us-gov-west-1.amazonaws.com");
        check("us-east-1", (false, true), "https://ec2.us-east-1.api.aws");
        check("us-east-1", (true, true), "https://ec2-fips.us-east-1.api.aws");
    }
}
