//! MSK (Managed Streaming for Apache Kafka): clusters, topics, and who may log in.

mod cluster;
mod configuration;
pub(crate) mod scram_secret_association;
pub(crate) mod serverless_cluster;
mod tags;
pub(super) mod told;
pub(crate) mod topic;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[
    &Erased::<cluster::MskCluster>::new(),
    &Erased::<configuration::MskConfiguration>::new(),
    &Erased::<scram_secret_association::MskScramSecretAssociation>::new(),
    &Erased::<serverless_cluster::MskServerlessCluster>::new(),
    &Erased::<topic::MskTopic>::new(),
];
