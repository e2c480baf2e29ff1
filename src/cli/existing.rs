//! On the way to a stack that is opened: what its file refers to and others own is looked
//! up, and the file is checked again with what was learned.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::Narrowed;
use super::environment::Environment;
use super::exit::Failure;
use super::written::Written;
use crate::aws::{AwsCatalog, Provider};
use crate::engine::port::Read;
use crate::engine::{Onlooker, look_up_all};
use crate::model::document::pending_facts;
use crate::model::{Address, CloudError, Diagnostic, EXISTING, Existing, Lookup, Severity, Stack};
use crate::plan::{Plan, Purpose, moved, recognised};
use crate::spec::{Checked, Learned};

/// How much of others a command has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// All that the file refers to.
    All,
    /// That without which an object of the stack cannot be found: its name has a fact of it.
    Names,
    /// Nothing.
    Nothing,
}

/// What is asked for of a stack file that was checked with what was looked up.
pub(crate) struct Known {
    pub(crate) narrowed: Narrowed,
    pub(crate) learned: Learned,
    pub(crate) existing: Vec<Existing>,
    pub(crate) warnings: Vec<Diagnostic>,
}

impl Needs {
    /// What is destroyed needs no more of others than what tells its objects.
    pub(crate) fn of(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Apply => Self::All,
            Purpose::Destroy => Self::Names,
        }
    }
}

impl Written {
    /// Checks the file with what was learned already, looks up what is referred to by what is asked for of it, and checks
    /// it again: in as many rounds as looks wait for each other.
    pub(crate) async fn known(
        &self,
        (needs, mut learned): (Needs, Learned),
        provider: &Provider,
        catalog: &AwsCatalog,
        environment: &Environment,
    ) -> Result<Known, Failure> {
        let (reader, here) = (provider.shared(), provider.place());
        let told = |event| environment.pulse.look(&event);
        let (mut existing, mut warnings) = (Vec::new(), Vec::new());
        let mut rounds = Rounds::default();
        let mut narrowed = self.narrowed(self.check(here, &learned, catalog, environment)?)?;
        loop {
            let wanted = wanted(&narrowed.checked, needs);
            let stack = (&narrowed.checked, narrowed.declared());
            let Some(found) = rounds.next(&reader, stack, &wanted, &told).await else {
                self.waits_for_nobody(needs, &narrowed.checked, catalog)?;
                existing.sort_by(|one: &Existing, other| one.address.cmp(&other.address));
                return Ok(Known { narrowed, learned, existing, warnings });
            };
            let mut problems = Problems::default();
            for (address, answer) in found {
                let referred = narrowed.checked.existing.get(&address);
                let at = referred.map(|referred| referred.at.clone());
                match answer {
                    Ok(Ok(found)) => {
                        learned.facts.extend(found.facts());
                        existing.push(found);
                    }
                    // What hung on it is gone with it: that keeps nothing else from going.
                    Ok(Err(problem)) if needs == Needs::Names => {
                        warnings.push(Diagnostic { severity: Severity::Warning, ..problem.at(at) });
                    }
                    Ok(Err(problem)) => problems.told.push(problem.at(at)),
                    Err(error) => problems.denied(error, at),
                }
            }
            problems.end()?;
            narrowed = self.narrowed(self.check(here, &learned, catalog, environment)?)?;
        }
    }

    /// Refuses a file of which something waits for what nobody is going to tell before it is
    /// planned.
    fn waits_for_nobody(
        &self,
        needs: Needs,
        checked: &Checked,
        catalog: &AwsCatalog,
    ) -> Result<(), Failure> {
        if needs != Needs::All {
            return Ok(());
        }
        let waiting = checked.waiting(&self.beside, catalog);
        if waiting.is_empty() { Ok(()) } else { Err(Failure::refused(waiting)) }
    }
}

/// Lookups in as many rounds as they wait for each other: what a round showed is put in place
/// before the next.
#[derive(Default)]
pub(crate) struct Rounds {
    tried: BTreeSet<Address>,
}

impl Rounds {
    /// Looks up what is wanted of a stack, waits for nothing and was not tried; `None` if there
    /// is no more of that.
    pub(crate) async fn next(
        &mut self,
        reader: &dyn Read,
        (checked, declared): (&Checked, &Stack),
        wanted: &BTreeSet<Address>,
        told: Onlooker<'_>,
    ) -> Option<Found> {
        let open = checked.existing.iter().filter(|(address, referred)| {
            let is_wanted = wanted.contains(*address) && !self.tried.contains(*address);
            is_wanted && !referred.lookup.is_pending()
        });
        let open = open.map(|(address, referred)| (address.clone(), referred.lookup.clone()));
        let open: Vec<(Address, Lookup)> = open.collect();
        if open.is_empty() {
            return None;
        }
        self.tried.extend(open.iter().map(|(address, _)| address.clone()));
        Some(look(reader, open, declared, told).await)
    }
}

/// Leaves out what was looked up, for who looks again.
pub(crate) fn forget(learned: &mut Learned) {
    learned.facts.retain(|address, _| !is_entry(address));
}

/// Whether an address is that of what others own.
pub(crate) fn is_entry(address: &Address) -> bool {
    address.as_str().split('.').next() == Some(EXISTING)
}

/// What a command has to know.
pub(crate) fn wanted(checked: &Checked, needs: Needs) -> BTreeSet<Address> {
    match needs {
        Needs::All => checked.existing.keys().cloned().collect(),
        Needs::Nothing => BTreeSet::new(),
        Needs::Names => {
            let names = checked.stack.resources.values().map(|want| want.identity.as_str());
            let mut wanted: BTreeSet<Address> = names.flat_map(waits_for).collect();
            loop {
                let before = wanted.len();
                let further = wanted.iter().filter_map(|address| checked.existing.get(address));
                let further: Vec<Address> = further
                    .flat_map(|referred| referred.lookup.texts())
                    .flat_map(waits_for)
                    .collect();
                wanted.extend(further);
                if wanted.len() == before {
                    return wanted;
                }
            }
        }
    }
}

/// The entries for whose facts a text waits.
fn waits_for(text: &str) -> Vec<Address> {
    let entry = |address: &Address| {
        let name = address.as_str().strip_prefix(EXISTING)?.strip_prefix('.')?.split('.').next()?;
        Some(Address::new(EXISTING).join(name))
    };
    pending_facts(&text.into()).iter().filter_map(|fact| entry(&fact.address)).collect()
}

/// What came of some lookups.
pub(crate) type Found = Vec<(Address, Result<Result<Existing, Diagnostic>, CloudError>)>;

async fn look(
    reader: &dyn Read,
    lookups: Vec<(Address, Lookup)>,
    stack: &Stack,
    told: Onlooker<'_>,
) -> Found {
    let claimant = stack.claimant();
    let found = look_up_all(reader, lookups, told).await.into_iter();
    let found = found.map(|(address, lookup, answer)| {
        let judged =
            answer.map(|lives| recognised(&address, &lookup, &lives, claimant, &stack.resources));
        (address, judged)
    });
    found.collect()
}

/// Whether what a plan was drawn with is still so.
pub(crate) async fn hold(
    reader: &dyn Read,
    plan: &Plan,
    stack: &Stack,
    told: Onlooker<'_>,
) -> Result<(), Failure> {
    let lookups = plan.existing.iter().map(|it| (it.address.clone(), it.lookup.clone()));
    let found = look(reader, lookups.collect(), stack, told).await;
    let was: BTreeMap<&Address, &Existing> =
        plan.existing.iter().map(|it| (&it.address, it)).collect();
    let (mut stale, mut errors) = (Vec::new(), Vec::new());
    for (address, answer) in found {
        match answer {
            Ok(now) => stale.extend(was.get(&address).and_then(|was| moved(was, &now))),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors.into());
    }
    if stale.is_empty() { Ok(()) } else { Err(Failure::refused(stale)) }
}

/// All that is wrong with what was looked up.
#[derive(Default)]
struct Problems {
    told: Vec<Diagnostic>,
    /// What nobody could look at.
    unseen: Vec<(CloudError, Option<crate::model::Location>)>,
}

impl Problems {
    fn denied(&mut self, error: CloudError, at: Option<crate::model::Location>) {
        self.unseen.push((error, at));
    }

    fn end(self) -> Result<(), Failure> {
        if self.told.is_empty() && self.unseen.is_empty() {
            return Ok(());
        }
        Err(Failure::unseen(self.told, self.unseen))
    }
}
