//! The configuration of a topic on the wire: a map of texts as JSON, in base64. What AWS
//! shows has every setting that holds, with the defaults of the cluster.

use std::collections::BTreeMap;

use aws_smithy_types::base64;
use serde_json::Value;

use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

type Configs = BTreeMap<String, String>;

/// As AWS takes it. An empty map clears what was set.
pub(super) fn sent(configs: &Configs) -> String {
    base64::encode(serde_json::json!(configs).to_string())
}

/// As AWS shows it.
///
/// # Errors
/// That it is no such map.
pub(super) fn seen(text: &str) -> Answer<Configs> {
    if text.is_empty() {
        return Ok(Configs::new());
    }
    let read = || {
        let bytes = base64::decode(text).ok()?;
        let configs: BTreeMap<String, Value> = serde_json::from_slice(&bytes).ok()?;
        Some(configs.into_iter().filter_map(|(name, value)| Some((name, plain(value)?))).collect())
    };
    let unread = || CloudError {
        attempted: "read the configuration of a topic".into(),
        operation: "kafka:DescribeTopic".into(),
        class: ErrorClass::Unexpected,
        code: "Configs".into(),
        message: "it is no map of texts in base64".into(),
        request_id: None,
        hint: None,
    };
    read().map(normal).ok_or_else(unread)
}

/// A setting as text, however AWS writes it; `None` for one that has no value.
fn plain(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}

/// In one form: Kafka takes blanks beside the commas of a list, and does not keep them.
pub(super) fn normal(configs: Configs) -> Configs {
    let tidy = |text: &str| text.split(',').map(str::trim).collect::<Vec<_>>().join(",");
    configs.into_iter().map(|(name, value)| (name, tidy(&value))).collect()
}
