//! The name of a deleted queue cools down before a new queue can have it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::queue_of;
use crate::support::fault_proxy::Fault;
use crate::support::request::Request;

/// As recorded from SQS.
const DELETED_RECENTLY: Fault = Fault::Says(
    400,
    "AWS.SimpleQueueService.QueueDeletedRecently",
    "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
);

/// As its message says.
const LENGTH: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct CoolDown {
    deleted: Mutex<BTreeMap<String, Instant>>,
}

impl CoolDown {
    pub(super) fn refusal(&self, request: &Request) -> Option<Fault> {
        let name = request.json("QueueName").filter(|_| request.call().is("sqs", "CreateQueue"))?;
        let is_warm = self.deleted().get(&name).is_some_and(|since| since.elapsed() < LENGTH);
        is_warm.then_some(DELETED_RECENTLY)
    }

    pub(super) fn note(&self, request: &Request) {
        if let Some(name) = queue_of(request).filter(|_| request.call().is("sqs", "DeleteQueue")) {
            self.deleted().insert(name, Instant::now());
        }
    }

    /// Nobody need wait so long.
    pub(super) fn end(&self) {
        self.deleted().clear();
    }

    fn deleted(&self) -> MutexGuard<'_, BTreeMap<String, Instant>> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
