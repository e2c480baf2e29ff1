//! Options that several commands share.

#![expect(clippy::doc_markdown, reason = "help text is shown as it stands, not as Markdown")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::checks::IDS;
use super::environment::Environment;
use crate::plan::Permissions;
use crate::spec::{self, Inputs, NotAdmitted};

/// Which stack file, and with which variables.
#[derive(Args, Clone, Debug)]
pub(crate) struct What {
    /// The stack file [default: $CCPROV_STACK, else stack.yaml, else the only stack
    /// file here and in stacks/]
    #[arg(value_name = "STACK.yaml")]
    pub(crate) stack: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) variables: Variables,
}

/// Which stack files, and with which variables.
#[derive(Args, Clone, Debug)]
pub(crate) struct Whats {
    /// The stack files; several are done together, and one that uses another after it [default:
    /// $CCPROV_STACK, else stack.yaml, else the only stack file here and in stacks/]
    #[arg(value_name = "STACK.yaml")]
    pub(crate) stacks: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) variables: Variables,
}

impl Whats {
    /// Each of them; one that is to be found, where none is named.
    pub(crate) fn each(&self) -> Vec<What> {
        let variables = Variables { named: self.stacks.clone(), ..self.variables.clone() };
        let what = |stack| What { stack, variables: variables.clone() };
        if self.stacks.is_empty() {
            return vec![what(None)];
        }
        self.stacks.iter().cloned().map(|stack| what(Some(stack))).collect()
    }
}

/// The stack files of a command that calls nobody, and where they are taken to be.
#[derive(Args, Debug)]
pub(crate) struct Papers {
    #[command(flatten)]
    pub(crate) what: Whats,

    /// The region [default: the stack file's, else $AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

/// The stack file of a command that calls nobody, and where it is taken to be.
#[derive(Args, Debug)]
pub(crate) struct Paper {
    #[command(flatten)]
    pub(crate) what: What,

    /// The region [default: the stack file's, else $AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

/// Overrides of a stack's variables.
#[derive(Args, Clone, Debug)]
pub(crate) struct Variables {
    /// Override a variable of each stack that declares it; also $CCPROV_VAR_name
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    var: Vec<(String, String)>,

    /// Take variables from a YAML file of names and values; may be repeated: the last one wins, and
    /// --var over all
    #[arg(long = "var-file", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Let the stack file read this variable of the environment: a name, or its beginning and `*`;
    /// also $CCPROV_ALLOW_ENV
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    allow_env: Vec<String>,

    /// The stack files that these are said of; empty for one that is to be found.
    #[arg(skip)]
    pub(crate) named: Vec<PathBuf>,
}

impl Variables {
    /// The command line over variable files and the environment.
    pub(crate) fn inputs<'a>(
        &'a self,
        environment: &'a Environment,
        env: &'a spec::Environment<'a>,
    ) -> Inputs<'a> {
        let vars: BTreeMap<String, String> = self.var.iter().cloned().collect();
        let ambient = environment.variables.clone();
        let files = &self.files;
        Inputs { vars, ambient, files, env, checks: &IDS, mask: &environment.mask }
    }

    /// What the stack file may read of the environment.
    pub(crate) fn env(
        &self,
        environment: &Environment,
    ) -> impl Fn(&str) -> Result<Option<String>, NotAdmitted> + use<> {
        let admission = environment.admission.with(&self.allow_env);
        move |name| admission.check(name).map(|()| Environment::variable(name))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is written NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Which AWS, and as whom. Everything left out comes from the SDK's default
/// chain: environment, profile, SSO, web identity, container, instance.
#[derive(Args, Clone, Debug)]
pub(crate) struct Where {
    /// The region [default: the stack file's, else $AWS_REGION or the profile's]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// The profile of ~/.aws/config to take credentials from
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Send every call there instead of to AWS: an emulator, a proxy
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// Write every call to FILE, for ui.perfetto.dev or chrome://tracing
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,

    /// Append what is attempted, and what comes of it, to FILE as it happens
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
}

/// Options of the two commands that change AWS.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Run {
    /// Do not ask
    #[arg(short = 'y', long)]
    pub(crate) auto_approve: bool,

    /// Wait so long for the stack's lease while another run holds it, for example 5m
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    pub(crate) lock_timeout: Duration,

    /// Go without the stack's lease: nothing keeps the run apart from others
    #[arg(long, conflicts_with = "lock_timeout")]
    pub(crate) no_lock: bool,

    /// Permit to delete or replace what holds data, and to empty buckets
    #[arg(long)]
    pub(crate) allow_data_loss: bool,

    /// Destroy a stack though others use its outputs; of apply, with a plan file that destroys
    #[arg(long)]
    pub(crate) despite_users: bool,

    /// Tell progress as JSON lines on stdout
    #[arg(long)]
    pub(crate) json: bool,

    /// Tell in the end where the time went; with --json on stderr
    #[arg(long)]
    pub(crate) timings: bool,
}

impl Run {
    /// What the user permits to be lost.
    pub(crate) fn permissions(&self) -> Permissions {
        Permissions { allow_data_loss: self.allow_data_loss }
    }
}
