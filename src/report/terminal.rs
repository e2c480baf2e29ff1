//! A terminal whose lines move, behind the pane: what `indicatif` draws on.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressDrawTarget, TermLike};

use super::pane::told;

/// How often a second lines are drawn at most; indicatif's own.
const REFRESH_RATE: u8 = 20;

/// A terminal that takes no orders from what is drawn on it.
///
/// Indicatif fills every line up with blanks, so that the next one begins below.
/// Those of the last line are held back until there is a next one: with the
/// cursor at the right edge, the `^C` that a terminal echoes would scroll the
/// screen without indicatif's knowledge, and a line would be left behind.
#[derive(Clone, Debug)]
pub(super) struct Terminal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    terminal: Box<dyn TermLike>,
    /// How many blanks.
    held: Mutex<usize>,
}

impl Terminal {
    pub(super) fn new(terminal: Box<dyn TermLike>) -> Self {
        Self(Arc::new(Inner { terminal, held: Mutex::new(0) }))
    }

    /// Lines to draw on it, at a pace for eyes or each time that one changes.
    pub(super) fn lines(&self, is_paced: bool) -> MultiProgress {
        let this = Box::new(self.clone());
        MultiProgress::with_draw_target(if is_paced {
            ProgressDrawTarget::term_like_with_hz(this, REFRESH_RATE)
        } else {
            ProgressDrawTarget::term_like(this)
        })
    }

    /// Ends the line that was drawn last: what follows is drawn by somebody else.
    pub(super) fn leave(&self) {
        let _terminal_is_gone = self.fill_up().and_then(|()| self.0.terminal.flush());
    }

    fn held(&self) -> usize {
        std::mem::take(&mut *self.0.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn hold(&self, blanks: usize) {
        *self.0.held.lock().unwrap_or_else(PoisonError::into_inner) += blanks;
    }

    /// Moving away, what was held back is not wanted any more.
    fn leave_for(&self, cells: usize) {
        if cells > 0 {
            self.held();
        }
    }

    fn fill_up(&self) -> io::Result<()> {
        match self.held() {
            0 => Ok(()),
            blanks => self.0.terminal.write_str(&" ".repeat(blanks)),
        }
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.0.terminal.width()
    }

    fn height(&self) -> u16 {
        self.0.terminal.height()
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.leave_for(n);
        self.0.terminal.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.leave_for(n);
        self.0.terminal.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.leave_for(n);
        self.0.terminal.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.leave_for(n);
        self.0.terminal.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.fill_up()?;
        self.0.terminal.write_line(&told(text, true))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.chars().all(|c| c == ' ') {
            self.hold(text.len());
            return Ok(());
        }
        self.fill_up()?;
        self.0.terminal.write_str(&told(text, true))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.held();
        self.0.terminal.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.terminal.flush()
    }
}
