//! Exercises of living systems: each passes on a sound stack, sees what was
//! broken, harms nobody beside it, and leaves nothing behind.

mod claim_roundtrip;
mod dead_letter;
mod leftovers;
mod neighbours;
mod refusals;
mod stand;
