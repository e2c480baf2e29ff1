//! The words of the house: plain values that every other room speaks in.
//!
//! Nothing here does I/O, knows the time, waits, or has heard of AWS. A value
//! of this room can be built in a test with a literal, compared with `==`, and
//! written to JSON. In reading order: [`address`] and [`document`] (how things
//! are named and what they hold), [`resource`] (what is wanted and what was
//! seen), [`mod@compare`] (the heart), then what surrounds them.

pub mod address;
pub mod artifact;
pub mod call;
pub mod catalog;
pub mod check;
pub mod cloud_error;
pub mod compare;
pub mod course;
pub mod diagnostic;
pub mod document;
pub mod existing;
pub mod fact;
pub mod former;
mod knots;
pub mod lease;
pub mod mask;
pub mod names;
pub mod namesakes;
pub(crate) mod near;
pub mod origin;
pub mod owner;
pub mod ownership;
pub mod patience;
pub mod pattern;
pub mod place;
pub mod probe;
pub mod question;
pub mod rendered;
pub mod resource;
pub mod restated;
pub mod role;
pub mod scene;
pub mod spelling;
pub mod stack;
pub mod stages;
pub mod until;
pub mod used_stack;

pub use address::Address;
pub use artifact::{
    Artifact, ArtifactInfo, ArtifactSort, Detour, Hash, HashSpelling, Packing, Size, short_hash,
};
pub use call::CallRecord;
pub use catalog::{
    Beside, Catalog, Examined, Greeting, InPart, KindInfo, NameOrigin, Naming, PolicyField,
    PolicyTells, Prepared, Problem, Succession,
};
pub use check::{CheckInfo, CheckKind, Finding, Inspected, Level, Observation, Skip, Verdict};
pub use cloud_error::{CloudError, ErrorClass, InFlight};
pub use compare::{FieldDiff, compare, compare_in_part};
pub use course::Course;
pub use diagnostic::{Diagnostic, Location, Severity};
pub use document::{Document, FactRef, Path, Segment};
pub use existing::{By, EXISTING, Existing, LandmarkInfo, Lookup, Neighbour, Sight};
pub use fact::FactInfo;
pub use former::{FormerNames, KeptName, Moved};
pub use knots::knots;
pub use lease::{Found, Holder, Lease, Lock};
pub use mask::{Mask, UNSHOWN};
pub use names::Names;
pub use namesakes::{told_apart, told_beside};
pub use origin::Origin;
pub use owner::Owner;
pub use ownership::{Claimant, Whose};
pub use patience::{Deadlines, LONG, Limit, Patience};
pub use pattern::{PatternInfo, PatternPart};
pub use place::{Caller, Place};
pub use probe::{Expectation, Probe, Script, Sending};
pub use question::{Answers, Question};
pub use rendered::{Rendered, RenderedShape};
pub use resource::{
    Desired, Edge, Emptying, Facts, Holdings, Identity, Lifecycle, Live, Parent, Sought, Status,
    TAGS,
};
pub use restated::Restated;
pub use role::Role;
pub use scene::{Exhibit, Other, Scene};
pub use stack::Stack;
pub use stages::{Along, Anew, Length, Stage, Stages};
pub use until::Until;
pub use used_stack::{PassedOn, UsedObject, UsedStack};
