//! How an object is that somebody relies on.

use crate::aws::AwsCatalog;
use crate::model::{Live, Owner, Stack, Status, Whose};

/// How an object of a stack is, for who relies on it.
pub(crate) enum Presence<'l> {
    There,
    Anothers(&'l Owner),
    Nobodys,
    Coming(&'l str),
    Failed(&'l str),
    Going(&'l str),
}

/// How an object is that is to be a stack's.
pub(crate) fn presence<'l>(stack: &Stack, live: &'l Live, catalog: &AwsCatalog) -> Presence<'l> {
    match (stack.claimant().whose(live, catalog), &live.status) {
        (Whose::Anothers(owner), _) => Presence::Anothers(owner),
        (Whose::Nobodys, _) => Presence::Nobodys,
        (_, Status::Deleting(how)) => Presence::Going(how),
        (_, Status::InProgress(what)) => Presence::Coming(what),
        (_, Status::Failed(why)) => Presence::Failed(why),
        (Whose::Ours | Whose::OfNoRegion(_), Status::Current | Status::Awaiting(_)) => {
            Presence::There
        }
    }
}
