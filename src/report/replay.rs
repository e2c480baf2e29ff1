//! What a replay of an archive would do, how far it has come, and how it ended.

use std::time::Duration;

use serde_json::{Value, json};

use super::json::{indented, millis};
use super::page::Page;
use super::pane::tame;
use super::phrases::duration;
use super::style::{FAINT, paint};

/// The version of the form.
const FORMAT: &str = "ccprov.replay/1";

/// A replay, begun or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayRecord {
    /// Our name of the archive.
    pub address: String,
    /// AWS's.
    pub archive: String,
    /// The name of its bus.
    pub bus: String,
    /// Seconds since 1970 and as RFC 3339 has it: of events that came from here on.
    pub from: (i64, String),
    /// And up to here.
    pub to: (i64, String),
    /// How many events the archive holds, as AWS counted last.
    pub events: i64,
    /// Whether rules were chosen. Otherwise all of the bus get the events.
    pub is_chosen: bool,
    /// Who gets them.
    pub rules: Vec<ReplayedRule>,
}

/// A rule that gets what is replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedRule {
    /// What people call it.
    pub name: String,
    /// Whether it takes events now.
    pub is_enabled: bool,
    /// What people call its targets.
    pub targets: Vec<String>,
}

/// How a replay ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayEnd {
    /// What AWS calls it.
    pub replay: String,
    /// `completed`, `cancelled` or `failed`.
    pub outcome: &'static str,
    /// Why it failed.
    pub reason: Option<String>,
    /// The time of the last event that was replayed, as RFC 3339 has it.
    pub last: Option<String>,
    /// From the call to the end.
    pub took: Duration,
}

/// For people, before anything is begun: what would be replayed to whom.
pub fn replay_text(record: &ReplayRecord) -> String {
    let mut page = Page::default();
    let ReplayRecord { address, archive, bus, from, to, events, is_chosen, rules } = record;
    page.line(
        0,
        format!("replay archive {} ({}) on bus {}", tame(address), tame(archive), tame(bus)),
    );
    let span = Duration::from_secs(u64::try_from(to.0 - from.0).unwrap_or_default());
    page.line(1, format!("events from {} to {}: {}", from.1, to.1, duration(span)));
    let counted = "of all times, as AWS counted last: once a day";
    page.line(1, paint(FAINT, format!("the archive holds about {events} {counted}")));
    let whom =
        if *is_chosen { "these rules get them:" } else { "every rule of the bus gets them:" };
    if rules.is_empty() {
        page.line(1, "the bus has no rule: nobody gets them");
        return page.into_text();
    }
    page.line(1, whom);
    for ReplayedRule { name, is_enabled, targets } in rules {
        let targets: Vec<_> = targets.iter().map(|target| tame(target)).collect();
        let targets = if targets.is_empty() { "no target".to_owned() } else { targets.join(", ") };
        let off = if *is_enabled { "" } else { " (disabled: gets none)" };
        page.line(2, format!("{} -> {targets}{off}", tame(name)));
    }
    page.into_text()
}

/// For people, while it goes on: where it is between its ends.
pub fn replay_progress(record: &ReplayRecord, last: Option<(i64, &str)>) -> String {
    let Some((seconds, time)) = last else { return "Replaying: no event yet".to_owned() };
    let (from, to) = (record.from.0, record.to.0);
    let whole = (to - from).max(1);
    let percent = ((seconds - from).clamp(0, whole) * 100) / whole;
    format!("Replaying: events up to {time}, {percent}% of the time asked for")
}

/// For people, at the end.
pub fn replay_end_text(end: &ReplayEnd) -> String {
    let (replay, took) = (tame(&end.replay), duration(end.took));
    let upto = end.last.as_ref().map_or_else(
        || "AWS tells of no event that was replayed".to_owned(),
        |last| format!("the last event replayed is of {last}"),
    );
    let reason = end.reason.as_deref().filter(|it| !it.is_empty());
    let reason = reason.map_or_else(String::new, |it| format!(": {}", tame(it)));
    format!("replay {replay} {} in {took}{reason}; {upto}\n", end.outcome)
}

/// For programs, all of it.
pub fn replay_json(record: &ReplayRecord, end: &ReplayEnd) -> String {
    let rules: Vec<Value> = record
        .rules
        .iter()
        .map(|rule| json!({ "rule": rule.name, "enabled": rule.is_enabled, "targets": rule.targets }))
        .collect();
    indented(&json!({
        "format": FORMAT,
        "address": record.address,
        "archive": record.archive,
        "event_bus": record.bus,
        "from": record.from.1,
        "to": record.to.1,
        "archived_events": record.events,
        "rules": rules,
        "replay": end.replay,
        "outcome": end.outcome,
        "reason": end.reason,
        "last_replayed": end.last,
        "took_seconds": Duration::from_millis(millis(end.took)).as_secs_f64(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> ReplayRecord {
        let rule = |name: &str, is_enabled, targets: &[&str]| ReplayedRule {
            name: name.to_owned(),
            is_enabled,
            targets: targets.iter().map(|it| (*it).to_owned()).collect(),
        };
        ReplayRecord {
            address: "archive".into(),
            archive: "shop-archive".into(),
            bus: "shop-bus".into(),
            from: (0, "1970-01-01T00:00:00Z".into()),
            to: (3600, "1970-01-01T01:00:00Z".into()),
            events: 12,
            is_chosen: false,
            rules: vec![rule("paid", true, &["orders", "audit"]), rule("seen", false, &[])],
        }
    }

    fn end(outcome: &'static str, reason: Option<&str>) -> ReplayEnd {
        ReplayEnd {
            replay: "ccprov-shop-archive-1".into(),
            outcome,
            reason: reason.map(str::to_owned),
            last: Some("1970-01-01T00:59:00Z".into()),
            took: Duration::from_secs(61),
        }
    }

    fn plain(text: &str) -> String {
        super::super::pane::told(text, false)
    }

    #[test]
    fn people_read_what_would_go_to_whom() {
        assert_eq!(
            plain(&replay_text(&record())),
            "replay archive archive (shop-archive) on bus shop-bus\n  \
             events from 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z: 1h 00m\n  \
             the archive holds about 12 of all times, as AWS counted last: once a day\n  \
             every rule of the bus gets them:\n    \
             paid -> orders, audit\n    \
             seen -> no target (disabled: gets none)\n"
        );
        let nobody = ReplayRecord { rules: Vec::new(), ..record() };
        assert!(replay_text(&nobody).contains("nobody gets them"));
    }

    #[test]
    fn progress_is_told_within_the_time_that_was_asked_for() {
        let told = |last| replay_progress(&record(), last);
        assert_eq!(told(None), "Replaying: no event yet");
        assert_eq!(told(Some((900, "T"))), "Replaying: events up to T, 25% of the time asked for");
        assert!(told(Some((9_000, "T"))).contains("100%"));
    }

    #[test]
    fn an_end_is_told_with_its_reason() {
        let told = replay_end_text(&end("failed", Some("no \u{1b}[2Jbus")));
        assert_eq!(
            told,
            "replay ccprov-shop-archive-1 failed in 1m 01s: no \\u001b[2Jbus; the last event replayed is of 1970-01-01T00:59:00Z\n"
        );
        let json: Value =
            serde_json::from_str(&replay_json(&record(), &end("completed", None))).unwrap();
        assert_eq!(
            (&json["outcome"], &json["rules"][0]["targets"][1]),
            (&json!("completed"), &json!("audit"))
        );
        assert_eq!((&json["took_seconds"], &json["event_bus"]), (&json!(61.0), &json!("shop-bus")));
    }
}
