//! What a stack refers to and does not own: how it is looked up, and what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{fill_text, is_pending, shown, without_controls};
use super::{Address, FactInfo, FactRef, Facts, Identity, Live, Owner, Sought};

/// What references to existing objects begin with.
pub const EXISTING: &str = "existing";

/// How the objects of a kind are looked up by stacks that do not own them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// The kind.
    pub kind: String,
    /// The fields that together are AWS's name, each with what counts where it is not
    /// stated; none, if no name leads to one.
    pub name: Vec<(String, Option<String>)>,
    /// What stands between them.
    pub between: String,
    /// Whether an ARN leads to one.
    pub by_arn: bool,
    /// Fields that say something of it, by which it is searched: `tags`.
    pub signs: Vec<String>,
    /// What can be referred to.
    pub facts: Vec<FactInfo>,
}

impl Sight {
    /// Every field that may be stated.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let names = self.name.iter().map(|(name, _)| name.as_str());
        let arn = self.by_arn.then_some("arn");
        names.chain(arn).chain(self.signs.iter().map(String::as_str))
    }

    /// The ways to one, for people: `` `name`, `arn` or `tags` ``.
    pub fn ways(&self) -> String {
        let name: Vec<String> = self.name.iter().map(|(name, _)| format!("`{name}`")).collect();
        let name = (!name.is_empty()).then(|| name.join(" with "));
        let arn = self.by_arn.then(|| "`arn`".to_owned());
        let signs = self.signs.iter().map(|sign| format!("`{sign}`"));
        let ways: Vec<String> = name.into_iter().chain(arn).chain(signs).collect();
        match ways.split_last() {
            Some((last, before)) if !before.is_empty() => {
                format!("{} or {last}", before.join(", "))
            }
            Some((only, _)) => only.clone(),
            None => "nothing".to_owned(),
        }
    }
}

/// A kind that is looked up and never made: others than ccprov make its objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandmarkInfo {
    /// For example `vpc`.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// What people should know, in Markdown.
    pub notes: String,
    /// A whole stack file.
    pub example: String,
    /// By what it is looked up: field and phrase.
    pub fields: Vec<(String, String)>,
    /// The same, for who looks.
    pub sight: Sight,
}

/// One look for what a stack refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// The kind.
    pub kind: String,
    /// By what.
    pub by: By,
    /// How many there must be, where several are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// The facts that are referred to.
    pub facts: BTreeSet<String>,
}

/// By what an object is looked up. May hold pending facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// AWS's name.
    Name(Identity),
    /// Its ARN.
    Arn(String),
    /// What it must carry, all of it.
    Signs {
        /// Tags with their values.
        tags: BTreeMap<String, String>,
        /// Other fields.
        fields: BTreeMap<String, String>,
    },
}

impl By {
    /// The same with every text replaced.
    fn map(&self, replace: &dyn Fn(&str) -> String) -> Self {
        let all = |pairs: &BTreeMap<String, String>| {
            pairs.iter().map(|(key, text)| (replace(key), replace(text))).collect()
        };
        match self {
            Self::Name(Identity(name)) => Self::Name(Identity(replace(name))),
            Self::Arn(arn) => Self::Arn(replace(arn)),
            Self::Signs { tags, fields } => Self::Signs { tags: all(tags), fields: all(fields) },
        }
    }

    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Name(Identity(text)) | Self::Arn(text) => vec![text],
            Self::Signs { tags, fields } => {
                let pairs = tags.iter().chain(fields);
                pairs.flat_map(|(key, text)| [key.as_str(), text.as_str()]).collect()
            }
        }
    }
}

impl Lookup {
    /// Whether it waits for what another look tells.
    pub fn is_pending(&self) -> bool {
        self.by.texts().into_iter().any(is_pending)
    }

    /// Every text by which it looks.
    pub fn texts(&self) -> Vec<&str> {
        self.by.texts()
    }

    /// The same with the facts that are known put in place.
    #[must_use]
    pub fn filled(&self, known: &dyn Fn(&FactRef) -> Option<String>) -> Self {
        Self { by: self.by.map(&|text| fill_text(text, known)), ..self.clone() }
    }

    /// How to look for the one object of a name or an ARN; of which fields nothing is asked.
    /// `name_in` tells AWS's name from an ARN.
    pub fn sought(&self, name_in: impl Fn(&str) -> Option<String>) -> Option<Sought> {
        let (identity, arn) = match &self.by {
            By::Name(identity) => (identity.clone(), None),
            By::Arn(arn) => (Identity(name_in(arn)?), Some(arn.clone())),
            By::Signs { .. } => return None,
        };
        Some(Sought {
            kind: self.kind.clone(),
            identity,
            address: None,
            formerly: Vec::new(),
            arn,
            fields: Some(BTreeSet::new()),
            holdings: false,
        })
    }
}

/// For people: `kms_key alias/shared`, `vpc with the tag Name = main`.
impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        match &self.by {
            By::Name(Identity(text)) | By::Arn(text) => f.write_str(&shown(text)),
            By::Signs { tags, fields } => {
                let said = |noun: &str, pairs: &BTreeMap<String, String>| {
                    let pairs = pairs.iter().map(|(key, text)| format!("{key} = {}", shown(text)));
                    let pairs: Vec<String> = pairs.collect();
                    (!pairs.is_empty()).then(|| format!("{noun}{}", pairs.join(", ")))
                };
                let noun = if tags.len() == 1 { "the tag " } else { "the tags " };
                let said: Vec<String> =
                    said("", fields).into_iter().chain(said(noun, tags)).collect();
                write!(f, "with {}", said.join(" and "))
            }
        }
    }
}

/// What was found of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existing {
    /// What stands before the fact in a reference: `existing.key`.
    pub address: Address,
    /// How it was looked up.
    pub lookup: Lookup,
    /// One object; or so many as were asked for, in the order of their names.
    pub found: Vec<Neighbour>,
}

/// An object of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// AWS's name.
    pub identity: Identity,
    /// Whose it is, as far as its tags tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Its ARN, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// Those of its facts that are referred to.
    pub facts: Facts,
}

impl Neighbour {
    /// What a stack has to know of an object: these facts, without control characters.
    pub fn of(live: &Live, facts: &BTreeSet<String>) -> Self {
        let known = facts.iter().filter_map(|name| live.facts.get_key_value(name));
        Self {
            identity: live.identity.clone(),
            owner: live.owner.clone(),
            arn: live.arn().map(str::to_owned),
            facts: known.map(|(name, text)| (name.clone(), tame(text))).collect(),
        }
    }
}

/// What others wrote may look like a fact that is pending: see [`without_controls`].
fn tame(text: &str) -> String {
    match without_controls(text.into()) {
        Value::String(text) => text,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            String::new()
        }
    }
}

impl Existing {
    /// The facts that are known now, by what stands before them in a reference.
    pub fn facts(&self) -> impl Iterator<Item = (Address, Facts)> {
        let address = |position: usize| match self.lookup.count {
            Some(_) => nth(&self.address, position),
            None => self.address.clone(),
        };
        let found = self.found.iter().enumerate();
        found.map(move |(position, found)| (address(position), found.facts.clone()))
    }
}

/// The address of one of several.
pub fn nth(address: &Address, position: usize) -> Address {
    address.join(&position.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(by: By) -> Lookup {
        Lookup { kind: "vpc".into(), by, count: None, facts: BTreeSet::new() }
    }

    #[test]
    fn a_look_is_told_in_one_line() {
        let pairs = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
        };
        let check = |by: By, expected: &str| assert_eq!(lookup(by).to_string(), expected);
        check(By::Name(Identity("vpc-1".into())), "vpc vpc-1");
        let none = BTreeMap::new();
        check(
            By::Signs { tags: pairs(&[("Name", "main")]), fields: none.clone() },
            "vpc with the tag Name = main",
        );
        check(
            By::Signs { tags: pairs(&[("a", "1"), ("b", "2")]), fields: pairs(&[("vpc", "v")]) },
            "vpc with vpc = v and the tags a = 1, b = 2",
        );
        let fact = FactRef { address: Address::new("existing.v"), fact: "id".into() };
        let waiting = lookup(By::Signs { tags: none, fields: pairs(&[("vpc", &fact.marker())]) });
        assert!(waiting.is_pending());
        assert!(!waiting.filled(&|_| Some("vpc-1".into())).is_pending());
    }
}
