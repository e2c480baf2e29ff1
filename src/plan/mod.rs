//! The drawing office: from a stack and a world to a plan that leaves no choices.
//!
//! Pure and synchronous. Given the same stack and world it draws the same plan,
//! byte for byte. Nothing here calls a cloud, waits or prints.

pub mod asked;
mod beside;
mod bonds;
pub mod canon;
pub mod change;
mod circle;
pub mod differences;
mod draft;
pub mod excerpt;
mod fate;
pub mod forecast;
mod former;
mod going_last;
mod graph;
mod greetings;
pub mod guard;
mod joined;
pub mod neighbours;
mod orphans;
pub mod ownership;
pub mod permissions;
pub mod planner;
pub mod purpose;
mod remarks;
pub mod renamed;
pub mod saved;
mod saved_plans;
mod shown;
mod staged;
pub mod today;
mod turns;
pub mod world;

pub use asked::{Asked, AskedFor};
pub use canon::Canon;
pub use change::{
    Action, Cause, Change, DeleteReason, Left, Need, Plan, PlannedChange, ReplaceOrder, Step,
    StepId, StepNode, Totals, WhyLeft,
};
pub use differences::{ASKED, differences};
pub use excerpt::Excerpt;
pub use forecast::{Forecast, Leg, forecast};
pub use former::former_names;
pub use guard::guard;
pub use joined::{Joined, Member};
pub use neighbours::{moved, recognised};
pub use permissions::Permissions;
pub use planner::{plan, plan_asked, plan_destroy, plan_destroy_asked};
pub use purpose::Purpose;
pub use renamed::{Rename, renames};
pub use saved::{NoPlan, SavedPlan};
pub use saved_plans::{SavedMember, SavedPlans};
pub use shown::hide_private;
pub use today::{Held, Today, held};
pub use world::World;
