//! Records that a probe writes to topics of Kafka clusters, and those that it finds there.
//!
//! What was written stays until the topic lets go of it: nobody can take a record back.

use serde_json::Value;

use super::company::Company;
use super::sending::text_of;
use super::shelf::{Door, Tape};
use crate::aws::behaviours::hindrance::in_the_way;
use crate::aws::behaviours::mark::MARK;
use crate::aws::brokers::Written;
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::probe::{Authentication, InKafka, ToKafka};
use crate::model::{CloudError, ErrorClass};
use crate::verify::probe::Sent;

/// Through which door a session goes to a cluster.
fn door(
    (company, session): (&Company<'_>, &Session),
    (kafka, authentication): (&str, Option<&Authentication>),
) -> Door {
    let is_role = !std::ptr::eq(session, company.session());
    (kafka.to_owned(), authentication.cloned(), is_role)
}

/// Writes a record, marked as ours.
pub(super) async fn write(
    (company, session): (&Company<'_>, &Session),
    to: &ToKafka,
    nonce: &str,
) -> Answer<Sent> {
    let mut shelf = company.shelf.lock().await;
    let door = door((company, session), (&to.kafka, to.authentication.as_ref()));
    let cluster = shelf.cluster(session, door).await?;
    let mut headers = to.headers.clone();
    headers.insert(MARK.to_owned(), nonce.to_owned());
    let record = Written {
        key: to.key.as_deref(),
        beside: to.beside.as_deref(),
        value: text_of(&to.value),
        headers,
        at: company.bench.options().since,
    };
    let (partition, offset) = cluster.write(&to.topic, record).await?;
    let topic = &to.topic;
    let called = format!("wrote record {offset} of partition {partition} to topic {topic}");
    Ok(Sent { called, answer: None })
}

/// Every record of ours that was found in a topic so far. The first look only notes where
/// the topic ends.
pub(super) async fn look(
    (company, session): (&Company<'_>, &Session),
    at: &InKafka,
    nonce: &str,
) -> Answer<Vec<Value>> {
    let mut shelf = company.shelf.lock().await;
    let door = door((company, session), (&at.kafka, at.authentication.as_ref()));
    let name = (at.kafka.clone(), at.topic.clone());
    let Some(mut tape) = shelf.tapes.remove(&name) else {
        let cluster = shelf.cluster(session, door).await?;
        company.watch.saw(format!("reached the brokers of {}", company.called_cluster(&at.kafka)));
        let next = cluster.ends(&at.topic).await?;
        shelf.tapes.insert(name, Tape { next, ..Tape::default() });
        return Ok(Vec::new());
    };
    let read = async {
        let cluster = shelf.cluster(session, door).await?;
        tape.read_on(cluster, &at.topic).await
    };
    let is_whole = read.await;
    let of_nonce = tape.found.values().filter(|(own, _)| own == nonce);
    let all: Vec<Value> = of_nonce.map(|(_, said)| said.clone()).collect();
    shelf.tapes.insert(name, tape);
    if is_whole? || !all.is_empty() {
        return Ok(all);
    }
    Err(CloudError {
        // The next look goes on from here.
        class: ErrorClass::Transient,
        ..in_the_way(
            &format!("read topic {}", at.topic),
            "TooManyOthers",
            "others write faster than it is read".to_owned(),
            "expect it in a topic with less traffic",
        )
    })
}
