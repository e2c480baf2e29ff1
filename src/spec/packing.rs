//! What becomes of a file or a folder before anybody gets it, and what that is.

use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::folder::{self, Limits, Unfit};
use super::regular::{Unread, copy_regular, plainly};
use crate::model::document::Segment;
use crate::model::{ArtifactSort, Hash, Packing, Path as Field};

/// What is made of what lies at a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// The file itself.
    File,
    /// A zip file of the folder.
    Zip,
    /// A layer in which the file or the folder lies at this path.
    Layer(ArtifactSort, String),
}

impl Form {
    /// What a field takes.
    pub(super) fn of(sort: ArtifactSort, packing: Packing, at: &Field) -> Self {
        match (packing, sort) {
            (Packing::Zip, ArtifactSort::File) => Self::File,
            (Packing::Zip, ArtifactSort::Folder) => Self::Zip,
            (Packing::Layer, sort) => Self::Layer(sort, last(at).to_owned()),
        }
    }
}

fn last(at: &Field) -> &str {
    match at.segments().last() {
        Some(Segment::Field(name)) => name,
        Some(Segment::Index(_)) | None => "",
    }
}

/// What is known of some bytes without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) size: u64,
    pub(super) sha256: Hash,
}

/// Writes what is made of what lies at a path.
pub(super) fn pour(
    path: &Path,
    form: &Form,
    limits: Limits,
    reach: Option<&Path>,
    out: &mut dyn Write,
) -> Result<Measure, Unfit> {
    let whole = || path.canonicalize().map_err(|error| Unfit::new(plainly(&error)));
    let mut meter = Meter { size: 0, sha256: Sha256::new(), out };
    match form {
        Form::File => {
            let most = usize::try_from(limits.most_bytes).unwrap_or(usize::MAX);
            copy_regular(path, most, &mut meter).map_err(|why| Unfit {
                is_too_large: matches!(why, Unread::TooLarge(_)),
                why: why.to_string(),
            })?;
        }
        Form::Zip => {
            folder::pack(&whole()?, reach, limits, &mut meter)?;
        }
        Form::Layer(ArtifactSort::File, place) => {
            folder::layer_of_file(&whole()?, place, limits, &mut meter)?;
        }
        Form::Layer(ArtifactSort::Folder, place) => {
            folder::layer(&whole()?, place, reach, limits, &mut meter)?;
        }
    }
    Ok(Measure { size: meter.size, sha256: Hash(meter.sha256.finalize().into()) })
}

/// Counts and hashes what is written, and hands it on.
struct Meter<'a> {
    size: u64,
    sha256: Sha256,
    out: &'a mut dyn Write,
}

impl Write for Meter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.size += written as u64;
        self.sha256.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
