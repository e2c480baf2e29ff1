//! The ways that messages take, as data: from what to what, and what each way
//! asks of its ends.
//!
//! A new way is a line of [`HOPS`].

use crate::model::{Document, Exhibit, Path, Place, Scene, document};

/// One way in which something is handed on.
pub(super) struct Hop {
    /// The kind whose resources state the connection.
    carrier: &'static str,
    /// Only those with this value in this field.
    only: Option<(&'static str, &'static str)>,
    /// The field that names the source, and the source's kind.
    source: (&'static str, &'static str),
    /// The field that names the target (`*` for every item of a list), and the
    /// target's kind.
    target: (&'static str, &'static str),
    /// What lets messages pass.
    pub(super) transfer: Transfer,
}

/// What lets messages pass.
pub(super) enum Transfer {
    /// A service sends them: the policies of the target and of its key decide.
    Service {
        /// Its principal.
        sender: &'static str,
        /// What it calls.
        action: &'static str,
        /// Names for the statements that let it: the target's, and the key's.
        sids: (&'static str, &'static str),
        /// Whether it says whose it is in the old way, so that AWS's own policy of
        /// a topic, which admits its owner, lets it pass.
        names_owner: bool,
    },
    /// SQS moves them within itself: the target's `redrive_allow_policy`
    /// decides. Neither its policy nor its key is asked.
    Redrive,
}

const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";
const S3: &str = "s3.amazonaws.com";
const SNS: &str = "sns.amazonaws.com";

/// What tells others when it changes its state.
pub(super) const ALARM: &str = "cloudwatch_metric_alarm";

/// What an alarm tells a topic. The same for each of its states.
const fn told_by_alarm(field: &'static str) -> Hop {
    Hop {
        carrier: ALARM,
        only: None,
        source: ("name", ALARM),
        target: (field, "sns_topic"),
        transfer: Transfer::Service {
            sender: CLOUDWATCH,
            action: "sns:Publish",
            sids: ("AlarmsPublish", "AlarmsUseKey"),
            // SNS Developer Guide, "aws:SourceAccount versus aws:SourceOwner".
            names_owner: true,
        },
    }
}

impl Hop {
    /// What it leads to.
    pub(super) fn target_kind(&self) -> &'static str {
        self.target.1
    }
}

/// Every way, from the source on.
static HOPS: &[Hop] = &[
    Hop {
        carrier: "s3_bucket_notification",
        only: None,
        source: ("bucket", "s3_bucket"),
        target: ("topic.*.topic_arn", "sns_topic"),
        transfer: Transfer::Service {
            sender: S3,
            action: "sns:Publish",
            sids: ("BucketPublishes", "BucketUsesKey"),
            names_owner: false,
        },
    },
    Hop {
        carrier: "s3_bucket_notification",
        only: None,
        source: ("bucket", "s3_bucket"),
        target: ("queue.*.queue_arn", "sqs_queue"),
        transfer: Transfer::Service {
            sender: S3,
            action: "sqs:SendMessage",
            sids: ("BucketSends", "BucketUsesKey"),
            names_owner: false,
        },
    },
    Hop {
        carrier: "sns_subscription",
        only: Some(("protocol", "sqs")),
        source: ("topic_arn", "sns_topic"),
        target: ("endpoint", "sqs_queue"),
        transfer: Transfer::Service {
            sender: SNS,
            action: "sqs:SendMessage",
            sids: ("TopicSends", "TopicUsesKey"),
            names_owner: false,
        },
    },
    // What cannot be delivered is sent like anything else.
    Hop {
        carrier: "sns_subscription",
        only: None,
        source: ("topic_arn", "sns_topic"),
        target: ("redrive_policy.dead_letter_queue", "sqs_queue"),
        transfer: Transfer::Service {
            sender: SNS,
            action: "sqs:SendMessage",
            sids: ("TopicSendsUndelivered", "TopicUsesKey"),
            names_owner: false,
        },
    },
    Hop {
        carrier: "sqs_queue",
        only: None,
        source: ("name", "sqs_queue"),
        target: ("redrive_policy.dead_letter_queue", "sqs_queue"),
        transfer: Transfer::Redrive,
    },
    told_by_alarm("alarm_actions.*"),
    told_by_alarm("insufficient_data_actions.*"),
    told_by_alarm("ok_actions.*"),
];

/// One connection of a scene.
pub(super) struct Edge<'a> {
    /// How messages take it.
    pub(super) hop: &'static Hop,
    /// The resource that states it.
    pub(super) carrier: &'a Exhibit,
    /// Where the resource that states it names the target.
    pub(super) path: Path,
    /// Where messages come from.
    pub(super) source: End<'a>,
    /// Where they go.
    pub(super) target: End<'a>,
}

/// Every connection of a scene.
pub(super) fn edges(scene: &Scene) -> Vec<Edge<'_>> {
    HOPS.iter().flat_map(|hop| edges_by(hop, scene)).collect()
}

fn edges_by<'a>(hop: &'static Hop, scene: &'a Scene) -> impl Iterator<Item = Edge<'a>> {
    let meant = |carrier: &&Exhibit| {
        hop.only.is_none_or(|(field, value)| carrier.text(field) == Some(value))
    };
    scene.of_kind(hop.carrier).filter(meant).flat_map(move |carrier| {
        let source = carrier.text(hop.source.0).unwrap_or_default();
        let source = End::of(scene, hop.source.1, source);
        let targets = values(&carrier.document, hop.target.0).into_iter();
        let targets = targets.filter(|(_, target)| may_be(hop.target.1, target));
        targets.map(move |(path, target)| {
            let target = End::of(scene, hop.target.1, target);
            Edge { hop, carrier, path, source, target }
        })
    })
}

impl Edge<'_> {
    /// Whether messages come from a kind.
    pub(super) fn is_from(&self, kind: &str) -> bool {
        self.hop.source.1 == kind
    }

    /// Whether they go to a resource.
    pub(super) fn ends_at(&self, exhibit: &Exhibit) -> bool {
        matches!(self.target, End::Here(target) if target.address == exhibit.address)
    }

    /// For people.
    pub(super) fn name(&self) -> String {
        format!("{} -> {}", self.source.name(), self.target.name())
    }
}

/// One end of a hop.
#[derive(Clone, Copy)]
pub(super) enum End<'a> {
    /// A resource of the stack.
    Here(&'a Exhibit),
    /// Something else, as the field has it.
    Elsewhere(&'a str),
}

impl<'a> End<'a> {
    fn of(scene: &'a Scene, kind: &str, value: &'a str) -> Self {
        scene.named(kind, value).map_or(Self::Elsewhere(value), Self::Here)
    }

    /// For people.
    pub(super) fn name(self) -> String {
        match self {
            Self::Here(exhibit) => exhibit.address.to_string(),
            Self::Elsewhere(value) => document::shown(value),
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

    /// Its ARN as a stack file states it.
    pub(super) fn reference(self, place: &Place) -> String {
        match self {
            Self::Here(exhibit) => super::patch::arn_of(exhibit),
            Self::Elsewhere(_) => self.arn(place),
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

/// Whether a name may be one of a kind. Some fields take several: an ARN tells by
/// its service, with which the names of the service's kinds begin.
fn may_be(kind: &str, name: &str) -> bool {
    let mut parts = name.split(':');
    parts.next() != Some("arn") || parts.nth(1) == kind.split('_').next()
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
