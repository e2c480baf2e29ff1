//! Packing a folder, or a file into a layer: which files there are in it, in an order that does not
//! depend on the machine.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::layer::Layer;
use super::regular::{Unread, plainly, read_regular};
use super::zip::{LONGEST_NAME, MOST_BYTES, MOST_FILES, Zip};
use crate::model::Size;

/// How much of a folder there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Limits {
    /// When it is packed.
    pub(super) most_bytes: u64,
    /// Files and folders in it.
    pub(super) most_entries: usize,
}

/// Why something cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// A phrase.
    pub(super) why: String,
    /// Whether it is because there is too much of it.
    pub(super) is_too_large: bool,
}

impl Unfit {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_too_large: false }
    }

    fn entry(name: &str, why: impl fmt::Display) -> Self {
        Self::new(format!("`{name}` in it cannot be packed: {why}"))
    }

    fn too_large(most: u64) -> Self {
        let why = format!("it is larger than {} when it is packed", Size(most));
        Self { why, is_too_large: true }
    }
}

/// Packs a folder, whose path has no links in it. Links in the folder are
/// followed as far as `reach`, and count as what they lead to.
pub(super) fn pack<W: Write>(
    folder: &Path,
    reach: Option<&Path>,
    limits: Limits,
    out: W,
) -> Result<W, Unfit> {
    let most_bytes = limits.most_bytes.min(MOST_BYTES);
    let files = files_in(folder, reach, limits.most_entries.min(MOST_FILES))?;
    let mut zip = Zip::new(out);
    for File { name, path } in files {
        let left = most_bytes.saturating_sub(zip.length());
        let bytes = read(&path, left).map_err(|why| why.of(&name, most_bytes))?;
        zip.add(&name, &bytes).map_err(|error| Unfit::entry(&name, plainly(&error)))?;
        if zip.length() > most_bytes {
            return Err(Unfit::too_large(most_bytes));
        }
    }
    zip.finish().map_err(|error| Unfit::new(plainly(&error)))
}

/// Packs a folder into a layer of an image, in which its files lie below `place`.
pub(super) fn layer<W: Write>(
    folder: &Path,
    place: &str,
    reach: Option<&Path>,
    limits: Limits,
    out: W,
) -> Result<(), Unfit> {
    let files = files_in(folder, reach, limits.most_entries)?;
    let mut layer = Layer::new(out);
    for file in files {
        if let Some(part) = file.name.split('/').find(|part| part.starts_with(WHITEOUT)) {
            let why = format!("`{part}` would remove a file of a layer below");
            return Err(Unfit::entry(&file.name, why));
        }
        let name = format!("{}/{}", place.trim_matches('/'), file.name);
        add(&mut layer, name.trim_start_matches('/'), &file, limits)?;
    }
    layer.finish().map(drop).map_err(|error| Unfit::new(plainly(&error)))
}

/// The same with one file, that lies at `place`.
pub(super) fn layer_of_file<W: Write>(
    path: &Path,
    place: &str,
    limits: Limits,
    out: W,
) -> Result<(), Unfit> {
    let mut layer = Layer::new(out);
    let name = place.trim_matches('/');
    if name.is_empty() {
        return Err(Unfit::new("a file has a name in an image: `/name`".to_owned()));
    }
    let file = File { name: name.to_owned(), path: path.to_owned() };
    add(&mut layer, name, &file, limits)?;
    layer.finish().map(drop).map_err(|error| Unfit::new(plainly(&error)))
}

/// How names of files begin that remove one of a layer below (OCI Image Specification,
/// "Whiteouts").
pub(super) const WHITEOUT: &str = ".wh.";

fn add<W: Write>(
    layer: &mut Layer<W>,
    name: &str,
    file: &File,
    limits: Limits,
) -> Result<(), Unfit> {
    let left = limits.most_bytes.saturating_sub(layer.length());
    let bytes = read(&file.path, left).map_err(|why| why.of(&file.name, limits.most_bytes))?;
    let added = layer.add(name, is_executable(&file.path), &bytes);
    added.map_err(|error| Unfit::entry(&file.name, plainly(&error)))?;
    if layer.length() > limits.most_bytes {
        return Err(Unfit::too_large(limits.most_bytes));
    }
    Ok(())
}

/// Whether its owner may execute a file.
#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|told| told.permissions().mode() & 0o100 != 0)
}

/// Where nothing says so, everything is.
#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    read_regular(path, usize::try_from(most).unwrap_or(usize::MAX))
}

impl Unread {
    /// The same of a file that is packed.
    fn of(self, name: &str, most: u64) -> Unfit {
        match self {
            Self::TooLarge(_) => Unfit::too_large(most),
            Self::Broken(_) | Self::Elsewhere => Unfit::entry(name, self),
        }
    }
}

struct File {
    /// From the folder on, with `/` between folders.
    name: String,
    path: PathBuf,
}

/// Every file in a folder and below, in the order of the names' bytes: one at least.
fn files_in(folder: &Path, reach: Option<&Path>, most: usize) -> Result<Vec<File>, Unfit> {
    let mut files = Vec::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    let mut entries = 0;
    while let Some((prefix, folder)) = folders.pop() {
        let unread = |error: std::io::Error| {
            Unfit::entry(if prefix.is_empty() { "." } else { &prefix }, plainly(&error))
        };
        for entry in fs::read_dir(&folder).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            entries += 1;
            if entries > most {
                return Err(Unfit::new(format!(
                    "there are more than {most} files and folders in it"
                )));
            }
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_name().to_str().is_none_or(|name| name.contains('\\')) {
                return Err(Unfit::entry(&name, "its name is no text without `\\`"));
            }
            if name.len() > LONGEST_NAME {
                return Err(Unfit::new(format!(
                    "a path in it is longer than {LONGEST_NAME} bytes"
                )));
            }
            // What others have of it differs with every commit and every machine.
            if entry.file_name() == ".git" {
                let why = "a whole checkout is no artifact: name the folder that is built";
                return Err(Unfit::entry(&name, why));
            }
            let path = followed(&entry, &folder, reach).map_err(|why| Unfit::entry(&name, why))?;
            if path.is_dir() {
                folders.push((format!("{name}/"), path));
            } else {
                files.push(File { name, path });
            }
        }
    }
    if files.is_empty() {
        return Err(Unfit::new("there is no file in it".to_owned()));
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// Where an entry of a folder leads to.
fn followed(entry: &fs::DirEntry, folder: &Path, reach: Option<&Path>) -> Result<PathBuf, String> {
    let path = entry.path();
    if !entry.file_type().map_err(|error| plainly(&error))?.is_symlink() {
        return Ok(path);
    }
    let target = path.canonicalize().map_err(|error| plainly(&error))?;
    if reach.is_some_and(|reach| !target.starts_with(reach)) {
        return Err("it is a link out of the stack's reach".to_owned());
    }
    if folder.starts_with(&target) {
        return Err("it is a link to a folder around it".to_owned());
    }
    Ok(target)
}
