//! The front door: runs the command line and maps its result to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ccprov::cli::main(std::env::args_os())
}
