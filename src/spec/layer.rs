//! A layer of an image that is the same, byte for byte, wherever and whenever the same
//! files are packed: a tar file (POSIX.1-1988, "ustar") without times and owners.
//!
//! It is not compressed, for the reason that zip files are not.

use std::collections::BTreeSet;
use std::io::{self, Write};

/// A layer that is being written.
pub(super) struct Layer<W> {
    out: W,
    /// So many bytes were written.
    length: u64,
    /// The folders that are in it, each with a slash at its end.
    folders: BTreeSet<String>,
}

/// What a header holds and how it is laid out counts in these.
const BLOCK: usize = 512;
/// A file that everybody may read.
const FILE: u32 = 0o644;
/// One that everybody may execute, too, and a folder that everybody may enter.
const OPEN: u32 = 0o755;
/// Longest name without, and of what stands before it: lengths of the fields.
const NAME: usize = 100;
const PREFIX: usize = 155;
/// Most bytes of a file: 11 octal digits.
const MOST_BYTES: u64 = 0o77_777_777_777;

impl<W: Write> Layer<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, length: 0, folders: BTreeSet::new() }
    }

    /// Adds a file, and the folders around it that are not there yet. Names are added in their
    /// order, with `/` between folders and none before the first.
    pub(super) fn add(&mut self, name: &str, is_executable: bool, bytes: &[u8]) -> io::Result<()> {
        for (at, _) in name.match_indices('/') {
            self.add_folder(&name[..=at])?;
        }
        let mode = if is_executable { OPEN } else { FILE };
        self.head(name, b'0', mode, bytes.len() as u64)?;
        self.write_blocks(bytes)
    }

    fn add_folder(&mut self, name: &str) -> io::Result<()> {
        if self.folders.insert(name.to_owned()) { self.head(name, b'5', OPEN, 0) } else { Ok(()) }
    }

    /// How long it would be, if it were finished now.
    pub(super) fn length(&self) -> u64 {
        self.length + 2 * BLOCK as u64
    }

    /// Writes the two empty blocks that end it.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.write(&[0; 2 * BLOCK])?;
        Ok(self.out)
    }

    fn head(&mut self, name: &str, sort: u8, mode: u32, size: u64) -> io::Result<()> {
        if size > MOST_BYTES {
            return Err(io::Error::other("it is too much for a tar file"));
        }
        if let Some((prefix, rest)) = split(name) {
            return self.write(&header(prefix, rest, sort, mode, size));
        }
        // POSIX.1-2001, "pax Extended Header": the name stands before, as a file of its own.
        let record = record("path", name);
        self.write(&header("", "pax", b'x', FILE, record.len() as u64))?;
        self.write_blocks(record.as_bytes())?;
        self.write(&header("", "long", sort, mode, size))
    }

    /// Writes bytes, and nothing up to the end of a block.
    fn write_blocks(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes)?;
        self.write(&[0; BLOCK][..bytes.len().next_multiple_of(BLOCK) - bytes.len()])
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// The two parts of a name that fit into a header.
fn split(name: &str) -> Option<(&str, &str)> {
    if name.len() <= NAME {
        return Some(("", name));
    }
    let body = name.trim_end_matches('/');
    let fits = |(at, _): &(usize, &str)| *at <= PREFIX && name.len() - at - 1 <= NAME;
    let (at, _) = body.match_indices('/').find(fits)?;
    Some((&name[..at], &name[at + 1..]))
}

/// `LENGTH KEY=VALUE`, of which the length is that of the whole.
fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}")
}

fn header(prefix: &str, name: &str, sort: u8, mode: u32, size: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, format!("{mode:07o}\0").as_bytes());
    put(108, b"0000000\0"); // Owner,
    put(116, b"0000000\0"); // group
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0"); // and time: none.
    put(148, b"        "); // The sum counts itself as blanks.
    put(156, &[sort]);
    put(257, b"ustar\x0000");
    put(345, prefix.as_bytes());
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hash;

    fn packed(files: &[(&str, bool, &[u8])]) -> Vec<u8> {
        let mut layer = Layer::new(Vec::new());
        for (name, is_executable, bytes) in files {
            layer.add(name, *is_executable, bytes).unwrap();
        }
        let length = layer.length();
        let bytes = layer.finish().unwrap();
        assert_eq!(bytes.len() as u64, length);
        bytes
    }

    /// Others than these would be another image in every stack that makes one.
    #[test]
    fn the_same_files_are_the_same_bytes_for_ever() {
        let long = format!("{}name", "folder/".repeat(40));
        let tar = packed(&[
            ("etc/empty", false, b""),
            (&long, false, &[1; 512]),
            ("var/task/bootstrap", true, b"#!/bin/sh\n"),
            ("var/task/\u{fc}.txt", false, b"hello"),
        ]);
        assert_eq!(
            Hash::of(&tar).to_string(),
            "0fd5ce9ba933f1a45d2c79cb4f110c9c1a9941e16a3920ac33455eb8e7cf883c"
        );
    }

    #[test]
    fn every_byte_name_and_mode_counts() {
        let one = packed(&[("a", false, b"1")]);
        for other in [("a", false, b"2" as &[u8]), ("b", false, b"1"), ("a", true, b"1")] {
            assert_ne!(packed(&[other]), one);
        }
    }

    /// What other tools read.
    #[test]
    fn everything_is_read_back() {
        let (fits, long) = (format!("{}/n", "f".repeat(120)), "x/".repeat(200) + "n");
        for name in ["n", "var/task/n", &fits, &long] {
            let tar = packed(&[(name, true, b"#!/bin/sh\n")]);
            let mut archive = tar::Archive::new(tar.as_slice());
            let entries: Vec<(String, u32, u64)> = archive
                .entries()
                .unwrap()
                .map(|entry| {
                    let entry = entry.unwrap();
                    let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
                    (path, entry.header().mode().unwrap(), entry.size())
                })
                .collect();
            let (file, folders) = entries.split_last().unwrap();
            assert_eq!(file, &(name.to_owned(), 0o755, 10));
            let around: Vec<&str> = name.match_indices('/').map(|(at, _)| &name[..=at]).collect();
            let told: Vec<&str> = folders.iter().map(|(path, ..)| path.as_str()).collect();
            assert_eq!(told, around);
            assert!(folders.iter().all(|(_, mode, size)| (*mode, *size) == (0o755, 0)));
        }
    }
}
