//! `ecr_repository`: where images of containers are kept, with what becomes of old
//! ones and who may fetch them.
//!
//! One call makes it; its two policies are documents of their own. All of it holds at
//! once.

mod check;
mod grants;
mod lifecycle;
mod policy;

use std::collections::BTreeMap;

use aws_sdk_ecr::types::{self as sdk, Tag};
use futures::future::{try_join3, try_join4};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::lifecycle::Lifecycle;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::managed_key;
use crate::aws::policy::{self as policies, Policy, Use};
use crate::aws::tags::{Tags, is_forced};
use crate::aws::takes::Takes;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{Emptying, Facts, Holdings, Live, Naming, Place, Problem, Sought};

pub(crate) struct EcrRepository;

/// A repository. Everything left out has AWS's documented default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// 2 to 256 small letters, digits and `._-`, in parts with `/` between. Default:
    /// STACK-ADDRESS.
    #[schemars(length(min = 2, max = 256))]
    #[schemars(regex(pattern = r"^[a-z0-9]+((\.|_|__|-+|/)[a-z0-9]+)*$"))]
    name: Option<String>,
    /// Whether a tag may be given to another image.
    #[serde(default)]
    image_tag_mutability: Mutability,
    /// Tags that are not so: 1 to 5. Only with `MUTABLE_WITH_EXCLUSION` and
    /// `IMMUTABLE_WITH_EXCLUSION`.
    #[serde(default)]
    image_tag_mutability_exclusion_filter: Vec<Exclusion>,
    /// What is done with an image that comes.
    #[serde(default)]
    image_scanning_configuration: Scanning,
    /// How images are encrypted. Left out: with a key of S3's own.
    encryption_configuration: Option<Encryption>,
    /// Which images go by themselves. Left out: none.
    lifecycle_policy: Option<Lifecycle>,
    /// Who may fetch and push images, beside the account. Left out: nobody.
    policy: Option<Policy>,
    /// Let a destroy by this file delete the repository with the images in it. Kept at
    /// the repository in the tag `ccprov:force-destroy`.
    #[serde(default)]
    force_destroy: bool,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// Whether a tag may be given to another image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Mutability {
    #[default]
    Mutable,
    Immutable,
    MutableWithExclusion,
    ImmutableWithExclusion,
}

/// Tags for which the opposite holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exclusion {
    /// Tags, with at most two `*`.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[0-9a-zA-Z._*-]+$"))]
    filter: String,
    /// There is no other.
    #[serde(default)]
    filter_type: FilterType,
}

/// How a filter is meant.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum FilterType {
    #[default]
    Wildcard,
}

/// What is done with an image that comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scanning {
    /// Look for known vulnerabilities in it. What the registry says of scanning goes
    /// before this.
    #[serde(default)]
    scan_on_push: bool,
}

/// How images are encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Encryption {
    /// By whose keys, and how often.
    encryption_type: EncryptionType,
    /// The KMS key (ARN), or AWS's key of this account (`alias/aws/ecr`, the default).
    /// Not with `AES256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    kms_key: Option<String>,
}

/// By whose keys images are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum EncryptionType {
    #[default]
    #[serde(rename = "AES256")]
    Aes256,
    #[serde(rename = "KMS")]
    Kms,
    /// In two layers.
    #[serde(rename = "KMS_DSSE")]
    KmsDsse,
}

/// AWS's key of the account, made when it is first named.
const AWS_MANAGED: &str = "alias/aws/ecr";

impl Kind for EcrRepository {
    const NAME: &'static str = "ecr_repository";
    const SUMMARY: &'static str =
        "A repository of ECR for images, with what becomes of old ones and who may fetch them.";
    const NOTES: &'static str = "\
The repository's name is its identity; its ARN and its URL follow from it.

- Images are pushed by [`ecr_image`](ecr_image.md), or by anything that speaks to registries.
- `lifecycle_policy` is AWS's own document, as YAML, as JSON text or from a file. ccprov checks it against AWS's grammar, because an \
image that is gone does not come back. AWS applies it within a day.
- Lambda writes the statement `LambdaECRImageRetrievalPolicy` into the policy of a repository whose images it runs. It is neither \
told nor removed, and a file does not state it.
- Where the registry has a scanning configuration of its own, that holds and `scan_on_push` does not. It is of the whole account and region, and \
no part of a stack.
- A repository with images in it is deleted only by the `destroy` of a file that states `force_destroy: true`, or with `--allow-data-loss`. \
A function that runs an image goes on for a while after it was deleted, and cannot be woken when it has slept.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("repository/minimal.yaml"), include_str!("repository/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "encryption_configuration"];
    const MUST_EXIST: &'static [&'static str] = &[
        "encryption_configuration.kms_key",
        "policy.Statement.*.Principal",
        "policy.Statement.Principal",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "the repository's ARN", true),
        ("name", "its name", true),
        ("repository_url", "the URL to which a tag or digest is added", true),
    ];
    const HOLDS_DATA: bool = true;
    const POLICIES: &'static [(&'static str, &'static Use)] = &[("policy", &policies::REPOSITORY)];
    const TAKES: &'static [(&'static str, Takes)] =
        &[("encryption_configuration.kms_key", Takes::Key)];
    const LOST: &'static str = "the images in the old repository are lost";
    const GAP: &'static str = "nobody can fetch or push images meanwhile";
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.image_tag_mutability_exclusion_filter.sort();
        let encryption = spec.encryption_configuration.get_or_insert_default();
        if encryption.encryption_type != EncryptionType::Aes256 {
            encryption.kms_key.get_or_insert_with(|| AWS_MANAGED.to_owned());
        }
        spec.policy = spec.policy.map(|policy| policy.in_partition(&naming.place.partition));
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        let name = arn.split_once(":ecr:")?.1.split_once(":repository/")?.1;
        Some(name.to_owned())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let Some(repository) = describe(aws, name).await? else { return Ok(None) };
        let holdings = async { if sought.holdings { images(aws, name).await } else { Ok(None) } };
        let found = try_join4(
            lifecycle::read(aws, name),
            policy::read(aws, name),
            tags(aws, name),
            holdings,
        );
        let (lifecycle_policy, told, tags, holdings) = Box::pin(found).await?;
        let Some(tags) = tags else { return Ok(None) };
        let force_destroy = is_forced(&tags);
        let (tags, owner) = Tags::seen(tags);
        let spec = Spec {
            lifecycle_policy,
            policy: told.and_then(|text| policy::shown(&text, &aws.place.partition)),
            force_destroy,
            tags,
            ..shown(aws, name, &repository).await?
        };
        let mut seen = Seen::current(spec, facts(&aws.place, name), owner);
        seen.holdings = holdings;
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (name, spec) = (&want.identity, &want.spec);
        let call = aws.session.clients.ecr.create_repository().repository_name(name);
        let call = call.image_tag_mutability(spec.image_tag_mutability.sdk());
        let call = call.set_image_tag_mutability_exclusion_filters(exclusions(spec));
        let call = call.image_scanning_configuration(spec.image_scanning_configuration.sdk());
        let encryption = spec.encryption_configuration.as_ref().and_then(Encryption::sdk);
        let call = call.set_encryption_configuration(encryption);
        let tags = spec.tags.of_holder(&want.owner, spec.force_destroy);
        let answer = call.set_tags(Some(sdk_tags(tags))).send().await;
        answer.attempting("ecr:CreateRepository", || format!("create repository {name}"))?;
        let is_whole = spec.lifecycle_policy.is_none() && spec.policy.is_none();
        Ok(if is_whole { Made::whole(Facts::new()) } else { Made::in_part(Facts::new()) })
    }

    async fn complete(aws: &Aws, want: &Wanted<Spec>, _made: &Live) -> Answer<Facts> {
        let (name, spec) = (&want.identity, &want.spec);
        if spec.lifecycle_policy.is_some() {
            lifecycle::write(aws, name, spec.lifecycle_policy.as_ref()).await?;
        }
        if spec.policy.is_some() {
            policy::write(aws, name, spec.policy.as_ref()).await?;
        }
        Ok(Facts::new())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let (name, spec) = (&change.want.identity, &change.want.spec);
        let settings = async {
            if change.touches("image_tag_mutability")
                || change.touches("image_tag_mutability_exclusion_filter")
            {
                set_mutability(aws, name, spec).await?;
            }
            if change.touches("image_scanning_configuration") {
                set_scanning(aws, name, spec.image_scanning_configuration).await?;
            }
            Ok(())
        };
        let documents = async {
            if change.touches("lifecycle_policy") {
                lifecycle::write(aws, name, spec.lifecycle_policy.as_ref()).await?;
            }
            if change.touches("policy") {
                policy::write(aws, name, spec.policy.as_ref()).await?;
            }
            Ok(())
        };
        // Three parts of a repository that know nothing of each other.
        try_join3(settings, documents, write_tags(aws, change)).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let call = aws.session.clients.ecr.delete_repository().repository_name(name);
        let answer = call.force(emptying == Emptying::Empty).send().await;
        answer.attempting("ecr:DeleteRepository", || format!("delete repository {name}"))?;
        Ok(())
    }
}

impl Mutability {
    fn sdk(self) -> sdk::ImageTagMutability {
        match self {
            Self::Mutable => sdk::ImageTagMutability::Mutable,
            Self::Immutable => sdk::ImageTagMutability::Immutable,
            Self::MutableWithExclusion => sdk::ImageTagMutability::MutableWithExclusion,
            Self::ImmutableWithExclusion => sdk::ImageTagMutability::ImmutableWithExclusion,
        }
    }

    fn shown(mutability: Option<&sdk::ImageTagMutability>) -> Self {
        match mutability {
            Some(sdk::ImageTagMutability::Immutable) => Self::Immutable,
            Some(sdk::ImageTagMutability::MutableWithExclusion) => Self::MutableWithExclusion,
            Some(sdk::ImageTagMutability::ImmutableWithExclusion) => Self::ImmutableWithExclusion,
            _ => Self::Mutable,
        }
    }

    /// Whether there are tags for which the opposite holds.
    fn has_exclusions(self) -> bool {
        matches!(self, Self::MutableWithExclusion | Self::ImmutableWithExclusion)
    }
}

impl Scanning {
    fn sdk(self) -> sdk::ImageScanningConfiguration {
        sdk::ImageScanningConfiguration::builder().scan_on_push(self.scan_on_push).build()
    }
}

impl Encryption {
    fn sdk(&self) -> Option<sdk::EncryptionConfiguration> {
        let sort = match self.encryption_type {
            EncryptionType::Aes256 => sdk::EncryptionType::Aes256,
            EncryptionType::Kms => sdk::EncryptionType::Kms,
            EncryptionType::KmsDsse => sdk::EncryptionType::KmsDsse,
        };
        // AWS takes its own key where none is named, and makes it where there is none yet.
        let key = self.kms_key.clone().filter(|key| key != AWS_MANAGED);
        // Nothing is missing that the builder could miss.
        sdk::EncryptionConfiguration::builder().encryption_type(sort).set_kms_key(key).build().ok()
    }
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", arn(place, name)), ("name", name.to_owned()), ("repository_url", url(place, name))]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

fn arn(place: &Place, name: &str) -> String {
    place.arn("ecr", &format!("repository/{name}"))
}

/// Where the images of a repository are found.
pub(super) fn url(place: &Place, name: &str) -> String {
    let Place { account, region, .. } = place;
    format!("{account}.dkr.ecr.{region}.{}/{name}", place.dns_suffix())
}

async fn describe(aws: &Aws, name: &str) -> Answer<Option<sdk::Repository>> {
    let answer =
        aws.session.clients.ecr.describe_repositories().repository_names(name).send().await;
    let attempted = || format!("read repository {name}");
    let found = answer.attempting("ecr:DescribeRepositories", attempted).or_absent()?;
    Ok(found.and_then(|found| found.repositories.unwrap_or_default().into_iter().next()))
}

/// The repository as its description shows it: the rest is told elsewhere.
async fn shown(aws: &Aws, name: &str, repository: &sdk::Repository) -> Answer<Spec> {
    let mut exclusions: Vec<_> = repository
        .image_tag_mutability_exclusion_filters()
        .iter()
        .map(|it| Exclusion { filter: it.filter.clone(), filter_type: FilterType::Wildcard })
        .collect();
    exclusions.sort();
    let scanning = repository.image_scanning_configuration.as_ref();
    Ok(Spec {
        name: Some(name.to_owned()),
        image_tag_mutability: Mutability::shown(repository.image_tag_mutability.as_ref()),
        image_tag_mutability_exclusion_filter: exclusions,
        image_scanning_configuration: Scanning {
            scan_on_push: scanning.is_some_and(|it| it.scan_on_push),
        },
        encryption_configuration: Some(encryption(aws, repository).await?),
        lifecycle_policy: None,
        policy: None,
        force_destroy: false,
        tags: Tags::default(),
    })
}

async fn encryption(aws: &Aws, repository: &sdk::Repository) -> Answer<Encryption> {
    let shown = repository.encryption_configuration.as_ref();
    let encryption_type = match shown.map(|it| &it.encryption_type) {
        Some(sdk::EncryptionType::Kms) => EncryptionType::Kms,
        Some(sdk::EncryptionType::KmsDsse) => EncryptionType::KmsDsse,
        _ => return Ok(Encryption { encryption_type: EncryptionType::Aes256, kms_key: None }),
    };
    let kms_key = match shown.and_then(|it| it.kms_key.as_deref()) {
        Some(key) => managed_key::named(aws, AWS_MANAGED, key).await?,
        None => AWS_MANAGED.to_owned(),
    };
    Ok(Encryption { encryption_type, kms_key: Some(kms_key) })
}

async fn tags(aws: &Aws, name: &str) -> Answer<Option<BTreeMap<String, String>>> {
    let call = aws.session.clients.ecr.list_tags_for_resource();
    let answer = call.resource_arn(arn(&aws.place, name)).send().await;
    let attempted = || format!("read the tags of repository {name}");
    let tags = answer.attempting("ecr:ListTagsForResource", attempted).or_absent()?;
    let tags = tags.map(|answer| answer.tags.unwrap_or_default());
    Ok(tags.map(|tags| tags.into_iter().map(|tag| (tag.key, tag.value)).collect()))
}

/// So many images are counted.
const COUNTED: i32 = 1000;

async fn images(aws: &Aws, name: &str) -> Answer<Option<Holdings>> {
    let call = aws.session.clients.ecr.list_images().repository_name(name).max_results(COUNTED);
    let answer = call.send().await;
    let attempted = || format!("look for images in repository {name}");
    let Some(found) = answer.attempting("ecr:ListImages", attempted).or_absent()? else {
        return Ok(None);
    };
    // An image stands there once for each of its tags.
    let mut digests: Vec<_> =
        found.image_ids().iter().filter_map(|image| image.image_digest()).collect();
    digests.sort_unstable();
    digests.dedup();
    Ok(match (digests.len(), found.next_token()) {
        (0, _) => None,
        (1, None) => Some(Holdings::lost("1 image")),
        (count, None) => Some(Holdings::lost(format!("{count} images"))),
        (count, Some(_)) => Some(Holdings::lost(format!("{count} images or more"))),
    })
}

fn exclusions(spec: &Spec) -> Option<Vec<sdk::ImageTagMutabilityExclusionFilter>> {
    let filters = &spec.image_tag_mutability_exclusion_filter;
    // Nothing is missing that a builder could miss.
    let sdk = |exclusion: &Exclusion| {
        sdk::ImageTagMutabilityExclusionFilter::builder()
            .filter(&exclusion.filter)
            .filter_type(sdk::ImageTagMutabilityExclusionFilterType::Wildcard)
            .build()
            .ok()
    };
    (!filters.is_empty()).then(|| filters.iter().filter_map(sdk).collect())
}

async fn set_mutability(aws: &Aws, name: &str, spec: &Spec) -> Answer<()> {
    let call = aws.session.clients.ecr.put_image_tag_mutability().repository_name(name);
    let call = call.image_tag_mutability(spec.image_tag_mutability.sdk());
    let answer = call.set_image_tag_mutability_exclusion_filters(exclusions(spec)).send().await;
    answer.attempting("ecr:PutImageTagMutability", || {
        format!("say whether the tags of repository {name} may move")
    })?;
    Ok(())
}

async fn set_scanning(aws: &Aws, name: &str, scanning: Scanning) -> Answer<()> {
    let call = aws.session.clients.ecr.put_image_scanning_configuration().repository_name(name);
    let answer = call.image_scanning_configuration(scanning.sdk()).send().await;
    answer.attempting("ecr:PutImageScanningConfiguration", || {
        format!("say whether images that come to repository {name} are scanned")
    })?;
    Ok(())
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let turn = change.holder_tags(|spec| (&spec.tags, spec.force_destroy));
    let Some(turn) = turn else { return Ok(()) };
    let name = &change.want.identity;
    let (ecr, arn) = (&aws.session.clients.ecr, &arn(&aws.place, name));
    let put = |tags| async move {
        let call = ecr.tag_resource().resource_arn(arn).set_tags(Some(sdk_tags(tags)));
        call.send().await.attempting("ecr:TagResource", || format!("tag repository {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = ecr.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        call.send().await.attempting("ecr:UntagResource", || format!("untag repository {name}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}

fn sdk_tags(tags: BTreeMap<String, String>) -> Vec<Tag> {
    // Nothing is missing that a builder could miss.
    tags.into_iter()
        .filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok())
        .collect()
}

#[cfg(test)]
mod tests;
