//! What an answer always holds, call by call: one without it is no answer, and
//! no fact follows from it.
//!
//! The SDK reads what is missing as empty. So half of an answer, which some box
//! on the way put right again, would be a queue without settings, or an account
//! without roles.

/// By service and operation: words that AWS writes whatever there is to tell.
/// Sources: the service models (what is required, and lists that are written
/// though they are empty), and answers recorded from AWS.
const ALWAYS: &[(&str, &str, &[&str])] = &[
    ("iam", "GetPolicy", &["<PolicyName>", "<DefaultVersionId>"]),
    ("iam", "GetPolicyVersion", &["<Document>"]),
    ("iam", "GetRole", &["<RoleName>", "<AssumeRolePolicyDocument>"]),
    ("iam", "GetRolePolicy", &["<PolicyDocument>"]),
    ("iam", "ListAttachedRolePolicies", &["<AttachedPolicies"]),
    ("iam", "ListEntitiesForPolicy", &["<PolicyRoles"]),
    ("iam", "ListInstanceProfilesForRole", &["<InstanceProfiles"]),
    ("iam", "ListPolicies", &["<Policies"]),
    ("iam", "ListPolicyVersions", &["<Versions"]),
    ("iam", "ListRolePolicies", &["<PolicyNames"]),
    ("iam", "ListRoles", &["<Roles"]),
    ("kms", "CreateKey", &["\"KeyMetadata\"", "\"Arn\""]),
    ("kms", "DescribeKey", &["\"KeyMetadata\"", "\"KeyId\"", "\"KeyState\""]),
    ("kms", "GetKeyPolicy", &["\"Policy\""]),
    ("kms", "GetKeyRotationStatus", &["\"KeyRotationEnabled\""]),
    ("kms", "ListAliases", &["\"Aliases\""]),
    ("kms", "ListGrants", &["\"Grants\""]),
    ("kms", "ListKeys", &["\"Keys\""]),
    ("kms", "ListResourceTags", &["\"Tags\""]),
    ("s3", "DeleteObjects", &["<DeleteResult"]),
    ("s3", "GetBucketEncryption", &["<SSEAlgorithm>"]),
    ("s3", "GetBucketLifecycleConfiguration", &["<LifecycleConfiguration", "<Rule>"]),
    ("s3", "GetBucketLogging", &["<BucketLoggingStatus"]),
    ("s3", "GetBucketNotificationConfiguration", &["<NotificationConfiguration"]),
    ("s3", "GetBucketOwnershipControls", &["<ObjectOwnership>"]),
    ("s3", "GetBucketPolicy", &["\"Statement\""]),
    ("s3", "GetBucketReplication", &["<ReplicationConfiguration", "<Rule>"]),
    ("s3", "GetBucketTagging", &["<TagSet"]),
    ("s3", "GetBucketVersioning", &["<VersioningConfiguration"]),
    ("s3", "GetObjectLockConfiguration", &["<ObjectLockConfiguration"]),
    ("s3", "GetPublicAccessBlock", &["<PublicAccessBlockConfiguration"]),
    ("s3", "ListMultipartUploads", &["<ListMultipartUploadsResult"]),
    ("s3", "ListObjectVersions", &["<ListVersionsResult"]),
    ("s3", "ListObjectsV2", &["<ListBucketResult"]),
    ("sns", "CreateTopic", &["<TopicArn>"]),
    ("sns", "GetSubscriptionAttributes", &[">SubscriptionArn<"]),
    ("sns", "GetTopicAttributes", &[">TopicArn<"]),
    ("sns", "ListSubscriptionsByTopic", &["<Subscriptions"]),
    ("sns", "ListTagsForResource", &["<Tags"]),
    ("sns", "ListTopics", &["<Topics"]),
    ("sns", "Publish", &["<MessageId>"]),
    ("sns", "Subscribe", &["<SubscriptionArn>"]),
    ("sqs", "CreateQueue", &["\"QueueUrl\""]),
    ("sqs", "GetQueueAttributes", &["\"Attributes\""]),
    ("sts", "AssumeRole", &["<AccessKeyId>", "<SecretAccessKey>", "<SessionToken>"]),
    ("sts", "GetCallerIdentity", &["<Account>", "<Arn>"]),
    ("tag", "GetResources", &["\"ResourceTagMappingList\""]),
];

/// The first word that an answer always holds and this one does not.
pub(super) fn missing(service: &str, operation: &str, body: &[u8]) -> Option<&'static str> {
    let entry = ALWAYS.iter().find(|entry| (entry.0, entry.1) == (service, operation));
    let (.., words) = entry?;
    let lacks = |word: &&&str| !contains(body, word.as_bytes());
    words.iter().find(lacks).copied()
}

fn contains(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::super::READING;
    use super::*;
    use crate::aws::rate_limits::RATE_LIMITS;

    /// Reads whose answer may be empty, and why.
    const MAY_BE_EMPTY: &[(&str, &str)] = &[
        ("GetObject", "what somebody stored, if anything"),
        ("HeadBucket", "an answer to HEAD has no body"),
        ("ListQueues", "no queue is no list"),
        ("ListQueueTags", "no tag is no list"),
    ];

    #[test]
    fn every_read_says_something_or_is_excused() {
        let calls = RATE_LIMITS.iter().flat_map(|limit| {
            limit.operations().iter().map(|operation| (limit.service, *operation))
        });
        let reads = calls.filter(|(_, name)| READING.iter().any(|verb| name.starts_with(verb)));
        for (service, operation) in reads {
            let is_told = ALWAYS.iter().any(|entry| (entry.0, entry.1) == (service, operation));
            let is_excused = MAY_BE_EMPTY.iter().any(|(name, _)| *name == operation);
            assert!(is_told != is_excused, "{service}:{operation}");
        }
    }

    #[test]
    fn an_answer_without_its_contents_is_none() {
        let check = |service, operation, body: &str, expected| {
            let found = missing(service, operation, body.as_bytes());
            assert_eq!(found, expected, "{service}:{operation} {body}");
        };
        check("sqs", "GetQueueAttributes", "{}", Some("\"Attributes\""));
        check("sqs", "GetQueueAttributes", "{\"Attributes\":{\"DelaySeconds\":\"0\"}}", None);
        check("sqs", "ListQueueTags", "{}", None);
        check("kms", "DescribeKey", "{}", Some("\"KeyMetadata\""));
        check("iam", "ListRoles", "<ListRolesResponse/>", Some("<Roles"));
        check("iam", "ListRoles", "<ListRolesResponse><Roles/></ListRolesResponse>", None);
        check("iam", "ListRoles", "", Some("<Roles"));
    }
}
