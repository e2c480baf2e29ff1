//! What an address of a stack file leads to: a fact, an output, one element of a
//! `for_each` or all of them, and for `depends_on` the resources themselves.

use std::collections::BTreeMap;

use super::elsewhere;
use super::expand::{Env, Expansion, Meaning, Named};
use super::lent::Lent;
use super::lookup::{Form, Found, Search};
use super::reference::{ALL, Reference};
use super::source::Mark;
use super::suggest::listed;
use super::tree::{Map, Node, Value};
use crate::model::{Address, FactInfo, FactRef};

impl<'a> Expansion<'a> {
    pub(super) fn address(&mut self, search: &Search<'_>) -> Option<Found> {
        if let Some(fact) = self.promised(search) {
            return Some(fact);
        }
        let (meaning, position) = self.begin(search)?;
        self.walk(meaning, position, search)
    }

    /// The entry that a reference begins with, and how many of its names that takes:
    /// all of an address, where an entry goes by one.
    fn begin(&mut self, search: &Search<'_>) -> Option<(Meaning, usize)> {
        let (scope, names) = (search.env.scope, &search.names.0);
        let resources: &'a Map = self.scopes[scope].resources;
        let addresses = (2..=names.len()).rev().map(|count| (names[..count].join("."), count));
        let mut stated = addresses.filter(|(address, _)| resources.contains_key(address));
        match stated.next() {
            Some((address, count)) => Some((self.entry(scope, &address, &search.at)?, count)),
            None => Some((self.step_into(scope, 0, search)?, 1)),
        }
    }

    /// What the names from a position on lead to.
    fn walk(&mut self, from: Meaning, position: usize, search: &Search<'_>) -> Option<Found> {
        let (mut walk, mut position) = (from, position);
        loop {
            let next = search.names.0.get(position);
            match (walk, next) {
                (Meaning::Resource(_) | Meaning::Instance(_), Some(all)) if all == ALL => {
                    return self.not_repeated(search, position);
                }
                (Meaning::Resource(index), _) => return self.fact(index, position, search),
                (Meaning::Off(condition), _) => {
                    return match search.nothing() {
                        Some(nothing) => Some(Found::Value(nothing)),
                        None => self.switched_off(search, position, &condition),
                    };
                }
                (Meaning::Group(group), Some(all)) if all == ALL => {
                    return self.all_of_them(&group, position, search);
                }
                (Meaning::Group(group), Some(key)) => {
                    let Some(meaning) = group.get(key) else {
                        if let (true, Some(nothing)) =
                            (search.is_chosen(position), search.nothing())
                        {
                            return Some(Found::Value(nothing));
                        }
                        return self.no_element(&group, position, search);
                    };
                    walk = meaning.clone();
                }
                (Meaning::Instance(scope), Some(name)) => {
                    let pattern = self.pattern(scope)?;
                    if pattern.outputs.contains_key(name) {
                        let output = Named::Output(scope, name.clone());
                        let value = self.named(output, &search.at)?;
                        return self.descend(value, position + 1, search).map(Found::Value);
                    }
                    walk = self.step_into(scope, position, search)?;
                }
                (Meaning::Group(group), None) => return self.no_element(&group, position, search),
                (Meaning::Instance(scope), None) => {
                    let known = self.names_in(scope);
                    let detail = format!("name something in it: {}", listed(known.iter().copied()));
                    let summary = format!("`{}` is incomplete", search.names);
                    return self.tell(search, summary, detail, None);
                }
            }
            position += 1;
        }
    }

    /// The list of what `*` stands for, in the order of the keys. Elements that are
    /// switched off are none, and one that is a list stands for its items.
    fn all_of_them(
        &mut self,
        group: &BTreeMap<String, Meaning>,
        position: usize,
        search: &Search<'_>,
    ) -> Option<Found> {
        if position + 1 == search.names.0.len() {
            let summary = format!("`{}` is incomplete", search.names);
            let detail = "it stands for several resources; name a fact of them".to_owned();
            return self.tell(search, summary, detail, None);
        }
        let mut items = Vec::new();
        for (key, meaning) in group {
            if let Meaning::Off(_) = meaning {
                continue;
            }
            let mut names = search.names.clone();
            names.0[position].clone_from(key);
            let at = search.at.clone();
            let one = Search { names: &names, chosen: &[], at, env: search.env, form: search.form };
            match self.walk(meaning.clone(), position + 1, &one)? {
                Found::Value(node) => match node.value {
                    Value::Null => {}
                    Value::List(more) => items.extend(more),
                    Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
                        items.push(node);
                    }
                },
                Found::Fact(fact) => items.push(Node::text(fact.marker(), &search.at)),
            }
        }
        Some(Found::Value(Node::new(Value::List(items), &search.at)))
    }

    /// A repetition without a key, or with one that it does not have.
    fn no_element<T>(
        &mut self,
        group: &BTreeMap<String, Meaning>,
        position: usize,
        search: &Search<'_>,
    ) -> Option<T> {
        let known = || group.keys().map(String::as_str);
        let detail = format!("the keys of its `for_each` are {}", listed(known()));
        let names = &search.names.0;
        let is_fact = |name: &String| group.values().any(|meaning| self.has(meaning, name));
        match names.get(position) {
            Some(name) if name == "each" => {
                let fact = names.get(position + 2).map_or("FACT", String::as_str);
                let before = names[..position].join(".");
                let hint = format!("for the same key write `${{{before}.${{each.key}}.{fact}}}`");
                let summary = format!("`{}` refers to nothing", search.names);
                self.tell(search, summary, detail, Some(hint))
            }
            Some(name) if !is_fact(name) => self.unknown(search, position, known(), detail),
            Some(_) | None => {
                let (before, after) = names.split_at(position);
                let before = before.join(".");
                let after = if after.is_empty() { "FACT".to_owned() } else { after.join(".") };
                let one = known().next().unwrap_or("KEY");
                let hint = format!(
                    "write `${{{before}.{one}.{after}}}` for one, `${{{before}.*.{after}}}` for the \
                     list of all, or under a `for_each` with the same keys \
                     `${{{before}.${{each.key}}.{after}}}`"
                );
                let summary = format!("`{}` stands for several", search.names);
                self.tell(search, summary, detail, Some(hint))
            }
        }
    }

    /// Whether what is declared has a fact, an output or a resource of that name.
    fn has(&self, meaning: &Meaning, name: &str) -> bool {
        match meaning {
            Meaning::Resource(index) => {
                self.declared[*index].kind.facts.iter().any(|fact| fact.name == name)
            }
            Meaning::Instance(scope) => self.names_in(*scope).contains(&name),
            Meaning::Group(_) | Meaning::Off(_) => false,
        }
    }

    /// The entry of a scope that the name at `position` means.
    fn step_into(&mut self, scope: usize, position: usize, search: &Search<'_>) -> Option<Meaning> {
        let name = &search.names.0[position];
        let resources: &'a Map = self.scopes[scope].resources;
        if resources.contains_key(name) {
            return self.entry(scope, name, &search.at);
        }
        let known = self.names_in(scope);
        let detail = match (self.ground.early, known.is_empty()) {
            (Some(why), _) => why.to_owned(),
            (None, true) => "there are no resources here".to_owned(),
            (None, false) => {
                format!("there is no `{name}` among {}", listed(known.iter().copied()))
            }
        };
        let lent: &'a Lent = self.ground.lent;
        let others = lent.stacks.keys().filter(|_| scope == 0 && position == 0);
        let known = known.into_iter().chain(others.map(String::as_str));
        self.unknown(search, position, known, detail)
    }

    /// The entries of a scope, and the outputs if it is a pattern's.
    fn names_in(&self, scope: usize) -> Vec<&'a str> {
        let resources: &'a Map = self.scopes[scope].resources;
        let outputs = self.pattern(scope).map(|pattern| pattern.outputs.keys());
        resources.keys().chain(outputs.into_iter().flatten()).map(String::as_str).collect()
    }

    pub(super) fn fact(
        &mut self,
        index: usize,
        position: usize,
        search: &Search<'_>,
    ) -> Option<Found> {
        let (kind, address) = (self.declared[index].kind, self.declared[index].address.clone());
        self.fact_of((&kind.name, &kind.facts), address, position, search)
    }

    /// A fact of what has that address and is of that kind, with these facts.
    pub(super) fn fact_of(
        &mut self,
        (kind, facts): (&str, &[FactInfo]),
        address: Address,
        position: usize,
        search: &Search<'_>,
    ) -> Option<Found> {
        let known = || facts.iter().map(|fact| fact.name.as_str());
        let detail = format!("the facts of `{kind}` are {}", listed(known()));
        match &search.names.0[position..] {
            [] => {
                let summary = format!("`{}` is incomplete", search.names);
                self.tell(search, summary, detail, None)
            }
            [fact] if known().any(|name| name == fact) => {
                let fact = fact.clone();
                Some(Found::Fact(FactRef { address, fact }))
            }
            [fact, part, ..] if known().any(|name| name == fact) => {
                let detail = format!("`{fact}` is a text, and has no `{part}`");
                self.unknown(search, position + 1, [], detail)
            }
            [wrong, ..] => {
                let facts: Vec<&str> = known().collect();
                let Some(ours) = elsewhere::fact(wrong, &facts) else {
                    return self.unknown(search, position, known(), detail);
                };
                let summary = format!("`{}` refers to nothing", search.shown());
                let meant = format!("did you mean `{}`?", search.shown_with(position, ours));
                self.tell(search, summary, detail, Some(meant))
            }
        }
    }

    /// Every resource that an address of a scope stands for: itself, all of a
    /// pattern's use, all of a `for_each`.
    pub(super) fn resources_of(
        &mut self,
        reference: &Reference,
        at: &Mark,
        env: &Env,
    ) -> Option<Vec<Address>> {
        if self.has_failed_enough() {
            return None;
        }
        let names = &self.with_chosen(reference, at, env)?;
        let search = Search { names, chosen: &[], at: at.clone(), env, form: Form::Address };
        if self.is_lender(&names.0[0], &search) {
            return self.is_no_resource(&search);
        }
        let (mut meaning, begun) = self.begin(&search)?;
        for (position, name) in names.0.iter().enumerate().skip(begun) {
            meaning = match &meaning {
                Meaning::Instance(scope) => self.step_into(*scope, position, &search)?,
                Meaning::Group(group) if group.contains_key(name) => group.get(name)?.clone(),
                Meaning::Group(_) | Meaning::Resource(_) | Meaning::Off(_) => {
                    let before = names.0[..position].join(".");
                    let detail = if name == ALL {
                        format!("`{before}` stands for all of them")
                    } else {
                        format!("`{before}` has no parts")
                    };
                    return self.unknown(&search, position, [], detail);
                }
            };
        }
        let mut addresses = Vec::new();
        self.collect(&meaning, at, &mut addresses);
        self.spend(addresses.len(), at)?;
        Some(addresses)
    }

    fn collect(&mut self, meaning: &Meaning, at: &Mark, addresses: &mut Vec<Address>) {
        match meaning {
            Meaning::Off(_) => {}
            Meaning::Resource(index) => addresses.push(self.declared[*index].address.clone()),
            Meaning::Group(group) => {
                for meaning in group.values() {
                    self.collect(meaning, at, addresses);
                }
            }
            Meaning::Instance(scope) => {
                let resources: &'a Map = self.scopes[*scope].resources;
                for name in resources.keys() {
                    if let Some(meaning) = self.entry(*scope, name, at) {
                        self.collect(&meaning, at, addresses);
                    }
                }
            }
        }
    }
}
