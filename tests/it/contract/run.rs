//! One case on one emulator, step by step.

use std::collections::{BTreeMap, BTreeSet};

use ccprov::aws::AwsCatalog;
use ccprov::aws::access::Command;
use ccprov::engine::port::{Read as _, Write as _};
use ccprov::model::{
    Address, Catalog, Claimant, Desired, Document, Emptying, ErrorClass, FactInfo, Facts,
    FieldDiff, FormerNames, KindInfo, Lifecycle, Live, Naming, Owner, Path, Prepared, Sought,
    Status, compare,
};
use serde_json::Value;

use super::case::{Case, substitute};
use super::checkout;
use super::cloud::{Applied, Book, Cloud, Failure, Outcome};
use super::lies;

/// The stack that every object of the contract belongs to.
pub(crate) const STACK: &str = "contract";
/// Another, which takes an object over and gives it back.
pub(crate) const OTHER_STACK: &str = "contract-other";

impl Cloud {
    /// The life of a case's object, from nothing to nothing.
    pub(crate) async fn live_through(
        &mut self,
        kind: &str,
        case: &Case,
        book: &mut Book,
    ) -> Outcome<()> {
        let info = self.catalog.kind(kind).cloned().ok_or("there is no such kind")?;
        let address = address(kind, case);
        self.stack.resources.clear();
        let (known, needs) = self.raise_needs(&address, case, book).await?;
        let mut documents = Vec::new();
        for document in case.documents() {
            let known = |name: &str| checkout::hash(name).or_else(|| known.get(name).cloned());
            let document = substitute(&document, &known)?;
            documents.push(self.prepare(&info, &address, &document)?);
        }
        let mut want = documents.remove(0);
        let mut have = self.create(&info, &want, book).await?;
        for (number, next) in (1..).zip(documents) {
            have = self
                .update(&info, [&want, &next], &have, book)
                .await
                .map_err(|failure| failure.within(&format!("update {number}")))?;
            want = next;
        }
        if info.tagged {
            self.change_owner(&info, &want, &have).await?;
            self.protect(&info, &want, &have).await?;
        }
        self.round_trip(&info, &want, &have)?;
        self.delete(&info, &want, &have, book).await?;
        for (info, want, have) in needs.iter().rev() {
            self.delete(info, want, have, book)
                .await
                .map_err(|failure| failure.within(&format!("needed {}", want.address)))?;
        }
        Ok(())
    }

    /// Creates what a case needs. Answers what its texts may refer to.
    async fn raise_needs(
        &mut self,
        address: &Address,
        case: &Case,
        book: &Book,
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
            let at = |failure: Failure| failure.within(&format!("needed {name}"));
            let info = self.catalog.kind(&need.kind).cloned();
            let info = info.ok_or_else(|| at(format!("there is no kind {}", need.kind).into()))?;
            let known_now = |name: &str| checkout::hash(name).or_else(|| known.get(name).cloned());
            let document = substitute(&need.document, &known_now);
            let document = document.map_err(|told| at(told.into()))?;
            let want = self.prepare(&info, &address.join(name), &document).map_err(at)?;
            let (facts, have) = self.make(&info, &want, book).await.map_err(at)?;
            known.extend(facts.into_iter().map(|(fact, value)| (format!("{name}.{fact}"), value)));
            raised.push((info, want, have));
        }
        Ok((known, raised))
    }

    /// What the stack file would become.
    fn prepare(&self, info: &KindInfo, address: &Address, document: &Document) -> Outcome<Desired> {
        let Prepared { identity, document, predicted } =
            prepare(&self.catalog, info, &self.naming(address), document)?;
        let artifacts = checkout::meant(info, &document);
        Ok(Desired {
            address: address.clone(),
            formerly: Vec::new(),
            named_in: None,
            kind: info.name.clone(),
            identity,
            document,
            stated: BTreeSet::new(),
            predicted,
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts,
            instead_of: None,
        })
    }

    fn naming(&self, address: &Address) -> Naming {
        Naming { stack: STACK.into(), address: address.clone(), place: self.place.clone() }
    }

    /// From now on the stack file says this of a resource, and whoever carries it
    /// out may do what that takes.
    async fn declare(&mut self, want: &Desired, book: &Book) {
        self.stack.resources.insert(want.address.clone(), want.clone());
        self.allow(Command::Apply, book).await;
    }

    /// Nothing, then the object, then the object again.
    async fn create(&mut self, info: &KindInfo, want: &Desired, book: &mut Book) -> Outcome<Live> {
        let (facts, have) = self.make(info, want, book).await?;
        let step = "create again";
        match self.hand(STACK).create(want).await {
            Ok(again) => same("create again: facts", &again, &facts)?,
            Err(error) if error.class == ErrorClass::Exists => {}
            Err(error) => return Err(Failure::of(step, &error)),
        }
        self.settle(STACK, want, &have).await.map_err(|failure| failure.within(step))?;
        self.read("find after create again", info, want).await?;
        self.find_by_field(info, want, book).await?;
        // One object tells it of its kind; moto takes a second for each answer. What has a name
        // alone to be found by, with what AWS chose for another in it, goes with that one.
        let is_found_by_name = !info.tagged && info.name_may_wait;
        if !book.indexed.contains(&want.kind) && !is_found_by_name {
            self.find_by_owner(want, book).await?;
            book.indexed.insert(want.kind.clone());
        }
        Ok(have)
    }

    /// Nothing, then the object.
    async fn make(
        &mut self,
        info: &KindInfo,
        want: &Desired,
        book: &Book,
    ) -> Outcome<(Facts, Live)> {
        self.declare(want, book).await;
        if let Some(live) = self.find("find before create", &want.sought()).await? {
            return Err(format!("find before create: there is one already: {live:#?}").into());
        }
        let Applied { early, facts, .. } = self.apply("create", want, None).await?;
        let have = self.read("find after create", info, want).await?;
        check_facts("create", info, want, &facts)?;
        let of_these = facts.clone().into_iter().filter(|(fact, _)| early.contains_key(fact));
        same("create: facts told early", &early, &of_these.collect())?;
        same("find after create: facts", &have.facts, &facts)?;
        Ok((facts, have))
    }

    /// The object as it should be: current, ours, and nothing to change.
    async fn read(&self, step: &str, info: &KindInfo, want: &Desired) -> Outcome<Live> {
        let have = self.find(step, &want.sought()).await?;
        let have = have.ok_or_else(|| format!("{step}: there is none"))?;
        same(&format!("{step}: identity"), &have.identity, &want.identity)?;
        same(&format!("{step}: status"), &have.status, &Status::Current)?;
        let owner = info.tagged.then(|| self.owner(info, STACK, want));
        same(&format!("{step}: owner"), &have.owner, &owner)?;
        no_difference(step, &info.compare(&want.document, &have.document))?;
        Ok(have)
    }

    /// A kind may skip reads that serve no field that matters; each field alone
    /// must then still be seen. Once for each field of a kind is enough.
    async fn find_by_field(&self, info: &KindInfo, want: &Desired, book: &mut Book) -> Outcome<()> {
        for (field, value) in want.document.iter().filter(|(_, value)| !value.is_null()) {
            let key = (want.kind.clone(), field.clone());
            if book.found_alone.contains(&key) {
                continue;
            }
            let step = format!("find by field {field}");
            let sought = Sought { fields: Some([field.clone()].into()), ..want.sought() };
            let have = self.find(&step, &sought).await?;
            let have = have.ok_or_else(|| format!("{step}: there is none"))?;
            let one = Document::from_iter([(field.clone(), value.clone())]);
            no_difference(&step, &info.compare(&one, &have.document))?;
            book.found_alone.insert(key);
        }
        Ok(())
    }

    /// A destroy without the stack's file finds everything by its owner.
    async fn find_by_owner(&self, want: &Desired, book: &mut Book) -> Outcome<()> {
        let step = "find by owner";
        let candidates = self.writer.candidates(&[STACK]).await;
        let candidates = candidates.map_err(|error| Failure::of(step, &error))?;
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
        let Some(lie) = lies::behind_absence(self.emulator, &want.kind) else {
            let identity = &want.identity;
            let told = format!("{step}: {identity} is not among the candidates: {candidates:#?}");
            return Err(told.into());
        };
        book.lied.insert(lie);
        Ok(())
    }

    /// From one to the other: an apply makes it, and then it is said again.
    async fn update(
        &mut self,
        info: &KindInfo,
        [before, want]: [&Desired; 2],
        have: &Live,
        book: &Book,
    ) -> Outcome<Live> {
        let expected = tops(&info.compare(&want.document, &before.document));
        if expected.is_empty() {
            return Err("the document does not change".into());
        }
        self.declare(want, book).await;
        let Applied { diff, facts, .. } = self.apply("update", want, Some(have)).await?;
        if tops(&diff) != expected {
            return Err(format!("only {expected:?} should differ: {}", shown(&diff)).into());
        }
        self.read("find after update", info, want).await?;
        check_facts("update", info, want, &facts)?;
        let after = self.update_again(info, want, have, &diff).await?;
        let stated = |field: &String| want.document.contains_key(field);
        for (field, value) in have.document.iter().filter(|(field, _)| !stated(field)) {
            if after.document.get(field).is_some_and(|now| now != value) {
                let now = &after.document[field];
                return Err(format!("{field} changed unasked from {value} to {now}").into());
            }
        }
        Ok(after)
    }

    /// An apply that was killed and run again may say the same thing twice.
    async fn update_again(
        &self,
        info: &KindInfo,
        want: &Desired,
        have: &Live,
        diff: &[FieldDiff],
    ) -> Outcome<Live> {
        let step = "update again";
        let mut left = diff.to_vec();
        while !left.is_empty() {
            let stage = info.stages.first(&left);
            left.retain(|diff| !stage.contains(diff));
            let known_by = have.document.keys().filter(|_| !info.tagged).cloned();
            let proof = self.prove(STACK, have, tops(&stage).into_iter().chain(known_by)).await;
            let proof = proof.map_err(|error| Failure::of(step, &error))?;
            let made = self.writer.update(want, proof, &stage).await;
            let accepted = made.map_err(|error| Failure::of(step, &error))?;
            check_facts(step, info, want, accepted.facts())?;
            self.settle(STACK, want, have).await.map_err(|failure| failure.within(step))?;
        }
        self.read("find after update again", info, want).await
    }

    /// What the tags of an object have to say that belongs to a stack.
    fn owner(&self, info: &KindInfo, stack: &str, want: &Desired) -> Owner {
        Claimant { stack, was: &FormerNames::default(), place: &self.place }.owner(info, want)
    }

    /// Taken over by another stack, and given back. No engine would, nor may who
    /// acts for one stack alone: so the root user does.
    async fn change_owner(&self, info: &KindInfo, want: &Desired, have: &Live) -> Outcome<()> {
        let diff = [FieldDiff::new(Path::field("owner"), None, None)];
        for (before, stack) in [(STACK, OTHER_STACK), (OTHER_STACK, STACK)] {
            let step = format!("become owned by {stack}");
            let writer = if stack == STACK { &self.root_writer } else { &self.other_writer };
            let proof = self.prove(before, have, have.document.keys().cloned()).await;
            let proof = proof.map_err(|error| Failure::of(&step, &error))?;
            let made = writer.update(want, proof, &diff).await;
            made.map_err(|error| Failure::of(&step, &error))?;
            self.settle(stack, want, have).await.map_err(|failure| failure.within(&step))?;
            let now = self.find(&step, &want.sought()).await?;
            let now = now.ok_or_else(|| format!("{step}: there is none"))?;
            let owner = self.owner(info, stack, want);
            same(&step, &now.owner, &Some(owner))?;
            same(&format!("{step}: document"), &now.document, &have.document)?;
        }
        Ok(())
    }

    /// Protected from being deleted, which the object itself says, and let go again.
    async fn protect(&self, info: &KindInfo, want: &Desired, have: &Live) -> Outcome<()> {
        let mut have = have.clone();
        for prevent_destroy in [true, false] {
            let step = format!("have prevent_destroy: {prevent_destroy}");
            let lifecycle = Lifecycle { prevent_destroy, ..want.lifecycle.clone() };
            let want = Desired { lifecycle, ..want.clone() };
            let Applied { diff, .. } = self.apply(&step, &want, Some(&have)).await?;
            same(&format!("{step}: differs"), &tops(&diff), &["lifecycle".to_owned()].into())?;
            let now = self.find(&step, &want.sought()).await?;
            let now = now.ok_or_else(|| format!("{step}: there is none"))?;
            same(&step, &now.owner, &Some(self.owner(info, STACK, &want)))?;
            same(&format!("{step}: document"), &now.document, &have.document)?;
            have = now;
        }
        Ok(())
    }

    /// What was read may be written into a stack file, and means the same there.
    fn round_trip(&self, info: &KindInfo, want: &Desired, have: &Live) -> Outcome<()> {
        let again = self.prepare(info, &want.address, &have.document);
        let again = again.map_err(|failure| failure.within("the live document"))?;
        same("the live document: identity", &again.identity, &want.identity)?;
        no_difference(
            "the live document is not canonical",
            // Whole, whatever is compared in part: none of it may get lost.
            &compare(&again.document, &have.document),
        )
    }

    /// Gone, and gone again.
    async fn delete(
        &mut self,
        info: &KindInfo,
        want: &Desired,
        have: &Live,
        book: &Book,
    ) -> Outcome<()> {
        self.allow(Command::Destroy, book).await;
        let sought = Sought { holdings: true, fields: None, ..want.sought() };
        let whole = self.find("find before delete", &sought).await?;
        let whole = whole.ok_or("find before delete: there is none")?;
        // Some fields are read by their names alone.
        let mut told = want.document.clone();
        told.retain(|field, _| whole.document.contains_key(field));
        no_difference("find before delete", &info.compare(&told, &whole.document))?;
        self.read("find before delete, by its fields", info, want).await?;
        // A run that lost the answer looked before, and may say it again.
        let known_by = have.document.keys().filter(|_| !info.tagged).cloned();
        let second = self.prove(STACK, have, known_by).await;
        let second = second.map_err(|error| Failure::of("look before delete", &error))?;
        self.destroy("delete", want, &whole).await?;
        let left = self.gone("delete", info, want).await?;
        if let Some(deleting) = left {
            let revived = self.revive(info, want, &deleting, book).await?;
            self.allow(Command::Destroy, book).await;
            self.destroy("delete what was revived", want, &revived).await?;
            self.gone("delete what was revived", info, want).await?;
        }
        let again = self.writer.delete(second, Emptying::Keep).await;
        again.map_err(|error| Failure::of("delete again", &error))?;
        self.gone("delete again", info, want).await?;
        self.stack.resources.remove(&want.address);
        Ok(())
    }

    /// Nothing is left of it, or what can be revived.
    async fn gone(&self, step: &str, info: &KindInfo, want: &Desired) -> Outcome<Option<Live>> {
        let left = self.find(step, &want.sought()).await?;
        match left.as_ref().map(|live| &live.status) {
            None => Ok(None),
            Some(Status::Deleting(_)) if info.revivable => Ok(left),
            Some(status) => Err(format!("{step}: it is still there: {status:?}").into()),
        }
    }

    /// Back from its waiting period, by an update like any other.
    async fn revive(
        &self,
        info: &KindInfo,
        want: &Desired,
        deleting: &Live,
        book: &Book,
    ) -> Outcome<Live> {
        self.allow(Command::Apply, book).await;
        self.apply("revive", want, Some(deleting)).await?;
        self.read("find after revival", info, want).await
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
        return Err(format!("not valid by the schema:{}", errors.concat()).into());
    }
    let prepared = catalog.prepare(&info.name, naming, document).ok_or("there is no such kind")?;
    prepared.map_err(|problems| {
        let lines =
            problems.iter().map(|problem| format!("\n    {}: {}", problem.path, problem.message));
        format!("not valid:{}", lines.collect::<String>()).into()
    })
}

fn check_facts(step: &str, info: &KindInfo, want: &Desired, facts: &Facts) -> Outcome<()> {
    // What moves with fields is missing with them.
    let is_unset = |field: &String| want.document.get(field).is_none_or(Value::is_null);
    let is_missing =
        |fact: &&FactInfo| !fact.moves_with.is_empty() && fact.moves_with.iter().all(is_unset);
    let declared = info.facts.iter().filter(|fact| !is_missing(fact));
    let declared: BTreeSet<&String> = declared.map(|fact| &fact.name).collect();
    // What moves with a part of a field may be there or not, as that part says.
    let moves_with_part = |fact: &&FactInfo| fact.moves_with.iter().any(|it| it.contains('.'));
    let optional: BTreeSet<&String> =
        info.facts.iter().filter(moves_with_part).map(|fact| &fact.name).collect();
    let required = |facts: BTreeSet<&'_ String>| -> BTreeSet<String> {
        facts.into_iter().filter(|fact| !optional.contains(*fact)).cloned().collect()
    };
    let found = required(facts.keys().collect());
    same(&format!("{step}: names of facts"), &found, &required(declared))?;
    for (fact, predicted) in &want.predicted {
        same(&format!("{step}: fact {fact}"), &facts[fact], predicted)?;
    }
    Ok(())
}

fn no_difference(what: &str, diffs: &[FieldDiff]) -> Outcome<()> {
    if diffs.is_empty() { Ok(()) } else { Err(format!("{what}: {}", shown(diffs)).into()) }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}:\n    found    {found:?}\n    expected {expected:?}").into())
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
