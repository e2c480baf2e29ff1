//! What differs between a resource and its object, of what is ours to state; and
//! the names of differences that are of no field.

use crate::model::{Desired, FieldDiff, KindInfo, Live, Status};

/// The path of a diff that sees an object through to its service, or brings it back
/// when it was on its way out.
pub const STATUS: &str = "status";

/// The path of a diff that says that an object goes with the one it is bound to.
pub const PARENT: &str = "parent";

/// What stands for a field that cannot change in place where somebody asks for another
/// object. No field is called so.
pub const ASKED: &str = "--replace";

/// What differs of what is ours to state, and what of it cannot change in place.
pub fn differences(kind: &KindInfo, want: &Desired, live: &Live) -> Vec<FieldDiff> {
    let mut diff = match live.status {
        // Nothing but its existence can be seen.
        Status::Awaiting(_) => Vec::new(),
        Status::Current | Status::InProgress(_) | Status::Failed(_) | Status::Deleting(_) => {
            kind.compare(&want.document, &live.document)
        }
    };
    diff.retain(|diff| !want.lifecycle.leaves(diff));
    for difference in &mut diff {
        difference.forces_replace = kind.replaces(difference);
    }
    diff
}
