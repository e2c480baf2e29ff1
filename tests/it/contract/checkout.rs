//! What the cases send of a checkout: two zip files, known by their hashes.

use ccprov::model::document::each_text;
use ccprov::model::{Artifact, ArtifactSort, Document, Hash, KindInfo};
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

/// The hash of one, as the fields spell it that take it: of functions by the name of the zip
/// file, of images as a layer.
pub(crate) fn hash(name: &str) -> Option<String> {
    let find = |name: &str| zips().into_iter().find(|(known, _)| *known == name);
    if let Some(number) = name.strip_prefix("layer.") {
        let (_, bytes) = find(&format!("zip.{number}"))?;
        return Some(format!("sha256:{}, {} bytes", Hash::of(&bytes), bytes.len()));
    }
    find(name).map(|(_, bytes)| Hash::of(&bytes).base64())
}

/// Those that a document means.
pub(crate) fn meant(info: &KindInfo, document: &Document) -> Vec<Artifact> {
    let mut meant = Vec::new();
    each_text(document, &mut |at, _| {
        for field in info.artifacts.iter().filter(|field| at.is_at(&field.field)) {
            let artifacts = zips().into_iter().map(|(name, bytes)| Artifact {
                at: at.clone(),
                path: name.to_owned(),
                sort: ArtifactSort::File,
                packing: field.packing,
                size: bytes.len() as u64,
                sha256: Hash::of(&bytes),
            });
            meant.extend(artifacts.filter(|artifact| field.is_meant(artifact, document)));
        }
    });
    meant
}
