//! Expressions and functions of Terraform, and what is written here instead.

use std::borrow::Cow;

use super::{CHOICE, Said, reference, said};

/// By the function's name.
pub(super) const CALLS: &[Said] = &[
    (&["file", "templatefile", "filebase64"], "write `{ file: ./PATH }` in the place of the text"),
    (&["jsonencode", "yamlencode"], "write `{ to_json: VALUE }`; a policy needs none of it"),
    (&["jsondecode", "yamldecode"], "write the value itself, as YAML"),
    (&["join"], "write `{ join: LIST, with: \", \" }`"),
    (&["format"], "write one text with references in it: `\"${stack}-${var.NAME}\"`"),
    (
        &["coalesce", "try", "lookup", "default", "one", "can"],
        "what counts where there is no value stands behind a `|`: `${var.x | 5}`",
    ),
    (&["sensitive", "nonsensitive"], "list the variable under `sensitive:`"),
    (&["merge"], "write a map with `<<: \"${value.NAME}\"` in it"),
    (
        &["concat", "flatten", "setunion", "compact", "distinct"],
        "write a list of references: an item that is a list stands for its items",
    ),
    (&["toset", "tolist", "tomap", "keys"], "take it out: `for_each:` takes a map or a list"),
    (&["values"], "`${NAME.*.arn}` is the list of all elements of a `for_each`"),
    (&["tostring", "tonumber", "tobool"], "write it as it is: a whole value keeps its type"),
    (
        &["length", "contains", "alltrue", "anytrue"],
        "`when:` and `unless:` take what is empty for false: `when: \"${var.NAME}\"`",
    ),
    (
        &["uuid", "timestamp", "bcrypt"],
        "give the value in a variable of `vars:`: a plan that draws one would differ each time",
    ),
];

/// Why what stands between `${` and `}` is the expression of another tool, and
/// what to do, if that can be told.
pub(in crate::spec) fn expression(inner: &str) -> Option<(&'static str, Cow<'static, str>)> {
    const OPERATORS: &[&str] =
        &["==", "!=", "&&", "||", " ? ", " + ", " - ", " * ", " / ", " < ", " > "];
    const SERVERLESS: &[&str] = &["self", "opt", "sls", "param", "env"];
    let told = |message, hint: &'static str| Some((message, Cow::Borrowed(hint)));
    let (before, after) = inner.split_once(':').unwrap_or((inner, ""));
    if after.starts_with('-') || inner.contains("??") {
        return told(
            "what counts where there is no value stands behind one `|`",
            "write `${var.name | 5}`, or a text in quotes, `${var.name | 'none'}`",
        );
    }
    if after.starts_with(':') {
        return told(
            "this is a pseudo parameter of CloudFormation",
            "write `${region}`, `${account}`, `${partition}` or `${stack}`",
        );
    }
    if SERVERLESS.contains(&before) && !after.is_empty() {
        return told(
            "this is a variable of the Serverless Framework",
            "declare it under `vars:`, and write `${var.NAME}`; `${env.NAME}` reads the environment",
        );
    }
    // What IAM replaces may have a default: `${aws:PrincipalTag/team, 'a ? b'}`.
    if !after.is_empty() && !before.trim().contains([' ', '(', '.']) {
        return None;
    }
    if let Some((name, _)) = inner.split_once('(') {
        let name = name.rsplit([' ', '(', '!']).next().unwrap_or_default();
        return told("there are no functions", said(CALLS, name).unwrap_or(NO_FUNCTION));
    }
    if inner.contains("||") {
        return told(
            "a reference has no operators",
            "what counts where there is no value stands behind one `|`: `${var.x | 5}`",
        );
    }
    if inner.contains(" ? ") {
        return told("a reference has no operators", CHOICE);
    }
    if OPERATORS.iter().any(|operator| inner.contains(operator)) {
        return told(
            "a reference has no operators",
            "write the value itself, or give it in a variable of `vars:`; `when:` chooses",
        );
    }
    inner.contains('[').then(|| ("a reference has no positions and no brackets", dotted(inner)))
}

/// What to write instead of a function that nothing else is known of.
const NO_FUNCTION: &str = "write the value itself, or give it in a variable of `vars:`";

/// What to write instead of a reference with brackets.
fn dotted(inner: &str) -> Cow<'static, str> {
    let Some(ours) = without_brackets(inner.trim()) else {
        return "names are joined by dots: `${NAME.KEY.arn}` is one element of a `for_each`, `${NAME.*.arn}` \
                all of them"
            .into();
    };
    let names: Vec<String> = ours.split('.').map(str::to_owned).collect();
    reference(&names).unwrap_or_else(|| format!("did you mean `${{{ours}}}`?")).into()
}

/// `each.value["a"]` as it is written here, if the brackets hold keys alone.
pub(super) fn without_brackets(inner: &str) -> Option<String> {
    let mut dotted = String::new();
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('[') {
        let (key, behind) = after.split_once(']')?;
        let key = key.trim();
        let quoted = |quote: char| key.strip_prefix(quote)?.strip_suffix(quote);
        dotted.push_str(before);
        dotted.push('.');
        dotted.push_str(quoted('"').or_else(|| quoted('\''))?);
        rest = behind;
    }
    dotted.push_str(rest);
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    dotted.split('.').all(is_name).then_some(dotted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_brackets_are_joined_by_dots() {
        let check = |theirs: &str, ours: Option<&str>| {
            assert_eq!(without_brackets(theirs).as_deref(), ours, "{theirs}");
        };
        check("each.value[\"a\"]", Some("each.value.a"));
        check("var.sizes['big'].queue[\"b-c\"]", Some("var.sizes.big.queue.b-c"));
        check("a[0]", None);
        check("a[*].arn", None);
        check("a[\"b c\"]", None);
        check("a[\"b", None);
        check("a[each.key]", None);
    }
}
