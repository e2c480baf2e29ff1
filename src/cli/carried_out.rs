//! Fifth on the way of a command: what came of a plan. Only here is a writer
//! obtained.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join;
use tokio::sync::mpsc;

use super::approved::Approved;
use super::checkout::Checkout;
use super::journal::Journal;
use super::opened::Opened;
use super::options::Run;
use super::screen::Screen;
use super::trace::Trace;
use super::turn::Turn;
use crate::aws::AwsCatalog;
use crate::engine::event::{Event, EventKind};
use crate::engine::wait::heartbeat;
use crate::engine::{Report, Site, Until, execute};
use crate::model::Diagnostic;
use crate::plan::{Plan, Purpose};
use crate::report::{FanOut, JsonLines, Live, Plain, PlanRecord, RunRecord, View};

/// A run that came to its end, and has not been told.
#[derive(Debug)]
pub(crate) struct CarriedOut {
    pub(crate) plan: Plan,
    pub(crate) purpose: Purpose,
    pub(crate) report: Report,
    pub(crate) record: RunRecord,
    /// What a destroy did not touch.
    pub(crate) left: Vec<Diagnostic>,
    /// When the run began, on the clock of the calls.
    pub(crate) began: Duration,
    pub(crate) catalog: AwsCatalog,
    pub(crate) trace: Trace,
}

impl Approved {
    /// Does what the plan says, and shows how it goes on.
    pub(crate) async fn carry_out(
        self,
        until: Until,
        options: &Run,
        turn: &Turn,
        screen: &Screen,
    ) -> CarriedOut {
        let planned = self.into_planned();
        let (left, purpose) = (planned.left(), planned.purpose());
        let (opened, plan, warnings, forecast) = planned.into_parts();
        let Opened { provider, catalog, trace, journal, .. } = opened;
        let (sender, receiver) = mpsc::unbounded_channel();
        let stop = turn.begin();
        let writer = provider.into_writer(plan.stack.clone()).with_files(Arc::new(Checkout));
        let (writer, seed) = (&writer, fastrand::u64(..));
        let site = Site { writer, catalog: &catalog, plan: &plan, until, seed };
        let mut record = RunRecord::default();
        let began = trace.calls.now();
        let report = {
            let is_live = screen.is_live && !options.json;
            let _other_lines_move = is_live.then(|| screen.pulse.hush());
            let shown = plan.shown(&catalog);
            let told = PlanRecord {
                plan: &shown,
                warnings: &warnings,
                refusals: &[],
                forecast: Some(&forecast),
            };
            let views = views(&mut record, options, screen, journal, told);
            let (report, ()) =
                join(execute(site, stop, sender), show(views, receiver, screen)).await;
            report
        };
        CarriedOut { plan, purpose, report, record, left, began, catalog, trace }
    }
}

async fn show(mut views: impl View, mut events: mpsc::UnboundedReceiver<Event>, screen: &Screen) {
    while let Some(event) = events.recv().await {
        let waited = if let EventKind::StepWaiting { waited, .. } = event.kind {
            Some(waited)
        } else {
            None
        };
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
    views.finish();
}

/// Lines that redraw themselves on a terminal, plain lines elsewhere, JSON on
/// request.
fn views<'a>(
    record: &'a mut RunRecord,
    options: &Run,
    screen: &Screen,
    journal: Option<Journal>,
    told: PlanRecord<'a>,
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
