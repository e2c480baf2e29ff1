//! Which call an attempt is of, for those on its way who see bytes alone.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_types::config_bag::{Storable, StoreReplace};

use crate::engine::pace::Pass;

/// One attempt on its way: which call it is, and its pass once it is admitted.
/// Shown as `sqs:CreateQueue`.
#[derive(Clone, Debug)]
pub(super) struct CallContext(Arc<Call>);

#[derive(Debug)]
struct Call {
    service: String,
    operation: String,
    pass: OnceLock<Pass>,
}

impl CallContext {
    /// Of an attempt that is not admitted yet.
    pub(super) fn new(service: String, operation: &str) -> Self {
        let operation = operation.to_owned();
        Self(Arc::new(Call { service, operation, pass: OnceLock::new() }))
    }

    /// It may go out.
    pub(super) fn is_admitted(&self, pass: Pass) {
        let _first = self.0.pass.set(pass);
    }

    /// With what it went out.
    pub(super) fn pass(&self) -> Option<&Pass> {
        self.0.pass.get()
    }

    /// How long it stood in line; `None` while it still does.
    pub(super) fn waited(&self) -> Option<Duration> {
        self.0.pass.get().map(Pass::waited)
    }

    /// As the call log names it: `sqs`.
    pub(super) fn service(&self) -> &str {
        &self.0.service
    }

    /// For example `CreateQueue`.
    pub(super) fn operation(&self) -> &str {
        &self.0.operation
    }
}

impl fmt::Display for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service(), self.operation())
    }
}

impl Storable for CallContext {
    type Storer = StoreReplace<Self>;
}
