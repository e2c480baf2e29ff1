//! `ecr_image`: an image made of files, put into a repository.
//!
//! Its name is the digest of its manifest, which follows from what the stack says: so it is
//! known before anything is sent, and what is there by that name is what is wanted.

mod base;
mod blob;
mod check;
mod grants;
mod look;
mod manifest;
mod push;

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::base::Base;
use self::manifest::{Image, Origin};
use self::push::From;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Ours, Seen, Wanted};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::{self, has_pending};
use crate::model::{
    ArtifactInfo, ArtifactSort, CloudError, Emptying, ErrorClass, FactRef, Facts, HashSpelling,
    Live, Naming, Packing, Path, Place, Problem, Sought,
};

pub(crate) struct EcrImage;

/// An image. What is left out is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// The repository that holds it, by its name.
    #[schemars(
        length(min = 2, max = 256),
        regex(pattern = r"^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$")
    )]
    repository: String,
    /// A name for it in the repository besides its digest: up to 128 letters, digits and `._-`.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9._-]*$"))]
    tag: Option<String>,
    /// The image on which its files are laid, by its tag or digest: `public.ecr.aws/lambda/provided:al2023`. Left out: none.
    #[schemars(with = "Option<String>", length(min = 1))]
    base: Option<Base>,
    /// What lies in it, by absolute paths: each entry a layer, laid in the order of the paths.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// What is run of it, with its arguments.
    #[serde(default)]
    entrypoint: Vec<String>,
    /// More arguments, which whoever runs it may replace.
    #[serde(default)]
    command: Vec<String>,
    /// Environment variables of what is run. Whoever may pull the image reads them.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// Where it is run: an absolute path.
    #[schemars(length(min = 1))]
    working_directory: Option<String>,
    /// The processor for which its files were built.
    #[serde(default)]
    architecture: Architecture,
}

/// A sort of processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Architecture {
    #[default]
    #[serde(rename = "x86_64")]
    X86,
    #[serde(rename = "arm64")]
    Arm,
}

/// Most bytes of one layer: what a stack takes of the checkout in all.
const MOST_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Most files of one layer: to look at so many takes seconds.
const MOST_ENTRIES: usize = 100_000;

impl Kind for EcrImage {
    const NAME: &'static str = "ecr_image";
    const SUMMARY: &'static str =
        "A container image in an ECR repository, made of files of the checkout.";
    const NOTES: &'static str = "\
Repository and digest are its identity. The digest follows from what the stack says and from the files, so that \
`plan` knows it, and `uri`, before anything is sent. No Docker is needed.

- Each entry of `files` is a layer: a file, or a folder with all that is in it, at an absolute path. Layers hold no times and \
no owners, and are not compressed: the same files are the same image on every machine. Whether a file is executable is \
kept, and is all that is kept of its mode.
- What changes makes another image, which is put beside the old one. Functions that run it by `${address.uri}` move to the new \
one, and then the old one is deleted, unless a tag still leads to it: what can be named by others stays, until the \
repository's `lifecycle_policy` expires it.
- A `base` lies below: its registry is asked before a plan is drawn, and the plan names it by its digest, so that a tag is what it was then. `validate`, which asks nobody, leaves the digest open. Its layers are sent on as they are, and only those that the repository lacks; nothing of it is run. Registries are asked without a name, but for those of ECR, where your own credentials count; images for which others want a password are not read. Of an index the image for `architecture` is taken. What the stack does not say of `entrypoint`, `command`, `environment` and `working_directory` is as in the base.
- A `tag` is one more way to name the image, and part of it: another tag makes another digest. In a repository whose tags do \
not move, the tag of another image is refused; state a new tag with each image there, or none.
- The manifest says in annotations which stack made it and of what: by these ccprov finds the images of a stack \
again. Images of others are left alone. An image in a repository that the stack does not own is not found again when it is \
no longer declared.
- Layers that the repository has already are not sent. What was sent in whole before a run died is not sent again.
- Whoever may pull the image reads `environment` and `files`: neither is a place for secrets.
- `entrypoint` is what Lambda runs: for functions in Rust or Go the binary itself, which talks to the Runtime API.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("image/minimal.yaml"), include_str!("image/production.yaml")];
    const FIXED: &'static [&'static str] = &[
        "architecture",
        "base",
        "command",
        "entrypoint",
        "environment",
        "files",
        "repository",
        "working_directory",
    ];
    const MUST_EXIST: &'static [&'static str] = &["repository"];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("digest", "its digest: `sha256:…`", true),
        ("uri", "what a function runs: the repository's URL and the digest", true),
    ];
    const TAGGED: bool = false;
    const HANGS_ON: Option<&'static str> = Some("ecr_repository");
    const NAMED_BY: Option<&'static str> = None;
    const ARTIFACTS: &'static [ArtifactInfo] = &[ArtifactInfo {
        field: Cow::Borrowed("files.*"),
        sorts: Cow::Borrowed(&[ArtifactSort::File, ArtifactSort::Folder]),
        packing: Packing::Layer,
        most_bytes: MOST_BYTES,
        most_entries: MOST_ENTRIES,
        spelling: HashSpelling::Digest,
        made_by: Cow::Borrowed("build what the image is made of first"),
        elsewhere: Cow::Borrowed(""),
    }];
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] =
        &[("repository", None), ("digest", None)];
    const BETWEEN: &'static str = "@";
    const BY_ARN: bool = false;
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(spec: Spec, _naming: &Naming) -> Spec {
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, naming: &Naming) -> String {
        match image(spec, &naming.stack) {
            Some(image) => look::identity(&spec.repository, &image.digest),
            None => look::identity(&spec.repository, &pending(spec, naming)),
        }
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        let Some(image) = image(spec, &naming.stack) else { return Facts::new() };
        facts(&naming.place, &spec.repository, &image.digest)
    }

    fn question(spec: &Spec) -> Option<(&'static str, String)> {
        match &spec.base {
            Some(Base::Named(name)) if !document::is_pending(name) => {
                Some(("base", spec.architecture.question(name)))
            }
            Some(Base::Named(_) | Base::Known(_)) | None => None,
        }
    }

    async fn learn(aws: &Aws, question: &str) -> Answer<Value> {
        let known = Box::pin(base::learn(aws, question)).await?;
        Ok(serde_json::to_value(known).unwrap_or_default())
    }

    async fn hanging(aws: &Aws, on: &Sought, ours: Ours<'_>) -> Answer<Vec<String>> {
        look::hanging(aws, on.identity.as_str(), ours.stacks).await
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        Box::pin(look::read(aws, sought)).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let Spec { repository, tag, .. } = &want.spec;
        let image = made(want)?;
        let mut blobs = Vec::new();
        for (origin, blob) in &image.layers {
            let from = match origin {
                Origin::Base(image) => {
                    From::Registry(base::Source { image: image.clone(), blob: blob.clone() })
                }
                Origin::Files(path) => {
                    let field = Path::field("files").with_field(path).to_string();
                    From::Checkout(want.source(&field)?)
                }
            };
            blobs.push((blob.clone(), from));
        }
        blobs.push((image.config_blob.clone(), From::Made(image.config.clone())));
        push::send(aws, repository, blobs).await?;
        push::put(aws, repository, &image, tag.as_deref()).await?;
        Ok(Made::whole(Facts::new()).or_found())
    }

    /// What is left of an image is its tag.
    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        if change.touches("tag") {
            let Spec { repository, tag, .. } = &change.want.spec;
            push::put(aws, repository, &made(&change.want)?, tag.as_deref()).await?;
        }
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        match look::parts(have.identity.as_str()) {
            Some((repository, digest)) => look::delete(aws, repository, digest).await,
            None => Ok(()),
        }
    }
}

/// What can be referred to.
fn facts(place: &Place, repository: &str, digest: &str) -> Facts {
    let uri = format!("{}@{digest}", super::repository::url(place, repository));
    Facts::from([("digest".to_owned(), digest.to_owned()), ("uri".to_owned(), uri)])
}

/// The image of a spec, if all of it is known. Where it lies is no part of it.
fn image(spec: &Spec, stack: &str) -> Option<Image> {
    let anywhere = Spec { repository: String::new(), ..spec.clone() };
    let document = serde_json::to_value(anywhere).unwrap_or_default();
    if has_pending(&document) { None } else { Image::of(spec, stack) }
}

/// What a spec still waits for: facts of others, and what its registry says of its base.
fn pending(spec: &Spec, naming: &Naming) -> String {
    let document = serde_json::to_value(spec).unwrap_or_default();
    let mut waiting = document::pending_facts(&document);
    if EcrImage::question(spec).is_some() {
        waiting.insert(FactRef { address: naming.address.clone(), fact: "base".to_owned() });
    }
    waiting.iter().map(FactRef::marker).collect()
}

fn made(want: &Wanted<Spec>) -> Answer<Image> {
    image(&want.spec, want.names_of()).ok_or_else(|| CloudError {
        attempted: format!("make the image {}", want.identity),
        operation: "the plan".into(),
        class: ErrorClass::Invalid,
        code: "NothingToSend".into(),
        message: "it does not say what the image is made of".into(),
        request_id: None,
        hint: Some("make the plan again".into()),
    })
}

impl Spec {
    /// An image of which nobody says what it is made of.
    fn of_others(repository: &str) -> Self {
        Self {
            repository: repository.to_owned(),
            tag: None,
            base: None,
            files: BTreeMap::new(),
            entrypoint: Vec::new(),
            command: Vec::new(),
            environment: BTreeMap::new(),
            working_directory: None,
            architecture: Architecture::default(),
        }
    }
}
