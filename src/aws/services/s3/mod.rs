//! S3: buckets and what they tell.

pub(crate) mod bucket;
pub(crate) mod notification;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] =
    &[&Erased::<bucket::S3Bucket>::new(), &Erased::<notification::S3BucketNotification>::new()];
