//! What several changes of a plan have in common, and what is therefore told once.

use serde_json::Value;

use crate::model::{Document, FieldDiff, Identity};
use crate::plan::{Change, DeleteReason, Plan, PlannedChange};

use super::page::Page;
use super::plan_detail::PlanDetail;
use super::style::{FAINT, paint};
use super::value;

/// So many alike are told together. Of two the eye sees that they are alike.
const MANY: usize = 3;

/// What is told once instead of at each resource.
pub(super) struct Shared {
    /// Tags of all new objects that have tags.
    tags: Document,
    /// Whether all that goes does so because the stack is being destroyed.
    is_destroyed: bool,
    /// Whether that is not all of the stack.
    is_excerpt: bool,
    /// Whether what is alike is told once at all.
    groups: bool,
}

/// Something that has a block of its own in a plan.
pub(super) enum Entry<'a> {
    /// One resource.
    One(&'a PlannedChange),
    /// Resources that change alike.
    Alike(Vec<&'a PlannedChange>),
}

impl<'a> Entry<'a> {
    /// The resource by whose place it stands.
    pub(super) fn first(&self) -> &'a PlannedChange {
        match self {
            Self::One(planned) => planned,
            Self::Alike(all) => all[0],
        }
    }
}

impl Shared {
    /// Nothing, where everything is to be told.
    pub(super) fn of(plan: &Plan, detail: PlanDetail) -> Self {
        let groups = !detail.defaults;
        let reasons = || {
            plan.changes.iter().filter_map(|planned| match &planned.change {
                Change::Delete { why, .. } => Some(*why),
                Change::NoOp
                | Change::Create { .. }
                | Change::Update { .. }
                | Change::Replace { .. } => None,
            })
        };
        Self {
            tags: if groups { common_tags(plan) } else { Document::new() },
            is_destroyed: reasons().any(|why| why == DeleteReason::Destroy),
            is_excerpt: plan.excerpt.is_some(),
            groups,
        }
    }

    /// Lines for the top of the plan, with colour codes; none for nothing.
    pub(super) fn head(&self) -> String {
        let mut page = Page::default();
        if self.is_destroyed && self.is_excerpt {
            page.line(0, "This part of the stack is being destroyed.");
        } else if self.is_destroyed {
            page.line(0, "The stack is being destroyed.");
        }
        if !self.tags.is_empty() {
            let tags = self.tags.iter();
            let tags: Vec<String> = tags
                .map(|(name, text)| format!("{} = {}", value::reference(name), value::bare(text)))
                .collect();
            page.line(0, format!("Every new object with tags has: {}", tags.join(", ")));
            page.line(0, paint(FAINT, "and the tags by which ccprov knows its own (ccprov:*)."));
        }
        page.into_text()
    }

    /// Whether the head says already why this one goes.
    pub(super) fn says(&self, why: DeleteReason) -> bool {
        self.is_destroyed && why == DeleteReason::Destroy
    }

    /// A new object's fields without the name that its head tells, and without the
    /// tags that the head of the plan tells.
    pub(super) fn without(&self, mut document: Document, identity: &Identity) -> Document {
        if !self.groups {
            return document;
        }
        document.retain(|_, value| value.as_str() != Some(identity.as_str()));
        if let Some(Value::Object(tags)) = document.get_mut("tags") {
            tags.retain(|name, text| self.tags.get(name) != Some(text));
            if tags.is_empty() && !self.tags.is_empty() {
                document.remove("tags");
            }
        }
        document
    }

    /// The blocks of a plan, in the order of their first addresses.
    pub(super) fn entries<'a>(&self, plan: &'a Plan) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        let mut told: Vec<&[FieldDiff]> = Vec::new();
        for planned in &plan.changes {
            let Some(diff) = groupable(planned).filter(|_| self.groups) else {
                entries.push(Entry::One(planned));
                continue;
            };
            if told.contains(&diff) {
                continue;
            }
            let alike = plan.changes.iter().filter(|other| groupable(other) == Some(diff));
            let alike: Vec<&PlannedChange> = alike.collect();
            if alike.len() < MANY {
                entries.push(Entry::One(planned));
            } else {
                told.push(diff);
                entries.push(Entry::Alike(alike));
            }
        }
        entries
    }
}

/// What differs, if nothing else is to be said of the resource.
fn groupable(planned: &PlannedChange) -> Option<&[FieldDiff]> {
    match &planned.change {
        Change::Update { diff } if planned.notes.is_empty() => Some(diff),
        Change::NoOp
        | Change::Create { .. }
        | Change::Update { .. }
        | Change::Replace { .. }
        | Change::Delete { .. } => None,
    }
}

/// The tags that all new objects with tags have, if these are many.
fn common_tags(plan: &Plan) -> Document {
    let all: Vec<&Document> = plan
        .changes
        .iter()
        .filter_map(|planned| match &planned.change {
            Change::Create { document } => document.get("tags")?.as_object(),
            Change::NoOp
            | Change::Update { .. }
            | Change::Replace { .. }
            | Change::Delete { .. } => None,
        })
        .filter(|tags| !tags.is_empty())
        .collect();
    let Some((first, others)) = all.split_first().filter(|_| all.len() >= MANY) else {
        return Document::new();
    };
    let mut common = (*first).clone();
    common.retain(|name, text| others.iter().all(|tags| tags.get(name) == Some(text)));
    common
}
