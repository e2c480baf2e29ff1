//! First on the way of a command: a stack together with the AWS that it speaks of.
//! Known from its file, by its name alone, or from a plan file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::asked::Narrowed;
use super::clashes::Member;
use super::connected::{Connected, Connections};
use super::environment::Environment;
use super::existing::{self, Known, Needs};
use super::exit::Failure;
use super::journal::Journal;
use super::lenders::{self, Found};
use super::loan::Loan;
use super::options::{What, Where};
use super::pulse::Pulse;
use super::relied::Readers;
use super::screen::Screen;
use super::telemetry;
use super::trace::Trace;
use super::written::Written;
use crate::aws::{AwsCatalog, Provider, near};
use crate::engine::port::Read as _;
use crate::model::{Address, Caller, Diagnostic, Existing, Mask, Origin, Place, Scene, Stack};
use crate::plan::{Asked, SavedPlan};
use crate::report::pane::tame;
use crate::spec::{self, Learned, Lender};

/// A stack and a reader of the place where it lives.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) stack: Stack,
    /// Whose credentials these are.
    pub(crate) caller: Caller,
    pub(crate) warnings: Vec<Diagnostic>,
    /// The stack file; empty where none was read.
    pub(crate) file: PathBuf,
    /// Where each resource is written; empty where no file was read.
    pub(crate) origins: BTreeMap<Address, Origin>,
    /// Which resources each output speaks of; empty where no file was read.
    pub(crate) told_of: BTreeMap<String, BTreeSet<Address>>,
    /// The stacks that it uses, on paper; empty where no file was read.
    pub(crate) lenders: BTreeMap<String, Lender>,
    pub(crate) catalog: AwsCatalog,
    pub(crate) provider: Provider,
    /// Who reads what it relies on of other stacks.
    pub(crate) readers: Readers,
    pub(crate) trace: Trace,
    pub(crate) journal: Option<Journal>,
    pub(crate) mask: Mask,
    pub(crate) pulse: Pulse,
    /// What the stack is checked from; `None` where no file was read.
    pub(crate) written: Option<Written>,
    /// What was learned for that by looking.
    pub(crate) learned: Learned,
    /// What is asked beyond what the stack states; of an excerpt the stack is no more.
    pub(crate) asked: Asked,
    /// The stack as it is declared, where `stack` is an excerpt.
    pub(crate) whole: Option<Box<Stack>>,
    /// What of others was found for that.
    pub(crate) existing: Vec<Existing>,
    /// What the stacks of the command want, where it is about several.
    pub(crate) alongside: Arc<[Scene]>,
}

impl Opened {
    /// The stack of a file.
    pub(crate) async fn file(
        what: &What,
        place: &Where,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        Self::needing(Needs::All, what, place, environment, screen).await
    }

    /// The same, for a command that has to know no more of others.
    pub(crate) async fn needing(
        needs: Needs,
        what: &What,
        place: &Where,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let written = Written::read(what, environment, screen)?;
        let region = place.region.as_deref();
        written.on_paper(region, &AwsCatalog::new(), environment)?;
        let connections = Connections::begin(place, environment, screen)?;
        Box::pin(written.open(needs, &connections, environment)).await
    }

    /// A stack that is known by its name alone.
    pub(crate) async fn named(
        name: &str,
        connections: &Connections<'_>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        spec::stack_name(name)?;
        let connected = connections.open(None, None).await?;
        let stack = Stack::empty(name, connected.provider.place().clone());
        Ok(Self::new(stack, AwsCatalog::new(), connected, environment))
    }

    /// The stack of a plan that was kept.
    pub(crate) async fn saved(
        saved: &SavedPlan,
        connections: &Connections<'_>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let region = Some(saved.stack.place.region.as_str());
        let connected = connections.open(region, saved.stack.role.as_ref()).await?;
        let opened = Self::new(saved.stack.clone(), AwsCatalog::new(), connected, environment);
        saved.check(opened.provider.place())?;
        let asked = Asked { excerpt: saved.plan.excerpt.clone(), ..Asked::default() };
        let readers = Readers::of(&saved.plan, connections).await?;
        Ok(Self { readers, asked, ..opened })
    }

    /// The same where others have told by their plans what they lend, by the names that this
    /// stack has for them: what waited for that is looked up and asked now.
    pub(crate) async fn taught(
        mut self,
        told: &BTreeMap<String, Rc<Loan>>,
        needs: Needs,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let Some(written) = self.written.as_mut().filter(|_| !told.is_empty()) else {
            return Ok(self);
        };
        written.beside.clear();
        let mut learned = self.learned;
        existing::forget(&mut learned);
        for (name, loan) in told {
            let known = learned.facts.entry(Address::new(name)).or_default();
            known.extend(spec::texts_of(&loan.outputs));
        }
        let with = (&self.provider, self.catalog);
        let Settled { known, catalog } =
            Box::pin(written.settled((needs, learned), with, environment)).await?;
        let Known { narrowed, learned, existing, warnings } = known;
        (self.learned, self.existing, self.catalog) = (learned, existing, catalog);
        let Narrowed { checked, asked, whole } = narrowed;
        let before = std::mem::replace(&mut self.stack, checked.stack);
        self.stack.relies_on_as(&before);
        for (name, loan) in told {
            if let Some(used) = self.stack.uses.get_mut(name) {
                used.objects = loan.objects(used.outputs.keys());
                let reader = loan.reader.in_region(&used.place.region);
                self.readers.add(loan.role.as_ref(), reader);
            }
        }
        self.warnings = [checked.warnings, warnings].concat();
        (self.asked, self.whole) = (asked, whole);
        Ok(self)
    }

    /// What was seen so far is of yesterday: the next looks are new ones.
    pub(crate) fn look_anew(&self) {
        self.provider.look_anew();
        self.readers.look_anew();
    }

    /// As it is seen beside the others of a command.
    pub(crate) fn beside_others(&self) -> Member<'_> {
        let Self { file, stack, origins, lenders, .. } = self;
        Member { file, stack, origins, lenders }
    }

    /// Whether no more is asked for than a part of the stack.
    pub(crate) fn is_excerpt(&self) -> bool {
        self.asked.excerpt.is_some()
    }

    /// What there is to say where nothing carries the name that was typed: a typing
    /// error, as far as anybody can tell. With a file there would be none.
    pub(crate) async fn nothing_by_name(&self) -> Diagnostic {
        let (name, place) = (&self.stack.name, &self.stack.place);
        let problem = Diagnostic::error(format!(
            "nothing belongs to a stack `{name}` in account {} in {}",
            place.account, place.region
        ));
        // Who may not list has learned the main thing all the same.
        let stacks = self.provider.stacks().await.unwrap_or_default();
        match near::nearest(name, stacks.iter().map(|stack| stack.name.as_str())) {
            Some(near) => problem.hint(format!("did you mean `{}`?", tame(near))),
            None => problem,
        }
        .hint("`ccprov list` tells the stacks of this account and region")
    }

    fn new(
        stack: Stack,
        catalog: AwsCatalog,
        connected: Connected,
        environment: &Environment,
    ) -> Self {
        let Connected { provider, caller, trace, journal } = connected;
        provider.expect(&stack.claimant().stacks());
        telemetry::note_stack(&stack.name);
        Self {
            stack,
            caller,
            warnings: Vec::new(),
            file: PathBuf::new(),
            origins: BTreeMap::new(),
            told_of: BTreeMap::new(),
            lenders: BTreeMap::new(),
            catalog,
            provider,
            readers: Readers::default(),
            trace,
            journal,
            mask: environment.mask.clone(),
            pulse: environment.pulse.clone(),
            written: None,
            learned: Learned::default(),
            asked: Asked::default(),
            whole: None,
            existing: Vec::new(),
            alongside: Arc::default(),
        }
    }
}

/// A stack file with all that is asked of others before it is planned.
struct Settled {
    known: Known,
    catalog: AwsCatalog,
}

impl Written {
    /// Connects, and checks the file, which is sound on paper, against what is there. The
    /// account pin is checked before anything else is read from AWS.
    pub(crate) async fn open(
        self,
        needs: Needs,
        connections: &Connections<'_>,
        environment: &Environment,
    ) -> Result<Opened, Failure> {
        let catalog = AwsCatalog::new();
        let connected = connections.open(self.file.region(), self.file.role()).await?;
        let here = connected.provider.place();
        self.check_pin(here)?;
        let of_others =
            self.learn_of_others(needs, (&connected, connections), &catalog, environment);
        let found = Box::pin(of_others).await?;
        let asks = (needs, found.learned.clone());
        let with = (&connected.provider, catalog);
        let Settled { known, catalog } = Box::pin(self.settled(asks, with, environment)).await?;
        let Known { narrowed, learned, existing, warnings } = known;
        let Narrowed { checked, asked, whole } = narrowed;
        let mut stack = checked.stack;
        found.note(&mut stack);
        Ok(Opened {
            warnings: [checked.warnings, warnings].concat(),
            file: self.path.clone(),
            origins: checked.origins,
            told_of: checked.told_of,
            lenders: checked.lenders,
            written: Some(self),
            readers: found.readers,
            asked,
            whole,
            learned,
            existing,
            ..Opened::new(stack, catalog, connected, environment)
        })
    }

    /// Checks the file with what was learned of the stacks that it uses, with what it refers to
    /// under `existing`, and with answers to what its documents ask.
    async fn settled(
        &self,
        (needs, learned): (Needs, Learned),
        (provider, catalog): (&Provider, AwsCatalog),
        environment: &Environment,
    ) -> Result<Settled, Failure> {
        let known = self.known((needs, learned), provider, &catalog, environment);
        let known = Box::pin(known).await?;
        let questions = catalog.questions(known.narrowed.checked.stack.resources.values());
        if questions.is_empty() {
            return Ok(Settled { known, catalog });
        }
        let catalog = catalog.knowing(provider.learn(questions).await?);
        let checked = self.check(provider.place(), &known.learned, &catalog, environment)?;
        let narrowed = self.narrowed(checked)?;
        Ok(Settled { known: Known { narrowed, ..known }, catalog })
    }

    /// What the outputs of other stacks are that this one refers to.
    async fn learn_of_others(
        &self,
        needs: Needs,
        (connected, connections): (&Connected, &Connections<'_>),
        catalog: &AwsCatalog,
        environment: &Environment,
    ) -> Result<Found, Failure> {
        if self.file.uses().is_empty() {
            return Ok(Found::default());
        }
        let here = connected.provider.place();
        let checked = self.check(here, &Learned::default(), catalog, environment)?;
        let checked = self.narrowed(checked)?.checked;
        let readers = (&connected.provider, connections);
        let found = lenders::found(self, needs, &checked, readers, (catalog, environment)).await;
        found.map_err(Failure::refused)
    }

    fn check_pin(&self, here: &Place) -> Result<(), Failure> {
        match self.file.account() {
            Some(pinned) if pinned != here.account => Err(Diagnostic::error(format!(
                "these are credentials of account {}, {} is for account {pinned}",
                here.account,
                self.path.display()
            ))
            .because("nothing was read from or changed in either account")
            .hint("choose other credentials: --profile, AWS_PROFILE")
            .into()),
            Some(_) | None => Ok(()),
        }
    }
}
