//! What a service is told to be: its names, how often AWS admits its calls, which
//! IAM actions these need, what its error codes mean, what its answers always
//! hold. Everything that has to know a service reads it from here.

use crate::engine::pace::RateLimit;
use crate::model::ErrorClass;

/// One service of AWS, as its folder tells it.
#[derive(Debug)]
pub struct Service {
    /// As the SDK calls it in what an attempt carries: `SQS`.
    pub name: &'static str,
    /// As IAM's actions, our errors and the pacer call it: `sqs`.
    pub prefix: &'static str,
    /// In what form it answers.
    pub speaks: Speech,
    /// How often AWS admits each call, each number with its source. What is not
    /// documented begins where it is known to go well.
    pub limits: &'static [RateLimit],
    /// The calls whose IAM actions do not have their name, or are several.
    pub actions: &'static [(&'static str, &'static [&'static str])],
    /// What its codes mean, where all services do not mean the same. The first
    /// that fits holds.
    pub codes: &'static [Code],
    /// Words that AWS writes into the answer of a call whatever there is to tell.
    pub contents: &'static [(&'static str, &'static [&'static str])],
}

/// The form of a service's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Concise Binary Object Representation (RFC 8949).
    Cbor,
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// XML, and policies in JSON as they are.
    XmlOrJson,
}

/// What some codes mean.
#[derive(Debug)]
pub struct Code {
    /// What it means.
    pub class: ErrorClass,
    /// The codes.
    pub codes: &'static [&'static str],
    /// Of these operations; of all, if it names none.
    pub operations: &'static [&'static str],
    /// A word of the message, in small letters, where the code alone is one for
    /// several things.
    pub says: &'static str,
}

impl Code {
    /// Codes that mean one thing, whatever was called.
    pub const fn of(class: ErrorClass, codes: &'static [&'static str]) -> Self {
        Self { class, codes, operations: &[], says: "" }
    }

    /// The same, of these operations alone.
    #[must_use]
    pub const fn at(self, operations: &'static [&'static str]) -> Self {
        Self { operations, ..self }
    }

    /// The same, where the message says so.
    #[must_use]
    pub const fn saying(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// Whether it tells what an answer means; `words` is its message in small
    /// letters.
    pub fn fits(&self, operation: &str, code: &str, words: &str) -> bool {
        self.codes.contains(&code)
            && (self.operations.is_empty() || self.operations.contains(&operation))
            && words.contains(self.says)
    }
}
