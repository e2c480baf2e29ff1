//! Artifacts: what fields take of the checkout as bytes, and what comes of them
//! when a plan is carried out.
//!
//! A stack is told no more of a file than its size and its hash. The bytes are
//! read again when they are sent, and are sent if they are still the same.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value as Json, json};

use super::files::Reach;
use super::folder::{Limits, Unfit};
use super::packing::{Form, Measure, pour};
use super::shape;
use super::source::Mark;
use super::suggest::closest;
use super::tree::{Map, Node, Value};
use crate::model::spelling::{Part, parts};
use crate::model::{
    Artifact, ArtifactInfo, ArtifactSort, Diagnostic, KindInfo, Packing, Path as Field, Size,
    document,
};

/// Most bytes that one stack takes in all. To hash so many takes some seconds.
const MOST_TAKEN: u64 = 2 * 1024 * 1024 * 1024;

/// The files that a stack may take bytes of, each looked at once.
#[derive(Debug)]
pub(super) struct Checkout {
    reach: Reach,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    measures: BTreeMap<(PathBuf, Form, Limits), Result<Measure, Unfit>>,
    bytes: u64,
}

/// How much there may be of an artifact, by the way that its bytes take.
struct Room<'a> {
    info: &'a ArtifactInfo,
    limits: Limits,
    /// What to write, where there may be more another way.
    advice: Option<&'a str>,
}

impl<'a> Room<'a> {
    /// What the other fields of a resource leave room for.
    fn of(kind: &'a KindInfo, info: &'a ArtifactInfo, fields: &Node) -> Self {
        let limits = Limits { most_bytes: info.most_bytes, most_entries: info.most_entries };
        let Some(detour) = kind.detour(info) else { return Self { info, limits, advice: None } };
        let is_taken = fields.as_map().is_some_and(|map| stated(map, &detour.by).is_some());
        if is_taken {
            let limits = Limits { most_bytes: detour.most_bytes, ..limits };
            return Self { info, limits, advice: None };
        }
        Self { info, limits, advice: Some(&detour.advice) }
    }
}

impl Checkout {
    pub(super) fn of(reach: Reach) -> Self {
        Self { reach, taken: Mutex::default() }
    }

    /// Puts the hash of what it names in the place of every artifact of a kind's
    /// fields. What cannot be taken is left out, and told.
    pub(super) fn take(
        &self,
        kind: &KindInfo,
        fields: &mut Node,
        problems: &mut Vec<Diagnostic>,
    ) -> Vec<Artifact> {
        let mut artifacts: Vec<Artifact> = Vec::new();
        for info in &kind.artifacts {
            let pattern = parts(&info.field).unwrap_or_default();
            let room = Room::of(kind, info, fields);
            each_at(fields, &Field::default(), &pattern, &mut |at, node| {
                if node.is_null() || is_elsewhere(info, node) {
                    return;
                }
                node.value = match self.artifact(&room, at, node, problems) {
                    Some(artifact) => {
                        problems.extend(buried(&artifact, &artifacts, node));
                        let text = info.spell(artifact.sha256, artifact.size);
                        artifacts.push(artifact);
                        Value::Text(text)
                    }
                    None => Value::Null,
                };
            });
        }
        artifacts
    }

    fn artifact(
        &self,
        room: &Room<'_>,
        at: &Field,
        node: &Node,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Artifact> {
        let Named { sort, path: named, made_by } = named(room.info, at, node, problems)?;
        let found = self.found(room, sort, named, at).map_err(|problem| {
            let is_missing = is_missing(named.as_text().unwrap_or_default(), &named.at);
            if is_missing && !made_by.is_empty() { problem.hint(made_by) } else { problem }
        });
        let (path, Measure { size, sha256 }) = found.map_err(|it| problems.push(it)).ok()?;
        Some(Artifact { at: at.clone(), path, sort, packing: room.info.packing, size, sha256 })
    }

    /// Where an artifact lies, and what it is.
    fn found(
        &self,
        room: &Room<'_>,
        sort: ArtifactSort,
        named: &Node,
        at: &Field,
    ) -> Result<(String, Measure), Diagnostic> {
        let text = named.as_text().unwrap_or_default();
        let refuse = |summary: String| Diagnostic::error(summary).at(Some(named.at.location()));
        let (path, _) = self.reach.resolve_text(text, &named.at)?;
        let is_folder = path.is_dir();
        let other = match sort {
            ArtifactSort::File if is_folder => ArtifactSort::Folder,
            ArtifactSort::Folder if !is_folder => ArtifactSort::File,
            ArtifactSort::File | ArtifactSort::Folder => sort,
        };
        if other != sort {
            let problem = refuse(format!("`{text}` is a {}, and no {}", other.key(), sort.key()));
            return Err(if room.info.sorts.contains(&other) {
                problem.hint(format!("write `{}: {text}`", other.key()))
            } else {
                problem.because(format!("`{at}` takes no {}", other.key()))
            });
        }
        let form = Form::of(sort, room.info.packing, at);
        let measure = self.measure(&path, &form, room.limits).map_err(|unfit| {
            let problem = refuse(format!("`{at}` cannot take `{text}`: {}", unfit.why));
            let advice = room.advice.filter(|_| unfit.is_too_large);
            advice.into_iter().fold(problem, Diagnostic::hint)
        })?;
        match from_here(&path) {
            Some(path) => Ok((path, measure)),
            None => Err(refuse(format!("the path of `{text}` is not UTF-8 text"))),
        }
    }

    fn measure(&self, path: &Path, form: &Form, limits: Limits) -> Result<Measure, Unfit> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (path.to_owned(), form.clone(), limits);
        if let Some(measure) = taken.measures.get(&key) {
            return measure.clone();
        }
        if taken.bytes > MOST_TAKEN {
            let why = format!("the stack takes more than {} already", Size(MOST_TAKEN));
            return Err(Unfit { why, is_too_large: false });
        }
        let measure = pour(path, form, limits, Some(self.reach.folder()), &mut io::sink());
        taken.bytes += measure.as_ref().map_or(limits.most_bytes, |measure| measure.size);
        taken.measures.insert(key, measure.clone());
        measure
    }
}

/// Whether there is nothing where a path leads to: it may have to be made first.
fn is_missing(text: &str, at: &Mark) -> bool {
    let folder = at.source.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let found = folder.join(text).metadata();
    found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// That an entry of an image lies below a file. Entries come in the order of their paths.
fn buried(artifact: &Artifact, before: &[Artifact], node: &Node) -> Option<Diagnostic> {
    let place = |artifact: &Artifact| match Form::of(artifact.sort, artifact.packing, &artifact.at)
    {
        Form::Layer(sort, place) => Some((sort, place)),
        Form::File | Form::Zip => None,
    };
    let (_, below) = place(artifact)?;
    let is_above = |other: &String| {
        below.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    let mut files = before.iter().filter_map(place).filter(|(sort, _)| *sort == ArtifactSort::File);
    let (_, file) = files.find(|(_, other)| is_above(other))?;
    let problem = Diagnostic::error(format!("`{below}` cannot lie below `{file}`"));
    Some(problem.at(Some(node.at.location())).because(format!("`{file}` is a file")))
}

/// Whether a map says where the cloud has the bytes already.
fn is_elsewhere(info: &ArtifactInfo, node: &Node) -> bool {
    let names = |map: &Map| map.get(info.elsewhere.as_ref()).is_some();
    !info.elsewhere.is_empty() && node.as_map().is_some_and(names)
}

/// What an artifact is written as.
struct Named<'a> {
    sort: ArtifactSort,
    path: &'a Node,
    /// What to do where there is nothing.
    made_by: String,
}

/// The key beside a path that says by which command its file is made. Nobody runs it.
const MADE_BY: &str = "made_by";

fn named<'a>(
    info: &ArtifactInfo,
    at: &Field,
    node: &'a Node,
    problems: &mut Vec<Diagnostic>,
) -> Option<Named<'a>> {
    let keys: Vec<&str> = info.sorts.iter().map(|sort| sort.key()).collect();
    let elsewhere = Some(&info.elsewhere).filter(|key| !key.is_empty());
    let forms = keys.iter().map(|key| format!("`{{ {key}: PATH }}`"));
    let forms = forms.chain(elsewhere.map(|key| format!("`{{ {key}: NAME, ... }}`")));
    let forms: Vec<String> = forms.collect();
    let forms = forms.join(" or ");
    let refuse = |summary: String| Diagnostic::error(summary).at(Some(node.at.location()));
    let Some(map) = node.as_map() else {
        let (what, found) = (keys.join(" or a "), node.type_name());
        let problem = refuse(format!("`{at}` must be a {what} of the checkout, not {found}"));
        problems.push(match (node.scalar_text(), info.sorts.first()) {
            (Some(text), Some(sort)) if !document::is_pending(text) => {
                problem.hint(format!("write `{{ {}: {text} }}`", sort.key()))
            }
            (_, _) => problem.hint(format!("write {forms}")),
        });
        return None;
    };
    let known = ["file", "folder", MADE_BY];
    if let Some((key, entry)) = map.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        let problem = Diagnostic::error(format!("unknown key `{key}`"));
        let problem = problem.at(Some(entry.key_at.location()));
        let keys = keys.into_iter().chain([MADE_BY]);
        let keys = keys.chain(elsewhere.map(AsRef::as_ref));
        problems.push(match closest(key, keys) {
            Some(right) => problem.hint(format!("did you mean `{right}`?")),
            None => problem.hint(format!("write {forms}")),
        });
        return None;
    }
    let stated = |sort: ArtifactSort| stated(map, sort.key()).map(|node| (sort, node));
    let problem = match (stated(ArtifactSort::File), stated(ArtifactSort::Folder)) {
        (Some(_), Some(_)) => refuse(format!("`{at}` is a file or a folder, not both")),
        (None, None) => refuse(format!("`{at}` names nothing")).hint(format!("write {forms}")),
        (Some((sort, _)), None) | (None, Some((sort, _))) if !info.sorts.contains(&sort) => {
            refuse(format!("`{at}` takes no {}", sort.key())).hint(format!("write {forms}"))
        }
        (Some((sort, path)), None) | (None, Some((sort, path))) => {
            let text = shape::text(path, sort.key(), problems)?;
            if !document::is_pending(text) {
                return Some(Named { sort, path, made_by: made_by(info, map, problems)? });
            }
            Diagnostic::error("a fact of a resource cannot be part of a path")
                .at(Some(path.at.location()))
                .because("files are read before anything is known of AWS")
        }
    };
    problems.push(problem);
    None
}

/// What to do where there is nothing yet: the stack file knows it better than the kind.
fn made_by(info: &ArtifactInfo, map: &Map, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(stated) = stated(map, MADE_BY) else { return Some(info.made_by.to_string()) };
    let command = shape::text(stated, MADE_BY, problems)?;
    Some(format!("make it first: `{command}`"))
}

fn stated<'a>(map: &'a Map, key: &str) -> Option<&'a Node> {
    map.get(key).map(|entry| &entry.node).filter(|node| !node.is_null())
}

/// Visits every value that the parts of a pattern lead to.
fn each_at(
    node: &mut Node,
    path: &Field,
    pattern: &[Part<'_>],
    visit: &mut dyn FnMut(&Field, &mut Node),
) {
    let Some((part, rest)) = pattern.split_first() else { return visit(path, node) };
    match &mut node.value {
        Value::Map(map) => {
            for (key, entry) in map.iter_mut().filter(|(key, _)| part.admits(key)) {
                each_at(&mut entry.node, &path.with_field(key), rest, visit);
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                if part.admits(&index.to_string()) {
                    each_at(item, &path.with_index(index), rest, visit);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// The schema of a kind with its artifacts as a stack file has them, for editors.
pub(super) fn as_written(kind: &KindInfo) -> Json {
    let mut schema = kind.schema.clone();
    for info in &kind.artifacts {
        let forms = info.sorts.iter().map(|sort| form(*sort, info.packing));
        let pattern = parts(&info.field).unwrap_or_default();
        let spot = spot(&schema, String::new(), &pattern);
        let elsewhere = spot.as_deref().and_then(|spot| elsewhere(info, &schema, spot));
        let forms: Vec<Json> = forms.chain(elsewhere).collect();
        if let Some(field) = spot.and_then(|spot| schema.pointer_mut(&spot)) {
            let description = field.get("description").cloned();
            *field = json!({ "anyOf": forms });
            field["description"] = description.unwrap_or_else(|| json!("A file of the checkout."));
        }
    }
    schema
}

/// The schema of a map that says where the cloud has the bytes already.
fn elsewhere(info: &ArtifactInfo, root: &Json, at: &str) -> Option<Json> {
    let key = Some(info.elsewhere.as_ref()).filter(|key| !key.is_empty())?;
    let names = parts(key)?;
    let within = spot(root, at.to_owned(), &names)?;
    let (form, _) = within.rsplit_once("/properties/")?;
    root.pointer(form).cloned()
}

fn form(sort: ArtifactSort, packing: Packing) -> Json {
    let what = match (sort, packing) {
        (ArtifactSort::File, Packing::Zip | Packing::Layer) => "A file, relative to this one.",
        (ArtifactSort::Folder, Packing::Zip) => {
            "A folder, relative to this file; it is packed into a zip file."
        }
        (ArtifactSort::Folder, Packing::Layer) => "A folder, relative to this file.",
    };
    json!({
        "type": "object",
        "required": [sort.key()],
        "additionalProperties": false,
        "properties": {
            sort.key(): { "type": "string", "description": what },
            MADE_BY: {
                "type": "string",
                "description": "The command that makes it. It is told where there is nothing yet, and never run.",
            },
        },
    })
}

/// Where in a schema the parts of a pattern lead to, as a JSON Pointer (RFC 6901).
fn spot(root: &Json, at: String, pattern: &[Part<'_>]) -> Option<String> {
    let Some((part, rest)) = pattern.split_first() else { return Some(at) };
    let schema = root.pointer(&at)?;
    if let Some(other) = schema.get("$ref").and_then(Json::as_str) {
        return spot(root, other.strip_prefix('#')?.to_owned(), pattern);
    }
    let forms = ["anyOf", "oneOf"].iter().filter_map(|key| {
        let count = schema.get(key)?.as_array()?.len();
        (0..count).find_map(|form| spot(root, format!("{at}/{key}/{form}"), pattern))
    });
    let below = format!("{at}/properties/{}", part.text());
    let within = [below, format!("{at}/items"), format!("{at}/additionalProperties")];
    let mut within = within.into_iter().filter(|at| root.pointer(at).is_some_and(Json::is_object));
    forms.chain(within.find_map(|at| spot(root, at, rest))).next()
}

/// The bytes of an artifact, if they are still those that it was when the stack
/// was read.
///
/// # Errors
///
/// That they are gone, or others by now. Nothing of them is told.
pub fn artifact_bytes(artifact: &Artifact) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    artifact_copy(artifact, &mut bytes)?;
    Ok(bytes)
}

/// The same, piece by piece, for who does not need them whole. Whether they are others is
/// known at their end: what was written before is then for nothing.
///
/// # Errors
///
/// As of [`artifact_bytes`], and that `out` takes no more.
pub fn artifact_copy(artifact: &Artifact, out: &mut dyn Write) -> Result<(), Diagnostic> {
    let limits = Limits { most_bytes: artifact.size, most_entries: usize::MAX };
    let form = Form::of(artifact.sort, artifact.packing, &artifact.at);
    let measure = pour(Path::new(&artifact.path), &form, limits, None, out)
        .map_err(|unfit| changed(artifact, &unfit.why))?;
    if measure.sha256 == artifact.sha256 { Ok(()) } else { Err(others(artifact)) }
}

/// Whether the bytes of an artifact are still those that it was when the stack
/// was read.
///
/// # Errors
///
/// As of [`artifact_bytes`].
pub fn artifact_holds(artifact: &Artifact) -> Result<(), Diagnostic> {
    artifact_copy(artifact, &mut io::sink())
}

fn others(artifact: &Artifact) -> Diagnostic {
    changed(artifact, "its content is another")
}

fn changed(artifact: &Artifact, why: &str) -> Diagnostic {
    let Artifact { path, size, .. } = artifact;
    Diagnostic::error(format!("`{path}` is not what the plan saw: {why}"))
        .because(format!("the plan is of the {} that lay there; nothing was sent", Size(*size)))
        .hint("make the plan again, from the folder that the path is relative to, and review it")
}

/// A path without links, from the folder in which the command was given: so it
/// means the same in every checkout. `None` if it is no text.
fn from_here(path: &Path) -> Option<String> {
    let here = Path::new(".").canonicalize().ok()?;
    let shared = here.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = here.components().skip(shared).map(|_| Component::ParentDir);
    let plain: PathBuf = up.chain(path.components().skip(shared)).collect();
    Some(plain.to_str()?.to_owned()).filter(|text| !text.is_empty()).or(Some(".".to_owned()))
}
