//! How much is told of a stack that is wrong: as much as somebody can read,
//! however hostile the file.

use super::suggest::{listed, shortened};
use crate::model::Diagnostic;

/// Most problems that are told at once. Whoever has more corrects these first.
pub(super) const MOST: usize = 100;

/// Most problems that are kept until they are put in order. A file within its
/// limits can make a million, each with a text of its own.
pub(super) const MOST_KEPT: usize = 1_000;

/// Longest summary and hint. Ours are below it (the longest lists the events of
/// S3), unless they repeat a name or a value that the file made longer.
const LONGEST: usize = 1_200;

/// Longest detail: it may list thirty names.
const LONGEST_DETAIL: usize = 2_500;

/// By file, line and column; one of each; and no more than can be read.
pub(super) fn in_order(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by(|a, b| a.location.cmp(&b.location).then_with(|| a.summary.cmp(&b.summary)));
    problems.dedup();
    bounded(folded(problems))
}

/// What is the same at one place is told once: a mistake in a pattern or under
/// `for_each` comes up with every resource that is made there.
fn folded(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<(Diagnostic, Vec<String>)> = Vec::new();
    for problem in problems {
        match kept.last_mut() {
            Some((first, more)) if is_alike(first, &problem) => more.extend(problem.detail),
            Some(_) | None => kept.push((problem, Vec::new())),
        }
    }
    let joined = |(problem, more): (Diagnostic, Vec<String>)| match &problem.detail {
        Some(detail) if !more.is_empty() => {
            let detail = together(detail, &more);
            problem.because(detail)
        }
        Some(_) | None => problem,
    };
    kept.into_iter().map(joined).collect()
}

/// Several details as one: where they differ in one quoted word, all of these
/// words stand in its place: `in a.x` and `in a.y` come to `in a.x, a.y`.
fn together(detail: &str, more: &[String]) -> String {
    let counted = || match more.len() {
        1 => format!("{detail}; and so once more"),
        times => format!("{detail}; and so {times} more times"),
    };
    // Words stand at the odd places between the quotes.
    let first: Vec<&str> = detail.split('`').collect();
    let mut place = None;
    let mut words = Vec::new();
    for other in more {
        let other: Vec<&str> = other.split('`').collect();
        let differing: Vec<usize> =
            (0..first.len()).filter(|at| first.get(*at) != other.get(*at)).collect();
        let &[at] = differing.as_slice() else { return counted() };
        if other.len() != first.len() || at % 2 == 0 || *place.get_or_insert(at) != at {
            return counted();
        }
        words.push(other[at]);
    }
    let Some(at) = place else { return counted() };
    let words = listed(std::iter::once(first[at]).chain(words));
    let words = words.trim_start_matches('`');
    let before = first[..at].join("`");
    format!("{before}`{words}{}", first[at + 1..].join("`"))
}

fn is_alike(one: &Diagnostic, other: &Diagnostic) -> bool {
    one.location.is_some() && (&one.location, &one.summary) == (&other.location, &other.summary)
}

/// The first of some problems, and how many more are known of.
fn bounded(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = problems.len().saturating_sub(MOST);
    problems.truncate(MOST);
    for problem in &mut problems {
        shorten(&mut problem.summary, LONGEST);
        problem.hints.iter_mut().for_each(|hint| shorten(hint, LONGEST));
        problem.detail.iter_mut().for_each(|detail| shorten(detail, LONGEST_DETAIL));
    }
    if more > 0 {
        let rest = Diagnostic::error(format!("at least {more} more problems are not shown"));
        problems.push(rest.hint("correct the ones above and run again"));
    }
    problems
}

fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        *text = shortened(text, most).into_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Location;

    #[test]
    fn nobody_is_told_more_than_can_be_read() {
        let problem = |n: usize| Diagnostic::error(format!("{n:04} {}", "x".repeat(9_000)));
        let told = in_order((0..250).rev().map(problem).collect());
        assert_eq!(told.len(), MOST + 1);
        assert!(told[0].summary.starts_with("0000 xx") && told[99].summary.starts_with("0099 xx"));
        assert!(told.iter().all(|problem| problem.summary.len() <= LONGEST));
        assert_eq!(told[MOST].summary, "at least 150 more problems are not shown");
    }

    #[test]
    fn what_is_the_same_at_one_place_is_told_once() {
        let at = Location { file: "a".into(), line: 1, column: 1, width: 1, text: "x".into() };
        let problem = |of: &str| Diagnostic::error("wrong").because(of).at(Some(at.clone()));
        let told = in_order(vec![problem("in `a`"), problem("in `b`"), problem("in `c`")]);
        assert_eq!(told, [problem("in `a`, `b`, `c`")]);
        let told = in_order(vec![problem("in `a` of `x`"), problem("in `b` of `y`")]);
        assert_eq!(told, [problem("in `a` of `x`; and so once more")]);
        let told = in_order(vec![problem("in `a` of `x`"), problem("in `b` of `x`")]);
        assert_eq!(told, [problem("in `a`, `b` of `x`")]);
        let told = in_order(vec![problem("in `a`"), problem("elsewhere")]);
        assert_eq!(told, [problem("in `a`; and so once more")]);
    }

    #[test]
    fn what_can_be_read_is_told_as_it_is() {
        let problems = vec![Diagnostic::error("a").because("b").hint("c"); 2];
        assert_eq!(in_order(problems.clone()), problems[..1]);
    }
}
