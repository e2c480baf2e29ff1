//! Fifth on the way of a command: what came of its plans. Only here is a writer
//! obtained.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::approved::{Approved, Proposed};
use super::checkout::Checkout;
use super::journal::Journal;
use super::opened::Opened;
use super::options::Run;
use super::order::{Between, Order};
use super::planned::{Parts, Planned};
use super::screen::Screen;
use super::trace::Trace;
use super::turn::Turns;
use crate::aws::{AwsCatalog, Provider};
use crate::engine::event::{Event, EventKind, Outcome};
use crate::engine::proof::Seen;
use crate::engine::several::Several;
use crate::engine::stop::Stop;
use crate::engine::wait::heartbeat;
use crate::engine::{Report, Site, Until, Why, execute, execute_among};
use crate::model::{Address, Diagnostic, FactRef, Facts, Inspected, Origin, document};
use crate::plan::{Forecast, Plan, Purpose};
use crate::report::{FanOut, JsonLines, Live, Outputs, Plain, PlanRecord, RunRecord, View};
use crate::spec;

/// A run that came to its end, and has not been told.
#[derive(Debug)]
pub(crate) struct CarriedOut {
    /// What was done of each stack, in the order in which they were named.
    pub(crate) done: Vec<Done>,
    pub(crate) order: Order,
    pub(crate) purpose: Purpose,
    pub(crate) record: RunRecord,
    /// What a destroy did not touch.
    pub(crate) left: Vec<Diagnostic>,
    /// When the run began, on the clock of the calls.
    pub(crate) began: Duration,
    pub(crate) trace: Trace,
}

/// What was done of one stack.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) plan: Plan,
    pub(crate) catalog: AwsCatalog,
    pub(crate) report: Report,
    /// Its outputs with everything that is known after the run.
    pub(crate) outputs: Outputs,
}

/// One stack, and what is to be done of it.
struct Job {
    /// Taken by who does it.
    provider: Cell<Option<Provider>>,
    catalog: AwsCatalog,
    plan: Plan,
    /// Since when its objects are known.
    seen: Seen,
    shown: Plan,
    warnings: Vec<Diagnostic>,
    findings: Vec<Inspected>,
    /// Where each resource is written.
    origins: BTreeMap<Address, Origin>,
    forecast: Forecast,
}

impl Job {
    fn of(planned: Planned) -> Self {
        let Parts { opened, plan, seen, warnings, findings, forecast } = planned.into_parts();
        let Opened { provider, catalog, origins, .. } = opened;
        let (provider, shown) = (Cell::new(Some(provider)), plan.shown(&catalog));
        Self { provider, catalog, plan, seen, shown, warnings, findings, origins, forecast }
    }

    fn told(&self) -> PlanRecord<'_> {
        let Self { shown, warnings, findings, origins, forecast, .. } = self;
        PlanRecord {
            plan: shown,
            warnings,
            refusals: &[],
            forecast: Some(forecast),
            judged: Some((findings, origins)),
        }
    }
}

/// What whoever shows a run hears of it.
enum Heard {
    /// The run of a stack begins.
    Begins(usize),
    /// Something happened in it.
    Happened(usize, Box<Event>),
    /// It does not begin.
    PassedOver(usize, Why),
}

impl Approved {
    /// Does what the plans say, each as soon as those are done that it comes after, and shows
    /// how it goes on.
    pub(crate) async fn carry_out(
        self,
        until: Until,
        options: &Run,
        turns: &Turns,
        screen: &Screen,
    ) -> CarriedOut {
        let Proposed { planned, order } = self.into_proposed();
        let left = planned.iter().flat_map(Planned::left).collect();
        let (purpose, trace, journal) = {
            let one = &planned[0];
            (one.purpose(), one.opened().trace.clone(), one.opened().journal.clone())
        };
        let jobs: Vec<Job> = planned.into_iter().map(Job::of).collect();
        let stops = turns.begin();
        let mut record = RunRecord::default();
        let began = trace.calls.now();
        let reports = {
            let (sender, heard) = mpsc::unbounded_channel();
            let is_live = screen.is_live && !options.json;
            let _other_lines_move = is_live.then(|| screen.pulse.hush());
            let told: Vec<PlanRecord<'_>> = jobs.iter().map(Job::told).collect();
            let views = views(&mut record, options, screen, journal, told);
            let work = async {
                let site = Works { jobs: &jobs, stops: &stops, purpose, until, heard: sender };
                let one = |index, between| site.one(index, order.uses(index), between);
                order.each_between(one).await
            };
            let (reports, ()) = join(work, show(views, heard, &jobs, screen)).await;
            reports
        };
        let done = jobs.into_iter().zip(reports).map(|(job, (report, outputs))| Done {
            plan: job.plan,
            catalog: job.catalog,
            report,
            outputs,
        });
        CarriedOut { done: done.collect(), order, purpose, record, left, began, trace }
    }
}

/// Everything that is worked on.
struct Works<'a> {
    jobs: &'a [Job],
    stops: &'a [Stop],
    purpose: Purpose,
    until: Until,
    heard: mpsc::UnboundedSender<Heard>,
}

impl Works<'_> {
    /// One stack, when those before it are done: what came of it and what its outputs are, and
    /// what those after it hear of that.
    async fn one(
        &self,
        index: usize,
        uses: &BTreeMap<String, usize>,
        between: Between<Result<Outputs, Why>>,
    ) -> ((Report, Outputs), Result<Outputs, Why>) {
        let job = &self.jobs[index];
        let before = &between.before;
        if let Some(why) = before.values().find_map(|done| done.as_ref().err()) {
            let _nobody_listens = self.heard.send(Heard::PassedOver(index, why.clone()));
            let report = why.report(&job.plan);
            return ((report, job.plan.outputs.clone()), Err(why.clone()));
        }
        let told = |(name, used): (&String, &usize)| {
            let outputs = before.get(used)?.as_ref().ok()?;
            Some((Address::new(name), spec::texts_of(outputs)))
        };
        let told: BTreeMap<Address, Facts> = uses.iter().filter_map(told).collect();
        let report = self.carried_out(index, &told, &between).await;
        let outputs = known_outputs(&job.plan, &report, &told);
        let comes_to = self.comes_to(index, &report, outputs.clone());
        ((report, outputs), comes_to)
    }

    /// What those after a stack hear of it.
    fn comes_to(&self, index: usize, report: &Report, outputs: Outputs) -> Result<Outputs, Why> {
        match not_done(&self.jobs[index].plan, report, &outputs) {
            Some(Why::Stopped) => Err(kept_back(report).unwrap_or(Why::Stopped)),
            Some(why) => Err(self.placed(why, index)),
            None => Ok(outputs),
        }
    }

    async fn carried_out(
        &self,
        index: usize,
        told: &BTreeMap<Address, Facts>,
        between: &Between<Result<Outputs, Why>>,
    ) -> Report {
        let Job { provider, catalog, plan, seen, .. } = &self.jobs[index];
        let _nobody_listens = self.heard.send(Heard::Begins(index));
        let provider = provider.take().expect("a stack is carried out once");
        let writer = provider.into_writer(plan.stack.clone()).renamed_from(plan.was.clone());
        let writer = writer.with_files(Arc::new(Checkout));
        let (writer, until, seed) = (&writer, self.until, fastrand::u64(..));
        let is_in_wake = between.before.keys().any(|other| !self.jobs[*other].plan.is_empty());
        let site = Site { writer, catalog, plan, seen: Some(*seen), told, is_in_wake, until, seed };
        let (sender, mut events) = mpsc::unbounded_channel();
        let hand_on = async {
            while let Some(event) = events.recv().await {
                let _nobody_listens = self.heard.send(Heard::Happened(index, Box::new(event)));
            }
        };
        let stop = self.stops[index].clone();
        let users = async |so_far: Report| {
            let outputs = known_outputs(plan, &so_far, told);
            between.hand_on(self.comes_to(index, &so_far, outputs));
            let after = between.after().await;
            after.into_iter().find_map(Result::err).map_or(Ok(()), Err)
        };
        let run = async {
            // Who uses what a destroy takes away has gone before it.
            if self.purpose == Purpose::Apply && between.is_before_others() {
                execute_among(site, stop, sender, &users).await
            } else {
                execute(site, stop, sender).await
            }
        };
        let (report, ()) = join(run, hand_on).await;
        report
    }

    /// Why those after it do not begin, as it is told beside other stacks.
    fn placed(&self, why: Why, index: usize) -> Why {
        let names = Plan::told_beside(self.jobs.iter().map(|job| &job.plan));
        let place = |address: Address| address.of_stack(names[index].as_deref());
        match why {
            Why::Failed(address) => Why::Failed(place(address)),
            Why::AtWork(address) => Why::AtWork(place(address)),
            Why::Stopped => Why::Stopped,
        }
    }
}

/// What stands between a run and those that come after it.
fn not_done(plan: &Plan, report: &Report, outputs: &Outputs) -> Option<Why> {
    let first = |is_it: fn(&Outcome) -> bool| {
        let found = report.outcomes.iter().find(|(_, outcome)| is_it(outcome));
        found.map(|(step, _)| plan.steps[step.0].address.clone())
    };
    let has_failed = |outcome: &Outcome| {
        matches!(
            outcome,
            Outcome::Failed { .. } | Outcome::TimedOut { .. } | Outcome::Refused { .. }
        )
    };
    let is_begun = |outcome: &Outcome| matches!(outcome, Outcome::Begun { .. });
    // What somebody has yet to learn of it is told late.
    let is_known = !outputs.values().any(document::has_pending);
    if report.summary.is_success() && (is_known || report.summary.at_work == 0) {
        return None;
    }
    Some(match (first(has_failed), first(is_begun)) {
        (Some(address), _) => Why::Failed(address),
        (None, Some(address)) => Why::AtWork(address),
        (None, None) => Why::Stopped,
    })
}

/// Why what waited for those after a run was passed over: a step of theirs, as it is told.
/// Nothing of its own stands in the way.
fn kept_back(report: &Report) -> Option<Why> {
    report.outcomes.values().find_map(|outcome| {
        if let Outcome::Skipped { because } = outcome {
            Some(Why::Failed(because.clone()))
        } else {
            None
        }
    })
}

/// The outputs with everything that is known after the run.
fn known_outputs(plan: &Plan, report: &Report, told: &BTreeMap<Address, Facts>) -> Outputs {
    let known = |fact: &FactRef| {
        let of =
            |facts: &BTreeMap<Address, Facts>| facts.get(&fact.address)?.get(&fact.fact).cloned();
        of(&report.facts).or_else(|| of(told))
    };
    let filled = |(name, value): (&String, &Value)| (name.clone(), document::fill(value, &known));
    plan.outputs.iter().map(filled).collect()
}

/// Shows all runs as one.
async fn show(
    mut views: impl View,
    mut heard: mpsc::UnboundedReceiver<Heard>,
    jobs: &[Job],
    screen: &Screen,
) {
    let began = Instant::now();
    let mut several = Several::of(jobs.iter().map(|job| &job.plan));
    tell(&mut views, several.begin(), screen);
    while let Some(heard) = heard.recv().await {
        match heard {
            Heard::Begins(run) => several.begins(run, began.elapsed()),
            Heard::Happened(run, event) => {
                if let Some(event) = several.take(run, *event) {
                    tell(&mut views, event, screen);
                }
            }
            Heard::PassedOver(run, why) => {
                for event in several.passed_over(run, &jobs[run].plan, began.elapsed(), &why) {
                    tell(&mut views, event, screen);
                }
            }
        }
    }
    tell(&mut views, several.end(began.elapsed()), screen);
    views.finish();
}

fn tell(views: &mut impl View, event: Event, screen: &Screen) {
    let waited =
        if let EventKind::StepWaiting { waited, .. } = event.kind { Some(waited) } else { None };
    views.show(&screen.mask.veil_value(event));
    if let Some(waited) = waited {
        screen.pulse.holds_for(heartbeat(waited));
    }
    if let Some(text) = screen.untold_losses() {
        let is_told = views.remark(&text);
        if !is_told {
            screen.complain(&text);
        }
    }
}

/// Lines that redraw themselves on a terminal, plain lines elsewhere, JSON on
/// request.
fn views<'a>(
    record: &'a mut RunRecord,
    options: &Run,
    screen: &Screen,
    journal: Option<Journal>,
    told: Vec<PlanRecord<'a>>,
) -> FanOut<'a> {
    let mut views = FanOut::new().with(record);
    if let Some(journal) = journal {
        views = views.with(JsonLines::new(Box::new(journal)));
    }
    if options.json {
        views.with(JsonLines::new(Box::new(screen.data_stream())).of(told))
    } else if screen.is_live {
        views.with(Live::new(Screen::terminal(), screen.has_colour()))
    } else {
        views.with(Plain::new(screen.talk_stream()))
    }
}
