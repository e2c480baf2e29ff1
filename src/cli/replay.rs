//! `ccprov replay`: has an archive of the stack put its events on their bus once more,
//! after somebody said yes, and follows it to its end.

use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use tokio::time::Instant;

use super::clock;
use super::environment::Environment;
use super::existing::Needs;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{What, Where};
use super::screen::Screen;
use super::signals::Signals;
use crate::aws::replay::{ARCHIVE, Archive, RULE, Replay, Replaying, RuleOfBus, Standing};
use crate::engine::wait::{Backoff, Persistence, elapse};
use crate::model::{Desired, Diagnostic, ErrorClass, Stack};
use crate::report::{
    ReplayEnd, ReplayRecord, ReplayedRule, replay_end_text, replay_json, replay_progress,
    replay_text,
};

/// How often at least it is asked how far a replay has come: AWS replays by the minute.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Characters of a replay's name (EventBridge API Reference, `StartReplay`).
const MOST_OF_NAME: usize = 64;
/// Events are in an archive some minutes after they came (EventBridge User Guide,
/// "Archiving and replaying events": wait for ten).
const LAG: i64 = 600;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The archive: its address in the stack, or its name
    #[arg(value_name = "ARCHIVE")]
    archive: String,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    /// Of events that came from then on: 2026-01-31T10:00:00Z, or a time ago as 2h
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Moment,

    /// And up to then
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Moment,

    /// Let this rule alone have them: its address in the stack, or its name; may be repeated
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,

    /// Do not ask; a signal then cancels the replay
    #[arg(short = 'y', long)]
    auto_approve: bool,

    /// Tell how it ended as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A time as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// In seconds since 1970.
    At(i64),
    /// Seconds before now.
    Ago(i64),
}

fn moment(text: &str) -> Result<Moment, String> {
    let seconds = |length: Duration| i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
    if let Ok(time) = humantime::parse_rfc3339(text) {
        return Ok(Moment::At(seconds(time.duration_since(UNIX_EPOCH).unwrap_or_default())));
    }
    let ago = humantime::parse_duration(text).map(|length| Moment::Ago(seconds(length)));
    ago.map_err(|_| "it is written 2026-01-31T10:00:00Z, or as a time ago: 2h, 0s".to_owned())
}

impl Moment {
    fn seconds(self, now: i64) -> i64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Ago(seconds) => now.saturating_sub(seconds),
        }
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let now = clock::milliseconds() / 1000;
    let (from, to) = (arguments.from.seconds(now), arguments.to.seconds(now));
    check_times(from, to, now)?;
    let (what, place) = (&arguments.what, &arguments.place);
    let opened = Opened::needing(Needs::Names, what, place, environment, screen).await?;
    let done = Run { arguments, opened: &opened, screen }.replay((from, to)).await;
    opened.trace.write(screen);
    let done = done?;
    if to > now - LAG {
        let late = "Events of the last ten minutes may not have been in the archive yet.";
        screen.talk(late);
    }
    Ok(done)
}

fn check_times(from: i64, to: i64, now: i64) -> Result<(), Diagnostic> {
    if from >= to {
        let problem = format!("--from {} is not before --to {}", time(from), time(to));
        return Err(Diagnostic::error(problem));
    }
    if to > now {
        let problem = format!("--to {} lies ahead: nothing came then yet", time(to));
        return Err(Diagnostic::error(problem).hint("--to 0s is now"));
    }
    Ok(())
}

/// What a replay is run with.
#[derive(Clone, Copy, Debug)]
struct Run<'a> {
    arguments: &'a Arguments,
    opened: &'a Opened,
    screen: &'a Screen,
}

impl Run<'_> {
    async fn replay(&self, (from, to): (i64, i64)) -> Result<Exit, Failure> {
        let Self { arguments, opened, screen } = *self;
        let want = archive(&opened.stack, &arguments.archive)?;
        let archive = lives(want, opened).await?;
        let all = opened.provider.rules_of_bus(&archive.bus).await?;
        let chosen = chosen(&arguments.rules, &all, &opened.stack)?;
        // None named is all, also those that come meanwhile.
        let named = chosen.iter().filter(|_| !arguments.rules.is_empty());
        let rules = named.map(|rule| rule.arn.clone()).collect();
        let record = self.record(want, &archive, &chosen, (from, to));
        if !self.is_approved(&record).await? {
            screen.talk("Nothing was replayed.");
            return Ok(Exit::Failed);
        }
        let replay = Replay { name: name(&archive.name), archive, from, to, rules };
        let mut signals = Signals::catch();
        let began = Instant::now();
        start(&replay, opened).await?;
        screen.talk(&format!("Replay {} began.", replay.name));
        let ended = self.follow(&replay.name, &record, &mut signals).await?;
        let (outcome, reason, exit) = match ended.state {
            Standing::Completed | Standing::Going => ("completed", None, Exit::Done),
            Standing::Cancelled => ("cancelled", None, Exit::Partly),
            Standing::Failed(reason) => ("failed", Some(reason), Exit::Partly),
        };
        let last = ended.last.map(time);
        let end = ReplayEnd { replay: replay.name, outcome, reason, last, took: began.elapsed() };
        if arguments.json {
            screen.data(&replay_json(&record, &end));
        } else {
            screen.data(&replay_end_text(&end));
        }
        Ok(exit)
    }

    /// What would be replayed to whom.
    fn record(
        &self,
        want: &Desired,
        archive: &Archive,
        rules: &[RuleOfBus],
        (from, to): (i64, i64),
    ) -> ReplayRecord {
        let called = |arn: &str| {
            let all = &self.opened.stack.resources;
            let known = all
                .values()
                .find(|want| want.predicted.get("arn").is_some_and(|known| known == arn));
            known.map_or_else(|| arn.to_owned(), |want| want.address.to_string())
        };
        let rule = |rule: &RuleOfBus| ReplayedRule {
            name: rule.name.clone(),
            is_enabled: rule.is_enabled,
            targets: rule.targets.iter().map(|arn| called(arn)).collect(),
        };
        let bus =
            archive.bus.rsplit_once(":event-bus/").map_or(archive.bus.as_str(), |(_, name)| name);
        ReplayRecord {
            address: want.address.to_string(),
            archive: archive.name.clone(),
            bus: bus.to_owned(),
            from: (from, time(from)),
            to: (to, time(to)),
            events: archive.events,
            is_chosen: !self.arguments.rules.is_empty(),
            rules: rules.iter().map(rule).collect(),
        }
    }

    /// Whether somebody said yes to what was shown. JSON tells it at the end.
    async fn is_approved(&self, record: &ReplayRecord) -> Result<bool, Failure> {
        let Self { arguments, opened: _, screen } = *self;
        if !arguments.json {
            screen.data(&replay_text(record));
        }
        if !screen.is_heard() {
            return Err(Failure::plain(
                "what would be replayed could not be told: nobody can approve it",
            ));
        }
        if arguments.auto_approve {
            return Ok(true);
        }
        if arguments.json || !screen.can_ask {
            return Err(Diagnostic::error("nobody is there to approve the replay")
                .because("this is not a terminal, or --json was asked for; nothing was replayed")
                .hint("see who gets the events, then pass --auto-approve (-y)")
                .into());
        }
        let question = "Targets get these events once more. Replay them? Type yes to go on: ";
        Ok(screen.confirms(&format!("\n{question}")).await)
    }

    /// Asks how far it has come, until it has ended or a signal comes.
    async fn follow(
        &self,
        name: &str,
        record: &ReplayRecord,
        signals: &mut Signals,
    ) -> Result<Replaying, Failure> {
        let mut backoff = Backoff::up_to(LONGEST_PAUSE, 0);
        let mut persistence = Persistence::new(0, true);
        let at = self.screen.pulse.at();
        loop {
            persistence.attempt();
            let pause = match self.opened.provider.replaying(name).await {
                Ok(seen) if seen.state != Standing::Going => return Ok(seen),
                Ok(seen) => {
                    let last = seen.last.map(|last| (last, time(last)));
                    let last = last.as_ref().map(|(seconds, time)| (*seconds, time.as_str()));
                    at.tell(replay_progress(record, last));
                    persistence = Persistence::new(0, true);
                    backoff.pause()
                }
                // What has just begun may not be seen yet, and who looks may be throttled.
                Err(error) => persistence.pause_after(&error).ok_or_else(|| {
                    unsure(format!("nobody knows how the replay {name} goes on: {error}"), name)
                })?,
            };
            tokio::select! {
                () = elapse(pause) => {}
                () = signals.next() => {
                    return Err(self.interrupted(name, signals).await);
                }
            }
        }
    }

    /// Whoever is at the terminal says whether it goes on without us; where nobody is, it ends.
    async fn interrupted(&self, name: &str, signals: &mut Signals) -> Failure {
        let Self { arguments, opened, screen } = *self;
        let is_asked = screen.can_ask && !arguments.auto_approve && !arguments.json;
        let ends = if is_asked {
            let question = "\nThe replay goes on at AWS. Cancel it? Type yes to cancel: ";
            tokio::select! {
                ends = screen.confirms(question) => ends,
                () = signals.next() => false,
            }
        } else {
            true
        };
        if !ends {
            let how = by_hand("cancel-replay", name);
            return Failure::interrupted(format!(
                "interrupted: the replay {name} goes on; {how} ends it"
            ));
        }
        match opened.provider.cancel_replay(name).await {
            Ok(()) => Failure::interrupted(format!(
                "interrupted: the replay {name} is cancelled; what was delivered stays so"
            )),
            Err(error) => {
                let how = by_hand("cancel-replay", name);
                let problem =
                    format!("interrupted: the replay {name} may go on: {error}; {how} ends it");
                Failure::interrupted(problem)
            }
        }
    }
}

/// The archive behind an address or a name.
fn archive<'a>(stack: &'a Stack, named: &str) -> Result<&'a Desired, Diagnostic> {
    let all = || stack.resources.values();
    let by_address = all().find(|want| want.address.as_str() == named);
    let by_name = all().find(|want| want.kind == ARCHIVE && want.identity.as_str() == named);
    let problem = match by_address.filter(|want| want.kind == ARCHIVE).or(by_name) {
        Some(want) => return Ok(want),
        None => by_address.map_or_else(
            || format!("the stack has no archive {named}"),
            |want| format!("{named} is no archive: it is of kind {}", want.kind),
        ),
    };
    let archives = all().filter(|want| want.kind == ARCHIVE);
    let archives: Vec<&str> = archives.map(|want| want.address.as_str()).collect();
    let problem = Diagnostic::error(problem);
    Err(match &archives[..] {
        [] => problem.because("the stack declares no archive, and nothing else can be replayed"),
        archives => problem.hint(format!("its archives are {}", archives.join(", "))),
    })
}

/// The archive as it lives. It carries no tags: its bus tells whose it is.
async fn lives(want: &Desired, opened: &Opened) -> Result<Archive, Failure> {
    let (address, name) = (&want.address, want.identity.as_str());
    let Some(archive) = opened.provider.archive(name).await? else {
        let problem = format!("{address} does not exist: there is no archive {name}");
        return Err(Diagnostic::error(problem).hint("run `ccprov apply` first").into());
    };
    let stated = want.document.get("event_source_arn").and_then(serde_json::Value::as_str);
    if stated != Some(archive.bus.as_str()) {
        let problem =
            format!("{address} is not replayed: the archive {name} is of {}", archive.bus);
        let why = format!("the stack states {}", stated.unwrap_or_default());
        return Err(Failure::refused(vec![Diagnostic::error(problem).because(why)]));
    }
    Ok(archive)
}

/// The rules that get the events: those that are named, else all.
fn chosen(
    named: &[String],
    all: &[RuleOfBus],
    stack: &Stack,
) -> Result<Vec<RuleOfBus>, Diagnostic> {
    if named.is_empty() {
        return Ok(all.to_vec());
    }
    let find = |named: &String| {
        let by_address = stack
            .resources
            .values()
            .find(|want| want.kind == RULE && want.address.as_str() == named);
        let arn = by_address.and_then(|want| want.predicted.get("arn"));
        let rule =
            all.iter().find(|rule| arn == Some(&rule.arn) || arn.is_none() && rule.name == *named);
        rule.cloned().ok_or_else(|| {
            let problem = Diagnostic::error(format!("the bus has no rule {named}"));
            let rules: Vec<&str> = all.iter().map(|rule| rule.name.as_str()).collect();
            match &rules[..] {
                [] => problem.because("it has no rules"),
                rules => problem.hint(format!("its rules are {}", rules.join(", "))),
            }
        })
    };
    named.iter().map(find).collect()
}

/// One name is one replay: the time tells it from others.
fn name(archive: &str) -> String {
    let behind = format!("-{:x}", clock::milliseconds());
    let most = MOST_OF_NAME - behind.len() - "ccprov-".len();
    let archive: String = archive.chars().take(most).collect();
    format!("ccprov-{archive}{behind}")
}

/// Begins it, once. That there is one of this name says that an attempt began it whose
/// answer was lost: nobody else has the name.
async fn start(replay: &Replay, opened: &Opened) -> Result<(), Failure> {
    match opened.provider.start_replay(replay).await {
        Err(error) if error.class == ErrorClass::Exists => Ok(()),
        Err(error) if [ErrorClass::Transient, ErrorClass::Unexpected].contains(&error.class) => {
            let name = &replay.name;
            Err(unsure(format!("nobody knows whether the replay {name} began: {error}"), name))
        }
        begun => Ok(begun?),
    }
}

fn unsure(problem: String, name: &str) -> Failure {
    let how = by_hand("describe-replay", name);
    Failure::unsure(Diagnostic::error(problem).hint(format!("{how} tells")))
}

fn by_hand(call: &str, name: &str) -> String {
    format!("`aws events {call} --replay-name {name}`")
}

fn time(seconds: i64) -> String {
    let since = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_the_clock_or_ago() {
        assert_eq!(moment("1970-01-01T01:00:00Z"), Ok(Moment::At(3600)));
        assert_eq!(moment("2h").map(|it| it.seconds(10_000)), Ok(2_800));
        assert_eq!(moment("0s").map(|it| it.seconds(10_000)), Ok(10_000));
        assert!(moment("yesterday").is_err());
        assert!(moment("2026-01-31").is_err());
    }

    #[test]
    fn an_hour_is_one_that_has_passed() {
        assert!(check_times(0, 3600, 3600).is_ok());
        assert!(check_times(3600, 3600, 7200).is_err());
        assert!(check_times(0, 3601, 3600).is_err());
    }

    #[test]
    fn a_name_fits_whatever_the_archive_is_called() {
        let name = name(&"a".repeat(48));
        assert!(name.len() <= MOST_OF_NAME && name.starts_with("ccprov-aaaa"), "{name}");
    }
}
