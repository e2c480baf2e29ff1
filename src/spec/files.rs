//! Reading files, and which files a stack may read.
//!
//! A stack may name other files (`extends`, patterns). They must travel with
//! it: a file that only this machine has would make one stack file mean
//! different things on a laptop and in CI, and a path out of the checkout
//! would let a stack file from a pull request read what it likes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::shape;
use super::source::{Mark, Source};
use super::tree::Node;
use super::yaml;
use crate::model::Diagnostic;

/// The folder that a stack's files must lie in: the one above the folder of
/// the stack file, so that `stacks/dev.yaml` can reach `../patterns/x.yaml`.
#[derive(Debug)]
pub(super) struct Reach(PathBuf);

impl Reach {
    /// The reach of a stack file.
    pub(super) fn of(stack_file: &Path) -> Result<Self, Diagnostic> {
        let file = stack_file.canonicalize().map_err(|error| unreadable(stack_file, &error))?;
        let folder = file.parent().unwrap_or(&file);
        Ok(Self(folder.parent().unwrap_or(folder).to_owned()))
    }

    /// The file that `text` means in the file that `at` points into, with the
    /// name under which people will know it.
    pub(super) fn resolve(&self, text: &str, at: &Mark) -> Result<(PathBuf, String), Diagnostic> {
        let refuse = |summary: String| Diagnostic::error(summary).at(Some(at.location()));
        let written = Path::new(text);
        if text.is_empty() {
            return Err(refuse("the path is empty".to_owned()));
        }
        if written.is_absolute() {
            return Err(refuse(format!("`{text}` is an absolute path"))
                .because("a stack must mean the same on every machine")
                .hint("write the path relative to this file"));
        }
        let folder = at.source.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let path = folder.join(written).canonicalize().map_err(|error| {
            let problem = refuse(format!("cannot read `{text}`: {}", plainly(&error)));
            shape::without_references(problem.hint("the path is relative to this file"), text)
        })?;
        if !path.starts_with(&self.0) {
            return Err(refuse(format!("`{text}` is outside of the stack's reach")).because(
                "a stack may read files in the folder above its own and below, so that a \
                 checkout carries everything that it means",
            ));
        }
        Ok((path, beside(&at.source.name, written)))
    }
}

/// Reads one file.
pub(super) fn read(path: &Path, name: &str) -> Result<(Arc<Source>, Node), Diagnostic> {
    let mut bytes = Vec::new();
    let limit = yaml::MAX_BYTES as u64 + 1;
    open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| unreadable(Path::new(name), &error))?;
    if bytes.len() > yaml::MAX_BYTES {
        return Err(yaml::too_large(&Source::file(name, path, "")));
    }
    let text = String::from_utf8(bytes).map_err(|error| no_text(path, name, error.as_bytes()))?;
    let source = Source::file(name, path, &text);
    let node = yaml::parse(&source, &text)?;
    Ok((source, node))
}

/// The problem of a file that is not UTF-8, at the first character that is none.
fn no_text(path: &Path, name: &str, bytes: &[u8]) -> Diagnostic {
    let text = String::from_utf8_lossy(bytes);
    let before = text.split('\u{fffd}').next().unwrap_or_default();
    let (line, column) = (before.split('\n').count(), before.rsplit('\n').next());
    let column = column.unwrap_or_default().chars().count() + 1;
    let at = Source::file(name, path, &text).mark(line, column, 1);
    Diagnostic::error("the file is not UTF-8 text")
        .at(Some(at.location()))
        .hint("save it with the encoding UTF-8")
}

/// Opens what is a file indeed. A device has no end, and a pipe makes whoever
/// opens it wait for a writer.
fn open(path: &Path) -> io::Result<File> {
    let kind = path.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    File::open(path)
}

/// The problem of a file, shown where the file is named if it has no place of
/// its own.
pub(super) fn named_at(problem: Diagnostic, at: Option<&Mark>) -> Diagnostic {
    match (&problem.location, at) {
        (None, Some(at)) => problem.at(Some(at.location())),
        (Some(_), _) | (None, None) => problem,
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("cannot read `{}`: {}", path.display(), plainly(error)))
}

/// The common causes without the operating system's error numbers, which
/// differ from one to the next.
fn plainly(error: &io::Error) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that grows")]
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is no folder".to_owned(),
        io::ErrorKind::InvalidFilename => "no file can have this name".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_lowercase()
        }
    }
}

/// The name of a file relative to another, without `.` and needless `..`.
fn beside(name: &str, written: &Path) -> String {
    let joined = Path::new(name).parent().unwrap_or(Path::new("")).join(written);
    let mut plain = PathBuf::new();
    for component in joined.components() {
        let steps_back = matches!(component, Component::ParentDir)
            && matches!(plain.components().next_back(), Some(Component::Normal(_)));
        if steps_back {
            plain.pop();
        } else if !matches!(component, Component::CurDir) {
            plain.push(component);
        }
    }
    plain.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_short() {
        assert_eq!(beside("stacks/dev.yaml", Path::new("./base.yaml")), "stacks/base.yaml");
        assert_eq!(beside("stacks/dev.yaml", Path::new("../p/a.yaml")), "p/a.yaml");
        assert_eq!(beside("dev.yaml", Path::new("../p/a.yaml")), "../p/a.yaml");
    }
}
