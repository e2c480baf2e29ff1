//! What S3 says about objects: events, as they come through a topic. Pure.

use std::borrow::Cow;

use serde_json::Value;

/// What S3 says about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ObjectEvent {
    /// For example `ObjectCreated:Put`.
    pub(super) name: String,
    pub(super) bucket: String,
    /// As it was put: S3 encodes keys as forms do.
    pub(super) key: String,
    pub(super) size: Option<u64>,
    pub(super) version: Option<String>,
    /// Of the bytes, more or less; without the quotes that HTTP has around it.
    pub(super) etag: Option<String>,
}

/// What the body of a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Objects that something happened to: one, as S3 has it today.
    Objects(Vec<ObjectEvent>),
    /// What S3 sends to a destination when a notification is set up, to see
    /// whether it takes it. It is about no object, and every consumer must
    /// expect it.
    TestEvent,
    /// Nothing of S3's.
    Other,
}

/// Reads a body, whether SNS wrapped it or not.
pub(super) fn read(body: &str) -> Content {
    let Ok(value) = serde_json::from_str::<Value>(body) else { return Content::Other };
    let is_wrapped = value["Type"] == "Notification" && value["TopicArn"].is_string();
    match value["Message"].as_str().filter(|_| is_wrapped).map(serde_json::from_str::<Value>) {
        Some(Ok(message)) => content(&message),
        Some(Err(_)) => Content::Other,
        None => content(&value),
    }
}

fn content(value: &Value) -> Content {
    if value["Event"] == "s3:TestEvent" {
        return Content::TestEvent;
    }
    match value["Records"].as_array() {
        Some(records) => Content::Objects(records.iter().filter_map(object).collect()),
        None => Content::Other,
    }
}

fn object(record: &Value) -> Option<ObjectEvent> {
    let (s3, text) = (record.get("s3")?, |value: &Value| value.as_str().map(str::to_owned));
    Some(ObjectEvent {
        name: text(&record["eventName"])?,
        bucket: text(&s3["bucket"]["name"])?,
        key: decoded(s3["object"]["key"].as_str()?),
        size: s3["object"]["size"].as_u64(),
        version: text(&s3["object"]["versionId"]),
        etag: text(&s3["object"]["eTag"]).map(|etag| bare(&etag)),
    })
}

/// An entity tag without its quotes.
pub(super) fn bare(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

/// S3 encodes as forms do: `+` for a space.
pub(super) fn decoded(key: &str) -> String {
    let spaced = key.replace('+', " ");
    let bytes: Cow<'_, [u8]> = percent_encoding::percent_decode_str(&spaced).into();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value, expected: &Content) {
        assert_eq!(&read(&body.to_string()), expected, "{body}");
        let wrapped = json!({ "Type": "Notification", "TopicArn": "arn:aws:sns:::t",
            "Message": body.to_string() });
        assert_eq!(&read(&wrapped.to_string()), expected, "{wrapped}");
    }

    #[test]
    fn an_event_tells_of_an_object() {
        let body = json!({ "Records": [{
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": { "name": "claims" },
                "object": { "key": "in/a+b%2Bc%C3%A9", "size": 3, "versionId": "v1", "eTag": "0f" },
            },
        }] });
        let event = ObjectEvent {
            name: "ObjectCreated:Put".into(),
            bucket: "claims".into(),
            key: "in/a b+c\u{e9}".into(),
            size: Some(3),
            version: Some("v1".into()),
            etag: Some("0f".into()),
        };
        check(&body, &Content::Objects(vec![event]));
    }

    #[test]
    fn a_test_event_is_known_for_what_it_is() {
        let body = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "claims" });
        check(&body, &Content::TestEvent);
    }

    #[test]
    fn whatever_else_there_is_is_no_event() {
        check(&json!({ "hello": "world" }), &Content::Other);
        check(&json!([1]), &Content::Other);
        assert_eq!(read("hello"), Content::Other);
        let wrapped = json!({ "Type": "Notification", "TopicArn": "t", "Message": "hello" });
        assert_eq!(read(&wrapped.to_string()), Content::Other);
    }
}
