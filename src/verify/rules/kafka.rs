//! Clusters of Kafka, and what is read off them: brokers, settings, network.

use serde_json::{Map, Value};

use crate::model::{Exhibit, Scene};

pub(super) const CLUSTER: &str = "msk_cluster";
pub(super) const SERVERLESS: &str = "msk_serverless_cluster";
pub(super) const TOPIC: &str = "msk_topic";
const CONFIGURATION: &str = "msk_configuration";

/// What decides when a record counts as written.
pub(super) const IN_SYNC: &str = "min.insync.replicas";
/// On how many brokers a topic lies that a producer makes.
pub(super) const REPLICATION: &str = "default.replication.factor";

/// A provisioned cluster.
#[derive(Clone, Copy)]
pub(super) struct Cluster<'a> {
    pub(super) exhibit: &'a Exhibit,
    /// Its configuration, if that is of the stack.
    pub(super) configuration: Option<&'a Exhibit>,
}

impl<'a> Cluster<'a> {
    pub(super) fn of(scene: &'a Scene, exhibit: &'a Exhibit) -> Self {
        let named = within(exhibit, &["configuration_info", "arn"]).and_then(Value::as_str);
        let configuration = named.and_then(|arn| scene.named(CONFIGURATION, arn));
        Self { exhibit, configuration }
    }

    /// The cluster that a resource's field names, if it is of the stack.
    pub(super) fn named(scene: &'a Scene, arn: &str) -> Option<Self> {
        scene.named(CLUSTER, arn).map(|exhibit| Self::of(scene, exhibit))
    }

    pub(super) fn brokers(&self) -> Option<u64> {
        self.exhibit.document.get("number_of_broker_nodes")?.as_u64()
    }

    /// In how many subnets, and so zones, its brokers are.
    pub(super) fn subnets(&self) -> usize {
        let subnets = within(self.exhibit, &["broker_node_group_info", "client_subnets"]);
        subnets.and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// Whether AWS decides on storage and replicas.
    pub(super) fn is_express(&self) -> bool {
        let sort = within(self.exhibit, &["broker_node_group_info", "instance_type"]);
        sort.and_then(Value::as_str).is_some_and(|sort| sort.starts_with("express."))
    }

    /// A number that its configuration states.
    pub(super) fn stated(&self, setting: &str) -> Option<u64> {
        let settings = self.configuration?.document.get("server_properties")?.as_object()?;
        number(settings, setting)
    }

    /// On how many brokers a topic lies of which nobody says so. Developer Guide, "Default Amazon
    /// MSK configuration": 3 in three zones, 2 in two.
    pub(super) fn replication(&self) -> u64 {
        let usual = if self.subnets() == 2 { 2 } else { 3 };
        self.stated(REPLICATION).unwrap_or(usual)
    }

    /// How many of them must have a record. Likewise: 2 in three zones, 1 in two.
    pub(super) fn in_sync(&self) -> u64 {
        let usual = if self.subnets() == 2 { 1 } else { 2 };
        self.stated(IN_SYNC).unwrap_or(usual)
    }

    /// Of these steps within the document, the value.
    pub(super) fn field(&self, steps: &[&str]) -> Option<&'a Value> {
        within(self.exhibit, steps)
    }
}

/// What lies within the document of a resource.
pub(super) fn within<'a>(exhibit: &'a Exhibit, steps: &[&str]) -> Option<&'a Value> {
    let (first, rest) = steps.split_first()?;
    rest.iter().try_fold(exhibit.document.get(*first)?, |value, step| value.get(step))
}

/// A setting of Kafka as a number; none where it is not stated, or not known yet.
pub(super) fn number(settings: &Map<String, Value>, setting: &str) -> Option<u64> {
    settings.get(setting)?.as_str()?.trim().parse().ok()
}

/// The version of a cluster as numbers: `3.7.x.kraft` is 3 and 7.
pub(super) fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_two_numbers_and_more() {
        assert_eq!(version("3.5.1"), Some((3, 5)));
        assert_eq!(version("3.7.x.kraft"), Some((3, 7)));
        assert_eq!(version("2.8.2.tiered"), Some((2, 8)));
        assert_eq!(version("latest"), None);
    }
}
