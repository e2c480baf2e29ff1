//! The stacks that one uses, checked on paper, each in its own place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Checked, check_within};
use crate::model::{Address, Catalog, Desired, Diagnostic, Place, TAGS, UsedStack, document};
use crate::spec::inputs::Inputs;
use crate::spec::learned::Learned;
use crate::spec::lent::{self, Lent, LentBy};
use crate::spec::load::{StackFile, Used};
use crate::spec::predict::Known;
use crate::spec::written::Written;

/// A stack whose outputs another refers to, as far as paper tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Lender {
    /// Where it is taken to be.
    pub place: Place,
    /// What it is.
    pub checked: Arc<Checked>,
    /// The outputs that are referred to.
    pub outputs: BTreeSet<String>,
}

/// What was checked already: many may use one stack.
#[derive(Default)]
pub(super) struct Desk(BTreeMap<(*const StackFile, Place), Option<Arc<Checked>>>);

/// The stacks that a file uses, and what is wrong with them.
#[derive(Default)]
pub(super) struct Lenders {
    sound: BTreeMap<String, (Place, Arc<Checked>)>,
    pub(super) problems: Vec<Diagnostic>,
}

impl Lenders {
    /// Checks each of them.
    pub(super) fn of(
        file: &StackFile,
        here: &Place,
        catalog: &dyn Catalog,
        inputs: &Inputs<'_>,
        desk: &mut Desk,
    ) -> Self {
        let mut lenders = Self::default();
        for (alias, used) in file.uses() {
            let place = used.place(here);
            let key = (Arc::as_ptr(&used.file), place.clone());
            let known = desk.0.get(&key).cloned();
            let checked = known.unwrap_or_else(|| {
                let learned = Learned::default();
                let with = (inputs, &learned, &mut *desk);
                let checked = check_within(&used.file, &place, catalog, with, |it| it.checked);
                let checked = checked.and_then(|checked| checked);
                let checked = checked.map_err(|mut found| lenders.problems.append(&mut found));
                let checked = checked.ok().map(Arc::new);
                desk.0.insert(key, checked.clone());
                checked
            });
            if let Some(checked) = checked {
                lenders.sound.insert(alias.clone(), (place, checked));
            }
        }
        lenders
    }

    /// What they lend, where looking has shown more than paper tells.
    pub(super) fn lent(&self, file: &StackFile, learned: &Learned) -> Lent {
        let mut lent = Lent { stacks: BTreeMap::new(), facts: learned.facts.clone() };
        for (alias, used) in file.uses() {
            let outputs = self.sound.get(alias).map(|(_, it)| it.stack.outputs.clone());
            let mut texts = outputs.as_ref().map(lent::texts_of).unwrap_or_default();
            let facts = lent.facts.entry(Address::new(alias)).or_default();
            texts.extend(std::mem::take(facts));
            *facts = texts;
            let names = used.file.section("outputs").into_iter().flatten();
            let names = names.map(|(name, _)| name.clone()).collect();
            let by = LentBy { file: used.name.clone(), names: Some(names), outputs };
            lent.stacks.insert(alias.clone(), by);
        }
        for alias in &file.uses.broken {
            let by = LentBy { file: String::new(), names: None, outputs: None };
            lent.stacks.insert(alias.clone(), by);
        }
        lent
    }

    /// Who they are, and what is referred to of each.
    pub(super) fn referred(
        self,
        borrowed: &BTreeSet<(String, String)>,
    ) -> BTreeMap<String, Lender> {
        let lender = |(alias, (place, checked))| {
            let outputs = borrowed.iter().filter(|(of, _)| *of == alias);
            let outputs = outputs.map(|(_, output)| output.clone()).collect();
            (alias, Lender { place, checked, outputs })
        };
        self.sound.into_iter().map(lender).collect()
    }
}

impl Used {
    /// Where a stack is that one uses which is here: where its file says, and else here.
    pub fn place(&self, here: &Place) -> Place {
        Place {
            account: self.file.account().unwrap_or(&here.account).to_owned(),
            region: self.file.region().unwrap_or(&here.region).to_owned(),
            ..here.clone()
        }
    }
}

/// What is told of the stacks that one uses.
pub(super) fn told(
    file: &StackFile,
    lenders: &BTreeMap<String, Lender>,
    lent: &Lent,
    known: &Known,
) -> BTreeMap<String, UsedStack> {
    let told = |(alias, lender): (&String, &Lender)| {
        let value = |output: &String| {
            let at = &file.uses().get(alias)?.at;
            let value = lent.node(alias, output, at)?.to_json();
            Some((output.clone(), document::fill(&value, &|fact| known.get(fact))))
        };
        let used = UsedStack {
            stack: lender.checked.stack.name.clone(),
            file: file.uses().get(alias).map(|it| it.name.clone()).unwrap_or_default(),
            place: lender.place.clone(),
            outputs: lender.outputs.iter().filter_map(value).collect(),
            objects: Vec::new(),
            passed_on: Vec::new(),
        };
        (alias.clone(), used)
    };
    lenders.iter().map(told).collect()
}

/// Most characters of a tag (Tagging Best Practices), and most tags of an object of which the
/// user's may be: ours are up to five then.
const MOST_CHARACTERS: usize = 256;
const MOST_TAGS: usize = 45;

/// Notes at each resource that can carry tags whose outputs it holds.
pub(super) fn mark(
    desired: &mut BTreeMap<Address, Desired>,
    resources: &[Written<'_>],
    lenders: &BTreeMap<String, Lender>,
    here: &Place,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for resource in resources.iter().filter(|it| it.kind.tagged && !lenders.is_empty()) {
        let Some(want) = desired.get_mut(&resource.address) else { continue };
        let mentions = resource.mentions();
        let used = mentions.iter().filter_map(|it| lenders.get(it.fact.address.as_str()));
        let mark = |it: &Lender| UsedStack::mark(&it.checked.stack.name, &it.place, here);
        want.lifecycle.uses = used.map(mark).collect();
        problems.extend(overflow(want, resource));
    }
    problems
}

/// The problem of a trace for which there is no room.
fn overflow(want: &Desired, resource: &Written<'_>) -> Option<Diagnostic> {
    let uses = &want.lifecycle.uses;
    let characters = uses.iter().map(|name| name.len() + 1).sum::<usize>();
    let tags =
        want.document.get(TAGS).and_then(|tags| tags.as_object()).map_or(0, serde_json::Map::len);
    let address = &want.address;
    let summary = if characters > MOST_CHARACTERS + 1 {
        format!("`{address}` holds outputs of too many stacks")
    } else if !uses.is_empty() && tags > MOST_TAGS {
        format!("`{address}` has {tags} tags, and holds an output of another stack")
    } else {
        return None;
    };
    Some(Diagnostic::error(summary).at(Some(resource.at.location())).because(format!(
        "one more tag, of {MOST_CHARACTERS} characters at most, says whose outputs it holds; \
         beside it there is room for {MOST_TAGS} of yours"
    )))
}
