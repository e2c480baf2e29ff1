//! What the stack owns and does not declare; and what may be its own and is left
//! alone, because its tags do not say so.

use std::collections::BTreeSet;

use super::change::{DeleteReason, Left, WhyLeft};
use super::fate::{Fate, Verdict};
use super::world::World;
use crate::model::{Address, Catalog, Desired, Diagnostic, Live, NameOrigin, Parent, Stack, Whose};

/// The end of every orphan, and what is left.
pub(super) fn let_go<'a>(
    stack: &Stack,
    world: &'a World,
    catalog: &dyn Catalog,
    half_made: &BTreeSet<Parent>,
    why: DeleteReason,
) -> (Vec<Fate<'a>>, Vec<Left>) {
    let mut taken: BTreeSet<Address> = stack.resources.keys().cloned().collect();
    let (mut fates, mut left) = (Vec::new(), Vec::new());
    let is_meant = |live: &&Live| {
        !live.is_going() && !is_passing(live, why) && !half_made.contains(&live.as_parent())
    };
    for live in world.orphans.iter().filter(is_meant) {
        match stack.claimant().whose(live, catalog) {
            Whose::Ours => {
                let address = free_address(live, &taken);
                taken.insert(address.clone());
                let is_strange = has_a_strange_name(live, stack, catalog);
                let note = "its name is not one that this stack gives: it was stated once, or \
                            somebody else made it";
                // No file says that it may be emptied, and anybody can write a tag.
                let why = reason(live, stack, why);
                let verdict = Verdict::Delete { live, why, force: false };
                let strange = is_strange.then(|| note.to_owned());
                let notes = strange.into_iter().chain(of_former_name(live, stack)).collect();
                fates.push(Fate { address, verdict, notes });
            }
            Whose::OfNoRegion(_) => left.push(Left::new(live, None, WhyLeft::NoRegion)),
            Whose::Nobodys => left.push(Left::new(live, None, WhyLeft::NoOwner)),
            Whose::Anothers(_) => {}
        }
    }
    (fates, left)
}

/// That another file may still go by the name that the stack had.
fn of_former_name(live: &Live, stack: &Stack) -> Option<String> {
    let owner = live.owner.as_ref().filter(|owner| stack.was.contains(&owner.stack))?;
    let (was, address) = (&owner.stack, &owner.address);
    Some(format!(
        "carries the name that the stack had, {was}/{address}: make sure that no other file goes by \
         `{was}`"
    ))
}

/// The objects that were another kind than what `moved` says they are by now.
pub(super) fn of_another_kind(
    stack: &Stack,
    world: &World,
    catalog: &dyn Catalog,
) -> Vec<Diagnostic> {
    let problem = |live: &Live| {
        let before = &live.owner.as_ref()?.address;
        let want = stack.declaring(before).filter(|want| want.address != *before)?;
        let is_another = want.kind != live.kind && stack.claimant().owns(live, catalog);
        let Desired { address, kind, .. } = want;
        let (was, identity) = (&live.kind, &live.identity);
        is_another.then(|| {
            Diagnostic::error(format!("{before} was a {was}, and {address} is a {kind}"))
                .because(format!(
                    "`moved` would have {was} {identity} become it, and no object changes its kind"
                ))
                .hint(format!(
                    "take it out of `moved`: then {identity} goes, and {address} is made anew"
                ))
        })
    };
    world.orphans.iter().filter(|live| !live.is_going()).filter_map(problem).collect()
}

/// What is still declared, and has another object by now, was replaced.
fn reason(live: &Live, stack: &Stack, why: DeleteReason) -> DeleteReason {
    let declared = live.owner.as_ref().and_then(|it| stack.declaring(&it.address));
    let is_declared = declared.is_some_and(|want| want.kind == live.kind);
    if is_declared && why == DeleteReason::NotDeclared { DeleteReason::Replaced } else { why }
}

/// Whether the stack would not give an object this name by itself. Whoever may
/// write tags could have made it look like the stack's; whoever may choose names
/// cannot do that to what is there.
///
/// What is declared no more has its name from any that the stack had, and from any address
/// that `moved` says it had.
pub(super) fn has_a_strange_name(live: &Live, stack: &Stack, catalog: &dyn Catalog) -> bool {
    let Some(owner) = &live.owner else { return false };
    let claimant = stack.claimant();
    // What passes is called by the name that the stack had at the time.
    let passes = owner.address.is_passing();
    let stacks = if passes { vec![owner.stack.as_str()] } else { claimant.stacks() };
    let gives = |address: &Address| {
        stacks.iter().any(|name| {
            let naming = claimant.naming_in(name, address.clone());
            catalog.name_origin(live, &naming) != NameOrigin::Stated
        })
    };
    !stack.moved.ever(&owner.address).iter().any(gives)
}

/// What passes by itself is no orphan: a verify may be using it.
fn is_passing(live: &Live, why: DeleteReason) -> bool {
    let passes = live.owner.as_ref().is_some_and(|owner| owner.address.is_passing());
    passes && why != DeleteReason::Destroy
}

/// An orphan keeps the address in its owner tag, unless something else has it
/// now (a resource that was renamed): then AWS's name tells them apart.
fn free_address(live: &Live, taken: &BTreeSet<Address>) -> Address {
    let named = || Address::new(format!("{}({})", live.kind, live.identity));
    let address = live.owner.as_ref().map(|owner| owner.address.clone());
    address
        .filter(|address| !address.as_str().is_empty() && !taken.contains(address))
        .unwrap_or_else(named)
}
