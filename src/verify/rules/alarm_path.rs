//! An alarm is heard: whom it tells can be told.
//!
//! `CloudWatch` looks at no action when an alarm is made. One that it may not
//! carry out fails when the alarm goes off, and the alarm's history alone says so.

use std::collections::BTreeSet;

use serde_json::Value;

use super::delivery_path::{self, Seen};
use super::hop::{self, Edge};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "alarm_path",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "Whom an alarm tells can be told: CloudWatch may publish to the topic, and use the key that encrypts it; or may invoke the function.",
        risk: "The alarm goes off and nobody hears of it: what CloudWatch may not do fails, and the alarm's history alone says so.",
        remedy: "Add the statement that is missing to the policy of the topic or of its key, or the permission to the function; in place of AWS's own key, encrypt with one of the stack.",
    },
    // What keeps alarms from a topic keeps nobody else from it.
    stops_messages: false,
    because: "An error: nobody is told. A FIFO topic is a warning, since AWS says of no alarm that it can tell one; actions that are switched off are a note, since somebody meant it so.",
    judge,
};

/// Fields with what is done in each state.
const STATES: [&str; 3] = ["alarm_actions.*", "insufficient_data_actions.*", "ok_actions.*"];

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for alarm in hop::ALARMING.iter().flat_map(|kind| scene.of_kind(kind)) {
        judge_alarm(alarm, &mut judgement);
    }
    let edges = hop::edges(scene).into_iter().filter(Edge::is_from_alarm);
    let mut told = BTreeSet::new();
    // In several states an alarm may tell the same.
    for edge in edges.filter(|edge| told.insert(edge.name())) {
        let Seen { findings, open } = delivery_path::walk(scene, &edge);
        let findings = findings.into_iter().chain(fifo(scene, &edge));
        judgement.add(subject(&edge.name(), open.as_deref()), findings);
    }
    judgement
}

fn subject(name: &str, open: Option<&str>) -> String {
    match open {
        Some(why) => format!("{name} (not judged: {why})"),
        None => name.to_owned(),
    }
}

/// What no topic has a part in.
fn judge_alarm(alarm: &Exhibit, judgement: &mut Judgement) {
    let actions = STATES.iter().flat_map(|state| hop::values(&alarm.document, state));
    let mut actions = actions.peekable();
    if actions.peek().is_some() && alarm.document.get("actions_enabled") == Some(&false.into()) {
        let message = "its actions are switched off: it changes its state, and tells nobody";
        let finding = Finding::new(&alarm.address, message).at(Path::field("actions_enabled"));
        let finding = finding.hint("switch them on, if nobody is at work there");
        let finding = finding.patch(patch::field("actions_enabled", &true.into()));
        judgement.add(alarm.address.to_string(), [finding.as_note()]);
    }
    for (path, action) in actions {
        let parts: Vec<&str> = action.splitn(6, ':').collect();
        let ["arn", _, service, _, _, what] = parts[..] else { continue };
        // Topics and functions are ends of a way.
        if ["lambda", "sns"].contains(&service) {
            continue;
        }
        let action = Action { alarm, path, arn: action, what };
        let (open, finding) = action.judge(service);
        let name = format!("{} -> {}", alarm.address, action.arn);
        judgement.add(subject(&name, open), finding);
    }
}

/// Something that an alarm does.
struct Action<'a> {
    alarm: &'a Exhibit,
    path: Path,
    arn: &'a str,
    /// What its ARN says last.
    what: &'a str,
}

impl Action<'_> {
    /// Whether `CloudWatch` can do it, by the service whose it is (`CloudWatch` API
    /// Reference, `PutMetricAlarm`); and why nobody can tell.
    fn judge(&self, service: &str) -> (Option<&'static str>, Option<Finding>) {
        match service {
            "automate" | "swf" => (None, self.of_instance()),
            "aiops" | "autoscaling" | "ssm" | "ssm-incidents" => {
                (Some("nothing of this stack decides"), None)
            }
            "events" | "iam" | "kms" | "logs" | "s3" | "sqs" | "states" => {
                (None, Some(self.never(service)))
            }
            _ => (Some("no document tells whether CloudWatch can do it"), None),
        }
    }

    /// EC2 is told of the instance that the alarm's dimensions name (`CloudWatch` User
    /// Guide, "Create alarms to stop, terminate, reboot, or recover an EC2 instance").
    fn of_instance(&self) -> Option<Finding> {
        let dimensions = self.alarm.document.get("dimensions")?.as_object()?;
        let is_one = self.alarm.document.get("metrics").and_then(Value::as_array);
        if dimensions.contains_key("InstanceId") || is_one.is_some_and(|it| !it.is_empty()) {
            return None;
        }
        let (what, alarm) = (self.what, &self.alarm.address);
        let message = format!("{what} is done to an instance, and {alarm} watches none");
        let finding = Finding::new(alarm, message).at(self.path.clone());
        Some(finding.hint("state the dimension InstanceId, or tell a topic instead"))
    }

    fn never(&self, service: &str) -> Finding {
        let message = format!("an alarm can do nothing with {}: CloudWatch refuses it", self.arn);
        let finding = Finding::new(&self.alarm.address, message).at(self.path.clone());
        finding.hint(if service == "sqs" {
            "tell a topic that the queue is subscribed to"
        } else {
            "tell a topic, and have whoever acts subscribe to it"
        })
    }
}

/// Topics that keep order want to be told the group of each message.
fn fifo(scene: &Scene, edge: &Edge<'_>) -> Option<Finding> {
    // As SNS spells it.
    if edge.target.arn(&scene.place).rsplit('.').next() != Some("fifo") {
        return None;
    }
    let topic = edge.target.name();
    let message = format!(
        "{topic} is a FIFO topic, which takes no message without a group, and CloudWatch states none"
    );
    let finding = Finding::new(&edge.carrier.address, message).at(edge.path.clone());
    let finding = finding.hint("tell a standard topic");
    Some(Finding { level: Some(Level::Warning), ..finding })
}

#[cfg(test)]
mod tests;
