//! Probes, carried out: what the user of a stack has tried of it is sent, and what is
//! to come of it is awaited.
//!
//! Knows no cloud: a [`Stage`] sends and looks. What is seen is judged by `judge`, which
//! is pure; `act` has the order and the time.
//!
//! That something is *not* there, or not once more, is never decided by a wait: what was
//! sent last has to be seen first.

mod act;
mod judge;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use serde_json::Value;

pub use self::act::{Part, act};
use crate::engine::port::Answer;
use crate::model::{Expectation, Sending};

/// Where a probe is acted: what sends, and what looks. A cloud brings its own.
#[async_trait]
pub trait Stage: Send + Sync {
    /// Sends it once. `nonce` is known to stand in it, or to be what it is known by;
    /// `number` tells repetitions apart, and grows with everything that is sent.
    ///
    /// # Errors
    /// Where it was not taken.
    async fn send(&self, sending: &Sending, nonce: &str, number: u32) -> Answer<Sent>;

    /// What is there now of what carries a nonce: the items, the messages, the lines.
    /// Who looks again sees what was seen before.
    ///
    /// # Errors
    /// Where it could not look.
    async fn look(&self, at: &Expectation, nonce: &str) -> Answer<Vec<Value>>;

    /// What people call a queue, a table or whatever else is named by its URL, ARN or
    /// name.
    fn called(&self, target: &str) -> String;

    /// What else may say why nothing comes, a phrase each.
    async fn clues(&self) -> Vec<String>;
}

/// Something that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// What it is called there, for people: `message 5f2c`.
    pub called: String,
    /// What came back, of a function: `{ "result": … }`, or `{ "error": … }`.
    pub answer: Option<Value>,
}
