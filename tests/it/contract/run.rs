//! One case on one emulator, step by step.

use std::collections::{BTreeMap, BTreeSet};

use ccprov::aws::{AwsCatalog, Provider, Session, Writer};
use ccprov::engine::port::{Read, Write};
use ccprov::engine::proof::Proven;
use ccprov::model::{
    Address, Catalog, Claimant, CloudError, Desired, Document, Emptying, ErrorClass, Facts,
    FieldDiff, KindInfo, Lifecycle, Live, Naming, Owner, Path, Place, Prepared, Sought, Status,
    compare,
};
use serde_json::Value;

use super::case::{Case, substitute};
use super::emulator::Emulator;
use super::lies::{self, Lie};
use crate::support::writing::Hand;

/// The stack that every object of the contract belongs to.
pub(crate) const STACK: &str = "contract";
/// Another, which takes an object over and gives it back.
const OTHER_STACK: &str = "contract-other";

/// An emulator, and what it was caught lying about.
pub(crate) struct Cloud {
    name: &'static str,
    catalog: AwsCatalog,
    place: Place,
    writer: Writer,
    other_writer: Writer,
    lied: BTreeSet<&'static Lie>,
    /// Kinds that the index was seen to know, or forgiven for not knowing.
    indexed: BTreeSet<String>,
    /// Fields that were seen when nothing else was asked for, by kind.
    found_alone: BTreeSet<(String, String)>,
}

/// Which step failed, and how.
pub(crate) type Outcome<T> = Result<T, String>;

impl Cloud {
    /// Connects as the emulator's root user.
    pub(crate) async fn connect(emulator: &Emulator) -> Self {
        let session = Session::connect(&emulator.connection).await.expect("a session");
        let place = session.place(&session.caller().await.expect("a caller"));
        let writer = |stack| Provider::new(session.clone(), place.clone()).into_writer(stack);
        Self {
            name: emulator.name,
            catalog: AwsCatalog::new(),
            writer: writer(STACK),
            other_writer: writer(OTHER_STACK),
            place,
            lied: BTreeSet::new(),
            indexed: BTreeSet::new(),
            found_alone: BTreeSet::new(),
        }
    }

    /// The life of a case's object, from nothing to nothing.
    pub(crate) async fn live_through(&mut self, kind: &str, case: &Case) -> Outcome<()> {
        let info = self.catalog.kind(kind).cloned().ok_or("there is no such kind")?;
        let address = address(kind, case);
        let (known, needs) = self.raise_needs(&address, case).await?;
        let mut documents = Vec::new();
        for document in case.documents() {
            let document = substitute(&document, &|name| known.get(name).cloned())?;
            documents.push(self.prepare(&info, &address, &document)?);
        }
        let mut want = documents.remove(0);
        let mut have = self.create(&info, &want).await?;
        for (number, next) in (1..).zip(documents) {
            have = self
                .update(&info, &want, &next, &have)
                .await
                .map_err(|failure| format!("update {number}: {failure}"))?;
            want = next;
        }
        if info.tagged {
            self.change_owner(&info, &want, &have).await?;
            self.protect(&info, &want, &have).await?;
        }
        self.round_trip(&info, &want, &have)?;
        self.delete(&info, &want, &have).await?;
        for (info, want, have) in needs.iter().rev() {
            self.delete(info, want, have)
                .await
                .map_err(|failure| format!("needed {}: {failure}", want.address))?;
        }
        Ok(())
    }

    /// Creates what a case needs. Answers what its texts may refer to.
    async fn raise_needs(
        &mut self,
        address: &Address,
        case: &Case,
    ) -> Outcome<(Facts, Vec<(KindInfo, Desired, Live)>)> {
        let mut known = BTreeMap::from(
            [
                ("account", &self.place.account),
                ("region", &self.place.region),
                ("name", &self.naming(address).default_name()),
            ]
            .map(|(name, value)| (name.to_owned(), value.clone())),
        );
        let mut raised = Vec::new();
        for (name, need) in &case.needs.0 {
            let at = |failure: String| format!("needed {name}: {failure}");
            let info = self.catalog.kind(&need.kind).cloned();
            let info = info.ok_or_else(|| at(format!("there is no kind {}", need.kind)))?;
            let document =
                substitute(&need.document, &|name| known.get(name).cloned()).map_err(at)?;
            let want = self.prepare(&info, &address.join(name), &document).map_err(at)?;
            let (facts, have) = self.make(&info, &want).await.map_err(at)?;
            known.extend(facts.into_iter().map(|(fact, value)| (format!("{name}.{fact}"), value)));
            raised.push((info, want, have));
        }
        Ok((known, raised))
    }

    /// What the stack file would become.
    fn prepare(&self, info: &KindInfo, address: &Address, document: &Document) -> Outcome<Desired> {
        let Prepared { identity, document, predicted } =
            prepare(&self.catalog, info, &self.naming(address), document)?;
        Ok(Desired {
            address: address.clone(),
            kind: info.name.clone(),
            identity,
            document,
            stated: BTreeSet::new(),
            predicted,
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts: Vec::new(),
        })
    }

    fn naming(&self, address: &Address) -> Naming {
        Naming { stack: STACK.into(), address: address.clone(), place: self.place.clone() }
    }

    /// Nothing, then the object, then the object again.
    async fn create(&mut self, info: &KindInfo, want: &Desired) -> Outcome<Live> {
        let (facts, have) = self.make(info, want).await?;
        match self.hand(STACK).create(want).await {
            Ok(again) => {
                let again = same("facts", &again, &facts);
                again.map_err(|failure| format!("create again: {failure}"))?;
            }
            Err(error) if error.class == ErrorClass::Exists => {}
            Err(error) => return Err(failed("create again", &error)),
        }
        self.read("find after create again", info, want).await?;
        self.find_by_field(want).await?;
        // One object tells it of its kind; moto takes a second for each answer.
        if self.indexed.insert(want.kind.clone()) {
            self.find_by_owner(want).await?;
        }
        Ok(have)
    }

    /// Nothing, then the object.
    async fn make(&mut self, info: &KindInfo, want: &Desired) -> Outcome<(Facts, Live)> {
        if let Some(live) = self.find("find before create", &want.sought()).await? {
            return Err(format!("find before create: there is one already: {live:#?}"));
        }
        let made = self.hand(STACK).create_told(want).await;
        let (early, facts) = made.map_err(|error| failed("create", &error))?;
        check_facts(info, want, &facts).map_err(|failure| format!("create: {failure}"))?;
        if let Some(early) = early {
            let of_these: Facts =
                facts.clone().into_iter().filter(|(fact, _)| early.contains_key(fact)).collect();
            same("create: facts told early", &early, &of_these)?;
        }
        let have = self.read("find after create", info, want).await?;
        same("find after create: facts", &have.facts, &facts)?;
        Ok((facts, have))
    }

    /// The object as it should be: current, ours, and nothing to change.
    async fn read(&mut self, step: &str, info: &KindInfo, want: &Desired) -> Outcome<Live> {
        let have = self.find(step, &want.sought()).await?;
        let have = have.ok_or_else(|| format!("{step}: there is none"))?;
        same(&format!("{step}: identity"), &have.identity, &want.identity)?;
        same(&format!("{step}: status"), &have.status, &Status::Current)?;
        let owner = info.tagged.then(|| self.owner(info, STACK, want));
        same(&format!("{step}: owner"), &have.owner, &owner)?;
        let diffs = self.honest(&want.kind, compare(&want.document, &have.document));
        if diffs.is_empty() { Ok(have) } else { Err(format!("{step}: {}", shown(&diffs))) }
    }

    /// A kind may skip reads that serve no field that matters; each field alone
    /// must then still be seen. Once for each field of a kind is enough.
    async fn find_by_field(&mut self, want: &Desired) -> Outcome<()> {
        for (field, value) in want.document.iter().filter(|(_, value)| !value.is_null()) {
            if !self.found_alone.insert((want.kind.clone(), field.clone())) {
                continue;
            }
            let step = format!("find by field {field}");
            let sought = Sought { fields: Some([field.clone()].into()), ..want.sought() };
            let have = self.find(&step, &sought).await?;
            let have = have.ok_or_else(|| format!("{step}: there is none"))?;
            let one = Document::from_iter([(field.clone(), value.clone())]);
            let diffs = self.honest(&want.kind, compare(&one, &have.document));
            if !diffs.is_empty() {
                return Err(format!("{step}: {}", shown(&diffs)));
            }
        }
        Ok(())
    }

    /// Whether the emulator understands no call of a kind, so that no case can pass.
    pub(crate) fn excuses(&mut self, kind: &str) -> bool {
        let lie = lies::behind_silence(self.name, kind);
        self.lied.extend(lie);
        lie.is_some()
    }

    /// A destroy without the stack's file finds everything by its owner.
    async fn find_by_owner(&mut self, want: &Desired) -> Outcome<()> {
        let step = "find by owner";
        let candidates = self.writer.candidates(STACK).await;
        let candidates = candidates.map_err(|error| failed(step, &error))?;
        for candidate in candidates.iter().filter(|candidate| candidate.kind == want.kind) {
            let found = self.find(step, candidate).await?;
            let Some(live) = found.filter(|live| live.identity == want.identity) else { continue };
            if let Some(address) = &candidate.address {
                same("find by owner: address", address, &want.address)?;
            }
            if let (Some(arn), Some(index_arn)) = (live.arn(), candidate.arn.as_deref()) {
                same("find by owner: arn", &arn, &index_arn)?;
            }
            return Ok(());
        }
        let lie = lies::behind_absence(self.name, &want.kind);
        self.lied.extend(lie);
        lie.map(|_| ()).ok_or_else(|| {
            format!("{step}: {} is not among the candidates: {candidates:#?}", want.identity)
        })
    }

    /// One update, as an apply would make it.
    async fn update(
        &mut self,
        info: &KindInfo,
        before: &Desired,
        want: &Desired,
        have: &Live,
    ) -> Outcome<Live> {
        let expected = compare(&want.document, &before.document);
        if expected.is_empty() {
            return Err("the document does not change".into());
        }
        let expected = tops(&self.honest_quietly(&want.kind, expected));
        let diffs = compare(&want.document, &have.document);
        let honest = self.honest_quietly(&want.kind, diffs.clone());
        if tops(&honest) != expected {
            return Err(format!("only {expected:?} should differ: {}", shown(&honest)));
        }
        let mut after = None;
        // An apply that was killed and run again may say the same thing twice.
        for step in ["update", "update again"] {
            let known_by = have.document.keys().filter(|_| !info.tagged).cloned();
            let fields = tops(&diffs).into_iter().chain(known_by);
            let proof = self.hand(STACK).again(have, fields).await;
            let proof = proof.map_err(|error| failed(step, &error))?;
            let made = self.writer.update(want, proof, &diffs).await;
            let accepted = made.map_err(|error| failed(step, &error))?;
            check_facts(info, want, accepted.facts())
                .map_err(|failure| format!("{step}: {failure}"))?;
            after = Some(self.read(&format!("find after {step}"), info, want).await?);
        }
        let after = after.ok_or("no update was made")?;
        let stated = |field: &String| want.document.contains_key(field);
        for (field, value) in have.document.iter().filter(|(field, _)| !stated(field)) {
            if after.document.get(field).is_some_and(|now| now != value) {
                let now = &after.document[field];
                return Err(format!("{field} changed unasked from {value} to {now}"));
            }
        }
        Ok(after)
    }

    /// What the tags of an object have to say that belongs to a stack.
    fn owner(&self, info: &KindInfo, stack: &str, want: &Desired) -> Owner {
        Claimant { stack, place: &self.place }.owner(info, want)
    }

    /// Taken over by another stack, and given back.
    async fn change_owner(&mut self, info: &KindInfo, want: &Desired, have: &Live) -> Outcome<()> {
        let diff = [FieldDiff::new(Path::field("owner"), None, None)];
        for (before, stack) in [(STACK, OTHER_STACK), (OTHER_STACK, STACK)] {
            let step = format!("become owned by {stack}");
            let writer = if stack == STACK { &self.writer } else { &self.other_writer };
            // No engine would: it is somebody else's.
            let proof = self.hand(before).again(have, have.document.keys().cloned()).await;
            let proof = proof.map_err(|error| failed(&step, &error))?;
            let made = writer.update(want, proof, &diff).await;
            made.map_err(|error| failed(&step, &error))?;
            let now = self.find(&step, &want.sought()).await?;
            let now = now.ok_or_else(|| format!("{step}: there is none"))?;
            let owner = self.owner(info, stack, want);
            same(&step, &now.owner, &Some(owner))?;
            same(&format!("{step}: document"), &now.document, &have.document)?;
        }
        Ok(())
    }

    /// Protected from being deleted, which the object itself says, and let go again.
    async fn protect(&mut self, info: &KindInfo, want: &Desired, have: &Live) -> Outcome<()> {
        let diff = [FieldDiff::new(Path::field("lifecycle"), None, None)];
        for prevent_destroy in [true, false] {
            let step = format!("have prevent_destroy: {prevent_destroy}");
            let lifecycle = Lifecycle { prevent_destroy, ..want.lifecycle.clone() };
            let want = Desired { lifecycle, ..want.clone() };
            let proof = self.hand(STACK).again(have, have.document.keys().cloned()).await;
            let proof = proof.map_err(|error| failed(&step, &error))?;
            let made = self.writer.update(&want, proof, &diff).await;
            made.map_err(|error| failed(&step, &error))?;
            let now = self.find(&step, &want.sought()).await?;
            let now = now.ok_or_else(|| format!("{step}: there is none"))?;
            same(&step, &now.owner, &Some(self.owner(info, STACK, &want)))?;
            same(&format!("{step}: document"), &now.document, &have.document)?;
        }
        Ok(())
    }

    /// What was read may be written into a stack file, and means the same there.
    fn round_trip(&mut self, info: &KindInfo, want: &Desired, have: &Live) -> Outcome<()> {
        let again = self.prepare(info, &want.address, &have.document);
        let again = again.map_err(|failure| format!("the live document: {failure}"))?;
        same("the live document: identity", &again.identity, &want.identity)?;
        let diffs = self.honest(&want.kind, compare(&again.document, &have.document));
        if diffs.is_empty() {
            Ok(())
        } else {
            Err(format!("the live document is not canonical: {}", shown(&diffs)))
        }
    }

    /// Gone, and gone again.
    async fn delete(&mut self, info: &KindInfo, want: &Desired, have: &Live) -> Outcome<()> {
        let sought = Sought { holdings: true, fields: None, ..want.sought() };
        let whole = self.find("find before delete", &sought).await?;
        let whole = whole.ok_or("find before delete: there is none")?;
        let diffs = self.honest(&want.kind, compare(&want.document, &whole.document));
        if !diffs.is_empty() {
            return Err(format!("find before delete: {}", shown(&diffs)));
        }
        // A run that lost the answer looked before, and may say it again.
        let (first, second) =
            (self.last_look(info, have).await?, self.last_look(info, have).await?);
        self.remove("delete", info, want, first).await?;
        let left = self.find("find after delete", &want.sought()).await?;
        if let Some(deleting) = left {
            let revived = self.revive(info, want, &deleting).await?;
            let look = self.last_look(info, &revived).await?;
            self.remove("delete what was revived", info, want, look).await?;
        }
        self.remove("delete again", info, want, second).await
    }

    /// As the engine looks before a deletion.
    async fn last_look(&self, info: &KindInfo, have: &Live) -> Outcome<Proven> {
        let fields = have.document.keys().filter(|_| !info.tagged).cloned();
        let proof = self.hand(STACK).again(have, fields).await;
        proof.map_err(|error| failed("look before delete", &error))
    }

    fn hand<'a>(&'a self, stack: &'a str) -> Hand<'a> {
        Hand { writer: &self.writer, catalog: &self.catalog, stack, place: &self.place }
    }

    async fn remove(
        &self,
        step: &str,
        info: &KindInfo,
        want: &Desired,
        have: Proven,
    ) -> Outcome<()> {
        // What others put there in the meantime, such as access logs, may go.
        let gone = self.writer.delete(have, Emptying::Empty).await;
        gone.map_err(|error| failed(step, &error))?;
        let left = self.find(step, &want.sought()).await?;
        check_gone(info, left.as_ref()).map_err(|failure| format!("{step}: {failure}"))
    }

    /// Back from its waiting period, by an update like any other.
    async fn revive(&mut self, info: &KindInfo, want: &Desired, deleting: &Live) -> Outcome<Live> {
        let diffs = compare(&want.document, &deleting.document);
        let proof = self.hand(STACK).again(deleting, deleting.document.keys().cloned()).await;
        let proof = proof.map_err(|error| failed("revive", &error))?;
        let made = self.writer.update(want, proof, &diffs).await;
        made.map_err(|error| failed("revive", &error))?;
        self.read("find after revival", info, want).await
    }

    async fn find(&self, step: &str, sought: &Sought) -> Outcome<Option<Live>> {
        self.writer.find(sought).await.map_err(|error| failed(step, &error))
    }

    /// The differences that are not known lies; remembers those that are.
    fn honest(&mut self, kind: &str, diffs: Vec<FieldDiff>) -> Vec<FieldDiff> {
        self.lied.extend(diffs.iter().filter_map(|diff| lies::behind(self.name, kind, diff)));
        self.honest_quietly(kind, diffs)
    }

    fn honest_quietly(&self, kind: &str, mut diffs: Vec<FieldDiff>) -> Vec<FieldDiff> {
        diffs.retain(|diff| lies::behind(self.name, kind, diff).is_none());
        diffs
    }

    /// The lies about some kinds that were not told any more.
    pub(crate) fn truths(&self, kinds: &BTreeSet<&str>) -> Vec<String> {
        lies::told_by(self.name)
            .filter(|lie| kinds.contains(lie.kind))
            .filter(|lie| !self.lied.contains(lie))
            .map(|lie| format!("no longer lies, remove it from lies.rs: {lie:?}"))
            .collect()
    }
}

/// The address of a case's object: one for each case of each kind.
pub(crate) fn address(kind: &str, case: &Case) -> Address {
    Address::new(kind).join(&case.name)
}

/// Checks a document as the spec room does: by schema, then by its kind.
pub(crate) fn prepare(
    catalog: &AwsCatalog,
    info: &KindInfo,
    naming: &Naming,
    document: &Document,
) -> Outcome<Prepared> {
    let validator = jsonschema::validator_for(&info.schema).map_err(|error| error.to_string())?;
    let whole = Value::Object(document.clone());
    let errors: Vec<String> = validator
        .iter_errors(&whole)
        .map(|error| format!("\n    {}: {error}", error.instance_path()))
        .collect();
    if !errors.is_empty() {
        return Err(format!("not valid by the schema:{}", errors.concat()));
    }
    let prepared = catalog.prepare(&info.name, naming, document).ok_or("there is no such kind")?;
    prepared.map_err(|problems| {
        let lines =
            problems.iter().map(|problem| format!("\n    {}: {}", problem.path, problem.message));
        format!("not valid:{}", lines.collect::<String>())
    })
}

fn check_facts(info: &KindInfo, want: &Desired, facts: &Facts) -> Outcome<()> {
    let declared: BTreeSet<&String> = info.facts.iter().map(|fact| &fact.name).collect();
    same("names of facts", &facts.keys().collect(), &declared)?;
    for (fact, predicted) in &want.predicted {
        same(&format!("fact {fact}"), &facts[fact], predicted)?;
    }
    Ok(())
}

fn check_gone(info: &KindInfo, left: Option<&Live>) -> Outcome<()> {
    match left.map(|live| &live.status) {
        None => Ok(()),
        Some(Status::Deleting(_)) if info.revivable => Ok(()),
        Some(status) => Err(format!("it is still there: {status:?}")),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}:\n    found    {found:?}\n    expected {expected:?}"))
}

fn failed(step: &str, error: &CloudError) -> String {
    format!("{step}: {error} [{:?}]", error.class)
}

/// The top-level fields that differ.
pub(crate) fn tops(diffs: &[FieldDiff]) -> BTreeSet<String> {
    diffs.iter().map(|diff| diff.path.top().to_owned()).collect()
}

fn shown(diffs: &[FieldDiff]) -> String {
    let side = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), Value::to_string);
    let line = |diff: &FieldDiff| {
        format!("\n    {}: has {}, want {}", diff.path, side(&diff.have), side(&diff.want))
    };
    format!("{} differences{}", diffs.len(), diffs.iter().map(line).collect::<String>())
}
