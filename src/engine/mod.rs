//! The site: the only asynchronous core of the house.

pub mod event;
pub mod port;
