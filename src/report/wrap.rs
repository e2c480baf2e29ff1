//! Sentences that fit a terminal: broken between words, and continued below where
//! they began.
//!
//! Only titles, notes and hints are. A line of a file, a value or YAML to paste
//! stays whole: whoever copies it wants no line ends of ours.

use console::{measure_text_width, strip_ansi_codes};

/// What a sentence begins with that may be broken.
const OPENINGS: &[&str] =
    &["= note: ", "= help: ", "error: ", "warning: ", "note: ", "help: ", "hint: "];

/// A column narrower than this is not worth breaking for: a word a line reads
/// worse than what the terminal does by itself.
const NARROWEST: usize = 16;

/// The text for a terminal of so many columns. Colour codes take none.
pub fn wrapped(text: &str, columns: usize) -> String {
    text.split_inclusive('\n').map(|line| wrapped_line(line, columns)).collect()
}

fn wrapped_line(line: &str, columns: usize) -> String {
    let body = line.trim_end_matches('\n');
    let Some(indent) = hanging_indent(&strip_ansi_codes(body)) else { return line.to_owned() };
    if measure_text_width(body) <= columns || columns < indent + NARROWEST {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len() + 64);
    let mut column = 0;
    for (at, word) in body.split(' ').enumerate() {
        let width = measure_text_width(word);
        // What the line opens with stays in front, whatever comes.
        if column > indent && column + 1 + width > columns {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if at > 0 && (column != indent || !out.ends_with(' ')) {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push_str(&line[body.len()..]);
    out
}

/// Where a sentence continues; `None` for what is not to be broken.
fn hanging_indent(line: &str) -> Option<usize> {
    let sentence = line.trim_start_matches(' ');
    let opening = OPENINGS.iter().find(|opening| sentence.starts_with(**opening))?;
    Some(line.len() - sentence.len() + opening.len())
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::plain;
    use crate::report::style::{BAD, paint};

    use super::*;

    const NOTE: &str = "   = note: the letters of a queue expire before anybody reads them, \
        and what is then in the dead letter queue expires with them\n";

    fn check(columns: usize, expected: &str) {
        assert_eq!(wrapped(NOTE, columns), expected, "{columns} columns");
    }

    #[test]
    fn a_note_is_broken_between_words() {
        check(
            100,
            "   = note: the letters of a queue expire before anybody reads them, and what is then in the dead\n           \
             letter queue expires with them\n",
        );
        check(
            80,
            "   = note: the letters of a queue expire before anybody reads them, and what is\n           \
             then in the dead letter queue expires with them\n",
        );
        check(
            40,
            "   = note: the letters of a queue expire\n           \
             before anybody reads them,\n           \
             and what is then in the dead\n           \
             letter queue expires with\n           them\n",
        );
        check(20, NOTE);
        check(10_000, NOTE);
    }

    #[test]
    fn no_word_is_broken_or_lost_and_colours_take_no_room() {
        let title = format!("{}: {} ends\nx\n", paint(BAD, "error"), "long".repeat(30));
        for columns in 24..120 {
            let text = wrapped(&title, columns);
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(words(&text), words(&title), "{columns}");
            for line in plain(&text).lines() {
                // A word that is longer than a line is all there is of it.
                let sentence = line.trim_start().trim_start_matches("error: ");
                assert!(line.len() <= columns || !sentence.contains(' '), "{columns}: {line}");
            }
        }
    }

    #[test]
    fn what_may_be_copied_stays_whole() {
        let yaml = format!("           policy: {}\n", "a b ".repeat(40));
        assert_eq!(wrapped(&yaml, 40), yaml);
        let line = format!("10 |     name: {}\n", "a b ".repeat(40));
        assert_eq!(wrapped(&line, 40), line);
    }
}
