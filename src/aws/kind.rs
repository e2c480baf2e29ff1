//! What one kind must say and do. `kinds/NAME.rs` implements `Kind`, the
//! registry lists it, and everything else follows: checking with positions,
//! documentation, the editor's schema, plan text, waits, the contract test.
//!
//! A kind never waits, retries, diffs or prints. It turns a typed spec into
//! calls, and answers into a typed spec.

use std::collections::BTreeMap;
use std::future::Future;
use std::marker::PhantomData;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::grant::Grant;
use super::partition;
use super::policy::{self, Use};
use super::provider::Aws;
use super::stated::typed;
use super::tags::{OWNER_TAGS, TagTexts, Tags};
use super::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{
    CloudError, Desired, Document, Emptying, ErrorClass, FactInfo, Facts, FieldDiff, Holdings,
    Identity, KindInfo, Live, NameOrigin, Naming, Owner, Parent, Path, Patience, Prepared, Problem,
    Sought, Status, Succession,
};

/// One kind of resource.
pub(crate) trait Kind: Send + Sync + 'static {
    /// For example `sqs_queue`.
    const NAME: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// What people should know: identity, traps, what AWS does. Markdown.
    const NOTES: &'static str;
    /// Whole stack files: the least that makes sense, and one as for production.
    const EXAMPLES: [&'static str; 2];
    /// Fields that cannot change in place.
    const FIXED: &'static [&'static str];
    /// Fields whose target AWS insists on seeing. `*` stands for any one step.
    const MUST_EXIST: &'static [&'static str] = &[];
    /// What can be referred to: name, what it is, whether it can be predicted.
    const FACTS: &'static [(&'static str, &'static str, bool)];
    /// How long it may take.
    const PATIENCE: Patience = Patience::PROMPT;
    /// Facts that become others when one of these fields changes. Who refers to
    /// one waits for the change, which tells the new one.
    const MOVING: &'static [(&'static str, &'static [&'static str])] = &[];
    /// Fields that AWS changes one after the other, in this order; `name.*` one
    /// entry at a time. An update is handed the first of them that is left, and
    /// all other fields before.
    const STAGES: &'static [&'static str] = &[];
    /// The field that names what takes one write at a time, where AWS loses one
    /// of two that come at once.
    const ONE_AT_A_TIME: Option<&'static str> = None;
    /// Whether it carries tags, and so an owner of its own. A kind without
    /// belongs to whoever declares it.
    const TAGGED: bool = true;
    /// Whether its objects are the same in all regions of an account. Their
    /// owner tags then name the stack's region, and so does a default name.
    const GLOBAL: bool = false;
    /// The field that states AWS's name, if there is one.
    const NAMED_BY: Option<&'static str> = Some("name");
    /// Whether deleting it may lose data.
    const HOLDS_DATA: bool = false;
    /// Fields that say how it is deleted. What the stack file says there goes
    /// before what the object tells.
    const DELETED_BY: &'static [&'static str] = &[];
    /// Whether an object on its way out can be brought back by an update.
    const REVIVABLE: bool = false;
    /// Whether `create` tells its facts as soon as the object exists, before
    /// all of it is set. Who only needs it to exist waits no longer.
    const EXISTS_EARLY: bool = false;
    /// Fields that hold policies, and of what use. `*` stands for any one step.
    const POLICIES: &'static [(&'static str, &'static Use)] = &[];
    /// Fields that name something else, and how; likewise.
    const TAKES: &'static [(&'static str, Takes)] = &[];
    /// What its tags may hold.
    const TAG_TEXTS: TagTexts = TagTexts::Plain;
    /// Kinds that must be gone before one of this kind is deleted.
    const DELETE_AFTER: &'static [&'static str] = &[];
    /// Whether a new object takes the name over from the old one, so that the
    /// old one need not go first.
    const NAME_MOVES: bool = false;
    /// Whether AWS takes names that differ in case alone for one.
    const BLIND_TO_CASE: bool = false;
    /// The field that names the object with which it lives and dies.
    const BOUND_TO: Option<&'static str> = None;
    /// Fields by which it holds others: AWS refuses to delete what stands there.
    const HOLDS: &'static [&'static str] = &[];
    /// Those of them of which it can do without a part for a moment.
    const LETS_GO: &'static [&'static str] = &[];
    /// What is missing, and how long, where the old object must go before the
    /// new one comes. A sentence.
    const GAP: &'static str = "";
    /// What does not pass from the old object to the new one. A sentence.
    const LOST: &'static str = "";
    /// What AWS must allow for the calls below.
    const GRANTS: &'static [Grant];

    /// The document, typed. Serialises to canonical form; a field that is not
    /// stated is left out.
    type Spec: Serialize + DeserializeOwned + JsonSchema + Clone + Send + Sync;

    /// Fills what follows from the names (a default physical name), and makes
    /// canonical what the types alone cannot.
    fn settle(spec: Self::Spec, naming: &Naming) -> Self::Spec;

    /// What is wrong beyond the schema: one field against another. Fields may
    /// hold pending facts; see [`crate::model::document::is_pending`].
    fn check(_spec: &Self::Spec, _naming: &Naming) -> Vec<Problem> {
        Vec::new()
    }

    /// AWS's name, from a settled spec. For most kinds its `name` alone; what
    /// lives under a path needs the stack's name too.
    fn identity(spec: &Self::Spec, naming: &Naming) -> String;

    /// The facts that are known before the object exists, from a settled spec.
    fn predict(spec: &Self::Spec, naming: &Naming) -> Facts;

    /// Where the name of an object comes from whose tags say that it is this
    /// resource; `default` is what the stack would call it.
    fn name_origin(identity: &str, default: &str, _naming: &Naming) -> NameOrigin {
        if identity == default { NameOrigin::Default } else { NameOrigin::Stated }
    }

    /// AWS's name (or, where that cannot be told, the ARN itself) from the ARN
    /// of an object of this kind; `None` for any other ARN.
    fn identify(_arn: &str) -> Option<String> {
        None
    }

    /// Looks for one object. May skip reads that serve no field of
    /// `sought.fields`; a field that was not read is left out of the spec.
    fn read(
        aws: &Aws,
        sought: &Sought,
    ) -> impl Future<Output = Answer<Option<Seen<Self::Spec>>>> + Send;

    /// The one call that brings it into being, with its owner's tags. Answers all
    /// facts, or those that are not predicted; whether AWS would have refused if
    /// there were one; and whether it lacks anything yet.
    fn create(aws: &Aws, want: &Wanted<Self::Spec>) -> impl Future<Output = Answer<Made>> + Send;

    /// All other calls of a creation, on the object that was made and is ours.
    fn complete(
        _aws: &Aws,
        _want: &Wanted<Self::Spec>,
        _made: &Live,
    ) -> impl Future<Output = Answer<Facts>> + Send {
        async { Ok(Facts::new()) }
    }

    /// Changes the fields in `change.diff`, and no others, from what they are
    /// now. Where AWS is busy with the object afterwards, it answers
    /// [`Accepted::Working`], and is asked again for what is left when it is at rest.
    fn update(
        aws: &Aws,
        change: &Changing<Self::Spec>,
    ) -> impl Future<Output = Answer<Accepted>> + Send;

    /// Removes it, or has AWS begin to: [`Patience::delete`] says how long that
    /// takes. Absence is success. Of its fields it has what a read shows
    /// that was asked for none.
    fn delete(
        aws: &Aws,
        have: &Live,
        emptying: Emptying,
    ) -> impl Future<Output = Answer<()>> + Send;
}

/// An object as a kind reads it.
#[derive(Clone, Debug)]
pub(crate) struct Seen<S> {
    /// AWS's name, where the read told it better than what was sought.
    pub(crate) identity: Option<String>,
    /// Its fields.
    pub(crate) spec: S,
    /// What can be referred to.
    pub(crate) facts: Facts,
    /// Whose it is.
    pub(crate) owner: Option<Owner>,
    /// How it is doing.
    pub(crate) status: Status,
    /// What would be lost with it.
    pub(crate) holdings: Option<Holdings>,
    /// What it lives and dies with.
    pub(crate) parent: Option<Parent>,
    /// How many others hold it, where AWS counts them.
    pub(crate) held: Option<usize>,
}

impl<S> Seen<S> {
    /// An object that is current, holds nothing and stands alone.
    pub(crate) fn current(spec: S, facts: Facts, owner: Option<Owner>) -> Self {
        Self {
            identity: None,
            spec,
            facts,
            owner,
            status: Status::Current,
            holdings: None,
            parent: None,
            held: None,
        }
    }
}

/// A resource to create, typed.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<S> {
    /// AWS's name.
    pub(crate) identity: String,
    /// Its fields.
    pub(crate) spec: S,
    /// Whose it will be.
    pub(crate) owner: Owner,
}

/// A resource to change, typed.
#[derive(Clone, Debug)]
pub(crate) struct Changing<'a, S> {
    /// What is wanted.
    pub(crate) want: Wanted<S>,
    /// What there is.
    pub(crate) have: S,
    /// The same with its facts and status.
    pub(crate) live: &'a Live,
    /// Where they differ.
    pub(crate) diff: &'a [FieldDiff],
}

impl<S> Changing<'_, S> {
    /// Whether a field of the document is to change.
    pub(crate) fn touches(&self, field: &str) -> bool {
        self.diff.iter().any(|diff| diff.path.top() == field)
    }

    /// The tags that the object has, the user's and ours, but for those that say
    /// whose it is where that is to change: they are written whatever they are.
    pub(crate) fn tags_had(&self, tags: &Tags) -> BTreeMap<String, String> {
        let Some(owner) = &self.live.owner else { return tags.0.clone() };
        let mut all = tags.with_owner(owner);
        if self.touches(OWNER_FIELD) {
            all.retain(|key, _| !OWNER_TAGS.contains(&key.as_str()));
        }
        all
    }

    /// Whether tags are to be written: the user's, or the owner's.
    pub(crate) fn touches_tags(&self) -> bool {
        ["tags", OWNER_FIELD, LIFECYCLE_FIELD].iter().any(|field| self.touches(field))
    }
}

/// The planner's name for "whose it is" among the fields of a diff.
pub(crate) const OWNER_FIELD: &str = "owner";
/// And for what the stack file says about its life, as far as the object tells.
pub(crate) const LIFECYCLE_FIELD: &str = "lifecycle";

/// A resource and who claims it.
#[derive(Clone, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) want: &'a Desired,
    pub(crate) owner: Owner,
}

/// A kind with its types erased, as the registry holds it.
pub(crate) trait AnyKind: Send + Sync {
    fn name(&self) -> &'static str;
    fn info(&self) -> KindInfo;
    fn is_global(&self) -> bool;
    fn grants(&self) -> &'static [Grant];
    fn identify(&self, arn: &str) -> Option<String>;
    fn prepare(&self, naming: &Naming, document: &Document) -> Result<Prepared, Vec<Problem>>;
    fn predict(&self, naming: &Naming, document: &Document) -> Facts;
    fn name_origin(&self, live: &Live, naming: &Naming) -> NameOrigin;
    fn find<'a>(&'a self, aws: &'a Aws, sought: &'a Sought) -> BoxFuture<'a, Answer<Option<Live>>>;
    fn create<'a>(&'a self, aws: &'a Aws, claim: Claim<'a>) -> BoxFuture<'a, Answer<Made>>;
    fn complete<'a>(
        &'a self,
        aws: &'a Aws,
        claim: Claim<'a>,
        made: &'a Live,
    ) -> BoxFuture<'a, Answer<Facts>>;
    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        claim: Claim<'a>,
        have: &'a Live,
        diff: &'a [FieldDiff],
    ) -> BoxFuture<'a, Answer<Accepted>>;
    fn delete<'a>(
        &'a self,
        aws: &'a Aws,
        have: &'a Live,
        emptying: Emptying,
    ) -> BoxFuture<'a, Answer<()>>;
}

/// [`AnyKind`] over a [`Kind`].
pub(crate) struct Erased<K>(PhantomData<K>);

impl<K> Erased<K> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<K: Kind> AnyKind for Erased<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn info(&self) -> KindInfo {
        let list = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
        let schema =
            SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<K::Spec>();
        KindInfo {
            name: K::NAME.into(),
            summary: K::SUMMARY.into(),
            notes: K::NOTES.into(),
            examples: list(&K::EXAMPLES),
            schema: schema.into(),
            fixed: list(K::FIXED),
            must_exist: list(K::MUST_EXIST),
            facts: K::FACTS
                .iter()
                .map(|(name, summary, predicted)| FactInfo {
                    name: (*name).into(),
                    summary: (*summary).into(),
                    predicted: *predicted,
                    moves_with: moves_with::<K>(name),
                })
                .collect(),
            patience: K::PATIENCE,
            tagged: K::TAGGED,
            global: K::GLOBAL,
            named_by: K::NAMED_BY.map(str::to_owned),
            holds_data: K::HOLDS_DATA,
            deleted_by: list(K::DELETED_BY),
            revivable: K::REVIVABLE,
            exists_early: K::EXISTS_EARLY,
            delete_after: list(K::DELETE_AFTER),
            stages: list(K::STAGES),
            one_at_a_time: K::ONE_AT_A_TIME.map(str::to_owned),
            succession: Succession {
                name_moves: K::NAME_MOVES,
                blind_to_case: K::BLIND_TO_CASE,
                bound_to: K::BOUND_TO.map(str::to_owned),
                holds: list(K::HOLDS),
                lets_go: list(K::LETS_GO),
                gap: K::GAP.into(),
                lost: K::LOST.into(),
            },
        }
    }

    fn is_global(&self) -> bool {
        K::GLOBAL
    }

    fn grants(&self) -> &'static [Grant] {
        K::GRANTS
    }

    fn identify(&self, arn: &str) -> Option<String> {
        K::identify(arn)
    }

    fn prepare(&self, naming: &Naming, document: &Document) -> Result<Prepared, Vec<Problem>> {
        let spec = typed::<K::Spec>(document).map_err(|error| {
            let message = error.to_string();
            vec![Problem::of("", &message).at(culprit::<K>(document, &message))]
        })?;
        let spec = K::settle(spec, naming);
        let mut problems = K::check(&spec, naming);
        problems.extend(refused::<K>(document, &spec, naming));
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Prepared {
            identity: Identity(K::identity(&spec, naming)),
            predicted: K::predict(&spec, naming),
            document: untyped::<K>(&spec),
        })
    }

    fn predict(&self, naming: &Naming, document: &Document) -> Facts {
        let spec = typed::<K::Spec>(document).map(|spec| K::settle(spec, naming));
        spec.map(|spec| K::predict(&spec, naming)).unwrap_or_default()
    }

    fn name_origin(&self, live: &Live, naming: &Naming) -> NameOrigin {
        let Some(field) = K::NAMED_BY else { return NameOrigin::Default };
        let mut unnamed = live.document.clone();
        unnamed.remove(field);
        match typed::<K::Spec>(&unnamed) {
            Ok(spec) => {
                let default = K::identity(&K::settle(spec, naming), naming);
                K::name_origin(live.identity.as_str(), &default, naming)
            }
            Err(_) => NameOrigin::Stated,
        }
    }

    fn find<'a>(&'a self, aws: &'a Aws, sought: &'a Sought) -> BoxFuture<'a, Answer<Option<Live>>> {
        Box::pin(async move {
            let seen = K::read(aws, sought).await?;
            Ok(seen.map(|seen| Live {
                kind: K::NAME.into(),
                identity: seen.identity.map_or_else(|| sought.identity.clone(), Identity),
                document: untyped::<K>(&seen.spec),
                facts: seen.facts,
                owner: seen.owner,
                status: seen.status,
                holdings: seen.holdings,
                parent: seen.parent,
                held: seen.held,
            }))
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, claim: Claim<'a>) -> BoxFuture<'a, Answer<Made>> {
        Box::pin(async move { K::create(aws, &wanted::<K>(claim)?).await })
    }

    fn complete<'a>(
        &'a self,
        aws: &'a Aws,
        claim: Claim<'a>,
        made: &'a Live,
    ) -> BoxFuture<'a, Answer<Facts>> {
        Box::pin(async move { K::complete(aws, &wanted::<K>(claim)?, made).await })
    }

    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        claim: Claim<'a>,
        have: &'a Live,
        diff: &'a [FieldDiff],
    ) -> BoxFuture<'a, Answer<Accepted>> {
        Box::pin(async move {
            let want = wanted::<K>(claim)?;
            let seen = typed::<K::Spec>(&have.document).map_err(|error| broken::<K>(&error))?;
            K::update(aws, &Changing { want, have: seen, live: have, diff }).await
        })
    }

    fn delete<'a>(
        &'a self,
        aws: &'a Aws,
        have: &'a Live,
        emptying: Emptying,
    ) -> BoxFuture<'a, Answer<()>> {
        Box::pin(K::delete(aws, have, emptying))
    }
}

/// The fields with which a fact moves.
fn moves_with<K: Kind>(fact: &str) -> Vec<String> {
    let fields = K::MOVING.iter().filter(|(moving, _)| *moving == fact);
    fields.flat_map(|(_, fields)| fields.iter().map(|field| (*field).to_owned())).collect()
}

/// What AWS would refuse of the document of any kind, as it was written.
fn refused<K: Kind>(document: &Document, spec: &K::Spec, naming: &Naming) -> Vec<Problem> {
    let facts = K::predict(spec, naming);
    let own = facts.get("arn").map(String::as_str);
    let mut problems = partition::strays(document, &naming.place);
    problems.extend(takes::check(document, K::TAKES));
    problems.extend(K::TAG_TEXTS.check(document));
    for (pattern, of) in K::POLICIES {
        for (path, written) in takes::found(document, pattern) {
            problems.extend(policy::check(written, &path, of, &naming.place, own));
        }
    }
    problems
}

/// The field without which the document would not be refused, or not so.
fn culprit<K: Kind>(document: &Document, message: &str) -> Path {
    let is_to_blame = |field: &&String| {
        let mut others = document.clone();
        others.remove(*field);
        typed::<K::Spec>(&others).err().is_none_or(|error| error.to_string() != message)
    };
    document.keys().find(is_to_blame).map(Path::field).unwrap_or_default()
}

/// A spec as the document that it is compared in.
pub(crate) fn untyped<K: Kind>(spec: &K::Spec) -> Document {
    match serde_json::to_value(spec) {
        Ok(Value::Object(document)) => document,
        // A spec is a struct of plain fields; tidy's contract test would show it.
        Ok(_) | Err(_) => Document::new(),
    }
}

fn wanted<K: Kind>(claim: Claim<'_>) -> Answer<Wanted<K::Spec>> {
    let Claim { want, owner } = claim;
    let spec = typed::<K::Spec>(&want.document).map_err(|error| broken::<K>(&error))?;
    Ok(Wanted { identity: want.identity.0.clone(), spec, owner })
}

/// A document that passed the check and is none: a plan file edited by hand.
fn broken<K: Kind>(error: &serde_json::Error) -> CloudError {
    CloudError {
        attempted: format!("read the document of a {}", K::NAME),
        operation: "the plan".into(),
        class: ErrorClass::Invalid,
        code: "InvalidDocument".into(),
        message: error.to_string(),
        request_id: None,
        hint: Some("make the plan again".into()),
    }
}
