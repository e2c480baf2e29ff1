//! Records of Kafka topics, in probes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::once;

/// A record to a topic of a Kafka cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToKafka {
    /// The cluster, by its bootstrap servers: `HOST:PORT`, with commas between several.
    pub kafka: String,
    /// The topic, by its name.
    pub topic: String,
    /// What decides the partition. Without it, it is the first.
    pub key: Option<String>,
    /// The key of another record, into whose partition it goes: no stack file says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// A text, or what becomes JSON text.
    pub value: Value,
    /// Headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How the brokers learn who we are. Without it nobody says so.
    pub authentication: Option<Authentication>,
    /// How often it is written.
    #[serde(default = "once")]
    pub times: u32,
}

/// Records of a topic of a Kafka cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InKafka {
    /// The cluster, by its bootstrap servers: `HOST:PORT`, with commas between several.
    pub kafka: String,
    /// The topic, by its name.
    pub topic: String,
    /// What its key is.
    pub key: Option<String>,
    /// What its value holds in part.
    pub value: Option<Value>,
    /// What stands in its value.
    pub contains: Option<String>,
    /// What is among its headers.
    pub headers: Option<Value>,
    /// How the brokers learn who we are. Without it nobody says so.
    pub authentication: Option<Authentication>,
    /// How many there are. At least one, where nothing is said.
    pub count: Option<usize>,
}

/// How brokers learn who speaks to them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// By a token that is signed with the caller's credentials of AWS.
    Iam,
    /// By the name and the password in this secret of Secrets Manager, by its ARN.
    Scram(String),
}
