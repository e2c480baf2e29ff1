//! The objects, and what each call does to them. Knows no latency and no
//! faults: whoever gets here has got through.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::Instant;

use super::calls::Operation;
use super::rules;
use super::versions::{Eye, Moment, Object, Versions};
use crate::engine::port::{Answer, StackSummary};
use crate::model::{
    Beside, Catalog, Claimant, CloudError, Desired, Document, Emptying, ErrorClass, Facts,
    FieldDiff, FormerNames, Holdings, Identity, InFlight, KindInfo, Live, Owner, Parent, Path,
    Place, Sought, Status, Whose,
};

/// How the planner calls "whose it is" and "that it stays" in a diff.
const OWNER: &str = "owner";
const STATUS: &str = "status";
/// And whether it refuses to let it go.
const LIFECYCLE: &str = "lifecycle";

/// Everything there is.
#[derive(Debug, Default)]
pub(super) struct Objects {
    versions: BTreeMap<(String, Identity), Versions>,
    /// What exists outside of this cloud and may be referred to.
    pub(super) outside: BTreeSet<String>,
    /// Kinds that come into being in two calls, and the field of the second.
    pub(super) in_two_calls: BTreeMap<String, String>,
    /// Kinds whose creation is answered alike if there is an object already.
    pub(super) lenient: BTreeSet<String>,
    /// Kinds that come into being with nothing but what cannot change, and get the
    /// rest by a second call.
    pub(super) bare: BTreeSet<String>,
    /// Kinds that live and die with what a field of theirs names.
    pub(super) bound: BTreeMap<String, String>,
    /// Kinds that somebody outside has to confirm.
    pub(super) confirmed_outside: BTreeSet<String>,
    /// The entries that the cloud has in each map of which only the stated ones are
    /// compared, of each kind.
    pub(super) adds: BTreeMap<String, Document>,
    /// What no engine may do, and one did.
    pub(super) violations: Vec<String>,
    /// What went while another named it: who, and what.
    pub(super) bereft: Vec<(Live, Live)>,
    /// How often something came into being under each name.
    pub(super) births: BTreeMap<(String, Identity), u32>,
    pub(super) chosen: u64,
    /// The facts of each kind that nobody is told before its object is in service.
    pub(super) late: BTreeMap<String, BTreeSet<String>>,
    /// What has been in service, so that these are known for good.
    served: BTreeSet<(String, Identity)>,
}

/// Who calls, and what is known of the kind at hand.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) stack: &'a str,
    pub(super) was: &'a FormerNames,
    pub(super) catalog: &'a dyn Catalog,
    pub(super) place: &'a Place,
    pub(super) kind: &'a KindInfo,
    pub(super) moment: Moment,
}

impl Caller<'_> {
    pub(super) fn claimant(&self) -> Claimant<'_> {
        Claimant { stack: self.stack, was: self.was, place: self.place }
    }

    pub(super) fn owner(&self, want: &Desired) -> Owner {
        self.claimant().owner(self.kind, want)
    }
}

impl Objects {
    pub(super) fn all(&self, eye: Eye) -> impl Iterator<Item = &Object> {
        self.versions.values().filter_map(move |versions| versions.seen(eye))
    }

    pub(super) fn get(&self, kind: &str, identity: &Identity) -> Option<&Object> {
        self.versions.get(&(kind.to_owned(), identity.clone()))?.seen(Eye::Truth)
    }

    pub(super) fn write(&mut self, moment: Moment, object: Object) {
        let key = (object.live.kind.clone(), object.live.identity.clone());
        self.versions.entry(key).or_default().write(moment, Some(object));
    }

    pub(super) fn erase(&mut self, moment: Moment, live: &Live) {
        let key = (live.kind.clone(), live.identity.clone());
        self.versions.entry(key).or_default().write(moment, None);
    }

    /// When every look sees the truth.
    pub(super) fn calm(&self) -> Option<Instant> {
        self.versions.values().filter_map(Versions::calm).max()
    }

    pub(super) fn find(&self, sought: &Sought, moment: Moment) -> Option<Live> {
        let by_name = self.versions.get(&(sought.kind.clone(), sought.identity.clone()));
        let by_name = by_name.and_then(|versions| versions.seen(moment.look()));
        let arn = sought.arn.as_deref();
        // Who knows the ARN wants no other of its name.
        let by_name = by_name.filter(|object| arn.is_none() || object.live.arn() == arn);
        let by_arn = || self.of_arn(moment.look(), &sought.kind, arn?);
        let object = by_name.or_else(by_arn)?;
        let has_served = self.served.contains(&(sought.kind.clone(), object.live.identity.clone()));
        let late = self.late.get(&sought.kind).filter(|_| !has_served);
        Some(shown(object, sought, moment.now, late))
    }

    pub(super) fn listed(&self, claimant: Claimant<'_>, now: Instant) -> Vec<Sought> {
        let ours = |owner: &&Owner| claimant.is(owner);
        self.all(Eye::Index(now))
            .filter_map(|object| Some((object, object.live.owner.as_ref().filter(ours)?)))
            .map(|(object, owner)| Sought {
                kind: object.live.kind.clone(),
                identity: object.live.identity.clone(),
                address: Some(owner.address.clone()),
                formerly: Vec::new(),
                arn: object.live.arn().map(str::to_owned),
                fields: None,
                holdings: true,
            })
            .collect()
    }

    pub(super) fn stacks(&self, now: Instant) -> Vec<StackSummary> {
        let mut stacks: BTreeMap<String, StackSummary> = BTreeMap::new();
        for live in self.all(Eye::Index(now)).map(|object| &object.live) {
            if let Some(owner) = &live.owner {
                let stack = stacks.entry(owner.stack.clone());
                let stack = stack.or_insert_with(|| StackSummary::new(&owner.stack));
                *stack.objects.entry(live.kind.clone()).or_default() += 1;
            }
        }
        stacks.into_values().collect()
    }

    pub(super) fn update(
        &mut self,
        caller: Caller<'_>,
        want: &Desired,
        have: &Live,
        diff: &[FieldDiff],
    ) -> Answer<Facts> {
        let answer =
            |class, code, text: String| Err(error(Operation::Update, want, class, code, text));
        if let Some(violation) = rules::unfit_change(caller.kind, want, diff) {
            self.violations.push(violation.clone());
            return answer(ErrorClass::Invalid, "Unfit", violation);
        }
        if let Some(violation) = rules::is_too_much(caller.kind, want, diff) {
            self.violations.push(violation.clone());
            return answer(ErrorClass::Invalid, "TooMuch", violation);
        }
        let Some(mut object) = self.behind(have).cloned() else {
            return answer(ErrorClass::Absent, "Absent", "there is none".into());
        };
        if rules::is_busy(caller.kind, &object, caller.moment.now) {
            let class = ErrorClass::NotYet(InFlight::Busy);
            return answer(class, "InUse", "it is still coming into service".into());
        }
        if object.awaits {
            let text = "somebody has to confirm it first".into();
            return answer(ErrorClass::Invalid, "PendingConfirmation", text);
        }
        let tops: BTreeSet<String> = diff.iter().map(|diff| diff.path.top().to_owned()).collect();
        if let Some(violation) = not_ours(caller, &object, tops.contains(OWNER)) {
            self.violations.push(violation.clone());
            return answer(ErrorClass::Denied, "AccessDenied", violation);
        }
        self.insist(Operation::Update, caller, want, &tops)?;
        for top in &tops {
            match want.document.get(top) {
                Some(value) => {
                    let had = object.live.document.get(top);
                    let value = rules::by_entry(caller.kind, diff, had, value);
                    let value = self.with_others(caller.kind, top, had, value);
                    object.live.document.insert(top.clone(), value);
                }
                None if top == OWNER || top == LIFECYCLE => {
                    object.live.owner = Some(caller.owner(want));
                }
                None if top == STATUS => object.live.status = Status::Current,
                None => self.violations.push(format!("{}: {top} is not stated", want.address)),
            }
        }
        for field in caller.kind.following(diff).filter(|field| !tops.contains(*field)) {
            object.live.document.remove(field);
        }
        let kept = canonical(Operation::Update, caller, want, &object.live.document)?;
        object.live.document = kept;
        object.settled = caller.moment.settled;
        let moved = |fact: &String, _: &mut String| caller.kind.moves(fact, diff);
        object.live.facts.extract_if(.., moved).for_each(drop);
        self.choose(caller.kind, &mut object.live.facts);
        // What is still coming into service takes no change.
        self.served.insert((want.kind.clone(), object.live.identity.clone()));
        let facts = object.live.facts.clone();
        self.name(Operation::Update, caller, want, object)?;
        Ok(facts)
    }

    /// A field with the entries that are beside the stated ones, if it is a map of
    /// which only these are compared.
    pub(super) fn with_others(
        &self,
        kind: &KindInfo,
        field: &str,
        had: Option<&Value>,
        value: Value,
    ) -> Value {
        let added = self.adds.get(&kind.name);
        match (kind.beside(&Path::field(field)), value) {
            (Some(beside), Value::Object(stated)) => {
                let had = had.and_then(Value::as_object).filter(|_| beside == Beside::Stays);
                let mut all =
                    added.into_iter().chain(had).fold(Document::new(), |mut all, more| {
                        all.extend(more.clone());
                        all
                    });
                all.extend(stated);
                Value::Object(all)
            }
            (Some(_) | None, value) => value,
        }
    }

    pub(super) fn delete(
        &mut self,
        caller: Caller<'_>,
        have: &Live,
        emptying: Emptying,
    ) -> Answer<()> {
        let Some(object) = self.behind(have).filter(|object| object.is_there()).cloned() else {
            return Ok(());
        };
        if object.awaits {
            return Ok(()); // Nobody can remove it; the cloud forgets it by itself one day.
        }
        let answer =
            |class, code, text: String| Err(refusal(Operation::Delete, have, class, code, text));
        if rules::is_busy(caller.kind, &object, caller.moment.now) {
            let class = ErrorClass::NotYet(InFlight::Busy);
            return answer(class, "InUse", "it is still coming into service".into());
        }
        if let Some(violation) = not_ours(caller, &object, false) {
            self.violations.push(violation.clone());
            return answer(ErrorClass::Denied, "AccessDenied", violation);
        }
        let relying = |eye| {
            let mut all = self.all(eye);
            all.find(|other| rules::relies_on(other, caller.kind, &object))
                .map(|other| other.live.identity.clone())
        };
        let (truly, seen) = (relying(Eye::Truth), relying(caller.moment.look()));
        if let Some(other) = truly {
            let violation = format!("{} deleted while {other} relies on it", have.identity);
            self.violations.push(violation);
        }
        if let Some(other) = seen {
            let class = ErrorClass::NotYet(InFlight::Dependency);
            return answer(class, "InUse", format!("{other} relies on it"));
        }
        let naming = self.all(Eye::Truth).filter(|other| rules::names(other, &object));
        let bereft: Vec<_> = naming.map(|it| (it.live.clone(), object.live.clone())).collect();
        if object.contents > 0 && emptying == Emptying::Keep {
            return answer(ErrorClass::Invalid, "NotEmpty", "it is not empty".into());
        }
        self.bereft.extend(bereft);
        self.leaves(caller, object);
        Ok(())
    }

    /// Removes an object, with what lives and dies with it.
    pub(super) fn leaves(&mut self, caller: Caller<'_>, object: Object) {
        if caller.kind.revivable || rules::is_slow(caller.kind) {
            let mut going = object;
            going.live.status = Status::Deleting("on its way out".into());
            going.gone = rules::is_slow(caller.kind).then_some(caller.moment.settled);
            self.write(caller.moment, going);
            return;
        }
        let kind = object.live.kind.clone();
        let parent = Parent { kind, identity: object.live.identity.clone() };
        let is_child = |other: &&Object| other.live.parent.as_ref() == Some(&parent);
        let going: Vec<Live> =
            self.all(Eye::Truth).filter(is_child).map(|child| child.live.clone()).collect();
        for live in going.iter().chain([&object.live]) {
            self.erase(caller.moment, live);
        }
    }

    /// Lets go of what was on its way out until now.
    pub(super) fn sweep(&mut self, now: Instant) {
        let all = self.all(Eye::Truth).filter_map(|object| Some((object.gone?, object)));
        let gone: Vec<(Instant, Live)> = all
            .filter(|(gone, _)| *gone <= now)
            .map(|(gone, object)| (gone, object.live.clone()))
            .collect();
        for (when, live) in gone {
            self.erase(Moment::instant(when), &live);
        }
    }

    pub(super) fn breaks(&mut self, moment: Moment, kind: &str, identity: &Identity, why: &str) {
        if let Some(mut object) = self.get(kind, identity).cloned() {
            object.live.status = Status::Failed(why.to_owned());
            self.write(moment, object);
        }
    }

    /// The object that was seen: by its ARN, if it had one.
    fn behind(&self, have: &Live) -> Option<&Object> {
        match have.arn() {
            Some(arn) => self.of_arn(Eye::Truth, &have.kind, arn),
            None => self.get(&have.kind, &have.identity),
        }
    }

    pub(super) fn of_arn(&self, eye: Eye, kind: &str, arn: &str) -> Option<&Object> {
        let is_it = |object: &&Object| object.live.kind == kind && object.live.arn() == Some(arn);
        self.all(eye).find(is_it)
    }

    /// When an object of this name was last removed.
    pub(super) fn removed(&self, kind: &str, identity: &Identity) -> Option<Instant> {
        self.versions.get(&(kind.to_owned(), identity.clone()))?.removed()
    }

    /// Refuses while something that must exist is not seen, and notes it where
    /// that is not for a lagging view.
    pub(super) fn insist(
        &mut self,
        operation: Operation,
        caller: Caller<'_>,
        want: &Desired,
        fields: &BTreeSet<String>,
    ) -> Answer<()> {
        let mut document = want.document.clone();
        document.retain(|field, _| fields.contains(field));
        for target in rules::targets(caller.kind, &document) {
            let now = caller.moment.now;
            let outside = self.outside.contains(&target);
            let is_there = |object: &Object| rules::is_named(object, &target);
            let serves = |object: &Object| {
                is_there(object) && rules::serves_others(object, now, caller.catalog)
            };
            let truly = outside || self.all(Eye::Truth).any(is_there);
            let seen = outside || self.all(Eye::Others(now)).any(serves);
            if !truly {
                let violation = format!("{} was written before {target} was there", want.address);
                self.violations.push(violation);
            }
            if !seen {
                let class = ErrorClass::NotYet(InFlight::Dependency);
                let text = format!("{target} does not exist");
                return Err(error(operation, want, class, "NoSuchTarget", text));
            }
        }
        Ok(())
    }
}

/// What the cloud makes of a document: it keeps all of it in canonical form, in
/// whatever form it came.
pub(super) fn canonical(
    operation: Operation,
    caller: Caller<'_>,
    want: &Desired,
    document: &Document,
) -> Answer<Document> {
    let naming = caller.claimant().naming_of(want);
    match caller.catalog.prepare(&want.kind, &naming, document) {
        Some(Ok(prepared)) => Ok(prepared.document),
        Some(Err(problems)) => {
            let text = problems.into_iter().map(|problem| problem.message).collect();
            Err(error(operation, want, ErrorClass::Invalid, "Malformed", text))
        }
        None => Ok(document.clone()),
    }
}

/// Why a stack may not touch an object, unless it is nobody's and claimed.
pub(super) fn not_ours(caller: Caller<'_>, object: &Object, claims: bool) -> Option<String> {
    let identity = &object.live.identity;
    match caller.claimant().whose(&object.live, caller.catalog) {
        Whose::Ours => None,
        Whose::OfNoRegion(_) | Whose::Nobodys if claims => None,
        Whose::OfNoRegion(owner) | Whose::Anothers(owner) => {
            Some(format!("{identity} was touched and belongs to {}", owner.stack_in_region()))
        }
        Whose::Nobodys => Some(format!("{identity} was touched and belongs to nobody")),
    }
}

/// The facts that are told before an object is in service.
pub(super) fn known_early(kind: &KindInfo, mut facts: Facts) -> Facts {
    facts.retain(|fact, _| !kind.is_late(fact));
    facts
}

/// What a look shows of an object.
fn shown(object: &Object, sought: &Sought, now: Instant, late: Option<&BTreeSet<String>>) -> Live {
    let mut live = object.live.clone();
    if now < object.settled {
        live.facts.retain(|fact, _| !late.is_some_and(|late| late.contains(fact)));
    }
    if let Some(fields) = &sought.fields {
        live.document.retain(|field, _| fields.contains(field));
    }
    if object.awaits {
        // No more can be seen of it than that it is there.
        live.document.clear();
        live.status = Status::Awaiting("somebody has to confirm it".into());
    } else if live.status == Status::Current && now < object.settled {
        live.status = Status::InProgress("coming into service".into());
    }
    let full = sought.holdings && object.contents > 0;
    live.holdings = full.then(|| Holdings::blocking(format!("{} parts", object.contents)));
    live
}

pub(super) fn error(
    operation: Operation,
    want: &Desired,
    class: ErrorClass,
    code: &str,
    message: String,
) -> CloudError {
    failure(operation, &want.kind, &want.identity, (class, code, message))
}

fn refusal(
    operation: Operation,
    have: &Live,
    class: ErrorClass,
    code: &str,
    message: String,
) -> CloudError {
    failure(operation, &have.kind, &have.identity, (class, code, message))
}

/// A failed call of an operation on an object.
pub(super) fn failure(
    operation: Operation,
    kind: &str,
    identity: &Identity,
    (class, code, message): (ErrorClass, &str, String),
) -> CloudError {
    CloudError {
        attempted: format!("{} {kind} {identity}", operation.name().to_lowercase()),
        operation: format!("sim:{}", operation.name()),
        class,
        code: code.into(),
        message,
        request_id: None,
        hint: None,
    }
}
