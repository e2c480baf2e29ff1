//! A registry of images, which takes nothing that does not fit together, and ECR's calls about
//! layers in front of it.
//!
//! The emulators of AWS answer these calls and keep nothing: whether what is pushed is an image,
//! the registry judges.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::busy::{Behind, Busy, Slow, answer, refusal};
use super::emulator::root;
use super::request::Request;

/// A running registry, empty at first. Ends when dropped.
#[derive(Debug)]
pub(crate) struct Registry {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Registry {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder of our own");
        let configuration = folder.path().join("registry.yml");
        let mut file = File::create(&configuration).expect("a file of our own");
        let text = json!({
            "version": 0.1,
            "storage": { "filesystem": { "rootdirectory": folder.path() } },
            "http": { "addr": "127.0.0.1:0" },
        });
        write!(file, "{text}").expect("JSON is YAML");
        let program = root().join(".tools/docker-registry/usr/bin/docker-registry");
        let mut child = Command::new(&program)
            .arg("serve")
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; `make tools` installs it", program.display())
            });
        let mut log = BufReader::new(child.stderr.take().expect("the child's log is ours")).lines();
        let address = log.find_map(|line| {
            let line = line.expect("a log is text");
            line.split("listening on ").nth(1)?.split('"').next()?.parse().ok()
        });
        // Nobody else reads it, and it may not wait for a reader.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, address: address.expect("it says where it listens"), _folder: folder }
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // An error would mean that it is gone already.
        let _gone = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// A proxy before an emulator in which layers and images go to a registry.
pub(crate) type EcrLayers = Busy<Layers>;

#[derive(Debug)]
pub(crate) struct Layers {
    registry: SocketAddr,
    uploads: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Upload>>>>,
}

/// A layer on its way.
#[derive(Debug)]
struct Upload {
    /// Where what follows goes: another one with each part.
    location: String,
    received: u64,
}

/// The least that AWS tells, so that layers of some megabytes are several parts.
const PART: u64 = 5 * 1024 * 1024;

impl EcrLayers {
    /// A proxy before `url`.
    pub(crate) fn start(url: &str, registry: &Registry) -> Self {
        let uploads = Mutex::default();
        Self::before(url, Layers { registry: registry.address(), uploads })
    }
}

impl Slow for Layers {
    const SERVICE: &'static str = "ECR";

    async fn answer(&self, request: &Request, behind: &Behind) -> io::Result<Vec<u8>> {
        let call = request.call();
        if call.service != "ecr" {
            return behind.said(request).await;
        }
        let text = |field: &str| request.value(field).as_str().unwrap_or_default().to_owned();
        let name = text("repositoryName");
        let said = match call.operation.as_str() {
            "BatchCheckLayerAvailability" => {
                self.available(&name, &request.value("layerDigests")).await?
            }
            "InitiateLayerUpload" => self.initiate(&name).await?,
            "UploadLayerPart" => self.part(request, &text("uploadId")).await?,
            "CompleteLayerUpload" => {
                let digest =
                    request.value("layerDigests")[0].as_str().unwrap_or_default().to_owned();
                self.complete(&name, &text("uploadId"), &digest).await?
            }
            "PutImage" => {
                let refused = self.put(&name, &text("imageManifest"), &text("imageDigest")).await?;
                match refused {
                    Some(refused) => refused,
                    None => behind.said(request).await?,
                }
            }
            _ => return behind.said(request).await,
        };
        if said.starts_with(b"HTTP/1.1 200") {
            behind.made(&call.operation);
        }
        Ok(said)
    }
}

impl Layers {
    fn uploads(&self) -> MutexGuard<'_, BTreeMap<String, Arc<tokio::sync::Mutex<Upload>>>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn available(&self, name: &str, digests: &Value) -> io::Result<Vec<u8>> {
        let mut layers = Vec::new();
        for digest in digests.as_array().into_iter().flatten() {
            let digest = digest.as_str().unwrap_or_default();
            let head = self.ask("HEAD", &format!("/v2/{name}/blobs/{digest}"), &[], &[]).await?;
            let is_there = head.status == 200;
            let availability = if is_there { "AVAILABLE" } else { "UNAVAILABLE" };
            layers.push(json!({ "layerDigest": digest, "layerAvailability": availability }));
        }
        Ok(answer("200 OK", &json!({ "layers": layers, "failures": [] }).to_string()))
    }

    async fn initiate(&self, name: &str) -> io::Result<Vec<u8>> {
        let begun = self.ask("POST", &format!("/v2/{name}/blobs/uploads/"), &[], &[]).await?;
        let location = begun.header("location").unwrap_or_default();
        let id = begun.header("docker-upload-uuid").unwrap_or_default();
        let upload = Upload { location, received: 0 };
        self.uploads().insert(id.clone(), Arc::new(tokio::sync::Mutex::new(upload)));
        Ok(answer("200 OK", &json!({ "uploadId": id, "partSize": PART }).to_string()))
    }

    fn upload(&self, id: &str) -> Result<Arc<tokio::sync::Mutex<Upload>>, Vec<u8>> {
        let gone = || refusal("400 Bad Request", "UploadNotFoundException", "it does not exist");
        self.uploads().get(id).cloned().ok_or_else(gone)
    }

    async fn part(&self, request: &Request, id: &str) -> io::Result<Vec<u8>> {
        let upload = match self.upload(id) {
            Ok(upload) => upload,
            Err(gone) => return Ok(gone),
        };
        let mut upload = upload.lock().await;
        let number = |field: &str| request.value(field).as_u64().unwrap_or_default();
        let (first, last) = (number("partFirstByte"), number("partLastByte"));
        if first != upload.received {
            let refused = json!({
                "__type": "InvalidLayerPartException",
                "message": "the part does not follow on what was received",
                "uploadId": id,
                "lastValidByteReceived": upload.received.wrapping_sub(1).cast_signed(),
            });
            return Ok(answer("400 Bad Request", &refused.to_string()));
        }
        let blob = request.value("layerPartBlob");
        let bytes = aws_smithy_types::base64::decode(blob.as_str().unwrap_or_default())
            .map_err(io::Error::other)?;
        assert_eq!(bytes.len() as u64, last + 1 - first, "a part is as long as it says");
        let range = format!("{first}-{last}");
        let headers =
            [("content-type", "application/octet-stream"), ("content-range", range.as_str())];
        let taken = self.ask("PATCH", &upload.location, &headers, &bytes).await?;
        assert_eq!(taken.status, 202, "{}", taken.text());
        upload.location = taken.header("location").unwrap_or_default();
        upload.received = last + 1;
        Ok(answer("200 OK", &json!({ "uploadId": id, "lastByteReceived": last }).to_string()))
    }

    async fn complete(&self, name: &str, id: &str, digest: &str) -> io::Result<Vec<u8>> {
        let upload = match self.upload(id) {
            Ok(upload) => upload,
            Err(gone) => return Ok(gone),
        };
        let upload = upload.lock().await;
        let is_there = self.ask("HEAD", &format!("/v2/{name}/blobs/{digest}"), &[], &[]).await?;
        let joint = if upload.location.contains('?') { '&' } else { '?' };
        let to = format!("{}{joint}digest={digest}", upload.location);
        let completed = self.ask("PUT", &to, &[], &[]).await?;
        self.uploads().remove(id);
        Ok(match (completed.status, is_there.status) {
            (201, 200) => refusal("400 Bad Request", "LayerAlreadyExistsException", "it is there"),
            (201, _) => {
                let completed = json!({ "uploadId": id, "layerDigest": digest });
                answer("200 OK", &completed.to_string())
            }
            _ => refusal("400 Bad Request", "InvalidLayerException", &completed.text()),
        })
    }

    /// What the registry refuses.
    async fn put(&self, name: &str, manifest: &str, digest: &str) -> io::Result<Option<Vec<u8>>> {
        let form: Value = serde_json::from_str(manifest).map_err(io::Error::other)?;
        let headers = [("content-type", form["mediaType"].as_str().unwrap_or_default())];
        let to = format!("/v2/{name}/manifests/{digest}");
        let put = self.ask("PUT", &to, &headers, manifest.as_bytes()).await?;
        Ok(match put.status {
            201 => None,
            _ if put.text().contains("BLOB_UNKNOWN") => {
                Some(refusal("400 Bad Request", "LayersNotFoundException", &put.text()))
            }
            _ => Some(refusal("400 Bad Request", "InvalidParameterException", &put.text())),
        })
    }

    /// A request of the registry's own protocol.
    async fn ask(
        &self,
        method: &str,
        to: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Said> {
        let path = to.strip_prefix(&format!("http://{}", self.registry)).unwrap_or(to);
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.registry,
            body.len()
        );
        head.extend(headers.iter().flat_map(|(name, value)| [*name, ": ", *value, "\r\n"]));
        head.push_str("\r\n");
        let mut server = TcpStream::connect(self.registry).await?;
        server.write_all(head.as_bytes()).await?;
        server.write_all(body).await?;
        let mut said = Vec::new();
        server.read_to_end(&mut said).await?;
        Said::read(&said)
    }
}

/// What the registry answered.
struct Said {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Said {
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(bytes).map_err(io::Error::other)?;
        let httparse::Status::Complete(length) = parsed else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let header = |it: &httparse::Header<'_>| {
            (it.name.to_ascii_lowercase(), String::from_utf8_lossy(it.value).into_owned())
        };
        Ok(Self {
            status: response.code.unwrap_or_default(),
            headers: response.headers.iter().map(header).collect(),
            body: bytes[length..].to_owned(),
        })
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
