//! Which variables of the environment a stack file may read.
//!
//! A stack file may have come with somebody else's change, and what it reads it
//! can show: in a plan, an output, a tag. Whoever runs ccprov says what it may
//! know. A person at a terminal need not, but for what is a secret by its name.

use std::io::IsTerminal;

use crate::spec::NotAdmitted;

/// Whoever sets one of these means it for a stack.
pub(super) const OF_A_STACK: &str = "CCPROV_VAR_";

/// The secrets that ccprov itself works with. No stack reads them.
pub(super) const OWN_SECRETS: &[&str] = &[
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
];

/// Parts of a name that speak of a secret.
const SECRET_WORDS: &[&str] = &[
    "AUTH",
    "CONNECTION_STRING",
    "COOKIE",
    "CREDENTIAL",
    "DATABASE_URL",
    "DSN",
    "KEY",
    "PASS",
    "PRIVATE",
    "PWD_",
    "SECRET",
    "TOKEN",
    "WEBHOOK",
];

/// What of AWS's own variables is no secret by its name.
const PLAIN_AWS: &[&str] = &["AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_REGION"];

/// Who is there, and what was admitted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    /// Whether a person is at the terminal.
    pub(crate) is_attended: bool,
    /// Names, and beginnings of names with `*` behind them.
    pub(crate) admitted: Vec<String>,
}

impl Admission {
    /// What the environment says: `CI`, and `CCPROV_ALLOW_ENV`.
    pub(crate) fn new(ci: Option<&str>, allowed: Option<&str>) -> Self {
        let is_ci = ci.is_some_and(|ci| !ci.is_empty() && ci != "false" && ci != "0");
        let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let names = allowed.unwrap_or_default().split(',').map(str::trim);
        Self {
            is_attended: is_terminal && !is_ci,
            admitted: names.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// The same with what the command line admits besides.
    pub(crate) fn with(&self, names: &[String]) -> Self {
        let admitted = self.admitted.iter().chain(names).cloned().collect();
        Self { admitted, ..*self }
    }

    /// Whether a stack file may read a variable.
    pub(crate) fn check(&self, name: &str) -> Result<(), NotAdmitted> {
        let why = if OWN_SECRETS.contains(&name) {
            "it is a credential that ccprov itself works with: no stack reads it"
        } else if name.starts_with(OF_A_STACK) || self.is_admitted(name) {
            return Ok(());
        } else if !self.is_attended {
            "a stack reads what whoever runs ccprov admits: with nobody at a terminal, nothing else"
        } else if is_secret(name) {
            "its name speaks of a secret: a stack reads it if whoever runs ccprov admits it"
        } else {
            return Ok(());
        };
        let instead = "declare a variable under `vars:`, and set CCPROV_VAR_ and its name";
        Err(NotAdmitted {
            why: why.to_owned(),
            hint: if OWN_SECRETS.contains(&name) {
                instead.to_owned()
            } else {
                format!("--allow-env {name} or CCPROV_ALLOW_ENV={name} admits it; or {instead}")
            },
        })
    }

    fn is_admitted(&self, name: &str) -> bool {
        self.admitted.iter().any(|admitted| match admitted.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == admitted,
        })
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    let is_aws = name.starts_with("AWS_") && !PLAIN_AWS.contains(&name.as_str());
    is_aws || SECRET_WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(is_attended: bool, admitted: &[&str], name: &str, expected: bool) {
        let admitted = admitted.iter().map(|&name| name.to_owned()).collect();
        let admission = Admission { is_attended, admitted };
        assert_eq!(admission.check(name).is_ok(), expected, "{name} of {admission:?}");
    }

    #[test]
    fn with_nobody_there_a_stack_reads_what_was_admitted() {
        check(false, &[], "USER", false);
        check(false, &[], "CCPROV_VAR_stage", true);
        check(false, &["USER"], "USER", true);
        check(false, &["USER"], "USERNAME", false);
        check(false, &["DEPLOY_*"], "DEPLOY_STAGE", true);
        check(false, &["DEPLOY_*"], "DEPLOY", false);
        check(false, &["*"], "NPM_TOKEN", true);
    }

    #[test]
    fn a_person_need_not_admit_what_is_no_secret_by_its_name() {
        check(true, &[], "USER", true);
        check(true, &[], "AWS_PROFILE", true);
        for name in ["GITHUB_TOKEN", "npm_config_authToken", "DB_PASSWORD", "API_KEY", "AWS_X"] {
            check(true, &[], name, false);
            check(true, &[name], name, true);
        }
    }

    #[test]
    fn nobody_admits_the_credentials_of_ccprov_itself() {
        for name in OWN_SECRETS {
            check(true, &["*", name], name, false);
        }
    }

    #[test]
    fn what_is_admitted_is_a_list() {
        let admission = Admission::new(None, Some(" A , B_*,,")).with(&["C".to_owned()]);
        assert_eq!(admission.admitted, ["A", "B_*", "C"]);
    }
}
