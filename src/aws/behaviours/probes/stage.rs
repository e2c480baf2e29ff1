//! The stage of a probe in AWS: what sends, and what looks.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::Value;

use super::cast::Deed;
use super::company::Company;
use super::targets::{LOG_GROUP, QUEUE, TABLE, kind_of, kind_to, log_group};
use super::{events, executions, letters, objects, records, sending};
use crate::aws::behaviours::bench::Rubbish;
use crate::aws::behaviours::{inbox, items};
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::{Expectation, Sending};
use crate::verify::probe::{Sent, Stage};

impl Company<'_> {
    async fn sends(
        &self,
        session: &Session,
        sending: &Sending,
        (nonce, number): (&str, u32),
    ) -> Answer<Sent> {
        match sending {
            Sending::Queue(to) => sending::to_queue((self, session), to, (nonce, number)).await,
            Sending::Topic(to) => sending::to_topic((self, session), to, (nonce, number)).await,
            Sending::Bucket(to) => objects::put((self, session), to).await,
            Sending::Function(to) => sending::to_function((self, session), to).await,
            Sending::Machine(to) => executions::start((self, session), to, nonce).await,
            Sending::Bus(to) => events::put((self, session), to).await,
            Sending::Kafka(to) => records::write((self, session), to, nonce).await,
        }
    }

    async fn looks(&self, session: &Session, at: &Expectation, nonce: &str) -> Answer<Vec<Value>> {
        match at {
            Expectation::Table(table) => {
                let part = self.targets().named(TABLE, &table.table);
                let Some(items) = part.and_then(|part| items::items(part, table)) else {
                    return Ok(Vec::new());
                };
                self.note(Rubbish::Items(items.clone()));
                items::find(session, &items).await
            }
            Expectation::Queue(queue) => letters::look((self, session), queue, nonce).await,
            Expectation::Bucket(bucket) => objects::get((self, session), bucket).await,
            Expectation::Log(log) => sending::lines((self, session), log).await,
            Expectation::Execution(one) => executions::look((self, session), one, nonce).await,
            Expectation::Kafka(at) => records::look((self, session), at, nonce).await,
            Expectation::Result(_) | Expectation::Error(_) => Ok(Vec::new()),
        }
    }
}

#[async_trait]
impl Stage for Company<'_> {
    async fn send(&self, sending: &Sending, nonce: &str, number: u32) -> Answer<Sent> {
        let part = self.targets().named(kind_to(sending), sending.target());
        let deed = part.and_then(|part| Deed::of_sending(part, sending));
        if let (Some(cast), Some(deed)) = (&self.cast, deed) {
            let around = (self.bench, self.scene, self.watch);
            let call = |session| -> BoxFuture<'_, Answer<Sent>> {
                Box::pin(self.sends(session, sending, (nonce, number)))
            };
            let as_role = cast.does(around, &deed, &call);
            if let Some(done) = as_role.await {
                return done;
            }
        }
        self.sends(self.session(), sending, (nonce, number)).await
    }

    async fn look(&self, at: &Expectation, nonce: &str) -> Answer<Vec<Value>> {
        let named = || self.targets().named(kind_of(at)?, at.target()?);
        let deed = named().and_then(|part| Deed::of_look(part, at, nonce));
        if let (Some(cast), Some(deed)) = (&self.cast, deed) {
            let around = (self.bench, self.scene, self.watch);
            let call = |session| -> BoxFuture<'_, Answer<Vec<Value>>> {
                Box::pin(self.looks(session, at, nonce))
            };
            let as_role = cast.does(around, &deed, &call);
            if let Some(done) = as_role.await {
                return done;
            }
        }
        self.looks(self.session(), at, nonce).await
    }

    fn called(&self, target: &str) -> String {
        self.targets().called(target)
    }

    /// What lies in the queues that it has to do with, and in those where dead letters
    /// of these go; and where state machines write what they do. Who may not look has no
    /// clue.
    async fn clues(&self) -> Vec<String> {
        let mut clues = BTreeMap::new();
        for part in self.parts.iter().filter(|part| part.kind == QUEUE) {
            let dead = part.document.get("redrive_policy");
            let dead = dead.and_then(|it| it["dead_letter_queue"].as_str());
            let dead = dead.and_then(|arn| self.targets().named(QUEUE, arn));
            for (queue, of) in [(Some(*part), None), (dead, Some(&part.address))] {
                let Some(queue) = queue else { continue };
                let count = inbox::count(self.session(), queue.fact("url")).await.unwrap_or(0);
                let messages = if count == 1 { "message" } else { "messages" };
                let of = of.map(|it| format!(", where dead letters of {it} go,"));
                let said = format!(
                    "{}{} holds about {count} {messages}",
                    queue.address,
                    of.as_deref().unwrap_or_default()
                );
                // Once for each queue, with as much as is known of it.
                if count > 0 && (of.is_some() || !clues.contains_key(&queue.address)) {
                    clues.insert(queue.address.clone(), said);
                }
            }
        }
        let logs = self.parts.iter().filter_map(|part| {
            let group = log_group(&part.document)?;
            let group = self.targets().named(LOG_GROUP, group)?;
            Some(format!("{} writes its executions into {}", part.address, group.address))
        });
        clues.into_values().chain(logs).collect()
    }
}
