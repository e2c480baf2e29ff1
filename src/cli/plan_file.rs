//! Plan files: `ccprov plan --out FILE` writes them, `ccprov apply --plan FILE`
//! reads them.

use std::path::Path;

use super::exit::Failure;
use super::screen::Screen;
use crate::model::Diagnostic;
use crate::plan::{Purpose, SavedPlans};
use crate::spec::read_beside;

/// Twice what a plan of the most resources takes: one of a thousand new queues has
/// 2.8 MB, and a stack at most ten thousand. What lies in memory is some times that.
const MAX_PLAN: usize = 64 * 1024 * 1024;

pub(crate) fn read(path: &Path) -> Result<SavedPlans, Failure> {
    let bytes = read_beside(path, MAX_PLAN)
        .map_err(|why| Failure::plain(format!("{} cannot be read: {why}", path.display())))?;
    let saved = SavedPlans::read(&String::from_utf8_lossy(&bytes)).map_err(|why| {
        Diagnostic::error(format!("{} is not a plan file", path.display()))
            .because(why.to_string())
            .hint("make one: `ccprov plan --out FILE`")
    })?;
    Ok(saved)
}

pub(crate) fn write(saved: &SavedPlans, path: &Path, screen: &Screen) -> Result<(), Failure> {
    let text = saved
        .to_text()
        .map_err(|error| Failure::plain(format!("the plan cannot be written: {error}")))?;
    if screen.mask.hides(&text) {
        return Err(secret_in_plan(saved.purpose()).into());
    }
    if text.len() > MAX_PLAN {
        return Err(too_large(path).into());
    }
    Ok(screen.private_file(path, &text)?)
}

/// A plan file with a hole could not be applied, and one without would tell.
fn secret_in_plan(purpose: Purpose) -> Diagnostic {
    let command = match purpose {
        Purpose::Apply => "apply",
        Purpose::Destroy => "destroy",
    };
    Diagnostic::error("the plan holds a sensitive value, and is not written to a file")
        .because("whoever reads the file would read the value")
        .hint(format!("go on without a plan file: `ccprov {command}` shows the plan and asks"))
}

fn too_large(path: &Path) -> Diagnostic {
    let path = path.display();
    Diagnostic::error(format!("the plan is larger than 64 MiB, and is not written to {path}"))
        .because("no larger plan file is read")
        .hint("apply without a plan file: `ccprov apply` shows the plan and asks")
}
