//! The drawing office: from a stack and a world to a plan that leaves no choices.
//!
//! Pure and synchronous. Given the same stack and world it draws the same plan,
//! byte for byte. Nothing here calls a cloud, waits or prints.

mod bonds;
pub mod canon;
pub mod change;
mod draft;
mod fate;
mod graph;
pub mod guard;
pub mod planner;
pub mod saved;
mod turns;
pub mod world;

pub use canon::Canon;
pub use change::{
    Action, Cause, Change, DeleteReason, Need, Plan, PlannedChange, ReplaceOrder, Step, StepId,
    StepNode, Totals,
};
pub use guard::{Purpose, guard};
pub use planner::{Permissions, differences, plan, plan_destroy};
pub use saved::SavedPlan;
pub use world::World;
