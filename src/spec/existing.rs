//! `existing`: what is there already and belongs to others. A stack refers to its facts,
//! and owns none of it.
//!
//! Nothing is looked up here. Of each entry it is worked out by what its object is to be
//! found, which may wait for a fact of another; facts that nobody has learned yet stay
//! pending, as those do that AWS chooses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::elsewhere;
use super::expand::{Env, Expansion, Ground};
use super::lookup::{Found, Search};
use super::predict::{Known, Oracle};
use super::reference::ALL;
use super::shape;
use super::source::Mark;
use super::suggest::{all_of, did_you_mean};
use super::tree::{Entry, Map, Node, Value};
use super::written::Written;
use crate::model::existing::nth;
use crate::model::{
    Address, By, Diagnostic, Document, EXISTING, FactRef, Identity, Location, Lookup, Prepared,
    Sight, TAGS, document, knots,
};

/// Most objects of one entry: a plan shows them all.
const MOST_OBJECTS: usize = 100;

/// What a stack refers to, and where it says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Referred {
    /// How it is looked up.
    pub lookup: Lookup,
    /// The entry.
    pub at: Location,
    /// What it says, with nothing left to work out but facts.
    pub said: Document,
}

/// An entry that is sound as far as it is known.
pub(super) struct Draft<'a> {
    name: &'a str,
    sight: &'a Sight,
    lookup: Lookup,
    at: Mark,
    said: Document,
}

/// Finds out of every entry what it is and how many are meant, so that others can refer to it.
pub(super) fn declare<'a>(expansion: &mut Expansion<'a>) {
    let section: &'a Map = expansion.ground.existing;
    for (name, entry) in section {
        let mut found = Vec::new();
        if let Some(declared) = declared(expansion.ground, name, entry, &mut found) {
            expansion.neighbours.insert(name.clone(), declared);
        }
        expansion.problems.append(&mut found);
    }
}

fn declared<'a>(
    ground: Ground<'a>,
    name: &str,
    entry: &'a Entry,
    found: &mut Vec<Diagnostic>,
) -> Option<(&'a Sight, Option<usize>)> {
    let is_name = shape::name(name, &entry.key_at, found);
    let map = shape::map(&entry.node, name, found)?;
    let kind = shape::required(map, "kind", &format!("`{EXISTING}.{name}`"), &entry.key_at, found)?;
    let kind = &kind.node;
    let word = shape::text(kind, "kind", found)?;
    let Some(sight) = ground.sights.iter().find(|sight| sight.kind == word) else {
        let known = || ground.sights.iter().map(|sight| sight.kind.as_str());
        let problem = Diagnostic::error(format!("there is no kind `{word}`"));
        let problem = problem.at(Some(kind.at.location()));
        let problem = shape::without_references(problem, word);
        let problem = match elsewhere::kind(word, known()) {
            Some(said) => problem.hint(said),
            None => did_you_mean(problem, word, known()),
        };
        found.push(problem.hint("`ccprov kinds` lists them; of another kind write the ARN out"));
        return None;
    };
    let count = match map.get("count").filter(|entry| !entry.node.is_null()) {
        Some(entry) => Some(count(ground, &entry.node, found)?),
        None => None,
    };
    is_name.then_some((sight, count))
}

/// How many are meant: known before anything is looked up.
fn count(ground: Ground<'_>, node: &Node, found: &mut Vec<Diagnostic>) -> Option<usize> {
    let (nothing, at) = (Map::new(), node.at.location());
    let alone = Ground { existing: &nothing, resources: &nothing, ..ground };
    let (node, mut problems) = Expansion::new(alone).evaluate_alone(node);
    found.append(&mut problems);
    let node = node?;
    let number = match &node.value {
        Value::Number(_) => node.scalar_text().and_then(|text| text.parse::<usize>().ok()),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
    };
    let number = number.filter(|number| (1..=MOST_OBJECTS).contains(number));
    if number.is_none() {
        let summary = format!("`count` must be a whole number from 1 to {MOST_OBJECTS}");
        let why = "it says how many objects there are, so that one more or less is noticed";
        found.push(Diagnostic::error(summary).at(Some(at)).because(why));
    }
    number
}

impl<'a> Expansion<'a> {
    /// A fact of what is there already: `${existing.NAME.FACT}`, or of several
    /// `${existing.NAME.*.FACT}`.
    pub(super) fn of_others(&mut self, search: &Search<'_>) -> Option<Found> {
        self.outside_of_patterns(search)?;
        self.in_time(search)?;
        let (section, name): (&'a Map, _) = (self.ground.existing, search.names.0[1].clone());
        if !section.contains_key(&name) {
            let known = || section.keys().map(String::as_str);
            return self.unknown(search, 1, known(), all_of("entries under `existing`", known()));
        }
        // What is wrong with the entry is told at it.
        let (sight, count) = self.neighbours.get(&name).copied()?;
        let facts = (sight.kind.as_str(), sight.facts.as_slice());
        let address = Address::new(EXISTING).join(&name);
        let found = match (count, search.names.0.get(2).map(String::as_str)) {
            (None, Some(ALL)) => return self.one_alone(&name, search),
            (None, _) => self.fact_of(facts, address, 2, search),
            (Some(count), Some(ALL)) => {
                let mut facts_of_all = Vec::new();
                for position in 0..count {
                    let Found::Fact(fact) =
                        self.fact_of(facts, nth(&address, position), 3, search)?
                    else {
                        return None;
                    };
                    self.note(&name, &fact);
                    facts_of_all.push(Node::text(fact.marker(), &search.at));
                }
                return Some(Found::Value(Node::new(Value::List(facts_of_all), &search.at)));
            }
            (Some(count), Some(position)) if position.parse().is_ok_and(|it: usize| it < count) => {
                self.fact_of(facts, address.join(position), 3, search)
            }
            (Some(count), _) => return self.several(&name, count, search),
        };
        if let Some(Found::Fact(fact)) = &found {
            self.note(&name, fact);
        }
        found
    }

    fn note(&mut self, name: &str, fact: &FactRef) {
        self.asked_of.entry(name.to_owned()).or_default().insert(fact.fact.clone());
    }

    fn one_alone(&mut self, name: &str, search: &Search<'_>) -> Option<Found> {
        let summary = format!("`{}` refers to nothing", search.names);
        let fact = search.names.0.get(3).map_or("FACT", String::as_str);
        let hint = format!(
            "write `${{{EXISTING}.{name}.{fact}}}`; where several are meant, state how many: `count: N`"
        );
        self.tell(search, summary, format!("`{EXISTING}.{name}` is one object"), Some(hint))
    }

    fn several(&mut self, name: &str, count: usize, search: &Search<'_>) -> Option<Found> {
        let summary = format!("`{}` stands for several", search.names);
        let fact = search.names.0.last().filter(|_| search.names.0.len() > 2);
        let fact =
            fact.filter(|text| text.parse::<usize>().is_err()).map_or("FACT", String::as_str);
        let hint = format!(
            "write `${{{EXISTING}.{name}.*.{fact}}}` for the list of all, \
             `${{{EXISTING}.{name}.0.{fact}}}` for the first"
        );
        self.tell(search, summary, format!("its `count` is {count}"), Some(hint))
    }
}

/// Works out by what each entry is looked up.
pub(super) fn of<'a>(expansion: &mut Expansion<'a>) -> Vec<Draft<'a>> {
    let section: &'a Map = expansion.ground.existing;
    let mut drafts = Vec::new();
    for (name, entry) in section {
        let Some((sight, count)) = expansion.neighbours.get(name).copied() else { continue };
        let Some(map) = entry.node.as_map() else { continue };
        let at = &entry.key_at;
        if let Some((by, mut said)) = by(expansion, sight, map, (name, at), count.is_some()) {
            said.insert("kind".to_owned(), sight.kind.as_str().into());
            said.extend(count.map(|count| ("count".to_owned(), count.into())));
            let lookup = Lookup { kind: sight.kind.clone(), by, count, facts: BTreeSet::new() };
            drafts.push(Draft { name, sight, lookup, at: at.clone(), said });
        }
    }
    let mut problems = circles(&drafts);
    problems.extend(drafts.iter().filter_map(|draft| of_the_stack(expansion, draft)));
    expansion.problems.append(&mut problems);
    drafts
}

fn by(
    expansion: &mut Expansion<'_>,
    sight: &Sight,
    map: &Map,
    (name, at): (&str, &Mark),
    is_counted: bool,
) -> Option<(By, Document)> {
    let mut found = Vec::new();
    let known: Vec<&str> = sight.fields().chain(["kind", "count"]).collect();
    for (key, entry) in map.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        let problem = Diagnostic::error(format!("no {} is looked up by `{key}`", sight.kind))
            .at(Some(entry.key_at.location()))
            .because(format!("it is looked up by {}", sight.ways()));
        found.push(did_you_mean(problem, key, known.iter().copied()));
    }
    let mut said = BTreeMap::new();
    let mut tags = None;
    let mut is_sound = found.is_empty();
    for (key, entry) in map.iter().filter(|(key, _)| sight.fields().any(|field| field == *key)) {
        let Some(node) = expansion.evaluate(&entry.node, &Env::of(0)) else {
            is_sound = false;
            continue;
        };
        if node.is_null() {
            continue;
        }
        if key == TAGS {
            tags = texts(&node, &mut found);
            is_sound &= tags.is_some();
        } else if let Some(text) = text(&node, key, &mut found) {
            said.insert(key.as_str(), text);
        } else {
            is_sound = false;
        }
    }
    let mut written: Document =
        said.iter().map(|(field, text)| ((*field).to_owned(), text.as_str().into())).collect();
    written.extend(tags.as_ref().map(|tags| (TAGS.to_owned(), json!(tags))));
    let by = is_sound.then(|| way(sight, (said, tags), (name, at), is_counted, &mut found));
    expansion.problems.append(&mut found);
    Some((by.flatten()?, written))
}

/// A text that is something.
fn text(node: &Node, key: &str, found: &mut Vec<Diagnostic>) -> Option<String> {
    let text = node.scalar_text().filter(|text| !text.is_empty()).map(str::to_owned);
    if text.is_none() {
        let what = if node.as_text().is_some() { "empty" } else { node.type_name() };
        let summary = format!("`{key}` must be text, and is {what}");
        found.push(Diagnostic::error(summary).at(Some(node.at.location())));
    }
    text
}

fn texts(node: &Node, found: &mut Vec<Diagnostic>) -> Option<BTreeMap<String, String>> {
    let map = shape::map(node, "tags", found)?;
    if map.is_empty() {
        let problem = Diagnostic::error("`tags` names no tag").at(Some(node.at.location()));
        found.push(problem.because("every object of the kind would carry them"));
        return None;
    }
    let mut tags = BTreeMap::new();
    for (key, entry) in map {
        let Some(text) = entry.node.scalar_text() else {
            let summary = format!("the tag `{key}` must be text, not {}", entry.node.type_name());
            found.push(Diagnostic::error(summary).at(Some(entry.node.at.location())));
            return None;
        };
        tags.insert(key.clone(), text.to_owned());
    }
    Some(tags)
}

/// The one way that is said.
fn way(
    sight: &Sight,
    (said, tags): (BTreeMap<&str, String>, Option<BTreeMap<String, String>>),
    (name, at): (&str, &Mark),
    is_counted: bool,
    found: &mut Vec<Diagnostic>,
) -> Option<By> {
    let mut refuse = |summary: String, why: String, hint: String| {
        found.push(Diagnostic::error(summary).at(Some(at.location())).because(why).hint(hint));
        None
    };
    let is_named = sight.name.iter().any(|(field, _)| said.contains_key(field.as_str()));
    let is_sign = |field: &&&str| sight.signs.iter().any(|sign| sign == **field);
    let has_signs = tags.is_some() || said.keys().any(|field| is_sign(&field));
    let ways = [is_named, said.contains_key("arn"), has_signs];
    let subject = format!("`{EXISTING}.{name}`");
    match ways.iter().filter(|way| **way).count() {
        0 => {
            let why = format!("a {} is looked up by {}", sight.kind, sight.ways());
            return refuse(format!("{subject} does not say which"), why, "state one".into());
        }
        1 => {}
        _ => {
            let why = format!("a {} is looked up by {}: by one of them", sight.kind, sight.ways());
            return refuse(format!("{subject} says twice which it is"), why, "take one out".into());
        }
    }
    if is_counted && !has_signs {
        let why = "a name or an ARN is that of one object".to_owned();
        let summary = format!("{subject} can be one object alone");
        return refuse(summary, why, "take `count` out".into());
    }
    if let Some(arn) = said.get("arn") {
        return Some(By::Arn(arn.clone()));
    }
    if has_signs {
        let fields = said.into_iter().map(|(field, text)| (field.to_owned(), text)).collect();
        return Some(By::Signs { tags: tags.unwrap_or_default(), fields });
    }
    let mut parts = Vec::new();
    for (field, default) in &sight.name {
        let Some(text) = said.get(field.as_str()).or(default.as_ref()) else {
            let why = format!("the name of a {} alone says not which", sight.kind);
            let hint = format!("state `{field}` too");
            return refuse(format!("{subject} needs `{field}`"), why, hint);
        };
        parts.push(text.as_str());
    }
    Some(By::Name(Identity(parts.join(&sight.between))))
}

/// The facts that a look waits for.
fn waits(lookup: &Lookup) -> BTreeSet<FactRef> {
    lookup.texts().into_iter().flat_map(|text| document::pending_facts(&text.into())).collect()
}

/// The entry that a fact is of.
pub(super) fn entry_of(fact: &FactRef) -> Option<&str> {
    let mut names = fact.address.as_str().split('.');
    names.next().filter(|first| *first == EXISTING).and_then(|_| names.next())
}

/// The problem of an entry that waits for a resource of the stack.
fn of_the_stack(expansion: &Expansion<'_>, draft: &Draft<'_>) -> Option<Diagnostic> {
    let is_declared =
        |fact: &FactRef| expansion.declared.iter().any(|declared| declared.address == fact.address);
    let fact = waits(&draft.lookup).into_iter().find(is_declared)?;
    let summary = format!("`{EXISTING}.{}` waits for {fact}", draft.name);
    let problem = Diagnostic::error(summary).at(Some(draft.at.location()));
    let why = "what exists is looked up before anything of the stack is";
    Some(problem.because(why).hint("what belongs to the stack is referred to by its own name"))
}

/// Entries that wait for each other.
fn circles(drafts: &[Draft<'_>]) -> Vec<Diagnostic> {
    let number = |name: &str| drafts.iter().position(|draft| draft.name == name);
    let waits: Vec<Vec<usize>> = drafts
        .iter()
        .map(|draft| waits(&draft.lookup).iter().filter_map(entry_of).filter_map(number).collect())
        .collect();
    let mut circles: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, knot) in knots(&waits).into_iter().enumerate() {
        circles.entry(knot).or_default().push(index);
    }
    let is_circle = |all: &Vec<usize>| all.len() > 1 || waits[all[0]].contains(&all[0]);
    let told = circles.into_values().filter(is_circle).map(|all| {
        let names = all.iter().chain(all.first()).map(|index| drafts[*index].name);
        let names: Vec<&str> = names.collect();
        Diagnostic::error(format!("a circle: {}", names.join(" -> ")))
            .at(Some(drafts[all[0]].at.location()))
            .because("each is looked up by a fact of another one")
    });
    told.collect()
}

/// What is to be looked up, with what is known put in place.
pub(super) fn settle(
    drafts: Vec<Draft<'_>>,
    (asked_of, known): (&BTreeMap<String, BTreeSet<String>>, &Known),
    oracle: &Oracle<'_>,
    settled: &[(&Written<'_>, Prepared)],
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<Address, Referred> {
    let mut existing = BTreeMap::new();
    for Draft { name, sight, lookup, at, said } in drafts {
        let facts = asked_of.get(name).cloned().unwrap_or_default();
        let lookup = Lookup { facts, ..lookup.filled(&|fact| known.get(fact)) };
        let own = settled.iter().find(|(written, prepared)| {
            written.kind.name == lookup.kind && lookup.by == By::Name(prepared.identity.clone())
        });
        let problem = match (&lookup.by, own) {
            (By::Arn(arn), _) if !document::is_pending(arn) => astray(arn, sight, oracle),
            (_, Some((own, _))) => Some(
                Diagnostic::error(format!("{lookup} belongs to this very stack"))
                    .because(format!("`{}` declares it", own.address))
                    .hint(format!("refer to it as `${{{}.FACT}}`", own.address)),
            ),
            _ => None,
        };
        problems.extend(problem.map(|problem| problem.at(Some(at.location()))));
        let address = Address::new(EXISTING).join(name);
        existing.insert(address, Referred { lookup, at: at.location(), said });
    }
    existing
}

/// Why nothing of an ARN can be looked up.
fn astray(arn: &str, sight: &Sight, oracle: &Oracle<'_>) -> Option<Diagnostic> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, _, region, account, _] = parts[..] else {
        let problem = Diagnostic::error(format!("`{arn}` is not an ARN"));
        return Some(
            problem.hint("an ARN reads like `arn:aws:sqs:eu-central-1:123456789012:orders`"),
        );
    };
    let place = oracle.claimant.place;
    let elsewhere = |noun: &str, theirs: &str, here: &str| {
        let summary = format!("{arn} is in {noun} {theirs}, and is not looked up from {here}");
        let problem = Diagnostic::error(summary);
        problem.hint("write the ARN itself where it is needed: no look is needed for that")
    };
    if place.knows_region() && !region.is_empty() && region != place.region {
        return Some(elsewhere("the region", region, &place.region));
    }
    if !oracle.catalog.is_arn_of(&sight.kind, arn) {
        let problem = Diagnostic::error(format!("{arn} is no ARN of a {}", sight.kind));
        return Some(problem.hint(format!("`ccprov kinds {}` tells of the kind", sight.kind)));
    }
    if place.knows_account() && !account.is_empty() && account != place.account {
        return Some(elsewhere("the account", account, &place.account));
    }
    None
}
