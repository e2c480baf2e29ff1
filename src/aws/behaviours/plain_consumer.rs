//! `plain_consumer`: who may read can, with a role's own rights.
//!
//! An object is put for the role to get; it lies where the role may look. A
//! message is received and deleted only with `--exclusive`: who receives from a
//! queue that others read takes their messages.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::actor::{self, Deeds, Play, act};
use super::bench::{Bench, Rubbish};
use super::hindrance::in_the_way;
use super::letter::{Letter, run_of};
use super::mark::Mark;
use super::messages::{self, Held, Message};
use super::payload::{self, Encryption, Fetched, Object, Payload};
use super::queue;
use super::target;
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Finding, Level, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "plain_consumer",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "Who may read a bucket or a queue gets an object or a message out, with the rights of \
              the role alone.",
    risk: "The system works for whoever verifies it, and no consumer can read what arrives.",
    remedy: "Give the role what AWS says it lacks (often `kms:Decrypt` on the key), or take from the \
             resource's policy the Deny that meets it.",
};

/// What it is to read.
pub(super) const READS: Deeds =
    &[("s3_bucket", "s3:GetObject"), ("sqs_queue", "sqs:ReceiveMessage")];
const SMALL: u64 = 6;
/// One call, which waits for a message so long.
const LOOK: Duration = Duration::from_secs(1);
/// For the calls around it.
const CALLS: Duration = Duration::from_mins(1);

pub(super) struct PlainConsumer(pub(super) Bench);

#[async_trait]
impl Behaviour for PlainConsumer {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        if !target::may_enforce(&scene.place) {
            return Vec::new();
        }
        let plays = actor::plays(&self.0, scene, READS).into_iter();
        plays.map(|play| play.trial(subject(&play))).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let plays = actor::plays(&self.0, scene, READS);
        let Some(play) = plays.iter().find(|play| subject(play) == trial.subject) else {
            return Ok(Vec::new());
        };
        if play.actor.is_out_of_reach(&self.0, watch) {
            return Ok(Vec::new());
        }
        target::check_enforces(self.0.session(), &scene.place).await?;
        let mark = Mark::new(self.deadline());
        let round = Round { bench: &self.0, scene, play, mark: &mark, watch };
        if play.part.kind == "s3_bucket" {
            return self.0.tidily(&mark, Box::pin(round.get())).await;
        }
        if !self.0.options().exclusive {
            watch.sees_nothing("who receives takes the messages of others: it takes --exclusive");
            return Ok(Vec::new());
        }
        let _turn = watch.in_line(self.0.turn()).await;
        self.0.tidily(&mark, Box::pin(round.receive())).await
    }

    fn deadline(&self) -> Duration {
        self.0.options().patience + CALLS
    }
}

fn subject(play: &Play<'_>) -> String {
    format!("{} -> {}", play.part.address, play.actor.name())
}

/// One consumer and one thing that it reads.
struct Round<'a> {
    bench: &'a Bench,
    scene: &'a Scene,
    play: &'a Play<'a>,
    mark: &'a Mark,
    watch: &'a Watch,
}

impl Round<'_> {
    async fn get(&self) -> Answer<Vec<Finding>> {
        let Self { bench, scene, play, mark, watch } = *self;
        let Some(key) = play.key(mark) else {
            watch.sees_nothing("it may read certain objects alone, none of which is ours");
            return Ok(Vec::new());
        };
        let Some(session) = play.actor.enter(bench, mark, watch).await? else {
            return Ok(Vec::new());
        };
        let object = Object::new(play.part, &scene.place.account, key);
        bench.note(mark, Rubbish::Object(object.clone()));
        let payload = Payload { seed: 0, size: SMALL };
        self.put(&object, payload).await?;
        let claim = (object.bucket.as_str(), object.key.as_str(), None);
        let get = || payload::fetch(&session, &object.account, claim);
        let wrong = match act(bench, watch, get).await? {
            Err(error) => return Ok(play.refused(scene, "an ordinary GetObject", &error, watch)),
            Ok(Some(Fetched { size, digest })) if digest == payload.digest() => {
                watch.saw(format!("got {size} bytes, those that were put"));
                return Ok(Vec::new());
            }
            Ok(Some(_)) => "gets other bytes than were put",
            Ok(None) => "does not get an object that is there",
        };
        let message = format!("{} {wrong}", play.actor.name());
        Ok(vec![Finding::new(&play.part.address, message)])
    }

    /// As ordinary producers do, or else as a bucket may insist.
    async fn put(&self, object: &Object, payload: Payload) -> Answer<()> {
        let session = self.bench.session();
        let plain = payload::put(session, object, payload, &Encryption::default()).await;
        if target::refusal(plain)?.is_some() {
            let stated = Encryption::of(self.play.part);
            payload::put(session, object, payload, &stated).await?;
        }
        Ok(())
    }

    async fn receive(&self) -> Answer<Vec<Finding>> {
        let Self { bench, scene, play, mark, watch } = *self;
        let (queue, body) = (play.part, Letter::body(&scene.stack, mark));
        let (url, tries) = (queue.fact("url"), queue::tries(queue));
        let Some((letter, session)) = play.with_letter(body, bench, mark, watch).await? else {
            return Ok(Vec::new());
        };
        letter.send(bench.session()).await?;
        watch.awaits(format!("our message on {}", queue.address));
        let until = Instant::now() + watch.patience(bench.options().patience);
        while Instant::now() < until {
            let receive = || messages::receive(&session, url, LOOK);
            let messages = match act(bench, watch, receive).await? {
                Ok(messages) => messages,
                Err(error) => {
                    return Ok(play.refused(scene, "an ordinary ReceiveMessage", &error, watch));
                }
            };
            let Some(held) = self.pick(messages, &letter, tries)? else { continue };
            watch.saw("our message was received");
            let findings = self.delete(&session, &held).await?;
            if findings.is_empty() {
                bench.forget(mark, &Rubbish::Letter(letter));
            }
            return Ok(findings);
        }
        Err(in_the_way(
            &format!("read {}", queue.address),
            "SomebodyElseReads",
            "a message of ours was sent, and is not to be had: somebody else reads the queue"
                .into(),
            "stop the queue's consumers, or leave --exclusive out",
        ))
    }

    async fn delete(&self, session: &Session, held: &Held) -> Answer<Vec<Finding>> {
        let Self { bench, scene, play, watch, .. } = *self;
        match act(bench, watch, || messages::delete_one(session, held)).await? {
            Ok(()) => Ok(Vec::new()),
            Err(error) => {
                // Whoever may tidies up.
                messages::hand_back(bench.session(), held).await?;
                Ok(play.refused(scene, "an ordinary DeleteMessage", &error, watch))
            }
        }
    }

    /// Ours among messages, the others of which go back when this ends.
    fn pick(
        &self,
        messages: Vec<Message>,
        letter: &Letter,
        tries: Option<u32>,
    ) -> Answer<Option<Held>> {
        let (mut ours, mut worn) = (None, false);
        for message in messages {
            if run_of(&message.body).as_deref() == Some(&letter.nonce) {
                ours = Some(message.held);
                continue;
            }
            self.watch.saw("a message of somebody else, which goes back afterwards");
            worn |= messages::is_worn(&message, tries);
            self.bench.note(self.mark, Rubbish::Held(message.held));
        }
        if ours.is_none() && worn {
            return Err(in_the_way(
                &format!("read {}", self.play.part.address),
                "OthersAtRisk",
                "another receive could send a message of somebody else to the dead-letter queue"
                    .into(),
                "let its consumers finish, or raise max_receive_count",
            ));
        }
        Ok(ours)
    }
}
