//! Who acts: sends, looks, and writes down what is to be removed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::Value;

use super::cast::{Cast, Deed};
use super::letters::Letters;
use super::targets::{QUEUE, TABLE, Targets, kind_of, kind_to};
use super::{letters, objects, sending};
use crate::aws::behaviours::bench::{Bench, Rubbish};
use crate::aws::behaviours::mark::Mark;
use crate::aws::behaviours::{inbox, items};
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::{Exhibit, Expectation, Probe, Scene, Sending};
use crate::verify::Watch;
use crate::verify::probe::{Sent, Stage};

/// Who acts one probe.
pub(super) struct Company<'a> {
    pub(super) bench: &'a Bench,
    pub(super) scene: &'a Scene,
    pub(super) mark: &'a Mark,
    /// What its messages and items are known by.
    pub(super) nonces: &'a [String; 2],
    pub(super) watch: &'a Watch,
    /// Whether what is made stays.
    pub(super) keeps: bool,
    /// Who plays a role in it, if one was asked for.
    pub(super) cast: Option<Cast<'a>>,
    /// The resources that it names.
    parts: Vec<&'a Exhibit>,
    /// What was found in each queue so far.
    pub(super) letters: Mutex<BTreeMap<String, Letters>>,
}

impl<'a> Company<'a> {
    pub(super) fn new(
        bench: &'a Bench,
        scene: &'a Scene,
        (mark, nonces): (&'a Mark, &'a [String; 2]),
        watch: &'a Watch,
        probe: &Probe,
    ) -> Self {
        let parts = Targets(scene).of(probe).collect();
        Self {
            bench,
            scene,
            mark,
            nonces,
            watch,
            keeps: probe.keeps,
            cast: None,
            parts,
            letters: Mutex::default(),
        }
    }

    pub(super) fn session(&self) -> &Session {
        self.bench.session()
    }

    pub(super) fn targets(&self) -> Targets<'a> {
        Targets(self.scene)
    }

    /// Writes down what is to be removed, unless it is to stay.
    pub(super) fn note(&self, rubbish: Rubbish) {
        if !self.keeps {
            self.bench.note(self.mark, rubbish);
        }
    }

    /// When all is well, whoever takes what was sent has taken it: nobody looks for it
    /// in queues that others read.
    pub(super) fn ends(&self, probe: &Probe, is_well: bool) {
        let looked_into = |queue: &str| {
            let expect = probe.script.expect.iter().chain(&probe.script.expect_not);
            expect.filter_map(Expectation::target).any(|target| target == queue)
        };
        for sending in &probe.script.send {
            if let (Sending::Queue(to), true) = (sending, is_well)
                && !looked_into(&to.queue)
            {
                self.bench.forget(self.mark, &Rubbish::Mail(letters::mail(self, &to.queue)));
            }
        }
    }
}

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
            Expectation::Result(_) | Expectation::Error(_) => Ok(Vec::new()),
        }
    }
}

#[async_trait]
impl Stage for Company<'_> {
    async fn send(&self, sending: &Sending, nonce: &str, number: u32) -> Answer<Sent> {
        let part = self.targets().named(kind_to(sending), sending.target());
        if let (Some(cast), Some(part)) = (&self.cast, part) {
            let deed = Deed::of_sending(part, sending);
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
        let deed = named().and_then(|part| Deed::of_look(part, at));
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
    /// of these go. Who may not look has no clue.
    async fn clues(&self) -> Vec<String> {
        let mut clues = Vec::new();
        for part in self.parts.iter().filter(|part| part.kind == QUEUE) {
            let dead = part.document.get("redrive_policy");
            let dead = dead.and_then(|it| it["dead_letter_queue"].as_str());
            let dead = dead.and_then(|arn| self.targets().named(QUEUE, arn));
            for (queue, of) in [(Some(*part), None), (dead, Some(&part.address))] {
                let Some(queue) = queue else { continue };
                let count = inbox::count(self.session(), queue.fact("url")).await.unwrap_or(0);
                let messages = if count == 1 { "message" } else { "messages" };
                let of =
                    of.map(|it| format!(", where dead letters of {it} go,")).unwrap_or_default();
                if count > 0 {
                    clues.push(format!("{}{of} holds about {count} {messages}", queue.address));
                }
            }
        }
        clues.sort();
        clues.dedup();
        clues
    }
}
