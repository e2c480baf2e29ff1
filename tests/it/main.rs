//! Everything that is tested from outside: the library through its public
//! items, the binary through its transcripts, both on emulators of AWS.
//!
//! One test crate, because linking is what integration tests cost most: a new
//! area is a folder or a file here and one line below.

mod access;
mod behaviours;
mod buckets;
mod busy;
mod consumers;
mod contract;
mod engine;
mod event_archives;
mod event_buses;
mod event_pipeline;
mod event_processor;
mod event_rules;
mod event_schemas;
mod examples;
mod existing;
mod functions;
mod fuzz;
mod habits;
mod hostile;
mod iam;
mod images;
mod invoking;
mod kms_key;
mod leases;
mod lenders;
mod log_groups;
mod many_rounds;
mod many_stacks;
mod mappings;
mod message_queues;
mod msk;
mod pages;
mod passed_on;
mod permissions;
mod plans;
mod probing;
mod rate_limits;
mod renamed_stacks;
mod renaming;
mod replaying;
mod repositories;
mod resource;
mod rounds;
mod security_groups;
mod stand_in;
mod state_machines;
mod support;
mod systems;
mod tables;
mod topics;
mod torture;
pub(crate) mod transcripts;
mod turning;
mod turnover;
mod uploads;
mod users;
mod versions;
