//! What is asked of outside between reading a stack and planning it.
//!
//! Most of what a stack says follows from itself. Some of it somebody outside knows: which
//! image a tag leads to today. A check on paper leaves it open and says what is asked; with the
//! answers the stack is checked once more, and holds them from then on.

use std::collections::BTreeMap;

use serde_json::Value;

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The kind that asks, and knows whom.
    pub kind: String,
    /// The field in whose place the answer stands.
    pub field: String,
    /// In the words of the kind.
    pub text: String,
}

/// The answers: what stands in the place of each field.
pub type Answers = BTreeMap<Question, Value>;
