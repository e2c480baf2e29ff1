//! A step as a span, beneath which its calls stand. Who collects spans, if
//! anybody does, and how they look elsewhere is not known here.

use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use super::event::Outcome;
use crate::plan::{Action, StepNode};

/// Does the work of a step within its span.
pub(super) async fn in_span(step: &StepNode, work: impl Future<Output = Outcome>) -> Outcome {
    let action = verb(step.step.action());
    let span = info_span!(
        "step",
        otel.name = format!("{action} {}", step.step.kind()),
        ccprov.address = %step.address,
        ccprov.kind = step.step.kind(),
        ccprov.action = action,
        ccprov.outcome = Empty,
        error.type = Empty,
        error.message = Empty,
    );
    let outcome = work.instrument(span.clone()).await;
    note(&span, &outcome);
    outcome
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "delete",
    }
}

fn note(span: &Span, outcome: &Outcome) {
    let told = |word: &str, trouble: Option<(&str, String)>| {
        span.record("ccprov.outcome", word);
        if let Some((what, message)) = trouble {
            span.record("error.type", what);
            span.record("error.message", message);
        }
    };
    match outcome {
        Outcome::Done { .. } => told("done", None),
        Outcome::Begun { .. } => told("begun", None),
        Outcome::Gone => told("gone", None),
        Outcome::Failed { error, .. } => {
            let code = if error.code.is_empty() { "_OTHER" } else { &error.code };
            told("failed", Some((code, error.to_string())));
        }
        Outcome::TimedOut { seen, .. } => told("timed_out", Some(("timeout", seen.clone()))),
        Outcome::Refused { reason } => told("refused", Some(("refused", reason.summary.clone()))),
        Outcome::Skipped { .. } => told("skipped", None),
        Outcome::Postponed { .. } => told("postponed", None),
        Outcome::NotStarted => told("not_started", None),
        Outcome::Unconfirmed => told("unconfirmed", None),
    }
}
