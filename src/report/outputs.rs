//! A stack's outputs, in the forms that people, shells and pipelines take.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::document::shown_value;
use crate::model::{Diagnostic, Place, told_apart};

use super::page::Page;
use super::phrases::enumeration;
use super::value;

/// Outputs by name.
pub type Outputs = BTreeMap<String, Value>;

/// The outputs of several stacks, of those that have some, by what each is called beside the
/// others.
pub fn outputs_of_stacks<'a>(
    stacks: impl IntoIterator<Item = (&'a str, &'a Place, &'a Outputs)>,
) -> Outputs {
    let stacks: Vec<_> = stacks.into_iter().collect();
    let names = told_apart(stacks.iter().map(|(name, place, _)| (*name, *place)));
    let told = names.into_iter().zip(stacks).filter(|(_, (.., outputs))| !outputs.is_empty());
    let told = told
        .map(|(name, (.., outputs))| (name, Value::Object(outputs.clone().into_iter().collect())));
    told.collect()
}

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

/// One JSON object without depth, for programs that look values up by one name: what
/// stands in maps and lists goes by its path, with dots, `functions.trigger` and
/// `zones.0`. What is empty has no value, and is left out.
///
/// Values that come to the same name are an error each.
///
/// ```
/// use ccprov::report::outputs_flat_json;
/// use serde_json::json;
///
/// let outputs = [("queue".to_owned(), json!({ "urls": ["a"], "size": 5 }))].into();
/// let flat = "{\n  \"queue.size\": 5,\n  \"queue.urls.0\": \"a\"\n}\n";
/// assert_eq!(outputs_flat_json(&outputs).unwrap(), flat);
/// ```
pub fn outputs_flat_json(outputs: &Outputs) -> Result<String, Vec<Diagnostic>> {
    let mut scalars = Vec::new();
    for (name, value) in outputs {
        lay_flat(name.clone(), value, &mut scalars);
    }
    scalars.sort_by(|(one, _), (other, _)| one.cmp(other));
    let twice = scalars.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let problems: Vec<Diagnostic> = twice
        .map(|pair| {
            let problem = format!("two outputs come to the same name {}", pair[0].0);
            Diagnostic::error(problem).hint("rename one of the outputs")
        })
        .collect();
    if problems.is_empty() {
        Ok(super::json::indented(&scalars.into_iter().collect::<Outputs>()))
    } else {
        Err(problems)
    }
}

fn lay_flat(name: String, value: &Value, scalars: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                lay_flat(format!("{name}.{field}"), value, scalars);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                lay_flat(format!("{name}.{at}"), value, scalars);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            scalars.push((name, shown_value(value)));
        }
    }
}

/// `KEY="value"` lines, for shells, `dotenv` and CI artefacts. Names are in
/// upper case; those of nested maps are joined by `_`. Lists are JSON.
///
/// Outputs that come to the same key are an error each, and so are those that
/// a process takes for orders: `PATH`, `LD_PRELOAD`.
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
    let orders = variables.iter().filter_map(|(key, _)| no_variable(key));
    let twice = variables.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let problems: Vec<Diagnostic> = twice
        .map(|pair| {
            let problem = format!("two outputs come to the same variable {}", pair[0].0);
            Diagnostic::error(problem).hint("rename one of the outputs")
        })
        .chain(orders)
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

/// Variables that decide what the next process runs or trusts, by how they
/// begin or by their whole name, and who obeys them. Data must not be called so:
/// its form is loaded into an environment.
const OBEYED: &[(&str, &str)] = &[
    ("ACTIONS_*", "the runner of GitHub Actions"),
    ("AWS_*", "every program that speaks to AWS, ccprov too"),
    ("BASH_ENV", "bash, which runs it"),
    ("BASH_FUNC_*", "bash, which runs it"),
    ("CCPROV_*", "ccprov"),
    ("CI", "ccprov and many others, of who is there"),
    ("CLASSPATH", "Java, which loads it"),
    ("CURL_CA_BUNDLE", "curl, which trusts it"),
    ("DYLD_*", "the loader of macOS"),
    ("EDITOR", "git and others, which run it"),
    ("ENV", "shells, which run it"),
    ("GCONV_PATH", "the C library, which loads it"),
    ("GITHUB_*", "the runner of GitHub Actions"),
    ("GIT_*", "git, which runs some"),
    ("GLIBC_TUNABLES", "the C library"),
    ("HOME", "whoever looks for its settings"),
    ("HTTPS_PROXY", "whoever calls anybody"),
    ("HTTP_PROXY", "whoever calls anybody"),
    ("IFS", "shells, which split words by it"),
    ("JAVA_TOOL_OPTIONS", "Java, which loads it"),
    ("JDK_JAVA_OPTIONS", "Java, which loads it"),
    ("LD_*", "the loader of Linux"),
    ("LOCPATH", "the C library, which loads it"),
    ("MAVEN_OPTS", "Maven"),
    ("NODE_OPTIONS", "Node.js, which loads it"),
    ("NODE_PATH", "Node.js, which loads it"),
    ("NPM_CONFIG_*", "npm"),
    ("PAGER", "git and others, which run it"),
    ("PATH", "whoever starts a program"),
    ("PERL5LIB", "Perl, which loads it"),
    ("PERL5OPT", "Perl, which loads it"),
    ("PROMPT_COMMAND", "bash, which runs it"),
    ("PS4", "shells, which run it"),
    ("PYTHON*", "Python, which loads some"),
    ("REQUESTS_CA_BUNDLE", "Python, which trusts it"),
    ("RUBYLIB", "Ruby, which loads it"),
    ("RUBYOPT", "Ruby, which loads it"),
    ("RUNNER_*", "the runner of GitHub Actions"),
    ("SHELL", "whoever starts a shell"),
    ("SHELLOPTS", "bash"),
    ("SSL_CERT_*", "OpenSSL and others, which trust it"),
    ("VISUAL", "git and others, which run it"),
];

/// The problem of an output whose variable somebody obeys.
fn no_variable(key: &str) -> Option<Diagnostic> {
    let key = key.to_ascii_uppercase();
    let (_, who) = OBEYED.iter().find(|(known, _)| match known.strip_suffix('*') {
        Some(beginning) => key.starts_with(beginning),
        None => key == *known,
    })?;
    let problem = Diagnostic::error(format!("an output would be the variable {key}"));
    Some(problem.because(format!("it is obeyed by {who}")).hint("rename the output"))
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
///
/// Names that processes take for orders are an error each, as in
/// [`outputs_dotenv`]: some append these lines to `$GITHUB_ENV`.
pub fn outputs_github(outputs: &Outputs) -> Result<String, Vec<Diagnostic>> {
    let problems: Vec<Diagnostic> = outputs.keys().filter_map(|name| no_variable(name)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let lines = outputs.iter().map(|(name, value)| {
        let text = raw(value);
        if text.contains(['\n', '\r']) {
            let end = delimiter(&text);
            format!("{name}<<{end}\n{text}\n{end}\n")
        } else {
            format!("{name}={text}\n")
        }
    });
    Ok(lines.collect::<Vec<String>>().concat())
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
        insta::assert_snapshot!("outputs_flat_json", outputs_flat_json(&outputs()).unwrap());
        insta::assert_snapshot!("outputs_dotenv", outputs_dotenv(&outputs()).unwrap());
        insta::assert_snapshot!("outputs_github", outputs_github(&outputs()).unwrap());
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
    fn no_output_gives_orders_to_the_next_process() {
        let check = |name: &str, value: Value, is_obeyed: bool| {
            let outputs = BTreeMap::from([(name.to_owned(), value)]);
            assert_eq!(outputs_dotenv(&outputs).is_err(), is_obeyed, "{name}");
        };
        check("path", json!("x"), true);
        check("ld", json!({ "preload": "x" }), true);
        check("ld", json!({ "a": "x" }), true);
        check("github_env", json!("x"), true);
        check("path_of_bucket", json!("x"), false);
        check("environment", json!("x"), false);
        let named = |name: &str| outputs_github(&BTreeMap::from([(name.to_owned(), json!("x"))]));
        assert!(named("NODE_OPTIONS").is_err() && named("Path").is_err());
        assert!(named("queue-url").is_ok());
    }

    #[test]
    fn two_outputs_of_one_variable_are_refused() {
        let outputs =
            BTreeMap::from([("a_b".to_owned(), json!(1)), ("a".to_owned(), json!({ "b": 2 }))]);
        assert!(outputs_dotenv(&outputs).is_err());
    }

    #[test]
    fn two_values_of_one_flat_name_are_refused() {
        let value = json!({ "b.c": 1, "b": { "c": 2 } });
        let problems = outputs_flat_json(&[("a".to_owned(), value)].into()).unwrap_err();
        assert_eq!(problems[0].summary, "two outputs come to the same name a.b.c");
        let empty = json!({ "list": [], "map": {}, "null": null });
        let flat = outputs_flat_json(&[("a".to_owned(), empty)].into()).unwrap();
        assert_eq!(flat, "{\n  \"a.null\": null\n}\n");
    }
}
