//! The engine's port over the registered kinds.
//!
//! [`Provider`] can only look, and call what is a function. [`Writer`] can also touch, is bound to the one
//! stack whose owner tags it writes, and is made only by `apply` and `destroy`.

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::{try_join, try_join_all};

pub use self::shared::Shared;
use super::behaviours::{Bench, Options};
use super::call_log::about;
use super::client::{Lifetime, Session};
use super::handed::Aws;
use super::invocation::{Invocation, Invoked};
use super::kind::{AnyKind, Before, Claim};
use super::lease::S3Lease;
use super::replay::{Archive, Replay, Replaying, RuleOfBus};
use super::{discovery, invocation, neighbours, registry, replay};
use crate::engine::port::{Accepted, Answer, Files, Made, Proven, Read, StackSummary, Write};
use crate::model::{
    Answers, CloudError, Desired, Emptying, ErrorClass, Examined, Facts, FieldDiff, FormerNames,
    Live, Lock, Lookup, Owner, Place, Question, Sought,
};

/// Looks at AWS. Clones are one reader: what one of them lists, all have, until any writes.
#[derive(Clone, Debug)]
pub struct Provider {
    aws: Arc<Aws>,
    /// Those of other regions, once somebody asked for them.
    elsewhere: Arc<Mutex<BTreeMap<String, Self>>>,
}

impl Provider {
    /// A reader of one place.
    pub fn new(session: Session, place: Place) -> Self {
        Self { aws: Arc::new(Aws::new(session, place)), elsewhere: Arc::default() }
    }

    /// The reader of a region, with the same credentials.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        if region == self.aws.place.region {
            return self.clone();
        }
        let mut elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        let there = || {
            let place = Place { region: region.to_owned(), ..self.aws.place.clone() };
            Self::new(self.aws.session.in_region(region), place)
        };
        elsewhere.entry(region.to_owned()).or_insert_with(there).clone()
    }

    /// A stack of these names is going to be looked at: indexes are asked for it together with
    /// all the others of this place.
    pub fn expect(&self, names: &[&str]) {
        self.aws.expect(names);
    }

    /// The same for what belongs to others, at which several stacks may look.
    pub fn shared(&self) -> Shared<'_> {
        Shared(self)
    }

    /// What was listed is of yesterday: the next looks are new ones.
    pub fn look_anew(&self) {
        self.aws.forget_listings();
        let elsewhere = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.values().for_each(Self::look_anew);
    }

    /// Who, of other stacks of this region, holds outputs of a stack that goes by these names, as
    /// tags say.
    ///
    /// # Errors
    /// What AWS refuses.
    pub async fn users(&self, stacks: &[&str]) -> Answer<Vec<Owner>> {
        discovery::users(&self.aws, stacks).await
    }

    /// The place that it looks at.
    pub fn place(&self) -> &Place {
        &self.aws.place
    }

    /// How long the credentials last, as far as anybody tells.
    pub fn lifetime(&self) -> Lifetime {
        self.aws.session.lifetime()
    }

    /// A bench for exercises, which make and remove objects of their own.
    pub fn bench(&self, options: Options) -> Bench {
        Bench::new(self.aws.session.clone(), options)
    }

    /// Where the lease of a stack lies.
    pub fn lease(&self, lock: &Lock) -> S3Lease {
        S3Lease::new(self.aws.session.clients.s3.clone(), lock.clone(), &self.aws.place.account)
    }

    /// Calls a function, once: an error does not mean that
    /// [it did not run](invocation::may_have_run).
    ///
    /// # Errors
    /// [`ErrorClass::NotYet`] and [`ErrorClass::Throttled`] where Lambda would take the
    /// same call later. Not that the function failed: its answer says so.
    pub async fn invoke(&self, invocation: &Invocation) -> Answer<Invoked> {
        invocation::invoke(&self.aws.session, invocation).await
    }

    /// An archive of events.
    ///
    /// # Errors
    /// What AWS refuses.
    pub async fn archive(&self, name: &str) -> Answer<Option<Archive>> {
        replay::archive(&self.aws.session, name).await
    }

    /// The rules of a bus that take events by a pattern.
    ///
    /// # Errors
    /// What AWS refuses.
    pub async fn rules_of_bus(&self, bus: &str) -> Answer<Vec<RuleOfBus>> {
        replay::rules(&self.aws.session, bus).await
    }

    /// Begins a replay.
    ///
    /// # Errors
    /// What AWS refuses: a replay of the same name, an archive that is being changed.
    pub async fn start_replay(&self, replay: &Replay) -> Answer<()> {
        replay::start(&self.aws.session, replay).await
    }

    /// How far a replay has come.
    ///
    /// # Errors
    /// What AWS refuses.
    pub async fn replaying(&self, name: &str) -> Answer<Replaying> {
        replay::look(&self.aws.session, name).await
    }

    /// Ends a replay; what is delivered stays so.
    ///
    /// # Errors
    /// What AWS refuses: a replay that has ended.
    pub async fn cancel_replay(&self, name: &str) -> Answer<()> {
        replay::cancel(&self.aws.session, name).await
    }

    /// What an object may be that has an ARN: for each kind of which it could be one, where to
    /// look. Nothing, where no kind has such ARNs.
    ///
    /// # Errors
    /// What AWS refuses.
    pub async fn by_arn(&self, arn: &str) -> Answer<Vec<Sought>> {
        discovery::by_arn(&self.aws, arn).await
    }

    /// What those outside say whom documents ask: all at once.
    ///
    /// # Errors
    /// The first of those who do not answer.
    pub async fn learn(&self, questions: BTreeSet<Question>) -> Answer<Answers> {
        let asked = questions.into_iter().map(|question| async {
            let answer = kind(&question.kind)?.learn(&self.aws, &question.text).await?;
            Ok((question, answer))
        });
        Ok(try_join_all(asked).await?.into_iter().collect())
    }

    /// The same with the right to write, as the owner of one stack.
    pub fn into_writer(self, stack: impl Into<String>) -> Writer {
        Writer { provider: self, stack: stack.into(), was: FormerNames::default(), files: None }
    }
}

/// Changes AWS in the name of one stack.
#[derive(Debug)]
pub struct Writer {
    provider: Provider,
    stack: String,
    was: FormerNames,
    files: Option<Arc<dyn Files>>,
}

impl Writer {
    /// The same with the files behind artifacts, without which none can be sent.
    #[must_use]
    pub fn with_files(self, files: Arc<dyn Files>) -> Self {
        Self { files: Some(files), ..self }
    }

    /// The same for a stack that had other names before.
    #[must_use]
    pub fn renamed_from(self, was: FormerNames) -> Self {
        Self { was, ..self }
    }

    fn claim<'a>(&self, kind: &dyn AnyKind, want: &'a Desired) -> Claim<'a> {
        let region = kind.is_global().then(|| self.provider.aws.place.region.clone());
        let prevent_destroy = want.lifecycle.prevent_destroy;
        let owner = Owner::new(&self.stack, want.address.clone());
        let uses = want.lifecycle.uses.clone();
        let owner = Owner { region, prevent_destroy, uses, ..owner };
        let (stacks, addresses) = (self.was.clone(), want.formerly.clone());
        let (named_in, object) = (want.named_in.clone(), want.instead_of.clone());
        let before = Before { stacks, named_in, addresses, object };
        Claim { want, owner, before, files: self.files.clone() }
    }

    fn wrote(&self) {
        self.provider.aws.forget_listings();
    }
}

#[async_trait]
impl Read for Provider {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        let found = kind(&sought.kind)?.find(&self.aws, sought);
        let found = about(&sought.kind, &sought.identity, found).await;
        Ok(found?.map(Live::without_controls))
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        let identities = discovery::roles_and_policies(&self.aws, stacks);
        Ok(together(try_join(discovery::tagged(&self.aws, stacks), identities).await?))
    }

    async fn all_candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        let identities = discovery::all_roles_and_policies(&self.aws, stacks);
        Ok(together(try_join(discovery::tagged(&self.aws, stacks), identities).await?))
    }

    async fn elsewhere(&self, stacks: &[&str]) -> Answer<Vec<(String, Sought)>> {
        discovery::elsewhere(&self.aws, stacks).await
    }

    async fn look_up(&self, lookup: &Lookup) -> Answer<Vec<Live>> {
        neighbours::look_up(&self.aws, registry::kind(&lookup.kind), lookup).await
    }

    async fn examine(&self, want: &Desired) -> Answer<Examined> {
        kind(&want.kind)?.examine(&self.aws, &want.document).await
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        discovery::stacks(&self.aws).await
    }
}

#[async_trait]
impl Read for Writer {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        self.provider.find(sought).await
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.provider.candidates(stacks).await
    }

    async fn all_candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.provider.all_candidates(stacks).await
    }

    async fn elsewhere(&self, stacks: &[&str]) -> Answer<Vec<(String, Sought)>> {
        self.provider.elsewhere(stacks).await
    }

    async fn look_up(&self, lookup: &Lookup) -> Answer<Vec<Live>> {
        self.provider.look_up(lookup).await
    }

    async fn examine(&self, want: &Desired) -> Answer<Examined> {
        self.provider.examine(want).await
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        self.provider.stacks().await
    }
}

#[async_trait]
impl Write for Writer {
    async fn create(&self, want: &Desired) -> Answer<Made> {
        let kind = kind(&want.kind)?;
        let made = kind.create(&self.provider.aws, self.claim(kind, want));
        let made = about(&want.kind, &want.identity, made).await;
        self.wrote();
        let made = made?;
        // What was predicted holds; what AWS answered holds more.
        let mut facts: BTreeMap<_, _> = want.predicted.clone();
        facts.extend(made.facts);
        Ok(Made { facts, ..made })
    }

    async fn complete(&self, want: &Desired, made: Proven) -> Answer<Facts> {
        let (kind, made) = (kind(&want.kind)?, made.live());
        let told = kind.complete(&self.provider.aws, self.claim(kind, want), made);
        let told = about(&want.kind, &want.identity, told).await;
        self.wrote();
        told
    }

    async fn update(&self, want: &Desired, have: Proven, diff: &[FieldDiff]) -> Answer<Accepted> {
        let (kind, have) = (kind(&want.kind)?, have.live());
        let made = kind.update(&self.provider.aws, self.claim(kind, want), have, diff);
        let made = about(&want.kind, &want.identity, made).await;
        self.wrote();
        Ok(made?.map(|told| have.facts.clone().into_iter().chain(told).collect()))
    }

    async fn delete(&self, have: Proven, emptying: Emptying) -> Answer<()> {
        let have = have.live();
        let gone = kind(&have.kind)?.delete(&self.provider.aws, have, emptying);
        let gone = about(&have.kind, &have.identity, gone).await;
        self.wrote();
        match gone {
            Err(error) if error.class == ErrorClass::Absent => Ok(()),
            other => other,
        }
    }
}

/// What two indexes tell, in order.
fn together((mut tagged, identities): (Vec<Sought>, Vec<Sought>)) -> Vec<Sought> {
    tagged.extend(identities);
    tagged.sort();
    tagged.dedup();
    tagged
}

/// The spec room lets no unknown kind through; an older plan file might.
fn kind(name: &str) -> Answer<&'static dyn AnyKind> {
    registry::kind(name).ok_or_else(|| CloudError {
        attempted: format!("find the kind {name}"),
        operation: "the registry".into(),
        class: ErrorClass::Invalid,
        code: "UnknownKind".into(),
        message: format!("this ccprov has no kind {name}"),
        request_id: None,
        hint: Some("`ccprov kinds` lists what there is".into()),
    })
}
