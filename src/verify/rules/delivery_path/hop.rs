//! What sends to what, and what each of them needs, as data.
//!
//! A new way for messages is a line of [`HOPS`].

use crate::model::{Document, Exhibit, Path, Place, Scene};

/// One way in which a service hands something on.
pub(super) struct Hop {
    /// The kind whose resources state the connection.
    pub(super) carrier: &'static str,
    /// Only those with this value in this field.
    pub(super) only: Option<(&'static str, &'static str)>,
    /// The field that names the source, and the source's kind.
    pub(super) source: (&'static str, &'static str),
    /// The field that names the target (`*` for every item of a list), and the
    /// target's kind.
    pub(super) target: (&'static str, &'static str),
    /// Who sends, as policies name it.
    pub(super) sender: &'static str,
    /// What the target's policy must allow. `None` where a target's permissions
    /// are not in a document of its own, and so cannot be judged.
    pub(super) action: Option<&'static str>,
    /// A name for the statement that allows it, and for that of the key.
    pub(super) sids: (&'static str, &'static str),
}

/// What a sender asks of the key of an encrypted target, as keys' policies are
/// best written, and the calls themselves. The same for all services; Amazon
/// S3 User Guide ("Granting permissions to publish event notification
/// messages") and SNS Developer Guide ("Key management").
pub(super) const KEY_ACTIONS: [&str; 2] = ["kms:GenerateDataKey*", "kms:Decrypt"];
pub(super) const KEY_CALLS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

const S3: &str = "s3.amazonaws.com";
const SNS: &str = "sns.amazonaws.com";

/// Every way, from the source on.
pub(super) static HOPS: &[Hop] = &[
    Hop {
        carrier: "s3_bucket_notification",
        only: None,
        source: ("bucket", "s3_bucket"),
        target: ("topic.*.topic_arn", "sns_topic"),
        sender: S3,
        action: Some("sns:Publish"),
        sids: ("BucketPublishes", "BucketUsesKey"),
    },
    Hop {
        carrier: "s3_bucket_notification",
        only: None,
        source: ("bucket", "s3_bucket"),
        target: ("queue.*.queue_arn", "sqs_queue"),
        sender: S3,
        action: Some("sqs:SendMessage"),
        sids: ("BucketSends", "BucketUsesKey"),
    },
    Hop {
        carrier: "s3_bucket_notification",
        only: None,
        source: ("bucket", "s3_bucket"),
        target: ("lambda_function.*.lambda_function_arn", "lambda_function"),
        sender: S3,
        action: None,
        sids: ("", ""),
    },
    Hop {
        carrier: "sns_subscription",
        only: Some(("protocol", "sqs")),
        source: ("topic_arn", "sns_topic"),
        target: ("endpoint", "sqs_queue"),
        sender: SNS,
        action: Some("sqs:SendMessage"),
        sids: ("TopicSends", "TopicUsesKey"),
    },
    Hop {
        carrier: "sns_subscription",
        only: Some(("protocol", "lambda")),
        source: ("topic_arn", "sns_topic"),
        target: ("endpoint", "lambda_function"),
        sender: SNS,
        action: None,
        sids: ("", ""),
    },
    // What cannot be delivered is sent like anything else.
    Hop {
        carrier: "sns_subscription",
        only: None,
        source: ("topic_arn", "sns_topic"),
        target: ("redrive_policy.dead_letter_queue", "sqs_queue"),
        sender: SNS,
        action: Some("sqs:SendMessage"),
        sids: ("TopicSendsUndelivered", "TopicUsesKey"),
    },
];

/// One end of a hop.
#[derive(Clone, Copy)]
pub(super) enum End<'a> {
    /// A resource of the stack.
    Here(&'a Exhibit),
    /// Something else, as the field has it.
    Elsewhere(&'a str),
}

impl<'a> End<'a> {
    pub(super) fn of(scene: &'a Scene, kind: &str, value: &'a str) -> Self {
        scene.named(kind, value).map_or(Self::Elsewhere(value), Self::Here)
    }

    /// For people.
    pub(super) fn name(self) -> String {
        match self {
            Self::Here(exhibit) => exhibit.address.to_string(),
            Self::Elsewhere(value) => crate::model::document::shown(value),
        }
    }

    /// What a policy calls it. A bucket's name tells its ARN.
    pub(super) fn arn(self, place: &Place) -> String {
        match self {
            Self::Here(exhibit) => exhibit.fact("arn").to_owned(),
            Self::Elsewhere(arn) if arn.starts_with("arn:") => arn.to_owned(),
            Self::Elsewhere(bucket) => format!("arn:{}:s3:::{bucket}", place.partition),
        }
    }

    /// Whose it is. The ARN of a bucket does not tell; what the stack
    /// configures is taken for the account's own.
    pub(super) fn account(self, place: &Place) -> String {
        let arn = self.arn(place);
        let account = arn.split(':').nth(4).unwrap_or_default();
        if account.is_empty() { place.account.clone() } else { account.to_owned() }
    }
}

/// The texts that a field names, with their places; `*` stands for every item
/// of a list.
pub(super) fn values<'a>(document: &'a Document, field: &str) -> Vec<(Path, &'a str)> {
    let mut paths = vec![Path::default()];
    for part in field.split('.') {
        paths = paths.into_iter().flat_map(|path| step(document, &path, part)).collect();
    }
    paths
        .into_iter()
        .filter_map(|path| {
            let text = path.get(document)?.as_str()?;
            Some((path, text))
        })
        .collect()
}

fn step(document: &Document, path: &Path, part: &str) -> Vec<Path> {
    if part != "*" {
        return vec![match path.segments() {
            [] => Path::field(part),
            [..] => path.with_field(part),
        }];
    }
    let items = path.get(document).and_then(serde_json::Value::as_array).map_or(0, Vec::len);
    (0..items).map(|index| path.with_index(index)).collect()
}
