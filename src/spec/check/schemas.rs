//! Whether fields fit the schemas of their kinds.

use std::collections::BTreeMap;

use super::in_context;
use crate::model::Diagnostic;
use crate::spec::conform::Schema;
use crate::spec::told::MOST_KEPT;
use crate::spec::tree::Node;
use crate::spec::written::Written;

/// The schemas of the kinds in use, each made ready once.
#[derive(Default)]
pub(super) struct Schemas(BTreeMap<String, Result<Schema, String>>);

impl Schemas {
    /// Whether the fields of a resource fit the schema of its kind.
    pub(super) fn admit(
        &mut self,
        resource: &Written<'_>,
        fields: &Node,
        problems: &mut Vec<Diagnostic>,
    ) -> bool {
        if problems.len() >= MOST_KEPT {
            return false;
        }
        let kind = resource.kind;
        let schema = self.0.entry(kind.name.clone()).or_insert_with(|| Schema::of_kind(kind));
        let mut found = match schema {
            Ok(schema) => schema.check(fields, &resource.at),
            Err(message) => {
                let summary = format!("the schema of `{}` is broken: {message}", kind.name);
                vec![
                    Diagnostic::error(summary).hint("this is a defect of ccprov; please report it"),
                ]
            }
        };
        if !resource.is_whole {
            // That a field is missing is told at the resource; it may be one that is left out.
            let whole = Some(resource.at.location());
            found.retain(|problem| problem.location != whole);
        }
        let sound = found.is_empty();
        problems.extend(found.into_iter().map(|problem| in_context(problem, resource)));
        sound
    }
}
