//! Expressions of JSONata, as far as their brackets go. They are not evaluated.

use crate::model::document::is_pending;

/// How an expression begins and ends.
const OPEN: &str = "{%";
const CLOSE: &str = "%}";

/// Whether a text is meant to be an expression.
pub(super) fn is_meant(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(OPEN) || text.ends_with(CLOSE)
}

/// What is wrong with an expression.
pub(super) fn fault(text: &str) -> Option<String> {
    if is_pending(text) {
        return None;
    }
    // Only what is all of the text is an expression (Developer Guide, "Transforming data with
    // JSONata in Step Functions").
    let Some(inner) = text.strip_prefix(OPEN) else {
        return Some(format!("ends with `{CLOSE}` and does not begin with `{OPEN}`"));
    };
    let Some(inner) = inner.strip_suffix(CLOSE) else {
        return Some(format!("begins with `{OPEN}` and does not end with `{CLOSE}`"));
    };
    if inner.trim().is_empty() {
        return Some("the expression is empty".to_owned());
    }
    Brackets::default().fault(inner)
}

/// What is open, and what was read last.
#[derive(Default)]
struct Brackets {
    open: Vec<char>,
    last: Option<char>,
}

impl Brackets {
    fn fault(mut self, text: &str) -> Option<String> {
        let mut rest = text;
        while let Some(sign) = rest.chars().next() {
            let after = &rest[sign.len_utf8()..];
            rest = match sign {
                '"' | '\'' | '`' => match quoted(after, sign) {
                    Some(after) => after,
                    None => return Some(format!("a text begins with {sign} and has no end")),
                },
                '/' if after.starts_with('*') => match after.split_once("*/") {
                    Some((_, after)) => after,
                    None => return Some("a comment begins with `/*` and has no end".to_owned()),
                },
                '/' if self.may_be_regex() => match quoted(after, '/') {
                    Some(after) => after,
                    None => return Some("a pattern begins with `/` and has no end".to_owned()),
                },
                '(' | '[' | '{' => {
                    self.open.push(sign);
                    after
                }
                ')' | ']' | '}' => {
                    if self.open.pop().map(closing) != Some(sign) {
                        return Some(format!("a `{sign}` closes nothing that is open"));
                    }
                    after
                }
                _ => after,
            };
            if !sign.is_whitespace() {
                self.last = Some(sign);
            }
        }
        self.open.pop().map(|open| format!("a `{open}` is never closed"))
    }

    /// After a value it divides.
    fn may_be_regex(&self) -> bool {
        self.last.is_none_or(|last| !(last.is_alphanumeric() || "_$)]}\"'`/".contains(last)))
    }
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// What follows a text in quotes.
fn quoted(text: &str, quote: char) -> Option<&str> {
    let mut is_escaped = false;
    for (at, sign) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if sign == '\\' {
            is_escaped = true;
        } else if sign == quote {
            return Some(&text[at + sign.len_utf8()..]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_fault;
    use super::*;

    #[test]
    fn brackets_and_quotes_are_closed() {
        let check = |text: &str, expected: Option<&str>| check_fault(fault, text, expected);
        check("{% $states.input.a %}", None);
        check("{%$a%}", None);
        check("{% $map($states.input.items[price > 5], function($v) { $v.id & ')' }) %}", None);
        check("{% $match($a, /[(]\\/x/) and 4 / 2 > (1 / 3) %}", None);
        check("{% /* not ) here */ `a b`.c %}", None);
        check("{% \"%}\" %}", None);
        check("{% $a", Some("does not end"));
        check("$a %}", Some("does not begin"));
        check(" {% $a %}", Some("does not begin"));
        check("{%  %}", Some("empty"));
        check("{% ($a %}", Some("`(` is never closed"));
        check("{% $a) %}", Some("`)` closes nothing"));
        check("{% $f([1, 2)] %}", Some("`)` closes nothing"));
        check("{% $a & 'b %}", Some("has no end"));
    }
}
