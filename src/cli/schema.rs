//! `ccprov schema`: the JSON Schema of a stack file, for editors.

use clap::Args;

use super::exit::Exit;
use super::screen::Screen;
use crate::aws::AwsCatalog;
use crate::spec;

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: Arguments, screen: &Screen) -> Exit {
    screen.data(&format!("{:#}", spec::schema(&AwsCatalog::new())));
    Exit::Done
}
