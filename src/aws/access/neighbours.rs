//! What AWS must allow of a look at what others own. No tag of theirs says that it is the
//! stack's to see, so that a policy names it, or all where its ARN is not known before.

use std::collections::{BTreeMap, BTreeSet};

use super::{Condition, Statement, resources};
use crate::aws::grant::{Bound, Grant, Need};
use crate::aws::registry;
use crate::aws::services::ssm::parameter::resource;
use crate::model::{
    Address, By, Desired, Document, Facts, Identity, Lifecycle, Lookup, Naming, Stack,
};

/// For each kind that is looked up a statement, and one for what AWS allows of all or nothing.
pub(super) fn statements(stack: &Stack, lookups: &[Lookup]) -> Vec<Statement> {
    let mut kinds: BTreeMap<(&str, bool), Statement> = BTreeMap::new();
    for lookup in lookups {
        let want = stand_in(stack, lookup);
        let reading = grants(&lookup.kind).filter(|grant| grant.need == Need::Read);
        for grant in reading.filter(|grant| grant.only_with.is_none()) {
            let is_of_all = grant.on == ["*"];
            let statement = kinds
                .entry((&lookup.kind, is_of_all))
                .or_insert_with(|| empty(&lookup.kind, is_of_all));
            statement.action.extend(grant.actions);
            match (want.predicted.get("arn"), grant.bound) {
                (Some(arn), Bound::Owned) => {
                    statement.resource.insert(arn.clone());
                }
                _ => statement.resource.extend(resources(grant, stack, Some(&want))),
            }
        }
    }
    let mut statements: Vec<Statement> = kinds.into_values().collect();
    for statement in statements.iter_mut().filter(|statement| statement.resource.is_empty()) {
        statement.resource.insert("*".to_owned());
    }
    statements
}

fn empty(kind: &str, is_of_all: bool) -> Statement {
    let lists = if is_of_all { "Lists" } else { "" };
    Statement {
        sid: format!("Existing{}{lists}", camel(kind)).into(),
        effect: "Allow",
        action: BTreeSet::new(),
        resource: BTreeSet::new(),
        condition: Condition::new(),
    }
}

fn grants(kind: &str) -> impl Iterator<Item = &'static Grant> {
    let all = registry::grants().chain(registry::landmark_grants());
    let kind = kind.to_owned();
    all.filter(move |(name, _)| *name == kind).flat_map(|(_, grants)| grants)
}

/// Something that states of an object what the look does.
fn stand_in(stack: &Stack, lookup: &Lookup) -> Desired {
    let place = &stack.place;
    let mut document = Document::new();
    let mut predicted = Facts::new();
    let name = match &lookup.by {
        _ if lookup.is_pending() => String::new(),
        By::Name(Identity(name)) => name.clone(),
        By::Arn(arn) => {
            predicted.insert("arn".to_owned(), arn.clone());
            String::new()
        }
        By::Signs { .. } => String::new(),
    };
    let kind = registry::kind(&lookup.kind);
    let field = kind.and_then(|kind| kind.sight().name.into_iter().next_back());
    if let (Some((field, _)), false) = (field, name.is_empty()) {
        document.insert(field, name.clone().into());
    }
    if let (Some(kind), false) = (kind, document.is_empty()) {
        let address = Address::new("existing");
        let naming = Naming { stack: stack.name.clone(), address, place: place.clone() };
        predicted.extend(kind.predict(&naming, &document));
    }
    if lookup.kind == "ssm_parameter" && !name.is_empty() {
        predicted.insert("arn".to_owned(), place.arn("ssm", &resource(&name)));
    }
    Desired {
        address: Address::new("existing"),
        formerly: Vec::new(),
        named_in: None,
        kind: lookup.kind.clone(),
        identity: Identity(name),
        document,
        stated: BTreeSet::new(),
        predicted,
        edges: BTreeMap::new(),
        mentions: BTreeSet::new(),
        lifecycle: Lifecycle::default(),
        artifacts: Vec::new(),
        instead_of: None,
    }
}

/// `SqsQueue` of `sqs_queue`.
fn camel(kind: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + rest
    };
    kind.split('_').map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Place;

    #[test]
    fn a_look_is_allowed_on_what_it_looks_at() {
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        };
        let stack = Stack::empty("dev", place);
        let check = |kind: &str, by: By, action: &str, resource: &str| {
            let lookup = Lookup { kind: kind.into(), by, count: None, facts: BTreeSet::new() };
            let found = statements(&stack, &[lookup]);
            let fits = |statement: &&Statement| {
                statement.action.contains(action)
                    && statement.resource.contains(resource)
                    && statement.condition.is_empty()
            };
            assert_eq!(found.iter().filter(fits).count(), 1, "{found:?}");
        };
        let name = |name: &str| By::Name(Identity(name.into()));
        let at = |rest: &str| format!("arn:aws:{rest}");
        let here = "eu-central-1:123456789012";
        let queue = at(&format!("sqs:{here}:orders"));
        check("sqs_queue", name("orders"), "sqs:GetQueueAttributes", &queue);
        check("sqs_queue", By::Arn(queue.clone()), "sqs:GetQueueAttributes", &queue);
        check("kms_key", name("alias/x"), "kms:DescribeKey", &at(&format!("kms:{here}:key/*")));
        let limit = at(&format!("ssm:{here}:parameter/shared/limit"));
        check("ssm_parameter", name("/shared/limit"), "ssm:GetParameter", &limit);
        check("vpc", name("vpc-1"), "ec2:DescribeVpcs", "*");
    }
}
