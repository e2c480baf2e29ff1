//! Sending an image: what its repository lacks, and then what ties it together.
//!
//! The calls are ECR's own. Whatever was sent in whole stays when a run dies, and is not sent
//! again; what was sent in part is gone on with by the same run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_ecr::error::SdkError;
use aws_sdk_ecr::operation::upload_layer_part::UploadLayerPartError;
use aws_sdk_ecr::primitives::Blob as Bytes;
use aws_sdk_ecr::types::LayerAvailability;
use futures::future::join;
use tokio::sync::mpsc;
use tokio::task::JoinError;

use super::blob::Blob;
use super::manifest::{Image, MANIFEST};
use super::{base, look};
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::Source;
use crate::engine::port::{self, Answer, tell_sent};
use crate::model::{CloudError, ErrorClass};

/// Where the bytes of a blob come from.
pub(super) enum From {
    /// The checkout.
    Checkout(Source),
    /// It was made here.
    Made(String),
    /// Another registry.
    Registry(base::Source),
}

/// Least and most bytes of a part, but for the last (Service quotas of ECR, "Minimum layer part
/// size" and "Maximum layer part size"). What AWS tells when it begins lies between them.
const LEAST_PART: u64 = 5 * 1024 * 1024;
const MOST_PART: u64 = 10 * 1024 * 1024;
/// Most digests of a question (API Reference, `BatchCheckLayerAvailability`).
const MOST_ASKED: usize = 100;

/// Sends every blob that a repository has not got.
pub(super) async fn send(aws: &Aws, repository: &str, blobs: Vec<(Blob, From)>) -> Answer<()> {
    let mut lacking = Vec::new();
    for some in blobs.chunks(MOST_ASKED) {
        lacking.extend(lacked(aws, repository, some).await?);
    }
    // Two layers of the same bytes are one.
    let mut sent = Vec::new();
    for (blob, from) in blobs {
        if let Some(at) = lacking.iter().position(|digest| *digest == blob.digest) {
            lacking.swap_remove(at);
            sent.push((blob, from));
        }
    }
    let of = sent.iter().map(|(blob, _)| blob.size).sum();
    let mut before = 0;
    for (blob, from) in sent {
        Upload { aws, repository, blob: &blob, way: Way { before, of } }.send(from).await?;
        before += blob.size;
    }
    Ok(())
}

/// The digests of which a repository has nothing.
async fn lacked(aws: &Aws, repository: &str, blobs: &[(Blob, From)]) -> Answer<Vec<String>> {
    let mut digests: Vec<String> = blobs.iter().map(|(blob, _)| blob.digest.clone()).collect();
    digests.sort();
    digests.dedup();
    let call = aws.session.clients.ecr.batch_check_layer_availability();
    let call = call.repository_name(repository).set_layer_digests(Some(digests.clone()));
    let answer = call.send().await.attempting("ecr:BatchCheckLayerAvailability", || {
        format!("find out what {repository} has of an image")
    })?;
    let is_there = |digest: &String| {
        answer.layers().iter().any(|layer| {
            layer.layer_digest() == Some(digest)
                && layer.layer_availability() == Some(&LayerAvailability::Available)
        })
    };
    digests.retain(|digest| !is_there(digest));
    Ok(digests)
}

/// Ties an image together. That it is there already is as good.
pub(super) async fn put(
    aws: &Aws,
    repository: &str,
    image: &Image,
    tag: Option<&str>,
) -> Answer<()> {
    let call = aws.session.clients.ecr.put_image().repository_name(repository);
    let call = call.image_manifest(&image.manifest).image_manifest_media_type(MANIFEST);
    let call = call.image_digest(&image.digest).set_image_tag(tag.map(str::to_owned));
    let put = call
        .send()
        .await
        .attempting("ecr:PutImage", || format!("put the image {} into {repository}", image.digest));
    match put {
        Ok(_) => Ok(()),
        Err(error) if error.class == ErrorClass::Exists => Ok(()),
        Err(error) if error.code == TAG_STAYS => {
            let tagged = look::tagged(aws, repository, tag.unwrap_or_default()).await?;
            // It is this very image that has it: an earlier try came through.
            if tagged.as_deref() == Some(&image.digest) { Ok(()) } else { Err(hinted(error)) }
        }
        Err(error) => Err(error),
    }
}

/// What is answered where a tag is taken, and does not move.
const TAG_STAYS: &str = "ImageTagAlreadyExistsException";

fn hinted(error: CloudError) -> CloudError {
    let hint = "the tags of this repository do not move: state another `tag`, or allow it by \
                `image_tag_mutability: MUTABLE`";
    CloudError { hint: Some(hint.to_owned()), ..error }
}

/// What this process has begun to send, so that who tries again goes on.
#[derive(Debug, Default)]
struct Begun(Mutex<BTreeMap<(String, String), Sent>>);

/// How far a blob is.
#[derive(Clone, Debug)]
struct Sent {
    upload: String,
    part: u64,
    /// So many bytes have arrived.
    bytes: u64,
}

/// Where a blob stands in all that is sent, in bytes.
#[derive(Clone, Copy)]
struct Way {
    before: u64,
    of: u64,
}

/// A blob on its way.
#[derive(Clone, Copy)]
struct Upload<'a> {
    aws: &'a Aws,
    repository: &'a str,
    blob: &'a Blob,
    way: Way,
}

impl Upload<'_> {
    async fn send(self, from: From) -> Answer<()> {
        let mut sent = match self.begun() {
            Some(sent) => sent,
            None => self.begin().await?,
        };
        let (pieces, parts) = Pieces::of(sent.bytes, sent.part);
        let (sending, pouring) =
            join(self.send_parts(&mut sent, parts), self.pour(pieces, from)).await;
        // Who sends knows better why there was an end than who could hand over no more.
        sending?;
        // What ended before its time ended in a part that is too small to stand before others.
        pouring.inspect_err(|_| self.remember(None))?;
        self.complete(&sent).await
    }

    /// Reads all there is, on a thread of its own where it lies on a disk.
    async fn pour(self, pieces: Pieces, from: From) -> Answer<()> {
        let pouring = match from {
            From::Checkout(source) => {
                tokio::task::spawn_blocking(move || pieces.of_checkout(&source))
            }
            From::Made(text) => tokio::task::spawn_blocking(move || {
                pieces.of_text(&text);
                Ok(())
            }),
            From::Registry(source) => {
                // What comes of a registry is cut on a thread, too.
                let (out, mut pulled) = mpsc::channel(1);
                let cutting = tokio::task::spawn_blocking(move || {
                    pieces.of_pulled(|| pulled.blocking_recv());
                    Ok(())
                });
                source.pour(self.aws, out).await?;
                cutting
            }
        };
        pouring.await.unwrap_or_else(|error| Err(self.unread(&error)))
    }

    async fn send_parts(self, sent: &mut Sent, mut parts: mpsc::Receiver<Vec<u8>>) -> Answer<()> {
        while let Some(part) = parts.recv().await {
            self.send_part(sent, part).await?;
        }
        Ok(())
    }

    async fn begin(self) -> Answer<Sent> {
        let call = self.aws.session.clients.ecr.initiate_layer_upload();
        let answer = call.repository_name(self.repository).send().await;
        let begun = answer.attempting("ecr:InitiateLayerUpload", || self.attempted())?;
        let told = begun.part_size.and_then(|size| u64::try_from(size).ok());
        let part = told.unwrap_or(MOST_PART).clamp(LEAST_PART, MOST_PART);
        let upload = begun.upload_id.unwrap_or_default();
        let sent = Sent { upload, part, bytes: 0 };
        self.remember(Some(&sent));
        Ok(sent)
    }

    /// Sends what follows on what has arrived. Where the answer was lost, it has arrived, or as
    /// much of it as AWS says.
    async fn send_part(self, sent: &mut Sent, mut part: Vec<u8>) -> Answer<()> {
        while !part.is_empty() {
            let (first, end) = (sent.bytes, sent.bytes + part.len() as u64);
            let call = self.aws.session.clients.ecr.upload_layer_part();
            let call = call.repository_name(self.repository).upload_id(&sent.upload);
            let call = call.part_first_byte(signed(first)).part_last_byte(signed(end - 1));
            let answer = call.layer_part_blob(Bytes::new(part.clone())).send().await;
            let told = answer.as_ref().err().and_then(SdkError::as_service_error).and_then(arrived);
            let told = told.filter(|bytes| (first + 1..=end).contains(bytes));
            if told.is_none() {
                let answer = answer.attempting("ecr:UploadLayerPart", || self.attempted());
                answer.map_err(|error| self.begin_anew(error))?;
            }
            sent.bytes = told.unwrap_or(end);
            let arrived = usize::try_from(sent.bytes - first).unwrap_or(part.len());
            part.drain(..arrived);
            self.remember(Some(sent));
            let Way { before, of } = self.way;
            tell_sent(port::Sent { bytes: before + sent.bytes, of });
        }
        Ok(())
    }

    /// That the repository has it by now is as good.
    async fn complete(self, sent: &Sent) -> Answer<()> {
        let call = self.aws.session.clients.ecr.complete_layer_upload();
        let call = call.repository_name(self.repository).upload_id(&sent.upload);
        let answer = call.layer_digests(&self.blob.digest).send().await;
        let completed = answer.attempting("ecr:CompleteLayerUpload", || self.attempted());
        match completed {
            Ok(_) => {}
            Err(error) if error.class == ErrorClass::Exists => {}
            Err(error) => return Err(self.begin_anew(error)),
        }
        self.remember(None);
        Ok(())
    }

    fn attempted(self) -> String {
        format!("send {} to {}", self.blob.digest, self.repository)
    }

    /// What AWS refuses is not gone on with; what only was not answered is.
    fn begin_anew(self, error: CloudError) -> CloudError {
        if !matches!(error.class, ErrorClass::Throttled) && !error.code.is_empty() {
            self.remember(None);
        }
        error
    }

    fn begun(self) -> Option<Sent> {
        self.aws.memory::<Begun>().entries().get(&self.key()).cloned()
    }

    fn remember(self, sent: Option<&Sent>) {
        let begun = self.aws.memory::<Begun>();
        match sent {
            Some(sent) => begun.entries().insert(self.key(), sent.clone()),
            None => begun.entries().remove(&self.key()),
        };
    }

    fn key(self) -> (String, String) {
        (self.repository.to_owned(), self.blob.digest.clone())
    }

    /// That the thread which reads is no more.
    fn unread(self, error: &JoinError) -> CloudError {
        CloudError {
            attempted: self.attempted(),
            operation: "the checkout".into(),
            class: ErrorClass::Unexpected,
            code: "Unread".into(),
            message: error.to_string(),
            request_id: None,
            hint: None,
        }
    }
}

impl Begun {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<(String, String), Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many bytes AWS says it has, where it refuses a part that does not follow on them.
fn arrived(refused: &UploadLayerPartError) -> Option<u64> {
    let UploadLayerPartError::InvalidLayerPartException(refused) = refused else { return None };
    refused.last_valid_byte_received.and_then(|last| u64::try_from(last + 1).ok())
}

/// No blob has so many bytes that it would not fit.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Cuts what is written into parts, for who sends them: one is sent while the next is read.
struct Pieces {
    out: mpsc::Sender<Vec<u8>>,
    /// So many bytes have arrived before.
    skip: u64,
    most: usize,
    part: Vec<u8>,
}

impl Pieces {
    fn of(skip: u64, most: u64) -> (Self, mpsc::Receiver<Vec<u8>>) {
        let (out, parts) = mpsc::channel(1);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        (Self { out, skip, most, part: Vec::new() }, parts)
    }

    fn of_checkout(mut self, source: &Source) -> Answer<()> {
        source.copy(&mut self)?;
        self.end();
        Ok(())
    }

    fn of_text(mut self, text: &str) {
        if self.write_all(text.as_bytes()).is_ok() {
            self.end();
        }
    }

    fn of_pulled(mut self, mut next: impl FnMut() -> Option<Vec<u8>>) {
        while let Some(piece) = next() {
            if self.write_all(&piece).is_err() {
                return;
            }
        }
        self.end();
    }

    /// Hands over what is left, unless nobody wants it any more.
    fn end(mut self) {
        if !self.part.is_empty() {
            self.hand_over().unwrap_or_default();
        }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let part = std::mem::take(&mut self.part);
        self.out.blocking_send(part).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        self.skip -= skipped as u64;
        if skipped > 0 {
            return Ok(skipped);
        }
        let taken = bytes.len().min(self.most - self.part.len());
        self.part.extend_from_slice(&bytes[..taken]);
        if self.part.len() == self.most {
            self.hand_over()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of ten bytes, of which some have arrived, in threes.
    fn parts(arrived: u64) -> Vec<String> {
        let (pieces, mut parts) = Pieces::of(arrived, 3);
        let reading = std::thread::spawn(move || pieces.of_text("0123456789"));
        let mut all = Vec::new();
        while let Some(part) = parts.blocking_recv() {
            all.push(String::from_utf8(part).unwrap());
        }
        reading.join().unwrap();
        all
    }

    #[test]
    fn what_has_arrived_is_not_sent_again() {
        assert_eq!(parts(0), ["012", "345", "678", "9"]);
        assert_eq!(parts(4), ["456", "789"]);
        assert_eq!(parts(10), [""; 0]);
    }

    #[test]
    fn who_reads_ends_when_nobody_sends() {
        let (pieces, parts) = Pieces::of(0, 3);
        drop(parts);
        pieces.of_text("0123456789");
    }
}
