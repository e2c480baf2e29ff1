//! Records that a probe writes to topics of Kafka clusters, and those that it finds there.
//!
//! A topic is read from where it ended when the probe began, so that nothing is read that
//! cannot be of it. Whoever wrote a record, it is ours if it carries the nonce. What was
//! written stays until the topic lets go of it: nobody can take a record back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::company::Company;
use super::sending::text_of;
use crate::aws::behaviours::hindrance::in_the_way;
use crate::aws::behaviours::mark::{MARK, nonce_in};
use crate::aws::brokers::{Brokers, ReadBack, Written};
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::probe::{Authentication, InKafka, ToKafka};
use crate::model::{CloudError, ErrorClass};
use crate::verify::probe::Sent;

/// How often one look reads on in one partition, 1 MiB at a time.
const MOST_READS: usize = 32;

/// What is open and was read so far. One at a time reads and writes, so that each
/// connection is made once.
#[derive(Default)]
pub(super) struct Shelf {
    clusters: BTreeMap<Door, Brokers>,
    tapes: BTreeMap<(String, String), Tape>,
}

/// A cluster, how it learns who we are, and whether that is the role that was asked for.
type Door = (String, Option<Authentication>, bool);

/// A topic from where it ended when it was first looked into.
#[derive(Default)]
struct Tape {
    /// What each partition is read from next.
    next: BTreeMap<i32, i64>,
    /// What was ours, with its nonce.
    found: BTreeMap<(i32, i64), (String, Value)>,
}

impl Shelf {
    async fn cluster(
        &mut self,
        (company, session): (&Company<'_>, &Session),
        (kafka, authentication): (&str, Option<&Authentication>),
    ) -> Answer<&mut Brokers> {
        let is_role = !std::ptr::eq(session, company.session());
        let door = (kafka.to_owned(), authentication.cloned(), is_role);
        if !self.clusters.contains_key(&door) {
            let brokers = Brokers::reach(session, kafka, authentication).await?;
            let called = company.called_cluster(kafka);
            company.watch.saw(format!("reached the brokers of {called}"));
            self.clusters.insert(door.clone(), brokers);
        }
        let lost = || in_the_way("reach the brokers", "Lost", String::new(), "try again");
        self.clusters.get_mut(&door).ok_or_else(lost)
    }
}

/// Writes a record, marked as ours.
pub(super) async fn write(
    (company, session): (&Company<'_>, &Session),
    to: &ToKafka,
    (nonce, number): (&str, u32),
) -> Answer<Sent> {
    let mut shelf = company.shelf.lock().await;
    let door = (to.kafka.as_str(), to.authentication.as_ref());
    let cluster = shelf.cluster((company, session), door).await?;
    let mut headers = to.headers.clone();
    headers.insert(MARK.to_owned(), nonce.to_owned());
    let record = Written {
        key: to.key.as_deref(),
        value: text_of(&to.value),
        headers,
        at: company.bench.options().since,
    };
    let (partition, offset) = cluster.write(&to.topic, record, number).await?;
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
    let door = (at.kafka.as_str(), at.authentication.as_ref());
    let name = (at.kafka.clone(), at.topic.clone());
    let Some(mut tape) = shelf.tapes.remove(&name) else {
        let cluster = shelf.cluster((company, session), door).await?;
        let next = cluster.ends(&at.topic).await?;
        shelf.tapes.insert(name, Tape { next, ..Tape::default() });
        return Ok(Vec::new());
    };
    let read = async {
        let cluster = shelf.cluster((company, session), door).await?;
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

impl Tape {
    /// Reads what came since, and keeps what is ours. Answers whether that was all.
    async fn read_on(&mut self, cluster: &mut Brokers, topic: &str) -> Answer<bool> {
        let mut is_whole = true;
        for (partition, next) in &mut self.next {
            let mut reads = 0;
            loop {
                let (records, end) = cluster.read(topic, *partition, *next).await?;
                let last = records.last().map(|record| record.offset + 1);
                let ours = records.iter().filter_map(|record| {
                    Some(((*partition, record.offset), (nonce_of(record)?, said(record))))
                });
                self.found.extend(ours);
                *next = last.unwrap_or(*next);
                reads += 1;
                if last.is_none() || *next >= end {
                    break;
                }
                if reads == MOST_READS {
                    is_whole = false;
                    break;
                }
            }
        }
        Ok(is_whole)
    }
}

/// By what a record is known. What is written later has the key of what was written first,
/// and with it that one's nonce: our own header stands before all, then the value.
fn nonce_of(record: &ReadBack) -> Option<String> {
    let texts = record.headers.get(MARK).into_iter().chain(&record.value);
    let mut texts = texts.chain(record.headers.values()).chain(&record.key);
    texts.find_map(|text| nonce_in(text)).map(|nonce| nonce.text)
}

fn said(record: &ReadBack) -> Value {
    json!({ "key": record.key, "value": record.value, "headers": record.headers })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "ccprov-0123456789abcdef-240";
    const LATER: &str = "ccprov-fedcba9876543210-240";

    fn record(key: Option<&str>, value: &str, headers: &[(&str, &str)]) -> ReadBack {
        let headers = headers.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        ReadBack {
            offset: 0,
            key: key.map(str::to_owned),
            value: Some(value.to_owned()),
            headers: headers.collect(),
        }
    }

    fn check(record: &ReadBack, expected: Option<&str>) {
        assert_eq!(nonce_of(record).as_deref(), expected, "{record:?}");
    }

    #[test]
    fn a_record_is_known_by_its_nonce_wherever_it_stands() {
        check(&record(None, "somebody's", &[("trace", "1")]), None);
        check(&record(Some(FIRST), "", &[]), Some(FIRST));
        check(&record(None, "", &[("trace", FIRST)]), Some(FIRST));
        check(&record(None, &format!("{{\"id\":\"{FIRST}\"}}"), &[]), Some(FIRST));
    }

    #[test]
    fn what_was_written_later_is_not_what_was_written_first() {
        check(&record(Some(FIRST), LATER, &[]), Some(LATER));
        check(&record(Some(FIRST), "", &[(MARK, LATER)]), Some(LATER));
    }
}
