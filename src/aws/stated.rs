//! What a document states, typed.
//!
//! For AWS an empty text is none: no key, no boundary, no role. Wherever a
//! field may be left out, one that is empty counts as left out, so that the
//! two are not told apart by any plan. Where a field is required, the text
//! stays, for its kind to refuse.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

use crate::model::Document;

/// The document as a spec.
pub(crate) fn typed<S: DeserializeOwned>(document: &Document) -> Result<S, Error> {
    S::deserialize(Stated(Value::Object(document.clone())))
}

/// A value in which what may be absent and is empty is absent.
struct Stated(Value);

impl<'de> Deserializer<'de> for Stated {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (name, Self(value)));
                let mut fields = MapDeserializer::new(fields);
                let read = visitor.visit_map(&mut fields)?;
                fields.end().map(|()| read)
            }
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Self));
                let read = visitor.visit_seq(&mut items)?;
                items.end().map(|()| read)
            }
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                scalar.deserialize_any(visitor)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0 {
            Value::Null => visitor.visit_none(),
            Value::String(text) if text.is_empty() => visitor.visit_none(),
            Value::String(_)
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            _ => Err(Error::custom("expected nothing")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Stated {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Spec {
        key: Option<String>,
        inner: Option<Inner>,
        list: Vec<Inner>,
        name: String,
        tags: BTreeMap<String, String>,
        any: Value,
        count: Option<u8>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Inner {
        key: Option<String>,
    }

    fn read(document: Value) -> Result<Spec, String> {
        let Value::Object(document) = document else { panic!("no object") };
        typed(&document).map_err(|error| error.to_string())
    }

    #[test]
    fn what_may_be_absent_and_is_empty_is_absent() {
        let empty = json!({ "key": "", "inner": "", "list": [{ "key": "" }], "count": "" });
        let absent = json!({ "list": [{}] });
        assert_eq!(read(empty), read(absent));
        assert_eq!(read(json!({ "inner": { "key": "" } })).unwrap().inner, Some(Inner::default()));
    }

    #[test]
    fn what_is_required_stays_and_so_does_what_is_a_value() {
        let spec = read(json!({ "name": "", "tags": { "a": "" }, "any": { "b": "" } })).unwrap();
        assert_eq!(spec.tags["a"], "");
        assert_eq!(spec.any, json!({ "b": "" }));
        assert_eq!(read(json!({ "key": "k" })).unwrap().key.as_deref(), Some("k"));
    }

    #[test]
    fn mistakes_are_told_as_ever() {
        for document in [json!({ "kez": 1 }), json!({ "key": 1 }), json!({ "count": 300 })] {
            let plain = serde_json::from_value::<Spec>(document.clone()).unwrap_err().to_string();
            assert_eq!(read(document), Err(plain));
        }
    }
}
