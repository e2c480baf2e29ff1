//! The one form that is more than text: `${claimcheck.dlq.arn}`.
//!
//! Names joined by dots, and nothing else: no functions, no conditions, no
//! arithmetic. What a reference means is not known here.

use std::borrow::Cow;
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

/// What stands between `${` and `}`, taken apart at its dots. Has at least one
/// name, and no name is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference(pub(super) Vec<String>);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}}}", self.0.join("."))
    }
}

/// A `${` that begins no reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The offending piece of the text.
    pub(super) piece: String,
    /// What is wrong with it.
    pub(super) message: &'static str,
    /// What to try.
    pub(super) hint: Cow<'static, str>,
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
        let Some(length) = rest[start..].find('}') else {
            let piece = rest[start..].lines().next().unwrap_or_default().to_owned();
            let message = "`${` is never closed";
            return Err(Malformed { piece, message, hint: ITSELF.into() });
        };
        let whole = &rest[start..=start + length];
        let inner = &whole[2..whole.len() - 1];
        if let Some((message, hint)) = elsewhere::expression(inner) {
            return Err(Malformed { piece: whole.to_owned(), message, hint });
        }
        if inner.contains(':') || matches!(inner, "*" | "?" | "$") {
            literal.push_str(whole);
        } else {
            flush(&mut literal, &mut parts);
            parts.push(Part::Reference(names(inner, whole)?));
        }
        rest = &rest[start + length + 1..];
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

fn names(inner: &str, whole: &str) -> Result<Reference, Malformed> {
    let names: Vec<String> = inner.trim().split('.').map(str::to_owned).collect();
    if names.iter().all(|name| is_name(name)) {
        return Ok(Reference(names));
    }
    let message = "a reference is made of names and dots alone";
    Err(Malformed { piece: whole.to_owned(), message, hint: ITSELF.into() })
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
                    Part::Reference(reference) => format!("<{}>", reference.0.join(" ")),
                })
                .collect(),
            Err(fault) => format!("{}: {}", fault.piece, fault.message),
        };
        assert_eq!(found, expected, "{text}");
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
        check("${a.${b}}", "${a.${b}: a reference is made of names and dots alone");
    }
}
