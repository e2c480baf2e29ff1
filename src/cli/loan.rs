//! What a stack of a command lends to those beside it that use it: not what there is of it,
//! but what its plan makes of that.

use std::collections::{BTreeMap, BTreeSet};

use super::lenders::relied_on;
use crate::aws::Provider;
use crate::model::{Address, Role, Stack, UsedObject};
use crate::plan::{Plan, World};
use crate::report::Outputs;

/// The outputs of a planned stack, and on what whoever uses them relies.
#[derive(Debug)]
pub(crate) struct Loan {
    /// What they are going to be; may hold pending facts.
    pub(crate) outputs: Outputs,
    /// The objects that each speaks of and the plan leaves alone: what it changes is looked at
    /// with the plan.
    untouched: Untouched,
    /// Who reads them.
    pub(crate) role: Option<Role>,
    pub(crate) reader: Provider,
}

/// Objects that a plan leaves alone, by the outputs that speak of them.
pub(crate) type Untouched = BTreeMap<String, Vec<UsedObject>>;

impl Loan {
    pub(crate) fn of(
        (stack, provider): (&Stack, &Provider),
        outputs: &Outputs,
        untouched: &Untouched,
    ) -> Self {
        let reader = provider.in_region(&stack.place.region);
        let (outputs, untouched) = (outputs.clone(), untouched.clone());
        Self { outputs, untouched, role: stack.role.clone(), reader }
    }

    /// The objects that some of the outputs speak of.
    pub(crate) fn objects<'a>(&self, outputs: impl Iterator<Item = &'a String>) -> Vec<UsedObject> {
        let mut objects: Vec<UsedObject> = Vec::new();
        for object in outputs.filter_map(|output| self.untouched.get(output)).flatten() {
            if !objects.contains(object) {
                objects.push(object.clone());
            }
        }
        objects
    }
}

/// The objects that a plan leaves alone, of those that were looked at for it and that outputs
/// are told of.
pub(crate) fn untouched(
    stack: &Stack,
    told_of: &BTreeMap<String, BTreeSet<Address>>,
    world: &World,
    plan: &Plan,
) -> Untouched {
    let touched: BTreeSet<&Address> = plan.steps.iter().map(|node| &node.address).collect();
    let object = |address: &Address| {
        let (want, live) = (stack.resources.get(address)?, world.found.get(address)?);
        let is_touched = touched.contains(address);
        (!is_touched).then(|| relied_on(stack, want.sought(), live, &plan.outputs))
    };
    let each = told_of
        .iter()
        .map(|(output, addresses)| (output.clone(), addresses.iter().filter_map(object).collect()));
    each.collect()
}
