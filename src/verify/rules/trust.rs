//! A service can take a role on: the role's trust policy admits it.

use serde_json::Value;

use super::delivery_path::Seen;
use super::patch;
use crate::model::{Address, Exhibit, Finding, Path};
use crate::verify::policy::{Context, Decision, NearMiss, Policy, Request, Who};

pub(super) const ASSUME: &str = "sts:AssumeRole";

/// Who takes a role on.
pub(super) struct Taker<'a> {
    /// Its principal.
    pub(super) service: &'static str,
    /// What people call it.
    pub(super) name: &'static str,
    /// For whose sake.
    pub(super) sake: &'a Address,
    /// What is known when it does.
    pub(super) context: &'a Context<'a>,
    /// A name for the statement that admits it, and what that says.
    pub(super) statement: (&'static str, Value),
}

/// What a role's trust policy says to a service.
pub(super) fn admits(role: &Exhibit, taker: &Taker<'_>) -> Seen {
    let path = Path::field("assume_role_policy");
    let Some(policy) = Policy::of(role, &path) else { return Seen::default() };
    let Taker { service, name, sake, context, statement: (sid, admitting) } = taker;
    let request =
        Request { who: Who::Service(service), action: ASSUME, resource: role.fact("arn"), context };
    let told = |what: String| {
        Finding::new(&role.address, format!("{what}: {name} cannot take it on for {sake}"))
    };
    match policy.decide(&request) {
        Decision::Allowed => Seen::default(),
        Decision::Unclear(statement, why) => {
            Seen::open(format!("{} of {}", why.what, statement.name()))
        }
        Decision::Denied(statement) => {
            let finding = told(format!("{} denies {service} {ASSUME}", statement.name()));
            finding.at(statement.path).hint(format!("leave {name} out of it")).into()
        }
        Decision::Silent(misses) => {
            let Some(NearMiss { statement, because }) = misses.into_iter().next() else {
                let finding = told(format!("its trust policy does not admit {service}"));
                let hint = format!("admit {name} in the trust policy, or name another role");
                let admitting = admitting.clone();
                return patch::joined(finding, role, &path, sid, admitting).hint(hint).into();
            };
            let (by, what) = (statement.name(), because.what);
            let finding = told(format!(
                "its trust policy does not admit {service} ({by} would, but for its {what})"
            ));
            let finding = Finding {
                expected: because.expected.map(Value::from),
                actual: Some(because.actual),
                ..finding.at(because.path)
            };
            finding.hint(format!("correct {by}")).into()
        }
    }
}
