//! Replays: what an archive of EventBridge holds is put on its bus once more, for all of
//! its rules or some.

use aws_sdk_eventbridge::types::{ReplayDestination, ReplayState, RuleState};
use aws_smithy_types::DateTime;

use super::call_log::about;
use super::client::Session;
use super::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::Identity;

/// The kind whose objects can be replayed.
pub const ARCHIVE: &str = "cloudwatch_event_archive";
/// The kind of what gets the events.
pub const RULE: &str = "cloudwatch_event_rule";

/// An archive as AWS tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The ARN of its bus.
    pub bus: String,
    /// How many events it holds, as AWS counted last: once a day or so.
    pub events: i64,
    /// And how many bytes.
    pub bytes: i64,
}

/// A rule that takes events of a bus by a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleOfBus {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Whether it takes events now.
    pub is_enabled: bool,
    /// The ARNs of its targets.
    pub targets: Vec<String>,
}

/// What to replay. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// What it is called: one name is one replay, for as long as AWS remembers it.
    pub name: String,
    /// The archive.
    pub archive: Archive,
    /// Of events that came from here on.
    pub from: i64,
    /// And up to here.
    pub to: i64,
    /// The ARNs of the rules that get them; all of the bus where none is named.
    pub rules: Vec<String>,
}

/// How far a replay has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaying {
    /// Where it stands.
    pub state: Standing,
    /// The time of the last event that was replayed, in seconds since 1970.
    pub last: Option<i64>,
}

/// Where a replay stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It goes on.
    Going,
    /// All is replayed.
    Completed,
    /// Somebody cancelled it.
    Cancelled,
    /// AWS gave up: why.
    Failed(String),
}

/// Looks at an archive.
pub(super) async fn archive(session: &Session, name: &str) -> Answer<Option<Archive>> {
    let look = async {
        let answer = session.clients.events.describe_archive().archive_name(name).send().await;
        answer.attempting("events:DescribeArchive", || format!("read archive {name}")).or_absent()
    };
    let answer = about(ARCHIVE, &Identity(name.to_owned()), look).await?;
    Ok(answer.map(|it| Archive {
        name: name.to_owned(),
        arn: it.archive_arn.unwrap_or_default(),
        bus: it.event_source_arn.unwrap_or_default(),
        events: it.event_count,
        bytes: it.size_bytes,
    }))
}

/// The rules of a bus, by name, but for those that AWS's services made for themselves.
pub(super) async fn rules(session: &Session, bus: &str) -> Answer<Vec<RuleOfBus>> {
    // Of a bus of ours its name says enough, and not every emulator knows it by more.
    let bus = bus.rsplit_once(":event-bus/").map_or(bus, |(_, name)| name);
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let call = session.clients.events.list_rules().event_bus_name(bus).set_next_token(next);
        let answer = call.send().await;
        let answer =
            answer.attempting("events:ListRules", || format!("list the rules of {bus}"))?;
        for rule in answer.rules.unwrap_or_default() {
            if rule.managed_by.is_some() || rule.event_pattern.is_none() {
                continue;
            }
            let name = rule.name.unwrap_or_default();
            let targets = targets(session, bus, &name).await?;
            let is_enabled = rule.state != Some(RuleState::Disabled);
            let arn = rule.arn.unwrap_or_default();
            found.push(RuleOfBus { name, arn, is_enabled, targets });
        }
        next = answer.next_token;
        if next.is_none() {
            found.sort_by(|one, other| one.name.cmp(&other.name));
            return Ok(found);
        }
    }
}

/// A rule has a handful, which one page holds.
async fn targets(session: &Session, bus: &str, rule: &str) -> Answer<Vec<String>> {
    let call = session.clients.events.list_targets_by_rule().event_bus_name(bus).rule(rule);
    let answer = call.send().await;
    let attempted = || format!("list the targets of rule {rule}");
    let answer = answer.attempting("events:ListTargetsByRule", attempted)?;
    let mut targets: Vec<String> =
        answer.targets.unwrap_or_default().into_iter().map(|target| target.arn).collect();
    targets.sort();
    Ok(targets)
}

/// Begins a replay. One of the same name that there was is refused.
pub(super) async fn start(session: &Session, replay: &Replay) -> Answer<()> {
    let Replay { name, archive, from, to, rules } = replay;
    let rules = (!rules.is_empty()).then(|| rules.clone());
    let bus = ReplayDestination::builder().arn(&archive.bus).set_filter_arns(rules).build();
    let begin = async {
        let call = session.clients.events.start_replay().replay_name(name);
        let call = call.event_source_arn(&archive.arn).set_destination(bus.ok());
        let call = call.event_start_time(DateTime::from_secs(*from));
        let answer = call.event_end_time(DateTime::from_secs(*to)).send().await;
        answer.attempting("events:StartReplay", || format!("replay archive {}", archive.name))
    };
    about(ARCHIVE, &Identity(archive.name.clone()), begin).await?;
    Ok(())
}

/// How far a replay has come.
pub(super) async fn look(session: &Session, name: &str) -> Answer<Replaying> {
    let answer = session.clients.events.describe_replay().replay_name(name).send().await;
    let attempted = || format!("read how far replay {name} has come");
    let answer = answer.attempting("events:DescribeReplay", attempted)?;
    let reason = answer.state_reason.unwrap_or_default();
    let state = match answer.state {
        Some(ReplayState::Completed) => Standing::Completed,
        Some(ReplayState::Cancelled) => Standing::Cancelled,
        Some(ReplayState::Failed) => Standing::Failed(reason),
        // Starting, running, and on the way to be cancelled.
        Some(_) | None => Standing::Going,
    };
    Ok(Replaying { state, last: answer.event_last_replayed_time.map(|time| time.secs()) })
}

/// Ends a replay. What is delivered stays so.
pub(super) async fn cancel(session: &Session, name: &str) -> Answer<()> {
    let answer = session.clients.events.cancel_replay().replay_name(name).send().await;
    answer.attempting("events:CancelReplay", || format!("cancel replay {name}"))?;
    Ok(())
}
