//! What trials came to, as the table of `docs/RELIABILITY.md`.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::repeat;

use super::census::Deviation;
use super::trial::{Outcome, Stage, System, Trial};
use crate::support::fault_proxy::Fault;

/// All trials of a stage.
#[derive(Debug)]
pub(super) struct Tally {
    system: System,
    stage: Stage,
    calls: usize,
    by_fault: BTreeMap<String, Line>,
    complaints: Vec<String>,
}

/// Trials of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    injected: usize,
    /// Of these, the runs that succeeded all the same.
    unharmed: usize,
    /// Kills after which all was well in the end.
    survived: usize,
    deviation: Deviation,
}

impl Line {
    fn plus(self, other: Self) -> Self {
        Self {
            injected: self.injected + other.injected,
            unharmed: self.unharmed + other.unharmed,
            survived: self.survived + other.survived,
            deviation: self.deviation.plus(other.deviation),
        }
    }
}

impl Tally {
    pub(super) fn new(system: System, stage: Stage, calls: usize) -> Self {
        Self { system, stage, calls, by_fault: BTreeMap::new(), complaints: Vec::new() }
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        let Outcome { trial: Trial { number, fault, .. }, call, unharmed, deviation, complaints } =
            outcome;
        // The order of calls varies, and so does their number where one is tried again.
        let Some(call) = call else { return };
        let is_well = complaints.is_empty() && deviation == Deviation::NONE;
        let kills = matches!(fault, Fault::KillBefore | Fault::KillAfter);
        let line = Line {
            injected: 1,
            unharmed: unharmed.into(),
            survived: (kills && is_well).into(),
            deviation,
        };
        let so_far = self.by_fault.entry(format!("{fault:?}")).or_default();
        *so_far = so_far.plus(line);
        let place = format!("{fault:?} at call {number}, {call}");
        if deviation != Deviation::NONE {
            self.complaints.push(format!("{place}: {deviation:?}"));
        }
        self.complaints.extend(complaints.iter().map(|it| format!("{place}:\n{it}")));
    }

    pub(super) fn is_well(&self) -> bool {
        self.complaints.is_empty() && !self.by_fault.is_empty()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let system = match self.system {
            System::ClaimCheck => "",
            System::EventProcessor => " of the event processor",
            System::EventPipeline => " of the event pipeline",
            System::MessageQueues => " of the message queues",
            System::Several => " of several stacks",
        };
        let stage = format!("{}{system}", self.stage);
        let heads =
            [format!("{stage} | {}", self.calls)].into_iter().chain(repeat(" |".to_owned()));
        for (head, (fault, line)) in heads.zip(&self.by_fault) {
            writeln!(f, "| {head} | `{fault}` | {line} |")?;
        }
        self.complaints.iter().try_for_each(|complaint| writeln!(f, "\n{complaint}"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { injected, unharmed, deviation, .. } = self;
        let Deviation { orphans, duplicates, touched, .. } = deviation;
        let [alone, again] = [*unharmed, injected - unharmed].map(|count| match count {
            0 => String::new(),
            count => format!("{count} "),
        });
        write!(f, "{injected} | {alone}| {again}| {orphans} | {duplicates} | {touched}")
    }
}

/// The stages, and what they come to together.
#[derive(Debug, Default)]
pub(super) struct Table {
    tallies: Vec<Tally>,
}

impl Table {
    pub(super) const HEAD: &str = "\
| Command | Calls | Fault | Injected | Succeeded all the same | Finished by the same command | Orphans | Duplicates | Of others touched |
|---|---|---|---|---|---|---|---|---|";

    pub(super) fn add(&mut self, tally: Tally) {
        self.tallies.push(tally);
    }

    pub(super) fn is_well(&self) -> bool {
        !self.tallies.is_empty() && self.tallies.iter().all(Tally::is_well)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.tallies.iter().flat_map(|tally| tally.by_fault.values());
        let all = lines.fold(Line::default(), |all, line| all.plus(*line));
        let Line { injected, survived, deviation, .. } = all;
        let Deviation { orphans, duplicates, missing, touched } = deviation;
        writeln!(f, "| all | | | {all} |")?;
        write!(
            f,
            "\n{injected} runs with a fault each, {survived} kills survived; orphans {orphans}, \
             duplicates {duplicates}, missing {missing}, of others touched {touched}"
        )
    }
}
