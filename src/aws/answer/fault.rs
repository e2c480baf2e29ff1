//! Why something that came, or did not, is no answer.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_sdk_sts::error::ErrorMetadata;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::model::ErrorClass;

/// What is said of an answer that no service gives.
pub(crate) const NOT_AWS: &str = "this is not what AWS says";
/// Who gives such answers.
pub(crate) const IN_ITS_PLACE: &str =
    "somebody answers in AWS's place: check --endpoint-url, HTTPS_PROXY and the network";

/// What was wrong with an answer, before anybody could read it.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Nobody there, or nobody who speaks as we do.
    Unreached { address: String, source: BoxError },
    /// There, and without a word in time.
    Silent { address: String, head: Duration },
    /// It began, and stood still after so many bytes.
    Stalled { after: usize },
    /// It went on and on, for so long.
    Endless { whole: Duration },
    /// The line broke within it.
    Broken { source: BoxError },
    /// It has more bytes than we take; `told` so many, if it said so.
    TooLarge { most: usize, told: Option<usize> },
    /// It ends before what it says is whole.
    CutShort { status: u16 },
    /// It is whole, and without what such an answer always holds.
    Lacks { status: u16, what: &'static str },
    /// It is not what AWS says, but, in short, this.
    Foreign { status: u16, beginning: String },
}

impl Fault {
    /// What a connection came to that led to no answer.
    pub(super) fn unreached(address: String, error: ConnectorError) -> Self {
        Self::Unreached { address, source: error.into_source() }
    }

    /// The status of the answer, if it had one that is worth telling.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::CutShort { status }
            | Self::Lacks { status, .. }
            | Self::Foreign { status, .. } => Some(*status),
            Self::Unreached { .. }
            | Self::Silent { .. }
            | Self::Stalled { .. }
            | Self::Endless { .. }
            | Self::Broken { .. }
            | Self::TooLarge { .. } => None,
        }
    }

    /// Whether it is worth another try. Whoever answers in AWS's place, or says
    /// more than AWS ever does, will do so again.
    pub(crate) fn class(&self) -> ErrorClass {
        match self {
            Self::Unreached { .. } if self.is_distrust() => ErrorClass::Invalid,
            Self::Unreached { .. }
            | Self::Silent { .. }
            | Self::Stalled { .. }
            | Self::Endless { .. }
            | Self::Broken { .. }
            | Self::CutShort { .. }
            | Self::Lacks { .. } => ErrorClass::Transient,
            Self::TooLarge { .. } | Self::Foreign { .. } => ErrorClass::Unexpected,
        }
    }

    /// What to try.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::Unreached { .. } if self.is_distrust() => {
                "the server's certificate is not trusted: set AWS_CA_BUNDLE to its PEM file"
            }
            Self::Unreached { source, .. }
                if chain(source.as_ref()).contains("corrupt message") =>
            {
                "it does not speak TLS: is its address meant to begin with http://?"
            }
            Self::Foreign { .. } | Self::TooLarge { .. } => IN_ITS_PLACE,
            Self::Unreached { .. } | Self::Silent { .. } => {
                "check the network, --endpoint-url and HTTPS_PROXY"
            }
            Self::Stalled { .. }
            | Self::Endless { .. }
            | Self::Broken { .. }
            | Self::CutShort { .. }
            | Self::Lacks { .. } => return None,
        };
        Some(hint)
    }

    /// Whether TLS told us not to trust whoever is there.
    fn is_distrust(&self) -> bool {
        let Self::Unreached { source, .. } = self else { return false };
        let words = chain(source.as_ref());
        words.contains("certificate") || words.contains("UnknownIssuer")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached { address, source } => {
                write!(f, "{address}: {}", chain(source.as_ref()))
            }
            Self::Silent { address, head } => {
                write!(f, "{address} said nothing for {} s", head.as_secs())
            }
            Self::Stalled { after } => {
                let limit = super::STALL_TIMEOUT.as_secs();
                write!(f, "the answer stood still for {limit} s after {after} bytes")
            }
            Self::Endless { whole } => {
                write!(f, "the answer had not ended after {} s", whole.as_secs())
            }
            Self::Broken { source } => {
                write!(f, "the line broke within the answer: {}", chain(source.as_ref()))
            }
            Self::TooLarge { most, told: None } => {
                write!(f, "the answer is larger than {most} bytes, and AWS's are not")
            }
            Self::TooLarge { most, told: Some(told) } => {
                write!(f, "the answer has {told} bytes, and AWS's have no more than {most}")
            }
            Self::CutShort { .. } => f.write_str("the answer ends in the middle"),
            Self::Lacks { what, .. } => {
                let what = what.trim_matches(['<', '>', '"']);
                write!(f, "the answer lacks {what}, which AWS never leaves out")
            }
            Self::Foreign { beginning, .. } => {
                write!(f, "{NOT_AWS}: {beginning}")
            }
        }
    }
}

/// Sources are told by [`Display`](fmt::Display) already.
impl Error for Fault {}

/// The SDK tries again by itself what is worth it.
impl From<Fault> for ConnectorError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreached { .. } if fault.class() == ErrorClass::Invalid => {
                Self::user(Box::new(fault))
            }
            Fault::Silent { .. } | Fault::Stalled { .. } | Fault::Endless { .. } => {
                Self::timeout(Box::new(fault))
            }
            Fault::Unreached { .. }
            | Fault::Broken { .. }
            | Fault::CutShort { .. }
            | Fault::Lacks { .. } => Self::io(Box::new(fault)),
            Fault::TooLarge { .. } | Fault::Foreign { .. } => Self::other(Box::new(fault), None),
        }
    }
}

/// Layers of the SDK and its HTTP client that say nothing to people.
const LAYERS: &[&str] = &[
    "dispatch failure",
    "other",
    "service error",
    "io error",
    "timeout",
    "client error (Connect)",
    "client error (SendRequest)",
];

/// The whole chain of causes: a TLS failure says nothing in its outermost error.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        // What a service answered, which would tell its code again, and its fields by name.
        let answer = error.downcast_ref().and_then(ErrorMetadata::message);
        let text = answer.map_or_else(|| error.to_string(), str::to_owned);
        let told = parts.iter().any(|part: &String| part.contains(&text));
        if !told && !LAYERS.contains(&text.as_str()) {
            parts.push(text);
        }
        next = error.source();
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}
