//! How a path is spelled, by people and for them: names with a dot between
//! two, `redrive_policy.max_receive_count`. A name that holds a dot stands in
//! brackets, `tags[a.b]`; one that a bracket would end, in quotes within them,
//! as JSON: `tags["a]b"]`. A `*` at the end of a name stands for any rest, and
//! so, alone, for any name; within quotes it is no more than it is.

use std::borrow::Cow;

/// One name of a spelled path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    name: Cow<'a, str>,
    is_quoted: bool,
}

impl Part<'_> {
    /// Whether it is, or stands for, a name or the number of a position.
    pub fn admits(&self, name: &str) -> bool {
        if self.is_quoted { self.name == name } else { admits(&self.name, name) }
    }

    /// The one name that it stands for; `None` for one that stands for many.
    pub fn name(&self) -> Option<&str> {
        (self.is_quoted || !self.name.ends_with('*')).then_some(&self.name)
    }

    /// As it was written, without what is around it.
    pub fn text(&self) -> &str {
        &self.name
    }
}

/// Whether a name is `pattern`, or begins with it up to the `*` at its end.
///
/// ```
/// use ccprov::model::spelling::admits;
///
/// assert!(admits("kubernetes.io/*", "kubernetes.io/cluster/x"));
/// assert!(!admits("Owner", "Owners"));
/// ```
pub fn admits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}

/// The names of a spelled path; `None` if it is spelled wrong.
///
/// ```
/// use ccprov::model::spelling::parts;
///
/// let names = |path| -> Vec<String> {
///     parts(path).unwrap_or_default().iter().map(|part| part.text().to_owned()).collect()
/// };
/// assert_eq!(names("tags[a.b]"), ["tags", "a.b"]);
/// assert_eq!(names("rules[0].id"), ["rules", "0", "id"]);
/// assert_eq!(names("tags..a"), [""; 0]);
/// ```
pub fn parts(path: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = path;
    loop {
        let (part, after) = if let Some(inner) = rest.strip_prefix('[') {
            bracketed(inner)?
        } else {
            let dotted = if parts.is_empty() { rest } else { rest.strip_prefix('.')? };
            let end = dotted.find(['.', '[']).unwrap_or(dotted.len());
            let (name, after) = dotted.split_at(end);
            (Part { name: name.into(), is_quoted: false }, after)
        };
        if part.name.is_empty() && !part.is_quoted {
            return None;
        }
        parts.push(part);
        if after.is_empty() {
            return Some(parts);
        }
        rest = after;
    }
}

/// The name after an opening bracket, and what follows the closing one.
fn bracketed(inner: &str) -> Option<(Part<'_>, &str)> {
    if !inner.starts_with('"') {
        let (name, after) = inner.split_once(']')?;
        return Some((Part { name: name.into(), is_quoted: false }, after));
    }
    let mut texts = serde_json::Deserializer::from_str(inner).into_iter::<String>();
    let name = texts.next()?.ok()?;
    let after = inner.get(texts.byte_offset()..)?.strip_prefix(']')?;
    Some((Part { name: name.into(), is_quoted: true }, after))
}

/// A name that is not the first of a path: `.Owner`, `[a.b]`, `["a]b"]`.
pub fn spelled(name: &str) -> String {
    let is_plain = |name: &str| !name.is_empty() && !name.contains(['.', '[', ']', ' ', '"', '*']);
    if is_plain(name) {
        format!(".{name}")
    } else if name.is_empty() || name.contains([']', '"']) || name.ends_with('*') {
        format!("[{}]", serde_json::Value::from(name))
    } else {
        format!("[{name}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_read_back() {
        for name in [
            "Owner",
            "a.b",
            "kubernetes.io/cluster/x",
            "a b",
            "a[b",
            "a]b",
            "a\"b",
            "",
            "*",
            "a*",
            "é",
            "a\\b",
            "a*b",
        ] {
            let path = format!("tags{}", spelled(name));
            let parts = parts(&path).unwrap_or_default();
            let names: Vec<Option<&str>> = parts.iter().map(Part::name).collect();
            assert_eq!(names, [Some("tags"), Some(name)], "{path}");
        }
    }

    #[test]
    fn what_is_spelled_wrong_is_none() {
        for path in
            ["", ".", "a.", ".a", "a..b", "a[]", "a[b", "a[b]c", "a[\"b]", "a[\"b\"c]", "a.[b]"]
        {
            assert_eq!(parts(path), None, "{path}");
        }
    }

    #[test]
    fn a_star_at_the_end_stands_for_any_rest() {
        let admits = |path: &str, name: &str| parts(path).unwrap()[1].admits(name);
        assert!(admits("tags.*", "a.b") && admits("tags.aws*", "aws-nuke:x"));
        assert!(admits("tags[kubernetes.io/*]", "kubernetes.io/cluster/x"));
        assert!(!admits("tags.aws*", "Owner") && !admits("tags.a*b", "a-b"));
        assert!(admits("tags[\"*\"]", "*") && !admits("tags[\"*\"]", "a"));
    }
}
