//! Where the time of a run went: what `--timings` tells after the summary.

use std::time::Duration;

use crate::engine::event::Outcome;
use crate::model::CallRecord;
use crate::plan::{Need, StepId};

use super::critical_path::{CriticalPath, Link, Stretch, TimedRun, length};
use super::page::Page;
use super::phrases::{count, enumeration};
use super::style::{FAINT, STRONG, paint, sign_of};
use super::summary::EndedStep;
use super::trace::{outcome_word, rounds};

/// Columns of a bar, however wide the terminal.
const BAR: usize = 40;

/// The steps on a time line, the chain of steps that the end waited for, and
/// how often somebody waited for the network, as text with colour codes.
pub fn timings_text(run: TimedRun<'_>) -> String {
    let mut page = Page::default();
    let path = CriticalPath::of(run);
    write_steps(&mut page, run.record.ended());
    write_critical_path(&mut page, run, &path);
    write_rounds(&mut page, run, &path.longest_chain());
    page.into_text()
}

/// One line for each step that started, by start.
fn write_steps(page: &mut Page, steps: &[EndedStep]) {
    let mut steps: Vec<(Duration, &EndedStep)> =
        steps.iter().filter_map(|step| Some((step.started?, step))).collect();
    steps.sort_by_key(|(started, step)| (*started, step.ended, step.step));
    let Some(end) = steps.iter().map(|(_, step)| step.ended).max() else { return };
    page.line(0, paint(STRONG, "Steps"));
    let head = format!(
        "{:>8} {:>8}  {:<width$} {:>8} {:>8}",
        "start",
        "end",
        " # calls, - until AWS shows it",
        "calls",
        "shown",
        width = BAR + 2
    );
    page.line(2, paint(FAINT, head));
    for (started, step) in steps {
        let accepted = step.accepted.unwrap_or(step.ended);
        let shown = seconds(step.ended.saturating_sub(accepted));
        let outcome = match &step.outcome {
            Outcome::Done { .. } => String::new(),
            other => format!("  {}", outcome_word(other)),
        };
        page.line(
            1,
            format!(
                "{} {:>8} {:>8}  |{}| {:>8} {:>8}  {}  {}{outcome}",
                sign_of(step.action),
                seconds(started),
                seconds(step.ended),
                bar([started, accepted, step.ended], end),
                seconds(accepted.saturating_sub(started)),
                if shown == seconds(Duration::ZERO) { String::new() } else { shown },
                paint(STRONG, &step.address),
                paint(FAINT, &step.kind),
            ),
        );
    }
}

/// A step within a run: `#` from its start until it was accepted, at least one,
/// and `-` until it ended.
fn bar([start, accepted, end]: [Duration; 3], whole: Duration) -> String {
    let whole = whole.as_micros().max(1);
    let columns = |moment: Duration| moment.as_micros() * BAR as u128;
    let column = |columns: u128| usize::try_from(columns).unwrap_or(BAR).min(BAR);
    let from = column(columns(start) / whole).min(BAR - 1);
    let middle = column(columns(accepted).div_ceil(whole)).max(from + 1);
    let to = column(columns(end).div_ceil(whole)).max(middle);
    let (calls, waiting) = ("#".repeat(middle - from), "-".repeat(to - middle));
    format!("{}{calls}{waiting}{}", " ".repeat(from), " ".repeat(BAR - to))
}

fn write_critical_path(page: &mut Page, run: TimedRun<'_>, path: &CriticalPath<'_>) {
    let links = path.links();
    if links.is_empty() {
        return;
    }
    page.gap();
    page.line(0, paint(STRONG, "Critical path"));
    let looked = before(run).map(|call| call.end).max().unwrap_or_default();
    page.line(2, format!("{:>8}  to see what is there", seconds(looked)));
    for Link { step, released_by, share } in &links {
        let node = &run.plan.steps[step.0];
        let (sign, address) = (sign_of(node.step.action()), paint(STRONG, &node.address));
        let kind = paint(FAINT, node.step.kind());
        let after = released_by.map(|(needed, need)| {
            let how = match need {
                Need::Facts => "told its facts",
                Need::End if path.blocks(needed) => "was ready",
                Need::End => "was accepted",
                Need::Seen => "was seen",
            };
            format!(", once {} {how}", address_of(run, needed))
        });
        let after = after.unwrap_or_default();
        page.line(2, format!("{:>8}  {sign} {address}  {kind}{after}", seconds(*share)));
    }
    let whole = links.iter().map(|link| link.share).sum::<Duration>() + looked;
    page.line(2, format!("{:>8}  in all", seconds(whole)));
}

/// How deep the run was, and how deep its plan made it.
fn write_rounds(page: &mut Page, run: TimedRun<'_>, chain: &[Stretch]) {
    let looking: Vec<CallRecord> = before(run).cloned().collect();
    let looking = rounds(&looking);
    let chain: Vec<Stretch> = chain.iter().copied().filter(|stretch| stretch.rounds > 0).collect();
    page.gap();
    page.line(0, paint(STRONG, "Rounds"));
    let (deep, calls) = (rounds(run.calls), count(run.calls.len(), "call"));
    page.line(2, format!("{calls}, in {} that wait for one another", count(deep, "round")));
    let bound = looking + length(&chain);
    let mut why = vec![format!("{looking} to see what is there")];
    why.extend(
        chain
            .iter()
            .map(|stretch| format!("{} for {}", stretch.rounds, address_of(run, stretch.step))),
    );
    page.line(2, format!("the plan's order forces {bound}: {}", enumeration(why)));
}

fn before(run: TimedRun<'_>) -> impl Iterator<Item = &CallRecord> {
    run.calls.iter().filter(move |call| call.start < run.began)
}

fn address_of(run: TimedRun<'_>, step: StepId) -> &str {
    run.plan.steps[step.0].address.as_str()
}

/// Two digits: at ten milliseconds a call, rounds can be told apart.
fn seconds(time: Duration) -> String {
    format!("{:.2}s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::ops::Range;

    use crate::engine::event::{Event, EventKind};
    use crate::model::{Address, Desired, Document, Facts, Identity, Lifecycle};
    use crate::plan::{Action, Member, Plan, Step, StepNode};
    use crate::report::RunRecord;
    use crate::report::fixtures::{self, plain};
    use crate::sim::SimCatalog;

    use super::*;

    const BEGAN: Duration = Duration::from_secs(1);

    /// The plan of the runs among the fixtures.
    fn plan() -> Plan {
        let parts = [
            ("claimcheck.key", "kms_key", vec![]),
            ("claimcheck.queue", "sqs_queue", vec![(0, Need::Facts)]),
            ("claimcheck.topic", "sns_topic", vec![(0, Need::Facts)]),
            ("claimcheck.old", "sqs_queue", vec![]),
            ("claimcheck.notification", "s3_bucket_notification", vec![(2, Need::End)]),
            ("claimcheck.subscription", "sns_subscription", vec![(1, Need::End)]),
        ];
        let steps =
            parts.into_iter().enumerate().map(|(number, (address, kind, needs))| StepNode {
                id: StepId(number),
                address: Address::new(address),
                step: create(address, kind),
                needs: needs.into_iter().map(|(needed, need)| (StepId(needed), need)).collect(),
                interim: false,
            });
        Plan { steps: steps.collect(), ..fixtures::plan_of(Vec::new()) }
    }

    fn create(address: &str, kind: &str) -> Step {
        let want = Desired {
            address: Address::new(address),
            formerly: Vec::new(),
            named_in: None,
            kind: kind.into(),
            identity: Identity(address.into()),
            document: Document::new(),
            stated: BTreeSet::new(),
            predicted: BTreeMap::new(),
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts: Vec::new(),
            instead_of: None,
        };
        Step::Create { want: Box::new(want) }
    }

    fn call(object: &str, start: u64, end: u64) -> CallRecord {
        CallRecord {
            service: "sqs".into(),
            operation: "Call".into(),
            queued: Duration::ZERO,
            start: Duration::from_millis(start),
            end: Duration::from_millis(end),
            status: Some(200),
            given_up: false,
            request_id: None,
            attempt: 1,
            object: (!object.is_empty()).then(|| object.into()),
        }
    }

    fn told(events: &[Event], calls: &[CallRecord]) -> String {
        told_of(&plan(), &[], events, calls)
    }

    fn told_of(plan: &Plan, members: &[Member], events: &[Event], calls: &[CallRecord]) -> String {
        let mut record = RunRecord::default();
        fixtures::watch(&mut record, events);
        let (catalog, record) = (&SimCatalog::new(), &record);
        plain(&timings_text(TimedRun { plan, members, catalog, record, began: BEGAN, calls }))
    }

    #[test]
    fn a_run_tells_where_its_time_went() {
        let key = "kms_key claimcheck.key";
        let queue = "sqs_queue claimcheck.queue";
        let calls = [
            call("", 0, 300),
            call(key, 310, 600),
            call(queue, 310, 580),
            call(key, 1002, 1100),
            call(key, 1330, 1690),
            // Under way before the queue is told of the key: it holds up nobody.
            call(key, 1695, 1900),
            call(queue, 1702, 1890),
            call(queue, 1901, 2400),
            call(queue, 2450, 2990),
        ];
        insta::assert_snapshot!("timings_smooth", told(&fixtures::smooth(), &calls));
    }

    /// Of what a stack waits for, one step ends last, and another one takes the most rounds. What
    /// goes last waits for whoever waited for the rest.
    #[test]
    fn who_waits_for_a_stack_waits_for_all_of_it() {
        let parts = [
            ("platform/slow", 0, 3_000, vec![]),
            ("platform/deep", 0, 1_000, vec![]),
            ("platform/old", 4_500, 5_000, vec![]),
            ("app/first", 3_000, 4_000, vec![]),
            ("app/second", 4_000, 4_500, vec![(3, Need::End)]),
        ];
        let nodes = parts.iter().enumerate().map(|(number, (address, .., needs))| StepNode {
            id: StepId(number),
            address: Address::new(*address),
            step: create(address, "sqs_queue"),
            needs: needs.iter().map(|(needed, need)| (StepId(*needed), *need)).collect(),
            interim: false,
        });
        let plan = Plan { steps: nodes.collect(), ..fixtures::plan_of(Vec::new()) };
        let mut events: Vec<(u64, EventKind)> = Vec::new();
        for (number, (address, from, to, _)) in parts.iter().enumerate() {
            let (step, action) = (StepId(number), Action::Create);
            let (address, kind) = (Address::new(*address), "sqs_queue".to_owned());
            let (took, outcome) = (Duration::ZERO, Outcome::Done { facts: Facts::new() });
            let started = EventKind::StepStarted {
                step,
                address: address.clone(),
                kind: kind.clone(),
                action,
            };
            let finished = EventKind::StepFinished { step, address, kind, action, took, outcome };
            events.extend([(*from, started), (*to, finished)]);
        }
        events.sort_by_key(|(at, _)| *at);
        let events = events.into_iter().zip(0..).map(|((at, kind), index)| {
            let elapsed = Duration::from_millis(at);
            Event { index, elapsed, kind }
        });
        let member = |steps: Range<usize>, after: &[usize], held: &[usize]| Member {
            steps,
            after: after.iter().copied().collect(),
            held: held.iter().copied().map(StepId).collect(),
        };
        let members = [member(0..3, &[], &[2]), member(3..5, &[0], &[])];
        let calls = [
            call("sqs_queue platform/slow", 1_000, 3_900),
            call("sqs_queue platform/deep", 1_000, 1_200),
            call("sqs_queue platform/deep", 1_300, 1_500),
            call("sqs_queue platform/deep", 1_600, 1_800),
            call("sqs_queue app/first", 4_100, 4_200),
            call("sqs_queue app/second", 5_100, 5_200),
            call("sqs_queue platform/old", 5_600, 5_700),
        ];
        let told = told_of(&plan, &members, &events.collect::<Vec<_>>(), &calls);
        for expected in [
            "   3.00s  + platform/slow  sqs_queue\n",
            "   1.00s  + app/first  sqs_queue, once platform/slow was seen\n",
            "   0.50s  + app/second  sqs_queue, once app/first was accepted\n",
            "   0.50s  + platform/old  sqs_queue, once app/second was seen\n",
            "forces 6: 0 to see what is there, 3 for platform/deep, 1 for app/first, 1 for",
        ] {
            assert!(told.contains(expected), "{expected}\n{told}");
        }
    }

    #[test]
    fn what_never_started_takes_no_time() {
        insta::assert_snapshot!("timings_failing", told(&fixtures::failing(), &[]));
    }

    #[test]
    fn without_steps_there_are_the_calls() {
        insta::assert_snapshot!("timings_nothing", told(&[], &[call("", 0, 300)]));
    }

    fn check(moments: [u64; 3], expected: &str) {
        let drawn = bar(moments.map(Duration::from_millis), Duration::from_millis(400));
        assert_eq!(drawn.trim_end(), expected, "{moments:?}");
        assert_eq!(drawn.len(), BAR);
    }

    #[test]
    fn bars_are_as_wide_as_their_run() {
        check([0, 400, 400], &"#".repeat(40));
        check([0, 0, 0], "#");
        check([400, 400, 400], &format!("{}#", " ".repeat(39)));
        check([100, 200, 250], &format!("{}{}-----", " ".repeat(10), "#".repeat(10)));
        check([15, 16, 35], " #--");
    }

    #[test]
    fn a_run_without_length_has_bars() {
        assert_eq!(bar([Duration::ZERO; 3], Duration::ZERO).trim_end(), "#");
    }
}
