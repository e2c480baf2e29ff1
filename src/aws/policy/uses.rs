//! What a policy document is used for, and what follows from that: who stands
//! in it, what about, and how much of it AWS takes.
//!
//! Sources, by their titles. IAM: "IAM JSON policy elements reference" and
//! "IAM and AWS STS quotas" of the IAM User Guide. SQS: "Amazon SQS policy
//! quotas" of its developer guide. SNS: "Example cases for access control" and
//! the limits of its access policy language. S3: "Examples of Amazon S3 bucket
//! policies", quota of 20 KB. KMS: "Key policies in AWS KMS", quota of 32 KB.
//! DynamoDB: "Resource-based policy considerations" of its developer guide.

use super::actions::{self, Service};
use super::size::Measure;
use crate::model::PolicyTells;

/// One use of policy documents.
#[derive(Debug)]
pub(crate) struct Use {
    /// What it is, as in "a queue's policy".
    pub(crate) what: &'static str,
    /// `Principal` and `Resource`: each must be there, or must not.
    pub(crate) principal: Element,
    pub(crate) resource: Element,
    /// Whose actions it can allow; `None` for those of all services.
    pub(crate) service: Option<&'static Service>,
    /// Whether a `Sid` has letters and digits alone.
    pub(crate) plain_sids: bool,
    /// Whether no two statements may have one `Sid`.
    pub(crate) unique_sids: bool,
    /// Whether every resource must be the object that has the policy, or within it.
    pub(crate) own_resources: bool,
    /// What to do about a document that is too large. No quota can be raised.
    pub(crate) relief: &'static str,
    pub(crate) limits: Limits,
}

impl Use {
    /// What such a policy is about: who stands in it tells, and what it allows them.
    pub(crate) fn tells(&self) -> PolicyTells {
        let is_taken_on = self.service.is_some_and(|service| service.prefix == "sts");
        match self.principal {
            Element::Required if is_taken_on => PolicyTells::Takers,
            Element::Required => PolicyTells::Users,
            Element::Forbidden(_) => PolicyTells::Holder,
        }
    }
}

/// Whether an element of a statement must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Required,
    /// What the document speaks of instead: "it speaks of its holder".
    Forbidden(&'static str),
}

/// How much AWS takes. `None` where there is no limit, or none is documented.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) size: Option<(usize, Measure)>,
    pub(crate) statements: Option<usize>,
    /// Of all statements together.
    pub(crate) principals: Option<usize>,
    /// Of one statement.
    pub(crate) actions: Option<usize>,
}

/// AWS raises none of these limits.
const JOIN: &str = "join statements that differ in one element, or use wildcards";

const NO_LIMITS: Limits = Limits { size: None, statements: None, principals: None, actions: None };

/// The policy of a queue.
pub(crate) static QUEUE: Use = Use {
    what: "a queue's policy",
    principal: Element::Required,
    resource: Element::Required,
    service: Some(&actions::SQS),
    plain_sids: false,
    unique_sids: true,
    own_resources: false,
    relief: JOIN,
    limits: Limits {
        size: Some((8_192, Measure::Bytes)),
        statements: Some(20),
        principals: Some(50),
        actions: Some(7),
    },
};

/// The policy of a topic.
pub(crate) static TOPIC: Use = Use {
    what: "a topic's policy",
    principal: Element::Required,
    resource: Element::Required,
    service: Some(&actions::SNS),
    plain_sids: false,
    unique_sids: true,
    own_resources: true,
    relief: JOIN,
    limits: Limits {
        size: Some((30_720, Measure::Bytes)),
        statements: Some(100),
        principals: Some(200),
        actions: None,
    },
};

/// The policy of an event bus. EventBridge User Guide, "Permissions for event buses", and
/// quota of 10 KB.
pub(crate) static BUS: Use = Use {
    what: "an event bus's policy",
    principal: Element::Required,
    resource: Element::Required,
    service: Some(&actions::EVENTS),
    plain_sids: false,
    unique_sids: true,
    own_resources: false,
    relief: JOIN,
    limits: Limits { size: Some((10_240, Measure::Bytes)), ..NO_LIMITS },
};

/// The policy of a repository of images, which says of itself alone what it is about.
/// ECR User Guide, "Private repository policies", and API Reference,
/// `SetRepositoryPolicy`.
pub(crate) static REPOSITORY: Use = Use {
    what: "a repository's policy",
    principal: Element::Required,
    resource: Element::Forbidden("it speaks of its repository"),
    service: Some(&actions::ECR),
    plain_sids: false,
    unique_sids: false,
    own_resources: false,
    relief: JOIN,
    limits: Limits { size: Some((10_240, Measure::Bytes)), ..NO_LIMITS },
};

/// The policy of a bucket.
pub(crate) static BUCKET: Use = Use {
    what: "a bucket's policy",
    principal: Element::Required,
    resource: Element::Required,
    service: Some(&actions::S3),
    plain_sids: false,
    unique_sids: false,
    own_resources: true,
    relief: JOIN,
    limits: Limits { size: Some((20_480, Measure::Bytes)), ..NO_LIMITS },
};

/// The policy of a key.
pub(crate) static KEY: Use = Use {
    what: "a key's policy",
    principal: Element::Required,
    resource: Element::Required,
    service: Some(&actions::KMS),
    plain_sids: false,
    unique_sids: false,
    own_resources: false,
    relief: JOIN,
    limits: Limits { size: Some((32_768, Measure::Bytes)), ..NO_LIMITS },
};

/// The policy of a table. 20 KB, blanks among them.
pub(crate) static TABLE: Use = Use {
    what: "a table's policy",
    principal: Element::Required,
    resource: Element::Required,
    service: Some(&actions::DYNAMODB),
    plain_sids: false,
    unique_sids: true,
    own_resources: true,
    relief: JOIN,
    limits: Limits { size: Some((20_480, Measure::Bytes)), ..NO_LIMITS },
};

/// The trust policy of a role. 2,048 characters, unless AWS raised that to its
/// highest: only what is beyond this is refused for certain.
pub(crate) static TRUST: Use = Use {
    what: "a trust policy",
    principal: Element::Required,
    resource: Element::Forbidden("it is the role itself"),
    service: Some(&actions::STS),
    plain_sids: true,
    unique_sids: true,
    own_resources: false,
    relief: JOIN,
    limits: Limits { size: Some((4_096, Measure::WithoutBlanks)), ..NO_LIMITS },
};

/// An inline policy of a role. Their sizes count together.
pub(crate) static INLINE: Use = Use {
    what: "an inline policy",
    principal: Element::Forbidden("it is the role"),
    resource: Element::Required,
    service: None,
    plain_sids: true,
    unique_sids: true,
    own_resources: false,
    relief: JOIN,
    limits: NO_LIMITS,
};

/// A managed policy.
pub(crate) static MANAGED: Use = Use {
    what: "a managed policy",
    principal: Element::Forbidden("it speaks of its holder"),
    resource: Element::Required,
    service: None,
    plain_sids: true,
    unique_sids: true,
    own_resources: false,
    relief: "split it into several policies",
    limits: Limits { size: Some((6_144, Measure::WithoutBlanks)), ..NO_LIMITS },
};
