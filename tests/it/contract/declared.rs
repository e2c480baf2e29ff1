//! What a kind says of itself, checked without any cloud.

use std::collections::BTreeSet;

use ccprov::aws::AwsCatalog;
use ccprov::model::{
    Address, Catalog, Document, FactRef, FieldDiff, KindInfo, Naming, Place, Prepared, Problem,
};
use serde_json::{Value, json};

use super::case::{self, Case, CaseFile, substitute};
use super::checkout;
use super::lies::{LACKS, LIES, Lacking, MISJUDGED};
use super::run::{self, STACK, tops};

#[test]
fn kinds_and_lies_are_sorted() {
    let catalog = AwsCatalog::new();
    assert!(catalog.kinds().is_sorted_by(|a, b| a.name < b.name));
    assert!(LIES.is_sorted_by(|a, b| a < b));
    assert!(LACKS.is_sorted_by(|a, b| a < b));
    assert!(MISJUDGED.is_sorted_by(|a, b| a < b));
}

/// What every emulator leaves out is tried nowhere, and its cases would look as if
/// it were.
#[test]
fn what_no_emulator_has_is_stated_in_no_case() {
    check(|info, file| {
        let lacked = |emulator: &str, field: &String| {
            LACKS.iter().filter(|lack| lack.emulator == emulator && lack.kind == info.name).any(
                |lack| match lack.what {
                    Lacking::Kind => true,
                    Lacking::Call(_, fields) => fields.contains(&field.as_str()),
                },
            )
        };
        let documents = file.cases.iter().flat_map(Case::documents);
        let stated: BTreeSet<String> = documents.flatten().map(|(field, _)| field).collect();
        let nowhere = |field: &&String| lacked("ministack", field) && lacked("moto", field);
        stated.iter().filter(nowhere).map(|field| format!("no emulator knows {field}")).collect()
    });
}

#[test]
fn every_kind_has_cases_and_every_case_file_a_kind() {
    let catalog = AwsCatalog::new();
    let kinds: Vec<&str> = catalog.kinds().iter().map(|kind| kind.name.as_str()).collect();
    let files = case::files();
    assert_eq!(files.iter().map(|file| file.kind.as_str()).collect::<Vec<_>>(), kinds);
    for file in &files {
        let names: BTreeSet<&str> = file.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), file.cases.len(), "{}: two cases of one name", file.kind);
    }
}

#[test]
fn paths_that_kinds_declare_lead_to_fields() {
    check(|info, _| {
        let paths = info.fixed.iter().chain(&info.must_exist);
        paths
            .filter(|path| !reaches(&info.schema, &info.schema, path))
            .map(|path| format!("{path} is no field"))
            .collect()
    });
}

#[test]
fn kinds_that_kinds_wait_for_exist() {
    check(|info, _| {
        let catalog = AwsCatalog::new();
        let unknown = info.delete_after.iter().filter(|kind| catalog.kind(kind).is_none());
        unknown.map(|kind| format!("delete_after: {kind} is no kind")).collect()
    });
}

#[test]
fn unknown_fields_are_refused() {
    check(|info, _| {
        let validator = jsonschema::validator_for(&info.schema).expect("a schema");
        let unknown = json!({ "no_such_field": 1 });
        let refused =
            validator.iter_errors(&unknown).any(|e| e.to_string().contains("no_such_field"));
        if refused { Vec::new() } else { vec!["no_such_field is accepted".into()] }
    });
}

#[test]
fn every_field_is_described() {
    check(|info, _| {
        let undescribed =
            |field: &&String| !info.schema["properties"][field]["description"].is_string();
        fields(info).iter().filter(undescribed).map(|f| format!("{f} has no description")).collect()
    });
}

#[test]
fn what_is_predicted_is_what_was_promised() {
    check(|info, file| {
        let predicted = info.facts.iter().filter(|fact| fact.predicted);
        let promised: BTreeSet<&str> = predicted.map(|fact| fact.name.as_str()).collect();
        let mut problems = Vec::new();
        for case in &file.cases {
            let Prepared { predicted, .. } = &prepared(info, case)[0];
            let keys: BTreeSet<&str> = predicted.keys().map(String::as_str).collect();
            if keys != promised {
                let name = &case.name;
                problems.push(format!("{name}: predicts {keys:?}, promises {promised:?}"));
            }
        }
        problems
    });
}

#[test]
fn what_is_prepared_is_canonical() {
    check(|info, file| {
        let mut problems = Vec::new();
        for case in &file.cases {
            for once in prepared(info, case) {
                let twice = prepare(info, case, &once.document);
                if twice != once {
                    problems.push(format!("{}: {once:#?}\nbecomes {twice:#?}", case.name));
                }
            }
        }
        problems
    });
}

/// For each text of each case: empty, it is refused in words, or it is as if
/// the field (or the item) were left out.
#[test]
fn an_empty_text_is_none_or_refused() {
    check(|info, file| {
        let validator = jsonschema::validator_for(&info.schema).expect("a schema");
        let mut problems = Vec::new();
        for case in &file.cases {
            for document in case.documents() {
                let document = Value::Object(document);
                let mut texts = Vec::new();
                collect_texts(&info.schema, &info.schema, &document, "", &mut texts);
                for text in texts {
                    let mut empty = document.clone();
                    *empty.pointer_mut(&text).expect("a text") = json!("");
                    if !validator.is_valid(&empty) {
                        continue;
                    }
                    let Ok(seen) = try_prepare(info, case, &object(&empty)) else { continue };
                    let without = try_prepare(info, case, &object(&removed(&document, &text)));
                    if without.as_ref() != Ok(&seen) {
                        problems.push(format!("{}: {text} may be empty: {seen:#?}", case.name));
                    }
                }
            }
        }
        problems
    });
}

/// Where a document has texts that its schema bounds: not the words of a policy
/// or a filter, nor the values of tags.
fn collect_texts(root: &Value, schema: &Value, value: &Value, at: &str, texts: &mut Vec<String>) {
    let branches = branches(root, schema);
    let admits = |word: &str| {
        branches.iter().any(|branch| match &branch["type"] {
            Value::Array(types) => types.iter().any(|one| one == word),
            one => one == word || (word == "string" && !branch["enum"].is_null()),
        })
    };
    if admits("string") {
        texts.push(at.to_owned());
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let field = branches.iter().find_map(|branch| branch["properties"].get(name));
                let below = format!("{at}/{name}");
                if let Some(field) = field {
                    collect_texts(root, field, value, &below, texts);
                }
            }
        }
        Value::Array(items) => {
            let Some(of_items) = branches.iter().find_map(|branch| branch.get("items")) else {
                return;
            };
            for (index, item) in items.iter().enumerate() {
                collect_texts(root, of_items, item, &format!("{at}/{index}"), texts);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn removed(document: &Value, pointer: &str) -> Value {
    let mut rest = document.clone();
    let (around, last) = pointer.rsplit_once('/').expect("a pointer");
    match rest.pointer_mut(around).expect("what is around it") {
        Value::Array(items) => drop(items.remove(last.parse().expect("a position"))),
        other => drop(other.as_object_mut().expect("an object").remove(last)),
    }
    rest
}

fn object(value: &Value) -> Document {
    value.as_object().cloned().expect("an object")
}

#[test]
fn every_field_is_stated_and_every_mutable_field_changed() {
    check(|info, file| {
        let (mut stated, mut changed) = (BTreeSet::new(), BTreeSet::new());
        let mut problems = Vec::new();
        for case in &file.cases {
            stated.extend(case.documents().into_iter().flatten().map(|(field, _)| field));
            for pair in prepared(info, case).windows(2) {
                let [before, after] = pair else { continue };
                let diffs = info.compare(&after.document, &before.document);
                let is_fixed = |diff: &&FieldDiff| {
                    info.fixed.iter().any(|pattern| diff.path.is_within(pattern))
                };
                problems.extend(diffs.iter().filter(is_fixed).map(|diff| {
                    format!("{}: updates {}, which cannot change in place", case.name, diff.path)
                }));
                changed.extend(tops(&diffs));
            }
        }
        for field in fields(info) {
            let missing = if !stated.contains(&field) {
                Some("is stated in no case")
            } else if [&changed, &fixed_or_means(info)].iter().all(|them| !them.contains(&field)) {
                Some("is changed in no case")
            } else {
                None
            };
            match (missing, file.untested.contains_key(&field)) {
                (Some(missing), false) => problems.push(format!("{field} {missing}")),
                (None, true) => problems.push(format!("{field} is tested: not `untested`")),
                (Some(_), true) | (None, false) => {}
            }
        }
        let known = fields(info);
        let strangers = file.untested.keys().filter(|field| !known.contains(*field));
        problems.extend(strangers.map(|field| format!("`untested`: {field} is no field")));
        problems
    });
}

/// Asks every kind that has cases for its problems.
fn check(problems: impl Fn(&KindInfo, &CaseFile) -> Vec<String>) {
    let catalog = AwsCatalog::new();
    let mut all = Vec::new();
    for file in case::files() {
        let Some(info) = catalog.kind(&file.kind) else { continue };
        all.extend(problems(info, &file).into_iter().map(|one| format!("{}: {one}", file.kind)));
    }
    assert!(all.is_empty(), "{} broken\n{}", all.len(), all.join("\n"));
}

/// A case's documents, each prepared.
fn prepared(info: &KindInfo, case: &Case) -> Vec<Prepared> {
    case.documents().iter().map(|document| prepare(info, case, document)).collect()
}

/// One document of a case, with every fact of what it needs still pending, as
/// they are when a plan is made.
fn prepare(info: &KindInfo, case: &Case, document: &Document) -> Prepared {
    let prepared = try_prepare(info, case, document);
    prepared.unwrap_or_else(|problems| panic!("{} {}: {problems:?}", info.name, case.name))
}

fn try_prepare(
    info: &KindInfo,
    case: &Case,
    document: &Document,
) -> Result<Prepared, Vec<Problem>> {
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    };
    let naming = Naming { stack: STACK.into(), address: run::address(&info.name, case), place };
    let known = |name: &str| match name {
        "account" => Some(naming.place.account.clone()),
        "region" => Some(naming.place.region.clone()),
        "name" => Some(naming.default_name()),
        _ => checkout::hash(name).or_else(|| {
            let (need, fact) = name.split_once('.')?;
            Some(FactRef { address: Address::new(need), fact: fact.into() }.marker())
        }),
    };
    let document = substitute(document, &known).expect("references");
    AwsCatalog::new().prepare(&info.name, &naming, &document).expect("a kind")
}

/// What no change is seen of: it makes another object, or no object tells it.
fn fixed_or_means(info: &KindInfo) -> BTreeSet<String> {
    info.fixed.iter().chain(&info.means).cloned().collect()
}

fn fields(info: &KindInfo) -> BTreeSet<String> {
    info.schema["properties"].as_object().into_iter().flatten().map(|(f, _)| f.clone()).collect()
}

/// Whether a path with dots, where `*` is any one step, leads somewhere.
fn reaches(root: &Value, schema: &Value, path: &str) -> bool {
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    branches(root, schema).into_iter().any(|branch| {
        let next = if step == "*" {
            branch.get("items").or_else(|| branch.get("additionalProperties"))
        } else {
            branch.get("properties").and_then(|properties| properties.get(step))
        };
        // A single item may stand for a list of one.
        let in_item = || branch.get("items").is_some_and(|items| reaches(root, items, path));
        next.map_or_else(
            || step != "*" && in_item(),
            |next| rest.is_empty() || reaches(root, next, rest),
        )
    })
}

/// A schema and all that it refers to or chooses from.
fn branches<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let mut all = vec![schema];
    if let Some(pointer) = schema["$ref"].as_str().and_then(|text| text.strip_prefix('#')) {
        all.extend(root.pointer(pointer).into_iter().flat_map(|target| branches(root, target)));
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        let options = schema[choice].as_array().into_iter().flatten();
        all.extend(options.flat_map(|option| branches(root, option)));
    }
    all
}

#[test]
fn reaching_follows_references_and_lists() {
    let schema = json!({
        "properties": {
            "a": { "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }] },
            "tags": { "additionalProperties": { "type": "string" } },
        },
        "$defs": { "A": { "properties": { "list": { "items": { "properties": { "b": {} } } } } } },
    });
    let check = |path: &str| reaches(&schema, &schema, path);
    assert!(check("a") && check("a.list.*.b") && check("a.list.b") && check("tags.*"));
    assert!(!check("b") && !check("a.b") && !check("a.list.*.c") && !check("tags.*.x"));
}
