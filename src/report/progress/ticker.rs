//! One moving line on a terminal that says what a command is at, and gives way
//! to everything else that is said.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use crate::report::terminal::Terminal;

/// The line, drawn or not.
#[derive(Debug)]
pub struct Ticker(ProgressBar);

impl Ticker {
    /// A line that is drawn on a terminal from its first text on.
    pub fn new(terminal: Box<dyn TermLike>) -> Self {
        let target = ProgressDrawTarget::term_like(Box::new(Terminal::new(terminal)));
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

#[cfg(test)]
mod tests {
    use crate::report::fixtures::Screen;

    use super::*;

    /// A terminal repeats `^C` where the cursor is, and the line goes with it.
    #[test]
    fn an_interruption_from_the_keyboard_takes_the_line_away() {
        let screen = Screen::default();
        let line = Ticker::new(Box::new(screen.clone()));
        line.show("Reading AWS: 0 of 2");
        assert!(screen.read().contains("Reading AWS"), "{}", screen.read());
        screen.echo("^C");
        line.clear();
        assert_eq!(screen.read().trim(), "");
    }
}
