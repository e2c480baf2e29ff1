//! `event_delivery`: an example of a rule that is put on its bus comes to the queues that the rule
//! leads to, and to none of those that leave it.
//!
//! All targets of the rules that take it get the event, also functions that do something with it: with
//! `--exclusive` alone. It is taken out of every queue of the stack that one of these rules feeds, and not put
//! where a rule makes of it what nobody could tell from others there.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::bench::{Bench, Rubbish};
use super::event_examples::{RULE, whole};
use super::inbox::{at_risk, check_others_are_safe};
use super::mail::{Mail, Swept, sweep};
use super::mark::{MARK, Mark};
use super::messages::{Held, delete};
use super::queue;
use crate::aws::error::{Attempt, told};
use crate::engine::port::Answer;
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};
use crate::verify::event_pattern::{EventPattern, Taken};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "event_delivery",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "The first example of a rule that is put on its bus comes to each queue that the rule leads to, and to no queue of rules of that bus which leave it. With `--exclusive`.",
    risk: "EventBridge drops events that it may not deliver, and no call fails.",
    remedy: "Follow the hint to the link that is broken, and bring it back with `ccprov apply`.",
};

/// How long queues of other rules that take it are awaited, once it is where it is to be:
/// EventBridge delivers to all at the same time. What comes later still, the next verify removes.
const COPIES: Duration = Duration::from_secs(10);
/// For the calls that put and remove what is needed.
const CALLS: Duration = Duration::from_mins(1);

pub(super) struct EventDelivery(pub(super) Bench);

#[async_trait]
impl Behaviour for EventDelivery {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        let routes = scene.of_kind(RULE).filter_map(|rule| Route::of(scene, rule));
        let trial = |route: Route<'_>| {
            let queues = route.queues.iter().map(|queue| queue.address.clone());
            let addresses = std::iter::once(route.rule.address.clone()).chain(queues).collect();
            let delay =
                route.queues.iter().chain(&route.copies).map(|queue| queue::delay(queue)).max();
            let delay = delay.unwrap_or_default();
            Trial { addresses, delay, ..Trial::of(route.rule) }
        };
        routes.map(trial).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let rule = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(route) = rule.and_then(|rule| Route::of(scene, rule)) else {
            return Ok(Vec::new());
        };
        if !self.0.options().exclusive {
            watch.sees_nothing("all its targets would get the event: with --exclusive alone");
            return Ok(Vec::new());
        }
        if let Some((other, queue)) = route.unmarked {
            let (other, queue) = (&other.address, &queue.address);
            watch.sees_nothing(format!(
                "{other} makes something else of the event for {queue}, where nobody could tell it from others"
            ));
            return Ok(Vec::new());
        }
        let mark = Mark::new(self.deadline() + trial.delay);
        let patience = watch.patience(self.0.options().patience) + trial.delay;
        let _turn = watch.in_line(self.0.turn()).await;
        let round = Round { bench: &self.0, mark: &mark, watch, patience };
        self.0.tidily(&mark, Box::pin(round.go(&route, scene))).await
    }

    fn deadline(&self) -> Duration {
        self.0.options().patience + COPIES + CALLS
    }
}

/// A rule with an example, and the queues to which that goes or must not go.
struct Route<'a> {
    rule: &'a Exhibit,
    bus: &'a str,
    example: &'a Map<String, Value>,
    queues: Vec<&'a Exhibit>,
    /// The queues of other rules that take it.
    copies: Vec<&'a Exhibit>,
    /// Where it may be put instead of any of these.
    dead_letters: Vec<&'a Exhibit>,
    /// A rule that takes it, and the queue that gets something without our mark.
    unmarked: Option<(&'a Exhibit, &'a Exhibit)>,
    /// With the rule that leads there, and leaves the example.
    others: Vec<(&'a Exhibit, &'a Exhibit)>,
}

impl<'a> Route<'a> {
    fn of(scene: &'a Scene, rule: &'a Exhibit) -> Option<Self> {
        let example = rule.document.get("matches")?.as_array()?.first()?.as_object()?;
        let source = example.get("source").and_then(Value::as_str).unwrap_or_default();
        let is_enabled = |rule: &Exhibit| rule.text("state") != Some("DISABLED");
        let own: Vec<&Exhibit> = queues(scene, rule).collect();
        // AWS takes events of its own sources from nobody else.
        if source.starts_with("aws.") || own.is_empty() || !is_enabled(rule) {
            return None;
        }
        let bus = rule.text("event_bus_name")?;
        let event = whole(example, &scene.place);
        let beside = scene
            .of_kind(RULE)
            .filter(|other| other.text("event_bus_name") == Some(bus) && is_enabled(other));
        let (leaving, taking): (Vec<&Exhibit>, Vec<&Exhibit>) =
            beside.partition(|other| leaves(other, &event));
        let taken: Vec<(&Exhibit, &Value, &Exhibit)> =
            taking.iter().flat_map(|it| fed(scene, it)).collect();
        let is_taken = |queue: &Exhibit| taken.iter().any(|(.., it)| it.address == queue.address);
        let others =
            leaving.iter().flat_map(|other| queues(scene, other).map(move |queue| (queue, *other)));
        let others = others.filter(|(queue, _)| !is_taken(queue)).collect();
        let is_own = |queue: &Exhibit| own.iter().any(|it| it.address == queue.address);
        let copies = taken.iter().map(|(.., queue)| *queue).filter(|queue| !is_own(queue));
        let copies: BTreeMap<&Address, &Exhibit> = copies.map(|it| (&it.address, it)).collect();
        let unmarked = taken.iter().find(|(_, target, _)| !keeps_mark(target));
        let unmarked = unmarked.map(|(rule, _, queue)| (*rule, *queue));
        let dead_letters = taken.iter().filter_map(|(_, target, _)| {
            scene.named("sqs_queue", target.get("dead_letter_config")?.get("arn")?.as_str()?)
        });
        let dead_letters: BTreeMap<&Address, &Exhibit> =
            dead_letters.map(|it| (&it.address, it)).collect();
        Some(Self {
            rule,
            bus,
            example,
            queues: own,
            copies: copies.into_values().collect(),
            dead_letters: dead_letters.into_values().collect(),
            unmarked,
            others,
        })
    }
}

fn leaves(rule: &Exhibit, event: &Value) -> bool {
    let pattern = rule.document.get("event_pattern").and_then(Value::as_object);
    let Some(pattern) = pattern else { return true };
    let read = EventPattern::read(pattern, &Path::field("event_pattern"));
    read.is_ok_and(|pattern| matches!(pattern.judge(event), Taken::No(_)))
}

/// The queues of the stack that get the event as it is.
fn queues<'a>(scene: &'a Scene, rule: &'a Exhibit) -> impl Iterator<Item = &'a Exhibit> {
    let is_unchanged = |target: &Value| MADE.iter().all(|field| stated(target, field).is_none());
    fed(scene, rule).filter(move |(_, target, _)| is_unchanged(target)).map(|(.., queue)| queue)
}

/// The targets of a rule that are queues of the stack, with both.
fn fed<'a>(
    scene: &'a Scene,
    rule: &'a Exhibit,
) -> impl Iterator<Item = (&'a Exhibit, &'a Value, &'a Exhibit)> {
    let targets = rule.document.get("targets").and_then(Value::as_object).into_iter().flatten();
    targets.filter_map(move |(_, target)| {
        Some((rule, target, scene.named("sqs_queue", target.get("arn")?.as_str()?)?))
    })
}

/// What a target may make of an event.
const MADE: [&str; 3] = ["input", "input_path", "input_transformer"];

fn stated<'a>(target: &'a Value, field: &str) -> Option<&'a Value> {
    target.get(field).filter(|value| !value.is_null())
}

/// Whether what a target gets holds our mark, which stands in `detail`.
fn keeps_mark(target: &Value) -> bool {
    MADE.iter().all(|field| match stated(target, field) {
        None => true,
        Some(path) => *field == "input_path" && (path == "$" || path == "$.detail"),
    })
}

/// One event on its way.
struct Round<'a> {
    bench: &'a Bench,
    mark: &'a Mark,
    watch: &'a Watch,
    patience: Duration,
}

impl Round<'_> {
    async fn go(&self, route: &Route<'_>, scene: &Scene) -> Answer<Vec<Finding>> {
        let others = route.others.iter().map(|(queue, _)| queue);
        let beside = route.copies.iter().chain(&route.dead_letters).chain(others);
        for queue in route.queues.iter().chain(beside) {
            let (url, tries) = (queue.fact("url"), queue::tries(queue));
            check_others_are_safe(self.bench.session(), url, tries).await?;
            self.bench.note(self.mark, Rubbish::Mail(self.mail(queue)));
        }
        self.put(route, scene).await?;
        let missing = self.wait(&route.queues, self.patience).await?;
        let mut findings: Vec<Finding> =
            missing.iter().map(|queue| self.nothing_came(route, queue)).collect();
        let _late = self.wait(&route.copies, COPIES).await?;
        for (queue, other) in &route.others {
            if self.came(queue).await? {
                let example = &route.rule.address;
                let message = format!(
                    "{} got the example of {example}, which the pattern leaves",
                    queue.address
                );
                findings
                    .push(Finding::new(&other.address, message).at(Path::field("event_pattern")));
            }
        }
        Ok(findings)
    }

    /// Takes our event out of each of these queues. Answers those to which it does not come.
    async fn wait<'a>(
        &self,
        queues: &[&'a Exhibit],
        patience: Duration,
    ) -> Answer<Vec<&'a Exhibit>> {
        let mut missing = queues.to_vec();
        let until = Instant::now() + patience;
        while !missing.is_empty() {
            let mut left = Vec::new();
            for queue in missing {
                self.watch.awaits(format!("our event on {}", queue.address));
                if self.came(queue).await? {
                    self.watch.saw(format!("our event on {}", queue.address));
                } else {
                    left.push(queue);
                }
            }
            missing = left;
            if Instant::now() >= until {
                break;
            }
        }
        Ok(missing)
    }

    fn mail(&self, queue: &Exhibit) -> Mail {
        let nonce = self.mark.nonce(false);
        let (url, tries) = (queue.fact("url").to_owned(), queue::tries(queue));
        Mail { url, nonces: [nonce.clone(), nonce], tries }
    }

    /// Whether our event is there, and no more then.
    async fn came(&self, queue: &Exhibit) -> Answer<bool> {
        let (session, mail) = (self.bench.session(), self.mail(queue));
        let Swept { ours, theirs, worn, .. } = sweep(session, session, &mail).await?;
        for held in theirs {
            self.bench.note(self.mark, Rubbish::Held(held));
        }
        if let Some(worn) = worn {
            return Err(at_risk(&mail.url, &worn));
        }
        let held: Vec<Held> = ours.into_iter().map(|message| message.held).collect();
        delete(session, &held).await?;
        Ok(!held.is_empty())
    }

    async fn put(&self, route: &Route<'_>, scene: &Scene) -> Answer<()> {
        let event = whole(route.example, &scene.place);
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        let mut detail = event["detail"].clone();
        if let Some(fields) = detail.as_object_mut() {
            fields.insert(MARK.to_owned(), self.mark.nonce(false).into());
        }
        let resources = event["resources"].as_array().into_iter().flatten();
        let resources = resources.filter_map(Value::as_str).map(str::to_owned).collect();
        let entry = PutEventsRequestEntry::builder().event_bus_name(route.bus);
        let entry = entry.source(text("source")).detail_type(text("detail-type"));
        let entry = entry.detail(detail.to_string()).set_resources(Some(resources)).build();
        let attempted = || format!("put an event on {}", route.bus);
        let answer = self.bench.session().clients.events.put_events().entries(entry).send().await;
        let put = answer.attempting("events:PutEvents", attempted)?.entries.unwrap_or_default();
        // One entry may fail in a call that succeeds.
        match put.first().and_then(|put| put.error_code.as_deref()) {
            Some(code) => {
                Err(told("events:PutEvents", attempted(), code, "the event was not taken"))
            }
            None => Ok(()),
        }
    }

    fn nothing_came(&self, route: &Route<'_>, queue: &Exhibit) -> Finding {
        let (bus, seconds) = (route.bus, self.patience.as_secs());
        let message =
            format!("{bus} took an event, but it did not come to {} in {seconds} s", queue.address);
        let finding = Finding::new(&route.rule.address, message).at(Path::field("targets"));
        finding.hint("see what `delivery_path` and `event_examples` say, and what its dead-letter queue holds")
    }
}
