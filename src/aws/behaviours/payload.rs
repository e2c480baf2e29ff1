//! The payload: bytes that follow from a seed, so that nobody has to keep
//! them; putting, fetching and removing the object that holds them.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier, ServerSideEncryption,
};
use futures::future::try_join;
use sha2::{Digest, Sha256};

use super::event::{self, ObjectEvent};
use super::mark::{MARK, lifetime_of_key};
use super::path::Upload;
use crate::aws::answer::{TRANSFER_TIMEOUT, chain};
use crate::aws::client::Session;
use crate::aws::error::{Attempt, OrAbsent, told};
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Exhibit};

/// From this size on S3's user guide recommends uploads in parts.
const IN_PARTS_FROM: u64 = 100_000_000;
/// The size of a part, and of what is made at a time. S3 takes 5 MiB to 5 GiB,
/// and 10 000 parts: 160 GB is more than anybody will exercise with.
const PART: u64 = 16 * 1024 * 1024;
/// The most that `--payload-mib` sends.
const LARGEST: u64 = 1024 * 1024 * 1024;

/// An object of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) bucket: String,
    /// To whom the bucket must belong.
    pub(super) account: String,
    pub(super) key: String,
    /// Whether it is uploaded in parts, which an interruption leaves behind.
    pub(super) in_parts: bool,
}

impl Object {
    /// An object that is to be put into a bucket.
    pub(super) fn new(bucket: &Exhibit, account: &str, key: String) -> Self {
        let bucket = bucket.identity.as_str().to_owned();
        Self { bucket, account: account.to_owned(), key, in_parts: false }
    }
}

/// Bytes that follow from a seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    pub(super) seed: u64,
    pub(super) size: u64,
}

impl Payload {
    /// The bytes, in parts.
    fn parts(self) -> impl Iterator<Item = Vec<u8>> {
        // An upload in parts needs one, even if it is empty.
        let count = self.size.div_ceil(PART).max(1);
        (0..count).map(move |number| {
            let length = PART.min(self.size - number * PART);
            let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
            fastrand::Rng::with_seed(self.seed ^ number).fill(&mut bytes);
            bytes
        })
    }

    /// What their SHA-256 must be.
    pub(super) fn digest(self) -> String {
        let mut digest = Sha256::new();
        self.parts().for_each(|part| digest.update(part));
        hexadecimal(digest)
    }

    /// Whether to upload it in parts.
    pub(super) fn goes_in_parts(self, upload: Upload) -> bool {
        match upload {
            Upload::Either => self.size >= IN_PARTS_FROM,
            Upload::Whole => false,
            Upload::Parts => true,
        }
    }
}

fn hexadecimal(digest: Sha256) -> String {
    digest.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// How a bucket encrypts. Stated with every put, because some policies insist.
#[derive(Clone, Debug, Default)]
pub(super) struct Encryption {
    pub(super) algorithm: Option<ServerSideEncryption>,
    pub(super) key: Option<String>,
}

impl Encryption {
    /// As the bucket's default has it.
    pub(super) fn of(bucket: &Exhibit) -> Self {
        let default = bucket.document.get("server_side_encryption");
        let text = |field: &str| default.and_then(|it| it[field].as_str()).map(str::to_owned);
        // S3's own keys are what everybody gets who states nothing.
        let algorithm = text("sse_algorithm").filter(|algorithm| algorithm != "AES256");
        let algorithm = algorithm.map(|algorithm| ServerSideEncryption::from(algorithm.as_str()));
        Self { algorithm, key: text("kms_master_key_id") }
    }
}

/// What S3 answered to a put: which bytes lie there, and as which version. The
/// event tells of both, and whoever knows the key alone knows neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) etag: Option<String>,
    pub(super) version: Option<String>,
}

impl Receipt {
    fn new(etag: Option<&str>, version: Option<&str>) -> Self {
        // Without versions S3 says nothing, and emulators say `null`.
        let version = version.filter(|version| *version != "null").map(str::to_owned);
        Self { etag: etag.map(event::bare), version }
    }

    /// Whether an event is of this very put.
    pub(super) fn is_of(&self, event: &ObjectEvent) -> bool {
        self.etag.is_some()
            && self.etag == event.etag
            && (self.version.is_none() || self.version == event.version)
    }
}

/// Puts an object.
pub(super) async fn put(
    session: &Session,
    object: &Object,
    payload: Payload,
    encryption: &Encryption,
) -> Answer<Receipt> {
    if object.in_parts {
        return put_in_parts(&session.clients.s3, object, payload, encryption).await;
    }
    let Object { bucket, account, key, .. } = object;
    let Encryption { algorithm, key: kms_key } = encryption;
    let body = ByteStream::from(payload.parts().collect::<Vec<_>>().concat());
    let call =
        session.clients.s3.put_object().bucket(bucket).key(key).expected_bucket_owner(account);
    let call = call.set_server_side_encryption(algorithm.clone()).body(body);
    let call = call.set_ssekms_key_id(kms_key.clone());
    let answer = call.customize().config_override(patient()).send().await;
    let put =
        answer.attempting("s3:PutObject", || format!("put object {key} into bucket {bucket}"))?;
    Ok(Receipt::new(put.e_tag(), put.version_id()))
}

async fn put_in_parts(
    s3: &Client,
    object: &Object,
    payload: Payload,
    encryption: &Encryption,
) -> Answer<Receipt> {
    let Object { bucket, account, key, .. } = object;
    let Encryption { algorithm, key: kms_key } = encryption;
    let attempted = || format!("upload object {key} to bucket {bucket}");
    let call = s3.create_multipart_upload().bucket(bucket).key(key).expected_bucket_owner(account);
    let call = call.set_server_side_encryption(algorithm.clone());
    let answer = call.set_ssekms_key_id(kms_key.clone()).send().await;
    let upload = answer.attempting("s3:CreateMultipartUpload", attempted)?.upload_id;
    let mut done = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(payload.parts()) {
        let call = s3.upload_part().bucket(bucket).key(key).expected_bucket_owner(account);
        let call = call.set_upload_id(upload.clone()).part_number(number);
        let call = call.body(ByteStream::from(part)).customize().config_override(patient());
        let part = call.send().await.attempting("s3:UploadPart", attempted)?;
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(part.e_tag)
            .set_checksum_crc32(part.checksum_crc32)
            .set_checksum_crc64_nvme(part.checksum_crc64_nvme);
        done = done.parts(part.build());
    }
    let call = s3.complete_multipart_upload().bucket(bucket).key(key);
    let call = call.expected_bucket_owner(account).set_upload_id(upload);
    let answer = call.multipart_upload(done.build()).send().await;
    let put = answer.attempting("s3:CompleteMultipartUpload", attempted)?;
    Ok(Receipt::new(put.e_tag(), put.version_id()))
}

fn patient() -> Builder {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(TRANSFER_TIMEOUT);
    aws_sdk_s3::config::Config::builder().timeout_config(timeouts.build())
}

/// What was found where an event said that a payload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) size: u64,
    pub(super) digest: String,
}

/// Fetches an object; `None` if there is none.
pub(super) async fn fetch(
    session: &Session,
    account: &str,
    (bucket, key, version): (&str, &str, Option<&str>),
) -> Answer<Option<Fetched>> {
    let attempted = || format!("get object {key} of bucket {bucket}");
    let call =
        session.clients.s3.get_object().bucket(bucket).key(key).expected_bucket_owner(account);
    let call = call.set_version_id(version.map(str::to_owned));
    let answer = call.customize().config_override(patient()).send().await;
    let answer = match answer.attempting("s3:GetObject", attempted) {
        Err(error) if error.code == "NoSuchKey" || error.code == "NoSuchVersion" => {
            return Ok(None);
        }
        answer => answer?,
    };
    let (mut body, mut size, mut digest) = (answer.body, 0, Sha256::new());
    let failed = |class, message| CloudError {
        attempted: attempted(),
        operation: "s3:GetObject".into(),
        class,
        code: String::new(),
        message,
        request_id: None,
        hint: None,
    };
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| failed(ErrorClass::Transient, chain(&error)))?;
        size += chunk.len() as u64;
        digest.update(&chunk);
        if size > LARGEST {
            let message = format!("the object has more than {LARGEST} bytes, and we sent fewer");
            return Err(failed(ErrorClass::Unexpected, message));
        }
    }
    Ok(Some(Fetched { size, digest: hexadecimal(digest) }))
}

/// Removes every version of an object of ours.
pub(super) async fn remove(session: &Session, object: &Object) -> Answer<()> {
    let versions = async {
        let versions = versions(session, object, &object.key).await?;
        let ours = versions.into_iter().filter(|version| version.key == object.key);
        delete(session, object, ours.collect()).await
    };
    let uploads = async {
        if object.in_parts { abort(session, object, &object.key, None).await } else { Ok(()) }
    };
    try_join(versions, uploads).await?;
    Ok(())
}

/// Removes what killed runs left beside an object of ours. Answers what time
/// it is, in seconds, as the object itself says.
pub(super) async fn sweep(session: &Session, object: &Object) -> Answer<Option<i64>> {
    let Some((before, _)) = object.key.split_once(MARK) else { return Ok(None) };
    let prefix = format!("{before}{MARK}/");
    let all = versions(session, object, &prefix).await?;
    let now = all.iter().filter(|version| version.key == object.key);
    let Some(now) = now.map(|version| version.seconds).max() else { return Ok(None) };
    let is_left = |version: &Version| {
        version.key != object.key
            && lifetime_of_key(&version.key).is_some_and(|lasts| version.seconds + lasts <= now)
    };
    delete(session, object, all.into_iter().filter(is_left).collect()).await?;
    abort(session, object, &prefix, Some(now)).await?;
    Ok(Some(now))
}

struct Version {
    key: String,
    id: Option<String>,
    seconds: i64,
}

/// The first page: 1000 versions are more than runs leave.
async fn versions(session: &Session, object: &Object, prefix: &str) -> Answer<Vec<Version>> {
    let Object { bucket, account, .. } = object;
    let call =
        session.clients.s3.list_object_versions().bucket(bucket).expected_bucket_owner(account);
    let answer = call.prefix(prefix).send().await;
    let answer = answer.attempting("s3:ListObjectVersions", || {
        format!("list the versions under {prefix} in bucket {bucket}")
    });
    let Some(answer) = answer.or_absent()? else { return Ok(Vec::new()) };
    let seen = |key: Option<String>, id, at: Option<aws_sdk_s3::primitives::DateTime>| {
        Some(Version { key: key?, id, seconds: at?.secs() })
    };
    let versions = answer.versions.unwrap_or_default().into_iter();
    let versions = versions.filter_map(|it| seen(it.key, it.version_id, it.last_modified));
    let markers = answer.delete_markers.unwrap_or_default().into_iter();
    let markers = markers.filter_map(|it| seen(it.key, it.version_id, it.last_modified));
    Ok(versions.chain(markers).collect())
}

async fn delete(session: &Session, object: &Object, versions: Vec<Version>) -> Answer<()> {
    if versions.is_empty() {
        return Ok(());
    }
    let Object { bucket, account, .. } = object;
    let attempted = || format!("remove our objects from bucket {bucket}");
    let ids = versions.into_iter().filter_map(|Version { key, id, .. }| {
        ObjectIdentifier::builder().key(key).set_version_id(id).build().ok()
    });
    let batch = Delete::builder().quiet(true).set_objects(Some(ids.collect())).build();
    let call = session.clients.s3.delete_objects().bucket(bucket).expected_bucket_owner(account);
    let answer = call.set_delete(batch.ok()).send().await;
    let answer = answer.attempting("s3:DeleteObjects", attempted)?;
    let Some(failed) = answer.errors().first() else { return Ok(()) };
    let (code, message) = (failed.code().unwrap_or_default(), failed.message().unwrap_or_default());
    Err(told("s3:DeleteObjects", attempted(), code, message))
}

/// Aborts the uploads under a prefix whose run is over by now; all of them
/// where no time is given.
async fn abort(session: &Session, object: &Object, prefix: &str, now: Option<i64>) -> Answer<()> {
    let Object { bucket, account, .. } = object;
    let attempted = || format!("abort our unfinished uploads to bucket {bucket}");
    let call =
        session.clients.s3.list_multipart_uploads().bucket(bucket).expected_bucket_owner(account);
    let answer = call.prefix(prefix).send().await;
    let answer = answer.attempting("s3:ListMultipartUploads", attempted).or_absent()?;
    for upload in answer.and_then(|answer| answer.uploads).unwrap_or_default() {
        let began = upload.initiated.map_or(i64::MAX, |at| at.secs());
        let lasts = upload.key.as_deref().and_then(lifetime_of_key).unwrap_or(i64::MAX);
        if now.is_some_and(|now| began.saturating_add(lasts) > now) {
            continue;
        }
        let call = session.clients.s3.abort_multipart_upload().bucket(bucket);
        let call = call.expected_bucket_owner(account).set_key(upload.key);
        let answer = call.set_upload_id(upload.upload_id).send().await;
        answer.attempting("s3:AbortMultipartUpload", attempted).or_absent()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(size: u64) -> Payload {
        Payload { seed: 7, size }
    }

    #[test]
    fn bytes_follow_from_the_seed() {
        let bytes = |size| payload(size).parts().collect::<Vec<_>>().concat();
        assert_eq!(bytes(100).len(), 100);
        assert_eq!(bytes(100), bytes(100));
        assert_ne!(payload(100).digest(), Payload { seed: 8, size: 100 }.digest());
        assert_eq!(bytes(0), [0; 0]);
        assert_eq!(payload(0).parts().count(), 1);
        let lengths: Vec<usize> = payload(PART + 1).parts().map(|part| part.len()).collect();
        assert_eq!(lengths, [16 * 1024 * 1024, 1]);
    }

    #[test]
    fn size_and_notification_decide_how_it_goes() {
        assert!(!payload(16 * 1024 * 1024).goes_in_parts(Upload::Either));
        assert!(payload(IN_PARTS_FROM).goes_in_parts(Upload::Either));
        assert!(!payload(IN_PARTS_FROM).goes_in_parts(Upload::Whole));
        assert!(payload(1).goes_in_parts(Upload::Parts));
    }
}
