//! What is sent arrives: every policy on every way of messages lets them pass.
//!
//! AWS checks little of this when a system is built, and a service that may not
//! deliver drops the message without a word. What depends on something that no
//! document of the stack tells is not judged, and its subject says so.

mod carried;
mod event;
pub(super) mod gate;
mod invoked;

use serde_json::{Value, json};

pub(super) use self::gate::Seen;
use self::gate::{Delivery, Gate};
use super::encryption_at_rest::with_key;
use super::hop::{self, Edge, End, Transfer};
use super::keys::{self, KeyOf};
use super::{Judgement, Rule, others, patch};
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Other, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "delivery_path",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "Whatever sends to a topic, a queue or a bus, or invokes a function or a state machine, may do so; so may the role of a function, for which Lambda reads and sends, and that of a rule's target; and each may use the key that encrypts what it goes to.",
        risk: "AWS drops messages that it may not deliver, and tells nobody; a function whose role may not read its queue gets none.",
        remedy: "Add the statement that is missing, or correct the one that is nearly right.",
    },
    stops_messages: true,
    because: "An error: it does not work. Where a stream's reader lacks the table's key it is a warning, since AWS does not say whether it is asked for.",
    judge,
};

/// What a sender asks of the key of an encrypted target: as policies of keys are
/// best written, and the calls themselves. The same for all services (S3 User
/// Guide, "Granting permissions to publish event notification messages"; SNS
/// Developer Guide, "Key management").
const KEY_ACTIONS: [&str; 2] = ["kms:GenerateDataKey*", "kms:Decrypt"];
const KEY_CALLS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for subject in event::unjudged(scene) {
        judgement.add(subject, []);
    }
    // What alarms tell has a rule of its own.
    for edge in hop::edges(scene).into_iter().filter(|edge| !edge.is_from_alarm()) {
        let Seen { findings, open } = walk(scene, &edge);
        let subject = match open {
            Some(why) => format!("{} (not judged: {why})", edge.name()),
            None => edge.name(),
        };
        judgement.add(subject, findings);
    }
    judgement
}

/// What the policies on the way say, and why nobody can tell where that is so.
pub(super) fn walk(scene: &Scene, edge: &Edge<'_>) -> Seen {
    match &edge.hop.transfer {
        Transfer::Polls { calls } => carried::polled(scene, edge, calls),
        Transfer::Sends { calls } => carried::sent(scene, edge, calls),
        Transfer::Invokes { sender, sid } => match edge.target {
            End::Here(function) => {
                let delivery = Delivery::of(sender, false, edge.source, &scene.place);
                invoked::judge(&delivery, function, sid)
            }
            End::Elsewhere(_) => Seen::open("the function is not of this stack"),
        },
        Transfer::Event { action, sids, by } => event::walk(scene, edge, action, *sids, *by),
        Transfer::Redrive => at_target(scene, edge, |target| {
            admits(scene, edge.source, target).into_iter().collect()
        }),
        Transfer::Service { sender, action, sids, names_owner } => {
            let delivery = Delivery::of(sender, *names_owner, edge.source, &scene.place);
            at_target(scene, edge, |target| deliver(scene, &delivery, action, *sids, target))
        }
    }
}

/// What is seen at the target, as far as somebody could look at it.
fn at_target<'a>(
    scene: &'a Scene,
    edge: &Edge<'a>,
    look: impl FnOnce(&'a Exhibit) -> Seen,
) -> Seen {
    match edge.target {
        End::Here(target) => look(target),
        End::Elsewhere(name) => match scene.others.get(name) {
            Some(Other::Seen(target)) => look(target).told_of(&edge.carrier.address, &edge.path),
            Some(Other::Gone(how)) => {
                let finding = Finding::new(&Address::new(name), how.as_str());
                others::told(finding, &edge.carrier.address, &edge.path).into()
            }
            Some(Other::Hidden(why)) => Seen::open(format!("the target is {why}")),
            None => Seen::open("the target is not of this stack"),
        },
    }
}

/// Whether a service may call this on a target, and use its key.
fn deliver(
    scene: &Scene,
    delivery: &Delivery<'_>,
    action: &str,
    sids: (&str, &str),
    target: &Exhibit,
) -> Seen {
    let admitted = if delivery.is_admitted_by_default(target) {
        Seen::default()
    } else {
        call(delivery, action, sids.0, target)
    };
    admitted.and(use_key(scene, target, delivery, sids.1))
}

/// What the policy of a target says to one call.
fn call(delivery: &Delivery<'_>, action: &str, sid: &str, target: &Exhibit) -> Seen {
    delivery.pass(&Gate {
        guard: target,
        calls: &[action],
        grants: &[action],
        resource: target.fact("arn"),
        sid,
        because: "",
    })
}

/// Whether a sender may use what encrypts a target.
fn use_key(scene: &Scene, target: &Exhibit, delivery: &Delivery<'_>, sid: &str) -> Seen {
    let because = format!("; it encrypts {}", target.address);
    let gate = |guard| Gate {
        guard,
        calls: &KEY_CALLS,
        grants: &KEY_ACTIONS,
        resource: guard.fact("arn"),
        sid,
        because: &because,
    };
    let (key, path) = keys::key_of(scene, target);
    match key {
        KeyOf::Nobody => Seen::default(),
        KeyOf::Open(why) => Seen::open(why),
        KeyOf::Aws => {
            let message = format!(
                "it is encrypted with AWS's own key, whose policy does not let {} use it and cannot be changed",
                delivery.sender
            );
            let finding = Finding::new(&target.address, message).at(path);
            with_key(finding, scene, target).into()
        }
        KeyOf::Here(key) => {
            keys::disabled(key).map_or_else(|| delivery.pass(&gate(key)), Seen::from)
        }
        KeyOf::There(key) => delivery.pass(&gate(key)).told_of(&target.address, &path),
    }
}

/// Whether a dead-letter queue takes what a queue sets aside.
fn admits(scene: &Scene, source: End<'_>, target: &Exhibit) -> Option<Finding> {
    let path = Path::field("redrive_allow_policy");
    let policy = path.get(&target.document).filter(|policy| !policy.is_null())?;
    let list = policy.get("source_queues").and_then(Value::as_array);
    let mut sources: Vec<Value> = list.cloned().unwrap_or_default();
    let arn = source.arn(&scene.place);
    let is_open = match policy.get("permission").and_then(Value::as_str) {
        Some("byQueue") => sources.iter().any(|one| one.as_str() == Some(&arn)),
        Some("denyAll") => false,
        Some(_) | None => true,
    };
    if is_open {
        return None;
    }
    sources.push(source.reference(&scene.place).into());
    let message = format!("it takes no dead letters from {}", source.name());
    let allow = json!({ "permission": "byQueue", "source_queues": sources });
    let yaml = patch::field(path.top(), &allow);
    let hint = format!("admit {} in {path}", source.name());
    Some(Finding::new(&target.address, message).at(path).hint(hint).patch(yaml))
}

#[cfg(test)]
mod tests;
