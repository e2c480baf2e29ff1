//! "Did you mean": the known word nearest to an unknown one.

use crate::model::Diagnostic;

/// The same diagnostic, with the nearest known word as a hint if one is near.
pub(super) fn did_you_mean<'a>(
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
    let plain = |word: &str| word.to_lowercase().replace('-', "_");
    let sought = plain(wrong);
    let known: Vec<&str> = known.into_iter().collect();
    let near = known
        .iter()
        .copied()
        .map(|word| (strsim::damerau_levenshtein(&sought, &plain(word)), word))
        .filter(|(distance, word)| *distance <= sought.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word);
    let beginning = format!("{sought}_");
    let mut longer = known.into_iter().filter(|word| plain(word).starts_with(&beginning));
    near.or_else(|| longer.next().filter(|_| longer.next().is_none()))
}

/// Words for running text: `` `a`, `b`, `c` ``, or "none". Beyond 30 the rest is counted,
/// so that one message cannot fill a screen.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 30;
    let words: Vec<&str> = words.into_iter().collect();
    if words.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<String> = words.iter().take(MOST).map(|word| format!("`{word}`")).collect();
    match words.len().checked_sub(MOST) {
        Some(rest @ 1..) => format!("{} and {rest} more", shown.join(", ")),
        Some(0) | None => shown.join(", "),
    }
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
        check("am", None);
        check("arm", Some("arn"));
        check("encryption", None);
        check("", None);
    }
}
