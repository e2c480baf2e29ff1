//! One section of `moved`: its entries, and what they say of an address.
//!
//! An entry stands for all that is within its two addresses, so that a use of a pattern, or
//! a whole `for_each`, moves by one. Of several that lead to an address the longest counts.
//! What is declared is not known here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::shape;
use super::source::Mark;
use super::tree::{Entry, Map};
use crate::model::{Address, Diagnostic};

/// Most addresses that a resource had. Whoever has moved something as often states its name.
pub(super) const MOST_FORMER: usize = 32;

/// One entry that is sound by itself.
pub(super) struct Move<'a> {
    pub(super) old: String,
    pub(super) new: String,
    pub(super) entry: &'a Entry,
    /// Whether it is about what an address was within before, and is no more.
    pub(super) is_of_before: bool,
}

/// Every sound entry of one section, by either address.
#[derive(Default)]
pub(super) struct Moves<'a> {
    /// The scope that says it: the stack file, or a use of a pattern.
    pub(super) scope: usize,
    pub(super) all: Vec<Move<'a>>,
    by_old: BTreeMap<String, usize>,
    by_new: BTreeMap<String, usize>,
}

/// One step back: a section, an entry of it, and the address before.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) section: usize,
    pub(super) entry: usize,
    pub(super) before: Address,
}

/// The problems of a pattern's section, whoever uses it.
pub(super) fn check(section: &Map, problems: &mut Vec<Diagnostic>) {
    Moves::of(section, 0, &[String::new()], problems);
}

/// The addresses that one had, the last first, and by what. Sections speak of different parts of
/// an address, so that of two that lead on either may have been the last.
pub(super) fn before(sections: &[Moves<'_>], address: &Address) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    let mut next: VecDeque<Vec<Step>> = [Vec::new()].into();
    while let Some(way) = next.pop_front() {
        let now = way.last().map_or(address, |step| &step.before);
        for (section, moves) in sections.iter().enumerate() {
            let is_done = |entry: usize| {
                way.iter().any(|step| (step.section, step.entry) == (section, entry))
            };
            let Some((entry, before)) = moves.before(now) else { continue };
            // Each was done once: what is moved into itself does not move again.
            if is_done(entry) || found.len() > MOST_FORMER {
                continue;
            }
            let step = Step { section, entry, before };
            if found.iter().all(|known| known.before != step.before) {
                found.push(step.clone());
                next.push_back(way.iter().cloned().chain([step]).collect());
            }
        }
    }
    found
}

impl<'a> Moves<'a> {
    /// The entries of a section, once within each of these addresses; of the first they tell
    /// what is, of the others what was.
    pub(super) fn of(
        section: &'a Map,
        scope: usize,
        around: &[String],
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut moves = Self { scope, ..Self::default() };
        for (position, around) in around.iter().enumerate() {
            moves.read(section, (around, position > 0), problems);
        }
        let circles = moves.in_circles();
        problems.extend(circles.iter().map(|circle| in_circle(circle)));
        let turning: BTreeSet<String> =
            circles.into_iter().flatten().map(|one| one.old.clone()).collect();
        moves.by_old.retain(|old, _| !turning.contains(old));
        let all = &moves.all;
        moves.by_new.retain(|_, index| !turning.contains(&all[*index].old));
        moves
    }

    fn read(
        &mut self,
        section: &'a Map,
        (around, is_of_before): (&str, bool),
        problems: &mut Vec<Diagnostic>,
    ) {
        for (old, entry) in section.iter().filter(|(_, entry)| !entry.node.is_null()) {
            let is_old = is_address(old, &entry.key_at, problems);
            let Some(new) = shape::text(&entry.node, "an address", problems) else { continue };
            if !is_address(new, &entry.node.at, problems) || !is_old {
                continue;
            }
            let (old, new) = (format!("{around}{old}"), format!("{around}{new}"));
            if let Some(other) = self.by_new.get(&new) {
                problems.push(two_for_one(&new, &self.all[*other].old, &old, &entry.node.at));
                continue;
            }
            self.by_old.insert(old.clone(), self.all.len());
            self.by_new.insert(new.clone(), self.all.len());
            self.all.push(Move { old, new, entry, is_of_before });
        }
    }

    /// The entries that lead back to where they begin, each circle once.
    fn in_circles(&self) -> Vec<Vec<&Move<'a>>> {
        let (mut circles, mut seen) = (Vec::new(), BTreeSet::new());
        for begin in &self.all {
            let (mut chain, mut at) = (Vec::new(), Some(begin));
            while let Some(one) = at.filter(|one| seen.insert(&one.old)) {
                chain.push(one);
                at = self.by_old.get(&one.new).map(|index| &self.all[*index]);
            }
            let closes = at.and_then(|one| chain.iter().position(|link| link.old == one.old));
            circles.extend(closes.map(|from| chain.split_off(from)));
        }
        circles
    }

    /// Whether what an entry leads to, or a part of that, has moved on.
    pub(super) fn leads_on(&self, one: &Move<'_>) -> bool {
        let moved = |other: &Move<'_>| {
            other.old != one.old
                && (within(&other.old, &one.new).is_some()
                    || within(&one.new, &other.old).is_some())
        };
        self.all.iter().any(moved)
    }

    /// The address that one had before, and by which entry.
    fn before(&self, now: &Address) -> Option<(usize, Address)> {
        let index = longest(&self.by_new, now.as_str())?;
        let Move { old, new, .. } = &self.all[index];
        let before = format!("{old}{}", within(now.as_str(), new).unwrap_or_default());
        // Or else an entry of its own says that it went elsewhere.
        let is_its = longest(&self.by_old, &before) == Some(index);
        is_its.then(|| (index, Address::new(before)))
    }
}

/// What an address has behind another, if it is that one or within it.
pub(super) fn within<'t>(address: &'t str, around: &str) -> Option<&'t str> {
    let rest = address.strip_prefix(around)?;
    (rest.is_empty() || rest.starts_with('.')).then_some(rest)
}

/// The longest of these addresses that one is, or is within.
fn longest(of: &BTreeMap<String, usize>, address: &str) -> Option<usize> {
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
    let chain = circle.iter().chain(circle.first()).map(|one| one.old.as_str());
    let chain: Vec<String> = chain.map(|old| format!("`{old}`")).collect();
    let summary = format!("`moved` goes in a circle: {}", chain.join(" -> "));
    let at = circle.first().map(|one| one.entry.key_at.location());
    Diagnostic::error(summary)
        .at(at)
        .because("nobody could tell which object has which name")
        .hint("to have two change places, state the name of each object, and leave out `moved`")
}
