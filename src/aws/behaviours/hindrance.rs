//! What stands in the way of an exercise, without any call having failed.

use crate::model::{CloudError, ErrorClass};

/// For what stands in the way of looking without any call having failed.
pub(super) fn in_the_way(attempted: &str, code: &str, message: String, hint: &str) -> CloudError {
    CloudError {
        attempted: attempted.into(),
        operation: "the exercise".into(),
        class: ErrorClass::Unexpected,
        code: code.into(),
        message,
        request_id: None,
        hint: Some(hint.into()),
    }
}
