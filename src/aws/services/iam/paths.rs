//! What roles and managed policies share: the path that they live under,
//! their names, documents and tags.
//!
//! The tagging API does not list roles. So everything of a stack stands under a
//! path that ends with `/ccprov/STACK/`, by which a listing tells it, and which is
//! part of the identity: `/ccprov/dev/dev-consumer`, as in the ARN. What a
//! document states as `path` comes before it: `/team/ccprov/dev/dev-consumer`.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use percent_encoding::percent_decode_str;

use crate::aws::names::{DIGITS, digits, too_long};
use crate::aws::policy::Policy;
use crate::aws::tags::Tags;
use crate::model::document::is_pending;
use crate::model::{NameOrigin, Naming, Owner, Problem};

/// In the paths of all stacks.
pub(crate) const ROOT: &str = "/ccprov/";

/// How the paths of a stack's roles and policies end.
pub(crate) fn path(stack: &str) -> String {
    format!("{ROOT}{stack}/")
}

/// The stack in the path of an identity, or of an ARN.
pub(crate) fn stack_of(identity: &str) -> Option<&str> {
    identity.split(ROOT).nth(1)?.split_once('/').map(|(stack, _)| stack)
}

/// Path and name. `stated` is the path that the document states.
pub(crate) fn identity(naming: &Naming, stated: &str, name: Option<&str>) -> String {
    stated.trim_end_matches('/').to_owned() + &path(&naming.stack) + name.unwrap_or_default()
}

/// The path of an identity: all but the name.
pub(crate) fn path_of(identity: &str) -> &str {
    identity.strip_suffix(name(identity)).unwrap_or_default()
}

/// The part of an identity's path that its document stated.
pub(crate) fn stated(identity: &str) -> String {
    let before = identity.rfind(ROOT).and_then(|at| identity.get(..at)).unwrap_or_default();
    format!("{before}/")
}

/// What stands where nothing is stated.
pub(crate) fn no_path() -> String {
    "/".to_owned()
}

/// IAM takes 512 characters (API Reference, `CreateRole`), and the end is ours.
pub(crate) fn check_path(path: &str, naming: &Naming) -> Option<Problem> {
    const LONGEST: usize = 512;
    if is_pending(path) {
        return None;
    }
    if format!("{path}/").contains(ROOT) {
        let message = "a stated path comes before `/ccprov/STACK/`, and does not hold it";
        return Some(
            Problem::of("path", message).hint("state what comes before alone: `path: /team/`"),
        );
    }
    let whole = identity(naming, path, None);
    (whole.len() > LONGEST).then(|| {
        let message =
            format!("the path `{whole}` has {} characters, IAM takes {LONGEST}", whole.len());
        Problem::of("path", message)
    })
}

/// STACK-ADDRESS-REGION: a name is unique in the account, whatever its path and
/// region. One that IAM finds too long is cut, and digits tell it apart.
pub(crate) fn default_name(naming: &Naming, longest: usize) -> String {
    let whole = format!("{}-{}", naming.default_name(), naming.place.region);
    if whole.len() <= longest {
        return whole;
    }
    let begin: String = whole.chars().take(longest - DIGITS - 1).collect();
    format!("{begin}-{}", digits(naming))
}

/// Before regions were part of it, the default was STACK-ADDRESS.
pub(crate) fn name_origin(identity_seen: &str, default: &str, naming: &Naming) -> NameOrigin {
    let former = identity(naming, &stated(identity_seen), Some(&naming.default_name()));
    if identity_seen == default {
        NameOrigin::Default
    } else if identity_seen == former {
        NameOrigin::FormerDefault
    } else {
        NameOrigin::Stated
    }
}

/// The name within an identity.
pub(crate) fn name(identity: &str) -> &str {
    identity.rsplit('/').next().unwrap_or_default()
}

/// Path and name from an ARN such as `arn:aws:iam::123456789012:role/a/b`.
/// `sort` is `role` or `policy`. AWS's own policies have no account.
pub(crate) fn identify(arn: &str, sort: &str) -> Option<String> {
    let (account, rest) = arn.split_once(":iam::")?.1.split_once(':')?;
    let identity = rest.strip_prefix(sort).filter(|rest| rest.starts_with('/'))?;
    (account != "aws").then(|| identity.to_owned())
}

/// A document as IAM answers it: percent-encoded.
pub(crate) fn document(text: Option<&str>, partition: &str) -> Option<Policy> {
    Policy::seen(&percent_decode_str(text?).decode_utf8_lossy(), partition)
}

/// The user's tags and the owner's, to be written.
pub(crate) fn tags(tags: &Tags, owner: &Owner) -> Vec<Tag> {
    sdk_tags(tags.with_owner(owner))
}

/// Tags as the SDK has them.
pub(crate) fn sdk_tags(tags: BTreeMap<String, String>) -> Vec<Tag> {
    // Building fails only without a key or a value.
    tags.into_iter()
        .filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok())
        .collect()
}

/// The user's tags and the owner, as seen.
pub(crate) fn seen(tags: Option<Vec<Tag>>) -> (Tags, Option<Owner>) {
    Tags::seen(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)))
}

/// A default name may be longer than the schema lets a stated one be.
pub(crate) fn check_name(name: Option<&str>, most: usize) -> Option<Problem> {
    too_long("name", name.filter(|name| !is_pending(name))?, most, "IAM")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Address, Place};

    fn policy(statement: &serde_json::Value) -> Policy {
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        Policy::seen(&document.to_string(), "aws").unwrap()
    }

    #[test]
    fn an_arn_tells_path_and_name() {
        let check = |arn: &str, sort: &str, expected: Option<&str>| {
            assert_eq!(identify(arn, sort).as_deref(), expected, "{arn}");
        };
        let role = "arn:aws:iam::123456789012:role/ccprov/dev/dev-consumer";
        check(role, "role", Some("/ccprov/dev/dev-consumer"));
        check(role, "policy", None);
        check("arn:aws-cn:iam::123456789012:role/plain", "role", Some("/plain"));
        check("arn:aws:iam::aws:policy/ReadOnlyAccess", "policy", None);
        check("arn:aws:sqs:eu-central-1:123456789012:role", "role", None);
        assert_eq!(name("/ccprov/dev/dev-consumer"), "dev-consumer");
    }

    fn naming(stack: &str, region: &str) -> Naming {
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: region.into(),
            endpoint: None,
        };
        Naming { stack: stack.into(), address: Address::new("chain.worker"), place }
    }

    #[test]
    fn a_default_name_is_its_regions_and_fits() {
        let name = |stack: &str, region: &str| default_name(&naming(stack, region), 64);
        assert_eq!(name("dev", "eu-west-1"), "dev-chain-worker-eu-west-1");
        let long = "s".repeat(40);
        assert_eq!(name(&long, "us-east-1").len(), 63);
        let (here, there) = (name(&long, "ap-southeast-1"), name(&long, "ap-southeast-2"));
        assert_eq!((here.len(), there.len()), (64, 64));
        assert_eq!(here[..56], there[..56]);
        assert_ne!(here, there);
    }

    #[test]
    fn a_stated_path_comes_before_that_of_the_stack() {
        let check = |stated_path: &str, expected: &str| {
            let whole = identity(&naming("dev", "eu-west-1"), stated_path, Some("n"));
            assert_eq!(whole, expected);
            assert_eq!(stated(&whole), stated_path);
            assert_eq!(format!("{}n", path_of(&whole)), expected);
        };
        check("/", "/ccprov/dev/n");
        check("/team/", "/team/ccprov/dev/n");
        check("/a/b/", "/a/b/ccprov/dev/n");
        let wrong = |path: &str| check_path(path, &naming("dev", "eu-west-1")).is_some();
        assert!(!wrong("/") && !wrong("/team/"));
        assert!(wrong("/ccprov/") && wrong("/a/ccprov/other/"));
        assert!(wrong(&format!("/{}/", "p".repeat(500))));
    }

    #[test]
    fn a_former_default_name_is_known() {
        let naming = naming("dev", "eu-west-1");
        let default = identity(&naming, "/", Some(&default_name(&naming, 64)));
        let check = |name: &str, expected: NameOrigin| {
            assert_eq!(name_origin(name, &default, &naming), expected, "{name}");
        };
        check("/ccprov/dev/dev-chain-worker-eu-west-1", NameOrigin::Default);
        check("/ccprov/dev/dev-chain-worker", NameOrigin::FormerDefault);
        check("/ccprov/dev/dev-chain-worker-us-east-1", NameOrigin::Stated);
        check("/ccprov/prod/dev-chain-worker", NameOrigin::Stated);
    }

    #[test]
    fn documents_come_percent_encoded() {
        let statement = json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*" });
        let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
                       %22Action%22%3A%22sqs%3ASendMessage%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
        assert_eq!(document(Some(encoded), "aws"), Some(policy(&statement)));
    }
}
