//! One moving line on a terminal that says what a command is at, and gives way
//! to everything else that is said.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The line, drawn or not.
#[derive(Debug)]
pub struct Ticker(ProgressBar);

impl Ticker {
    /// A line that is drawn on `target` from its first text on.
    pub fn new(target: ProgressDrawTarget) -> Self {
        let line = ProgressBar::with_draw_target(None, target);
        line.set_style(style());
        Self(line)
    }

    /// Shows a text in place of the one before.
    pub fn show(&self, text: &str) {
        self.0.set_message(text.to_owned());
        self.0.tick();
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg}").expect("our own template is well-formed")
}
