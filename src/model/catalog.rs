//! What is known of every kind, without knowing the cloud behind it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Address, ArtifactInfo, Course, Desired, Detour, Document, FactInfo, Facts, FieldDiff, Identity,
    LandmarkInfo, Live, Path, Patience, Place, Probe, Sight, Stages, compare_in_part,
};

/// All kinds. The AWS room implements this over its registry; tests over a
/// handful of made-up kinds.
pub trait Catalog: Send + Sync {
    /// Every kind, sorted by name.
    fn kinds(&self) -> &[KindInfo];

    /// Every region that is known; none where nobody keeps a list.
    fn regions(&self) -> Vec<&str> {
        Vec::new()
    }

    /// One kind.
    fn kind(&self, name: &str) -> Option<&KindInfo> {
        self.kinds().iter().find(|kind| kind.name == name)
    }

    /// A written document made canonical, with its identity and predicted
    /// facts; or everything that is wrong with it beyond its schema.
    ///
    /// May be called with pending facts in place of any string. `None` for a
    /// kind that does not exist.
    fn prepare(
        &self,
        kind: &str,
        naming: &Naming,
        document: &Document,
    ) -> Option<Result<Prepared, Vec<Problem>>>;

    /// The facts that follow from a written document, sound or not: who refers
    /// to a resource with a mistake in it hears of his own all the same.
    fn predict(&self, kind: &str, naming: &Naming, document: &Document) -> Facts {
        let prepared = self.prepare(kind, naming, document).and_then(Result::ok);
        prepared.map(|prepared| prepared.predicted).unwrap_or_default()
    }

    /// What is wrong with a probe of a sound stack, by the path in it: `send[0].queue`.
    /// It may wait for facts.
    fn check_probe(
        &self,
        _probe: &Probe,
        _place: &Place,
        _resources: &BTreeMap<Address, Desired>,
    ) -> Vec<Problem> {
        Vec::new()
    }

    /// How objects are looked up by stacks that do not own them, of every kind of which they can be.
    fn sights(&self) -> &[Sight] {
        &[]
    }

    /// The kinds that are looked up and never made.
    fn landmarks(&self) -> &[LandmarkInfo] {
        &[]
    }

    /// Whether an ARN is one of an object of a kind.
    fn is_arn_of(&self, _kind: &str, _arn: &str) -> bool {
        true
    }

    /// Where the name of an object comes from that its tags say is this
    /// resource: whether the stack gives such a name by itself.
    fn name_origin(&self, live: &Live, naming: &Naming) -> NameOrigin {
        let Some(field) = self.kind(&live.kind).and_then(|kind| kind.named_by.as_ref()) else {
            return NameOrigin::Default;
        };
        let mut unnamed = live.document.clone();
        unnamed.remove(field);
        match self.prepare(&live.kind, naming, &unnamed) {
            Some(Ok(prepared)) if prepared.identity == live.identity => NameOrigin::Default,
            Some(_) | None => NameOrigin::Stated,
        }
    }
}

/// Where an object's name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOrigin {
    /// The stack gives it to this resource, unless its file states another.
    Default,
    /// An earlier ccprov did.
    FormerDefault,
    /// Somebody chose it: in a stack file, or by hand.
    Stated,
}

/// What a resource's name is made from, when the document states none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The stack's name.
    pub stack: String,
    /// The resource's address.
    pub address: Address,
    /// Account and region.
    pub place: Place,
}

impl Naming {
    /// The default physical name: `STACK-ADDRESS`, with dashes for dots.
    pub fn default_name(&self) -> String {
        format!("{}-{}", self.stack, self.address.dashed())
    }
}

/// A canonical document and what follows from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// AWS's name. May hold pending facts while references are resolved.
    pub identity: Identity,
    /// The stated fields in canonical form.
    pub document: Document,
    /// The facts that are known before the object exists.
    pub predicted: Facts,
}

/// Something wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub path: Path,
    /// What is wrong with it.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
    /// The fact that the field takes, where it was given another of the same
    /// resource: `name`, for a field that was given an `arn`.
    pub meant: Option<&'static str>,
}

/// What a cloud says of a document that is not written yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examined {
    /// What it would refuse.
    pub refused: Vec<Problem>,
    /// What it would take, and holds for a mistake.
    pub doubted: Vec<Problem>,
}

impl Problem {
    /// A problem of the field at the top of the document.
    pub fn of(field: &str, message: impl Into<String>) -> Self {
        Self { path: Path::field(field), message: message.into(), hint: None, meant: None }
    }

    /// The same of the field at a path.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// The same of a field that takes this fact.
    #[must_use]
    pub fn meaning(mut self, fact: &'static str) -> Self {
        self.meant = Some(fact);
        self
    }

    /// The same with something to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What a schema says of a field in which secrets may stand unsaid.
const PRIVATE: &str = "x-private";
/// And of one that holds what its user says word for word, null too.
const VERBATIM: &str = "x-verbatim";

/// One kind, as data. Documentation, the editor's schema, the planner and the
/// engine all read from here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each says another thing of a kind")]
pub struct KindInfo {
    /// For example `sqs_queue`.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// A page of text for people, in Markdown: identity, traps, what AWS does.
    pub notes: String,
    /// Whole stack files that begin with a comment which says what they are: the least that
    /// makes sense, and one as for production.
    pub examples: Vec<String>,
    /// JSON Schema of the document.
    pub schema: Value,
    /// Fields that cannot change in place, as patterns of [`Path::is_within`].
    pub fixed: Vec<String>,
    /// Fields that change in place as far as these lead, likewise.
    pub courses: Vec<(String, Course)>,
    /// Fields whose target AWS insists on seeing, likewise.
    pub must_exist: Vec<String>,
    /// What can be referred to.
    pub facts: Vec<FactInfo>,
    /// How long it may take.
    pub patience: Patience,
    /// Whether it carries tags, and so an owner of its own.
    pub tagged: bool,
    /// Whether its objects are the same in all regions of an account, so that
    /// their owner has to name its own.
    pub global: bool,
    /// The field that states AWS's name, if there is one: `name`, `bucket`.
    pub named_by: Option<String>,
    /// Whether deleting it may lose data.
    pub holds_data: bool,
    /// Fields that say how it is deleted. What the stack file says there goes
    /// before what the object tells.
    pub deleted_by: Vec<String>,
    /// Whether an object on its way out can be brought back.
    pub revivable: bool,
    /// Whether an update may bring an object into service that failed, and differs in
    /// nothing from what is wanted.
    pub mends: bool,
    /// Whether a creation tells its facts as soon as the object exists, before
    /// all of it is set. Who only needs it to exist waits no longer.
    pub exists_early: bool,
    /// Fields, at the top of the document, without which it can be made, and which an
    /// update then writes: what names each other there is made first.
    pub made_without: Vec<String>,
    /// Whether an object is found by whose it is while its name is not known yet: the name
    /// holds what the cloud chooses for another.
    pub name_may_wait: bool,
    /// Kinds that must be gone before one of this kind is deleted.
    pub delete_after: Vec<String>,
    /// Fields that name the key with which its data is encrypted, likewise. Keys
    /// are deleted after whatever names one.
    pub keys: Vec<String>,
    /// Fields that hold policies.
    pub policies: Vec<PolicyField>,
    /// Fields that change one after the other.
    pub stages: Stages,
    /// The field that names what takes one write at a time.
    pub one_at_a_time: Option<String>,
    /// What its objects are bound to, and what a replacement comes to.
    pub succession: Succession,
    /// Fields that take bytes of the checkout.
    pub artifacts: Vec<ArtifactInfo>,
    /// The other ways that the bytes of these may take.
    pub detours: Vec<Detour>,
    /// Fields, at the top of the document, that say how a change is made. No object tells
    /// them: they are not compared, and a change of one alone is none.
    pub means: Vec<String>,
    /// Fields that are maps or lists of which only the stated entries are compared.
    pub in_part: Vec<InPart>,
    /// Fields that a change of others makes other than asked, with these others,
    /// as patterns of [`Path::is_within`]: they are written after them.
    pub follows: Vec<(String, Vec<String>)>,
    /// Fields that name whom the cloud sends something when they are set.
    pub greets: Vec<Greeting>,
}

/// What a cloud sends by itself to who is named, to see whether it arrives. It
/// counts among what that one holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting {
    /// The field that names the ARN, as a pattern of [`Path::is_within`].
    pub field: String,
    /// What is sent: words for people.
    pub what: String,
}

/// A field that holds a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyField {
    /// The field, as a pattern of [`Path::is_within`].
    pub field: String,
    /// What it is about.
    pub tells: PolicyTells,
}

/// What a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyTells {
    /// Who may do what with the resource that has it.
    Users,
    /// Who may take on the identity that has it.
    Takers,
    /// What its holder may do.
    Holder,
}

/// A map, or a list in no order, to which others add entries, the cloud itself perhaps:
/// what is beside those that the stack states is no difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InPart {
    /// The field, as a pattern of [`Path::is_within`].
    pub field: String,
    /// What becomes of entries that were stated and are no longer.
    pub beside: Beside,
}

/// What a change of a map makes of the entries that are not stated. That one was
/// stated once is known to nobody, so that its absence alone changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// They stay as they are.
    Stays,
    /// They get the cloud's defaults again, because it takes the map as a whole.
    Resets,
}

/// How an object of a kind gives way to another: what ties it to others, and
/// what of that can be undone for a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// Whether a new object takes the name over from the old one while both
    /// are there.
    pub name_moves: bool,
    /// Whether names that differ in case, or in the path before them, are one to
    /// the cloud.
    pub blind_to_case: bool,
    /// The field that names the object with which it lives and dies.
    pub bound_to: Option<String>,
    /// Fields by which it holds others, so that the cloud deletes none of
    /// these, as patterns of [`Path::is_within`].
    pub holds: Vec<String>,
    /// Those of them of which it can do without a part for a moment.
    pub lets_go: Vec<String>,
    /// What is missing, and for how long, if the old object must go first: a
    /// sentence for people.
    pub gap: String,
    /// What does not pass to the new object: a sentence for people.
    pub lost: String,
}

impl KindInfo {
    /// Whether an object is found by its owner tags where its name still waits for a fact.
    pub fn is_found_unnamed(&self) -> bool {
        self.tagged && self.name_may_wait
    }

    /// What differs of two documents of this kind: [`compare_in_part`] with the
    /// fields that are for that, and without those that no object tells.
    pub fn compare(&self, want: &Document, have: &Document) -> Vec<FieldDiff> {
        let mut diff = compare_in_part(want, have, &|path| self.beside(path).is_some());
        diff.retain(|diff| !self.means.iter().any(|field| field == diff.path.top()));
        diff
    }

    /// What becomes of the entries that are not stated, of a map or a list of which only
    /// the stated ones are compared; `None` for any other field.
    pub fn beside(&self, path: &Path) -> Option<Beside> {
        self.in_part.iter().find(|map| path.is_at(&map.field)).map(|map| map.beside)
    }

    /// The fields in which secrets may stand that no stack file says of: what AWS has of
    /// them besides what is stated is not shown. Its schema marks them.
    pub fn private_fields(&self) -> impl Iterator<Item = &str> {
        self.marked(PRIVATE)
    }

    /// The fields that hold what their user says word for word: null is a value in them. Its
    /// schema marks them.
    pub fn verbatim_fields(&self) -> impl Iterator<Item = &str> {
        self.marked(VERBATIM)
    }

    fn marked(&self, mark: &'static str) -> impl Iterator<Item = &str> {
        let fields = self.schema.get("properties").and_then(serde_json::Value::as_object);
        let is_marked = move |field: &serde_json::Value| field.get(mark) == Some(&true.into());
        let marked = fields.into_iter().flatten().filter(move |(_, field)| is_marked(field));
        marked.map(|(name, _)| name.as_str())
    }

    /// The rules of a field that takes bytes of the checkout.
    pub fn artifact(&self, at: &Path) -> Option<&ArtifactInfo> {
        self.artifacts.iter().find(|info| at.is_at(&info.field))
    }

    /// The other way that the bytes of such a field may take.
    pub fn detour(&self, of: &ArtifactInfo) -> Option<&Detour> {
        self.detours.iter().find(|detour| detour.of == of.field)
    }

    /// Whether a difference cannot be changed in place.
    pub fn replaces(&self, diff: &FieldDiff) -> bool {
        let is_of = |pattern: &str| diff.path.is_within(pattern);
        self.fixed.iter().any(|field| is_of(field))
            || self.courses.iter().any(|(field, course)| is_of(field) && course.is_left_by(diff))
    }

    /// Whether a fact becomes another with these changes.
    pub fn moves(&self, fact: &str, diff: &[FieldDiff]) -> bool {
        let moves_with = |info: &FactInfo| {
            let mut patterns = info.moves_with.iter();
            patterns.any(|pattern| diff.iter().any(|diff| diff.path.is_within(pattern)))
        };
        self.facts.iter().any(|info| info.name == fact && moves_with(info))
    }

    /// Whether a fact is known only when its object is in service.
    pub fn is_late(&self, fact: &str) -> bool {
        self.facts.iter().any(|info| info.name == fact && info.late)
    }

    /// The fields that changes make other than asked, as far as stages come after
    /// these.
    pub fn following<'a>(&'a self, diff: &'a [FieldDiff]) -> impl Iterator<Item = &'a str> {
        let is_changed = |pattern: &String| diff.iter().any(|diff| diff.path.is_within(pattern));
        let following =
            self.follows.iter().filter(move |(_, others)| others.iter().any(is_changed));
        following.map(|(field, _)| field.as_str())
    }

    /// The part of a document that says how the object is deleted.
    pub fn how_deleted(&self, document: &Document) -> Document {
        let of = |field: &String| Some((field.clone(), document.get(field)?.clone()));
        self.deleted_by.iter().filter_map(of).collect()
    }
}
