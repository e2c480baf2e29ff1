//! Paper: from a YAML file to a checked stack.
//!
//! Two steps. [`load()`] reads the files and finds out which stack this is, in
//! which account and region; it needs no cloud. [`check()`] then turns the text
//! into a [`Stack`](crate::model::Stack): patterns expanded, references
//! resolved, every document checked by its kind, every edge known. Nothing
//! dynamic reaches the plan.
//!
//! All problems are told at once, each a
//! [`Diagnostic`](crate::model::Diagnostic) at its place. How they look is not
//! known here, nor is any cloud: kinds come through the
//! [`Catalog`](crate::model::Catalog).
//!
//! In reading order: `source` and `tree` (text with places), `yaml`, `regular`, `files`, `zip`, `layer`,
//! `folder`, `packing`, `artifacts`, `contents`, `merge`, `shape`, `entry`, `spelling`, `conform`,
//! `parameter`, `inputs`, `given`, `variables`; then `reference`, `instruction`, `values`, `moves`,
//! `pattern`, `patterns`, `expand` with `declare`, `fitting`, `shaped`, `lookup`, `addresses`, `promised`,
//! `lent`, `borrowing`, `substitute`, `carry` and `filled`; `alone`, `role`, `header`, `sensitive`, `load`, `strays`; `written`, `learned`, `predict`, `lock`, `existing`, `edges`,
//! `probes`, `check`, `render`, `restated`; and beside them `layout`, `told`, `mistaken`, `elsewhere`, `catalogue` and `editor`.

mod addresses;
mod alone;
mod artifacts;
mod borrowing;
mod carry;
mod catalogue;
mod check;
mod conform;
mod contents;
mod declare;
mod deprecated;
mod edges;
mod editor;
mod elsewhere;
mod entry;
mod existing;
mod expand;
mod files;
mod filled;
mod fitting;
mod folder;
mod given;
mod header;
mod ignored;
mod inputs;
mod instruction;
mod layer;
mod layout;
mod learned;
mod lent;
mod load;
mod lock;
mod lookup;
mod merge;
mod mistaken;
mod moved;
mod moves;
mod packing;
mod parameter;
mod patience;
mod pattern;
mod patterns;
mod predict;
mod probes;
mod promised;
mod reference;
mod regular;
mod render;
mod restated;
mod role;
mod sensitive;
mod shape;
mod shaped;
mod skips;
mod source;
mod spelling;
mod strays;
mod substitute;
mod suggest;
#[cfg(test)]
mod tests;
mod told;
mod tree;
mod used;
mod values;
mod variables;
mod written;
mod yaml;
mod zip;

pub use artifacts::{artifact_bytes, artifact_copy, artifact_holds};
pub use catalogue::{built_in_patterns, pattern_file};
pub use check::{Borrowed, Checked, Lender, OfOthers, Spoken, check, check_knowing};
pub use editor::{pattern_schema, schema};
pub use elsewhere::{Where, words_of_others};
pub use existing::Referred;
pub use files::peek;
pub use header::{region_name, stack_name};
pub use inputs::{Environment, Inputs, NotAdmitted};
pub use layout::{lay_out, lay_out_file};
pub use learned::Learned;
pub use lent::texts_of;
pub use load::{StackFile, Used, load, load_among};
pub use patterns::{BuiltIn, PATTERNS};
pub use regular::{Unread, read_beside, read_regular};
pub use render::{Evaluated, evaluate, render};
pub use restated::restate;
pub use strays::{strays, unheard};
pub use suggest::did_you_mean;
