//! What holds where a state stands.

use super::super::MachineType;
use super::language::{self, Language};
use super::part::{Part, Walk};

/// What holds for the states of a machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground {
    /// As what they are run.
    pub(super) runs: MachineType,
    /// The language of the whole definition.
    pub(super) of_all: Language,
    /// The language of what they stand in.
    pub(super) language: Language,
    /// Where they stand.
    pub(super) within: Within,
}

/// Where states stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    Definition,
    Branch,
    Processor,
}

/// A state machine within a state, and what holds for it.
pub(super) type Inner<'a> = (Part<'a>, Ground);

impl Within {
    /// The fields beside the states (Developer Guide, "State machine structure in Amazon
    /// States Language").
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Definition => {
                &["Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"]
            }
            Self::Branch => &["Comment", "QueryLanguage", "StartAt", "States"],
            Self::Processor => {
                &["Comment", "ProcessorConfig", "QueryLanguage", "StartAt", "States"]
            }
        }
    }
}

/// The language that a machine or a state says. A definition in JSONata has none in JSONPath
/// within (Developer Guide, "State machine structure in Amazon States Language").
pub(super) fn stated_language(
    part: &Part<'_>,
    ground: Ground,
    walk: &mut Walk,
) -> Option<Language> {
    part.get("QueryLanguage")?;
    let stated = part.word("QueryLanguage", &language::NAMES, walk).and_then(Language::of);
    if ground.of_all == Language::Jsonata && stated == Some(Language::JsonPath) {
        walk.advise(
            part.at("QueryLanguage"),
            "what is within JSONata does not go back to JSONPath",
            "leave `QueryLanguage` out here, and state JSONata where it is wanted",
        );
    }
    stated
}
