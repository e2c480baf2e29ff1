//! The lease of a stack, as an object of S3 under conditional writes.
//!
//! S3 takes a write under `If-None-Match: *` for one writer alone, and one
//! under `If-Match` only over the content of that `ETag` (S3 User Guide,
//! "Conditional requests"). How old a lease is follows from two times of S3's
//! own: the `Date` of its answer and the object's `Last-Modified`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::operation::get_object::GetObjectOutput;

use super::answer::{ANSWER_TIMEOUT, Fault, collect};
use super::call_log::about;
use super::clock::Clock;
use super::error::{Attempt, OrAbsent};
use crate::engine::port::{Answer, LeaseStore};
use crate::model::{CloudError, ErrorClass, Found, Identity, Lease, Lock};

/// What S3 says when something else is there than the writer thought, or
/// another writer is at it this very moment.
const OTHERWISE: &[&str] = &["ConditionalRequestConflict", "NoSuchKey", "PreconditionFailed"];
/// What says that a condition is not understood.
const NOT_UNDERSTOOD: &str = "NotImplemented";

/// A lease has some 600 bytes; a command line in it may have thousands.
const LARGEST: usize = 64 * 1024;
/// As much of a form's name as is worth showing.
const LONGEST_FORMAT: usize = 40;

/// One object that holds a lease, or nothing.
#[derive(Clone, Debug)]
pub struct S3Lease {
    s3: aws_sdk_s3::Client,
    lock: Lock,
    /// Whose bucket it must be, so that nobody else's of that name is asked.
    account: String,
}

impl S3Lease {
    pub(crate) fn new(s3: aws_sdk_s3::Client, lock: Lock, own_account: &str) -> Self {
        let account = lock.account.clone().unwrap_or_else(|| own_account.to_owned());
        Self { s3, lock, account }
    }

    async fn get(&self) -> Answer<Option<Found>> {
        let Lock { bucket, key, .. } = &self.lock;
        let clock = Clock::default();
        let get = self.s3.get_object().bucket(bucket).key(key);
        let get = get.expected_bucket_owner(&self.account).customize();
        let answer = get.interceptor(clock.clone()).send().await;
        let answer = answer.attempting("s3:GetObject", || format!("read the lease {}", self.lock));
        match answer {
            Err(error) if error.code == "NoSuchKey" => Ok(None),
            Err(error) => Err(at_the_bucket(error)),
            Ok(object) => self.found(object, &clock).await.map(Some),
        }
    }

    async fn found(&self, object: GetObjectOutput, clock: &Clock) -> Answer<Found> {
        let (modified, version) = (object.last_modified, object.e_tag);
        let Some(((now, modified), version)) = clock.now().zip(modified).zip(version) else {
            return Err(self.strange("the answer lacks Date, Last-Modified or ETag".into()));
        };
        let bytes = collect(object.body, LARGEST, ANSWER_TIMEOUT).await;
        let bytes = bytes.map_err(|fault| match fault {
            Fault::TooLarge { .. } => self
                .strange(format!("what lies there has more than {LARGEST} bytes: it is no lease")),
            Fault::Unreached { .. }
            | Fault::Silent { .. }
            | Fault::Stalled { .. }
            | Fault::Endless { .. }
            | Fault::Broken { .. }
            | Fault::CutShort { .. }
            | Fault::Lacks { .. }
            | Fault::Foreign { .. } => {
                CloudError { class: fault.class(), hint: None, ..self.strange(fault.to_string()) }
            }
        })?;
        let lease: Lease = serde_json::from_slice(&bytes)
            // Not what stands there: whoever may write there wrote it.
            .map_err(|error| {
                let (line, column) = (error.line(), error.column());
                self.strange(format!("it reads as no lease from line {line}, column {column} on"))
            })?;
        if lease.format != Lease::FORMAT {
            // By its first words: whoever may write there wrote it.
            let format: String = lease.format.chars().take(LONGEST_FORMAT).collect();
            let message = format!("it has format {format:?}, and not {}", Lease::FORMAT);
            return Err(self.strange(message));
        }
        let age = (now.as_nanos() - modified.as_nanos()).clamp(0, u64::MAX.into());
        let age = Duration::from_nanos(u64::try_from(age).unwrap_or_default());
        Ok(Found { lease, version, age })
    }

    async fn put(&self, lease: &Lease, over: Option<&str>) -> Answer<Option<String>> {
        let Lock { bucket, key, .. } = &self.lock;
        let text = serde_json::to_vec_pretty(lease)
            .map_err(|error| self.strange(format!("it cannot be written as JSON: {error}")))?;
        let put = self.s3.put_object().bucket(bucket).key(key).content_type("application/json");
        let put = put.expected_bucket_owner(&self.account);
        let put = match over {
            Some(version) => put.if_match(version),
            None => put.if_none_match("*"),
        };
        let put = put.body(text.into()).send().await;
        let put = put.attempting("s3:PutObject", || format!("write the lease {}", self.lock));
        match put {
            Ok(object) => match object.e_tag {
                Some(version) => Ok(Some(version)),
                None => Err(self.strange("the answer has no ETag".into())),
            },
            Err(error) if is_otherwise(&error) => Ok(None),
            Err(error) => Err(at_the_bucket(error)),
        }
    }

    async fn delete(&self, version: &str) -> Answer<bool> {
        let Lock { bucket, key, .. } = &self.lock;
        let delete = self.s3.delete_object().bucket(bucket).key(key).if_match(version);
        let gone = delete.expected_bucket_owner(&self.account).send().await;
        let gone = gone.attempting("s3:DeleteObject", || format!("remove the lease {}", self.lock));
        match gone {
            Ok(_) => Ok(true),
            Err(error) if is_otherwise(&error) => Ok(false),
            Err(error) if error.code == NOT_UNDERSTOOD => self.delete_after_a_look(version).await,
            Err(error) => Err(at_the_bucket(error)),
        }
    }

    /// For stores like S3 whose deletions know no conditions. Whoever takes the
    /// lease over between the look and the deletion loses it, and notices.
    async fn delete_after_a_look(&self, version: &str) -> Answer<bool> {
        if self.get().await?.is_none_or(|found| found.version != version) {
            return Ok(false);
        }
        let Lock { bucket, key, .. } = &self.lock;
        let delete = self.s3.delete_object().bucket(bucket).key(key);
        let gone = delete.expected_bucket_owner(&self.account).send().await;
        let gone = gone.attempting("s3:DeleteObject", || format!("remove the lease {}", self.lock));
        gone.or_absent().map(|_| true)
    }

    fn strange(&self, message: String) -> CloudError {
        CloudError {
            attempted: format!("understand the lease {}", self.lock),
            operation: String::new(),
            class: ErrorClass::Invalid,
            code: String::new(),
            message,
            request_id: None,
            hint: Some("look at the object; if nobody needs it, remove it".into()),
        }
    }

    async fn about<T>(&self, work: impl Future<Output = T>) -> T {
        about("lease", &Identity(self.lock.to_string()), work).await
    }
}

#[async_trait]
impl LeaseStore for S3Lease {
    async fn read(&self) -> Answer<Option<Found>> {
        self.about(Box::pin(self.get())).await
    }

    async fn write(&self, lease: &Lease, over: Option<&str>) -> Answer<Option<String>> {
        self.about(Box::pin(self.put(lease, over))).await
    }

    async fn remove(&self, version: &str) -> Answer<bool> {
        self.about(Box::pin(self.delete(version))).await
    }
}

fn is_otherwise(error: &CloudError) -> bool {
    OTHERWISE.contains(&error.code.as_str())
}

/// What keeps a lease from being where the stack file says.
fn at_the_bucket(error: CloudError) -> CloudError {
    if error.code == "AccessDenied" {
        // What S3 answers to a wrong expected owner as well.
        let owner = "the bucket must be of the stack's account, or of `lock.account`";
        let hint = error.hint.map_or_else(|| owner.into(), |hint| format!("{hint}; {owner}"));
        return CloudError { hint: Some(hint), ..error };
    }
    let hint = match error.code.as_str() {
        "NoSuchBucket" => "`lock.bucket` must exist: ccprov does not make it",
        "PermanentRedirect" | "IllegalLocationConstraintException" => {
            "`lock.bucket` must be in the region of the stack"
        }
        _ => return error,
    };
    CloudError { class: ErrorClass::Invalid, hint: Some(hint.into()), ..error }
}
