//! Opening what is a file indeed, and no more of it than there may be.
//!
//! A path may name a device, which has no end, or a pipe, which keeps whoever
//! opens it waiting for a writer.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::model::Size;

/// Why there is nothing of a file.
#[derive(Debug)]
pub enum Unread {
    /// It cannot be opened or read, or is not a regular file.
    Broken(io::Error),
    /// It has more bytes than that.
    TooLarge(usize),
    /// Its path is a link that leads out of the folder.
    Elsewhere,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken(error) => f.write_str(&plainly(error)),
            Self::TooLarge(most) => write!(f, "it is larger than {}", Size(*most as u64)),
            Self::Elsewhere => f.write_str("it is a link out of its folder"),
        }
    }
}

/// The whole of a regular file of at most `most` bytes. Links are followed.
///
/// # Errors
///
/// Nothing of the file is told.
pub fn read_regular(path: &Path, most: usize) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    copy_regular(path, most, &mut bytes)?;
    Ok(bytes)
}

/// The same, piece by piece, for who does not need it whole. What was written
/// before it turned out to be too much is for nothing.
///
/// # Errors
///
/// Nothing of the file is told.
pub(super) fn copy_regular(
    path: &Path,
    most: usize,
    out: &mut dyn io::Write,
) -> Result<(), Unread> {
    let (file, told) = open(path).map_err(Unread::Broken)?;
    let too_large = || Unread::TooLarge(most);
    if told.len() > most as u64 {
        return Err(too_large());
    }
    // It may have grown since.
    let most_read = (most as u64).saturating_add(1);
    let copied = io::copy(&mut file.take(most_read), out).map_err(Unread::Broken)?;
    if copied > most as u64 { Err(too_large()) } else { Ok(()) }
}

/// [`read_regular`] of a path that somebody else may have laid out: a link is
/// followed only within the folder that the path names.
///
/// # Errors
///
/// Nothing of the file is told.
pub fn read_beside(path: &Path, most: usize) -> Result<Vec<u8>, Unread> {
    let file = path.canonicalize().map_err(Unread::Broken)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().map_err(Unread::Broken)?;
    if file.starts_with(folder) { read_regular(&file, most) } else { Err(Unread::Elsewhere) }
}

/// Asked before it is opened, because to open a pipe is to wait; and after,
/// because another one may be there by then.
fn open(path: &Path) -> io::Result<(File, Metadata)> {
    regular(&path.metadata()?)?;
    let file = File::open(path)?;
    let told = file.metadata()?;
    regular(&told)?;
    Ok((file, told))
}

fn regular(told: &Metadata) -> io::Result<()> {
    let kind = told.file_type();
    if kind.is_file() {
        return Ok(());
    }
    Err(if kind.is_dir() {
        io::ErrorKind::IsADirectory.into()
    } else {
        io::Error::other(format!("it is {}, and not a file", special(kind)))
    })
}

#[cfg(unix)]
fn special(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: std::fs::FileType) -> &'static str {
    "something else"
}

/// The common causes without the operating system's error numbers, which
/// differ from one to the next.
pub(super) fn plainly(error: &io::Error) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &Path, most: usize, expected: Result<&str, &str>) {
        let read = read_regular(path, most);
        let read = read.map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(
            read.map_err(|why| why.to_string()),
            expected.map(str::to_owned).map_err(str::to_owned)
        );
    }

    #[test]
    fn what_is_no_file_or_too_much_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "0123456789").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        check(&at("file"), 10, Ok("0123456789"));
        check(&at("link"), 10, Ok("0123456789"));
        check(&at("file"), 9, Err("it is larger than 9 bytes"));
        check(&at("zero"), 9, Err("it is a device, and not a file"));
        check(&at("pipe"), 9, Err("it is a pipe, and not a file"));
        check(&at("socket"), 9, Err("it is a socket, and not a file"));
        check(folder.path(), 9, Err("it is a folder"));
        check(&at("none"), 9, Err("there is no such file"));
        std::fs::create_dir(at("folder")).unwrap();
        std::os::unix::fs::symlink("../file", at("folder/out")).unwrap();
        assert!(matches!(read_beside(&at("folder/out"), 10), Err(Unread::Elsewhere)));
        assert!(read_beside(&at("link"), 10).is_ok());
    }
}
