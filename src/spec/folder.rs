//! Packing a folder: which files there are in it, in an order that does not
//! depend on the machine.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

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
    if files.is_empty() {
        return Err(Unfit::new("there is no file in it"));
    }
    let mut zip = Zip::new(out);
    for File { name, path } in files {
        let left = most_bytes.saturating_sub(zip.length());
        let most = usize::try_from(left).unwrap_or(usize::MAX);
        let bytes = read_regular(&path, most).map_err(|why| match why {
            Unread::TooLarge(_) => Unfit::too_large(most_bytes),
            Unread::Broken(_) | Unread::Elsewhere => Unfit::entry(&name, why),
        })?;
        zip.add(&name, &bytes).map_err(|error| Unfit::entry(&name, plainly(&error)))?;
        if zip.length() > most_bytes {
            return Err(Unfit::too_large(most_bytes));
        }
    }
    zip.finish().map_err(|error| Unfit::new(plainly(&error)))
}

struct File {
    /// From the folder on, with `/` between folders.
    name: String,
    path: PathBuf,
}

/// Every file in a folder and below, in the order of the names' bytes.
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
                return Err(Unfit::entry(&name, "its name is none in a zip file"));
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
