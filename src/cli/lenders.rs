//! The stacks that one uses: what their outputs are today, read from the objects that these
//! speak of, in their own places. Nothing is taken on trust: an output whose object is
//! not there is none.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::connected::Connections;
use super::environment::Environment;
use super::existing::Needs;
use super::exit::Failure;
use super::presence::{Presence, presence};
use super::relied::Readers;
use super::written::Written;
use crate::aws::{AwsCatalog, Provider};
use crate::engine::{find_all, seek};
use crate::model::{
    Address, Catalog as _, CloudError, Diagnostic, FactRef, Facts, Live, Owner, Place, Sought,
    Stack, UsedObject, document,
};
use crate::plan::World;
use crate::report::pane::tame;
use crate::spec::{self, Borrowed, Checked, Learned, Lender, StackFile, Used};

/// What was found out of them.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) learned: Learned,
    pub(crate) readers: Readers,
    objects: BTreeMap<String, Vec<UsedObject>>,
    problems: Vec<Diagnostic>,
}

impl Found {
    /// Notes on which objects a stack relies.
    pub(crate) fn note(&self, stack: &mut Stack) {
        for (alias, used) in &mut stack.uses {
            used.objects = self.objects.get(alias).cloned().unwrap_or_default();
        }
    }
}

/// Everything that is referred to of the stacks that one uses, but for those that the command
/// itself is about: they tell by their plans.
pub(crate) async fn found(
    written: &Written,
    needs: Needs,
    checked: &Checked,
    (provider, connections): (&Provider, &Connections<'_>),
    (catalog, environment): (&AwsCatalog, &Environment),
) -> Result<Found, Vec<Diagnostic>> {
    if needs == Needs::Nothing {
        return Ok(Found::default());
    }
    let errand = Errand { written, provider, connections, catalog, environment };
    let lenders = checked.lenders.iter().filter(|(alias, _)| !written.beside.contains(*alias));
    let wanted = lenders.flat_map(|(alias, lender)| {
        lender.outputs.iter().map(|output| (alias.clone(), output.clone()))
    });
    let found = errand.all(&written.file, &checked.lenders, &wanted.collect()).await;
    match needs {
        Needs::All if !found.problems.is_empty() => Err(found.problems),
        // Who destroys asks no more than what there is of them.
        Needs::All | Needs::Names | Needs::Nothing => Ok(found),
    }
}

struct Errand<'e> {
    written: &'e Written,
    provider: &'e Provider,
    connections: &'e Connections<'e>,
    catalog: &'e AwsCatalog,
    environment: &'e Environment,
}

/// One stack whose outputs are read.
struct Asked<'a> {
    alias: &'a str,
    used: &'a Used,
    lender: &'a Lender,
    outputs: BTreeSet<String>,
}

/// What came of that.
#[derive(Default)]
struct Lent {
    facts: Facts,
    readers: Readers,
    objects: Vec<UsedObject>,
    problems: Vec<Diagnostic>,
}

/// What a look at a used stack showed.
#[derive(Default)]
struct Showed {
    live: BTreeMap<Address, Live>,
    /// What is not as it should be.
    problems: Vec<Diagnostic>,
    /// Names of what is there and is called otherwise by now, where its file states none.
    kept_names: BTreeMap<Address, String>,
}

impl Errand<'_> {
    /// The outputs of all that a file uses, at once.
    async fn all(
        &self,
        file: &StackFile,
        lenders: &BTreeMap<String, Lender>,
        wanted: &Borrowed,
    ) -> Found {
        let asked = file.uses().iter().filter_map(|(alias, used)| {
            let outputs = wanted.iter().filter(|(of, _)| of == alias).map(|(_, it)| it.clone());
            let outputs: BTreeSet<String> = outputs.collect();
            let lender = lenders.get(alias).filter(|_| !outputs.is_empty())?;
            Some(Asked { alias, used, lender, outputs })
        });
        let asked: Vec<Asked<'_>> = asked.collect();
        let lent = join_all(asked.iter().map(|asked| self.one(asked))).await;
        let mut found = Found::default();
        for (asked, mut lent) in asked.iter().zip(lent) {
            found.learned.facts.insert(Address::new(asked.alias), lent.facts);
            found.readers.join(lent.readers);
            found.problems.append(&mut lent.problems);
            found.objects.insert(asked.alias.to_owned(), lent.objects);
        }
        found
    }

    /// The outputs of one stack; those that it passes on of others first.
    async fn one(&self, asked: &Asked<'_>) -> Lent {
        let Asked { used, lender, outputs, .. } = asked;
        let reader = match self.reader(&lender.place, used).await {
            Ok(reader) => reader,
            Err(problems) => return Lent { problems, ..Lent::default() },
        };
        let passed = outputs.iter().filter_map(|it| lender.checked.passed_on.get(it));
        let passed: Borrowed = passed.flat_map(|it| it.outputs.iter().cloned()).collect();
        let below = Box::pin(self.all(&used.file, &lender.checked.lenders, &passed)).await;
        let Found { learned, readers, objects, problems } = below;
        let mut lent = Lent { readers, problems, ..Lent::default() };
        lent.objects.extend(objects.into_values().flatten());
        let looked = Box::pin(self.looked(asked, learned, &reader)).await;
        let (checked, seen) = match looked {
            Ok((checked, Showed { live, mut problems, .. })) => {
                lent.problems.append(&mut problems);
                (checked, live)
            }
            Err(mut problems) => {
                lent.problems.append(&mut problems);
                return lent;
            }
        };
        let known = |fact: &FactRef| seen.get(&fact.address)?.facts.get(&fact.fact).cloned();
        let outputs = checked.stack.outputs.iter().filter(|(name, _)| outputs.contains(*name));
        let outputs =
            outputs.map(|(name, it)| (name.clone(), document::fill(it, &known))).collect();
        lent.problems.extend(unknown(asked, &outputs, &seen));
        lent.facts = spec::texts_of(&outputs);
        lent.objects.extend(seen.iter().filter_map(|(address, live)| {
            let want = checked.stack.resources.get(address)?;
            Some(relied_on(&checked.stack, want.sought(), live, &outputs))
        }));
        lent.readers.add(used.file.role(), reader);
        lent
    }

    /// Who reads the objects of a used stack: here alone it is chosen with whose credentials.
    async fn reader(&self, place: &Place, used: &Used) -> Result<Provider, Vec<Diagnostic>> {
        let role = used.file.role();
        let reader = if role == self.written.file.role() {
            self.provider.in_region(&place.region)
        } else {
            let opened = self.connections.elsewhere(&place.region, role).await;
            opened.map_err(Failure::into_problems)?.provider
        };
        let theirs = &reader.place().account;
        match used.file.account() {
            Some(account) if account != theirs => Err(vec![
                Diagnostic::error(format!(
                    "{} is for account {account}, these are credentials of account {theirs}",
                    used.name
                ))
                .at(Some(used.location()))
                .because("what it promises is read from its objects, which are in the other account")
                .hint("state the role in which it is worked on: `role: arn:aws:iam::ACCOUNT:role/NAME` there")
            ]),
            // Names that hold the account were worked out with it.
            None if *theirs != place.account => Err(vec![
                Diagnostic::error(format!("{} does not say in which account it is", used.name))
                    .at(Some(used.location()))
                    .because(format!(
                        "it states no role, and without one these are credentials of account \
                         {theirs}; the role of the stack that uses it is in {}",
                        place.account
                    ))
                    .hint(format!("state `account: \"{theirs}\"` there, or a role"))
            ]),
            Some(_) | None => Ok(reader),
        }
    }

    /// A used stack and its objects. If an earlier ccprov gave one another name than the file
    /// does by now, the stack is checked and looked at once more with that.
    async fn looked(
        &self,
        asked: &Asked<'_>,
        mut learned: Learned,
        reader: &Provider,
    ) -> Result<(Checked, Showed), Vec<Diagnostic>> {
        loop {
            let checked = self.checked(asked, &learned, reader).await?;
            let mut seen = self.look(asked, &checked, reader).await;
            let kept = std::mem::take(&mut seen.kept_names);
            let had = learned.names.len();
            learned.names.extend(kept);
            if learned.names.len() == had {
                return Ok((checked, seen));
            }
        }
    }

    /// A used stack with what was learned, and with answers to what its documents ask.
    async fn checked(
        &self,
        asked: &Asked<'_>,
        learned: &Learned,
        reader: &Provider,
    ) -> Result<Checked, Vec<Diagnostic>> {
        let Asked { used, lender, outputs, .. } = asked;
        let check = |catalog: &AwsCatalog| {
            let with = (catalog, self.environment);
            self.written.check_other(&used.file, &lender.place, learned, with)
        };
        let checked = if *learned == Learned::default() {
            (*lender.checked).clone()
        } else {
            check(self.catalog)?
        };
        let spoken_of = spoken_of(&checked, outputs);
        let resources = spoken_of.iter().filter_map(|it| checked.stack.resources.get(it));
        let questions = self.catalog.questions(resources);
        if questions.is_empty() {
            return Ok(checked);
        }
        match reader.learn(questions).await {
            Ok(answers) => check(&self.catalog.clone().knowing(answers)),
            Err(error) => Err(vec![asked.unseen(error, "what a document of it asks")]),
        }
    }

    /// The objects that outputs speak of, as far as they are there and that stack's. What is
    /// named by what AWS chose for another is looked for when that was seen; what others use,
    /// too, is looked at once.
    async fn look(&self, asked: &Asked<'_>, checked: &Checked, reader: &Provider) -> Showed {
        let mut left = spoken_of(checked, &asked.outputs);
        let mut seen = Showed::default();
        let mut missing = BTreeSet::new();
        loop {
            let known =
                |fact: &FactRef| seen.live.get(&fact.address)?.facts.get(&fact.fact).cloned();
            let looks: Vec<Sought> =
                left.iter().filter_map(|address| self.sought(checked, address, &known)).collect();
            if looks.is_empty() {
                break;
            }
            let told = |event| self.environment.pulse.look(&event);
            for (sought, answer) in find_all(&reader.shared(), looks, &told).await {
                let Some(address) = sought.address.clone() else { continue };
                left.remove(&address);
                if let Ok(None) = &answer {
                    missing.insert(address.clone());
                }
                match asked.judge(&checked.stack, &sought, answer, self.catalog) {
                    Ok(live) => drop(seen.live.insert(address, live)),
                    Err(problem) => seen.problems.push(problem),
                }
            }
        }
        match self.kept_names(&checked.stack, &missing, reader).await {
            Ok(names) => seen.kept_names = names,
            Err(errors) => {
                let told = |error| asked.unseen(error, "what it owns");
                seen.problems.extend(errors.into_iter().map(told));
            }
        }
        seen
    }

    /// The names of those objects that are not found by what the file calls them, where an
    /// earlier ccprov gave them these.
    async fn kept_names(
        &self,
        stack: &Stack,
        missing: &BTreeSet<Address>,
        reader: &Provider,
    ) -> Result<BTreeMap<Address, String>, Vec<CloudError>> {
        let told = |event| self.environment.pulse.look(&event);
        let mut world = World::default();
        seek(reader, (stack, missing), self.catalog, &mut world, &told).await?;
        Ok(world.kept_names)
    }

    /// How to look for a resource, if that is known by now.
    fn sought(
        &self,
        checked: &Checked,
        address: &Address,
        known: &dyn Fn(&FactRef) -> Option<String>,
    ) -> Option<Sought> {
        let want = checked.stack.resources.get(address)?;
        let mut sought = want.sought();
        sought.identity.0 = document::fill_text(&sought.identity.0, known);
        let is_tagged = self.catalog.kind(&want.kind).is_some_and(|kind| kind.tagged);
        (is_tagged || !document::is_pending(&sought.identity.0)).then_some(sought)
    }
}

/// Which resources some outputs speak of, with those without which these cannot be named.
fn spoken_of(checked: &Checked, outputs: &BTreeSet<String>) -> BTreeSet<Address> {
    let mut all = BTreeSet::new();
    let told_of = outputs.iter().filter_map(|output| checked.told_of.get(output)).flatten();
    let mut next: Vec<Address> = told_of.cloned().collect();
    while let Some(address) = next.pop() {
        let Some(want) = checked.stack.resources.get(&address) else { continue };
        let named = document::pending_facts(&want.identity.as_str().into());
        if all.insert(address) {
            next.extend(named.into_iter().map(|fact| fact.address));
        }
    }
    all
}

/// What is relied on of an object: that it is there, and what the outputs hold of it.
pub(crate) fn relied_on(
    stack: &Stack,
    sought: Sought,
    live: &Live,
    outputs: &BTreeMap<String, serde_json::Value>,
) -> UsedObject {
    let texts = spec::texts_of(outputs);
    let holds = |fact: &String| texts.values().any(|text| text.contains(fact.as_str()));
    let facts = live.facts.iter().filter(|(_, fact)| holds(fact));
    let address = sought.address.clone().unwrap_or_else(|| Address::new(""));
    UsedObject {
        owner: Owner::new(&stack.name, address),
        region: stack.place.region.clone(),
        role: stack.role.clone(),
        sought: Sought { identity: live.identity.clone(), ..sought },
        facts: facts.map(|(name, fact)| (name.clone(), fact.clone())).collect(),
    }
}

/// A problem for each output of which AWS has not yet said all.
fn unknown(
    asked: &Asked<'_>,
    outputs: &BTreeMap<String, serde_json::Value>,
    seen: &BTreeMap<Address, Live>,
) -> Vec<Diagnostic> {
    let missing = outputs.iter().flat_map(|(output, value)| {
        let facts = document::pending_facts(value).into_iter();
        // What is not there at all was told.
        facts.filter(|fact| seen.contains_key(&fact.address)).map(move |fact| (output, fact))
    });
    let told = |(output, fact): (&String, FactRef)| {
        let summary = format!("`${{{}.{output}}}` is not known yet", asked.alias);
        let why =
            format!("{fact} of {} is told by AWS when the object is in service", asked.used.name);
        asked.problem(summary).because(why).hint(asked.apply())
    };
    missing.map(told).collect()
}

impl Asked<'_> {
    fn problem(&self, summary: String) -> Diagnostic {
        Diagnostic::error(summary).at(Some(self.used.location()))
    }

    fn apply(&self) -> String {
        format!("`ccprov apply {}`", self.used.name)
    }

    /// The problem of something that nobody could look at.
    fn unseen(&self, error: CloudError, what: &str) -> Diagnostic {
        let because = format!("{} is used, and {what} is looked at", self.used.name);
        let problem = self.problem(error.to_string()).because(because);
        let problem = error.hint.into_iter().fold(problem, Diagnostic::hint);
        problem.hint("`ccprov iam --for plan` tells what must be allowed")
    }

    /// The object, if it can be relied on.
    fn judge(
        &self,
        stack: &Stack,
        sought: &Sought,
        answer: Result<Option<Live>, CloudError>,
        catalog: &AwsCatalog,
    ) -> Result<Live, Diagnostic> {
        let Self { alias, used, .. } = self;
        let address = sought.address.as_ref().map_or("", Address::as_str);
        let object = format!("{} {}", sought.kind, tame(&sought.identity.0));
        let region = &stack.place.region;
        let live = match answer {
            Ok(Some(live)) => live,
            Ok(None) => {
                let because = format!(
                    "an output that is used speaks of it, and there is no {object} in {region}"
                );
                let problem = self.problem(format!("`{alias}` has no {address} yet"));
                return Err(problem.because(because).hint(self.apply()));
            }
            Err(error) => return Err(self.unseen(error, &format!("{address} of it"))),
        };
        let problem = match presence(stack, &live, catalog) {
            Presence::There => return Ok(live),
            Presence::Anothers(owner) => self
                .problem(format!(
                    "{address} of `{alias}` belongs to stack {}",
                    tame(&owner.stack_in_region())
                ))
                .because(format!("{object} carries its tags, and {} speaks of it", used.name))
                .hint(format!("see what is planned: `ccprov plan {}`", used.name)),
            Presence::Nobodys => self
                .problem(format!("{address} of `{alias}` carries no owner tag"))
                .because(format!("{object} is there, and is not stack {}'s", stack.name))
                .hint(format!("see what is planned: `ccprov plan {}`", used.name)),
            Presence::Coming(what) => self
                .problem(format!("{address} of `{alias}` is not ready yet"))
                .because(format!("{object}: {}", tame(what)))
                .hint(format!("wait for it, or go on with what was begun: {}", self.apply())),
            Presence::Failed(why) => self
                .problem(format!("{address} of `{alias}` failed"))
                .because(format!("{object}: {}", tame(why)))
                .hint(self.apply()),
            Presence::Going(how) => self
                .problem(format!("{address} of `{alias}` is on its way out"))
                .because(format!("{object}: {}", tame(how)))
                .hint(self.apply()),
        };
        Err(problem)
    }
}
