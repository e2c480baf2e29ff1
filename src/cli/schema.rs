//! `ccprov schema`: the JSON Schema of a stack file, or of a pattern file, for editors.

use clap::Args;

use super::exit::Exit;
use super::screen::Screen;
use crate::aws::AwsCatalog;
use crate::spec;

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Arguments {
    /// Of pattern files, not of stack files
    #[arg(long)]
    pattern: bool,
}

pub(crate) fn run(arguments: Arguments, screen: &Screen) -> Exit {
    let catalog = AwsCatalog::new();
    let schema =
        if arguments.pattern { spec::pattern_schema(&catalog) } else { spec::schema(&catalog) };
    screen.data(&format!("{schema:#}"));
    Exit::Done
}
