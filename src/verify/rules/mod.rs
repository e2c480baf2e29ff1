//! Rules: what can be said of a system by reading its documents. Pure, and the
//! same before an apply as after it. One file per rule, one line below.

use crate::model::{CheckInfo, Finding, Scene};

/// One rule.
pub struct Rule {
    /// What it says of itself.
    pub info: CheckInfo,
    /// Judges a scene.
    pub judge: fn(&Scene) -> Judgement,
}

/// What a rule found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// What it looked at, for people. Empty where nothing concerns the rule.
    pub subjects: Vec<String>,
    /// What is wrong with some of them.
    pub findings: Vec<Finding>,
}

/// Every rule, sorted by id. A new one is a file in `rules/` and a line here.
pub static RULES: &[Rule] = &[];
