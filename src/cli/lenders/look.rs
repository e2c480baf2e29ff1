//! What a used stack and its objects are, and what it passes on of what others own.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asked, Errand};
use crate::aws::{AwsCatalog, Provider};
use crate::cli::existing::Rounds;
use crate::engine::{find_all, seek};
use crate::model::{
    Address, Catalog as _, CloudError, Diagnostic, Existing, FactRef, KeptName, KindInfo, Live,
    Sought, Stack, document,
};
use crate::plan::World;
use crate::spec::{Checked, Learned};

/// What a look at a used stack showed.
#[derive(Default)]
pub(super) struct Showed {
    pub(super) live: BTreeMap<Address, Live>,
    /// What was found of others.
    pub(super) existing: Vec<Existing>,
    /// What is not as it should be.
    pub(super) problems: Vec<Diagnostic>,
    /// Names of what is there and is called otherwise by now, where its file states none.
    kept_names: BTreeMap<Address, KeptName>,
}

impl Showed {
    /// Whether there is what lies behind a fact of this address.
    pub(super) fn has(&self, address: &Address) -> bool {
        let mut others = self.existing.iter().flat_map(Existing::facts);
        self.live.contains_key(address) || others.any(|(other, _)| other == *address)
    }
}

impl Errand<'_> {
    /// A used stack and its objects. If an earlier ccprov gave one another name than the file
    /// does by now, the stack is checked and looked at once more with that.
    pub(super) async fn looked(
        &self,
        asked: &Asked<'_>,
        mut learned: Learned,
        reader: &Provider,
    ) -> Result<(Checked, Showed), Vec<Diagnostic>> {
        let passed_on = self.looked_up(asked, &mut learned, reader).await?;
        loop {
            let checked = self.checked(asked, &learned, reader).await?;
            let mut seen = self.look(asked, &checked, reader).await;
            let kept = std::mem::take(&mut seen.kept_names);
            let had = learned.names.len();
            learned.names.extend(kept);
            if learned.names.len() == had {
                seen.existing = passed_on.existing;
                seen.problems.extend(passed_on.problems);
                return Ok((checked, seen));
            }
        }
    }

    /// What the outputs pass on of what others own, and that without which an object of the
    /// stack is not found. What was found is learned.
    async fn looked_up(
        &self,
        asked: &Asked<'_>,
        learned: &mut Learned,
        reader: &Provider,
    ) -> Result<Showed, Vec<Diagnostic>> {
        let told = |event| self.environment.pulse.look(&event);
        let (mut rounds, mut showed) = (Rounds::default(), Showed::default());
        loop {
            let checked = self.check(asked, learned, self.catalog)?;
            let wanted = checked.spoken_of(&asked.outputs).others.existing;
            let stack = (&checked, &checked.stack);
            let Some(found) = rounds.next(&reader.shared(), stack, &wanted, &told).await else {
                return Ok(showed);
            };
            for (address, answer) in found {
                let at = checked.existing.get(&address).map(|referred| referred.at.clone());
                match answer {
                    Ok(Ok(found)) => {
                        learned.facts.extend(found.facts());
                        showed.existing.push(found);
                    }
                    Ok(Err(problem)) => showed.problems.push(asked.passed_on(problem.at(at))),
                    Err(error) => {
                        showed.problems.push(asked.unseen(error, &format!("{address} of it")));
                    }
                }
            }
        }
    }

    /// A used stack with what was learned.
    fn check(
        &self,
        asked: &Asked<'_>,
        learned: &Learned,
        catalog: &AwsCatalog,
    ) -> Result<Checked, Vec<Diagnostic>> {
        let Asked { used, lender, .. } = asked;
        if *learned == Learned::default() && catalog.is_told_nothing() {
            return Ok((*lender.checked).clone());
        }
        let with = (catalog, self.environment);
        self.written.check_other(&used.file, &lender.place, learned, with)
    }

    /// A used stack with what was learned, and with answers to what its documents ask.
    async fn checked(
        &self,
        asked: &Asked<'_>,
        learned: &Learned,
        reader: &Provider,
    ) -> Result<Checked, Vec<Diagnostic>> {
        let checked = self.check(asked, learned, self.catalog)?;
        let spoken_of = checked.spoken_of(&asked.outputs).resources;
        let resources = spoken_of.iter().filter_map(|it| checked.stack.resources.get(it));
        let questions = self.catalog.questions(resources);
        if questions.is_empty() {
            return Ok(checked);
        }
        match reader.learn(questions).await {
            Ok(answers) => self.check(asked, learned, &self.catalog.clone().knowing(answers)),
            Err(error) => Err(vec![asked.unseen(error, "what a document of it asks")]),
        }
    }

    /// The objects that outputs speak of, as far as they are there and that stack's. What is
    /// named by what AWS chose for another is looked for when that was seen; what others use,
    /// too, is looked at once.
    async fn look(&self, asked: &Asked<'_>, checked: &Checked, reader: &Provider) -> Showed {
        let mut left = checked.spoken_of(&asked.outputs).resources;
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
    ) -> Result<BTreeMap<Address, KeptName>, Vec<CloudError>> {
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
        sought.arn = sought.arn.map(|arn| document::fill_text(&arn, known));
        let is_named = !document::is_pending(&sought.identity.0);
        let is_found = || self.catalog.kind(&want.kind).is_some_and(KindInfo::is_found_unnamed);
        (is_named || is_found()).then_some(sought)
    }
}
