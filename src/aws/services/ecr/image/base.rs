//! What an image is laid on: another image, as its registry has it.
//!
//! Before a plan is drawn its manifest and its configuration are read; its layers are read
//! when they are sent on, and only those that the repository lacks. Nothing of it is run.

use std::sync::Once;

use futures::StreamExt;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::manifest::{
    IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE, IMAGE_DOCKER_LAYER_TAR_MEDIA_TYPE,
    IMAGE_LAYER_GZIP_MEDIA_TYPE, IMAGE_LAYER_MEDIA_TYPE, ImageIndexEntry, OciDescriptor,
};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::Architecture;
use super::blob::Blob;
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

/// What an image is laid on, as a document has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Base {
    /// As the stack file names it: nobody has been asked yet.
    Named(String),
    /// As its registry has it.
    Known(Known),
}

/// An image of a registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// By its digest: `REGISTRY/NAME@sha256:HEX`.
    pub(super) image: String,
    pub(super) layers: Vec<Layer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) entrypoint: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) command: Vec<String>,
    /// `NAME=VALUE`, in the order of the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) environment: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) working_directory: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
}

/// A layer of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Layer {
    pub(super) digest: String,
    pub(super) size: u64,
    /// The digest of the layer when it is not compressed.
    pub(super) diff_id: String,
    pub(super) media_type: String,
}

impl Layer {
    pub(super) fn blob(&self) -> Blob {
        let Self { digest, size, media_type, .. } = self.clone();
        Blob { media_type, digest, size }
    }
}

impl Architecture {
    /// What is asked of a registry: the image of that name for this processor.
    pub(super) fn question(self, name: &str) -> String {
        format!("{} {name}", self.word())
    }
}

/// The image of that name for a processor, from its registry.
pub(super) async fn learn(aws: &Aws, question: &str) -> Answer<Known> {
    let (architecture, name) = question.split_once(' ').unwrap_or_default();
    let reference: Reference = name.parse().map_err(|error: oci_client::ParseError| {
        unreadable(name, "InvalidReference", error.to_string())
    })?;
    let client = client(aws, &reference, architecture)?;
    let auth = auth(aws, &reference).await?;
    let pulled = client.pull_manifest_and_config(&reference, &auth).await;
    let (manifest, digest, config) = pulled.map_err(|error| refused(name, &error))?;
    let config: Config = serde_json::from_str(&config)
        .map_err(|error| unreadable(name, "InvalidConfiguration", error.to_string()))?;
    if config.architecture != architecture {
        let what =
            format!("it is for {}, and the image is for {architecture}", config.architecture);
        return Err(unreadable(name, "OtherArchitecture", what));
    }
    let layers = layers(name, &manifest.layers, config.rootfs.diff_ids)?;
    let Run { entrypoint, cmd, env, working_dir, user } = config.run.unwrap_or_default();
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(Known {
        image: format!("{}/{}@{digest}", reference.registry(), reference.repository()),
        layers,
        entrypoint: entrypoint.unwrap_or_default(),
        command: cmd.unwrap_or_default(),
        environment: env.unwrap_or_default(),
        working_directory: some(working_dir),
        user: some(user),
    })
}

fn layers(name: &str, told: &[OciDescriptor], diff_ids: Vec<String>) -> Answer<Vec<Layer>> {
    if told.len() != diff_ids.len() {
        let what = format!("it has {} layers and tells of {}", told.len(), diff_ids.len());
        return Err(unreadable(name, "InvalidConfiguration", what));
    }
    let layer = |(layer, diff_id): (&OciDescriptor, String)| {
        // The manifest is OCI's whatever that of the base is; the bytes are the same.
        let media_type = match layer.media_type.as_str() {
            IMAGE_DOCKER_LAYER_TAR_MEDIA_TYPE => IMAGE_LAYER_MEDIA_TYPE,
            IMAGE_DOCKER_LAYER_GZIP_MEDIA_TYPE => IMAGE_LAYER_GZIP_MEDIA_TYPE,
            known @ (IMAGE_LAYER_MEDIA_TYPE | IMAGE_LAYER_GZIP_MEDIA_TYPE) => known,
            other => {
                let what = format!("it has a layer of type {other}, which Lambda does not run");
                return Err(unreadable(name, "UnknownLayer", what));
            }
        };
        Ok(Layer {
            digest: layer.digest.clone(),
            size: u64::try_from(layer.size).unwrap_or_default(),
            diff_id,
            media_type: media_type.to_owned(),
        })
    };
    told.iter().zip(diff_ids).map(layer).collect()
}

/// What of a configuration an image takes over.
#[derive(Deserialize)]
struct Config {
    architecture: String,
    #[serde(rename = "config")]
    run: Option<Run>,
    rootfs: Layers,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Run {
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    env: Option<Vec<String>>,
    working_dir: Option<String>,
    user: Option<String>,
}

#[derive(Deserialize)]
struct Layers {
    diff_ids: Vec<String>,
}

/// A layer on its way from its registry.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) image: String,
    pub(super) blob: Blob,
}

impl Source {
    /// Hands over a layer piece by piece, until nobody takes it. The registry's client holds it
    /// against its digest at its end.
    pub(super) async fn pour(self, aws: &Aws, out: mpsc::Sender<Vec<u8>>) -> Answer<()> {
        let Self { image, blob } = self;
        let reference: Reference = image.parse().map_err(|error: oci_client::ParseError| {
            unreadable(&image, "InvalidReference", error.to_string())
        })?;
        let client = client(aws, &reference, "")?;
        let auth = auth(aws, &reference).await?;
        let told = client.auth(&reference, &auth, RegistryOperation::Pull).await;
        told.map_err(|error| refused(&image, &error))?;
        let descriptor = OciDescriptor {
            digest: blob.digest,
            size: i64::try_from(blob.size).unwrap_or(i64::MAX),
            ..OciDescriptor::default()
        };
        let opened = client.pull_blob_stream(&reference, &descriptor).await;
        let mut stream = opened.map_err(|error| refused(&image, &error))?.stream;
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| CloudError {
                class: ErrorClass::Transient,
                ..unreadable(&image, "BrokenOff", error.to_string())
            })?;
            if out.send(piece.to_vec()).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A client of one registry. Who speaks plain HTTP does so on this machine alone.
fn client(aws: &Aws, reference: &Reference, architecture: &str) -> Answer<Client> {
    // The process has one provider of cryptography, whoever asks for it first.
    static RING: Once = Once::new();
    RING.call_once(|| {
        let _there_is_one = rustls::crypto::ring::default_provider().install_default();
    });
    let registry = reference.resolve_registry();
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    let is_here = ["127.0.0.1", "localhost"].contains(&host);
    let certificates = aws.session.ca_bundle.as_deref().map(pem).unwrap_or_default();
    let wanted = architecture.to_owned();
    let config = ClientConfig {
        protocol: if is_here { ClientProtocol::Http } else { ClientProtocol::Https },
        tls_certs_only: certificates,
        platform_resolver: Some(Box::new(move |entries: &[ImageIndexEntry]| {
            resolve(entries, &wanted)
        })),
        user_agent: concat!("ccprov/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    Client::try_from(config).map_err(|error| refused(&reference.whole(), &error))
}

/// The certificates of a bundle, which replace the system's.
fn pem(bundle: &[u8]) -> Vec<Certificate> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(bundle);
    let certificates = text.split_inclusive(END).filter(|one| one.contains(END));
    let certificate =
        |one: &str| Certificate { encoding: CertificateEncoding::Pem, data: one.into() };
    certificates.map(certificate).collect()
}

/// Of an index, the image for Linux on a processor.
fn resolve(entries: &[ImageIndexEntry], architecture: &str) -> Option<String> {
    let fits = |entry: &&ImageIndexEntry| {
        entry.platform.as_ref().is_some_and(|platform| {
            platform.os.to_string() == "linux" && platform.architecture.to_string() == architecture
        })
    };
    entries.iter().find(fits).map(|entry| entry.digest.clone())
}

/// Nobody, but in registries of ECR, where our own credentials give a password.
async fn auth(aws: &Aws, reference: &Reference) -> Answer<RegistryAuth> {
    let registry = reference.resolve_registry();
    if !is_ecr(registry, aws.place.dns_suffix()) {
        return Ok(RegistryAuth::Anonymous);
    }
    let answer = aws.session.clients.ecr.get_authorization_token().send().await;
    let attempted = || format!("be let into {registry}");
    let told = answer.attempting("ecr:GetAuthorizationToken", attempted)?;
    let token = told.authorization_data().iter().find_map(|data| data.authorization_token());
    let token = token.and_then(|token| aws_smithy_types::base64::decode(token).ok());
    let token = token.and_then(|token| String::from_utf8(token).ok()).unwrap_or_default();
    let (user, password) = token.split_once(':').unwrap_or_default();
    Ok(RegistryAuth::Basic(user.to_owned(), password.to_owned()))
}

/// Whether a registry is ECR's, `ACCOUNT.dkr.ecr.REGION.SUFFIX`: whoever else has such words
/// in a name gets no password.
fn is_ecr(registry: &str, suffix: &str) -> bool {
    let Some((account, rest)) = registry.split_once(".dkr.ecr.") else { return false };
    let region = rest.strip_suffix(suffix).and_then(|rest| rest.strip_suffix('.'));
    let is_region = region.is_some_and(|region| {
        !region.is_empty() && region.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    });
    is_region && account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit())
}

fn refused(name: &str, error: &OciDistributionError) -> CloudError {
    let is = |codes: &[OciErrorCode]| match error {
        OciDistributionError::RegistryError { envelope, .. } => {
            envelope.errors.iter().any(|error| codes.contains(&error.code))
        }
        _ => false,
    };
    let absent = [OciErrorCode::ManifestUnknown, OciErrorCode::NameUnknown];
    let (class, hint) = match error {
        OciDistributionError::ImageManifestNotFoundError(_) => (ErrorClass::Invalid, None),
        _ if is(&absent) => (ErrorClass::Invalid, Some("is its name right, and its tag?")),
        OciDistributionError::AuthenticationFailure(_)
        | OciDistributionError::UnauthorizedError { .. } => (
            ErrorClass::Denied,
            Some("of registries other than ECR only images are read that everybody may read"),
        ),
        OciDistributionError::RequestError(_) | OciDistributionError::ServerError { .. } => {
            (ErrorClass::Transient, None)
        }
        _ => (ErrorClass::Unexpected, None),
    };
    CloudError {
        class,
        hint: hint.map(str::to_owned),
        ..unreadable(name, "RegistryRefused", error.to_string())
    }
}

fn unreadable(name: &str, code: &str, message: String) -> CloudError {
    CloudError {
        attempted: format!("read the image {name}"),
        operation: "the registry".into(),
        class: ErrorClass::Invalid,
        code: code.to_owned(),
        message,
        request_id: None,
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_but_ecr_gets_a_password() {
        let check = |registry: &str, expected: bool| {
            assert_eq!(is_ecr(registry, "amazonaws.com"), expected, "{registry}");
        };
        check("123456789012.dkr.ecr.eu-central-1.amazonaws.com", true);
        check("123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.org", false);
        check("x.dkr.ecr.example.org.amazonaws.com", false);
        check("123456789012.dkr.ecr.a.example.org/.amazonaws.com", false);
        check("123456789012.dkr.ecr.eu-central-1.amazonaws.com:8443", false);
        check("123456789012.dkr.ecr.eu-central-1.notamazonaws.com", false);
        check("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", false);
        check("public.ecr.aws", false);
        check("registry.example.org", false);
    }
}
