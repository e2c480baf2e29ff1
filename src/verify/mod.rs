//! The inspection: whether a system is what its stack says, and whether it works.
//!
//! Three kinds of checks. [`conformance`] compares what lives with what is
//! declared; [`rules`] judge documents, declared ones before an apply and live
//! ones after it, and call nobody; [`behaviour`]s exercise the system and watch
//! what it does, [`probe`]s what the stack's user has tried of it. [`inspect`](inspect()) runs them side by side. Knows no cloud by name:
//! behaviours are handed in.

pub mod behaviour;
pub mod choice;
pub mod conformance;
pub(crate) mod event_pattern;
mod holder;
pub mod inspect;
mod interlude;
mod managed;
pub mod notice;
mod policy;
pub mod probe;
#[cfg(feature = "aws")]
pub(crate) mod rights;
pub mod rules;

pub use behaviour::{Behaviour, Trial, Watch};
pub use choice::Choice;
pub use conformance::{CONFORMANCE, Foreign, set_apart};
pub use inspect::{Inspection, excuse, inspect, judge};
pub use notice::Notice;
#[cfg(feature = "aws")]
pub(crate) use policy::matches;
pub use rules::{RULES, Rule, because, named_others};
