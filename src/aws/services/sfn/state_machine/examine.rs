//! What Step Functions itself says of a definition, before anything is made of it.

use aws_sdk_sfn::types::{
    ValidateStateMachineDefinitionDiagnostic as Said,
    ValidateStateMachineDefinitionSeverity as Severity,
};

use super::Spec;
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::engine::port::Answer;
use crate::model::{Examined, Path, Problem};

/// Its wording is its own and may change (API Reference): what counts is how grave it is.
pub(super) async fn examine(aws: &Aws, spec: &Spec) -> Answer<Examined> {
    // What AWS has yet to choose would be read as it stands.
    if spec.definition.waits() {
        return Ok(Examined::default());
    }
    let call = aws.session.clients.sfn.validate_state_machine_definition();
    let call = call.definition(spec.definition.text()).r#type(spec.machine_type.sdk());
    let answer = call.severity(Severity::Warning).send().await;
    let answer = answer.attempting("states:ValidateStateMachineDefinition", || {
        format!("ask what is wrong with the definition of {}", spec.name.as_deref().unwrap_or("it"))
    })?;
    let (refused, doubted): (Vec<_>, Vec<_>) =
        answer.diagnostics.iter().partition(|said| said.severity == Severity::Error);
    let problems = |said: Vec<&Said>| said.into_iter().map(problem).collect();
    Ok(Examined { refused: problems(refused), doubted: problems(doubted) })
}

fn problem(said: &Said) -> Problem {
    let message = format!("Step Functions says: {} ({})", said.message, said.code);
    Problem::of("definition", message).at(place(said.location.as_deref()))
}

/// Where in the document: it tells a JSON pointer, or nothing.
fn place(location: Option<&str>) -> Path {
    let steps = location.unwrap_or_default().split('/').filter(|step| !step.is_empty());
    steps.fold(Path::field("definition"), |path, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match step.parse() {
            Ok(index) => path.with_index(index),
            Err(_) => path.with_field(step),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(location: Option<&str>, expected: &str) {
        assert_eq!(place(location).to_string(), expected);
    }

    #[test]
    fn what_aws_says_has_its_place() {
        check(None, "definition");
        check(
            Some("/States/Pay/Retry/0/ErrorEquals"),
            "definition.States.Pay.Retry[0].ErrorEquals",
        );
        check(Some("/States/a~1b"), "definition.States.a/b");
    }

    #[test]
    fn the_message_names_who_says_it() {
        let said = Said::builder().severity(Severity::Error).code("MISSING_END_STATE");
        let said = said.message("no terminal state").location("/States").build().unwrap();
        let problem = problem(&said);
        assert_eq!(problem.path.to_string(), "definition.States");
        assert_eq!(problem.message, "Step Functions says: no terminal state (MISSING_END_STATE)");
    }
}
