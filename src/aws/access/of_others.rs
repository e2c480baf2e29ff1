//! What a stack needs that refers to what others own.

use std::collections::BTreeSet;

use super::{AccessPolicy, Command, access_policy, neighbours};
use crate::aws::grant::{DISCOVERY, LEASE};
use crate::model::{Lookup, Stack};

/// The least for a command, with the looks at what others own, and at the objects of the stacks that it uses:
/// of these `lenders` have those alone that are used, with the looks at what they pass on.
pub fn access_policy_with(
    stack: &Stack,
    (lookups, lenders): (&[Lookup], &[(Stack, Vec<Lookup>)]),
    command: Command,
) -> AccessPolicy {
    let mut policy = access_policy(stack, command);
    policy.statements.extend(neighbours::statements(stack, lookups));
    for (number, (lender, passed_on)) in (1..).zip(lenders) {
        let mut read = access_policy(lender, Command::Plan);
        // What lists all that a stack owns is not asked of another.
        let listing = DISCOVERY.iter().chain(LEASE).map(|grant| grant.sid);
        let listing: BTreeSet<&str> = listing.collect();
        read.statements.retain(|statement| !listing.contains(&*statement.sid));
        read.statements.extend(neighbours::statements(lender, passed_on));
        for statement in &mut read.statements {
            statement.sid = format!("Used{number}{}", statement.sid).into();
        }
        policy.statements.append(&mut read.statements);
    }
    policy
}
