//! A value as a file would say it, with where each part was written.

use serde_json::{Map, Value};

use super::{Mask, Path};

/// A value, and where it was written if that is not where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The value.
    pub shape: RenderedShape,
    /// A file and a line, or what else gave it: `stacks/dev.yaml:3`.
    pub from: Option<String>,
}

/// What a [`Rendered`] is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum RenderedShape {
    /// Neither a list nor an object.
    Scalar(Value),
    /// In order.
    List(Vec<Rendered>),
    /// In the order in which they are read.
    Map(Vec<(String, Rendered)>),
}

impl Rendered {
    /// A value that comes from nowhere else.
    pub fn of(value: &Value) -> Self {
        let shape = match value {
            Value::Array(items) => RenderedShape::List(items.iter().map(Self::of).collect()),
            Value::Object(fields) => {
                let field = |(key, item): (&String, &Value)| (key.clone(), Self::of(item));
                RenderedShape::Map(fields.iter().map(field).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                RenderedShape::Scalar(value.clone())
            }
        };
        Self { shape, from: None }
    }

    /// The value alone.
    pub fn value(&self) -> Value {
        match &self.shape {
            RenderedShape::Scalar(value) => value.clone(),
            RenderedShape::List(items) => items.iter().map(Self::value).collect(),
            RenderedShape::Map(fields) => {
                let field = |(key, item): &(String, Self)| (key.clone(), item.value());
                Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
            }
        }
    }

    /// Where its parts were written, by their paths.
    pub fn origins(&self) -> Vec<(Path, &str)> {
        let mut found = Vec::new();
        self.origins_below(&Path::default(), &mut found);
        found
    }

    fn origins_below<'a>(&'a self, path: &Path, found: &mut Vec<(Path, &'a str)>) {
        found.extend(self.from.as_deref().map(|from| (path.clone(), from)));
        match &self.shape {
            RenderedShape::Scalar(_) => {}
            RenderedShape::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.origins_below(&path.with_index(index), found);
                }
            }
            RenderedShape::Map(fields) => {
                for (key, item) in fields {
                    item.origins_below(&path.with_field(key), found);
                }
            }
        }
    }

    /// The same with nothing in it that a mask hides: text by text, for written
    /// out a secret may be broken in lines.
    #[must_use]
    pub fn veiled(self, mask: &Mask) -> Self {
        let shape = match self.shape {
            // A number goes too: a word in its place is no number any more.
            RenderedShape::Scalar(value) => RenderedShape::Scalar(match &value {
                Value::String(text) => mask.veil(text).into(),
                Value::Number(number) if mask.hides(&number.to_string()) => {
                    mask.veil(&number.to_string()).into()
                }
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Array(_)
                | Value::Object(_) => value,
            }),
            RenderedShape::List(items) => {
                RenderedShape::List(items.into_iter().map(|item| item.veiled(mask)).collect())
            }
            RenderedShape::Map(fields) => {
                let field = |(key, item): (String, Self)| (mask.veil(&key), item.veiled(mask));
                RenderedShape::Map(fields.into_iter().map(field).collect())
            }
        };
        Self { shape, from: self.from.map(|from| mask.veil(&from)) }
    }
}
