//! Code on its way to Lambda: with the call that needs it, or through a bucket, which
//! takes more of it, and has it only for as long as that call.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types as sdk;

use super::{Code, Spec};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Wanted;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

/// Below this, objects of ours lie in a bucket. Grants and pages say so too.
const PREFIX: &str = "ccprov-code";

/// Has `call` made with the code of a function. What goes through a bucket is removed
/// from there whatever becomes of the call.
pub(super) async fn with_code<T>(
    aws: &Aws,
    want: &Wanted<Spec>,
    call: impl AsyncFnOnce(sdk::FunctionCode) -> Answer<T>,
) -> Answer<T> {
    let code = sdk::FunctionCode::builder();
    let spec = &want.spec;
    let code = match (&spec.code, &spec.image_uri, &spec.upload_through) {
        (Some(Code::Sent(hash)), _, Some(bucket)) => {
            let parcel = Parcel::of(want, bucket, hash);
            let version = parcel.put(aws, want.bytes("code").await?).await?;
            let called = call(code.s3_bucket(bucket).s3_key(&parcel.key).build()).await;
            let removed = parcel.remove(aws, version).await;
            // Why the call failed is what matters then.
            return called.and_then(|told| removed.map(|()| told));
        }
        (Some(Code::Sent(_)), _, None) => code.zip_file(Blob::new(want.bytes("code").await?)),
        (Some(Code::Stored(stored)), _, _) => code
            .s3_bucket(&stored.bucket)
            .s3_key(&stored.key)
            .set_s3_object_version(stored.object_version.clone()),
        (None, image, _) => code.set_image_uri(image.clone()),
    };
    call(code.build()).await
}

/// Code in a bucket.
struct Parcel<'a> {
    function: &'a str,
    bucket: &'a str,
    key: String,
    /// SHA-256, in Base64.
    hash: &'a str,
}

impl<'a> Parcel<'a> {
    /// Under a key of its own: two runs at once do not take each other's code, and what a
    /// run left that was killed is written over by the next with the same.
    fn of(want: &'a Wanted<Spec>, bucket: &'a str, hash: &'a str) -> Self {
        let function = want.identity.as_str();
        // Base64url (RFC 4648, section 5), without padding: none of it needs an escape.
        let name = hash.trim_end_matches('=').replace('+', "-").replace('/', "_");
        Self { function, bucket, key: format!("{PREFIX}/{function}/{name}.zip"), hash }
    }

    /// Answers with the version that it is, where the bucket keeps several.
    async fn put(&self, aws: &Aws, bytes: Vec<u8>) -> Answer<Option<String>> {
        let call = aws.session.clients.s3.put_object().bucket(self.bucket).key(&self.key);
        // Names of buckets are the world's: nobody else gets the code, or could swap it.
        let call = call.expected_bucket_owner(&aws.place.account);
        let call = call.content_type("application/zip").checksum_sha256(self.hash);
        let answer = call.body(bytes.into()).send().await.attempting("s3:PutObject", || {
            format!("put the code of function {} into bucket {}", self.function, self.bucket)
        });
        Ok(answer.map_err(at_the_bucket)?.version_id)
    }

    async fn remove(&self, aws: &Aws, version: Option<String>) -> Answer<()> {
        let call = aws.session.clients.s3.delete_object().bucket(self.bucket).key(&self.key);
        let call = call.expected_bucket_owner(&aws.place.account).set_version_id(version);
        let answer = call.send().await.attempting("s3:DeleteObject", || {
            format!(
                "remove {} from bucket {}, which function {} has taken",
                self.key, self.bucket, self.function
            )
        });
        answer.or_absent().map(drop)
    }
}

/// What keeps code from getting into a bucket.
fn at_the_bucket(error: CloudError) -> CloudError {
    let (class, hint) = match error.code.as_str() {
        // What S3 answers to a wrong expected owner as well.
        "AccessDenied" => (error.class, "the bucket must be of the stack's account"),
        "NoSuchBucket" => (
            error.class,
            "`upload_through` names a bucket that is there, or that the stack makes: `\"${NAME.name}\"`",
        ),
        "PermanentRedirect" | "IllegalLocationConstraintException" => {
            (ErrorClass::Invalid, "`upload_through` must be in the region of the stack")
        }
        _ => return error,
    };
    let hint = error.hint.map_or_else(|| hint.to_owned(), |said| format!("{said}; {hint}"));
    CloudError { class, hint: Some(hint), ..error }
}
