//! Which deletions of a plan may wait for others.

use std::collections::BTreeSet;

use super::change::{Plan, Step, StepId, StepNode};
use crate::model::Address;

impl Plan {
    /// The deletions for which nothing waits but deletions, and changes that only take back what
    /// admitted the old objects. Everything that the plan makes is there without them.
    pub fn going_last(&self) -> BTreeSet<StepId> {
        let is_wide = |node: &&StepNode| node.interim && matches!(node.step, Step::Update { .. });
        let begun: BTreeSet<&Address> =
            self.steps.iter().filter(is_wide).map(|node| &node.address).collect();
        let may_wait = |node: &&StepNode| match node.step {
            Step::Create { .. } => false,
            Step::Update { .. } => !node.interim && begun.contains(&node.address),
            Step::Delete { .. } => true,
        };
        let deletes = |node: &&StepNode| matches!(node.step, Step::Delete { .. });
        let mut going: BTreeSet<StepId> =
            self.steps.iter().filter(deletes).map(|node| node.id).collect();
        let mut first: Vec<&StepNode> = self.steps.iter().filter(|node| !may_wait(node)).collect();
        let mut seen = BTreeSet::new();
        while let Some(node) = first.pop() {
            going.remove(&node.id);
            let needed = node.needs.keys().filter(|id| seen.insert(**id));
            first.extend(needed.map(|id| &self.steps[id.0]));
        }
        going
    }
}
