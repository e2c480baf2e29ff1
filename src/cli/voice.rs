//! How much is said, and in which colours: what every command understands.

#![expect(clippy::doc_markdown, reason = "help text is shown as it stands, not as Markdown")]

use anstream::ColorChoice;
use clap::{Args, ValueEnum};

/// The options of every command.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "What is said")]
pub(crate) struct Voice {
    /// Say errors, questions and the result alone
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Say each call of AWS as it is answered
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,

    /// Colours: auto, always or never; goes before NO_COLOR, CLICOLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(hide_possible_values = true)]
    color: Color,

    /// The same as --color never
    #[arg(long, global = true, conflicts_with = "color")]
    no_color: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

impl Voice {
    /// What was asked for, or else what the stream and the environment say.
    pub(super) fn colours(self, otherwise: ColorChoice) -> ColorChoice {
        match (self.no_color, self.color) {
            (true, _) | (false, Color::Never) => ColorChoice::Never,
            (false, Color::Always) => ColorChoice::Always,
            (false, Color::Auto) => otherwise,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_goes_before_the_environment() {
        let check = |voice: Voice, expected| {
            assert_eq!(voice.colours(ColorChoice::Auto), expected, "{voice:?}");
        };
        let voice = Voice::default();
        check(voice, ColorChoice::Auto);
        check(Voice { color: Color::Always, ..voice }, ColorChoice::Always);
        check(Voice { color: Color::Never, ..voice }, ColorChoice::Never);
        check(Voice { no_color: true, ..voice }, ColorChoice::Never);
    }
}
