//! What AWS itself says of what a plan would write, before any of it is written.

use super::opened::Opened;
use crate::engine::examine;
use crate::model::{Desired, Diagnostic, Problem};
use crate::plan::{Plan, Step};

/// All that was said.
#[derive(Debug, Default)]
pub(crate) struct Examination {
    /// What AWS would refuse.
    pub(crate) refusals: Vec<Diagnostic>,
    /// What it holds for a mistake, or could not be asked.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// Asks of everything that is to be made or changed, all at once.
pub(crate) async fn of(opened: &Opened, plan: &Plan) -> Examination {
    let written = plan.steps.iter().filter_map(|node| match &node.step {
        Step::Create { want } | Step::Update { want, .. } => Some(want.as_ref()),
        Step::Delete { .. } => None,
    });
    let onlooker = |event| opened.pulse.look(&event);
    let mut told = Examination::default();
    for (want, answer) in examine(&opened.provider, written, &onlooker).await {
        match answer {
            Ok(examined) => {
                let at = |build: fn(String) -> Diagnostic, problems: Vec<Problem>| {
                    problems.into_iter().map(move |problem| located(build, want, problem, opened))
                };
                told.refusals.extend(at(Diagnostic::error, examined.refused));
                told.warnings.extend(at(Diagnostic::warning, examined.doubted));
            }
            // Whoever may not ask learns it from the call that writes.
            Err(error) => told.warnings.push(
                Diagnostic::warning(format!("{}: AWS could not be asked about it", want.address))
                    .because(error.to_string()),
            ),
        }
    }
    told
}

fn located(
    build: fn(String) -> Diagnostic,
    want: &Desired,
    problem: Problem,
    opened: &Opened,
) -> Diagnostic {
    let at = opened.origins.get(&want.address).map(|origin| origin.at.clone());
    let told = build(format!("{}.{}: {}", want.address, problem.path, problem.message)).at(at);
    match problem.hint {
        Some(hint) => told.hint(hint),
        None => told,
    }
}
