//! The drawing office: from a stack and a world to a plan that leaves no choices.
//!
//! Pure and synchronous. Given the same stack and world it draws the same plan,
//! byte for byte. Nothing here calls a cloud, waits or prints.

pub mod change;

pub use change::{
    Action, Cause, Change, DeleteReason, Need, Plan, PlannedChange, ReplaceOrder, Step, StepId,
    StepNode, Totals,
};
