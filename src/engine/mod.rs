//! The site: the only asynchronous core of the house.
//!
//! [`observe`](observe::observe) looks, [`execute`](execute::execute) acts; the
//! two speak to a cloud through [`port`] and know no cloud by name. What may
//! start is decided by [`schedule`], a pure structure; all waiting is in
//! [`wait`]; what happened comes out as [`event`]s. A
//! [`lease`] keeps two runs of one stack apart, and [`pace`] keeps calls within
//! the rates that a cloud admits.

pub mod event;
pub mod execute;
pub mod lease;
pub mod observe;
pub mod pace;
pub mod port;
pub mod proof;
pub mod revisit;
pub mod schedule;
pub mod several;
pub mod site;
mod span;
mod step;
pub mod stop;
pub mod wait;
mod why;

pub use execute::{Report, execute, execute_among};
pub use observe::{
    Look, Onlooker, examine, find_all, look_up_all, observe, observe_excerpt, observe_told, seek,
    weigh,
};
pub use revisit::revisit;
pub use site::Site;
pub use why::Why;

pub use crate::model::Until;
