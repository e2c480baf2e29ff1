//! A cloud in memory, behind the same door as the real one.
//!
//! It serves any [`Catalog`](crate::model::Catalog) and knows no kind by name:
//! what must exist, what cannot change and what goes after what it learns from
//! the kinds' own data, and holds the engine to it. Time is tokio's, so that a
//! test with paused time runs through hours in milliseconds; every delay and
//! every fault follows from a seed.
//!
//! [`Cloud`] is the cloud and, as [`Read`](crate::engine::port::Read), who looks
//! at it; [`Cloud::writer`] also touches it; its other methods are everybody
//! else: who changes things behind the engine's back, and who looks at the
//! truth. [`Weather`] says how slow, late and faulty it is, [`SimCatalog`] has
//! kinds for tests of the engine.
//!
//! In reading order: `weather`, `limits`, `calls`, `objects` with `making`, `rules`
//! and `versions`, `shelf`, `cloud`, `stranger`, `kinds`. Beside them [`LeaseDoor`], where runs contend
//! for the lease of a stack.

mod calls;
mod cloud;
mod kinds;
mod lease;
mod limits;
mod making;
mod objects;
mod renamed;
mod rules;
mod shelf;
mod stranger;
mod versions;
mod weather;

pub use calls::{Operation, rounds};
pub use cloud::{Cloud, Writer};
pub use kinds::SimCatalog;
pub use lease::{LeaseDoor, Mishap};
pub use shelf::Shelf;
pub use weather::{Fault, Weather};
