//! The first questions to ask of a value: is it a map, are its keys known, is
//! it text?

use super::elsewhere;
use super::source::Mark;
use super::suggest::{closest, listed, plain};
use super::told::MOST_KEPT;
use super::tree::{Entry, Map, Node};
use crate::model::Diagnostic;

/// What a file is called whose keys other tools may have other words for.
pub(super) const A_STACK_FILE: &str = "a stack file";
pub(super) const A_PATTERN: &str = "a pattern";

/// Whether a key may be a name behind another, as in `${value.NAME}`.
pub(super) fn inner_name(key: &str, at: &Mark, problems: &mut Vec<Diagnostic>) -> bool {
    RESERVED.contains(&key) || name(key, at, problems)
}
/// What declares a value that somebody gives.
pub(super) const A_PARAMETER: &str = "a parameter";
pub(super) const A_VARIABLE: &str = "a variable";

/// Names that begin references of their own, and so can name no resource.
pub(super) const RESERVED: &[&str] = &[
    "account",
    "each",
    "env",
    "existing",
    "param",
    "partition",
    "region",
    "self",
    "stack",
    "value",
    "var",
];

/// The map, or a problem. `what` is the value's name in the message.
pub(super) fn map<'a>(
    node: &'a Node,
    what: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a Map> {
    expect(node.as_map(), node, what, "a map", problems)
}

/// The list, or a problem.
pub(super) fn list<'a>(
    node: &'a Node,
    what: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a [Node]> {
    expect(node.as_list(), node, what, "a list", problems)
}

/// The text, or a problem.
pub(super) fn text<'a>(
    node: &'a Node,
    what: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a str> {
    expect(node.as_text(), node, what, "text", problems)
}

/// The text if it passes a check, or a problem.
pub(super) fn checked(
    node: &Node,
    what: &str,
    problems: &mut Vec<Diagnostic>,
    check: fn(&str) -> Result<(), Diagnostic>,
) -> Option<String> {
    let text = text(node, what, problems)?;
    match check(text) {
        Ok(()) => Some(text.to_owned()),
        Err(problem) => {
            problems.push(problem.at(Some(node.at.location())));
            None
        }
    }
}

/// The boolean, or a problem.
pub(super) fn flag(node: &Node, what: &str, problems: &mut Vec<Diagnostic>) -> Option<bool> {
    expect(node.as_bool(), node, what, "`true` or `false`", problems)
}

fn expect<T>(
    found: Option<T>,
    node: &Node,
    what: &str,
    wanted: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    if found.is_none() {
        // A key is quoted; what is described in words is not.
        let what = if what.contains(' ') { what.to_owned() } else { format!("`{what}`") };
        let summary = format!("{what} must be {wanted}, not {}", node.type_name());
        let problem = Diagnostic::error(summary).at(Some(node.at.location()));
        problems.push(match node.scalar_text() {
            Some(written) if wanted == "text" => problem.hint(format!("quote it: `\"{written}\"`")),
            Some(_) | None => problem,
        });
    }
    found
}

/// A problem for every key that is not known. `owner` is what the keys belong
/// to, as in "a stack file".
pub(super) fn only_keys(map: &Map, known: &[&str], owner: &str, problems: &mut Vec<Diagnostic>) {
    let unknown = map.iter().filter(|(key, _)| !known.contains(&key.as_str()));
    for (key, entry) in unknown.take(MOST_KEPT) {
        problems.push(unknown_key(key, entry, known, owner));
    }
}

/// The problem of one key that is not known.
pub(super) fn unknown_key(key: &str, entry: &Entry, known: &[&str], owner: &str) -> Diagnostic {
    let problem =
        Diagnostic::error(format!("unknown key `{key}`")).at(Some(entry.key_at.location()));
    let elsewhere = match owner {
        A_STACK_FILE | A_PATTERN => elsewhere::at_the_top(key),
        A_PARAMETER | A_VARIABLE => elsewhere::of_a_value(key),
        _ => elsewhere::in_an_entry(key),
    };
    if let Some(said) = elsewhere {
        return problem.hint(said);
    }
    match closest(key, known.iter().copied()) {
        Some(right) => problem.hint(format!("did you mean `{right}`?")),
        None => {
            problem.because(format!("the keys of {owner} are {}", listed(known.iter().copied())))
        }
    }
}

/// Whether a key can name a resource, a parameter, a value or an output.
/// Dots are left out: they separate the names of a reference.
pub(super) fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_lowercase())
        && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
}

/// A problem if a key cannot be a name.
pub(super) fn name(key: &str, at: &Mark, problems: &mut Vec<Diagnostic>) -> bool {
    let problem = if is_name(key) {
        if !RESERVED.contains(&key) {
            return true;
        }
        Diagnostic::error(format!("`{key}` is a reserved name"))
            .because(format!("references that begin with `${{{key}` already mean something else"))
    } else {
        Diagnostic::error(format!("`{key}` is not a name")).because(
            "a name is made of lowercase letters, digits, dashes and underscores, and begins \
             with a letter",
        )
    };
    let better = Some(plain(key)).filter(|better| better != key && is_name(better));
    let problem = problem.at(Some(at.location()));
    problems.push(match better {
        Some(better) => problem.hint(format!("did you mean `{better}`?")),
        None => problem,
    });
    false
}

/// [`name`], or a whole address: what `ccprov render` writes for a resource of a
/// pattern or a `for_each`. None of the others may be what it would be within.
pub(super) fn name_or_address<'a>(
    key: &str,
    mut others: impl Iterator<Item = &'a str>,
    at: &Mark,
    problems: &mut Vec<Diagnostic>,
) -> bool {
    let Some((first, _)) = key.split_once('.') else { return name(key, at, problems) };
    if !is_address(key) || RESERVED.contains(&first) {
        return name(key, at, problems);
    }
    let is_within = |other: &&str| key.strip_prefix(*other).is_some_and(|it| it.starts_with('.'));
    let Some(around) = others.find(is_within) else { return true };
    let problem = Diagnostic::error(format!("`{key}` would be within `{around}`"));
    let why = "an address stands for itself where nothing of the stack is around it";
    problems.push(problem.because(why).at(Some(at.location())));
    false
}

/// Whether a text can be an address: names and dots alone.
pub(super) fn is_address(text: &str) -> bool {
    let mut parts = text.split('.');
    parts.next().is_some_and(is_name) && parts.all(is_part)
}

/// Whether a reference can say it behind a dot.
fn is_part(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The same problem, with a hint if the text hopes to be filled in where
/// nothing is.
pub(super) fn without_references(problem: Diagnostic, text: &str) -> Diagnostic {
    if text.contains("${") {
        return problem.hint("references have no meaning here: write the name itself");
    }
    problem
}

/// The problem of a map that lacks a key. Stands at the map's own key.
pub(super) fn missing(key: &str, owner: &str, at: &Mark) -> Diagnostic {
    Diagnostic::error(format!("{owner} has no `{key}`")).at(Some(at.location()))
}

/// The entry that must be there, or a problem.
pub(super) fn required<'a>(
    map: &'a Map,
    key: &str,
    owner: &str,
    at: &Mark,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a Entry> {
    let entry = map.get(key);
    if entry.is_none() {
        problems.push(missing(key, owner, at));
    }
    entry
}
