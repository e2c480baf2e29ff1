//! What the cases send of a checkout: two zip files, known by their hashes.

use ccprov::model::{Artifact, ArtifactSort, Document, Hash, KindInfo, Path};
use ccprov::sim::Shelf;

use crate::support::zip::zip;

/// The zip files, by the names under which a case refers to them.
fn zips() -> [(&'static str, Vec<u8>); 2] {
    let of = |name: &str| zip(&[("bootstrap", &format!("#!/bin/sh\n# {name}\n"))]);
    [("zip.one", of("one")), ("zip.two", of("two"))]
}

/// For whoever writes.
pub(crate) fn files() -> Shelf {
    let zips = zips();
    Shelf::of(zips.iter().map(|(_, bytes)| bytes.as_slice()))
}

/// The hash of one, as the fields spell it that take it.
pub(crate) fn hash(name: &str) -> Option<String> {
    let (_, bytes) = zips().into_iter().find(|(known, _)| *known == name)?;
    Some(Hash::of(&bytes).base64())
}

/// Those that a document means.
pub(crate) fn meant(info: &KindInfo, document: &Document) -> Vec<Artifact> {
    let mut meant = Vec::new();
    for field in &info.artifacts {
        for (name, bytes) in zips() {
            let artifact = Artifact {
                at: Path::field(field.field.as_ref()),
                path: name.to_owned(),
                sort: ArtifactSort::File,
                packing: field.packing,
                size: bytes.len() as u64,
                sha256: Hash::of(&bytes),
            };
            if field.is_meant(&artifact, document) {
                meant.push(artifact);
            }
        }
    }
    meant
}
