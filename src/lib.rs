//! ccprov provisions and verifies messaging and event systems on AWS.
//!
//! The rooms, in reading order: [`model`] (the words), [`spec`] (the stack
//! file), [`plan`] (what to do), [`engine`] (doing it), [`verify`] (proving it),
//! [`report`] (showing it), `aws` and [`sim`] (the two clouds), `cli` (the front
//! desk).
//! `docs/ARCHITECTURE.md` walks through them.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "aws")]
pub mod cli;
pub mod engine;
pub mod model;
pub mod plan;
pub mod report;
pub mod sim;
pub mod spec;
pub mod verify;
