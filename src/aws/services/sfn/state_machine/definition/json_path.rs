//! Paths of JSONPath, as the States Language has them ("Paths" and "Reference Paths" in the
//! Amazon States Language specification; Developer Guide, "Using JSONPath paths").

/// What is wrong with a path: into the input (`$.a`), the context (`$$.a`) or a variable
/// (`$name.a`).
pub(super) fn fault(text: &str) -> Option<String> {
    if !text.starts_with('$') {
        return Some(format!("takes a path, which begins with `$`, and `{text}` is none"));
    }
    steps_fault(begun(text).1)
}

/// What is wrong with a path to one place of the input, to which something is written.
pub(super) fn reference_fault(text: &str) -> Option<String> {
    if let Some(message) = fault(text) {
        return Some(message);
    }
    let (begins, steps) = begun(text);
    if begins != "$" {
        return Some(format!("takes a path into the input, and `{text}` leads elsewhere"));
    }
    let unquoted: String = steps.split('\'').step_by(2).collect();
    let is_many = unquoted.contains("..") || unquoted.contains(['*', '?', '@', ',', ':']);
    is_many.then(|| format!("takes a path to one place, and `{text}` may lead to several"))
}

/// What a path begins with, and the rest.
fn begun(text: &str) -> (&str, &str) {
    let after = text.trim_start_matches('$');
    let signs = text.len() - after.len();
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    let name = after.find(|sign| !is_name(sign)).unwrap_or(after.len());
    text.split_at(signs + name)
}

fn steps_fault(steps: &str) -> Option<String> {
    let mut rest = steps;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            match bracketed(after) {
                Some(after) => rest = after,
                None => return Some("a `[` is never closed".to_owned()),
            }
            continue;
        }
        let Some(after) = rest.strip_prefix("..").or_else(|| rest.strip_prefix('.')) else {
            return Some(format!("`{rest}` is no step of a path, which begins with `.` or `[`"));
        };
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let name = &after[..end];
        if name.is_empty() && !(rest.starts_with("..") && after.starts_with('[')) {
            return Some("a step of the path has no name".to_owned());
        }
        if name.contains([' ', '\t', '\n', ']', '\'', '"']) {
            return Some(format!("`{name}` is no name in a path: write `['{name}']`"));
        }
        rest = &after[end..];
    }
    None
}

/// What follows the bracket that closes.
fn bracketed(text: &str) -> Option<&str> {
    let (mut depth, mut quote) = (1, None);
    for (at, sign) in text.char_indices() {
        match (quote, sign) {
            (Some(open), _) if open == sign => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            (None, '[') => depth += 1,
            (None, ']') => depth -= 1,
            (Some(_) | None, _) => {}
        }
        if depth == 0 {
            return Some(&text[at + 1..]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_fault as check;
    use super::*;

    #[test]
    fn paths_lead_somewhere() {
        for text in [
            "$",
            "$.a",
            "$.a.b-c",
            "$['a b'].c",
            "$.a[0]",
            "$.a[-1]",
            "$.a[0:2]",
            "$.a[*].b",
            "$..b",
            "$..['b']",
            "$.*",
            "$.a[?(@.b == ']')].c",
            "$$",
            "$$.Execution.Id",
            "$$.Map.Item.Value",
            "$name",
            "$name.a[1]",
            "$.a.length()",
            "$.straße",
        ] {
            check(fault, text, None);
        }
        check(fault, "a.b", Some("begins with `$`"));
        check(fault, "", Some("begins with `$`"));
        check(fault, "$.", Some("has no name"));
        check(fault, "$.a..", Some("has no name"));
        check(fault, "$.a[0", Some("never closed"));
        check(fault, "$.a b", Some("write `['a b']`"));
        check(fault, "$.a]", Some("no name"));
        check(fault, "$-a", Some("no step"));
    }

    #[test]
    fn what_is_written_to_is_one_place_of_the_input() {
        for text in ["$", "$.a.b", "$.a[0]", "$['a, b']"] {
            check(reference_fault, text, None);
        }
        for text in ["$..a", "$.*", "$.a[*]", "$.a[0:2]", "$.a[?(@.b)]"] {
            check(reference_fault, text, Some("may lead to several"));
        }
        check(reference_fault, "$$.a", Some("leads elsewhere"));
        check(reference_fault, "$name", Some("leads elsewhere"));
        check(reference_fault, "a", Some("begins with `$`"));
    }
}
