//! One account on one emulator, in which the engine does what it does for an
//! apply and a destroy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ccprov::aws::access::{Command, access_policy};
use ccprov::aws::{AwsCatalog, Provider, Session, Writer};
use ccprov::engine::event::{EventKind, Outcome as Ending};
use ccprov::engine::port::{Answer, Read as _};
use ccprov::engine::proof::Proven;
use ccprov::engine::stop::Stopper;
use ccprov::engine::{Site, Until, execute};
use ccprov::model::{
    CloudError, Deadlines, Desired, Facts, FieldDiff, FormerNames, Lifecycle, Live, Place, Sought,
    Stack,
};
use ccprov::plan::{Change, Permissions, Plan, Step, StepId, StepNode, World, plan, plan_destroy};
use tokio::sync::mpsc;

use super::checkout;
use super::emulator::connection;
use super::honest::Honest;
use super::leg::Leg;
use super::lies::{Concession, Lie};
use super::rights::{User, forgiving};
use super::run::{OTHER_STACK, STACK, tops};
use crate::stand_in::{self, StandIn};
use crate::support::emulator::Account;
use crate::support::writing::Hand;

/// The slowest of what an emulator does takes about half a second (a function
/// of MiniStack). What is not there by then is wrong, and soon told.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which step failed, and how.
pub(crate) type Outcome<T> = Result<T, Failure>;

/// Why a case went no further.
#[derive(Debug)]
pub(crate) struct Failure {
    told: String,
    /// The call that was refused, if one was.
    pub(crate) refusal: Option<Box<CloudError>>,
}

impl Failure {
    /// A call of a step that failed.
    pub(crate) fn of(step: &str, error: &CloudError) -> Self {
        let told = format!("{step}: {error} [{:?}]", error.class);
        Self { told, refusal: Some(Box::new(error.clone())) }
    }

    /// The same, where it happened within something else.
    pub(crate) fn within(self, what: &str) -> Self {
        Self { told: format!("{what}: {}", self.told), ..self }
    }
}

impl<T: Into<String>> From<T> for Failure {
    fn from(told: T) -> Self {
        Self { told: told.into(), refusal: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told)
    }
}

/// What was learned of one kind, in whichever account.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// What the emulator was caught lying about.
    pub(crate) lied: BTreeSet<&'static Lie>,
    /// What was given up for it.
    pub(crate) conceded: BTreeSet<Concession>,
    /// Kinds that the index was seen to know, or forgiven for not knowing.
    pub(crate) indexed: BTreeSet<String>,
    /// Fields that were seen when nothing else was asked for, by kind.
    pub(crate) found_alone: BTreeSet<(String, String)>,
}

pub(crate) struct Cloud {
    pub(crate) emulator: &'static str,
    pub(crate) catalog: AwsCatalog,
    pub(crate) place: Place,
    pub(crate) writer: Honest,
    /// The account's root user, for the same stack and for another.
    pub(crate) root_writer: Writer,
    pub(crate) other_writer: Writer,
    /// Who writes, where that is not the root user.
    user: Option<User>,
    /// What stands in for services that the emulator has not, for as long as this lives.
    _stand_in: Option<StandIn>,
    /// What a stack file with the case would say by now.
    pub(crate) stack: Stack,
}

/// What became of a resource.
pub(crate) struct Applied {
    /// What was told before all of it was accepted.
    pub(crate) early: Facts,
    pub(crate) facts: Facts,
    /// What had to change.
    pub(crate) diff: Vec<FieldDiff>,
}

impl Cloud {
    /// Connects to an account, whose root user this is, to try a kind there. What the emulator
    /// has is tried without the stand-in before it, whose address is in no URL that it tells.
    pub(crate) async fn connect(leg: &Leg, kind: &str, root: Account) -> Self {
        let is_stood_in = leg.stands_in && stand_in::has(kind);
        let stand_in = is_stood_in.then(|| StandIn::before(&root));
        let root = stand_in.as_ref().map_or_else(|| root.clone(), |it| root.through(&it.url()));
        let user = if leg.as_user { Some(User::new(&root, STACK).await) } else { None };
        let session = async |account| {
            let session = Session::connect(&connection(account)).await.expect("a session");
            let place = session.place(&session.caller().await.expect("a caller"));
            (session, place)
        };
        let (roots, place) = session(&root).await;
        let whose = match &user {
            Some(user) => session(&user.account).await.0,
            None => roots.clone(),
        };
        let writer = |session, stack| {
            let writer = Provider::new(session, place.clone()).into_writer(stack);
            writer.with_files(Arc::new(checkout::files()))
        };
        Self {
            emulator: leg.name,
            catalog: AwsCatalog::new(),
            writer: Honest::new(leg.name, writer(whose, STACK)),
            root_writer: writer(roots.clone(), STACK),
            other_writer: writer(roots, OTHER_STACK),
            user,
            _stand_in: stand_in,
            stack: Stack::empty(STACK, place.clone()),
            place,
        }
    }

    /// Whoever writes may do from now on what a command does with the stack as it
    /// is, and nothing else.
    pub(crate) async fn allow(&self, command: Command, book: &Book) {
        let Some(user) = &self.user else { return };
        let policy = access_policy(&self.stack, command);
        let policy = serde_json::to_value(policy).expect("a policy is JSON");
        let misjudged = book.conceded.iter().filter_map(|concession| match concession {
            Concession::Right(misjudged) => Some(*misjudged),
            Concession::Lack(_) => None,
        });
        user.may(&forgiving(&policy, &self.place.account, STACK, misjudged)).await;
    }

    /// Makes or changes a resource, as an apply does.
    pub(crate) async fn apply(
        &self,
        step: &str,
        want: &Desired,
        have: Option<&Live>,
    ) -> Outcome<Applied> {
        let (stack, world) = (self.stack_of(want), world_of(want, have));
        let plan = plan(&stack, &world, &self.catalog, DATA_MAY_GO).map_err(|problems| {
            let told = problems.iter().map(|problem| format!("\n    {}", problem.summary));
            format!("{step}: no plan{}", told.collect::<String>())
        })?;
        let diff = match &plan.changes[..] {
            [one] => match &one.change {
                Change::NoOp | Change::Create { .. } => Vec::new(),
                Change::Update { diff } => diff.clone(),
                Change::Replace { diff, .. } => {
                    return Err(format!("{step}: {:?} would replace it", tops(diff)).into());
                }
                Change::Delete { .. } => return Err(format!("{step}: a deletion").into()),
            },
            other => return Err(format!("{step}: {} changes", other.len()).into()),
        };
        let (early, facts) = self.carry_out(step, &plan).await?;
        Ok(Applied { early, facts, diff })
    }

    /// Removes it, as a destroy does.
    pub(crate) async fn destroy(&self, step: &str, want: &Desired, have: &Live) -> Outcome<()> {
        let (stack, world) = (self.stack_of(want), world_of(want, Some(have)));
        let plan = plan_destroy(&stack, &world, &self.catalog, DATA_MAY_GO);
        if plan.steps.len() != 1 {
            return Err(format!("{step}: {} steps of a destroy", plan.steps.len()).into());
        }
        self.carry_out(step, &plan).await.map(drop)
    }

    /// Waits until the cloud is done with an object, and shows what is wanted.
    pub(crate) async fn settle(&self, stack: &str, want: &Desired, have: &Live) -> Outcome<()> {
        let step = Step::Update {
            want: Box::new(patient(want)),
            have: Box::new(have.clone()),
            diff: Vec::new(),
        };
        let node = StepNode {
            id: StepId(0),
            address: want.address.clone(),
            step,
            needs: BTreeMap::new(),
            interim: false,
        };
        let plan = Plan {
            stack: stack.to_owned(),
            was: FormerNames::default(),
            place: self.place.clone(),
            changes: Vec::new(),
            steps: vec![node],
            outputs: BTreeMap::new(),
            left: Vec::new(),
            excerpt: None,
            existing: Vec::new(),
            uses: BTreeMap::new(),
        };
        self.carry_out("settle", &plan).await.map(drop)
    }

    /// The facts that were told early, and those of the end.
    async fn carry_out(&self, step: &str, plan: &Plan) -> Outcome<(Facts, Facts)> {
        let (_never, halt) = Stopper::new();
        let (sender, mut events) = mpsc::unbounded_channel();
        let site = Site {
            writer: &self.writer,
            catalog: &self.catalog,
            plan,
            seen: None,
            told: const { &BTreeMap::new() },
            is_in_wake: false,
            until: Until::Ready,
            seed: 1,
        };
        let report = execute(site, halt, sender).await;
        for ending in report.outcomes.values() {
            match ending {
                // What is seen in the end is told better by the read that follows.
                Ending::Done { .. } | Ending::TimedOut { .. } => {}
                Ending::Failed { error, .. } => return Err(Failure::of(step, error)),
                other => return Err(format!("{step}: {other:?}").into()),
            }
        }
        let mut early = Facts::new();
        while let Ok(event) = events.try_recv() {
            if let EventKind::FactsKnown { facts, .. } = event.kind {
                early.extend(facts);
            }
        }
        Ok((early, report.facts.into_values().flatten().collect()))
    }

    fn stack_of(&self, want: &Desired) -> Stack {
        let mut stack = Stack::empty(STACK, self.place.clone());
        stack.resources.insert(want.address.clone(), patient(want));
        stack
    }

    pub(crate) async fn find(&self, step: &str, sought: &Sought) -> Outcome<Option<Live>> {
        self.writer.find(sought).await.map_err(|error| Failure::of(step, &error))
    }

    /// A look before a write that no engine makes, at these fields besides those by
    /// which the object is known.
    pub(crate) async fn prove(
        &self,
        stack: &str,
        have: &Live,
        fields: impl IntoIterator<Item = String>,
    ) -> Answer<Proven> {
        self.hand(stack).again(have, fields).await
    }

    pub(crate) fn hand<'a>(&'a self, stack: &'a str) -> Hand<'a> {
        Hand { writer: &self.writer, catalog: &self.catalog, stack, place: &self.place }
    }
}

const DATA_MAY_GO: Permissions = Permissions { allow_data_loss: true };

/// With the patience of a test.
fn patient(want: &Desired) -> Desired {
    let patience =
        Deadlines { create: Some(PATIENCE), update: Some(PATIENCE), delete: Some(PATIENCE) };
    Desired { lifecycle: Lifecycle { patience, ..want.lifecycle.clone() }, ..want.clone() }
}

fn world_of(want: &Desired, have: Option<&Live>) -> World {
    let found = have.map(|live| (want.address.clone(), live.clone())).into_iter().collect();
    World { found, ..World::default() }
}
