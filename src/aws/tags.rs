//! Tags, and the owner that two of them spell.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::model::{Address, Owner};

/// The tag that holds the stack's name.
pub const STACK_TAG: &str = "ccprov:stack";
/// The tag that holds the resource's address.
pub const ADDRESS_TAG: &str = "ccprov:address";

/// The user's tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(pub BTreeMap<String, String>);

impl Tags {
    /// What AWS shows, without what is not the user's: system tags (`aws:`)
    /// and ours (`ccprov:`). The latter tell the owner.
    pub fn seen(all: impl IntoIterator<Item = (String, String)>) -> (Self, Option<Owner>) {
        let (mut tags, mut stack, mut address) = (BTreeMap::new(), None, None);
        for (key, value) in all {
            match key.as_str() {
                STACK_TAG => stack = Some(value),
                ADDRESS_TAG => address = Some(value),
                key if is_reserved(key) => {}
                _ => {
                    tags.insert(key, value);
                }
            }
        }
        let owner =
            stack.map(|stack| Owner { stack, address: Address::new(address.unwrap_or_default()) });
        (Self(tags), owner)
    }

    /// The tags to write: the user's and the owner's.
    pub fn with_owner(&self, owner: &Owner) -> BTreeMap<String, String> {
        let mut all = self.0.clone();
        all.insert(STACK_TAG.to_owned(), owner.stack.clone());
        all.insert(ADDRESS_TAG.to_owned(), owner.address.to_string());
        all
    }

    /// The user's tags that `self` has and `wanted` has not: to be removed.
    pub fn beyond(&self, wanted: &Self) -> Vec<String> {
        self.0.keys().filter(|key| !wanted.0.contains_key(*key)).cloned().collect()
    }
}

/// Whether a tag key is not the user's to set.
fn is_reserved(key: &str) -> bool {
    let prefix = key.split(':').next().unwrap_or_default();
    key.contains(':') && (prefix.eq_ignore_ascii_case("aws") || prefix == "ccprov")
}

impl JsonSchema for Tags {
    fn schema_name() -> Cow<'static, str> {
        "Tags".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // 50 tags, keys of 128 and values of 256 characters: the limits that
        // SNS, KMS, IAM and S3 share (SQS recommends them).
        json_schema!({
            "type": "object",
            "maxProperties": 48,
            "propertyNames": { "minLength": 1, "maxLength": 128 },
            "additionalProperties": { "type": "string", "maxLength": 256 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_told_apart_from_the_users_tags() {
        let owner = Owner { stack: "dev".into(), address: Address::new("q") };
        let users = Tags([("Env".to_owned(), "dev".to_owned())].into());
        let mut all = users.with_owner(&owner);
        all.insert("aws:cloudformation:stack-id".into(), "x".into());
        all.insert("AWS:other".into(), "x".into());
        assert_eq!(Tags::seen(all), (users, Some(owner)));
    }
}
