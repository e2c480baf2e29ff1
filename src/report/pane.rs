//! The pane of every window: what any text passes before it reaches a stream or
//! a file.
//!
//! A text of ours holds texts of others: names, tags, messages, policies, paths.
//! None of them may move a cursor, hide or turn around what follows, or give
//! an order to the CI system that reads the log. What could do so is spelled as
//! JSON spells it, `\u202e`: people see it, and JSON stays the same JSON.
//!
//! [`told`] and [`kept`] are for whole texts, in which our own colours and line
//! feeds are; [`foreign`] and [`tame`] for words of others on their way into one.

use std::fmt::Write;

/// A text for a standard stream. Our colours are left out where they are not
/// wanted; openings of workflow commands are broken, because a runner may read
/// any stream.
pub fn told(text: &str, colour: bool) -> String {
    let mut told = String::with_capacity(text.len());
    let mut line = Line::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(code) = own_style(rest) {
            if colour {
                told.push_str(code);
            }
            rest = &rest[code.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if line.opens_command(c, rest) || is_unseen(c) {
            spell(&mut told, c);
        } else {
            told.push(c);
        }
        line.note(c);
    }
    told
}

/// A text for a file, which nobody obeys but anybody may show.
pub fn kept(text: &str) -> String {
    spelled(text, is_unseen)
}

/// Words of others that may have several lines: no control but line feeds and
/// tabs is left, and no colour.
pub fn foreign(words: &str) -> String {
    spelled(words, is_unseen)
}

/// Words of others on one line.
pub fn tame(words: &str) -> String {
    foreign(&words.trim().replace(['\n', '\r', '\t'], " "))
}

/// A line of ours, which is one line whatever stands in it.
pub(super) fn one_line(text: &str) -> String {
    text.replace('\n', "\\n")
}

fn spelled(text: &str, is_spelled: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_spelled(c) {
            spell(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

/// As JSON spells a character.
fn spell(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _infallible = write!(out, "\\u{unit:04x}");
    }
}

/// Characters that nobody sees, or that change how others are seen: controls,
/// format characters of bidirectional text, and what Unicode calls ignorable
/// by default (DerivedCoreProperties.txt, Unicode 16). Line feeds and tabs are
/// seen.
fn is_unseen(c: char) -> bool {
    let is_ignorable = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    is_ignorable || (c.is_control() && c != '\n' && c != '\t')
}

/// The code of one of our styles, if the text begins with one.
///
/// Those of `style`, of the renderer of diagnostics and of the command line's
/// help: bold, faint, underlined and foregrounds other than black. None of them
/// can hide a text, so that even a forged one does no harm.
fn own_style(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("\u{1b}[")?;
    let length = inner.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    let codes = &inner[..length];
    let is_ours = |code: &str| {
        matches!(code, "" | "0" | "1" | "2" | "4" | "22" | "24" | "39")
            || matches!(code.as_bytes(), [b'3' | b'9', b'1'..=b'7'])
    };
    let is_style = inner[length..].starts_with('m') && codes.split(';').all(is_ours);
    is_style.then(|| &text[..="\u{1b}[".len() + length])
}

/// What of a line decides whether a runner takes it for a command.
///
/// GitHub's takes `::name` after blanks (`ActionCommand.TryParseV2` of
/// actions/runner) and `##[name]` anywhere (`TryParse`); Azure's `##vso[`, and
/// `TeamCity`'s `##teamcity[`. GitLab's sections begin with an escape.
#[derive(Default)]
struct Line {
    has_begun: bool,
    last: Option<char>,
}

impl Line {
    /// Whether this character, before that rest, is the one to break.
    fn opens_command(&self, c: char, rest: &str) -> bool {
        match c {
            ':' => !self.has_begun && seen(rest).next() == Some(':'),
            '#' => {
                self.last == Some('#')
                    && seen(rest).find(|c| !c.is_ascii_alphanumeric()) == Some('[')
            }
            _ => false,
        }
    }

    fn note(&mut self, c: char) {
        // Whoever reads lines may end them at a carriage return, too; that one is spelled.
        self.has_begun = c != '\n' && (self.has_begun || !c.is_whitespace());
        self.last = Some(c);
    }
}

/// The characters of a text that are left when our colours are gone.
fn seen(text: &str) -> impl Iterator<Item = char> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while let Some(code) = own_style(rest) {
            rest = &rest[code.len()..];
        }
        let c = rest.chars().next()?;
        rest = &rest[c.len_utf8()..];
        Some(c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(told(text, false), expected, "{text:?}");
        assert_eq!(told(expected, false), expected, "what was told can be told again");
    }

    #[test]
    fn what_nobody_sees_is_spelled() {
        check("line\n\ttext — ÄÖ 水 é ✓ 🙂\n", "line\n\ttext — ÄÖ 水 é ✓ 🙂\n");
        check("\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}c", r"\u001b]0;title\u0007\u001b[2J\u001bc");
        check("a\rb\u{8}\u{7f}\u{9b}31m\u{85}", r"a\u000db\u0008\u007f\u009b31m\u0085");
        check("\u{202e}txt.exe\u{2066}\u{200f}\u{61c}", r"\u202etxt.exe\u2066\u200f\u061c");
        check("a\u{200b}b\u{feff}\u{2028}\u{ad}", r"a\u200bb\ufeff\u2028\u00ad");
        check("\u{e0041}\u{e0001}", r"\udb40\udc41\udb40\udc01");
    }

    #[test]
    fn no_line_is_an_order_to_a_runner() {
        check("::error::x", r"\u003a:error::x");
        check("a\n  \u{a0}::set-output name=a::b", "a\n  \u{a0}\\u003a:set-output name=a::b");
        check("std::env is ::fine:: here", "std::env is ::fine:: here");
        check("x ##[error]y", r"x #\u0023[error]y");
        check("###vso[task.setvariable variable=a]", r"##\u0023vso[task.setvariable variable=a]");
        check("## Heading [link] #[attribute]", "## Heading [link] #[attribute]");
        // Colours do not hide it, whether they are there in the end or not.
        check("\u{1b}[1m:\u{1b}[0m:error::", r"\u003a:error::");
        check("#\u{1b}[31m#\u{1b}[0mvso[x", r"#\u0023vso[x");
        assert_eq!(told("#\u{1b}[1m#[x", true), "#\u{1b}[1m\\u0023[x");
    }

    #[test]
    fn our_colours_are_kept_where_they_are_wanted_and_no_others() {
        let ours = "\u{1b}[1m\u{1b}[91mbad\u{1b}[0m \u{1b}[2;33mfaint\u{1b}[m";
        assert_eq!(told(ours, true), ours);
        assert_eq!(told(ours, false), "bad faint");
        for code in ["8", "7", "5", "30", "41", "38;5;0", "1;8", "48;2;0;0;0"] {
            let text = told(&format!("\u{1b}[{code}mx"), true);
            assert_eq!(text, format!("\\u001b[{code}mx"));
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({
            "\u{202e}key": "\u{9b}\u{7f}\u{2028}\u{e0041}\\\u{202e}", "::a::": "##[error] \u{1}\n",
        });
        for text in [value.to_string(), format!("{value:#}")] {
            let told = told(&text, false);
            assert!(!told.contains("##[") && !told.contains('\u{202e}'), "{told}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&told).unwrap(), value);
        }
    }

    #[test]
    fn words_of_others_bring_no_colour_and_no_line() {
        assert_eq!(tame(" a\nb\u{1b}[31mc\t"), r"a b\u001b[31mc");
        assert_eq!(foreign("a\n\tb\u{1b}[31m"), "a\n\tb\\u001b[31m");
        assert_eq!(one_line("a\nb"), r"a\nb");
    }
}
