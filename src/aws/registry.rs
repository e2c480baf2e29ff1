//! Every kind, in one sorted list. A new kind is a file in `kinds/` and a line here.

use super::grant::Grant;
use super::kind::{AnyKind, Erased};
use super::kinds::iam_policy::IamPolicy;
use super::kinds::iam_role::IamRole;
use super::kinds::kms_key::KmsKey;
use super::kinds::s3_bucket::S3Bucket;
use super::kinds::s3_bucket_notification::S3BucketNotification;
use super::kinds::sns_subscription::SnsSubscription;
use super::kinds::sns_topic::SnsTopic;
use super::kinds::sqs_queue::SqsQueue;
use super::partition;
use crate::model::{
    Catalog, Document, Facts, KindInfo, Live, NameOrigin, Naming, Prepared, Problem,
};

/// Sorted by name.
pub(crate) static KINDS: &[&dyn AnyKind] = &[
    &Erased::<IamPolicy>::new(),
    &Erased::<IamRole>::new(),
    &Erased::<KmsKey>::new(),
    &Erased::<S3Bucket>::new(),
    &Erased::<S3BucketNotification>::new(),
    &Erased::<SnsSubscription>::new(),
    &Erased::<SnsTopic>::new(),
    &Erased::<SqsQueue>::new(),
];

/// The kind of a name.
pub(crate) fn kind(name: &str) -> Option<&'static dyn AnyKind> {
    KINDS.iter().copied().find(|kind| kind.name() == name)
}

/// What AWS must allow of each kind, by the kind's name.
pub fn grants() -> impl Iterator<Item = (&'static str, &'static [Grant])> {
    KINDS.iter().map(|kind| (kind.name(), kind.grants()))
}

/// What is known of every kind, for the rooms that know no AWS.
#[derive(Clone, Debug)]
pub struct AwsCatalog {
    kinds: Vec<KindInfo>,
}

impl AwsCatalog {
    /// Asks every registered kind.
    pub fn new() -> Self {
        Self { kinds: KINDS.iter().map(|kind| kind.info()).collect() }
    }
}

impl Default for AwsCatalog {
    fn default() -> Self {
        Self::new()
    }
}

impl Catalog for AwsCatalog {
    fn kinds(&self) -> &[KindInfo] {
        &self.kinds
    }

    fn regions(&self) -> Vec<&str> {
        partition::regions()
    }

    fn prepare(
        &self,
        name: &str,
        naming: &Naming,
        document: &Document,
    ) -> Option<Result<Prepared, Vec<Problem>>> {
        Some(kind(name)?.prepare(naming, document))
    }

    fn predict(&self, name: &str, naming: &Naming, document: &Document) -> Facts {
        kind(name).map(|kind| kind.predict(naming, document)).unwrap_or_default()
    }

    fn name_origin(&self, live: &Live, naming: &Naming) -> NameOrigin {
        kind(&live.kind).map_or(NameOrigin::Stated, |kind| kind.name_origin(live, naming))
    }
}
