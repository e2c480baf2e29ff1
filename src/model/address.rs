//! The name that a stack gives to a resource.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Our name of a resource within its stack: `audit`, or `claimcheck.queue`
/// when a pattern declared it, or `claimcheck.role.batch` for one instance of
/// a `for_each`.
///
/// AWS knows nothing of addresses, except through the owner tag; what AWS
/// calls the object is its [`Identity`](super::Identity).
///
/// ```
/// use ccprov::model::Address;
///
/// let queue = Address::new("claimcheck").join("queue");
/// assert_eq!(queue.as_str(), "claimcheck.queue");
/// assert_eq!(queue.dashed(), "claimcheck-queue");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

/// What addresses of passing things begin with. No name in a stack file can.
const PASSING: &str = "@";

impl Address {
    /// An address from its written form.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The address of what lives only while something is tried out. It is not
    /// declared, nor is it an orphan: only `destroy` removes it.
    pub fn passing(name: &str) -> Self {
        Self(format!("{PASSING}{name}"))
    }

    /// Whether it is one of those.
    pub fn is_passing(&self) -> bool {
        self.0.starts_with(PASSING)
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of something declared inside this one.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        Self(format!("{}.{name}", self.0))
    }

    /// The address as it is told beside those of other stacks, if there are any.
    #[must_use]
    pub fn of_stack(&self, stack: Option<&str>) -> Self {
        stack.map_or_else(|| self.clone(), |stack| Self(format!("{stack}/{}", self.0)))
    }

    /// The address as part of a physical name, which in AWS takes dashes but
    /// rarely dots.
    pub fn dashed(&self) -> String {
        self.0.replace(['.', '_'], "-")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
