//! A stack's outputs, in the forms that people, shells and pipelines take.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Diagnostic;
use crate::model::document::shown_value;

use super::page::Page;
use super::phrases::enumeration;
use super::value;

/// Outputs by name.
pub type Outputs = BTreeMap<String, Value>;

/// `name = value`, aligned; maps and long lists below their name.
pub fn outputs_text(outputs: &Outputs) -> String {
    let mut page = Page::default();
    let beside = outputs.iter().filter(|(_, value)| value::inline(value).is_some());
    let width = beside.map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, output) in outputs {
        match (value::inline(output), output) {
            (Some(text), _) => page.line(0, format!("{name:width$} = {text}")),
            (None, Value::Object(fields)) => {
                page.line(0, name);
                page.lines(1, &outputs_text(&fields.clone().into_iter().collect()));
            }
            (None, _) => {
                let label = value::Label { depth: 0, sign: "", name, width: 0, remark: "" };
                value::write(&mut page, &label, output);
            }
        }
    }
    page.into_text()
}

/// One JSON object, name to value, indented, with a line feed at the end.
pub fn outputs_json(outputs: &Outputs) -> String {
    let shown: BTreeMap<&String, Value> =
        outputs.iter().map(|(name, value)| (name, shown_value(value))).collect();
    super::json::indented(&shown)
}

/// `KEY="value"` lines, for shells, `dotenv` and CI artefacts. Names are in
/// upper case; those of nested maps are joined by `_`. Lists are JSON.
///
/// Outputs that come to the same key are an error each.
///
/// ```
/// use ccprov::report::outputs_dotenv;
/// use serde_json::json;
///
/// let outputs = [("queue".to_owned(), json!({ "max-size": 5 }))].into();
/// assert_eq!(outputs_dotenv(&outputs).unwrap(), "QUEUE_MAX_SIZE=\"5\"\n");
/// ```
pub fn outputs_dotenv(outputs: &Outputs) -> Result<String, Vec<Diagnostic>> {
    let mut variables = Vec::new();
    for (name, value) in outputs {
        flatten(name, value, &mut variables);
    }
    variables.sort();
    let twice = variables.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let problems: Vec<Diagnostic> = twice
        .map(|pair| {
            let problem = format!("two outputs come to the same variable {}", pair[0].0);
            Diagnostic::error(problem).hint("rename one of the outputs")
        })
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let lines = variables.iter().map(|(key, text)| format!("{key}={}\n", shell_quoted(text)));
    Ok(lines.collect::<Vec<String>>().concat())
}

fn flatten(name: &str, value: &Value, variables: &mut Vec<(String, String)>) {
    let Value::Object(fields) = value else {
        return variables.push((variable(name), raw(value)));
    };
    for (field, value) in fields {
        flatten(&format!("{name}_{field}"), value, variables);
    }
}

/// The name of an environment variable.
fn variable(name: &str) -> String {
    let to_portable =
        |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let key: String = name.chars().map(to_portable).collect();
    if key.starts_with(|c: char| c.is_ascii_digit()) { format!("_{key}") } else { key }
}

/// Double quotes where nothing within them means anything. Otherwise single
/// ones, which shells and dotenv readers alike take literally; escapes within
/// double quotes are read differently by each of them.
fn shell_quoted(text: &str) -> String {
    if !text.contains(['"', '$', '`', '\\', '\n', '!']) {
        format!("\"{text}\"")
    } else if !text.contains('\'') {
        format!("'{text}'")
    } else {
        let mut quoted = text.to_owned();
        for special in ["\\", "\"", "$", "`"] {
            quoted = quoted.replace(special, &format!("\\{special}"));
        }
        format!("\"{quoted}\"")
    }
}

/// What GitHub reads from the file `$GITHUB_OUTPUT`: `name=value`, or a block
/// between delimiters for a text of several lines. Maps and lists are JSON, for
/// `fromJSON`.
pub fn outputs_github(outputs: &Outputs) -> String {
    let lines = outputs.iter().map(|(name, value)| {
        let text = raw(value);
        if text.contains(['\n', '\r']) {
            let end = delimiter(&text);
            format!("{name}<<{end}\n{text}\n{end}\n")
        } else {
            format!("{name}={text}\n")
        }
    });
    lines.collect::<Vec<String>>().concat()
}

/// A word that no line of the text consists of.
fn delimiter(text: &str) -> String {
    let mut word = "END_OF_OUTPUT".to_owned();
    while text.contains(&word) {
        word.push('_');
    }
    word
}

/// One output by name (`queue_url`, or `bucket.arn` within a map), as it is:
/// no quotes, no line feed. Maps and lists are JSON.
pub fn output_raw(outputs: &Outputs, name: &str) -> Result<String, Vec<Diagnostic>> {
    let whole = outputs.get(name);
    let found = whole.or_else(|| {
        let mut steps = name.split('.');
        let top = outputs.get(steps.next()?)?;
        steps.try_fold(top, |value, step| value.get(step))
    });
    found.map(raw).ok_or_else(|| {
        let missing = Diagnostic::error(format!("there is no output `{name}`"));
        vec![if outputs.is_empty() {
            missing.hint("the stack declares no outputs")
        } else {
            missing.hint(format!("its outputs are {}", enumeration(outputs.keys())))
        }]
    })
}

fn raw(value: &Value) -> String {
    let shown = shown_value(value);
    shown.as_str().map_or_else(|| shown.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outputs() -> Outputs {
        BTreeMap::from([
            ("bucket".into(), json!({ "name": "claims", "rules": { "expire-days": 14 } })),
            ("list".into(), json!(["a", "b"])),
            ("note".into(), json!("first\nEND_OF_OUTPUT\nit's $5\n")),
            ("price".into(), json!("$5 \"net\"")),
            ("queue_url".into(), json!("https://sqs.us-east-1.amazonaws.com/123456789012/claims")),
            ("ready".into(), json!(true)),
        ])
    }

    #[test]
    fn outputs_come_in_every_form() {
        insta::assert_snapshot!("outputs_text", outputs_text(&outputs()));
        insta::assert_snapshot!("outputs_json", outputs_json(&outputs()));
        insta::assert_snapshot!("outputs_dotenv", outputs_dotenv(&outputs()).unwrap());
        insta::assert_snapshot!("outputs_github", outputs_github(&outputs()));
    }

    #[test]
    fn one_output_comes_as_it_is() {
        let raw = |name| output_raw(&outputs(), name).map_err(|problems| problems[0].hints.clone());
        assert_eq!(raw("price").as_deref(), Ok("$5 \"net\""));
        assert_eq!(raw("bucket.rules.expire-days").as_deref(), Ok("14"));
        assert_eq!(raw("bucket.rules").as_deref(), Ok("{\"expire-days\":14}"));
        let known = "its outputs are bucket, list, note, price, queue_url and ready";
        assert_eq!(raw("nope"), Err(vec![known.to_owned()]));
    }

    #[test]
    fn two_outputs_of_one_variable_are_refused() {
        let outputs =
            BTreeMap::from([("a_b".to_owned(), json!(1)), ("a".to_owned(), json!({ "b": 2 }))]);
        assert!(outputs_dotenv(&outputs).is_err());
    }
}
