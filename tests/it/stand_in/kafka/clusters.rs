//! Clusters: how they come, are looked at, and go; their tags.

use serde_json::{Value, json};

use super::{Kafka, Reason, THEN, bad_request, not_found, page, taken};
use crate::stand_in::route::{Asked, Refusal, Route, Said, Tags, route};

pub(super) const ROUTES: &[Route<Kafka>] = &[
    route("CreateClusterV2", "POST", "/api/v2/clusters", create),
    route("ListClustersV2", "GET", "/api/v2/clusters", list),
    route("DescribeClusterV2", "GET", "/api/v2/clusters/{ClusterArn}", describe),
    route("GetBootstrapBrokers", "GET", "/v1/clusters/{ClusterArn}/bootstrap-brokers", bootstrap),
    route("DeleteCluster", "DELETE", "/v1/clusters/{ClusterArn}", delete),
    route("TagResource", "POST", "/v1/tags/{ResourceArn}", tag),
    route("UntagResource", "DELETE", "/v1/tags/{ResourceArn}", untag),
    route("ListTagsForResource", "GET", "/v1/tags/{ResourceArn}", list_tags),
];

/// A cluster of either sort.
#[derive(Debug)]
pub(super) struct Cluster {
    /// As `DescribeClusterV2` tells it.
    pub(super) info: Value,
    work: Option<Work>,
    /// As `DescribeClusterOperationV2` tells them, the latest last.
    pub(super) operations: Vec<Value>,
    /// How often it was asked for its brokers.
    asked: usize,
}

/// What AWS is at, for so many looks yet.
#[derive(Debug)]
struct Work {
    left: usize,
    then: Then,
}

/// What comes when it is done.
#[derive(Debug)]
enum Then {
    /// It is there, or it came to nothing.
    Made(Option<Reason>),
    /// It is as told, with another version; or as it was.
    Changed(Result<Box<Value>, Reason>),
    Gone,
}

impl Cluster {
    /// Whether its deletion was accepted.
    pub(super) fn is_going(&self) -> bool {
        matches!(self.work, Some(Work { then: Then::Gone, .. }))
    }

    pub(super) fn tags(&self) -> Tags {
        serde_json::from_value(self.info["tags"].clone()).unwrap_or_default()
    }

    pub(super) fn state(&self) -> &str {
        self.info["state"].as_str().unwrap_or_default()
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.info["clusterName"] == name
    }

    /// What an operation asks for, which shows when it is done.
    pub(super) fn change(&mut self, kind: &str, arn: &str, to: Result<Value, Reason>, left: usize) {
        self.info["state"] = json!("UPDATING");
        self.info["activeOperationArn"] = json!(arn);
        self.operations.push(json!({
            "clusterArn": self.info["clusterArn"],
            "clusterType": "PROVISIONED",
            "operationArn": arn,
            "operationType": kind,
            "operationState": "PENDING",
            "startTime": THEN,
        }));
        self.work = Some(Work { left, then: Then::Changed(to.map(Box::new)) });
    }

    /// Moves it on; answers whether it is there still.
    fn look(&mut self) -> bool {
        let Some(work) = &mut self.work else { return true };
        if let Some(left) = work.left.checked_sub(1) {
            work.left = left;
            if let (Then::Changed(_), Some(running)) = (&work.then, self.operations.last_mut()) {
                running["operationState"] = json!("UPDATE_IN_PROGRESS");
            }
            return true;
        }
        let Some(work) = self.work.take() else { return true };
        match work.then {
            Then::Gone => return false,
            Then::Made(None) => self.info["state"] = json!("ACTIVE"),
            Then::Made(Some(reason)) => {
                self.info["state"] = json!("FAILED");
                self.info["stateInfo"] = json!({ "code": reason.code, "message": reason.text });
            }
            Then::Changed(to) => self.end(to),
        }
        true
    }

    fn end(&mut self, to: Result<Box<Value>, Reason>) {
        let state = match &to {
            Ok(_) => "UPDATE_COMPLETE",
            Err(_) => "UPDATE_FAILED",
        };
        if let Some(ended) = self.operations.last_mut() {
            ended["operationState"] = json!(state);
            ended["endTime"] = json!(THEN);
            if let Err(reason) = &to {
                ended["errorInfo"] =
                    json!({ "errorCode": reason.code, "errorString": reason.text });
            }
        }
        if let Ok(mut info) = to {
            // What was tagged meanwhile stays.
            info["tags"] = self.info["tags"].take();
            self.info = *info;
        }
        // The look that ends it gives another one.
        self.info["currentVersion"] = Value::Null;
        self.info["state"] = json!("ACTIVE");
        self.info["activeOperationArn"] = Value::Null;
    }
}

impl Kafka {
    pub(super) fn cluster(&mut self, arn: &str) -> Result<&mut Cluster, Refusal> {
        self.clusters.get_mut(arn).ok_or_else(|| not_found("The cluster"))
    }

    /// The ARN of the cluster that has a name.
    ///
    /// # Panics
    /// If none has.
    pub(crate) fn named(&self, name: &str) -> String {
        let mut named = self.clusters.iter().filter(|(_, cluster)| cluster.is_named(name));
        named.next().map(|(arn, _)| arn.clone()).expect("a cluster of that name")
    }

    /// A cluster as AWS tells it.
    pub(crate) fn seen(&self, name: &str) -> Value {
        self.clusters[&self.named(name)].info.clone()
    }

    /// Clients of every cluster begin here, whichever way they log in.
    pub(crate) fn begin_at(&mut self, broker: &str) {
        self.broker = Some(broker.to_owned());
    }

    /// Something of AWS's own keeps a cluster from being changed for so many looks:
    /// `HEALING`, `MAINTENANCE`, `REBOOTING_BROKER`.
    pub(crate) fn befall(&mut self, name: &str, state: &str, looks: usize) {
        let arn = self.named(name);
        if let Some(cluster) = self.clusters.get_mut(&arn) {
            cluster.info["state"] = json!(state);
            cluster.work = Some(Work { left: looks, then: Then::Made(None) });
        }
    }
}

fn create(kafka: &mut Kafka, asked: &Asked) -> Said {
    let name = asked.text("clusterName").to_owned();
    // One that is going keeps its name until it is gone.
    if kafka.clusters.values().any(|cluster| cluster.is_named(&name)) {
        return Err(taken());
    }
    let provisioned = &asked.body["provisioned"];
    let (kind, told) = match provisioned {
        Value::Null => ("SERVERLESS", ("serverless", asked.body["serverless"].clone())),
        provisioned => ("PROVISIONED", ("provisioned", kafka.provisioned(provisioned)?)),
    };
    // That of a serverless one ends with an `s` before its number.
    let arn = kafka.arn(&format!("cluster/{name}"), if kind == "SERVERLESS" { "s1" } else { "2" });
    let mut info = json!({
        "clusterArn": arn,
        "clusterName": name,
        "clusterType": kind,
        "creationTime": THEN,
        "currentVersion": kafka.version(),
        "state": "CREATING",
        "tags": asked.tags(),
    });
    info[told.0] = told.1;
    let then = Then::Made(kafka.failing_creation.take());
    let work = Some(Work { left: kafka.looks, then });
    kafka.clusters.insert(arn.clone(), Cluster { info, work, operations: Vec::new(), asked: 0 });
    Ok(json!({
        "clusterArn": arn, "clusterName": name, "state": "CREATING", "clusterType": kind,
    }))
}

impl Kafka {
    /// A provisioned cluster as it is told, from what was asked for.
    fn provisioned(&self, asked: &Value) -> Result<Value, Refusal> {
        let group = &asked["brokerNodeGroupInfo"];
        let brokers = asked["numberOfBrokerNodes"].as_u64().unwrap_or_default();
        check_brokers(group, brokers)?;
        check_storage(group)?;
        let connectivity = &group["connectivityInfo"];
        if connectivity["publicAccess"]["type"].as_str().is_some_and(|it| it != "DISABLED") {
            return Err(bad_request("You can't turn on public access while you create a cluster."));
        }
        if !connectivity["vpcConnectivity"].is_null() {
            return Err(bad_request(
                "You can't turn on VPC connectivity while you create a cluster.",
            ));
        }
        let mut told = asked.clone();
        let software = json!({ "kafkaVersion": asked["kafkaVersion"] });
        told["currentBrokerSoftwareInfo"] =
            self.configured(software, &asked["configurationInfo"])?;
        if let Some(told) = told.as_object_mut() {
            told.remove("kafkaVersion");
            told.remove("configurationInfo");
        }
        told["zookeeperConnectString"] =
            json!("z-2.example:2181,z-1.example:2181,z-3.example:2181");
        Ok(fill(told, &self.defaults(asked)))
    }

    /// What AWS says where nothing was said.
    pub(super) fn defaults(&self, asked: &Value) -> Value {
        let key = self.key_arn();
        let off = json!({ "enabled": false });
        let is_express = is_express(&asked["brokerNodeGroupInfo"]);
        let mut defaults = json!({
            "brokerNodeGroupInfo": {
                "brokerAZDistribution": "DEFAULT",
                "securityGroups": ["sg-default"],
                "connectivityInfo": {
                    "publicAccess": { "type": "DISABLED" },
                    "networkType": "IPV4",
                    "vpcConnectivity": { "clientAuthentication": {
                        "sasl": { "iam": off, "scram": off }, "tls": off,
                    } },
                },
                "zoneIds": ["use1-az1", "use1-az2", "use1-az4"],
            },
            "encryptionInfo": {
                "encryptionAtRest": { "dataVolumeKMSKeyId": key },
                "encryptionInTransit": { "clientBroker": "TLS", "inCluster": true },
            },
            "enhancedMonitoring": "DEFAULT",
            "openMonitoring": { "prometheus": {
                "jmxExporter": { "enabledInBroker": false },
                "nodeExporter": { "enabledInBroker": false },
            } },
            "loggingInfo": { "brokerLogs": { "cloudWatchLogs": off, "firehose": off, "s3": off } },
            "customerActionStatus": "NONE",
        });
        if is_express {
            defaults["rebalancing"] = json!({ "status": "ACTIVE" });
        } else {
            defaults["storageMode"] = json!("LOCAL");
            defaults["brokerNodeGroupInfo"]["storageInfo"] = json!({ "ebsStorageInfo": {
                "volumeSize": 100, "provisionedThroughput": { "enabled": false },
            } });
        }
        defaults
    }
}

/// What is not said is as in `defaults`.
pub(super) fn fill(told: Value, defaults: &Value) -> Value {
    match (told, defaults) {
        (Value::Object(mut told), Value::Object(defaults)) => {
            for (name, default) in defaults {
                let said = told.remove(name).unwrap_or_default();
                told.insert(name.clone(), fill(said, default));
            }
            Value::Object(told)
        }
        (Value::Null, default) => default.clone(),
        (told, _) => told,
    }
}

pub(super) fn is_express(group: &Value) -> bool {
    group["instanceType"].as_str().is_some_and(|it| it.starts_with("express."))
}

/// Brokers are spread evenly over the zones of the subnets.
pub(super) fn check_brokers(group: &Value, brokers: u64) -> Result<(), Refusal> {
    let subnets = group["clientSubnets"].as_array().map_or(0, Vec::len) as u64;
    if subnets == 0 || brokers == 0 || !brokers.is_multiple_of(subnets) {
        return Err(bad_request(
            "The number of broker nodes must be a multiple of Availability Zones in the Client \
             Subnets parameter.",
        ));
    }
    Ok(())
}

/// Storage as its brokers can have it.
pub(super) fn check_storage(group: &Value) -> Result<(), Refusal> {
    let storage = &group["storageInfo"];
    if is_express(group) && !storage.is_null() {
        return Err(bad_request("Express brokers take no storage info."));
    }
    let throughput = &storage["ebsStorageInfo"]["provisionedThroughput"];
    let size = group["instanceType"].as_str().unwrap_or_default().rsplit('.').next();
    let is_large = size.and_then(|size| size.strip_suffix("xlarge")?.parse().ok());
    if throughput["enabled"] == true && is_large.is_none_or(|times: u32| times < 4) {
        return Err(bad_request("This broker type takes no provisioned storage throughput."));
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "a row of the table, like all others")]
fn list(kafka: &mut Kafka, asked: &Asked) -> Said {
    let begins = asked.query("clusterNameFilter").unwrap_or_default();
    let clusters = kafka.clusters.values().map(|cluster| cluster.info.clone());
    let named = clusters
        .filter(|info| info["clusterName"].as_str().is_some_and(|name| name.starts_with(begins)));
    Ok(page("clusterInfoList", named))
}

fn describe(kafka: &mut Kafka, asked: &Asked) -> Said {
    let arn = asked.segment("ClusterArn");
    if !kafka.cluster(arn)?.look() {
        kafka.clusters.remove(arn);
    }
    let version = kafka.version();
    let cluster = kafka.cluster(arn)?;
    // A change is another version, whatever came of it.
    if cluster.info["currentVersion"].is_null() {
        cluster.info["currentVersion"] = json!(version);
    }
    Ok(json!({ "clusterInfo": cluster.info }))
}

/// Strings of brokers, in an order that is another one each time.
fn bootstrap(kafka: &mut Kafka, asked: &Asked) -> Said {
    let broker = kafka.broker.clone();
    let cluster = kafka.cluster(asked.segment("ClusterArn"))?;
    match cluster.state() {
        "CREATING" | "DELETING" => {
            let why = format!("The cluster is in the {} state.", cluster.state());
            return Err(Refusal::new(409, "ConflictException", why));
        }
        "FAILED" => {
            let why = "You can't get bootstrap broker nodes for a cluster in FAILED state.";
            return Err(bad_request(why));
        }
        _ => {}
    }
    cluster.asked += 1;
    let (name, turn) = (cluster.info["clusterName"].as_str().unwrap_or_default(), cluster.asked);
    let at = |prefix: &str, port: u32| {
        if let Some(broker) = &broker {
            return json!(broker);
        }
        let mut brokers: Vec<String> = (1..=3)
            .map(|number| {
                format!("{prefix}{number}.{name}.c2.kafka.us-east-1.amazonaws.com:{port}")
            })
            .collect();
        brokers.rotate_left(turn % 3);
        json!(brokers.join(","))
    };
    if !cluster.info["serverless"].is_null() {
        return Ok(json!({ "bootstrapBrokerStringSaslIam": at("boot-", 9098) }));
    }
    let told = &cluster.info["provisioned"];
    let clients = &told["clientAuthentication"];
    let on = |way: &Value| way["enabled"] == true;
    let (iam, scram) = (on(&clients["sasl"]["iam"]), on(&clients["sasl"]["scram"]));
    let anybody = on(&clients["unauthenticated"]) || clients.is_null();
    let transit = told["encryptionInfo"]["encryptionInTransit"]["clientBroker"].as_str();
    let mut said = json!({});
    if iam {
        said["bootstrapBrokerStringSaslIam"] = at("b-", 9098);
    }
    if scram {
        said["bootstrapBrokerStringSaslScram"] = at("b-", 9096);
    }
    if transit != Some("PLAINTEXT") && (anybody || on(&clients["tls"])) {
        said["bootstrapBrokerStringTls"] = at("b-", 9094);
    }
    if transit != Some("TLS") && anybody {
        said["bootstrapBrokerString"] = at("b-", 9092);
    }
    let access = &told["brokerNodeGroupInfo"]["connectivityInfo"]["publicAccess"]["type"];
    if *access == "SERVICE_PROVIDED_EIPS" && iam {
        said["bootstrapBrokerStringPublicSaslIam"] = at("b-public-", 9198);
    }
    Ok(said)
}

fn delete(kafka: &mut Kafka, asked: &Asked) -> Said {
    let looks = kafka.looks;
    let arn = asked.segment("ClusterArn").to_owned();
    let cluster = kafka.cluster(&arn)?;
    if !matches!(cluster.state(), "ACTIVE" | "FAILED") {
        let why = format!("You can't delete a cluster in the {} state.", cluster.state());
        return Err(bad_request(why));
    }
    if asked.query("currentVersion").is_some_and(|said| cluster.info["currentVersion"] != said) {
        return Err(super::updates::stale());
    }
    cluster.info["state"] = json!("DELETING");
    cluster.work = Some(Work { left: looks, then: Then::Gone });
    Ok(json!({ "clusterArn": arn, "state": "DELETING" }))
}

fn tag(kafka: &mut Kafka, asked: &Asked) -> Said {
    let cluster = kafka.cluster(asked.segment("ResourceArn"))?;
    let mut tags = cluster.tags();
    tags.extend(asked.tags());
    cluster.info["tags"] = json!(tags);
    Ok(json!({}))
}

fn untag(kafka: &mut Kafka, asked: &Asked) -> Said {
    let cluster = kafka.cluster(asked.segment("ResourceArn"))?;
    let mut tags = cluster.tags();
    asked.queries("tagKeys").for_each(|key| drop(tags.remove(key)));
    cluster.info["tags"] = json!(tags);
    Ok(json!({}))
}

fn list_tags(kafka: &mut Kafka, asked: &Asked) -> Said {
    let cluster = kafka.cluster(asked.segment("ResourceArn"))?;
    Ok(json!({ "tags": cluster.tags() }))
}
