//! Names: what those of all services have in common.

use sha2::{Digest, Sha256};

use crate::model::{Naming, Problem};

/// How many hex digits [`digits`] gives: one in four billion that two stacks
/// with one prefix collide.
pub(crate) const DIGITS: usize = 8;

/// Digits that follow from whose an object is: account, region, stack and
/// address.
pub(crate) fn digits(naming: &Naming) -> String {
    let Naming { stack, address, place } = naming;
    let whose = [&place.account, &place.region, stack, address.as_str()].join("\n");
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(whose).into();
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}

/// The problem of a name that has more characters than its service takes.
pub(crate) fn too_long(field: &str, name: &str, most: usize, service: &str) -> Option<Problem> {
    let length = name.chars().count();
    (length > most).then(|| {
        let message = format!("the {field} has {length} characters, {service} takes {most}");
        Problem::of(field, message).hint(format!("state a shorter `{field}`"))
    })
}

/// What the names of the queues begin with that an exercise makes, and removes,
/// for a stack.
pub(crate) fn ear_prefix(stack: &str) -> String {
    format!("ccprov-probe-{stack}-")
}
