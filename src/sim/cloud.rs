//! The cloud: every call takes its time, meets its fate, and is written down.

mod reading;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::calls::{Calls, Operation};
use super::limits::Limits;
use super::objects::{Caller, Objects, failure};
use super::rules::is_slow;
use super::shelf::Shelf;
use super::versions::{COPIES, Moment};
use super::weather::{Fault, Weather, length};
use crate::engine::pace::{Pacer, RateLimit};
use crate::engine::port::{
    Accepted, Answer, Files as _, Lacks, Made, Proven, Sent, Write, tell_sent,
};
use crate::engine::wait::elapse;
use crate::model::{
    Address, CallRecord, Catalog, CloudError, Desired, Emptying, ErrorClass, Facts, FieldDiff,
    FormerNames, Hash, Identity, InFlight, KindInfo, Live, Place,
};

/// A cloud in memory. Looking at it is [`Read`](crate::engine::port::Read).
pub struct Cloud<'a> {
    pub(super) catalog: &'a dyn Catalog,
    place: Place,
    weather: Weather,
    pacer: Pacer,
    epoch: Instant,
    crash: Notify,
    state: Mutex<State>,
    /// What its callers have at hand.
    files: Shelf,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) objects: Objects,
    pub(super) calls: Calls,
    limits: Limits,
    /// What is to befall which calls, and how often.
    pub(super) fates: Vec<Fate>,
    /// The number of the call at which the caller dies.
    pub(super) crash_at: Option<u64>,
    /// How long the cloud is at it, where that is no matter of the weather.
    lengths: BTreeMap<(String, Operation), Duration>,
}

/// What is to befall an operation on an object.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    pub(super) operation: Operation,
    pub(super) identity: String,
    pub(super) times: u32,
    pub(super) fault: Fault,
}

/// Touches the cloud in the name of one stack.
#[derive(Debug)]
pub struct Writer<'a> {
    cloud: &'a Cloud<'a>,
    stack: String,
    pub(super) was: FormerNames,
    /// What it began to make in two calls: which ARN each got, if an answer came.
    begun: Mutex<BTreeMap<Address, Option<String>>>,
}

impl<'a> Cloud<'a> {
    /// An empty cloud of these kinds.
    pub fn new(catalog: &'a dyn Catalog, place: Place, weather: Weather) -> Self {
        let (pacer, crash) = (Pacer::default(), Notify::new());
        let late = |kind: &KindInfo| {
            let late = kind.facts.iter().filter(|fact| fact.late);
            (kind.name.clone(), late.map(|fact| fact.name.clone()).collect())
        };
        let late = catalog.kinds().iter().map(late).collect();
        let mut state = State::default();
        state.objects.late = late;
        let state = Mutex::new(state);
        let (epoch, files) = (Instant::now(), Shelf::default());
        Self { catalog, place, weather, pacer, epoch, crash, state, files }
    }

    /// Callers can send these files.
    #[must_use]
    pub fn with_files(self, files: Shelf) -> Self {
        Self { files, ..self }
    }

    /// An operation on an object of this kind takes the cloud so long, until the object is in
    /// service or gone.
    #[must_use]
    pub fn taking(self, kind: &str, operation: Operation, length: Duration) -> Self {
        self.state().lengths.insert((kind.to_owned(), operation), length);
        self
    }

    /// What is called more often than these admit is refused as throttled. The
    /// service is the kind.
    #[must_use]
    pub fn limited_to(self, limits: &[RateLimit]) -> Self {
        self.state().limits = Limits::new(limits);
        self
    }

    /// Callers keep to a pace, as those of AWS do beneath the port.
    #[must_use]
    pub fn paced_by(self, pacer: Pacer) -> Self {
        Self { pacer, ..self }
    }

    /// Who touches it in the name of a stack.
    pub fn writer(&'a self, stack: impl Into<String>) -> Writer<'a> {
        Writer {
            cloud: self,
            stack: stack.into(),
            was: FormerNames::default(),
            begun: Mutex::default(),
        }
    }

    /// Waits until the caller is to die: drop it then. See [`Cloud::crash_at`].
    pub async fn crashed(&self) {
        self.crash.notified().await;
    }

    /// Lets time pass until every look sees the truth.
    pub async fn calm(&self) {
        let calm = self.state().objects.calm();
        elapse(calm.map(|calm| calm.duration_since(Instant::now())).unwrap_or_default()).await;
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call, as soon as its pace admits it.
    async fn call<T>(
        &self,
        call: Call<'_>,
        effect: impl FnOnce(&mut Objects, Moment) -> Answer<T>,
    ) -> Answer<T> {
        let pass = self.pacer.admit(call.kind, call.operation.name()).await;
        let answer = self.answer(call, self.begin(call, pass.waited()), effect).await;
        match &answer {
            Err(error) if error.class == ErrorClass::Throttled => pass.refused(),
            Ok(_) | Err(_) => pass.taken(),
        }
        answer
    }

    /// The call itself, from its beginning to its answer. What it does happens
    /// in the middle, all at once.
    async fn answer<T>(
        &self,
        call: Call<'_>,
        mut ongoing: Ongoing<'_>,
        effect: impl FnOnce(&mut Objects, Moment) -> Answer<T>,
    ) -> Answer<T> {
        let mut lot = self.weather.lot(call.operation, call.identity.as_str(), ongoing.nth);
        let half = length(&self.weather.latency, &mut lot) / 2;
        let passing = ongoing.nth <= self.weather.faults_at_most;
        let random = self.weather.fault(call.operation, &mut lot).filter(|_| passing);
        let fault = ongoing.fate.take().or(random);
        elapse(half).await;
        if let Some(Fault::Refused(class)) = fault {
            elapse(half).await;
            return ongoing.end(Err(call.refused(class)));
        }
        if !self.admits(call) {
            elapse(half).await;
            return ongoing.end(Err(call.throttled()));
        }
        let dies_before = lot.bool();
        if ongoing.dies && dies_before {
            self.die().await;
        }
        let answer = {
            let moment = self.moment(call, &mut lot);
            let mut state = self.state();
            state.objects.sweep(moment.now);
            let answer = effect(&mut state.objects, moment);
            if let (Some(Fault::Broken(why)), Ok(_)) = (&fault, &answer) {
                state.objects.breaks(moment, call.kind, call.identity, why);
            }
            answer
        };
        if ongoing.dies {
            self.die().await;
        }
        elapse(half).await;
        if fault == Some(Fault::AnswerLost) && answer.is_ok() {
            return ongoing.end(Err(call.lost()));
        }
        ongoing.end(answer)
    }

    fn admits(&self, call: Call<'_>) -> bool {
        self.state().limits.admit(call.kind, call.operation.name(), Instant::now())
    }

    fn begin(&self, call: Call<'_>, queued: Duration) -> Ongoing<'_> {
        let mut state = self.state();
        let nth = state.calls.begin(call.operation, call.identity.as_str());
        let dies = state.crash_at == Some(state.calls.begun);
        let is_its = |fate: &&mut Fate| {
            fate.times > 0
                && fate.operation == call.operation
                && fate.identity == call.identity.as_str()
        };
        let fate = state.fates.iter_mut().find(is_its).map(|fate| {
            fate.times -= 1;
            fate.fault.clone()
        });
        let record = CallRecord {
            service: call.kind.to_owned(),
            operation: call.operation.name().to_owned(),
            queued,
            start: self.epoch.elapsed(),
            end: self.epoch.elapsed(),
            status: None,
            given_up: false,
            request_id: None,
            attempt: nth,
            object: Some(call.identity.to_string()),
        };
        Ongoing { calls: self, record: Some(record), nth, fate, dies }
    }

    fn moment(&self, call: Call<'_>, lot: &mut fastrand::Rng) -> Moment {
        let (now, weather) = (Instant::now(), &self.weather);
        let stated = self.state().lengths.get(&(call.kind.to_owned(), call.operation)).copied();
        let settling = stated.unwrap_or_else(|| length(&weather.settling, lot));
        Moment {
            now,
            copy: lot.usize(0..COPIES),
            copies: [(); COPIES].map(|()| now + length(&weather.find_lag, lot)),
            index: now + length(&weather.index_lag, lot),
            others: now + length(&weather.propagation, lot),
            settled: now + settling,
        }
    }

    async fn die(&self) {
        self.crash.notify_one();
        std::future::pending::<()>().await;
    }

    fn kind(&self, name: &str, call: Call<'_>) -> Answer<&KindInfo> {
        self.catalog.kind(name).ok_or_else(|| call.refused(ErrorClass::Invalid))
    }
}

/// What is called upon what.
#[derive(Clone, Copy)]
struct Call<'a> {
    operation: Operation,
    kind: &'a str,
    identity: &'a Identity,
}

impl Call<'_> {
    fn refused(self, class: ErrorClass) -> CloudError {
        let text = (class, "Refused", "as it was to be".to_owned());
        failure(self.operation, self.kind, self.identity, text)
    }

    fn throttled(self) -> CloudError {
        let text = (ErrorClass::Throttled, "Throttled", "rate exceeded".to_owned());
        failure(self.operation, self.kind, self.identity, text)
    }

    fn lost(self) -> CloudError {
        let text = (ErrorClass::Transient, "", "the connection was closed".to_owned());
        failure(self.operation, self.kind, self.identity, text)
    }
}

/// A call in flight. Dropped without an answer, it was cut off with its caller.
struct Ongoing<'a> {
    calls: &'a Cloud<'a>,
    record: Option<CallRecord>,
    nth: u32,
    fate: Option<Fault>,
    dies: bool,
}

impl Ongoing<'_> {
    fn end<T>(mut self, answer: Answer<T>) -> Answer<T> {
        if let Some(record) = &mut self.record {
            record.status = match &answer {
                Ok(_) => Some(200),
                Err(error) if error.code.is_empty() => None,
                Err(error) if error.class == ErrorClass::Throttled => Some(429),
                Err(_) => Some(400),
            };
        }
        answer
    }
}

impl Drop for Ongoing<'_> {
    fn drop(&mut self) {
        if let Some(mut record) = self.record.take() {
            record.end = self.calls.epoch.elapsed();
            self.calls.state().calls.end(record);
        }
    }
}

#[async_trait]
impl Write for Writer<'_> {
    async fn create(&self, want: &Desired) -> Answer<Made> {
        let want = &self.sent(want, |_| true)?;
        let (facts, is_new) = self.make(want).await?;
        let (named_later, bare) = {
            let objects = &self.cloud.state().objects;
            (objects.in_two_calls.contains_key(&want.kind), objects.bare.contains(&want.kind))
        };
        if named_later {
            self.begun().insert(want.address.clone(), facts.get("arn").cloned());
        }
        let is_slow = self.cloud.catalog.kind(&want.kind).is_some_and(is_slow);
        let lacks = match (named_later || bare, is_slow) {
            (true, _) => Lacks::Completion,
            (false, true) => Lacks::Updates,
            (false, false) => Lacks::Nothing,
        };
        Ok(Made { facts, is_new, lacks })
    }

    async fn complete(&self, want: &Desired, made: Proven) -> Answer<Facts> {
        let facts = made.live().facts.clone();
        match self.finish(want, &facts).await {
            Err(error) if error.class == ErrorClass::Exists => {
                // The name is another's. This one was made in vain.
                self.discard(want, &facts).await?;
                self.begun().remove(&want.address);
                Err(error)
            }
            other => other.map(|()| facts),
        }
    }

    async fn update(&self, want: &Desired, have: Proven, diff: &[FieldDiff]) -> Answer<Accepted> {
        let Desired { kind, identity, .. } = want;
        let call = Call { operation: Operation::Update, kind, identity };
        let info = self.cloud.kind(kind, call)?;
        let changes = |field: &str| diff.iter().any(|diff| diff.path.top() == field);
        let want = &self.sent(want, changes)?;
        let update = |objects: &mut Objects, moment| {
            objects.update(self.caller(info, moment), want, have.live(), diff)
        };
        let facts = self.cloud.call(call, update).await?;
        Ok(if is_slow(info) { Accepted::Working(facts) } else { Accepted::Done(facts) })
    }

    async fn delete(&self, have: Proven, emptying: Emptying) -> Answer<()> {
        let Live { kind, identity, .. } = have.live();
        let call = Call { operation: Operation::Delete, kind, identity };
        let info = self.cloud.kind(kind, call)?;
        let delete = |objects: &mut Objects, moment| {
            objects.delete(self.caller(info, moment), have.live(), emptying)
        };
        self.cloud.call(call, delete).await
    }
}

impl<'a> Writer<'a> {
    /// The first call of a creation, or the only one. It makes nothing anew that
    /// it may have made before. Tells whether it is new for certain.
    async fn make(&self, want: &Desired) -> Answer<(Facts, bool)> {
        let Desired { kind, identity, .. } = want;
        let call = Call { operation: Operation::Create, kind, identity };
        let info = self.cloud.kind(kind, call)?;
        let cooldown = self.cloud.weather.cooldown;
        let create = |objects: &mut Objects, moment: Moment| {
            let caller = self.caller(info, moment);
            if objects.in_two_calls.contains_key(kind) {
                let begun = self.begun().insert(want.address.clone(), None);
                let made = begun.and_then(|arn| objects.made(caller, want, arn.as_deref()));
                if let Some(made) = made {
                    return Ok((made, false));
                }
                return Ok((objects.create(caller, want)?, true));
            }
            let removed = objects.removed(kind, identity);
            if removed.is_some_and(|removed| moment.now < removed + cooldown) {
                return Err(call.refused(ErrorClass::NotYet(InFlight::Cooldown)));
            }
            let lenient = objects.lenient.contains(kind);
            if let Some(found) = objects.get(kind, identity).filter(|_| lenient) {
                return Ok((found.live.facts.clone(), false));
            }
            Ok((objects.create(caller, want)?, !lenient))
        };
        self.cloud.call(call, create).await
    }

    /// The second call, which gives the object its name.
    async fn finish(&self, want: &Desired, facts: &Facts) -> Answer<()> {
        let Desired { kind, identity, .. } = want;
        let call = Call { operation: Operation::Finish, kind, identity };
        let info = self.cloud.kind(kind, call)?;
        let finish =
            |objects: &mut Objects, moment| objects.finish(self.caller(info, moment), want, facts);
        self.cloud.call(call, finish).await
    }

    /// Takes back what got no name.
    async fn discard(&self, want: &Desired, facts: &Facts) -> Answer<()> {
        let arn = Identity(facts.get("arn").cloned().unwrap_or_default());
        let call = Call { operation: Operation::Delete, kind: &want.kind, identity: &arn };
        let info = self.cloud.kind(&want.kind, call)?;
        let discard = |objects: &mut Objects, moment: Moment| {
            objects.discard(self.caller(info, moment), &arn);
            Ok(())
        };
        self.cloud.call(call, discard).await
    }

    /// The resource as it arrives: where a field takes bytes, with the hash of those
    /// that were sent.
    fn sent(&self, want: &Desired, changes: impl Fn(&str) -> bool) -> Answer<Desired> {
        let mut arrives = want.clone();
        let artifacts = self.cloud.catalog.kind(&want.kind).map_or(&[][..], |kind| &kind.artifacts);
        for info in artifacts.iter().filter(|info| changes(&info.field)) {
            for artifact in want.artifacts.iter().filter(|it| info.is_meant(it, &want.document)) {
                let bytes = self.cloud.files.read(artifact)?;
                let of = bytes.len() as u64;
                tell_sent(Sent { bytes: of, of });
                let hash = info.spell(Hash::of(&bytes), bytes.len() as u64);
                arrives.document.insert(info.field.to_string(), hash.into());
            }
        }
        Ok(arrives)
    }

    fn begun(&self) -> MutexGuard<'_, BTreeMap<Address, Option<String>>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn caller(&'a self, kind: &'a KindInfo, moment: Moment) -> Caller<'a> {
        let Cloud { catalog, place, .. } = self.cloud;
        Caller { stack: &self.stack, was: &self.was, catalog: *catalog, place, kind, moment }
    }
}

impl fmt::Debug for Cloud<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud").field("weather", &self.weather).finish_non_exhaustive()
    }
}
