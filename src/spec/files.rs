//! Reading files, and which files a stack may read.
//!
//! A stack may name other files (`extends`, patterns). They must travel with
//! it: a file that only this machine has would make one stack file mean
//! different things on a laptop and in CI, and a path out of the checkout
//! would let a stack file from a pull request read what it likes. For the same
//! reason the reach is that of a path as it is named: a link does not move it.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::regular::{Unread, plainly, read_regular};
use super::shape;
use super::source::{Mark, Source};
use super::tree::Node;
use super::yaml;
use crate::model::Diagnostic;

const WITHIN_REACH: &str = "a stack may read files in the folder above its own and below, so that a \
     checkout carries everything that it means";

/// The folder that a stack's files must lie in: the one above the folder of
/// the stack file, so that `stacks/dev.yaml` can reach `../patterns/x.yaml`.
#[derive(Debug)]
pub(super) struct Reach(PathBuf);

impl Reach {
    /// The reach of a stack file, and where the file is.
    pub(super) fn of(stack_file: &Path) -> Result<(Self, PathBuf), Diagnostic> {
        let broken = |error| unreadable(stack_file, &Unread::Broken(error));
        let file = stack_file.canonicalize().map_err(broken)?;
        let reach = above_its_folder(stack_file).map_err(broken)?;
        if !file.starts_with(&reach) {
            let name = stack_file.display();
            return Err(Diagnostic::error(format!("`{name}` is a link out of the stack's reach"))
                .because(WITHIN_REACH)
                .hint("name the file that is meant, or copy it"));
        }
        Ok((Self(reach), file))
    }

    /// This reach, but no more than another: who uses a stack reads nothing through it that
    /// is beyond itself.
    pub(super) fn at_most(self, other: &Self) -> Self {
        if self.0.starts_with(&other.0) { self } else { Self(other.0.clone()) }
    }

    /// The YAML file that `text` means in the file that `at` points into, with the
    /// name under which people will know it.
    pub(super) fn resolve(&self, text: &str, at: &Mark) -> Result<(PathBuf, String), Diagnostic> {
        let (path, name) = self.within(text, at)?;
        // What is no YAML is often what holds passwords, and an error repeats its line.
        let may_be_read = path.is_dir() || (is_yaml(Path::new(text)) && is_yaml(&path));
        if !may_be_read {
            let refused = Diagnostic::error(format!("`{text}` is not a YAML file by its name"));
            return Err(refused
                .at(Some(at.location()))
                .because("a stack reads files that end in .yaml or .yml, and no others"));
        }
        Ok((path, name))
    }

    /// The same of a file of any name that is to be taken as it is, or a folder, unless
    /// it is hidden: `.env` and `.git` hold what is no part of a stack.
    pub(super) fn resolve_text(
        &self,
        text: &str,
        at: &Mark,
    ) -> Result<(PathBuf, String), Diagnostic> {
        let (path, name) = self.within(text, at)?;
        let folder = at.source.path.as_deref().and_then(Path::parent).unwrap_or(&self.0);
        let is_hidden = |part: Component<'_>| match part {
            Component::Normal(name) => name.as_encoded_bytes().starts_with(b"."),
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::ParentDir => false,
        };
        // Where the stack itself lies may be hidden; a link may lead from there to what is.
        let common = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
        let mut beyond = path.components().skip(common);
        if beyond.any(is_hidden) || Path::new(text).components().any(is_hidden) {
            let refused = Diagnostic::error(format!("`{text}` is a hidden file"));
            return Err(refused
                .at(Some(at.location()))
                .because("what begins with a dot is for tools, and often a secret")
                .hint("name it without the dot, if it belongs to the stack"));
        }
        Ok((path, name))
    }

    fn within(&self, text: &str, at: &Mark) -> Result<(PathBuf, String), Diagnostic> {
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
            return Err(
                refuse(format!("`{text}` is outside of the stack's reach")).because(WITHIN_REACH)
            );
        }
        Ok((path, beside(&at.source.name, written)))
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.0
    }
}

/// Reads one file of YAML.
pub(super) fn read(path: &Path, name: &str) -> Result<(Arc<Source>, Node), Diagnostic> {
    let (source, text) = read_text(path, name)?;
    let node = yaml::parse(&source, &text)?;
    Ok((source, node))
}

/// Reads one file as text.
pub(super) fn read_text(path: &Path, name: &str) -> Result<(Arc<Source>, String), Diagnostic> {
    let bytes = read_regular(path, yaml::MAX_BYTES).map_err(|why| match why {
        Unread::TooLarge(_) => yaml::too_large(&Source::file(name, path, "")),
        Unread::Broken(_) | Unread::Elsewhere => unreadable(Path::new(name), &why),
    })?;
    let text = String::from_utf8(bytes).map_err(|error| no_text(path, name, error.as_bytes()))?;
    Ok((Source::file(name, path, &text), text))
}

/// The text of what may be a stack file, as far as it is one by its kind, its
/// size and its place: for whoever looks for stacks.
///
/// # Errors
///
/// Why it cannot be a stack file. Nothing of it is told.
pub fn peek(path: &Path) -> Result<String, Diagnostic> {
    let (_, file) = Reach::of(path)?;
    let bytes = read_regular(&file, yaml::MAX_BYTES).map_err(|why| unreadable(path, &why))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
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

/// The problem of a file, shown where the file is named if it has no place of
/// its own.
pub(super) fn named_at(problem: Diagnostic, at: Option<&Mark>) -> Diagnostic {
    match (&problem.location, at) {
        (None, Some(at)) => problem.at(Some(at.location())),
        (Some(_), _) | (None, None) => problem,
    }
}

fn unreadable(path: &Path, why: &Unread) -> Diagnostic {
    Diagnostic::error(format!("cannot read `{}`: {why}", path.display()))
}

/// The folder above the one that a path names, links on the way there followed
/// and those of its last two steps not.
fn above_its_folder(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let folder = path.parent().unwrap_or(&path);
    match folder.components().next_back() {
        Some(Component::Normal(_)) => folder.parent().unwrap_or(folder).canonicalize(),
        // `..` and `/`: a folder that no link names.
        _ => folder.canonicalize().map(|folder| folder.parent().unwrap_or(&folder).to_owned()),
    }
}

pub(super) fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yaml" || end == "yml")
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
