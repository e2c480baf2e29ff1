//! stdout for data, stderr for talk, each with colours only where they are
//! wanted, and files; none with what must not be shown.

use std::io::{IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use tokio::sync::oneshot;

use super::environment::Environment;
use super::exit::Failure;
use super::pulse::{Heard, Pulse};
use crate::model::Mask;

/// Where text goes.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Whether somebody could answer a question.
    pub(crate) can_ask: bool,
    /// Whether stderr is a terminal that can redraw lines.
    pub(crate) is_live: bool,
    /// What nobody may read, wherever it is written.
    pub(crate) mask: Mask,
    /// Who speaks where nobody else does.
    pub(crate) pulse: Pulse,
    stdout: ColorChoice,
    stderr: ColorChoice,
}

impl Screen {
    pub(crate) fn new(environment: &Environment) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self {
            can_ask: std::io::stdin().is_terminal() && is_terminal,
            is_live: is_terminal && !environment.has_dumb_terminal,
            mask: environment.mask.clone(),
            pulse: environment.pulse.clone(),
            stdout: AutoStream::choice(&std::io::stdout()),
            stderr: AutoStream::choice(&std::io::stderr()),
        }
    }

    /// Whether stderr takes colours (`NO_COLOR`, pipes and dumb terminals do not).
    pub(crate) fn has_colour(&self) -> bool {
        self.stderr != ColorChoice::Never
    }

    /// Data. Whoever closed the pipe has read enough.
    pub(crate) fn data(&self, text: &str) {
        self.pulse.make_room();
        write_lines(AutoStream::new(std::io::stdout(), self.stdout), &self.mask.veil(text));
    }

    /// Data with all that it holds, for whoever asked to see it.
    pub(crate) fn reveal(&self, text: &str) {
        write_lines(AutoStream::new(std::io::stdout(), self.stdout), text);
    }

    /// Talk.
    pub(crate) fn talk(&self, text: &str) {
        self.pulse.make_room();
        write_lines(AutoStream::new(std::io::stderr(), self.stderr), &self.mask.veil(text));
    }

    /// Where a view writes its data, line by line.
    pub(crate) fn data_lines(&self) -> Heard<std::io::Stdout> {
        self.pulse.heard(std::io::stdout())
    }

    /// Where a view writes its talk, line by line.
    pub(crate) fn talk_lines(&self) -> Heard<anstream::Stderr> {
        self.pulse.heard(anstream::stderr())
    }

    /// A file.
    pub(crate) fn file(&self, path: &Path, text: &str) -> Result<(), Failure> {
        std::fs::write(path, self.mask.veil(text)).map_err(|error| cannot_write(path, &error))
    }

    /// The end of a file.
    pub(crate) fn append(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let file = std::fs::File::options().append(true).create(true).open(path);
        file.and_then(|mut file| file.write_all(self.mask.veil(text).as_bytes()))
            .map_err(|error| cannot_write(path, &error))
    }

    /// Asks a question and waits for a line; nothing but yes is a yes.
    pub(crate) async fn confirms(&self, question: &str) -> bool {
        let _undisturbed = self.pulse.hush();
        write(AutoStream::new(std::io::stderr(), self.stderr), &self.mask.veil(question));
        let (sender, answer) = oneshot::channel();
        // On a thread of its own, so that a lease is renewed while somebody thinks.
        std::thread::spawn(move || {
            let mut answer = String::new();
            let _no_line_is_no_yes = std::io::stdin().read_line(&mut answer);
            let _nobody_waits = sender.send(answer);
        });
        matches!(answer.await.as_deref().map(str::trim), Ok("yes" | "y"))
    }
}

/// Why a file is not written.
pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::plain(format!("{} cannot be written: {error}", path.display()))
}

fn write_lines(out: impl Write, text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write(out, &format!("{text}{end}"));
}

fn write(mut out: impl Write, text: &str) {
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
