//! Which fields the states of each type have (Amazon States Language, "Table of State Types
//! and Fields"; Developer Guide, the page of each state).

use super::language::{self, Language};
use super::part::{Part, Walk};
use crate::aws::near::nearest;
use crate::model::document::is_pending;

/// What a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateType {
    Choice,
    Fail,
    Map,
    Parallel,
    Pass,
    Succeed,
    Task,
    Wait,
}

use StateType::{Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait};

pub(super) const TYPES: [(&str, StateType); 8] = [
    ("Choice", Choice),
    ("Fail", Fail),
    ("Map", Map),
    ("Parallel", Parallel),
    ("Pass", Pass),
    ("Succeed", Succeed),
    ("Task", Task),
    ("Wait", Wait),
];

impl StateType {
    fn name(self) -> &'static str {
        TYPES.iter().find(|(_, one)| *one == self).map_or("", |(name, _)| name)
    }
}

const ALL: &[StateType] = &[Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait];
const SPEAKING: &[StateType] = &[Choice, Map, Parallel, Pass, Succeed, Task, Wait];
const GOING_ON: &[StateType] = &[Map, Parallel, Pass, Task, Wait];
const ASSIGNING: &[StateType] = &[Choice, Map, Parallel, Pass, Task, Wait];
const WITH_RESULT: &[StateType] = &[Map, Parallel, Pass, Task];
const TRYING: &[StateType] = &[Map, Parallel, Task];

const PATH: Option<Language> = Some(Language::JsonPath);
const DATA: Option<Language> = Some(Language::Jsonata);

/// Each field, the types that have it, and the language of which alone it is.
const FIELDS: &[(&str, &[StateType], Option<Language>)] = &[
    ("Arguments", &[Parallel, Task], DATA),
    ("Assign", ASSIGNING, None),
    ("Branches", &[Parallel], None),
    ("Catch", TRYING, None),
    ("Cause", &[Fail], None),
    ("CausePath", &[Fail], PATH),
    ("Choices", &[Choice], None),
    ("Comment", ALL, None),
    ("Credentials", &[Task], None),
    ("Default", &[Choice], None),
    ("End", GOING_ON, None),
    ("Error", &[Fail], None),
    ("ErrorPath", &[Fail], PATH),
    ("HeartbeatSeconds", &[Task], None),
    ("HeartbeatSecondsPath", &[Task], PATH),
    ("InputPath", SPEAKING, PATH),
    ("ItemBatcher", &[Map], None),
    ("ItemProcessor", &[Map], None),
    ("ItemReader", &[Map], None),
    ("ItemSelector", &[Map], None),
    ("Items", &[Map], DATA),
    ("ItemsPath", &[Map], PATH),
    ("Iterator", &[Map], None),
    ("Label", &[Map], None),
    ("MaxConcurrency", &[Map], None),
    ("MaxConcurrencyPath", &[Map], PATH),
    ("Next", GOING_ON, None),
    ("Output", SPEAKING, DATA),
    ("OutputPath", SPEAKING, PATH),
    ("Parameters", WITH_RESULT, PATH),
    ("QueryLanguage", ALL, None),
    ("Resource", &[Task], None),
    ("Result", &[Pass], PATH),
    ("ResultPath", WITH_RESULT, PATH),
    ("ResultSelector", TRYING, PATH),
    ("ResultWriter", &[Map], None),
    ("Retry", TRYING, None),
    ("Seconds", &[Wait], None),
    ("SecondsPath", &[Wait], PATH),
    ("TimeoutSeconds", &[Task], None),
    ("TimeoutSecondsPath", &[Task], PATH),
    ("Timestamp", &[Wait], None),
    ("TimestampPath", &[Wait], PATH),
    ("ToleratedFailureCount", &[Map], None),
    ("ToleratedFailureCountPath", &[Map], PATH),
    ("ToleratedFailurePercentage", &[Map], None),
    ("ToleratedFailurePercentagePath", &[Map], PATH),
    ("Type", ALL, None),
];

/// That a state has no fields but those of its type and its language.
pub(super) fn check(state: &Part<'_>, of: StateType, speaks: Language, walk: &mut Walk) {
    for field in state.fields.keys().filter(|field| !is_pending(field)) {
        let at = state.at(field);
        match FIELDS.iter().find(|(name, ..)| name == field) {
            None => {
                let known = FIELDS.iter().filter(|(_, types, _)| types.contains(&of));
                let known = known.map(|(name, ..)| *name);
                let message = format!("a state has no `{field}`");
                match nearest(field, known) {
                    Some(meant) => walk.advise(at, message, format!("did you mean `{meant}`?")),
                    None => walk.tell(at, message),
                }
            }
            Some((_, types, _)) if !types.contains(&of) => {
                let names: Vec<&str> = types.iter().map(|one| one.name()).collect();
                let message = format!("a state of type {} has no `{field}`", of.name());
                walk.advise(at, message, format!("it is of {}", names.join(", ")));
            }
            Some((_, _, Some(language))) if *language != speaks => {
                let (its, ours) = (language.name(), speaks.name());
                let message = format!("`{field}` is of {its}, and this state speaks {ours}");
                walk.advise(at, message, language::instead(field));
            }
            Some(_) => {}
        }
    }
}

/// The language of which a state has a field.
pub(super) fn spoken(state: &Part<'_>) -> Option<Language> {
    FIELDS.iter().filter(|(name, ..)| state.has(name)).find_map(|(.., language)| *language)
}
