//! Step 2: from a stack file to a checked stack, once account and region are
//! known. Pure: reads no file and asks no cloud.

use std::collections::BTreeMap;

use super::conform::Schema;
use super::deprecated::deprecated_fields;
use super::edges::{self, Edges};
use super::expand::{Env, Expansion, Ground};
use super::load::{Inputs, StackFile};
use super::lock;
use super::patterns::Library;
use super::predict::{self, Known, Oracle};
use super::skips;
use super::told::{MOST_KEPT, in_order};
use super::tree::{Map, Node};
use super::written::{self, Written};
use crate::model::document::{self, fill};
use crate::model::{
    Address, Catalog, Desired, Diagnostic, Identity, Location, Lock, Place, Prepared, Problem,
    Stack,
};

/// A stack that holds together.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What the planner is given.
    pub stack: Stack,
    /// What ought to be seen, and stops nothing.
    pub warnings: Vec<Diagnostic>,
    /// Where the stack file declares each resource. A resource of a pattern is
    /// declared where the pattern is used.
    pub locations: BTreeMap<Address, Location>,
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
    let nothing = Map::new();
    let mut expansion = Expansion::new(Ground {
        stack: Some(file.name()),
        place: Some(place),
        env: inputs.env,
        variables: &file.variables,
        kinds: catalog.kinds(),
        library: &file.library,
        resources: file.section("resources").unwrap_or(&nothing),
    });
    expansion.expand_all();
    let tags = written::stack_tags(&mut expansion, file.section("tags"));
    let resources = written::write_out(&mut expansion, &tags);
    let outputs = evaluate_outputs(&mut expansion, file.section("outputs"));

    let skips = skips::of(&mut expansion, file.section("checks"), inputs.checks);

    let oracle = Oracle { catalog, stack: file.name(), place };
    let mut schemas = Schemas::default();
    let mut problems = file.deferred.clone();
    problems.append(&mut expansion.problems);
    let lock = lock_of(file, place, inputs, &mut problems);
    // What is known of a resource that is not whole is checked too, but nothing follows from it.
    let admitted: Vec<&Written<'_>> = resources
        .iter()
        .filter(|r| schemas.admit(r, &r.fields, &mut problems) && r.is_whole)
        .collect();
    let known = oracle.predict(&admitted);
    let settled = settle(&admitted, &known, &oracle, &mut schemas, &mut problems);
    problems.extend(predict::open_identities(&settled));
    problems.extend(twins(&settled));
    let section = file.root.get("lock");
    let objects = settled.iter().map(|(written, prepared)| (written.kind.name.as_str(), prepared));
    problems.extend(lock.as_ref().and_then(|lock| lock::in_own_bucket(lock, section, objects)));
    let desired = connect(&settled, &known, &mut problems);
    if !problems.is_empty() {
        return Err(in_order(problems));
    }
    let warnings = resources.iter().flat_map(warnings_of).collect();
    let locations = resources.iter().map(|r| (r.address.clone(), r.top.location())).collect();
    let fill_in = |node: &Node| fill(&node.to_json(), &|fact| known.get(fact));
    let stack = Stack {
        name: file.name().to_owned(),
        place: place.clone(),
        resources: desired,
        outputs: outputs.iter().map(|(name, node)| (name.clone(), fill_in(node))).collect(),
        skips,
        lock,
    };
    Ok(Checked { stack, warnings: in_order(warnings), locations })
}

/// What `lock` says, on a ground without resources.
fn lock_of(
    file: &StackFile,
    place: &Place,
    inputs: &Inputs<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Lock> {
    let (library, nothing) = (Library::default(), Map::new());
    let ground = Ground {
        stack: Some(file.name()),
        place: Some(place),
        env: inputs.env,
        variables: &file.variables,
        kinds: &[],
        library: &library,
        resources: &nothing,
    };
    lock::of(file.root.get("lock"), ground, problems)
}

fn evaluate_outputs(
    expansion: &mut Expansion<'_>,
    section: Option<&Map>,
) -> BTreeMap<String, Node> {
    let mut outputs = BTreeMap::new();
    for (name, entry) in section.into_iter().flatten() {
        if let Some(node) = expansion.evaluate(&entry.node, &Env::of(0)) {
            outputs.insert(name.clone(), node);
        }
    }
    outputs
}

/// The schemas of the kinds in use, each made ready once.
#[derive(Default)]
struct Schemas(BTreeMap<String, Result<Schema, String>>);

impl Schemas {
    /// Whether the fields of a resource fit the schema of its kind.
    fn admit(
        &mut self,
        resource: &Written<'_>,
        fields: &Node,
        problems: &mut Vec<Diagnostic>,
    ) -> bool {
        if problems.len() >= MOST_KEPT {
            return false;
        }
        let kind = resource.kind;
        let schema = self.0.entry(kind.name.clone()).or_insert_with(|| Schema::new(&kind.schema));
        let mut found = match schema {
            Ok(schema) => schema.check(fields, &resource.at),
            Err(message) => {
                let summary = format!("the schema of `{}` is broken: {message}", kind.name);
                vec![
                    Diagnostic::error(summary).hint("this is a defect of ccprov; please report it"),
                ]
            }
        };
        if !resource.is_whole {
            // That a field is missing is told at the resource; it may be one that is left out.
            let whole = Some(resource.at.location());
            found.retain(|problem| problem.location != whole);
        }
        let sound = found.is_empty();
        problems.extend(found.into_iter().map(|problem| in_context(problem, resource)));
        sound
    }
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
            Some(Ok(prepared)) => settled.push((resource, prepared)),
            Some(Err(found)) => {
                problems.extend(found.into_iter().map(|problem| of_kind(problem, resource)));
            }
            None => {}
        }
    }
    settled
}

/// A kind's own complaint, at the field that it is about.
fn of_kind(problem: Problem, resource: &Written<'_>) -> Diagnostic {
    let Problem { path, message, hint } = problem;
    let at = resource.fields.mark_at(&path).location();
    let is_whole = path.segments().is_empty();
    let summary = if is_whole { message } else { format!("`{path}`: {message}") };
    let mut problem = Diagnostic::error(summary).at(Some(at));
    problem.hints.extend(hint);
    in_context(problem, resource)
}

/// The problem, with the resource that it is about: one line of a file does
/// not show it, and a line of a pattern stands for many.
fn in_context(problem: Diagnostic, resource: &Written<'_>) -> Diagnostic {
    let detail = match &problem.detail {
        Some(detail) => format!("{detail}; {}", resource.context),
        None => resource.context.clone(),
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
        for resource in resources {
            let others: Vec<&str> = resources
                .iter()
                .filter(|other| other.address != resource.address)
                .map(|other| other.address.as_str())
                .collect();
            let summary = format!("`{}` is the same {kind} as another resource", resource.address);
            let detail = format!("`{}` would be `{identity}` too", others.join("`, `"));
            problems
                .push(Diagnostic::error(summary).because(detail).at(Some(resource.at.location())));
        }
    }
    problems
}

/// The resources with what they wait for.
fn connect(
    settled: &[(&Written<'_>, Prepared)],
    known: &Known,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<Address, Desired> {
    let mut desired = BTreeMap::new();
    let mut waiting: BTreeMap<&Address, Edges> = BTreeMap::new();
    let names = edges::names_of(settled.iter().map(|(written, prepared)| (*written, prepared)));
    let mut spelled = BTreeMap::new();
    for (resource, prepared) in settled {
        let mut found = Vec::new();
        let (edges, mentions) = edges::edges_of(resource, known, &mut found);
        let is_open = document::is_pending(prepared.identity.as_str());
        let wanted = Desired {
            address: resource.address.clone(),
            kind: resource.kind.name.clone(),
            identity: prepared.identity.clone(),
            document: prepared.document.clone(),
            stated: predict::document_of(resource).into_iter().map(|(field, _)| field).collect(),
            predicted: prepared.predicted.clone(),
            edges: edges.iter().map(|(address, (edge, _))| (address.clone(), *edge)).collect(),
            mentions,
            lifecycle: resource.lifecycle.clone(),
        };
        desired.insert(resource.address.clone(), wanted);
        let out = edges::spelled_out(resource, prepared, &names);
        spelled.insert(resource.address.clone(), out);
        // Names that wait for each other, or for themselves, were told as such.
        if !is_open {
            problems.append(&mut found);
            waiting.insert(&resource.address, edges);
        }
    }
    problems.extend(edges::circles(&waiting));
    edges::add_spelled_out(&mut desired, spelled);
    desired
}

fn warnings_of(resource: &Written<'_>) -> Vec<Diagnostic> {
    deprecated_fields(&resource.kind.schema, &resource.fields)
        .into_iter()
        .map(|warning| in_context(warning, resource))
        .collect()
}
