//! YAML text to a tree with positions.
//!
//! The only file that knows the YAML crate (`docs/adr/0008`), together with
//! `words`, which says in our words what the crate complains of. Refuses what
//! would make a stack file ambiguous (duplicate keys, several documents,
//! unknown tags) or hostile (alias bombs, bottomless nesting, control
//! characters). YAML 1.2: `yes` and `on` are text, `012` is twelve; what was
//! written stays beside what it means.

mod words;

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::Spanned;

use super::source::{Mark, Source};
use super::tree::{Entry, Map, Node, Plain, Value};
use crate::model::Diagnostic;

/// Longest file that is read. The largest hand-written stacks known to us are
/// a few dozen KiB; 1 MiB leaves room for generated ones.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// Deepest nesting. A policy inside a resource of a pattern is about 12 deep.
/// Reading one level takes some 35 KiB of stack in a debug build, and the
/// threads of tests have 2 MiB.
pub(super) const MAX_DEPTH: usize = 32;

/// Most values that one file may hold. A file of [`MAX_BYTES`] stays below it
/// unless its values take less than five bytes; real ones take ten or more.
const MAX_VALUES: usize = 200_000;

/// Most values that aliases may repeat. Every repetition costs as much as if it
/// were written out, and who repeats more than this wants a pattern.
const MAX_REPEATED: usize = 20_000;

/// The key under which a map says which other map is merged into it.
pub(super) const MERGE: &str = "<<";

/// What a text says, or the one problem at which reading it stopped.
pub(super) fn parse(source: &Arc<Source>, text: &str) -> Result<Node, Diagnostic> {
    if text.len() > MAX_BYTES {
        return Err(too_large(source));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let raw: Raw = serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| words::explain(source, &error))?;
    let node = Reading { source, text }.node(raw)?;
    match control_character(&node) {
        Some(problem) => Err(problem),
        None => Ok(node),
    }
}

/// The diagnostic of a text beyond [`MAX_BYTES`].
pub(super) fn too_large(source: &Arc<Source>) -> Diagnostic {
    Diagnostic::error("the file is larger than 1 MiB").at(Some(source.start().location()))
}

/// Whether a text holds a character that no field admits. Our markers for
/// pending facts are made of such characters, so none may come from outside.
pub(super) fn is_unprintable(character: char) -> bool {
    character.is_control() && character != '\n' && character != '\t'
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_VALUES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_REPEATED,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        // Merged here, because a reference may stand for the map that is merged.
        merge_keys: serde_saphyr::MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        reject_unsupported_tags: true,
        non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::Reject,
        with_snippet: false,
    }
}

/// A value as the crate gives it, with the position of its definition: for an
/// alias the anchored text, which is what has to be corrected.
struct Raw {
    value: RawValue,
    at: serde_saphyr::Location,
}

enum RawValue {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(Spanned<String>, Raw)>),
}

/// The text that is being read.
struct Reading<'a> {
    source: &'a Arc<Source>,
    text: &'a str,
}

impl Reading<'_> {
    fn node(&self, raw: Raw) -> Result<Node, Diagnostic> {
        let at = mark(self.source, raw.at);
        let value = match raw.value {
            RawValue::Null => Value::Null,
            RawValue::Bool(value) => Value::Bool(Plain { value, written: self.written(raw.at) }),
            RawValue::Number(value) => {
                Value::Number(Plain { value, written: self.written(raw.at) })
            }
            RawValue::Text(text) => Value::Text(text),
            RawValue::List(items) => {
                let items = items.into_iter().map(|item| self.node(item));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            RawValue::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    let key_at = mark(self.source, key.defined);
                    map.insert(key.value, Entry { key_at, node: self.node(value)? });
                }
                Value::Map(merged(map)?)
            }
        };
        Ok(Node { value, at })
    }

    /// The characters of a scalar. By bytes, because lines may be long.
    fn written(&self, at: serde_saphyr::Location) -> Box<str> {
        let span = at.span();
        let bytes = span.byte_offset().zip(span.byte_len()).and_then(|(start, length)| {
            let start = usize::try_from(start).ok()?;
            self.text.get(start..start + usize::try_from(length).ok()?)
        });
        // `!!int "5"` is a number in quotes.
        bytes.unwrap_or_default().trim().trim_matches(['"', '\'']).into()
    }
}

/// The map with what stands under its [`MERGE`] put beneath its own keys, but for a
/// text: which map a reference stands for is not known yet.
fn merged(mut map: Map) -> Result<Map, Diagnostic> {
    let Some(Entry { key_at, node }) = map.remove(MERGE) else { return Ok(map) };
    let below = match node.value {
        Value::Text(_) => {
            map.insert(MERGE.to_owned(), Entry { key_at, node });
            return Ok(map);
        }
        Value::List(items) => items,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_) => vec![node],
    };
    for node in below {
        let Value::Map(other) = node.value else {
            return Err(Diagnostic::error("`<<` must be a map, a list of maps, or one reference")
                .because("its keys are added to those of the map that it stands in")
                .at(Some(node.at.location()))
                .hint("write an alias, `<<: *name`, or a reference, `<<: \"${value.name}\"`"));
        };
        // Of several the first wins.
        for (key, entry) in other {
            map.entry(key).or_insert(entry);
        }
    }
    Ok(map)
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<RawValue>::deserialize(deserializer)?;
        Ok(Self { value: spanned.value, at: spanned.defined })
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_none<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<RawValue, E> {
        Ok(RawValue::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<RawValue, E> {
        Ok(RawValue::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<RawValue, E> {
        Ok(RawValue::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<RawValue, E> {
        // Infinite numbers never get here: the options refuse them.
        Number::from_f64(number).map(RawValue::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<RawValue, E> {
        Ok(RawValue::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<RawValue, E> {
        Ok(RawValue::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawValue, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(RawValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawValue, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(RawValue::Map(map))
    }
}

fn mark(source: &Arc<Source>, at: serde_saphyr::Location) -> Mark {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    source.mark(number(at.line()), number(at.column()), number(at.span().len()))
}

fn control_character(node: &Node) -> Option<Diagnostic> {
    let mut found = None;
    node.each_text(&mut |_, text, at| {
        if let (None, Some(character)) = (&found, text.chars().find(|c| is_unprintable(*c))) {
            let problem = Diagnostic::error(format!(
                "the text holds the control character U+{:04X}",
                u32::from(character)
            ))
            .because("only tabs and line breaks are admitted");
            found = Some(problem.at(Some(at.location())));
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// The tree in one line, or the problem as `line:column+width: summary`.
    fn check(text: &str, expected: &str) {
        let source = Source::text("a.yaml", text);
        let found = match parse(&source, text) {
            Ok(node) => node.to_json().to_string(),
            Err(problem) => {
                let at = problem.location.unwrap();
                format!("{}:{}+{}: {}", at.line, at.column, at.width, problem.summary)
            }
        };
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn yaml_1_2_has_few_booleans_and_no_octals() {
        check(
            "[yes, on, true, 012, 0o17, 1.5, ~, 2024-01-01]",
            r#"["yes","on",true,12,15,1.5,null,"2024-01-01"]"#,
        );
    }

    /// Every scalar as it was written.
    fn collect(node: &Node, written: &mut Vec<String>) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| collect(item, written)),
            Value::Map(map) => map.values().for_each(|entry| collect(&entry.node, written)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
                written.extend(node.scalar_text().map(str::to_owned));
            }
        }
    }

    #[test]
    fn what_was_written_stays() {
        let text = "\u{feff}# \u{fc}\na: &a 012345678901\nb: [1.10 , 0x1F, +5, 1_000, 1e3, .5]\n\
                    c: { d: True, e: *a, f: 0o17 } # 7\ng: \"\u{fc}\"\nh: 9007199254740993\n\
                    <<: { i: -0 }\nj: !!int \"5\"";
        let source = Source::text("a.yaml", text);
        let root = parse(&source, text).unwrap();
        let mut written = Vec::new();
        collect(&root, &mut written);
        let expected = "012345678901 1.10 0x1F +5 1_000 1e3 .5 True 012345678901 0o17 \u{fc} \
                        9007199254740993 -0 5";
        assert_eq!(written.join(" "), expected);
    }

    #[test]
    fn windows_and_unix_files_read_alike() {
        check("\u{feff}a: 1\r\nb: two\r\n", r#"{"a":1,"b":"two"}"#);
    }

    #[test]
    fn aliases_and_merge_keys_are_admitted() {
        check(
            "base: &b { x: 1 }\nuse: *b\nmore: { <<: *b, y: 2 }",
            r#"{"base":{"x":1},"more":{"x":1,"y":2},"use":{"x":1}}"#,
        );
    }

    #[test]
    fn an_empty_file_says_nothing() {
        check("# only a comment\n", "null");
        check("", "null");
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        check("a: 1\nb: 2\na: 3", "3:1+1: `a` is given twice");
        check("a: 1\n---\nb: 2", "3:1+1: the file holds more than one YAML document");
        check("a: !secret x", "1:4+7: unknown tag `!secret`");
        check("a: *nowhere", "1:4+1: this alias has no anchor");
        check("a: .inf", "1:4+4: `.inf` is not a finite number");
        check("? [a, b]\n: c", "1:3+1: a key must be text");
    }

    #[test]
    fn what_is_no_yaml_is_refused() {
        check("a: [1, 2", "1:4+1: not valid YAML: this bracket is never closed");
        check("a: b: c", "1:5+1: not valid YAML: a key with `:` cannot stand here");
        check("a:\n\t- b", "2:1+1: a tab indents this line; YAML wants blanks");
        check("a:\n  b: c\n\n\t\td: 1", "4:1+2: a tab indents this line; YAML wants blanks");
        check("a:\n  b: c\n  \td: 1\n", "3:3+1: a tab indents this line; YAML wants blanks");
        check("a: \"never closed", "1:4+1: not valid YAML: this quote is never closed");
        check("a: 1\n b: 2\n", "2:3+1: not valid YAML: a key with `:` cannot stand here");
    }

    #[test]
    fn what_is_hostile_meets_a_limit() {
        check("a: \"x\\0y\"", "1:4+6: the text holds the control character U+0000");
        check("a: x\u{7}", "1:4+1: the file holds the control character U+0007");
        check("a: 1\n\"k\\u0001\": 2", "2:1+9: the text holds the control character U+0001");
        check(
            &format!("{}{}", "[".repeat(200), "]".repeat(200)),
            "1:33+1: nested more than 32 deep",
        );
        let block: Vec<String> =
            (0..70).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        check(&block.concat(), "33:33+1: nested more than 32 deep");
        check(&format!("a: {}", "x".repeat(MAX_BYTES)), "1:1+1: the file is larger than 1 MiB");
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let items = vec![format!("*a{}", level - 1); 9].join(", ");
            writeln!(bomb, "a{level}: &a{level} [{items}]").unwrap();
        }
        check(&bomb, "5:15+3: the aliases of this file repeat more than 20000 values");
    }
}
