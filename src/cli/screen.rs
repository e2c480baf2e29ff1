//! stdout for data, stderr for talk, each with colours only where they are
//! wanted, and files; none with what must not be shown.
//!
//! Everything that ccprov says passes here, and so the pane
//! ([`crate::report::pane`]). What could not be written is not passed over: it
//! is told on stderr, and [`exit`](super::exit) has a word in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use console::Term;
use indicatif::TermLike;
use rustix::termios::{QueueSelector, tcflush};
use serde::de::IgnoredAny;
use tokio::sync::oneshot;

use super::environment::{Environment, GitHub};
use super::file::{self, Readers};
use super::pulse::Pulse;
use super::repository::Repository;
use crate::model::{Diagnostic, Mask};
use crate::report::pane::{kept, told};
use crate::report::{diagnostics_github, diagnostics_text, wrapped};

/// Where text goes.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    /// Whether somebody could answer a question.
    pub(crate) can_ask: bool,
    /// Whether stderr is a terminal that can redraw lines.
    pub(crate) is_live: bool,
    /// What nobody may read, wherever it is written.
    pub(crate) mask: Mask,
    /// Who speaks where nobody else does.
    pub(crate) pulse: Pulse,
    /// Who shows problems beside the lines that they are about.
    github: Option<GitHub>,
    repository: Repository,
    /// Whether only errors, questions and results are told.
    is_quiet: bool,
    stdout: Stream,
    stderr: Stream,
    losses: Losses,
    noted: Arc<Mutex<BTreeSet<String>>>,
}

impl Screen {
    pub(crate) fn new(environment: &Environment) -> Self {
        let (stdout, stderr, losses) = (io::stdout(), io::stderr(), Losses::default());
        let stream = |name, choice: ColorChoice, is_terminal| Stream {
            name,
            has_colour: choice != ColorChoice::Never,
            is_terminal,
            mask: environment.mask.clone(),
            pulse: environment.pulse.clone(),
            losses: losses.clone(),
        };
        let is_terminal = stderr.is_terminal();
        let voice = environment.voice;
        // Lines of their own do not go with lines that redraw themselves.
        let is_plain = voice.quiet || voice.verbose || environment.has_dumb_terminal;
        let colours = |otherwise| voice.colours(otherwise);
        Self {
            can_ask: io::stdin().is_terminal() && is_terminal,
            is_live: is_terminal && !is_plain,
            is_quiet: voice.quiet,
            stdout: stream(
                Name::Output,
                colours(AutoStream::choice(&stdout)),
                stdout.is_terminal(),
            ),
            stderr: stream(Name::Error, colours(AutoStream::choice(&stderr)), is_terminal),
            noted: Arc::default(),
            mask: environment.mask.clone(),
            pulse: environment.pulse.clone(),
            github: environment.github.clone(),
            repository: environment.repository.clone(),
            losses,
        }
    }

    /// Whether stderr takes colours (`NO_COLOR`, pipes and dumb terminals do not).
    pub(crate) fn has_colour(&self) -> bool {
        self.stderr.has_colour
    }

    /// Data. Whoever closed the pipe has read enough.
    pub(crate) fn data(&self, text: &str) {
        self.stdout.tell(&ended(text));
    }

    /// Data that says no more than that a command is done, as its exit code does.
    pub(crate) fn good_news(&self, text: &str) {
        if !self.is_quiet {
            self.data(text);
        }
    }

    /// Data for people: its sentences fit the terminal, if there is one.
    pub(crate) fn page(&self, text: &str) {
        self.data(&self.stdout.fitted(text));
    }

    /// Data in a form of somebody else's, to the byte, for whoever reads it: a
    /// terminal reads none.
    pub(crate) fn exact_data(&self, text: &str) {
        if self.stdout.is_terminal {
            self.data(text);
        } else {
            self.stdout.put(&self.mask.veil(&ended(text)));
        }
    }

    /// Data with all that it holds, for whoever asked to see it.
    pub(crate) fn reveal(&self, text: &str) {
        let text = ended(text);
        self.stdout.put(&if self.stdout.is_terminal { told(&text, false) } else { text });
    }

    /// The same in a form of ours.
    pub(crate) fn unveiled(&self, text: &str) {
        self.stdout.put(&told(&ended(text), false));
    }

    /// What somebody's program answered, with all that it holds. JSON stays the same JSON
    /// where the pane spells what it does to terminals and logs; anything else is
    /// told to the byte, but for terminals.
    pub(crate) fn answer(&self, bytes: &[u8]) {
        let is_json = serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
        match bytes {
            [] => {}
            _ if is_json || self.stdout.is_terminal => {
                self.unveiled(&String::from_utf8_lossy(bytes));
            }
            [.., b'\n'] => self.stdout.put_bytes(bytes),
            _ => self.stdout.put_bytes(&[bytes, b"\n"].concat()),
        }
    }

    /// Talk.
    pub(crate) fn talk(&self, text: &str) {
        if !self.is_quiet {
            self.complain(text);
        }
    }

    /// What has to be told, however little anybody wants to hear.
    pub(crate) fn complain(&self, text: &str) {
        self.stderr.tell(&ended(text));
    }

    /// Problems, as talk and beside the lines that they are about.
    pub(crate) fn problems(&self, problems: &[Diagnostic]) {
        if self.is_quiet {
            self.annotate(problems);
        } else {
            self.failures(problems);
        }
    }

    /// The same, of which one is why a command fails.
    pub(crate) fn failures(&self, problems: &[Diagnostic]) {
        if !problems.is_empty() {
            self.complain(&self.stderr.fitted(&diagnostics_text(problems)));
            self.annotate(problems);
        }
    }

    /// Problems beside the lines that they are about, where somebody shows them there.
    pub(crate) fn annotate(&self, problems: &[Diagnostic]) {
        if self.github.is_some() && !problems.is_empty() {
            self.order(&diagnostics_github(&self.repository.diagnostics(problems)));
        }
    }

    /// Markdown for the page of a job, where there is one. What cannot be written
    /// there is told, and changes nothing else.
    pub(crate) fn page_of_job(&self, markdown: impl FnOnce() -> String) {
        let path = self.github.as_ref().and_then(|github| github.step_summary.as_ref());
        if let Some(path) = path
            && let Err(problem) = self.append(path, &markdown())
        {
            self.lose(path.display().to_string(), problem);
        }
    }

    /// Talk that a command may come to several times, and tells once.
    pub(crate) fn note(&self, text: &str) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.insert(text.to_owned()) {
            self.talk(text);
        }
    }

    /// Lines that a CI system is to obey: ours begin with `::`.
    pub(crate) fn order(&self, lines: &str) {
        for line in self.mask.veil(lines).lines() {
            match line.strip_prefix("::") {
                Some(order) => self.stderr.put(&format!("::{}\n", told(order, false))),
                None => self.talk(line),
            }
        }
    }

    /// stdout, for a view. Takes whole lines.
    pub(crate) fn data_stream(&self) -> Stream {
        self.stdout.clone()
    }

    /// stderr, for a view. Takes whole lines.
    pub(crate) fn talk_stream(&self) -> Box<dyn Write + Send> {
        if self.is_quiet { Box::new(io::sink()) } else { Box::new(self.stderr.clone()) }
    }

    /// stderr, for a view that redraws lines and looks after the pane itself.
    pub(crate) fn terminal() -> Box<dyn TermLike> {
        Box::new(Term::buffered_stderr())
    }

    /// A file, whole or as it was.
    pub(crate) fn file(&self, path: &Path, text: &str) -> Result<(), Diagnostic> {
        self.write(path, text, Readers::Usual)
    }

    /// A file that is nobody's business but its owner's.
    pub(crate) fn private_file(&self, path: &Path, text: &str) -> Result<(), Diagnostic> {
        self.write(path, text, Readers::Owner)
    }

    fn write(&self, path: &Path, text: &str, readers: Readers) -> Result<(), Diagnostic> {
        file::write_whole(path, &kept(&self.mask.veil(text)), readers)
            .map_err(|error| cannot_write(path, &error))
    }

    /// The end of a file.
    pub(crate) fn append(&self, path: &Path, text: &str) -> Result<(), Diagnostic> {
        file::append(path, &kept(&self.mask.veil(text))).map_err(|error| cannot_write(path, &error))
    }

    /// Something that was asked for could not be written, and the work goes on.
    /// Told at once, but for where lines of a terminal move.
    pub(crate) fn lose(&self, what: impl Into<String>, problem: Diagnostic) {
        self.losses.note(what.into(), problem);
        if !self.is_live {
            self.tell_losses();
        }
    }

    /// Tells of losses that were not told yet.
    pub(crate) fn tell_losses(&self) {
        if let Some(text) = self.untold_losses() {
            self.complain(&text);
        }
    }

    /// Their text, for somebody who tells it.
    pub(crate) fn untold_losses(&self) -> Option<String> {
        let untold = self.losses.untold();
        (!untold.is_empty()).then(|| diagnostics_text(&untold))
    }

    /// Whether all that was told arrived, as far as anybody wants to hear it.
    pub(crate) fn is_heard(&self) -> bool {
        ![Name::Output, Name::Error].iter().any(|name| self.losses.has(name.words()))
    }

    /// Whether anything that was asked for could not be written.
    pub(crate) fn has_losses(&self) -> bool {
        self.losses.are_there()
    }

    /// Asks a question and waits for a line; nothing but `yes` is a yes. What was
    /// typed before is no answer to it, and is dropped.
    pub(crate) async fn confirms(&self, question: &str) -> bool {
        let _undisturbed = self.pulse.hush();
        let _nothing_was_typed = tcflush(io::stdin(), QueueSelector::IFlush);
        self.stderr.tell(question);
        let (sender, answer) = oneshot::channel();
        // On a thread of its own, so that a lease is renewed while somebody thinks.
        std::thread::spawn(move || {
            let mut answer = String::new();
            let _no_line_is_no_yes = io::stdin().read_line(&mut answer);
            let _nobody_waits = sender.send(answer);
        });
        let answer = answer.await.unwrap_or_default();
        let answer = answer.trim();
        if !answer.is_empty() && answer != "yes" {
            self.complain(&format!("Only `yes` is a yes; that was `{answer}`."));
        }
        answer == "yes"
    }
}

/// Why a file is not written.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(format!("{} cannot be written: {error}", path.display()))
}

fn ended(text: &str) -> String {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}")
}

/// A standard stream behind the mask and the pane.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    name: Name,
    has_colour: bool,
    is_terminal: bool,
    mask: Mask,
    /// What is written is a sign of life.
    pulse: Pulse,
    losses: Losses,
}

#[derive(Clone, Copy, Debug)]
enum Name {
    Output,
    Error,
}

impl Name {
    fn words(self) -> &'static str {
        match self {
            Self::Output => "standard output",
            Self::Error => "standard error",
        }
    }
}

impl Stream {
    fn tell(&self, text: &str) {
        self.put(&told(&self.mask.veil(text), self.has_colour));
    }

    /// A text whose sentences fit a terminal. What is hidden is hidden before, or
    /// it would be found no more in two lines.
    fn fitted(&self, text: &str) -> String {
        let terminal = match self.name {
            Name::Output => Term::stdout(),
            Name::Error => Term::stderr(),
        };
        match terminal.size_checked().filter(|_| self.is_terminal) {
            Some((_, columns)) => wrapped(&self.mask.veil(text), columns.into()),
            None => text.to_owned(),
        }
    }

    fn put(&self, text: &str) {
        self.put_bytes(text.as_bytes());
    }

    fn put_bytes(&self, bytes: &[u8]) {
        self.pulse.make_room();
        let name = self.name.words();
        let done = match self.name {
            Name::Output => write(io::stdout().lock(), bytes),
            Name::Error => write(io::stderr().lock(), bytes),
        };
        if let Err(error) = done
            && error.kind() != ErrorKind::BrokenPipe
        {
            let problem = Diagnostic::error(format!("{name} cannot be written: {error}"));
            self.losses.note(name.to_owned(), problem);
        }
    }
}

fn write(mut out: impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes).and_then(|()| out.flush())
}

/// For views. What cannot be written is noted here, so that they need not care.
impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tell(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What could not be written, once each. Clones share it.
#[derive(Clone, Debug, Default)]
struct Losses(Arc<Mutex<BTreeMap<String, Loss>>>);

#[derive(Debug)]
struct Loss {
    problem: Diagnostic,
    is_told: bool,
}

impl Losses {
    fn note(&self, what: String, problem: Diagnostic) {
        let mut losses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        losses.entry(what).or_insert(Loss { problem, is_told: false });
    }

    fn untold(&self) -> Vec<Diagnostic> {
        let mut losses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = losses.values_mut().filter(|loss| !loss.is_told);
        untold
            .map(|loss| {
                loss.is_told = true;
                loss.problem.clone()
            })
            .collect()
    }

    fn has(&self, what: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(what)
    }

    fn are_there(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}
