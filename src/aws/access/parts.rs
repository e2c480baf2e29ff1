//! A policy that is too long for IAM, as several that are not.

use super::{AccessPolicy, Statement};

/// Characters that a managed policy takes, white space not counted (IAM User
/// Guide, "IAM and AWS STS quotas").
pub const MOST_CHARACTERS: usize = 6_144;

impl AccessPolicy {
    /// What IAM counts of it: everything but white space.
    pub fn size(&self) -> usize {
        size(self)
    }

    /// The same rights in as few policies as fit, each at most `most` long. The
    /// statements keep their order; one that is too long by itself is told in
    /// several, of some of its resources each.
    pub fn parts(self, most: usize) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        let room = most.saturating_sub(size(&self.with(Vec::new())));
        for statement in self.statements.iter().flat_map(|it| in_pieces(it, room)) {
            let longer = parts.last().map(|last| last.and(statement.clone()));
            if let Some(longer) = longer.filter(|longer| size(longer) <= most) {
                parts.pop();
                parts.push(longer);
            } else {
                parts.push(self.with(vec![statement]));
            }
        }
        parts
    }

    /// With one more statement, or with more resources in the one of that name.
    fn and(&self, statement: Statement) -> Self {
        let mut statements = self.statements.clone();
        match statements.iter_mut().find(|known| known.sid == statement.sid) {
            Some(known) => known.resource.extend(statement.resource),
            None => statements.push(statement),
        }
        self.with(statements)
    }

    fn with(&self, statements: Vec<Statement>) -> Self {
        Self { version: self.version, statements }
    }
}

/// A statement whole, or halved by its resources until each piece fits.
fn in_pieces(statement: &Statement, room: usize) -> Vec<Statement> {
    let count = statement.resource.len();
    if size(statement) <= room || count < 2 {
        return vec![statement.clone()];
    }
    let half = |resource: Vec<&String>| Statement {
        resource: resource.into_iter().cloned().collect(),
        ..statement.clone()
    };
    let (first, second) =
        (statement.resource.iter().take(count / 2), statement.resource.iter().skip(count / 2));
    [half(first.collect()), half(second.collect())]
        .iter()
        .flat_map(|piece| in_pieces(piece, room))
        .collect()
}

/// Compact JSON, less the white space that texts hold.
fn size(value: &impl serde::Serialize) -> usize {
    let text = serde_json::to_string(value).unwrap_or_default();
    text.chars().filter(|character| !character.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn policy(resources: &[usize]) -> AccessPolicy {
        const SIDS: [&str; 3] = ["Queues", "Topics", "Buckets"];
        let statement = |(count, sid): (&usize, &'static str)| Statement {
            sid: sid.into(),
            effect: "Allow",
            action: ["sqs:SendMessage"].into(),
            resource: (0..*count)
                .map(|number| format!("arn:aws:sqs:us-east-1:000000000000:{sid}-{number:04}"))
                .collect(),
            condition: BTreeMap::new(),
        };
        let statements = resources.iter().zip(SIDS).map(statement).collect();
        AccessPolicy { version: "2012-10-17", statements }
    }

    /// Each right is in one of the parts, and no part is too long.
    fn check(resources: &[usize], parts: usize) {
        let whole = policy(resources);
        let rights = |policies: &[AccessPolicy]| -> BTreeSet<String> {
            policies
                .iter()
                .flat_map(|it| &it.statements)
                .flat_map(|it| it.resource.clone())
                .collect()
        };
        let split = whole.clone().parts(MOST_CHARACTERS);
        assert!(split.iter().all(|part| part.size() <= MOST_CHARACTERS), "{resources:?}");
        assert_eq!(rights(&split), rights(&[whole]), "{resources:?}");
        assert_eq!(split.len(), parts, "{resources:?}");
    }

    #[test]
    fn what_fits_stays_whole_and_what_does_not_is_told_in_parts() {
        check(&[1], 1);
        check(&[40, 40], 1);
        check(&[60, 60, 60], 2);
        check(&[200], 2);
        check(&[3, 400, 3], 4);
    }
}
