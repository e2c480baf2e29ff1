//! How far a field changes in place.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FieldDiff;

/// Where a field can go in place. Whoever wants it elsewhere wants another object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// To later versions: from `3.7.2` to `3.8.x`, where an `x` is later than every number, and to
    /// nothing with another word at its end, as in `3.8.x.kraft`.
    Later,
    /// To what has the same word before its first dot: from `kafka.m5.large` to
    /// `kafka.m7g.large`.
    Family,
    /// To greater numbers.
    More,
}

impl Course {
    /// Whether a change goes beyond. One whose ends are not both known does not.
    pub fn is_left_by(self, diff: &FieldDiff) -> bool {
        let (Some(have), Some(want)) = (&diff.have, &diff.want) else { return false };
        !match self {
            Self::Later => leads(have, want, Value::as_str, is_later),
            Self::Family => leads(have, want, Value::as_str, |from, to| {
                from.split('.').next() == to.split('.').next()
            }),
            Self::More => leads(have, want, Value::as_i64, |from, to| from <= to),
        }
    }
}

/// Whether a way leads from one to the other, as far as both are of the sort that it knows.
fn leads<'a, T>(
    from: &'a Value,
    to: &'a Value,
    read: impl Fn(&'a Value) -> Option<T>,
    way: impl Fn(T, T) -> bool,
) -> bool {
    read(from).zip(read(to)).is_none_or(|(from, to)| way(from, to))
}

fn is_later(from: &str, to: &str) -> bool {
    let versions = Version::read(from).zip(Version::read(to));
    versions.is_none_or(|(from, to)| from.parts <= to.parts && from.word == to.word)
}

/// Numbers, and what follows them.
#[derive(Debug)]
struct Version<'a> {
    parts: Vec<u32>,
    word: Option<&'a str>,
}

impl<'a> Version<'a> {
    /// `None` for what begins with no number.
    fn read(text: &'a str) -> Option<Self> {
        let mut this = Self { parts: Vec::new(), word: None };
        for part in text.split('.') {
            match (part, part.parse()) {
                (_, Ok(number)) => this.parts.push(number),
                ("x", Err(_)) => this.parts.push(u32::MAX),
                (word, Err(_)) => this.word = Some(word),
            }
        }
        (!this.parts.is_empty()).then_some(this)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Path;

    fn check(course: Course, have: Value, want: Value, is_left: bool) {
        let title = format!("{course:?} {have} -> {want}");
        let diff = FieldDiff::new(Path::field("field"), Some(have), Some(want));
        assert_eq!(course.is_left_by(&diff), is_left, "{title}");
    }

    #[test]
    fn a_version_goes_up() {
        let check = |have: &str, want: &str, is_left| {
            check(Course::Later, json!(have), json!(want), is_left);
        };
        check("3.6.0", "3.7.x", false);
        check("3.9.x", "3.10.1", false);
        check("3.7.1", "3.7.x", false);
        check("3.7.x", "3.7.1", true);
        check("3.8.x", "3.6.0", true);
        check("3.10.1", "3.9.x", true);
        check("3.8.x", "3.8.x.kraft", true);
        check("3.8.x.kraft", "3.9.x.kraft", false);
        check("3.8.x.kraft", "3.9.x", true);
        // Nobody knows yet where that leads.
        check("3.8.x", "latest", false);
    }

    #[test]
    fn a_number_goes_up() {
        check(Course::More, json!(3), json!(6), false);
        check(Course::More, json!(6), json!(3), true);
        check(Course::More, json!(6), json!("\u{fdd0}"), false);
    }

    #[test]
    fn a_family_stays_together() {
        check(Course::Family, json!("kafka.m5.large"), json!("kafka.m7g.large"), false);
        check(Course::Family, json!("kafka.m5.large"), json!("express.m7g.large"), true);
        check(Course::Family, json!("kafka.m5.large"), json!(null), false);
    }
}
