//! AWS: the only room with SDK types.
//!
//! Everything here turns documents into calls and answers into documents. It
//! never waits, never retries a refusal, never diffs, never prints: the engine
//! does. In reading order: [`kind`] (what one kind must say and do), [`service`]
//! (what is told of a service) and [`services`] (all of them, with their kinds),
//! [`registry`] (what is known of every kind), `provider` (the engine's port over
//! them), [`client`] (connections) with `pacing` (the gate that keeps to the limits),
//! `answer` (what may come back), `error` (the only classifier), [`grant`] and
//! [`access`] (what AWS must allow), the types in which equivalence lives
//! ([`policy`], [`tags`], and two of SNS's documents), what AWS would refuse of any
//! document (`policy::check`, `takes`, [`partition`]), [`behaviours`]
//! (exercises of what was made, for `verify`), `brokers` (records in topics of Kafka clusters), [`invocation`] (a function that is called), [`replay`] (an archive whose events come once more), [`lease`] (what keeps two runs
//! apart), and [`courier`] (what else goes over our connections).

pub mod access;
mod aliases;
mod answer;
pub(crate) mod arn;
pub mod behaviours;
mod brokers;
mod call_context;
pub mod call_log;
mod call_span;
pub mod client;
mod clock;
mod conditions;
pub mod courier;
mod delivery_policy;
mod discovery;
pub mod endpoint;
mod error;
mod filter_policy;
pub mod grant;
mod handed;
mod indexes;
pub mod invocation;
pub mod kind;
mod landmark;
pub mod lease;
mod managed_key;
pub mod memo;
mod names;
mod neighbours;
mod pacing;
pub mod partition;
pub mod policy;
pub mod profiles;
mod provider;
pub mod registry;
pub mod replay;
pub mod service;
pub mod services;
mod since;
mod stated;
pub mod tags;
mod takes;
mod turnover;
mod written;

// "Did you mean" is the same of everybody's words.
pub(crate) use crate::model::near;
pub use client::{AccessKey, Connection, Lifetime, Pace, Session};
pub use provider::{Provider, Shared, Writer};
pub use registry::AwsCatalog;
