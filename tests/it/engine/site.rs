//! One stack on one simulated cloud: what the tests of the engine share.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use ccprov::engine::event::{Event, EventKind, Outcome};
use ccprov::engine::port::Write;
use ccprov::engine::proof::Seen;
use ccprov::engine::stop::{Stop, Stopper};
use ccprov::engine::{Look, Report, Site, Until, execute, observe, observe_told};
use ccprov::model::{Address, CallRecord, CloudError, Diagnostic, Mask, Place, Stack};
use ccprov::plan::{Change, Permissions, Plan, plan, plan_destroy};
use ccprov::sim::{Cloud, Shelf, SimCatalog, Weather};
use ccprov::spec::{Inputs, check, load};
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub(crate) const STACK: &str = "dev";
/// What lies beside every stack file.
pub(crate) const FILES: [(&str, &[u8]); 2] = [("one.bin", b"the first"), ("two.bin", b"another")];
pub(crate) const DATA_MAY_GO: Permissions = Permissions { allow_data_loss: true };

pub(crate) fn catalog() -> &'static SimCatalog {
    static CATALOG: OnceLock<SimCatalog> = OnceLock::new();
    CATALOG.get_or_init(SimCatalog::new)
}

/// A cloud of the kinds for tests.
pub(crate) fn cloud(weather: Weather) -> Cloud<'static> {
    let theirs = json!({ "theirs": "1", "a": "default" }).as_object().unwrap().clone();
    Cloud::new(catalog(), place(), weather)
        .in_two_calls("key", "name")
        .with_files(Shelf::of(FILES.map(|(_, bytes)| bytes)))
        .adding("broker", theirs.clone())
        .adding("topic", theirs)
}

/// A stack of these resources, as a stack file states them.
pub(crate) fn stack(resources: &Value) -> Stack {
    stack_or_problems(resources).unwrap()
}

pub(crate) fn stack_or_problems(resources: &Value) -> Result<Stack, Vec<Diagnostic>> {
    file(&json!({ "stack": STACK, "resources": resources }))
}

/// The stack of a whole file.
pub(crate) fn file(text: &Value) -> Result<Stack, Vec<Diagnostic>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dev.yaml");
    fs::write(&path, text.to_string()).unwrap(); // JSON is YAML.
    for (name, bytes) in FILES {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let inputs = Inputs {
        vars: BTreeMap::new(),
        ambient: BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    let file = load(&path, &inputs)?;
    Ok(check(&file, &place(), catalog(), &inputs)?.stack)
}

pub(crate) fn place() -> Place {
    Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        endpoint: None,
    }
}

/// What an apply would do.
pub(crate) async fn planned(cloud: &Cloud<'_>, stack: &Stack) -> Plan {
    seen_and_planned(cloud, stack).await.0
}

/// The same with the moment of the looks, for who carries it out at once.
pub(crate) async fn seen_and_planned(cloud: &Cloud<'_>, stack: &Stack) -> (Plan, Seen) {
    let look = observe_told(cloud, stack, catalog(), Look::ToPlan, &|_| {});
    let (world, seen) = look.await.unwrap();
    (plan(stack, &world, catalog(), DATA_MAY_GO).unwrap(), seen)
}

/// The same, where it may be refused.
pub(crate) async fn planned_or_refused(
    cloud: &Cloud<'_>,
    stack: &Stack,
) -> Result<Plan, Vec<Diagnostic>> {
    let world = observe(cloud, stack, catalog(), Look::ToPlan).await.unwrap();
    plan(stack, &world, catalog(), DATA_MAY_GO)
}

/// What a destroy would do.
pub(crate) async fn planned_destroy(
    cloud: &Cloud<'_>,
    stack: &Stack,
    permissions: Permissions,
) -> Result<Plan, Vec<CloudError>> {
    let world = observe(cloud, stack, catalog(), Look::ToDestroy).await?;
    Ok(plan_destroy(stack, &world, catalog(), permissions))
}

/// How a run went.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) report: Report,
    pub(crate) events: Vec<Event>,
}

impl Run {
    /// How each step ended, as `address action: outcome`.
    pub(crate) fn told(&self) -> Vec<String> {
        let told = |(id, outcome): (&ccprov::plan::StepId, &Outcome)| {
            let node = &self.plan.steps[id.0];
            let action = format!("{:?}", node.step.action()).to_lowercase();
            format!("{} {action}: {}", node.address, outcome_told(outcome))
        };
        self.report.outcomes.iter().map(told).collect()
    }

    pub(crate) fn outcome(&self, address: &str) -> &Outcome {
        let node = self.plan.steps.iter().find(|node| node.address == Address::new(address));
        &self.report.outcomes[&node.unwrap().id]
    }

    /// The events that a test picks.
    pub(crate) fn picked<T>(&self, pick: impl Fn(&EventKind) -> Option<T>) -> Vec<T> {
        self.events.iter().filter_map(|event| pick(&event.kind)).collect()
    }
}

fn outcome_told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { .. } => "done".into(),
        Outcome::Begun { rest: 0, .. } => "begun".into(),
        Outcome::Begun { rest, .. } => format!("begun, {rest} to follow"),
        Outcome::Postponed { because } => format!("postponed for {because}"),
        Outcome::Gone => "gone already".into(),
        Outcome::Failed { error, attempts } => format!("failed, {:?} x{attempts}", error.class),
        Outcome::TimedOut { seen, .. } => format!("timed out, {seen}"),
        Outcome::Refused { reason } => format!("refused, {}", reason.summary),
        Outcome::Skipped { because } => format!("skipped for {because}"),
        Outcome::NotStarted => "not started".into(),
        Outcome::Unconfirmed => "unconfirmed".into(),
    }
}

/// How a plan is to be carried out.
pub(crate) struct Orders {
    pub(crate) until: Until,
    pub(crate) seed: u64,
    /// Since when the objects of the plan are known, if that was a moment ago.
    pub(crate) seen: Option<Seen>,
    pub(crate) is_in_wake: bool,
    pub(crate) stop: Stop,
}

impl Orders {
    pub(crate) fn new() -> Self {
        Self { until: Until::Ready, seed: 1, seen: None, is_in_wake: false, stop: Stopper::new().1 }
    }
}

/// Carries out a plan; `None` if the cloud kills the run.
pub(crate) async fn carried_out(cloud: &Cloud<'_>, plan: Plan, orders: Orders) -> Option<Run> {
    let writer = cloud.writer(&plan.stack).renamed_from(plan.was.clone());
    carried_out_by(&writer, cloud, plan, orders).await
}

/// The same by a writer of the test's own.
pub(crate) async fn carried_out_by(
    writer: &dyn Write,
    cloud: &Cloud<'_>,
    plan: Plan,
    orders: Orders,
) -> Option<Run> {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let Orders { until, seed, seen, is_in_wake, stop } = orders;
    let report = {
        let site = Site {
            writer,
            catalog: catalog(),
            plan: &plan,
            seen,
            told: const { &BTreeMap::new() },
            is_in_wake,
            until,
            seed,
        };
        tokio::select! {
            biased;
            () = cloud.crashed() => return None,
            report = execute(site, stop, sender) => report,
        }
    };
    let mut events = Vec::new();
    while let Ok(event) = receiver.try_recv() {
        events.push(event);
    }
    Some(Run { plan, report, events })
}

/// Plans and applies.
pub(crate) async fn applied(cloud: &Cloud<'_>, stack: &Stack) -> Run {
    let (plan, seen) = seen_and_planned(cloud, stack).await;
    let orders = Orders { seen: Some(seen), ..Orders::new() };
    carried_out(cloud, plan, orders).await.unwrap()
}

/// Plans and applies, and all of it succeeds.
pub(crate) async fn settled(cloud: &Cloud<'_>, stack: &Stack) -> Run {
    let run = applied(cloud, stack).await;
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    run
}

/// The calls that change something, as `Operation identity`, in the order in
/// which they began.
pub(crate) fn writes(cloud: &Cloud<'_>) -> Vec<String> {
    let mut calls: Vec<CallRecord> = cloud.calls();
    calls.retain(|call| !["Find", "Candidates"].contains(&call.operation.as_str()));
    calls.sort_by_key(|call| call.start);
    let told = |call: CallRecord| format!("{} {}", call.operation, call.object.unwrap_or_default());
    calls.into_iter().map(told).collect()
}

/// How often an operation was called upon an object.
pub(crate) fn times(cloud: &Cloud<'_>, operation: &str, identity: &str) -> usize {
    let calls = cloud.calls();
    let is_it = |call: &&CallRecord| {
        call.operation == operation && call.object.as_deref() == Some(identity)
    };
    calls.iter().filter(is_it).count()
}

/// What a plan does, as `symbol address` without what stays.
pub(crate) fn changes(plan: &Plan) -> Vec<String> {
    let told = |planned: &ccprov::plan::PlannedChange| match &planned.change {
        Change::NoOp => None,
        Change::Update { diff } | Change::Replace { diff, .. } => {
            let fields: Vec<String> = diff.iter().map(|diff| diff.path.to_string()).collect();
            Some(format!("{} {} {}", planned.change.symbol(), planned.address, fields.join(" ")))
        }
        Change::Create { .. } | Change::Delete { .. } => {
            Some(format!("{} {}", planned.change.symbol(), planned.address))
        }
    };
    plan.changes.iter().filter_map(told).collect()
}
