//! The case files, `cases/KIND.yaml`, and what their texts stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::PathBuf;

use ccprov::model::Document;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// One file: what is tried with one kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// From the file's name.
    #[serde(skip)]
    pub(crate) kind: String,
    pub(crate) cases: Vec<Case>,
    /// Fields that no case can change or state, each with the reason.
    #[serde(default)]
    pub(crate) untested: BTreeMap<String, String>,
}

/// One object's life.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// What must be there first, in order of creation.
    #[serde(default)]
    pub(crate) needs: Needs,
    /// The document to create.
    pub(crate) create: Document,
    /// What to change, one after the other. A field replaces the document's;
    /// null removes it.
    #[serde(default)]
    pub(crate) updates: Vec<Document>,
}

/// Resources by the name under which a case refers to them, in the file's order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs(pub(crate) Vec<(String, Need)>);

/// Another resource.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Need {
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) document: Document,
}

impl Case {
    /// The document as created, then as it stands after each update.
    pub(crate) fn documents(&self) -> Vec<Document> {
        let mut documents = vec![self.create.clone()];
        for update in &self.updates {
            let mut document = documents.last().cloned().unwrap_or_default();
            document.extend(update.clone());
            document.retain(|_, value| !value.is_null());
            documents.push(document);
        }
        documents
    }

    /// The same without some fields, of which an emulator knows nothing. What
    /// changes nothing but these is no update any more.
    pub(crate) fn without(&self, fields: &BTreeSet<&str>) -> Self {
        let stripped = |document: &Document| {
            let kept = document.iter().filter(|(field, _)| !fields.contains(field.as_str()));
            kept.map(|(field, value)| (field.clone(), value.clone())).collect::<Document>()
        };
        let updates = self.updates.iter().map(stripped).filter(|update| !update.is_empty());
        Self { create: stripped(&self.create), updates: updates.collect(), ..self.clone() }
    }
}

/// Every case file, sorted by kind.
pub(crate) fn files() -> Vec<CaseFile> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/contract/cases");
    let entries = fs::read_dir(&folder).expect("the folder of cases");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a case file");
        let mut file: CaseFile = serde_saphyr::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        file.kind = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        file
    };
    paths.into_iter().map(read).collect()
}

/// Puts values in place of every `${...}` in the texts of a document. What
/// holds a colon is IAM's own (`${aws:username}`) and stays.
pub(crate) fn substitute(
    document: &Document,
    known: &dyn Fn(&str) -> Option<String>,
) -> Result<Document, String> {
    let fields = document.iter().map(|(key, value)| Ok((key.clone(), replace(value, known)?)));
    fields.collect()
}

fn replace(value: &Value, known: &dyn Fn(&str) -> Option<String>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(replace_text(text, known)?),
        Value::Array(items) => {
            items.iter().map(|item| replace(item, known)).collect::<Result<_, _>>()?
        }
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| Ok((replace_text(key, known)?, replace(value, known)?)));
            Value::Object(fields.collect::<Result<_, String>>()?)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

fn replace_text(text: &str, known: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or_else(|| format!("no }} in {text}"))?;
        out.push_str(before);
        match known(name) {
            Some(value) => out.push_str(&value),
            None if name.contains(':') => out.extend(["${", name, "}"]),
            None => return Err(format!("nothing is known as ${{{name}}}")),
        }
        rest = after;
    }
    Ok(out + rest)
}

impl<'de> Deserialize<'de> for Needs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Needs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("resources by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Needs, A::Error> {
                let mut needs = Vec::new();
                while let Some(need) = map.next_entry()? {
                    needs.push(need);
                }
                Ok(Needs(needs))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[test]
fn texts_stand_for_what_is_known() {
    let check = |text: &str, expected: Result<&str, &str>| {
        let known = |name: &str| (name == "dlq.arn").then(|| "ARN".to_owned());
        let found = replace_text(text, &known);
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    };
    check("a ${dlq.arn} b ${dlq.arn}", Ok("a ARN b ARN"));
    check("${aws:username}", Ok("${aws:username}"));
    check("${other.arn}", Err("nothing is known as ${other.arn}"));
    check("${dlq.arn", Err("no } in ${dlq.arn"));
}

#[test]
fn a_field_that_is_left_out_is_neither_stated_nor_changed() {
    let case: Case = serde_saphyr::from_str(
        "{ name: key, create: { key: a, size: 1 }, updates: [{ key: b }, { key: c, size: 2 }] }",
    )
    .expect("a case");
    let told = |case: &Case| serde_json::to_string(&case.documents()).expect("documents");
    let left = case.without(&BTreeSet::from(["key"]));
    assert_eq!(told(&left), r#"[{"size":1},{"size":2}]"#);
    assert_eq!(told(&case.without(&BTreeSet::new())), told(&case));
}
