//! Names of buckets: what S3 takes, and one that no other stack wants.

use crate::aws::names::{DIGITS, digits};
use crate::model::document::is_pending;
use crate::model::{NameOrigin, Naming, Problem};

/// S3 takes no more.
const LONGEST: usize = 63;

/// The prefix, or STACK-ADDRESS-, and digits that follow from whose bucket it
/// is. A default prefix that is too long is cut: the digits tell it apart.
pub(super) fn with_suffix(prefix: Option<String>, naming: &Naming) -> String {
    let prefix = prefix.unwrap_or_else(|| {
        let whole = format!("{}-", naming.default_name().to_lowercase());
        whole.chars().take(LONGEST - DIGITS).collect()
    });
    prefix + &digits(naming)
}

/// Whoever states a prefix gives the name its beginning alone.
pub(super) fn origin(name: &str, naming: &Naming) -> NameOrigin {
    if name.ends_with(&digits(naming)) { NameOrigin::Default } else { NameOrigin::Stated }
}

/// What S3 would refuse, and the schema cannot tell. S3's rules for names of
/// general purpose buckets.
pub(super) fn check(name: &str) -> Vec<Problem> {
    if is_pending(name) {
        return Vec::new();
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|it| name.starts_with(it))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]
            .iter()
            .any(|it| name.ends_with(it));
    let message = if !(3..=LONGEST).contains(&name.len()) {
        format!("the name {name} has {} characters, S3 takes 3 to {LONGEST}", name.len())
    } else if !name.chars().all(allowed) {
        format!("the name {name} holds more than small letters, digits, dots and dashes")
    } else if [".", "-"].iter().any(|it| name.starts_with(it) || name.ends_with(it)) {
        format!("the name {name} must begin and end with a letter or digit")
    } else if name.contains("..") || name.parse::<std::net::Ipv4Addr>().is_ok() {
        format!("the name {name} is no host name")
    } else if reserved {
        format!("the name {name} begins or ends with what S3 keeps for itself")
    } else {
        return Vec::new();
    };
    vec![Problem::of("bucket", message).hint("state another `bucket` or `bucket_prefix`")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Place};

    fn naming(stack: &str, region: &str) -> Naming {
        Naming {
            stack: stack.into(),
            address: Address::new("claims.bucket"),
            place: Place {
                partition: "aws".into(),
                account: "123456789012".into(),
                region: region.into(),
                endpoint: None,
            },
        }
    }

    /// The digits are part of what users rely on: to change them is to lose
    /// sight of every bucket. `printf '123456789012\neu-central-1\ndev\nclaims.bucket' | sha256sum`
    #[test]
    fn the_suffix_never_changes() {
        let name = with_suffix(None, &naming("dev", "eu-central-1"));
        assert_eq!(name, "dev-claims-bucket-b6bcc1cc");
        let name = with_suffix(Some("x-".into()), &naming("dev", "eu-central-1"));
        assert_eq!(name, "x-b6bcc1cc");
    }

    #[test]
    fn other_places_and_stacks_get_other_names() {
        let name = |stack, region| with_suffix(Some("x-".into()), &naming(stack, region));
        assert_ne!(name("dev", "eu-central-1"), name("dev", "eu-west-1"));
        assert_ne!(name("dev", "eu-central-1"), name("prod", "eu-central-1"));
    }

    #[test]
    fn a_default_name_fits() {
        let name = with_suffix(None, &naming(&"Stack".repeat(20), "eu-central-1"));
        assert_eq!(name.len(), LONGEST);
        assert_eq!(super::check(&name), []);
    }

    #[test]
    fn what_s3_refuses_is_refused() {
        let check = |name: &str, expected: bool| {
            assert_eq!(super::check(name).is_empty(), expected, "{name}");
        };
        check("claims", true);
        check("claims.example.com", true);
        check("ab", false);
        check(&"a".repeat(64), false);
        check("claims_bucket", false);
        check("-claims", false);
        check("claims.", false);
        check("claims..com", false);
        check("192.168.0.1", false);
        check("xn--claims", false);
        check("claims-s3alias", false);
    }
}
