//! `ccprov fmt`: files of YAML laid out anew. Nothing is written that means anything else.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::file::{self, Readers};
use super::screen::{Screen, cannot_write};
use super::stack_path;
use crate::model::Diagnostic;
use crate::spec;

/// As large as a stack file may be, and a byte more, which tells that it is larger.
const MOST: u64 = 1024 * 1024 + 1;

/// What stands for standard input.
const STDIN: &str = "-";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The files: stacks, patterns, variables; `-` reads standard input, and writes standard
    /// output [default: the stack file that other commands take]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Write nothing; name the files that would change, and end with 4 if there are any
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let mut files = arguments.files.clone();
    if files.is_empty() {
        files.push(stack_path::find(None, environment)?.0);
    }
    let mut problems = Vec::new();
    let mut changed = 0;
    for path in &files {
        let done = if path.as_os_str() == STDIN {
            of_stdin(arguments.check, screen)
        } else {
            of_file(path, arguments.check, screen)
        };
        match done {
            Ok(is_changed) => changed += usize::from(is_changed),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::input(problems));
    }
    if changed == 0 {
        screen.talk("Nothing to lay out anew.");
    }
    Ok(if arguments.check && changed > 0 { Exit::Unsound } else { Exit::Done })
}

/// Whether it is laid out otherwise now, or would be.
fn of_file(path: &Path, check: bool, screen: &Screen) -> Result<bool, Diagnostic> {
    let (before, after) = spec::lay_out_file(path)?;
    if before == after {
        return Ok(false);
    }
    if !check {
        // As it is: what a file may not show, it holds.
        file::rewrite(path, &after, Readers::Usual).map_err(|error| cannot_write(path, &error))?;
    }
    screen.data(&path.display().to_string());
    Ok(true)
}

fn of_stdin(check: bool, screen: &Screen) -> Result<bool, Diagnostic> {
    let mut before = String::new();
    io::stdin()
        .lock()
        .take(MOST)
        .read_to_string(&mut before)
        .map_err(|error| Diagnostic::error(format!("standard input cannot be read: {error}")))?;
    let after = spec::lay_out("standard input", &before)?;
    if !check {
        screen.reveal(&after);
    }
    Ok(before != after)
}
