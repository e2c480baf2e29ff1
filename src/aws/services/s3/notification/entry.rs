//! One entry of a bucket's notifications: what it looks like to us and to S3,
//! how ours are told from those of others, and when two get in each other's way.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    Event, FilterRule, FilterRuleName, LambdaFunctionConfiguration,
    NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter, TopicConfiguration,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::Owner;
use crate::model::document::is_pending;

/// The three kinds of entry differ in the name of one field, for us and for S3.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident, $(#[$arn_doc:meta])* $arn:ident, $wire:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[expect(clippy::struct_field_names, reason = "the Terraform AWS provider calls it so")]
        pub(crate) struct $name {
            /// The end of the entry's id, which every event carries as
            /// `configurationId`. Default: follows from the other fields.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schemars(length(min = 1, max = 64))]
            id: Option<String>,
            $(#[$arn_doc])*
            #[schemars(length(min = 1))]
            $arn: String,
            /// Names of events, such as `s3:ObjectCreated:*`.
            #[schemars(schema_with = "names_of_events")]
            events: BTreeSet<String>,
            /// Only keys that begin with this, encoded as in a URL.
            #[schemars(length(max = 1024))]
            filter_prefix: Option<String>,
            /// Only keys that end with this, likewise.
            #[schemars(length(max = 1024))]
            filter_suffix: Option<String>,
        }

        impl $name {
            pub(super) fn entry(&self) -> Entry<'_> {
                Entry {
                    field: stringify!($arn).trim_end_matches("_arn"),
                    id: self.id.as_deref(),
                    arn: &self.$arn,
                    events: &self.events,
                    prefix: self.filter_prefix.as_deref().unwrap_or_default(),
                    suffix: self.filter_suffix.as_deref().unwrap_or_default(),
                }
            }

            /// An empty filter is none.
            pub(super) fn canonical(mut self) -> Self {
                self.filter_prefix = self.filter_prefix.filter(|prefix| !prefix.is_empty());
                self.filter_suffix = self.filter_suffix.filter(|suffix| !suffix.is_empty());
                self
            }

            /// `None` for an entry of somebody else's.
            pub(super) fn seen(wire: &$wire) -> Option<Self> {
                let id = wire.id().filter(|id| is_ours(Some(id)))?;
                let rule = |name| rule(wire.filter(), &name);
                let seen = Self {
                    id: stated_id(id),
                    $arn: wire.$arn().to_owned(),
                    events: wire.events().iter().map(|event| event.as_str().to_owned()).collect(),
                    filter_prefix: rule(FilterRuleName::Prefix),
                    filter_suffix: rule(FilterRuleName::Suffix),
                };
                Some(seen.canonical())
            }

            pub(super) fn wire(&self, owner: &Owner) -> Option<$wire> {
                let entry = self.entry();
                $wire::builder()
                    .id(entry.wire_id(owner))
                    .$arn(entry.arn)
                    .set_events(Some(entry.events.iter().map(|name| Event::from(name.as_str())).collect()))
                    .set_filter(entry.wire_filter())
                    .build()
                    .ok()
            }
        }
    };
}

entry!(
    /// A topic to publish to.
    Topic,
    /// ARN of a standard topic in the bucket's region. Its policy must let
    /// `s3.amazonaws.com` publish; with a KMS key, so must the key's.
    topic_arn,
    TopicConfiguration
);
entry!(
    /// A queue to send to.
    Queue,
    /// ARN of a standard queue in the bucket's region. Its policy must let
    /// `s3.amazonaws.com` send; with a KMS key, so must the key's.
    queue_arn,
    QueueConfiguration
);
entry!(
    /// A Lambda function to invoke.
    LambdaFunction,
    /// ARN of the function, which must let `s3.amazonaws.com` invoke it.
    lambda_function_arn,
    LambdaFunctionConfiguration
);

fn names_of_events(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array", "minItems": 1, "uniqueItems": true,
        "items": { "type": "string", "enum": Event::values() }
    })
}

/// An entry, whatever its destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    /// The field of the document that lists it.
    pub(super) field: &'static str,
    id: Option<&'a str>,
    pub(super) arn: &'a str,
    events: &'a BTreeSet<String>,
    prefix: &'a str,
    suffix: &'a str,
}

impl Entry<'_> {
    /// The filters that it has, by the names of their fields.
    pub(super) fn filters(&self) -> [(&'static str, &str); 2] {
        [("filter_prefix", self.prefix), ("filter_suffix", self.suffix)]
    }

    /// An event of some key that both would take, which S3 does not allow.
    pub(super) fn overlap(&self, other: &Self) -> Option<String> {
        let pending = [self.prefix, self.suffix, other.prefix, other.suffix];
        let same_keys = !pending.into_iter().any(is_pending)
            && (self.prefix.starts_with(other.prefix) || other.prefix.starts_with(self.prefix))
            && (self.suffix.ends_with(other.suffix) || other.suffix.ends_with(self.suffix));
        if !same_keys {
            return None;
        }
        let mut pairs =
            self.events.iter().flat_map(|one| other.events.iter().map(move |two| (one, two)));
        pairs.find_map(|(one, two)| {
            if covers(one, two) { Some(two.clone()) } else { covers(two, one).then(|| one.clone()) }
        })
    }

    /// What marks the entry as ours, and the same entry again as the same.
    pub(super) fn wire_id(&self, owner: &Owner) -> String {
        let Owner { stack, address, .. } = owner;
        if let Some(id) = self.id {
            return format!("{OURS}{stack}:{address}{STATED}{id}");
        }
        let mut digest = Sha256::new();
        let events = self.events.iter().map(String::as_str);
        for part in [self.arn, self.prefix, self.suffix].into_iter().chain(events) {
            digest.update(part);
            digest.update("\n");
        }
        let [a, b, c, d, ..]: [u8; 32] = digest.finalize().into();
        format!("{OURS}{stack}:{address}:{:08x}", u32::from_be_bytes([a, b, c, d]))
    }

    fn wire_filter(&self) -> Option<NotificationConfigurationFilter> {
        let rules: Vec<FilterRule> =
            [(FilterRuleName::Prefix, self.prefix), (FilterRuleName::Suffix, self.suffix)]
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| FilterRule::builder().name(name).value(value).build())
                .collect();
        if rules.is_empty() {
            return None;
        }
        let key = S3KeyFilter::builder().set_filter_rules(Some(rules)).build();
        Some(NotificationConfigurationFilter::builder().key(key).build())
    }
}

/// Whether an event's name stands for another, as `s3:ObjectCreated:*` does.
fn covers(name: &str, other: &str) -> bool {
    name == other || name.strip_suffix('*').is_some_and(|family| other.starts_with(family))
}

/// What ids of ours begin with.
const OURS: &str = "ccprov:";
/// What comes before an id that the user stated.
const STATED: &str = ":id=";

pub(super) fn is_ours(id: Option<&str>) -> bool {
    id.is_some_and(|id| id.starts_with(OURS))
}

fn stated_id(wire: &str) -> Option<String> {
    wire.split_once(STATED).map(|(_, id)| id.to_owned())
}

/// The value of a filter rule. S3 answers `Prefix` where it was told `prefix`.
fn rule(filter: Option<&NotificationConfigurationFilter>, name: &FilterRuleName) -> Option<String> {
    let rules = filter?.key()?.filter_rules();
    let is_named = |rule: &&FilterRule| {
        rule.name().is_some_and(|it| it.as_str().eq_ignore_ascii_case(name.as_str()))
    };
    rules.iter().find(is_named)?.value.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn topic(prefix: &str, suffix: &str) -> Topic {
        Topic {
            id: None,
            topic_arn: "arn:aws:sns:eu-central-1:123456789012:claims".into(),
            events: ["s3:ObjectCreated:*".to_owned()].into(),
            filter_prefix: Some(prefix.into()),
            filter_suffix: Some(suffix.into()),
        }
    }

    #[test]
    fn the_same_entry_keeps_its_id() {
        let owner = Owner::new("dev", Address::new("events"));
        let id = |prefix, suffix| topic(prefix, suffix).entry().wire_id(&owner);
        assert_eq!(id("raw/", ""), id("raw/", ""));
        assert_ne!(id("raw/", ""), id("", "raw/"));
        assert!(is_ours(Some(&id("raw/", ""))));
        assert_eq!(stated_id(&id("raw/", "")), None);
    }

    #[test]
    fn a_stated_id_is_found_again() {
        let owner = Owner::new("dev", Address::new("events"));
        let topic = Topic { id: Some("an:id=of its own".into()), ..topic("", "") };
        let id = topic.entry().wire_id(&owner);
        assert_eq!(id, "ccprov:dev:events:id=an:id=of its own");
        assert_eq!(stated_id(&id), topic.id);
    }

    #[test]
    fn a_filter_is_read_however_its_name_is_spelled() {
        let found = |name: &str| {
            let given = FilterRule::builder().name(FilterRuleName::from(name)).value("raw/");
            let key = S3KeyFilter::builder().filter_rules(given.build()).build();
            let filter = NotificationConfigurationFilter::builder().key(key).build();
            rule(Some(&filter), &FilterRuleName::Prefix)
        };
        assert_eq!(found("Prefix").as_deref(), Some("raw/"));
        assert_eq!(found("prefix").as_deref(), Some("raw/"));
        assert_eq!(found("Suffix"), None);
    }
}
