//! A plan in a file: `plan --out FILE`, then `apply --plan FILE` does exactly
//! that, or refuses because the world has moved under it.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::change::{Change, Plan, Step};
use super::world::World;
use crate::model::{Address, Desired, Diagnostic, FieldDiff, Live, Place, Stack, compare};

/// The format's name and version. A file of another version is refused.
pub const FORMAT: &str = "ccprov.saved-plan/1";

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// [`FORMAT`].
    pub format: String,
    /// SHA-256 over plan and stack: a file that was edited is refused.
    pub digest: String,
    /// The stack that it was drawn from.
    pub stack: Stack,
    /// The plan.
    pub plan: Plan,
}

impl SavedPlan {
    /// A plan ready to be written.
    pub fn new(stack: Stack, plan: Plan) -> Self {
        Self { format: FORMAT.into(), digest: digest(&stack, &plan), stack, plan }
    }

    /// Whether the file is one that we wrote, for this place.
    pub fn check(&self, place: &Place) -> Result<(), Diagnostic> {
        if self.format != FORMAT {
            return Err(Diagnostic::error(format!("the plan file has format {}", self.format))
                .because(format!("this ccprov reads {FORMAT}"))
                .hint("make the plan again"));
        }
        if self.digest != digest(&self.stack, &self.plan) {
            return Err(Diagnostic::error("the plan file was changed after it was made")
                .hint("make the plan again"));
        }
        let (made, here) = (&self.plan.place, place);
        if (&made.account, &made.region) != (&here.account, &here.region) {
            return Err(Diagnostic::error("the plan file was made for another place")
                .because(format!(
                    "it is for account {} in {}, the credentials are of account {} in {}",
                    made.account, made.region, here.account, here.region
                ))
                .hint("use the credentials and region that the plan was made with"));
        }
        Ok(())
    }

    /// The plan on today's objects, if nothing that it touches has moved. What
    /// moved elsewhere is left as it is: taking it back is not in the plan.
    pub fn on(&self, world: &World) -> Result<Plan, Vec<Diagnostic>> {
        let mut plan = self.plan.clone();
        let replaced: BTreeSet<&Address> = self
            .plan
            .changes
            .iter()
            .filter(|planned| matches!(planned.change, Change::Replace { .. }))
            .map(|planned| &planned.address)
            .collect();
        let mut stale = Vec::new();
        let mut begun = BTreeSet::new();
        for node in &mut plan.steps {
            // What goes on from another step of the plan finds what that leaves.
            let goes_on = begun.contains(&node.address);
            if node.interim {
                begun.insert(node.address.clone());
            }
            if goes_on && matches!(node.step, Step::Update { .. }) {
                continue;
            }
            let now = object_of(&node.step, &node.address, world);
            match (&mut node.step, now) {
                (Step::Create { want }, Some(_)) if !replaced.contains(&want.address) => {
                    stale.push(moved(&format!("{} exists by now", want.address)));
                }
                (Step::Create { .. } | Step::Delete { .. }, None) | (Step::Create { .. }, _) => {}
                (Step::Update { want, .. }, None) => {
                    stale.push(moved(&format!("{} is gone", want.address)));
                }
                (Step::Update { want, have, diff }, Some(live)) => {
                    stale.extend(moves(diff, want, live));
                    leave_alone(want, diff, live);
                    **have = live.clone();
                }
                (Step::Delete { have, .. }, Some(live)) => **have = live.clone(),
            }
        }
        if stale.is_empty() { Ok(plan) } else { Err(stale) }
    }
}

/// What is not any more as the plan saw it, of the fields that it changes. A
/// field counts whole: to change one tag is to write all of them.
fn moves(planned: &[FieldDiff], want: &Desired, live: &Live) -> Vec<Diagnostic> {
    let fresh = compare(&want.document, &live.document);
    let is_ignored = |diff: &&FieldDiff| {
        want.lifecycle.ignore_changes.iter().any(|field| diff.path.is_within(field))
    };
    let moved_on = fresh.iter().filter(|diff| touches(planned, diff.path.top()));
    let moved_on = moved_on.filter(|diff| !is_ignored(diff)).filter_map(|now| {
        let before = planned.iter().find(|diff| diff.path == now.path);
        let was = before.map_or(now.want.as_ref(), |diff| diff.have.as_ref());
        (was != now.have.as_ref()).then(|| {
            let text = |value: Option<&Value>| value.unwrap_or(&Value::Null).to_string();
            let (was, is) = (text(was), text(now.have.as_ref()));
            moved(&format!("{} {} {was} -> {is}", want.address, now.path))
        })
    });
    // Ownership and status are no fields; the world itself tells of them.
    let fields = planned.iter().filter(|diff| want.document.contains_key(diff.path.top()));
    let settled = fields.filter(|diff| fresh.iter().all(|now| now.path != diff.path));
    let settled =
        settled.map(|diff| moved(&format!("{} {} is as wanted by now", want.address, diff.path)));
    moved_on.chain(settled).collect()
}

/// Has the step want what there is, in the fields that it does not change.
fn leave_alone(want: &mut Desired, planned: &[FieldDiff], live: &Live) {
    want.document.retain(|field, _| touches(planned, field) || live.document.contains_key(field));
    for (field, value) in &mut want.document {
        if let Some(seen) = live.document.get(field).filter(|_| !touches(planned, field)) {
            *value = seen.clone();
        }
    }
}

fn touches(planned: &[FieldDiff], field: &str) -> bool {
    planned.iter().any(|diff| diff.path.top() == field)
}

fn object_of<'a>(step: &Step, address: &Address, world: &'a World) -> Option<&'a Live> {
    let found = world.found.get(address);
    let (Step::Update { have, .. } | Step::Delete { have, .. }) = step else { return found };
    let is_it = |live: &&Live| live.kind == have.kind && live.identity == have.identity;
    found.filter(is_it).or_else(|| world.found.values().chain(&world.orphans).find(is_it))
}

fn moved(what: &str) -> Diagnostic {
    Diagnostic::error(format!("the plan is stale: {what}"))
        .because("AWS is no longer as it was when the plan was made; nothing was changed")
        .hint("make the plan again and review it")
}

fn digest(stack: &Stack, plan: &Plan) -> String {
    // Maps are sorted, so equal values have equal bytes.
    let bytes = serde_json::to_vec(&(stack, plan)).unwrap_or_default();
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
