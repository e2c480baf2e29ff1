//! A pattern takes something: what it asks for can be in an event of its bus, and what an
//! archive keeps is of use to some rule.

use super::event::{self, ARCHIVE, BUS, DEFAULT, PATTERN};
use super::{Judgement, Rule};
use crate::model::near::nearest;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};
use crate::verify::event_pattern::{ENVELOPE, EventPattern};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "event_pattern",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "What the pattern of a rule or an archive asks for can be in an event of its bus; what an archive keeps, a rule of the bus takes.",
        risk: "EventBridge takes any pattern that is well formed: a rule whose pattern takes nothing is silent for ever.",
        remedy: "Ask for fields that events have, and for sources that put events on this bus.",
    },
    stops_messages: true,
    because: "An error: no event is ever taken. An archive whose events no rule takes is a note: a rule may be made for the replay.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for exhibit in event::rules(scene).chain(scene.of_kind(ARCHIVE)) {
        let Some(pattern) = event::pattern(exhibit) else { continue };
        let strays = pattern.strays().map(|field| stray(exhibit, field));
        let findings =
            strays.chain(never(scene, exhibit, &pattern)).chain(idle(scene, exhibit, &pattern));
        judgement.add(exhibit.address.to_string(), findings);
    }
    judgement
}

fn told(exhibit: &Exhibit, field: &str, why: String) -> Finding {
    Finding::new(&exhibit.address, why).at(Path::field(PATTERN).with_field(field))
}

fn stray(exhibit: &Exhibit, field: &str) -> Finding {
    let why = format!("no event has a field `{field}` at its top: the pattern takes nothing");
    let hint = nearest(field, ENVELOPE).map_or_else(
        || "what an event is about stands in its `detail`".to_owned(),
        |right| format!("did you mean `{right}`?"),
    );
    told(exhibit, field, why).hint(hint)
}

/// What no event of the bus is. Where others may put events on it, or rules lead to it,
/// anything may come.
fn never(scene: &Scene, exhibit: &Exhibit, pattern: &EventPattern) -> Option<Finding> {
    let (bus, place) = (event::bus_of(exhibit), &scene.place);
    if is_fed(scene, bus) {
        return None;
    }
    if bus != DEFAULT && pattern.wants_only("source", "aws.") {
        let why = format!(
            "AWS's own services put their events on the bus `{DEFAULT}`, and none on {bus}"
        );
        let hint =
            format!("make it a rule of `{DEFAULT}`, or lead those events here by a rule there");
        return Some(told(exhibit, "source", why).hint(hint));
    }
    let account = place.knows_account().then_some(("account", &place.account));
    let region = place.knows_region().then_some(("region", &place.region));
    let foreign = account.into_iter().chain(region);
    let mut foreign = foreign.filter(|(field, own)| !pattern.admits(field, own));
    foreign.next().map(|(field, own)| {
        let why =
            format!("events of {bus} have the {field} {own}, which the pattern does not take");
        told(exhibit, field, why).hint("leave the field out")
    })
}

/// Whether events may come from elsewhere. Of a bus that is not of the stack nobody knows.
fn is_fed(scene: &Scene, bus: &str) -> bool {
    let is_led_to = event::rules(scene)
        .any(|rule| event::targets(rule).any(|target| event::bus_name(target.arn) == bus));
    let admits_others = match scene.named(BUS, bus) {
        Some(bus) => bus.document.get("policy").is_some_and(|policy| !policy.is_null()),
        None => true,
    };
    is_led_to || admits_others
}

/// What an archive keeps and no rule of the bus takes.
fn idle(scene: &Scene, archive: &Exhibit, pattern: &EventPattern) -> Option<Finding> {
    if archive.kind != ARCHIVE {
        return None;
    }
    let bus = event::bus_of(archive);
    let rules = event::rules(scene).filter(|rule| event::bus_of(rule) == bus);
    let apart: Option<Vec<(&Exhibit, String)>> =
        rules.map(|rule| Some((rule, pattern.excludes(&event::pattern(rule)?)?))).collect();
    let apart = apart?;
    let (rule, field) = apart.first()?;
    let why = format!(
        "no rule of {bus} takes what it keeps, so a replay reaches nobody: `{field}` is other than {} asks",
        rule.address
    );
    let finding = Finding::new(&archive.address, why).at(Path::field(PATTERN)).as_note();
    Some(finding.hint("keep what the rules take"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::RULE;
    use crate::model::Scene;

    fn bus(more: &str, rule: &str, archive: &str) -> Scene {
        system(&format!(
            "
queue: {{ kind: sqs_queue }}
bus: {{ kind: cloudwatch_event_bus{more} }}
rule: {{ kind: cloudwatch_event_rule, event_bus_name: \"${{bus.name}}\", event_pattern: {rule}, targets: {{ queue: {{ arn: \"${{queue.arn}}\" }} }} }}
archive: {{ kind: cloudwatch_event_archive, event_source_arn: \"${{bus.arn}}\", event_pattern: {archive} }}"
        ))
    }

    #[test]
    fn a_pattern_takes_something() {
        let rule = |pattern: &str| bus("", pattern, "null");
        let open = ", policy: { Statement: [{ Sid: Partner, Effect: Allow, Principal: { AWS: \"arn:aws:iam::210987654321:root\" }, Action: \"events:PutEvents\", Resource: \"${bus.arn}\" }] }";
        golden!(told_of(
            &RULE,
            &[
                ("a source", rule("{ source: [shop] }")),
                ("a field of another name", rule("{ detail_type: [paid] }")),
                ("a field of the detail", rule("{ orderId: [1] }")),
                ("a field that is not to be there", rule("{ orderId: [{ exists: false }] }")),
                ("AWS's services", rule("{ source: [aws.s3, { prefix: aws.ec2 }] }")),
                ("AWS's services and another", rule("{ source: [aws.s3, shop] }")),
                ("another account", rule("{ account: [\"210987654321\"] }")),
                (
                    "another account, which is admitted",
                    bus(open, "{ account: [\"210987654321\"] }", "null")
                ),
                ("this account", rule("{ account: [\"123456789012\"], region: [us-east-1] }")),
                ("another region", rule("{ region: [{ anything-but: us-east-1 }] }")),
                (
                    "an archive of the same",
                    bus("", "{ source: [shop] }", "{ source: [{ prefix: sh }] }")
                ),
                ("an archive of others", bus("", "{ source: [shop] }", "{ source: [stock] }")),
            ]
        ));
    }

    #[test]
    fn the_bus_of_all_takes_what_aws_sends() {
        let scene = system(
            "
rule: { kind: cloudwatch_event_rule, event_bus_name: default, event_pattern: { source: [aws.s3] } }
lead: { kind: cloudwatch_event_rule, event_bus_name: default, event_pattern: { source: [aws.s3] }, targets: { bus: { arn: \"${bus.arn}\" } } }
bus: { kind: cloudwatch_event_bus }
led: { kind: cloudwatch_event_rule, event_bus_name: \"${bus.name}\", event_pattern: { source: [aws.s3] } }",
        );
        assert!((RULE.judge)(&scene).findings().is_empty());
    }
}
