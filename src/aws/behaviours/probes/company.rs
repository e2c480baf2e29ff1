//! Who acts a probe: with what, in whose name, and what is to be removed afterwards.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::cast::Cast;
use super::shelf::Shelf;
use super::targets::{QUEUE, Targets};
use crate::aws::behaviours::bench::{Bench, Rubbish};
use crate::aws::behaviours::mail::Mail;
use crate::aws::behaviours::mark::Mark;
use crate::aws::behaviours::queue;
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::{Exhibit, Expectation, Probe, Scene, Sending};
use crate::verify::Watch;
use crate::verify::probe::Stage;

/// How long brokers may not know of a user or a policy that was made moments ago.
const SETTLING: Duration = Duration::from_secs(10);

/// What was found in a queue, by the ids of the messages: the nonce by which they
/// are known, and what they say.
pub(super) type Letters = BTreeMap<String, (String, Value)>;

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
    pub(super) parts: Vec<&'a Exhibit>,
    /// What was found in each queue so far.
    pub(super) letters: Mutex<BTreeMap<String, Letters>>,
    /// What became of executions whose end was awaited, by their ARNs.
    pub(super) ended: Mutex<BTreeMap<String, Value>>,
    /// The Kafka clusters that it speaks to, and what was read of their topics.
    pub(super) shelf: tokio::sync::Mutex<Shelf>,
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
            ended: Mutex::default(),
            shelf: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn session(&self) -> &Session {
        self.bench.session()
    }

    pub(super) fn targets(&self) -> Targets<'a> {
        Targets(self.scene)
    }

    /// What people call a Kafka cluster: its address, or its servers.
    pub(super) fn called_cluster(&self, kafka: &str) -> String {
        self.targets().called(kafka)
    }

    /// Notes where the topics end in which records are expected, before anything is sent.
    ///
    /// # Errors
    /// Where nobody could look.
    pub(super) async fn listens(&self, probe: &Probe) -> Answer<()> {
        let script = probe.script.expect.iter().chain(&probe.script.expect_not);
        let later = probe.after.iter().flat_map(|after| &after.expect);
        for one in script.chain(later).filter(|one| matches!(one, Expectation::Kafka(_))) {
            self.watch.settles(SETTLING, || self.look(one, &self.nonces[0])).await?;
        }
        Ok(())
    }

    /// Writes down what is to be removed, unless it is to stay.
    pub(super) fn note(&self, rubbish: Rubbish) {
        if !self.keeps {
            self.bench.note(self.mark, rubbish);
        }
    }

    /// What may lie in a queue of what the probe sent.
    pub(super) fn mail(&self, target: &str) -> Mail {
        let queue = self.targets().named(QUEUE, target);
        let url = queue.map_or(target, |queue| queue.fact("url")).to_owned();
        Mail { url, nonces: self.nonces.clone(), tries: queue.and_then(queue::tries) }
    }

    /// The same, of the queue where what nobody could process goes, if it is the stack's.
    pub(super) fn dead_mail(&self, target: &str) -> Option<Mail> {
        let policy = self.targets().named(QUEUE, target)?.document.get("redrive_policy")?;
        let dead = self.targets().named(QUEUE, policy["dead_letter_queue"].as_str()?)?;
        Some(self.mail(dead.fact("url")))
    }

    /// When all is well, whoever takes what was sent has taken it: nobody looks for it
    /// in queues that others read, nor among dead letters, unless something was to fail.
    pub(super) fn ends(&self, probe: &Probe, is_well: bool) {
        let script = &probe.script;
        let looked_into = |mail: &Mail| {
            let expect = script.expect.iter().chain(&script.expect_not);
            expect.filter_map(Expectation::target).any(|target| self.mail(target) == *mail)
        };
        for sending in script.send.iter().filter(|_| is_well) {
            let Sending::Queue(to) = sending else { continue };
            let dead = self.dead_mail(&to.queue).filter(|_| script.expect_not.is_empty());
            for mail in std::iter::once(self.mail(&to.queue)).chain(dead) {
                if !looked_into(&mail) {
                    self.bench.forget(self.mark, &Rubbish::Mail(mail));
                }
            }
        }
    }
}
