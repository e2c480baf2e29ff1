//! `moved`: which resources had another address before.
//!
//! What a pattern says of its own resources holds in every use of it, also by the addresses
//! that the use itself had: nobody knows which was renamed first. What comes of all
//! is the former addresses of each resource; nothing here looks at what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::expand::{Expansion, Meaning};
use super::load::StackFile;
use super::moves::{MOST_FORMER, Move, Moves, Step, before, within};
use super::source::Mark;
use super::suggest::did_you_mean;
use super::tree::{Entry, Map};
use crate::model::{Address, Diagnostic, Moved};

/// The former addresses of resources, the first first.
pub(super) type Former = BTreeMap<Address, Vec<Address>>;

/// What the sections say of the resources that are declared.
pub(super) fn of<'a>(expansion: &mut Expansion<'a>, section: Option<&'a Map>) -> Former {
    let sections = sections(expansion, section);
    let declared: BTreeSet<Address> =
        expansion.declared.iter().map(|declared| declared.address.clone()).collect();
    for (scope, one) in sections.iter().flat_map(|it| it.all.iter().map(|one| (it.scope, one))) {
        if !one.is_of_before
            && !declared.iter().any(|address| within(address.as_str(), &one.new).is_some())
            && !sections.iter().any(|moves| moves.leads_on(one))
            && !expansion.is_without_resources(&one.new, &one.entry.node.at)
        {
            expansion.report(scope, not_declared(one, &declared));
        }
    }
    let mut former = Former::new();
    let mut told = BTreeSet::new();
    for address in &declared {
        let steps = before(&sections, address);
        let of =
            |step: &Step| (sections[step.section].scope, &sections[step.section].all[step.entry]);
        if let Some(step) = steps.iter().find(|step| declared.contains(&step.before)) {
            if told.insert((step.section, step.entry)) {
                let (scope, entry) = of(step);
                expansion.report(scope, still_declared(entry, &step.before, address));
            }
            continue;
        }
        if let Some(step) = steps.get(MOST_FORMER) {
            let problem =
                Diagnostic::error(format!("`{address}` moved more than {MOST_FORMER} times"));
            let (scope, entry) = of(step);
            let problem = problem.at(Some(entry.entry.key_at.location()));
            expansion.report(scope, problem.hint("state its name, and take it out of `moved`"));
        }
        if !steps.is_empty() {
            let former_ones = steps.into_iter().rev().map(|step| step.before);
            former.insert(address.clone(), former_ones.collect());
        }
    }
    former
}

/// The same of what is declared no more: which addresses lead to which, also in every use of a
/// pattern that there may have been.
pub(super) fn ever(file: &StackFile) -> Moved {
    let stated = file.section("moved").map(pairs).unwrap_or_default();
    let in_patterns = file.library.patterns().flat_map(|pattern| pairs(&pattern.moved));
    let in_patterns: BTreeSet<(String, String)> = in_patterns.collect();
    Moved { stated, in_patterns: in_patterns.into_iter().collect() }
}

fn pairs(section: &Map) -> Vec<(String, String)> {
    let text = |(old, entry): (&String, &Entry)| Some((old.clone(), entry.node.as_text()?.into()));
    section.iter().filter_map(text).collect()
}

/// What the stack file says, and then each use of a pattern, those around before those within.
fn sections<'a>(expansion: &mut Expansion<'a>, section: Option<&'a Map>) -> Vec<Moves<'a>> {
    let mut sections: Vec<Moves<'a>> = Vec::new();
    if let Some(section) = section {
        let whole = [String::new()];
        sections.push(Moves::of(section, 0, &whole, &mut expansion.problems));
    }
    for (scope, it) in expansion.scopes.iter().enumerate() {
        let Some(usage) = it.usage.as_ref().filter(|usage| !usage.pattern.moved.is_empty()) else {
            continue;
        };
        let had = before(&sections, &usage.address).into_iter().map(|step| step.before);
        let around: Vec<String> =
            [usage.address.clone()].into_iter().chain(had).map(|it| format!("{it}.")).collect();
        // What is wrong with it by itself was told when it was read.
        sections.push(Moves::of(&usage.pattern.moved, scope, &around, &mut Vec::new()));
    }
    sections
}

fn not_declared(one: &Move<'_>, declared: &BTreeSet<Address>) -> Diagnostic {
    let Move { old, new, entry, .. } = one;
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
