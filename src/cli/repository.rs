//! Where a file stands in its repository. Whoever shows reports and annotations
//! beside the lines of a change knows files by that path alone, wherever a job
//! ran.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::model::{Address, Diagnostic, Location, Origin};

/// What paths are seen from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repository {
    /// Where ccprov runs.
    folder: PathBuf,
    /// The root, if somebody says it: `GITHUB_WORKSPACE`.
    workspace: Option<PathBuf>,
}

impl Repository {
    /// The repository of the folder in which ccprov runs.
    pub(crate) fn here(workspace: Option<PathBuf>) -> Self {
        let folder = std::env::current_dir().unwrap_or_default();
        // The folder's name has no links in it, so the root's may have none either.
        let workspace = workspace.map(|root| root.canonicalize().unwrap_or(root));
        Self { folder, workspace }
    }

    /// The path from the root: of the workspace, or else of the nearest folder
    /// above the file that git keeps. A file of no repository keeps its name.
    pub(crate) fn path(&self, file: &str) -> String {
        let whole = without_detours(&self.folder.join(file));
        let workspace = self.workspace.as_deref().filter(|root| whole.starts_with(root));
        let root = workspace
            .or_else(|| whole.ancestors().skip(1).find(|folder| folder.join(".git").exists()));
        let inside = root.and_then(|root| whole.strip_prefix(root).ok());
        // Reports spell paths as URLs do.
        inside.map_or_else(
            || file.to_owned(),
            |path| {
                let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
                parts.collect::<Vec<_>>().join("/")
            },
        )
    }

    fn location(&self, location: &Location) -> Location {
        Location { file: self.path(&location.file), ..location.clone() }
    }

    /// Problems with the paths of their places.
    pub(crate) fn diagnostics(&self, problems: &[Diagnostic]) -> Vec<Diagnostic> {
        let moved = |problem: &Diagnostic| Diagnostic {
            location: problem.location.as_ref().map(|at| self.location(at)),
            ..problem.clone()
        };
        problems.iter().map(moved).collect()
    }

    /// Where resources are written, likewise.
    pub(crate) fn origins(&self, origins: &BTreeMap<Address, Origin>) -> BTreeMap<Address, Origin> {
        let moved = |origin: &Origin| Origin {
            at: self.location(&origin.at),
            used: origin.used.as_ref().map(|at| self.location(at)),
            ..origin.clone()
        };
        origins.iter().map(|(address, origin)| (address.clone(), moved(origin))).collect()
    }
}

/// A path without `.` and `..`. Links are left alone: a file is known by the name
/// under which it is kept.
fn without_detours(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => _ = whole.pop(),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_at_the_root_of_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("infra/orders");
        std::fs::create_dir_all(&folder).unwrap();
        let check = |workspace: Option<&Path>, file: &str, expected: &str| {
            let workspace = workspace.map(Path::to_owned);
            let repository = Repository { folder: folder.clone(), workspace };
            assert_eq!(repository.path(file), expected, "{file}");
        };
        check(None, "dev.yaml", "dev.yaml");
        std::fs::create_dir(root.path().join(".git")).unwrap();
        check(None, "dev.yaml", "infra/orders/dev.yaml");
        check(None, "./../shared/base.yaml", "infra/shared/base.yaml");
        check(Some(&root.path().join("infra")), "dev.yaml", "orders/dev.yaml");
        check(Some(Path::new("/elsewhere")), "dev.yaml", "infra/orders/dev.yaml");
        let whole = folder.join("dev.yaml");
        check(None, &whole.display().to_string(), "infra/orders/dev.yaml");
    }
}
