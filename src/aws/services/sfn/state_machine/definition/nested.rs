//! States within states: the branches of a Parallel, and what a Map does with each item
//! (Developer Guide, "Parallel workflow state" and "Map workflow state").

use serde_json::Value;

use super::super::MachineType;
use super::ground::{Ground, Inner, Within};
use super::language::Language;
use super::part::{Part, Walk, is_expression, waits, words_of};
use super::time::MOST_SECONDS;
use super::{json_path, template};

/// The branches of a Parallel, to be checked by who checks machines.
pub(super) fn branches<'a>(state: &Part<'a>, ground: Ground, walk: &mut Walk) -> Vec<Inner<'a>> {
    if !state.needs("Branches", "what is done side by side", walk) {
        return Vec::new();
    }
    let Some(branches) = state.list("Branches", walk) else { return Vec::new() };
    if branches.is_empty() {
        walk.tell(state.at("Branches"), "a Parallel has one branch at least");
    }
    let ground = Ground { within: Within::Branch, ..ground };
    let part = |(index, branch)| {
        let part = Part::of(branch, state.at("Branches").with_index(index), walk);
        part.map(|part| (part, ground))
    };
    branches.iter().enumerate().filter_map(part).collect()
}

/// What only a Map has that runs each item as an execution of its own.
const DISTRIBUTED: [&str; 8] = [
    "ItemBatcher",
    "ItemReader",
    "Label",
    "ResultWriter",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
];

/// What a Map does with each item, likewise.
pub(super) fn items<'a>(state: &Part<'a>, ground: Ground, walk: &mut Walk) -> Option<Inner<'a>> {
    check_numbers(state, ground.language, walk);
    check_source(state, ground.language, walk);
    state.one_of(&["ItemProcessor", "Iterator"], walk);
    state.one_of(&["ItemSelector", "Parameters"], walk);
    // What it was called before there were two modes.
    let field = if state.has("Iterator") { "Iterator" } else { "ItemProcessor" };
    if !state.needs(field, "what is done with each item", walk) {
        return None;
    }
    let processor = state.part(field, walk)?;
    let config = processor.part("ProcessorConfig", walk);
    let distributed = config.as_ref().and_then(|config| mode(config, walk));
    if config.is_none() || distributed.is_none() {
        for field in state.those_of(&DISTRIBUTED) {
            let message = format!("only a distributed Map has `{field}`");
            let hint = "ItemProcessor: { ProcessorConfig: { Mode: DISTRIBUTED, ExecutionType: EXPRESS }, … }";
            walk.advise(state.at(field), message, hint);
        }
    } else if ground.runs == MachineType::Express {
        let message = "an EXPRESS execution starts no others: its Maps are INLINE";
        walk.advise(
            processor.at("ProcessorConfig").with_field("Mode"),
            message,
            "`type: STANDARD`",
        );
    }
    let runs = distributed.unwrap_or(ground.runs);
    Some((processor, Ground { runs, within: Within::Processor, ..ground }))
}

/// As what each item is run, where it is an execution of its own.
fn mode(config: &Part<'_>, walk: &mut Walk) -> Option<MachineType> {
    config.no_others(&["ExecutionType", "Mode"], walk);
    let mode = match config.get("Mode") {
        None => "INLINE",
        Some(_) => config.word("Mode", &["DISTRIBUTED", "INLINE"], walk)?,
    };
    let runs = config
        .has("ExecutionType")
        .then(|| config.word("ExecutionType", &["EXPRESS", "STANDARD"], walk));
    match (mode, runs) {
        ("DISTRIBUTED", Some(Some("EXPRESS"))) => Some(MachineType::Express),
        ("DISTRIBUTED", Some(_)) => Some(MachineType::Standard),
        ("DISTRIBUTED", None) => {
            let message = "a distributed Map says as what each item is run";
            walk.advise(config.path.clone(), message, "ExecutionType: EXPRESS, or STANDARD");
            Some(MachineType::Standard)
        }
        (_, _) => None,
    }
}

/// The longest label (Developer Guide, "Using Map state in Distributed mode").
const LONGEST_LABEL: usize = 40;

fn check_numbers(state: &Part<'_>, language: Language, walk: &mut Walk) {
    for (field, most) in [
        ("MaxConcurrency", MOST_SECONDS),
        ("ToleratedFailureCount", MOST_SECONDS),
        ("ToleratedFailurePercentage", 100),
    ] {
        let path = format!("{field}Path");
        state.one_of(&[field, &path], walk);
        if let Some(message) = state.text(&path, walk).and_then(json_path::fault) {
            walk.tell(state.at(&path), message);
        }
        state.whole(field, 0..=most, language, walk);
    }
    if let Some(label) = state.text("Label", walk)
        && label.chars().count() > LONGEST_LABEL
    {
        let message =
            format!("has {} characters, a label has {LONGEST_LABEL}", label.chars().count());
        walk.tell(state.at("Label"), message);
    }
}

/// Where the items come from, in what portions, and where results go.
fn check_source(state: &Part<'_>, language: Language, walk: &mut Walk) {
    if let Some(message) = state.text("ItemsPath", walk).and_then(json_path::fault) {
        walk.tell(state.at("ItemsPath"), message);
    }
    if let Some(items) = state.get("Items").filter(|_| language == Language::Jsonata) {
        let at = state.at("Items");
        match items {
            Value::Array(_) | Value::Object(_) => template::check(items, &at, language, walk),
            other if waits(other) || is_expression(other, language, &at, walk) => {}
            other => {
                let message =
                    format!("takes a list or an expression, and this is {}", words_of(other));
                walk.advise(at, message, "Items: \"{% $states.input.items %}\"");
            }
        }
    }
    if let Some(reader) = state.part("ItemReader", walk) {
        reader.needs(
            "Resource",
            "what reads the items, as `arn:${partition}:states:::s3:getObject`",
            walk,
        );
        reader.text("Resource", walk);
        if let Some(config) = reader.part("ReaderConfig", walk) {
            config.one_of(&["MaxItems", "MaxItemsPath"], walk);
        }
        check_given(&reader, language, walk);
    }
    if let Some(writer) = state.part("ResultWriter", walk) {
        writer.text("Resource", walk);
        check_given(&writer, language, walk);
    }
    if let Some(batcher) = state.part("ItemBatcher", walk) {
        let most = [("MaxItemsPerBatch", MOST_SECONDS), ("MaxInputBytesPerBatch", 262_144)];
        for (field, most) in most {
            batcher.one_of(&[field, &format!("{field}Path")], walk);
            batcher.whole(field, 1..=most, language, walk);
        }
        if let Some(input) = batcher.get("BatchInput") {
            template::check(input, &batcher.at("BatchInput"), language, walk);
        }
    }
}

fn check_given(part: &Part<'_>, language: Language, walk: &mut Walk) {
    let field = match language {
        Language::JsonPath => "Parameters",
        Language::Jsonata => "Arguments",
    };
    if let Some(value) = part.get(field) {
        template::check(value, &part.at(field), language, walk);
    }
}
