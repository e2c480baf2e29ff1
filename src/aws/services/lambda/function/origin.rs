//! Where the code of a function came from, which AWS does not tell: a tag keeps it.

use super::{Code, Stored};
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

/// `BUCKET/KEY`, and `@VERSION` where there is one.
const TAG: &str = "ccprov:code";
/// The most that a tag holds.
const MOST: usize = 256;

/// Bucket, key and version.
pub(super) type Place = (String, String, Option<String>);

pub(super) fn place(stored: &Stored) -> Place {
    (stored.bucket.clone(), stored.key.clone(), stored.object_version.clone())
}

/// What the tag says of an object.
pub(super) fn told(stored: &Stored) -> String {
    let Stored { bucket, key, object_version, sha256: _ } = stored;
    let version = object_version.as_deref().map(|it| format!("@{it}")).unwrap_or_default();
    format!("{bucket}/{key}{version}")
}

/// What a tag says; `None` if it could not be a tag, or says nothing.
pub(super) fn read(tag: &str) -> Option<Place> {
    let fits = |c: char| c.is_alphanumeric() || " _.:/=+-@".contains(c);
    if tag.chars().count() > MOST || !tag.chars().all(fits) {
        return None;
    }
    let (bucket, rest) = tag.split_once('/')?;
    let (key, version) = match rest.split_once('@') {
        Some((key, version)) => (key, Some(version.to_owned())),
        None => (rest, None),
    };
    Some((bucket.to_owned(), key.to_owned(), version))
}

/// The tag that keeps where code of a bucket came from.
pub(super) fn tag(code: Option<&Code>) -> Option<(String, String)> {
    match code {
        Some(Code::Stored(stored)) => Some((TAG.to_owned(), told(stored))),
        Some(Code::Sent(_)) | None => None,
    }
}

/// The code of this hash, with what the tags say of it.
pub(super) fn code<'a>(
    sha256: String,
    tags: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Code {
    let tag = tags.into_iter().find(|(key, _)| *key == TAG).map(|(_, value)| value.as_str());
    match tag.and_then(read) {
        Some((bucket, key, object_version)) => {
            Code::Stored(Stored { bucket, key, object_version, sha256 })
        }
        None => Code::Sent(sha256),
    }
}

/// Whether AWS took what the stack file says of an object, by the hash that it answers:
/// else the wait for that hash would be in vain.
pub(super) fn taken(name: &str, code: Option<&Code>, answered: Option<&str>) -> Answer<()> {
    let (Some(Code::Stored(stored)), Some(answered)) = (code, answered) else { return Ok(()) };
    if stored.sha256 == answered {
        return Ok(());
    }
    Err(CloudError {
        attempted: format!("give function {name} the code of {}", told(stored)),
        operation: "the bucket".to_owned(),
        class: ErrorClass::Invalid,
        code: "AnotherHash".to_owned(),
        message: format!("its SHA-256 is {answered}, and the stack file says {}", stored.sha256),
        request_id: None,
        hint: Some(format!("if it is the code that is meant, write `sha256: \"{answered}\"`")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tag_says_is_read_again() {
        let check = |key: &str, version: Option<&str>, is_kept: bool| {
            let stored = Stored {
                bucket: "code".to_owned(),
                key: key.to_owned(),
                object_version: version.map(str::to_owned),
                sha256: "hash".to_owned(),
            };
            let read = read(&told(&stored));
            assert_eq!(read == Some(place(&stored)), is_kept, "{key} {version:?}: {read:?}");
        };
        check("build/worker.zip", None, true);
        check(
            "build/worker.zip",
            Some("3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY.MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo"),
            true,
        );
        check("worker@2.zip", None, false);
        check("w(1).zip", None, false);
        check(&"w".repeat(300), None, false);
    }
}
