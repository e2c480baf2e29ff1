//! What is told of an inspection while it lasts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Inspected;

/// What happens during an inspection, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Notice {
    /// A trial begins.
    Started {
        /// The check's id.
        check: String,
        /// Of what.
        subject: String,
        /// How long it may take.
        limit: Duration,
    },
    /// A trial waits. Said again every ten seconds while it does.
    Awaiting {
        /// The check's id.
        check: String,
        /// Of what.
        subject: String,
        /// For what.
        what: String,
        /// Since the trial began.
        waited: Duration,
        /// How long the trial may take.
        limit: Duration,
    },
    /// A check is done.
    Ended(Box<Inspected>),
}
