//! Facts that the elements of one `for_each` name of another, before anybody has found out
//! what the other makes.
//!
//! A fact is named by an address, and an address follows from what is written. So two
//! repetitions may name each other, as queues do whose policies admit the rules that send
//! to them: which elements there are needs nothing of what the elements say. What was
//! named so is looked up in the end, and told if it is not there.

use super::expand::{Expansion, Meaning, Promise};
use super::lookup::{Form, Found, Search};
use super::reference::ALL;
use super::tree::Map;
use crate::model::{Address, FactRef};

impl<'a> Expansion<'a> {
    /// The fact that a reference names of one element of a `for_each`, if the reference
    /// stands in an element itself and what the other makes is not known yet.
    pub(super) fn promised(&mut self, search: &Search<'_>) -> Option<Found> {
        if self.open_elements == 0 || search.form != Form::Value {
            return None;
        }
        let fact = self.of_an_element(search)?;
        let (names, at) = (search.names.clone(), search.at.clone());
        self.promises.push(Promise { names, at, env: search.env.clone() });
        Some(Found::Fact(fact))
    }

    fn of_an_element(&mut self, search: &Search<'_>) -> Option<FactRef> {
        let (mut scope, mut names) = (search.env.scope, search.names.0.as_slice());
        loop {
            let (name, rest) = names.split_first()?;
            let resources: &'a Map = self.scopes[scope].resources;
            let entry = resources.get(name)?.node.as_map()?;
            if entry.contains_key("for_each") {
                entry.get("kind")?;
                let [key, fact] = rest else { return None };
                if key == ALL || self.is_worked_out(scope, name) {
                    return None;
                }
                let usage = self.scopes[scope].usage.as_ref();
                let group = usage.map_or_else(|| Address::new(name), |it| it.address.join(name));
                return Some(FactRef { address: group.join(key), fact: fact.clone() });
            }
            entry.get("pattern")?;
            let Meaning::Instance(inner) = self.entry(scope, name, &search.at)? else {
                return None;
            };
            (scope, names) = (inner, rest);
        }
    }

    /// Looks up what was taken on trust, and tells what is not there.
    pub(super) fn keep_promises(&mut self) {
        for Promise { names, at, env } in std::mem::take(&mut self.promises) {
            let search = Search { names: &names, chosen: &[], at, env: &env, form: Form::Value };
            self.address(&search);
        }
    }
}
