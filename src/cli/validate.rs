//! `ccprov validate`: everything that can be known wrong without AWS.

use std::path::Path;
use std::time::Duration;

use clap::Args;

use super::checks::Severity;
use super::clock;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::options::Whats;
use super::screen::Screen;
use super::together::Together;
use crate::aws::AwsCatalog;
use crate::model::{CheckInfo, Diagnostic, Scene};
use crate::report::{self, InspectionRecord};
use crate::spec::Checked;
use crate::verify::{Choice, RULES, excuse, judge};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: Whats,

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
    let Together { files, .. } = Together::read(&arguments.what, None, environment, screen)?;
    let warnings = files.iter().flat_map(|(_, checked)| checked.warnings.clone());
    let warnings: Vec<Diagnostic> = warnings.collect();
    if arguments.json && !arguments.rules {
        screen.data(&report::diagnostics_json(&warnings));
        screen.annotate(&warnings);
        return Ok(Exit::Done);
    }
    screen.problems(&warnings);
    let (mut documents, mut is_sound) = (Vec::new(), true);
    for (written, checked) in &files {
        let path = &written.path;
        if arguments.rules {
            let judged = judged(arguments, checked, path, environment);
            is_sound &= judged.is_sound;
            if arguments.json {
                documents.push(judged.told);
            } else {
                screen.data(&judged.told);
            }
            if !judged.annotations.is_empty() {
                screen.order(&judged.annotations);
            }
        }
        if !arguments.json {
            let count = report::count(checked.stack.resources.len(), "resource");
            let stack = &checked.stack.name;
            screen.good_news(&format!("{} is valid: stack {stack}, {count}.", path.display()));
        }
    }
    if arguments.json {
        screen.data(&report::several_json(&documents));
    }
    Ok(if is_sound { Exit::Done } else { Exit::Unsound })
}

/// What the rules say of one stack.
struct Judged {
    /// In the form that was asked for.
    told: String,
    /// For GitHub Actions, where this runs there.
    annotations: String,
    is_sound: bool,
}

/// The stack as it is written, judged by the rules. Nothing is known of AWS, so what depends
/// on it is told to be not judged.
fn judged(
    arguments: &Arguments,
    checked: &Checked,
    path: &Path,
    environment: &Environment,
) -> Judged {
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
    let told =
        if arguments.json { report::results_json(&record) } else { report::rules_text(&record) };
    let annotations = match environment.github {
        Some(_) => report::github_annotations(&record),
        None => String::new(),
    };
    // A stack that no rule concerns has nothing wrong with it.
    Judged { told, annotations, is_sound: record.totals().failed == 0 }
}
