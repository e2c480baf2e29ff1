//! `s3_bucket`: a bucket with all that configures it, but for its notification.
//!
//! S3 spreads a bucket over a dozen sub-resources. Reading asks for all of them
//! at once; creating relies on what AWS gives a fresh bucket and puts only what
//! differs; writing keeps to two lanes ([`settings`]). How a bucket is emptied
//! stands in [`emptying`].

mod access;
mod emptying;
mod encryption;
mod grants;
mod handle;
mod lifecycle;
mod name;
mod settings;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws::error::OrAbsent;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted, untyped};
use crate::aws::policy::{self, Policy, Use};
use crate::aws::tags::Tags;
use crate::aws::takes::Takes;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{
    Emptying, ErrorClass, Facts, Limit, Live, NameOrigin, Naming, Patience, Place, Problem, Sought,
    compare,
};
use access::{ObjectOwnership, PublicAccessBlock};
use encryption::Encryption;
use handle::Bucket;
use lifecycle::LifecycleRule;
use settings::Kept;

pub(crate) struct S3Bucket;

/// A bucket. What is left out is as AWS makes a bucket today: encrypted with
/// AES256, closed to the public, without ACLs.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// The name, unique among all buckets of AWS. Default: from `bucket_prefix`.
    #[schemars(length(min = 3, max = 63), regex(pattern = r"^[a-z0-9][a-z0-9.-]*[a-z0-9]$"))]
    bucket: Option<String>,
    /// The name's beginning; 8 hex digits that follow from account, region,
    /// stack and address complete it. Default: STACK-ADDRESS-.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 55), regex(pattern = r"^[a-z0-9][a-z0-9.-]*$"))]
    bucket_prefix: Option<String>,
    /// How objects are encrypted for which the writer asks nothing. Default: AES256.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_side_encryption: Option<Encryption>,
    /// Whether old versions are kept. Not compared when left out: a bucket that
    /// never had versions differs from one whose versioning is suspended, and
    /// there is no way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    versioning: Option<Versioning>,
    /// What public access is blocked. Default: all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_access_block: Option<PublicAccessBlock>,
    /// Who owns what others upload, and whether ACLs count. Default:
    /// `BucketOwnerEnforced`, which turns ACLs off.
    #[serde(skip_serializing_if = "Option::is_none")]
    object_ownership: Option<ObjectOwnership>,
    /// Who may do what with the bucket and its objects. Left out: nobody but
    /// the account.
    policy: Option<Policy>,
    /// When objects move to other storage classes or expire. Left out: never.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    lifecycle_rules: Vec<LifecycleRule>,
    /// Where S3 writes down every request. Not compared when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    logging: Option<Logging>,
    /// Whether objects can be locked. Turns versioning on. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    object_lock_enabled: Option<bool>,
    /// Whether the bucket may be deleted with all that it holds. Kept at the
    /// bucket in the tag `ccprov:force-destroy`.
    #[serde(default)]
    force_destroy: bool,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// Whether old versions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Versioning {
    Enabled,
    Suspended,
}

/// Where S3 writes down every request.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "as S3 calls them")]
pub(crate) struct Logging {
    /// Name of the bucket that takes the logs: same account and region,
    /// encrypted with AES256, its policy open to `logging.s3.amazonaws.com`.
    #[schemars(length(min = 1))]
    target_bucket: String,
    /// What the keys of the logs begin with. Default: nothing.
    #[serde(default)]
    target_prefix: String,
    /// How the keys go on. Default: `simple_prefix`.
    #[serde(default)]
    target_object_key_format: KeyFormat,
}

/// How the keys of logs go on after their prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum KeyFormat {
    /// The time alone: `[prefix][YYYY]-[MM]-[DD]-...`.
    SimplePrefix {},
    /// Folders of account, region, bucket and day.
    PartitionedPrefix {
        /// Which day: that of the request, or that on which the log was delivered.
        partition_date_source: PartitionDateSource,
    },
}

/// Which day logs are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum PartitionDateSource {
    EventTime,
    DeliveryTime,
}

impl Default for KeyFormat {
    fn default() -> Self {
        Self::SimplePrefix {}
    }
}

impl Kind for S3Bucket {
    const NAME: &'static str = "s3_bucket";
    const SUMMARY: &'static str =
        "An S3 bucket with its encryption, versioning, policy, lifecycle and logging.";
    const NOTES: &'static str = "\
The bucket's name is its identity; ARN and host names follow from it.

- Names are shared by all accounts of AWS. Unless `bucket` states one, the name ends with 8 hex \
digits that follow from account, region, stack and address: the same stack always finds its \
bucket again, and two accounts never want the same one.
- A bucket that is not empty is deleted only with `force_destroy: true` or `--allow-data-loss`: \
all versions, delete markers and unfinished uploads go first. Locked objects stay, and so does \
their bucket.
- `force_destroy` permits that to the `destroy` of a file that states it, and to nothing else. The \
tag `ccprov:force-destroy` keeps what the last apply said, so that a plan shows a change; it permits \
nothing, because whoever may tag the bucket may write it.
- The name of a deleted bucket may be unavailable for minutes, and anybody may take it meanwhile.
- S3 takes few configuration calls on one bucket at a time, so that ccprov makes at most two at once.
- Tags are written as a set. Those that others add between a plan and its apply stay in it.
- ACLs are not declared here. S3 refuses `BucketOwnerEnforced`, the default, while the ACL of a bucket that \
exists grants others anything, as for logs of other services: give them that by `policy`, and take the ACL \
back with `aws s3api put-bucket-acl --bucket NAME --acl private`.
- A policy that lets everybody in is refused while the public access block of the bucket or of the account \
is on; S3 says no more than that access is denied.
- The policy is about this bucket and its objects, and takes 20 KB. S3 refuses a statement none of whose \
resources its action works on: `s3:GetObject` wants `BUCKET/*`, `s3:ListBucket` the bucket itself.
- What is not declared is kept: blocked encryption types, the smallest object that transitions \
move, grants of the logs.
- Reads of lifecycle rules may show the old and the new ones in turn for some minutes.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("bucket/minimal.yaml"), include_str!("bucket/production.yaml")];
    const FIXED: &'static [&'static str] = &["bucket", "bucket_prefix", "object_lock_enabled"];
    const MUST_EXIST: &'static [&'static str] =
        &["policy.Statement.*.Principal", "policy.Statement.Principal", "logging.target_bucket"];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "the bucket's ARN", true),
        ("name", "its name", true),
        ("bucket_domain_name", "its host name", true),
        ("bucket_regional_domain_name", "its host name in its region", true),
    ];
    /// Terraform's provider gives lifecycle rules three minutes to show.
    const PATIENCE: Patience =
        Patience::PROMPT.within(Limit::of(std::time::Duration::from_mins(3)));
    const NAMED_BY: Option<&'static str> = Some("bucket");
    const HOLDS_DATA: bool = true;
    const POLICIES: &'static [(&'static str, &'static Use)] = &[("policy", &policy::BUCKET)];
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("logging.target_bucket", Takes::Bucket),
        ("server_side_encryption.kms_master_key_id", Takes::Key),
    ];
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    const GAP: &'static str = "\
the bucket is missing until S3 gives the name again, for seconds or minutes: who reads or writes is refused, \
and nobody is told of anything";
    const LOST: &'static str = "the objects of the old bucket are not copied to the new one";
    const EXISTS_EARLY: bool = true;
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(spec: Spec, naming: &Naming) -> Spec {
        let mut spec = settled(spec);
        if spec.bucket.is_none() {
            spec.bucket = Some(name::with_suffix(spec.bucket_prefix.take(), naming));
        }
        spec.policy = spec.policy.map(|policy| policy.in_partition(&naming.place.partition));
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.bucket.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn name_origin(identity: &str, _default: &str, naming: &Naming) -> NameOrigin {
        name::origin(identity, naming)
    }

    fn identify(arn: &str) -> Option<String> {
        let name = arn.split_once(":s3:::")?.1;
        (!name.contains('/')).then(|| name.to_owned())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let bucket = Bucket::new(aws, name);
        let holdings =
            async { if sought.holdings { emptying::holdings(bucket).await } else { Ok(None) } };
        let (head, seen, holdings) =
            tokio::join!(bucket.head(), settings::read(bucket, sought), holdings);
        if head?.is_none() {
            return Ok(None);
        }
        // Nodes of S3 may disagree for a moment whether there is such a bucket.
        let Some((spec, owner)) = seen.or_absent()? else { return Ok(None) };
        let mut seen = Seen::current(spec, facts(&aws.place, name), owner);
        seen.holdings = holdings?;
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let is_new = Bucket::new(aws, &want.identity).create(want).await?;
        Ok(Made { is_new, ..Made::in_part(facts(&aws.place, &want.identity)) })
    }

    async fn complete(aws: &Aws, want: &Wanted<Spec>, _made: &Live) -> Answer<Facts> {
        let bucket = Bucket::new(aws, &want.identity);
        // A fresh bucket is what an empty document asks for, and what the call
        // that made it carried. What keeps the public out is said all the same.
        let fresh = Spec {
            public_access_block: None,
            object_ownership: want.spec.object_ownership,
            force_destroy: want.spec.force_destroy,
            tags: want.spec.tags.clone(),
            ..settled(Spec::default())
        };
        let missing = compare(&untyped::<Self>(&want.spec), &untyped::<Self>(&fresh));
        let touches = |field: &str| missing.iter().any(|diff| diff.path.top() == field);
        let put = settings::write(bucket, want, &Kept::default(), &touches).await;
        put.map_err(|mut error| {
            // The bucket is there, but not on every node of S3.
            if error.class == ErrorClass::Absent {
                error.class = ErrorClass::Transient;
            }
            error
        })?;
        Ok(Facts::new())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let bucket = Bucket::new(aws, &change.want.identity);
        let touches = |field: &str| match field {
            "tags" => change.touches_tags() || change.touches("force_destroy"),
            field => change.touches(field),
        };
        let kept = Kept::read(bucket, change, &touches).await?;
        settings::write(bucket, &change.want, &kept, &touches).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, emptying: Emptying) -> Answer<()> {
        emptying::delete(Bucket::new(aws, have.identity.as_str()), emptying).await
    }
}

/// Fills in AWS's defaults, and makes canonical.
fn settled(mut spec: Spec) -> Spec {
    let encryption = spec.server_side_encryption.unwrap_or_default();
    spec.server_side_encryption = Some(encryption.settled());
    spec.public_access_block.get_or_insert_default();
    spec.object_ownership.get_or_insert_default();
    spec.lifecycle_rules = lifecycle::canonical(spec.lifecycle_rules);
    spec
}

fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = name::check(spec.bucket.as_deref().unwrap_or_default());
    if spec.bucket_prefix.is_some() {
        problems
            .push(Problem::of("bucket_prefix", "goes without `bucket`, which is the whole name"));
    }
    if spec.object_lock_enabled == Some(true) && spec.versioning == Some(Versioning::Suspended) {
        let message = "a bucket whose objects can be locked keeps versions";
        problems.push(Problem::of("versioning", message).hint("versioning: enabled"));
    }
    problems.extend(spec.server_side_encryption.as_ref().and_then(Encryption::check));
    problems.extend(lifecycle::check(&spec.lifecycle_rules));
    problems
}

fn facts(place: &Place, name: &str) -> Facts {
    let Place { partition, region, .. } = place;
    let suffix = place.dns_suffix();
    [
        ("arn", format!("arn:{partition}:s3:::{name}")),
        ("name", name.to_owned()),
        ("bucket_domain_name", format!("{name}.s3.{suffix}")),
        ("bucket_regional_domain_name", format!("{name}.s3.{region}.{suffix}")),
    ]
    .map(|(fact, value)| (fact.to_owned(), value))
    .into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Address;

    fn naming() -> Naming {
        Naming {
            stack: "dev".into(),
            address: Address::new("claims"),
            place: Place {
                partition: "aws".into(),
                account: "123456789012".into(),
                region: "eu-central-1".into(),
                endpoint: None,
            },
        }
    }

    fn settle(written: Value) -> Spec {
        S3Bucket::settle(serde_json::from_value(written).unwrap(), &naming())
    }

    fn problems(written: Value) -> Vec<String> {
        let problems = check(&settle(written));
        problems.into_iter().map(|problem| problem.path.to_string()).collect()
    }

    #[test]
    fn an_empty_document_is_a_fresh_bucket() {
        let expected = json!({
            "bucket": "dev-claims-96a1f34b",
            "force_destroy": false,
            "lifecycle_rules": [],
            "object_ownership": "BucketOwnerEnforced",
            "policy": null,
            "public_access_block": {
                "block_public_acls": true,
                "block_public_policy": true,
                "ignore_public_acls": true,
                "restrict_public_buckets": true,
            },
            "server_side_encryption": { "kms_master_key_id": null, "sse_algorithm": "AES256" },
            "tags": {},
        });
        assert_eq!(Value::Object(untyped::<S3Bucket>(&settle(json!({})))), expected);
    }

    #[test]
    fn settling_twice_changes_nothing() {
        let written = json!({
            "bucket_prefix": "claims-",
            "server_side_encryption": { "sse_algorithm": "aws:kms" },
            "lifecycle_rules": [
                { "id": "b", "filter": { "prefix": "" }, "expiration": { "days": 1 } },
                { "id": "a", "abort_incomplete_multipart_upload_days": 1 },
            ],
            "force_destroy": true,
        });
        let once = untyped::<S3Bucket>(&settle(written));
        assert_eq!(untyped::<S3Bucket>(&settle(Value::Object(once.clone()))), once);
    }

    #[test]
    fn fields_that_contradict_each_other_are_problems() {
        assert_eq!(
            problems(json!({ "bucket": "claims", "bucket_prefix": "c" })),
            ["bucket_prefix"]
        );
        let locked = json!({ "object_lock_enabled": true, "versioning": "suspended" });
        assert_eq!(problems(locked), ["versioning"]);
        let keyless = json!({ "server_side_encryption": {
            "sse_algorithm": "AES256", "kms_master_key_id": "alias/claims"
        } });
        assert_eq!(problems(keyless), ["server_side_encryption.kms_master_key_id"]);
    }

    #[test]
    fn a_bucket_is_known_by_its_arn_and_nothing_else_is() {
        let check = |arn: &str, expected: Option<&str>| {
            assert_eq!(S3Bucket::identify(arn).as_deref(), expected, "{arn}");
        };
        check("arn:aws:s3:::claims", Some("claims"));
        check("arn:aws:s3:::claims/key", None);
        check("arn:aws:s3:eu-central-1:123456789012:accesspoint/claims", None);
        check("arn:aws:sqs:eu-central-1:123456789012:claims", None);
    }
}
