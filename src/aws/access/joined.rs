//! What several stacks need, as one policy.

use super::{AccessPolicy, Statement};

impl AccessPolicy {
    /// The rights of all of them, and no more: statements come together where nothing more is
    /// allowed by that, and what another allows as well goes. One alone stays as it is.
    #[must_use]
    pub fn joined(policies: Vec<Self>) -> Option<Self> {
        let mut policies = policies.into_iter();
        let first = policies.next()?;
        let Some(second) = policies.next() else { return Some(first) };
        let mut joined = Self { statements: Vec::new(), ..first.clone() };
        let all = [first, second].into_iter().chain(policies);
        all.flat_map(|policy| policy.statements).for_each(|statement| joined.add(statement));
        Some(joined)
    }

    fn add(&mut self, mut statement: Statement) {
        if self.statements.iter().any(|known| known.allows(&statement)) {
            return;
        }
        if let Some(known) = self.statements.iter_mut().find(|known| known.is_like(&statement)) {
            known.resource.append(&mut statement.resource);
            return;
        }
        self.statements.retain(|known| !statement.allows(known));
        let is_taken = |sid: &str| self.statements.iter().any(|known| known.sid == sid);
        if is_taken(&statement.sid) {
            let numbered = (2_u32..).map(|number| format!("{}{number}", statement.sid));
            if let Some(free) = { numbered }.find(|sid| !is_taken(sid)) {
                statement.sid = free.into();
            }
        }
        self.statements.push(statement);
    }
}

impl Statement {
    /// Whether all that another allows is allowed by this one alone.
    fn allows(&self, other: &Self) -> bool {
        self.condition == other.condition
            && self.action.is_superset(&other.action)
            && self.resource.is_superset(&other.resource)
    }

    /// Whether the resources of both can stand in one of them.
    fn is_like(&self, other: &Self) -> bool {
        self.condition == other.condition && self.action == other.action
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    /// Written as `SID: ACTIONS on RESOURCES if STACK`.
    fn policy(lines: &[&str]) -> AccessPolicy {
        let statement = |line: &&str| {
            let (sid, rest) = line.split_once(": ").unwrap();
            let (action, rest) = rest.split_once(" on ").unwrap();
            let (resource, stack) = rest.split_once(" if ").unwrap_or((rest, ""));
            let owner = ("aws:ResourceTag/ccprov:stack".to_owned(), json!(stack));
            let action =
                action.split(' ').map(|it| if it == "r" { "sqs:Read" } else { "sqs:Write" });
            Statement {
                sid: sid.to_owned().into(),
                effect: "Allow",
                action: action.collect(),
                resource: resource.split(' ').map(str::to_owned).collect(),
                condition: BTreeMap::from([("StringEquals", BTreeMap::from([owner]))]),
            }
        };
        AccessPolicy { version: "2012-10-17", statements: lines.iter().map(statement).collect() }
    }

    fn check(policies: &[&[&str]], joined: &[&str]) {
        let policies = policies.iter().map(|lines| policy(lines)).collect();
        assert_eq!(AccessPolicy::joined(policies), Some(policy(joined)));
    }

    #[test]
    fn nothing_is_allowed_that_no_stack_needs() {
        check(&[&["Queues: r on a"], &["Queues: r on b"]], &["Queues: r on a b"]);
        // To write to `a` would be more.
        check(&[&["Q: r on a"], &["Q: r w on b"]], &["Q: r on a", "Q2: r w on b"]);
        check(&[&["Q: r on a if x"], &["Q: r on a if y"]], &["Q: r on a if x", "Q2: r on a if y"]);
        let three: [&[&str]; 3] = [&["Q: r on a"], &["Q: w on a"], &["Q: r w on b"]];
        check(&three, &["Q: r on a", "Q2: w on a", "Q3: r w on b"]);
    }

    #[test]
    fn what_another_allows_as_well_is_said_once() {
        check(&[&["Used1Q: r on a"], &["Q: r w on a b"]], &["Q: r w on a b"]);
        check(&[&["Q: r w on a b"], &["Used1Q: r on a"]], &["Q: r w on a b"]);
        // One alone is told as it is.
        check(&[&["Q: r w on a b", "R: r on a"]], &["Q: r w on a b", "R: r on a"]);
    }
}
