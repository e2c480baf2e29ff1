//! From what is written to what is declared: patterns, `for_each`, conditions
//! and references, all worked out before anything is planned.
//!
//! Evaluation is on demand: a name is worked out when the first reference asks
//! for it, and remembered. So the order of a file means nothing, and a circle
//! is noticed when a name is asked for while it is being worked out.
//!
//! The facts of resources are not known here. They stay in the texts as
//! [markers](crate::model::FactRef::marker); [`predict`](super::predict) puts
//! values in their place.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::inputs::Environment;
use super::lent::Lent;
use super::pattern::Pattern;
use super::patterns::Library;
use super::reference::Names;
use super::source::Mark;
use super::told::MOST_KEPT;
use super::tree::{Map, Node, Value};
use super::values;
use super::variables::Variable;
use crate::model::{Address, Diagnostic, KindInfo, Place, Sight};

/// Most resources of one stack. A plan beyond it could not be read by anybody,
/// and AWS answers some 10 calls a second.
pub(super) const MAX_RESOURCES: usize = 10_000;

/// Most values that expanding may produce, where a text counts one for every
/// 64 bytes: 25 for each of the most resources. Stops texts and lists that
/// double at every reference; and a value takes some 600 bytes until all is
/// checked: 170 MB for 240,000 values of policies, in a debug build.
pub(super) const MAX_VALUES: usize = 25 * MAX_RESOURCES;

/// Most names that are compared with mistyped ones, all in all: a hundred
/// problems, which are as many as are told, among a thousand names each.
pub(super) const MAX_GUESSES: usize = 100_000;

/// Most steps that are under way at once, where a reference takes two (to work
/// out a name, and what its text says) and a level of nesting one. Bounds the
/// call stack; 64 references in a row are far beyond what anybody can follow.
const MAX_STEPS: usize = 128;

/// What every reference may see, wherever it stands.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    /// `None` while it is being found out.
    pub(super) stack: Option<&'a str>,
    /// `None` while the account and the region are being found out.
    pub(super) place: Option<&'a Place>,
    pub(super) env: &'a Environment<'a>,
    pub(super) variables: &'a BTreeMap<String, Variable>,
    /// What the stack file says under `values`.
    pub(super) values: &'a Map,
    pub(super) kinds: &'a [KindInfo],
    pub(super) library: &'a Library,
    pub(super) resources: &'a Map,
    /// What other stacks lend.
    pub(super) lent: &'a Lent,
    /// What the stack file says under `existing`.
    pub(super) existing: &'a Map,
    /// How that is looked up.
    pub(super) sights: &'a [Sight],
    /// Why nothing can be referred to that the stack makes or others have, where that is so.
    pub(super) early: Option<&'static str>,
}

/// The work in progress.
pub(super) struct Expansion<'a> {
    pub(super) ground: Ground<'a>,
    /// Where names have a meaning: the stack file first, then one scope for
    /// every use of a pattern.
    pub(super) scopes: Vec<Scope<'a>>,
    pub(super) declared: Vec<Declared<'a>>,
    pub(super) problems: Vec<Diagnostic>,
    entries: BTreeMap<(usize, String), Slot<Meaning>>,
    named: BTreeMap<Named, Slot<Node>>,
    steps: usize,
    /// How many lists and maps are around the value that is being worked out.
    pub(super) nesting: usize,
    values_left: usize,
    /// How many more names may be compared with mistyped ones.
    pub(super) guesses_left: usize,
    /// Whether there was no room for one more resource.
    pub(super) is_full: bool,
    /// How many `for_each` are being asked for their elements.
    pub(super) open_elements: usize,
    /// What elements named of others before these were known.
    pub(super) promises: Vec<Promise>,
    /// Which outputs of other stacks were asked for, by the names of these.
    pub(super) borrowed: BTreeSet<(String, String)>,
    /// What there is of others, by name: how it is looked up, and how many are meant.
    pub(super) neighbours: BTreeMap<String, (&'a Sight, Option<usize>)>,
    /// Which facts of them are referred to.
    pub(super) asked_of: BTreeMap<String, BTreeSet<String>>,
}

/// The stack file, or one use of a pattern.
pub(super) struct Scope<'a> {
    pub(super) resources: &'a Map,
    /// `None` for the stack file.
    pub(super) usage: Option<Usage<'a>>,
}

/// One use of a pattern.
pub(super) struct Usage<'a> {
    pub(super) address: Address,
    pub(super) pattern: &'a Pattern,
    /// What `with` says.
    pub(super) given: &'a Map,
    /// Where `with` is to be understood.
    pub(super) caller: Env,
    /// The name that the user gave to this use.
    pub(super) at: Mark,
    /// The entry of the stack file that all this comes from.
    pub(super) top: Mark,
    /// How many patterns are around this one.
    pub(super) depth: usize,
}

/// What a text may refer to: a scope, and within `for_each` the element.
#[derive(Clone)]
pub(super) struct Env {
    pub(super) scope: usize,
    pub(super) each: Option<Rc<Each>>,
    /// The resource whose fields it stands in: an index into [`Expansion::declared`].
    pub(super) own: Option<usize>,
    /// Whether it stands in a probe, which has a nonce.
    pub(super) in_probe: bool,
}

/// A reference whose fact was taken on trust.
pub(super) struct Promise {
    pub(super) names: Names,
    pub(super) at: Mark,
    pub(super) env: Env,
}

/// One element of a `for_each`.
pub(super) struct Each {
    pub(super) key: Node,
    pub(super) value: Node,
}

/// A resource that the stack wants, its fields not yet worked out.
#[derive(Clone)]
pub(super) struct Declared<'a> {
    pub(super) address: Address,
    pub(super) kind: &'a KindInfo,
    pub(super) entry: &'a Map,
    pub(super) env: Env,
    pub(super) at: Mark,
    pub(super) top: Mark,
}

/// What an entry under `resources` turned out to be.
#[derive(Clone)]
pub(super) enum Meaning {
    /// Index into [`Expansion::declared`].
    Resource(usize),
    /// Index into [`Expansion::scopes`].
    Instance(usize),
    /// What a `for_each` made, by key.
    Group(Rc<BTreeMap<String, Meaning>>),
    /// A condition, which stands here, does not hold.
    Off(Mark),
}

/// Whether the conditions of an entry, a case or an item hold.
pub(super) enum Switch {
    /// All hold, or there are none.
    On,
    /// The one that stands here does not.
    Off(Mark),
}

/// Names whose values are worked out once. The number is the scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    Variable(String),
    Parameter(usize, String),
    Value(usize, String),
    Output(usize, String),
}

/// Something that is worked out once.
enum Slot<T> {
    /// Being worked out: asking for it now is a circle.
    Busy,
    /// `None` if it cannot be; that was told.
    Done(Option<T>),
}

impl<'a> Expansion<'a> {
    pub(super) fn new(ground: Ground<'a>) -> Self {
        let root = Scope { resources: ground.resources, usage: None };
        Self {
            ground,
            scopes: vec![root],
            declared: Vec::new(),
            problems: Vec::new(),
            entries: BTreeMap::new(),
            named: BTreeMap::new(),
            steps: 0,
            nesting: 0,
            values_left: MAX_VALUES,
            guesses_left: MAX_GUESSES,
            is_full: false,
            open_elements: 0,
            promises: Vec::new(),
            borrowed: BTreeSet::new(),
            neighbours: BTreeMap::new(),
            asked_of: BTreeMap::new(),
        }
    }

    /// One value of the stack file by itself, for an expansion that is good
    /// for nothing else.
    pub(super) fn evaluate_alone(mut self, node: &Node) -> (Option<Node>, Vec<Diagnostic>) {
        let found = self.evaluate(node, &Env::of(0));
        (found, self.problems)
    }

    /// Works out every entry, and everything that a pattern says about its
    /// parameters, so that mistakes are told even where nothing uses them.
    pub(super) fn expand_all(&mut self) {
        let variables: Vec<(String, Mark)> =
            self.ground.variables.iter().map(|(n, it)| (n.clone(), it.at.clone())).collect();
        for (name, at) in variables {
            self.named(Named::Variable(name), &at);
        }
        for (name, entry) in self.ground.values {
            self.named(Named::Value(0, name.clone()), &entry.key_at);
        }
        let mut scope = 0;
        while scope < self.scopes.len() {
            let resources: &'a Map = self.scopes[scope].resources;
            for (name, entry) in resources {
                self.entry(scope, name, &entry.key_at);
            }
            if let Some(usage) = &self.scopes[scope].usage {
                let (pattern, at) = (usage.pattern, usage.at.clone());
                let parameters =
                    pattern.parameters.keys().map(|name| Named::Parameter(scope, name.clone()));
                let values = pattern.values.keys().map(|name| Named::Value(scope, name.clone()));
                let outputs = pattern.outputs.keys().map(|name| Named::Output(scope, name.clone()));
                for name in parameters.chain(values).chain(outputs) {
                    self.named(name, &at);
                }
            }
            scope += 1;
        }
        self.keep_promises();
    }

    /// Whether it is known what an entry of a scope is, or that it is nothing.
    pub(super) fn is_worked_out(&self, scope: usize, name: &str) -> bool {
        matches!(self.entries.get(&(scope, name.to_owned())), Some(Slot::Done(_)))
    }

    /// What an entry of a scope is. The entry must exist.
    pub(super) fn entry(&mut self, scope: usize, name: &str, at: &Mark) -> Option<Meaning> {
        let key = (scope, name.to_owned());
        match self.entries.get(&key) {
            Some(Slot::Done(meaning)) => return meaning.clone(),
            Some(Slot::Busy) => {
                self.circle(name, at);
                return None;
            }
            None => {}
        }
        self.entries.insert(key.clone(), Slot::Busy);
        let meaning = self.anew(at, |this| this.declare(scope, name));
        self.entries.insert(key, Slot::Done(meaning.clone()));
        meaning
    }

    /// The value of a name that exists.
    pub(super) fn named(&mut self, name: Named, at: &Mark) -> Option<Node> {
        match self.named.get(&name) {
            Some(Slot::Done(node)) => return node.clone(),
            Some(Slot::Busy) => {
                self.circle(name.text(), at);
                return None;
            }
            None => {}
        }
        self.named.insert(name.clone(), Slot::Busy);
        let node = self.anew(at, |this| this.work_out(&name));
        self.named.insert(name, Slot::Done(node.clone()));
        node
    }

    fn work_out(&mut self, name: &Named) -> Option<Node> {
        match name {
            Named::Variable(name) => self.variable_value(name),
            Named::Parameter(scope, name) => self.parameter(*scope, name),
            Named::Value(scope, name) => {
                let value: &'a Node = &self.values(*scope).get(name)?.node;
                self.value(value, &Env::of(*scope))
            }
            Named::Output(scope, name) => {
                let output: &'a Node = &self.pattern(*scope)?.outputs.get(name)?.node;
                self.evaluate(output, &Env::of(*scope))
            }
        }
    }

    /// What a value comes to: that of the first case whose conditions hold, null if
    /// none does; or what stands there.
    fn value(&mut self, node: &Node, env: &Env) -> Option<Node> {
        let Some(cases) = values::cases(node) else { return self.evaluate(node, env) };
        for case in cases {
            let map = case.as_map()?;
            if matches!(self.switch(map, env)?, Switch::On) {
                return self.evaluate(&map.get("value")?.node, env);
            }
        }
        Some(Node::new(Value::Null, &node.at))
    }

    /// The values that a scope has names for.
    pub(super) fn values(&self, scope: usize) -> &'a Map {
        self.pattern(scope).map_or(self.ground.values, |pattern| &pattern.values)
    }

    /// The pattern that a scope is a use of.
    pub(super) fn pattern(&self, scope: usize) -> Option<&'a Pattern> {
        self.scopes[scope].usage.as_ref().map(|usage| usage.pattern)
    }

    /// Tells a problem, and in which use of a pattern it came up.
    pub(super) fn report(&mut self, scope: usize, problem: Diagnostic) {
        if self.has_failed_enough() {
            return;
        }
        let problem = match &self.scopes[scope].usage {
            None => problem,
            Some(usage) => {
                let place = format!("in `{}`, the pattern used at {}", usage.address, usage.at);
                let detail = match &problem.detail {
                    Some(detail) => format!("{detail}; {place}"),
                    None => place,
                };
                problem.because(detail)
            }
        };
        self.problems.push(problem);
    }

    /// Whether there are as many problems as are kept: whatever else is wrong, nobody will hear
    /// of it, and nothing follows from what is right.
    pub(super) fn has_failed_enough(&self) -> bool {
        self.problems.len() >= MOST_KEPT
    }

    /// Whether the stack expands to more than can be handled, which was told.
    pub(super) fn is_spent(&self) -> bool {
        self.values_left == 0
    }

    /// Takes from the budget of values. Tells once when it is used up.
    pub(super) fn spend(&mut self, values: usize, at: &Mark) -> Option<()> {
        if self.values_left == 0 {
            return None;
        }
        self.values_left = self.values_left.saturating_sub(values);
        if self.values_left == 0 {
            let problem = Diagnostic::error("the stack expands to more than can be handled")
                .at(Some(at.location()))
                .because(format!("references and patterns make more than {MAX_VALUES} values"));
            self.problems.push(problem);
            return None;
        }
        Some(())
    }

    fn circle(&mut self, name: &str, at: &Mark) {
        let problem = Diagnostic::error(format!("`{name}` depends on itself"))
            .at(Some(at.location()))
            .because("what it is follows from a value that follows from it");
        self.problems.push(problem);
    }

    /// One step further down the call stack, as far as that is allowed.
    pub(super) fn deeper<T>(
        &mut self,
        at: &Mark,
        work: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.steps >= MAX_STEPS {
            let problem = Diagnostic::error("a chain of references is too long")
                .at(Some(at.location()))
                .because(format!("more than {} names need each other in a row", MAX_STEPS / 2));
            self.problems.push(problem);
            return None;
        }
        self.steps += 1;
        let done = work(self);
        self.steps -= 1;
        done
    }

    /// [`Expansion::deeper`] for a value that is not part of the one around it.
    fn anew<T>(&mut self, at: &Mark, work: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let nesting = std::mem::take(&mut self.nesting);
        let done = self.deeper(at, work);
        self.nesting = nesting;
        done
    }
}

impl Env {
    /// A scope outside of any `for_each`.
    pub(super) fn of(scope: usize) -> Self {
        Self { scope, each: None, own: None, in_probe: false }
    }

    /// The same within one element of a `for_each`.
    pub(super) fn within(&self, each: Each) -> Self {
        Self { each: Some(Rc::new(each)), ..*self }
    }
}

impl Named {
    fn text(&self) -> &str {
        match self {
            Self::Variable(name)
            | Self::Parameter(_, name)
            | Self::Value(_, name)
            | Self::Output(_, name) => name,
        }
    }
}
