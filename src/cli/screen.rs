//! stdout for data, stderr for talk, each with colours only where they are wanted.

use std::io::{IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

/// Where text goes.
#[derive(Debug)]
pub(crate) struct Screen {
    /// Whether somebody could answer a question.
    pub(crate) can_ask: bool,
    /// Whether stderr is a terminal that can redraw lines.
    pub(crate) is_live: bool,
    stdout: ColorChoice,
    stderr: ColorChoice,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let is_live = std::io::stderr().is_terminal();
        Self {
            can_ask: std::io::stdin().is_terminal() && is_live,
            is_live,
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
        write_lines(AutoStream::new(std::io::stdout(), self.stdout), text);
    }

    /// Talk.
    pub(crate) fn talk(&self, text: &str) {
        write_lines(AutoStream::new(std::io::stderr(), self.stderr), text);
    }

    /// Asks a question and waits for a line.
    pub(crate) fn ask(&self, question: &str) -> String {
        write(AutoStream::new(std::io::stderr(), self.stderr), question);
        let mut answer = String::new();
        match std::io::stdin().read_line(&mut answer) {
            Ok(_) => answer.trim().to_owned(),
            Err(_) => String::new(),
        }
    }
}

fn write_lines(out: impl Write, text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    write(out, &format!("{text}{end}"));
}

fn write(mut out: impl Write, text: &str) {
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
