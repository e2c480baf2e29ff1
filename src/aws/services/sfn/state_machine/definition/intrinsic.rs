//! Intrinsic functions of the States Language (Developer Guide, "Intrinsic functions for
//! JSONPath states in Step Functions").

use super::json_path;
use crate::aws::near::nearest;

/// The functions, with how many arguments each takes at least and at most.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("States.Array", 0, usize::MAX),
    ("States.ArrayContains", 2, 2),
    ("States.ArrayGetItem", 2, 2),
    ("States.ArrayLength", 1, 1),
    ("States.ArrayPartition", 2, 2),
    ("States.ArrayRange", 3, 3),
    ("States.ArrayUnique", 1, 1),
    ("States.Base64Decode", 1, 1),
    ("States.Base64Encode", 1, 1),
    ("States.Format", 1, usize::MAX),
    ("States.Hash", 2, 2),
    ("States.JsonMerge", 3, 3),
    ("States.JsonToString", 1, 1),
    ("States.MathAdd", 2, 2),
    ("States.MathRandom", 2, 3),
    ("States.StringSplit", 2, 2),
    ("States.StringToJson", 1, 1),
    ("States.UUID", 0, 0),
];

/// How deep calls may stand within each other (the same page).
const DEEPEST: usize = 10;

/// What is wrong with a call of a function.
pub(super) fn fault(text: &str) -> Option<String> {
    match call(text, 1) {
        Ok("") => None,
        Ok(rest) => Some(format!("`{}` follows the call", rest.trim())),
        Err(message) => Some(message),
    }
}

/// Whether a text is a call, rather than a path.
pub(super) fn is_call(text: &str) -> bool {
    text.starts_with("States.")
}

/// Reads a call. Tells what follows it.
fn call(text: &str, depth: usize) -> Result<&str, String> {
    if depth > DEEPEST {
        return Err(format!("calls stand within each other up to {DEEPEST} times"));
    }
    let Some((name, mut rest)) = text.split_once('(') else {
        return Err(format!("`{text}` is no call of a function: `States.UUID()` is one"));
    };
    let Some((name, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        let known = FUNCTIONS.iter().map(|(name, ..)| *name);
        return Err(match nearest(name, known) {
            Some(meant) => format!("there is no function `{name}`: did you mean `{meant}`?"),
            None => format!("there is no function `{name}`"),
        });
    };
    let mut arguments = Vec::new();
    rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix(')') {
        rest = after;
    } else {
        loop {
            let (argument, after) = argument(rest.trim_start(), depth)?;
            arguments.push(argument);
            let after = after.trim_start();
            if let Some(after) = after.strip_prefix(',') {
                rest = after;
            } else if let Some(after) = after.strip_prefix(')') {
                rest = after;
                break;
            } else {
                return Err(format!("the arguments of `{name}` have no end"));
            }
        }
    }
    let number = arguments.len();
    if !(*least..=*most).contains(&number) {
        let wanted = if least == most { least.to_string() } else { format!("{least} and more") };
        return Err(format!("`{name}` takes {wanted} arguments, and has {number}"));
    }
    if let ("States.Format", [template, values @ ..]) = (*name, &arguments[..])
        && let Some(template) = template.strip_prefix('\'')
    {
        let places = template.replace("\\{", "").matches("{}").count();
        if places != values.len() {
            let number = values.len();
            return Err(format!("the text has {places} times `{{}}`, and {number} values follow"));
        }
    }
    Ok(rest)
}

/// Reads an argument: a text in single quotes, a number, a path, a call, or one of JSON's words.
fn argument(text: &str, depth: usize) -> Result<(&str, &str), String> {
    if let Some(within) = text.strip_prefix('\'') {
        let mut is_escaped = false;
        for (at, sign) in within.char_indices() {
            match sign {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '\'' => return Ok(text.split_at(at + 2)),
                _ => {}
            }
        }
        return Err("a text in single quotes has no end".to_owned());
    }
    if is_call(text) {
        let rest = call(text, depth + 1)?;
        return Ok(text.split_at(text.len() - rest.len()));
    }
    let (mut open, mut quote) = (0_usize, None);
    let end = text.find(|sign| {
        match (quote, sign) {
            (Some(mark), _) if mark == sign => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            (None, '[' | '(') => open += 1,
            (None, ']' | ')') if open > 0 => open -= 1,
            (None, ',' | ')') if open == 0 => return true,
            (Some(_) | None, _) => {}
        }
        false
    });
    let (argument, rest) = text.split_at(end.unwrap_or(text.len()));
    let word = argument.trim();
    if word.starts_with('$') {
        return match json_path::fault(word) {
            Some(message) => Err(message),
            None => Ok((word, rest)),
        };
    }
    let is_value = word.parse::<f64>().is_ok() || ["true", "false", "null"].contains(&word);
    if is_value {
        return Ok((word, rest));
    }
    Err(format!("`{word}` is no argument: a text stands in single quotes, a path begins with `$`"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_fault;
    use super::*;

    #[test]
    fn calls_are_of_functions_that_there_are() {
        let check = |text: &str, expected: Option<&str>| check_fault(fault, text, expected);
        check("States.UUID()", None);
        check("States.Format('Order {} of {}', $.id, $$.Execution.Name)", None);
        check("States.Format('it\\'s \\{\\} and {}', 1)", None);
        check("States.Format($.template, $.a, $.b)", None);
        check("States.Array($.a['b,c'], $.d[?(@.e == ')')], -1.5, true, null)", None);
        check("States.ArrayGetItem(States.StringSplit($.a, ','), 0)", None);
        check("States.MathRandom(1, 9)", None);
        check("States.Hash($.a, 'SHA-256')", None);
        check("States.UUId()", Some("did you mean `States.UUID`?"));
        check("States.Nothing($.a)", Some("no function `States.Nothing`"));
        check("States.MathAdd($.a)", Some("takes 2 arguments, and has 1"));
        check("States.UUID(1)", Some("takes 0 arguments"));
        check("States.Format('{} {}', $.a)", Some("2 times"));
        check("States.JsonToString($.a", Some("no end"));
        check("States.JsonToString('a", Some("no end"));
        check("States.JsonToString(a)", Some("single quotes"));
        check("States.JsonToString($.)", Some("has no name"));
        check("States.UUID() more", Some("follows the call"));
        check("States.UUID", Some("no call"));
        let deep = format!("{}$.a{}", "States.ArrayUnique(".repeat(11), ")".repeat(11));
        check(&deep, Some("up to 10 times"));
    }
}
