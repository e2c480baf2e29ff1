//! What one kind must say and do. `services/SERVICE/NAME.rs` implements `Kind`,
//! the entry of its service lists it, and everything else follows: checking with positions,
//! documentation, the editor's schema, plan text, waits, the contract test.
//!
//! A kind never waits, retries, diffs or prints. It turns a typed spec into
//! calls, and answers into a typed spec.

mod erased;
mod sent;

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::erased::{AnyKind, Erased, untyped};
pub(crate) use self::sent::{Sent, Source};

use super::grant::Grant;
use super::handed::Aws;
use super::policy::Use;
use super::tags::{OWNER_TAGS, TagTexts, Tags, force_tag};
use super::takes::Takes;
use super::turnover::{KeyCase, TagChange};
use crate::engine::port::{Accepted, Answer, Files, Made};
use crate::model::{
    Address, ArtifactInfo, Beside, Course, Desired, Detour, Emptying, Examined, Facts, FieldDiff,
    FormerNames, Holdings, Live, NameOrigin, Naming, Owner, Parent, Patience, Problem, Sought,
    Status,
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
    /// Fields that change in place as far as these lead, and make a new object beyond.
    const COURSES: &'static [(&'static str, Course)] = &[];
    /// Fields whose target AWS insists on seeing. `*` stands for any one step.
    const MUST_EXIST: &'static [&'static str] = &[];
    /// What can be referred to: name, what it is, whether it can be predicted.
    const FACTS: &'static [(&'static str, &'static str, bool)];
    /// How long it may take.
    const PATIENCE: Patience = Patience::PROMPT;
    /// Facts that become others when one of these fields changes. Who refers to
    /// one waits for the change, which tells the new one.
    const MOVING: &'static [(&'static str, &'static [&'static str])] = &[];
    /// Facts that nobody knows before the object is in service. Who refers to one waits
    /// for that.
    const LATE: &'static [&'static str] = &[];
    /// Fields that AWS changes one after the other, in this order; `name.*` one
    /// entry at a time. An update is handed the first of them that is left, and
    /// all other fields before.
    const STAGES: &'static [&'static str] = &[];
    /// How long a change of a field takes as a rule, where that is known and not as of any
    /// other: [`PATIENCE`](Self::PATIENCE) has that.
    const LENGTHS: &'static [(&'static str, Duration)] = &[];
    /// Those of them, or what is within, of which AWS takes another value when the
    /// old one is gone, so that it goes and comes; and what that comes to. A sentence.
    const ANEW: &'static [(&'static str, &'static str)] = &[];
    /// Fields that change with the call that changes another one, where that does.
    const ALONG: &'static [(&'static str, &'static str)] = &[];
    /// Fields that a change of others makes other than asked, with these others: what
    /// was published is not what runs any more. They are written after them.
    const FOLLOWS: &'static [(&'static str, &'static [&'static str])] = &[];
    /// The field that names what takes one write at a time, where AWS loses one
    /// of two that come at once.
    const ONE_AT_A_TIME: Option<&'static str> = None;
    /// Whether it carries tags, and so an owner of its own. A kind without
    /// belongs to whoever declares it.
    const TAGGED: bool = true;
    /// The kind that its objects hang on, where they are found through that one: they carry
    /// no tags, or the tagging API learns late of those that they carry.
    const HANGS_ON: Option<&'static str> = None;
    /// Whether its objects are the same in all regions of an account. Their
    /// owner tags then name the stack's region, and so does a default name.
    const GLOBAL: bool = false;
    /// The field that states AWS's name, if there is one.
    const NAMED_BY: Option<&'static str> = Some("name");
    /// The fields by which somebody else's is looked up, where its name alone says not which:
    /// each with what counts where it is not stated. Joined, they are the identity.
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] = &[];
    /// What stands between them.
    const BETWEEN: &'static str = "/";
    /// Whether an ARN leads to one: whether it has [`identify`](Self::identify).
    const BY_ARN: bool = true;
    /// Whether deleting it may lose data.
    const HOLDS_DATA: bool = false;
    /// Fields that say how it is deleted. What the stack file says there goes
    /// before what the object tells.
    const DELETED_BY: &'static [&'static str] = &[];
    /// Whether an object on its way out can be brought back by an update.
    const REVIVABLE: bool = false;
    /// Whether an update that is handed nothing but the status of an object that failed may
    /// bring it into service.
    const MENDS: bool = false;
    /// Whether `create` tells its facts as soon as the object exists, before
    /// all of it is set. Who only needs it to exist waits no longer.
    const EXISTS_EARLY: bool = false;
    /// Fields without which it can be made, and which an update then writes. Resources
    /// that name each other there are all made first.
    const MADE_WITHOUT: &'static [&'static str] = &[];
    /// Whether its identity may hold what AWS chooses for another. While that is not known,
    /// `read` finds an object by the owner's address.
    const NAME_MAY_WAIT: bool = false;
    /// Fields that hold policies, and of what use. `*` stands for any one step.
    const POLICIES: &'static [(&'static str, &'static Use)] = &[];
    /// Fields that name something else, and how; likewise.
    const TAKES: &'static [(&'static str, Takes)] = &[];
    /// Fields that take bytes of the checkout, which AWS never shows: a file, or a
    /// folder packed into a zip file. In the spec they are texts, the hash as AWS
    /// spells it; [`Wanted::bytes`] has the bytes when they are sent.
    const ARTIFACTS: &'static [ArtifactInfo] = &[];
    /// The other ways that these bytes may take.
    const DETOURS: &'static [Detour] = &[];
    /// Fields, at the top of the document, that say how a change is made. `read` never has
    /// them, so that they are not compared.
    const MEANS: &'static [&'static str] = &[];
    /// Maps, and lists in no order, to which AWS or others add entries of their own, so that only
    /// stated ones are compared, and what a change makes of the others. `*` stands for any one step.
    const IN_PART: &'static [(&'static str, Beside)] = &[];
    /// Fields that name whom AWS sends something by itself when they are set, and what:
    /// words that follow "among that may be".
    const GREETS: &'static [(&'static str, &'static str)] = &[];
    /// What its tags may hold.
    const TAG_TEXTS: TagTexts = TagTexts::Plain;
    /// Kinds that must be gone before one of this kind is deleted.
    const DELETE_AFTER: &'static [&'static str] = &[];
    /// Whether a new object takes the name over from the old one, so that the
    /// old one need not go first.
    const NAME_MOVES: bool = false;
    /// Whether AWS takes names that differ in case, or in the path before them, for one.
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

    /// The same for who names an object by its ARN, which no index has to tell, and which
    /// may be found by asking.
    fn named(_aws: &Aws, arn: &str) -> impl Future<Output = Answer<Option<String>>> + Send {
        ready(Ok(Self::identify(arn)))
    }

    /// Those of some ARNs that are of this kind, though by their form they could be of the one
    /// that it hangs on ([`HANGS_ON`]): asked for all at once, for who counts.
    ///
    /// [`HANGS_ON`]: Self::HANGS_ON
    fn among(_aws: &Aws, _arns: &[&str]) -> impl Future<Output = Answer<BTreeSet<String>>> + Send {
        ready(Ok(BTreeSet::new()))
    }

    /// The field in whose place stands, before a plan is drawn, what somebody outside says,
    /// and what is asked.
    fn question(_spec: &Self::Spec) -> Option<(&'static str, String)> {
        None
    }

    /// What stands there: the answer to a question of this kind.
    fn learn(_aws: &Aws, _question: &str) -> impl Future<Output = Answer<Value>> + Send {
        async { Ok(Value::Null) }
    }

    /// What AWS itself says of a document that is to be written: its own check, which
    /// needs no object and changes nothing. Nothing, where it has none.
    fn examine(_aws: &Aws, _spec: &Self::Spec) -> impl Future<Output = Answer<Examined>> + Send {
        async { Ok(Examined::default()) }
    }

    /// AWS's names of those that hang on an object of the stack ([`HANGS_ON`]) and
    /// are the stack's.
    ///
    /// [`HANGS_ON`]: Self::HANGS_ON
    fn hanging(
        _aws: &Aws,
        _on: &Sought,
        _ours: Ours<'_>,
    ) -> impl Future<Output = Answer<Vec<String>>> + Send {
        async { Ok(Vec::new()) }
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

/// What is known of a stack by what carries its tags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ours<'a> {
    /// The names that it has or had.
    pub(crate) stacks: &'a [&'a str],
    /// The ARNs of what carries its tags and stays.
    pub(crate) arns: &'a [&'a str],
}

impl Ours<'_> {
    /// Whether a name begins as those do that the stack gives.
    pub(crate) fn named(&self, name: &str) -> bool {
        let is_of = |stack: &&str| name.strip_prefix(stack).is_some_and(|it| it.starts_with('-'));
        self.stacks.iter().any(is_of)
    }
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
    /// What AWS says goes wrong with it, though it is what was asked.
    pub(crate) remark: Option<String>,
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
            remark: None,
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
    /// What there was before it.
    pub(crate) before: Before,
    /// What its fields take of the checkout.
    pub(crate) sent: Sent,
}

/// What there was before: of a resource that it, or its stack, was renamed; and of an object
/// that is made anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    /// The names that its stack had.
    pub(crate) stacks: FormerNames,
    /// The one of them that its default name is made from, if that is not the first.
    pub(crate) named_in: Option<String>,
    /// The addresses that it had.
    pub(crate) addresses: Vec<Address>,
    /// The ARN of the object in whose place it comes.
    pub(crate) object: Option<String>,
}

impl<S> Wanted<S> {
    /// The stack's name as the object's name is made from it: as a rule the first that it had.
    pub(crate) fn names_of(&self) -> &str {
        let Before { stacks, named_in, .. } = &self.before;
        named_in.as_deref().or_else(|| stacks.first()).unwrap_or(&self.owner.stack)
    }

    /// Whether owner tags say that an object is this resource, by whichever of its names.
    pub(crate) fn is_its(&self, owner: &Owner) -> bool {
        let Before { stacks, addresses, .. } = &self.before;
        let Owner { stack: now, region, address, .. } = &self.owner;
        (owner.stack == *now || stacks.contains(&owner.stack))
            && owner.region == *region
            && (owner.address == *address || addresses.contains(&owner.address))
    }

    /// Whether it comes in the place of this object, which may be like it in everything.
    pub(crate) fn comes_instead_of(&self, arn: &str) -> bool {
        self.before.object.as_deref() == Some(arn)
    }

    /// The bytes that a field takes, as the plan saw them. They are read now: ask
    /// for them in the call that sends them, and for no others.
    ///
    /// # Errors
    /// That they are others by now, or that the field states none.
    pub(crate) async fn bytes(&self, field: &str) -> Answer<Vec<u8>> {
        self.sent.bytes(field, &self.identity).await
    }

    /// The same, to be read piece by piece.
    ///
    /// # Errors
    /// That the field states none.
    pub(crate) fn source(&self, field: &str) -> Answer<Source> {
        self.sent.source(field, &self.identity)
    }
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

    /// What becomes of the tags of an object; `None` where they stay. `told` is what a spec
    /// says of them.
    pub(crate) fn tag_change(&self, told: impl Fn(&S) -> &Tags) -> Option<TagChange> {
        if !self.touches_tags() {
            return None;
        }
        let before = self.tags_had(told(&self.have));
        let after = told(&self.want.spec).with_owner(&self.want.owner);
        Some(TagChange::between(&before, &after, KeyCase::Told))
    }

    /// What becomes of the tags of an object that keeps its `force_destroy` in one of them;
    /// `None` where neither changes. `told` is what a spec says of the two.
    pub(crate) fn holder_tags(&self, told: impl Fn(&S) -> (&Tags, bool)) -> Option<TagChange> {
        if !(self.touches_tags() || self.touches("force_destroy")) {
            return None;
        }
        let (had, was_forced) = told(&self.have);
        let before = self.tags_had(had).into_iter().chain(force_tag(was_forced)).collect();
        let (wanted, is_forced) = told(&self.want.spec);
        let after = wanted.of_holder(&self.want.owner, is_forced);
        Some(TagChange::between(&before, &after, KeyCase::Told))
    }

    /// Whether tags are to be written: the user's, or the owner's.
    pub(crate) fn touches_tags(&self) -> bool {
        ["tags", OWNER_FIELD, LIFECYCLE_FIELD].iter().any(|field| self.touches(field))
    }
}

/// The planner's name for "whose it is" among the fields of a diff.
pub(crate) const OWNER_FIELD: &str = "owner";
/// For how an object is doing.
pub(crate) const STATUS_FIELD: &str = "status";
/// And for what the stack file says about its life, as far as the object tells.
pub(crate) const LIFECYCLE_FIELD: &str = "lifecycle";

/// A resource and who claims it.
#[derive(Clone, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) want: &'a Desired,
    pub(crate) owner: Owner,
    pub(crate) before: Before,
    pub(crate) files: Option<Arc<dyn Files>>,
}
