//! Configurations, of which every change is a revision.

use serde_json::{Value, json};

use super::{Kafka, THEN, bad_request, page, taken};
use crate::stand_in::route::{Asked, Refusal, Route, Said, route};

pub(super) const ROUTES: &[Route<Kafka>] = &[
    route("CreateConfiguration", "POST", "/v1/configurations", create),
    route("ListConfigurations", "GET", "/v1/configurations", list),
    route("DescribeConfiguration", "GET", "/v1/configurations/{Arn}", describe),
    route(
        "DescribeConfigurationRevision",
        "GET",
        "/v1/configurations/{Arn}/revisions/{Revision}",
        revision,
    ),
    route("UpdateConfiguration", "PUT", "/v1/configurations/{Arn}", update),
    route("DeleteConfiguration", "DELETE", "/v1/configurations/{Arn}", delete),
];

#[derive(Debug)]
pub(super) struct Configuration {
    arn: String,
    name: String,
    kafka_versions: Value,
    description: String,
    revisions: Vec<Revision>,
    /// For how many looks it is going yet, when it is.
    going: Option<usize>,
}

#[derive(Debug)]
struct Revision {
    /// In base 64, as they were sent.
    properties: String,
    description: String,
}

impl Configuration {
    pub(super) fn has(&self, revision: u64) -> bool {
        revision >= 1 && revision <= self.revisions.len() as u64
    }

    fn latest(&self) -> Value {
        self.told(self.revisions.len())
    }

    /// A revision, counted from 1.
    fn told(&self, number: usize) -> Value {
        let description = &self.revisions[number - 1].description;
        json!({ "creationTime": THEN, "description": description, "revision": number })
    }

    fn info(&self) -> Value {
        let state = if self.going.is_some() { "DELETING" } else { "ACTIVE" };
        json!({
            "arn": self.arn,
            "name": self.name,
            "creationTime": THEN,
            "description": self.description,
            "kafkaVersions": self.kafka_versions,
            "latestRevision": self.latest(),
            "state": state,
        })
    }
}

impl Kafka {
    /// MSK says so, and not that it was not found.
    fn configuration(&mut self, arn: &str) -> Result<&mut Configuration, Refusal> {
        let none = || bad_request("Configuration ARN does not exist.");
        self.configurations.get_mut(arn).ok_or_else(none)
    }

    fn is_in_use(&self, arn: &str) -> bool {
        self.clusters.values().any(|cluster| {
            cluster.info["provisioned"]["currentBrokerSoftwareInfo"]["configurationArn"] == arn
        })
    }

    /// How many revisions the configuration of a name has.
    ///
    /// # Panics
    /// If none has it.
    pub(crate) fn revisions(&self, name: &str) -> usize {
        let mut named = self.configurations.values().filter(|it| it.name == name);
        named.next().map(|it| it.revisions.len()).expect("a configuration of that name")
    }
}

fn create(kafka: &mut Kafka, asked: &Asked) -> Said {
    let name = asked.text("name");
    if kafka.configurations.values().any(|known| known.name == name) {
        return Err(taken());
    }
    let arn = kafka.arn(&format!("configuration/{name}"), "2");
    let description = asked.text("description").to_owned();
    let first = Revision {
        properties: asked.text("serverProperties").to_owned(),
        description: description.clone(),
    };
    let made = Configuration {
        arn: arn.clone(),
        name: name.to_owned(),
        kafka_versions: asked.body["kafkaVersions"].clone(),
        description,
        revisions: vec![first],
        going: None,
    };
    let said = json!({
        "arn": arn, "creationTime": THEN, "latestRevision": made.latest(), "name": name, "state": "ACTIVE",
    });
    kafka.configurations.insert(arn, made);
    Ok(said)
}

#[expect(clippy::unnecessary_wraps, reason = "a row of the table, like all others")]
fn list(kafka: &mut Kafka, _asked: &Asked) -> Said {
    // A look at all of them is one at each that goes.
    kafka.configurations.retain(|_, configuration| configuration.going != Some(0));
    for left in kafka.configurations.values_mut().filter_map(|it| it.going.as_mut()) {
        *left -= 1;
    }
    Ok(page("configurations", kafka.configurations.values().map(Configuration::info)))
}

fn describe(kafka: &mut Kafka, asked: &Asked) -> Said {
    let arn = asked.segment("Arn");
    match &mut kafka.configuration(arn)?.going {
        Some(0) => drop(kafka.configurations.remove(arn)),
        Some(left) => *left -= 1,
        None => {}
    }
    Ok(kafka.configuration(arn)?.info())
}

fn revision(kafka: &mut Kafka, asked: &Asked) -> Said {
    let number: usize = asked.segment("Revision").parse().unwrap_or_default();
    let known = kafka.configuration(asked.segment("Arn"))?;
    if !known.has(number as u64) {
        return Err(bad_request("Configuration revision does not exist."));
    }
    let mut said = known.told(number);
    said["arn"] = json!(known.arn);
    said["serverProperties"] = json!(known.revisions[number - 1].properties);
    Ok(said)
}

/// A new revision, also where it says nothing new.
fn update(kafka: &mut Kafka, asked: &Asked) -> Said {
    let known = kafka.configuration(asked.segment("Arn"))?;
    if known.going.is_some() {
        return Err(bad_request("The configuration must be in the ACTIVE state."));
    }
    known.revisions.push(Revision {
        properties: asked.text("serverProperties").to_owned(),
        description: asked.text("description").to_owned(),
    });
    Ok(json!({ "arn": known.arn, "latestRevision": known.latest() }))
}

fn delete(kafka: &mut Kafka, asked: &Asked) -> Said {
    let (arn, looks) = (asked.segment("Arn"), kafka.looks);
    let is_in_use = kafka.is_in_use(arn);
    let known = kafka.configuration(arn)?;
    if is_in_use {
        return Err(bad_request(
            "Configuration is in use by one or more clusters. Dissociate the configuration from \
             the clusters.",
        ));
    }
    known.going.get_or_insert(looks);
    Ok(json!({ "arn": arn, "state": "DELETING" }))
}
