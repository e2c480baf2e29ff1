//! The bytes that the fields of a resource take of the checkout, for the call that
//! sends them.

use std::sync::Arc;

use super::Wanted;
use crate::engine::port::{Answer, Files};
use crate::model::{Artifact, ArtifactInfo, CloudError, Desired, ErrorClass};

/// What a resource may send.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    artifacts: Vec<Artifact>,
    files: Option<Arc<dyn Files>>,
}

impl Sent {
    /// What the document means: where a field is left as the object has it, there
    /// is nothing to send.
    pub(crate) fn of(
        infos: &[ArtifactInfo],
        want: &Desired,
        files: Option<Arc<dyn Files>>,
    ) -> Self {
        let is_meant =
            |artifact: &&Artifact| infos.iter().any(|info| info.is_meant(artifact, &want.document));
        Self { artifacts: want.artifacts.iter().filter(is_meant).cloned().collect(), files }
    }
}

impl<S> Wanted<S> {
    /// The bytes that a field takes, as the plan saw them. They are read now: ask
    /// for them in the call that sends them, and for no others.
    ///
    /// # Errors
    /// That they are others by now, or that the field states none.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the kinds that send something"))]
    pub(crate) fn bytes(&self, field: &str) -> Answer<Vec<u8>> {
        let Sent { artifacts, files } = &self.sent;
        let artifact = artifacts.iter().find(|artifact| artifact.at.to_string() == field);
        match (artifact, files) {
            (Some(artifact), Some(files)) => files.read(artifact),
            (Some(_), None) | (None, _) => Err(CloudError {
                attempted: format!("send {field} of {}", self.identity),
                operation: "the plan".into(),
                class: ErrorClass::Invalid,
                code: "NothingToSend".into(),
                message: "no file of the checkout stands behind it".into(),
                request_id: None,
                hint: Some("make the plan again".into()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};

    use super::*;
    use crate::model::{
        Address, ArtifactSort, Hash, HashSpelling, Identity, Lifecycle, Owner, Path,
    };

    const CODE: ArtifactInfo = ArtifactInfo {
        field: std::borrow::Cow::Borrowed("code"),
        sorts: std::borrow::Cow::Borrowed(&[ArtifactSort::File]),
        most_bytes: 10,
        most_entries: 1,
        spelling: HashSpelling::Base64,
        made_by: std::borrow::Cow::Borrowed(""),
    };

    #[derive(Debug)]
    struct Shelf;

    impl Files for Shelf {
        fn read(&self, artifact: &Artifact) -> Answer<Vec<u8>> {
            Ok(artifact.path.clone().into_bytes())
        }
    }

    fn wanted(code: Value) -> Wanted<()> {
        let artifact = Artifact {
            at: Path::field("code"),
            path: "a.zip".into(),
            sort: ArtifactSort::File,
            size: 5,
            sha256: Hash::of(b"abc"),
        };
        let want = Desired {
            address: Address::new("f"),
            kind: "function".into(),
            identity: Identity("f".into()),
            document: [("code".to_owned(), code)].into_iter().collect(),
            stated: BTreeSet::new(),
            predicted: BTreeMap::new(),
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts: vec![artifact],
        };
        let sent = Sent::of(&[CODE], &want, Some(Arc::new(Shelf)));
        let owner = Owner::new("dev", Address::new("f"));
        Wanted { identity: "f".into(), spec: (), owner, sent }
    }

    #[test]
    fn what_the_document_means_is_sent_and_nothing_else() {
        let hash = json!("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_eq!(wanted(hash.clone()).bytes("code").unwrap(), b"a.zip");
        let code = |wanted: Wanted<()>, field: &str| wanted.bytes(field).unwrap_err().code;
        assert_eq!(code(wanted(hash), "other"), "NothingToSend");
        assert_eq!(code(wanted(json!("as it is")), "code"), "NothingToSend");
    }
}
