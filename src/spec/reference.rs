//! The one form that is more than text: `${claimcheck.dlq.arn}`.
//!
//! Names joined by dots. One of them may be what another reference says,
//! `${dlq.${each.key}.arn}`; one may stand for all elements, `${queue.*.arn}`; and
//! behind a `|` may stand what counts where there is no value,
//! `${var.delay | 5}`. No functions, no conditions, no arithmetic. What a
//! reference means is not known here.

use std::fmt;

use super::elsewhere;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Stands for itself.
    Literal(String),
    /// Stands for something else.
    Reference(Reference),
}

/// What stands between `${` and `}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// Where a name is chosen by another reference, that one as it is written.
    pub(super) names: Names,
    /// The references that choose a name, by the position of that name.
    pub(super) chosen: Vec<(usize, Names)>,
    /// What counts where the names lead to nothing.
    pub(super) fallback: Option<Fallback>,
    /// All of it, byte for byte.
    pub(super) written: String,
}

/// What was joined by dots. Has at least one name, and no name is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names(pub(super) Vec<String>);

/// What stands behind `|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fallback {
    Null,
    Bool(bool),
    /// A number of JSON.
    Number(String),
    /// What stands between quotes.
    Text(String),
    Reference(Names),
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}}}", self.0.join("."))
    }
}

/// The name that stands for every element of a `for_each`.
pub(super) const ALL: &str = "*";

/// A `${` that begins no reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The offending piece of the text.
    pub(super) piece: String,
    /// What is wrong with it.
    pub(super) message: &'static str,
    /// What to try.
    pub(super) hint: String,
}

/// What is said of a `${` that is not meant as one.
const ITSELF: &str = "write `$${` for the two characters `${` themselves";

/// Takes a text apart. Adjacent literals are one part.
///
/// `$${` is the way to write `${`. Policy variables of IAM
/// (`${aws:username}`, `${*}`, `${?}`, `${$}`) look like references and are
/// not: they have a colon or are one of three signs, which no name of ours is.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, Malformed> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            literal.push_str(&rest[..start - 1]);
            literal.push_str("${");
            rest = &rest[start + 2..];
            continue;
        }
        literal.push_str(&rest[..start]);
        let Some(length) = closing(&rest[start + 2..]) else {
            let piece = rest[start..].lines().next().unwrap_or_default().to_owned();
            let message = "`${` is never closed";
            return Err(Malformed { piece, message, hint: ITSELF.to_owned() });
        };
        let whole = &rest[start..=start + 2 + length];
        let (head, fallback) = halves(&whole[2..whole.len() - 1]);
        if let Some((message, hint)) = elsewhere::expression(head) {
            return Err(Malformed { piece: whole.to_owned(), message, hint: hint.into_owned() });
        }
        if head.contains(':') || matches!(head, "*" | "?" | "$") {
            literal.push_str(whole);
        } else {
            flush(&mut literal, &mut parts);
            parts.push(Part::Reference(reference(head, fallback, whole)?));
        }
        rest = &rest[start + whole.len()..];
    }
    literal.push_str(rest);
    flush(&mut literal, &mut parts);
    Ok(parts)
}

fn flush(literal: &mut String, parts: &mut Vec<Part>) {
    if !literal.is_empty() {
        parts.push(Part::Literal(std::mem::take(literal)));
    }
}

/// Where the `}` stands that closes what the text begins within. Braces in quotes
/// behind a `|` close nothing. What IAM replaces ends with the first.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut has_bar, mut quote) = (0, false, None);
    let mut before = ' ';
    for (at, sign) in text.char_indices() {
        match (quote, sign) {
            (Some(open), _) => quote = Some(open).filter(|open| *open != sign),
            (None, '\'' | '"') if has_bar => quote = Some(sign),
            (None, ':') if depth == 0 && !has_bar => return text.find('}'),
            (None, '|') if depth == 0 => has_bar = true,
            (None, '{') if before == '$' => depth += 1,
            (None, '}') if depth == 0 => return Some(at),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
        before = sign;
    }
    None
}

/// What stands before the `|` and behind it. `||` is no such sign.
fn halves(inner: &str) -> (&str, Option<&str>) {
    let parts = split(inner, '|');
    match inner.get(parts[0].len() + 1..) {
        Some(fallback) if !parts[0].contains(':') && !fallback.starts_with('|') => {
            (parts[0], Some(fallback))
        }
        Some(_) | None => (inner, None),
    }
}

fn reference(head: &str, fallback: Option<&str>, whole: &str) -> Result<Reference, Malformed> {
    let refuse = |message: &'static str, hint: &str| Malformed {
        piece: whole.to_owned(),
        message,
        hint: hint.to_owned(),
    };
    let mut names = Vec::new();
    let mut chosen = Vec::new();
    for name in split(head.trim(), '.') {
        if let Some(inner) = name.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            let Some(by) = plain(inner) else {
                let message = "a reference within another is made of names and dots alone";
                return Err(refuse(
                    message,
                    "give a value a name under `values:`, and refer to that",
                ));
            };
            if names.is_empty() {
                let message = "a reference begins with a name, and not with another reference";
                let hint = "under `values:`, `{ when: ..., value: ..., else: ... }` chooses";
                return Err(refuse(message, hint));
            }
            chosen.push((names.len(), by));
        } else if !is_name(name) && (name != ALL || names.is_empty()) {
            return Err(refuse("a reference is made of names and dots alone", ITSELF));
        }
        names.push(name.to_owned());
    }
    if names.iter().filter(|name| *name == ALL).count() > 1 {
        return Err(refuse("a reference has one `*` at most", "name an element of one of them"));
    }
    let fallback =
        fallback.map(|text| fall_back(text.trim()).ok_or_else(|| no_fallback(text, whole)));
    let (names, written) = (Names(names), whole.to_owned());
    Ok(Reference { names, chosen, fallback: fallback.transpose()?, written })
}

/// The parts of a text between some signs of one byte, with whole what stands in braces.
fn split(text: &str, by: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, sign) in text.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if sign == by && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Names and dots, and nothing else.
fn plain(inner: &str) -> Option<Names> {
    let names: Vec<String> = inner.trim().split('.').map(str::to_owned).collect();
    names.iter().all(|name| is_name(name)).then_some(Names(names))
}

fn fall_back(text: &str) -> Option<Fallback> {
    let quoted = |quote: char| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then(|| Fallback::Text(inner.to_owned()))
    };
    let number = || serde_json::from_str::<serde_json::Number>(text).is_ok();
    match text {
        "null" | "~" => Some(Fallback::Null),
        "true" => Some(Fallback::Bool(true)),
        "false" => Some(Fallback::Bool(false)),
        _ if number() => Some(Fallback::Number(text.to_owned())),
        _ => quoted('\'').or_else(|| quoted('"')).or_else(|| {
            let inner = text.strip_prefix("${")?.strip_suffix('}')?;
            plain(inner).map(Fallback::Reference)
        }),
    }
}

fn no_fallback(text: &str, whole: &str) -> Malformed {
    const FORMS: &str = "behind `|` stands a number, `true`, `false`, `null`, a text in quotes, or \
                         one reference";
    let text = text.trim();
    let hint = match plain(text) {
        Some(Names(names)) if names.len() > 1 => format!("write `| ${{{text}}}` for a reference"),
        Some(_) => format!("quote the text: `| '{text}'`"),
        None if text.is_empty() => "write `| null` for nothing".to_owned(),
        None if text.contains('|') => "there is one `|` in a reference".to_owned(),
        None => "for more, name a value under `values:`, and refer to that".to_owned(),
    };
    Malformed { piece: whole.to_owned(), message: FORMS, hint }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// References in angle brackets, so that literals that look like
    /// references can be told apart.
    fn check(text: &str, expected: &str) {
        let found = match parse(text) {
            Ok(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Literal(text) => text.clone(),
                    Part::Reference(reference) => format!("<{}>", told(reference)),
                })
                .collect(),
            Err(fault) => format!("{}: {}", fault.piece, fault.message),
        };
        assert_eq!(found, expected, "{text}");
    }

    fn told(reference: &Reference) -> String {
        let chosen = reference.chosen.iter().map(|(at, by)| format!(" {at}:{by}"));
        let fallback = reference.fallback.iter().map(|it| format!(" or {it:?}"));
        reference.names.0.join(" ") + &chosen.chain(fallback).collect::<String>()
    }

    #[test]
    fn references_stand_anywhere() {
        check("plain", "plain");
        check("${a.b-c.d_2}", "<a b-c d_2>");
        check("x ${ var.y } z${stack}", "x <var y> z<stack>");
    }

    #[test]
    fn a_doubled_dollar_is_a_literal() {
        check("$${a.b} ${c}", "${a.b} <c>");
        check("cost: $5, $$, $", "cost: $5, $$, $");
    }

    #[test]
    fn policy_variables_pass_through() {
        check("home/${aws:username}/*", "home/${aws:username}/*");
        check("${*}${?}${$} ${aws:PrincipalTag/a, 'b'}", "${*}${?}${$} ${aws:PrincipalTag/a, 'b'}");
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        check("a ${b.c", "${b.c: `${` is never closed");
        check("${}", "${}: a reference is made of names and dots alone");
        check("${a..b}", "${a..b}: a reference is made of names and dots alone");
        check("${a + 1}", "${a + 1}: a reference has no operators");
        check("${a.*.*}", "${a.*.*}: a reference has one `*` at most");
        check("${*.a}", "${*.a}: a reference is made of names and dots alone");
    }

    #[test]
    fn a_name_may_be_chosen_by_another_reference() {
        check(
            "${a.${each.key}.arn} ${var.m.${ region }}",
            "<a ${each.key} arn 1:${each.key}> <var m ${ region } 2:${region}>",
        );
        check("${queue.*.arn}", "<queue * arn>");
        check(
            "${${a}.b}",
            "${${a}.b}: a reference begins with a name, and not with another reference",
        );
        let within = "a reference within another is made of names and dots alone";
        check("${a.${b.${c}}}", &format!("${{a.${{b.${{c}}}}}}: {within}"));
        check("${a.${b | 'c'}}", &format!("${{a.${{b | 'c'}}}}: {within}"));
        check("${a.${b}", "${a.${b}: `${` is never closed");
    }

    #[test]
    fn a_fallback_stands_behind_a_bar() {
        check("${a|5} ${a | -1.5}", "<a or Number(\"5\")> <a or Number(\"-1.5\")>");
        check("${a | null}${a | ~}", "<a or Null><a or Null>");
        check("${a | true}-${a | false}", "<a or Bool(true)>-<a or Bool(false)>");
        check("${a | 'arn:aws:x}|y'} b", "<a or Text(\"arn:aws:x}|y\")> b");
        check("${a | \"it's\"}", "<a or Text(\"it's\")>");
        check("${a | ''}", "<a or Text(\"\")>");
        check("${a | ${b.arn}}", "<a or Reference(Names([\"b\", \"arn\"]))>");
        for wrong in ["claims", "b.arn", "", "012", "'a' | 'b'", "${b | 5}", "[a]", "a b"] {
            let text = format!("${{a | {wrong}}}");
            let fault = parse(&text).unwrap_err();
            assert!(fault.message.starts_with("behind `|` stands"), "{wrong}: {}", fault.message);
        }
        check("${a || b}", "${a || b}: a reference has no operators");
        check("${aws:PrincipalTag/team, 'a|b'}", "${aws:PrincipalTag/team, 'a|b'}");
    }
}
