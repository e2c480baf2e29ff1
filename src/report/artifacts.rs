//! How a plan tells of artifacts: by where they lie and how large they are. Their
//! hashes say nothing to people.

use serde_json::Value;

use crate::model::{Artifact, Document, FieldDiff};

use super::page::Page;
use super::style::{ADD, CHANGE, REPLACE, paint};

/// The fields of a new object, with the name of each artifact in its place.
pub(super) fn named(mut document: Document, artifacts: &[&Artifact]) -> Document {
    for artifact in artifacts {
        if let Some(value) = artifact.at.get_mut(&mut document) {
            *value = Value::from(artifact.to_string());
        }
    }
    document
}

/// Writes what becomes of artifacts, a line each; answers what else differs.
pub(super) fn write(
    page: &mut Page,
    depth: usize,
    diff: &[FieldDiff],
    artifacts: &[&Artifact],
) -> Vec<FieldDiff> {
    let mut others = Vec::new();
    for diff in diff {
        let Some(artifact) = artifacts.iter().find(|it| it.at == diff.path && diff.want.is_some())
        else {
            others.push(diff.clone());
            continue;
        };
        let sign = if diff.have.is_some() { paint(CHANGE, "~ ") } else { paint(ADD, "+ ") };
        let remark = match diff.forces_replace {
            true => format!("  {}", paint(REPLACE, "(forces replacement)")),
            false => String::new(),
        };
        page.line(depth, format!("{sign}{} changes ({artifact}){remark}", diff.path));
    }
    others
}
