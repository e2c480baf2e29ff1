//! `moved`: which resources had another address before.
//!
//! An entry stands for all that is within its two addresses, so that a use of a pattern, or
//! a whole `for_each`, moves by one. Of several that lead to a resource the longest
//! counts. What comes of it is the former addresses of each resource; nothing here
//! looks at what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::expand::{Expansion, Meaning};
use super::shape;
use super::source::Mark;
use super::suggest::did_you_mean;
use super::tree::{Entry, Map};
use crate::model::{Address, Diagnostic};

/// Most addresses that a resource had. Whoever has moved something as often states its name.
const MOST_FORMER: usize = 32;

/// The former addresses of resources, the first first.
pub(super) type Former = BTreeMap<Address, Vec<Address>>;

/// One entry that is sound by itself.
struct Move<'a> {
    old: &'a str,
    new: &'a str,
    entry: &'a Entry,
}

/// Every sound entry, by either address.
#[derive(Default)]
struct Moves<'a> {
    all: Vec<Move<'a>>,
    by_old: BTreeMap<&'a str, usize>,
    by_new: BTreeMap<&'a str, usize>,
}

/// What the section says of the resources that are declared.
pub(super) fn of(expansion: &mut Expansion<'_>, section: Option<&Map>) -> Former {
    let Some(section) = section else { return Former::new() };
    let moves = Moves::of(section, &mut expansion.problems);
    let declared: BTreeSet<Address> =
        expansion.declared.iter().map(|declared| declared.address.clone()).collect();
    for one in &moves.all {
        if !declared.iter().any(|address| within(address.as_str(), one.new).is_some())
            && !moves.leads_on(one)
            && !expansion.is_without_resources(one.new, &one.entry.node.at)
        {
            let problem = not_declared(one, &declared);
            expansion.problems.push(problem);
        }
    }
    let mut former = Former::new();
    let mut told = BTreeSet::new();
    for address in &declared {
        let steps = moves.before(address);
        if let Some((entry, before)) = steps.iter().find(|(_, it)| declared.contains(it)) {
            if told.insert(*entry) {
                expansion.problems.push(still_declared(&moves.all[*entry], before, address));
            }
            continue;
        }
        if let Some((entry, _)) = steps.get(MOST_FORMER) {
            let problem =
                Diagnostic::error(format!("`{address}` moved more than {MOST_FORMER} times"));
            let at = Some(moves.all[*entry].entry.key_at.location());
            expansion
                .problems
                .push(problem.at(at).hint("state its name, and take it out of `moved`"));
        }
        if !steps.is_empty() {
            former.insert(address.clone(), steps.into_iter().rev().map(|step| step.1).collect());
        }
    }
    former
}

impl<'a> Moves<'a> {
    fn of(section: &'a Map, problems: &mut Vec<Diagnostic>) -> Self {
        let mut moves = Self::default();
        for (old, entry) in section.iter().filter(|(_, entry)| !entry.node.is_null()) {
            let is_old = is_address(old, &entry.key_at, problems);
            let Some(new) = shape::text(&entry.node, "an address", problems) else { continue };
            if !is_address(new, &entry.node.at, problems) || !is_old {
                continue;
            }
            if let Some(other) = moves.by_new.get(new) {
                problems.push(two_for_one(new, moves.all[*other].old, old, &entry.node.at));
                continue;
            }
            moves.by_old.insert(old, moves.all.len());
            moves.by_new.insert(new, moves.all.len());
            moves.all.push(Move { old, new, entry });
        }
        let circles = moves.in_circles();
        problems.extend(circles.iter().map(|circle| in_circle(circle)));
        let turning: BTreeSet<&str> = circles.into_iter().flatten().map(|one| one.old).collect();
        moves.by_old.retain(|old, _| !turning.contains(old));
        let all = &moves.all;
        moves.by_new.retain(|_, index| !turning.contains(all[*index].old));
        moves
    }

    /// The entries that lead back to where they begin, each circle once.
    fn in_circles(&self) -> Vec<Vec<&Move<'a>>> {
        let (mut circles, mut seen) = (Vec::new(), BTreeSet::new());
        for begin in &self.all {
            let (mut chain, mut at) = (Vec::new(), Some(begin));
            while let Some(one) = at.filter(|one| seen.insert(one.old)) {
                chain.push(one);
                at = self.by_old.get(one.new).map(|index| &self.all[*index]);
            }
            let closes = at.and_then(|one| chain.iter().position(|link| link.old == one.old));
            circles.extend(closes.map(|from| chain.split_off(from)));
        }
        circles
    }

    /// Whether what an entry leads to, or a part of that, has moved on.
    fn leads_on(&self, one: &Move<'_>) -> bool {
        let moved = |other: &Move<'_>| {
            other.old != one.old
                && (within(other.old, one.new).is_some() || within(one.new, other.old).is_some())
        };
        self.all.iter().any(moved)
    }

    /// The addresses that a resource had, the last first, and by which entry.
    fn before(&self, address: &Address) -> Vec<(usize, Address)> {
        let mut steps: Vec<(usize, Address)> = Vec::new();
        while steps.len() <= MOST_FORMER {
            let now = steps.last().map_or(address, |(_, before)| before).clone();
            // Each was done once: what is moved into itself does not move again.
            let is_new = |index: &usize| steps.iter().all(|(done, _)| done != index);
            let Some(index) = longest(&self.by_new, now.as_str()).filter(is_new) else { break };
            let Move { old, new, .. } = &self.all[index];
            let before = format!("{old}{}", within(now.as_str(), new).unwrap_or_default());
            if longest(&self.by_old, &before) != Some(index) {
                // An entry of its own says that it went elsewhere.
                break;
            }
            steps.push((index, Address::new(before)));
        }
        steps
    }
}

/// What an address has behind another, if it is that one or within it.
fn within<'t>(address: &'t str, around: &str) -> Option<&'t str> {
    let rest = address.strip_prefix(around)?;
    (rest.is_empty() || rest.starts_with('.')).then_some(rest)
}

/// The longest of these addresses that one is, or is within.
fn longest(of: &BTreeMap<&str, usize>, address: &str) -> Option<usize> {
    let mut around = address;
    loop {
        if let Some(index) = of.get(around) {
            return Some(*index);
        }
        around = around.rsplit_once('.')?.0;
    }
}

/// Whether a text can be an address, or a problem.
fn is_address(text: &str, at: &Mark, problems: &mut Vec<Diagnostic>) -> bool {
    if shape::is_address(text) {
        return true;
    }
    let problem = Diagnostic::error(format!("`{text}` is not an address"))
        .at(Some(at.location()))
        .because("an address is names and dots alone: `claimcheck.queue`");
    problems.push(shape::without_references(problem, text));
    false
}

fn two_for_one(new: &str, one: &str, other: &str, at: &Mark) -> Diagnostic {
    Diagnostic::error(format!("`{one}` and `{other}` cannot both be `{new}` by now"))
        .at(Some(at.location()))
        .because("what is declared once is one object")
        .hint("leave out the one whose object is to go")
}

fn in_circle(circle: &[&Move<'_>]) -> Diagnostic {
    let chain = circle.iter().map(|one| one.old).chain(circle.first().map(|one| one.old));
    let chain: Vec<String> = chain.map(|old| format!("`{old}`")).collect();
    let summary = format!("`moved` goes in a circle: {}", chain.join(" -> "));
    let at = circle.first().map(|one| one.entry.key_at.location());
    Diagnostic::error(summary)
        .at(at)
        .because("nobody could tell which object has which name")
        .hint("to have two change places, state the name of each object, and leave out `moved`")
}

fn not_declared(one: &Move<'_>, declared: &BTreeSet<Address>) -> Diagnostic {
    let Move { old, new, entry } = one;
    let problem = Diagnostic::error(format!("`{new}` is not declared"))
        .at(Some(entry.node.at.location()))
        .because(format!("`moved` says that it is what `{old}` was"));
    let problem = did_you_mean(problem, new, declared.iter().map(Address::as_str));
    problem.hint("write the old address first, then the new one: `moved: { OLD: NEW }`")
}

fn still_declared(one: &Move<'_>, before: &Address, now: &Address) -> Diagnostic {
    Diagnostic::error(format!("`{before}` is still declared"))
        .at(Some(one.entry.key_at.location()))
        .because(format!("`moved` says that it is `{now}` by now, and one object cannot be both"))
        .hint(format!(
            "if `{before}` is another one by now, take this out of `moved`, and state the name of \
             `{now}`"
        ))
}

impl<'a> Expansion<'a> {
    /// Whether an address of the stack file is one that a condition or an empty `for_each`
    /// leaves without resources; or one with which something else is wrong.
    fn is_without_resources(&mut self, address: &str, at: &Mark) -> bool {
        let names: Vec<&str> = address.split('.').collect();
        let resources: &'a Map = self.scopes[0].resources;
        let is_stated = |count: &usize| resources.contains_key(&names[..*count].join("."));
        let Some(count) = (1..=names.len()).rev().find(is_stated) else { return false };
        let mut meaning = self.entry(0, &names[..count].join("."), at);
        for name in &names[count..] {
            meaning = match meaning {
                Some(Meaning::Group(group)) if group.is_empty() => return true,
                Some(Meaning::Group(group)) => match group.get(*name) {
                    Some(element) => Some(element.clone()),
                    None => return false,
                },
                Some(Meaning::Instance(scope)) => {
                    let resources: &'a Map = self.scopes[scope].resources;
                    if !resources.contains_key(*name) {
                        return false;
                    }
                    self.entry(scope, name, at)
                }
                Some(Meaning::Resource(_)) => return false,
                Some(Meaning::Off(_)) | None => return true,
            };
        }
        true
    }
}
