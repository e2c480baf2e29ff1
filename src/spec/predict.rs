//! Which facts are known before anything exists.
//!
//! A queue's ARN follows from its name, and a subscription's identity from its
//! topic's ARN. So every kind is asked for its predictions, these are put in
//! place, and the kinds whose documents mention it are asked again, until
//! nothing new is learned. What is still open then is chosen by AWS.

use std::collections::{BTreeMap, BTreeSet};

use super::written::Written;
use crate::model::document::{self, fill};
use crate::model::{
    Address, Catalog, Claimant, Diagnostic, Document, FactRef, Facts, Naming, Prepared,
};

/// The facts that are known, by resource.
#[derive(Default)]
pub(super) struct Known(BTreeMap<Address, Facts>);

impl Known {
    /// The value of a fact.
    pub(super) fn get(&self, fact: &FactRef) -> Option<String> {
        self.0.get(&fact.address)?.get(&fact.fact).cloned()
    }

    /// The fields of a resource with all that is known put in place.
    pub(super) fn fill(&self, document: &Document) -> Document {
        let known = |fact: &FactRef| self.get(fact);
        document
            .iter()
            .map(|(key, value)| (document::fill_text(key, &known), fill(value, &known)))
            .collect()
    }

    /// Adds what a kind predicts, as far as it waits for nothing itself. Never
    /// changes what is known, so that learning comes to an end.
    fn learn(&mut self, address: &Address, predicted: &Facts) -> bool {
        let mut learned = false;
        for (fact, text) in predicted.iter().filter(|(_, text)| !document::is_pending(text)) {
            let facts = self.0.entry(address.clone()).or_default();
            learned |= facts.insert(fact.clone(), text.clone()).is_none();
        }
        learned
    }
}

/// Who is asked, and for which stack.
pub(super) struct Oracle<'a> {
    pub(super) catalog: &'a dyn Catalog,
    pub(super) claimant: Claimant<'a>,
}

impl Oracle<'_> {
    /// What a kind makes of a document.
    pub(super) fn prepare(
        &self,
        resource: &Written<'_>,
        document: &Document,
    ) -> Option<Result<Prepared, Vec<crate::model::Problem>>> {
        self.catalog.prepare(&resource.kind.name, &self.naming(resource), document)
    }

    fn naming(&self, resource: &Written<'_>) -> Naming {
        let named_after = resource.formerly.first().unwrap_or(&resource.address).clone();
        match &resource.named_in {
            Some(stack) => self.claimant.naming_in(stack, named_after),
            None => self.claimant.naming(named_after),
        }
    }

    /// Every fact that can be predicted, with those that were learned elsewhere. What is wrong with a document is told
    /// later, when all is in place.
    pub(super) fn predict(
        &self,
        resources: &[&Written<'_>],
        learned: &BTreeMap<Address, Facts>,
    ) -> Known {
        // Whom to ask again when something is learned of a resource: so a chain of
        // thousands, whose end is known first, is worked out in as many steps.
        let mut mentioned_by: BTreeMap<Address, BTreeSet<usize>> = BTreeMap::new();
        for (index, resource) in resources.iter().enumerate() {
            for mention in resource.mentions() {
                mentioned_by.entry(mention.fact.address).or_default().insert(index);
            }
        }
        let mut known = Known(learned.clone());
        let mut to_ask: BTreeSet<usize> = (0..resources.len()).collect();
        while let Some(index) = to_ask.pop_first() {
            let resource = resources[index];
            let document = known.fill(&document_of(resource));
            let naming = self.naming(resource);
            let predicted = self.catalog.predict(&resource.kind.name, &naming, &document);
            if known.learn(&resource.address, &predicted) {
                to_ask.extend(mentioned_by.get(&resource.address).into_iter().flatten());
            }
        }
        known
    }
}

/// The fields of a resource as a document, facts pending.
pub(super) fn document_of(resource: &Written<'_>) -> Document {
    let mut document = resource.fields.as_map().map(super::tree::fields_of).unwrap_or_default();
    for field in resource.kind.verbatim_fields() {
        let said = resource.fields.as_map().and_then(|map| map.get(field));
        if let Some(entry) = said.filter(|entry| !entry.node.is_null()) {
            document.insert(field.to_owned(), entry.node.to_json_as_said());
        }
    }
    document
}

/// The names of these fields.
pub(super) fn fields_of<T: FromIterator<String>>(resource: &Written<'_>) -> T {
    let stated = resource.fields.as_map().into_iter().flatten();
    stated.filter(|(_, entry)| !entry.node.is_null()).map(|(field, _)| field.clone()).collect()
}

/// The problems of identities that still wait for a fact: a resource whose
/// name AWS will choose cannot be looked for, unless its kind finds it by its owner.
///
/// Silent where the fact belongs to a resource that failed for another reason.
pub(super) fn open_identities(resources: &[(&Written<'_>, Prepared)]) -> Vec<Diagnostic> {
    let prepared: BTreeMap<&Address, &Prepared> =
        resources.iter().map(|(resource, prepared)| (&resource.address, prepared)).collect();
    let mut problems = Vec::new();
    for (resource, own) in resources {
        let waiting = document::pending_facts(&own.identity.as_str().into());
        let Some(fact) = waiting.first() else { continue };
        let because = match trace(&resource.address, fact, &prepared) {
            Trace::Echo => continue,
            // It is asked for when all is checked, and is no fact of the resource.
            Trace::Circle(_) if fact.address == resource.address && !is_fact(resource, fact) => {
                continue;
            }
            Trace::Chosen(_) if resource.kind.name_may_wait => continue,
            Trace::Chosen(fact) => format!("{fact} is chosen by AWS when the resource is created"),
            Trace::Circle(chain) => {
                format!("the names wait for each other: {}", chain.join(" -> "))
            }
        };
        let mention = resource.mentions().into_iter().find(|mention| mention.fact == *fact);
        let at = mention.map_or_else(|| resource.at.clone(), |mention| mention.at);
        let summary = format!("the name of `{}` is not known in advance", resource.address);
        let problem = Diagnostic::error(summary)
            .at(Some(at.narrowed_to(&fact.to_string()).location()))
            .because(because)
            .hint("refer to something whose name the stack chooses");
        problems.push(problem);
    }
    problems
}

/// Whether others can refer to it.
fn is_fact(resource: &Written<'_>, fact: &FactRef) -> bool {
    resource.kind.facts.iter().any(|info| info.name == fact.fact)
}

enum Trace {
    /// A fact that nobody can predict.
    Chosen(FactRef),
    /// Predictions that need each other.
    Circle(Vec<String>),
    /// A resource with problems of its own.
    Echo,
}

/// Follows a fact to the reason why it is not known.
fn trace(from: &Address, fact: &FactRef, prepared: &BTreeMap<&Address, &Prepared>) -> Trace {
    let mut seen = BTreeSet::new();
    let mut chain = vec![from.to_string()];
    let mut fact = fact.clone();
    loop {
        chain.push(fact.address.to_string());
        if fact.address == *from || !seen.insert(fact.clone()) {
            return Trace::Circle(chain);
        }
        let Some(other) = prepared.get(&fact.address) else { return Trace::Echo };
        let Some(text) = other.predicted.get(&fact.fact) else { return Trace::Chosen(fact) };
        match document::pending_facts(&text.as_str().into()).pop_first() {
            Some(next) => fact = next,
            None => return Trace::Chosen(fact),
        }
    }
}
