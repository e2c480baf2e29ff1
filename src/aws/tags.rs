//! Tags, and the owner that some of them spell.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::{Address, Owner};

/// The tag that holds the stack's name.
pub const STACK_TAG: &str = "ccprov:stack";
/// The tag that holds the resource's address.
pub const ADDRESS_TAG: &str = "ccprov:address";

/// The tag that holds the stack's region, on objects that are the same in all.
pub const REGION_TAG: &str = "ccprov:region";

/// The tag that an object carries, with the value `true`, whose stack refuses to
/// let it go.
pub const PROTECTION_TAG: &str = "ccprov:prevent-destroy";

/// The tag that keeps what the last apply said of `force_destroy`, for which AWS
/// has no place. It tells whether that changed, and permits nothing.
pub(crate) const FORCE_TAG: &str = "ccprov:force-destroy";

/// The user's tags. Numbers and booleans are taken as the text that they print
/// as, because that is what people write: `CostCenter: 123456`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Tags(pub BTreeMap<String, String>);

impl Tags {
    /// What AWS shows, without what is not the user's: system tags (`aws:`)
    /// and ours (`ccprov:`). The latter tell the owner.
    pub fn seen(all: impl IntoIterator<Item = (String, String)>) -> (Self, Option<Owner>) {
        let (mut tags, mut stack, mut region, mut address) = (BTreeMap::new(), None, None, None);
        let mut prevent_destroy = false;
        for (key, value) in all {
            match key.as_str() {
                STACK_TAG => stack = Some(value),
                REGION_TAG => region = Some(value),
                PROTECTION_TAG => prevent_destroy = value == "true",
                ADDRESS_TAG => address = Some(value),
                key if is_reserved(key) => {}
                _ => {
                    tags.insert(key, value);
                }
            }
        }
        let address = Address::new(address.unwrap_or_default());
        let owner = stack.map(|stack| Owner { stack, region, address, prevent_destroy });
        (Self(tags), owner)
    }

    /// The tags to write: the user's and the owner's.
    pub fn with_owner(&self, owner: &Owner) -> BTreeMap<String, String> {
        let mut all = self.0.clone();
        all.insert(STACK_TAG.to_owned(), owner.stack.clone());
        all.insert(ADDRESS_TAG.to_owned(), owner.address.to_string());
        all.extend(owner.region.iter().map(|region| (REGION_TAG.to_owned(), region.clone())));
        if owner.prevent_destroy {
            all.insert(PROTECTION_TAG.to_owned(), "true".to_owned());
        }
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

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(Self(written.into_iter().map(|(key, value)| (key, text(value))).collect()))
    }
}

impl JsonSchema for Tags {
    fn schema_name() -> Cow<'static, str> {
        "Tags".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // 50 tags, keys of 128 and values of 256 characters: the limits that
        // SNS, KMS, IAM and S3 share (SQS recommends them). Four are ours: stack,
        // address, prevent_destroy, and one of region, window and force_destroy.
        json_schema!({
            "type": "object",
            "maxProperties": 46,
            "propertyNames": { "minLength": 1, "maxLength": 128 },
            "additionalProperties": { "type": ["string", "number", "boolean"], "maxLength": 256 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_told_apart_from_the_users_tags() {
        let owner = Owner {
            region: Some("eu-west-1".into()),
            prevent_destroy: true,
            ..Owner::new("dev", Address::new("q"))
        };
        let users = Tags([("Env".to_owned(), "dev".to_owned())].into());
        let mut all = users.with_owner(&owner);
        all.insert("aws:cloudformation:stack-id".into(), "x".into());
        all.insert("AWS:other".into(), "x".into());
        assert_eq!(Tags::seen(all), (users, Some(owner)));
    }

    #[test]
    fn scalars_are_taken_as_text() {
        let tags: Tags = serde_json::from_value(serde_json::json!({ "a": 1, "b": true })).unwrap();
        assert_eq!(tags.0["a"], "1");
        assert_eq!(tags.0["b"], "true");
    }
}
