//! Step 1: from a path to a stack file whose name, account and region are
//! known. Reads every file that the stack consists of, so that
//! [`check`](super::check()) reads no more than the artifacts that they name;
//! knows no cloud.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod uses;

pub use uses::Used;
use uses::{Section, Stock, Uses};

use super::artifacts::Checkout;
use super::elsewhere;
use super::files::{self, Reach};
use super::fitting;
use super::given::{self, Outside, Stray};
use super::header::{Header, Identified, is_stated};
use super::inputs::Inputs;
use super::merge::merge;
use super::patterns::{BuiltIn, Gathering, Library, PATTERNS};
use super::sensitive;
use super::shape;
use super::source::Mark;
use super::told::in_order;
use super::tree::{Entry, Map, Node, Value};
use super::values;
use super::variables::{self, Variable};
use super::yaml::MERGE;
use crate::model::{Claimant, Diagnostic, FormerNames, Place, Role};

/// Longest chain of `extends`. Two is common (a base, its environments), three
/// is known; beyond that nobody can say where a value comes from.
const MAX_EXTENDS: usize = 8;

pub(super) const STACK_KEYS: &[&str] = &[
    "stack",
    "was",
    "account",
    "region",
    "role",
    "vars",
    "sensitive",
    "values",
    "tags",
    "ignore_tags",
    "resources",
    "moved",
    "outputs",
    "checks",
    "probes",
    "lock",
    "existing",
    "extends",
    "uses",
];

/// Those of them that are maps.
const SECTIONS: [&str; 11] = [
    "vars",
    "values",
    "tags",
    "existing",
    "resources",
    "moved",
    "outputs",
    "checks",
    "probes",
    "lock",
    "uses",
];

/// A stack file with all that it extends and the patterns that it uses, read
/// but not yet understood.
#[derive(Debug)]
pub struct StackFile {
    name: String,
    was: FormerNames,
    account: Option<String>,
    region: Option<String>,
    role: Option<Role>,
    sources: Vec<PathBuf>,
    pub(super) root: Map,
    pub(super) library: Library,
    pub(super) variables: BTreeMap<String, Variable>,
    pub(super) checkout: Checkout,
    /// What the command line says of variables, and this stack declares none of the name: it
    /// may be for another that is named beside it.
    pub(super) strays: Vec<Stray>,
    pub(super) uses: Uses,
    /// Problems that do not keep us from knowing what the stack is. Told with
    /// those of `check`, so that one run shows them all.
    pub(super) deferred: Vec<Diagnostic>,
}

impl StackFile {
    /// The stack's name: the value of the owner tag.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names that the stack had before, as far as it says so.
    pub fn was(&self) -> &FormerNames {
        &self.was
    }

    /// Whose its objects are to be.
    pub(super) fn claimant<'a>(&'a self, place: &'a Place) -> Claimant<'a> {
        Claimant { stack: &self.name, was: self.was(), place }
    }

    /// The account that the stack is pinned to, if only by its role.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref().or_else(|| self.role.as_ref().map(Role::account))
    }

    /// The region that the stack names.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The role in which the stack is worked on, if it names one.
    pub fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }

    /// The stacks whose outputs this one may refer to, by the names that it has for them.
    pub fn uses(&self) -> &BTreeMap<String, Used> {
        &self.uses.sound
    }

    /// Every file that was read, the stack file first.
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    /// Whether it, or a stack that it uses, has a variable of that name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.variables.contains_key(name) || self.uses().values().any(|it| it.file.declares(name))
    }

    /// What stands under a key at the top.
    pub(super) fn section(&self, key: &str) -> Option<&Map> {
        self.root.get(key).and_then(|entry| entry.node.as_map())
    }
}

/// Reads a stack file, the files that it extends and the patterns that it
/// uses.
///
/// Fails only if the stack's name, account or region cannot be known. Other
/// problems wait for [`check`](super::check()), which tells all of them.
///
/// # Errors
///
/// Everything found wrong so far.
pub fn load(path: &Path, inputs: &Inputs<'_>) -> Result<StackFile, Vec<Diagnostic>> {
    load_among(path, inputs, &[])
}

/// [`load`] of one of the stack files that a command names. What the command line says of
/// variables is for those of them that declare these, also where one of them uses another;
/// what all of them lack, [`strays`](super::strays()) tells.
///
/// # Errors
///
/// Everything found wrong so far.
pub fn load_among(
    path: &Path,
    inputs: &Inputs<'_>,
    named: &[PathBuf],
) -> Result<StackFile, Vec<Diagnostic>> {
    load_with(path, inputs, (named, PATTERNS)).map_err(in_order)
}

/// [`load_among`] with the built-in patterns as an argument.
pub(super) fn load_with(
    path: &Path,
    inputs: &Inputs<'_>,
    (named, built_in): (&[PathBuf], &[BuiltIn]),
) -> Result<StackFile, Vec<Diagnostic>> {
    let (reach, file) = Reach::of(path).map_err(|problem| vec![problem])?;
    let name = path.display().to_string();
    let link = (file.clone(), name.clone());
    let given = (inputs.files, &inputs.vars);
    let stated = &Map::new();
    let request =
        Request { path: path.to_owned(), file, name, named_at: None, reach, given, stated };
    Stock::of(inputs, built_in, named).within(link, |stock| read_stack(request, stock))
}

/// A stack file that is to be read, and what is said of it alone.
struct Request<'r> {
    /// As it is named.
    path: PathBuf,
    /// Where it is.
    file: PathBuf,
    /// As people know it.
    name: String,
    /// Where it is named, if a file does.
    named_at: Option<Mark>,
    reach: Reach,
    /// Variable files and variables of the command line.
    given: (&'r [PathBuf], &'r BTreeMap<String, String>),
    /// Variables that whoever uses the stack states.
    stated: &'r Map,
}

/// Reads one stack file with everything that it consists of.
fn read_stack(request: Request<'_>, stock: &mut Stock<'_>) -> Result<StackFile, Vec<Diagnostic>> {
    let Request { path, file, name, named_at, reach, given, stated } = request;
    let inputs = stock.inputs;
    let nothing = Map::new();
    let mut deferred = Vec::new();
    let (mut root, start, mut sources) = read_chain((file, name, named_at), &reach, &mut deferred)?;
    check_sections(&mut root, &start, &mut deferred);
    let declared = root.get("vars").and_then(|entry| entry.node.as_map());
    let outside = said_outside((&path, given), (stated, declared), stock, &mut deferred);
    let named = root.get("sensitive");
    let secrets = sensitive::hide(named, declared, &outside.given, inputs.mask, &mut deferred);
    let beside = given::beside(&path).map(|path| path.display().to_string());
    let variables = variables::settle(declared, &outside.given, beside.as_deref(), &mut deferred);
    let named_values = root.get("values").and_then(|entry| entry.node.as_map()).unwrap_or(&nothing);
    values::check(named_values, &mut deferred);
    let resources = root.get("resources").and_then(|entry| entry.node.as_map()).unwrap_or(&nothing);
    let mut gathering = Gathering {
        reach: &reach,
        built_in: stock.built_in,
        read: BTreeMap::new(),
        library: Library::default(),
        problems: Vec::new(),
    };
    gathering.gather(resources);
    deferred.append(&mut gathering.problems);
    gathering.library.read_contents(&root, &reach);
    sources.extend(outside.files);
    sources.extend(gathering.read.into_keys());
    sources.extend(gathering.library.contents.paths());
    let library = Library::default();
    let header = Header {
        root: &root,
        start: &start,
        variables: &variables,
        values: named_values,
        library: &library,
        resources: &nothing,
        inputs,
    };
    sensitive::hide_settled(&secrets, header.ground(), inputs.mask, &mut deferred);
    let map = root.get("uses").and_then(|entry| entry.node.as_map());
    let section = Section { map, resources, ground: header.ground(), reach: &reach };
    let uses = section.read(stock, &mut deferred);
    match header.read(!deferred.is_empty()) {
        Ok(Identified { name, was, account, region, role }) => {
            deferred.append(&mut uses.of_itself(&name, region.as_deref()));
            Ok(StackFile {
                name,
                was,
                account,
                region,
                role,
                sources,
                strays: outside.strays,
                root,
                library: gathering.library,
                variables,
                checkout: Checkout::of(reach),
                uses,
                deferred,
            })
        }
        Err(mut problems) => {
            problems.append(&mut fitting::faults(header.ground()));
            problems.append(&mut deferred);
            Err(problems)
        }
    }
}

/// What is said of a stack's variables from outside. What no stack of the command declares is
/// told of all of them together.
fn said_outside(
    (path, given): (&Path, (&[PathBuf], &BTreeMap<String, String>)),
    (stated, declared): (&Map, Option<&Map>),
    stock: &Stock<'_>,
    deferred: &mut Vec<Diagnostic>,
) -> Outside {
    let said = (&stock.inputs.ambient, given.0, given.1);
    let mut outside = Outside::of(path, said, declared, deferred);
    outside.state(stated, declared, deferred);
    if !stock.has_others() {
        let nothing = Map::new();
        let declared = declared.unwrap_or(&nothing);
        deferred.extend(outside.strays.drain(..).map(|it| it.of_one(declared)));
    }
    outside
}

/// Tells of sections that are none, and of resources that are not stated.
fn check_sections(root: &mut Map, start: &Mark, deferred: &mut Vec<Diagnostic>) {
    for key in SECTIONS {
        if let Some(entry) = root.get(key).filter(|entry| !entry.node.is_null()) {
            shape::map(&entry.node, key, deferred);
        }
    }
    no_late_merges(root, deferred);
    // Null is not taken for an empty map: what somebody has yet to write would
    // else be a stack whose every object is to be deleted.
    if !is_stated(root, "resources") {
        let problem = shape::missing("resources", "the stack file", start);
        deferred.push(problem.hint("write `resources: {}` for a stack that wants nothing"));
    }
}

/// Tells of `<<` with a reference where names are declared, and takes it out.
fn no_late_merges(root: &mut Map, deferred: &mut Vec<Diagnostic>) {
    for key in
        ["vars", "values", "tags", "existing", "resources", "moved", "outputs", "probes", "uses"]
    {
        let section = root.get_mut(key).and_then(|entry| entry.node.as_map_mut());
        if let Some(merged) = section.and_then(|section| section.remove(MERGE)) {
            let problem = Diagnostic::error(format!("`<<` merges no reference into `{key}`"));
            let problem = problem.at(Some(merged.key_at.location()));
            deferred.push(problem.hint(elsewhere::MERGES_LATE));
        }
    }
}

/// The file with everything that it extends laid under it, where the first
/// file begins, and every path read.
fn read_chain(
    first: (PathBuf, String, Option<Mark>),
    reach: &Reach,
    deferred: &mut Vec<Diagnostic>,
) -> Result<(Map, Mark, Vec<PathBuf>), Vec<Diagnostic>> {
    let mut waiting = Some(first);
    let mut sources = Vec::new();
    let mut files: Vec<Node> = Vec::new();
    while let Some((path, name, named_at)) = waiting.take() {
        let (_, mut node) = files::read(&path, &name)
            .map_err(|problem| vec![files::named_at(problem, named_at.as_ref())])?;
        sources.push(path);
        let Value::Map(map) = &mut node.value else { return Err(vec![not_a_stack(&node)]) };
        shape::only_keys(map, STACK_KEYS, shape::A_STACK_FILE, deferred);
        let base = map.remove("extends");
        files.push(node);
        if let Some(base) = base.filter(|base| !base.node.is_null()) {
            let (path, name) =
                next_file(&base.node, reach, &sources).map_err(|problem| vec![problem])?;
            waiting = Some((path, name, Some(base.node.at)));
        }
    }
    let start = files[0].at.source.start();
    let merged = files.into_iter().rev().reduce(lay_over);
    match merged.map(|node| node.value) {
        Some(Value::Map(root)) => Ok((root, start, sources)),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_))
        | None => Ok((Map::new(), start, sources)),
    }
}

/// [`merge`] for whole files.
fn lay_over(mut base: Node, mut over: Node) -> Node {
    let vars = |file: &mut Node| match &mut file.value {
        Value::Map(map) => map.remove("vars"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => None,
    };
    let (below, above) = (vars(&mut base), vars(&mut over));
    let mut merged = merge(base, over);
    let vars = match (below, above) {
        (Some(_), Some(above)) if above.node.is_null() => None,
        (Some(below), Some(above)) => {
            let node = variables::lay_over(below.node, above.node);
            Some(Entry { key_at: above.key_at, node })
        }
        (below, above) => above.or(below),
    };
    if let (Value::Map(map), Some(vars)) = (&mut merged.value, vars) {
        map.insert("vars".to_owned(), vars);
    }
    merged
}

fn not_a_stack(node: &Node) -> Diagnostic {
    let summary = if node.is_null() {
        "the file is empty".to_owned()
    } else {
        format!("a stack file must be a map, not {}", node.type_name())
    };
    // Nothing has no place of its own: the parser is at the end by then.
    let at = if node.is_null() { node.at.source.start() } else { node.at.clone() };
    Diagnostic::error(summary)
        .at(Some(at.location()))
        .hint("begin with `stack: NAME` and `resources:`")
}

fn next_file(
    base: &Node,
    reach: &Reach,
    read: &[PathBuf],
) -> Result<(PathBuf, String), Diagnostic> {
    let refuse = |summary: String| Diagnostic::error(summary).at(Some(base.at.location()));
    let Some(text) = base.as_text() else {
        let summary = format!("`extends` must be the path of one file, not {}", base.type_name());
        return Err(refuse(summary));
    };
    let (path, name) = reach.resolve(text, &base.at)?;
    if read.contains(&path) {
        return Err(refuse(format!("`{text}` extends itself"))
            .because("it is the file that began this chain, or another link of it"));
    }
    if read.len() > MAX_EXTENDS {
        return Err(refuse(format!("the chain of `extends` is longer than {MAX_EXTENDS}")));
    }
    Ok((path, name))
}
