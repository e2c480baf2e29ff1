//! `alarm_fires`: an alarm that goes off is heard at the topics that it tells.
//!
//! The alarm is told that it is in alarm, with our mark in the reason, and what it says
//! is awaited on an [`ear`](super::ear) that hears the topic. Then it gets its state
//! back, unless `CloudWatch` looked at the metric meanwhile and knows better. Whoever
//! else hears the topic is told, too: so it is done with `--exclusive` alone, never of
//! an alarm that does more than tell topics of the stack, and never where people would
//! hear of it that something is well again which is not.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::StateValue;
use tokio::time::Instant;

use super::alarm::{Action, SetOff, last_action, put_back, set_state, state};
use super::bench::{Bench, Rubbish};
use super::ear::Ear;
use super::inbox::{Inbox, Readers};
use super::letter::{self, Letter};
use super::mark::Mark;
use crate::engine::port::Answer;
use crate::model::{
    Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Path as Field, Scene, document,
};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "alarm_fires",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "An alarm that goes off is heard at the topics that it tells. Exercised with --exclusive alone: \
              whoever else hears these topics is told, too.",
    risk: "The alarm goes off and nobody hears of it: what CloudWatch may not do fails, and the alarm's history alone says so.",
    remedy: "See what `alarm_path` says of the topic's policy and its key, and bring them back with `ccprov apply`.",
};

const KIND: &str = "cloudwatch_metric_alarm";
/// Fields with what is done in each state.
const STATES: [&str; 3] = ["alarm_actions", "insufficient_data_actions", "ok_actions"];
/// A subscription that was made a moment ago may miss a message, and an alarm that is
/// in alarm says so once.
const SETTLING: Duration = Duration::from_secs(2);
/// How long nothing may come before the alarm's history is asked why: SNS delivers
/// within a second or two, mostly.
const FIRST_LOOK: Duration = Duration::from_secs(10);
/// For the calls that make and remove what is needed.
const CALLS: Duration = Duration::from_mins(1);

pub(super) struct AlarmFires(pub(super) Bench);

#[async_trait]
impl Behaviour for AlarmFires {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        if !self.0.options().exclusive {
            return Vec::new();
        }
        wires(scene).iter().map(Wire::trial).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let wire = wires(scene).into_iter().find(|wire| wire.subject() == trial.subject);
        let Some(wire) = wire else { return Ok(Vec::new()) };
        let topic = match wire.way {
            Ok(topic) => topic,
            Err(why) => {
                watch.sees_nothing(why);
                return Ok(Vec::new());
            }
        };
        // An alarm that tells several is set off once for each.
        let _turn = watch.in_line(self.0.turn()).await;
        let [mark, calm] = [self.deadline(), self.deadline()].map(Mark::new);
        let patience = watch.patience(self.0.options().patience);
        let (bench, alarm) = (&self.0, wire.alarm);
        let round = Round { bench, scene, alarm, topic, mark: &mark, calm: &calm, watch, patience };
        self.0.tidily(&mark, Box::pin(round.go())).await
    }

    fn deadline(&self) -> Duration {
        self.0.options().patience + SETTLING + CALLS
    }
}

/// From an alarm to what it tells when it goes off.
struct Wire<'a> {
    alarm: &'a Exhibit,
    /// As the alarm names it.
    target: &'a str,
    /// The topic, or why it is not tried: a phrase.
    way: Result<&'a Exhibit, String>,
}

/// Every wire of a scene.
fn wires(scene: &Scene) -> Vec<Wire<'_>> {
    let alarms = scene.of_kind(KIND);
    alarms
        .flat_map(|alarm| {
            let told = actions(alarm, "alarm_actions");
            told.map(move |target| Wire { alarm, target, way: way(scene, alarm, target) })
        })
        .collect()
}

fn way<'a>(scene: &'a Scene, alarm: &Exhibit, target: &str) -> Result<&'a Exhibit, String> {
    if alarm.document.get("actions_enabled") == Some(&false.into()) {
        return Err("its actions are switched off".into());
    }
    // Setting it off, and back, does everything that it does.
    let mut all = STATES.iter().flat_map(|state| actions(alarm, state));
    let beyond = all.find(|action| scene.named("sns_topic", action).is_none());
    if let Some(beyond) = beyond {
        return Err(format!(
            "it does more than tell topics of the stack: {}",
            document::shown(beyond)
        ));
    }
    scene.named("sns_topic", target).ok_or_else(|| "the topic is not of this stack".into())
}

fn actions<'a>(alarm: &'a Exhibit, state: &str) -> impl Iterator<Item = &'a str> {
    let list = alarm.document.get(state).and_then(serde_json::Value::as_array);
    list.into_iter().flatten().filter_map(serde_json::Value::as_str)
}

impl Wire<'_> {
    fn subject(&self) -> String {
        let target = match &self.way {
            Ok(topic) => topic.address.to_string(),
            Err(_) => document::shown(self.target),
        };
        format!("{} -> {target}", self.alarm.address)
    }

    fn trial(&self) -> Trial {
        let topic = self.way.as_ref().ok().map(|topic| topic.address.clone());
        let addresses: Vec<Address> =
            std::iter::once(self.alarm.address.clone()).chain(topic).collect();
        Trial { subject: self.subject(), addresses, ..Trial::default() }
    }
}

/// One alarm that goes off.
struct Round<'a> {
    bench: &'a Bench,
    scene: &'a Scene,
    alarm: &'a Exhibit,
    topic: &'a Exhibit,
    mark: &'a Mark,
    /// The mark of what it says when it is over.
    calm: &'a Mark,
    watch: &'a Watch,
    patience: Duration,
}

impl Round<'_> {
    async fn go(&self) -> Answer<Vec<Finding>> {
        let (bench, session) = (self.bench, self.bench.session());
        let name = self.alarm.fact("name");
        let Some(state) = state(session, name).await? else {
            return Ok(vec![Finding::new(&self.alarm.address, "it is not there any more")]);
        };
        if state.value == StateValue::Alarm {
            self.watch.sees_nothing(
                "it is in alarm already, and nobody is told that all is well to see it go off",
            );
            return Ok(Vec::new());
        }
        let ear = Ear::hearing(self.scene, self.topic, self.mark);
        bench.note(self.mark, Rubbish::Ear(ear.clone()));
        ear.create_hearing(session).await?;
        let ear = ear.hear(session).await?;
        bench.note(self.mark, Rubbish::Ear(ear.clone()));
        self.sweep(&ear).await;
        let [fired, over] = [self.mark, self.calm].map(|mark| self.letter(mark));
        let (mark, watch, url) = (self.mark, self.watch, &ear.url);
        let inbox = Inbox { bench, mark, watch, url, readers: Readers::We };
        let _what_others_say = inbox.look(SETTLING, |it| fired.whose(it)).await;

        let before = last_action(session, name, self.topic.fact("arn")).await?;
        let copies = self.copies(&[&fired, &over]);
        for copy in &copies {
            bench.note(mark, Rubbish::Letter(copy.clone()));
        }
        let set = SetOff { name: name.to_owned(), before: state.value, fired, over };
        bench.note(mark, Rubbish::Alarm(set.clone()));
        set_state(session, name, &StateValue::Alarm, &set.fired).await?;
        let findings = self.hear(&inbox, &set.fired, before.as_ref()).await?;
        if put_back(session, &set).await? && findings.is_empty() && self.tells(&set.before) {
            watch.awaits(format!("what {} says when it is over", self.alarm.address));
            let _it_may_not =
                inbox.wait(Instant::now() + FIRST_LOOK, |it| set.over.whose(it)).await?;
        }
        bench.forget(mark, &Rubbish::Alarm(set));
        // One after the other: a search hides from another what it meets.
        for copy in copies {
            letter::recall(session, &copy).await?;
            bench.forget(mark, &Rubbish::Letter(copy));
        }
        Ok(findings)
    }

    async fn hear(
        &self,
        inbox: &Inbox<'_>,
        fired: &Letter,
        before: Option<&Action>,
    ) -> Answer<Vec<Finding>> {
        let awaited =
            format!("what {} says on an ear beside {}", self.alarm.address, self.topic.address);
        self.watch.awaits(&awaited);
        let first = FIRST_LOOK.min(self.patience / 2);
        let began = Instant::now();
        for until in [first, self.patience] {
            if inbox.wait(began + until, |it| fired.whose(it)).await?.is_some() {
                self.watch.saw("what the alarm says");
                return Ok(Vec::new());
            }
            let (session, name) = (self.bench.session(), self.alarm.fact("name"));
            let action = last_action(session, name, self.topic.fact("arn")).await?;
            let ours = action.filter(|action| Some(action) != before);
            if let Some(Action { failed: true, summary, .. }) = ours {
                // It says why.
                let message = format!("it went off, and could not tell {}", self.topic.address);
                let finding = Finding::new(&self.alarm.address, message);
                return Ok(vec![finding.at(Field::field("alarm_actions")).hint(summary)]);
            }
        }
        let seconds = self.patience.as_secs();
        let message = format!("it went off, but {awaited} did not come in {seconds} s");
        let finding = Finding::new(&self.alarm.address, message).at(Field::field("alarm_actions"));
        Ok(vec![finding.hint("see what `alarm_path` says")])
    }

    /// Whether it tells the topic that a state is reached.
    fn tells(&self, state: &StateValue) -> bool {
        let field =
            if *state == StateValue::Ok { "ok_actions" } else { "insufficient_data_actions" };
        actions(self.alarm, field).any(|action| action == self.topic.fact("arn"))
    }

    /// What the alarm says, in no queue yet.
    fn letter(&self, mark: &Mark) -> Letter {
        Letter::to(&[], mark, Letter::body(&self.scene.stack, mark))
    }

    /// The same in each queue of the stack that hears what the alarm tells.
    fn copies(&self, letters: &[&Letter]) -> Vec<Letter> {
        let told: Vec<&str> = STATES.iter().flat_map(|state| actions(self.alarm, state)).collect();
        let hears = |it: &&Exhibit| {
            it.text("protocol") == Some("sqs")
                && it.text("topic_arn").is_some_and(|topic| told.contains(&topic))
        };
        let subscriptions = self.scene.of_kind("sns_subscription").filter(hears);
        let queues =
            subscriptions.filter_map(|it| self.scene.named("sqs_queue", it.text("endpoint")?));
        queues.flat_map(|queue| letters.iter().map(|letter| letter.in_queue(queue))).collect()
    }

    /// Removes the ears that killed runs left. That it cannot is no fault of the stack.
    async fn sweep(&self, ear: &Ear) {
        if let Err(error) = ear.sweep_others(self.bench.session(), self.scene).await {
            self.watch.saw(format!("what earlier runs left, if any, stays: {error}"));
        }
    }
}
