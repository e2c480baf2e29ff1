//! What a schema violates, at its place in the stack file.

use jsonschema::ValidationError;
use jsonschema::paths::{Location, LocationSegment};

use crate::model::{Path, Problem};

/// A violation at its place.
pub(super) fn problem(error: &ValidationError<'_>) -> Problem {
    Problem::of("", error.to_string()).at(path(error.instance_path()))
}

pub(super) fn at(steps: &[&str]) -> Path {
    steps.iter().fold(Path::field("content"), |path, step| path.with_field(*step))
}

fn path(location: &Location) -> Path {
    location.iter().fold(Path::field("content"), |path, segment| match segment {
        LocationSegment::Property(name) => path.with_field(name.as_ref()),
        LocationSegment::Index(index) => path.with_index(index),
    })
}
