//! What the YAML crate complains of, in the words of people who write stack
//! files, and what to try.

use std::sync::Arc;

use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, UserMessageFormatter};

use super::super::elsewhere;
use super::super::source::{Mark, Source};
use super::{MAX_DEPTH, MAX_REPEATED, MAX_VALUES, is_unprintable, mark};
use crate::model::Diagnostic;

/// The problem, at its place.
pub(super) fn explain(source: &Arc<Source>, error: &Error) -> Diagnostic {
    let at = error.location().map_or_else(|| source.start(), |at| mark(source, at));
    let cause = innermost(error);
    if is_about_tabs(cause)
        && let Some(tab) = at.tab_below()
    {
        return Diagnostic::error("a tab indents this line; YAML wants blanks")
            .at(Some(tab.location()))
            .hint("most editors can put blanks in: set the width of a tab to 2, and expand tabs");
    }
    words(cause).at(Some(narrowed(&at, cause).location()))
}

/// The parser tells a tab in an indentation at the line before as often as at its own.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum; the others speak of no tab")]
fn is_about_tabs(error: &Error) -> bool {
    let message = match error {
        Error::ExternalMessage { msg, .. } => msg.clone(),
        other => {
            serde_saphyr::MessageFormatter::format_message(&UserMessageFormatter, other).into()
        }
    };
    message.contains("tabs disallowed") || message.contains("found a tab")
}

fn innermost(error: &Error) -> &Error {
    match std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Error>()) {
        Some(cause) => innermost(cause),
        None => error,
    }
}

/// The parser points behind a tag.
fn narrowed(at: &Mark, error: &Error) -> Mark {
    match error {
        Error::UnsupportedTag { tag, .. } => at.line_start().narrowed_to(tag),
        _ => at.clone(),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign enum; what we do not name speaks for itself"
)]
fn words(error: &Error) -> Diagnostic {
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("this key");
            Diagnostic::error(format!("`{key}` is given twice"))
                .hint("keep one of the two; YAML does not say which would win")
        }
        Error::MultipleDocuments { .. } => {
            Diagnostic::error("the file holds more than one YAML document")
                .hint("split it at `---` into one file for each stack")
        }
        Error::Unexpected { .. } => Diagnostic::error("a key must be text")
            .hint("put quotes around a text that begins with `{`, `[` or `?`"),
        Error::NullIntoString { .. } => Diagnostic::error("a key must be text, not nothing"),
        Error::UnknownAnchor { .. } => Diagnostic::error("this alias has no anchor")
            .because("`*name` repeats what `&name` marks further up")
            .hint("put quotes around a text that begins with `*`"),
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            Diagnostic::error("this alias is a part of what it repeats")
        }
        Error::UnsupportedTag { tag, .. } => Diagnostic::error(format!("unknown tag `{tag}`"))
            .hint(elsewhere::tag(tag).unwrap_or(
                "there are no tags in stack files; quote the text if it begins with `!`",
            )),
        Error::NonFiniteFloat { value, .. } => {
            Diagnostic::error(format!("`{value}` is not a finite number"))
        }
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => Diagnostic::error(format!(
            "the aliases of this file repeat more than {MAX_REPEATED} values"
        )),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => too_deep(),
        // The parser's own limit, for `[[[[`, which it reads in one go.
        Error::ExternalMessage { msg, .. } if msg.contains("recursion limit") => too_deep(),
        Error::Budget { .. } => {
            Diagnostic::error("the file has too many values, anchors or aliases")
                .because(format!("a file may hold {MAX_VALUES} values"))
        }
        Error::ExternalMessage { msg, .. } => of_the_parser(msg),
        other => {
            let message =
                serde_saphyr::MessageFormatter::format_message(&UserMessageFormatter, other);
            of_the_parser(&message)
        }
    }
}

fn too_deep() -> Diagnostic {
    Diagnostic::error(format!("nested more than {MAX_DEPTH} deep"))
}

/// What the parser says, what we say, and what to try. The first whose text is
/// within the parser's is taken.
const SAYINGS: &[(&str, &str, &str)] = &[
    ("tabs disallowed", "a tab cannot stand here", "write blanks"),
    ("found a tab", "a tab cannot stand here", "write blanks"),
    (
        "mapping values are not allowed",
        "a key with `:` cannot stand here",
        "check the indentation and the colon of the line before; \
         put quotes around a text that holds `: `",
    ),
    (
        "while parsing a block mapping, did not find expected key",
        "this does not go on with the map above",
        "give all keys of one map the same indentation",
    ),
    (
        "did not find expected '-' indicator",
        "this does not go on with the list above",
        "give all `-` of one list the same indentation",
    ),
    (
        "block sequence entries are not allowed",
        "a list with `-` cannot stand here",
        "begin it in a line of its own, or write `[a, b]`",
    ),
    (
        "did not find expected ',' or '}'",
        "`,` or `}` is missing here or before",
        "separate entries with `,`, and put quotes around a text that holds `{`, as in \"${stack}\"",
    ),
    (
        "did not find expected ',' or ']'",
        "`,` or `]` is missing here or before",
        "separate items with `,`, and put quotes around a text that holds `[`",
    ),
    (
        "invalid indentation in multiline quoted",
        "a quoted text does not end before this line",
        "close the quote, or indent the lines that the text goes on in",
    ),
    (
        "invalid indentation",
        "the indentation fits nothing above",
        "align it with what it belongs to",
    ),
    ("simple key expect", "a key is not followed by `:`", "write `key: value`"),
    ("unclosed quote", "this quote is never closed", "close it, or leave both out"),
    ("unclosed bracket", "this bracket is never closed", "close it"),
    (
        "mismatched bracket",
        "this bracket is closed by one of another form",
        "match `{` with `}` and `[` with `]`",
    ),
    (
        "misplaced bracket",
        "this bracket closes nothing",
        "take it out, or put quotes around the text",
    ),
    (
        "invalid trailing content",
        "nothing can follow the closing quote",
        "put the quotes around the whole text",
    ),
    (
        "found unknown escape character",
        "the text holds an unknown escape",
        "write `\\\\` for a backslash, or use single quotes, where nothing is escaped",
    ),
    (
        "while parsing a quoted scalar",
        "the text holds an escape that is no character",
        "write the character itself, or use single quotes, where nothing is escaped",
    ),
    (
        "anchor or alias",
        "`*` begins an alias and `&` an anchor, and a name must follow",
        "put quotes around a text that begins with `*` or `&`",
    ),
    (
        "YAML major version",
        "the file is of another version of YAML",
        "take the line out; stack files are YAML 1.2",
    ),
    ("directive", "this directive is not known", "take the line out; stack files need none"),
    ("unexpected EOF", "the file ends too soon", "close every bracket and quote"),
    ("anchor", "this alias has no anchor", "put quotes around a text that begins with `*`"),
];

fn of_the_parser(message: &str) -> Diagnostic {
    if let Some(character) = unexpected(message) {
        if is_unprintable(character) {
            let code = u32::from(character);
            return Diagnostic::error(format!("the file holds the control character U+{code:04X}"))
                .because("only tabs and line breaks are admitted");
        }
        return Diagnostic::error(format!("`{character}` cannot begin a text without quotes"))
            .hint("put quotes around the text");
    }
    match SAYINGS.iter().find(|(theirs, ..)| message.contains(theirs)) {
        Some((_, ours, hint)) => Diagnostic::error(format!("not valid YAML: {ours}")).hint(*hint),
        None => Diagnostic::error(format!("not valid YAML: {message}")),
    }
}

/// The character that the parser quotes, as it is or as `\u{7}`.
fn unexpected(message: &str) -> Option<char> {
    let shown = message.strip_prefix("unexpected character: `")?.strip_suffix('\'')?;
    match shown.strip_prefix("\\u{").and_then(|code| code.strip_suffix('}')) {
        Some(code) => char::from_u32(u32::from_str_radix(code, 16).ok()?),
        None => shown.chars().next(),
    }
}
