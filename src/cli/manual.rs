//! What is told of the command line itself: examples at the end of each help,
//! the variables of the environment, and the page of all commands.

use std::fmt::Write as _;

use clap::{Args, Command, CommandFactory as _};

use super::exit::Exit;
use super::screen::Screen;

/// Where the documentation is, in the repository.
const DOCUMENTATION: &str = "docs";

/// Two lines to type for each command, and the page that says more.
const EXAMPLES: &[(&str, [&str; 2], &str)] = &[
    (
        "validate",
        ["ccprov validate orders.yaml", "ccprov validate --var stage=dev stacks/*.yaml"],
        "STACK_FILE.md",
    ),
    ("fmt", ["ccprov fmt orders.yaml patterns/queue.yaml", "ccprov fmt --check"], "STACK_FILE.md"),
    (
        "render",
        ["ccprov render orders.yaml", "ccprov render --json --var stage=dev stacks/*.yaml"],
        "STACK_FILE.md",
    ),
    (
        "eval",
        ["ccprov eval '${queue.arn}' orders.yaml", "ccprov eval --json '${value.common}'"],
        "STACK_FILE.md",
    ),
    (
        "plan",
        ["ccprov plan orders.yaml", "ccprov plan --out plan.json stacks/*.yaml"],
        "COMING_FROM_TERRAFORM.md",
    ),
    (
        "apply",
        ["ccprov apply orders.yaml", "ccprov apply --plan plan.json --auto-approve"],
        "RELIABILITY.md",
    ),
    (
        "verify",
        ["ccprov verify orders.yaml", "ccprov verify --only dead_letter --exclusive"],
        "VERIFY.md",
    ),
    (
        "invoke",
        [
            "ccprov invoke seeder --data '{\"events\":3}'",
            "ccprov invoke processor orders.yaml --payload event.json --json",
        ],
        "EXIT_CODES.md",
    ),
    (
        "replay",
        [
            "ccprov replay archive --from 2h --to 1h",
            "ccprov replay archive orders.yaml --from 2026-01-31T10:00:00Z --to 2026-01-31T11:00:00Z --rule paid",
        ],
        "EXIT_CODES.md",
    ),
    (
        "destroy",
        ["ccprov destroy orders.yaml", "ccprov destroy --stack orders-dev --region us-east-1"],
        "EXIT_CODES.md",
    ),
    ("output", ["ccprov output --json", "ccprov output --name url --format raw"], "JSON.md"),
    (
        "list",
        ["ccprov list --region us-east-1", "ccprov list --stack orders-dev --json"],
        "JSON.md",
    ),
    (
        "show",
        [
            "ccprov show queue orders.yaml",
            "ccprov show arn:aws:sqs:us-east-1:123456789012:orders --json",
        ],
        "COMING_FROM_TERRAFORM.md",
    ),
    ("unlock", ["ccprov unlock orders.yaml", "ccprov unlock --auto-approve"], "STACK_FILE.md"),
    (
        "iam",
        ["ccprov iam --for apply orders.yaml", "ccprov iam --for apply stacks/*.yaml"],
        "AWS_ACCESS.md",
    ),
    ("kinds", ["ccprov kinds sqs_queue", "ccprov kinds --json"], "kinds/"),
    ("patterns", ["ccprov patterns", "ccprov patterns claim_check"], "patterns/"),
    ("schema", ["ccprov schema", "ccprov schema > stack.schema.json"], "STACK_FILE.md"),
    (
        "completions",
        [
            "ccprov completions bash > /etc/bash_completion.d/ccprov",
            "source <(ccprov completions zsh)",
        ],
        "COMMANDS.md",
    ),
    ("environment", ["ccprov environment", "ccprov help environment"], "COMMANDS.md"),
];

/// The variables that ccprov reads, or that the AWS SDK within it reads, and
/// what for.
const VARIABLES: &[(&str, &str)] = &[
    ("CCPROV_STACK", "the stack file, where none is named"),
    (
        "CCPROV_VAR_name",
        "the value of a variable of the stack; variable files and --var go first; a name that the stack does not declare is noted, and no error",
    ),
    (
        "CCPROV_ALLOW_ENV",
        "what a stack file may read of the environment, as --allow-env: names with commas, `BEGINNING_*`",
    ),
    (
        "AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN",
        "credentials, and all else of the AWS SDK's own chain; --profile goes first",
    ),
    (
        "AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE",
        "where profiles are, if not in ~/.aws/config and ~/.aws/credentials",
    ),
    (
        "AWS_REGION, AWS_DEFAULT_REGION",
        "the region, where neither the stack file nor --region says one",
    ),
    (
        "AWS_CREDENTIAL_EXPIRATION, AWS_SESSION_EXPIRATION",
        "when the credentials of the environment end, as who hands them out says; a plan that is expected to take longer warns of it",
    ),
    ("AWS_ENDPOINT_URL", "where calls go instead of to AWS; --endpoint-url goes first"),
    ("AWS_CA_BUNDLE", "a PEM file with the certificates that are trusted instead of the system's"),
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "tokens that are exchanged for credentials; hidden in all that is written",
    ),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "the way to AWS"),
    (
        "CI",
        "set, and neither `false` nor `0`: nobody is at the terminal, so that a stack file reads what is admitted alone",
    ),
    (
        "GITHUB_ACTIONS, GITHUB_STEP_SUMMARY, GITHUB_WORKSPACE",
        "a job of GitHub Actions: annotations, with paths from the workspace, and a summary on its page",
    ),
    (
        "NO_COLOR, CLICOLOR, CLICOLOR_FORCE",
        "whether there are colours; --color and --no-color go first",
    ),
    ("TERM", "`dumb`, or not set: lines in place of lines that redraw themselves"),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "a collector of spans; OPENTELEMETRY.md tells the rest of OTEL_*",
    ),
    (
        "OTEL_EXPORTER_OTLP_CERTIFICATE, OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
        "the certificates of the collector, in place of AWS_CA_BUNDLE",
    ),
    ("OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER", "`true`, and `none`: no spans"),
    ("TRACEPARENT", "the span of whoever started ccprov"),
    ("USER, LOGNAME, HOSTNAME", "who has the lease of a stack, for others to read"),
    (
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN, ACTIONS_RUNTIME_TOKEN",
        "secrets of a job, hidden in all that is written",
    ),
];

/// Asks for nothing.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Arguments {}

/// `ccprov environment`.
pub(crate) fn run(_: Arguments, screen: &Screen) -> Exit {
    screen.data(&variables_text());
    Exit::Done
}

fn variables_text() -> String {
    let mut text = String::from("Variables of the environment:\n");
    for (names, what) in VARIABLES {
        let _infallible = write!(text, "\n  {names}\n      {what}\n");
    }
    text
}

/// The command line, each command with its examples and where to read more.
pub(crate) fn command_line() -> Command {
    let mut command = super::Arguments::command();
    for (name, [first, second], page) in EXAMPLES {
        let more = format!("Examples:\n  {first}\n  {second}\n\nMore: {DOCUMENTATION}/{page}");
        let more =
            if *name == "environment" { format!("{}\n{more}", variables_text()) } else { more };
        command = command.mut_subcommand(*name, |command| command.after_help(more));
    }
    command
}

/// All commands, options and variables, as a page of Markdown.
pub fn commands_page() -> String {
    let mut command = command_line();
    command.build();
    let mut page = String::from(
        "# Commands\n\nAll commands, their options and the variables of the environment, as \
         `ccprov --help` and `ccprov environment` tell\nthem. How each can end stands in \
         [EXIT_CODES.md](EXIT_CODES.md), what `--json` tells in [JSON.md](JSON.md). \
         `make docs`\nwrites this page.\n",
    );
    let is_global = |argument: &&clap::Arg| argument.is_global_set();
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        let _infallible = write!(page, "\n## ccprov {}\n\n{about}.\n", sub.get_name());
        table(&mut page, sub.get_arguments().filter(|argument| !is_global(argument)));
        if let Some((_, [first, second], more)) =
            EXAMPLES.iter().find(|(name, ..)| *name == sub.get_name())
        {
            let _infallible =
                write!(page, "\n```sh\n{first}\n{second}\n```\n\nMore: [{more}]({more})\n");
        }
    }
    page.push_str("\n## Options of every command\n");
    table(&mut page, command.get_arguments().filter(is_global));
    page.push_str("\n## Variables of the environment\n\n| Variable | What for |\n|---|---|\n");
    for (names, what) in VARIABLES {
        let names = names.replace(", ", "`, `");
        let _infallible = writeln!(page, "| `{names}` | {} |", cell(what));
    }
    page
}

fn table<'a>(page: &mut String, arguments: impl Iterator<Item = &'a clap::Arg>) {
    let own = |argument: &&clap::Arg| !["help", "version"].contains(&argument.get_id().as_str());
    let mut arguments = arguments.filter(own).peekable();
    if arguments.peek().is_none() {
        return;
    }
    page.push_str("\n| Option | What it does |\n|---|---|\n");
    for argument in arguments {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let values = argument.get_possible_values();
        let takes_values = argument.get_action().takes_values();
        let values: Vec<String> = values
            .iter()
            .filter(|_| takes_values)
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        let values =
            if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
        let defaults: Vec<String> = (argument.get_default_values().iter())
            .filter(|_| takes_values)
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect();
        let default = if defaults.is_empty() {
            String::new()
        } else {
            format!(" (default {})", defaults.join(", "))
        };
        let _infallible =
            writeln!(page, "| `{}` | {}{values}{default} |", spelled(argument), cell(&help));
    }
}

/// An option as it is typed: `-y, --auto-approve`.
fn spelled(argument: &clap::Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names.first().filter(|_| argument.get_action().takes_values());
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let mut flags: Vec<String> = short.into_iter().chain(long).collect();
    match (flags.last_mut(), value) {
        (Some(flag), Some(value)) => {
            let _infallible = write!(flag, " {value}");
        }
        (None, Some(value)) => return value.to_string(),
        (_, None) => {}
    }
    flags.join(", ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_examples_that_are_understood() {
        let command = command_line();
        for sub in command.get_subcommands() {
            let name = sub.get_name();
            let (_, examples, _) = EXAMPLES
                .iter()
                .find(|(known, ..)| *known == name)
                .unwrap_or_else(|| panic!("{name} has no examples"));
            for example in examples {
                let typed = example.split(" > ").next().unwrap_or_default();
                let typed = typed.trim_start_matches("source <(").trim_end_matches(')');
                let parsed = command_line().try_get_matches_from(typed.split(' '));
                // Help is an answer as well.
                assert!(parsed.is_ok() || typed.contains("help"), "{example}");
            }
        }
    }

    /// What is read is told: the names stand in one file, by the rule of the house.
    #[test]
    fn every_variable_that_is_read_is_told() {
        let source = include_str!("environment.rs");
        let told: Vec<&str> = VARIABLES.iter().flat_map(|(names, _)| names.split(", ")).collect();
        let (source, _tests) = source.split_once("#[cfg(test)]").unwrap();
        for read in source.split("set(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(told.contains(&read), "{read}");
        }
    }
}
