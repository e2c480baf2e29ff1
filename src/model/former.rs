//! What a stack was before it was renamed: its names, and the addresses that resources had.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::Address;

/// The names that a stack had before, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Spelled", into = "Spelled")]
pub struct FormerNames(pub Vec<String>);

/// As it is written: a single name needs no list.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Spelled {
    One(String),
    Several(Vec<String>),
}

impl From<Spelled> for FormerNames {
    fn from(spelled: Spelled) -> Self {
        match spelled {
            Spelled::One(name) => Self(vec![name]),
            Spelled::Several(names) => Self(names),
        }
    }
}

impl From<FormerNames> for Spelled {
    fn from(FormerNames(mut names): FormerNames) -> Self {
        match names.pop() {
            Some(name) if names.is_empty() => Self::One(name),
            last => Self::Several(names.into_iter().chain(last).collect()),
        }
    }
}

impl FormerNames {
    /// Whether the stack was never renamed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name that it had first of all.
    pub fn first(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// Whether it had a name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|it| it == name)
    }

    /// The same with another name behind them, as a stack file says it.
    pub fn said_with(&self, name: &str) -> String {
        let names: Vec<&str> = self.0.iter().map(String::as_str).chain([name]).collect();
        match names.as_slice() {
            [one] => format!("`was: {one}`"),
            several => format!("`was: [{}]`", several.join(", ")),
        }
    }
}

/// What an object keeps of its name, though its stack gives it another by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptName {
    /// All of it: as if the file stated it, in the field that is for that.
    Whole(String),
    /// The name of the stack in it, which that had before, and not first of all.
    OfStack(String),
}

/// Which addresses lead to which: what was within the first is within the second by now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Addresses of the stack file.
    pub stated: Vec<(String, String)>,
    /// Addresses of patterns, which begin within any use of them.
    pub in_patterns: Vec<(String, String)>,
}

/// Most addresses that one had: no chain of moves that holds is longer.
const MOST: usize = 64;

impl Moved {
    /// Whether nothing moved.
    pub fn is_empty(&self) -> bool {
        self.stated.is_empty() && self.in_patterns.is_empty()
    }

    /// An address and all that it may have been before, whether or not it is declared.
    pub fn ever(&self, address: &Address) -> BTreeSet<Address> {
        let mut ever = BTreeSet::from([address.clone()]);
        let mut next = VecDeque::from([address.clone()]);
        while let Some(now) = next.pop_front() {
            for before in self.before(now.as_str()) {
                if ever.len() < MOST && ever.insert(before.clone()) {
                    next.push_back(before);
                }
            }
        }
        ever
    }

    fn before(&self, now: &str) -> Vec<Address> {
        let stated = self.stated.iter().filter_map(|moved| back("", now, moved));
        let uses = now.match_indices('.').map(|(dot, _)| now.split_at(dot + 1));
        let in_patterns = uses.flat_map(|(around, own)| {
            self.in_patterns.iter().filter_map(move |moved| back(around, own, moved))
        });
        stated.chain(in_patterns).collect()
    }
}

/// What an address was, of which the last part may be one that moved.
fn back(around: &str, own: &str, (old, new): &(String, String)) -> Option<Address> {
    let rest = own.strip_prefix(new.as_str())?;
    let is_within = rest.is_empty() || rest.starts_with('.');
    is_within.then(|| Address::new(format!("{around}{old}{rest}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_name_is_written_as_one() {
        let check = |names: &[&str], expected: &str| {
            let names = FormerNames(names.iter().map(|name| (*name).to_owned()).collect());
            let written = serde_json::to_string(&names).unwrap();
            assert_eq!(written, expected);
            assert_eq!(serde_json::from_str::<FormerNames>(&written).unwrap(), names);
        };
        check(&["one"], r#""one""#);
        check(&["two", "one"], r#"["two","one"]"#);
        check(&[], "[]");
    }

    #[test]
    fn what_moved_was_all_of_what_led_to_it() {
        let pair = |(old, new): &(&str, &str)| ((*old).to_owned(), (*new).to_owned());
        let check = |address: &str, expected: &[&str]| {
            let moved = Moved {
                stated: [("inbox", "post"), ("a", "b"), ("b", "c"), ("c", "a")]
                    .iter()
                    .map(pair)
                    .collect(),
                in_patterns: [("dead", "dlq")].iter().map(pair).collect(),
            };
            let ever = moved.ever(&Address::new(address));
            let ever: Vec<&str> = ever.iter().map(Address::as_str).collect();
            assert_eq!(ever, expected, "{address}");
        };
        check("other", &["other"]);
        check("post.b", &["inbox.b", "post.b"]);
        check("poste", &["poste"]);
        check("post.dlq", &["inbox.dead", "inbox.dlq", "post.dead", "post.dlq"]);
        check("dlq", &["dlq"]);
        check("x.y.dlq.z", &["x.y.dead.z", "x.y.dlq.z"]);
        check("b", &["a", "b", "c"]);
    }
}
