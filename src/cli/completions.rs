//! `ccprov completions`: a completion script for a shell, which knows kinds and
//! checks as well.
//!
//! It knows no addresses and outputs of a stack: for these a shell would have to ask
//! ccprov at each key, which `clap_complete` does by a feature that it calls unstable.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::Shell;

use super::checks::IDS;
use super::exit::Exit;
use super::manual;
use super::screen::Screen;
use crate::aws::registry::grants;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Exit {
    let mut script = Vec::new();
    let mut command = with_words(manual::command_line());
    clap_complete::generate(arguments.shell, &mut command, "ccprov", &mut script);
    screen.exact_data(&String::from_utf8_lossy(&script));
    Exit::Done
}

/// The command line with the words that its arguments take. Whoever runs a command
/// is told more of a wrong one than clap would tell.
fn with_words(command: Command) -> Command {
    let kinds: Vec<&str> = grants().map(|(kind, _)| kind).collect();
    let ids = || PossibleValuesParser::new(IDS.iter().copied());
    command
        .mut_subcommand("kinds", |kinds_of| {
            kinds_of.mut_arg("kind", |kind| kind.value_parser(PossibleValuesParser::new(kinds)))
        })
        .mut_subcommand("verify", |verify| {
            verify
                .mut_arg("only", |only| only.value_parser(ids()))
                .mut_arg("skip", |skip| skip.value_parser(ids()))
        })
}
