//! How a plan tells of artifacts: by where they lie and how large they are, and of what
//! changes by how the hashes begin, so that people see whether it is what they built.

use serde_json::Value;

use crate::model::{Artifact, Document, FieldDiff, short_hash};

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
        let remark = if diff.forces_replace {
            format!("  {}", paint(REPLACE, "(forces replacement)"))
        } else {
            String::new()
        };
        let hash = |side: &Option<Value>| {
            side.as_ref().and_then(Value::as_str).map(|hash| short_hash(hash).to_owned())
        };
        let hashes = match (hash(&diff.have), hash(&diff.want)) {
            (Some(have), Some(want)) => format!("; {have} -> {want}"),
            (Some(_) | None, _) => String::new(),
        };
        page.line(depth, format!("{sign}{} changes ({artifact}{hashes}){remark}", diff.path));
    }
    others
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::json;

    use crate::model::{
        Address, ArtifactSort, Desired, Hash, Identity, Lifecycle, Live, Packing, Path, Status,
    };
    use crate::plan::{Change, Plan, Step, StepId, StepNode};
    use crate::report::fixtures::{document, plain, plan_of, planned};
    use crate::report::{PlanDetail, PlanRecord, plan_json, plan_text};

    use super::*;

    const OLD: &str = "the hash of yesterday";

    fn want(address: &str) -> Box<Desired> {
        let artifact = Artifact {
            at: Path::field("code"),
            path: "build/handler.zip".into(),
            sort: ArtifactSort::File,
            packing: Packing::Zip,
            size: 1_258_292,
            sha256: Hash::of(b"handler"),
        };
        Box::new(Desired {
            address: Address::new(address),
            formerly: Vec::new(),
            named_in: None,
            kind: "function".into(),
            identity: Identity(format!("claimcheck-dev-{address}")),
            document: document(&json!({ "code": artifact.sha256.to_string(), "memory": 128 })),
            stated: BTreeSet::from(["code".to_owned(), "memory".to_owned()]),
            predicted: BTreeMap::new(),
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts: vec![artifact],
            instead_of: None,
        })
    }

    fn plan(diff: &[&str]) -> Plan {
        let (new, old) = (want("new"), want("old"));
        let have = Live {
            kind: old.kind.clone(),
            identity: old.identity.clone(),
            document: document(&json!({ "code": OLD, "memory": 64 })),
            facts: BTreeMap::new(),
            owner: None,
            status: Status::Current,
            holdings: None,
            parent: None,
            held: None,
            remark: None,
        };
        let side = |document: &Document, field: &str| document.get(field).cloned();
        let diff = diff.iter().map(|field| {
            let (had, wants) = (side(&have.document, field), side(&old.document, field));
            FieldDiff::new(Path::field(*field), had, wants)
        });
        let diff: Vec<FieldDiff> = diff.collect();
        let changes = vec![
            planned("new", "function", Change::Create { document: new.document.clone() }),
            planned("old", "function", Change::Update { diff: diff.clone() }),
        ];
        let steps =
            [Step::Create { want: new }, Step::Update { want: old, have: Box::new(have), diff }];
        let node = |(at, step): (usize, Step)| StepNode {
            id: StepId(at),
            address: changes[at].address.clone(),
            step,
            needs: BTreeMap::new(),
            interim: false,
        };
        let steps = steps.into_iter().enumerate().map(node).collect();
        Plan { steps, ..plan_of(changes) }
    }

    #[test]
    fn people_read_where_it_lies_and_how_large_it_is() {
        let told = plain(&plan_text(&plan(&["code", "memory"]), PlanDetail::CHANGES));
        insta::assert_snapshot!("artifacts", told);
    }

    #[test]
    fn programs_read_the_hashes_too_and_what_is_not_sent_is_not_told() {
        let told = |diff: &[&str]| -> Value {
            let plan = plan(diff);
            serde_json::from_str(&plan_json(PlanRecord::of(&plan))).unwrap()
        };
        let changes = &told(&["code"])["changes"];
        let artifact = json!({
            "path": "code",
            "sort": "file",
            "file": "build/handler.zip",
            "bytes": 1_258_292,
            "sha256": Hash::of(b"handler").to_string(),
        });
        assert_eq!(changes[0]["artifacts"], json!([artifact]));
        assert_eq!(changes[1]["artifacts"], json!([artifact]));
        assert_eq!(changes[1]["diff"][0]["before"], OLD);
        assert_eq!(told(&["memory"])["changes"][1].get("artifacts"), None);
    }
}
