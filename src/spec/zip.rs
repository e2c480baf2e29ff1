//! A zip file that is the same, byte for byte, wherever and whenever the same
//! files are packed: no times, no owners, one mode for all.
//!
//! Files are stored and not compressed. Compressed bytes would be others with
//! every version of what compresses, and a plan would show a change where nothing
//! changed. Whoever wants a smaller file builds one, and names it.

use std::io::{self, Write};

/// Most files: a directory counts them in 16 bits, of which one value means more
/// (APPNOTE.TXT 4.4.1.4).
pub(super) const MOST_FILES: usize = 65_534;

/// Most bytes: lengths and offsets have 32 bits, likewise.
pub(super) const MOST_BYTES: u64 = 0xffff_fffe;

/// Longest name, as of any path on Linux (`PATH_MAX`).
pub(super) const LONGEST_NAME: usize = 4096;

/// Names are UTF-8 (4.4.4, bit 11).
const FLAGS: u16 = 1 << 11;
/// The first day that there is in a zip file: 1 January 1980 (4.4.6).
const DATE: u16 = 1 << 5 | 1;
/// What reads it must know no more than version 1.0 does (4.4.3).
const NEEDED: u16 = 10;
/// Made on Unix, whose modes it holds (4.4.2).
const MADE_BY: u16 = 3 << 8 | NEEDED;
/// A regular file that everybody may read and execute. What one machine holds for
/// executable another does not, and a program that is not would not start.
const MODE: u32 = 0o100_755;

/// A zip file that is being written.
pub(super) struct Zip<W> {
    out: W,
    /// So many bytes were written.
    length: u64,
    /// What follows the files.
    directory: Vec<u8>,
    files: u64,
}

impl<W: Write> Zip<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, length: 0, directory: Vec::new(), files: 0 }
    }

    /// Adds a file. Names are added in their order, with `/` between folders.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let at = narrow::<u32>(self.length)?;
        let size = narrow::<u32>(bytes.len() as u64)?;
        let mut shared = Vec::new();
        for number in [NEEDED, FLAGS, 0, 0, DATE] {
            shared.extend(number.to_le_bytes());
        }
        for number in [crc32(bytes), size, size] {
            shared.extend(number.to_le_bytes());
        }
        shared.extend(narrow::<u16>(name.len() as u64)?.to_le_bytes());
        shared.extend([0; 2]); // No extra field.
        self.write(b"PK\x03\x04")?;
        self.write(&shared)?;
        self.write(name.as_bytes())?;
        self.write(bytes)?;
        let directory = &mut self.directory;
        directory.extend(b"PK\x01\x02");
        directory.extend(MADE_BY.to_le_bytes());
        directory.extend(shared);
        directory.extend([0; 6]); // No comment, the first disk, nothing of a text.
        directory.extend((MODE << 16).to_le_bytes());
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
        self.files += 1;
        Ok(())
    }

    /// How long it would be, if it were finished now.
    pub(super) fn length(&self) -> u64 {
        const END: u64 = 22;
        self.length + self.directory.len() as u64 + END
    }

    /// Writes the directory, without which it is none.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let at = narrow::<u32>(self.length)?.to_le_bytes();
        let files = narrow::<u16>(self.files)?.to_le_bytes();
        let directory = std::mem::take(&mut self.directory);
        let size = narrow::<u32>(directory.len() as u64)?.to_le_bytes();
        self.write(&directory)?;
        self.write(b"PK\x05\x06\0\0\0\0")?;
        self.write(&[&files[..], &files, &size, &at, &[0; 2]].concat())?;
        Ok(self.out)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

fn narrow<N: TryFrom<u64>>(number: u64) -> io::Result<N> {
    N::try_from(number).map_err(|_| io::Error::other("it is too much for a zip file"))
}

/// The checksum of ISO 3309 (4.4.7), a byte at a time.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let step = |crc: u32, byte: &u8| TABLE[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ crc >> 8;
    !bytes.iter().fold(!0, step)
}

const fn table() -> [u32; 256] {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let mut table = [0; 256];
    let mut at: u32 = 0;
    while at < 256 {
        let (mut crc, mut bit) = (at, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[at as usize] = crc;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hash;

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = Zip::new(Vec::new());
        for (name, bytes) in files {
            zip.add(name, bytes).unwrap();
        }
        zip.finish().unwrap()
    }

    /// The check value of the catalogue of parametrised CRC algorithms.
    #[test]
    fn the_checksum_is_that_of_zip_files() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    /// Others than these would show a change in every stack that packs a folder.
    #[test]
    fn the_same_files_are_the_same_bytes_for_ever() {
        let zip = packed(&[("a/ü.txt", b"hello"), ("bootstrap", b"#!/bin/sh\n"), ("empty", b"")]);
        assert_eq!(zip.len(), 309);
        assert_eq!(
            Hash::of(&zip).to_string(),
            "88713afaa2c9c813b9a9014196f17c05bee6490e9eaf96539f6b13fb4410f11d"
        );
    }

    #[test]
    fn every_byte_and_every_name_counts() {
        let one = packed(&[("a", b"1"), ("b", b"")]);
        for other in [[("a", b"2" as &[u8]), ("b", b"")], [("a", b"1"), ("c", b"")]] {
            assert_ne!(packed(&other), one);
        }
    }
}
