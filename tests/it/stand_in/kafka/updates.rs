//! Changes of a provisioned cluster: one operation at a time, each with the version that the
//! cluster has now.

use serde_json::{Value, json};

use super::clusters::{check_brokers, check_storage, is_express};
use super::{Kafka, bad_request, not_found, page};
use crate::stand_in::route::{Asked, Refusal, Route, Said, route};

pub(super) const ROUTES: &[Route<Kafka>] = &[
    route("UpdateConnectivity", "PUT", "/v1/clusters/{ClusterArn}/connectivity", connectivity),
    route("UpdateBrokerType", "PUT", "/v1/clusters/{ClusterArn}/nodes/type", broker_type),
    route("UpdateBrokerStorage", "PUT", "/v1/clusters/{ClusterArn}/nodes/storage", broker_storage),
    route("UpdateBrokerCount", "PUT", "/v1/clusters/{ClusterArn}/nodes/count", broker_count),
    route("UpdateStorage", "PUT", "/v1/clusters/{ClusterArn}/storage", storage),
    route("UpdateMonitoring", "PUT", "/v1/clusters/{ClusterArn}/monitoring", monitoring),
    route("UpdateRebalancing", "PUT", "/v1/clusters/{ClusterArn}/rebalancing", rebalancing),
    route(
        "UpdateClusterConfiguration",
        "PUT",
        "/v1/clusters/{ClusterArn}/configuration",
        configured,
    ),
    route("UpdateClusterKafkaVersion", "PUT", "/v1/clusters/{ClusterArn}/version", version),
    route("UpdateSecurity", "PATCH", "/v1/clusters/{ClusterArn}/security", security),
    route("ListClusterOperationsV2", "GET", "/api/v2/clusters/{ClusterArn}/operations", list),
    route("DescribeClusterOperationV2", "GET", "/api/v2/operations/{OperationArn}", describe),
];

pub(super) fn stale() -> Refusal {
    bad_request(
        "The version of the cluster isn't current. Check the current version and try again.",
    )
}

fn no_change(of: &str) -> Refusal {
    let why = format!("The request does not include any updates to the {of} of the cluster.");
    bad_request(why)
}

impl Kafka {
    /// Takes a change of what is told of a provisioned cluster, which shows by and by.
    fn update(
        &mut self,
        (kind, asked): (&str, &Asked),
        change: impl FnOnce(&Self, &mut Value) -> Result<(), Refusal>,
    ) -> Said {
        let arn = asked.segment("ClusterArn").to_owned();
        let cluster = self.cluster(&arn)?;
        if cluster.state() != "ACTIVE" {
            let state = cluster.state();
            return Err(bad_request(format!(
                "You can't use this operation on a cluster in the {state} state."
            )));
        }
        if cluster.info["currentVersion"] != asked.text("currentVersion") {
            return Err(stale());
        }
        let mut info = cluster.info.clone();
        if info["provisioned"].is_null() {
            return Err(bad_request("This operation is for provisioned clusters."));
        }
        change(self, &mut info["provisioned"])?;
        let name = info["clusterName"].as_str().unwrap_or_default().to_owned();
        let operation = self.arn(&format!("cluster-operation/{name}/{}", uuid_of(&arn)), "2");
        let to = self.failing_operation.take().map_or(Ok(info), Err);
        let looks = self.looks;
        self.cluster(&arn)?.change(kind, &operation, to, looks);
        Ok(json!({ "clusterArn": arn, "clusterOperationArn": operation }))
    }

    /// Broker software with a configuration, if one is asked for.
    pub(super) fn configured(&self, mut software: Value, asked: &Value) -> Said {
        if !asked.is_null() {
            let arn = asked["arn"].as_str().unwrap_or_default();
            let known = self.configurations.get(arn);
            let known = known.ok_or_else(|| bad_request("Invalid Configuration ARN."))?;
            let revision = asked["revision"].as_u64().unwrap_or_default();
            if !known.has(revision) {
                return Err(bad_request("Configuration revision does not exist."));
            }
            software["configurationArn"] = json!(arn);
            software["configurationRevision"] = json!(revision);
        }
        Ok(software)
    }
}

fn uuid_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

fn connectivity(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_CONNECTIVITY", asked), |_, told| {
        let now = &mut told["brokerNodeGroupInfo"]["connectivityInfo"];
        let before = now.clone();
        for (name, value) in asked.body["connectivityInfo"].as_object().into_iter().flatten() {
            now[name] = value.clone();
        }
        if *now == before {
            return Err(no_change("connectivity"));
        }
        check_public(told)
    })
}

/// Nobody comes in from the Internet without a name, or in the clear.
fn check_public(told: &Value) -> Result<(), Refusal> {
    let access = &told["brokerNodeGroupInfo"]["connectivityInfo"]["publicAccess"]["type"];
    let clients = &told["clientAuthentication"];
    let transit = &told["encryptionInfo"]["encryptionInTransit"];
    let is_open = clients["unauthenticated"]["enabled"] == true || transit["clientBroker"] != "TLS";
    if *access != "DISABLED" && is_open {
        return Err(bad_request(
            "To turn on public access, turn off unauthenticated access and plaintext.",
        ));
    }
    Ok(())
}

fn broker_type(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_BROKER_TYPE", asked), |_, told| {
        let group = &mut told["brokerNodeGroupInfo"];
        let wanted = json!(asked.text("targetInstanceType"));
        if group["instanceType"] == wanted {
            return Err(no_change("broker type"));
        }
        let was_express = is_express(group);
        group["instanceType"] = wanted;
        if is_express(group) != was_express {
            return Err(bad_request("Standard and express brokers don't become one another."));
        }
        check_storage(group)
    })
}

fn broker_storage(kafka: &mut Kafka, asked: &Asked) -> Said {
    let volumes = asked.body["targetBrokerEBSVolumeInfo"].clone();
    kafka.update(("UPDATE_BROKER_STORAGE", asked), |_, told| {
        if volumes[0]["kafkaBrokerNodeId"] != "All" {
            return Err(bad_request("All brokers have one size."));
        }
        let before = told.clone();
        grow(&mut told["brokerNodeGroupInfo"], volumes[0]["volumeSizeGB"].as_u64())?;
        let throughput = &volumes[0]["provisionedThroughput"];
        set_throughput(&mut told["brokerNodeGroupInfo"], throughput)?;
        if *told == before { Err(no_change("storage")) } else { Ok(()) }
    })
}

fn storage(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_STORAGE", asked), |_, told| {
        if is_express(&told["brokerNodeGroupInfo"]) {
            return Err(bad_request("Express brokers have no storage to manage."));
        }
        let before = told.clone();
        grow(&mut told["brokerNodeGroupInfo"], asked.body["volumeSizeGB"].as_u64())?;
        set_throughput(&mut told["brokerNodeGroupInfo"], &asked.body["provisionedThroughput"])?;
        match (asked.text("storageMode"), told["storageMode"].as_str()) {
            ("", _) => {}
            ("LOCAL", Some("TIERED")) => {
                return Err(bad_request("Tiered storage can't be turned off for a cluster."));
            }
            (mode, _) => told["storageMode"] = json!(mode),
        }
        if *told == before { Err(no_change("storage")) } else { Ok(()) }
    })
}

fn grow(group: &mut Value, size: Option<u64>) -> Result<(), Refusal> {
    if is_express(group) {
        return Err(bad_request("Express brokers have no storage to manage."));
    }
    let Some(size) = size else { return Ok(()) };
    let now = &mut group["storageInfo"]["ebsStorageInfo"]["volumeSize"];
    let was = now.as_u64().unwrap_or_default();
    if size < was {
        return Err(bad_request("The volume size must be greater than the current one."));
    }
    *now = json!(size);
    Ok(())
}

fn set_throughput(group: &mut Value, throughput: &Value) -> Result<(), Refusal> {
    if !throughput.is_null() {
        group["storageInfo"]["ebsStorageInfo"]["provisionedThroughput"] = throughput.clone();
    }
    check_storage(group)
}

fn broker_count(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_BROKER_COUNT", asked), |_, told| {
        let group = &told["brokerNodeGroupInfo"];
        let wanted = asked.body["targetNumberOfBrokerNodes"].as_u64().unwrap_or_default();
        check_brokers(group, wanted)?;
        let now = told["numberOfBrokerNodes"].as_u64().unwrap_or_default();
        let zones = group["clientSubnets"].as_array().map_or(0, Vec::len) as u64;
        if wanted == now {
            return Err(no_change("broker count"));
        }
        // One broker of each zone goes at a time.
        if wanted < now && now - wanted != zones {
            return Err(bad_request(
                "You can remove one broker of each Availability Zone at a time.",
            ));
        }
        told["numberOfBrokerNodes"] = json!(wanted);
        Ok(())
    })
}

/// What is left out is as if nothing had ever been said of it.
fn monitoring(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_MONITORING", asked), |kafka, told| {
        let defaults = kafka.defaults(told);
        for part in ["enhancedMonitoring", "openMonitoring", "loggingInfo"] {
            told[part] = super::clusters::fill(asked.body[part].clone(), &defaults[part]);
        }
        Ok(())
    })
}

fn rebalancing(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_REBALANCING", asked), |_, told| {
        if !is_express(&told["brokerNodeGroupInfo"]) {
            return Err(bad_request("Rebalancing is for express brokers."));
        }
        told["rebalancing"] = asked.body["rebalancing"].clone();
        Ok(())
    })
}

fn configured(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_CLUSTER_CONFIGURATION", asked), |kafka, told| {
        let software = told["currentBrokerSoftwareInfo"].clone();
        let after = kafka.configured(software.clone(), &asked.body["configurationInfo"])?;
        if after == software {
            return Err(no_change("configuration"));
        }
        told["currentBrokerSoftwareInfo"] = after;
        Ok(())
    })
}

fn version(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_CLUSTER_KAFKA_VERSION", asked), |kafka, told| {
        let software = &mut told["currentBrokerSoftwareInfo"];
        let wanted = asked.text("targetKafkaVersion");
        let now = software["kafkaVersion"].as_str().unwrap_or_default();
        if parts(wanted) <= parts(now) {
            return Err(bad_request(format!("You can't go from version {now} to {wanted}.")));
        }
        *software = kafka.configured(software.take(), &asked.body["configurationInfo"])?;
        software["kafkaVersion"] = json!(wanted);
        Ok(())
    })
}

/// `3.6.0` before `3.10.1`, and `.x` after every number.
fn parts(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}

fn security(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.update(("UPDATE_SECURITY", asked), |_, told| {
        let encryption = &asked.body["encryptionInfo"];
        if !encryption["encryptionAtRest"].is_null() {
            return Err(bad_request("Updating encryption-at-rest settings on your cluster is not currently supported."));
        }
        let transit = &encryption["encryptionInTransit"];
        if !transit["inCluster"].is_null() {
            return Err(bad_request("Updating the inter-broker encryption setting on your cluster is not currently supported."));
        }
        let before = told.clone();
        if !asked.body["clientAuthentication"].is_null() {
            told["clientAuthentication"] = asked.body["clientAuthentication"].clone();
        }
        if !transit["clientBroker"].is_null() {
            told["encryptionInfo"]["encryptionInTransit"]["clientBroker"] = transit["clientBroker"].clone();
        }
        if *told == before {
            return Err(no_change("security setting"));
        }
        check_public(told)
    })
}

fn list(kafka: &mut Kafka, asked: &Asked) -> Said {
    let cluster = kafka.cluster(asked.segment("ClusterArn"))?;
    // The latest first.
    Ok(page("clusterOperationInfoList", cluster.operations.iter().rev().cloned()))
}

fn describe(kafka: &mut Kafka, asked: &Asked) -> Said {
    let arn = asked.segment("OperationArn");
    let mut operations = kafka.clusters.values().flat_map(|cluster| &cluster.operations);
    let found = operations.find(|operation| operation["operationArn"] == arn);
    found
        .map(|found| json!({ "clusterOperationInfo": found }))
        .ok_or_else(|| not_found("The operation"))
}
