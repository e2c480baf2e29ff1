//! What a probe has open of Kafka clusters, and what it read of their topics so far.
//!
//! A topic is read from where it ended when the probe began, so that nothing is read that
//! cannot be of it. Whoever wrote a record, it is ours if it carries the nonce.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::aws::behaviours::hindrance::in_the_way;
use crate::aws::behaviours::mark::{MARK, nonce_in};
use crate::aws::brokers::{Brokers, ReadBack};
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::probe::Authentication;

/// How often one look reads on in one partition, 1 MiB at a time.
const MOST_READS: usize = 32;

/// What is open and was read so far. One at a time reads and writes, so that each
/// connection is made once.
#[derive(Default)]
pub(super) struct Shelf {
    clusters: BTreeMap<Door, Brokers>,
    pub(super) tapes: BTreeMap<(String, String), Tape>,
}

/// A cluster, how it learns who we are, and whether that is the role that was asked for.
pub(super) type Door = (String, Option<Authentication>, bool);

/// A topic from where it ended when it was first looked into.
#[derive(Default)]
pub(super) struct Tape {
    /// What each partition is read from next.
    pub(super) next: BTreeMap<i32, i64>,
    /// What was ours, with its nonce.
    pub(super) found: BTreeMap<(i32, i64), (String, Value)>,
}

impl Shelf {
    /// The brokers behind a door, which are reached once.
    pub(super) async fn cluster(&mut self, session: &Session, door: Door) -> Answer<&mut Brokers> {
        if !self.clusters.contains_key(&door) {
            let brokers = Brokers::reach(session, &door.0, door.1.as_ref()).await?;
            self.clusters.insert(door.clone(), brokers);
        }
        let lost = || in_the_way("reach the brokers", "Lost", String::new(), "try again");
        self.clusters.get_mut(&door).ok_or_else(lost)
    }
}

impl Tape {
    /// Reads what came since, and keeps what is ours. Answers whether that was all.
    pub(super) async fn read_on(&mut self, cluster: &mut Brokers, topic: &str) -> Answer<bool> {
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

/// By what a record is known: our own header stands before all, then the value, of what
/// holds several nonces.
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
