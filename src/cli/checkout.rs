//! The checkout, for who sends bytes of it.

use crate::engine::port::{Answer, Files};
use crate::model::{Artifact, CloudError, Diagnostic, ErrorClass};
use crate::plan::Plan;
use crate::spec::{artifact_bytes, artifact_holds};

/// Where artifacts lie: their paths begin in the folder of the command.
#[derive(Debug)]
pub(crate) struct Checkout;

impl Files for Checkout {
    fn read(&self, artifact: &Artifact) -> Answer<Vec<u8>> {
        artifact_bytes(artifact).map_err(|problem| {
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
        })
    }
}

/// Whether all that a plan sends is still what it saw: to be told before anything
/// is changed.
///
/// # Errors
/// Every artifact that is not.
pub(crate) fn holds(plan: &Plan) -> Result<(), Vec<Diagnostic>> {
    let mut sent: Vec<&Artifact> = plan.steps.iter().flat_map(|node| node.step.sends()).collect();
    sent.sort_by(|one, other| one.path.cmp(&other.path));
    sent.dedup_by(|one, other| (&one.path, one.sha256) == (&other.path, other.sha256));
    let problems: Vec<Diagnostic> =
        sent.into_iter().filter_map(|artifact| artifact_holds(artifact).err()).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
