//! `plain_producer`: who may write gets the plainest thing in, with a role's own
//! rights and no header that anybody might forget.
//!
//! Every other exercise acts in the caller's name, who may do more than any
//! producer, and states the encryption that a bucket wants. Where no role can be
//! played, the caller puts an object without a header. What a role sends to a
//! topic or a queue reaches its readers, so that it waits for `--exclusive`.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::types::ServerSideEncryption;

use super::actor::{self, Actor, Deeds, Play, Reach, act};
use super::bench::{Bench, Rubbish};
use super::hindrance::in_the_way;
use super::inbox;
use super::letter::{self, Letter};
use super::mark::Mark;
use super::payload::{self, Encryption, Object, Payload};
use super::plain_consumer::READS;
use super::queue;
use super::target;
use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{
    CheckInfo, CheckKind, CloudError, Exhibit, Finding, Level, Path as Field, Scene,
};
use crate::verify::rights::admits_identities;
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "plain_producer",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "Who may write to a bucket, a topic or a queue gets an ordinary object or message in: \
              without a header, and with the rights of the role alone.",
    risk: "The system works for whoever verifies it, and every ordinary producer is refused.",
    remedy: "Give the role what AWS says it lacks (often `kms:GenerateDataKey` and `kms:Decrypt` on \
             the key), or take from the resource's policy the Deny that meets it.",
};

/// What it is to write.
const WRITES: Deeds =
    &[("s3_bucket", PUT), ("sns_topic", "sns:Publish"), ("sqs_queue", "sqs:SendMessage")];
const PUT: &str = "s3:PutObject";
/// A message that says nothing is one all the same.
const SMALL: u64 = 6;

pub(super) struct PlainProducer(pub(super) Bench);

#[async_trait]
impl Behaviour for PlainProducer {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        if !target::may_enforce(&scene.place) {
            return Vec::new();
        }
        let trials = producers(&self.0, scene).into_iter().map(|play| play.trial(subject(&play)));
        trials.chain(idle(&self.0, scene).into_iter().map(|(trial, _)| trial)).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let plays = producers(&self.0, scene);
        let Some(play) = plays.iter().find(|play| subject(play) == trial.subject) else {
            let mut idle = idle(&self.0, scene).into_iter();
            if let Some((_, why)) = idle.find(|(idle, _)| idle == trial) {
                watch.sees_nothing(why);
            }
            return Ok(Vec::new());
        };
        if play.actor.is_out_of_reach(&self.0, watch) {
            return Ok(Vec::new());
        }
        target::check_enforces(self.0.session(), &scene.place).await?;
        let mark = Mark::new(self.deadline());
        let round = Round { bench: &self.0, scene, play, mark: &mark, watch };
        match play.part.kind.as_str() {
            "s3_bucket" => self.0.tidily(&mark, Box::pin(round.put())).await,
            _ if !self.0.options().exclusive => {
                watch.sees_nothing("a message would reach whoever reads: it takes --exclusive");
                Ok(Vec::new())
            }
            "sns_topic" => {
                let _turn = watch.in_line(self.0.turn()).await;
                self.0.tidily(&mark, Box::pin(round.publish())).await
            }
            _ => {
                let _turn = watch.in_line(self.0.turn()).await;
                self.0.tidily(&mark, Box::pin(round.send())).await
            }
        }
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(2)
    }
}

fn subject(play: &Play<'_>) -> String {
    format!("{} -> {}", play.actor.name(), play.part.address)
}

/// Every role that may write, and the caller where no role can be played.
fn producers<'a>(bench: &'a Bench, scene: &'a Scene) -> Vec<Play<'a>> {
    let mut plays = actor::plays(bench, scene, WRITES);
    if target::may_spare_us(bench.session(), &scene.place) {
        return plays;
    }
    let was_asked_for = !bench.options().act_as.is_empty();
    let may_be_played = |play: &Play<'_>| was_asked_for || play.actor.distrusts(bench).is_none();
    let is_of = |play: &Play<'_>, bucket: &Exhibit| play.part.address == bucket.address;
    let is_played =
        |bucket: &Exhibit| plays.iter().any(|it| is_of(it, bucket) && may_be_played(it));
    let is_used = |bucket: &Exhibit| {
        plays.iter().any(|it| is_of(it, bucket))
            || admits_identities(bucket, PUT)
            || scene
                .of_kind("s3_bucket_notification")
                .any(|it| it.text("bucket") == Some(bucket.identity.as_str()))
    };
    let buckets = scene.of_kind("s3_bucket").filter(|it| is_used(it) && !is_played(it));
    let reach = Reach::Keys { before: String::new(), after: String::new() };
    let own: Vec<Play<'a>> =
        buckets.map(|part| Play { actor: Actor::Caller, part, reach: reach.clone() }).collect();
    plays.extend(own);
    plays
}

/// The roles that were asked for and have nothing to do, and why.
fn idle(bench: &Bench, scene: &Scene) -> Vec<(Trial, String)> {
    if bench.options().act_as.is_empty() {
        return Vec::new();
    }
    let busy = [WRITES, READS].into_iter().flat_map(|deeds| actor::plays(bench, scene, deeds));
    let busy: Vec<String> = busy.map(|play| play.actor.name()).collect();
    let roles = actor::roles(bench, scene).into_iter();
    let idle = roles.filter(|actor| !busy.contains(&actor.name()));
    idle.map(|actor| {
        let subject = actor.name();
        let why = format!("no policy of the stack gives {subject} anything to write or to read");
        let addresses = actor.address().into_iter().cloned().collect();
        (Trial { subject, addresses, ..Trial::default() }, why)
    })
    .collect()
}

/// One producer and one thing that it writes to.
struct Round<'a> {
    bench: &'a Bench,
    scene: &'a Scene,
    play: &'a Play<'a>,
    mark: &'a Mark,
    watch: &'a Watch,
}

impl Round<'_> {
    async fn put(&self) -> Answer<Vec<Finding>> {
        let Self { bench, scene, play, mark, watch } = *self;
        let Some(key) = play.key(mark) else {
            watch.sees_nothing("it may write certain objects alone, none of which is ours");
            return Ok(Vec::new());
        };
        let entered = play.actor.enter(bench, mark, watch).await?;
        let object = Object::new(play.part, &scene.place.account, key);
        // The caller removes it: a producer need not be able to.
        bench.note(mark, Rubbish::Object(object.clone()));
        let Some(session) = entered else {
            if target::may_spare_us(bench.session(), &scene.place) {
                return Ok(Vec::new());
            }
            return self.instead(&object).await;
        };
        let (session, object) = (&session, &object);
        let nothing = act(bench, watch, || put(session, object, Encryption::default())).await?;
        let Err(refusal) = nothing else {
            watch.saw("an object that states nothing is taken");
            return Ok(Vec::new());
        };
        match (put(session, object, stated(play.part)).await, play.actor) {
            (Ok(()), _) => Ok(vec![self.shut_out(&play.actor.name(), &refusal)]),
            // Who may not put at all sees nothing.
            (Err(error), Actor::Caller) => Err(in_the_way(
                &format!("see why {} refuses objects", play.part.address),
                &error.code,
                format!("it takes no object of the caller at all: {}", error.message),
                "let whoever verifies put objects: `ccprov iam --for verify`",
            )),
            (Err(_), Actor::Role(_) | Actor::Stranger(_)) => {
                Ok(play.refused(scene, "an ordinary PutObject", &refusal, watch))
            }
        }
    }

    /// What the caller finds in the place of a role that cannot be taken on: that
    /// who sends no header is shut out. Nothing else tells of the role.
    async fn instead(&self, object: &Object) -> Answer<Vec<Finding>> {
        let session = self.bench.session();
        let nothing = put(session, object, Encryption::default()).await;
        let Some(refusal) = target::refusal(nothing)? else { return Ok(Vec::new()) };
        let is_taken = put(session, object, stated(self.play.part)).await.is_ok();
        Ok(is_taken.then(|| self.shut_out("the caller", &refusal)).into_iter().collect())
    }

    /// Whoever states what the bucket has gets in, and whoever leaves it to the
    /// bucket does not.
    fn shut_out(&self, whom: &str, refusal: &CloudError) -> Finding {
        let message = format!(
            "it refuses {whom} an object that states no encryption ({}), and takes one that states \
             what the bucket does anyway: ordinary producers are shut out",
            refusal.code
        );
        let finding = Finding::new(&self.play.part.address, message).at(Field::field("policy"));
        finding.hint("deny only what states another encryption: add Null: false")
    }

    async fn send(&self) -> Answer<Vec<Finding>> {
        let Self { bench, scene, play, mark, watch } = *self;
        let body = Letter::body(&scene.stack, mark);
        let Some((letter, session)) = play.with_letter(body, bench, mark, watch).await? else {
            return Ok(Vec::new());
        };
        let (letter, session) = (&letter, &session);
        match act(bench, watch, || letter.send(session)).await? {
            Ok(()) => {
                watch.saw("a message that states nothing is taken");
                Ok(Vec::new())
            }
            Err(error) => Ok(play.refused(scene, "an ordinary SendMessage", &error, watch)),
        }
    }

    async fn publish(&self) -> Answer<Vec<Finding>> {
        let Self { bench, scene, play, mark, watch } = *self;
        let topic = play.part;
        let Some(queues) = receivers(scene, topic) else {
            watch.sees_nothing("what others than queues of the stack are told, nobody takes back");
            return Ok(Vec::new());
        };
        for queue in &queues {
            let (url, tries) = (queue.fact("url"), queue::tries(queue));
            inbox::check_others_are_safe(bench.session(), url, tries).await?;
        }
        let Some(session) = play.actor.enter(bench, mark, watch).await? else {
            return Ok(Vec::new());
        };
        let letter = Letter::to(&queues, mark, Letter::body(&scene.stack, mark));
        bench.note(mark, Rubbish::Letter(letter.clone()));
        let (all, session) = (&letter, &session);
        let published = act(bench, watch, || publish(session, topic, all)).await?;
        let Err(error) = published else {
            watch.saw("a message that states nothing is taken");
            for queue in queues {
                let copy = Letter::to(&[queue], mark, letter.body.clone());
                letter::recall(bench.session(), &copy).await?;
            }
            return Ok(Vec::new());
        };
        Ok(play.refused(scene, "an ordinary Publish", &error, watch))
    }
}

async fn put(session: &Session, object: &Object, encryption: Encryption) -> Answer<()> {
    payload::put(session, object, Payload { seed: 0, size: SMALL }, &encryption)
        .await
        .map(|_put| ())
}

/// What the bucket does by itself, stated all the same.
fn stated(bucket: &Exhibit) -> Encryption {
    let Encryption { algorithm, key } = Encryption::of(bucket);
    Encryption { algorithm: algorithm.or(Some(ServerSideEncryption::Aes256)), key }
}

fn is_true(exhibit: &Exhibit, field: &str) -> bool {
    exhibit.document.get(field).and_then(serde_json::Value::as_bool) == Some(true)
}

/// The queues of the stack that a topic tells; `None` if it tells others as well.
fn receivers<'a>(scene: &'a Scene, topic: &Exhibit) -> Option<Vec<&'a Exhibit>> {
    let told = scene
        .of_kind("sns_subscription")
        .filter(|subscription| subscription.text("topic_arn") == Some(topic.fact("arn")));
    told.map(|it| scene.named("sqs_queue", it.text("endpoint")?)).collect()
}

async fn publish(session: &Session, topic: &Exhibit, letter: &Letter) -> Answer<()> {
    let arn = topic.fact("arn");
    let mut call = session.clients.sns.publish().topic_arn(arn).message(&letter.body);
    if is_true(topic, "fifo_topic") {
        call = call.message_group_id(&letter.nonce).message_deduplication_id(&letter.nonce);
    }
    let answer = call.send().await;
    answer.attempting("sns:Publish", || format!("publish to {arn}"))?;
    Ok(())
}
