//! The stacks that one uses: what their outputs are today, read from the objects that these
//! speak of, in their own places. Nothing is taken on trust: an output whose object is
//! not there is none.

mod look;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use self::look::Showed;
use super::connected::Connections;
use super::environment::Environment;
use super::existing::{self, Needs};
use super::exit::Failure;
use super::presence::{Presence, presence};
use super::relied::Readers;
use super::written::Written;
use crate::aws::{AwsCatalog, Provider};
use crate::model::{
    Address, CloudError, Diagnostic, Existing, FactRef, Facts, Live, Owner, PassedOn, Place,
    Sought, Stack, UsedObject, document,
};
use crate::report::pane::tame;
use crate::spec::{self, Borrowed, Checked, Learned, Lender, StackFile, Used};

/// What was found out of them.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) learned: Learned,
    pub(crate) readers: Readers,
    relied_on: BTreeMap<String, ReliedOn>,
    problems: Vec<Diagnostic>,
}

/// What is relied on of a stack, and of those that it uses in turn.
#[derive(Clone, Debug, Default)]
struct ReliedOn {
    objects: Vec<UsedObject>,
    passed_on: Vec<PassedOn>,
}

impl Found {
    /// Notes on what a stack relies.
    pub(crate) fn note(&self, stack: &mut Stack) {
        for (alias, used) in &mut stack.uses {
            let relied_on = self.relied_on.get(alias).cloned().unwrap_or_default();
            (used.objects, used.passed_on) = (relied_on.objects, relied_on.passed_on);
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
    relied_on: ReliedOn,
    problems: Vec<Diagnostic>,
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
            found.relied_on.insert(asked.alias.to_owned(), lent.relied_on);
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
        let passed = lender.checked.spoken_of(outputs).others.outputs;
        let below = Box::pin(self.all(&used.file, &lender.checked.lenders, &passed)).await;
        let Found { learned, readers, problems, .. } = below;
        let mut lent = Lent { readers, problems, ..Lent::default() };
        for ReliedOn { objects, passed_on } in below.relied_on.into_values() {
            lent.relied_on.objects.extend(objects);
            lent.relied_on.passed_on.extend(passed_on);
        }
        let looked = Box::pin(self.looked(asked, learned, &reader)).await;
        let (Checked { stack, .. }, mut showed) = match looked {
            Ok(looked) => looked,
            Err(mut problems) => {
                lent.problems.append(&mut problems);
                return lent;
            }
        };
        lent.problems.append(&mut showed.problems);
        let known = |fact: &FactRef| showed.live.get(&fact.address)?.facts.get(&fact.fact).cloned();
        let outputs = stack.outputs.iter().filter(|(name, _)| outputs.contains(*name));
        let outputs =
            outputs.map(|(name, it)| (name.clone(), document::fill(it, &known))).collect();
        lent.problems.extend(unknown(asked, &outputs, &showed, &lent.problems));
        lent.facts = spec::texts_of(&outputs);
        lent.relied_on.objects.extend(showed.live.iter().filter_map(|(address, live)| {
            let want = stack.resources.get(address)?;
            Some(relied_on(&stack, want.sought(), live, &outputs))
        }));
        let passed_on = showed.existing.into_iter().map(|it| passed_on(&stack, it, &outputs));
        lent.relied_on.passed_on.extend(passed_on);
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
}

/// What is relied on of an object: that it is there, and what the outputs hold of it.
pub(crate) fn relied_on(
    stack: &Stack,
    sought: Sought,
    live: &Live,
    outputs: &BTreeMap<String, Value>,
) -> UsedObject {
    let address = sought.address.clone().unwrap_or_else(|| Address::new(""));
    // A stack that was renamed is known by its former name until it is applied.
    let owner = live.owner.as_ref().map_or(&stack.name, |owner| &owner.stack);
    UsedObject {
        owner: Owner::new(owner, address),
        region: stack.place.region.clone(),
        role: stack.role.clone(),
        sought: Sought { identity: live.identity.clone(), ..sought },
        facts: held(&live.facts, outputs),
    }
}

/// The same of what belongs to others.
fn passed_on(stack: &Stack, mut existing: Existing, outputs: &BTreeMap<String, Value>) -> PassedOn {
    for found in &mut existing.found {
        found.facts = held(&found.facts, outputs);
    }
    PassedOn {
        stack: stack.name.clone(),
        region: stack.place.region.clone(),
        role: stack.role.clone(),
        existing,
    }
}

/// Those facts that outputs hold.
fn held(facts: &Facts, outputs: &BTreeMap<String, Value>) -> Facts {
    let texts = spec::texts_of(outputs);
    let is_held = |fact: &String| texts.values().any(|text| text.contains(fact.as_str()));
    let held = facts.iter().filter(|(_, fact)| is_held(fact));
    held.map(|(name, fact)| (name.clone(), fact.clone())).collect()
}

/// A problem for each fact that an output waits for, though all that it speaks of is there, or
/// though nobody told what is missing.
fn unknown(
    asked: &Asked<'_>,
    outputs: &BTreeMap<String, Value>,
    showed: &Showed,
    told: &[Diagnostic],
) -> Vec<Diagnostic> {
    let missing = outputs.iter().flat_map(|(output, value)| {
        let facts = document::pending_facts(value).into_iter();
        let is_untold = |fact: &FactRef| told.is_empty() || showed.has(&fact.address);
        facts.filter(is_untold).map(move |fact| (output, fact))
    });
    let problem = |(output, fact): (&String, FactRef)| {
        let (file, is_others) = (&asked.used.name, existing::is_entry(&fact.address));
        let summary = format!("`${{{}.{output}}}` is not known yet", asked.alias);
        let problem = asked.problem(summary);
        if is_others {
            return problem.because(format!("AWS says nothing of {fact} of {file}"));
        }
        let why = format!("{fact} of {file} is told by AWS when the object is in service");
        problem.because(why).hint(asked.apply())
    };
    missing.map(problem).collect()
}

impl Asked<'_> {
    fn problem(&self, summary: String) -> Diagnostic {
        Diagnostic::error(summary).at(Some(self.used.location()))
    }

    fn apply(&self) -> String {
        format!("`ccprov apply {}`", self.used.name)
    }

    /// The problem of what others own, told for who uses the stack.
    fn passed_on(&self, problem: Diagnostic) -> Diagnostic {
        problem.hint(format!("{} is used, and an output that is used speaks of it", self.used.name))
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
