//! Judges payloads by the schemas of their types, in words that repeat nothing of
//! them.

use serde_json::Value;

use crate::{EventType, Schema};

/// The schemas of all types, read once.
#[derive(Debug)]
pub struct Schemas(Vec<(EventType, Schema)>);

impl Schemas {
    /// # Errors
    /// [`UnusableSchema`] if one of them is no JSON Schema.
    pub fn new() -> Result<Self, UnusableSchema> {
        let read = |event_type: EventType| {
            let schema = Schema::new(event_type.schema());
            let unusable =
                |why: String| UnusableSchema { event_type: event_type.name(), why: why.into() };
            Ok((event_type, schema.map_err(unusable)?))
        };
        EventType::ALL.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// What is wrong with a payload of this type: at most five faults.
    pub(crate) fn faults(&self, event_type: EventType, payload: &Value) -> Vec<String> {
        let of_type = self.0.iter().find(|(it, _)| *it == event_type);
        of_type.map_or_else(Vec::new, |(_, schema)| schema.faults("payload", payload))
    }
}

/// A schema that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the schema of {event_type} cannot be used")]
pub struct UnusableSchema {
    /// Whose it is.
    event_type: &'static str,
    /// What is wrong with it.
    #[source]
    why: Box<dyn std::error::Error + Send + Sync>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(event_type: EventType, payload: &Value) -> Vec<String> {
        Schemas::new().expect("schemas").faults(event_type, payload)
    }

    fn sample(event_type: EventType) -> Value {
        serde_json::from_str(event_type.sample()).expect("JSON")
    }

    /// The sample with the value at this path replaced, or removed.
    fn changed(event_type: EventType, path: &str, value: Option<Value>) -> Value {
        let mut payload = sample(event_type);
        let (parent, name) = path.rsplit_once('/').expect("a path");
        let parent = payload.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        match value {
            Some(value) => drop(parent.insert(name.to_owned(), value)),
            None => drop(parent.remove(name).expect("a property")),
        }
        payload
    }

    #[test]
    fn samples_meet_their_schemas_and_no_other() {
        for event_type in EventType::ALL {
            for other in EventType::ALL {
                let faults = faults(other, &sample(event_type));
                assert_eq!(faults.is_empty(), event_type == other, "{event_type:?}: {faults:?}");
            }
        }
    }

    #[test]
    fn names_lead_to_types() {
        for event_type in EventType::ALL {
            assert_eq!(EventType::named(event_type.name()), Some(event_type));
            let schema: Value = serde_json::from_str(event_type.schema()).expect("JSON");
            assert_eq!(schema["title"], event_type.name());
        }
        assert_eq!(EventType::named("user.deleted"), None);
    }

    #[test]
    fn nothing_gets_past_a_schema() {
        use EventType::{
            Integrations, Monitoring, TransactionAuthorizers, UserApplications, UserCreated,
        };
        let wrong = |event_type, path: &str, value: Value, expected: &str| {
            let payload = changed(event_type, path, Some(value));
            assert_eq!(faults(event_type, &payload), [expected], "{path}");
        };
        wrong(UserCreated, "/email", json!("ada"), "payload/email is no email");
        wrong(UserCreated, "/email", json!(7), "payload/email breaks type");
        wrong(UserCreated, "/user_id", json!("ada"), "payload/user_id is no uuid");
        wrong(UserCreated, "/full_name", json!(""), "payload/full_name breaks minLength");
        wrong(UserCreated, "/plan", json!("gold"), "payload/plan breaks enum");
        wrong(UserCreated, "/consents/terms", json!(false), "payload/consents/terms breaks const");
        wrong(UserCreated, "/password", json!("x"), "payload has unknown properties");
        wrong(Monitoring, "/observed_at", json!("noon"), "payload/observed_at is no date-time");
        wrong(Monitoring, "/measure/value", json!(1e300), "payload/measure/value breaks maximum");
        wrong(Monitoring, "/host", json!("-a"), "payload/host is no hostname");
        wrong(UserApplications, "/applications", json!([]), "payload/applications breaks minItems");
        let twice = json!([{ "application_id": "x", "role": "editor" }]);
        wrong(
            UserApplications,
            "/applications",
            twice,
            "payload/applications/0/application_id is no uuid",
        );
        wrong(TransactionAuthorizers, "/rule", json!("all"), "payload/quorum must not be there");
        wrong(
            TransactionAuthorizers,
            "/amount/minor_units",
            json!(1.5),
            "payload/amount/minor_units breaks type",
        );
        wrong(
            Integrations,
            "/endpoint",
            json!("http://a.example"),
            "payload/endpoint breaks pattern",
        );
        wrong(Integrations, "/action", json!("connected"), "payload/failure must not be there");
    }

    #[test]
    fn what_depends_on_another_property_is_asked_for() {
        for (event_type, path, expected) in [
            (EventType::UserCreated, "/invited_by", "payload lacks invited_by"),
            (EventType::TransactionAuthorizers, "/quorum", "payload lacks quorum"),
            (EventType::Integrations, "/failure", "payload lacks failure"),
            (
                EventType::TransactionAuthorizers,
                "/authorizers/0/decided_at",
                "payload/authorizers/0 lacks decided_at",
            ),
        ] {
            let mut payload = sample(event_type);
            let (parent, name) = path.rsplit_once('/').expect("a path");
            let parent = payload.pointer_mut(parent).and_then(Value::as_object_mut);
            drop(parent.expect("an object").remove(name).expect("a property"));
            assert_eq!(faults(event_type, &payload), [expected]);
        }
    }

    /// Every object of every schema says what it holds, so that no name of a
    /// payload gets into a path.
    #[test]
    fn no_payload_chooses_names() {
        for event_type in EventType::ALL {
            let schema: Value = serde_json::from_str(event_type.schema()).expect("JSON");
            assert_closed(&schema, event_type);
        }
    }

    fn assert_closed(schema: &Value, event_type: EventType) {
        match schema {
            Value::Object(fields) => {
                if fields.get("type") == Some(&json!("object")) {
                    assert_eq!(fields["additionalProperties"], false, "{event_type:?}: {schema}");
                }
                for open in ["patternProperties", "propertyNames", "unevaluatedProperties"] {
                    assert!(!fields.contains_key(open), "{event_type:?}: {open}");
                }
                fields.values().for_each(|value| assert_closed(value, event_type));
            }
            Value::Array(items) => items.iter().for_each(|item| assert_closed(item, event_type)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
