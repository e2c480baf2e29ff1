//! What a composite alarm is made of is there.

use super::{Judgement, Rule, hop};
use crate::model::document::is_pending;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Other, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "composite_children",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "The alarms that a composite alarm names are there: in its rule, and as what suppresses it.",
        risk: "AWS refuses the alarm; and one whose alarms are gone stays in the state that it had.",
        remedy: "Name alarms of the stack by reference: `ALARM(\"${depth.name}\")`.",
    },
    stops_messages: false,
    because: "An error: AWS refuses it.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    Judgement::of(scene.of_kind(hop::COMPOSITE), |alarm| {
        named(alarm).into_iter().filter_map(|(path, child)| {
            let is_of_the_stack =
                [hop::ALARM, hop::COMPOSITE].iter().any(|kind| scene.named(kind, &child).is_some());
            // What is there, and of another sort, cannot be looked at as a metric alarm.
            match scene.others.get(&child) {
                Some(Other::Gone(_)) if !is_of_the_stack => {
                    let name = child.rsplit_once(":alarm:").map_or(&*child, |(_, name)| name);
                    let message = format!("there is no alarm {name}, and nobody declares one");
                    Some(Finding::new(&alarm.address, message).at(path))
                }
                Some(Other::Gone(_) | Other::Seen(_) | Other::Hidden(_)) | None => None,
            }
        })
    })
}

/// Alarms that are named and are not of the stack: by the name that a scene has for them.
pub(super) fn named_others(scene: &Scene) -> Vec<String> {
    let named = scene.of_kind(hop::COMPOSITE).flat_map(named).map(|(_, child)| child);
    named.filter(|child| !is_pending(child)).collect()
}

/// The ARNs of the alarms that one names. In a canonical rule all stand in quotation marks.
fn named(alarm: &Exhibit) -> Vec<(Path, String)> {
    let rule = alarm.text("alarm_rule").unwrap_or_default();
    let path = Path::field("alarm_rule");
    let arns = quoted(rule).into_iter().filter(|text| text.starts_with("arn:"));
    let mut named: Vec<(Path, String)> = arns.map(|arn| (path.clone(), arn)).collect();
    let path = Path::field("actions_suppressor").with_field("alarm");
    if let Some(arn) = path.get(&alarm.document).and_then(serde_json::Value::as_str) {
        named.push((path, arn.to_owned()));
    }
    named
}

/// What stands in quotation marks, with what is escaped in it as it is meant.
fn quoted(rule: &str) -> Vec<String> {
    let (mut all, mut within, mut is_escaped) = (Vec::new(), None, false);
    for sign in rule.chars() {
        match (&mut within, sign) {
            (None, '"') => within = Some(String::new()),
            (None, _) => {}
            (Some(text), _) if is_escaped => {
                text.push(sign);
                is_escaped = false;
            }
            (Some(_), '\\') => is_escaped = true,
            (Some(_), '"') => all.extend(within.take()),
            (Some(text), _) => text.push(sign),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::rules::tests::scene;

    const STACK: &str = r#"
depth:
  kind: cloudwatch_metric_alarm
  namespace: AWS/SQS
  metric_name: NumberOfMessagesSent
  statistic: Sum
  period: 60
  evaluation_periods: 1
  comparison_operator: GreaterThanThreshold
  threshold: 5
all:
  kind: cloudwatch_composite_alarm
  alarm_rule: 'ALARM("${depth.name}") AND OK("o\"ther")'
  actions_suppressor: { alarm: work, wait_period: 1, extension_period: 1 }
"#;

    #[test]
    fn who_is_nowhere_is_told() {
        let mut scene = scene(STACK);
        let others = named_others(&scene);
        let [_, other, work] = &others[..] else { panic!("{others:?}") };
        assert!(other.ends_with(":alarm:o\"ther") && work.ends_with(":alarm:work"), "{others:?}");
        let gone = || Other::Gone("it is not there".into());
        let told = |scene: &Scene| -> Vec<String> {
            judge(scene).findings().iter().map(|it| it.message.clone()).collect()
        };
        assert_eq!(told(&scene), [""; 0], "nobody has looked");
        // Of the stack's own it is its plan that tells.
        scene.others = others.iter().map(|arn| (arn.clone(), gone())).collect();
        let no = |name: &str| format!("there is no alarm {name}, and nobody declares one");
        assert_eq!(told(&scene), [no("o\"ther"), no("work")]);
        let hidden = Other::Hidden("there is an alarm of another sort".into());
        scene.others.insert(work.clone(), hidden);
        assert_eq!(told(&scene), [no("o\"ther")]);
    }
}
