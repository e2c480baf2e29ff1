//! Step 2: from a stack file to a checked stack, once account and region are
//! known. Asks no cloud, and reads no file but artifacts: each once, whoever asks
//! how often.

mod lenders;
mod schemas;
mod spoken;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use self::lenders::Lender;
use self::lenders::{Desk, Lenders};
use self::schemas::Schemas;
pub use self::spoken::{OfOthers, Spoken};
use super::deprecated::deprecated_fields;
use super::edges::{self, Edges};
use super::existing::{self, Referred};
use super::expand::{Env, Expansion, Ground};
use super::ignored;
use super::inputs::Inputs;
use super::learned::Learned;
use super::lent::Lent;
use super::load::StackFile;
use super::lock;
use super::moved;
use super::predict::{self, Known, Oracle};
use super::probes;
use super::reference::{self, Part};
use super::skips;
use super::spelling;
use super::suggest::{did_you_mean, listed};
use super::told::{MOST_KEPT, in_order};
use super::tree::{Map, Node};
use super::used::used_at;
use super::written::{self, StackTags, Written};
use super::yaml;
use crate::model::document::{self, fill};
use crate::model::{
    Address, Catalog, Desired, Diagnostic, Document, Facts, Identity, Origin, Path, Place,
    Prepared, Problem, Stack,
};

/// Outputs of other stacks: each by the name that a stack has for the other, and by its own.
pub type Borrowed = BTreeSet<(String, String)>;

/// A stack that holds together.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What the planner is given.
    pub stack: Stack,
    /// What ought to be seen, and stops nothing.
    pub warnings: Vec<Diagnostic>,
    /// Where each resource is written.
    pub origins: BTreeMap<Address, Origin>,
    /// Which resources each output speaks of.
    pub told_of: BTreeMap<String, BTreeSet<Address>>,
    /// The stacks that it uses, by the names that it has for them.
    pub lenders: BTreeMap<String, Lender>,
    /// What each output passes on of others.
    pub passed_on: BTreeMap<String, OfOthers>,
    /// What it refers to and does not own, by what stands before a fact of it.
    pub existing: BTreeMap<Address, Referred>,
    /// What each resource holds of others, and each of these.
    pub holds: BTreeMap<Address, OfOthers>,
}

/// Expands the patterns, resolves the references, checks every document and
/// computes the edges.
///
/// # Errors
///
/// Everything that is wrong with the stack, in the order of files and lines.
/// A problem that only follows from another is left out.
pub fn check(
    file: &StackFile,
    place: &Place,
    catalog: &dyn Catalog,
    inputs: &Inputs<'_>,
) -> Result<Checked, Vec<Diagnostic>> {
    check_knowing(file, place, catalog, inputs, &Learned::default())
}

/// The same, by somebody who has looked.
///
/// # Errors
///
/// As of [`check`].
pub fn check_knowing(
    file: &StackFile,
    place: &Place,
    catalog: &dyn Catalog,
    inputs: &Inputs<'_>,
    learned: &Learned,
) -> Result<Checked, Vec<Diagnostic>> {
    check_and(file, place, catalog, (inputs, learned), |sheet| sheet.checked)?
}

/// What a check works with, for who wants more of it than the stack.
pub(super) struct Sheet<'s, 'a> {
    /// Able to work out more, also of a stack that is not sound.
    pub(super) expansion: &'s mut Expansion<'a>,
    pub(super) tags: &'s StackTags,
    pub(super) resources: &'s [Written<'a>],
    pub(super) outputs: &'s BTreeMap<String, Node>,
    pub(super) known: &'s Known,
    /// Those resources with which nothing is wrong, and the stacks that are used.
    pub(super) sound: BTreeSet<Address>,
    /// The stack, or everything that is wrong with it.
    pub(super) checked: Result<Checked, Vec<Diagnostic>>,
}

/// The same, and what `seen_as` makes of it; a stack that outgrew its limits is not seen.
pub(super) fn check_and<T>(
    file: &StackFile,
    place: &Place,
    catalog: &dyn Catalog,
    (inputs, learned): (&Inputs<'_>, &Learned),
    seen_as: impl FnOnce(Sheet<'_, '_>) -> T,
) -> Result<T, Vec<Diagnostic>> {
    check_within(file, place, catalog, (inputs, learned, &mut Desk::default()), seen_as)
}

/// The same, in a row of stacks of which each uses the next.
fn check_within<T>(
    file: &StackFile,
    place: &Place,
    catalog: &dyn Catalog,
    (inputs, learned, desk): (&Inputs<'_>, &Learned, &mut Desk),
    seen_as: impl FnOnce(Sheet<'_, '_>) -> T,
) -> Result<T, Vec<Diagnostic>> {
    let mut lenders = Lenders::of(file, place, catalog, inputs, desk);
    let lent = &lenders.lent(file, learned);
    let ground = Ground { lent, ..ground(file, place, catalog, inputs) };
    let mut expansion = Expansion::new(ground);
    existing::declare(&mut expansion);
    expansion.expand_all();
    let tags = StackTags {
        own: written::stack_tags(&mut expansion, file.section("tags")),
        ignored: ignored::tags(&mut expansion, file.root.get("ignore_tags")),
    };
    let mut resources = written::write_out(&mut expansion, &tags, &file.checkout);
    let mut former = moved::of(&mut expansion, file.section("moved"));
    for resource in &mut resources {
        resource.formerly = former.remove(&resource.address).unwrap_or_default();
    }
    written::take_names(&mut resources, &learned.names);
    let outputs = evaluate_outputs(&mut expansion, file.section("outputs"));

    let skips = skips::of(&mut expansion, file.section("checks"), inputs.checks);
    let drafts = probes::of(&mut expansion, file.section("probes"), inputs.checks);
    let neighbours = existing::of(&mut expansion);
    if expansion.is_spent() {
        // What there is of the stack is large, and good for nothing.
        return Err(in_order(expansion.problems));
    }

    let oracle = Oracle { catalog, claimant: file.claimant(place) };
    let mut problems = file.deferred.clone();
    problems.append(&mut lenders.problems);
    problems.append(&mut expansion.problems);
    let lock = lock::of(file, ground, &mut problems);
    let (known, settled) = judged(&resources, &oracle, &lent.facts, &mut problems);
    problems.extend(predict::open_identities(&settled));
    problems.extend(twins(&settled));
    let section = file.root.get("lock");
    let objects = settled.iter().map(|(written, prepared)| (written.kind.name.as_str(), prepared));
    problems.extend(lock.as_ref().and_then(|lock| lock::in_own_bucket(lock, section, objects)));
    let facts = (&expansion.asked_of, &known);
    let existing = existing::settle(neighbours, facts, &oracle, &settled, &mut problems);
    let sound = settled.iter().map(|(written, _)| written.address.clone());
    let sound = sound.chain(lent.stacks.keys().map(Address::new)).collect();
    let mut desired = connect(settled, &known, &mut problems);
    let lenders = lenders.referred(&expansion.borrowed);
    problems.extend(lenders::mark(&mut desired, &resources, &lenders, place));
    let probes = probes::settle(&drafts, &known, &oracle, &desired, &mut problems);
    let checked = if problems.is_empty() {
        let stack = Stack {
            name: file.name().to_owned(),
            was: file.was().clone(),
            moved: moved::ever(file),
            place: place.clone(),
            role: file.role().cloned(),
            resources: desired,
            outputs: filled_outputs(&outputs, &known),
            skips,
            lock,
            probes,
            uses: lenders::told(file, &lenders, lent, &known),
        };
        let warnings = resources.iter().flat_map(warnings_of);
        let warnings = warnings.chain(unknown_region(file, place, catalog)).collect();
        let origins = resources.iter().map(|r| (r.address.clone(), r.origin()));
        let origins = origins.chain(drafts.iter().map(probes::Draft::origin)).collect();
        let (told_of, passed_on) = spoken::of(&outputs, lent);
        let holds = spoken::held(&resources, &existing, lent);
        let warnings = in_order(warnings);
        Ok(Checked { stack, warnings, origins, told_of, lenders, passed_on, existing, holds })
    } else {
        Err(in_order(problems))
    };
    let (expansion, tags, known) = (&mut expansion, &tags, &known);
    let (resources, outputs) = (&resources, &outputs);
    Ok(seen_as(Sheet { expansion, tags, resources, outputs, known, sound, checked }))
}

/// The outputs with the facts that are known.
fn filled_outputs(outputs: &BTreeMap<String, Node>, known: &Known) -> BTreeMap<String, Value> {
    let fill_in = |node: &Node| fill(&node.to_json(), &|fact| known.get(fact));
    outputs.iter().map(|(name, node)| (name.clone(), fill_in(node))).collect()
}

/// What every reference of a file may see.
fn ground<'a>(
    file: &'a StackFile,
    place: &'a Place,
    catalog: &'a dyn Catalog,
    inputs: &'a Inputs<'_>,
) -> Ground<'a> {
    let section = |key: &str| file.section(key).unwrap_or(const { &Map::new() });
    Ground {
        stack: Some(file.name()),
        place: Some(place),
        env: inputs.env,
        variables: &file.variables,
        values: section("values"),
        kinds: catalog.kinds(),
        library: &file.library,
        resources: section("resources"),
        lent: const { &Lent::NONE },
        existing: section("existing"),
        sights: catalog.sights(),
        early: None,
    }
}

fn evaluate_outputs(
    expansion: &mut Expansion<'_>,
    section: Option<&Map>,
) -> BTreeMap<String, Node> {
    let mut outputs = BTreeMap::new();
    for (name, entry) in section.into_iter().flatten() {
        if !is_output_name(name) {
            expansion.problems.push(no_output_name(name).at(Some(entry.key_at.location())));
            continue;
        }
        if let Some(node) = expansion.evaluate(&entry.node, &Env::of(0)) {
            outputs.insert(name.clone(), spelling::as_read(&node));
        }
    }
    outputs
}

/// A name that stands in files of other programs as it is: `name=value` for
/// GitHub, variables of a shell, keys of JSON.
fn is_output_name(name: &str) -> bool {
    const LONGEST: usize = 100;
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    (1..=LONGEST).contains(&name.len())
        && name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || c.is_ascii_digit() || c == '-')
}

fn no_output_name(name: &str) -> Diagnostic {
    Diagnostic::error(format!("`{name}` cannot be the name of an output")).because(
        "it has 1 to 100 letters, digits, dashes and underscores, and begins with a letter or an \
         underscore",
    )
}

/// What is known, and the resources that their schemas and kinds have nothing against.
fn judged<'a, 'b>(
    resources: &'b [Written<'a>],
    oracle: &Oracle<'_>,
    learned: &BTreeMap<Address, Facts>,
    problems: &mut Vec<Diagnostic>,
) -> (Known, Vec<(&'b Written<'a>, Prepared)>) {
    let mut schemas = Schemas::default();
    // What is known of a resource that is not whole is checked too, but nothing follows from it.
    let admitted: Vec<&Written<'_>> =
        resources.iter().filter(|r| schemas.admit(r, &r.fields, problems) && r.is_whole).collect();
    let known = oracle.predict(&admitted, learned);
    let settled = settle(&admitted, &known, oracle, &mut schemas, problems);
    (known, settled)
}

/// Asks every kind for the last time, now that all that can be known is in
/// place. What was put in place must fit the schema as well.
fn settle<'a, 'b>(
    resources: &[&'b Written<'a>],
    known: &Known,
    oracle: &Oracle<'_>,
    schemas: &mut Schemas,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(&'b Written<'a>, Prepared)> {
    let mut settled = Vec::new();
    for resource in resources.iter().copied() {
        let written = predict::document_of(resource);
        let document = known.fill(&written);
        if document != written {
            let filled = resource
                .fields
                .map_texts(&|text| document::fill_text(text, &|fact| known.get(fact)));
            if !schemas.admit(resource, &filled, problems) {
                continue;
            }
        }
        match oracle.prepare(resource, &document) {
            Some(Ok(prepared)) => match unspeakable(resource, &document, &prepared) {
                Some(problem) => problems.push(problem),
                None => settled.push((resource, prepared)),
            },
            Some(Err(found)) => {
                let told = |problem| of_kind(problem, resource, resources);
                problems.extend(found.into_iter().map(told));
            }
            None => {}
        }
    }
    settled
}

/// The problem of a field that its kind reads as JSON: there a control character
/// can be spelled that no text of the file holds, and with it what we take for a
/// pending fact.
fn unspeakable(
    resource: &Written<'_>,
    document: &Document,
    prepared: &Prepared,
) -> Option<Diagnostic> {
    let ours = document::pending_facts(&Value::Object(document.clone()));
    let without_ours =
        |text: &str| document::fill_text(text, &|fact| ours.contains(fact).then(String::new));
    let (field, found) = prepared.document.iter().find_map(|(field, value)| {
        let found = document::find_text(value, &|text| {
            without_ours(text).chars().find(|c| yaml::is_unprintable(*c))
        })?;
        Some((field, found))
    })?;
    let summary = format!("`{field}`: the text holds the control character U+{:04X}", found as u32);
    let at = resource.fields.mark_at(&Path::field(field)).location();
    Some(in_context(Diagnostic::error(summary).at(Some(at)), resource))
}

/// A kind's own complaint, at the field that it is about.
fn of_kind(problem: Problem, resource: &Written<'_>, all: &[&Written<'_>]) -> Diagnostic {
    let hint = meant(&problem, resource, all);
    let Problem { path, message, hint: other, meant: _ } = problem;
    let hint = hint.or(other);
    let at = resource.fields.mark_at(&path).location();
    let is_whole = path.segments().is_empty();
    let summary = if is_whole { message } else { format!("`{path}`: {message}") };
    let mut problem = Diagnostic::error(summary).at(Some(at));
    problem.hints.extend(hint);
    in_context(problem, resource)
}

/// The reference that was meant by one to another fact of the same resource.
fn meant(problem: &Problem, resource: &Written<'_>, all: &[&Written<'_>]) -> Option<String> {
    let wanted = problem.meant?;
    let node = resource.fields.at_path(&problem.path)?;
    let fact = document::pending_facts(&node.as_text()?.into()).pop_first()?;
    let other = all.iter().find(|other| other.address == fact.address)?;
    let has = other.kind.facts.iter().any(|known| known.name == wanted) && fact.fact != wanted;
    // As it is written there: in a pattern a resource has another address.
    let parts = reference::parse(&node.at.text()).ok()?;
    let names = parts.iter().find_map(|part| match part {
        Part::Reference(reference) => Some(&reference.names.0),
        Part::Literal(_) => None,
    });
    let (_, names) = names?.split_last()?;
    let names = names.join(".");
    has.then(|| format!("did you mean `${{{names}.{wanted}}}`?"))
}

/// The problem, with the resource that it is about: one line of a file does
/// not show it, and a line of a pattern stands for many.
fn in_context(problem: Diagnostic, resource: &Written<'_>) -> Diagnostic {
    let used = problem.location.as_ref();
    let used = used.and_then(|location| used_at(&resource.fields, &resource.at, location));
    let used = used.map(|at| format!("; used at {at}")).unwrap_or_default();
    let detail = match &problem.detail {
        Some(detail) => format!("{detail}; {}{used}", resource.context),
        None => format!("{}{used}", resource.context),
    };
    problem.because(detail)
}

/// Resources that are one object in AWS, told at each of them.
fn twins(settled: &[(&Written<'_>, Prepared)]) -> Vec<Diagnostic> {
    let mut same: BTreeMap<(&str, &Identity), Vec<&Written<'_>>> = BTreeMap::new();
    for (resource, prepared) in settled {
        if !document::is_pending(prepared.identity.as_str()) {
            let object = (resource.kind.name.as_str(), &prepared.identity);
            same.entry(object).or_default().push(resource);
        }
    }
    let mut problems = Vec::new();
    for ((kind, identity), resources) in same.iter().filter(|(_, all)| all.len() > 1) {
        for resource in resources.iter().take(MOST_KEPT) {
            let others = resources.iter().filter(|other| other.address != resource.address);
            let others = listed(others.map(|other| other.address.as_str()));
            let summary = format!("`{}` is the same {kind} as another resource", resource.address);
            let detail = format!("{others} would be `{identity}` too");
            problems
                .push(Diagnostic::error(summary).because(detail).at(Some(resource.at.location())));
        }
    }
    problems
}

/// The resources with what they wait for.
fn connect(
    settled: Vec<(&Written<'_>, Prepared)>,
    known: &Known,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<Address, Desired> {
    let mut desired = BTreeMap::new();
    let mut waiting: BTreeMap<&Address, Edges> = BTreeMap::new();
    let kinds = settled.iter().map(|(resource, _)| (&resource.address, resource.kind)).collect();
    let names = edges::names_of(settled.iter().map(|(written, prepared)| (*written, prepared)));
    let spelled = settled.iter().map(|(resource, prepared)| {
        (resource.address.clone(), edges::spelled_out(resource, prepared, &names))
    });
    let own: BTreeSet<&Address> = settled.iter().map(|(resource, _)| &resource.address).collect();
    let spelled = spelled.map(|(address, mut others): (Address, BTreeMap<Address, _>)| {
        others.retain(|other, _| own.contains(other));
        (address, others)
    });
    let spelled = spelled.collect();
    for (resource, prepared) in settled {
        let mut found = Vec::new();
        let (mut edges, mut mentions) = edges::edges_of(resource, known, &mut found);
        // What is not the stack's is waited for before any of it begins.
        edges.retain(|address, _| own.contains(address));
        mentions.retain(|address| own.contains(address));
        let is_open = document::is_pending(prepared.identity.as_str());
        let wanted = Desired {
            address: resource.address.clone(),
            formerly: resource.formerly.clone(),
            named_in: resource.named_in.clone(),
            kind: resource.kind.name.clone(),
            identity: prepared.identity,
            document: prepared.document,
            stated: predict::fields_of(resource),
            predicted: prepared.predicted,
            edges: edges.iter().map(|(address, (edge, _))| (address.clone(), *edge)).collect(),
            mentions,
            lifecycle: resource.lifecycle.clone(),
            artifacts: resource.artifacts.clone(),
            instead_of: None,
        };
        desired.insert(resource.address.clone(), wanted);
        // Names that wait for each other, or for themselves, were told as such.
        if !is_open {
            problems.append(&mut found);
            waiting.insert(&resource.address, edges);
        }
    }
    edges::loosen(&mut waiting);
    problems.extend(edges::circles(&waiting, &kinds));
    edges::add_spelled_out(&mut desired, spelled);
    desired
}

/// A region that nobody knows: it may be new, or mistyped.
fn unknown_region(file: &StackFile, place: &Place, catalog: &dyn Catalog) -> Option<Diagnostic> {
    let known = catalog.regions();
    let region = file.region().filter(|region| *region == place.region)?;
    if known.is_empty() || known.contains(&region) {
        return None;
    }
    let warning =
        Diagnostic::warning(format!("`{region}` is not among the regions that are known"))
            .at(file.root.get("region").map(|entry| entry.node.at.location()))
            .because("if it opened lately, nothing is wrong");
    Some(did_you_mean(warning, region, known))
}

fn warnings_of(resource: &Written<'_>) -> Vec<Diagnostic> {
    deprecated_fields(&resource.kind.schema, &resource.fields)
        .into_iter()
        .map(|warning| in_context(warning, resource))
        .collect()
}
