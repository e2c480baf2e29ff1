//! Files that we write: whole, or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::model::Diagnostic;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whom the umask admits. A file that was there keeps its rights.
    Usual,
    /// Its owner alone, whatever the rights of a file that was there.
    Owner,
}

/// Writes a file anew, unless that is [somebody's](spare): beside it first, then in its place,
/// so that what was there stays if the disk is full.
pub(crate) fn write_whole(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    spare(path)?;
    rewrite(path, text, readers)
}

/// The same with a file that is somebody's, which he asks for.
pub(crate) fn rewrite(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    let Some(target) = target(path)? else { return write_into(path, text) };
    let (draft, mut file) = Draft::beside(&target, readers)?;
    file.write_all(text.as_bytes())?;
    if let (Ok(before), Readers::Usual) = (target.metadata(), readers) {
        file.set_permissions(before.permissions())?;
    }
    drop(file);
    draft.put_at(&target)
}

/// Whether [`write_whole`] would find a place for its file. Leaves everything
/// as it was.
pub(crate) fn try_whole(path: &Path) -> io::Result<()> {
    spare(path)?;
    match target(path)? {
        Some(target) => Draft::beside(&target, Readers::Owner).map(drop),
        None => write_into(path, ""),
    }
}

/// Adds to the end of a file.
pub(crate) fn append(path: &Path, text: &str) -> io::Result<()> {
    open_end(path)?.write_all(text.as_bytes())
}

/// A file to add to the end of.
pub(crate) fn open_end(path: &Path) -> io::Result<File> {
    spare(path)?;
    File::options().append(true).create(true).open(path)
}

/// An error for options that name one file: what the first writes there, the last would lose.
pub(crate) fn each_once(options: &[(&str, Option<&Path>)]) -> Result<(), Vec<Diagnostic>> {
    let named = || options.iter().filter_map(|(option, path)| Some((*option, (*path)?)));
    let twice = named().enumerate().filter_map(|(index, (option, path))| {
        let is_same = |(_, other): &(&str, &Path)| place(other) == place(path);
        let (first, _) = named().take(index).find(is_same)?;
        let text = format!("{first} and {option} are both to write {}", path.display());
        // A device takes all of it.
        (!path.exists() || path.is_file())
            .then(|| Diagnostic::error(text).hint("give each a file of its own"))
    });
    let twice: Vec<Diagnostic> = twice.collect();
    if twice.is_empty() { Ok(()) } else { Err(twice) }
}

/// Where a file is, or would be.
fn place(path: &Path) -> PathBuf {
    if let Ok(place) = path.canonicalize() {
        return place;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        (Ok(_) | Err(_), _) => path.to_owned(),
    }
}

/// An error for a file in which people write, as its name says: nothing that we write is
/// YAML, and `--out *.yaml` means the first of the stack files.
fn spare(path: &Path) -> io::Result<()> {
    let is_yaml = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it == "yml");
    if is_yaml && path.is_file() {
        return Err(io::Error::other("a YAML file that is there is not written over"));
    }
    Ok(())
}

/// The file to replace, links followed; `None` for what is there and no regular
/// file, as a device or a pipe, which nothing can take the place of.
fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    match path.metadata() {
        Ok(there) if !there.is_file() => Ok(None),
        Ok(there) if there.permissions().readonly() => Err(io::ErrorKind::PermissionDenied.into()),
        Ok(_) => path.canonicalize().map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(path.to_owned())),
        Err(error) => Err(error),
    }
}

fn write_into(path: &Path, text: &str) -> io::Result<()> {
    File::options().write(true).open(path)?.write_all(text.as_bytes())
}

/// A file on its way to its place. It goes when it is dropped.
struct Draft(PathBuf);

impl Draft {
    /// An empty one, which was not there before.
    fn beside(target: &Path, readers: Readers) -> io::Result<(Self, File)> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
        let path = target.with_file_name(format!(".{name}.{}.part", std::process::id()));
        // A killed process of the same number may have left one.
        let _none = fs::remove_file(&path);
        let mut options = File::options();
        options.write(true).create_new(true);
        if readers == Readers::Owner {
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let file = options.open(&path)?;
        Ok((Self(path), file))
    }

    fn put_at(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.0, target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It is not there any more if it was put in its place.
        let _gone = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_with_its_rights_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        write_whole(&path, "one", Readers::Usual).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write_whole(&link, "two", Readers::Usual).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("two", 0o640));
        assert!(link.is_symlink());
        write_whole(&path, "three", Readers::Owner).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("three", 0o600));
        try_whole(&path).unwrap();
        try_whole(&folder.path().join("new")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_cannot_be_written_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept");
        fs::write(&kept, "old").unwrap();
        // A folder is in the draft's way: it stands for a disk without room.
        let draft = folder.path().join(format!(".kept.{}.part", std::process::id()));
        fs::create_dir(&draft).unwrap();
        assert!(write_whole(&kept, "new", Readers::Usual).is_err());
        assert!(try_whole(&kept).is_err());
        assert_eq!(fs::read_to_string(&kept).unwrap(), "old");
        assert!(try_whole(&folder.path().join("no/such")).is_err());
    }

    #[test]
    fn what_people_write_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["stack.yaml", "stack.yml", "stack.YAML"] {
            let path = folder.path().join(name);
            fs::write(&path, "stack: dev").unwrap();
            assert!(write_whole(&path, "{}", Readers::Owner).is_err());
            assert!(try_whole(&path).is_err());
            assert!(append(&path, "{}").is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), "stack: dev");
            rewrite(&path, "stack: prod", Readers::Usual).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "stack: prod");
        }
        assert!(write_whole(&folder.path().join("new.yaml"), "{}", Readers::Usual).is_ok());
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        assert!(write_whole(Path::new("/dev/null"), "text", Readers::Usual).is_ok());
        let full = write_whole(Path::new("/dev/full"), "text", Readers::Usual);
        assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(!Path::new("/dev/null").metadata().unwrap().is_file());
    }
}
