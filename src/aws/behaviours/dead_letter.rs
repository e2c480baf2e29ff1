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
use tokio::time::Instant;

use super::bench::{Bench, Rubbish};
use super::hindrance::in_the_way;
use super::inbox::{self, Inbox, Readers};
use super::letter::Letter;
use super::mark::Mark;
use super::messages;
use super::queue::{self, url_of};
use crate::engine::port::Answer;
use crate::model::{
    CheckInfo, CheckKind, CloudError, ErrorClass, Exhibit, Finding, Level, Path as Field, Scene,
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
        let Some(redrive) = redrive(scene, queue) else { return Ok(Vec::new()) };
        let _turn = watch.in_line(self.0.turn()).await;
        let mark = Mark::new(self.deadline() + trial.delay);
        let patience = watch.patience(self.0.options().patience) + trial.delay;
        let (bench, redrive, mark) = (&self.0, &redrive, &mark);
        let round = Round { bench, scene, queue, redrive, mark, watch, patience };
        self.0.tidily(mark, Box::pin(round.go())).await
    }

    fn deadline(&self) -> Duration {
        self.0.options().patience + CALLS
    }
}

/// A queue whose messages go to another one. Which queues expect them is for a
/// rule to tell: a queue may say whom it would take messages from, though there
/// are none.
fn trial(scene: &Scene, queue: &Exhibit) -> Option<Trial> {
    let Redrive { name, .. } = redrive(scene, queue)?;
    let target = stated(queue).and_then(|arn| scene.named("sqs_queue", arn));
    let addresses = [Some(queue), target].into_iter().flatten().map(|it| it.address.clone());
    Some(Trial {
        subject: format!("{} -> {name}", queue.address),
        addresses: addresses.collect(),
        // A message can be sent without delay, but not to a FIFO queue.
        delay: if queue::is_fifo(queue) { queue::delay(queue) } else { Duration::ZERO },
        ..Trial::default()
    })
}

fn stated(queue: &Exhibit) -> Option<&str> {
    queue.document.get("redrive_policy")?.get("dead_letter_queue")?.as_str()
}

/// Where a queue's dead letters go, and when.
struct Redrive {
    /// For people.
    name: String,
    url: String,
    tries: u32,
}

fn redrive(scene: &Scene, queue: &Exhibit) -> Option<Redrive> {
    let (arn, tries) = (stated(queue)?, queue::tries(queue)?);
    let target = scene.named("sqs_queue", arn);
    let name = target.map_or(arn, |target| target.address.as_str()).to_owned();
    let url = target.map_or_else(|| url_of(&scene.place, arn), |it| it.fact("url").to_owned());
    Some(Redrive { name, url, tries })
}

/// One message on its way to the dead-letter queue.
struct Round<'a> {
    bench: &'a Bench,
    scene: &'a Scene,
    queue: &'a Exhibit,
    redrive: &'a Redrive,
    mark: &'a Mark,
    watch: &'a Watch,
    patience: Duration,
}

impl Round<'_> {
    async fn go(&self) -> Answer<Vec<Finding>> {
        let Self { bench, queue, redrive, mark, .. } = *self;
        let url = queue.fact("url");
        inbox::check_others_are_safe(bench.session(), url, Some(redrive.tries)).await?;
        let urls = vec![url.to_owned(), redrive.url.clone()];
        let letter = Letter {
            nonce: mark.as_str().to_owned(),
            body: Letter::body(&self.scene.stack, mark),
            urls,
            tries: redrive.tries,
            is_fifo: queue::is_fifo(queue),
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
        let (mut received, until) = (0, Instant::now() + self.patience);
        while Instant::now() < until {
            // Only the receive after the last one allowed has SQS move the message.
            let is_due = received >= redrive.tries;
            let (here, there) =
                if is_due { (Duration::ZERO, LOOK) } else { (LOOK, Duration::ZERO) };
            if let Some((message, ())) = living.look(here, |it| letter.whose(it)).await? {
                received = message.receives;
                watch.saw(format!("received {received} of {} times", redrive.tries));
                messages::hand_back(bench.session(), &message.held).await?;
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
                    messages::delete(bench.session(), std::slice::from_ref(&message.held)).await?;
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
        if received < redrive.tries {
            return Err(self.somebody_else(received));
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
        let (name, seconds) = (&self.redrive.name, self.patience.as_secs());
        self.wrong(format!(
            "a message that was received {received} times did not come to {name} in {seconds} s"
        ))
    }

    /// A message that was handed back is there for whoever asks next, and we do
    /// not stop asking.
    fn somebody_else(&self, received: u32) -> CloudError {
        let (Redrive { name, tries, .. }, seconds) = (self.redrive, self.patience.as_secs());
        in_the_way(
            &format!("follow a message from {} to {name}", self.queue.address),
            "OthersRead",
            format!(
                "after {received} of {tries} receives it was gone for {seconds} s, though it was \
                 visible: somebody else reads the queue"
            ),
            "stop its consumers meanwhile: with --exclusive nobody else may read the queue",
        )
    }

    fn wrong(&self, message: String) -> Finding {
        Finding::new(&self.queue.address, message).at(Field::field("redrive_policy"))
    }
}
