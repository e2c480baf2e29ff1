//! `ccprov completions`: a completion script for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::exit::Exit;
use super::screen::Screen;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Exit {
    let mut script = Vec::new();
    let mut command = super::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "ccprov", &mut script);
    screen.exact_data(&String::from_utf8_lossy(&script));
    Exit::Done
}
