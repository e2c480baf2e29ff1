//! Tags, and the owner that some of them spell.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::document::{Document, is_pending};
use crate::model::{Address, Owner, Path, Problem};

/// The tag that holds the stack's name.
pub const STACK_TAG: &str = "ccprov:stack";
/// The tag that holds the resource's address.
pub const ADDRESS_TAG: &str = "ccprov:address";

/// The tag that holds the stack's region, on objects that are the same in all.
pub const REGION_TAG: &str = "ccprov:region";

/// The tags that say whose an object is.
pub(crate) const OWNER_TAGS: [&str; 3] = [STACK_TAG, ADDRESS_TAG, REGION_TAG];

/// The tag that an object carries, with the value `true`, whose stack refuses to
/// let it go.
pub const PROTECTION_TAG: &str = "ccprov:prevent-destroy";

/// The tag that an object carries whose document holds outputs of other stacks: the names of
/// these, a blank between two.
pub const USES_TAG: &str = "ccprov:uses";

/// The tag that keeps what the last apply said of `force_destroy`, for which AWS
/// has no place. It tells whether that changed, and permits nothing.
const FORCE_TAG: &str = "ccprov:force-destroy";

/// The user's tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(pub BTreeMap<String, String>);

impl Tags {
    /// What AWS shows, without what is not the user's: system tags (`aws:`)
    /// and ours (`ccprov:`). The latter tell the owner.
    pub fn seen(all: impl IntoIterator<Item = (String, String)>) -> (Self, Option<Owner>) {
        let (mut tags, mut stack, mut region, mut address) = (BTreeMap::new(), None, None, None);
        let mut prevent_destroy = false;
        let mut used = BTreeSet::new();
        for (key, value) in all {
            match key.as_str() {
                STACK_TAG => stack = Some(value),
                REGION_TAG => region = Some(value),
                PROTECTION_TAG => prevent_destroy = value == "true",
                USES_TAG => used = value.split_whitespace().map(str::to_owned).collect(),
                ADDRESS_TAG => address = Some(value),
                key if is_reserved(key) => {}
                _ => {
                    tags.insert(key, value);
                }
            }
        }
        let address = Address::new(address.unwrap_or_default());
        let owner =
            stack.map(|stack| Owner { stack, region, address, prevent_destroy, uses: used });
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
        if !owner.uses.is_empty() {
            let names: Vec<&str> = owner.uses.iter().map(String::as_str).collect();
            all.insert(USES_TAG.to_owned(), names.join(" "));
        }
        all
    }

    /// The same of what may go with what it holds, if its stack file says so.
    pub(crate) fn of_holder(&self, owner: &Owner, force_destroy: bool) -> BTreeMap<String, String> {
        self.with_owner(owner).into_iter().chain(force_tag(force_destroy)).collect()
    }
}

/// The tag that keeps `force_destroy`, where that is so.
pub(crate) fn force_tag(force_destroy: bool) -> Option<(String, String)> {
    force_destroy.then(|| (FORCE_TAG.to_owned(), "true".to_owned()))
}

/// What the tags of an object keep of `force_destroy`.
pub(crate) fn is_forced<'a>(tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> bool {
    tags.into_iter().any(|(key, value)| key == FORCE_TAG && value == "true")
}

/// What the keys and values of tags may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TagTexts {
    /// Letters, digits, blanks and `_.:/=+-@`. IAM's model has the pattern
    /// `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`; SNS answers others with "The given tag(s)
    /// contain invalid characters"; KMS and S3 follow the same rule of the Tagging
    /// Best Practices.
    Plain,
    /// Anything: to SQS tags are "character strings" (API Reference, `TagQueue`),
    /// and its model has no pattern.
    Any,
}

impl TagTexts {
    /// What is wrong with the tags of a document.
    pub(crate) fn check(self, document: &Document) -> Vec<Problem> {
        let tags = document.get("tags").and_then(Value::as_object);
        match self {
            Self::Plain => tags.into_iter().flatten().flat_map(plain).collect(),
            Self::Any => Vec::new(),
        }
    }
}

/// Signs that a tag may hold beside letters, digits and blanks.
const SIGNS: &str = "_.:/=+-@";

fn plain((key, value): (&String, &Value)) -> Vec<Problem> {
    let told = |what: &str, text: &str| {
        let wrong: BTreeSet<char> = text.chars().filter(|c| !is_plain(*c)).collect();
        if is_pending(text) || wrong.is_empty() {
            return None;
        }
        let wrong: Vec<String> =
            wrong.into_iter().map(|c| format!("`{}`", c.escape_debug())).collect();
        let message = format!("the {what} holds {}", wrong.join(", "));
        let problem = Problem::of("", message).at(Path::field("tags").with_field(key));
        let signs: Vec<String> = SIGNS.chars().map(String::from).collect();
        let signs = signs.join(" ");
        Some(problem.hint(format!("tags hold letters, digits, blanks and {signs}")))
    };
    let value = value.as_str().unwrap_or_default();
    [told("tag's key", key), told("tag", value)].into_iter().flatten().collect()
}

fn is_plain(c: char) -> bool {
    let is_blank = c.is_whitespace() && !c.is_control();
    c.is_alphabetic() || c.is_numeric() || is_blank || SIGNS.contains(c)
}

/// Whether a tag key is not the user's to set.
pub(crate) fn is_reserved(key: &str) -> bool {
    let prefix = key.split(':').next().unwrap_or_default();
    key.contains(':') && (prefix.eq_ignore_ascii_case("aws") || prefix == "ccprov")
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
            "additionalProperties": { "type": "string", "maxLength": 256 }
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
            uses: ["base".to_owned(), "platform@eu-west-1".to_owned()].into(),
            ..Owner::new("dev", Address::new("q"))
        };
        let users = Tags([("Env".to_owned(), "dev".to_owned())].into());
        let mut all = users.with_owner(&owner);
        all.insert("aws:cloudformation:stack-id".into(), "x".into());
        all.insert("AWS:other".into(), "x".into());
        assert_eq!(Tags::seen(all), (users, Some(owner)));
    }

    #[test]
    fn a_tag_holds_plain_characters_but_in_a_queue() {
        let check = |key: &str, value: &str, expected: &[&str]| {
            let document = serde_json::json!({ "tags": { key: value } });
            let problems = TagTexts::Plain.check(document.as_object().unwrap());
            let told: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            assert_eq!(told, expected, "{key}: {value}");
            assert_eq!(TagTexts::Any.check(document.as_object().unwrap()), []);
        };
        check("Cost_Centre.1:a/b=c+d-e@f", "Stra\u{df}e 5, 2. Stock", &["the tag holds `,`"]);
        check("Team", "Ma\u{df}e \u{4e2d}\u{6587} \u{661}", &[]);
        check("a*b", "(see #3)", &["the tag's key holds `*`", "the tag holds `#`, `(`, `)`"]);
        check("Note", "two\nlines", &["the tag holds `\\n`"]);
        check("Empty", "", &[]);
    }
}
