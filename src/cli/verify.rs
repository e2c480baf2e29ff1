//! `ccprov verify`: whether a stack's system is what it should be, and works.
//! Holds a reader, and exercises with payloads and messages of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use futures::future::join_all;
use tokio::time::Instant;

use super::checks::{IDS, Severity, checks};
use super::clock;
use super::environment::Environment;
use super::exit::{Exit, Failure, gathered, verified};
use super::opened::Opened;
use super::options::{Whats, Where};
use super::screen::{Screen, cannot_write};
use super::several::{Several, told_beside};
use super::signals::Signals;
use super::watched::{Watched, Wish};
use crate::aws::behaviours::{Options, behaviours};
use crate::engine::Look;
use crate::model::{Address, Diagnostic, Level, Origin, Probe, Scene, Stack};
use crate::report::{
    self, InspectionRecord, InspectionView, JsonInspection, LiveInspection, PlainInspection,
};
use crate::spec::did_you_mean;
use crate::verify::Choice;
use crate::verify::behaviour::{Exercise, exercises};

/// Without a wish of the user's. The test that came with the first system of
/// this kind takes 346 s, most of it asleep; this is for stacks of many, far away.
const TIMEOUT: Duration = Duration::from_mins(5);
/// What that test sends.
const PAYLOAD_MIB: u64 = 16;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: Whats,

    #[command(flatten)]
    place: Where,

    /// Exercise the stack's own queues too: for stacks that nobody else uses meanwhile
    #[arg(long)]
    exclusive: bool,

    /// Play this role, an address of the stack or an ARN; several times for several. Without it,
    /// the stack's roles that admit you
    #[arg(long = "as", value_name = "ROLE")]
    act_as: Vec<String>,

    /// How much payload travels, in MiB
    #[arg(long, value_name = "MIB", default_value_t = PAYLOAD_MIB)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1024))]
    payload_mib: u64,

    /// Only these checks, by id; several with commas
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,

    /// Not these checks, by id; several with commas
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    skip: Vec<String>,

    /// Run and show only checks whose findings are at least that bad
    #[arg(long, value_name = "LEVEL", default_value = "note")]
    severity: Severity,

    /// Fail if a finding is at least that bad; what is less bad is noted
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    fail_on: Severity,

    /// List the checks, and what behaviours would exercise of a stack file that is named; looks at
    /// nothing
    #[arg(long)]
    list: bool,

    /// Tell results as JSON lines
    #[arg(long)]
    pub(crate) json: bool,

    /// Write junit.xml, results.sarif, summary.md and results.json there
    #[arg(long, value_name = "DIR")]
    report_dir: Option<PathBuf>,

    /// For everything together, for example 90s or 5m
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = humantime::parse_duration)]
    timeout: Duration,
}

impl Arguments {
    /// What `apply --until verified` ends with. Its trace is the apply's.
    pub(crate) fn after_apply(what: &Whats, place: &Where, json: bool) -> Self {
        Self {
            what: what.clone(),
            place: Where { trace: None, ..place.clone() },
            exclusive: false,
            act_as: Vec::new(),
            payload_mib: PAYLOAD_MIB,
            only: Vec::new(),
            skip: Vec::new(),
            severity: Severity::Note,
            fail_on: Severity::Warning,
            list: false,
            json,
            report_dir: None,
            timeout: TIMEOUT,
        }
    }

    /// What was chosen of a stack with these probes.
    fn choice(&self, probes: &[Probe]) -> Result<Choice, Failure> {
        let named = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<String>>();
        let (only, skip) = (named(&self.only), named(&self.skip));
        let is_known = |id: &str| IDS.contains(&id) || probes.iter().any(|probe| probe.name == id);
        let unknown: Vec<Diagnostic> = only
            .union(&skip)
            .filter(|id| !is_known(id))
            .map(|id| {
                let near: Vec<&str> =
                    IDS.iter().copied().filter(|known| known.split('_').any(|w| w == id)).collect();
                let problem = Diagnostic::error(format!("there is no check `{id}`"));
                let theirs = || probes.iter().map(|probe| probe.name.as_str());
                let problem = if near.is_empty() {
                    did_you_mean(problem, id, theirs())
                } else {
                    problem.hint(format!("did you mean {}?", near.join(" or ")))
                };
                let problem = match theirs().next() {
                    Some(_) => problem.because(format!(
                        "nor has the stack such a probe: it has {}",
                        theirs().collect::<Vec<_>>().join(", ")
                    )),
                    None => problem,
                };
                problem.hint("`ccprov verify --list` tells all")
            })
            .collect();
        if !unknown.is_empty() {
            return Err(Failure::input(unknown));
        }
        // Who names a check wants it, however mild its findings are.
        let least = if only.is_empty() { self.severity.into() } else { Level::Note };
        Ok(Choice { only, skip, least, fail_on: self.fail_on.into() })
    }

    /// The same of a stack, of which whoever is to be played is a role.
    fn choice_of(&self, opened: &Opened) -> Result<Choice, Failure> {
        self.check_roles(&opened.stack)?;
        self.choice(&opened.stack.probes)
    }

    fn wish<'a>(&self, choice: &'a Choice) -> Wish<'a> {
        Wish { choice, exercises: self.exercises(), timeout: self.timeout, json: self.json }
    }

    fn exercises(&self) -> Options {
        let payload_bytes = self.payload_mib * 1024 * 1024;
        let act_as = self.act_as.clone();
        let since = clock::milliseconds();
        Options { exclusive: self.exclusive, act_as, payload_bytes, since, ..Options::default() }
    }

    /// Whoever is to be played is a role of the stack, or named by its ARN.
    fn check_roles(&self, stack: &Stack) -> Result<(), Failure> {
        let roles = || stack.resources.values().filter(|want| want.kind == "iam_role");
        let is_known =
            |name: &str| is_role(name) || roles().any(|want| want.address.as_str() == name);
        let unknown = self.act_as.iter().filter(|name| !is_known(name));
        let addresses: Vec<&str> = roles().map(|want| want.address.as_str()).collect();
        let problems: Vec<Diagnostic> = unknown
            .map(|name| {
                let problem = Diagnostic::error(format!("--as: `{name}` is no role of the stack"));
                problem.hint(match &addresses[..] {
                    [] => "the stack has none: give the ARN of a role".to_owned(),
                    addresses => format!("it has {}", addresses.join(", ")),
                })
            })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(Failure::input(problems)) }
    }
}

/// Whether a text is the ARN of a role.
fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts[..], ["arn", _, "iam", "", account, role]
        if account.len() == 12 && role.starts_with("role/"))
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    if arguments.list {
        return list(arguments, environment, screen).await;
    }
    if let Some(folder) = &arguments.report_dir {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::plain(format!("there can be no folder {}: {error}", folder.display()))
        })?;
    }
    let several = Several::files(&arguments.what, &arguments.place, environment, screen).await?;
    let names = told_beside(&several.members);
    let trace = several.trace();
    let choices = several.members.iter().map(|it| arguments.choice_of(it));
    let choices = gathered(choices)?;
    let one =
        |((opened, beside), choice)| one(opened, (choice, beside), arguments, environment, screen);
    let exits = join_all(several.members.into_iter().zip(names).zip(&choices).map(one)).await;
    trace.write(screen);
    verified(exits)
}

/// One stack, alone or by its name beside others.
async fn one(
    opened: Opened,
    (choice, beside): (&Choice, Option<String>),
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (started, began) = (clock::now(), Instant::now());
    let origins = opened.origins.clone();
    let lines = Lines::default();
    let mut view = view(arguments, &origins, beside.as_deref().map(|it| (it, &lines)), screen);
    let watched =
        Box::pin(inspected(opened, arguments.wish(choice), view.as_mut(), environment, screen))
            .await;
    if !matches!(watched, Ok(Some(_))) {
        view.cut_off();
    }
    let Some(Watched { opened, results, left_behind }) = watched? else {
        screen.complain(
            "Interrupted; what the checks made was removed, unless a warning says otherwise.",
        );
        return Ok(Exit::Interrupted);
    };
    let record = InspectionRecord {
        stack: &opened.stack.name,
        place: &opened.stack.place,
        file: &opened.file.display().to_string(),
        origins: &origins,
        checks: &checks(),
        started: &started,
        took: began.elapsed(),
        results: &results,
        fail_on: choice.fail_on,
        left_behind: &left_behind,
    };
    view.finish(&record);
    drop(view);
    lines.hand_over(screen);
    if beside.is_some() && !arguments.json {
        screen.page("\n");
    }
    let folder = arguments.report_dir.as_ref().map(|folder| match &beside {
        Some(stack) => folder.join(stack),
        None => folder.clone(),
    });
    tell(arguments, folder.as_deref(), environment, screen, &record);
    let totals = record.totals();
    Ok(match (totals.failed, totals.not_looked_at) {
        // Nothing checked is not passed.
        (0, 0) if totals.all() == 0 => Exit::Failed,
        (0, 0) => Exit::Done,
        (0, _) => Exit::Failed,
        (_, _) => Exit::Unsound,
    })
}

/// Lines for programs that wait until all of one stack is known: those of several stacks
/// are not mixed.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn hand_over(&self, screen: &Screen) {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if !bytes.is_empty() {
            screen.data(&String::from_utf8_lossy(&bytes));
        }
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `--list`: the checks, and of a stack that was named what would be exercised.
async fn list(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let exercised = if arguments.what.stacks.is_empty() {
        None
    } else {
        Some(exercised(arguments, environment, screen).await?)
    };
    screen.data(&if arguments.json {
        report::checks_json(&checks(), exercised.as_deref())
    } else {
        report::checks_text(&checks(), exercised.as_deref())
    });
    Ok(Exit::Done)
}

/// What there would be to exercise, were all of the stack there as it is written.
async fn exercised(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Vec<Exercise>, Failure> {
    let several = Several::files(&arguments.what, &arguments.place, environment, screen).await?;
    several.trace().write(screen);
    let mut all = Vec::new();
    for opened in &several.members {
        let choice = arguments.choice_of(opened)?;
        screen.problems(&opened.warnings);
        let bench = opened.provider.bench(arguments.exercises());
        let behaviours = behaviours(&bench);
        let scene = Scene::desired(&opened.stack, &opened.catalog);
        all.extend(exercises(behaviours.iter().map(AsRef::as_ref), &scene, &choice));
    }
    Ok(all)
}

/// Lines that redraw themselves on a terminal, plain lines elsewhere, JSON on
/// request.
fn view<'a>(
    arguments: &Arguments,
    origins: &'a BTreeMap<Address, Origin>,
    beside: Option<(&str, &Lines)>,
    screen: &Screen,
) -> Box<dyn InspectionView + 'a> {
    match beside {
        Some((stack, lines)) if arguments.json => {
            Box::new(JsonInspection::new(Box::new(lines.clone()), origins).of(stack))
        }
        None if arguments.json => {
            Box::new(JsonInspection::new(Box::new(screen.data_stream()), origins))
        }
        None if screen.is_live => {
            Box::new(LiveInspection::new(Screen::terminal(), screen.has_colour()))
        }
        Some((stack, _)) => Box::new(PlainInspection::new(screen.talk_stream()).of(stack)),
        None => Box::new(PlainInspection::new(screen.talk_stream())),
    }
}

/// Looks, and inspects what is there; `None` if a signal ends it.
async fn inspected(
    opened: Opened,
    wish: Wish<'_>,
    view: &mut dyn InspectionView,
    environment: &Environment,
    screen: &Screen,
) -> Result<Option<Watched>, Failure> {
    let signals = Signals::catch();
    let looked = opened.look(Look::ToVerify, environment).await?;
    looked.inspect(wish, view, signals, screen).await
}

/// The same inspection for everybody who asked. A report that cannot be written
/// is told, and changes no verdict.
fn tell(
    arguments: &Arguments,
    folder: Option<&Path>,
    environment: &Environment,
    screen: &Screen,
    record: &InspectionRecord<'_>,
) {
    if !arguments.json {
        screen.page(&report::verify_text(record));
    }
    // Whoever shows these beside the lines of a change counts from its root.
    let repository = &environment.repository;
    let (file, origins) = (repository.path(record.file), repository.origins(record.origins));
    let record = &InspectionRecord { file: &file, origins: &origins, ..*record };
    if let Some(folder) = folder {
        write_reports(folder, screen, record);
    }
    if environment.github.is_some() {
        let annotations = report::github_annotations(record);
        if !annotations.is_empty() {
            screen.order(&annotations);
        }
    }
    screen.page_of_job(|| report::summary_md(record));
}

fn write_reports(folder: &Path, screen: &Screen, record: &InspectionRecord<'_>) {
    if let Err(error) = std::fs::create_dir_all(folder) {
        let problem = cannot_write(folder, &error);
        screen.lose(folder.display().to_string(), problem);
        return;
    }
    let reports = [
        ("junit.xml", report::junit_xml(record)),
        ("results.sarif", report::sarif_json(record)),
        ("summary.md", report::summary_md(record)),
        ("results.json", report::results_json(record)),
    ];
    for (name, text) in reports {
        let path = folder.join(name);
        if let Err(problem) = screen.file(&path, &text) {
            screen.lose(path.display().to_string(), problem);
        }
    }
}
