//! Behaviours: what the parts of a messaging system do together, found out by
//! using them.
//!
//! One file per behaviour, one line in `behaviours` and one in [`INFOS`].
//! What they share: the `bench` (clients, wishes, and what has to be put
//! away), the `mark` of a run, `actor` (in whose name something is done), `path`
//! (who should tell whom, read off a scene), `link` (its second half), `route` (every
//! other way), `queue` and `messages` (what is known of a queue, and what lies in it),
//! `payload`, `parcel`, `event`, `ear`, `inbox`, `letter`, `metric`, `target` (what can be
//! tried where) and `hindrance` (what cannot be). An exercise sends nothing but marked
//! objects and messages, reads nobody's messages unless it was told that it
//! may, and deletes none but its own.
//!
//! One trace stays, and nobody could avoid it: an object that is put into a
//! living system is an event for its consumers. Its key holds [`MARK`], so
//! that they can tell.

mod access_denied;
mod actor;
mod alarm;
mod alarm_fires;
mod bench;
mod claim_roundtrip;
mod dead_letter;
mod dead_letters_empty;
mod delivery;
mod ear;
mod encryption_enforced;
mod event;
mod event_delivery;
mod event_examples;
mod execution;
mod function_errors;
mod hindrance;
mod inbox;
mod items;
mod kafka_brokers;
mod kafka_roundtrip;
mod letter;
mod link;
mod mail;
mod mapping_polls;
mod mark;
mod messages;
mod metric;
mod parcel;
mod path;
mod payload;
mod plain_consumer;
mod plain_producer;
mod probes;
mod queue;
mod route;
mod target;
mod tls_enforced;
mod topic_replicated;
mod undeclared;

pub use bench::{Bench, Options};
pub use mark::MARK;
pub(super) use probes::{check as check_probe, probed};

use crate::model::CheckInfo;
use crate::verify::Behaviour;

/// What every behaviour says of itself, sorted by id.
pub const INFOS: [CheckInfo; 19] = [
    access_denied::INFO,
    alarm_fires::INFO,
    claim_roundtrip::INFO,
    dead_letter::INFO,
    dead_letters_empty::INFO,
    delivery::INFO,
    encryption_enforced::INFO,
    event_delivery::INFO,
    event_examples::INFO,
    function_errors::INFO,
    kafka_brokers::INFO,
    kafka_roundtrip::INFO,
    mapping_polls::INFO,
    plain_consumer::INFO,
    plain_producer::INFO,
    probes::INFO,
    tls_enforced::INFO,
    topic_replicated::INFO,
    undeclared::INFO,
];

/// Every behaviour, sorted by id.
pub fn behaviours(bench: &Bench) -> Vec<Box<dyn Behaviour>> {
    vec![
        Box::new(access_denied::AccessDenied(bench.clone())),
        Box::new(alarm_fires::AlarmFires(bench.clone())),
        Box::new(claim_roundtrip::ClaimRoundtrip(bench.clone())),
        Box::new(dead_letter::DeadLetter(bench.clone())),
        Box::new(dead_letters_empty::DeadLettersEmpty(bench.clone())),
        Box::new(delivery::Delivery(bench.clone())),
        Box::new(encryption_enforced::EncryptionEnforced(bench.clone())),
        Box::new(event_delivery::EventDelivery(bench.clone())),
        Box::new(event_examples::EventExamples(bench.clone())),
        Box::new(function_errors::FunctionErrors(bench.clone())),
        Box::new(kafka_brokers::KafkaBrokers(bench.clone())),
        Box::new(kafka_roundtrip::KafkaRoundtrip(bench.clone())),
        Box::new(mapping_polls::MappingPolls(bench.clone())),
        Box::new(plain_consumer::PlainConsumer(bench.clone())),
        Box::new(plain_producer::PlainProducer(bench.clone())),
        Box::new(probes::Probes(bench.clone())),
        Box::new(tls_enforced::TlsEnforced(bench.clone())),
        Box::new(topic_replicated::TopicReplicated(bench.clone())),
        Box::new(undeclared::Undeclared(bench.clone())),
    ]
}
