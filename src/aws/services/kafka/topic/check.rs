//! What AWS would refuse of a topic.

use super::Spec;
use crate::model::document::is_pending;
use crate::model::near::nearest;
use crate::model::{Path, Problem};

/// What can be set of a topic: Apache Kafka 3.9, "Topic Configs".
const SETTINGS: &[&str] = &[
    "cleanup.policy",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "delete.retention.ms",
    "file.delete.delay.ms",
    "flush.messages",
    "flush.ms",
    "follower.replication.throttled.replicas",
    "index.interval.bytes",
    "leader.replication.throttled.replicas",
    "local.retention.bytes",
    "local.retention.ms",
    "max.compaction.lag.ms",
    "max.message.bytes",
    "message.downconversion.enable",
    "message.format.version",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.difference.max.ms",
    "message.timestamp.type",
    "min.cleanable.dirty.ratio",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "preallocate",
    "remote.log.copy.disable",
    "remote.log.delete.on.disable",
    "remote.storage.enable",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.jitter.ms",
    "segment.ms",
    "unclean.leader.election.enable",
];

/// What is set of brokers, for all of their topics, and what it is called of a topic: the
/// same page, "Server Default Property".
const OF_BROKERS: &[(&str, &str)] = &[
    ("log.cleanup.policy", "cleanup.policy"),
    ("log.flush.interval.messages", "flush.messages"),
    ("log.flush.interval.ms", "flush.ms"),
    ("log.message.timestamp.type", "message.timestamp.type"),
    ("log.retention.bytes", "retention.bytes"),
    ("log.retention.hours", "retention.ms"),
    ("log.retention.minutes", "retention.ms"),
    ("log.retention.ms", "retention.ms"),
    ("log.roll.hours", "segment.ms"),
    ("log.roll.ms", "segment.ms"),
    ("log.segment.bytes", "segment.bytes"),
    ("message.max.bytes", "max.message.bytes"),
];

/// Settings that are fields of the topic.
const FIELDS: &[(&str, &str)] =
    &[("default.replication.factor", "replication_factor"), ("num.partitions", "partition_count")];

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let name = spec.name.as_deref().unwrap_or_default();
    spec.configs.keys().filter_map(|name| setting(name)).chain(named(name)).collect()
}

fn named(name: &str) -> Option<Problem> {
    if is_pending(name) {
        return None;
    }
    let is_taken = [".", "..", "__consumer_offsets", "__transaction_state"].contains(&name);
    let (message, hint) = if is_taken {
        (format!("Kafka keeps the name `{name}` for itself"), "state another `name`")
    } else if name.len() > 249 {
        let message = format!("the name has {} characters, Kafka takes 249", name.len());
        (message, "state a shorter `name`")
    } else {
        return None;
    };
    Some(Problem::of("name", message).hint(hint))
}

/// What is wrong with the name of a setting. One that nothing here resembles may be newer
/// than this list.
fn setting(name: &str) -> Option<Problem> {
    if SETTINGS.contains(&name) || is_pending(name) {
        return None;
    }
    let called = |pairs: &[(&str, &'static str)]| {
        pairs.iter().find(|(other, _)| *other == name).map(|(_, called)| *called)
    };
    let problem = |message: String, hint: String| {
        let path = Path::field("configs").with_field(name);
        Some(Problem::of("", message).at(path).hint(hint))
    };
    if let Some(field) = called(FIELDS) {
        let message = format!("`{name}` is set of brokers, and of a topic by a field");
        return problem(message, format!("state `{field}` beside `configs`"));
    }
    if let Some(own) = called(OF_BROKERS) {
        let message = format!("`{name}` is set of brokers, and a topic does not know it");
        let is_of_time =
            name.rsplit('.').next().is_some_and(|it| ["hours", "minutes"].contains(&it));
        let unit = if is_of_time { ", in milliseconds" } else { "" };
        return problem(message, format!("of a topic it is `{own}`{unit}"));
    }
    let meant = nearest(name, SETTINGS.iter().copied()).filter(|meant| is_slip(name, meant))?;
    problem(format!("a topic has no setting `{name}`"), format!("did you mean `{meant}`?"))
}

/// Whether one is the other with a letter or two astray. Settings resemble each other, and
/// there will be more of them.
fn is_slip(name: &str, meant: &str) -> bool {
    strsim::damerau_levenshtein(name, meant) <= 2
}
