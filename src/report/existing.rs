//! What a plan was drawn with that belongs to others: shown above what it does.

use serde::Serialize;

use crate::model::{Existing, Neighbour};
use crate::plan::Plan;

use super::markdown::code;
use super::page::Page;
use super::style::{FAINT, STRONG, paint};

/// A block of text; nothing where the stack refers to nobody else.
pub(super) fn write_text(page: &mut Page, plan: &Plan) {
    if plan.existing.is_empty() {
        return;
    }
    page.gap();
    page.line(0, paint(STRONG, "Belongs to others, and stays as it is"));
    for existing in &plan.existing {
        let kind = &existing.lookup.kind;
        for (position, found) in existing.found.iter().enumerate() {
            let whose = owner(found).map(|stack| format!("of stack {stack}"));
            let whose =
                whose.map_or_else(String::new, |whose| format!(", {}", paint(FAINT, whose)));
            let name = name(existing, position);
            page.line(1, format!("{name}: {kind} {}{whose}", found.identity));
        }
    }
}

/// The same as a list of Markdown.
pub(super) fn write_md(page: &mut Page, plan: &Plan) {
    if plan.existing.is_empty() {
        return;
    }
    page.verbatim("\n### Belongs to others, and stays as it is\n");
    for existing in &plan.existing {
        for (position, found) in existing.found.iter().enumerate() {
            let whose = owner(found).map(|stack| format!(", of stack {}", code(stack)));
            let (name, kind) = (name(existing, position), &existing.lookup.kind);
            let identity = code(found.identity.as_str());
            let whose = whose.unwrap_or_default();
            page.line(0, format!("- {}: {kind} {identity}{whose}", code(&name)));
        }
    }
}

/// What stands before a fact in a reference.
fn name(existing: &Existing, position: usize) -> String {
    match existing.lookup.count {
        Some(_) => format!("{}.{position}", existing.address),
        None => existing.address.to_string(),
    }
}

fn owner(found: &Neighbour) -> Option<&str> {
    found.owner.as_ref().map(|owner| owner.stack.as_str())
}

/// The same for programs.
#[derive(Serialize)]
pub(super) struct TellExisting<'a> {
    address: &'a str,
    kind: &'a str,
    objects: Vec<TellNeighbour<'a>>,
}

#[derive(Serialize)]
struct TellNeighbour<'a> {
    identity: &'a str,
    arn: Option<&'a str>,
    stack: Option<&'a str>,
}

pub(super) fn tell(plan: &Plan) -> Vec<TellExisting<'_>> {
    plan.existing.iter().map(tell_one).collect()
}

fn tell_one(Existing { address, lookup, found }: &Existing) -> TellExisting<'_> {
    let objects = found.iter().map(tell_object).collect();
    TellExisting { address: address.as_str(), kind: &lookup.kind, objects }
}

fn tell_object(found: &Neighbour) -> TellNeighbour<'_> {
    let (identity, arn) = (found.identity.as_str(), found.arn.as_deref());
    TellNeighbour { identity, arn, stack: owner(found) }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::model::{Address, By, Facts, Identity, Lookup, Owner};
    use crate::report::fixtures::plan_of;
    use crate::report::{PlanDetail, PlanRecord, plan_json, plan_md, plan_text};

    fn neighbour(identity: &str, stack: Option<&str>) -> Neighbour {
        Neighbour {
            identity: Identity(identity.into()),
            owner: stack.map(|stack| Owner::new(stack, Address::new("net"))),
            arn: None,
            facts: Facts::new(),
        }
    }

    #[test]
    fn what_belongs_to_others_is_shown_with_whose_it_is() {
        let lookup = |kind: &str, count| Lookup {
            kind: kind.into(),
            by: By::Signs { tags: BTreeMap::new(), fields: BTreeMap::new() },
            count,
            facts: BTreeSet::new(),
        };
        let existing = |name: &str, lookup, found| Existing {
            address: Address::new(format!("existing.{name}")),
            lookup,
            found,
        };
        let mut plan = plan_of(Vec::new());
        let two = vec![neighbour("subnet-1", None), neighbour("subnet-2", None)];
        plan.existing = vec![
            existing("key", lookup("kms_key", None), vec![neighbour("alias/x", Some("keys"))]),
            existing("parts", lookup("subnet", Some(2)), two),
        ];
        let record = PlanRecord::of(&plan);
        let text = plan_text(&plan, PlanDetail::CHANGES);
        let told = format!("{text}\n---\n{}\n---\n{}", plan_md(record), plan_json(record));
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(told) });
    }
}
