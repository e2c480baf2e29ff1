//! The environment: read here, and nowhere else. What the AWS SDK's own chain
//! reads (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` and more) stays its business.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::model::Mask;

/// The prefix of variables that override those of a stack.
const VARIABLE: &str = "CCPROV_VAR_";

/// What ccprov itself takes from the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// The command line, as it can be typed again.
    pub(crate) command_line: String,
    /// Who runs this on which machine: `ada@build-7 pid 4711`.
    pub(crate) process: String,
    /// `CCPROV_STACK`.
    pub(crate) stack: Option<PathBuf>,
    /// `CCPROV_VAR_name`.
    pub(crate) variables: BTreeMap<String, String>,
    /// `AWS_CA_BUNDLE`.
    pub(crate) ca_bundle: Option<PathBuf>,
    /// `AWS_REGION`, for checks that call nobody.
    pub(crate) region: Option<String>,
    /// What GitHub Actions says of itself, where this runs there.
    pub(crate) github: Option<GitHub>,
    /// What must not be shown, once it is known.
    pub(crate) mask: Mask,
}

/// The variables of a job of GitHub Actions.
#[derive(Clone, Debug, Default)]
pub(crate) struct GitHub {
    /// `GITHUB_STEP_SUMMARY`: Markdown appended there stands on the page of the run.
    pub(crate) step_summary: Option<PathBuf>,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn read(command_line: &[OsString]) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |value: OsString| value.into_string().ok();
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = text(name)?.strip_prefix(VARIABLE)?.to_owned();
            Some((name, text(value)?))
        });
        let user = set("USER").or_else(|| set("LOGNAME")).and_then(text);
        let host = host().or_else(|| set("HOSTNAME").and_then(text));
        Self {
            command_line: typed(command_line),
            process: process(user.as_deref(), host.as_deref()),
            stack: set("CCPROV_STACK").map(PathBuf::from),
            variables: variables.collect(),
            ca_bundle: set("AWS_CA_BUNDLE").map(PathBuf::from),
            region: set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")).and_then(text),
            github: set("GITHUB_ACTIONS")
                .map(|_| GitHub { step_summary: set("GITHUB_STEP_SUMMARY").map(PathBuf::from) }),
            mask: Mask::default(),
        }
    }

    /// `${env.NAME}` of a stack file.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

fn process(user: Option<&str>, host: Option<&str>) -> String {
    let user = user.unwrap_or("somebody");
    let host = host.unwrap_or("somewhere");
    format!("{user}@{host} pid {}", std::process::id())
}

/// As Linux says it; elsewhere the environment may know.
fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// A command line whose first word is the program, however it was called.
fn typed(arguments: &[OsString]) -> String {
    let words = arguments.iter().skip(1).map(|word| quoted(&word.to_string_lossy()));
    std::iter::once("ccprov".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A word as every shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_./=:@,+%".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed_again() {
        let words = ["/bin/ccprov", "apply", "-y", "my stack.yaml", "--var", "name=it's", ""];
        let line = typed(&words.map(OsString::from));
        assert_eq!(line, r"ccprov apply -y 'my stack.yaml' --var 'name=it'\''s' ''");
    }
}
