//! `ccprov validate`: everything that can be known wrong without AWS.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::checks::Severity;
use super::clock;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::options::What;
use super::screen::Screen;
use super::written::Written;
use crate::aws::AwsCatalog;
use crate::model::{CheckInfo, Scene};
use crate::report::{self, InspectionRecord};
use crate::spec::Checked;
use crate::verify::{Choice, RULES, excuse, judge};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    /// Judge the stack by the rules of `ccprov verify`, too
    #[arg(long)]
    rules: bool,

    /// With --rules: fail if a finding is at least that bad; what is less bad is noted
    #[arg(long, value_name = "LEVEL", default_value = "warning", requires = "rules")]
    fail_on: Severity,

    /// Tell problems as JSON; with --rules, what the rules say
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let written = Written::read(&arguments.what, environment, screen)?;
    let checked = written.on_paper(None, &AwsCatalog::new(), environment)?;
    let (path, warnings) = (&written.path, &checked.warnings);
    if arguments.json && !arguments.rules {
        screen.data(&report::diagnostics_json(warnings));
        screen.annotate(warnings);
        return Ok(Exit::Done);
    }
    screen.problems(warnings);
    let exit = if arguments.rules {
        judged(arguments, &checked, path, environment, screen)
    } else {
        Exit::Done
    };
    if !arguments.json {
        let count = report::count(checked.stack.resources.len(), "resource");
        let stack = &checked.stack.name;
        screen.good_news(&format!("{} is valid: stack {stack}, {count}.", path.display()));
    }
    Ok(exit)
}

/// What the rules say of the stack as it is written. Nothing is known of AWS, so
/// what depends on it is told to be not judged.
fn judged(
    arguments: &Arguments,
    checked: &Checked,
    path: &Path,
    environment: &Environment,
    screen: &Screen,
) -> Exit {
    let Checked { stack, origins, .. } = checked;
    let choice = Choice { fail_on: arguments.fail_on.into(), ..Choice::ALL };
    let mut results = judge(&Scene::desired(stack, &AwsCatalog::new()), &choice);
    for result in &mut results {
        excuse(result, &stack.skips);
    }
    let infos: Vec<CheckInfo> = RULES.iter().map(|rule| rule.info).collect();
    let record = InspectionRecord {
        stack: &stack.name,
        place: &stack.place,
        file: &path.display().to_string(),
        origins,
        checks: &infos,
        started: &clock::now(),
        took: Duration::ZERO,
        results: &environment.mask.veil_value(results),
        fail_on: choice.fail_on,
        left_behind: &[],
    };
    if arguments.json {
        screen.data(&report::results_json(&record));
    } else {
        screen.data(&report::rules_text(&record));
    }
    if environment.github.is_some() {
        let annotations = report::github_annotations(&record);
        if !annotations.is_empty() {
            screen.order(&annotations);
        }
    }
    // A stack that no rule concerns has nothing wrong with it.
    if record.totals().failed > 0 { Exit::Unsound } else { Exit::Done }
}
