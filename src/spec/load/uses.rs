//! `uses`: the files of other stacks whose outputs this one refers to. They are read by
//! the same rules as this one, each once, however many name it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Request, StackFile, read_stack};
use crate::model::{Diagnostic, Location};
use crate::spec::expand::{Expansion, Ground};
use crate::spec::files::{self, Reach};
use crate::spec::inputs::Inputs;
use crate::spec::patterns::BuiltIn;
use crate::spec::shape;
use crate::spec::source::Mark;
use crate::spec::tree::{Entry, Map, Node};

/// Longest row of stacks of which each uses the next: as of `extends`.
const MAX_ROW: usize = 8;

/// Most stacks that one uses, and those use in turn.
const MAX_USED: usize = 64;

const KEYS: &[&str] = &["file", "vars"];

/// Another stack, as one stack uses it.
#[derive(Clone, Debug)]
pub struct Used {
    /// Its file.
    pub path: PathBuf,
    /// Its file as people know it.
    pub name: String,
    /// What was read there. Whoever else uses it shares this.
    pub file: Arc<StackFile>,
    /// Where it is said that it is used.
    pub(in crate::spec) at: Mark,
    /// What is said of it, with nothing left to work out.
    pub(in crate::spec) node: Node,
}

impl Used {
    /// Where it is said that it is used.
    pub fn location(&self) -> Location {
        self.at.location()
    }
}

/// What `uses` of one stack comes to.
#[derive(Debug, Default)]
pub(in crate::spec) struct Uses {
    pub(in crate::spec) sound: BTreeMap<String, Used>,
    /// Those that could not be read, which was told.
    pub(in crate::spec) broken: BTreeSet<String>,
}

impl Uses {
    /// A problem for each stack that is the one that uses it: one name in one region.
    pub(super) fn of_itself(&self, name: &str, region: Option<&str>) -> Vec<Diagnostic> {
        let is_same = |used: &&Used| {
            let other = used.file.region().or(region);
            used.file.name() == name && other == region
        };
        let told = |used: &Used| {
            Diagnostic::error(format!("{} is stack `{name}`, too", used.name))
                .at(Some(used.at.location()))
                .because("a stack cannot use what it makes itself by way of another file")
                .hint("the names of the stacks differ, or their regions do")
        };
        self.sound.values().filter(is_same).map(told).collect()
    }
}

/// Everything that one run reads of other stacks.
pub(super) struct Stock<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    pub(super) built_in: &'a [BuiltIn],
    /// The stack files that the command names, where they are; empty for one that is alone.
    named: BTreeSet<PathBuf>,
    /// From the stack file to the one that is being read: each uses the next.
    row: Vec<(PathBuf, String)>,
    /// By file and by what is said of its variables; `None` for what cannot be read.
    read: BTreeMap<(PathBuf, String), Option<Arc<StackFile>>>,
}

impl<'a> Stock<'a> {
    pub(super) fn of(inputs: &'a Inputs<'a>, built_in: &'a [BuiltIn], named: &[PathBuf]) -> Self {
        let is_alone = named.len() < 2;
        let named = named.iter().filter(|_| !is_alone).filter_map(|it| it.canonicalize().ok());
        Self { inputs, built_in, named: named.collect(), row: Vec::new(), read: BTreeMap::new() }
    }

    /// Whether the command names other stacks, too.
    pub(super) fn has_others(&self) -> bool {
        !self.named.is_empty()
    }

    /// Does something while a file is being read.
    pub(super) fn within<T>(
        &mut self,
        (path, name): (PathBuf, String),
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.row.push((path, name));
        let done = work(self);
        self.row.pop();
        done
    }
}

/// The section of one stack file, and what it is read with.
pub(super) struct Section<'s> {
    pub(super) map: Option<&'s Map>,
    pub(super) resources: &'s Map,
    pub(super) ground: Ground<'s>,
    pub(super) reach: &'s Reach,
}

impl Section<'_> {
    /// Reads every stack that is used.
    pub(super) fn read(&self, stock: &mut Stock<'_>, problems: &mut Vec<Diagnostic>) -> Uses {
        let mut whole = Uses::default();
        for (alias, entry) in self.map.into_iter().flatten() {
            // Null counts as left out: a file laid over another takes it away.
            if entry.node.is_null() {
                continue;
            }
            if !shape::name(alias, &entry.key_at, problems) {
                whole.broken.insert(alias.clone());
                continue;
            }
            problems.extend(self.taken(alias, &entry.key_at));
            match self.one(entry, stock, problems) {
                Some(used) => {
                    whole.sound.insert(alias.clone(), used);
                }
                None => {
                    whole.broken.insert(alias.clone());
                }
            }
        }
        whole
    }

    /// The problem of a name that is a resource's, too.
    fn taken(&self, alias: &str, at: &Mark) -> Option<Diagnostic> {
        let within = format!("{alias}.");
        let (_, resource) = self
            .resources
            .iter()
            .find(|(address, _)| *address == alias || address.starts_with(&within))?;
        let problem = Diagnostic::error(format!("`{alias}` is the name of a resource, too"));
        Some(
            problem
                .at(Some(at.location()))
                .because(format!("the resource is declared at {}", resource.key_at))
                .hint("use the other stack under another name"),
        )
    }

    fn one(
        &self,
        entry: &Entry,
        stock: &mut Stock<'_>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Used> {
        let (node, found) = Expansion::new(self.ground).evaluate_alone(&entry.node);
        let is_sound = found.is_empty();
        problems.extend(found);
        let node = node.filter(|_| is_sound)?;
        let nothing = Map::new();
        let (file, at, vars) = match node.as_map() {
            None => (&node, &entry.node.at, &nothing),
            Some(map) => {
                shape::only_keys(map, KEYS, "a stack that is used", problems);
                let owner = "a stack that is used";
                let file = shape::required(map, "file", owner, &entry.key_at, problems)?;
                let vars = map.get("vars").filter(|vars| !vars.node.is_null());
                let vars = match vars {
                    Some(vars) => shape::map(&vars.node, "vars", problems)?,
                    None => &nothing,
                };
                // Where the path is written, and not where its parts came from.
                let written = entry.node.get("file").map_or(&entry.node.at, |node| &node.at);
                (&file.node, written, vars)
            }
        };
        let text = shape::text(file, "the file of a stack that is used", problems)?;
        let found = self.reach.resolve(text, at).map_err(|problem| problems.push(problem)).ok()?;
        let file = self.other(&found, (at, vars), (stock, problems))?;
        let (path, name) = found;
        Some(Used { path, name, file, at: entry.key_at.clone(), node })
    }

    /// The stack of a file, with these of its variables stated.
    fn other(
        &self,
        found: &(PathBuf, String),
        (at, vars): (&Mark, &Map),
        (stock, problems): (&mut Stock<'_>, &mut Vec<Diagnostic>),
    ) -> Option<Arc<StackFile>> {
        let key = (found.0.clone(), stated(vars));
        if let Some(known) = stock.read.get(&key) {
            return known.clone();
        }
        if let Some(problem) = refused(&found.0, at, stock) {
            problems.push(problem);
            return None;
        }
        let file = self.anew(found, (at, vars), stock).map_err(|mut it| problems.append(&mut it));
        let file = file.ok().map(Arc::new);
        stock.read.insert(key, file.clone());
        file
    }

    fn anew(
        &self,
        (path, name): &(PathBuf, String),
        (at, vars): (&Mark, &Map),
        stock: &mut Stock<'_>,
    ) -> Result<StackFile, Vec<Diagnostic>> {
        let (reach, file) =
            Reach::of(path).map_err(|problem| vec![files::named_at(problem, Some(at))])?;
        // What the command line says is for the stacks that are named there.
        let (inputs, nothing) = (stock.inputs, BTreeMap::new());
        let is_named = stock.named.contains(&file);
        let given = if is_named { (inputs.files, &inputs.vars) } else { (&[][..], &nothing) };
        let request = Request {
            path: path.clone(),
            file: file.clone(),
            name: name.clone(),
            named_at: Some(at.clone()),
            reach: reach.at_most(self.reach),
            given,
            stated: vars,
        };
        stock.within((file, name.clone()), |stock| read_stack(request, stock))
    }
}

/// The problem of a file that cannot be one more link of the row.
fn refused(path: &PathBuf, at: &Mark, stock: &Stock<'_>) -> Option<Diagnostic> {
    let refuse = |summary: String| Diagnostic::error(summary).at(Some(at.location()));
    if let Some(begin) = stock.row.iter().position(|(link, _)| link == path) {
        let links = stock.row[begin..].iter().chain([&stock.row[begin]]);
        let names: Vec<&str> = links.map(|(_, name)| name.as_str()).collect();
        let problem = refuse(format!("stacks use each other: {}", names.join(" -> ")));
        return Some(
            problem
                .because("each would have to be applied before itself")
                .hint("move what both need into a third stack, and use that"),
        );
    }
    if stock.row.len() > MAX_ROW {
        return Some(refuse(format!("the chain of `uses` is longer than {MAX_ROW}")));
    }
    (stock.read.len() >= MAX_USED)
        .then(|| refuse(format!("more than {MAX_USED} stacks are used, one by another")))
}

/// What is said of variables, as one text.
fn stated(vars: &Map) -> String {
    let texts: Vec<String> =
        vars.iter().map(|(name, entry)| format!("{name:?}:{}", entry.node.to_json())).collect();
    texts.join(";")
}
