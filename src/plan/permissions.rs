//! What permits to lose something: the user's word for a run, and the stack
//! file's for an object.

use serde_json::Value;

use crate::model::Document;

/// What the user permits beyond the ordinary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// `--allow-data-loss`: objects that hold data may be deleted or replaced,
    /// and buckets emptied.
    pub allow_data_loss: bool,
}

/// The field by which a stack file permits to empty what it destroys.
pub(super) const FORCE: &str = "force_destroy";

/// Whether a document permits to empty the object before it is deleted.
pub(super) fn may_empty(document: &Document) -> bool {
    document.get(FORCE).and_then(Value::as_bool) == Some(true)
}
