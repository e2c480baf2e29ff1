//! Functions of Terraform, and what is written here instead of a call.

use super::Said;

/// By the function's name.
pub(super) const CALLS: &[Said] = &[
    (
        &["jsonencode", "jsondecode", "yamlencode", "yamldecode"],
        "write the value itself, as YAML: policies and filters are sent as JSON",
    ),
    (&["merge"], "YAML merges maps: `{ <<: *others, key: value }`"),
    (
        &["concat", "flatten", "setunion", "compact", "distinct"],
        "in a list, `{ for_each: LIST, item: \"${each.value}\" }` stands for the items of another",
    ),
    (&["toset", "tolist", "tomap", "zipmap"], "`for_each:` takes a list or a map as it is"),
    (&["tostring", "tonumber", "tobool"], "write it as it is: a whole value keeps its type"),
    (
        &["length", "contains", "alltrue", "anytrue"],
        "`when:` and `unless:` take what is empty for false: `when: \"${var.NAME}\"`",
    ),
    (
        &["coalesce", "try", "lookup", "one", "can", "nonsensitive", "sensitive"],
        "declare a variable with a default under `vars:`, and refer to `${var.NAME}`",
    ),
    (&["format", "join"], "write one text with references in it: `\"${stack}-${var.NAME}\"`"),
    (
        &["file", "templatefile", "filebase64", "fileexists"],
        "write the text itself: `|` begins one of several lines",
    ),
    (
        &["uuid", "timestamp", "bcrypt"],
        "give the value in a variable of `vars:`: a plan that draws one would differ each time",
    ),
];

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
