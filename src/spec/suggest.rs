//! "Did you mean": the known word nearest to an unknown one.

use std::borrow::Cow;

use crate::model::Diagnostic;

/// Most words that a message lists.
pub(super) const MOST_LISTED: usize = 5;

/// The same diagnostic, with the nearest known word as a hint if one is near.
pub fn did_you_mean<'a>(
    problem: Diagnostic,
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    match closest(wrong, known) {
        Some(right) => problem.hint(format!("did you mean `{right}`?")),
        None => problem,
    }
}

/// The known word nearest to `wrong`, if it is near enough to be meant: a
/// third of the letters may differ, as in rustc. The first of equals wins, so
/// that the answer does not depend on chance. If none is, the only one that
/// begins with the same words: `delay` for `delay_seconds`.
pub(super) fn closest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Longer than any name of ours: not mistyped, but something else; and to
    // compare costs the product of the lengths.
    const LONGEST: usize = 100;
    // How much longer a word may become by being spelled as ours are.
    const SLACK: usize = 4;
    if wrong.len() > LONGEST {
        return None;
    }
    let sought = plain(wrong);
    let known: Vec<&str> = known.into_iter().filter(|word| word.len() <= LONGEST).collect();
    // As many letters as two words differ in length, they differ at least.
    let may_be_near =
        |word: &&str| sought.len().abs_diff(word.len()) <= sought.len().max(word.len()) / 3 + SLACK;
    let near = known
        .iter()
        .copied()
        .filter(may_be_near)
        .map(|word| (strsim::damerau_levenshtein(&sought, &plain(word)), word))
        .filter(|(distance, word)| *distance <= sought.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word);
    let beginning = format!("{sought}_");
    let mut longer = known.into_iter().filter(|word| plain(word).starts_with(&beginning));
    near.or_else(|| longer.next().filter(|_| longer.next().is_none()))
}

/// A word as ours are spelled: `VisibilityTimeout` and `visibility-timeout` are
/// `visibility_timeout`.
pub(super) fn plain(word: &str) -> String {
    let mut plain = String::new();
    let mut after_lower = false;
    for letter in word.chars() {
        if after_lower && letter.is_uppercase() {
            plain.push('_');
        }
        after_lower = letter.is_lowercase();
        plain.extend(letter.to_lowercase());
    }
    plain.replace('-', "_")
}

/// What there is to choose from: "the variables are `a`, `b`".
pub(super) fn all_of<'a>(noun: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known = known.into_iter().peekable();
    match known.peek() {
        Some(_) => format!("the {noun} are {}", listed(known)),
        None => format!("there are no {noun}"),
    }
}

/// Words for running text: `` `a`, `b`, `c` ``, or "none". Beyond five the rest is counted, and
/// words are cut short, so that a message is read and not skipped.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = MOST_LISTED;
    const LONGEST: usize = 60;
    let words: Vec<&str> = words.into_iter().collect();
    if words.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<String> =
        words.iter().take(MOST).map(|word| format!("`{}`", shortened(word, LONGEST))).collect();
    match words.len().checked_sub(MOST) {
        Some(rest @ 1..) => format!("{} and {rest} more", shown.join(", ")),
        Some(0) | None => shown.join(", "),
    }
}

/// A text of at most so many characters: the middle of a longer one is left
/// out, because what is wrong stands at its end as often as at its beginning.
pub(super) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= most {
        return Cow::Borrowed(text);
    }
    let half = most.saturating_sub(3) / 2;
    let head = text.chars().take(half);
    let tail = text.chars().skip(length - half);
    Cow::Owned(head.chain("...".chars()).chain(tail).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wrong: &str, expected: Option<&str>) {
        let known = ["kind", "visibility_timeout_seconds", "delay_seconds", "arn", "url"];
        assert_eq!(closest(wrong, known), expected, "{wrong}");
    }

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        check("knid", Some("kind"));
        check("visibility-timeout-seconds", Some("visibility_timeout_seconds"));
        check("VisibilityTimeout_second", Some("visibility_timeout_seconds"));
        check("delay", Some("delay_seconds"));
        check("visibility", Some("visibility_timeout_seconds"));
        check("VisibilityTimeout", Some("visibility_timeout_seconds"));
        check("am", None);
        check("arm", Some("arn"));
        check("encryption", None);
        check("", None);
        check(&"kind".repeat(300_000), None);
    }

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(shortened("abcdefghij", 10), "abcdefghij");
        assert_eq!(shortened("abcdefghijk", 10), "abc...ijk");
        assert_eq!(shortened("\u{fc}ber alle Ma\u{df}en", 9), "\u{fc}be...\u{df}en");
        assert!(listed([&*"x".repeat(9_000)]).len() < 70);
    }
}
