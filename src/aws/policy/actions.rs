//! Actions: how they are written, and which a service knows.

mod ecr;

pub(crate) use self::ecr::ECR;

use crate::aws::near::nearest;
use crate::model::document::is_pending;
use crate::verify::matches;

/// A service whose objects have policies.
#[derive(Debug)]
pub(crate) struct Service {
    /// What its actions begin with.
    pub(crate) prefix: &'static str,
    /// Actions that are known here.
    names: &'static [&'static str],
    known: Known,
}

/// What it means that an action is not among the known ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// The service refuses it.
    RefusesOthers,
    /// There is none, unless AWS added one: if it is nearly a known one, it is a slip.
    All,
    /// Little: only what is a letter away from a known one is a slip.
    Some,
}

/// Service Authorization Reference, "Actions defined by Amazon SQS".
pub(crate) static SQS: Service = Service {
    prefix: "sqs",
    names: &[
        "AddPermission",
        "CancelMessageMoveTask",
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
        "CreateQueue",
        "DeleteMessage",
        "DeleteMessageBatch",
        "DeleteQueue",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "PurgeQueue",
        "ReceiveMessage",
        "RemovePermission",
        "SendMessage",
        "SendMessageBatch",
        "SetQueueAttributes",
        "StartMessageMoveTask",
        "TagQueue",
        "UntagQueue",
    ],
    known: Known::All,
};

/// Service Authorization Reference, "Actions defined by Amazon EventBridge": those that an
/// event bus's policy can allow.
pub(crate) static EVENTS: Service = Service {
    prefix: "events",
    names: &[
        "DeleteRule",
        "DescribeRule",
        "DisableRule",
        "EnableRule",
        "ListRules",
        "ListTagsForResource",
        "ListTargetsByRule",
        "PutEvents",
        "PutRule",
        "PutTargets",
        "RemoveTargets",
        "TagResource",
        "UntagResource",
    ],
    known: Known::All,
};

/// SNS Developer Guide, "Amazon SNS policy actions"; any other is "out of
/// service scope". `Receive` is in AWS's own default document.
pub(crate) static SNS: Service = Service {
    prefix: "sns",
    names: &[
        "AddPermission",
        "DeleteTopic",
        "GetDataProtectionPolicy",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "ListTagsForResource",
        "Publish",
        "PutDataProtectionPolicy",
        "Receive",
        "RemovePermission",
        "SetTopicAttributes",
        "Subscribe",
    ],
    known: Known::RefusesOthers,
};

/// The commonest; S3 has some two hundred.
pub(crate) static S3: Service = Service {
    prefix: "s3",
    names: &[
        "AbortMultipartUpload",
        "DeleteObject",
        "DeleteObjectVersion",
        "GetBucketLocation",
        "GetObject",
        "GetObjectVersion",
        "ListBucket",
        "ListBucketVersions",
        "PutBucketNotification",
        "PutObject",
    ],
    known: Known::Some,
};

/// Those that a policy of a table can hold (`DynamoDB` Developer Guide, "API operations supported by
/// resource-based policies"), as far as they are about tables and indexes.
pub(crate) static DYNAMODB: Service = Service {
    prefix: "dynamodb",
    names: &[
        "BatchGetItem",
        "BatchWriteItem",
        "ConditionCheckItem",
        "CreateTableReplica",
        "DeleteItem",
        "DeleteResourcePolicy",
        "DeleteTable",
        "DeleteTableReplica",
        "DescribeContinuousBackups",
        "DescribeContributorInsights",
        "DescribeKinesisStreamingDestination",
        "DescribeTable",
        "DescribeTableReplicaAutoScaling",
        "DescribeTimeToLive",
        "GetItem",
        "GetResourcePolicy",
        "ListTagsOfResource",
        "PartiQLDelete",
        "PartiQLInsert",
        "PartiQLSelect",
        "PartiQLUpdate",
        "PutItem",
        "PutResourcePolicy",
        "Query",
        "Scan",
        "TagResource",
        "UntagResource",
        "UpdateContinuousBackups",
        "UpdateContributorInsights",
        "UpdateItem",
        "UpdateKinesisStreamingDestination",
        "UpdateTable",
        "UpdateTimeToLive",
    ],
    known: Known::All,
};

/// Service Authorization Reference, "Actions defined by AWS Key Management Service".
pub(crate) static KMS: Service = Service {
    prefix: "kms",
    names: &[
        "CancelKeyDeletion",
        "ConnectCustomKeyStore",
        "CreateAlias",
        "CreateCustomKeyStore",
        "CreateGrant",
        "CreateKey",
        "Decrypt",
        "DeleteAlias",
        "DeleteCustomKeyStore",
        "DeleteImportedKeyMaterial",
        "DeriveSharedSecret",
        "DescribeCustomKeyStores",
        "DescribeKey",
        "DisableKey",
        "DisableKeyRotation",
        "DisconnectCustomKeyStore",
        "EnableKey",
        "EnableKeyRotation",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GenerateRandom",
        "GetKeyLastUsage",
        "GetKeyPolicy",
        "GetKeyRotationStatus",
        "GetParametersForImport",
        "GetPublicKey",
        "ImportKeyMaterial",
        "ListAliases",
        "ListGrants",
        "ListKeyPolicies",
        "ListKeyRotations",
        "ListKeys",
        "ListResourceTags",
        "ListRetirableGrants",
        "PutKeyPolicy",
        "ReEncryptFrom",
        "ReEncryptTo",
        "ReplicateKey",
        "RetireGrant",
        "RevokeGrant",
        "RotateKeyOnDemand",
        "ScheduleKeyDeletion",
        "Sign",
        "SynchronizeMultiRegionKey",
        "TagResource",
        "UntagResource",
        "UpdateAlias",
        "UpdateCustomKeyStore",
        "UpdateKeyDescription",
        "UpdatePrimaryRegion",
        "Verify",
        "VerifyMac",
    ],
    known: Known::All,
};

/// What an identity may be allowed of SNS: more than a topic's policy takes
/// (Service Authorization Reference, "Actions defined by Amazon SNS").
static SNS_OF_IDENTITIES: Service = Service {
    prefix: "sns",
    names: &[
        "AddPermission",
        "CheckIfPhoneNumberIsOptedOut",
        "ConfirmSubscription",
        "CreatePlatformApplication",
        "CreatePlatformEndpoint",
        "CreateSMSSandboxPhoneNumber",
        "CreateTopic",
        "DeleteEndpoint",
        "DeletePlatformApplication",
        "DeleteSMSSandboxPhoneNumber",
        "DeleteTopic",
        "GetDataProtectionPolicy",
        "GetEndpointAttributes",
        "GetPlatformApplicationAttributes",
        "GetSMSAttributes",
        "GetSMSSandboxAccountStatus",
        "GetSubscriptionAttributes",
        "GetTopicAttributes",
        "ListEndpointsByPlatformApplication",
        "ListOriginationNumbers",
        "ListPhoneNumbersOptedOut",
        "ListPlatformApplications",
        "ListSMSSandboxPhoneNumbers",
        "ListSubscriptions",
        "ListSubscriptionsByTopic",
        "ListTagsForResource",
        "ListTopics",
        "OptInPhoneNumber",
        "Publish",
        "PublishBatch",
        "PutDataProtectionPolicy",
        "RemovePermission",
        "SetEndpointAttributes",
        "SetPlatformApplicationAttributes",
        "SetSMSAttributes",
        "SetSubscriptionAttributes",
        "SetTopicAttributes",
        "Subscribe",
        "TagResource",
        "Unsubscribe",
        "UntagResource",
        "VerifySMSSandboxPhoneNumber",
    ],
    known: Known::All,
};

/// Services whose actions are known in the policy of an identity, which takes those
/// of all services.
static OF_IDENTITIES: [&Service; 5] = [&SQS, &SNS_OF_IDENTITIES, &S3, &KMS, &STS];

/// What a trust policy may allow.
pub(crate) static STS: Service = Service {
    prefix: "sts",
    names: &[
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "SetContext",
        "SetSourceIdentity",
        "TagSession",
    ],
    known: Known::All,
};

/// What is wrong with an action, and what to try.
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Fault {
    fn new(message: String, hint: Option<String>) -> Self {
        Self { message, hint }
    }
}

/// What AWS would refuse of an action, in the policy of an object of a service
/// or in one that may speak of all.
pub(crate) fn fault(action: &str, of: Option<&Service>, what: &str) -> Option<Fault> {
    if action == "*" || is_pending(action) {
        return None;
    }
    let Some((prefix, name)) = action.split_once(':') else {
        let right = whole(action, of).map(|right| format!("did you mean `{right}`?"));
        let hint = right.or_else(|| Some("write `SERVICE:ACTION`, as `sqs:SendMessage`".into()));
        return Some(Fault::new(format!("the action `{action}` names no service"), hint));
    };
    let is_word = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    if !is_word(prefix, "-") || !is_word(name, "*?-_") {
        let message = format!("`{action}` is not an action");
        return Some(Fault::new(
            message,
            Some("write `SERVICE:ACTION`, as `sqs:SendMessage`".into()),
        ));
    }
    let Some(service) = of else {
        let mut known = OF_IDENTITIES.iter();
        return known.find(|it| it.prefix.eq_ignore_ascii_case(prefix))?.unknown(name, what);
    };
    if !prefix.eq_ignore_ascii_case(service.prefix) {
        let message = format!("{what} takes no action of `{prefix}`, only of `{}`", service.prefix);
        let is_known = service.names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let hint = is_known.then(|| format!("did you mean `{}:{name}`?", service.prefix));
        return Some(Fault::new(message, hint));
    }
    service.unknown(name, what)
}

impl Service {
    /// The problem of a name that the service does not know.
    fn unknown(&self, name: &str, what: &str) -> Option<Fault> {
        let plain = name.to_lowercase();
        let prefix = self.prefix;
        if name.contains(['*', '?']) {
            let is_any = self.names.iter().any(|known| matches(&plain, &known.to_lowercase()));
            let message = format!("no action of `{prefix}` is like `{name}`");
            let is_told = !is_any && self.known == Known::All;
            return is_told.then(|| Fault::new(message, None));
        }
        if self.names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return None;
        }
        let near = nearest(name, self.names.iter().copied());
        let differs = near.map(|near| strsim::damerau_levenshtein(&near.to_lowercase(), &plain));
        let most = match self.known {
            Known::RefusesOthers => usize::MAX,
            // A longer difference may be an action that AWS added.
            Known::All => 2,
            // Or one of many that are not listed here, as GetObjectAcl is.
            Known::Some => 1,
        };
        if differs.unwrap_or(usize::MAX) > most {
            return None;
        }
        let hint = near.map(|near| format!("did you mean `{prefix}:{near}`?")).or_else(|| {
            let all: Vec<String> = self.names.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("it takes {}", all.join(", ")))
        });
        Some(Fault::new(format!("{what} takes no action `{prefix}:{name}`"), hint))
    }
}

/// The action that is meant by a name without its service.
fn whole(name: &str, of: Option<&Service>) -> Option<String> {
    let services = match of {
        Some(service) => vec![service],
        None => vec![&SQS, &SNS, &S3, &KMS, &STS, &DYNAMODB],
    };
    let exact = services.iter().find_map(|service| {
        let known = service.names.iter().find(|known| known.eq_ignore_ascii_case(name));
        known.map(|known| format!("{}:{known}", service.prefix))
    });
    exact.or_else(|| {
        let service = of?;
        let known = nearest(name, service.names.iter().copied())?;
        Some(format!("{}:{known}", service.prefix))
    })
}

/// Actions of S3 that are about objects, and those that are about the bucket.
/// Of these S3 refuses a statement none of whose resources they fit: "Action
/// does not apply to any resource(s) in statement".
const OF_OBJECTS: &[&str] = &[
    "AbortMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "GetObject",
    "GetObjectAcl",
    "GetObjectTagging",
    "GetObjectVersion",
    "ListMultipartUploadParts",
    "PutObject",
    "PutObjectAcl",
    "PutObjectTagging",
];
const OF_BUCKETS: &[&str] = &[
    "GetBucketLocation",
    "GetBucketNotification",
    "GetBucketPolicy",
    "GetBucketVersioning",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "PutBucketNotification",
    "PutBucketPolicy",
];

/// What an action of S3 works on, if it is known: `/*` for objects, nothing
/// for the bucket itself.
pub(crate) fn target_in_s3(action: &str) -> Option<&'static str> {
    let name = action.split_once(':').filter(|(prefix, _)| prefix.eq_ignore_ascii_case("s3"))?.1;
    let is_among = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is_among(OF_OBJECTS) {
        Some("/*")
    } else if is_among(OF_BUCKETS) {
        Some("")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(action: &str, of: Option<&Service>, expected: Option<&str>) {
        let fault = fault(action, of, "this policy");
        let told = fault.map(|fault| fault.hint.unwrap_or(fault.message));
        assert_eq!(told.as_deref(), expected, "{action}");
    }

    #[test]
    fn an_action_has_a_service_and_a_name() {
        check("sqs:SendMessage", Some(&SQS), None);
        check("SQS:sendmessage", Some(&SQS), None);
        check("sqs:Send*", Some(&SQS), None);
        check("*", Some(&SQS), None);
        check("events:PutEvents", None, None);
        check("SendMessage", Some(&SQS), Some("did you mean `sqs:SendMessage`?"));
        check("SendMesage", Some(&SQS), Some("did you mean `sqs:SendMessage`?"));
        check("Publish", None, Some("did you mean `sns:Publish`?"));
        check("Frobnicate", None, Some("write `SERVICE:ACTION`, as `sqs:SendMessage`"));
        check("sqs:", None, Some("write `SERVICE:ACTION`, as `sqs:SendMessage`"));
        check("sqs: SendMessage", None, Some("write `SERVICE:ACTION`, as `sqs:SendMessage`"));
    }

    #[test]
    fn an_object_has_policies_about_its_service() {
        let elsewhere = "this policy takes no action of `sns`, only of `sqs`";
        check("sns:Publish", Some(&SQS), Some(elsewhere));
        check("sqs:SendMesage", Some(&SQS), Some("did you mean `sqs:SendMessage`?"));
        check("sqs:InventedToday", Some(&SQS), None);
        check("sns:Unsubscribe", Some(&SNS), Some("did you mean `sns:Subscribe`?"));
        check("s3:GetObjectLegalHold", Some(&S3), None);
        check("kms:ReEncrypt*", Some(&KMS), None);
        check("sts:AssumeRol", Some(&STS), Some("did you mean `sts:AssumeRole`?"));
        check("sqs:Recv*", Some(&SQS), Some("no action of `sqs` is like `Recv*`"));
    }

    #[test]
    fn an_identity_has_policies_about_all_services() {
        check("kms:Decript", None, Some("did you mean `kms:Decrypt`?"));
        check("s3:GetObjct", None, Some("did you mean `s3:GetObject`?"));
        check("s3:GetObjectAcl", None, None);
        check("s3:ListAllMyBuckets", None, None);
        check("sns:Unsubscribe", None, None);
        check("sns:Publsh", None, Some("did you mean `sns:Publish`?"));
        check("sqs:Recieve*", None, Some("no action of `sqs` is like `Recieve*`"));
        check("kms:*DataKey*", None, None);
        check("dynamodb:Getitm", None, None);
    }
}
