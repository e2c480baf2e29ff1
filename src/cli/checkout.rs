//! The checkout, for who sends bytes of it.

use std::io::Write;

use crate::engine::port::{Answer, Files};
use crate::model::{Artifact, CloudError, Diagnostic, ErrorClass};
use crate::plan::Plan;
use crate::spec::{artifact_bytes, artifact_copy, artifact_holds};

/// Where artifacts lie: their paths begin in the folder of the command.
#[derive(Debug)]
pub(crate) struct Checkout;

impl Files for Checkout {
    fn read(&self, artifact: &Artifact) -> Answer<Vec<u8>> {
        artifact_bytes(artifact).map_err(|problem| unsent(artifact, problem))
    }

    fn copy(&self, artifact: &Artifact, out: &mut dyn Write) -> Answer<()> {
        artifact_copy(artifact, out).map_err(|problem| unsent(artifact, problem))
    }
}

fn unsent(artifact: &Artifact, problem: Diagnostic) -> CloudError {
    let Diagnostic { summary, detail, hints, .. } = problem;
    let because = detail.map(|detail| format!("; {detail}")).unwrap_or_default();
    CloudError {
        attempted: format!("send {}", artifact.path),
        operation: "the checkout".into(),
        class: ErrorClass::Invalid,
        code: "ArtifactChanged".into(),
        message: format!("{summary}{because}"),
        request_id: None,
        hint: hints.into_iter().next(),
    }
}

/// Whether all that a plan sends is still what it saw: to be told before anything
/// is changed. Read on a thread of its own, because a lease may want renewal meanwhile.
///
/// # Errors
/// Every artifact that is not.
pub(crate) async fn holds(plan: &Plan) -> Result<(), Vec<Diagnostic>> {
    let sent = plan.steps.iter().flat_map(|node| node.step.sends());
    let mut sent: Vec<Artifact> = sent.cloned().collect();
    sent.sort_by(|one, other| one.path.cmp(&other.path));
    sent.dedup_by(|one, other| (&one.path, one.sha256) == (&other.path, other.sha256));
    let read = move || sent.iter().filter_map(|it| artifact_holds(it).err()).collect();
    let problems: Vec<Diagnostic> =
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| {
            vec![Diagnostic::error("what the plan sends cannot be read").because(error.to_string())]
        });
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::model::{
        Address, ArtifactSort, Desired, Document, FormerNames, Hash, Identity, Lifecycle, Packing,
        Path, Place, Stack,
    };
    use crate::plan::{Step, StepId, StepNode};

    /// A plan that sends these files of a folder, which are as it says.
    fn plan(folder: &std::path::Path, files: &[(&str, &str)]) -> Plan {
        let artifact = |(name, text): &(&str, &str)| Artifact {
            at: Path::field("code"),
            path: folder.join(name).display().to_string(),
            sort: ArtifactSort::File,
            packing: Packing::Zip,
            size: text.len() as u64,
            sha256: Hash::of(text.as_bytes()),
        };
        let want = Desired {
            address: Address::new("f"),
            formerly: Vec::new(),
            named_in: None,
            kind: "function".into(),
            identity: Identity("f".into()),
            document: Document::new(),
            stated: BTreeSet::new(),
            predicted: BTreeMap::new(),
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts: files.iter().map(artifact).collect(),
            instead_of: None,
        };
        let node = StepNode {
            id: StepId(0),
            address: Address::new("f"),
            step: Step::Create { want: Box::new(want) },
            needs: BTreeMap::new(),
            interim: false,
        };
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        };
        let Stack { name, place, .. } = Stack::empty("dev", place);
        let (changes, outputs, left) = (Vec::new(), BTreeMap::new(), Vec::new());
        let (was, excerpt, existing, steps) =
            (FormerNames::default(), None, Vec::new(), vec![node]);
        let (stack, uses) = (name, BTreeMap::new());
        Plan { stack, was, place, changes, steps, outputs, left, excerpt, existing, uses }
    }

    #[tokio::test]
    async fn all_that_has_changed_is_told_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let files = [("a.zip", "one"), ("b.zip", "two"), ("c.zip", "three")];
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let plan = plan(folder.path(), &files);
        assert_eq!(holds(&plan).await, Ok(()));
        std::fs::write(folder.path().join("a.zip"), "six").unwrap();
        std::fs::remove_file(folder.path().join("c.zip")).unwrap();
        let told: Vec<String> =
            holds(&plan).await.unwrap_err().into_iter().map(|it| it.summary).collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].ends_with("a.zip` is not what the plan saw: its content is another"));
        assert!(told[1].ends_with("c.zip` is not what the plan saw: there is no such file"));
    }

    /// What is told of a file that changed between the two looks.
    #[test]
    fn who_sends_it_hears_why_not_and_nothing_of_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.zip"), "a secret").unwrap();
        let plan = plan(folder.path(), &[("a.zip", "a SECRET")]);
        let error = Checkout.read(plan.steps[0].step.sends()[0]).unwrap_err();
        assert_eq!((error.class, &*error.code), (ErrorClass::Invalid, "ArtifactChanged"));
        assert!(error.message.contains("its content is another"), "{}", error.message);
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}
