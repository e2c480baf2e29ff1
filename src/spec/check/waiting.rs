//! What waits for others when it ought to be known: what is looked up, and names by which
//! objects are looked for.

use std::collections::BTreeSet;

use super::Checked;
use crate::model::{Address, Catalog, Desired, Diagnostic, FactRef, Origin, document};
use crate::spec::existing::{Referred, entry_of};

impl Checked {
    /// A problem for each entry under `existing` that cannot be looked up and each resource that
    /// cannot be looked for, because that waits for others. Stacks that have `yet_to_tell` what
    /// they lend may be waited for.
    pub fn waiting(
        &self,
        yet_to_tell: &BTreeSet<String>,
        catalog: &dyn Catalog,
    ) -> Vec<Diagnostic> {
        let entry = |(address, referred): (&Address, &Referred)| {
            let fact = self.never_told(&referred.lookup.texts(), yet_to_tell)?;
            let problem = Diagnostic::error(format!("`{address}` waits for {fact}"));
            let why = "what exists is looked up before anything is planned";
            Some(self.advised(&fact, problem.at(Some(referred.at.clone())).because(why)))
        };
        let may_wait =
            |want: &&Desired| catalog.kind(&want.kind).is_some_and(|kind| kind.name_may_wait);
        let resource = |want: &Desired| {
            let fact = self.never_told(&[want.identity.as_str()], yet_to_tell)?;
            let problem = Diagnostic::error(format!(
                "the name of `{}` is not known in advance",
                want.address
            ));
            let at = self.origins.get(&want.address).map(|Origin { at, .. }| at.clone());
            let problem = problem.at(at).because(format!("it waits for {fact}"));
            Some(self.advised(&fact, problem))
        };
        let entries = self.existing.iter().filter_map(entry);
        let resources = self.stack.resources.values().filter(|want| !may_wait(want));
        entries.chain(resources.filter_map(resource)).collect()
    }

    /// The first fact of others for which one of some texts waits, and which nobody is going to
    /// tell before the stack is planned.
    fn never_told(&self, texts: &[&str], yet_to_tell: &BTreeSet<String>) -> Option<FactRef> {
        let facts = texts.iter().flat_map(|text| document::pending_facts(&(*text).into()));
        facts.map(|fact| self.end_of(fact)).find(|fact| {
            let name = fact.address.as_str();
            match entry_of(fact).map(|entry| self.existing.get(&existing(entry))) {
                // What it waits for is told of it.
                Some(referred) => referred.is_some_and(|it| !it.lookup.is_pending()),
                None => self.lenders.contains_key(name) && !yet_to_tell.contains(name),
            }
        })
    }

    /// Follows a fact of the stack's own to that from which it is predicted.
    fn end_of(&self, mut fact: FactRef) -> FactRef {
        let mut seen = BTreeSet::new();
        while seen.insert(fact.clone()) {
            let own = self.stack.resources.get(&fact.address);
            let predicted = own.and_then(|want| want.predicted.get(&fact.fact));
            let next =
                predicted.and_then(|it| document::pending_facts(&it.as_str().into()).pop_first());
            let Some(next) = next else { break };
            fact = next;
        }
        fact
    }

    /// The problem with what helps: the stack that is used makes what it promises.
    fn advised(&self, fact: &FactRef, problem: Diagnostic) -> Diagnostic {
        match self.stack.uses.get(fact.address.as_str()) {
            Some(used) => problem.hint(format!(
                "it is known once {file} is applied: `ccprov apply {file}`",
                file = used.file
            )),
            None => problem.hint(format!("AWS says nothing of {fact}: state what is meant")),
        }
    }
}

fn existing(entry: &str) -> Address {
    Address::new(crate::model::EXISTING).join(entry)
}
