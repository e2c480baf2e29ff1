//! Buses, their rules and their archives, as their fields state them.

use serde_json::Value;

use crate::model::{Exhibit, Path, Scene};
use crate::verify::event_pattern::EventPattern;

/// Where events come in.
pub(super) const BUS: &str = "cloudwatch_event_bus";
/// What takes events from a bus to targets.
pub(super) const RULE_OF_BUS: &str = "cloudwatch_event_rule";
/// What keeps them.
pub(super) const ARCHIVE: &str = "cloudwatch_event_archive";
/// What rules may write to.
pub(super) const LOG_GROUP: &str = "cloudwatch_log_group";
/// The bus that every account has, to which AWS's own services send.
pub(super) const DEFAULT: &str = "default";
/// Who delivers.
pub(super) const EVENTS: &str = "events.amazonaws.com";

/// The field that holds a pattern.
pub(super) const PATTERN: &str = "event_pattern";

/// The pattern of a rule or an archive, if it has one that EventBridge takes.
pub(super) fn pattern(exhibit: &Exhibit) -> Option<EventPattern> {
    let pattern = exhibit.document.get(PATTERN)?.as_object()?;
    EventPattern::read(pattern, &Path::field(PATTERN)).ok()
}

/// The rules that take events.
pub(super) fn rules(scene: &Scene) -> impl Iterator<Item = &Exhibit> {
    scene.of_kind(RULE_OF_BUS).filter(|rule| rule.text("state") != Some("DISABLED"))
}

/// The name of the bus of a rule or an archive.
pub(super) fn bus_of(exhibit: &Exhibit) -> &str {
    let field = if exhibit.kind == ARCHIVE { "event_source_arn" } else { "event_bus_name" };
    exhibit.text(field).map_or(DEFAULT, bus_name)
}

/// The name of a bus that is named so or by its ARN.
pub(super) fn bus_name(named: &str) -> &str {
    named.rsplit_once(":event-bus/").map_or(named, |(_, name)| name)
}

/// One target of a rule.
pub(super) struct Target<'a> {
    /// Where it stands.
    pub(super) path: Path,
    /// Where events go.
    pub(super) arn: &'a str,
}

/// The targets of a rule.
pub(super) fn targets(rule: &Exhibit) -> impl Iterator<Item = Target<'_>> {
    let targets = rule.document.get("targets").and_then(Value::as_object).into_iter().flatten();
    targets.filter_map(|(id, target)| {
        let arn = target.get("arn")?.as_str()?;
        Some(Target { path: Path::field("targets").with_field(id), arn })
    })
}

/// The role in whose name the target at a path is reached: its own, or that of the rule.
pub(super) fn role_arn<'a>(rule: &'a Exhibit, at: &Path) -> Option<&'a str> {
    let of_target = at.around().find_map(|around| {
        around.with_field("role_arn").get(&rule.document).and_then(Value::as_str)
    });
    of_target.filter(|arn| !arn.is_empty()).or_else(|| rule.text("role_arn"))
}
