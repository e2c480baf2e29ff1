//! Everything that is tested from outside, through the library's public items.
//!
//! One test crate, because linking is what integration tests cost most: a new
//! area is a folder or a file here and one line below.

mod buckets;
mod contract;
