//! What one entry under `resources` declares: a resource, the resources of a
//! pattern, one of these for every element of a `for_each`, or nothing.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::elsewhere;
use super::entry::PATTERN_KEYS;
use super::expand::{Declared, Each, Env, Expansion, MAX_RESOURCES, Meaning, Scope, Switch, Usage};
use super::shape;
use super::source::Mark;
use super::suggest::{all_of, did_you_mean};
use super::tree::{Map, Node, Value};
use super::yaml::MERGE;
use crate::model::{Address, Diagnostic, document};

/// Most elements of one `for_each`.
const MAX_ELEMENTS: usize = 1_000;

/// Most patterns within patterns. Three levels are already hard to follow.
const MAX_DEPTH: usize = 8;

/// The problem of a kind that is looked up and never made.
fn looked_up_only(name: &str, kind: &Node) -> Diagnostic {
    Diagnostic::error(format!("a {name} is looked up, and not made"))
        .at(Some(kind.at.location()))
        .because("others than ccprov make it")
        .hint(format!(
            "write the entry under `existing:`; `ccprov kinds {name}` tells by what it is found"
        ))
}

/// What an entry is called, and where.
struct Naming {
    address: Address,
    at: Mark,
    top: Mark,
}

impl<'a> Expansion<'a> {
    /// Works out an entry of a scope.
    pub(super) fn declare(&mut self, scope: usize, name: &str) -> Option<Meaning> {
        let resources: &'a Map = self.scopes[scope].resources;
        let entry = resources.get(name)?;
        let map = self.shaped(scope, |found| {
            let is_name = match scope {
                0 => {
                    let others = resources.keys().map(String::as_str);
                    shape::name_or_address(name, others, &entry.key_at, found)
                }
                _ => shape::name(name, &entry.key_at, found),
            };
            is_name.then_some(())?;
            shape::map(&entry.node, name, found)
        })?;
        let (address, top) = match &self.scopes[scope].usage {
            None => (Address::new(name), entry.key_at.clone()),
            Some(usage) => (usage.address.join(name), usage.top.clone()),
        };
        let naming = Naming { address, at: entry.key_at.clone(), top };
        let env = Env::of(scope);
        let Some(for_each) = map.get("for_each").filter(|entry| !entry.node.is_null()) else {
            return self.declare_one(map, &env, naming);
        };
        let mut group = BTreeMap::new();
        self.open_elements += 1;
        let elements = self.keyed(&for_each.node, &env);
        self.open_elements -= 1;
        if elements.as_ref().is_none_or(BTreeMap::is_empty) {
            self.without_elements(map, &for_each.node, &env);
        }
        for (key, each) in elements? {
            let element = Naming {
                address: naming.address.join(&key),
                at: naming.at.clone(),
                top: naming.top.clone(),
            };
            let meaning = self.declare_one(map, &env.within(each), element)?;
            group.insert(key, meaning);
        }
        Some(Meaning::Group(Rc::new(group)))
    }

    fn declare_one(&mut self, map: &'a Map, env: &Env, naming: Naming) -> Option<Meaning> {
        if let Switch::Off(condition) = self.switch(map, env)? {
            return Some(Meaning::Off(condition));
        }
        match (map.get("kind"), map.get("pattern")) {
            (Some(kind), None) => self.declare_resource(map, &kind.node, env, naming),
            (None, Some(pattern)) => self.declare_instance(map, &pattern.node, env, naming),
            (Some(_), Some(pattern)) => {
                let problem = Diagnostic::error("an entry is of a kind or of a pattern, not both")
                    .at(Some(pattern.key_at.location()));
                self.report(env.scope, problem);
                None
            }
            (None, None) => {
                let problem = Diagnostic::error(format!("`{}` has no `kind`", naming.address))
                    .at(Some(naming.at.location()));
                let theirs = map.get("Type").or_else(|| map.get("type"));
                let theirs = theirs.and_then(|entry| entry.node.as_text());
                let kinds = self.ground.kinds.iter().map(|info| info.name.as_str());
                let problem = match theirs.and_then(|name| elsewhere::kind(name, kinds)) {
                    Some(said) => problem.hint(format!(
                        "{said}, and its fields beside it, as `ccprov kinds` spells them"
                    )),
                    None => problem.hint("give it a `kind:` or a `pattern:`"),
                };
                let keys = map.keys().map(String::as_str);
                let near = keys.filter_map(|key| {
                    super::suggest::closest(key, ["kind", "pattern"]).map(|meant| (key, meant))
                });
                let problem = near.fold(problem, |problem, (key, meant)| {
                    problem.hint(format!("did you mean `{meant}` by `{key}`?"))
                });
                self.report(env.scope, problem);
                None
            }
        }
    }

    fn declare_resource(
        &mut self,
        entry: &'a Map,
        kind: &Node,
        env: &Env,
        naming: Naming,
    ) -> Option<Meaning> {
        let name = self.shaped(env.scope, |found| shape::text(kind, "kind", found))?;
        let Some(info) = self.ground.kinds.iter().find(|info| info.name == name) else {
            let known = || self.ground.kinds.iter().map(|info| info.name.as_str());
            let problem = Diagnostic::error(format!("there is no kind `{name}`"))
                .at(Some(kind.at.location()));
            let problem = shape::without_references(problem, name);
            let is_sight = self.ground.sights.iter().any(|sight| sight.kind == name);
            let problem = match elsewhere::kind(name, known()) {
                _ if is_sight => looked_up_only(name, kind),
                Some(said) => problem.hint(said),
                None => did_you_mean(problem, name, known()),
            };
            let problem = if problem.hints.is_empty() {
                problem.hint("`ccprov kinds` lists them; name an object of another kind by its ARN")
            } else {
                problem
            };
            self.report(env.scope, problem);
            return None;
        };
        self.room_for_one_more(&naming.at)?;
        let Naming { address, at, top } = naming;
        let env = env.clone();
        self.declared.push(Declared { address, kind: info, entry, env, at, top });
        Some(Meaning::Resource(self.declared.len() - 1))
    }

    fn declare_instance(
        &mut self,
        map: &'a Map,
        pattern: &'a Node,
        env: &Env,
        naming: Naming,
    ) -> Option<Meaning> {
        self.check_usage_keys(map, env);
        let name = self.shaped(env.scope, |found| shape::text(pattern, "pattern", found))?;
        let library = self.ground.library;
        let found = library.find(name, &pattern.at)?;
        let depth = self.scopes[env.scope].usage.as_ref().map_or(0, |usage| usage.depth + 1);
        if depth >= MAX_DEPTH {
            let problem = Diagnostic::error(format!("patterns nest more than {MAX_DEPTH} deep"))
                .at(Some(pattern.at.location()))
                .because("a pattern that uses itself never ends");
            self.report(env.scope, problem);
            return None;
        }
        self.room_for_one_more(&naming.at)?;
        let given = match map.get("with").filter(|entry| !entry.node.is_null()) {
            Some(with) => self.shaped(env.scope, |found| shape::map(&with.node, "with", found))?,
            None => const { &Map::new() },
        };
        let usage = Usage {
            address: naming.address,
            pattern: found,
            given,
            caller: env.clone(),
            at: naming.at,
            top: naming.top,
            depth,
        };
        self.check_parameters(name, &usage);
        self.scopes.push(Scope { resources: &found.resources, usage: Some(usage) });
        Some(Meaning::Instance(self.scopes.len() - 1))
    }

    fn check_usage_keys(&mut self, map: &Map, env: &Env) {
        for (key, entry) in map {
            let problem = match key.as_str() {
                "lifecycle" | "depends_on" => {
                    Diagnostic::error(format!("a pattern takes no `{key}`"))
                        .at(Some(entry.key_at.location()))
                        .because("it would not say which of the pattern's resources it is for")
                        .hint("state it in the pattern, if need be with a parameter")
                }
                known if PATTERN_KEYS.contains(&known) => continue,
                unknown => shape::unknown_key(unknown, entry, PATTERN_KEYS, "a pattern's use")
                    .hint("parameters stand under `with:`"),
            };
            self.report(env.scope, problem);
        }
    }

    fn check_parameters(&mut self, name: &str, usage: &Usage<'_>) {
        let Usage { pattern, given, caller, at, .. } = usage;
        let known = || pattern.parameters.keys().map(String::as_str);
        for (key, entry) in given.iter().filter(|(key, _)| !pattern.parameters.contains_key(*key)) {
            let problem = Diagnostic::error(format!("`{name}` has no parameter `{key}`"))
                .at(Some(entry.key_at.location()))
                .because(all_of("parameters", known()));
            let problem = did_you_mean(problem, key, known());
            let merges = key == MERGE;
            let problem = if merges { problem.hint(elsewhere::MERGES_LATE) } else { problem };
            self.report(caller.scope, problem);
        }
        for (key, parameter) in &pattern.parameters {
            if parameter.is_required() && !given.contains_key(key) {
                let problem = Diagnostic::error(format!("`{name}` needs the parameter `{key}`"))
                    .at(Some(at.location()));
                let problem = match parameter.schema.get("description").and_then(|d| d.as_str()) {
                    Some(description) => problem.because(format!("{key}: {description}")),
                    None => problem,
                };
                let hint = format!("write `with: {{ {key}: VALUE }}`");
                self.report(caller.scope, problem.hint(hint));
            }
        }
    }

    /// Whether the stack may grow. Uses of patterns count like resources, or
    /// patterns without resources could multiply without end.
    fn room_for_one_more(&mut self, at: &Mark) -> Option<()> {
        let have = self.declared.len() + self.scopes.len() - 1;
        if have < MAX_RESOURCES {
            return Some(());
        }
        if !self.is_full {
            self.is_full = true;
            let summary = format!("the stack has more than {MAX_RESOURCES} resources");
            self.problems.push(Diagnostic::error(summary).at(Some(at.location())));
        }
        None
    }

    /// The value of a parameter: what `with` gives, else the default, else
    /// null. A parameter that is given null counts as not given.
    pub(super) fn parameter(&mut self, scope: usize, name: &str) -> Option<Node> {
        let usage = self.scopes[scope].usage.as_ref()?;
        let (pattern, given, caller) = (usage.pattern, usage.given, usage.caller.clone());
        let (instance, at) = (usage.address.clone(), usage.at.clone());
        let parameter = pattern.parameters.get(name)?;
        let stated = match given.get(name) {
            Some(entry) => {
                Some(self.evaluate(&entry.node, &caller)?).filter(|node| !node.is_null())
            }
            None => None,
        };
        let own = scope;
        let (node, scope) = match (stated, &parameter.default) {
            (Some(node), _) => (node, caller.scope),
            (None, Some(default)) => (self.evaluate(default, &Env::of(scope))?, scope),
            (None, None) => (Node::new(Value::Null, &at), scope),
        };
        if node.is_null() {
            if parameter.is_required() && given.contains_key(name) {
                let problem = Diagnostic::error(format!("`{instance}` needs a value for `{name}`"))
                    .at(Some(given.get(name)?.key_at.location()))
                    .because("null counts as not given, and it has no default");
                self.report(caller.scope, problem);
            }
            let required = parameter.is_required();
            return (!required).then_some(node);
        }
        let place = format!("in the parameters of `{instance}`");
        self.fitting((name, parameter), node, (scope, own), &place)
    }

    /// Whether `when` and `unless` hold.
    pub(super) fn switch(&mut self, map: &Map, env: &Env) -> Option<Switch> {
        for (key, wanted) in [("when", true), ("unless", false)] {
            if let Some(entry) = map.get(key)
                && self.holds(&entry.node, env)? != wanted
            {
                return Some(Switch::Off(entry.key_at.clone()));
            }
        }
        Some(Switch::On)
    }

    /// The elements of a `for_each`.
    pub(super) fn elements(&mut self, node: &Node, env: &Env) -> Option<Vec<Each>> {
        let found = self.evaluate(node, env)?;
        let refuse =
            |summary: String, at: &Mark| Diagnostic::error(summary).at(Some(at.location()));
        let elements: Option<Vec<Each>> = match found.value {
            Value::Map(map) => Some(
                map.into_iter()
                    .map(|(key, entry)| Each {
                        key: Node::text(key, &entry.key_at),
                        value: entry.node,
                    })
                    .collect(),
            ),
            Value::List(items) => {
                let texts: Option<Vec<Each>> = items
                    .into_iter()
                    .map(|item| {
                        let key = Node::text(item.scalar_text()?, &item.at);
                        Some(Each { key, value: item })
                    })
                    .collect();
                if texts.is_none() {
                    let summary = "the elements of a `for_each` list must be texts".to_owned();
                    let problem = refuse(summary, &found.at).hint(
                        "use a map: its keys name the elements, its values say what they are",
                    );
                    self.report(env.scope, problem);
                }
                texts
            }
            Value::Null => Some(Vec::new()),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
                let found = found.type_name();
                let summary = format!("`for_each` must be a map or a list, not {found}");
                self.report(env.scope, refuse(summary, &node.at));
                None
            }
        };
        let elements = elements?;
        if elements.len() > MAX_ELEMENTS {
            let summary = format!("`for_each` has more than {MAX_ELEMENTS} elements");
            self.report(env.scope, refuse(summary, &node.at));
            return None;
        }
        Some(elements)
    }

    /// The elements of a `for_each` that makes resources, by their keys.
    fn keyed(&mut self, node: &Node, env: &Env) -> Option<BTreeMap<String, Each>> {
        let mut keyed = BTreeMap::new();
        let mut sound = true;
        for mut each in self.elements(node, env)? {
            if let Value::Text(key) = &mut each.key.value {
                *key = self.settled(key);
            }
            let Some(key) = self.address_key(&each, env) else {
                sound = false;
                continue;
            };
            let at = each.key.at.clone();
            if keyed.insert(key.clone(), each).is_some() {
                let problem = Diagnostic::error(format!("`{key}` is in the list twice"))
                    .at(Some(at.location()))
                    .because("each element of a `for_each` makes a resource of its own");
                self.report(env.scope, problem);
                sound = false;
            }
        }
        sound.then_some(keyed)
    }

    /// The element's key, if it can be part of an address.
    fn address_key(&mut self, each: &Each, env: &Env) -> Option<String> {
        // Addresses go into names and into tags, where 64 characters leave
        // room for what stands before them.
        const LONGEST: usize = 64;
        let key = each.key.as_text()?;
        let fits = (1..=LONGEST).contains(&key.len())
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if fits {
            return Some(key.to_owned());
        }
        let problem = if document::is_pending(key) {
            Diagnostic::error("a fact of a resource cannot be the key of an element")
                .because("the addresses of resources follow from the files alone")
                .hint("use a map: its keys name the elements, its values may be facts")
        } else {
            Diagnostic::error(format!("`{key}` cannot be part of an address")).because(format!(
                "a key has 1 to {LONGEST} letters, digits, dashes and underscores"
            ))
        };
        let problem = problem.at(Some(each.key.at.location()));
        self.report(env.scope, problem);
        None
    }

    /// Runs a check of [`shape`] and tells what it finds.
    pub(super) fn shaped<T>(
        &mut self,
        scope: usize,
        check: impl FnOnce(&mut Vec<Diagnostic>) -> Option<T>,
    ) -> Option<T> {
        let mut found = Vec::new();
        let result = check(&mut found);
        for problem in found {
            self.report(scope, problem);
        }
        result
    }
}
