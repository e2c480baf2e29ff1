//! Objects that a probe puts and expects.

use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};

use super::company::Company;
use super::sending::text_of;
use super::targets::BUCKET;
use crate::aws::answer::chain;
use crate::aws::behaviours::bench::Rubbish;
use crate::aws::behaviours::payload::Object;
use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::probe::{InBucket, ToBucket};
use crate::model::{CloudError, ErrorClass};
use crate::verify::probe::Sent;

/// The most that is read of an object: more than anybody compares.
const LARGEST: usize = 1024 * 1024;

/// Puts an object, as the plainest producer does.
pub(super) async fn put(
    (company, session): (&Company<'_>, &Session),
    to: &ToBucket,
) -> Answer<Sent> {
    let object = object(company, &to.bucket, &to.key);
    company.note(Rubbish::Object(object.clone()));
    let call = session.clients.s3.put_object().bucket(&object.bucket).key(&object.key);
    let call = call.expected_bucket_owner(&object.account);
    let answer = call.body(ByteStream::from(text_of(&to.content).into_bytes())).send().await;
    answer.attempting("s3:PutObject", || {
        format!("put object {} into bucket {}", object.key, object.bucket)
    })?;
    Ok(Sent { called: format!("put object {}", object.key), answer: None })
}

/// The object, if there is one.
pub(super) async fn get(
    (company, session): (&Company<'_>, &Session),
    at: &InBucket,
) -> Answer<Vec<Value>> {
    let object = object(company, &at.bucket, &at.key);
    company.note(Rubbish::Object(object.clone()));
    let attempted = || format!("get object {} of bucket {}", object.key, object.bucket);
    let call = session.clients.s3.get_object().bucket(&object.bucket).key(&object.key);
    let answer = call.expected_bucket_owner(&object.account).send().await;
    let answer = match answer.attempting("s3:GetObject", attempted) {
        Err(error) if error.code == "NoSuchKey" => return Ok(Vec::new()),
        answer => answer?,
    };
    let (mut body, mut bytes) = (answer.body, Vec::new());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| CloudError {
            attempted: attempted(),
            operation: "s3:GetObject".into(),
            class: ErrorClass::Transient,
            code: String::new(),
            message: chain(&error),
            request_id: None,
            hint: None,
        })?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            break;
        }
    }
    bytes.truncate(LARGEST);
    Ok(vec![json!({ "content": String::from_utf8_lossy(&bytes) })])
}

fn object(company: &Company<'_>, target: &str, key: &str) -> Object {
    let bucket = company.targets().named(BUCKET, target);
    let bucket = bucket.map_or(target, |bucket| bucket.identity.as_str()).to_owned();
    let account = company.scene.place.account.clone();
    Object { bucket, account, key: key.to_owned(), in_parts: false }
}
