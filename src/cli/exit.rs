//! Exit codes, in one table, and how failures are told.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ContextKind;

use super::elsewhere;
use super::environment::Environment;
use super::screen::Screen;
use crate::model::{CloudError, Diagnostic, ErrorClass, Location};
use crate::report;

/// The end of `ccprov --help`. `docs/EXIT_CODES.md` explains each.
pub(crate) const TABLE: &str = "\
Exit codes:
  0    done; or nothing to do
  1    an error; nothing was changed
  2    `plan --detailed-exitcode`: there are changes
  4    `verify`, `plan --strict`, `validate --rules`, `fmt --check`: a check failed;
       `invoke`: the function did
  5    refused, to keep what would be lost or is not ours; nothing was changed
  6    partly done; run the same command again to go on; `invoke`: it may have run;
       `replay`: not all was replayed
  7    credentials or permissions are missing; no step succeeded
  130  interrupted; run the same command again to go on";

/// How a command ended that did what it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    Changes,
    Unsound,
    Refused,
    Partly,
    NotAllowed,
    Interrupted,
}

impl Exit {
    /// What whoever started the process gets to see.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Unsound => 4,
            Self::Refused => 5,
            Self::Partly => 6,
            Self::NotAllowed => 7,
            Self::Interrupted => 130,
        }
    }
}

impl Exit {
    /// The same where a part of what was asked for could not be written. Good
    /// news that nobody got is none; bad news, and what was done, stay what they are.
    fn without_an_answer(self, runs: bool) -> Self {
        match self {
            Self::Done | Self::Changes if !runs => Self::Failed,
            Self::Done
            | Self::Failed
            | Self::Changes
            | Self::Unsound
            | Self::Refused
            | Self::Partly
            | Self::NotAllowed
            | Self::Interrupted => self,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not begin its work.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    problems: Vec<Diagnostic>,
}

impl Failure {
    /// Something is wrong with what the user wrote.
    pub(crate) fn input(problems: Vec<Diagnostic>) -> Self {
        Self { exit: Exit::Failed, problems }
    }

    /// Something that is looked up before anything is planned is not as it is meant, or not to be
    /// seen, each at its place in the file.
    pub(crate) fn unseen(
        mut problems: Vec<Diagnostic>,
        unseen: Vec<(CloudError, Option<Location>)>,
    ) -> Self {
        let is_barred = unseen.iter().any(|(error, _)| is_barred(error));
        problems.extend(unseen.into_iter().map(|(error, at)| {
            let is_denied = error.class == ErrorClass::Denied;
            let problem = as_diagnostic(error).at(at);
            if !is_denied {
                return problem;
            }
            problem.hint("`ccprov iam --for plan` tells what a look at it needs")
        }));
        problems.sort_by(|one, other| one.location.cmp(&other.location));
        Self { exit: if is_barred { Exit::NotAllowed } else { Exit::Failed }, problems }
    }

    /// It could be done, and had better not be.
    pub(crate) fn refused(problems: Vec<Diagnostic>) -> Self {
        Self { exit: Exit::Refused, problems }
    }

    /// A signal came before anything was changed.
    pub(crate) fn interrupted(problem: impl Into<String>) -> Self {
        Self { exit: Exit::Interrupted, problems: vec![Diagnostic::error(problem)] }
    }

    /// Something was begun, and nobody knows what came of it.
    pub(crate) fn unsure(problem: Diagnostic) -> Self {
        Self { exit: Exit::Partly, problems: vec![problem] }
    }

    /// Both, of several stacks: told together, and as bad as the worse of the two.
    pub(crate) fn and(self, other: Self) -> Self {
        const WORST_LAST: [Exit; 5] =
            [Exit::Interrupted, Exit::Failed, Exit::NotAllowed, Exit::Refused, Exit::Partly];
        let rank = |exit: Exit| WORST_LAST.iter().position(|it| *it == exit);
        let exit = if rank(self.exit) >= rank(other.exit) { self.exit } else { other.exit };
        Self { exit, problems: [self.problems, other.problems].concat() }
    }

    /// The same, of which nothing is told twice: several stacks may share a file.
    pub(crate) fn once(self) -> Self {
        let mut problems: Vec<Diagnostic> = Vec::new();
        for problem in self.problems {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        Self { problems, ..self }
    }

    /// The same beside those of other stacks, if there are any; a refusal may be of each of them.
    pub(crate) fn of_stack(self, stack: Option<&str>) -> Self {
        if self.exit != Exit::Refused {
            return self;
        }
        let problems = self.problems.into_iter().map(|it| it.of_stack(stack));
        Self { problems: problems.collect(), ..self }
    }

    /// What is wrong, for who tells it with more.
    pub(crate) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems
    }

    /// One problem in one sentence.
    pub(crate) fn plain(problem: impl Into<String>) -> Self {
        Self::input(vec![Diagnostic::error(problem)])
    }
}

impl From<Diagnostic> for Failure {
    fn from(problem: Diagnostic) -> Self {
        Self::input(vec![problem])
    }
}

impl From<Vec<CloudError>> for Failure {
    fn from(errors: Vec<CloudError>) -> Self {
        let exit = if errors.iter().any(is_barred) { Exit::NotAllowed } else { Exit::Failed };
        Self { exit, problems: errors.into_iter().map(as_diagnostic).collect() }
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        vec![error].into()
    }
}

/// All of them, or everything that failed.
pub(crate) fn gathered<T>(
    results: impl IntoIterator<Item = Result<T, Failure>>,
) -> Result<Vec<T>, Failure> {
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => all.push(one),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.into_iter().reduce(Failure::and) {
        None => Ok(all),
        Some(failure) => Err(failure),
    }
}

/// What several stacks come to that were verified. An interruption goes over all, and a check
/// that failed over what could not be looked at: a stack that could not be is told of, and hides
/// neither.
pub(crate) fn verified(results: Vec<Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let exits: Vec<Exit> = results.iter().flatten().copied().collect();
    let worst = |of: &[Exit]| of.iter().copied().find(|exit| exits.contains(exit));
    match gathered(results) {
        Ok(_) => {
            let exit = worst(&[Exit::Interrupted, Exit::Unsound, Exit::Failed]);
            Ok(exit.unwrap_or(Exit::Done))
        }
        Err(failure) => Err(match worst(&[Exit::Interrupted, Exit::Unsound]) {
            Some(exit) => Failure { exit, ..failure },
            None => failure,
        }),
    }
}

fn is_barred(error: &CloudError) -> bool {
    matches!(error.class, ErrorClass::Denied | ErrorClass::Credentials)
}

fn as_diagnostic(error: CloudError) -> Diagnostic {
    let diagnostic = Diagnostic::error(error.to_string());
    error.hint.into_iter().fold(diagnostic, Diagnostic::hint)
}

/// Tells a failure, on stderr or as JSON, and what could not be told, and comes
/// to the exit code.
pub(crate) fn of(result: Result<Exit, Failure>, screen: &Screen, manner: Manner) -> Exit {
    let exit = result.unwrap_or_else(|failure| {
        if manner.json {
            screen.data(&report::diagnostics_json(&failure.problems));
            screen.annotate(&failure.problems);
        } else {
            screen.failures(&failure.problems);
        }
        failure.exit
    });
    screen.tell_losses();
    if screen.has_losses() { exit.without_an_answer(manner.runs) } else { exit }
}

/// What the end of a command depends on besides its result.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Errors are wanted as JSON.
    pub(crate) json: bool,
    /// It changes AWS, so that what was done counts, whoever heard of it.
    pub(crate) runs: bool,
}

/// There is no room for a command: it did not begin.
pub(crate) fn of_system(error: &std::io::Error, command_line: &[OsString]) -> ExitCode {
    let screen = Screen::new(&Environment::read(command_line));
    let failure = Failure::plain(format!("the system gives no thread: {error}"));
    of(Err(failure), &screen, Manner::default()).into()
}

/// Help is data and success. A mistyped command line is an error like any
/// other: clap's own code for it, 2, means "there are changes" here.
pub(crate) fn of_usage(mut error: clap::Error, command_line: &[OsString]) -> ExitCode {
    let screen = Screen::new(&Environment::read(command_line));
    let advice = elsewhere::advice(error.kind(), command_line);
    if advice.is_some() {
        // "to pass '--format' as a value" leads away from what is meant.
        error.remove(ContextKind::Suggested);
    }
    let text = error.render().ansi().to_string();
    let exit = if error.use_stderr() {
        screen.complain(&text);
        if let Some(advice) = advice {
            screen.complain(&advice);
        }
        Exit::Failed
    } else {
        screen.data(&text);
        Exit::Done
    };
    of(Ok(exit), &screen, Manner::default()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_lost_is_none() {
        let all = [
            (Exit::Done, Exit::Failed),
            (Exit::Failed, Exit::Failed),
            (Exit::Changes, Exit::Failed),
            (Exit::Unsound, Exit::Unsound),
            (Exit::Refused, Exit::Refused),
            (Exit::Partly, Exit::Partly),
            (Exit::NotAllowed, Exit::NotAllowed),
            (Exit::Interrupted, Exit::Interrupted),
        ];
        for (exit, expected) in all {
            assert_eq!(exit.without_an_answer(false), expected);
            assert_eq!(exit.without_an_answer(true), exit, "what was done was done");
        }
    }

    #[test]
    fn what_is_known_of_some_is_not_hidden_by_what_is_not_known_of_others() {
        let unseen = || Err(Failure::plain("it was not to be seen"));
        let check = |results: Vec<Result<Exit, Failure>>, expected: Exit, is_told: bool| {
            let all = verified(results);
            assert_eq!(all.is_err(), is_told, "{expected:?}");
            assert_eq!(all.unwrap_or_else(|failure| failure.exit), expected);
        };
        check(vec![Ok(Exit::Done), Ok(Exit::Failed), Ok(Exit::Unsound)], Exit::Unsound, false);
        check(vec![Ok(Exit::Failed), Ok(Exit::Done)], Exit::Failed, false);
        check(vec![Ok(Exit::Unsound), Ok(Exit::Interrupted)], Exit::Interrupted, false);
        check(vec![unseen(), Ok(Exit::Done)], Exit::Failed, true);
        check(vec![Ok(Exit::Unsound), unseen()], Exit::Unsound, true);
        check(vec![unseen(), Ok(Exit::Unsound), Ok(Exit::Interrupted)], Exit::Interrupted, true);
        let denied = Failure { exit: Exit::NotAllowed, problems: Vec::new() };
        check(vec![Ok(Exit::Failed), Err(denied)], Exit::NotAllowed, true);
    }
}
