//! Bytes of the checkout that a field takes and no cloud ever shows: a file, or
//! a folder packed into one. A document holds their hash alone, which is all that
//! a cloud tells of them; what they are for people stands beside it.

use std::borrow::Cow;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::{Document, Path};

/// A file of the checkout, or a folder, as it was when the stack was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The field that takes it.
    pub at: Path,
    /// Where it lies, from the folder in which the command was given.
    pub path: String,
    /// Whether it is a folder.
    pub sort: ArtifactSort,
    /// Into what it is packed.
    #[serde(default)]
    pub packing: Packing,
    /// In bytes, when it is packed.
    pub size: u64,
    /// Of these bytes.
    pub sha256: Hash,
}

/// What lies at the path of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactSort {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// What becomes of a file or a folder before a cloud gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Packing {
    /// A file is taken as it is, and a folder becomes a zip file.
    #[default]
    Zip,
    /// Either becomes the layer of an image, a tar file in which it lies at the path
    /// that is the last part of its field.
    Layer,
}

impl ArtifactSort {
    /// The key under which a stack file names it.
    pub fn key(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Folder => "folder",
        }
    }
}

/// What a kind says of a field that takes artifacts. In its document, and in its
/// schema, the field is a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactInfo {
    /// The field, as a pattern of [`Path::is_within`].
    pub field: Cow<'static, str>,
    /// What may lie there: at least one sort.
    pub sorts: Cow<'static, [ArtifactSort]>,
    /// Into what it is packed.
    pub packing: Packing,
    /// Most bytes that the cloud takes, but by a [`Detour`], when it is packed.
    pub most_bytes: u64,
    /// Most files of a folder.
    pub most_entries: usize,
    /// How the cloud spells the hash of what it has.
    pub spelling: HashSpelling,
    /// What makes it, for who has not made it yet and whose stack file does not say
    /// by which command: "build it first: `make zip`".
    pub made_by: Cow<'static, str>,
    /// The key of a map in its place that says where the cloud has the bytes
    /// already; such a map is a value like any other. Empty where there is none.
    pub elsewhere: Cow<'static, str>,
}

/// Another way of the bytes of an artifact to the cloud, which takes more of them: a
/// field beside it says which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detour {
    /// The field that takes the artifact, as [`ArtifactInfo::field`] has it.
    pub of: Cow<'static, str>,
    /// The field at the top of the document that names the way, and without which there
    /// is none.
    pub by: Cow<'static, str>,
    /// What its value is, for people: "bucket".
    pub what: Cow<'static, str>,
    /// Most bytes that go this way.
    pub most_bytes: u64,
    /// What to write, for who has more of them than go the straight way.
    pub advice: Cow<'static, str>,
}

/// How a hash is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HashSpelling {
    /// 64 lowercase digits.
    Hex,
    /// 44 characters, as in `CodeSha256` of a function.
    Base64,
    /// As an image names a layer, with its size: `sha256:HEX, 1024 bytes`.
    Digest,
}

impl ArtifactInfo {
    /// The text that stands in a document for so many bytes of this hash.
    pub fn spell(&self, hash: Hash, size: u64) -> String {
        match self.spelling {
            HashSpelling::Hex => hash.to_string(),
            HashSpelling::Base64 => hash.base64(),
            HashSpelling::Digest => format!("{DIGEST}{hash}, {size} bytes"),
        }
    }

    /// Whether the field of a document means these bytes. It may mean what the
    /// object has, where a change leaves it alone.
    pub fn is_meant(&self, artifact: &Artifact, document: &Document) -> bool {
        let text = artifact.at.get(document).and_then(serde_json::Value::as_str);
        artifact.at.is_within(&self.field)
            && text == Some(&self.spell(artifact.sha256, artifact.size))
    }
}

/// So many characters of a hash tell it from another, for people.
const SHOWN: usize = 8;

/// What a digest of an image or a layer begins with (OCI Image Specification, "Descriptor").
const DIGEST: &str = "sha256:";

/// The beginning of a hash, however it is spelled.
pub fn short_hash(hash: &str) -> &str {
    let digits = hash.strip_prefix(DIGEST).unwrap_or(hash);
    digits.get(..SHOWN).unwrap_or(digits)
}

/// `build/handler.zip, 1.2 MiB`.
impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.path, Size(self.size))
    }
}

/// A number of bytes, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 3] = ["KiB", "MiB", "GiB"];
        let Self(bytes) = *self;
        if bytes < 1024 {
            return write!(f, "{bytes} bytes");
        }
        // The largest unit of which it is one at least.
        let unit = (1..UNITS.len()).take_while(|unit| bytes >> (10 * (unit + 1)) > 0).count();
        let (tenths, name) = ((bytes * 10) >> (10 * (unit + 1)), UNITS[unit]);
        match tenths % 10 {
            0 => write!(f, "{} {name}", tenths / 10),
            part => write!(f, "{}.{part} {name}", tenths / 10),
        }
    }
}

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// In 44 characters.
    pub fn base64(self) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::with_capacity(44);
        for three in self.0.chunks(3) {
            let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or_default());
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            for at in 0..4 {
                let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
                text.push(if at > three.len() { '=' } else { char::from(letter) });
            }
        }
        text
    }

    fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let digits = text.as_bytes();
        let is_hex = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() != 64 || !digits.iter().all(is_hex) {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// In hexadecimal digits.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| D::Error::custom("a SHA-256 has 64 lowercase hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST's example of one block, and the same from `openssl dgst -binary | base64`.
    #[test]
    fn a_hash_is_spelled_as_the_cloud_does() {
        let hash = Hash::of(b"abc");
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), hex);
        assert_eq!(hash.base64(), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }

    #[test]
    fn a_hash_is_read_as_it_is_written_and_no_other_way() {
        let text = serde_json::to_string(&Hash::of(b"abc")).unwrap();
        assert_eq!(serde_json::from_str::<Hash>(&text).unwrap(), Hash::of(b"abc"));
        for wrong in [text.to_uppercase(), text.replace("ba", ""), text.replace("ba", "é")] {
            assert!(serde_json::from_str::<Hash>(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_size_is_told_in_the_largest_unit_that_it_fills() {
        let told = |bytes| Size(bytes).to_string();
        assert_eq!(told(0), "0 bytes");
        assert_eq!(told(1023), "1023 bytes");
        assert_eq!(told(1024), "1 KiB");
        assert_eq!(told(1_258_292), "1.2 MiB");
        assert_eq!(told(50 * 1024 * 1024), "50 MiB");
        assert_eq!(told(5 * 1024 * 1024 * 1024), "5 GiB");
    }
}
