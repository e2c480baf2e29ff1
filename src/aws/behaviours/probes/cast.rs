//! In whose name a probe is tried: the caller's, or, for what a role that was asked for
//! was given on paper, that role's.

use std::sync::Mutex;

use futures::future::BoxFuture;

use super::targets::{BUCKET, Targets, execution_arn, is_express, kind_of, kind_to, topic_arn};
use crate::aws::behaviours::actor::{self, Actor, Play, Reach};
use crate::aws::behaviours::bench::Bench;
use crate::aws::behaviours::mark::Mark;
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::probe::Authentication;
use crate::model::{CloudError, Exhibit, Expectation, Finding, Probe, Scene, Sending};
use crate::verify::Watch;

/// A role with its session, and what it was refused.
pub(super) struct Cast<'a> {
    actor: Actor<'a>,
    session: Session,
    refused: Mutex<Option<Refused<'a>>>,
}

/// Something that a role was given and may not do.
struct Refused<'a> {
    part: &'a Exhibit,
    what: String,
    error: CloudError,
}

/// Something that is done to a resource: in words, IAM's name of it, and the ARN of what
/// it is done to.
pub(super) struct Deed<'a> {
    pub(super) part: &'a Exhibit,
    pub(super) action: &'static str,
    pub(super) to: String,
}

impl<'a> Deed<'a> {
    /// That something is sent; `None` where AWS has no say in who does it.
    pub(super) fn of_sending(part: &'a Exhibit, sending: &Sending) -> Option<Self> {
        let action = match sending {
            Sending::Queue(_) => "sqs:SendMessage",
            Sending::Topic(_) => "sns:Publish",
            Sending::Bucket(_) => "s3:PutObject",
            Sending::Function(_) => "lambda:InvokeFunction",
            Sending::Machine(_) if is_express(&part.document) => "states:StartSyncExecution",
            Sending::Machine(_) => "states:StartExecution",
            Sending::Bus(_) => "events:PutEvents",
            Sending::Kafka(to) => {
                let by_iam = to.authentication == Some(Authentication::Iam);
                let to = topic_arn(part.fact("arn"), &to.topic);
                return by_iam.then_some(Self { part, action: "kafka-cluster:WriteData", to });
            }
        };
        let key = match sending {
            Sending::Bucket(to) => Some(to.key.as_str()),
            Sending::Queue(_)
            | Sending::Topic(_)
            | Sending::Function(_)
            | Sending::Machine(_)
            | Sending::Bus(_)
            | Sending::Kafka(_) => None,
        };
        Some(Self { part, action, to: within(part, key) })
    }

    /// That something is looked for; `None` where that takes no call, or one in which AWS
    /// has no say. `nonce` is what
    /// stands in its name.
    pub(super) fn of_look(part: &'a Exhibit, at: &Expectation, nonce: &str) -> Option<Self> {
        let (action, key) = match at {
            Expectation::Table(_) => ("dynamodb:Query", None),
            Expectation::Queue(_) => ("sqs:ReceiveMessage", None),
            Expectation::Bucket(at) => ("s3:GetObject", Some(at.key.as_str())),
            Expectation::Log(_) => ("logs:FilterLogEvents", None),
            Expectation::Execution(_) if is_express(&part.document) => return None,
            Expectation::Execution(one) => {
                let to = execution_arn(part.fact("arn"), one.called(nonce));
                return Some(Self { part, action: "states:DescribeExecution", to });
            }
            Expectation::Kafka(at) => {
                let by_iam = at.authentication == Some(Authentication::Iam);
                let to = topic_arn(part.fact("arn"), &at.topic);
                return by_iam.then_some(Self { part, action: "kafka-cluster:ReadData", to });
            }
            Expectation::Result(_) | Expectation::Error(_) => return None,
        };
        Some(Self { part, action, to: within(part, key) })
    }
}

fn within(part: &Exhibit, key: Option<&str>) -> String {
    let arn = part.fact("arn");
    match key {
        Some(key) if part.kind == BUCKET => format!("{arn}/{key}"),
        Some(_) | None => arn.to_owned(),
    }
}

/// The role of that name, if it was asked for and was given anything that a probe does.
pub(super) fn actor_of<'a>(bench: &'a Bench, scene: &'a Scene, name: &str) -> Option<Actor<'a>> {
    actor::roles(bench, scene).into_iter().find(|actor| actor.name() == name)
}

/// Whether a role was given something that a probe does.
pub(super) fn takes_part(actor: &Actor<'_>, scene: &Scene, probe: &Probe) -> bool {
    let sent =
        probe.script.send.iter().filter_map(|one| {
            Deed::of_sending(Targets(scene).named(kind_to(one), one.target())?, one)
        });
    let looks = probe.script.expect.iter().chain(&probe.script.expect_not);
    let looks = looks.filter_map(|one| {
        Deed::of_look(Targets(scene).named(kind_of(one)?, one.target()?)?, one, "nonce")
    });
    let mut all = sent.chain(looks);
    all.any(|deed| actor.was_given(scene, deed.part, (deed.action, &deed.to)))
}

impl<'a> Cast<'a> {
    /// Takes the role on; `None` where there is nothing to see.
    ///
    /// # Errors
    /// Where STS refuses a role that was asked for.
    pub(super) async fn enter(
        actor: Actor<'a>,
        bench: &Bench,
        mark: &Mark,
        watch: &Watch,
    ) -> Answer<Option<Self>> {
        let session = actor.enter(bench, mark, watch).await?;
        Ok(session.map(|session| Self { actor, session, refused: Mutex::default() }))
    }

    /// Does something in the role's name, if it was given that; `None` if not. What is
    /// refused is kept, and tells against the role.
    pub(super) async fn does<'s, T>(
        &'s self,
        (bench, scene, watch): (&Bench, &Scene, &Watch),
        deed: &Deed<'a>,
        call: &(dyn Fn(&'s Session) -> BoxFuture<'s, Answer<T>> + Send + Sync),
    ) -> Option<Answer<T>>
    where
        T: Send,
    {
        if !self.actor.was_given(scene, deed.part, (deed.action, &deed.to)) {
            return None;
        }
        Some(match actor::act(bench, watch, || call(&self.session)).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                let what = format!("{} as {}", deed.action, self.actor.name());
                let kept = Refused { part: deed.part, what, error: error.clone() };
                *self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                    Some(kept);
                Err(error)
            }
            Err(error) => Err(error),
        })
    }

    /// What tells against the role, if it was refused anything.
    pub(super) fn findings(&self, scene: &'a Scene, watch: &Watch) -> Option<Vec<Finding>> {
        let refused =
            self.refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()?;
        let Refused { part, what, error } = refused;
        let play = Play { actor: self.actor, part, reach: Reach::Whole };
        Some(play.refused(scene, &what, &error, watch))
    }
}
