//! Deleting a bucket, and first all that it holds, if so allowed.
//!
//! S3 deletes only empty buckets, and a bucket is not empty while any version
//! or delete marker is left. So we try; only when S3 refuses do we list.

use std::borrow::Cow;

use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};
use futures::future::{BoxFuture, FutureExt, TryFutureExt, try_join};
use futures::stream::{BoxStream, StreamExt, TryStreamExt, try_unfold};

use super::handle::Bucket;
use crate::aws::error::{Attempt, OrAbsent, told};
use crate::engine::port::Answer;
use crate::model::{CloudError, Emptying, ErrorClass, Holdings};

/// How often a bucket is emptied that others keep filling. Each round takes at
/// least two round trips, so this is a minute or more of trying.
const ROUNDS: usize = 100;
/// `DeleteObjects` under way at a time, 1000 keys each: S3 takes 3500 deletes
/// a second on one prefix.
const DELETES: usize = 8;

/// Removes the bucket. Its own policy may forbid that; it then goes first.
pub(super) async fn delete(bucket: Bucket<'_>, emptying: Emptying) -> Answer<()> {
    match empty_and_delete(bucket, emptying).await {
        Err(mut denied) if is_denied_by_policy(&denied) => {
            if bucket.delete_policy().await.is_err() {
                denied.hint = Some(
                    "the bucket's policy denies this, and the caller may not remove it".into(),
                );
                return Err(denied);
            }
            let again = empty_and_delete(bucket, emptying).await;
            again.map_err(|mut error| {
                // S3 still reads the policy that is gone.
                if is_denied_by_policy(&error) {
                    error.class = ErrorClass::Transient;
                }
                error
            })
        }
        other => other,
    }
}

/// Whether a policy of the bucket denies, rather than the caller's own lacking
/// permission. S3 has one code for both.
fn is_denied_by_policy(error: &CloudError) -> bool {
    error.class == ErrorClass::Denied
        && error.message.contains("explicit deny in a resource-based policy")
}

async fn empty_and_delete(bucket: Bucket<'_>, emptying: Emptying) -> Answer<()> {
    let mut refused = match delete_bucket(bucket).await {
        Err(error) if error.code == "BucketNotEmpty" => error,
        other => return other,
    };
    match emptying {
        Emptying::Keep => {
            if let Some(holdings) = holdings(bucket).await? {
                refused.message = format!("the bucket holds {}", holdings.what);
            }
            refused.hint = Some(
                "to delete it with all that it holds: `force_destroy: true`, or --allow-data-loss"
                    .into(),
            );
        }
        Emptying::Empty => {
            for _ in 0..ROUNDS {
                empty(bucket).await?;
                match delete_bucket(bucket).await {
                    Err(error) if error.code == "BucketNotEmpty" => {}
                    other => return other,
                }
            }
            refused.message = format!("emptied {ROUNDS} times, and filled again each time");
            refused.hint = Some("stop whoever writes to the bucket, then try again".into());
        }
    }
    Err(refused)
}

async fn delete_bucket(bucket: Bucket<'_>) -> Answer<()> {
    let Bucket { s3, account, name, .. } = bucket;
    let answer = s3.delete_bucket().bucket(name).expected_bucket_owner(account).send().await;
    answer.attempting("s3:DeleteBucket", || format!("delete bucket {name}"))?;
    Ok(())
}

/// What a deletion would lose, judged by the first page. An absent bucket holds
/// nothing.
pub(super) async fn holdings(bucket: Bucket<'_>) -> Answer<Option<Holdings>> {
    let page = list_versions(bucket, Marker::default()).await.or_absent()?;
    Ok(page.and_then(|page| page.holdings()))
}

/// Removes every version, delete marker and unfinished upload. The next page
/// is listed while earlier ones are being deleted.
///
/// Boxed, because the compiler cannot tell that a stream of borrowing futures
/// is `Send` within an async function.
fn empty(bucket: Bucket<'_>) -> BoxFuture<'_, Answer<()>> {
    let delete = move |page: Page| delete_objects(bucket, page.objects);
    let versions = pages(bucket).try_for_each_concurrent(DELETES, delete);
    try_join(versions, abort_uploads(bucket)).map_ok(|((), ())| ()).boxed()
}

/// Where a page of a listing begins.
#[derive(Clone, Debug, Default)]
struct Marker {
    key: Option<String>,
    /// Of a version or an upload.
    id: Option<String>,
}

/// One page of versions and delete markers.
#[derive(Debug)]
struct Page {
    objects: Vec<ObjectIdentifier>,
    delete_markers: usize,
    old_versions: usize,
    next: Option<Marker>,
}

impl Page {
    fn holdings(&self) -> Option<Holdings> {
        let counted = |count: usize, one: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {one}s")),
        };
        let noun = if self.old_versions > 0 { "object version" } else { "object" };
        let versions = counted(self.objects.len() - self.delete_markers, noun);
        let markers = counted(self.delete_markers, "delete marker");
        let what = match (versions, markers) {
            _ if self.next.is_some() => {
                format!("more than {} object versions", self.objects.len())
            }
            (Some(versions), Some(markers)) => format!("{versions} and {markers}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return None,
        };
        Some(Holdings::blocking(what))
    }
}

fn pages(bucket: Bucket<'_>) -> BoxStream<'_, Answer<Page>> {
    let pages = try_unfold(Some(Marker::default()), move |marker| async move {
        let Some(marker) = marker else { return Ok(None) };
        let page = list_versions(bucket, marker).await?;
        let next = page.next.clone();
        Ok(Some((page, next)))
    });
    pages.boxed()
}

async fn list_versions(bucket: Bucket<'_>, from: Marker) -> Answer<Page> {
    let Bucket { s3, account, name, .. } = bucket;
    let call = s3.list_object_versions().bucket(name).expected_bucket_owner(account);
    let answer = call
        .set_key_marker(from.key)
        .set_version_id_marker(from.id)
        // A key may hold what XML cannot say.
        .encoding_type(EncodingType::Url)
        .send()
        .await;
    let answer = answer.attempting("s3:ListObjectVersions", || {
        format!("list the object versions of bucket {name}")
    })?;
    let is_encoded = answer.encoding_type == Some(EncodingType::Url);
    let old_versions =
        answer.versions().iter().filter(|version| version.is_latest == Some(false)).count();
    let delete_markers = answer.delete_markers().len();
    let next = (answer.is_truncated == Some(true)).then(|| Marker {
        key: answer.next_key_marker.map(|key| decoded(key, is_encoded)),
        id: answer.next_version_id_marker,
    });
    let versions = answer.versions.unwrap_or_default().into_iter();
    let markers = answer.delete_markers.unwrap_or_default().into_iter();
    let names = versions
        .map(|version| (version.key, version.version_id))
        .chain(markers.map(|marker| (marker.key, marker.version_id)));
    let objects = names.filter_map(|(key, id)| {
        let key = decoded(key?, is_encoded);
        ObjectIdentifier::builder().key(key).set_version_id(id).build().ok()
    });
    Ok(Page { objects: objects.collect(), delete_markers, old_versions, next })
}

/// S3 encodes as forms do: `+` for a space.
fn decoded(text: String, is_encoded: bool) -> String {
    if !is_encoded {
        return text;
    }
    let spaced = text.replace('+', " ");
    let bytes: Cow<'_, [u8]> = percent_encoding::percent_decode_str(&spaced).into();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A page has at most 1000 objects, as many as one call takes.
async fn delete_objects(bucket: Bucket<'_>, objects: Vec<ObjectIdentifier>) -> Answer<()> {
    let Bucket { s3, account, name, .. } = bucket;
    let (objects, unsayable): (Vec<_>, Vec<_>) =
        objects.into_iter().partition(|object| object.key.chars().all(is_xml));
    for object in unsayable {
        delete_object(bucket, object).await?;
    }
    if objects.is_empty() {
        return Ok(());
    }
    let attempted = || format!("delete {} object versions of bucket {name}", objects.len());
    let batch = Delete::builder().quiet(true).set_objects(Some(objects.clone())).build();
    let call = s3.delete_objects().bucket(name).expected_bucket_owner(account);
    let answer = call.set_delete(batch.ok()).send().await;
    let answer = answer.attempting("s3:DeleteObjects", attempted)?;
    let Some(failed) = answer.errors().first() else { return Ok(()) };
    let key = failed.key().unwrap_or_default();
    let attempted = format!("delete object {key} of bucket {name}");
    let message = failed.message().unwrap_or_default();
    Err(told("s3:DeleteObjects", attempted, failed.code().unwrap_or_default(), message))
}

/// What XML 1.0 has no way to write, not even escaped.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

async fn delete_object(bucket: Bucket<'_>, object: ObjectIdentifier) -> Answer<()> {
    let Bucket { s3, account, name, .. } = bucket;
    let call = s3.delete_object().bucket(name).expected_bucket_owner(account);
    let answer = call.key(&object.key).set_version_id(object.version_id).send().await;
    answer.attempting("s3:DeleteObject", || {
        format!("delete object {:?} of bucket {name}", object.key)
    })?;
    Ok(())
}

/// Unfinished uploads keep no bucket alive, but their parts are paid for until
/// S3 clears them away with it.
async fn abort_uploads(bucket: Bucket<'_>) -> Answer<()> {
    let Bucket { s3, account, name, .. } = bucket;
    let mut from = Some(Marker::default());
    while let Some(marker) = from.take() {
        let call = s3.list_multipart_uploads().bucket(name).expected_bucket_owner(account);
        let answer = call
            .set_key_marker(marker.key)
            .set_upload_id_marker(marker.id)
            .encoding_type(EncodingType::Url)
            .send()
            .await;
        let answer = answer.attempting("s3:ListMultipartUploads", || {
            format!("list the unfinished uploads to bucket {name}")
        })?;
        let is_encoded = answer.encoding_type == Some(EncodingType::Url);
        for upload in answer.uploads() {
            let key = decoded(upload.key().unwrap_or_default().to_owned(), is_encoded);
            let call = s3.abort_multipart_upload().bucket(name).expected_bucket_owner(account);
            let answer = call.key(&key).set_upload_id(upload.upload_id.clone()).send().await;
            answer
                .attempting("s3:AbortMultipartUpload", || {
                    format!("abort the upload of {key} to bucket {name}")
                })
                .or_absent()?;
        }
        if answer.is_truncated == Some(true) {
            let key = answer.next_key_marker.map(|key| decoded(key, is_encoded));
            from = Some(Marker { key, id: answer.next_upload_id_marker });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holdings_say_what_would_be_lost() {
        let check = |versions: usize, markers: usize, old: usize, more, expected: Option<&str>| {
            let object = ObjectIdentifier::builder().key("k").build().unwrap();
            let page = Page {
                objects: vec![object; versions + markers],
                delete_markers: markers,
                old_versions: old,
                next: Some(Marker::default()).filter(|_| more),
            };
            let found = page.holdings();
            assert_eq!(found.as_ref().map(|holdings| holdings.what.as_str()), expected);
        };
        check(0, 0, 0, false, None);
        check(1, 0, 0, false, Some("1 object"));
        check(12, 0, 0, false, Some("12 objects"));
        check(12, 3, 2, false, Some("12 object versions and 3 delete markers"));
        check(0, 1, 0, false, Some("1 delete marker"));
        check(990, 10, 0, true, Some("more than 1000 object versions"));
    }

    #[test]
    fn keys_are_decoded_as_forms_are() {
        assert_eq!(decoded("a+b%2Bc%01/%C3%A9".into(), true), "a b+c\u{1}/é");
        assert_eq!(decoded("a+b%2B".into(), false), "a+b%2B");
    }

    #[test]
    fn what_xml_cannot_say_is_told_apart() {
        for (c, expected) in [('a', true), ('\n', true), ('\u{1}', false), ('\u{FFFE}', false)] {
            assert_eq!(is_xml(c), expected, "{c:?}");
        }
    }
}
