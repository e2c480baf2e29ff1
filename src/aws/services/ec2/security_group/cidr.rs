//! Blocks of addresses, in the form in which EC2 shows them.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::model::document::is_pending;

/// A block without what lies beyond its mask: `10.0.0.1/24` is `10.0.0.0/24`. What is no
/// block, or not known yet, stays.
pub(super) fn normal(block: &str) -> String {
    v4(block).or_else(|| v6(block)).unwrap_or_else(|| block.to_owned())
}

/// Whether it is a block of IPv4, or not known yet.
pub(super) fn is_v4(block: &str) -> bool {
    is_pending(block) || v4(block).is_some()
}

/// Whether it is a block of IPv6, or not known yet.
pub(super) fn is_v6(block: &str) -> bool {
    is_pending(block) || v6(block).is_some()
}

fn v4(block: &str) -> Option<String> {
    let (address, length) = parts(block, 32)?;
    let address: Ipv4Addr = address.parse().ok()?;
    let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    Some(format!("{}/{length}", Ipv4Addr::from(u32::from(address) & mask)))
}

fn v6(block: &str) -> Option<String> {
    let (address, length) = parts(block, 128)?;
    let address: Ipv6Addr = address.parse().ok()?;
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    Some(format!("{}/{length}", Ipv6Addr::from(u128::from(address) & mask)))
}

fn parts(block: &str, most: u32) -> Option<(&str, u32)> {
    let (address, length) = block.split_once('/')?;
    let is_number = length.bytes().all(|byte| byte.is_ascii_digit());
    let length: u32 = length.parse().ok().filter(|length| is_number && *length <= most)?;
    Some((address, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_one_form() {
        let check = |block: &str, expected: &str| assert_eq!(normal(block), expected);
        check("10.0.0.1/24", "10.0.0.0/24");
        check("10.1.2.3/32", "10.1.2.3/32");
        check("1.2.3.4/0", "0.0.0.0/0");
        check("::/0", "::/0");
        check("2001:DB8:0:0::1/32", "2001:db8::/32");
        check("no block", "no block");
    }

    #[test]
    fn what_is_no_block_is_told() {
        for block in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/+8", "10.0.0.0/", "::/0"] {
            assert!(!is_v4(block), "{block}");
        }
        for block in ["::", "::/129", "0.0.0.0/0", "2001:db8:::/32"] {
            assert!(!is_v6(block), "{block}");
        }
        assert!(is_v4("0.0.0.0/0") && is_v6("::/0"));
    }
}
