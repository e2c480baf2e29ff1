//! The key that encrypts what a resource holds, as far as it is known.

use serde_json::{Value, json};

use super::encryption_at_rest::is_aws_managed;
use super::patch;
use crate::model::{Exhibit, Finding, Other, Path, Scene};

/// What encrypts a resource.
pub(super) enum KeyOf<'a> {
    /// No key of KMS, or none that is named.
    Nobody,
    /// One of AWS's own, whose policy cannot be changed.
    Aws,
    /// A key of the stack.
    Here(&'a Exhibit),
    /// A key of somebody else, as it lives.
    There(&'a Exhibit),
    /// Nobody can tell: why.
    Open(String),
}

/// The key that a resource names, and where it does.
pub(super) fn key_of<'a>(scene: &'a Scene, exhibit: &'a Exhibit) -> (KeyOf<'a>, Path) {
    let path = scene.keys_of(exhibit).first().cloned().unwrap_or_default();
    let named = path.get(&exhibit.document).and_then(Value::as_str).unwrap_or_default();
    let key = if named.is_empty() {
        KeyOf::Nobody
    } else if is_aws_managed(named) {
        KeyOf::Aws
    } else if let Some(key) = scene.named("kms_key", named) {
        KeyOf::Here(key)
    } else {
        match scene.others.get(named) {
            Some(Other::Seen(key)) => KeyOf::There(key),
            Some(Other::Hidden(why)) => KeyOf::Open(format!("the key is {why}")),
            // What is wrong with such a key is told once, of whoever is encrypted with it.
            Some(Other::Gone(_)) => KeyOf::Open("the key is gone".to_owned()),
            None => KeyOf::Open("the key is not of this stack".to_owned()),
        }
    };
    (key, path)
}

/// What is wrong with a key that is switched off.
pub(super) fn disabled(key: &Exhibit) -> Option<Finding> {
    if key.document.get("is_enabled").and_then(Value::as_bool) != Some(false) {
        return None;
    }
    let message = "it is disabled, so what it encrypts takes no messages, and gives none out";
    let finding = Finding::new(&key.address, message).at(Path::field("is_enabled"));
    Some(finding.hint("enable it").patch(patch::field("is_enabled", &json!(true))))
}
