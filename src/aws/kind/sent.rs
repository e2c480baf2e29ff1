//! The bytes that the fields of a resource take of the checkout, for the call that
//! sends them.

use std::io::Write;
use std::sync::Arc;

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

    /// The bytes that a field of an object takes, as the plan saw them. To read, pack and
    /// hash them takes a thread of its own: on ours all other steps would stand still.
    ///
    /// # Errors
    /// That they are others by now, or that the field states none.
    pub(crate) async fn bytes(&self, field: &str, identity: &str) -> Answer<Vec<u8>> {
        let Source { artifact, files } = self.source(field, identity)?;
        let read = tokio::task::spawn_blocking(move || files.read(&artifact)).await;
        // The thread ends without an answer where the process ends, or by our own fault.
        read.map_err(|error| {
            unsent(field, identity, "Unread", &error.to_string(), "run the same command again")
        })?
    }

    /// The same, to be read piece by piece.
    ///
    /// # Errors
    /// That the field states none.
    pub(crate) fn source(&self, field: &str, identity: &str) -> Answer<Source> {
        let artifact = self.artifacts.iter().find(|artifact| artifact.at.to_string() == field);
        let (Some(artifact), Some(files)) = (artifact, &self.files) else {
            let message = "no file of the checkout stands behind it";
            return Err(unsent(field, identity, "NothingToSend", message, "make the plan again"));
        };
        Ok(Source { artifact: artifact.clone(), files: Arc::clone(files) })
    }
}

/// Why a field's bytes did not go out.
fn unsent(field: &str, identity: &str, code: &str, message: &str, hint: &str) -> CloudError {
    CloudError {
        attempted: format!("send {field} of {identity}"),
        operation: "the plan".into(),
        class: ErrorClass::Invalid,
        code: code.into(),
        message: message.into(),
        request_id: None,
        hint: Some(hint.into()),
    }
}

/// What stands behind one field, for who reads it on a thread of its own.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    artifact: Artifact,
    files: Arc<dyn Files>,
}

impl Source {
    /// Reads it piece by piece: see [`Files::copy`].
    pub(crate) fn copy(&self, out: &mut dyn Write) -> Answer<()> {
        self.files.copy(&self.artifact, out)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};

    use super::*;
    use crate::model::{
        Address, ArtifactSort, Hash, HashSpelling, Identity, Lifecycle, Packing, Path,
    };

    const CODE: ArtifactInfo = ArtifactInfo {
        field: std::borrow::Cow::Borrowed("code"),
        sorts: std::borrow::Cow::Borrowed(&[ArtifactSort::File]),
        packing: Packing::Zip,
        most_bytes: 10,
        most_entries: 1,
        spelling: HashSpelling::Base64,
        made_by: std::borrow::Cow::Borrowed(""),
        elsewhere: std::borrow::Cow::Borrowed(""),
    };

    #[derive(Debug)]
    struct Shelf;

    impl Files for Shelf {
        fn read(&self, artifact: &Artifact) -> Answer<Vec<u8>> {
            Ok(artifact.path.clone().into_bytes())
        }
    }

    fn sent(code: Value) -> Sent {
        let artifact = Artifact {
            at: Path::field("code"),
            path: "a.zip".into(),
            sort: ArtifactSort::File,
            packing: Packing::Zip,
            size: 5,
            sha256: Hash::of(b"abc"),
        };
        let want = Desired {
            address: Address::new("f"),
            formerly: Vec::new(),
            named_in: None,
            kind: "function".into(),
            identity: Identity("f".into()),
            document: [("code".to_owned(), code)].into_iter().collect(),
            stated: BTreeSet::new(),
            predicted: BTreeMap::new(),
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts: vec![artifact],
            instead_of: None,
        };
        Sent::of(&[CODE], &want, Some(Arc::new(Shelf)))
    }

    #[tokio::test]
    async fn what_the_document_means_is_sent_and_nothing_else() {
        let hash = json!("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_eq!(sent(hash.clone()).bytes("code", "f").await.unwrap(), b"a.zip");
        let code = async |sent: Sent, field: &str| sent.bytes(field, "f").await.unwrap_err().code;
        assert_eq!(code(sent(hash), "other").await, "NothingToSend");
        assert_eq!(code(sent(json!("as it is")), "code").await, "NothingToSend");
    }

    /// Files that are read when somebody else says so: on one thread, that would be never.
    #[derive(Debug)]
    struct Slow(std::sync::Mutex<std::sync::mpsc::Receiver<()>>);

    impl Files for Slow {
        fn read(&self, _: &Artifact) -> Answer<Vec<u8>> {
            let told = self.0.lock().unwrap().recv_timeout(std::time::Duration::from_mins(1));
            Ok(if told.is_ok() { b"read".to_vec() } else { b"stood still".to_vec() })
        }
    }

    #[tokio::test]
    async fn others_go_on_while_bytes_are_read() {
        let (tell, told) = std::sync::mpsc::channel();
        let hash = json!("ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        let slow = Sent { files: Some(Arc::new(Slow(told.into()))), ..sent(hash) };
        let others = async { tell.send(()).unwrap() };
        let (bytes, ()) = futures::future::join(slow.bytes("code", "f"), others).await;
        assert_eq!(bytes.unwrap(), b"read");
    }
}
