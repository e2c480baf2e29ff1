//! `probes`: what the user of a stack has tried of it, from paper to a checked script.
//!
//! Its form is checked here; whether a target is one, and is given what it asks for,
//! the [`Catalog`](crate::model::Catalog) says.

mod draft;
mod executions;
mod schema;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;

pub(super) use self::schema::{editor_definitions, editor_probes};
use super::expand::{Env, Expansion, Switch};
use super::predict::{Known, Oracle};
use super::shape;
use super::source::Mark;
use super::spelling;
use super::suggest::listed;
use super::tree::{Entry, Map, Node, Value};
use crate::model::document::fill;
use crate::model::{Address, Desired, Diagnostic, Level, Origin, Probe, Problem, document};

const KEYS: &[&str] =
    &["send", "expect", "expect_not", "after", "within", "level", "cleanup", "when", "unless"];
const CLOSING: &[&str] = &["send", "expect"];
/// Most probes of a stack: they run side by side, and each sends.
const MOST: usize = 200;
/// How long what is expected may take, where nothing is said: a message that is
/// delivered takes a second or two, and a function that was asleep some more.
const WITHIN: Duration = Duration::from_secs(30);
const SHORTEST: Duration = Duration::from_secs(1);
/// A function may run for as long.
const LONGEST: Duration = Duration::from_mins(15);

/// A probe as it is written, with every reference worked out as far as it can be
/// before anything exists.
pub(super) struct Draft {
    name: String,
    /// What was said under `send`, `expect`, `expect_not` and `after`, checked.
    parts: Map,
    within: Duration,
    level: Level,
    keeps: bool,
    at: Mark,
    top: Mark,
    /// In which use of a pattern it is written.
    within_pattern: Option<Address>,
}

/// Every probe of the stack file and of the patterns in use that is well said; the
/// problems of the others go to the expansion. `checks` are names that are taken.
pub(super) fn of(
    expansion: &mut Expansion<'_>,
    section: Option<&Map>,
    checks: &[&str],
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for scope in 0..expansion.scopes.len() {
        let probes = match expansion.pattern(scope) {
            Some(pattern) => Some(&pattern.probes),
            None => section,
        };
        for (name, entry) in probes.into_iter().flatten() {
            if drafts.len() == MOST {
                let summary = format!("the stack has more than {MOST} probes");
                let at = Some(entry.key_at.location());
                expansion.report(scope, Diagnostic::error(summary).at(at));
                return drafts;
            }
            drafts.extend(draft(expansion, scope, (name, entry), checks));
        }
    }
    drafts
}

fn draft(
    expansion: &mut Expansion<'_>,
    scope: usize,
    (name, entry): (&str, &Entry),
    checks: &[&str],
) -> Option<Draft> {
    let before = expansion.problems.len();
    let map = expansion.shaped(scope, |found| {
        let is_free = may_be_called((name, scope), &entry.key_at, checks, found);
        let map = shape::map(&entry.node, name, found)?;
        shape::only_keys(map, KEYS, "a probe", found);
        is_free.then_some(map)
    })?;
    let env = Env { in_probe: true, ..Env::of(scope) };
    if let Switch::Off(_) = expansion.switch(map, &env)? {
        return None;
    }
    let within = expansion.evaluated(map, "within", &env);
    let level = expansion.evaluated(map, "level", &env);
    let cleanup = expansion.evaluated(map, "cleanup", &env);
    let (within, level, keeps) = expansion.shaped(scope, |found| {
        Some((
            duration(within.as_ref(), found),
            of_level(level.as_ref(), found),
            keeps(cleanup.as_ref(), found),
        ))
    })?;
    let parts = expansion.parts(map, &entry.key_at, &env);
    let (address, top) = match &expansion.scopes[scope].usage {
        Some(usage) => (Some(usage.address.clone()), usage.top.clone()),
        None => (None, entry.key_at.clone()),
    };
    (expansion.problems.len() == before).then(|| Draft {
        name: address.as_ref().map_or_else(|| name.to_owned(), |it| it.join(name).to_string()),
        parts,
        within,
        level,
        keeps,
        at: entry.key_at.clone(),
        top,
        within_pattern: address,
    })
}

/// A problem if a probe cannot be called so: `--only` takes names of checks and of
/// probes.
fn may_be_called(
    (name, scope): (&str, usize),
    at: &Mark,
    checks: &[&str],
    found: &mut Vec<Diagnostic>,
) -> bool {
    // With dots it is called as `ccprov render` writes what a pattern brought.
    let parts: Vec<&str> = if scope == 0 { name.split('.').collect() } else { vec![name] };
    if !parts.iter().all(|part| shape::is_name(part)) {
        return shape::name(name, at, found);
    }
    if checks.contains(&name) {
        let problem = Diagnostic::error(format!("`{name}` is the name of a check"));
        let problem = problem.because("`verify --only` could mean either");
        found.push(problem.at(Some(at.location())));
        return false;
    }
    true
}

fn duration(node: Option<&Node>, found: &mut Vec<Diagnostic>) -> Duration {
    let Some(node) = node else { return WITHIN };
    let Some(text) = shape::text(node, "within", found) else { return WITHIN };
    match humantime::parse_duration(text) {
        Ok(length) if (SHORTEST..=LONGEST).contains(&length) => length,
        Ok(_) | Err(_) => {
            let problem = Diagnostic::error(format!("`{text}` is no length of time for `within`"))
                .at(Some(node.at.location()))
                .because("it may be from 1s to 15m, with its unit: `30s`, `2m`, `1m 30s`");
            found.push(problem);
            WITHIN
        }
    }
}

fn of_level(node: Option<&Node>, found: &mut Vec<Diagnostic>) -> Level {
    let levels = [("note", Level::Note), ("warning", Level::Warning), ("error", Level::Error)];
    let Some(node) = node else { return Level::Error };
    let known = levels.iter().find(|(word, _)| node.as_text() == Some(*word));
    if known.is_none() {
        found.push(no_option(node, "level", &levels.map(|(word, _)| word)));
    }
    known.map_or(Level::Error, |(_, level)| *level)
}

fn keeps(node: Option<&Node>, found: &mut Vec<Diagnostic>) -> bool {
    let words = ["automatic", "keep"];
    let Some(node) = node else { return false };
    if !node.as_text().is_some_and(|text| words.contains(&text)) {
        found.push(no_option(node, "cleanup", &words));
    }
    node.as_text() == Some("keep")
}

fn no_option(node: &Node, key: &str, options: &[&str]) -> Diagnostic {
    let what =
        node.scalar_text().map_or_else(|| node.type_name().to_owned(), |it| format!("`{it}`"));
    Diagnostic::error(format!("`{key}` is one of {}, not {what}", listed(options.iter().copied())))
        .at(Some(node.at.location()))
}

/// The probes of a stack; none while anything else is wrong with it, which every probe
/// of that would miss.
pub(super) fn settle(
    drafts: &[Draft],
    known: &Known,
    oracle: &Oracle<'_>,
    resources: &BTreeMap<Address, Desired>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Probe> {
    if !problems.is_empty() {
        return Vec::new();
    }
    let mut probes = Vec::new();
    for draft in drafts {
        let Some(probe) = draft.probe(known) else { continue };
        let found = oracle.catalog.check_probe(&probe, oracle.claimant.place, resources);
        problems.extend(found.into_iter().map(|problem| draft.told(problem)));
        probes.push(probe);
    }
    probes.sort_by(|one, other| one.name.cmp(&other.name));
    probes
}

impl Draft {
    /// Where it is written, for who reads a finding about it.
    pub(super) fn origin(&self) -> (Address, Origin) {
        let is_users = self.at.source.path.is_some();
        let origin = match &self.within_pattern {
            Some(within) if is_users => Origin {
                at: self.at.location(),
                used: Some(self.top.location()),
                within: Some(within.clone()),
            },
            Some(_) | None => Origin::of(self.top.location()),
        };
        (Address::new(format!("probe {}", self.name)), origin)
    }

    fn probe(&self, known: &Known) -> Option<Probe> {
        let value = |key: &str| {
            let node = self.parts.get(key).map(|entry| entry.node.to_json());
            node.map(|value| fill(&value, &|fact| known.get(fact)))
        };
        let list = |key: &str| value(key).unwrap_or_else(|| Json::Array(Vec::new()));
        let script = serde_json::json!({
            "send": list("send"),
            "expect": list("expect"),
            "expect_not": list("expect_not"),
        });
        Some(Probe {
            name: self.name.clone(),
            script: serde_json::from_value(script).ok()?,
            after: match value("after") {
                Some(after) => Some(serde_json::from_value(after).ok()?),
                None => None,
            },
            within: self.within,
            level: self.level,
            keeps: self.keeps,
        })
    }

    /// A problem of the catalog, at its place.
    fn told(&self, problem: Problem) -> Diagnostic {
        let node = Node::new(Value::Map(self.parts.clone()), &self.at);
        let at = node.mark_at(&problem.path).location();
        let mut told = Diagnostic::error(problem.message).at(Some(at));
        told.hints.extend(problem.hint);
        told.because(format!("in the probe `{}`", self.name))
    }
}

impl Expansion<'_> {
    /// What stands under a key, worked out; `None` if nothing does.
    fn evaluated(&mut self, map: &Map, key: &str, env: &Env) -> Option<Node> {
        let node = &map.get(key)?.node;
        self.evaluate(node, env).filter(|node| !node.is_null())
    }
}
