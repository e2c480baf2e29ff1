//! How much of a plan is told.

/// How much of a plan is shown. What changes always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanDetail {
    /// List the resources that do not change, instead of counting them.
    pub unchanged: bool,
    /// List the fields of the objects that go.
    pub deleted_fields: bool,
    /// List the fields of new objects that the stack file does not mention.
    pub defaults: bool,
}

impl PlanDetail {
    /// What changes, and no more.
    pub const CHANGES: Self = Self { unchanged: false, deleted_fields: false, defaults: false };
    /// Everything.
    pub const FULL: Self = Self { unchanged: true, deleted_fields: true, defaults: true };
}
