//! `dead_letter`: a message that nobody can process ends up in the dead-letter
//! queue, after as many tries as the stack grants it.
//!
//! The message is handed back as soon as it is received, so that the exercise
//! takes as many calls as there are tries, whatever the visibility timeout is.
//! It reads the queue itself, and so it is done with `--exclusive` alone: a
//! twin of the queue would prove that SQS can redrive, which nobody doubts,
//! and not that this queue does.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::time::Instant;

use super::bench::{Bench, Rubbish};
use super::inbox::{self, Inbox, Readers};
use super::letter::Letter;
use super::mark::Mark;
use super::path::url_of;
use crate::engine::port::Answer;
use crate::model::{
    CheckInfo, CheckKind, ErrorClass, Exhibit, Finding, Level, Path as Field, Scene,
};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "dead_letter",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "A message that is received as often as the redrive policy allows, and never \
              deleted, goes to the dead-letter queue. Exercised with --exclusive alone.",
    risk: "A message that nobody can process is tried again until it expires, and is then gone \
           without a trace.",
    remedy: "Bring the queue's `redrive_policy`, and the `redrive_allow_policy` of its \
             dead-letter queue, back with `ccprov apply`.",
};

/// How long one look at a queue waits while the other may have the message.
const LOOK: Duration = Duration::from_secs(2);
/// For the calls that send and remove, and for handing back on a slow line.
const CALLS: Duration = Duration::from_mins(1);

pub(super) struct DeadLetter(pub(super) Bench);

#[async_trait]
impl Behaviour for DeadLetter {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        if !self.0.options().exclusive {
            return Vec::new();
        }
        scene.of_kind("sqs_queue").filter_map(|queue| trial(scene, queue)).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let queue = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(queue) = queue else { return Ok(Vec::new()) };
        let redrive = match redrive(scene, queue) {
            Ok(redrive) => redrive,
            Err(finding) => return Ok(vec![finding]),
        };
        let _turn = self.0.turn().await;
        let mark = Mark::new(self.deadline());
        let round = Round { bench: &self.0, scene, queue, redrive: &redrive, mark: &mark, watch };
        self.0.tidily(&mark, Box::pin(round.go())).await
    }

    fn deadline(&self) -> Duration {
        // Whoever reads the same queue goes first.
        2 * (self.0.options().patience + CALLS)
    }
}

/// A queue whose messages go to another one, or were meant to.
fn trial(scene: &Scene, queue: &Exhibit) -> Option<Trial> {
    let policy = queue.document.get("redrive_policy").filter(|policy| policy.is_object());
    let stated = policy.and_then(|policy| policy["dead_letter_queue"].as_str());
    let target = stated.and_then(|arn| scene.named("sqs_queue", arn));
    let target = target.or_else(|| waiting_for(scene, queue).next());
    if stated.is_none() && target.is_none() {
        return None;
    }
    let name = target.map_or(stated.unwrap_or_default(), |target| target.address.as_str());
    Some(Trial {
        subject: format!("{} -> {name}", queue.address),
        addresses: [Some(queue), target]
            .into_iter()
            .flatten()
            .map(|it| it.address.clone())
            .collect(),
    })
}

/// The queues that expect the dead letters of a queue by its name.
fn waiting_for<'a>(scene: &'a Scene, queue: &'a Exhibit) -> impl Iterator<Item = &'a Exhibit> {
    scene.of_kind("sqs_queue").filter(|other| {
        let sources = other.document.get("redrive_allow_policy").map(|it| &it["source_queues"]);
        let sources = sources.and_then(Value::as_array).into_iter().flatten();
        sources.into_iter().any(|arn| arn == queue.fact("arn"))
    })
}

/// Where a queue's dead letters go, and when.
struct Redrive {
    /// For people.
    name: String,
    url: String,
    tries: u32,
}

fn redrive(scene: &Scene, queue: &Exhibit) -> Result<Redrive, Finding> {
    let expects = waiting_for(scene, queue).next();
    let wrong = |message: String| {
        let finding = Finding::new(&queue.address, message).at(Field::field("redrive_policy"));
        Err(finding.hint("`ccprov apply` brings it back"))
    };
    let arn = queue.document.get("redrive_policy").and_then(|it| it["dead_letter_queue"].as_str());
    let (Some(arn), Some(tries)) = (arn, inbox::tries(queue)) else {
        let waits =
            expects.map_or_else(String::new, |it| format!(", though {} waits for it", it.address));
        return wrong(format!("nothing goes to a dead-letter queue{waits}"));
    };
    if let Some(expects) = expects
        && expects.fact("arn") != arn
    {
        return wrong(format!("dead letters go to {arn}, not to {}", expects.address));
    }
    let target = scene.named("sqs_queue", arn);
    let name = target.map_or(arn, |target| target.address.as_str()).to_owned();
    let url = target.map_or_else(|| url_of(&scene.place, arn), |it| it.fact("url").to_owned());
    Ok(Redrive { name, url, tries })
}

/// One message on its way to the dead-letter queue.
struct Round<'a> {
    bench: &'a Bench,
    scene: &'a Scene,
    queue: &'a Exhibit,
    redrive: &'a Redrive,
    mark: &'a Mark,
    watch: &'a Watch,
}

impl Round<'_> {
    async fn go(&self) -> Answer<Vec<Finding>> {
        let Self { bench, queue, redrive, mark, .. } = *self;
        let url = queue.fact("url");
        inbox::check_others_are_safe(bench.session(), url, Some(redrive.tries)).await?;
        let urls = vec![url.to_owned(), redrive.url.clone()];
        let is_fifo = queue.document.get("fifo_queue") == Some(&Value::Bool(true));
        let letter = Letter {
            nonce: mark.as_str().to_owned(),
            body: Letter::body(&self.scene.stack, mark),
            urls,
            tries: redrive.tries,
            is_fifo,
        };
        bench.note(mark, Rubbish::Letter(letter.clone()));
        letter.send(bench.session()).await?;
        let findings = self.follow(&letter).await?;
        if findings.is_empty() {
            // It was found and deleted: nobody need look for it.
            bench.forget(mark, &Rubbish::Letter(letter));
        }
        Ok(findings)
    }

    /// Hands the message back until it is gone, and awaits it where it goes.
    async fn follow(&self, letter: &Letter) -> Answer<Vec<Finding>> {
        let Self { bench, queue, redrive, mark, watch, .. } = *self;
        let inbox = |url, readers| Inbox { bench, mark, watch, url, readers };
        let living = inbox(queue.fact("url"), Readers::Others(Some(redrive.tries)));
        let dead = inbox(&redrive.url, Readers::Others(None));
        watch.awaits(format!("our message on {}", queue.address));
        let (mut received, until) = (0, Instant::now() + bench.options().patience);
        while Instant::now() < until {
            // Only the receive after the last one allowed has SQS move the message.
            let is_due = received >= redrive.tries;
            let (here, there) =
                if is_due { (Duration::ZERO, LOOK) } else { (LOOK, Duration::ZERO) };
            if let Some((message, ())) = living.look(here, |it| letter.whose(it)).await? {
                received = message.receives;
                watch.saw(format!("received {received} of {} times", redrive.tries));
                inbox::hand_back(bench.session(), &message.held).await?;
                if received > redrive.tries {
                    return Ok(vec![self.never_moved(received)]);
                }
                if received == redrive.tries {
                    watch.awaits(format!("our message on {}", redrive.name));
                }
                continue;
            }
            match dead.look(there, |it| letter.whose(it)).await {
                Ok(Some((message, ()))) => {
                    inbox::delete(bench.session(), std::slice::from_ref(&message.held)).await?;
                    watch.saw(format!("our message is on {}", redrive.name));
                    return Ok(self.compare(letter, &message.body, received));
                }
                Ok(None) => {}
                Err(error) if error.class == ErrorClass::Absent => {
                    let message = format!("the dead-letter queue {} does not exist", redrive.name);
                    return Ok(vec![self.wrong(message)]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(vec![self.never_came(received)])
    }

    fn compare(&self, letter: &Letter, body: &str, received: u32) -> Vec<Finding> {
        let Self { redrive, .. } = self;
        let early = (received < redrive.tries).then(|| {
            let tries = redrive.tries;
            self.wrong(format!(
                "a message went to {} after {received} tries, not {tries}",
                redrive.name
            ))
        });
        let changed = (body != letter.body)
            .then(|| self.wrong(format!("a message came to {} as another one", redrive.name)));
        early.into_iter().chain(changed).collect()
    }

    fn never_moved(&self, received: u32) -> Finding {
        let Redrive { name, tries, .. } = self.redrive;
        self.wrong(format!(
            "a message did not go to {name} after {tries} tries, but was received {received} times"
        ))
    }

    fn never_came(&self, received: u32) -> Finding {
        let (name, seconds) = (&self.redrive.name, self.bench.options().patience.as_secs());
        self.wrong(format!(
            "a message that was received {received} times did not come to {name} in {seconds} s"
        ))
        .hint("was it somebody else who received it? with --exclusive nobody may read the queue meanwhile")
    }

    fn wrong(&self, message: String) -> Finding {
        Finding::new(&self.queue.address, message).at(Field::field("redrive_policy"))
    }
}
