//! What an image is made of, byte for byte: its configuration and its manifest, of which
//! the digest is the name (OCI Image Specification 1.0).
//!
//! Nothing here knows a time, a machine or a version of ccprov: the same spec is the same image
//! for ever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::base::{Base, Known};
use super::blob::Blob;
use super::{Architecture, Spec};
use crate::model::Hash;

/// The form of a manifest, which Lambda takes (Developer Guide, "Create a Lambda function
/// using a container image").
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// When everything was made, as far as an image tells.
const NO_TIME: &str = "1970-01-01T00:00:00Z";
/// The annotations by which an image tells whose it is and from what it was made.
const STACK: &str = "ccprov:stack";
const CONTENT: &str = "ccprov:image";

/// Where a layer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The image below, of that name.
    Base(String),
    /// Files that lie at this path.
    Files(String),
}

/// An image that can be named, and pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) config: String,
    pub(super) config_blob: Blob,
    /// From the lowest on.
    pub(super) layers: Vec<(Origin, Blob)>,
    pub(super) manifest: String,
    /// Of the manifest.
    pub(super) digest: String,
}

impl Image {
    /// The image of a spec; `None` while something of it is not known.
    pub(super) fn of(spec: &Spec, stack: &str) -> Option<Self> {
        let base = match &spec.base {
            None => None,
            Some(Base::Known(known)) => Some(known),
            Some(Base::Named(_)) => return None,
        };
        let below = base.into_iter().flat_map(|base| {
            base.layers.iter().map(|layer| Some((Origin::Base(base.image.clone()), layer.blob())))
        });
        let files =
            spec.files.iter().map(|(path, text)| Some((Origin::Files(path.clone()), layer(text)?)));
        let layers: Vec<(Origin, Blob)> = below.chain(files).collect::<Option<_>>()?;
        let config = config(spec, base, &layers);
        let config_blob = Blob {
            media_type: CONFIG.to_owned(),
            digest: digest(config.as_bytes()),
            size: config.len() as u64,
        };
        let blobs: Vec<&Blob> = layers.iter().map(|(_, blob)| blob).collect();
        let content = json(&Content::of(spec));
        let manifest = json(&Manifest {
            schema_version: 2,
            media_type: MANIFEST,
            config: &config_blob,
            layers: &blobs,
            annotations: BTreeMap::from([(STACK, stack), (CONTENT, &content)]),
        });
        let digest = digest(manifest.as_bytes());
        Some(Self { config, config_blob, layers, manifest, digest })
    }
}

/// The layer that a field of `files` stands for: `sha256:HEX, 1024 bytes`.
pub(super) fn layer(text: &str) -> Option<Blob> {
    let (digest, size) = text.strip_suffix(" bytes")?.split_once(", ")?;
    let size = size.parse().ok()?;
    Some(Blob { media_type: LAYER.to_owned(), digest: digest.to_owned(), size })
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", Hash::of(bytes))
}

/// Of structs whose fields are texts, numbers, lists and sorted maps.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    schema_version: u8,
    media_type: &'a str,
    config: &'a Blob,
    layers: &'a [&'a Blob],
    annotations: BTreeMap<&'a str, &'a str>,
}

fn config(spec: &Spec, base: Option<&Known>, layers: &[(Origin, Blob)]) -> String {
    let made_of = |(origin, _): &(Origin, Blob)| Step {
        created: NO_TIME,
        created_by: match origin {
            Origin::Base(image) => image.clone(),
            Origin::Files(path) => format!("ccprov: {path}"),
        },
    };
    let below = base.into_iter().flat_map(|base| base.layers.iter().map(|layer| &layer.diff_id));
    // A layer that is not compressed is what its digest says.
    let files = layers.iter().filter(|(origin, _)| matches!(origin, Origin::Files(_)));
    let diff_ids = below.chain(files.map(|(_, blob)| &blob.digest)).map(String::as_str).collect();
    json(&Config {
        architecture: spec.architecture.word(),
        created: NO_TIME,
        os: "linux",
        run: Run::of(spec, base),
        rootfs: Layers { sort: "layers", diff_ids },
        history: layers.iter().map(made_of).collect(),
    })
}

#[derive(Serialize)]
struct Config<'a> {
    architecture: &'a str,
    created: &'a str,
    os: &'a str,
    #[serde(rename = "config")]
    run: Run<'a>,
    rootfs: Layers<'a>,
    history: Vec<Step<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Run<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cmd: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    entrypoint: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    env: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    working_dir: Option<&'a str>,
}

impl<'a> Run<'a> {
    /// What a spec leaves out is as below. Arguments are those of an entry point, and go with it.
    fn of(spec: &'a Spec, base: Option<&'a Known>) -> Self {
        let below = |of: fn(&'a Known) -> &'a [String]| base.map(of).unwrap_or_default();
        let (entrypoint, cmd): (&[String], &[String]) =
            match (spec.entrypoint.is_empty(), spec.command.is_empty()) {
                (true, true) => (below(|base| &base.entrypoint), below(|base| &base.command)),
                (true, false) => (below(|base| &base.entrypoint), &spec.command),
                (false, _) => (&spec.entrypoint, &spec.command),
            };
        let is_ours = |entry: &&String| {
            entry.split_once('=').is_some_and(|(name, _)| spec.environment.contains_key(name))
        };
        let kept = below(|base| &base.environment).iter().filter(|entry| !is_ours(entry));
        let own = spec.environment.iter().map(|(name, value)| format!("{name}={value}"));
        let directory = base.and_then(|base| base.working_directory.as_deref());
        Self {
            cmd,
            entrypoint,
            env: kept.cloned().chain(own).collect(),
            user: base.and_then(|base| base.user.as_deref()),
            working_dir: spec.working_directory.as_deref().or(directory),
        }
    }
}

#[derive(Serialize)]
struct Layers<'a> {
    #[serde(rename = "type")]
    sort: &'a str,
    diff_ids: Vec<&'a str>,
}

#[derive(Serialize)]
struct Step<'a> {
    created: &'a str,
    created_by: String,
}

impl Architecture {
    /// As images call it (`GOARCH` of Go).
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::X86 => "amd64",
            Self::Arm => "arm64",
        }
    }
}

/// What a spec says of an image, but for where it lies: so is the image read again, though nobody
/// hands out its configuration but the registry's protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<Base>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) files: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) entrypoint: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) command: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) environment: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) working_directory: Option<String>,
    pub(super) architecture: Architecture,
}

impl Content {
    fn of(spec: &Spec) -> Self {
        let spec = spec.clone();
        Self {
            tag: spec.tag,
            base: spec.base,
            files: spec.files,
            entrypoint: spec.entrypoint,
            command: spec.command,
            environment: spec.environment,
            working_directory: spec.working_directory,
            architecture: spec.architecture,
        }
    }

    /// The same in a repository.
    pub(super) fn within(self, repository: &str) -> Spec {
        Spec {
            repository: repository.to_owned(),
            tag: self.tag,
            base: self.base,
            files: self.files,
            entrypoint: self.entrypoint,
            command: self.command,
            environment: self.environment,
            working_directory: self.working_directory,
            architecture: self.architecture,
        }
    }
}

/// What the manifest of an image says that ccprov made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) stack: String,
    pub(super) content: Content,
}

impl Told {
    /// `None` for an image of others.
    pub(super) fn by(manifest: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Annotated {
            annotations: BTreeMap<String, String>,
        }
        let Annotated { mut annotations } = serde_json::from_str(manifest).ok()?;
        let content = serde_json::from_str(annotations.get(CONTENT)?).ok()?;
        Some(Self { stack: annotations.remove(STACK)?, content })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn spec(document: Value) -> Spec {
        serde_json::from_value(document).unwrap()
    }

    fn handler() -> Value {
        json!({
            "repository": "images",
            "files": {
                "/var/task/bootstrap": format!("sha256:{}, 2048 bytes", Hash::of(b"bootstrap")),
                "/etc/ssl": format!("sha256:{}, 4096 bytes", Hash::of(b"certificates")),
            },
            "entrypoint": ["/var/task/bootstrap"],
            "environment": { "RUST_LOG": "info" },
        })
    }

    fn base() -> Value {
        let layer = json!({
            "digest": format!("sha256:{}", Hash::of(b"packed")),
            "size": 1024,
            "diff_id": format!("sha256:{}", Hash::of(b"unpacked")),
            "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
        });
        json!({
            "image": format!("public.ecr.aws/lambda/provided@sha256:{}", Hash::of(b"base")),
            "layers": [layer],
            "entrypoint": ["/lambda-entrypoint.sh"],
            "command": ["handler"],
            "environment": ["PATH=/bin", "RUST_LOG=off"],
            "working_directory": "/var/task",
            "user": "app",
        })
    }

    #[test]
    fn what_is_left_out_is_as_below() {
        let config = |document: &Value| -> Value {
            let image = Image::of(&spec(document.clone()), "dev").unwrap();
            serde_json::from_str(&image.config).unwrap()
        };
        let mut document = handler();
        document["base"] = base();
        let made = config(&document);
        let run = json!({
            "Entrypoint": ["/var/task/bootstrap"],
            "Env": ["PATH=/bin", "RUST_LOG=info"],
            "User": "app",
            "WorkingDir": "/var/task",
        });
        assert_eq!(made["config"], run);
        let diff_ids = made["rootfs"]["diff_ids"].as_array().unwrap();
        assert_eq!(diff_ids.len(), 3);
        assert_eq!(diff_ids[0], base()["layers"][0]["diff_id"]);
        assert_eq!(made["history"].as_array().unwrap().len(), 3);
        document["entrypoint"] = json!([]);
        assert_eq!(config(&document)["config"]["Entrypoint"], json!(["/lambda-entrypoint.sh"]));
        assert_eq!(config(&document)["config"]["Cmd"], json!(["handler"]));
        document["command"] = json!(["other"]);
        assert_eq!(config(&document)["config"]["Cmd"], json!(["other"]));
    }

    #[test]
    fn a_base_that_nobody_has_asked_for_makes_no_image() {
        let mut document = handler();
        document["base"] = json!("public.ecr.aws/lambda/provided:al2023");
        assert_eq!(Image::of(&spec(document), "dev"), None);
    }

    /// Others than these would be another image in every stack that makes one.
    #[test]
    fn the_same_spec_is_the_same_image_for_ever() {
        let Image { config, manifest, digest, .. } = Image::of(&spec(handler()), "dev").unwrap();
        insta::assert_snapshot!("image", format!("{digest}\n{manifest}\n{config}\n"));
    }

    #[test]
    fn everything_that_is_said_makes_another_image() {
        let digest = |document: &Value, stack: &str| {
            Image::of(&spec(document.clone()), stack).unwrap().digest
        };
        let one = digest(&handler(), "dev");
        assert_ne!(digest(&handler(), "prod"), one);
        let others = json!({
            "tag": "v1",
            "files": {},
            "entrypoint": ["/bootstrap"],
            "command": ["serve"],
            "environment": {},
            "working_directory": "/var/task",
            "architecture": "arm64",
            "base": base(),
        });
        for (field, value) in others.as_object().unwrap() {
            let mut document = handler();
            document[field] = value.clone();
            assert_ne!(digest(&document, "dev"), one, "{field}");
        }
    }

    #[test]
    fn an_image_tells_from_what_it_was_made() {
        let spec = spec(handler());
        let told = Told::by(&Image::of(&spec, "dev").unwrap().manifest).unwrap();
        assert_eq!(told.stack, "dev");
        assert_eq!(told.content.within("images"), spec);
        assert_eq!(Told::by(r#"{"schemaVersion":2}"#), None);
        assert_eq!(Told::by(r#"{"annotations":{"ccprov:stack":"dev"}}"#), None);
    }

    #[test]
    fn what_is_not_known_makes_no_image() {
        let mut document = handler();
        document["files"]["/a"] = json!("whatever it is");
        assert_eq!(Image::of(&spec(document), "dev"), None);
    }
}
