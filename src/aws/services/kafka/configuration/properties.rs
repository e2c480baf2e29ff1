//! Properties of brokers as a map, whoever wrote them: a stack file as a map or as text, AWS
//! as the bytes of a properties file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::model::Problem;
use crate::model::document::is_pending;

/// Names and values; each name once.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Properties(BTreeMap<String, String>);

impl Properties {
    /// A properties file as AWS keeps it. Kafka reads it with Java's `Properties`, of whose form
    /// this has what occurs: comments, either sign between name and value, lines that go on.
    pub(super) fn seen(text: &str) -> Self {
        // A backslash at its end has a line go on, without the blanks that the next begins with.
        let mut whole = String::new();
        let mut properties = BTreeMap::new();
        for line in text.lines().chain([""]) {
            let line = line.trim();
            if whole.is_empty() && line.starts_with(['#', '!']) {
                continue;
            }
            if let Some(begun) = line.strip_suffix('\\') {
                whole.push_str(begun);
            } else {
                whole.push_str(line);
                properties.extend(property(&std::mem::take(&mut whole)));
            }
        }
        Self(properties)
    }

    /// The same as a properties file, sorted by name.
    pub(super) fn text(&self) -> String {
        let lines = self.0.iter().map(|(name, value)| format!("{name}={value}\n"));
        lines.collect::<Vec<String>>().concat()
    }

    /// What is no property.
    pub(super) fn problem(&self) -> Option<Problem> {
        let is_odd = |name: &&String| {
            !is_pending(name) && (name.is_empty() || name.contains(char::is_whitespace))
        };
        let odd = self.0.keys().find(is_odd)?;
        let message = format!("`{odd}` is no name of a property");
        Some(Problem::of("server_properties", message).hint("log.retention.hours: 72"))
    }
}

fn property(line: &str) -> Option<(String, String)> {
    if line.is_empty() {
        return None;
    }
    let (name, value) = line.split_once(['=', ':']).unwrap_or((line, ""));
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = || {
            serde::de::Error::custom(
                "properties are a map of texts, or the text of a properties file",
            )
        };
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self::seen(&text)),
            Value::Object(map) => {
                let text = |value: &Value| match value {
                    Value::String(text) => Some(text.trim().to_owned()),
                    // What stands for a number or a truth is written as Kafka reads it.
                    Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
                    Value::Null | Value::Array(_) | Value::Object(_) => None,
                };
                let entry = |(name, value): (&String, &Value)| Some((name.clone(), text(value)?));
                map.iter().map(entry).collect::<Option<_>>().map(Self).ok_or_else(told)
            }
            Value::Null => Ok(Self::default()),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => Err(told()),
        }
    }
}

impl JsonSchema for Properties {
    fn schema_name() -> Cow<'static, str> {
        "ServerProperties".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Properties, as a map, `{ log.retention.hours: 72 }`, or as the text of a properties file.",
            "type": ["object", "string"],
            "minLength": 1,
            "additionalProperties": { "type": ["string", "number", "boolean"] }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_are_one_map_however_they_are_written() {
        let check = |written: Value, expected: &str| {
            let properties: Properties = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(properties.text(), expected, "{written}");
            assert_eq!(Properties::seen(&properties.text()), properties, "{written}");
            let again: Properties =
                serde_json::from_value(serde_json::to_value(&properties).unwrap()).unwrap();
            assert_eq!(again, properties, "{written}");
        };
        let both = "auto.create.topics.enable=false\nlog.retention.hours=72\n";
        check(json!({ "log.retention.hours": 72, "auto.create.topics.enable": false }), both);
        check(
            json!("log.retention.hours = 72\n\n# a comment\nauto.create.topics.enable: false"),
            both,
        );
        check(
            json!("! another\r\n  auto.create.topics.enable=false\r\nlog.retention.hours=72"),
            both,
        );
        check(json!("a=1\na=2"), "a=2\n");
        check(json!("list=a,\\\n   b"), "list=a,b\n");
        check(json!("url=jdbc:x=y"), "url=jdbc:x=y\n");
        check(json!("empty="), "empty=\n");
        check(json!(""), "");
        check(json!({}), "");
    }

    #[test]
    fn what_is_no_property_is_refused() {
        for wrong in [json!([1]), json!(3), json!({ "a": [1] }), json!({ "a": null })] {
            assert!(serde_json::from_value::<Properties>(wrong.clone()).is_err(), "{wrong}");
        }
        let odd = |text: &str| Properties::seen(text).problem().map(|problem| problem.message);
        assert_eq!(
            odd("log retention=3").as_deref(),
            Some("`log retention` is no name of a property")
        );
        assert_eq!(odd("log.retention.hours=3"), None);
    }
}
