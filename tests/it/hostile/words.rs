//! Every word of another tool that is known, at its place: whoever writes it is
//! told what is written here instead, and nothing that there is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ccprov::aws::AwsCatalog;
use ccprov::model::{Catalog as _, Diagnostic};
use ccprov::spec::{self, Where, words_of_others};
use serde_json::Value;

use super::case::Case;
use crate::support::emulator::root;
use crate::support::page;

#[test]
fn every_word_of_others_is_answered_at_its_place() {
    let catalog = AwsCatalog::new();
    let mut silent = Vec::new();
    for (place, word, said) in words_of_others() {
        let Some(stack) = with_word(&catalog, place, word) else { continue };
        let case = Case {
            title: word.to_owned(),
            files: vec![("stack.yaml".to_owned(), stack.clone().into_bytes())],
        };
        let problems = case.problems();
        let is_it = |problem: &Diagnostic| {
            let line = problem.location.as_ref().is_some_and(|at| at.text.contains(word));
            line && problem.hints.iter().any(|hint| hint == said)
        };
        if !problems.iter().any(is_it) {
            silent.push(format!("{place:?} {word}: {said}\n{stack}{problems:#?}"));
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// A stack that has the word at its place; `None` where goldens alone show it.
fn with_word(catalog: &AwsCatalog, place: Where, word: &str) -> Option<String> {
    let entry = |kind: &str, fields: &str| {
        format!("stack: dev\nresources:\n  one:\n    kind: {kind}\n    {fields}\n")
    };
    Some(match place {
        Where::Top => format!("stack: dev\n{word}: {{}}\nresources: {{}}\n"),
        Where::Entry => entry("sqs_queue", &format!("{word}: {{}}")),
        Where::Field(kind) => entry(kind, &format!("{word}: {{}}")),
        Where::Within(field) => {
            let mut kinds = catalog.kinds().iter();
            let kind = kinds.find(|kind| kind.schema["properties"].get(field).is_some());
            let kind = kind.unwrap_or_else(|| panic!("no kind has a field {field}"));
            let is_list = kind.schema["properties"][field]["type"] == "array";
            let value = format!("{{ {word}: {{}} }}");
            let value = if is_list { format!("[{value}]") } else { value };
            entry(&kind.name, &format!("{field}: {value}"))
        }
        Where::Resource => entry(&format!("aws_{word}"), "tags: {}"),
        Where::Function => entry("sqs_queue", &format!("name: \"${{{word}(stack)}}\"")),
        Where::Renamed | Where::Other => return None,
    })
}

/// Written from what people are told.
#[test]
fn the_page_of_terraform_has_every_type_of_resource() {
    let catalog = AwsCatalog::new();
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut row = |said: String, theirs: String| rows.entry(said).or_default().push(theirs);
    for kind in catalog.kinds() {
        row(format!("`kind: {}`", kind.name), format!("`aws_{}`", kind.name));
    }
    for (place, word, said) in words_of_others() {
        if place == Where::Resource {
            row(said.trim_start_matches("write ").to_owned(), format!("`{word}`"));
        }
    }
    let mut table = "| Elsewhere | ccprov |\n|---|---|\n".to_owned();
    for (said, theirs) in rows {
        writeln!(table, "| {} | {said} |", theirs.join(", ")).expect("a String takes all");
    }
    page::check_part("docs/COMING_FROM_TERRAFORM.md", "resource types", &table);
}

#[test]
fn no_answer_names_what_there_is_not() {
    let catalog = AwsCatalog::new();
    let mut keys = BTreeSet::new();
    collect(&spec::schema(&catalog), &mut keys);
    collect(&spec::pattern_schema(&catalog), &mut keys);
    let commands = std::fs::read_to_string(root().join("docs/COMMANDS.md")).expect("a page");
    let facts: BTreeSet<&str> =
        catalog.kinds().iter().flat_map(|kind| kind.facts.iter().map(|fact| &*fact.name)).collect();
    let mut wrong = Vec::new();
    for (place, word, said) in words_of_others() {
        let mut complain = |what: &str| wrong.push(format!("{word}: {said}\n  there is no {what}"));
        if place == Where::Renamed {
            if !keys.contains(said) && !facts.contains(said) {
                complain(said);
            }
            continue;
        }
        for piece in said.split('`').skip(1).step_by(2) {
            if let Some(line) = piece.strip_prefix("ccprov ") {
                let command = line.split(' ').next().unwrap_or_default();
                if !commands.contains(&format!("ccprov {command}")) {
                    complain(piece);
                }
            } else {
                let named = keys_of(piece);
                named.filter(|key| !keys.contains(*key)).for_each(&mut complain);
            }
        }
        if let Some((_, rest)) = said.split_once("it is the field `") {
            let (field, rest) = rest.split_once("` of the ").expect("a kind");
            let kind = rest.split([';', ',', ' ']).next().unwrap_or_default();
            let kind = catalog.kinds().iter().find(|one| one.name == kind);
            if kind.is_none_or(|kind| kind.schema["properties"].get(field).is_none()) {
                complain(field);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The keys of a piece of YAML; capitals stand for names that somebody chooses.
fn keys_of(piece: &str) -> impl Iterator<Item = &str> {
    piece.match_indices(':').filter_map(|(at, _)| {
        let after = piece[at + 1..].chars().next();
        let key = piece[..at].rsplit([' ', '{', '"', '[']).next().unwrap_or_default();
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        (is_key && after.is_none_or(|c| c == ' ')).then_some(key)
    })
}

/// Every name of a property of a schema, at any depth.
fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                keys.extend(properties.keys().cloned());
            }
            map.values().for_each(|value| collect(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
