//! Third on the way of a command: what there is to do, and what there is to say of
//! it. Nothing here writes; a plan is carried out once it is
//! [`Approved`](super::approved::Approved).

use futures::future::join;

use super::exit::Failure;
use super::loan::{Loan, Untouched, untouched};
use super::looked::{Looked, Revisited};
use super::opened::Opened;
use super::screen::Screen;
use super::{advice, clock, endurance, examined, users};
use crate::engine::proof::Seen;
use crate::model::{Diagnostic, Inspected, Owner, Severity, Until};
use crate::plan::{
    Forecast, Held, Left, Permissions, Plan, Purpose, Rename, SavedPlan, forecast, guard,
    plan_destroy_asked, renames,
};
use crate::report::{self, PlanDetail, PlanRecord};

/// A plan for a stack. Made by a look at its world or at the objects of a plan
/// file, and by nothing else.
#[derive(Debug)]
pub(crate) struct Planned {
    opened: Opened,
    plan: Plan,
    /// Since when its objects are known.
    seen: Seen,
    /// The same as anybody may see it.
    shown: Plan,
    purpose: Purpose,
    /// What is odd about the stack, with what the rules say of it.
    warnings: Vec<Diagnostic>,
    /// What rules found.
    findings: Vec<Inspected>,
    /// What the plan by itself is refused for.
    refused_for: Vec<Diagnostic>,
    /// Who uses the stack, and stands against that it goes.
    users: Vec<Owner>,
    /// What stands against an apply: all of this.
    refusals: Vec<Diagnostic>,
    /// Whether AWS itself would refuse something of it, whatever is permitted.
    is_refused: bool,
    /// How long it takes as a rule.
    forecast: Forecast,
    /// What it leaves as it was seen, for those that use the stack.
    untouched: Untouched,
}

/// What remains of a plan for who carries it out.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) opened: Opened,
    pub(crate) plan: Plan,
    pub(crate) seen: Seen,
    pub(crate) warnings: Vec<Diagnostic>,
    pub(crate) findings: Vec<Inspected>,
    pub(crate) forecast: Forecast,
}

impl Looked {
    /// Draws the plan.
    pub(crate) async fn plan(
        mut self,
        purpose: Purpose,
        permissions: Permissions,
        until: Until,
    ) -> Result<Planned, Failure> {
        let plan = match purpose {
            Purpose::Apply => {
                let drawn = self.difference(permissions)?;
                let is_sought = self.seek_half_made(&drawn).await?;
                let is_weighed = self.weigh(&drawn).await?;
                let drawn =
                    if is_sought || is_weighed { self.difference(permissions)? } else { drawn };
                Plan { existing: self.opened().existing.clone(), ..drawn }
            }
            Purpose::Destroy => {
                let Opened { stack, catalog, asked, .. } = self.opened();
                plan_destroy_asked(stack, self.world(), catalog, permissions, asked)
            }
        };
        let Opened { stack, told_of, .. } = self.opened();
        let untouched = untouched(stack, told_of, self.world(), &plan);
        let (opened, seen, users) = self.into_planned();
        let plan = (plan, seen);
        let planned = Planned::new((opened, users), plan, purpose, permissions, until);
        Ok(Planned { untouched, ..Box::pin(planned).await })
    }
}

impl Revisited {
    /// The plan of the file, on today's objects.
    pub(crate) async fn plan(
        self,
        permissions: Permissions,
        until: Until,
        screen: &Screen,
    ) -> Planned {
        let (opened, (held, seen), purpose, users) = self.into_parts();
        tell_gone(&held, screen);
        let plan = (held.plan.permitting(permissions), seen);
        Box::pin(Planned::new((opened, users), plan, purpose, permissions, until)).await
    }
}

impl Planned {
    async fn new(
        (opened, users): (Opened, Vec<Owner>),
        (plan, seen): (Plan, Seen),
        purpose: Purpose,
        permissions: Permissions,
        until: Until,
    ) -> Self {
        let refusals = guard(&plan, &opened.stack, &opened.catalog, purpose, permissions);
        let ((advice, findings), examined) = match purpose {
            Purpose::Apply => join(advice::of(&opened), examined::of(&opened, &plan)).await,
            Purpose::Destroy => Default::default(),
        };
        let is_refused = !examined.refusals.is_empty();
        // Of what does not go nobody misses anything.
        let users = if plan.is_empty() { Vec::new() } else { users };
        let forecast = forecast(&plan, &opened.catalog, until);
        let lifetime = opened.provider.lifetime();
        let ends = endurance::of(lifetime, forecast.whole, clock::moment());
        let mut warnings = [opened.warnings.clone(), advice, examined.warnings].concat();
        warnings.extend(ends);
        let shown = plan.shown(&opened.catalog);
        let planned = Self {
            opened,
            plan,
            seen,
            shown,
            purpose,
            warnings,
            findings,
            refused_for: [refusals, examined.refusals].concat(),
            users: Vec::new(),
            refusals: Vec::new(),
            is_refused,
            forecast,
            untouched: Untouched::new(),
        };
        planned.used_by(users)
    }

    /// The same, which these use, and nobody else.
    fn used_by(self, users: Vec<Owner>) -> Self {
        let told = users.iter().map(|user| users::refusal(user, &self.opened.stack));
        let refusals = self.refused_for.iter().cloned().chain(told).collect();
        Self { users, refusals, ..self }
    }

    /// The same, though these use the stack: they go with it, or somebody wants it all the same.
    pub(crate) fn despite(mut self, is_known: impl Fn(&Owner) -> bool, is_told: bool) -> Self {
        let users = std::mem::take(&mut self.users);
        let (known, users): (Vec<Owner>, Vec<Owner>) = users.into_iter().partition(is_known);
        let told = known.iter().filter(|_| is_told).map(|user| Diagnostic {
            severity: Severity::Warning,
            hints: Vec::new(),
            ..users::refusal(user, &self.opened.stack)
        });
        self.warnings.extend(told);
        self.used_by(users)
    }

    /// The plan as it still holds, and what is said of what does not.
    pub(crate) async fn held(self, screen: &Screen) -> Result<Self, Failure> {
        let (held, seen) = self.opened.held(&self.plan).await?;
        tell_gone(&held, screen);
        let shown = held.plan.shown(&self.opened.catalog);
        Ok(Self { plan: held.plan, seen, shown, ..self })
    }

    pub(crate) fn opened(&self) -> &Opened {
        &self.opened
    }

    /// What those hear of it that use the stack.
    pub(crate) fn loan(&self) -> Loan {
        let place = (&self.opened.stack, &self.opened.provider);
        Loan::of(place, &self.plan.outputs, &self.untouched)
    }

    /// Objects of others that hold outputs of it, if it is to go.
    pub(crate) fn users(&self) -> &[Owner] {
        &self.users
    }

    pub(crate) fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// What the plan may have mistaken for one that goes and one that comes.
    pub(crate) fn renames(&self) -> Vec<Rename> {
        match self.purpose {
            Purpose::Apply => renames(&self.plan, &self.opened.stack, &self.opened.catalog),
            Purpose::Destroy => Vec::new(),
        }
    }

    pub(crate) fn record(&self) -> PlanRecord<'_> {
        let Self { opened, shown, warnings, findings, refusals, forecast, .. } = self;
        let judged = Some((findings.as_slice(), &opened.origins));
        PlanRecord { plan: shown, warnings, refusals, forecast: Some(forecast), judged }
    }

    /// Whether a rule found something.
    pub(crate) fn is_advised(&self) -> bool {
        !self.findings.is_empty()
    }

    /// Whether there is nothing to do, to refuse, or to leave.
    pub(crate) fn is_of_nothing(&self) -> bool {
        self.plan.is_empty() && self.plan.left.is_empty() && self.refusals.is_empty()
    }

    /// What is there and is not touched by a destroy, because its tags do not say
    /// whose it is.
    pub(crate) fn left(&self) -> Vec<Diagnostic> {
        match self.purpose {
            Purpose::Apply => Vec::new(),
            Purpose::Destroy => self.plan.left.iter().map(Left::diagnostic).collect(),
        }
    }

    /// The options without which an apply of this plan is refused; `None` if it is refused
    /// whatever the options.
    pub(crate) fn needs(&self) -> Option<Vec<&'static str>> {
        let lossy = Permissions { allow_data_loss: true };
        let Opened { stack, catalog, .. } = &self.opened;
        if self.is_refused || !guard(&self.plan, stack, catalog, self.purpose, lossy).is_empty() {
            return None;
        }
        let loses = (!self.refused_for.is_empty()).then_some("--allow-data-loss");
        let is_used = (!self.users.is_empty()).then_some("--despite-users");
        Some(loses.into_iter().chain(is_used).collect())
    }

    /// The plan, and what there is to say of it: below the steps, of which there may
    /// be many, and above what they come to.
    pub(crate) fn show(&self, detail: PlanDetail, remark: impl FnOnce(), screen: &Screen) {
        screen.page(&report::plan_steps(&self.shown, detail));
        let expected = report::forecast_text(&self.forecast);
        if !expected.is_empty() {
            screen.page(&expected);
        }
        remark();
        screen.data(&report::plan_conclusion(&self.plan));
    }

    pub(crate) fn into_saved(self) -> SavedPlan {
        SavedPlan::new(self.opened.stack, self.plan, self.purpose)
    }

    /// Taken apart, for who may carry it out.
    pub(crate) fn into_parts(self) -> Parts {
        let Self { opened, plan, seen, warnings, findings, forecast, .. } = self;
        Parts { opened, plan, seen, warnings, findings, forecast }
    }
}

/// What there is no need to delete any more.
fn tell_gone(held: &Held, screen: &Screen) {
    for what in &held.gone {
        screen.talk(&format!("{what}."));
    }
}
