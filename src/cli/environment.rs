//! The environment: read here, and nowhere else. What the AWS SDK's own chain
//! reads (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` and more) stays its business,
//! and so does what OpenTelemetry's SDK reads (`OTEL_SERVICE_NAME` and more).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::admission::{Admission, OF_A_STACK, OWN_SECRETS};
use super::pulse::Pulse;
use super::repository::Repository;
use super::voice::Voice;
use crate::model::Mask;

/// Secrets that others hand to a job, which a stack may not show either.
const SECRETS: &[&str] = &["ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN"];
/// Files with tokens that are exchanged for credentials.
const TOKEN_FILES: &[&str] =
    &["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];

/// What is said of when the credentials beside it end: by the AWS CLI
/// (`aws configure export-credentials`) and aws-vault, and by others who hand them out.
const CREDENTIALS_END: &[&str] = &["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"];

/// The option behind which the event of a function stands.
const EVENT: &str = "--data";

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
    /// What else a stack may read.
    pub(crate) admission: Admission,
    /// Where tokens lie that are exchanged for credentials.
    pub(crate) token_files: Vec<PathBuf>,
    /// When the credentials of the environment end, if it says so.
    pub(crate) credentials_end: Option<String>,
    /// `AWS_CA_BUNDLE`.
    pub(crate) ca_bundle: Option<PathBuf>,
    /// `AWS_REGION` or `AWS_DEFAULT_REGION`, which the SDK's chain takes before any other.
    pub(crate) region: Option<String>,
    /// What GitHub Actions says of itself, where this runs there.
    pub(crate) github: Option<GitHub>,
    /// What reports name files by.
    pub(crate) repository: Repository,
    /// Who collects spans, if anybody does.
    pub(crate) collector: Option<Collector>,
    /// Whether the terminal, if there is one, cannot redraw lines: `TERM`.
    pub(crate) has_dumb_terminal: bool,
    /// What must not be shown, once it is known.
    pub(crate) mask: Mask,
    /// What the command is at.
    pub(crate) pulse: Pulse,
    /// What the command line wants to hear.
    pub(crate) voice: Voice,
}

/// The variables of a job of GitHub Actions.
#[derive(Clone, Debug, Default)]
pub(crate) struct GitHub {
    /// `GITHUB_STEP_SUMMARY`: Markdown appended there stands on the page of the run.
    pub(crate) step_summary: Option<PathBuf>,
}

/// What OpenTelemetry's variables say of a collector, as far as its SDK leaves it to us.
#[derive(Clone, Debug)]
pub(crate) struct Collector {
    /// `OTEL_EXPORTER_OTLP_CERTIFICATE`: trusted in place of `AWS_CA_BUNDLE`.
    pub(crate) certificate: Option<PathBuf>,
    /// `TRACEPARENT`: the span of whoever started us.
    pub(crate) parent: Option<String>,
}

impl Collector {
    /// There is one if somebody says where it is, and nobody says not to ask it.
    fn find(set: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let of_traces = |name: &str| {
            set(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"))
                .or_else(|| set(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        let says =
            |name: &str, word: &str| set(name).is_some_and(|it| it.eq_ignore_ascii_case(word));
        of_traces("ENDPOINT")?;
        if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
            return None;
        }
        Some(Self {
            certificate: of_traces("CERTIFICATE").map(PathBuf::from),
            parent: set("TRACEPARENT").and_then(|parent| parent.into_string().ok()),
        })
    }
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn read(command_line: &[OsString]) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let text = |value: OsString| value.into_string().ok();
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = text(name)?.strip_prefix(OF_A_STACK)?.to_owned();
            Some((name, text(value)?))
        });
        let user = set("USER").or_else(|| set("LOGNAME")).and_then(text);
        let host = host().or_else(|| set("HOSTNAME").and_then(text));
        let (ci, allowed) = (set("CI").and_then(text), set("CCPROV_ALLOW_ENV").and_then(text));
        let mask = Mask::default();
        let secrets = OWN_SECRETS.iter().chain(SECRETS).filter_map(|name| text(set(name)?));
        secrets.for_each(|secret| mask.hide_credential(&secret));
        Self {
            command_line: typed(command_line),
            process: process(user.as_deref(), host.as_deref()),
            stack: set("CCPROV_STACK").map(PathBuf::from),
            variables: variables.collect(),
            admission: Admission::new(ci.as_deref(), allowed.as_deref()),
            token_files: TOKEN_FILES
                .iter()
                .filter_map(|name| set(name).map(PathBuf::from))
                .collect(),
            credentials_end: CREDENTIALS_END.iter().find_map(|name| text(set(name)?)),
            ca_bundle: set("AWS_CA_BUNDLE").map(PathBuf::from),
            region: set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")).and_then(text),
            github: set("GITHUB_ACTIONS")
                .map(|_| GitHub { step_summary: set("GITHUB_STEP_SUMMARY").map(PathBuf::from) }),
            repository: Repository::here(set("GITHUB_WORKSPACE").map(PathBuf::from)),
            collector: Collector::find(set),
            has_dumb_terminal: set("TERM").is_none_or(|term| term == "dumb"),
            mask,
            pulse: Pulse::default(),
            voice: Voice::default(),
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

/// A command line whose first word is the program, however it was called. What a function
/// is called with is nobody else's, and is left out: this gets into journals.
fn typed(arguments: &[OsString]) -> String {
    let words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    let mut typed = vec!["ccprov".to_owned()];
    let mut is_event = false;
    for word in words {
        typed.push(match word.strip_prefix(EVENT) {
            _ if is_event => "...".to_owned(),
            Some(rest) if rest.starts_with('=') => format!("{EVENT}=..."),
            Some(_) | None => quoted(&word),
        });
        is_event = word == EVENT;
    }
    typed.join(" ")
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

    fn collector(variables: &[(&str, &str)]) -> Option<Collector> {
        Collector::find(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_collector_is_one_that_somebody_names_and_nobody_forbids() {
        let check = |variables: &[(&str, &str)], is_there: bool| {
            assert_eq!(collector(variables).is_some(), is_there, "{variables:?}");
        };
        let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        let of_traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces");
        check(&[], false);
        check(&[("TRACEPARENT", "00-1-1-01"), ("OTEL_SERVICE_NAME", "mine")], false);
        check(&[general], true);
        check(&[of_traces], true);
        check(&[general, ("OTEL_SDK_DISABLED", "True")], false);
        check(&[general, ("OTEL_SDK_DISABLED", "false")], true);
        check(&[general, ("OTEL_TRACES_EXPORTER", "none")], false);
        check(&[general, ("OTEL_TRACES_EXPORTER", "otlp")], true);
    }

    #[test]
    fn the_certificate_of_traces_goes_first() {
        let certificate = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "general.pem");
        let of_traces = ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "traces.pem");
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:4318");
        let check = |variables: &[(&str, &str)], path: Option<&str>| {
            let found = collector(variables).and_then(|found| found.certificate);
            assert_eq!(found, path.map(PathBuf::from), "{variables:?}");
        };
        check(&[endpoint], None);
        check(&[endpoint, certificate], Some("general.pem"));
        check(&[endpoint, certificate, of_traces], Some("traces.pem"));
    }

    #[test]
    fn a_command_line_can_be_typed_again() {
        let words = ["/bin/ccprov", "apply", "-y", "my stack.yaml", "--var", "name=it's", ""];
        let line = typed(&words.map(OsString::from));
        assert_eq!(line, r"ccprov apply -y 'my stack.yaml' --var 'name=it'\''s' ''");
    }

    #[test]
    fn an_event_is_not_told() {
        let check = |words: &[&str], expected: &str| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(typed(&words), expected);
        };
        check(&["ccprov", "invoke", "f", "--data", "{1}", "-q"], "ccprov invoke f --data ... -q");
        check(&["ccprov", "invoke", "f", "--data={1}"], "ccprov invoke f --data=...");
        check(&["ccprov", "verify", "--database"], "ccprov verify --database");
    }
}
